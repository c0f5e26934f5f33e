/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Reading a value along its type: what WAVE and JSON have in common.  Each is a struct value_syntax and the
 * functions that read what it writes in its own way; lists, maps and tuples, the members of records and
 * flags, payloads, numbers, arguments and the sentences about what is wrong with them are here.
 *
 * A reader points at the frames in which it stands (value_reader.where); where one ends by an error, nothing
 * is read any more.
 */
#ifndef COMPONENT_VALUE_READ_H
#define COMPONENT_VALUE_READ_H

#include "component/value/reader.h"

#define TRY(call)                                                                                            \
    do {                                                                                                     \
        int try_ = (call);                                                                                   \
        if (try_)                                                                                            \
            return try_;                                                                                     \
    } while (0)

struct value_syntax {
    /** Skip white space, and comments where there are any. */
    void (*skip)(struct value_reader *r);
    /** Read a value of a type, from white space on. @return 0, INVALID, UNSUPPORTED, LIMIT, NOMEM */
    int (*value)(struct value_reader *r, const struct type *type, struct value *ret);
    struct text tuple;      /* what opens and what closes a tuple, and a pair of a map: "()" */
    const char *pair_words; /* "'(' of a pair (key, value)" */
    const char *close_words;
    bool comma_at_end; /* one may stand behind the last element */
};

/* --- tokens --- */

/** Skip white space. @return the next character, NUL at the end */
char value_read_peek(struct value_reader *r);
/** Is this the next character?  Then it is taken. */
bool value_read_take(struct value_reader *r, char c);
/** Take a character that must be there. @return 0, INVALID: "expected ',' or ')', found …" */
int value_read_expect(struct value_reader *r, char c, const char *words) MUST_CHECK;
/** What closes a list that ends with its text. */
#define VALUE_READ_END '\0'
/** Behind an element: is there another, or the end? @param end  may be VALUE_READ_END @return 0, INVALID */
int value_read_more(struct value_reader *r, char end, const char *words, bool *ret_more) MUST_CHECK;
/** Nothing but white space may follow. @return 0, INVALID */
int value_read_end(struct value_reader *r) MUST_CHECK;

/* --- numbers --- */

/** Read an integer that stands in its digits. @return 0, INVALID */
int value_read_integer(struct value_reader *r, const struct type *type, struct value *ret) MUST_CHECK;
/** An integer of its digits. @param at  where they stand, for the sentence @return 0, INVALID (its range) */
int value_read_digits(struct value_reader *r, size_t at, const struct type *type, struct text digits,
                      struct value *ret) MUST_CHECK;
/** Read a float that stands as a number. @return 0, INVALID */
int value_read_float(struct value_reader *r, const struct type *type, struct value *ret) MUST_CHECK;

/* --- what has parts --- */

/** Read "[element, …]". @return as syntax.value */
int value_read_list(struct value_reader *r, const struct type *type, struct value *ret) MUST_CHECK;
/** Read a list of pairs. @return as syntax.value */
int value_read_map(struct value_reader *r, const struct type *type, struct value *ret) MUST_CHECK;
/** Read a tuple. @return as syntax.value */
int value_read_tuple(struct value_reader *r, const struct type *type, struct value *ret) MUST_CHECK;

/** Fail: "there is no field 'c' in record {a: u8}". @param what "field", "flag", "case" @return INVALID */
int value_read_no_such(struct value_reader *r, size_t at, const struct type *type, const char *what,
                       struct text name);
/** The number of a field, flag or case that must be there. @return 0, INVALID (value_read_no_such()), NOMEM
 */
int value_read_member(struct value_reader *r, size_t at, const struct type *type, const char *what,
                      struct text name, uint32_t *ret) MUST_CHECK;

/** Begin a record: room for its fields, none of them there yet. @return 0, LIMIT, NOMEM */
int value_read_record_begin(struct value_reader *r, const struct type *type, struct value **ret_fields)
    MUST_CHECK;
/** A field whose name was read: it must be there only once. @return 0, INVALID */
int value_read_field_once(struct value_reader *r, size_t at, const struct type *type, uint32_t index,
                          const struct value *fields) MUST_CHECK;
/** Read the value of a field. @return as syntax.value */
int value_read_field(struct value_reader *r, const struct type *type, uint32_t index, struct value *fields)
    MUST_CHECK;
/** End it: options left out become none, anything else is missed. @param at  where it began @return 0,
 * INVALID
 */
int value_read_record_end(struct value_reader *r, size_t at, const struct type *type, struct value *fields,
                          struct value *ret) MUST_CHECK;
/** Set a flag whose name was read: it must be there only once. @return 0, INVALID */
int value_read_flag(struct value_reader *r, size_t at, const struct type *type, uint32_t index,
                    uint64_t *bits) MUST_CHECK;

/**
 * Read the payload of a case, an option or a result.
 *
 * @param name  of the case, for places in it; NULL: no place of its own
 * @return as syntax.value
 */
int value_read_payload(struct value_reader *r, const struct type *payload, const struct text *name,
                       const struct value **ret) MUST_CHECK;
/** The handle of a number, from the reader's table. @return 0, UNSUPPORTED (no table), an error of the table
 */
int value_read_handle(struct value_reader *r, size_t at, const struct type *type, uint64_t number,
                      struct value *ret) MUST_CHECK;
/** A type without compound syntax: an integer, or one that has no text. @return as syntax.value, UNSUPPORTED
 */
int value_read_other(struct value_reader *r, const struct type *type, struct value *ret) MUST_CHECK;

/* --- the whole text --- */

/** Read one value and nothing behind it. @return as syntax.value */
int value_read_whole(struct value_reader *r, const struct type *type, struct value *ret) MUST_CHECK;
/** Make the reader of the arguments of a call, none of them being read. */
struct value_reader value_read_call(const struct value_syntax *syntax, struct text text, struct text name,
                                    const struct func_type *func, const struct value_handles *handles,
                                    struct arena *arena, arcella_error **reterr);
/**
 * Read arguments in their order, from behind the opening bracket to the end of the text.
 *
 * @param close        may be VALUE_READ_END
 * @param close_words  "',' or ')'"
 * @return as syntax.value
 */
int value_read_arguments(struct value_reader *r, char close, const char *close_words, struct value *values,
                         uint32_t *ret_given) MUST_CHECK;
/** Read one argument that stands by itself, of a reader of value_read_call(). @return as syntax.value */
int value_read_argument(struct value_reader *r, uint32_t index, struct value *ret) MUST_CHECK;

#endif
