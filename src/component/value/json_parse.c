/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Values as JSON: reading, along the type.  Every key that is not asked for, and every key twice, is refused.
 */
#include <math.h>
#include <string.h>

#include "base/limits.h"
#include "component/names/name.h"
#include "component/value/json_internal.h"

/* --- tokens --- */

char value_json_peek(struct value_reader *r) {
    while (r->at < r->length && (r->text[r->at] == ' ' || r->text[r->at] == '\t' || r->text[r->at] == '\n' ||
                                 r->text[r->at] == '\r'))
        r->at++;
    return r->at < r->length ? r->text[r->at] : '\0';
}

bool value_json_take(struct value_reader *r, char c) {
    if (value_json_peek(r) != c || r->at >= r->length)
        return false;
    r->at++;
    return true;
}

int value_json_expect(struct value_reader *r, char c, const char *words) {
    if (value_json_take(r, c))
        return 0;
    return value_reader_fail(r, r->at, "expected %s, found %s", words, VALUE_FOUND(r, r->at));
}

static bool take_word(struct value_reader *r, struct text word) {
    value_json_peek(r);
    if (r->length - r->at < word.length || memcmp(r->text + r->at, word.data, word.length) != 0)
        return false;
    r->at += word.length;
    return true;
}

int value_json_end(struct value_reader *r) {
    value_json_peek(r);
    if (r->at == r->length)
        return 0;
    return value_reader_fail(r, r->at, "expected the end, found %s", VALUE_FOUND(r, r->at));
}

/* A key with its colon. */
int value_json_key(struct value_reader *r, struct text *ret) {
    if (value_json_peek(r) != '"')
        return value_reader_fail(r, r->at, "expected a key in quotes, found %s", VALUE_FOUND(r, r->at));
    TRY(value_json_text(r, &r->scratch, true, ret));
    return value_json_expect(r, ':', "':'");
}

/* Behind an element: is there another? */
int value_json_more(struct value_reader *r, char end, const char *words, bool *ret_more) {
    *ret_more = value_json_take(r, ',');
    return *ret_more ? 0 : value_json_expect(r, end, words);
}

/* --- numbers and texts --- */

static int read_integer(struct value_reader *r, const struct type *type, struct value *ret) {
    bool wide = type->kind == TYPE_S64 || type->kind == TYPE_U64;
    size_t start = r->at;
    struct text digits = {r->text + r->at, r->length - r->at};
    bool integer;
    size_t length;
    if (wide && value_json_peek(r) == '"') {
        TRY(value_json_text(r, &r->scratch, true, &digits));
        length = value_number_length(digits, &integer);
        integer = integer && length == digits.length;
    } else {
        length = value_number_length(digits, &integer);
        r->at += length;
    }
    digits.length = length;
    if (!length || !integer)
        return value_reader_unexpected(r, start, type);
    if (!value_integer_of(type->kind, digits, ret))
        return value_reader_fail(r, start, "%s is not in the range of %s", NAME_SHOWN(digits),
                                 type_kind_words(type->kind));
    return 0;
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
    bool integer;
    struct text digits = {r->text + r->at, r->length - r->at};
    digits.length = value_number_length(digits, &integer);
    if (!digits.length)
        return value_reader_unexpected(r, r->at, type);
    if (!value_float_of(type->kind, digits, ret))
        return value_reader_fail(r, r->at, "a number of too many digits");
    r->at += digits.length;
    return 0;
}

static int read_char(struct value_reader *r, const struct type *type, struct value *ret) {
    size_t start = r->at;
    struct text text = {0};
    if (value_json_peek(r) != '"')
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
    if (value_json_peek(r) != '"')
        return value_reader_unexpected(r, r->at, type);
    TRY(value_json_text(r, r->arena, false, &text));
    *ret = value_text(text.data, (uint32_t)text.length);
    return 0;
}

/* --- lists, maps, tuples --- */

