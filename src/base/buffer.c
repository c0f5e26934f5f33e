/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A growing buffer of bytes.  Owned by whoever declared it, freed by buffer_done(); one thread at a time.
 * It grows by doubling and never past its limit; capacity always has room for the NUL behind the last byte.
 */
#include "base/buffer.h"

#include "base/mem.h"

#define BUFFER_FIRST_BYTES 64 /* below that, the allocator rounds up anyway */

void buffer_init(struct buffer *b, size_t limit) {
    *b = (struct buffer)BUFFER_INIT(limit);
}

void buffer_done(struct buffer *b) {
    if (b->secret)
        buffer_wipe(b);
    mem_free(b->data);
    b->data = NULL;
    b->length = 0;
    b->capacity = 0;
}

void buffer_clear(struct buffer *b) {
    b->length = 0;
    if (b->data)
        b->data[0] = '\0';
}

void buffer_wipe(struct buffer *b) {
    if (b->data)
        explicit_bzero(b->data, b->capacity);
    b->length = 0;
}

void buffer_drop(struct buffer *b, size_t count) {
    if (count == 0)
        return;
    if (count >= b->length) {
        buffer_clear(b);
        return;
    }
    b->length -= count;
    memmove(b->data, b->data + count, b->length + 1);
}

/* The allocator may move what grows, and would leave the old bytes where they were. */
static char *move_secret(struct buffer *b, size_t capacity) {
    char *data = mem_alloc(capacity);
    if (!data)
        return NULL;
    if (b->length)
        memcpy(data, b->data, b->length);
    if (b->data)
        explicit_bzero(b->data, b->capacity);
    mem_free(b->data);
    return data;
}

int buffer_reserve(struct buffer *b, size_t extra, arcella_error **reterr) {
    if (extra > b->limit || b->length > b->limit - extra)
        return error_set(reterr, ARCELLA_E_TOO_LARGE, "more than %zu bytes", b->limit);
    size_t needed = b->length + extra;
    if (needed < b->capacity)
        return 0;
    if (needed == SIZE_MAX)
        return error_nomem(reterr);
    size_t capacity = b->capacity ? b->capacity : BUFFER_FIRST_BYTES;
    while (capacity <= needed)
        capacity = capacity > SIZE_MAX / 2 ? SIZE_MAX : capacity * 2;
    /* Doubling must not take more than the limit ever needs. */
    if (b->limit != SIZE_MAX && capacity > b->limit + 1)
        capacity = b->limit + 1;
    char *data = b->secret ? move_secret(b, capacity) : mem_resize(b->data, capacity);
    if (!data)
        return error_nomem(reterr);
    b->data = data;
    b->capacity = capacity;
    b->data[b->length] = '\0';
    return 0;
}

int buffer_add(struct buffer *b, const void *bytes, size_t count, arcella_error **reterr) {
    int r = buffer_reserve(b, count, reterr);
    if (r < 0)
        return r;
    if (count)
        memcpy(b->data + b->length, bytes, count);
    b->length += count;
    b->data[b->length] = '\0';
    return 0;
}

int buffer_text(struct buffer *b, const char *text, arcella_error **reterr) {
    return buffer_add(b, text, strlen(text), reterr);
}

int buffer_format(struct buffer *b, arcella_error **reterr, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0)
        return error_set(reterr, ARCELLA_E_TOO_LARGE, "text too long to format");
    int r = buffer_reserve(b, (size_t)length, reterr);
    if (r < 0)
        return r;
    va_start(arguments, format);
    vsnprintf(b->data + b->length, (size_t)length + 1, format, arguments);
    va_end(arguments);
    b->length += (size_t)length;
    return 0;
}

char *buffer_take(struct buffer *b) {
    char *text = b->data ? b->data : mem_text("");
    b->data = NULL;
    b->length = 0;
    b->capacity = 0;
    return text;
}
