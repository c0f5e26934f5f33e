/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Back-off and intensity, with a pretended clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/attr.h"
#include "workers/backoff.h"

static void test_doubling(void **state) {
    (void)state;
    static const uint64_t wanted[] = {100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000, 30000};
    uint64_t delay = 0;
    for (size_t i = 0; i < ARRAY_LENGTH(wanted); i++)
        assert_int_equal(delay = backoff_next_delay(&backoff_defaults, delay), wanted[i]);
    struct backoff_policy odd = {.min_ms = 500, .max_ms = 300};
    assert_int_equal(backoff_next_delay(&odd, 0), 300);
    struct backoff_policy huge = {.min_ms = 1, .max_ms = UINT64_MAX};
    assert_int_equal(backoff_next_delay(&huge, UINT64_MAX / 2 + 1), UINT64_MAX);
}

static void test_intensity(void **state) {
    (void)state;
    struct backoff b = {0};
    uint64_t delay = 0;
    /* Three within a minute are borne, with longer and longer waits; the fourth is too many. */
    assert_true(backoff_failed(&b, &backoff_defaults, 1000, &delay) && delay == 100);
    assert_true(backoff_failed(&b, &backoff_defaults, 2000, &delay) && delay == 200);
    assert_true(backoff_failed(&b, &backoff_defaults, 3000, &delay) && delay == 400);
    delay = 7;
    assert_false(backoff_failed(&b, &backoff_defaults, 61000, &delay));
    assert_int_equal(delay, 7);
    /* By hand it begins anew. */
    backoff_reset(&b);
    assert_true(backoff_failed(&b, &backoff_defaults, 61001, &delay) && delay == 100);
}

static void test_window_slides(void **state) {
    (void)state;
    struct backoff b = {0};
    uint64_t delay = 0;
    /* One every 25 s is never more than three in 60 s: it goes on for ever, ever more slowly. */
    for (uint64_t i = 0; i < 100; i++)
        assert_true(backoff_failed(&b, &backoff_defaults, i * 25000, &delay));
    assert_int_equal(delay, 30000);
    /* After a good minute the waiting begins small again. */
    assert_true(backoff_failed(&b, &backoff_defaults, 99 * 25000 + 60001, &delay) && delay == 100);
    /* Just at the edge: 60 s ago still counts. */
    backoff_reset(&b);
    for (int i = 0; i < 3; i++)
        assert_true(backoff_failed(&b, &backoff_defaults, 5, &delay));
    struct backoff edge = b;
    assert_false(backoff_failed(&edge, &backoff_defaults, 60005, &delay));
    assert_true(backoff_failed(&b, &backoff_defaults, 60006, &delay));
}

static void test_bounds(void **state) {
    (void)state;
    struct backoff b = {0};
    uint64_t delay = 0;
    struct backoff_policy never = backoff_defaults;
    never.intensity = 0;
    assert_false(backoff_failed(&b, &never, 1, &delay));
    struct backoff_policy often = backoff_defaults;
    often.intensity = 1000000;
    backoff_reset(&b);
    for (int i = 0; i < BACKOFF_INTENSITY_MAX; i++)
        assert_true(backoff_failed(&b, &often, 1, &delay));
    assert_false(backoff_failed(&b, &often, 1, &delay));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_doubling),
        cmocka_unit_test(test_intensity),
        cmocka_unit_test(test_window_slides),
        cmocka_unit_test(test_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
