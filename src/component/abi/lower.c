/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Value to guest.  A value is looked at as it is lowered and need not have been fitted to its type: whatever
 * an embedder made, what does not fit is a fault (VALUE), told before or while memory of the guest is
 * written.
 */
#include "component/abi/abi.h"

struct lowerer {
    struct abi_call *call;
    struct abi_guest *guest;
};

static int lower_deep(const struct lowerer *l, const struct type *type, const struct value *value,
                      uint32_t at);
static ALWAYS_INLINE int lower_memory(const struct lowerer *l, const struct type *type,
                                      const struct value *value, uint32_t at);
static int lower_fields(const struct lowerer *l, const struct type *type, const struct value *value,
                        uint32_t at);

static inline bool is_fields(const struct type *type) {
    return type->kind == TYPE_RECORD || type->kind == TYPE_TUPLE;
}

static int wrong(const struct lowerer *l, const struct type *type, const struct value *value) {
    return abi_fault(l->call, ABI_FAULT_VALUE, "a value of kind %s does not fit type %s",
                     value->kind < TYPE_KINDS ? type_kind_words(value->kind) : "?",
                     type_kind_words(type->kind));
}

/* Elements of one span: moved at once, then looked at where they are. */
static int lower_packed(const struct lowerer *l, const struct type *list, const struct value *value,
                        uint32_t to) {
    const struct type *element = list->fields[0].type;
    if (!value_packs(element))
        return wrong(l, list, value);
    uint8_t *bytes = l->guest->memory.base + to;
    uint32_t at;
    if (value->count)
        memcpy(bytes, value->bytes, (size_t)value->count * list->entry_size);
    return value_normalise(element, bytes, value->count, &at) ? 0 : wrong(l, element, value);
}

static int lower_list(const struct lowerer *l, const struct type *list, const struct value *value,
                      uint32_t *ret_pointer) {
    uint64_t bytes = (uint64_t)value->count * list->entry_size;
    if (UNLIKELY(bytes > LIMIT_STRING_BYTES))
        return abi_fault(l->call, ABI_FAULT_LENGTH,
                         "a list of %u elements takes %llu bytes, at most %u are allowed", value->count,
                         (unsigned long long)bytes, LIMIT_STRING_BYTES);
    uint32_t to = 0;
    int r = abi_charge(l->call, bytes);
    if (!r)
        r = abi_realloc(l->call, l->guest, 0, 0, list->entry_align, (uint32_t)bytes, &to);
    if (r)
        return r;
    *ret_pointer = to;
    bool map = list->kind == TYPE_MAP;
    if (value->packed)
        return map ? wrong(l, list, value) : lower_packed(l, list, value, to);
    const struct value *item = value->items;
    const struct type *element = list->fields[0].type;
    if (!map && is_fields(element)) {
        for (uint32_t i = 0; i < value->count && !r; i++)
            r = lower_fields(l, element, item++, to + i * list->entry_size);
        return r;
    }
    for (uint32_t i = 0; i < value->count && !r; i++) {
        uint32_t at = to + i * list->entry_size;
        r = lower_memory(l, element, item++, at);
        if (map && !r)
            r = lower_memory(l, list->fields[1].type, item++, at + list->fields[1].offset);
    }
    return r;
}

static int lower_handle(const struct lowerer *l, const struct type *type, const struct value *value,
                        uint32_t *ret) {
    struct handle_table *table = l->guest->handles;
    if (value->count != type->resource || value->u64 > UINT32_MAX)
        return wrong(l, type, value);
    uint32_t held = (uint32_t)value->u64;
    return type->kind == TYPE_OWN ? handle_own_from_host(table, l->call, type->resource, held, ret)
                                  : handle_borrow_from_host(table, l->call, type->resource, held, ret);
}

/* What becomes one or two numbers, wherever they are put. */
static int lower_pair(const struct lowerer *l, const struct type *type, const struct value *value,
                      uint32_t *ret_first, uint32_t *ret_second) {
    *ret_second = value->count;
    if (value->kind != type->kind)
        return wrong(l, type, value);
    switch (type->kind) {
    case TYPE_STRING:
        return abi_string_lower(l->call, (struct text){value->text, value->count}, l->guest, ret_first,
                                ret_second);
    case TYPE_LIST:
    case TYPE_MAP: return lower_list(l, type, value, ret_first);
    case TYPE_OWN:
    case TYPE_BORROW: return lower_handle(l, type, value, ret_first);
    default: return wrong(l, type, value);
    }
}

/* Is it a value of this record, tuple, variant …, as far as it can be told without looking deeper? */
static bool shape_fits(const struct type *type, const struct value *value) {
    if (value->kind != type->kind)
        return false;
    if (is_fields(type))
        return value->count == type->count;
    return value->count < type->count && !value->items == !type->fields[value->count].type;
}

static int lower_fields(const struct lowerer *l, const struct type *type, const struct value *value,
                        uint32_t at) {
    if (UNLIKELY(!shape_fits(type, value)))
        return wrong(l, type, value);
    for (uint32_t i = 0; i < type->count; i++) {
        int r = lower_memory(l, type->fields[i].type, &value->items[i], at + type->fields[i].offset);
        if (UNLIKELY(r))
            return r;
    }
    return 0;
}

