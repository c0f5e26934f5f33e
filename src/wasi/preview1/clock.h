/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Which clock of the host a clock number means. */
#ifndef WASI_PREVIEW1_CLOCK_H
#define WASI_PREVIEW1_CLOCK_H

#include "host/clock.h"
#include "wasi/preview1/types.h"

/** @param id  an enum wasi_clockid; any number may be asked for @return HOST_CLOCKS where there is none */
static inline enum host_clock preview1_clock(uint32_t id) {
    /* A guest is its own process and has one thread, so both CPU clocks are the instance's. */
    static const enum host_clock clocks[] = {
        [WASI_CLOCK_REALTIME] = HOST_CLOCK_WALL,
        [WASI_CLOCK_MONOTONIC] = HOST_CLOCK_MONOTONIC,
        [WASI_CLOCK_PROCESS_CPUTIME] = HOST_CLOCK_CPU,
        [WASI_CLOCK_THREAD_CPUTIME] = HOST_CLOCK_CPU,
    };
    return id < ARRAY_LENGTH(clocks) ? clocks[id] : HOST_CLOCKS;
}

#endif
