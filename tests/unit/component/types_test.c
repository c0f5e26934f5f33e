/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Value and function types: figures of the executable specification, identity, refusals, substitution. */
#include "torture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "component/types/types.h"
#include "types_figures.h"

/* --- a small notation: record(u8,list(string)), enum(3), fixed(2,f64), own(7), _ for no type --- */

#define FIELDS_MOST 10000
static struct type_field many[FIELDS_MOST];

static const struct type *read_type(struct types *types, const char **at);

static enum type_kind kind_of(const char *word, size_t length) {
    if (length == 5 && memcmp(word, "fixed", 5) == 0)
        return TYPE_FIXED_LIST;
    for (unsigned kind = 0; kind < TYPE_KINDS; kind++) {
        const char *words = type_kind_words((enum type_kind)kind);
        if (strlen(words) == length && memcmp(words, word, length) == 0)
            return (enum type_kind)kind;
    }
    fail_msg("no kind of type: %.*s", (int)length, word);
    return TYPE_KINDS;
}

static const struct type *must_make(struct types *types, enum type_kind kind, const struct type_field *fields,
                                    uint32_t count, uint32_t length) {
    const struct type *type = NULL;
    arcella_error *error = NULL;
    if (types_make(types, kind, fields, count, length, &type, &error))
        fail_msg("%s: %s", type_kind_words(kind), arcella_error_message(error));
    return type;
}

/* Names for enum, flags, record, variant: f0, f1 … */
static struct text name_at(unsigned i) {
    static char names[FIELDS_MOST][8];
    snprintf(names[i], sizeof(names[i]), "f%u", i);
    return text_of(names[i]);
}

static const struct type *read_labels(struct types *types, enum type_kind kind, unsigned count) {
    for (unsigned i = 0; i < count; i++)
        many[i] = (struct type_field){.name = name_at(i)};
    return must_make(types, kind, many, count, 0);
}

static const struct type *read_parts(struct types *types, enum type_kind kind, const char **at,
                                     unsigned length) {
    struct type_field fields[16] = {0};
    uint32_t count = kind == TYPE_OPTION ? 1 : 0;
    do {
        fields[count].name = name_at(count);
        fields[count].type = read_type(types, at);
        count++;
    } while (*(*at)++ == ',');
    return must_make(types, kind, fields, count, length);
}

static const struct type *read_type(struct types *types, const char **at) {
    size_t length = strspn(*at, "abcdefghijklmnopqrstuvwxyz0123456789-");
    if (**at == '_') {
        (*at)++;
        return NULL;
    }
    enum type_kind kind = kind_of(*at, length);
    *at += length;
    if (types_primitive(types, kind))
        return types_primitive(types, kind);
    assert_int_equal(*(*at)++, '(');
    if (kind != TYPE_ENUM && kind != TYPE_FLAGS && kind != TYPE_OWN && kind != TYPE_BORROW &&
        kind != TYPE_FIXED_LIST)
        return read_parts(types, kind, at, 0);
    char *end;
    unsigned number = (unsigned)strtoul(*at, &end, 10);
    *at = end + 1;
    const struct type *handle = NULL;
    if (kind == TYPE_FIXED_LIST)
        return read_parts(types, kind, at, number);
    if (kind == TYPE_ENUM || kind == TYPE_FLAGS)
        return read_labels(types, kind, number);
    assert_int_equal(types_handle(types, kind, number, &handle, NULL), 0);
    return handle;
}

static const struct type *parse(struct types *types, const char *text) {
    const struct type *type = read_type(types, &text);
    assert_int_equal(*text, '\0');
    return type;
}

static void show_flat(const struct type *type, char *to) {
    if (type->flat_count == TYPES_FLAT_MANY)
        *to++ = '+';
    else
        for (unsigned i = 0; i < type->flat_count; i++)
            *to++ = "iIfF"[type->flat[i]];
    *to = '\0';
}

/* --- tests --- */

