/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Instances: made on the loop, since start sections are sliced; ended by whoever frees them, their component
 * or their runtime.  What is ended keeps its handle until that is freed.
 */
#include "api/api.h"

#include "base/limits.h"
#include "base/text.h"

DEFINE_CLEANUP(instance_free_ptr, arcella_instance *, arcella_instance_free)

/* --- how it ends --- */

int api_outcome_error(arcella_instance *instance, const struct engine_outcome *outcome,
                      arcella_error **reterr) {
    int code = ARCELLA_E_CANCELLED;
    switch (outcome->end) {
    case ENGINE_END_RETURNED: return 0;
    case ENGINE_END_TRAPPED:
        code = ARCELLA_E_TRAP;
        text_copy(instance->trap, sizeof(instance->trap), outcome->trap);
        break;
    case ENGINE_END_STACK:
    case ENGINE_END_CPU_TIME:
    case ENGINE_END_FUEL:
    case ENGINE_END_LIMIT: code = ARCELLA_E_LIMIT; break;
    case ENGINE_END_WALL_TIME: code = ARCELLA_E_TIMEOUT; break;
    default: break;
    }
    return error_set(reterr, code, "%s: %s", engine_end_name(outcome->end), outcome->message);
}

void api_instance_end(arcella_instance *instance) {
    instance->component = instance->component ? component_instance_free(instance->component) : NULL;
    api_wasi_end(instance);
    instance->module = instance->module ? engine_instance_free(instance->module) : NULL;
    instance->code = api_code_unref(instance->code);
    arena_done(&instance->arenas[0]);
    arena_done(&instance->arenas[1]);
}

void arcella_instance_free(arcella_instance *instance) {
    if (!instance)
        return;
    if (instance->depth) {
        instance->doomed = true;
        return;
    }
    if (instance->self) {
        *instance->self = instance->next;
        if (instance->next)
            instance->next->self = instance->self;
    }
    api_instance_end(instance);
    arcella_error_free(instance->error);
    mem_free(instance->funcs);
    mem_free(instance);
}

/* --- making --- */

static uint64_t or_default(uint64_t value, uint64_t by_default) {
    return value ? value == ARCELLA_UNLIMITED ? 0 : value : by_default;
}

static int read_limits(arcella_instance *instance, const struct arcella_limits *from,
                       struct component_limits *limits, struct engine_budget *start, arcella_error **reterr) {
    struct arcella_limits l = ARCELLA_LIMITS_INIT;
    int r = api_sized("limits", from, &l, sizeof(l), offsetof(struct arcella_limits, copy_bytes), reterr);
    if (r)
        return r;
    if (l.memory_bytes > LIMIT_MEMORY_BYTES || l.table_elements > LIMIT_TABLE_ELEMENTS ||
        l.fuel > LIMIT_FUEL || l.value_bytes > LIMIT_CALL_VALUE_BYTES)
        return error_set(reterr, ARCELLA_E_INVALID, "a limit is above what this library allows");
    if (l.fuel && !instance->runtime->fuel)
        return error_set(reterr, ARCELLA_E_INVALID,
                         "fuel is limited but the runtime was made without options.fuel");
    *limits = (struct component_limits){
        .engine = {.memory_bytes = or_default(l.memory_bytes, DEFAULT_MEMORY_BYTES),
                   .table_elements = or_default(l.table_elements, DEFAULT_TABLE_ELEMENTS),
                   .fuel = l.fuel},
        .copy_bytes = l.copy_bytes,
        .value_bytes = or_default(l.value_bytes, LIMIT_CALL_VALUE_BYTES),
    };
    instance->budget = (struct engine_budget){
        .wall_ms = or_default(l.call_wall_ms, DEFAULT_CALL_MS),
        .cpu_ms = or_default(l.call_cpu_ms, DEFAULT_CALL_CPU_MS),
    };
    *start = instance->budget;
    start->wall_ms = or_default(l.call_wall_ms, DEFAULT_START_UP_MS);
    instance->arenas[0].limit_bytes = instance->arenas[1].limit_bytes = limits->value_bytes;
    return 0;
}

