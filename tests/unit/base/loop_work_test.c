/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The pool: work on its threads, done on the loop; threads made beforehand. */
#include "torture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/loop.h"
#include "folder.h"

static struct loop *loop;

static int set_up(void **state) {
    (void)state;
    return loop_new(&loop, NULL);
}

static int tear_down(void **state) {
    (void)state;
    loop = loop_free(loop);
    return 0;
}

static int threads(void) {
    return folder_count("/proc/self/task");
}

/* First, since the pool is made once a process. */
static void warming_makes_the_threads(void **state) {
    (void)state;
    int before = threads();
    ERROR_AUTO *e = NULL;
    assert_int_equal(loop_pool_warm(loop, 0, &e), ARCELLA_E_INVALID);
    assert_int_equal(loop_pool_warm(loop, LIMIT_POOL_THREADS + 1, &e), ARCELLA_E_INVALID);
    assert_int_equal(threads(), before);
    assert_int_equal(loop_pool_warm(loop, 3, NULL), 0);
    int after = threads();
    assert_true(after >= before + 3); /* a sanitizer may bring one of its own */
    assert_int_equal(loop_pool_warm(loop, 3, NULL), 0);
    assert_int_equal(threads(), after);
    loop_run(loop);
}

struct job {
    pthread_t worked_on;
    pthread_t done_on;

    unsigned done_count;
};

static void work(void *user) {
    struct job *job = user;
    usleep(1000);
    job->worked_on = pthread_self();
}

static void done(void *user) {
    struct job *job = user;
    job->done_on = pthread_self();
    job->done_count++;
}

static void work_runs_there_and_done_here(void **state) {
    (void)state;
    struct job jobs[20] = {0};
    for (size_t i = 0; i < ARRAY_LENGTH(jobs); i++)
        assert_int_equal(loop_work(loop, work, done, &jobs[i], NULL), 0);
    loop_run(loop);
    for (size_t i = 0; i < ARRAY_LENGTH(jobs); i++) {
        assert_int_equal(jobs[i].done_count, 1);
        assert_true(pthread_equal(jobs[i].done_on, pthread_self()));
        assert_false(pthread_equal(jobs[i].worked_on, pthread_self()));
    }
    struct job quiet = {0};
    assert_int_equal(loop_work(loop, work, NULL, &quiet, NULL), 0);
    loop_run(loop);
    assert_false(pthread_equal(quiet.worked_on, pthread_self()));
}

static void jobs_left_are_done_before_the_loop_is_gone(void **state) {
    (void)state;
    struct loop *other = NULL;
    assert_int_equal(loop_new(&other, NULL), 0);
    struct job jobs[8] = {0};
    for (size_t i = 0; i < ARRAY_LENGTH(jobs); i++)
        assert_int_equal(loop_work(other, work, done, &jobs[i], NULL), 0);
    loop_free(other);
    for (size_t i = 0; i < ARRAY_LENGTH(jobs); i++)
        assert_int_equal(jobs[i].done_count, 1);
}

/* What a job that comes home while its loop is being freed may do. */
struct late {
    struct loop *loop;
    struct loop_child *child;
    struct loop_timer *timer;
    bool done;
};

static void late_child(struct loop_child *child, struct child_status status, void *user) {
    (void)child;
    (void)status;
    (void)user;
}

static void late_timer(struct loop_timer *timer, void *user) {
    (void)timer;
    (void)user;
}

static void late_work(void *user) {
    (void)user;
    usleep(20000);
}

static void late_done(void *user) {
    struct late *late = user;
    assert_int_equal(loop_defer(late->loop, late_work, NULL, NULL), ARCELLA_E_CLOSED);
    late->child = loop_child_free(late->child);
    struct loop_child *child = NULL;
    assert_int_equal(loop_child_watch(late->loop, getpid(), late_child, NULL, &child, NULL),
                     ARCELLA_E_CLOSED);
    assert_int_equal(loop_timer_new(late->loop, late_timer, NULL, &late->timer, NULL), 0);
    loop_timer_start(late->timer, 100000, 0);
    late->done = true;
}

static void a_job_may_come_home_to_a_closing_loop(void **state) {
    (void)state;
    struct late late = {0};
    assert_int_equal(loop_new(&late.loop, NULL), 0);
    assert_int_equal(loop_defer(late.loop, late_work, NULL, NULL), 0);
    loop_run(late.loop);
    pid_t pid = fork();
    if (pid == 0) {
        pause();
        _exit(0);
    }
    assert_int_equal(loop_child_watch(late.loop, pid, late_child, NULL, &late.child, NULL), 0);
    assert_int_equal(loop_work(late.loop, late_work, late_done, &late, NULL), 0);
    loop_free(late.loop);
    assert_true(late.done);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static atomic_bool gate_open;

static void wait_for_gate(void *user) {
    (void)user;
    while (!gate_open)
        usleep(1000);
}

static void the_queue_has_a_length(void **state) {
    (void)state;
    atomic_store(&gate_open, false);
    for (unsigned i = 0; i < LIMIT_POOL_JOBS; i++)
        assert_int_equal(loop_work(loop, wait_for_gate, NULL, NULL, NULL), 0);
    ERROR_AUTO *e = NULL;
    assert_int_equal(loop_work(loop, wait_for_gate, NULL, NULL, &e), ARCELLA_E_BUSY);
    assert_int_equal(arcella_error_code(e), ARCELLA_E_BUSY);
    atomic_store(&gate_open, true);
    loop_run(loop);
    assert_int_equal(loop_work(loop, wait_for_gate, NULL, NULL, NULL), 0);
    loop_run(loop);
}

static int use_pool(void *user, arcella_error **reterr) {
    (void)user;
    struct loop *other = NULL;
    struct job job = {0};
    int r = loop_new(&other, reterr);
    if (r == 0)
        r = loop_pool_warm(other, 2, reterr);
    if (r == 0)
        r = loop_work(other, work, done, &job, reterr);
    loop_free(other);
    assert_int_equal(job.done_count, r == 0);
    return r;
}

static void no_memory_is_an_answer(void **state) {
    (void)state;
    torture_alloc(use_pool, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(warming_makes_the_threads, set_up, tear_down),
        cmocka_unit_test_setup_teardown(work_runs_there_and_done_here, set_up, tear_down),
        cmocka_unit_test_setup_teardown(jobs_left_are_done_before_the_loop_is_gone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_job_may_come_home_to_a_closing_loop, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_queue_has_a_length, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_memory_is_an_answer, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
