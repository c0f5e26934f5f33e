/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Streams of bytes to write: permits, writing, flushing.  The loop's thread, on the run's fiber. */
#include "host/output.h"

#include "host/inside.h"
#include "host/kept.h"
#include "host/poll.h"
#include "host/pool.h"
#include "host/socket.h"
#include "host/stream.h"

/* What a stream is trusted to take after it said that there is room, before it is asked again: small messages
 * cost one call each, not two. */
#define TRUSTED_BYTES ((size_t)8 * 1024)

void host_output_init(struct host_output *output, struct host_file *file, enum host_output_how how,
                      uint64_t offset) {
    *output = (struct host_output){.file = host_file_ref(file), .how = how, .offset = offset};
}

void host_output_done(struct host_output *output) {
    host_kept_disown(output->file, output);
    output->file = host_file_unref(output->file);
}

int host_output_fail(struct host_output *output, int r) {
    output->permit = 0;
    output->error = 0;
    output->ended = true;
    return r;
}

/* May it be used at all?  Tells a failure that the loop met. */
static int check(struct host_output *output) {
    const struct host_file *file = output->file;
    if (output->ended)
        return HOST_E_PIPE;
    if (output->error)
        return host_output_fail(output, output->error);
    if (file->kind == HOST_DIRECTORY)
        return host_output_fail(output, HOST_E_ISDIR);
    if (file->kind == HOST_LISTENER)
        return host_output_fail(output, HOST_E_NOTCONN);
    if (!(file->rights & HOST_WRITE))
        return host_output_fail(output,
                                file->kind == HOST_SOCKET ? HOST_E_PIPE : HOST_E_BADF); /* shut down */
    return 0;
}

static bool is_stream(const struct host_file *file) {
    return file->kind == HOST_STREAM || file->kind == HOST_SOCKET;
}

/* --- permits --- */

static uint64_t permit_of(const struct host_file *file) {
    if (!is_stream(file))
        return HOST_OUTPUT_FILE_BYTES;
    return file->type == HOST_TYPE_FIFO || file->terminal ? HOST_OUTPUT_PIPE_BYTES : HOST_OUTPUT_SOCKET_BYTES;
}

/* Is there room?  Else it is marked for the wait. */
static bool has_room(struct host_output *output) {
    struct host_file *file = output->file;
    if (!is_stream(file))
        return true;
    /* What is kept goes first; while there is any, the event is not ready. */
    host_kept_push(file);
    return host_event_ready(&file->event, HOST_WRITE) != 0;
}

int host_output_room(struct host_output *output, uint64_t *ret) {
    *ret = output->permit = 0;
    int r = check(output);
    if (r == 0 && has_room(output))
        *ret = output->permit = permit_of(output->file);
    return r;
}

bool host_output_ready(struct host_output *output) {
    return output->ended || output->error || has_room(output);
}

/* --- writing --- */

static int write_file(struct host_output *output, const uint8_t *from, size_t length) {
    uint64_t at = output->how == HOST_OUTPUT_AT       ? output->offset
                  : output->how == HOST_OUTPUT_APPEND ? HOST_AT_END
                                                      : HOST_AT_POSITION;
    if (output->how == HOST_OUTPUT_AT && at > INT64_MAX)
        return HOST_E_FBIG;
    output->unsynced = output->unsynced || output->file->flags & (HOST_SYNC | HOST_DSYNC);
    while (length > 0) {
        size_t n = 0;
        int r = host_regular_write(output->file, from, length, at, &n);
        if (r)
            return r;
        if (n == 0)
            return HOST_E_NOSPC;
        from += n;
        length -= n;
        if (output->how == HOST_OUTPUT_AT)
            at = output->offset += n;
    }
    return 0;
}

/* Give the system what it takes, keep the rest. */
static int write_stream(struct host_output *output, const uint8_t *from, size_t length) {
    struct host_file *file = output->file;
    output->trusted += length;
    for (;;) {
        host_kept_push(file);
        while (length > 0 && !file->kept) {
            struct iovec iov = {(void *)(uintptr_t)from, length};
            ssize_t n = host_stream_try(file, &iov, 1, true);
            if (n < 0 && errno == EAGAIN)
                break;
            if (n < 0)
                return host_errno();
            from += n;
            length -= (size_t)n;
        }
        if (length == 0)
            break;
        if (host_kept_add(file, output, from, length) == 0)
            return 0;
        /* Nobody is to lose bytes for want of memory: guest memory keeps them. */
        int r = host_wait_file_anyway(file, HOST_WRITE);
        if (r)
            return r;
    }
    if (output->trusted < TRUSTED_BYTES && !file->event.shared && !file->kept)
        file->event.unsure &= ~(unsigned)HOST_WRITE;
    else
        output->trusted = 0;
    return 0;
}

static int write_log(struct host_file *file, const void *from, size_t length) {
    struct iovec iov = {(void *)(uintptr_t)from, length};
    size_t n;
    return host_file_write(file, &iov, 1, &n);
}

int host_output_write(struct host_output *output, const void *from, size_t length) {
    int r = check(output);
    if (r)
        return r;
    output->permit = 0;
    if (length == 0)
        return 0;
    switch (output->file->kind) {
    case HOST_REGULAR: r = write_file(output, from, length); break;
    case HOST_STREAM:
    case HOST_SOCKET: r = write_stream(output, from, length); break;
    case HOST_LOG: r = write_log(output->file, from, length); break;
    default: break; /* NULL swallows it */
    }
    return r > 0 ? host_output_fail(output, r) : r;
}

/* --- the end of it --- */

int host_output_flush(struct host_output *output) {
    struct host_file *file = output->file;
    int r = check(output);
    if (r)
        return r;
    if (file->kept)
        return HOST_E_AGAIN;
    if (!output->unsynced)
        return 0;
    output->unsynced = false;
    r = host_pool_sync(file, !(file->flags & HOST_SYNC));
    return r > 0 ? host_output_fail(output, r) : r;
}

int host_output_finish(struct host_file *socket) {
    if (!socket->kept)
        return host_socket_shutdown(socket, HOST_WRITE);
    host_kept_finish(socket);
    return 0;
}
