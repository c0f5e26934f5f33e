/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Bodies on the fiber: calls by handle, waiting at any depth, and every way to end them at every place.
 */
#include "engine/parts_rig.h"

static struct rig rig;
static struct engine_part *deep;

/* What the guest calls; the functions of the subject's only core. */
static struct engine_func func_down, func_wait, func_trap, func_spin, func_eat, func_count, func_forever;
static int frames_left; /* C frames that were returned through, and did not return 0 */
static int deepest;
static bool silent, trap_in_host;

/* A gate that stays open; others let one through. */
#define MANY 1000000

static int host_wait(struct engine_instance *instance, union engine_value *v, const void *row) {
    (void)row;
    struct subject *s = engine_user(instance);
    assert_true(engine_can_wait(instance));
    while (!s->gate) {
        s->waits++;
        if (engine_wait(instance)) {
            s->stops++;
            frames_left++;
            assert_true(engine_unwinding(instance));
            /* Nothing of the guest is called any more, and waiting is refused as often as one asks. */
            assert_int_equal(engine_func_call(instance, &func_trap, NULL, 0), ENGINE_STOP);
            assert_int_equal(engine_wait(instance), ENGINE_STOP);
            return ENGINE_STOP;
        }
    }
    s->gate -= s->gate < MANY;
    v[0].i32 += 100;
    return 0;
}

/* n > 0: call the guest, which calls us with less; 0: wait. */
static int host_down(struct engine_instance *instance, union engine_value *v, const void *row) {
    (void)row;
    if (v[0].i32 == 0)
        return host_wait(instance, v, NULL);
    if (trap_in_host)
        return engine_trap(instance, "invalid-utf8", "string of %d bytes is not UTF-8", v[0].i32);
    if (silent)
        return ENGINE_STOP;
    union engine_value inner = {.i32 = v[0].i32 - 1};
    deepest++;
    int r = engine_func_call(instance, &func_down, &inner, 1);
    if (r) {
        frames_left++;
        return r;
    }
    v[0].i32 = inner.i32;
    return 0;
}
static const struct engine_import down = {"host", "down", "i:i", host_down, NULL};
static const struct engine_import waits = {"host", "wait", "i:i", host_wait, NULL};

static int open_rig(void **state) {
    (void)state;
    rig_open(&rig);
    deep = RIG_PART(&rig, deep);
    frames_left = deepest = 0;
    silent = trap_in_host = false;
    return 0;
}

static int close_rig(void **state) {
    (void)state;
    deep = engine_part_unref(deep);
    rig_close(&rig);
    return 0;
}

static void begin(struct subject *s) {
    *s = (struct subject){0};
    rig_bare(s, &rig);
    struct engine_item items[2] = {rig_host(s, &down), rig_host(s, &waits)};
    struct engine_core core = rig_add(s, deep, items, 2);
    func_down = rig_func(s, &core, "down");
    func_wait = rig_func(s, &core, "wait");
    func_trap = rig_func(s, &core, "trap");
    func_spin = rig_func(s, &core, "spin");
    func_eat = rig_func(s, &core, "eat");
    func_count = rig_func(s, &core, "count");
    func_forever = rig_func(s, &core, "forever");
    frames_left = deepest = 0;
}

/* A body that holds something while it calls, waits and calls again. */
struct work {
    int32_t depth;
    int32_t sum;
    bool holds;
};
static int work_body(struct engine_instance *instance, void *arg) {
    struct work *work = arg;
    void *held = mem_alloc(100); /* what leaks if a frame is jumped over */
    work->holds = true;
    int r = 0;
    for (int i = 0; !r && i < 3; i++) {
        union engine_value v = {.i32 = work->depth};
        r = i == 1 ? host_wait(instance, &v, NULL) : engine_func_call(instance, &func_down, &v, 1);
        work->sum += v.i32;
    }
    mem_free(held);
    work->holds = false;
    return r;
}

static void open_gate(struct subject *s) {
    s->gate = 1;
    engine_wake(s->instance);
}

static void until_waiting(struct subject *s, int waits_before) {
    while (s->waits == waits_before)
        loop_run_once(rig.loop);
    rig_turn(&rig, 3);
    assert_int_equal(s->done, 0);
}

static void test_returns(void **state) {
    (void)state;
    struct subject s;
    struct work work = {.depth = 3};
    begin(&s);
    rig_body(&s, work_body, &work, &rig_budget);
    assert_refused(engine_run_body(s.instance, work_body, &work, NULL, rig_on_done, reterr), ARCELLA_E_BUSY,
                   "busy");
    until_waiting(&s, 0);
    engine_wake(s.instance); /* spurious */
    until_waiting(&s, 1);
    s.gate = 3;
    engine_wake(s.instance);
    rig_settle(&s);
    assert_end(&s, ENGINE_END_RETURNED);
    /* Twice 100 and one for each guest frame, and once 3 + 100. */
    assert_int_equal(work.sum, 104 + 103 + 104);
    assert_false(work.holds);
    s.gate = 1;
    assert_int_equal(rig_one(&s, func_wait, 7), 107);
    engine_instance_free(s.instance);
}

