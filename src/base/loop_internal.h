/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The inside of a loop, shared by the loop*.c files of this room and nobody else. */
#ifndef BASE_LOOP_INTERNAL_H
#define BASE_LOOP_INTERNAL_H

#include <uv.h>

#include "base/limits.h"
#include "base/loop.h"

/* A function that waits for its turn. */
struct loop_deferred {
    loop_work_fn *fn;
    void *user;
};

/* A growing row of them. */
struct loop_deferred_list {
    struct loop_deferred *items; /* owned */
    size_t count;
    size_t capacity;
};

/* The end of a process that nobody had asked for when it was reaped. */
struct loop_unclaimed {
    pid_t pid;
    struct child_status status;
};

struct loop {
    uv_loop_t uv;

    /* loop_defer.c: filled while running is walked, swapped once a turn; the idle handle keeps the loop
     * awake. */
    struct loop_deferred_list waiting;
    struct loop_deferred_list running;
    uv_idle_t *turn; /* owned by libuv once made; NULL before the first loop_defer() */

    /* loop_child.c */
    struct loop_signal *sigchld; /* NULL until children are watched or orphans reaped */
    struct loop_child *children; /* map by pid of those watched and not ended */
    struct loop_child *ended;    /* list of those whose end is known and not reported */
    struct loop_unclaimed unclaimed[LIMIT_CHILD_STATUSES];
    size_t unclaimed_next;
    bool report_deferred;

    struct loop_part *parts; /* of other rooms, borrowed */

    bool once;    /* in loop_run_once(): a timer that fires is the event that it waits for */
    bool closing; /* in loop_free(): the loop's own handles are gone, jobs are still coming home */

    /* loop_work.c */
    unsigned jobs; /* given to the pool and not done */
};

/* Close a handle whose memory begins with it; the memory is freed when libuv lets go of it. */
void loop_handle_close(uv_handle_t *handle);
/* Free what loop_defer.c and loop_child.c hold, when the loop is closed. */
void loop_deferred_done(struct loop *loop);
void loop_children_done(struct loop *loop);

#endif
