/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The loop: timers, descriptors, signals, idle work, waking; and that nothing runs after its _free. */
#include "torture.h"

#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/loop.h"
#include "folder.h"

static struct loop *loop;

static int set_up(void **state) {
    (void)state;
    return loop_new(&loop, NULL);
}

static int tear_down(void **state) {
    (void)state;
    loop = loop_free(loop);
    return 0;
}

/* --- timers --- */

static unsigned ticks;

static void count_tick(struct loop_timer *timer, void *user) {
    ticks++;
    if (user && ticks == *(unsigned *)user)
        loop_timer_stop(timer);
}

static struct loop_timer *new_timer(loop_timer_fn *fn, void *user) {
    struct loop_timer *timer = NULL;
    assert_int_equal(loop_timer_new(loop, fn, user, &timer, NULL), 0);
    return timer;
}

static void a_timer_fires_once(void **state) {
    (void)state;
    ticks = 0;
    struct loop_timer *timer = new_timer(count_tick, NULL);
    assert_false(loop_timer_active(timer));
    loop_run(loop); /* nothing to wait for */
    uint64_t before = clock_monotonic_ms();
    loop_timer_start(timer, 30, 0);
    assert_true(loop_timer_active(timer));
    loop_run(loop);
    assert_int_equal(ticks, 1);
    assert_false(loop_timer_active(timer));
    assert_true(clock_monotonic_ms() - before >= 29);
    loop_timer_start(timer, 0, 0);
    loop_run(loop);
    assert_int_equal(ticks, 2);
    loop_timer_start(timer, 10000, 0);
    loop_timer_stop(timer);
    loop_run(loop);
    assert_int_equal(ticks, 2);
    loop_timer_free(timer);
}

/* Due before the turn begins, and with nothing else that could end the wait but what comes much later. */
static void a_timer_is_an_event(void **state) {
    (void)state;
    ticks = 0;
    struct loop_timer *timer = new_timer(count_tick, NULL), *late = new_timer(count_tick, NULL);
    uint64_t before = clock_monotonic_ms();
    loop_timer_start(late, 20000, 0);
    for (unsigned i = 1; i <= 3; i++) {
        loop_timer_start(timer, 0, 0);
        assert_true(loop_run_once(loop));
        assert_int_equal(ticks, i);
    }
    assert_true(clock_monotonic_ms() - before < 10000);
    loop_timer_stop(late);
    assert_false(loop_run_once(loop));
    loop_timer_start(timer, 1, 0);
    loop_run(loop); /* as ever */
    assert_int_equal(ticks, 4);
    loop_timer_free(timer);
    loop_timer_free(late);
}

static void a_timer_repeats_until_stopped(void **state) {
    (void)state;
    ticks = 0;
    unsigned most = 5;
    struct loop_timer *timer = new_timer(count_tick, &most);
    loop_timer_start(timer, 1, 1);
    loop_run(loop);
    assert_int_equal(ticks, 5);
    loop_timer_free(timer);
}

static void the_delay_counts_from_now(void **state) {
    (void)state;
    /* The loop's own idea of now is old when a callback computed for long. */
    ticks = 0;
    struct loop_timer *timer = new_timer(count_tick, NULL);
    uint64_t before = loop_now_ms(loop);
    usleep(60000);
    assert_int_equal(loop_now_ms(loop), before);
    uint64_t start = clock_monotonic_ms();
    loop_timer_start(timer, 30, 0);
    loop_run(loop);
    assert_true(clock_monotonic_ms() - start >= 29);
    loop_timer_free(timer);
}

static void an_unreferenced_timer_does_not_hold_the_loop(void **state) {
    (void)state;
    ticks = 0;
    struct loop_timer *timer = new_timer(count_tick, NULL);
    loop_timer_unref(timer);
    loop_timer_start(timer, 100000, 0);
    loop_run(loop);
    assert_int_equal(ticks, 0);
    loop_timer_free(timer);
}

/* Frees itself and its neighbour, which is due in the same turn. */
static struct loop_timer *pair[2];

static void free_both(struct loop_timer *timer, void *user) {
    (void)timer;
    (void)user;
    ticks++;
    pair[0] = loop_timer_free(pair[0]);
    pair[1] = loop_timer_free(pair[1]);
}

static void a_callback_may_free_itself_and_others(void **state) {
    (void)state;
    ticks = 0;
    pair[0] = new_timer(free_both, NULL);
    pair[1] = new_timer(free_both, NULL);
    loop_timer_start(pair[0], 1, 0);
    loop_timer_start(pair[1], 1, 0);
    usleep(5000);
    loop_run(loop);
    assert_int_equal(ticks, 1);
    assert_null(loop_timer_free(NULL));
}

