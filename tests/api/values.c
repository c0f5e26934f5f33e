/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Values: every builder and getter, wrong kinds, spans, copies; host functions that read and write every
 * type, resources both ways, what is misused; traps as errors.
 *
 *     values EMBEDDED.WASM
 */
#include <pthread.h>

#include "shop.h"

static const char *embedded;

/* --- values without a guest --- */

static void check_numbers(void) {
    struct arcella_value v;
#define XX(name, KIND, type, member)                                                                         \
    {                                                                                                        \
        type number, data[3] = {(type)1, (type)0, (type)1};                                                  \
        const type *span;                                                                                    \
        size_t count;                                                                                        \
        v = arcella_value_##name((type)1);                                                                   \
        CHECK(arcella_value_kind(&v) == ARCELLA_##KIND && arcella_value_count(&v) == 0);                     \
        CHECK(arcella_value_get_##name(&v, &number) == 0 && number == (type)1);                              \
        CHECK(arcella_value_get_list_##name(&v, &span, &count) == ARCELLA_E_KIND);                           \
        v = arcella_value_list_##name(data, 3);                                                              \
        CHECK(arcella_value_get_##name(&v, &number) == ARCELLA_E_KIND);                                      \
        CHECK(arcella_value_get_list_##name(&v, &span, &count) == 0 && span == data && count == 3);          \
        CHECK(arcella_value_item(&v, 2, &v) == 0 && !arcella_value_get_##name(&v, &number) &&                \
              number == (type)1);                                                                            \
        v = arcella_value_list_##name(data, (size_t)1 << 40);                                                \
        CHECK(arcella_value_kind(&v) == ARCELLA_NONE);                                                       \
    }
    ARCELLA_NUMBER_MAP(XX)
#undef XX
    v = arcella_value_s64(INT64_MIN);
    CHECK(v.of.s64 == INT64_MIN);
}

static void check_builders(void) {
    struct arcella_value parts[4], v, w, key;
    const struct arcella_value *payload;
    const char *text;
    size_t length;
    uint32_t number;
    parts[0] = arcella_value_u8(1);
    parts[1] = arcella_value_string("two", 3);
    parts[2] = arcella_value_u8(3);
    parts[3] = arcella_value_string("four", 4);
    CHECK(arcella_value_get_string(&parts[1], &text, &length) == 0 && length == 3 && !memcmp(text, "two", 3));
    CHECK(arcella_value_get_string(&parts[0], &text, &length) == ARCELLA_E_KIND);
    v = arcella_value_record(parts, 2);
    CHECK(v.kind == ARCELLA_RECORD && arcella_value_count(&v) == 2 && !arcella_value_item(&v, 1, &w));
    CHECK(w.kind == ARCELLA_STRING && arcella_value_item(&v, 2, &w) == ARCELLA_E_NOT_FOUND);
    CHECK(arcella_value_tuple(parts, 4).kind == ARCELLA_TUPLE &&
          arcella_value_list(parts, 0).kind == ARCELLA_LIST);
    v = arcella_value_map(parts, 2);
    CHECK(arcella_value_entry(&v, 1, &key, &w) == 0 && key.of.u64 == 3 && w.count == 4);
    CHECK(arcella_value_entry(&v, 2, &key, &w) == ARCELLA_E_NOT_FOUND);
    CHECK(arcella_value_entry(&w, 0, &key, &w) == ARCELLA_E_KIND &&
          arcella_value_item(&v, 0, &w) == ARCELLA_E_KIND);
    v = arcella_value_variant(7, &parts[0]);
    CHECK(arcella_value_get_case(&v, &number, &payload) == 0 && number == 7 && payload == &parts[0]);
    v = arcella_value_enum(2);
    CHECK(arcella_value_get_case(&v, &number, &payload) == 0 && number == 2 && !payload);
    v = arcella_value_some(&parts[0]);
    CHECK(arcella_value_get_case(&v, &number, NULL) == 0 && number == 1);
    v = arcella_value_none();
    CHECK(arcella_value_get_case(&v, &number, &payload) == 0 && number == 0 && !payload);
    v = arcella_value_ok(NULL);
    CHECK(arcella_value_get_case(&v, &number, &payload) == 0 && number == 0);
    v = arcella_value_err(&parts[1]);
    CHECK(arcella_value_get_case(&v, &number, &payload) == 0 && number == 1);
    CHECK(arcella_value_get_flags(&v, &number) == ARCELLA_E_KIND && arcella_value_get_handle(&v, &number));
    v = arcella_value_flags(5);
    CHECK(arcella_value_get_flags(&v, &number) == 0 && number == 5 &&
          arcella_value_get_case(&v, &number, NULL));
    CHECK(arcella_value_borrow(&v).kind == ARCELLA_NONE && arcella_value_own(NULL, 1).kind == ARCELLA_NONE);
    CHECK(arcella_type_kind(NULL) == ARCELLA_NONE && arcella_type_count(NULL) == 0 &&
          !arcella_type_part(NULL, 0));
}

/* A copy is its own: what it was made from may go. */
static void check_copies(void) {
    struct arcella_value inner[3], outer[3], v, copy, w, deep[200];
    uint16_t numbers[3] = {1, 2, 3};
    char text[8] = "text";
    const uint16_t *span;
    const char *s;
    size_t count;
    inner[0] = arcella_value_string(text, 4);
    inner[1] = arcella_value_list_u16(numbers, 3);
    inner[2] = arcella_value_string("", 0);
    outer[0] = arcella_value_record(inner, 3);
    outer[1] = arcella_value_some(&outer[0]);
    outer[2] = arcella_value_list(NULL, 0);
    v = arcella_value_list(outer, 3);
    OK(arcella_value_copy(&v, &copy, reterr));
    memset(text, 'x', sizeof text);
    memset(numbers, 0, sizeof numbers);
    memset(inner, 255, sizeof inner);
    CHECK(arcella_value_count(&copy) == 3 && !arcella_value_item(&copy, 1, &w));
    w = w.of.items[0];
    CHECK(w.kind == ARCELLA_RECORD);
    CHECK(!arcella_value_get_string(&w.of.items[0], &s, &count) && count == 4 && !memcmp(s, "text", 4));
    CHECK(!arcella_value_get_list_u16(&w.of.items[1], &span, &count) && count == 3 && span[2] == 3);
    CHECK(!arcella_value_get_string(&w.of.items[2], &s, &count) && count == 0 && s);
    arcella_value_free(&copy);
    CHECK(copy.kind == ARCELLA_NONE);
    arcella_value_free(&copy);
    arcella_value_free(NULL);
    v = arcella_value_u32(7);
    OK(arcella_value_copy(&v, &copy, reterr));
    arcella_value_free(&copy);
    deep[0] = arcella_value_none();
    for (size_t i = 1; i < COUNT(deep); i++)
        deep[i] = arcella_value_some(&deep[i - 1]);
    REFUSED(arcella_value_copy(&deep[199], &copy, reterr), ARCELLA_E_INVALID, "deep");
    v.kind = ARCELLA_NONE;
    REFUSED(arcella_value_copy(&v, &copy, reterr), ARCELLA_E_INVALID, "no value");
    v = arcella_value_list_u8(NULL, 3);
    REFUSED(arcella_value_copy(&v, &copy, reterr), ARCELLA_E_INVALID, "no value");
}

/* --- with a guest --- */

static void check_flat(arcella_instance *instance) {
    struct arcella_value args[4], result;
    union arcella_flat flat[16];
    arcella_func *func = NULL;
    uint32_t number = 0;
    double real = 0;
    bool odd = false;
    OK(arcella_instance_func(instance, "add", &func, reterr));
    args[0] = arcella_value_u32(4000000000u);
    args[1] = arcella_value_u32(5);
    OK(arcella_func_call(func, args, 2, &result, reterr));
    CHECK(!arcella_value_get_u32(&result, &number) && number == 4000000005u);
    memset(flat, 255, sizeof flat);
    flat[0].u64 = 7;
    flat[1].u64 = 8;
    OK(arcella_func_call_flat(func, flat, reterr));
    CHECK(flat[0].u32 == 15);
    args[1] = arcella_value_s32(5);
    REFUSED(arcella_func_call(func, args, 2, &result, reterr), ARCELLA_E_INVALID,
            "argument 'b': expected u32, got s32");
    REFUSED(arcella_func_call(func, args, 3, &result, reterr), ARCELLA_E_INVALID,
            "takes 2 arguments, 3 given");
    REFUSED(arcella_func_call(func, NULL, 2, &result, reterr), ARCELLA_E_INVALID, "NULL");
    args[0].of.u64 = 1ull << 40; /* not made by a builder */
    args[1] = arcella_value_u32(5);
    REFUSED(arcella_func_call(func, args, 2, &result, reterr), ARCELLA_E_INVALID, "range");
    args[0] = arcella_value_s64(-3);
    args[1] = arcella_value_f32(0.5f);
    args[2] = arcella_value_f64(100.25);
    args[3] = arcella_value_s32(-1000);
    OK(arcella_instance_call(instance, "mixed", args, 4, &result, reterr));
    CHECK(!arcella_value_get_f64(&result, &real) && real == -3 + 0.5 + 100.25 - 1000);
    args[0] = arcella_value_u8(201);
    OK(arcella_instance_call(instance, "is-odd", args, 1, &result, reterr));
    CHECK(!arcella_value_get_bool(&result, &odd) && odd);
    OK(arcella_instance_func(instance, "is-odd", &func, reterr));
    REFUSED(arcella_func_call_flat(func, flat, reterr), ARCELLA_E_UNSUPPORTED, "numbers");
}

static void check_names(arcella_instance *instance) {
    struct arcella_value args[2] = {arcella_value_u32(1), arcella_value_u32(2)}, result;
    /* It exports 1.2.0: any version that is compatible with it names the same interface, older or newer. */
    static const char *const good[] = {"acme:calc/math@1.2.0.plus", "acme:calc/math@1.0.0.plus",
                                       "acme:calc/math@1.9.0.plus", "acme:calc/math.plus", "math.plus"};
    for (size_t i = 0; i < COUNT(good); i++) {
        uint32_t number = 0;
        OK(arcella_instance_call(instance, good[i], args, 2, &result, reterr));
        CHECK(!arcella_value_get_u32(&result, &number) && number == 3);
    }
    REFUSED(arcella_instance_call(instance, "acme:calc/math@2.0.0.plus", args, 2, &result, reterr),
            ARCELLA_E_NOT_FOUND, "'acme:calc/math@2.0.0.plus'; there is 'acme:calc/math@1.2.0.plus'");
    REFUSED(arcella_instance_call(instance, "plus", args, 2, &result, reterr), ARCELLA_E_NOT_FOUND,
            "'plus'; there is 'acme:calc/math@1.2.0.plus'");
    REFUSED(arcella_instance_call(instance, "ad", args, 2, &result, reterr), ARCELLA_E_NOT_FOUND,
            "no exported function 'ad'; there is 'add'");
    REFUSED(arcella_instance_call(instance, "nothing-like-it", args, 2, &result, reterr), ARCELLA_E_NOT_FOUND,
            "no exported function 'nothing-like-it'; the component has ");
    REFUSED(arcella_instance_call(instance, "no function", args, 2, &result, reterr), ARCELLA_E_INVALID,
            "no function");
}

/* An error tells an embedder what to do, not what to type. */
#define HINTED(call, code, words)                                                                            \
    do {                                                                                                     \
        arcella_error *error_ = NULL, **reterr = &error_;                                                    \
        CHECK((call) == (code));                                                                             \
        if (!strstr(arcella_error_hint(error_), (words)) || strchr(arcella_error_hint(error_), '`')) {       \
            fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #call, arcella_error_hint(error_));       \
            exit(1);                                                                                         \
        }                                                                                                    \
        arcella_error_free(error_);                                                                          \
    } while (0)

static void check_hints(arcella_instance *instance) {
    struct arcella_value args[3] = {arcella_value_u32(1), arcella_value_u32(2), arcella_value_u32(3)}, result;
    HINTED(arcella_instance_call(instance, "ad", args, 2, &result, reterr), ARCELLA_E_NOT_FOUND,
           "arcella_component_export()");
    HINTED(arcella_instance_call(instance, "add", args, 3, &result, reterr), ARCELLA_E_INVALID,
           "declaration");
    HINTED(arcella_instance_call(instance, NULL, args, 3, &result, reterr), ARCELLA_E_INVALID, "declaration");
    HINTED(arcella_instance_drop(instance, args, reterr), ARCELLA_E_KIND, "declaration");
    HINTED(arcella_value_copy(NULL, &result, reterr), ARCELLA_E_INVALID, "declaration");
    /* An argument that does not fit is told with what the function takes. */
    args[1] = arcella_value_s32(2);
    REFUSED(arcella_instance_call(instance, "add", args, 2, &result, reterr), ARCELLA_E_INVALID,
            "call 'add(a: u32, b: u32) -> u32': argument 'b': expected u32, got s32");
    REFUSED(arcella_instance_call(instance, "read-thing", args, 1, &result, reterr), ARCELLA_E_INVALID,
            "call 'read-thing(t: borrow<thing>) -> u32': argument 't'");
}

static void check_spans(arcella_instance *instance) {
    struct arcella_value v, result, items[3];
#define XX(name, function, type)                                                                             \
    {                                                                                                        \
        type data[3] = {(type)1, (type)0, (type)1};                                                          \
        const type *span;                                                                                    \
        size_t count;                                                                                        \
        v = arcella_value_list_##name(data, 3);                                                              \
        OK(arcella_instance_call(instance, function, &v, 1, &result, reterr));                               \
        CHECK(!arcella_value_get_list_##name(&result, &span, &count) && count == 3);                         \
        CHECK(span != data && !memcmp(span, data, sizeof data));                                             \
        for (size_t i = 0; i < 3; i++)                                                                       \
            items[i] = arcella_value_##name(data[i]);                                                        \
        v = arcella_value_list(items, 3);                                                                    \
        OK(arcella_instance_call(instance, function, &v, 1, &result, reterr));                               \
        CHECK(!arcella_value_get_list_##name(&result, &span, &count) && !memcmp(span, data, sizeof data));   \
        v = arcella_value_list_##name(NULL, 0);                                                              \
        OK(arcella_instance_call(instance, function, &v, 1, &result, reterr));                               \
        CHECK(!arcella_value_get_list_##name(&result, &span, &count) && count == 0);                         \
        v = arcella_value_list_##name(NULL, 1);                                                              \
        REFUSED(arcella_instance_call(instance, function, &v, 1, &result, reterr), ARCELLA_E_INVALID,        \
                "NULL");                                                                                     \
    }
    XX(bool, "echo-bools", bool)
    XX(s8, "echo-s8", int8_t)
    XX(u8, "echo-u8", uint8_t)
    XX(s16, "echo-s16", int16_t)
    XX(u16, "echo-u16", uint16_t)
    XX(s32, "echo-s32", int32_t)
    XX(u32, "echo-u32", uint32_t)
    XX(s64, "echo-s64", int64_t)
    XX(u64, "echo-u64", uint64_t)
    XX(f32, "echo-f32", float)
    XX(f64, "echo-f64", double)
    XX(char, "echo-chars", uint32_t)
#undef XX
    /* A span of small elements where large ones are wanted would be read beyond its end. */
    uint8_t few[4] = {1, 2, 3, 4};
    uint32_t none[1] = {0xd800};
    v = arcella_value_list_u8(few, 4);
    REFUSED(arcella_instance_call(instance, "echo-u64", &v, 1, &result, reterr), ARCELLA_E_INVALID,
            "expected a list of u64, got a span of u8");
    REFUSED(arcella_instance_call(instance, "echo-pairs", &v, 1, &result, reterr), ARCELLA_E_INVALID,
            "span of u8");
    v = arcella_value_list_char(none, 1);
    REFUSED(arcella_instance_call(instance, "echo-chars", &v, 1, &result, reterr), ARCELLA_E_INVALID, "char");
    v = arcella_value_string("\xff", 1);
    REFUSED(arcella_instance_call(instance, "echo-text", &v, 1, &result, reterr), ARCELLA_E_INVALID, "utf-8");
    v = arcella_value_string(NULL, 1);
    REFUSED(arcella_instance_call(instance, "echo-text", &v, 1, &result, reterr), ARCELLA_E_INVALID, "NULL");
    v = arcella_value_list(NULL, 1);
    REFUSED(arcella_instance_call(instance, "echo-u8", &v, 1, &result, reterr), ARCELLA_E_INVALID, "NULL");
}

/* What a call returned is given to the next, twice; lists of what is no number are values. */
static void check_lists(arcella_instance *instance) {
    struct arcella_value pair[2] = {arcella_value_u8(7), arcella_value_u32(70000)}, pairs[2], v, w, result;
    uint16_t a[2] = {1, 2}, b[1] = {3};
    const uint16_t *span;
    size_t count;
    uint32_t number;
    pairs[0] = pairs[1] = arcella_value_tuple(pair, 2);
    v = arcella_value_list(pairs, 2);
    OK(arcella_instance_call(instance, "echo-pairs", &v, 1, &result, reterr));
    OK(arcella_instance_call(instance, "echo-pairs", &result, 1, &result, reterr));
    OK(arcella_instance_call(instance, "echo-pairs", &result, 1, &result, reterr));
    CHECK(arcella_value_count(&result) == 2 && !arcella_value_item(&result, 1, &v) &&
          v.kind == ARCELLA_TUPLE);
    CHECK(!arcella_value_item(&v, 1, &w) && !arcella_value_get_u32(&w, &number) && number == 70000);
    pairs[0] = arcella_value_list_u16(a, 2);
    pairs[1] = arcella_value_list_u16(b, 1);
    v = arcella_value_list(pairs, 2);
    OK(arcella_instance_call(instance, "echo-lists", &v, 1, &result, reterr));
    OK(arcella_value_copy(&result, &w, reterr));
    OK(arcella_instance_call(instance, "echo-lists", &result, 1, &result, reterr));
    CHECK(!arcella_value_item(&result, 0, &v) && !arcella_value_get_list_u16(&v, &span, &count) &&
          count == 2);
    CHECK(span[0] == 1 && span[1] == 2);
    OK(arcella_instance_call(instance, "echo-lists", &w, 1, &result, reterr));
    arcella_value_free(&w);
}

/* Records and lists reach a host function of the embedder's. */
static void check_total(arcella_instance *instance) {
    struct arcella_value lines[2], a[3], b[3], v, result;
    const struct arcella_value *payload;
    const char *text;
    size_t length;
    uint32_t number;
    double total;
    uint32_t prices[4] = {1, 20, 300, 4000000000u};
    uint64_t sum;
    a[0] = arcella_value_u32(2), a[1] = arcella_value_f64(10.5), a[2] = arcella_value_string("tea", 3);
    b[0] = arcella_value_u32(3), b[1] = arcella_value_f64(1), b[2] = arcella_value_string("b\xc3\xbcrste", 7);
    lines[0] = arcella_value_record(a, 3);
    lines[1] = arcella_value_record(b, 3);
    v = arcella_value_list(lines, 2);
    OK(arcella_instance_call(instance, "total", &v, 1, &result, reterr));
    CHECK(!arcella_value_get_case(&result, &number, &payload) && number == 0);
    CHECK(!arcella_value_get_f64(payload, &total) && total == 21 + 3 + 3 + 7);
    v = arcella_value_list(NULL, 0);
    OK(arcella_instance_call(instance, "total", &v, 1, &result, reterr));
    CHECK(!arcella_value_get_case(&result, &number, &payload) && number == 1);
    CHECK(!arcella_value_get_string(payload, &text, &length) && length == 14 && !memcmp(text, "nothing", 7));
    b[1] = arcella_value_f32(1);
    v = arcella_value_list(lines, 2);
    REFUSED(arcella_instance_call(instance, "total", &v, 1, &result, reterr), ARCELLA_E_INVALID,
            "argument 'lines': element 1: field 'price': expected f64, got f32");
    lines[0] = arcella_value_record(a, 2);
    REFUSED(arcella_instance_call(instance, "total", &v, 1, &result, reterr), ARCELLA_E_INVALID,
            "3 fields, got 2");
    lines[0] = arcella_value_record(NULL, 3);
    REFUSED(arcella_instance_call(instance, "total", &v, 1, &result, reterr), ARCELLA_E_INVALID, "NULL");
    v = arcella_value_list_u32(prices, 4);
    OK(arcella_instance_call(instance, "sum", &v, 1, &result, reterr));
    CHECK(!arcella_value_get_u64(&result, &sum) && sum == 4000000321u);
    v = arcella_value_string("m\xc3\xbc"
                             "de",
                             5);
    OK(arcella_instance_call(instance, "shout", &v, 1, &result, reterr));
    CHECK(!arcella_value_get_string(&result, &text, &length) && length == 5 &&
          !memcmp(text,
                  "M\xc3\xbc"
                  "DE",
                  5));
}

/* Every type through a guest to the embedder and back. */
static void check_mix(arcella_instance *instance) {
    struct arcella_value f[21], words[2], pair[2], two[2], payload, shape, v, result, w;
    const struct arcella_value *inside;
    uint16_t numbers[2] = {10, 20};
    const uint16_t *span;
    const char *text;
    size_t length, count;
    uint32_t number;
    arcella_func *func;
    bool b;
    f[0] = arcella_value_bool(true), f[1] = arcella_value_s8(-127), f[2] = arcella_value_u8(254);
    f[3] = arcella_value_s16(-32767), f[4] = arcella_value_u16(65534), f[5] = arcella_value_s32(-5);
    f[6] = arcella_value_u32(5), f[7] = arcella_value_s64(INT64_MAX),
    f[8] = arcella_value_u64(UINT64_MAX - 1);
    f[9] = arcella_value_f32(1.0f), f[10] = arcella_value_f64(2.0), f[11] = arcella_value_char(0x1f600);
    f[12] = arcella_value_string("abc", 3), f[13] = arcella_value_flags(5), f[14] = arcella_value_enum(1);
    payload = arcella_value_u32(21);
    f[15] = arcella_value_some(&payload);
    words[0] = arcella_value_string("de", 2), words[1] = arcella_value_string("", 0);
    f[16] = arcella_value_ok(&words[0]);
    pair[0] = arcella_value_u8(9), pair[1] = arcella_value_f32(1.5f);
    shape = arcella_value_tuple(pair, 2);
    f[17] = arcella_value_variant(2, &shape);
    f[18] = arcella_value_list_u16(numbers, 2);
    f[19] = arcella_value_list(words, 2);
    two[0] = arcella_value_u8(3), two[1] = arcella_value_string("xy", 2);
    f[20] = arcella_value_tuple(two, 2);
    v = arcella_value_record(f, 21);
    OK(arcella_instance_func(instance, "mix", &func, reterr));
    OK(arcella_func_call(func, &v, 1, &result, reterr));
    CHECK(arcella_value_count(&result) == 21);
    const struct arcella_value *g = result.of.items;
    CHECK(!arcella_value_get_bool(&g[0], &b) && !b);
    CHECK(g[1].of.s64 == -128 && g[2].of.u64 == 255 && g[3].of.s64 == -32768 && g[4].of.u64 == 65535);
    CHECK(g[5].of.s64 == -6 && g[6].of.u64 == 6 && g[7].of.s64 == INT64_MIN && g[8].of.u64 == UINT64_MAX);
    CHECK(g[9].of.f32 == 1.5f && g[10].of.f64 == 1.5 && g[11].of.u64 == 0x1f601);
    CHECK(!arcella_value_get_string(&g[12], &text, &length) && length == 3 && !memcmp(text, "cba", 3));
    CHECK(!arcella_value_get_flags(&g[13], &number) && number == 2);
    CHECK(!arcella_value_get_case(&g[14], &number, NULL) && number == 0);
    CHECK(!arcella_value_get_case(&g[15], &number, &inside) && number == 1 && inside->of.u64 == 42);
    CHECK(!arcella_value_get_case(&g[16], &number, &inside) && number == 0 &&
          !memcmp(inside->of.text, "ed", 2));
    CHECK(!arcella_value_get_case(&g[17], &number, &inside) && number == 2);
    CHECK(!arcella_value_item(inside, 1, &w) && w.of.f32 == -1.5f);
    CHECK(!arcella_value_get_list_u16(&g[18], &span, &count) && count == 2 && span[0] == 11 && span[1] == 21);
    CHECK(arcella_value_count(&g[19]) == 2 && !arcella_value_item(&g[19], 0, &w) &&
          !memcmp(w.of.text, "ed", 2));
    CHECK(!arcella_value_item(&g[20], 1, &w) && !memcmp(w.of.text, "yx", 2));
    /* and again with what came */
    OK(arcella_func_call(func, &result, 1, &result, reterr));
    CHECK(result.of.items[15].of.items->of.u64 == 84);
    /* types tell names */
    const arcella_type *all = arcella_func_param(func, 0), *of;
    CHECK(arcella_type_count(all) == 21 && arcella_type_find(all, "shape") == 17);
    CHECK(arcella_type_find(all, "nobody") == ARCELLA_E_NOT_FOUND);
    of = arcella_type_part(all, 17);
    CHECK(arcella_type_kind(of) == ARCELLA_VARIANT && arcella_type_find(of, "pair") == 2);
    text = arcella_type_label(of, 1, &length);
    CHECK(length == 6 && !memcmp(text, "number", 6));
    CHECK(arcella_type_kind(arcella_type_part(of, 1)) == ARCELLA_U64 && !arcella_type_part(of, 0));
    CHECK(!*arcella_type_label(of, 9, NULL));
    OK(arcella_instance_func(instance, "echo-u8", &func, reterr));
    CHECK(arcella_type_kind(arcella_type_part(arcella_func_result(func), 0)) == ARCELLA_U8);
}

static void check_order(arcella_instance *instance) {
    struct arcella_value args[3] = {arcella_value_s8(-8), arcella_value_f64(0.25), arcella_value_s64(-64)},
                         result;
    uint32_t number;
    OK(arcella_instance_call(instance, "swap", args, 3, &result, reterr));
    CHECK(result.of.items[0].of.s64 == -64 && result.of.items[1].of.f64 == 0.25 &&
          result.of.items[2].of.s64 == -8);
    args[0] = arcella_value_u32(50), args[1] = arcella_value_u32(8);
    OK(arcella_instance_call(instance, "less", args, 2, &result, reterr));
    CHECK(!arcella_value_get_u32(&result, &number) && number == 42);
}

static void check_resources(arcella_instance *instance, struct shop *shop) {
    struct arcella_value v = arcella_value_u32(21), thing, result;
    arcella_func *func;
    uint32_t number;
    OK(arcella_instance_call(instance, "cart-size", &v, 1, &result, reterr));
    CHECK(!arcella_value_get_u32(&result, &number) && number == 42 && shop->opened == 1 &&
          shop->dropped == 21);
    /* a resource of the embedder's, given and lent */
    OK(arcella_instance_func(instance, "take-cart", &func, reterr));
    v = arcella_value_own(arcella_func_param(func, 0), 100);
    OK(arcella_func_call(func, &v, 1, &result, reterr));
    CHECK(!arcella_value_get_u32(&result, &number) && number == 200 && shop->dropped == 121);
    OK(arcella_func_call(func, &v, 1, &result, reterr)); /* the numbers are the embedder's affair */
    v = arcella_value_borrow(&v);
    OK(arcella_instance_call(instance, "borrow-cart", &v, 1, &result, reterr));
    CHECK(shop->dropped == 221);
    REFUSED(arcella_func_call(func, &v, 1, &result, reterr), ARCELLA_E_INVALID, "expected own, got borrow");
    /* a resource of the guest's */
    v = arcella_value_u32(7);
    OK(arcella_instance_call(instance, "make-thing", &v, 1, &thing, reterr));
    CHECK(thing.kind == ARCELLA_OWN && !arcella_value_get_handle(&thing, &number));
    v = arcella_value_borrow(&thing);
    OK(arcella_instance_call(instance, "read-thing", &v, 1, &result, reterr));
    CHECK(result.of.u64 == 7);
    OK(arcella_instance_drop(instance, &thing, reterr));
    OK(arcella_instance_call(instance, "gone", NULL, 0, &result, reterr));
    CHECK(result.of.u64 == 7);
    REFUSED(arcella_instance_drop(instance, &v, reterr), ARCELLA_E_KIND, "own");
    v = arcella_value_u32(8);
    OK(arcella_instance_call(instance, "make-thing", &v, 1, &thing, reterr));
    OK(arcella_instance_call(instance, "eat-thing", &thing, 1, &result, reterr));
    OK(arcella_instance_call(instance, "gone", NULL, 0, &result, reterr));
    CHECK(result.of.u64 == 15);
    v = arcella_value_u32(1000); /* closed with the instance */
    OK(arcella_instance_call(instance, "keep-cart", &v, 1, NULL, reterr));
    CHECK(shop->dropped == 221);
}

static arcella_instance *make(arcella_component *component) {
    struct arcella_limits limits = ARCELLA_LIMITS_INIT;
    arcella_instance *instance = NULL;
    limits.call_wall_ms = 60000;
    limits.call_cpu_ms = 60000;
    OK(arcella_instance_new(component, &limits, &instance, reterr));
    arcella_instance_set_user(instance, &embedded);
    CHECK(arcella_instance_user(instance) == &embedded);
    return instance;
}

/* Each ends its instance, as an error with a code; none does harm. */
static void check_ends(arcella_component *component, struct shop *shop) {
    static const struct {
        const char *function;
        int code;
        const char *kind, *words;
    } ends[] = {
        {"fail", ARCELLA_E_TRAP, "unreachable", "call 'fail': trap"},
        {"outside", ARCELLA_E_TRAP, "out-of-bounds-memory-access", "trap"},
        {"bad-text", ARCELLA_E_TRAP, "string-out-of-bounds", "string"},
    };
    struct arcella_value v = arcella_value_u32(3), result;
    for (size_t i = 0; i < COUNT(ends); i++) {
        arcella_instance *instance = make(component);
        REFUSED(arcella_instance_call(instance, ends[i].function, NULL, 0, &result, reterr), ends[i].code,
                ends[i].words);
        if (strcmp(arcella_instance_trap(instance), ends[i].kind))
            fprintf(stderr, "%s: %s\n", ends[i].function, arcella_instance_trap(instance));
        CHECK(!strcmp(arcella_instance_trap(instance), ends[i].kind));
        REFUSED(arcella_instance_call(instance, "gone", NULL, 0, &result, reterr), ARCELLA_E_STATE, "gone");
        arcella_instance_free(instance);
    }
    for (shop->mode = 1; shop->mode < 12; shop->mode++) {
        arcella_instance *instance = make(component);
        arcella_error *error = NULL;
        int r = arcella_instance_call(instance, "note", &v, 1, NULL, &error);
        if (r != ARCELLA_E_TRAP && r != ARCELLA_E_CANCELLED)
            fprintf(stderr, "mode %d: %d %s\n", shop->mode, r, arcella_error_message(error));
        CHECK(r == ARCELLA_E_TRAP || r == ARCELLA_E_CANCELLED);
        CHECK(strstr(arcella_error_message(error), "host function") ||
              strstr(arcella_error_message(error), "view") || strstr(arcella_error_message(error), "result"));
        arcella_error_free(error);
        arcella_instance_free(instance);
    }
    shop->mode = 0;
    arcella_instance *instance = make(component);
    char loud[100];
    memset(loud, 'a', sizeof loud);
    v = arcella_value_string(loud, sizeof loud);
    REFUSED(arcella_instance_call(instance, "shout", &v, 1, &result, reterr), ARCELLA_E_TRAP,
            "that is too loud");
    CHECK(!strcmp(arcella_instance_trap(instance), "host-error"));
    arcella_instance_free(instance);
}

static void check_budgets(arcella_component *component) {
    struct arcella_limits limits = ARCELLA_LIMITS_INIT;
    arcella_instance *instance = NULL;
    static struct arcella_value items[8000];
    struct arcella_value v = arcella_value_s64(1), result;
    uint8_t *bytes = (uint8_t *)calloc(1, 1 << 20);
    CHECK(bytes);
    limits.call_wall_ms = 200;
    OK(arcella_instance_new(component, &limits, &instance, reterr));
    REFUSED(arcella_instance_call(instance, "spin", NULL, 0, NULL, reterr), ARCELLA_E_TIMEOUT, "spin");
    arcella_instance_free(instance);
    limits.call_wall_ms = ARCELLA_UNLIMITED;
    limits.call_cpu_ms = 100;
    OK(arcella_instance_new(component, &limits, &instance, reterr));
    REFUSED(arcella_instance_call(instance, "spin", NULL, 0, NULL, reterr), ARCELLA_E_LIMIT, "cpu-time");
    arcella_instance_free(instance);
    limits.call_cpu_ms = ARCELLA_UNLIMITED; /* and not watched at all */
    limits.copy_bytes = 1000;
    limits.memory_bytes = 1 << 20;
    OK(arcella_instance_new(component, &limits, &instance, reterr));
    v = arcella_value_u32(100);
    OK(arcella_instance_call(instance, "grow", &v, 1, &result, reterr));
    CHECK(result.of.u64 == UINT32_MAX && arcella_instance_memory_bytes(instance) == 65536);
    v = arcella_value_list_u8(bytes, 2000);
    REFUSED(arcella_instance_call(instance, "echo-u8", &v, 1, &result, reterr), ARCELLA_E_LIMIT, "copies");
    arcella_instance_free(instance);
    OK(arcella_instance_new(component, &limits, &instance, reterr));
    v = arcella_value_s64(1);
    REFUSED(arcella_instance_call(instance, "deep", &v, 1, &result, reterr), ARCELLA_E_LIMIT, "stack");
    arcella_instance_free(instance);
    limits.value_bytes = 5000;
    limits.copy_bytes = 0;
    OK(arcella_instance_new(component, &limits, &instance, reterr));
    for (size_t i = 0; i < COUNT(items); i++)
        items[i] = arcella_value_u8(1);
    v = arcella_value_list(items, COUNT(items)); /* values become bytes on their way */
    REFUSED(arcella_instance_call(instance, "echo-u8", &v, 1, &result, reterr), ARCELLA_E_LIMIT,
            "argument 'l'");
    v = arcella_value_list_u8(bytes, 1000);
    OK(arcella_instance_call(instance, "echo-u8", &v, 1, &result, reterr));
    arcella_instance_free(instance);
    free(bytes);
}

/* From inside a host function. */
static void check_inside(arcella_component *component, struct shop *shop) {
    struct arcella_value v = arcella_value_u32(3);
    arcella_instance *instance = make(component);
    shop->other = make(component);
    shop->component = component;
    shop->noted = 0;
    shop->mode = 12;
    OK(arcella_instance_call(instance, "note", &v, 1, NULL, reterr));
    CHECK(shop->noted == 4);
    arcella_instance_free(shop->other);
    shop->mode = 13;
    OK(arcella_instance_call(instance, "note", &v, 1, NULL, reterr)); /* freed itself */
    shop->mode = 0;
}

/* Any type, by values. */
static int host_less_values(arcella_call *call, void *user) {
    const struct arcella_value *args;
    size_t count;
    uint32_t a = 0, b = 0;
    struct arcella_value result;
    int r = arcella_call_args(call, &args, &count);
    (void)user;
    if (r)
        return r;
    CHECK(count == 2 && !arcella_value_get_u32(&args[0], &a) && !arcella_value_get_u32(&args[1], &b));
    result = arcella_value_u32(a - b + 1000);
    return arcella_call_return(call, &result);
}

/* A function is replaced for instances made from now on. */
static void check_replace(arcella_runtime *runtime, arcella_component *component, struct shop *shop) {
    struct arcella_value args[2] = {arcella_value_u32(50), arcella_value_u32(8)}, result;
    struct arcella_item item = ARCELLA_ITEM_INIT;
    arcella_instance *before = make(component), *after, *none = NULL;
    OK(arcella_host_func(runtime, "acme:shop/till@1.0.0", "less", NULL, host_less_values, shop, reterr));
    after = make(component);
    OK(arcella_instance_call(before, "less", args, 2, &result, reterr));
    CHECK(result.of.u64 == 42);
    OK(arcella_instance_call(after, "less", args, 2, &result, reterr));
    CHECK(result.of.u64 == 1042);
    OK(arcella_host_func(runtime, "acme:shop/till@1.0.0", "less", "(u64, u32) -> u32", host_less, shop,
                         reterr));
    REFUSED(arcella_instance_new(component, NULL, &none, reterr), ARCELLA_E_LINK, "another type");
    OK(arcella_component_import(component, 0, &item, reterr));
    CHECK(item.provided && *item.signature);
    arcella_instance_free(before);
    /* the other is left to arcella_runtime_free() */
}

/* On a thread whose stack has no room for a guest's. */
static void *on_small_stack(void *unused) {
    struct shop shop = {0, 0, 0, NULL, NULL, 0};
    arcella_runtime *runtime = NULL;
    arcella_component *component = NULL;
    arcella_instance *instance;
    struct arcella_value args[2] = {arcella_value_u32(1), arcella_value_u32(2)}, result, v;
    union arcella_flat flat[16];
    arcella_func *func;
    uint32_t number;
    const char *text;
    size_t length;
    OK(arcella_runtime_new(NULL, &runtime, reterr));
    offer(runtime, &shop);
    OK(arcella_component_load_file(runtime, NULL, NULL, embedded, &component, reterr));
    instance = make(component);
    OK(arcella_instance_func(instance, "add", &func, reterr));
    OK(arcella_func_call(func, args, 2, &result, reterr));
    CHECK(!arcella_value_get_u32(&result, &number) && number == 3);
    flat[0].u64 = 40, flat[1].u64 = 2;
    OK(arcella_func_call_flat(func, flat, reterr));
    CHECK(flat[0].u32 == 42);
    v = arcella_value_string("hello", 5);
    OK(arcella_instance_call(instance, "shout", &v, 1, &result, reterr));
    CHECK(!arcella_value_get_string(&result, &text, &length) && length == 5 && !memcmp(text, "HELLO", 5));
    check_mix(instance);
    v = arcella_value_u32(3);
    OK(arcella_instance_call(instance, "note", &v, 1, NULL, reterr));
    CHECK(shop.noted == 3);
    shop.mode = 9;
    REFUSED(arcella_instance_call(instance, "note", &v, 1, NULL, reterr), ARCELLA_E_TRAP, "returned -5");
    arcella_runtime_free(runtime);
    return unused;
}

int main(int argc, char **argv) {
    struct shop shop = {0, 0, 0, NULL, NULL, 0};
    arcella_runtime *runtime = NULL;
    arcella_component *component = NULL;
    pthread_attr_t attributes;
    pthread_t thread;
    if (argc != 2)
        return 2;
    embedded = argv[1];
    check_numbers();
    check_builders();
    check_copies();
    OK(arcella_runtime_new(NULL, &runtime, reterr));
    offer(runtime, &shop);
    OK(arcella_component_load_file(runtime, "embedded", "1.0.0", embedded, &component, reterr));
    arcella_instance *instance = make(component);
    check_flat(instance);
    check_names(instance);
    check_hints(instance);
    check_spans(instance);
    check_lists(instance);
    check_total(instance);
    check_mix(instance);
    check_order(instance);
    check_resources(instance, &shop);
    arcella_instance_free(instance);
    CHECK(shop.dropped == 1221); /* the one it kept */
    check_ends(component, &shop);
    check_budgets(component);
    check_inside(component, &shop);
    check_replace(runtime, component, &shop);
    arcella_runtime_free(runtime);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 400 * 1024);
    CHECK(!pthread_create(&thread, &attributes, on_small_stack, NULL) && !pthread_join(thread, NULL));
    pthread_attr_destroy(&attributes);
    puts("ok");
    return 0;
}
