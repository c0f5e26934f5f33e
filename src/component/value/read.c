/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Reading a value along its type, as far as WAVE and JSON do it alike. */
#include "component/value/read.h"

#include "base/limits.h"
#include "component/names/name.h"
#include "component/value/number.h"

/* --- tokens --- */

char value_read_peek(struct value_reader *r) {
    r->syntax->skip(r);
    return r->at < r->length ? r->text[r->at] : '\0';
}

bool value_read_take(struct value_reader *r, char c) {
    if (value_read_peek(r) != c || r->at >= r->length)
        return false;
    r->at++;
    return true;
}

int value_read_expect(struct value_reader *r, char c, const char *words) {
    if (value_read_take(r, c))
        return 0;
    return value_reader_fail(r, r->at, "expected %s, found %s", words, VALUE_FOUND(r, r->at));
}

static bool take_close(struct value_reader *r, char close) {
    if (close != VALUE_READ_END)
        return value_read_take(r, close);
    value_read_peek(r);
    return r->at == r->length;
}

int value_read_more(struct value_reader *r, char end, const char *words, bool *ret_more) {
    *ret_more = value_read_take(r, ',');
    if (!*ret_more && !take_close(r, end))
        return value_reader_fail(r, r->at, "expected %s, found %s", words, VALUE_FOUND(r, r->at));
    if (*ret_more && r->syntax->comma_at_end)
        *ret_more = !take_close(r, end);
    return 0;
}

int value_read_end(struct value_reader *r) {
    value_read_peek(r);
    if (r->at == r->length)
        return 0;
    return value_reader_fail(r, r->at, "expected the end, found %s", VALUE_FOUND(r, r->at));
}

/* --- numbers --- */

static struct text rest_of(const struct value_reader *r) {
    return (struct text){r->text + r->at, r->length - r->at};
}

int value_read_digits(struct value_reader *r, size_t at, const struct type *type, struct text digits,
                      struct value *ret) {
    if (value_integer_of(type->kind, digits, ret))
        return 0;
    return value_reader_fail(r, at, "%s is not in the range of %s", NAME_SHOWN(digits),
                             type_kind_words(type->kind));
}

int value_read_integer(struct value_reader *r, const struct type *type, struct value *ret) {
    bool integer;
    struct text digits = rest_of(r);
    digits.length = value_number_length(digits, &integer);
    if (!digits.length || !integer)
        return value_reader_unexpected(r, r->at, type);
    TRY(value_read_digits(r, r->at, type, digits, ret));
    r->at += digits.length;
    return 0;
}

int value_read_float(struct value_reader *r, const struct type *type, struct value *ret) {
    bool integer;
    struct text digits = rest_of(r);
    digits.length = value_number_length(digits, &integer);
    if (!digits.length)
        return value_reader_unexpected(r, r->at, type);
    if (!value_float_of(type->kind, digits, ret))
        return value_reader_fail(r, r->at, "a number of too many digits");
    r->at += digits.length;
    return 0;
}

/* --- parts --- */

/* A part, with its place for the sentences about what is in it. */
static int read_at(struct value_reader *r, struct value_at *here, const struct type *type,
                   struct value *ret) {
    r->where = here;
    TRY(r->syntax->value(r, type, ret));
    r->where = here->up;
    return 0;
}

int value_read_list(struct value_reader *r, const struct type *type, struct value *ret) {
    const struct type *element = type->fields[0].type;
    if (!value_read_take(r, '['))
        return value_reader_unexpected(r, r->at, type);
    CLEANUP(value_list_done) struct value_list list;
    value_list_init(&list, element);
    struct value_at here = {.up = r->where, .kind = VALUE_AT_ITEM};
    for (bool more = !value_read_take(r, ']'); more; here.index++) {
        struct value item;
        r->where = &here;
        TRY(r->syntax->value(r, element, &item));
        TRY(value_list_add(&list, r, &item));
        r->where = here.up;
        TRY(value_read_more(r, ']', "',' or ']'", &more));
    }
    return value_list_end(&list, r, TYPE_LIST, ret);
}

/* The bracket behind the last part of a tuple or pair. */
static int read_close(struct value_reader *r) {
    if (r->syntax->comma_at_end)
        value_read_take(r, ',');
    return value_read_expect(r, r->syntax->tuple.data[1], r->syntax->close_words);
}

