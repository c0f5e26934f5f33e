/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What the files of check share: the state of one validation, the scope being read, and what each file does.
 * Nothing here is seen outside this folder.
 *
 *     check.c     the walk over definitions, the end of a scope
 *     table.c     hash tables in an arena, growing lists, errors, the budget of work
 *     space.c     what an index means
 *     core.c      core types: interning, matching, core instances
 *     coretype.c  core types that a component defines
 *     module.c    the imports and exports of a core module's bytes
 *     type.c      type definitions
 *     extern.c    imports and exports: names, visibility, resources
 *     name.c      their names
 *     visible.c   which types they mention
 *     alias.c     aliases
 *     instance.c  instantiation of components, inline instances
 *     remap.c     substitution of resources and types
 *     subtype.c   subtyping
 *     canon.c     canonical definitions
 */
#ifndef COMPONENT_CHECK_INTERNAL_H
#define COMPONENT_CHECK_INTERNAL_H

#include <string.h>

#include "base/map.h"
#include "component/check.h"
#include "component/names/name.h"

#define TRY(call)                                                                                            \
    do {                                                                                                     \
        int try_ = (call);                                                                                   \
        if (try_)                                                                                            \
            return try_;                                                                                     \
    } while (0)

/* The limits of the reference validator, each per component. */
#define CHECK_MODULES_MAX    1000u
#define CHECK_COMPONENTS_MAX 1000u
#define CHECK_INSTANCES_MAX  1000u /* core ones and others together */
#define CHECK_ITEMS_MAX      1000000u
/* Components and types inside each other. */
#define CHECK_NESTING_MAX 200u
/* Steps over types (a copy, a comparison, a visit): a file of a few hundred bytes can ask for any number of
 * them, and this runs where others wait.  What real components take is in the thousands; a large file may
 * take more, by what it holds (the bytes of its ast). */
#define CHECK_WORK_MAX(ast_bytes) (2000000ull + (ast_bytes) / 8)
/* Memory for types and index spaces, likewise: half of it what stays. */
#define CHECK_MEMORY_MAX(ast_bytes)                                                                          \
    ((ast_bytes) > (56ull << 20) ? 256ull << 20 : (32ull << 20) + 4 * (uint64_t)(ast_bytes))

/* --- table.c --- */

struct check_key {
    uint64_t a, b;
};
struct check_entry {
    struct check_key key;
    bool used;
    union { /* what a table is about, one of these */
        uint64_t number;
        struct entity_type type;
        const struct entity_path *path;
    };
};
/* A hash table in an arena; entries are never taken out. */
struct check_table {
    struct check_entry *entries;
    uint32_t count, capacity;
};

struct check {
    struct types *types;
    struct arena *keep;   /* of the root: what the result points to */
    struct arena scratch; /* index spaces and tables */
    arcella_error **reterr;
    uint64_t work, work_max;
    uint32_t nesting;
    uint32_t next_resource, next_alias, next_value;
    struct check_table closed;      /* types known to mention no resources of outside */
    struct entity_names core_types; /* interned function types: parameters, results */
};

/** Fail at an offset: "SENTENCE at byte N". @return code */
int check_fail(struct check *c, int code, uint32_t offset, const char *format, ...) PRINTF_LIKE(4, 5);
/** Not valid. */
#define check_bad(c, offset, ...) check_fail((c), ARCELLA_E_WASM, (offset), __VA_ARGS__)
/** Memory is short, or a limit of ours for it is reached. @return NOMEM, LIMIT */
int check_nomem(struct check *c);
/** Count steps. @return 0, LIMIT */
int check_work(struct check *c, uint64_t steps) MUST_CHECK;
/** Room for one more in a list of scratch memory. @return 0, NOMEM, LIMIT */
int check_grow(struct check *c, void *items, uint32_t count, uint32_t *capacity, size_t size) MUST_CHECK;
/** Find. @return NULL where it is not there */
struct check_entry *check_table_find(const struct check_table *table, struct check_key key);
/** Find or add. @return 0, NOMEM, LIMIT */
int check_table_put(struct check *c, struct check_table *table, struct check_key key,
                    struct check_entry **ret) MUST_CHECK;
/** What makes a type index space entry one identity. */
struct check_key check_type_key(const struct entity_type *type);
/** Add to a list of resources (in memory of the root). */
int check_resource_add(struct check *c, struct entity_resources *list, uint32_t resource,
                       const struct entity_path *path) MUST_CHECK;
