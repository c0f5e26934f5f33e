/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Time: monotonic for deadlines, wall for people, thread CPU time for budgets. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

/** Nanoseconds of CLOCK_MONOTONIC. */
uint64_t clock_monotonic_ns(void);
/** Milliseconds of CLOCK_MONOTONIC. */
uint64_t clock_monotonic_ms(void);
/** Nanoseconds since 1970 of CLOCK_REALTIME. */
uint64_t clock_wall_ns(void);
/** CPU time of this thread in nanoseconds. */
uint64_t clock_thread_cpu_ns(void);
/** Write wall time as "2026-01-02T03:04:05.678Z" (24 characters and a NUL). */
void clock_format(uint64_t wall_ns, char *to, size_t size);

#endif
