/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Between base/toml.c, which owns trees and messages, and base/toml.cc, which owns toml++.  The other headers
 * of this room are C, so what toml.cc needs of them stands here.
 */
#ifndef BASE_TOML_INTERNAL_H
#define BASE_TOML_INTERNAL_H

#include "base/limits.h"
#include "base/toml.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * toml.cc: fill root from a document that passed the checks of toml.c.
 *
 * @return 0, MANIFEST, NOMEM; root may be half-filled
 */
int toml_read(const char *text, size_t length, const char *name, struct toml_node *root,
              arcella_error **reterr);

/** toml.c: "name:line:column: message". @return MANIFEST */
int toml_error(arcella_error **reterr, const char *name, unsigned line, unsigned column, const char *message,
               size_t length);
/** toml.c: out of memory. @return NOMEM */
int toml_nomem(arcella_error **reterr);
/** toml.c: give a node count zeroed children. @return false: no memory */
bool toml_make_children(struct toml_node *node, size_t count);
/** toml.c: copy a text. @return NULL: no memory */
char *toml_make_text(const char *text, size_t length);
/** toml.c: put the children of a table into the order of the document. */
void toml_sort(struct toml_node *table);

#ifdef __cplusplus
}
#endif
#endif
