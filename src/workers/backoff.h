/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * When may something that failed be started again, and when is it given up.
 *
 * The first failure is answered with min_ms of waiting, each further one with twice that, up to max_ms; a run
 * of window_ms without failure makes it begin anew.  More than `intensity` failures within window_ms are too
 * many. No clock inside: now_ms is the caller's.  Embedded in its owner; nothing to free.
 */
#ifndef WORKERS_BACKOFF_H
#define WORKERS_BACKOFF_H

#include <stdbool.h>
#include <stdint.h>

#define BACKOFF_INTENSITY_MAX 64

struct backoff_policy {
    uint64_t min_ms;    /* DEFAULT_BACKOFF_MIN_MS */
    uint64_t max_ms;    /* DEFAULT_BACKOFF_MAX_MS; ≥ min_ms */
    uint64_t window_ms; /* DEFAULT_RESTART_WINDOW_MS */
    unsigned intensity; /* DEFAULT_RESTART_INTENSITY; at most BACKOFF_INTENSITY_MAX; 0: the first failure is
                           too many */
};

/* The defaults of base/limits.h. */
extern const struct backoff_policy backoff_defaults;

/* State; zeroed at first. */
struct backoff {
    uint64_t delay_ms;                         /* last one answered; 0: none yet */
    uint64_t failed_ms;                        /* time of the last failure */
    unsigned count;                            /* of times kept in recent */
    uint64_t recent_ms[BACKOFF_INTENSITY_MAX]; /* failures within the window, oldest first */
};

/**
 * Note a failure.
 *
 * @param now_ms     monotonic; never before the last one
 * @param ret_delay  out on true: how long to wait before starting again
 * @return false: too many within the window, give it up (start by hand: backoff_reset())
 */
bool backoff_failed(struct backoff *backoff, const struct backoff_policy *policy, uint64_t now_ms,
                    uint64_t *ret_delay_ms);

/** Forget all failures: it was started by hand, or has succeeded for good. */
void backoff_reset(struct backoff *backoff);

/** The waiting time after one of delay_ms: min_ms at first (0), then twice as long, at most max_ms. Pure. */
uint64_t backoff_next_delay(const struct backoff_policy *policy, uint64_t delay_ms);

#endif
