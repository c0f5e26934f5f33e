/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What happens on a store's fiber: the driver at its top, the trampoline in front of host functions, waiting
 * and calls back into the guest.  The only file that calls guest functions or suspends; the misuses for which
 * the engine aborts the process (suspending off a fiber or after a drop, nesting without bound) stand behind
 * asserts and checks here.  run.c is the other side.
 */
#include <assert.h>

#include "engine/inner.h"

/* How much of the fiber lies above its driver at most: frames of the engine's. */
#define ABOVE_DRIVER (16 * KIB)

static void run_body(struct engine_instance *instance) {
    struct run *run = &instance->run;
    int r = run->body(instance, run->body_arg);
    if (r && !run->unwinding)
        engine_run_cause(instance, ENGINE_END_FAILED, 0, "what was run stopped without saying why");
}

/* The top of the fiber: everything beneath uses the calls that neither check nor allocate. */
static wasm_trap_t *driver(void *env, wasmtime_caller_t *caller, wasmtime_val_raw_t *v, size_t count) {
    (void)env;
    (void)v;
    (void)count;
    struct engine_instance *instance = wasmtime_context_get_data(wasmtime_caller_context(caller));
    struct run *run = &instance->run;
    run->stack_low =
        (uintptr_t)__builtin_frame_address(0) - engine_fiber_bytes(&instance->engine->config) + ABOVE_DRIVER;
    instance->engine->stack_low = run->stack_low;
    if (run->body) {
        run_body(instance);
        return NULL;
    }
    wasm_trap_t *trap = NULL;
    wasmtime_error_t *error = wasmtime_func_call_unchecked(
        instance->context, &run->entry, (wasmtime_val_raw_t *)instance->values, run->value_count, &trap);
    if (UNLIKELY(trap || error))
        engine_run_failed(run, trap, error);
    /* The failure is kept; handing it up would only wrap it again. */
    return NULL;
}

/* The other end of suspend: tested by each poll, so a flag and nothing else. */
static bool is_ready(void *env) {
    struct engine_instance *instance = env;
    return instance->run.ready;
}

static void suspend(void *env, wasmtime_caller_t *caller, const wasmtime_val_t *args, size_t nargs,
                    wasmtime_val_t *results, size_t nresults, wasm_trap_t **ret_trap,
                    wasmtime_async_continuation_t *ret) {
    (void)env;
    (void)args;
    (void)nargs;
    (void)results;
    (void)nresults;
    (void)ret_trap;
    ret->callback = is_ready;
    ret->env = wasmtime_context_get_data(wasmtime_caller_context(caller));
    ret->finalizer = NULL;
}

int engine_fiber_define(struct engine *engine, arcella_error **reterr) {
    engine->inside = wasmtime_linker_new(engine->wasm);
    wasm_functype_t *type = engine_signature_type(":");
    wasmtime_error_t *e = wasmtime_linker_define_async_func(engine->inside, "inside", 6, "suspend", 7, type,
                                                            suspend, NULL, NULL);
    if (!e)
        e = wasmtime_linker_define_func_unchecked(engine->inside, "inside", 6, "driver", 6, type, driver,
                                                  NULL, NULL);
    wasm_functype_delete(type);
    return e ? engine_error_take(e, ARCELLA_E_INTERNAL, reterr, "cannot define the engine's own functions: ")
             : 0;
}

/* A host function did not go on. */
static wasm_trap_t *import_stopped(struct engine_instance *instance, const struct engine_import *row) {
    if (!instance->run.unwinding) {
        char message[256];
        snprintf(message, sizeof(message), "host function %s.%s stopped without saying why", row->module,
                 row->name);
        engine_run_cause(instance, ENGINE_END_FAILED, 0, message);
    }
    return wasmtime_trap_new("ended", 5);
}

wasm_trap_t *engine_fiber_import(void *env, wasmtime_caller_t *caller, wasmtime_val_raw_t *v, size_t count) {
    (void)count;
    const struct engine_import *row = env;
    struct engine_instance *instance = wasmtime_context_get_data(wasmtime_caller_context(caller));
    int r = row->fn(instance, (union engine_value *)v, row->row);
    if (LIKELY(!r && !instance->run.unwinding))
        return NULL;
    return import_stopped(instance, row);
}

