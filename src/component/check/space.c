/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The thirteen index spaces of a scope: what an index of the binary means, and how many there may be.
 */
#include "component/check/internal.h"

static int out_of_bounds(struct check *c, enum component_sort sort, uint32_t index, uint32_t count,
                         uint32_t offset) {
    const char *words = component_sort_words(sort);
    return check_bad(c, offset, "unknown %s %u: there are %u so far (%s index out of bounds)", words, index,
                     count, words);
}

#define AT(space, sort)                                                                                      \
    do {                                                                                                     \
        if (index >= s->space.count)                                                                         \
            return out_of_bounds(c, (sort), index, s->space.count, offset);                                  \
    } while (0)

int check_type_at(struct check *c, const struct scope *s, uint32_t index, uint32_t offset,
                  struct entity_type *ret) {
    AT(types, SORT_TYPE);
    *ret = s->types.items[index];
    return 0;
}

int check_core_type_at(struct check *c, const struct scope *s, uint32_t index, uint32_t offset,
                       const struct scope_core_type **ret) {
    AT(core_types, SORT_CORE_TYPE);
    *ret = &s->core_types.items[index];
    return 0;
}

int check_core_func_at(struct check *c, const struct scope *s, uint32_t index, uint32_t offset,
                       uint32_t *ret) {
    AT(core_funcs, SORT_CORE_FUNC);
    *ret = s->core_funcs.items[index];
    return 0;
}

int check_core_instance_at(struct check *c, const struct scope *s, uint32_t index, uint32_t offset,
                           const struct core_list **ret) {
    AT(core_instances, SORT_CORE_INSTANCE);
    *ret = s->core_instances.items[index];
    return 0;
}

int check_core_item_at(struct check *c, const struct scope *s, struct ast_ref ref, uint32_t offset,
                       struct core_entity *ret) {
    uint32_t index = ref.index;
    *ret = (struct core_entity){.sort = ref.sort};
    switch (ref.sort) {
    case SORT_CORE_FUNC:
        AT(core_funcs, ref.sort);
        ret->type = s->core_funcs.items[index];
        return 0;
    case SORT_CORE_TAG:
        AT(core_tags, ref.sort);
        ret->type = s->core_tags.items[index];
        return 0;
    case SORT_CORE_TABLE:
        AT(core_tables, ref.sort);
        *ret = s->core_tables.items[index];
        return 0;
    case SORT_CORE_MEMORY:
        AT(core_memories, ref.sort);
        *ret = s->core_memories.items[index];
        return 0;
    case SORT_CORE_GLOBAL:
        AT(core_globals, ref.sort);
        *ret = s->core_globals.items[index];
        return 0;
    default:
        return check_bad(c, offset, "a %s, where a core function, table, memory, global or tag was expected",
                         component_sort_words(ref.sort));
    }
}

int check_instance_at(struct check *c, const struct scope *s, uint32_t index, uint32_t offset,
                      const struct instance_type **ret) {
    AT(instances, SORT_INSTANCE);
    *ret = s->instances.items[index];
    return 0;
}

int check_item_at(struct check *c, const struct scope *s, struct ast_ref ref, uint32_t offset,
                  struct entity *ret) {
    uint32_t index = ref.index;
    *ret = (struct entity){.sort = ref.sort};
    switch (ref.sort) {
    case SORT_CORE_MODULE:
        AT(core_modules, ref.sort);
        ret->module = s->core_modules.items[index];
        return 0;
    case SORT_FUNC:
        AT(funcs, ref.sort);
        ret->func = s->funcs.items[index];
        return 0;
    case SORT_INSTANCE:
        AT(instances, ref.sort);
        ret->instance = s->instances.items[index];
        return 0;
    case SORT_COMPONENT:
        AT(components, ref.sort);
        ret->component = s->components.items[index];
        return 0;
    case SORT_TYPE:
        AT(types, ref.sort);
        ret->type.referenced = ret->type.created = s->types.items[index];
        return 0;
    case SORT_VALUE: return check_unrun(c, UNRUN_VALUES, NULL, offset);
    default:
        return check_bad(c, offset,
                         "a %s, where a core module, function, type, component or instance was expected",
                         component_sort_words(ref.sort));
    }
}

int check_room(struct check *c, const struct scope *s, enum component_sort sort, uint32_t offset) {
    uint32_t count = 0, most = CHECK_ITEMS_MAX;
    switch (sort) {
    case SORT_CORE_MODULE: count = s->core_modules.count, most = CHECK_MODULES_MAX; break;
    case SORT_COMPONENT: count = s->components.count, most = CHECK_COMPONENTS_MAX; break;
    case SORT_CORE_INSTANCE:
    case SORT_INSTANCE:
        count = s->core_instances.count + s->instances.count, most = CHECK_INSTANCES_MAX;
        break;
    case SORT_CORE_FUNC:
    case SORT_FUNC: count = s->core_funcs.count + s->funcs.count; break;
    case SORT_CORE_TYPE:
    case SORT_TYPE: count = s->core_types.count + s->types.count; break;
    case SORT_CORE_TABLE: count = s->core_tables.count; break;
    case SORT_CORE_MEMORY: count = s->core_memories.count; break;
    case SORT_CORE_GLOBAL: count = s->core_globals.count; break;
    case SORT_CORE_TAG: count = s->core_tags.count; break;
    case SORT_VALUE:
    case SORTS: break;
    }
    if (count < most)
        return 0;
    return check_fail(c, ARCELLA_E_LIMIT, offset, "more than %u %ss", most, component_sort_words(sort));
}