static void figures_are_those_of_the_specification(void **state) {
    (void)state;
    struct types *types = types_new();
    for (size_t i = 0; i < ARRAY_LENGTH(type_figures); i++) {
        const struct type *type = parse(types, type_figures[i].type);
        char flat[TYPES_FLAT_MANY + 1];
        show_flat(type, flat);
        if (type->size != type_figures[i].size || type->align != type_figures[i].align ||
            strcmp(flat, type_figures[i].flat) != 0)
            fail_msg("%s: size %u align %u flat %s, not %u %u %s", type_figures[i].type, type->size,
                     type->align, flat, type_figures[i].size, type_figures[i].align, type_figures[i].flat);
        /* Interned: the same text is the same type. */
        assert_ptr_equal(parse(types, type_figures[i].type), type);
    }
    types_free(types);
}

static void fields_lie_where_they_should(void **state) {
    (void)state;
    struct types *types = types_new();
    const struct type *record = parse(types, "record(u8,u64,u16,string)");
    static const uint32_t offsets[] = {0, 8, 16, 20};
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(record->fields[i].offset, offsets[i]);
    assert_int_equal(record->size, 32);
    const struct type *variant = parse(types, "variant(_,u8,f64)");
    assert_int_equal(variant->discriminant_bytes, 1);
    assert_int_equal(variant->fields[1].offset, 8);
    assert_int_equal(variant->size, 16);
    const struct type *map = parse(types, "map(u8,u64)");
    assert_int_equal(map->entry_size, 16);
    assert_int_equal(map->entry_align, 8);
    assert_int_equal(map->fields[1].offset, 8);
    const struct type *list = parse(types, "list(record(u32,f64,string))");
    assert_int_equal(list->entry_size, 24);
    assert_int_equal(list->entry_align, 8);
    const struct type *option = parse(types, "option(u16)");
    assert_int_equal(option->count, 2);
    assert_true(text_equal(option->fields[1].name, TEXT("some")));
    assert_int_equal(option->fields[1].offset, 2);
    assert_int_equal(parse(types, "flags(9)")->discriminant_bytes, 2);
    types_free(types);
}

static void what_values_hold_is_known(void **state) {
    (void)state;
    static const struct {
        const char *type;
        const char *bits; /* p plain, m memory, h handle, b borrow, u not run */
    } rows[] = {
        {"u8", "p"},
        {"f64", "p"},
        {"bool", ""},
        {"char", ""},
        {"string", "m"},
        {"record(u8,tuple(s64,f32))", "p"},
        {"record(u8,bool)", ""},
        {"flags(8)", ""},
        {"enum(2)", ""},
        {"list(u8)", "m"},
        {"map(u8,own(1))", "mh"},
        {"option(borrow(1))", "hb"},
        {"result(_,string)", "m"},
        {"stream(string)", "u"},
        {"future(own(1))", "hu"},
        {"error-context", "u"},
        {"fixed(3,u8)", "pu"},
        {"variant(_,list(own(1)),stream(u8))", "mhu"},
    };
    struct types *types = types_new();
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        const struct type *t = parse(types, rows[i].type);
        char bits[8];
        snprintf(bits, sizeof(bits), "%s%s%s%s%s", t->plain ? "p" : "", t->has_pointer ? "m" : "",
                 t->has_handle ? "h" : "", t->has_borrow ? "b" : "", t->has_unrun ? "u" : "");
        assert_string_equal(bits, rows[i].bits);
    }
    types_free(types);
}

