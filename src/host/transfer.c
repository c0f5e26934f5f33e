/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Reading and writing, straight between descriptor and guest memory.
 *
 * Regular files: a read asks first for what is in memory (RWF_NOWAIT) and only then, on the pool, for what is
 * on the disk; a write goes to the page cache in place.  Both are cut into chunks with a turn for others
 * between.  Streams: see stream_read().  No state; the loop's thread, on the run's fiber.
 */
#include <linux/magic.h>
#include <poll.h>
#include <sys/vfs.h>

#include "base/limits.h"
#include "host/inside.h"
#include "host/poll.h"
#include "host/pool.h"
#include "host/socket.h"
#include "host/stream.h"

/* The "offset" of calls that use and move the file's position. */
#define AT_POSITION (-1)
/* What a pipe takes for sure when poll(2) says it is writable; a terminal is given the same. */
#define PIPE_PIECE_BYTES     4096
#define TERMINAL_PIECE_BYTES 256
/* Lines of a log made before others get a turn. */
#define LOG_PIECE_BYTES ((size_t)64 * 1024)

/* The iovecs of a call, as far as they are not done with. */
struct span {
    struct iovec *iov;
    size_t count;
};

static struct span span_of(struct iovec *iov, size_t count) {
    return (struct span){iov, count < HOST_IOV_MAX ? count : HOST_IOV_MAX};
}

/* The first max bytes at most of a span; the entry that was cut is mended by uncut(). */
struct piece {
    size_t count;
    size_t bytes;
    struct iovec *cut;
    size_t cut_length;
};

static struct piece cut(struct span span, size_t max) {
    struct piece piece = {0};
    while (piece.count < span.count) {
        struct iovec *v = &span.iov[piece.count++];
        if (v->iov_len > max - piece.bytes) {
            piece.cut = v;
            piece.cut_length = v->iov_len;
            v->iov_len = max - piece.bytes;
            piece.bytes = max;
            break;
        }
        piece.bytes += v->iov_len;
    }
    return piece;
}

static void uncut(struct piece *piece) {
    if (piece->cut)
        piece->cut->iov_len = piece->cut_length;
}

static void advance(struct span *span, size_t bytes) {
    while (span->count > 0 && bytes >= span->iov[0].iov_len) {
        bytes -= span->iov[0].iov_len;
        span->iov++;
        span->count--;
    }
    if (bytes > 0) {
        span->iov[0].iov_base = (uint8_t *)span->iov[0].iov_base + bytes;
        span->iov[0].iov_len -= bytes;
    }
}

/* --- regular files --- */

/* Read a piece that is not in memory. */
static int read_cold(struct host_file *file, const struct span *span, const struct piece *piece, off_t offset,
                     size_t *ret) {
    off_t at = offset == AT_POSITION ? lseek(file->fd, 0, SEEK_CUR) : offset;
    if (at < 0)
        return host_errno();
    int r = host_pool_read(file, span->iov, piece->count, piece->bytes, (uint64_t)at, ret);
    if (r == 0 && offset == AT_POSITION && lseek(file->fd, at + (off_t)*ret, SEEK_SET) < 0)
        return host_errno();
    return r;
}

/* Is a file where it can be read without a disk?  The files of /proc are made up as they are read. */
static bool in_memory(const struct host_file *file) {
    struct statfs fs;
    if (file->type != HOST_TYPE_REGULAR || SYS_RETRY_(int, fstatfs(file->fd, &fs)) < 0)
        return false;
    return fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC || fs.f_type == PROC_SUPER_MAGIC;
}

/*
 * Some file systems cannot say what is in memory (overlays, what is mounted by FUSE, network file systems,
 * and those that are nowhere else): only where all of it is, it is read in place.
 */
static int read_piece(struct host_file *file, const struct span *span, const struct piece *piece,
                      off_t offset, size_t *ret) {
    ssize_t n;
    if (!file->no_nowait) {
        n = SYS_RETRY_(ssize_t, preadv2(file->fd, span->iov, (int)piece->count, offset, RWF_NOWAIT));
        if (n < 0 && errno == EAGAIN)
            return read_cold(file, span, piece, offset, ret);
        if (n < 0 && errno == EOPNOTSUPP) {
            file->no_nowait = true;
            file->in_memory = in_memory(file);
        }
    }
    if (file->no_nowait && !file->in_memory)
        return read_cold(file, span, piece, offset, ret);
    if (file->no_nowait)
        n = SYS_RETRY_(ssize_t, preadv2(file->fd, span->iov, (int)piece->count, offset, 0));
    if (n < 0)
        return host_errno();
    *ret = (size_t)n;
    return 0;
}

static int read_regular(struct host_file *file, struct span span, off_t offset, size_t *ret) {
    size_t total = 0;
    for (;;) {
        struct piece piece = cut(span, HOST_CHUNK_BYTES);
        size_t n = 0;
        int r = piece.bytes == 0 && total > 0 ? 0 : read_piece(file, &span, &piece, offset, &n);
        uncut(&piece);
        if (r == HOST_STOP || (r && total == 0))
            return r;
        total += n;
        advance(&span, n);
        if (offset != AT_POSITION)
            offset += (off_t)n;
        /* A short read may be the end, or the end of what is in memory: only nothing at all is the end. */
        if (r || n == 0 || span.count == 0)
            break;
        if (n == piece.bytes) {
            r = host_yield(file->host);
            if (r == HOST_STOP)
                return r;
        }
    }
    *ret = total;
    return 0;
}

