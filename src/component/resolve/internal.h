/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What the files of resolve share: the state of one evaluation, frames and what stands in index spaces.
 * Nothing here is seen outside this folder.
 *
 *     resolve.c  the program being made, frames, definitions in their order
 *     core.c     core modules, core instances, items
 *     canon.c    canonical definitions, signatures
 *     import.c   imports: of the root, made from their types; of nested ones, given
 *     export.c   exports, and the table of those of the root
 *     names.c    names with numbers
 */
#ifndef COMPONENT_RESOLVE_INTERNAL_H
#define COMPONENT_RESOLVE_INTERNAL_H

#include <string.h>

#include "base/limits.h"
#include "component/names/name.h"
#include "component/resolve/resolve.h"

#define TRY(call)                                                                                            \
    do {                                                                                                     \
        int try_ = (call);                                                                                   \
        if (try_)                                                                                            \
            return try_;                                                                                     \
    } while (0)

struct frame;

/* A component's function: one of the program's lifts or imports. */
struct func_thing {
    bool imported;
    uint32_t index;
    const struct func_type *type;
};
enum type_thing_kind { THING_VALUE, THING_FUNC, THING_RESOURCE, THING_SCOPE };
struct type_thing {
    enum type_thing_kind kind;
    union {
        const struct type *value;
        const struct func_type *func;
        uint32_t resource;
        struct {
            const struct ast_type *type; /* of an instance or component */
            struct frame *frame;         /* that it stands in */
        } scope;
    };
};
/* The exports of a component instance, or what an inline one was made of. */
struct instance_thing {
    struct names *names; /* as many as things, in the same order */
    struct named_thing *things;
    uint32_t count, capacity;
};
struct core_instance_thing {
    struct names *items; /* an inline one: value: an item; NULL: a core */
    uint32_t core;
};
struct thing {
    union {
        uint32_t item;   /* core function, memory, table, global, tag */
        uint32_t module; /* NONE: imported, nobody gives it */
        struct core_instance_thing core_instance;
        struct func_thing func;
        struct type_thing type;
        const struct instance_thing *instance;
        struct {
            const struct ast_component *component; /* NULL: imported, nobody gives it */
            struct frame *frame;                   /* that it stands in */
        } component;
    };
};
struct named_thing {
    enum component_sort sort;
    struct thing thing;
};

struct space {
    struct thing *items;
    uint32_t count, capacity;
};
/* A component being instantiated, or the declarations of an instance type; stays until the end, as components
 * defined in it look outward. */
struct frame {
    struct frame *outer; /* that it was defined in; NULL: the root */
    uint32_t instance;   /* NONE: declarations */
    struct space spaces[SORTS];
    struct instance_thing *exports;
    struct text interface; /* of declarations: what they are imported as */
};

struct resolve {
    struct program *program;
    struct arena scratch;
    arcella_error **reterr;
    uint64_t steps, most_steps;
    uint32_t nesting;
    const char *file;      /* where the file begins, to find modules by their place */
    struct names *modules; /* by their bytes, where another is as long; value: the first that has them */
    struct names *module_lengths; /* likewise by their lengths, in the bytes of a size_t */
    struct names
        *resource_keys; /* of imported ones: "track of the interface" NUL "name"; value: the resource */
    bool stopped;       /* unprovided was met: nothing more is evaluated */
    /* room in the program's lists */
    uint32_t cores, items, steps_room, lifts, hosts, instances, resources, imports, funcs, resource_exports;
};

/** What check should have refused. @return INTERNAL */
int resolve_wrong(struct resolve *r, uint32_t offset, const char *what);
/** Memory is short, or all that resolving may take is taken. @return NOMEM, LIMIT */
int resolve_nomem(struct resolve *r);
/** Count work. @return 0, LIMIT */
int resolve_step(struct resolve *r, uint64_t count) MUST_CHECK;
/** Room for one more in a list of the program. @return 0, NOMEM, LIMIT */
int resolve_grow(struct resolve *r, void *list, uint32_t count, uint32_t *capacity, size_t size) MUST_CHECK;
#define GROW(r, list, n, room)                                                                               \
    resolve_grow((r), &(r)->program->list, (r)->program->n, &(r)->room, sizeof(*(r)->program->list))

/** @return NULL: out of range (the caller says resolve_wrong()) */
const struct thing *resolve_at(const struct frame *frame, enum component_sort sort, uint32_t index);
/** Add to an index space, which was given room for all definitions before. */
int resolve_push(struct resolve *r, struct frame *frame, enum component_sort sort, const struct thing *thing)
    MUST_CHECK;
/** Make a frame with room for what the definitions add. */
int resolve_frame(struct resolve *r, const struct ast_scope *scope, struct frame *outer, struct frame **ret)
    MUST_CHECK;
/** An instance with nothing in it. @return NULL: no memory */
struct instance_thing *resolve_instance_new(struct resolve *r);
/** Add a named thing to an instance. */
int resolve_instance_add(struct resolve *r, struct instance_thing *to, struct text name,
                         enum component_sort sort, const struct thing *thing) MUST_CHECK;
/** @return NULL: not there, or of another sort */
const struct thing *resolve_instance_find(const struct instance_thing *in, struct text name,
                                          enum component_sort sort);

/** Instantiate. @param args  NULL: the root */
int resolve_component(struct resolve *r, const struct ast_component *component, struct frame *outer,
                      uint32_t parent, const struct instance_thing *args, struct frame **ret) MUST_CHECK;
/** A type definition of a frame. */
int resolve_type_def(struct resolve *r, struct frame *frame, const struct ast_def *def) MUST_CHECK;
/** An alias: what it names, again. */
int resolve_alias_def(struct resolve *r, struct frame *frame, const struct ast_def *def) MUST_CHECK;

/* --- core.c --- */
/** List the core modules at any depth, with what they import and export. */
int resolve_modules(struct resolve *r, const struct ast *ast) MUST_CHECK;
/** The number of a module by where it stands. @return NONE: not listed */
uint32_t resolve_module_index(const struct resolve *r, struct text bytes);
/** A core instance: a core to be made, or items by name. */
int resolve_core_instance_def(struct resolve *r, struct frame *frame, const struct ast_def *def) MUST_CHECK;
/** The item of a core instance's export. */
int resolve_core_export(struct resolve *r, const struct core_instance_thing *of, struct text name,
                        enum component_sort sort, uint32_t offset, uint32_t *ret) MUST_CHECK;
/** Add an item to the program. */
int resolve_item_add(struct resolve *r, const struct resolved_item *item, uint32_t *ret) MUST_CHECK;

/* --- canon.c --- */
/** A lifted or lowered function, a built-in of resources. */
int resolve_canon_def(struct resolve *r, struct frame *frame, const struct ast_def *def) MUST_CHECK;

/* --- import.c, export.c --- */
/** An import. @param args  what a nested component was given; NULL: the root */
int resolve_import_def(struct resolve *r, struct frame *frame, const struct ast_def *def,
                       const struct instance_thing *args) MUST_CHECK;
/** An export. */
int resolve_export_def(struct resolve *r, struct frame *frame, const struct ast_def *def) MUST_CHECK;
/** Note that an imported function can be called from inside. */
void resolve_used(struct resolve *r, const struct func_thing *func);
/** The table of what the root exports. */
int resolve_exports(struct resolve *r, const struct instance_thing *root) MUST_CHECK;

#endif
