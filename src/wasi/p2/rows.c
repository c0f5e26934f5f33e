/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The tables that are made of functions.def and of the list of resources. */
#include "wasi/p2/rows.h"

#include "wasi/p2/resource.h"
#include "wasi/wasi.h"

enum { MAY_WAIT = P2_MAY_WAIT };

const struct p2_row p2_rows[] = {
#define HOST_FN(interface, name, type, function, grant, flags, doc)                                          \
    {interface, name, type, #function, P2_GRANT_##grant, flags, doc},
#include "wasi/p2/functions.def"
#undef HOST_FN
};
const size_t p2_rows_count = ARRAY_LENGTH(p2_rows);

static const struct component_host_func funcs[] = {
#define HOST_FN(interface, name, type, function, grant, flags, doc)                                          \
    {interface, name, type, p2_##function, NULL},
#include "wasi/p2/functions.def"
#undef HOST_FN
};

static const struct component_host_resource resources[] = {
#define XX(name, text, interface) {interface, text, p2_drop, (void *)(uintptr_t)P2_##name},
    P2_RESOURCE_MAP(XX)
#undef XX
};

int wasi_p2_offer(struct component_bindings *bindings, arcella_error **reterr) {
    int r = 0;
    for (size_t i = 0; !r && i < ARRAY_LENGTH(funcs); i++)
        if (!component_is_bound(bindings, funcs[i].interface, funcs[i].name))
            r = component_bind_func(bindings, &funcs[i], reterr);
    for (size_t i = 0; !r && i < ARRAY_LENGTH(resources); i++)
        if (!component_is_bound(bindings, resources[i].interface, resources[i].name))
            r = component_bind_resource(bindings, &resources[i], reterr);
    return r;
}

const char *wasi_p2_interface(size_t index) {
    if (index < ARRAY_LENGTH(funcs))
        return funcs[index].interface;
    index -= ARRAY_LENGTH(funcs);
    return index < ARRAY_LENGTH(resources) ? resources[index].interface : NULL;
}
