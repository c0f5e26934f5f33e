/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Instances made of several modules: what they share, what is refused, start sections, no memory.
 */
#include "base/fault.h"
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

static int host_twice(struct engine_instance *instance, union engine_value *v, const void *row) {
    (void)instance;
    (void)row;
    v[0].i32 *= 2;
    return 0;
}
/* Digits of a number, in the order of the calls. */
static int called;
static int host_digit(struct engine_instance *instance, union engine_value *v, const void *row) {
    (void)instance;
    (void)v;
    called = 10 * called + *(const int *)row;
    return 0;
}

static const struct engine_import twice = {"host", "twice", "i:i", host_twice, NULL};
static const struct engine_import twice_wrong = {"host", "twice", "I:i", host_twice, NULL};

static int host_wait(struct engine_instance *instance, union engine_value *v, const void *row) {
    (void)row;
    struct subject *s = engine_user(instance);
    while (!s->gate) {
        s->waits++;
        if (engine_wait(instance)) {
            s->stops++;
            return ENGINE_STOP;
        }
    }
    v[0].i32 += 10;
    return 0;
}
static const struct engine_import waits = {"host", "wait", "i:i", host_wait, NULL};

/* Calls an earlier core back: what a start section's import may do. */
static struct engine_func back;
static int host_back(struct engine_instance *instance, union engine_value *v, const void *row) {
    (void)row;
    union engine_value inner[2] = {{.i32 = v[0].i32}, {.i32 = 100}};
    int r = engine_func_call(instance, &back, inner, 2);
    v[0].i32 = inner[0].i32;
    return r;
}
static const struct engine_import calls_back = {"host", "down", "i:i", host_back, NULL};

/* lib, and what user imports of it. */
static void add_lib(struct subject *s, struct engine_item items[5]) {
    struct engine_part *lib = RIG_PART(&rig, lib);
    struct engine_core core = rig_add(s, lib, NULL, 0);
    items[0] = rig_item(s, &core, "memory", ENGINE_MEMORY);
    items[1] = rig_item(s, &core, "table", ENGINE_TABLE);
    items[2] = rig_item(s, &core, "g", ENGINE_GLOBAL);
    items[3] = rig_item(s, &core, "load", ENGINE_FUNC);
    items[4] = rig_host(s, &twice);
    engine_part_unref(lib);
}

static void test_sharing(void **state) {
    (void)state;
    struct subject s = {0};
    struct engine_item items[5];
    rig_bare(&s, &rig);
    add_lib(&s, items);
    struct engine_part *user = RIG_PART(&rig, user);
    assert_int_equal(engine_part_imports(user), 5);
    assert_false(engine_part_has_start(user));
    struct engine_core one = rig_add(&s, user, items, 5), two = rig_add(&s, user, items, 5);
    engine_part_unref(user); /* the store holds the code */
    /* 42 stands at 16 in the memory of lib, the global is 7, the host makes 32 of 16. */
    assert_int_equal(rig_one(&s, rig_func(&s, &one, "sum"), 16), 42 + 7 + 32);
    assert_int_equal(rig_direct(&s, rig_func(&s, &one, "set"), 1000), 1000);
    assert_int_equal(rig_direct(&s, rig_func(&s, &two, "sum"), 16), 42 + 1000 + 32);
    assert_int_equal(rig_one(&s, rig_func(&s, &two, "indirect"), 1), 99);
    struct engine_memory memory = engine_memory_view(s.instance, &items[0].memory);
    assert_int_equal(memory.size, 64 * KIB);
    assert_int_equal(memory.base[16], 42);
    assert_int_equal(engine_memory_bytes(s.instance, &items[0].memory), memory.size);
    struct engine_usage usage;
    engine_usage(s.instance, &usage);
    assert_int_equal(usage.memory_bytes, 64 * KIB);
    char signature[16];
    engine_func_signature(s.instance, &items[3].func, signature, sizeof(signature));
    assert_string_equal(signature, "i:i");
    /* A table element that is empty, and the frames that tell whose it was. */
    struct one_call call = {.func = rig_func(&s, &one, "indirect"), .value = 0};
    rig_body(&s, one_call_body, &call, NULL);
    rig_settle(&s);
    assert_end(&s, ENGINE_END_TRAPPED);
    assert_string_equal(s.outcome.trap, "call-of-null-function");
    assert_string_equal(s.outcome.frames[0].module, "user");
    assert_int_equal(s.outcome.memory_bytes, 64 * KIB);
    assert_refused(engine_run_body(s.instance, one_call_body, &call, NULL, rig_on_done, reterr),
                   ARCELLA_E_STATE, "takes no more calls");
    engine_instance_free(s.instance);
}

