/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Values as WAVE: reading, along the type.  A record's fields and flags may stand in any order; labels may
 * have a % in front, and a case that is named like a keyword must.
 */
#include <math.h>
#include <string.h>

#include "base/limits.h"
#include "component/names/name.h"
#include "component/value/wave_internal.h"

/* --- tokens --- */

void wave_skip(struct value_reader *r) {
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

bool wave_take(struct value_reader *r, char c) {
    wave_skip(r);
    if (r->at >= r->length || r->text[r->at] != c)
        return false;
    r->at++;
    return true;
}

int wave_expect(struct value_reader *r, char c, const char *words) {
    if (wave_take(r, c))
        return 0;
    return value_reader_fail(r, r->at, "expected %s, found %s", words, VALUE_FOUND(r, r->at));
}

int wave_end(struct value_reader *r) {
    wave_skip(r);
    if (r->at == r->length)
        return 0;
    return value_reader_fail(r, r->at, "expected the end, found %s", VALUE_FOUND(r, r->at));
}

static bool is_label_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}

/* A label as far as it goes, its % taken off; empty and nothing taken where there is none. */
static struct text read_label(struct value_reader *r, bool *ret_escaped) {
    wave_skip(r);
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

static int read_integer(struct value_reader *r, const struct type *type, struct value *ret) {
    bool integer;
    size_t length = value_number_length((struct text){r->text + r->at, r->length - r->at}, &integer);
    if (!length || !integer)
        return value_reader_unexpected(r, r->at, type);
    struct text digits = {r->text + r->at, length};
    if (!value_integer_of(type->kind, digits, ret))
        return value_reader_fail(r, r->at, "%s is not in the range of %s", NAME_SHOWN(digits),
                                 type_kind_words(type->kind));
    r->at += length;
    return 0;
}

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
    bool integer;
    rest.length = value_number_length(rest, &integer);
    if (!rest.length)
        return value_reader_unexpected(r, r->at, type);
    if (!value_float_of(type->kind, rest, ret))
        return value_reader_fail(r, r->at, "a number of too many digits");
    r->at += rest.length;
    return 0;
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

/* --- lists --- */

static int read_list(struct value_reader *r, const struct type *type, struct value *ret) {
    CLEANUP(value_list_done) struct value_list list;
    value_list_init(&list, type->fields[0].type);
    if (!wave_take(r, '['))
        return value_reader_unexpected(r, r->at, type);
    struct value_at here = {.up = r->where, .kind = VALUE_AT_ITEM};
    while (!wave_take(r, ']')) {
        struct value item;
        r->where = &here;
        TRY(wave_value(r, type->fields[0].type, &item));
        TRY(value_list_add(&list, r, &item));
        r->where = here.up;
        here.index++;
        if (!wave_take(r, ',')) {
            TRY(wave_expect(r, ']', "',' or ']'"));
            break;
        }
    }
    return value_list_end(&list, r, TYPE_LIST, ret);
}

static int read_pair(struct value_reader *r, const struct type *type, struct value_list *list,
                     uint32_t index) {
    struct value_at here = {.up = r->where, .index = index};
    TRY(wave_expect(r, '(', "'(' of a pair (key, value)"));
    for (uint32_t i = 0; i < 2; i++) {
        struct value item;
        here.kind = i ? VALUE_AT_ENTRY : VALUE_AT_KEY;
        r->where = &here;
        TRY(wave_value(r, type->fields[i].type, &item));
        TRY(value_list_add(list, r, &item));
        r->where = here.up;
        if (!i)
            TRY(wave_expect(r, ',', "',' and the value of the pair"));
    }
    wave_take(r, ',');
    return wave_expect(r, ')', "')'");
}

static int read_map(struct value_reader *r, const struct type *type, struct value *ret) {
    CLEANUP(value_list_done) struct value_list list;
    value_list_init(&list, NULL);
    if (!wave_take(r, '['))
        return value_reader_unexpected(r, r->at, type);
    for (uint32_t i = 0; !wave_take(r, ']'); i++) {
        TRY(read_pair(r, type, &list, i));
        if (!wave_take(r, ',')) {
            TRY(wave_expect(r, ']', "',' or ']'"));
            break;
        }
    }
    return value_list_end(&list, r, TYPE_MAP, ret);
}

/* --- records, tuples, flags --- */

static int read_tuple(struct value_reader *r, const struct type *type, struct value *ret) {
    if (!wave_take(r, '('))
        return value_reader_unexpected(r, r->at, type);
    int failed = 0;
    struct value *items = value_reader_take(r, type->count, sizeof(*items), &failed);
    if (!items)
        return failed;
    struct value_at here = {.up = r->where, .kind = VALUE_AT_FIELD};
    for (uint32_t i = 0; i < type->count; i++) {
        here.index = i;
        if (i && (!wave_take(r, ',') || (wave_skip(r), peek(r) == ')')))
            return value_reader_fail(r, r->at, "expected ',' and element %u of %u, found %s", i + 1,
                                     type->count, VALUE_FOUND(r, r->at));
        r->where = &here;
        TRY(wave_value(r, type->fields[i].type, &items[i]));
        r->where = here.up;
    }
    wave_take(r, ',');
    *ret = value_items(TYPE_TUPLE, items, type->count);
    return wave_expect(r, ')', "')'");
}

/* A field or flag: which, and that it was not there before. */
static int read_member(struct value_reader *r, const struct type *type, const char *what, uint32_t *ret) {
    bool escaped;
    wave_skip(r);
    size_t start = r->at;
    struct text label = read_label(r, &escaped);
    if (!label.length)
        return value_reader_fail(r, start, "expected the name of a %s, found %s", what,
                                 VALUE_FOUND(r, start));
    TRY(value_reader_label(r, type, label, ret));
    if (*ret != ENTITY_NONE)
        return 0;
    BUFFER_AUTO words = BUFFER_INIT(LIMIT_ERROR_BYTES);
    if (value_add_type(&words, type, NULL) < 0)
        buffer_clear(&words);
    return value_reader_fail(r, start, "there is no %s '%s' in %s", what, NAME_SHOWN(label),
                             words.data ? words.data : type_kind_words(type->kind));
}

/* What was left out: options become none, anything else is missed. */
static int fill_record(struct value_reader *r, size_t at, const struct type *type, struct value *items) {
    for (uint32_t i = 0; i < type->count; i++) {
        const struct type_field *field = &type->fields[i];
        if (items[i].kind != TYPE_KINDS)
            continue;
        if (field->type->kind != TYPE_OPTION)
            return value_reader_fail(r, at, "field '%s' is missing", NAME_SHOWN(field->name));
        items[i] = value_case(TYPE_OPTION, 0, NULL);
    }
    return 0;
}

static int read_fields(struct value_reader *r, const struct type *type, struct value *items) {
    struct value_at here = {.up = r->where, .kind = VALUE_AT_FIELD};
    do {
        wave_skip(r);
        size_t start = r->at;
        uint32_t index = 0;
        TRY(read_member(r, type, "field", &index));
        if (items[index].kind != TYPE_KINDS)
            return value_reader_fail(r, start, "field '%s' stands here twice",
                                     NAME_SHOWN(type->fields[index].name));
        TRY(wave_expect(r, ':', "':'"));
        here.name = type->fields[index].name;
        here.index = index;
        r->where = &here;
        TRY(wave_value(r, type->fields[index].type, &items[index]));
        r->where = here.up;
        if (!wave_take(r, ',')) {
            TRY(wave_expect(r, '}', "',' or '}'"));
            return 0;
        }
    } while (!wave_take(r, '}'));
    return 0;
}

static int read_record(struct value_reader *r, const struct type *type, struct value *ret) {
    size_t start = r->at;
    if (!wave_take(r, '{'))
        return value_reader_unexpected(r, r->at, type);
    int failed = 0;
    struct value *items = value_reader_take(r, type->count, sizeof(*items), &failed);
    if (!items)
        return failed;
    for (uint32_t i = 0; i < type->count; i++)
        items[i].kind = TYPE_KINDS; /* not there yet */
    if (wave_take(r, ':'))
        TRY(wave_expect(r, '}', "'}'"));
    else if (wave_take(r, '}'))
        return value_reader_fail(r, start, "a record without fields is written {:}");
    else
        TRY(read_fields(r, type, items));
    *ret = value_items(TYPE_RECORD, items, type->count);
    return fill_record(r, start, type, items);
}

static int read_flags(struct value_reader *r, const struct type *type, struct value *ret) {
    if (!wave_take(r, '{'))
        return value_reader_unexpected(r, r->at, type);
    uint64_t bits = 0;
    while (!wave_take(r, '}')) {
        wave_skip(r);
        size_t start = r->at;
        uint32_t index = 0;
        TRY(read_member(r, type, "flag", &index));
        if (bits >> (index & 63) & 1)
            return value_reader_fail(r, start, "flag '%s' stands here twice",
                                     NAME_SHOWN(type->fields[index].name));
        bits |= 1ull << (index & 63);
        if (!wave_take(r, ',')) {
            TRY(wave_expect(r, '}', "',' or '}'"));
            break;
        }
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
        wave_skip(r);
        if (peek(r) != '(')
            return 0;
        return value_reader_fail(r, r->at, "case '%s' has no payload", NAME_SHOWN(name));
    }
    if (!wave_take(r, '('))
        return value_reader_fail(r, r->at, "case '%s' has a payload: expected '(', found %s",
                                 NAME_SHOWN(name), VALUE_FOUND(r, r->at));
    int failed = 0;
    struct value *value = value_reader_take(r, 1, sizeof(*value), &failed);
    if (!value)
        return failed;
    struct value_at here = {.up = r->where, .kind = VALUE_AT_CASE, .name = name};
    r->where = &here;
    TRY(wave_value(r, payload, value));
    r->where = here.up;
    *ret = value;
    return wave_expect(r, ')', "')'");
}

static int read_variant(struct value_reader *r, const struct type *type, struct value *ret) {
    wave_skip(r);
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

static int read_flat(struct value_reader *r, const struct type *type, uint32_t index, struct value *ret) {
    int failed = 0;
    struct value *value = value_reader_take(r, 1, sizeof(*value), &failed);
    if (!value)
        return failed;
    TRY(wave_value(r, type->fields[index].type, value));
    *ret = value_case(type->kind, index, value);
    return 0;
}

/* Options and results: their two words, or the flat payload of some and ok. */
static int read_either(struct value_reader *r, const struct type *type, const char *first, const char *second,
                       uint32_t flat, struct value *ret) {
    struct text word = next_keyword(r);
    bool is_second = text_equal(word, text_of(second));
    if (!is_second && !text_equal(word, text_of(first))) {
        wave_skip(r);
        if (!may_be_flat(type->fields[flat].type))
            return value_reader_unexpected(r, r->at, type);
        return read_flat(r, type, flat, ret);
    }
    wave_skip(r);
    r->at += word.length;
    const struct value *payload = NULL;
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
    TRY(wave_expect(r, '(', "'('"));
    wave_skip(r);
    bool integer;
    struct text digits = {r->text + r->at, r->length - r->at};
    digits.length = value_number_length(digits, &integer);
    if (!digits.length || !integer || !value_integer_of(TYPE_U64, digits, &number))
        return value_reader_fail(r, r->at, "expected the number of a handle, found %s",
                                 VALUE_FOUND(r, r->at));
    r->at += digits.length;
    TRY(wave_expect(r, ')', "')'"));
    if (!r->handles || !r->handles->find)
        return value_reader_wrap(
            r, start,
            error_set(r->reterr, ARCELLA_E_UNSUPPORTED, "handles of resources cannot be given as text here"));
    int failed = r->handles->find(r->handles->user, type, number.u64, ret, r->reterr);
    return failed ? value_reader_wrap(r, start, failed) : 0;
}

int wave_value(struct value_reader *r, const struct type *type, struct value *ret) {
    wave_skip(r);
    switch (type->kind) {
    case TYPE_BOOL: return read_bool(r, type, ret);
    case TYPE_F32:
    case TYPE_F64: return read_float(r, type, ret);
    case TYPE_CHAR: return wave_character(r, type, ret);
    case TYPE_STRING: return wave_string(r, type, ret);
    case TYPE_RECORD: return read_record(r, type, ret);
    case TYPE_TUPLE: return read_tuple(r, type, ret);
    case TYPE_LIST: return read_list(r, type, ret);
    case TYPE_MAP: return read_map(r, type, ret);
    case TYPE_VARIANT:
    case TYPE_ENUM: return read_variant(r, type, ret);
    case TYPE_OPTION: return read_either(r, type, "none", "some", 1, ret);
    case TYPE_RESULT: return read_either(r, type, "ok", "err", 0, ret);
    case TYPE_FLAGS: return read_flags(r, type, ret);
    case TYPE_OWN:
    case TYPE_BORROW: return read_handle(r, type, ret);
    default: break;
    }
    if (type->kind < TYPE_CHAR)
        return read_integer(r, type, ret);
    return value_reader_wrap(
        r, r->at,
        error_set(r->reterr, ARCELLA_E_UNSUPPORTED, "a %s has no text", type_kind_words(type->kind)));
}

int wave_parse(struct text text, const struct type *type, const struct value_handles *handles,
               struct arena *arena, struct value *ret, arcella_error **reterr) {
    CLEANUP(value_reader_done)
    struct value_reader r = {
        .text = text.data, .length = text.length, .arena = arena, .handles = handles, .reterr = reterr};
    TRY(value_reader_check(&r));
    TRY(wave_value(&r, type, ret));
    return wave_end(&r);
}
