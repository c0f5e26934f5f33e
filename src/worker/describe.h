/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* A binary into a description; for the intake role.  Holds nothing. */
#ifndef WORKER_DESCRIBE_H
#define WORKER_DESCRIBE_H

#include "catalog/manifest.h"

/**
 * Describe a core module or a component.
 *
 * @param wit  also the WIT of a component
 * @return 0, WASM (with the byte offset), UNSUPPORTED, LIMIT, TOO_LARGE (its WIT), NOMEM
 */
int describe_binary(const char *bytes, size_t length, bool wit, struct package_description *d,
                    arcella_error **reterr) MUST_CHECK;

#endif
