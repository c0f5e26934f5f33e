/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Streams of bytes to write: permits, what is kept when the system does not take it, how it is written after
 * the stream, its file and its instance are gone, and what of it is lost when.
 */
#include "rig.h"

#include <pthread.h>
#include <pty.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <termios.h>

#include "base/clock.h"
#include "base/fault.h"
#include "host/output.h"
#include "host/reactor.h"
#include "host/socket.h"
#include "torture.h"

#define MS 1000000ull

static uint8_t bytes[1 << 20];

static uint8_t pattern(size_t i) {
    return (uint8_t)(i * 2654435761u >> 13);
}

static int fill_bytes(void **state) {
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = pattern(i);
    return rig_enter(state);
}

static struct host_file *stream(struct rig *rig, int fd) {
    struct host_file *file = NULL;
    assert_host(host_stream_new(rig->host, fd, HOST_WRITE, &file), 0);
    return file;
}

/* An output over a descriptor, which goes with it. */
static void open_output(struct rig *rig, int fd, struct host_output *ret) {
    struct host_file *file = stream(rig, fd);
    host_output_init(ret, file, HOST_OUTPUT_STREAM, 0);
    host_file_unref(file);
}

/* Two ends of something, [1] for the guest; rig->fds[0] is the far one, which a test reads without blocking.
 */
enum medium { PIPE, SHARED_PIPE, SOCKET, SHARED_SOCKET, TERMINAL, MEDIA };

static int make_output(struct rig *rig, enum medium medium) {
    int fds[2];
    switch (medium) {
    case PIPE: assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0); break;
    case SHARED_PIPE: assert_int_equal(pipe2(fds, O_CLOEXEC), 0); break;
    case SOCKET:
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), 0);
        break;
    case SHARED_SOCKET: assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0); break;
    default: {
        struct termios raw;
        assert_int_equal(openpty(&fds[0], &fds[1], NULL, NULL, NULL), 0);
        assert_int_equal(tcgetattr(fds[1], &raw), 0);
        cfmakeraw(&raw);
        assert_int_equal(tcsetattr(fds[1], TCSANOW, &raw), 0);
        break;
    }
    }
    fcntl(fds[0], F_SETFL, O_NONBLOCK);
    rig->fds[0] = fds[0];
    return fds[1];
}

/* What the far end has read so far, held against the pattern. */
static size_t taken;

static bool take_some(int fd, size_t most) {
    static uint8_t got[1 << 16];
    ssize_t n = read(fd, got, most < sizeof(got) ? most : sizeof(got));
    if (n <= 0)
        return false;
    for (size_t i = 0; i < (size_t)n; i++)
        if (got[i] != pattern((taken + i) % sizeof(bytes)))
            fail_msg("byte %zu is wrong", taken + i);
    taken += (size_t)n;
    return true;
}

static void later_take_all(struct rig *rig) {
    while (take_some(rig->fds[0], SIZE_MAX))
        ;
    rig_later(rig, 2, later_take_all);
}
static void later_close(struct rig *rig) {
    rig->fds[0] = fd_close(rig->fds[0]);
}

static int wait_until_ready(struct host_output *output) {
    for (;;) {
        host_wait_begin(output->file->host);
        if (host_output_ready(output))
            return 0;
        int r = host_wait(output->file->host, HOST_NO_DEADLINE);
        if (r)
            return r;
    }
}

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

/*
 * Get a permit, then stuff the descriptor behind the stream's back, so that the system keeps its word to
 * nobody; and write the permit.  Something of it is kept then, or it waited for.
 */
