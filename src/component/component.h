/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The room's door: components are loaded, what they import is bound to host functions, instances are made and
 * their functions called.
 *
 *   component ── decoded, checked, resolved; its core modules compiled; shared, counted
 *       ├── import     what it asks of the host, by interface and name, with types
 *       ├── func       what it exports: a resolved handle, good for every instance of the component
 *       └── instance   one store: a component instance for each nested one, with its own handles and flags
 *   bindings ── host functions and host resources by interface and name; shared by any number of components
 *
 * Names: the function `get-environment` of the imported instance "wasi:cli/environment@0.2.0" has that
 * interface and that name; what a component imports or exports by itself has the interface "".
 *
 * Everything on the loop's thread.  An instance runs one thing at a time.
 */
#ifndef COMPONENT_COMPONENT_H
#define COMPONENT_COMPONENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"
#include "component/types/types.h"
#include "component/value.h"
#include "engine/engine.h"

struct component;
struct component_root; /* check.h */
struct arena;
struct component_instance;
struct component_func;
struct component_bindings;
struct call; /* call.h */

/* --- loading --- */

/** Told when nobody reads the bytes of a component any more. */
typedef void component_release_fn(void *user, const void *bytes, size_t length);

/**
 * Read a component: decode, check, resolve.  Its core modules are not compiled by this.
 *
 * @param bytes    borrowed until release is called; types, names and modules point into it
 * @param release  called once, when the component is freed or could not be loaded; NULL: nobody needs to know
 * @return 0, WASM (with byte offset), UNSUPPORTED (a feature this room does not run, by name), LIMIT (depth,
 *         counts, steps of instantiation), NOMEM
 */
int component_read(const void *bytes, size_t length, component_release_fn *release, void *user,
                   struct component **ret, arcella_error **reterr) MUST_CHECK;
/**
 * Read a component from a copy of its bytes and compile its modules in this process: tests, the library.
 *
 * @return as component_read() and component_finish()
 */
int component_load(struct engine *engine, const void *bytes, size_t length, struct component **ret,
                   arcella_error **reterr) MUST_CHECK;
/** Count one owner more. @return component */
struct component *component_ref(struct component *component);
/** Count one owner less; the last one frees it. @return NULL */
struct component *component_unref(struct component *component);

/** How many core modules it has, at any depth, in the order of the file. */
uint32_t component_module_count(const struct component *component);
/** The bytes of one of them: a slice of the component. */
struct text component_module_bytes(const struct component *component, uint32_t index);
/** The first module with the same bytes, which may be given for this one too; index itself if there is none
 * before it. */
uint32_t component_module_same(const struct component *component, uint32_t index);
/**
 * Hand in the compiled code of a module.
 *
 * @param module  compiled from exactly these bytes; counted
 * @return 0, INVALID (no such module), EXISTS (was given), CORRUPT (not the code of these bytes), UNSUPPORTED
 *         (shared or 64-bit memory), NOMEM
 */
int component_module_give(struct component *component, uint32_t index, struct engine_module *module,
                          arcella_error **reterr) MUST_CHECK;
/**
 * All modules are given: make what depends on the engine, so that it can be instantiated.
 *
 * @return 0, STATE (a module is missing), NOMEM
 */
int component_finish(struct component *component, struct engine *engine, arcella_error **reterr) MUST_CHECK;

/** The type of the whole, for printing it as WIT; lives as long as the component. */
const struct component_root *component_type(const struct component *component);
/** The name it carries in its name section, or empty. */
struct text component_name(const struct component *component);

/* What instances of it need and may be told before they are made. */
struct component_figures {
    uint32_t modules;        /* embedded */
    uint32_t core_instances; /* made per instance */
    uint32_t instances;      /* component instances, nested ones too */
    uint32_t steps;          /* of instantiation */
    uint32_t resources;      /* resource types: imported and its own */
    uint64_t memory_bytes;   /* of its ast, types and program */
};
/** Tell them. */
void component_figures(const struct component *component, struct component_figures *ret);

/* --- what it imports --- */

enum component_import_kind {
    COMPONENT_IMPORT_FUNC,
    COMPONENT_IMPORT_RESOURCE,
    COMPONENT_IMPORT_OTHER, /* a core module, a component: nobody can provide it */
};
struct component_import {
    enum component_import_kind kind;
    struct text interface;        /* as the component writes it: "wasi:io/streams@0.2.6"; "" */
    struct text name;             /* "[method]input-stream.read"; of a resource: "input-stream" */
    const struct func_type *type; /* FUNC */
    uint32_t resource;            /* RESOURCE: its number; shared by versions that match each other */
    bool used;                    /* FUNC: something in it can call it, so instances need it */
};
/** How many there are; those not used too. */
uint32_t component_import_count(const struct component *component);
/** One of them, in the order of the file. @return NULL: out of range */
const struct component_import *component_import_at(const struct component *component, uint32_t index);

/* --- the host's side --- */

