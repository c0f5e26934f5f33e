/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The pool: work on its threads, done on the loop; threads made beforehand. */
#include "torture.h"

#include <pthread.h>
#include <stdatomic.h>
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
    assert_int_equal(threads(), before + 3);
    assert_int_equal(loop_pool_warm(loop, 3, NULL), 0);
    assert_int_equal(threads(), before + 3);
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
        cmocka_unit_test_setup_teardown(the_queue_has_a_length, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_memory_is_an_answer, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
