/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* wasi:io/streams and error: reads that fit, permits, flushes, splices, and how errors are told. */
#include "wasi/p2/rig.h"

#include <netinet/in.h>
#include <sys/socket.h>

#define CLOSED 1

static struct rig rig;
static int input, output; /* our ends */
static uint64_t in, out;

/* Standard input and output are pipes. */
static int open_rig(void **state) {
    (void)state;
    int in_fds[2], out_fds[2];
    assert_int_equal(pipe2(in_fds, O_CLOEXEC), 0);
    assert_int_equal(pipe2(out_fds, O_CLOEXEC), 0);
    input = in_fds[1];
    output = out_fds[0];
    struct wasi_options options = WASI_OPTIONS_INIT;
    options.stdio[0] = in_fds[0];
    options.stdio[1] = out_fds[1];
    rig_start(&rig, &options, RIG_WRITABLE);
    in = call(&rig, "get-stdin");
    out = call(&rig, "get-stdout");
    return 0;
}

static int close_rig(void **state) {
    (void)state;
    rig_stop(&rig);
    close(input);
    close(output);
    return 0;
}

static void feed(const char *text) {
    assert_int_equal(write(input, text, strlen(text)), strlen(text));
    rig_turn(5);
}

/* What has come out. */
static void expect_output(const char *text) {
    char bytes[256] = "";
    rig_turn(5);
    ssize_t n = read(output, bytes, sizeof bytes - 1);
    assert_int_equal(n, strlen(text));
    assert_string_equal(bytes, text);
}

/* A stream-error stands behind the case, which is aligned to align. @return its own case */
static unsigned stream_error(uint32_t align) {
    assert_int_equal(u8_at(&rig, RET), 1);
    return u8_at(&rig, RET + align);
}

static void a_read_brings_what_is_there(void **state) {
    (void)state;
    call(&rig, "input-stream.read", in, 100, RET);
    assert_ok(&rig);
    assert_int_equal(u32_at(&rig, RET + 8), 0);
    feed("hello");
    call(&rig, "input-stream.read", in, 2, RET);
    assert_bytes_at(&rig, RET + 4, "he");
    call(&rig, "input-stream.read", in, 0, RET);
    assert_ok(&rig);
    assert_int_equal(u32_at(&rig, RET + 8), 0);
    call(&rig, "input-stream.read", in, UINT64_MAX, RET);
    assert_bytes_at(&rig, RET + 4, "llo");
    begin(&rig, "input-stream.blocking-read", in, 100, RET);
    rig_turn(10);
    assert_false(rig.done);
    feed("more");
    rig_finish(&rig);
    assert_bytes_at(&rig, RET + 4, "more");
    feed("rest");
    close(input);
    input = -1;
    call(&rig, "input-stream.blocking-read", in, 100, RET);
    assert_bytes_at(&rig, RET + 4, "rest");
    call(&rig, "input-stream.blocking-read", in, 100, RET);
    assert_int_equal(stream_error(4), CLOSED);
    call(&rig, "input-stream.read", in, 0, RET);
    assert_int_equal(stream_error(4), CLOSED);
    call(&rig, "input-stream.skip", in, 1, RET);
    assert_int_equal(stream_error(8), CLOSED);
}

static void skips_count(void **state) {
    (void)state;
    feed("0123456789");
    call(&rig, "input-stream.skip", in, 4, RET);
    assert_int_equal(u64_at(&rig, RET + 8), 4);
    call(&rig, "input-stream.blocking-skip", in, 2, RET);
    assert_int_equal(u64_at(&rig, RET + 8), 2);
    call(&rig, "input-stream.read", in, 2, RET);
    assert_bytes_at(&rig, RET + 4, "67");
    call(&rig, "input-stream.skip", in, UINT64_MAX, RET);
    assert_int_equal(u64_at(&rig, RET + 8), 2);
    call(&rig, "input-stream.skip", in, 10, RET);
    assert_int_equal(u64_at(&rig, RET + 8), 0);
}

static void a_large_read_takes_no_more_than_there_is(void **state) {
    (void)state;
    feed("x");
    call(&rig, "input-stream.read", in, UINT64_MAX, RET);
    assert_bytes_at(&rig, RET + 4, "x");
    feed("y");
    call(&rig, "input-stream.read", in, UINT64_MAX, RET + 16);
    /* realloc was asked for a byte each time: they lie side by side. */
    assert_int_equal(u32_at(&rig, RET + 20) - u32_at(&rig, RET + 4), 1);
}

/* --- permits --- */

