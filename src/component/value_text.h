/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What values as WAVE (wave.h) and as JSON (value_json.h) have in common: handles by number, types and
 * signatures in a sentence, the reader's place in a value, numbers as text, labels found quickly.
 */
#ifndef COMPONENT_VALUE_TEXT_H
#define COMPONENT_VALUE_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/text.h"
#include "component/entity.h"
#include "component/types.h"
#include "component/value.h"

/*
 * Handles have no text of their own: who keeps resources between calls numbers them, and the texts have that
 * number.  Without such a table a handle is refused.
 */
struct value_handles {
    /** Keep a handle that was printed. @return 0, or an error of the keeper */
    int (*keep)(void *user, const struct type *type, const struct value *handle, uint64_t *ret_number,
                arcella_error **reterr);
    /** Find the handle of a number, of this type. @return 0, or an error of the keeper, without a place */
    int (*find)(void *user, const struct type *type, uint64_t number, struct value *ret,
                arcella_error **reterr);
    void *user;
};

/* --- types in a sentence --- */

/**
 * Append a type as WIT has it, as far as structure goes (names of types are not in struct type): "list<u8>",
 * "record {id: u32, lines: list<…>}".  Deep and long ones are cut with "…".
 *
 * @return 0, TOO_LARGE, NOMEM
 */
int value_add_type(struct buffer *to, const struct type *type, arcella_error **reterr) MUST_CHECK;
/** Append "add(sku: string, qty: u32) -> bool", cut where it is long. @return as above */
int value_add_signature(struct buffer *to, struct text name, const struct func_type *type,
                        arcella_error **reterr) MUST_CHECK;

/* --- a reader of one text --- */

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

/* --- numbers --- */

/**
 * Make an integer of its digits, with '-' in front or not.
 *
 * @return false: not in the range of the type (S8 … U64)
 */
bool value_integer_of(enum type_kind kind, struct text digits, struct value *ret);
/** Make a float of a number as JSON has it, rounded once. @return false: too long a text */
bool value_float_of(enum type_kind kind, struct text digits, struct value *ret);
/** Append the shortest text that gives the same float; a finite one. @return 0, TOO_LARGE, NOMEM */
int value_add_float(struct buffer *to, enum type_kind kind, const struct value *value, arcella_error **reterr)
    MUST_CHECK;
/** The length of the number at the beginning of a text (-?digits, fraction, exponent as JSON has it); 0:
 * none.
 * @param ret_integer  it is digits only */
size_t value_number_length(struct text text, bool *ret_integer);

/** Write a character as UTF-8. @param to  room for 4 bytes @return how many it took */
size_t value_put_character(uint32_t c, char *to);

/* --- printing --- */

struct value_writer {
    struct buffer *to;
    const struct value_handles *handles;
    arcella_error **reterr;
    struct arena scratch; /* of one element of a packed list */
};
/** A value that is not of the type it is printed as: the caller's mistake. @return INVALID */
int value_writer_misfit(struct value_writer *w, const struct type *type, const struct value *value);
/** The number of a handle, from the table. @return 0, UNSUPPORTED (no table), an error of the keeper */
int value_writer_handle(struct value_writer *w, const struct type *type, const struct value *value,
                        uint64_t *ret_number) MUST_CHECK;
/** Is there a case or field of this number with or without payload as the value has it? */
bool value_case_fits(const struct type *type, const struct value *value);

#endif
