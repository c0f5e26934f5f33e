/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* cfg/policy.toml: read, refused with its place, read again when it changes, applied. */
#include "fixture.h"

#include "catalog/rules.h"

#define RULES_AUTO  CLEANUP(rules_done) struct rules
#define GRANTS_AUTO CLEANUP(grant_set_done) struct grant_set

static const char text[] =
    "[[deny]]\n"
    "grants = [\"net:connect:169.254.0.0/16:*\", \"fs:read+write:/**/.ssh\"]\n"
    "reason = \"no metadata service\"\n"
    "[[deny]]\n"
    "deployments = \"batch-*\"\n"
    "grants = \"net:listen:*:*\"\n"
    "[[allow]]\n"
    "deployments = [\"web\", \"*-front\"]\n"
    "grants = [\"net:resolve:*.example.com\", \"fs:read:/usr/share/zoneinfo::/zones\", \"env:read:TZ=UTC\"]\n"
    "reason = \"time zones\"\n";

static void names_fit(void **state) {
    (void)state;
    static const struct {
        const char *pattern, *name;
        bool fits;
    } rows[] = {{"*", "web", true},       {"web", "web", true},     {"web", "webs", false},
                {"web", "we", false},     {"web*", "web", true},    {"web*", "webs", true},
                {"*web", "my-web", true}, {"*web", "web-1", false}, {"w*b", "web", true},
                {"w*b", "wb", true},      {"w*b", "weber", false},  {"*-*-x", "a-b-x", true},
                {"*-*-x", "a-x", false},  {"a*b*c", "aXbYc", true}, {"a*b*c", "abcb", false},
                {"**", "x", true},        {"a*b", "aab-b", true}};
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        if (rules_name_fits(rows[i].pattern, rows[i].name) != rows[i].fits)
            fail_msg("'%s' '%s'", rows[i].pattern, rows[i].name);
}

static void rules_are_for_whom_they_name(void **state) {
    (void)state;
    RULES_AUTO rules = {0};
    MUST(rules_read(TEXT(text), "cfg/policy.toml", &rules, &why));
    assert_int_equal(rules.count, 3);
    static const struct {
        const char *deployment;
        size_t rows;
    } rows[] = {{"web", 5}, {"shop-front", 5}, {"batch-1", 3}, {"batch", 2}, {"other", 2}};
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        GRANTS_AUTO set = {0};
        MUST(rules_apply(&rules, rows[i].deployment, &set, &why));
        assert_int_equal(set.count, rows[i].rows);
        for (size_t n = 0; n < set.count; n++)
            assert_int_equal(set.rows[n].source, GRANT_BY_POLICY);
    }
    GRANTS_AUTO own = {0};
    /* Its own variable and directory stay; what is denied is denied all the same. */
    MUST(grant_add_env(&own, "TZ=Europe/Berlin", GRANT_BY_OPTION, &why));
    MUST(grant_add_dir(&own, "/srv/zones::/zones", GRANT_BY_OPTION, &why));
    MUST(grant_add_net(&own, "connect=169.254.169.254:80", GRANT_BY_OPTION, &why));
    MUST(rules_apply(&rules, "web", &own, &why));
    assert_int_equal(own.count, 6);
    assert_string_equal(own.rows[0].pattern, "TZ=Europe/Berlin");
    const struct grant *row = NULL;
    assert_false(grant_check(&own, GRANT_NET, GRANT_CONNECT, TEXT("169.254.169.254:80"), &row));
    assert_string_equal(rules_reason(&rules, "web", row), "no metadata service");
    assert_null(rules_reason(&rules, "web", &own.rows[0]));
}