static int lower_case(const struct lowerer *l, const struct type *type, const struct value *value,
                      uint32_t at) {
    if (!shape_fits(type, value))
        return wrong(l, type, value);
    abi_store_width(l->guest->memory.base + at, type->discriminant_bytes, value->count);
    const struct type_field *is = &type->fields[value->count];
    return is->type ? lower_memory(l, is->type, value->items, at + is->offset) : 0;
}

/* Depth: that of the type. */
static int lower_deep(const struct lowerer *l, const struct type *type, const struct value *value,
                      uint32_t at) {
    if (value_has_bits(type)) {
        uint64_t bits;
        if (!value_to_bits(type, value, &bits))
            return wrong(l, type, value);
        abi_store_bits(l->guest->memory.base + at, type->size, bits);
        return 0;
    }
    switch (type->kind) {
    case TYPE_RECORD:
    case TYPE_TUPLE: return lower_fields(l, type, value, at);
    case TYPE_VARIANT:
    case TYPE_OPTION:
    case TYPE_RESULT: return lower_case(l, type, value, at);
    default: break;
    }
    uint32_t first = 0, second = 0;
    int r = lower_pair(l, type, value, &first, &second);
    if (r)
        return r;
    uint8_t *p = l->guest->memory.base + at;
    abi_store32(p, first);
    if (type->size == 8)
        abi_store32(p + 4, second);
    return 0;
}

/* The place is inside the memory and aligned.  Numbers and texts are done here. */
static ALWAYS_INLINE int lower_memory(const struct lowerer *l, const struct type *type,
                                      const struct value *value, uint32_t at) {
    if (type->kind <= TYPE_F64) {
        uint64_t bits;
        if (UNLIKELY(!value_number_bits(type, value, &bits)))
            return wrong(l, type, value);
        abi_store_bits(l->guest->memory.base + at, type->size, bits);
        return 0;
    }
    if (type->kind != TYPE_STRING || UNLIKELY(value->kind != TYPE_STRING))
        return lower_deep(l, type, value, at);
    uint32_t first = 0, second = 0;
    int r = abi_string_lower(l->call, (struct text){value->text, value->count}, l->guest, &first, &second);
    if (UNLIKELY(r))
        return r;
    uint8_t *p = l->guest->memory.base + at;
    abi_store32(p, first);
    abi_store32(p + 4, second);
    return 0;
}

static int lower_flat(const struct lowerer *l, const struct type *type, const struct value *value,
                      union engine_value *out);

static int lower_flat_parts(const struct lowerer *l, const struct type *type, const struct value *value,
                            union engine_value *out) {
    if (!shape_fits(type, value))
        return wrong(l, type, value);
    int r = 0;
    if (is_fields(type)) {
        for (uint32_t i = 0; i < type->count && !r; out += type->fields[i++].type->flat_count)
            r = lower_flat(l, type->fields[i].type, &value->items[i], out);
        return r;
    }
    for (uint8_t i = 1; i < type->flat_count; i++)
        out[i].u64 = 0;
    out->u64 = value->count;
    const struct type *payload = type->fields[value->count].type;
    return payload ? lower_flat(l, payload, value->items, out + 1) : 0;
}

static int lower_flat(const struct lowerer *l, const struct type *type, const struct value *value,
                      union engine_value *out) {
    if (value_has_bits(type)) {
        uint64_t bits;
        if (!value_to_bits(type, value, &bits))
            return wrong(l, type, value);
        out->u64 = type->size == 8 ? bits : (uint32_t)bits;
        return 0;
    }
    switch (type->kind) {
    case TYPE_RECORD:
    case TYPE_TUPLE:
    case TYPE_VARIANT:
    case TYPE_OPTION:
    case TYPE_RESULT: return lower_flat_parts(l, type, value, out);
    default: break;
    }
    uint32_t first = 0, second = 0;
    int r = lower_pair(l, type, value, &first, &second);
    if (r)
        return r;
    out->u64 = first;
    if (type->flat_count == 2)
        out[1].u64 = second;
    return 0;
}

int abi_lower_params(const struct plan *plan, struct abi_call *call, struct abi_guest *callee,
                     const struct value *values, union engine_value *out) {
    const struct lowerer l = {call, callee};
    const struct func_type *type = plan->type;
    uint32_t at = 0;
    int r = 0;
    if (plan->params_spilled) {
        r = abi_charge(call, type->params_size);
        if (!r)
            r = abi_realloc(call, callee, 0, 0, type->params_align, type->params_size, &at);
        out->u64 = at;
    }
    for (uint32_t i = 0; i < type->param_count && !r; i++)
        r = plan->params_spilled
                ? lower_memory(&l, type->params[i].type, &values[i], at + type->params[i].offset)
                : lower_flat(&l, type->params[i].type, &values[i], out + plan->param_flat[i]);
    return r;
}

int abi_lower_result(const struct plan *plan, struct abi_call *call, struct abi_guest *caller,
                     const struct value *value, const union engine_value *args, union engine_value *out) {
    const struct lowerer l = {call, caller};
    const struct type *type = plan->type->result;
    if (!type)
        return 0;
    if (!plan->result_spilled)
        return lower_flat(&l, type, value, out);
    uint32_t at = args[plan->lowered_params - 1].u32;
    int r = abi_check_pointer(call, caller, at, type->size, type->align);
    if (!r)
        r = abi_charge(call, type->size);
    return r ? r : lower_memory(&l, type, value, at);
}
