/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The engine's own component interface as the reference. */
#include <wasmtime.h>
#include <wasmtime/component.h>

#include "differential.h"

#define THING 7 /* the host's number for the resource */

struct reference {
    wasm_engine_t *engine;
    wasmtime_component_resource_type_t *thing;
};

struct reference *reference_new(void) {
    struct reference *r = mem_new(struct reference);
    wasm_config_t *c = wasm_config_new();
    wasmtime_config_wasm_component_model_set(c, true);
    wasmtime_config_wasm_component_model_map_set(c, true);
    wasmtime_config_concurrency_support_set(c, false);
    wasmtime_config_cranelift_opt_level_set(c, WASMTIME_OPT_LEVEL_NONE);
    wasmtime_config_parallel_compilation_set(c, false);
    if (!r)
        exit(2);
    r->engine = wasm_engine_new_with_config(c);
    r->thing = wasmtime_component_resource_type_new_host(THING);
    return r;
}

void reference_free(struct reference *r) {
    wasmtime_component_resource_type_delete(r->thing);
    wasm_engine_delete(r->engine);
    mem_free(r);
}

static void take_error(wasmtime_error_t *error, struct observed *observed) {
    wasm_name_t text;
    wasmtime_error_message(error, &text);
    snprintf(observed->message, sizeof(observed->message), "%.*s", (int)text.size, text.data);
    wasm_byte_vec_delete(&text);
    wasmtime_error_delete(error);
}

/* --- ours to theirs --- */

static void name_of(struct text text, wasm_name_t *ret) {
    wasm_byte_vec_new(ret, text.length, text.data);
}

struct maker {
    wasmtime_context_t *context;
    struct arena *arena;
};

static void make(const struct maker *m, const struct type *type, const struct value *v,
                 wasmtime_component_val_t *ret);

static wasmtime_component_val_t *make_payload(const struct maker *m, const struct type *type,
                                              const struct value *v) {
    wasmtime_component_val_t payload;
    if (!type)
        return NULL;
    make(m, type, v, &payload);
    return wasmtime_component_val_new(&payload);
}

static void make_list(const struct maker *m, const struct type *type, const struct value *v,
                      wasmtime_component_val_t *ret) {
    const struct type *element = type->fields[0].type;
    struct value item;
    if (type->kind == TYPE_MAP) {
        ret->kind = WASMTIME_COMPONENT_MAP;
        wasmtime_component_valmap_new_uninit(&ret->of.map, v->count);
        for (uint32_t i = 0; i < v->count; i++) {
            make(m, element, &v->items[2 * i], &ret->of.map.data[i].key);
            make(m, type->fields[1].type, &v->items[2 * i + 1], &ret->of.map.data[i].value);
        }
        return;
    }
    ret->kind = WASMTIME_COMPONENT_LIST;
    wasmtime_component_vallist_new_uninit(&ret->of.list, v->count);
    for (uint32_t i = 0; i < v->count; i++) {
        if (value_item(type, v, i, m->arena, &item, NULL))
            exit(2);
        make(m, element, &item, &ret->of.list.data[i]);
    }
}

static void make_fields(const struct maker *m, const struct type *type, const struct value *v,
                        wasmtime_component_val_t *ret) {
    if (type->kind == TYPE_TUPLE) {
        ret->kind = WASMTIME_COMPONENT_TUPLE;
        wasmtime_component_valtuple_new_uninit(&ret->of.tuple, type->count);
        for (uint32_t i = 0; i < type->count; i++)
            make(m, type->fields[i].type, &v->items[i], &ret->of.tuple.data[i]);
        return;
    }
    ret->kind = WASMTIME_COMPONENT_RECORD;
    wasmtime_component_valrecord_new_uninit(&ret->of.record, type->count);
    for (uint32_t i = 0; i < type->count; i++) {
        name_of(type->fields[i].name, &ret->of.record.data[i].name);
        make(m, type->fields[i].type, &v->items[i], &ret->of.record.data[i].val);
    }
}

static void make_flags(const struct type *type, const struct value *v, wasmtime_component_val_t *ret) {
    ret->kind = WASMTIME_COMPONENT_FLAGS;
    wasmtime_component_valflags_new_uninit(&ret->of.flags, (size_t)__builtin_popcountll(v->u64));
    for (uint32_t i = 0, at = 0; i < type->count; i++)
        if (v->u64 >> i & 1)
            name_of(type->fields[i].name, &ret->of.flags.data[at++]);
}

