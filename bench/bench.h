/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the benches share: a clock, medians, a line of JSON per result for bench/run. */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static inline uint64_t bench_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static inline int bench_compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* Sorts the values. */
static inline double bench_median(double *values, size_t count) {
    qsort(values, count, sizeof *values, bench_compare);
    return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

/* One result: medians of repeated pairs, and the median of the pairs' ratios. */
static inline void bench_report(const char *name, const char *unit, double *ours, double *reference,
                                size_t count) {
    double ratios[64]; /* no bench repeats more often */
    for (size_t i = 0; i < count; i++)
        ratios[i] = reference[i] > 0 ? ours[i] / reference[i] : 0;
    printf("{\"name\": \"%s\", \"unit\": \"%s\", \"ours\": %.3f, \"reference\": %.3f, \"ratio\": %.3f}\n",
           name, unit, bench_median(ours, count), bench_median(reference, count),
           bench_median(ratios, count));
    fflush(stdout);
}

/* One plain value. */
static inline void bench_value(const char *name, const char *unit, double *ours, size_t count) {
    printf("{\"name\": \"%s\", \"unit\": \"%s\", \"ours\": %.3f, \"reference\": null, \"ratio\": null}\n",
           name, unit, bench_median(ours, count));
    fflush(stdout);
}

#endif
