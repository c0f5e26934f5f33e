/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What tests/guests/embedded.wat imports, as an embedder offers it: functions over every type, a resource,
 * and one function that does much wrong.
 */
#ifndef TESTS_API_SHOP_H
#define TESTS_API_SHOP_H

#include "check.h"

struct shop {
    uint32_t dropped, noted, opened;
    arcella_instance *other; /* called from inside */
    arcella_component *component;
    int mode; /* what "note" does */
};

/* --- what the embedder offers --- */

/* total: func(lines: list<line>) -> result<f64, string>: records and lists. */
static int host_total(arcella_call *call, void *user) {
    struct arcella_view_list lines;
    struct arcella_slot result, payload;
    double sum = 0;
    int r = arcella_view_list(arcella_call_arg(call, 0), &lines);
    (void)user;
    if (r)
        return r;
    for (uint32_t i = 0; i < lines.count; i++) {
        struct arcella_view line = arcella_view_item(&lines, i);
        const char *name;
        size_t length;
        r = arcella_view_string(arcella_view_field(line, 2), &name, &length);
        if (r)
            return r;
        sum += arcella_view_u32(arcella_view_field(line, 0)) * arcella_view_f64(arcella_view_field(line, 1));
        sum += (double)length;
    }
    r = arcella_call_result(call, &result);
    if (r)
        return r;
    r = arcella_slot_case(result, lines.count ? 0 : 1, &payload);
    if (r)
        return r;
    if (!lines.count)
        return arcella_slot_string(payload, "nothing to sum", 14);
    arcella_slot_f64(payload, sum);
    return 0;
}

static int host_sum(arcella_call *call, void *user) {
    const uint32_t *numbers;
    size_t count;
    uint64_t sum = 0;
    struct arcella_slot result;
    int r = arcella_view_list_u32(arcella_call_arg(call, 0), &numbers, &count);
    (void)user;
    if (r)
        return r;
    for (size_t i = 0; i < count; i++)
        sum += numbers[i];
    r = arcella_call_result(call, &result);
    if (r)
        return r;
    arcella_slot_u64(result, sum);
    return 0;
}

static int host_shout(arcella_call *call, void *user) {
    const char *text;
    size_t length;
    char loud[64];
    struct arcella_slot result;
    int r = arcella_view_string(arcella_call_arg(call, 0), &text, &length);
    (void)user;
    if (r)
        return r;
    if (length >= sizeof loud)
        return arcella_call_trap(call, "that is too loud");
    for (size_t i = 0; i < length; i++)
        loud[i] = (char)(text[i] >= 'a' && text[i] <= 'z' ? text[i] - 32 : text[i]);
    r = arcella_call_result(call, &result);
    return r ? r : arcella_slot_string(result, loud, length);
}

static void mix_numbers(struct arcella_view from, struct arcella_slot to) {
    arcella_slot_bool(arcella_slot_field(to, 0), !arcella_view_bool(arcella_view_field(from, 0)));
    arcella_slot_s8(arcella_slot_field(to, 1), (int8_t)(arcella_view_s8(arcella_view_field(from, 1)) - 1));
    arcella_slot_u8(arcella_slot_field(to, 2), (uint8_t)(arcella_view_u8(arcella_view_field(from, 2)) + 1));
    arcella_slot_s16(arcella_slot_field(to, 3), (int16_t)(arcella_view_s16(arcella_view_field(from, 3)) - 1));
    arcella_slot_u16(arcella_slot_field(to, 4),
                     (uint16_t)(arcella_view_u16(arcella_view_field(from, 4)) + 1));
    arcella_slot_s32(arcella_slot_field(to, 5), arcella_view_s32(arcella_view_field(from, 5)) - 1);
    arcella_slot_u32(arcella_slot_field(to, 6), arcella_view_u32(arcella_view_field(from, 6)) + 1);
    arcella_slot_s64(arcella_slot_field(to, 7), ~arcella_view_s64(arcella_view_field(from, 7)));
    arcella_slot_u64(arcella_slot_field(to, 8), arcella_view_u64(arcella_view_field(from, 8)) + 1);
    arcella_slot_f32(arcella_slot_field(to, 9), arcella_view_f32(arcella_view_field(from, 9)) + 0.5f);
    arcella_slot_f64(arcella_slot_field(to, 10), arcella_view_f64(arcella_view_field(from, 10)) - 0.5);
    arcella_slot_char(arcella_slot_field(to, 11), arcella_view_char(arcella_view_field(from, 11)) + 1);
}

static int mix_text(struct arcella_view from, struct arcella_slot to) {
    const char *text;
    size_t length;
    char copy[64];
    int r = arcella_view_string(from, &text, &length);
    if (r)
        return r;
    CHECK(length < sizeof copy);
    for (size_t i = 0; i < length; i++) /* backwards */
        copy[i] = text[length - 1 - i];
    return arcella_slot_string(to, copy, length);
}

