/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Compiling plans.  Each type is compiled once per sort of code; short code is copied into what contains the
 * type, so that neighbouring plain data become one run, longer code is called.
 */
#include "component/abi/plan.h"

#include <string.h>

#include "base/arena.h"
#include "base/mem.h"

/* Code of so many operations at most is copied into what contains it. */
#define INLINE_OPS 4

enum sort { SORT_MEMORY, SORT_FLAT, SORT_ENTRY /* of a map, in memory */, CODE_SORTS };
struct type_codes {
    const struct plan_code *of[CODE_SORTS];
};
struct plans {
    struct arena arena;       /* code and plans */
    struct type_codes *types; /* owned; by id */
    uint32_t type_count;
    const struct plan **funcs; /* owned; by id */
    uint32_t func_count;
};

/* Code being made. */
struct draft {
    struct plan_op *ops; /* owned */
    uint32_t count, capacity;
};
static void draft_done(struct draft *draft) {
    mem_free(draft->ops);
}
#define DRAFT_AUTO CLEANUP(draft_done) struct draft

struct plans *plans_new(void) {
    return mem_new(struct plans);
}

struct plans *plans_free(struct plans *plans) {
    if (!plans)
        return NULL;
    arena_done(&plans->arena);
    mem_free(plans->types);
    mem_free(plans->funcs);
    mem_free(plans);
    return NULL;
}

/* Make room for an id in an array of entries that are zero where nothing is. */
static bool reach(void **array, uint32_t *count, size_t size, uint32_t id) {
    if (id < *count)
        return true;
    uint64_t wanted = (uint64_t)id + 1;
    if (wanted < 2 * (uint64_t)*count)
        wanted = 2 * (uint64_t)*count;
    if (wanted < 64)
        wanted = 64;
    if (wanted > UINT32_MAX)
        return false;
    char *more = mem_resize(*array, wanted * size);
    if (!more)
        return false;
    memset(more + *count * size, 0, (wanted - *count) * size);
    *array = more;
    *count = (uint32_t)wanted;
    return true;
}

static bool draft_add(struct draft *draft, const struct plan_op *op) {
    struct plan_op *last = draft->count ? &draft->ops[draft->count - 1] : NULL;
    if (last && last->kind == PLAN_BYTES && op->kind == PLAN_BYTES) {
        /* What is between two fields that follow each other is padding, which may have any bytes. */
        last->n = op->at + op->n - last->at;
        return true;
    }
    if (draft->count == draft->capacity) {
        uint32_t capacity = draft->capacity ? draft->capacity * 2 : 8;
        struct plan_op *ops = mem_resize(draft->ops, capacity * sizeof(*ops));
        if (!ops)
            return false;
        draft->ops = ops;
        draft->capacity = capacity;
    }
    draft->ops[draft->count++] = *op;
    return true;
}

static uint32_t cost_of(const struct plan_op *op) {
    uint64_t cost = 1;
    if (op->kind == PLAN_CALL)
        return op->code->cost;
    for (uint32_t i = 0; op->kind == PLAN_VARIANT && op->cases && i < op->n; i++)
        if (op->cases[i] && op->cases[i]->cost >= cost)
            cost = op->cases[i]->cost + 1ull;
    return (uint32_t)cost; /* below that of the type's nodes, TYPES_NODES */
}

static const struct plan_code *draft_finish(struct plans *plans, const struct draft *draft) {
    size_t bytes = draft->count * sizeof(struct plan_op);
    struct plan_code *code = arena_alloc(&plans->arena, sizeof(*code) + bytes);
    if (!code)
        return NULL;
    code->count = draft->count;
    for (uint32_t i = 0; i < draft->count; i++)
        code->cost += cost_of(&draft->ops[i]);
    if (bytes)
        memcpy(code->ops, draft->ops, bytes);
    return code;
}

static const struct plan_code *code_of(struct plans *plans, const struct type *type, enum sort sort);

