/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* cfg/policy.toml; see the header. */
#include "catalog/rules.h"

#include <fcntl.h>

#include "base/fd.h"
#include "base/mem.h"
#include "base/sys.h"
#include "catalog/manifest_value.h"

void rules_done(struct rules *rules) {
    for (size_t i = 0; i < rules->count; i++) {
        text_list_done(&rules->items[i].deployments);
        grant_set_done(&rules->items[i].grants);
        mem_free(rules->items[i].reason);
    }
    mem_free(rules->items);
    *rules = (struct rules){0};
}

bool rules_name_fits(const char *pattern, const char *name) {
    const char *star = NULL, *back = NULL;
    while (*name) {
        if (*pattern == '*') {
            star = pattern++;
            back = name;
        } else if (*pattern == *name) {
            pattern++;
            name++;
        } else if (star) {
            pattern = star + 1;
            name = ++back;
        } else
            return false;
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

/* --- reading --- */

/* Texts of a key: one, or an array of them. */
static size_t texts_of(const struct toml_node *node) {
    return !node ? 0 : node->kind == TOML_ARRAY ? node->children_count : 1;
}

static const struct toml_node *text_at(struct manifest_reading *m, const struct toml_node *node, size_t i,
                                       const char *key) {
    const struct toml_node *one = node->kind == TOML_ARRAY ? &node->children[i] : node;
    if (one->kind == TOML_STRING)
        return one;
    manifest_mistake(m, one->line, one->column, key, "%s is not allowed here; allowed: a text in quotes",
                     toml_kind_name(one->kind));
    return NULL;
}

static bool is_pattern(const char *text) {
    for (const char *c = text; *c; c++)
        if (!strchr("-_.*", *c) && !(*c >= '0' && *c <= '9') && !((*c | 0x20) >= 'a' && (*c | 0x20) <= 'z'))
            return false;
    return *text && strlen(text) <= LIMIT_NAME_BYTES;
}

static void read_names(struct manifest_reading *m, struct toml_node *table, const char *key,
                       struct rule *rule) {
    const struct toml_node *node = toml_get(table, "deployments");
    for (size_t i = 0; i < texts_of(node); i++) {
        const struct toml_node *one = text_at(m, node, i, key);
        if (one && !is_pattern(one->text))
            manifest_mistake(m, one->line, one->column, key, "'%.100s' fits no deployment's name", one->text);
        else if (one && text_list_add(&rule->deployments, LIMIT_RULES, one->text, NULL) < 0)
            m->failed = ARCELLA_E_NOMEM;
    }
    if (node && texts_of(node) == 0)
        manifest_mistake(m, node->line, node->column, key, "deployments is empty, so it would be for none");
}

static void read_grants(struct manifest_reading *m, struct toml_node *table, const char *key,
                        enum grant_effect effect, struct rule *rule) {
    const struct toml_node *node = toml_get(table, "grants");
    for (size_t i = 0; i < texts_of(node); i++) {
        ERROR_AUTO *error = NULL;
        const struct toml_node *one = text_at(m, node, i, key);
        int r = one ? grant_add_rule(&rule->grants, one->text, effect, GRANT_BY_POLICY, &error) : 0;
        if (r == ARCELLA_E_NOMEM)
            m->failed = r;
        else if (r < 0)
            manifest_mistake(m, one->line, one->column, key, "%s", arcella_error_message(error));
    }
    if (texts_of(node) == 0)
        manifest_mistake(m, node ? node->line : table->line, node ? node->column : table->column, key,
                         "grants is missing; allowed: texts such as \"net:connect:192.0.2.7:443\"");
}

static void read_rule(struct manifest_reading *m, struct toml_node *table, const char *key,
                      enum grant_effect effect, struct rule *rule) {
    if (table->kind != TOML_TABLE) {
        manifest_mistake(m, table->line, table->column, key,
                         "%s is not allowed here; allowed: a table, written [[%s]]",
                         toml_kind_name(table->kind), key);
        return;
    }
    read_names(m, table, key, rule);
    read_grants(m, table, key, effect, rule);
    const char *reason = manifest_text(m, table, key, "reason", REQUEST_REASON_BYTES);
    if (reason && !(rule->reason = mem_text(reason)))
        m->failed = ARCELLA_E_NOMEM;
}

/* A key that nobody reads would be a rule that nobody holds. */
static void look_at_rest(struct manifest_reading *m, const struct toml_node *table, const char *words) {
    for (size_t i = 0; i < table->children_count; i++) {
        const struct toml_node *node = &table->children[i];
        if (!node->used)
            manifest_mistake(m, node->key_line, node->key_column, node->key, "is no key here; allowed: %s",
                             words);
    }
}

static void read_all(struct manifest_reading *m, struct toml_node *root, const char *key,
                     enum grant_effect effect, struct rules *rules) {
    struct toml_node *node = toml_get(root, key);
    if (!node)
        return;
    if (node->kind != TOML_ARRAY || node->children_count + rules->count > LIMIT_RULES) {
        manifest_mistake(m, node->line, node->column, key, "allowed: at most %d tables, each written [[%s]]",
                         LIMIT_RULES, key);
        return;
    }
    for (size_t i = 0; i < node->children_count; i++) {
        struct rule *items = mem_resize(rules->items, (rules->count + 1) * sizeof(*items));
        if (!items) {
            m->failed = ARCELLA_E_NOMEM;
            return;
        }
        rules->items = items;
        items[rules->count] = (struct rule){.reason = NULL};
        read_rule(m, &node->children[i], key, effect, &items[rules->count++]);
        if (node->children[i].kind == TOML_TABLE)
            look_at_rest(m, &node->children[i], "deployments, grants, reason");
    }
}

/* Mistakes and memory, as one answer. */
static int judge(const struct manifest_reading *m, const char *name, arcella_error **reterr) {
    if (m->failed)
        return error_nomem(reterr);
    if (m->mistake_count)
        return error_set(reterr, ARCELLA_E_CONFIG, "%s", m->mistakes.data ? m->mistakes.data : name);
    return 0;
}

int rules_read(struct text text, const char *name, struct rules *ret, arcella_error **reterr) {
    struct toml_node *root = NULL;
    ERROR_AUTO *error = NULL;
    int r = toml_parse(text.data, text.length, name, &root, &error);
    if (r < 0)
        return r == ARCELLA_E_NOMEM ? error_nomem(reterr)
                                    : error_set(reterr, ARCELLA_E_CONFIG, "%s", arcella_error_message(error));
    struct manifest_reading m = {.file = name};
    struct rules rules = {0};
    buffer_init(&m.mistakes, MANIFEST_MISTAKES_MAX * 1024);
    read_all(&m, root, "deny", GRANT_DENY, &rules);
    read_all(&m, root, "allow", GRANT_ALLOW, &rules);
    look_at_rest(&m, root, "tables [[deny]] and [[allow]]");
    r = judge(&m, name, reterr);
    if (r == 0)
        *ret = rules;
    else
        rules_done(&rules);
    toml_free(root);
    buffer_done(&m.mistakes);
    return r;
}

int rules_refresh(struct rules *rules, int dir_fd, arcella_error **reterr) {
    FD_AUTO fd = sys_openat(dir_fd, RULES_FILE, O_RDONLY | O_NOCTTY | O_NONBLOCK, 0);
    uint64_t revision = rules->revision;
    if (fd < 0 && errno == ENOENT) {
        bool was_there = rules->count > 0;
        rules_done(rules);
        rules->revision = revision + was_there;
        return 0;
    }
    struct stat st;
    if (fd < 0 || sys_fstat(fd, &st) < 0)
        return error_set_errno(reterr, errno, "cfg/" RULES_FILE);
    uint64_t changed_ns = (uint64_t)st.st_mtim.tv_sec * 1000000000u + (uint64_t)st.st_mtim.tv_nsec;
    if (rules->inode == st.st_ino && rules->size == (uint64_t)st.st_size && rules->changed_ns == changed_ns)
        return 0;
    BUFFER_AUTO text = BUFFER_INIT(LIMIT_POLICY_BYTES + 1);
    struct rules fresh = {0};
    int r = S_ISREG(st.st_mode) ? fd_read_all(fd, LIMIT_POLICY_BYTES, &text, reterr)
                                : error_set(reterr, ARCELLA_E_CONFIG, "cfg/" RULES_FILE " is no file");
    if (r == 0)
        r = rules_read((struct text){text.data ? text.data : "", text.length}, "cfg/" RULES_FILE, &fresh,
                       reterr);
    if (r < 0)
        return r;
    rules_done(rules);
    *rules = fresh;
    rules->revision = revision + 1;
    rules->inode = st.st_ino;
    rules->size = (uint64_t)st.st_size;
    rules->changed_ns = changed_ns;
    return 0;
}

/* --- applying --- */

static bool is_for(const struct rule *rule, const char *deployment) {
    for (size_t i = 0; i < rule->deployments.count; i++)
        if (rules_name_fits(rule->deployments.items[i], deployment))
            return true;
    return rule->deployments.count == 0;
}

/* Has the set a row of its own in the place of one of the policy? */
static bool is_taken(const struct grant_set *set, const struct grant *row) {
    bool by_key = row->effect == GRANT_ALLOW && (row->class == GRANT_FS || row->class == GRANT_ENV);
    for (size_t i = 0; by_key && i < set->count; i++)
        if (set->rows[i].class == row->class && set->rows[i].effect == GRANT_ALLOW &&
            text_equal(set->rows[i].key, row->key) && !grant_is_over(&set->rows[i]))
            return true;
    return false;
}

int rules_apply(const struct rules *rules, const char *deployment, struct grant_set *set,
                arcella_error **reterr) {
    for (size_t i = 0; i < rules->count; i++) {
        const struct rule *rule = &rules->items[i];
        if (!is_for(rule, deployment))
            continue;
        for (size_t n = 0; n < rule->grants.count; n++) {
            const struct grant *row = &rule->grants.rows[n];
            struct grant_words words;
            if (is_taken(set, row))
                continue;
            grant_row_words(row, &words);
            int r =
                grant_add_text(set, words.class, words.actions, row->pattern, grant_effect_name(row->effect),
                               grant_source_name(GRANT_BY_POLICY), reterr);
            if (r < 0)
                return error_wrap(reterr, r, "cfg/" RULES_FILE);
        }
    }
    return 0;
}

const char *rules_reason(const struct rules *rules, const char *deployment, const struct grant *row) {
    for (size_t i = 0; i < rules->count; i++) {
        const struct rule *rule = &rules->items[i];
        for (size_t n = 0; is_for(rule, deployment) && n < rule->grants.count; n++) {
            const struct grant *own = &rule->grants.rows[n];
            if (own->class == row->class && own->effect == row->effect && own->actions == row->actions &&
                strcmp(own->pattern, row->pattern) == 0)
                return rule->reason;
        }
    }
    return NULL;
}
