/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Instances: calls with values of every kind, refusals before anything runs, limits, poison, many of them.
 */
#include "engine/rig.h"

static int add_one(struct engine_instance *instance, union engine_value *v, const void *row) {
    assert_non_null(engine_user(instance));
    assert_int_equal(*(const int *)row, 42);
    v[0].i32 += 1;
    return 0;
}
static const int row_data = 42;
static const struct engine_import imports[] = {{"host", "add_one", "i:i", add_one, &row_data}};

static struct engine_program *basic(struct rig *rig) {
    return rig_program(rig, guest_basic, sizeof(guest_basic), imports, ARRAY_LENGTH(imports));
}

static void test_call(void **state) {
    (void)state;
    struct rig rig;
    struct subject s = {0};
    rig_open(&rig);
    struct engine_program *program = basic(&rig);
    rig_start(&s, &rig, program);
    assert_int_equal(s.outcome.memory_bytes, 64 * KIB);
    assert_false(s.outcome.memory_limit_hit);

    rig_call_with(&s, "add", "ii:i", (union engine_value[]){{.i32 = 40}, {.i32 = 2}}, NULL);
    rig_settle(&s);
    assert_end(&s, ENGINE_END_RETURNED);
    assert_int_equal(s.results[0].i32, 42);

    rig_call(&s, "host_add", "i:i", 6);
    assert_int_equal(s.results[0].i32, 7);

    rig_call_with(&s, "mix", "IfF:F", (union engine_value[]){{.i64 = -3}, {.f32 = 0.5f}, {.f64 = 4.0}}, NULL);
    rig_settle(&s);
    assert_true(s.results[0].f64 == 1.5);

    rig_call_with(&s, "nothing", ":", NULL, NULL);
    rig_settle(&s);
    assert_end(&s, ENGINE_END_RETURNED);

    s.instance = engine_instance_free(s.instance);
    engine_program_unref(program);
    rig_close(&rig);
}

static void on_two(struct engine_instance *instance, const struct engine_outcome *outcome, void *user) {
    struct subject *s = user;
    s->outcome = *outcome;
    s->done = 1;
    memcpy(s->results, engine_results(instance), sizeof(s->results));
}

static void test_two_results(void **state) {
    (void)state;
    struct rig rig;
    struct subject s = {0};
    rig_open(&rig);
    struct engine_program *program = basic(&rig);
    rig_start(&s, &rig, program);
    s.done = 0;
    assert_ok(engine_call(s.instance, "two", ":iI", NULL, NULL, on_two, reterr));
    rig_settle(&s);
    assert_int_equal(s.results[0].i32, 7);
    assert_true(s.results[1].i64 == -8);
    engine_instance_free(s.instance);
    engine_program_unref(program);
    rig_close(&rig);
}

static void test_refusals(void **state) {
    (void)state;
    struct rig rig;
    struct subject s = {0};
    rig_open(&rig);
    struct engine_program *program = basic(&rig);
    rig_begin_with(&s, &rig, program, &rig_limits, &rig_budget);
    const union engine_value v[2] = {{.i32 = 1}, {.i32 = 2}};
    assert_refused(engine_call(s.instance, "add", "ii:i", v, NULL, rig_on_done, reterr), ARCELLA_E_BUSY,
                   "busy");
    rig_settle(&s);
    assert_refused(engine_call(s.instance, "sub", "ii:i", v, NULL, rig_on_done, reterr), ARCELLA_E_NOT_FOUND,
                   "'sub'");
    assert_refused(engine_call(s.instance, "memory", ":", v, NULL, rig_on_done, reterr), ARCELLA_E_NOT_FOUND,
                   "'memory'");
    assert_refused(engine_call(s.instance, "add", "iI:i", v, NULL, rig_on_done, reterr), ARCELLA_E_INVALID,
                   "(i32, i32) -> i32, not (i32, i64) -> i32");
    assert_refused(engine_call(s.instance, "reference", "?:", v, NULL, rig_on_done, reterr),
                   ARCELLA_E_UNSUPPORTED, "references");
    /* None of that hurt. */
    rig_call_with(&s, "add", "ii:i", v, NULL);
    assert_refused(engine_call(s.instance, "add", "ii:i", v, NULL, rig_on_done, reterr), ARCELLA_E_BUSY,
                   "busy");
    rig_settle(&s);
    assert_int_equal(s.results[0].i32, 3);
    engine_instance_free(s.instance);
    assert_refused(engine_instance_new(
                       program, &(struct engine_limits){.memory_bytes = MIB, .table_elements = 1, .fuel = 1},
                       NULL, NULL, rig_on_done, &s.instance, reterr),
                   ARCELLA_E_INVALID, "fuel");
    engine_program_unref(program);
    rig_close(&rig);
}

