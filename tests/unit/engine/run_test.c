/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Runs: waiting at any depth, waking, slices, budgets, and every way to end a run at every place it can be.
 */
#include "engine/rig.h"

/* What the "wait" of a test does besides waiting. */
enum act {
    ACT_NONE,
    ACT_CANCEL_SELF,
    ACT_FREE_OTHER,
    ACT_CANCEL_OTHER,
    ACT_IGNORE_STOP,
    ACT_SILENT_STOP,
    ACT_WAKE_SELF
};
static enum act act;
static struct subject *other;

static int host_wait(struct engine_instance *instance, union engine_value *v, const void *row) {
    (void)row;
    struct subject *s = engine_user(instance);
    switch (act) {
    case ACT_CANCEL_SELF:
        engine_cancel(instance, ENGINE_END_STOPPED, "stopped from within");
        assert_int_equal(engine_wait(instance), ENGINE_STOP);
        return 0; /* forgotten on purpose: the engine remembers */
    case ACT_FREE_OTHER: other->instance = engine_instance_free(other->instance); return 0;
    case ACT_CANCEL_OTHER: engine_cancel(other->instance, ENGINE_END_STOPPED, NULL); return 0;
    case ACT_SILENT_STOP: return ENGINE_STOP;
    case ACT_WAKE_SELF: engine_wake(instance); break;
    default: break;
    }
    while (!s->gate) {
        s->waits++;
        if (engine_wait(instance)) {
            s->stops++;
            /* Once more must not abort. */
            assert_int_equal(engine_wait(instance), ENGINE_STOP);
            /* The store may still be looked at while it unwinds. */
            engine_memory(instance);
            return act == ACT_IGNORE_STOP ? 0 : ENGINE_STOP;
        }
        if (act == ACT_WAKE_SELF)
            break;
    }
    s->gate = 0;
    v[0].i32 += 1;
    return 0;
}

/* Call the guest back, which calls us back, until the argument is used up; then wait. */
static int host_back(struct engine_instance *instance, union engine_value *v, const void *row) {
    if (v[0].i32 == 0)
        return host_wait(instance, v, row);
    arcella_error *error = NULL;
    const char *function = v[0].i32 >= 100 ? "deep_trap" : "deep";
    int32_t less = v[0].i32 == 100 ? 0 : v[0].i32 - 1;
    union engine_value inner[1] = {{.i32 = less}};
    int r = engine_call_inside(instance, function, "i:i", inner, &error);
    if (r == ENGINE_STOP)
        return ENGINE_STOP;
    if (r) {
        v[0].i32 = r;
        arcella_error_free(error);
        return 0;
    }
    v[0].i32 = inner[0].i32 + 1;
    return 0;
}

static int host_stop(struct engine_instance *instance, union engine_value *v, const void *row) {
    (void)row;
    return engine_stop(instance, ENGINE_END_EXITED, v[0].i32, NULL);
}

static const struct engine_import imports[] = {
    {"host", "wait", "i:i", host_wait, NULL},
    {"host", "back", "i:i", host_back, NULL},
    {"host", "stop", "i:", host_stop, NULL},
};

static struct rig rig;
static struct engine_program *program;

static int open_rig(void **state) {
    (void)state;
    act = ACT_NONE;
    other = NULL;
    rig_open(&rig);
    program = rig_program(&rig, guest_waits, sizeof(guest_waits), imports, ARRAY_LENGTH(imports));
    return 0;
}

static int close_rig(void **state) {
    (void)state;
    program = engine_program_unref(program);
    rig_close(&rig);
    return 0;
}

/* Begin a call that waits and let it get there. */
static void call_until_waiting(struct subject *s, const char *function, int32_t value) {
    int before = s->waits;
    rig_call_with(s, function, "i:i", &(union engine_value){.i32 = value}, &rig_budget);
    while (s->waits == before)
        loop_run_once(rig.loop);
    rig_turn(&rig, 3);
    assert_int_equal(s->done, 0);
    assert_int_equal(s->waits, before + 1);
}

static void open_gate(struct subject *s) {
    s->gate = 1;
    engine_wake(s->instance);
}

