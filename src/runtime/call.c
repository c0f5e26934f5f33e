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

/* --- handles between calls --- */

static int keep(void *user, const struct type *type, const struct value *handle, uint64_t *ret_number,
                arcella_error **reterr) {
    struct instance *i = user;
    (void)type;
    for (uint32_t n = 0; n < i->handles_count; n++) {
        const struct runtime_handle *kept = &i->handles[n];
        if (kept->given_to == 0 && kept->value.count == handle->count && kept->value.u64 == handle->u64) {
            *ret_number = n + 1; /* printed before, in another form */
            return 0;
        }
    }
    if (i->handles_count >= LIMIT_CALL_HANDLES)
        return error_set(reterr, ARCELLA_E_LIMIT, "more than %d handles are kept", LIMIT_CALL_HANDLES);
    if ((i->handles_count & (i->handles_count - 1)) == 0) {
        size_t capacity = i->handles_count ? i->handles_count * (size_t)2 : 1;
        void *grown = mem_resize(i->handles, capacity * sizeof(*i->handles));
        if (!grown)
            return error_nomem(reterr);
        i->handles = grown;
    }
    i->handles[i->handles_count++] = (struct runtime_handle){.value = *handle};
    *ret_number = i->handles_count;
    return 0;
}

static int find(void *user, const struct type *type, uint64_t number, struct value *ret,
                arcella_error **reterr) {
    struct instance *i = user;
    if (number < 1 || number > i->handles_count)
        return error_set(reterr, ARCELLA_E_INVALID, "there is no handle %llu: %u were returned so far",
                         (unsigned long long)number, i->handles_count);
    struct runtime_handle *kept = &i->handles[number - 1];
    if (kept->given_to)
        return error_set(reterr, ARCELLA_E_INVALID, "handle %llu was given away already",
                         (unsigned long long)number);
    if (kept->value.count != type->resource) {
        const struct component *component = i->component->component;
        struct text is = component_resource_name(component, kept->value.count);
        struct text wanted = component_resource_name(component, type->resource);
        return error_set(reterr, ARCELLA_E_INVALID, "handle %llu is a '%.*s', wanted is a '%.*s'",
                         (unsigned long long)number, (int)is.length, is.data, (int)wanted.length,
                         wanted.data);
    }
    *ret = kept->value;
    ret->kind = (uint8_t)type->kind;
    if (type->kind == TYPE_OWN)
        kept->given_to = i->calls_read;
    return 0;
}

/* A call that does not take place gives back what it was given. */
static void give_back(struct instance *i, uint64_t call) {
    for (uint32_t n = 0; n < i->handles_count; n++)
        if (i->handles[n].given_to == call)
            i->handles[n].given_to = 0;
}

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
    struct value_handles handles = {keep, find, i};
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

/* --- reading --- */

static bool has_handles(const struct func_type *type) {
    for (uint32_t n = 0; n < type->param_count; n++)
        if (type->params[n].type->has_handle)
            return true;
    return type->result && type->result->has_handle;
}

/* The words of a command line, each an argument. */
static int read_words(const struct runtime_call *call, struct text name, const struct func_type *type,
                      const struct value_handles *handles, struct runtime_waiting *to,
                      arcella_error **reterr) {
    to->args = arena_array(&to->arena, type->param_count, sizeof(*to->args));
    if (!to->args)
        return error_nomem(reterr);
    int r = 0;
    for (uint32_t n = 0; r == 0 && n < call->args_count; n++) {
        struct value excess; /* one too many is refused with the signature */
        struct value *at = n < type->param_count ? &to->args[n] : &excess;
        r = call->json ? value_json_argument(call->args[n], name, type, n, handles, &to->arena, at, reterr)
                       : wave_argument(call->args[n], name, type, n, handles, &to->arena, at, reterr);
    }
    return r < 0 ? r : wave_arguments_end(name, type, to->args, call->args_count, reterr);
}

