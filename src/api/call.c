/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Functions and calls.  A function of a component is called on the caller's stack: with core values where it
 * takes and gives numbers, else with values in an arena.  Where the stack has no room it runs on the
 * engine's, from the loop; a core module's functions always do.
 *
 * Results live in one of two arenas of the instance in turn, so that what a call returned can be given to the
 * next.
 */
#include "api/api.h"

#include <string.h>

#include "base/limits.h"
#include "component/nearest.h"
#include "component/wave.h"

/* --- finding a function --- */

/* Does an interface answer to what was asked for by its label alone: "acme:calc/math@1.0.0" to "math"? */
static bool has_label(const char *interface, struct text asked) {
    const char *slash = strrchr(interface, '/');
    size_t length = slash ? strcspn(slash + 1, "@") : 0;
    return slash && text_equal((struct text){slash + 1, length}, asked);
}

/* @param name  the function's own, without interface */
static int not_found(const arcella_instance *instance, const char *function, struct text name,
                     arcella_error **reterr) {
    const struct api_code *code = instance->code;
    const struct arcella_item *near = NULL;
    struct nearest search = {.wanted = name};
    for (uint32_t i = 0; i < code->export_count; i++) {
        const struct arcella_item *item = &code->exports[i].item;
        nearest_consider(&search, text_of(item->name));
        if (search.best.data == item->name)
            near = item;
    }
    if (!near)
        return error_set(reterr, ARCELLA_E_NOT_FOUND, "no exported function '%s'; the component has %u",
                         function, code->export_count);
    return error_set(reterr, ARCELLA_E_NOT_FOUND, "no exported function '%s'; there is '%s%s%s'", function,
                     near->interface, *near->interface ? "." : "", near->name);
}

static int find_by_label(const arcella_instance *instance, const char *function, struct text interface,
                         struct text name, uint32_t *ret, arcella_error **reterr) {
    const struct api_export *found = NULL;
    for (uint32_t i = 0; i < instance->code->export_count; i++) {
        const struct api_export *export = &instance->code->exports[i];
        if (!text_equal(text_of(export->item.name), name) || !has_label(export->item.interface, interface))
            continue;
        if (found)
            return error_set(reterr, ARCELLA_E_AMBIGUOUS, "'%s' may be of '%s' or of '%s'", function,
                             found->item.interface, export->item.interface);
        found = export;
        *ret = i;
    }
    return found ? 0 : not_found(instance, function, name, reterr);
}

static int find_in_component(const arcella_instance *instance, const char *function, uint32_t *ret,
                             arcella_error **reterr) {
    struct wave_call call;
    int r = wave_call_name(text_of(function), true, &call, reterr);
    if (r)
        return r;
    MEM_AUTO char *interface = mem_format("%.*s%s%.*s", (int)call.interface.length, call.interface.data,
                                          call.version.length ? "@" : "", (int)call.version.length,
                                          call.version.length ? call.version.data : "");
    MEM_AUTO char *name = mem_text_n(call.name.data, call.name.length);
    if (!interface || !name)
        return error_nomem(reterr);
    const struct component_func *func = component_func_find(instance->code->component, interface, name);
    if (!func)
        return find_by_label(instance, function, call.interface, call.name, ret, reterr);
    *ret = 0;
    while (component_func_at(instance->code->component, *ret) != func)
        ++*ret;
    return 0;
}

static int find_in_module(const arcella_instance *instance, const char *function, uint32_t *ret,
                          arcella_error **reterr) {
    for (uint32_t i = 0; i < instance->code->export_count; i++) {
        if (strcmp(instance->code->exports[i].item.name, function) != 0)
            continue;
        *ret = i;
        return 0;
    }
    return not_found(instance, function, text_of(function), reterr);
}

static int closed(arcella_error **reterr) {
    return api_error(reterr, ARCELLA_E_CLOSED, "the instance has ended: its component was unloaded");
}

