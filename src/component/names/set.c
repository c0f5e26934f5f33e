/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Sets of names that must differ strongly (Explainer.md, Name Uniqueness): a name is kept by its canonical
 * form, so that a set costs as much as its names are long.
 */
#include <string.h>

#include "base/map.h"
#include "component/names/name.h"

struct name_set_entry {
    const char *key; /* canonical */
    struct text name;
    UT_hash_handle hh;
};

void name_set_done(struct name_set *set) {
    HASH_CLEAR(hh, set->by_key);
    arena_done(&set->arena);
}

static void lower(char *text, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (text[i] >= 'A' && text[i] <= 'Z')
            text[i] = (char)(text[i] - 'A' + 'a');
}

static bool equal_but_case(struct text a, struct text b) {
    if (a.length != b.length)
        return false;
    for (size_t i = 0; i < a.length; i++) {
        char pair[2] = {a.data[i], b.data[i]};
        lower(pair, sizeof(pair));
        if (pair[0] != pair[1])
            return false;
    }
    return true;
}

/* Add a name whose canonical form is `from`, of which the first `cased` bytes know no case. */
static int add(struct name_set *set, struct text from, size_t cased, struct text name, const char *what,
               arcella_error **reterr) {
    char *key = arena_text(&set->arena, from.data, from.length);
    if (!key)
        return error_nomem(reterr);
    lower(key, cased);
    struct name_set_entry *entry = NULL;
    HASH_FIND(hh, set->by_key, key, from.length, entry);
    if (entry)
        return error_set(reterr, ARCELLA_E_WASM, "%s '%s' conflicts with previous name '%s'", what,
                         NAME_SHOWN(name), NAME_SHOWN(entry->name));
    entry = arena_new(&set->arena, struct name_set_entry);
    if (!entry)
        return error_nomem(reterr);
    entry->key = key;
    entry->name = name;
    bool added;
    MAP_ADD_TEXT(hh, set->by_key, key, from.length, entry, &added);
    return added ? 0 : error_nomem(reterr);
}

int name_set_add_label(struct name_set *set, struct text label, const char *what, arcella_error **reterr) {
    return add(set, label, label.length, label, what, reterr);
}

int name_set_add(struct name_set *set, const struct extern_name *name, const char *what,
                 arcella_error **reterr) {
    struct text from = name->text;
    switch (name->kind) {
    case EXTERN_NAME_METHOD:
    case EXTERN_NAME_STATIC:
        /* The annotation falls away; l.l is l. */
        from = name->label;
        if (!equal_but_case(name->resource, name->label)) {
            from.data = name->resource.data;
            from.length = name->resource.length + 1 + name->label.length;
        }
        break;
    case EXTERN_NAME_INTERFACE:
        /* A version is no acronym: 1.0.0-RC is not 1.0.0-rc. */
        return add(set, from, name->version.length ? (size_t)(name->version.data - from.data) : from.length,
                   name->text, what, reterr);
    case EXTERN_NAME_LABEL:
    case EXTERN_NAME_CONSTRUCTOR: break;
    default: return add(set, from, 0, name->text, what, reterr);
    }
    return add(set, from, from.length, name->text, what, reterr);
}
