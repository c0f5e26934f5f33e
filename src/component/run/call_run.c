/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What the host calls: an exported function with dynamic values, on the fiber or at once; one of numbers only
 * with core values; the destructor of a handle it holds.
 *
 * Source: component-model, design/mvp/CanonicalABI.md (canon lift; Embedding: Store.invoke, Store.lift).
 */
#include "base/mem.h"
#include "component/run/instance.h"

/* --- bodies: what runs on the fiber or the caller's stack --- */

/* One function, from values to value. */
static int call_values_of(struct component_instance *instance, struct abi_call *call) {
    struct host_call *host = &instance->call;
    const struct resolved_lift *lift = &instance->component->program->lifts[host->func->lift];
    union engine_value flat[TYPES_FLAT_MANY] = {{.u64 = 0}};
    struct side callee;
    int r = call_enter(instance, call, lift->instance, RESOLVE_NONE);
    if (r)
        return r;
    side_init(&callee, instance, lift->instance, &lift->options);
    r = abi_lower_params(lift->plan, call, &callee.guest, host->args, flat);
    if (r)
        return r;
    uint32_t count = lift->plan->lifted_params ? lift->plan->lifted_params : 1;
    if (engine_func_call(instance->engine, &instance->items[lift->callee].func, flat, count))
        return ABI_STOP;
    r = handle_scope_check(call);
    if (!r && lift->plan->type->result) {
        r = abi_lift_result(lift->plan, call, &callee.guest, flat, &host->result);
        host->has_result = !r;
    }
    if (!r)
        r = call_post_return(&callee, flat);
    if (!r)
        call_leave(instance, lift->instance, RESOLVE_NONE);
    else
        abi_give_back(call);
    host->taken = call->taken;
    return r;
}

/* A handle that the host holds: one of its own resources, or an entry of its table. */
static int drop_held(struct component_instance *instance, struct abi_call *call) {
    const struct host_call *host = &instance->call;
    uint32_t rep = host->held;
    bool own = true;
    if (!instance->component->program->resources[host->resource].imported) {
        int r = handle_drop(&instance->host, call, host->resource, host->held, &own, &rep);
        if (r)
            return r;
    }
    return own ? call_destroy(instance, call, host->resource, rep, RESOLVE_NONE) : 0;
}

static int body(struct engine_instance *engine, void *arg) {
    (void)engine;
    struct component_instance *instance = arg;
    struct abi_call call;
    abi_call_init(&call, instance->limits.copy_bytes, instance->call.in, &instance->host);
    int r = instance->call.func ? call_values_of(instance, &call) : drop_held(instance, &call);
    abi_call_done(&call);
    return call_tell(instance, &call, r);
}

/* --- beginning --- */

static int check_callable(const struct component_instance *instance, const struct component_func *func,
                          arcella_error **reterr) {
    if (!instance->made)
        return error_set(reterr, ARCELLA_E_STATE,
                         instance->poisoned ? "the instance could not be made: nothing can be called in it"
                                            : "the instance is not made yet");
    if (instance->poisoned)
        return error_set(reterr, ARCELLA_E_STATE,
                         "a call in the instance failed before: nothing can be called in it any more");
    if (instance->calling)
        return error_set(reterr, ARCELLA_E_BUSY, "a call is in progress in the instance");
    if (!func)
        return 0;
    const struct program *program = instance->component->program;
    if (func < program->funcs || func >= program->funcs + program->func_count)
        return error_set(reterr, ARCELLA_E_INVALID, "the function is of another component");
    if (func->lift == RESOLVE_NONE)
        return error_set(reterr, ARCELLA_E_UNSUPPORTED,
                         "'%.*s' is a function of the host that the component passes through",
                         (int)func->name.length, func->name.data);
    return 0;
}

/* As a rule they are what they should be, and lent to us until the call is over: nothing is copied. */
static bool all_fit(const struct func_type *type, const struct value *args) {
    for (uint32_t i = 0; i < type->param_count; i++)
        if (!value_fits(type->params[i].type, &args[i]))
            return false;
    return true;
}

/* Bring the arguments into the shape of their types, in the arena of the call. */
static int fit_args(const struct component_func *func, const struct value *args, size_t count,
                    struct arena *arena, const struct value **ret, arcella_error **reterr) {
    const struct func_type *type = func->type;
    if (count != type->param_count)
        return error_set(reterr, ARCELLA_E_INVALID, "'%.*s' takes %u argument%s, %zu given",
                         (int)func->name.length, func->name.data, type->param_count,
                         type->param_count == 1 ? "" : "s", count);
    *ret = args;
    if (all_fit(type, args))
        return 0;
    struct value *fit = arena_array(arena, count, sizeof(*fit));
    if (!fit)
        return error_nomem(reterr);
    for (uint32_t i = 0; i < type->param_count; i++) {
        int r = value_fit(type->params[i].type, &args[i], arena, &fit[i], reterr);
        if (r)
            return error_wrap(reterr, r, "argument '%.*s'", (int)type->params[i].name.length,
                              type->params[i].name.data);
    }
    *ret = fit;
    return 0;
}

static void begin_call(struct component_instance *instance, const struct component_func *func,
                       component_done_fn *on_done, void *user) {
    arena_done(&instance->call.arena);
    instance->call = (struct host_call){.func = func, .on_done = on_done, .user = user};
    instance->call.arena.limit_bytes = instance->limits.value_bytes;
    instance->call.in = &instance->call.arena;
}

/* The run was ended when its body had returned already (what its memories have together is looked at last):
 * the result will not be told. */
