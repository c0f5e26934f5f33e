/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Signals that the kernel sends to a thread for what a guest wrote.  A program's dispositions are its own, so
 * they are held back and taken off again; both come to the thread that made the call.
 */
#include <pthread.h>
#include <time.h>

#include "api/api.h"

static void choose(sigset_t *ret) {
    sigemptyset(ret);
    sigaddset(ret, SIGPIPE);
    sigaddset(ret, SIGXFSZ);
}

void api_signals_hold(struct api_signals *signals, const arcella_runtime *runtime) {
    sigset_t ours;
    signals->held = runtime->granted;
    if (!signals->held)
        return;
    choose(&ours);
    sigpending(&signals->pending);
    pthread_sigmask(SIG_BLOCK, &ours, &signals->mask);
}

void api_signals_release(const struct api_signals *signals) {
    static const int ours[] = {SIGPIPE, SIGXFSZ};
    const struct timespec now = {0, 0};
    if (!signals->held)
        return;
    for (size_t i = 0; i < ARRAY_LENGTH(ours); i++) {
        sigset_t one;
        sigemptyset(&one);
        sigaddset(&one, ours[i]);
        if (!sigismember(&signals->pending, ours[i]))
            (void)sigtimedwait(&one, NULL, &now);
    }
    pthread_sigmask(SIG_SETMASK, &signals->mask, NULL);
}
