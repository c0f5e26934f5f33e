/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Views: what host functions of the embedder read.  The views of room component, behind a look at what is
 * asked of them: inside, asking for another kind is our mistake; here it is anybody's.
 */
#include "api/host.h"

#include <string.h>

STATIC_ASSERT(sizeof(struct arcella_view) == sizeof(struct view), "one layout");

static inline struct view in(struct arcella_view view) {
    struct view v;
    memcpy(&v, &view, sizeof(v));
    return v;
}

static inline struct arcella_view out(struct view v) {
    struct arcella_view view = {{0}};
    memcpy(&view, &v, sizeof(view));
    return view;
}

static inline bool is(const struct view *v, unsigned kind) {
    return v->type && v->type->kind == kind;
}

/* What is not there; reading it is a fault again. */
static struct arcella_view nowhere(struct abi_call *call, const struct type *type, const char *wanted) {
    (void)api_misuse(call, type, wanted);
    return out((struct view){.call = call});
}

struct arcella_view arcella_call_arg(arcella_call *call, size_t index) {
    if (UNLIKELY(index >= call->call->plan->type->param_count))
        return nowhere(&call->call->abi, NULL, "an argument");
    return out(call_arg(call->call, (uint32_t)index));
}

const arcella_type *arcella_view_type(struct arcella_view view) {
    return (const arcella_type *)in(view).type;
}

struct arcella_value arcella_view_number(struct arcella_view view, enum arcella_kind kind) {
    struct view v = in(view);
    uint32_t c = 0;
    struct arcella_value nothing = arcella_value_u64(0);
    nothing.kind = (uint8_t)kind;
    if (UNLIKELY(!is(&v, kind))) {
        (void)api_misuse(v.call, v.type,
                         kind < ARCELLA_STRING ? type_kind_words((enum type_kind)kind) : "a number");
        return nothing;
    }
    switch (kind) {
    case ARCELLA_BOOL: return arcella_value_bool(view_bool(v));
    case ARCELLA_S8: return arcella_value_s8(view_s8(v));
    case ARCELLA_U8: return arcella_value_u8(view_u8(v));
    case ARCELLA_S16: return arcella_value_s16(view_s16(v));
    case ARCELLA_U16: return arcella_value_u16(view_u16(v));
    case ARCELLA_S32: return arcella_value_s32(view_s32(v));
    case ARCELLA_U32: return arcella_value_u32(view_u32(v));
    case ARCELLA_S64: return arcella_value_s64(view_s64(v));
    case ARCELLA_U64: return arcella_value_u64(view_u64(v));
    case ARCELLA_F32: return arcella_value_f32(view_f32(v));
    case ARCELLA_F64: return arcella_value_f64(view_f64(v));
    case ARCELLA_CHAR: return view_char(v, &c) ? nothing : arcella_value_char(c);
    default: (void)api_misuse(v.call, v.type, "a number"); return nothing;
    }
}

uint32_t arcella_view_flags(struct arcella_view view) {
    struct view v = in(view);
    if (LIKELY(is(&v, TYPE_FLAGS)))
        return view_flags(v);
    (void)api_misuse(v.call, v.type, "flags");
    return 0;
}

int arcella_view_numbers(struct arcella_view view, enum arcella_kind kind, const void **ret,
                         size_t *ret_count) {
    struct view v = in(view);
    const uint8_t *bytes;
    uint32_t count;
    *ret = NULL;
    *ret_count = 0;
    if (UNLIKELY(!is(&v, TYPE_LIST) || v.type->fields[0].type->kind != (unsigned)kind))
        return api_misuse(v.call, v.type, "a list of numbers of another kind");
    int r = view_span(v, &bytes, &count);
    if (UNLIKELY(r))
        return r;
    *ret = bytes;
    *ret_count = count;
    return 0;
}

int arcella_view_string(struct arcella_view view, const char **ret, size_t *ret_length) {
    struct view v = in(view);
    struct text text;
    *ret = NULL;
    *ret_length = 0;
    if (UNLIKELY(!is(&v, TYPE_STRING)))
        return api_misuse(v.call, v.type, "a string");
    int r = view_string(v, &text);
    if (UNLIKELY(r))
        return r;
    *ret = text.data;
    *ret_length = text.length;
    return 0;
}

/* --- lists and maps --- */

int arcella_view_list(struct arcella_view view, struct arcella_view_list *ret) {
    struct view v = in(view);
    struct view_list list;
    *ret = (struct arcella_view_list){.own = view, .count = 0};
    if (UNLIKELY(!is(&v, TYPE_LIST) && !is(&v, TYPE_MAP)))
        return api_misuse(v.call, v.type, "a list");
    int r = view_list(v, &list);
    if (UNLIKELY(r))
        return r;
    ret->own_address = list.address;
    ret->count = list.count;
    return 0;
}

static struct view_list list_in(const struct arcella_view_list *list) {
    return (struct view_list){.list = in(list->own), .address = list->own_address, .count = list->count};
}

struct arcella_view arcella_view_item(const struct arcella_view_list *public, size_t index) {
    struct view_list list = list_in(public);
    if (UNLIKELY(index >= list.count || !is(&list.list, TYPE_LIST)))
        return nowhere(list.list.call, NULL, "an element");
    return out(view_item(&list, (uint32_t)index));
}

void arcella_view_entry(const struct arcella_view_list *map, size_t index, struct arcella_view *ret_key,
                        struct arcella_view *ret_value) {
    struct view_list list = list_in(map);
    struct view key, value;
    if (UNLIKELY(index >= list.count || !is(&list.list, TYPE_MAP))) {
        *ret_key = *ret_value = nowhere(list.list.call, NULL, "an entry");
        return;
    }
    view_entry(&list, (uint32_t)index, &key, &value);
    *ret_key = out(key);
    *ret_value = out(value);
}

/* --- what is inside --- */

struct arcella_view arcella_view_field(struct arcella_view view, size_t index) {
    struct view v = in(view);
    if (UNLIKELY((!is(&v, TYPE_RECORD) && !is(&v, TYPE_TUPLE)) || index >= v.type->count))
        return nowhere(v.call, v.type, "a record with that field");
    return out(view_field(v, (uint32_t)index));
}

int arcella_view_case(struct arcella_view view, uint32_t *ret_case, struct arcella_view *ret_payload) {
    struct view v = in(view), payload = v;
    *ret_case = 0;
    if (UNLIKELY(!v.type))
        return api_misuse(v.call, v.type, "a variant");
    int r = view_case(v, ret_case, &payload);
    if (UNLIKELY(r))
        payload = (struct view){.call = v.call};
    if (ret_payload)
        *ret_payload = out(payload);
    return r;
}

int arcella_view_own(struct arcella_view view, uint32_t *ret_number) {
    struct view v = in(view);
    *ret_number = 0;
    return LIKELY(v.type != NULL) ? view_own(v, ret_number) : api_misuse(v.call, v.type, "an own handle");
}

int arcella_view_borrow(struct arcella_view view, uint32_t *ret_number) {
    struct view v = in(view);
    *ret_number = 0;
    return LIKELY(v.type != NULL) ? view_borrow(v, ret_number)
                                  : api_misuse(v.call, v.type, "a borrow handle");
}