static void make_handle(const struct maker *m, const struct type *type, const struct value *v,
                        wasmtime_component_val_t *ret) {
    /* What is borrowed from the host is its own: lending is the call's work. */
    wasmtime_component_resource_host_t *host =
        wasmtime_component_resource_host_new(true, (uint32_t)v->u64, THING);
    (void)type;
    ret->kind = WASMTIME_COMPONENT_RESOURCE;
    wasmtime_error_t *error = wasmtime_component_resource_host_to_any(m->context, host, &ret->of.resource);
    if (error)
        exit(2);
    wasmtime_component_resource_host_delete(host);
}

static void make(const struct maker *m, const struct type *type, const struct value *v,
                 wasmtime_component_val_t *ret) {
    memset(ret, 0, sizeof(*ret));
    const struct type *payload = NULL;
    if (type->kind == TYPE_VARIANT || type->kind == TYPE_OPTION || type->kind == TYPE_RESULT)
        payload = type->fields[v->count].type;
    switch (type->kind) {
    case TYPE_BOOL:
        *ret = (wasmtime_component_val_t){WASMTIME_COMPONENT_BOOL, {.boolean = v->boolean}};
        return;
    case TYPE_S8: *ret = (wasmtime_component_val_t){WASMTIME_COMPONENT_S8, {.s8 = (int8_t)v->s64}}; return;
    case TYPE_U8: *ret = (wasmtime_component_val_t){WASMTIME_COMPONENT_U8, {.u8 = (uint8_t)v->u64}}; return;
    case TYPE_S16:
        *ret = (wasmtime_component_val_t){WASMTIME_COMPONENT_S16, {.s16 = (int16_t)v->s64}};
        return;
    case TYPE_U16:
        *ret = (wasmtime_component_val_t){WASMTIME_COMPONENT_U16, {.u16 = (uint16_t)v->u64}};
        return;
    case TYPE_S32:
        *ret = (wasmtime_component_val_t){WASMTIME_COMPONENT_S32, {.s32 = (int32_t)v->s64}};
        return;
    case TYPE_U32:
        *ret = (wasmtime_component_val_t){WASMTIME_COMPONENT_U32, {.u32 = (uint32_t)v->u64}};
        return;
    case TYPE_S64: *ret = (wasmtime_component_val_t){WASMTIME_COMPONENT_S64, {.s64 = v->s64}}; return;
    case TYPE_U64: *ret = (wasmtime_component_val_t){WASMTIME_COMPONENT_U64, {.u64 = v->u64}}; return;
    case TYPE_F32: *ret = (wasmtime_component_val_t){WASMTIME_COMPONENT_F32, {.f32 = v->f32}}; return;
    case TYPE_F64: *ret = (wasmtime_component_val_t){WASMTIME_COMPONENT_F64, {.f64 = v->f64}}; return;
    case TYPE_CHAR:
        *ret = (wasmtime_component_val_t){WASMTIME_COMPONENT_CHAR, {.character = (uint32_t)v->u64}};
        return;
    case TYPE_STRING:
        ret->kind = WASMTIME_COMPONENT_STRING;
        name_of((struct text){v->text, v->count}, &ret->of.string);
        return;
    case TYPE_RECORD:
    case TYPE_TUPLE: make_fields(m, type, v, ret); return;
    case TYPE_LIST:
    case TYPE_MAP: make_list(m, type, v, ret); return;
    case TYPE_FLAGS: make_flags(type, v, ret); return;
    case TYPE_ENUM:
        ret->kind = WASMTIME_COMPONENT_ENUM;
        name_of(type->fields[v->count].name, &ret->of.enumeration);
        return;
    case TYPE_VARIANT:
        ret->kind = WASMTIME_COMPONENT_VARIANT;
        name_of(type->fields[v->count].name, &ret->of.variant.discriminant);
        ret->of.variant.val = make_payload(m, payload, v->items);
        return;
    case TYPE_OPTION:
        ret->kind = WASMTIME_COMPONENT_OPTION;
        ret->of.option = make_payload(m, payload, v->items);
        return;
    case TYPE_RESULT:
        ret->kind = WASMTIME_COMPONENT_RESULT;
        ret->of.result.is_ok = v->count == 0;
        ret->of.result.val = make_payload(m, payload, v->items);
        return;
    default: make_handle(m, type, v, ret);
    }
}

/* --- theirs to ours --- */

static struct value *room(struct arena *arena, size_t count) {
    struct value *p = arena_array(arena, count + 1, sizeof(*p));
    if (!p)
        exit(2);
    return p;
}

static uint32_t index_of(const struct type *type, const wasm_name_t *name) {
    for (uint32_t i = 0; i < type->count; i++)
        if (text_equal(type->fields[i].name, (struct text){name->data, name->size}))
            return i;
    fprintf(stderr, "differential: no case '%.*s'\n", (int)name->size, name->data);
    exit(2);
}

