/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The entries of a directory, one after the other, read by the buffer: without "." and "..".  Each listing
 * has a position of its own, so several of one directory do not disturb each other.
 */
#ifndef HOST_LISTING_H
#define HOST_LISTING_H

#include "host/dir.h"

struct host_listing;

/** Begin; charged to the instance. @param dir a reference of our own is taken @return 0, HOST_E_NOTDIR,
 * HOST_E_NOTCAPABLE, HOST_E_MFILE, HOST_E_NOMEM, by errno */
int host_listing_new(struct host_file *dir, struct host_listing **ret) MUST_CHECK;
/** Free one, before its host; NULL is fine. @return NULL */
struct host_listing *host_listing_free(struct host_listing *listing);
/** The next one, borrowed until the next call. @param ret name NULL: the end @return 0,
 * HOST_E_NOTCAPABLE (what was granted is revoked, from the next buffer on), by errno */
int host_listing_next(struct host_listing *listing, struct host_entry *ret) MUST_CHECK;

#endif
