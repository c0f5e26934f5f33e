/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Values of components: what goes into a call and comes out of it.
 *
 *     struct arcella_value point[2] = {arcella_value_s32(3), arcella_value_f64(0.5)};
 *     struct arcella_value args[2] = {arcella_value_record(point, 2), arcella_value_list_u8(bytes, length)};
 *
 * A value is plain data, small, and borrows all it points to: a builder allocates nothing and copies nothing,
 * so texts, items and spans must stay until the call they are given to has returned.  A value that a call
 * returned is borrowed from its instance; arcella_value_copy() makes one that is the caller's own.
 *
 * A list of numbers is one span, as C has arrays (arcella_value_list_u8() … f64()); any other list is an
 * array of values.  Both are accepted for a list of numbers; a list of numbers that a call returns is always
 * a span.
 *
 * Values know their kind, not their type: whether it fits is found out when it is given to a function, and
 * told with the place ("argument 'p': field 'x': expected s32, got string").  Getters check the kind.
 *
 * Everything here may be used from any thread.
 */
#ifndef ARCELLA_VALUE_H
#define ARCELLA_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Kinds of values and types: name, number, words.  Numbers never change their meaning. */
#define ARCELLA_KIND_MAP(XX)                                                                                 \
    XX(BOOL, 0, "bool")                                                                                      \
    XX(S8, 1, "s8")                                                                                          \
    XX(U8, 2, "u8")                                                                                          \
    XX(S16, 3, "s16")                                                                                        \
    XX(U16, 4, "u16")                                                                                        \
    XX(S32, 5, "s32")                                                                                        \
    XX(U32, 6, "u32")                                                                                        \
    XX(S64, 7, "s64")                                                                                        \
    XX(U64, 8, "u64")                                                                                        \
    XX(F32, 9, "f32")                                                                                        \
    XX(F64, 10, "f64")                                                                                       \
    XX(CHAR, 11, "char")                                                                                     \
    XX(STRING, 12, "string")                                                                                 \
    XX(RECORD, 13, "record")                                                                                 \
    XX(TUPLE, 14, "tuple")                                                                                   \
    XX(LIST, 15, "list")                                                                                     \
    XX(MAP, 16, "map")                                                                                       \
    XX(VARIANT, 17, "variant")                                                                               \
    XX(ENUM, 18, "enum")                                                                                     \
    XX(OPTION, 19, "option")                                                                                 \
    XX(RESULT, 20, "result")                                                                                 \
    XX(FLAGS, 21, "flags")                                                                                   \
    XX(OWN, 22, "own")                                                                                       \
    XX(BORROW, 23, "borrow")
#define ARCELLA_KIND_ENUM(name, number, words) ARCELLA_##name = number,
enum arcella_kind { ARCELLA_KIND_MAP(ARCELLA_KIND_ENUM) ARCELLA_NONE = 255 /* no value */ };
#undef ARCELLA_KIND_ENUM

/* Integers and floats: name, kind, type in C, member that holds it. */
#define ARCELLA_PLAIN_MAP(XX)                                                                                \
    XX(s8, S8, int8_t, s64)                                                                                  \
    XX(u8, U8, uint8_t, u64)                                                                                 \
    XX(s16, S16, int16_t, s64)                                                                               \
    XX(u16, U16, uint16_t, u64)                                                                              \
    XX(s32, S32, int32_t, s64)                                                                               \
    XX(u32, U32, uint32_t, u64)                                                                              \
    XX(s64, S64, int64_t, s64)                                                                               \
    XX(u64, U64, uint64_t, u64)                                                                              \
    XX(f32, F32, float, f32)                                                                                 \
    XX(f64, F64, double, f64)
/* All numbers. */
#define ARCELLA_NUMBER_MAP(XX)                                                                               \
    XX(bool, BOOL, bool, boolean)                                                                            \
    ARCELLA_PLAIN_MAP(XX)                                                                                    \
    XX(char, CHAR, uint32_t, u64)

/** A value.  Made by the builders and read by the getters below; copying the struct copies a reference. */
struct arcella_value {
    uint8_t kind;    /* enum arcella_kind */
    uint8_t packed;  /* LIST: a span */
    uint8_t element; /* kind of the elements of a span */
    uint8_t unused;
    uint32_t count; /* bytes, elements, fields, entries; the case; the resource */
    union {
        bool boolean;
        uint64_t u64;
        int64_t s64;
        float f32;
        double f64;
        const char *text;
        const void *bytes;
        const struct arcella_value *items;
    } of;
};

