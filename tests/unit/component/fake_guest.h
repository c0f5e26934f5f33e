/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Guests without an engine for the tests of the canonical ABI: a memory, a realloc that only goes up and
 * keeps a log, a table of handles; and types from short texts.
 *
 *   b bool  a A s8 u8  h H s16 u16  w W s32 u32  l L s64 u64  f d floats  C char  s string  (…) tuple
 *   [T] list  {KV} map  <T-…> variant, - a case without payload  eN; enum  FN; flags  oT option
 *   rTT result, - no payload  ! own of resource 0  & borrow of it
 */
#ifndef TESTS_FAKE_GUEST_H
#define TESTS_FAKE_GUEST_H

#include "torture.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "component/abi/abi.h"

#define FAKE_BYTES 32768u

struct fake_guest {
    struct abi_guest guest;
    struct handle_table table;
    uint8_t *bytes; /* owned, exactly as many as the guest has, so that the sanitizer sees the edge */
    uint32_t bump;
    uint32_t calls;
    uint32_t hash;    /* FNV-1a of all arguments of all calls */
    uint32_t stop_at; /* this call ends the run; 0: never */
    uint32_t grow_to; /* the next call finds the memory this large; 0: as it is (grow within the capacity) */
    const uint32_t *say; /* what realloc returns instead */
};

static UNUSED int fake_realloc(struct abi_guest *guest, uint32_t old, uint32_t old_bytes, uint32_t align,
                               uint32_t bytes, uint32_t *ret) {
    struct fake_guest *fake = guest->user;
    const uint32_t log[] = {old, old_bytes, align, bytes};
    for (size_t i = 0; i < sizeof(log); i++)
        fake->hash = (fake->hash ^ ((const uint8_t *)log)[i]) * 16777619u;
    fake->calls++;
    if (fake->stop_at && fake->calls >= fake->stop_at)
        return ABI_STOP;
    if (fake->grow_to) {
        guest->memory.size = fake->grow_to;
        fake->grow_to = 0;
    }
    if (fake->say) {
        *ret = *fake->say;
        return 0;
    }
    uint64_t at = ((uint64_t)fake->bump + align - 1) / align * align;
    *ret = (uint32_t)at;
    if (at + bytes > guest->memory.size)
        return 0; /* the pointer is beyond the memory: our checks are to find it */
    if (old_bytes)
        memmove(fake->bytes + at, fake->bytes + old, old_bytes < bytes ? old_bytes : bytes);
    fake->bump = (uint32_t)(at + bytes);
    return 0;
}

static UNUSED const struct handle_resource fake_resources[] = {
    {.name = {"thing", 5}, .defined_by = "somebody"},
    {.name = {"file", 4}, .defined_by = NULL},
};

static UNUSED void fake_init(struct fake_guest *fake, enum ast_encoding encoding, uint32_t bytes) {
    *fake = (struct fake_guest){.bump = 16, .hash = 2166136261u};
    fake->bytes = mem_alloc(bytes ? bytes : 1);
    assert_non_null(fake->bytes);
    handle_table_init(&fake->table, fake, fake_resources, ARRAY_LENGTH(fake_resources));
    fake->guest = (struct abi_guest){.memory = {fake->bytes, bytes},
                                     .encoding = encoding,
                                     .handles = &fake->table,
                                     .reallocate = fake_realloc,
                                     .user = fake};
}

static UNUSED void fake_done(struct fake_guest *fake) {
    handle_table_done(&fake->table);
    mem_free(fake->bytes);
}

/* --- types from text --- */

struct fake_types {
    struct types *types;
    struct plans *plans;
    const char *at;
};

static UNUSED void fake_types_init(struct fake_types *t) {
    *t = (struct fake_types){.types = types_new(), .plans = plans_new()};
    assert_non_null(t->types);
    assert_non_null(t->plans);
}

static UNUSED void fake_types_done(struct fake_types *t) {
    t->plans = plans_free(t->plans);
    t->types = types_free(t->types);
}

static const struct type *fake_next(struct fake_types *t);