static int stuff_and_write(struct host_output *output, size_t *at, size_t length) {
    uint64_t room = 0;
    int fd = output->file->fd, flags = fcntl(fd, F_GETFL);
    bool socket = output->file->type == HOST_TYPE_SOCKET_STREAM;
    int r = host_output_room(output, &room);
    assert_host(r, 0);
    assert_true(room > 0);
    fcntl(fd, F_SETFL, flags | O_NONBLOCK);
    for (;;) {
        size_t from = *at % sizeof(bytes), most = socket ? 30000 : 1000;
        ssize_t n = write(fd, bytes + from, most < sizeof(bytes) - from ? most : sizeof(bytes) - from);
        if (n <= 0)
            break;
        *at += (size_t)n;
    }
    fcntl(fd, F_SETFL, flags);
    size_t from = *at % sizeof(bytes), most = length < room ? length : (size_t)room;
    most = most < sizeof(bytes) - from ? most : sizeof(bytes) - from;
    r = host_output_write(output, bytes + from, most);
    if (r == 0)
        *at += most;
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
        assert_int_equal(room, medium == SOCKET || medium == SHARED_SOCKET ? HOST_OUTPUT_SOCKET_BYTES
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
        assert_true(r == HOST_E_PIPE || (medium == TERMINAL && r == HOST_E_IO));
        assert_host(host_output_room(&output, &room), HOST_E_PIPE);
        assert_true(host_output_ready(&output));
        assert_int_equal(fcntl(fd, F_GETFL), flags);
        host_output_done(&output);
        rig_done(&rig);
    }
}

/* How many system calls have been made since the last question. */
static uint64_t calls(void) {
#ifdef ARCELLA_FAULTS
    uint64_t count = fault_count(FAULT_SYS);
    fault_set(FAULT_SYS, 0, 0);
    return count;
#else
    return 0;
#endif
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
    (void)calls();
    for (size_t i = 0; i < 400; i++) {
        assert_host(host_output_room(&output, &room), 0);
        assert_host(host_output_write(&output, bytes, 64), 0);
        if (i % 40 == 39) {
            taken = 0;
            static uint8_t got[1 << 16];
            assert_int_equal(read(rig.fds[0], got, sizeof(got)), 64 * 40);
        }
    }
    assert_true(calls() <= 405);
    host_output_done(&output);
    rig_done(&rig);
}

/* An output for which something is kept. */
static void stuff(struct rig *rig, struct host_output *output, size_t *at) {
    open_output(rig, make_output(rig, SOCKET), output);
    taken = 0;
    *at = 0;
    assert_host(stuff_and_write(output, at, SIZE_MAX), 0);
    assert_non_null(output->file->kept);
}

/* Two streams over one connection: what one keeps goes before what the other writes. */
static void test_two_outputs(void **state) {
    (void)state;
    struct rig rig;
    struct host_output one, two;
    uint64_t room;
    size_t at = 0;
    rig_init(&rig, 0);
    struct host_file *file = stream(&rig, make_output(&rig, SOCKET));
    host_output_init(&one, file, HOST_OUTPUT_STREAM, 0);
    host_output_init(&two, file, HOST_OUTPUT_STREAM, 0);
    taken = 0;
    /* the second has its permit before the first stuffs it */
    assert_host(host_output_room(&two, &room), 0);
    assert_int_equal(room, HOST_OUTPUT_SOCKET_BYTES);
    assert_host(stuff_and_write(&one, &at, 5000), 0);
    assert_non_null(file->kept);
    assert_host(host_output_write(&two, bytes + at % sizeof(bytes), 100), 0);
    at += 100;
    assert_host(host_output_room(&two, &room), 0);
    assert_int_equal(room, 0);
    assert_host(host_output_flush(&one), HOST_E_AGAIN);
    rig_later(&rig, 2, later_take_all);
    assert_host(wait_until_ready(&one), 0);
    assert_host(host_output_flush(&one), 0);
    assert_host(host_output_flush(&two), 0);
    later_take_all(&rig);
    assert_int_equal(taken, at);
    loop_timer_stop(rig.timer);
    host_output_done(&one);
    host_output_done(&two);
    host_file_unref(file);
    rig_done(&rig);
}

/* Somebody asks for bytes to read, and so learns that there is room, before the edge is told: what is kept
 * still goes first. */