static void test_lookups(void **state) {
    (void)state;
    struct subject s = {0};
    struct engine_item item;
    rig_bare(&s, &rig);
    struct engine_part *lib = RIG_PART(&rig, lib);
    struct engine_core core = rig_add(&s, lib, NULL, 0);
    engine_part_unref(lib);
    assert_false(engine_core_export(s.instance, &core, TEXT("nobody"), ENGINE_FUNC, &item));
    assert_false(engine_core_export(s.instance, &core, TEXT("memory"), ENGINE_FUNC, &item));
    assert_false(engine_core_export(s.instance, &core, TEXT("\xff"), ENGINE_FUNC, &item));
    assert_false(engine_core_export(s.instance, &core, (struct text){NULL, 0}, ENGINE_FUNC, &item));
    /* The first door finds nothing in it, and says so. */
    arcella_error *error = NULL;
    assert_int_equal(engine_call(s.instance, "load", "i:i", NULL, NULL, rig_on_done, &error),
                     ARCELLA_E_NOT_FOUND);
    arcella_error_free(error);
    assert_null(engine_memory(s.instance).base);
    engine_instance_free(s.instance);
}

static void test_wrong_imports(void **state) {
    (void)state;
    struct subject s = {0};
    struct engine_item items[5], wrong[5];
    struct engine_core core;
    rig_bare(&s, &rig);
    add_lib(&s, items);
    struct engine_part *user = RIG_PART(&rig, user);
#define ADD(count) engine_core_add(s.instance, user, wrong, count, NULL, &core, &s.outcome, reterr)
    memcpy(wrong, items, sizeof(items));
    assert_refused(ADD(4), ARCELLA_E_LINK, "4 imports are given, the module has 5");
    wrong[0] = items[1];
    assert_refused(ADD(5), ARCELLA_E_LINK, "lib::memory");
    memcpy(wrong, items, sizeof(items));
    wrong[4] = rig_host(&s, &twice_wrong);
    assert_refused(ADD(5), ARCELLA_E_LINK, "host::twice");
    memcpy(wrong, items, sizeof(items));
    wrong[2] = items[3];
    assert_refused(ADD(5), ARCELLA_E_LINK, "lib::g");
#undef ADD
    /* Nothing happened: the right ones still do. */
    core = rig_add(&s, user, items, 5);
    assert_int_equal(rig_one(&s, rig_func(&s, &core, "sum"), 16), 81);
    engine_part_unref(user);
    engine_instance_free(s.instance);
}

static void test_segments(void **state) {
    (void)state;
    static const char *const kinds[] = {"out-of-bounds-memory-access", "out-of-bounds-table-access"};
    for (int i = 0; i < 2; i++) {
        struct subject s = {0};
        struct engine_item items[5];
        struct engine_core core;
        rig_bare(&s, &rig);
        add_lib(&s, items);
        struct engine_part *bad = i ? RIG_PART(&rig, bad_elem) : RIG_PART(&rig, bad_data);
        arcella_error *error = NULL;
        rig_keep_signals();
        assert_int_equal(engine_core_add(s.instance, bad, &items[i], 1, NULL, &core, &s.outcome, &error),
                         ENGINE_STOP);
        assert_null(error);
        assert_end(&s, ENGINE_END_TRAPPED);
        assert_string_equal(s.outcome.trap, kinds[i]);
        assert_refused(engine_core_add(s.instance, bad, &items[i], 1, NULL, &core, &s.outcome, reterr),
                       ARCELLA_E_STATE, "takes no more calls");
        engine_part_unref(bad);
        engine_instance_free(s.instance);
    }
}

