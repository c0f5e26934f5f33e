/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Types of components.  A value type is interned in its struct types: two types that the specification calls
 * equal are one pointer.  Size, alignment, flat shape and what a value may contain are worked out when the
 * type is made.  All memory is the arena's of struct types; nothing is freed one by one.
 *
 * A resource type is a number: check/ gives one to each resource that a component imports, defines or gets
 * from an instantiation; resolve/ substitutes those of what runs.
 *
 * Source: component-model, design/mvp/Explainer.md (type definitions), CanonicalABI.md (alignment, element
 * size, flattening).
 */
#ifndef COMPONENT_TYPES_TYPES_H
#define COMPONENT_TYPES_TYPES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"

/* The value types.  Primitives first, in the order of their codes in the binary from 0x7f down. */
#define TYPE_KIND_MAP(XX)                                                                                    \
    XX(BOOL, "bool")                                                                                         \
    XX(S8, "s8")                                                                                             \
    XX(U8, "u8")                                                                                             \
    XX(S16, "s16")                                                                                           \
    XX(U16, "u16")                                                                                           \
    XX(S32, "s32")                                                                                           \
    XX(U32, "u32")                                                                                           \
    XX(S64, "s64")                                                                                           \
    XX(U64, "u64")                                                                                           \
    XX(F32, "f32")                                                                                           \
    XX(F64, "f64")                                                                                           \
    XX(CHAR, "char")                                                                                         \
    XX(STRING, "string")                                                                                     \
    XX(RECORD, "record")                                                                                     \
    XX(TUPLE, "tuple")                                                                                       \
    XX(LIST, "list")                                                                                         \
    XX(MAP, "map")                                                                                           \
    XX(VARIANT, "variant")                                                                                   \
    XX(ENUM, "enum")                                                                                         \
    XX(OPTION, "option")                                                                                     \
    XX(RESULT, "result")                                                                                     \
    XX(FLAGS, "flags")                                                                                       \
    XX(OWN, "own")                                                                                           \
    XX(BORROW, "borrow")                                                                                     \
    XX(STREAM, "stream")                /* known by name and layout; not run */                              \
    XX(FUTURE, "future")                /* likewise */                                                       \
    XX(ERROR_CONTEXT, "error-context")  /* likewise */                                                       \
    XX(FIXED_LIST, "fixed-length list") /* likewise */
enum type_kind {
#define XX(name, words) TYPE_##name,
    TYPE_KIND_MAP(XX)
#undef XX
        TYPE_KINDS
};
/** "record", "u8"; static. */
const char *type_kind_words(enum type_kind kind);

/* What flattening makes of a type: core value types. */
enum flat { FLAT_I32, FLAT_I64, FLAT_F32, FLAT_F64 };
/* The most that is ever passed flat; a type of more says TYPES_FLAT_MANY. */
#define TYPES_FLAT_PARAMS  16
#define TYPES_FLAT_RESULTS 1
#define TYPES_FLAT_MANY    (TYPES_FLAT_PARAMS + 1)

struct type;
struct type_field {
    struct text name;        /* "" in a tuple and for what has none */
    const struct type *type; /* NULL: a case or flag without payload */
    uint32_t offset; /* record, tuple, map entry: of the field; variants: of the payload, the same for all */
};
struct type {
    enum type_kind kind;
    uint8_t align;              /* 1, 2, 4 or 8 */
    uint8_t discriminant_bytes; /* of variant, enum, option, result: 1, 2 or 4; of flags: bytes of the bits */
    bool plain; /* every bit pattern is a value and it holds no pointer: may be copied as bytes.  No bool,
                   char, flags, enum, variant, string, list, handle; floats are plain */
    bool has_pointer; /* a string or list somewhere inside: needs memory and, lowered, realloc */
    bool has_handle;  /* own or borrow somewhere inside, also in what a stream or future carries */
    bool has_borrow;
    bool has_unrun;                  /* stream, future, error-context, fixed-length list somewhere inside */
    uint8_t depth;                   /* of nesting; at most TYPES_DEPTH */
    uint8_t flat_count;              /* at most TYPES_FLAT_MANY */
    uint8_t flat[TYPES_FLAT_PARAMS]; /* enum flat; valid where flat_count <= TYPES_FLAT_PARAMS */
    uint32_t size;                   /* bytes in memory of 32 bits; below 2^28 */
    uint32_t count;                  /* of fields */
    /* RECORD, TUPLE: fields; VARIANT, ENUM, FLAGS: cases; OPTION: none, some; RESULT: ok, error; LIST,
     * STREAM, FUTURE, FIXED_LIST: one, the element (type NULL: a stream of nothing); MAP: key, value (as an
     * entry of the list it is stored as: size and alignment of the entry in entry_size, entry_align) */
    const struct type_field *fields;
    uint32_t entry_size; /* LIST, MAP: bytes from one element to the next */
    uint8_t entry_align;
    uint32_t length;           /* FIXED_LIST */
    uint32_t resource;         /* OWN, BORROW */
    struct text resource_name; /* OWN, BORROW: for people; "" until types_name_resource() */
    uint32_t id;               /* counts up in its struct types: plans are kept by it */
};
#define TYPES_DEPTH 100 /* as the reference has it */
#define TYPES_NODES                                                                                          \
    1000000                         /* a type written out as a tree, likewise: what shares parts stays small \
                                       in the file and grows without bound in everything that walks it */
