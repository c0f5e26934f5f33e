/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The function that a person means by a name, [INTERFACE.]FUNC.
 *
 *   INTERFACE  acme:shop/carts@1.0.0, acme:shop/carts (any version of it), carts@1.0.0, carts; or left out
 *   FUNC       its name; what belongs to a resource also as WIT has it: cart.rows for [method]cart.rows and
 *              for [static]cart.rows, cart or cart.new for [constructor]cart
 *
 * The first of these steps that finds something decides: the very name; names without brackets, then those of
 * resources, each first in just that version, then in one that stands for it.  Several are ambiguous.
 */
#include "component/nearest.h"
#include "runtime/instance.h"

enum { SHOWN_MAX = 8, NAME_BYTES = 2 * LIMIT_INTERFACE_BYTES };

/* What is looked for, and how closely. */
struct search {
    char path[NAME_BYTES]; /* INTERFACE.FUNC, without a version behind */
    struct text version;   /* that stood behind; or "" */
    bool resources;        /* the names of resources' functions as WIT has them, else names as they are */
    bool exact;            /* just that version */
};

/* "acme:calc/math@1.0.0.add" */
static void full_name(const struct component_func *func, char *to, size_t size) {
    struct text interface = component_func_interface(func);
    struct text name = component_func_name(func);
    snprintf(to, size, "%.*s%s%.*s", (int)interface.length, interface.data, interface.length ? "." : "",
             (int)name.length, name.data);
}

static struct text without_version(struct text interface, struct text *ret_version) {
    const char *at = interface.length ? memchr(interface.data, '@', interface.length) : NULL;
    size_t length = at ? (size_t)(at - interface.data) : interface.length;
    *ret_version = at ? (struct text){at + 1, interface.length - length - 1} : (struct text){"", 0};
    return (struct text){interface.data, length};
}

/* "api" of "acme:calc/api". */
static struct text last_label(struct text name) {
    size_t begin = name.length;
    while (begin > 0 && name.data[begin - 1] != '/')
        begin--;
    return (struct text){name.data + begin, name.length - begin};
}

static bool version_fits(const struct search *s, struct text wanted, struct text base, struct text exported,
                         struct text version) {
    if (!wanted.length || text_equal(wanted, version))
        return true;
    char asked[NAME_BYTES];
    int length = snprintf(asked, sizeof(asked), "%.*s@%.*s", (int)base.length, base.data, (int)wanted.length,
                          wanted.data);
    return !s->exact && length > 0 && (size_t)length < sizeof(asked) &&
           component_interface_serves(text_of(asked), exported);
}

static bool interface_fits(const struct search *s, struct text asked, struct text exported) {
    struct text wanted, version;
    struct text name = without_version(asked, &wanted);
    struct text base = without_version(exported, &version);
    if (!wanted.length)
        wanted = s->version;
    if (name.length && !text_equal(name, base) && !text_equal(name, last_label(base)))
        return false;
    return version_fits(s, wanted, base, exported, version);
}

/* Does the path end with this function, and is what stands in front of it the interface? */
static bool path_fits(const struct search *s, const char *function, struct text interface) {
    size_t length = strlen(s->path), tail = strlen(function);
    if (length < tail || strcmp(s->path + length - tail, function) != 0)
        return false;
    size_t front = length - tail;
    if (front && s->path[front - 1] != '.')
        return false;
    return interface_fits(s, (struct text){s->path, front ? front - 1 : 0}, interface);
}

/* How WIT has the name of a resource's function; "" of others. */
static void wit_name(const struct component_func *func, char *to, size_t size) {
    struct text name = component_func_name(func);
    const char *end = name.length && name.data[0] == '[' ? memchr(name.data, ']', name.length) : NULL;
    size_t skip = end ? (size_t)(end - name.data) + 1 : name.length;
    snprintf(to, size, "%.*s", (int)(name.length - skip), name.data + skip);
}

static bool fits(const struct search *s, const struct component_func *func) {
    char name[NAME_BYTES];
    struct text interface = component_func_interface(func);
    if (!s->resources) {
        snprintf(name, sizeof(name), "%.*s", (int)component_func_name(func).length,
                 component_func_name(func).data);
        return path_fits(s, name, interface);
    }
    wit_name(func, name, sizeof(name) - sizeof(".new"));
    if (!*name)
        return false;
    if (path_fits(s, name, interface))
        return true;
    if (strchr(name, '.'))
        return false;
    text_copy(name + strlen(name), sizeof(".new"), ".new"); /* a constructor */
    return path_fits(s, name, interface);
}

/* --- what is told --- */

