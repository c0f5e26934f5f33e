/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Subtyping.  Value and function types must be equal: interned, that is one comparison, and a walk only to
 * say what differs.  Instances may have more, components may want less and give more; resources are matched
 * by where they stand (Explainer.md, type checking; Subtyping.md as the reference validator has it).
 */
#include <stdio.h>

#include "component/check/internal.h"

/* --- telling differences of equal-or-not types --- */

/* What a sentence about two different types says. */
struct difference {
    char text[512];
};

static void tell_kinds(struct difference *d, const struct type *a, const struct type *b) {
    snprintf(d->text, sizeof(d->text), "expected %s, found %s", b ? type_kind_words(b->kind) : "nothing",
             a ? type_kind_words(a->kind) : "nothing");
}

/* Find the first difference, from the outside in; each step goes one level down, so it ends. */
static void tell_types(struct difference *d, const struct type *a, const struct type *b) {
    while (a && b && a->kind == b->kind) {
        if (a->count != b->count) {
            snprintf(d->text, sizeof(d->text), "expected %u fields or cases in a %s, found %u", b->count,
                     type_kind_words(b->kind), a->count);
            return;
        }
        if (a->kind == TYPE_OWN || a->kind == TYPE_BORROW) {
            snprintf(d->text, sizeof(d->text), "resource types are not the same");
            return;
        }
        const struct type *next_a = NULL, *next_b = NULL;
        for (uint32_t i = 0; i < a->count; i++) {
            const struct type_field *fa = &a->fields[i], *fb = &b->fields[i];
            if (!text_equal(fa->name, fb->name)) {
                snprintf(d->text, sizeof(d->text), "expected field or case name '%s' in a %s, found '%s'",
                         NAME_SHOWN(fb->name), type_kind_words(b->kind), NAME_SHOWN(fa->name));
                return;
            }
            if (fa->type != fb->type) {
                next_a = fa->type, next_b = fb->type;
                break;
            }
        }
        a = next_a, b = next_b;
    }
    tell_kinds(d, a, b);
}

static int func_differs(struct check *c, const struct func_type *a, const struct func_type *b,
                        uint32_t offset) {
    struct difference d;
    if (a->param_count != b->param_count)
        return check_bad(c, offset, "expected %u parameters, found %u", b->param_count, a->param_count);
    for (uint32_t i = 0; i < a->param_count; i++) {
        const struct type_field *pa = &a->params[i], *pb = &b->params[i];
        if (!text_equal(pa->name, pb->name))
            return check_bad(c, offset, "expected parameter named '%s', found '%s'", NAME_SHOWN(pb->name),
                             NAME_SHOWN(pa->name));
        if (pa->type == pb->type)
            continue;
        tell_types(&d, pa->type, pb->type);
        return check_bad(c, offset, "type mismatch in function parameter '%s': %s", NAME_SHOWN(pa->name),
                         d.text);
    }
    if (a->async != b->async)
        return check_bad(c, offset, "expected %s function, found %s one", b->async ? "an async" : "a sync",
                         a->async ? "an async" : "a sync");
    tell_types(&d, a->result, b->result);
    return check_bad(c, offset, "type mismatch with result type: %s", d.text);
}

/* --- subtyping --- */

static int instance_subtype(struct check *c, const struct instance_type *a, const struct instance_type *b,
                            uint32_t offset) {
    if (a == b)
        return 0;
    TRY(check_work(c, b->exports.count));
    for (uint32_t i = 0; i < b->exports.count; i++) {
        struct text name = b->exports.names->names[i].first;
        const struct entity *found = entity_find(&a->exports, name);
        if (!found)
            return check_bad(c, offset, "missing expected export '%s'", NAME_SHOWN(name));
        int r = check_subtype(c, found, &b->exports.entities[i], offset);
        if (r)
            return error_wrap(c->reterr, r, "type mismatch in instance export '%s'", NAME_SHOWN(name));
    }
    return 0;
}

/* Who expects b provides what b imports, and a must be content with that; what a exports then must be what b
 * says. */
static int component_subtype(struct check *c, const struct component_type *a, const struct component_type *b,
                             uint32_t offset) {
    struct remap given, exported;
    struct entity_list exports;
    TRY(check_open(c, &b->imports, a, false, offset, &given));
    TRY(check_remap_list(c, &given, &a->exports, &exports));
    return check_open(c, &exports, b, true, offset, &exported);
}

