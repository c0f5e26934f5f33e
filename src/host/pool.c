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

/* A cold read that the instance's budget has no room for: a run waits for one at a time, so this is a page of
 * ours for each instance. */
#define UNCHARGED_BYTES ((size_t)4096)
/* Until the pool is asked again whether it takes a job. */
#define FULL_MS 1

struct job {
    struct host *host; /* NULL: nobody waits any more.  The loop's thread only */
    bool done;         /* the loop's thread only */
    int fd; /* owned: a second number for the file, so that closing the file closes it under nobody */
    int to; /* owned: likewise, of what is written; -1: nothing */
    enum { READ, SYNC, DATASYNC, ALLOCATE, SET_SIZE, ADVISE, COPY_RANGE, SENDFILE, SPLICE, CLOSE } what;
    int advice; /* ADVISE, as the system has it */
    uint64_t offset;
    uint64_t to_offset;
    uint64_t length;
    ssize_t result;
    int errnum;
    uint8_t bytes[]; /* length of them, READ only */
};

static void job_free(struct job *job) {
    fd_close(job->fd);
    fd_close(job->to);
    mem_free(job);
}

/* Have in memory what is spliced next: while it comes from a disk the kernel holds the pipe, and with it
 * everybody who only looks at it. */
static void warm(const struct job *job) {
    char bytes[16 * 1024];
    for (uint64_t at = 0; at < job->length; at += sizeof(bytes))
        if (sys_pread(job->fd, bytes, sizeof(bytes), (off_t)(job->offset + at)) <= 0)
            return;
}

static ssize_t do_it(const struct job *job) {
    off_t offset = (off_t)job->offset, to_offset = (off_t)job->to_offset;
    int fd = job->fd;
    switch (job->what) {
    case READ: return sys_pread(fd, (void *)(uintptr_t)job->bytes, job->length, offset);
    case SYNC: return sys_fsync(fd);
    case DATASYNC: return SYS_RETRY_(int, fdatasync(fd));
    case ALLOCATE: return SYS_RETRY_(int, fallocate(fd, 0, offset, (off_t)job->length));
    case SET_SIZE: return sys_ftruncate(fd, (off_t)job->length);
    case ADVISE: errno = posix_fadvise(fd, offset, (off_t)job->length, job->advice); return errno ? -1 : 0;
    case COPY_RANGE:
        return SYS_RETRY_(ssize_t, copy_file_range(fd, &offset, job->to, &to_offset, job->length, 0));
    case SENDFILE: return SYS_RETRY_(ssize_t, sendfile(job->to, fd, &offset, job->length));
    case SPLICE:
        warm(job);
        return SYS_RETRY_(ssize_t, splice(fd, &offset, job->to, NULL, job->length, SPLICE_F_NONBLOCK));
    case CLOSE: break;
    }
    return 0;
}

