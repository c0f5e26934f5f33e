/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Lookups of workers in their parent: the grants are asked here whatever the worker says, answers find who
 * asked. The source is included, with workers that only note what they are sent and names that are made up.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <netdb.h>
#include <netinet/in.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "base/mem.h"
#include "wire/ipc.h"
#include "workers/resolve.h"
#include "workers/workers.h"

/* --- in place of workers and of the system's names --- */

struct worker {
    unsigned answers;
    struct ipc_lookup_answer last; /* its texts are gone */
    uint8_t addresses[IPC_LOOKUP_ADDRESSES * 16];
};

static int note_send(struct worker *worker, enum ipc_type type, const void *record,
                     const struct channel_extra *extra, arcella_error **reterr) {
    (void)extra;
    (void)reterr;
    assert_int_equal(type, IPC_LOOKUP_ANSWER);
    worker->last = *(const struct ipc_lookup_answer *)record;
    assert_true(worker->last.addresses.length <= sizeof(worker->addresses));
    if (worker->last.addresses.length)
        memcpy(worker->addresses, worker->last.addresses.data, worker->last.addresses.length);
    worker->answers++;
    return 0;
}

static atomic_uint looked_up;
static atomic_bool hangs;

static int made_up(const char *name, const char *port, const struct addrinfo *hints, struct addrinfo **ret) {
    (void)port;
    (void)hints;
    atomic_fetch_add(&looked_up, 1);
    while (atomic_load(&hangs))
        usleep(1000);
    if (strncmp(name, "no.", 3) == 0)
        return EAI_NONAME;
    /* The same in either order of bytes: what threads share is only read. */
    static struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {.s_addr = 0x09090909}};
    static struct addrinfo one = {.ai_addr = (struct sockaddr *)(void *)&address};
    *ret = &one;
    return 0;
}

static void free_nothing(struct addrinfo *list) {
    (void)list;
}

static int new_resolver(struct loop *loop, struct resolver **ret, arcella_error **reterr) {
    static const struct resolver_calls calls = {made_up, free_nothing, 0};
    return resolver_new(loop, &calls, ret, reterr);
}

#define worker_send                            note_send
#define resolver_new(loop, calls, ret, reterr) new_resolver(loop, ret, reterr)
#define lookups_take                           tested_take
#define lookups_audit                          tested_audit
#define lookups_forget                         tested_forget
#define lookups_done                           tested_done
#include "../../../src/daemon/lookups.c"

/* --- the tests --- */

static struct loop *loop;
static struct lookups lookups;
static struct grant_set grants;

static int set_up(void **state) {
    (void)state;
    looked_up = 0;
    hangs = false;
    grants = (struct grant_set){0};
    if (loop_new(&loop, NULL) < 0)
        return -1;
    lookups = (struct lookups){.loop = loop};
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    hangs = false;
    tested_done(&lookups);
    grant_set_done(&grants);
    loop_free(loop);
    return 0;
}

static void grant(unsigned actions, const char *pattern, enum grant_effect effect) {
    assert_int_equal(grant_add(&grants, GRANT_NET, actions, pattern, effect, GRANT_BY_OPTION, NULL), 0);
}

static bool take(struct worker *worker, uint64_t instance, uint64_t number, const char *name) {
    struct ipc_lookup lookup = {.instance = instance, .number = number, .name = text_of(name)};
    return tested_take(&lookups, worker, "web", &lookup, &grants);
}

static void on_tick(struct loop_timer *timer, void *user) {
    (void)timer;
    (void)user;
}

static void run_until_answers(const struct worker *worker, unsigned count) {
    uint64_t until = clock_monotonic_ms() + 20000;
    struct loop_timer *tick = NULL;
    assert_int_equal(loop_timer_new(loop, on_tick, NULL, &tick, NULL), 0);
    loop_timer_start(tick, 10, 10);
    while (worker->answers < count && clock_monotonic_ms() < until)
        loop_run_once(loop);
    loop_timer_free(tick);
    assert_int_equal(worker->answers, count);
}

static void test_answers(void **state) {
    (void)state;
    struct worker worker = {0};
    grant(GRANT_CONNECT, "*.example.com:443", GRANT_ALLOW);
    grant(GRANT_RESOLVE, "no.example.net", GRANT_ALLOW);
    assert_true(take(&worker, 7, 1, "api.example.com"));
    assert_int_equal(worker.answers, 0);
    run_until_answers(&worker, 1);
    assert_int_equal(worker.last.instance, 7);
    assert_int_equal(worker.last.number, 1);
    assert_int_equal(worker.last.result, IPC_LOOKUP_OK);
    static const uint8_t nine[16] = {[10] = 0xff, 0xff, 9, 9, 9, 9};
    assert_int_equal(worker.last.addresses.length, 16);
    assert_memory_equal(worker.addresses, nine, 16);
    assert_true(take(&worker, 8, UINT64_MAX, "no.example.net"));
    run_until_answers(&worker, 2);
    assert_int_equal(worker.last.instance, 8);
    assert_true(worker.last.number == UINT64_MAX);
    assert_int_equal(worker.last.result, IPC_LOOKUP_NO_NAME);
    assert_int_equal(worker.last.addresses.length, 0);
}

