/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The three manifest files of a package, each key at its own level: what a component is stands in
 * component.toml, how it is run by default in deployment-template.toml, and how many run and where is for
 * whoever starts it. Runs in the intake process; everything lives for one manifest_read().
 */
#include "catalog/manifest.h"

#include "base/mem.h"
#include "catalog/manifest_value.h"

static const char *const file_names[MANIFEST_FILES] = {
#define XX(name, text) [MANIFEST_##name] = text,
    MANIFEST_FILE_MAP(XX)
#undef XX
};

const char *manifest_file_name(enum manifest_file file) {
    return file_names[file];
}

/* Keys of the other level, to be told apart from unknown ones. */
static const char *const component_keys[] = {"name",    "version",  "description", "authors", "licence",
                                             "license", "language", "exports",     "imports", "grants"};
static const char *const spec_keys[] = {"module_id", "component_id", "overrides"};

static bool is_one_of(const char *const *words, size_t count, const char *word) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(words[i], word) == 0)
            return true;
    return false;
}

/* Is it for whoever starts the component? */
static bool is_for_start(const char *key) {
    enum policy_key policy;
    return strcmp(key, "replicas") == 0 || (policy_find(key, &policy) && !policy_row(policy)->by_template);
}

static bool is_for_template(const char *key) {
    enum policy_key policy;
    return strcmp(key, "startup") == 0 || strcmp(key, "deployment") == 0 ||
           (policy_find(key, &policy) && policy_row(policy)->by_template);
}

/* What no reader took: a warning each, or a mistake where it would change what the package is. */
static void look_at_rest(struct manifest_reading *m, const struct toml_node *table, const char *path,
                         bool is_template) {
    for (size_t i = 0; i < table->children_count; i++) {
        const struct toml_node *node = &table->children[i];
        char name[160];
        snprintf(name, sizeof(name), "%s%s%.100s", path, *path ? "." : "", node->key);
        if (node->used)
            continue;
        bool is_component = is_one_of(component_keys, ARRAY_LENGTH(component_keys), node->key) ||
                            strcmp(node->key, "component") == 0;
        if (is_template && is_component)
            manifest_mistake(m, node->key_line, node->key_column, name,
                             "says what a component is, which only %s may; allowed here: isolation, trusted, "
                             "async, startup",
                             MANIFEST_COMPONENT_FILE);
        else if (is_template && is_one_of(spec_keys, ARRAY_LENGTH(spec_keys), node->key))
            manifest_mistake(
                m, node->key_line, node->key_column, name,
                "belongs to one deployment; allowed in a template: isolation, trusted, async, startup");
        else if (is_for_start(node->key))
            manifest_warning(m, node, "'%s' is for whoever starts the component and is not used here", name);
        else if (!is_template && is_for_template(node->key))
            manifest_warning(m, node, "'%s' belongs in %s and is not used here", name,
                             MANIFEST_TEMPLATE_FILE);
        else
            manifest_warning(m, node, "unknown key '%s', not used", name);
    }
}

/* Name and version of a table that must have both. */
static void read_identity(struct manifest_reading *m, struct toml_node *table, const char *path) {
    char name_key[64], version_key[64];
    snprintf(name_key, sizeof(name_key), "%s.name", path);
    snprintf(version_key, sizeof(version_key), "%s.version", path);
    const struct toml_node *name_node = toml_get(table, "name");
    const struct toml_node *version_node = toml_get(table, "version");
    const char *name = manifest_text(m, table, path, "name", 4096);
    const char *version = manifest_text(m, table, path, "version", 4096);
    unsigned line = table->key_line, column = table->key_column;
    ERROR_AUTO *error = NULL;
    struct version parsed;
    bool good = name && version;
    if (!name_node)
        manifest_mistake(m, line, column, name_key, "is missing; allowed: a name such as \"http-logger\"");
    if (!version_node)
        manifest_mistake(m, line, column, version_key, "is missing; allowed: a version such as \"1.2.3\"");
    if (name_node && name && name_check(NAME_COMPONENT, name, &error) < 0) {
        manifest_mistake(m, name_node->line, name_node->column, name_key, "%s", arcella_error_message(error));
        good = false;
    }
    arcella_error_free(TAKE(error));
    if (version_node && version && version_parse(version, &parsed, &error) < 0) {
        manifest_mistake(m, version_node->line, version_node->column, version_key, "%s",
                         arcella_error_message(error));
        good = false;
    }
    if (good)
        m->d->has_id = name_id_make(name, version, &m->d->id, NULL) == 0;
}

