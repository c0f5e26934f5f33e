/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the files of WAVE share: wave.c writes, wave_parse.c reads values, wave_string.c their texts,
 * wave_call.c calls. */
#ifndef COMPONENT_VALUE_WAVE_INTERNAL_H
#define COMPONENT_VALUE_WAVE_INTERNAL_H

#include "component/value/number.h"
#include "component/value/read.h"
#include "component/value/writer.h"
#include "component/wave.h"

/** Does a label mean something by itself, so that a case of that name needs a % in front? */
bool wave_is_keyword(struct text label);
extern const struct value_syntax wave_syntax;
/** Read a string, a multi-line string or a character, from its quote on. */
int wave_string(struct value_reader *r, const struct type *type, struct value *ret) MUST_CHECK;
int wave_character(struct value_reader *r, const struct type *type, struct value *ret) MUST_CHECK;

#endif
