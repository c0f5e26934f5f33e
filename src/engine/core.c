/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Core instances in an instance: added one by one, imports given by position, exports found by name.  They
 * are made at once, off the fiber, since nothing of the guest's runs in that (rewrite.c); a start function is
 * called after, there or on the fiber.  They live as long as the store.
 */
#include <assert.h>

#include "base/mem.h"
#include "engine/inner.h"

/* Handles and items are the engine's own under names of ours. */
STATIC_ASSERT(sizeof(struct engine_func) == sizeof(wasmtime_func_t) && sizeof(struct engine_func) == 16, "");
STATIC_ASSERT(sizeof(struct engine_handle) == sizeof(wasmtime_memory_t), "");
STATIC_ASSERT(sizeof(struct engine_handle) == sizeof(wasmtime_table_t), "");
STATIC_ASSERT(sizeof(struct engine_handle) == sizeof(wasmtime_global_t), "");
STATIC_ASSERT(sizeof(struct engine_handle) >= sizeof(wasmtime_tag_t), "");
STATIC_ASSERT(sizeof(struct engine_core) == sizeof(wasmtime_instance_t), "");
STATIC_ASSERT(offsetof(wasmtime_func_t, store_id) == offsetof(struct engine_func, store), "");
STATIC_ASSERT(offsetof(wasmtime_memory_t, store_id) == offsetof(struct engine_handle, store), "");
STATIC_ASSERT(offsetof(wasmtime_table_t, store_id) == offsetof(struct engine_handle, store), "");
STATIC_ASSERT(offsetof(wasmtime_global_t, store_id) == offsetof(struct engine_handle, store), "");
STATIC_ASSERT(offsetof(wasmtime_tag_t, store_id) == offsetof(struct engine_handle, store), "");
STATIC_ASSERT(offsetof(wasmtime_instance_t, store_id) == offsetof(struct engine_core, store), "");
STATIC_ASSERT(sizeof(struct engine_item) == sizeof(wasmtime_extern_t), "");
STATIC_ASSERT(offsetof(struct engine_item, func) == offsetof(wasmtime_extern_t, of), "");
STATIC_ASSERT(_Alignof(struct engine_item) >= _Alignof(wasmtime_extern_t), "");
STATIC_ASSERT(ENGINE_FUNC == WASMTIME_EXTERN_FUNC && ENGINE_GLOBAL == WASMTIME_EXTERN_GLOBAL, "");
STATIC_ASSERT(ENGINE_TABLE == WASMTIME_EXTERN_TABLE && ENGINE_MEMORY == WASMTIME_EXTERN_MEMORY, "");
STATIC_ASSERT(ENGINE_TAG == WASMTIME_EXTERN_TAG, "");

static const wasmtime_extern_t *externs(const struct engine_item *items) {
    return (const wasmtime_extern_t *)(const void *)items;
}

int engine_instance_new_bare(struct engine *engine, const struct engine_limits *limits, void *user,
                             struct engine_instance **ret, arcella_error **reterr) {
    struct engine_instance *instance = mem_new(struct engine_instance);
    if (!instance)
        return error_nomem(reterr);
    instance->engine = engine;
    instance->user = user;
    instance->limits = *limits;
    instance->made = true;
    instance->memories.cap = limits->memory_bytes;
    instance->tables.cap = limits->table_elements;
    engine->stats.instances++;
    int r = engine_instance_make_store(instance, LIMIT_CORE_INSTANCES, LIMIT_CORE_TABLES, LIMIT_CORE_MEMORIES,
                                       reterr);
    if (r) {
        engine_instance_free(instance);
        return r;
    }
    engine->stats.instances_created++;
    *ret = instance;
    return 0;
}

/* --- adding --- */

/* What the engine says of a wrong import, with guests' names in it. */
static int refuse_link(wasmtime_error_t *owned, arcella_error **reterr) {
    char text[LIMIT_ERROR_BYTES / 8];
    BUFFER_AUTO visible = BUFFER_INIT(LIMIT_ERROR_BYTES - 64);
    engine_error_text(owned, text, sizeof(text));
    wasmtime_error_delete(owned);
    int r = text_add_visible(&visible, text, strlen(text), false, NULL);
    return error_set(reterr, ARCELLA_E_LINK, "%s",
                     r || !visible.data ? "an import has another type" : visible.data);
}

