/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* A package as `inspect` shows it, be it installed or a file. */
#ifndef DAEMON_PACKAGE_H
#define DAEMON_PACKAGE_H

#include "catalog/manifest.h"

/**
 * Put a description's members into an object: what the binary has as imports and exports, what the manifest
 * says beside it.
 *
 * @param object  gets the members it does not have
 * @return false: no memory
 */
bool package_put(json_t *object, const struct package_description *d, bool brief);
/** Name the interfaces a component imports and nobody provides, for a sentence; "" where there are none. */
void package_missing(const struct package_description *d, char *to, size_t size);

/** Open a regular file beneath a directory; symbolic links are not followed. @return 0, NOT_FOUND, INVALID,
 * DENIED … */
int package_open_regular(int dir, const char *name, int *ret_fd, arcella_error **reterr) MUST_CHECK;
/**
 * Open what a path names: a .wasm file, or a folder that holds one.
 *
 * @param ret_dir  the folder with the manifests; owned by the caller, as is ret_binary
 * @param name     out: the binary's file name
 * @return 0, NOT_FOUND, INVALID (a link, no regular file), AMBIGUOUS (several .wasm files) …
 */
int package_open(const char *path, int *ret_dir, int *ret_binary, char *name, size_t size,
                 arcella_error **reterr) MUST_CHECK;

#endif
