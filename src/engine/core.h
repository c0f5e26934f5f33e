/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The engine's second door: instances made of several core modules, as components need them, and calls by
 * handle instead of by name.  An addition to engine.h; everything said there holds here.
 *
 *   engine ── module          compiled code
 *   module ── part            code with what must be known of it to instantiate it; counted, shared
 *   engine ── instance        one store, made bare; limits hold for all that is in it together
 *                └── core     one core instance in it, as many as are added; lives as long as the store
 *                      └── item   a function, memory, table, global or tag: a handle, copied freely
 *
 * What runs in an instance is a *body*: a C function of the caller's, at the top of the store's fiber
 * (engine_run_body) or directly on the caller's stack (engine_call_direct).  Inside it, and inside host
 * functions, engine_func_call() calls guest functions by handle, without checks of types: those are made
 * once.
 *
 * Handles belong to their instance and die with it; one of another instance is the caller's mistake and
 * asserted.
 */
#ifndef ENGINE_CORE_H
#define ENGINE_CORE_H

#include "base/text.h"
#include "engine/engine.h"
#include "engine/module_info.h"

/* --- items --- */

/* The kind of an item.  (The numbers are the engine's own; the binary format has others.) */
enum engine_kind {
    ENGINE_FUNC = 0,
    ENGINE_GLOBAL = 1,
    ENGINE_TABLE = 2,
    ENGINE_MEMORY = 3,
    ENGINE_TAG = 5,
};

/* Handles; what is in them is the engine's. */
struct engine_func {
    uint64_t store;
    void *opaque;
};
struct engine_handle {
    uint64_t store;
    uint64_t opaque[2];
};
struct engine_item {
    uint8_t kind; /* enum engine_kind */
    union {
        struct engine_func func;
        struct engine_handle memory, table, global, tag;
    };
};
/* A core instance in an instance. */
struct engine_core {
    uint64_t store;
    uint64_t opaque;
};

/* --- parts --- */

struct engine_part;

/**
 * Compile a module in memory, for tests and the library; nothing is stored.
 *
 * @return 0, WASM (with the engine's sentence and offset), NOMEM
 */
int engine_module_compile(struct engine *engine, const void *wasm, size_t length, struct engine_module **ret,
                          arcella_error **reterr) MUST_CHECK;
/**
 * Note what must be known of a module to make it one of several in an instance.
 *
 * @param module  compiled from exactly the bytes that info was read from; counted
 * @param info    of module_info_read(); read only, not kept
 * @return 0, UNSUPPORTED (64-bit or shared memories), CORRUPT (the code has other imports or exports), NOMEM
 */
int engine_part_new(struct engine_module *module, const struct module_info *info, struct engine_part **ret,
                    arcella_error **reterr) MUST_CHECK;
/** Count one owner more. @return part */
struct engine_part *engine_part_ref(struct engine_part *part);
/** Count one owner less; the last one frees it. @return NULL */
struct engine_part *engine_part_unref(struct engine_part *part);
/** How many imports an instance of it needs, in the order of the binary. */
uint32_t engine_part_imports(const struct engine_part *part);
/** Does it have a start function, so that adding it runs guest code? */
bool engine_part_has_start(const struct engine_part *part);

/* --- instances --- */

/**
 * Make an instance with nothing in it: a store and its limits.  It takes runs at once.
 *
 * limits->memory_bytes and limits->table_elements bound the sum over all its memories and tables.  With one
 * memory that can grow, growth beyond the limit is refused in the guest (-1), as ever.  With several, each
 * is refused what is not free when the run begins; where together they get past the limit in between, the
 * run ends with ENGINE_END_LIMIT at the next tick or host call.  How many cores, memories and tables there
 * may be: LIMIT_CORE_INSTANCES, LIMIT_CORE_MEMORIES, LIMIT_CORE_TABLES.
 *
 * @param user  the instance's own pointer, see engine_user()
 * @return 0, INVALID (fuel without metering), NOMEM
 */
int engine_instance_new_bare(struct engine *engine, const struct engine_limits *limits, void *user,
                             struct engine_instance **ret, arcella_error **reterr) MUST_CHECK;

/** Was this instance made bare? */
bool engine_is_bare(const struct engine_instance *instance);

/**
 * Add a core instance, at once, on the caller's stack.  Not from a host function or body of this instance.
 * A start function is called directly, as with engine_call_direct(): unsliced, within the budget, and it
 * cannot wait.
 *
 * @param imports      in the order of the part's imports
 * @param ret          the core
 * @param ret_outcome  written where ENGINE_STOP is returned
 * @return 0; ENGINE_STOP: an active segment was out of bounds, the start function failed, an engine limit was
 *         hit: the instance takes no more runs; LINK (number, kind or type of an import differs; named),
 *         LIMIT (minimums over what the limits leave, numbers named; no stack left), BUSY (a run is in
 *         progress), STATE (poisoned)
 */
int engine_core_add(struct engine_instance *instance, struct engine_part *part,
                    const struct engine_item *imports, size_t count, const struct engine_budget *budget,
                    struct engine_core *ret, struct engine_outcome *ret_outcome, arcella_error **reterr)
    MUST_CHECK;
/**
 * Add a core instance at once, and call its start function as a run on the fiber: it is sliced, may wait and
 * can be cancelled.
 *
 * @param ret          the core, written when this returns 0; not to be used before on_done ran with RETURNED
 * @param on_done      RETURNED: it is started; anything else: the instance takes no more runs
 * @param ret_outcome  as engine_core_add()
 * @return 0 (on_done will run); ENGINE_STOP (it will not), LINK, LIMIT, BUSY, STATE as engine_core_add();
 * NOMEM
 */