static struct value take(const struct maker *m, const struct type *type, const wasmtime_component_val_t *v);

static const struct value *take_payload(const struct maker *m, const struct type *type,
                                        const wasmtime_component_val_t *v) {
    if (!type)
        return NULL;
    struct value *ret = room(m->arena, 1);
    *ret = take(m, type, v);
    return ret;
}

static struct value take_items(const struct maker *m, const struct type *type,
                               const wasmtime_component_val_t *v) {
    size_t count = type->kind == TYPE_LIST    ? v->of.list.size
                   : type->kind == TYPE_MAP   ? v->of.map.size
                   : type->kind == TYPE_TUPLE ? v->of.tuple.size
                                              : v->of.record.size;
    struct value *items = room(m->arena, 2 * count);
    for (size_t i = 0; i < count; i++)
        switch (type->kind) {
        case TYPE_LIST: items[i] = take(m, type->fields[0].type, &v->of.list.data[i]); break;
        case TYPE_TUPLE: items[i] = take(m, type->fields[i].type, &v->of.tuple.data[i]); break;
        case TYPE_RECORD: items[i] = take(m, type->fields[i].type, &v->of.record.data[i].val); break;
        default:
            items[2 * i] = take(m, type->fields[0].type, &v->of.map.data[i].key);
            items[2 * i + 1] = take(m, type->fields[1].type, &v->of.map.data[i].value);
        }
    return value_items(type->kind, items, (uint32_t)count);
}

static struct value take_text(const struct maker *m, const wasmtime_component_val_t *v) {
    char *copy = arena_text(m->arena, v->of.string.data, v->of.string.size);
    if (!copy)
        exit(2);
    return value_text(copy, (uint32_t)v->of.string.size);
}

static struct value take_handle(const struct maker *m, const struct type *type,
                                const wasmtime_component_val_t *v) {
    wasmtime_component_resource_host_t *host = NULL;
    wasmtime_error_t *error = wasmtime_component_resource_any_to_host(m->context, v->of.resource, &host);
    if (error) {
        fputs("differential: not a handle of the host\n", stderr);
        exit(2);
    }
    uint32_t rep = wasmtime_component_resource_host_rep(host);
    wasmtime_component_resource_host_delete(host);
    return value_handle(type->kind, type->resource, rep);
}

static struct value take_flags(const struct type *type, const wasmtime_component_val_t *v) {
    uint64_t bits = 0;
    for (size_t i = 0; i < v->of.flags.size; i++)
        bits |= (uint64_t)1 << index_of(type, &v->of.flags.data[i]);
    return value_unsigned(TYPE_FLAGS, bits);
}

static struct value take_case(const struct maker *m, const struct type *type,
                              const wasmtime_component_val_t *v) {
    uint32_t index = type->kind == TYPE_VARIANT  ? index_of(type, &v->of.variant.discriminant)
                     : type->kind == TYPE_OPTION ? v->of.option != NULL
                                                 : !v->of.result.is_ok;
    const wasmtime_component_val_t *payload = type->kind == TYPE_VARIANT  ? v->of.variant.val
                                              : type->kind == TYPE_OPTION ? v->of.option
                                                                          : v->of.result.val;
    return value_case(type->kind, index, take_payload(m, type->fields[index].type, payload));
}

static struct value take(const struct maker *m, const struct type *type, const wasmtime_component_val_t *v) {
    switch (type->kind) {
    case TYPE_BOOL: return value_bool(v->of.boolean);
    case TYPE_S8: return value_signed(TYPE_S8, v->of.s8);
    case TYPE_U8: return value_unsigned(TYPE_U8, v->of.u8);
    case TYPE_S16: return value_signed(TYPE_S16, v->of.s16);
    case TYPE_U16: return value_unsigned(TYPE_U16, v->of.u16);
    case TYPE_S32: return value_signed(TYPE_S32, v->of.s32);
    case TYPE_U32: return value_unsigned(TYPE_U32, v->of.u32);
    case TYPE_S64: return value_signed(TYPE_S64, v->of.s64);
    case TYPE_U64: return value_unsigned(TYPE_U64, v->of.u64);
    case TYPE_F32: return value_f32(v->of.f32);
    case TYPE_F64: return value_f64(v->of.f64);
    case TYPE_CHAR: return value_unsigned(TYPE_CHAR, v->of.character);
    case TYPE_STRING: return take_text(m, v);
    case TYPE_FLAGS: return take_flags(type, v);
    case TYPE_ENUM: return value_case(TYPE_ENUM, index_of(type, &v->of.enumeration), NULL);
    case TYPE_VARIANT:
    case TYPE_OPTION:
    case TYPE_RESULT: return take_case(m, type, v);
    case TYPE_OWN:
    case TYPE_BORROW: return take_handle(m, type, v);
    default: return take_items(m, type, v);
    }
}

