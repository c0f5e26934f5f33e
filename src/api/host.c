/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What the embedder offers: its functions and resources in the bindings of the runtime.  Each has a row,
 * which lives as long as the runtime, since instances made before a function was replaced go on calling the
 * old one.
 */
#include "api/host.h"

#include <string.h>

#include "engine/core.h"

struct host_row {
    struct host_row *next;
    arcella_host_fn *fn;
    arcella_host_drop_fn *drop;
    void *user;
};

void api_host_free(arcella_runtime *runtime) {
    while (runtime->rows) {
        struct host_row *row = runtime->rows;
        runtime->rows = row->next;
        mem_free(row);
    }
}

/* --- being called --- */

int api_misuse(struct abi_call *call, const struct type *type, const char *wanted) {
    return abi_fault(call, ABI_FAULT_VALUE, "a host function takes %s for %s",
                     type ? type_kind_words(type->kind) : "what is not there", wanted);
}

/* The result is written over flat arguments: they are kept, so that both may be used in any order. */
static int called(struct call *call, void *user) {
    const struct host_row *row = user;
    union engine_value args[TYPES_FLAT_MANY];
    struct arcella_call public = {.call = call, .core = args};
    const struct type *result = call->plan->type->result;
    memcpy(args, call->core, call->plan->lowered_params * sizeof(*args));
    call->args.core = args;
    int r = row->fn(&public, row->user);
    if (UNLIKELY(call->abi.fault.kind != ABI_FAULT_NONE))
        return ABI_FAULT;
    if (UNLIKELY(engine_unwinding(call->engine)))
        return ABI_STOP;
    if (UNLIKELY(r))
        return call_trap(call, "host-error", "host function '%.*s' returned %d",
                         (int)call->import->name.length, call->import->name.data, r);
    if (UNLIKELY(result && !public.has_result))
        return call_trap(call, "host-error", "host function '%.*s' returned no result",
                         (int)call->import->name.length, call->import->name.data);
    return 0;
}

static int dropped(struct component_instance *instance, uint32_t rep, void *user) {
    (void)instance;
    const struct host_row *row = user;
    row->drop(rep, row->user);
    return 0;
}

/* --- offering --- */

static struct host_row *add_row(arcella_runtime *runtime, void *user) {
    struct host_row *row = mem_new(struct host_row);
    if (!row)
        return NULL;
    row->user = user;
    row->next = runtime->rows;
    runtime->rows = row;
    return row;
}

int arcella_host_func(arcella_runtime *runtime, const char *interface, const char *name, const char *type,
                      arcella_host_fn *fn, void *user, arcella_error **reterr) {
    if (!runtime || !interface || !name || !fn)
        return api_error(reterr, ARCELLA_E_INVALID, "runtime, interface, name and fn must not be NULL");
    struct host_row *row = add_row(runtime, user);
    if (!row)
        return error_nomem(reterr);
    row->fn = fn;
    struct component_host_func func = {interface, name, type, called, row};
    return api_hint(reterr, component_bind_func(runtime->bindings, &func, reterr));
}

int arcella_host_resource(arcella_runtime *runtime, const char *interface, const char *name,
                          arcella_host_drop_fn *drop, void *user, arcella_error **reterr) {
    if (!runtime || !interface || !name)
        return api_error(reterr, ARCELLA_E_INVALID, "runtime, interface and name must not be NULL");
    struct host_row *row = add_row(runtime, user);
    if (!row)
        return error_nomem(reterr);
    row->drop = drop;
    struct component_host_resource resource = {interface, name, drop ? dropped : NULL, row};
    return api_hint(reterr, component_bind_resource(runtime->bindings, &resource, reterr));
}

/* --- a call --- */

arcella_instance *arcella_call_instance(const arcella_call *call) {
    return component_user(call->call->instance);
}

int arcella_call_args(arcella_call *call, const struct arcella_value **ret, size_t *ret_count) {
    const struct func_type *type = call->call->plan->type;
    ERROR_AUTO *error = NULL;
    if (!call->args) {
        const struct value *values = NULL;
        union engine_value *results = call->call->core;
        call->call->core = call->core;
        int r = call_values(call->call, &values);
        call->call->core = results;
        if (r)
            return r;
        for (uint32_t i = 0; i < type->param_count; i++)
            if (api_value_publish(type->params[i].type, (struct value *)&values[i], &call->call->arena,
                                  &error))
                return abi_fault(&call->call->abi, ABI_FAULT_NOMEM, NULL);
        call->args = values;
    }
    *ret = (const struct arcella_value *)call->args;
    *ret_count = type->param_count;
    return 0;
}

int arcella_call_return(arcella_call *call, const struct arcella_value *value) {
    const struct type *type = call->call->plan->type->result;
    ERROR_AUTO *error = NULL;
    if (type && value && api_value_check(type, value, &error))
        return abi_fault(&call->call->abi, ABI_FAULT_VALUE, "the result does not fit: %s",
                         arcella_error_message(error));
    call->has_result = true;
    return call_return(call->call, value ? api_values(value) : NULL);
}

int arcella_call_trap(arcella_call *call, const char *message) {
    return call_trap(call->call, "host-error", "%s", message ? message : "a host function failed");
}
