/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * One instance from start to end; inside of room runtime.  Owned by its runtime's list; freed after `ended`.
 */
#ifndef RUNTIME_INSTANCE_H
#define RUNTIME_INSTANCE_H

#include "base/arena.h"
#include "base/mem.h"
#include "component/component.h"
#include "component/value_text.h"
#include "component/wave.h"
#include "runtime/runtime.h"
#include "wasi/wasi.h"

struct runtime_program;
struct runtime_component;

struct runtime {
    struct loop *loop;
    struct engine *engine;
    struct runtime_hooks hooks;
    struct runtime_program *programs;     /* loaded code, one per path */
    struct runtime_component *components; /* likewise, one per digest */
    struct component_bindings *bindings;  /* what the host provides to components; NULL: no component yet */
    struct instance *instances;           /* newest first */
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

/* A component with its code, as long as an instance uses it. */
struct runtime_component {
    struct runtime_component *next;
    char *digest;
    struct component *component;
    uint32_t users;
};

/* A call that runs or waits for its turn. */
struct runtime_waiting {
    struct runtime_waiting *next;
    uint64_t number;
    const struct component_func *func;
    struct instance *instance;
    struct loop_timer *timer; /* while it waits: the end of its time; NULL: none */
    struct engine_budget budget;
    bool own_time;
    uint64_t caller_ms;
    uint64_t asked_ms, begun_ms; /* monotonic */
    struct arena arena;
    struct value *args;
    bool json, base64; /* how its result is wanted */
    bool keeps;
};

/* What is only checked of a call. */
enum runtime_check { RUNTIME_CHECK_NOT, RUNTIME_CHECK_NAME, RUNTIME_CHECK_ALL };

/* A handle kept between calls; its number is where it stands, from 1. */
struct runtime_handle {
    struct value value; /* OWN */
    uint64_t given_to;  /* the call it was given away to, from 1; 0: it is there */
};

struct instance {
    union {                             /* first: this is where the functions of WASI look for it */
        struct wasi_preview1 *preview1; /* of a core module */
        struct wasi_p2 *p2;             /* of a component */
    };
    bool is_component;
    struct runtime *runtime;
    struct instance *next, **self;
    struct runtime_program *program;     /* of a core module; else NULL */
    struct runtime_component *component; /* of a component; else NULL */
    struct component_instance *parts;    /* likewise */
    const struct component_func *entry;  /* called when it is made; NULL: it waits for calls */
    const struct component_func *at_stop;
    struct runtime_waiting *calls; /* owned; the first one runs where `calling` */
    uint32_t calls_count;
    bool calling;
    struct runtime_handle *handles; /* owned */
    uint32_t handles_count;
    uint64_t calls_read;            /* counts, for given_to */
    struct engine_instance *engine; /* the store of either kind; owned for core modules, else that of parts */
    struct loop_timer *timer;       /* deadline of a stop; then, at 0 ms, the end */
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
/** The same for a component. @return as component_instance_new() */
int instance_begin_component(struct instance *i, const struct engine_limits *limits, arcella_error **reterr)
    MUST_CHECK;
/** Decide what a component calls by itself. @return 0, KIND */
int instance_choose_component(struct instance *i, const struct runtime_spec *spec, arcella_error **reterr)
    MUST_CHECK;
/** Find a function by [INTERFACE.]FUNC, as calls do. @return 0, INVALID, NOT_FOUND, AMBIGUOUS, NOMEM */
int instance_find_function(const struct component *component, struct text name,
                           const struct component_func **ret, arcella_error **reterr) MUST_CHECK;
/** Call a component's shutdown entry. @return 0 (its end follows), or an error */
int instance_shutdown_component(struct instance *i, arcella_error **reterr) MUST_CHECK;
/** Free a call that was taken out of its list. */
void runtime_waiting_free(struct runtime_waiting *waiting);
/** Begin the next call that waits, if it can. */
void instance_next_call(struct instance *i);
/** Answer all calls: the instance ends. */
void instance_refuse_calls(struct instance *i, const struct engine_outcome *outcome);

/**
 * Read and check a call: function, arguments; see call_read.c.
 *
 * @param check  it is not called: own handles are not given away
 * @param to     receives func and args, in its arena
 * @return as runtime_call()
 */
int runtime_call_read(struct instance *i, const struct runtime_call *call, enum runtime_check check,
                      struct runtime_waiting *to, arcella_error **reterr) MUST_CHECK;
/** The handles kept between calls, for reading and printing; good as long as the instance. */
struct value_handles runtime_handles(struct instance *i);
/**
 * Find the function that a person means; see call_find.c.
 *
 * @return 0, NOT_FOUND (with the nearest), AMBIGUOUS (with all it may be)
 */
int runtime_function_find(const struct component *component, const struct wave_call *call,
                          const struct component_func **ret, arcella_error **reterr) MUST_CHECK;

/** The outcome is final: tell it from the loop. */
void instance_end(struct instance *i, const struct engine_outcome *outcome);
void instance_end_with(struct instance *i, enum engine_end how, const char *message);
/** Nothing runs in it and a stop is wanted: its shutdown entry, then the end. */
void instance_go_down(struct instance *i);
/** Start-up is done: call the entry, or wait for calls. */
void instance_enter(struct instance *i);

/**
 * Use the component of a digest: one that is in use, or one made of its bytes and code.
 *
 * @return 0, as component_read(), engine_module_load(), component_module_give(); PROTOCOL (other modules than
 * code)
 */
int runtime_component_use(struct runtime *runtime, const struct runtime_spec *spec,
                          struct runtime_component **ret, arcella_error **reterr) MUST_CHECK;
void runtime_component_unuse(struct runtime *runtime, struct runtime_component *component);

/** Stop, see runtime_stop(). */
void instance_stop(struct instance *i, uint64_t timeout_ms);
/** Take it out of its runtime and free everything, whatever it does. */
void instance_free(struct instance *i);
/** The host of its state; borrowed. */
struct host *instance_host(const struct instance *i);
/** Hand on what the guest wrote without a newline: a run of it has ended. */
void instance_flush(struct instance *i);
/** The timer's callback. */
void instance_on_timer(struct loop_timer *timer, void *user);
/** The name of a state; static. */
const char *instance_state_name(enum instance_state state);

#endif
