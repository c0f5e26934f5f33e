/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Grants: how they are written, what they match, what they do not, and what would help. */
#include "torture.h"

#include "base/buffer.h"
#include "base/json.h"
#include "base/mem.h"
#include "catalog/grant.h"

#define GRANTS_AUTO CLEANUP(grant_set_done) struct grant_set

static void paths_are_normalised(void **state) {
    (void)state;
    static const struct {
        const char *path, *normal; /* NULL: refused */
    } rows[] = {
        {"/", "/"},
        {"//", "/"},
        {"/a", "/a"},
        {"/a/", "/a"},
        {"/a//b/./c", "/a/b/c"},
        {"/a/../b", "/b"},
        {"/a/b/../../c", "/c"},
        {"/..", NULL},
        {"/a/../..", NULL},
        {".", "."},
        {"./", "."},
        {"a", "a"},
        {"./a/", "a"},
        {"a/..", "."},
        {"..", NULL},
        {"a/../../b", NULL},
        {"", NULL},
        {"/...", "/..."},
        {"/a..b/.c", "/a..b/.c"},
        {"a/../b", "b"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        char to[64];
        ssize_t length = grant_path_normalise(text_of(rows[i].path), to, sizeof(to));
        if (!rows[i].normal) {
            if (length >= 0)
                fail_msg("'%s' became '%s'", rows[i].path, to);
            continue;
        }
        if (length < 0 || strcmp(to, rows[i].normal) != 0)
            fail_msg("'%s' became '%s'", rows[i].path, length < 0 ? "nothing" : to);
        assert_int_equal(length, strlen(to));
    }
    char tight[4];
    assert_int_equal(grant_path_normalise(TEXT("/ab"), tight, sizeof(tight)), 3);
    assert_int_equal(grant_path_normalise(TEXT("/abc"), tight, sizeof(tight)), -1);
    assert_int_equal(grant_path_normalise(TEXT("/a\0b"), tight, sizeof(tight)), -1);
}

typedef int add_fn(struct grant_set *set, const char *option, enum grant_source source,
                   arcella_error **reterr);

static void options_are_read(void **state) {
    (void)state;
    static const struct {
        add_fn *add;
        const char *option;
        const char *actions, *pattern; /* actions NULL: refused, pattern = words */
    } rows[] = {
        {grant_add_dir, "/srv/data::/data", "read", "/srv/data::/data"},
        {grant_add_dir, "/srv/data/::/data/", "read", "/srv/data::/data"},
        {grant_add_dir, "/srv/data::/data:rw", "read+write", "/srv/data::/data"},
        {grant_add_dir, "/srv/data::/data:ro", "read", "/srv/data::/data"},
        {grant_add_dir, "/srv::.", "read", "/srv::."},
        {grant_add_dir, "/srv::work", "read", "/srv::work"},
        {grant_add_dir, "/::/", "read", "/::/"},
        {grant_add_dir, "/srv", "read", "/srv::/srv"},
        {grant_add_dir, "/srv:rw", "read+write", "/srv::/srv"},
        {grant_add_dir, "/odd::name::/data", "read", "/odd::name::/data"},
        {grant_add_dir, "srv::/data", NULL, "not absolute"},
        {grant_add_dir, "", NULL, "not absolute"},
        {grant_add_dir, "/srv::", NULL, "no guest path"},
        {grant_add_dir, "/srv::./:/x", NULL, "begins with ':'"},
        {grant_add_dir, "/srv::/..", NULL, "above where it starts"},
        {grant_add_dir, "/..::/data", NULL, "above '/'"},
        {grant_add_dir, "/srv:/data", NULL, "two colons"},
        {grant_add_dir, "/srv\xff::/data", NULL, "UTF-8"},
        {grant_add_env, "A=b", "read", "A=b"},
        {grant_add_env, "A=", "read", "A="},
        {grant_add_env, "A=b=c", "read", "A=b=c"},
        {grant_add_env, "A", NULL, "NAME=VALUE"},
        {grant_add_env, "=b", NULL, "NAME=VALUE"},
        {grant_add_arg, "", "read", ""},
        {grant_add_arg, "-x --y", "read", "-x --y"},
        {grant_add_listen, "127.0.0.1:8080", "listen", "127.0.0.1:8080"},
        {grant_add_listen, "[::1]:80", "listen", "[::1]:80"},
        {grant_add_listen, "[0:0::1]:080", "listen", "[::1]:80"},
        {grant_add_listen, "0.0.0.0:0", "listen", "0.0.0.0:0"},
        {grant_add_listen, "localhost:80", NULL, "address in numbers"},
        {grant_add_listen, "127.0.0.1", NULL, "address in numbers"},
        {grant_add_listen, "127.0.0.1:", NULL, "address in numbers"},
        {grant_add_listen, "127.0.0.1:65536", NULL, "address in numbers"},
        {grant_add_listen, "127.0.0.1:80-90", NULL, "address in numbers"},
        {grant_add_listen, "127.0.0.0/8:80", NULL, "address in numbers"},
        {grant_add_listen, "::1:80", NULL, "address in numbers"},
        {grant_add_listen, "[::1:80", NULL, "address in numbers"},
        {grant_add_listen, "", NULL, "address in numbers"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        GRANTS_AUTO set = {0};
        ERROR_AUTO *error = NULL;
        char actions[64];
        int r = rows[i].add(&set, rows[i].option, GRANT_BY_OPTION, &error);
        if (!rows[i].actions) {
            if (r != ARCELLA_E_INVALID || !strstr(arcella_error_message(error), rows[i].pattern))
                fail_msg("'%s': %d '%s'", rows[i].option, r, arcella_error_message(error));
            assert_int_equal(set.count, 0);
            assert_false(grant_set_beyond_default(&set));
            continue;
        }
        if (r < 0)
            fail_msg("'%s': %s", rows[i].option, arcella_error_message(error));
        assert_int_equal(set.count, 1);
        grant_actions_format(set.rows[0].actions, actions, sizeof(actions));
        assert_string_equal(actions, rows[i].actions);
        assert_string_equal(set.rows[0].pattern, rows[i].pattern);
        assert_true(grant_set_beyond_default(&set));
    }
}

/* One set for all checks. */
static void make_set(struct grant_set *set) {
    static const struct {
        const char *class, *actions, *pattern, *effect;
    } rows[] = {
        {"fs", "read", "/srv/data::/data", "allow"},  {"fs", "read+write", "/srv/out::/data/out", "allow"},
        {"fs", "read", "/somebody::.", "allow"},      {"fs", "read+write", "/x::/data/secret", "deny"},
        {"net", "listen", "127.0.0.1:8080", "allow"}, {"net", "connect", "10.0.0.0/8:*", "allow"},
        {"net", "connect", "10.9.0.0/16:*", "deny"},  {"net", "connect", "[fe80::]/10:1000-2000", "allow"},
        {"env", "read", "LANG=C", "allow"},           {"args", "read", "one", "allow"},
        {"stdio", "read", "stdin", "allow"},          {"stdio", "write", "stdout", "allow"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        ERROR_AUTO *error = NULL;
        if (grant_add_text(set, rows[i].class, rows[i].actions, rows[i].pattern, rows[i].effect, "option",
                           &error) < 0)
            fail_msg("%s", arcella_error_message(error));
    }
}

static void only_what_is_granted_is_allowed(void **state) {
    (void)state;
    static const struct {
        enum grant_class class;
        enum grant_action action;
        const char *resource;
        bool allowed;
        const char *row; /* pattern of the row that decided; NULL: none */
    } rows[] = {
        {GRANT_FS, GRANT_READ, "/data", true, "/srv/data::/data"},
        {GRANT_FS, GRANT_READ, "/data/a/b", true, "/srv/data::/data"},
        {GRANT_FS, GRANT_READ, "//data/./a/", true, "/srv/data::/data"},
        {GRANT_FS, GRANT_WRITE, "/data/a", false, NULL},
        {GRANT_FS, GRANT_WRITE, "/data/out/a", true, "/srv/out::/data/out"},
        {GRANT_FS, GRANT_READ, "/data/out/a", true, "/srv/out::/data/out"},
        {GRANT_FS, GRANT_WRITE, "/data/output", false, NULL}, /* segments, not letters */
        {GRANT_FS, GRANT_READ, "/database", false, NULL},
        {GRANT_FS, GRANT_READ, "/dat", false, NULL},
        {GRANT_FS, GRANT_READ, "/", false, NULL},
        {GRANT_FS, GRANT_READ, "/data/../etc/passwd", false, NULL},
        {GRANT_FS, GRANT_READ, "/data/out/../../etc", false, NULL},
        {GRANT_FS, GRANT_WRITE, "/data/x/../out/a", true, "/srv/out::/data/out"},
        {GRANT_FS, GRANT_READ, "/data/secret/key", false, "/x::/data/secret"},
        {GRANT_FS, GRANT_READ, "/data/out/../secret/key", false, "/x::/data/secret"},
        {GRANT_FS, GRANT_READ, "/data/secrets", true, "/srv/data::/data"},
        {GRANT_FS, GRANT_READ, "file", true, "/somebody::."},
        {GRANT_FS, GRANT_READ, "./a/b", true, "/somebody::."},
        {GRANT_FS, GRANT_WRITE, "file", false, NULL},
        {GRANT_FS, GRANT_READ, "../file", false, NULL},
        {GRANT_FS, GRANT_READ, "", false, NULL},
        {GRANT_FS, GRANT_LISTEN, "/data", false, NULL},
        {GRANT_NET, GRANT_LISTEN, "127.0.0.1:8080", true, "127.0.0.1:8080"},
        {GRANT_NET, GRANT_LISTEN, "127.0.0.1:8081", false, NULL},
        {GRANT_NET, GRANT_LISTEN, "127.0.0.2:8080", false, NULL},
        {GRANT_NET, GRANT_LISTEN, "[::ffff:127.0.0.1]:8080", false, NULL},
        {GRANT_NET, GRANT_CONNECT, "127.0.0.1:8080", false, NULL},
        {GRANT_NET, GRANT_CONNECT, "10.255.0.1:1", true, "10.0.0.0/8:*"},
        {GRANT_NET, GRANT_CONNECT, "11.0.0.1:1", false, NULL},
        {GRANT_NET, GRANT_CONNECT, "10.9.1.1:1", false, "10.9.0.0/16:*"},
        {GRANT_NET, GRANT_CONNECT, "[fe90::1]:1500", true, "[fe80::]/10:1000-2000"},
        {GRANT_NET, GRANT_CONNECT, "[fec0::1]:1500", false, NULL},
        {GRANT_NET, GRANT_CONNECT, "[fe80::1]:2001", false, NULL},
        {GRANT_NET, GRANT_CONNECT, "10.0.0.0/8:1", false, NULL}, /* a resource is one address */
        {GRANT_NET, GRANT_CONNECT, "example.com:80", false, NULL},
        {GRANT_ENV, GRANT_READ, "LANG", true, "LANG=C"},
        {GRANT_ENV, GRANT_READ, "LAN", false, NULL},
        {GRANT_ENV, GRANT_READ, "LANGUAGE", false, NULL},
        {GRANT_ARGS, GRANT_READ, "", true, "one"},
        {GRANT_STDIO, GRANT_READ, "stdin", true, "stdin"},
        {GRANT_STDIO, GRANT_WRITE, "stdin", false, NULL},
        {GRANT_STDIO, GRANT_WRITE, "stderr", false, NULL},
    };
    GRANTS_AUTO set = {0};
    GRANTS_AUTO copy = {0};
    make_set(&set);
    assert_int_equal(grant_set_copy(&copy, &set, NULL), 0);
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        const struct grant_set *const both[] = {&set, &copy};
        for (size_t j = 0; j < 2; j++) {
            const struct grant *row = NULL;
#ifdef ARCELLA_FAULTS
            fault_set(FAULT_ALLOC, 0, 0);
#endif
            bool allowed =
                grant_check(both[j], rows[i].class, rows[i].action, text_of(rows[i].resource), &row);
#ifdef ARCELLA_FAULTS
            assert_int_equal(fault_count(FAULT_ALLOC), 0);
#endif
            if (allowed != rows[i].allowed)
                fail_msg("%s %s %s: %d", grant_class_name(rows[i].class), grant_action_name(rows[i].action),
                         rows[i].resource, allowed);
            if (!rows[i].row != !row || (row && strcmp(row->pattern, rows[i].row) != 0))
                fail_msg("%s: decided by %s", rows[i].resource, row ? row->pattern : "nothing");
        }
    }
}

static void nothing_allows_nothing(void **state) {
    (void)state;
    GRANTS_AUTO none = {0};
    for (unsigned class = 0; class < GRANT_CLASSES; class ++)
        for (unsigned bit = 1; bit <= GRANT_CONNECT; bit <<= 1)
            assert_false(
                grant_check(&none, (enum grant_class) class, (enum grant_action)bit, TEXT("/"), NULL));
    assert_false(grant_check_row(&none, 0, GRANT_READ));
    /* Only denials are not beyond the defaults either. */
    assert_int_equal(grant_add(&none, GRANT_FS, GRANT_READ, "/a::/a", GRANT_DENY, GRANT_BY_POLICY, NULL), 0);
    assert_false(grant_set_beyond_default(&none));
    assert_false(grant_check_row(&none, 0, GRANT_READ));
}

static void rows_are_bounded_and_named(void **state) {
    (void)state;
    GRANTS_AUTO set = {0};
    ERROR_AUTO *error = NULL;
    assert_int_equal(grant_add_env(&set, "A=1", GRANT_BY_OPTION, NULL), 0);
    uint32_t revision = set.revision;
    assert_int_equal(grant_add_env(&set, "A=22", GRANT_BY_OPTION, NULL), 0);
    assert_int_equal(set.count, 1);
    assert_string_equal(set.rows[0].pattern, "A=22");
    assert_true(text_equal(set.rows[0].value, TEXT("22")));
    assert_true(set.revision != revision);
    assert_int_equal(set.bytes[GRANT_ENV], strlen("A=22") + 1);
    assert_int_equal(grant_add_dir(&set, "/a::/data", GRANT_BY_OPTION, NULL), 0);
    assert_int_equal(grant_add_dir(&set, "/b::/data/", GRANT_BY_OPTION, &error), ARCELLA_E_EXISTS);
    assert_non_null(strstr(arcella_error_message(error), "'/data'"));
    for (size_t i = 1; i < LIMIT_DIRS; i++) {
        char option[64];
        snprintf(option, sizeof(option), "/d::/d%zu", i);
        assert_int_equal(grant_add_dir(&set, option, GRANT_BY_OPTION, NULL), 0);
    }
    assert_int_equal(grant_add_dir(&set, "/d::/more", GRANT_BY_OPTION, NULL), ARCELLA_E_LIMIT);
    MEM_AUTO char *half = mem_alloc(LIMIT_ARGS_BYTES / 2 + 1);
    memset(half, 'x', LIMIT_ARGS_BYTES / 2);
    assert_int_equal(grant_add_arg(&set, half, GRANT_BY_OPTION, NULL), 0);
    assert_int_equal(grant_add_arg(&set, half, GRANT_BY_OPTION, NULL), ARCELLA_E_LIMIT);
    assert_int_equal(grant_add_arg(&set, "short", GRANT_BY_OPTION, NULL), 0);
    assert_int_equal(grant_add(&set, GRANT_FS, GRANT_LISTEN, "/a::/b", GRANT_ALLOW, GRANT_BY_OPTION, NULL),
                     ARCELLA_E_INVALID);
    assert_int_equal(grant_add_text(&set, "gs", "read", "x", "allow", "option", NULL), ARCELLA_E_INVALID);
    assert_int_equal(grant_add_text(&set, "args", "read+", "x", "allow", "option", NULL), ARCELLA_E_INVALID);
    assert_int_equal(grant_add_text(&set, "args", "", "x", "allow", "option", NULL), ARCELLA_E_INVALID);
    assert_int_equal(grant_add_text(&set, "args", "read", "x", "permit", "option", NULL), ARCELLA_E_INVALID);
    assert_int_equal(grant_add_text(&set, "stdio", "read", "stdlog", "allow", "option", NULL),
                     ARCELLA_E_INVALID);
}

static void refusals_say_what_would_help(void **state) {
    (void)state;
    static const struct {
        enum grant_class class;
        enum grant_action action;
        const char *resource, *needed;
    } rows[] = {
        {GRANT_FS, GRANT_READ, "/etc", "--dir HOSTDIR::/etc"},
        {GRANT_FS, GRANT_WRITE, "/etc", "--dir HOSTDIR::/etc:rw"},
        {GRANT_FS, GRANT_WRITE, "/data/x", "--dir /srv/data::/data:rw"},
        {GRANT_FS, GRANT_READ, "/a\x1b[1m", "--dir HOSTDIR::/a\\x1b[1m"},
        {GRANT_NET, GRANT_LISTEN, "127.0.0.1:1", "--listen 127.0.0.1:1"},
        {GRANT_ENV, GRANT_READ, "HOME", "--env HOME=VALUE"},
        {GRANT_ARGS, GRANT_READ, "", "--arg VALUE"},
    };
    GRANTS_AUTO set = {0};
    make_set(&set);
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        char needed[200];
        grant_needed(&set, rows[i].class, rows[i].action, text_of(rows[i].resource), needed, sizeof(needed));
        assert_string_equal(needed, rows[i].needed);
    }
    char longest[5000], needed[100];
    memset(longest, 'a', sizeof(longest));
    longest[0] = '/';
    grant_needed(NULL, GRANT_FS, GRANT_READ, (struct text){longest, sizeof(longest)}, needed, sizeof(needed));
    assert_true(strlen(needed) < sizeof(needed));
    /* Granting what it names does help. */
    GRANTS_AUTO more = {0};
    assert_int_equal(grant_add_dir(&more, "/srv/data::/data:rw", GRANT_BY_OPTION, NULL), 0);
    assert_true(grant_check(&more, GRANT_FS, GRANT_WRITE, TEXT("/data/x"), NULL));
}

static void holders_cover_what_they_hold(void **state) {
    (void)state;
    static const struct {
        const char *option;
        bool covered;
    } rows[] = {
        {"/srv/data::/elsewhere", true}, {"/srv/data/deep::/x", true}, {"/srv/data::/y:rw", false},
        {"/srv/database::/z", false},    {"/srv::/all", false},        {"/srv/out/a::/b:rw", true},
    };
    GRANTS_AUTO holder = {0};
    make_set(&holder);
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        GRANTS_AUTO set = {0};
        assert_int_equal(grant_add_dir(&set, rows[i].option, GRANT_BY_OPTION, NULL), 0);
        if (grant_covered(&holder, &set.rows[0]) != rows[i].covered)
            fail_msg("%s", rows[i].option);
    }
}

