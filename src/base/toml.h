/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * TOML 1.0 as a plain tree with places, by toml++ behind one shim file (base/toml.cc; no exception leaves
 * it). The tree is owned by its root and freed with it; nodes are borrowed.
 */
#ifndef BASE_TOML_H
#define BASE_TOML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arcella/error.h"

#ifdef __cplusplus
extern "C" {
#endif

enum toml_kind { TOML_TABLE, TOML_ARRAY, TOML_STRING, TOML_INTEGER, TOML_FLOAT, TOML_BOOLEAN, TOML_TIME };

struct toml_node {
    enum toml_kind kind;
    unsigned line; /* 1-based place of the value */
    unsigned column;
    const char *key; /* in a table; NULL in an array and at the root */
    unsigned key_line;
    unsigned key_column;
    bool used;        /* set by the reader that knew the key; what stays false is unknown */
    const char *text; /* TOML_STRING (UTF-8, NUL-terminated, no NUL inside) and TOML_TIME (RFC 3339) */
    int64_t integer;
    double number;
    bool boolean;
    struct toml_node *children; /* TABLE and ARRAY */
    size_t children_count;
};

/**
 * Parse a document.
 *
 * @param text  length bytes, UTF-8
 * @param name  how messages name the document ("component.toml")
 * @return 0, MANIFEST ("component.toml:3:7: …"), NOMEM
 */
int toml_parse(const char *text, size_t length, const char *name, struct toml_node **ret,
               arcella_error **reterr);
/** Free a tree. @return NULL */
struct toml_node *toml_free(struct toml_node *root);
/** Find a member of a table and mark it used. @return NULL where there is none or table is NULL */
struct toml_node *toml_get(struct toml_node *table, const char *key);
/** The name of a kind, for messages ("a string"). */
const char *toml_kind_name(enum toml_kind kind);

#ifdef __cplusplus
}
#endif
#endif
