/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A growing buffer of bytes that is born with its largest size.
 *
 *     BUFFER_AUTO b = BUFFER_INIT(LIMIT_MANIFEST_BYTES);
 *     r = buffer_format(&b, "%s@%s", name, version);
 *
 * There is always a NUL behind the last byte, so data may be read as text once something was added.
 * A failed append leaves the buffer as it was.
 */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct buffer {
    char *data;      /* owned; NULL while empty */
    size_t length;   /* bytes used */
    size_t capacity; /* bytes allocated */
    size_t limit;    /* most bytes it may ever hold */
    bool secret;     /* no copy of what it held is left behind where it grows, is wiped or ends */
};

#define BUFFER_INIT(limit_bytes)                                                                             \
    { .data = NULL, .length = 0, .capacity = 0, .limit = (limit_bytes) }

/** Start an empty buffer that will never hold more than limit bytes. */
void buffer_init(struct buffer *b, size_t limit);
/** Free the memory; the buffer is empty and usable again. */
void buffer_done(struct buffer *b);
/** Forget the content, keep the memory. */
void buffer_clear(struct buffer *b);
/** As buffer_clear(), and overwrite all of the memory. */
void buffer_wipe(struct buffer *b);
/** Drop the first count bytes (count ≤ length). */
void buffer_drop(struct buffer *b, size_t count);
/** Make room for extra more bytes behind length. @return 0, TOO_LARGE, NOMEM */
int buffer_reserve(struct buffer *b, size_t extra, arcella_error **reterr) MUST_CHECK;
/** Append bytes. @return 0, TOO_LARGE, NOMEM */
int buffer_add(struct buffer *b, const void *bytes, size_t count, arcella_error **reterr) MUST_CHECK;
/** Append a NUL-terminated text. @return 0, TOO_LARGE, NOMEM */
int buffer_text(struct buffer *b, const char *text, arcella_error **reterr) MUST_CHECK;
/** Append formatted text; for sentences and names, not for hot paths. @return 0, TOO_LARGE, NOMEM */
int buffer_format(struct buffer *b, arcella_error **reterr, const char *format, ...)
    MUST_CHECK PRINTF_LIKE(3, 4);
/** Move the memory out as a NUL-terminated text the caller frees. @return NULL: empty and no memory for "" */
char *buffer_take(struct buffer *b) MUST_CHECK;

#define BUFFER_AUTO CLEANUP(buffer_done) struct buffer

#endif