int arcella_instance_func(arcella_instance *instance, const char *function, arcella_func **ret,
                          arcella_error **reterr) {
    if (!instance || !function || !ret)
        return api_error(reterr, ARCELLA_E_INVALID, "instance, function and ret must not be NULL");
    if (!instance->code)
        return closed(reterr);
    uint32_t index = 0;
    int r = instance->component ? find_in_component(instance, function, &index, reterr)
                                : find_in_module(instance, function, &index, reterr);
    if (r)
        return api_hint(reterr, r);
    arcella_func *func = &instance->funcs[index];
    func->instance = instance;
    func->export = &instance->code->exports[index];
    if (instance->component)
        func->func = component_func_at(instance->code->component, index);
    *ret = func;
    return 0;
}

static const struct func_type *type_of(const arcella_func *func) {
    return func && func->instance->code ? func->export->type : NULL;
}

size_t arcella_func_param_count(const arcella_func *func) {
    const struct func_type *type = type_of(func);
    return type ? type->param_count : 0;
}

const arcella_type *arcella_func_param(const arcella_func *func, size_t index) {
    const struct func_type *type = type_of(func);
    return type && index < type->param_count ? (const arcella_type *)type->params[index].type : NULL;
}

const arcella_type *arcella_func_result(const arcella_func *func) {
    const struct func_type *type = type_of(func);
    return type ? (const arcella_type *)type->result : NULL;
}

/* --- a call in progress --- */

/* Host functions that it calls cannot take the instance away under it. */
static void begin(arcella_instance *instance) {
    instance->depth++;
    instance->runtime->depth++;
}

static int end(arcella_instance *instance, int r) {
    instance->runtime->depth--;
    instance->depth--;
    if (UNLIKELY(instance->doomed))
        arcella_instance_free(instance);
    return r;
}

/* What waits has to be parked, which the caller's stack cannot be. */
static inline bool may_wait(const arcella_instance *instance) {
    return instance->given && instance->wasi;
}

/* Arguments that do not fit are told with the signature; a component's has the name in it. */
static int name_call(const arcella_func *func, int r, arcella_error **reterr) {
    const struct arcella_item *item = &func->export->item;
    bool whole = r == ARCELLA_E_INVALID;
    error_wrap(reterr, r, "call '%s%s'", whole && func->func ? "" : item->name, whole ? item->signature : "");
    return api_hint(reterr, r);
}

/* --- numbers --- */

static inline uint64_t bits_of(const struct arcella_value *value) {
    switch (value->kind) {
    case ARCELLA_S32: return (uint32_t)value->of.s64;
    case ARCELLA_F32: {
        uint32_t bits;
        memcpy(&bits, &value->of.f32, sizeof(bits));
        return bits;
    }
    default: return value->of.u64;
    }
}

static inline struct arcella_value of_bits(enum type_kind kind, const union engine_value *v) {
    switch (kind) {
    case TYPE_S32: return arcella_value_s32(v->i32);
    case TYPE_U32: return arcella_value_u32(v->u32);
    case TYPE_S64: return arcella_value_s64(v->i64);
    case TYPE_U64: return arcella_value_u64(v->u64);
    case TYPE_F32: return arcella_value_f32(v->f32);
    default: return arcella_value_f64(v->f64);
    }
}

/* The arguments as core values. @return false: one is of another type, or out of its range */
static inline bool flatten(const struct func_type *type, const struct arcella_value *args, size_t count,
                           union engine_value *flat) {
    if (UNLIKELY(count != type->param_count))
        return false;
    for (uint32_t i = 0; i < count; i++) {
        const struct arcella_value *value = &args[i];
        if (UNLIKELY(value->kind != type->params[i].type->kind))
            return false;
        uint64_t bits = bits_of(value);
        bool narrow = value->kind == ARCELLA_S32 || value->kind == ARCELLA_U32;
        if (UNLIKELY(narrow && (value->kind == ARCELLA_S32 ? value->of.s64 != (int32_t)bits : bits >> 32)))
            return false;
        flat[i].u64 = bits;
    }
    return true;
}

__attribute__((cold, noinline)) static int
flat_ended(arcella_instance *instance, const struct engine_outcome *outcome, arcella_error **reterr) {
    return api_outcome_error(instance, outcome, reterr);
}

