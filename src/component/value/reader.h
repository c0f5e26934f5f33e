/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A reader of one text with a value in it: its place, told in front of each error; labels found quickly; a
 * list while its elements are read.
 */
#ifndef COMPONENT_VALUE_READER_H
#define COMPONENT_VALUE_READER_H

#include <stdbool.h>

#include "base/arena.h"
#include "component/check/entity.h"
#include "component/value_text.h"

/* Where in a value the reader is: one for each thing around it, on the stack, innermost first. */
struct value_at {
    const struct value_at *up;
    enum value_at_kind { VALUE_AT_FIELD, VALUE_AT_ITEM, VALUE_AT_CASE, VALUE_AT_KEY, VALUE_AT_ENTRY } kind;
    struct text name; /* FIELD, CASE; "" of a tuple's */
    uint32_t index;
};

/* What is read for, for the sentence; zeroed: a value by itself. */
struct value_purpose {
    struct text name;             /* of the function */
    const struct func_type *func; /* NULL: no call */
    uint32_t argument;            /* being read; param_count: none of them */
};

struct value_reader {
    const struct value_syntax *syntax; /* read.h */
    const char *text;
    size_t length;
    size_t at;           /* byte of the next token */
    struct arena *arena; /* of what is made */
    const struct value_handles *handles;
    struct value_purpose purpose;
    const struct value_at *where;
    arcella_error **reterr;
    struct value_labels *labels; /* of types with many, by type */
    struct arena scratch;        /* theirs; value_reader_done() */
};
void value_reader_done(struct value_reader *r);
/** Is the text UTF-8 and not too long?  Called once before reading. @return 0, INVALID, LIMIT */
int value_reader_check(struct value_reader *r) MUST_CHECK;
/**
 * Fail at a byte: "argument 2 'qty' of add(sku: string, qty: u32), column 9: SENTENCE"; behind the first
 * line "line 3, column 9".
 *
 * @return INVALID
 */
int value_reader_fail(struct value_reader *r, size_t at, const char *format, ...) PRINTF_LIKE(3, 4);
/** Fail for an error that a callee stored: its sentence with the place in front. @return code */
int value_reader_wrap(struct value_reader *r, size_t at, int code);
/** Fail: what is there is not what this type wants: "expected a number (u32), found 'x'". @return INVALID */
int value_reader_unexpected(struct value_reader *r, size_t at, const struct type *type);
/** Memory of the arena. @return NULL, with LIMIT or NOMEM in *ret_error */
void *value_reader_take(struct value_reader *r, uint64_t count, size_t size, int *ret_error) MUST_CHECK;
/** The number of a field, case or flag. @return 0; ENTITY_NONE in *ret: there is none; NOMEM */
int value_reader_label(struct value_reader *r, const struct type *type, struct text label, uint32_t *ret)
    MUST_CHECK;
/** What stands at a byte, for "found …": quoted and cut, or "the end". @return to */
const char *value_reader_found(const struct value_reader *r, size_t at, char *to, size_t size);
#define VALUE_FOUND_BYTES  96
#define VALUE_FOUND(r, at) value_reader_found((r), (at), (char[VALUE_FOUND_BYTES]){0}, VALUE_FOUND_BYTES)

/* --- lists --- */

/* A list while its elements are read: bytes where its type packs them, else values. */
struct value_list {
    const struct type *element; /* NULL: values */
    size_t size;                /* of one */
    uint64_t count, capacity;
    void *bytes; /* owned */
};
/** Begin a list of this element type; NULL: of any values (a map's entries, arguments). */
void value_list_init(struct value_list *list, const struct type *element);
void value_list_done(struct value_list *list);
/** Add an element. @return 0, LIMIT, NOMEM, INTERNAL (it does not fit) */
int value_list_add(struct value_list *list, struct value_reader *r, const struct value *item) MUST_CHECK;
/** End it: its elements in the reader's arena. @param kind LIST; MAP (twice as many items as entries) */
int value_list_end(struct value_list *list, struct value_reader *r, enum type_kind kind, struct value *ret)
    MUST_CHECK;

#endif
