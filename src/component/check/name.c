/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Names of imports and exports: their form (names/name.c), their attributes, and the types that annotated
 * names ask for (Binary.md, import and export definitions).
 */
#include "component/check/internal.h"

/* Is a handle one of the resource that goes by this name here? */
static int resource_is(struct check *c, const struct scope_side *side, struct resource_name handle,
                       struct text name, uint32_t offset) {
    struct entity_type type = {.kind = ENTITY_TYPE_RESOURCE, .resource = handle};
    const struct check_entry *entry = check_table_find(&side->resource_names, check_type_key(&type));
    if (!entry)
        return check_bad(c, offset, "resource used in function does not have a name in this context");
    struct text known = side->resources.names[entry->number].first;
    if (!text_equal(known, name))
        return check_bad(c, offset, "function does not match expected resource name '%s'", NAME_SHOWN(known));
    return 0;
}

/* A constructor gives own of its resource, or a result of it. */
static int check_constructor(struct check *c, const struct scope_side *side, const struct extern_name *name,
                             const struct entity_func *func, uint32_t offset) {
    const struct entity_value *value = func->result;
    if (!func->type->result)
        return check_bad(c, offset, "constructor function should return one value");
    if (value && value->type->kind == TYPE_RESULT)
        value = value->parts ? value->parts[0] : NULL;
    if (!value || value->type->kind != TYPE_OWN)
        return check_bad(c, offset, "function should return (own $T) or (result (own $T))");
    return resource_is(c, side, value->handle, name->resource, offset);
}

/* The first parameter of a method is "self", a borrow of its resource. */
static int check_method(struct check *c, const struct scope_side *side, const struct extern_name *name,
                        const struct entity_func *func, uint32_t offset) {
    if (!func->type->param_count)
        return check_bad(c, offset, "method function should have at least one argument");
    if (!text_equal(func->type->params[0].name, TEXT("self")))
        return check_bad(c, offset, "method function should have a first argument called 'self'");
    const struct entity_value *self = func->params ? func->params[0] : NULL;
    if (!self || self->type->kind != TYPE_BORROW)
        return check_bad(c, offset, "method function should take a first argument of (borrow $T)");
    return resource_is(c, side, self->handle, name->resource, offset);
}

static int check_annotated(struct check *c, const struct scope_side *side, const struct extern_name *name,
                           const struct entity *entity, uint32_t offset) {
    if (name->kind != EXTERN_NAME_CONSTRUCTOR && name->kind != EXTERN_NAME_METHOD &&
        name->kind != EXTERN_NAME_STATIC)
        return 0;
    if (entity->sort != SORT_FUNC)
        return check_bad(c, offset, "item is not a func but a %s", component_sort_words(entity->sort));
    if (name->kind == EXTERN_NAME_CONSTRUCTOR)
        return check_constructor(c, side, name, entity->func, offset);
    if (name->kind == EXTERN_NAME_METHOD)
        return check_method(c, side, name, entity->func, offset);
    if (entity_names_find(&side->resources, name->resource, (struct text){0}) == ENTITY_NONE)
        return check_bad(c, offset, "static resource name '%s' is not known in this context",
                         NAME_SHOWN(name->resource));
    return 0;
}

static int check_attributes(struct check *c, const struct extern_name *parsed, const struct ast_name *name,
                            const struct entity *entity, uint32_t offset) {
    if (name->has_implements) {
        if (entity->sort != SORT_INSTANCE)
            return check_bad(c, offset, "only instances can have an 'implements'");
        int r = extern_name_check_implements(parsed, name->implements, c->reterr);
        if (r)
            return error_wrap(c->reterr, r, "at byte %u", offset);
    }
    if (name->version_suffix.length && entity->sort != SORT_INSTANCE)
        return check_bad(c, offset, "only instances can have a version suffix");
    return 0;
}

int check_extern_name(struct check *c, struct scope_side *side, struct entity_info *info,
                      const struct ast_name *name, const struct entity *entity, uint32_t offset) {
    struct extern_name parsed;
    uint32_t there;
    int r = extern_name_parse(name->name, name->version_suffix, &parsed, c->reterr);
    if (r)
        return error_wrap(c->reterr, r, "%s name '%s' is not a valid extern name, at byte %u", side->word,
                          NAME_SHOWN(name->name), offset);
    if (side->is_export && (parsed.kind == EXTERN_NAME_DEPENDENCY || parsed.kind == EXTERN_NAME_URL ||
                            parsed.kind == EXTERN_NAME_HASH))
        return check_bad(c, offset, "name '%s' is not a valid export name", NAME_SHOWN(name->name));
    r = check_attributes(c, &parsed, name, entity, offset);
    if (!r)
        r = check_annotated(c, side, &parsed, entity, offset);
    if (r)
        return error_wrap(c->reterr, r, "%s name '%s' is not valid", side->word, NAME_SHOWN(name->name));
    r = name_set_add(&side->unique, &parsed, side->is_export ? "export name" : "import name", c->reterr);
    if (r)
        return r == ARCELLA_E_NOMEM ? r : error_wrap(c->reterr, r, "at byte %u", offset);
    /* Strongly unique names are unique ones; this is where they are found by the text. */
    if (entity_names_add(side->names, c->keep, name->name, (struct text){0}, &there) == ENTITY_NONE)
        return there == ENTITY_NONE ? check_nomem(c)
                                    : check_bad(c, offset, "%s name '%s' conflicts with previous name '%s'",
                                                side->word, NAME_SHOWN(name->name), NAME_SHOWN(name->name));
    TRY(PUSH(c, &side->entities, *entity));
    TRY(PUSH(c, &side->attributes, *name));
    return check_info_add(c, info, check_entity_info(entity), offset);
}
