/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What was refused lately: counted, bounded, with the command that helps; and the flags of a tight policy. */
#include "torture.h"

#include "base/buffer.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/mem.h"
#include "daemon/refusals.h"

#define REFUSALS_AUTO CLEANUP(refusals_done) struct refusals

static struct ipc_audit audit_of(const char *resource, const char *grant, enum ipc_audit_reason reason,
                                 uint64_t count) {
    return (struct ipc_audit){.class_name = TEXT("fs"),
                              .action = TEXT("read"),
                              .resource = text_of(resource),
                              .grant = text_of(grant),
                              .allowed = reason == IPC_AUDIT_ONLY_TOLD,
                              .reason = reason,
                              .count = count};
}

static void equal_ones_are_counted_together(void **state) {
    (void)state;
    REFUSALS_AUTO refusals = {0};
    struct ipc_audit a = audit_of("/a", "--dir /h::/a", IPC_AUDIT_NO_GRANT, 1);
    refusals_add(&refusals, &a, NULL);
    a.count = 41;
    a.lost = 7;
    refusals_add(&refusals, &a, "web/1");
    struct ipc_audit b = audit_of("/a", "--dir /h::/a", IPC_AUDIT_ONLY_TOLD, 3);
    refusals_add(&refusals, &b, NULL); /* let pass is something else */
    assert_int_equal(refusals.count, 2);
    assert_int_equal(refusals.items[0].count, 42);
    assert_int_equal(refusals.others, 7);
    /* Why may change: a row that denies it came meanwhile. */
    struct ipc_audit c = audit_of("/a", "--deny fs:read:/a", IPC_AUDIT_DENIED_BY_ROW, 1);
    refusals_add(&refusals, &c, NULL);
    assert_int_equal(refusals.count, 2);
    assert_int_equal(refusals.items[0].count, 43);
    char command[200];
    refusal_command(&refusals.items[0], "web", command, sizeof(command));
    assert_string_equal(command, "arcella-cli revoke web --deny fs:read:/a");
    JSON_AUTO *refused = refusals_json(&refusals, false, "web");
    JSON_AUTO *passed = refusals_json(&refusals, true, "web");
    assert_int_equal(json_array_size(refused), 1);
    assert_int_equal(json_array_size(passed), 1);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(refused, 0), "count")), 43);
}

static void the_table_is_bounded_and_no_count_is_lost(void **state) {
    (void)state;
    REFUSALS_AUTO refusals = {0};
    char longest[3 * LIMIT_PATH_BYTES];
    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    for (int i = 0; i < 3 * LIMIT_REFUSALS; i++) {
        char name[64];
        snprintf(name, sizeof(name), "/path/%d", i);
        struct ipc_audit a = audit_of(i % 50 ? name : longest, longest, IPC_AUDIT_NO_GRANT, 2);
        refusals_add(&refusals, &a, NULL);
    }
    assert_int_equal(refusals.count, LIMIT_REFUSALS);
    uint64_t sum = refusals.others;
    /* Nor does a worker's word overflow. */
    struct ipc_audit lie = audit_of("/lie", "", IPC_AUDIT_NO_GRANT, UINT64_MAX);
    lie.lost = UINT64_MAX;
    REFUSALS_AUTO lies = {0};
    refusals_add(&lies, &lie, NULL);
    refusals_add(&lies, &lie, NULL);
    assert_int_equal(lies.items[0].count, INT64_MAX);
    assert_int_equal(lies.others, INT64_MAX);
    for (size_t i = 0; i < refusals.count; i++) {
        sum += refusals.items[i].count;
        assert_true(strlen(refusals.items[i].resource) <= 512 && strlen(refusals.items[i].grant) <= 1024);
    }
    assert_int_equal(sum, 3 * LIMIT_REFUSALS * 2);
}

