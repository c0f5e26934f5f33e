/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Streams of bytes to read.  Their bytes are counted before they are read, so that a guest makes room for
 * what there is and for no more.  The loop's thread, on the run's fiber.
 */
#include "host/input.h"

#include <sys/ioctl.h>
#include <sys/socket.h>

#include "host/inside.h"
#include "host/stream.h"

/* Offered of a device that does not say how much it has. */
#define UNKNOWN_BYTES ((size_t)64 * 1024)
/* Bytes passed over at a time; on the fiber's stack. */
#define SKIP_BYTES ((size_t)16 * 1024)

void host_input_init(struct host_input *input, struct host_file *file, uint64_t offset) {
    *input = (struct host_input){.file = host_file_ref(file), .offset = offset};
}

void host_input_done(struct host_input *input) {
    input->file = host_file_unref(input->file);
}

/* It is over. @return r */
static int end(struct host_input *input, int r) {
    input->ended = true;
    return r;
}

static size_t at_most(uint64_t there, uint64_t most) {
    return (size_t)(there < most ? there : most);
}

/* --- regular files --- */

static int place(const struct host_input *input, uint64_t *ret) {
    *ret = input->offset;
    if (input->offset != HOST_INPUT_AT_POSITION)
        return 0;
    off_t at = lseek(input->file->fd, 0, SEEK_CUR);
    if (at < 0)
        return host_errno();
    *ret = (uint64_t)at;
    return 0;
}

/* Ask again how large the file is: it may have grown. */
static int find_size(struct host_input *input, uint64_t at) {
    struct stat st;
    if (sys_fstat(input->file->fd, &st) < 0)
        return host_errno();
    input->size = st.st_size < 0 ? 0 : (uint64_t)st.st_size;
    if (input->size > 0)
        return 0;
    if (S_ISBLK(st.st_mode)) {
        off_t position = lseek(input->file->fd, 0, SEEK_CUR);
        off_t size = lseek(input->file->fd, 0, SEEK_END);
        if (size > 0)
            input->size = (uint64_t)size;
        return position < 0 || lseek(input->file->fd, position, SEEK_SET) < 0 ? host_errno() : 0;
    }
    /* Files that a kernel makes up as they are read (/proc) say 0.  Others may have to be asked on the pool.
     */
    char byte;
    struct iovec iov = {&byte, 1};
    size_t n = 0;
    int r = host_file_pread(input->file, &iov, 1, at, &n);
    if (r == 0 && n > 0)
        input->size = at + UNKNOWN_BYTES;
    return r == HOST_STOP ? r : 0;
}

static int file_available(struct host_input *input, uint64_t most, size_t *ret) {
    uint64_t at;
    int r = place(input, &at);
    if (r == 0 && at >= input->size && at <= INT64_MAX)
        r = find_size(input, at);
    if (r)
        return r > 0 ? end(input, r) : r;
    if (at >= input->size)
        return end(input, HOST_E_PIPE);
    *ret = at_most(input->size - at, most);
    return 0;
}

static int file_read(struct host_input *input, struct iovec *iov, size_t *ret) {
    if (input->offset == HOST_INPUT_AT_POSITION)
        return host_file_read(input->file, iov, 1, ret);
    int r = host_file_pread(input->file, iov, 1, input->offset, ret);
    if (r == 0)
        input->offset += *ret;
    return r;
}

/* --- what comes by and by --- */

/* Does it say how many bytes it has?  A terminal has ends of file between its lines, datagrams end each for
 * itself. */
static bool counts(const struct host_file *file) {
    return file->type == HOST_TYPE_SOCKET_STREAM || file->type == HOST_TYPE_FIFO;
}

static int count(struct host_input *input) {
    int bytes = 0;
    input->edges = input->file->event.edges;
    input->counted = 0;
    if (ioctl(input->file->fd, FIONREAD, &bytes) < 0)
        return -1;
    input->counted = bytes > 0 ? (size_t)bytes : 0;
    return 0;
}

/* It says it is ready and has no bytes: the end, an error, or somebody else was faster. */
static int nothing_there(struct host_input *input, size_t *ret) {
    struct host_file *file = input->file;
    char byte;
    ssize_t n = 0;
    if (file->type == HOST_TYPE_FIFO) {
        host_event_unsure(&file->event, HOST_READ);
        if (!host_event_ready(&file->event, HOST_READ))
            return HOST_E_AGAIN;
        if (count(input) == 0)
            n = (ssize_t)input->counted;
    } else if (counts(file) || file->type == HOST_TYPE_SOCKET_DATAGRAM) {
        n = SYS_RETRY_(ssize_t, recv(file->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT));
    } else {
        n = 1; /* a terminal has an end of file to be read */
    }
    if (n < 0 && errno == EAGAIN) {
        host_event_drained(&file->event, HOST_READ);
        return HOST_E_AGAIN;
    }
    if (n <= 0)
        return end(input, n < 0 ? host_errno() : HOST_E_PIPE);
    *ret = 1;
    return 0;
}

/* What was counted and not read stays there, where nobody else can take it. */
static bool left(const struct host_input *input) {
    return input->counted > 0 && counts(input->file) && !input->file->event.shared;
}

