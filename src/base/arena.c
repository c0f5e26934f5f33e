/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Blocks of growing size, the newest in front.  What is large gets a block of its own behind the newest, so
 * that the room left in that one is not lost.
 */
#include "base/arena.h"

#include <stdalign.h>
#include <string.h>

#include "base/mem.h"

#define FIRST_BLOCK_BYTES 2048
#define MOST_BLOCK_BYTES  (256 * 1024)

struct arena_block {
    struct arena_block *before; /* owned */
    size_t size;                /* of bytes */
    alignas(max_align_t) unsigned char bytes[];
};

static struct arena_block *block_new(struct arena *arena, size_t size, bool zeroed) {
    uint64_t all = sizeof(struct arena_block) + (uint64_t)size;
    if (arena->limit_bytes && all > arena->limit_bytes - arena->total_bytes)
        return NULL;
    struct arena_block *block = zeroed ? mem_alloc(all) : mem_resize(NULL, all);
    if (!block)
        return NULL;
    block->size = size;
    arena->total_bytes += all;
    return block;
}

void *arena_alloc(struct arena *arena, size_t size) {
    const size_t unit = alignof(max_align_t);
    if (size > SIZE_MAX / 2)
        return NULL;
    size = (size + unit - 1) / unit * unit;
    struct arena_block *newest = arena->block;
    if (newest && newest->size - arena->used >= size) {
        void *p = newest->bytes + arena->used;
        arena->used += size;
        return p;
    }
    size_t wanted = newest ? newest->size * 2 : FIRST_BLOCK_BYTES;
    if (wanted > MOST_BLOCK_BYTES)
        wanted = MOST_BLOCK_BYTES;
    bool alone = newest && size > wanted / 4;
    struct arena_block *block = block_new(arena, alone || size > wanted ? size : wanted, true);
    if (!block)
        return NULL;
    if (alone) {
        block->before = newest->before;
        newest->before = block;
        return block->bytes;
    }
    block->before = newest;
    arena->block = block;
    arena->used = size;
    return block->bytes;
}

void *arena_bytes(struct arena *arena, size_t size) {
    if (size < MOST_BLOCK_BYTES / 16 || size > SIZE_MAX / 2)
        return arena_alloc(arena, size);
    struct arena_block *block = block_new(arena, size, false), *newest = arena->block;
    if (!block)
        return NULL;
    block->before = newest ? newest->before : NULL;
    if (newest)
        newest->before = block;
    else {
        arena->block = block;
        arena->used = size;
    }
    return block->bytes;
}

void *arena_array(struct arena *arena, size_t count, size_t size) {
    if (size && count > SIZE_MAX / size)
        return NULL;
    return arena_alloc(arena, count && size ? count * size : 1);
}

char *arena_text(struct arena *arena, const char *text, size_t length) {
    char *copy = length == SIZE_MAX ? NULL : arena_bytes(arena, length + 1);
    if (copy && length)
        memcpy(copy, text, length);
    if (copy)
        copy[length] = '\0';
    return copy;
}

void arena_done(struct arena *arena) {
    struct arena_block *block = arena->block;
    while (block) {
        struct arena_block *before = block->before;
        mem_free(block);
        block = before;
    }
    *arena = (struct arena){.limit_bytes = arena->limit_bytes};
}
