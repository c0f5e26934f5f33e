/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Component: words of a text, lines, characters; spoken in UTF-8, and in UTF-16 with -DUTF16.
 *
 * Everything goes through code units: a code point begins where BEGINS says so.
 */
#include <stdlib.h>
#include <string.h>

#include "speaks.h"

#ifdef UTF16
typedef uint16_t unit;
#define BEGINS(u)          (((u)&0xFC00) != 0xDC00)
#define BEYOND_ASCII(s, i) ((s)[i] >= 0x80)
#else
typedef uint8_t unit;
#define BEGINS(u)          (((u)&0xC0) != 0x80)
#define BEYOND_ASCII(s, i) ((s)[i] >= 0xC0)
#endif

typedef exports_test_texts_words_entry_t entry;

static void *need(size_t bytes) {
    void *made = malloc(bytes ? bytes : 1);
    if (!made)
        abort();
    return made;
}

static speaks_string_t string_copy(const unit *from, size_t len) {
    speaks_string_t made = {need(len * sizeof(unit)), len};
    memcpy(made.ptr, from, len * sizeof(unit));
    return made;
}

static bool is_space(unit u) {
    return u == ' ' || (u >= '\t' && u <= '\r');
}

static bool in_word(unit u) {
    return u >= 0x80 || (u >= '0' && u <= '9') || (u >= 'A' && u <= 'Z') || (u >= 'a' && u <= 'z');
}

static size_t code_points(const unit *from, size_t len) {
    size_t n = 0;
    for (size_t i = 0; i < len; i++)
        n += BEGINS(from[i]);
    return n;
}

/* In the order of code points, which for UTF-16 is not the order of units: surrogates come last. */
static int weight(unit u) {
    if (sizeof(unit) == 2 && u >= 0xD800)
        return u < 0xE000 ? u + 0x2000 : u - 0x0800;
    return u;
}

static int compare_text(const speaks_string_t *a, const speaks_string_t *b) {
    const unit *x = a->ptr, *y = b->ptr;
    for (size_t i = 0; i < a->len && i < b->len; i++) {
        if (x[i] != y[i])
            return weight(x[i]) - weight(y[i]);
    }
    return a->len < b->len ? -1 : a->len > b->len;
}

static int compare_words(const void *a, const void *b) {
    return compare_text(&((const entry *)a)->word, &((const entry *)b)->word);
}

static int compare_counts(const void *a, const void *b) {
    uint32_t x = ((const entry *)a)->count, y = ((const entry *)b)->count;
    return x != y ? (x > y ? -1 : 1) : compare_words(a, b);
}

/* Finds the next word from *at on; false: there is none. */
static bool next_word(const speaks_string_t *text, size_t *at, size_t *len) {
    const unit *units = text->ptr;
    size_t i = *at;
    while (i < text->len && !in_word(units[i]))
        i++;
    *at = i;
    while (i < text->len && in_word(units[i]))
        i++;
    *len = i - *at;
    return *len > 0;
}

void exports_test_texts_words_count(speaks_string_t *text, exports_test_texts_words_order_t by,
                                    exports_test_texts_words_list_entry_t *ret) {
    size_t at = 0, len, n = 0, kept = 0;
    while (next_word(text, &at, &len))
        at += len, n++;

    entry *all = need(n * sizeof *all);
    at = n = 0;
    while (next_word(text, &at, &len)) {
        all[n] = (entry){string_copy((unit *)text->ptr + at, len), 1};
        for (size_t i = 0; i < len; i++) {
            unit *u = (unit *)all[n].word.ptr + i;
            *u += *u >= 'A' && *u <= 'Z' ? 'a' - 'A' : 0;
        }
        at += len;
        n++;
    }
    speaks_string_free(text);

    qsort(all, n, sizeof *all, compare_words);
    for (size_t i = 0; i < n; i++) {
        if (kept && compare_words(&all[kept - 1], &all[i]) == 0) {
            all[kept - 1].count++;
            speaks_string_free(&all[i].word);
        } else {
            all[kept++] = all[i];
        }
    }
    if (by == EXPORTS_TEST_TEXTS_WORDS_ORDER_BY_COUNT)
        qsort(all, kept, sizeof *all, compare_counts);
    *ret = (exports_test_texts_words_list_entry_t){all, kept};
}

