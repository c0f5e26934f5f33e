/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What the tests of instances and calls share: a loop, an engine, a component made from bytes, one instance
 * with what became of its last run.  Everything fails the test by itself when something is refused.
 */
#ifndef TESTS_COMPONENT_RIG_H
#define TESTS_COMPONENT_RIG_H

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/loop.h"
#include "base/mem.h"
#include "component/call.h"
#include "component/component.h"
#include "component/guests.h"

/* Long beyond any honest run, also under sanitizers on a busy machine. */
#define RIG_PATIENCE_MS 60000

struct rig {
    struct loop *loop;
    struct engine *engine;
    struct component_bindings *bindings;
    struct component *component;
    struct component_instance *instance;
    struct engine_outcome outcome;
    struct value result; /* numbers only; texts are copied to text */
    char text[256];
    unsigned made, done; /* how often the callbacks ran */
    bool free_when_told; /* the instance is freed inside its callback */
};

static const struct component_limits rig_limits = {
    .engine = {.memory_bytes = 16 * MIB, .table_elements = 10000}};
static const struct engine_budget rig_budget = {.wall_ms = RIG_PATIENCE_MS, .cpu_ms = RIG_PATIENCE_MS};

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

/* The test library takes the signal handlers by which the engine turns faults into traps; they are put back.
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

__attribute__((unused)) static void rig_open(struct rig *rig) {
    *rig = (struct rig){.made = 0};
    assert_ok(loop_new(&rig->loop, reterr));
    assert_ok(engine_new(&(struct engine_config)ENGINE_CONFIG_INIT, rig->loop, &rig->engine, reterr));
    rig_keep_signals();
    rig->bindings = component_bindings_new();
    assert_non_null(rig->bindings);
}

/* Nothing may be left: instances and modules count down to none. */
__attribute__((unused)) static void rig_close(struct rig *rig) {
    rig->instance = component_instance_free(rig->instance);
    rig->component = component_unref(rig->component);
    rig->bindings = component_bindings_unref(rig->bindings);
    struct engine_stats stats;
    engine_stats(rig->engine, &stats);
    assert_int_equal(stats.instances, 0);
    assert_int_equal(stats.modules, 0);
    rig->engine = engine_free(rig->engine);
    rig->loop = loop_free(rig->loop);
}

__attribute__((unused)) static void rig_load_bytes(struct rig *rig, const uint8_t *bytes, size_t size) {
    assert_ok(component_load(rig->engine, bytes, size, &rig->component, reterr));
}
#define rig_load(rig, guest) rig_load_bytes((rig), guest_##guest, sizeof(guest_##guest))

static void rig_on_made(struct component_instance *instance, const struct engine_outcome *outcome,
                        void *user) {
    struct rig *rig = user;
    assert_ptr_equal(instance, rig->instance);
    rig->outcome = *outcome;
    rig->made++;
    if (rig->free_when_told)
        rig->instance = component_instance_free(instance);
}

static void rig_on_done(struct component_instance *instance, const struct engine_outcome *outcome,
                        const struct value *result, void *user) {
    struct rig *rig = user;
    assert_ptr_equal(instance, rig->instance);
    rig->outcome = *outcome;
    rig->done++;
    rig->result = (struct value){.kind = 0};
    if (result) {
        rig->result = *result;
        if (result->kind == TYPE_STRING)
            snprintf(rig->text, sizeof(rig->text), "%.*s", (int)result->count, result->text);
    }
    if (rig->free_when_told)
        rig->instance = component_instance_free(instance);
}

/* Turn the loop until a counter moves. */
__attribute__((unused)) static void rig_until(struct rig *rig, const unsigned *counter, unsigned value) {
    uint64_t until = clock_monotonic_ns() + RIG_PATIENCE_MS * 1000000ull;
    while (*counter < value && clock_monotonic_ns() < until)
        loop_run_once(rig->loop);
    assert_int_equal(*counter, value);
}

__attribute__((unused)) static void rig_begin(struct rig *rig) {
    assert_ok(component_instance_new(rig->component, rig->bindings, &rig_limits, &rig_budget, rig,
                                     rig_on_made, &rig->instance, reterr));
    assert_int_equal(rig->made, 0);
}

__attribute__((unused)) static void rig_make(struct rig *rig) {
    rig->made = 0;
    rig_begin(rig);
    rig_until(rig, &rig->made, 1);
    if (rig->outcome.end != ENGINE_END_RETURNED)
        fail_msg("not made: %s %s %s", engine_end_name(rig->outcome.end), rig->outcome.trap,
                 rig->outcome.message);
}

__attribute__((unused)) static const struct component_func *rig_func(struct rig *rig, const char *interface,
                                                                     const char *name) {
    const struct component_func *func = component_func_find(rig->component, interface, name);
    if (!func)
        fail_msg("no function %s %s", interface, name);
    return func;
}

__attribute__((unused)) static void rig_start(struct rig *rig, const char *name, const struct value *args,
                                              size_t count) {
    rig->done = 0;
    assert_ok(component_call(rig->instance, rig_func(rig, "", name), args, count, &rig_budget, rig_on_done,
                             rig, reterr));
    assert_int_equal(rig->done, 0);
}

/* Call and turn the loop until it is over. */
#define rig_call(rig, name, ...)                                                                             \
    do {                                                                                                     \
        const struct value args_[] = {value_bool(false), ##__VA_ARGS__};                                     \
        rig_start((rig), (name), args_ + 1, ARRAY_LENGTH(args_) - 1);                                        \
        rig_until((rig), &(rig)->done, 1);                                                                   \
    } while (0)

#define assert_end(rig, wanted)                                                                              \
    do {                                                                                                     \
        if ((rig)->outcome.end != (wanted))                                                                  \
            fail_msg("%s %s: %s", engine_end_name((rig)->outcome.end), (rig)->outcome.trap,                  \
                     (rig)->outcome.message);                                                                \
    } while (0)
#define assert_returned(rig) assert_end((rig), ENGINE_END_RETURNED)
#define assert_u64(rig, wanted)                                                                              \
    do {                                                                                                     \
        assert_returned(rig);                                                                                \
        assert_int_equal((rig)->result.u64, (wanted));                                                       \
    } while (0)
#define assert_trapped(rig, kind, words)                                                                     \
    do {                                                                                                     \
        assert_end((rig), ENGINE_END_TRAPPED);                                                               \
        if (strcmp((rig)->outcome.trap, (kind)) || !strstr((rig)->outcome.message, (words)))                 \
            fail_msg("%s: %s", (rig)->outcome.trap, (rig)->outcome.message);                                 \
    } while (0)

static inline struct value u32(uint32_t u) {
    return value_unsigned(TYPE_U32, u);
}
static inline struct value text(const char *s) {
    return value_text(s, (uint32_t)strlen(s));
}

#endif