static void test_kept_first(void **state) {
    (void)state;
    struct rig rig;
    struct host_output output;
    struct host_file *file = NULL;
    uint64_t room;
    size_t at = 0;
    rig_init(&rig, 0);
    assert_host(host_stream_new(rig.host, make_output(&rig, SHARED_SOCKET), HOST_READ | HOST_WRITE, &file),
                0);
    host_output_init(&output, file, HOST_OUTPUT_STREAM, 0);
    taken = 0;
    assert_host(stuff_and_write(&output, &at, 5000), 0);
    assert_non_null(file->kept);
    while (take_some(rig.fds[0], SIZE_MAX))
        ;
    assert_int_equal(write(rig.fds[0], "x", 1), 1);
    host_wait_begin(rig.host);
    file->event.ready |= HOST_READ; /* as an edge of its own would have said */
    assert_int_equal(host_event_ready(&file->event, HOST_READ), HOST_READ);
    assert_host(host_output_room(&output, &room), 0);
    assert_true(room > 0);
    assert_null(file->kept);
    assert_host(host_output_write(&output, bytes + at % sizeof(bytes), 100), 0);
    at += 100;
    while (take_some(rig.fds[0], SIZE_MAX))
        ;
    assert_int_equal(taken, at);
    host_output_done(&output);
    host_file_unref(file);
    rig_done(&rig);
}

/* A failure that the loop meets is told to who wrote, once; who was dropped meanwhile is not touched. */
static void test_late_failure(void **state) {
    (void)state;
    struct rig rig;
    struct host_output output;
    uint64_t room;
    size_t at = 0;
    rig_init(&rig, 0);
    stuff(&rig, &output, &at);
    rig_later(&rig, 2, later_close);
    assert_host(wait_until_ready(&output), 0);
    assert_null(output.file->kept);
    int r = host_output_flush(&output);
    assert_true(r == HOST_E_PIPE || r == HOST_E_CONNRESET);
    assert_host(host_output_room(&output, &room), HOST_E_PIPE);
    host_output_done(&output);
    /* the stream is dropped, the file is not */
    at = 0;
    stuff(&rig, &output, &at);
    struct host_file *file = host_file_ref(output.file);
    host_output_done(&output);
    memset(&output, 0xa5, sizeof(output));
    later_close(&rig);
    host_wait_begin(rig.host);
    assert_host(host_wait(rig.host, clock_monotonic_ns() + 5 * MS), 0);
    assert_null(file->kept);
    for (size_t i = 0; i < sizeof(output); i++)
        assert_int_equal(((const uint8_t *)&output)[i], 0xa5);
    host_file_unref(file);
    assert_int_equal(host_linger_count(rig.loop), 0);
    rig_done(&rig);
}

/* Where there is no memory to keep it, a write waits, and nothing is lost. */
static void test_no_memory(void **state) {
    (void)state;
    for (int how = 0; how < 2; how++) {
        struct rig rig;
        struct host_output output;
        size_t at = 0;
        rig_init(&rig, 0);
        open_output(&rig, make_output(&rig, SOCKET), &output);
        taken = 0;
        rig_later(&rig, 2, later_take_all);
        for (int i = 0; i < 40; i++) {
            assert_host(wait_until_ready(&output), 0);
            if (how == 0)
                rig.budget.limit_bytes = rig.budget.used_bytes;
#ifdef ARCELLA_FAULTS
            else
                fault_set(FAULT_ALLOC, 1 + (uint64_t)i % 3, ENOMEM);
#endif
            assert_host(stuff_and_write(&output, &at, SIZE_MAX), 0);
            rig.budget.limit_bytes = LIMIT_HOST_BYTES;
#ifdef ARCELLA_FAULTS
            fault_set(FAULT_ALLOC, 0, 0);
#endif
        }
        while (host_output_flush(&output) == HOST_E_AGAIN)
            assert_host(wait_until_ready(&output), 0);
        later_take_all(&rig);
        assert_int_equal(taken, at);
        assert_true(how == 1 || host_figures(rig.host).waits > 0);
        /* ended meanwhile */
        loop_timer_stop(rig.timer);
        rig.budget.limit_bytes = rig.budget.used_bytes;
        rig_later(&rig, 5, rig_stop);
        assert_host(stuff_and_write(&output, &at, SIZE_MAX), HOST_STOP);
        rig.stop = false;
        host_output_done(&output);
        rig_done(&rig);
    }
}

/* --- lingering --- */

static bool at_end(int fd) {
    char byte;
    return read(fd, &byte, 1) == 0;
}

