/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The walk over the definitions of a component, and what is said at the end of each scope.  The way of the
 * binary is the way of the walk: an index means what stands before it.
 */
#include "component/check.h"

#include "base/mem.h"
#include "component/check/internal.h"

/* --- the end of a component --- */

/* Of all that was defined inside, the resources that exports mention belong to the type: each must be
 * exported itself; imports may mention none of them. */
static int collect_defined(struct check *c, const struct scope *s, uint32_t offset,
                           struct component_type *type) {
    struct check_table imported = {0}, exported = {0};
    for (uint32_t i = 0; i < type->imports.count; i++)
        TRY(check_free_resources(c, &type->imports.entities[i], &imported));
    for (uint32_t i = 0; i < type->exports.count; i++)
        TRY(check_free_resources(c, &type->exports.entities[i], &exported));
    TRY(check_work(c, s->defined.count));
    for (uint32_t i = 0; i < s->defined.count; i++) {
        uint32_t resource = s->defined.list[i].resource;
        struct check_key key = {resource, 0};
        const struct check_entry *e = check_table_find(&imported, key);
        if (e && e->number)
            return check_bad(c, offset, "local resource type found in imports");
        e = check_table_find(&exported, key);
        if (!e || !e->number)
            continue;
        e = check_table_find(&s->explicit_at, key);
        if (!e)
            return check_bad(c, offset, "local resource type found in export but not exported itself");
        TRY(check_resource_add(c, &type->defined, resource, s->explicit.list[e->number].path));
    }
    return 0;
}

int check_scope_component(struct check *c, struct scope *s, uint32_t offset, struct component_type *ret) {
    *ret = (struct component_type){.info = s->info, .imported = s->imported, .explicit = s->explicit};
    TRY(check_side_list(c, &s->imports, &ret->imports));
    TRY(check_side_list(c, &s->exports, &ret->exports));
    return collect_defined(c, s, offset, ret);
}

/* --- the walk --- */

static int check_component(struct check *c, const struct ast_component *ast, struct scope *outer,
                           struct component_type *ret) {
    struct scope s;
    int r = check_scope_begin(c, &s, SCOPE_COMPONENT, outer, ast->offset);
    if (!r)
        r = check_scope(c, &s, &ast->scope);
    if (!r)
        r = check_scope_component(c, &s, ast->offset, ret);
    check_scope_end(c, &s);
    return r;
}

static int component_def(struct check *c, struct scope *s, const struct ast_def *def) {
    struct component_type *type = arena_new(c->keep, struct component_type);
    if (!type)
        return check_nomem(c);
    TRY(check_room(c, s, SORT_COMPONENT, def->offset));
    TRY(check_component(c, def->component, s, type));
    return PUSH(c, &s->components, type);
}

static int module_def(struct check *c, struct scope *s, const struct ast_def *def) {
    const struct core_module_type *type;
    TRY(check_room(c, s, SORT_CORE_MODULE, def->offset));
    TRY(check_module_read(c, def->module, def->offset, &type));
    return PUSH(c, &s->core_modules, type);
}

static bool allowed(enum scope_kind kind, enum ast_def_kind def) {
    if (kind == SCOPE_COMPONENT)
        return true;
    return def == AST_CORE_TYPE || def == AST_TYPE || def == AST_ALIAS || def == AST_EXPORT ||
           (def == AST_IMPORT && kind == SCOPE_COMPONENT_TYPE);
}

static int check_def(struct check *c, struct scope *s, const struct ast_def *def) {
    if (!allowed(s->kind, def->kind))
        return check_bad(c, def->offset, "a definition that has no place in a type");
    switch (def->kind) {
    case AST_CORE_MODULE: return module_def(c, s, def);
    case AST_CORE_INSTANCE: return check_core_instance_def(c, s, def);
    case AST_CORE_TYPE: return check_core_type_def(c, s, def);
    case AST_COMPONENT: return component_def(c, s, def);
    case AST_INSTANCE: return check_instance_def(c, s, def);
    case AST_ALIAS: return check_alias_def(c, s, def);
    case AST_TYPE: return check_type_def(c, s, def);
    case AST_CANON: return check_canon_def(c, s, def);
    case AST_IMPORT: return check_import_def(c, s, def);
    case AST_EXPORT: return check_export_def(c, s, def);
    case AST_START: return check_unrun(c, UNRUN_START, NULL, def->offset);
    case AST_VALUE: return check_unrun(c, UNRUN_VALUES, NULL, def->offset);
    }
    return check_bad(c, def->offset, "a definition of a kind that is not known");
}

int check_scope(struct check *c, struct scope *s, const struct ast_scope *ast) {
    for (uint32_t i = 0; i < ast->count; i++)
        TRY(check_def(c, s, &ast->defs[i]));
    return 0;
}

/* --- the door --- */

int component_check(const struct ast *ast, struct types *types, struct component_root **ret,
                    arcella_error **reterr) {
    struct component_root *root = mem_new(struct component_root);
    if (!root)
        return error_nomem(reterr);
    root->arena.limit_bytes = CHECK_MEMORY_MAX(ast->arena.total_bytes) / 2;
    struct check c = {.types = types,
                      .keep = &root->arena,
                      .scratch = {.limit_bytes = root->arena.limit_bytes},
                      .work_max = CHECK_WORK_MAX(ast->arena.total_bytes),
                      .reterr = reterr};
    int r = check_component(&c, ast->root, NULL, &root->type);
    root->resources = c.next_resource;
    arena_done(&c.scratch);
    if (r) {
        component_root_free(root);
        return r;
    }
    *ret = root;
    return 0;
}

struct component_root *component_root_free(struct component_root *root) {
    if (root) {
        arena_done(&root->arena);
        mem_free(root);
    }
    return NULL;
}
