/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Children: how they ended, ends before anybody asked, orphans, and reports that are not wanted any more. */
#include "torture.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/loop.h"

static struct loop *loop;

static int set_up(void **state) {
    (void)state;
    return loop_new(&loop, NULL);
}

static int tear_down(void **state) {
    (void)state;
    loop = loop_free(loop);
    int status;
    while (waitpid(-1, &status, 0) > 0)
        continue;
    return 0;
}

/* A child that waits so long, then exits with a code. */
static pid_t start(unsigned wait_us, int code) {
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        usleep(wait_us);
        _exit(code);
    }
    return pid;
}

struct report {
    unsigned count;
    pid_t pid;
    struct child_status status;
    bool keep; /* do not free in the callback */
    struct loop_child *child;
};

static void on_end(struct loop_child *child, struct child_status status, void *user) {
    struct report *r = user;
    r->count++;
    r->pid = loop_child_pid(child);
    r->status = status;
    assert_ptr_equal(child, r->child);
    if (!r->keep)
        r->child = loop_child_free(child);
}

static void watch(pid_t pid, struct report *report) {
    ERROR_AUTO *e = NULL;
    if (loop_child_watch(loop, pid, on_end, report, &report->child, &e) < 0)
        fail_msg("%s", arcella_error_message(e));
    assert_int_equal(report->count, 0); /* never from inside */
}

static void an_end_is_reported(void **state) {
    (void)state;
    struct report code = {0};
    struct report killed = {0};
    watch(start(5000, 7), &code);
    pid_t pid = start(10000000, 0);
    watch(pid, &killed);
    assert_int_equal(kill(pid, SIGKILL), 0);
    loop_run(loop); /* children hold the loop */
    assert_int_equal(code.count, 1);
    assert_int_equal(code.status.code, 7);
    assert_int_equal(code.status.signal, 0);
    assert_int_equal(killed.count, 1);
    assert_int_equal(killed.pid, pid);
    assert_int_equal(killed.status.code, 0);
    assert_int_equal(killed.status.signal, SIGKILL);
}

static void many_ends_at_once_are_all_reported(void **state) {
    (void)state;
    enum { COUNT = 40 };
    struct report reports[COUNT] = {0};
    for (int i = 0; i < COUNT; i++)
        watch(start(20000, i), &reports[i]);
    loop_run(loop);
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(reports[i].count, 1);
        assert_int_equal(reports[i].status.code, i);
    }
}

static void a_zombie_from_before_the_first_watch_is_reported(void **state) {
    (void)state;
    pid_t pid = start(0, 3);
    siginfo_t info;
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0); /* it has ended */
    struct report r = {0};
    watch(pid, &r);
    loop_run(loop);
    assert_int_equal(r.count, 1);
    assert_int_equal(r.status.code, 3);
}

static void never(struct loop_timer *timer, void *user) {
    (void)timer;
    (void)user;
}

/* Let the loop reap a child that nobody watches. A loop with nothing to wait for does not look, so it gets a
 * timer. */
static void reap_unwatched(pid_t pid) {
    siginfo_t info;
    int r;
    struct loop_timer *timer = NULL;
    assert_int_equal(loop_timer_new(loop, never, NULL, &timer, NULL), 0);
    loop_timer_start(timer, 1000000, 0);
    do {
        loop_run_ready(loop);
        usleep(1000);
        r = waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT);
    } while (r == 0);
    assert_int_equal(errno, ECHILD);
    loop_timer_free(timer);
}

static void an_end_before_the_watch_is_remembered(void **state) {
    (void)state;
    assert_int_equal(loop_reap_orphans(loop, NULL), 0);
    assert_int_equal(loop_reap_orphans(loop, NULL), 0);
    pid_t first = start(0, 11);
    pid_t second = start(0, 12);
    reap_unwatched(first);
    reap_unwatched(second);
    struct report a = {0};
    struct report b = {0};
    watch(second, &b);
    watch(first, &a);
    loop_run(loop);
    assert_int_equal(a.count, 1);
    assert_int_equal(a.status.code, 11);
    assert_int_equal(b.count, 1);
    assert_int_equal(b.status.code, 12);
    /* Told once. */
    struct loop_child *child = NULL;
    ERROR_AUTO *e = NULL;
    assert_int_equal(loop_child_watch(loop, first, on_end, &a, &child, &e), ARCELLA_E_NOT_FOUND);
}

static void remembering_is_bounded(void **state) {
    (void)state;
    assert_int_equal(loop_reap_orphans(loop, NULL), 0);
    pid_t pids[LIMIT_CHILD_STATUSES + 1];
    for (size_t i = 0; i < ARRAY_LENGTH(pids); i++) {
        pids[i] = start(0, 1);
        reap_unwatched(pids[i]);
    }
    struct report r = {0};
    ERROR_AUTO *e = NULL;
    assert_int_equal(loop_child_watch(loop, pids[0], on_end, &r, &r.child, &e), ARCELLA_E_NOT_FOUND);
    watch(pids[1], &r);
    loop_run(loop);
    assert_int_equal(r.count, 1);
}

