/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Line connections: cutting, long lines, slow readers, halves that close, finishing, freeing in callbacks. */
#include "rig.h"

#include "base/text.h"
#include "wire/lines.h"

#define LINE_LIMIT 100

struct side {
    struct lines *lines;
    unsigned count;
    char last[LINE_LIMIT + 1];
    size_t last_length;
    bool last_too_long;
    unsigned too_long;
    bool echo;
    bool free_on_line;
    bool pause_on_line;
    unsigned half_closed;
    unsigned gone;
};

static void on_line(struct lines *lines, const char *text, size_t length, bool too_long, void *user) {
    struct side *side = user;
    side->count++;
    side->too_long += too_long;
    side->last_too_long = too_long;
    assert_true(length <= LINE_LIMIT);
    assert_int_equal(text[length], '\0');
    memcpy(side->last, text, length + 1);
    side->last_length = length;
    if (side->echo) {
        assert_int_equal(lines_send(lines, text, length, NULL), 0);
        assert_int_equal(lines_send(lines, "\n", 1, NULL), 0);
    }
    if (side->pause_on_line)
        lines_pause(lines, true);
    if (side->free_on_line)
        side->lines = lines_free(lines);
}

static void on_closed(struct lines *lines, bool gone, void *user) {
    struct side *side = user;
    assert_ptr_equal(lines, side->lines);
    if (gone)
        side->gone++;
    else
        side->half_closed++;
}

struct fixture {
    struct rig rig;
    struct side side;
};

static int setup(void **state) {
    struct fixture *f = test_calloc(1, sizeof(*f));
    rig_start(&f->rig);
    assert_int_equal(lines_new(f->rig.loop, TAKE_FD(f->rig.fds[0]), LINE_LIMIT, 100000, on_line, on_closed,
                               &f->side, &f->side.lines, NULL),
                     0);
    *state = f;
    return 0;
}

static int teardown(void **state) {
    struct fixture *f = *state;
    lines_free(f->side.lines);
    rig_end(&f->rig);
    test_free(f);
    return 0;
}

static void say(struct fixture *f, const char *text) {
    assert_int_equal(write(f->rig.fds[1], text, strlen(text)), strlen(text));
    rig_settle(&f->rig);
}

/* All that has come for the client. */
static void expect(struct fixture *f, const char *text) {
    char got[1024];
    ssize_t n = recv(f->rig.fds[1], got, sizeof(got) - 1, MSG_DONTWAIT);
    got[n > 0 ? n : 0] = '\0';
    assert_string_equal(got, text);
}

static void lines_are_cut(void **state) {
    struct fixture *f = *state;
    f->side.echo = true;
    say(f, "one\ntwo\r\n\n\r\nthr");
    assert_int_equal(f->side.count, 2);
    say(f, "ee\n");
    assert_int_equal(f->side.count, 3);
    say(f, "f");
    say(f, "o");
    say(f, "u");
    say(f, "r\n");
    expect(f, "one\ntwo\nthree\nfour\n");
}

static void long_lines_are_told_once(void **state) {
    struct fixture *f = *state;
    char exact[LINE_LIMIT + 2];
    memset(exact, 'x', LINE_LIMIT);
    text_copy(exact + LINE_LIMIT, 2, "\n");
    say(f, exact);
    assert_int_equal(f->side.count, 1);
    assert_int_equal(f->side.too_long, 0);
    assert_int_equal(f->side.last_length, LINE_LIMIT);
    /* Its end in the same read, and a good line behind it. */
    exact[LINE_LIMIT] = 'x';
    say(f, exact);
    say(f, "\nok\n");
    assert_int_equal(f->side.count, 3);
    assert_int_equal(f->side.too_long, 1);
    assert_string_equal(f->side.last, "ok");
    /* Its end much later. */
    char *huge = mem_alloc(200001);
    memset(huge, 'y', 200000);
    for (size_t at = 0; at < 200000; at += 10000) {
        assert_int_equal(write(f->rig.fds[1], huge + at, 10000), 10000);
        rig_settle(&f->rig);
    }
    mem_free(huge);
    assert_int_equal(f->side.count, 4);
    assert_true(f->side.last_too_long);
    say(f, "still\nfine\n");
    assert_int_equal(f->side.count, 5);
    assert_string_equal(f->side.last, "fine");
    assert_int_equal(f->side.too_long, 2);
}

static void bytes_pass_as_they_are(void **state) {
    struct fixture *f = *state;
    static const char bytes[] = "a\0b\xff\n";
    assert_int_equal(write(f->rig.fds[1], bytes, sizeof(bytes) - 1), sizeof(bytes) - 1);
    rig_settle(&f->rig);
    assert_int_equal(f->side.last_length, 4);
    assert_memory_equal(f->side.last, bytes, 4);
}

