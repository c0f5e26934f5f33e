/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Validation and transcoding.  Runs of ASCII go by words: 32 bytes a step, which two loads a cycle keep at
 * some 20 GB/s in portable C; everything else one character at a time, each step bounded by itself, so that
 * a source that changes meanwhile can spoil the text but not the bounds.
 */
#include "component/value/utf.h"

#include <string.h>

#define HIGH_BITS 0x8080808080808080ull

static inline uint64_t load64(const uint8_t *p) {
    uint64_t v;
    memcpy(&v, p, sizeof(v));
    return v;
}
static inline uint32_t load16(const uint8_t *p) {
    uint16_t v;
    memcpy(&v, p, sizeof(v));
    return v;
}
static inline void store16(uint8_t *p, uint32_t v) {
    uint16_t u = (uint16_t)v;
    memcpy(p, &u, sizeof(u));
}

size_t utf_ascii(const uint8_t *bytes, size_t length) {
    size_t i = 0;
    while (length - i >= 32) {
        const uint8_t *p = bytes + i;
        if ((load64(p) | load64(p + 8) | load64(p + 16) | load64(p + 24)) & HIGH_BITS)
            break;
        i += 32;
    }
    while (length - i >= 8) {
        uint64_t high = load64(bytes + i) & HIGH_BITS;
        if (high)
            return i + (size_t)(__builtin_ctzll(high) / 8);
        i += 8;
    }
    while (i < length && bytes[i] < 0x80)
        i++;
    return i;
}

/* One character of UTF-8 that is not ASCII; the second byte's range rules out overlong forms, surrogates and
 * what is above U+10FFFF. */
static inline size_t utf8_next(const uint8_t *p, size_t length, uint32_t *ret) {
    uint8_t first = p[0];
    if (first < 0x80) {
        *ret = first;
        return 1;
    }
    if (first < 0xc2 || first > 0xf4 || length < 2)
        return 0;
    uint32_t second = p[1];
    if (first < 0xe0) {
        *ret = (uint32_t)(first & 0x1f) << 6 | (second & 0x3f);
        return (second & 0xc0) == 0x80 ? 2 : 0;
    }
    if (length < 3 || (second & 0xc0) != 0x80)
        return 0;
    uint32_t third = p[2];
    if ((third & 0xc0) != 0x80)
        return 0;
    if (first < 0xf0) {
        uint32_t c = (uint32_t)(first & 0xf) << 12 | (second & 0x3f) << 6 | (third & 0x3f);
        *ret = c;
        return c >= 0x800 && (c < 0xd800 || c > 0xdfff) ? 3 : 0;
    }
    if (length < 4)
        return 0;
    uint32_t fourth = p[3];
    uint32_t c = (uint32_t)(first & 7) << 18 | (second & 0x3f) << 12 | (third & 0x3f) << 6 | (fourth & 0x3f);
    *ret = c;
    return (fourth & 0xc0) == 0x80 && c >= 0x10000 && c < 0x110000 ? 4 : 0;
}

static inline size_t utf16_next(const uint8_t *p, size_t length, uint32_t *ret) {
    if (length < 2)
        return 0;
    uint32_t unit = load16(p);
    *ret = unit;
    if (unit < 0xd800 || unit > 0xdfff)
        return 2;
    if (unit > 0xdbff || length < 4)
        return 0;
    uint32_t low = load16(p + 2);
    *ret = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
    return low >= 0xdc00 && low <= 0xdfff ? 4 : 0;
}

size_t utf_next(enum utf encoding, const uint8_t *bytes, size_t length, uint32_t *ret_character) {
    if (encoding == UTF_8)
        return utf8_next(bytes, length, ret_character);
    if (encoding == UTF_16)
        return utf16_next(bytes, length, ret_character);
    *ret_character = bytes[0];
    return 1;
}

bool utf8_valid_long(const uint8_t *bytes, size_t length) {
    size_t i = utf_ascii(bytes, length);
    uint32_t c;
    while (i < length) {
        if (bytes[i] < 0x80) { /* look for a run again only where one has begun */
            i += length - i >= 8 ? utf_ascii(bytes + i, length - i) : 1;
            continue;
        }
        size_t n = utf8_next(bytes + i, length - i, &c);
        if (!n)
            return false;
        i += n;
    }
    return true;
}

bool utf16_valid(const uint8_t *bytes, size_t units) {
    size_t i = 0, length = units * 2;
    uint32_t c;
    while (i < length) {
        /* Four units without a surrogate: 0xd800 to 0xdfff have 11011 on top, so flipping these bits makes
         * zeros of it; any zero there may be a surrogate and is looked at alone. */
        if (length - i >= 8) {
            uint64_t top = (load64(bytes + i) ^ 0xd800d800d800d800ull) & 0xf800f800f800f800ull;
            uint64_t zeros = (top - 0x0800080008000800ull) & ~top & 0x8000800080008000ull;
            if (!zeros) {
                i += 8;
                continue;
            }
        }
        size_t n = utf16_next(bytes + i, length - i, &c);
        if (!n)
            return false;
        i += n;
    }
    return true;
}

bool utf16_is_latin1(const uint8_t *bytes, size_t units) {
    size_t i = 0;
    for (; units - i >= 4; i += 4)
        if (load64(bytes + 2 * i) & 0xff00ff00ff00ff00ull)
            return false;
    for (; i < units; i++)
        if (bytes[2 * i + 1])
            return false;
    return true;
}