static void test_wait(void **state) {
    (void)state;
    struct subject s = {0};
    rig_start(&s, &rig, program);
    call_until_waiting(&s, "wait", 5);
    engine_wake(s.instance); /* spurious: the host function looks and waits again */
    rig_turn(&rig, 3);
    assert_int_equal(s.waits, 2);
    assert_int_equal(s.done, 0);
    open_gate(&s);
    engine_wake(s.instance); /* twice is once */
    rig_settle(&s);
    assert_end(&s, ENGINE_END_RETURNED);
    assert_int_equal(s.results[0].i32, 6);
    /* The next run is not woken by what was left over. */
    s.gate = 0;
    engine_wake(s.instance);
    call_until_waiting(&s, "wait", 1);
    open_gate(&s);
    rig_settle(&s);
    /* Woken before it waits: the first wait returns at once. */
    act = ACT_WAKE_SELF;
    s.waits = 0;
    rig_call(&s, "wait", "i:i", 1);
    assert_int_equal(s.waits, 1);
    assert_end(&s, ENGINE_END_RETURNED);
    engine_instance_free(s.instance);
}

static void test_wait_nested(void **state) {
    (void)state;
    struct subject s = {0};
    rig_start(&s, &rig, program);
    call_until_waiting(&s, "deep", LIMIT_NESTING - 1);
    open_gate(&s);
    rig_settle(&s);
    assert_end(&s, ENGINE_END_RETURNED);
    assert_int_equal(s.results[0].i32, LIMIT_NESTING);
    /* One deeper is refused, and no worse. */
    rig_call(&s, "deep", "i:i", LIMIT_NESTING);
    assert_end(&s, ENGINE_END_RETURNED);
    assert_int_equal(s.results[0].i32, ARCELLA_E_LIMIT + LIMIT_NESTING - 1);
    engine_instance_free(s.instance);
}

static void test_trap_nested(void **state) {
    (void)state;
    struct subject s = {0};
    rig_start(&s, &rig, program);
    rig_call(&s, "deep_trap", "i:i", 102);
    assert_end(&s, ENGINE_END_TRAPPED);
    assert_string_equal(s.outcome.trap, "unreachable");
    assert_true(s.outcome.frame_count >= 1);
    engine_instance_free(s.instance);
}

static void test_many_waits(void **state) {
    (void)state;
    struct subject s = {0};
    rig_start(&s, &rig, program);
    rig_call_with(&s, "wait_many", "i:i", &(union engine_value){.i32 = 1000}, &rig_budget);
    while (!s.done) {
        open_gate(&s);
        loop_run_once(rig.loop);
    }
    assert_end(&s, ENGINE_END_RETURNED);
    assert_int_equal(s.results[0].i32, 2000);
    engine_instance_free(s.instance);
}

static void test_cancel_waiting(void **state) {
    (void)state;
    for (int depth = 0; depth < LIMIT_NESTING; depth++)
        for (int ignore = 0; ignore < 2; ignore++) {
            struct subject s = {0};
            act = ignore ? ACT_IGNORE_STOP : ACT_NONE;
            rig_start(&s, &rig, program);
            call_until_waiting(&s, "deep", depth);
            engine_cancel(s.instance, ENGINE_END_STOPPED, "stopped by the test");
            engine_cancel(s.instance, ENGINE_END_LOST, "too late");
            engine_wake(s.instance);
            assert_int_equal(s.done, 0);
            assert_true(engine_running(s.instance));
            rig_settle(&s);
            assert_int_equal(s.stops, 1);
            assert_end(&s, ENGINE_END_STOPPED);
            assert_string_equal(s.outcome.message, "stopped by the test");
            assert_true(s.outcome.frame_count >= 1);
            assert_refused(engine_call(s.instance, "spin", ":", NULL, NULL, rig_on_done, reterr),
                           ARCELLA_E_STATE, "");
            engine_instance_free(s.instance);
        }
}