static int read_base64(struct value_reader *r, struct value *ret) {
    struct text key = {0}, text = {0};
    size_t start = r->at++;
    value_json_peek(r);
    TRY(value_json_key(r, &key));
    if (!text_equal(key, TEXT("base64")))
        return value_reader_fail(r, start, "expected [ or {\"base64\": \"…\"} (list<u8>)");
    if (value_json_peek(r) != '"')
        return value_reader_fail(r, r->at, "expected base64 in quotes, found %s", VALUE_FOUND(r, r->at));
    start = r->at;
    TRY(value_json_text(r, &r->scratch, true, &text));
    TRY(value_json_base64(r, start, text, ret));
    return value_json_expect(r, '}', "'}'");
}

static int read_list(struct value_reader *r, const struct type *type, struct value *ret) {
    const struct type *element = type->fields[0].type;
    if (element->kind == TYPE_U8 && value_json_peek(r) == '{')
        return read_base64(r, ret);
    if (!value_json_take(r, '['))
        return value_reader_unexpected(r, r->at, type);
    CLEANUP(value_list_done) struct value_list list;
    value_list_init(&list, element);
    struct value_at here = {.up = r->where, .kind = VALUE_AT_ITEM};
    for (bool more = !value_json_take(r, ']'); more; here.index++) {
        struct value item;
        r->where = &here;
        TRY(value_json_value(r, element, &item));
        TRY(value_list_add(&list, r, &item));
        r->where = here.up;
        TRY(value_json_more(r, ']', "',' or ']'", &more));
    }
    return value_list_end(&list, r, TYPE_LIST, ret);
}

static int read_pair(struct value_reader *r, const struct type *type, struct value_list *list,
                     uint32_t index) {
    struct value_at here = {.up = r->where, .index = index};
    TRY(value_json_expect(r, '[', "'[' of a pair [key, value]"));
    for (uint32_t i = 0; i < 2; i++) {
        struct value item;
        here.kind = i ? VALUE_AT_ENTRY : VALUE_AT_KEY;
        r->where = &here;
        TRY(value_json_value(r, type->fields[i].type, &item));
        TRY(value_list_add(list, r, &item));
        r->where = here.up;
        TRY(i ? value_json_expect(r, ']', "']'")
              : value_json_expect(r, ',', "',' and the value of the pair"));
    }
    return 0;
}

static int read_map(struct value_reader *r, const struct type *type, struct value *ret) {
    if (!value_json_take(r, '['))
        return value_reader_unexpected(r, r->at, type);
    CLEANUP(value_list_done) struct value_list list;
    value_list_init(&list, NULL);
    uint32_t index = 0;
    for (bool more = !value_json_take(r, ']'); more; index++) {
        TRY(read_pair(r, type, &list, index));
        TRY(value_json_more(r, ']', "',' or ']'", &more));
    }
    return value_list_end(&list, r, TYPE_MAP, ret);
}

static int read_tuple(struct value_reader *r, const struct type *type, struct value *ret) {
    if (!value_json_take(r, '['))
        return value_reader_unexpected(r, r->at, type);
    int failed = 0;
    struct value *items = value_reader_take(r, type->count, sizeof(*items), &failed);
    if (!items)
        return failed;
    struct value_at here = {.up = r->where, .kind = VALUE_AT_FIELD};
    for (uint32_t i = 0; i < type->count; i++) {
        here.index = i;
        if (i && !value_json_take(r, ','))
            return value_reader_fail(r, r->at, "expected ',' and element %u of %u, found %s", i + 1,
                                     type->count, VALUE_FOUND(r, r->at));
        r->where = &here;
        TRY(value_json_value(r, type->fields[i].type, &items[i]));
        r->where = here.up;
    }
    *ret = value_items(TYPE_TUPLE, items, type->count);
    return value_json_expect(r, ']', "']'");
}

/* --- names --- */

static int no_such(struct value_reader *r, size_t at, const struct type *type, const char *what,
                   struct text name) {
    BUFFER_AUTO words = BUFFER_INIT(LIMIT_ERROR_BYTES);
    if (value_add_type(&words, type, NULL) < 0)
        buffer_clear(&words);
    return value_reader_fail(r, at, "there is no %s '%s' in %s", what, NAME_SHOWN(name),
                             words.data ? words.data : type_kind_words(type->kind));
}

