/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What the sources of the library share: the handles behind the public header.  Programmer mistakes at this
 * door are INVALID, not asserts.
 *
 *     runtime.c    a runtime: engine, loop, bindings, lists of what lives
 *     component.c  loading, unloading; code that instances share
 *     list.c       imports, exports, WIT
 *     instance.c   instances: made, ended, freed
 *     wasi.c       what an instance may reach of the system; signals.c: those it would cause
 *     call.c       functions and calls
 *     value.c      values and types
 *     hint.c       what to do about an error, for embedders
 *     host.c       host functions and resources; view.c, slot.c: what they read and write
 *
 * A public value is a struct value of room component (value.h) with one more byte in use: the kind of the
 * elements of a span, so that a span of u8 cannot be taken for one of u64.  Inside, values are the public
 * ones, seen as the others.
 */
#ifndef API_API_H
#define API_API_H

#include <signal.h>
#include <string.h>

#include "arcella/arcella.h"
#include "base/arena.h"
#include "base/loop.h"
#include "base/mem.h"
#include "component/component.h"
#include "component/value.h"
#include "engine/engine.h"
#include "wasi/wasi.h"

struct api_given;
struct host_row;

struct arcella_runtime {
    struct loop *loop; /* owned, as all here */
    struct engine *engine;
    struct component_bindings *bindings;  /* what the embedder offers */
    struct host_row *rows;                /* of it; as long as an instance may call them */
    struct arcella_component *components; /* lists of what lives, newest first */
    struct arcella_instance *instances;
    uint32_t depth; /* calls in progress, one inside another */
    bool has_wasi;  /* WASI is in the bindings: from the first instance that wants it on */
    bool granted;   /* an instance was given something: guests may write to what others hold */
    bool turning;   /* the loop runs: it cannot run inside itself */
    bool fuel;
};

/* A function of a core module or component, for lists; and what a module's function is called with. */
struct api_export {
    struct arcella_item item;     /* texts in the arena of the code */
    const struct func_type *type; /* NULL: of a module, with types that no value has */
    const char *flat;             /* of a module: its signature as the engine has it */
    bool numbers;                 /* all it takes and gives are 32 or 64 bits: may be called flat */
};

/* Code, shared by a component's handle and the instances made from it; counted. */
struct api_code {
    unsigned references;
    struct arena arena;            /* owned; texts */
    struct component *component;   /* counted; NULL: a core module: */
    struct engine_program *module; /* counted */
    struct types *types;           /* owned; of a module's functions */
    struct api_export *exports;    /* in the arena */
    uint32_t export_count;
    struct arcella_item *imports; /* in the arena; of a component, as many as that has */
    const char *wit;              /* in the arena; NULL: nobody asked yet */
    bool wants_wasi;              /* of a component: it imports an interface of WASI */
};

struct arcella_component {
    arcella_runtime *runtime;
    char *name, *version;  /* owned */
    struct api_code *code; /* counted; NULL: unloaded */
    struct arcella_component *next, **self;
};

struct arcella_func {
    struct arcella_instance *instance;
    const struct component_func *func; /* of a component */
    const struct api_export *export;
};

struct arcella_instance {
    struct wasi_p2 *wasi; /* owned; first: where the functions of WASI look for it; NULL: it imports none */
    arcella_runtime *runtime;
    arcella_component *of;                /* whose instance it is; NULL: that handle was freed */
    struct api_code *code;                /* counted; NULL: it was ended */
    struct component_instance *component; /* owned; NULL: a module's */
    struct engine_instance *module;       /* owned; NULL: a component's */
    struct memory_budget host_memory;     /* what WASI may make us hold for it */
    struct api_given *given;     /* counted; NULL: of WASI it has only what is free, and cannot wait */
    struct engine_budget budget; /* of a call */
    struct arena arenas[2];      /* of what the last call returned, and of the one in progress */
    unsigned arena;              /* which is that of the last call */
    struct arcella_func *funcs;  /* owned; one for each export; func NULL: not asked for yet */
    void *user;
    uint32_t depth; /* calls in progress: 0 or 1 */
    bool doomed;    /* was freed in its own call: it goes when that has ended */
    char trap[64];  /* kind of the trap that ended it */
    /* Of what the loop is run for: */
    struct engine_outcome *outcome; /* borrowed */
    struct value *result;           /* borrowed; out */
    const struct component_func *running;
    const struct func_type *running_type; /* of a module's function */
    arcella_error *error;                 /* owned; of taking the result */
    bool done, has_result;
    struct arcella_instance *next, **self;
};

