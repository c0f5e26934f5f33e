/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the host provides to components: see the header. */
#include "runtime/provided.h"

#include "wasi/wasi.h"

/* A room that provides interfaces: its tables, added and walked. */
struct provided_table {
    int (*offer)(struct component_bindings *bindings, arcella_error **reterr);
    const char *(*interface)(size_t index);
};

/* Rooms add themselves here. */
static const struct provided_table tables[] = {
    {wasi_p2_offer, wasi_p2_interface},
};

int runtime_provided(struct component_bindings **ret, arcella_error **reterr) {
    struct component_bindings *bindings = component_bindings_new();
    if (!bindings)
        return error_nomem(reterr);
    int r = 0;
    for (size_t i = 0; r == 0 && i < ARRAY_LENGTH(tables); i++)
        r = tables[i].offer(bindings, reterr);
    if (r < 0)
        component_bindings_unref(bindings);
    else
        *ret = bindings;
    return r;
}

const char *runtime_provided_interface(size_t index) {
    for (size_t i = 0; i < ARRAY_LENGTH(tables); i++) {
        const char *interface;
        size_t rows = 0;
        while ((interface = tables[i].interface(rows)) && rows < index)
            rows++;
        if (interface)
            return interface;
        index -= rows;
    }
    return NULL;
}