static void test_cancel_spinning(void **state) {
    (void)state;
    struct subject s = {0};
    rig_start(&s, &rig, program);
    rig_call_with(&s, "spin", ":", NULL, NULL);
    rig_turn(&rig, 5);
    assert_int_equal(s.done, 0);
    engine_cancel(s.instance, ENGINE_END_STOPPED, NULL);
    rig_settle(&s);
    assert_end(&s, ENGINE_END_STOPPED);
    assert_string_equal(s.outcome.message, "was stopped");
    assert_string_equal(s.outcome.frames[0].name, "spin");
    assert_true(s.outcome.cpu_ns > 0);
    engine_cancel(s.instance, ENGINE_END_STOPPED, NULL); /* no run: nothing */
    rig_turn(&rig, 3);
    assert_int_equal(s.done, 1);
    engine_instance_free(s.instance);
}

static void test_cancel_before_it_begins(void **state) {
    (void)state;
    struct subject s = {0};
    rig_start(&s, &rig, program);
    rig_call_with(&s, "spin", ":", NULL, NULL);
    engine_cancel(s.instance, ENGINE_END_WALL_TIME, NULL);
    rig_settle(&s);
    assert_end(&s, ENGINE_END_WALL_TIME);
    engine_instance_free(s.instance);

    rig_begin_with(&s, &rig, program, &rig_limits, NULL);
    engine_cancel(s.instance, ENGINE_END_STOPPED, NULL);
    rig_settle(&s);
    assert_end(&s, ENGINE_END_STOPPED);
    engine_instance_free(s.instance);
}

static void test_cancel_from_within(void **state) {
    (void)state;
    struct subject s = {0};
    rig_start(&s, &rig, program);
    act = ACT_CANCEL_SELF;
    rig_call(&s, "wait", "i:i", 1);
    assert_end(&s, ENGINE_END_STOPPED);
    assert_string_equal(s.outcome.message, "stopped from within");
    engine_instance_free(s.instance);

    act = ACT_SILENT_STOP;
    rig_start(&s, &rig, program);
    rig_call(&s, "wait", "i:i", 1);
    assert_end(&s, ENGINE_END_FAILED);
    assert_non_null(strstr(s.outcome.message, "host.wait"));
    engine_instance_free(s.instance);
}

static void test_exit(void **state) {
    (void)state;
    for (int code = 0; code < 4; code += 3) {
        struct subject s = {0};
        rig_start(&s, &rig, program);
        rig_call(&s, "exit", "i:", code);
        assert_end(&s, ENGINE_END_EXITED);
        assert_int_equal(s.outcome.exit_code, code);
        assert_int_equal(s.outcome.frame_count, 0);
        assert_refused(engine_call(s.instance, "spin", ":", NULL, NULL, rig_on_done, reterr), ARCELLA_E_STATE,
                       "");
        engine_instance_free(s.instance);
    }
}

/* One instance's host function frees or cancels another that waits, computes, or has not begun. */
static void test_end_another(void **state) {
    (void)state;
    for (int how = ACT_FREE_OTHER; how <= ACT_CANCEL_OTHER; how++)
        for (int where = 0; where < 3; where++) {
            struct subject a = {0}, b = {0};
            act = ACT_NONE;
            rig_start(&a, &rig, program);
            rig_start(&b, &rig, program);
            if (where == 0)
                call_until_waiting(&b, "deep", 2);
            else
                rig_call_with(&b, "spin", ":", NULL, NULL);
            if (where == 1)
                rig_turn(&rig, 3);
            act = how;
            other = &b;
            rig_call(&a, "wait", "i:i", 1);
            assert_end(&a, ENGINE_END_RETURNED);
            if (how == ACT_FREE_OTHER) {
                assert_null(b.instance);
                assert_int_equal(b.done, 0);
            } else {
                rig_settle(&b);
                assert_end(&b, ENGINE_END_STOPPED);
                engine_instance_free(b.instance);
            }
            assert_int_equal(b.stops, where == 0);
            rig_turn(&rig, 3);
            engine_instance_free(a.instance);
        }
}

static void test_free_running(void **state) {
    (void)state;
    struct subject s = {0};
    rig_start(&s, &rig, program);
    call_until_waiting(&s, "deep", 3);
    engine_instance_free(s.instance);
    assert_int_equal(s.stops, 1);
    rig_turn(&rig, 3);
    assert_int_equal(s.done, 0);

    rig_start(&s, &rig, program);
    rig_call_with(&s, "spin_after_wait", ":", NULL, &rig_budget);
    rig_turn(&rig, 3);
    open_gate(&s);
    rig_turn(&rig, 3);
    engine_instance_free(s.instance);
    rig_turn(&rig, 3);
    assert_int_equal(s.done, 0);
}