static void stop_loop(struct loop_timer *timer, void *user) {
    (void)timer;
    (void)user;
    loop_stop(loop);
}

static void the_loop_can_be_stopped(void **state) {
    (void)state;
    struct loop_timer *endless = new_timer(count_tick, NULL);
    struct loop_timer *stopper = new_timer(stop_loop, NULL);
    loop_timer_start(endless, 100000, 0);
    loop_timer_start(stopper, 1, 0);
    loop_run(loop);
    assert_true(loop_timer_active(endless));
    assert_true(loop_run_ready(loop)); /* there is more to wait for */
    loop_timer_free(stopper);
    loop_timer_free(endless);
    assert_false(loop_run_ready(loop));
}

/* --- descriptors --- */

struct seen {
    unsigned count;
    unsigned events;
    struct loop_watch *other; /* freed from the callback */
    bool free_self;
    bool read;
};

static void see(struct loop_watch *watch, unsigned events, void *user) {
    struct seen *s = user;
    s->count++;
    s->events = events;
    s->other = loop_watch_free(s->other);
    if (s->free_self)
        loop_watch_free(watch);
}

static struct loop_watch *new_watch(int fd, struct seen *seen, unsigned events) {
    struct loop_watch *watch = NULL;
    assert_int_equal(loop_watch_new(loop, fd, see, seen, &watch, NULL), 0);
    loop_watch_set(watch, events);
    return watch;
}

static void descriptors_are_watched(void **state) {
    (void)state;
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    struct seen seen = {0};
    struct loop_watch *watch = new_watch(fds[0], &seen, LOOP_READ);
    loop_run_ready(loop);
    assert_int_equal(seen.count, 0);
    assert_int_equal(write(fds[1], "x", 1), 1);
    loop_run_ready(loop);
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.events, LOOP_READ);
    loop_run_ready(loop); /* level-triggered: still there */
    assert_int_equal(seen.count, 2);
    loop_watch_set(watch, LOOP_READ | LOOP_WRITE);
    loop_run_ready(loop);
    assert_int_equal(seen.events, LOOP_READ | LOOP_WRITE);
    loop_watch_set(watch, 0);
    loop_run_ready(loop);
    assert_int_equal(seen.count, 3);
    loop_watch_set(watch, LOOP_HANGUP);
    loop_run_ready(loop);
    assert_int_equal(seen.count, 3);
    fd_close(fds[1]);
    loop_run_once(loop);
    assert_true(seen.events & LOOP_HANGUP);
    loop_watch_free(watch);
    fd_close(fds[0]);
}

static void an_unreferenced_watch_does_not_hold_the_loop(void **state) {
    (void)state;
    int fds[2];
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    struct seen seen = {0};
    struct loop_watch *watch = new_watch(fds[0], &seen, LOOP_READ);
    loop_watch_ref(watch, false);
    loop_run(loop); /* returns */
    assert_int_equal(seen.count, 0);
    loop_watch_ref(watch, true);
    assert_true(loop_run_ready(loop));
    assert_int_equal(write(fds[1], "x", 1), 1);
    loop_run_once(loop);
    assert_int_equal(seen.count, 1);
    loop_watch_free(watch);
    fd_close(fds[0]);
    fd_close(fds[1]);
}

static void a_broken_pipe_is_told_again_and_again(void **state) {
    (void)state;
    /* The writing end of a pipe without readers: the system says only "error". */
    int fds[2];
    assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
    char block[4096] = {0};
    while (write(fds[1], block, sizeof(block)) > 0)
        continue;
    struct seen seen = {0};
    struct loop_watch *watch = new_watch(fds[1], &seen, LOOP_WRITE);
    loop_run_ready(loop);
    assert_int_equal(seen.count, 0);
    fd_close(fds[0]);
    for (unsigned i = 1; i <= 3; i++) {
        loop_run_ready(loop);
        assert_int_equal(seen.count, i);
        assert_true(seen.events & LOOP_WRITE);
        assert_true(seen.events & LOOP_HANGUP);
    }
    loop_watch_free(watch);
    fd_close(fds[1]);
}

