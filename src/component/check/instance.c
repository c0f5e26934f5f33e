/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Component instances: instantiations, with arguments put in place of imports and new resources for those
 * that the component defines; and inline instances, bags of what is there already (Explainer.md, instance
 * definitions).
 */
#include "component/check/internal.h"

/* Arguments by name. */
static int read_arguments(struct check *c, const struct scope *s, const struct ast_def *def,
                          struct entity_list *ret) {
    struct entity_names *names = arena_new(&c->scratch, struct entity_names);
    struct entity *entities = arena_array(&c->scratch, def->instance.count, sizeof(*entities));
    if (!names || !entities)
        return check_nomem(c);
    for (uint32_t i = 0; i < def->instance.count; i++) {
        const struct ast_arg *arg = &def->instance.args[i];
        uint32_t there;
        TRY(check_item_at(c, s, arg->ref, def->offset, &entities[i]));
        if (entity_names_add(names, &c->scratch, arg->name.name, (struct text){0}, &there) == ENTITY_NONE)
            return there == ENTITY_NONE
                       ? check_nomem(c)
                       : check_bad(
                             c, def->offset,
                             "instantiation argument '%s' conflicts with previous argument of that name",
                             NAME_SHOWN(arg->name.name));
    }
    *ret = (struct entity_list){.names = names, .entities = entities, .count = def->instance.count};
    return 0;
}

static int instantiate(struct check *c, struct scope *s, const struct ast_def *def) {
    struct entity component;
    struct entity_list given;
    struct remap map;
    TRY(check_item_at(c, s, (struct ast_ref){SORT_COMPONENT, def->instance.index}, def->offset, &component));
    TRY(read_arguments(c, s, def, &given));
    const struct component_type *from = component.component;
    struct instance_type *type = arena_new(c->keep, struct instance_type);
    if (!type)
        return check_nomem(c);
    type->info = entity_info_leaf();
    TRY(check_work(c, from->exports.count));
    for (uint32_t i = 0; i < from->exports.count; i++)
        TRY(check_info_add(c, &type->info, check_entity_info(&from->exports.entities[i]), def->offset));
    TRY(check_open(c, &given, from, false, def->offset, &map));
    for (uint32_t i = 0; i < from->defined.count; i++) {
        uint32_t new = c->next_resource++;
        TRY(check_remap_resource(c, &map, from->defined.list[i].resource, new));
        TRY(check_resource_add(c, &s->defined, new, NULL));
    }
    TRY(check_remap_list(c, &map, &from->exports, &type->exports));
    TRY(check_remap_resources(c, &map, &from->explicit, &type->explicit));
    return PUSH(c, &s->instances, type);
}

/* What one export of an inline instance adds to the resources that it exports. */
static int note_explicit(struct check *c, struct scope *bag, const struct entity *entity) {
    uint32_t at = bag->exports.entities.count;
    if (entity->sort == SORT_TYPE && entity->type.created.kind == ENTITY_TYPE_RESOURCE)
        return check_explicit_add(c, bag, entity->type.created.resource.resource, check_path(c, at, NULL));
    if (entity->sort != SORT_INSTANCE)
        return 0;
    const struct entity_resources *inner = &entity->instance->explicit;
    TRY(check_work(c, inner->count));
    for (uint32_t i = 0; i < inner->count; i++)
        TRY(check_explicit_add(c, bag, inner->list[i].resource, check_path(c, at, inner->list[i].path)));
    return 0;
}

/* The bag is a scope of its own without index spaces: nothing in it has a name for [method] and others. */
static int fill_bag(struct check *c, const struct scope *s, struct scope *bag, const struct ast_def *def,
                    struct instance_type *type) {
    for (uint32_t i = 0; i < def->instance.count; i++) {
        const struct ast_arg *arg = &def->instance.args[i];
        struct entity entity;
        TRY(check_item_at(c, s, arg->ref, def->offset, &entity));
        TRY(note_explicit(c, bag, &entity));
        TRY(check_extern_name(c, &bag->exports, &bag->info, &arg->name, &entity, def->offset));
    }
    type->info = bag->info;
    type->explicit = bag->explicit;
    return check_side_list(c, &bag->exports, &type->exports);
}

static int inline_instance(struct check *c, struct scope *s, const struct ast_def *def) {
    struct scope bag;
    struct instance_type *type = arena_new(c->keep, struct instance_type);
    if (!type)
        return check_nomem(c);
    int r = check_scope_begin(c, &bag, SCOPE_INSTANCE_TYPE, s, def->offset);
    if (!r)
        r = fill_bag(c, s, &bag, def, type);
    check_scope_end(c, &bag);
    return r ? r : PUSH(c, &s->instances, type);
}

int check_instance_def(struct check *c, struct scope *s, const struct ast_def *def) {
    TRY(check_room(c, s, SORT_INSTANCE, def->offset));
    return def->instance.is_inline ? inline_instance(c, s, def) : instantiate(c, s, def);
}