/* --- start sections --- */

static void begin_start(struct subject *s, struct engine_part *part, const struct engine_item *items,
                        size_t count, const struct engine_budget *budget, struct engine_core *ret) {
    s->done = 0;
    rig_keep_signals();
    assert_ok(engine_core_add_run(s->instance, part, items, count, budget, ret, rig_on_done, NULL, reterr));
    assert_int_equal(s->done, 0);
}

static void test_start_spins(void **state) {
    (void)state;
    struct subject s = {0};
    struct engine_core core;
    struct engine_part *part = RIG_PART(&rig, spin_start);
    assert_true(engine_part_has_start(part));
    for (int how = 0; how < 4; how++) {
        rig_bare(&s, &rig);
        begin_start(&s, part, NULL, 0, how == 1 ? &(struct engine_budget){.cpu_ms = 5} : NULL, &core);
        assert_refused(engine_core_add(s.instance, part, NULL, 0, NULL, &core, &s.outcome, reterr),
                       ARCELLA_E_BUSY, "busy");
        if (how) /* not even begun */
            rig_turn(&rig, 5);
        if (how < 2) {
            if (how == 0)
                engine_cancel(s.instance, ENGINE_END_STOPPED, NULL);
            rig_settle(&s);
            assert_end(&s, how ? ENGINE_END_CPU_TIME : ENGINE_END_STOPPED);
        } else if (how == 2) {
            assert_int_equal(s.done, 0);
            engine_cancel(s.instance, ENGINE_END_STOPPED, NULL);
            rig_settle(&s);
            assert_end(&s, ENGINE_END_STOPPED);
        }
        engine_instance_free(s.instance); /* the last: dropped in the middle */
    }
    /* At once, within a budget. */
    rig_bare(&s, &rig);
    struct engine_budget budget = {.cpu_ms = 5};
    rig_keep_signals();
    assert_int_equal(engine_core_add(s.instance, part, NULL, 0, &budget, &core, &s.outcome, NULL),
                     ENGINE_STOP);
    assert_end(&s, ENGINE_END_CPU_TIME);
    engine_instance_free(s.instance);
    engine_part_unref(part);
}

static void test_start_waits(void **state) {
    (void)state;
    struct engine_part *deep = RIG_PART(&rig, deep), *part = RIG_PART(&rig, wait_start);
    for (int how = 0; how < 3; how++) {
        struct subject s = {0};
        struct engine_core core;
        rig_bare(&s, &rig);
        struct engine_item items[2] = {rig_host(&s, &waits), rig_host(&s, &calls_back)};
        struct engine_item for_deep[2] = {items[1], items[0]};
        struct engine_core first = rig_add(&s, deep, for_deep, 2);
        back = rig_func(&s, &first, "add");
        begin_start(&s, part, items, 2, &rig_budget, &core);
        while (!s.waits)
            loop_run_once(rig.loop);
        if (how == 0) {
            s.gate = 1;
            engine_wake(s.instance);
            rig_settle(&s);
            assert_end(&s, ENGINE_END_RETURNED);
            assert_int_equal(rig_one(&s, rig_func(&s, &core, "seen"), 0), 11 + 103);
        } else if (how == 1) {
            engine_cancel(s.instance, ENGINE_END_WALL_TIME, "enough");
            rig_settle(&s);
            assert_end(&s, ENGINE_END_WALL_TIME);
            assert_string_equal(s.outcome.message, "enough");
        }
        engine_instance_free(s.instance);
        assert_int_equal(s.stops, how != 0);
        assert_int_equal(s.done, how != 2);
    }
    /* At once, it cannot wait, and says so. */
    struct subject s = {0};
    struct engine_core core;
    rig_bare(&s, &rig);
    struct engine_item items[2] = {rig_host(&s, &waits), rig_host(&s, &calls_back)};
    rig_keep_signals();
    assert_int_equal(engine_core_add(s.instance, part, items, 2, NULL, &core, &s.outcome, NULL), ENGINE_STOP);
    assert_end(&s, ENGINE_END_FAILED);
    assert_non_null(strstr(s.outcome.message, "cannot wait"));
    engine_instance_free(s.instance);
    engine_part_unref(deep);
    engine_part_unref(part);
}

