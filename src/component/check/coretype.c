/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Core types that a component defines itself: function types and module types (Binary.md, core types).
 */
#include "component/check/internal.h"

/* Types of a module type, which has an index space of its own. */
struct module_types {
    SPACE(uint32_t) funcs;
};

static bool value_is_plain(uint8_t code) {
    return (code >= 0x7b && code <= 0x7f) || code == 0x70 || code == 0x6f;
}

static int letters_of(struct check *c, const uint8_t *codes, uint32_t count, uint32_t offset,
                      struct text *ret) {
    char *letters = arena_array(&c->scratch, count, 1);
    if (!letters)
        return check_nomem(c);
    for (uint32_t i = 0; i < count; i++) {
        if (!value_is_plain(codes[i]))
            return check_unrun(c, UNRUN_CORE_TYPE, NULL, offset);
        letters[i] = check_core_letter(codes[i]);
    }
    *ret = (struct text){letters, count};
    return 0;
}

static int func_type(struct check *c, const struct ast_core_type *type, uint32_t *ret) {
    struct text params = {0}, results = {0};
    TRY(letters_of(c, type->params, type->param_count, type->offset, &params));
    TRY(letters_of(c, type->results, type->result_count, type->offset, &results));
    return check_core_func_type(c, params, results, ret);
}

static int limits(struct check *c, const struct ast_core_extern *what, uint64_t most, uint32_t offset) {
    if (what->min > most || (what->has_max && (what->max > most || what->min > what->max)))
        return check_bad(c, offset, "%s limits that cannot be",
                         what->sort == SORT_CORE_MEMORY ? "memory" : "table");
    return 0;
}

static int extern_type(struct check *c, const struct module_types *types, const struct ast_core_extern *what,
                       uint32_t offset, struct core_entity *ret) {
    *ret = (struct core_entity){.sort = what->sort,
                                .is_64 = what->is_64,
                                .shared = what->shared,
                                .has_max = what->has_max,
                                .min = what->min,
                                .max = what->max};
    switch (what->sort) {
    case SORT_CORE_FUNC:
    case SORT_CORE_TAG:
        if (what->index >= types->funcs.count)
            return check_bad(c, offset, "unknown type %u: there are %u so far (type index out of bounds)",
                             what->index, types->funcs.count);
        ret->type = types->funcs.items[what->index];
        if (what->sort == SORT_CORE_TAG && c->core_types.names[ret->type].second.length)
            return check_bad(c, offset, "a tag whose type has results");
        return 0;
    case SORT_CORE_GLOBAL:
    case SORT_CORE_TABLE:
        if (!value_is_plain(what->value_type))
            return check_unrun(c, UNRUN_CORE_TYPE, NULL, offset);
        ret->value = what->value_type;
        ret->mutable_global = what->sort == SORT_CORE_GLOBAL && what->mutable_global;
        if (what->sort == SORT_CORE_GLOBAL)
            return 0;
        if (what->value_type > 0x70)
            return check_bad(c, offset, "a table of something else than references");
        TRY(limits(c, what, what->is_64 ? UINT64_MAX : UINT32_MAX, offset));
        return check_core_size(c, ret, offset);
    case SORT_CORE_MEMORY:
        if (what->shared && !what->has_max)
            return check_bad(c, offset, "a shared memory without maximum");
        TRY(limits(c, what, what->is_64 ? 1ull << 48 : 65536, offset));
        return check_core_size(c, ret, offset);
    default:
        return check_bad(c, offset, "a %s, where a core function, table, memory, global or tag was expected",
                         component_sort_words(what->sort));
    }
}

static int module_alias(struct check *c, const struct scope *s, struct module_types *types,
                        const struct ast_module_decl *decl) {
    if (decl->outer == 0) {
        if (decl->index >= types->funcs.count)
            return check_bad(c, decl->offset,
                             "unknown type %u: there are %u so far (type index out of bounds)", decl->index,
                             types->funcs.count);
        return PUSH(c, &types->funcs, types->funcs.items[decl->index]);
    }
    for (uint32_t i = 1; s && i < decl->outer; i++)
        s = s->outer;
    if (!s)
        return check_bad(c, decl->offset, "invalid outer alias count of %u", decl->outer);
    const struct scope_core_type *type;
    TRY(check_core_type_at(c, s, decl->index, decl->offset, &type));
    if (type->is_module)
        return check_bad(c, decl->offset, "core type %u is a module type, expected a function type",
                         decl->index);
    return PUSH(c, &types->funcs, type->func);
}

static int module_decl(struct check *c, const struct scope *s, struct module_types *types,
                       struct module_builder *b, const struct ast_module_decl *decl) {
    struct core_entity what;
    uint32_t type;
    switch (decl->kind) {
    case AST_MODULE_TYPE:
        if (decl->type->kind == AST_CORE_MODULE_TYPE)
            return check_bad(c, decl->offset, "a module type inside a module type");
        if (decl->type->kind == AST_CORE_OTHER)
            return check_unrun(c, UNRUN_CORE_TYPE, NULL, decl->offset);
        TRY(func_type(c, decl->type, &type));
        return PUSH(c, &types->funcs, type);
    case AST_MODULE_ALIAS: return module_alias(c, s, types, decl);
    case AST_MODULE_IMPORT:
        TRY(extern_type(c, types, &decl->what, decl->offset, &what));
        return check_module_import(c, b, decl->module, decl->name, &what, decl->offset);
    case AST_MODULE_EXPORT:
        TRY(extern_type(c, types, &decl->what, decl->offset, &what));
        return check_module_export(c, b, decl->name, &what, decl->offset);
    }
    return check_bad(c, decl->offset, "a declaration of a kind that is not known");
}

int check_core_type_def(struct check *c, struct scope *s, const struct ast_def *def) {
    const struct ast_core_type *type = def->core_type;
    struct scope_core_type made = {.is_module = type->kind == AST_CORE_MODULE_TYPE};
    TRY(check_room(c, s, SORT_CORE_TYPE, def->offset));
    if (type->kind == AST_CORE_OTHER)
        return check_unrun(c, UNRUN_CORE_TYPE, type->what, def->offset);
    if (type->kind == AST_CORE_FUNC) {
        TRY(func_type(c, type, &made.func));
        return PUSH(c, &s->core_types, made);
    }
    struct module_types types = {0};
    struct module_builder b;
    TRY(check_module_begin(c, &b));
    for (uint32_t i = 0; i < type->decl_count; i++)
        TRY(module_decl(c, s, &types, &b, &type->decls[i]));
    TRY(check_module_end(c, &b, &made.module));
    return PUSH(c, &s->core_types, made);
}
