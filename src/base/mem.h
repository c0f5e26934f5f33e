/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Memory: the allocator everybody uses, and budgets that nest.
 *
 * Under test builds (ARCELLA_FAULTS) the Nth allocation can be made to fail (base/fault.h), so that "no
 * memory" is a path that runs and not a hope.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

/**
 * Allocate size bytes, zeroed.
 *
 * @return NULL where there is no memory (or size is 0 and the system says so)
 */
void *mem_alloc(size_t size) MUST_CHECK;
/** Allocate count * size bytes, zeroed; overflow is "no memory". */
void *mem_array(size_t count, size_t size) MUST_CHECK;
/** Resize p to size bytes; new bytes are undefined; on failure p stays. */
void *mem_resize(void *p, size_t size) MUST_CHECK;
/** Copy a NUL-terminated text. */
char *mem_text(const char *text) MUST_CHECK;
/** Copy length bytes of text and put a NUL behind them. */
char *mem_text_n(const char *text, size_t length) MUST_CHECK;
/** printf into fresh memory. */
char *mem_format(const char *format, ...) MUST_CHECK PRINTF_LIKE(1, 2);
/** Copy bytes. */
void *mem_copy(const void *bytes, size_t size) MUST_CHECK;
/** Free; NULL is fine. */
void mem_free(void *p);

/* A zeroed object of a type. */
#define mem_new(type) ((type *)mem_alloc(sizeof(type)))

static inline void mem_free_ptr(void *pp) {
    void **p = pp;
    mem_free(*p);
    *p = NULL;
}

/* A pointer that is freed at the end of its scope: MEM_AUTO char *name = mem_text("x"); */
#define MEM_AUTO CLEANUP(mem_free_ptr)

/*
 * A budget: what something may hold, inside what its parent may hold (instance, deployment, group).
 * Embedded; single thread.
 */
struct memory_budget {
    uint64_t used_bytes;
    uint64_t limit_bytes;
    uint64_t peak_bytes;
    struct memory_budget *parent; /* borrowed; NULL at the top */
};

/**
 * Take bytes from a budget and all above it.
 *
 * @return false, and nothing taken, where one would be exceeded
 */
bool memory_budget_take(struct memory_budget *budget, uint64_t bytes) MUST_CHECK;
/** Give bytes back that were taken. */
void memory_budget_give(struct memory_budget *budget, uint64_t bytes);

#endif
