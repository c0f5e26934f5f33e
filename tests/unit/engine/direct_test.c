/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Direct calls: on the caller's stack, within a budget, never waiting, one inside another's run.
 */
#include <pthread.h>

#include "engine/parts_rig.h"

static struct rig rig;
static struct engine_part *deep;
static const struct engine_instance *on_processor;

static void note_processor(const struct engine_instance *now, void *user) {
    (void)user;
    on_processor = now;
}

/* What an instance of "deep" can do; the user pointer of tests that nest is the subject's. */
struct deep {
    struct subject s;
    struct engine_func down, wait, trap, spin, count, forever;
    struct deep *other; /* called directly by our host function */
    struct engine_budget other_budget;
    struct engine_outcome other_outcome;
    int other_result;
    bool spin_other, free_other;
    int code;
};

static struct deep *deep_of(struct engine_instance *instance) {
    return CONTAINER_OF(engine_user(instance), struct deep, s);
}

static int host_wait(struct engine_instance *instance, union engine_value *v, const void *row) {
    (void)row;
    if (engine_wait(instance)) {
        assert_int_equal(engine_wait(instance), ENGINE_STOP);
        return ENGINE_STOP;
    }
    v[0].i32 += 100;
    return 0;
}

/* Calls itself deeper, or another instance directly. */
static int host_down(struct engine_instance *instance, union engine_value *v, const void *row) {
    (void)row;
    struct deep *d = deep_of(instance);
    if (v[0].i32 > 0) {
        union engine_value inner = {.i32 = v[0].i32 - 1};
        int r = engine_func_call(instance, &d->down, &inner, 1);
        v[0].i32 = inner.i32;
        return r;
    }
    if (!d->other)
        return 0;
    if (d->free_other) {
        d->other->s.instance = engine_instance_free(d->other->s.instance);
        return 0;
    }
    struct one_call call = {.func = d->spin_other ? d->other->spin : d->other->down, .value = 3};
    d->other_result = engine_call_direct(d->other->s.instance, one_call_body, &call, &d->other_budget,
                                         &d->other_outcome, NULL);
    assert_ptr_equal(on_processor, instance);
    v[0].i32 = call.value;
    return 0;
}
static const struct engine_import down = {"host", "down", "i:i", host_down, NULL};
static const struct engine_import waits = {"host", "wait", "i:i", host_wait, NULL};

static int open_rig(void **state) {
    (void)state;
    rig_open(&rig);
    engine_watch_processor(rig.engine, note_processor, NULL);
    deep = RIG_PART(&rig, deep);
    return 0;
}

static int close_rig(void **state) {
    (void)state;
    deep = engine_part_unref(deep);
    rig_close(&rig);
    return 0;
}

static void begin(struct deep *d) {
    *d = (struct deep){0};
    rig_bare(&d->s, &rig);
    struct engine_item items[2] = {rig_host(&d->s, &down), rig_host(&d->s, &waits)};
    struct engine_core core = rig_add(&d->s, deep, items, 2);
    d->down = rig_func(&d->s, &core, "down");
    d->wait = rig_func(&d->s, &core, "wait");
    d->trap = rig_func(&d->s, &core, "trap");
    d->spin = rig_func(&d->s, &core, "spin");
    d->count = rig_func(&d->s, &core, "count");
    d->forever = rig_func(&d->s, &core, "forever");
}

static void end(struct deep *d) {
    d->s.instance = engine_instance_free(d->s.instance);
}

/* A call that does not return. */
static int direct(struct deep *d, struct engine_func func, const struct engine_budget *budget) {
    struct one_call call = {.func = func, .value = 5};
    rig_keep_signals();
    memset(&d->s.outcome, 0xff, sizeof(d->s.outcome));
    return engine_call_direct(d->s.instance, one_call_body, &call, budget, &d->s.outcome, NULL);
}

static void test_returns(void **state) {
    (void)state;
    struct deep d;
    begin(&d);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(rig_direct(&d.s, d.down, i % 20), i % 20 + 1);
        assert_false(engine_running(d.s.instance));
        assert_null(on_processor);
    }
    /* With and without a bound, between runs on the fiber. */
    struct one_call call = {.func = d.count, .value = 10};
    assert_ok(engine_call_direct(d.s.instance, one_call_body, &call, NULL, NULL, reterr));
    assert_int_equal(rig_one(&d.s, d.count, 100), 0);
    assert_int_equal(direct(&d, d.count, NULL), 0);
    end(&d);
}

