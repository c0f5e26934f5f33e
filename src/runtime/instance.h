/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * One instance from start to end; inside of room runtime.  Owned by its runtime's list; freed after `ended`.
 */
#ifndef RUNTIME_INSTANCE_H
#define RUNTIME_INSTANCE_H

#include "base/mem.h"
#include "runtime/runtime.h"
#include "wasi/wasi.h"

struct runtime_program;

struct runtime {
    struct loop *loop;
    struct engine *engine;
    struct runtime_hooks hooks;
    struct runtime_program *programs; /* loaded code, one per path */
    struct instance *instances;       /* newest first */
    uint32_t count;
};

/* Code and its checked imports, as long as an instance uses it. */
struct runtime_program {
    struct runtime_program *next;
    char *path;
    struct engine_module *module;
    struct engine_program *program;
    uint32_t users;
};

struct instance {
    struct wasi_preview1 *wasi; /* first: this is where the WASI functions look for it */
    struct runtime *runtime;
    struct instance *next, **self;
    struct runtime_program *program;
    struct engine_instance *engine;
    struct loop_timer *timer; /* deadline of a stop; then, at 0 ms, the end */
    struct memory_budget budget;
    uint64_t handle;
    enum instance_state state;
    struct engine_budget startup;
    struct engine_budget run;
    char *entrypoint; /* export that is called; NULL: none, it waits for calls */
    char *shutdown;   /* export called by a stop; NULL: none */
    bool initialize;  /* _initialize comes first */
    bool stop_wanted;
    uint64_t stop_at_ms; /* monotonic: when it ends by force */
    bool over;           /* outcome is final, `ended` is on its way */
    struct engine_outcome outcome;
    uint64_t cpu_ns; /* of runs that have ended */
};

/** Begin the life: instantiate, initialise, run. The instance has its WASI state and program. @return as
 * engine_instance_new() */
int instance_begin(struct instance *i, const struct engine_limits *limits, arcella_error **reterr) MUST_CHECK;
/** Stop, see runtime_stop(). */
void instance_stop(struct instance *i, uint64_t timeout_ms);
/** Take it out of its runtime and free everything, whatever it does. */
void instance_free(struct instance *i);
/** The timer's callback. */
void instance_on_timer(struct loop_timer *timer, void *user);
/** The name of a state; static. */
const char *instance_state_name(enum instance_state state);

#endif
