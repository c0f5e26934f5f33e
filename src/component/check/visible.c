/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Visibility: what is imported or exported may mention only types that were imported or exported themselves
 * (Explainer.md, external visibility of types); and which resources a type mentions without bringing them
 * along.
 */
#include "component/check/internal.h"

/* --- named types --- */

static bool handle_named(const struct entity_value *value, const struct check_table *named) {
    struct entity_type type = {.kind = ENTITY_TYPE_RESOURCE, .resource = value->handle};
    return check_table_find(named, check_type_key(&type)) != NULL;
}

static int value_named(struct check *c, const struct entity_value *value, const struct check_table *named,
                       bool *ret);

static int parts_named(struct check *c, const struct entity_value *value, const struct check_table *named,
                       bool *ret) {
    *ret = true;
    if (!value->parts)
        return 0;
    TRY(check_work(c, value->type->count));
    for (uint32_t i = 0; i < value->type->count && *ret; i++)
        if (value->parts[i])
            TRY(value_named(c, value->parts[i], named, ret));
    return 0;
}

/* May a value type be mentioned?  Records and the like only by a name; the others if their parts may. */
static int value_named(struct check *c, const struct entity_value *value, const struct check_table *named,
                       bool *ret) {
    struct entity_type type = {.kind = ENTITY_TYPE_VALUE, .value = value};
    TRY(check_work(c, 1));
    switch (value->type->kind) {
    case TYPE_RECORD:
    case TYPE_VARIANT:
    case TYPE_ENUM:
    case TYPE_FLAGS: *ret = check_table_find(named, check_type_key(&type)) != NULL; return 0;
    case TYPE_OWN:
    case TYPE_BORROW: *ret = handle_named(value, named); return 0;
    default: return parts_named(c, value, named, ret);
    }
}

static int func_named(struct check *c, const struct entity_func *func, const struct check_table *named,
                      bool *ret) {
    *ret = true;
    TRY(check_work(c, func->type->param_count));
    for (uint32_t i = 0; func->params && i < func->type->param_count && *ret; i++)
        if (func->params[i])
            TRY(value_named(c, func->params[i], named, ret));
    if (func->result && *ret)
        TRY(value_named(c, func->result, named, ret));
    return 0;
}

/* May a type get a name?  Then what it consists of must have one. */
static int type_nameable(struct check *c, const struct entity_type *type, const struct check_table *named,
                         bool *ret) {
    *ret = true;
    TRY(check_work(c, 1));
    switch (type->kind) {
    case ENTITY_TYPE_RESOURCE:            /* attached to an import or being exported */
    case ENTITY_TYPE_COMPONENT: return 0; /* closed, looked at when it was made */
    case ENTITY_TYPE_FUNC: return func_named(c, type->func, named, ret);
    case ENTITY_TYPE_VALUE:
        if (type->value->type->kind == TYPE_OWN || type->value->type->kind == TYPE_BORROW)
            *ret = handle_named(type->value, named);
        else
            TRY(parts_named(c, type->value, named, ret));
        return 0;
    case ENTITY_TYPE_INSTANCE: break;
    }
    const struct entity_list *list = &type->instance->exports;
    for (uint32_t i = 0; i < list->count && *ret; i++) {
        const struct entity *e = &list->entities[i];
        struct entity_type inner = {.kind = ENTITY_TYPE_INSTANCE, .instance = e->instance};
        TRY(check_work(c, 1));
        if (e->sort == SORT_FUNC)
            TRY(func_named(c, e->func, named, ret));
        else if (e->sort == SORT_TYPE)
            TRY(type_nameable(c, &e->type.created, named, ret));
        else if (e->sort == SORT_INSTANCE)
            TRY(type_nameable(c, &inner, named, ret));
    }
    return 0;
}

static int register_type(struct check *c, struct scope *s, const struct scope_side *side,
                         const struct entity *entity) {
    struct check_entry *entry;
    struct check_key key = check_type_key(&entity->type.created);
    TRY(check_table_put(c, &s->exports.named, key, &entry));
    /* What is imported may be mentioned by imports and by exports. */
    return side->is_export ? 0 : check_table_put(c, &s->imports.named, key, &entry);
}