/* Append the code of a type, moved to where it is. */
static bool add_type(struct plans *plans, struct draft *draft, const struct type *type, enum sort sort,
                     uint32_t at) {
    if (sort == SORT_MEMORY && type->plain)
        return draft_add(draft, &(struct plan_op){.kind = PLAN_BYTES, .at = at, .n = type->size});
    const struct plan_code *code = code_of(plans, type, sort);
    if (!code)
        return false;
    if (code->count > INLINE_OPS)
        return draft_add(draft, &(struct plan_op){.kind = PLAN_CALL, .at = at, .code = code});
    for (uint32_t i = 0; i < code->count; i++) {
        struct plan_op op = code->ops[i];
        op.at += at;
        if (!draft_add(draft, &op))
            return false;
    }
    return true;
}

static bool add_fields(struct plans *plans, struct draft *draft, const struct type_field *fields,
                       uint32_t count, enum sort sort) {
    uint32_t flat = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (!add_type(plans, draft, fields[i].type, sort, sort == SORT_FLAT ? flat : fields[i].offset))
            return false;
        flat += fields[i].type->flat_count;
    }
    return true;
}

static bool entry_is_plain(const struct type *type) {
    return type->fields[0].type->plain && (type->kind != TYPE_MAP || type->fields[1].type->plain);
}

static bool add_list(struct plans *plans, struct draft *draft, const struct type *type) {
    struct plan_op op = {.kind = PLAN_LIST_BYTES, .type = type};
    if (!entry_is_plain(type)) {
        op.kind = PLAN_LIST;
        op.code = type->kind == TYPE_MAP ? code_of(plans, type, SORT_ENTRY)
                                         : code_of(plans, type->fields[0].type, SORT_MEMORY);
        if (!op.code)
            return false;
    }
    return draft_add(draft, &op);
}

static bool add_variant(struct plans *plans, struct draft *draft, const struct type *type, enum sort sort) {
    struct plan_op op = {.kind = PLAN_VARIANT,
                         .type = type,
                         .width = type->discriminant_bytes,
                         .slots = sort == SORT_FLAT ? (uint8_t)(type->flat_count - 1) : 0,
                         .n = type->count,
                         .payload = type->fields[0].offset};
    bool any = false;
    for (uint32_t i = 0; i < type->count; i++)
        any |= type->fields[i].type != NULL;
    if (any) {
        const struct plan_code **cases = arena_array(&plans->arena, type->count, sizeof(*cases));
        if (!cases)
            return false;
        for (uint32_t i = 0; i < type->count; i++)
            if (type->fields[i].type && !(cases[i] = code_of(plans, type->fields[i].type, sort)))
                return false;
        op.cases = cases;
    }
    return draft_add(draft, &op);
}

static bool add_scalar(struct draft *draft, const struct type *type, enum sort sort) {
    static const uint8_t flat_kinds[TYPE_KINDS] = {
        [TYPE_S8] = PLAN_S8,  [TYPE_U8] = PLAN_U8,  [TYPE_S16] = PLAN_S16, [TYPE_U16] = PLAN_U16,
        [TYPE_S32] = PLAN_32, [TYPE_U32] = PLAN_32, [TYPE_F32] = PLAN_32,  [TYPE_S64] = PLAN_64,
        [TYPE_U64] = PLAN_64, [TYPE_F64] = PLAN_64};
    struct plan_op op = {.width = type->discriminant_bytes, .n = type->size};
    switch (type->kind) {
    case TYPE_BOOL: op.kind = PLAN_BOOL; break;
    case TYPE_CHAR: op.kind = PLAN_CHAR; break;
    case TYPE_STRING: op.kind = PLAN_STRING; break;
    case TYPE_FLAGS:
        op.kind = PLAN_FLAGS;
        op.n = type->count >= 32 ? UINT32_MAX : (1u << type->count) - 1;
        break;
    case TYPE_OWN:
    case TYPE_BORROW:
        op.kind = type->kind == TYPE_OWN ? PLAN_OWN : PLAN_BORROW;
        op.n = type->resource;
        break;
    default: op.kind = sort == SORT_FLAT ? flat_kinds[type->kind] : PLAN_BYTES; break;
    }
    return draft_add(draft, &op);
}

