/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What was permitted and the system did not take: kept, written by the loop in its order, also after the
 * stream, its file and its instance are gone; and what of it is lost when.
 */
#include "output_rig.h"

#include "host/reactor.h"
#include "host/socket.h"
#include "torture.h"

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
        /* as long as the instance lives it is one of its open files, and paid for */
        assert_int_equal(host_figures(rig.host).files_open, 1);
        assert_true(rig.budget.used_bytes > 512);
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

/* An output of a host over a pipe that is full, with ten bytes that are kept, is dropped.  @return its other
 * end */
static int leave_behind(struct host *host) {
    struct host_output output;
    struct host_file *file = NULL;
    uint64_t room;
    int near, far;
    media_make(PIPE, true, &near, &far);
    fcntl(far, F_SETFL, O_NONBLOCK);
    assert_host(host_stream_new(host, near, HOST_WRITE, &file), 0);
    host_output_init(&output, file, HOST_OUTPUT_STREAM, 0);
    host_file_unref(file);
    assert_host(host_output_room(&output, &room), 0);
    while (write(near, bytes, 4096) > 0)
        ;
    assert_host(host_output_write(&output, "0123456789", 10), 0);
    host_output_done(&output);
    return far;
}

/* What comes out of an end after what filled the pipe. @return 10: all of it */
static size_t kept_of(int far) {
    static uint8_t got[1 << 20];
    size_t total = 0;
    ssize_t n;
    while ((n = read(far, got, sizeof(got))) > 0)
        total += (size_t)n;
    return total % 4096;
}

/* As many as a process may have; one more, and the oldest of them is given up, which a line says. */
static void test_linger_bound(void **state) {
    (void)state;
    struct rig rig;
    int ends[LIMIT_LINGERS + 1];
    rig_init(&rig, 0);
    for (size_t i = 0; i < ARRAY_LENGTH(ends); i++) {
        assert_int_equal(rig.notices, 0);
        ends[i] = leave_behind(rig.host);
    }
    assert_int_equal(host_linger_count(rig.loop), LIMIT_LINGERS);
    assert_int_equal(host_figures(rig.host).files_open, LIMIT_LINGERS);
    assert_int_equal(rig.notices, 1);
    assert_non_null(strstr(rig.notice, "10 bytes"));
    assert_int_equal(kept_of(ends[0]), 0);
    assert_true(at_end(ends[0]));
    for (size_t i = 0; i < ARRAY_LENGTH(ends); i++)
        fd_close(ends[i]);
    outlive(rig.loop);
    rig_done(&rig);
}

static struct {
    unsigned times;
    uint64_t owner;
    char sentence[200];
} lost;

static void on_loss(void *user, uint64_t owner, const char *sentence) {
    assert_ptr_equal(user, &lost);
    lost.times++;
    lost.owner = owner;
    snprintf(lost.sentence, sizeof(lost.sentence), "%s", sentence);
}

static struct host *neighbour(struct rig *rig, uint64_t owner) {
    struct host *host = NULL;
    struct host_config config = {.loop = rig->loop,
                                 .budget = &rig->budget,
                                 .owner = owner,
                                 .hooks = {.loss = on_loss, .loss_user = &lost}};
    assert_int_equal(host_new(&config, &host, NULL), 0);
    return host;
}

/* One instance takes every place; who comes after it with a few loses nothing, nor do they who are gone. */
static void test_linger_neighbours(void **state) {
    (void)state;
    struct rig rig;
    enum { FEW = 3 };
    int many[LIMIT_LINGERS], few[FEW];
    rig_init(&rig, 0);
    memset(&lost, 0, sizeof(lost));
    struct host *host = neighbour(&rig, 7);
    few[0] = leave_behind(host);
    host_free(host);
    for (size_t i = 0; i < LIMIT_LINGERS - 1; i++)
        many[i] = leave_behind(rig.host);
    host = neighbour(&rig, 8);
    for (size_t i = 1; i < FEW; i++)
        few[i] = leave_behind(host);
    assert_int_equal(rig.notices, FEW - 1);
    many[LIMIT_LINGERS - 1] = leave_behind(rig.host);
    assert_int_equal(rig.notices, FEW);
    assert_int_equal(lost.times, 0);
    assert_int_equal(host_linger_count_of(rig.loop, 7), 1);
    assert_int_equal(host_linger_count_of(rig.loop, 8), FEW - 1);
    assert_int_equal(host_linger_count_of(rig.loop, 0), LIMIT_LINGERS - FEW);
    for (size_t i = 0; i < FEW; i++) {
        (void)kept_of(few[i]);
        while (host_linger_count_of(rig.loop, i == 0 ? 7 : 8) > (i == 1))
            loop_run_once(rig.loop);
        assert_int_equal(kept_of(few[i]), 10);
        fd_close(few[i]);
    }
    host_free(host);
    for (size_t i = 0; i < LIMIT_LINGERS; i++)
        fd_close(many[i]);
    outlive(rig.loop);
    rig_done(&rig);
}

/* What is given up in time is told as well, of an instance that is gone by who is there for it. */
static void test_linger_told(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    memset(&lost, 0, sizeof(lost));
    for (int round = 0; round < 2; round++) {
        struct host *host = neighbour(&rig, 7);
        /* for the first the reactor is made */
        int first = leave_behind(rig.host);
        (void)kept_of(first);
        outlive(rig.loop);
        host_reactor_find(rig.loop)->linger_ms = 20;
        int ends[2] = {leave_behind(rig.host), leave_behind(host)};
        int third = leave_behind(rig.host);
        host_free(host);
        if (round == 1)
            host_linger_untold(rig.loop, &lost);
        outlive(rig.loop);
        assert_int_equal(lost.times, 1);
        assert_int_equal(lost.owner, 7);
        assert_non_null(strstr(lost.sentence, "10 bytes"));
        assert_int_equal(rig.notices, 2 * (unsigned)(round + 1));
        fd_close(ends[0]);
        fd_close(ends[1]);
        fd_close(third);
        fd_close(first);
    }
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
        cmocka_unit_test(test_two_outputs),  cmocka_unit_test(test_kept_first),
        cmocka_unit_test(test_late_failure), cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_linger),       cmocka_unit_test(test_linger_ends),
        cmocka_unit_test(test_linger_bound), cmocka_unit_test(test_linger_neighbours),
        cmocka_unit_test(test_linger_told),  cmocka_unit_test(test_finish),
        cmocka_unit_test(test_torture),
    };
    return cmocka_run_group_tests(tests, output_enter, rig_leave);
}