/* Call the guest from the fiber, nested in what stands on it already. @return 0, ENGINE_STOP */
static int call_guest(struct engine_instance *instance, const struct program_export *export,
                      union engine_value *values) {
    struct run *run = &instance->run;
    wasm_trap_t *trap = NULL;
    wasmtime_func_t function = engine_instance_function(instance, export);
    uint32_t count = export->params > export->results ? export->params : export->results;
    run->depth++;
    wasmtime_error_t *error = wasmtime_func_call_unchecked(instance->context, &function,
                                                           (wasmtime_val_raw_t *)values, count, &trap);
    run->depth--;
    if (UNLIKELY(trap || error))
        engine_run_failed(run, trap, error);
    return run->unwinding ? ENGINE_STOP : 0;
}

static int suspend_run(struct engine_instance *instance) {
    struct run *run = &instance->run;
    run->waiting = true;
    run->ready = false;
    wasm_trap_t *trap = NULL;
    wasmtime_error_t *error =
        wasmtime_func_call_unchecked(instance->context, &instance->suspend, NULL, 0, &trap);
    run->waiting = false;
    if (UNLIKELY(error || trap)) {
        /* Dropped.  Suspending once more would abort: unwinding keeps everybody from it. */
        engine_run_cause(instance, ENGINE_END_STOPPED, 0, NULL);
        engine_error_drop(&error);
        engine_trap_drop(&trap);
    }
    if (UNLIKELY(run->unwinding))
        return ENGINE_STOP;
    /* Ticks that passed meanwhile are not this slice's. */
    wasmtime_context_set_epoch_deadline(instance->context, 1);
    return 0;
}

/* Is a function to be called in this wait?  Not where there is no room for one. */
static bool may_interrupt(const struct run *run) {
    return run->interruption && run->depth < LIMIT_NESTING;
}

int engine_wait(struct engine_instance *instance) {
    struct run *run = &instance->run;
    assert(run->on_processor && instance->engine->current == instance &&
           "waiting is for host functions, on their own fiber");
    if (run->unwinding)
        return ENGINE_STOP;
    if (UNLIKELY(run->direct)) {
        engine_run_cause(instance, ENGINE_END_FAILED, 0,
                         "a host function had to wait in a call that cannot wait: it was made directly");
        return ENGINE_STOP;
    }
    if (!run->woken && !may_interrupt(run)) {
        int r = suspend_run(instance);
        if (r)
            return r;
    }
    run->woken = false;
    /* What it waits for in turn may take our wake-up, so we count as woken. */
    return may_interrupt(run) ? call_guest(instance, TAKE(run->interruption), NULL) : 0;
}

/* Let a wait go on. */
static void resume_wait(struct engine_instance *instance) {
    struct run *run = &instance->run;
    if (!run->waiting || run->ready)
        return;
    run->ready = true;
    if (!run->on_processor)
        engine_run_ready(instance);
}

void engine_wake(struct engine_instance *instance) {
    if (!instance->run.active)
        return;
    instance->run.woken = true;
    resume_wait(instance);
}

/* Find an exported function and check its signature, without touching the store. */
static int find_function(struct engine_instance *instance, const char *function, const char *signature,
                         const struct program_export **ret, arcella_error **reterr) {
    if (!instance->made)
        return error_set(reterr, ARCELLA_E_STATE, "the instance is still being made");
    if (!instance->program)
        return error_set(reterr, ARCELLA_E_NOT_FOUND,
                         "no exported function '%s': the instance is made of several modules", function);
    const struct program_export *export = engine_program_find(instance->program, function);
    if (!export)
        return error_set(reterr, ARCELLA_E_NOT_FOUND, "no exported function '%s'", function);
    uint32_t params, results;
    if (strcmp(export->signature, signature) != 0 || !engine_signature_count(signature, &params, &results)) {
        char is[ENGINE_SPELT_BYTES], not [ENGINE_SPELT_BYTES];
        engine_signature_spell(export->signature, is, sizeof(is));
        engine_signature_spell(signature, not, sizeof(not ));
        return error_set(reterr, ARCELLA_E_INVALID, "function '%s' is %s, not %s", function, is, not );
    }
    *ret = export;
    return 0;
}

