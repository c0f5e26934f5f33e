/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Grants as JSON.  Apart from the rest, which the library uses without a JSON library.  No state. */
#include "base/json.h"
#include "catalog/grant.h"

json_t *grant_row_json(const struct grant *row, bool hide_values) {
    struct grant_words words;
    grant_row_words(row, &words);
    json_t *object = json_object();
    bool ok = object != NULL;
    json_put_text(object, "class", words.class, &ok);
    json_put_text(object, "action", words.actions, &ok);
    bool hide = hide_values && row->class == GRANT_ENV && !(row->actions & GRANT_SECRET);
    json_put(object, "pattern", json_bytes(row->pattern, hide ? row->key.length : strlen(row->pattern)), &ok);
    json_put_text(object, "effect", grant_effect_name(row->effect), &ok);
    json_put_text(object, "source", grant_source_name(row->source), &ok);
    if (row->expires_ms)
        json_put(object, "expires", json_integer((json_int_t)row->expires_ms), &ok);
    if (!ok) {
        json_decref(object);
        return NULL;
    }
    return object;
}

json_t *grant_set_json(const struct grant_set *set, bool hide_values) {
    JSON_AUTO *array = json_array();
    for (size_t i = 0; array && i < set->count; i++)
        if (json_array_append_new(array, grant_row_json(&set->rows[i], hide_values)) < 0)
            return NULL;
    return TAKE(array);
}