static void names_make_types_different(void **state) {
    (void)state;
    struct types *types = types_new();
    const struct type *u8 = types_primitive(types, TYPE_U8), *u16 = types_primitive(types, TYPE_U16);
    char name[] = "ab";
    struct type_field fields[] = {{.name = text_of(name), .type = u8}, {.name = TEXT("c"), .type = u8}};
    const struct type *one = must_make(types, TYPE_RECORD, fields, 2, 0);
    /* The same letters cut elsewhere; and names are copied. */
    struct type_field cut[] = {{.name = TEXT("a"), .type = u8}, {.name = TEXT("bc"), .type = u8}};
    assert_ptr_not_equal(must_make(types, TYPE_RECORD, cut, 2, 0), one);
    name[0] = 'x';
    assert_true(text_equal(one->fields[0].name, TEXT("ab")));
    assert_ptr_not_equal(must_make(types, TYPE_RECORD, fields, 2, 0), one);
    name[0] = 'a';
    assert_ptr_equal(must_make(types, TYPE_RECORD, fields, 2, 0), one);
    fields[1].type = u16;
    assert_ptr_not_equal(must_make(types, TYPE_RECORD, fields, 2, 0), one);
    /* Names of a tuple do not count, and its kind does. */
    fields[1].type = u8;
    const struct type *tuple = must_make(types, TYPE_TUPLE, fields, 2, 0);
    assert_ptr_equal(must_make(types, TYPE_TUPLE, cut, 2, 0), tuple);
    assert_int_equal(tuple->fields[0].name.length, 0);
    assert_ptr_not_equal(parse(types, "fixed(2,u8)"), parse(types, "fixed(3,u8)"));
    assert_ptr_not_equal(parse(types, "own(1)"), parse(types, "borrow(1)"));
    assert_ptr_not_equal(parse(types, "own(1)"), parse(types, "own(2)"));
    types_free(types);
}

static void refused(struct types *types, enum type_kind kind, const struct type_field *fields, uint32_t count,
                    uint32_t length, const char *why) {
    const struct type *type = NULL;
    arcella_error *error = NULL;
    assert_int_equal(types_make(types, kind, fields, count, length, &type, &error), ARCELLA_E_WASM);
    if (!strstr(arcella_error_message(error), why))
        fail_msg("'%s' does not say '%s'", arcella_error_message(error), why);
    assert_null(type);
    arcella_error_free(error);
}

static void bad_types_are_refused(void **state) {
    (void)state;
    struct types *types = types_new();
    struct type_field none = {.name = TEXT("a")}, byte = {.type = types_primitive(types, TYPE_U8)};
    for (unsigned i = 0; i < FIELDS_MOST; i++)
        many[i] = (struct type_field){.name = name_at(i)};
    refused(types, TYPE_RECORD, NULL, 0, 0, "has no fields");
    refused(types, TYPE_VARIANT, NULL, 0, 0, "has no cases");
    refused(types, TYPE_ENUM, NULL, 0, 0, "has no cases");
    refused(types, TYPE_TUPLE, NULL, 0, 0, "has no elements");
    refused(types, TYPE_FLAGS, NULL, 0, 0, "has no labels");
    refused(types, TYPE_FLAGS, many, 33, 0, "at most 32");
    refused(types, TYPE_RECORD, &none, 1, 0, "lack a type");
    refused(types, TYPE_ENUM, &byte, 1, 0, "have a type");
    refused(types, TYPE_LIST, &none, 1, 0, "lack a type");
    refused(types, TYPE_FIXED_LIST, &byte, 1, 0, "more than 0");
    refused(types, TYPE_FIXED_LIST, &byte, 1, 1u << 28, "2^28");
    struct type_field wide = {.type = types_primitive(types, TYPE_U64)};
    refused(types, TYPE_FIXED_LIST, &wide, 1, 536870912, "2^28"); /* 2^32 bytes */
    must_make(types, TYPE_FIXED_LIST, &wide, 1, 33554431);
    /* The rule is about pointers of 64 bits: 16 bytes each. */
    struct type_field string = {.type = types_primitive(types, TYPE_STRING)};
    must_make(types, TYPE_FIXED_LIST, &string, 1, 16777215);
    refused(types, TYPE_FIXED_LIST, &string, 1, 16777216, "2^28");
    struct type_field pair[] = {{.type = types_primitive(types, TYPE_F32)}, byte};
    refused(types, TYPE_MAP, pair, 2, 0, "key");
    pair[0].type = parse(types, "tuple(u8)");
    refused(types, TYPE_MAP, pair, 2, 0, "key");
    struct type_field borrow = {.type = parse(types, "list(borrow(1))")};
    refused(types, TYPE_STREAM, &borrow, 1, 0, "borrow");
    refused(types, TYPE_FUTURE, &borrow, 1, 0, "borrow");
    struct type_field letter = {.type = types_primitive(types, TYPE_CHAR)};
    refused(types, TYPE_STREAM, &letter, 1, 0, "char");
    types_free(types);
}

