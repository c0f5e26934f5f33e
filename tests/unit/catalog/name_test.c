/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Names, versions, ids, and which component a person means. */
#include "torture.h"

#include "base/attr.h"
#include "catalog/name.h"

static void expect(int r, int code, const arcella_error *error, const char *about, const char *words) {
    if (r != code)
        fail_msg("%s: %s (%s), not %s", about, arcella_error_name(r), arcella_error_message(error),
                 arcella_error_name(code));
    if (words && !strstr(arcella_error_message(error), words))
        fail_msg("%s: '%s' does not say '%s'", about, arcella_error_message(error), words);
}

static void names_are_checked(void **state) {
    (void)state;
    static const char sixty_four[] = "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff1234";
    static const struct {
        enum name_use use;
        const char *text;
        const char *words; /* NULL: fine */
    } rows[] = {
        {NAME_COMPONENT, "http-logger", NULL},
        {NAME_COMPONENT, "a", NULL},
        {NAME_COMPONENT, "9p", NULL},
        {NAME_COMPONENT, "Py_3.12-x", NULL},
        {NAME_COMPONENT, sixty_four, NULL},
        {NAME_COMPONENT, "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff12345",
         "longer than 64"},
        {NAME_COMPONENT, "", "empty"},
        {NAME_COMPONENT, "-a", "begin with"},
        {NAME_COMPONENT, ".a", "begin with"},
        {NAME_COMPONENT, "a b", "position 2"},
        {NAME_COMPONENT, "a/b", "position 2"},
        {NAME_COMPONENT, "a@1", "position 2"},
        {NAME_COMPONENT, "ab\n", "position 3"},
        {NAME_COMPONENT, "gr\xc3\xbcn", "position 3"},
        {NAME_COMPONENT, "main", "reserved"},
        {NAME_COMPONENT, "default", "reserved"},
        {NAME_DEPLOYMENT, "main", "deployment name 'main' is reserved"},
        {NAME_DEPLOYMENT, "default", "reserved"},
        {NAME_DEPLOYMENT, "web", NULL},
        {NAME_GROUP, "main", "group name 'main' is reserved"},
        {NAME_GROUP, "default", NULL},
        {NAME_GROUP, "Main", NULL},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        ERROR_AUTO *error = NULL;
        int r = name_check(rows[i].use, rows[i].text, &error);
        expect(r, rows[i].words ? ARCELLA_E_INVALID : 0, error, rows[i].text, rows[i].words);
    }
}

/* What a stranger wrote must not reach a terminal as it is. */
static void messages_show_no_escapes(void **state) {
    (void)state;
    ERROR_AUTO *error = NULL;
    assert_int_equal(name_check(NAME_COMPONENT, "a\x1b[31m", &error), ARCELLA_E_INVALID);
    assert_null(strchr(arcella_error_message(error), '\x1b'));
}

