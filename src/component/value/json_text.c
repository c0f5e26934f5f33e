/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Texts of JSON: escapes with surrogate pairs, and base64. */
#include <string.h>

#include "base/limits.h"
#include "component/value/json_internal.h"

static int hex_digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Four digits behind "\u". */
static bool read_unit(struct value_reader *r, size_t end, uint32_t *ret) {
    *ret = 0;
    for (int i = 0; i < 4; i++, r->at++) {
        int digit = r->at < end ? hex_digit(r->text[r->at]) : -1;
        if (digit < 0)
            return false;
        *ret = *ret << 4 | (uint32_t)digit;
    }
    return true;
}

static int read_unicode(struct value_reader *r, size_t start, size_t end, uint32_t *ret) {
    uint32_t unit, low;
    if (!read_unit(r, end, &unit))
        return value_reader_fail(r, start, "expected \\u and four hexadecimal digits");
    *ret = unit;
    if (unit < 0xd800 || unit >= 0xe000)
        return 0;
    bool pair = unit < 0xdc00 && end - r->at >= 6 && r->text[r->at] == '\\' && r->text[r->at + 1] == 'u';
    if (pair)
        r->at += 2;
    if (!pair || !read_unit(r, end, &low) || low < 0xdc00 || low >= 0xe000)
        return value_reader_fail(r, start, "\\u%04x is half of a character: the other half is missing", unit);
    *ret = 0x10000 + ((unit & 0x3ff) << 10 | (low & 0x3ff));
    return 0;
}

static int read_escape(struct value_reader *r, size_t end, uint32_t *ret) {
    static const char from[] = "\"\\/bfnrt";
    static const char to[] = "\"\\/\b\f\n\r\t";
    size_t start = r->at++;
    char c = r->at < end ? r->text[r->at++] : '\0';
    if (c == 'u')
        return read_unicode(r, start, end, ret);
    const char *found = c ? strchr(from, c) : NULL;
    if (!found)
        return value_reader_fail(r, start, "no such escape in JSON");
    *ret = (uint32_t)to[found - from];
    return 0;
}

static int decode(struct value_reader *r, size_t end, char *to, size_t *ret_length) {
    char *start = to;
    while (r->at < end) {
        unsigned char c = (unsigned char)r->text[r->at];
        if (c < 0x20)
            return value_reader_fail(r, r->at, "a control character in a text: expected \\u%04x", c);
        if (c != '\\') {
            *to++ = (char)c;
            r->at++;
            continue;
        }
        uint32_t character = 0;
        TRY(read_escape(r, end, &character));
        to += value_put_character(character, to);
    }
    *ret_length = (size_t)(to - start);
    return 0;
}

int value_json_text(struct value_reader *r, struct arena *arena, bool borrow, struct text *ret) {
    size_t start = r->at + 1;
    size_t end = start;
    bool plain = true;
    while (end < r->length && r->text[end] != '"') {
        plain = plain && r->text[end] != '\\' && (unsigned char)r->text[end] >= 0x20;
        end += r->text[end] == '\\' ? 2 : 1;
    }
    if (end >= r->length)
        return value_reader_fail(r, r->at, "a text that does not end: expected '\"'");
    if (end - start > LIMIT_STRING_BYTES)
        return value_reader_fail(r, r->at, "a text of more than %u bytes", LIMIT_STRING_BYTES);
    if (plain && borrow) {
        *ret = (struct text){r->text + start, end - start};
        r->at = end + 1;
        return 0;
    }
    /* Never longer than its source: an escape takes more than its character. */
    struct arena *own = r->arena;
    r->arena = arena;
    int failed = 0;
    char *text = value_reader_take(r, end - start + 1, 1, &failed);
    r->arena = own;
    if (!text)
        return failed;
    r->at = start;
    ret->data = text;
    TRY(decode(r, end, text, &ret->length));
    r->at = end + 1;
    return 0;
}

static int base64_digit(char c) {
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

int value_json_base64(struct value_reader *r, size_t at, struct text text, struct value *ret) {
    size_t padding = text.length && text.data[text.length - 1] == '=';
    padding += padding && text.length > 1 && text.data[text.length - 2] == '=';
    if (text.length % 4)
        return value_reader_fail(r, at, "not base64: its length is no multiple of 4");
    int failed = 0;
    uint8_t *bytes = value_reader_take(r, text.length / 4 * 3 + 1, 1, &failed);
    if (!bytes)
        return failed;
    uint32_t bits = 0;
    size_t count = 0;
    for (size_t i = 0; i < text.length; i++) {
        int digit = i >= text.length - padding ? 0 : base64_digit(text.data[i]);
        if (digit < 0)
            return value_reader_fail(r, at, "not base64: character %zu of it is none", i + 1);
        bits = bits << 6 | (uint32_t)digit;
        if (i % 4 != 3)
            continue;
        bytes[count++] = (uint8_t)(bits >> 16);
        bytes[count++] = (uint8_t)(bits >> 8);
        bytes[count++] = (uint8_t)bits;
    }
    for (size_t i = 0; i < padding; i++)
        if (bytes[--count])
            return value_reader_fail(r, at, "not base64: bits behind its end");
    *ret = value_packed(bytes, (uint32_t)count);
    return 0;
}
