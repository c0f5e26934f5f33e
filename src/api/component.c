/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * libarcella: the rooms behind the public functions.  A runtime owns its loop and engine; calls run the loop
 * until their run has ended.  Programmer mistakes at this door are INVALID, not asserts.
 */
#include "arcella/arcella.h"

#include "base/fd.h"
#include "base/limits.h"
#include "base/loop.h"
#include "base/mem.h"
#include "engine/engine.h"
#include "engine/module_info.h"

struct arcella {
    struct loop *loop;
    struct engine *engine;
    struct arcella_instance *instances; /* list of what lives, so that arcella_free() can end it */
    struct arcella_component *components;
    bool fuel;
};

struct arcella_component {
    arcella *runtime;
    struct engine_module *module;
    struct engine_program *program;
    struct arcella_component *next, **self;
};

struct arcella_instance {
    arcella *runtime;
    struct engine_program *program;
    struct engine_instance *engine;
    struct engine_budget budget;
    struct engine_outcome outcome;
    bool done;
    union engine_value result;
    struct arcella_instance *next, **self;
};

DEFINE_CLEANUP(arcella_free_ptr, arcella *, arcella_free)
DEFINE_CLEANUP(component_free_ptr, arcella_component *, arcella_component_free)
DEFINE_CLEANUP(instance_free_ptr, arcella_instance *, arcella_instance_free)

int arcella_new(const struct arcella_options *options, arcella **ret, arcella_error **reterr) {
    struct engine_config config = ENGINE_CONFIG_INIT;
    config.parallel_compile = true;
    if (!ret)
        return error_set(reterr, ARCELLA_E_INVALID, "ret is NULL");
    if (options) {
        if (options->size != sizeof *options)
            return error_set(reterr, ARCELLA_E_INVALID, "options.size is %zu, this library knows %zu",
                             options->size, sizeof *options);
        if (options->stack_bytes)
            config.stack_bytes = options->stack_bytes;
        config.fuel = options->fuel != 0;
    }
    CLEANUP(arcella_free_ptr) arcella *a = mem_new(arcella);
    if (!a)
        return error_nomem(reterr);
    a->fuel = config.fuel;
    int r = loop_new(&a->loop, reterr);
    if (r == 0)
        r = engine_new(&config, a->loop, &a->engine, reterr);
    if (r < 0)
        return r;
    *ret = TAKE(a);
    return 0;
}

void arcella_free(arcella *a) {
    if (!a)
        return;
    while (a->instances)
        arcella_instance_free(a->instances);
    while (a->components)
        arcella_component_free(a->components);
    engine_free(a->engine);
    loop_free(a->loop);
    mem_free(a);
}

/* Compiled code is mapped from a file, so that its memory image is copied on write; here the file is
 * anonymous. */
static int load_code(arcella *a, const struct buffer *code, struct engine_module **ret,
                     arcella_error **reterr) {
    FD_AUTO fd = -1;
    int r = memfd_make("arcella-code", code->data, code->length, true, &fd, reterr);
    if (r < 0)
        return r;
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return engine_module_load(a->engine, path, ret, reterr);
}

int arcella_component_load(arcella *a, const void *bytes, size_t length, arcella_component **ret,
                           arcella_error **reterr) {
    if (!a || !bytes || !ret)
        return error_set(reterr, ARCELLA_E_INVALID, "runtime, bytes and ret must not be NULL");
    if (length > LIMIT_WASM_BYTES)
        return error_set(reterr, ARCELLA_E_TOO_LARGE, "%zu bytes; at most %llu", length, LIMIT_WASM_BYTES);
    struct module_info info;
    int r = module_info_read(bytes, length, &info, reterr);
    if (r < 0)
        return r;
    enum module_kind kind = info.kind;
    module_info_done(&info);
    if (kind != MODULE_CORE)
        return error_set(reterr, ARCELLA_E_KIND,
                         "the library runs core modules without imports; this is of kind %s",
                         module_kind_name(kind));
    CLEANUP(component_free_ptr) arcella_component *c = mem_new(arcella_component);
    if (!c)
        return error_nomem(reterr);
    c->runtime = a;
    BUFFER_AUTO code = BUFFER_INIT(LIMIT_CODE_BYTES);
    r = engine_compile(a->engine, bytes, length, &code, reterr);
    if (r == 0)
        r = load_code(a, &code, &c->module, reterr);
    if (r == 0)
        r = engine_program_new(c->module, NULL, 0, &c->program, reterr);
    if (r < 0)
        return r;
    c->next = a->components;
    c->self = &a->components;
    if (c->next)
        c->next->self = &c->next;
    a->components = c;
    *ret = TAKE(c);
    return 0;
}