static void test_start_section(void **state) {
    (void)state;
    struct engine_program *p =
        rig_program(&rig, guest_start_wait, sizeof(guest_start_wait), imports, ARRAY_LENGTH(imports));
    struct subject s = {0};
    rig_begin_with(&s, &rig, p, &rig_limits, &rig_budget);
    while (!s.waits)
        loop_run_once(rig.loop);
    rig_turn(&rig, 3);
    assert_int_equal(s.done, 0);
    open_gate(&s);
    rig_settle(&s);
    assert_end(&s, ENGINE_END_RETURNED);
    rig_call_with(&s, "got", ":i", NULL, NULL);
    rig_settle(&s);
    assert_int_equal(s.results[0].i32, 6);
    engine_instance_free(s.instance);
    /* Ended while its start section waits, by cancel and by free. */
    for (int i = 0; i < 2; i++) {
        s = (struct subject){0};
        rig_begin_with(&s, &rig, p, &rig_limits, &rig_budget);
        while (!s.waits)
            loop_run_once(rig.loop);
        rig_turn(&rig, 3);
        if (i == 0) {
            engine_cancel(s.instance, ENGINE_END_STOPPED, NULL);
            rig_settle(&s);
            assert_end(&s, ENGINE_END_STOPPED);
        }
        engine_instance_free(s.instance);
        assert_int_equal(s.stops, 1);
    }
    engine_program_unref(p);
}

static int see_memory(struct engine_instance *instance, union engine_value *v, const void *row) {
    (void)row;
    struct engine_memory m = engine_memory(instance);
    assert_int_equal(m.size, 64 * KIB);
    assert_memory_equal(m.base, "start", 5);
    arcella_error *error = NULL;
    assert_int_equal(engine_call_inside(instance, "got", ":i", v, &error), ARCELLA_E_STATE);
    arcella_error_free(error);
    v[0].i32 = 11;
    return 0;
}

static void test_start_section_memory(void **state) {
    (void)state;
    const struct engine_import seeing[] = {{"host", "wait", "i:i", see_memory, NULL}};
    struct engine_program *p = rig_program(&rig, guest_start_wait, sizeof(guest_start_wait), seeing, 1);
    struct subject s = {0};
    rig_start(&s, &rig, p);
    rig_call_with(&s, "got", ":i", NULL, NULL);
    rig_settle(&s);
    assert_int_equal(s.results[0].i32, 11);
    engine_instance_free(s.instance);
    engine_program_unref(p);
}

static void test_start_section_deep(void **state) {
    (void)state;
    struct engine_program *p =
        rig_program(&rig, guest_start_deep, sizeof(guest_start_deep), imports, ARRAY_LENGTH(imports));
    struct subject s = {0};
    rig_begin_with(&s, &rig, p, &rig_limits, &rig_budget);
    while (!s.waits)
        loop_run_once(rig.loop);
    open_gate(&s);
    rig_settle(&s);
    assert_end(&s, ENGINE_END_RETURNED);
    engine_instance_free(s.instance);
    engine_program_unref(p);
}

static void test_start_section_endless(void **state) {
    (void)state;
    struct engine_program *p = rig_program(&rig, guest_start_spin, sizeof(guest_start_spin), NULL, 0);
    struct subject s = {0};
    rig_begin_with(&s, &rig, p, &rig_limits, &(struct engine_budget){.cpu_ms = 20});
    rig_settle(&s);
    assert_end(&s, ENGINE_END_CPU_TIME);
    assert_non_null(strstr(s.outcome.message, "20 ms"));
    engine_instance_free(s.instance);
    rig_begin_with(&s, &rig, p, &rig_limits, &(struct engine_budget){.wall_ms = 20});
    rig_settle(&s);
    assert_end(&s, ENGINE_END_WALL_TIME);
    engine_instance_free(s.instance);
    rig_begin_with(&s, &rig, p, &rig_limits, NULL);
    rig_turn(&rig, 5);
    engine_cancel(s.instance, ENGINE_END_STOPPED, NULL);
    rig_settle(&s);
    assert_end(&s, ENGINE_END_STOPPED);
    engine_instance_free(s.instance);
    rig_begin_with(&s, &rig, p, &rig_limits, NULL);
    rig_turn(&rig, 5);
    engine_instance_free(s.instance);
    engine_program_unref(p);
}

