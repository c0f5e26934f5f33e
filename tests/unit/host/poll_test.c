/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Waiting for several things and a deadline: who is ready, when it ends, what is left behind. */
#include "rig.h"

#include <sys/socket.h>

#include "base/clock.h"
#include "host/clock.h"

#define MS 1000000ull

static struct host_file *stream(struct rig *rig, int fd) {
    struct host_file *file = NULL;
    assert_host(host_stream_new(rig->host, fd, HOST_READ | HOST_WRITE, &file), 0);
    return file;
}

static void later_write(struct rig *rig) {
    assert_int_equal(write(rig->fds[1], "late", 4), 4);
}
static void later_close(struct rig *rig) {
    rig->fds[1] = fd_close(rig->fds[1]);
}

static void test_deadline(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    uint64_t start = clock_monotonic_ns();
    assert_host(host_poll(rig.host, NULL, 0, start + 30 * MS), 0);
    uint64_t took = clock_monotonic_ns() - start;
    assert_true(took >= 30 * MS);
    assert_true(took < 600 * MS);
    /* in the past, and now: no wait at all */
    uint64_t waits = host_figures(rig.host).waits;
    assert_host(host_poll(rig.host, NULL, 0, 0), 0);
    assert_host(host_poll(rig.host, NULL, 0, start), 0);
    assert_int_equal(host_figures(rig.host).waits, waits);
    assert_host(host_poll(rig.host, NULL, HOST_POLL_MAX + 1, 0), HOST_E_INVAL);
    /* for ever, until it is ended; and a deadline centuries away */
    rig_later(&rig, 20, rig_stop);
    assert_host(host_poll(rig.host, NULL, 0, HOST_NO_DEADLINE), HOST_STOP);
    rig.stop = false;
    rig_later(&rig, 20, rig_stop);
    assert_host(host_poll(rig.host, NULL, 0, UINT64_MAX - 1), HOST_STOP);
    rig.stop = false;
    /* a wake-up left over from somebody else is none */
    rig.woken = true;
    start = clock_monotonic_ns();
    assert_host(host_poll(rig.host, NULL, 0, start + 20 * MS), 0);
    assert_true(clock_monotonic_ns() - start >= 20 * MS);
    rig_done(&rig);
}

static void test_streams(void **state) {
    (void)state;
    for (int nonblocking = 0; nonblocking < 2; nonblocking++) {
        struct rig rig;
        rig_init(&rig, 0);
        int a[2], b[2];
        assert_int_equal(pipe2(a, O_CLOEXEC | (nonblocking ? O_NONBLOCK : 0)), 0);
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, b), 0);
        struct host_file *in = stream(&rig, a[0]);
        struct host_file *both = stream(&rig, b[0]);
        rig.fds[1] = a[1];
        rig.fds[0] = b[1];
        struct host_poll items[3] = {{.file = in, .events = HOST_READ},
                                     {.file = both, .events = HOST_READ},
                                     {.file = both, .events = HOST_READ | HOST_WRITE}};
        /* the socket can be written: at once */
        assert_host(host_poll(rig.host, items, 3, HOST_NO_DEADLINE), 0);
        assert_int_equal(items[0].ready, 0);
        assert_int_equal(items[1].ready, 0);
        assert_int_equal(items[2].ready, HOST_WRITE);
        assert_int_equal(host_figures(rig.host).waits, 0);
        /* the pipe comes later; the same file twice in the wait */
        items[2].events = HOST_READ;
        rig_later(&rig, 20, later_write);
        assert_host(host_poll(rig.host, items, 3, HOST_NO_DEADLINE), 0);
        assert_int_equal(items[0].ready, HOST_READ);
        assert_int_equal(items[0].bytes, 4);
        assert_false(items[0].hangup);
        assert_int_equal(items[1].ready | items[2].ready, 0);
        assert_int_equal(host_figures(rig.host).waits, 1);
        /* nothing until the deadline */
        assert_host(host_poll(rig.host, items + 1, 2, clock_monotonic_ns() + 20 * MS), 0);
        assert_int_equal(items[1].ready | items[2].ready, 0);
        /* hang-up wakes too, with what is still to be read */
        rig_later(&rig, 20, later_close);
        char text[4];
        struct iovec iov = {text, 4};
        size_t n;
        assert_host(host_file_read(in, &iov, 1, &n), 0);
        assert_host(host_poll(rig.host, items, 2, HOST_NO_DEADLINE), 0);
        assert_int_equal(items[0].ready, HOST_READ);
        assert_true(items[0].hangup);
        assert_int_equal(items[0].bytes, 0);
        /* ended while waiting */
        rig_later(&rig, 20, rig_stop);
        assert_host(host_poll(rig.host, items + 1, 2, HOST_NO_DEADLINE), HOST_STOP);
        rig.stop = false;
        host_file_unref(in);
        host_file_unref(both);
        rig_done(&rig);
    }
}

