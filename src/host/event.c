/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Readiness of one thing, and the wait of a run for any of many.  What is known is bits in memory; the kernel
 * is asked when nothing is known yet and where an operation left doubt.  The loop's thread.
 */
#include "host/event.h"

#include <poll.h>

#include "base/clock.h"
#include "host/inside.h"
#include "host/reactor.h"

/* Longest single timer: a longer wait looks at the clock in between. */
#define TIMER_MS_MAX (3600ull * 1000)

#define BOTH (HOST_READ | HOST_WRITE)

STATIC_ASSERT((unsigned)EPOLLIN == POLLIN && (unsigned)EPOLLOUT == POLLOUT && (unsigned)EPOLLHUP == POLLHUP &&
                  (unsigned)EPOLLERR == POLLERR && (unsigned)EPOLLRDHUP == POLLRDHUP &&
                  (unsigned)EPOLLPRI == POLLPRI,
              "poll(2) and epoll speak of readiness in the same bits");

void host_event_init(struct host_event *event, struct host *host, int fd) {
    *event = (struct host_event){.host = host, .fd = fd};
}

void host_event_init_always(struct host_event *event, struct host *host) {
    *event = (struct host_event){.host = host, .fd = -1, .always = true};
}

void host_event_done(struct host_event *event) {
    if (event->reactor)
        host_reactor_remove(event);
    event->wanted = 0;
}

/* --- what is ready --- */

/* Set what a mask of epoll or poll(2) says; either tells all there is at that moment. */
static void note(struct host_event *event, unsigned mask) {
    unsigned gone = POLLHUP | POLLERR | POLLNVAL;
    event->ready = (mask & (POLLIN | POLLRDHUP | gone) ? HOST_READ : 0u) |
                   (mask & (POLLOUT | gone) ? (unsigned)HOST_WRITE : 0u);
    event->hangup = (mask & (POLLRDHUP | gone) ? HOST_READ : 0u) | (mask & gone ? (unsigned)HOST_WRITE : 0u);
    event->urgent = mask & POLLPRI;
    event->unsure = 0;
}

static void look(struct host_event *event) {
    struct pollfd fd = {.fd = event->fd, .events = POLLIN | POLLPRI | POLLRDHUP | POLLOUT};
    /* Where the kernel has no memory to answer, what was known stays: at worst an operation says EAGAIN. */
    if (SYS_RETRY_(int, poll(&fd, 1, 0)) >= 0)
        note(event, (unsigned)fd.revents);
}

int host_event_watch(struct host_event *event) {
    struct host *host = event->host;
    if (event->always || event->reactor || event->fd < 0)
        return 0;
    int r = host->reactor ? 0 : host_reactor_get(host->loop, &host->reactor);
    r = r ? r : host_reactor_add(host->reactor, event);
    if (r == HOST_E_PERM) {
        event->always = true;
        return 0;
    }
    /* Adding makes an edge of what is ready already; asking tells it at once. */
    look(event);
    return r;
}

unsigned host_event_ready(struct host_event *event, unsigned wanted) {
    if (event->always)
        return wanted;
    if (!event->reactor && event->fd >= 0) {
        if (host_event_watch(event))
            event->host->wait_blind = true;
        if (event->always)
            return wanted;
    } else if (event->ready & wanted & (event->shared ? BOTH : event->unsure)) {
        look(event);
    }
    unsigned ready = event->ready & wanted;
    struct host *host = event->host;
    if (ready != wanted && host) {
        if (event->wait != host->wait)
            event->wanted = 0;
        event->wait = host->wait;
        event->wanted |= wanted & ~ready;
    }
    return ready;
}

/* Wake the run, if this is what it waits for. */
static void wake(const struct host_event *event) {
    struct host *host = event->host;
    if (!host || event->wait != host->wait || !(event->wanted & event->ready))
        return;
    host->wait_fired = true;
    host_fire(host);
}

void host_event_tell(struct host_event *event, unsigned mask) {
    event->edges++;
    note(event, mask);
    if (!event->told || event->told(event))
        wake(event);
}

void host_event_fire(struct host_event *event, unsigned what) {
    event->ready |= what;
    wake(event);
}

/* --- waiting --- */

void host_wait_begin(struct host *host) {
    host->wait++;
    host->wait_fired = false;
    host->wait_blind = false;
}

int host_wait(struct host *host, uint64_t deadline_ns) {
    uint64_t delay_ms = UINT64_MAX;
    if (host->wait_blind)
        return HOST_E_NOMEM;
    if (host->wait_fired)
        return 0;
    if (deadline_ns != HOST_NO_DEADLINE) {
        uint64_t now = clock_monotonic_ns();
        if (deadline_ns <= now)
            return 0;
        delay_ms = (deadline_ns - now - 1) / 1000000 + 1;
        delay_ms = delay_ms < TIMER_MS_MAX ? delay_ms : TIMER_MS_MAX;
    }
    struct host_reactor *reactor = host->reactor;
    if (reactor)
        host_reactor_hold(reactor, true);
    int r = host_park(host, delay_ms);
    if (reactor)
        host_reactor_hold(reactor, false);
    return r;
}

int host_wait_event(struct host_event *event, unsigned wanted) {
    struct host *host = event->host;
    for (;;) {
        host_wait_begin(host);
        if (host_event_ready(event, wanted))
            return 0;
        int r = host_wait(host, HOST_NO_DEADLINE);
        if (r)
            return r;
    }
}
