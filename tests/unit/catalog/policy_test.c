/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Policy: values and their bounds, layers and origins, JSON, placement, groups. */
#include "torture.h"

#include "base/buffer.h"
#include "base/json.h"
#include "catalog/grant.h"
#include "catalog/policy.h"

#define POLICY_AUTO CLEANUP(policy_done) struct policy
#define GRANTS_AUTO CLEANUP(grant_set_done) struct grant_set

static void the_table_is_sound(void **state) {
    (void)state;
    for (unsigned i = 0; i < POLICY_KEYS; i++) {
        const struct policy_row *row = policy_row((enum policy_key)i);
        enum policy_key found;
        char allowed[160];
        assert_true(policy_find(row->key, &found));
        assert_int_equal(found, i);
        assert_true(row->help[0] != '\0');
        policy_allowed(found, allowed, sizeof(allowed));
        assert_true(allowed[0] != '\0');
        bool is_text = row->type == POLICY_TEXT || row->type == POLICY_NAME;
        if (!is_text && (row->value < row->least || row->value > row->most))
            fail_msg("the default of %s is out of its bounds", row->key);
    }
    enum policy_key none;
    assert_false(policy_find("Memory", &none));
}

/* The defaults people were promised. */
static void defaults_are_safe(void **state) {
    (void)state;
    POLICY_AUTO p = {0};
    policy_defaults(&p);
    assert_int_equal(policy_number(&p, POLICY_ISOLATION_KEY), ISOLATION_WORKER);
    assert_int_equal(policy_number(&p, POLICY_TRUSTED_KEY), 0);
    assert_int_equal(policy_number(&p, POLICY_MEMORY_KEY), 64 * MIB);
    assert_int_equal(policy_number(&p, POLICY_STACK_KEY), 512 * KIB);
    assert_int_equal(policy_number(&p, POLICY_TABLE_KEY), 10000);
    assert_int_equal(policy_number(&p, POLICY_FUEL_KEY), 0);
    assert_int_equal(policy_number(&p, POLICY_RESTART_KEY), RESTART_TRANSIENT);
    assert_int_equal(policy_number(&p, POLICY_STOP_TIMEOUT_KEY), 5000);
    /* A call is bounded; a program is not, unless somebody asks for it. */
    assert_int_equal(policy_wall_ms(&p, false), 30000);
    assert_int_equal(policy_cpu_ms(&p, false), 10000);
    assert_int_equal(policy_wall_ms(&p, true), 0);
    assert_int_equal(policy_cpu_ms(&p, true), 0);
    assert_int_equal(policy_set_text(&p, POLICY_TIMEOUT_KEY, "2m", ORIGIN_OPTION, NULL), 0);
    assert_int_equal(policy_wall_ms(&p, true), 120000);
}

