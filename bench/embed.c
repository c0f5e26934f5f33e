/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What a call from an embedder into a guest costs: through the shared library, as a program has it, against
 * the engine's own unchecked call of the same function, in the same process and run.
 *
 *     bench_embed ADDER.WASM
 */
#include <string.h>
#include <wasmtime.h>

#include "arcella/arcella.h"
#include "bench.h"

#define ROUNDS 15
#define CALLS  200000

static void need(int ok, const char *what) {
    if (ok)
        return;
    fprintf(stderr, "bench_embed: %s\n", what);
    exit(1);
}

/* (module (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add)) */
static const uint8_t add[] = {0,    'a', 's',  'm', 1, 0, 0, 0,    1, 7,    1, 0x60, 2,   0x7f,
                              0x7f, 1,   0x7f, 3,   2, 1, 0, 7,    7, 1,    3, 'a',  'd', 'd',
                              0,    0,   10,   9,   1, 7, 0, 0x20, 0, 0x20, 1, 0x6a, 0x0b};

struct bare {
    wasmtime_context_t *context;
    wasmtime_func_t func;
};

static void bare_open(struct bare *bare) {
    wasm_config_t *config = wasm_config_new();
    wasmtime_config_epoch_interruption_set(config, true); /* as our engine has it */
    wasm_engine_t *engine = wasm_engine_new_with_config(config);
    wasmtime_store_t *store = wasmtime_store_new(engine, NULL, NULL);
    wasmtime_module_t *module = NULL;
    wasmtime_instance_t instance;
    wasmtime_extern_t item;
    wasm_trap_t *trap = NULL;
    bare->context = wasmtime_store_context(store);
    wasmtime_context_set_epoch_deadline(bare->context, 1000000);
    need(!wasmtime_module_new(engine, add, sizeof(add), &module), "the module does not compile");
    need(!wasmtime_instance_new(bare->context, module, NULL, 0, &instance, &trap) && !trap, "no instance");
    need(wasmtime_instance_export_get(bare->context, &instance, "add", 3, &item), "no add");
    bare->func = item.of.func;
}

static double bare_calls(struct bare *bare) {
    uint64_t begin = bench_ns();
    for (int i = 0; i < CALLS; i++) {
        wasmtime_val_raw_t v[2];
        wasm_trap_t *trap = NULL;
        v[0].i32 = i;
        v[1].i32 = 1;
        need(!wasmtime_func_call_unchecked(bare->context, &bare->func, v, 2, &trap) && v[0].i32 == i + 1,
             "bare call");
    }
    return (double)(bench_ns() - begin) / CALLS;
}

static double typed_calls(arcella_func *func) {
    uint64_t begin = bench_ns();
    for (int i = 0; i < CALLS; i++) {
        struct arcella_value args[2] = {arcella_value_u32((uint32_t)i), arcella_value_u32(1)}, sum;
        uint32_t number = 0;
        need(!arcella_func_call(func, args, 2, &sum, NULL) && !arcella_value_get_u32(&sum, &number) &&
                 number == (uint32_t)i + 1,
             "typed call");
    }
    return (double)(bench_ns() - begin) / CALLS;
}

static double flat_calls(arcella_func *func) {
    union arcella_flat flat[16];
    uint64_t begin = bench_ns();
    for (int i = 0; i < CALLS; i++) {
        flat[0].u64 = (uint32_t)i;
        flat[1].u64 = 1;
        need(!arcella_func_call_flat(func, flat, NULL) && flat[0].u32 == (uint32_t)i + 1, "flat call");
    }
    return (double)(bench_ns() - begin) / CALLS;
}

static double named_calls(arcella_instance *instance) {
    uint64_t begin = bench_ns();
    for (int i = 0; i < CALLS / 10; i++) {
        struct arcella_value args[2] = {arcella_value_u32((uint32_t)i), arcella_value_u32(1)}, sum;
        need(!arcella_instance_call(instance, "add", args, 2, &sum, NULL), "call by name");
    }
    return (double)(bench_ns() - begin) / (CALLS / 10.0);
}

int main(int argc, char **argv) {
    static double bare[ROUNDS], typed[ROUNDS], flat[ROUNDS], named[ROUNDS], unwatched[ROUNDS], copy[ROUNDS];
    struct arcella_limits limits = ARCELLA_LIMITS_INIT;
    struct bare own;
    arcella_runtime *runtime = NULL;
    arcella_component *component = NULL;
    arcella_instance *watched = NULL, *free_one = NULL;
    arcella_func *func = NULL, *free_func = NULL;
    need(argc == 2, "usage: bench_embed ADDER.WASM");
    bare_open(&own);
    need(!arcella_runtime_new(NULL, &runtime, NULL), "no runtime");
    need(!arcella_component_load_file(runtime, NULL, NULL, argv[1], &component, NULL), "no component");
    need(!arcella_instance_new(component, NULL, &watched, NULL), "no instance");
    limits.call_wall_ms = limits.call_cpu_ms = ARCELLA_UNLIMITED;
    need(!arcella_instance_new(component, &limits, &free_one, NULL), "no instance");
    need(!arcella_instance_func(watched, "add", &func, NULL), "no add");
    need(!arcella_instance_func(free_one, "add", &free_func, NULL), "no add");
    for (int i = -1; i < ROUNDS; i++) {
        int at = i < 0 ? 0 : i; /* once to warm up */
        bare[at] = bare_calls(&own);
        typed[at] = typed_calls(func);
        flat[at] = flat_calls(func);
        unwatched[at] = flat_calls(free_func);
        named[at] = named_calls(watched);
    }
#define REPORT(name, ours)                                                                                   \
    memcpy(copy, bare, sizeof(copy));                                                                        \
    bench_report(name, "ns", ours, copy, ROUNDS)
    REPORT("resolved call from the C library", typed);
    REPORT("resolved call from the C library, flat", flat);
    REPORT("resolved call from the C library, flat, without a budget", unwatched);
    REPORT("call by name from the C library", named);
    arcella_runtime_free(runtime);
    return 0;
}