/* @return as component_call_flat(), but what ended it is an error */
static inline int call_flat(const arcella_func *func, union engine_value *flat, arcella_error **reterr) {
    arcella_instance *instance = func->instance;
    struct engine_outcome outcome; /* large: written only where something ended badly */
    int r = component_call_flat(instance->component, func->func, flat, &instance->budget, &outcome, reterr);
    return UNLIKELY(r == ENGINE_STOP) ? flat_ended(instance, &outcome, reterr) : r;
}

/* --- values --- */

static void on_done(struct component_instance *of, const struct engine_outcome *outcome,
                    const struct value *result, void *user) {
    (void)of;
    arcella_instance *instance = user;
    *instance->outcome = *outcome;
    instance->done = true;
    if (result && instance->result) {
        const struct func_type *type = component_func_type(instance->running);
        if (!value_copy(type->result, result, &instance->arenas[!instance->arena], instance->result,
                        &instance->error))
            instance->has_result = true;
    }
}

/* On the engine's stack, from the loop. */
static int call_turning(const arcella_func *func, const struct value *args, size_t count,
                        struct value *result, struct engine_outcome *outcome, arcella_error **reterr) {
    arcella_instance *instance = func->instance;
    if (instance->runtime->turning)
        return api_turn(instance, reterr);
    instance->running = func->func;
    instance->result = result;
    instance->outcome = outcome;
    instance->done = instance->has_result = false;
    int r = component_call(instance->component, func->func, args, count, &instance->budget, on_done, instance,
                           reterr);
    if (!r)
        r = api_turn(instance, reterr);
    if (!r)
        r = api_outcome_error(instance, outcome, reterr);
    if (!r && instance->error)
        r = error_move(reterr, TAKE(instance->error));
    instance->outcome = NULL;
    instance->result = NULL;
    return r;
}

static int call_values(const arcella_func *func, const struct arcella_value *args, size_t count,
                       struct value *result, arcella_error **reterr) {
    arcella_instance *instance = func->instance;
    struct arena *arena = &instance->arenas[!instance->arena];
    struct engine_outcome outcome;
    arcella_error *error = NULL;
    arena_done(arena);
    if (may_wait(instance))
        return call_turning(func, api_values(args), count, result, &outcome, reterr);
    int r = component_call_direct(instance->component, func->func, api_values(args), count, &instance->budget,
                                  arena, result, &outcome, &error);
    if (r == ENGINE_STOP)
        return api_outcome_error(instance, &outcome, reterr);
    if (r != ARCELLA_E_LIMIT)
        return r ? error_move(reterr, error) : 0;
    /* No room on this stack, or the arguments are too large, which is then told again. */
    arcella_error_free(error);
    arena_done(arena);
    return call_turning(func, api_values(args), count, result, &outcome, reterr);
}

static int check_args(const struct func_type *type, const struct arcella_value *args, size_t count,
                      arcella_error **reterr) {
    if (count != type->param_count)
        return error_set(reterr, ARCELLA_E_INVALID, "it takes %u argument%s, %zu given", type->param_count,
                         type->param_count == 1 ? "" : "s", count);
    if (count && !args)
        return error_set(reterr, ARCELLA_E_INVALID, "args is NULL");
    for (uint32_t i = 0; i < count; i++) {
        int r = api_value_check(type->params[i].type, &args[i], reterr);
        if (r)
            return error_wrap(reterr, r, "argument '%.*s'", (int)type->params[i].name.length,
                              type->params[i].name.data);
    }
    return 0;
}

static int call_component(const arcella_func *func, const struct arcella_value *args, size_t count,
                          struct arcella_value *result, arcella_error **reterr) {
    arcella_instance *instance = func->instance;
    const struct func_type *type = func->export->type;
    struct value value = {.kind = ARCELLA_NONE};
    int r = check_args(type, args, count, reterr);
    if (!r)
        r = call_values(func, args, count, &value, reterr);
    if (!r && type->result)
        r = api_value_publish(type->result, &value, &instance->arenas[!instance->arena], reterr);
    if (r) {
        arena_done(&instance->arenas[!instance->arena]);
        return r;
    }
    arena_done(&instance->arenas[instance->arena]);
    instance->arena = !instance->arena;
    if (result)
        *result = api_value(value);
    return 0;
}

