/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The ticker's thread.  The loop's thread says with two words when a guest has the processor; the thread
 * looks at them every SLICE_MS.  Nobody ran for a whole slice: it sleeps on a futex without a time, so an
 * idle process has no periodic wake-ups, and a busy one makes no system call to keep it ticking.
 */
#include "engine/ticker.h"

#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <sys/syscall.h>

#include "base/limits.h"

/* The thread calls futex and one atomic add; sanitizers need some room of their own. */
#define TICKER_STACK_BYTES (256 * KIB)

static void futex_wait(_Atomic uint32_t *word, uint32_t value, const struct timespec *timeout) {
    /* Spurious returns are fine: every caller looks again. */
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, timeout, NULL, 0);
}

static void futex_wake(_Atomic uint32_t *word) {
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void *ticker_main(void *user) {
    struct ticker *ticker = user;
    const struct timespec slice = {.tv_sec = 0, .tv_nsec = SLICE_MS * 1000000L};
    atomic_store(&ticker->begun, 1);
    futex_wake(&ticker->begun);
    uint64_t seen = 0;
    while (!atomic_load(&ticker->stop)) {
        futex_wait(&ticker->stop, 0, &slice);
        uint64_t resumes = atomic_load(&ticker->resumes);
        if (atomic_load(&ticker->busy)) {
            ticker->tick(ticker->user);
            atomic_fetch_add_explicit(&ticker->ticks, 1, memory_order_relaxed);
        } else if (resumes == seen) {
            /* Say so first and look again after: ticker_resume() counts first and looks at asleep after. */
            atomic_store(&ticker->asleep, 1);
            if (atomic_load(&ticker->resumes) != seen)
                atomic_store(&ticker->asleep, 0);
            while (atomic_load(&ticker->asleep) && !atomic_load(&ticker->stop))
                futex_wait(&ticker->asleep, 1, NULL);
        }
        seen = resumes;
    }
    return NULL;
}

int ticker_start(struct ticker *ticker, void (*tick)(void *user), void *user, arcella_error **reterr) {
    ticker->tick = tick;
    ticker->user = user;
    pthread_attr_t attributes;
    int r = pthread_attr_init(&attributes);
    if (r)
        return error_set_errno(reterr, r, "cannot start the ticker thread");
    pthread_attr_setstacksize(&attributes, TICKER_STACK_BYTES);
    /* Signals belong to the loop's thread. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    r = pthread_create(&ticker->thread, &attributes, ticker_main, ticker);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    if (r)
        return error_set_errno(reterr, r, "cannot start the ticker thread");
    ticker->started = true;
    while (!atomic_load(&ticker->begun))
        futex_wait(&ticker->begun, 0, NULL);
    return 0;
}

void ticker_stop(struct ticker *ticker) {
    if (!ticker->started)
        return;
    atomic_store(&ticker->stop, 1);
    atomic_store(&ticker->asleep, 0);
    futex_wake(&ticker->stop);
    futex_wake(&ticker->asleep);
    pthread_join(ticker->thread, NULL);
    ticker->started = false;
}

void ticker_resume(struct ticker *ticker) {
    atomic_store_explicit(&ticker->busy, 1, memory_order_relaxed);
    atomic_fetch_add(&ticker->resumes, 1);
    if (UNLIKELY(atomic_load(&ticker->asleep))) {
        atomic_store(&ticker->asleep, 0);
        futex_wake(&ticker->asleep);
    }
}
