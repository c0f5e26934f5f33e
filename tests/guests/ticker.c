/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Guest: the well-behaved neighbour.  Sleeps, wakes up, and measures how late it was woken.
 *
 *   ticker PERIOD_MS                 a line `tick N late_us=U` each period, for ever
 *   ticker PERIOD_MS COUNT [LAPS]    after COUNT ticks one line
 *                                    `ticks=COUNT period_ms=P median_us=M max_us=X`,
 *                                    LAPS times (1 by default, 0 = for ever)
 *
 * A delay is the time between the moment the sleep should have ended and the moment the guest ran.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define COUNT_MAX 1000000

static long long now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (long long)t.tv_sec * 1000000000 + t.tv_nsec;
}

static long long late_ns(long period_ms) {
    long long due = now_ns() + period_ms * 1000000LL;
    struct timespec t = {.tv_sec = period_ms / 1000, .tv_nsec = (period_ms % 1000) * 1000000};
    nanosleep(&t, NULL);
    long long late = now_ns() - due;
    return late < 0 ? 0 : late;
}

static int compare(const void *a, const void *b) {
    long long x = *(const long long *)a, y = *(const long long *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv) {
    long period = argc > 1 ? atol(argv[1]) : 1000;
    long count = argc > 2 ? atol(argv[2]) : 0;
    long laps = argc > 3 ? atol(argv[3]) : 1;

    if (period < 0 || count < 0 || count > COUNT_MAX) {
        fprintf(stderr, "usage: ticker PERIOD_MS [COUNT [LAPS]]\n");
        return 2;
    }
    if (count == 0) {
        for (long n = 1;; n++) {
            printf("tick %ld late_us=%lld\n", n, late_ns(period) / 1000);
            fflush(stdout);
        }
    }

    long long *late = calloc((size_t)count, sizeof *late);
    if (!late)
        return 1;
    for (long lap = 0; laps == 0 || lap < laps; lap++) {
        for (long i = 0; i < count; i++)
            late[i] = late_ns(period);
        qsort(late, (size_t)count, sizeof *late, compare);
        printf("ticks=%ld period_ms=%ld median_us=%lld max_us=%lld\n", count, period, late[count / 2] / 1000,
               late[count - 1] / 1000);
        fflush(stdout);
    }
    return 0;
}
