/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * TOML trees: what readers of manifests and of the configuration get.  Reading itself is in toml.cc.  A tree
 * is owned by its root; one thread at a time.
 *
 * toml++ bounds arrays and inline tables inside each other, but a dotted key makes a table for each of its
 * parts and its destructor recurses: "a.a.a.…" of a megabyte would end the stack.  So the parts of dotted
 * keys are counted before it sees the text.
 */
#include "base/toml.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/toml_internal.h"

/* --- messages and memory, for toml.cc too --- */

int toml_error(arcella_error **reterr, const char *name, unsigned line, unsigned column, const char *message,
               size_t length) {
    return error_set(reterr, ARCELLA_E_MANIFEST, "%s:%u:%u: %.*s", name, line, column,
                     (int)(length < LIMIT_ERROR_BYTES ? length : LIMIT_ERROR_BYTES), message);
}

int toml_nomem(arcella_error **reterr) {
    return error_nomem(reterr);
}

bool toml_make_children(struct toml_node *node, size_t count) {
    if (count == 0)
        return true;
    node->children = mem_array(count, sizeof(*node->children));
    if (!node->children)
        return false;
    node->children_count = count;
    return true;
}

char *toml_make_text(const char *text, size_t length) {
    return mem_text_n(text, length);
}

static int compare_places(const void *a, const void *b) {
    const struct toml_node *x = a;
    const struct toml_node *y = b;
    if (x->key_line != y->key_line)
        return x->key_line < y->key_line ? -1 : 1;
    if (x->key_column != y->key_column)
        return x->key_column < y->key_column ? -1 : 1;
    return strcmp(x->key, y->key);
}

void toml_sort(struct toml_node *table) {
    if (table->children_count > 1)
        qsort(table->children, table->children_count, sizeof(*table->children), compare_places);
}

/* --- the check before --- */

/* A place in the text that moves forward. */
struct scan {
    const char *at;
    const char *end;
    const char *line_start;
    unsigned line;
};

static void step(struct scan *s, size_t count) {
    for (; count && s->at < s->end; count--)
        if (*s->at++ == '\n') {
            s->line++;
            s->line_start = s->at;
        }
}

static bool starts_with_three(const struct scan *s, char quote) {
    return s->end - s->at >= 3 && s->at[0] == quote && s->at[1] == quote && s->at[2] == quote;
}

static void pass_string(struct scan *s) {
    char quote = *s->at;
    bool many_lines = starts_with_three(s, quote);
    step(s, many_lines ? 3 : 1);
    while (s->at < s->end) {
        if (quote == '"' && *s->at == '\\') {
            step(s, 2);
        } else if (!many_lines && *s->at == '\n') {
            return; /* not closed; toml++ will say so */
        } else if (!many_lines && *s->at == quote) {
            step(s, 1);
            return;
        } else if (many_lines && starts_with_three(s, quote)) {
            step(s, 3);
            /* Up to two more quotes belong to the text: '''It's ''quoted'''''. */
            for (int i = 0; i < 2 && s->at < s->end && *s->at == quote; i++)
                step(s, 1);
            return;
        } else {
            step(s, 1);
        }
    }
}

static int check_dots(const char *text, size_t length, const char *name, arcella_error **reterr) {
    struct scan s = {.at = text, .end = text + length, .line_start = text, .line = 1};
    unsigned dots = 0;
    while (s.at < s.end) {
        char c = *s.at;
        if (c == '"' || c == '\'') {
            pass_string(&s);
            continue;
        }
        if (c == '#')
            while (s.at < s.end && *s.at != '\n')
                s.at++;
        else if (c == '.' && ++dots >= LIMIT_TOML_DOTS)
            return error_set(reterr, ARCELLA_E_MANIFEST, "%s:%u:%u: a dotted key has at most %d parts", name,
                             s.line, (unsigned)(s.at - s.line_start) + 1, LIMIT_TOML_DOTS);
        else if (strchr(",=[]{}\n", c))
            dots = 0;
        if (s.at < s.end)
            step(&s, 1);
    }
    return 0;
}

/* --- the door --- */

int toml_parse(const char *text, size_t length, const char *name, struct toml_node **ret,
               arcella_error **reterr) {
    if (length > LIMIT_TOML_BYTES)
        return error_set(reterr, ARCELLA_E_MANIFEST, "%s:1:1: more than %llu bytes", name, LIMIT_TOML_BYTES);
    int r = check_dots(text, length, name, reterr);
    if (r < 0)
        return r;
    struct toml_node *root = mem_new(struct toml_node);
    if (!root)
        return error_nomem(reterr);
    r = toml_read(text, length, name, root, reterr);
    if (r < 0) {
        toml_free(root);
        return r;
    }
    *ret = root;
    return 0;
}

/* Free what a node holds. Recursion is bounded by LIMIT_TOML_DEPTH. */
static void done(struct toml_node *node) {
    for (size_t i = 0; i < node->children_count; i++)
        done(&node->children[i]);
    mem_free(node->children);
    mem_free((void *)(uintptr_t)node->key);
    mem_free((void *)(uintptr_t)node->text);
}

struct toml_node *toml_free(struct toml_node *root) {
    if (root) {
        done(root);
        mem_free(root);
    }
    return NULL;
}

struct toml_node *toml_get(struct toml_node *table, const char *key) {
    if (!table || table->kind != TOML_TABLE)
        return NULL;
    for (size_t i = 0; i < table->children_count; i++)
        if (strcmp(table->children[i].key, key) == 0) {
            table->children[i].used = true;
            return &table->children[i];
        }
    return NULL;
}

const char *toml_kind_name(enum toml_kind kind) {
    static const char *const names[] = {
        [TOML_TABLE] = "a table",       [TOML_ARRAY] = "an array",   [TOML_STRING] = "a string",
        [TOML_INTEGER] = "a number",    [TOML_FLOAT] = "a fraction", [TOML_BOOLEAN] = "true or false",
        [TOML_TIME] = "a date or time",
    };
    return names[kind];
}
