/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * An instance: one store, its limits, and at most one run at a time.  Made and freed from the loop; between
 * runs it is a few kilobytes and no fiber.  After any end but "returned" it is poisoned: its memory may hold
 * a half done piece of work, so it takes no more calls.
 */
#include <assert.h>

#include "base/mem.h"
#include "base/text.h"
#include "engine/inner.h"

STATIC_ASSERT(sizeof(union engine_value) == sizeof(wasmtime_val_raw_t), "values are handed over as they are");
STATIC_ASSERT(_Alignof(union engine_value) >= _Alignof(wasmtime_val_raw_t),
              "values are handed over as they are");

int engine_hint_limit(bool is_table, arcella_error **reterr) {
    return error_hint(reterr, ARCELLA_E_LIMIT, "%s raises that limit, of `run` and of `start`",
                      is_table ? "--table-elements" : "--memory");
}

/* What the code says of itself is checked before anything is made; memories and tables it does not export
 * show when it is made, and end its start-up (outcome.c). */
static int check_minimums(const struct engine_program *program, const struct engine_limits *limits,
                          arcella_error **reterr) {
    for (size_t i = 0; i < program->memory_count; i++) {
        const struct program_area *memory = &program->memories[i];
        if (memory->minimum > limits->memory_bytes) {
            char wants[32], limit[32];
            text_format_size(memory->minimum, wants, sizeof(wants));
            text_format_size(limits->memory_bytes, limit, sizeof(limit));
            error_set(reterr, ARCELLA_E_LIMIT,
                      "its memory begins with %" PRIu64 " bytes (%s), its memory limit is %" PRIu64
                      " bytes (%s)",
                      memory->minimum, wants, limits->memory_bytes, limit);
            return engine_hint_limit(false, reterr);
        }
    }
    for (size_t i = 0; i < program->table_count; i++) {
        const struct program_area *table = &program->tables[i];
        if (table->minimum > limits->table_elements) {
            error_set(reterr, ARCELLA_E_LIMIT,
                      "its table begins with %" PRIu64 " elements, its table limit is %" PRIu64,
                      table->minimum, limits->table_elements);
            return engine_hint_limit(true, reterr);
        }
    }
    return 0;
}

static int64_t clamp(uint64_t limit) {
    return limit > INT64_MAX ? INT64_MAX : (int64_t)limit;
}

static bool get_inside(struct engine_instance *instance, const char *name, wasmtime_func_t *ret) {
    wasmtime_extern_t item;
    if (!wasmtime_linker_get(instance->engine->inside, instance->context, "inside", 6, name, strlen(name),
                             &item))
        return false;
    assert(item.kind == WASMTIME_EXTERN_FUNC);
    *ret = item.of.func;
    return true;
}

int engine_instance_get_inside(struct engine_instance *instance, arcella_error **reterr) {
    if (!get_inside(instance, "suspend", &instance->suspend) ||
        !get_inside(instance, "driver", &instance->driver))
        return error_set(reterr, ARCELLA_E_INTERNAL, "the engine lacks its own functions");
    return 0;
}

int engine_instance_make_store(struct engine_instance *instance, uint32_t cores, uint32_t tables,
                               uint32_t memories, arcella_error **reterr) {
    const struct engine_limits *limits = &instance->limits;
    if (limits->fuel && !instance->engine->config.fuel)
        return error_set(reterr, ARCELLA_E_INVALID, "fuel is limited, but this engine does not meter it");
    instance->store = wasmtime_store_new(instance->engine->wasm, instance, NULL);
    if (!instance->store)
        return error_nomem(reterr);
    instance->context = wasmtime_store_context(instance->store);
    wasmtime_store_limiter(instance->store, clamp(limits->memory_bytes), clamp(limits->table_elements), cores,
                           tables, memories);
    wasmtime_store_epoch_deadline_callback(instance->store, engine_run_slice_over, instance, NULL);
    return 0;
}

int engine_instance_new(struct engine_program *program, const struct engine_limits *limits,
                        const struct engine_budget *budget, void *user, engine_done_fn *on_done,
                        struct engine_instance **ret, arcella_error **reterr) {
    struct engine *engine = program->module->engine;
    int r = check_minimums(program, limits, reterr);
    if (r)
        return r;
    struct engine_instance *instance = mem_new(struct engine_instance);
    if (!instance)
        return error_nomem(reterr);
    instance->engine = engine;
    instance->program = engine_program_ref(program);
    instance->user = user;
    instance->limits = *limits;
    engine->stats.instances++;
    r = engine_instance_make_store(instance, 1, ENGINE_TABLES_MAX, 1, reterr);
    if (!r)
        r = engine_run_begin(instance, true, budget, on_done, reterr);
    if (r) {
        engine_instance_free(instance);
        return r;
    }
    engine->stats.instances_created++;
    *ret = instance;
    return 0;
}