int check_visible(struct check *c, struct scope *s, struct scope_side *side, const struct entity *entity,
                  bool *ret) {
    *ret = true;
    if (s->kind == SCOPE_INSTANCE_TYPE) /* said of it where it is used */
        return 0;
    TRY(check_work(c, 1));
    if (entity->sort == SORT_FUNC)
        return func_named(c, entity->func, &side->named, ret);
    if (entity->sort == SORT_TYPE) {
        TRY(type_nameable(c, &entity->type.referenced, &side->named, ret));
        return *ret ? register_type(c, s, side, entity) : 0;
    }
    if (entity->sort != SORT_INSTANCE) /* components and modules are closed */
        return 0;
    const struct entity_list *list = &entity->instance->exports;
    for (uint32_t i = 0; i < list->count && *ret; i++)
        TRY(check_visible(c, s, side, &list->entities[i], ret));
    return 0;
}

/* --- resources that are not bound --- */

/* The set: resource numbers, `number` 1 where it is in; and, by other keys, what was seen already. */
static int seen(struct check *c, struct check_table *set, const void *what, uint64_t kind, bool *ret) {
    struct check_entry *entry;
    TRY(check_work(c, 1));
    TRY(check_table_put(c, set, (struct check_key){(uintptr_t)what, kind}, &entry));
    *ret = entry->number != 0;
    entry->number = 1;
    return 0;
}

static int set_resource(struct check *c, struct check_table *set, uint32_t resource, bool in) {
    struct check_entry *entry;
    TRY(check_work(c, 1));
    TRY(check_table_put(c, set, (struct check_key){resource, 0}, &entry));
    entry->number = in;
    return 0;
}

static int unset_resources(struct check *c, struct check_table *set, const struct entity_resources *list) {
    for (uint32_t i = 0; i < list->count; i++)
        TRY(set_resource(c, set, list->list[i].resource, false));
    return 0;
}

static int value_resources(struct check *c, const struct type *type, struct check_table *set) {
    bool known;
    if (!type || !type->has_handle)
        return 0;
    if (type->kind == TYPE_OWN || type->kind == TYPE_BORROW)
        return set_resource(c, set, type->resource, true);
    TRY(seen(c, set, type, 1, &known));
    for (uint32_t i = 0; i < type->count && !known; i++)
        TRY(value_resources(c, type->fields[i].type, set));
    return 0;
}

static int func_resources(struct check *c, const struct func_type *func, struct check_table *set) {
    bool known;
    TRY(seen(c, set, func, 2, &known));
    for (uint32_t i = 0; i < func->param_count && !known; i++)
        TRY(value_resources(c, func->params[i].type, set));
    return known ? 0 : value_resources(c, func->result, set);
}

static int list_resources(struct check *c, const struct entity_list *list, struct check_table *set) {
    for (uint32_t i = 0; i < list->count; i++)
        TRY(check_free_resources(c, &list->entities[i], set));
    return 0;
}

int check_type_free_resources(struct check *c, const struct entity_type *type, struct check_table *set) {
    bool known;
    if (!check_type_info(type).resources)
        return 0;
    switch (type->kind) {
    case ENTITY_TYPE_RESOURCE: return set_resource(c, set, type->resource.resource, true);
    case ENTITY_TYPE_VALUE: return value_resources(c, type->value->type, set);
    case ENTITY_TYPE_FUNC: return func_resources(c, type->func->type, set);
    case ENTITY_TYPE_INSTANCE:
        TRY(seen(c, set, type->instance, 3, &known));
        if (known)
            return 0;
        TRY(list_resources(c, &type->instance->exports, set));
        return unset_resources(c, set, &type->instance->defined);
    case ENTITY_TYPE_COMPONENT:
        TRY(seen(c, set, type->component, 3, &known));
        if (known)
            return 0;
        TRY(list_resources(c, &type->component->imports, set));
        TRY(list_resources(c, &type->component->exports, set));
        TRY(unset_resources(c, set, &type->component->imported));
        return unset_resources(c, set, &type->component->defined);
    }
    return 0;
}

int check_free_resources(struct check *c, const struct entity *entity, struct check_table *set) {
    struct entity_type type = {0};
    switch (entity->sort) {
    case SORT_FUNC: type.kind = ENTITY_TYPE_FUNC, type.func = entity->func; break;
    case SORT_INSTANCE: type.kind = ENTITY_TYPE_INSTANCE, type.instance = entity->instance; break;
    case SORT_COMPONENT: type.kind = ENTITY_TYPE_COMPONENT, type.component = entity->component; break;
    case SORT_TYPE: type = entity->type.created; break;
    default: return 0;
    }
    return check_type_free_resources(c, &type, set);
}