static void commands_are_given_where_they_help(void **state) {
    (void)state;
    static const struct {
        const char *grant;
        enum ipc_audit_reason reason;
        const char *command;
    } rows[] = {
        {"--net connect=192.0.2.7:443", IPC_AUDIT_NO_GRANT,
         "arcella-cli grant web --net connect=192.0.2.7:443"},
        {"--net connect=192.0.2.7:443", IPC_AUDIT_ONLY_TOLD,
         "arcella-cli grant web --net connect=192.0.2.7:443"},
        {"--deny 'net:connect:*:*'", IPC_AUDIT_DENIED_BY_ROW,
         "arcella-cli revoke web --deny 'net:connect:*:*'"},
        {"--deny 'net:connect:*:*'", IPC_AUDIT_DENIED_BY_POLICY, ""},
        {"arcella run (which passes stdin on)", IPC_AUDIT_NO_GRANT, ""},
        {"--dir /a::/b; reboot", IPC_AUDIT_NO_GRANT, ""}, /* a worker that was taken over */
        {"--dir $(reboot)", IPC_AUDIT_DENIED_BY_ROW, ""},
        {"", IPC_AUDIT_NO_GRANT, ""},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        REFUSALS_AUTO refusals = {0};
        char command[200];
        struct ipc_audit a = audit_of("x", rows[i].grant, rows[i].reason, 1);
        refusals_add(&refusals, &a, NULL);
        refusal_command(&refusals.items[0], "web", command, sizeof(command));
        assert_string_equal(command, rows[i].command);
    }
}

#define DIRS "--dir /srv/a::/srv/a --dir /srv/ab::/srv/ab:rw --dir /srv/a/c::/srv/a/c:rw"

static void expand(const char *from, const char *base, char *to, size_t size) {
    size_t at = 0;
    to[0] = '\0';
    for (; *from; from++)
        at += (size_t)snprintf(to + at, size - at, "%.*s", *from == '@' ? (int)strlen(base) : 1,
                               *from == '@' ? base : from);
}

static void flags_name_each_directory_once(void **state) {
    (void)state;
    static const char *const flags[] = {
        "--dir /srv/a/b::/srv/a/b",    "--dir /srv/a::/srv/a",        "--dir /srv/ab::/srv/ab:rw",
        "--net connect=192.0.2.7:443", "--dir /srv/a/c::/srv/a/c:rw", "--net connect=192.0.2.7:443",
        "--dir /srv/ab/x::/srv/ab/x",  "--dir /srv/a::/srv/a",        "--net resolve=a.example.com"};
    REFUSALS_AUTO refusals = {0};
    BUFFER_AUTO to = BUFFER_INIT(4096);
    for (size_t i = 0; i < ARRAY_LENGTH(flags); i++) {
        char name[32];
        snprintf(name, sizeof(name), "%zu", i);
        struct ipc_audit a = audit_of(name, flags[i], IPC_AUDIT_ONLY_TOLD, 1);
        refusals_add(&refusals, &a, NULL);
    }
    struct ipc_audit denied = audit_of("no", "--dir /no::/no", IPC_AUDIT_NO_GRANT, 1);
    refusals_add(&refusals, &denied, NULL);
    /* What is not there cannot be given: apart. */
    BUFFER_AUTO absent = BUFFER_INIT(4096);
    assert_int_equal(refusals_flags(&refusals, &to, &absent, NULL), 0);
    assert_string_equal(to.data, "--net connect=192.0.2.7:443 --net resolve=a.example.com");
    assert_string_equal(absent.data, DIRS);
    char base[] = "/tmp/arc-refusals-XXXXXX";
    assert_non_null(mkdtemp(base));
    static const struct {
        const char *name, *flag; /* @: base */
        bool given;
    } there[] = {
        {"plain", "--dir @/plain::@/plain", true},
        {"with space", "--dir '@/with space::@/with space:rw'", true},
        {"it's", "--dir '@/it'\\''s::@/it'\\''s'", true},
        {NULL, "--dir @/no::@/no:rw", false},
        {NULL, "--dir '@/no such::@/no such'", false},
        {NULL, "--dir @/\\x01::@/\\x01", true},      /* shown otherwise than it is called: believed */
        {NULL, "--dir /dev/null::/dev/null", false}, /* no directory */
    };
    for (size_t i = 0; i < ARRAY_LENGTH(there); i++) {
        REFUSALS_AUTO one = {0};
        char flag[300], path[100];
        BUFFER_AUTO given = BUFFER_INIT(4096), none = BUFFER_INIT(4096);
        snprintf(path, sizeof(path), "%s/%s", base, there[i].name ? there[i].name : "");
        if (there[i].name)
            assert_int_equal(mkdir(path, 0700), 0);
        expand(there[i].flag, base, flag, sizeof(flag));
        struct ipc_audit a = audit_of("x", flag, IPC_AUDIT_ONLY_TOLD, 1);
        refusals_add(&one, &a, NULL);
        assert_int_equal(refusals_flags(&one, &given, &none, NULL), 0);
        assert_string_equal(there[i].given ? given.data : none.data, flag);
        assert_int_equal(there[i].given ? none.length : given.length, 0);
        if (there[i].name)
            assert_int_equal(rmdir(path), 0);
    }
    assert_int_equal(rmdir(base), 0);
}

