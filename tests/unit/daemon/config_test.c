/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Settings: where they come from, what is refused and how the message names the place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/config.h"

#include <string.h>

static int fresh(void **state) {
    static struct config config;
    *state = &config;
    return config_init(&config, NULL);
}

static int gone(void **state) {
    config_done(*state);
    return 0;
}

static int read_text(struct config *config, const char *text, arcella_error **reterr) {
    return config_read(config, text, strlen(text), "cfg/arcella.toml", reterr);
}

static void test_defaults(void **state) {
    const struct config *config = *state;
    assert_int_equal(config_number(config, CONFIG_LOG_FILE_BYTES), 16 * MIB);
    assert_int_equal(config_number(config, CONFIG_WORKERS_IDLE), 5000);
    assert_int_equal(config_number(config, CONFIG_LOG_STDERR), 1);
    assert_string_equal(config_text(config, CONFIG_LOG_LEVEL), "info");
    for (int i = 0; i < CONFIG_KEYS; i++)
        assert_string_equal(config->values[i].source, "default");
}

static void test_a_file_and_its_places(void **state) {
    struct config *config = *state;
    assert_int_equal(
        read_text(config,
                  "[log]\nlevel = \"debug\"\nstderr = false\nfiles = 2\n[workers]\nidle = \"200ms\"\n", NULL),
        0);
    assert_string_equal(config_text(config, CONFIG_LOG_LEVEL), "debug");
    assert_string_equal(config->values[CONFIG_LOG_LEVEL].source, "cfg/arcella.toml:2:9");
    assert_int_equal(config_number(config, CONFIG_LOG_STDERR), 0);
    assert_int_equal(config_number(config, CONFIG_LOG_FILES), 2);
    assert_int_equal(config_number(config, CONFIG_WORKERS_IDLE), 200);
}

struct mistake {
    const char *text;
    const char *wanted[3];
};

static const struct mistake mistakes[] = {
    {"[log]\nlevel = \"loud\"\n", {"cfg/arcella.toml:2:9", "log.level", "allowed: "}},
    {"[log]\nformat = \"xml\"\n", {"cfg/arcella.toml:2:10", "log.format", "logfmt, json"}},
    {"[log]\nfile_size = \"1k\"\n", {"cfg/arcella.toml:2:13", "log.file_size", "too small"}},
    {"[log]\nfile_size = 1.5\n", {"cfg/arcella.toml:2:13", "log.file_size", NULL}},
    {"[workers]\nidle = 5\n", {"cfg/arcella.toml:2:8", "workers.idle", "500ms"}},
    {"[workers]\nidle = [1]\n", {"cfg/arcella.toml:2:8", "workers.idle", "array"}},
    {"[alme]\nsocket = \"relative\"\n", {"cfg/arcella.toml:2:10", "alme.socket", "absolute"}},
    {"[limits]\nmemory = \"1\"\n", {"cfg/arcella.toml:2:10", "limits.memory", NULL}},
    {"[restart]\nkind = \"sometimes\"\n", {"cfg/arcella.toml:2:8", "restart.kind", "transient"}},
    {"[log]\nlevle = \"info\"\n", {"cfg/arcella.toml:2:1", "log.levle", "no such setting"}},
    {"[logs]\nlevel = \"info\"\n", {"cfg/arcella.toml:1:", "logs", "no such section"}},
    {"log = 5\n", {"cfg/arcella.toml:1:", "log", "must be a table"}},
    {"[log\n", {"cfg/arcella.toml:1:", NULL, NULL}},
};

static void test_mistakes_name_their_place(void **state) {
    struct config *config = *state;
    for (size_t i = 0; i < ARRAY_LENGTH(mistakes); i++) {
        ERROR_AUTO *error = NULL;
        assert_int_equal(read_text(config, mistakes[i].text, &error), ARCELLA_E_CONFIG);
        for (size_t n = 0; n < 3 && mistakes[i].wanted[n]; n++)
            if (!strstr(arcella_error_message(error), mistakes[i].wanted[n]))
                fail_msg("'%s' is missing in: %s", mistakes[i].wanted[n], arcella_error_message(error));
    }
}

static void test_all_mistakes_are_told_at_once(void **state) {
    ERROR_AUTO *error = NULL;
    assert_int_equal(read_text(*state, "[log]\nlevel = \"loud\"\nfoo = 1\n[bar]\n", &error),
                     ARCELLA_E_CONFIG);
    assert_non_null(strstr(arcella_error_message(error), "log.level"));
    assert_non_null(strstr(arcella_error_message(error), "log.foo"));
    assert_non_null(strstr(arcella_error_message(error), "bar: no such section"));
}

