/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Memory: the only file that names the system's allocator (base/ban.h keeps the others from it), so that one
 * place can make an allocation fail on purpose.  Thread-safe as the system's allocator is; budgets are not.
 */
#include "base/mem.h"

#include "base/fault.h"

/*
 * Nobody here wants a tebibyte at once; a size like that is an arithmetic mistake on its way to the system,
 * and the sanitizers stop the program for it.
 */
#define MEM_BYTES_MAX (1ull << 40)

/* Is this allocation to fail before the system is asked? */
static bool is_refused(size_t size) {
    if (fault_hit(FAULT_ALLOC))
        return true;
    if (size < MEM_BYTES_MAX)
        return false;
    errno = ENOMEM;
    return true;
}

void *mem_alloc(size_t size) {
    return is_refused(size) ? NULL : calloc(1, size);
}

void *mem_array(size_t count, size_t size) {
    size_t total;
    if (__builtin_mul_overflow(count, size, &total))
        total = SIZE_MAX;
    return is_refused(total) ? NULL : calloc(count, size);
}

void *mem_resize(void *p, size_t size) {
    return is_refused(size) ? NULL : realloc(p, size);
}

void *mem_copy(const void *bytes, size_t size) {
    void *copy = is_refused(size) ? NULL : malloc(size ? size : 1);
    if (copy && size)
        memcpy(copy, bytes, size);
    return copy;
}

char *mem_text_n(const char *text, size_t length) {
    char *copy = is_refused(length) ? NULL : malloc(length + 1);
    if (!copy)
        return NULL;
    if (length)
        memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

char *mem_text(const char *text) {
    return mem_text_n(text, strlen(text));
}

char *mem_format(const char *format, ...) {
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    int r = fault_hit(FAULT_ALLOC) ? -1 : vasprintf(&text, format, arguments);
    va_end(arguments);
    /* On failure glibc leaves the pointer undefined. */
    return r < 0 ? NULL : text;
}

void mem_free(void *p) {
    free(p);
}

bool memory_budget_take(struct memory_budget *budget, uint64_t bytes) {
    for (struct memory_budget *b = budget; b; b = b->parent)
        if (b->used_bytes > b->limit_bytes || bytes > b->limit_bytes - b->used_bytes)
            return false;
    for (struct memory_budget *b = budget; b; b = b->parent) {
        b->used_bytes += bytes;
        if (b->used_bytes > b->peak_bytes)
            b->peak_bytes = b->used_bytes;
    }
    return true;
}

void memory_budget_give(struct memory_budget *budget, uint64_t bytes) {
    /* More given back than was taken is our own mistake; wrapping around would lock the budget for good. */
    for (struct memory_budget *b = budget; b; b = b->parent)
        b->used_bytes -= bytes < b->used_bytes ? bytes : b->used_bytes;
}
