/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The engine's door: compile core modules, make instances, run their functions in slices on fibers, let a
 * host function wait without blocking the loop, end anything at any time.
 *
 * No type of the engine behind it is named here.  One engine per process; everything on the loop's thread.
 *
 *   engine ── module   shared code, counted
 *                └── program   a module and its imports, checked once
 *                       └── instance   one store
 *
 * An instance runs one thing at a time (its start-up or a call).  The engine runs what is ready from the
 * loop, a slice each in turn; a host function that must wait calls engine_wait() and is resumed by
 * engine_wake().
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/loop.h"

struct engine;
struct engine_module;
struct engine_program;
struct engine_instance;

/* A core value as guests pass it; the low 64 bits are always set (zero-extended). */
union engine_value {
    int32_t i32;
    uint32_t u32;
    int64_t i64;
    uint64_t u64;
    float f32;
    double f64;
    uint8_t v128[16];
};

struct engine_config {
    uint64_t stack_bytes;  /* guest stack class: 512 KiB, 2 MiB or 8 MiB */
    bool fuel;             /* meter fuel (costs 12 to 150 %); part of what code is compiled for */
    bool parallel_compile; /* use a thread per core while compiling; false where threads are forbidden */
};
#define ENGINE_CONFIG_INIT                                                                                   \
    { .stack_bytes = 512 * 1024, .fuel = false, .parallel_compile = false }

/**
 * Make the engine of this process and its ticker thread (asleep until a guest runs).
 * A configuration the engine would abort on is refused here.
 *
 * @param loop  borrowed, outlives the engine
 * @return 0, INVALID (a stack class that is none), NOMEM, SYSTEM
 */
int engine_new(const struct engine_config *config, struct loop *loop, struct engine **ret,
               arcella_error **reterr) MUST_CHECK;
/** Free; all instances, programs and modules must be gone. @return NULL */
struct engine *engine_free(struct engine *engine);
/** "wasmtime 48.0.8"; static. */
const char *engine_name(void);
/**
 * What compiled code depends on besides the module's bytes: engine version, configuration, CPU features,
 * rewrite version, as one line of text.  Needs no engine.
 *
 * @return 0, TOO_LARGE (to is full), NOMEM, SYSTEM
 */
int engine_code_key(const struct engine_config *config, struct buffer *to, arcella_error **reterr) MUST_CHECK;

/* --- code --- */

/**
 * Validate and compile a core module (after the rewrite step); for compile processes and the library.
 *
 * @return 0, WASM (with the engine's sentence and offset), TOO_LARGE (to_code is full), NOMEM
 */
int engine_compile(struct engine *engine, const void *wasm, size_t length, struct buffer *to_code,
                   arcella_error **reterr) MUST_CHECK;
/**
 * Map compiled code from a file.  The file is trusted native code: the caller has verified owner, mode and
 * record.  It may be unlinked afterwards, but not written.
 *
 * @return 0, CORRUPT (not code of this engine and configuration), NOT_FOUND, NOMEM, SYSTEM
 */
int engine_module_load(struct engine *engine, const char *path, struct engine_module **ret,
                       arcella_error **reterr) MUST_CHECK;
/** Count one owner more. @return module */
struct engine_module *engine_module_ref(struct engine_module *module);
/** Count one owner less; the last one frees it. @return NULL */
struct engine_module *engine_module_unref(struct engine_module *module);

/* --- imports --- */

/*
 * A host function.  v holds the arguments from 0 and receives the result at 0.
 * @return 0 to go on; ENGINE_STOP after engine_stop() or when engine_wait() said so
 */
typedef int engine_host_fn(struct engine_instance *instance, union engine_value *v, const void *row);
enum { ENGINE_STOP = 1 };

/* Room for a signature as text; longer ones of guests are cut and end in "…". */
#define ENGINE_SIGNATURE_BYTES 72
/* Room for one of those as people read it. */
#define ENGINE_SPELT_BYTES (6 * ENGINE_SIGNATURE_BYTES + 16)

/**
 * Spell a signature out for people: "ii:I" becomes "(i32, i32) -> i64".
 *
 * @param signature  as in struct engine_import; '?' is a reference, "…" at the end: there is more
 * @param to         receives it, cut at size - 1; ENGINE_SPELT_BYTES is enough for every one that fits
 *                   ENGINE_SIGNATURE_BYTES
 */
void engine_signature_spell(const char *signature, char *to, size_t size);

/*
 * One import that the host provides.  Signature: parameters, ':', results; i = i32, I = i64, f = f32, F =
 * f64, V = v128: "iiI:i".
 */
struct engine_import {
    const char *module;
    const char *name;
    const char *signature;
    engine_host_fn *fn;
    const void *row; /* handed to fn; static */
};

