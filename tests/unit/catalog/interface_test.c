/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Interface names: what parses, why not, and what serves what. */
#include "torture.h"

#include "base/attr.h"
#include "catalog/name.h"

static void names_are_parsed(void **state) {
    (void)state;
    static const struct {
        const char *text;
        const char *full; /* NULL: refused */
        const char *words;
    } rows[] = {
        {"logger:log", "logger:log", NULL},
        {"logger:log@1.0", "logger:log@1.0.0", NULL},
        {"wasi:http/incoming-handler@0.2.0", "wasi:http/incoming-handler@0.2.0", NULL},
        {"wasi:clocks/monotonic-clock", "wasi:clocks/monotonic-clock", NULL},
        {"a:b/c@1.2.3-rc.1+x", "a:b/c@1.2.3-rc.1+x", NULL},
        {"my-org2:a1-2b/HTTP-client", "my-org2:a1-2b/HTTP-client", NULL},
        {"logger", NULL, "':' is missing"},
        {"", NULL, "':' is missing"},
        {":log", NULL, "namespace is empty"},
        {"logger:", NULL, "package is empty"},
        {"logger:log/", NULL, "interface is empty"},
        {"logger:log@", NULL, "not a version"},
        {"logger:log@1", NULL, "write '1.0.0'"},
        {"logger:log@1.2.3.4", NULL, "three numbers"},
        {"Logger:log", NULL, "namespace must be in lower case"},
        {"logger:Log", NULL, "package must be in lower case"},
        {"logger:log/aB", NULL, "interface mixes"},
        {"logger:log/Ab", NULL, "interface mixes"},
        {"logger:-log", NULL, "'-'"},
        {"logger:log-", NULL, "ends in '-'"},
        {"logger:lo--g", NULL, "'-'"},
        {"1ogger:log", NULL, "begin with a letter"},
        {"logger:log_x", NULL, "not allowed"},
        {"logger:log/a/b", NULL, "not allowed"},
        {"a:b:c", NULL, "not allowed"},
        {"logger: log", NULL, "not allowed"},
        {"logger:log\n", NULL, "position 11"},
        {"wasi_snapshot_preview1", NULL, "':' is missing"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        ERROR_AUTO *error = NULL;
        struct interface_name name;
        char full[LIMIT_INTERFACE_BYTES + 1];
        int r = interface_parse(rows[i].text, &name, &error);
        if (r != (rows[i].full ? 0 : ARCELLA_E_INVALID))
            fail_msg("%s: %s", rows[i].text, arcella_error_message(error));
        if (r < 0 && !strstr(arcella_error_message(error), rows[i].words))
            fail_msg("%s: '%s' does not say '%s'", rows[i].text, arcella_error_message(error), rows[i].words);
        if (r < 0)
            continue;
        interface_format(&name, full);
        assert_string_equal(full, rows[i].full);
        /* The full form reads as itself. */
        assert_int_equal(interface_parse(full, &name, NULL), 0);
    }
}

static void long_ones_are_refused(void **state) {
    (void)state;
    char text[400];
    struct interface_name name;
    memset(text, 'a', sizeof(text));
    text[100] = ':';
    text[300] = '\0';
    assert_int_equal(interface_parse(text, &name, NULL), ARCELLA_E_INVALID);
    text[100] = 'a';
    text[64] = ':';
    text[64 + 1 + 65] = '\0';
    assert_int_equal(interface_parse(text, &name, NULL), ARCELLA_E_INVALID);
    text[64 + 1 + 64] = '\0';
    assert_int_equal(interface_parse(text, &name, NULL), 0);
}

static void matching_follows_versions(void **state) {
    (void)state;
    static const struct {
        const char *wanted, *offered;
        bool fits;
    } rows[] = {
        {"logger:log", "logger:log", true},
        {"logger:log", "logger:log@2.0.0", true},
        {"logger:log", "logger:log/api@1.0.0", true},
        {"logger:log@1.0", "logger:log@1.4.0", true},
        {"logger:log@1.0", "logger:log", false},
        {"logger:log@1.4", "logger:log@1.0.0", false},
        {"logger:log@0.1", "logger:log@0.2.0", false},
        {"logger:log/api", "logger:log/other", false},
        {"logger:log/api", "logger:log", false},
        {"logger:log", "logger:logs", false},
        {"wasi:http/incoming-handler@0.2.0", "wasi:http/incoming-handler@0.2.3", true},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct interface_name wanted, offered;
        assert_int_equal(interface_parse(rows[i].wanted, &wanted, NULL), 0);
        assert_int_equal(interface_parse(rows[i].offered, &offered, NULL), 0);
        if (interface_matches(&wanted, &offered) != rows[i].fits)
            fail_msg("%s for %s", rows[i].offered, rows[i].wanted);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_parsed),
        cmocka_unit_test(long_ones_are_refused),
        cmocka_unit_test(matching_follows_versions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
