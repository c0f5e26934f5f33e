/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Text: slices, numbers with units, quoting.  UTF-8 throughout.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

/* A borrowed piece of text; not NUL-terminated. */
struct text {
    const char *data;
    size_t length;
};

#define TEXT(literal) ((struct text){(literal), sizeof(literal) - 1})

/** A slice of a NUL-terminated text. */
struct text text_of(const char *s);
/** Are both slices the same bytes? */
bool text_equal(struct text a, struct text b);
/** Does s begin with prefix? (NUL-terminated texts) */
bool text_starts(const char *s, const char *prefix);
/** Does s end with suffix? (NUL-terminated texts) */
bool text_ends(const char *s, const char *suffix);
/** Copy into a fixed array, cut at size - 1, always NUL-terminated. @return false where it was cut */
bool text_copy(char *to, size_t size, const char *from);
/** Is this valid UTF-8 (no surrogates, no overlong forms, at most U+10FFFF)? */
bool text_is_utf8(const char *s, size_t length);

/**
 * Read one character.
 *
 * @return how many bytes it takes (1 to 4), or 0 where s does not begin with a valid character (or length is
 * 0)
 */
size_t text_utf8_next(const char *s, size_t length, uint32_t *ret_character);

/** Parse a decimal number, the whole text, at most max. @return 0, INVALID (with the reason) */
int text_parse_u64(const char *s, uint64_t max, uint64_t *ret, arcella_error **reterr) MUST_CHECK;
/**
 * Parse a size: 4096, 64k, 64m, 4g (powers of 1024; KiB/MiB/GiB forms too), at most max bytes.
 *
 * @return 0, INVALID
 */
int text_parse_size(const char *s, uint64_t max, uint64_t *ret_bytes, arcella_error **reterr) MUST_CHECK;
/**
 * Parse a time: 500ms, 30s, 5m, 2h, at most max milliseconds; a bare number is refused.
 *
 * @return 0, INVALID
 */
int text_parse_duration(const char *s, uint64_t max_ms, uint64_t *ret_ms, arcella_error **reterr) MUST_CHECK;
/** Write a size for people: "64 MiB", "1.5 GiB", "512 bytes". */
void text_format_size(uint64_t bytes, char *to, size_t size);
/** Write a duration for people: "350 ms", "12.3 s", "4 m 10 s", "2 d 3 h". */
void text_format_duration(uint64_t ms, char *to, size_t size);

/**
 * Append text as a logfmt value: bare where it can be, else quoted with \" \\ \n \t \xNN; cut at max bytes
 * with "…".
 */
int text_add_logfmt(struct buffer *b, const char *s, size_t length, size_t max, arcella_error **reterr)
    MUST_CHECK;
/**
 * Append text fit for a terminal: control bytes, escapes and invalid UTF-8 become \xNN, \n and \t stay if
 * keep_lines.
 */
int text_add_visible(struct buffer *b, const char *s, size_t length, bool keep_lines, arcella_error **reterr)
    MUST_CHECK;
/**
 * Append text as a JSON string with its quotes; invalid UTF-8 and NUL become U+FFFD; cut at max bytes with
 * "…".
 */
int text_add_json(struct buffer *b, const char *s, size_t length, size_t max, arcella_error **reterr)
    MUST_CHECK;
/** Append bytes in lower-case hexadecimal. */
int text_add_hex(struct buffer *b, const void *bytes, size_t count, arcella_error **reterr) MUST_CHECK;

#endif