/* --- builders: nothing is copied --- */

/*
 * Numbers: arcella_value_bool(), _s8() … _u64(), _f32(), _f64(), _char() (a Unicode scalar value).
 * Spans of numbers: arcella_value_list_u8(const uint8_t *data, size_t count) and so on; in those of bool each
 * is 0 or 1.  More than 2^32 - 1 elements make no value (ARCELLA_NONE), which every function refuses.
 */
#define ARCELLA_NUMBER_BUILDERS(name, KIND, type, member)                                                    \
    static inline struct arcella_value arcella_value_##name(type number) {                                   \
        struct arcella_value v = {ARCELLA_##KIND, 0, 0, 0, 0, {0}};                                          \
        v.of.u64 = 0;                                                                                        \
        v.of.member = number;                                                                                \
        return v;                                                                                            \
    }                                                                                                        \
    static inline struct arcella_value arcella_value_list_##name(const type *data, size_t count) {           \
        struct arcella_value v = {ARCELLA_LIST, 1, ARCELLA_##KIND, 0, 0, {0}};                               \
        if (count > UINT32_MAX)                                                                              \
            v.kind = ARCELLA_NONE;                                                                           \
        v.count = (uint32_t)count;                                                                           \
        v.of.bytes = data;                                                                                   \
        return v;                                                                                            \
    }
ARCELLA_NUMBER_MAP(ARCELLA_NUMBER_BUILDERS)
#undef ARCELLA_NUMBER_BUILDERS

/* Count items of a kind; for what follows. */
static inline struct arcella_value arcella_value_items(enum arcella_kind kind,
                                                       const struct arcella_value *items, size_t count) {
    struct arcella_value v = {ARCELLA_NONE, 0, 0, 0, 0, {0}};
    if (count <= UINT32_MAX)
        v.kind = (uint8_t)kind;
    v.count = (uint32_t)count;
    v.of.items = items;
    return v;
}
/** A text of length bytes of UTF-8. */
static inline struct arcella_value arcella_value_string(const char *text, size_t length) {
    struct arcella_value v = arcella_value_items(ARCELLA_STRING, NULL, length);
    v.of.text = text;
    return v;
}
/** A list of any elements, one value each. */
static inline struct arcella_value arcella_value_list(const struct arcella_value *items, size_t count) {
    return arcella_value_items(ARCELLA_LIST, items, count);
}
/** A record: its fields in the order of its type. */
static inline struct arcella_value arcella_value_record(const struct arcella_value *fields, size_t count) {
    return arcella_value_items(ARCELLA_RECORD, fields, count);
}
/** A tuple. */
static inline struct arcella_value arcella_value_tuple(const struct arcella_value *fields, size_t count) {
    return arcella_value_items(ARCELLA_TUPLE, fields, count);
}
/** A map of count entries: key, value, key, value … (twice as many values). */
static inline struct arcella_value arcella_value_map(const struct arcella_value *entries, size_t count) {
    return arcella_value_items(ARCELLA_MAP, entries, count);
}
/** A case of a variant by its number (arcella_type_find() tells it), with its payload or NULL. */
static inline struct arcella_value arcella_value_variant(uint32_t number,
                                                         const struct arcella_value *payload) {
    return arcella_value_items(ARCELLA_VARIANT, payload, number);
}
/** A case of an enum by its number. */
static inline struct arcella_value arcella_value_enum(uint32_t number) {
    return arcella_value_items(ARCELLA_ENUM, NULL, number);
}
/** some(value). */
static inline struct arcella_value arcella_value_some(const struct arcella_value *value) {
    return arcella_value_items(ARCELLA_OPTION, value, 1);
}
/** none. */
static inline struct arcella_value arcella_value_none(void) {
    return arcella_value_items(ARCELLA_OPTION, NULL, 0);
}
/** ok(value); NULL where the type has no payload. */
static inline struct arcella_value arcella_value_ok(const struct arcella_value *value) {
    return arcella_value_items(ARCELLA_RESULT, value, 0);
}
/** err(value); NULL where the type has no payload. */
static inline struct arcella_value arcella_value_err(const struct arcella_value *value) {
    return arcella_value_items(ARCELLA_RESULT, value, 1);
}
/** Flags, a bit for each label in the order of the type. */
static inline struct arcella_value arcella_value_flags(uint32_t bits) {
    struct arcella_value v = arcella_value_items(ARCELLA_FLAGS, NULL, 0);
    v.of.u64 = bits;
    return v;
}
/** A borrow of an own handle, for a parameter that borrows: the handle stays the caller's. */
static inline struct arcella_value arcella_value_borrow(const struct arcella_value *own) {
    struct arcella_value v = *own;
    v.kind = own->kind == ARCELLA_OWN ? ARCELLA_BORROW : ARCELLA_NONE;
    return v;
}

