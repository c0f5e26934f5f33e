/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Reading and checking settings.  Each value is kept as it was written, checked at the place where it stands,
 * so that a message can name file, line and column, or the variable, or the option.
 */
#include "daemon/config.h"

#include <fcntl.h>

#include "base/fd.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/toml.h"

#define CONFIG_FILE "arcella.toml"

enum setting_type {
    SETTING_TEXT,
    SETTING_PATH,
    SETTING_LEVELS,
    SETTING_BOOL,
    SETTING_COUNT,
    SETTING_SIZE,
    SETTING_TIME,
    SETTING_CHOICE,
    SETTING_POLICY,
};

struct setting {
    const char *section;
    const char *key;
    const char *name; /* section.key */
    enum setting_type type;
    const char *value;
    uint64_t least;
    uint64_t most;
    const char *words;      /* CHOICE */
    enum policy_key policy; /* POLICY */
    const char *help;
};

#define LEAST_TEXT(x)   .least = (x)
#define LEAST_PATH(x)   .least = (x)
#define LEAST_LEVELS(x) .least = (x)
#define LEAST_BOOL(x)   .least = (x)
#define LEAST_COUNT(x)  .least = (x)
#define LEAST_SIZE(x)   .least = (x)
#define LEAST_TIME(x)   .least = (x)
#define LEAST_CHOICE(x) .words = (x)
#define LEAST_POLICY(x) .policy = POLICY_##x##_KEY

static const struct setting settings[CONFIG_KEYS] = {
#define SETTING(ID, section_, key_, type_, value_, least_, most_, help_)                                     \
    [CONFIG_##ID] = {.section = (section_),                                                                  \
                     .key = (key_),                                                                          \
                     .name = section_ "." key_,                                                              \
                     .type = SETTING_##type_,                                                                \
                     .value = (value_),                                                                      \
                     LEAST_##type_(least_),                                                                  \
                     .most = (most_),                                                                        \
                     .help = (help_)},
#include "daemon/config.def"
#undef SETTING
};

const char *config_name(enum config_key key) {
    return settings[key].name;
}

/* What a setting takes, for messages and the reference page. */
static void allowed(const struct setting *setting, char *to, size_t size) {
    char least[32], most[32];
    switch (setting->type) {
    case SETTING_TEXT:
        snprintf(to, size, "a text of at most %llu bytes", (unsigned long long)setting->most);
        break;
    case SETTING_PATH:
        snprintf(to, size, "an absolute path of at most %llu bytes", (unsigned long long)setting->most);
        break;
    case SETTING_LEVELS:
        snprintf(to, size,
                 "a level (error, warn, info, debug, trace), or UNIT=LEVEL, or several with commas");
        break;
    case SETTING_BOOL: snprintf(to, size, "true or false"); break;
    case SETTING_COUNT:
        snprintf(to, size, "a number from %llu to %llu", (unsigned long long)setting->least,
                 (unsigned long long)setting->most);
        break;
    case SETTING_SIZE:
        text_format_size(setting->least, least, sizeof(least));
        text_format_size(setting->most, most, sizeof(most));
        snprintf(to, size, "a size such as 64k, 64m, 4g, from %s to %s", least, most);
        break;
    case SETTING_TIME:
        text_format_duration(setting->least, least, sizeof(least));
        text_format_duration(setting->most, most, sizeof(most));
        snprintf(to, size, "a time such as 500ms, 30s, 5m, from %s to %s", least, most);
        break;
    case SETTING_CHOICE: {
        size_t at = 0;
        for (const char *c = setting->words; *c && at + 3 < size; c++) {
            if (*c == '|') {
                to[at++] = ',';
                to[at++] = ' ';
            } else
                to[at++] = *c;
        }
        to[at] = '\0';
        break;
    }
    case SETTING_POLICY: policy_allowed(setting->policy, to, size); break;
    }
}

/* Find a word in "a|b|c". */
static bool find_word(const char *words, const char *word, uint64_t *ret_index) {
    uint64_t index = 0;
    size_t length = strlen(word);
    for (const char *at = words;; index++) {
        size_t span = strcspn(at, "|");
        if (span == length && memcmp(at, word, span) == 0) {
            *ret_index = index;
            return true;
        }
        if (at[span] == '\0')
            return false;
        at += span + 1;
    }
}