static void a_freed_watch_reports_nothing(void **state) {
    (void)state;
    struct report running = {0};
    pid_t pid = start(5000, 0);
    watch(pid, &running);
    running.child = loop_child_free(running.child);
    loop_run(loop);      /* nothing holds it */
    reap_unwatched(pid); /* but it is reaped */
    assert_int_equal(running.count, 0);
    struct report ended = {0};
    watch(pid, &ended);
    ended.child = loop_child_free(ended.child);
    loop_run(loop);
    assert_int_equal(ended.count, 0);
    struct report kept = {.keep = true};
    watch(start(0, 5), &kept);
    loop_run(loop);
    assert_int_equal(kept.count, 1);
    loop_child_free(kept.child);
    assert_null(loop_child_free(NULL));
}

/* The first end frees the watch of the second, which has ended too. */
static struct report both[2];

static void free_the_other(struct loop_child *child, struct child_status status, void *user) {
    (void)status;
    struct report *r = user;
    r->count++;
    struct report *other = r == &both[0] ? &both[1] : &both[0];
    r->child = loop_child_free(child);
    other->child = loop_child_free(other->child);
}

static void a_report_may_free_another_watch(void **state) {
    (void)state;
    memset(both, 0, sizeof(both));
    for (int i = 0; i < 2; i++)
        assert_int_equal(
            loop_child_watch(loop, start(1000, 0), free_the_other, &both[i], &both[i].child, NULL), 0);
    usleep(50000); /* both end before the loop looks */
    loop_run(loop);
    assert_int_equal(both[0].count + both[1].count, 1);
    /* The same for ends that were remembered. */
    memset(both, 0, sizeof(both));
    pid_t pids[2] = {start(0, 0), start(0, 0)};
    reap_unwatched(pids[0]);
    reap_unwatched(pids[1]);
    for (int i = 0; i < 2; i++)
        assert_int_equal(loop_child_watch(loop, pids[i], free_the_other, &both[i], &both[i].child, NULL), 0);
    loop_run(loop);
    assert_int_equal(both[0].count + both[1].count, 1);
}

static void what_is_no_child_is_refused(void **state) {
    (void)state;
    static const struct {
        pid_t pid;
        int code;
    } cases[] = {{0, ARCELLA_E_INVALID}, {-5, ARCELLA_E_INVALID}, {1, ARCELLA_E_NOT_FOUND}};
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct loop_child *child = NULL;
        ERROR_AUTO *e = NULL;
        assert_int_equal(loop_child_watch(loop, cases[i].pid, on_end, NULL, &child, &e), cases[i].code);
        assert_null(child);
    }
    struct report r = {0};
    pid_t pid = start(5000, 0);
    watch(pid, &r);
    struct loop_child *twice = NULL;
    assert_int_equal(loop_child_watch(loop, pid, on_end, NULL, &twice, NULL), ARCELLA_E_EXISTS);
    loop_run(loop);
    assert_int_equal(r.count, 1);
}

static void orphans_are_reaped(void **state) {
    (void)state;
    /* As PID 1 would inherit them. */
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    assert_int_equal(loop_reap_orphans(loop, NULL), 0);
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    struct report r = {0};
    pid_t parent = fork();
    if (parent == 0) {
        pid_t grandchild = start(20000, 9);
        if (write(fds[1], &grandchild, sizeof(grandchild)) != (ssize_t)sizeof(grandchild))
            _exit(1);
        _exit(0);
    }
    watch(parent, &r);
    pid_t grandchild = 0;
    assert_int_equal(read(fds[0], &grandchild, sizeof(grandchild)), sizeof(grandchild));
    loop_run(loop);
    assert_int_equal(r.count, 1);
    reap_unwatched(grandchild);
    close(fds[0]);
    close(fds[1]);
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0), 0);
}

static void watches_left_are_freed_with_the_loop(void **state) {
    (void)state;
    struct loop *other = NULL;
    assert_int_equal(loop_new(&other, NULL), 0);
    struct loop_child *child = NULL;
    assert_int_equal(loop_child_watch(other, start(0, 0), on_end, NULL, &child, NULL), 0);
    loop_free(other); /* the sanitizer would see it leak */
}

static int watch_one(void *user, arcella_error **reterr) {
    (void)user;
    struct loop *other = NULL;
    int r = loop_new(&other, reterr);
    pid_t pid = start(0, 4);
    struct report report = {0};
    if (r == 0)
        r = loop_child_watch(other, pid, on_end, &report, &report.child, reterr);
    if (r == 0) {
        loop_run(other);
        assert_int_equal(report.count, 1);
    }
    loop_free(other);
    int status;
    while (waitpid(-1, &status, 0) > 0)
        continue;
    return r;
}

static void no_memory_is_an_answer(void **state) {
    (void)state;
    torture_alloc(watch_one, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_end_is_reported, set_up, tear_down),
        cmocka_unit_test_setup_teardown(many_ends_at_once_are_all_reported, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_zombie_from_before_the_first_watch_is_reported, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_end_before_the_watch_is_remembered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(remembering_is_bounded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_freed_watch_reports_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_report_may_free_another_watch, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_child_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(orphans_are_reaped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(watches_left_are_freed_with_the_loop, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_memory_is_an_answer, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
