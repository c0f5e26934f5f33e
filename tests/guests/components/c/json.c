/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Component: reads JSON into tokens and writes tokens as JSON.
 *
 * Depth is held in an array, not on the stack.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reads.h"

#define JSON(name)  exports_test_json_json_##name
#define TOKEN(name) EXPORTS_TEST_JSON_JSON_TOKEN_##name
#define DEPTH_MAX   1000

typedef JSON(token_t) token;

struct buffer {
    uint8_t *at;
    size_t len, room;
};

struct reader {
    const uint8_t *text;
    size_t len, at;
    token *tokens;
    size_t n, room;
    char open[DEPTH_MAX]; /* '{' or '[' of each level */
    uint32_t depth, deepest;
};

static void *grown(void *at, size_t n, size_t size) {
    void *made = realloc(at, (n ? n : 1) * size);
    if (!made)
        abort();
    return made;
}

static void put(struct buffer *b, const void *from, size_t len) {
    if (b->room - b->len < len) {
        b->room = 2 * b->room + len;
        b->at = grown(b->at, b->room, 1);
    }
    memcpy(b->at + b->len, from, len);
    b->len += len;
}

static void put_text(struct buffer *b, const char *text) {
    put(b, text, strlen(text));
}

static token *push(struct reader *r, uint8_t tag) {
    if (r->n == r->room) {
        r->room = 2 * r->room + 8;
        r->tokens = grown(r->tokens, r->room, sizeof *r->tokens);
    }
    r->tokens[r->n] = (token){.tag = tag};
    return &r->tokens[r->n++];
}

static uint8_t peek(struct reader *r) {
    while (r->at < r->len && memchr(" \t\r\n", r->text[r->at], 4))
        r->at++;
    return r->at < r->len ? r->text[r->at] : 0;
}

static void put_utf8(struct buffer *b, uint32_t point) {
    uint8_t bytes[4];
    int n = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (int i = n - 1; i > 0; i--, point >>= 6)
        bytes[i] = (uint8_t)(0x80 | (point & 0x3F));
    bytes[0] = (uint8_t)(n == 1 ? point : point | (0xF00u >> n & 0xFF));
    put(b, bytes, (size_t)n);
}

static bool hex4(struct reader *r, uint32_t *ret) {
    *ret = 0;
    for (int i = 0; i < 4; i++) {
        uint8_t c = r->at < r->len ? r->text[r->at] : 0;
        int digit = c >= '0' && c <= '9'                 ? c - '0'
                    : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
                                                         : -1;
        if (digit < 0)
            return false;
        *ret = *ret << 4 | (uint32_t)digit;
        r->at++;
    }
    return true;
}

static bool escape(struct reader *r, struct buffer *b) {
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    uint8_t c = r->at < r->len ? r->text[r->at] : 0;
    const char *found = c ? strchr(names, c) : NULL;
    uint32_t point, low;
    if (found) {
        put(b, &values[found - names], 1);
        r->at++;
        return true;
    }
    if (c != 'u')
        return false;
    r->at++;
    if (!hex4(r, &point))
        return false;
    if (point >= 0xD800 && point < 0xDC00 && r->len - r->at >= 6 && r->text[r->at] == '\\') {
        r->at += 2;
        if (!hex4(r, &low) || low < 0xDC00 || low > 0xDFFF)
            return false;
        point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
    }
    put_utf8(b, point >= 0xD800 && point < 0xE000 ? 0xFFFD : point);
    return true;
}

static bool read_string(struct reader *r, reads_string_t *ret) {
    struct buffer b = {grown(NULL, 1, 1), 0, 1};
    r->at++;
    while (r->at < r->len && r->text[r->at] != '"') {
        uint8_t c = r->text[r->at];
        if (c < 0x20)
            break;
        if (c != '\\') {
            put(&b, &c, 1);
            r->at++;
            continue;
        }
        r->at++;
        if (!escape(r, &b))
            break;
    }
    if (r->at >= r->len || r->text[r->at] != '"') {
        free(b.at);
        return false;
    }
    r->at++;
    *ret = (reads_string_t){b.at, b.len};
    return true;
}

