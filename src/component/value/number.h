/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Numbers as text and back, and characters. */
#ifndef COMPONENT_VALUE_NUMBER_H
#define COMPONENT_VALUE_NUMBER_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/text.h"
#include "component/value.h"

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

#endif