int engine_call_inside(struct engine_instance *instance, const char *function, const char *signature,
                       union engine_value *values, arcella_error **reterr) {
    struct run *run = &instance->run;
    assert(run->on_processor && instance->engine->current == instance && "only a host function calls back");
    if (run->unwinding)
        return ENGINE_STOP;
    const struct program_export *export = NULL;
    int r = find_function(instance, function, signature, &export, reterr);
    if (!export)
        return r;
    /* Each call into the guest may use a whole stack class of the fiber, which has room for LIMIT_NESTING. */
    if (run->depth >= LIMIT_NESTING)
        return error_set(reterr, ARCELLA_E_LIMIT, "guest calls nest deeper than %d", LIMIT_NESTING);
    return call_guest(instance, export, values);
}

/* The next call might not fit the stack. */
static int refuse_call(struct engine_instance *instance) {
    char message[128], amount[32];
    text_format_size(engine_fiber_bytes(&instance->engine->config), amount, sizeof(amount));
    snprintf(message, sizeof(message),
             "calls of guest functions from the host nest too deep for a stack of %s", amount);
    engine_run_cause(instance, ENGINE_END_STACK, 0, message);
    return ENGINE_STOP;
}

int engine_func_call(struct engine_instance *instance, const struct engine_func *func,
                     union engine_value *values, size_t count) {
    struct run *run = &instance->run;
    struct engine *engine = instance->engine;
    assert(run->on_processor && engine->current == instance &&
           "calls are made from bodies and host functions");
    assert(func->store == instance->store_id && "a function of another instance");
    if (UNLIKELY(run->unwinding))
        return ENGINE_STOP;
    if (UNLIKELY((uintptr_t)__builtin_frame_address(0) < engine->stack_low + engine_direct_bytes(engine)))
        return refuse_call(instance);
    wasmtime_func_t handle;
    memcpy(&handle, func, sizeof(handle));
    wasm_trap_t *trap = NULL;
    run->depth++;
    wasmtime_error_t *error =
        wasmtime_func_call_unchecked(instance->context, &handle, (wasmtime_val_raw_t *)values, count, &trap);
    run->depth--;
    if (UNLIKELY(trap || error))
        engine_run_failed(run, trap, error);
    return run->unwinding ? ENGINE_STOP : 0;
}

int engine_trap(struct engine_instance *instance, const char *kind, const char *format, ...) {
    struct run *run = &instance->run;
    assert(run->on_processor && "only a host function or a body ends its own run this way");
    if (run->unwinding)
        return ENGINE_STOP;
    char message[sizeof(run->message)];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    run->trap_kind = kind;
    engine_run_cause(instance, ENGINE_END_TRAPPED, 0, message);
    return ENGINE_STOP;
}

bool engine_unwinding(const struct engine_instance *instance) {
    return instance->run.unwinding;
}

bool engine_can_wait(const struct engine_instance *instance) {
    return instance->run.active && !instance->run.direct;
}

int engine_stop(struct engine_instance *instance, enum engine_end end, int32_t exit_code,
                const char *message) {
    assert(instance->run.on_processor && "only a host function ends its own run this way");
    assert(end != ENGINE_END_RETURNED && end < ENGINE_ENDS);
    engine_run_cause(instance, end, exit_code, message);
    return ENGINE_STOP;
}

int engine_interrupt(struct engine_instance *instance, const char *function, arcella_error **reterr) {
    struct run *run = &instance->run;
    if (!run->active || run->unwinding)
        return error_set(reterr, ARCELLA_E_STATE, "no run to call '%s' in", function);
    if (run->interruption)
        return error_set(reterr, ARCELLA_E_BUSY, "'%s' is to be called at its next wait already",
                         run->interruption->name);
    /* Nothing of the store is touched: it belongs to the suspended fiber, which looks the function up. */
    const struct program_export *export = NULL;
    int r = find_function(instance, function, ":", &export, reterr);
    if (!export)
        return r;
    run->interruption = export;
    resume_wait(instance);
    return 0;
}