/* Taken, and in the shape of its type. */
static struct value take_fit(const struct maker *m, const struct type *type,
                             const wasmtime_component_val_t *v) {
    struct value raw = take(m, type, v), fit;
    ERROR_AUTO *error = NULL;
    if (value_fit(type, &raw, m->arena, &fit, &error)) {
        fprintf(stderr, "differential: %s\n", arcella_error_message(error));
        exit(2);
    }
    return fit;
}

/* --- running --- */

static wasmtime_error_t *echo(void *user, wasmtime_context_t *context,
                              const wasmtime_component_func_type_t *type, wasmtime_component_val_t *args,
                              size_t count, wasmtime_component_val_t *results, size_t result_count) {
    struct observed *observed = user;
    struct maker m = {context, &observed->arena};
    (void)type;
    (void)result_count;
    observed->seen = true;
    observed->params = room(&observed->arena, count);
    for (size_t i = 0; i < count; i++)
        observed->params[i] = take_fit(&m, observed->type->params[i].type, &args[i]);
    struct value result;
    if (echo_result(observed->type, observed->params, &observed->arena, &result))
        make(&m, observed->type->result, &result, &results[0]);
    return NULL;
}

static wasmtime_error_t *dropped(void *user, wasmtime_context_t *context, uint32_t rep) {
    (void)user;
    (void)context;
    (void)rep;
    return NULL;
}

static void define(struct reference *r, wasmtime_component_linker_t *linker, struct observed *observed) {
    wasmtime_component_linker_instance_t *root = wasmtime_component_linker_root(linker);
    wasmtime_error_t *error =
        wasmtime_component_linker_instance_add_func(root, "echo", 4, echo, observed, NULL);
    if (!error)
        error =
            wasmtime_component_linker_instance_add_resource(root, "thing", 5, r->thing, dropped, NULL, NULL);
    if (error)
        exit(2);
    wasmtime_component_linker_instance_delete(root);
}

static void call(wasmtime_context_t *context, const wasmtime_component_func_t *func, const struct value *args,
                 struct observed *observed) {
    uint32_t count = observed->type->param_count;
    struct maker m = {context, &observed->arena};
    wasmtime_component_val_t result = {0};
    wasmtime_component_val_t *given = mem_array(count + 1, sizeof(*given));
    if (!given)
        exit(2);
    for (uint32_t i = 0; i < count; i++)
        make(&m, observed->type->params[i].type, &args[i], &given[i]);
    wasmtime_error_t *error =
        wasmtime_component_func_call(func, context, given, count, &result, observed->type->result != NULL);
    if (error) {
        observed->trapped = true;
        take_error(error, observed);
    } else if (observed->type->result) {
        observed->has_result = true;
        observed->result = take_fit(&m, observed->type->result, &result);
        wasmtime_component_val_delete(&result);
    }
    for (uint32_t i = 0; i < count; i++)
        wasmtime_component_val_delete(&given[i]);
    mem_free(given);
}

bool reference_run(struct reference *r, const uint8_t *bytes, size_t length, const struct value *args,
                   struct observed *observed) {
    wasmtime_component_t *component = NULL;
    wasmtime_component_instance_t instance;
    wasmtime_component_func_t func;
    wasmtime_error_t *error = wasmtime_component_new(r->engine, bytes, length, &component);
    if (error) {
        take_error(error, observed);
        return false;
    }
    wasmtime_component_linker_t *linker = wasmtime_component_linker_new(r->engine);
    define(r, linker, observed);
    wasmtime_store_t *store = wasmtime_store_new(r->engine, NULL, NULL);
    wasmtime_context_t *context = wasmtime_store_context(store);
    error = wasmtime_component_linker_instantiate(linker, context, component, &instance);
    bool ok = !error;
    if (error)
        take_error(error, observed);
    else {
        wasmtime_component_export_index_t *index =
            wasmtime_component_instance_get_export_index(&instance, context, NULL, "run", 3);
        ok = index && wasmtime_component_instance_get_func(&instance, context, index, &func);
        wasmtime_component_export_index_delete(index);
        if (ok)
            call(context, &func, args, observed);
    }
    wasmtime_store_delete(store);
    wasmtime_component_linker_delete(linker);
    wasmtime_component_delete(component);
    return ok;
}