/* A worker that has been taken over asks for what it may not: it is denied, and no name server hears of it.
 */
static void test_denied(void **state) {
    (void)state;
    static const char *const names[] = {
        "evil.example.org", "example.com", "",  "localhost", "127.0.0.1",        "127.1",
        "0x7f000001",       "a b",         "*", "..",        "api.example.com/", "\xc3\xbc.com",
        "a..com",           "[::1]"};
    struct worker worker = {0};
    grant(GRANT_CONNECT, "*.example.com:443", GRANT_ALLOW);
    grant(GRANT_LISTEN, "127.0.0.1:80", GRANT_ALLOW);
    for (unsigned i = 0; i < ARRAY_LENGTH(names); i++) {
        assert_false(take(&worker, 7, i, names[i]));
        if (worker.answers != i + 1 || worker.last.result != IPC_LOOKUP_DENIED)
            fail_msg("'%s' is looked up", names[i]);
        assert_int_equal(worker.last.number, i);
    }
    grant(GRANT_RESOLVE, "*", GRANT_DENY);
    assert_false(take(&worker, 7, 99, "api.example.com"));
    assert_int_equal(worker.last.result, IPC_LOOKUP_DENIED);
    assert_int_equal(looked_up, 0);
    assert_null(lookups.resolver); /* there was not even one to ask */
}

/* Such a refusal is told as a worker tells of its own: why, and what would help. */
static void test_told(void **state) {
    (void)state;
    struct ipc_audit audit;
    char flag[1024];
    tested_audit(TEXT("a.example.com"), &grants, flag, sizeof(flag), &audit);
    assert_string_equal(audit.class_name.data, "net");
    assert_string_equal(audit.action.data, "resolve");
    assert_true(text_equal(audit.resource, TEXT("a.example.com")));
    assert_int_equal(audit.reason, IPC_AUDIT_NO_GRANT);
    assert_true(text_equal(audit.grant, TEXT("--net resolve=a.example.com")));
    assert_int_equal(audit.count, 1);
    grant(GRANT_RESOLVE, "*.example.com", GRANT_DENY);
    tested_audit(TEXT("a.example.com"), &grants, flag, sizeof(flag), &audit);
    assert_int_equal(audit.reason, IPC_AUDIT_DENIED_BY_ROW);
    assert_true(text_equal(audit.grant, TEXT("--deny 'net:resolve:*.example.com'")));
    assert_int_equal(
        grant_add(&grants, GRANT_NET, GRANT_RESOLVE, "b.example.org", GRANT_DENY, GRANT_BY_POLICY, NULL), 0);
    tested_audit(TEXT("b.example.org"), &grants, flag, sizeof(flag), &audit);
    assert_int_equal(audit.reason, IPC_AUDIT_DENIED_BY_POLICY);
}

static void test_worker_gone(void **state) {
    (void)state;
    struct worker gone = {0}, stays = {0};
    grant(GRANT_RESOLVE, "*", GRANT_ALLOW);
    hangs = true;
    assert_true(take(&gone, 7, 1, "a.example.com"));
    assert_true(take(&gone, 7, 2, "b.example.com"));
    assert_true(take(&stays, 8, 1, "a.example.com"));
    tested_forget(&lookups, &gone);
    hangs = false;
    run_until_answers(&stays, 1);
    assert_int_equal(gone.answers, 0);
    tested_forget(&lookups, &stays);
    /* everybody goes while names hang */
    hangs = true;
    assert_true(take(&stays, 8, 2, "c.example.com"));
}

static void test_too_many(void **state) {
    (void)state;
    struct worker worker = {0};
    grant(GRANT_RESOLVE, "*", GRANT_ALLOW);
    hangs = true;
    char name[32];
    for (unsigned i = 0; i < LIMIT_RESOLVER_GROUP_QUEUED; i++) {
        snprintf(name, sizeof(name), "n%u.example.com", i);
        assert_true(take(&worker, 7, i, name));
    }
    assert_int_equal(worker.answers, 0);
    assert_true(take(&worker, 7, 4711, "more.example.com"));
    assert_int_equal(worker.answers, 1);
    assert_int_equal(worker.last.number, 4711);
    assert_int_equal(worker.last.result, IPC_LOOKUP_TEMPORARY);
    hangs = false;
    run_until_answers(&worker, 1 + LIMIT_RESOLVER_GROUP_QUEUED);
}

static void test_nobody_asked(void **state) {
    (void)state;
    struct worker worker = {0};
    tested_forget(&lookups, &worker);
    tested_done(&lookups);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_answers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_denied, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_worker_gone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_too_many, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nobody_asked, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
