/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the files of values as JSON share: json.c writes, json_parse.c reads, json_text.c reads its texts. */
#ifndef COMPONENT_VALUE_JSON_INTERNAL_H
#define COMPONENT_VALUE_JSON_INTERNAL_H

#include "component/value/number.h"
#include "component/value/read.h"
#include "component/value/writer.h"
#include "component/value_json.h"

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

extern const struct value_syntax value_json_syntax;
/** Read a key with its colon. */
int value_json_key(struct value_reader *r, struct text *ret) MUST_CHECK;

#endif
