/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Guest: one poll_oneoff over many subscriptions.
 *
 *   poll_many TIMERS [stdin]
 *
 * Subscribes TIMERS timers (timer I of 10 × (I + 1) ms, half of them absolute) and, if asked, stdin, all
 * anew in each round without those that came, until all have come.  Output: `event timer I late_ms=L` or
 * `event stdin n=BYTES`, in the order they came, then `rounds=R events=E`.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wasi/api.h>

#define TIMERS_MAX 4096
#define STDIN_ID   TIMERS_MAX

static __wasi_timestamp_t now(void) {
    __wasi_timestamp_t t = 0;
    return __wasi_clock_time_get(__WASI_CLOCKID_MONOTONIC, 1, &t) ? 0 : t;
}

int main(int argc, char **argv) {
    static __wasi_subscription_t subs[TIMERS_MAX + 1];
    static __wasi_event_t events[TIMERS_MAX + 1];
    static unsigned char done[TIMERS_MAX + 1];
    unsigned long timers = argc > 1 ? strtoul(argv[1], NULL, 10) : 8, rounds = 0, seen = 0;
    unsigned long want = timers;
    int with_stdin = argc > 2 && strcmp(argv[2], "stdin") == 0;

    if (timers > TIMERS_MAX)
        return 2;
    if (with_stdin)
        want++;
    __wasi_timestamp_t t0 = now();
    while (seen < want) {
        size_t n = 0, got = 0;
        for (unsigned long i = 0; i < timers; i++) {
            if (done[i])
                continue;
            __wasi_timestamp_t due = t0 + (i + 1) * 10000000ULL, t = now();
            memset(&subs[n], 0, sizeof subs[n]);
            subs[n].userdata = i;
            subs[n].u.tag = __WASI_EVENTTYPE_CLOCK;
            subs[n].u.u.clock.id = __WASI_CLOCKID_MONOTONIC;
            if (i % 2) {
                subs[n].u.u.clock.flags = __WASI_SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME;
                subs[n].u.u.clock.timeout = due;
            } else {
                subs[n].u.u.clock.timeout = due > t ? due - t : 0;
            }
            n++;
        }
        if (with_stdin && !done[STDIN_ID]) {
            memset(&subs[n], 0, sizeof subs[n]);
            subs[n].userdata = STDIN_ID;
            subs[n].u.tag = __WASI_EVENTTYPE_FD_READ;
            subs[n].u.u.fd_read.file_descriptor = 0;
            n++;
        }
        __wasi_errno_t e = __wasi_poll_oneoff(subs, events, n, &got);
        if (e) {
            fprintf(stderr, "poll_many: poll_oneoff: %d\n", e);
            return 1;
        }
        if (got == 0 || got > n) {
            fprintf(stderr, "poll_many: %zu events of %zu subscriptions\n", got, n);
            return 1;
        }
        rounds++;
        for (size_t k = 0; k < got; k++) {
            unsigned long id = (unsigned long)events[k].userdata;
            if (id > STDIN_ID || done[id] || events[k].error) {
                fprintf(stderr, "poll_many: bad event %lu error %d\n", id, events[k].error);
                return 1;
            }
            done[id] = 1;
            seen++;
            if (id == STDIN_ID)
                printf("event stdin n=%llu\n", (unsigned long long)events[k].fd_readwrite.nbytes);
            else
                printf("event timer %lu late_ms=%lld\n", id,
                       ((long long)(now() - t0) - (long long)(id + 1) * 10000000LL) / 1000000);
        }
    }
    printf("rounds=%lu events=%lu\n", rounds, seen);
    return 0;
}
