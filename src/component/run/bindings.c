/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Bindings: what the host provides, by interface and name.  Interfaces are kept by the track of their
 * version, so that a function bound for wasi:io/poll@0.2.0 serves an import of any 0.2.x (component-model,
 * design/mvp/Explainer.md, Canonical Interface Name).  Counted; loop thread.
 */
#include <stdio.h>
#include <string.h>

#include "base/map.h"
#include "component/names/name.h"
#include "component/nearest.h"
#include "component/run/instance.h"

struct bound {
    char *name; /* owned, as is the type */
    char *type; /* NULL: any */
    bool is_resource;
    struct bound_func func;
    struct bound_resource resource;
    UT_hash_handle hh;
};
struct bound_interface {
    char *key;  /* owned; its track */
    char *text; /* owned; as it was given */
    struct bound *names;
    UT_hash_handle hh;
};
struct component_bindings {
    unsigned references;
    uint64_t changes;
    struct bound_interface *interfaces;
};

struct component_bindings *component_bindings_new(void) {
    struct component_bindings *bindings = mem_new(struct component_bindings);
    if (bindings)
        bindings->references = 1;
    return bindings;
}

struct component_bindings *component_bindings_ref(struct component_bindings *bindings) {
    bindings->references++;
    return bindings;
}

static void free_bound(struct bound *bound) {
    mem_free(bound->name);
    mem_free(bound->type);
    mem_free(bound);
}

static void free_interface(struct bound_interface *interface) {
    struct bound *bound, *next;
    HASH_ITER(hh, interface->names, bound, next) {
        HASH_DELETE(hh, interface->names, bound);
        free_bound(bound);
    }
    mem_free(interface->key);
    mem_free(interface->text);
    mem_free(interface);
}

struct component_bindings *component_bindings_unref(struct component_bindings *bindings) {
    if (!bindings || --bindings->references)
        return NULL;
    struct bound_interface *interface, *next;
    HASH_ITER(hh, bindings->interfaces, interface, next) {
        HASH_DELETE(hh, bindings->interfaces, interface);
        free_interface(interface);
    }
    mem_free(bindings);
    return NULL;
}

/* --- adding --- */

static struct bound_interface *find_interface(const struct component_bindings *bindings, struct text text) {
    struct bound_interface *found = NULL;
    struct text track = extern_text_track(text);
    HASH_FIND(hh, bindings->interfaces, track.data, track.length, found);
    return found;
}

static int add_interface(struct component_bindings *bindings, const char *text, struct bound_interface **ret,
                         arcella_error **reterr) {
    *ret = find_interface(bindings, text_of(text));
    if (*ret)
        return 0;
    struct extern_name name;
    if (*text) {
        int r = extern_name_parse(text_of(text), (struct text){"", 0}, &name, NULL);
        if (r)
            return error_set(reterr, ARCELLA_E_INVALID, "'%s' is no name of an interface", text);
    }
    struct bound_interface *interface = mem_new(struct bound_interface);
    if (!interface)
        return error_nomem(reterr);
    struct text track = extern_text_track(text_of(text));
    interface->key = mem_text_n(track.data, track.length);
    interface->text = mem_text(text);
    bool ok = interface->key && interface->text;
    if (ok)
        MAP_ADD_TEXT(hh, bindings->interfaces, interface->key, track.length, interface, &ok);
    if (!ok) {
        free_interface(interface);
        return error_nomem(reterr);
    }
    *ret = interface;
    return 0;
}

/* Resources and functions have names of their own: "[resource-drop]" is no function that a component imports.
 */
static int add(struct component_bindings *bindings, const char *interface_text, const char *name,
               const char *type, bool is_resource, struct bound **ret, arcella_error **reterr) {
    struct bound_interface *interface;
    int r = add_interface(bindings, interface_text, &interface, reterr);
    if (r)
        return r;
    if (!*name)
        return error_set(reterr, ARCELLA_E_INVALID, "a binding in '%s' has no name", interface_text);
    struct bound *bound = mem_new(struct bound), *old = NULL;
    if (!bound)
        return error_nomem(reterr);
    bound->name = mem_text(name);
    bound->type = type ? mem_text(type) : NULL;
    bool ok = bound->name && (!type || bound->type);
    HASH_FIND(hh, interface->names, name, strlen(name), old);
    if (ok && old) {
        HASH_DELETE(hh, interface->names, old);
        free_bound(old);
    }
    if (ok)
        MAP_ADD_TEXT(hh, interface->names, bound->name, strlen(name), bound, &ok);
    if (!ok) {
        free_bound(bound);
        return error_nomem(reterr);
    }
    bound->is_resource = is_resource;
    bindings->changes++;
    *ret = bound;
    return 0;
}

int component_bind_func(struct component_bindings *bindings, const struct component_host_func *row,
                        arcella_error **reterr) {
    struct bound *bound;
    int r = add(bindings, row->interface, row->name, row->type, false, &bound, reterr);
    if (!r)
        bound->func = (struct bound_func){.fn = row->fn, .user = row->user};
    return r;
}

int component_bind_resource(struct component_bindings *bindings, const struct component_host_resource *row,
                            arcella_error **reterr) {
    struct bound *bound;
    int r = add(bindings, row->interface, row->name, NULL, true, &bound, reterr);
    if (!r)
        bound->resource = (struct bound_resource){.drop = row->drop, .user = row->user};
    return r;
}

