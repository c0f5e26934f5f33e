/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Dynamic values: for embedders and people, never on the path between guests or to a host function of ours.
 *
 * A value says what it is (kind) but not of which type; what is done with it is done together with its type.
 * Values are plain data and borrow everything they point to, as a rule from an arena: that of the call for
 * values that were lifted.  Nothing is freed one by one.  Copying the struct copies a reference; value_copy()
 * makes a deep copy.
 *
 * A list has one of two shapes, told by its element type (value_packs): plain data, bool, char, enums and
 * flags are one span of bytes laid out as in a guest's memory; anything else is an array of values.  Builders
 * that know no type may give an array anywhere; value_fit() packs it.
 */
#ifndef COMPONENT_VALUE_H
#define COMPONENT_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "component/types/types.h"

struct value {
    uint8_t kind;   /* enum type_kind */
    bool packed;    /* LIST: bytes, not items */
    uint32_t count; /* STRING: bytes; LIST: elements; RECORD, TUPLE: fields; MAP: entries; VARIANT, OPTION
                       (0 none, 1 some), RESULT (0 ok, 1 error), ENUM: the case; OWN, BORROW: resource */
    union {
        bool boolean;
        uint64_t u64; /* U8 to U64, CHAR, FLAGS (a bit per label); OWN, BORROW: what the host holds */
        int64_t s64;  /* S8 to S64 */
        float f32;
        double f64;
        const char *text;     /* STRING: UTF-8, not NUL-terminated */
        const uint8_t *bytes; /* LIST, packed */
        /* RECORD, TUPLE: fields in their order; LIST: elements; MAP: key, value, key, value …; VARIANT,
         * OPTION, RESULT: the payload, NULL where the case has none */
        const struct value *items;
    };
};

/* Scalars and texts, made in place. */
static inline struct value value_bool(bool b) {
    return (struct value){.kind = TYPE_BOOL, .boolean = b};
}
static inline struct value value_unsigned(enum type_kind kind, uint64_t u) {
    return (struct value){.kind = (uint8_t)kind, .u64 = u};
}
static inline struct value value_signed(enum type_kind kind, int64_t s) {
    return (struct value){.kind = (uint8_t)kind, .s64 = s};
}
static inline struct value value_f32(float f) {
    return (struct value){.kind = TYPE_F32, .f32 = f};
}
static inline struct value value_f64(double f) {
    return (struct value){.kind = TYPE_F64, .f64 = f};
}
static inline struct value value_text(const char *text, uint32_t bytes) {
    return (struct value){.kind = TYPE_STRING, .count = bytes, .text = text};
}
/** RECORD, TUPLE, LIST of items (count of them), MAP (count entries). */
static inline struct value value_items(enum type_kind kind, const struct value *items, uint32_t count) {
    return (struct value){.kind = (uint8_t)kind, .count = count, .items = items};
}
/** VARIANT, ENUM, OPTION, RESULT. @param payload NULL: none */
static inline struct value value_case(enum type_kind kind, uint32_t index, const struct value *payload) {
    return (struct value){.kind = (uint8_t)kind, .count = index, .items = payload};
}
/** A list of count elements laid out as in memory. */
static inline struct value value_packed(const void *bytes, uint32_t count) {
    return (struct value){.kind = TYPE_LIST, .packed = true, .count = count, .bytes = bytes};
}
static inline struct value value_handle(enum type_kind kind, uint32_t resource, uint32_t held) {
    return (struct value){.kind = (uint8_t)kind, .count = resource, .u64 = held};
}

/** Is a list of this element type one span of bytes? */
bool value_packs(const struct type *element);
/**
 * Check a value against a type and bring it into the shape of that type: arrays of packable elements become
 * spans (in the arena), what lies below is rewritten in new memory, never in place.
 *
 * @param arena  its limit is the bound of what this may take
 * @return 0, INVALID (where and what: "field 'x', element 3: expected u8, got string"), LIMIT, NOMEM
 */
int value_fit(const struct type *type, const struct value *value, struct arena *arena, struct value *ret,
              arcella_error **reterr) MUST_CHECK;
