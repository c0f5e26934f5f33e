/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What the parts of the differential test share: random types and values (differential_random.c), and the
 * reference, the engine's own component interface (differential_reference.c).
 */
#ifndef TESTS_SPEC_DIFFERENTIAL_H
#define TESTS_SPEC_DIFFERENTIAL_H

#include "base/arena.h"
#include "component/value.h"
#include "echo.h"

/* --- random --- */

struct chance {
    uint64_t state;
};
static inline uint64_t chance_next(struct chance *c) {
    uint64_t z = c->state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}
/* Less than n. */
static inline uint32_t chance_below(struct chance *c, uint32_t n) {
    return (uint32_t)(chance_next(c) % n);
}

/** A function of random parameters that returns them: one as it is, several as a tuple; borrows stay out. */
const struct func_type *random_func(struct chance *chance, struct types *types);
/** A random value of a type, in the shape of the type. Handles are of `resource`, with random numbers. */
struct value random_value(struct chance *chance, const struct type *type, struct arena *arena);
/** What echo returns for these parameters. @return false: the function has no result */
bool echo_result(const struct func_type *type, const struct value *params, struct arena *arena,
                 struct value *ret);
/** Something for the guest to do wrong, or nothing. */
void random_edit(struct chance *chance, struct echo *echo);

/* --- what one stack did --- */

struct observed {
    struct arena arena;
    const struct func_type *type;
    bool seen; /* the host function was called, with … */
    struct value *params;
    bool trapped;
    char kind[64];      /* ours: the stable text */
    char message[1024]; /* of the trap */
    bool has_result;
    struct value result;
};

struct reference;
struct reference *reference_new(void);
void reference_free(struct reference *reference);
/** Load, instantiate and call. @return false: it was not loaded or instantiated; message tells */
bool reference_run(struct reference *reference, const uint8_t *bytes, size_t length, const struct value *args,
                   struct observed *observed);

#endif
