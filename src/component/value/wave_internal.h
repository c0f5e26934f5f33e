/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the files of WAVE share: wave.c writes, wave_parse.c reads values, wave_string.c their texts,
 * wave_call.c calls. */
#ifndef COMPONENT_VALUE_WAVE_INTERNAL_H
#define COMPONENT_VALUE_WAVE_INTERNAL_H

#include "component/wave.h"

#define TRY(call)                                                                                            \
    do {                                                                                                     \
        int try_ = (call);                                                                                   \
        if (try_)                                                                                            \
            return try_;                                                                                     \
    } while (0)

/** Does a label mean something by itself, so that a case of that name needs a % in front? */
bool wave_is_keyword(struct text label);
/** Skip white space and comments. */
void wave_skip(struct value_reader *r);
/** Is this the next character?  Then it is taken. */
bool wave_take(struct value_reader *r, char c);
/** Take a character that must be there. @return 0, INVALID: "expected ',' or ')', found …" */
int wave_expect(struct value_reader *r, char c, const char *words) MUST_CHECK;
/** Read a value of a type, from white space on. */
int wave_value(struct value_reader *r, const struct type *type, struct value *ret) MUST_CHECK;
/** Nothing but white space may follow. */
int wave_end(struct value_reader *r) MUST_CHECK;
/** Read a string, a multi-line string or a character, from its quote on. */
int wave_string(struct value_reader *r, const struct type *type, struct value *ret) MUST_CHECK;
int wave_character(struct value_reader *r, const struct type *type, struct value *ret) MUST_CHECK;

#endif