/* Check a text against its row. @return 0, INVALID with the reason alone, NOMEM */
static int check(const struct setting *setting, const char *text, uint64_t *ret_number,
                 arcella_error **reterr) {
    uint64_t number = 0;
    int r = 0;
    switch (setting->type) {
    case SETTING_PATH:
    case SETTING_TEXT:
        if (setting->type == SETTING_PATH && *text != '\0' && *text != '/')
            return error_set(reterr, ARCELLA_E_INVALID, "a path must be absolute");
        return strlen(text) > setting->most ? error_set(reterr, ARCELLA_E_INVALID, "too long") : 0;
    case SETTING_LEVELS: {
        char before[1024];
        log_get_levels(before, sizeof(before));
        r = log_set_levels(text, reterr);
        return log_set_levels(before, NULL) < 0 ? ARCELLA_E_INTERNAL : r;
    }
    case SETTING_BOOL:
        if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
            return error_set(reterr, ARCELLA_E_INVALID, "neither true nor false");
        *ret_number = *text == 't';
        return 0;
    case SETTING_CHOICE:
        return find_word(setting->words, text, ret_number)
                   ? 0
                   : error_set(reterr, ARCELLA_E_INVALID, "no such choice");
    case SETTING_COUNT: r = text_parse_u64(text, setting->most, &number, reterr); break;
    case SETTING_SIZE: r = text_parse_size(text, setting->most, &number, reterr); break;
    case SETTING_TIME: r = text_parse_duration(text, setting->most, &number, reterr); break;
    case SETTING_POLICY: {
        if (*text == '\0')
            return 0;
        struct policy policy = {0};
        r = policy_set_text(&policy, setting->policy, text, ORIGIN_DEFAULT, reterr);
        policy_done(&policy);
        return r;
    }
    }
    if (r == 0 && number < setting->least)
        r = error_set(reterr, ARCELLA_E_INVALID, "too small");
    *ret_number = number;
    return r;
}

static int store(struct config *config, enum config_key key, const char *text, const char *source,
                 uint64_t number, arcella_error **reterr) {
    MEM_AUTO char *text_copied = mem_text(text);
    MEM_AUTO char *source_copied = mem_text(source);
    if (!text_copied || !source_copied)
        return error_nomem(reterr);
    struct config_value *value = &config->values[key];
    mem_free(value->text);
    mem_free(value->source);
    *value =
        (struct config_value){.text = TAKE(text_copied), .number = number, .source = TAKE(source_copied)};
    return 0;
}

int config_set(struct config *config, enum config_key key, const char *text, const char *source,
               arcella_error **reterr) {
    ERROR_AUTO *why = NULL;
    uint64_t number = 0;
    int r = check(&settings[key], text, &number, &why);
    if (r == ARCELLA_E_NOMEM)
        return error_nomem(reterr);
    if (r < 0) {
        char words[512];
        allowed(&settings[key], words, sizeof(words));
        return error_set(reterr, ARCELLA_E_CONFIG, "%s: %s = \"%s\": %s; allowed: %s", source,
                         settings[key].name, text, arcella_error_message(why), words);
    }
    return store(config, key, text, source, number, reterr);
}

int config_init(struct config *config, arcella_error **reterr) {
    memset(config, 0, sizeof(*config));
    for (int i = 0; i < CONFIG_KEYS; i++) {
        int r = config_set(config, (enum config_key)i, settings[i].value, "default", reterr);
        if (r < 0)
            return r;
    }
    return 0;
}

void config_done(struct config *config) {
    for (int i = 0; i < CONFIG_KEYS; i++) {
        mem_free(config->values[i].text);
        mem_free(config->values[i].source);
    }
    memset(config, 0, sizeof(*config));
}

/* --- the file --- */

/* A value of the file as a person would write it. @return false: a kind no setting has */
static bool value_text(const struct toml_node *node, char *to, size_t size) {
    switch (node->kind) {
    case TOML_STRING: return text_copy(to, size, node->text);
    case TOML_INTEGER: return snprintf(to, size, "%lld", (long long)node->integer) > 0;
    case TOML_BOOLEAN: return text_copy(to, size, node->boolean ? "true" : "false");
    default: return false;
    }
}

/* Collect a mistake. */
static int complain(struct buffer *mistakes, arcella_error **reterr, const char *name, unsigned line,
                    unsigned column, const char *what) {
    int r = buffer_format(mistakes, reterr, "%s%s:%u:%u: %s", mistakes->length ? "; " : "", name, line,
                          column, what);
    return r == ARCELLA_E_TOO_LARGE ? 0 : r; /* enough is named already */
}

