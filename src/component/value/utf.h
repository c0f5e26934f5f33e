/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Text in the encodings of the canonical ABI: UTF-8, UTF-16 (little-endian, from any address) and Latin-1.
 * Pure functions over bytes.  They never write more than they say, whatever the source holds, even where it
 * changes under them: source and target may be one guest's memory.
 */
#ifndef COMPONENT_VALUE_UTF_H
#define COMPONENT_VALUE_UTF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/attr.h"

/** Length of the prefix of bytes below 0x80. */
size_t utf_ascii(const uint8_t *bytes, size_t length);
/** Are up to UTF_SHORT bytes all below 0x80?  Most texts are short: the end by one load that overlaps what
 * was seen. */
#define UTF_SHORT 32
static inline bool utf_short_ascii(const uint8_t *p, size_t length) {
    const uint64_t high = 0x8080808080808080ull;
    if (length >= 8) {
        uint64_t any, more;
        memcpy(&any, p + length - 8, sizeof(any));
        for (size_t i = 0; i + 8 < length; i += 8) {
            memcpy(&more, p + i, sizeof(more));
            any |= more;
        }
        return !(any & high);
    }
    if (length >= 4) {
        uint32_t first, last;
        memcpy(&first, p, sizeof(first));
        memcpy(&last, p + length - 4, sizeof(last));
        return !((first | last) & (uint32_t)high);
    }
    uint8_t any = 0;
    for (size_t i = 0; i < length; i++)
        any |= p[i];
    return any < 0x80;
}
/* As utf8_valid(), without the way for what is short. */
bool utf8_valid_long(const uint8_t *bytes, size_t length);
/** Is it UTF-8: no surrogates, no overlong forms, at most U+10FFFF? */
static inline bool utf8_valid(const uint8_t *bytes, size_t length) {
    return (length <= UTF_SHORT && utf_short_ascii(bytes, length)) || utf8_valid_long(bytes, length);
}
/** Is it UTF-16 without lone surrogates? @param units of 16 bits */
bool utf16_valid(const uint8_t *bytes, size_t units);

enum utf { UTF_8, UTF_16, UTF_LATIN1 };
/**
 * Decode one character.
 *
 * @param bytes   length bytes, not 0
 * @return bytes taken, 0: it is no character of this encoding
 */
size_t utf_next(enum utf encoding, const uint8_t *bytes, size_t length, uint32_t *ret_character);

/*
 * Transcode all of a source; the target has room for the worst case: 3 bytes of UTF-8 for a unit of UTF-16, 2
 * for a byte of Latin-1; 2 bytes of UTF-16 for a byte of UTF-8 or Latin-1.  Return the bytes written, or
 * SIZE_MAX where the source is not valid.
 */
size_t utf16_to_utf8(const uint8_t *from, size_t units, uint8_t *to);
size_t utf8_to_utf16(const uint8_t *from, size_t length, uint8_t *to);
size_t latin1_to_utf8(const uint8_t *from, size_t length, uint8_t *to);
size_t latin1_to_utf16(const uint8_t *from, size_t length, uint8_t *to);
/** Copy the prefix of ASCII, a byte a unit. @return units */
size_t utf16_take_ascii(const uint8_t *from, size_t units, uint8_t *to);
/**
 * Transcode to Latin-1 as far as it goes: up to the first character above U+00FF.
 *
 * @param ret_taken  bytes of the source that are done; less than length: there is such a character
 * @return bytes written, SIZE_MAX: the source is not valid
 */
size_t utf8_to_latin1(const uint8_t *from, size_t length, uint8_t *to, size_t *ret_taken);
size_t utf16_to_latin1(const uint8_t *from, size_t units, uint8_t *to, size_t *ret_taken);
/** Are all units below 0x100? */
bool utf16_is_latin1(const uint8_t *bytes, size_t units);

#endif