static void test_start_refused(void **state) {
    (void)state;
    struct subject s = {0};
    struct engine_core core;
    struct engine_part *traps = RIG_PART(&rig, trap_start), *part = RIG_PART(&rig, wait_start);
    rig_bare(&s, &rig);
    begin_start(&s, traps, NULL, 0, NULL, &core);
    rig_settle(&s);
    assert_end(&s, ENGINE_END_TRAPPED);
    assert_string_equal(s.outcome.trap, "unreachable");
    assert_string_equal(s.outcome.frames[0].module, "trap_start");
    engine_instance_free(s.instance);

    rig_bare(&s, &rig);
    struct engine_item items[2] = {rig_host(&s, &twice_wrong), rig_host(&s, &twice)};
    assert_refused(
        engine_core_add_run(s.instance, part, items, 2, NULL, &core, rig_on_done, &s.outcome, reterr),
        ARCELLA_E_LINK, "host::wait");
    assert_refused(
        engine_core_add_run(s.instance, part, items, 1, NULL, &core, rig_on_done, &s.outcome, reterr),
        ARCELLA_E_LINK, "1 imports are given");
    engine_part_unref(part);
    /* Two different things imported by one name: each is where it belongs. */
    part = RIG_PART(&rig, twice_start);
    static const int digits[2] = {1, 2};
    static const struct engine_import first = {"a", "b", ":", host_digit, &digits[0]};
    static const struct engine_import second = {"a", "b", ":", host_digit, &digits[1]};
    items[0] = rig_host(&s, &first);
    items[1] = rig_host(&s, &second);
    called = 0;
    begin_start(&s, part, items, 2, NULL, &core);
    assert_int_equal(called, 0);
    rig_settle(&s);
    assert_end(&s, ENGINE_END_RETURNED);
    assert_int_equal(called, 12);
    /* Without a start function it is a run all the same. */
    struct engine_part *plain = RIG_PART(&rig, lib);
    begin_start(&s, plain, NULL, 0, NULL, &core);
    rig_settle(&s);
    assert_end(&s, ENGINE_END_RETURNED);
    engine_part_unref(plain);
    engine_part_unref(part);
    engine_part_unref(traps);
    engine_instance_free(s.instance);
}

static void test_part_of_other_code(void **state) {
    (void)state;
    struct engine_module *module = NULL;
    struct engine_part *part = NULL;
    struct module_info info;
    assert_ok(engine_module_compile(rig.engine, part_lib, sizeof(part_lib), &module, reterr));
    assert_ok(module_info_read(part_user, sizeof(part_user), &info, reterr));
    assert_refused(engine_part_new(module, &info, &part, reterr), ARCELLA_E_CORRUPT, "not of this module");
    module_info_done(&info);
    assert_ok(module_info_read(part_grows, sizeof(part_grows), &info, reterr));
    assert_refused(engine_part_new(module, &info, &part, reterr), ARCELLA_E_CORRUPT, "not of this module");
    module_info_done(&info);
    engine_module_unref(module);
    assert_refused(engine_module_compile(rig.engine, "\0asm\x0d\0\1\0", 8, &module, reterr), ARCELLA_E_WASM,
                   "a component");
    struct engine_type *type = NULL;
    assert_refused(engine_type_new("x", &type, reterr), ARCELLA_E_INVALID, "no signature");
}