static int stream_available(struct host_input *input, uint64_t most, size_t *ret) {
    if (left(input)) {
        *ret = at_most(input->counted, most);
        return 0;
    }
    if (!host_event_ready(&input->file->event, HOST_READ))
        return HOST_E_AGAIN;
    if (count(input) < 0) {
        *ret = at_most(UNKNOWN_BYTES, most);
        return 0;
    }
    if (input->counted == 0)
        return nothing_there(input, ret);
    *ret = at_most(input->counted, most);
    return 0;
}

/*
 * All that was counted is taken: is it sure that an edge will tell of more?  Of a connection it is, where no
 * edge was told since the count: whatever has come meanwhile, its edge is yet to be told.  Not where the
 * other side is gone, nor where urgent bytes stand in the way of the count; and not of a pipe, since kernels
 * before 5.14 tell nothing of bytes that join others.
 */
static bool is_drained(const struct host_input *input) {
    const struct host_event *event = &input->file->event;
    return input->file->type == HOST_TYPE_SOCKET_STREAM && event->reactor && event->edges == input->edges &&
           !event->urgent && !(event->hangup & HOST_READ);
}

static int stream_read(struct host_input *input, struct iovec *iov, size_t *ret) {
    struct host_event *event = &input->file->event;
    bool counted = left(input);
    ssize_t n = host_stream_try(input->file, iov, 1, false);
    if (n <= 0 || (size_t)n > input->counted) {
        input->counted = 0;
        if (n < 0)
            return host_errno();
        *ret = (size_t)n;
        return 0;
    }
    *ret = (size_t)n;
    input->counted -= (size_t)n;
    if (counted && input->counted == 0 && is_drained(input))
        host_event_drained(event, HOST_READ);
    return 0;
}

/* --- the door --- */

/* May it be used at all?  Tells a failure that could not be told with the bytes before it. */
static int check(struct host_input *input) {
    const struct host_file *file = input->file;
    int r = input->error;
    input->error = 0;
    if (input->ended && !r)
        return HOST_E_PIPE;
    if (r == 0 && file->kind == HOST_DIRECTORY)
        r = HOST_E_ISDIR;
    else if (r == 0 && file->kind == HOST_LISTENER)
        r = HOST_E_NOTCONN;
    else if (r == 0 && !(file->rights & HOST_READ))
        r = file->kind == HOST_SOCKET ? HOST_E_PIPE : HOST_E_BADF; /* shut down */
    return r ? end(input, r) : 0;
}

int host_input_available(struct host_input *input, uint64_t most, size_t *ret) {
    *ret = 0;
    int r = check(input);
    if (r)
        return r;
    if (most == 0)
        return 0;
    most = most < HOST_INPUT_BYTES ? most : HOST_INPUT_BYTES;
    switch (input->file->kind) {
    case HOST_REGULAR: return file_available(input, most, ret);
    case HOST_STREAM:
    case HOST_SOCKET: return stream_available(input, most, ret);
    default: return end(input, HOST_E_PIPE); /* NULL: nothing ever comes */
    }
}

int host_input_read(struct host_input *input, void *to, size_t length, size_t *ret) {
    *ret = 0;
    int r = check(input);
    if (r || length == 0)
        return r;
    struct iovec iov = {to, length};
    r = input->file->kind == HOST_REGULAR ? file_read(input, &iov, ret) : stream_read(input, &iov, ret);
    if (r == HOST_E_AGAIN)
        return 0;
    if (r == 0 && *ret == 0)
        r = HOST_E_PIPE;
    return r > 0 ? end(input, r) : r;
}

/* Read and forget. */
static int skip_read(struct host_input *input, size_t length, uint64_t *ret) {
    char bytes[SKIP_BYTES];
    while (*ret < length) {
        size_t rest = length - (size_t)*ret;
        size_t n;
        int r = host_input_read(input, bytes, rest < sizeof(bytes) ? rest : sizeof(bytes), &n);
        if (r > 0 && r != HOST_E_PIPE && *ret > 0)
            input->error = r; /* what was passed over counts first */
        if (r || n == 0)
            return r == HOST_STOP || *ret == 0 ? r : 0;
        *ret += n;
    }
    return 0;
}

int host_input_skip(struct host_input *input, uint64_t length, uint64_t *ret) {
    size_t there;
    *ret = 0;
    int r = host_input_available(input, length, &there);
    if (r || there == 0)
        return r;
    if (input->file->kind != HOST_REGULAR)
        return skip_read(input, there, ret);
    uint64_t at;
    r = place(input, &at);
    if (r)
        return end(input, r);
    *ret = input->size - at < length ? input->size - at : length;
    if (input->offset != HOST_INPUT_AT_POSITION)
        input->offset += *ret;
    else if (lseek(input->file->fd, (off_t)*ret, SEEK_CUR) < 0)
        return end(input, host_errno());
    return 0;
}

bool host_input_ready(struct host_input *input) {
    return input->ended || input->error || left(input) ||
           host_event_ready(&input->file->event, HOST_READ) != 0;
}