static inline size_t put_utf8(uint8_t *to, uint32_t c) {
    if (c < 0x80) {
        to[0] = (uint8_t)c;
        return 1;
    }
    if (c < 0x800) {
        to[0] = (uint8_t)(0xc0 | c >> 6);
        to[1] = (uint8_t)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        to[0] = (uint8_t)(0xe0 | c >> 12);
        to[1] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
        to[2] = (uint8_t)(0x80 | (c & 0x3f));
        return 3;
    }
    to[0] = (uint8_t)(0xf0 | c >> 18);
    to[1] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
    to[2] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
    to[3] = (uint8_t)(0x80 | (c & 0x3f));
    return 4;
}

/* Four units below 0x80 to four bytes. */
static inline uint32_t narrow4(uint64_t v) {
    v = (v | v >> 8) & 0x0000ffff0000ffffull;
    return (uint32_t)(v | v >> 16);
}
/* Four bytes to four units. */
static inline uint64_t widen4(uint32_t v) {
    uint64_t w = v;
    w = (w | w << 16) & 0x0000ffff0000ffffull;
    return (w | w << 8) & 0x00ff00ff00ff00ffull;
}

size_t utf16_to_utf8(const uint8_t *from, size_t units, uint8_t *to) {
    size_t i = 0, o = 0, length = units * 2;
    while (i < length) {
        if (length - i >= 8) {
            uint64_t four = load64(from + i);
            if (!(four & 0xff80ff80ff80ff80ull)) {
                uint32_t bytes = narrow4(four);
                memcpy(to + o, &bytes, sizeof(bytes));
                i += 8;
                o += 4;
                continue;
            }
        }
        uint32_t c;
        size_t n = utf16_next(from + i, length - i, &c);
        if (!n)
            return SIZE_MAX;
        i += n;
        o += put_utf8(to + o, c); /* 2 bytes give at most 3, 4 give 4 */
    }
    return o;
}

size_t utf16_take_ascii(const uint8_t *from, size_t units, uint8_t *to) {
    size_t i = 0;
    while (units - i >= 4) {
        uint64_t four = load64(from + 2 * i);
        if (four & 0xff80ff80ff80ff80ull)
            break;
        uint32_t bytes = narrow4(four);
        memcpy(to + i, &bytes, sizeof(bytes));
        i += 4;
    }
    for (; i < units; i++) {
        uint32_t unit = load16(from + 2 * i);
        if (unit > 0x7f)
            break;
        to[i] = (uint8_t)unit;
    }
    return i;
}

size_t utf8_to_utf16(const uint8_t *from, size_t length, uint8_t *to) {
    size_t i = 0, o = 0;
    while (i < length) {
        if (length - i >= 4) {
            uint32_t four;
            memcpy(&four, from + i, sizeof(four));
            if (!(four & 0x80808080u)) {
                uint64_t units = widen4(four);
                memcpy(to + o, &units, sizeof(units));
                i += 4;
                o += 8;
                continue;
            }
        }
        uint32_t c;
        size_t n = utf8_next(from + i, length - i, &c);
        if (!n)
            return SIZE_MAX;
        i += n;
        if (c < 0x10000) {
            store16(to + o, c);
            o += 2;
        } else {
            store16(to + o, 0xd7c0 + (c >> 10));
            store16(to + o + 2, 0xdc00 | (c & 0x3ff));
            o += 4;
        }
    }
    return o;
}

size_t latin1_to_utf8(const uint8_t *from, size_t length, uint8_t *to) {
    size_t i = 0, o = 0;
    while (i < length) {
        if (length - i >= 8) {
            uint64_t eight = load64(from + i);
            if (!(eight & HIGH_BITS)) {
                memcpy(to + o, &eight, sizeof(eight));
                i += 8;
                o += 8;
                continue;
            }
        }
        o += put_utf8(to + o, from[i++]);
    }
    return o;
}

size_t latin1_to_utf16(const uint8_t *from, size_t length, uint8_t *to) {
    size_t i = 0;
    for (; length - i >= 4; i += 4) {
        uint32_t four;
        memcpy(&four, from + i, sizeof(four));
        uint64_t units = widen4(four);
        memcpy(to + 2 * i, &units, sizeof(units));
    }
    for (; i < length; i++)
        store16(to + 2 * i, from[i]);
    return length * 2;
}

size_t utf8_to_latin1(const uint8_t *from, size_t length, uint8_t *to, size_t *ret_taken) {
    size_t i = 0, o = 0;
    while (i < length) {
        if (length - i >= 8) {
            uint64_t eight = load64(from + i);
            if (!(eight & HIGH_BITS)) {
                memcpy(to + o, &eight, sizeof(eight));
                i += 8;
                o += 8;
                continue;
            }
        }
        uint32_t c;
        size_t n = utf8_next(from + i, length - i, &c);
        if (!n)
            return SIZE_MAX;
        if (c > 0xff)
            break;
        to[o++] = (uint8_t)c;
        i += n;
    }
    *ret_taken = i;
    return o;
}

size_t utf16_to_latin1(const uint8_t *from, size_t units, uint8_t *to, size_t *ret_taken) {
    size_t i = 0;
    for (; i < units; i++) {
        if (units - i >= 4) {
            uint64_t four = load64(from + 2 * i);
            if (!(four & 0xff00ff00ff00ff00ull)) {
                uint32_t bytes = narrow4(four);
                memcpy(to + i, &bytes, sizeof(bytes));
                i += 3;
                continue;
            }
        }
        uint32_t unit = load16(from + 2 * i);
        if (unit > 0xff)
            break;
        to[i] = (uint8_t)unit;
    }
    *ret_taken = 2 * i;
    return i;
}