/* --- getters: 0, or ARCELLA_E_KIND where the value is of another kind --- */

/*
 * Numbers: arcella_value_get_u32(value, &number) and so on.
 * Spans: arcella_value_get_list_u8(value, &data, &count): borrowed as the value is.
 */
#define ARCELLA_NUMBER_GETTERS(name, KIND, type, member)                                                     \
    static inline int arcella_value_get_##name(const struct arcella_value *value, type *ret) {               \
        if (value->kind != ARCELLA_##KIND)                                                                   \
            return ARCELLA_E_KIND;                                                                           \
        *ret = (type)value->of.member;                                                                       \
        return 0;                                                                                            \
    }                                                                                                        \
    static inline int arcella_value_get_list_##name(const struct arcella_value *value, const type **ret,     \
                                                    size_t *ret_count) {                                     \
        if (value->kind != ARCELLA_LIST || !value->packed || value->element != ARCELLA_##KIND)               \
            return ARCELLA_E_KIND;                                                                           \
        *ret = (const type *)value->of.bytes;                                                                \
        *ret_count = value->count;                                                                           \
        return 0;                                                                                            \
    }
ARCELLA_NUMBER_MAP(ARCELLA_NUMBER_GETTERS)
#undef ARCELLA_NUMBER_GETTERS

/** The kind of a value. */
static inline enum arcella_kind arcella_value_kind(const struct arcella_value *value) {
    return (enum arcella_kind)value->kind;
}
/** A text, UTF-8, not NUL-terminated. */
static inline int arcella_value_get_string(const struct arcella_value *value, const char **ret,
                                           size_t *ret_length) {
    if (value->kind != ARCELLA_STRING)
        return ARCELLA_E_KIND;
    *ret = value->of.text;
    *ret_length = value->count;
    return 0;
}
/** The case of a variant, enum, option (0 none, 1 some) or result (0 ok, 1 err); *ret_payload: NULL for none,
 * may be NULL itself. */
static inline int arcella_value_get_case(const struct arcella_value *value, uint32_t *ret_case,
                                         const struct arcella_value **ret_payload) {
    if (value->kind < ARCELLA_VARIANT || value->kind > ARCELLA_RESULT)
        return ARCELLA_E_KIND;
    *ret_case = value->count;
    if (ret_payload)
        *ret_payload = value->kind == ARCELLA_ENUM ? NULL : value->of.items;
    return 0;
}
/** The bits of flags. */
static inline int arcella_value_get_flags(const struct arcella_value *value, uint32_t *ret) {
    if (value->kind != ARCELLA_FLAGS)
        return ARCELLA_E_KIND;
    *ret = (uint32_t)value->of.u64;
    return 0;
}
/** What an own or borrow handle stands for: of a resource of the embedder, its number. */
static inline int arcella_value_get_handle(const struct arcella_value *value, uint32_t *ret) {
    if (value->kind != ARCELLA_OWN && value->kind != ARCELLA_BORROW)
        return ARCELLA_E_KIND;
    *ret = (uint32_t)value->of.u64;
    return 0;
}
/** How many elements a list has, fields a record or tuple, entries a map; 0 for anything else. */
static inline size_t arcella_value_count(const struct arcella_value *value) {
    return value->kind >= ARCELLA_RECORD && value->kind <= ARCELLA_MAP ? value->count : 0;
}

/**
 * Tell an element of a list, span or not, or a field of a record or tuple.
 *
 * @param value  borrowed
 * @param index  less than arcella_value_count()
 * @param ret    out; borrowed as the value is
 * @return 0; ARCELLA_E_KIND (it has no elements), ARCELLA_E_NOT_FOUND (not so many)
 * Threads: any.  Since: 0.1.
 */
ARCELLA_API int arcella_value_item(const struct arcella_value *value, size_t index,
                                   struct arcella_value *ret);

/**
 * Tell key and value of a map's entry.
 *
 * @param value      borrowed
 * @param index      less than arcella_value_count()
 * @param ret_key    out; borrowed as the value is
 * @param ret_value  out; likewise
 * @return 0; ARCELLA_E_KIND (it is no map), ARCELLA_E_NOT_FOUND (not so many)
 * Threads: any.  Since: 0.1.
 */
ARCELLA_API int arcella_value_entry(const struct arcella_value *value, size_t index,
                                    struct arcella_value *ret_key, struct arcella_value *ret_value);

/**
 * Copy a value with all it points to.  A handle stays the same handle.
 *
 * @param value   borrowed
 * @param ret     out: the copy, owned by the caller; arcella_value_free()
 * @param reterr  out on failure; may be NULL
 * @return 0; ARCELLA_E_INVALID (no value, deeper than types may be), ARCELLA_E_NOMEM
 * Threads: any.  Since: 0.1.
 */
ARCELLA_API int arcella_value_copy(const struct arcella_value *value, struct arcella_value *ret,
                                   arcella_error **reterr);

/**
 * Free what arcella_value_copy() made; the value becomes ARCELLA_NONE.
 *
 * @param value  a copy; NULL and ARCELLA_NONE are fine; nothing else, and no part of a copy
 * Threads: any.  Since: 0.1.
 */
ARCELLA_API void arcella_value_free(struct arcella_value *value);

/* --- types: of parameters and results, for reading values by name --- */

/** A type.  Opaque; borrowed from the component or function that told it. */
typedef struct arcella_type arcella_type;

/**
 * Tell the kind of a type.
 *
 * @param type  borrowed; NULL gives ARCELLA_NONE
 * @return enum arcella_kind; ARCELLA_NONE also for what cannot be a value here (streams, futures)
 * Threads: any.  Since: 0.1.
 */
ARCELLA_API enum arcella_kind arcella_type_kind(const arcella_type *type);

/**
 * Tell how many parts a type has: fields, cases, labels; a list one, a map, an option or a result two.
 *
 * @param type  borrowed; NULL gives 0
 * @return a number; 0 where it has no parts
 * Threads: any.  Since: 0.1.
 */
ARCELLA_API size_t arcella_type_count(const arcella_type *type);

/**
 * Tell the type of a part: a field, the payload of a case, the element of a list, key and value of a map.
 *
 * @param type   borrowed
 * @param index  less than arcella_type_count(); of an option 1 is that of some, of a result 0 ok and 1 err
 * @return borrowed as the type is; NULL where there is none
 * Threads: any.  Since: 0.1.
 */
ARCELLA_API const arcella_type *arcella_type_part(const arcella_type *type, size_t index);

/**
 * Tell the name of a field, case or label.
 *
 * @param type        borrowed
 * @param index       less than arcella_type_count()
 * @param ret_length  out: bytes; may be NULL
 * @return UTF-8, not NUL-terminated, borrowed as the type is; "" where there is none
 * Threads: any.  Since: 0.1.
 */
ARCELLA_API const char *arcella_type_label(const arcella_type *type, size_t index, size_t *ret_length);

/**
 * Find a field, case or label by its name.
 *
 * @param type   borrowed
 * @param label  UTF-8, NUL-terminated
 * @return its number; ARCELLA_E_NOT_FOUND
 * Threads: any.  Since: 0.1.
 */
ARCELLA_API int arcella_type_find(const arcella_type *type, const char *label);

/**
 * Make an own handle of a resource of the embedder's, for a parameter of that type.
 *
 * @param type    of the parameter: own
 * @param number  what the embedder knows the resource by
 * @return the value; ARCELLA_NONE where the type is another
 * Threads: any.  Since: 0.1.
 */
ARCELLA_API struct arcella_value arcella_value_own(const arcella_type *type, uint32_t number);

#ifdef __cplusplus
}
#endif
#endif
