/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Stacks of fibers, kept for the next one: mapping, guarding and unmapping one costs more than a short call.
 * Each has a page below it that nobody may touch.  Of a stack that is kept only the top stays resident, so a
 * guest that went deep does not leave its pages with us; what is in it no guest can read.
 *
 * The engine returns stacks when a store is deleted and asks for them when a call begins, always on the
 * thread of its loop, but promises no thread: so there is a lock, which nobody ever waits for.
 */
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"
#include "engine/inner.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#define FORGET_FRAMES(low, size) __asan_unpoison_memory_region(low, size)
#else
#define FORGET_FRAMES(low, size) ((void)(low), (void)(size))
#endif

/* As many are kept, each with as much of its top. */
#define KEPT_STACKS    32
#define RESIDENT_BYTES (32 * KIB)

struct stack {
    struct stack_pool *pool;
    uint8_t *mapping; /* owned; begins with the guard page */
    size_t guard_bytes, bytes;
    struct stack *next; /* of those that are free */
};

struct stack_pool {
    pthread_mutex_t lock;
    struct stack *free;
    unsigned free_count;
};

static void unmap(struct stack *stack) {
    munmap(stack->mapping, stack->guard_bytes + stack->bytes);
    mem_free(stack);
}

static struct stack *map(struct stack_pool *pool, size_t bytes) {
    struct stack *stack = mem_new(struct stack);
    if (!stack)
        return NULL;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    *stack = (struct stack){.pool = pool, .guard_bytes = page, .bytes = (bytes + page - 1) & ~(page - 1)};
    stack->mapping =
        mmap(NULL, page + stack->bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (stack->mapping == MAP_FAILED) {
        mem_free(stack);
        return NULL;
    }
    if (mprotect(stack->mapping + page, stack->bytes, PROT_READ | PROT_WRITE)) {
        unmap(stack);
        return NULL;
    }
    return stack;
}

static struct stack *take_free(struct stack_pool *pool, size_t bytes) {
    pthread_mutex_lock(&pool->lock);
    struct stack *stack = pool->free;
    if (stack && stack->bytes >= bytes) {
        pool->free = stack->next;
        pool->free_count--;
    } else {
        stack = NULL;
    }
    pthread_mutex_unlock(&pool->lock);
    return stack;
}

/* --- what the engine calls --- */

static uint8_t *top_of(void *env, size_t *ret_bytes) {
    const struct stack *stack = env;
    *ret_bytes = stack->bytes;
    return stack->mapping + stack->guard_bytes + stack->bytes;
}

static void give_back(void *env) {
    struct stack *stack = env;
    struct stack_pool *pool = stack->pool;
    uint8_t *low = stack->mapping + stack->guard_bytes;
    FORGET_FRAMES(low, stack->bytes);
    bool keeps =
        stack->bytes > RESIDENT_BYTES && madvise(low, stack->bytes - RESIDENT_BYTES, MADV_DONTNEED) == 0;
    pthread_mutex_lock(&pool->lock);
    keeps &= pool->free_count < KEPT_STACKS;
    if (keeps) {
        stack->next = pool->free;
        pool->free = stack;
        pool->free_count++;
    }
    pthread_mutex_unlock(&pool->lock);
    if (!keeps)
        unmap(stack);
}

static wasmtime_error_t *new_stack(void *env, size_t bytes, bool zeroed, wasmtime_stack_memory_t *ret) {
    (void)zeroed; /* asked for by nobody: config.c */
    struct stack *stack = take_free(env, bytes);
    if (!stack)
        stack = map(env, bytes);
    if (!stack)
        return wasmtime_error_new("no memory for a stack");
    *ret = (wasmtime_stack_memory_t){.env = stack, .get_stack_memory = top_of, .finalizer = give_back};
    return NULL;
}

static void free_pool(void *env) {
    struct stack_pool *pool = env;
    while (pool->free) {
        struct stack *stack = pool->free;
        pool->free = stack->next;
        unmap(stack);
    }
    pthread_mutex_destroy(&pool->lock);
    mem_free(pool);
}

int engine_stacks_set(wasm_config_t *config, arcella_error **reterr) {
    struct stack_pool *pool = mem_new(struct stack_pool);
    if (!pool)
        return error_nomem(reterr);
    pthread_mutex_init(&pool->lock, NULL);
    wasmtime_stack_creator_t creator = {.env = pool, .new_stack = new_stack, .finalizer = free_pool};
    wasmtime_config_host_stack_creator_set(config, &creator);
    return 0;
}
