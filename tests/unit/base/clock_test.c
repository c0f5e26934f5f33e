/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Clocks go forward; times are written as ISO 8601. */
#include "torture.h"

#include "base/clock.h"

static void clocks_go_forward(void **state) {
    (void)state;
    uint64_t monotonic = clock_monotonic_ns();
    uint64_t cpu = clock_thread_cpu_ns();
    volatile uint64_t work = 0;
    for (int i = 0; i < 1000000; i++)
        work += (uint64_t)i;
    assert_true(work > 0);
    assert_true(clock_monotonic_ns() > monotonic);
    assert_true(clock_thread_cpu_ns() > cpu);
    assert_true(clock_monotonic_ms() >= monotonic / 1000000);
    assert_true(clock_wall_ns() > 1700000000ull * 1000000000ull);
}

static void times_are_written(void **state) {
    (void)state;
    static const struct {
        uint64_t seconds;
        uint64_t ns;
        const char *text;
    } cases[] = {
        {0, 0, "1970-01-01T00:00:00.000Z"},
        {951782400, 999999999, "2000-02-29T00:00:00.999Z"}, /* a leap day in a leap century */
        {951868799, 0, "2000-02-29T23:59:59.000Z"},
        {951868800, 1000000, "2000-03-01T00:00:00.001Z"},
        {1767322984, 678000000, "2026-01-02T03:03:04.678Z"},
        {4107542399, 0, "2100-02-28T23:59:59.000Z"},
        {4107542400, 0, "2100-03-01T00:00:00.000Z"}, /* no leap year */
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        char text[32];
        clock_format(cases[i].seconds * 1000000000 + cases[i].ns, text, sizeof(text));
        assert_string_equal(text, cases[i].text);
    }
    char small[5];
    clock_format(0, small, sizeof(small));
    assert_string_equal(small, "1970");
}

static void every_day_agrees_with_the_library(void **state) {
    (void)state;
    for (uint64_t day = 0; day < 200 * 366; day++) {
        uint64_t seconds = day * 86400 + day % 86400;
        time_t t = (time_t)seconds;
        struct tm tm;
        assert_non_null(gmtime_r(&t, &tm));
        char expected[64];
        assert_true(strftime(expected, sizeof(expected), "%Y-%m-%dT%H:%M:%S.000Z", &tm) > 0);
        char text[32];
        clock_format(seconds * 1000000000, text, sizeof(text));
        assert_string_equal(text, expected);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clocks_go_forward),
        cmocka_unit_test(times_are_written),
        cmocka_unit_test(every_day_agrees_with_the_library),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
