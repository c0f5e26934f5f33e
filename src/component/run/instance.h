/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What component.c, bindings.c, instance.c and call*.c share: components and instances behind the door.
 * Nobody outside the room includes this.
 *
 *     component.c   loading, modules, what is asked of a component
 *     bindings.c    host functions by name; func_text.c: their types as text
 *     link.c        imports and what serves them
 *     instance.c    steps are run; freeing
 *     call.c        what guests call: lowered functions, resource built-ins
 *     call_run.c    what the host calls: functions, destructors
 *
 * Source: component-model, design/mvp/CanonicalABI.md (Component Instances, canon lift, canon lower).
 */
#ifndef COMPONENT_RUN_INSTANCE_H
#define COMPONENT_RUN_INSTANCE_H

#include "base/limits.h"
#include "component/call.h"
#include "component/resolve/resolve.h"
#include "engine/core.h"

struct component {
    unsigned references;
    const void *bytes;
    size_t length;
    component_release_fn *release;
    void *release_user;
    struct ast *ast;                 /* owned; the root's type points into it */
    struct types *types;             /* owned */
    struct component_root *root;     /* owned */
    struct program *program;         /* owned */
    struct engine *engine;           /* borrowed; NULL: not finished */
    struct engine_part **parts;      /* owned; NULL entries: not given yet */
    struct engine_import *rows;      /* owned; of each host */
    struct engine_type **row_types;  /* of each host; borrowed from: */
    struct engine_type **host_types; /* owned; one for each signature */
    uint32_t host_type_count;
    struct linked *linked;   /* counted; as it was linked last, or NULL */
    uint32_t most_imports;   /* of a module */
    bool signatures_checked; /* of functions that are called without checks */
};

struct bound_func {
    component_host_fn *fn;
    void *user;
};
struct bound_resource {
    component_host_drop_fn *drop;
    void *user;
};

/* What serves the imports of a component; shared by its instances, immutable. */
struct linked {
    unsigned references;
    struct component_bindings *bindings; /* counted; NULL: none */
    uint64_t changes;                    /* of the bindings, when this was made */
    struct bound_func *funcs;            /* owned; of each import */
    struct bound_resource *resources;    /* owned; of each resource that is imported */
};

/* A component instance of the store. */
struct sub_instance {
    struct handle_table handles;
    uint32_t parent; /* NONE: the root */
    bool may_enter;
    bool may_leave;
};

/* What the host asked for and is in progress. */
struct host_call {
    const struct component_func *func; /* NULL: a destructor */
    const struct value *args;
    uint32_t resource, held; /* of a destructor */
    struct arena arena;      /* of values */
    struct arena *in;        /* where the result is made: that one, or the caller's */
    struct value result;
    bool has_result;
    struct abi_taken *taken; /* own handles in the result that nobody has until it is told; in `in` */
    component_done_fn *on_done;
    void *user;
};

struct component_instance {
    struct component *component;    /* counted */
    struct engine_instance *engine; /* owned */
    struct linked *linked;          /* counted */
    void *user;
    struct component_limits limits;
    struct engine_budget budget; /* of making it: what is left */
    uint64_t step_ns;            /* when the step in progress began */
    struct sub_instance *subs;
    struct engine_core *cores;
    struct engine_item *items;
    uint8_t **bases;             /* of each item that is a memory: where it begins, which never changes */
    const char **wanted;         /* of each item: its signature; NULL: they were found right before */
    struct engine_item *imports; /* room for those of the largest module */
    struct handle_resource *resources;
    struct handle_table host;       /* handles of its resources that the host holds */
    struct handle_room room;        /* of that table and those of the component instances */
    struct engine_outcome *outcome; /* owned; of making it, until it is told */
    struct loop_timer *timer;       /* owned; tells it from the loop */
    component_made_fn *on_made;
    uint32_t next_step;
    bool made;
    bool poisoned;
    bool calling;
    struct host_call call;
};

/* --- link.c --- */

/**
 * Find what serves the imports; looked up anew only where the bindings are others or have changed.
 *
 * @param bindings  may be NULL
 * @param ret       counted; linked_unref()
 * @return 0, LINK (all that is missing, by name), NOMEM
 */
int component_link(struct component *component, struct component_bindings *bindings, struct linked **ret,
                   arcella_error **reterr) MUST_CHECK;
/** @return NULL */
struct linked *linked_unref(struct linked *linked);

/* --- bindings.c --- */

/** How often something was added to them; NULL: never. */
uint64_t bindings_changes(const struct component_bindings *bindings);

/** What serves an imported function. @return fn NULL: nothing, and *ret_match says why */
struct bound_func bindings_func(const struct component_bindings *bindings,
                                const struct component_import *import, const struct program *program,
                                enum component_match *ret_match);
/** What serves an imported resource. @return drop NULL: nothing, or nothing to do */
struct bound_resource bindings_resource(const struct component_bindings *bindings, struct text interface,
                                        struct text name);
/**
 * Does the type of an imported function read as this text?  "(u32, list<u8>) -> result<string, enum{a, b}>":
 * types as in WIT, parameters without names; records "record{a: u8}", variants "variant{a, b(u8)}", enums
 * "enum{a, b}", flags "flags{a, b}"; handles "own<name>", "borrow<name>" for a resource of the same
 * interface, else with the track of the other: "borrow<wasi:io/poll@0.2/pollable>".  Spaces do not matter.
 */
bool func_text_matches(const struct component_import *import, const struct program *program,
                       const char *text);

/* --- call.c --- */

/* One side of a call. */
struct side {
    struct abi_guest guest;
    struct component_instance *instance;
    struct sub_instance *sub;
    const struct resolved_options *options;
    const struct engine_func *realloc_func; /* NULL: none */
};
/** Make the side of a component instance, with the options of its function. */
void side_init(struct side *side, struct component_instance *instance, uint32_t sub,
               const struct resolved_options *options);
/** Enter a component instance and those around it, up to what the caller is in. @return 0, ABI_FAULT */
int call_enter(struct component_instance *instance, struct abi_call *call, uint32_t callee, uint32_t meets)
    MUST_CHECK;
/** Undo what call_enter() did. */
void call_leave(struct component_instance *instance, uint32_t callee, uint32_t meets);
/** Call post-return, if there is one, with the core result of the function. @return 0, ABI_STOP */
int call_post_return(struct side *callee, const union engine_value *result) MUST_CHECK;
/** Destroy what an own handle named. @return 0, ABI_STOP, ABI_FAULT */
int call_destroy(struct component_instance *instance, struct abi_call *call, uint32_t resource, uint32_t rep,
                 uint32_t meets) MUST_CHECK;
/** Turn what an executor returned into what the engine is told. @return 0, ENGINE_STOP */
int call_tell(struct component_instance *instance, const struct abi_call *call, int code) MUST_CHECK;
/** The function behind each kind of host row. */
engine_host_fn *call_host_fn(enum resolved_host_kind kind);

#endif