static void what_is_allowed_by_now_is_forgotten(void **state) {
    (void)state;
    REFUSALS_AUTO refusals = {0};
    CLEANUP(grant_set_done) struct grant_set set = {0};
    static const char *const paths[] = {"/data/a", "/etc/passwd", "/data/b"};
    for (size_t i = 0; i < ARRAY_LENGTH(paths); i++) {
        struct ipc_audit a = audit_of(paths[i], "", IPC_AUDIT_NO_GRANT, 1);
        refusals_add(&refusals, &a, NULL);
    }
    struct ipc_audit told = audit_of("/data/c", "", IPC_AUDIT_ONLY_TOLD, 1);
    refusals_add(&refusals, &told, NULL);
    told = audit_of("/etc/c", "", IPC_AUDIT_ONLY_TOLD, 1);
    refusals_add(&refusals, &told, NULL);
    assert_int_equal(grant_add_audit(&set, GRANT_BY_OPTION, NULL), 0);
    refusals_forget_allowed(&refusals, &set);
    assert_int_equal(refusals.count, 5);
    assert_int_equal(grant_add_dir(&set, "/h::/data", GRANT_BY_ADMIN, NULL), 0);
    refusals_forget_allowed(&refusals, &set);
    assert_int_equal(refusals.count, 2);
    assert_string_equal(refusals.items[0].resource, "/etc/passwd");
    assert_string_equal(refusals.items[1].resource, "/etc/c");
    /* --audit-only is over: what it let pass is no news any more. */
    for (size_t i = set.count; i-- > 0;)
        if (set.rows[i].effect == GRANT_AUDIT)
            grant_remove(&set, i);
    refusals_forget_allowed(&refusals, &set);
    assert_int_equal(refusals.count, 1);
    assert_string_equal(refusals.items[0].resource, "/etc/passwd");
}

/* An address may be denied by its name, and allowed by itself: then its row decides how long it is told. */
static void what_is_denied_stays_while_its_row_does(void **state) {
    (void)state;
    REFUSALS_AUTO refusals = {0};
    CLEANUP(grant_set_done) struct grant_set set = {0};
    struct ipc_audit a = audit_of("127.0.0.1:80", "--deny 'net:connect:vm:*'", IPC_AUDIT_DENIED_BY_ROW, 1);
    a.class_name = TEXT("net");
    a.action = TEXT("connect");
    assert_int_equal(grant_add_net(&set, "connect=127.0.0.1:80", GRANT_BY_OPTION, NULL), 0);
    assert_int_equal(grant_add_rule(&set, "net:connect:vm:*", GRANT_DENY, GRANT_BY_OPTION, NULL), 0);
    refusals_add(&refusals, &a, NULL);
    refusals_forget_allowed(&refusals, &set);
    assert_int_equal(refusals.count, 1);
    grant_remove(&set, 1);
    refusals_forget_allowed(&refusals, &set);
    assert_int_equal(refusals.count, 0);
    /* Also where nothing allows it then: the next refusal has another reason. */
    refusals_add(&refusals, &a, NULL);
    grant_remove(&set, 0);
    refusals_forget_allowed(&refusals, &set);
    assert_int_equal(refusals.count, 0);
}

static int build(void *user, arcella_error **reterr) {
    (void)user;
    REFUSALS_AUTO refusals = {0};
    struct ipc_audit a = audit_of("/a", "--dir /h::/a", IPC_AUDIT_NO_GRANT, 5);
    refusals_add(&refusals, &a, "web/0");
    uint64_t sum = refusals.others + (refusals.count ? refusals.items[0].count : 0);
    assert_int_equal(sum, 5);
    JSON_AUTO *json = refusals_json(&refusals, false, "web");
    bool all = json && refusals.count && refusals.items[0].grant && refusals.items[0].instance;
    return all ? 0 : error_nomem(reterr);
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
        cmocka_unit_test(equal_ones_are_counted_together),
        cmocka_unit_test(the_table_is_bounded_and_no_count_is_lost),
        cmocka_unit_test(commands_are_given_where_they_help),
        cmocka_unit_test(flags_name_each_directory_once),
        cmocka_unit_test(what_is_allowed_by_now_is_forgotten),
        cmocka_unit_test(what_is_denied_stays_while_its_row_does),
        cmocka_unit_test(short_of_memory),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
