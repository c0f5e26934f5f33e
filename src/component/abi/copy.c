/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Guest to guest: a plan run over two memories, with nothing in between.
 *
 * Addresses are kept as numbers and added to the memory's base at each use, since a call of realloc stands
 * between any two.  What was found to be inside stays inside: memories only grow.  Recursion is as deep as
 * the type, at most TYPES_DEPTH.
 */
#include "component/abi/abi.h"

struct copier {
    struct abi_call *call;
    struct abi_guest *from, *to;
};

static int copy_memory(const struct copier *c, const struct plan_code *code, uint32_t from, uint32_t to);

static int fault_char(struct abi_call *call, uint32_t c) {
    return abi_fault(call, ABI_FAULT_CHAR, "%#x is not a char", c);
}

static int fault_case(struct abi_call *call, uint32_t is, uint32_t count) {
    return abi_fault(call, ABI_FAULT_DISCRIMINANT, "invalid variant discriminant %u, there are %u cases", is,
                     count);
}

/* The content of a list; where it is now in *ret_pointer. */
static int copy_list(const struct copier *c, const struct plan_op *op, uint32_t pointer, uint32_t count,
                     uint32_t *ret_pointer) {
    const struct type *list = op->type;
    int r = abi_check_list(c->call, c->from, list, pointer, count);
    if (!r && op->kind == PLAN_LIST)
        r = abi_charge(c->call, (uint64_t)count * op->code->cost * ABI_OP_BYTES);
    if (UNLIKELY(r))
        return r;
    uint32_t bytes = count * list->entry_size; /* abi_check_list: below 2^28 */
    uint32_t to = 0;
    r = abi_realloc(c->call, c->to, 0, 0, list->entry_align, bytes, &to);
    if (UNLIKELY(r))
        return r;
    *ret_pointer = to;
    if (op->kind == PLAN_LIST_BYTES) {
        if (bytes) /* one guest's memory may be both, so the two may overlap */
            memmove(c->to->memory.base + to, c->from->memory.base + pointer, bytes);
        return 0;
    }
    for (uint32_t i = 0; i < count; i++) {
        r = copy_memory(c, op->code, pointer, to);
        if (UNLIKELY(r))
            return r;
        pointer += list->entry_size;
        to += list->entry_size;
    }
    return 0;
}

static int copy_handle(const struct copier *c, const struct plan_op *op, uint32_t index, uint32_t *ret) {
    uint32_t rep;
    if (op->kind == PLAN_OWN)
        return handle_move_own(c->from->handles, c->to->handles, c->call, op->n, index, ret);
    int r = handle_lift_borrow(c->from->handles, c->call, op->n, index, &rep);
    return r ? r : handle_lower_borrow(c->to->handles, c->call, op->n, rep, ret);
}

/* A string, a list, a handle: what is one or two numbers here and other ones there. */
static int copy_pair(const struct copier *c, const struct plan_op *op, uint32_t first, uint32_t second,
                     uint32_t *ret_first, uint32_t *ret_second) {
    switch (op->kind) {
    case PLAN_STRING: return abi_string_copy(c->call, c->from, first, second, c->to, ret_first, ret_second);
    case PLAN_OWN:
    case PLAN_BORROW: return copy_handle(c, op, first, ret_first);
    default: *ret_second = second; return copy_list(c, op, first, second, ret_first);
    }
}

static int copy_variant(const struct copier *c, const struct plan_op *op, uint32_t from, uint32_t to) {
    uint32_t is = abi_load_width(c->from->memory.base + from, op->width);
    if (UNLIKELY(is >= op->n))
        return fault_case(c->call, is, op->n);
    abi_store_width(c->to->memory.base + to, op->width, is);
    const struct plan_code *payload = op->cases ? op->cases[is] : NULL;
    return payload ? copy_memory(c, payload, from + op->payload, to + op->payload) : 0;
}

static int copy_op(const struct copier *c, const struct plan_op *op, uint32_t from, uint32_t to) {
    const uint8_t *in = c->from->memory.base + from;
    uint8_t *out = c->to->memory.base + to;
    switch (op->kind) {
    case PLAN_BYTES: memmove(out, in, op->n); return 0;
    case PLAN_BOOL: *out = *in != 0; return 0;
    case PLAN_FLAGS: abi_store_width(out, op->width, abi_load_width(in, op->width) & op->n); return 0;
    case PLAN_CHAR: {
        uint32_t character = abi_load32(in);
        if (UNLIKELY(!abi_is_char(character)))
            return fault_char(c->call, character);
        abi_store32(out, character);
        return 0;
    }
    case PLAN_VARIANT: return copy_variant(c, op, from, to);
    case PLAN_CALL: return copy_memory(c, op->code, from, to);
    default: break;
    }
    bool handle = op->kind == PLAN_OWN || op->kind == PLAN_BORROW;
    uint32_t first, second;
    int r = copy_pair(c, op, abi_load32(in), handle ? 0 : abi_load32(in + 4), &first, &second);
    if (UNLIKELY(r))
        return r;
    out = c->to->memory.base + to;
    abi_store32(out, first);
    if (!handle)
        abi_store32(out + 4, second);
    return 0;
}