/* Drop at each place where the body is suspended: before it began, three levels deep, in the body itself,
 * three levels deep again. */
static void test_dropped(void **state) {
    (void)state;
    static const int c_frames[] = {0, 4, 1, 4};
    for (int how = 0; how < 2; how++)
        for (int place = 0; place < 4; place++) {
            struct subject s;
            struct work work = {.depth = 3};
            begin(&s);
            rig_body(&s, work_body, &work, &rig_budget);
            for (int i = 0; i < place; i++) {
                until_waiting(&s, i);
                frames_left = 0;
                if (i + 1 < place)
                    open_gate(&s);
            }
            assert_int_equal(s.waits, place);
            if (how) {
                engine_cancel(s.instance, ENGINE_END_STOPPED, "by the test");
                rig_settle(&s);
                assert_end(&s, ENGINE_END_STOPPED);
                assert_string_equal(s.outcome.message, "by the test");
                assert_int_equal(s.outcome.frame_count > 0, c_frames[place] > 1);
            }
            engine_instance_free(s.instance);
            assert_false(work.holds);
            assert_int_equal(s.stops, place > 0);
            assert_int_equal(frames_left, c_frames[place]);
        }
}

/* In the body's own wait: dropped where no guest frame stands on the fiber. */
static int wait_body(struct engine_instance *instance, void *arg) {
    union engine_value v = {.i32 = 0};
    int r = host_wait(instance, &v, NULL);
    *(int *)arg = r ? -1 : v.i32;
    return r;
}

static void test_body_waits(void **state) {
    (void)state;
    for (int how = 0; how < 3; how++) {
        struct subject s;
        int result = 0;
        begin(&s);
        rig_body(&s, wait_body, &result, &rig_budget);
        until_waiting(&s, 0);
        if (how == 0) {
            open_gate(&s);
            rig_settle(&s);
            assert_end(&s, ENGINE_END_RETURNED);
        } else if (how == 1) {
            engine_cancel(s.instance, ENGINE_END_LOST, NULL);
            rig_settle(&s);
            assert_end(&s, ENGINE_END_LOST);
        }
        engine_instance_free(s.instance);
        assert_int_equal(result, how ? -1 : 100);
    }
}

static void test_sliced(void **state) {
    (void)state;
    struct subject s, other = {0};
    begin(&s);
    struct one_call spin = {.func = func_spin};
    rig_body(&s, one_call_body, &spin, NULL);
    rig_turn(&rig, 3);
    /* Another runs beside it. */
    rig_bare(&other, &rig);
    struct engine_item items[2] = {rig_host(&other, &down), rig_host(&other, &waits)};
    struct engine_core core = rig_add(&other, deep, items, 2);
    assert_int_equal(rig_one(&other, rig_func(&other, &core, "count"), 5), 0);
    engine_instance_free(other.instance);
    assert_int_equal(s.done, 0);
    engine_cancel(s.instance, ENGINE_END_STOPPED, NULL);
    rig_settle(&s);
    assert_end(&s, ENGINE_END_STOPPED);
    assert_string_equal(s.outcome.frames[0].name, "spin");
    assert_string_equal(s.outcome.frames[0].module, "deep");
    assert_int_equal(spin.returned, ENGINE_STOP);
    engine_instance_free(s.instance);
    /* Dropped while it spins. */
    begin(&s);
    spin.func = func_spin;
    rig_body(&s, one_call_body, &spin, NULL);
    rig_turn(&rig, 3);
    engine_instance_free(s.instance);
    /* And within a budget. */
    begin(&s);
    spin.func = func_spin;
    rig_body(&s, one_call_body, &spin, &(struct engine_budget){.cpu_ms = 5});
    rig_settle(&s);
    assert_end(&s, ENGINE_END_CPU_TIME);
    engine_instance_free(s.instance);
    begin(&s);
    spin.func = func_spin;
    rig_body(&s, one_call_body, &spin, &(struct engine_budget){.wall_ms = 5});
    rig_settle(&s);
    assert_end(&s, ENGINE_END_WALL_TIME);
    engine_instance_free(s.instance);
}

