/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Jobs for the pool.  A job owns all it touches (its own descriptor, its own buffer), since the run that
 * waits for it can be ended at any time; it then belongs to the pool alone and frees itself when it is done.
 *
 * The run's thread makes and ends jobs; the pool's thread only runs work() on one.
 */
#include "host/pool.h"

#include <sys/sendfile.h>

#include "base/fd.h"
#include "host/inside.h"

struct job {
    struct host *host; /* NULL: nobody waits any more.  The loop's thread only */
    bool done;         /* the loop's thread only */
    int fd; /* owned: a second number for the file, so that closing the file closes it under nobody */
    int to; /* owned: likewise, of what is written; -1: nothing */
    enum { READ, SYNC, DATASYNC, ALLOCATE, COPY_RANGE, SENDFILE, SPLICE } what;
    uint64_t offset;
    uint64_t to_offset;
    size_t length;
    ssize_t result;
    int errnum;
    uint8_t bytes[]; /* length of them, READ only */
};

static void job_free(struct job *job) {
    fd_close(job->fd);
    fd_close(job->to);
    mem_free(job);
}

/* On a thread of the pool. */
static void work(void *user) {
    struct job *job = user;
    off_t offset = (off_t)job->offset, to_offset = (off_t)job->to_offset;
    switch (job->what) {
    case READ:
        job->result = SYS_RETRY_(ssize_t, pread(job->fd, job->bytes, job->length, (off_t)job->offset));
        break;
    case SYNC: job->result = SYS_RETRY_(int, fsync(job->fd)); break;
    case DATASYNC: job->result = SYS_RETRY_(int, fdatasync(job->fd)); break;
    case ALLOCATE:
        job->result = SYS_RETRY_(int, fallocate(job->fd, 0, (off_t)job->offset, (off_t)job->length));
        break;
    case COPY_RANGE:
        job->result =
            SYS_RETRY_(ssize_t, copy_file_range(job->fd, &offset, job->to, &to_offset, job->length, 0));
        break;
    case SENDFILE: job->result = SYS_RETRY_(ssize_t, sendfile(job->to, job->fd, &offset, job->length)); break;
    case SPLICE:
        job->result =
            SYS_RETRY_(ssize_t, splice(job->fd, &offset, job->to, NULL, job->length, SPLICE_F_NONBLOCK));
        break;
    }
    job->errnum = job->result < 0 ? errno : 0;
}

/* On the loop. */
static void work_done(void *user) {
    struct job *job = user;
    job->done = true;
    if (job->host)
        host_fire(job->host);
    else
        job_free(job);
}

/*
 * Run a job and wait for it.
 *
 * @return 0 (the job is done and the caller's), HOST_STOP (it is gone), HOST_E_BUSY (it did not start; the
 * caller's)
 */
static int run(struct host *host, struct job *job) {
    job->host = host;
    if (!host->hooks.wait || loop_work(host->loop, work, work_done, job, NULL) < 0)
        return HOST_E_BUSY;
    int r = 0;
    while (!job->done && r == 0)
        r = host_park(host, UINT64_MAX);
    if (r == 0)
        return 0;
    if (job->done)
        job_free(job);
    else
        job->host = NULL;
    return HOST_STOP;
}

static struct job *job_new(const struct host_file *file, size_t bytes) {
    struct job *job = mem_alloc(sizeof(*job) + bytes);
    if (!job)
        return NULL;
    job->fd = fcntl(file->fd, F_DUPFD_CLOEXEC, 0);
    job->to = -1;
    job->length = bytes;
    if (job->fd < 0) {
        mem_free(job);
        return NULL;
    }
    return job;
}

static void scatter(const struct iovec *iov, size_t count, const uint8_t *from, size_t length) {
    for (size_t i = 0; i < count && length > 0; i++) {
        size_t n = iov[i].iov_len < length ? iov[i].iov_len : length;
        if (n)
            memcpy(iov[i].iov_base, from, n);
        from += n;
        length -= n;
    }
}