static int read_pair(struct value_reader *r, const struct type *type, struct value_list *list,
                     uint32_t index) {
    struct value_at here = {.up = r->where, .index = index};
    TRY(value_read_expect(r, r->syntax->tuple.data[0], r->syntax->pair_words));
    for (uint32_t i = 0; i < 2; i++) {
        struct value item;
        here.kind = i ? VALUE_AT_ENTRY : VALUE_AT_KEY;
        r->where = &here;
        TRY(r->syntax->value(r, type->fields[i].type, &item));
        TRY(value_list_add(list, r, &item));
        r->where = here.up;
        if (!i)
            TRY(value_read_expect(r, ',', "',' and the value of the pair"));
    }
    return read_close(r);
}

int value_read_map(struct value_reader *r, const struct type *type, struct value *ret) {
    if (!value_read_take(r, '['))
        return value_reader_unexpected(r, r->at, type);
    CLEANUP(value_list_done) struct value_list list;
    value_list_init(&list, NULL);
    uint32_t index = 0;
    for (bool more = !value_read_take(r, ']'); more; index++) {
        TRY(read_pair(r, type, &list, index));
        TRY(value_read_more(r, ']', "',' or ']'", &more));
    }
    return value_list_end(&list, r, TYPE_MAP, ret);
}

/* The comma in front of an element, and not the one that may stand behind the last. */
static bool take_comma(struct value_reader *r) {
    if (!value_read_take(r, ','))
        return false;
    return !r->syntax->comma_at_end || value_read_peek(r) != r->syntax->tuple.data[1];
}

int value_read_tuple(struct value_reader *r, const struct type *type, struct value *ret) {
    if (!value_read_take(r, r->syntax->tuple.data[0]))
        return value_reader_unexpected(r, r->at, type);
    int failed = 0;
    struct value *items = value_reader_take(r, type->count, sizeof(*items), &failed);
    if (!items)
        return failed;
    struct value_at here = {.up = r->where, .kind = VALUE_AT_FIELD};
    for (uint32_t i = 0; i < type->count; i++) {
        here.index = i;
        if (i && !take_comma(r))
            return value_reader_fail(r, r->at, "expected ',' and element %u of %u, found %s", i + 1,
                                     type->count, VALUE_FOUND(r, r->at));
        TRY(read_at(r, &here, type->fields[i].type, &items[i]));
    }
    *ret = value_items(TYPE_TUPLE, items, type->count);
    return read_close(r);
}

/* --- names --- */

int value_read_no_such(struct value_reader *r, size_t at, const struct type *type, const char *what,
                       struct text name) {
    BUFFER_AUTO words = BUFFER_INIT(LIMIT_ERROR_BYTES);
    if (value_add_type(&words, type, NULL) < 0)
        buffer_clear(&words);
    return value_reader_fail(r, at, "there is no %s '%s' in %s", what, NAME_SHOWN(name),
                             words.data ? words.data : type_kind_words(type->kind));
}

int value_read_member(struct value_reader *r, size_t at, const struct type *type, const char *what,
                      struct text name, uint32_t *ret) {
    TRY(value_reader_label(r, type, name, ret));
    return *ret == ENTITY_NONE ? value_read_no_such(r, at, type, what, name) : 0;
}

int value_read_record_begin(struct value_reader *r, const struct type *type, struct value **ret_fields) {
    int failed = 0;
    struct value *fields = value_reader_take(r, type->count, sizeof(*fields), &failed);
    if (!fields)
        return failed;
    for (uint32_t i = 0; i < type->count; i++)
        fields[i].kind = TYPE_KINDS; /* not there yet */
    *ret_fields = fields;
    return 0;
}

int value_read_field_once(struct value_reader *r, size_t at, const struct type *type, uint32_t index,
                          const struct value *fields) {
    if (fields[index].kind == TYPE_KINDS)
        return 0;
    return value_reader_fail(r, at, "field '%s' stands here twice", NAME_SHOWN(type->fields[index].name));
}

int value_read_field(struct value_reader *r, const struct type *type, uint32_t index, struct value *fields) {
    struct value_at here = {
        .up = r->where, .kind = VALUE_AT_FIELD, .name = type->fields[index].name, .index = index};
    return read_at(r, &here, type->fields[index].type, &fields[index]);
}