static void nesting_and_growth_are_bounded(void **state) {
    (void)state;
    struct types *types = types_new();
    const struct type *deep = types_primitive(types, TYPE_U8);
    assert_int_equal(deep->depth, 1);
    for (unsigned depth = 1; depth < TYPES_DEPTH; depth++) {
        struct type_field field = {.type = deep};
        deep = must_make(types, TYPE_LIST, &field, 1, 0);
    }
    assert_int_equal(deep->depth, TYPES_DEPTH);
    refused(types, TYPE_LIST, &(struct type_field){.type = deep}, 1, 0, "deeper");
    /* A variant of two of the former doubles as a tree each time, and hardly grows in bytes. */
    const struct type *wide = types_primitive(types, TYPE_U8);
    unsigned doubled = 0;
    for (int status = 0; status == 0; doubled++) {
        struct type_field fields[] = {{.name = TEXT("a"), .type = wide}, {.name = TEXT("b"), .type = wide}};
        status = types_make(types, TYPE_VARIANT, fields, 2, 0, &wide, NULL);
    }
    assert_in_range(doubled, 19, 21);
    types_free(types);
}

static const struct func_type *must_func(struct types *types, const char *params, const char *result) {
    const struct type *tuple = parse(types, params);
    const struct func_type *func = NULL;
    assert_int_equal(types_func(types, tuple->fields, tuple->count, result ? parse(types, result) : NULL,
                                false, &func, NULL),
                     0);
    return func;
}

static void functions_are_laid_out(void **state) {
    (void)state;
    struct types *types = types_new();
    const struct func_type *f = must_func(types, "record(u8,string,u64)", "list(u8)");
    assert_int_equal(f->param_count, 3);
    assert_int_equal(f->params_size, 24);
    assert_int_equal(f->params_align, 8);
    assert_int_equal(f->params[2].offset, 16);
    assert_int_equal(f->flat_params, 4);
    assert_ptr_equal(must_func(types, "record(u8,string,u64)", "list(u8)"), f);
    assert_ptr_not_equal(must_func(types, "record(u8,string,u64)", NULL), f);
    assert_int_equal(must_func(types, "record(fixed(16,u8),u8)", NULL)->flat_params, TYPES_FLAT_MANY);
    assert_true(must_func(types, "record(fixed(16,u8),u8)", NULL)->has_unrun);
    const struct func_type *none = NULL;
    assert_int_equal(types_func(types, NULL, 0, NULL, false, &none, NULL), 0);
    assert_int_equal(none->params_size, 0);
    assert_int_equal(none->params_align, 1);
    assert_false(none->has_unrun);
    const struct func_type *async = NULL;
    assert_int_equal(types_func(types, NULL, 0, NULL, true, &async, NULL), 0);
    assert_ptr_not_equal(async, none);
    assert_true(async->has_unrun);
    const struct func_type *bad = NULL;
    assert_int_equal(types_func(types, NULL, 0, parse(types, "option(borrow(1))"), false, &bad, NULL),
                     ARCELLA_E_WASM);
    struct type_field large[20];
    for (unsigned i = 0; i < 20; i++)
        large[i] = (struct type_field){.name = name_at(i), .type = parse(types, "fixed(268435455,u8)")};
    assert_int_equal(types_func(types, large, 20, NULL, false, &bad, NULL), ARCELLA_E_WASM);
    assert_null(bad);
    types_free(types);
}

