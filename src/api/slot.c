/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Slots: what host functions of the embedder write; as view.c, behind a look at what is asked of them. */
#include "api/host.h"

#include <string.h>

STATIC_ASSERT(sizeof(struct arcella_slot) == sizeof(struct slot), "one layout");

static inline struct slot in(struct arcella_slot slot) {
    struct slot s;
    memcpy(&s, &slot, sizeof(s));
    return s;
}

static inline struct arcella_slot out(struct slot s) {
    struct arcella_slot slot = {{0}};
    memcpy(&slot, &s, sizeof(slot));
    return slot;
}

static inline bool is(const struct slot *s, unsigned kind) {
    return s->type && s->type->kind == kind;
}

static struct arcella_slot nowhere(struct abi_call *call, const struct type *type, const char *wanted) {
    (void)api_misuse(call, type, wanted);
    return out((struct slot){.call = call});
}

int arcella_call_result(arcella_call *call, struct arcella_slot *ret) {
    struct slot slot = {.call = &call->call->abi};
    *ret = out(slot);
    if (UNLIKELY(!call->call->plan->type->result))
        return api_misuse(&call->call->abi, NULL, "a result");
    int r = call_result(call->call, &slot);
    if (UNLIKELY(r))
        return r;
    call->has_result = true;
    *ret = out(slot);
    return 0;
}

const arcella_type *arcella_slot_type(struct arcella_slot slot) {
    return (const arcella_type *)in(slot).type;
}

void arcella_slot_number(struct arcella_slot slot, struct arcella_value value) {
    struct slot s = in(slot);
    if (UNLIKELY(!is(&s, value.kind))) {
        (void)api_misuse(s.call, s.type,
                         value.kind < ARCELLA_STRING ? type_kind_words(value.kind) : "a number");
        return;
    }
    switch (value.kind) {
    case ARCELLA_BOOL: slot_bool(s, value.of.boolean); return;
    case ARCELLA_S8: slot_s8(s, (int8_t)value.of.s64); return;
    case ARCELLA_U8: slot_u8(s, (uint8_t)value.of.u64); return;
    case ARCELLA_S16: slot_s16(s, (int16_t)value.of.s64); return;
    case ARCELLA_U16: slot_u16(s, (uint16_t)value.of.u64); return;
    case ARCELLA_S32: slot_s32(s, (int32_t)value.of.s64); return;
    case ARCELLA_U32: slot_u32(s, (uint32_t)value.of.u64); return;
    case ARCELLA_S64: slot_s64(s, value.of.s64); return;
    case ARCELLA_U64: slot_u64(s, value.of.u64); return;
    case ARCELLA_F32: slot_f32(s, value.of.f32); return;
    case ARCELLA_F64: slot_f64(s, value.of.f64); return;
    case ARCELLA_CHAR: /* a fault of the call tells where it is none */
        if (slot_char(s, value.of.u64 <= UINT32_MAX ? (uint32_t)value.of.u64 : UINT32_MAX))
            return;
        return;
    default: (void)api_misuse(s.call, s.type, "a number"); return;
    }
}

void arcella_slot_flags(struct arcella_slot slot, uint32_t bits) {
    struct slot s = in(slot);
    if (LIKELY(is(&s, TYPE_FLAGS)))
        slot_flags(s, bits);
    else
        (void)api_misuse(s.call, s.type, "flags");
}

int arcella_slot_string(struct arcella_slot slot, const char *text, size_t length) {
    struct slot s = in(slot);
    if (UNLIKELY(!is(&s, TYPE_STRING) || (!text && length)))
        return api_misuse(s.call, s.type, text || !length ? "a string" : "a string that is not there");
    return slot_string(s, (struct text){text ? text : "", length});
}

/* --- lists and maps --- */

static int check_numbers(const struct slot *s, enum arcella_kind kind, size_t count) {
    if (UNLIKELY(!is(s, TYPE_LIST) || s->type->fields[0].type->kind != (unsigned)kind || count > UINT32_MAX))
        return api_misuse(s->call, s->type, "a list of numbers of another kind");
    return 0;
}

int arcella_slot_numbers(struct arcella_slot slot, enum arcella_kind kind, const void *data, size_t count) {
    struct slot s = in(slot);
    int r = check_numbers(&s, kind, count);
    if (UNLIKELY(!r && !data && count))
        r = api_misuse(s.call, NULL, "numbers");
    return r ? r : slot_span(s, data, (uint32_t)count);
}

int arcella_slot_room(struct arcella_slot slot, enum arcella_kind kind, size_t count, void **ret) {
    struct slot s = in(slot);
    uint8_t *bytes = NULL;
    int r = check_numbers(&s, kind, count);
    if (!r)
        r = slot_span_begin(s, (uint32_t)count, &bytes);
    *ret = bytes;
    return r;
}

int arcella_slot_list(struct arcella_slot slot, size_t count, struct arcella_slot_list *ret) {
    struct slot s = in(slot);
    struct slot_list list;
    *ret = (struct arcella_slot_list){.own = slot, .count = 0};
    if (UNLIKELY((!is(&s, TYPE_LIST) && !is(&s, TYPE_MAP)) || count > UINT32_MAX))
        return api_misuse(s.call, s.type, "a list");
    int r = slot_list(s, (uint32_t)count, &list);
    if (UNLIKELY(r))
        return r;
    ret->own_address = list.address;
    ret->count = (uint32_t)count;
    return 0;
}

struct arcella_slot arcella_slot_item(const struct arcella_slot_list *public, size_t index) {
    struct slot_list list = {.list = in(public->own), .address = public->own_address};
    if (UNLIKELY(index >= public->count || !is(&list.list, TYPE_LIST)))
        return nowhere(list.list.call, NULL, "an element");
    return out(slot_item(&list, (uint32_t)index));
}

void arcella_slot_entry(const struct arcella_slot_list *map, size_t index, struct arcella_slot *ret_key,
                        struct arcella_slot *ret_value) {
    struct slot_list list = {.list = in(map->own), .address = map->own_address};
    struct slot key, value;
    if (UNLIKELY(index >= map->count || !is(&list.list, TYPE_MAP))) {
        *ret_key = *ret_value = nowhere(list.list.call, NULL, "an entry");
        return;
    }
    slot_entry(&list, (uint32_t)index, &key, &value);
    *ret_key = out(key);
    *ret_value = out(value);
}

/* --- what is inside --- */

struct arcella_slot arcella_slot_field(struct arcella_slot slot, size_t index) {
    struct slot s = in(slot);
    if (UNLIKELY((!is(&s, TYPE_RECORD) && !is(&s, TYPE_TUPLE)) || index >= s.type->count))
        return nowhere(s.call, s.type, "a record with that field");
    return out(slot_field(s, (uint32_t)index));
}

int arcella_slot_case(struct arcella_slot slot, uint32_t number, struct arcella_slot *ret_payload) {
    struct slot s = in(slot), payload = {.call = s.call};
    int r = LIKELY(s.type != NULL) ? slot_case(s, number, &payload) : api_misuse(s.call, s.type, "a variant");
    if (!r && !ret_payload && payload.type)
        r = api_misuse(s.call, s.type, "a case without payload");
    if (ret_payload)
        *ret_payload = out(payload);
    return r;
}

int arcella_slot_own(struct arcella_slot slot, uint32_t number) {
    struct slot s = in(slot);
    return LIKELY(is(&s, TYPE_OWN)) ? slot_own(s, number) : api_misuse(s.call, s.type, "an own handle");
}
