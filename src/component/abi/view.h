/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Typed views: what a host function sees of its arguments, and how it writes its result, without values in
 * between and without allocation.  The same from the other side: a host that calls a guest writes arguments
 * and reads the result with them.
 *
 * A view is a place with a type: in flat values or in a guest's memory.  Views are small and passed by value;
 * they live as long as the call.  A span of a guest's memory that an accessor hands out is valid until guest
 * code runs, and that is also whenever a string, list or handle is written (realloc).
 *
 * Accessors that cannot fail return the value; the others return 0 or ABI_FAULT (abi_call.fault tells), and
 * writers that allocate in the guest also ABI_STOP.  A host function hands either on at once.  The types were
 * compared when the import was bound; asking a view for another kind than its type has is a mistake of ours
 * and a fault, never undefined.
 */
#ifndef COMPONENT_ABI_VIEW_H
#define COMPONENT_ABI_VIEW_H

#include "component/abi/abi.h"

struct view {
    struct abi_call *call;
    struct abi_guest *guest;
    const struct type *type;
    const union engine_value *flat; /* NULL: in memory */
    uint32_t address;
};
/* A place to be written. */
struct slot {
    struct abi_call *call;
    struct abi_guest *guest;
    const struct type *type;
    union engine_value *flat; /* NULL: in memory */
    uint32_t address;
};

/* --- where they come from --- */

/* The arguments of a call from a guest. */
struct view_args {
    struct abi_call *call;
    struct abi_guest *guest;
    const struct plan *plan;
    const union engine_value *core;
    uint32_t address; /* of the tuple, where spilled */
};
/** Begin to read the core arguments of a lowered function. @return 0, ABI_FAULT (a bad pointer) */
static inline int view_args_init(struct view_args *args, const struct plan *plan, struct abi_call *call,
                                 struct abi_guest *guest, const union engine_value *core) {
    *args = (struct view_args){.call = call, .guest = guest, .plan = plan, .core = core};
    if (LIKELY(!plan->params_spilled))
        return 0;
    args->address = core[0].u32;
    return abi_check_pointer(call, guest, args->address, plan->type->params_size, plan->type->params_align);
}
/** One argument. */
static inline struct view view_arg(const struct view_args *args, uint32_t index) {
    const struct type_field *param = &args->plan->type->params[index];
    return (struct view){
        .call = args->call,
        .guest = args->guest,
        .type = param->type,
        .flat = args->plan->params_spilled ? NULL : args->core + args->plan->param_flat[index],
        .address = args->address + param->offset,
    };
}
/**
 * The place for the result of a lowered function (call after the arguments have been read: the result may be
 * written over them).
 *
 * @param core    its core arguments; the last is the pointer, where there is one
 * @param result  its core result
 * @return 0, ABI_FAULT (a bad pointer)
 */
int slot_result(const struct plan *plan, struct abi_call *call, struct abi_guest *guest,
                const union engine_value *core, union engine_value *result, struct slot *ret) MUST_CHECK;

/* The arguments of a call to a guest. */
struct slot_args {
    struct abi_call *call;
    struct abi_guest *guest;
    const struct plan *plan;
    union engine_value *core;
    uint32_t address;
};
/**
 * Begin to write the core arguments of a lifted function; allocates where they are spilled.  Arguments are
 * written in their order, each once.
 *
 * @param core  plan->lifted_params of them
 * @return 0, ABI_STOP, ABI_FAULT
 */
int slot_args_init(struct slot_args *args, const struct plan *plan, struct abi_call *call,
                   struct abi_guest *guest, union engine_value *core) MUST_CHECK;
static inline struct slot slot_arg(const struct slot_args *args, uint32_t index) {
    const struct type_field *param = &args->plan->type->params[index];
    return (struct slot){
        .call = args->call,
        .guest = args->guest,
        .type = param->type,
        .flat = args->plan->params_spilled ? NULL : args->core + args->plan->param_flat[index],
        .address = args->address + param->offset,
    };
}
/** The result of a lifted function, from its core result. @return 0, ABI_FAULT (a bad pointer) */
int view_result(const struct plan *plan, struct abi_call *call, struct abi_guest *guest,
                const union engine_value *core, struct view *ret) MUST_CHECK;

/* --- reading --- */

