/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * From an input to an output without the guest's memory.
 *
 *     from \ to    file               connection        pipe
 *     file         copy_file_range    sendfile          splice     on the pool: a disk may be waited for
 *     pipe         splice             splice            splice     in place: nothing of it blocks
 *     connection   buffer             buffer            splice
 *
 * What the kernel will not do for a pair (and everything with a terminal, a log or a shared connection) goes
 * through a buffer of ours, which also finds out whose fault a failure is.  Little is faster that way too,
 * from file to file up to a MiB: what is in memory is copied in place as fast as the kernel would on the
 * pool.
 */
#include "host/inside.h"
#include "host/output.h"
#include "host/pool.h"

/* Less than this is read and written; a turn of the pool costs more … */
#define DIRECT_BYTES ((size_t)64 * 1024)
/* … and from file to file, where copying is all the kernel does, so does one for each MiB. */
#define DIRECT_FILE_BYTES (HOST_CHUNK_BYTES + 1)
/* Most that the pool is given at once: what it works at is not ended with the run. */
#define COPY_BYTES   ((uint64_t)8 * 1024 * 1024)
#define PIPE_BYTES   DIRECT_BYTES /* what a pipe holds, unless somebody has changed it */
#define BUFFER_BYTES ((size_t)64 * 1024)
#define SMALL_BYTES  ((size_t)4096)

static bool is_pipe(const struct host_file *file) {
    return file->kind == HOST_STREAM && file->type == HOST_TYPE_FIFO;
}

/* A connection whose mode is ours, so that no call of the kernel's waits for it. */
static bool is_connection(const struct host_file *file) {
    return (file->kind == HOST_STREAM || file->kind == HOST_SOCKET) &&
           file->type == HOST_TYPE_SOCKET_STREAM && file->nonblocking;
}

static bool is_file(const struct host_file *file) {
    return file->kind == HOST_REGULAR && file->type == HOST_TYPE_REGULAR;
}

/* A connection tells once that it is lost: who hears it, of whatever call, passes it on. */
static bool is_lost(int r) {
    return r == HOST_E_PIPE || r == HOST_E_CONNRESET || r == HOST_E_CONNABORTED || r == HOST_E_TIMEDOUT ||
           r == HOST_E_HOSTUNREACH || r == HOST_E_NETUNREACH || r == HOST_E_NETDOWN;
}

/* --- from a file, on the pool --- */

static int from_file(struct host_output *output, struct host_input *input, uint64_t length, size_t *ret) {
    struct host_file *from = input->file, *to = output->file;
    enum host_pool_move how;
    if (is_file(to) && output->how == HOST_OUTPUT_AT && output->offset <= INT64_MAX - COPY_BYTES)
        how = HOST_POOL_COPY_RANGE;
    else if (is_connection(to))
        how = HOST_POOL_SENDFILE;
    else if (is_pipe(to))
        how = HOST_POOL_SPLICE;
    else
        return HOST_E_NOTSUP;
    if (input->offset == HOST_INPUT_AT_POSITION || input->offset > INT64_MAX - COPY_BYTES)
        return HOST_E_NOTSUP;
    uint64_t there = input->size - input->offset;
    length = length < there ? length : there;
    uint64_t most = how == HOST_POOL_SPLICE ? PIPE_BYTES : COPY_BYTES;
    length = length < most ? length : most;
    bool is_quick = how == HOST_POOL_COPY_RANGE && (!from->no_nowait || from->in_memory);
    if (length < (is_quick ? DIRECT_FILE_BYTES : DIRECT_BYTES))
        return HOST_E_NOTSUP;
    int r = host_pool_move(from, input->offset, to, output->offset, how, (size_t)length, ret);
    if (r && is_lost(r))
        return host_output_fail(output, r);
    if (r)
        return r == HOST_STOP || r == HOST_E_AGAIN ? r : HOST_E_NOTSUP;
    input->offset += *ret;
    if (output->how == HOST_OUTPUT_AT)
        output->offset += *ret;
    if (how == HOST_POOL_COPY_RANGE && to->flags & (HOST_SYNC | HOST_DSYNC))
        output->unsynced = true;
    return *ret ? 0 : HOST_E_NOTSUP; /* shorter than we thought, or made up as it is read */
}

/* --- through a pipe, in place --- */