void arcella_component_free(arcella_component *c) {
    if (!c)
        return;
    if (c->self) {
        *c->self = c->next;
        if (c->next)
            c->next->self = c->self;
    }
    engine_program_unref(c->program);
    engine_module_unref(c->module);
    mem_free(c);
}

static void on_done(struct engine_instance *instance, const struct engine_outcome *outcome, void *user) {
    struct arcella_instance *i = user;
    i->outcome = *outcome;
    i->done = true;
    const union engine_value *results = engine_results(instance);
    if (results)
        i->result = results[0];
}

/* Run the loop until the run that was started has ended. */
static void wait_done(arcella_instance *i) {
    while (!i->done)
        loop_run_once(i->runtime->loop);
}

/* An outcome that is not good, as an error of this door. */
static int outcome_error(const struct engine_outcome *o, arcella_error **reterr) {
    int code = ARCELLA_E_CANCELLED;
    switch (o->end) {
    case ENGINE_END_RETURNED: return 0;
    case ENGINE_END_STACK:
    case ENGINE_END_CPU_TIME:
    case ENGINE_END_FUEL:
    case ENGINE_END_LIMIT: code = ARCELLA_E_LIMIT; break;
    case ENGINE_END_WALL_TIME: code = ARCELLA_E_TIMEOUT; break;
    default: break;
    }
    return error_set(reterr, code, "%s: %s", engine_end_name(o->end), o->message);
}

static int read_limits(const arcella *a, const struct arcella_limits *from, struct engine_limits *limits,
                       struct engine_budget *budget, arcella_error **reterr) {
    struct arcella_limits l = ARCELLA_LIMITS_INIT;
    if (from) {
        if (from->size != sizeof l)
            return error_set(reterr, ARCELLA_E_INVALID, "limits.size is %zu, this library knows %zu",
                             from->size, sizeof l);
        l = *from;
    }
    if (l.memory_bytes > LIMIT_MEMORY_BYTES || l.table_elements > LIMIT_TABLE_ELEMENTS || l.fuel > LIMIT_FUEL)
        return error_set(reterr, ARCELLA_E_INVALID, "a limit is above what this library allows");
    if (l.fuel && !a->fuel)
        return error_set(reterr, ARCELLA_E_INVALID,
                         "fuel is limited but the runtime was made without options.fuel");
    *limits = (struct engine_limits){
        .memory_bytes = l.memory_bytes ? l.memory_bytes : DEFAULT_MEMORY_BYTES,
        .table_elements = l.table_elements ? l.table_elements : DEFAULT_TABLE_ELEMENTS,
        .fuel = l.fuel,
    };
    *budget = (struct engine_budget){
        .wall_ms = l.call_wall_ms ? l.call_wall_ms : DEFAULT_CALL_MS,
        .cpu_ms = l.call_cpu_ms ? l.call_cpu_ms : DEFAULT_CALL_CPU_MS,
    };
    return 0;
}

int arcella_instance_new(arcella_component *component, const struct arcella_limits *limits,
                         arcella_instance **ret, arcella_error **reterr) {
    if (!component || !ret)
        return error_set(reterr, ARCELLA_E_INVALID, "component and ret must not be NULL");
    CLEANUP(instance_free_ptr) arcella_instance *i = mem_new(arcella_instance);
    if (!i)
        return error_nomem(reterr);
    arcella *a = i->runtime = component->runtime;
    struct engine_limits engine_limits;
    int r = read_limits(a, limits, &engine_limits, &i->budget, reterr);
    if (r < 0)
        return r;
    i->program = engine_program_ref(component->program);
    struct engine_budget start = i->budget;
    if (!limits || !limits->call_wall_ms)
        start.wall_ms = DEFAULT_START_UP_MS;
    r = engine_instance_new(component->program, &engine_limits, &start, i, on_done, &i->engine, reterr);
    if (r < 0)
        return r;
    wait_done(i);
    r = outcome_error(&i->outcome, reterr);
    if (r < 0)
        return error_wrap(reterr, r == ARCELLA_E_CANCELLED ? ARCELLA_E_WASM : r, "start");
    i->next = a->instances;
    i->self = &a->instances;
    if (i->next)
        i->next->self = &i->next;
    a->instances = i;
    *ret = TAKE(i);
    return 0;
}

