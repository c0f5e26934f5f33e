/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The life of an instance.
 *
 *     STARTING ── instantiate ── _initialize ──▶ RUNNING ── entry ends ──▶ FINISHED or FAILED
 *         └───────────── stop ─────────────────────┴──▶ STOPPING ── shutdown entry, what runs ──▶ STOPPED
 *
 * state_set() is the one place where the state changes.  The end is always told from the timer at 0 ms, so
 * that an instance is never freed under a callback of its engine.
 */
#include "runtime/instance.h"
#include "base/clock.h"
#include "base/limits.h"

static const char *const state_names[] = {
#define XX(name, text) [INSTANCE_##name] = (text),
    INSTANCE_STATE_MAP(XX)
#undef XX
};

const char *instance_state_name(enum instance_state state) {
    return (unsigned)state < INSTANCE_STATES ? state_names[state] : "?";
}

/* What may follow what. */
static const bool may_follow[INSTANCE_STATES][INSTANCE_STATES] = {
    [INSTANCE_STARTING] = {[INSTANCE_RUNNING] = true,
                           [INSTANCE_STOPPING] = true,
                           [INSTANCE_FAILED] = true,
                           [INSTANCE_FINISHED] = true},
    [INSTANCE_RUNNING] = {[INSTANCE_STOPPING] = true, [INSTANCE_FINISHED] = true, [INSTANCE_FAILED] = true},
    [INSTANCE_STOPPING] = {[INSTANCE_STOPPED] = true},
};

static bool state_set(struct instance *i, enum instance_state state) {
    if (!may_follow[i->state][state])
        return false;
    i->state = state;
    return true;
}

/* The outcome is final: tell it from the loop. */
void instance_end(struct instance *i, const struct engine_outcome *outcome) {
    if (i->over)
        return;
    i->over = true;
    instance_refuse_calls(i, outcome);
    i->outcome = *outcome;
    i->outcome.cpu_ns = i->cpu_ns;
    if (i->stop_wanted) {
        (void)state_set(i, INSTANCE_STOPPING);
        (void)state_set(i, INSTANCE_STOPPED);
    } else {
        bool good = outcome->end == ENGINE_END_RETURNED ||
                    (outcome->end == ENGINE_END_EXITED && outcome->exit_code == 0);
        (void)state_set(i, good ? INSTANCE_FINISHED : INSTANCE_FAILED);
    }
    loop_timer_start(i->timer, 0, 0);
}

void instance_end_with(struct instance *i, enum engine_end how, const char *message) {
    struct engine_outcome outcome = {.end = how};
    text_copy(outcome.message, sizeof outcome.message, message);
    instance_end(i, &outcome);
}

/* Start an exported function of the signature ":" or ":i". */
static int call(struct instance *i, const char *function, const struct engine_budget *budget,
                engine_done_fn *done, arcella_error **reterr) {
    char signature[8];
    if (!engine_program_export(i->program->program, function, signature, sizeof signature))
        return error_set(reterr, ARCELLA_E_NOT_FOUND, "no exported function '%s'", function);
    if (strcmp(signature, ":") != 0 && strcmp(signature, ":i") != 0)
        return error_set(reterr, ARCELLA_E_KIND,
                         "function '%s' takes arguments or returns more than a status", function);
    return engine_call(i->engine, function, signature, NULL, budget, done, reterr);
}

/* A status returned by an entry counts like an exit code. */
static void take_status(struct instance *i, const char *function, struct engine_outcome *outcome) {
    char signature[8];
    if (outcome->end != ENGINE_END_RETURNED ||
        !engine_program_export(i->program->program, function, signature, sizeof signature) ||
        strcmp(signature, ":i") != 0)
        return;
    outcome->exit_code = engine_results(i->engine)[0].i32;
    outcome->end = ENGINE_END_EXITED;
    snprintf(outcome->message, sizeof outcome->message, "%s returned %d", function, outcome->exit_code);
}

struct host *instance_host(const struct instance *i) {
    return i->is_component ? wasi_p2_host(i->p2) : wasi_preview1_host(i->preview1);
}

void instance_flush(struct instance *i) {
    if (i->is_component)
        wasi_p2_flush(i->p2);
    else
        wasi_preview1_flush(i->preview1);
}

static void on_entry_done(struct engine_instance *engine, const struct engine_outcome *outcome, void *user) {
    struct instance *i = user;
    (void)engine;
    struct engine_outcome copy = *outcome;
    i->cpu_ns += outcome->cpu_ns;
    take_status(i, i->entrypoint, &copy);
    instance_flush(i);
    instance_end(i, &copy);
}

static void fail(struct instance *i, const arcella_error *error) {
    instance_end_with(i, ENGINE_END_FAILED, arcella_error_message(error));
}

/* Start-up is done. */
void instance_enter(struct instance *i) {
    if (i->stop_wanted) {
        instance_end_with(i, ENGINE_END_STOPPED, "stopped while starting");
        return;
    }
    (void)state_set(i, INSTANCE_RUNNING);
    ERROR_AUTO *error = NULL;
    if (i->component) {
        i->runtime->hooks.started(i->handle, i->runtime->hooks.user);
        instance_next_call(i);
        return;
    }
    if (i->entrypoint && call(i, i->entrypoint, &i->run, on_entry_done, &error) < 0) {
        fail(i, error);
        return;
    }
    i->runtime->hooks.started(i->handle, i->runtime->hooks.user);
}