/* Is this said of imports, before anything was made? */
static bool is_link_error(const wasmtime_error_t *error) {
    char text[64];
    engine_error_text(error, text, sizeof(text));
    return text_starts(text, "incompatible import type");
}

static int check_imports(const struct engine_instance *instance, const struct engine_part *part,
                         const struct engine_item *imports, size_t count, arcella_error **reterr) {
    if (count != part->import_count)
        return error_set(reterr, ARCELLA_E_LINK, "%zu imports are given, the module has %u", count,
                         part->import_count);
    for (size_t i = 0; i < count; i++) {
        assert((imports[i].kind <= ENGINE_MEMORY || imports[i].kind == ENGINE_TAG) && "no kind of item");
        assert(imports[i].func.store == instance->store_id && "an item of another instance");
    }
    (void)instance;
    (void)imports;
    return 0;
}

/* Make a core, with the processor.  What the guest's segments end it with is kept in the run.
 * @return 0, LINK, LIMIT, NOMEM; where the run is ended then, there is no core */
static int instantiate(struct engine_instance *instance, struct engine_part *part,
                       const struct engine_item *imports, size_t count, struct engine_core *ret,
                       arcella_error **reterr) {
    int r = engine_areas_room(instance, part, reterr);
    if (r)
        return r;
    wasm_trap_t *trap = NULL;
    wasmtime_error_t *error = wasmtime_instance_new(instance->context, part->module->module, externs(imports),
                                                    count, &instance->handle, &trap);
    if (error && is_link_error(error))
        return refuse_link(error, reterr);
    if (trap || error)
        engine_run_failed(&instance->run, trap, error);
    if (instance->run.unwinding)
        return 0;
    memcpy(ret, &instance->handle, sizeof(*ret));
    instance->store_id = ret->store;
    instance->core_count++;
    engine_areas_note(instance, part, &instance->handle);
    return 0;
}

static struct engine_func start_of(struct engine_instance *instance, const struct engine_part *part,
                                   const struct engine_core *core) {
    struct engine_item item;
    bool found = engine_core_export(instance, core, (struct text){part->start, part->start_length},
                                    ENGINE_FUNC, &item);
    assert(found && "the part noted it");
    (void)found;
    return item.func;
}

/* @param calls  call the start function too */
static int add(struct engine_instance *instance, struct engine_part *part, const struct engine_item *imports,
               size_t count, bool calls, const struct engine_budget *budget, struct engine_core *ret,
               struct engine_outcome *ret_outcome, arcella_error **reterr) {
    assert(!instance->run.on_processor && "not from the instance's own host functions or bodies");
    struct direct direct;
    int r = check_imports(instance, part, imports, count, reterr);
    if (!r)
        r = engine_direct_enter(instance,
                                calls ? engine_direct_bytes(instance->engine) : ENGINE_STACK_RESERVE, budget,
                                &direct, reterr);
    if (r)
        return r;
    int refused = instantiate(instance, part, imports, count, ret, reterr);
    if (!refused && !instance->run.unwinding && calls) {
        struct engine_func start = start_of(instance, part, ret);
        if (engine_func_call(instance, &start, NULL, 0))
            assert(instance->run.unwinding && "how it ended is told below");
    }
    if (refused)
        engine_areas_cap(instance);
    r = engine_direct_leave(instance, &direct, ret_outcome);
    return refused ? refused : r;
}

int engine_core_add(struct engine_instance *instance, struct engine_part *part,
                    const struct engine_item *imports, size_t count, const struct engine_budget *budget,
                    struct engine_core *ret, struct engine_outcome *ret_outcome, arcella_error **reterr) {
    return add(instance, part, imports, count, part->start != NULL, budget, ret, ret_outcome, reterr);
}

static int nothing(struct engine_instance *instance, void *arg) {
    (void)instance;
    (void)arg;
    return 0;
}

