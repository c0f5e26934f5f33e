/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Fuzz target: the decoder of components, and what makes types and names of what it read.  Whatever is
 * accepted must lie in the bytes and hold what it says.
 */
#include "base/limits.h"
#include "base/mem.h"
#include "component/decode/ast.h"
#include "component/decode/types_build.h"
#include "component/names/name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What one walk carries. */
struct walk {
    const uint8_t *data, *end;
    struct types *types;
    uint32_t modules, components;
};

/* The type space of a scope, as far as types are defined in it. */
struct space {
    const struct type **types; /* NULL: no value type */
    uint32_t count;
};

static void must(bool condition) {
    if (!condition)
        __builtin_trap();
}

static void check_text(const struct walk *w, struct text text) {
    const uint8_t *at = (const uint8_t *)text.data;
    must(text.length == 0 || (at >= w->data && at + text.length <= w->end));
}

static void check_name(const struct walk *w, struct text text) {
    check_text(w, text);
    must(text.length <= LIMIT_COMPONENT_NAME_BYTES && text_is_utf8(text.data, text.length));
}

static void check_extern_name(const struct walk *w, const struct ast_name *name) {
    struct extern_name parts, again;
    check_name(w, name->name);
    check_name(w, name->implements);
    check_name(w, name->version_suffix);
    check_name(w, name->external_id);
    if (extern_name_parse(name->name, name->version_suffix, &parts, NULL))
        return;
    struct text track = extern_name_track(&parts);
    must(track.data == parts.text.data && track.length <= parts.text.length);
    must(extern_name_serves(&parts, &parts) && extern_name_compare_versions(&parts, &parts) == 0);
    if (!name->version_suffix.length)
        must(extern_name_parse(parts.text, TEXT(""), &again, NULL) == 0 && again.kind == parts.kind);
    CLEANUP(name_set_done) struct name_set set = {0};
    int r = name_set_add(&set, &parts, "name", NULL);
    must(r == ARCELLA_E_NOMEM || name_set_add(&set, &parts, "name", NULL) == ARCELLA_E_WASM);
}

/* --- types --- */

static int find_value(void *user, uint32_t index, const struct type **ret, arcella_error **reterr) {
    const struct space *space = user;
    if (index >= space->count || !space->types[index])
        return error_set(reterr, ARCELLA_E_WASM, "type %u is no value type", index);
    *ret = space->types[index];
    return 0;
}

static int find_resource(void *user, uint32_t index, uint32_t *ret, arcella_error **reterr) {
    (void)user;
    (void)reterr;
    *ret = index;
    return 0;
}

static void check_type(const struct walk *w, const struct type *type) {
    must(type->align == 1 || type->align == 2 || type->align == 4 || type->align == 8);
    must(type->size > 0 && type->size % type->align == 0 && type->size < TYPES_SIZE_BYTES);
    must(type->depth >= 1 && type->depth <= TYPES_DEPTH);
    must(type->flat_count >= 1 && type->flat_count <= TYPES_FLAT_MANY);
    /* The most even of substitutions: each resource for the next. */
    static const struct type_change changes[] = {{0, 1}, {1, 2}, {2, 3}};
    const struct type *changed = NULL;
    if (types_substitute(w->types, type, &(struct type_substitution){changes, 3, NULL}, &changed, NULL) == 0)
        must(changed->size == type->size && changed->flat_count == type->flat_count &&
             (type->has_handle || changed == type));
}

static void build_type(const struct walk *w, struct space *space, const struct ast_type *from) {
    const struct types_lookup lookup = {find_value, find_resource, space};
    arcella_error *error = NULL;
    const struct type *type = NULL;
    const struct func_type *func = NULL;
    int r = 0;
    if (from->kind == AST_TYPE_PRIMITIVE || from->kind == AST_TYPE_DEFINED)
        r = types_build_defined(w->types, &lookup, from, &type, &error);
    else if (from->kind == AST_TYPE_FUNC)
        r = types_build_func(w->types, &lookup, from, &func, &error);
    must(r == 0 || (r == arcella_error_code(error) && !type && !func));
    arcella_error_free(error);
    if (type)
        check_type(w, type);
    space->types[space->count++] = type;
}

/* --- the ast --- */

static void walk_component(struct walk *w, const struct ast_component *component);
static void walk_scope(struct walk *w, const struct ast_scope *scope);

static void walk_args(const struct walk *w, const struct ast_def *def) {
    for (uint32_t i = 0; i < def->instance.count; i++)
        check_name(w, def->instance.args[i].name.name);
}

static void walk_core_type(const struct walk *w, const struct ast_core_type *type) {
    for (uint32_t i = 0; i < type->decl_count; i++) {
        check_name(w, type->decls[i].module);
        check_name(w, type->decls[i].name);
    }
}

static void walk_def(struct walk *w, const struct ast_def *def, struct space *space) {
    must(def->offset <= w->end - w->data);
    switch (def->kind) {
    case AST_CORE_MODULE:
        check_text(w, def->module);
        w->modules++;
        break;
    case AST_COMPONENT: walk_component(w, def->component); break;
    case AST_CORE_INSTANCE:
    case AST_INSTANCE: walk_args(w, def); break;
    case AST_CORE_TYPE: walk_core_type(w, def->core_type); break;
    case AST_ALIAS: check_name(w, def->alias.name); break;
    case AST_TYPE:
        if (def->type->kind == AST_TYPE_COMPONENT || def->type->kind == AST_TYPE_INSTANCE)
            walk_scope(w, def->type->scope);
        build_type(w, space, def->type);
        break;
    case AST_CANON: must((unsigned)def->canon.kind < CANONS); break;
    case AST_IMPORT: check_extern_name(w, &def->import.name); break;
    case AST_EXPORT: check_extern_name(w, &def->export.name); break;
    case AST_START:
    case AST_VALUE: break;
    }
}

static void walk_scope(struct walk *w, const struct ast_scope *scope) {
    MEM_AUTO const struct type **slots = mem_array((size_t)scope->count + 1, sizeof(*slots));
    if (!slots)
        return;
    struct space space = {slots, 0};
    for (uint32_t i = 0; i < scope->count; i++)
        walk_def(w, &scope->defs[i], &space);
}

static void walk_component(struct walk *w, const struct ast_component *component) {
    w->components++;
    check_text(w, component->bytes);
    check_name(w, component->name);
    must((const uint8_t *)component->bytes.data == w->data + component->offset);
    walk_scope(w, &component->scope);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct ast *ast = NULL;
    arcella_error *error = NULL;
    int r = ast_decode(data, size, &ast, &error);
    if (r) {
        must(!ast && arcella_error_code(error) == r);
        arcella_error_free(error);
        return 0;
    }
    struct walk w = {.data = data, .end = data + size, .types = types_new()};
    if (w.types)
        walk_component(&w, ast->root);
    must(!w.types || (w.modules == ast->modules && w.components == ast->components));
    types_free(w.types);
    ast_free(ast);
    return 0;
}
