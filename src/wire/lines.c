/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Lines over a stream socket on the loop.
 *
 * A client that has shut down its sending half (`printf … | socat -`) still waits for replies, so that end
 * and the whole one are told apart.  After the first the socket is readable for ever, so reading is no longer
 * watched; the second shows as a hang-up, which the loop cannot wait for alone: an epoll descriptor that asks
 * for nothing gets hang-ups only, and the loop watches that one.
 *
 * Freeing inside a callback: the memory goes when the callback has returned (`busy`).
 */
#include "wire/lines.h"

#include <sys/epoll.h>

#include "base/fd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/sys.h"
#include "wire/outbox.h"

#define READ_BYTES (16 * KIB)
#define TURN_BYTES (256 * KIB)
#define KEEP_BYTES (32 * KIB)

struct lines {
    struct loop *loop; /* borrowed */
    int fd;            /* owned */
    struct loop_watch *watch;
    struct loop_timer *timer; /* goes on after a pause; ends a finishing connection */
    int hangup_fd;            /* epoll; -1 until the other half has ended */
    struct loop_watch *hangup;
    size_t line_limit;
    lines_line_fn *on_line;
    lines_closed_fn *on_closed;
    void *user;

    struct buffer in;
    size_t in_at;  /* bytes of in that are used up */
    size_t looked; /* bytes behind in_at known to have no LF */
    bool skipping; /* inside a line that was too long */

    struct outbox out;
    bool paused;
    bool ended; /* no more bytes come */
    bool gone;  /* and none are taken */
    bool told_ended;
    bool told_gone;
    bool finishing;
    bool freed;
    unsigned busy;
};

static void set_watch(struct lines *l) {
    unsigned events = 0;
    if (!l->paused && !l->ended && !l->finishing)
        events |= LOOP_READ;
    if (l->out.first && !l->gone)
        events |= LOOP_WRITE;
    if (l->watch)
        loop_watch_set(l->watch, events);
}

static void destroy(struct lines *l) {
    loop_watch_free(l->hangup);
    fd_close(l->hangup_fd);
    loop_watch_free(l->watch);
    loop_timer_free(l->timer);
    fd_close(l->fd);
    buffer_done(&l->in);
    outbox_done(&l->out);
    mem_free(l);
}

struct lines *lines_free(struct lines *lines) {
    if (!lines)
        return NULL;
    lines->freed = true;
    lines->hangup = loop_watch_free(lines->hangup);
    lines->watch = loop_watch_free(lines->watch);
    lines->timer = loop_timer_free(lines->timer);
    if (!lines->busy)
        destroy(lines);
    return NULL;
}

/* --- the end of the connection --- */

static void on_hangup(struct loop_watch *watch, unsigned events, void *user);

static void watch_hangup(struct lines *l) {
    FD_AUTO fd = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event nothing = {.events = 0};
    if (fd < 0 || epoll_ctl(fd, EPOLL_CTL_ADD, l->fd, &nothing) < 0 ||
        loop_watch_new(l->loop, fd, on_hangup, l, &l->hangup, NULL) < 0) {
        /* Short of descriptors or memory: a half-closed connection is taken as closed. */
        l->gone = true;
        return;
    }
    l->hangup_fd = TAKE_FD(fd);
    loop_watch_set(l->hangup, LOOP_READ);
}

/* Tell the owner what there is to tell. Inside busy. */
static void tell(struct lines *l) {
    if (l->finishing) {
        if (l->gone)
            lines_free(l);
        return;
    }
    if (l->ended && !l->told_ended && !l->gone) {
        l->told_ended = true;
        watch_hangup(l);
        if (!l->gone)
            l->on_closed(l, false, l->user);
    }
    if (l->gone && !l->told_gone && !l->freed && !l->finishing) {
        l->told_ended = true;
        l->told_gone = true;
        l->out.broken = true;
        outbox_done(&l->out);
        l->on_closed(l, true, l->user);
    }
}

static void leave(struct lines *l) {
    if (--l->busy)
        return;
    if (l->freed) {
        destroy(l);
        return;
    }
    if (l->in_at == l->in.length && l->in.capacity > KEEP_BYTES) {
        buffer_done(&l->in);
        l->in_at = 0;
    }
    set_watch(l);
}

static void on_hangup(struct loop_watch *watch, unsigned events, void *user) {
    struct lines *l = user;
    (void)watch;
    (void)events;
    l->hangup = loop_watch_free(l->hangup);
    l->busy++;
    l->gone = true;
    tell(l);
    leave(l);
}

/* --- receiving --- */