static int mix_cases(struct arcella_view from, struct arcella_slot to) {
    uint32_t number;
    struct arcella_view payload;
    struct arcella_slot slot;
    int r = arcella_view_case(arcella_view_field(from, 14), &number, NULL);
    r = r ? r : arcella_slot_case(arcella_slot_field(to, 14), !number, NULL);
    r = r ? r : arcella_view_case(arcella_view_field(from, 15), &number, &payload);
    r = r ? r : arcella_slot_case(arcella_slot_field(to, 15), number, &slot);
    if (!r && number)
        arcella_slot_u32(slot, arcella_view_u32(payload) * 2);
    r = r ? r : arcella_view_case(arcella_view_field(from, 16), &number, &payload);
    r = r ? r : arcella_slot_case(arcella_slot_field(to, 16), number, &slot);
    if (!r && !number)
        r = mix_text(payload, slot);
    else if (!r)
        arcella_slot_u32(slot, arcella_view_u32(payload) * 3);
    r = r ? r : arcella_view_case(arcella_view_field(from, 17), &number, &payload);
    r = r ? r : arcella_slot_case(arcella_slot_field(to, 17), number, &slot);
    if (!r && number == 1)
        arcella_slot_u64(slot, arcella_view_u64(payload) + 5);
    if (!r && number == 2) {
        arcella_slot_u8(arcella_slot_field(slot, 0), arcella_view_u8(arcella_view_field(payload, 0)));
        arcella_slot_f32(arcella_slot_field(slot, 1), -arcella_view_f32(arcella_view_field(payload, 1)));
    }
    return r;
}

static int mix_lists(struct arcella_view from, struct arcella_slot to) {
    const uint16_t *numbers;
    void *room;
    size_t count;
    struct arcella_view_list words;
    struct arcella_slot_list out;
    uint16_t copy[16];
    int r = arcella_view_list_u16(arcella_view_field(from, 18), &numbers, &count);
    if (r)
        return r;
    CHECK(count <= COUNT(copy));
    memcpy(copy, numbers, count * sizeof *copy);
    r = arcella_slot_room(arcella_slot_field(to, 18), ARCELLA_U16, count, &room);
    if (r)
        return r;
    for (size_t i = 0; i < count; i++)
        ((uint16_t *)room)[i] = (uint16_t)(copy[i] + 1);
    r = arcella_view_list(arcella_view_field(from, 19), &words);
    r = r ? r : arcella_slot_list(arcella_slot_field(to, 19), words.count, &out);
    for (uint32_t i = 0; !r && i < words.count; i++)
        r = mix_text(arcella_view_item(&words, i), arcella_slot_item(&out, i));
    if (r)
        return r;
    arcella_slot_u8(arcella_slot_field(arcella_slot_field(to, 20), 0),
                    arcella_view_u8(arcella_view_field(arcella_view_field(from, 20), 0)));
    return mix_text(arcella_view_field(arcella_view_field(from, 20), 1),
                    arcella_slot_field(arcella_slot_field(to, 20), 1));
}

/* mix: func(a: all) -> all: every type, changed a little. */
static int host_mix(arcella_call *call, void *user) {
    struct arcella_view from = arcella_call_arg(call, 0);
    struct arcella_slot to;
    int r = arcella_call_result(call, &to);
    (void)user;
    if (r)
        return r;
    CHECK(arcella_type_kind(arcella_view_type(from)) == ARCELLA_RECORD);
    CHECK(arcella_type_find(arcella_view_type(from), "text") == 12);
    CHECK(arcella_slot_type(to) == arcella_view_type(from));
    mix_numbers(from, to);
    r = mix_text(arcella_view_field(from, 12), arcella_slot_field(to, 12));
    arcella_slot_flags(arcella_slot_field(to, 13), ~arcella_view_flags(arcella_view_field(from, 13)));
    r = r ? r : mix_cases(from, to);
    return r ? r : mix_lists(from, to);
}

/* The result is written while flat arguments are still read. */
static int host_swap(arcella_call *call, void *user) {
    struct arcella_slot to;
    int r = arcella_call_result(call, &to);
    (void)user;
    if (r)
        return r;
    arcella_slot_s64(arcella_slot_field(to, 0), arcella_view_s64(arcella_call_arg(call, 2)));
    arcella_slot_f64(arcella_slot_field(to, 1), arcella_view_f64(arcella_call_arg(call, 1)));
    arcella_slot_s8(arcella_slot_field(to, 2), arcella_view_s8(arcella_call_arg(call, 0)));
    return 0;
}

/* Its result is where its first argument was. */
static int host_less(arcella_call *call, void *user) {
    struct arcella_slot to;
    int r = arcella_call_result(call, &to);
    (void)user;
    if (r)
        return r;
    arcella_slot_u32(to, 0);
    arcella_slot_u32(to, arcella_view_u32(arcella_call_arg(call, 0)) -
                             arcella_view_u32(arcella_call_arg(call, 1)));
    return 0;
}

