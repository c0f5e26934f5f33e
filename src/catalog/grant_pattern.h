/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Reading the patterns of grants, and matching resources with them; inside the room only. */
#ifndef CATALOG_GRANT_PATTERN_H
#define CATALOG_GRANT_PATTERN_H

#include "catalog/grant.h"

/**
 * Read a pattern of row->class into row->pattern, key, value, address.
 *
 * @return 0, INVALID (with the reason), NOMEM
 */
int grant_pattern_read(struct grant *row, const char *pattern, arcella_error **reterr) MUST_CHECK;

/** Read "ADDRESS:PORT", one address and one port. @return false where it is none */
bool grant_address_read(struct text text, struct grant_address *ret);
/** Does the pattern match the one address and port? */
bool grant_address_matches(const struct grant_address *pattern, const struct grant_address *one);
/** Is a normalised path the normalised directory or beneath it? */
bool grant_path_beneath(struct text directory, struct text path);

#endif