/** Is a value in the shape of its type already, so that value_fit() would make the same again? */
bool value_fits(const struct type *type, const struct value *value);
/**
 * Read an element of a list, packed or not.
 *
 * @param list   the list's type
 * @param index  less than value->count
 * @param arena  for fields of packed records
 * @return 0, LIMIT, NOMEM
 */
int value_item(const struct type *list, const struct value *value, uint32_t index, struct arena *arena,
               struct value *ret, arcella_error **reterr) MUST_CHECK;
/**
 * Are two values of a type the same?  Two NaNs are the same, whatever their bits (the ABI knows one), 0 and
 * -0 are not: what a guest can tell apart is different.
 */
bool value_equal(const struct type *type, const struct value *a, const struct value *b);
/**
 * Copy a value with all below into an arena.
 *
 * @return 0, LIMIT (the arena's), NOMEM
 */
int value_copy(const struct type *type, const struct value *value, struct arena *arena, struct value *ret,
               arcella_error **reterr) MUST_CHECK;

/*
 * One number of a type: bool, integers, floats, char, enum and flags have bits, sign-extended to 64.
 */
/** Has the type bits? */
static ALWAYS_INLINE bool value_has_bits(const struct type *type) {
    return type->kind <= TYPE_CHAR || type->kind == TYPE_ENUM || type->kind == TYPE_FLAGS;
}
/** Is this a Unicode scalar value? */
static inline bool value_is_char(uint64_t c) {
    return c < 0xd800 || (c >= 0xe000 && c < 0x110000);
}
/** The bits that a type of flags has. */
static inline uint64_t value_flags_mask(const struct type *type) {
    return type->count >= 32 ? UINT32_MAX : (1ull << type->count) - 1;
}
/* What a number of a kind up to F64 may be: `below` values are less than 0; with them added, none of the bits
 * `beyond` is set.  A table, as a switch over the kind is a jump that is foretold badly where kinds
 * alternate. */
struct value_range {
    uint64_t below, beyond;
    uint64_t bits; /* those of the union that are the value's: a float lies in the low half */
};
extern const struct value_range value_ranges[TYPE_F64 + 1];
/** As value_to_bits(), of a type up to F64: most numbers are of those. */
static ALWAYS_INLINE bool value_number_bits(const struct type *type, const struct value *value,
                                            uint64_t *ret) {
    const struct value_range *range = &value_ranges[type->kind];
    *ret = value->u64 & range->bits;
    return value->kind == type->kind && !((value->u64 + range->below) & range->beyond);
}
/**
 * Tell the bits (inline: it is on the path of each number that an embedder gives).
 *
 * @return false: the value is of another kind or not in range
 */
static inline bool value_to_bits(const struct type *type, const struct value *value, uint64_t *ret) {
    if (type->kind <= TYPE_F64)
        return value_number_bits(type, value, ret);
    if (UNLIKELY(value->kind != type->kind))
        return false;
    *ret = value->u64;
    switch (type->kind) {
    case TYPE_CHAR: return value_is_char(value->u64);
    case TYPE_ENUM: *ret = value->count; return value->count < type->count;
    case TYPE_FLAGS: return !(value->u64 & ~value_flags_mask(type));
    default: return false;
    }
}
/**
 * Make a value of bits as a guest gives them: only those count that the type has.
 *
 * @return false: no such char, no such case of an enum
 */
bool value_from_bits(const struct type *type, uint64_t bits, struct value *ret);

/**
 * Write a value as it lies in memory.
 *
 * @param type  one that a list packs (value_packs)
 * @param to    type->size bytes; padding becomes zero
 * @return false: it does not fit the type
 */
bool value_pack(const struct type *type, const struct value *value, uint8_t *to) MUST_CHECK;
/**
 * Read a value as it lies in memory.
 *
 * @param type  one that a list packs
 * @return 0, INVALID (no such char, no such case), LIMIT, NOMEM
 */
int value_unpack(const struct type *type, const uint8_t *bytes, struct arena *arena, struct value *ret,
                 arcella_error **reterr) MUST_CHECK;
/**
 * Bring count elements, copied from a guest, into the one form each value has: bool 0 or 1, flags without
 * further bits.
 *
 * @return false: a char or an enum is none; *ret_at is the first such element
 */
bool value_normalise(const struct type *element, uint8_t *bytes, uint32_t count, uint32_t *ret_at);

#endif
