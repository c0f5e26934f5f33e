/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Programs: imports nobody provides are named all at once, types are compared, exports are told.
 */
#include "engine/rig.h"

static int add_one(struct engine_instance *instance, union engine_value *v, const void *row) {
    (void)instance;
    v[0].i32 += row ? 10 : 1;
    return 0;
}
static const struct engine_import imports[] = {{"host", "add_one", "i:i", add_one, NULL}};

static void test_missing(void **state) {
    (void)state;
    struct rig rig;
    rig_open(&rig);
    struct engine_module *module = rig_load(&rig, guest_imports, sizeof(guest_imports));
    struct engine_program *program = NULL;
    arcella_error *error = NULL;
    assert_int_equal(engine_program_new(module, imports, 1, &program, &error), ARCELLA_E_LINK);
    assert_null(program);
    const char *text = arcella_error_message(error);
    assert_non_null(strstr(text, "'host.add_one' (it is (i32) -> i32, not (i64) -> i32)"));
    assert_non_null(strstr(text, "'env.missing'"));
    assert_non_null(strstr(text, "'env.glob' (a global)"));
    assert_non_null(strstr(text, "'wasi_snapshot_preview1.fd_teleport'"));
    arcella_error_free(error);
    engine_module_unref(module);

    module = rig_load(&rig, guest_unstable, sizeof(guest_unstable));
    assert_refused(engine_program_new(module, imports, 1, &program, reterr), ARCELLA_E_UNSUPPORTED,
                   "'wasi_unstable.fd_write' (the WASI draft before preview 1)");
    engine_module_unref(module);
    rig_close(&rig);
}

/* A module that imports 3,000 different things; the message stays short and tells how many more there are. */
static void test_many_missing(void **state) {
    (void)state;
    struct rig rig;
    rig_open(&rig);
    enum { MANY = 3000 };
    BUFFER_AUTO wasm = BUFFER_INIT(MIB);
    assert_ok(buffer_add(&wasm, "\0asm\1\0\0\0\1\4\1\x60\0\0\2", 15, reterr));
    BUFFER_AUTO section = BUFFER_INIT(MIB);
    assert_ok(buffer_add(&section, (uint8_t[]){(MANY & 0x7f) | 0x80, MANY >> 7}, 2, reterr));
    for (int i = 0; i < MANY; i++)
        assert_ok(buffer_format(&section, reterr, "\4some\4%04d", i) ||
                  buffer_add(&section, "\0\0", 2, reterr));
    size_t n = section.length;
    assert_ok(buffer_add(&wasm, (uint8_t[]){(n & 0x7f) | 0x80, (n >> 7 & 0x7f) | 0x80, (uint8_t)(n >> 14)}, 3,
                         reterr));
    assert_ok(buffer_add(&wasm, section.data, n, reterr));
    struct engine_module *module = rig_load(&rig, (const uint8_t *)wasm.data, wasm.length);
    struct engine_program *program = NULL;
    assert_refused(engine_program_new(module, imports, 1, &program, reterr), ARCELLA_E_LINK,
                   "'some.0000', 'some.0001'");
    assert_refused(engine_program_new(module, imports, 1, &program, reterr), ARCELLA_E_LINK, "and 2968 more");
    engine_module_unref(module);
    rig_close(&rig);
}

