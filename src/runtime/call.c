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
#include "base/limits.h"
#include "component/value_json.h"
#include "engine/core.h"
#include "runtime/instance.h"

/* --- answers --- */

static void waiting_free(struct runtime_waiting *waiting) {
    arena_done(&waiting->arena);
    mem_free(waiting);
}
DEFINE_CLEANUP(waiting_free_ptr, struct runtime_waiting *, waiting_free)

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
    int r = wave_print(&wave, type, result, table, &error);
    if (r == 0)
        r = value_json_print(&json, type, result, table, 0, &error);
    if (r < 0) {
        error_wrap(&error, r, "it returned, but its result cannot be told");
        called.error = error;
    }
    called.wave = (struct text){wave.data ? wave.data : "", wave.length};
    called.json = (struct text){json.data ? json.data : "", json.length};
    tell(i, &called);
}

/* --- running --- */

static void on_called(struct component_instance *parts, const struct engine_outcome *outcome,
                      const struct value *result, void *user) {
    struct instance *i = user;
    (void)parts;
    i->cpu_ns += outcome->cpu_ns;
    if (i->over)
        return;
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
        int r =
            component_call(i->parts, first->func, first->args, component_func_type(first->func)->param_count,
                           &first->budget, on_called, i, &error);
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
    waiting->budget = call->budget;
    waiting->keeps = call->keeps;
    r = runtime_call_read(i, call, waiting, reterr);
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
        *at = waiting->next;
        i->calls_count--;
        ERROR_AUTO *error = NULL;
        error_set(&error, ARCELLA_E_CANCELLED, "its caller has left");
        tell_error(i, number, error);
        return;
    }
}