/* Write to the page cache. */
static int write_regular(struct host_file *file, struct span span, off_t offset, bool append, size_t *ret) {
    int flags = append ? RWF_APPEND : 0;
    size_t total = 0;
    int r = 0;
    for (;;) {
        struct piece piece = cut(span, HOST_CHUNK_BYTES);
        ssize_t n = SYS_RETRY_(ssize_t, pwritev2(file->fd, span.iov, (int)piece.count, offset, flags));
        uncut(&piece);
        if (n < 0 && total == 0)
            return host_errno();
        if (n <= 0)
            break;
        total += (size_t)n;
        advance(&span, (size_t)n);
        if (offset != AT_POSITION)
            offset += n;
        if (span.count == 0)
            break;
        r = host_yield(file->host);
        if (r == HOST_STOP)
            return r;
    }
    *ret = total;
    return 0;
}

int host_regular_write(struct host_file *file, const void *from, size_t length, uint64_t offset,
                       size_t *ret) {
    struct iovec iov = {(void *)(uintptr_t)from, length};
    bool at = offset <= INT64_MAX - length;
    if (!at && offset < HOST_AT_END)
        return HOST_E_FBIG;
    bool append = offset == HOST_AT_END || (!at && file->flags & HOST_APPEND);
    return write_regular(file, span_of(&iov, 1), at ? (off_t)offset : AT_POSITION, append, ret);
}

/* The description is not in sync mode, which would make every write wait for the disk on this thread. */
static int write_through(struct host_file *file, struct span span, off_t offset, size_t *ret) {
    bool append = offset == AT_POSITION && file->flags & HOST_APPEND;
    int r = write_regular(file, span, offset, append, ret);
    if (r == 0 && *ret > 0 && file->flags & (HOST_SYNC | HOST_DSYNC))
        return host_pool_sync(file, !(file->flags & HOST_SYNC));
    return r;
}

/* --- streams --- */

static bool ready_now(const struct host_file *file, short events) {
    struct pollfd fd = {.fd = file->fd, .events = events};
    return SYS_RETRY_(int, poll(&fd, 1, 0)) > 0;
}

/* One call that may block.  A single piece of memory, the common case, spares the kernel a list to copy. */
static ssize_t plain_call(const struct host_file *file, const struct iovec *iov, size_t count, bool writing) {
    if (count == 1)
        return writing ? sys_write(file->fd, iov->iov_base, iov->iov_len)
                       : sys_read(file->fd, iov->iov_base, iov->iov_len);
    return writing ? SYS_RETRY_(ssize_t, writev(file->fd, iov, (int)count))
                   : SYS_RETRY_(ssize_t, readv(file->fd, iov, (int)count));
}

/*
 * One try to move bytes without blocking, whatever the mode of the description:
 * a private one is non-blocking; else RWF_NOWAIT says so for one call, where the kernel knows it for pipes
 * and terminals; else poll(2) says that a call will not block, if nobody else uses the same description at
 * this moment, and a write is kept so small that it fits.
 *
 * @return bytes, or -1 and errno (EAGAIN: not now)
 */
static ssize_t stream_try(struct host_file *file, const struct span *span, bool writing) {
    struct piece piece = cut(*span, HOST_CHUNK_BYTES);
    ssize_t n;
    if (file->nonblocking) {
        n = plain_call(file, span->iov, piece.count, writing);
        uncut(&piece);
        return n;
    }
    if (!file->no_nowait) {
        n = writing ? SYS_RETRY_(ssize_t, pwritev2(file->fd, span->iov, (int)piece.count, -1, RWF_NOWAIT))
                    : SYS_RETRY_(ssize_t, preadv2(file->fd, span->iov, (int)piece.count, -1, RWF_NOWAIT));
        if (n >= 0 || (errno != EOPNOTSUPP && errno != ESPIPE && errno != EINVAL)) {
            uncut(&piece);
            return n;
        }
        file->no_nowait = true;
        /* A device that cannot be waited for (/dev/null, /dev/zero) never blocks either. */
        if (file->type == HOST_TYPE_CHARACTER && !file->terminal && host_event_watch(&file->event) == 0)
            file->nonblocking = file->event.always;
    }
    uncut(&piece);
    if (file->nonblocking) /* found just now */
        return stream_try(file, span, writing);
    if (!ready_now(file, writing ? POLLOUT : POLLIN)) {
        errno = EAGAIN;
        return -1;
    }
    size_t max = HOST_CHUNK_BYTES;
    if (writing && file->terminal)
        max = TERMINAL_PIECE_BYTES;
    else if (writing && file->type == HOST_TYPE_FIFO)
        max = PIPE_PIECE_BYTES;
    piece = cut(*span, max);
    n = plain_call(file, span->iov, piece.count, writing);
    uncut(&piece);
    return n;
}

