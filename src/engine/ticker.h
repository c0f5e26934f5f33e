/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The ticker: one thread that advances the engine's epoch every SLICE_MS while a guest has the processor, and
 * sleeps without any timer when none had it for a whole slice.  Owned by the engine, lives as long.
 */
#ifndef ENGINE_TICKER_H
#define ENGINE_TICKER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct ticker {
    pthread_t thread;
    bool started;
    void (*tick)(void *user); /* any thread */
    void *user;
    _Atomic uint32_t begun;   /* futex: the thread runs */
    _Atomic uint32_t stop;    /* futex: the thread is to end */
    _Atomic uint32_t asleep;  /* futex: the thread sleeps until woken */
    _Atomic uint32_t busy;    /* a guest has the processor */
    _Atomic uint64_t resumes; /* times a guest got it */
    _Atomic uint64_t ticks;
};

/** Start the thread; returns when it runs, so that it makes no further system calls than futex. @return 0,
 * SYSTEM */
int ticker_start(struct ticker *ticker, void (*tick)(void *user), void *user, arcella_error **reterr)
    MUST_CHECK;
/** End the thread; fine where it was never started. */
void ticker_stop(struct ticker *ticker);
/** A guest gets the processor; a system call only where the thread sleeps. */
void ticker_resume(struct ticker *ticker);
/** It gave the processor back. */
static inline void ticker_pause(struct ticker *ticker) {
    atomic_store_explicit(&ticker->busy, 0, memory_order_relaxed);
}

#endif
