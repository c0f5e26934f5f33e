/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The world of a component as WIT sees it, shared by wit.c (which works it out), name.c (names of types in
 * a scope), text.c and json.c (which print it).  All of it lies in the arena of struct wit.
 */
#ifndef COMPONENT_WIT_INTERNAL_H
#define COMPONENT_WIT_INTERNAL_H

#include <stdbool.h>

#include "base/map.h"
#include "component/names/name.h"
#include "component/wit.h"

#define TRY(call)                                                                                            \
    do {                                                                                                     \
        int try_ = (call);                                                                                   \
        if (try_)                                                                                            \
            return try_;                                                                                     \
    } while (0)

enum wit_form {
    WIT_DEFINED,  /* spelled out here */
    WIT_RESOURCE, /* comes to be here */
    WIT_ALIAS,    /* another name of a type of the same scope */
    WIT_USE       /* a name of a type of another scope */
};

struct wit_func {
    enum extern_name_kind kind;     /* LABEL, CONSTRUCTOR, METHOD, STATIC */
    struct text name;               /* whole: "[method]r.f" */
    struct text label;              /* "f"; of a constructor "" */
    const struct entity_func *func; /* borrowed */
    struct wit_func *next;
    UT_hash_handle hh; /* by whole name, in its scope */
};
struct wit_funcs {
    struct wit_func *first, **end;
};

/* A named type in a scope. */
struct wit_type {
    enum wit_form form;
    struct text name;
    struct wit_scope *owner;
    const struct entity_value *value; /* DEFINED; NULL for resources */
    struct wit_type *target;          /* ALIAS, USE: what it is another name of */
    struct wit_type *origin;          /* at the end of that row; itself where it is DEFINED or a RESOURCE */
    struct wit_funcs methods;         /* RESOURCE */
    const char *note;                 /* NULL, or what WIT cannot say of it */
    struct wit_type *next;
    UT_hash_handle hh; /* by name, in its scope */
};

/* An interface, or the world: where types have names. */
struct wit_scope {
    struct text id;   /* "wasi:io/poll@0.2.0"; "" of the world and of what has only a label in it */
    struct text name; /* "poll" */
    struct wit_package *package;
    struct wit_type *types, **types_end; /* in their order */
    struct wit_type *types_by_name;
    struct wit_funcs funcs; /* those of no resource */
    struct wit_func *funcs_by_name;
    struct wit_scope *next; /* of its package */
    UT_hash_handle hh;      /* by id */
};

struct wit_package {
    struct text id; /* "wasi:io@0.2.0" */
    struct text space, name, version;
    struct wit_scope *scopes, **end;
    struct wit_package *next;
    UT_hash_handle hh; /* by id */
};

/* What the world imports or exports. */
enum wit_item_kind { WIT_ITEM_INTERFACE, WIT_ITEM_INLINE, WIT_ITEM_FUNC };
struct wit_item {
    enum wit_item_kind kind;
    struct text label;       /* INLINE; INTERFACE under a label of its own (implements); else "" */
    struct wit_scope *scope; /* INTERFACE, INLINE */
    struct wit_func *func;
    struct wit_item *next;
};
struct wit_items {
    struct wit_item *first, **end;
};

struct wit_note {
    const char *text;
    struct wit_note *next;
};

/* Which definition has which name: by its number, or by resource and alias (alias + 1, so that 0 is "any").
 */
struct wit_key {
    uint64_t kind; /* enum entity_type_kind; or WIT_KEY_LOCAL: a name of `origin` in a scope */
    uint64_t a, b;
};
#define WIT_KEY_LOCAL 100u
#define WIT_KEY_SHAPE 101u /* by structure: struct type */
struct wit_entry {
    struct wit_key key;
    struct wit_type *type;
    UT_hash_handle hh;
};

struct wit {
    struct arena arena;
    struct wit_scope world;
    struct wit_items imports, exports;
    struct wit_package *packages, **packages_end; /* but the main one */
    struct wit_package *packages_by_id;
    struct wit_package main; /* root:component */
    struct wit_scope *scopes_by_id;
    struct wit_entry *entries;
    struct wit_note *notes, **notes_end;
};

/* --- name.c --- */

/** Remember what a definition is called; a name it has already stays. */
int wit_remember(struct wit *wit, struct wit_key key, struct wit_type *type, arcella_error **reterr)
    MUST_CHECK;
struct wit_type *wit_recall(const struct wit *wit, struct wit_key key);
struct wit_key wit_key_of(const struct entity_type *type);
/** The name a definition has, also by what it is an alias of. @return NULL: none */
struct wit_type *wit_named(const struct wit *wit, const struct entity_type *type);
/** The named type that a part or parameter is, or NULL: spelled out in place. */
struct wit_type *wit_named_value(const struct wit *wit, const struct entity_value *value);
struct wit_type *wit_named_resource(const struct wit *wit, struct resource_name resource);
/** The name of a type in a scope: its own or that of a `use`. @return NULL: it has none there */
struct wit_type *wit_local(const struct wit *wit, const struct wit_scope *scope, const struct wit_type *type);
/** Add a type to a scope. */
int wit_type_add(struct wit *wit, struct wit_scope *scope, struct text name, struct wit_type **ret,
                 arcella_error **reterr) MUST_CHECK;
/** Make sure that all that types and functions of all scopes mention has a name there: add `use` where it has
 * not. */
int wit_name_all(struct wit *wit, arcella_error **reterr) MUST_CHECK;
/** Keep a sentence about what WIT cannot say. */
int wit_unsaid(struct wit *wit, arcella_error **reterr, const char *format, ...) MUST_CHECK PRINTF_LIKE(3, 4);

/** All scopes, one after the other: the world, inline ones, those of packages. */
typedef int wit_scope_fn(struct wit *wit, struct wit_scope *scope, arcella_error **reterr);
int wit_each_scope(struct wit *wit, wit_scope_fn *fn, arcella_error **reterr) MUST_CHECK;

/** Parameters without the self of a method. */
static inline uint32_t wit_first_param(const struct wit_func *func) {
    return func->kind == EXTERN_NAME_METHOD && func->func->type->param_count ? 1 : 0;
}
/** The definition of a part, or NULL where a primitive stands in place. */
static inline const struct entity_value *wit_part(const struct entity_value *value, uint32_t index) {
    return value->parts ? value->parts[index] : NULL;
}
/** Does a constructor's result go without saying? */
bool wit_is_plain_constructor(const struct wit_func *func);

#endif
