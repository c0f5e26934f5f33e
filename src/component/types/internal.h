/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What the files of struct types share: a type as it is kept, and its layout.  Nobody else includes this.
 */
#ifndef COMPONENT_TYPES_INTERNAL_H
#define COMPONENT_TYPES_INTERNAL_H

#include "base/map.h"
#include "component/types/types.h"

/* A type with what only its making needs.  Lies in the arena of its struct types, as does its key. */
struct made_type {
    struct type type; /* first: a struct type is one of these */
    uint32_t nodes;   /* of the type written out as a tree */
    uint64_t size64;  /* where pointers have 64 bits: the rule on the size is about that */
    uint8_t align64;
    UT_hash_handle hh;
};
struct made_func {
    struct func_type type;
    UT_hash_handle hh;
};

struct types {
    struct arena arena;
    struct made_type *by_key;
    struct made_func *funcs_by_key;
    const struct type *primitives[TYPE_KINDS]; /* NULL: not a primitive */
    uint32_t ids, func_ids;
};

static inline const struct made_type *made_of(const struct type *type) {
    return (const struct made_type *)type;
}

/** Work out everything but fields, key and id; fields of `type` are there and writable as `fields`.
 * @return 0, WASM */
int types_lay_out(struct made_type *made, struct type_field *fields, arcella_error **reterr) MUST_CHECK;
/** Append the flat values of one type to those of another: the count saturates at TYPES_FLAT_MANY. */
void types_flat_add(uint8_t *flat, uint8_t *count, const struct type *more);
static inline uint64_t types_align(uint64_t offset, uint64_t align) {
    return (offset + align - 1) / align * align;
}

#endif