static bool compile(struct plans *plans, struct draft *draft, const struct type *type, enum sort sort) {
    if (sort == SORT_ENTRY)
        return add_fields(plans, draft, type->fields, 2, SORT_MEMORY);
    switch (type->kind) {
    case TYPE_RECORD:
    case TYPE_TUPLE: return add_fields(plans, draft, type->fields, type->count, sort);
    case TYPE_LIST:
    case TYPE_MAP: return add_list(plans, draft, type);
    case TYPE_VARIANT:
    case TYPE_ENUM:
    case TYPE_OPTION:
    case TYPE_RESULT: return add_variant(plans, draft, type, sort);
    default: return add_scalar(draft, type, sort);
    }
}

/* Depth: that of the type, at most TYPES_DEPTH. */
static const struct plan_code *code_of(struct plans *plans, const struct type *type, enum sort sort) {
    if (!reach((void **)&plans->types, &plans->type_count, sizeof(*plans->types), type->id))
        return NULL;
    const struct plan_code *known = plans->types[type->id].of[sort];
    if (known)
        return known;
    DRAFT_AUTO draft = {.ops = NULL};
    if (!compile(plans, &draft, type, sort))
        return NULL;
    const struct plan_code *code = draft_finish(plans, &draft);
    plans->types[type->id].of[sort] = code; /* compile() may have moved the array, so not by a pointer */
    return code;
}

/* --- functions --- */

/* Does canon lower, with its memory as the target, need realloc for a value of this type? */
static bool allocates(const struct type *type) {
    return type && type->has_pointer;
}

static void set_needs(struct plan *plan) {
    const struct func_type *type = plan->type;
    bool params_pointer = false;
    for (uint32_t i = 0; i < type->param_count; i++)
        params_pointer |= allocates(type->params[i].type);
    bool result_pointer = allocates(type->result);
    /* canon lift lowers parameters into its memory and lifts the result from it; canon lower the reverse */
    plan->lift_needs_realloc = params_pointer || plan->params_spilled;
    plan->lower_needs_realloc = result_pointer;
    bool any = params_pointer || plan->params_spilled || result_pointer || plan->result_spilled;
    plan->lift_needs_memory = plan->lower_needs_memory = any;
}

/* What a flat value keeps of itself where that is all there is to do; 0: there is more. */
static uint64_t mask_of(const struct plan_op *op) {
    switch (op->kind) {
    case PLAN_U8: return UINT8_MAX;
    case PLAN_U16: return UINT16_MAX;
    case PLAN_32: return UINT32_MAX;
    case PLAN_64: return UINT64_MAX;
    case PLAN_FLAGS: return op->n;
    default: return 0;
    }
}

static bool set_masks(struct plans *plans, struct plan *plan) {
    if (!plan->result_spilled && plan->result && plan->result->count == 1)
        plan->result_mask = mask_of(&plan->result->ops[0]);
    if (plan->params_spilled)
        return true;
    uint64_t masks[TYPES_FLAT_PARAMS];
    for (uint32_t i = 0; i < plan->params->count; i++) {
        masks[i] = mask_of(&plan->params->ops[i]);
        if (!masks[i])
            return true;
    }
    uint64_t *kept = arena_array(&plans->arena, plan->params->count, sizeof(*kept));
    if (!kept)
        return false;
    memcpy(kept, masks, plan->params->count * sizeof(*kept));
    plan->param_masks = kept;
    return true;
}