static UNUSED const struct type *fake_made(struct fake_types *t, enum type_kind kind,
                                           const struct type_field *fields, uint32_t count) {
    const struct type *type = NULL;
    ERROR_AUTO *error = NULL;
    if (types_make(t->types, kind, fields, count, 0, &type, &error))
        fail_msg("%s", arcella_error_message(error));
    return type;
}

static const char *const fake_names[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"};

/* Parts up to a closing character. */
static UNUSED uint32_t fake_parts(struct fake_types *t, struct type_field *fields, char close) {
    uint32_t count = 0;
    while (*t->at != close) {
        assert_true(count < ARRAY_LENGTH(fake_names));
        fields[count] = (struct type_field){.name = text_of(fake_names[count])};
        if (*t->at == '-')
            t->at++;
        else
            fields[count].type = fake_next(t);
        count++;
    }
    t->at++;
    return count;
}

static UNUSED const struct type *fake_labels(struct fake_types *t, enum type_kind kind) {
    char *end;
    uint32_t count = (uint32_t)strtoul(t->at, &end, 10);
    t->at = end + 1;
    struct type_field *fields = mem_array(count, sizeof(*fields));
    char(*names)[16] = mem_array(count, sizeof(*names));
    for (uint32_t i = 0; i < count; i++) {
        snprintf(names[i], sizeof(names[i]), "c%u", i);
        fields[i].name = text_of(names[i]);
    }
    const struct type *type = fake_made(t, kind, fields, count);
    mem_free(fields);
    mem_free(names);
    return type;
}

static const struct type *fake_next(struct fake_types *t) {
    static const char primitives[] = "baAhHwWlLfdCs";
    struct type_field fields[ARRAY_LENGTH(fake_names)] = {{.type = NULL}};
    const struct type *type = NULL;
    char c = *t->at++;
    const char *found = strchr(primitives, c);
    if (found)
        return types_primitive(t->types, (enum type_kind)(found - primitives));
    switch (c) {
    case '(': return fake_made(t, TYPE_TUPLE, fields, fake_parts(t, fields, ')'));
    case '<': return fake_made(t, TYPE_VARIANT, fields, fake_parts(t, fields, '>'));
    case '[': return fake_made(t, TYPE_LIST, fields, fake_parts(t, fields, ']'));
    case '{': return fake_made(t, TYPE_MAP, fields, fake_parts(t, fields, '}'));
    case 'e': return fake_labels(t, TYPE_ENUM);
    case 'F': return fake_labels(t, TYPE_FLAGS);
    case 'o': fields[1].type = fake_next(t); return fake_made(t, TYPE_OPTION, fields, 2);
    case 'r':
        for (int i = 0; i < 2; i++) {
            if (*t->at == '-')
                t->at++;
            else
                fields[i].type = fake_next(t);
        }
        return fake_made(t, TYPE_RESULT, fields, 2);
    case '!':
    case '&':
        assert_int_equal(types_handle(t->types, c == '!' ? TYPE_OWN : TYPE_BORROW, 0, &type, NULL), 0);
        return type;
    default: fail_msg("no type: %c", c); return NULL;
    }
}

static UNUSED const struct type *fake_type(struct fake_types *t, const char *text) {
    t->at = text;
    return fake_next(t);
}

/* The plan of a function: parameters and a result ("": none) as texts. */
static UNUSED const struct plan *fake_plan(struct fake_types *t, const char *params, const char *result) {
    struct type_field fields[24] = {{.type = NULL}};
    char names[24][16];
    uint32_t count = 0;
    t->at = params;
    while (*t->at) {
        assert_true(count < ARRAY_LENGTH(fields));
        snprintf(names[count], sizeof(names[count]), "p%u", count);
        fields[count].name = text_of(names[count]);
        fields[count].type = fake_next(t);
        count++;
    }
    const struct type *returned = *result ? fake_type(t, result) : NULL;
    const struct func_type *type;
    const struct plan *plan = NULL;
    ERROR_AUTO *error = NULL;
    if (types_func(t->types, fields, count, returned, false, &type, &error) ||
        plans_get(t->plans, type, &plan, &error))
        fail_msg("%s", arcella_error_message(error));
    return plan;
}

#endif