static void test_budgets(void **state) {
    (void)state;
    static const struct {
        struct engine_budget budget;
        enum engine_end end;
    } cases[] = {
        {{.cpu_ms = 6}, ENGINE_END_CPU_TIME},
        {{.wall_ms = 6}, ENGINE_END_WALL_TIME},
        {{.wall_ms = 6, .cpu_ms = 60000}, ENGINE_END_WALL_TIME},
        {{.wall_ms = 60000, .cpu_ms = 1}, ENGINE_END_CPU_TIME},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct deep d;
        begin(&d);
        /* Many short ones are not ended by the ticks between them. */
        for (int k = 0; k < 3000; k++)
            assert_int_equal(direct(&d, d.count, &cases[i].budget), 0);
        uint64_t before = clock_monotonic_ms();
        assert_int_equal(direct(&d, d.spin, &cases[i].budget), ENGINE_STOP);
        assert_true(clock_monotonic_ms() - before < RIG_PATIENCE_MS / 2);
        assert_end(&d.s, cases[i].end);
        assert_string_equal(d.s.outcome.frames[0].name, "spin");
        assert_true(cases[i].end != ENGINE_END_CPU_TIME || d.s.outcome.cpu_ns >= 1000000);
        assert_int_equal(direct(&d, d.count, NULL), ARCELLA_E_STATE);
        end(&d);
    }
    /* The ticker sleeps again when nobody runs. */
    struct engine_stats one, two;
    usleep(20000);
    engine_stats(rig.engine, &one);
    usleep(20000);
    engine_stats(rig.engine, &two);
    assert_int_equal(one.ticks, two.ticks);
}

static void test_waits(void **state) {
    (void)state;
    struct deep d;
    begin(&d);
    assert_int_equal(direct(&d, d.wait, &rig_budget), ENGINE_STOP);
    assert_end(&d.s, ENGINE_END_FAILED);
    assert_non_null(strstr(d.s.outcome.message, "cannot wait"));
    engine_wake(d.s.instance); /* nobody there */
    end(&d);
}

static void test_traps(void **state) {
    (void)state;
    struct deep d;
    begin(&d);
    assert_int_equal(direct(&d, d.trap, NULL), ENGINE_STOP);
    assert_end(&d.s, ENGINE_END_TRAPPED);
    assert_string_equal(d.s.outcome.trap, "unreachable");
    assert_string_equal(d.s.outcome.frames[0].module, "deep");
    end(&d);
    begin(&d);
    assert_int_equal(direct(&d, d.forever, NULL), ENGINE_STOP);
    assert_end(&d.s, ENGINE_END_STACK);
    end(&d);
    /* Nesting without end stops somewhere, cleanly. */
    begin(&d);
    struct one_call call = {.func = d.down, .value = INT32_MAX};
    rig_keep_signals();
    assert_int_equal(engine_call_direct(d.s.instance, one_call_body, &call, NULL, &d.s.outcome, NULL),
                     ENGINE_STOP);
    assert_end(&d.s, ENGINE_END_STACK);
    end(&d);
}

static int ends_body(struct engine_instance *instance, void *arg) {
    struct deep *d = deep_of(instance);
    switch (*(int *)arg) {
    case 0: return ENGINE_STOP;
    case 1: return engine_trap(instance, "unknown-handle", "no handle %d", 7);
    case 2: return engine_stop(instance, ENGINE_END_EXITED, 3, NULL);
    case 3: engine_cancel(instance, ENGINE_END_STOPPED, "from within"); return 0;
    case 4:
        assert_false(engine_can_wait(instance));
        assert_int_equal(engine_wait(instance), ENGINE_STOP);
        return ENGINE_STOP;
    default:
        /* Busy with itself. */
        d->code = engine_call_direct(instance, ends_body, arg, NULL, NULL, NULL);
        return 0;
    }
}

static void test_ends(void **state) {
    (void)state;
    static const enum engine_end ends[] = {ENGINE_END_FAILED, ENGINE_END_TRAPPED, ENGINE_END_EXITED,
                                           ENGINE_END_STOPPED, ENGINE_END_FAILED};
    for (int i = 0; i <= 5; i++) {
        struct deep d;
        begin(&d);
        int r = engine_call_direct(d.s.instance, ends_body, &i, NULL, &d.s.outcome, NULL);
        assert_int_equal(r, i == 5 ? 0 : ENGINE_STOP);
        if (i < 5)
            assert_end(&d.s, ends[i]);
        if (i == 5)
            assert_int_equal(d.code, ARCELLA_E_BUSY);
        end(&d);
    }
}

