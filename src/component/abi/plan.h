/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Plans: a function type compiled once into short arrays of operations, for copying parameters and results
 * from guest to guest, and what everybody asks of a function type: how its core functions look, where a
 * parameter stands.
 *
 * A type has at most two pieces of code, one for where it lies in memory and one for where it is spread over
 * flat values; they are made when first needed, shared by all that contain the type, and refer to each other,
 * so that all plans together are no longer than the types are.  They belong to their struct plans.
 */
#ifndef COMPONENT_ABI_PLAN_H
#define COMPONENT_ABI_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "component/types/types.h"

enum plan_op_kind {
    /* in memory */
    PLAN_BYTES, /* n bytes of plain data; in a flat plan not used */
    PLAN_CALL,  /* the code of a type, at an offset */
    /* flat */
    PLAN_U8,
    PLAN_S8,
    PLAN_U16,
    PLAN_S16,
    PLAN_32, /* also f32 */
    PLAN_64,
    /* both */
    PLAN_BOOL,
    PLAN_CHAR,
    PLAN_FLAGS, /* n: mask */
    PLAN_STRING,
    PLAN_LIST_BYTES, /* plain elements */
    PLAN_LIST,       /* code: of the element, in memory */
    PLAN_VARIANT,    /* n: cases; cases: code of payloads, of the same sort as this; NULL: none at all */
    PLAN_OWN,        /* n: resource */
    PLAN_BORROW
};
struct plan_code;
struct plan_op {
    uint8_t kind;
    uint8_t width; /* of a discriminant or flags: 1, 2, 4 */
    uint8_t slots; /* of a variant: flat values of its payload */
    uint32_t at;   /* offset in bytes, or index of the first flat value */
    uint32_t n;
    uint32_t payload; /* of a variant in memory: offset of its payload from that of the variant's start */
    const struct type *type; /* of a list, variant */
    union {
        const struct plan_code *code;
        const struct plan_code *const *cases;
    };
};
struct plan_code {
    uint32_t count;
    uint32_t cost; /* operations that one run of it takes at most, without the elements of lists */
    struct plan_op ops[];
};

struct plan {
    const struct func_type *type;
    const struct plan_code *params; /* of memory where params_spilled, else flat */
    const struct plan_code *result; /* likewise; NULL: no result */
    bool params_spilled;            /* parameters are in memory, and the core function takes a pointer */
    bool result_spilled;            /* so is the result */
    uint8_t lifted_params;          /* core parameters of a lifted function */
    uint8_t lowered_params;         /* of a lowered one: with the pointer to the result */
    uint8_t result_flat;            /* core results of a lowered function; a lifted one has one more where
                                       result_spilled */
    bool lift_needs_memory, lift_needs_realloc;   /* what canon lift must be given for it */
    bool lower_needs_memory, lower_needs_realloc; /* and canon lower */
    /* Where each flat value passes by itself, cut to its bits (integers without sign, s32, s64, floats,
     * flags): the bits, a mask for each; else NULL. */
    const uint64_t *param_masks;
    uint64_t result_mask;      /* 0: the result is not such a one */
    const uint8_t *param_flat; /* first flat value of each parameter; NULL: spilled */
};

struct plans;
/** Make a set of plans. @return NULL: no memory */
struct plans *plans_new(void) MUST_CHECK;
/** Free it with all its plans; the types may be gone already. @return NULL */
struct plans *plans_free(struct plans *plans);
/**
 * Make or find the plan of a function type.
 *
 * @param type  of one struct types for all of a struct plans, outlives it
 * @return 0, UNSUPPORTED (async, streams …: has_unrun), NOMEM
 */
int plans_get(struct plans *plans, const struct func_type *type, const struct plan **ret,
              arcella_error **reterr) MUST_CHECK;

/* Room for a core signature. */
#define PLAN_SIGNATURE_BYTES 24
/**
 * The core signature as in struct engine_import ("iiI:i").
 *
 * @param lowered  true: of the function that canon lower makes; false: of the one that canon lift takes
 */
void plan_signature(const struct func_type *type, bool lowered, char to[PLAN_SIGNATURE_BYTES]);
/** The core signature of the post-return function that goes with a lifted one. */
void plan_post_return_signature(const struct func_type *type, char to[PLAN_SIGNATURE_BYTES]);

#endif
