/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the files of the code cache share; inside the room only. */
#ifndef CATALOG_CACHE_INTERNAL_H
#define CATALOG_CACHE_INTERNAL_H

#include <stdatomic.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "catalog/cache.h"

#define CACHE_CODE_SUFFIX   ".code"
#define CACHE_RECORD_SUFFIX ".record"
#define CACHE_TEMP_PREFIX   ".tmp-"
#define CACHE_KEY_BYTES     2048 /* longest code key text */
#define CACHE_RECORD_BYTES  (CACHE_KEY_BYTES + 1024)
#define CACHE_PREFIX_DIGITS                                                                                  \
    16 /* of a module's digest, in front of each name: entries of a module are found by it */
#define CACHE_STEM_BYTES (CACHE_PREFIX_DIGITS + 1 + 2 * DIGEST_BYTES)

struct cache {
    int fd;
    char *path; /* owned */
    uint64_t entries_max;
    uint64_t bytes_max;
    uint64_t hits;
    uint64_t misses;
    uint64_t evictions;
    uint64_t damaged;
};

/*
 * What a record says.  The identity of the code file is inode, size and time of change of its content: who
 * can forge these owns the cache and could forge the record as well.  Its ctime is left out since every hard
 * link made for a worker, and its removal, changes it; the device number since it may change with a reboot.
 */
struct cache_record {
    struct digest module;
    struct digest code;
    uint64_t size;
    uint64_t inode;
    uint64_t mtime_ns;
    char key[CACHE_KEY_BYTES + 1];
};

/** Write a record as text. @return its length */
size_t cache_record_write(const struct cache_record *record, char to[CACHE_RECORD_BYTES]);
/** Read a record, NUL-terminated text. @return false where it is none, or damaged */
bool cache_record_read(const char *text, struct cache_record *ret);
/** Set the identity from a stat of the code file. */
void cache_record_identify(struct cache_record *record, const struct stat *st);
/** Is it still that file? */
bool cache_record_is(const struct cache_record *record, const struct stat *st);

/** Write the stem of an entry's file names. */
void cache_stem(const struct digest *module, const char *key, char to[CACHE_STEM_BYTES + 1]);
/** Fill in an entry from its record and a stat of its code file; takes fd. */
void cache_set_entry(struct cache_entry *entry, const char *stem, const struct cache_record *record,
                     const struct stat *st, int fd);
/** @return 0; INVALID: a key text that no record can hold */
int cache_check_key(const char *key, arcella_error **reterr);
/**
 * Copy code from offset 0 into a temporary file, take the copy's digest and identity, and make it fit to be
 * mapped.  Any thread.
 *
 * @param stop  ends it with CANCELLED once it is true; NULL: nothing does
 */
int cache_copy_code(int from, int to, uint64_t limit, const atomic_bool *stop, struct cache_record *record,
                    arcella_error **reterr) MUST_CHECK;
/** Is this file ours, regular, of this mode, and nobody else's to write? */
bool cache_file_ok(const struct stat *st, mode_t mode);
/** Remove both files of an entry. */
void cache_drop(struct cache *cache, const char *stem);
/** A fresh name for a temporary file; holds our pid. @return false where there are no random numbers */
bool cache_temp_name(char to[CACHE_NAME_BYTES]);
/** Write a record beside its code, atomically. @return 0, SPACE, SYSTEM … */
int cache_record_store(struct cache *cache, const char *stem, const struct cache_record *record,
                       arcella_error **reterr);
/** Remove what is least used until the bounds hold; keep is the stem of an entry that stays. */
void cache_evict(struct cache *cache, const char *keep);
/** Read and verify the record of an entry. @return 0; NOT_FOUND; CORRUPT; SYSTEM */
int cache_record_load(struct cache *cache, const char *stem, struct cache_record *ret, struct stat *ret_stat,
                      int *ret_fd, arcella_error **reterr) MUST_CHECK;

#endif
