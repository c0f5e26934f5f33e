/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What guests call: functions of other component instances, functions of the host, the built-ins of
 * resources. All of it runs on the fiber (or the stack) of the run in progress; whatever ends it unwinds
 * through here, so each function undoes what belongs to its call on every way out.  Flags of instances are
 * left as they are where a run ends badly: nothing can be called after that.
 *
 * Source: component-model, design/mvp/CanonicalABI.md (canon lift, canon lower, canon resource.new, .drop,
 * .rep; Component Instances: may_enter, may_leave).
 */
#include <stdarg.h>

#include "component/run/instance.h"

/* --- sides --- */

static int side_realloc(struct abi_guest *guest, uint32_t old, uint32_t old_bytes, uint32_t align,
                        uint32_t bytes, uint32_t *ret) {
    struct side *side = guest->user;
    struct component_instance *instance = side->instance;
    union engine_value v[4]; /* what is no part of an i32 is not read */
    v[0].u64 = old;
    v[1].u64 = old_bytes;
    v[2].u64 = align;
    v[3].u64 = bytes;
    side->sub->may_leave = false;
    int r = engine_func_call(instance->engine, side->realloc_func, v, 4);
    if (UNLIKELY(r))
        return ABI_STOP;
    side->sub->may_leave = true;
    *ret = v[0].u32;
    return 0;
}

static void side_look(struct abi_guest *guest) {
    const struct side *side = guest->user;
    uint32_t item = side->options->memory;
    if (item != RESOLVE_NONE)
        guest->memory.size = engine_memory_bytes(side->instance->engine, &side->instance->items[item].memory);
}

void side_init(struct side *side, struct component_instance *instance, uint32_t sub,
               const struct resolved_options *options) {
    side->instance = instance;
    side->sub = &instance->subs[sub];
    side->options = options;
    uint32_t memory = options->memory, realloc_func = options->realloc_func;
    side->realloc_func = realloc_func == RESOLVE_NONE ? NULL : &instance->items[realloc_func].func;
    side->guest = (struct abi_guest){
        .memory = {.base =
                       memory == RESOLVE_NONE ? NULL : instance->bases[memory]}, /* size: when asked for */
        .encoding = options->encoding,
        .handles = &side->sub->handles,
        .reallocate = realloc_func == RESOLVE_NONE ? NULL : side_realloc,
        .look = side_look,
        .user = side,
    };
}

/* --- entering and leaving --- */

int call_enter(struct component_instance *instance, struct abi_call *call, uint32_t callee, uint32_t meets) {
    for (uint32_t at = callee; at != meets; at = instance->subs[at].parent)
        if (UNLIKELY(!instance->subs[at].may_enter))
            return abi_fault(call, ABI_FAULT_CANNOT_ENTER,
                             "cannot enter component instance %u: it is being %s already", at,
                             instance->made ? "called" : "instantiated or called");
    for (uint32_t at = callee; at != meets; at = instance->subs[at].parent)
        instance->subs[at].may_enter = false;
    return 0;
}

void call_leave(struct component_instance *instance, uint32_t callee, uint32_t meets) {
    for (uint32_t at = callee; at != meets; at = instance->subs[at].parent)
        instance->subs[at].may_enter = true;
}

int call_tell(struct component_instance *instance, const struct abi_call *call, int code) {
    if (LIKELY(!code))
        return 0;
    if (code != ABI_FAULT || engine_unwinding(instance->engine))
        return ENGINE_STOP;
    enum engine_end end = abi_fault_end(call->fault.kind);
    if (end == ENGINE_END_TRAPPED)
        return engine_trap(instance->engine, abi_fault_name(call->fault.kind), "%s", call->fault.message);
    return engine_stop(instance->engine, end, 0, call->fault.message);
}

/* The caller wants out while realloc or post-return runs in it. */
static int check_leave(const struct sub_instance *caller, struct abi_call *call) {
    if (LIKELY(caller->may_leave))
        return 0;
    return abi_fault(call, ABI_FAULT_CANNOT_LEAVE,
                     "cannot leave component instance: its realloc or post-return function calls out");
}

