/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Values as JSON: reading what it writes in its own way; what WAVE has as well is in read.c.  Every key that
 * is not asked for, and every key twice, is refused. */
#include <math.h>
#include <string.h>

#include "base/limits.h"
#include "component/names/name.h"
#include "component/value/json_internal.h"

/* --- tokens --- */

static void skip(struct value_reader *r) {
    while (r->at < r->length && (r->text[r->at] == ' ' || r->text[r->at] == '\t' || r->text[r->at] == '\n' ||
                                 r->text[r->at] == '\r'))
        r->at++;
}

static bool take_word(struct value_reader *r, struct text word) {
    skip(r);
    if (r->length - r->at < word.length || memcmp(r->text + r->at, word.data, word.length) != 0)
        return false;
    r->at += word.length;
    return true;
}

/* A key with its colon. */
int value_json_key(struct value_reader *r, struct text *ret) {
    if (value_read_peek(r) != '"')
        return value_reader_fail(r, r->at, "expected a key in quotes, found %s", VALUE_FOUND(r, r->at));
    TRY(value_json_text(r, &r->scratch, true, ret));
    return value_read_expect(r, ':', "':'");
}

/* --- numbers and texts --- */

static int read_integer(struct value_reader *r, const struct type *type, struct value *ret) {
    bool wide = type->kind == TYPE_S64 || type->kind == TYPE_U64;
    if (!wide || value_read_peek(r) != '"')
        return value_read_integer(r, type, ret);
    size_t start = r->at;
    struct text digits = {0};
    bool integer;
    TRY(value_json_text(r, &r->scratch, true, &digits));
    if (!digits.length || value_number_length(digits, &integer) != digits.length || !integer)
        return value_reader_unexpected(r, start, type);
    return value_read_digits(r, start, type, digits, ret);
}

static int read_float(struct value_reader *r, const struct type *type, struct value *ret) {
    static const struct {
        struct text text;
        double number;
    } words[] = {{{"\"nan\"", 5}, (double)NAN},
                 {{"\"inf\"", 5}, (double)INFINITY},
                 {{"\"-inf\"", 6}, -(double)INFINITY}};
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
        if (take_word(r, words[i].text)) {
            *ret = type->kind == TYPE_F32 ? value_f32((float)words[i].number) : value_f64(words[i].number);
            return 0;
        }
    return value_read_float(r, type, ret);
}

static int read_char(struct value_reader *r, const struct type *type, struct value *ret) {
    size_t start = r->at;
    struct text text = {0};
    if (value_read_peek(r) != '"')
        return value_reader_unexpected(r, start, type);
    TRY(value_json_text(r, &r->scratch, true, &text));
    uint32_t c = 0;
    if (!text.length || text_utf8_next(text.data, text.length, &c) != text.length)
        return value_reader_fail(r, start, "expected a text of one character (char)");
    *ret = value_unsigned(TYPE_CHAR, c);
    return 0;
}

static int read_string(struct value_reader *r, const struct type *type, struct value *ret) {
    struct text text = {0};
    if (value_read_peek(r) != '"')
        return value_reader_unexpected(r, r->at, type);
    TRY(value_json_text(r, r->arena, false, &text));
    *ret = value_text(text.data, (uint32_t)text.length);
    return 0;
}

/* --- lists --- */

static int read_base64(struct value_reader *r, struct value *ret) {
    struct text key = {0}, text = {0};
    size_t start = r->at++;
    value_read_peek(r);
    TRY(value_json_key(r, &key));
    if (!text_equal(key, TEXT("base64")))
        return value_reader_fail(r, start, "expected [ or {\"base64\": \"…\"} (list<u8>)");
    if (value_read_peek(r) != '"')
        return value_reader_fail(r, r->at, "expected base64 in quotes, found %s", VALUE_FOUND(r, r->at));
    start = r->at;
    TRY(value_json_text(r, &r->scratch, true, &text));
    TRY(value_json_base64(r, start, text, ret));
    return value_read_expect(r, '}', "'}'");
}

static int read_list(struct value_reader *r, const struct type *type, struct value *ret) {
    if (type->fields[0].type->kind == TYPE_U8 && value_read_peek(r) == '{')
        return read_base64(r, ret);
    return value_read_list(r, type, ret);
}

