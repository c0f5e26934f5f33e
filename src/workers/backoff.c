/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * When to start again what failed; see backoff.h.  Pure: no clock, no allocation, any thread.
 */
#include "workers/backoff.h"

#include <string.h>

#include "base/attr.h"
#include "base/limits.h"

const struct backoff_policy backoff_defaults = {
    .min_ms = DEFAULT_BACKOFF_MIN_MS,
    .max_ms = DEFAULT_BACKOFF_MAX_MS,
    .window_ms = DEFAULT_RESTART_WINDOW_MS,
    .intensity = DEFAULT_RESTART_INTENSITY,
};
STATIC_ASSERT(DEFAULT_RESTART_INTENSITY <= BACKOFF_INTENSITY_MAX, "the default fits");

uint64_t backoff_next_delay(const struct backoff_policy *policy, uint64_t delay_ms) {
    if (delay_ms == 0)
        return policy->min_ms < policy->max_ms ? policy->min_ms : policy->max_ms;
    return delay_ms < policy->max_ms / 2 ? delay_ms * 2 : policy->max_ms;
}

static void forget_old(struct backoff *backoff, const struct backoff_policy *policy, uint64_t now_ms) {
    unsigned old = 0;
    while (old < backoff->count && now_ms - backoff->recent_ms[old] > policy->window_ms)
        old++;
    backoff->count -= old;
    memmove(backoff->recent_ms, backoff->recent_ms + old, backoff->count * sizeof(backoff->recent_ms[0]));
}

bool backoff_failed(struct backoff *backoff, const struct backoff_policy *policy, uint64_t now_ms,
                    uint64_t *ret_delay_ms) {
    unsigned intensity =
        policy->intensity < BACKOFF_INTENSITY_MAX ? policy->intensity : BACKOFF_INTENSITY_MAX;
    if (backoff->delay_ms && now_ms - backoff->failed_ms > policy->window_ms)
        backoff->delay_ms = 0;
    backoff->failed_ms = now_ms;
    forget_old(backoff, policy, now_ms);
    if (backoff->count >= intensity)
        return false;
    backoff->recent_ms[backoff->count++] = now_ms;
    backoff->delay_ms = backoff_next_delay(policy, backoff->delay_ms);
    *ret_delay_ms = backoff->delay_ms;
    return true;
}

void backoff_reset(struct backoff *backoff) {
    *backoff = (struct backoff){0};
}
