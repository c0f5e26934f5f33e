/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Streams of bytes to write: what they permit, and that it goes where it should (what is kept: kept_test.c).
 */
#include "output_rig.h"

/* Write as much as is permitted, from *at on, until nothing is. @return of host_output_room() */
static int fill(struct host_output *output, size_t *at) {
    uint64_t room;
    int r;
    while ((r = host_output_room(output, &room)) == 0 && room > 0) {
        size_t n = (size_t)room < sizeof(bytes) - *at % sizeof(bytes) ? (size_t)room
                                                                      : sizeof(bytes) - *at % sizeof(bytes);
        assert_host(host_output_write(output, bytes + *at % sizeof(bytes), n), 0);
        *at += n;
        assert_true(*at < 64 * sizeof(bytes));
    }
    return r;
}

/* --- files --- */

static void test_files(void **state) {
    (void)state;
    struct rig rig;
    struct host_output output;
    uint64_t room;
    rig_init(&rig, 0);
    (void)!mkdir("d", 0755);
    rig_write("d/f", "0123456789");
    struct host_file *dir = rig_grant(&rig, "d", "/d", true), *file = NULL;
    struct host_open how = {.read = true, .write = true, .create = true};
    assert_host(host_dir_open(dir, "f", 1, &how, &file), 0);
    host_output_init(&output, file, HOST_OUTPUT_AT, 3);
    assert_true(host_output_ready(&output));
    assert_host(host_output_room(&output, &room), 0);
    assert_int_equal(room, HOST_OUTPUT_FILE_BYTES);
    assert_int_equal(output.permit, room);
    assert_host(host_output_write(&output, "abc", 3), 0);
    assert_int_equal(output.permit, 0);
    assert_host(host_output_room(&output, &room), 0);
    assert_host(host_output_write(&output, "de", 2), 0);
    assert_host(host_output_flush(&output), 0);
    host_output_done(&output);
    host_output_init(&output, file, HOST_OUTPUT_APPEND, 0);
    assert_host(host_output_room(&output, &room), 0);
    assert_host(host_output_write(&output, "++", 2), 0);
    host_output_done(&output);
    /* at the position, which moves */
    assert_int_equal(lseek(file->fd, 1, SEEK_SET), 1);
    host_output_init(&output, file, HOST_OUTPUT_STREAM, 0);
    assert_host(host_output_room(&output, &room), 0);
    assert_host(host_output_write(&output, "-", 1), 0);
    assert_int_equal(lseek(file->fd, 0, SEEK_CUR), 2);
    host_output_done(&output);
    char text[32] = {0};
    assert_int_equal(pread(file->fd, text, sizeof(text), 0), 12);
    assert_string_equal(text, "0-2abcde89++");
    /* where no file can be */
    host_output_init(&output, file, HOST_OUTPUT_AT, INT64_MAX - 1);
    assert_host(host_output_room(&output, &room), 0);
    assert_host(host_output_write(&output, "abc", 3), HOST_E_FBIG);
    assert_host(host_output_room(&output, &room), HOST_E_PIPE);
    host_output_done(&output);
    host_output_init(&output, file, HOST_OUTPUT_AT, UINT64_MAX);
    assert_host(host_output_write(&output, "abc", 3), HOST_E_FBIG);
    host_output_done(&output);
    host_file_unref(file);
    /* one that is synced with each flush, and not before */
    how.flags = HOST_SYNC;
    assert_host(host_dir_open(dir, "s", 1, &how, &file), 0);
    host_output_init(&output, file, HOST_OUTPUT_AT, 0);
    uint64_t waits = host_figures(rig.host).waits;
    assert_host(host_output_flush(&output), 0);
    assert_host(host_output_write(&output, "abc", 3), 0);
    assert_int_equal(host_figures(rig.host).waits, waits);
    assert_host(host_output_flush(&output), 0);
    assert_true(host_figures(rig.host).waits > waits);
    assert_host(host_output_write(&output, "abc", 3), 0);
    rig.stop = true;
    assert_host(host_output_flush(&output), HOST_STOP);
    rig.stop = false;
    host_output_done(&output);
    host_file_unref(file);
    host_file_unref(dir);
    rig_done(&rig);
}