static void test_cpu_budget(void **state) {
    (void)state;
    struct subject s = {0};
    rig_start(&s, &rig, program);
    rig_call_with(&s, "spin", ":", NULL, &(struct engine_budget){.cpu_ms = 50});
    rig_settle(&s);
    assert_end(&s, ENGINE_END_CPU_TIME);
    assert_string_equal(s.outcome.message, "used up its limit of 50 ms CPU time");
    assert_true(s.outcome.cpu_ns >= 50000000);
    assert_string_equal(s.outcome.frames[0].name, "spin");
    engine_instance_free(s.instance);
    /* A call within its budget. */
    rig_start(&s, &rig, program);
    rig_call_with(&s, "count", "I:I", &(union engine_value){.i64 = 100000}, &rig_budget);
    rig_settle(&s);
    assert_end(&s, ENGINE_END_RETURNED);
    assert_true(s.results[0].i64 == 100000);
    engine_instance_free(s.instance);
}

static void test_wall_budget(void **state) {
    (void)state;
    struct subject s = {0};
    rig_start(&s, &rig, program);
    uint64_t began = clock_monotonic_ms();
    rig_call_with(&s, "wait", "i:i", &(union engine_value){.i32 = 1}, &(struct engine_budget){.wall_ms = 30});
    rig_settle(&s);
    assert_end(&s, ENGINE_END_WALL_TIME);
    assert_string_equal(s.outcome.message, "took longer than its limit of 30 ms wall time");
    assert_int_equal(s.stops, 1);
    assert_true(clock_monotonic_ms() - began >= 29);
    engine_instance_free(s.instance);

    rig_start(&s, &rig, program);
    rig_call_with(&s, "spin", ":", NULL, &(struct engine_budget){.wall_ms = 30});
    rig_settle(&s);
    assert_end(&s, ENGINE_END_WALL_TIME);
    engine_instance_free(s.instance);
}

static void on_tick(struct loop_timer *timer, void *user) {
    (void)timer;
    uint64_t *at = user;
    *at = clock_monotonic_ns();
}

static int compare_u64(const void *a, const void *b) {
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* Two endless loops get equal shares, and neither a timer nor a third instance waits long for them. */
static void test_fairness(void **state) {
    (void)state;
    struct subject a = {0}, b = {0}, c = {0};
    rig_start(&a, &rig, program);
    rig_start(&b, &rig, program);
    rig_start(&c, &rig, program);
    rig_call_with(&a, "spin", ":", NULL, NULL);
    rig_call_with(&b, "spin", ":", NULL, NULL);
    enum { ROUNDS = 51 };
    uint64_t late[ROUNDS], calls[ROUNDS], at = 0;
    struct loop_timer *timer = NULL;
    assert_ok(loop_timer_new(rig.loop, on_tick, &at, &timer, reterr));
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t begun = clock_monotonic_ns();
        at = 0;
        loop_timer_start(timer, 5, 0);
        while (!at)
            loop_run_once(rig.loop);
        late[i] = at - begun > 5000000 ? at - begun - 5000000 : 0;
        begun = clock_monotonic_ns();
        rig_call_with(&c, "count", "I:I", &(union engine_value){.i64 = 10}, NULL);
        rig_settle(&c);
        calls[i] = clock_monotonic_ns() - begun;
    }
    loop_timer_free(timer);
    engine_cancel(a.instance, ENGINE_END_STOPPED, NULL);
    engine_cancel(b.instance, ENGINE_END_STOPPED, NULL);
    rig_settle(&a);
    rig_settle(&b);
    qsort(late, ROUNDS, sizeof(*late), compare_u64);
    qsort(calls, ROUNDS, sizeof(*calls), compare_u64);
    printf("beside two endless loops: a timer is late by %.2f ms (median, most %.2f), a short call takes "
           "%.2f ms "
           "(most %.2f); shares %.0f and %.0f ms\n",
           (double)late[ROUNDS / 2] / 1e6, (double)late[ROUNDS - 1] / 1e6, (double)calls[ROUNDS / 2] / 1e6,
           (double)calls[ROUNDS - 1] / 1e6, (double)a.outcome.cpu_ns / 1e6, (double)b.outcome.cpu_ns / 1e6);
    assert_true(late[ROUNDS / 2] < 50 * 1000000ull);
    assert_true(calls[ROUNDS / 2] < 50 * 1000000ull);
    assert_true(a.outcome.cpu_ns < 2 * b.outcome.cpu_ns && b.outcome.cpu_ns < 2 * a.outcome.cpu_ns);
    engine_instance_free(a.instance);
    engine_instance_free(b.instance);
    engine_instance_free(c.instance);
}