int value_read_record_end(struct value_reader *r, size_t at, const struct type *type, struct value *fields,
                          struct value *ret) {
    for (uint32_t i = 0; i < type->count; i++) {
        if (fields[i].kind != TYPE_KINDS)
            continue;
        if (type->fields[i].type->kind != TYPE_OPTION)
            return value_reader_fail(r, at, "field '%s' is missing", NAME_SHOWN(type->fields[i].name));
        fields[i] = value_case(TYPE_OPTION, 0, NULL);
    }
    *ret = value_items(TYPE_RECORD, fields, type->count);
    return 0;
}

int value_read_flag(struct value_reader *r, size_t at, const struct type *type, uint32_t index,
                    uint64_t *bits) {
    if (*bits >> (index & 63) & 1)
        return value_reader_fail(r, at, "flag '%s' stands here twice", NAME_SHOWN(type->fields[index].name));
    *bits |= 1ull << (index & 63);
    return 0;
}

/* --- payloads, handles --- */

int value_read_payload(struct value_reader *r, const struct type *payload, const struct text *name,
                       const struct value **ret) {
    int failed = 0;
    struct value *value = value_reader_take(r, 1, sizeof(*value), &failed);
    if (!value)
        return failed;
    *ret = value;
    if (!name)
        return r->syntax->value(r, payload, value);
    struct value_at here = {.up = r->where, .kind = VALUE_AT_CASE, .name = *name};
    return read_at(r, &here, payload, value);
}

int value_read_handle(struct value_reader *r, size_t at, const struct type *type, uint64_t number,
                      struct value *ret) {
    if (!r->handles || !r->handles->find)
        return value_reader_wrap(
            r, at,
            error_set(r->reterr, ARCELLA_E_UNSUPPORTED, "handles of resources cannot be given as text here"));
    int failed = r->handles->find(r->handles->user, type, number, ret, r->reterr);
    return failed ? value_reader_wrap(r, at, failed) : 0;
}

int value_read_other(struct value_reader *r, const struct type *type, struct value *ret) {
    if (type->kind < TYPE_CHAR)
        return value_read_integer(r, type, ret);
    return value_reader_wrap(
        r, r->at,
        error_set(r->reterr, ARCELLA_E_UNSUPPORTED, "a %s has no text", type_kind_words(type->kind)));
}

/* --- the whole text --- */

int value_read_whole(struct value_reader *r, const struct type *type, struct value *ret) {
    TRY(value_reader_check(r));
    TRY(r->syntax->value(r, type, ret));
    return value_read_end(r);
}

struct value_reader value_read_call(const struct value_syntax *syntax, struct text text, struct text name,
                                    const struct func_type *func, const struct value_handles *handles,
                                    struct arena *arena, arcella_error **reterr) {
    return (struct value_reader){.syntax = syntax,
                                 .text = text.data,
                                 .length = text.length,
                                 .arena = arena,
                                 .handles = handles,
                                 .purpose = {.name = name, .func = func, .argument = func->param_count},
                                 .reterr = reterr};
}

int value_read_arguments(struct value_reader *r, char close, const char *close_words, struct value *values,
                         uint32_t *ret_given) {
    const struct func_type *func = r->purpose.func;
    uint32_t given = 0;
    for (bool more = !take_close(r, close); more;) {
        value_read_peek(r);
        if (given == func->param_count)
            return value_reader_fail(r, r->at, "expected no argument behind %u, found %s", given,
                                     VALUE_FOUND(r, r->at));
        r->purpose.argument = given;
        TRY(r->syntax->value(r, func->params[given].type, &values[given]));
        given++;
        r->purpose.argument = func->param_count;
        TRY(value_read_more(r, close, close_words, &more));
    }
    *ret_given = given;
    return value_read_end(r);
}

int value_read_argument(struct value_reader *r, uint32_t index, struct value *ret) {
    const struct func_type *func = r->purpose.func;
    if (index >= func->param_count) {
        BUFFER_AUTO words = BUFFER_INIT(LIMIT_ERROR_BYTES);
        if (value_add_signature(&words, r->purpose.name, func, NULL) < 0)
            buffer_clear(&words);
        return error_set(r->reterr, ARCELLA_E_INVALID, "argument %u is one too many for %s", index + 1,
                         words.data ? words.data : "the function");
    }
    r->purpose.argument = index;
    return value_read_whole(r, func->params[index].type, ret);
}
