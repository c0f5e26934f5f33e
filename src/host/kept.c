/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Bytes that wait for room.  They belong to their file; a file that lingers belongs to them, and both to the
 * reactor's list, oldest first.
 */
#include "host/kept.h"

#include <sys/socket.h>

#include "base/limits.h"
#include "host/inside.h"
#include "host/output.h"
#include "host/reactor.h"
#include "host/stream.h"

struct host_kept {
    struct host_file *file;     /* it has us */
    struct host_output *writer; /* borrowed: whom a failure is told; NULL: nobody */
    struct host *payer;         /* borrowed: whose budget this is; NULL: the instance is gone */
    uint8_t *bytes;             /* owned */
    size_t start, end;          /* of what is not written yet */
    size_t size;
    bool finish; /* shut down sending at the end */
    bool lingers;
    uint64_t until_ms; /* lingers: of the loop's clock */
    struct host_kept *next;
};

static void kept_free(struct host_kept *kept) {
    if (kept->payer)
        host_give(kept->payer, sizeof(*kept) + kept->size);
    kept->file->kept = NULL;
    kept->file->event.told = NULL;
    mem_free(kept->bytes);
    mem_free(kept);
}

/* --- lingering --- */

/* The end of one that lingers: its file goes with it. */
static void linger_end(struct host_kept *kept) {
    struct host_file *file = kept->file;
    struct host_reactor *reactor = file->event.reactor;
    struct host_kept **at = &reactor->lingers;
    while (*at != kept)
        at = &(*at)->next;
    *at = kept->next;
    reactor->lingers_count--;
    if (!reactor->lingers)
        loop_timer_stop(reactor->timer);
    kept_free(kept);
    host_file_close(file);
    host_reactor_hold(reactor, false);
    host_reactor_put(reactor);
}

static void on_linger_timer(struct loop_timer *timer, void *user) {
    struct host_reactor *reactor = user;
    uint64_t now = loop_now_ms(reactor->loop);
    reactor->users++;
    while (reactor->lingers && reactor->lingers->until_ms <= now)
        linger_end(reactor->lingers);
    if (reactor->lingers)
        loop_timer_start(timer, reactor->lingers->until_ms - now, 0);
    host_reactor_put(reactor);
}

/* Is there room for one more, and somebody who will end it? */
static bool may_linger(struct host_reactor *reactor) {
    if (reactor->lingers_count >= LIMIT_LINGERS)
        return false;
    return reactor->timer ||
           loop_timer_new(reactor->loop, on_linger_timer, reactor, &reactor->timer, NULL) == 0;
}

bool host_kept_linger(struct host_file *file) {
    struct host_kept *kept = file->kept;
    struct host_reactor *reactor = file->event.reactor;
    kept->writer = NULL;
    if (!may_linger(reactor)) {
        host_notice(file->host,
                    "%zu bytes for a stream that was closed are lost: %zu others wait to be written",
                    kept->end - kept->start, reactor->lingers_count);
        kept_free(kept);
        return false;
    }
    file->host = NULL;
    file->event.host = NULL;
    kept->lingers = true;
    kept->until_ms = loop_now_ms(reactor->loop) + reactor->linger_ms;
    struct host_kept **at = &reactor->lingers;
    while (*at)
        at = &(*at)->next;
    *at = kept;
    reactor->lingers_count++;
    reactor->users++;
    host_reactor_hold(reactor, true);
    if (!loop_timer_active(reactor->timer))
        loop_timer_start(reactor->timer, reactor->linger_ms, 0);
    return true;
}

void host_kept_forget(struct host *host) {
    for (struct host_kept *kept = host->reactor ? host->reactor->lingers : NULL; kept; kept = kept->next) {
        if (kept->payer != host)
            continue;
        host_give(host, sizeof(*kept) + kept->size);
        kept->payer = NULL;
    }
}

void host_kept_give_up(struct host_reactor *reactor) {
    while (reactor->lingers)
        linger_end(reactor->lingers);
}

size_t host_linger_count(const struct loop *loop) {
    const struct host_reactor *reactor = host_reactor_find(loop);
    return reactor ? reactor->lingers_count : 0;
}

/* --- writing --- */

/* Write what there is room for. @return false: all is written, or it failed */
static bool write_some(struct host_kept *kept, int *ret_error) {
    *ret_error = 0;
    while (kept->start < kept->end) {
        struct iovec iov = {kept->bytes + kept->start, kept->end - kept->start};
        ssize_t n = host_stream_try(kept->file, &iov, 1, true);
        if (n < 0 && errno == EAGAIN)
            return true;
        if (n < 0) {
            *ret_error = host_errno();
            return false;
        }
        kept->start += (size_t)n;
    }
    return false;
}

/* There may be room. @return false: the file lingered and is gone */
static bool on_room(struct host_event *event) {
    struct host_file *file = CONTAINER_OF(event, struct host_file, event);
    struct host_kept *kept = file->kept;
    int error;
    if (!(event->ready & HOST_WRITE) || write_some(kept, &error))
        return true;
    if (error && kept->writer)
        kept->writer->error = error;
    if (kept->finish && !error)
        (void)!shutdown(file->fd, SHUT_WR);
    if (kept->lingers) {
        linger_end(kept);
        return false;
    }
    kept_free(kept);
    return true;
}

/* Make room for length bytes more at the end. @return false: there is none */
static bool reserve(struct host_kept *kept, size_t length) {
    size_t held = kept->end - kept->start;
    if (length > HOST_KEPT_BYTES - held)
        return false;
    if (kept->start > 0) {
        memmove(kept->bytes, kept->bytes + kept->start, held);
        kept->start = 0;
        kept->end = held;
    }
    if (held + length <= kept->size)
        return true;
    size_t more = held + length - kept->size;
    if (!host_take(kept->payer, more))
        return false;
    uint8_t *bytes = mem_resize(kept->bytes, held + length);
    if (!bytes) {
        host_give(kept->payer, more);
        return false;
    }
    kept->bytes = bytes;
    kept->size = held + length;
    return true;
}

static struct host_kept *kept_new(struct host_file *file) {
    if (!host_take(file->host, sizeof(struct host_kept)))
        return NULL;
    struct host_kept *kept = mem_new(struct host_kept);
    if (!kept) {
        host_give(file->host, sizeof(struct host_kept));
        return NULL;
    }
    kept->file = file;
    kept->payer = file->host;
    file->kept = kept;
    file->event.told = on_room;
    return kept;
}

int host_kept_add(struct host_file *file, struct host_output *writer, const void *bytes, size_t length) {
    if (host_event_watch(&file->event) || file->event.always)
        return HOST_E_NOMEM;
    struct host_kept *kept = file->kept ? file->kept : kept_new(file);
    if (!kept)
        return HOST_E_NOMEM;
    if (!reserve(kept, length)) {
        if (kept->start == kept->end)
            kept_free(kept);
        return HOST_E_NOMEM;
    }
    memcpy(kept->bytes + kept->end, bytes, length);
    kept->end += length;
    kept->writer = writer;
    return 0;
}

void host_kept_push(struct host_file *file) {
    if (file->kept && file->event.ready & HOST_WRITE)
        (void)on_room(&file->event); /* it is held by whoever calls, so it does not linger */
}

void host_kept_disown(struct host_file *file, const struct host_output *writer) {
    if (file->kept && file->kept->writer == writer)
        file->kept->writer = NULL;
}

void host_kept_finish(struct host_file *file) {
    file->kept->finish = true;
}