/*
 * A host function.  Arguments are read and the result is written through the call (call.h: call_arg(),
 * call_result(), call_values() …); the instance is call->instance, waiting is engine_wait(call->engine).
 *
 * @return 0; ABI_STOP or ABI_FAULT where a view, a wait or call_trap() said so: return it at once
 */
typedef int component_host_fn(struct call *call, void *user);
/** Destroys a resource of the host: its last own handle was dropped.  May not wait. @return 0, ENGINE_STOP */
typedef int component_host_drop_fn(struct component_instance *instance, uint32_t rep, void *user);

/* Rows for component_bind(): static tables of a room that provides an interface. */
struct component_host_func {
    const char *interface; /* "wasi:cli/environment@0.2.0": serves every 0.2.x; "" */
    const char *name;
    /* What it reads and writes: "(u32, list<u8>) -> result<string, enum{a, b}>".  Types as in WIT with
     * parameters without names; "record{a: u8}", "variant{a, b(u8)}", "flags{a, b}"; "own<name>" and
     * "borrow<name>" of a resource of the same interface, else "borrow<wasi:io/poll@0.2/pollable>".  An
     * import of another type is refused.  NULL: of any type; then it may only use call_values() and
     * call_return(). */
    const char *type;
    component_host_fn *fn;
    void *user;
};
struct component_host_resource {
    const char *interface;
    const char *name;
    component_host_drop_fn *drop; /* NULL: nothing to do */
    void *user;
};

/** Make bindings, empty. @return NULL: no memory */
struct component_bindings *component_bindings_new(void) MUST_CHECK;
/** Count one owner more. @return bindings */
struct component_bindings *component_bindings_ref(struct component_bindings *bindings);
/** Count one owner less; the last one frees them. @return NULL */
struct component_bindings *component_bindings_unref(struct component_bindings *bindings);
/**
 * Add a host function; where there is one of the same interface (any version that matches) and name, the new
 * one takes its place.  Instances made before keep theirs.
 *
 * @param row  copied, its texts too
 * @return 0, INVALID (a text that is no name), NOMEM
 */
int component_bind_func(struct component_bindings *bindings, const struct component_host_func *row,
                        arcella_error **reterr) MUST_CHECK;
/** Add a host resource, likewise. */
int component_bind_resource(struct component_bindings *bindings, const struct component_host_resource *row,
                            arcella_error **reterr) MUST_CHECK;
/** Add tables of both. */
int component_bind(struct component_bindings *bindings, const struct component_host_func *funcs, size_t count,
                   const struct component_host_resource *resources, size_t resource_count,
                   arcella_error **reterr) MUST_CHECK;
/** Is there a function or resource of this interface (any version that matches) and name? */
bool component_is_bound(const struct component_bindings *bindings, const char *interface, const char *name);

enum component_match {
    COMPONENT_PROVIDED,
    COMPONENT_NO_INTERFACE, /* nobody provides the interface, in no version */
    COMPONENT_NO_VERSION,   /* another version of it is there */
    COMPONENT_NO_NAME,      /* the interface is there, or none is asked for; the name is not */
    COMPONENT_OTHER_TYPE    /* it is there, and reads and writes another type */
};
/**
 * Is an import provided?
 *
 * @param to  receives the nearest match ("wasi:http/types@0.3.0", "get-environment"), of OTHER_TYPE the type
 * that is there ("(u32) -> string"), or ""; NULL with size 0
 */
enum component_match component_import_match(const struct component *component,
                                            const struct component_bindings *bindings,
                                            const struct component_import *import, char *to, size_t size);

/* --- instances --- */

struct component_limits {
    struct engine_limits engine; /* memory and tables of all its core instances together; fuel */
    uint64_t copy_bytes;         /* of one call, in and out; 0: DEFAULT_CALL_COPY_BYTES */
    uint64_t value_bytes;        /* of dynamic values of one call; 0: LIMIT_CALL_VALUE_BYTES */
};

/** Told once from the loop when the steps are run.  RETURNED: it takes calls; anything else: free it. */
typedef void component_made_fn(struct component_instance *instance, const struct engine_outcome *outcome,
                               void *user);
/**
 * Make an instance: all its core instances, sliced where a start section runs guest code, within the budget.
 *
 * @param bindings  may be NULL where nothing is imported; what is found is kept, they need not outlive this
 * @param user      the instance's own pointer, see component_user()
 * @return 0 (on_made will run), LINK (an import that is used is provided by nobody: all of them named, with
 * the nearest match), LIMIT, STATE (not finished), UNSUPPORTED (what it imports cannot be given), NOMEM
 */
int component_instance_new(struct component *component, struct component_bindings *bindings,
                           const struct component_limits *limits, const struct engine_budget *budget,
                           void *user, component_made_fn *on_made, struct component_instance **ret,
                           arcella_error **reterr) MUST_CHECK;
