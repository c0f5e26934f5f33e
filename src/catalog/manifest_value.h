/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Reading values out of a manifest's tree: each mistake is noted with its place and reading goes on, so that
 * a person sees all of them at once.  Inside the room only; lives for one manifest_read().
 */
#ifndef CATALOG_MANIFEST_VALUE_H
#define CATALOG_MANIFEST_VALUE_H

#include "base/buffer.h"
#include "base/toml.h"
#include "catalog/manifest.h"

#define MANIFEST_MISTAKES_MAX 10 /* in one error sentence; more are counted */

struct manifest_reading {
    const char *file;              /* how messages name the document */
    struct package_description *d; /* borrowed: warnings go there */
    struct buffer mistakes;        /* joined sentences */
    unsigned mistake_count;
    int failed; /* NOMEM, or 0 */
};

/** Note a mistake at a place. key is dotted ("component.name"). */
void manifest_mistake(struct manifest_reading *m, unsigned line, unsigned column, const char *key,
                      const char *format, ...) PRINTF_LIKE(5, 6);
/** Note a warning about the key of a node. */
void manifest_warning(struct manifest_reading *m, const struct toml_node *node, const char *format, ...)
    PRINTF_LIKE(3, 4);

/** A member that must be a table; marks it used. @return NULL where it is not there, or no table (noted) */
struct toml_node *manifest_table(struct manifest_reading *m, struct toml_node *parent, const char *path,
                                 const char *key);
/** A text of at most max bytes. @return NULL where it is not there or wrong (noted); else borrowed from the
 * tree */
const char *manifest_text(struct manifest_reading *m, struct toml_node *table, const char *path,
                          const char *key, size_t max);
/** A text that is kept. */
void manifest_keep_text(struct manifest_reading *m, struct toml_node *table, const char *path,
                        const char *key, char **to);
/** An array of texts, or one text, that is kept. */
void manifest_keep_list(struct manifest_reading *m, struct toml_node *table, const char *path,
                        const char *key, struct text_list *to);
/** An array of interface names, kept in their full form; one given twice is a warning. */
void manifest_keep_interfaces(struct manifest_reading *m, struct toml_node *table, const char *path,
                              const char *key, struct text_list *to);
/** [[grants]], what it asks to be allowed. */
void manifest_requests(struct manifest_reading *m, struct toml_node *root);
/** A policy key. @return whether it was there */
bool manifest_policy(struct manifest_reading *m, struct toml_node *table, const char *path,
                     enum policy_key key);

#endif
