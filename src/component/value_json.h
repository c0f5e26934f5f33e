/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Values as JSON, by their type, and back.
 *
 *     bool                  true, false
 *     s8 … u32              a number
 *     s64, u64              a number within ±2^53, else its digits as a text; both are read
 *     f32, f64              a number, or "nan", "inf", "-inf"
 *     char, string          a text (a char: of one character)
 *     list                  an array; list<u8> is also read as {"base64": "…"}, and written so where asked
 * for record                an object; a field whose type is an option may be left out tuple an array map an
 * array of pairs [key, value] variant               "case", or {"case": payload} enum                  "case"
 *     option<T>             null, or T; where T is an option again: null, or {"some": …}
 *     result                {"ok": …} or {"err": …}; null stands for no payload
 *     flags                 an array of names
 *     own, borrow           {"handle": N} with a number of a table of the caller; refused without one
 *
 * Read straight from the text, not through a tree: a text may hold U+0000, nesting is bounded by that of
 * types, errors name the byte.  Holds nothing; any thread.
 */
#ifndef COMPONENT_VALUE_JSON_H
#define COMPONENT_VALUE_JSON_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/text.h"
#include "component/types/types.h"
#include "component/value.h"
#include "component/value_text.h"

enum value_json_flags {
    VALUE_JSON_BASE64 = 1 /* list<u8> as {"base64": "…"} */
};

/**
 * Append a value of a type, compact.
 *
 * @param value    in the shape of the type, as lifted or from value_fit()
 * @param handles  NULL: a handle is refused
 * @return 0, INVALID (it is not of that type), UNSUPPORTED (a handle without a table; a type that has no
 * text), TOO_LARGE (the buffer's limit), NOMEM; the buffer may hold a part then
 */
int value_json_print(struct buffer *to, const struct type *type, const struct value *value,
                     const struct value_handles *handles, unsigned flags, arcella_error **reterr) MUST_CHECK;
/**
 * Read one value: the whole text.
 *
 * @param arena  where the value is made, in the shape that type wants; nothing of the text is borrowed
 * @return 0, INVALID (column in bytes from 1, what was expected and found, and where in the value),
 * UNSUPPORTED (a handle without a table; a type that has no text), LIMIT (text or value too large), NOMEM
 */
int value_json_parse(struct text text, const struct type *type, const struct value_handles *handles,
                     struct arena *arena, struct value *ret, arcella_error **reterr) MUST_CHECK;
/**
 * Read the arguments of a call: an array of them, or an object by the names of the parameters; options may be
 * left out (in an array: at the end).
 *
 * @param name  of the function, for the sentence
 * @param ret   type->param_count values
 * @return as value_json_parse(); a wrong argument is told with the signature, as wave_call_arguments() does
 */
int value_json_arguments(struct text text, struct text name, const struct func_type *type,
                         const struct value_handles *handles, struct arena *arena, struct value **ret,
                         arcella_error **reterr) MUST_CHECK;
/**
 * Read the arguments of a call as it is written, add(1, "x"): JSON, between parentheses.
 *
 * @param text  the whole call
 * @param at    byte of its '('
 * @return as value_json_arguments()
 */
int value_json_call_arguments(struct text text, size_t at, struct text name, const struct func_type *type,
                              const struct value_handles *handles, struct arena *arena, struct value **ret,
                              arcella_error **reterr) MUST_CHECK;
/** Read one argument that stands by itself. @return as value_json_arguments() */
int value_json_argument(struct text text, struct text name, const struct func_type *type, uint32_t index,
                        const struct value_handles *handles, struct arena *arena, struct value *ret,
                        arcella_error **reterr) MUST_CHECK;

#endif