static bool is_socket(const struct host_file *file) {
    return file->type == HOST_TYPE_SOCKET_STREAM || file->type == HOST_TYPE_SOCKET_DATAGRAM;
}

ssize_t host_stream_try(struct host_file *file, struct iovec *iov, size_t count, bool writing) {
    struct span span = span_of(iov, count);
    unsigned what = writing ? HOST_WRITE : HOST_READ;
    struct msghdr message = {.msg_iov = span.iov, .msg_iovlen = span.count};
    ssize_t n = !is_socket(file) ? stream_try(file, &span, writing)
                : writing        ? sys_sendmsg(file->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL)
                                 : sys_recvmsg(file->fd, &message, MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN)
        host_event_drained(&file->event, what);
    else
        host_event_unsure(&file->event, what);
    return n;
}

static int stream_move(struct host_file *file, struct span span, bool writing, size_t *ret) {
    for (;;) {
        ssize_t n = host_stream_try(file, span.iov, span.count, writing);
        if (n >= 0) {
            *ret = (size_t)n;
            return 0;
        }
        if (errno != EAGAIN)
            return host_errno();
        int r = host_wait_file(file, writing ? HOST_WRITE : HOST_READ);
        if (r)
            return r;
    }
}

static int write_log(struct host_file *file, struct span span, size_t *ret) {
    size_t total = 0;
    while (span.count > 0) {
        struct piece piece = cut(span, LOG_PIECE_BYTES);
        for (size_t i = 0; i < piece.count; i++)
            host_log_write(file, span.iov[i].iov_base, span.iov[i].iov_len);
        uncut(&piece);
        total += piece.bytes;
        advance(&span, piece.bytes);
        if (span.count > 0) {
            int r = host_yield(file->host);
            if (r)
                return r;
        }
    }
    *ret = total;
    return 0;
}

static size_t span_bytes(struct span span) {
    size_t bytes = 0;
    for (size_t i = 0; i < span.count; i++)
        bytes += span.iov[i].iov_len;
    return bytes;
}

/* --- the door --- */

int host_file_read(struct host_file *file, struct iovec *iov, size_t count, size_t *ret) {
    if (file->kind == HOST_DIRECTORY)
        return HOST_E_ISDIR;
    if (!(file->rights & HOST_READ))
        return HOST_E_BADF;
    struct span span = span_of(iov, count);
    switch (file->kind) {
    case HOST_REGULAR: return read_regular(file, span, AT_POSITION, ret);
    case HOST_STREAM:
    case HOST_SOCKET:
        if (is_socket(file))
            return host_socket_receive(file, span.iov, span.count, 0, ret, NULL);
        return stream_move(file, span, false, ret);
    case HOST_NULL: *ret = 0; return 0;
    case HOST_LISTENER: return HOST_E_NOTCONN;
    case HOST_DIRECTORY:
    case HOST_LOG: break;
    }
    return HOST_E_BADF;
}

int host_file_write(struct host_file *file, struct iovec *iov, size_t count, size_t *ret) {
    if (file->kind == HOST_DIRECTORY)
        return HOST_E_ISDIR;
    if (!(file->rights & HOST_WRITE))
        return HOST_E_BADF;
    struct span span = span_of(iov, count);
    switch (file->kind) {
    case HOST_REGULAR: return write_through(file, span, AT_POSITION, ret);
    case HOST_STREAM:
    case HOST_SOCKET:
        if (is_socket(file))
            return host_socket_send(file, span.iov, span.count, ret);
        return stream_move(file, span, true, ret);
    case HOST_LOG: return write_log(file, span, ret);
    case HOST_NULL: *ret = span_bytes(span); return 0;
    case HOST_LISTENER: return HOST_E_NOTCONN;
    case HOST_DIRECTORY: break;
    }
    return HOST_E_BADF;
}

static int check_at(const struct host_file *file, unsigned right, uint64_t offset) {
    if (file->kind == HOST_DIRECTORY)
        return HOST_E_ISDIR;
    if (!(file->rights & right))
        return HOST_E_BADF;
    if (file->kind != HOST_REGULAR)
        return HOST_E_SPIPE;
    /* Room above it for any one call, so that offsets stay positive while it goes on. */
    if (offset > INT64_MAX - ((uint64_t)HOST_IOV_MAX << 32))
        return offset > INT64_MAX ? HOST_E_INVAL : HOST_E_FBIG;
    return 0;
}

int host_file_pread(struct host_file *file, struct iovec *iov, size_t count, uint64_t offset, size_t *ret) {
    int r = check_at(file, HOST_READ, offset);
    if (r)
        return r;
    return read_regular(file, span_of(iov, count), (off_t)offset, ret);
}

int host_file_pwrite(struct host_file *file, struct iovec *iov, size_t count, uint64_t offset, size_t *ret) {
    int r = check_at(file, HOST_WRITE, offset);
    if (r)
        return r;
    return write_through(file, span_of(iov, count), (off_t)offset, ret);
}
