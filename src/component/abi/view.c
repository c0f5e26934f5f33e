/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The parts of views that check, allocate or touch handles; what is a load or a store is in the header. */
#include "component/abi/view.h"

static int other_kind(struct abi_call *call, const struct type *type, const char *wanted) {
    return abi_fault(call, ABI_FAULT_VALUE, "a view of type %s was taken for %s", type_kind_words(type->kind),
                     wanted);
}

/* --- beginnings --- */

int slot_result(const struct plan *plan, struct abi_call *call, struct abi_guest *guest,
                const union engine_value *core, union engine_value *result, struct slot *ret) {
    const struct type *type = plan->type->result;
    *ret = (struct slot){.call = call, .guest = guest, .type = type, .flat = result};
    if (!plan->result_spilled)
        return 0;
    ret->flat = NULL;
    ret->address = core[plan->lowered_params - 1].u32;
    return abi_check_pointer(call, guest, ret->address, type->size, type->align);
}

int slot_args_init(struct slot_args *args, const struct plan *plan, struct abi_call *call,
                   struct abi_guest *guest, union engine_value *core) {
    *args = (struct slot_args){.call = call, .guest = guest, .plan = plan, .core = core};
    if (!plan->params_spilled)
        return 0;
    const struct func_type *type = plan->type;
    int r = abi_realloc(call, guest, 0, 0, type->params_align, type->params_size, &args->address);
    core->u64 = args->address;
    return r;
}

int view_result(const struct plan *plan, struct abi_call *call, struct abi_guest *guest,
                const union engine_value *core, struct view *ret) {
    const struct type *type = plan->type->result;
    *ret = (struct view){.call = call, .guest = guest, .type = type, .flat = core};
    if (!plan->result_spilled)
        return 0;
    ret->flat = NULL;
    ret->address = core->u32;
    return abi_check_pointer(call, guest, ret->address, type->size, type->align);
}

/* --- reading --- */

int view_char(struct view v, uint32_t *ret) {
    uint32_t c = view_u32(v);
    if (UNLIKELY(!abi_is_char(c)))
        return abi_fault(v.call, ABI_FAULT_CHAR, "%#x is not a char", c);
    *ret = c;
    return 0;
}

static void read_pair(struct view v, uint32_t *ret_first, uint32_t *ret_second) {
    *ret_first = v.flat ? v.flat[0].u32 : abi_load32(view_at(v));
    *ret_second = v.flat ? v.flat[1].u32 : abi_load32(view_at(v) + 4);
}

int view_string(struct view v, struct text *ret) {
    uint32_t pointer, tagged;
    if (UNLIKELY(v.type->kind != TYPE_STRING))
        return other_kind(v.call, v.type, "a string");
    read_pair(v, &pointer, &tagged);
    return abi_string_lift(v.call, v.guest, pointer, tagged, ret);
}

int view_list(struct view v, struct view_list *ret) {
    if (UNLIKELY(v.type->kind != TYPE_LIST && v.type->kind != TYPE_MAP))
        return other_kind(v.call, v.type, "a list");
    *ret = (struct view_list){.list = v};
    read_pair(v, &ret->address, &ret->count);
    return abi_check_list(v.call, v.guest, v.type, ret->address, ret->count);
}

int view_span(struct view v, const uint8_t **ret_bytes, uint32_t *ret_count) {
    if (UNLIKELY(v.type->kind != TYPE_LIST || !v.type->fields[0].type->plain))
        return other_kind(v.call, v.type, "a list of plain elements");
    uint32_t pointer, count;
    read_pair(v, &pointer, &count);
    int r = abi_check_list(v.call, v.guest, v.type, pointer, count);
    if (r)
        return r;
    *ret_bytes = v.guest->memory.base ? v.guest->memory.base + pointer : (const uint8_t *)"";
    *ret_count = count;
    return 0;
}

int view_case(struct view v, uint32_t *ret_case, struct view *ret_payload) {
    const struct type *type = v.type;
    if (UNLIKELY(type->kind < TYPE_VARIANT || type->kind > TYPE_RESULT))
        return other_kind(v.call, type, "a variant");
    uint32_t is = v.flat ? v.flat->u32 : abi_load_width(view_at(v), type->discriminant_bytes);
    if (UNLIKELY(is >= type->count))
        return abi_fault(v.call, ABI_FAULT_DISCRIMINANT,
                         "invalid variant discriminant %u, there are %u cases", is, type->count);
    *ret_case = is;
    if (ret_payload) {
        *ret_payload = v;
        ret_payload->type = type->fields[is].type;
        ret_payload->flat = v.flat ? v.flat + 1 : NULL;
        ret_payload->address = v.address + type->fields[is].offset;
    }
    return 0;
}

