/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Hash maps: uthash with our allocator, and "no memory" as an answer instead of an exit.
 *
 *     struct port { char *name; UT_hash_handle hh; } *ports = NULL;
 *     bool ok;
 *     MAP_ADD_TEXT(hh, ports, port->name, strlen(port->name), port, &ok);
 *     HASH_FIND(hh, ports, name, strlen(name), found);
 *     HASH_DELETE(hh, ports, found);
 *
 * Entries are the caller's structs with a UT_hash_handle inside; keys stay where they are and must not move
 * or change while the entry is in.  HASH_FIND, HASH_DELETE, HASH_ITER, HASH_COUNT are uthash's own and
 * allocate nothing.  Adding goes through MAP_ADD_*: uthash's own adders name a flag that only exists inside
 * these, so using one directly does not compile.  Iteration is in the order of adding.  Not thread-safe.
 *
 * The hash is SipHash with a key of this process, so that a stranger who chooses keys cannot choose
 * collisions.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/mem.h"

/** Hash length bytes with the key of this process. Any thread. */
unsigned map_hash(const void *key, size_t length);

#define uthash_malloc(size)                  mem_alloc(size)
#define uthash_free(pointer, size)           mem_free(pointer)
#define HASH_NONFATAL_OOM                    1
#define uthash_nonfatal_oom(entry)           (map_full_ = true)
#define HASH_FUNCTION(key, length, ret_hash) ((ret_hash) = map_hash((key), (length)))

#include <uthash.h>

/*
 * Add an entry whose key is a field of it: an integer, an array, a struct without padding.  *ret_ok is false
 * where there was no memory, and the entry is not in.
 */
#define MAP_ADD(hh, head, field, entry, ret_ok)                                                              \
    do {                                                                                                     \
        bool map_full_ = false;                                                                              \
        HASH_ADD(hh, head, field, sizeof((entry)->field), entry);                                            \
        *(ret_ok) = !map_full_;                                                                              \
    } while (0)

/* Add an entry whose key stands elsewhere: length bytes at key. *ret_ok as in MAP_ADD. */
#define MAP_ADD_TEXT(hh, head, key, length, entry, ret_ok)                                                   \
    do {                                                                                                     \
        bool map_full_ = false;                                                                              \
        HASH_ADD_KEYPTR(hh, head, key, length, entry);                                                       \
        *(ret_ok) = !map_full_;                                                                              \
    } while (0)

#endif
