/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Canonical definitions: what is lifted, what is lowered, the built-ins of resources; and the core signatures
 * they have.
 *
 * Source: component-model, design/mvp/CanonicalABI.md (Canonical Definitions, Flattening).
 */
#include "component/resolve/internal.h"

/* The plan of a function type, and its core signature. */
static int plan_of(struct resolve *r, const struct func_type *type, bool lowered, const struct plan **ret,
                   const char **ret_signature) {
    char signature[PLAN_SIGNATURE_BYTES];
    TRY(plans_get(r->program->plans, type, ret, r->reterr));
    plan_signature(type, lowered, signature);
    *ret_signature = arena_text(&r->program->arena, signature, strlen(signature));
    return *ret_signature ? 0 : resolve_nomem(r);
}

/* --- options --- */

static int option(struct resolve *r, const struct frame *frame, enum component_sort sort, bool has,
                  uint32_t index, uint32_t offset, uint32_t *ret) {
    *ret = RESOLVE_NONE;
    if (!has)
        return 0;
    const struct thing *thing = resolve_at(frame, sort, index);
    if (!thing)
        return resolve_wrong(r, offset, "an option that is not there");
    *ret = thing->item;
    return 0;
}

static int options(struct resolve *r, const struct frame *frame, const struct ast_def *def,
                   struct resolved_options *ret) {
    const struct ast_options *from = &def->canon.options;
    if (from->async || from->has_callback)
        return resolve_wrong(r, def->offset, "an asynchronous definition");
    ret->encoding = from->encoding;
    TRY(option(r, frame, SORT_CORE_MEMORY, from->has_memory, from->memory, def->offset, &ret->memory));
    TRY(option(r, frame, SORT_CORE_FUNC, from->has_realloc, from->realloc_func, def->offset,
               &ret->realloc_func));
    return option(r, frame, SORT_CORE_FUNC, from->has_post_return, from->post_return, def->offset,
                  &ret->post_return);
}

/* What running a plan relies on. */
static bool has_enough(const struct resolved_options *options, bool memory, bool realloc_func) {
    return (!memory || options->memory != RESOLVE_NONE) &&
           (!realloc_func || options->realloc_func != RESOLVE_NONE);
}

/* --- lift and lower --- */

static int lift(struct resolve *r, struct frame *frame, const struct ast_def *def) {
    struct program *p = r->program;
    const struct thing *callee = resolve_at(frame, SORT_CORE_FUNC, def->canon.func);
    const struct thing *type = resolve_at(frame, SORT_TYPE, def->canon.type);
    if (!callee || !type || type->type.kind != THING_FUNC)
        return resolve_wrong(r, def->offset, "a lift of what is not there");
    struct resolved_lift lifted = {.instance = frame->instance, .callee = callee->item};
    TRY(plan_of(r, type->type.func, false, &lifted.plan, &lifted.signature));
    TRY(options(r, frame, def, &lifted.options));
    if (!has_enough(&lifted.options, lifted.plan->lift_needs_memory, lifted.plan->lift_needs_realloc))
        return resolve_wrong(r, def->offset, "a lift without what its type needs");
    TRY(GROW(r, lifts, lift_count, lifts));
    struct thing thing = {.func = {.index = p->lift_count, .type = type->type.func}};
    p->lifts[p->lift_count++] = lifted;
    return resolve_push(r, frame, SORT_FUNC, &thing);
}

static int add_host(struct resolve *r, struct frame *frame, struct resolved_host *host) {
    struct program *p = r->program;
    TRY(GROW(r, hosts, host_count, hosts));
    struct resolved_item item = {.sort = SORT_CORE_FUNC, .host = p->host_count, .core = RESOLVE_NONE};
    struct thing thing = {0};
    TRY(resolve_item_add(r, &item, &thing.item));
    host->item = thing.item;
    p->hosts[p->host_count++] = *host;
    return resolve_push(r, frame, SORT_CORE_FUNC, &thing);
}

void resolve_used(struct resolve *r, const struct func_thing *func) {
    if (func->imported && func->index < r->program->import_count)
        r->program->imports[func->index].used = true;
}

static int lower(struct resolve *r, struct frame *frame, const struct ast_def *def) {
    struct program *p = r->program;
    const struct thing *func = resolve_at(frame, SORT_FUNC, def->canon.func);
    if (!func)
        return resolve_wrong(r, def->offset, "a lower of no function");
    const struct func_thing *callee = &func->func;
    struct resolved_host host = {
        .kind = callee->imported ? HOST_LOWER_IMPORT : HOST_LOWER_LIFT,
        .instance = frame->instance,
        .target = callee->index,
        .meets = RESOLVE_NONE,
    };
    TRY(plan_of(r, callee->type, true, &host.plan, &host.signature));
    TRY(options(r, frame, def, &host.options));
    if (!has_enough(&host.options, host.plan->lower_needs_memory, host.plan->lower_needs_realloc))
        return resolve_wrong(r, def->offset, "a lower without what its type needs");
    resolve_used(r, callee);
    if (!callee->imported)
        host.meets = resolve_meeting(p, frame->instance, p->lifts[callee->index].instance);
    return add_host(r, frame, &host);
}

static int builtin(struct resolve *r, struct frame *frame, const struct ast_def *def,
                   enum resolved_host_kind kind, const char *signature) {
    const struct thing *type = resolve_at(frame, SORT_TYPE, def->canon.func);
    if (!type || type->type.kind != THING_RESOURCE)
        return resolve_wrong(r, def->offset, "a built-in of no resource");
    struct resolved_host host = {
        .kind = kind,
        .instance = frame->instance,
        .target = type->type.resource,
        .meets = RESOLVE_NONE,
        .signature = signature,
        .options = {.memory = RESOLVE_NONE, .realloc_func = RESOLVE_NONE, .post_return = RESOLVE_NONE},
    };
    const struct resolved_resource *resource = &r->program->resources[host.target];
    if (resource->instance != RESOLVE_NONE)
        host.meets = resolve_meeting(r->program, frame->instance, resource->instance);
    return add_host(r, frame, &host);
}

int resolve_canon_def(struct resolve *r, struct frame *frame, const struct ast_def *def) {
    switch (def->canon.kind) {
    case CANON_LIFT: return lift(r, frame, def);
    case CANON_LOWER: return lower(r, frame, def);
    case CANON_RESOURCE_NEW: return builtin(r, frame, def, HOST_RESOURCE_NEW, "i:i");
    case CANON_RESOURCE_DROP: return builtin(r, frame, def, HOST_RESOURCE_DROP, "i:");
    case CANON_RESOURCE_REP: return builtin(r, frame, def, HOST_RESOURCE_REP, "i:i");
    default:
        return error_set(r->reterr, ARCELLA_E_UNSUPPORTED, "%s at byte %u: not supported",
                         ast_canon_words(def->canon.kind), def->offset);
    }
}