static bool digits(struct reader *r) {
    size_t start = r->at;
    while (r->at < r->len && r->text[r->at] >= '0' && r->text[r->at] <= '9')
        r->at++;
    return r->at > start;
}

static bool take(struct reader *r, uint8_t a, uint8_t b) {
    bool there = r->at < r->len && (r->text[r->at] == a || r->text[r->at] == b);
    r->at += there;
    return there;
}

static bool read_number(struct reader *r, double *ret) {
    char copy[64];
    size_t start = r->at, len;
    take(r, '-', '-');
    if (!take(r, '0', '0') && !digits(r))
        return false;
    if (take(r, '.', '.') && !digits(r))
        return false;
    if (take(r, 'e', 'E')) {
        take(r, '+', '-');
        if (!digits(r))
            return false;
    }
    len = r->at - start;
    if (len >= sizeof copy)
        return false;
    memcpy(copy, r->text + start, len);
    copy[len] = 0;
    *ret = strtod(copy, NULL);
    return true;
}

static bool read_word(struct reader *r, const char *word) {
    size_t len = strlen(word);
    if (r->len - r->at < len || memcmp(r->text + r->at, word, len) != 0)
        return false;
    r->at += len;
    return true;
}

static bool open_level(struct reader *r, char c) {
    if (r->depth == DEPTH_MAX)
        return false;
    r->open[r->depth++] = c;
    r->deepest = r->depth > r->deepest ? r->depth : r->deepest;
    push(r, c == '{' ? TOKEN(BEGIN_OBJECT) : TOKEN(BEGIN_ARRAY));
    r->at++;
    return true;
}

static void close_level(struct reader *r) {
    push(r, r->open[--r->depth] == '{' ? TOKEN(END_OBJECT) : TOKEN(END_ARRAY));
    r->at++;
}

static bool read_key(struct reader *r) {
    reads_string_t key;
    if (peek(r) != '"' || !read_string(r, &key))
        return false;
    push(r, TOKEN(KEY))->val.key = key;
    if (peek(r) != ':')
        return false;
    r->at++;
    return true;
}

/* A value up to its first token; *ret_opened: it has just opened a level. */
static bool read_value(struct reader *r, bool *ret_opened) {
    uint8_t c = peek(r);
    reads_string_t text;
    double number;
    *ret_opened = c == '{' || c == '[';
    if (*ret_opened)
        return open_level(r, (char)c);
    if (c == '"') {
        if (!read_string(r, &text))
            return false;
        push(r, TOKEN(TEXT))->val.text = text;
    } else if (c == 't' || c == 'f') {
        if (!read_word(r, c == 't' ? "true" : "false"))
            return false;
        push(r, TOKEN(TRUTH))->val.truth = c == 't';
    } else if (c == 'n') {
        if (!read_word(r, "null"))
            return false;
        push(r, TOKEN(NULL));
    } else {
        if (!read_number(r, &number))
            return false;
        push(r, TOKEN(NUMBER))->val.number = number;
    }
    return true;
}

static bool read_all(struct reader *r) {
    bool opened;
    do {
        if (!read_value(r, &opened))
            return false;
        /* What ends here, and whether another member follows. */
        while (r->depth) {
            bool object = r->open[r->depth - 1] == '{';
            uint8_t c = peek(r);
            if (c == (object ? '}' : ']')) {
                close_level(r);
                opened = false;
                continue;
            }
            if (!opened && c != ',')
                return false;
            r->at += !opened;
            if (object && !read_key(r))
                return false;
            break;
        }
    } while (r->depth);
    peek(r);
    return r->at == r->len;
}

static bool read(reads_string_t *text, struct reader *r, JSON(complaint_t) * err) {
    *r = (struct reader){
        .text = text->ptr, .len = text->len, .tokens = grown(NULL, 8, sizeof(token)), .room = 8};
    bool good = read_all(r);
    if (!good) {
        JSON(list_token_t) list = {r->tokens, r->n};
        JSON(list_token_free)(&list);
        err->at = (uint32_t)r->at;
        reads_string_dup(&err->what, "not JSON");
    }
    reads_string_free(text);
    return good;
}