static int read_value(struct config *config, enum config_key key, const struct toml_node *node,
                      const char *name, struct buffer *mistakes, arcella_error **reterr) {
    char text[CONFIG_TEXT_BYTES];
    char source[LIMIT_PATH_BYTES];
    char what[CONFIG_TEXT_BYTES + 256];
    if (!value_text(node, text, sizeof(text))) {
        snprintf(what, sizeof(what), "%s: %s cannot be a value here", settings[key].name,
                 toml_kind_name(node->kind));
        return complain(mistakes, reterr, name, node->line, node->column, what);
    }
    snprintf(source, sizeof(source), "%s:%u:%u", name, node->line, node->column);
    ERROR_AUTO *why = NULL;
    int r = config_set(config, key, text, source, &why);
    if (r != ARCELLA_E_CONFIG)
        return r < 0 ? error_move(reterr, TAKE(why)) : 0;
    r = buffer_format(mistakes, reterr, "%s%s", mistakes->length ? "; " : "", arcella_error_message(why));
    return r == ARCELLA_E_TOO_LARGE ? 0 : r;
}

/* What the document has and no row knows. */
static int read_unknown(struct toml_node *root, const char *name, struct buffer *mistakes,
                        arcella_error **reterr) {
    char what[512];
    for (size_t i = 0; i < root->children_count; i++) {
        struct toml_node *section = &root->children[i];
        bool known = section->used;
        if (!known || section->kind != TOML_TABLE) {
            snprintf(what, sizeof(what), known ? "%.64s: must be a table" : "%.64s: no such section",
                     section->key);
            int r = complain(mistakes, reterr, name, section->key_line, section->key_column, what);
            if (r < 0)
                return r;
            continue;
        }
        for (size_t j = 0; j < section->children_count; j++) {
            const struct toml_node *node = &section->children[j];
            if (node->used)
                continue;
            snprintf(what, sizeof(what), "%.64s.%.64s: no such setting", section->key, node->key);
            int r = complain(mistakes, reterr, name, node->key_line, node->key_column, what);
            if (r < 0)
                return r;
        }
    }
    return 0;
}

int config_read(struct config *config, const char *text, size_t length, const char *name,
                arcella_error **reterr) {
    struct toml_node *root = NULL;
    ERROR_AUTO *why = NULL;
    int r = toml_parse(text, length, name, &root, &why);
    if (r == ARCELLA_E_MANIFEST)
        return error_set(reterr, ARCELLA_E_CONFIG, "%s", arcella_error_message(why));
    if (r < 0)
        return error_move(reterr, TAKE(why));
    BUFFER_AUTO mistakes = BUFFER_INIT(LIMIT_ERROR_BYTES - 64);
    for (int i = 0; r == 0 && i < CONFIG_KEYS; i++) {
        struct toml_node *section = toml_get(root, settings[i].section);
        struct toml_node *node =
            section && section->kind == TOML_TABLE ? toml_get(section, settings[i].key) : NULL;
        if (node)
            r = read_value(config, (enum config_key)i, node, name, &mistakes, reterr);
    }
    if (r == 0)
        r = read_unknown(root, name, &mistakes, reterr);
    toml_free(root);
    if (r == 0 && mistakes.length)
        r = error_set(reterr, ARCELLA_E_CONFIG, "%s", mistakes.data);
    return r;
}

int config_load(struct config *config, const char *home, arcella_error **reterr) {
    static const char *const folders[] = {"cfg", "config"}; /* the second is the older name */
    for (size_t i = 0; i < ARRAY_LENGTH(folders); i++) {
        char name[64];
        snprintf(name, sizeof(name), "%s/" CONFIG_FILE, folders[i]);
        MEM_AUTO char *path = mem_format("%s/%s", home, name);
        if (!path)
            return error_nomem(reterr);
        BUFFER_AUTO text = BUFFER_INIT(LIMIT_TOML_BYTES);
        ERROR_AUTO *why = NULL;
        int r = file_read(AT_FDCWD, path, LIMIT_TOML_BYTES, &text, &why);
        if (r == ARCELLA_E_NOT_FOUND)
            continue;
        if (r < 0)
            return error_move(reterr, TAKE(why));
        return config_read(config, text.data ? text.data : "", text.length, name, reterr);
    }
    return 0;
}

/* --- environment and command line --- */

int config_environment(struct config *config, arcella_error **reterr) {
    for (int i = 0; i < CONFIG_KEYS; i++) {
        char name[128];
        snprintf(name, sizeof(name), "ARCELLA_%s", settings[i].name);
        for (char *c = name; *c; c++)
            *c = *c == '.' ? '_' : (char)toupper((unsigned char)*c);
        const char *value = getenv(name);
        if (!value)
            continue;
        int r = config_set(config, (enum config_key)i, value, name, reterr);
        if (r < 0)
            return r;
    }
    return 0;
}

