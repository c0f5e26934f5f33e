/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Sending without blocking.  Bytes are sent from the caller's memory where the socket takes them at once,
 * which is the usual case; only a rest is copied.  A chunk with descriptors is sent by a sendmsg() of its
 * own, since they belong to its first byte; others are joined to what already waits, so that a burst of small
 * lines is few calls.
 *
 * Owned by the connection it is embedded in; the loop's thread.
 */
#include "wire/outbox.h"

#include <poll.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/sys.h"

struct outbox_chunk {
    struct outbox_chunk *next;
    struct buffer bytes;
    size_t sent;
    int fds[LIMIT_FRAME_FDS]; /* owned copies; gone once the first byte is sent */
    unsigned fd_count;
};

/* Bytes are joined to the last chunk while it is smaller than this. */
#define JOIN_BYTES (64 * KIB)

static void close_fds(struct outbox_chunk *chunk) {
    for (unsigned i = 0; i < chunk->fd_count; i++)
        fd_close(chunk->fds[i]);
    chunk->fd_count = 0;
}

static struct outbox_chunk *chunk_free(struct outbox_chunk *chunk) {
    if (chunk) {
        close_fds(chunk);
        buffer_done(&chunk->bytes);
        mem_free(chunk);
    }
    return NULL;
}

DEFINE_CLEANUP(chunk_free_ptr, struct outbox_chunk *, chunk_free)

void outbox_init(struct outbox *outbox, int fd, uint64_t limit) {
    *outbox = (struct outbox){.fd = fd, .limit = limit};
}

void outbox_done(struct outbox *outbox) {
    while (outbox->first) {
        struct outbox_chunk *next = outbox->first->next;
        chunk_free(outbox->first);
        outbox->first = next;
    }
    outbox->last = NULL;
    outbox->bytes = 0;
}

/*
 * One sendmsg().  @return bytes sent, 0 where the socket is full; CLOSED, SYSTEM
 */
static ssize_t send_some(struct outbox *outbox, const void *bytes, size_t count, const int *fds,
                         unsigned fd_count, arcella_error **reterr) {
    struct iovec piece = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = count};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
    union {
        struct cmsghdr align;
        char space[CMSG_SPACE(LIMIT_FRAME_FDS * sizeof(int))];
    } control = {.space = {0}};
    if (fd_count) {
        message.msg_control = control.space;
        message.msg_controllen = CMSG_SPACE(fd_count * sizeof(int));
        struct cmsghdr *head = CMSG_FIRSTHDR(&message);
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN(fd_count * sizeof(int));
        memcpy(CMSG_DATA(head), fds, fd_count * sizeof(int));
    }
    ssize_t sent = sys_sendmsg(outbox->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0)
        return sent;
    /* ETOOMANYREFS: too many descriptors of ours are on their way unreceived; they will be received. */
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ETOOMANYREFS)
        return 0;
    int errnum = errno;
    if (errnum == EPIPE || errnum == ECONNRESET || errnum == ENOTCONN) {
        outbox->broken = true;
        outbox_done(outbox);
        return error_set(reterr, ARCELLA_E_CLOSED, "the other side has closed the connection");
    }
    return error_set_errno(reterr, errnum, "cannot send");
}

/* A new chunk at the end, or the last one where the bytes may be joined to it. */
static int add_chunk(struct outbox *outbox, const void *bytes, size_t count, const int *fds,
                     unsigned fd_count, arcella_error **reterr) {
    struct outbox_chunk *last = outbox->last;
    if (last && fd_count == 0 && last->bytes.length < JOIN_BYTES) {
        last->bytes.secret |= outbox->secret;
        int r = buffer_add(&last->bytes, bytes, count, reterr);
        if (r == 0)
            outbox->bytes += count;
        return r;
    }
    CLEANUP(chunk_free_ptr) struct outbox_chunk *chunk = mem_new(struct outbox_chunk);
    if (!chunk)
        return error_nomem(reterr);
    buffer_init(&chunk->bytes, SIZE_MAX / 2); /* bounded by outbox->limit */
    chunk->bytes.secret = outbox->secret;
    int r = buffer_add(&chunk->bytes, bytes, count, reterr);
    if (r < 0)
        return r;
    for (; chunk->fd_count < fd_count; chunk->fd_count++) {
        int copy = fcntl(fds[chunk->fd_count], F_DUPFD_CLOEXEC, 3);
        if (copy < 0)
            return error_set_errno(reterr, errno, "cannot keep a descriptor to send it");
        chunk->fds[chunk->fd_count] = copy;
    }
    if (outbox->last)
        outbox->last->next = chunk;
    else
        outbox->first = chunk;
    outbox->last = TAKE(chunk);
    outbox->bytes += count;
    return 0;
}

int outbox_send(struct outbox *outbox, const void *bytes, size_t count, const int *fds, unsigned fd_count,
                arcella_error **reterr) {
    if (outbox->broken)
        return error_set(reterr, ARCELLA_E_CLOSED, "the other side has closed the connection");
    if (outbox->bytes + count > outbox->limit && outbox->bytes > 0)
        return error_set(reterr, ARCELLA_E_BUSY, "%" PRIu64 " bytes already wait to be sent", outbox->bytes);
    size_t sent = 0;
    while (!outbox->first && sent < count) {
        ssize_t n =
            send_some(outbox, (const char *)bytes + sent, count - sent, fds, sent ? 0 : fd_count, reterr);
        if (n < 0 && sent) {
            outbox->broken = true;
            shutdown(outbox->fd, SHUT_RDWR);
        }
        if (n < 0)
            return (int)n;
        if (n == 0)
            break;
        sent += (size_t)n;
    }
    if (sent == count)
        return 0;
    int r = add_chunk(outbox, (const char *)bytes + sent, count - sent, fds, sent ? 0 : fd_count, reterr);
    if (r < 0 && sent) {
        /* The other side has the beginning and will never get the rest: nothing sensible can follow. */
        outbox->broken = true;
        shutdown(outbox->fd, SHUT_RDWR);
    }
    return r;
}

int outbox_flush(struct outbox *outbox, arcella_error **reterr) {
    while (outbox->first) {
        struct outbox_chunk *chunk = outbox->first;
        ssize_t n = send_some(outbox, chunk->bytes.data + chunk->sent, chunk->bytes.length - chunk->sent,
                              chunk->fds, chunk->fd_count, reterr);
        if (n <= 0)
            return (int)n;
        close_fds(chunk);
        chunk->sent += (size_t)n;
        outbox->bytes -= (size_t)n;
        if (chunk->sent < chunk->bytes.length)
            continue;
        outbox->first = chunk->next;
        if (!outbox->first)
            outbox->last = NULL;
        chunk_free(chunk);
    }
    return 0;
}

int outbox_drain(struct outbox *outbox, unsigned timeout_ms, arcella_error **reterr) {
    uint64_t end = clock_monotonic_ms() + timeout_ms;
    for (;;) {
        int r = outbox_flush(outbox, reterr);
        if (r < 0 || !outbox->first)
            return r;
        uint64_t now = clock_monotonic_ms();
        if (now >= end)
            return error_set(reterr, ARCELLA_E_TIMEOUT, "%" PRIu64 " bytes were not taken in time",
                             outbox->bytes);
        struct pollfd wait = {.fd = outbox->fd, .events = POLLOUT};
        (void)poll(&wait, 1, (int)(end - now));
    }
}