/* Turn the loop until nothing lingers. */
static void outlive(struct loop *loop) {
    while (host_linger_count(loop) > 0)
        loop_run_once(loop);
}

static void test_linger(void **state) {
    (void)state;
    for (enum medium medium = PIPE; medium < MEDIA; medium++) {
        struct rig rig;
        struct host_output output;
        size_t at = 0;
        rig_init(&rig, 0);
        open_output(&rig, make_output(&rig, medium), &output);
        taken = 0;
        assert_host(stuff_and_write(&output, &at, SIZE_MAX), 0);
        assert_non_null(output.file->kept);
        host_output_done(&output);
        assert_int_equal(host_linger_count(rig.loop), 1);
        assert_int_equal(host_figures(rig.host).files_open, 0);
        assert_true(rig.budget.used_bytes > 0); /* as long as the instance lives */
        rig.host = host_free(rig.host);
        assert_int_equal(rig.budget.used_bytes, 0);
        rig_later(&rig, 5, later_take_all);
        outlive(rig.loop);
        later_take_all(&rig);
        loop_timer_stop(rig.timer);
        if (medium == TERMINAL)
            usleep(20000);
        while (take_some(rig.fds[0], SIZE_MAX))
            ;
        assert_int_equal(taken, at);
        if (medium != TERMINAL)
            assert_true(at_end(rig.fds[0])); /* and closed */
        struct host_config config = {.loop = rig.loop};
        assert_int_equal(host_new(&config, &rig.host, NULL), 0);
        rig_done(&rig);
    }
}

/* Nobody reads: it is given up in time, and with the loop. */
static void test_linger_ends(void **state) {
    (void)state;
    for (int with_loop = 0; with_loop < 2; with_loop++) {
        struct rig rig;
        struct host_output outputs[3];
        int ends[3];
        size_t at;
        rig_init(&rig, 0);
        for (int i = 0; i < 3; i++) {
            stuff(&rig, &outputs[i], &at);
            ends[i] = rig.fds[0];
        }
        rig.fds[0] = -1;
        host_reactor_find(rig.loop)->linger_ms = with_loop ? 100000 : 50;
        uint64_t start = clock_monotonic_ns();
        for (int i = 0; i < 3; i++)
            host_output_done(&outputs[i]);
        assert_int_equal(host_linger_count(rig.loop), 3);
        /* one is let go by its reader */
        ends[1] = fd_close(ends[1]);
        if (!with_loop) {
            outlive(rig.loop);
            uint64_t took = clock_monotonic_ns() - start;
            assert_true(took >= 40 * MS && took < 5000 * MS);
        }
        rig.host = host_free(rig.host);
        rig.timer = loop_timer_free(rig.timer);
        rig.loop = loop_free(rig.loop);
        assert_int_equal(rig.budget.used_bytes, 0);
        assert_int_equal(rig_descriptors(), rig.descriptors + 2); /* the ends that are left */
        for (int i = 0; i < 3; i += 2) {
            static uint8_t got[1 << 20];
            size_t total = 0;
            ssize_t n;
            while ((n = read(ends[i], got, sizeof(got))) > 0)
                total += (size_t)n;
            assert_int_equal(n, 0); /* closed */
            assert_true(total > 0);
            fd_close(ends[i]);
        }
    }
}

/* As many as a process may have; one more is closed at once, and a line says what was lost. */
static void test_linger_bound(void **state) {
    (void)state;
    struct rig rig;
    int ends[LIMIT_LINGERS + 1];
    rig_init(&rig, 0);
    for (size_t i = 0; i < ARRAY_LENGTH(ends); i++) {
        struct host_output output;
        uint64_t room;
        open_output(&rig, make_output(&rig, PIPE), &output);
        ends[i] = rig.fds[0];
        assert_host(host_output_room(&output, &room), 0);
        ssize_t n;
        while ((n = write(output.file->fd, bytes, 4096)) > 0)
            ;
        assert_host(host_output_write(&output, bytes, 10), 0);
        host_output_done(&output);
    }
    rig.fds[0] = -1;
    assert_int_equal(host_linger_count(rig.loop), LIMIT_LINGERS);
    assert_int_equal(rig.notices, 1);
    assert_non_null(strstr(rig.notice, "10 bytes"));
    for (size_t i = 0; i < ARRAY_LENGTH(ends); i++)
        fd_close(ends[i]);
    outlive(rig.loop);
    rig_done(&rig);
}

