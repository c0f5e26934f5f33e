/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* poll_oneoff: clocks, descriptors, mistakes, many at once, and being ended while it waits. */
#include "rig.h"

#include "base/clock.h"

#define IN     1024u
#define OUT    32768u
#define RESULT 1016u
#define MS     1000000ull

static struct rig rig;
static int pipe_in[2] = {-1, -1}; /* of the guest's standard input */

static int open_rig(void **state) {
    (void)state;
    assert_int_equal(pipe2(pipe_in, O_CLOEXEC), 0);
    struct wasi_options options = WASI_OPTIONS_INIT;
    options.stdio[0] = pipe_in[0];
    rig_start(&rig, rig_program, &options, RIG_WRITABLE);
    return 0;
}

static int close_rig(void **state) {
    (void)state;
    rig_stop(&rig);
    pipe_in[1] = fd_close(pipe_in[1]);
    return 0;
}

static void put(uint32_t index, const struct wasi_subscription *subscription) {
    memcpy(rig_at(&rig, IN + index * (uint32_t)sizeof *subscription), subscription, sizeof *subscription);
}

static void put_clock(uint32_t index, uint32_t clock, uint64_t timeout_ns, uint16_t flags) {
    put(index, &(struct wasi_subscription){
                   .userdata = 100 + index,
                   .tag = WASI_EVENT_CLOCK,
                   .clock = {.id = clock, .timeout = timeout_ns, .flags = flags},
               });
}

static void put_fd(uint32_t index, uint8_t tag, uint32_t fd) {
    put(index, &(struct wasi_subscription){.userdata = 100 + index, .tag = tag, .fd = fd});
}

static int poll(uint32_t count) {
    return rig_call(&rig, "poll_oneoff", IN, OUT, count, RESULT);
}

static struct wasi_event event(uint32_t index) {
    struct wasi_event to;
    memcpy(&to, rig_at(&rig, OUT + index * (uint32_t)sizeof to), sizeof to);
    return to;
}

static void a_clock_is_waited_for(void **state) {
    (void)state;
    static const uint32_t clocks[] = {WASI_CLOCK_MONOTONIC, WASI_CLOCK_REALTIME};
    for (size_t i = 0; i < ARRAY_LENGTH(clocks); i++) {
        for (unsigned absolute = 0; absolute < 2; absolute++) {
            uint64_t before = clock_monotonic_ns();
            uint64_t now = i ? clock_wall_ns() : before;
            put_clock(0, clocks[i], absolute ? now + 30 * MS : 30 * MS,
                      absolute ? WASI_SUB_CLOCK_ABSTIME : 0);
            assert_errno(poll(1), "success");
            assert_true(clock_monotonic_ns() - before >= 29 * MS);
            assert_int_equal(rig_u32(&rig, RESULT), 1);
            assert_int_equal(event(0).userdata, 100);
            assert_int_equal(event(0).type, WASI_EVENT_CLOCK);
            assert_int_equal(event(0).error, 0);
        }
    }
}

static void what_is_past_is_due(void **state) {
    (void)state;
    put_clock(0, WASI_CLOCK_MONOTONIC, 0, 0);
    put_clock(1, WASI_CLOCK_REALTIME, 1, WASI_SUB_CLOCK_ABSTIME);
    put_clock(2, WASI_CLOCK_MONOTONIC, UINT64_MAX, 0);
    put_clock(3, WASI_CLOCK_REALTIME, UINT64_MAX, WASI_SUB_CLOCK_ABSTIME);
    assert_errno(poll(4), "success");
    assert_int_equal(rig_u32(&rig, RESULT), 2);
    assert_int_equal(event(0).userdata, 100);
    assert_int_equal(event(1).userdata, 101);
}

static void the_earliest_ends_the_wait(void **state) {
    (void)state;
    put_clock(0, WASI_CLOCK_MONOTONIC, 60000 * MS, 0);
    put_clock(1, WASI_CLOCK_MONOTONIC, 20 * MS, 0);
    put_fd(2, WASI_EVENT_FD_READ, 0);
    assert_errno(poll(3), "success");
    assert_int_equal(rig_u32(&rig, RESULT), 1);
    assert_int_equal(event(0).userdata, 101);
}

static void input_ends_the_wait(void **state) {
    (void)state;
    put_clock(0, WASI_CLOCK_MONOTONIC, 60000 * MS, 0);
    put_fd(1, WASI_EVENT_FD_READ, 0);
    rig_begin(&rig, "poll_oneoff", (const uint64_t[]){IN, OUT, 2, RESULT}, 4);
    for (unsigned i = 0; i < 5; i++)
        loop_run_ready(rig_loop);
    assert_false(rig.done);
    assert_int_equal(write(pipe_in[1], "abc", 3), 3);
    rig_finish(&rig);
    assert_int_equal(rig.result.u32, 0);
    assert_int_equal(rig_u32(&rig, RESULT), 1);
    assert_int_equal(event(0).userdata, 101);
    assert_int_equal(event(0).type, WASI_EVENT_FD_READ);
    assert_int_equal(event(0).nbytes, 3);
    assert_int_equal(event(0).flags, 0);
    pipe_in[1] = fd_close(pipe_in[1]);
    assert_errno(poll(2), "success");
    assert_int_equal(event(0).flags, WASI_EVENT_HANGUP);
}