/* --- a core module's function --- */

void api_module_done(struct engine_instance *engine, const struct engine_outcome *outcome, void *user) {
    arcella_instance *instance = user;
    *instance->outcome = *outcome;
    instance->done = true;
    const union engine_value *results = engine_results(engine);
    if (results && instance->result && instance->running_type && instance->running_type->result) {
        struct arcella_value public = of_bits(instance->running_type->result->kind, results);
        memcpy(instance->result, &public, sizeof(public));
    }
}

static int call_module(const arcella_func *func, const struct arcella_value *args, size_t count,
                       struct arcella_value *result, arcella_error **reterr) {
    arcella_instance *instance = func->instance;
    const struct func_type *type = func->export->type;
    union engine_value flat[65] = {{.u64 = 0}};
    struct engine_outcome outcome;
    struct value value = {.kind = ARCELLA_NONE};
    if (!type)
        return error_set(reterr, ARCELLA_E_UNSUPPORTED, "it is %s, which values cannot be given to",
                         func->export->item.signature);
    int r = check_args(type, args, count, reterr);
    if (r)
        return r;
    if (!flatten(type, args, count, flat))
        return error_set(reterr, ARCELLA_E_INVALID,
                         "an argument is of another type: it takes s32, s64, f32, f64 for %s",
                         func->export->item.signature);
    if (instance->runtime->turning)
        return api_turn(instance, reterr);
    instance->running_type = type;
    instance->result = &value;
    instance->outcome = &outcome;
    instance->done = false;
    r = engine_call(instance->module, func->export->item.name, func->export->flat, flat, &instance->budget,
                    api_module_done, reterr);
    if (!r)
        r = api_turn(instance, reterr);
    if (!r)
        r = api_outcome_error(instance, &outcome, reterr);
    instance->result = NULL;
    instance->outcome = NULL;
    if (!r && result)
        *result = api_value(value);
    return r;
}

/* --- the door --- */

__attribute__((noinline)) static int call_slowly(const arcella_func *func, const struct arcella_value *args,
                                                 size_t count, struct arcella_value *result,
                                                 arcella_error **reterr) {
    int r = func->instance->component ? call_component(func, args, count, result, reterr)
                                      : call_module(func, args, count, result, reterr);
    return r ? name_call(func, r, reterr) : 0;
}

static int slowly(const arcella_func *func, const struct arcella_value *args, size_t count,
                  struct arcella_value *result, arcella_error **reterr) {
    int r = call_slowly(func, args, count, result, reterr);
    if (!r && result && func->instance->doomed) /* it goes with the instance */
        result->kind = ARCELLA_NONE;
    return end(func->instance, r);
}

int arcella_func_call(arcella_func *func, const struct arcella_value *args, size_t count,
                      struct arcella_value *result, arcella_error **reterr) {
    if (UNLIKELY(!func))
        return api_error(reterr, ARCELLA_E_INVALID, "func must not be NULL");
    arcella_instance *instance = func->instance;
    if (UNLIKELY(!instance->code))
        return closed(reterr);
    if (UNLIKELY(instance->depth))
        return api_error(reterr, ARCELLA_E_BUSY, "the instance is in a call");
    begin(instance);
    const struct func_type *type = func->export->type;
    union engine_value flat[TYPES_FLAT_PARAMS];
    if (!func->export->numbers || UNLIKELY(may_wait(instance)) || UNLIKELY(!args && count) ||
        UNLIKELY(!flatten(type, args, count, flat)))
        return slowly(func, args, count, result, reterr);
    arcella_error *error = NULL;
    int r = call_flat(func, flat, &error);
    if (UNLIKELY(r)) {
        if (r == ARCELLA_E_LIMIT && !component_poisoned(instance->component)) { /* no room on this stack */
            arcella_error_free(error);
            return slowly(func, args, count, result, reterr);
        }
        (void)error_move(reterr, error);
        return end(instance, name_call(func, r, reterr));
    }
    if (result)
        *result =
            type->result ? of_bits(type->result->kind, flat) : (struct arcella_value){.kind = ARCELLA_NONE};
    return end(instance, 0);
}