static void give_result_back(struct component_instance *instance) {
    struct abi_call call;
    abi_call_init(&call, 0, NULL, NULL);
    call.taken = TAKE(instance->call.taken);
    abi_give_back(&call);
    abi_call_done(&call);
}

/* --- on the fiber --- */

/* The values leave the instance first, as the callback may free it or call again. */
static void done(struct engine_instance *engine, const struct engine_outcome *outcome, void *user) {
    (void)engine;
    struct component_instance *instance = user;
    if (outcome->end != ENGINE_END_RETURNED)
        give_result_back(instance);
    struct host_call call = instance->call;
    instance->call.taken = NULL;
    instance->call.arena = (struct arena){.block = NULL};
    instance->calling = false;
    if (outcome->end != ENGINE_END_RETURNED)
        instance->poisoned = true;
    bool returned = outcome->end == ENGINE_END_RETURNED && call.has_result;
    call.on_done(instance, outcome, returned ? &call.result : NULL, call.user);
    arena_done(&call.arena);
}

static int run(struct component_instance *instance, const struct engine_budget *budget,
               arcella_error **reterr) {
    int r = engine_run_body(instance->engine, body, instance, budget, done, reterr);
    if (r)
        arena_done(&instance->call.arena);
    instance->calling = !r;
    return r;
}

int component_call(struct component_instance *instance, const struct component_func *func,
                   const struct value *args, size_t count, const struct engine_budget *budget,
                   component_done_fn *on_done, void *user, arcella_error **reterr) {
    int r = check_callable(instance, func, reterr);
    if (r)
        return r;
    begin_call(instance, func, on_done, user);
    r = fit_args(func, args, count, &instance->call.arena, &instance->call.args, reterr);
    if (r) {
        arena_done(&instance->call.arena);
        return r;
    }
    return run(instance, budget, reterr);
}

int component_resource_drop(struct component_instance *instance, uint32_t resource, uint32_t held,
                            const struct engine_budget *budget, component_done_fn *on_done, void *user,
                            arcella_error **reterr) {
    int r = check_callable(instance, NULL, reterr);
    if (r)
        return r;
    if (resource >= instance->component->program->resource_count)
        return error_set(reterr, ARCELLA_E_INVALID, "there is no resource type %u", resource);
    begin_call(instance, NULL, on_done, user);
    instance->call.resource = resource;
    instance->call.held = held;
    return run(instance, budget, reterr);
}

void component_cancel(struct component_instance *instance, enum engine_end end, const char *message) {
    engine_cancel(instance->engine, end, message);
}

/* --- at once --- */

/* @return as engine_call_direct(); poisoned where it did not return */
static int run_direct(struct component_instance *instance, engine_body_fn *what, void *arg,
                      const struct engine_budget *budget, struct engine_outcome *ret_outcome,
                      arcella_error **reterr) {
    instance->calling = true;
    int r = engine_call_direct(instance->engine, what, arg, budget, ret_outcome, reterr);
    instance->calling = false;
    if (r == ENGINE_STOP)
        instance->poisoned = true;
    return r;
}

int component_call_direct(struct component_instance *instance, const struct component_func *func,
                          const struct value *args, size_t count, const struct engine_budget *budget,
                          struct arena *arena, struct value *ret_result, struct engine_outcome *ret_outcome,
                          arcella_error **reterr) {
    int r = check_callable(instance, func, reterr);
    if (r)
        return r;
    begin_call(instance, func, NULL, NULL);
    instance->call.in = arena;
    r = fit_args(func, args, count, arena, &instance->call.args, reterr);
    if (!r)
        r = run_direct(instance, body, instance, budget, ret_outcome, reterr);
    if (r)
        give_result_back(instance);
    else if (instance->call.has_result)
        *ret_result = instance->call.result;
    instance->call.taken = NULL; /* it lies in the caller's arena */
    return r;
}

struct flat_call {
    struct component_instance *instance;
    const struct resolved_lift *lift;
    union engine_value *v;
};

static int flat_body(struct engine_instance *engine, void *arg) {
    const struct flat_call *flat = arg;
    struct component_instance *instance = flat->instance;
    const struct resolved_lift *lift = flat->lift;
    struct abi_call call;
    abi_call_init(&call, 0, NULL, NULL);
    int r = call_enter(instance, &call, lift->instance, RESOLVE_NONE);
    if (UNLIKELY(r))
        return call_tell(instance, &call, r);
    uint32_t count = lift->plan->lifted_params ? lift->plan->lifted_params : 1;
    if (UNLIKELY(engine_func_call(engine, &instance->items[lift->callee].func, flat->v, count)))
        return ENGINE_STOP;
    if (UNLIKELY(lift->options.post_return != RESOLVE_NONE)) {
        struct side callee;
        side_init(&callee, instance, lift->instance, &lift->options);
        if (call_post_return(&callee, flat->v))
            return ENGINE_STOP;
    }
    call_leave(instance, lift->instance, RESOLVE_NONE);
    return 0;
}

int component_call_flat(struct component_instance *instance, const struct component_func *func,
                        union engine_value *v, const struct engine_budget *budget,
                        struct engine_outcome *ret_outcome, arcella_error **reterr) {
    int r = check_callable(instance, func, reterr);
    if (UNLIKELY(r))
        return r;
    if (UNLIKELY(!func->numbers))
        return error_set(reterr, ARCELLA_E_UNSUPPORTED, "'%.*s' takes or gives more than numbers",
                         (int)func->name.length, func->name.data);
    struct flat_call flat = {instance, &instance->component->program->lifts[func->lift], v};
    return run_direct(instance, flat_body, &flat, budget, ret_outcome, reterr);
}
