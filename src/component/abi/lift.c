/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Guest to value.  Walks the type, not a plan: values are for embedders and people.  What is made lies in the
 * call's arena and is charged to the copy budget before it is made, list elements and values alike.
 */
#include "component/abi/abi.h"

struct lifter {
    struct abi_call *call;
    struct abi_guest *guest;
};

static int lift_memory(const struct lifter *l, const struct type *type, uint32_t at, struct value *ret);

static void *take(const struct lifter *l, uint64_t count, size_t size) {
    struct abi_call *call = l->call;
    if (abi_charge(call, count * size))
        return NULL;
    void *p = call->arena ? arena_array(call->arena, count, size) : NULL;
    if (!p)
        abi_fault(call, ABI_FAULT_NOMEM, "no memory for %llu values", (unsigned long long)count);
    return p;
}

static int lift_bits(const struct lifter *l, const struct type *type, uint64_t bits, struct value *ret) {
    if (LIKELY(value_from_bits(type, bits, ret)))
        return 0;
    if (type->kind == TYPE_CHAR)
        return abi_fault(l->call, ABI_FAULT_CHAR, "%#x is not a char", (uint32_t)bits);
    return abi_fault(l->call, ABI_FAULT_DISCRIMINANT, "invalid variant discriminant %u, there are %u cases",
                     (uint32_t)bits, type->count);
}

static int lift_string(const struct lifter *l, uint32_t pointer, uint32_t tagged, struct value *ret) {
    struct text text;
    int r = abi_string_lift(l->call, l->guest, pointer, tagged, &text);
    if (r)
        return r;
    const char *copy = text.data;
    if (l->guest->encoding == ENCODING_UTF8) { /* else it is in the arena already */
        copy = l->call->arena ? arena_text(l->call->arena, text.data, text.length) : NULL;
        if (!copy)
            return abi_fault(l->call, ABI_FAULT_NOMEM, "no memory for a string of %zu bytes", text.length);
    }
    *ret = value_text(copy, (uint32_t)text.length); /* at most 3/2 of 2^28 */
    return 0;
}

static int lift_packed(const struct lifter *l, const struct type *list, uint32_t pointer, uint32_t count,
                       struct value *ret) {
    size_t bytes = (size_t)count * list->entry_size;
    uint8_t *copy = l->call->arena ? arena_bytes(l->call->arena, bytes ? bytes : 1) : NULL;
    if (!copy)
        return abi_fault(l->call, ABI_FAULT_NOMEM, "no memory for a list of %zu bytes", bytes);
    if (bytes)
        memcpy(copy, l->guest->memory.base + pointer, bytes);
    *ret = value_packed(copy, count);
    const struct type *element = list->fields[0].type;
    uint32_t at;
    if (LIKELY(value_normalise(element, copy, count, &at)))
        return 0;
    uint64_t bits = 0;
    memcpy(&bits, copy + (size_t)at * list->entry_size, element->size);
    struct value unused;
    return lift_bits(l, element, bits, &unused);
}

static int lift_list(const struct lifter *l, const struct type *list, uint32_t pointer, uint32_t count,
                     struct value *ret) {
    int r = abi_check_list(l->call, l->guest, list, pointer, count);
    if (r)
        return r;
    bool map = list->kind == TYPE_MAP;
    if (!map && value_packs(list->fields[0].type))
        return lift_packed(l, list, pointer, count, ret);
    struct value *items = take(l, map ? 2 * (uint64_t)count : count, sizeof(*items));
    if (!items)
        return ABI_FAULT;
    *ret = value_items(list->kind, items, count);
    for (uint32_t i = 0; i < count && !r; i++) {
        uint32_t at = pointer + i * list->entry_size;
        r = lift_memory(l, list->fields[0].type, at, items++);
        if (map && !r)
            r = lift_memory(l, list->fields[1].type, at + list->fields[1].offset, items++);
    }
    return r;
}

/* Note an own handle before it is taken out: of the host's resources nothing else would know it. */
static int note_taken(const struct lifter *l, uint32_t resource) {
    struct abi_taken *taken = l->call->arena ? arena_new(l->call->arena, struct abi_taken) : NULL;
    if (!taken)
        return abi_fault(l->call, ABI_FAULT_NOMEM, NULL);
    *taken = (struct abi_taken){.before = l->call->taken, .resource = resource};
    l->call->taken = taken;
    return 0;
}

void abi_give_back(struct abi_call *call) {
    uint32_t index;
    for (struct abi_taken *taken = call->taken; taken; taken = taken->before)
        if (taken->table) /* its entry is free, so there is room */
            (void)!handle_add_own(taken->table, call, taken->resource, taken->rep, &index);
    call->taken = NULL;
}

static int lift_own(const struct lifter *l, const struct type *type, uint32_t index, uint32_t *ret_held) {
    struct handle_table *table = l->guest->handles;
    bool ours = handle_is_hosts(table, type->resource);
    int r = ours ? note_taken(l, type->resource) : 0;
    if (!r)
        r = handle_own_to_host(table, l->call, type->resource, index, ret_held);
    if (!r && ours) {
        l->call->taken->table = table;
        l->call->taken->rep = *ret_held;
    }
    return r;
}

static int lift_handle(const struct lifter *l, const struct type *type, uint32_t index, struct value *ret) {
    uint32_t held;
    int r = type->kind == TYPE_OWN
                ? lift_own(l, type, index, &held)
                : handle_borrow_to_host(l->guest->handles, l->call, type->resource, index, &held);
    if (!r)
        *ret = value_handle(type->kind, type->resource, held);
    return r;
}

