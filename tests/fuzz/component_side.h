/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What the fuzz targets of the canonical ABI share: a fixed set of functions over all value types, and guests
 * whose memory is the input, in a block of exactly its size, so that the sanitizer sees the first byte
 * behind.
 */
#ifndef FUZZ_COMPONENT_SIDE_H
#define FUZZ_COMPONENT_SIDE_H

#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "component/abi/abi.h"
#include "component/abi/view.h"

#define SIDE_FLAT  17
#define SIDE_TYPES 40

static void check(bool holds) {
    if (!holds)
        __builtin_trap();
}

/* --- types --- */

static struct types *side_types;
static struct plans *side_plans;
static const struct type *side_all[SIDE_TYPES];
static uint32_t side_count;

static const struct type *side_make(enum type_kind kind, uint32_t count, const struct type *a,
                                    const struct type *b, const struct type *c) {
    struct type_field fields[3] = {{.name = text_of("a"), .type = a},
                                   {.name = text_of("b"), .type = b},
                                   {.name = text_of("c"), .type = c}};
    const struct type *type = NULL;
    check(types_make(side_types, kind, fields, count, 0, &type, NULL) == 0);
    side_all[side_count++] = type;
    return type;
}

static const struct type *side_labels(enum type_kind kind, uint32_t count) {
    static char names[300][8];
    static struct type_field fields[300];
    for (uint32_t i = 0; i < count; i++) {
        snprintf(names[i], sizeof(names[i]), "c%u", i % 1000);
        fields[i] = (struct type_field){.name = text_of(names[i])};
    }
    const struct type *type = NULL;
    check(types_make(side_types, kind, fields, count, 0, &type, NULL) == 0);
    side_all[side_count++] = type;
    return type;
}

static void side_setup(void) {
    if (side_types)
        return;
    check((side_types = types_new()) && (side_plans = plans_new()));
    for (int i = TYPE_BOOL; i <= TYPE_STRING; i++)
        side_all[side_count++] = types_primitive(side_types, (enum type_kind)i);
    const struct type *b = side_all[TYPE_BOOL], *u8 = side_all[TYPE_U8], *u32 = side_all[TYPE_U32],
                      *f32 = side_all[TYPE_F32], *f64 = side_all[TYPE_F64], *s = side_all[TYPE_STRING],
                      *c = side_all[TYPE_CHAR], *own = NULL, *borrow = NULL;
    check(types_handle(side_types, TYPE_OWN, 0, &own, NULL) == 0);
    check(types_handle(side_types, TYPE_BORROW, 0, &borrow, NULL) == 0);
    side_all[side_count++] = own;
    side_all[side_count++] = borrow;
    const struct type *e = side_labels(TYPE_ENUM, 300), *flags = side_labels(TYPE_FLAGS, 11);
    const struct type *plain = side_make(TYPE_RECORD, 3, u8, f64, u32);
    const struct type *mixed = side_make(TYPE_RECORD, 3, u32, s, b);
    const struct type *option = side_make(TYPE_OPTION, 2, NULL, s, NULL);
    const struct type *joined = side_make(TYPE_VARIANT, 3, f32, side_all[TYPE_S64], s);
    side_make(TYPE_LIST, 1, u8, NULL, NULL);
    side_make(TYPE_LIST, 1, plain, NULL, NULL);
    side_make(TYPE_LIST, 1, mixed, NULL, NULL);
    side_make(TYPE_LIST, 1, c, NULL, NULL);
    side_make(TYPE_LIST, 1, flags, NULL, NULL);
    side_make(TYPE_LIST, 1, own, NULL, NULL);
    const struct type *strings = side_make(TYPE_LIST, 1, s, NULL, NULL);
    const struct type *nested = side_make(TYPE_LIST, 1, strings, NULL, NULL);
    side_make(TYPE_LIST, 1, joined, NULL, NULL);
    const struct type *map = side_make(TYPE_MAP, 2, s, option, NULL);
    side_make(TYPE_RESULT, 2, map, e, NULL);
    side_make(TYPE_TUPLE, 3, joined, flags, nested);
    side_make(TYPE_VARIANT, 3, plain, map, joined);
}

