/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The pool: libuv's threads, shared by all loops of the process.  A job is one allocation of ours, freed
 * after its done ran on the loop.  The threads are made at the first job, or by loop_pool_warm() before a
 * sandbox forbids making any.
 */
#include <pthread.h>

#include "base/loop_internal.h"
#include "base/mem.h"

#define WARM_SECONDS 10 /* for threads to begin; they take microseconds */

struct job {
    uv_work_t uv;
    struct loop *loop;
    loop_work_fn *work;
    loop_work_fn *done;
    void *user;
};

static void on_work(uv_work_t *request) {
    struct job *job = CONTAINER_OF(request, struct job, uv);
    job->work(job->user);
}

static void on_done(uv_work_t *request, int status) {
    (void)status; /* nobody cancels */
    struct job *job = CONTAINER_OF(request, struct job, uv);
    loop_work_fn *done = job->done;
    void *user = job->user;
    job->loop->jobs--;
    mem_free(job);
    if (done)
        done(user);
}

int loop_work(struct loop *loop, loop_work_fn *work, loop_work_fn *done, void *user, arcella_error **reterr) {
    if (loop->jobs >= LIMIT_POOL_JOBS)
        return error_set(reterr, ARCELLA_E_BUSY, "%d jobs wait for the thread pool", LIMIT_POOL_JOBS);
    struct job *job = mem_new(struct job);
    if (!job)
        return error_nomem(reterr);
    job->loop = loop;
    job->work = work;
    job->done = done;
    job->user = user;
    int status = uv_queue_work(&loop->uv, &job->uv, on_work, on_done);
    if (status < 0) {
        mem_free(job);
        return error_set(reterr, ARCELLA_E_SYSTEM, "cannot use the thread pool: %s",
                         error_errno_text(-status));
    }
    loop->jobs++;
    return 0;
}

/* --- warming --- */

/* Where the first jobs meet. Shared by them and the loop; the last one out frees it. */
struct meeting {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned expected;
    unsigned arrived;
    unsigned users; /* jobs that have not been done, and the caller */
    bool over;
};

static void leave(struct meeting *m) {
    pthread_mutex_lock(&m->lock);
    bool last = --m->users == 0;
    pthread_mutex_unlock(&m->lock);
    if (!last)
        return;
    pthread_cond_destroy(&m->changed);
    pthread_mutex_destroy(&m->lock);
    mem_free(m);
}

static void arrive(void *user) {
    struct meeting *m = user;
    pthread_mutex_lock(&m->lock);
    m->arrived++;
    if (m->arrived == m->expected)
        m->over = true;
    pthread_cond_broadcast(&m->changed);
    while (!m->over)
        pthread_cond_wait(&m->changed, &m->lock);
    pthread_mutex_unlock(&m->lock);
}

static void arrived(void *user) {
    leave(user);
}

static struct meeting *new_meeting(unsigned expected) {
    struct meeting *m = mem_new(struct meeting);
    if (!m)
        return NULL;
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&m->lock, NULL);
    pthread_cond_init(&m->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    m->expected = expected;
    m->users = 1;
    return m;
}

int loop_pool_warm(struct loop *loop, unsigned count, arcella_error **reterr) {
    if (count == 0 || count > LIMIT_POOL_THREADS)
        return error_set(reterr, ARCELLA_E_INVALID, "a pool has 1 to %d threads", LIMIT_POOL_THREADS);
    char number[16];
    snprintf(number, sizeof(number), "%u", count);
    /* libuv reads it when the pool is first used; too late if that was before, which the meeting below shows.
     */
    if (setenv("UV_THREADPOOL_SIZE", number, 1) < 0)
        return error_nomem(reterr);
    struct meeting *m = new_meeting(count);
    if (!m)
        return error_nomem(reterr);
    /* No job ends before count of them run at the same time, each on a thread of its own. */
    int r = 0;
    for (unsigned i = 0; i < count && r == 0; i++) {
        pthread_mutex_lock(&m->lock);
        m->users++;
        pthread_mutex_unlock(&m->lock);
        r = loop_work(loop, arrive, arrived, m, reterr);
        if (r < 0)
            leave(m);
    }
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += WARM_SECONDS;
    pthread_mutex_lock(&m->lock);
    while (r == 0 && !m->over)
        if (pthread_cond_timedwait(&m->changed, &m->lock, &until) == ETIMEDOUT)
            break;
    bool complete = m->over;
    m->over = true;
    pthread_cond_broadcast(&m->changed);
    pthread_mutex_unlock(&m->lock);
    leave(m);
    if (r == 0 && !complete)
        r = error_set(reterr, ARCELLA_E_SYSTEM, "the thread pool has fewer than %u threads", count);
    return r;
}