/* --- names --- */

static int read_record(struct value_reader *r, const struct type *type, struct value *ret) {
    size_t start = r->at;
    if (!value_read_take(r, '{'))
        return value_reader_unexpected(r, r->at, type);
    struct value *fields = NULL;
    TRY(value_read_record_begin(r, type, &fields));
    for (bool more = !value_read_take(r, '}'); more;) {
        value_read_peek(r);
        size_t at = r->at;
        struct text key = {0};
        uint32_t index = 0;
        TRY(value_json_key(r, &key));
        TRY(value_read_member(r, at, type, "field", key, &index));
        TRY(value_read_field_once(r, at, type, index, fields));
        TRY(value_read_field(r, type, index, fields));
        TRY(value_read_more(r, '}', "',' or '}'", &more));
    }
    return value_read_record_end(r, start, type, fields, ret);
}

static int read_flags(struct value_reader *r, const struct type *type, struct value *ret) {
    if (!value_read_take(r, '['))
        return value_reader_unexpected(r, r->at, type);
    uint64_t bits = 0;
    for (bool more = !value_read_take(r, ']'); more;) {
        struct text name = {0};
        uint32_t index;
        value_read_peek(r);
        size_t at = r->at;
        if (value_read_peek(r) != '"')
            return value_reader_fail(r, at, "expected the name of a flag in quotes, found %s",
                                     VALUE_FOUND(r, at));
        TRY(value_json_text(r, &r->scratch, true, &name));
        TRY(value_read_member(r, at, type, "flag", name, &index));
        TRY(value_read_flag(r, at, type, index, &bits));
        TRY(value_read_more(r, ']', "',' or ']'", &more));
    }
    *ret = value_unsigned(TYPE_FLAGS, bits);
    return 0;
}

/* --- cases --- */

static int find_case(struct value_reader *r, size_t at, const struct type *type, struct text name,
                     uint32_t *ret) {
    if (type->kind != TYPE_RESULT)
        return value_read_member(r, at, type, "case", name, ret);
    *ret = !text_equal(name, TEXT("ok"));
    if (!*ret || text_equal(name, TEXT("err")))
        return 0;
    return value_read_no_such(r, at, type, "case", name);
}

static int read_payload(struct value_reader *r, const struct type *payload, struct text name,
                        const struct value **ret) {
    *ret = NULL;
    if (!payload) {
        if (take_word(r, TEXT("null")))
            return 0;
        return value_reader_fail(r, r->at, "case '%s' has no payload: expected null, found %s",
                                 NAME_SHOWN(name), VALUE_FOUND(r, r->at));
    }
    return value_read_payload(r, payload, &name, ret);
}

static int read_case(struct value_reader *r, const struct type *type, struct value *ret) {
    struct text name = {0};
    uint32_t index = 0;
    const struct value *payload = NULL;
    size_t start = r->at;
    bool object = value_read_peek(r) == '{';
    if (!object && (value_read_peek(r) != '"' || type->kind == TYPE_RESULT))
        return value_reader_unexpected(r, start, type);
    if (!object) {
        TRY(value_json_text(r, &r->scratch, true, &name));
        TRY(find_case(r, start, type, name, &index));
        if (type->fields[index].type)
            return value_reader_fail(r, start, "case '%s' has a payload: expected {\"%s\": …}",
                                     NAME_SHOWN(name), NAME_SHOWN(name));
    } else {
        r->at++;
        value_read_peek(r);
        start = r->at;
        TRY(value_json_key(r, &name));
        TRY(find_case(r, start, type, name, &index));
        value_read_peek(r);
        TRY(read_payload(r, type->fields[index].type, name, &payload));
        TRY(value_read_expect(r, '}', "'}'"));
    }
    *ret = value_case(type->kind, index, payload);
    return 0;
}

static int read_enum(struct value_reader *r, const struct type *type, struct value *ret) {
    struct text name = {0};
    uint32_t index = 0;
    size_t start = r->at;
    if (value_read_peek(r) != '"')
        return value_reader_unexpected(r, start, type);
    TRY(value_json_text(r, &r->scratch, true, &name));
    TRY(find_case(r, start, type, name, &index));
    *ret = value_case(TYPE_ENUM, index, NULL);
    return 0;
}

