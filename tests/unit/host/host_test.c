/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The grant check, the error table, random bytes, and every path that fails for want of memory. */
#include "rig.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "host/random.h"
#include "host/table.h"
#include "torture.h"

static void test_errors(void **state) {
    (void)state;
    assert_int_equal(host_error_of(ENOENT), HOST_E_NOENT);
    assert_int_equal(host_error_of(EWOULDBLOCK), HOST_E_AGAIN);
    assert_int_equal(host_error_of(ENOTSUP), HOST_E_NOTSUP);
    assert_int_equal(host_error_of(EXDEV), HOST_E_XDEV);
    assert_int_equal(host_error_of(0), HOST_E_IO);
    assert_int_equal(host_error_of(-1), HOST_E_IO);
    assert_int_equal(host_error_of(100000), HOST_E_IO);
    static const struct {
        int error;
        int number;
    } rows[] = {
#define XX(name, number, words) {HOST_E_##name, number},
        HOST_ERROR_MAP(XX)
#undef XX
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        assert_int_equal(rows[i].error, i + 1);
        if (rows[i].number)
            assert_int_equal(host_error_of(rows[i].number), rows[i].error);
        assert_true(strlen(host_error_words(rows[i].error)) > 3);
    }
    assert_string_equal(host_error_words(0), "success");
    assert_string_equal(host_error_words(HOST_ERRORS), "unknown error");
    assert_string_equal(host_error_words(-5), "unknown error");
    assert_string_not_equal(host_error_words(HOST_STOP), "unknown error");
}

static void test_new(void **state) {
    (void)state;
    struct host *host = NULL;
    ERROR_AUTO *error = NULL;
    struct host_config config = {.open_files = LIMIT_OPEN_FILES + 1};
    assert_int_equal(host_new(&config, &host, &error), ARCELLA_E_INVALID);
    /* without hooks and loop: nobody to ask, nobody to tell, and no way to wait */
    config.open_files = 5;
    assert_int_equal(host_new(&config, &host, NULL), 0);
    assert_host(host_check(host, GRANT_NET, GRANT_CONNECT, TEXT("127.0.0.1:80")), HOST_E_NOTCAPABLE);
    assert_int_equal(host_figures(host).denied, 1);
    host_notice(host, "nobody %s", "hears it");
    uint64_t ns;
    assert_host(host_poll(host, NULL, 0, HOST_NO_DEADLINE), HOST_E_NOTSUP);
    uint8_t bytes[64];
    assert_host(host_random(host, bytes, sizeof(bytes)), 0);
    (void)ns;
    host_free(host);
    assert_null(host_free(NULL));
}

static void test_check(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    assert_int_equal(
        grant_add(&rig.grants, GRANT_NET, GRANT_CONNECT, "127.0.0.1:80", GRANT_ALLOW, GRANT_BY_OPTION, NULL),
        0);
    assert_host(host_check(rig.host, GRANT_NET, GRANT_CONNECT, TEXT("127.0.0.1:80")), 0);
    assert_int_equal(rig.audits, 0);
    assert_host(host_check(rig.host, GRANT_NET, GRANT_LISTEN, TEXT("127.0.0.1:80")), HOST_E_NOTCAPABLE);
    assert_int_equal(rig.audits, 1);
    assert_int_equal(rig.audit.class, GRANT_NET);
    assert_int_equal(rig.audit.action, GRANT_LISTEN);
    assert_false(rig.audit.allowed);
    assert_string_equal(rig.resource, "127.0.0.1:80");
    assert_string_equal(rig.needed, "--listen 127.0.0.1:80");
    /* a resource of any length and any bytes */
    static char large[3 * LIMIT_PATH_BYTES];
    memset(large, '\x1b', sizeof(large));
    assert_host(host_check(rig.host, GRANT_ENV, GRANT_READ, (struct text){large, sizeof(large)}),
                HOST_E_NOTCAPABLE);
    assert_int_equal(strlen(rig.resource), LIMIT_PATH_BYTES - 1);
    assert_null(strchr(rig.needed, '\x1b'));
    for (int i = 0; i < 500; i++)
        (void)!host_check(rig.host, GRANT_NET, GRANT_LISTEN, TEXT("127.0.0.1:80"));
    assert_int_equal(rig.audits, 2);
    assert_int_equal(host_figures(rig.host).denied, 502);
    host_audit_flush(rig.host);
    assert_int_equal(rig.audits, 3);
    assert_int_equal(rig.audit.count, 500);
    assert_int_equal(rig.audit.reason, HOST_NO_GRANT);
    rig_done(&rig);
}

