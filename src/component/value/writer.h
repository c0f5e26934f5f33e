/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* A writer of values: what WAVE and JSON have in common. */
#ifndef COMPONENT_VALUE_WRITER_H
#define COMPONENT_VALUE_WRITER_H

#include <stdbool.h>

#include "base/arena.h"
#include "component/value_text.h"

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
