/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the files of values as JSON share: json.c writes, json_parse.c reads, json_text.c reads its texts. */
#ifndef COMPONENT_VALUE_JSON_INTERNAL_H
#define COMPONENT_VALUE_JSON_INTERNAL_H

#include "component/value_json.h"

#define TRY(call)                                                                                            \
    do {                                                                                                     \
        int try_ = (call);                                                                                   \
        if (try_)                                                                                            \
            return try_;                                                                                     \
    } while (0)

/** Is some of this option written {"some": …}, since its payload may be null itself? */
bool value_json_option_is_wrapped(const struct type *option);
/**
 * Read a text from its quote on, escapes decoded.
 *
 * @param arena  where it is made, unless nothing had to be decoded and `borrow`: then a slice of the source
 */
int value_json_text(struct value_reader *r, struct arena *arena, bool borrow, struct text *ret) MUST_CHECK;
/** Decode base64 into the reader's arena. @param at byte of the source, for the error */
int value_json_base64(struct value_reader *r, size_t at, struct text text, struct value *ret) MUST_CHECK;

/** Skip white space. @return the next character, NUL at the end */
char value_json_peek(struct value_reader *r);
/** Is this the next character?  Then it is taken. */
bool value_json_take(struct value_reader *r, char c);
/** Take a character that must be there. @return 0, INVALID: "expected ',' or ']', found …" */
int value_json_expect(struct value_reader *r, char c, const char *words) MUST_CHECK;
/** Read a key with its colon. */
int value_json_key(struct value_reader *r, struct text *ret) MUST_CHECK;
/** Behind an element: is there another, or the end? */
int value_json_more(struct value_reader *r, char end, const char *words, bool *ret_more) MUST_CHECK;
/** Read a value of a type. */
int value_json_value(struct value_reader *r, const struct type *type, struct value *ret) MUST_CHECK;
/** Nothing but white space may follow. */
int value_json_end(struct value_reader *r) MUST_CHECK;

#endif