static void a_permit_is_for_one_write(void **state) {
    (void)state;
    call(&rig, "output-stream.check-write", out, RET);
    assert_ok(&rig);
    uint64_t permit = u64_at(&rig, RET + 8);
    assert_true(permit >= 4096);
    call(&rig, "output-stream.write", out, DATA, put(&rig, DATA, "one"), RET);
    assert_ok(&rig);
    expect_output("one");
    call(&rig, "output-stream.write", out, DATA, 0, RET); /* nothing needs no permit */
    assert_ok(&rig);
    traps(&rig, "write-beyond-permit", "output-stream.write", out, DATA, 1, RET);
}

static void a_write_without_permit_traps(void **state) {
    (void)state;
    traps(&rig, "write-beyond-permit", "output-stream.write", out, DATA, 1, RET);
    assert_non_null(strstr(rig.outcome.message, "permitted 0"));
}

static void zeroes_beyond_the_permit_trap(void **state) {
    (void)state;
    call(&rig, "output-stream.check-write", out, RET);
    uint64_t permit = u64_at(&rig, RET + 8);
    traps(&rig, "write-beyond-permit", "output-stream.write-zeroes", out, permit + 1, RET);
}

static void a_blocking_write_has_4096_bytes(void **state) {
    (void)state;
    call(&rig, "output-stream.blocking-write-and-flush", out, DATA, 4096, RET);
    assert_ok(&rig);
    traps(&rig, "write-too-long", "output-stream.blocking-write-and-flush", out, DATA, 4097, RET);
}

static void blocking_zeroes_have_4096(void **state) {
    (void)state;
    call(&rig, "output-stream.blocking-write-zeroes-and-flush", out, 4096, RET);
    assert_ok(&rig);
    char bytes[5000];
    assert_int_equal(read(output, bytes, sizeof bytes), 4096);
    for (unsigned i = 0; i < 4096; i++)
        assert_int_equal(bytes[i], 0);
    traps(&rig, "write-too-long", "output-stream.blocking-write-zeroes-and-flush", out, UINT64_MAX, RET);
}

static void pointers_are_checked(void **state) {
    (void)state;
    call(&rig, "output-stream.check-write", out, RET);
    traps(&rig, "list-out-of-bounds", "output-stream.write", out, 0xfffffff0, 100, RET);
}

static void results_are_checked(void **state) {
    (void)state;
    traps(&rig, "pointer-out-of-bounds", "output-stream.check-write", out, 0xfffffff0);
}

/* A pipe that nobody reads fills up; then the permit is 0, and the wait is over when somebody does. */
static void a_full_pipe_makes_it_wait(void **state) {
    (void)state;
    uint64_t some = call(&rig, "output-stream.subscribe", out), total = 0, permit;
    do {
        call(&rig, "output-stream.check-write", out, RET);
        assert_ok(&rig);
        permit = u64_at(&rig, RET + 8);
        call(&rig, "output-stream.write", out, DATA, permit, RET);
        assert_ok(&rig);
        total += permit;
    } while (permit);
    assert_true(total >= 65536);
    assert_int_equal(call(&rig, "pollable.ready", some), 0);
    begin(&rig, "output-stream.blocking-write-and-flush", out, DATA, 4096, RET);
    rig_turn(10);
    assert_false(rig.done);
    static char bytes[70000];
    uint64_t got = 0;
    while (!rig.done) {
        ssize_t n = read(output, bytes, sizeof bytes);
        assert_true(n > 0);
        got += (uint64_t)n;
        rig_turn(10);
    }
    assert_ok(&rig);
    while (got < total + 4096)
        got += (uint64_t)read(output, bytes, sizeof bytes);
    assert_int_equal(got, total + 4096);
}

static void flushes_are_done(void **state) {
    (void)state;
    call(&rig, "output-stream.flush", out, RET);
    assert_ok(&rig);
    call(&rig, "output-stream.blocking-flush", out, RET);
    assert_ok(&rig);
}

static void a_reader_that_has_gone_closes_it(void **state) {
    (void)state;
    close(output);
    output = -1;
    call(&rig, "output-stream.blocking-write-and-flush", out, DATA, 10, RET);
    assert_int_equal(stream_error(4), CLOSED);
    call(&rig, "output-stream.check-write", out, RET);
    assert_int_equal(stream_error(8), CLOSED);
    call(&rig, "output-stream.write", out, DATA, 10, RET); /* the stream closed: no trap */
    assert_int_equal(stream_error(4), CLOSED);
    call(&rig, "output-stream.flush", out, RET);
    assert_int_equal(stream_error(4), CLOSED);
    assert_int_equal(call(&rig, "pollable.ready", call(&rig, "output-stream.subscribe", out)), 1);
}

/* --- splice --- */