static void on_made(struct component_instance *of, const struct engine_outcome *outcome, void *user) {
    (void)of;
    arcella_instance *instance = user;
    *instance->outcome = *outcome;
    instance->done = true;
}

static int make_component(arcella_instance *instance, const struct component_limits *limits,
                          const struct engine_budget *start, arcella_error **reterr) {
    const struct api_code *code = instance->code;
    int r = code->wants_wasi ? api_wasi_new(instance, reterr) : 0;
    r = r ? r
          : component_instance_new(code->component, instance->runtime->bindings, limits, start, instance,
                                   on_made, &instance->component, reterr);
    if (!r && instance->wasi)
        wasi_p2_bind(instance->wasi, instance->component);
    return r;
}

static int make(arcella_instance *instance, const struct arcella_limits *limits,
                const struct arcella_wasi *wasi, arcella_error **reterr) {
    struct component_limits l;
    struct engine_budget start;
    struct engine_outcome outcome;
    struct api_code *code = instance->code;
    if (instance->runtime->turning) /* before anything is begun that could not be waited for */
        return api_turn(instance, reterr);
    int r = read_limits(instance, limits, &l, &start, reterr);
    r = r ? r : api_given_read(instance, wasi, reterr);
    if (r)
        return r;
    instance->outcome = &outcome;
    if (code->component)
        r = make_component(instance, &l, &start, reterr);
    else
        r = engine_instance_new(code->module, &l.engine, &start, instance, api_module_done, &instance->module,
                                reterr);
    if (!r)
        r = api_turn(instance, reterr);
    if (!r)
        r = api_outcome_error(instance, &outcome, reterr);
    instance->outcome = NULL;
    return r;
}

int arcella_instance_new(arcella_component *component, const struct arcella_limits *limits,
                         arcella_instance **ret, arcella_error **reterr) {
    return arcella_instance_new_wasi(component, limits, NULL, ret, reterr);
}

int arcella_instance_new_wasi(arcella_component *component, const struct arcella_limits *limits,
                              const struct arcella_wasi *wasi, arcella_instance **ret,
                              arcella_error **reterr) {
    if (!component || !ret)
        return api_error(reterr, ARCELLA_E_INVALID, "component and ret must not be NULL");
    if (!component->code)
        return api_error(reterr, ARCELLA_E_CLOSED, "component '%s' was unloaded", component->name);
    CLEANUP(instance_free_ptr) arcella_instance *instance = mem_new(arcella_instance);
    if (!instance)
        return error_nomem(reterr);
    arcella_runtime *runtime = instance->runtime = component->runtime;
    instance->of = component;
    instance->code = component->code;
    instance->code->references++;
    instance->next = runtime->instances;
    instance->self = &runtime->instances;
    if (instance->next)
        instance->next->self = &instance->next;
    runtime->instances = instance;
    instance->funcs = mem_array(instance->code->export_count + 1, sizeof(*instance->funcs));
    if (!instance->funcs)
        return error_nomem(reterr);
    instance->depth++; /* host functions that a start section calls cannot take it away */
    runtime->depth++;
    int r = make(instance, limits, wasi, reterr);
    runtime->depth--;
    instance->depth--;
    if (!r && instance->doomed)
        r = error_set(reterr, ARCELLA_E_CANCELLED, "it was freed while it started");
    if (r)
        return api_hint(reterr,
                        error_wrap(reterr, r, "instantiate '%s'", instance->of ? component->name : ""));
    *ret = TAKE(instance);
    return 0;
}

/* --- what is asked of it --- */

void arcella_instance_set_user(arcella_instance *instance, void *user) {
    if (instance)
        instance->user = user;
}

void *arcella_instance_user(const arcella_instance *instance) {
    return instance ? instance->user : NULL;
}

uint64_t arcella_instance_memory_bytes(arcella_instance *instance) {
    struct engine_usage usage = {.memory_bytes = 0};
    if (instance && instance->code)
        engine_usage(instance->component ? component_engine(instance->component) : instance->module, &usage);
    return usage.memory_bytes;
}

const char *arcella_instance_trap(const arcella_instance *instance) {
    return instance ? instance->trap : "";
}
