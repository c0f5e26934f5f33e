/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Aliases: of what an instance or core instance exports, and of what an enclosing scope has (Explainer.md,
 * alias definitions).
 */
#include "component/check/internal.h"

static int alias_export(struct check *c, struct scope *s, const struct ast_def *def) {
    const struct ast_alias *alias = &def->alias;
    const struct instance_type *instance;
    if (alias->sort == SORT_VALUE)
        return check_unrun(c, UNRUN_VALUES, NULL, def->offset);
    TRY(check_instance_at(c, s, alias->instance, def->offset, &instance));
    const struct entity *found = entity_find(&instance->exports, alias->name);
    if (!found)
        return check_bad(c, def->offset, "instance %u has no export named '%s'", alias->instance,
                         NAME_SHOWN(alias->name));
    if (found->sort != alias->sort)
        return check_bad(c, def->offset, "export '%s' for instance %u is not a %s but a %s",
                         NAME_SHOWN(alias->name), alias->instance, component_sort_words(alias->sort),
                         component_sort_words(found->sort));
    return check_add_unnamed(c, s, found, def->offset);
}

static int alias_core_export(struct check *c, struct scope *s, const struct ast_def *def) {
    const struct ast_alias *alias = &def->alias;
    const struct core_list *instance;
    TRY(check_core_instance_at(c, s, alias->instance, def->offset, &instance));
    const struct core_entity *found = core_find(instance, alias->name, (struct text){0});
    if (!found)
        return check_bad(c, def->offset, "core instance %u has no export named '%s'", alias->instance,
                         NAME_SHOWN(alias->name));
    if (found->sort != alias->sort)
        return check_bad(c, def->offset, "export '%s' for core instance %u is not a %s but a %s",
                         NAME_SHOWN(alias->name), alias->instance, component_sort_words(alias->sort),
                         component_sort_words(found->sort));
    TRY(check_room(c, s, alias->sort, def->offset));
    switch (alias->sort) {
    case SORT_CORE_FUNC: return PUSH(c, &s->core_funcs, found->type);
    case SORT_CORE_TAG: return PUSH(c, &s->core_tags, found->type);
    case SORT_CORE_TABLE: return PUSH(c, &s->core_tables, *found);
    case SORT_CORE_MEMORY: return PUSH(c, &s->core_memories, *found);
    default: return PUSH(c, &s->core_globals, *found);
    }
}

/* A component is a unit that could stand alone: types that reach into it from outside may not mention
 * resources of outside. */
static int check_closed(struct check *c, const struct entity_type *type, uint32_t offset) {
    struct check_table set = {0};
    struct check_entry *known;
    if (check_table_find(&c->closed, check_type_key(type)))
        return 0;
    TRY(check_type_free_resources(c, type, &set));
    for (uint32_t i = 0; i < set.capacity; i++) {
        const struct check_entry *e = &set.entries[i];
        if (e->used && e->key.b == 0 && e->number)
            return check_bad(c, offset,
                             "cannot alias outer type which transitively refers to resources not defined in "
                             "the current component");
    }
    return check_table_put(c, &c->closed, check_type_key(type), &known);
}

static int alias_outer(struct check *c, struct scope *s, const struct ast_def *def) {
    const struct ast_alias *alias = &def->alias;
    struct scope *from = s, *inner = NULL;
    for (uint32_t i = 0; from && i < alias->outer; i++)
        inner = from, from = from->outer;
    if (!from)
        return check_bad(c, def->offset, "invalid outer alias count of %u", alias->outer);
    struct entity found;
    const struct scope_core_type *core;
    TRY(check_room(c, s, alias->sort, def->offset));
    switch (alias->sort) {
    case SORT_CORE_MODULE:
    case SORT_COMPONENT:
        TRY(check_item_at(c, from, (struct ast_ref){alias->sort, alias->index}, def->offset, &found));
        return check_add_unnamed(c, s, &found, def->offset);
    case SORT_CORE_TYPE:
        TRY(check_core_type_at(c, from, alias->index, def->offset, &core));
        return PUSH(c, &s->core_types, *core);
    case SORT_TYPE:
        TRY(check_item_at(c, from, (struct ast_ref){alias->sort, alias->index}, def->offset, &found));
        if (inner && inner->kind == SCOPE_COMPONENT)
            TRY(check_closed(c, &found.type.created, def->offset));
        return check_add_unnamed(c, s, &found, def->offset);
    default:
        return check_bad(c, def->offset,
                         "an outer alias of a %s, where a core module, core type, type or "
                         "component was expected",
                         component_sort_words(alias->sort));
    }
}

/* In types there are no definitions but types and instances to refer to. */
static bool allowed_in_type(const struct ast_alias *alias) {
    if (alias->kind == AST_ALIAS_EXPORT)
        return alias->sort == SORT_TYPE || alias->sort == SORT_INSTANCE;
    return alias->kind == AST_ALIAS_OUTER && (alias->sort == SORT_TYPE || alias->sort == SORT_CORE_TYPE);
}

int check_alias_def(struct check *c, struct scope *s, const struct ast_def *def) {
    if (s->kind != SCOPE_COMPONENT && !allowed_in_type(&def->alias))
        return check_bad(c, def->offset,
                         "aliases in a component or instance type may only refer to types or instances");
    switch (def->alias.kind) {
    case AST_ALIAS_EXPORT: return alias_export(c, s, def);
    case AST_ALIAS_CORE_EXPORT: return alias_core_export(c, s, def);
    case AST_ALIAS_OUTER: return alias_outer(c, s, def);
    }
    return check_bad(c, def->offset, "an alias of a kind that is not known");
}