/* --- hint.c --- */

/** Give an error whose hint is only that of its code one for embedders. */
void api_hint_add(arcella_error **reterr);
/** The same at the door. @return code */
static inline int api_hint(arcella_error **reterr, int code) {
    api_hint_add(reterr);
    return code;
}
/* An error made at the door. */
#define api_error(reterr, code, ...) api_hint((reterr), error_set((reterr), (code), __VA_ARGS__))

/* --- runtime.c --- */

/** Run the loop until the instance says done. @return 0, BUSY (the loop runs already) */
int api_turn(arcella_instance *instance, arcella_error **reterr) MUST_CHECK;
/** Copy options or limits that begin with their size and may be shorter than ours. @return 0, INVALID */
int api_sized(const char *what, const void *from, void *to, size_t size, size_t least, arcella_error **reterr)
    MUST_CHECK;

/* --- component.c, list.c --- */

/** Count one owner less; the last one frees it. @return NULL */
struct api_code *api_code_unref(struct api_code *code);
/** Make the list of exports of a component. @return 0, NOMEM */
int api_list_component(struct api_code *code, arcella_error **reterr) MUST_CHECK;
/** Make the list of exports of a core module from its bytes. @return 0, WASM, NOMEM */
int api_list_module(struct api_code *code, const void *bytes, size_t length, arcella_error **reterr)
    MUST_CHECK;

/* --- instance.c --- */

/** End an instance: everything goes but its handle. */
void api_instance_end(arcella_instance *instance);
/** Tell an end that is not good as an error, and keep the kind of a trap. @return 0 where it is good */
int api_outcome_error(arcella_instance *instance, const struct engine_outcome *outcome,
                      arcella_error **reterr);
/** The callback of component_instance_new() and engine_instance_new(), engine_call(). */
void api_module_done(struct engine_instance *engine, const struct engine_outcome *outcome, void *user);

/* --- wasi.c --- */

/** Read what the embedder grants an instance. @param wasi  NULL: nothing @return as
 * arcella_instance_new_wasi() */
int api_given_read(arcella_instance *instance, const struct arcella_wasi *wasi, arcella_error **reterr)
    MUST_CHECK;
/** Make its state of WASI, by what was read. @return likewise */
int api_wasi_new(arcella_instance *instance, arcella_error **reterr) MUST_CHECK;
/** Tell what was not told yet, and free both; its guest must be gone. */
void api_wasi_end(arcella_instance *instance);

/* --- signals.c --- */

struct api_signals {
    sigset_t mask, pending; /* as they were */
    bool held;
};
/** Hold back the signals that writing may raise in this thread; where nothing was ever granted none can come,
 * and this costs nothing. */
void api_signals_hold(struct api_signals *signals, const arcella_runtime *runtime);
/** Drop what has come, and let signals through as before. */
void api_signals_release(const struct api_signals *signals);

/* --- value.c --- */

/** Is what a caller handed in safe to be read by its type: spans of the right kind, no NULL with a count?
 * That it fits is for value_fit() to say. @return 0, INVALID */
int api_value_check(const struct type *type, const struct arcella_value *value, arcella_error **reterr)
    MUST_CHECK;
/** Bring a lifted value into its public shape. @param arena  where it lies @return 0, LIMIT, NOMEM */
int api_value_publish(const struct type *type, struct value *value, struct arena *arena,
                      arcella_error **reterr) MUST_CHECK;
static inline const struct value *api_values(const struct arcella_value *values) {
    return (const struct value *)values;
}
static inline struct arcella_value api_value(struct value value) {
    struct arcella_value public;
    STATIC_ASSERT(sizeof(public) == sizeof(value), "one layout");
    memcpy(&public, &value, sizeof(public));
    return public;
}

/* --- host.c --- */

/** Free the rows of a runtime; nothing calls them any more. */
void api_host_free(arcella_runtime *runtime);

#endif