/**
 * Check a module's imports against what the host provides, once.
 *
 * @param imports  static rows, outlive the program
 * @return 0, LINK (names every import nobody provides, or whose type differs), UNSUPPORTED (shared memory,
 *         the WASI draft before preview 1), INVALID (a row's signature is none), NOMEM
 */
int engine_program_new(struct engine_module *module, const struct engine_import *imports, size_t count,
                       struct engine_program **ret, arcella_error **reterr) MUST_CHECK;
/** Count one owner more. @return program */
struct engine_program *engine_program_ref(struct engine_program *program);
/** Count one owner less; the last one frees it. @return NULL */
struct engine_program *engine_program_unref(struct engine_program *program);
/**
 * Tell the signature of an exported function, as in struct engine_import; '?' is a reference.
 *
 * @param to  receives it, cut at size - 1
 * @return false where there is no such function
 */
bool engine_program_export(const struct engine_program *program, const char *name, char *to, size_t size);

/* --- instances --- */

struct engine_limits {
    uint64_t memory_bytes;   /* of each memory */
    uint64_t table_elements; /* of each table */
    uint64_t fuel;           /* per run; 0 = unmetered; needs an engine with fuel */
};

/* How a run ended.  RETURNED and EXITED with code 0 are good; the text is its stable code. */
#define ENGINE_END_MAP(XX)                                                                                   \
    XX(RETURNED, "returned", "returned")                                                                     \
    XX(EXITED, "exited", "ended by itself")                                                                  \
    XX(TRAPPED, "trap", "trapped")                                                                           \
    XX(STACK, "stack-exhausted", "used up its stack")                                                        \
    XX(CPU_TIME, "cpu-time-exhausted", "used up its CPU time")                                               \
    XX(FUEL, "fuel-exhausted", "used up its fuel")                                                           \
    XX(WALL_TIME, "wall-time-exceeded", "took too long")                                                     \
    XX(LIMIT, "over-limit", "went over a limit")                                                             \
    XX(STOPPED, "stopped", "was stopped")                                                                    \
    XX(LOST, "worker-lost", "its worker died")                                                               \
    XX(FAILED, "failed", "could not run")
enum engine_end {
#define XX(name, text, words) ENGINE_END_##name,
    ENGINE_END_MAP(XX)
#undef XX
        ENGINE_ENDS
};
/** The stable text code of an end ("stack-exhausted"); static. */
const char *engine_end_name(enum engine_end end);
/** What people read about an end ("used up its stack"); static. */
const char *engine_end_words(enum engine_end end);

#define ENGINE_FRAMES_MAX 20
struct engine_frame {
    uint32_t function; /* index */
    uint64_t offset;   /* in the module's bytes; UINT64_MAX unknown */
    char name[128];    /* function name or "" */
    char module[64];   /* module name or "" */
};
/* The whole story of a run's end; plain data. */
struct engine_outcome {
    enum engine_end end;
    int32_t exit_code; /* EXITED */
    char trap[64];     /* TRAPPED: stable kind, "unreachable", "out-of-bounds-memory-access", … */
    char message[512]; /* a sentence, names the limit that was hit */
    struct engine_frame frames[ENGINE_FRAMES_MAX];
    uint32_t frame_count;
    uint64_t cpu_ns; /* thread CPU time of the run */
    uint64_t fuel_used;
    uint64_t memory_bytes; /* of the instance's memories, now */
    bool memory_limit_hit; /* a memory stands at its limit, so growth was or will be refused */
    bool table_limit_hit;
};

/* What one run may use; 0 = no bound. */
struct engine_budget {
    uint64_t wall_ms;
    uint64_t cpu_ms;
};

/** Called from the loop, once per run, never from inside the call that started it. */
typedef void engine_done_fn(struct engine_instance *instance, const struct engine_outcome *outcome,
                            void *user);

/**
 * Make an instance and run its start section (if any), sliced and within the budget.
 *
 * @param user     the instance's own pointer, see engine_user(); host functions find their state by it
 * @param on_done  RETURNED when it can take calls; anything else: it is dead, free it
 * @return 0 (on_done will run), LIMIT (a memory or table minimum over the limits, named; one that the module
 *         does not export shows in on_done, as ENGINE_END_LIMIT), INVALID (fuel without metering), NOMEM
 */
int engine_instance_new(struct engine_program *program, const struct engine_limits *limits,
                        const struct engine_budget *budget, void *user, engine_done_fn *on_done,
                        struct engine_instance **ret, arcella_error **reterr) MUST_CHECK;
/**
 * Free; a run in progress is dropped: its host frames unwind first, on_done does not run.  Never from the
 * instance's own host functions; its on_done may.
 *
 * @return NULL
 */
struct engine_instance *engine_instance_free(struct engine_instance *instance);
/** The pointer given to engine_instance_new(). */
void *engine_user(const struct engine_instance *instance);
/** The loop of its engine. */
struct loop *engine_loop(const struct engine_instance *instance);