static int read_option(struct value_reader *r, const struct type *type, struct value *ret) {
    *ret = value_case(TYPE_OPTION, 0, NULL);
    if (take_word(r, TEXT("null")))
        return 0;
    bool wrapped = value_json_option_is_wrapped(type);
    struct text key = {0};
    size_t start = r->at;
    if (wrapped) {
        if (!value_read_take(r, '{'))
            return value_reader_fail(r, start, "expected null or {\"some\": …}, found %s",
                                     VALUE_FOUND(r, start));
        TRY(value_json_key(r, &key));
        if (!text_equal(key, TEXT("some")))
            return value_reader_fail(r, start, "expected null or {\"some\": …}, found the key '%s'",
                                     NAME_SHOWN(key));
        value_read_peek(r);
    }
    const struct value *payload = NULL;
    TRY(value_read_payload(r, type->fields[1].type, NULL, &payload));
    *ret = value_case(TYPE_OPTION, 1, payload);
    return wrapped ? value_read_expect(r, '}', "'}'") : 0;
}

static int read_handle(struct value_reader *r, const struct type *type, struct value *ret) {
    size_t start = r->at;
    struct text key = {0};
    struct value number = {0};
    if (!value_read_take(r, '{'))
        return value_reader_unexpected(r, start, type);
    TRY(value_json_key(r, &key));
    value_read_peek(r);
    bool integer;
    struct text digits = {r->text + r->at, r->length - r->at};
    digits.length = value_number_length(digits, &integer);
    if (!text_equal(key, TEXT("handle")) || !digits.length || !integer ||
        !value_integer_of(TYPE_U64, digits, &number))
        return value_reader_fail(r, start, "expected {\"handle\": NUMBER}");
    r->at += digits.length;
    TRY(value_read_expect(r, '}', "'}'"));
    return value_read_handle(r, start, type, number.u64, ret);
}

static int read_bool(struct value_reader *r, const struct type *type, struct value *ret) {
    bool yes = take_word(r, TEXT("true"));
    if (!yes && !take_word(r, TEXT("false")))
        return value_reader_unexpected(r, r->at, type);
    *ret = value_bool(yes);
    return 0;
}

static int read_value(struct value_reader *r, const struct type *type, struct value *ret) {
    value_read_peek(r);
    switch (type->kind) {
    case TYPE_BOOL: return read_bool(r, type, ret);
    case TYPE_F32:
    case TYPE_F64: return read_float(r, type, ret);
    case TYPE_CHAR: return read_char(r, type, ret);
    case TYPE_STRING: return read_string(r, type, ret);
    case TYPE_RECORD: return read_record(r, type, ret);
    case TYPE_TUPLE: return value_read_tuple(r, type, ret);
    case TYPE_LIST: return read_list(r, type, ret);
    case TYPE_MAP: return value_read_map(r, type, ret);
    case TYPE_VARIANT:
    case TYPE_RESULT: return read_case(r, type, ret);
    case TYPE_ENUM: return read_enum(r, type, ret);
    case TYPE_OPTION: return read_option(r, type, ret);
    case TYPE_FLAGS: return read_flags(r, type, ret);
    case TYPE_OWN:
    case TYPE_BORROW: return read_handle(r, type, ret);
    default: break;
    }
    return type->kind < TYPE_CHAR ? read_integer(r, type, ret) : value_read_other(r, type, ret);
}

const struct value_syntax value_json_syntax = {
    .skip = skip,
    .value = read_value,
    .tuple = {"[]", 2},
    .pair_words = "'[' of a pair [key, value]",
    .close_words = "']'",
};

/* --- the door --- */

int value_json_parse(struct text text, const struct type *type, const struct value_handles *handles,
                     struct arena *arena, struct value *ret, arcella_error **reterr) {
    CLEANUP(value_reader_done)
    struct value_reader r = {.syntax = &value_json_syntax,
                             .text = text.data,
                             .length = text.length,
                             .arena = arena,
                             .handles = handles,
                             .reterr = reterr};
    return value_read_whole(&r, type, ret);
}