/* --- from another instance's run --- */

static void test_nested(void **state) {
    (void)state;
    struct deep outer, inner, third;
    for (int on_fiber = 0; on_fiber < 2; on_fiber++) {
        begin(&outer);
        begin(&inner);
        begin(&third);
        outer.other = &inner;
        inner.other = &third;
        int32_t got = on_fiber ? rig_one(&outer.s, outer.down, 2) : rig_direct(&outer.s, outer.down, 2);
        /* Three guest frames of outer, four of inner, four of third. */
        assert_int_equal(got, 3 + 4 + 4);
        /* The inner one's trap is its own affair. */
        inner.other = NULL;
        outer.spin_other = true;
        outer.other_budget.cpu_ms = 3;
        got = on_fiber ? rig_one(&outer.s, outer.down, 2) : rig_direct(&outer.s, outer.down, 2);
        assert_int_equal(got, 3 + 3);
        assert_int_equal(outer.other_result, ENGINE_STOP);
        assert_int_equal(outer.other_outcome.end, ENGINE_END_CPU_TIME);
        /* Between two instances of which one is running: free the other. */
        outer.free_other = true;
        got = on_fiber ? rig_one(&outer.s, outer.down, 0) : rig_direct(&outer.s, outer.down, 0);
        assert_int_equal(got, 1);
        assert_null(inner.s.instance);
        end(&outer);
        end(&third);
    }
}

/* The outer's budget goes on while an inner call without one spins. */
static void test_nested_budget(void **state) {
    (void)state;
    static const struct {
        struct engine_budget budget;
        enum engine_end end;
    } cases[] = {{{.cpu_ms = 6}, ENGINE_END_CPU_TIME}, {{.wall_ms = 6}, ENGINE_END_WALL_TIME}};
    for (int i = 0; i < 4; i++) {
        struct deep outer, inner;
        begin(&outer);
        begin(&inner);
        outer.other = &inner;
        outer.spin_other = true;
        if (i / 2) {
            struct one_call call = {.func = outer.down};
            rig_body(&outer.s, one_call_body, &call, &cases[i % 2].budget);
            rig_settle(&outer.s);
        } else
            assert_int_equal(direct(&outer, outer.down, &cases[i % 2].budget), ENGINE_STOP);
        assert_end(&outer.s, cases[i % 2].end);
        assert_int_equal(outer.other_result, ENGINE_STOP);
        assert_int_equal(outer.other_outcome.end, cases[i % 2].end);
        end(&outer);
        end(&inner);
    }
}

/* An instance that waits on its fiber takes no direct call. */
static void test_busy(void **state) {
    (void)state;
    struct deep d;
    struct engine_core core;
    begin(&d);
    struct one_call call = {.func = d.wait};
    rig_body(&d.s, one_call_body, &call, NULL);
    rig_turn(&rig, 3);
    assert_int_equal(direct(&d, d.count, NULL), ARCELLA_E_BUSY);
    assert_int_equal(
        engine_core_add(d.s.instance, deep, (struct engine_item[2]){{0}}, 1, NULL, &core, &d.s.outcome, NULL),
        ARCELLA_E_LINK);
    engine_wake(d.s.instance);
    rig_settle(&d.s);
    assert_int_equal(call.value, 100);
    assert_int_equal(direct(&d, d.count, NULL), 0);
    end(&d);
}

static void *on_thread(void *arg) {
    struct deep *d = arg;
    struct one_call call = {.func = d->count, .value = 5};
    d->code = engine_call_direct(d->s.instance, one_call_body, &call, NULL, &d->s.outcome, NULL);
    return NULL;
}

/* A stack that is too small, or not the engine's thread's, is refused. */
static void test_small_stack(void **state) {
    (void)state;
    struct deep d;
    pthread_t thread;
    pthread_attr_t attributes;
    begin(&d);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 256 * KIB);
    assert_int_equal(pthread_create(&thread, &attributes, on_thread, &d), 0);
    pthread_join(thread, NULL);
    pthread_attr_destroy(&attributes);
    assert_int_equal(d.code, ARCELLA_E_LIMIT);
    assert_false(engine_running(d.s.instance));
    end(&d);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_rig, close_rig)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_returns),       TEST(test_budgets), TEST(test_waits),
        TEST(test_traps),         TEST(test_ends),    TEST(test_nested),
        TEST(test_nested_budget), TEST(test_busy),    TEST(test_small_stack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
