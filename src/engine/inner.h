/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What the files of the engine room share: the structs behind the door and the functions between its files.
 * Included by this room only; nothing outside may see a type of Wasmtime.
 */
#ifndef ENGINE_INNER_H
#define ENGINE_INNER_H

#include <wasm.h>
#include <wasmtime.h>

#include "base/attr.h"
#include "base/limits.h"
#include "base/text.h"
#include "engine/core.h"
#include "engine/engine.h"
#include "engine/ticker.h"

/* Raised when the same module bytes would compile to other code: settings in config.c that engine_code_key()
 * does not name one by one. */
#define ENGINE_CONFIG_VERSION 2

/* A guest of one module may have this many tables; each is bounded by the limit on elements. */
#define ENGINE_TABLES_MAX 16

/* What C beneath a guest call may need of the stack when the guest has used up all it may. */
#define ENGINE_STACK_RESERVE (HOST_STACK_BYTES / 2)

/* --- the engine --- */

/* Runs that wait for the processor, first in, first out. */
struct run_queue {
    struct engine_instance *head; /* borrowed */
    struct engine_instance *tail;
    size_t count;
};

struct engine {
    wasm_engine_t *wasm;       /* owned */
    wasmtime_linker_t *inside; /* owned; "suspend" and "driver", which no module can import */
    struct engine_config config;
    struct loop *loop;      /* borrowed */
    struct loop_idle *idle; /* owned; active while a queue has something */
    struct ticker ticker;
    struct run_queue woken;            /* new and resumed runs: first */
    struct run_queue sliced;           /* runs that used up a slice: one at least in each turn */
    struct engine_instance *current;   /* whose run has the processor; NULL: none */
    uintptr_t stack_low;               /* the lowest address of the stack it runs on */
    uintptr_t thread_low, thread_high; /* of the thread's own stack; 0: not asked yet */
    engine_processor_fn *on_processor; /* may be NULL */
    void *on_processor_user;
    struct engine_stats stats; /* ticks are counted by the ticker */
};

/** Make the engine's configuration. @return owned by the caller, who hands it to
 * wasm_engine_new_with_config() */
wasm_config_t *engine_config_make(const struct engine_config *config);
/** Let the stacks of fibers be kept for the next ones (stack.c). @return 0, NOMEM */
int engine_stacks_set(wasm_config_t *config, arcella_error **reterr) MUST_CHECK;
/** The stack of a fiber for this class, in bytes. */
uint64_t engine_fiber_bytes(const struct engine_config *config);

/* --- modules and programs --- */

struct engine_module {
    struct engine *engine;     /* borrowed */
    wasmtime_module_t *module; /* owned */
    unsigned references;
};

/* An exported function, and where the memories and tables are. */
struct program_export {
    char *name; /* owned, NUL-terminated behind length bytes; the signature stands behind that */
    size_t length;
    const char *signature; /* in the same allocation */
    uint32_t params;
    uint32_t results;
};
struct program_area {
    char *name; /* owned */
    size_t length;
    uint64_t minimum; /* bytes of a memory, elements of a table */
};
struct engine_program {
    struct engine_module *module;   /* counted */
    wasmtime_instance_pre_t *pre;   /* owned */
    struct program_export *exports; /* owned; functions only, by name */
    size_t export_count;
    struct program_area *memories; /* owned; exported ones */
    size_t memory_count;
    struct program_area *tables;
    size_t table_count;
    const struct program_area *memory; /* the one engine_memory() shows, or NULL */
    struct program_export start;       /* owned name, or NULL: instances are made without calling it */
    unsigned references;
};
/** The exported function of this name, or NULL. */
const struct program_export *engine_program_find(const struct engine_program *program, const char *name);

/** Write the signature of a function type; longer ones are cut and end in "…". @return false where it was cut
 */
bool engine_signature_of(const wasm_functype_t *type, char *to, size_t size);
/** Make the function type of a signature. @return NULL where a letter is not one */
wasm_functype_t *engine_signature_type(const char *signature);
/** Parameters and results of a signature. @return false where it is malformed */
bool engine_signature_count(const char *signature, uint32_t *ret_params, uint32_t *ret_results);