static inline const uint8_t *view_at(struct view v) {
    return v.guest->memory.base + v.address;
}
static inline bool view_bool(struct view v) {
    return v.flat ? v.flat->u32 != 0 : *view_at(v) != 0;
}
static inline uint8_t view_u8(struct view v) {
    return v.flat ? (uint8_t)v.flat->u32 : *view_at(v);
}
static inline int8_t view_s8(struct view v) {
    return (int8_t)view_u8(v);
}
static inline uint16_t view_u16(struct view v) {
    return v.flat ? (uint16_t)v.flat->u32 : abi_load16(view_at(v));
}
static inline int16_t view_s16(struct view v) {
    return (int16_t)view_u16(v);
}
static inline uint32_t view_u32(struct view v) {
    return v.flat ? v.flat->u32 : abi_load32(view_at(v));
}
static inline int32_t view_s32(struct view v) {
    return (int32_t)view_u32(v);
}
static inline uint64_t view_u64(struct view v) {
    return v.flat ? v.flat->u64 : abi_load64(view_at(v));
}
static inline int64_t view_s64(struct view v) {
    return (int64_t)view_u64(v);
}
static inline float view_f32(struct view v) {
    uint32_t bits = view_u32(v);
    float f;
    memcpy(&f, &bits, sizeof(f));
    return f;
}
static inline double view_f64(struct view v) {
    uint64_t bits = view_u64(v);
    double f;
    memcpy(&f, &bits, sizeof(f));
    return f;
}
/** Flags, a bit per label; bits without a label are gone. */
static inline uint32_t view_flags(struct view v) {
    uint32_t bits = v.flat ? v.flat->u32 : abi_load_width(view_at(v), v.type->discriminant_bytes);
    return bits & abi_flags_mask(v.type->count);
}
/** A char. @return 0, ABI_FAULT: a surrogate, or beyond 0x10ffff */
int view_char(struct view v, uint32_t *ret) MUST_CHECK;
/** A string as UTF-8 (abi_string_lift). */
int view_string(struct view v, struct text *ret) MUST_CHECK;
/**
 * A list of plain elements as it stands in the guest's memory.
 *
 * @param ret_bytes  aligned as the element asks within the memory; count * entry_size bytes
 */
int view_span(struct view v, const uint8_t **ret_bytes, uint32_t *ret_count) MUST_CHECK;
/** The case of an enum, variant, option or result; its payload, where it has one (else type is NULL). */
int view_case(struct view v, uint32_t *ret_case, struct view *ret_payload) MUST_CHECK;
/** How many flat values stand before a field of a record or tuple? */
uint32_t view_flat_before(const struct type *type, uint32_t index);
/** A field of a record or tuple. */
static inline struct view view_field(struct view v, uint32_t index) {
    const struct type_field *field = &v.type->fields[index];
    if (v.flat)
        v.flat += view_flat_before(v.type, index);
    v.address += field->offset;
    v.type = field->type;
    return v;
}
/** Move an own handle to the host: the rep of a resource of ours, else an index of the host's table. */
int view_own(struct view v, uint32_t *ret) MUST_CHECK;
/** Lend a handle to the host for this call; what the host has of it as in view_own(). */
int view_borrow(struct view v, uint32_t *ret) MUST_CHECK;

/* The elements of any list or map (an entry of a map has the fields of its type: key and value). */
struct view_list {
    struct view list;
    uint32_t address;
    uint32_t count;
};
/** Check a list and charge for it. */
int view_list(struct view v, struct view_list *ret) MUST_CHECK;
/** An element of a list. @param index less than count */
static inline struct view view_item(const struct view_list *list, uint32_t index) {
    return (struct view){
        .call = list->list.call,
        .guest = list->list.guest,
        .type = list->list.type->fields[0].type,
        .address = list->address + index * list->list.type->entry_size,
    };
}
/** Key and value of a map's entry. @param index less than count */
static inline void view_entry(const struct view_list *map, uint32_t index, struct view *ret_key,
                              struct view *ret_value) {
    const struct type *type = map->list.type;
    struct view entry = {.call = map->list.call, .guest = map->list.guest};
    uint32_t address = map->address + index * type->entry_size;
    *ret_key = *ret_value = entry;
    ret_key->type = type->fields[0].type;
    ret_key->address = address + type->fields[0].offset;
    ret_value->type = type->fields[1].type;
    ret_value->address = address + type->fields[1].offset;
}

/* --- writing --- */