/* A connection's sending is shut down after what is kept, not before. */
static void test_finish(void **state) {
    (void)state;
    struct rig rig;
    struct host_output output;
    uint64_t room;
    size_t at = 0;
    rig_init(&rig, 0);
    stuff(&rig, &output, &at);
    assert_host(host_output_finish(output.file), 0);
    rig_later(&rig, 2, later_take_all);
    assert_host(wait_until_ready(&output), 0);
    later_take_all(&rig);
    loop_timer_stop(rig.timer);
    assert_int_equal(taken, at);
    assert_true(at_end(rig.fds[0]));
    int r = host_output_room(&output, &room);
    if (r == 0)
        r = host_output_write(&output, "x", 1);
    assert_host(r, HOST_E_PIPE);
    host_output_done(&output);
    rig.fds[0] = fd_close(rig.fds[0]);
    /* nothing kept: at once; and what is no connection */
    open_output(&rig, make_output(&rig, SOCKET), &output);
    assert_host(host_output_finish(output.file), 0);
    assert_true(at_end(rig.fds[0]));
    host_output_done(&output);
    rig.fds[0] = fd_close(rig.fds[0]);
    open_output(&rig, make_output(&rig, PIPE), &output);
    assert_host(host_output_finish(output.file), HOST_E_NOTSOCK);
    host_output_done(&output);
    rig_done(&rig);
}

/* --- a storm --- */

#define CROWD 12

struct far {
    int fd;
    size_t stream;
    size_t taken;
};

static unsigned dice(unsigned *seed, unsigned sides) {
    *seed = *seed * 1664525u + 1013904223u;
    return (*seed >> 8) % sides;
}

/* Reads random pieces of all at random times until each is at its end. @return NULL, or what is wrong */
static void *read_from_all(void *user) {
    struct far *fars = user;
    unsigned seed = 4711;
    size_t open = CROWD;
    static uint8_t got[1 << 16];
    while (open > 0) {
        struct far *far = &fars[dice(&seed, CROWD)];
        if (far->fd < 0)
            continue;
        ssize_t n = read(far->fd, got, 1 + dice(&seed, dice(&seed, 3) ? 500 : sizeof(got)));
        if (n < 0 && errno == EAGAIN) {
            usleep(dice(&seed, 200));
            continue;
        }
        if (n <= 0) {
            far->fd = fd_close(far->fd);
            open--;
            continue;
        }
        for (size_t i = 0; i < (size_t)n; i++)
            if (got[i] != pattern((far->taken + i + far->stream * 999) % sizeof(bytes)))
                return far;
        far->taken += (size_t)n;
    }
    return NULL;
}

static void test_storm(void **state) {
    (void)state;
    struct rig rig;
    struct host_output outputs[CROWD];
    struct far fars[CROWD];
    size_t sent[CROWD] = {0}, totals[CROWD];
    unsigned seed = 20261121;
    size_t open = CROWD;
    rig_init(&rig, 0);
    for (size_t i = 0; i < CROWD; i++) {
        int fd = make_output(&rig, (enum medium)(i % TERMINAL));
        fars[i] = (struct far){.fd = rig.fds[0], .stream = i};
        totals[i] = 1 + dice(&seed, 700000);
        open_output(&rig, fd, &outputs[i]);
    }
    rig.fds[0] = -1;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, read_from_all, fars), 0);
    uint64_t deadline = clock_monotonic_ns() + 60000 * MS;
    while (open > 0) {
        bool any = false;
        host_wait_begin(rig.host);
        for (size_t i = 0; i < CROWD; i++) {
            uint64_t room = 0;
            if (sent[i] == totals[i] || !host_output_ready(&outputs[i]))
                continue;
            any = true;
            if (dice(&seed, 3) == 0)
                continue;
            assert_host(host_output_room(&outputs[i], &room), 0);
            assert_true(room > 0);
            size_t from = (sent[i] + i * 999) % sizeof(bytes);
            size_t n = dice(&seed, 2) ? (size_t)room : 1 + dice(&seed, 300);
            n = n < totals[i] - sent[i] ? n : totals[i] - sent[i];
            n = n < sizeof(bytes) - from ? n : sizeof(bytes) - from;
            assert_host(host_output_write(&outputs[i], bytes + from, n), 0);
            sent[i] += n;
            if (sent[i] == totals[i]) {
                host_output_done(&outputs[i]); /* what is kept lingers */
                open--;
            }
        }
        if (!any && open > 0)
            assert_host(host_wait(rig.host, deadline), 0);
        if (clock_monotonic_ns() > deadline)
            fail_msg("an edge was lost: %zu streams are not done", open);
    }
    outlive(rig.loop);
    void *wrong;
    pthread_join(thread, &wrong);
    assert_null(wrong);
    for (size_t i = 0; i < CROWD; i++)
        assert_int_equal(fars[i].taken, totals[i]);
    rig_done(&rig);
}

