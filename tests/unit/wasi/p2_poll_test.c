/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* wasi:io/poll and the table of resources: readiness, waits, ten thousand pollables, who is dropped before
 * whom, limits, and what is left when an instance is freed in the middle of a wait. */
#include "wasi/p2/rig.h"

#include <sys/resource.h>

#include "wasi/p2/state.h"

#define MS 1000000ull

static struct rig rig;
static int input; /* our end of standard input */

static int open_rig(void **state) {
    (void)state;
    int pipe_fds[2];
    assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
    input = pipe_fds[1];
    struct wasi_options options = WASI_OPTIONS_INIT;
    options.stdio[0] = pipe_fds[0];
    rig_start(&rig, &options, RIG_NO_DIR);
    return 0;
}

static int close_rig(void **state) {
    (void)state;
    rig_stop(&rig);
    close(input);
    return 0;
}

static uint32_t timer_in(uint64_t ns) {
    return (uint32_t)call(&rig, "subscribe-duration", ns);
}

/* Poll the handles that stand at DATA. @return how many are ready; their indices stand at *ret */
static uint32_t poll_all(uint32_t count, uint32_t *ret) {
    call(&rig, "poll", DATA, count, RET);
    *ret = u32_at(&rig, RET);
    return u32_at(&rig, RET + 4);
}

/* --- one --- */

static void timers_are_ready_in_time(void **state) {
    (void)state;
    assert_int_equal(call(&rig, "pollable.ready", timer_in(0)), 1);
    uint32_t never = timer_in(UINT64_MAX), soon = timer_in(30 * MS);
    assert_int_equal(call(&rig, "pollable.ready", never), 0);
    assert_int_equal(call(&rig, "pollable.ready", soon), 0);
    uint64_t begin_ns = clock_monotonic_ns();
    call(&rig, "pollable.block", soon);
    assert_true(clock_monotonic_ns() - begin_ns >= 20 * MS);
    assert_int_equal(call(&rig, "pollable.ready", soon), 1);
    call(&rig, "pollable.block", soon);
    uint32_t past = (uint32_t)call(&rig, "subscribe-instant", 1);
    uint32_t then = (uint32_t)call(&rig, "subscribe-instant", clock_monotonic_ns() + 20 * MS);
    assert_int_equal(call(&rig, "pollable.ready", past), 1);
    call(&rig, "pollable.block", then);
    assert_int_equal(call(&rig, "pollable.ready", then), 1);
    assert_int_equal(call(&rig, "pollable.ready", never), 0);
}

static void streams_are_ready_by_what_comes(void **state) {
    (void)state;
    uint64_t in = call(&rig, "get-stdin");
    uint32_t some = (uint32_t)call(&rig, "input-stream.subscribe", in);
    assert_int_equal(call(&rig, "pollable.ready", some), 0);
    begin(&rig, "pollable.block", some);
    rig_turn(20);
    assert_false(rig.done);
    assert_int_equal(write(input, "x", 1), 1);
    rig_finish(&rig);
    assert_int_equal(rig.outcome.end, ENGINE_END_RETURNED);
    assert_int_equal(call(&rig, "pollable.ready", some), 1);
    call(&rig, "input-stream.read", in, 10, RET);
    assert_int_equal(u32_at(&rig, RET + 8), 1);
    assert_int_equal(call(&rig, "pollable.ready", some), 0);
    close(input);
    input = -1;
    call(&rig, "pollable.block", some);
    assert_int_equal(call(&rig, "pollable.ready", some), 1);
    uint64_t out = call(&rig, "get-stdout");
    assert_int_equal(call(&rig, "pollable.ready", call(&rig, "output-stream.subscribe", out)), 1);
}

/* --- several --- */

static void what_is_ready_is_told_in_order(void **state) {
    (void)state;
    uint64_t in = call(&rig, "get-stdin");
    uint32_t indices, now = timer_in(0), late = timer_in(UINT64_MAX);
    uint32_t some = (uint32_t)call(&rig, "input-stream.subscribe", in);
    const uint32_t all[] = {late, now, some, late, now};
    memcpy(at(&rig, DATA), all, sizeof all);
    assert_int_equal(poll_all(5, &indices), 2);
    assert_int_equal(u32_at(&rig, indices), 1);
    assert_int_equal(u32_at(&rig, indices + 4), 4);
    assert_int_equal(write(input, "x", 1), 1);
    rig_turn(5);
    assert_int_equal(poll_all(5, &indices), 3);
    assert_int_equal(u32_at(&rig, indices + 4), 2);
}

static void the_first_of_several_timers_ends_the_wait(void **state) {
    (void)state;
    const uint32_t all[] = {timer_in(3600000 * MS), timer_in(20 * MS), timer_in(UINT64_MAX)};
    uint32_t indices;
    memcpy(at(&rig, DATA), all, sizeof all);
    assert_int_equal(poll_all(3, &indices), 1);
    assert_int_equal(u32_at(&rig, indices), 1);
}

