/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Guest: sleeps, in one wait.
 *
 *   sleeper SECONDS        (a fraction is fine)
 *
 * Output: `sleeping`, then `slept MS ms`, measured by the monotonic clock.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
    double want = argc > 1 ? atof(argv[1]) : 1;
    puts("sleeping");
    fflush(stdout);

    double t0 = now();
    struct timespec t = {.tv_sec = (time_t)want, .tv_nsec = (long)((want - (double)(time_t)want) * 1e9)};
    nanosleep(&t, NULL);
    printf("slept %.0f ms\n", (now() - t0) * 1000);
    return 0;
}