static void a_splice_moves_what_is_there(void **state) {
    (void)state;
    call(&rig, "output-stream.splice", out, in, 100, RET);
    assert_ok(&rig);
    assert_int_equal(u64_at(&rig, RET + 8), 0);
    feed("through");
    call(&rig, "output-stream.splice", out, in, 3, RET);
    assert_int_equal(u64_at(&rig, RET + 8), 3);
    expect_output("thr");
    call(&rig, "output-stream.splice", out, in, UINT64_MAX, RET);
    assert_int_equal(u64_at(&rig, RET + 8), 4);
    expect_output("ough");
    begin(&rig, "output-stream.blocking-splice", out, in, 100, RET);
    rig_turn(10);
    assert_false(rig.done);
    feed("later");
    rig_finish(&rig);
    assert_int_equal(u64_at(&rig, RET + 8), 5);
    expect_output("later");
    close(input);
    input = -1;
    call(&rig, "output-stream.blocking-splice", out, in, 100, RET);
    assert_int_equal(stream_error(8), CLOSED);
    /* It was the input's end, not the output's. */
    call(&rig, "output-stream.check-write", out, RET);
    assert_ok(&rig);
}

/* --- errors --- */

static uint64_t open_file(const char *name, unsigned open_flags, unsigned flags) {
    call(&rig, "get-directories", RET);
    uint32_t dir = u32_at(&rig, u32_at(&rig, RET));
    call(&rig, "descriptor.open-at", dir, 1, TEXT_AT, put(&rig, TEXT_AT, name), open_flags, flags, RET);
    assert_ok(&rig);
    return u32_at(&rig, RET + 4);
}

/* A file at its end of what the system has: the first write says why, and the code can be asked for. */
static void a_failure_is_told_once(void **state) {
    (void)state;
    uint64_t file = open_file("full", 1, 3);
    call(&rig, "descriptor.write-via-stream", file, INT64_MAX - 1, RET);
    assert_ok(&rig);
    uint64_t to = u32_at(&rig, RET + 4);
    call(&rig, "output-stream.check-write", to, RET);
    assert_ok(&rig);
    call(&rig, "output-stream.write", to, DATA, 100, RET);
    assert_int_equal(stream_error(4), 0); /* last-operation-failed */
    uint64_t error = u32_at(&rig, RET + 8);
    call(&rig, "filesystem-error-code", error, RET);
    assert_int_equal(u8_at(&rig, RET), 1);
    assert_string_equal(p2_file_error_name(u8_at(&rig, RET + 1)), "file-too-large");
    call(&rig, "network-error-code", error, RET);
    assert_int_equal(u8_at(&rig, RET), 0);
    call(&rig, "error.to-debug-string", error, RET);
    assert_bytes_at(&rig, RET, "file too large");
    call(&rig, "drop error", error);
    call(&rig, "output-stream.check-write", to, RET);
    assert_int_equal(stream_error(8), CLOSED);
    call(&rig, "output-stream.blocking-flush", to, RET);
    assert_int_equal(stream_error(4), CLOSED);
}

/* --- splices that fail --- */

/* Restart with these as standard input and output; in and out are theirs. */
static void restart(int from, int to) {
    struct wasi_options options = WASI_OPTIONS_INIT;
    rig_stop(&rig);
    options.stdio[0] = from;
    options.stdio[1] = to;
    rig_start(&rig, &options, RIG_WRITABLE);
    in = call(&rig, "get-stdin");
    out = call(&rig, "get-stdout");
}

