/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Streams of bytes to read: counted before they are read, from files, pipes, connections and terminals; their
 * ends and failures.
 */
#include "media.h"

#include "host/input.h"
#include "host/socket.h"

static void later_write(struct rig *rig) {
    assert_int_equal(write(rig->fds[1], "late", 4), 4);
}
static void later_close(struct rig *rig) {
    rig->fds[1] = fd_close(rig->fds[1]);
}

static struct host_file *stream(struct rig *rig, int fd) {
    struct host_file *file = NULL;
    assert_host(host_stream_new(rig->host, fd, HOST_READ, &file), 0);
    return file;
}

/* An input over a descriptor, which goes with it. */
static void open_input(struct rig *rig, int fd, uint64_t offset, struct host_input *ret) {
    struct host_file *file = stream(rig, fd);
    host_input_init(ret, file, offset);
    host_file_unref(file);
}

/* --- files --- */

static void test_file(void **state) {
    (void)state;
    struct rig rig;
    struct host_input input;
    char text[32] = {0};
    size_t n;
    uint64_t passed;
    rig_init(&rig, 0);
    rig_write("f", "0123456789");
    open_input(&rig, open("f", O_RDONLY | O_CLOEXEC), 2, &input);
    assert_host(host_input_available(&input, 0, &n), 0);
    assert_int_equal(n, 0);
    assert_host(host_input_available(&input, 3, &n), 0);
    assert_int_equal(n, 3);
    assert_host(host_input_read(&input, text, 3, &n), 0);
    assert_int_equal(n, 3);
    assert_string_equal(text, "234");
    /* the size is known, so asking is free */
    (void)media_calls();
    assert_host(host_input_available(&input, UINT64_MAX, &n), 0);
    assert_int_equal(n, 5);
    assert_int_equal(media_calls(), 0);
    assert_host(host_input_skip(&input, 2, &passed), 0);
    assert_int_equal(passed, 2);
    /* it grows before its end is met */
    FD_AUTO more = open("f", O_WRONLY | O_APPEND | O_CLOEXEC);
    assert_int_equal(write(more, "abc", 3), 3);
    assert_host(host_input_read(&input, text, 3, &n), 0);
    assert_memory_equal(text, "789", 3);
    assert_host(host_input_available(&input, 100, &n), 0);
    assert_int_equal(n, 3);
    /* it shrinks between the count and the read: the end after all */
    assert_int_equal(ftruncate(more, 4), 0);
    assert_host(host_input_read(&input, text, 3, &n), HOST_E_PIPE);
    assert_int_equal(n, 0);
    /* and that is for good, though the file grows again */
    assert_int_equal(write(more, "abcdefghijkl", 12), 12);
    assert_host(host_input_available(&input, 100, &n), HOST_E_PIPE);
    assert_host(host_input_available(&input, 0, &n), HOST_E_PIPE);
    assert_host(host_input_skip(&input, 1, &passed), HOST_E_PIPE);
    assert_true(host_input_ready(&input));
    host_input_done(&input);
    more = fd_close(more);
    rig_done(&rig);
}