int component_bind(struct component_bindings *bindings, const struct component_host_func *funcs, size_t count,
                   const struct component_host_resource *resources, size_t resource_count,
                   arcella_error **reterr) {
    int r = 0;
    for (size_t i = 0; !r && i < count; i++)
        r = component_bind_func(bindings, &funcs[i], reterr);
    for (size_t i = 0; !r && i < resource_count; i++)
        r = component_bind_resource(bindings, &resources[i], reterr);
    return r;
}

bool component_is_bound(const struct component_bindings *bindings, const char *interface, const char *name) {
    const struct bound_interface *found = find_interface(bindings, text_of(interface));
    const struct bound *bound = NULL;
    if (found)
        HASH_FIND(hh, found->names, name, strlen(name), bound);
    return bound != NULL;
}

uint64_t bindings_changes(const struct component_bindings *bindings) {
    return bindings ? bindings->changes : 0;
}

/* --- finding --- */

/* What the world itself imports is of no interface that could be missing. */
static const struct bound *find(const struct component_bindings *bindings, struct text interface_text,
                                struct text name, bool is_resource, enum component_match *ret) {
    const struct bound_interface *interface = bindings ? find_interface(bindings, interface_text) : NULL;
    *ret = interface_text.length ? COMPONENT_NO_INTERFACE : COMPONENT_NO_NAME;
    if (!interface)
        return NULL;
    const struct bound *bound = NULL;
    HASH_FIND(hh, interface->names, name.data, name.length, bound);
    *ret = bound && bound->is_resource == is_resource ? COMPONENT_PROVIDED : COMPONENT_NO_NAME;
    return *ret == COMPONENT_PROVIDED ? bound : NULL;
}

struct bound_func bindings_func(const struct component_bindings *bindings,
                                const struct component_import *import, const struct program *program,
                                enum component_match *ret_match) {
    const struct bound *bound = find(bindings, import->interface, import->name, false, ret_match);
    if (bound && bound->type && !func_text_matches(import, program, bound->type)) {
        *ret_match = COMPONENT_OTHER_TYPE;
        return (struct bound_func){.fn = NULL};
    }
    return bound ? bound->func : (struct bound_func){.fn = NULL};
}

struct bound_resource bindings_resource(const struct component_bindings *bindings, struct text interface,
                                        struct text name) {
    enum component_match match;
    const struct bound *bound = find(bindings, interface, name, true, &match);
    return bound ? bound->resource : (struct bound_resource){.drop = NULL};
}

/* --- the nearest match, for people --- */

/* Names are short; longer ones are not near to anything. */
static unsigned distance(struct text a, struct text b) {
    if (a.length > LIMIT_NAME_BYTES || b.length > LIMIT_NAME_BYTES)
        return UINT32_MAX;
    return nearest_distance(a, b);
}

static bool is_near(unsigned far, struct text name) {
    return far <= 1 + name.length / 4;
}

static void nearest_name(const struct bound_interface *interface, struct text name, char *to, size_t size) {
    unsigned best = UINT32_MAX;
    for (const struct bound *b = interface ? interface->names : NULL; b; b = b->hh.next) {
        unsigned far = distance(name, text_of(b->name));
        if (far < best && is_near(far, name)) {
            best = far;
            text_copy(to, size, b->name);
        }
    }
}

static enum component_match nearest_interface(const struct component_bindings *bindings,
                                              struct text interface, char *to, size_t size) {
    unsigned best = UINT32_MAX;
    struct text wanted = extern_text_unversioned(interface);
    for (const struct bound_interface *i = bindings ? bindings->interfaces : NULL; i; i = i->hh.next) {
        struct text offered = extern_text_unversioned(text_of(i->text));
        if (text_equal(wanted, offered)) {
            text_copy(to, size, i->text);
            return COMPONENT_NO_VERSION;
        }
        unsigned far = distance(wanted, offered);
        if (far < best && is_near(far, wanted)) {
            best = far;
            text_copy(to, size, i->text);
        }
    }
    return COMPONENT_NO_INTERFACE;
}

enum component_match component_import_match(const struct component *component,
                                            const struct component_bindings *bindings,
                                            const struct component_import *import, char *to, size_t size) {
    char none[1];
    const struct bound_interface *interface = bindings ? find_interface(bindings, import->interface) : NULL;
    if (!size) {
        to = none;
        size = sizeof(none);
    }
    to[0] = '\0';
    enum component_match match = COMPONENT_NO_INTERFACE;
    if (import->kind == COMPONENT_IMPORT_FUNC)
        bindings_func(bindings, import, component->program, &match);
    else if (import->kind == COMPONENT_IMPORT_RESOURCE)
        find(bindings, import->interface, import->name, true, &match);
    else
        return COMPONENT_NO_INTERFACE;
    if (match == COMPONENT_NO_INTERFACE)
        return nearest_interface(bindings, import->interface, to, size);
    if (match == COMPONENT_NO_NAME)
        nearest_name(interface, import->name, to, size);
    if (match == COMPONENT_OTHER_TYPE) {
        enum component_match by_name;
        const struct bound *bound = find(bindings, import->interface, import->name, false, &by_name);
        text_copy(to, size, bound && bound->type ? bound->type : "");
    }
    return match;
}
