/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Outcomes: every kind of trap with its text code and frames, stack and fuel, what limits said.
 */
#include "engine/rig.h"

/* One trap each: what is called, how it ends, the innermost frames. */
static const struct {
    const char *function;
    const char *signature;
    const char *trap;
    const char *frame;
    uint32_t frames;
} traps[] = {
    {"unreachable", ":", "unreachable", "die", 2},
    {"memory_bounds", ":i", "out-of-bounds-memory-access", "load", 2},
    {"divide", "i:i", "integer-divide-by-zero", "", 1},
    {"overflow", ":i", "integer-overflow", "", 1},
    {"convert", ":i", "invalid-conversion-to-integer", "", 1},
    {"table_bounds", ":", "out-of-bounds-table-access", "", 1},
    {"null_call", ":", "call-of-null-function", "", 1},
    {"signature", ":", "call-with-wrong-signature", "", 1},
};

static void test_traps(void **state) {
    (void)state;
    struct rig rig;
    rig_open(&rig);
    struct engine_program *program = rig_program(&rig, guest_traps, sizeof(guest_traps), NULL, 0);
    for (size_t i = 0; i < ARRAY_LENGTH(traps); i++) {
        struct subject s = {0};
        rig_start(&s, &rig, program);
        rig_call(&s, traps[i].function, traps[i].signature, 0);
        assert_end(&s, ENGINE_END_TRAPPED);
        assert_string_equal(s.outcome.trap, traps[i].trap);
        assert_true(s.outcome.message[0] != '\0');
        assert_int_equal(s.outcome.frame_count, traps[i].frames);
        assert_string_equal(s.outcome.frames[0].module, "traps");
        assert_string_equal(s.outcome.frames[0].name, traps[i].frame);
        assert_true(s.outcome.frames[0].offset > 8 && s.outcome.frames[0].offset < sizeof(guest_traps));
        assert_int_equal(s.outcome.memory_bytes, 64 * KIB);
        engine_instance_free(s.instance);
    }
    engine_program_unref(program);
    rig_close(&rig);
}

static void test_stack(void **state) {
    (void)state;
    static const struct {
        uint64_t bytes;
        const char *text;
    } classes[] = {{512 * KIB, "512 KiB"}, {2 * MIB, "2 MiB"}, {8 * MIB, "8 MiB"}};
    for (size_t i = 0; i < ARRAY_LENGTH(classes); i++) {
        struct rig rig;
        struct subject s = {0};
        rig_open_with(&rig, &(struct engine_config){.stack_bytes = classes[i].bytes});
        struct engine_program *program = rig_program(&rig, guest_traps, sizeof(guest_traps), NULL, 0);
        rig_start(&s, &rig, program);
        rig_call(&s, "recurse", "i:i", 0);
        assert_end(&s, ENGINE_END_STACK);
        assert_non_null(strstr(s.outcome.message, classes[i].text));
        assert_int_equal(s.outcome.frame_count, ENGINE_FRAMES_MAX);
        assert_string_equal(s.outcome.frames[5].name, "recurse");
        engine_instance_free(s.instance);
        engine_program_unref(program);
        rig_close(&rig);
    }
}

static int dig_level, dig_frames;

static int host_dig(struct engine_instance *instance, union engine_value *v, const void *row) {
    (void)row;
    bool last = ++dig_level == LIMIT_NESTING - 1;
    v[0].i32 = last ? 0 : dig_frames;
    int r = engine_call_inside(instance, last ? "forever" : "dig", "i:i", v, NULL);
    assert_true(r == 0 || r == ENGINE_STOP);
    return r;
}

/* Each level of nesting may use a whole class: the fiber must have room for all of them, or the process dies.
 */
