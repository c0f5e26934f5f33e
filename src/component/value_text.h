/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What values as WAVE (wave.h) and as JSON (value_json.h) have in common: handles by number, types and
 * signatures in a sentence.
 */
#ifndef COMPONENT_VALUE_TEXT_H
#define COMPONENT_VALUE_TEXT_H

#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/text.h"
#include "component/types/types.h"
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
 * Append a type as WIT has it, as far as structure goes (names of types are not in struct type, but those of
 * resources): "list<u8>", "record {id: u32, lines: list<…>}", "own<cart>".  Deep and long ones are cut with
 * "…".
 *
 * @return 0, TOO_LARGE, NOMEM
 */
int value_add_type(struct buffer *to, const struct type *type, arcella_error **reterr) MUST_CHECK;
/** Append "add(sku: string, qty: u32) -> bool", cut where it is long. @return as above */
int value_add_signature(struct buffer *to, struct text name, const struct func_type *type,
                        arcella_error **reterr) MUST_CHECK;

#endif
