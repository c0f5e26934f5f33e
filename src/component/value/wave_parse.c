/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Values as WAVE: reading what it writes in its own way; what JSON has as well is in read.c.  A record's
 * fields and flags may stand in any order; labels may have a % in front, and a case that is named like a
 * keyword must.
 */
#include <math.h>
#include <string.h>

#include "base/limits.h"
#include "component/names/name.h"
#include "component/value/wave_internal.h"

/* --- tokens --- */

static void skip(struct value_reader *r) {
    while (r->at < r->length) {
        char c = r->text[r->at];
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
            r->at++;
        } else if (c == '/' && r->at + 1 < r->length && r->text[r->at + 1] == '/') {
            const char *newline = memchr(r->text + r->at, '\n', r->length - r->at);
            r->at = newline ? (size_t)(newline - r->text) : r->length;
        } else {
            return;
        }
    }
}

static char peek(const struct value_reader *r) {
    return r->at < r->length ? r->text[r->at] : '\0';
}

static bool is_label_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}

/* A label as far as it goes, its % taken off; empty and nothing taken where there is none. */
static struct text read_label(struct value_reader *r, bool *ret_escaped) {
    skip(r);
    size_t start = r->at;
    *ret_escaped = peek(r) == '%';
    size_t at = start + *ret_escaped;
    size_t end = at;
    while (end < r->length && is_label_char(r->text[end]))
        end++;
    struct text label = {r->text + at, end - at};
    if (!label.length || !label_is(label))
        return (struct text){r->text + start, 0};
    r->at = end;
    return label;
}

/* The label that comes next, if it is one of the words with a meaning of their own; it is not taken. */
static struct text next_keyword(struct value_reader *r) {
    size_t start = r->at;
    bool escaped;
    struct text label = read_label(r, &escaped);
    r->at = start;
    return !escaped && wave_is_keyword(label) ? label : (struct text){label.data, 0};
}

/* --- numbers --- */

static struct value float_value(enum type_kind kind, double number) {
    return kind == TYPE_F32 ? value_f32((float)number) : value_f64(number);
}

static int read_float(struct value_reader *r, const struct type *type, struct value *ret) {
    struct text word = next_keyword(r);
    size_t sign = peek(r) == '-';
    if (text_equal(word, TEXT("nan")) || text_equal(word, TEXT("inf"))) {
        *ret = float_value(type->kind, word.data[0] == 'n' ? (double)NAN : (double)INFINITY);
        r->at += word.length;
        return 0;
    }
    struct text rest = {r->text + r->at, r->length - r->at};
    if (sign && rest.length >= 4 && memcmp(rest.data, "-inf", 4) == 0 &&
        (rest.length == 4 || !is_label_char(rest.data[4]))) {
        *ret = float_value(type->kind, -(double)INFINITY);
        r->at += 4;
        return 0;
    }
    return value_read_float(r, type, ret);
}

static int read_bool(struct value_reader *r, const struct type *type, struct value *ret) {
    struct text word = next_keyword(r);
    bool yes = text_equal(word, TEXT("true"));
    if (!yes && !text_equal(word, TEXT("false")))
        return value_reader_unexpected(r, r->at, type);
    r->at += word.length;
    *ret = value_bool(yes);
    return 0;
}

/* --- records, flags --- */

/* The name of a field or flag: which one. */
static int read_member(struct value_reader *r, const struct type *type, const char *what, uint32_t *ret) {
    bool escaped;
    skip(r);
    size_t start = r->at;
    struct text label = read_label(r, &escaped);
    if (!label.length)
        return value_reader_fail(r, start, "expected the name of a %s, found %s", what,
                                 VALUE_FOUND(r, start));
    return value_read_member(r, start, type, what, label, ret);
}

static int read_fields(struct value_reader *r, const struct type *type, struct value *fields) {
    for (bool more = true; more;) {
        skip(r);
        size_t start = r->at;
        uint32_t index = 0;
        TRY(read_member(r, type, "field", &index));
        TRY(value_read_field_once(r, start, type, index, fields));
        TRY(value_read_expect(r, ':', "':'"));
        TRY(value_read_field(r, type, index, fields));
        TRY(value_read_more(r, '}', "',' or '}'", &more));
    }
    return 0;
}

static int read_record(struct value_reader *r, const struct type *type, struct value *ret) {
    size_t start = r->at;
    struct value *fields = NULL;
    if (!value_read_take(r, '{'))
        return value_reader_unexpected(r, r->at, type);
    TRY(value_read_record_begin(r, type, &fields));
    if (value_read_take(r, ':'))
        TRY(value_read_expect(r, '}', "'}'"));
    else if (value_read_take(r, '}'))
        return value_reader_fail(r, start, "a record without fields is written {:}");
    else
        TRY(read_fields(r, type, fields));
    return value_read_record_end(r, start, type, fields, ret);
}

static int read_flags(struct value_reader *r, const struct type *type, struct value *ret) {
    if (!value_read_take(r, '{'))
        return value_reader_unexpected(r, r->at, type);
    uint64_t bits = 0;
    for (bool more = !value_read_take(r, '}'); more;) {
        skip(r);
        size_t start = r->at;
        uint32_t index = 0;
        TRY(read_member(r, type, "flag", &index));
        TRY(value_read_flag(r, start, type, index, &bits));
        TRY(value_read_more(r, '}', "',' or '}'", &more));
    }
    *ret = value_unsigned(TYPE_FLAGS, bits);
    return 0;
}

