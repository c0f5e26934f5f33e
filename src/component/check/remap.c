/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Substitution: types with their resources (and, behind an instantiation, the types given as arguments)
 * exchanged.  What mentions no resource stays the same pointer; each definition is made anew once per
 * substitution, so that who shared one before shares one afterwards.
 */
#include "component/check/internal.h"

int check_remap_resource(struct check *c, struct remap *map, uint32_t from, uint32_t to) {
    struct check_entry *entry;
    TRY(check_table_put(c, &map->resources, (struct check_key){from, 0}, &entry));
    entry->number = to;
    return 0;
}

uint32_t check_remapped(const struct remap *map, uint32_t resource) {
    const struct check_entry *entry = check_table_find(&map->resources, (struct check_key){resource, 0});
    return entry ? (uint32_t)entry->number : resource;
}

/* A resource under a name: what was given for that name, or the same alias of the other resource. */
static struct resource_name remap_handle(const struct remap *map, struct resource_name from) {
    struct entity_type type = {.kind = ENTITY_TYPE_RESOURCE, .resource = from};
    const struct check_entry *entry = check_table_find(&map->types, check_type_key(&type));
    if (entry && entry->type.kind == ENTITY_TYPE_RESOURCE)
        return entry->type.resource;
    return (struct resource_name){check_remapped(map, from.resource), from.alias};
}

static int remap_type(struct check *c, struct remap *map, const struct entity_type *from,
                      struct entity_type *ret);

/* The new definition of a value type, or the old one. */
static int remap_value(struct check *c, struct remap *map, const struct entity_value *from,
                       const struct entity_value **ret) {
    struct entity_type old = {.kind = ENTITY_TYPE_VALUE, .value = from}, new;
    TRY(remap_type(c, map, &old, &new));
    if (new.kind != ENTITY_TYPE_VALUE)
        return error_set(c->reterr, ARCELLA_E_INTERNAL,
                         "a value type was exchanged for another sort of type");
    *ret = new.value;
    return 0;
}

/* The new definitions of parts. *ret_changed: is one another? */
static int remap_parts(struct check *c, struct remap *map, const struct entity_value *const *from,
                       uint32_t count, const struct entity_value *const **ret, bool *ret_changed) {
    const struct entity_value **parts = arena_array(c->keep, count, sizeof(*parts));
    if (!parts)
        return check_nomem(c);
    TRY(check_work(c, count));
    for (uint32_t i = 0; i < count; i++) {
        if (!from[i])
            continue;
        TRY(remap_value(c, map, from[i], &parts[i]));
        *ret_changed |= parts[i] != from[i];
    }
    *ret = (const struct entity_value *const *)parts;
    return 0;
}

/* Fields with the types of new definitions. */
static int new_fields(struct check *c, const struct type_field *from, const struct entity_value *const *parts,
                      uint32_t count, struct type_field **ret) {
    struct type_field *fields = arena_array(&c->scratch, count, sizeof(*fields));
    if (!fields)
        return check_nomem(c);
    for (uint32_t i = 0; i < count; i++) {
        fields[i] = from[i];
        if (parts[i])
            fields[i].type = parts[i]->type;
    }
    *ret = fields;
    return 0;
}

static int make_value(struct check *c, struct remap *map, const struct entity_value *from,
                      const struct entity_value **ret) {
    const struct type *type = from->type;
    struct entity_value made = *from;
    bool changed = false;
    if (type->kind == TYPE_OWN || type->kind == TYPE_BORROW) {
        made.handle = remap_handle(map, from->handle);
        changed = made.handle.resource != from->handle.resource || made.handle.alias != from->handle.alias;
        if (made.handle.resource != from->handle.resource)
            TRY(types_handle(c->types, type->kind, made.handle.resource, &made.type, c->reterr));
    } else if (from->parts) {
        TRY(remap_parts(c, map, from->parts, type->count, &made.parts, &changed));
        struct type_field *fields = NULL;
        if (changed) {
            TRY(new_fields(c, type->fields, made.parts, type->count, &fields));
            TRY(types_make(c->types, type->kind, fields, type->count, type->length, &made.type, c->reterr));
        }
    }
    *ret = from;
    if (!changed)
        return 0;
    struct entity_value *kept = arena_new(c->keep, struct entity_value);
    if (!kept)
        return check_nomem(c);
    if (from->alias_of)
        TRY(remap_value(c, map, from->alias_of, &made.alias_of));
    made.id = c->next_value++;
    *kept = made;
    *ret = kept;
    return 0;
}

static int make_func(struct check *c, struct remap *map, const struct entity_func *from,
                     const struct entity_func **ret) {
    const struct func_type *type = from->type;
    struct entity_func made = *from;
    struct type_field *fields = NULL;
    bool changed = false;
    if (from->params) {
        TRY(remap_parts(c, map, from->params, type->param_count, &made.params, &changed));
        TRY(new_fields(c, type->params, made.params, type->param_count, &fields));
    }
    if (from->result) {
        TRY(remap_value(c, map, from->result, &made.result));
        changed |= made.result != from->result;
    }
    *ret = from;
    if (!changed)
        return 0;
    struct entity_func *kept = arena_new(c->keep, struct entity_func);
    if (!kept)
        return check_nomem(c);
    TRY(types_func(c->types, fields ? fields : type->params, type->param_count,
                   made.result ? made.result->type : type->result, type->async, &made.type, c->reterr));
    *kept = made;
    *ret = kept;
    return 0;
}