static int type_subtype(struct check *c, const struct entity_type *a, const struct entity_type *b,
                        uint32_t offset) {
    struct difference d;
    if (a->kind != b->kind)
        return check_bad(c, offset, "expected %s, found %s", entity_type_words(b->kind),
                         entity_type_words(a->kind));
    switch (a->kind) {
    case ENTITY_TYPE_RESOURCE:
        return a->resource.resource == b->resource.resource
                   ? 0
                   : check_bad(c, offset, "resource types are not the same");
    case ENTITY_TYPE_VALUE:
        if (a->value->type == b->value->type)
            return 0;
        tell_types(&d, a->value->type, b->value->type);
        return check_bad(c, offset, "%s", d.text);
    case ENTITY_TYPE_FUNC:
        return a->func->type == b->func->type ? 0 : func_differs(c, a->func->type, b->func->type, offset);
    case ENTITY_TYPE_INSTANCE: return instance_subtype(c, a->instance, b->instance, offset);
    case ENTITY_TYPE_COMPONENT: return component_subtype(c, a->component, b->component, offset);
    }
    return check_bad(c, offset, "a type of a kind that is not known");
}

int check_subtype(struct check *c, const struct entity *a, const struct entity *b, uint32_t offset) {
    TRY(check_work(c, 1));
    if (a->sort != b->sort)
        return check_bad(c, offset, "expected a %s, found a %s", component_sort_words(b->sort),
                         component_sort_words(a->sort));
    switch (a->sort) {
    case SORT_CORE_MODULE: return check_module_match(c, a->module, b->module, offset);
    case SORT_FUNC:
        return a->func->type == b->func->type ? 0 : func_differs(c, a->func->type, b->func->type, offset);
    case SORT_INSTANCE: return instance_subtype(c, a->instance, b->instance, offset);
    case SORT_COMPONENT: return component_subtype(c, a->component, b->component, offset);
    default: return type_subtype(c, &a->type.referenced, &b->type.referenced, offset);
    }
}

/* --- opening a signature: entities for its imports, or its exports --- */

/* What `a` has where a resource of `wanted` stands; NULL where that is no resource. */
static const struct entity *follow_path(const struct entity_list *a, const struct entity_list *wanted,
                                        const struct entity_path *path) {
    const struct entity *found = NULL;
    for (; path; path = path->next) {
        if (!a || !wanted || path->index >= wanted->count)
            return NULL;
        found = entity_find(a, wanted->names->names[path->index].first);
        const struct entity *there = &wanted->entities[path->index];
        if (!found)
            return NULL;
        a = found->sort == SORT_INSTANCE ? &found->instance->exports : NULL;
        wanted = there->sort == SORT_INSTANCE ? &there->instance->exports : NULL;
    }
    if (!found || found->sort != SORT_TYPE || found->type.created.kind != ENTITY_TYPE_RESOURCE)
        return NULL;
    return found;
}

/* Types that were wanted and those given for them, also inside instances. */
static int note_types(struct check *c, struct check_table *types, const struct entity *given,
                      const struct entity *wanted) {
    struct check_entry *entry;
    TRY(check_work(c, 1));
    if (wanted->sort == SORT_TYPE) {
        TRY(check_table_put(c, types, check_type_key(&wanted->type.created), &entry));
        entry->type = given->type.created;
        return 0;
    }
    if (wanted->sort != SORT_INSTANCE)
        return 0;
    const struct entity_list *list = &wanted->instance->exports;
    for (uint32_t i = 0; i < list->count; i++) {
        const struct entity *inner = entity_find(&given->instance->exports, list->names->names[i].first);
        if (inner)
            TRY(note_types(c, types, inner, &list->entities[i]));
    }
    return 0;
}

int check_open(struct check *c, const struct entity_list *a, const struct component_type *b, bool is_export,
               uint32_t offset, struct remap *ret_map) {
    const struct entity_list *wanted = is_export ? &b->exports : &b->imports;
    const struct entity_resources *resources = is_export ? &b->defined : &b->imported;
    const char *word = is_export ? "export" : "import";
    struct remap map = {0};
    struct check_table types = {0};
    TRY(check_work(c, (uint64_t)wanted->count + resources->count));
    for (uint32_t i = 0; i < resources->count; i++) {
        /* What is missing or no resource is found out below. */
        const struct entity *found = follow_path(a, wanted, resources->list[i].path);
        if (found)
            TRY(check_remap_resource(c, &map, resources->list[i].resource,
                                     found->type.created.resource.resource));
    }
    for (uint32_t i = 0; i < wanted->count; i++) {
        struct text name = wanted->names->names[i].first;
        if (!entity_find(a, name))
            return check_bad(c, offset, "missing %s named '%s'", word, NAME_SHOWN(name));
    }
    for (uint32_t i = 0; i < wanted->count; i++) {
        struct text name = wanted->names->names[i].first;
        const struct entity *given = entity_find(a, name);
        struct entity expected;
        TRY(check_remap_entity(c, &map, &wanted->entities[i], &expected));
        int r = check_subtype(c, given, &expected, offset);
        if (r)
            return error_wrap(c->reterr, r, "type mismatch for %s '%s'", word, NAME_SHOWN(name));
        TRY(note_types(c, &types, given, &wanted->entities[i]));
    }
    *ret_map = (struct remap){.resources = map.resources, .types = types, .types_given = types.count != 0};
    return 0;
}
