/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * From an input to an output without the guest's memory, for each pair of what they may be: every byte
 * arrives, in order, once; ends and failures are those of the right one.
 */
#include "media.h"

#include <pthread.h>

#include "base/fault.h"
#include "host/output.h"

#define TOTAL (300000u + 77u)

/* What stands on either side: a medium, or a file. */
enum { PLAIN = MEDIA, APPENDED, AT_POSITION, SIDES };
static const char *const names[SIDES] = {
    [PIPE] = "pipe",
    [SHARED_PIPE] = "shared pipe",
    [SOCKET] = "connection",
    [SHARED_SOCKET] = "shared connection",
    [TCP] = "TCP connection",
    [TERMINAL] = "terminal",
    [PLAIN] = "file",
    [APPENDED] = "file at its end",
    [AT_POSITION] = "file at its position",
};

static bool is_file(unsigned side) {
    return side >= MEDIA;
}

/* --- the far ends, each on a thread of its own --- */

struct far {
    int fd;
    bool stays; /* a terminal whose window closes forgets what was typed */
    size_t bytes;
    bool wrong;
};

/* Blocking, also where the description is shared with the near end and must stay as it is. */
static void *feed(void *user) {
    struct far *far = user;
    static uint8_t piece[10000];
    while (far->bytes < TOTAL) {
        size_t n = TOTAL - far->bytes < sizeof(piece) ? TOTAL - far->bytes : sizeof(piece);
        for (size_t i = 0; i < n; i++)
            piece[i] = media_byte(far->bytes + i);
        ssize_t written = write(far->fd, piece, n);
        if (written < 0 && errno == EAGAIN)
            usleep(100);
        else if (written <= 0)
            break;
        else
            far->bytes += (size_t)written;
    }
    if (!far->stays)
        far->fd = fd_close(far->fd);
    return NULL;
}

static void *swallow(void *user) {
    struct far *far = user;
    static uint8_t piece[10000];
    for (;;) {
        ssize_t n = read(far->fd, piece, sizeof(piece));
        if (n < 0 && errno == EAGAIN) {
            usleep(100);
            continue;
        }
        if (n <= 0)
            break;
        for (size_t i = 0; i < (size_t)n; i++)
            far->wrong = far->wrong || piece[i] != media_byte(far->bytes + i);
        far->bytes += (size_t)n;
        if (far->bytes == TOTAL)
            break;
    }
    far->fd = fd_close(far->fd);
    return NULL;
}

/* --- the near ends --- */

static void open_input(struct rig *rig, unsigned side, struct far *far, struct host_input *ret) {
    struct host_file *file = NULL;
    int fd;
    if (is_file(side)) {
        fd = open("from", O_RDONLY | O_CLOEXEC);
        far->fd = -1;
    } else {
        media_make((enum medium)side, false, &fd, &far->fd);
        far->stays = side == TERMINAL;
    }
    assert_host(host_stream_new(rig->host, fd, HOST_READ, &file), 0);
    host_input_init(ret, file, side == AT_POSITION ? HOST_INPUT_AT_POSITION : 0);
    host_file_unref(file);
}