static int read_record(struct value_reader *r, const struct type *type, struct value *ret) {
    size_t start = r->at;
    if (!value_json_take(r, '{'))
        return value_reader_unexpected(r, r->at, type);
    int failed = 0;
    struct value *items = value_reader_take(r, type->count, sizeof(*items), &failed);
    if (!items)
        return failed;
    for (uint32_t i = 0; i < type->count; i++)
        items[i].kind = TYPE_KINDS; /* not there yet */
    struct value_at here = {.up = r->where, .kind = VALUE_AT_FIELD};
    for (bool more = !value_json_take(r, '}'); more;) {
        value_json_peek(r);
        size_t at = r->at;
        struct text key = {0};
        TRY(value_json_key(r, &key));
        TRY(value_reader_label(r, type, key, &here.index));
        if (here.index == ENTITY_NONE)
            return no_such(r, at, type, "field", key);
        if (items[here.index].kind != TYPE_KINDS)
            return value_reader_fail(r, at, "field '%s' stands here twice", NAME_SHOWN(key));
        here.name = key;
        r->where = &here;
        TRY(value_json_value(r, type->fields[here.index].type, &items[here.index]));
        r->where = here.up;
        TRY(value_json_more(r, '}', "',' or '}'", &more));
    }
    for (uint32_t i = 0; i < type->count; i++) {
        if (items[i].kind != TYPE_KINDS)
            continue;
        if (type->fields[i].type->kind != TYPE_OPTION)
            return value_reader_fail(r, start, "field '%s' is missing", NAME_SHOWN(type->fields[i].name));
        items[i] = value_case(TYPE_OPTION, 0, NULL);
    }
    *ret = value_items(TYPE_RECORD, items, type->count);
    return 0;
}

static int read_flags(struct value_reader *r, const struct type *type, struct value *ret) {
    if (!value_json_take(r, '['))
        return value_reader_unexpected(r, r->at, type);
    uint64_t bits = 0;
    for (bool more = !value_json_take(r, ']'); more;) {
        struct text name = {0};
        uint32_t index;
        value_json_peek(r);
        size_t at = r->at;
        if (value_json_peek(r) != '"')
            return value_reader_fail(r, at, "expected the name of a flag in quotes, found %s",
                                     VALUE_FOUND(r, at));
        TRY(value_json_text(r, &r->scratch, true, &name));
        TRY(value_reader_label(r, type, name, &index));
        if (index == ENTITY_NONE)
            return no_such(r, at, type, "flag", name);
        if (bits >> index & 1)
            return value_reader_fail(r, at, "flag '%s' stands here twice", NAME_SHOWN(name));
        bits |= 1ull << index;
        TRY(value_json_more(r, ']', "',' or ']'", &more));
    }
    *ret = value_unsigned(TYPE_FLAGS, bits);
    return 0;
}

/* --- cases --- */

static int find_case(struct value_reader *r, size_t at, const struct type *type, struct text name,
                     uint32_t *ret) {
    if (type->kind == TYPE_RESULT) {
        *ret = text_equal(name, TEXT("ok")) ? 0 : text_equal(name, TEXT("err")) ? 1 : ENTITY_NONE;
        return *ret == ENTITY_NONE ? no_such(r, at, type, "case", name) : 0;
    }
    TRY(value_reader_label(r, type, name, ret));
    return *ret == ENTITY_NONE ? no_such(r, at, type, "case", name) : 0;
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
    int failed = 0;
    struct value *value = value_reader_take(r, 1, sizeof(*value), &failed);
    if (!value)
        return failed;
    struct value_at here = {.up = r->where, .kind = VALUE_AT_CASE, .name = name};
    r->where = &here;
    TRY(value_json_value(r, payload, value));
    r->where = here.up;
    *ret = value;
    return 0;
}

static int read_case(struct value_reader *r, const struct type *type, struct value *ret) {
    struct text name = {0};
    uint32_t index = 0;
    const struct value *payload = NULL;
    size_t start = r->at;
    bool object = value_json_peek(r) == '{';
    if (!object && (value_json_peek(r) != '"' || type->kind == TYPE_RESULT))
        return value_reader_unexpected(r, start, type);
    if (!object) {
        TRY(value_json_text(r, &r->scratch, true, &name));
        TRY(find_case(r, start, type, name, &index));
        if (type->fields[index].type)
            return value_reader_fail(r, start, "case '%s' has a payload: expected {\"%s\": …}",
                                     NAME_SHOWN(name), NAME_SHOWN(name));
    } else {
        r->at++;
        value_json_peek(r);
        start = r->at;
        TRY(value_json_key(r, &name));
        TRY(find_case(r, start, type, name, &index));
        value_json_peek(r);
        TRY(read_payload(r, type->fields[index].type, name, &payload));
        TRY(value_json_expect(r, '}', "'}'"));
    }
    *ret = value_case(type->kind, index, payload);
    return 0;
}