static size_t receive_some(struct lines *l) {
    buffer_drop(&l->in, l->in_at);
    l->in_at = 0;
    if (buffer_reserve(&l->in, READ_BYTES, NULL) < 0) {
        l->ended = l->gone = true;
        return 0;
    }
    struct iovec piece = {.iov_base = l->in.data + l->in.length, .iov_len = READ_BYTES};
    struct msghdr message = {.msg_iov = &piece,
                             .msg_iovlen = 1}; /* no room for descriptors: the kernel closes them */
    ssize_t n = sys_recvmsg(l->fd, &message, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return 0;
    if (n < 0)
        l->ended = l->gone = true;
    if (n == 0)
        l->ended = true;
    if (n <= 0)
        return 0;
    l->in.length += (size_t)n;
    l->in.data[l->in.length] = '\0';
    return (size_t)n;
}

/* Hand over length bytes at in_at as a line; consumed bytes of the buffer are used up by it. */
static void hand_over(struct lines *l, size_t length, size_t consumed) {
    char *text = l->in.data + l->in_at;
    bool too_long = length > l->line_limit;
    if (too_long)
        length = l->line_limit;
    else if (length && text[length - 1] == '\r')
        length--;
    l->in_at += consumed;
    l->looked = 0;
    if (length == 0)
        return;
    char behind = text[length];
    text[length] = '\0';
    l->on_line(l, text, length, too_long, l->user);
    text[length] = behind;
}

/* @return false where the buffer holds no further line */
static bool dispatch_one(struct lines *l) {
    size_t have = l->in.length - l->in_at;
    char *text = l->in.data + l->in_at;
    char *end = have > l->looked ? memchr(text + l->looked, '\n', have - l->looked) : NULL;
    if (end && l->skipping) {
        l->skipping = false;
        l->in_at += (size_t)(end - text) + 1;
        l->looked = 0;
    } else if (end) {
        hand_over(l, (size_t)(end - text), (size_t)(end - text) + 1);
    } else if (l->skipping) {
        l->in_at = l->in.length;
        l->looked = 0;
        return false;
    } else if (have > l->line_limit) {
        l->skipping = true;
        hand_over(l, have, have);
    } else if (l->ended && have) {
        /* The last line may lack its LF. */
        hand_over(l, have, have);
    } else {
        l->looked = have;
        return false;
    }
    return true;
}

static void dispatch(struct lines *l) {
    while (!l->paused && !l->freed && !l->finishing && dispatch_one(l))
        ;
    if (!l->paused && !l->freed)
        tell(l);
}

static void receive(struct lines *l) {
    size_t turn = 0;
    while (!l->paused && !l->ended && !l->freed && !l->finishing && turn < TURN_BYTES) {
        size_t n = receive_some(l);
        if (n == 0 && !l->ended)
            break;
        turn += n;
        dispatch(l);
    }
}

/* All that was queued has gone, or cannot go: a finishing connection is done. */
static bool finished(const struct lines *l) {
    return l->finishing && (!l->out.first || l->out.broken);
}

static void on_watch(struct loop_watch *watch, unsigned events, void *user) {
    struct lines *l = user;
    (void)watch;
    l->busy++;
    if (events & LOOP_WRITE && outbox_flush(&l->out, NULL) < 0)
        l->gone = l->ended;
    if (events & (LOOP_READ | LOOP_HANGUP))
        receive(l);
    if (!l->freed && !l->paused)
        tell(l);
    if (!l->freed && finished(l))
        lines_free(l);
    leave(l);
}

static void on_timer(struct loop_timer *timer, void *user) {
    struct lines *l = user;
    (void)timer;
    l->busy++;
    if (l->finishing) {
        lines_free(l);
    } else {
        dispatch(l);
        if (!l->freed)
            receive(l);
    }
    leave(l);
}

/* --- the door --- */

int lines_new(struct loop *loop, int fd, size_t line_limit, uint64_t queue_limit, lines_line_fn *on_line,
              lines_closed_fn *on_closed, void *user, struct lines **ret, arcella_error **reterr) {
    FD_AUTO owned = fd;
    int r = fd_nonblocking(fd, reterr);
    if (r < 0)
        return r;
    struct lines *l = mem_new(struct lines);
    if (!l)
        return error_nomem(reterr);
    *l = (struct lines){
        .loop = loop,
        .fd = TAKE_FD(owned),
        .hangup_fd = -1,
        .line_limit = line_limit,
        .on_line = on_line,
        .on_closed = on_closed,
        .user = user,
    };
    buffer_init(&l->in, line_limit + 2 * READ_BYTES);
    outbox_init(&l->out, l->fd, queue_limit);
    r = loop_watch_new(loop, l->fd, on_watch, l, &l->watch, reterr);
    if (r == 0)
        r = loop_timer_new(loop, on_timer, l, &l->timer, reterr);
    if (r < 0) {
        lines_free(l);
        return r;
    }
    set_watch(l);
    *ret = l;
    return 0;
}

struct lines *lines_finish(struct lines *lines, uint64_t timeout_ms) {
    if (!lines || lines->freed)
        return NULL;
    if (!lines->out.first || lines->out.broken || lines->gone)
        return lines_free(lines);
    lines->finishing = true;
    loop_timer_start(lines->timer, timeout_ms, 0);
    set_watch(lines);
    return NULL;
}

int lines_send(struct lines *lines, const char *bytes, size_t count, arcella_error **reterr) {
    if (lines->freed || lines->finishing)
        return error_set(reterr, ARCELLA_E_CLOSED, "the connection is closed");
    int r = outbox_send(&lines->out, bytes, count, NULL, 0, reterr);
    set_watch(lines);
    return r;
}

void lines_pause(struct lines *lines, bool paused) {
    if (lines->freed || lines->finishing || lines->paused == paused)
        return;
    lines->paused = paused;
    if (paused)
        loop_timer_stop(lines->timer);
    else
        loop_timer_start(lines->timer, 0, 0);
    set_watch(lines);
}

bool lines_ended(const struct lines *lines) {
    return lines->ended;
}

uint64_t lines_queued_bytes(const struct lines *lines) {
    return lines->out.bytes;
}

int lines_fd(const struct lines *lines) {
    return lines->fd;
}
