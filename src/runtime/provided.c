/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the host provides to components: see the header. */
#include "runtime/provided.h"

/* A table of host functions and resources of one interface or world. */
struct provided_table {
    const struct component_host_func *funcs;
    size_t funcs_count;
    const struct component_host_resource *resources;
    size_t resources_count;
};

/* Rooms that provide interfaces add their tables here.  So far there is none: no WASI 0.2. */
static const struct provided_table tables[] = {
    {NULL, 0, NULL, 0},
};

int runtime_provided(struct component_bindings **ret, arcella_error **reterr) {
    struct component_bindings *bindings = component_bindings_new();
    if (!bindings)
        return error_nomem(reterr);
    int r = 0;
    for (size_t i = 0; r == 0 && i < ARRAY_LENGTH(tables); i++)
        r = component_bind(bindings, tables[i].funcs, tables[i].funcs_count, tables[i].resources,
                           tables[i].resources_count, reterr);
    if (r < 0)
        component_bindings_unref(bindings);
    else
        *ret = bindings;
    return r;
}

const char *runtime_provided_interface(size_t index) {
    for (size_t i = 0; i < ARRAY_LENGTH(tables); i++) {
        if (index < tables[i].funcs_count)
            return tables[i].funcs[index].interface;
        index -= tables[i].funcs_count;
        if (index < tables[i].resources_count)
            return tables[i].resources[index].interface;
        index -= tables[i].resources_count;
    }
    return NULL;
}
