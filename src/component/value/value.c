/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Values: numbers and their bits, packed lists, comparing, copying.  fit.c checks them against types.
 */
#include "component/value.h"

#include <math.h>
#include <string.h>

/* --- numbers --- */

#define SIGNED(n)   (1ull << ((n)-1)), ~((2ull << ((n)-1)) - 1), UINT64_MAX
#define UNSIGNED(n) 0, ~((2ull << ((n)-1)) - 1), UINT64_MAX
const struct value_range value_ranges[TYPE_F64 + 1] = {
    [TYPE_BOOL] = {0, 0, 1},         [TYPE_F32] = {0, 0, UINT32_MAX}, [TYPE_F64] = {0, 0, UINT64_MAX},
    [TYPE_S8] = {SIGNED(8)},         [TYPE_S16] = {SIGNED(16)},       [TYPE_S32] = {SIGNED(32)},
    [TYPE_U8] = {UNSIGNED(8)},       [TYPE_U16] = {UNSIGNED(16)},     [TYPE_U32] = {UNSIGNED(32)},
    [TYPE_S64] = {0, 0, UINT64_MAX}, [TYPE_U64] = {0, 0, UINT64_MAX},
};
#undef SIGNED
#undef UNSIGNED

bool value_from_bits(const struct type *type, uint64_t bits, struct value *ret) {
    struct value v = {.kind = (uint8_t)type->kind};
    switch (type->kind) {
    case TYPE_BOOL: v.boolean = (uint32_t)bits != 0; break;
    case TYPE_S8: v.s64 = (int8_t)bits; break;
    case TYPE_S16: v.s64 = (int16_t)bits; break;
    case TYPE_S32: v.s64 = (int32_t)bits; break;
    case TYPE_U8: v.u64 = (uint8_t)bits; break;
    case TYPE_U16: v.u64 = (uint16_t)bits; break;
    case TYPE_F32:
    case TYPE_U32: v.u64 = (uint32_t)bits; break; /* the float lies in the low half */
    case TYPE_CHAR: v.u64 = (uint32_t)bits; break;
    case TYPE_ENUM: v.count = (uint32_t)bits; break;
    case TYPE_FLAGS: v.u64 = bits & value_flags_mask(type); break;
    default: v.u64 = bits; break;
    }
    *ret = v;
    return type->kind == TYPE_CHAR ? value_is_char(v.u64) : type->kind != TYPE_ENUM || v.count < type->count;
}

/* --- packed lists --- */

bool value_packs(const struct type *element) {
    return element->plain || value_has_bits(element);
}

bool value_pack(const struct type *type, const struct value *value, uint8_t *to) {
    if (value_has_bits(type)) {
        uint64_t bits;
        if (!value_to_bits(type, value, &bits))
            return false;
        memcpy(to, &bits, type->size);
        return true;
    }
    if (value->kind != type->kind || value->count != type->count)
        return false;
    memset(to, 0, type->size);
    for (uint32_t i = 0; i < type->count; i++)
        if (!value_pack(type->fields[i].type, &value->items[i], to + type->fields[i].offset))
            return false;
    return true;
}

static int no_memory(const struct arena *arena, uint64_t bytes, arcella_error **reterr) {
    if (arena->limit_bytes && bytes > arena->limit_bytes - arena->total_bytes)
        return error_set(reterr, ARCELLA_E_LIMIT, "a value takes more than the %llu bytes allowed",
                         (unsigned long long)arena->limit_bytes);
    return error_nomem(reterr);
}

static struct value *items_new(struct arena *arena, uint32_t count, arcella_error **reterr, int *ret_error) {
    struct value *items = arena_array(arena, count, sizeof(*items));
    if (!items)
        *ret_error = no_memory(arena, (uint64_t)count * sizeof(*items), reterr);
    return items;
}

int value_unpack(const struct type *type, const uint8_t *bytes, struct arena *arena, struct value *ret,
                 arcella_error **reterr) {
    if (value_has_bits(type)) {
        uint64_t bits = 0;
        memcpy(&bits, bytes, type->size);
        if (!value_from_bits(type, bits, ret))
            return error_set(reterr, ARCELLA_E_INVALID, "%#llx is no %s", (unsigned long long)bits,
                             type_kind_words(type->kind));
        return 0;
    }
    int r = 0;
    struct value *items = items_new(arena, type->count, reterr, &r);
    for (uint32_t i = 0; !r && i < type->count; i++)
        r = value_unpack(type->fields[i].type, bytes + type->fields[i].offset, arena, &items[i], reterr);
    *ret = value_items(type->kind, items, type->count);
    return r;
}

bool value_normalise(const struct type *element, uint8_t *bytes, uint32_t count, uint32_t *ret_at) {
    if (element->plain)
        return true;
    if (element->kind == TYPE_BOOL) {
        for (uint32_t i = 0; i < count; i++)
            bytes[i] = bytes[i] != 0;
        return true;
    }
    uint32_t mask = element->kind == TYPE_FLAGS ? (uint32_t)value_flags_mask(element) : UINT32_MAX;
    for (uint32_t i = 0; i < count; i++, bytes += element->size) {
        uint32_t bits = 0;
        memcpy(&bits, bytes, element->size);
        bits &= mask;
        memcpy(bytes, &bits, element->size);
        if (element->kind == TYPE_CHAR ? !value_is_char(bits)
                                       : element->kind == TYPE_ENUM && bits >= element->count) {
            *ret_at = i;
            return false;
        }
    }
    return true;
}