static void write_string(struct buffer *b, const reads_string_t *text) {
    static const char names[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
    char code[8];
    put_text(b, "\"");
    for (size_t i = 0; i < text->len; i++) {
        uint8_t c = text->ptr[i];
        const char *found = c ? strchr(names, c) : NULL;
        if (found) {
            snprintf(code, sizeof code, "\\%c", letters[found - names]);
            put_text(b, code);
        } else if (c < 0x20) {
            snprintf(code, sizeof code, "\\u%04x", c);
            put_text(b, code);
        } else {
            put(b, &c, 1);
        }
    }
    put_text(b, "\"");
}

static void write_scalar(struct buffer *b, const token *it) {
    char text[32];
    switch (it->tag) {
    case TOKEN(TEXT): write_string(b, &it->val.text); break;
    case TOKEN(NUMBER):
        for (int digits_n = 15; digits_n <= 17; digits_n++) {
            snprintf(text, sizeof text, "%.*g", digits_n, it->val.number);
            if (strtod(text, NULL) == it->val.number)
                break;
        }
        put_text(b, text);
        break;
    case TOKEN(TRUTH): put_text(b, it->val.truth ? "true" : "false"); break;
    default: put_text(b, "null"); break;
    }
}

static void new_line(struct buffer *b, const uint8_t *indent, uint32_t depth) {
    if (!indent)
        return;
    put_text(b, "\n");
    for (uint32_t i = 0; i < depth * *indent; i++)
        put_text(b, " ");
}

static void write(const JSON(list_token_t) * tokens, const uint8_t *indent, reads_string_t *ret) {
    struct buffer b = {grown(NULL, 64, 1), 0, 64};
    uint32_t depth = 0;
    bool first = true, after_key = false;
    for (size_t i = 0; i < tokens->len; i++) {
        const token *it = &tokens->ptr[i];
        bool begins = it->tag == TOKEN(BEGIN_OBJECT) || it->tag == TOKEN(BEGIN_ARRAY);
        bool ends = it->tag == TOKEN(END_OBJECT) || it->tag == TOKEN(END_ARRAY);
        depth -= ends;
        if (!ends && !after_key && !first)
            put_text(&b, ",");
        if (ends ? !first : !after_key && depth)
            new_line(&b, indent, depth);
        after_key = it->tag == TOKEN(KEY);
        first = begins;
        if (begins || ends) {
            put_text(&b, &"{\0}\0[\0]"[2 * it->tag]);
        } else if (after_key) {
            write_string(&b, &it->val.key);
            put_text(&b, indent ? ": " : ":");
        } else {
            write_scalar(&b, it);
        }
        depth += begins;
    }
    *ret = (reads_string_t){b.at, b.len};
}

bool JSON(tokens)(reads_string_t *text, JSON(list_token_t) * ret, JSON(complaint_t) * err) {
    struct reader r;
    if (!read(text, &r, err))
        return false;
    *ret = (JSON(list_token_t)){r.tokens, r.n};
    return true;
}

void JSON(render)(JSON(list_token_t) * tokens, uint8_t *maybe_indent, reads_string_t *ret) {
    write(tokens, maybe_indent, ret);
    JSON(list_token_free)(tokens);
}

bool JSON(compact)(reads_string_t *text, reads_string_t *ret, JSON(complaint_t) * err) {
    struct reader r;
    if (!read(text, &r, err))
        return false;
    JSON(list_token_t) list = {r.tokens, r.n};
    write(&list, NULL, ret);
    JSON(list_token_free)(&list);
    return true;
}

bool JSON(depth)(reads_string_t *text, uint32_t *ret) {
    struct reader r;
    JSON(complaint_t) err;
    if (!read(text, &r, &err)) {
        JSON(complaint_free)(&err);
        return false;
    }
    JSON(list_token_t) list = {r.tokens, r.n};
    *ret = r.deepest;
    JSON(list_token_free)(&list);
    return true;
}
