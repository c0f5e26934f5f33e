/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Frames over a socketpair on the loop.
 *
 * Receiving.  Bytes gather in one buffer; whole frames are decoded where they stand.  Descriptors arrive with
 * the first byte of their frame, never later than it, and the kernel ends a recvmsg() behind the piece that
 * carried them, so a plain queue of descriptors keeps their order; a frame takes as many as its header says.
 * What is left when every byte has been used was sent with no frame to own it, and breaks the protocol.
 *
 * Freeing.  A callback may free the channel; then the memory goes when the callback has returned (`busy`).
 */
#include "wire/channel.h"

#include "base/fd.h"
#include "base/mem.h"
#include "base/sys.h"
#include "wire/outbox.h"

/* What one recvmsg() asks for at least; small, since an idle worker keeps it. */
#define READ_BYTES (16 * KIB)
/* How much is received in one turn before others on the loop get theirs. */
#define TURN_BYTES (1 * MIB)
/* A buffer larger than this is given back when it is empty. */
#define KEEP_BYTES (64 * KIB)
/* Descriptors of several small frames may be ahead of their frames' turn only by what one read brings. */
#define FDS_MAX (4 * LIMIT_FRAME_FDS)

struct channel {
    struct loop *loop; /* borrowed */
    int fd;            /* owned */
    struct loop_watch *watch;
    struct loop_timer *again; /* goes on with what is buffered after a pause */
    enum ipc_side peer;
    int role; /* enum ipc_role; -1 not known yet */
    channel_frame_fn *on_frame;
    channel_closed_fn *on_closed;
    void *user;

    struct buffer in;
    size_t in_at; /* bytes of in that are used up */
    int fds[FDS_MAX];
    unsigned fd_count;

    struct outbox out;
    struct buffer scratch; /* the frame being made */
    enum ipc_encoding encoding;
    uint32_t last_call;

    bool paused;
    bool ended;    /* nothing more will be received */
    bool reported; /* on_closed has run */
    bool freed;
    unsigned busy;        /* callbacks on the stack */
    arcella_error *error; /* why it ended; NULL: the other side closed */
};

static void set_watch(struct channel *c) {
    unsigned events = 0;
    if (!c->paused && !c->ended)
        events |= LOOP_READ;
    if (c->out.first)
        events |= LOOP_WRITE;
    loop_watch_set(c->watch, events);
}

static void destroy(struct channel *c) {
    loop_watch_free(c->watch);
    loop_timer_free(c->again);
    fd_close(c->fd);
    for (unsigned i = 0; i < c->fd_count; i++)
        fd_close(c->fds[i]);
    buffer_done(&c->in);
    buffer_done(&c->scratch);
    outbox_done(&c->out);
    arcella_error_free(c->error);
    mem_free(c);
}

struct channel *channel_free(struct channel *channel) {
    if (!channel)
        return NULL;
    if (channel->busy) {
        channel->freed = true;
        /* Frames and descriptors in the buffer are nobody's now; the watch must not fire again. */
        channel->watch = loop_watch_free(channel->watch);
        channel->again = loop_timer_free(channel->again);
        return NULL;
    }
    destroy(channel);
    return NULL;
}

/* --- receiving --- */

/* Nothing more is received; takes the error (NULL: closed by the other side). The first reason stays. */
static void end(struct channel *c, arcella_error *error) {
    if (c->ended) {
        arcella_error_free(error);
        return;
    }
    c->ended = true;
    c->error = error;
}

/* Move the descriptors of one message into the queue. @return false where that broke the protocol; ended then
 */
static bool take_control(struct channel *c, struct msghdr *message) {
    arcella_error *error = NULL;
    for (struct cmsghdr *head = CMSG_FIRSTHDR(message); head; head = CMSG_NXTHDR(message, head)) {
        if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS)
            continue;
        size_t count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(head) + i * sizeof(int), sizeof(fd));
            if (c->fd_count < FDS_MAX) {
                c->fds[c->fd_count++] = fd;
            } else {
                fd_close(fd);
                if (!error)
                    error_set(&error, ARCELLA_E_PROTOCOL, "more descriptors than frames can have");
            }
        }
    }
    /* The kernel drops descriptors that do not fit our space, or our limit of open files. */
    if (!error && (message->msg_flags & MSG_CTRUNC))
        error_set(&error, ARCELLA_E_LIMIT,
                  "descriptors were lost: too many came, or too many files are open");
    if (!error)
        return true;
    end(c, error);
    return false;
}