static uint64_t copy_budget(const struct component_instance *instance) {
    return instance->limits.copy_bytes;
}

int call_post_return(struct side *callee, const union engine_value *result) {
    uint32_t item = callee->options->post_return;
    if (LIKELY(item == RESOLVE_NONE))
        return 0;
    union engine_value v[1] = {*result};
    callee->sub->may_leave = false;
    int r = engine_func_call(callee->instance->engine, &callee->instance->items[item].func, v, 1);
    if (UNLIKELY(r))
        return ABI_STOP;
    callee->sub->may_leave = true;
    return 0;
}

/* --- another component instance's function --- */

static int through(struct component_instance *instance, struct abi_call *call,
                   const struct resolved_host *host, union engine_value *v) {
    const struct resolved_lift *lift = &instance->component->program->lifts[host->target];
    union engine_value flat[TYPES_FLAT_MANY];
    struct side caller, callee;
    int r = check_leave(&instance->subs[host->instance], call);
    if (UNLIKELY(r) || UNLIKELY((r = call_enter(instance, call, lift->instance, host->meets))))
        return r;
    side_init(&caller, instance, host->instance, &host->options);
    side_init(&callee, instance, lift->instance, &lift->options);
    if (UNLIKELY((r = abi_copy_params(lift->plan, call, &caller.guest, v, &callee.guest, flat))))
        return r;
    uint32_t count = lift->plan->lifted_params ? lift->plan->lifted_params : 1;
    if (UNLIKELY(engine_func_call(instance->engine, &instance->items[lift->callee].func, flat, count)))
        return ABI_STOP;
    if (UNLIKELY((r = handle_scope_check(call))) ||
        UNLIKELY((r = abi_copy_result(lift->plan, call, &callee.guest, flat, &caller.guest, v, v))) ||
        UNLIKELY((r = call_post_return(&callee, flat))))
        return r;
    call_leave(instance, lift->instance, host->meets);
    return 0;
}

static int lower_lift(struct engine_instance *engine, union engine_value *v, const void *row) {
    struct component_instance *instance = engine_user(engine);
    struct abi_call call;
    abi_call_init(&call, copy_budget(instance), NULL, &instance->host);
    int r = through(instance, &call, row, v);
    abi_call_done(&call);
    return call_tell(instance, &call, r);
}

/* --- a function of the host --- */

static int to_host(struct call *call, const struct resolved_host *host) {
    struct component_instance *instance = call->instance;
    struct side caller;
    int r = check_leave(&instance->subs[host->instance], &call->abi);
    if (UNLIKELY(r))
        return r;
    side_init(&caller, instance, host->instance, &host->options);
    r = view_args_init(&call->args, host->plan, &call->abi, &caller.guest, call->core);
    if (UNLIKELY(r))
        return r;
    const struct bound_func *bound = &instance->linked->funcs[host->target];
    if (UNLIKELY(!bound->fn))
        return call_trap(call, "not-provided", "nobody provides '%.*s'", (int)call->import->name.length,
                         call->import->name.data);
    return bound->fn(call, bound->user);
}

static int lower_import(struct engine_instance *engine, union engine_value *v, const void *row) {
    const struct resolved_host *host = row;
    struct component_instance *instance = engine_user(engine);
    struct call call;
    call.instance = instance;
    call.engine = engine;
    call.import = &instance->component->program->imports[host->target];
    call.plan = host->plan;
    call.core = v;
    call.arena = (struct arena){.limit_bytes = instance->limits.value_bytes};
    abi_call_init(&call.abi, copy_budget(instance), &call.arena, &instance->host);
    int r = to_host(&call, host);
    abi_call_done(&call.abi);
    if (UNLIKELY(call.arena.block != NULL))
        arena_done(&call.arena);
    return call_tell(instance, &call.abi, r);
}

int call_values(struct call *call, const struct value **ret) {
    uint32_t count = call->plan->type->param_count;
    struct value *values = arena_array(&call->arena, count, sizeof(*values));
    if (!values)
        return abi_fault(&call->abi, ABI_FAULT_NOMEM, NULL);
    *ret = values;
    return abi_lift_params(call->plan, &call->abi, call->args.guest, call->core, values);
}

