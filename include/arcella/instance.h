/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Instances and calls.
 *
 *     struct arcella_value args[2] = {arcella_value_u32(2), arcella_value_u32(3)}, sum;
 *     arcella_instance_call(instance, "add", args, 2, &sum, NULL);
 *
 * An exported function has the name "add", or with its interface "acme:calc/math@1.0.0.add"; another
 * compatible version names the same (1.2.0 serves 1.0.0 and 1.9.0), a version may be left out where it is
 * unambiguous, and so may package and version be: "math.add".
 *
 * A call waits for its end.  A trap or a used-up limit is an error here, and the instance takes no call after
 * it.
 */
#ifndef ARCELLA_INSTANCE_H
#define ARCELLA_INSTANCE_H

#include <stddef.h>
#include <stdint.h>

#include "component.h"
#include "error.h"
#include "value.h"

#ifdef __cplusplus
extern "C" {
#endif

/** One running copy of a component.  Opaque; arcella_instance_free(). */
typedef struct arcella_instance arcella_instance;
/** An exported function of one instance.  Opaque; borrowed from its instance. */
typedef struct arcella_func arcella_func;

/** What an instance may use; 0 means the default in brackets; begin with ARCELLA_LIMITS_INIT. */
struct arcella_limits {
    size_t size;             /* sizeof(struct arcella_limits) as the caller knows it */
    uint64_t memory_bytes;   /* of all memories together [64 MiB] */
    uint64_t table_elements; /* of all tables together [10,000] */
    uint64_t call_wall_ms;   /* wall time of a call, or of making the instance [30,000] */
    uint64_t call_cpu_ms;    /* CPU time of either [10,000] */
    uint64_t fuel;           /* of either; needs a runtime with fuel [none] */
    uint64_t copy_bytes;     /* strings and lists that one call copies, in and out [256 MiB] */
    uint64_t value_bytes;    /* memory of the values that one call returns or takes [256 MiB] */
};
#define ARCELLA_LIMITS_INIT                                                                                  \
    { sizeof(struct arcella_limits), 0, 0, 0, 0, 0, 0, 0 }
/* For call_wall_ms and call_cpu_ms only: no bound.  A guest that loops then never returns. */
#define ARCELLA_UNLIMITED UINT64_MAX

/**
 * Make an instance: all its modules, their start sections.
 *
 * @param component  borrowed during the call
 * @param limits     borrowed during the call; NULL for the defaults
 * @param ret        out: the instance, owned by the caller
 * @param reterr     out on failure; may be NULL
 * @return 0; ARCELLA_E_LINK (imports that nobody provides: all of them, with the nearest match),
 * ARCELLA_E_LIMIT (a memory or table needs more than the limit, or a start section did), ARCELLA_E_TIMEOUT (a
 * start section), ARCELLA_E_TRAP (it trapped), ARCELLA_E_INVALID (limits out of bounds),
 * ARCELLA_E_UNSUPPORTED (it imports what nobody can provide), ARCELLA_E_CLOSED (unloaded), ARCELLA_E_BUSY
 * (called from a host function while an instance is made or the caller's stack is too small), ARCELLA_E_NOMEM
 * Threads: the runtime's thread.  Blocks: while start sections run.  Since: 0.1.
 */
ARCELLA_API int arcella_instance_new(arcella_component *component, const struct arcella_limits *limits,
                                     arcella_instance **ret, arcella_error **reterr);

/**
 * Free an instance, its functions and what its calls returned.  Destructors of the embedder's resources that
 * it still holds run.  From a host function that it called: it is freed when that call has ended.
 *
 * @param instance  owned; NULL is fine
 * Threads: the runtime's thread.  Since: 0.1.
 */
ARCELLA_API void arcella_instance_free(arcella_instance *instance);

/**
 * Give an instance a pointer of the embedder's.
 *
 * @param instance  borrowed
 * @param user      kept, never looked at
 * Threads: the runtime's thread.  Since: 0.1.
 */
ARCELLA_API void arcella_instance_set_user(arcella_instance *instance, void *user);

/**
 * Tell the pointer that arcella_instance_set_user() gave; NULL before.
 *
 * @param instance  borrowed
 * @return the pointer
 * Threads: the runtime's thread.  Since: 0.1.
 */
ARCELLA_API void *arcella_instance_user(const arcella_instance *instance);

/**
 * Tell how much memory an instance has now, all its memories together.
 *
 * @param instance  borrowed
 * @return bytes; 0 where it has none
 * Threads: the runtime's thread.  Since: 0.1.
 */
ARCELLA_API uint64_t arcella_instance_memory_bytes(arcella_instance *instance);

/**
 * Tell what kind of trap ended an instance.
 *
 * @param instance  borrowed
 * @return its stable text ("unreachable", "out-of-bounds-memory-access", "unknown-handle"), borrowed as long
 * as the instance; "" where none did
 * Threads: the runtime's thread.  Since: 0.1.
 */
ARCELLA_API const char *arcella_instance_trap(const arcella_instance *instance);

/* --- calls --- */

/**
 * Call an exported function by its name and wait for its end.
 *
 * @param instance  borrowed
 * @param function  name of the export, UTF-8, NUL-terminated
 * @param args      count values of the parameters' types, borrowed; may be NULL for none.  Own handles are
 * given away
 * @param count     number of args
 * @param result    out: the result, ARCELLA_NONE for a function without one; borrowed until the next call of
 * the instance has returned, or it is freed; may be NULL
 * @param reterr    out on failure; may be NULL
 * @return 0; ARCELLA_E_NOT_FOUND (no such function), ARCELLA_E_INVALID (other types or another number of
 * arguments: which, and where), ARCELLA_E_STATE (an earlier trap), ARCELLA_E_BUSY (the instance is in a
 * call), ARCELLA_E_LIMIT (stack, CPU time, fuel, copies), ARCELLA_E_TIMEOUT (wall time), ARCELLA_E_TRAP,
 *         ARCELLA_E_CANCELLED (ended otherwise), ARCELLA_E_UNSUPPORTED, ARCELLA_E_CLOSED, ARCELLA_E_NOMEM
 * Threads: the runtime's thread; from a host function, for another instance.  Blocks: until the function
 * ends. Since: 0.1.  Example: examples/embed/main.c
 */
ARCELLA_API int arcella_instance_call(arcella_instance *instance, const char *function,
                                      const struct arcella_value *args, size_t count,
                                      struct arcella_value *result, arcella_error **reterr);

/**
 * Resolve an exported function, for calling it many times.
 *
 * @param instance  borrowed
 * @param function  name of the export, UTF-8, NUL-terminated
 * @param ret       out; borrowed as long as the instance
 * @param reterr    out on failure; may be NULL
 * @return 0; ARCELLA_E_NOT_FOUND, ARCELLA_E_INVALID, ARCELLA_E_CLOSED, ARCELLA_E_NOMEM
 * Threads: the runtime's thread.  Since: 0.1.
 */
ARCELLA_API int arcella_instance_func(arcella_instance *instance, const char *function, arcella_func **ret,
                                      arcella_error **reterr);

/**
 * Call a resolved function and wait for its end.  Where it takes and gives numbers only, nothing is
 * allocated.
 *
 * @param func    borrowed
 * @param args    as for arcella_instance_call()
 * @param count   number of args
 * @param result  as for arcella_instance_call()
 * @param reterr  out on failure; may be NULL
 * @return as arcella_instance_call()
 * Threads: as arcella_instance_call().  Blocks: until the function ends.  Since: 0.1.
 */
ARCELLA_API int arcella_func_call(arcella_func *func, const struct arcella_value *args, size_t count,
                                  struct arcella_value *result, arcella_error **reterr);

/** A number as it is passed: 32-bit ones in the low half, the rest zero. */
union arcella_flat {
    int32_t s32;
    uint32_t u32;
    int64_t s64;
    uint64_t u64;
    float f32;
    double f64;
    uint8_t room[16];
};

/**
 * Call a resolved function of a component that takes and gives s32, u32, s64, u64, f32 and f64 only: the
 * fastest way.
 *
 * @param func    borrowed
 * @param flat    arguments in, result out at 0; 16 of them always
 * @param reterr  out on failure; may be NULL
 * @return as arcella_instance_call(); ARCELLA_E_UNSUPPORTED (other types, or a function of a core module)
 * Threads: as arcella_instance_call().  Blocks: until the function ends.  Since: 0.1.
 */
ARCELLA_API int arcella_func_call_flat(arcella_func *func, union arcella_flat flat[16],
                                       arcella_error **reterr);

/**
 * Tell how many parameters a function has.
 *
 * @param func  borrowed
 * @return a number
 * Threads: the runtime's thread.  Since: 0.1.
 */
ARCELLA_API size_t arcella_func_param_count(const arcella_func *func);

/**
 * Tell the type of a parameter.
 *
 * @param func   borrowed
 * @param index  less than arcella_func_param_count()
 * @return borrowed as long as the instance; NULL: not so many
 * Threads: the runtime's thread.  Since: 0.1.
 */
ARCELLA_API const arcella_type *arcella_func_param(const arcella_func *func, size_t index);

/**
 * Tell the type of the result.
 *
 * @param func  borrowed
 * @return borrowed as long as the instance; NULL: it has none
 * Threads: the runtime's thread.  Since: 0.1.
 */
ARCELLA_API const arcella_type *arcella_func_result(const arcella_func *func);

/**
 * Drop an own handle that a call returned: the destructor of the resource runs.  Handles that are not dropped
 * end with the instance; destructors of guests do not run then.
 *
 * @param instance  borrowed; the one that gave it
 * @param handle    an own handle, not to be used after
 * @param reterr    out on failure; may be NULL
 * @return as arcella_instance_call(); ARCELLA_E_KIND (no own handle)
 * Threads: as arcella_instance_call().  Blocks: until the destructor ends.  Since: 0.1.
 */
ARCELLA_API int arcella_instance_drop(arcella_instance *instance, const struct arcella_value *handle,
                                      arcella_error **reterr);

#ifdef __cplusplus
}
#endif
#endif