/** A path with a position in front. @return NULL: no memory */
const struct entity_path *check_path(struct check *c, uint32_t index, const struct entity_path *next);

/* A list that grows in scratch memory. */
#define SPACE(type)                                                                                          \
    struct {                                                                                                 \
        type *items;                                                                                         \
        uint32_t count, capacity;                                                                            \
    }
#define PUSH(c, space, value)                                                                                \
    (check_grow((c), &(space)->items, (space)->count, &(space)->capacity, sizeof(*(space)->items))           \
         ?: ((space)->items[(space)->count++] = (value), 0))

/* --- weights --- */

static inline struct entity_info entity_info_leaf(void) {
    return (struct entity_info){.size = 1, .depth = 1};
}
/** Count `part` in. @return 0, LIMIT (too large, too deep) */
int check_info_add(struct check *c, struct entity_info *whole, struct entity_info part, uint32_t offset)
    MUST_CHECK;
struct entity_info check_type_info(const struct entity_type *type);
struct entity_info check_entity_info(const struct entity *entity);

/* --- scopes --- */

enum scope_kind { SCOPE_COMPONENT, SCOPE_COMPONENT_TYPE, SCOPE_INSTANCE_TYPE };

struct scope_core_type {
    bool is_module;
    uint32_t func;
    const struct core_module_type *module;
};

/* The imports or the exports of a scope. */
struct scope_side {
    const char *word; /* "import" or "export" */
    bool is_export;
    struct entity_names *names; /* memory of the root: becomes that of the type */
    struct name_set unique;     /* owned; names must differ strongly */
    SPACE(struct entity) entities;
    SPACE(struct ast_name) attributes;
    struct check_table named;          /* types that may be mentioned */
    struct check_table resource_names; /* resource alias -> number of its name */
    struct entity_names resources;     /* names of resources for [method] and others */
};

struct scope {
    enum scope_kind kind;
    struct scope *outer;
    SPACE(struct scope_core_type) core_types;
    SPACE(uint32_t) core_funcs; /* core types */
    SPACE(uint32_t) core_tags;
    SPACE(const struct core_module_type *) core_modules;
    SPACE(const struct core_list *) core_instances;
    SPACE(struct core_entity) core_memories;
    SPACE(struct core_entity) core_tables;
    SPACE(struct core_entity) core_globals;
    SPACE(struct entity_type) types;
    SPACE(const struct entity_func *) funcs;
    SPACE(const struct instance_type *) instances;
    SPACE(const struct component_type *) components;
    struct scope_side imports, exports;
    struct entity_resources imported;
    struct entity_resources defined;
    struct check_table local; /* resources defined here, whose representation is known */
    struct entity_resources explicit;
    struct check_table explicit_at; /* resource -> position in explicit */
    struct entity_info info;
};

/* --- features that are refused by name: the one place to change when one comes --- */

#define CHECK_UNRUN_MAP(XX)                                                                                  \
    XX(VALUES, "component values")                                                                           \
    XX(START, "component start functions")                                                                   \
    XX(ASYNC_TYPE, "async function types")                                                                   \
    XX(ASYNC_OPTION, "the canonical option 'async'")                                                         \
    XX(CALLBACK_OPTION, "the canonical option 'callback'")                                                   \
    XX(STREAM, "streams")                                                                                    \
    XX(FUTURE, "futures")                                                                                    \
    XX(ERROR_CONTEXT, "error contexts")                                                                      \
    XX(FIXED_LIST, "fixed-length lists")                                                                     \
    XX(ASYNC_DTOR, "async destructors")                                                                      \
    XX(RESOURCE_64, "resources represented by i64")                                                          \
    XX(MEMORY_64, "64-bit memories")                                                                         \
    XX(TABLE_64, "64-bit tables")                                                                            \
    XX(SHARED, "shared memories and tables")                                                                 \
    XX(CORE_TYPE, "core types of garbage collection and typed references")                                   \
    XX(BUILTIN, "the canonical built-in")
enum check_unrun {
#define XX(name, words) UNRUN_##name,
    CHECK_UNRUN_MAP(XX)
#undef XX
        UNRUNS
};
/** Refuse a feature by name. @param detail behind the words, or NULL @return UNSUPPORTED */
int check_unrun(struct check *c, enum check_unrun what, const char *detail, uint32_t offset);