/* The keys that component.toml and the older arcella.toml share. */
static void read_component_keys(struct manifest_reading *m, struct toml_node *table, const char *path) {
    struct package_description *d = m->d;
    read_identity(m, table, path);
    manifest_keep_text(m, table, path, "description", &d->description);
    manifest_keep_text(m, table, path, "license", &d->licence);
    manifest_keep_text(m, table, path, "licence", &d->licence);
    manifest_keep_text(m, table, path, "language", &d->language);
    manifest_keep_list(m, table, path, "authors", &d->authors);
    manifest_keep_interfaces(m, table, path, "exports", &d->exports);
    manifest_keep_interfaces(m, table, path, "imports", &d->imports);
    d->has_manifest = true;
}

/* [startup], wherever it stands. */
static void read_startup(struct manifest_reading *m, struct toml_node *parent, const char *path) {
    char name[64];
    struct toml_node *startup = manifest_table(m, parent, path, "startup");
    if (!startup)
        return;
    snprintf(name, sizeof(name), "%s%sstartup", path, *path ? "." : "");
    static const enum policy_key keys[] = {POLICY_ENTRYPOINT_KEY, POLICY_SHUTDOWN_KEY};
    for (size_t i = 0; i < ARRAY_LENGTH(keys); i++) {
        bool had = m->d->template.values[keys[i]].set;
        const struct toml_node *node = toml_get(startup, policy_row(keys[i])->key);
        if (manifest_policy(m, startup, name, keys[i]) && had)
            manifest_warning(m, node, "'%s.%s' replaces what was given before", name,
                             policy_row(keys[i])->key);
    }
    look_at_rest(m, startup, name, true);
}

static void read_component(struct manifest_reading *m, struct toml_node *root) {
    struct toml_node *table = manifest_table(m, root, "", "component");
    if (table) {
        read_component_keys(m, table, "component");
        look_at_rest(m, table, "component", false);
    } else if (!toml_get(root, "component")) {
        manifest_mistake(m, 1, 1, "component",
                         "is missing; allowed: a table [component] with name and version");
    }
    manifest_requests(m, root);
    struct toml_node *requests = toml_get(root, "grants");
    for (size_t i = 0; requests && requests->kind == TOML_ARRAY && i < requests->children_count; i++)
        if (requests->children[i].kind == TOML_TABLE)
            look_at_rest(m, &requests->children[i], "grants", false);
    look_at_rest(m, root, "", false);
}

static void read_run_keys(struct manifest_reading *m, struct toml_node *table, const char *path) {
    manifest_policy(m, table, path, POLICY_ISOLATION_KEY);
    manifest_policy(m, table, path, POLICY_TRUSTED_KEY);
    manifest_policy(m, table, path, POLICY_ASYNC_KEY);
    read_startup(m, table, path);
    m->d->has_template = true;
}

static void read_template(struct manifest_reading *m, struct toml_node *root) {
    struct toml_node *table = manifest_table(m, root, "", "deployment");
    if (table) {
        read_run_keys(m, table, "deployment");
        look_at_rest(m, table, "deployment", true);
    }
    read_startup(m, root, "");
    look_at_rest(m, root, "", true);
    m->d->has_template = true;
}