static void again(struct engine_instance *instance, const struct engine_outcome *outcome, void *user) {
    struct subject *s = user;
    s->outcome = *outcome;
    engine_cancel(instance, ENGINE_END_STOPPED, NULL); /* over already: nothing */
    if (outcome->end != ENGINE_END_RETURNED || ++s->waits == 3) {
        s->done = 1;
        return;
    }
    assert_ok(engine_call(instance, "count", "I:I", &(union engine_value){.i64 = 5}, NULL, again, reterr));
    if (s->waits == 2)
        engine_cancel(instance, ENGINE_END_STOPPED, "third time");
}

static void test_call_from_on_done(void **state) {
    (void)state;
    struct subject s = {0};
    rig_start(&s, &rig, program);
    s.done = 0;
    assert_ok(engine_call(s.instance, "count", "I:I", &(union engine_value){.i64 = 5}, NULL, again, reterr));
    rig_settle(&s);
    assert_end(&s, ENGINE_END_STOPPED);
    assert_string_equal(s.outcome.message, "third time");
    assert_int_equal(s.waits, 2);
    engine_instance_free(s.instance);
}

/* A run that waits, in the middle of which functions are called. */
static struct engine_program *interrupts(void) {
    return rig_program(&rig, guest_interrupts, sizeof(guest_interrupts), imports, ARRAY_LENGTH(imports));
}

static void begin_main(struct subject *s, struct engine_program *p) {
    *s = (struct subject){0};
    rig_start(s, &rig, p);
    rig_call_with(s, "main", ":i", NULL, &rig_budget);
    while (!s->waits)
        loop_run_once(rig.loop);
    rig_turn(&rig, 3);
    assert_int_equal(s->done, 0);
}

static void test_interrupt(void **state) {
    (void)state;
    struct engine_program *p = interrupts();
    struct subject s;
    begin_main(&s, p);
    assert_refused(engine_interrupt(s.instance, "nobody", reterr), ARCELLA_E_NOT_FOUND, "'nobody'");
    assert_refused(engine_interrupt(s.instance, "other", reterr), ARCELLA_E_INVALID,
                   "(i32) -> (), not () -> ()");
    assert_ok(engine_interrupt(s.instance, "raise", reterr));
    assert_refused(engine_interrupt(s.instance, "raise", reterr), ARCELLA_E_BUSY, "'raise'");
    rig_turn(&rig, 3);
    /* It has run; the wait it interrupted looked, found nothing, and goes on. */
    assert_int_equal(s.done, 0);
    assert_int_equal(s.waits, 2);
    assert_ok(engine_interrupt(s.instance, "raise", reterr));
    rig_turn(&rig, 3);
    open_gate(&s);
    rig_settle(&s);
    assert_end(&s, ENGINE_END_RETURNED);
    assert_int_equal(s.results[0].i32, 2);
    assert_refused(engine_interrupt(s.instance, "raise", reterr), ARCELLA_E_STATE, "no run");
    engine_instance_free(s.instance);
    engine_program_unref(p);
}