struct engine_instance *engine_instance_free(struct engine_instance *instance) {
    if (!instance)
        return NULL;
    assert(!instance->run.on_processor && "an instance is not freed by its own host functions");
    if (instance->run.active)
        engine_run_drop(instance);
    loop_timer_free(instance->timer);
    if (instance->store)
        wasmtime_store_delete(instance->store);
    instance->engine->stats.instances--;
    engine_program_unref(instance->program);
    engine_areas_done(instance);
    mem_free(instance->values);
    mem_free(instance);
    return NULL;
}

bool engine_is_bare(const struct engine_instance *instance) {
    return !instance->program;
}

void *engine_user(const struct engine_instance *instance) {
    return instance->user;
}

struct loop *engine_loop(const struct engine_instance *instance) {
    return instance->engine->loop;
}

bool engine_running(const struct engine_instance *instance) {
    return instance->run.active;
}

const union engine_value *engine_results(const struct engine_instance *instance) {
    return instance->values;
}

struct engine_memory engine_memory(struct engine_instance *instance) {
    if (UNLIKELY(!instance->has_memory))
        return (struct engine_memory){NULL, 0};
    return (struct engine_memory){instance->memory_base,
                                  wasmtime_memory_data_size(instance->context, &instance->memory)};
}

wasmtime_func_t engine_instance_function(struct engine_instance *instance,
                                         const struct program_export *export) {
    wasmtime_extern_t item;
    bool found = wasmtime_instance_export_get(instance->context, &instance->handle, export->name,
                                              export->length, &item);
    assert(found && item.kind == WASMTIME_EXTERN_FUNC && "the program listed it");
    (void)found;
    return item.of.func;
}

/* Check a call and make room for its values. */
static int prepare_call(struct engine_instance *instance, const char *function, const char *signature,
                        const union engine_value *values, arcella_error **reterr) {
    const struct program_export *export = engine_program_find(instance->program, function);
    if (!export)
        return error_set(reterr, ARCELLA_E_NOT_FOUND, "no exported function '%s'", function);
    uint32_t params, results;
    if (strcmp(export->signature, signature) != 0) {
        char is[ENGINE_SPELT_BYTES], not [ENGINE_SPELT_BYTES];
        engine_signature_spell(export->signature, is, sizeof(is));
        engine_signature_spell(signature, not, sizeof(not ));
        return error_set(reterr, ARCELLA_E_INVALID, "function '%s' is %s, not %s", function, is, not );
    }
    if (!engine_signature_count(signature, &params, &results))
        return error_set(reterr, ARCELLA_E_UNSUPPORTED, "function '%s' takes or returns references",
                         function);
    uint32_t count = params > results ? params : results;
    if (count > instance->values_capacity) {
        mem_free(instance->values);
        instance->values_capacity = 0;
        instance->values = mem_array(count, sizeof(*instance->values));
        if (!instance->values)
            return error_nomem(reterr);
        instance->values_capacity = count;
    }
    if (params)
        memcpy(instance->values, values, params * sizeof(*values));
    instance->run.entry = engine_instance_function(instance, export);
    instance->run.value_count = count;
    return 0;
}

int engine_call(struct engine_instance *instance, const char *function, const char *signature,
                const union engine_value *values, const struct engine_budget *budget, engine_done_fn *on_done,
                arcella_error **reterr) {
    if (!instance->program)
        return error_set(reterr, ARCELLA_E_NOT_FOUND,
                         "no exported function '%s': the instance is made of several modules", function);
    if (instance->run.active)
        return error_set(reterr, ARCELLA_E_BUSY, "the instance is busy with another call");
    if (instance->poisoned || !instance->made)
        return error_set(reterr, ARCELLA_E_STATE, "the instance takes no more calls: it ended before");
    int r = prepare_call(instance, function, signature, values, reterr);
    if (r)
        return r;
    return engine_run_begin(instance, false, budget, on_done, reterr);
}

void engine_usage(struct engine_instance *instance, struct engine_usage *ret) {
    *ret = (struct engine_usage){.memory_bytes = 0};
    if (!instance)
        return;
    if (instance->has_memory)
        ret->memory_bytes = wasmtime_memory_data_size(instance->context, &instance->memory);
    if (!instance->program)
        ret->memory_bytes = engine_areas_memory(instance);
    if (instance->run.active)
        ret->cpu_ns = instance->run.cpu_ns;
}
