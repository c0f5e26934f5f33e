/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Limits on what the parts of an instance have together: memories and tables, seen and hidden, alone and
 * several.
 */
#include "engine/parts_rig.h"

static struct rig rig;

static int open_rig(void **state) {
    (void)state;
    rig_open(&rig);
    return 0;
}

static int close_rig(void **state) {
    (void)state;
    rig_close(&rig);
    return 0;
}

static void test_minimums(void **state) {
    (void)state;
    struct subject s = {0};
    struct engine_core core;
    struct engine_part *grows = RIG_PART(&rig, grows), *hidden = RIG_PART(&rig, hidden);
    rig_bare_with(&s, &rig, &(struct engine_limits){.memory_bytes = 3 * 64 * KIB, .table_elements = 2});
    rig_add(&s, grows, NULL, 0);
    rig_add(&s, grows, NULL, 0);
    assert_refused(engine_core_add(s.instance, grows, NULL, 0, NULL, &core, &s.outcome, reterr),
                   ARCELLA_E_LIMIT, "tables would begin with 3 elements together, its table limit is 2");
    rig_add(&s, hidden, NULL, 0);
    assert_refused(engine_core_add(s.instance, hidden, NULL, 0, NULL, &core, &s.outcome, reterr),
                   ARCELLA_E_LIMIT,
                   "memories would begin with 262144 bytes (256 KiB) together, its memory limit is 196608 "
                   "bytes (192 KiB)");
    assert_refused(
        engine_core_add_run(s.instance, hidden, NULL, 0, NULL, &core, rig_on_done, &s.outcome, reterr),
        ARCELLA_E_LIMIT, "memories");
    assert_false(engine_running(s.instance));
    engine_instance_free(s.instance);
    engine_part_unref(grows);
    engine_part_unref(hidden);
}

static void test_one_grows(void **state) {
    (void)state;
    struct subject s = {0};
    struct engine_part *grows = RIG_PART(&rig, grows);
    rig_bare_with(&s, &rig, &(struct engine_limits){.memory_bytes = 10 * 64 * KIB, .table_elements = 5});
    struct engine_core core = rig_add(&s, grows, NULL, 0);
    assert_int_equal(rig_one(&s, rig_func(&s, &core, "grow"), 9), 1);
    assert_true(s.outcome.memory_limit_hit);
    assert_int_equal(s.outcome.memory_bytes, 640 * KIB);
    assert_int_equal(rig_one(&s, rig_func(&s, &core, "grow"), 1), -1);
    assert_int_equal(rig_one(&s, rig_func(&s, &core, "grow_table"), 5), -1);
    assert_int_equal(rig_one(&s, rig_func(&s, &core, "grow_table"), 4), 1);
    assert_true(s.outcome.table_limit_hit);
    engine_instance_free(s.instance);
    engine_part_unref(grows);
}

static int grow_both(struct engine_instance *instance, void *arg) {
    struct engine_func *grow = arg;
    for (int i = 0; i < 2; i++) {
        union engine_value v = {.i32 = 7};
        if (engine_func_call(instance, &grow[i], &v, 1))
            return ENGINE_STOP;
    }
    return 0;
}

static void test_several_grow(void **state) {
    (void)state;
    struct engine_part *grows = RIG_PART(&rig, grows);
    const struct engine_limits limits = {.memory_bytes = 10 * 64 * KIB, .table_elements = 100};
    struct engine_func grow[2];
    struct engine_core cores[2];
    struct subject s = {0};
    rig_bare_with(&s, &rig, &limits);
    for (int i = 0; i < 2; i++) {
        cores[i] = rig_add(&s, grows, NULL, 0);
        grow[i] = rig_func(&s, &cores[i], "grow");
    }
    /* Each into what is free when the run begins. */
    assert_int_equal(rig_one(&s, grow[0], 9), -1);
    assert_int_equal(rig_one(&s, grow[0], 4), 1);
    assert_int_equal(rig_one(&s, grow[1], 3), 1);
    assert_int_equal(rig_one(&s, grow[0], 2), -1);
    assert_int_equal(rig_one(&s, grow[0], 1), 5);
    assert_int_equal(rig_one(&s, grow[1], 3), -1);
    assert_end(&s, ENGINE_END_RETURNED);
    engine_instance_free(s.instance);
    /* Both in one run: more than the limit together ends it, on the fiber and directly. */
    for (int direct = 0; direct < 2; direct++) {
        rig_bare_with(&s, &rig, &limits);
        for (int i = 0; i < 2; i++) {
            cores[i] = rig_add(&s, grows, NULL, 0);
            grow[i] = rig_func(&s, &cores[i], "grow");
        }
        if (direct) {
            rig_keep_signals();
            assert_int_equal(engine_call_direct(s.instance, grow_both, grow, NULL, &s.outcome, NULL),
                             ENGINE_STOP);
        } else {
            rig_body(&s, grow_both, grow, NULL);
            rig_settle(&s);
        }
        assert_end(&s, ENGINE_END_LIMIT);
        assert_string_equal(s.outcome.message,
                            "its memories have 1048576 bytes together, the limit is 655360");
        engine_instance_free(s.instance);
    }
    /* The same where the run would not end by itself. */
    rig_bare_with(&s, &rig, &limits);
    for (int i = 0; i < 2; i++) {
        cores[i] = rig_add(&s, grows, NULL, 0);
        grow[i] = rig_func(&s, &cores[i], i ? "grow_and_spin" : "grow");
    }
    rig_body(&s, grow_both, grow, NULL);
    rig_settle(&s);
    assert_end(&s, ENGINE_END_LIMIT);
    engine_instance_free(s.instance);
    engine_part_unref(grows);
}

static void test_hidden_grow(void **state) {
    (void)state;
    struct subject s = {0};
    struct engine_part *hidden = RIG_PART(&rig, hidden);
    rig_bare_with(&s, &rig, &(struct engine_limits){.memory_bytes = 10 * 64 * KIB, .table_elements = 100});
    struct engine_core one = rig_add(&s, hidden, NULL, 0);
    struct engine_core two = rig_add(&s, hidden, NULL, 0);
    /* Nobody sees how large they are, so each gets its half. */
    assert_int_equal(rig_one(&s, rig_func(&s, &one, "grow"), 5), -1);
    assert_int_equal(rig_one(&s, rig_func(&s, &one, "grow"), 4), 1);
    assert_int_equal(rig_one(&s, rig_func(&s, &two, "grow"), 5), -1);
    assert_int_equal(rig_one(&s, rig_func(&s, &two, "grow"), 4), 1);
    engine_instance_free(s.instance);
    engine_part_unref(hidden);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_minimums),
        cmocka_unit_test(test_one_grows),
        cmocka_unit_test(test_several_grow),
        cmocka_unit_test(test_hidden_grow),
    };
    return cmocka_run_group_tests(tests, open_rig, close_rig);
}