static void a_watch_may_free_itself_and_others(void **state) {
    (void)state;
    int a[2];
    int b[2];
    assert_int_equal(pipe2(a, O_CLOEXEC), 0);
    assert_int_equal(pipe2(b, O_CLOEXEC), 0);
    assert_int_equal(write(a[1], "x", 1), 1);
    assert_int_equal(write(b[1], "x", 1), 1);
    struct seen seen_a = {.free_self = true};
    struct seen seen_b = {.free_self = true};
    struct loop_watch *watch_a = new_watch(a[0], &seen_a, LOOP_READ);
    struct loop_watch *watch_b = new_watch(b[0], &seen_b, LOOP_READ);
    seen_a.other = watch_b;
    seen_b.other = watch_a;
    loop_run(loop);
    assert_int_equal(seen_a.count + seen_b.count, 1); /* whoever came first freed both */
    /* The number may be used for another file at once. */
    fd_close(a[0]);
    fd_close(a[1]);
    fd_close(b[0]);
    fd_close(b[1]);
    assert_int_equal(pipe2(a, O_CLOEXEC), 0);
    struct seen again = {.free_self = true};
    new_watch(a[0], &again, LOOP_READ);
    assert_int_equal(write(a[1], "x", 1), 1);
    loop_run(loop);
    assert_int_equal(again.count, 1);
    fd_close(a[0]);
    fd_close(a[1]);
}

static void files_cannot_be_watched(void **state) {
    (void)state;
    FD_AUTO fd = -1;
    assert_int_equal(memfd_make("file", NULL, 0, false, &fd, NULL), 0);
    struct loop_watch *watch = NULL;
    ERROR_AUTO *e = NULL;
    assert_int_equal(loop_watch_new(loop, fd, see, NULL, &watch, &e), ARCELLA_E_SYSTEM);
    assert_string_equal(arcella_error_message(e), "cannot watch a descriptor: Operation not permitted");
    int fds[2];
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    struct seen seen = {0};
    watch = new_watch(fds[0], &seen, LOOP_READ);
    struct loop_watch *second = NULL;
    ERROR_AUTO *twice = NULL;
    assert_int_equal(loop_watch_new(loop, fds[0], see, NULL, &second, &twice), ARCELLA_E_SYSTEM);
    loop_watch_free(watch);
    fd_close(fds[0]);
    fd_close(fds[1]);
}

/* --- signals --- */

static unsigned signals;

static void count_signal(struct loop_signal *signal, int number, void *user) {
    (void)user;
    assert_int_equal(number, SIGUSR1);
    if (++signals == 3)
        loop_signal_free(signal);
    else
        raise(SIGUSR1);
}

static void signals_reach_the_loop(void **state) {
    (void)state;
    signals = 0;
    struct loop_signal *signal = NULL;
    assert_int_equal(loop_signal_new(loop, SIGUSR1, count_signal, NULL, &signal, NULL), 0);
    raise(SIGUSR1);
    loop_run(loop);
    assert_int_equal(signals, 3);
    ERROR_AUTO *e = NULL;
    assert_int_equal(loop_signal_new(loop, SIGKILL, count_signal, NULL, &signal, &e), ARCELLA_E_SYSTEM);
    /* One that does not hold the loop. */
    assert_int_equal(loop_signal_new(loop, SIGUSR2, count_signal, NULL, &signal, NULL), 0);
    loop_signal_ref(signal, false);
    loop_run(loop);
    loop_signal_free(signal);
}

/* --- idle work --- */

static unsigned idles;

static void count_idle(struct loop_idle *idle, void *user) {
    if (++idles == 10)
        loop_idle_set(idle, false);
    if (idles == 20)
        *(struct loop_idle **)user = loop_idle_free(idle);
}

static void idle_work_runs_while_active(void **state) {
    (void)state;
    idles = 0;
    struct loop_idle *idle = NULL;
    assert_int_equal(loop_idle_new(loop, count_idle, &idle, &idle, NULL), 0);
    loop_run(loop);
    assert_int_equal(idles, 0);
    loop_idle_set(idle, true);
    loop_idle_set(idle, true);
    loop_run(loop);
    assert_int_equal(idles, 10);
    loop_idle_set(idle, true);
    loop_run(loop);
    assert_int_equal(idles, 20);
    assert_null(idle);
}

/* --- waking --- */

static unsigned wakes;

static void count_wake(struct loop_wake *wake, void *user) {
    (void)user;
    if (++wakes == 2)
        loop_wake_free(wake);
}

static void *wake_from_thread(void *user) {
    usleep(20000);
    loop_wake(user);
    return NULL;
}

static void a_thread_wakes_the_loop(void **state) {
    (void)state;
    wakes = 0;
    struct loop_wake *wake = NULL;
    assert_int_equal(loop_wake_new(loop, count_wake, NULL, &wake, NULL), 0);
    for (int i = 0; i < 100; i++)
        loop_wake(wake); /* many are one or more */
    while (wakes == 0)
        loop_run_once(loop);
    assert_int_equal(wakes, 1);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, wake_from_thread, wake), 0);
    loop_run(loop);
    assert_int_equal(wakes, 2);
    pthread_join(thread, NULL);
}

/* --- the end --- */

static unsigned parts_ended;