static bool compile_func(struct plans *plans, struct plan *plan) {
    const struct func_type *type = plan->type;
    plan->params_spilled = type->flat_params > TYPES_FLAT_PARAMS;
    plan->result_spilled = type->result && type->result->flat_count > TYPES_FLAT_RESULTS;
    plan->result_flat = type->result && !plan->result_spilled;
    plan->lifted_params = plan->params_spilled ? 1 : type->flat_params;
    plan->lowered_params = (uint8_t)(plan->lifted_params + plan->result_spilled);
    set_needs(plan);
    DRAFT_AUTO draft = {.ops = NULL};
    enum sort sort = plan->params_spilled ? SORT_MEMORY : SORT_FLAT;
    if (!add_fields(plans, &draft, type->params, type->param_count, sort))
        return false;
    plan->params = draft_finish(plans, &draft);
    if (!plan->params)
        return false;
    if (!plan->params_spilled) {
        uint8_t *flat = arena_array(&plans->arena, type->param_count, 1);
        if (!flat)
            return false;
        for (uint32_t i = 0, at = 0; i < type->param_count; at += type->params[i++].type->flat_count)
            flat[i] = (uint8_t)at;
        plan->param_flat = flat;
    }
    if (!type->result)
        return set_masks(plans, plan);
    DRAFT_AUTO result = {.ops = NULL};
    if (!add_type(plans, &result, type->result, plan->result_spilled ? SORT_MEMORY : SORT_FLAT, 0))
        return false;
    plan->result = draft_finish(plans, &result);
    return plan->result && set_masks(plans, plan);
}

int plans_get(struct plans *plans, const struct func_type *type, const struct plan **ret,
              arcella_error **reterr) {
    if (type->async || type->has_unrun)
        return error_set(reterr, ARCELLA_E_UNSUPPORTED, "a function %s cannot be called",
                         type->async ? "that is async"
                                     : "with a stream, a future, an error-context or a fixed-length list");
    if (!reach((void **)&plans->funcs, &plans->func_count, sizeof(*plans->funcs), type->id))
        return error_nomem(reterr);
    if (!plans->funcs[type->id]) {
        struct plan *plan = arena_new(&plans->arena, struct plan);
        if (!plan)
            return error_nomem(reterr);
        plan->type = type;
        if (!compile_func(plans, plan))
            return error_nomem(reterr);
        plans->funcs[type->id] = plan;
    }
    *ret = plans->funcs[type->id];
    return 0;
}

/* --- signatures --- */

static char *put_flat(char *to, const struct type *type) {
    static const char letters[] = {[FLAT_I32] = 'i', [FLAT_I64] = 'I', [FLAT_F32] = 'f', [FLAT_F64] = 'F'};
    for (uint8_t i = 0; i < type->flat_count; i++)
        *to++ = letters[type->flat[i]];
    return to;
}

/* The core result of a lifted function. */
static char *put_lifted_result(char *to, const struct func_type *type) {
    if (type->result && type->result->flat_count > TYPES_FLAT_RESULTS)
        *to++ = 'i';
    else if (type->result)
        to = put_flat(to, type->result);
    return to;
}

void plan_signature(const struct func_type *type, bool lowered, char to[PLAN_SIGNATURE_BYTES]) {
    if (type->flat_params > TYPES_FLAT_PARAMS)
        *to++ = 'i';
    else
        for (uint32_t i = 0; i < type->param_count; i++)
            to = put_flat(to, type->params[i].type);
    bool pointer = type->result && type->result->flat_count > TYPES_FLAT_RESULTS;
    if (lowered && pointer)
        *to++ = 'i';
    *to++ = ':';
    if (!lowered || !pointer)
        to = put_lifted_result(to, type);
    *to = '\0';
}

void plan_post_return_signature(const struct func_type *type, char to[PLAN_SIGNATURE_BYTES]) {
    to = put_lifted_result(to, type);
    *to++ = ':';
    *to = '\0';
}