static void test_memory_view(void **state) {
    (void)state;
    struct rig rig;
    struct subject s = {0};
    rig_open(&rig);
    struct engine_program *program = basic(&rig);
    rig_start(&s, &rig, program);
    struct engine_memory m = engine_memory(s.instance);
    assert_int_equal(m.size, 64 * KIB);
    assert_memory_equal(m.base + 16, "hello", 5);
    rig_call(&s, "grow", "i:i", 2);
    assert_int_equal(s.results[0].i32, 1);
    assert_int_equal(engine_memory(s.instance).size, 3 * 64 * KIB);
    assert_ptr_equal(engine_memory(s.instance).base, m.base);
    assert_ptr_equal(engine_loop(s.instance), rig.loop);
    engine_instance_free(s.instance);
    engine_program_unref(program);

    program = rig_program(&rig, guest_start_spin, sizeof(guest_start_spin), NULL, 0);
    rig_begin_with(&s, &rig, program, &rig_limits, &rig_budget);
    assert_null(engine_memory(s.instance).base);
    engine_instance_free(s.instance);
    engine_program_unref(program);
    rig_close(&rig);
}

static void test_memory_limit(void **state) {
    (void)state;
    struct rig rig;
    struct subject s = {0};
    rig_open(&rig);
    struct engine_program *program = basic(&rig);
    const struct engine_limits limits = {.memory_bytes = 2 * 64 * KIB + 100, .table_elements = 10};
    rig_begin_with(&s, &rig, program, &limits, NULL);
    rig_settle(&s);
    assert_false(s.outcome.memory_limit_hit);
    rig_call(&s, "grow", "i:i", 1);
    assert_int_equal(s.results[0].i32, 1);
    assert_true(s.outcome.memory_limit_hit);
    rig_call(&s, "grow", "i:i", 1);
    assert_int_equal(s.results[0].i32, -1);
    assert_end(&s, ENGINE_END_RETURNED);
    assert_int_equal(s.outcome.memory_bytes, 2 * 64 * KIB);
    engine_instance_free(s.instance);
    engine_program_unref(program);

    program = rig_program(&rig, guest_big_memory, sizeof(guest_big_memory), NULL, 0);
    assert_refused(engine_instance_new(program, &rig_limits, NULL, &s, rig_on_done, &s.instance, reterr),
                   ARCELLA_E_LIMIT, "6553600 bytes (6.3 MiB), its memory limit is 4194304 bytes (4 MiB)");
    engine_program_unref(program);

    /* Not exported, it shows only when it is made. */
    program = rig_program(&rig, guest_hidden_memory, sizeof(guest_hidden_memory), NULL, 0);
    rig_begin_with(&s, &rig, program, &rig_limits, NULL);
    rig_settle(&s);
    assert_end(&s, ENGINE_END_LIMIT);
    assert_non_null(strstr(s.outcome.message, "6553600 bytes"));
    assert_non_null(strstr(s.outcome.message, "limit is 4194304 bytes"));
    assert_true(s.outcome.memory_limit_hit);
    assert_refused(engine_call(s.instance, "f", ":", NULL, NULL, rig_on_done, reterr), ARCELLA_E_STATE,
                   "ended");
    engine_instance_free(s.instance);
    engine_program_unref(program);
    rig_close(&rig);
}

static void test_table_limit(void **state) {
    (void)state;
    struct rig rig;
    struct subject s = {0};
    rig_open(&rig);
    struct engine_program *program = rig_program(&rig, guest_big_table, sizeof(guest_big_table), NULL, 0);
    assert_refused(engine_instance_new(program, &rig_limits, NULL, &s, rig_on_done, &s.instance, reterr),
                   ARCELLA_E_LIMIT, "20000 elements, its table limit is 10000");
    engine_program_unref(program);

    program = rig_program(&rig, guest_hidden_table, sizeof(guest_hidden_table), NULL, 0);
    rig_begin_with(&s, &rig, program, &rig_limits, NULL);
    rig_settle(&s);
    assert_end(&s, ENGINE_END_LIMIT);
    assert_non_null(strstr(s.outcome.message, "20000 elements, its table limit is 10000"));
    assert_true(s.outcome.table_limit_hit);
    engine_instance_free(s.instance);
    engine_program_unref(program);

    program = rig_program(&rig, guest_grow_table, sizeof(guest_grow_table), NULL, 0);
    rig_start(&s, &rig, program);
    rig_call(&s, "grow", "i:i", 10000);
    assert_int_equal(s.results[0].i32, -1);
    assert_false(s.outcome.table_limit_hit);
    rig_call(&s, "grow", "i:i", 9999);
    assert_int_equal(s.results[0].i32, 1);
    assert_true(s.outcome.table_limit_hit);
    engine_instance_free(s.instance);
    engine_program_unref(program);
    rig_close(&rig);
}