/* Does what shop->mode says, much of it wrong. */
static int host_note(arcella_call *call, void *user) {
    struct shop *shop = (struct shop *)user;
    struct arcella_view arg = arcella_call_arg(call, 0);
    struct arcella_slot slot;
    struct arcella_view_list list;
    struct arcella_value v = arcella_value_u32(1);
    arcella_instance *self = arcella_call_instance(call);
    const char *text;
    const uint8_t *bytes;
    size_t length;
    uint32_t number;
    switch (shop->mode) {
    case 0: shop->noted += arcella_view_u32(arg); return 0;
    case 1: return (int)arcella_view_u64(arg); /* another kind */
    case 2: return arcella_view_string(arg, &text, &length);
    case 3: return arcella_view_list_u8(arg, &bytes, &length);
    case 4: arcella_view_u32(arcella_call_arg(call, 1)); return 0; /* there is none */
    case 5: arcella_view_u32(arcella_view_field(arg, 7)); return 0;
    case 6: return arcella_view_list(arg, &list) ? 0 : 1; /* its word is not taken for it */
    case 7: return arcella_call_result(call, &slot);
    case 8: return arcella_call_return(call, &v);
    case 9: return -5;
    case 10: return arcella_view_borrow(arg, &number);
    case 11: arcella_view_case(arg, &number, NULL); return 0;
    case 12: /* the instance that calls is busy; another one is not */
        REFUSED(arcella_instance_call(self, "less", &v, 1, NULL, reterr), ARCELLA_E_BUSY, "in a call");
        REFUSED(arcella_component_unload(shop->component, reterr), ARCELLA_E_BUSY, "in a call");
        v = arcella_value_u32(4);
        OK(arcella_instance_call(shop->other, "note", &v, 1, NULL, reterr));
        return 0;
    case 13: arcella_instance_free(self); return 0; /* goes after the call */
    default: return 1;
    }
}

static int host_note_outer(arcella_call *call, void *user) {
    struct shop *shop = (struct shop *)user;
    int mode = shop->mode, r;
    if (mode != 12)
        return host_note(call, user);
    if (arcella_call_instance(call) == shop->other) {
        shop->noted += arcella_view_u32(arcella_call_arg(call, 0));
        return 0;
    }
    r = host_note(call, user);
    shop->mode = mode;
    return r;
}

static int cart_new(arcella_call *call, void *user) {
    struct shop *shop = (struct shop *)user;
    struct arcella_slot result;
    int r = arcella_call_result(call, &result);
    shop->opened++;
    return r ? r : arcella_slot_own(result, arcella_view_u32(arcella_call_arg(call, 0)));
}

static int cart_size(arcella_call *call, void *user) {
    struct arcella_slot result;
    uint32_t number;
    int r = arcella_view_borrow(arcella_call_arg(call, 0), &number);
    (void)user;
    r = r ? r : arcella_call_result(call, &result);
    if (!r)
        arcella_slot_u32(result, number * 2);
    return r;
}

static void cart_drop(uint32_t number, void *user) {
    ((struct shop *)user)->dropped += number;
}

static void offer(arcella_runtime *runtime, struct shop *shop) {
    static const char *const till = "acme:shop/till@1.0.0";
    static const char *const carts = "acme:shop/carts@1.0.2"; /* serves 1.0.0 */
    OK(arcella_host_func(runtime, till, "total",
                         "(list<record{id: u32, price: f64, name: string}>) -> result<f64, string>",
                         host_total, shop, reterr));
    OK(arcella_host_func(runtime, till, "sum", "(list<u32>) -> u64", host_sum, shop, reterr));
    OK(arcella_host_func(runtime, till, "shout", "(string) -> string", host_shout, shop, reterr));
    OK(arcella_host_func(runtime, till, "mix", NULL, host_mix, shop, reterr));
    OK(arcella_host_func(runtime, till, "swap", "(s8, f64, s64) -> tuple<s64, f64, s8>", host_swap, shop,
                         reterr));
    OK(arcella_host_func(runtime, till, "less", "(u32, u32) -> u32", host_less, shop, reterr));
    OK(arcella_host_func(runtime, till, "note", "(u32)", host_note_outer, shop, reterr));
    OK(arcella_host_func(runtime, carts, "[constructor]cart", "(u32) -> own<cart>", cart_new, shop, reterr));
    OK(arcella_host_func(runtime, carts, "[method]cart.size", "(borrow<cart>) -> u32", cart_size, shop,
                         reterr));
    OK(arcella_host_resource(runtime, carts, "cart", cart_drop, shop, reterr));
    REFUSED(arcella_host_func(runtime, "Not A Name", "x", NULL, host_sum, shop, reterr), ARCELLA_E_INVALID,
            "Not A Name");
    REFUSED(arcella_host_func(runtime, till, "", NULL, host_sum, shop, reterr), ARCELLA_E_INVALID, "no name");
}

#endif
