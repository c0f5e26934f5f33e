/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * An owned list of texts with a largest count: exports, authors, warnings.  Plain data, embedded, one thread.
 */
#ifndef CATALOG_LIST_H
#define CATALOG_LIST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/pack.h"

struct text_list {
    char **items; /* owned, each owned */
    size_t count;
};

/** Free all; the list is empty and usable again. */
void text_list_done(struct text_list *list);
/** Append a copy. @return 0, TOO_LARGE (max reached), NOMEM */
int text_list_add(struct text_list *list, size_t max, const char *text, arcella_error **reterr) MUST_CHECK;
/** Copy a whole list into an empty one. @return 0, NOMEM */
int text_list_copy(struct text_list *to, const struct text_list *from, arcella_error **reterr) MUST_CHECK;
/** Is this text in the list? */
bool text_list_has(const struct text_list *list, const char *text);
/** A new JSON array of the texts (NULL on no memory). */
json_t *text_list_json(const struct text_list *list);
/** Write as an array of texts. */
void text_list_pack(const struct text_list *list, struct pack_writer *w);
/** Read an array of at most max texts of at most bytes each into an empty list; a mistake fails the reader.
 * @return 0, NOMEM */
int text_list_unpack(struct text_list *list, struct pack_reader *r, uint32_t max, size_t bytes,
                     arcella_error **reterr) MUST_CHECK;

#endif