int engine_core_add_run(struct engine_instance *instance, struct engine_part *part,
                        const struct engine_item *imports, size_t count, const struct engine_budget *budget,
                        struct engine_core *ret, engine_done_fn *on_done, struct engine_outcome *ret_outcome,
                        arcella_error **reterr) MUST_CHECK;

/**
 * Find an export.  Not while a run of the instance waits, except from inside that run.
 *
 * @return false: no such export, or one of another kind
 */
bool engine_core_export(struct engine_instance *instance, const struct engine_core *core, struct text name,
                        enum engine_kind kind, struct engine_item *ret);
/**
 * Tell a function's signature as it really is, as in struct engine_import, cut at size - 1; costs a look into
 * the engine's types, so for checks that are made once.
 */
void engine_func_signature(struct engine_instance *instance, const struct engine_func *func, char *to,
                           size_t size);
/** A memory as it is now.  Its base never moves; its size is to be asked again after guest code ran. */
struct engine_memory engine_memory_view(struct engine_instance *instance, const struct engine_handle *memory);
/** The size of a memory now, in bytes. */
uint64_t engine_memory_bytes(struct engine_instance *instance, const struct engine_handle *memory);

/* --- host functions of a store --- */

/* A function type of the host's, made once per program and used for every store. */
struct engine_type;
/** Make one. @return 0, INVALID (no signature), NOMEM */
int engine_type_new(const char *signature, struct engine_type **ret, arcella_error **reterr) MUST_CHECK;
/** @return NULL */
struct engine_type *engine_type_free(struct engine_type *type);
/**
 * Make a host function in this store.  Called like those of programs: ENGINE_STOP, waiting and unwinding are
 * the same.
 *
 * @param type  of row->signature
 * @param row   outlives the instance; module and name are for messages only
 */
void engine_func_new(struct engine_instance *instance, const struct engine_type *type,
                     const struct engine_import *row, struct engine_func *ret);

/* --- bodies --- */

/*
 * What runs: at the top of the fiber, or directly.
 * @return 0 when done; ENGINE_STOP after engine_stop(), engine_trap(), or when a call or a wait said so
 */
typedef int engine_body_fn(struct engine_instance *instance, void *arg);

/**
 * Run a body on the instance's fiber, from the loop: guest code in it is sliced, engine_wait() works at any
 * depth, and where the run is dropped every call and wait in it returns ENGINE_STOP.
 *
 * @param arg  handed to body; must stay until on_done
 * @return 0 (on_done will run), BUSY (a run is in progress), STATE (poisoned), NOMEM
 */
int engine_run_body(struct engine_instance *instance, engine_body_fn *body, void *arg,
                    const struct engine_budget *budget, engine_done_fn *on_done, arcella_error **reterr)
    MUST_CHECK;

/**
 * Run a body now, on the caller's stack, without fiber, future and loop: for calls whose host functions never
 * wait.  One that does wait ends the run (ENGINE_END_FAILED, "… cannot wait …").  Nothing else of the loop
 * runs meanwhile; budgets are watched by the ticker, exact to about SLICE_MS.  May be called from the loop,
 * and from a host function or body of another instance, whose budget goes on counting; needs room for a whole
 * stack class.
 *
 * @param budget       NULL or zeroes: no bound: an endless loop then never returns
 * @param ret_outcome  written unless RETURNED or an error is returned; may be NULL
 * @return 0: it returned; ENGINE_STOP: anything else, the instance takes no more runs; BUSY (a run is in
 * progress), STATE (poisoned), LIMIT (not enough stack)
 */
int engine_call_direct(struct engine_instance *instance, engine_body_fn *body, void *arg,
                       const struct engine_budget *budget, struct engine_outcome *ret_outcome,
                       arcella_error **reterr) MUST_CHECK;

/**
 * Note how far the calling thread's stack goes, for direct calls on it.  For a process that gives up its
 * rights: of the first thread only /proc knows it, so this is asked while that can still be read.  Any other
 * asks by itself.
 */
void engine_note_stack(void);

/**
 * Call a guest's or host's core function from a body or a host function of the run in progress.  Types are
 * not checked.  Pointers into memory are to be made again after.
 *
 * @param values  arguments in, results out
 * @param count   the larger of the numbers of parameters and results
 * @return 0, or ENGINE_STOP: it trapped, the stack has no room for another call (ENGINE_END_STACK), or the
 * run is being ended: release what you hold and return ENGINE_STOP
 */
int engine_func_call(struct engine_instance *instance, const struct engine_func *func,
                     union engine_value *values, size_t count) MUST_CHECK;

/**
 * End the run with a trap of the host's making.
 *
 * @param kind    its stable kind ("invalid-utf8"), at most 63 bytes; static
 * @param format  a sentence
 * @return ENGINE_STOP, so `return engine_trap(…)`
 */
int engine_trap(struct engine_instance *instance, const char *kind, const char *format, ...)
    PRINTF_LIKE(3, 4);
/** Is the run being ended, so that nothing of the guest may be called any more? */
bool engine_unwinding(const struct engine_instance *instance);
/** Can the run in progress wait?  Not in a direct call. */
bool engine_can_wait(const struct engine_instance *instance);

/* --- validation of record --- */

/**
 * Let the engine's own validator judge a component: everything but the bodies of core functions, which are
 * judged when their module is compiled.  Makes an engine of its own for it; for intake processes, not for the
 * daemon.
 *
 * @return 0, WASM (with the engine's sentence and offset), UNSUPPORTED (it uses a feature that the validator
 *         does not know, by name: it has not judged), LIMIT (nested too deep), NOMEM
 */
int engine_component_validate(const void *bytes, size_t length, arcella_error **reterr) MUST_CHECK;

#endif