/* One text with all arguments: behind the name of an expression, or a file's. */
static int read_whole(const struct runtime_call *call, const struct wave_call *named, struct text name,
                      const struct func_type *type, const struct value_handles *handles,
                      struct runtime_waiting *to, arcella_error **reterr) {
    if (call->form == RUNTIME_CALL_EXPRESSION && !call->json)
        return wave_call_arguments(call->function, named, type, handles, &to->arena, &to->args, reterr);
    BUFFER_AUTO text = BUFFER_INIT(LIMIT_CALL_INPUT_BYTES + LIMIT_CALL_TEXT_BYTES + 2);
    int r = 0;
    if (call->form == RUNTIME_CALL_INPUT && call->json)
        return value_json_arguments(call->input, name, type, handles, &to->arena, &to->args, reterr);
    if (call->form == RUNTIME_CALL_EXPRESSION) {
        /* f(1, "x"): what stands between the parentheses is what stands in an array. */
        struct text inner = {call->function.data + named->arguments,
                             call->function.length - named->arguments};
        while (inner.length && strchr(" \t\r\n", inner.data[inner.length - 1]))
            inner.length--;
        if (inner.length < 2 || inner.data[0] != '(' || inner.data[inner.length - 1] != ')')
            return error_set(reterr, ARCELLA_E_INVALID, "a call is written NAME(ARGUMENT, …)");
        r = buffer_format(&text, reterr, "[");
        if (r == 0)
            r = buffer_add(&text, inner.data + 1, inner.length - 2, reterr);
        if (r == 0)
            r = buffer_text(&text, "]", reterr);
        return r < 0 ? r
                     : value_json_arguments((struct text){text.data, text.length}, name, type, handles,
                                            &to->arena, &to->args, reterr);
    }
    r = buffer_format(&text, reterr, "f(");
    if (r == 0)
        r = buffer_add(&text, call->input.data, call->input.length, reterr);
    if (r == 0)
        r = buffer_text(&text, ")", reterr);
    struct wave_call whole = {.name = name, .arguments = 1};
    return r < 0 ? r
                 : wave_call_arguments((struct text){text.data, text.length}, &whole, type, handles,
                                       &to->arena, &to->args, reterr);
}

static int read_call(struct instance *i, const struct runtime_call *call, struct runtime_waiting *to,
                     arcella_error **reterr) {
    struct wave_call named;
    int r = wave_call_name(call->function, call->form != RUNTIME_CALL_EXPRESSION, &named, reterr);
    if (r == 0)
        r = runtime_function_find(i->component->component, &named, &to->func, reterr);
    if (r < 0)
        return r;
    const struct func_type *type = component_func_type(to->func);
    struct text name = component_func_name(to->func);
    if (type->has_unrun || type->async)
        return error_set(reterr, ARCELLA_E_UNSUPPORTED, "'%.*s' is asynchronous, which is not run yet",
                         (int)name.length, name.data);
    if (!call->keeps && has_handles(type)) {
        error_set(reterr, ARCELLA_E_UNSUPPORTED,
                  "'%.*s' takes or gives handles of resources, which end with a call", (int)name.length,
                  name.data);
        return error_hint(reterr, ARCELLA_E_UNSUPPORTED,
                          "`arcella run --invoke … --invoke … FILE` keeps handles between its calls");
    }
    struct value_handles table = {keep, find, i};
    const struct value_handles *handles = call->keeps ? &table : NULL;
    i->calls_read++;
    r = call->form == RUNTIME_CALL_WORDS ? read_words(call, name, type, handles, to, reterr)
                                         : read_whole(call, &named, name, type, handles, to, reterr);
    if (r < 0)
        give_back(i, i->calls_read);
    if (r == ARCELLA_E_INVALID)
        error_hint(reterr, r, "arguments are %s",
                   call->json ? "JSON" : "WAVE: 1, \"text\", [1, 2], {field: 1}, some(1), …");
    return r;
}

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
    r = read_call(i, call, waiting, reterr);
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