/**
 * The rewrite step before compiling: a start section becomes the last export (rewrite.c).
 *
 * @param to_own  empty; written where the bytes change, and then the module has to be valid before
 * @param ret     borrows wasm or to_own
 * @return 0, WASM (it cannot be read), TOO_LARGE, NOMEM
 */
int engine_rewrite(const void *wasm, size_t length, struct buffer *to_own, struct text *ret,
                   arcella_error **reterr) MUST_CHECK;
/** Is the last export of compiled code, a function of this name, a start function? */
bool engine_rewrite_marks(const char *name, size_t length);
#define ENGINE_REWRITE_VERSION 1

/** The processor features compiled code may use, as one word. */
int engine_cpu_features(struct buffer *to, arcella_error **reterr) MUST_CHECK;

/* --- parts --- */

/* A memory or table that a module defines. */
struct part_area {
    bool is_table;
    uint64_t minimum; /* bytes, elements */
    uint64_t maximum; /* UINT64_MAX: none */
    char *name;       /* owned; one it is exported by, or NULL */
    size_t length;
};
struct engine_part {
    struct engine_module *module; /* counted */
    uint32_t import_count;
    char *start; /* owned; what the start function is exported by, or NULL */
    size_t start_length;
    struct part_area *areas; /* owned; defined ones */
    uint32_t area_count;
    unsigned references;
};

/* A memory or table in an instance that can be looked at. */
struct core_area {
    union {
        wasmtime_memory_t memory;
        wasmtime_table_t table;
    };
    bool grows;
};
/* All memories or all tables of an instance made of parts. */
struct core_areas {
    struct core_area *seen; /* owned */
    uint32_t seen_count, capacity;
    uint32_t growing;        /* of those seen */
    uint32_t hidden_growing; /* not exported by their module, so their size is not known … */
    uint64_t hidden_minimum; /* … but what these began with … */
    uint64_t hidden_fixed;   /* … and what those that cannot grow have */
    uint32_t number;         /* all of them */
    uint64_t cap;            /* each is refused growth beyond it */
};

/* --- instances and runs --- */

/* Where a run stands in the queues. */
enum run_place { RUN_NOWHERE, RUN_WOKEN, RUN_SLICED };

/*
 * One run: the start-up or a call.  Lives in its instance, is cleared when the next one begins.  Everything
 * that belongs to the call and not to the instance is here.
 */
struct run {
    bool active;
    bool starting;     /* it makes the instance */
    bool on_processor; /* its fiber is on the processor, or beneath one that is */
    bool waiting;      /* inside engine_wait() */
    bool ready;        /* waiting, and woken */
    bool woken;        /* by engine_wake(): engine_wait() returns */
    bool unwinding;    /* being ended: host functions return, no guest code goes on */
    bool has_cause;    /* end, exit_code and message say why */
    bool direct;       /* on a stack that is not its fiber: it cannot wait and is not sliced */
    enum engine_end end;
    int32_t exit_code;
    char message[256];
    const char *trap_kind; /* static; of a trap of the host's making */
    enum run_place place;
    struct engine_instance *next; /* in the queue */
    struct engine_instance *before;
    wasmtime_call_future_t *future;            /* owned; NULL before the first slice */
    wasm_trap_t *top_trap;                     /* owned; the future writes here, nobody else while it lives */
    wasmtime_error_t *top_error;               /* owned; likewise */
    wasm_trap_t *trap;                         /* owned; what the first guest call that failed ended with */
    wasmtime_error_t *error;                   /* owned; likewise */
    const struct program_export *interruption; /* borrowed; called at the next wait; NULL: none */
    wasmtime_func_t entry;                     /* what the driver calls */
    uint32_t value_count;                      /* max(params, results) of it */
    engine_body_fn *body;                      /* what the driver runs instead; NULL: entry */
    void *body_arg;                            /* borrowed */
    struct engine_instance *outer;             /* direct: who had the processor before, or NULL */
    uintptr_t stack_low;                       /* of its fiber; 0: it has none yet */
    uint64_t watched_ns;                       /* wall clock at the first tick that looked; 0: none did */
    unsigned depth;                            /* guest calls on the fiber's stack */
    uint64_t cpu_ns;                           /* used before the present slice */
    uint64_t resumed_ns;                       /* thread CPU time when the present slice began */
    uint64_t cpu_limit_ns;                     /* 0: none */
    uint64_t wall_ms;                          /* 0: none */
    uint64_t fuel;                             /* given at the beginning */
    engine_done_fn *on_done;
};

