/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Types for tests of texts: made from a few words ("record {a: u32, b: option<u8>}"), or at random from a
 * seed; and random values of them.
 */
#ifndef TESTS_UNIT_COMPONENT_VALUE_TYPES_H
#define TESTS_UNIT_COMPONENT_VALUE_TYPES_H

#include <math.h>

#include "torture.h"

#include "base/arena.h"
#include "base/text.h"
#include "component/types/types.h"
#include "component/value.h"

/* --- from words --- */

struct type_words {
    struct types *types;
    const char *at;
};
#define WORD_FIELDS 40

static const struct type *words_type(struct type_words *w);

static bool words_take(struct type_words *w, const char *what) {
    while (*w->at == ' ')
        w->at++;
    if (!text_starts(w->at, what))
        return false;
    w->at += strlen(what);
    return true;
}

static struct text words_label(struct type_words *w) {
    while (*w->at == ' ')
        w->at++;
    size_t length = strspn(w->at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");
    struct text label = {w->at, length};
    w->at += length;
    return label;
}

static const struct type *words_make(struct type_words *w, enum type_kind kind, struct type_field *fields,
                                     uint32_t count) {
    const struct type *type = NULL;
    arcella_error *error = NULL;
    if (types_make(w->types, kind, fields, count, 0, &type, &error))
        fail_msg("type: %s at '%s'", arcella_error_message(error), w->at);
    return type;
}

static const struct type *words_labels(struct type_words *w, enum type_kind kind) {
    struct type_field fields[WORD_FIELDS] = {{.name = {0}}};
    uint32_t count = 0;
    assert_true(words_take(w, "{"));
    do {
        fields[count].name = words_label(w);
        if (kind == TYPE_RECORD) {
            assert_true(words_take(w, ":"));
            fields[count].type = words_type(w);
        } else if (kind == TYPE_VARIANT && words_take(w, "(")) {
            fields[count].type = words_type(w);
            assert_true(words_take(w, ")"));
        }
        count++;
    } while (words_take(w, ","));
    assert_true(words_take(w, "}"));
    return words_make(w, kind, fields, count);
}

static const struct type *words_parts(struct type_words *w, enum type_kind kind) {
    struct type_field fields[WORD_FIELDS] = {{.name = {0}}};
    uint32_t count = kind == TYPE_OPTION;
    if (words_take(w, "<")) {
        do {
            if (!words_take(w, "_"))
                fields[count].type = words_type(w);
            count++;
        } while (words_take(w, ","));
        assert_true(words_take(w, ">"));
    }
    return words_make(w, kind, fields, kind == TYPE_RESULT ? 2 : count);
}

static const struct type *words_type(struct type_words *w) {
    struct text word = words_label(w);
    for (enum type_kind kind = 0; kind < TYPE_KINDS; kind++) {
        if (!text_equal(word, text_of(type_kind_words(kind))))
            continue;
        if (kind <= TYPE_STRING)
            return types_primitive(w->types, kind);
        if (kind == TYPE_RECORD || kind == TYPE_VARIANT || kind == TYPE_ENUM || kind == TYPE_FLAGS)
            return words_labels(w, kind);
        if (kind != TYPE_OWN && kind != TYPE_BORROW)
            return words_parts(w, kind);
        const struct type *type = NULL;
        assert_int_equal(types_handle(w->types, kind, 1, &type, NULL), 0);
        return type;
    }
    fail_msg("no type at '%.20s'", word.data);
    return NULL;
}

static inline const struct type *type_of_words(struct types *types, const char *words) {
    struct type_words w = {types, words};
    const struct type *type = words_type(&w);
    assert_string_equal(w.at, "");
    return type;
}

/* "a: u32, b: string -> bool" */
static inline const struct func_type *func_of_words(struct types *types, const char *words) {
    struct type_words w = {types, words};
    struct type_field params[WORD_FIELDS] = {{.name = {0}}};
    uint32_t count = 0;
    while (*w.at && !words_take(&w, "->")) {
        words_take(&w, ",");
        params[count].name = words_label(&w);
        assert_true(words_take(&w, ":"));
        params[count++].type = words_type(&w);
    }
    const struct type *result = *w.at ? words_type(&w) : NULL;
    const struct func_type *func = NULL;
    assert_int_equal(types_func(types, params, count, result, false, &func, NULL), 0);
    return func;
}

/* --- at random --- */

static inline uint64_t random_next(uint64_t *seed) {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static inline uint32_t random_below(uint64_t *seed, uint32_t end) {
    return (uint32_t)(random_next(seed) >> 20) % end;
}

/* Keywords of WAVE among them, and words of two cases. */
static const char *const random_labels[] = {"a",   "true",  "none",      "some",  "ok",   "err",    "nan",
                                            "inf", "false", "two-words", "HTTP3", "x-Y2", "handle", "z",
                                            "q",   "w",     "e",         "r",     "t2",   "y3",     "u4"};

static inline const struct type *random_type(struct types *types, uint64_t *seed, unsigned depth) {
    static const enum type_kind compound[] = {TYPE_RECORD, TYPE_TUPLE,  TYPE_LIST,   TYPE_MAP,  TYPE_VARIANT,
                                              TYPE_ENUM,   TYPE_OPTION, TYPE_RESULT, TYPE_FLAGS};
    if (!depth || random_below(seed, 4) == 0)
        return types_primitive(types, (enum type_kind)random_below(seed, TYPE_STRING + 1));
    enum type_kind kind = compound[random_below(seed, 9)];
    struct type_field fields[21] = {{.name = {0}}};
    uint32_t count = 1 + random_below(seed, random_below(seed, 8) ? 4 : 20);
    for (uint32_t i = 0; i < count; i++) {
        fields[i].name = text_of(random_labels[i]);
        bool bare =
            kind == TYPE_ENUM || kind == TYPE_FLAGS || (kind == TYPE_VARIANT && random_below(seed, 2));
        if (!bare)
            fields[i].type = random_type(types, seed, depth - 1);
    }
    if (kind == TYPE_LIST || kind == TYPE_MAP || kind == TYPE_OPTION || kind == TYPE_RESULT)
        count = kind == TYPE_LIST ? 1 : 2;
    if (kind == TYPE_OPTION) {
        fields[1].type = random_type(types, seed, depth - 1);
        fields[0].type = NULL;
    }
    if (kind == TYPE_MAP) /* keys are primitives, but no floats */
        fields[0].type = types_primitive(types, random_below(seed, 2) ? TYPE_STRING : TYPE_U16);
    if (kind == TYPE_MAP && !fields[1].type)
        fields[1].type = types_primitive(types, TYPE_U8);
    if (kind == TYPE_RESULT)
        for (int i = 0; i < 2; i++)
            fields[i].type = random_below(seed, 3) ? random_type(types, seed, depth - 1) : NULL;
    const struct type *type = NULL;
    arcella_error *error = NULL;
    if (types_make(types, kind, fields, count, 0, &type, &error))
        fail_msg("%s: %s", type_kind_words(kind), arcella_error_message(error));
    return type;
}

static inline uint32_t random_character(uint64_t *seed) {
    static const uint32_t odd[] = {0,       '"',     '\'',     '\\',   '\n',   '\r',   '\t',   0x7f,
                                   0x85,    0xe9,    0x2603,   0x202e, 0xfeff, 0xd7ff, 0xe000, 0xffff,
                                   0x10000, 0x1f30a, 0x10ffff, '/',    '%',    '{'};
    return random_below(seed, 3) ? 'a' + random_below(seed, 26)
                                 : odd[random_below(seed, sizeof(odd) / sizeof(*odd))];
}

static inline struct value random_value(const struct type *type, uint64_t *seed, struct arena *arena);

static inline struct value random_string(uint64_t *seed, struct arena *arena) {
    char *text = arena_alloc(arena, 64);
    uint32_t length = 0;
    for (uint32_t n = random_below(seed, 12); n > 0; n--) {
        uint32_t c = random_character(seed);
        if (c < 0x80) {
            text[length++] = (char)c;
        } else if (c < 0x800) {
            text[length++] = (char)(0xc0 | c >> 6);
            text[length++] = (char)(0x80 | (c & 0x3f));
        } else if (c < 0x10000) {
            text[length++] = (char)(0xe0 | c >> 12);
            text[length++] = (char)(0x80 | (c >> 6 & 0x3f));
            text[length++] = (char)(0x80 | (c & 0x3f));
        } else {
            text[length++] = (char)(0xf0 | c >> 18);
            text[length++] = (char)(0x80 | (c >> 12 & 0x3f));
            text[length++] = (char)(0x80 | (c >> 6 & 0x3f));
            text[length++] = (char)(0x80 | (c & 0x3f));
        }
    }
    return value_text(text, length);
}

static inline struct value random_number(const struct type *type, uint64_t *seed) {
    static const uint64_t odd[] = {0,   1,  UINT64_MAX, 1ull << 63, INT64_MAX, 1ull << 53, (1ull << 53) + 1,
                                   255, 128};
    uint64_t bits = random_below(seed, 2) ? random_next(seed) : odd[random_below(seed, 9)];
    static const double doubles[] = {
        0.0,   -0.0,   (double)NAN, (double)INFINITY,      -(double)INFINITY, 0.1,
        1e300, 5e-324, 1.5,         3.4028234663852886e38, 123456789.0,       -1e22};
    switch (type->kind) {
    case TYPE_BOOL: return value_bool(bits & 1);
    case TYPE_CHAR: return value_unsigned(TYPE_CHAR, random_character(seed));
    case TYPE_F32:
        if (random_below(seed, 2))
            return value_f32((float)doubles[random_below(seed, 12)]);
        float single;
        uint32_t low = (uint32_t)bits;
        memcpy(&single, &low, sizeof(single));
        return value_f32(single);
    case TYPE_F64:
        if (random_below(seed, 2))
            return value_f64(doubles[random_below(seed, 12)]);
        double number;
        memcpy(&number, &bits, sizeof(number));
        return value_f64(number);
    default: break;
    }
    struct value value;
    assert_true(value_from_bits(type, bits, &value));
    return value;
}

static inline struct value random_items(const struct type *type, uint64_t *seed, struct arena *arena) {
    bool list = type->kind == TYPE_LIST, map = type->kind == TYPE_MAP;
    uint32_t count = list || map ? random_below(seed, 5) : type->count;
    uint32_t items_count = map ? 2 * count : count;
    struct value *items = arena_array(arena, items_count, sizeof(*items));
    for (uint32_t i = 0; i < items_count; i++)
        items[i] = random_value(type->fields[list ? 0 : map ? i % 2 : i].type, seed, arena);
    return value_items(type->kind, items, count);
}

/* In any shape: value_fit() brings it into that of its type. */
static inline struct value random_value(const struct type *type, uint64_t *seed, struct arena *arena) {
    switch (type->kind) {
    case TYPE_STRING: return random_string(seed, arena);
    case TYPE_RECORD:
    case TYPE_TUPLE:
    case TYPE_LIST:
    case TYPE_MAP: return random_items(type, seed, arena);
    case TYPE_VARIANT:
    case TYPE_ENUM:
    case TYPE_OPTION:
    case TYPE_RESULT: {
        uint32_t index = random_below(seed, type->count);
        struct value *payload = NULL;
        if (type->fields[index].type) {
            payload = arena_alloc(arena, sizeof(*payload));
            *payload = random_value(type->fields[index].type, seed, arena);
        }
        return value_case(type->kind, index, payload);
    }
    case TYPE_FLAGS: {
        uint64_t bits = random_next(seed) & ((1ull << type->count) - 1);
        return value_unsigned(TYPE_FLAGS, bits);
    }
    default: return random_number(type, seed);
    }
}

/* --- a table of handles --- */

static inline int test_keep(void *user, const struct type *type, const struct value *handle, uint64_t *ret,
                            arcella_error **reterr) {
    (void)type;
    (void)reterr;
    *(struct value *)user = *handle;
    *ret = 7;
    return 0;
}
static inline int test_find(void *user, const struct type *type, uint64_t number, struct value *ret,
                            arcella_error **reterr) {
    if (number != 7)
        return error_set(reterr, ARCELLA_E_NOT_FOUND, "there is no handle %llu", (unsigned long long)number);
    *ret = *(struct value *)user;
    ret->kind = (uint8_t)type->kind;
    return 0;
}

#endif