static void test_poison(void **state) {
    (void)state;
    struct rig rig;
    struct subject s = {0};
    rig_open(&rig);
    struct engine_program *program = rig_program(&rig, guest_traps, sizeof(guest_traps), NULL, 0);
    rig_start(&s, &rig, program);
    rig_call(&s, "divide", "i:i", 1);
    assert_end(&s, ENGINE_END_RETURNED);
    rig_call(&s, "divide", "i:i", 0);
    assert_end(&s, ENGINE_END_TRAPPED);
    assert_refused(engine_call(s.instance, "divide", "i:i", s.results, NULL, rig_on_done, reterr),
                   ARCELLA_E_STATE, "no more calls");
    engine_instance_free(s.instance);
    engine_program_unref(program);
    rig_close(&rig);
}

static void test_start_sections(void **state) {
    (void)state;
    struct rig rig;
    struct subject s = {0};
    rig_open(&rig);
    struct engine_program *program = rig_program(&rig, guest_start_trap, sizeof(guest_start_trap), NULL, 0);
    rig_begin_with(&s, &rig, program, &rig_limits, NULL);
    rig_settle(&s);
    assert_end(&s, ENGINE_END_TRAPPED);
    assert_string_equal(s.outcome.trap, "unreachable");
    assert_string_equal(s.outcome.frames[0].name, "begin");
    assert_string_equal(s.outcome.frames[0].module, "bad_start");
    engine_instance_free(s.instance);
    engine_program_unref(program);

    program = rig_program(&rig, guest_out_of_bounds_data, sizeof(guest_out_of_bounds_data), NULL, 0);
    rig_begin_with(&s, &rig, program, &rig_limits, NULL);
    rig_settle(&s);
    assert_end(&s, ENGINE_END_TRAPPED);
    assert_string_equal(s.outcome.trap, "out-of-bounds-memory-access");
    engine_instance_free(s.instance);
    engine_program_unref(program);
    rig_close(&rig);
}

static void test_many(void **state) {
    (void)state;
    struct rig rig;
    rig_open(&rig);
    struct engine_program *program = basic(&rig);
    /* One after the other, half of them called, some freed while they start. */
    for (int i = 0; i < 1000; i++) {
        struct subject s = {0};
        rig_begin_with(&s, &rig, program, &rig_limits, i % 3 ? &rig_budget : NULL);
        if (i % 7) {
            rig_settle(&s);
            if (i % 2)
                rig_call(&s, "host_add", "i:i", i);
        }
        engine_instance_free(s.instance);
    }
    /* And together. */
    static struct subject together[200];
    memset(together, 0, sizeof(together));
    for (size_t i = 0; i < ARRAY_LENGTH(together); i++)
        rig_begin_with(&together[i], &rig, program, &rig_limits, &rig_budget);
    for (size_t i = 0; i < ARRAY_LENGTH(together); i++)
        rig_settle(&together[i]);
    for (size_t i = 0; i < ARRAY_LENGTH(together); i++) {
        together[i].free_when_done = true;
        rig_call_with(&together[i], "host_add", "i:i", &(union engine_value){.i32 = (int)i}, &rig_budget);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(together); i++) {
        rig_settle(&together[i]);
        assert_int_equal(together[i].results[0].i32, i + 1);
        assert_null(together[i].instance);
    }
    struct engine_stats stats;
    engine_stats(rig.engine, &stats);
    assert_int_equal(stats.instances_created, 1200);
    assert_true(stats.slices >= 1400);
    assert_int_equal(stats.compiles, 1);
    engine_program_unref(program);
    rig_close(&rig);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_call),         cmocka_unit_test(test_two_results),
        cmocka_unit_test(test_refusals),     cmocka_unit_test(test_memory_view),
        cmocka_unit_test(test_memory_limit), cmocka_unit_test(test_table_limit),
        cmocka_unit_test(test_poison),       cmocka_unit_test(test_start_sections),
        cmocka_unit_test(test_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