/* --- index spaces (space.c) --- */

/* What stands at an index, looked up where it is used: 0, WASM (out of range, another sort), NOMEM. */
int check_type_at(struct check *c, const struct scope *s, uint32_t index, uint32_t offset,
                  struct entity_type *ret) MUST_CHECK;
int check_core_type_at(struct check *c, const struct scope *s, uint32_t index, uint32_t offset,
                       const struct scope_core_type **ret) MUST_CHECK;
/** The type of a core function: its number. */
int check_core_func_at(struct check *c, const struct scope *s, uint32_t index, uint32_t offset, uint32_t *ret)
    MUST_CHECK;
int check_core_instance_at(struct check *c, const struct scope *s, uint32_t index, uint32_t offset,
                           const struct core_list **ret) MUST_CHECK;
/** Any core item but modules, instances and types. */
int check_core_item_at(struct check *c, const struct scope *s, struct ast_ref ref, uint32_t offset,
                       struct core_entity *ret) MUST_CHECK;
/** Any other item; a type is named by itself. */
int check_item_at(struct check *c, const struct scope *s, struct ast_ref ref, uint32_t offset,
                  struct entity *ret) MUST_CHECK;
int check_instance_at(struct check *c, const struct scope *s, uint32_t index, uint32_t offset,
                      const struct instance_type **ret) MUST_CHECK;
/** Is there room for one more of a sort? @return 0, LIMIT */
int check_room(struct check *c, const struct scope *s, enum component_sort sort, uint32_t offset) MUST_CHECK;

/* --- core.c, module.c --- */

/**
 * The number of a core function type.
 *
 * @param params  letters as in engine/module_info.h (i I f F V, ? for a reference)
 */
int check_core_func_type(struct check *c, struct text params, struct text results, uint32_t *ret) MUST_CHECK;
/** The letter of a value type. */
char check_core_letter(core_value code);
/** "(i32, i64) -> (f32)", cut to fit. */
const char *check_core_words(const struct check *c, uint32_t type, char *to, size_t size);
/** Does a fit where b is wanted? @return 0, WASM */
int check_core_match(struct check *c, const struct core_entity *a, const struct core_entity *b,
                     uint32_t offset) MUST_CHECK;
int check_module_match(struct check *c, const struct core_module_type *a, const struct core_module_type *b,
                       uint32_t offset) MUST_CHECK;
int check_core_type_def(struct check *c, struct scope *s, const struct ast_def *def) MUST_CHECK;
int check_core_instance_def(struct check *c, struct scope *s, const struct ast_def *def) MUST_CHECK;
/** Refuse a memory or table of 64 bits or a shared one. @return 0, UNSUPPORTED */
int check_core_size(struct check *c, const struct core_entity *what, uint32_t offset) MUST_CHECK;
/** The type of a core module by its bytes. */
int check_module_read(struct check *c, struct text bytes, uint32_t offset,
                      const struct core_module_type **ret) MUST_CHECK;
/** Put together what a module imports and exports. */
struct module_builder {
    struct entity_names *import_names, *export_names;
    SPACE(struct core_entity) imports;
    SPACE(struct core_entity) exports;
    struct entity_info info;
};
/* A module type or a module's imports and exports, one after the other: 0, WASM, LIMIT, NOMEM. */
int check_module_begin(struct check *c, struct module_builder *b) MUST_CHECK;
int check_module_import(struct check *c, struct module_builder *b, struct text module, struct text name,
                        const struct core_entity *what, uint32_t offset) MUST_CHECK;
int check_module_export(struct check *c, struct module_builder *b, struct text name,
                        const struct core_entity *what, uint32_t offset) MUST_CHECK;
int check_module_end(struct check *c, const struct module_builder *b, const struct core_module_type **ret)
    MUST_CHECK;

/* --- type.c --- */

/* A definition of its kind, added to its scope's index space: 0, WASM, LIMIT, UNSUPPORTED, NOMEM. */
int check_type_def(struct check *c, struct scope *s, const struct ast_def *def) MUST_CHECK;
/** The entity of an import's or export's type. */
int check_extern_type(struct check *c, struct scope *s, const struct ast_extern *type, struct entity *ret)
    MUST_CHECK;
/** A new name of a type: with_unique of the reference validator. */
int check_type_alias(struct check *c, const struct entity_type *type, struct entity_type *ret) MUST_CHECK;

