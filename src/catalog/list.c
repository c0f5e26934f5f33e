/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* An owned list of texts; plain data embedded in its owner, one thread. */
#include "catalog/list.h"

#include "base/json.h"
#include "base/mem.h"

void text_list_done(struct text_list *list) {
    for (size_t i = 0; i < list->count; i++)
        mem_free(list->items[i]);
    mem_free(list->items);
    *list = (struct text_list){0};
}

int text_list_add(struct text_list *list, size_t max, const char *text, arcella_error **reterr) {
    if (list->count >= max)
        return error_set(reterr, ARCELLA_E_TOO_LARGE, "more than %zu", max);
    MEM_AUTO char *copy = mem_text(text);
    if (!copy)
        return error_nomem(reterr);
    /* Grows at each power of two; lists here are short. */
    if ((list->count & (list->count - 1)) == 0) {
        size_t capacity = list->count ? list->count * 2 : 1;
        char **items = mem_resize(list->items, capacity * sizeof(*items));
        if (!items)
            return error_nomem(reterr);
        list->items = items;
    }
    list->items[list->count++] = TAKE(copy);
    return 0;
}

int text_list_copy(struct text_list *to, const struct text_list *from, arcella_error **reterr) {
    for (size_t i = 0; i < from->count; i++) {
        int r = text_list_add(to, from->count, from->items[i], reterr);
        if (r < 0)
            return r;
    }
    return 0;
}

bool text_list_has(const struct text_list *list, const char *text) {
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i], text) == 0)
            return true;
    return false;
}

json_t *text_list_json(const struct text_list *list) {
    JSON_AUTO *array = json_array();
    if (!array)
        return NULL;
    for (size_t i = 0; i < list->count; i++)
        if (json_array_append_new(array, json_bytes(list->items[i], strlen(list->items[i]))) < 0)
            return NULL;
    return TAKE(array);
}

void text_list_pack(const struct text_list *list, struct pack_writer *w) {
    pack_array(w, (uint32_t)list->count);
    for (size_t i = 0; i < list->count; i++)
        pack_text(w, list->items[i]);
}

int text_list_unpack(struct text_list *list, struct pack_reader *r, uint32_t max, size_t bytes,
                     arcella_error **reterr) {
    uint32_t count = pack_get_array(r, max);
    for (uint32_t i = 0; i < count && !r->failed; i++) {
        struct text t = pack_get_text(r, bytes, false);
        MEM_AUTO char *copy = pack_copy_text(r, t);
        if (r->failed)
            return 0; /* told by pack_close() */
        if (!copy)
            return error_nomem(reterr);
        int result = text_list_add(list, max, copy, reterr);
        if (result < 0)
            return result;
    }
    return 0;
}