/* arcella.toml of a package: both levels in one table [module]. */
static void read_legacy(struct manifest_reading *m, struct toml_node *root) {
    struct toml_node *table = manifest_table(m, root, "", "module");
    if (!table) {
        if (!toml_get(root, "module"))
            manifest_mistake(
                m, 1, 1, "module",
                "is missing, so this is no package manifest; allowed: a table [module] with name and "
                "version, or better a %s",
                MANIFEST_COMPONENT_FILE);
        return;
    }
    read_component_keys(m, table, "module");
    read_run_keys(m, table, "module");
    read_startup(m, root, "");
    const struct toml_node *node = toml_get(table, "group");
    const char *group = manifest_text(m, table, "module", "group", 4096);
    if (group && strcmp(group, NAME_GROUP_MAIN) == 0) {
        manifest_warning(m, node, "'module.group' is not used: main is no worker group");
    } else if (group) {
        ERROR_AUTO *error = NULL;
        if (name_check(NAME_GROUP, group, &error) < 0)
            manifest_mistake(m, node->line, node->column, "module.group", "%s", arcella_error_message(error));
        m->d->suggested_group = mem_text(group);
        if (!m->d->suggested_group)
            m->failed = ARCELLA_E_NOMEM;
    }
    look_at_rest(m, table, "module", false);
    look_at_rest(m, root, "", false);
    manifest_warning(m, root, "one manifest for all is the older form; split it into %s and %s",
                     MANIFEST_COMPONENT_FILE, MANIFEST_TEMPLATE_FILE);
}

/* Parse one file and hand its tree to a reader. */
static void read_file(struct manifest_reading *m, enum manifest_file file, struct text text,
                      void (*reader)(struct manifest_reading *m, struct toml_node *root)) {
    ERROR_AUTO *error = NULL;
    struct toml_node *root = NULL;
    m->file = file_names[file];
    if (text.length > LIMIT_MANIFEST_BYTES) {
        manifest_mistake(m, 1, 1, "file", "%zu bytes, more than %llu", text.length, LIMIT_MANIFEST_BYTES);
        return;
    }
    int r = toml_parse(text.data, text.length, m->file, &root, &error);
    if (r == ARCELLA_E_NOMEM) {
        m->failed = r;
    } else if (r < 0) {
        m->mistake_count++;
        r = buffer_format(&m->mistakes, NULL, "%s%s", m->mistakes.length ? "; " : "",
                          arcella_error_message(error));
        if (r == ARCELLA_E_NOMEM)
            m->failed = r;
    } else {
        reader(m, root);
    }
    toml_free(root);
}

int manifest_read(const struct text texts[MANIFEST_FILES], struct package_description *d,
                  arcella_error **reterr) {
    struct manifest_reading m = {.d = d, .file = ""};
    buffer_init(&m.mistakes, MANIFEST_MISTAKES_MAX * 1024);
    if (texts[MANIFEST_COMPONENT].data)
        read_file(&m, MANIFEST_COMPONENT, texts[MANIFEST_COMPONENT], read_component);
    if (texts[MANIFEST_LEGACY].data && texts[MANIFEST_COMPONENT].data) {
        int r = description_warn(d, NULL, "%s is not read: %s is there", MANIFEST_LEGACY_FILE,
                                 MANIFEST_COMPONENT_FILE);
        if (r < 0)
            m.failed = r;
    } else if (texts[MANIFEST_LEGACY].data) {
        read_file(&m, MANIFEST_LEGACY, texts[MANIFEST_LEGACY], read_legacy);
    }
    if (texts[MANIFEST_TEMPLATE].data)
        read_file(&m, MANIFEST_TEMPLATE, texts[MANIFEST_TEMPLATE], read_template);
    int r = 0;
    if (m.failed)
        r = m.failed == ARCELLA_E_NOMEM ? error_nomem(reterr)
                                        : error_set(reterr, m.failed, "cannot read the manifest");
    else if (m.mistake_count > MANIFEST_MISTAKES_MAX)
        r = error_set(reterr, ARCELLA_E_MANIFEST, "%s; and %u more", m.mistakes.data,
                      m.mistake_count - MANIFEST_MISTAKES_MAX);
    else if (m.mistake_count)
        r = error_set(reterr, ARCELLA_E_MANIFEST, "%s", m.mistakes.data ? m.mistakes.data : "");
    buffer_done(&m.mistakes);
    return r;
}