void arcella_instance_free(arcella_instance *i) {
    if (!i)
        return;
    if (i->self) {
        *i->self = i->next;
        if (i->next)
            i->next->self = i->self;
    }
    engine_instance_free(i->engine);
    engine_program_unref(i->program);
    mem_free(i);
}

/* Core types by their letter in a signature. */
static const char type_letter[] = {
    [ARCELLA_I32] = 'i', [ARCELLA_I64] = 'I', [ARCELLA_F32] = 'f', [ARCELLA_F64] = 'F'};

int arcella_instance_call(arcella_instance *i, const char *function, const struct arcella_value *args,
                          size_t args_count, struct arcella_value *results, size_t results_count,
                          arcella_error **reterr) {
    enum { ARGS_MAX = 64 };
    if (!i || !function || (args_count && !args) || (results_count && !results))
        return error_set(reterr, ARCELLA_E_INVALID, "instance, function, args and results must not be NULL");
    if (args_count > ARGS_MAX || results_count > 1)
        return error_set(reterr, ARCELLA_E_INVALID, "at most %d arguments and one result", ARGS_MAX);
    char signature[ARGS_MAX + 3];
    if (!engine_program_export(i->program, function, signature, sizeof signature))
        return error_set(reterr, ARCELLA_E_NOT_FOUND, "no exported function '%s'", function);
    union engine_value values[ARGS_MAX + 1] = {{.u64 = 0}};
    const char *colon = strchr(signature, ':');
    if (!colon || (size_t)(colon - signature) != args_count || strlen(colon + 1) != results_count)
        return error_set(reterr, ARCELLA_E_INVALID,
                         "function '%s' has the type %s, not %zu arguments and %zu results", function,
                         signature, args_count, results_count);
    for (size_t n = 0; n < args_count; n++) {
        int type = args[n].type;
        if (type < ARCELLA_I32 || type > ARCELLA_F64 || type_letter[type] != signature[n])
            return error_set(reterr, ARCELLA_E_INVALID, "argument %zu of '%s' is of another type (%s)", n + 1,
                             function, signature);
        switch (type) {
        case ARCELLA_I32: values[n].u64 = (uint32_t)args[n].of.i32; break;
        case ARCELLA_I64: values[n].i64 = args[n].of.i64; break;
        case ARCELLA_F32: values[n].u64 = 0, values[n].f32 = args[n].of.f32; break;
        default: values[n].f64 = args[n].of.f64; break;
        }
    }
    i->done = false;
    int r = engine_call(i->engine, function, signature, values, &i->budget, on_done, reterr);
    if (r < 0)
        return r;
    wait_done(i);
    r = outcome_error(&i->outcome, reterr);
    if (r < 0)
        return error_wrap(reterr, r, "call '%s'", function);
    if (results_count) {
        const char *letter = memchr(type_letter + 1, colon[1], sizeof type_letter - 1);
        if (!letter)
            return error_set(reterr, ARCELLA_E_UNSUPPORTED,
                             "'%s' returns a type the library does not hand out", function);
        results->type = (int)(letter - type_letter);
        switch (results->type) {
        case ARCELLA_I32: results->of.i32 = i->result.i32; break;
        case ARCELLA_I64: results->of.i64 = i->result.i64; break;
        case ARCELLA_F32: results->of.f32 = i->result.f32; break;
        default: results->of.f64 = i->result.f64; break;
        }
    }
    return 0;
}

uint64_t arcella_instance_memory_bytes(arcella_instance *i) {
    return i ? engine_memory(i->engine).size : 0;
}