#define TYPES_SIZE_BYTES (1u << 28) /* Binary.md: elem_size(t, i64) is less than that */
#define TYPES_FIELDS     10000      /* fields of a record or tuple, cases of a variant or enum */
#define TYPES_FLAGS      32         /* labels of flags */
#define TYPES_PARAMS     1000

struct func_type {
    const struct type_field
        *params; /* offset: in the tuple of all parameters, as it is spilled into memory */
    uint32_t param_count;
    const struct type *result; /* NULL: none */
    bool async;
    bool has_unrun;
    uint32_t params_size; /* of that tuple */
    uint8_t params_align;
    uint8_t flat_params; /* flat values of all parameters, at most TYPES_FLAT_MANY */
    uint32_t id;
};

struct types;

/** Make an empty set of types. @return NULL: no memory */
struct types *types_new(void) MUST_CHECK;
/** Free all types of it. @return NULL */
struct types *types_free(struct types *types);
/** How much memory they take, the tables to find them again not counted. */
uint64_t types_bytes(const struct types *types);
/** A primitive; always there. */
const struct type *types_primitive(const struct types *types, enum type_kind kind);
/**
 * Make (or find) a type.  Fields and their names are copied.
 *
 * @param kind   RECORD … FIXED_LIST, but OWN and BORROW
 * @param fields as in struct type (an OPTION has two, none and some; a RESULT ok and error; the types of what
 * has no payload are NULL); offsets are worked out here, and names given here where the kind says what they
 * are ("none", "some", "ok", "error", "" of a tuple)
 * @param length of a FIXED_LIST
 * @return 0, WASM (too large, too deep, an empty record, more than 32 flags, a key that is no key …; the
 * sentence lacks place and name, which the caller adds), NOMEM
 */
int types_make(struct types *types, enum type_kind kind, const struct type_field *fields, uint32_t count,
               uint32_t length, const struct type **ret, arcella_error **reterr) MUST_CHECK;
/** Make (or find) an own or borrow handle of a resource. @return 0, NOMEM */
int types_handle(struct types *types, enum type_kind kind, uint32_t resource, const struct type **ret,
                 arcella_error **reterr) MUST_CHECK;
/** Give the handles of a resource that were made so far its name, for sentences. @param name  borrowed
 * @return 0, NOMEM */
int types_name_resource(struct types *types, uint32_t resource, struct text name, arcella_error **reterr)
    MUST_CHECK;
/** Make (or find) a function type. Fields and their names are copied. @return 0, WASM (a result with a
 * borrow, parameters too large, too many), NOMEM */
int types_func(struct types *types, const struct type_field *params, uint32_t count,
               const struct type *result, bool async, const struct func_type **ret, arcella_error **reterr)
    MUST_CHECK;

struct type_change {
    uint32_t from, to;
};
struct type_memo;
/* Old resource to new one, as pairs sorted by `from`; what is not in it stays. */
struct type_substitution {
    const struct type_change *pairs;
    uint32_t count;
    struct type_memo *memo; /* NULL, or what keeps the answers of many calls with the same pairs, so that a
                               large type that many functions mention is walked once */
};
/** Make a memo for one substitution in one struct types. @return NULL: no memory */
struct type_memo *type_memo_new(void) MUST_CHECK;
/** @return NULL */
struct type_memo *type_memo_free(struct type_memo *memo);
/** The type with its resources exchanged. @return 0, NOMEM */
int types_substitute(struct types *types, const struct type *type, const struct type_substitution *by,
                     const struct type **ret, arcella_error **reterr) MUST_CHECK;
/** The same for a function type. @return 0, NOMEM */
int types_substitute_func(struct types *types, const struct func_type *type,
                          const struct type_substitution *by, const struct func_type **ret,
                          arcella_error **reterr) MUST_CHECK;

#endif