static void end_part(struct loop_part *part) {
    parts_ended++;
    assert_int_equal(*(const char *)part->key, 'a' + (int)parts_ended);
}

static void parts_are_found_and_ended_with_their_loop(void **state) {
    (void)state;
    static const char a = 'a', b = 'b', c = 'c';
    struct loop *one = NULL, *two = NULL;
    assert_int_equal(loop_new(&one, NULL), 0);
    assert_int_equal(loop_new(&two, NULL), 0);
    struct loop_part first = {.key = &a, .end = end_part};
    struct loop_part second = {.key = &c, .end = end_part}, third = {.key = &b, .end = end_part};
    loop_part_add(one, &first);
    loop_part_add(one, &second);
    loop_part_add(one, &third);
    assert_ptr_equal(loop_part_find(one, &a), &first);
    assert_ptr_equal(loop_part_find(one, &b), &third);
    assert_null(loop_part_find(two, &a));
    loop_part_remove(one, &first);
    loop_part_remove(one, &first);
    assert_null(loop_part_find(one, &a));
    parts_ended = 0;
    loop_free(one);
    assert_int_equal(parts_ended, 2); /* b, then c */
    loop_free(two);
}

static void what_is_left_is_freed_with_the_loop(void **state) {
    (void)state;
    int before = folder_descriptors();
    struct loop *other = NULL;
    assert_int_equal(loop_new(&other, NULL), 0);
    struct loop_timer *timer;
    struct loop_watch *watch;
    struct loop_signal *signal;
    struct loop_idle *idle;
    struct loop_wake *wake;
    int fds[2];
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    assert_int_equal(loop_timer_new(other, count_tick, NULL, &timer, NULL), 0);
    loop_timer_start(timer, 1000, 1000);
    assert_int_equal(loop_watch_new(other, fds[0], see, NULL, &watch, NULL), 0);
    loop_watch_set(watch, LOOP_READ);
    assert_int_equal(loop_signal_new(other, SIGUSR1, count_signal, NULL, &signal, NULL), 0);
    assert_int_equal(loop_idle_new(other, count_idle, NULL, &idle, NULL), 0);
    loop_idle_set(idle, true);
    assert_int_equal(loop_wake_new(other, count_wake, NULL, &wake, NULL), 0);
    ticks = idles = wakes = 0;
    assert_null(loop_free(other));
    assert_int_equal(ticks + idles + wakes, 0);
    fd_close(fds[0]);
    fd_close(fds[1]);
    /* The pipe that libuv's signal handler writes to stays, once a process. */
    assert_in_range(folder_descriptors() - before, 0, 2);
    assert_null(loop_free(NULL));
}

static int make_one_of_each(void *user, arcella_error **reterr) {
    (void)user;
    struct loop *other = NULL;
    int r = loop_new(&other, reterr);
    int fds[2];
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    struct loop_timer *timer;
    struct loop_watch *watch;
    struct loop_signal *signal;
    struct loop_idle *idle;
    struct loop_wake *wake;
    if (r == 0)
        r = loop_timer_new(other, count_tick, NULL, &timer, reterr);
    if (r == 0)
        r = loop_watch_new(other, fds[0], see, NULL, &watch, reterr);
    if (r == 0)
        r = loop_signal_new(other, SIGUSR1, count_signal, NULL, &signal, reterr);
    if (r == 0)
        r = loop_idle_new(other, count_idle, NULL, &idle, reterr);
    if (r == 0)
        r = loop_wake_new(other, count_wake, NULL, &wake, reterr);
    loop_free(other);
    fd_close(fds[0]);
    fd_close(fds[1]);
    return r;
}

static void no_memory_is_an_answer(void **state) {
    (void)state;
    torture_alloc(make_one_of_each, NULL);
}

int main(void) {
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_timer_fires_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_timer_is_an_event, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_timer_repeats_until_stopped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_delay_counts_from_now, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_unreferenced_timer_does_not_hold_the_loop, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_callback_may_free_itself_and_others, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_loop_can_be_stopped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(descriptors_are_watched, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_unreferenced_watch_does_not_hold_the_loop, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_broken_pipe_is_told_again_and_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_watch_may_free_itself_and_others, set_up, tear_down),
        cmocka_unit_test_setup_teardown(files_cannot_be_watched, set_up, tear_down),
        cmocka_unit_test_setup_teardown(signals_reach_the_loop, set_up, tear_down),
        cmocka_unit_test_setup_teardown(idle_work_runs_while_active, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_thread_wakes_the_loop, set_up, tear_down),
        cmocka_unit_test(parts_are_found_and_ended_with_their_loop),
        cmocka_unit_test(what_is_left_is_freed_with_the_loop),
        cmocka_unit_test(no_memory_is_an_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
