/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Deferred functions: in order, never at once, and not in the way of others. */
#include "torture.h"

#include "base/loop.h"

static struct loop *loop;
static unsigned order[1000];
static unsigned count;

static int set_up(void **state) {
    (void)state;
    count = 0;
    return loop_new(&loop, NULL);
}

static int tear_down(void **state) {
    (void)state;
    loop = loop_free(loop);
    return 0;
}

static void note(void *user) {
    if (count < ARRAY_LENGTH(order))
        order[count++] = (unsigned)(uintptr_t)user;
}

static void they_run_once_in_order(void **state) {
    (void)state;
    loop_run(loop); /* none */
    for (unsigned round = 0; round < 3; round++) {
        count = 0;
        for (uintptr_t i = 0; i < ARRAY_LENGTH(order); i++)
            assert_int_equal(loop_defer(loop, note, (void *)i, NULL), 0);
        assert_int_equal(count, 0);
        loop_run(loop);
        assert_int_equal(count, ARRAY_LENGTH(order));
        for (unsigned i = 0; i < count; i++)
            assert_int_equal(order[i], i);
    }
    assert_false(loop_run_ready(loop)); /* and then the loop has nothing to do */
}

/* Defers itself again and again. */
static unsigned left;

static void again(void *user) {
    note(user);
    if (--left)
        assert_int_equal(loop_defer(loop, again, user, NULL), 0);
}

static void note_timer(struct loop_timer *timer, void *user) {
    note(user);
    loop_timer_free(timer);
}

static void one_that_defers_again_waits_for_the_next_turn(void **state) {
    (void)state;
    left = 5;
    assert_int_equal(loop_defer(loop, again, (void *)1, NULL), 0);
    for (unsigned turn = 1; turn <= 5; turn++) {
        loop_run_ready(loop);
        assert_int_equal(count, turn);
    }
    /* Others get their turn between. */
    count = 0;
    left = 100;
    struct loop_timer *timer = NULL;
    assert_int_equal(loop_timer_new(loop, note_timer, (void *)2, &timer, NULL), 0);
    loop_timer_start(timer, 0, 0);
    assert_int_equal(loop_defer(loop, again, (void *)1, NULL), 0);
    loop_run(loop);
    assert_int_equal(count, 101);
    bool early = false;
    for (unsigned i = 0; i < 10; i++)
        early = early || order[i] == 2;
    assert_true(early);
}

static void what_waits_when_the_loop_ends_is_forgotten(void **state) {
    (void)state;
    struct loop *other = NULL;
    assert_int_equal(loop_new(&other, NULL), 0);
    assert_int_equal(loop_defer(other, note, NULL, NULL), 0);
    loop_free(other);
    assert_int_equal(count, 0);
}

static int defer_many(void *user, arcella_error **reterr) {
    (void)user;
    struct loop *other = NULL;
    int r = loop_new(&other, reterr);
    unsigned deferred = 0;
    for (; r == 0 && deferred < 100; deferred += r == 0)
        r = loop_defer(other, note, NULL, reterr);
    count = 0;
    if (other)
        loop_run(other);
    assert_int_equal(count, deferred); /* those that were taken run */
    loop_free(other);
    return r;
}

static void no_memory_is_an_answer(void **state) {
    (void)state;
    torture_alloc(defer_many, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(they_run_once_in_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_that_defers_again_waits_for_the_next_turn, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_waits_when_the_loop_ends_is_forgotten, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_memory_is_an_answer, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
