/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The one configuration of a process: what guests may use, how their code is compiled, how large stacks are
 * (what compiled code depends on, as a line of text, is in key.c).  Every setting that matters is set here by
 * name, since the engine's defaults move between its releases.
 */
#include "engine/inner.h"

/* The library is built without ThreadSanitizer, which then sees what its threads share and not how they agree
 * on it. */
#if defined(__SANITIZE_THREAD__)
#define UNSEEN_THREADS true
#else
#define UNSEEN_THREADS false
#endif

uint64_t engine_fiber_bytes(const struct engine_config *config) {
    return config->stack_bytes * LIMIT_NESTING + HOST_STACK_BYTES;
}

wasm_config_t *engine_config_make(const struct engine_config *config) {
    wasm_config_t *c = wasm_config_new();

    /* Guests may use what toolchains of today emit.  Off: shared memory and its atomics (an instance belongs
     * to one thread), collected objects (they live in a heap of the engine's own), 64-bit memories (they do
     * not fit the reservation, and no ABI of ours has 64-bit pointers).  Several memories: one limit is on
     * their sum (areas.c), and an instance of a plain module has one.  Exceptions: what is thrown lives in
     * that heap too, which is made for modules that throw; it counts as one memory more and may grow as far
     * as the instance's memory limit. */
    wasmtime_config_wasm_threads_set(c, false);
    wasmtime_config_shared_memory_set(c, false);
    wasmtime_config_wasm_gc_set(c, false);
    wasmtime_config_wasm_function_references_set(c, false);
    wasmtime_config_wasm_exceptions_set(c, true);
    wasmtime_config_wasm_memory64_set(c, false);
    wasmtime_config_wasm_multi_memory_set(c, true);
    wasmtime_config_wasm_custom_page_sizes_set(c, false);
    wasmtime_config_wasm_wide_arithmetic_set(c, false);
    wasmtime_config_wasm_stack_switching_set(c, false);
    wasmtime_config_wasm_reference_types_set(c, true);
    wasmtime_config_wasm_bulk_memory_set(c, true);
    wasmtime_config_wasm_multi_value_set(c, true);
    wasmtime_config_wasm_simd_set(c, true);
    wasmtime_config_wasm_relaxed_simd_set(c, true);
    wasmtime_config_wasm_tail_call_set(c, true);
    wasmtime_config_wasm_branch_hinting_set(c, false);
#ifdef WASMTIME_FEATURE_COMPONENT_MODEL
    /* True, it aborts where the engine was built without component-model-async. */
    wasmtime_config_concurrency_support_set(c, false);
#endif

    wasmtime_config_strategy_set(c, WASMTIME_STRATEGY_CRANELIFT);
    wasmtime_config_cranelift_opt_level_set(c, WASMTIME_OPT_LEVEL_SPEED);
    wasmtime_config_cranelift_debug_verifier_set(c, false);
    wasmtime_config_cranelift_nan_canonicalization_set(c, false);
    wasmtime_config_debug_info_set(c, false);
    wasmtime_config_profiler_set(c, WASMTIME_PROFILING_STRATEGY_NONE);
    /* Only native debuggers read it; without it nothing is registered when code is mapped. */
    wasmtime_config_native_unwind_info_set(c, false);
#ifdef WASMTIME_FEATURE_PARALLEL_COMPILATION
    wasmtime_config_parallel_compilation_set(c, config->parallel_compile && !UNSEEN_THREADS);
#endif

    wasmtime_config_epoch_interruption_set(c, true);
    wasmtime_config_consume_fuel_set(c, config->fuel);
    wasmtime_config_signals_based_traps_set(c, true);
    wasmtime_config_memory_may_move_set(c, false);
    wasmtime_config_memory_init_cow_set(c, true);

    /* The engine aborts where the first is larger than the second. */
    wasmtime_config_max_wasm_stack_set(c, (size_t)config->stack_bytes);
    wasmtime_config_async_stack_size_set(c, (size_t)engine_fiber_bytes(config));
    return c;
}