static void on_initialized(struct engine_instance *engine, const struct engine_outcome *outcome, void *user) {
    struct instance *i = user;
    (void)engine;
    i->cpu_ns += outcome->cpu_ns;
    instance_flush(i);
    if (outcome->end != ENGINE_END_RETURNED)
        instance_end(i, outcome);
    else
        instance_enter(i);
}

static void on_instantiated(struct engine_instance *engine, const struct engine_outcome *outcome,
                            void *user) {
    struct instance *i = user;
    (void)engine;
    i->cpu_ns += outcome->cpu_ns;
    ERROR_AUTO *error = NULL;
    if (outcome->end != ENGINE_END_RETURNED) {
        instance_flush(i);
        instance_end(i, outcome);
    } else if (i->initialize && !i->stop_wanted) {
        if (call(i, "_initialize", &i->startup, on_initialized, &error) < 0)
            fail(i, error);
    } else
        instance_enter(i);
}

int instance_begin(struct instance *i, const struct engine_limits *limits, arcella_error **reterr) {
    int r =
        engine_instance_new(i->program->program, limits, &i->startup, i, on_instantiated, &i->engine, reterr);
    if (r == 0)
        wasi_preview1_bind(i->preview1, i->engine);
    return r;
}

static void on_shutdown_done(struct engine_instance *engine, const struct engine_outcome *outcome,
                             void *user) {
    struct instance *i = user;
    (void)engine;
    i->cpu_ns += outcome->cpu_ns;
    instance_flush(i);
    if (outcome->end != ENGINE_END_RETURNED)
        instance_end(i, outcome);
    else
        instance_end_with(i, ENGINE_END_STOPPED, "stopped");
}

void instance_go_down(struct instance *i) {
    ERROR_AUTO *error = NULL;
    struct engine_budget none = {0}; /* the stop's own deadline bounds it */
    int r = 0;
    if (i->component && i->at_stop)
        r = instance_shutdown_component(i, &error);
    else if (!i->component && i->shutdown)
        r = call(i, i->shutdown, &none, on_shutdown_done, &error);
    else {
        instance_end_with(i, ENGINE_END_STOPPED, "stopped");
        return;
    }
    if (r < 0) {
        i->runtime->hooks.note(i->handle, arcella_error_message(error), i->runtime->hooks.user);
        instance_end_with(i, ENGINE_END_STOPPED, "stopped");
    }
}

void instance_stop(struct instance *i, uint64_t timeout_ms) {
    if (i->over)
        return;
    bool again = i->stop_wanted;
    i->stop_wanted = true;
    if (i->state == INSTANCE_RUNNING)
        (void)state_set(i, INSTANCE_STOPPING);
    if (timeout_ms == 0) {
        if (engine_running(i->engine))
            engine_cancel(i->engine, ENGINE_END_STOPPED, "ended by force");
        else
            instance_end_with(i, ENGINE_END_STOPPED, "ended by force");
        return;
    }
    uint64_t at_ms = clock_monotonic_ms() + timeout_ms;
    if (!again || at_ms < i->stop_at_ms) {
        i->stop_at_ms = at_ms;
        loop_timer_start(i->timer, timeout_ms, 0);
    }
    if (again)
        return;
    ERROR_AUTO *error = NULL;
    if (i->component) {
        /* What runs may end by itself. */
        if (!engine_running(i->engine) && i->state == INSTANCE_STOPPING)
            instance_go_down(i);
        return;
    }
    if (engine_running(i->engine)) {
        /* What runs may end by itself; its shutdown entry is run inside it, where it waits next. */
        if (i->shutdown && i->state == INSTANCE_STOPPING &&
            engine_interrupt(i->engine, i->shutdown, &error) < 0)
            i->runtime->hooks.note(i->handle, arcella_error_message(error), i->runtime->hooks.user);
        return;
    }
    instance_go_down(i);
}

void instance_on_timer(struct loop_timer *timer, void *user) {
    struct instance *i = user;
    (void)timer;
    if (!i->over) {
        if (engine_running(i->engine))
            engine_cancel(i->engine, ENGINE_END_STOPPED, "did not end in time and was ended by force");
        else
            instance_end_with(i, ENGINE_END_STOPPED, "ended by force");
        return;
    }
    struct runtime *runtime = i->runtime;
    struct engine_outcome outcome = i->outcome;
    uint64_t handle = i->handle;
    enum instance_state state = i->state;
    runtime_flush_audits(runtime, handle);
    instance_free(i);
    runtime->hooks.ended(handle, state, &outcome, runtime->hooks.user);
}

static void program_unuse(struct runtime *runtime, struct runtime_program *program) {
    if (!program || --program->users > 0)
        return;
    struct runtime_program **at = &runtime->programs;
    while (*at != program)
        at = &(*at)->next;
    *at = program->next;
    engine_program_unref(program->program);
    engine_module_unref(program->module);
    mem_free(program->path);
    mem_free(program);
}

void instance_free(struct instance *i) {
    if (!i)
        return;
    if (i->self) {
        *i->self = i->next;
        if (i->next)
            i->next->self = i->self;
        i->runtime->count--;
    }
    if (i->component)
        component_instance_free(i->parts);
    else
        engine_instance_free(i->engine);
    if (i->is_component)
        wasi_p2_free(i->p2);
    else
        wasi_preview1_free(i->preview1);
    loop_timer_free(i->timer);
    program_unuse(i->runtime, i->program);
    runtime_component_unuse(i->runtime, i->component);
    while (i->calls) {
        struct runtime_waiting *waiting = i->calls;
        i->calls = waiting->next;
        runtime_waiting_free(waiting);
    }
    mem_free(i->handles);
    mem_free(i->entrypoint);
    mem_free(i->shutdown);
    mem_free(i);
}