static void test_exports(void **state) {
    (void)state;
    struct rig rig;
    rig_open(&rig);
    char signature[16];
    struct engine_program *program = rig_program(&rig, guest_basic, sizeof(guest_basic), imports, 1);
    assert_true(engine_program_export(program, "mix", signature, sizeof(signature)));
    assert_string_equal(signature, "IfF:F");
    assert_true(engine_program_export(program, "two", signature, sizeof(signature)));
    assert_string_equal(signature, ":iI");
    assert_true(engine_program_export(program, "reference", signature, sizeof(signature)));
    assert_string_equal(signature, "?:");
    assert_false(engine_program_export(program, "memory", signature, sizeof(signature)));
    assert_false(engine_program_export(program, "", signature, sizeof(signature)));
    assert_false(engine_program_export(program, "adds", signature, sizeof(signature)));
    assert_false(engine_program_export(program, "ad", signature, sizeof(signature)));
    engine_program_unref(engine_program_ref(program));
    engine_program_unref(program);

    program = rig_program(&rig, guest_vectors, sizeof(guest_vectors), NULL, 0);
    assert_true(engine_program_export(program, "v", signature, sizeof(signature)));
    assert_string_equal(signature, "V:V");
    assert_true(engine_program_export(program, "many", signature, sizeof(signature)));
    assert_string_equal(signature, "iiiiiiiiiiiiiii");
    struct subject s = {0};
    rig_start(&s, &rig, program);
    union engine_value v = {.v128 = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}};
    rig_call_with(&s, "v", "V:V", &v, NULL);
    rig_settle(&s);
    assert_memory_equal(s.results[0].v128, v.v128, 16);
    engine_instance_free(s.instance);
    engine_program_unref(program);
    rig_close(&rig);
}

static void test_imported_twice(void **state) {
    (void)state;
    struct rig rig;
    struct subject s = {0};
    rig_open(&rig);
    struct engine_program *program = rig_program(&rig, guest_twice, sizeof(guest_twice), imports, 1);
    rig_start(&s, &rig, program);
    rig_call(&s, "f", "i:i", 1);
    assert_int_equal(s.results[0].i32, 3);
    engine_instance_free(s.instance);
    engine_program_unref(program);
    /* Two programs of one module may have other imports. */
    static const int row = 1;
    const struct engine_import others[] = {{"host", "add_one", "i:i", add_one, &row}};
    program = rig_program(&rig, guest_twice, sizeof(guest_twice), others, 1);
    rig_start(&s, &rig, program);
    rig_call(&s, "f", "i:i", 1);
    assert_int_equal(s.results[0].i32, 21);
    engine_instance_free(s.instance);
    engine_program_unref(program);
    const struct engine_import bad[] = {{"host", "add_one", "i:x", add_one, NULL}};
    struct engine_module *module = rig_load(&rig, guest_twice, sizeof(guest_twice));
    assert_refused(engine_program_new(module, bad, 1, &program, reterr), ARCELLA_E_LINK,
                   "it is (i32) -> ref, not (i32) -> i32");
    engine_module_unref(module);
    rig_close(&rig);
}

static void test_spelt(void **state) {
    (void)state;
    static const struct {
        const char *signature, *spelt;
    } rows[] = {
        {":", "() -> ()"},
        {"i:", "(i32) -> ()"},
        {"iIfFV:I", "(i32, i64, f32, f64, v128) -> i64"},
        {"?:ii", "(ref) -> (i32, i32)"},
        {"…", "(…) -> …"},
        {"ii…", "(i32, i32, …) -> …"},
        {"i:…", "(i32) -> (…)"},
        {"i:ii…", "(i32) -> (i32, i32, …)"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        char text[ENGINE_SPELT_BYTES];
        engine_signature_spell(rows[i].signature, text, sizeof(text));
        assert_string_equal(text, rows[i].spelt);
    }
    /* The longest there is has room, and what has none is cut. */
    char longest[ENGINE_SIGNATURE_BYTES], text[ENGINE_SPELT_BYTES], few[8];
    memset(longest, 'V', sizeof(longest));
    memcpy(longest + sizeof(longest) - 5, ":V", 3);
    engine_signature_spell(longest, text, sizeof(text));
    assert_string_equal(text + strlen(text) - 13, "v128) -> v128");
    engine_signature_spell(longest, few, sizeof(few));
    assert_string_equal(few, "(v128, ");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spelt),          cmocka_unit_test(test_missing),
        cmocka_unit_test(test_many_missing),   cmocka_unit_test(test_exports),
        cmocka_unit_test(test_imported_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
