/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Imports and exports: what they add to index spaces, which resources come to be with them, and whether their
 * names are formed well, new, and suit their types (Explainer.md, import and export definitions, name
 * uniqueness; Binary.md, import and export definitions).
 */
#include "component/check/internal.h"

/* --- scopes and their sides --- */

int check_side_begin(struct check *c, struct scope_side *side, bool is_export) {
    *side = (struct scope_side){.word = is_export ? "export" : "import",
                                .is_export = is_export,
                                .names = arena_new(c->keep, struct entity_names)};
    return side->names ? 0 : check_nomem(c);
}

int check_scope_begin(struct check *c, struct scope *s, enum scope_kind kind, struct scope *outer,
                      uint32_t offset) {
    *s = (struct scope){.kind = kind, .outer = outer, .info = entity_info_leaf()};
    if (++c->nesting > CHECK_NESTING_MAX)
        return check_fail(c, ARCELLA_E_LIMIT, offset, "components and types are nested more than %u deep",
                          CHECK_NESTING_MAX);
    TRY(check_side_begin(c, &s->imports, false));
    return check_side_begin(c, &s->exports, true);
}

void check_scope_end(struct check *c, struct scope *s) {
    c->nesting--;
    name_set_done(&s->imports.unique);
    name_set_done(&s->exports.unique);
}

int check_side_list(struct check *c, const struct scope_side *side, struct entity_list *ret) {
    uint32_t count = side->entities.count;
    struct entity *entities = arena_array(c->keep, count, sizeof(*entities));
    struct ast_name *attributes = arena_array(c->keep, count, sizeof(*attributes));
    if (!entities || !attributes)
        return check_nomem(c);
    if (count) {
        memcpy(entities, side->entities.items, count * sizeof(*entities));
        memcpy(attributes, side->attributes.items, count * sizeof(*attributes));
    }
    *ret = (struct entity_list){
        .names = side->names, .entities = entities, .attributes = attributes, .count = count};
    return 0;
}

int check_explicit_add(struct check *c, struct scope *s, uint32_t resource, const struct entity_path *path) {
    struct check_entry *at;
    struct check_key key = {resource, 0};
    if (!path)
        return check_nomem(c);
    at = check_table_find(&s->explicit_at, key);
    if (at) { /* exported once more: the last place counts */
        s->explicit.list[at->number].path = path;
        return 0;
    }
    TRY(check_table_put(c, &s->explicit_at, key, &at));
    at->number = s->explicit.count;
    return check_resource_add(c, &s->explicit, resource, path);
}

/* --- instances: their own resources become those of the scope --- */

/* Give new numbers to the resources that an instance type defines. */
static int freshen(struct check *c, const struct instance_type *from, struct remap *map,
                   const struct instance_type **ret) {
    struct instance_type *type = arena_new(c->keep, struct instance_type);
    if (!type)
        return check_nomem(c);
    type->info = from->info;
    TRY(check_remap_list(c, map, &from->exports, &type->exports));
    TRY(check_remap_resources(c, map, &from->explicit, &type->explicit));
    *ret = type;
    return 0;
}

/* An instance of a type that defines resources is imported: they are new with each import. */
static int import_instance(struct check *c, struct scope *s, struct entity *entity) {
    const struct instance_type *from = entity->instance;
    struct remap map = {0};
    struct check_table paths = {0};
    if (!from->defined.count)
        return 0;
    TRY(check_work(c, (uint64_t)from->explicit.count + from->defined.count));
    for (uint32_t i = 0; i < from->explicit.count; i++) {
        struct check_entry *e;
        TRY(check_table_put(c, &paths, (struct check_key){from->explicit.list[i].resource, 0}, &e));
        e->path = from->explicit.list[i].path;
    }
    for (uint32_t i = 0; i < from->defined.count; i++) {
        uint32_t old = from->defined.list[i].resource, new = c->next_resource++;
        const struct check_entry *e = check_table_find(&paths, (struct check_key){old, 0});
        const struct entity_path *path = check_path(c, s->imports.entities.count, e ? e->path : NULL);
        if (!path)
            return check_nomem(c);
        TRY(check_remap_resource(c, &map, old, new));
        TRY(check_resource_add(c, &s->imported, new, path));
    }
    return freshen(c, from, &map, &entity->instance);
}