static void files_and_output_are_ready(void **state) {
    (void)state;
    uint32_t length = rig_put(&rig, OUT, "file");
    assert_errno(rig_call(&rig, "path_open", 3, 0, OUT, length, WASI_O_CREAT,
                          WASI_RIGHT_FD_READ | WASI_RIGHT_FD_WRITE, 0, 0, RESULT),
                 "success");
    put_fd(0, WASI_EVENT_FD_READ, 4);
    put_fd(1, WASI_EVENT_FD_WRITE, 4);
    put_fd(2, WASI_EVENT_FD_WRITE, 1);
    put_fd(3, WASI_EVENT_FD_READ, 0);
    assert_errno(poll(4), "success");
    assert_int_equal(rig_u32(&rig, RESULT), 3);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(event(i).userdata, 100 + i);
}

static void a_mistake_is_an_event(void **state) {
    (void)state;
    put_fd(0, WASI_EVENT_FD_READ, 77);
    put_fd(1, WASI_EVENT_FD_READ, 3);
    put_clock(2, WASI_CLOCK_PROCESS_CPUTIME, 5, 0);
    put_clock(3, 99, 5, 0);
    put_clock(4, WASI_CLOCK_MONOTONIC, 5, 0x100);
    put_clock(5, WASI_CLOCK_MONOTONIC, 60000 * MS, 0);
    assert_errno(poll(6), "success");
    assert_int_equal(rig_u32(&rig, RESULT), 5);
    static const char *const answers[] = {"badf", "badf", "notsup", "inval", "inval"};
    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(event(i).userdata, 100 + i);
        assert_string_equal(preview1_errno_name(event(i).error), answers[i]);
    }
}

static void what_cannot_be_is_refused(void **state) {
    (void)state;
    assert_errno(poll(0), "inval");
    put(0, &(struct wasi_subscription){.tag = 3});
    assert_errno(poll(1), "inval");
    assert_errno(rig_call(&rig, "poll_oneoff", IN, OUT, 0x10000000, RESULT), "fault");
}

/* Both arrays in the same place, the worst overlap that is still one call. */
static void overlapping_arrays_hurt_nobody(void **state) {
    (void)state;
    for (uint32_t i = 0; i < 8; i++)
        put_clock(i, WASI_CLOCK_MONOTONIC, 0, 0);
    assert_errno(rig_call(&rig, "poll_oneoff", IN, IN, 8, RESULT), "success");
    assert_int_equal(rig_u32(&rig, RESULT), 8);
    for (uint32_t i = 0; i < 8; i++)
        assert_int_equal(rig_u64(&rig, IN + 32 * i), 100 + i);
}

static void many_are_charged_and_given_back(void **state) {
    (void)state;
    for (uint32_t i = 0; i < 500; i++)
        put_clock(i, WASI_CLOCK_MONOTONIC, i < 250 ? 0 : 60000 * MS, 0);
    assert_errno(poll(500), "success");
    assert_int_equal(rig_u32(&rig, RESULT), 250);
    uint64_t used = rig.budget.used_bytes;
    rig.budget.limit_bytes = used + 100;
    assert_errno(poll(500), "nomem");
    assert_errno(poll(8), "success");
    assert_int_equal(rig.budget.used_bytes, used);
    rig.budget.limit_bytes = LIMIT_HOST_BYTES;
}

static void a_wait_can_be_ended(void **state) {
    (void)state;
    static const uint32_t counts[] = {1, 100};
    for (size_t i = 0; i < ARRAY_LENGTH(counts); i++) {
        for (uint32_t k = 0; k + 1 < counts[i]; k++)
            put_clock(k, WASI_CLOCK_MONOTONIC, 60000 * MS, 0);
        put_fd(counts[i] - 1, WASI_EVENT_FD_READ, 0);
        rig_begin(&rig, "poll_oneoff", (const uint64_t[]){IN, OUT, counts[i], RESULT}, 4);
        for (unsigned k = 0; k < 5; k++)
            loop_run_ready(rig_loop);
        assert_false(rig.done);
        engine_cancel(rig.instance, ENGINE_END_STOPPED, "enough");
        rig_finish(&rig);
        assert_int_equal(rig.outcome.end, ENGINE_END_STOPPED);
        assert_string_equal(rig.outcome.message, "enough");
        /* It takes no more calls; another one does. */
        close_rig(NULL);
        open_rig(NULL);
    }
}

/* Freed while it waits: what it held goes with it. */
static void an_instance_can_be_freed_while_it_waits(void **state) {
    (void)state;
    for (uint32_t k = 0; k < 100; k++)
        put_clock(k, WASI_CLOCK_MONOTONIC, 60000 * MS, 0);
    rig_begin(&rig, "poll_oneoff", (const uint64_t[]){IN, OUT, 100, RESULT}, 4);
    for (unsigned k = 0; k < 5; k++)
        loop_run_ready(rig_loop);
    assert_false(rig.done);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_clock_is_waited_for, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(what_is_past_is_due, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(the_earliest_ends_the_wait, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(input_ends_the_wait, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(files_and_output_are_ready, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(a_mistake_is_an_event, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(what_cannot_be_is_refused, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(overlapping_arrays_hurt_nobody, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(many_are_charged_and_given_back, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(a_wait_can_be_ended, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(an_instance_can_be_freed_while_it_waits, open_rig, close_rig),
    };
    return cmocka_run_group_tests_name("wasi poll", tests, rig_open, rig_close);
}
