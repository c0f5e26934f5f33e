/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Values of manifests, each checked where it stands.  Lives for one manifest_read(); the intake process. */
#include "catalog/manifest_value.h"

#include <stdarg.h>

#include "base/mem.h"

void manifest_mistake(struct manifest_reading *m, unsigned line, unsigned column, const char *key,
                      const char *format, ...) {
    if (m->mistake_count++ >= MANIFEST_MISTAKES_MAX)
        return;
    char reason[700];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason, sizeof(reason), format, arguments);
    va_end(arguments);
    int r = buffer_format(&m->mistakes, NULL, "%s%s:%u:%u: %s: %s", m->mistakes.length ? "; " : "", m->file,
                          line ? line : 1, column ? column : 1, key, reason);
    if (r == ARCELLA_E_NOMEM)
        m->failed = r;
}

void manifest_warning(struct manifest_reading *m, const struct toml_node *node, const char *format, ...) {
    char text[700];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    int r = description_warn(m->d, NULL, "%s:%u: %s", m->file, node->key_line ? node->key_line : 1, text);
    if (r < 0)
        m->failed = r;
}

/* A dotted path for messages; cut where it is too long. */
static const char *join(const char *path, const char *key, char *to, size_t size) {
    snprintf(to, size, "%s%s%s", path, *path ? "." : "", key);
    return to;
}

struct toml_node *manifest_table(struct manifest_reading *m, struct toml_node *parent, const char *path,
                                 const char *key) {
    char name[128];
    struct toml_node *node = toml_get(parent, key);
    if (!node || node->kind == TOML_TABLE)
        return node;
    manifest_mistake(m, node->line, node->column, join(path, key, name, sizeof(name)),
                     "%s is not allowed here; allowed: a table, written [%s]", toml_kind_name(node->kind),
                     name);
    return NULL;
}

/* Is a node a text fit to be kept? */
static bool check_text(struct manifest_reading *m, const struct toml_node *node, const char *name,
                       size_t max) {
    if (node->kind != TOML_STRING) {
        manifest_mistake(m, node->line, node->column, name,
                         "%s is not allowed here; allowed: a text in quotes", toml_kind_name(node->kind));
        return false;
    }
    if (strlen(node->text) > max) {
        manifest_mistake(m, node->line, node->column, name, "the text is longer than %zu bytes", max);
        return false;
    }
    return true;
}

const char *manifest_text(struct manifest_reading *m, struct toml_node *table, const char *path,
                          const char *key, size_t max) {
    char name[128];
    const struct toml_node *node = toml_get(table, key);
    if (!node || !check_text(m, node, join(path, key, name, sizeof(name)), max))
        return NULL;
    return node->text;
}

void manifest_keep_text(struct manifest_reading *m, struct toml_node *table, const char *path,
                        const char *key, char **to) {
    const char *text = manifest_text(m, table, path, key, DESCRIPTION_TEXT_BYTES);
    if (!text)
        return;
    mem_free(*to);
    *to = mem_text(text);
    if (!*to)
        m->failed = ARCELLA_E_NOMEM;
}

/* Call keep for each text of an array; what is no array or too long is noted. */
static void each_text(struct manifest_reading *m, struct toml_node *table, const char *path, const char *key,
                      size_t max,
                      void (*keep)(struct manifest_reading *m, const struct toml_node *node, const char *name,
                                   struct text_list *to),
                      struct text_list *to) {
    char name[128];
    struct toml_node *node = toml_get(table, key);
    if (!node)
        return;
    join(path, key, name, sizeof(name));
    if (node->kind != TOML_ARRAY) {
        manifest_mistake(m, node->line, node->column, name,
                         "%s is not allowed here; allowed: an array of texts, [\"…\", \"…\"]",
                         toml_kind_name(node->kind));
        return;
    }
    if (node->children_count > LIMIT_MANIFEST_LIST) {
        manifest_mistake(m, node->line, node->column, name, "%zu entries, more than %d", node->children_count,
                         LIMIT_MANIFEST_LIST);
        return;
    }
    for (size_t i = 0; i < node->children_count; i++)
        if (check_text(m, &node->children[i], name, max))
            keep(m, &node->children[i], name, to);
}

static void keep_plain(struct manifest_reading *m, const struct toml_node *node, const char *name,
                       struct text_list *to) {
    (void)name;
    int r = text_list_add(to, LIMIT_MANIFEST_LIST, node->text, NULL);
    if (r < 0)
        m->failed = r;
}

void manifest_keep_list(struct manifest_reading *m, struct toml_node *table, const char *path,
                        const char *key, struct text_list *to) {
    struct toml_node *node = toml_get(table, key);
    if (node && node->kind == TOML_STRING) {
        char name[128];
        if (check_text(m, node, join(path, key, name, sizeof(name)), 256))
            keep_plain(m, node, name, to);
        return;
    }
    each_text(m, table, path, key, 256, keep_plain, to);
}