/* An instance is exported: what it defines, the scope defines (only types do that), what it exports, too. */
static int export_instance(struct check *c, struct scope *s, struct entity *entity) {
    const struct instance_type *from = entity->instance;
    if (from->defined.count) {
        struct remap map = {0};
        TRY(check_work(c, from->defined.count));
        for (uint32_t i = 0; i < from->defined.count; i++) {
            uint32_t new = c->next_resource++;
            TRY(check_remap_resource(c, &map, from->defined.list[i].resource, new));
            TRY(check_resource_add(c, &s->defined, new, NULL));
        }
        TRY(freshen(c, from, &map, &entity->instance));
    }
    const struct entity_resources *explicit = &entity->instance->explicit;
    TRY(check_work(c, explicit->count));
    for (uint32_t i = 0; i < explicit->count; i++)
        TRY(check_explicit_add(c, s, explicit->list[i].resource,
                               check_path(c, s->exports.entities.count, explicit->list[i].path)));
    return 0;
}

/* --- index spaces --- */

int check_add_unnamed(struct check *c, struct scope *s, const struct entity *entity, uint32_t offset) {
    TRY(check_room(c, s, entity->sort, offset));
    switch (entity->sort) {
    case SORT_CORE_MODULE: return PUSH(c, &s->core_modules, entity->module);
    case SORT_FUNC: return PUSH(c, &s->funcs, entity->func);
    case SORT_INSTANCE: return PUSH(c, &s->instances, entity->instance);
    case SORT_COMPONENT: return PUSH(c, &s->components, entity->component);
    case SORT_TYPE: return PUSH(c, &s->types, entity->type.created);
    default: return check_unrun(c, UNRUN_VALUES, NULL, offset);
    }
}

static bool is_new_resource(const struct entity *entity) {
    return entity->type.created.resource.resource == entity->type.referenced.resource.resource &&
           entity->type.created.resource.alias == entity->type.referenced.resource.alias;
}

/* A resource type is imported or exported under a name. */
static int name_resource(struct check *c, struct scope *s, struct scope_side *side, struct text name,
                         const struct entity *entity) {
    uint32_t resource = entity->type.created.resource.resource, there;
    uint32_t number = entity_names_add(&side->resources, &c->scratch, name, (struct text){0}, &there);
    struct check_entry *entry;
    if (number == ENTITY_NONE)
        number = there;
    if (number == ENTITY_NONE)
        return check_nomem(c);
    TRY(check_table_put(c, &side->resource_names, check_type_key(&entity->type.created), &entry));
    entry->number = number;
    const struct entity_path *path = check_path(c, side->entities.count, NULL);
    if (!path)
        return check_nomem(c);
    if (!side->is_export)
        return is_new_resource(entity) ? check_resource_add(c, &s->imported, resource, path) : 0;
    if (is_new_resource(entity))
        TRY(check_resource_add(c, &s->defined, resource, NULL));
    return check_explicit_add(c, s, resource, path);
}

/* Add what is imported or exported: to its index space, its resources, its types as named ones. */
static int add_named(struct check *c, struct scope *s, struct scope_side *side, const struct ast_name *name,
                     struct entity *entity, uint32_t offset) {
    bool visible;
    if (entity->sort == SORT_INSTANCE)
        TRY(side->is_export ? export_instance(c, s, entity) : import_instance(c, s, entity));
    TRY(check_add_unnamed(c, s, entity, offset));
    if (entity->sort == SORT_TYPE && entity->type.created.kind == ENTITY_TYPE_RESOURCE)
        TRY(name_resource(c, s, side, name->name, entity));
    TRY(check_visible(c, s, side, entity, &visible));
    if (!visible)
        return check_bad(
            c, offset, "%s '%s': %s not valid to be used as %s: it mentions a type that was not %sed itself",
            side->word, NAME_SHOWN(name->name), component_sort_words(entity->sort), side->word, side->word);
    return check_extern_name(c, side, &s->info, name, entity, offset);
}

int check_import_def(struct check *c, struct scope *s, const struct ast_def *def) {
    struct entity entity;
    TRY(check_extern_type(c, s, &def->import.type, &entity));
    return add_named(c, s, &s->imports, &def->import.name, &entity, def->offset);
}

int check_export_def(struct check *c, struct scope *s, const struct ast_def *def) {
    struct entity entity, stated;
    if (s->kind != SCOPE_COMPONENT) {
        TRY(check_extern_type(c, s, &def->export.type, &entity));
        return add_named(c, s, &s->exports, &def->export.name, &entity, def->offset);
    }
    TRY(check_item_at(c, s, def->export.ref, def->offset, &entity));
    if (entity.sort == SORT_TYPE)
        TRY(check_type_alias(c, &entity.type.referenced, &entity.type.created));
    if (def->export.has_type) {
        TRY(check_extern_type(c, s, &def->export.type, &stated));
        int r = check_subtype(c, &entity, &stated, def->offset);
        if (r)
            return error_wrap(c->reterr, r,
                              "stated type of export '%s' is not compatible with the item's type",
                              NAME_SHOWN(def->export.name.name));
        entity = stated;
    }
    return add_named(c, s, &s->exports, &def->export.name, &entity, def->offset);
}
