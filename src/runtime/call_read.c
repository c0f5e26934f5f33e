/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What a person asks of an instance, read and checked before anything runs: the function, its arguments as
 * WAVE or JSON, handles by their numbers.
 */
#include "base/limits.h"
#include "component/value_json.h"
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
        char is[LIMIT_INTERFACE_BYTES], wanted[LIMIT_INTERFACE_BYTES];
        component_resource_full_name(component, kept->value.count, is, sizeof(is));
        component_resource_full_name(component, type->resource, wanted, sizeof(wanted));
        return error_set(reterr, ARCELLA_E_INVALID, "handle %llu is a '%s', wanted is a '%s'",
                         (unsigned long long)number, is, wanted);
    }
    *ret = kept->value;
    ret->kind = (uint8_t)type->kind;
    if (type->kind == TYPE_OWN)
        kept->given_to = i->calls_read;
    return 0;
}

/* For a check: the call that returns it may not have been made. */
static int find_any(void *user, const struct type *type, uint64_t number, struct value *ret,
                    arcella_error **reterr) {
    (void)user;
    if (!number)
        return error_set(reterr, ARCELLA_E_INVALID, "there is no handle 0: the first one is 1");
    *ret = value_handle(type->kind, type->resource, 0);
    return 0;
}

struct value_handles runtime_handles(struct instance *i) {
    return (struct value_handles){keep, find, i};
}

/* A call that does not take place gives back what it was given. */
static void give_back(struct instance *i, uint64_t call) {
    for (uint32_t n = 0; n < i->handles_count; n++)
        if (i->handles[n].given_to == call)
            i->handles[n].given_to = 0;
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
    struct arena *arena = &to->arena;
    if (call->form == RUNTIME_CALL_EXPRESSION)
        return call->json
                   ? value_json_call_arguments(call->function, named->arguments, name, type, handles, arena,
                                               &to->args, reterr)
                   : wave_call_arguments(call->function, named, type, handles, arena, &to->args, reterr);
    return call->json ? value_json_arguments(call->input, name, type, handles, arena, &to->args, reterr)
                      : wave_arguments(call->input, name, type, handles, arena, &to->args, reterr);
}

int runtime_call_read(struct instance *i, const struct runtime_call *call, enum runtime_check check,
                      struct runtime_waiting *to, arcella_error **reterr) {
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
    if (check == RUNTIME_CHECK_NAME)
        return 0;
    struct value_handles table = check ? (struct value_handles){.find = find_any} : runtime_handles(i);
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
