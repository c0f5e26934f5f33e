/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Reading the patterns of grants, and matching resources with them; inside the room only. */
#ifndef CATALOG_GRANT_PATTERN_H
#define CATALOG_GRANT_PATTERN_H

#include "catalog/grant.h"

/**
 * Read a pattern of row->class, effect and actions into row->pattern and its slices, address.
 *
 * @param module, functions  of class host, else empty; copied
 * @return 0, INVALID (with the reason), NOMEM
 */
int grant_pattern_read(struct grant *row, const char *pattern, struct text module, struct text functions,
                       arcella_error **reterr) MUST_CHECK;
/** The part that is about addresses and names. @return as grant_pattern_read() */
int grant_net_read(struct grant *row, const char *pattern, arcella_error **reterr) MUST_CHECK;

/** Is a normalised path the normalised directory or beneath it? */
bool grant_path_beneath(struct text directory, struct text path);
/**
 * Does a pattern of segments match a normalised text?  A `*` is one segment, `**` any number of them.
 *
 * @param beneath  it also matches what is beneath of what it matches
 */
bool grant_segments_match(struct text pattern, struct text path, bool beneath);
/** Could the pattern (with what is beneath) match the path or something beneath it? */
bool grant_segments_meet(struct text pattern, struct text path);
/** Is a key or resource in the form that patterns are compared with? */
bool grant_is_normal(struct text key);
/** "*", or a text that ends in it and begins the name, or the name. */
bool grant_prefix_match(struct text pattern, struct text name);

/** Write a name of the network in the form that is compared: lower case, without the last dot. @return its
 * length; 0: it is none (too long, other characters, or what a resolver would take for an address) */
size_t grant_name_normalise(struct text name, char *to, size_t size);
/* An address made ready to be compared with rows. */
struct grant_net_probe {
    const struct net_address *address;
    bool special;
    uint8_t block;    /* special: leading bits of the block */
    struct text name; /* normalised; empty: none */
    char normal[256];
};
/** @param name  that it was answered for; empty: none */
void grant_net_probe(struct grant_net_probe *probe, const struct net_address *address, struct text name);
/** Does a net row (of whatever action) match? */
bool grant_net_matches(const struct grant *row, const struct grant_net_probe *probe);
/** Does it match a name that is to be looked up? */
bool grant_net_matches_name(const struct grant *row, struct text name);

#endif
