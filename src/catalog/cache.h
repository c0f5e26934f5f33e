/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The code cache: machine code by content.  Key = SHA-256 of the module's digest and the code key text
 * (engine, configuration, CPU features, rewrite version), so equal bytes under two names are one entry.
 *
 * An entry is two files: NAME.code (0444, mapped by workers) and NAME.record, which says what the code is,
 * its digest, and which file it was (inode, size, mtime).  No database and no lock: everything appears by
 * rename, so any number of daemons and `arcella run`s may use one cache.  Whatever does not fit its record is
 * removed and counted as a miss.  Only the process that holds the cache's owner's rights writes it, never a
 * compile process.
 *
 * Owned by the program; one thread.
 */
#ifndef CATALOG_CACHE_H
#define CATALOG_CACHE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/digest.h"
#include "base/error.h"
#include "catalog/problem.h"

#define CACHE_NAME_BYTES  96 /* of a file name in the cache, NUL included */
#define CACHE_ENTRIES_MAX 1000
#define CACHE_BYTES_MAX   (8 * GIB)

struct cache;
struct cache_stage; /* code on its way into a cache */

/* One verified entry. */
struct cache_entry {
    char name[CACHE_NAME_BYTES]; /* of the code file in the cache directory */
    int fd;                      /* of the code file, read-only; owned: cache_entry_done() */
    uint64_t size;
    struct digest code;
    dev_t device;
    ino_t inode;
};
#define CACHE_ENTRY_INIT                                                                                     \
    { .fd = -1 }
void cache_entry_done(struct cache_entry *entry);

struct cache_figures {
    uint64_t entries; /* on disk now */
    uint64_t bytes;
    uint64_t hits; /* of this process */
    uint64_t misses;
    uint64_t evictions;
    uint64_t damaged; /* entries removed because they did not fit their record */
};

/**
 * Open a cache directory.
 *
 * @param path         the directory; made (0700) where it is missing
 * @param entries_max  0: CACHE_ENTRIES_MAX
 * @param bytes_max    0: CACHE_BYTES_MAX
 * @return 0, DENIED (not ours or not writable), SPACE, SYSTEM, NOMEM
 */
int cache_open(const char *path, uint64_t entries_max, uint64_t bytes_max, struct cache **ret,
               arcella_error **reterr) MUST_CHECK;
struct cache *cache_free(struct cache *cache);
DEFINE_CLEANUP(cache_free_ptr, struct cache *, cache_free)
/** Absolute path of an entry's code file, in fresh memory. @return NULL on no memory */
char *cache_entry_path(const struct cache *cache, const struct cache_entry *entry);

/**
 * Look for the code of a module.
 *
 * Verified: owner (our effective uid), mode, record, key text; the bytes are hashed again where the file is
 * not the one the record knows.  Cost of a hit: a few system calls.
 *
 * @param module  digest of the core module's bytes
 * @param key     code key text
 * @param ret     out; cache_entry_done() it
 * @return 0, NOT_FOUND (a miss, also where a bad entry was removed), SYSTEM, NOMEM
 */
int cache_lookup(struct cache *cache, const struct digest *module, const char *key, struct cache_entry *ret,
                 arcella_error **reterr) MUST_CHECK;
/**
 * Put code in, copied from a descriptor (offset 0 to its end), and evict what is least used over the bounds.
 *
 * @param code_fd  of an untrusted sender: a regular file or memfd; copied first, then hashed
 * @param ret      out, may be NULL
 * @return 0, TOO_LARGE (LIMIT_CODE_BYTES or the cache's bound), INVALID (empty, no file), SPACE, DENIED,
 * SYSTEM
 */
int cache_put(struct cache *cache, const struct digest *module, const char *key, int code_fd,
              struct cache_entry *ret, arcella_error **reterr) MUST_CHECK;
/**
 * The same in steps, so that the long one (copy, hash, flush) can run on another thread: new and commit are
 * for the cache's thread, fill and stop for any.
 *
 * @param code_fd  duplicated; read by fill
 * @param ret      cache_stage_free() it, when no fill runs; it may outlive the cache
 * @return 0, INVALID, NOMEM, SYSTEM
 */
int cache_stage_new(struct cache *cache, const struct digest *module, const char *key, int code_fd,
                    struct cache_stage **ret, arcella_error **reterr) MUST_CHECK;
/** Copy the code beside the entries, once. @return as cache_put(); CANCELLED (stopped) */
int cache_stage_fill(struct cache_stage *stage, arcella_error **reterr) MUST_CHECK;
/** Make a fill that runs end soon. */
void cache_stage_stop(struct cache_stage *stage);
/** Make what was filled an entry, once. @param ret as in cache_put() @return 0, STATE, SPACE, DENIED, SYSTEM
 */
int cache_stage_commit(struct cache *cache, struct cache_stage *stage, struct cache_entry *ret,
                       arcella_error **reterr) MUST_CHECK;
/** Free; what was not committed is removed. @return NULL */
struct cache_stage *cache_stage_free(struct cache_stage *stage);
DEFINE_CLEANUP(cache_stage_free_ptr, struct cache_stage *, cache_stage_free)
/**
 * Give a verified entry to a worker: hard link into its code directory (a copy where the file system
 * refuses).
 *
 * @param dirfd  the code directory
 * @param name   file name there
 * @return 0 (also where it is there already), CORRUPT (the entry was replaced meanwhile: look up again),
 * SPACE, SYSTEM
 */
int cache_link(struct cache *cache, const struct cache_entry *entry, int dirfd, const char *name,
               arcella_error **reterr) MUST_CHECK;
/** Remove all entries of a module, whatever their key. @return number removed */
unsigned cache_remove(struct cache *cache, const struct digest *module);
/** Remove leftovers of writers that died; report what does not belong here. For the daemon at start and
 * `doctor`. */
void cache_sweep(struct cache *cache, struct problems *problems);
/** Verify every entry's bytes; bad ones are removed and reported. For `doctor`. @return number of bad ones */
unsigned cache_verify(struct cache *cache, struct problems *problems);
/** Figures; entries and bytes are counted on disk now. */
void cache_figures(struct cache *cache, struct cache_figures *ret);

#endif
