/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Canonical definitions: their options, and the core signatures that follow from function types
 * (CanonicalABI.md, flattening, canonical definitions).
 */
#include "component/check/internal.h"

/* A core signature being put together, by letters. */
struct signature {
    char params[TYPES_FLAT_PARAMS + 1]; /* one more: where the result goes */
    uint32_t param_count;
    char results[TYPES_FLAT_RESULTS];
    uint32_t result_count;
};

static const char flat_letters[] = {[FLAT_I32] = 'i', [FLAT_I64] = 'I', [FLAT_F32] = 'f', [FLAT_F64] = 'F'};

/* --- options --- */

static int core_is(struct check *c, const struct scope *s, uint32_t func, const char *what,
                   struct text params, struct text results, uint32_t offset) {
    char wanted[256], found[256];
    uint32_t type, expected;
    TRY(check_core_func_at(c, s, func, offset, &type));
    TRY(check_core_func_type(c, params, results, &expected));
    if (type == expected)
        return 0;
    return check_bad(
        c, offset, "canonical option '%s' uses a core function with an incorrect signature: %s, expected %s",
        what, check_core_words(c, type, found, sizeof(found)),
        check_core_words(c, expected, wanted, sizeof(wanted)));
}

static int check_memory(struct check *c, const struct scope *s, uint32_t index, uint32_t offset) {
    struct core_entity memory;
    TRY(check_core_item_at(c, s, (struct ast_ref){SORT_CORE_MEMORY, index}, offset, &memory));
    return check_core_size(c, &memory, offset);
}

/* What holds for the options of lift and lower alike. */
static int check_options(struct check *c, const struct scope *s, const struct ast_options *o,
                         uint32_t offset) {
    if (o->has_memory)
        TRY(check_memory(c, s, o->memory, offset));
    if (o->has_callback && !o->async)
        return check_bad(c, offset, "cannot specify callback without async");
    if (o->has_post_return && o->async)
        return check_bad(c, offset, "cannot specify post-return function in async");
    if (o->has_realloc && !o->has_memory)
        return check_bad(c, offset, "canonical option 'realloc' requires 'memory' to also be specified");
    if (o->has_realloc)
        TRY(core_is(c, s, o->realloc_func, "realloc", TEXT("iiii"), TEXT("i"), offset));
    return 0;
}

static int need_memory(struct check *c, const struct ast_options *o, uint32_t offset) {
    return o->has_memory ? 0 : check_bad(c, offset, "canonical option 'memory' is required");
}

static int need_realloc(struct check *c, const struct ast_options *o, uint32_t offset) {
    TRY(need_memory(c, o, offset));
    return o->has_realloc ? 0 : check_bad(c, offset, "canonical option 'realloc' is required");
}

/* --- signatures --- */

/* The options that the parameters and the result ask for: a lowered function reads arguments in memory and
 * has room made for its result, a lifted one the other way round. */
static int check_needs(struct check *c, const struct func_type *func, const struct ast_options *o, bool lift,
                       uint32_t offset) {
    bool pointers = false;
    for (uint32_t i = 0; i < func->param_count; i++)
        pointers |= func->params[i].type->has_pointer;
    if (pointers || func->flat_params > TYPES_FLAT_PARAMS)
        TRY(lift ? need_realloc(c, o, offset) : need_memory(c, o, offset));
    if (!func->result)
        return 0;
    if (func->result->has_pointer && !lift)
        TRY(need_realloc(c, o, offset));
    return func->result->flat_count > TYPES_FLAT_RESULTS ? need_memory(c, o, offset) : 0;
}

static void flatten(const struct func_type *func, bool lift, struct signature *sig) {
    *sig = (struct signature){0};
    if (func->flat_params > TYPES_FLAT_PARAMS) {
        sig->params[sig->param_count++] = 'i';
    } else {
        for (uint32_t i = 0; i < func->param_count; i++)
            for (uint32_t k = 0; k < func->params[i].type->flat_count; k++)
                sig->params[sig->param_count++] = flat_letters[func->params[i].type->flat[k]];
    }
    if (!func->result)
        return;
    if (func->result->flat_count <= TYPES_FLAT_RESULTS) {
        if (func->result->flat_count)
            sig->results[sig->result_count++] = flat_letters[func->result->flat[0]];
    } else if (lift) {
        sig->results[sig->result_count++] = 'i'; /* where the callee put it */
    } else {
        sig->params[sig->param_count++] = 'i'; /* where the caller wants it */
    }
}

static int signature_type(struct check *c, const struct func_type *func, const struct ast_options *o,
                          bool lift, uint32_t offset, uint32_t *ret) {
    struct signature sig;
    TRY(check_needs(c, func, o, lift, offset));
    flatten(func, lift, &sig);
    return check_core_func_type(c, (struct text){sig.params, sig.param_count},
                                (struct text){sig.results, sig.result_count}, ret);
}

