/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Writing values: what does not fit, handles. */
#include "component/value/writer.h"

int value_writer_misfit(struct value_writer *w, const struct type *type, const struct value *value) {
    return error_set(w->reterr, ARCELLA_E_INVALID, "expected %s, got %s", type_kind_words(type->kind),
                     value->kind < TYPE_KINDS ? type_kind_words((enum type_kind)value->kind) : "no value");
}

int value_writer_handle(struct value_writer *w, const struct type *type, const struct value *value,
                        uint64_t *ret_number) {
    if (!w->handles || !w->handles->keep)
        return error_set(w->reterr, ARCELLA_E_UNSUPPORTED,
                         "%s handles of resources cannot be written as text here",
                         type_kind_words(type->kind));
    return w->handles->keep(w->handles->user, type, value, ret_number, w->reterr);
}

bool value_case_fits(const struct type *type, const struct value *value) {
    return value->count < type->count && !type->fields[value->count].type == !value->items;
}