static void keep_interface(struct manifest_reading *m, const struct toml_node *node, const char *name,
                           struct text_list *to) {
    ERROR_AUTO *error = NULL;
    struct interface_name interface;
    char full[LIMIT_INTERFACE_BYTES + 1];
    int r = interface_parse(node->text, &interface, &error);
    if (r < 0) {
        if (r == ARCELLA_E_NOMEM)
            m->failed = r;
        manifest_mistake(m, node->line, node->column, name, "%s", arcella_error_message(error));
        return;
    }
    interface_format(&interface, full);
    if (text_list_has(to, full)) {
        r = description_warn(m->d, NULL, "%s:%u: %s names '%s' twice", m->file, node->line, name, full);
    } else {
        r = text_list_add(to, LIMIT_MANIFEST_LIST, full, NULL);
    }
    if (r < 0)
        m->failed = r;
}

void manifest_keep_interfaces(struct manifest_reading *m, struct toml_node *table, const char *path,
                              const char *key, struct text_list *to) {
    each_text(m, table, path, key, LIMIT_INTERFACE_BYTES, keep_interface, to);
}

bool manifest_policy(struct manifest_reading *m, struct toml_node *table, const char *path,
                     enum policy_key key) {
    char name[128];
    const char *word = policy_row(key)->key;
    const struct toml_node *node = toml_get(table, word);
    if (!node)
        return false;
    ERROR_AUTO *error = NULL;
    int r = policy_set_toml(&m->d->template, key, node, ORIGIN_TEMPLATE, &error);
    if (r == ARCELLA_E_NOMEM)
        m->failed = r;
    else if (r < 0)
        manifest_mistake(m, node->line, node->column, join(path, word, name, sizeof(name)), "%s",
                         arcella_error_message(error));
    return true;
}

/* Actions as one text: "connect", or of several ["connect", "resolve"]. */
static bool join_actions(struct manifest_reading *m, struct toml_node *table, char *to, size_t size) {
    struct toml_node *node = toml_get(table, "action");
    size_t at = 0;
    size_t count = !node ? 0 : node->kind == TOML_ARRAY ? node->children_count : 1;
    to[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        const struct toml_node *one = node->kind == TOML_ARRAY ? &node->children[i] : node;
        if (!check_text(m, one, "grants.action", 100))
            return false;
        at += (size_t)snprintf(to + at, at < size ? size - at : 0, "%s%s", i ? "+" : "", one->text);
        if (at >= size)
            break;
    }
    if (count == 0 || at >= size)
        manifest_mistake(m, node ? node->line : table->line, node ? node->column : table->column,
                         "grants.action",
                         "is missing; allowed: a text or an array of texts, such as \"connect\"");
    return count > 0 && at < size;
}

/* A text that must be there. */
static const char *must_have(struct manifest_reading *m, struct toml_node *table, const char *key,
                             size_t max) {
    if (!toml_get(table, key))
        manifest_mistake(m, table->line, table->column, "grants", "%s is missing; allowed: a text in quotes",
                         key);
    return manifest_text(m, table, "grants", key, max);
}

static void read_request(struct manifest_reading *m, struct toml_node *table) {
    char actions[LIMIT_GRANT_ACTIONS_BYTES + 1];
    if (table->kind != TOML_TABLE) {
        manifest_mistake(m, table->line, table->column, "grants",
                         "%s is not allowed here; allowed: a table, written [[grants]]",
                         toml_kind_name(table->kind));
        return;
    }
    const char *class = must_have(m, table, "class", 100);
    const char *pattern = must_have(m, table, "pattern", LIMIT_PATH_BYTES - 1);
    const char *reason = must_have(m, table, "reason", REQUEST_REASON_BYTES);
    if (!join_actions(m, table, actions, sizeof(actions)) || !class || !pattern || !reason)
        return;
    ERROR_AUTO *error = NULL;
    int r = request_add(&m->d->requests, class, actions, pattern, reason, &error);
    if (r == ARCELLA_E_NOMEM)
        m->failed = r;
    else if (r < 0)
        manifest_mistake(m, table->line, table->column, "grants", "%s", arcella_error_message(error));
}

void manifest_requests(struct manifest_reading *m, struct toml_node *root) {
    struct toml_node *node = toml_get(root, "grants");
    if (!node)
        return;
    if (node->kind != TOML_ARRAY) {
        manifest_mistake(m, node->line, node->column, "grants",
                         "%s is not allowed here; allowed: tables, each written [[grants]]",
                         toml_kind_name(node->kind));
        return;
    }
    if (node->children_count > LIMIT_REQUESTS) {
        manifest_mistake(m, node->line, node->column, "grants", "%zu entries, more than %d",
                         node->children_count, LIMIT_REQUESTS);
        return;
    }
    for (size_t i = 0; i < node->children_count; i++)
        read_request(m, &node->children[i]);
}