struct engine_instance {
    struct engine *engine;          /* borrowed */
    struct engine_program *program; /* counted; NULL: made of parts */
    void *user;                     /* borrowed */
    wasmtime_store_t *store;        /* owned */
    wasmtime_context_t *context;    /* of the store */
    wasmtime_instance_t handle;     /* once made */
    wasmtime_memory_t memory;       /* once made, if has_memory */
    uint8_t *memory_base;           /* never moves: config.c */
    bool made;                      /* its start function returned, if it has one */
    bool has_memory;
    bool poisoned;
    bool far_deadline;          /* the epoch deadline is where no tick gets */
    uint64_t store_id;          /* made of parts: what its handles name; 0 before the first */
    uint32_t core_count;        /* made of parts: how many there are */
    struct core_areas memories; /* likewise */
    struct core_areas tables;
    wasmtime_func_t suspend;
    wasmtime_func_t driver;
    struct engine_limits limits;
    struct loop_timer *timer;   /* owned; NULL until a run has a bound on wall time */
    union engine_value *values; /* owned; arguments and results of the call */
    uint32_t values_capacity;
    struct run run;
};

/** Make the store of an instance whose engine and limits are set. @return 0, INVALID (fuel), INTERNAL, NOMEM
 */
int engine_instance_make_store(struct engine_instance *instance, uint32_t cores, uint32_t tables,
                               uint32_t memories, arcella_error **reterr) MUST_CHECK;
/** Put the engine's own functions into a store, once. @return 0, INTERNAL */
int engine_instance_get_inside(struct engine_instance *instance, arcella_error **reterr) MUST_CHECK;
/** The function of an export.  Not while a fiber of the instance is suspended. */
wasmtime_func_t engine_instance_function(struct engine_instance *instance,
                                         const struct program_export *export);
/** Begin a run; it gets the processor from the loop.  Needs no run in progress. @return 0, NOMEM */
int engine_run_begin(struct engine_instance *instance, bool starting, const struct engine_budget *budget,
                     engine_done_fn *on_done, arcella_error **reterr) MUST_CHECK;
/** Forget what a run held; it is over then. */
void engine_run_clear(struct engine_instance *instance);
/** Say that the run went over its wall time. */
void engine_run_wall_over(struct engine_instance *instance);
/** Say that the run went over its CPU time, if it did. @return false where it did */
bool engine_run_check_cpu(struct engine_instance *instance, uint64_t used_ns);
/** Drop the run in progress: host frames unwind before this returns; nothing is reported. */
void engine_run_drop(struct engine_instance *instance);
/** Say why the run ends, unless something said so before, and let everything unwind. */
void engine_run_cause(struct engine_instance *instance, enum engine_end end, int32_t exit_code,
                      const char *message);
/** Keep what guest code failed with, owned; the first failure is the one that is told.  The run unwinds. */
void engine_run_failed(struct run *run, wasm_trap_t *trap, wasmtime_error_t *error);
/** Put a run that waits into the queue of the woken. */
void engine_run_ready(struct engine_instance *instance);
/** Run what is ready, a slice each; the engine's idle callback. */
void engine_run_turn(struct loop_idle *idle, void *user);
/** The epoch callback of a store. */
wasmtime_error_t *engine_run_slice_over(wasmtime_context_t *context, void *data, uint64_t *ret_delta,
                                        wasmtime_update_deadline_kind_t *ret_kind);

/* --- direct runs --- */