static void test_always_ready(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    rig_write("plain", "12345");
    struct host_file *plain = stream(&rig, open("plain", O_RDONLY | O_CLOEXEC));
    struct host_file *null = NULL, *log = NULL;
    assert_host(host_null_new(rig.host, HOST_READ, &null), 0);
    assert_host(host_log_new(rig.host, 1, &log), 0);
    struct host_poll items[] = {{.file = plain, .events = HOST_READ},
                                {.file = null, .events = HOST_READ},
                                {.file = log, .events = HOST_WRITE}};
    assert_host(host_poll(rig.host, items, 3, HOST_NO_DEADLINE), 0);
    assert_int_equal(items[0].ready, HOST_READ);
    assert_int_equal(items[0].bytes, 5);
    assert_int_equal(items[1].ready, HOST_READ);
    assert_int_equal(items[2].ready, HOST_WRITE);
    assert_int_equal(host_figures(rig.host).waits, 0);
    host_file_unref(plain);
    host_file_unref(null);
    host_file_unref(log);
    rig_done(&rig);
}

/* More than one batch of poll(2), the ready one at the end. */
static void test_many(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    enum { COUNT = 150 };
    struct host_poll items[COUNT];
    for (int i = 0; i < COUNT; i++) {
        int fds[2];
        assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
        items[i] = (struct host_poll){.file = stream(&rig, fds[0]), .events = HOST_READ};
        if (i < COUNT - 1)
            dup2(fds[1], 900 + i); /* keep it open where the rig can find it */
        else
            rig.fds[1] = fds[1];
        if (i < COUNT - 1)
            fd_close(fds[1]);
    }
    rig_later(&rig, 20, later_write);
    assert_host(host_poll(rig.host, items, COUNT, HOST_NO_DEADLINE), 0);
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(items[i].ready, i == COUNT - 1 ? HOST_READ : 0);
    for (int i = 0; i < COUNT; i++) {
        if (i < COUNT - 1)
            close(900 + i);
        host_file_unref(items[i].file);
    }
    rig_done(&rig);
}

static void test_clock(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    uint64_t a, b, deadline;
    assert_host(host_clock_now(rig.host, HOST_CLOCK_MONOTONIC, &a), 0);
    assert_host(host_clock_now(rig.host, HOST_CLOCK_MONOTONIC, &b), 0);
    assert_true(b >= a && a > 0);
    assert_host(host_clock_now(rig.host, HOST_CLOCK_WALL, &a), 0);
    assert_true(a > 1700000000ull * 1000 * MS);
    assert_host(host_clock_now(rig.host, HOST_CLOCK_CPU, &a), 0);
    assert_int_equal(a, 4711); /* the instance's, by the hook */
    assert_host(host_clock_now(rig.host, HOST_CLOCKS, &a), HOST_E_INVAL);
    for (int i = 0; i < HOST_CLOCKS; i++) {
        assert_host(host_clock_resolution(rig.host, (enum host_clock)i, &a), 0);
        assert_true(a >= 1);
    }
    assert_host(host_clock_resolution(rig.host, HOST_CLOCKS, &a), HOST_E_INVAL);
    assert_host(host_clock_deadline(rig.host, HOST_CLOCK_MONOTONIC, 5, true, &deadline), 0);
    assert_int_equal(deadline, 5);
    assert_host(host_clock_deadline(rig.host, HOST_CLOCK_MONOTONIC, UINT64_MAX, false, &deadline), 0);
    assert_true(deadline == UINT64_MAX);
    assert_host(host_clock_now(rig.host, HOST_CLOCK_MONOTONIC, &b), 0);
    assert_host(host_clock_deadline(rig.host, HOST_CLOCK_WALL, 1000 * MS, false, &deadline), 0);
    assert_true(deadline >= b + 1000 * MS && deadline < b + 11000 * MS);
    assert_host(host_clock_now(rig.host, HOST_CLOCK_WALL, &a), 0);
    assert_host(host_clock_deadline(rig.host, HOST_CLOCK_WALL, a + 1000 * MS, true, &deadline), 0);
    assert_true(deadline >= b + 900 * MS && deadline < b + 11000 * MS);
    assert_host(host_clock_deadline(rig.host, HOST_CLOCK_WALL, 0, true, &deadline), 0);
    assert_true(deadline <= clock_monotonic_ns());
    assert_host(host_clock_deadline(rig.host, HOST_CLOCK_CPU, 0, false, &deadline), HOST_E_NOTSUP);
    assert_host(host_clock_deadline(rig.host, HOST_CLOCKS, 0, false, &deadline), HOST_E_INVAL);
    rig_done(&rig);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_deadline), cmocka_unit_test(test_streams), cmocka_unit_test(test_always_ready),
        cmocka_unit_test(test_many),     cmocka_unit_test(test_clock),
    };
    return cmocka_run_group_tests(tests, rig_enter, rig_leave);
}