/* --- cases --- */

/* "(payload)" of a case, as the case has one. */
static int read_payload(struct value_reader *r, struct text name, const struct type *payload,
                        const struct value **ret) {
    *ret = NULL;
    if (!payload) {
        skip(r);
        if (peek(r) != '(')
            return 0;
        return value_reader_fail(r, r->at, "case '%s' has no payload", NAME_SHOWN(name));
    }
    if (!value_read_take(r, '('))
        return value_reader_fail(r, r->at, "case '%s' has a payload: expected '(', found %s",
                                 NAME_SHOWN(name), VALUE_FOUND(r, r->at));
    TRY(value_read_payload(r, payload, &name, ret));
    return value_read_expect(r, ')', "')'");
}

static int read_variant(struct value_reader *r, const struct type *type, struct value *ret) {
    skip(r);
    size_t start = r->at;
    struct text keyword = next_keyword(r);
    bool escaped;
    struct text label = read_label(r, &escaped);
    uint32_t index = ENTITY_NONE;
    if (label.length)
        TRY(value_reader_label(r, type, label, &index));
    if (index == ENTITY_NONE)
        return value_reader_unexpected(r, start, type);
    if (keyword.length)
        return value_reader_fail(r, start, "case '%s' is named like a keyword: write %%%s", NAME_SHOWN(label),
                                 NAME_SHOWN(label));
    const struct value *payload = NULL;
    TRY(read_payload(r, type->fields[index].name, type->fields[index].type, &payload));
    *ret = value_case(type->kind, index, payload);
    return 0;
}

/* A payload may stand for its some or ok where it cannot be taken for one itself. */
static bool may_be_flat(const struct type *payload) {
    return payload && payload->kind != TYPE_OPTION && payload->kind != TYPE_RESULT;
}

/* Options and results: their two words, or the flat payload of some and ok. */
static int read_either(struct value_reader *r, const struct type *type, const char *first, const char *second,
                       uint32_t flat, struct value *ret) {
    const struct value *payload = NULL;
    struct text word = next_keyword(r);
    bool is_second = text_equal(word, text_of(second));
    if (!is_second && !text_equal(word, text_of(first))) {
        skip(r);
        if (!may_be_flat(type->fields[flat].type))
            return value_reader_unexpected(r, r->at, type);
        TRY(value_read_payload(r, type->fields[flat].type, NULL, &payload));
        *ret = value_case(type->kind, flat, payload);
        return 0;
    }
    skip(r);
    r->at += word.length;
    TRY(read_payload(r, word, type->fields[is_second].type, &payload));
    *ret = value_case(type->kind, is_second, payload);
    return 0;
}

static int read_handle(struct value_reader *r, const struct type *type, struct value *ret) {
    size_t start = r->at;
    bool escaped;
    struct text label = read_label(r, &escaped);
    if (!text_equal(label, TEXT("handle")))
        return value_reader_unexpected(r, start, type);
    struct value number = {0};
    TRY(value_read_expect(r, '(', "'('"));
    skip(r);
    bool integer;
    struct text digits = {r->text + r->at, r->length - r->at};
    digits.length = value_number_length(digits, &integer);
    if (!digits.length || !integer || !value_integer_of(TYPE_U64, digits, &number))
        return value_reader_fail(r, r->at, "expected the number of a handle, found %s",
                                 VALUE_FOUND(r, r->at));
    r->at += digits.length;
    TRY(value_read_expect(r, ')', "')'"));
    return value_read_handle(r, start, type, number.u64, ret);
}

static int read_value(struct value_reader *r, const struct type *type, struct value *ret) {
    skip(r);
    switch (type->kind) {
    case TYPE_BOOL: return read_bool(r, type, ret);
    case TYPE_F32:
    case TYPE_F64: return read_float(r, type, ret);
    case TYPE_CHAR: return wave_character(r, type, ret);
    case TYPE_STRING: return wave_string(r, type, ret);
    case TYPE_RECORD: return read_record(r, type, ret);
    case TYPE_TUPLE: return value_read_tuple(r, type, ret);
    case TYPE_LIST: return value_read_list(r, type, ret);
    case TYPE_MAP: return value_read_map(r, type, ret);
    case TYPE_VARIANT:
    case TYPE_ENUM: return read_variant(r, type, ret);
    case TYPE_OPTION: return read_either(r, type, "none", "some", 1, ret);
    case TYPE_RESULT: return read_either(r, type, "ok", "err", 0, ret);
    case TYPE_FLAGS: return read_flags(r, type, ret);
    case TYPE_OWN:
    case TYPE_BORROW: return read_handle(r, type, ret);
    default: return value_read_other(r, type, ret);
    }
}

const struct value_syntax wave_syntax = {
    .skip = skip,
    .value = read_value,
    .tuple = {"()", 2},
    .pair_words = "'(' of a pair (key, value)",
    .close_words = "')'",
    .comma_at_end = true,
};

int wave_parse(struct text text, const struct type *type, const struct value_handles *handles,
               struct arena *arena, struct value *ret, arcella_error **reterr) {
    CLEANUP(value_reader_done)
    struct value_reader r = {.syntax = &wave_syntax,
                             .text = text.data,
                             .length = text.length,
                             .arena = arena,
                             .handles = handles,
                             .reterr = reterr};
    return value_read_whole(&r, type, ret);
}