/* --- whatever fails, it comes to an orderly end --- */

static int live(void *user, arcella_error **reterr) {
    (void)user;
    struct rig rig = {.budget.limit_bytes = LIMIT_HOST_BYTES};
    struct host *host = NULL;
    int fds[2];
    int r = loop_new(&rig.loop, reterr);
    if (r < 0)
        return r;
    struct host_config config = {.loop = rig.loop,
                                 .budget = &rig.budget,
                                 .hooks = {.wait = rig_wait, .wake = rig_wake, .run = &rig, .user = &rig}};
    r = host_new(&config, &host, reterr);
    assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
    struct host_file *in = NULL, *out = NULL;
    int h = 0;
    if (r == 0)
        h = host_stream_new(host, fds[0], HOST_READ, &in);
    if (r == 0 && h == 0)
        h = host_stream_new(host, fds[1], HOST_WRITE, &out);
    if (r == 0 && h == 0) {
        struct host_output output;
        struct host_input input;
        size_t n;
        host_output_init(&output, out, HOST_OUTPUT_STREAM, 0);
        host_input_init(&input, in, 0);
        while (write(fds[1], bytes, 4096) > 0)
            ;
        rig.stop = true; /* who waits is ended */
        h = host_output_write(&output, bytes, 1000);
        for (int i = 0; i < 40 && h == 0; i++) {
            static uint8_t got[4096];
            h = host_input_available(&input, sizeof(got), &n);
            if (h == 0)
                h = host_input_read(&input, got, n, &n);
        }
        h = h == HOST_E_AGAIN ? 0 : h;
        host_input_done(&input);
        host_output_done(&output);
    }
    if (!in)
        fd_close(fds[0]);
    if (!out)
        fd_close(fds[1]);
    host_file_unref(in);
    host_file_unref(out);
    host_free(host);
    loop_free(rig.loop);
    assert_int_equal(rig.budget.used_bytes, 0);
    if (r == 0 && h)
        r = error_set(reterr, h == HOST_E_NOMEM || h == HOST_STOP ? ARCELLA_E_NOMEM : ARCELLA_E_SYSTEM, "%s",
                      host_error_words(h));
    return r;
}

static void test_torture(void **state) {
    (void)state;
    int before = rig_descriptors();
    torture_alloc(live, NULL);
    torture_sys(live, NULL, EIO, 0);
    torture_sys(live, NULL, EAGAIN, 0);
    assert_int_equal(rig_descriptors(), before);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files),        cmocka_unit_test(test_wrong_things),
        cmocka_unit_test(test_streams),      cmocka_unit_test(test_cost),
        cmocka_unit_test(test_two_outputs),  cmocka_unit_test(test_kept_first),
        cmocka_unit_test(test_late_failure), cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_linger),       cmocka_unit_test(test_linger_ends),
        cmocka_unit_test(test_linger_bound), cmocka_unit_test(test_finish),
        cmocka_unit_test(test_storm),        cmocka_unit_test(test_torture),
    };
    return cmocka_run_group_tests(tests, fill_bytes, rig_leave);
}