static void test_stack_nested(void **state) {
    (void)state;
    static const struct engine_import imports[] = {{"host", "dig", "i:i", host_dig, NULL}};
    struct rig rig;
    rig_open(&rig);
    struct engine_program *program = rig_program(&rig, guest_dig, sizeof(guest_dig), imports, 1);
    /* How many frames fit one level, by trying. */
    int fit = 0;
    for (int frames = 1000; frames < 100000; frames += 1000) {
        struct subject s = {0};
        dig_level = LIMIT_NESTING;
        dig_frames = 0;
        rig_start(&s, &rig, program);
        rig_call(&s, "forever", "i:i", 0);
        assert_end(&s, ENGINE_END_STACK);
        engine_instance_free(s.instance);
        s = (struct subject){0};
        rig_start(&s, &rig, program);
        dig_level = 0;
        dig_frames = frames;
        rig_call(&s, "dig", "i:i", frames);
        assert_end(&s, ENGINE_END_STACK);
        engine_instance_free(s.instance);
        if (dig_level < LIMIT_NESTING - 1)
            break;
        fit = frames;
    }
    printf("%d frames fit each of %d levels\n", fit, LIMIT_NESTING);
    assert_true(fit > 1000);
    engine_program_unref(program);
    rig_close(&rig);
}

static void test_fuel(void **state) {
    (void)state;
    struct rig rig;
    struct subject s = {0};
    rig_open_with(&rig, &(struct engine_config){.stack_bytes = 512 * KIB, .fuel = true});
    struct engine_program *program = rig_program(&rig, guest_fuelled, sizeof(guest_fuelled), NULL, 0);
    const struct engine_limits limits = {.memory_bytes = MIB, .table_elements = 10, .fuel = 10000};
    rig_begin_with(&s, &rig, program, &limits, NULL);
    rig_settle(&s);
    for (int i = 0; i < 3; i++) { /* fuel is per run */
        rig_call(&s, "count", "i:i", 1000);
        assert_end(&s, ENGINE_END_RETURNED);
        assert_in_range(s.outcome.fuel_used, 1000, 9999);
    }
    rig_call(&s, "count", "i:i", 1000000);
    assert_end(&s, ENGINE_END_FUEL);
    assert_string_equal(s.outcome.message, "used up its limit of 10000 fuel");
    assert_true(s.outcome.fuel_used >= 10000);
    engine_instance_free(s.instance);
    /* Metered but without a limit. */
    rig_start(&s, &rig, program);
    rig_call(&s, "count", "i:i", 1000000);
    assert_end(&s, ENGINE_END_RETURNED);
    assert_true(s.outcome.fuel_used >= 1000000);
    engine_instance_free(s.instance);
    engine_program_unref(program);
    rig_close(&rig);
}

static void test_memory_hint(void **state) {
    (void)state;
    struct rig rig;
    struct subject s = {0};
    rig_open(&rig);
    struct engine_program *program = rig_program(&rig, guest_traps, sizeof(guest_traps), NULL, 0);
    rig_begin_with(&s, &rig, program, &(struct engine_limits){.memory_bytes = 64 * KIB, .table_elements = 4},
                   NULL);
    rig_settle(&s);
    rig_call(&s, "unreachable", ":", 0);
    assert_true(s.outcome.memory_limit_hit);
    assert_true(s.outcome.table_limit_hit);
    assert_non_null(strstr(s.outcome.message, "; its memory stands at its limit of 64 KiB"));
    engine_instance_free(s.instance);
    engine_program_unref(program);
    rig_close(&rig);
}

static void test_names(void **state) {
    (void)state;
    for (int i = 0; i < ENGINE_ENDS; i++) {
        assert_true(strlen(engine_end_name((enum engine_end)i)) > 2);
        assert_true(strlen(engine_end_words((enum engine_end)i)) > 2);
    }
    assert_string_equal(engine_end_name(ENGINE_END_STACK), "stack-exhausted");
    assert_string_equal(engine_end_name(ENGINE_ENDS), "unknown");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_traps), cmocka_unit_test(test_stack),       cmocka_unit_test(test_stack_nested),
        cmocka_unit_test(test_fuel),  cmocka_unit_test(test_memory_hint), cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
