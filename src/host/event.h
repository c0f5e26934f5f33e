/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Readiness: what a run may wait for, and the one wait.
 *
 * Every open thing that the system can report about (socket, pipe, terminal, lookup) has a struct host_event.
 * It is registered with the kernel once, edge-triggered, when somebody first asks; from then on its readiness
 * is a bit in memory: set by the loop when an edge comes, cleared by the operation that found nothing more
 * (EAGAIN, or fewer bytes than asked for).  So an idle pollable costs nothing, and ten thousand of them are
 * one pass over memory.
 *
 *     for (;;) {
 *         host_wait_begin(host);
 *         bool any = false;
 *         for (each)
 *             any |= host_event_ready(event, HOST_READ) != 0;   // not ready: it is marked for this wait
 *         if (any)
 *             break;
 *         r = host_wait(host, deadline_ns);                     // parks
 *         if (r)
 *             return r;                                         // HOST_STOP: the run is being ended
 *     }
 *
 * An event that nobody asked about since host_wait_begin() wakes nobody.
 *
 * Whoever operates on a descriptor says how it went: host_event_drained() after EAGAIN, host_event_unsure()
 * after everything else that may have changed what is ready (a receive, an accept, a connect, a shutdown).
 * Only EAGAIN is sure to be followed by an edge, so when in doubt: unsure.  The loop's thread.
 */
#ifndef HOST_EVENT_H
#define HOST_EVENT_H

#include "host/host.h"

#define HOST_NO_DEADLINE UINT64_MAX

#define HOST_NO_DEADLINE UINT64_MAX

struct host_reactor;

/* Read by everyone, changed only by this room. */
struct host_event {
    struct host *host; /* borrowed; NULL: nobody waits any more (a stream that lingers) */
    int fd;            /* borrowed; -1: nothing the kernel knows, host_event_fire() makes it ready */
    unsigned ready;    /* of HOST_READ, HOST_WRITE: known to be ready */
    unsigned unsure;   /* of ready: may have been used up since; asked before it is told */
    unsigned hangup;   /* of HOST_READ, HOST_WRITE: the other side is gone, as far as this is concerned */
    unsigned wanted;   /* of the wait with this number */
    uint32_t wait;
    uint32_t edges;               /* how many have come; who sees the same number twice has missed none */
    bool always;                  /* ready for everything at all times: files, logs, devices like /dev/null */
    bool shared;                  /* others use the same description: never sure */
    bool urgent;                  /* bytes out of line have come, behind which others stand uncounted */
    struct host_reactor *reactor; /* it is registered there; NULL: nobody has asked yet */
    /* Called when an edge has come, before who waits is woken.  NULL: none.  false: the event is gone. */
    bool (*told)(struct host_event *event);
};

/** Make an event; registers nothing. @param fd borrowed, in any mode; -1: fired by host_event_fire() */
void host_event_init(struct host_event *event, struct host *host, int fd);
/** Before its descriptor is closed, or its memory freed: nothing more is told. */
void host_event_done(struct host_event *event);
/** One that is always ready. */
void host_event_init_always(struct host_event *event, struct host *host);

/**
 * What of this is ready now?  What is not is marked for the wait that host_wait_begin() began.
 *
 * @param wanted  HOST_READ, HOST_WRITE or both
 * @return the part that is ready; 0: nothing yet
 */
unsigned host_event_ready(struct host_event *event, unsigned wanted);
/** An operation said EAGAIN: there is no more for now, and an edge will tell of more. */
static inline void host_event_drained(struct host_event *event, unsigned what) {
    event->ready &= ~what;
    event->unsure &= ~what;
}
/** An operation moved something or changed the state: there may be more or not. */
static inline void host_event_unsure(struct host_event *event, unsigned what) {
    event->unsure |= what;
}
/** Make one without descriptor ready (a lookup has its answer), and wake who waits for it. */
void host_event_fire(struct host_event *event, unsigned what);

/** Begin to ask: marks of earlier waits count no more. */
void host_wait_begin(struct host *host);
/**
 * Park until something that was asked about since host_wait_begin() is ready, or the deadline has passed.
 *
 * @param deadline_ns  of the monotonic clock; HOST_NO_DEADLINE
 * @return 0 (ask again: it may be early), HOST_STOP, HOST_E_NOMEM (one cannot be watched), HOST_E_NOTSUP (no
 *         hooks)
 */
int host_wait(struct host *host, uint64_t deadline_ns) MUST_CHECK;
/** Wait for one. @return 0 (it is ready), else as host_wait() */
int host_wait_event(struct host_event *event, unsigned wanted) MUST_CHECK;

#endif
