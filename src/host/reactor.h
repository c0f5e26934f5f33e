/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What tells events of their edges: one epoll instance per loop, itself watched by the loop.  Made when the
 * first host of a loop has something to wait for, gone with the last; it holds the loop only while somebody
 * waits.  For this room only; the loop's thread.
 */
#ifndef HOST_REACTOR_H
#define HOST_REACTOR_H

#include <sys/epoll.h>

#include "host/event.h"

struct host_account;
struct host_kept;

struct host_reactor {
    struct loop_part part;
    struct loop *loop;         /* borrowed */
    struct loop_watch *watch;  /* owned; of epoll */
    int epoll;                 /* owned */
    unsigned users;            /* hosts, lingering streams, a dispatch in progress */
    unsigned holds;            /* of those, that keep the loop going */
    struct epoll_event *batch; /* what is being told; NULL: nothing */
    int batch_count;
    /* kept.c: streams that nobody holds and that are still written, oldest first */
    struct host_kept *lingers;
    size_t lingers_count;
    struct host_account *accounts; /* owned: of the instances whose they are */
    uint64_t linger_ms;            /* LIMIT_LINGER_MS */
    struct loop_timer *timer;      /* owned; made for the first of them */
};

/** That of a loop, one user more. @return 0, HOST_E_NOMEM */
int host_reactor_get(struct loop *loop, struct host_reactor **ret) MUST_CHECK;
/** One user less; NULL is fine. */
void host_reactor_put(struct host_reactor *reactor);
/** That of a loop, borrowed; NULL where it has none. */
struct host_reactor *host_reactor_find(const struct loop *loop);
/** Keep the loop going, or no more. */
void host_reactor_hold(struct host_reactor *reactor, bool hold);
/** Tell an event of its edges from now on. @return 0, HOST_E_PERM (it has none), HOST_E_NOMEM */
int host_reactor_add(struct host_reactor *reactor, struct host_event *event) MUST_CHECK;
/** Tell it nothing more, not even what was fetched already. */
void host_reactor_remove(struct host_event *event);

#endif