static int through_pipe(struct host_output *output, struct host_input *input, size_t length, size_t *ret,
                        bool *ret_input) {
    struct host_file *from = input->file, *to = output->file;
    off_t offset = (off_t)output->offset;
    off_t *at = NULL;
    if (is_file(to) && output->how == HOST_OUTPUT_AT && output->offset <= INT64_MAX - HOST_INPUT_BYTES)
        at = &offset;
    else if (is_file(to) && (output->how != HOST_OUTPUT_STREAM || to->flags & HOST_APPEND))
        return HOST_E_NOTSUP;
    ssize_t n = SYS_RETRY_(ssize_t, splice(from->fd, NULL, to->fd, at, length, SPLICE_F_NONBLOCK));
    /* Which of the two has no more is not said. */
    int r = n < 0 ? host_errno() : 0;
    if (r && is_lost(r)) {
        *ret_input = is_connection(from) && r != HOST_E_PIPE;
        if (!*ret_input)
            return host_output_fail(output, r);
        input->ended = true;
        return r;
    }
    if (r)
        return r == HOST_E_AGAIN ? r : HOST_E_NOTSUP;
    *ret = (size_t)n;
    if (at)
        output->offset += *ret;
    output->unsynced = output->unsynced || to->flags & (HOST_SYNC | HOST_DSYNC);
    return n ? 0 : HOST_E_NOTSUP;
}

static int direct(struct host_output *output, struct host_input *input, uint64_t length, size_t there,
                  size_t *ret, bool *ret_input) {
    const struct host_file *from = input->file, *to = output->file;
    int r = HOST_E_NOTSUP;
    if (is_file(from))
        return from_file(output, input, length, ret);
    if ((is_pipe(from) && (is_pipe(to) || is_connection(to) || is_file(to))) ||
        (is_connection(from) && is_pipe(to)))
        r = through_pipe(output, input, there, ret, ret_input);
    return r;
}

/* --- through a buffer --- */

static int buffered(struct host_output *output, struct host_input *input, uint8_t *buffer, size_t length,
                    size_t *ret, bool *ret_input) {
    size_t n = 0;
    int r = host_input_read(input, buffer, length, &n);
    *ret_input = r > 0;
    if (r || n == 0)
        return r;
    /* What was read is moved only if the other side took it: else the failure is all there is to tell. */
    r = host_output_write(output, buffer, n);
    if (r == 0)
        *ret = n;
    return r;
}

/* From file to file, as much as there is: both are always ready. */
static int buffered_all(struct host_output *output, struct host_input *input, uint8_t *buffer, size_t length,
                        size_t *ret, bool *ret_input) {
    int r = 0;
    for (size_t n = 1; r == 0 && n > 0 && *ret < length; *ret += n) {
        size_t rest = length - *ret;
        n = 0;
        r = buffered(output, input, buffer, rest < BUFFER_BYTES ? rest : BUFFER_BYTES, &n, ret_input);
    }
    if (r <= 0 || !*ret_input || *ret == 0)
        return r;
    /* What was moved counts first; the end is told anyway. */
    input->error = r == HOST_E_PIPE ? 0 : r;
    *ret_input = false;
    return 0;
}

static int through_buffer(struct host_output *output, struct host_input *input, size_t length, size_t *ret,
                          bool *ret_input) {
    struct host *host = output->file->host;
    uint8_t small[SMALL_BYTES];
    if (length <= sizeof(small) || !host_take(host, BUFFER_BYTES))
        return buffered(output, input, small, length < sizeof(small) ? length : sizeof(small), ret,
                        ret_input);
    uint8_t *buffer = mem_alloc(BUFFER_BYTES);
    int r;
    if (!buffer)
        r = buffered(output, input, small, sizeof(small), ret, ret_input);
    else if (is_file(input->file) && is_file(output->file))
        r = buffered_all(output, input, buffer, length, ret, ret_input);
    else
        r = buffered(output, input, buffer, length < BUFFER_BYTES ? length : BUFFER_BYTES, ret, ret_input);
    mem_free(buffer);
    host_give(host, BUFFER_BYTES);
    return r;
}

/* --- the door --- */

int host_output_splice(struct host_output *output, struct host_input *input, uint64_t length, uint64_t *ret,
                       bool *ret_input) {
    uint64_t room;
    size_t there, moved = 0;
    *ret = 0;
    *ret_input = false;
    int r = host_output_room(output, &room);
    if (r || room == 0)
        return r;
    output->permit = 0;
    r = host_input_available(input, length, &there);
    if (r == HOST_E_AGAIN)
        return 0;
    *ret_input = r > 0;
    if (r || there == 0)
        return r;
    r = direct(output, input, length, there, &moved, ret_input);
    if (r == 0 || r == HOST_E_AGAIN) {
        host_event_unsure(&input->file->event, HOST_READ);
        host_event_unsure(&output->file->event, HOST_WRITE);
        input->counted = 0;
        r = 0;
    } else if (r == HOST_E_NOTSUP) {
        r = through_buffer(output, input, there < room ? there : (size_t)room, &moved, ret_input);
    }
    *ret = r ? 0 : moved;
    return r;
}