/**
 * Free at any time, but not from its own host functions: what runs is dropped, host frames unwind first, no
 * callback runs.  Destructors of resources it still holds: those of the host run, the guest's do not.
 *
 * @return NULL
 */
struct component_instance *component_instance_free(struct component_instance *instance);
/** The pointer given to component_instance_new(). */
void *component_user(const struct component_instance *instance);
/** What it was made from; borrowed. */
struct component *component_instance_component(const struct component_instance *instance);
/** Its store, for waiting, waking, ending (engine_wait(), engine_wake(), engine_cancel()) and figures. */
struct engine_instance *component_engine(const struct component_instance *instance);
/** The component instance of a store made by this room. */
struct component_instance *component_of_engine(const struct engine_instance *instance);
/** Did something trap in it, so that nothing can be called any more? */
bool component_poisoned(const struct component_instance *instance);

/* --- functions and calls --- */

/** How many functions it exports, by itself and in instances. */
uint32_t component_func_count(const struct component *component);
/** One of them, in the order of the exports. @return NULL: out of range */
const struct component_func *component_func_at(const struct component *component, uint32_t index);
/**
 * Find an exported function.
 *
 * @param interface  as exported; a version may be left out or be another that matches, where it is
 * unambiguous; ""
 * @return NULL: there is none
 */
const struct component_func *component_func_find(const struct component *component, const char *interface,
                                                 const char *name);
/** The interface it is exported in, as the component writes it; or "". */
struct text component_func_interface(const struct component_func *func);
/** Its name: "add", "[method]file.size". */
struct text component_func_name(const struct component_func *func);
/** Its type; lives as long as the component. */
const struct func_type *component_func_type(const struct component_func *func);
/** Find an exported resource type. @return false: there is none */
bool component_resource_find(const struct component *component, const char *interface, const char *name,
                             uint32_t *ret);

/** The name of a resource type by its number (struct type): as imported; as exported by its own component,
 * else by one inside that; or empty. */
struct text component_resource_name(const struct component *component, uint32_t resource);
/** Does an exported interface serve who asks for this one: the same, or another version of its track? */
bool component_interface_serves(struct text asked, struct text exported);
/** What people call it, with the interface that it is imported from or first exported in:
 * "test:shop/carts.cart", "cart"; "resource" where it has no name. */
void component_resource_full_name(const struct component *component, uint32_t resource, char *to,
                                  size_t size);

/**
 * Told once from the loop when a call is over.
 *
 * @param result  of RETURNED, where the function has one, else NULL; borrowed until this returns
 */
typedef void component_done_fn(struct component_instance *instance, const struct engine_outcome *outcome,
                               const struct value *result, void *user);
/**
 * Call a function with dynamic values, on the fiber.
 *
 * @param args  as many as it has parameters; checked against their types before the guest runs; borrowed
 * until on_done.  Own handles given away are the guest's from then on
 * @return 0 (on_done will run), INVALID (arguments do not fit: which, and where), BUSY, STATE (poisoned, not
 * made), UNSUPPORTED (the export is a function of the host passed through), NOMEM
 */
int component_call(struct component_instance *instance, const struct component_func *func,
                   const struct value *args, size_t count, const struct engine_budget *budget,
                   component_done_fn *on_done, void *user, arcella_error **reterr) MUST_CHECK;
/**
 * Call a function with dynamic values now, on the caller's stack; host functions that wait end it.
 *
 * @param arena        where the result is made, and room for the arguments
 * @param ret_result   written where it returned and the function has a result
 * @param ret_outcome  written unless RETURNED or an error is returned
 * @return 0; ENGINE_STOP: it did not return; else as component_call(), and LIMIT (not enough stack)
 */
int component_call_direct(struct component_instance *instance, const struct component_func *func,
                          const struct value *args, size_t count, const struct engine_budget *budget,
                          struct arena *arena, struct value *ret_result, struct engine_outcome *ret_outcome,
                          arcella_error **reterr) MUST_CHECK;
/**
 * Call a function whose parameters and result are numbers only, with flat core values, now: nothing is
 * allocated or converted.
 *
 * @param v  arguments in, result out; 16 values at least
 * @return as component_call_direct(); UNSUPPORTED: a string, list or handle is among them
 */
int component_call_flat(struct component_instance *instance, const struct component_func *func,
                        union engine_value *v, const struct engine_budget *budget,
                        struct engine_outcome *ret_outcome, arcella_error **reterr) MUST_CHECK;
/**
 * Drop an own handle that the host got as a result: its destructor runs, on the fiber.
 *
 * @param resource, rep  of the value
 * @return as component_call()
 */
int component_resource_drop(struct component_instance *instance, uint32_t resource, uint32_t rep,
                            const struct engine_budget *budget, component_done_fn *on_done, void *user,
                            arcella_error **reterr) MUST_CHECK;
/** Give up the call in progress; its on_done does not run, or runs with STOPPED, as engine_cancel() has it.
 */
void component_cancel(struct component_instance *instance, enum engine_end end, const char *message);

#endif