uint32_t view_flat_before(const struct type *type, uint32_t index) {
    uint32_t flat = 0;
    for (uint32_t i = 0; i < index; i++)
        flat += type->fields[i].type->flat_count;
    return flat;
}

int view_own(struct view v, uint32_t *ret) {
    if (UNLIKELY(v.type->kind != TYPE_OWN))
        return other_kind(v.call, v.type, "an own handle");
    return handle_own_to_host(v.guest->handles, v.call, v.type->resource, view_u32(v), ret);
}

int view_borrow(struct view v, uint32_t *ret) {
    if (UNLIKELY(v.type->kind != TYPE_BORROW))
        return other_kind(v.call, v.type, "a borrow handle");
    return handle_borrow_to_host(v.guest->handles, v.call, v.type->resource, view_u32(v), ret);
}

/* --- writing --- */

static void write_pair(struct slot s, uint32_t first, uint32_t second) {
    if (s.flat) {
        s.flat[0].u64 = first;
        s.flat[1].u64 = second;
        return;
    }
    abi_store32(slot_at(s), first);
    abi_store32(slot_at(s) + 4, second);
}

int slot_char(struct slot s, uint32_t c) {
    if (UNLIKELY(!abi_is_char(c)))
        return abi_fault(s.call, ABI_FAULT_VALUE, "%#x is not a char", c);
    slot_u32(s, c);
    return 0;
}

int slot_string(struct slot s, struct text text) {
    uint32_t pointer, tagged = 0;
    if (UNLIKELY(s.type->kind != TYPE_STRING))
        return other_kind(s.call, s.type, "a string");
    int r = abi_string_lower(s.call, text, s.guest, &pointer, &tagged);
    if (!r)
        write_pair(s, pointer, tagged);
    return r;
}

int slot_list(struct slot s, uint32_t count, struct slot_list *ret) {
    const struct type *type = s.type;
    if (UNLIKELY(type->kind != TYPE_LIST && type->kind != TYPE_MAP))
        return other_kind(s.call, type, "a list");
    uint64_t bytes = (uint64_t)count * type->entry_size;
    if (UNLIKELY(bytes > LIMIT_STRING_BYTES))
        return abi_fault(s.call, ABI_FAULT_LENGTH,
                         "a list of %u elements takes %llu bytes, at most %u are allowed", count,
                         (unsigned long long)bytes, LIMIT_STRING_BYTES);
    *ret = (struct slot_list){.list = s};
    int r = abi_charge(s.call, bytes);
    if (!r)
        r = abi_realloc(s.call, s.guest, 0, 0, type->entry_align, (uint32_t)bytes, &ret->address);
    if (!r)
        write_pair(s, ret->address, count);
    return r;
}

int slot_span_begin(struct slot s, uint32_t count, uint8_t **ret_bytes) {
    if (UNLIKELY(s.type->kind != TYPE_LIST || !s.type->fields[0].type->plain))
        return other_kind(s.call, s.type, "a list of plain elements");
    struct slot_list list = {0};
    int r = slot_list(s, count, &list);
    if (!r)
        *ret_bytes = s.guest->memory.base + list.address;
    return r;
}

void slot_span_shorten(struct slot s, uint32_t count) {
    if (s.flat)
        s.flat[1].u64 = count;
    else
        abi_store32(slot_at(s) + 4, count);
}

int slot_span(struct slot s, const void *bytes, uint32_t count) {
    uint8_t *to = NULL;
    int r = slot_span_begin(s, count, &to);
    if (!r && count && to) /* the bytes may be a span of the same guest */
        memmove(to, bytes, (size_t)count * s.type->entry_size);
    return r;
}

int slot_case(struct slot s, uint32_t index, struct slot *ret_payload) {
    const struct type *type = s.type;
    if (UNLIKELY(type->kind < TYPE_VARIANT || type->kind > TYPE_RESULT || index >= type->count))
        return other_kind(s.call, type, "a variant with that case");
    if (s.flat) {
        for (uint8_t i = 1; i < type->flat_count; i++)
            s.flat[i].u64 = 0;
        s.flat->u64 = index;
    } else {
        abi_store_width(slot_at(s), type->discriminant_bytes, index);
    }
    if (ret_payload) {
        *ret_payload = s;
        ret_payload->type = type->fields[index].type;
        ret_payload->flat = s.flat ? s.flat + 1 : NULL;
        ret_payload->address = s.address + type->fields[index].offset;
    }
    return 0;
}

int slot_own(struct slot s, uint32_t held) {
    uint32_t index;
    if (UNLIKELY(s.type->kind != TYPE_OWN))
        return other_kind(s.call, s.type, "an own handle");
    int r = handle_own_from_host(s.guest->handles, s.call, s.type->resource, held, &index);
    if (!r)
        slot_u32(s, index);
    return r;
}
