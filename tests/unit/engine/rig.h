/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What the engine's tests share: a loop and an engine, a guest compiled and loaded, a run watched to its end.
 * Everything fails the test by itself when something is refused.
 */
#ifndef TESTS_ENGINE_RIG_H
#define TESTS_ENGINE_RIG_H

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/mem.h"
#include "engine/engine.h"
#include "engine/guests.h"

/* Long beyond any honest run, also under sanitizers on a busy machine. */
#define RIG_PATIENCE_MS 60000

struct rig {
    struct loop *loop;
    struct engine *engine;
};

/* One instance with what became of its last run; the instance's user pointer. */
struct subject {
    struct rig *rig;
    struct engine_instance *instance;
    struct engine_outcome outcome;
    union engine_value results[2];
    unsigned done;       /* how often on_done ran */
    unsigned done_at;    /* in which order among all subjects */
    int gate;            /* what the host functions of a test wait for */
    int waits;           /* times inside engine_wait() */
    int stops;           /* times engine_wait() said stop */
    bool free_when_done; /* the instance is freed by its own on_done */
};

static const struct engine_limits rig_limits = {.memory_bytes = 4 * MIB, .table_elements = 10000};
static const struct engine_budget rig_budget = {.wall_ms = RIG_PATIENCE_MS, .cpu_ms = RIG_PATIENCE_MS};
static unsigned rig_order;

#define assert_ok(call)                                                                                      \
    do {                                                                                                     \
        arcella_error *error_ = NULL;                                                                        \
        arcella_error **reterr = &error_;                                                                    \
        int r_ = (call);                                                                                     \
        if (r_)                                                                                              \
            fail_msg("%s: %d, %s", #call, r_, arcella_error_message(error_));                                \
        arcella_error_free(error_);                                                                          \
    } while (0)

/* The call fails with code and its message holds the text. */
#define assert_refused(call, code, text)                                                                     \
    do {                                                                                                     \
        arcella_error *error_ = NULL;                                                                        \
        arcella_error **reterr = &error_;                                                                    \
        int r_ = (call);                                                                                     \
        if (r_ != (code) || !strstr(arcella_error_message(error_), (text)))                                  \
            fail_msg("%s: %d, %s", #call, r_, arcella_error_message(error_));                                \
        arcella_error_free(error_);                                                                          \
    } while (0)

/*
 * The engine turns faults of guests into traps by signal handlers that it installs once per process; the test
 * library puts its own in their place around each fixture and test, and default ones after it.
 */
static void rig_keep_signals(void) {
    static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE};
    static struct sigaction kept[ARRAY_LENGTH(signals)];
    static bool known;
    for (size_t i = 0; i < ARRAY_LENGTH(signals); i++)
        if (known)
            sigaction(signals[i], &kept[i], NULL);
        else
            sigaction(signals[i], NULL, &kept[i]);
    known = true;
}

__attribute__((unused)) static void rig_open_with(struct rig *rig, const struct engine_config *config) {
    assert_ok(loop_new(&rig->loop, reterr));
    assert_ok(engine_new(config, rig->loop, &rig->engine, reterr));
    rig_keep_signals();
}

__attribute__((unused)) static void rig_open(struct rig *rig) {
    rig_open_with(rig, &(struct engine_config)ENGINE_CONFIG_INIT);
}

/* Nothing may be left: instances and modules count down to none. */
__attribute__((unused)) static void rig_close(struct rig *rig) {
    struct engine_stats stats;
    engine_stats(rig->engine, &stats);
    assert_int_equal(stats.instances, 0);
    assert_int_equal(stats.modules, 0);
    rig->engine = engine_free(rig->engine);
    rig->loop = loop_free(rig->loop);
}

__attribute__((unused)) static struct engine_module *rig_load(struct rig *rig, const uint8_t *wasm,
                                                              size_t size) {
    BUFFER_AUTO code = BUFFER_INIT(64 * MIB);
    assert_ok(engine_compile(rig->engine, wasm, size, &code, reterr));
    char path[] = "/tmp/engine-test-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, code.data, code.length), code.length);
    close(fd);
    struct engine_module *module = NULL;
    assert_ok(engine_module_load(rig->engine, path, &module, reterr));
    unlink(path);
    return module;
}

__attribute__((unused)) static struct engine_program *rig_program(struct rig *rig, const uint8_t *wasm,
                                                                  size_t size,
                                                                  const struct engine_import *imports,
                                                                  size_t count) {
    struct engine_module *module = rig_load(rig, wasm, size);
    struct engine_program *program = NULL;
    assert_ok(engine_program_new(module, imports, count, &program, reterr));
    engine_module_unref(module);
    return program;
}

__attribute__((unused)) static void rig_on_done(struct engine_instance *instance,
                                                const struct engine_outcome *outcome, void *user) {
    struct subject *s = user;
    assert_ptr_equal(instance, s->instance);
    assert_false(engine_running(instance));
    s->outcome = *outcome;
    s->done++;
    s->done_at = ++rig_order;
    if (outcome->end == ENGINE_END_RETURNED && engine_results(instance))
        memcpy(s->results, engine_results(instance), sizeof(s->results[0]));
    if (s->free_when_done)
        s->instance = engine_instance_free(instance);
}

/* Run the loop until the subject's run is over. */
__attribute__((unused)) static void rig_settle(struct subject *s) {
    uint64_t until = clock_monotonic_ms() + RIG_PATIENCE_MS;
    while (!s->done && clock_monotonic_ms() < until)
        loop_run_once(s->rig->loop);
    assert_int_equal(s->done, 1);
}

/* Run the loop for a while, whatever happens. */
__attribute__((unused)) static void rig_turn(struct rig *rig, unsigned turns) {
    while (turns--)
        loop_run_ready(rig->loop);
}

__attribute__((unused)) static void rig_begin_with(struct subject *s, struct rig *rig,
                                                   struct engine_program *program,
                                                   const struct engine_limits *limits,
                                                   const struct engine_budget *budget) {
    s->rig = rig;
    s->done = 0;
    rig_keep_signals();
    assert_ok(engine_instance_new(program, limits, budget, s, rig_on_done, &s->instance, reterr));
    assert_int_equal(s->done, 0);
}

/* Make an instance that starts well. */
__attribute__((unused)) static void rig_start(struct subject *s, struct rig *rig,
                                              struct engine_program *program) {
    rig_begin_with(s, rig, program, &rig_limits, &rig_budget);
    rig_settle(s);
    if (s->outcome.end != ENGINE_END_RETURNED)
        fail_msg("%s: %s", engine_end_name(s->outcome.end), s->outcome.message);
}

__attribute__((unused)) static void rig_call_with(struct subject *s, const char *function,
                                                  const char *signature, const union engine_value *values,
                                                  const struct engine_budget *budget) {
    s->done = 0;
    rig_keep_signals();
    assert_ok(engine_call(s->instance, function, signature, values, budget, rig_on_done, reterr));
    assert_int_equal(s->done, 0);
    assert_true(engine_running(s->instance));
}

/* Call a function of one i32 and wait for its end. */
__attribute__((unused)) static void rig_call(struct subject *s, const char *function, const char *signature,
                                             int32_t value) {
    rig_call_with(s, function, signature, &(union engine_value){.i32 = value}, &rig_budget);
    rig_settle(s);
}

#define assert_end(subject, expected)                                                                        \
    do {                                                                                                     \
        if ((subject)->outcome.end != (expected))                                                            \
            fail_msg("%s: %s", engine_end_name((subject)->outcome.end), (subject)->outcome.message);         \
    } while (0)

#endif