static inline uint8_t *slot_at(struct slot s) {
    return s.guest->memory.base + s.address;
}
static inline void slot_u8(struct slot s, uint8_t v) {
    if (s.flat)
        s.flat->u64 = v;
    else
        *slot_at(s) = v;
}
static inline void slot_bool(struct slot s, bool v) {
    slot_u8(s, v);
}
static inline void slot_s8(struct slot s, int8_t v) {
    if (s.flat)
        s.flat->u64 = (uint32_t)(int32_t)v;
    else
        *slot_at(s) = (uint8_t)v;
}
static inline void slot_u16(struct slot s, uint16_t v) {
    if (s.flat)
        s.flat->u64 = v;
    else
        abi_store16(slot_at(s), v);
}
static inline void slot_s16(struct slot s, int16_t v) {
    if (s.flat)
        s.flat->u64 = (uint32_t)(int32_t)v;
    else
        abi_store16(slot_at(s), (uint16_t)v);
}
static inline void slot_u32(struct slot s, uint32_t v) {
    if (s.flat)
        s.flat->u64 = v;
    else
        abi_store32(slot_at(s), v);
}
static inline void slot_s32(struct slot s, int32_t v) {
    slot_u32(s, (uint32_t)v);
}
static inline void slot_u64(struct slot s, uint64_t v) {
    if (s.flat)
        s.flat->u64 = v;
    else
        abi_store64(slot_at(s), v);
}
static inline void slot_s64(struct slot s, int64_t v) {
    slot_u64(s, (uint64_t)v);
}
static inline void slot_f32(struct slot s, float v) {
    uint32_t bits;
    memcpy(&bits, &v, sizeof(bits));
    slot_u32(s, bits);
}
static inline void slot_f64(struct slot s, double v) {
    uint64_t bits;
    memcpy(&bits, &v, sizeof(bits));
    slot_u64(s, bits);
}
/** Flags, a bit per label. */
static inline void slot_flags(struct slot s, uint32_t bits) {
    bits &= abi_flags_mask(s.type->count);
    if (s.flat)
        s.flat->u64 = bits;
    else
        abi_store_width(slot_at(s), s.type->discriminant_bytes, bits);
}
/** @return 0, ABI_FAULT (not a character) */
int slot_char(struct slot s, uint32_t c) MUST_CHECK;
/** Write a string. @return 0, ABI_STOP, ABI_FAULT (not UTF-8 …) */
int slot_string(struct slot s, struct text text) MUST_CHECK;
/** Write a list of plain elements. @param bytes count * entry_size, laid out as in memory */
int slot_span(struct slot s, const void *bytes, uint32_t count) MUST_CHECK;
/**
 * Allocate a list of plain elements for the host to fill, as by a read().
 *
 * @param ret_bytes  count * entry_size bytes in the guest's memory, until guest code runs
 */
int slot_span_begin(struct slot s, uint32_t count, uint8_t **ret_bytes) MUST_CHECK;
/** Say after slot_span_begin() that fewer elements were filled. */
void slot_span_shorten(struct slot s, uint32_t count);
/** Choose a case; the payload is to be written next, where there is one (else type is NULL). @return 0,
 * ABI_FAULT
 */
int slot_case(struct slot s, uint32_t index, struct slot *ret_payload) MUST_CHECK;
/** A field of a record or tuple; each is to be written, in their order. */
static inline struct slot slot_field(struct slot s, uint32_t index) {
    const struct type_field *field = &s.type->fields[index];
    if (s.flat)
        s.flat += view_flat_before(s.type, index);
    s.address += field->offset;
    s.type = field->type;
    return s;
}
/** Write an own handle; held as in view_own(). */
int slot_own(struct slot s, uint32_t held) MUST_CHECK;

struct slot_list {
    struct slot list;
    uint32_t address;
};
/** Allocate a list or map; its elements are to be written next, in their order. */
int slot_list(struct slot s, uint32_t count, struct slot_list *ret) MUST_CHECK;
static inline struct slot slot_item(const struct slot_list *list, uint32_t index) {
    return (struct slot){
        .call = list->list.call,
        .guest = list->list.guest,
        .type = list->list.type->fields[0].type,
        .address = list->address + index * list->list.type->entry_size,
    };
}
static inline void slot_entry(const struct slot_list *map, uint32_t index, struct slot *ret_key,
                              struct slot *ret_value) {
    const struct type *type = map->list.type;
    struct slot entry = {.call = map->list.call, .guest = map->list.guest};
    uint32_t address = map->address + index * type->entry_size;
    *ret_key = *ret_value = entry;
    ret_key->type = type->fields[0].type;
    ret_key->address = address + type->fields[0].offset;
    ret_value->type = type->fields[1].type;
    ret_value->address = address + type->fields[1].offset;
}

#endif