/* There is no room on this stack. */
__attribute__((cold, noinline)) static int flat_slowly(const arcella_func *func, union engine_value *flat,
                                                       arcella_error **reterr) {
    const struct func_type *type = func->export->type;
    struct arcella_value args[TYPES_FLAT_PARAMS], result;
    for (uint32_t i = 0; i < type->param_count; i++)
        args[i] = of_bits(type->params[i].type->kind, &flat[i]);
    int r = call_slowly(func, args, type->param_count, &result, reterr);
    if (!r && type->result)
        flat[0].u64 = bits_of(&result);
    return r;
}

int arcella_func_call_flat(arcella_func *func, union arcella_flat flat[16], arcella_error **reterr) {
    STATIC_ASSERT(sizeof(union arcella_flat) == sizeof(union engine_value), "one layout");
    if (UNLIKELY(!func || !flat))
        return api_error(reterr, ARCELLA_E_INVALID, "func and flat must not be NULL");
    arcella_instance *instance = func->instance;
    if (UNLIKELY(!instance->code))
        return closed(reterr);
    if (UNLIKELY(!func->func))
        return api_error(reterr, ARCELLA_E_UNSUPPORTED, "'%s' is a function of a core module",
                         func->export->item.name);
    if (UNLIKELY(may_wait(instance) && instance->depth))
        return api_error(reterr, ARCELLA_E_BUSY, "the instance is in a call");
    begin(instance);
    if (UNLIKELY(may_wait(instance) && func->export->numbers))
        return end(instance, flat_slowly(func, (union engine_value *)(void *)flat, reterr));
    arcella_error *error = NULL;
    int r = call_flat(func, (union engine_value *)(void *)flat, &error);
    if (UNLIKELY(r)) {
        if (r == ARCELLA_E_LIMIT && !component_poisoned(instance->component)) {
            arcella_error_free(error);
            return end(instance, flat_slowly(func, (union engine_value *)(void *)flat, reterr));
        }
        (void)error_move(reterr, error);
        r = name_call(func, r, reterr);
    }
    return end(instance, r);
}

int arcella_instance_call(arcella_instance *instance, const char *function, const struct arcella_value *args,
                          size_t count, struct arcella_value *result, arcella_error **reterr) {
    arcella_func *func;
    int r = arcella_instance_func(instance, function, &func, reterr);
    return r ? r : arcella_func_call(func, args, count, result, reterr);
}

static void on_dropped(struct component_instance *of, const struct engine_outcome *outcome,
                       const struct value *result, void *user) {
    (void)of;
    (void)result;
    arcella_instance *instance = user;
    *instance->outcome = *outcome;
    instance->done = true;
}

int arcella_instance_drop(arcella_instance *instance, const struct arcella_value *handle,
                          arcella_error **reterr) {
    if (!instance || !handle)
        return api_error(reterr, ARCELLA_E_INVALID, "instance and handle must not be NULL");
    if (!instance->code)
        return closed(reterr);
    if (handle->kind != ARCELLA_OWN || !instance->component)
        return api_error(reterr, ARCELLA_E_KIND, "only an own handle can be dropped");
    struct engine_outcome outcome;
    begin(instance);
    instance->outcome = &outcome;
    instance->done = false;
    int r = instance->runtime->turning ? api_turn(instance, reterr) : 0;
    if (!r)
        r = component_resource_drop(instance->component, handle->count, (uint32_t)handle->of.u64,
                                    &instance->budget, on_dropped, instance, reterr);
    if (!r)
        r = api_turn(instance, reterr);
    if (!r)
        r = api_outcome_error(instance, &outcome, reterr);
    instance->outcome = NULL;
    return end(instance, r ? api_hint(reterr, error_wrap(reterr, r, "drop a handle")) : 0);
}
