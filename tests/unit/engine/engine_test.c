/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The engine itself: configurations, the code key, compiled code that is damaged or foreign, the environment,
 * a ticker that stands still, and no memory at every allocation.
 */
#include "base/fault.h"
#include "engine/rig.h"

static void test_configurations(void **state) {
    (void)state;
    struct loop *loop = NULL;
    struct engine *engine = NULL;
    assert_ok(loop_new(&loop, reterr));
    static const uint64_t wrong[] = {0, 1, 512 * KIB - 1, MIB, UINT64_MAX};
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++)
        assert_refused(engine_new(&(struct engine_config){.stack_bytes = wrong[i]}, loop, &engine, reterr),
                       ARCELLA_E_INVALID, "no stack class");
    assert_null(engine);
    assert_null(engine_free(NULL));
    for (int i = 0; i < 3; i++) {
        assert_ok(
            engine_new(&(struct engine_config){.stack_bytes = 512 * KIB << 2 * i, .parallel_compile = i == 1},
                       loop, &engine, reterr));
        engine = engine_free(engine);
    }
    loop_free(loop);
    assert_non_null(strstr(engine_name(), "wasmtime 48."));
}

static void test_code_key(void **state) {
    (void)state;
    BUFFER_AUTO a = BUFFER_INIT(1000);
    BUFFER_AUTO b = BUFFER_INIT(1000);
    BUFFER_AUTO c = BUFFER_INIT(1000);
    assert_ok(engine_code_key(&(struct engine_config){.stack_bytes = 512 * KIB}, &a, reterr));
    assert_ok(engine_code_key(&(struct engine_config){.stack_bytes = 8 * MIB}, &b, reterr));
    assert_ok(engine_code_key(&(struct engine_config){.stack_bytes = 512 * KIB, .fuel = true}, &c, reterr));
    printf("%s\n", a.data);
    assert_string_equal(a.data, b.data);
    assert_string_not_equal(a.data, c.data);
    assert_null(strchr(a.data, '\n'));
    assert_non_null(strstr(a.data, "wasmtime-48."));
    BUFFER_AUTO small = BUFFER_INIT(10);
    assert_refused(engine_code_key(&(struct engine_config){0}, &small, reterr), ARCELLA_E_TOO_LARGE, "");
}

static void write_file(const char *path, const void *bytes, size_t size) {
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, size, f), size);
    fclose(f);
}

static void test_code(void **state) {
    (void)state;
    struct rig rig;
    rig_open(&rig);
    char path[] = "/tmp/engine-test-XXXXXX";
    close(mkstemp(path));
    struct engine_module *module = NULL;
    BUFFER_AUTO code = BUFFER_INIT(64 * MIB);
    assert_ok(engine_compile(rig.engine, guest_fuelled, sizeof(guest_fuelled), &code, reterr));

    assert_refused(engine_module_load(rig.engine, "/nowhere/at/all", &module, reterr), ARCELLA_E_NOT_FOUND,
                   "/nowhere/at/all");
    assert_refused(engine_module_load(rig.engine, "/tmp", &module, reterr), ARCELLA_E_CORRUPT,
                   "no compiled code");
    assert_refused(engine_module_load(rig.engine, path, &module, reterr), ARCELLA_E_CORRUPT,
                   "no compiled code");
    write_file(path, "\177ELF", 4);
    assert_refused(engine_module_load(rig.engine, path, &module, reterr), ARCELLA_E_CORRUPT, "refused");
    write_file(path, guest_fuelled, sizeof(guest_fuelled));
    assert_refused(engine_module_load(rig.engine, path, &module, reterr), ARCELLA_E_CORRUPT, "refused");
    write_file(path, code.data, code.length / 2);
    assert_refused(engine_module_load(rig.engine, path, &module, reterr), ARCELLA_E_CORRUPT, "refused");
    assert_null(module);
    write_file(path, code.data, code.length);
    assert_ok(engine_module_load(rig.engine, path, &module, reterr));
    engine_module_unref(engine_module_ref(module));
    struct engine_stats stats;
    engine_stats(rig.engine, &stats);
    assert_int_equal(stats.modules, 1);
    assert_int_equal(stats.compiles, 1);
    engine_module_unref(module);
    rig_close(&rig);

    /* Code of an engine that does not meter is not code of one that does. */
    rig_open_with(&rig, &(struct engine_config){.stack_bytes = 512 * KIB, .fuel = true});
    assert_refused(engine_module_load(rig.engine, path, &module, reterr), ARCELLA_E_CORRUPT, "fuel");
    rig_close(&rig);
    /* But that of another stack class is. */
    rig_open_with(&rig, &(struct engine_config){.stack_bytes = 8 * MIB});
    assert_ok(engine_module_load(rig.engine, path, &module, reterr));
    engine_module_unref(module);
    rig_close(&rig);
    unlink(path);
}