/* Make the value of a case, without what is in it. */
static int lift_case(const struct lifter *l, const struct type *type, uint32_t is, struct value **ret_payload,
                     struct value *ret) {
    if (UNLIKELY(is >= type->count))
        return abi_fault(l->call, ABI_FAULT_DISCRIMINANT,
                         "invalid variant discriminant %u, there are %u cases", is, type->count);
    *ret_payload = NULL;
    if (type->fields[is].type) {
        *ret_payload = take(l, 1, sizeof(**ret_payload));
        if (!*ret_payload)
            return ABI_FAULT;
    }
    *ret = value_case(type->kind, is, *ret_payload);
    return 0;
}

static int lift_variant(const struct lifter *l, const struct type *type, uint32_t at, struct value *ret) {
    struct value *payload = NULL;
    uint32_t is = abi_load_width(l->guest->memory.base + at, type->discriminant_bytes);
    int r = lift_case(l, type, is, &payload, ret);
    if (r || !payload)
        return r;
    return lift_memory(l, type->fields[is].type, at + type->fields[is].offset, payload);
}

static int lift_record(const struct lifter *l, const struct type *type, uint32_t at, struct value *ret) {
    struct value *items = take(l, type->count, sizeof(*items));
    if (!items)
        return ABI_FAULT;
    *ret = value_items(type->kind, items, type->count);
    int r = 0;
    for (uint32_t i = 0; i < type->count && !r; i++)
        r = lift_memory(l, type->fields[i].type, at + type->fields[i].offset, &items[i]);
    return r;
}

/* What one or two numbers say, wherever they stood. */
static int lift_pair(const struct lifter *l, const struct type *type, uint32_t first, uint32_t second,
                     struct value *ret) {
    switch (type->kind) {
    case TYPE_STRING: return lift_string(l, first, second, ret);
    case TYPE_LIST:
    case TYPE_MAP: return lift_list(l, type, first, second, ret);
    case TYPE_OWN:
    case TYPE_BORROW: return lift_handle(l, type, first, ret);
    default:
        return abi_fault(l->call, ABI_FAULT_VALUE, "values of type %s are not supported",
                         type_kind_words(type->kind));
    }
}

/* The place is inside the memory and aligned. Depth: that of the type. */
static int lift_memory(const struct lifter *l, const struct type *type, uint32_t at, struct value *ret) {
    const uint8_t *p = l->guest->memory.base + at;
    if (value_has_bits(type)) {
        uint64_t bits = 0;
        memcpy(&bits, p, type->size);
        return lift_bits(l, type, bits, ret);
    }
    switch (type->kind) {
    case TYPE_RECORD:
    case TYPE_TUPLE: return lift_record(l, type, at, ret);
    case TYPE_VARIANT:
    case TYPE_OPTION:
    case TYPE_RESULT: return lift_variant(l, type, at, ret);
    default: return lift_pair(l, type, abi_load32(p), type->size == 8 ? abi_load32(p + 4) : 0, ret);
    }
}

static int lift_flat(const struct lifter *l, const struct type *type, const union engine_value *in,
                     struct value *ret) {
    struct value *items;
    int r = 0;
    if (value_has_bits(type))
        return lift_bits(l, type, in->u64, ret);
    switch (type->kind) {
    case TYPE_RECORD:
    case TYPE_TUPLE:
        items = take(l, type->count, sizeof(*items));
        if (!items)
            return ABI_FAULT;
        *ret = value_items(type->kind, items, type->count);
        for (uint32_t i = 0; i < type->count && !r; in += type->fields[i++].type->flat_count)
            r = lift_flat(l, type->fields[i].type, in, &items[i]);
        return r;
    case TYPE_VARIANT:
    case TYPE_OPTION:
    case TYPE_RESULT: {
        uint32_t is = in->u32;
        items = NULL;
        r = lift_case(l, type, is, &items, ret);
        return r || !items ? r : lift_flat(l, type->fields[is].type, in + 1, items);
    }
    default: return lift_pair(l, type, in->u32, type->flat_count == 2 ? in[1].u32 : 0, ret);
    }
}

int abi_lift_params(const struct plan *plan, struct abi_call *call, struct abi_guest *caller,
                    const union engine_value *in, struct value *ret) {
    const struct lifter l = {call, caller};
    const struct func_type *type = plan->type;
    uint32_t at = in->u32;
    int r = 0;
    if (plan->params_spilled) {
        r = abi_check_pointer(call, caller, at, type->params_size, type->params_align);
        if (!r)
            r = abi_charge(call, type->params_size);
    }
    for (uint32_t i = 0; i < type->param_count && !r; i++)
        r = plan->params_spilled ? lift_memory(&l, type->params[i].type, at + type->params[i].offset, &ret[i])
                                 : lift_flat(&l, type->params[i].type, in + plan->param_flat[i], &ret[i]);
    if (UNLIKELY(r))
        abi_give_back(call);
    call->taken = NULL; /* told: they are the host's */
    return r;
}

int abi_lift_result(const struct plan *plan, struct abi_call *call, struct abi_guest *callee,
                    const union engine_value *in, struct value *ret) {
    const struct lifter l = {call, callee};
    const struct type *type = plan->type->result;
    if (!type)
        return 0;
    if (!plan->result_spilled)
        return lift_flat(&l, type, in, ret);
    uint32_t at = in->u32;
    int r = abi_check_pointer(call, callee, at, type->size, type->align);
    if (!r)
        r = abi_charge(call, type->size);
    return r ? r : lift_memory(&l, type, at, ret);
}
