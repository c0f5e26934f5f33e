/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Waiting for files and for a time: one suspension, whatever is waited for (host/event.h).
 */
#ifndef HOST_POLL_H
#define HOST_POLL_H

#include "host/file.h"

/* One thing to wait for; the same file may stand in several. */
struct host_poll {
    struct host_file *file; /* borrowed, referenced during the wait */
    unsigned events;        /* HOST_READ, HOST_WRITE or both */
    /* results */
    unsigned ready; /* of events; 0: not yet */
    bool hangup;    /* the other side is gone */
    uint64_t bytes; /* that can be read without waiting, where the system says; else 0 */
};

/**
 * Wait until one is ready or the deadline has passed.
 *
 * Files and logs are always ready.  With nothing to wait for (count 0, no deadline) it waits until the run is
 * ended.
 *
 * @param items        results are set on success
 * @param count        at most HOST_POLL_MAX
 * @param deadline_ns  of the monotonic clock; 0: look, do not wait; HOST_NO_DEADLINE
 * @return 0 (look at ready; all 0: the deadline has passed), HOST_STOP, HOST_E_INVAL (count), HOST_E_NOMEM
 */
int host_poll(struct host *host, struct host_poll *items, size_t count, uint64_t deadline_ns) MUST_CHECK;
#define HOST_POLL_MAX 4096

/* --- for this room --- */

/** Wait for one file, after EAGAIN. @return 0 (ready, or the system cannot say), HOST_E_AGAIN (HOST_NONBLOCK
 * is set), HOST_STOP, HOST_E_NOMEM */
int host_wait_file(struct host_file *file, unsigned rights) MUST_CHECK;
/** The same for one whose HOST_NONBLOCK does not count. */
int host_wait_file_anyway(struct host_file *file, unsigned rights) MUST_CHECK;

#endif