static void test_compile_refusals(void **state) {
    (void)state;
    struct rig rig;
    rig_open(&rig);
    BUFFER_AUTO code = BUFFER_INIT(64 * MIB);
    uint8_t bad[sizeof(guest_fuelled)];
    assert_refused(engine_compile(rig.engine, "", 0, &code, reterr), ARCELLA_E_WASM, "too few");
    assert_refused(engine_compile(rig.engine, "(module)", 8, &code, reterr), ARCELLA_E_WASM, "\\0asm");
    assert_refused(engine_compile(rig.engine, "\0asm\x0d\0\1\0", 8, &code, reterr), ARCELLA_E_WASM,
                   "component");
    size_t refused = 0;
    for (size_t cut = 0; cut < sizeof(bad); cut++) {
        int r = engine_compile(rig.engine, guest_fuelled, cut, &code, NULL);
        /* Cut between two sections it may be another module. */
        assert_true(r == 0 || r == ARCELLA_E_WASM);
        refused += r != 0;
        buffer_clear(&code);
    }
    assert_true(refused >= sizeof(bad) - 6);
    for (size_t i = 8; i < sizeof(bad); i++) {
        memcpy(bad, guest_fuelled, sizeof(bad));
        bad[i] ^= 0xff;
        arcella_error *error = NULL;
        int r = engine_compile(rig.engine, bad, sizeof(bad), &code, &error);
        assert_true(r == 0 || r == ARCELLA_E_WASM);
        if (r)
            assert_null(strchr(arcella_error_message(error), '\n'));
        arcella_error_free(error);
        buffer_clear(&code);
    }
    rig_close(&rig);
}

/* A type of each proposal that is switched off, as the smallest module that needs it. */
static void test_features_off(void **state) {
    (void)state;
    static const struct {
        const char *what;
        uint8_t bytes[24];
        size_t size;
    } modules[] = {
        {"shared memory", {0, 'a', 's', 'm', 1, 0, 0, 0, 5, 4, 1, 3, 1, 1}, 14},
        {"64-bit memory", {0, 'a', 's', 'm', 1, 0, 0, 0, 5, 3, 1, 4, 1}, 13},
        {"64-bit table", {0, 'a', 's', 'm', 1, 0, 0, 0, 4, 4, 1, 0x70, 4, 1}, 14},
        {"a structure type", {0, 'a', 's', 'm', 1, 0, 0, 0, 1, 3, 1, 0x5f, 0}, 13},
        {"custom page size", {0, 'a', 's', 'm', 1, 0, 0, 0, 5, 4, 1, 8, 1, 0}, 14},
    };
    struct rig rig;
    rig_open(&rig);
    for (size_t i = 0; i < ARRAY_LENGTH(modules); i++) {
        BUFFER_AUTO code = BUFFER_INIT(64 * MIB);
        arcella_error *error = NULL;
        int r = engine_compile(rig.engine, modules[i].bytes, modules[i].size, &code, &error);
        printf("%s: %s\n", modules[i].what, arcella_error_message(error));
        assert_int_equal(r, ARCELLA_E_WASM);
        arcella_error_free(error);
    }
    rig_close(&rig);
}

static void test_environment(void **state) {
    (void)state;
    struct rig rig;
    struct engine_module *module = NULL;
    char path[] = "/tmp/engine-test-XXXXXX";
    close(mkstemp(path));
    setenv("WASMTIME_BACKTRACE_DETAILS", "1", 1);
    setenv("RUST_BACKTRACE", "full", 1);
    rig_open(&rig);
    assert_string_equal(getenv("WASMTIME_BACKTRACE_DETAILS"), "1");
    assert_string_equal(getenv("RUST_BACKTRACE"), "full");
    BUFFER_AUTO code = BUFFER_INIT(64 * MIB);
    assert_ok(engine_compile(rig.engine, guest_traps, sizeof(guest_traps), &code, reterr));
    rig_close(&rig);
    unsetenv("WASMTIME_BACKTRACE_DETAILS");
    unsetenv("RUST_BACKTRACE");
    write_file(path, code.data, code.length);
    rig_open(&rig);
    assert_ok(engine_module_load(rig.engine, path, &module, reterr));
    engine_module_unref(module);
    rig_close(&rig);
    unlink(path);
}

static void on_time(struct loop_timer *timer, void *user) {
    (void)timer;
    *(bool *)user = true;
}

static void sleep_ms(struct loop *loop, uint64_t ms) {
    bool over = false;
    struct loop_timer *timer = NULL;
    assert_ok(loop_timer_new(loop, on_time, &over, &timer, reterr));
    loop_timer_start(timer, ms, 0);
    while (!over)
        loop_run_once(loop);
    loop_timer_free(timer);
}