int check_remap_resources(struct check *c, const struct remap *map, const struct entity_resources *from,
                          struct entity_resources *ret) {
    struct entity_resource *list = arena_array(c->keep, from->count, sizeof(*list));
    if (!list)
        return check_nomem(c);
    TRY(check_work(c, from->count));
    for (uint32_t i = 0; i < from->count; i++)
        list[i] = (struct entity_resource){check_remapped(map, from->list[i].resource), from->list[i].path};
    *ret = (struct entity_resources){.list = list, .count = from->count, .capacity = from->count};
    return 0;
}

int check_remap_list(struct check *c, struct remap *map, const struct entity_list *from,
                     struct entity_list *ret) {
    struct entity *entities = arena_array(c->keep, from->count, sizeof(*entities));
    if (!entities)
        return check_nomem(c);
    TRY(check_work(c, from->count));
    for (uint32_t i = 0; i < from->count; i++)
        TRY(check_remap_entity(c, map, &from->entities[i], &entities[i]));
    *ret = *from;
    ret->entities = entities;
    return 0;
}

static int make_instance(struct check *c, struct remap *map, const struct instance_type *from,
                         const struct instance_type **ret) {
    struct instance_type *made = arena_new(c->keep, struct instance_type);
    if (!made)
        return check_nomem(c);
    made->info = from->info;
    TRY(check_remap_list(c, map, &from->exports, &made->exports));
    TRY(check_remap_resources(c, map, &from->defined, &made->defined));
    TRY(check_remap_resources(c, map, &from->explicit, &made->explicit));
    *ret = made;
    return 0;
}

static int make_component(struct check *c, struct remap *map, const struct component_type *from,
                          const struct component_type **ret) {
    struct component_type *made = arena_new(c->keep, struct component_type);
    if (!made)
        return check_nomem(c);
    made->info = from->info;
    TRY(check_remap_list(c, map, &from->imports, &made->imports));
    TRY(check_remap_list(c, map, &from->exports, &made->exports));
    TRY(check_remap_resources(c, map, &from->imported, &made->imported));
    TRY(check_remap_resources(c, map, &from->defined, &made->defined));
    TRY(check_remap_resources(c, map, &from->explicit, &made->explicit));
    *ret = made;
    return 0;
}

static int remap_type(struct check *c, struct remap *map, const struct entity_type *from,
                      struct entity_type *ret) {
    struct check_key key = check_type_key(from);
    struct check_entry *entry = check_table_find(&map->types, key);
    *ret = *from;
    if (entry) {
        *ret = entry->type;
        return 0;
    }
    TRY(check_work(c, 1));
    if (from->kind == ENTITY_TYPE_RESOURCE) {
        ret->resource = remap_handle(map, from->resource);
        return 0;
    }
    if (!map->types_given && !check_type_info(from).resources)
        return 0;
    switch (from->kind) {
    case ENTITY_TYPE_VALUE: TRY(make_value(c, map, from->value, &ret->value)); break;
    case ENTITY_TYPE_FUNC: TRY(make_func(c, map, from->func, &ret->func)); break;
    case ENTITY_TYPE_INSTANCE: TRY(make_instance(c, map, from->instance, &ret->instance)); break;
    case ENTITY_TYPE_COMPONENT: TRY(make_component(c, map, from->component, &ret->component)); break;
    case ENTITY_TYPE_RESOURCE: break;
    }
    TRY(check_table_put(c, &map->types, key, &entry));
    entry->type = *ret;
    return 0;
}

int check_remap_entity(struct check *c, struct remap *map, const struct entity *from, struct entity *ret) {
    struct entity_type old = {0}, new;
    *ret = *from;
    switch (from->sort) {
    case SORT_FUNC:
        old = (struct entity_type){.kind = ENTITY_TYPE_FUNC, .func = from->func};
        TRY(remap_type(c, map, &old, &new));
        ret->func = new.func;
        return 0;
    case SORT_INSTANCE:
        old = (struct entity_type){.kind = ENTITY_TYPE_INSTANCE, .instance = from->instance};
        TRY(remap_type(c, map, &old, &new));
        ret->instance = new.instance;
        return 0;
    case SORT_COMPONENT:
        old = (struct entity_type){.kind = ENTITY_TYPE_COMPONENT, .component = from->component};
        TRY(remap_type(c, map, &old, &new));
        ret->component = new.component;
        return 0;
    case SORT_TYPE:
        TRY(remap_type(c, map, &from->type.referenced, &ret->type.referenced));
        return remap_type(c, map, &from->type.created, &ret->type.created);
    default: return 0;
    }
}