int value_item(const struct type *list, const struct value *value, uint32_t index, struct arena *arena,
               struct value *ret, arcella_error **reterr) {
    if (!value->packed) {
        *ret = value->items[index];
        return 0;
    }
    return value_unpack(list->fields[0].type, value->bytes + (size_t)index * list->entry_size, arena, ret,
                        reterr);
}

/* --- comparing --- */

static bool bits_equal(const struct type *type, uint64_t a, uint64_t b) {
    if (type->kind == TYPE_F32) {
        bool nan_a = (a & 0x7fffffff) > 0x7f800000, nan_b = (b & 0x7fffffff) > 0x7f800000;
        return nan_a || nan_b ? nan_a == nan_b : a == b;
    }
    if (type->kind == TYPE_F64) {
        bool nan_a = a << 1 > 0x7ff0000000000000ull << 1, nan_b = b << 1 > 0x7ff0000000000000ull << 1;
        return nan_a || nan_b ? nan_a == nan_b : a == b;
    }
    return a == b;
}

static bool packed_equal(const struct type *type, const uint8_t *a, const uint8_t *b) {
    if (!value_has_bits(type)) {
        for (uint32_t i = 0; i < type->count; i++) {
            uint32_t offset = type->fields[i].offset;
            if (!packed_equal(type->fields[i].type, a + offset, b + offset))
                return false;
        }
        return true;
    }
    uint64_t bits_a = 0, bits_b = 0;
    memcpy(&bits_a, a, type->size);
    memcpy(&bits_b, b, type->size);
    return bits_equal(type, bits_a, bits_b);
}

static bool packed_item_equal(const struct type *type, const uint8_t *bytes, const struct value *value) {
    if (!value_has_bits(type)) {
        if (value->kind != type->kind || value->count != type->count)
            return false;
        for (uint32_t i = 0; i < type->count; i++)
            if (!packed_item_equal(type->fields[i].type, bytes + type->fields[i].offset, &value->items[i]))
                return false;
        return true;
    }
    uint64_t packed = 0, bits;
    memcpy(&packed, bytes, type->size);
    if (!value_to_bits(type, value, &bits))
        return false;
    if (type->size < 8)
        bits &= (1ull << 8 * type->size) - 1;
    return bits_equal(type, packed, bits);
}

static bool lists_equal(const struct type *list, const struct value *a, const struct value *b) {
    const struct type *element = list->fields[0].type;
    if (a->count != b->count)
        return false;
    if (b->packed && !a->packed) {
        const struct value *swap = a;
        a = b;
        b = swap;
    }
    if (a->packed && !value_packs(element))
        return false;
    for (uint32_t i = 0; i < a->count; i++) {
        const uint8_t *at = a->packed ? a->bytes + (size_t)i * list->entry_size : NULL;
        if (b->packed ? !packed_equal(element, at, b->bytes + (size_t)i * list->entry_size)
            : at      ? !packed_item_equal(element, at, &b->items[i])
                      : !value_equal(element, &a->items[i], &b->items[i]))
            return false;
    }
    return true;
}

bool value_equal(const struct type *type, const struct value *a, const struct value *b) {
    if (a->kind != type->kind || b->kind != type->kind)
        return false;
    if (value_has_bits(type)) {
        uint64_t bits_a, bits_b;
        return value_to_bits(type, a, &bits_a) && value_to_bits(type, b, &bits_b) &&
               bits_equal(type, bits_a, bits_b);
    }
    switch (type->kind) {
    case TYPE_STRING: return a->count == b->count && (!a->count || !memcmp(a->text, b->text, a->count));
    case TYPE_LIST: return lists_equal(type, a, b);
    case TYPE_OWN:
    case TYPE_BORROW: return a->count == b->count && a->u64 == b->u64;
    case TYPE_RECORD:
    case TYPE_TUPLE:
        if (a->count != type->count || b->count != type->count)
            return false;
        for (uint32_t i = 0; i < type->count; i++)
            if (!value_equal(type->fields[i].type, &a->items[i], &b->items[i]))
                return false;
        return true;
    case TYPE_MAP:
        if (a->count != b->count)
            return false;
        for (uint64_t i = 0; i < 2 * (uint64_t)a->count; i++)
            if (!value_equal(type->fields[i & 1].type, &a->items[i], &b->items[i]))
                return false;
        return true;
    default: /* variant, option, result */
        if (a->count != b->count || a->count >= type->count || !a->items != !b->items)
            return false;
        const struct type *payload = type->fields[a->count].type;
        return !payload == !a->items && (!payload || value_equal(payload, a->items, b->items));
    }
}

int value_copy(const struct type *type, const struct value *value, struct arena *arena, struct value *ret,
               arcella_error **reterr) {
    return value_fit(type, value, arena, ret, reterr);
}
