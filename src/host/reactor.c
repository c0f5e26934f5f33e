/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * One epoll instance per loop, edge-triggered, watched by the loop.
 *
 * Not the loop's own: what the loop watches it watches level-triggered, by a change of the kernel's set for
 * each wait, and it puts descriptors into non-blocking mode, which an inherited terminal shares with the
 * shell.  Adding a descriptor to a set of ours changes nothing about it.
 */
#include "host/reactor.h"

#include "base/fd.h"
#include "base/limits.h"
#include "host/inside.h"
#include "host/kept.h"

/* Edges fetched at once, and how often before others of the loop get a turn. */
#define BATCH_EVENTS     128
#define BATCHES_PER_TURN 8

static const char reactor_key;

static void on_edges(struct loop_watch *watch, unsigned events, void *user) {
    struct host_reactor *reactor = user;
    struct epoll_event batch[BATCH_EVENTS];
    (void)watch;
    (void)events;
    reactor->users++;
    reactor->batch = batch;
    for (unsigned round = 0; round < BATCHES_PER_TURN; round++) {
        /* A failure is asked again: the loop's own watch is level-triggered. */
        int count = SYS_RETRY_(int, epoll_wait(reactor->epoll, batch, BATCH_EVENTS, 0));
        reactor->batch_count = count < 0 ? 0 : count;
        for (int i = 0; i < reactor->batch_count; i++)
            if (batch[i].data.ptr)
                host_event_tell(batch[i].data.ptr, batch[i].events);
        if (count < BATCH_EVENTS)
            break;
    }
    reactor->batch = NULL;
    reactor->batch_count = 0;
    host_reactor_put(reactor);
}

static void reactor_free(struct host_reactor *reactor) {
    loop_part_remove(reactor->loop, &reactor->part);
    if (reactor->timer)
        loop_timer_free(reactor->timer);
    if (reactor->watch)
        loop_watch_free(reactor->watch);
    fd_close(reactor->epoll);
    mem_free(reactor);
}

/* The loop is being freed: its hosts are gone, what lingers is given up. */
static void on_end(struct loop_part *part) {
    struct host_reactor *reactor = CONTAINER_OF(part, struct host_reactor, part);
    reactor->users++;
    host_kept_give_up(reactor);
    host_reactor_put(reactor);
}

static int reactor_new(struct loop *loop, struct host_reactor **ret) {
    struct host_reactor *reactor = mem_new(struct host_reactor);
    if (!reactor)
        return HOST_E_NOMEM;
    reactor->loop = loop;
    reactor->users = 1;
    reactor->linger_ms = LIMIT_LINGER_MS;
    reactor->part.key = &reactor_key;
    reactor->part.end = on_end;
    reactor->epoll = SYS_CALL_(epoll_create1(EPOLL_CLOEXEC));
    if (reactor->epoll < 0 ||
        loop_watch_new(loop, reactor->epoll, on_edges, reactor, &reactor->watch, NULL) < 0) {
        reactor_free(reactor);
        return HOST_E_NOMEM;
    }
    loop_watch_ref(reactor->watch, false);
    loop_watch_set(reactor->watch, LOOP_READ);
    loop_part_add(loop, &reactor->part);
    *ret = reactor;
    return 0;
}

struct host_reactor *host_reactor_find(const struct loop *loop) {
    struct loop_part *part = loop_part_find(loop, &reactor_key);
    return part ? CONTAINER_OF(part, struct host_reactor, part) : NULL;
}

int host_reactor_get(struct loop *loop, struct host_reactor **ret) {
    struct host_reactor *reactor = host_reactor_find(loop);
    if (!reactor)
        return reactor_new(loop, ret);
    reactor->users++;
    *ret = reactor;
    return 0;
}

void host_reactor_put(struct host_reactor *reactor) {
    if (reactor && --reactor->users == 0)
        reactor_free(reactor);
}

void host_reactor_hold(struct host_reactor *reactor, bool hold) {
    bool held = reactor->holds > 0;
    reactor->holds += hold ? 1u : -1u;
    if (held != (reactor->holds > 0))
        loop_watch_ref(reactor->watch, hold);
}

int host_reactor_add(struct host_reactor *reactor, struct host_event *event) {
    struct epoll_event wanted = {.events = EPOLLIN | EPOLLPRI | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                                 .data.ptr = event};
    if (SYS_CALL_(epoll_ctl(reactor->epoll, EPOLL_CTL_ADD, event->fd, &wanted)) < 0)
        return errno == EPERM ? HOST_E_PERM : HOST_E_NOMEM;
    event->reactor = reactor;
    return 0;
}

void host_reactor_remove(struct host_event *event) {
    struct host_reactor *reactor = event->reactor;
    /* The set knows descriptions, which may outlive our descriptor, so closing it would not do. */
    (void)epoll_ctl(reactor->epoll, EPOLL_CTL_DEL, event->fd, NULL);
    for (int i = 0; i < reactor->batch_count; i++)
        if (reactor->batch[i].data.ptr == event)
            reactor->batch[i].data.ptr = NULL;
    event->reactor = NULL;
}