static void resources_are_exchanged(void **state) {
    (void)state;
    struct types *types = types_new();
    static const struct type_change changes[] = {{1, 11}, {3, 13}, {7, 17}};
    struct type_substitution by = {.pairs = changes, .count = 3};
    const struct type *to = NULL;
    const struct type *from = parse(types, "record(own(1),list(borrow(3)),stream(own(7)),own(2),option(u8))");
    assert_int_equal(types_substitute(types, from, &by, &to, NULL), 0);
    assert_ptr_equal(to, parse(types, "record(own(11),list(borrow(13)),stream(own(17)),own(2),option(u8))"));
    const struct type *same = parse(types, "variant(own(2),_,string)");
    assert_int_equal(types_substitute(types, same, &by, &to, NULL), 0);
    assert_ptr_equal(to, same);
    const struct func_type *f = must_func(types, "record(own(1),u8)", "own(3)"), *g = NULL;
    by.memo = type_memo_new();
    assert_int_equal(types_substitute_func(types, f, &by, &g, NULL), 0);
    assert_ptr_equal(g, must_func(types, "record(own(11),u8)", "own(13)"));
    assert_int_equal(types_substitute_func(types, g, &by, &f, NULL), 0);
    assert_ptr_equal(f, g);
    type_memo_free(by.memo);
    types_free(types);
}

/* A type that shares its parts 2^18 ways is walked once for each part. */
static void sharing_is_not_walked_twice(void **state) {
    (void)state;
    struct types *types = types_new();
    const struct type *wide = parse(types, "own(1)");
    for (unsigned i = 0; i < 18; i++) {
        struct type_field fields[] = {{.name = TEXT("a"), .type = wide}, {.name = TEXT("b"), .type = wide}};
        wide = must_make(types, TYPE_VARIANT, fields, 2, 0);
    }
    uint32_t before = wide->id;
    static const struct type_change changes[] = {{1, 2}};
    const struct type_substitution by = {.pairs = changes, .count = 1};
    const struct type *to = NULL;
    assert_int_equal(types_substitute(types, wide, &by, &to, NULL), 0);
    assert_int_equal(to->id, before + 19); /* 18 variants and a handle */
    types_free(types);
}

static int build_many(void *user, arcella_error **reterr) {
    (void)user;
    struct types *types = types_new();
    if (!types)
        return error_nomem(reterr);
    const struct type *type = NULL;
    const struct func_type *func = NULL;
    static const struct type_change changes[] = {{1, 2}};
    const struct type_substitution by = {.pairs = changes, .count = 1};
    int r = types_handle(types, TYPE_OWN, 1, &type, reterr);
    for (unsigned i = 0; r == 0 && i < 25; i++) {
        struct type_field fields[] = {{.name = TEXT("a"), .type = type},
                                      {.name = TEXT("b"), .type = type},
                                      {.name = TEXT("c"), .type = type}};
        r = types_make(types, i % 2 ? TYPE_TUPLE : TYPE_VARIANT, fields, i % 3 ? 1 : 3, 0, &type, reterr);
        if (r == 0)
            r = types_func(types, fields, 1, type, false, &func, reterr);
    }
    if (r == 0)
        r = types_substitute_func(types, func, &by, &func, reterr);
    types_free(types);
    return r;
}

static void no_memory_is_told(void **state) {
    (void)state;
    torture_alloc(build_many, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_are_those_of_the_specification),
        cmocka_unit_test(fields_lie_where_they_should),
        cmocka_unit_test(what_values_hold_is_known),
        cmocka_unit_test(names_make_types_different),
        cmocka_unit_test(bad_types_are_refused),
        cmocka_unit_test(nesting_and_growth_are_bounded),
        cmocka_unit_test(functions_are_laid_out),
        cmocka_unit_test(resources_are_exchanged),
        cmocka_unit_test(sharing_is_not_walked_twice),
        cmocka_unit_test(no_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