static int ambiguous(const struct search *s, const struct component *component, arcella_error **reterr) {
    char name[NAME_BYTES];
    BUFFER_AUTO names = BUFFER_INIT(LIMIT_ERROR_BYTES);
    uint32_t count = component_func_count(component), found = 0;
    int r = 0;
    for (uint32_t n = 0; r == 0 && n < count; n++) {
        const struct component_func *func = component_func_at(component, n);
        if (!fits(s, func) || found++ >= SHOWN_MAX)
            continue;
        full_name(func, name, sizeof(name));
        r = buffer_format(&names, reterr, "%s'%s'", found > 1 ? ", " : "", name);
    }
    if (r == 0 && found > SHOWN_MAX)
        r = buffer_format(&names, reterr, " and %u more", found - SHOWN_MAX);
    if (r < 0)
        return r;
    error_set(reterr, ARCELLA_E_AMBIGUOUS, "several functions are called '%s': %s", s->path, names.data);
    return error_hint(reterr, ARCELLA_E_AMBIGUOUS, "write one of these names in full, with its version");
}

static void nearer(const char *wanted, const char *candidate, unsigned *least) {
    unsigned distance = *candidate ? nearest_distance(text_of(wanted), text_of(candidate)) : *least;
    if (distance < *least)
        *least = distance;
}

static void nearer_in(const struct search *s, struct text label, struct text name, unsigned *least) {
    char candidate[NAME_BYTES];
    snprintf(candidate, sizeof(candidate), "%.*s%s%.*s", (int)label.length, label.data,
             label.length ? "." : "", (int)name.length, name.data);
    nearer(s->path, candidate, least);
}

static int no_function(const struct search *s, const struct component *component, arcella_error **reterr) {
    char full[NAME_BYTES], other[NAME_BYTES], best[NAME_BYTES] = "";
    unsigned least = 1 + (unsigned)(strlen(s->path) / 2);
    uint32_t count = component_func_count(component);
    for (uint32_t n = 0; n < count; n++) {
        const struct component_func *func = component_func_at(component, n);
        struct text interface = component_func_interface(func), name = component_func_name(func), version;
        unsigned before = least;
        full_name(func, full, sizeof(full));
        nearer(s->path, full, &least);
        nearer_in(s, (struct text){"", 0}, name, &least);
        nearer_in(s, last_label(interface), name, &least);
        nearer_in(s, last_label(without_version(interface, &version)), name, &least);
        wit_name(func, other, sizeof(other));
        nearer(s->path, other, &least);
        if (least < before)
            text_copy(best, sizeof(best), full);
    }
    error_set(reterr, ARCELLA_E_NOT_FOUND, "it exports no function '%s%s%.*s'%s%s%s", s->path,
              s->version.length ? "@" : "", (int)s->version.length, s->version.data,
              *best ? "; there is '" : "", best, *best ? "'" : "");
    return error_hint(reterr, ARCELLA_E_NOT_FOUND, "`arcella inspect --wit` shows what it exports");
}

int runtime_function_find(const struct component *component, const struct wave_call *call,
                          const struct component_func **ret, arcella_error **reterr) {
    struct search s = {.version = call->version};
    char interface[NAME_BYTES], name[NAME_BYTES];
    snprintf(interface, sizeof(interface), "%.*s%s%.*s", (int)call->interface.length, call->interface.data,
             call->version.length ? "@" : "", (int)call->version.length, call->version.data);
    snprintf(name, sizeof(name), "%.*s", (int)call->name.length, call->name.data);
    snprintf(s.path, sizeof(s.path), "%.*s%s%.*s", (int)call->interface.length, call->interface.data,
             call->interface.length ? "." : "", (int)call->name.length, call->name.data);
    *ret = component_func_find(component, interface, name);
    if (*ret)
        return 0;
    uint32_t count = component_func_count(component);
    for (unsigned step = 0; step < 4; step++) {
        uint32_t found = 0;
        s.resources = step >= 2;
        s.exact = step % 2 == 0;
        for (uint32_t n = 0; n < count; n++) {
            const struct component_func *func = component_func_at(component, n);
            if (fits(&s, func) && found++ == 0)
                *ret = func;
        }
        if (found == 1)
            return 0;
        if (found > 1)
            return ambiguous(&s, component, reterr);
    }
    return no_function(&s, component, reterr);
}

int instance_find_function(const struct component *component, struct text name,
                           const struct component_func **ret, arcella_error **reterr) {
    struct wave_call call;
    int r = wave_call_name(name, true, &call, reterr);
    return r < 0 ? r : runtime_function_find(component, &call, ret, reterr);
}