/* `printf … | socat -` closes its half and waits. */
static void half_closed_clients_get_their_replies(void **state) {
    struct fixture *f = *state;
    assert_int_equal(write(f->rig.fds[1], "no end", 6), 6);
    assert_int_equal(shutdown(f->rig.fds[1], SHUT_WR), 0);
    rig_settle(&f->rig);
    assert_int_equal(f->side.count, 1);
    assert_string_equal(f->side.last, "no end");
    assert_int_equal(f->side.half_closed, 1);
    assert_int_equal(f->side.gone, 0);
    assert_true(lines_ended(f->side.lines));
    assert_int_equal(lines_send(f->side.lines, "reply\n", 6, NULL), 0);
    expect(f, "reply\n");
    rig_settle(&f->rig);
    assert_int_equal(f->side.gone, 0);
    /* Then it leaves; that is told too, although there is nothing to read or write. */
    f->rig.fds[1] = fd_close(f->rig.fds[1]);
    rig_settle(&f->rig);
    assert_int_equal(f->side.gone, 1);
    assert_int_equal(f->side.half_closed, 1);
    assert_int_equal(lines_send(f->side.lines, "late\n", 5, NULL), ARCELLA_E_CLOSED);
}

static void ring(struct loop_timer *timer, void *user) {
    (void)timer;
    *(bool *)user = true;
}

/* A half-closed connection with nothing to do lets the loop sleep: one turn lasts until the timer. */
static void half_closed_connections_sleep(void **state) {
    struct fixture *f = *state;
    assert_int_equal(shutdown(f->rig.fds[1], SHUT_WR), 0);
    rig_settle(&f->rig);
    assert_int_equal(f->side.half_closed, 1);
    struct loop_timer *timer;
    bool rung = false;
    assert_int_equal(loop_timer_new(f->rig.loop, ring, &rung, &timer, NULL), 0);
    loop_timer_start(timer, 100, 0);
    unsigned turns = 0;
    while (!rung && ++turns < 1000)
        loop_run_once(f->rig.loop);
    assert_true(turns < 10);
    loop_timer_free(timer);
}

static void leaving_at_once_is_told_once(void **state) {
    struct fixture *f = *state;
    assert_int_equal(write(f->rig.fds[1], "bye\n", 4), 4);
    f->rig.fds[1] = fd_close(f->rig.fds[1]);
    rig_settle(&f->rig);
    assert_int_equal(f->side.count, 1);
    assert_int_equal(f->side.gone, 1);
    assert_true(f->side.half_closed <= 1);
}

static void slow_readers_are_bounded(void **state) {
    struct fixture *f = *state;
    char chunk[1000];
    memset(chunk, 'z', sizeof(chunk));
    unsigned sent = 0;
    int r;
    while ((r = lines_send(f->side.lines, chunk, sizeof(chunk), NULL)) == 0)
        assert_true(++sent < 100000);
    assert_int_equal(r, ARCELLA_E_BUSY);
    uint64_t waiting = lines_queued_bytes(f->side.lines);
    assert_true(waiting <= 100000);
    assert_true(waiting > 90000);
    size_t got = 0;
    char bytes[4096];
    for (unsigned i = 0; i < 10000 && got < (size_t)sent * 1000; i++) {
        ssize_t n = recv(f->rig.fds[1], bytes, sizeof(bytes), MSG_DONTWAIT);
        got += n > 0 ? (size_t)n : 0;
        loop_run_ready(f->rig.loop);
    }
    assert_int_equal(got, sent * 1000);
    assert_int_equal(lines_queued_bytes(f->side.lines), 0);
}

static void finishing_sends_the_rest(void **state) {
    struct fixture *f = *state;
    char chunk[1000];
    memset(chunk, 'z', sizeof(chunk));
    size_t sent = 0;
    while (lines_queued_bytes(f->side.lines) < 50000) {
        assert_int_equal(lines_send(f->side.lines, chunk, sizeof(chunk), NULL), 0);
        sent += sizeof(chunk);
    }
    f->side.lines = lines_finish(f->side.lines, 10000);
    assert_null(f->side.lines);
    size_t got = 0;
    char bytes[4096];
    for (unsigned i = 0; i < 100000; i++) {
        ssize_t n = recv(f->rig.fds[1], bytes, sizeof(bytes), MSG_DONTWAIT);
        if (n == 0)
            break;
        got += n > 0 ? (size_t)n : 0;
        loop_run_ready(f->rig.loop);
    }
    assert_int_equal(got, sent);
    assert_int_equal(f->side.gone, 0);
}

static void finishing_ends_in_time(void **state) {
    struct fixture *f = *state;
    char chunk[1000] = {0};
    while (lines_queued_bytes(f->side.lines) < 50000)
        assert_int_equal(lines_send(f->side.lines, chunk, sizeof(chunk), NULL), 0);
    f->side.lines = lines_finish(f->side.lines, 10);
    loop_run(f->rig.loop); /* returns when the connection, its last handle, is gone */
    assert_int_equal(f->side.gone, 0);
}