static void test_wrong_things(void **state) {
    (void)state;
    struct rig rig;
    struct host_output output;
    uint64_t room;
    rig_init(&rig, 0);
    (void)!mkdir("d", 0755);
    rig_write("d/r", "text");
    struct host_file *dir = rig_grant(&rig, "d", "/d", true), *file = NULL;
    host_output_init(&output, dir, HOST_OUTPUT_STREAM, 0);
    assert_host(host_output_room(&output, &room), HOST_E_ISDIR);
    assert_host(host_output_room(&output, &room), HOST_E_PIPE);
    assert_true(host_output_ready(&output));
    host_output_done(&output);
    struct host_open how = {.read = true};
    assert_host(host_dir_open(dir, "r", 1, &how, &file), 0);
    host_output_init(&output, file, HOST_OUTPUT_AT, 0);
    assert_host(host_output_write(&output, "x", 1), HOST_E_BADF);
    assert_host(host_output_flush(&output), HOST_E_PIPE);
    host_output_done(&output);
    host_file_unref(file);
    host_file_unref(dir);
    assert_host(host_null_new(rig.host, HOST_WRITE, &file), 0);
    host_output_init(&output, file, HOST_OUTPUT_STREAM, 0);
    assert_host(host_output_room(&output, &room), 0);
    assert_host(host_output_write(&output, bytes, (size_t)room), 0);
    assert_host(host_output_flush(&output), 0);
    host_output_done(&output);
    host_file_unref(file);
    assert_host(host_log_new(rig.host, 2, &file), 0);
    host_output_init(&output, file, HOST_OUTPUT_STREAM, 0);
    assert_host(host_output_room(&output, &room), 0);
    assert_host(host_output_write(&output, "a line\nhalf", 11), 0);
    assert_host(host_output_flush(&output), 0);
    assert_int_equal(rig.lines, 1);
    assert_string_equal(rig.line, "a line");
    host_output_done(&output);
    host_file_unref(file);
    assert_string_equal(rig.line, "half");
    open_output(&rig, open("/dev/null", O_WRONLY | O_CLOEXEC), &output);
    assert_host(host_output_room(&output, &room), 0);
    assert_true(room > 0);
    assert_host(host_output_write(&output, bytes, (size_t)room), 0);
    host_output_done(&output);
    /* a disk that is full */
    open_output(&rig, open("/dev/full", O_WRONLY | O_CLOEXEC), &output);
    assert_host(host_output_room(&output, &room), 0);
    assert_host(host_output_write(&output, "x", 1), HOST_E_NOSPC);
    assert_host(host_output_room(&output, &room), HOST_E_PIPE);
    host_output_done(&output);
    rig_done(&rig);
}

/* --- permits of streams --- */

static void test_streams(void **state) {
    (void)state;
    for (enum medium medium = PIPE; medium < MEDIA; medium++) {
        struct rig rig;
        struct host_output output;
        uint64_t room;
        size_t at = 0;
        rig_init(&rig, 0);
        int fd = make_output(&rig, medium);
        int flags = fcntl(fd, F_GETFL);
        taken = 0;
        open_output(&rig, fd, &output);
        assert_host(host_output_room(&output, &room), 0);
        assert_int_equal(room, medium == SOCKET || medium == SHARED_SOCKET || medium == TCP
                                   ? HOST_OUTPUT_SOCKET_BYTES
                                   : HOST_OUTPUT_PIPE_BYTES);
        /* full: all that was permitted was taken, and nothing waited */
        assert_host(fill(&output, &at), 0);
        assert_int_equal(host_figures(rig.host).waits, 0);
        host_wait_begin(rig.host);
        assert_false(host_output_ready(&output));
        /* somebody reads */
        rig_later(&rig, 5, later_take_all);
        assert_host(wait_until_ready(&output), 0);
        assert_host(host_output_room(&output, &room), 0);
        assert_true(room > 0);
        assert_host(fill(&output, &at), 0);
        while (host_output_flush(&output) == HOST_E_AGAIN)
            assert_host(wait_until_ready(&output), 0);
        assert_null(output.file->kept);
        for (int i = 0; i < 1000 && taken < at; i++) {
            host_wait_begin(rig.host);
            assert_host(host_wait(rig.host, clock_monotonic_ns() + 3 * MS), 0);
        }
        assert_int_equal(taken, at);
        loop_timer_stop(rig.timer);
        /* the run is ended while it waits for room */
        assert_host(wait_until_ready(&output), 0);
        assert_host(fill(&output, &at), 0);
        rig_later(&rig, 5, rig_stop);
        assert_host(wait_until_ready(&output), HOST_STOP);
        rig.stop = false;
        /* nobody reads any more: told once */
        rig_later(&rig, 5, later_close);
        assert_host(wait_until_ready(&output), 0);
        int r = host_output_room(&output, &room);
        if (r == 0)
            r = host_output_write(&output, "x", 1);
        assert_true(r == HOST_E_PIPE || (medium == TERMINAL && r == HOST_E_IO) ||
                    (medium == TCP && r == HOST_E_CONNRESET));
        assert_host(host_output_room(&output, &room), HOST_E_PIPE);
        assert_true(host_output_ready(&output));
        assert_int_equal(fcntl(fd, F_GETFL), flags);
        host_output_done(&output);
        rig_done(&rig);
    }
}

/* Small messages cost one call each, the write; now and then it is asked whether there is room. */
static void test_cost(void **state) {
    (void)state;
    struct rig rig;
    struct host_output output;
    uint64_t room;
    rig_init(&rig, 0);
    open_output(&rig, make_output(&rig, SOCKET), &output);
    assert_host(host_output_room(&output, &room), 0);
    (void)media_calls();
    for (size_t i = 0; i < 400; i++) {
        assert_host(host_output_room(&output, &room), 0);
        assert_host(host_output_write(&output, bytes, 64), 0);
        if (i % 40 == 39) {
            taken = 0;
            static uint8_t got[1 << 16];
            assert_int_equal(read(rig.fds[0], got, sizeof(got)), 64 * 40);
        }
    }
    assert_true(media_calls() <= 405);
    host_output_done(&output);
    rig_done(&rig);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_wrong_things),
        cmocka_unit_test(test_streams),
        cmocka_unit_test(test_cost),
    };
    return cmocka_run_group_tests(tests, output_enter, rig_leave);
}