int engine_core_add_run(struct engine_instance *instance, struct engine_part *part,
                        const struct engine_item *imports, size_t count, const struct engine_budget *budget,
                        struct engine_core *ret, engine_done_fn *on_done, struct engine_outcome *ret_outcome,
                        arcella_error **reterr) {
    int r = add(instance, part, imports, count, false, budget, ret, ret_outcome, reterr);
    if (!r)
        r = engine_run_begin(instance, false, budget, on_done, reterr);
    if (r)
        return r;
    if (part->start) {
        struct engine_func start = start_of(instance, part, ret);
        memcpy(&instance->run.entry, &start, sizeof(start));
        instance->run.value_count = 0;
    } else {
        instance->run.body = nothing;
    }
    return 0;
}

int engine_run_body(struct engine_instance *instance, engine_body_fn *body, void *arg,
                    const struct engine_budget *budget, engine_done_fn *on_done, arcella_error **reterr) {
    if (instance->run.active)
        return error_set(reterr, ARCELLA_E_BUSY, "the instance is busy with another call");
    if (instance->poisoned || !instance->made)
        return error_set(reterr, ARCELLA_E_STATE, "the instance takes no more calls: it ended before");
    int r = engine_run_begin(instance, false, budget, on_done, reterr);
    if (r)
        return r;
    instance->run.body = body;
    instance->run.body_arg = arg;
    return 0;
}

/* --- items --- */

bool engine_core_export(struct engine_instance *instance, const struct engine_core *core, struct text name,
                        enum engine_kind kind, struct engine_item *ret) {
    assert(core->store == instance->store_id && "a core of another instance");
    wasmtime_instance_t handle;
    memcpy(&handle, core, sizeof(handle));
    wasmtime_extern_t item;
    if (!wasmtime_instance_export_get(instance->context, &handle, name.length ? name.data : "", name.length,
                                      &item) ||
        item.kind != (wasmtime_extern_kind_t)kind)
        return false;
    memcpy(ret, &item, sizeof(*ret));
    return true;
}

void engine_func_signature(struct engine_instance *instance, const struct engine_func *func, char *to,
                           size_t size) {
    assert(func->store == instance->store_id && "a function of another instance");
    wasmtime_func_t handle;
    memcpy(&handle, func, sizeof(handle));
    wasm_functype_t *type = wasmtime_func_type(instance->context, &handle);
    engine_signature_of(type, to, size);
    wasm_functype_delete(type);
}

struct engine_memory engine_memory_view(struct engine_instance *instance,
                                        const struct engine_handle *memory) {
    assert(memory->store == instance->store_id && "a memory of another instance");
    const wasmtime_memory_t *handle = (const wasmtime_memory_t *)(const void *)memory;
    return (struct engine_memory){wasmtime_memory_data(instance->context, handle),
                                  wasmtime_memory_data_size(instance->context, handle)};
}

uint64_t engine_memory_bytes(struct engine_instance *instance, const struct engine_handle *memory) {
    assert(memory->store == instance->store_id && "a memory of another instance");
    return wasmtime_memory_data_size(instance->context, (const wasmtime_memory_t *)(const void *)memory);
}

/* --- host functions --- */

struct engine_type {
    wasm_functype_t *type; /* owned */
};

int engine_type_new(const char *signature, struct engine_type **ret, arcella_error **reterr) {
    wasm_functype_t *type = engine_signature_type(signature);
    if (!type)
        return error_set(reterr, ARCELLA_E_INVALID, "'%s' is no signature", signature);
    struct engine_type *made = mem_new(struct engine_type);
    if (!made) {
        wasm_functype_delete(type);
        return error_nomem(reterr);
    }
    made->type = type;
    *ret = made;
    return 0;
}

struct engine_type *engine_type_free(struct engine_type *type) {
    if (type)
        wasm_functype_delete(type->type);
    mem_free(type);
    return NULL;
}

void engine_func_new(struct engine_instance *instance, const struct engine_type *type,
                     const struct engine_import *row, struct engine_func *ret) {
    wasmtime_func_t made;
    wasmtime_func_new_unchecked(instance->context, type->type, engine_fiber_import, (void *)(uintptr_t)row,
                                NULL, &made);
    memcpy(ret, &made, sizeof(*ret));
    instance->store_id = ret->store;
}
