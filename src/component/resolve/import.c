/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Imports.  Those of a nested component are what it was given.  Those of the root are made from their types:
 * each function becomes a row of the program, each resource a resource type of the host's; interfaces whose
 * versions match share their resources, as real components import several 0.2.x of one interface at once.
 *
 * Source: component-model, design/mvp/Explainer.md (Import and Export Definitions, Canonical Interface Name).
 */
#include "component/resolve/internal.h"

static int from_type(struct resolve *r, struct frame *frame, const struct ast_extern *type,
                     struct text interface, struct text name, struct thing *ret);

/* --- nested --- */

static int given(struct resolve *r, struct frame *frame, const struct ast_def *def,
                 const struct instance_thing *args) {
    const struct thing *arg = resolve_instance_find(args, def->import.name.name, def->import.type.sort);
    if (!arg)
        return resolve_wrong(r, def->offset, "an import without argument");
    return resolve_push(r, frame, def->import.type.sort, arg);
}

/* --- the root's --- */

/* The resource of this name in all matching versions of the interface. */
static int import_resource(struct resolve *r, struct text interface, struct text name, uint32_t *ret) {
    struct text track = extern_text_track(interface);
    size_t length = track.length + 1 + name.length;
    char *key = arena_alloc(&r->scratch, length + 1);
    if (!key)
        return resolve_nomem(r);
    if (track.length)
        memcpy(key, track.data, track.length);
    memcpy(key + track.length + 1, name.data, name.length);
    bool is_new;
    uint32_t number = names_add(r->resource_keys, (struct text){key, length}, &is_new);
    if (number == RESOLVE_NONE)
        return resolve_nomem(r);
    struct program *p = r->program;
    if (is_new) {
        if (p->resource_count >= LIMIT_RESOLVE_RESOURCES)
            return error_set(r->reterr, ARCELLA_E_LIMIT,
                             "a component may import %u resource types, this one has more",
                             LIMIT_RESOLVE_RESOURCES);
        TRY(GROW(r, resources, resource_count, resources));
        p->resources[p->resource_count] = (struct resolved_resource){.interface = interface,
                                                                     .name = name,
                                                                     .imported = true,
                                                                     .instance = RESOLVE_NONE,
                                                                     .dtor = RESOLVE_NONE};
        names_set(r->resource_keys, number, p->resource_count++);
    }
    *ret = names_value(r->resource_keys, number);
    return 0;
}

static int add_import(struct resolve *r, const struct component_import *import, uint32_t *ret) {
    TRY(resolve_step(r, 1));
    TRY(GROW(r, imports, import_count, imports));
    *ret = r->program->import_count++;
    r->program->imports[*ret] = *import;
    return 0;
}

static int import_func(struct resolve *r, struct frame *frame, const struct ast_extern *type,
                       struct text interface, struct text name, struct thing *ret) {
    const struct thing *of = resolve_at(frame, SORT_TYPE, type->index);
    if (!of || of->type.kind != THING_FUNC)
        return resolve_wrong(r, type->offset, "a function of no function type");
    struct component_import import = {
        .kind = COMPONENT_IMPORT_FUNC, .interface = interface, .name = name, .type = of->type.func};
    ret->func = (struct func_thing){.imported = true, .type = of->type.func};
    return add_import(r, &import, &ret->func.index);
}

static int import_type(struct resolve *r, struct frame *frame, const struct ast_extern *type,
                       struct text interface, struct text name, struct thing *ret) {
    if (type->bound == AST_BOUND_EQ) {
        const struct thing *of = resolve_at(frame, SORT_TYPE, type->index);
        if (!of)
            return resolve_wrong(r, type->offset, "a type equal to none");
        *ret = *of;
        return 0;
    }
    ret->type.kind = THING_RESOURCE;
    TRY(import_resource(r, interface, name, &ret->type.resource));
    struct component_import import = {.kind = COMPONENT_IMPORT_RESOURCE,
                                      .interface = interface,
                                      .name = name,
                                      .resource = ret->type.resource};
    uint32_t index;
    return add_import(r, &import, &index);
}

/* One declaration of an instance type. */
static int declaration(struct resolve *r, struct frame *frame, const struct ast_def *def) {
    struct thing thing = {0};
    switch (def->kind) {
    case AST_CORE_TYPE: return resolve_push(r, frame, SORT_CORE_TYPE, &thing);
    case AST_TYPE: return resolve_type_def(r, frame, def);
    case AST_ALIAS: return resolve_alias_def(r, frame, def);
    case AST_EXPORT: break;
    default: return resolve_wrong(r, def->offset, "what is no declaration");
    }
    struct text name = def->export.name.name;
    TRY(from_type(r, frame, &def->export.type, frame->interface, name, &thing));
    TRY(resolve_push(r, frame, def->export.type.sort, &thing));
    return resolve_instance_add(r, frame->exports, name, def->export.type.sort, &thing);
}

/* An instance of the host's: what its type says it has. */
static int import_instance(struct resolve *r, struct frame *frame, const struct ast_extern *type,
                           struct text name, struct thing *ret) {
    const struct thing *of = resolve_at(frame, SORT_TYPE, type->index);
    if (!of || of->type.kind != THING_SCOPE || of->type.scope.type->kind != AST_TYPE_INSTANCE)
        return resolve_wrong(r, type->offset, "an instance of no instance type");
    if (r->nesting >= LIMIT_COMPONENT_DEPTH)
        return error_set(r->reterr, ARCELLA_E_LIMIT, "instance types stand in each other more than %u deep",
                         LIMIT_COMPONENT_DEPTH);
    const struct ast_scope *scope = of->type.scope.type->scope;
    TRY(resolve_step(r, (uint64_t)scope->count + 1));
    struct frame *inside;
    TRY(resolve_frame(r, scope, of->type.scope.frame, &inside));
    inside->interface = name;
    r->nesting++;
    for (uint32_t i = 0; i < scope->count; i++)
        TRY(declaration(r, inside, &scope->defs[i]));
    r->nesting--;
    ret->instance = inside->exports;
    return 0;
}

static int from_type(struct resolve *r, struct frame *frame, const struct ast_extern *type,
                     struct text interface, struct text name, struct thing *ret) {
    switch (type->sort) {
    case SORT_FUNC: return import_func(r, frame, type, interface, name, ret);
    case SORT_TYPE: return import_type(r, frame, type, interface, name, ret);
    case SORT_INSTANCE: return import_instance(r, frame, type, name, ret);
    case SORT_CORE_MODULE:
    case SORT_COMPONENT: break;
    default: return resolve_wrong(r, type->offset, "an import of another sort");
    }
    if (type->sort == SORT_CORE_MODULE)
        ret->module = RESOLVE_NONE;
    struct component_import import = {.kind = COMPONENT_IMPORT_OTHER, .interface = interface, .name = name};
    uint32_t index;
    return add_import(r, &import, &index);
}

int resolve_import_def(struct resolve *r, struct frame *frame, const struct ast_def *def,
                       const struct instance_thing *args) {
    if (args)
        return given(r, frame, def, args);
    struct thing thing = {0};
    TRY(from_type(r, frame, &def->import.type, (struct text){"", 0}, def->import.name.name, &thing));
    return resolve_push(r, frame, def->import.type.sort, &thing);
}