static void test_file_places(void **state) {
    (void)state;
    struct rig rig;
    struct host_input input, second;
    char text[32] = {0};
    size_t n;
    uint64_t passed;
    rig_init(&rig, 0);
    rig_write("f", "0123456789");
    /* far behind the end, and where no file can be */
    static const uint64_t places[] = {10, 11, 1ull << 62, INT64_MAX, 1ull << 63, UINT64_MAX - 1};
    for (size_t i = 0; i < ARRAY_LENGTH(places); i++) {
        open_input(&rig, open("f", O_RDONLY | O_CLOEXEC), places[i], &input);
        assert_host(host_input_available(&input, 1, &n), HOST_E_PIPE);
        host_input_done(&input);
    }
    /* at the position that others share: two inputs take turns, and so does whoever else has it */
    struct host_file *file = stream(&rig, open("f", O_RDONLY | O_CLOEXEC));
    host_input_init(&input, file, HOST_INPUT_AT_POSITION);
    host_input_init(&second, file, HOST_INPUT_AT_POSITION);
    assert_host(host_input_available(&input, 2, &n), 0);
    assert_host(host_input_read(&input, text, n, &n), 0);
    assert_memory_equal(text, "01", 2);
    assert_int_equal(lseek(file->fd, 1, SEEK_CUR), 3);
    assert_host(host_input_available(&second, 2, &n), 0);
    assert_host(host_input_read(&second, text, n, &n), 0);
    assert_memory_equal(text, "34", 2);
    assert_host(host_input_skip(&input, 100, &passed), 0);
    assert_int_equal(passed, 5);
    assert_host(host_input_available(&second, 2, &n), HOST_E_PIPE);
    host_input_done(&input);
    host_input_done(&second);
    host_file_unref(file);
    /* one that says it is empty and is not */
    open_input(&rig, open("/proc/self/status", O_RDONLY | O_CLOEXEC), 0, &input);
    size_t total = 0;
    int r;
    while ((r = host_input_available(&input, 10, &n)) == 0) {
        r = host_input_read(&input, text, n, &n); /* only this can tell where it ends */
        if (r)
            break;
        if (total == 0)
            assert_memory_equal(text, "Name:", 5);
        total += n;
    }
    assert_host(r, HOST_E_PIPE);
    assert_true(total > 500);
    host_input_done(&input);
    rig_done(&rig);
}