static void test_environment_and_option_win_in_this_order(void **state) {
    struct config *config = *state;
    assert_int_equal(read_text(config, "[log]\nlevel = \"debug\"\nfiles = 2\n", NULL), 0);
    setenv("ARCELLA_LOG_LEVEL", "warn", 1);
    setenv("ARCELLA_WORKERS_OPEN_FILES", "77", 1);
    assert_int_equal(config_environment(config, NULL), 0);
    assert_string_equal(config_text(config, CONFIG_LOG_LEVEL), "warn");
    assert_string_equal(config->values[CONFIG_LOG_LEVEL].source, "ARCELLA_LOG_LEVEL");
    assert_int_equal(config_number(config, CONFIG_WORKERS_FILES), 77);
    assert_int_equal(config_number(config, CONFIG_LOG_FILES), 2);
    assert_int_equal(config_option(config, "log.level=error", NULL), 0);
    assert_string_equal(config_text(config, CONFIG_LOG_LEVEL), "error");
    assert_string_equal(config->values[CONFIG_LOG_LEVEL].source, "--set");
    setenv("ARCELLA_LOG_LEVEL", "loud", 1);
    ERROR_AUTO *error = NULL;
    assert_int_equal(config_environment(config, &error), ARCELLA_E_CONFIG);
    assert_non_null(strstr(arcella_error_message(error), "ARCELLA_LOG_LEVEL"));
    unsetenv("ARCELLA_LOG_LEVEL");
    unsetenv("ARCELLA_WORKERS_OPEN_FILES");
}

static void test_bad_options(void **state) {
    static const char *const bad[] = {"log.level", "=x", "nothing.here=1", "log.level=loud", "log.files=-1"};
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
        assert_int_equal(config_option(*state, bad[i], NULL), ARCELLA_E_CONFIG);
}

static void test_limits_become_defaults_of_deployments(void **state) {
    struct config *config = *state;
    struct policy policy = {0};
    policy_defaults(&policy);
    assert_int_equal(
        read_text(config, "[limits]\nmemory = \"8m\"\ntimeout = \"2s\"\n[restart]\nkind = \"temporary\"\n",
                  NULL),
        0);
    assert_int_equal(config_policy(config, &policy, NULL), 0);
    assert_int_equal(policy_number(&policy, POLICY_MEMORY_KEY), 8 * MIB);
    assert_int_equal(policy_number(&policy, POLICY_TIMEOUT_KEY), 2000);
    assert_int_equal(policy_number(&policy, POLICY_RESTART_KEY), RESTART_TEMPORARY);
    assert_int_equal(policy_number(&policy, POLICY_STACK_KEY), DEFAULT_STACK_BYTES);
    assert_int_equal(policy.values[POLICY_MEMORY_KEY].origin, ORIGIN_DEFAULT);
    /* A whole program has no time limit because a call has a default one. */
    assert_int_equal(policy_wall_ms(&policy, true), 0);
    policy_done(&policy);
}

static void test_what_is_shown_can_be_read_again(void **state) {
    struct config *config = *state;
    BUFFER_AUTO text = BUFFER_INIT(64 * KIB);
    assert_int_equal(config_option(config, "log.level=info,workers=debug", NULL), 0);
    assert_int_equal(config_show(config, &text, NULL), 0);
    assert_non_null(strstr(text.data, "log.level = \"info,workers=debug\"  # --set\n"));
    CLEANUP(config_done) struct config again;
    assert_int_equal(config_init(&again, NULL), 0);
    ERROR_AUTO *error = NULL;
    if (read_text(&again, text.data, &error) < 0)
        fail_msg("%s", arcella_error_message(error));
    for (int i = 0; i < CONFIG_KEYS; i++)
        assert_int_equal(config_number(&again, (enum config_key)i),
                         config_number(config, (enum config_key)i));
}

static void test_the_reference_names_every_setting(void **state) {
    (void)state;
    BUFFER_AUTO page = BUFFER_INIT(256 * KIB);
    assert_int_equal(config_markdown(&page, NULL), 0);
    for (int i = 0; i < CONFIG_KEYS; i++)
        assert_non_null(strstr(page.data, config_name((enum config_key)i)));
}

#define ONE(test) cmocka_unit_test_setup_teardown(test, fresh, gone)

int main(void) {
    const struct CMUnitTest tests[] = {
        ONE(test_defaults),
        ONE(test_a_file_and_its_places),
        ONE(test_mistakes_name_their_place),
        ONE(test_all_mistakes_are_told_at_once),
        ONE(test_environment_and_option_win_in_this_order),
        ONE(test_bad_options),
        ONE(test_limits_become_defaults_of_deployments),
        ONE(test_what_is_shown_can_be_read_again),
        ONE(test_the_reference_names_every_setting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
