/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Values as people write them: WAVE, the WebAssembly Value Encoding.
 *
 *     {sku: "A-1", qty: 3, price: some(1.5), tags: ["x", "y"], flags: {gift}, size: (2, 3), state: err(late)}
 *
 * Beyond the public description: a map is written as a list of pairs, [("a", 1), ("b", 2)]; a handle is
 * written handle(N) with a number of a table of the caller.  Fixed-length lists, streams, futures and error
 * contexts have no text here (UNSUPPORTED, by name).  NaN is one value.
 *
 * Reading follows the type, so depth is bounded by that of types; memory is the arena's, with its limit; time
 * grows with the text and what it makes.  Holds nothing; any thread.
 *
 * Source: wasm-tools, crates/wasm-wave/README.md.
 */
#ifndef COMPONENT_WAVE_H
#define COMPONENT_WAVE_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/text.h"
#include "component/types/types.h"
#include "component/value.h"
#include "component/value_text.h"

/**
 * Append a value of a type.
 *
 * @param value    in the shape of the type, as lifted or from value_fit()
 * @param handles  NULL: a handle is refused
 * @return 0, INVALID (it is not of that type), UNSUPPORTED (a handle without a table; a type that has no
 * text), TOO_LARGE (the buffer's limit), NOMEM; the buffer may hold a part then
 */
int wave_print(struct buffer *to, const struct type *type, const struct value *value,
               const struct value_handles *handles, arcella_error **reterr) MUST_CHECK;

/**
 * Read one value: the whole text.
 *
 * @param arena    where the value is made, in the shape that type wants; nothing of the text is borrowed
 * @param handles  NULL: handle(N) is refused
 * @return 0, INVALID (column in bytes from 1, what was expected, what was found, and where in the value),
 *         UNSUPPORTED (a handle without a table; a type that has no text), LIMIT (text or value too large),
 * NOMEM
 */
int wave_parse(struct text text, const struct type *type, const struct value_handles *handles,
               struct arena *arena, struct value *ret, arcella_error **reterr) MUST_CHECK;

/* The name in front of a call: slices of its text. */
struct wave_call {
    struct text interface; /* "wasi:cli/run@0.2.0", "run", or "" */
    struct text version;   /* given behind the function: "ns:pkg/run.run@0.2.0"; else "" */
    struct text name;      /* "run", "[method]cart.add", "cart.add" */
    size_t arguments;      /* byte of the '(', or of the end where a bare name was asked for */
};
/**
 * Read the name of a call: [INTERFACE.]FUNC(…), or the same without arguments.
 *
 *     add(1, 2)   math.add(1, 2)   acme:calc/math@1.0.0.add(1, 2)   acme:calc/math.add@1.0.0(1, 2)
 *     acme:shop/carts@1.0.0.[method]cart.add(handle(1), "A-1")
 *
 * @param bare  there are no arguments: the whole text is the name
 * @return 0, INVALID
 */
int wave_call_name(struct text text, bool bare, struct wave_call *ret, arcella_error **reterr) MUST_CHECK;
/**
 * Read the arguments of a call; options at the end may be left out.
 *
 * @param text  the whole call again
 * @param type  of the function that the name means
 * @param ret   type->param_count values
 * @return as wave_parse(); a wrong argument is told with the signature:
 *         "argument 2 'qty' of add(sku: string, qty: u32), column 10: expected a number (u32), found 'x'"
 */
int wave_call_arguments(struct text text, const struct wave_call *call, const struct func_type *type,
                        const struct value_handles *handles, struct arena *arena, struct value **ret,
                        arcella_error **reterr) MUST_CHECK;
/**
 * Read the arguments of a call without its name and parentheses: a file's.
 *
 * @param name  of the function, for the sentence
 * @return as wave_call_arguments()
 */
int wave_arguments(struct text text, struct text name, const struct func_type *type,
                   const struct value_handles *handles, struct arena *arena, struct value **ret,
                   arcella_error **reterr) MUST_CHECK;
/**
 * Read one argument that stands by itself (a word of a command line).
 *
 * @param name   of the function, for the sentence
 * @param index  of the parameter; one that the function does not have is refused
 * @return as wave_call_arguments()
 */
int wave_argument(struct text text, struct text name, const struct func_type *type, uint32_t index,
                  const struct value_handles *handles, struct arena *arena, struct value *ret,
                  arcella_error **reterr) MUST_CHECK;
/**
 * Complete arguments that were read one by one: options left out at the end become none.
 *
 * @param values  type->param_count of them, the first `given` read
 * @return 0, INVALID (too few: names the missing ones, with the signature)
 */
int wave_arguments_end(struct text name, const struct func_type *type, struct value *values, uint32_t given,
                       arcella_error **reterr) MUST_CHECK;

#endif