static void versions_are_parsed(void **state) {
    (void)state;
    static const struct {
        const char *text;
        const char *words;
    } rows[] = {
        {"0.0.0", NULL},
        {"1.2.3", NULL},
        {"10.20.30", NULL},
        {"4294967295.0.0", NULL},
        {"1.0.0-alpha", NULL},
        {"1.0.0-alpha.1", NULL},
        {"1.0.0-0.3.7", NULL},
        {"1.0.0-x-y-z.--", NULL},
        {"1.0.0+build.01", NULL},
        {"1.0.0-rc.1+exp.sha.5114f85", NULL},
        {"1.0", "write '1.0.0'"},
        {"7", "write '7.0.0'"},
        {"", "not a version"},
        {"1.2.3.4", "three numbers"},
        {"01.2.3", "begin with 0"},
        {"1.2.3-01", "begin with 0"},
        {"1.2.3-", "empty"},
        {"1.2.3+", "empty"},
        {"1.2.3-a..b", "empty"},
        {"1.2.3-a_b", "not allowed"},
        {"4294967296.0.0", "too large"},
        {"v1.2.3", "number is missing"},
        {"1.2.3 ", "three numbers"},
        {"1.2.x", "number is missing"},
        {"1.2.3-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "longer than 64"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        ERROR_AUTO *error = NULL;
        struct version v;
        int r = version_parse(rows[i].text, &v, &error);
        expect(r, rows[i].words ? ARCELLA_E_INVALID : 0, error, rows[i].text, rows[i].words);
        if (r == 0)
            assert_string_equal(v.text, rows[i].text);
    }
    struct version v;
    assert_int_equal(version_parse("1.22.333-rc.1+b7", &v, NULL), 0);
    assert_int_equal(v.major, 1);
    assert_int_equal(v.minor, 22);
    assert_int_equal(v.patch, 333);
    assert_string_equal(v.text + v.pre, "rc.1+b7");
    assert_string_equal(v.text + v.build, "b7");
    assert_int_equal(version_parse_short("1.2", &v, NULL), 0);
    assert_string_equal(v.text, "1.2.0");
    assert_int_equal(version_parse_short("1", &v, NULL), ARCELLA_E_INVALID);
}

/* The list of SemVer 11 and some more, in rising order: every pair must agree. */
static void versions_are_ordered(void **state) {
    (void)state;
    static const char *const rising[] = {
        "0.0.1",      "0.1.0",        "1.0.0-1",       "1.0.0-2",
        "1.0.0-10",   "1.0.0-alpha",  "1.0.0-alpha.1", "1.0.0-alpha.beta",
        "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1",
        "1.0.0",      "1.0.0+a",      "1.0.0+b",       "1.0.1",
        "1.2.0",      "1.10.0",       "2.0.0",         "10.0.0",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rising); i++)
        for (size_t j = 0; j < ARRAY_LENGTH(rising); j++) {
            struct version a, b;
            assert_int_equal(version_parse(rising[i], &a, NULL), 0);
            assert_int_equal(version_parse(rising[j], &b, NULL), 0);
            int c = version_compare(&a, &b);
            if ((c < 0) != (i < j) || (c == 0) != (i == j))
                fail_msg("%s against %s: %d", rising[i], rising[j], c);
        }
}

static void versions_are_compatible(void **state) {
    (void)state;
    static const struct {
        const char *wanted, *offered;
        bool fits;
    } rows[] = {
        {"1.2.3", "1.2.3", true},       {"1.2.3", "1.9.0", true},       {"1.2.3", "1.2.2", false},
        {"1.2.3", "2.0.0", false},      {"0.2.0", "0.2.9", true},       {"0.2.1", "0.2.0", false},
        {"0.2.0", "0.3.0", false},      {"0.2.0", "1.2.0", false},      {"1.0.0-rc.1", "1.0.0-rc.1", true},
        {"1.0.0-rc.1", "1.0.0", false}, {"1.0.0", "1.1.0-rc.1", false}, {"1.2.0", "1.1.9", false},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct version wanted, offered;
        assert_int_equal(version_parse(rows[i].wanted, &wanted, NULL), 0);
        assert_int_equal(version_parse(rows[i].offered, &offered, NULL), 0);
        if (version_compatible(&wanted, &offered) != rows[i].fits)
            fail_msg("%s for %s", rows[i].offered, rows[i].wanted);
    }
}

