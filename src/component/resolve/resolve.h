/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The flat program: what instantiating a component comes to once all nesting, aliases and `with` arguments
 * are evaluated.  Made once per component; read by run/; lies in one arena.  Everything refers by index:
 *
 *   step      run in order: make core instance N; component instance N can be entered from here on
 *   core      a core instance to be made: which module, which items are its imports
 *   item      a core function, memory, table, global or tag: taken from a core, or a function of ours
 *   host      a function of ours that a guest imports: a lowered function, resource.new, .drop, .rep
 *   lift      a core function that became a component's function, with its options
 *   instance  a component instance: a handle table, two flags, the one it was made in
 *   resource  a resource type as it runs: a fresh one for each instance whose component defines it
 *
 * Source: component-model, design/mvp/Explainer.md (instances, aliases), CanonicalABI.md (canonical
 * definitions).
 */
#ifndef COMPONENT_RESOLVE_RESOLVE_H
#define COMPONENT_RESOLVE_RESOLVE_H

#include "base/arena.h"
#include "component/abi/plan.h"
#include "component/component.h"
#include "component/decode/ast.h"
#include "component/types/types.h"

#define RESOLVE_NONE UINT32_MAX

/* What a core module wants. */
struct resolved_want {
    struct text module, name;
    enum component_sort sort;
};
struct resolved_module {
    struct text bytes;
    struct resolved_want *imports; /* in the order of the binary */
    uint32_t import_count;
    struct names *exports; /* by name: the sort */
    uint32_t same;         /* the first with equal bytes */
};

struct resolved_item {
    enum component_sort sort; /* CORE_FUNC … CORE_TAG */
    uint32_t host;            /* which of ours; NONE: taken from a core */
    uint32_t core;
    struct text name;
    uint32_t next; /* of the same core */
};

struct resolved_core {
    uint32_t module;
    uint32_t instance; /* the component instance it belongs to */
    uint32_t *imports; /* items, in the order of the module's imports */
    uint32_t import_count;
    uint32_t first_item; /* taken from it; NONE: none */
    struct names *taken; /* those by name */
};

enum resolved_step_kind { STEP_CORE, STEP_READY };
struct resolved_step {
    enum resolved_step_kind kind;
    uint32_t index;
};

/* The options of a canonical definition; items or NONE. */
struct resolved_options {
    enum ast_encoding encoding;
    uint32_t memory, realloc_func, post_return;
};

struct resolved_lift {
    uint32_t instance;
    uint32_t callee;
    const struct plan *plan;
    const char *signature; /* of the callee */
    struct resolved_options options;
};

enum resolved_host_kind {
    HOST_LOWER_LIFT,   /* calls another component instance */
    HOST_LOWER_IMPORT, /* calls the host */
    HOST_RESOURCE_NEW,
    HOST_RESOURCE_DROP,
    HOST_RESOURCE_REP
};
struct resolved_host {
    enum resolved_host_kind kind;
    uint32_t instance; /* whose guest calls it */
    uint32_t target;   /* lift, import or resource */
    uint32_t meets; /* LOWER_LIFT: the innermost instance that caller and callee both are in; RESOURCE_DROP:
                       that of caller and the resource's; NONE: none */
    uint32_t item;
    const struct plan *plan; /* of what is lowered */
    const char *signature;   /* as the guest imports it */
    struct resolved_options options;
};

struct resolved_instance {
    uint32_t parent; /* NONE: the root */
    uint32_t depth;
    uint32_t offset; /* of the component in the file, for messages */
};

struct resolved_resource {
    struct text interface, name; /* imported: of whom; else "" and the name that it is exported by; "" */
    bool imported;
    bool named_by_own; /* the name is what its own component exports it by, not one inside that */
    uint32_t instance; /* that defines it; NONE: imported */
    uint32_t dtor;     /* item; NONE: none */
};

struct component_func {
    struct text interface, name;
    const struct func_type *type;
    bool numbers;  /* all it takes and gives are numbers that flatten to themselves */
    uint32_t lift; /* NONE: a function of the host passed through */
    uint32_t import;
};
struct resolved_resource_export {
    struct text interface, name;
    uint32_t resource;
};

struct program {
    struct arena arena;
    struct types *types; /* borrowed */
    struct plans *plans; /* owned */
    struct resolved_module *modules;
    struct resolved_core *cores;
    struct resolved_item *items;
    struct resolved_step *steps;
    struct resolved_lift *lifts;
    struct resolved_host *hosts;
    struct resolved_instance *instances;
    struct resolved_resource *resources;
    struct component_import *imports;
    struct component_func *funcs; /* exported, in order */
    struct resolved_resource_export *resource_exports;
    uint32_t module_count, core_count, item_count, step_count, lift_count, host_count, instance_count,
        resource_count, import_count, func_count, resource_export_count;
    /* What is imported and nobody can give (a core module, a component), where that stands in the way of
     * instantiating it; else empty.  The program then ends where it would be needed. */
    struct text unprovided;
};

/**
 * Evaluate a component.
 *
 * @param ast    checked; the program keeps slices of its bytes, nothing of the ast itself
 * @param types  where types with the resources that run are made; must outlive the program
 * @return 0, LIMIT (steps, instances, resources: which), WASM (a core module cannot be read), UNSUPPORTED,
 *         INTERNAL (what the check should have refused), NOMEM
 */
int component_resolve(const struct ast *ast, struct types *types, struct program **ret,
                      arcella_error **reterr) MUST_CHECK;
/** @return NULL */
struct program *program_free(struct program *program);

/** The innermost instance that is both, or holds both; NONE. */
uint32_t resolve_meeting(const struct program *program, uint32_t a, uint32_t b);

/* --- names in an arena: a growing hash table with numbers --- */

struct names;
/** Make one, empty. @return NULL: no memory */
struct names *names_new(struct arena *arena) MUST_CHECK;
/** Add or find; *ret_new tells which. @return its number, in the order of adding; NONE: no memory */
uint32_t names_add(struct names *names, struct text name, bool *ret_new) MUST_CHECK;
/** @return its number; NONE: not there */
uint32_t names_find(const struct names *names, struct text name);
/** A value kept beside a name; 0 until set. */
uint32_t names_value(const struct names *names, uint32_t number);
/** Set it. */
void names_set(struct names *names, uint32_t number, uint32_t value);
/** The name of a number. */
struct text names_text(const struct names *names, uint32_t number);

#endif