static int read_enum(struct value_reader *r, const struct type *type, struct value *ret) {
    struct text name = {0};
    uint32_t index = 0;
    size_t start = r->at;
    if (value_json_peek(r) != '"')
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
        if (!value_json_take(r, '{'))
            return value_reader_fail(r, start, "expected null or {\"some\": …}, found %s",
                                     VALUE_FOUND(r, start));
        TRY(value_json_key(r, &key));
        if (!text_equal(key, TEXT("some")))
            return value_reader_fail(r, start, "expected null or {\"some\": …}, found the key '%s'",
                                     NAME_SHOWN(key));
        value_json_peek(r);
    }
    int failed = 0;
    struct value *payload = value_reader_take(r, 1, sizeof(*payload), &failed);
    if (!payload)
        return failed;
    TRY(value_json_value(r, type->fields[1].type, payload));
    *ret = value_case(TYPE_OPTION, 1, payload);
    return wrapped ? value_json_expect(r, '}', "'}'") : 0;
}

static int read_handle(struct value_reader *r, const struct type *type, struct value *ret) {
    size_t start = r->at;
    struct text key = {0};
    struct value number = {0};
    if (!value_json_take(r, '{'))
        return value_reader_unexpected(r, start, type);
    TRY(value_json_key(r, &key));
    value_json_peek(r);
    bool integer;
    struct text digits = {r->text + r->at, r->length - r->at};
    digits.length = value_number_length(digits, &integer);
    if (!text_equal(key, TEXT("handle")) || !digits.length || !integer ||
        !value_integer_of(TYPE_U64, digits, &number))
        return value_reader_fail(r, start, "expected {\"handle\": NUMBER}");
    r->at += digits.length;
    TRY(value_json_expect(r, '}', "'}'"));
    if (!r->handles || !r->handles->find)
        return value_reader_wrap(
            r, start,
            error_set(r->reterr, ARCELLA_E_UNSUPPORTED, "handles of resources cannot be given as text here"));
    int failed = r->handles->find(r->handles->user, type, number.u64, ret, r->reterr);
    return failed ? value_reader_wrap(r, start, failed) : 0;
}

static int read_bool(struct value_reader *r, const struct type *type, struct value *ret) {
    bool yes = take_word(r, TEXT("true"));
    if (!yes && !take_word(r, TEXT("false")))
        return value_reader_unexpected(r, r->at, type);
    *ret = value_bool(yes);
    return 0;
}

int value_json_value(struct value_reader *r, const struct type *type, struct value *ret) {
    value_json_peek(r);
    switch (type->kind) {
    case TYPE_BOOL: return read_bool(r, type, ret);
    case TYPE_F32:
    case TYPE_F64: return read_float(r, type, ret);
    case TYPE_CHAR: return read_char(r, type, ret);
    case TYPE_STRING: return read_string(r, type, ret);
    case TYPE_RECORD: return read_record(r, type, ret);
    case TYPE_TUPLE: return read_tuple(r, type, ret);
    case TYPE_LIST: return read_list(r, type, ret);
    case TYPE_MAP: return read_map(r, type, ret);
    case TYPE_VARIANT:
    case TYPE_RESULT: return read_case(r, type, ret);
    case TYPE_ENUM: return read_enum(r, type, ret);
    case TYPE_OPTION: return read_option(r, type, ret);
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

/* --- the door --- */

int value_json_parse(struct text text, const struct type *type, const struct value_handles *handles,
                     struct arena *arena, struct value *ret, arcella_error **reterr) {
    CLEANUP(value_reader_done)
    struct value_reader r = {
        .text = text.data, .length = text.length, .arena = arena, .handles = handles, .reterr = reterr};
    TRY(value_reader_check(&r));
    TRY(value_json_value(&r, type, ret));
    return value_json_end(&r);
}