/* --- extern.c --- */

/* A scope is entered, with nothing in its index spaces: 0, LIMIT (nesting), NOMEM. */
int check_scope_begin(struct check *c, struct scope *s, enum scope_kind kind, struct scope *outer,
                      uint32_t offset) MUST_CHECK;
/** Free what a scope holds outside the arenas. */
void check_scope_end(struct check *c, struct scope *s);
/** Add an entity to its index space; for aliases that is all. */
int check_add_unnamed(struct check *c, struct scope *s, const struct entity *entity, uint32_t offset)
    MUST_CHECK;
int check_import_def(struct check *c, struct scope *s, const struct ast_def *def) MUST_CHECK;
int check_export_def(struct check *c, struct scope *s, const struct ast_def *def) MUST_CHECK;
/* name.c */
/** A name is formed well, suits the type, and is new; the entity joins the list of the side. */
int check_extern_name(struct check *c, struct scope_side *side, struct entity_info *info,
                      const struct ast_name *name, const struct entity *entity, uint32_t offset) MUST_CHECK;
/** The finished list of a side. */
int check_side_list(struct check *c, const struct scope_side *side, struct entity_list *ret) MUST_CHECK;
int check_side_begin(struct check *c, struct scope_side *side, bool is_export) MUST_CHECK;
/** Note that a resource is exported explicitly. */
int check_explicit_add(struct check *c, struct scope *s, uint32_t resource, const struct entity_path *path)
    MUST_CHECK;

/* --- visible.c --- */

/** Does what is imported or exported mention named types only?  Register what it names. */
int check_visible(struct check *c, struct scope *s, struct scope_side *side, const struct entity *entity,
                  bool *ret) MUST_CHECK;
/** Resources that an entity mentions and does not bring along: added to the set. */
int check_free_resources(struct check *c, const struct entity *entity, struct check_table *set) MUST_CHECK;
int check_type_free_resources(struct check *c, const struct entity_type *type, struct check_table *set)
    MUST_CHECK;

/* --- alias.c, instance.c, canon.c --- */

/* A definition of its kind, added to its scope's index space: 0, WASM, LIMIT, UNSUPPORTED, NOMEM. */
int check_alias_def(struct check *c, struct scope *s, const struct ast_def *def) MUST_CHECK;
int check_instance_def(struct check *c, struct scope *s, const struct ast_def *def) MUST_CHECK;
int check_canon_def(struct check *c, struct scope *s, const struct ast_def *def) MUST_CHECK;

/* --- remap.c --- */

/* A substitution: resources by number, and types that were seen or are given. */
struct remap {
    struct check_table resources; /* number -> number */
    struct check_table types;     /* type key -> type */
    bool types_given;             /* not resources alone change: types are given as arguments, too */
};
/* One resource becomes another from here on: 0, LIMIT, NOMEM. */
int check_remap_resource(struct check *c, struct remap *map, uint32_t from, uint32_t to) MUST_CHECK;
/** Where a resource goes; itself where nothing is said. */
uint32_t check_remapped(const struct remap *map, uint32_t resource);
int check_remap_entity(struct check *c, struct remap *map, const struct entity *from, struct entity *ret)
    MUST_CHECK;
int check_remap_list(struct check *c, struct remap *map, const struct entity_list *from,
                     struct entity_list *ret) MUST_CHECK;
int check_remap_resources(struct check *c, const struct remap *map, const struct entity_resources *from,
                          struct entity_resources *ret) MUST_CHECK;

/* --- subtype.c --- */

/** Is a a subtype of b? @return 0, WASM */
int check_subtype(struct check *c, const struct entity *a, const struct entity *b, uint32_t offset)
    MUST_CHECK;
/**
 * Do the entities of `a` satisfy what a component imports (or, is_export, what its type says it exports)?
 *
 * @param ret_map  resources and types of b as a has them
 */
int check_open(struct check *c, const struct entity_list *a, const struct component_type *b, bool is_export,
               uint32_t offset, struct remap *ret_map) MUST_CHECK;

/* --- check.c --- */

/** Walk definitions of a scope. */
int check_scope(struct check *c, struct scope *s, const struct ast_scope *ast) MUST_CHECK;
/** The type of a finished scope of a component or component type. */
int check_scope_component(struct check *c, struct scope *s, uint32_t offset, struct component_type *ret)
    MUST_CHECK;

#endif
