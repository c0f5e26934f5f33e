/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Fuzz target: values as people write them.  The first byte chooses a type, its highest bit the language; the
 * rest is a value of it, or a call.  What is read has the shape of its type, and comes out the same after it
 * was written, in either language, and read again.
 */
#include <string.h>

#include "base/limits.h"
#include "component/value_json.h"
#include "component/wave.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static void must(bool condition) {
    if (!condition)
        __builtin_trap();
}

/* --- types: each of the kinds, inside each other --- */

static struct types *types;
static const struct type *chosen[64];
static uint32_t chosen_count;
static const struct func_type *function;

static const struct type *add(enum type_kind kind, const struct type_field *fields, uint32_t count) {
    const struct type *type = NULL;
    must(types_make(types, kind, fields, count, 0, &type, NULL) == 0);
    chosen[chosen_count++] = type;
    return type;
}

static const struct type *one(enum type_kind kind, const struct type *first, const struct type *second) {
    struct type_field fields[] = {{.name = TEXT("a"), .type = first}, {.name = TEXT("none"), .type = second}};
    uint32_t count = kind == TYPE_LIST ? 1 : 2;
    return add(kind, fields, count);
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc;
    (void)argv;
    must((types = types_new()) != NULL);
    for (enum type_kind kind = 0; kind <= TYPE_STRING; kind++)
        chosen[chosen_count++] = types_primitive(types, kind);
    const struct type *u8 = types_primitive(types, TYPE_U8), *string = types_primitive(types, TYPE_STRING);
    const struct type *f64 = types_primitive(types, TYPE_F64), *character = types_primitive(types, TYPE_CHAR);
    const struct type *option = one(TYPE_OPTION, NULL, u8);
    const struct type *options = one(TYPE_OPTION, NULL, option);
    const struct type *result = one(TYPE_RESULT, string, f64);
    const struct type *bytes = one(TYPE_LIST, u8, NULL);
    const struct type *flags = one(TYPE_FLAGS, NULL, NULL);
    const struct type *names = one(TYPE_ENUM, NULL, NULL);
    const struct type *variant = one(TYPE_VARIANT, options, NULL);
    const struct type *record = one(TYPE_RECORD, bytes, option);
    const struct type *tuple = one(TYPE_TUPLE, f64, character);
    const struct type *map = one(TYPE_MAP, string, variant);
    one(TYPE_RESULT, NULL, NULL);
    one(TYPE_LIST, record, NULL);
    one(TYPE_LIST, tuple, NULL);
    one(TYPE_LIST, map, NULL);
    one(TYPE_LIST, string, NULL);
    one(TYPE_RECORD, flags, names);
    one(TYPE_OPTION, NULL, result);
    one(TYPE_OPTION, NULL, record);
    struct type_field params[] = {{.name = TEXT("first"), .type = record},
                                  {.name = TEXT("second"), .type = option}};
    must(types_func(types, params, 2, string, false, &function, NULL) == 0);
    return 0;
}

/* --- one input --- */

static bool parse(bool json, struct text text, const struct type *type, struct arena *arena,
                  struct value *ret) {
    arcella_error *error = NULL;
    int r = json ? value_json_parse(text, type, NULL, arena, ret, &error)
                 : wave_parse(text, type, NULL, arena, ret, &error);
    must(r != ARCELLA_E_INTERNAL && (r == 0) == (error == NULL));
    arcella_error_free(error);
    return r == 0;
}

static void print_and_parse(bool json, const struct type *type, const struct value *value,
                            struct arena *arena) {
    BUFFER_AUTO out = BUFFER_INIT(64 * MIB);
    struct value again;
    must((json ? value_json_print(&out, type, value, NULL, VALUE_JSON_BASE64, NULL)
               : wave_print(&out, type, value, NULL, NULL)) == 0);
    must(parse(json, (struct text){out.data, out.length}, type, arena, &again));
    must(value_equal(type, value, &again));
}

static void try_value(bool json, struct text text, const struct type *type) {
    struct arena arena = {.limit_bytes = 64 * MIB};
    struct value value, fitted;
    if (parse(json, text, type, &arena, &value)) {
        must(value_fit(type, &value, &arena, &fitted, NULL) == 0);
        must(value_equal(type, &value, &fitted));
        print_and_parse(false, type, &value, &arena);
        print_and_parse(true, type, &value, &arena);
    }
    arena_done(&arena);
}

/* A whole call, or its arguments by themselves. */
static int read_call(bool json, struct text text, struct arena *arena, struct value **ret,
                     arcella_error **reterr) {
    struct wave_call call;
    const char *open = text.length ? memchr(text.data, '(', text.length) : NULL;
    if (json && open == text.data && open)
        return value_json_call_arguments(text, 0, TEXT("f"), function, NULL, arena, ret, reterr);
    if (json)
        return value_json_arguments(text, TEXT("f"), function, NULL, arena, ret, reterr);
    if (!open)
        return wave_arguments(text, TEXT("f"), function, NULL, arena, ret, reterr);
    int r = wave_call_name(text, false, &call, reterr);
    return r < 0 ? r : wave_call_arguments(text, &call, function, NULL, arena, ret, reterr);
}

static void try_call(bool json, struct text text) {
    struct arena arena = {.limit_bytes = 64 * MIB};
    struct value *values;
    arcella_error *error = NULL;
    int r = read_call(json, text, &arena, &values, &error);
    must((r == 0) == (error == NULL));
    for (uint32_t i = 0; !r && i < function->param_count; i++) {
        print_and_parse(false, function->params[i].type, &values[i], &arena);
        print_and_parse(true, function->params[i].type, &values[i], &arena);
    }
    arcella_error_free(error);
    arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (!size)
        return 0;
    bool json = data[0] & 0x80;
    uint32_t choice = data[0] & 0x7f;
    /* In memory of its exact size, so that one byte too many is seen. */
    struct text text = {(const char *)data + 1, size - 1};
    if (choice >= chosen_count)
        try_call(json, text);
    else
        try_value(json, text, chosen[choice]);
    return 0;
}