/* What is saved while one has the processor. */
struct direct {
    struct engine_instance *before;
    uintptr_t stack_low;
    bool watched;
};
/**
 * Take the processor on the caller's stack.
 *
 * @param stack_bytes  that must be left there
 * @return 0, BUSY, STATE, LIMIT
 */
int engine_direct_enter(struct engine_instance *instance, uint64_t stack_bytes,
                        const struct engine_budget *budget, struct direct *ret, arcella_error **reterr)
    MUST_CHECK;
/** What guest code that is called directly may need of the stack, and we beneath it. */
static inline uint64_t engine_direct_bytes(const struct engine *engine) {
    return engine->config.stack_bytes + ENGINE_STACK_RESERVE;
}
/* An epoch no ticker gets to; added to the present one without overflow. */
#define ENGINE_FAR_DEADLINE (1ull << 62)
/** Give it back. @return 0 where the run returned; else ENGINE_STOP, ret_outcome (or NULL) tells it */
int engine_direct_leave(struct engine_instance *instance, const struct direct *direct,
                        struct engine_outcome *ret_outcome);
/** A tick while a direct run has the processor. */
void engine_direct_tick(struct engine_instance *instance);

/* --- cores and what they have together --- */

/** Say with an error of LIMIT how to raise that limit. @return LIMIT */
int engine_hint_limit(bool is_table, arcella_error **reterr);
/** Is there room for a part's memories and tables?  Makes room to note them. @return 0, LIMIT, NOMEM */
int engine_areas_room(struct engine_instance *instance, const struct engine_part *part,
                      arcella_error **reterr) MUST_CHECK;
/** Note those of a new core. */
void engine_areas_note(struct engine_instance *instance, const struct engine_part *part,
                       const wasmtime_instance_t *core);
/** Let each grow into what is free now; between runs only. */
void engine_areas_cap(struct engine_instance *instance);
/** Can several grow, so that they have to be watched together? */
static inline bool engine_areas_watched(const struct engine_instance *instance) {
    return instance->memories.growing + instance->memories.hidden_growing > 1 ||
           instance->tables.growing + instance->tables.hidden_growing > 1;
}
/** Say that they went over the limit together, if they did. */
void engine_areas_check(struct engine_instance *instance);
/** Bytes of all memories, as far as can be seen. */
uint64_t engine_areas_memory(struct engine_instance *instance);
/** Elements of all tables, as far as can be seen. */
uint64_t engine_areas_table(struct engine_instance *instance);
/** Forget them. */
void engine_areas_done(struct engine_instance *instance);

/* --- on the fiber --- */

/** Write down and tell whose run has the processor; NULL: nobody's. */
static inline void engine_set_current(struct engine *engine, struct engine_instance *now) {
    engine->current = now;
    if (UNLIKELY(engine->on_processor))
        engine->on_processor(now, engine->on_processor_user);
}
/** Define "suspend" and "driver". @return 0, INTERNAL, NOMEM */
int engine_fiber_define(struct engine *engine, arcella_error **reterr) MUST_CHECK;
/** What stands in front of every host function; env is the struct engine_import. */
wasm_trap_t *engine_fiber_import(void *env, wasmtime_caller_t *caller, wasmtime_val_raw_t *v, size_t count);

/** Tell the story of the run that is over. */
void engine_outcome_make(struct engine_instance *instance, struct engine_outcome *ret);

/* --- the engine's own errors --- */

/** The text of an error of the engine in one line, its causes behind it, cut where a character begins. */
void engine_error_text(const wasmtime_error_t *error, char *to, size_t size);
/** Turn an error of the engine into ours, and free it. @return code */
int engine_error_take(wasmtime_error_t *owned, int code, arcella_error **reterr, const char *what);

static inline void engine_trap_drop(wasm_trap_t **trap) {
    if (*trap)
        wasm_trap_delete(*trap);
    *trap = NULL;
}
static inline void engine_error_drop(wasmtime_error_t **error) {
    if (*error)
        wasmtime_error_delete(*error);
    *error = NULL;
}

#endif
