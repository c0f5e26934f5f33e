/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Type definitions: value and function types (made by decode/types_build.c, here given their identity),
 * component and instance types (a scope each), resource types.
 */
#include "component/check/internal.h"
#include "component/decode/types_build.h"

/* What an index means to decode/types_build.c. */
struct lookup {
    struct check *c;
    const struct scope *s;
};

static int lookup_type(const struct lookup *l, uint32_t index, enum entity_type_kind kind,
                       struct entity_type *ret, arcella_error **reterr) {
    if (index >= l->s->types.count)
        return error_set(reterr, ARCELLA_E_WASM,
                         "unknown type %u: there are %u so far (type index out of bounds)", index,
                         l->s->types.count);
    *ret = l->s->types.items[index];
    if (ret->kind != kind)
        return error_set(reterr, ARCELLA_E_WASM, "type index %u is %s, expected %s", index,
                         entity_type_words(ret->kind), entity_type_words(kind));
    return 0;
}

static int lookup_value(void *user, uint32_t index, const struct type **ret, arcella_error **reterr) {
    struct entity_type type = {0};
    TRY(lookup_type(user, index, ENTITY_TYPE_VALUE, &type, reterr));
    *ret = type.value->type;
    return 0;
}

static int lookup_resource(void *user, uint32_t index, uint32_t *ret, arcella_error **reterr) {
    struct entity_type type = {0};
    TRY(lookup_type(user, index, ENTITY_TYPE_RESOURCE, &type, reterr));
    *ret = type.resource.resource;
    return 0;
}

static struct types_lookup lookups(struct lookup *l) {
    return (struct types_lookup){.value = lookup_value, .resource = lookup_resource, .user = l};
}

/* The definition behind a place of use, and its weight.  The index was looked up before. */
static int use_value(struct check *c, const struct scope *s, const struct ast_valtype *use, uint32_t offset,
                     struct entity_info *info, const struct entity_value **ret) {
    *ret = use->is_index ? s->types.items[use->index].value : NULL;
    return check_info_add(c, info, *ret ? (*ret)->info : entity_info_leaf(), offset);
}

/* The definitions behind fields; `shift`: how many fields of the type stand before those of the ast. */
static int use_fields(struct check *c, const struct scope *s, const struct ast_field *fields, uint32_t count,
                      uint32_t shift, uint32_t offset, struct entity_info *info,
                      const struct entity_value *const **ret) {
    const struct entity_value **parts = NULL;
    for (uint32_t i = 0; i < count; i++) {
        const struct entity_value *part;
        if (!fields[i].has_type)
            continue;
        TRY(use_value(c, s, &fields[i].type, offset, info, &part));
        if (part && !parts)
            parts = arena_array(c->keep, (size_t)count + shift, sizeof(*parts));
        if (part && !parts)
            return check_nomem(c);
        if (part)
            parts[i + shift] = part;
    }
    *ret = (const struct entity_value *const *)parts;
    return 0;
}

static int refuse_unrun(struct check *c, const struct ast_type *type) {
    if (type->kind != AST_TYPE_DEFINED)
        return 0;
    switch (type->defined.what) {
    case AST_STREAM: return check_unrun(c, UNRUN_STREAM, NULL, type->offset);
    case AST_FUTURE: return check_unrun(c, UNRUN_FUTURE, NULL, type->offset);
    case AST_FIXED_LIST: return check_unrun(c, UNRUN_FIXED_LIST, NULL, type->offset);
    default: return 0;
    }
}

static int value_def(struct check *c, const struct scope *s, const struct ast_type *type,
                     struct entity_type *ret) {
    struct lookup l = {c, s};
    struct types_lookup by = lookups(&l);
    struct entity_value *value = arena_new(c->keep, struct entity_value);
    if (!value)
        return check_nomem(c);
    TRY(types_build_defined(c->types, &by, type, &value->type, c->reterr));
    TRY(refuse_unrun(c, type));
    if (value->type->has_unrun) /* all others were refused at their definition */
        return check_unrun(c, UNRUN_ERROR_CONTEXT, NULL, type->offset);
    value->info = entity_info_leaf();
    value->id = c->next_value++;
    if (type->kind == AST_TYPE_DEFINED) {
        if (type->defined.what == AST_OWN || type->defined.what == AST_BORROW) {
            value->handle = s->types.items[type->defined.index].resource;
            value->info.resources = true;
        } else {
            TRY(use_fields(c, s, type->defined.fields, type->defined.count,
                           type->defined.what == AST_OPTION ? 1 : 0, type->offset, &value->info,
                           &value->parts));
        }
    }
    *ret = (struct entity_type){.kind = ENTITY_TYPE_VALUE, .value = value};
    return 0;
}