static void push(speaks_list_string_t *lines, size_t *room, speaks_string_t line) {
    if (lines->len == *room) {
        *room = *room ? 2 * *room : 4;
        lines->ptr = realloc(lines->ptr, *room * sizeof *lines->ptr);
        if (!lines->ptr)
            abort();
    }
    lines->ptr[lines->len++] = line;
}

/* "'WORD' is longer than WIDTH" */
static void complain(const unit *word, size_t len, uint32_t width, speaks_string_t *err) {
    static const char middle[] = "' is longer than ";
    char digits[10];
    size_t n = 0, at = 0;
    do {
        digits[n++] = (char)('0' + width % 10);
        width /= 10;
    } while (width);
    unit *out = need((1 + len + sizeof middle + n) * sizeof *out);
    out[at++] = '\'';
    memcpy(out + at, word, len * sizeof *out);
    at += len;
    for (const char *m = middle; *m; m++)
        out[at++] = (unit)*m;
    while (n)
        out[at++] = (unit)digits[--n];
    *err = (speaks_string_t){out, at};
}

bool exports_test_texts_words_wrap(speaks_string_t *text, uint32_t width, speaks_list_string_t *ret,
                                   speaks_string_t *err) {
    const unit *units = text->ptr;
    speaks_list_string_t lines = {NULL, 0};
    unit *line = need((text->len + 1) * sizeof *line);
    size_t room = 0, used = 0, points = 0;
    bool good = true;

    for (size_t i = 0; i < text->len && good;) {
        size_t start = i, length;
        if (is_space(units[i])) {
            i++;
            continue;
        }
        while (i < text->len && !is_space(units[i]))
            i++;
        length = code_points(units + start, i - start);
        if (length > width) {
            complain(units + start, i - start, width, err);
            good = false;
            break;
        }
        if (used && points + 1 + length > width) {
            push(&lines, &room, string_copy(line, used));
            used = points = 0;
        }
        if (used) {
            line[used++] = ' ';
            points++;
        }
        memcpy(line + used, units + start, (i - start) * sizeof *line);
        used += i - start;
        points += length;
    }
    if (used && good)
        push(&lines, &room, string_copy(line, used));
    free(line);
    speaks_string_free(text);
    if (good)
        *ret = lines;
    else
        speaks_list_string_free(&lines);
    return good;
}

void exports_test_texts_words_reverse(speaks_string_t *text, speaks_string_t *ret) {
    const unit *units = text->ptr;
    unit *out = need(text->len * sizeof *out);
    size_t at = text->len, end;
    for (size_t i = 0; i < text->len; i = end) {
        for (end = i + 1; end < text->len && !BEGINS(units[end]); end++) {
        }
        at -= end - i;
        memcpy(out + at, units + i, (end - i) * sizeof *out);
    }
    *ret = (speaks_string_t){out, text->len};
    speaks_string_free(text);
}

bool exports_test_texts_words_longest(speaks_string_t *text, speaks_string_t *ret) {
    size_t at = 0, len, best_at = 0, best_len = 0, best = 0;
    while (next_word(text, &at, &len)) {
        size_t points = code_points((unit *)text->ptr + at, len);
        if (points > best)
            best_at = at, best_len = len, best = points;
        at += len;
    }
    if (best)
        *ret = string_copy((unit *)text->ptr + best_at, best_len);
    speaks_string_free(text);
    return best > 0;
}

void exports_test_texts_words_characters(speaks_string_t *text, speaks_tuple2_u32_u32_t *ret) {
    *ret = (speaks_tuple2_u32_u32_t){0, 0};
    for (size_t i = 0; i < text->len; i++) {
        ret->f0 += BEGINS(((unit *)text->ptr)[i]);
        ret->f1 += BEGINS(((unit *)text->ptr)[i]) && BEYOND_ASCII((unit *)text->ptr, i);
    }
    speaks_string_free(text);
}
