/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Tests of a form that values have as text, WAVE or JSON: what is read and how it is written again, what is
 * refused and in which words, random values, no memory.
 */
#ifndef TESTS_UNIT_COMPONENT_VALUE_TEXTS_H
#define TESTS_UNIT_COMPONENT_VALUE_TEXTS_H

#include "component/value_types.h"

#include "base/limits.h"
#include "component/value_text.h"

struct text_form {
    int (*print)(struct buffer *to, const struct type *type, const struct value *value,
                 const struct value_handles *handles, unsigned flags, arcella_error **reterr);
    int (*parse)(struct text text, const struct type *type, const struct value_handles *handles,
                 struct arena *arena, struct value *ret, arcella_error **reterr);
    void (*look)(const struct buffer *text); /* at what was written of a random value; NULL: no more to see */
    const char *sample;                      /* a value of sample_type */
    uint64_t seed;                           /* of random values */
};
static const char sample_type[] =
    "record {a: list<string>, b: flags {x, y}, c: enum {a, b, c, d, e, f, g, h, i, j, k, "
    "l, m, n, o, p, q}, d: map<u8, result<u8, char>>}";

struct fixture {
    const struct text_form *form;
    struct types *types;
    struct arena arena;
    const struct type *type; /* of the torture */
};

static inline int texts_setup(void **state, const struct text_form *form) {
    static struct fixture f;
    f = (struct fixture){.form = form, .types = types_new(), .arena = {.limit_bytes = 64 * MIB}};
    *state = &f;
    return f.types ? 0 : -1;
}

static inline int teardown(void **state) {
    struct fixture *f = *state;
    arena_done(&f->arena);
    types_free(f->types);
    return 0;
}

/* Read, write, compare; what was written is read again and must be the same value. */
static inline void goes_with(struct fixture *f, const char *words, const char *text, const char *written,
                             unsigned flags) {
    const struct type *type = type_of_words(f->types, words);
    struct value value, again, fitted;
    ERROR_AUTO *error = NULL;
    BUFFER_AUTO out = BUFFER_INIT(1 * MIB);
    if (f->form->parse(text_of(text), type, NULL, &f->arena, &value, &error))
        fail_msg("%s as %s: %s", text, words, arcella_error_message(error));
    assert_int_equal(value_fit(type, &value, &f->arena, &fitted, NULL), 0);
    assert_true(value_equal(type, &value, &fitted));
    if (f->form->print(&out, type, &value, NULL, flags, &error))
        fail_msg("%s as %s: %s", text, words, arcella_error_message(error));
    assert_string_equal(out.data, written);
    if (f->form->parse((struct text){out.data, out.length}, type, NULL, &f->arena, &again, &error))
        fail_msg("%s as %s: %s", out.data, words, arcella_error_message(error));
    assert_true(value_equal(type, &value, &again));
}

static inline void goes(struct fixture *f, const char *words, const char *text, const char *written) {
    goes_with(f, words, text, written, 0);
}

static inline void refused(struct fixture *f, const char *words, const char *text, const char *sentence) {
    struct value value;
    ERROR_AUTO *error = NULL;
    int r = f->form->parse(text_of(text), type_of_words(f->types, words), NULL, &f->arena, &value, &error);
    if (r != ARCELLA_E_INVALID)
        fail_msg("%s as %s: %d, not refused", text, words, r);
    assert_string_equal(arcella_error_message(error), sentence);
}

/* What is written gives the same value again, with each of two flags. */
static inline void random_values_come_back(void **state) {
    struct fixture *f = *state;
    uint64_t seed = f->form->seed;
    for (unsigned i = 0; i < 3000; i++) {
        const struct type *type = random_type(f->types, &seed, 4);
        struct arena arena = {.limit_bytes = 64 * MIB};
        struct value raw = random_value(type, &seed, &arena), value, again;
        ERROR_AUTO *error = NULL;
        BUFFER_AUTO out = BUFFER_INIT(16 * MIB);
        if (value_fit(type, &raw, &arena, &value, &error) ||
            f->form->print(&out, type, &value, NULL, i % 2, &error) ||
            f->form->parse((struct text){out.data, out.length}, type, NULL, &arena, &again, &error))
            fail_msg("case %u: %s: %s", i, arcella_error_message(error), out.data ? out.data : "");
        if (!value_equal(type, &value, &again))
            fail_msg("case %u: %s", i, out.data);
        if (f->form->look)
            f->form->look(&out);
        arena_done(&arena);
    }
}

static inline int round_trip(void *user, arcella_error **reterr) {
    struct fixture *f = user;
    struct arena arena = {.limit_bytes = 1 * MIB};
    struct value value;
    BUFFER_AUTO out = BUFFER_INIT(64 * KIB);
    int r = f->form->parse(text_of(f->form->sample), f->type, NULL, &arena, &value, reterr);
    r = r ? r : f->form->print(&out, f->type, &value, NULL, 0, reterr);
    arena_done(&arena);
    return r;
}

static inline void no_memory_is_an_answer(void **state) {
    struct fixture *f = *state;
    f->type = type_of_words(f->types, sample_type);
    torture_alloc(round_trip, f);
}

#endif
