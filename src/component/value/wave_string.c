/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Characters and strings of WAVE: escapes, and strings of several lines with their indent taken off. */
#include <string.h>

#include "base/limits.h"
#include "component/value/wave_internal.h"

static int hex_digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

#define UNICODE_DIGITS 6

/* Behind "\u": {X…}, one to six digits. */
static int read_unicode(struct value_reader *r, size_t start, size_t end, uint32_t *ret) {
    uint32_t c = 0;
    size_t digits = 0;
    size_t at = r->at;
    if (at < end && r->text[at] == '{')
        for (at++; at < end && digits <= UNICODE_DIGITS && hex_digit(r->text[at]) >= 0; at++, digits++)
            c = c << 4 | (uint32_t)hex_digit(r->text[at]);
    if (!digits || digits > UNICODE_DIGITS || at >= end || r->text[at] != '}')
        return value_reader_fail(r, start, "expected \\u{…} with one to six hexadecimal digits");
    if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
        return value_reader_fail(r, start, "\\u{%x} is no character", c);
    r->at = at + 1;
    *ret = c;
    return 0;
}

/* One escape, from the backslash on, before end. */
static int read_escape(struct value_reader *r, size_t end, uint32_t *ret) {
    size_t start = r->at++;
    char c = r->at < end ? r->text[r->at++] : '\0';
    switch (c) {
    case '\\':
    case '\'':
    case '"': *ret = (uint32_t)c; return 0;
    case 't': *ret = '\t'; return 0;
    case 'n': *ret = '\n'; return 0;
    case 'r': *ret = '\r'; return 0;
    case 'u': return read_unicode(r, start, end, ret);
    default:
        return value_reader_fail(r, start,
                                 "no such escape: one of \\\\ \\' \\\" \\t \\n \\r \\u{…} was expected");
    }
}

/* Copy up to end, escapes decoded. */
static int decode(struct value_reader *r, size_t end, char **to) {
    while (r->at < end) {
        const char *from = r->text + r->at;
        const char *escape = memchr(from, '\\', end - r->at);
        size_t plain = escape ? (size_t)(escape - from) : end - r->at;
        memcpy(*to, from, plain); // NOLINT(clang-analyzer-core.NonNullParamChecker): begin() made it
        *to += plain;
        r->at += plain;
        if (!escape)
            break;
        uint32_t c = 0;
        TRY(read_escape(r, end, &c));
        *to += value_put_character(c, *to);
    }
    return 0;
}

/* The text is never longer than its source: an escape takes more than its character. */
static int begin(struct value_reader *r, size_t start, size_t end, char **ret) {
    if (end - start > LIMIT_STRING_BYTES)
        return value_reader_fail(r, start, "a string of more than %u bytes", LIMIT_STRING_BYTES);
    int failed = 0;
    *ret = value_reader_take(r, end - start + 1, 1, &failed);
    return failed;
}

static bool at_triple(const struct value_reader *r, size_t at) {
    return r->length - at >= 3 && memcmp(r->text + at, "\"\"\"", 3) == 0;
}

/* The lines between start and end, a newline in front of each but the first; the last one is the indent. */
static int decode_lines(struct value_reader *r, size_t start, size_t end, size_t indent, char **to) {
    size_t last = end - indent - 1; /* the newline in front of the closing quotes */
    size_t at = start;
    bool first = true;
    while (at <= last) {
        const char *newline = memchr(r->text + at, '\n', last + 1 - at);
        size_t stop = newline ? (size_t)(newline - r->text) : last;
        for (size_t i = 0; i < indent; i++)
            if (at + i >= stop || r->text[at + i] != ' ')
                return value_reader_fail(r, at, "expected %zu spaces, as in front of the closing \"\"\"",
                                         indent);
        if (!first)
            *(*to)++ = '\n'; // NOLINT(clang-analyzer-core.NullDereference): begin() made it
        first = false;
        size_t content_end = stop > at + indent && r->text[stop - 1] == '\r' ? stop - 1 : stop;
        r->at = at + indent;
        TRY(decode(r, content_end, to));
        at = stop + 1;
    }
    return 0;
}

static int read_lines(struct value_reader *r, struct value *ret) {
    size_t start = r->at + 3;
    size_t end = start;
    while (end < r->length && !at_triple(r, end))
        end++;
    if (end >= r->length)
        return value_reader_fail(r, r->at, "a text that does not end: expected \"\"\"");
    size_t line = start + (start < end && r->text[start] == '\r');
    if (line >= end || r->text[line] != '\n')
        return value_reader_fail(r, start, "expected a new line behind the opening \"\"\"");
    size_t indent = 0;
    while (end - indent > line && r->text[end - indent - 1] == ' ')
        indent++;
    if (r->text[end - indent - 1] != '\n')
        return value_reader_fail(r, end,
                                 "expected the closing \"\"\" on a line of its own, behind spaces only");
    char *text = NULL;
    TRY(begin(r, start, end, &text));
    char *to = text;
    if (end - indent - 1 > line)
        TRY(decode_lines(r, line + 1, end, indent, &to));
    r->at = end + 3;
    *ret = value_text(text, (uint32_t)(to - text));
    return 0;
}

int wave_string(struct value_reader *r, const struct type *type, struct value *ret) {
    if (r->at >= r->length || r->text[r->at] != '"')
        return value_reader_unexpected(r, r->at, type);
    if (at_triple(r, r->at))
        return read_lines(r, ret);
    size_t start = r->at + 1;
    size_t end = start;
    while (end < r->length && r->text[end] != '"' && r->text[end] != '\n')
        end += r->text[end] == '\\' ? 2 : 1;
    if (end >= r->length || r->text[end] != '"')
        return value_reader_fail(r, r->at, "a text that does not end on its line: expected '\"'");
    char *text = NULL;
    TRY(begin(r, start, end, &text));
    char *to = text;
    r->at = start;
    TRY(decode(r, end, &to));
    r->at = end + 1;
    *ret = value_text(text, (uint32_t)(to - text));
    return 0;
}

int wave_character(struct value_reader *r, const struct type *type, struct value *ret) {
    size_t start = r->at;
    if (start >= r->length || r->text[start] != '\'')
        return value_reader_unexpected(r, start, type);
    r->at++;
    uint32_t c = 0;
    if (r->at < r->length && r->text[r->at] == '\\') {
        TRY(read_escape(r, r->length, &c));
    } else {
        size_t step = text_utf8_next(r->text + r->at, r->length - r->at, &c);
        if (!step || c == '\'' || c == '\n')
            return value_reader_fail(r, start, "expected a character in quotes");
        r->at += step;
    }
    if (r->at >= r->length || r->text[r->at] != '\'')
        return value_reader_fail(r, start, "expected one character in quotes (char), found more");
    r->at++;
    *ret = value_unsigned(TYPE_CHAR, c);
    return 0;
}