static void json_hides_values(void **state) {
    (void)state;
    GRANTS_AUTO set = {0};
    BUFFER_AUTO text = BUFFER_INIT(4096);
    assert_int_equal(grant_add_env(&set, "PASSWORD=hunter2", GRANT_BY_OPTION, NULL), 0);
    JSON_AUTO *hidden = grant_set_json(&set, true);
    JSON_AUTO *plain = grant_set_json(&set, false);
    assert_int_equal(json_add(&text, hidden, NULL), 0);
    assert_null(strstr(text.data, "hunter2"));
    assert_non_null(strstr(text.data, "\"pattern\":\"PASSWORD\""));
    buffer_clear(&text);
    assert_int_equal(json_add(&text, plain, NULL), 0);
    assert_string_equal(text.data, "[{\"class\":\"env\",\"action\":\"read\",\"pattern\":\"PASSWORD=hunter2\","
                                   "\"effect\":\"allow\",\"source\":\"option\"}]");
}

static int build(void *user, arcella_error **reterr) {
    (void)user;
    GRANTS_AUTO set = {0};
    GRANTS_AUTO copy = {0};
    int r = grant_add_dir(&set, "/srv", GRANT_BY_OPTION, reterr);
    if (r == 0)
        r = grant_add_env(&set, "A=1", GRANT_BY_OPTION, reterr);
    if (r == 0)
        r = grant_add_env(&set, "A=2", GRANT_BY_OPTION, reterr);
    if (r == 0)
        r = grant_add_listen(&set, "127.0.0.1:80", GRANT_BY_OPTION, reterr);
    if (r == 0)
        r = grant_add_stdio(&set, GRANT_BY_OPTION, reterr);
    if (r == 0)
        r = grant_set_copy(&copy, &set, reterr);
    if (r < 0)
        return r;
    JSON_AUTO *json = grant_set_json(&copy, false);
    return json ? 0 : error_nomem(reterr);
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
        cmocka_unit_test(paths_are_normalised),
        cmocka_unit_test(options_are_read),
        cmocka_unit_test(only_what_is_granted_is_allowed),
        cmocka_unit_test(nothing_allows_nothing),
        cmocka_unit_test(rows_are_bounded_and_named),
        cmocka_unit_test(refusals_say_what_would_help),
        cmocka_unit_test(holders_cover_what_they_hold),
        cmocka_unit_test(json_hides_values),
        cmocka_unit_test(short_of_memory),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