static void an_empty_list_traps(void **state) {
    (void)state;
    traps(&rig, "poll-empty", "poll", DATA, 0, RET);
}

static void what_is_no_handle_traps(void **state) {
    (void)state;
    put_u32(&rig, DATA, timer_in(0));
    put_u32(&rig, DATA + 4, 77);
    traps(&rig, "unknown-handle", "poll", DATA, 2, RET);
}

static void another_resource_traps(void **state) {
    (void)state;
    put_u32(&rig, DATA, (uint32_t)call(&rig, "get-stdin"));
    traps(&rig, "wrong-handle", "poll", DATA, 1, RET);
}

/* Ten thousand that wait for the same stream and for times far away, and one of a time. */
static void ten_thousand(void **state) {
    (void)state;
    enum { COUNT = 10000 };
    uint64_t in = call(&rig, "get-stdin");
    uint32_t indices;
    for (uint32_t i = 0; i < COUNT; i++) {
        uint64_t pollable = i % 2 ? call(&rig, "input-stream.subscribe", in) : timer_in(UINT64_MAX - i);
        put_u32(&rig, DATA + 4 * i, (uint32_t)pollable);
    }
    assert_int_equal(wasi_p2_figures(rig.wasi).pollables, COUNT);
    put_u32(&rig, DATA + 4 * 4321, timer_in(50 * MS));
    assert_int_equal(poll_all(COUNT, &indices), 1);
    assert_int_equal(u32_at(&rig, indices), 4321);
    /* What a look costs, for people who look at the log of this test. */
    enum { TIMES = 50 };
    uint64_t begin_ns = clock_monotonic_ns();
    for (unsigned i = 0; i < TIMES; i++)
        assert_int_equal(poll_all(COUNT, &indices), 1);
    print_message("a poll of %d takes %llu us\n", COUNT,
                  (unsigned long long)((clock_monotonic_ns() - begin_ns) / TIMES / 1000));
    begin(&rig, "poll", DATA + 20000, 5000, RET); /* without that */
    rig_turn(3);
    assert_false(rig.done);
    assert_int_equal(write(input, "x", 1), 1);
    rig_finish(&rig);
    assert_int_equal(rig.outcome.end, ENGINE_END_RETURNED);
    /* All that wait for the stream. */
    assert_int_equal(u32_at(&rig, RET + 4), 2500);
    for (uint32_t i = 0; i < 2500; i++)
        assert_int_equal(u32_at(&rig, u32_at(&rig, RET) + 4 * i) % 2, 1);
}

/* --- limits --- */

static void pollables_are_bounded(void **state) {
    (void)state;
    for (uint32_t i = 0; i < LIMIT_P2_POLLABLES; i++)
        timer_in(0);
    ends(&rig, ENGINE_END_LIMIT, "subscribe-duration", 0);
    assert_non_null(strstr(rig.outcome.message, "16384 pollables"));
}

static void resources_are_bounded(void **state) {
    (void)state;
    for (uint32_t i = 0; i < LIMIT_P2_RESOURCES; i++)
        call(&rig, "instance-network");
    ends(&rig, ENGINE_END_LIMIT, "get-stdin");
    assert_non_null(strstr(rig.outcome.message, "32768 resources"));
}

static void memory_is_the_instances(void **state) {
    (void)state;
    rig.budget.limit_bytes = rig.budget.used_bytes + 3 * P2_CHUNK_ENTRIES * sizeof(struct p2_entry);
    uint32_t made = 0;
    do {
        rig_call_values(&rig, "instance-network", NULL, 0);
        made += rig.outcome.end == ENGINE_END_RETURNED;
    } while (rig.outcome.end == ENGINE_END_RETURNED && made < 10000);
    assert_int_equal(rig.outcome.end, ENGINE_END_LIMIT);
    assert_in_range(made, P2_CHUNK_ENTRIES, 3 * P2_CHUNK_ENTRIES);
}

/* --- dropping --- */

static void parents_go_last(void **state) {
    (void)state;
    uint64_t in = call(&rig, "get-stdin"), again = call(&rig, "get-stdin");
    uint64_t some = call(&rig, "input-stream.subscribe", in), more = call(&rig, "input-stream.subscribe", in);
    call(&rig, "drop pollable", some);
    call(&rig, "drop pollable", more);
    call(&rig, "drop input-stream", in);
    /* Only the handle that it was made from counts, though both are of one stream. */
    call(&rig, "input-stream.subscribe", again);
    call(&rig, "drop input-stream", call(&rig, "get-stdin"));
    traps(&rig, "resource-has-children", "drop input-stream", again);
    assert_non_null(strstr(rig.outcome.message, "input-stream was dropped before the pollable"));
    /* The pollable is there still, and is freed with its instance. */
    assert_int_equal(wasi_p2_figures(rig.wasi).pollables, 1);
}

