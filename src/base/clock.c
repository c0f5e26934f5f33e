/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Time: three clocks of the system and one way of writing it.  No state; any thread. */
#include "base/clock.h"

#define NS_PER_S  1000000000ull
#define NS_PER_MS 1000000ull

static uint64_t read_clock(clockid_t id) {
    struct timespec t;
    /* Cannot fail: the clock exists and the pointer is good. */
    clock_gettime(id, &t);
    return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

uint64_t clock_monotonic_ns(void) {
    return read_clock(CLOCK_MONOTONIC);
}

uint64_t clock_monotonic_ms(void) {
    return read_clock(CLOCK_MONOTONIC) / NS_PER_MS;
}

uint64_t clock_wall_ns(void) {
    return read_clock(CLOCK_REALTIME);
}

uint64_t clock_thread_cpu_ns(void) {
    return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

void clock_format(uint64_t wall_ns, char *to, size_t size) {
    uint64_t seconds = wall_ns / NS_PER_S;
    unsigned ms = (unsigned)(wall_ns % NS_PER_S / NS_PER_MS);
    uint64_t days = seconds / 86400;
    unsigned second = (unsigned)(seconds % 86400);
    /* Civil date from days since 1970, in eras of 400 years that begin on 1 March 0000: no table, no time
     * zone file, no lock, unlike gmtime_r() under a sandbox. */
    uint64_t z = days + 719468;
    uint64_t era = z / 146097;
    unsigned day_of_era = (unsigned)(z % 146097);
    unsigned year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    unsigned month_from_march = (5 * day_of_year + 2) / 153;
    unsigned day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    unsigned month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    uint64_t year = era * 400 + year_of_era + (month <= 2);
    snprintf(to, size, "%04" PRIu64 "-%02u-%02uT%02u:%02u:%02u.%03uZ", year, month, day, second / 3600,
             second / 60 % 60, second % 60, ms);
}