static void mistakes_say_where(void **state) {
    (void)state;
    static const struct {
        const char *text, *says;
    } rows[] = {
        {"[[deny]]\ngrants = [\"net:connect:nowhere\"]\n",
         "policy.toml:2:11: deny: --deny: 'nowhere': its port is missing"},
        {"[[deny]]\ngrants = [1]\n", "policy.toml:2:11: deny: a number is not allowed here"},
        {"[[deny]]\n", "policy.toml:1:1: deny: grants is missing"},
        {"[[deny]]\ngrants = []\n", "grants is missing"},
        {"[[deny]]\ndeployments = []\ngrants = \"env:read:*\"\n",
         "policy.toml:2:15: deny: deployments is empty"},
        {"[[deny]]\ndeployments = \"a/b\"\ngrants = \"env:read:*\"\n", "fits no deployment's name"},
        {"[[deny]]\ndeployment = \"a\"\ngrants = \"env:read:*\"\n",
         "policy.toml:2:1: deployment: is no key here"},
        {"[[denied]]\ngrants = \"env:read:*\"\n", "policy.toml:1:3: denied: is no key here"},
        {"[deny]\ngrants = \"env:read:*\"\n", "each written [[deny]]"},
        {"[[allow]]\ngrants = \"fs:read:/data\"\n", "HOST::GUEST"},
        {"[[allow]]\ngrants = \"env:read:A=b\"\nreason = 7\n", "policy.toml:3:10"},
        {"[[deny]\n", "policy.toml:1:"},
        {"\xff", "policy.toml:1:"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct rules rules = {0};
        ERROR_AUTO *error = NULL;
        int r = rules_read(text_of(rows[i].text), "policy.toml", &rules, &error);
        if (r != ARCELLA_E_CONFIG || !strstr(arcella_error_message(error), rows[i].says))
            fail_msg("%s: %d %s", rows[i].text, r, error ? arcella_error_message(error) : "fine");
        assert_null(rules.items);
    }
    /* All mistakes at once. */
    struct rules rules = {0};
    ERROR_AUTO *error = NULL;
    assert_int_equal(rules_read(TEXT("[[deny]]\ngrants = [\"a\", \"b\"]\nwho = 1\n"), "p", &rules, &error),
                     ARCELLA_E_CONFIG);
    assert_non_null(strstr(arcella_error_message(error), "p:2:11"));
    assert_non_null(strstr(arcella_error_message(error), "p:2:16"));
    assert_non_null(strstr(arcella_error_message(error), "p:3:1"));
}

/* Times have the grain of a tick: what is written twice within one is told apart by its size here. */
static void a_changed_file_is_read_again(void **state) {
    (void)state;
    RULES_AUTO rules = {0};
    ERROR_AUTO *error = NULL;
    FD_AUTO here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    MUST(rules_refresh(&rules, here, &why));
    assert_int_equal(rules.count, 0);
    assert_int_equal(rules.revision, 0);
    write_file(RULES_FILE, text);
    MUST(rules_refresh(&rules, here, &why));
    assert_int_equal(rules.count, 3);
    assert_int_equal(rules.revision, 1);
    const struct rule *items = rules.items;
    MUST(rules_refresh(&rules, here, &why));
    assert_int_equal(rules.revision, 1);
    assert_ptr_equal(rules.items, items);
    /* Damaged: told each time, and what was known stays. */
    write_file(RULES_FILE, "[[deny]]\ngrants = [\"x\"]\n");
    for (int i = 0; i < 2; i++) {
        arcella_error_free(TAKE(error));
        assert_int_equal(rules_refresh(&rules, here, &error), ARCELLA_E_CONFIG);
        assert_non_null(strstr(arcella_error_message(error), "cfg/policy.toml:2:11"));
        assert_ptr_equal(rules.items, items);
        assert_int_equal(rules.revision, 1);
    }
    write_file(RULES_FILE, "[[deny]]\ngrants = [\"env:read:*\"]\n");
    MUST(rules_refresh(&rules, here, &why));
    assert_int_equal(rules.count, 1);
    assert_int_equal(rules.revision, 2);
    assert_int_equal(unlink(RULES_FILE), 0);
    for (int i = 0; i < 2; i++) { /* that there is none is news once */
        MUST(rules_refresh(&rules, here, &why));
        assert_int_equal(rules.count, 0);
        assert_int_equal(rules.revision, 3);
    }
    assert_int_equal(mkdir(RULES_FILE, 0700), 0);
    arcella_error_free(TAKE(error));
    assert_int_equal(rules_refresh(&rules, here, &error), ARCELLA_E_CONFIG);
    assert_int_equal(rmdir(RULES_FILE), 0);
}

static int build(void *user, arcella_error **reterr) {
    (void)user;
    RULES_AUTO rules = {0};
    GRANTS_AUTO set = {0};
    int r = rules_read(TEXT(text), "policy.toml", &rules, reterr);
    return r < 0 ? r : rules_apply(&rules, "web", &set, reterr);
}

static void short_of_memory(void **state) {
    (void)state;
    torture_alloc(build, NULL);
}

static char folder[PATH_MAX];

static int set_up(void **state) {
    (void)state;
    const char *base = getenv("TMPDIR");
    json_setup();
    snprintf(folder, sizeof(folder), "%s/arcella-rules-XXXXXX", base ? base : "/tmp");
    return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    return chdir("/") == 0 ? rmdir(folder) : -1;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_fit),          cmocka_unit_test(rules_are_for_whom_they_name),
        cmocka_unit_test(mistakes_say_where), cmocka_unit_test(a_changed_file_is_read_again),
        cmocka_unit_test(short_of_memory),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