static void open_output(struct rig *rig, unsigned side, struct far *far, struct host_output *ret) {
    struct host_file *file = NULL;
    int fd;
    if (is_file(side)) {
        fd = open("to", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        far->fd = -1;
    } else {
        media_make((enum medium)side, true, &fd, &far->fd);
    }
    assert_host(host_stream_new(rig->host, fd, HOST_WRITE, &file), 0);
    static const enum host_output_how how[] = {HOST_OUTPUT_AT, HOST_OUTPUT_APPEND, HOST_OUTPUT_STREAM};
    host_output_init(ret, file, is_file(side) ? how[side - MEDIA] : HOST_OUTPUT_STREAM, 0);
    host_file_unref(file);
}

static int wait_for_both(struct host_input *input, struct host_output *output, uint64_t deadline) {
    for (;;) {
        host_wait_begin(input->file->host);
        bool readable = host_input_ready(input), writable = host_output_ready(output);
        if (readable && writable)
            return 0;
        int r = host_wait(input->file->host, deadline);
        if (r)
            return r;
        if (clock_monotonic_ns() > deadline)
            return HOST_E_TIMEDOUT;
    }
}

/* Splice until the input ends (a terminal's: until all has come). @return bytes */
static size_t splice_all(struct host_input *input, struct host_output *output, bool to_the_end,
                         uint64_t most) {
    uint64_t deadline = clock_monotonic_ns() + 30000 * MS;
    size_t total = 0;
    for (;;) {
        uint64_t n = 0;
        bool by_input = false;
        assert_host(wait_for_both(input, output, deadline), 0);
        int r = host_output_splice(output, input, most, &n, &by_input);
        total += n;
        if (r == HOST_E_PIPE) {
            assert_true(by_input);
            break;
        }
        assert_host(r, 0);
        assert_true(n <= most);
        if (!to_the_end && total >= TOTAL)
            break;
    }
    while (host_output_flush(output) == HOST_E_AGAIN) {
        host_wait_begin(output->file->host);
        if (!host_output_ready(output))
            assert_host(host_wait(output->file->host, deadline), 0);
    }
    return total;
}

static void check_file(void) {
    static uint8_t got[TOTAL + 1];
    FD_AUTO fd = open("to", O_RDONLY | O_CLOEXEC);
    assert_int_equal(read(fd, got, sizeof(got)), TOTAL);
    for (size_t i = 0; i < TOTAL; i++)
        if (got[i] != media_byte(i))
            fail_msg("byte %zu is wrong", i);
    fd = fd_close(fd);
}

static void check_pair(unsigned from, unsigned to, uint64_t most) {
    struct rig rig;
    struct host_input input;
    struct host_output output;
    struct far feeder = {0}, swallower = {0};
    pthread_t threads[2] = {0};
    rig_init(&rig, 0);
    open_input(&rig, from, &feeder, &input);
    open_output(&rig, to, &swallower, &output);
    if (feeder.fd >= 0)
        assert_int_equal(pthread_create(&threads[0], NULL, feed, &feeder), 0);
    if (swallower.fd >= 0)
        assert_int_equal(pthread_create(&threads[1], NULL, swallow, &swallower), 0);
    bool threads_made[2] = {!is_file(from), !is_file(to)};
    size_t total = splice_all(&input, &output, from != TERMINAL, most);
    if (total != TOTAL)
        fail_msg("%s to %s: %zu of %u bytes", names[from], names[to], total, TOTAL);
    host_input_done(&input);
    for (int i = 0; i < 2; i++)
        if (threads_made[i])
            pthread_join(threads[i], NULL);
    fd_close(feeder.fd);
    host_output_done(&output);
    if (is_file(to))
        check_file();
    else if (swallower.bytes != TOTAL || swallower.wrong)
        fail_msg("%s to %s: %zu bytes came%s", names[from], names[to], swallower.bytes,
                 swallower.wrong ? ", wrong ones" : "");
    rig_done(&rig);
}

static void test_pairs(void **state) {
    (void)state;
    for (unsigned from = 0; from < SIDES; from++)
        for (unsigned to = 0; to < SIDES; to++)
            check_pair(from, to, UINT64_MAX);
}

/* Little at a time goes other ways, and a file in several goes goes on where it was. */
static void test_small_pieces(void **state) {
    (void)state;
    for (unsigned to = 0; to < SIDES; to++)
        check_pair(PLAIN, to, 100001);
    for (unsigned from = 0; from < SIDES; from++)
        for (unsigned to = 0; to < SIDES; to += 2)
            check_pair(from, to, 3001);
}

/* What the kernel refuses goes through the buffer. */
#ifdef ARCELLA_FAULTS
static void test_refused(void **state) {
    (void)state;
    for (unsigned from = 0; from < SIDES; from++)
        for (unsigned to = 0; to < SIDES; to++) {
            struct rig rig;
            struct host_input input;
            struct host_output output;
            struct far feeder = {0}, swallower = {0};
            rig_init(&rig, 0);
            open_input(&rig, from, &feeder, &input);
            open_output(&rig, to, &swallower, &output);
            uint8_t piece[1000];
            for (size_t i = 0; i < sizeof(piece); i++)
                piece[i] = media_byte(i);
            if (feeder.fd >= 0)
                assert_int_equal(write(feeder.fd, piece, sizeof(piece)), sizeof(piece));
            assert_host(wait_for_both(&input, &output, HOST_NO_DEADLINE), 0);
            /* whichever call it is, none may lose bytes, and no answer may be a lie */
            uint64_t nth = 1, total = 0;
            bool by_input;
            while (total < sizeof(piece)) {
                uint64_t n = 0, most = sizeof(piece) - total;
                fault_set(FAULT_SYS, nth++, EINVAL);
                int r = host_output_splice(&output, &input, most, &n, &by_input);
                fault_set(FAULT_SYS, 0, 0);
                assert_true(r == 0 || r == HOST_E_INVAL);
                if (r)
                    break; /* the stream that failed is closed, and says why */
                total += n;
                (void)!host_output_ready(&output);
            }
            host_input_done(&input);
            host_output_done(&output);
            fd_close(feeder.fd);
            fd_close(swallower.fd);
            rig_done(&rig);
        }
}
#endif

static void test_ends(void **state) {
    (void)state;
    struct rig rig;
    struct host_input input;
    struct host_output output;
    struct far in = {0}, out = {0};
    uint64_t n;
    bool by_input;
    rig_init(&rig, 0);
    open_input(&rig, PIPE, &in, &input);
    open_output(&rig, PIPE, &out, &output);
    /* nothing yet; nothing asked */
    assert_host(host_output_splice(&output, &input, 100, &n, &by_input), 0);
    assert_int_equal(n, 0);
    assert_int_equal(output.permit, 0);
    assert_int_equal(write(in.fd, "abc", 3), 3);
    assert_host(wait_for_both(&input, &output, HOST_NO_DEADLINE), 0);
    assert_host(host_output_splice(&output, &input, 0, &n, &by_input), 0);
    assert_int_equal(n, 0);
    assert_host(host_output_splice(&output, &input, 2, &n, &by_input), 0);
    assert_int_equal(n, 2);
    /* the output goes: what is in the input stays there, or is lost with the write, and it says whose fault
     * it is */
    out.fd = fd_close(out.fd);
    int r = host_output_splice(&output, &input, 2, &n, &by_input);
    assert_host(r, HOST_E_PIPE);
    assert_false(by_input);
    assert_host(host_output_splice(&output, &input, 2, &n, &by_input), HOST_E_PIPE);
    assert_false(by_input);
    host_output_done(&output);
    /* the input ends */
    in.fd = fd_close(in.fd);
    open_output(&rig, PIPE, &out, &output);
    do {
        assert_host(wait_for_both(&input, &output, HOST_NO_DEADLINE), 0);
        r = host_output_splice(&output, &input, 2, &n, &by_input);
    } while (r == 0);
    assert_host(r, HOST_E_PIPE);
    assert_true(by_input);
    assert_false(output.ended);
    host_input_done(&input);
    host_output_done(&output);
    fd_close(out.fd);
    rig_done(&rig);
}

/* The run is ended while the pool copies, sends and splices: nothing leaks, nothing of it is touched. */
static void test_stop(void **state) {
    (void)state;
    static const unsigned sides[] = {PLAIN, SOCKET, PIPE};
    assert_int_equal(truncate("from", 4 << 20), 0);
    for (size_t i = 0; i < 3 * 50; i++) {
        struct rig rig;
        struct host_input input;
        struct host_output output;
        struct far in = {0}, out = {0};
        uint64_t n;
        bool by_input;
        rig_init(&rig, 0);
        open_input(&rig, PLAIN, &in, &input);
        open_output(&rig, sides[i % 3], &out, &output);
        assert_true(host_output_ready(&output));
        rig.stop = true;
        int r = host_output_splice(&output, &input, UINT64_MAX, &n, &by_input);
        assert_host(r, HOST_STOP);
        rig.stop = false;
        host_input_done(&input);
        host_output_done(&output);
        fd_close(out.fd);
        rig_done(&rig);
    }
    assert_int_equal(truncate("from", TOTAL), 0);
}

/* More than a MiB from file to file: on the pool, and as the kernel likes; in between, and at the end, in
 * place.
 */
static void test_large(void **state) {
    (void)state;
    enum { LARGE = 9 * 1024 * 1024 + 5 };
    struct rig rig;
    struct host_input input;
    struct host_output output;
    struct far in = {0}, out = {0};
    bool by_input;
    uint64_t n = 0, total = 0;
    rig_init(&rig, 0);
    assert_int_equal(truncate("from", LARGE), 0);
    FD_AUTO mark = open("from", O_WRONLY | O_CLOEXEC);
    assert_int_equal(pwrite(mark, "mark", 4, LARGE - 4), 4);
    open_input(&rig, PLAIN, &in, &input);
    open_output(&rig, PLAIN, &out, &output);
    assert_host(host_output_splice(&output, &input, 1 << 20, &n, &by_input), 0);
    assert_int_equal(n, 1 << 20);
    assert_int_equal(host_figures(rig.host).waits, 0);
    total += n;
    assert_host(host_output_splice(&output, &input, UINT64_MAX, &n, &by_input), 0);
    assert_true(n > 1 << 20);
    assert_true(host_figures(rig.host).waits > 0);
    total += n;
    int r;
    while ((r = host_output_splice(&output, &input, UINT64_MAX, &n, &by_input)) == 0)
        total += n;
    assert_host(r, HOST_E_PIPE);
    assert_true(by_input);
    assert_int_equal(total, LARGE);
    host_input_done(&input);
    host_output_done(&output);
    char text[5] = "";
    FD_AUTO to = open("to", O_RDONLY | O_CLOEXEC);
    assert_int_equal(pread(to, text, 5, LARGE - 4), 4);
    assert_string_equal(text, "mark");
    assert_int_equal(truncate("from", TOTAL), 0);
    to = fd_close(to);
    mark = fd_close(mark);
    rig_done(&rig);
}

#ifdef ARCELLA_FAULTS
/* A piece after others fails: of the input it is told behind what was moved, of the output at once. */
static void test_later_pieces(void **state) {
    (void)state;
    for (uint64_t nth = 1; nth < 30; nth++) {
        struct rig rig;
        struct host_input input;
        struct host_output output;
        struct far in = {0}, out = {0};
        bool by_input;
        uint64_t n = 0;
        size_t total = 0;
        rig_init(&rig, 0);
        open_input(&rig, PLAIN, &in, &input);
        open_output(&rig, PLAIN, &out, &output);
        fault_set(FAULT_SYS, nth, EIO);
        int r = host_output_splice(&output, &input, UINT64_MAX, &n, &by_input);
        total += n;
        if (r == 0 && n < TOTAL) {
            r = host_output_splice(&output, &input, UINT64_MAX, &n, &by_input);
            assert_host(r, HOST_E_IO);
            assert_true(by_input);
            assert_true(total > 0);
        }
        bool failed = fault_count(FAULT_SYS) >= nth;
        fault_set(FAULT_SYS, 0, 0);
        assert_host(r, failed ? HOST_E_IO : 0);
        if (r) {
            assert_int_equal(n, 0);
            assert_true(by_input ? input.ended && !output.ended : output.ended && !input.ended);
        }
        host_input_done(&input);
        host_output_done(&output);
        rig_done(&rig);
    }
}
#endif

/* Logs and nothing at all, which no kernel splices to; and a file that only looks empty. */
static void test_others(void **state) {
    (void)state;
    struct rig rig;
    struct host_input input;
    struct host_output output;
    struct far in = {0};
    struct host_file *file = NULL;
    uint64_t n;
    bool by_input;
    rig_init(&rig, 0);
    assert_host(host_log_new(rig.host, 1, &file), 0);
    host_output_init(&output, file, HOST_OUTPUT_STREAM, 0);
    open_input(&rig, PIPE, &in, &input);
    assert_int_equal(write(in.fd, "a line\n", 7), 7);
    assert_host(wait_for_both(&input, &output, HOST_NO_DEADLINE), 0);
    assert_host(host_output_splice(&output, &input, 100, &n, &by_input), 0);
    assert_int_equal(n, 7);
    assert_string_equal(rig.line, "a line");
    host_output_done(&output);
    host_file_unref(file);
    host_input_done(&input);
    fd_close(in.fd);
    /* /proc says 0 bytes */
    int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    assert_host(host_stream_new(rig.host, fd, HOST_READ, &file), 0);
    host_input_init(&input, file, 0);
    host_file_unref(file);
    struct far out = {0};
    open_output(&rig, PLAIN, &out, &output);
    size_t total = 0;
    int r;
    while ((r = host_output_splice(&output, &input, UINT64_MAX, &n, &by_input)) == 0)
        total += n;
    assert_host(r, HOST_E_PIPE);
    assert_true(by_input);
    assert_true(total > 500);
    host_input_done(&input);
    host_output_done(&output);
    rig_done(&rig);
}

static int make_from(void **state) {
    if (rig_enter(state) < 0)
        return -1;
    static uint8_t bytes[TOTAL];
    for (size_t i = 0; i < TOTAL; i++)
        bytes[i] = media_byte(i);
    FD_AUTO fd = open("from", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    return write(fd, bytes, TOTAL) == TOTAL ? 0 : -1;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pairs),   cmocka_unit_test(test_small_pieces),
#ifdef ARCELLA_FAULTS
        cmocka_unit_test(test_refused), cmocka_unit_test(test_later_pieces),
#endif
        cmocka_unit_test(test_ends),    cmocka_unit_test(test_large),
        cmocka_unit_test(test_stop),    cmocka_unit_test(test_others),
    };
    return cmocka_run_group_tests(tests, make_from, rig_leave);
}