static void texts_are_read(void **state) {
    (void)state;
    static const struct {
        const char *key, *text;
        int64_t number;   /* -1: refused */
        const char *back; /* as policy_format() writes it, or words of the refusal */
    } rows[] = {
        {"isolation", "main", ISOLATION_MAIN, "main"},
        {"isolation", "worker", ISOLATION_WORKER, "worker"},
        {"isolation", "process", -1, "isolation: 'process' is not allowed; allowed: \"worker\", \"main\""},
        {"trusted", "true", 1, "true"},
        {"trusted", "yes", -1, "allowed: true, false"},
        {"memory", "64k", 65536, "64k"},
        {"memory", "4g", 4ll << 30, "4g"},
        {"memory", "100m", 100ll << 20, "100m"},
        {"memory", "70000", 70000, "70000"},
        {"memory", "5g", -1, "from 64k to 4g"},
        {"memory", "1k", -1, "from 64k to 4g"},
        {"memory", "-1", -1, "memory: '-1'"},
        {"memory", "", -1, "memory: ''"},
        {"stack", "2m", 2 << 20, "2m"},
        {"stack", "3m", -1, "512k, 2m, 8m"},
        {"fuel", "1000", 1000, "1000"},
        {"fuel", "99999999999999999999", -1, "fuel"},
        {"timeout", "500ms", 500, "500ms"},
        {"timeout", "30s", 30000, "30s"},
        {"timeout", "90s", 90000, "90s"},
        {"timeout", "2h", 7200000, "2h"},
        {"timeout", "30", -1, "such as 500ms"},
        {"timeout", "0s", -1, "timeout"},
        {"stop-timeout", "0s", 0, "0ms"},
        {"restart", "permanent", RESTART_PERMANENT, "permanent"},
        {"restart", "always", -1, "\"permanent\", \"transient\", \"temporary\""},
        {"restart-intensity", "0", 0, "0"},
        {"group", "web", 0, "web"},
        {"group", "main", -1, "group: group name 'main' is reserved"},
        {"group", "a b", -1, "position 2"},
        {"entrypoint", "start", 0, "start"},
        {"entrypoint", "wasi:cli/run@0.2.0#run", 0, "wasi:cli/run@0.2.0#run"},
        {"entrypoint", "a\nb", -1, "entrypoint"},
        {"entrypoint", "\xff", -1, "entrypoint"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        POLICY_AUTO p = {0};
        ERROR_AUTO *error = NULL;
        enum policy_key key;
        char back[300];
        assert_true(policy_find(rows[i].key, &key));
        int r = policy_set_text(&p, key, rows[i].text, ORIGIN_OPTION, &error);
        if (rows[i].number < 0) {
            if (r != ARCELLA_E_INVALID || !strstr(arcella_error_message(error), rows[i].back))
                fail_msg("%s = %s: %d '%s'", rows[i].key, rows[i].text, r, arcella_error_message(error));
            assert_false(p.values[key].set);
            continue;
        }
        if (r < 0)
            fail_msg("%s = %s: %s", rows[i].key, rows[i].text, arcella_error_message(error));
        assert_int_equal(policy_number(&p, key), rows[i].number);
        policy_format(&p, key, back, sizeof(back));
        assert_string_equal(back, rows[i].back);
        assert_int_equal(p.values[key].origin, ORIGIN_OPTION);
    }
}

static void json_is_read(void **state) {
    (void)state;
    static const struct {
        const char *key, *json;
        int64_t number; /* -1: refused */
    } rows[] = {
        {"memory", "65536", 65536},
        {"memory", "\"1m\"", 1 << 20},
        {"memory", "-5", -1},
        {"memory", "1.5", -1},
        {"memory", "null", -1},
        {"trusted", "true", 1},
        {"trusted", "\"true\"", 1},
        {"trusted", "1", -1},
        {"timeout", "250", 250},
        {"timeout", "\"250\"", -1},
        {"restart", "\"temporary\"", 2},
        {"restart", "2", -1},
        {"group", "\"web\"", 0},
        {"group", "7", -1},
        {"fuel", "4611686018427387904", 1ll << 62},
        {"fuel", "4611686018427387905", -1},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        POLICY_AUTO p = {0};
        enum policy_key key;
        JSON_AUTO *value = NULL;
        ERROR_AUTO *error = NULL;
        assert_true(policy_find(rows[i].key, &key));
        assert_int_equal(json_parse(rows[i].json, strlen(rows[i].json), &value, NULL), 0);
        int r = policy_set_json(&p, key, value, ORIGIN_OPTION, &error);
        if (r != (rows[i].number < 0 ? ARCELLA_E_INVALID : 0))
            fail_msg("%s = %s: %d %s", rows[i].key, rows[i].json, r, arcella_error_message(error));
        if (r == 0)
            assert_int_equal(policy_number(&p, key), rows[i].number);
        else
            assert_non_null(strstr(arcella_error_message(error), rows[i].key));
    }
}

static void later_layers_win(void **state) {
    (void)state;
    POLICY_AUTO effective = {0};
    POLICY_AUTO template = {0};
    POLICY_AUTO options = {0};
    policy_defaults(&effective);
    assert_int_equal(policy_set_text(&template, POLICY_ENTRYPOINT_KEY, "start", ORIGIN_TEMPLATE, NULL), 0);
    assert_int_equal(policy_set_text(&template, POLICY_ASYNC_KEY, "true", ORIGIN_TEMPLATE, NULL), 0);
    assert_int_equal(policy_set_text(&options, POLICY_ASYNC_KEY, "false", ORIGIN_OPTION, NULL), 0);
    assert_int_equal(policy_set_text(&options, POLICY_MEMORY_KEY, "1g", ORIGIN_OPTION, NULL), 0);
    assert_int_equal(policy_overlay(&effective, &template, NULL), 0);
    assert_int_equal(policy_overlay(&effective, &options, NULL), 0);
    assert_string_equal(policy_text(&effective, POLICY_ENTRYPOINT_KEY), "start");
    assert_int_equal(effective.values[POLICY_ENTRYPOINT_KEY].origin, ORIGIN_TEMPLATE);
    assert_int_equal(policy_number(&effective, POLICY_ASYNC_KEY), 0);
    assert_int_equal(effective.values[POLICY_ASYNC_KEY].origin, ORIGIN_OPTION);
    assert_int_equal(policy_number(&effective, POLICY_MEMORY_KEY), 1 << 30);
    assert_int_equal(effective.values[POLICY_STACK_KEY].origin, ORIGIN_DEFAULT);
}

static void json_goes_there_and_back(void **state) {
    (void)state;
    POLICY_AUTO p = {0};
    POLICY_AUTO again = {0};
    GRANTS_AUTO none = {0};
    policy_defaults(&p);
    assert_int_equal(policy_set_text(&p, POLICY_ISOLATION_KEY, "main", ORIGIN_TEMPLATE, NULL), 0);
    assert_int_equal(policy_set_text(&p, POLICY_TRUSTED_KEY, "true", ORIGIN_TEMPLATE, NULL), 0);
    assert_int_equal(policy_set_text(&p, POLICY_ASYNC_KEY, "true", ORIGIN_TEMPLATE, NULL), 0);
    assert_int_equal(policy_set_text(&p, POLICY_FUEL_KEY, "123", ORIGIN_OPTION, NULL), 0);
    assert_int_equal(policy_settle_group(&p, &none, "web", NULL, NULL), 0);
    assert_string_equal(policy_text(&p, POLICY_GROUP_KEY), "main");
    JSON_AUTO *json = policy_json(&p);
    assert_non_null(json);
    assert_string_equal(json_string_value(json_object_get(json_object_get(json, "fuel"), "origin")),
                        "option");
    assert_string_equal(json_string_value(json_object_get(json_object_get(json, "memory"), "text")), "64m");
    assert_int_equal(policy_from_json(json, &again, NULL), 0);
    for (unsigned key = 0; key < POLICY_KEYS; key++) {
        assert_int_equal(again.values[key].origin, p.values[key].origin);
        assert_int_equal(again.values[key].number, p.values[key].number);
        assert_string_equal(policy_text(&again, (enum policy_key)key), policy_text(&p, (enum policy_key)key));
    }
}

static void bad_json_is_damage(void **state) {
    (void)state;
    static const char *const rows[] = {
        "[]",
        "{\"memory\": 5}",
        "{\"memory\": {\"value\": 65536}}",
        "{\"memory\": {\"value\": 1, \"origin\": \"option\"}}",
        "{\"memory\": {\"value\": 65536, \"origin\": \"god\"}}",
        "{\"group\": {\"value\": 7, \"origin\": \"rule\"}}",
        "{\"group\": {\"value\": \"main\", \"origin\": \"option\"}}",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        POLICY_AUTO p = {0};
        JSON_AUTO *json = NULL;
        assert_int_equal(json_parse(rows[i], strlen(rows[i]), &json, NULL), 0);
        if (policy_from_json(json, &p, NULL) != ARCELLA_E_CORRUPT)
            fail_msg("%s was read", rows[i]);
    }
    POLICY_AUTO p = {0};
    JSON_AUTO *later = NULL;
    const char *text = "{\"of-a-later-release\": {\"value\": 1, \"origin\": \"option\"}}";
    assert_int_equal(json_parse(text, strlen(text), &later, NULL), 0);
    assert_int_equal(policy_from_json(later, &p, NULL), 0);
}

/* All eight cases of isolation, trusted, async. */
static void placement_truth_table(void **state) {
    (void)state;
    static const struct {
        enum policy_isolation isolation;
        bool trusted, async;
        int code;
        bool in_main;
        const char *words;
    } rows[] = {
        {ISOLATION_WORKER, false, false, 0, false, NULL},
        {ISOLATION_WORKER, false, true, 0, false, NULL},
        {ISOLATION_WORKER, true, false, 0, false, NULL},
        {ISOLATION_WORKER, true, true, 0, false, NULL},
        {ISOLATION_MAIN, true, true, 0, true, NULL},
        {ISOLATION_MAIN, false, false, ARCELLA_E_PLACEMENT, false, "trusted = true"},
        {ISOLATION_MAIN, false, true, ARCELLA_E_PLACEMENT, false, "trusted = true"},
        {ISOLATION_MAIN, true, false, ARCELLA_E_PLACEMENT, false, "async = true"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        ERROR_AUTO *error = NULL;
        bool in_main = false;
        int r = policy_placement(rows[i].isolation, rows[i].trusted, rows[i].async, &in_main, &error);
        assert_int_equal(r, rows[i].code);
        assert_int_equal(in_main, rows[i].in_main);
        if (rows[i].words)
            assert_non_null(strstr(arcella_error_message(error), rows[i].words));
    }
}

static void groups_are_settled(void **state) {
    (void)state;
    static const struct {
        const char *about;
        const char *settings[3][2]; /* key, value */
        const char *dir;            /* a grant */
        const char *suggested;
        const char *group;
        enum policy_origin origin;
    } rows[] = {
        {"nothing beyond the defaults", {{NULL}}, NULL, NULL, "default", ORIGIN_RULE},
        {"limits are no reason", {{"memory", "1g"}}, NULL, NULL, "default", ORIGIN_RULE},
        {"a grant", {{NULL}}, "/srv::/data", NULL, "me", ORIGIN_RULE},
        {"trust", {{"trusted", "true"}}, NULL, NULL, "me", ORIGIN_RULE},
        {"metering needs an engine of its own", {{"fuel", "5"}}, NULL, NULL, "me", ORIGIN_RULE},
        {"another stack class too", {{"stack", "2m"}}, NULL, NULL, "me", ORIGIN_RULE},
        {"suggested", {{NULL}}, NULL, "web", "web", ORIGIN_TEMPLATE},
        {"a suggestion does not share grants", {{NULL}}, "/srv::/data", "web", "me", ORIGIN_RULE},
        {"an option wins", {{"group", "batch"}}, "/srv::/data", "web", "batch", ORIGIN_OPTION},
        {"main",
         {{"isolation", "main"}, {"trusted", "true"}, {"async", "true"}},
         NULL,
         "web",
         "main",
         ORIGIN_RULE},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        POLICY_AUTO p = {0};
        GRANTS_AUTO grants = {0};
        policy_defaults(&p);
        for (size_t j = 0; j < 3 && rows[i].settings[j][0]; j++) {
            enum policy_key key;
            assert_true(policy_find(rows[i].settings[j][0], &key));
            assert_int_equal(policy_set_text(&p, key, rows[i].settings[j][1], ORIGIN_OPTION, NULL), 0);
        }
        if (rows[i].dir)
            assert_int_equal(grant_add_dir(&grants, rows[i].dir, GRANT_BY_OPTION, NULL), 0);
        assert_int_equal(policy_settle_group(&p, &grants, "me", rows[i].suggested, NULL), 0);
        if (strcmp(policy_text(&p, POLICY_GROUP_KEY), rows[i].group) != 0)
            fail_msg("%s: group %s", rows[i].about, policy_text(&p, POLICY_GROUP_KEY));
        assert_int_equal(p.values[POLICY_GROUP_KEY].origin, rows[i].origin);
    }
    POLICY_AUTO p = {0};
    GRANTS_AUTO none = {0};
    policy_defaults(&p);
    assert_int_equal(policy_settle_group(&p, &none, "me", "main", NULL), ARCELLA_E_INVALID);
}

static int build(void *user, arcella_error **reterr) {
    (void)user;
    POLICY_AUTO p = {0};
    POLICY_AUTO copy = {0};
    POLICY_AUTO again = {0};
    GRANTS_AUTO none = {0};
    policy_defaults(&p);
    int r = policy_set_text(&p, POLICY_ENTRYPOINT_KEY, "start", ORIGIN_TEMPLATE, reterr);
    if (r == 0)
        r = policy_settle_group(&p, &none, "me", NULL, reterr);
    if (r == 0)
        r = policy_copy(&copy, &p, reterr);
    if (r < 0)
        return r;
    JSON_AUTO *json = policy_json(&copy);
    return json ? policy_from_json(json, &again, reterr) : error_nomem(reterr);
}

static void short_of_memory(void **state) {
    (void)state;
    torture_alloc(build, NULL);
}

static int set_up(void **state) {
    (void)state;
    json_setup();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_is_sound), cmocka_unit_test(defaults_are_safe),
        cmocka_unit_test(texts_are_read),     cmocka_unit_test(json_is_read),
        cmocka_unit_test(later_layers_win),   cmocka_unit_test(json_goes_there_and_back),
        cmocka_unit_test(bad_json_is_damage), cmocka_unit_test(placement_truth_table),
        cmocka_unit_test(groups_are_settled), cmocka_unit_test(short_of_memory),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