static void test_nesting(void **state) {
    (void)state;
    struct subject s;
    /* Far deeper than whole stack classes would allow, since each level takes little. */
    begin(&s);
    s.gate = MANY;
    assert_int_equal(rig_one(&s, func_down, 50), 100 + 51);
    assert_end(&s, ENGINE_END_RETURNED);
    /* Without end: refused, and every frame returned through. */
    frames_left = deepest = 0;
    rig_one(&s, func_down, INT32_MAX);
    assert_end(&s, ENGINE_END_STACK);
    assert_non_null(strstr(s.outcome.message, "nest too deep"));
    assert_true(deepest > 100);
    assert_int_equal(frames_left, deepest);
    engine_instance_free(s.instance);
    /* A guest that uses up its stack is a trap of its own, at any depth. */
    begin(&s);
    rig_one(&s, func_forever, 0);
    assert_end(&s, ENGINE_END_STACK);
    engine_instance_free(s.instance);
    /* Most of the stack used up, then the host calls back, which uses most of it again. */
    begin(&s);
    s.gate = MANY;
    assert_int_equal(rig_one(&s, func_eat, 5000), 5000 + 100);
    assert_end(&s, ENGINE_END_RETURNED);
    engine_instance_free(s.instance);
}

static void test_traps(void **state) {
    (void)state;
    struct subject s;
    begin(&s);
    rig_one(&s, func_trap, 0);
    assert_end(&s, ENGINE_END_TRAPPED);
    assert_string_equal(s.outcome.trap, "unreachable");
    assert_string_equal(s.outcome.frames[0].name, "trap");
    engine_instance_free(s.instance);
    /* From a host function: the guest's frames are told. */
    begin(&s);
    trap_in_host = true;
    rig_one(&s, func_down, 5);
    trap_in_host = false;
    assert_end(&s, ENGINE_END_TRAPPED);
    assert_string_equal(s.outcome.trap, "invalid-utf8");
    assert_string_equal(s.outcome.message, "string of 5 bytes is not UTF-8");
    assert_string_equal(s.outcome.frames[0].name, "down");
    engine_instance_free(s.instance);
    /* From one that does not say why. */
    begin(&s);
    silent = true;
    rig_one(&s, func_down, 5);
    silent = false;
    assert_end(&s, ENGINE_END_FAILED);
    assert_string_equal(s.outcome.message, "host function host.down stopped without saying why");
    engine_instance_free(s.instance);
}

static int trap_body(struct engine_instance *instance, void *arg) {
    if (arg)
        return ENGINE_STOP;
    int r = engine_trap(instance, "unknown-handle", "no handle %d", 7);
    assert_int_equal(engine_trap(instance, "later", "too late"), ENGINE_STOP);
    return r;
}

static int exit_body(struct engine_instance *instance, void *arg) {
    return engine_stop(instance, ENGINE_END_EXITED, *(int *)arg, NULL);
}

static void test_body_ends(void **state) {
    (void)state;
    struct subject s;
    begin(&s);
    rig_body(&s, trap_body, NULL, NULL);
    rig_settle(&s);
    assert_end(&s, ENGINE_END_TRAPPED);
    assert_string_equal(s.outcome.trap, "unknown-handle");
    assert_string_equal(s.outcome.message, "no handle 7");
    assert_int_equal(s.outcome.frame_count, 0);
    engine_instance_free(s.instance);
    begin(&s);
    rig_body(&s, trap_body, &s, NULL);
    rig_settle(&s);
    assert_end(&s, ENGINE_END_FAILED);
    assert_non_null(strstr(s.outcome.message, "without saying why"));
    engine_instance_free(s.instance);
    begin(&s);
    rig_body(&s, exit_body, &(int){3}, NULL);
    rig_settle(&s);
    assert_end(&s, ENGINE_END_EXITED);
    assert_int_equal(s.outcome.exit_code, 3);
    engine_instance_free(s.instance);
    /* Cancelled before it began: it never runs. */
    begin(&s);
    struct work work = {.depth = 1};
    rig_body(&s, work_body, &work, NULL);
    engine_cancel(s.instance, ENGINE_END_STOPPED, NULL);
    rig_settle(&s);
    assert_end(&s, ENGINE_END_STOPPED);
    assert_int_equal(work.sum, 0);
    engine_instance_free(s.instance);
}

static void test_many(void **state) {
    (void)state;
    struct subject s;
    begin(&s);
    s.gate = MANY;
    for (int i = 0; i < 1000; i++)
        assert_int_equal(i % 2 ? rig_one(&s, func_wait, i) : rig_direct(&s, func_count, i + 1),
                         i % 2 ? i + 100 : 0);
    engine_instance_free(s.instance);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_rig, close_rig)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_returns), TEST(test_dropped), TEST(test_body_waits), TEST(test_sliced),
        TEST(test_nesting), TEST(test_traps),   TEST(test_body_ends),  TEST(test_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