/* A function of the set. */
static const struct plan *side_plan(const uint8_t choice[4]) {
    struct type_field params[3];
    uint32_t count = 1 + choice[0] % 3;
    for (uint32_t i = 0; i < count; i++)
        params[i] = (struct type_field){.name = text_of(i == 0   ? "a"
                                                        : i == 1 ? "b"
                                                                 : "c"),
                                        .type = side_all[choice[1 + i] % side_count]};
    const struct type *result = params[0].type;
    const struct func_type *func;
    const struct plan *plan;
    check(types_func(side_types, params, count, result->has_borrow ? NULL : result, false, &func, NULL) == 0);
    check(plans_get(side_plans, func, &plan, NULL) == 0);
    return plan;
}

/* --- guests --- */

struct side {
    struct abi_guest guest;
    struct handle_table table;
    uint8_t *bytes; /* owned */
    uint64_t size;  /* of them; what guest.memory says is looked up when it is too small */
    uint32_t bump;
    uint32_t lies; /* what realloc says in turn: bits of the input, 0: always the truth */
};
static const struct handle_resource side_resources[] = {{.defined_by = "somebody"}};

static int side_realloc(struct abi_guest *guest, uint32_t old, uint32_t old_bytes, uint32_t align,
                        uint32_t bytes, uint32_t *ret) {
    struct side *side = guest->user;
    uint64_t at = ((uint64_t)side->bump + align - 1) / align * align;
    uint32_t lie = side->lies & 0xf;
    side->lies >>= 4;
    *ret = lie == 1 ? (uint32_t)side->size - bytes : lie == 2 ? old : lie == 3 ? UINT32_MAX : (uint32_t)at;
    if (lie == 4)
        return ABI_STOP;
    if (*ret != at || at + bytes > side->size)
        return 0;
    if (old_bytes)
        memmove(side->bytes + at, side->bytes + old, old_bytes < bytes ? old_bytes : bytes);
    side->bump = (uint32_t)(at + bytes);
    return 0;
}

static void side_look(struct abi_guest *guest) {
    const struct side *side = guest->user;
    guest->memory.size = side->size;
}

static void side_init(struct side *side, enum ast_encoding encoding, const uint8_t *data, size_t size,
                      uint32_t bump) {
    *side = (struct side){.bump = bump, .size = size};
    check((side->bytes = mem_alloc(size ? size : 1)) != NULL);
    if (data)
        memcpy(side->bytes, data, size);
    handle_table_init(&side->table, side, side_resources, 1);
    side->guest = (struct abi_guest){.memory = {.base = side->bytes},
                                     .encoding = encoding,
                                     .handles = &side->table,
                                     .reallocate = side_realloc,
                                     .look = side_look,
                                     .user = side};
    struct abi_call call;
    abi_call_init(&call, 0, NULL, NULL);
    uint32_t index;
    for (uint32_t i = 0; i < 4; i++)
        check(handle_add_own(&side->table, &call, 0, 1000 + i, &index) == 0);
}

static void side_done(struct side *side) {
    handle_table_done(&side->table);
    mem_free(side->bytes);
}

static bool side_has_handle(const struct plan *plan) {
    for (uint32_t i = 0; i < plan->type->param_count; i++)
        if (plan->type->params[i].type->has_handle)
            return true;
    return false;
}

/* Flat values from the input, then the rest is memory. */
static size_t side_flat(const uint8_t *data, size_t size, union engine_value *flat) {
    size_t used = 0;
    memset(flat, 0, SIDE_FLAT * sizeof(*flat));
    for (int i = 0; i < SIDE_FLAT && used < size; i++) { /* a byte that says how many follow */
        size_t bytes = data[used++] % 9;
        if (bytes > size - used)
            bytes = size - used;
        memcpy(&flat[i].u64, data + used, bytes);
        used += bytes;
    }
    return used;
}

#endif