/* How much to ask for: the rest of a frame that has begun, or a read's worth.  What grows with the beginning
 * of a start in it must leave nothing behind. */
static size_t wanted_bytes(struct channel *c) {
    size_t have = c->in.length - c->in_at;
    struct frame_header header;
    c->in.secret = false;
    if (have < FRAME_HEADER_BYTES ||
        frame_header_read((const uint8_t *)c->in.data + c->in_at, &header, NULL) < 0)
        return READ_BYTES;
    c->in.secret = header.type == IPC_START;
    size_t whole = header.length + FRAME_HEADER_BYTES;
    return whole > have + READ_BYTES ? whole - have : READ_BYTES;
}

/* One recvmsg(). @return bytes, 0 where there is nothing now or nothing more (ended) */
static size_t receive_some(struct channel *c) {
    arcella_error *error = NULL;
    buffer_drop(&c->in, c->in_at);
    c->in_at = 0;
    size_t want = wanted_bytes(c);
    if (buffer_reserve(&c->in, want, &error) < 0) {
        end(c, error);
        return 0;
    }
    union {
        struct cmsghdr align;
        char space[CMSG_SPACE(LIMIT_FRAME_FDS * sizeof(int))];
    } control;
    struct iovec piece = {.iov_base = c->in.data + c->in.length, .iov_len = want};
    struct msghdr message = {
        .msg_iov = &piece,
        .msg_iovlen = 1,
        .msg_control = control.space,
        .msg_controllen = sizeof(control.space),
    };
    ssize_t n = sys_recvmsg(c->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return 0;
    if (n < 0 && errno != ECONNRESET) {
        error_set_errno(&error, errno, "cannot receive");
        end(c, error);
        return 0;
    }
    if (n <= 0) {
        end(c, NULL);
        return 0;
    }
    c->in.length += (size_t)n;
    c->in.data[c->in.length] = '\0';
    return take_control(c, &message) ? (size_t)n : 0;
}

/* Give a frame its descriptors. @return 0, PROTOCOL */
static int give_fds(struct channel *c, struct frame *frame, arcella_error **reterr) {
    unsigned count = frame->header.fd_count;
    if (count > c->fd_count)
        return error_set(reterr, ARCELLA_E_PROTOCOL, "message '%s' came with %u descriptors instead of %u",
                         ipc_type_name(frame->header.type), c->fd_count, count);
    memcpy(frame->fds, c->fds, count * sizeof(int));
    frame->fd_count = count;
    c->fd_count -= count;
    memmove(c->fds, c->fds + count, c->fd_count * sizeof(int));
    return 0;
}

/* A start brings the values of secrets.  They stand in the frame, and behind all that came where it was moved
 * to the front. */
static void wipe(struct channel *c, char *payload, size_t length) {
    explicit_bzero(payload, length);
    explicit_bzero(c->in.data + c->in.length, c->in.capacity - c->in.length);
}

/*
 * Hand over the frame that begins at in_at.
 *
 * @return 1 where there was one, 0 where it is not whole yet, PROTOCOL …
 */
static int dispatch_one(struct channel *c, arcella_error **reterr) {
    size_t have = c->in.length - c->in_at;
    if (have < FRAME_HEADER_BYTES)
        return 0;
    struct frame frame = {.fd_count = 0};
    char *start = c->in.data + c->in_at;
    int r = frame_header_read((const uint8_t *)start, &frame.header, reterr);
    if (r < 0)
        return r;
    size_t length = frame.header.length;
    if (have - FRAME_HEADER_BYTES < length)
        return 0;
    char *payload = start + FRAME_HEADER_BYTES;
    /* Decoding puts a NUL behind the payload, where the next frame may begin. */
    char behind = payload[length];
    r = give_fds(c, &frame, reterr);
    if (r == 0)
        r = ipc_decode(frame.header.type, c->peer, frame.header.encoding, payload, length, &frame.message,
                       reterr);
    if (r == 0 && c->role >= 0 && !ipc_type_has_role(frame.header.type, (enum ipc_role)c->role))
        r = error_set(reterr, ARCELLA_E_PROTOCOL, "message '%s' is none of role '%s'",
                      ipc_type_name(frame.header.type), ipc_role_name((unsigned)c->role));
    if (r == 0)
        c->on_frame(c, &frame, c->user);
    frame_done(&frame);
    if (frame.header.type == IPC_START)
        wipe(c, payload, length);
    payload[length] = behind;
    c->in_at += FRAME_HEADER_BYTES + length;
    return r < 0 ? r : 1;
}

/* Hand over what is whole; then, where nothing more comes, say so. */
static void dispatch(struct channel *c) {
    arcella_error *error = NULL;
    int r = 1;
    /* A receive error that is not the stream's end still lets the whole frames before it through. */
    while (r > 0 && !c->paused && !c->freed && !c->reported)
        r = dispatch_one(c, &error);
    if (c->freed || c->reported) {
        arcella_error_free(error);
        return;
    }
    if (r < 0) {
        /* What came after a broken frame means nothing. */
        arcella_error_free(c->error);
        c->error = NULL;
        c->ended = false;
        end(c, error);
    } else if (r == 0 && c->in_at == c->in.length && c->fd_count && !c->ended) {
        error_set(&error, ARCELLA_E_PROTOCOL, "%u descriptors came without a frame", c->fd_count);
        end(c, error);
    } else if (r == 0 && c->in_at < c->in.length && c->ended && !c->error) {
        error_set(&c->error, ARCELLA_E_CLOSED, "the connection ended inside a frame");
    }
    if (c->ended && !c->paused) {
        c->reported = true;
        outbox_done(&c->out);
        c->out.broken = true;
        set_watch(c);
        c->on_closed(c, c->error, c->user);
    }
}

/* Receive until there is nothing, hand over, look again: a reply that came meanwhile saves a turn of the
 * loop. */
static void receive(struct channel *c) {
    size_t turn = 0;
    c->busy++;
    while (!c->paused && !c->ended && !c->freed && turn < TURN_BYTES) {
        size_t n = receive_some(c);
        if (n == 0 && !c->ended)
            break;
        turn += n;
        dispatch(c);
    }
    c->busy--;
    if (c->freed) {
        destroy(c);
        return;
    }
    if (c->in_at == c->in.length && c->in.capacity > KEEP_BYTES) {
        buffer_done(&c->in);
        c->in_at = 0;
    }
    set_watch(c);
}

static void on_watch(struct loop_watch *watch, unsigned events, void *user) {
    struct channel *c = user;
    (void)watch;
    if (events & LOOP_WRITE) {
        /* A failure shows when receiving, after what was sent before it. */
        (void)outbox_flush(&c->out, NULL);
        set_watch(c);
    }
    if (events & (LOOP_READ | LOOP_HANGUP) && !c->reported)
        receive(c);
}

static void on_again(struct loop_timer *timer, void *user) {
    struct channel *c = user;
    (void)timer;
    c->busy++;
    dispatch(c);
    c->busy--;
    if (c->freed)
        destroy(c);
    else if (!c->reported)
        receive(c);
}

/* --- the door --- */

int channel_new(struct loop *loop, int fd, enum ipc_side peer, channel_frame_fn *on_frame,
                channel_closed_fn *on_closed, void *user, struct channel **ret, arcella_error **reterr) {
    FD_AUTO owned = fd;
    int r = fd_nonblocking(fd, reterr);
    if (r < 0)
        return r;
    struct channel *c = mem_new(struct channel);
    if (!c)
        return error_nomem(reterr);
    const char *wish = getenv("ARCELLA_IPC");
    *c = (struct channel){
        .loop = loop,
        .fd = TAKE_FD(owned),
        .peer = peer,
        .role = -1,
        .on_frame = on_frame,
        .on_closed = on_closed,
        .user = user,
        .encoding = wish && strcmp(wish, "json") == 0 ? IPC_JSON : IPC_PACK,
    };
    /* One frame that is not whole yet, and one read behind it. */
    buffer_init(&c->in, FRAME_HEADER_BYTES + LIMIT_FRAME_BYTES + 2 * READ_BYTES);
    buffer_init(&c->scratch, FRAME_HEADER_BYTES + LIMIT_FRAME_BYTES);
    outbox_init(&c->out, c->fd, LIMIT_CHANNEL_QUEUE_BYTES);
    r = loop_watch_new(loop, c->fd, on_watch, c, &c->watch, reterr);
    if (r == 0)
        r = loop_timer_new(loop, on_again, c, &c->again, reterr);
    if (r < 0) {
        channel_free(c);
        return r;
    }
    set_watch(c);
    *ret = c;
    return 0;
}

int channel_send(struct channel *channel, enum ipc_type type, const void *record, arcella_error **reterr) {
    return channel_send_extra(channel, type, record, NULL, reterr);
}

int channel_send_extra(struct channel *channel, enum ipc_type type, const void *record,
                       const struct channel_extra *extra, arcella_error **reterr) {
    static const struct channel_extra nothing = {.call = 0};
    if (!extra)
        extra = &nothing;
    if (channel->freed || channel->out.broken)
        return error_set(reterr, ARCELLA_E_CLOSED, "the other side has closed the connection");
    if (extra->fd_count > LIMIT_FRAME_FDS)
        return error_set(reterr, ARCELLA_E_INVALID, "%u descriptors are more than the %d of a message",
                         extra->fd_count, LIMIT_FRAME_FDS);
    static const uint8_t room[FRAME_HEADER_BYTES];
    struct buffer *scratch = &channel->scratch;
    buffer_clear(scratch);
    scratch->secret = channel->out.secret = extra->secret;
    int r = buffer_add(scratch, room, sizeof(room), reterr);
    if (r == 0)
        r = ipc_encode(type, record, channel->encoding, scratch, reterr);
    if (r < 0 && extra->secret)
        buffer_wipe(scratch);
    if (r < 0)
        return r;
    struct frame_header header = {
        .encoding = (uint8_t)channel->encoding,
        .type = (uint16_t)type,
        .length = (uint32_t)(scratch->length - FRAME_HEADER_BYTES),
        .call = extra->call,
        .deadline_ms = extra->deadline_ms,
        .fd_count = (uint8_t)extra->fd_count,
    };
    frame_header_write(&header, (uint8_t *)scratch->data);
    r = outbox_send(&channel->out, scratch->data, scratch->length, extra->fds, extra->fd_count, reterr);
    if (extra->secret)
        buffer_wipe(scratch);
    if (scratch->capacity > KEEP_BYTES)
        buffer_done(scratch);
    set_watch(channel);
    return r < 0 ? error_wrap(reterr, r, "message '%s'", ipc_type_name(type)) : 0;
}

uint32_t channel_next_call(struct channel *channel) {
    if (++channel->last_call == 0)
        channel->last_call = 1;
    return channel->last_call;
}

void channel_set_role(struct channel *channel, enum ipc_role role) {
    channel->role = (int)role;
}

void channel_pause(struct channel *channel, bool paused) {
    if (channel->freed || channel->paused == paused)
        return;
    channel->paused = paused;
    if (channel->reported)
        return;
    if (paused)
        loop_timer_stop(channel->again);
    else
        loop_timer_start(channel->again, 0, 0);
    set_watch(channel);
}

uint64_t channel_queued_bytes(const struct channel *channel) {
    return channel->out.bytes;
}

int channel_flush(struct channel *channel, unsigned timeout_ms, arcella_error **reterr) {
    int r = outbox_drain(&channel->out, timeout_ms, reterr);
    if (!channel->freed)
        set_watch(channel);
    return r;
}

void channel_set_encoding(struct channel *channel, enum ipc_encoding encoding) {
    channel->encoding = encoding;
}

int channel_fd(const struct channel *channel) {
    return channel->fd;
}
