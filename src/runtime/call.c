/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Calls by people into a component's instance: arguments as text become values, one call runs at a time, its
 * result becomes text.  Its own entry (a program's `run`) is such a call that nobody asked for.
 *
 *     runtime_call ── read, checked ──▶ queue (bounded) ── in turn ──▶ component_call ──▶ printed ──▶ hook
 * called
 *
 * A call that does not return poisons the instance, which then ends with the call's outcome; what still waits
 * is refused.  Handles kept for later calls stand in a table of the instance and die with it.
 */
#include "base/clock.h"
#include "base/limits.h"
#include "component/value_json.h"
#include "engine/core.h"
#include "runtime/instance.h"

/* --- answers --- */

void runtime_waiting_free(struct runtime_waiting *waiting) {
    loop_timer_free(waiting->timer);
    arena_done(&waiting->arena);
    mem_free(waiting);
}
DEFINE_CLEANUP(waiting_free_ptr, struct runtime_waiting *, runtime_waiting_free)

static void tell(struct instance *i, const struct runtime_called *called) {
    i->runtime->hooks.called(i->handle, called, i->runtime->hooks.user);
}

static void tell_error(struct instance *i, uint64_t number, const arcella_error *error) {
    tell(i, &(struct runtime_called){.number = number, .error = error});
}

/* Take the first call out. */
static struct runtime_waiting *take_first(struct instance *i) {
    struct runtime_waiting *waiting = i->calls;
    i->calls = waiting->next;
    i->calls_count--;
    return waiting;
}

void instance_refuse_calls(struct instance *i, const struct engine_outcome *outcome) {
    while (i->calls) {
        CLEANUP(waiting_free_ptr) struct runtime_waiting *waiting = take_first(i);
        if (i->calling) { /* it is the one that ended so */
            i->calling = false;
            tell(i, &(struct runtime_called){.number = waiting->number, .outcome = outcome});
            continue;
        }
        ERROR_AUTO *error = NULL;
        error_set(&error, ARCELLA_E_STATE, "the instance has ended before the call was its turn: %s",
                  *outcome->message ? outcome->message : engine_end_words(outcome->end));
        tell_error(i, waiting->number, error);
    }
}

static void tell_result(struct instance *i, const struct runtime_waiting *waiting,
                        const struct engine_outcome *outcome, const struct value *result) {
    struct runtime_called called = {
        .number = waiting->number, .outcome = outcome, .has_result = result != NULL};
    if (!result) {
        tell(i, &called);
        return;
    }
    struct value_handles handles = runtime_handles(i);
    const struct value_handles *table = waiting->keeps ? &handles : NULL;
    const struct type *type = component_func_type(waiting->func)->result;
    BUFFER_AUTO wave = BUFFER_INIT(LIMIT_CALL_TEXT_BYTES);
    BUFFER_AUTO json = BUFFER_INIT(LIMIT_CALL_TEXT_BYTES);
    ERROR_AUTO *error = NULL;
    unsigned flags = waiting->base64 ? VALUE_JSON_BASE64 : 0;
    /* Of the form that was not asked for, none is as good as one that is too long. */
    int r = wave_print(&wave, type, result, table, waiting->json ? NULL : &error);
    int other = value_json_print(&json, type, result, table, flags, waiting->json ? &error : NULL);
    if (r < 0)
        buffer_clear(&wave);
    if (other < 0)
        buffer_clear(&json);
    r = waiting->json ? other : r;
    if (r < 0) {
        error_wrap(&error, r, "it returned, but its result cannot be told");
        called.error = error;
    }
    if (r == ARCELLA_E_TOO_LARGE)
        error_hint(&error, r, "a result has at most %llu MiB as text; with --json --base64 bytes take less",
                   LIMIT_CALL_TEXT_BYTES / MIB);
    called.wave = (struct text){wave.data ? wave.data : "", wave.length};
    called.json = (struct text){json.data ? json.data : "", json.length};
    tell(i, &called);
}

/* --- time --- */

static void leave_out(struct instance *i, struct runtime_waiting *waiting) {
    struct runtime_waiting **at = &i->calls;
    while (*at != waiting)
        at = &(*at)->next;
    *at = waiting->next;
    i->calls_count--;
}

/* Its time is up before it was its turn. */
static void on_waited(struct loop_timer *timer, void *user) {
    CLEANUP(waiting_free_ptr) struct runtime_waiting *waiting = user;
    struct instance *i = waiting->instance;
    (void)timer;
    leave_out(i, waiting);
    char time[32];
    text_format_duration(waiting->caller_ms, time, sizeof(time));
    ERROR_AUTO *error = NULL;
    error_set(&error, ARCELLA_E_TIMEOUT, "it was not its turn within %s: other calls of the instance ran",
              time);
    error_hint(&error, ARCELLA_E_TIMEOUT, "nothing was called; try again, or give it more time");
    tell_error(i, waiting->number, error);
}

static int bound_wait(struct runtime_waiting *waiting, arcella_error **reterr) {
    waiting->asked_ms = clock_monotonic_ms();
    if (!waiting->own_time || !waiting->caller_ms)
        return 0;
    int r = loop_timer_new(waiting->instance->runtime->loop, on_waited, waiting, &waiting->timer, reterr);
    if (r == 0)
        loop_timer_start(waiting->timer, waiting->caller_ms, 0);
    return r;
}

/* It is its turn: what may it use? */
static struct engine_budget begin_budget(struct runtime_waiting *waiting) {
    struct engine_budget budget = waiting->budget;
    waiting->timer = loop_timer_free(waiting->timer);
    waiting->begun_ms = clock_monotonic_ms();
    if (!waiting->own_time)
        return budget;
    uint64_t waited = waiting->begun_ms - waiting->asked_ms;
    budget.wall_ms = !waiting->caller_ms ? 0 : waited < waiting->caller_ms ? waiting->caller_ms - waited : 1;
    return budget;
}

/* Did it take longer than its caller wanted, though not than the instance allows? */
static bool is_callers_end(const struct runtime_waiting *waiting, const struct engine_outcome *outcome) {
    uint64_t allowed = waiting->budget.wall_ms;
    return outcome->end == ENGINE_END_WALL_TIME && waiting->own_time &&
           (!allowed || clock_monotonic_ms() - waiting->begun_ms < allowed);
}

/* The instance can be called no more, but it is not its failure. */
static void end_for_caller(struct instance *i, const struct engine_outcome *outcome) {
    CLEANUP(waiting_free_ptr) struct runtime_waiting *waiting = take_first(i);
    char time[32];
    text_format_duration(waiting->caller_ms, time, sizeof(time));
    struct engine_outcome copy = *outcome;
    snprintf(copy.message, sizeof(copy.message), "took longer than the %s that its caller gave it", time);
    i->calling = false;
    tell(i, &(struct runtime_called){.number = waiting->number, .outcome = &copy});
    instance_end_with(i, ENGINE_END_STOPPED, "a call took longer than its caller gave it");
}

/* --- running --- */

static void on_called(struct component_instance *parts, const struct engine_outcome *outcome,
                      const struct value *result, void *user) {
    struct instance *i = user;
    (void)parts;
    i->cpu_ns += outcome->cpu_ns;
    if (i->over)
        return;
    instance_flush(i);
    if (outcome->end != ENGINE_END_RETURNED && is_callers_end(i->calls, outcome)) {
        end_for_caller(i, outcome);
        return;
    }
    if (outcome->end != ENGINE_END_RETURNED) {
        instance_end(i, outcome); /* answers this call and the others */
        return;
    }
    i->calling = false;
    CLEANUP(waiting_free_ptr) struct runtime_waiting *waiting = take_first(i);
    tell_result(i, waiting, outcome, result);
    if (i->stop_wanted)
        instance_go_down(i);
    else
        instance_next_call(i);
}

/* The program's own end: an error it returns counts like exit code 1. */
static void on_entry_done(struct component_instance *parts, const struct engine_outcome *outcome,
                          const struct value *result, void *user) {
    struct instance *i = user;
    (void)parts;
    i->cpu_ns += outcome->cpu_ns;
    instance_flush(i);
    struct engine_outcome copy = *outcome;
    if (outcome->end == ENGINE_END_RETURNED && result) {
        copy.end = ENGINE_END_EXITED;
        copy.exit_code = result->count ? 1 : 0;
        struct text name = component_func_name(i->entry);
        snprintf(copy.message, sizeof(copy.message), "%.*s returned %s", (int)name.length, name.data,
                 result->count ? "an error" : "ok");
    }
    instance_end(i, &copy);
}

void instance_next_call(struct instance *i) {
    ERROR_AUTO *error = NULL;
    if (i->state != INSTANCE_RUNNING || i->calling || i->over)
        return;
    if (i->entry) {
        if (component_call(i->parts, i->entry, NULL, 0, &i->run, on_entry_done, i, &error) < 0)
            instance_end_with(i, ENGINE_END_FAILED, arcella_error_message(error));
        return;
    }
    while (i->calls && !i->calling) {
        struct runtime_waiting *first = i->calls;
        struct engine_budget budget = begin_budget(first);
        int r = component_call(i->parts, first->func, first->args,
                               component_func_type(first->func)->param_count, &budget, on_called, i, &error);
        if (r == 0) {
            i->calling = true;
            return;
        }
        CLEANUP(waiting_free_ptr) struct runtime_waiting *waiting = take_first(i);
        tell_error(i, waiting->number, error);
        arcella_error_free(TAKE(error));
    }
}

/* --- asking --- */

static int check_state(const struct instance *i, arcella_error **reterr) {
    if (!i->component)
        return error_set(reterr, ARCELLA_E_KIND,
                         "it is a core module: only functions of components can be called");
    if (i->over || i->stop_wanted)
        return error_set(reterr, ARCELLA_E_STATE, "the instance is ending");
    if (i->entry)
        return error_set(reterr, ARCELLA_E_STATE,
                         "its program runs: no function of it can be called beside that");
    if (i->calls_count >= LIMIT_CALLS_QUEUED)
        return error_set(reterr, ARCELLA_E_BUSY, "%u calls of the instance wait already", i->calls_count);
    return 0;
}

static struct instance *find_instance(const struct runtime *runtime, uint64_t handle) {
    struct instance *i = runtime->instances;
    while (i && i->handle != handle)
        i = i->next;
    return i;
}

int runtime_call(struct runtime *runtime, const struct runtime_call *call, arcella_error **reterr) {
    struct instance *i = find_instance(runtime, call->instance);
    if (!i)
        return error_set(reterr, ARCELLA_E_NOT_FOUND, "no instance %llu", (unsigned long long)call->instance);
    int r = check_state(i, reterr);
    if (r < 0)
        return r;
    CLEANUP(waiting_free_ptr) struct runtime_waiting *waiting = mem_new(struct runtime_waiting);
    if (!waiting)
        return error_nomem(reterr);
    waiting->arena.limit_bytes = LIMIT_CALL_VALUE_BYTES;
    waiting->number = call->number;
    waiting->instance = i;
    waiting->budget = call->budget;
    waiting->own_time = call->own_time;
    waiting->caller_ms = call->caller_ms;
    waiting->keeps = call->keeps;
    waiting->json = call->json;
    waiting->base64 = call->base64;
    r = runtime_call_read(i, call, RUNTIME_CHECK_NOT, waiting, reterr);
    if (r == 0)
        r = bound_wait(waiting, reterr);
    if (r < 0)
        return r;
    struct runtime_waiting **last = &i->calls;
    while (*last)
        last = &(*last)->next;
    *last = TAKE(waiting);
    i->calls_count++;
    if (!i->calling)
        instance_next_call(i);
    return 0;
}

int runtime_check_call(struct runtime *runtime, const struct runtime_call *call, bool name_only,
                       arcella_error **reterr) {
    struct instance *i = find_instance(runtime, call->instance);
    if (!i)
        return error_set(reterr, ARCELLA_E_NOT_FOUND, "no instance %llu", (unsigned long long)call->instance);
    int r = check_state(i, reterr);
    struct runtime_waiting read = {.arena = {.limit_bytes = LIMIT_CALL_VALUE_BYTES}};
    if (r == 0)
        r = runtime_call_read(i, call, name_only ? RUNTIME_CHECK_NAME : RUNTIME_CHECK_ALL, &read, reterr);
    arena_done(&read.arena);
    return r;
}

void runtime_cancel_call(struct runtime *runtime, uint64_t instance, uint64_t number) {
    struct instance *i = find_instance(runtime, instance);
    if (!i || i->over)
        return;
    for (struct runtime_waiting **at = &i->calls; *at; at = &(*at)->next) {
        if ((*at)->number != number)
            continue;
        if (at == &i->calls && i->calling) {
            component_cancel(i->parts, ENGINE_END_STOPPED, "its caller has left");
            return;
        }
        CLEANUP(waiting_free_ptr) struct runtime_waiting *waiting = *at;
        leave_out(i, waiting);
        ERROR_AUTO *error = NULL;
        error_set(&error, ARCELLA_E_CANCELLED, "its caller has left");
        tell_error(i, number, error);
        return;
    }
}
