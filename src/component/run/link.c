/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Linking: which of the host's functions serve a component's imports.  Names, versions and types are compared
 * once for a component and its bindings, not for each instance.
 */
#include "base/buffer.h"
#include "base/mem.h"
#include "component/names/name.h"
#include "component/run/instance.h"
#include "component/value_text.h"

/* ": '(u32) -> string' is there, wanted is '(n: u64) -> string'": both sides, since neither is wrong by
 * itself. */
static int tell_types(const struct component_import *import, const char *there, struct buffer *to,
                      arcella_error **reterr) {
    int r = buffer_format(to, reterr, ": '%s' is there, wanted is '", there);
    r = r ? r : value_add_signature(to, TEXT(""), import->type, reterr);
    return r ? r : buffer_text(to, "')", reterr);
}

static int tell_missing(struct component *component, const struct component_bindings *bindings,
                        const struct component_import *import, struct buffer *to, arcella_error **reterr) {
    static const char *const words[] = {
        [COMPONENT_PROVIDED] = "provided",
        [COMPONENT_NO_INTERFACE] = "nobody provides the interface",
        [COMPONENT_NO_VERSION] = "provided in another version",
        [COMPONENT_NO_NAME] = "the interface is provided without it",
        [COMPONENT_OTHER_TYPE] = "provided with another type",
    };
    char nearest[LIMIT_INTERFACE_BYTES];
    if (to->length > LIMIT_ERROR_BYTES / 2)
        return 0; /* they are counted */
    enum component_match match =
        component_import_match(component, bindings, import, nearest, sizeof(nearest));
    bool of_world = match == COMPONENT_NO_NAME && !import->interface.length;
    int r = buffer_format(to, reterr, "%s'%s%s%s' (%s", to->length ? ", " : "", NAME_SHOWN(import->interface),
                          import->interface.length ? "." : "", NAME_SHOWN(import->name),
                          of_world ? "nobody provides it" : words[match]);
    if (r)
        return r;
    if (match == COMPONENT_OTHER_TYPE)
        return tell_types(import, nearest, to, reterr);
    return buffer_format(to, reterr, "%s%s%s)", *nearest ? ": " : "", nearest, *nearest ? " is there" : "");
}

/* All that is missing is told at once. */
static int find_funcs(struct component *component, struct linked *linked, arcella_error **reterr) {
    const struct program *p = component->program;
    BUFFER_AUTO missing = {.limit = LIMIT_ERROR_BYTES};
    uint32_t count = 0;
    for (uint32_t i = 0; i < p->import_count; i++) {
        const struct component_import *import = &p->imports[i];
        enum component_match match;
        if (import->kind != COMPONENT_IMPORT_FUNC)
            continue;
        linked->funcs[i] = bindings_func(linked->bindings, import, p, &match);
        if (linked->funcs[i].fn || !import->used)
            continue;
        count++;
        int r = tell_missing(component, linked->bindings, import, &missing, reterr);
        if (r)
            return r;
    }
    if (!count)
        return 0;
    return error_set(reterr, ARCELLA_E_LINK, "%u import%s missing: %.*s", count, count == 1 ? " is" : "s are",
                     (int)missing.length, missing.data);
}

static void find_resources(const struct component *component, struct linked *linked) {
    const struct program *p = component->program;
    for (uint32_t i = 0; i < p->resource_count; i++) {
        const struct resolved_resource *of = &p->resources[i];
        if (of->imported)
            linked->resources[i] = bindings_resource(linked->bindings, of->interface, of->name);
    }
}

DEFINE_CLEANUP(linked_unref_ptr, struct linked *, linked_unref)

static int make(struct component *component, struct component_bindings *bindings, struct linked **ret,
                arcella_error **reterr) {
    const struct program *p = component->program;
    CLEANUP(linked_unref_ptr) struct linked *linked = mem_new(struct linked);
    if (!linked)
        return error_nomem(reterr);
    linked->references = 1;
    linked->bindings = bindings ? component_bindings_ref(bindings) : NULL;
    linked->changes = bindings_changes(bindings);
    linked->funcs = mem_array(p->import_count + 1, sizeof(*linked->funcs));
    linked->resources = mem_array(p->resource_count + 1, sizeof(*linked->resources));
    if (!linked->funcs || !linked->resources)
        return error_nomem(reterr);
    int r = find_funcs(component, linked, reterr);
    if (r)
        return r;
    find_resources(component, linked);
    *ret = TAKE(linked);
    return 0;
}

int component_link(struct component *component, struct component_bindings *bindings, struct linked **ret,
                   arcella_error **reterr) {
    struct linked *last = component->linked;
    if (!last || last->bindings != bindings || last->changes != bindings_changes(bindings)) {
        int r = make(component, bindings, &last, reterr);
        if (r)
            return r;
        linked_unref(component->linked);
        component->linked = last;
    }
    last->references++;
    *ret = last;
    return 0;
}

struct linked *linked_unref(struct linked *linked) {
    if (!linked || --linked->references)
        return NULL;
    component_bindings_unref(linked->bindings);
    mem_free(linked->funcs);
    mem_free(linked->resources);
    mem_free(linked);
    return NULL;
}