static void finishing_with_nothing_queued_closes_now(void **state) {
    struct fixture *f = *state;
    f->side.lines = lines_finish(f->side.lines, 10000);
    char byte;
    assert_int_equal(recv(f->rig.fds[1], &byte, 1, MSG_DONTWAIT), 0);
}

static void callbacks_may_free(void **state) {
    struct fixture *f = *state;
    f->side.free_on_line = true;
    say(f, "one\ntwo\nthree\n");
    assert_int_equal(f->side.count, 1);
    assert_null(f->side.lines);
}

static void a_pause_holds_lines(void **state) {
    struct fixture *f = *state;
    f->side.pause_on_line = true;
    say(f, "one\ntwo\n");
    assert_int_equal(f->side.count, 1);
    say(f, "three\n");
    f->rig.fds[1] = fd_close(f->rig.fds[1]);
    for (unsigned i = 2; i <= 3; i++) {
        lines_pause(f->side.lines, false);
        assert_int_equal(f->side.count, i - 1);
        rig_settle(&f->rig);
        assert_int_equal(f->side.count, i);
        assert_int_equal(f->side.gone, 0);
    }
    lines_pause(f->side.lines, false);
    rig_settle(&f->rig);
    assert_int_equal(f->side.gone, 1);
}

/* Descriptors sent to a text socket are closed by the kernel, not kept by us. */
static void descriptors_are_not_taken(void **state) {
    struct fixture *f = *state;
    size_t before = count_open_fds();
    struct iovec piece = {.iov_base = (void *)(uintptr_t) "hi\n", .iov_len = 3};
    char space[CMSG_SPACE(sizeof(int))] = {0};
    struct msghdr message = {
        .msg_iov = &piece, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof(space)};
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    *head = (struct cmsghdr){
        .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))};
    memcpy(CMSG_DATA(head), &f->rig.fds[1], sizeof(int));
    assert_int_equal(sendmsg(f->rig.fds[1], &message, 0), 3);
    rig_settle(&f->rig);
    assert_int_equal(f->side.count, 1);
    assert_int_equal(count_open_fds(), before);
}

static int whole_life(void *user, arcella_error **reterr) {
    (void)user;
    struct loop *loop = NULL;
    int fds[2];
    struct side side = {.echo = false};
    int r = loop_new(&loop, reterr);
    if (r < 0)
        return r;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    r = lines_new(loop, fds[0], LINE_LIMIT, 1000, on_line, on_closed, &side, &side.lines, reterr);
    if (r == 0) {
        assert_int_equal(write(fds[1], "hello\n", 6), 6);
        shutdown(fds[1], SHUT_WR);
        for (unsigned i = 0; i < 5; i++)
            loop_run_ready(loop);
        /* It hears the line or is told that the connection is gone. */
        if (side.count == 0 && side.gone == 0)
            r = error_set(reterr, ARCELLA_E_INTERNAL, "neither line nor end");
        else
            r = lines_send(side.lines, "reply\n", 6, reterr);
        if (r == ARCELLA_E_CLOSED && side.gone)
            r = error_set(reterr, ARCELLA_E_NOMEM, "gone for want of memory");
        lines_free(side.lines);
    }
    fd_close(fds[1]);
    loop_free(loop);
    return r;
}

static void faults_are_answers(void **state) {
    (void)state;
    size_t before = count_open_fds();
    torture_alloc(whole_life, NULL);
    torture_sys(whole_life, NULL, EIO, 0);
    assert_int_equal(count_open_fds(), before);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lines_are_cut, setup, teardown),
        cmocka_unit_test_setup_teardown(long_lines_are_told_once, setup, teardown),
        cmocka_unit_test_setup_teardown(bytes_pass_as_they_are, setup, teardown),
        cmocka_unit_test_setup_teardown(half_closed_clients_get_their_replies, setup, teardown),
        cmocka_unit_test_setup_teardown(half_closed_connections_sleep, setup, teardown),
        cmocka_unit_test_setup_teardown(leaving_at_once_is_told_once, setup, teardown),
        cmocka_unit_test_setup_teardown(slow_readers_are_bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(finishing_sends_the_rest, setup, teardown),
        cmocka_unit_test_setup_teardown(finishing_ends_in_time, setup, teardown),
        cmocka_unit_test_setup_teardown(finishing_with_nothing_queued_closes_now, setup, teardown),
        cmocka_unit_test_setup_teardown(callbacks_may_free, setup, teardown),
        cmocka_unit_test_setup_teardown(a_pause_holds_lines, setup, teardown),
        cmocka_unit_test_setup_teardown(descriptors_are_not_taken, setup, teardown),
        cmocka_unit_test(faults_are_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