static int text_file(void) {
    int fd = open(rig_folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    char text[1000];
    memset(text, 'x', sizeof text);
    assert_int_equal(write(fd, text, sizeof text), sizeof text);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

/* What the last operation that failed says, and that the stream is closed then. */
static void expect_failure(uint64_t stream, const char *code, const char *words) {
    assert_int_equal(stream_error(8), 0); /* last-operation-failed */
    uint64_t error = u32_at(&rig, RET + 12);
    if (code) {
        call(&rig, "filesystem-error-code", error, RET);
        assert_int_equal(u8_at(&rig, RET), 1);
        assert_string_equal(p2_file_error_name(u8_at(&rig, RET + 1)), code);
    }
    call(&rig, "error.to-debug-string", error, RET);
    assert_bytes_at(&rig, RET, words);
    call(&rig, "drop error", error);
    call(&rig, "output-stream.check-write", stream, RET);
    assert_int_equal(stream_error(8), CLOSED);
}

/* A write that fails is the splice's failure, however much was read for it. */
static void a_splice_tells_that_the_write_failed(void **state) {
    (void)state;
    /* a file that cannot grow */
    restart(text_file(), open("/dev/full", O_WRONLY | O_CLOEXEC));
    call(&rig, "descriptor.write-via-stream", open_file("full", 1, 3), INT64_MAX - 1, RET);
    assert_ok(&rig);
    uint64_t to = u32_at(&rig, RET + 4);
    call(&rig, "output-stream.splice", to, in, 100, RET);
    expect_failure(to, "file-too-large", "file too large");
    /* a device that is full, in both ways of asking */
    for (int waits = 0; waits < 2; waits++) {
        restart(text_file(), open("/dev/full", O_WRONLY | O_CLOEXEC));
        call(&rig, waits ? "output-stream.blocking-splice" : "output-stream.splice", out, in, 100, RET);
        expect_failure(out, NULL, "no space left");
        /* it was not the input's */
        call(&rig, "input-stream.read", in, 10, RET);
        assert_ok(&rig);
    }
}

static void a_splice_tells_that_the_reader_has_gone(void **state) {
    (void)state;
    feed("some bytes");
    close(output);
    output = -1;
    call(&rig, "output-stream.splice", out, in, 100, RET);
    assert_int_equal(stream_error(8), CLOSED);
    call(&rig, "output-stream.check-write", out, RET);
    assert_int_equal(stream_error(8), CLOSED);
    call(&rig, "input-stream.subscribe", in); /* still there */
}

/* A TCP connection whose other side has reset it. */
static int reset_connection(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    struct linger at_once = {.l_onoff = 1};
    FD_AUTO listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    int far = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    assert_int_equal(setsockopt(far, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
    close(far);
    return fd;
}

/* It is told as what it is, once, by whatever way of the kernel the bytes would have gone. */
static void a_splice_tells_that_a_connection_was_reset(void **state) {
    (void)state;
    enum { PIPE, LITTLE, MUCH };
    for (int from = PIPE; from <= MUCH; from++) {
        int file = text_file();
        assert_int_equal(ftruncate(file, from == MUCH ? 1 << 20 : 1000), 0);
        if (from == PIPE) {
            int fds[2];
            assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
            assert_int_equal(write(fds[1], "some bytes", 10), 10);
            close(fds[1]);
            close(file);
            file = fds[0];
        }
        restart(file, reset_connection());
        call(&rig, "output-stream.splice", out, in, UINT64_MAX, RET);
        expect_failure(out, NULL, "connection reset");
    }
    /* and as the input's, where it is that */
    int fds[2];
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    restart(reset_connection(), fds[1]);
    call(&rig, "output-stream.blocking-splice", out, in, 100, RET);
    assert_int_equal(stream_error(8), 0);
    call(&rig, "error.to-debug-string", u32_at(&rig, RET + 12), RET);
    assert_bytes_at(&rig, RET, "connection reset");
    call(&rig, "output-stream.check-write", out, RET);
    assert_ok(&rig);
    close(fds[0]);
}

/* A connection that was reset, as standard input: no file's error. */
static void errors_know_where_they_are_from(void **state) {
    (void)state;
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
    struct wasi_options options = WASI_OPTIONS_INIT;
    rig_stop(&rig);
    options.stdio[0] = pair[0];
    rig_start(&rig, &options, RIG_NO_DIR);
    in = call(&rig, "get-stdin");
    /* Bytes of ours that nobody has read: the other side hears of a reset. */
    assert_int_equal(write(pair[0], "x", 1), 1);
    close(pair[1]);
    call(&rig, "input-stream.blocking-read", in, 10, RET);
    if (stream_error(4) != CLOSED) {
        uint64_t error = u32_at(&rig, RET + 8);
        call(&rig, "filesystem-error-code", error, RET);
        assert_int_equal(u8_at(&rig, RET), 0);
        call(&rig, "error.to-debug-string", error, RET);
        assert_true(u32_at(&rig, RET + 4) > 5);
    }
    call(&rig, "input-stream.blocking-read", in, 10, RET);
    assert_int_equal(stream_error(4), CLOSED);
}

#define WITH_RIG(test) cmocka_unit_test_setup_teardown(test, open_rig, close_rig)
int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_RIG(a_read_brings_what_is_there),
        WITH_RIG(skips_count),
        WITH_RIG(a_large_read_takes_no_more_than_there_is),
        WITH_RIG(a_permit_is_for_one_write),
        WITH_RIG(a_write_without_permit_traps),
        WITH_RIG(zeroes_beyond_the_permit_trap),
        WITH_RIG(a_blocking_write_has_4096_bytes),
        WITH_RIG(blocking_zeroes_have_4096),
        WITH_RIG(pointers_are_checked),
        WITH_RIG(results_are_checked),
        WITH_RIG(a_full_pipe_makes_it_wait),
        WITH_RIG(flushes_are_done),
        WITH_RIG(a_reader_that_has_gone_closes_it),
        WITH_RIG(a_splice_moves_what_is_there),
        WITH_RIG(a_splice_tells_that_the_write_failed),
        WITH_RIG(a_splice_tells_that_the_reader_has_gone),
        WITH_RIG(a_splice_tells_that_a_connection_was_reset),
        WITH_RIG(a_failure_is_told_once),
        WITH_RIG(errors_know_where_they_are_from),
    };
    return cmocka_run_group_tests(tests, rig_open, rig_close);
}