/* On a thread of the pool. */
static void work(void *user) {
    struct job *job = user;
    job->result = do_it(job);
    job->errnum = job->result < 0 ? errno : 0;
    /* Here, since it may be the last close of a file that was removed, and takes as long as that is large. */
    job->fd = fd_close(job->fd);
    job->to = fd_close(job->to);
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

/* Give it to the pool; where that has all the jobs it takes, a moment later. */
static int begin(struct host *host, struct job *job) {
    for (;;) {
        int r = loop_work(host->loop, work, work_done, job, NULL);
        if (r == 0)
            return 0;
        if (r != ARCELLA_E_BUSY)
            return HOST_E_NOMEM;
        r = host_park(host, FULL_MS);
        if (r)
            return r;
    }
}

/*
 * Run a job and wait for it.  Never in place: whoever has no memory for it hears of that, and nobody else
 * waits for his disk.  But for a host without a run, which shares its loop with none.
 *
 * @return 0 (the job is done and the caller's), HOST_STOP, HOST_E_NOMEM (it is gone)
 */
static int run(struct host *host, struct job *job) {
    if (!host->hooks.wait) {
        work(job);
        return 0;
    }
    int r = begin(host, job);
    if (r) {
        job_free(job);
        return r;
    }
    job->host = host;
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

/* @return NULL and what to answer */
static struct job *job_new(const struct host_file *file, size_t bytes, int *reterr) {
    struct job *job = mem_alloc(sizeof(*job) + bytes);
    *reterr = HOST_E_NOMEM;
    if (!job)
        return NULL;
    job->length = bytes;
    job->to = -1;
    job->fd = fcntl(file->fd, F_DUPFD_CLOEXEC, 0);
    if (job->fd < 0) {
        *reterr = host_errno();
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

int host_pool_read(struct host_file *file, const struct iovec *iov, size_t count, size_t length,
                   uint64_t offset, size_t *ret) {
    struct host *host = file->host;
    size_t bytes = length < HOST_POOL_BYTES ? length : HOST_POOL_BYTES;
    bool charged = host_take(host, bytes);
    if (!charged && bytes > UNCHARGED_BYTES)
        bytes = UNCHARGED_BYTES;
    int r;
    struct job *job = job_new(file, bytes, &r);
    if (job) {
        job->what = READ;
        job->offset = offset;
        r = run(host, job);
    }
    /* A read that was given up keeps its memory until the disk has answered, but is nobody's budget any more.
     */
    if (charged)
        host_give(host, bytes);
    if (r)
        return r;
    if (job->result < 0) {
        r = host_error_of(job->errnum);
    } else {
        scatter(iov, count, job->bytes, (size_t)job->result);
        *ret = (size_t)job->result;
    }
    job_free(job);
    return r;
}

/* What a job without bytes of its own came to, which is all there is to it. */
static int run_plain(struct host_file *file, struct job *job) {
    int r = run(file->host, job);
    if (r)
        return r;
    r = job->result < 0 ? host_error_of(job->errnum) : 0;
    job_free(job);
    return r;
}

int host_pool_sync(struct host_file *file, bool only_data) {
    int r;
    struct job *job = job_new(file, 0, &r);
    if (!job)
        return r;
    job->what = only_data ? DATASYNC : SYNC;
    return run_plain(file, job);
}

int host_pool_allocate(struct host_file *file, uint64_t offset, uint64_t length) {
    int r;
    struct job *job = job_new(file, 0, &r);
    if (!job)
        return r;
    job->what = ALLOCATE;
    job->offset = offset;
    job->length = length;
    return run_plain(file, job);
}

int host_pool_set_size(struct host_file *file, uint64_t size_bytes) {
    int r;
    struct job *job = job_new(file, 0, &r);
    if (!job)
        return r;
    job->what = SET_SIZE;
    job->length = size_bytes;
    return run_plain(file, job);
}

int host_pool_advise(struct host_file *file, uint64_t offset, uint64_t length, int advice) {
    int r;
    struct job *job = job_new(file, 0, &r);
    if (!job)
        return r;
    job->what = ADVISE;
    job->offset = offset;
    job->length = length;
    job->advice = advice;
    return run_plain(file, job);
}

void host_pool_close(struct loop *loop, int fd) {
    struct job *job = mem_new(struct job);
    if (!job) {
        fd_close(fd);
        return;
    }
    job->what = CLOSE;
    job->fd = fd;
    job->to = -1;
    if (loop_work(loop, work, work_done, job, NULL) < 0)
        job_free(job);
}

int host_pool_move(struct host_file *from, uint64_t offset, struct host_file *to, uint64_t to_offset,
                   enum host_pool_move how, size_t length, size_t *ret) {
    *ret = 0;
    int r;
    struct job *job = job_new(from, 0, &r);
    if (!job)
        return HOST_E_NOTSUP;
    job->what = how == HOST_POOL_COPY_RANGE ? COPY_RANGE : how == HOST_POOL_SENDFILE ? SENDFILE : SPLICE;
    job->offset = offset;
    job->to_offset = to_offset;
    job->length = length;
    job->to = fcntl(to->fd, F_DUPFD_CLOEXEC, 0);
    if (job->to < 0) {
        job_free(job);
        return HOST_E_NOTSUP;
    }
    r = run(from->host, job);
    if (r)
        return r == HOST_STOP ? r : HOST_E_NOTSUP;
    if (job->result < 0)
        r = host_error_of(job->errnum);
    else
        *ret = (size_t)job->result;
    job_free(job);
    return r;
}