static void test_large_file(void **state) {
    (void)state;
    struct rig rig;
    struct host_input input;
    size_t n;
    rig_init(&rig, 0);
    FD_AUTO fd = open("large", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    assert_int_equal(ftruncate(fd, 3 * (off_t)HOST_INPUT_BYTES + 7), 0);
    fd = fd_close(fd);
    open_input(&rig, open("large", O_RDONLY | O_CLOEXEC), 0, &input);
    char *to = mem_alloc(HOST_INPUT_BYTES);
    assert_non_null(to);
    size_t total = 0;
    int r;
    while ((r = host_input_available(&input, UINT64_MAX, &n)) == 0) {
        assert_true(n <= HOST_INPUT_BYTES);
        assert_host(host_input_read(&input, to, n, &n), 0);
        total += n;
    }
    assert_host(r, HOST_E_PIPE);
    assert_int_equal(total, 3 * HOST_INPUT_BYTES + 7);
    mem_free(to);
    host_input_done(&input);
    /* a file is passed over in one go */
    uint64_t passed;
    open_input(&rig, open("large", O_RDONLY | O_CLOEXEC), 0, &input);
    assert_host(host_input_skip(&input, UINT64_MAX, &passed), 0);
    assert_int_equal(passed, 3 * HOST_INPUT_BYTES + 7);
    host_input_done(&input);
    rig_done(&rig);
}

/* --- what cannot be read --- */

static void test_wrong_things(void **state) {
    (void)state;
    struct rig rig;
    struct host_input input;
    size_t n;
    char text[8];
    rig_init(&rig, 0);
    (void)!mkdir("d", 0755);
    struct host_file *dir = rig_grant(&rig, "d", "/d", true), *file = NULL;
    host_input_init(&input, dir, 0);
    assert_host(host_input_available(&input, 1, &n), HOST_E_ISDIR);
    assert_host(host_input_read(&input, text, 1, &n), HOST_E_PIPE);
    host_input_done(&input);
    struct host_open how = {.write = true, .create = true};
    assert_host(host_dir_open(dir, "w", 1, &how, &file), 0);
    host_input_init(&input, file, 0);
    assert_host(host_input_available(&input, 1, &n), HOST_E_BADF);
    assert_host(host_input_available(&input, 1, &n), HOST_E_PIPE);
    host_input_done(&input);
    host_file_unref(file);
    host_file_unref(dir);
    assert_host(host_log_new(rig.host, 1, &file), 0);
    host_input_init(&input, file, 0);
    assert_host(host_input_available(&input, 1, &n), HOST_E_BADF);
    host_input_done(&input);
    host_file_unref(file);
    assert_host(host_null_new(rig.host, HOST_READ, &file), 0);
    host_input_init(&input, file, 0);
    assert_true(host_input_ready(&input));
    assert_host(host_input_available(&input, 1, &n), HOST_E_PIPE);
    host_input_done(&input);
    host_file_unref(file);
    /* devices that never wait */
    open_input(&rig, open("/dev/null", O_RDONLY | O_CLOEXEC), 0, &input);
    assert_host(host_input_available(&input, 8, &n), 0);
    assert_host(host_input_read(&input, text, n, &n), HOST_E_PIPE);
    host_input_done(&input);
    open_input(&rig, open("/dev/zero", O_RDONLY | O_CLOEXEC), 0, &input);
    uint64_t passed;
    assert_host(host_input_skip(&input, 100000, &passed), 0);
    assert_true(passed > 0);
    assert_host(host_input_available(&input, 8, &n), 0);
    assert_host(host_input_read(&input, text, n, &n), 0);
    assert_int_equal(n, 8);
    assert_int_equal(text[7], 0);
    host_input_done(&input);
    assert_int_equal(host_figures(rig.host).waits, 0);
    rig_done(&rig);
}

/* --- what comes by and by --- */

/* The far end is rig->fds[1]. */
static int make_input(struct rig *rig, enum medium medium) {
    int near;
    media_make(medium, false, &near, &rig->fds[1]);
    return near;
}

static int wait_for(struct host_input *input) {
    return host_wait_event(host_input_event(input), HOST_READ);
}

static void test_streams(void **state) {
    (void)state;
    for (enum medium medium = PIPE; medium < MEDIA; medium++) {
        struct rig rig;
        struct host_input input;
        char text[16] = {0};
        size_t n;
        uint64_t passed;
        rig_init(&rig, 0);
        int fd = make_input(&rig, medium);
        int flags = fcntl(fd, F_GETFL);
        open_input(&rig, fd, 0, &input);
        host_wait_begin(rig.host);
        assert_false(host_input_ready(&input));
        assert_host(host_input_available(&input, 0, &n), 0);
        assert_host(host_input_available(&input, 10, &n), HOST_E_AGAIN);
        assert_host(host_input_skip(&input, 10, &passed), HOST_E_AGAIN);
        rig_later(&rig, 5, later_write);
        assert_host(wait_for(&input), 0);
        assert_int_equal(host_figures(rig.host).waits, 1);
        assert_host(host_input_available(&input, 1, &n), 0);
        assert_int_equal(n, 1);
        assert_host(host_input_read(&input, text, 1, &n), 0);
        assert_true(host_input_ready(&input));
        assert_host(host_input_available(&input, 1000, &n), 0);
        assert_int_equal(n, 3);
        assert_host(host_input_read(&input, text + 1, n, &n), 0);
        assert_string_equal(text, "late");
        /* and again, asked for more than there is */
        assert_host(host_input_available(&input, 10, &n), HOST_E_AGAIN);
        rig_later(&rig, 5, later_write);
        assert_host(wait_for(&input), 0);
        assert_host(host_input_skip(&input, 3, &passed), 0);
        assert_int_equal(passed, 3);
        assert_host(host_input_read(&input, text, 10, &n), 0);
        assert_int_equal(n, 1);
        assert_int_equal(text[0], 'e');
        /* a read of what is not there is no end */
        assert_host(host_input_read(&input, text, 10, &n), 0);
        assert_int_equal(n, 0);
        /* the run is ended while it waits */
        rig_later(&rig, 5, rig_stop);
        assert_host(wait_for(&input), HOST_STOP);
        rig.stop = false;
        /* last words and the end at once, then only the end */
        later_write(&rig);
        if (medium == TERMINAL)
            usleep(20000);
        else
            later_close(&rig);
        assert_host(wait_for(&input), 0);
        assert_host(host_input_available(&input, 2, &n), 0);
        assert_int_equal(n, 2);
        assert_host(host_input_read(&input, text, n, &n), 0);
        assert_host(wait_for(&input), 0);
        assert_host(host_input_available(&input, 100, &n), 0);
        assert_int_equal(n, 2);
        assert_host(host_input_read(&input, text, n, &n), 0);
        if (medium == TERMINAL)
            later_close(&rig);
        assert_host(wait_for(&input), 0);
        int r = host_input_available(&input, 100, &n);
        if (r == 0) { /* of a terminal it cannot be known before */
            assert_int_equal(medium, TERMINAL);
            r = host_input_read(&input, text, 1, &n);
        }
        assert_true(r == HOST_E_PIPE || (medium == TERMINAL && r == HOST_E_IO));
        assert_host(host_input_available(&input, 100, &n), HOST_E_PIPE);
        assert_true(host_input_ready(&input));
        if (rig.fds[1] < 0)
            assert_int_equal(fcntl(fd, F_GETFL), flags);
        host_input_done(&input);
        rig_done(&rig);
    }
}

/* The end comes while it waits, and between a count and its read. */
static void test_late_ends(void **state) {
    (void)state;
    for (enum medium medium = PIPE; medium < TERMINAL; medium++) {
        struct rig rig;
        struct host_input input;
        char text[16];
        size_t n;
        rig_init(&rig, 0);
        open_input(&rig, make_input(&rig, medium), 0, &input);
        rig_later(&rig, 5, later_close);
        assert_host(wait_for(&input), 0);
        assert_host(host_input_available(&input, 100, &n), HOST_E_PIPE);
        host_input_done(&input);
        open_input(&rig, make_input(&rig, medium), 0, &input);
        rig_later(&rig, 5, later_write);
        assert_host(wait_for(&input), 0);
        assert_host(host_input_available(&input, 100, &n), 0);
        assert_int_equal(n, 4);
        later_close(&rig); /* its edge is not told yet */
        assert_host(host_input_read(&input, text, n, &n), 0);
        assert_host(wait_for(&input), 0);
        assert_host(host_input_available(&input, 100, &n), HOST_E_PIPE);
        host_input_done(&input);
        /* more bytes, likewise */
        open_input(&rig, make_input(&rig, medium), 0, &input);
        later_write(&rig);
        assert_host(wait_for(&input), 0);
        assert_host(host_input_available(&input, 100, &n), 0);
        assert_int_equal(n, 4);
        later_write(&rig);
        assert_host(host_input_read(&input, text, n, &n), 0);
        assert_host(wait_for(&input), 0);
        assert_host(host_input_available(&input, 100, &n), 0);
        assert_int_equal(n, 4);
        /* and told between the two: the guest was sliced while it made room */
        later_write(&rig);
        host_wait_begin(rig.host);
        assert_host(host_wait(rig.host, clock_monotonic_ns() + 2 * MS), 0);
        assert_host(host_input_read(&input, text, n, &n), 0);
        assert_host(wait_for(&input), 0);
        assert_host(host_input_available(&input, 100, &n), 0);
        assert_int_equal(n, 4);
        host_input_done(&input);
        rig_done(&rig);
    }
}

/* A message that comes, is read whole and waited for again costs no question whether there is more. */
static void test_cost(void **state) {
    (void)state;
    struct rig rig;
    struct host_input input;
    char text[16];
    size_t n;
    rig_init(&rig, 0);
    open_input(&rig, make_input(&rig, SOCKET), 0, &input);
    for (int i = 0; i < 10; i++) {
        rig_later(&rig, 0, later_write);
        assert_host(wait_for(&input), 0);
        (void)media_calls();
        assert_host(host_input_available(&input, 100, &n), 0);
        assert_host(host_input_read(&input, text, n, &n), 0);
        assert_int_equal(n, 4);
        host_wait_begin(rig.host);
        assert_host(host_input_available(&input, 100, &n), HOST_E_AGAIN);
        if (i > 0)
            assert_true(media_calls() <= 1); /* the read, beside the count */
    }
    host_input_done(&input);
    rig_done(&rig);
}

static void test_errors(void **state) {
    (void)state;
    struct rig rig;
    struct host_input input;
    size_t n;
    rig_init(&rig, 0);
    open_input(&rig, make_input(&rig, TCP), 0, &input);
    struct linger hard = {.l_onoff = 1};
    assert_int_equal(setsockopt(rig.fds[1], SOL_SOCKET, SO_LINGER, &hard, sizeof(hard)), 0);
    rig_later(&rig, 5, later_close);
    assert_host(wait_for(&input), 0);
    assert_host(host_input_available(&input, 100, &n), HOST_E_CONNRESET);
    assert_host(host_input_available(&input, 100, &n), HOST_E_PIPE);
    host_input_done(&input);
    /* one that its owner shut down */
    struct host_file *file = NULL;
    assert_host(host_stream_new(rig.host, make_input(&rig, TCP), HOST_READ | HOST_WRITE, &file), 0);
    host_input_init(&input, file, 0);
    later_write(&rig);
    assert_host(wait_for(&input), 0);
    assert_host(host_socket_shutdown(file, HOST_READ), 0);
    int r = host_input_available(&input, 100, &n); /* what came before may be read still */
    if (r == 0) {
        char text[8];
        assert_host(host_input_read(&input, text, n, &n), 0);
        assert_host(wait_for(&input), 0);
        r = host_input_available(&input, 100, &n);
    }
    assert_host(r, HOST_E_PIPE);
    host_input_done(&input);
    host_file_unref(file);
    rig_done(&rig);
}

/* Urgent bytes are not for guests; what stands behind them, uncounted, comes without another edge. */
static void test_urgent(void **state) {
    (void)state;
    struct rig rig;
    struct host_input input;
    char text[16];
    size_t n, total = 0;
    rig_init(&rig, 0);
    open_input(&rig, make_input(&rig, TCP), 0, &input);
    host_wait_begin(rig.host);
    assert_false(host_input_ready(&input));
    assert_int_equal(send(rig.fds[1], "abc", 3, 0), 3);
    assert_int_equal(send(rig.fds[1], "!", 1, MSG_OOB), 1);
    assert_int_equal(send(rig.fds[1], "defg", 4, 0), 4);
    usleep(1000);
    while (total < 7) {
        host_wait_begin(rig.host);
        if (!host_input_ready(&input)) {
            uint64_t start = clock_monotonic_ns();
            assert_host(host_wait(rig.host, start + 2000 * MS), 0);
            assert_true(clock_monotonic_ns() - start < 1900 * MS);
            continue;
        }
        int r = host_input_available(&input, sizeof(text) - total, &n);
        if (r == HOST_E_AGAIN)
            continue;
        assert_host(r, 0);
        assert_host(host_input_read(&input, text + total, n, &n), 0);
        total += n;
    }
    assert_memory_equal(text, "abcdefg", 7);
    host_input_done(&input);
    rig_done(&rig);
}

/* A terminal in line mode has an end of file between its lines. */
static void test_terminal_lines(void **state) {
    (void)state;
    struct rig rig;
    struct host_input input;
    char text[32];
    size_t n;
    int fds[2];
    rig_init(&rig, 0);
    assert_int_equal(openpty(&fds[1], &fds[0], NULL, NULL, NULL), 0);
    rig.fds[1] = fds[1];
    open_input(&rig, fds[0], 0, &input);
    assert_int_equal(write(fds[1], "ab\ncd\n\x04", 7), 7);
    assert_host(wait_for(&input), 0);
    size_t total = 0;
    int r = 0;
    while (r == 0) {
        assert_host(wait_for(&input), 0);
        assert_host(host_input_available(&input, sizeof(text) - total, &n), 0);
        r = host_input_read(&input, text + total, n, &n);
        total += n;
    }
    assert_host(r, HOST_E_PIPE);
    assert_int_equal(total, 6);
    assert_memory_equal(text, "ab\ncd\n", 6);
    host_input_done(&input);
    rig_done(&rig);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_file),       cmocka_unit_test(test_file_places),
        cmocka_unit_test(test_large_file), cmocka_unit_test(test_wrong_things),
        cmocka_unit_test(test_streams),    cmocka_unit_test(test_late_ends),
        cmocka_unit_test(test_cost),       cmocka_unit_test(test_errors),
        cmocka_unit_test(test_urgent),     cmocka_unit_test(test_terminal_lines),
    };
    return cmocka_run_group_tests(tests, rig_enter, rig_leave);
}