/* A flood of different resources: few lines, and no denial is missing from their sums. */
static void test_no_denial_is_lost(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    for (int i = 0; i < 5000; i++) {
        char name[32];
        snprintf(name, sizeof(name), "NAME%d", i % 700);
        assert_host(host_check(rig.host, GRANT_ENV, GRANT_READ, text_of(name)), HOST_E_NOTCAPABLE);
    }
    assert_true(rig.audits >= 50 && rig.audits < 100);
    host_audit_flush(rig.host);
    assert_true(rig.audits < 200);
    assert_int_equal(rig.told + rig.lost, 5000);
    host_audit_flush(rig.host);
    assert_int_equal(rig.told + rig.lost, 5000);
    rig_done(&rig);
}

/* Why, and what would change it: a row of its own, of the policy, one that lets pass and tells, one that is
 * over. */
static void test_reasons(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    static const struct {
        const char *effect, *source, *pattern;
        uint64_t expires_ms;
    } rows[] = {{"allow", "option", "10.0.0.0/8:*", 0}, {"allow", "admin", "192.0.2.1:80", 1},
                {"deny", "admin", "10.1.0.0/16:*", 0},  {"deny", "policy", "10.2.0.0/16:*", 0},
                {"deny", "policy", "10.3.0.0/16:*", 1}, {"audit", "option", "127.0.0.1:*", 0}};
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        assert_int_equal(grant_add_text_until(&rig.grants, "net", "connect", rows[i].pattern, rows[i].effect,
                                              rows[i].source, rows[i].expires_ms, NULL),
                         0);
    static const struct {
        const char *resource;
        bool passes;
        unsigned audits;
        enum host_reason reason;
        const char *needed;
    } cases[] = {
        {"10.9.0.1:1", true, 0, HOST_NO_GRANT, ""},
        {"10.3.0.1:1", true, 0, HOST_NO_GRANT, ""}, /* what denied it is over */
        {"192.0.2.1:80", false, 1, HOST_NO_GRANT, "--net connect=192.0.2.1:80"},
        {"10.1.0.1:1", false, 2, HOST_DENIED_BY_ROW, "--deny 'net:connect:10.1.0.0/16:*'"},
        {"10.2.0.1:1", false, 3, HOST_DENIED_BY_POLICY, "--deny 'net:connect:10.2.0.0/16:*'"},
        {"127.0.0.1:5", true, 4, HOST_ONLY_TOLD, "--net connect=127.0.0.1:5"},
        {"127.0.0.1:5", true, 4, HOST_ONLY_TOLD, "--net connect=127.0.0.1:5"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        assert_host(host_check(rig.host, GRANT_NET, GRANT_CONNECT, text_of(cases[i].resource)),
                    cases[i].passes ? 0 : HOST_E_NOTCAPABLE);
        assert_int_equal(rig.audits, cases[i].audits);
        if (!rig.audits)
            continue;
        assert_int_equal(rig.audit.reason, cases[i].reason);
        assert_int_equal(rig.audit.allowed, cases[i].reason == HOST_ONLY_TOLD);
        assert_string_equal(rig.needed, cases[i].needed);
    }
    assert_int_equal(host_figures(rig.host).denied, 3);
    assert_int_equal(host_figures(rig.host).passed, 2);
    rig_done(&rig);
}

static void test_random(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    const size_t length = 1000000;
    uint8_t *bytes = mem_alloc(length + 1);
    assert_non_null(bytes);
    assert_host(host_random(rig.host, bytes, 0), 0);
    assert_int_equal(bytes[0], 0);
    assert_host(host_random(rig.host, bytes, length), 0);
    assert_int_equal(bytes[length], 0);
    assert_true(host_figures(rig.host).waits >= 3);
    unsigned zeros = 0;
    for (size_t i = 0; i < length; i++)
        zeros += bytes[i] == 0;
    assert_true(zeros > 3000 && zeros < 5000);
    rig.stop = true;
    assert_host(host_random(rig.host, bytes, length), HOST_STOP);
    mem_free(bytes);
    rig_done(&rig);
}

/* A day in the life of an instance, for the torture: it must come to an orderly end whatever fails. */
static int live(void *user, arcella_error **reterr) {
    (void)user;
    struct loop *loop = NULL;
    struct rig rig = {.budget.limit_bytes = LIMIT_HOST_BYTES};
    int r = loop_new(&loop, reterr);
    if (r < 0)
        return r;
    rig.loop = loop;
    struct host_config config = {.loop = loop,
                                 .grants = &rig.grants,
                                 .budget = &rig.budget,
                                 .hooks = {.wait = rig_wait, .wake = rig_wake, .run = &rig, .user = &rig}};
    struct host *host = NULL;
    struct host_table *table = NULL;
    struct host_file *dir = NULL, *file = NULL, *log = NULL;
    r = host_new(&config, &host, reterr);
    if (r == 0)
        r = host_table_new(host, &table, reterr);
    if (r == 0)
        r = grant_add(&rig.grants, GRANT_FS, GRANT_READ | GRANT_WRITE, "/x::/x", GRANT_ALLOW, GRANT_BY_OPTION,
                      reterr);
    FD_AUTO fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int h = 0;
    if (r == 0) {
        h = host_dir_grant(host, fd, "/x", true, &dir);
        struct host_open how = {.read = true, .write = true, .create = true};
        size_t n;
        char text[] = "half a line";
        struct iovec iov = {text, 11};
        if (h == 0)
            h = host_dir_open(dir, "torture", 7, &how, &file);
        if (h == 0)
            h = host_file_write(file, &iov, 1, &n);
        if (h == 0)
            h = host_file_sync(file, false);
        if (h == 0)
            h = host_dir_link(dir, "torture", 7, dir, "torture2", 8);
        if (h == 0)
            h = host_dir_rename(dir, "torture2", 8, dir, "torture3", 8);
        if (h == 0)
            h = host_dir_unlink(dir, "torture3", 8);
        if (h == 0)
            h = host_log_new(host, 1, &log);
        iov = (struct iovec){text, 11};
        if (h == 0)
            h = host_file_write(log, &iov, 1, &n);
        int fds[2] = {-1, -1};
        struct host_file *pipe_end = NULL;
        uint32_t number;
        if (h == 0 && pipe2(fds, O_CLOEXEC) == 0)
            h = host_stream_new(host, fds[0], HOST_READ, &pipe_end);
        if (h == 0) {
            fds[0] = -1;
            h = host_table_add(table, pipe_end, NULL, &number);
            if (h)
                host_file_unref(pipe_end);
        }
        if (h == 0) {
            struct host_poll item = {.file = pipe_end, .events = HOST_READ};
            h = host_poll(host, &item, 1, clock_monotonic_ns() + 1000000);
        }
        fd_close(fds[0]);
        fd_close(fds[1]);
    }
    if (h > 0)
        r = error_set(reterr, h == HOST_E_NOMEM ? ARCELLA_E_NOMEM : ARCELLA_E_SYSTEM, "%s",
                      host_error_words(h));
    host_file_unref(log);
    host_file_unref(file);
    host_file_unref(dir);
    host_table_free(table);
    host_free(host);
    unlink("torture");
    unlink("torture2");
    unlink("torture3");
    grant_set_done(&rig.grants);
    loop_free(loop);
    assert_int_equal(rig.budget.used_bytes, 0);
    return r;
}

static void test_torture(void **state) {
    (void)state;
    int before = rig_descriptors();
    torture_alloc(live, NULL);
    torture_sys(live, NULL, EIO, 0);
    assert_int_equal(rig_descriptors(), before);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_errors),  cmocka_unit_test(test_new),
        cmocka_unit_test(test_check),   cmocka_unit_test(test_no_denial_is_lost),
        cmocka_unit_test(test_reasons), cmocka_unit_test(test_random),
        cmocka_unit_test(test_torture),
    };
    return cmocka_run_group_tests(tests, rig_enter, rig_leave);
}
