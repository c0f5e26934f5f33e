/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Clocks, free for every guest.  CPU time is the instance's own, never that of the process with its
 * neighbours. */
#ifndef HOST_CLOCK_H
#define HOST_CLOCK_H

#include "host/host.h"

enum host_clock { HOST_CLOCK_WALL, HOST_CLOCK_MONOTONIC, HOST_CLOCK_CPU, HOST_CLOCKS };

/** Now, in nanoseconds. @return 0, HOST_E_INVAL (no such clock), HOST_E_NOTSUP (CPU without its hook) */
int host_clock_now(struct host *host, enum host_clock clock, uint64_t *ret_ns) MUST_CHECK;
/** Resolution in nanoseconds, at least 1. */
int host_clock_resolution(struct host *host, enum host_clock clock, uint64_t *ret_ns) MUST_CHECK;
/**
 * Turn a guest's time into a deadline for host_poll().
 *
 * @param absolute  ns is a time of that clock, else from now on
 * @param ret_ns    of the monotonic clock; saturated
 * @return 0, HOST_E_INVAL, HOST_E_NOTSUP (nobody can wait for CPU time)
 */
int host_clock_deadline(struct host *host, enum host_clock clock, uint64_t ns, bool absolute,
                        uint64_t *ret_ns) MUST_CHECK;

#endif
