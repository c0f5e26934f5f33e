/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Fuzz target: everything of the catalogue that reads what others wrote.  The first byte says as what the
 * rest is read: a manifest file, a description of a package, a record of the store or the cache, a name, a
 * grant, a value, the rules for all. What is accepted must come out the same after it was written and read
 * again.
 */
#include "base/json.h"
#include "base/mem.h"
#include "catalog/cache_internal.h"
#include "catalog/grant.h"
#include "catalog/manifest.h"
#include "catalog/rules.h"
#include "catalog/store_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

#define CHECK(condition)                                                                                     \
    do {                                                                                                     \
        if (!(condition))                                                                                    \
            __builtin_trap();                                                                                \
    } while (0)

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc;
    (void)argv;
    json_setup();
    return 0;
}

static char *json_text(const struct package_description *d) {
    BUFFER_AUTO b = BUFFER_INIT(16 * MIB);
    JSON_AUTO *json = description_json(d, false);
    CHECK(json_add(&b, json, NULL) == 0);
    return buffer_take(&b);
}

/* Written and read again, a description is the same. */
static void check_description(const struct package_description *d) {
    CLEANUP(description_free_ptr) struct package_description *again = NULL;
    BUFFER_AUTO bytes = BUFFER_INIT(LIMIT_DESCRIPTION_BYTES);
    if (description_encode(d, &bytes, NULL) == ARCELLA_E_TOO_LARGE)
        return;
    CHECK(description_decode(bytes.data, bytes.length, &again, NULL) == 0);
    MEM_AUTO char *before = json_text(d);
    MEM_AUTO char *after = json_text(again);
    CHECK(strcmp(before, after) == 0);
}

static void fuzz_manifest(enum manifest_file file, const char *text, size_t length) {
    struct text texts[MANIFEST_FILES] = {0};
    ERROR_AUTO *error = NULL;
    CLEANUP(description_free_ptr) struct package_description *d = description_new();
    texts[file] = (struct text){text, length};
    int r = manifest_read(texts, d, &error);
    CHECK(r == arcella_error_code(error));
    CHECK(r == 0 || r == ARCELLA_E_MANIFEST);
    if (r < 0) {
        /* Each message names its place. */
        const char *message = arcella_error_message(error);
        CHECK(strncmp(message, manifest_file_name(file), strlen(manifest_file_name(file))) == 0);
        return;
    }
    CHECK(file == MANIFEST_TEMPLATE || d->has_id);
    CHECK(description_compare(d, NULL) == 0);
    check_description(d);
}

static void fuzz_description(const void *bytes, size_t length) {
    CLEANUP(description_free_ptr) struct package_description *d = NULL;
    int r = description_decode(bytes, length, &d, NULL);
    CHECK(r == 0 || r == ARCELLA_E_PROTOCOL);
    if (r == 0)
        check_description(d);
}

static void fuzz_names(const char *text) {
    struct name_id id, again;
    struct interface_name interface, same;
    char full[LIMIT_INTERFACE_BYTES + 1];
    if (name_id_parse(text, &id, NULL) == 0) {
        CHECK(strcmp(id.text, text) == 0);
        CHECK(name_id_make(id.name, id.version.text, &again, NULL) == 0);
        CHECK(name_id_compare(&id, &again) == 0);
        CHECK(!strchr(id.text, '/') && id.text[0] != '.');
    }
    if (interface_parse(text, &interface, NULL) == 0) {
        interface_format(&interface, full);
        CHECK(interface_parse(full, &same, NULL) == 0);
        CHECK(interface_matches(&interface, &same));
    }
}

static int add_allow(struct grant_set *set, const char *option, enum grant_source source,
                     arcella_error **reterr) {
    return grant_add_rule(set, option, GRANT_ALLOW, source, reterr);
}

static int add_deny(struct grant_set *set, const char *option, enum grant_source source,
                    arcella_error **reterr) {
    return grant_add_rule(set, option, GRANT_DENY, source, reterr);
}

/* A row written as texts and read again is the same row, and so is its flag. */
static void check_row(const struct grant_set *set) {
    CLEANUP(grant_set_done) struct grant_set copy = {0};
    const struct grant *row = &set->rows[0];
    struct grant_words words, again;
    char flag[600];
    grant_row_words(row, &words);
    CHECK(grant_add_text(&copy, words.class, words.actions, row->pattern, grant_effect_name(row->effect),
                         grant_source_name(row->source), NULL) == 0);
    grant_row_words(&copy.rows[0], &again);
    CHECK(strcmp(copy.rows[0].pattern, row->pattern) == 0);
    CHECK(strcmp(words.class, again.class) == 0 && strcmp(words.actions, again.actions) == 0);
    grant_flag(row, flag, sizeof(flag));
    CHECK(strnlen(flag, sizeof(flag)) < sizeof(flag));
}

