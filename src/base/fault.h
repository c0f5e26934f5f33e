/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Failing on purpose.  Test builds (ARCELLA_FAULTS) count allocations and system calls that pass base/mem.h
 * and base/sys.h, and make the Nth of a kind fail; other builds compile to nothing.
 *
 * In a program the environment does the same: ARCELLA_FAULT="alloc=17" or "sys=5:ENOSPC" (test builds only).
 */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H

#include <stdbool.h>
#include <stdint.h>

enum fault_kind { FAULT_ALLOC, FAULT_SYS, FAULT_KINDS };

#ifdef ARCELLA_FAULTS
/** Fail the nth from now (1 = the next; 0 = none) of a kind with errnum; counting starts anew. */
void fault_set(enum fault_kind kind, uint64_t nth, int errnum);
/** How many of a kind have passed since fault_set(). */
uint64_t fault_count(enum fault_kind kind);
/** Is this one to fail?  Sets errno where it is. */
bool fault_hit(enum fault_kind kind);
/** Read ARCELLA_FAULT; called once by main(). */
void fault_from_environment(void);
#else
static inline bool fault_hit(enum fault_kind kind) {
    (void)kind;
    return false;
}
static inline void fault_from_environment(void) {}
#endif

#endif