/* What is called waits itself; the wake-up both wait for must not be lost. */
static void test_interrupt_that_waits(void **state) {
    (void)state;
    struct engine_program *p = interrupts();
    struct subject s;
    begin_main(&s, p);
    assert_ok(engine_interrupt(s.instance, "raise_late", reterr));
    rig_turn(&rig, 3);
    assert_int_equal(s.waits, 2);
    open_gate(&s); /* the inner one takes it … */
    rig_turn(&rig, 3);
    assert_int_equal(s.waits, 3); /* … and the outer one looked once more */
    open_gate(&s);
    rig_settle(&s);
    assert_end(&s, ENGINE_END_RETURNED);
    assert_int_equal(s.results[0].i32, 7);
    engine_instance_free(s.instance);
    /* Cancelled and freed while the inner one waits. */
    for (int i = 0; i < 2; i++) {
        begin_main(&s, p);
        assert_ok(engine_interrupt(s.instance, "raise_late", reterr));
        rig_turn(&rig, 3);
        assert_int_equal(s.waits, 2);
        if (i == 0) {
            engine_cancel(s.instance, ENGINE_END_STOPPED, NULL);
            rig_settle(&s);
            assert_end(&s, ENGINE_END_STOPPED);
        }
        engine_instance_free(s.instance);
        assert_int_equal(s.stops, 2);
    }
    engine_program_unref(p);
}

static void test_interrupt_that_ends(void **state) {
    (void)state;
    struct engine_program *p = interrupts();
    struct subject s;
    begin_main(&s, p);
    assert_ok(engine_interrupt(s.instance, "trap", reterr));
    rig_settle(&s);
    assert_end(&s, ENGINE_END_TRAPPED);
    assert_string_equal(s.outcome.trap, "unreachable");
    engine_instance_free(s.instance);
    begin_main(&s, p);
    assert_ok(engine_interrupt(s.instance, "exit", reterr));
    rig_settle(&s);
    assert_end(&s, ENGINE_END_EXITED);
    assert_int_equal(s.outcome.exit_code, 3);
    engine_instance_free(s.instance);
    /* Endless: the budget of the run holds for it too. */
    s = (struct subject){0};
    rig_start(&s, &rig, p);
    rig_call_with(&s, "main", ":i", NULL, &(struct engine_budget){.cpu_ms = 20});
    rig_turn(&rig, 3);
    assert_ok(engine_interrupt(s.instance, "spin", reterr));
    rig_settle(&s);
    assert_end(&s, ENGINE_END_CPU_TIME);
    engine_instance_free(s.instance);
    /* Pending when the run is cancelled. */
    begin_main(&s, p);
    assert_ok(engine_interrupt(s.instance, "trap", reterr));
    engine_cancel(s.instance, ENGINE_END_STOPPED, NULL);
    rig_settle(&s);
    assert_end(&s, ENGINE_END_STOPPED);
    engine_instance_free(s.instance);
    engine_program_unref(p);
}

/* No room on the fiber for one more: it waits for a wait that has room. */
static void test_interrupt_too_deep(void **state) {
    (void)state;
    struct engine_program *p = interrupts();
    struct subject s = {0};
    rig_start(&s, &rig, p);
    call_until_waiting(&s, "deep", LIMIT_NESTING - 1);
    assert_ok(engine_interrupt(s.instance, "trap", reterr));
    rig_turn(&rig, 3);
    assert_int_equal(s.done, 0);
    open_gate(&s);
    rig_settle(&s);
    assert_end(&s, ENGINE_END_RETURNED);
    engine_instance_free(s.instance);
    engine_program_unref(p);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_rig, close_rig)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_wait),
        TEST(test_wait_nested),
        TEST(test_trap_nested),
        TEST(test_many_waits),
        TEST(test_cancel_waiting),
        TEST(test_cancel_spinning),
        TEST(test_cancel_before_it_begins),
        TEST(test_cancel_from_within),
        TEST(test_exit),
        TEST(test_end_another),
        TEST(test_free_running),
        TEST(test_start_section),
        TEST(test_start_section_memory),
        TEST(test_start_section_deep),
        TEST(test_start_section_endless),
        TEST(test_cpu_budget),
        TEST(test_wall_budget),
        TEST(test_fairness),
        TEST(test_call_from_on_done),
        TEST(test_interrupt),
        TEST(test_interrupt_that_waits),
        TEST(test_interrupt_that_ends),
        TEST(test_interrupt_too_deep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