static int func_def(struct check *c, const struct scope *s, const struct ast_type *type,
                    struct entity_type *ret) {
    struct lookup l = {c, s};
    struct types_lookup by = lookups(&l);
    struct entity_func *func = arena_new(c->keep, struct entity_func);
    if (!func)
        return check_nomem(c);
    TRY(types_build_func(c->types, &by, type, &func->type, c->reterr));
    if (type->func.async)
        return check_unrun(c, UNRUN_ASYNC_TYPE, NULL, type->offset);
    if (func->type->has_unrun)
        return check_unrun(c, UNRUN_ERROR_CONTEXT, NULL, type->offset);
    func->info = entity_info_leaf();
    TRY(use_fields(c, s, type->func.params, type->func.count, 0, type->offset, &func->info, &func->params));
    if (type->func.has_result)
        TRY(use_value(c, s, &type->func.result, type->offset, &func->info, &func->result));
    *ret = (struct entity_type){.kind = ENTITY_TYPE_FUNC, .func = func};
    return 0;
}

static int resource_def(struct check *c, struct scope *s, const struct ast_type *type,
                        struct entity_type *ret) {
    if (s->kind != SCOPE_COMPONENT)
        return check_bad(c, type->offset, "resources can only be defined within a concrete component");
    if (type->resource.rep == 0x7e)
        return check_unrun(c, UNRUN_RESOURCE_64, NULL, type->offset);
    if (type->resource.rep != 0x7f)
        return check_bad(c, type->offset, "resources can only be represented by i32");
    if (type->resource.has_dtor) {
        uint32_t dtor, wanted;
        TRY(check_core_func_at(c, s, type->resource.dtor, type->offset, &dtor));
        TRY(check_core_func_type(c, TEXT("i"), TEXT(""), &wanted));
        if (dtor != wanted) {
            char words[256];
            return check_bad(
                c, type->offset,
                "core function %u has the wrong signature for a destructor: %s, expected (i32) -> ()",
                type->resource.dtor, check_core_words(c, dtor, words, sizeof(words)));
        }
        if (type->resource.async_dtor)
            return check_unrun(c, UNRUN_ASYNC_DTOR, NULL, type->offset);
    }
    uint32_t resource = c->next_resource++;
    struct check_entry *entry;
    TRY(check_resource_add(c, &s->defined, resource, NULL));
    TRY(check_table_put(c, &s->local, (struct check_key){resource, 0}, &entry));
    *ret = (struct entity_type){.kind = ENTITY_TYPE_RESOURCE, .resource = {.resource = resource}};
    return 0;
}

/* What a finished instance type's scope says. */
static int finish_instance(struct check *c, const struct scope *s, struct entity_type *ret) {
    struct instance_type *type = arena_new(c->keep, struct instance_type);
    if (!type)
        return check_nomem(c);
    type->info = s->info;
    type->defined = s->defined;
    type->explicit = s->explicit;
    *ret = (struct entity_type){.kind = ENTITY_TYPE_INSTANCE, .instance = type};
    return check_side_list(c, &s->exports, &type->exports);
}

static int finish_component(struct check *c, struct scope *s, uint32_t offset, struct entity_type *ret) {
    struct component_type *type = arena_new(c->keep, struct component_type);
    if (!type)
        return check_nomem(c);
    *ret = (struct entity_type){.kind = ENTITY_TYPE_COMPONENT, .component = type};
    return check_scope_component(c, s, offset, type);
}

static int scope_def(struct check *c, struct scope *outer, const struct ast_type *type,
                     struct entity_type *ret) {
    struct scope s;
    bool component = type->kind == AST_TYPE_COMPONENT;
    int r =
        check_scope_begin(c, &s, component ? SCOPE_COMPONENT_TYPE : SCOPE_INSTANCE_TYPE, outer, type->offset);
    if (!r)
        r = check_scope(c, &s, type->scope);
    if (!r)
        r = component ? finish_component(c, &s, type->offset, ret) : finish_instance(c, &s, ret);
    check_scope_end(c, &s);
    return r;
}