static int read_in_place(const struct host_file *file, const struct iovec *iov, size_t count, uint64_t offset,
                         size_t *ret) {
    ssize_t n = SYS_RETRY_(ssize_t, preadv(file->fd, iov, (int)count, (off_t)offset));
    if (n < 0)
        return host_errno();
    *ret = (size_t)n;
    return 0;
}

int host_pool_read(struct host_file *file, const struct iovec *iov, size_t count, size_t length,
                   uint64_t offset, size_t *ret) {
    struct host *host = file->host;
    size_t bytes = length < HOST_POOL_BYTES ? length : HOST_POOL_BYTES;
    if (!host_take(host, bytes))
        return read_in_place(file, iov, count, offset, ret);
    struct job *job = job_new(file, bytes);
    int r = HOST_E_BUSY;
    if (job) {
        job->what = READ;
        job->offset = offset;
        r = run(host, job);
    }
    /* A read that was given up keeps its memory until the disk has answered, but is nobody's budget any more.
     */
    host_give(host, bytes);
    if (r == HOST_STOP)
        return r;
    if (r == HOST_E_BUSY) {
        if (job)
            job_free(job);
        return read_in_place(file, iov, count, offset, ret);
    }
    if (job->result < 0) {
        r = host_error_of(job->errnum);
    } else {
        scatter(iov, count, job->bytes, (size_t)job->result);
        *ret = (size_t)job->result;
    }
    job_free(job);
    return r;
}

/* Run a job without bytes of its own. @return HOST_E_BUSY: do it in place */
static int run_plain(struct host_file *file, struct job *job) {
    int r = run(file->host, job);
    if (r == HOST_STOP)
        return r;
    if (r == 0)
        r = job->result < 0 ? host_error_of(job->errnum) : 0;
    job_free(job);
    return r;
}

int host_pool_sync(struct host_file *file, bool only_data) {
    struct job *job = job_new(file, 0);
    int r = HOST_E_BUSY;
    if (job) {
        job->what = only_data ? DATASYNC : SYNC;
        r = run_plain(file, job);
    }
    if (r != HOST_E_BUSY)
        return r;
    r = only_data ? SYS_RETRY_(int, fdatasync(file->fd)) : sys_fsync(file->fd);
    return r < 0 ? host_errno() : 0;
}

int host_pool_allocate(struct host_file *file, uint64_t offset, uint64_t length) {
    struct job *job = job_new(file, 0);
    int r = HOST_E_BUSY;
    if (job) {
        job->what = ALLOCATE;
        job->offset = offset;
        job->length = length;
        r = run_plain(file, job);
    }
    if (r != HOST_E_BUSY)
        return r;
    r = SYS_RETRY_(int, fallocate(file->fd, 0, (off_t)offset, (off_t)length));
    return r < 0 ? host_errno() : 0;
}

int host_pool_move(struct host_file *from, uint64_t offset, struct host_file *to, uint64_t to_offset,
                   enum host_pool_move how, size_t length, size_t *ret) {
    *ret = 0;
    struct job *job = job_new(from, 0);
    if (!job)
        return HOST_E_NOTSUP;
    job->what = how == HOST_POOL_COPY_RANGE ? COPY_RANGE : how == HOST_POOL_SENDFILE ? SENDFILE : SPLICE;
    job->offset = offset;
    job->to_offset = to_offset;
    job->length = length;
    job->to = fcntl(to->fd, F_DUPFD_CLOEXEC, 0);
    int r = job->to < 0 ? HOST_E_BUSY : run(from->host, job);
    if (r == HOST_STOP)
        return r;
    if (r == 0 && job->result < 0)
        r = host_error_of(job->errnum);
    if (r == 0)
        *ret = (size_t)job->result;
    job_free(job);
    return r == HOST_E_BUSY ? HOST_E_NOTSUP : r;
}
