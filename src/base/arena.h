/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * An arena: many small things that are freed together.  Embedded in what owns them; single thread.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct arena_block;
struct arena {
    struct arena_block *block; /* owned; the newest, older ones behind it */
    size_t used;               /* of the newest */
    uint64_t total_bytes;      /* of all blocks */
    uint64_t limit_bytes;      /* 0: none; over it, allocations fail */
};

/**
 * Allocate size bytes, zeroed, aligned for anything.
 *
 * @return NULL where there is no memory or the arena's limit is reached
 */
void *arena_alloc(struct arena *arena, size_t size) MUST_CHECK;
/** Likewise, for what is written over at once: large pieces are not zeroed. */
void *arena_bytes(struct arena *arena, size_t size) MUST_CHECK;
/** Allocate count * size bytes, zeroed; overflow is "no memory"; never NULL for nothing. */
void *arena_array(struct arena *arena, size_t count, size_t size) MUST_CHECK;
/** Copy bytes and put a NUL behind them. */
char *arena_text(struct arena *arena, const char *text, size_t length) MUST_CHECK;
/** Free everything; the arena is empty and can be used again. */
void arena_done(struct arena *arena);

/* A zeroed object of a type. */
#define arena_new(arena, type) ((type *)arena_alloc((arena), sizeof(type)))

#endif
