/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Ends that are told late: a program is not over before its output is out, since who hears of its end may
 * kill this process.  What is still being written then lingers in room host (host/output.h), LIMIT_LINGER_MS
 * at most.  Each waits for its own bytes only.  The loop's thread.
 */
#ifndef WORKER_LATE_H
#define WORKER_LATE_H

#include "base/loop.h"
#include "engine/engine.h"

struct late_end;
struct late_ends {
    struct loop *loop;      /* borrowed */
    struct late_end *first; /* owned; oldest first */
    struct loop_timer *timer;
    void (*tell)(uint64_t handle, const struct engine_outcome *outcome, void *user);
    void (*out)(void *user); /* nothing is being written any more, and all ends are told */
    void *user;
};

/** Free all; nothing more is told. */
void late_ends_done(struct late_ends *late);
/**
 * Tell an end later, if there is something to wait for.  One that was stopped, or failed, is over at once.
 *
 * @return false: tell it now
 */
bool late_ends_take(struct late_ends *late, uint64_t handle, const struct engine_outcome *outcome);
/** Is something being written still, so that `out` will be called? */
bool late_ends_wait(struct late_ends *late);

#endif
