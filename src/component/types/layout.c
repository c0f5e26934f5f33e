/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Layout of value types: size, alignment, discriminant, flat shape, and what a value may hold.  Everything is
 * worked out from the parts, whose figures are there, so that a type costs as much as it has fields.
 *
 * Source: component-model, design/mvp/CanonicalABI.md (Alignment, Element Size, Flattening).
 */
#include "component/types/internal.h"

#define POINTER64 8

static uint64_t max_u64(uint64_t a, uint64_t b) {
    return a > b ? a : b;
}

void types_flat_add(uint8_t *flat, uint8_t *count, const struct type *more) {
    if (*count + more->flat_count > TYPES_FLAT_PARAMS) {
        *count = TYPES_FLAT_MANY;
        return;
    }
    memcpy(flat + *count, more->flat, more->flat_count);
    *count = (uint8_t)(*count + more->flat_count);
}

/* Two shapes of one slot: what holds both. */
static uint8_t flat_join(uint8_t a, uint8_t b) {
    if (a == b)
        return a;
    bool narrow = (a == FLAT_I32 || a == FLAT_F32) && (b == FLAT_I32 || b == FLAT_F32);
    return narrow ? FLAT_I32 : FLAT_I64;
}

static void flat_set(struct type *type, unsigned count, enum flat of) {
    type->flat_count = (uint8_t)count;
    memset(type->flat, (int)of, count);
}

/* What a value may hold, from what its parts may; depth and nodes too. */
static int take_parts(struct made_type *made, arcella_error **reterr) {
    struct type *t = &made->type;
    uint64_t nodes = 1;
    uint8_t depth = 0;
    for (uint32_t i = 0; i < t->count; i++) {
        const struct type *part = t->fields[i].type;
        if (!part)
            continue;
        t->has_pointer |= part->has_pointer;
        t->has_handle |= part->has_handle;
        t->has_borrow |= part->has_borrow;
        t->has_unrun |= part->has_unrun;
        nodes += made_of(part)->nodes;
        depth = part->depth > depth ? part->depth : depth;
    }
    if (depth >= TYPES_DEPTH)
        return error_set(reterr, ARCELLA_E_WASM, "a type is nested deeper than %d levels", TYPES_DEPTH);
    if (nodes >= TYPES_NODES)
        return error_set(reterr, ARCELLA_E_WASM, "a type has %llu parts, %d are allowed",
                         (unsigned long long)nodes, TYPES_NODES);
    t->depth = (uint8_t)(depth + 1);
    made->nodes = (uint32_t)nodes;
    return 0;
}

/* Lay fields behind each other: a record, a tuple, the entry of a map. */
static void lay_record(const struct made_type *made, struct type_field *fields, uint64_t *ret_size,
                       uint8_t *ret_align, uint64_t *ret_size64, uint8_t *ret_align64) {
    uint64_t at = 0, at64 = 0;
    uint8_t align = 1, align64 = 1;
    for (uint32_t i = 0; i < made->type.count; i++) {
        const struct made_type *part = made_of(fields[i].type);
        at = types_align(at, part->type.align);
        fields[i].offset = (uint32_t)at; /* parts are below 2^28 and at most TYPES_FIELDS: checked by size */
        at += part->type.size;
        at64 = types_align(at64, part->align64) + part->size64;
        align = (uint8_t)max_u64(align, part->type.align);
        align64 = (uint8_t)max_u64(align64, part->align64);
    }
    *ret_size = types_align(at, align);
    *ret_align = align;
    *ret_size64 = types_align(at64, align64);
    *ret_align64 = align64;
}

static uint64_t lay_fields(struct made_type *made, struct type_field *fields) {
    struct type *t = &made->type;
    uint64_t size;
    lay_record(made, fields, &size, &t->align, &made->size64, &made->align64);
    t->plain = true;
    for (uint32_t i = 0; i < t->count; i++) {
        t->plain &= fields[i].type->plain;
        types_flat_add(t->flat, &t->flat_count, fields[i].type);
    }
    return size;
}

static uint64_t lay_cases(struct made_type *made, struct type_field *fields) {
    struct type *t = &made->type;
    t->discriminant_bytes = t->count <= 0x100 ? 1 : t->count <= 0x10000 ? 2 : 4;
    uint64_t size = 0, size64 = 0;
    uint8_t align = 1, align64 = 1;
    flat_set(t, 1, FLAT_I32);
    for (uint32_t i = 0; i < t->count; i++) {
        if (!fields[i].type)
            continue;
        const struct made_type *part = made_of(fields[i].type);
        size = max_u64(size, part->type.size);
        size64 = max_u64(size64, part->size64);
        align = (uint8_t)max_u64(align, part->type.align);
        align64 = (uint8_t)max_u64(align64, part->align64);
        if (part->type.flat_count + 1 > TYPES_FLAT_PARAMS)
            t->flat_count = TYPES_FLAT_MANY;
        for (uint8_t j = 0; t->flat_count != TYPES_FLAT_MANY && j < part->type.flat_count; j++) {
            uint8_t *slot = &t->flat[j + 1];
            *slot = j + 1 < t->flat_count ? flat_join(*slot, part->type.flat[j]) : part->type.flat[j];
            t->flat_count = (uint8_t)max_u64(t->flat_count, j + 2u);
        }
    }
    uint32_t payload = (uint32_t)types_align(t->discriminant_bytes, align);
    for (uint32_t i = 0; i < t->count; i++)
        fields[i].offset = payload;
    t->align = (uint8_t)max_u64(align, t->discriminant_bytes);
    made->align64 = (uint8_t)max_u64(align64, t->discriminant_bytes);
    made->size64 = types_align(types_align(t->discriminant_bytes, align64) + size64, made->align64);
    return types_align(payload + size, t->align);
}

