/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* TCP ports of grants, summed up for a worker's sandbox. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "daemon/ports.h"

static struct ports ports;
static struct ipc_port rows[PORTS_ROWS];

static void grant(struct grant_set *set, unsigned actions, const char *pattern, enum grant_effect effect) {
    arcella_error *error = NULL;
    if (grant_add(set, GRANT_NET, actions, pattern, effect, GRANT_BY_OPTION, &error) < 0)
        fail_msg("%s: %s", pattern, arcella_error_message(error));
}

static void assert_row(size_t index, uint64_t low, uint64_t high, bool bind) {
    assert_int_equal(rows[index].low, low);
    assert_int_equal(rows[index].high, high);
    assert_int_equal(rows[index].bind, bind);
    assert_int_equal(rows[index].connect, !bind);
}

static void test_wanted(void **state) {
    (void)state;
    static const struct {
        unsigned actions;
        const char *pattern;
        bool component, module;
    } cases[] = {
        {GRANT_CONNECT, "api.example.com:443", true, false},
        {GRANT_UDP, "10.0.0.1:53", true, false},
        {GRANT_LISTEN, "127.0.0.1:80", true, false},
        {GRANT_RESOLVE, "example.com", false, false},
        {0, NULL, false, false},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct grant_set set = {0};
        if (cases[i].pattern)
            grant(&set, cases[i].actions, cases[i].pattern, GRANT_ALLOW);
        assert_int_equal(ports_wanted(&set, true), cases[i].component);
        assert_int_equal(ports_wanted(&set, false), cases[i].module);
        grant_set_done(&set);
    }
    struct grant_set set = {0};
    grant(&set, GRANT_CONNECT, "*:*", GRANT_DENY);
    assert_false(ports_wanted(&set, true));
    grant(&set, GRANT_CONNECT, "*:443", GRANT_AUDIT);
    assert_true(ports_wanted(&set, true));
    grant_set_done(&set);
}

static void test_sum(void **state) {
    (void)state;
    memset(&ports, 0, sizeof(ports));
    struct grant_set set = {0};
    grant(&set, GRANT_LISTEN, "127.0.0.1:8080", GRANT_ALLOW);
    grant(&set, GRANT_LISTEN, "[::1]:8081", GRANT_ALLOW);
    grant(&set, GRANT_LISTEN, "127.0.0.1:9000", GRANT_DENY);
    grant(&set, GRANT_UDP, "10.0.0.0/8:53", GRANT_ALLOW);
    ports_add(&ports, &set);
    ports_settle(&ports);
    assert_int_equal(ports_list(&ports, rows), 1);
    assert_row(0, 8080, 8081, true);
    assert_true(ports_hold(&ports, &set));
    grant(&set, GRANT_CONNECT, "api.example.com:443", GRANT_ALLOW);
    assert_false(ports_hold(&ports, &set));
    ports_add(&ports, &set);
    assert_true(ports_hold(&ports, &set));
    assert_int_equal(ports_list(&ports, rows), 3);
    assert_row(0, 0, 0, true); /* who connects may come from any free port */
    assert_row(1, 8080, 8081, true);
    assert_row(2, 443, 443, false);
    grant(&set, GRANT_LISTEN, "0.0.0.0:65535", GRANT_ALLOW);
    ports_add(&ports, &set);
    assert_int_equal(ports_list(&ports, rows), 4);
    assert_row(2, 65535, 65535, true);
    grant_set_done(&set);
    /* a smaller set is held, another not */
    grant(&set, GRANT_CONNECT, "9.9.9.9:443", GRANT_ALLOW);
    assert_true(ports_hold(&ports, &set));
    grant(&set, GRANT_CONNECT, "9.9.9.9:440-444", GRANT_ALLOW);
    assert_false(ports_hold(&ports, &set));
    grant_set_done(&set);
}

/* Up to so many ports have a rule each; more are all. */
static void test_too_many(void **state) {
    (void)state;
    memset(&ports, 0, sizeof(ports));
    struct grant_set set = {0};
    char pattern[64];
    for (int i = 0; i < 250; i++) { /* as scattered as they can be */
        snprintf(pattern, sizeof(pattern), "9.9.9.9:%d", 2 * i + 1);
        grant(&set, GRANT_CONNECT, pattern, GRANT_ALLOW);
    }
    ports_add(&ports, &set);
    ports_settle(&ports);
    assert_int_equal(ports_list(&ports, rows), 251);
    snprintf(pattern, sizeof(pattern), "9.9.9.9:1000-%d", 1000 + LIMIT_SANDBOX_PORTS - 250 - 1);
    grant(&set, GRANT_CONNECT, pattern, GRANT_ALLOW);
    ports_add(&ports, &set);
    ports_settle(&ports);
    assert_int_equal(ports_list(&ports, rows), 252);
    grant(&set, GRANT_CONNECT, "9.9.9.9:60000", GRANT_ALLOW);
    ports_add(&ports, &set);
    ports_settle(&ports);
    assert_int_equal(ports_list(&ports, rows), 2);
    assert_row(0, 0, 0, true);
    assert_row(1, 0, 65535, false);
    grant_set_done(&set);
    grant(&set, GRANT_CONNECT, "*:12345", GRANT_ALLOW);
    assert_true(ports_hold(&ports, &set));
    grant(&set, GRANT_LISTEN, "127.0.0.1:*", GRANT_ALLOW);
    assert_false(ports_hold(&ports, &set));
    ports_add(&ports, &set);
    ports_settle(&ports);
    assert_int_equal(ports_list(&ports, rows), 2);
    assert_row(0, 0, 65535, true);
    grant_set_done(&set);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_wanted), cmocka_unit_test(test_sum),
                                       cmocka_unit_test(test_too_many)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