static void fuzz_rules(const char *text, size_t length) {
    CLEANUP(rules_done) struct rules rules = {0};
    CLEANUP(grant_set_done) struct grant_set set = {0};
    ERROR_AUTO *error = NULL;
    int r = rules_read((struct text){text, length}, "policy.toml", &rules, &error);
    CHECK(r == 0 ||
          (r == ARCELLA_E_CONFIG && strncmp(arcella_error_message(error), "policy.toml:", 12) == 0));
    r = rules_apply(&rules, "web", &set, NULL);
    CHECK(r == 0 || r == ARCELLA_E_LIMIT || r == ARCELLA_E_EXISTS);
}

static void fuzz_grant(uint8_t kind, const char *text) {
    CLEANUP(grant_set_done) struct grant_set set = {0};
    static int (*const adders[])(struct grant_set *, const char *, enum grant_source, arcella_error **) = {
        grant_add_dir, grant_add_env,    grant_add_arg, grant_add_listen,
        grant_add_net, grant_add_secret, add_allow,     add_deny};
    char needed[64];
    kind %= ARRAY_LENGTH(adders);
    int r = adders[kind](&set, text, GRANT_BY_OPTION, NULL);
    if (r == 0)
        check_row(&set);
    if (r == 0 && kind < 4) {
        CLEANUP(grant_set_done) struct grant_set copy = {0};
        const struct grant *row = &set.rows[0], *by = NULL;
        CHECK(grant_set_copy(&copy, &set, NULL) == 0);
        CHECK(strcmp(copy.rows[0].pattern, row->pattern) == 0);
        CHECK(grant_covered(&copy, row));
        /* A row allows what it names. */
        enum grant_action action = row->class == GRANT_NET ? GRANT_LISTEN : GRANT_READ;
        struct text named = row->class == GRANT_NET ? text_of(row->pattern) : row->key;
        CHECK(grant_check(&set, row->class, action, named, &by) && by == row);
    }
    /* Whatever it is, asking about it is safe. */
    for (unsigned class = 0; class < GRANT_CLASSES; class ++) {
        grant_check(&set, (enum grant_class) class, GRANT_READ, text_of(text), NULL);
        grant_needed(&set, (enum grant_class) class, GRANT_READ, text_of(text), needed, sizeof(needed));
        CHECK(strnlen(needed, sizeof(needed)) < sizeof(needed));
    }
}

static void fuzz_policy(uint8_t key_number, const char *text) {
    CLEANUP(policy_done) struct policy policy = {0};
    CLEANUP(policy_done) struct policy again = {0};
    enum policy_key key = (enum policy_key)(key_number % POLICY_KEYS);
    if (policy_set_text(&policy, key, text, ORIGIN_OPTION, NULL) < 0)
        return;
    char back[512];
    policy_format(&policy, key, back, sizeof(back));
    CHECK(policy_set_text(&again, key, back, ORIGIN_OPTION, NULL) == 0);
    CHECK(policy_number(&policy, key) == policy_number(&again, key));
    CHECK(strcmp(policy_text(&policy, key), policy_text(&again, key)) == 0);
}

static void fuzz_cache_record(const char *text) {
    struct cache_record record, again;
    char back[CACHE_RECORD_BYTES];
    if (!cache_record_read(text, &record))
        return;
    cache_record_write(&record, back);
    CHECK(cache_record_read(back, &again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2)
        return 0;
    uint8_t what = data[0], which = data[1];
    /* In memory of its own, so that reading behind the end is seen; as text it ends with a NUL. */
    MEM_AUTO char *rest = mem_text_n((const char *)data + 2, size - 2);
    CLEANUP(store_record_free_ptr) struct store_record *record = NULL;
    switch (what % 10) {
    case 0: fuzz_manifest(MANIFEST_COMPONENT, rest, size - 2); break;
    case 1: fuzz_manifest(MANIFEST_TEMPLATE, rest, size - 2); break;
    case 2: fuzz_manifest(MANIFEST_LEGACY, rest, size - 2); break;
    case 3: fuzz_description(data + 2, size - 2); break;
    case 4:
        if (store_record_read(rest, size - 2, &record, NULL) == 0)
            check_description(record->description);
        break;
    case 5: fuzz_names(rest); break;
    case 6: fuzz_grant(which, rest); break;
    case 7: fuzz_policy(which, rest); break;
    case 8: fuzz_cache_record(rest); break;
    case 9: fuzz_rules(rest, size - 2); break;
    default: break;
    }
    return 0;
}