#ifdef ARCELLA_FAULTS
/* --- no memory --- */

static void on_done_life(struct engine_instance *instance, const struct engine_outcome *outcome, void *user) {
    (void)instance;
    *(enum engine_end *)user = outcome->end;
}

static int empty_body(struct engine_instance *instance, void *arg) {
    (void)instance;
    (void)arg;
    return 0;
}

/* A part made, two cores added, one with a start section, a body run. */
static int life(struct engine_module *module, struct engine_module *start, arcella_error **reterr) {
    struct engine_part *part = NULL, *other = NULL;
    struct engine_instance *instance = NULL;
    struct engine_core core;
    struct engine_item none;
    enum engine_end end = ENGINE_ENDS;
    struct module_info info = {.kind = MODULE_CORE}, start_info = {.kind = MODULE_CORE};
    int r = module_info_read(part_lib, sizeof(part_lib), &info, reterr);
    r = r ? r : module_info_read(part_trap_start, sizeof(part_trap_start), &start_info, reterr);
    r = r ? r : engine_part_new(module, &info, &part, reterr);
    r = r ? r : engine_part_new(start, &start_info, &other, reterr);
    r = r ? r : engine_instance_new_bare(rig.engine, &rig_limits, &end, &instance, reterr);
    r = r ? r : engine_core_add(instance, part, &none, 0, NULL, &core, NULL, reterr);
    r = r ? r : engine_core_add(instance, part, &none, 0, NULL, &core, NULL, reterr);
    r = r ? r : engine_run_body(instance, empty_body, NULL, &rig_budget, on_done_life, reterr);
    while (!r && end == ENGINE_ENDS)
        loop_run_once(rig.loop);
    assert_true(r || end == ENGINE_END_RETURNED);
    end = ENGINE_ENDS;
    r = r ? r
          : engine_core_add_run(instance, other, &none, 0, &rig_budget, &core, on_done_life, NULL, reterr);
    while (!r && end == ENGINE_ENDS)
        loop_run_once(rig.loop);
    assert_true(r || end == ENGINE_END_TRAPPED);
    engine_instance_free(instance);
    engine_part_unref(part);
    engine_part_unref(other);
    module_info_done(&info);
    module_info_done(&start_info);
    return r;
}

static void test_no_memory(void **state) {
    (void)state;
    struct engine_module *module = NULL, *start = NULL;
    assert_ok(engine_module_compile(rig.engine, part_lib, sizeof(part_lib), &module, reterr));
    assert_ok(engine_module_compile(rig.engine, part_trap_start, sizeof(part_trap_start), &start, reterr));
    rig_keep_signals();
    uint64_t nth = 1;
    for (;; nth++) {
        arcella_error *error = NULL;
        fault_set(FAULT_ALLOC, nth, ENOMEM);
        int r = life(module, start, &error);
        fault_set(FAULT_ALLOC, 0, 0);
        arcella_error_free(error);
        if (!r)
            break;
        assert_int_equal(r, ARCELLA_E_NOMEM);
        assert_true(nth < 1000);
    }
    assert_true(nth > 10);
    engine_module_unref(module);
    engine_module_unref(start);
}

#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sharing),       cmocka_unit_test(test_lookups),
        cmocka_unit_test(test_wrong_imports), cmocka_unit_test(test_segments),
        cmocka_unit_test(test_start_spins),   cmocka_unit_test(test_start_waits),
        cmocka_unit_test(test_start_refused), cmocka_unit_test(test_part_of_other_code),
#ifdef ARCELLA_FAULTS
        cmocka_unit_test(test_no_memory),
#endif

    };
    return cmocka_run_group_tests(tests, open_rig, close_rig);
}