static void numbers_are_used_again(void **state) {
    (void)state;
    uint64_t bytes = 0;
    for (unsigned i = 0; i < 1000; i++) {
        uint64_t out = call(&rig, "get-stdout");
        uint64_t some = call(&rig, "output-stream.subscribe", out);
        call(&rig, "drop pollable", some);
        call(&rig, "drop output-stream", out);
        bytes = bytes ? bytes : rig.budget.used_bytes;
    }
    assert_int_equal(rig.budget.used_bytes, bytes);
    assert_int_equal(wasi_p2_figures(rig.wasi).resources, 0);
}

/* An embedder may offer a resource of ours in place of ours: its numbers are no entries. */
static void a_rep_of_nobody_is_refused(void **state) {
    (void)state;
    assert_null(p2_find(rig.wasi, 0, P2_POLLABLE));
    assert_null(p2_find(rig.wasi, UINT32_MAX, P2_POLLABLE));
    timer_in(0);
    assert_non_null(p2_find(rig.wasi, 0, P2_POLLABLE));
    assert_null(p2_find(rig.wasi, 0, P2_INPUT_STREAM));
    assert_null(p2_find(rig.wasi, 1, P2_POLLABLE));
    assert_null(p2_find(rig.wasi, P2_CHUNK_ENTRIES, P2_POLLABLE));
}

/* --- freed in the middle --- */

/* Each wait is begun and never ends; what it holds goes with the instance (rig_stop() counts). */
static void freed_while_it_waits(void **state) {
    (void)state;
    static const char *const waits[] = {"block", "poll", "read", "skip", "write", "splice", "random"};
    for (size_t i = 0; i < ARRAY_LENGTH(waits); i++) {
        int in[2], out[2];
        assert_int_equal(pipe2(in, O_CLOEXEC), 0);
        assert_int_equal(pipe2(out, O_CLOEXEC | O_NONBLOCK), 0);
        /* Nobody reads, and there is room for nothing. */
        while (write(out[1], "full", 4) > 0)
            ;
        struct wasi_options options = WASI_OPTIONS_INIT;
        options.stdio[0] = in[0];
        options.stdio[1] = out[1];
        rig_start(&rig, &options, RIG_NO_DIR);
        uint64_t from = call(&rig, "get-stdin"), to = call(&rig, "get-stdout");
        uint64_t some = call(&rig, "input-stream.subscribe", from);
        put_u32(&rig, DATA, (uint32_t)some);
        put_u32(&rig, DATA + 4, timer_in(3600000 * MS));
        switch (i) {
        case 0: begin(&rig, "pollable.block", some); break;
        case 1: begin(&rig, "poll", DATA, 2, RET); break;
        case 2: begin(&rig, "input-stream.blocking-read", from, 100, RET); break;
        case 3: begin(&rig, "input-stream.blocking-skip", from, 100, RET); break;
        case 4: begin(&rig, "output-stream.blocking-write-and-flush", to, DATA, 4096, RET); break;
        case 6: begin(&rig, "get-random-bytes", LIMIT_RANDOM_BYTES, RET); break;
        default: begin(&rig, "output-stream.blocking-splice", to, from, 4096, RET); break;
        }
        rig_turn(i == 6 ? 2 : 10);
        if (rig.done)
            fail_msg("%s did not wait: %s", waits[i], rig.outcome.message);
        rig_stop(&rig);
        close(in[1]);
        close(out[0]);
    }
}

/* And ended from outside: the run tells it, and the instance is as good as one that trapped. */
static void stopped_while_it_waits(void **state) {
    (void)state;
    begin(&rig, "pollable.block", timer_in(UINT64_MAX));
    rig_turn(5);
    component_cancel(rig.instance, ENGINE_END_STOPPED, "enough");
    rig_finish(&rig);
    assert_int_equal(rig.outcome.end, ENGINE_END_STOPPED);
}

/* What a wait costs is a suspension, not a loop. */
static void waiting_takes_no_cpu(void **state) {
    (void)state;
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    uint32_t soon = timer_in(300 * MS);
    call(&rig, "pollable.block", soon);
    getrusage(RUSAGE_SELF, &after);
    uint64_t us = (uint64_t)(after.ru_utime.tv_sec - before.ru_utime.tv_sec) * 1000000u +
                  (uint64_t)(after.ru_utime.tv_usec - before.ru_utime.tv_usec);
    assert_true(us < 150000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(timers_are_ready_in_time, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(streams_are_ready_by_what_comes, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(what_is_ready_is_told_in_order, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(the_first_of_several_timers_ends_the_wait, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(an_empty_list_traps, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(what_is_no_handle_traps, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(another_resource_traps, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(ten_thousand, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(pollables_are_bounded, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(resources_are_bounded, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(memory_is_the_instances, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(parents_go_last, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(numbers_are_used_again, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(a_rep_of_nobody_is_refused, open_rig, close_rig),
        cmocka_unit_test(freed_while_it_waits),
        cmocka_unit_test_setup_teardown(stopped_while_it_waits, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(waiting_takes_no_cpu, open_rig, close_rig),
    };
    return cmocka_run_group_tests(tests, rig_open, rig_close);
}