/* A pointer and a length. */
static uint64_t lay_pair(struct made_type *made) {
    made->type.has_pointer = true;
    made->type.align = 4;
    made->align64 = POINTER64;
    made->size64 = 2 * POINTER64;
    flat_set(&made->type, 2, FLAT_I32);
    return 8;
}

static uint64_t lay_list(struct made_type *made, struct type_field *fields) {
    struct type *t = &made->type;
    if (t->kind == TYPE_MAP) {
        uint64_t size, size64;
        uint8_t align64;
        lay_record(made, fields, &size, &t->entry_align, &size64, &align64);
        t->entry_size = (uint32_t)size; /* two parts, each below 2^28 */
    } else {
        t->entry_size = fields[0].type->size;
        t->entry_align = fields[0].type->align;
    }
    return lay_pair(made);
}

static uint64_t lay_fixed_list(struct made_type *made) {
    struct type *t = &made->type;
    const struct made_type *element = made_of(t->fields[0].type);
    t->has_unrun = true;
    t->plain = element->type.plain;
    t->align = element->type.align;
    made->align64 = element->align64;
    t->entry_size = element->type.size;
    t->entry_align = element->type.align;
    for (uint32_t i = 0; i < t->length && t->flat_count != TYPES_FLAT_MANY; i++)
        types_flat_add(t->flat, &t->flat_count, &element->type);
    made->size64 = element->size64 * t->length; /* below 2^28 times 2^32 */
    return (uint64_t)element->type.size * t->length;
}

/* What is one core value of its own size. */
static uint64_t lay_scalar(struct made_type *made, unsigned bytes, enum flat flat) {
    made->type.align = made->align64 = (uint8_t)bytes;
    made->size64 = bytes;
    flat_set(&made->type, 1, flat);
    return bytes;
}

static uint64_t lay_primitive(struct made_type *made) {
    struct type *t = &made->type;
    t->plain = t->kind != TYPE_BOOL && t->kind != TYPE_CHAR && t->kind != TYPE_STRING;
    switch (t->kind) {
    case TYPE_S16:
    case TYPE_U16: return lay_scalar(made, 2, FLAT_I32);
    case TYPE_S32:
    case TYPE_U32:
    case TYPE_CHAR: return lay_scalar(made, 4, FLAT_I32);
    case TYPE_S64:
    case TYPE_U64: return lay_scalar(made, 8, FLAT_I64);
    case TYPE_F32: return lay_scalar(made, 4, FLAT_F32);
    case TYPE_F64: return lay_scalar(made, 8, FLAT_F64);
    case TYPE_STRING: return lay_pair(made);
    default: return lay_scalar(made, 1, FLAT_I32); /* bool, s8, u8 */
    }
}

static uint64_t lay(struct made_type *made, struct type_field *fields) {
    struct type *t = &made->type;
    switch (t->kind) {
    case TYPE_RECORD:
    case TYPE_TUPLE: return lay_fields(made, fields);
    case TYPE_VARIANT:
    case TYPE_ENUM:
    case TYPE_OPTION:
    case TYPE_RESULT: return lay_cases(made, fields);
    case TYPE_LIST:
    case TYPE_MAP: return lay_list(made, fields);
    case TYPE_FIXED_LIST: return lay_fixed_list(made);
    case TYPE_FLAGS:
        t->discriminant_bytes = t->count <= 8 ? 1 : t->count <= 16 ? 2 : 4;
        return lay_scalar(made, t->discriminant_bytes, FLAT_I32);
    case TYPE_OWN:
    case TYPE_BORROW:
        t->has_handle = true;
        t->has_borrow = t->kind == TYPE_BORROW;
        return lay_scalar(made, 4, FLAT_I32);
    case TYPE_STREAM:
    case TYPE_FUTURE:
    case TYPE_ERROR_CONTEXT:
        t->has_unrun = true;
        t->has_pointer = false; /* what it carries is not in the value */
        return lay_scalar(made, 4, FLAT_I32);
    default: return lay_primitive(made);
    }
}

int types_lay_out(struct made_type *made, struct type_field *fields, arcella_error **reterr) {
    int status = take_parts(made, reterr);
    if (status)
        return status;
    uint64_t size = lay(made, fields);
    if (size >= TYPES_SIZE_BYTES || made->size64 >= TYPES_SIZE_BYTES)
        return error_set(reterr, ARCELLA_E_WASM,
                         "a value of the type takes %llu bytes, which must be less than 2^28",
                         (unsigned long long)max_u64(size, made->size64));
    made->type.size = (uint32_t)size;
    return 0;
}