static void test_ticker(void **state) {
    (void)state;
    struct rig rig;
    struct subject s = {0};
    struct engine_stats before, after;
    rig_open(&rig);
    engine_stats(rig.engine, &before);
    sleep_ms(rig.loop, 50);
    engine_stats(rig.engine, &after);
    assert_int_equal(after.ticks, before.ticks);

    struct engine_program *program = rig_program(&rig, guest_start_spin, sizeof(guest_start_spin), NULL, 0);
    for (int i = 0; i < 3; i++) {
        rig_begin_with(&s, &rig, program, &rig_limits, &(struct engine_budget){.cpu_ms = 40});
        rig_settle(&s);
        assert_end(&s, ENGINE_END_CPU_TIME);
        s.instance = engine_instance_free(s.instance);
        engine_stats(rig.engine, &before);
        assert_true(before.ticks > 3 * (unsigned)i);
        assert_true(before.slices > 3 * (unsigned)i);
        /* Nobody runs: it stands still. */
        sleep_ms(rig.loop, 200);
        engine_stats(rig.engine, &after);
        assert_int_equal(after.ticks, before.ticks);
        assert_int_equal(after.slices, before.slices);
    }
    engine_program_unref(program);
    rig_close(&rig);
}

#ifdef ARCELLA_FAULTS
/* Everything from the engine to a call, with the nth allocation failing. @return the code of what failed, or
 * 0 */
static int whole_life(const char *path, arcella_error **reterr) {
    struct loop *loop = NULL;
    struct engine *engine = NULL;
    struct engine_module *module = NULL;
    struct engine_program *program = NULL;
    struct subject s = {0};
    struct rig rig = {0};
    int r = loop_new(&loop, reterr);
    if (!r)
        r = engine_new(&(struct engine_config)ENGINE_CONFIG_INIT, loop, &engine, reterr);
    if (!r)
        r = engine_module_load(engine, path, &module, reterr);
    if (!r)
        r = engine_program_new(module, NULL, 0, &program, reterr);
    s.rig = &rig;
    rig.loop = loop;
    if (!r)
        r = engine_instance_new(program, &rig_limits, &rig_budget, &s, rig_on_done, &s.instance, reterr);
    if (!r) {
        rig_settle(&s);
        assert_end(&s, ENGINE_END_RETURNED);
        s.done = 0;
        r = engine_call(s.instance, "divide", "i:i", &(union engine_value){.i32 = 1}, &rig_budget,
                        rig_on_done, reterr);
    }
    if (!r) {
        rig_settle(&s);
        if (s.outcome.end == ENGINE_END_FAILED && strstr(s.outcome.message, "no memory for a stack"))
            r = ARCELLA_E_NOMEM;
    }
    if (!r) {
        assert_end(&s, ENGINE_END_RETURNED);
        assert_int_equal(s.results[0].i32, 1);
    }
    engine_instance_free(s.instance);
    engine_program_unref(program);
    engine_module_unref(module);
    engine_free(engine);
    loop_free(loop);
    return r;
}

static void test_no_memory(void **state) {
    (void)state;
    struct rig rig;
    char path[] = "/tmp/engine-test-XXXXXX";
    close(mkstemp(path));
    rig_open(&rig);
    BUFFER_AUTO code = BUFFER_INIT(64 * MIB);
    assert_ok(engine_compile(rig.engine, guest_traps, sizeof(guest_traps), &code, reterr));
    rig_close(&rig);
    write_file(path, code.data, code.length);
    uint64_t nth = 1;
    for (;; nth++) {
        arcella_error *error = NULL;
        fault_set(FAULT_ALLOC, nth, ENOMEM);
        int r = whole_life(path, &error);
        fault_set(FAULT_ALLOC, 0, 0);
        arcella_error_free(error);
        if (!r)
            break;
        assert_int_equal(r, ARCELLA_E_NOMEM);
        assert_true(nth < 1000);
    }
    printf("%d allocations failed in turn\n", (int)nth - 1);
    assert_true(nth > 10);
    for (nth = 1;; nth++) {
        arcella_error *error = NULL;
        fault_set(FAULT_SYS, nth, EIO);
        int r = whole_life(path, &error);
        fault_set(FAULT_SYS, 0, 0);
        arcella_error_free(error);
        if (!r)
            break;
        assert_int_equal(r, ARCELLA_E_SYSTEM);
        assert_true(nth < 1000);
    }
    assert_true(nth > 2);
    unlink(path);
}
#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_configurations), cmocka_unit_test(test_code_key),
        cmocka_unit_test(test_code),           cmocka_unit_test(test_compile_refusals),
        cmocka_unit_test(test_features_off),   cmocka_unit_test(test_environment),
        cmocka_unit_test(test_ticker),
#ifdef ARCELLA_FAULTS
        cmocka_unit_test(test_no_memory),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