static void ids_are_parsed(void **state) {
    (void)state;
    struct name_id id;
    assert_int_equal(name_id_parse("http-logger@0.1.0", &id, NULL), 0);
    assert_string_equal(id.name, "http-logger");
    assert_string_equal(id.version.text, "0.1.0");
    assert_string_equal(id.text, "http-logger@0.1.0");
    static const struct {
        const char *text, *words;
    } bad[] = {
        {"http-logger", "'@' is missing"},
        {"@1.0.0", "empty"},
        {"a@", "not a version"},
        {"a@1.0", "write '1.0.0'"},
        {"a@b@1.0.0", "number is missing"},
        {"aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff12345678@1.0.0", "longer than 64"},
        {"main@1.0.0", "reserved"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        ERROR_AUTO *error = NULL;
        int r = name_id_parse(bad[i].text, &id, &error);
        expect(r, ARCELLA_E_INVALID, error, bad[i].text, bad[i].words);
    }
    assert_true(name_id_from_file("some/dir/web@1.2.3.wasm", &id));
    assert_string_equal(id.text, "web@1.2.3");
    assert_false(name_id_from_file("web.wasm", &id));
    assert_false(name_id_from_file("web@1.2.3", &id));
    assert_false(name_id_from_file("", &id));
}

static void people_are_understood(void **state) {
    (void)state;
    static const char *const installed[] = {"web@1.0.0",  "web@1.10.0",  "web@2.0.0-rc.1", "web@1.9.0",
                                            "solo@0.1.0", "pre@1.0.0-a", "pre@1.0.0-b"};
    static const struct {
        const char *text;
        enum name_choice choice;
        int code;
        const char *result; /* id, or words of the message */
    } rows[] = {
        {"web", NAME_LATEST, 0, "web@1.10.0"}, /* a release before any pre-release */
        {"pre", NAME_LATEST, 0, "pre@1.0.0-b"},
        {"solo", NAME_LATEST, 0, "solo@0.1.0"},
        {"solo", NAME_ONLY, 0, "solo@0.1.0"},
        {"web@1.0.0", NAME_ONLY, 0, "web@1.0.0"},
        {"web", NAME_ONLY, ARCELLA_E_AMBIGUOUS, "web@1.0.0, web@1.10.0, web@2.0.0-rc.1, web@1.9.0"},
        {"web@3.0.0", NAME_LATEST, ARCELLA_E_NOT_FOUND, "installed: web@1.0.0"},
        {"none", NAME_LATEST, ARCELLA_E_NOT_FOUND, "no component 'none'"},
        {"web@1", NAME_LATEST, ARCELLA_E_INVALID, "write '1.0.0'"},
        {"we b", NAME_LATEST, ARCELLA_E_INVALID, "position 3"},
    };
    struct name_id ids[ARRAY_LENGTH(installed)];
    for (size_t i = 0; i < ARRAY_LENGTH(installed); i++)
        assert_int_equal(name_id_parse(installed[i], &ids[i], NULL), 0);
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        ERROR_AUTO *error = NULL;
        size_t at = 0;
        int r = name_resolve(ids, ARRAY_LENGTH(ids), rows[i].text, rows[i].choice, &at, &error);
        expect(r, rows[i].code, error, rows[i].text, rows[i].code ? rows[i].result : NULL);
        if (r == 0)
            assert_string_equal(ids[at].text, rows[i].result);
    }
    size_t at;
    assert_int_equal(name_resolve(NULL, 0, "web", NAME_LATEST, &at, NULL), ARCELLA_E_NOT_FOUND);
}

static int resolve_two(void *user, arcella_error **reterr) {
    struct name_id ids[2];
    size_t at;
    (void)user;
    int r = name_id_parse("a@1.0.0", &ids[0], reterr);
    if (r == 0)
        r = name_id_parse("a@2.0.0", &ids[1], reterr);
    if (r < 0)
        return r;
    ERROR_AUTO *error = NULL;
    r = name_resolve(ids, 2, "a", NAME_ONLY, &at, &error);
    return r == ARCELLA_E_AMBIGUOUS ? 0 : error_move(reterr, TAKE(error));
}

static void short_of_memory(void **state) {
    (void)state;
    torture_alloc(resolve_two, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_checked),       cmocka_unit_test(messages_show_no_escapes),
        cmocka_unit_test(versions_are_parsed),     cmocka_unit_test(versions_are_ordered),
        cmocka_unit_test(versions_are_compatible), cmocka_unit_test(ids_are_parsed),
        cmocka_unit_test(people_are_understood),   cmocka_unit_test(short_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