int config_option(struct config *config, const char *assignment, arcella_error **reterr) {
    const char *equals = strchr(assignment, '=');
    if (!equals)
        return error_set(reterr, ARCELLA_E_CONFIG, "--set takes section.key=VALUE, not '%s'", assignment);
    struct text name = {assignment, (size_t)(equals - assignment)};
    for (int i = 0; i < CONFIG_KEYS; i++)
        if (text_equal(name, text_of(settings[i].name)))
            return config_set(config, (enum config_key)i, equals + 1, "--set", reterr);
    return error_set(reterr, ARCELLA_E_CONFIG, "--set: no setting '%.*s'", (int)name.length, name.data);
}

int config_policy(const struct config *config, struct policy *policy, arcella_error **reterr) {
    for (int i = 0; i < CONFIG_KEYS; i++) {
        if (settings[i].type != SETTING_POLICY || *config->values[i].text == '\0')
            continue;
        int r = policy_set_text(policy, settings[i].policy, config->values[i].text, ORIGIN_DEFAULT, reterr);
        if (r < 0)
            return r;
    }
    return 0;
}

/* --- showing --- */

/* The value in force: a policy row left empty has the policy's own default. */
static void shown(const struct config *config, int key, char *to, size_t size) {
    if (settings[key].type != SETTING_POLICY || *config->values[key].text) {
        text_copy(to, size, config->values[key].text);
        return;
    }
    struct policy policy = {0};
    policy_defaults(&policy);
    policy_format(&policy, settings[key].policy, to, size);
    policy_done(&policy);
}

static bool is_bare(enum setting_type type) {
    return type == SETTING_BOOL || type == SETTING_COUNT;
}

int config_show(const struct config *config, struct buffer *to, arcella_error **reterr) {
    for (int i = 0; i < CONFIG_KEYS; i++) {
        const struct setting *s = &settings[i];
        char value[CONFIG_TEXT_BYTES];
        shown(config, i, value, sizeof(value));
        int r = buffer_format(to, reterr, "%s = ", s->name);
        if (r == 0 && is_bare(s->type))
            r = buffer_text(to, value, reterr);
        else if (r == 0) /* JSON's escapes are TOML's as well */
            r = text_add_json(to, value, strlen(value), sizeof(value), reterr);
        if (r == 0)
            r = buffer_format(to, reterr, "  # %s\n", config->values[i].source);
        if (r < 0)
            return r;
    }
    return 0;
}

json_t *config_json(const struct config *config) {
    JSON_AUTO *all = json_object();
    bool ok = all != NULL;
    for (int i = 0; ok && i < CONFIG_KEYS; i++) {
        char value[CONFIG_TEXT_BYTES];
        shown(config, i, value, sizeof(value));
        JSON_AUTO *one = json_object();
        json_put_text(one, "value", value, &ok);
        json_put_text(one, "source", config->values[i].source, &ok);
        json_put(all, settings[i].name, TAKE(one), &ok);
    }
    return ok ? TAKE(all) : NULL;
}

int config_markdown(struct buffer *to, arcella_error **reterr) {
    CLEANUP(config_done) struct config config;
    int r = config_init(&config, reterr);
    if (r == 0)
        r = buffer_text(
            to,
            "<!-- SPDX-License-Identifier: Apache-2.0 OR MIT -->\n"
            "<!-- Made from src/daemon/config.def by tools/generate; do not edit. -->\n"
            "# Configuration\n\n"
            "Settings stand in `cfg/arcella.toml` in the home folder (`~/.arcella`), as `key` in table\n"
            "`[section]`. The environment (`ARCELLA_SECTION_KEY`) overrides the file, and\n"
            "`arcella daemon --set section.key=VALUE` overrides both. `arcella --check-config` prints what "
            "is in\n"
            "force and where each value came from. A change takes effect when the daemon starts next.\n\n"
            "| setting | default | allowed | what it is |\n| --- | --- | --- | --- |\n",
            reterr);
    for (int i = 0; r == 0 && i < CONFIG_KEYS; i++) {
        char value[CONFIG_TEXT_BYTES], words[512];
        shown(&config, i, value, sizeof(value));
        allowed(&settings[i], words, sizeof(words));
        r = buffer_format(to, reterr, "| `%s` | %s%s%s | %s | %s |\n", settings[i].name, *value ? "`" : "",
                          value, *value ? "`" : "", words, settings[i].help);
    }
    return r;
}