/* --- definitions --- */

static int check_post_return(struct check *c, const struct scope *s, const struct ast_options *o,
                             uint32_t core_type, uint32_t offset) {
    if (!o->has_post_return)
        return 0;
    struct text results = c->core_types.names[core_type].second;
    return core_is(c, s, o->post_return, "post-return", results, TEXT(""), offset);
}

static int refuse_async(struct check *c, const struct ast_options *o, uint32_t offset) {
    if (o->has_callback)
        return check_unrun(c, UNRUN_CALLBACK_OPTION, NULL, offset);
    return o->async ? check_unrun(c, UNRUN_ASYNC_OPTION, NULL, offset) : 0;
}

static int lift_def(struct check *c, struct scope *s, const struct ast_def *def) {
    const struct ast_canon *canon = &def->canon;
    struct entity_type type;
    uint32_t core_type, wanted;
    TRY(check_type_at(c, s, canon->type, def->offset, &type));
    if (type.kind != ENTITY_TYPE_FUNC)
        return check_bad(c, def->offset, "type index %u is %s, expected a function type", canon->type,
                         entity_type_words(type.kind));
    TRY(check_core_func_at(c, s, canon->func, def->offset, &core_type));
    TRY(check_options(c, s, &canon->options, def->offset));
    TRY(check_post_return(c, s, &canon->options, core_type, def->offset));
    if (canon->options.async && !type.func->type->async)
        return check_bad(c, def->offset, "the 'async' canonical option requires an async function type");
    TRY(refuse_async(c, &canon->options, def->offset));
    TRY(signature_type(c, type.func->type, &canon->options, true, def->offset, &wanted));
    if (core_type != wanted) {
        char found[256], expected[256];
        return check_bad(c, def->offset, "type %s of core function %u does not match the lowered type %s",
                         check_core_words(c, core_type, found, sizeof(found)), canon->func,
                         check_core_words(c, wanted, expected, sizeof(expected)));
    }
    return PUSH(c, &s->funcs, type.func);
}

static int lower_def(struct check *c, struct scope *s, const struct ast_def *def) {
    const struct ast_canon *canon = &def->canon;
    struct entity func;
    uint32_t type;
    TRY(check_item_at(c, s, (struct ast_ref){SORT_FUNC, canon->func}, def->offset, &func));
    TRY(check_options(c, s, &canon->options, def->offset));
    if (canon->options.has_post_return)
        return check_bad(c, def->offset, "canonical option 'post-return' cannot be specified for lowerings");
    if (canon->options.has_callback)
        return check_bad(c, def->offset, "canonical option 'callback' cannot be specified for lowerings");
    if (canon->options.async && !func.func->type->async)
        return check_bad(c, def->offset, "the 'async' canonical option requires an async function type");
    TRY(refuse_async(c, &canon->options, def->offset));
    TRY(signature_type(c, func.func->type, &canon->options, false, def->offset, &type));
    return PUSH(c, &s->core_funcs, type);
}

static int resource_def(struct check *c, struct scope *s, const struct ast_def *def) {
    const struct ast_canon *canon = &def->canon;
    struct entity_type type;
    uint32_t core_type;
    TRY(check_type_at(c, s, canon->func, def->offset, &type));
    if (type.kind != ENTITY_TYPE_RESOURCE)
        return check_bad(c, def->offset, "type index %u is not a resource type but %s", canon->func,
                         entity_type_words(type.kind));
    /* Representations are the business of the component that defines the resource; anyone may drop. */
    if (canon->kind != CANON_RESOURCE_DROP &&
        !check_table_find(&s->local, (struct check_key){type.resource.resource, 0}))
        return check_bad(c, def->offset, "%s: type %u is not a local resource", ast_canon_words(canon->kind),
                         canon->func);
    TRY(check_core_func_type(c, TEXT("i"), canon->kind == CANON_RESOURCE_DROP ? TEXT("") : TEXT("i"),
                             &core_type));
    return PUSH(c, &s->core_funcs, core_type);
}

int check_canon_def(struct check *c, struct scope *s, const struct ast_def *def) {
    TRY(check_room(c, s, SORT_FUNC, def->offset));
    if (!ast_canon_runs(def->canon.kind))
        return check_unrun(c, UNRUN_BUILTIN, ast_canon_words(def->canon.kind), def->offset);
    switch (def->canon.kind) {
    case CANON_LIFT: return lift_def(c, s, def);
    case CANON_LOWER: return lower_def(c, s, def);
    case CANON_RESOURCE_NEW:
    case CANON_RESOURCE_DROP:
    case CANON_RESOURCE_REP: return resource_def(c, s, def);
    default: return check_unrun(c, UNRUN_BUILTIN, ast_canon_words(def->canon.kind), def->offset);
    }
}
