/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Clocks of a guest, straight from the system.  No state. */
#include "host/clock.h"

#include "base/clock.h"
#include "host/inside.h"

static uint64_t read_clock(clockid_t id) {
    struct timespec t;
    clock_gettime(id, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

int host_clock_now(struct host *host, enum host_clock clock, uint64_t *ret_ns) {
    switch (clock) {
    case HOST_CLOCK_WALL: *ret_ns = read_clock(CLOCK_REALTIME); return 0;
    case HOST_CLOCK_MONOTONIC: *ret_ns = read_clock(CLOCK_MONOTONIC); return 0;
    case HOST_CLOCK_CPU:
        if (!host->hooks.cpu_ns)
            return HOST_E_NOTSUP;
        *ret_ns = host->hooks.cpu_ns(host->hooks.user);
        return 0;
    case HOST_CLOCKS: break;
    }
    return HOST_E_INVAL;
}

int host_clock_resolution(struct host *host, enum host_clock clock, uint64_t *ret_ns) {
    struct timespec t = {0, 0};
    switch (clock) {
    case HOST_CLOCK_WALL: clock_getres(CLOCK_REALTIME, &t); break;
    case HOST_CLOCK_MONOTONIC: clock_getres(CLOCK_MONOTONIC, &t); break;
    case HOST_CLOCK_CPU:
        if (!host->hooks.cpu_ns)
            return HOST_E_NOTSUP;
        clock_getres(CLOCK_THREAD_CPUTIME_ID, &t);
        break;
    case HOST_CLOCKS: return HOST_E_INVAL;
    default: return HOST_E_INVAL;
    }
    uint64_t ns = (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
    *ret_ns = ns ? ns : 1;
    return 0;
}

int host_clock_deadline(struct host *host, enum host_clock clock, uint64_t ns, bool absolute,
                        uint64_t *ret_ns) {
    if (clock == HOST_CLOCK_CPU)
        return HOST_E_NOTSUP;
    if (absolute && clock == HOST_CLOCK_MONOTONIC) {
        *ret_ns = ns;
        return 0;
    }
    if (absolute) {
        /* The wall clock may be set meanwhile; the wait is as long as it looked when it began. */
        uint64_t wall;
        int r = host_clock_now(host, clock, &wall);
        if (r)
            return r;
        ns = ns > wall ? ns - wall : 0;
    } else if (clock != HOST_CLOCK_WALL && clock != HOST_CLOCK_MONOTONIC) {
        return HOST_E_INVAL;
    }
    if (__builtin_add_overflow(clock_monotonic_ns(), ns, ret_ns))
        *ret_ns = UINT64_MAX;
    return 0;
}
