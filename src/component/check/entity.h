/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Entities: what components import and export, with its type.  Made by check.c; everything lies in the arena
 * of the struct component_type of the root (value and function types proper in struct types) and lives as
 * long as that.
 *
 * Value types have two identities.  `struct type` is the structure: equal types are one pointer, and that is
 * what subtyping compares.  `struct entity_value` is one definition of it: an import or export of a type
 * makes a new one, and which of them a function names decides whether the function may be exported
 * (Explainer.md, external visibility of types) and under which name a type is printed.
 */
#ifndef COMPONENT_CHECK_ENTITY_H
#define COMPONENT_CHECK_ENTITY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "component/decode/ast.h"
#include "component/types/types.h"

/* A resource type under one of its names: each import and export of it makes a new alias. */
struct resource_name {
    uint32_t resource; /* as in struct type */
    uint32_t alias;    /* 0: where it came to be */
};

/* What a type weighs: counted as the reference validator does it, each use of a type anew. */
struct entity_info {
    uint32_t size;  /* below ENTITY_SIZE_MAX */
    uint8_t depth;  /* at most ENTITY_DEPTH_MAX */
    bool resources; /* a resource type is named somewhere inside */
};
#define ENTITY_SIZE_MAX  1000000u
#define ENTITY_DEPTH_MAX 100u

/* A definition of a value type. */
struct entity_value {
    const struct type *type;
    /* As type->fields; NULL where a primitive is written in place, and for all where that is all there is. */
    const struct entity_value *const *parts;
    const struct entity_value *alias_of; /* what it was imported or exported from with (eq …), or NULL */
    struct resource_name handle;         /* of own and borrow */
    struct entity_info info;
    uint32_t id; /* counts up */
};

struct entity_func {
    const struct func_type *type;
    const struct entity_value *const *params; /* as type->params; NULL entries as parts above; NULL: all */
    const struct entity_value *result;        /* NULL: a primitive written in place, or none */
    struct entity_info info;
};

/* Anything that stands in a type index space. */
enum entity_type_kind {
    ENTITY_TYPE_RESOURCE,
    ENTITY_TYPE_VALUE,
    ENTITY_TYPE_FUNC,
    ENTITY_TYPE_INSTANCE,
    ENTITY_TYPE_COMPONENT
};
struct entity_type {
    enum entity_type_kind kind;
    union {
        struct resource_name resource;
        const struct entity_value *value;
        const struct entity_func *func;
        const struct instance_type *instance;
        const struct component_type *component;
    };
};
/** "a resource type", "a function type"; static. */
const char *entity_type_words(enum entity_type_kind kind);

struct entity {
    enum component_sort sort; /* CORE_MODULE, FUNC, TYPE, COMPONENT, INSTANCE (VALUE is never met: refused) */
    union {
        const struct core_module_type *module;
        const struct entity_func *func;
        const struct instance_type *instance;
        const struct component_type *component;
        struct {
            struct entity_type referenced; /* what (eq …) named; the same as created for (sub resource) */
            struct entity_type created;    /* the new name of it: what functions behind it mention */
        } type;
    };
};

/* Names in their order with a number each, found by hash.  A name is one text, or two (core imports). */
struct entity_names {
    struct entity_name *names;
    uint32_t count, capacity;
    uint32_t *slots; /* index + 1 */
    uint32_t slot_count;
};
struct entity_name {
    struct text first, second;
};

/* Imports or exports: entities[i] is called names->names[i].first. */
struct entity_list {
    const struct entity_names *names; /* shared by lists that differ in their resources only */
    const struct entity *entities;
    const struct ast_name *attributes; /* with the name again; NULL in the list of an inline instance without
                                          any */
    uint32_t count;
};
/** Find by name. @return NULL where there is none */
const struct entity *entity_find(const struct entity_list *list, struct text name);

/* Where a resource stands in a list: positions, the first in the list, the next in the instance there … */
struct entity_path {
    uint32_t index;
    const struct entity_path *next;
};
struct entity_resource {
    uint32_t resource;
    const struct entity_path *path; /* NULL where it has none */
};
struct entity_resources {
    struct entity_resource *list;
    uint32_t count, capacity;
};

struct instance_type {
    struct entity_list exports;
    /* Resources that come to be with each instance of it: only in a type that was declared and belongs to no
     * instance yet. */
    struct entity_resources defined;
    struct entity_resources explicit; /* resources that are exported, and where */
    struct entity_info info;
};

struct component_type {
    struct entity_list imports;
    struct entity_list exports;
    struct entity_resources imported; /* with where they are in imports */
    struct entity_resources defined;  /* new with each instantiation; where they are in exports */
    struct entity_resources explicit; /* all that are exported */
    struct entity_info info;
};

/* --- core --- */

/* A core value type by its code in the binary; references in their short form (0x70 funcref, 0x6f externref).
 */
typedef uint8_t core_value;

struct core_entity {
    enum component_sort sort; /* CORE_FUNC … CORE_TAG */
    uint32_t type;            /* func, tag: number of its core type; equal types have one number */
    core_value value;         /* global; element of a table */
    bool mutable_global;
    bool is_64, shared, has_max;
    uint64_t min, max;
};
struct core_list {
    const struct entity_names *names;
    const struct core_entity *entities;
    uint32_t count;
};
/* The one of these two names (the second "" for an export), or NULL. */
const struct core_entity *core_find(const struct core_list *list, struct text first, struct text second);

struct core_module_type {
    struct core_list imports; /* by module and name */
    struct core_list exports;
    struct entity_info info;
};

/* --- tables of names, in an arena --- */

#define ENTITY_NONE UINT32_MAX
/** Add a name. @return its number; ENTITY_NONE: it is there already (*ret_there: where) or, with *ret_there
 * ENTITY_NONE, there is no memory */
uint32_t entity_names_add(struct entity_names *names, struct arena *arena, struct text first,
                          struct text second, uint32_t *ret_there);
/** Find a name. @return its number or ENTITY_NONE */
uint32_t entity_names_find(const struct entity_names *names, struct text first, struct text second);

#endif