int check_type_def(struct check *c, struct scope *s, const struct ast_def *def) {
    const struct ast_type *type = def->type;
    struct entity_type made;
    TRY(check_room(c, s, SORT_TYPE, def->offset));
    switch (type->kind) {
    case AST_TYPE_PRIMITIVE:
    case AST_TYPE_DEFINED: TRY(value_def(c, s, type, &made)); break;
    case AST_TYPE_FUNC: TRY(func_def(c, s, type, &made)); break;
    case AST_TYPE_COMPONENT:
    case AST_TYPE_INSTANCE: TRY(scope_def(c, s, type, &made)); break;
    case AST_TYPE_RESOURCE: TRY(resource_def(c, s, type, &made)); break;
    default: return check_bad(c, def->offset, "a type of a kind that is not known");
    }
    return PUSH(c, &s->types, made);
}

int check_type_alias(struct check *c, const struct entity_type *type, struct entity_type *ret) {
    *ret = *type;
    if (type->kind == ENTITY_TYPE_RESOURCE)
        ret->resource.alias = ++c->next_alias;
    if (type->kind != ENTITY_TYPE_VALUE)
        return 0;
    struct entity_value *value = arena_new(c->keep, struct entity_value);
    if (!value)
        return check_nomem(c);
    *value = *type->value;
    value->alias_of = type->value;
    value->id = c->next_value++;
    ret->value = value;
    return 0;
}

/* A type that must be of a kind. */
static int type_of_kind(struct check *c, const struct scope *s, uint32_t index, enum entity_type_kind kind,
                        uint32_t offset, struct entity_type *ret) {
    TRY(check_type_at(c, s, index, offset, ret));
    if (ret->kind != kind)
        return check_bad(c, offset, "type index %u is %s, expected %s", index, entity_type_words(ret->kind),
                         entity_type_words(kind));
    return 0;
}

static int type_bound(struct check *c, struct scope *s, const struct ast_extern *type, struct entity *ret) {
    if (type->bound == AST_BOUND_EQ) {
        TRY(check_type_at(c, s, type->index, type->offset, &ret->type.referenced));
        return check_type_alias(c, &ret->type.referenced, &ret->type.created);
    }
    if (type->bound != AST_BOUND_SUB_RESOURCE)
        return check_bad(c, type->offset, "a bound of a type that is not known");
    ret->type.created =
        (struct entity_type){.kind = ENTITY_TYPE_RESOURCE, .resource = {.resource = c->next_resource++}};
    ret->type.referenced = ret->type.created;
    return 0;
}

int check_extern_type(struct check *c, struct scope *s, const struct ast_extern *type, struct entity *ret) {
    struct entity_type found;
    *ret = (struct entity){.sort = type->sort};
    switch (type->sort) {
    case SORT_CORE_MODULE: {
        const struct scope_core_type *core;
        TRY(check_core_type_at(c, s, type->index, type->offset, &core));
        if (!core->is_module)
            return check_bad(c, type->offset, "core type index %u is not a module type", type->index);
        ret->module = core->module;
        return 0;
    }
    case SORT_FUNC:
        TRY(type_of_kind(c, s, type->index, ENTITY_TYPE_FUNC, type->offset, &found));
        ret->func = found.func;
        return 0;
    case SORT_INSTANCE:
        TRY(type_of_kind(c, s, type->index, ENTITY_TYPE_INSTANCE, type->offset, &found));
        ret->instance = found.instance;
        return 0;
    case SORT_COMPONENT:
        TRY(type_of_kind(c, s, type->index, ENTITY_TYPE_COMPONENT, type->offset, &found));
        ret->component = found.component;
        return 0;
    case SORT_TYPE: return type_bound(c, s, type, ret);
    case SORT_VALUE: return check_unrun(c, UNRUN_VALUES, NULL, type->offset);
    default:
        return check_bad(c, type->offset, "a %s cannot be imported or exported",
                         component_sort_words(type->sort));
    }
}