/**
 * Call an exported function with values of its signature.
 *
 * @param function  name; copied
 * @param values    arguments; copied; results are read with engine_results() inside on_done
 * @param signature what the caller believes ("ii:i"); checked
 * @return 0 (on_done will run), NOT_FOUND, INVALID (other signature), BUSY (a run is in progress),
 *         STATE (poisoned by an earlier trap), NOMEM
 */
int engine_call(struct engine_instance *instance, const char *function, const char *signature,
                const union engine_value *values, const struct engine_budget *budget, engine_done_fn *on_done,
                arcella_error **reterr) MUST_CHECK;
/** Results of the run that on_done reports; borrowed until it returns. */
const union engine_value *engine_results(const struct engine_instance *instance);
/**
 * End the run in progress with this end (STOPPED, WALL_TIME …); its frames unwind, on_done runs later.  From
 * anywhere on the loop's thread.  No run: nothing; already being ended: the first reason stays.
 */
void engine_cancel(struct engine_instance *instance, enum engine_end end, const char *message);
/**
 * Call an exported function (":") in the middle of the run in progress, on its fiber, where it next waits, at
 * once if it does now; like a signal handler.  For telling a long-lived program that it should end.  The wait
 * that was interrupted returns as if woken: what the function waits for itself may have taken its wake-up.
 * Where the run ends before it waits again, the call does not take place; where the function traps or exits,
 * the run ends.
 *
 * @return 0, NOT_FOUND, INVALID (other signature), STATE (no run in progress, or it is being made),
 *         BUSY (one is pending)
 */
int engine_interrupt(struct engine_instance *instance, const char *function, arcella_error **reterr)
    MUST_CHECK;
/** Is a run in progress (its start-up or a call)? */
bool engine_running(const struct engine_instance *instance);
/* --- for host functions --- */

struct engine_memory {
    uint8_t *base;
    uint64_t size;
};
/**
 * The instance's memory (export "memory", or the only one) as it is now; { NULL, 0 } where there is none or
 * it is not exported.  Fetch again after anything that may run guest code.
 */
struct engine_memory engine_memory(struct engine_instance *instance);
/**
 * Wait, on the fiber, until engine_wake(); then look whether what was waited for has come.
 *
 * @return 0, or ENGINE_STOP: the run is being ended; release what you hold and return ENGINE_STOP at once
 */
int engine_wait(struct engine_instance *instance) MUST_CHECK;
/** Resume a waiting instance from the loop; not waiting: its next engine_wait() of this run returns at once.
 */
void engine_wake(struct engine_instance *instance);
/**
 * End the run from inside a host function (proc_exit, a fatal refusal).
 *
 * @param message  a sentence, copied; NULL: the words of the end
 * @return ENGINE_STOP, so `return engine_stop(…)`
 */
int engine_stop(struct engine_instance *instance, enum engine_end end, int32_t exit_code,
                const char *message);
/**
 * Call an exported function from inside a host function, on the fiber of the run in progress.  The guest may
 * wait and be sliced inside; memory pointers are to be fetched again after.
 *
 * @param values  arguments in, results out; room for the longer of the two
 * @return 0, or ENGINE_STOP: it trapped or the run is being ended, release what you hold and return
 *         ENGINE_STOP; NOT_FOUND, INVALID (other signature), STATE (during start-up), LIMIT (LIMIT_NESTING
 *         calls deep)
 */
int engine_call_inside(struct engine_instance *instance, const char *function, const char *signature,
                       union engine_value *values, arcella_error **reterr) MUST_CHECK;

/** Whose run has the processor from here on; NULL: nobody's. */
typedef void engine_processor_fn(const struct engine_instance *now, void *user);
/**
 * Be told at the begin and the end of each slice, on the loop's thread; one listener.  For last words: the
 * function writes it down where it is found after a crash, calls nothing of the engine and waits for nothing.
 *
 * @param fn  NULL: nobody is told any more
 */
void engine_watch_processor(struct engine *engine, engine_processor_fn *fn, void *user);

/* --- figures --- */
/* What an instance uses now. */
struct engine_usage {
    uint64_t memory_bytes; /* its memory */
    uint64_t cpu_ns;       /* of the run in progress; 0: none */
};
/** Tell what an instance uses now; cheap, at any time. */
void engine_usage(struct engine_instance *instance, struct engine_usage *ret);

struct engine_stats {
    uint64_t compiles;
    uint64_t modules;   /* loaded now */
    uint64_t instances; /* now */
    uint64_t instances_created;
    uint64_t slices; /* times a run was resumed */
    uint64_t ticks;  /* of the ticker; stands still while nothing runs */
};
/** Read the figures. */
void engine_stats(const struct engine *engine, struct engine_stats *ret);

#endif
