/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The library's core: a runtime, components loaded from bytes, instances with limits, calls.
 *
 *     arcella *a = NULL;
 *     arcella_component *c = NULL;
 *     arcella_instance *i = NULL;
 *     arcella_new(NULL, &a, NULL);
 *     arcella_component_load(a, bytes, length, &c, NULL);
 *     arcella_instance_new(c, NULL, &i, NULL);
 *     struct arcella_value v[2] = { { ARCELLA_I32, { .i32 = 2 } }, { ARCELLA_I32, { .i32 = 3 } } };
 *     struct arcella_value sum;
 *     arcella_instance_call(i, "add", v, 2, &sum, 1, NULL);
 *
 * Everything of one runtime is used from one thread at a time, the one that made it.  The engine behind it
 * takes the signals SIGSEGV, SIGILL, SIGFPE and SIGBUS and passes on what is not its own; a program that
 * handles them too installs its handlers before arcella_new() and chains.  The library is never unloaded.
 */
#ifndef ARCELLA_COMPONENT_H
#define ARCELLA_COMPONENT_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A runtime: engine, loop, everything loaded.  Opaque; arcella_free(). */
typedef struct arcella arcella;
/** Loaded code.  Opaque; arcella_component_free(). */
typedef struct arcella_component arcella_component;
/** One running copy.  Opaque; arcella_instance_free(). */
typedef struct arcella_instance arcella_instance;

/** What a runtime is made with; set size, leave the rest 0 for the defaults: ARCELLA_OPTIONS_INIT. */
struct arcella_options {
    size_t size;          /* sizeof(struct arcella_options) as the caller knows it */
    uint64_t stack_bytes; /* guest stack class: 512 KiB (default), 2 MiB or 8 MiB */
    int fuel;             /* not 0: meter fuel, so that limits may name it */
};
#define ARCELLA_OPTIONS_INIT                                                                                 \
    { sizeof(struct arcella_options), 0, 0 }

/** What an instance may use; 0 means the default in brackets: ARCELLA_LIMITS_INIT. */
struct arcella_limits {
    size_t size;             /* sizeof(struct arcella_limits) as the caller knows it */
    uint64_t memory_bytes;   /* of each memory [64 MiB] */
    uint64_t table_elements; /* of each table [10,000] */
    uint64_t call_wall_ms;   /* wall time of a call, or of the start section [30,000] */
    uint64_t call_cpu_ms;    /* CPU time of either [10,000] */
    uint64_t fuel;           /* of either; needs a runtime with fuel [none] */
};
#define ARCELLA_LIMITS_INIT                                                                                  \
    { sizeof(struct arcella_limits), 0, 0, 0, 0, 0 }

/** Types of core values. */
enum arcella_type { ARCELLA_I32 = 1, ARCELLA_I64 = 2, ARCELLA_F32 = 3, ARCELLA_F64 = 4 };

/** A core value with its type. */
struct arcella_value {
    int type; /* enum arcella_type */
    union {
        int32_t i32;
        int64_t i64;
        float f32;
        double f64;
    } of;
};

/**
 * Make a runtime.
 *
 * @param options  borrowed during the call; NULL for the defaults
 * @param ret      out: the runtime, owned by the caller
 * @param reterr   out on failure; may be NULL
 * @return 0; ARCELLA_E_INVALID (an option out of its bounds), ARCELLA_E_NOMEM, ARCELLA_E_SYSTEM
 * Threads: the calling thread owns the runtime.  Blocks: no.  Since: 0.1.
 */
ARCELLA_API int arcella_new(const struct arcella_options *options, arcella **ret, arcella_error **reterr);

/**
 * Free a runtime with everything made from it.
 *
 * @param runtime  owned; its components and instances are gone with it; NULL is fine
 * Threads: the runtime's thread.  Since: 0.1.
 */
ARCELLA_API void arcella_free(arcella *runtime);

/**
 * Compile a WebAssembly binary.
 *
 * @param runtime  borrowed; outlives the component
 * @param bytes    length bytes, borrowed during the call
 * @param length   bytes; at most 256 MiB
 * @param ret      out: the component, owned by the caller
 * @param reterr   out on failure; may be NULL
 * @return 0; ARCELLA_E_WASM (not a valid binary, with offset), ARCELLA_E_KIND (a form that does not run yet),
 *         ARCELLA_E_LINK (it imports what nobody provides, all named), ARCELLA_E_TOO_LARGE, ARCELLA_E_NOMEM
 * Threads: the runtime's thread.  Blocks: while it compiles.  Since: 0.1.
 */
ARCELLA_API int arcella_component_load(arcella *runtime, const void *bytes, size_t length,
                                       arcella_component **ret, arcella_error **reterr);

/**
 * Free a component; instances made from it live on.
 *
 * @param component  owned; NULL is fine
 * Threads: the runtime's thread.  Since: 0.1.
 */
ARCELLA_API void arcella_component_free(arcella_component *component);

/**
 * Make an instance and run its start section.
 *
 * @param component  borrowed during the call
 * @param limits     borrowed during the call; NULL for the defaults
 * @param ret        out: the instance, owned by the caller
 * @param reterr     out on failure; may be NULL
 * @return 0; ARCELLA_E_LIMIT (a memory or table needs more than the limit, or the start section did),
 *         ARCELLA_E_TIMEOUT (the start section), ARCELLA_E_WASM (it trapped; the message says how),
 *         ARCELLA_E_INVALID (limits out of bounds), ARCELLA_E_NOMEM
 * Threads: the runtime's thread.  Blocks: while the start section runs.  Since: 0.1.
 */
ARCELLA_API int arcella_instance_new(arcella_component *component, const struct arcella_limits *limits,
                                     arcella_instance **ret, arcella_error **reterr);

/**
 * Free an instance.
 *
 * @param instance  owned; NULL is fine
 * Threads: the runtime's thread.  Since: 0.1.
 */
ARCELLA_API void arcella_instance_free(arcella_instance *instance);

/**
 * Call an exported function and wait for its end.
 *
 * A trap or a used-up limit is reported as an error here, and the instance takes no further call after it.
 *
 * @param instance       borrowed
 * @param function       name of the export, UTF-8, NUL-terminated
 * @param args           args_count values of the parameters' types, borrowed; may be NULL for none
 * @param args_count     number of args
 * @param results        out: results_count values; may be NULL for none
 * @param results_count  number of results the function has
 * @param reterr         out on failure; may be NULL
 * @return 0; ARCELLA_E_NOT_FOUND (no such function), ARCELLA_E_INVALID (other types or counts),
 *         ARCELLA_E_STATE (an earlier trap), ARCELLA_E_LIMIT (stack, CPU time, fuel),
 *         ARCELLA_E_TIMEOUT (wall time), ARCELLA_E_CANCELLED (trapped; the message says how), ARCELLA_E_NOMEM
 * Threads: the runtime's thread; not from inside another call.  Blocks: until the function ends.  Since: 0.1.
 */
ARCELLA_API int arcella_instance_call(arcella_instance *instance, const char *function,
                                      const struct arcella_value *args, size_t args_count,
                                      struct arcella_value *results, size_t results_count,
                                      arcella_error **reterr);

/**
 * Tell how large an instance's memory is.
 *
 * @param instance  borrowed
 * @return bytes; 0 where it has none
 * Threads: the runtime's thread.  Since: 0.1.
 */
ARCELLA_API uint64_t arcella_instance_memory_bytes(arcella_instance *instance);

#ifdef __cplusplus
}
#endif
#endif