static int copy_memory(const struct copier *c, const struct plan_code *code, uint32_t from, uint32_t to) {
    const struct plan_op *op = code->ops;
    for (uint32_t i = code->count; i; i--, op++) {
        int r = copy_op(c, op, from + op->at, to + op->at);
        if (UNLIKELY(r))
            return r;
    }
    return 0;
}

/*
 * Flat values.  A slot that a variant joined holds the bits of what is in it, from bit 0, zeros above; so
 * reading the low bits of the wanted type and writing them with zeros above is all that the coercions of
 * lift_flat_variant and lower_flat_variant come to.
 */
static int copy_flat(const struct copier *c, const struct plan_code *code, const union engine_value *in,
                     union engine_value *out);

static int copy_flat_variant(const struct copier *c, const struct plan_op *op, const union engine_value *in,
                             union engine_value *out) {
    uint32_t is = in->u32;
    if (UNLIKELY(is >= op->n))
        return fault_case(c->call, is, op->n);
    out->u64 = is;
    for (uint8_t i = 1; i <= op->slots; i++)
        out[i].u64 = 0;
    const struct plan_code *payload = op->cases ? op->cases[is] : NULL;
    return payload ? copy_flat(c, payload, in + 1, out + 1) : 0;
}

static int copy_flat_pair(const struct copier *c, const struct plan_op *op, const union engine_value *in,
                          union engine_value *out) {
    bool handle = op->kind == PLAN_OWN || op->kind == PLAN_BORROW;
    uint32_t first, second;
    int r = copy_pair(c, op, in->u32, handle ? 0 : in[1].u32, &first, &second);
    if (UNLIKELY(r))
        return r;
    out->u64 = first;
    if (!handle)
        out[1].u64 = second;
    return 0;
}

static int copy_flat(const struct copier *c, const struct plan_code *code, const union engine_value *in,
                     union engine_value *out) {
    const struct plan_op *op = code->ops;
    for (uint32_t i = code->count; i; i--, op++) {
        const union engine_value *from = in + op->at;
        union engine_value *to = out + op->at;
        int r = 0;
        switch (op->kind) {
        case PLAN_32: to->u64 = from->u32; break;
        case PLAN_64: to->u64 = from->u64; break;
        case PLAN_U8: to->u64 = (uint8_t)from->u32; break;
        case PLAN_S8: to->u64 = (uint32_t)(int32_t)(int8_t)from->u32; break;
        case PLAN_U16: to->u64 = (uint16_t)from->u32; break;
        case PLAN_S16: to->u64 = (uint32_t)(int32_t)(int16_t)from->u32; break;
        case PLAN_BOOL: to->u64 = from->u32 != 0; break;
        case PLAN_FLAGS: to->u64 = from->u32 & op->n; break;
        case PLAN_CHAR:
            to->u64 = from->u32;
            if (UNLIKELY(!abi_is_char(from->u32)))
                r = fault_char(c->call, from->u32);
            break;
        case PLAN_VARIANT: r = copy_flat_variant(c, op, from, to); break;
        case PLAN_CALL: r = copy_flat(c, op->code, from, to); break;
        default: r = copy_flat_pair(c, op, from, to); break;
        }
        if (UNLIKELY(r))
            return r;
    }
    return 0;
}

int abi_copy_params_by_plan(const struct plan *plan, struct abi_call *call, struct abi_guest *caller,
                            const union engine_value *in, struct abi_guest *callee, union engine_value *out) {
    const struct copier c = {call, caller, callee};
    if (LIKELY(!plan->params_spilled))
        return copy_flat(&c, plan->params, in, out);
    const struct func_type *type = plan->type;
    uint32_t from = in->u32, to = 0;
    int r = abi_check_pointer(call, caller, from, type->params_size, type->params_align);
    if (!r)
        r = abi_charge(call, type->params_size);
    if (!r)
        r = abi_realloc(call, callee, 0, 0, type->params_align, type->params_size, &to);
    if (UNLIKELY(r))
        return r;
    out->u64 = to;
    return copy_memory(&c, plan->params, from, to);
}

int abi_copy_result_by_plan(const struct plan *plan, struct abi_call *call, struct abi_guest *callee,
                            const union engine_value *in, struct abi_guest *caller,
                            const union engine_value *args, union engine_value *out) {
    const struct copier c = {call, callee, caller};
    if (!plan->result)
        return 0;
    if (LIKELY(!plan->result_spilled))
        return copy_flat(&c, plan->result, in, out);
    const struct type *type = plan->type->result;
    uint32_t from = in->u32, to = args[plan->lowered_params - 1].u32;
    int r = abi_check_pointer(call, callee, from, type->size, type->align);
    if (!r)
        r = abi_check_pointer(call, caller, to, type->size, type->align);
    if (!r)
        r = abi_charge(call, type->size);
    return UNLIKELY(r) ? r : copy_memory(&c, plan->result, from, to);
}