int call_return(struct call *call, const struct value *value) {
    const struct type *type = call->plan->type->result;
    if (!type)
        return value ? abi_fault(&call->abi, ABI_FAULT_VALUE, "a function without result returns one") : 0;
    if (!value)
        return abi_fault(&call->abi, ABI_FAULT_VALUE, "a function with a result returns none");
    ERROR_AUTO *error = NULL;
    struct value fit;
    if (value_fits(type, value))
        return abi_lower_result(call->plan, &call->abi, call->args.guest, value, call->core, call->core);
    if (value_fit(type, value, &call->arena, &fit, &error))
        return abi_fault(&call->abi, ABI_FAULT_VALUE, "the result does not fit: %s",
                         arcella_error_message(error));
    return abi_lower_result(call->plan, &call->abi, call->args.guest, &fit, call->core, call->core);
}

int call_trap(struct call *call, const char *kind, const char *format, ...) {
    char message[200];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    (void)engine_trap(call->engine, kind, "%s", message);
    return ABI_STOP;
}

/* --- resources --- */

int call_destroy(struct component_instance *instance, struct abi_call *call, uint32_t resource, uint32_t rep,
                 uint32_t meets) {
    const struct resolved_resource *of = &instance->component->program->resources[resource];
    if (of->imported) {
        const struct bound_resource *bound = &instance->linked->resources[resource];
        return bound->drop ? bound->drop(instance, rep, bound->user) : 0;
    }
    int r = call_enter(instance, call, of->instance, meets);
    if (UNLIKELY(r))
        return r;
    union engine_value v[1] = {{.u64 = rep}};
    if (of->dtor != RESOLVE_NONE && engine_func_call(instance->engine, &instance->items[of->dtor].func, v, 1))
        return ABI_STOP;
    call_leave(instance, of->instance, meets);
    return 0;
}

static int resource_new(struct engine_instance *engine, union engine_value *v, const void *row) {
    const struct resolved_host *host = row;
    struct component_instance *instance = engine_user(engine);
    struct sub_instance *caller = &instance->subs[host->instance];
    struct abi_call call;
    abi_call_init(&call, 0, NULL, NULL);
    uint32_t index = 0;
    int r = check_leave(caller, &call);
    if (!r)
        r = handle_add_own(&caller->handles, &call, host->target, v[0].u32, &index);
    v[0].u64 = index;
    return call_tell(instance, &call, r);
}

static int resource_rep(struct engine_instance *engine, union engine_value *v, const void *row) {
    const struct resolved_host *host = row;
    struct component_instance *instance = engine_user(engine);
    struct abi_call call;
    abi_call_init(&call, 0, NULL, NULL);
    uint32_t rep = 0;
    int r = handle_rep(&instance->subs[host->instance].handles, &call, host->target, v[0].u32, &rep);
    v[0].u64 = rep;
    return call_tell(instance, &call, r);
}

static int resource_drop(struct engine_instance *engine, union engine_value *v, const void *row) {
    const struct resolved_host *host = row;
    struct component_instance *instance = engine_user(engine);
    struct sub_instance *caller = &instance->subs[host->instance];
    struct abi_call call;
    abi_call_init(&call, 0, NULL, NULL);
    bool own = false;
    uint32_t rep = 0;
    int r = check_leave(caller, &call);
    if (!r)
        r = handle_drop(&caller->handles, &call, host->target, v[0].u32, &own, &rep);
    if (!r && own)
        r = call_destroy(instance, &call, host->target, rep, host->meets);
    return call_tell(instance, &call, r);
}

engine_host_fn *call_host_fn(enum resolved_host_kind kind) {
    switch (kind) {
    case HOST_LOWER_LIFT: return lower_lift;
    case HOST_LOWER_IMPORT: return lower_import;
    case HOST_RESOURCE_NEW: return resource_new;
    case HOST_RESOURCE_DROP: return resource_drop;
    case HOST_RESOURCE_REP: return resource_rep;
    }
    return NULL;
}
