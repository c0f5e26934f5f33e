/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Readiness in memory and the one wait: who is told, what it costs, that no edge is lost, what is left behind
 * when a run ends or an event goes in the middle of it all.
 */
#include "media.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>

#include "host/event.h"
#include "host/reactor.h"
#include "host/socket.h"

static void later_write(struct rig *rig) {
    assert_int_equal(write(rig->fds[1], "late", 4), 4);
}

static void make_pair(struct rig *rig, int *ret) {
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), 0);
    *ret = fds[0];
    rig->fds[1] = fds[1];
}

/* Let the loop tell what there is to tell. */
static void let_pass(struct rig *rig) {
    host_wait_begin(rig->host);
    assert_host(host_wait(rig->host, clock_monotonic_ns() + 2 * MS), 0);
}

static void test_bits(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    int fd;
    make_pair(&rig, &fd);
    struct host_event event;
    host_event_init(&event, rig.host, fd);
    host_wait_begin(rig.host);
    assert_int_equal(host_event_ready(&event, HOST_READ), 0);
    assert_int_equal(host_event_ready(&event, HOST_READ | HOST_WRITE), HOST_WRITE);
    /* what is known costs nothing */
    (void)media_calls();
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(host_event_ready(&event, HOST_READ), 0);
        assert_int_equal(host_event_ready(&event, HOST_WRITE), HOST_WRITE);
    }
    assert_int_equal(media_calls(), 0);
    rig_later(&rig, 5, later_write);
    assert_host(host_wait_event(&event, HOST_READ), 0);
    assert_int_equal(host_figures(rig.host).waits, 1);
    assert_int_equal(event.hangup, 0);
    /* read in two: after the first it is unsure and asked, after the last as well, and found empty */
    char text[8];
    assert_int_equal(read(fd, text, 2), 2);
    host_event_unsure(&event, HOST_READ);
    assert_int_equal(host_event_ready(&event, HOST_READ), HOST_READ);
    assert_int_equal(read(fd, text, 2), 2);
    host_event_unsure(&event, HOST_READ);
    assert_int_equal(host_event_ready(&event, HOST_READ), 0);
    /* drained: the next edge tells */
    assert_int_equal(read(fd, text, 2), -1);
    host_event_drained(&event, HOST_READ);
    rig_later(&rig, 5, later_write);
    assert_host(host_wait_event(&event, HOST_READ), 0);
    /* the other side stops sending, then goes */
    assert_int_equal(shutdown(rig.fds[1], SHUT_WR), 0);
    let_pass(&rig);
    assert_int_equal(event.hangup, HOST_READ);
    rig.fds[1] = fd_close(rig.fds[1]);
    let_pass(&rig);
    assert_int_equal(event.hangup, HOST_READ | HOST_WRITE);
    assert_int_equal(host_event_ready(&event, HOST_READ | HOST_WRITE), HOST_READ | HOST_WRITE);
    host_event_done(&event);
    fd_close(fd);
    rig_done(&rig);
}

/* What others share is asked for each time, since they may have been faster. */
static void test_shared(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    int fd;
    make_pair(&rig, &fd);
    struct host_event event;
    host_event_init(&event, rig.host, fd);
    event.shared = true;
    later_write(&rig);
    host_wait_begin(rig.host);
    assert_int_equal(host_event_ready(&event, HOST_READ), HOST_READ);
    char text[8];
    assert_int_equal(read(fd, text, 8), 4); /* somebody else */
    assert_int_equal(host_event_ready(&event, HOST_READ), 0);
    host_event_done(&event);
    fd_close(fd);
    rig_done(&rig);
}

static void test_always_and_never(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    struct host_event file, device, lookup;
    host_event_init_always(&file, rig.host);
    FD_AUTO null = open("/dev/null", O_RDWR | O_CLOEXEC);
    host_event_init(&device, rig.host, null);
    host_event_init(&lookup, rig.host, -1);
    host_wait_begin(rig.host);
    assert_int_equal(host_event_ready(&file, HOST_READ), HOST_READ);
    assert_int_equal(host_event_ready(&device, HOST_READ | HOST_WRITE), HOST_READ | HOST_WRITE);
    assert_true(device.always);
    assert_int_equal(host_event_ready(&lookup, HOST_READ), 0);
    assert_host(host_wait(rig.host, clock_monotonic_ns() + 5 * MS), 0);
    /* fired between the question and the wait: no wait at all */
    uint64_t waits = host_figures(rig.host).waits;
    host_wait_begin(rig.host);
    assert_int_equal(host_event_ready(&lookup, HOST_READ), 0);
    host_event_fire(&lookup, HOST_READ);
    assert_host(host_wait(rig.host, HOST_NO_DEADLINE), 0);
    assert_int_equal(host_figures(rig.host).waits, waits);
    assert_host(host_wait_event(&lookup, HOST_READ), 0);
    host_event_done(&file);
    host_event_done(&device);
    host_event_done(&lookup);
    null = fd_close(null);
    rig_done(&rig);
}

/* An event that nobody asked about in this wait wakes nobody, and is told all the same. */
static void test_unasked(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    int fd;
    make_pair(&rig, &fd);
    struct host_event event;
    host_event_init(&event, rig.host, fd);
    host_wait_begin(rig.host);
    assert_int_equal(host_event_ready(&event, HOST_READ), 0);
    host_wait_begin(rig.host); /* another wait, which does not ask for it */
    rig_later(&rig, 5, later_write);
    uint64_t start = clock_monotonic_ns(), waits = host_figures(rig.host).waits;
    assert_host(host_wait(rig.host, start + 30 * MS), 0);
    assert_true(clock_monotonic_ns() - start >= 25 * MS);
    assert_int_equal(host_figures(rig.host).waits, waits + 1);
    assert_int_equal(event.ready, HOST_READ | HOST_WRITE);
    host_event_done(&event);
    /* asked about in an earlier wait for something else */
    struct host_event lookup;
    host_event_init(&lookup, rig.host, -1);
    host_wait_begin(rig.host);
    assert_int_equal(host_event_ready(&lookup, HOST_READ | HOST_WRITE), 0);
    host_wait_begin(rig.host);
    assert_int_equal(host_event_ready(&lookup, HOST_READ), 0);
    host_event_fire(&lookup, HOST_WRITE);
    waits = host_figures(rig.host).waits;
    assert_host(host_wait(rig.host, clock_monotonic_ns() + 5 * MS), 0);
    assert_int_equal(host_figures(rig.host).waits, waits + 1);
    host_event_done(&lookup);
    fd_close(fd);
    rig_done(&rig);
}

/* --- who goes while others are told --- */

#define CROWD 300

static struct crowd {
    struct host_event events[CROWD];
    int fds[CROWD];
    unsigned told;
} * crowd;

/* Whoever is told first takes all others along. */
static bool take_all(struct host_event *event) {
    crowd->told++;
    for (int i = 0; i < CROWD; i++) {
        host_event_done(&crowd->events[i]);
        crowd->fds[i] = fd_close(crowd->fds[i]);
    }
    (void)event;
    /* Their memory is gone too: the sanitizer sees who still looks. */
    mem_free(crowd);
    crowd = NULL;
    return false;
}

static void test_gone_in_a_batch(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    crowd = mem_new(struct crowd);
    assert_non_null(crowd);
    host_wait_begin(rig.host);
    for (int i = 0; i < CROWD; i++) {
        crowd->fds[i] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
        host_event_init(&crowd->events[i], rig.host, crowd->fds[i]);
        crowd->events[i].told = take_all;
        /* an eventfd can be written from the start, so asking takes that edge */
        assert_int_equal(host_event_ready(&crowd->events[i], HOST_READ), 0);
    }
    assert_host(host_wait(rig.host, clock_monotonic_ns() + 20 * MS), 0);
    assert_null(crowd);
    rig_done(&rig);
}

/* --- one for each loop --- */

static void test_reactors(void **state) {
    (void)state;
    struct rig a, b;
    rig_init(&a, 0);
    struct host_config config = {.loop = a.loop, .budget = &a.budget};
    struct host *second = NULL;
    assert_int_equal(host_new(&config, &second, NULL), 0);
    int fds[2];
    assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
    struct host_event one, two, other;
    host_event_init(&one, a.host, fds[0]);
    host_event_init(&two, second, fds[1]);
    assert_null(host_reactor_find(a.loop));
    assert_int_equal(host_event_ready(&one, HOST_READ), 0);
    rig_init(&b, 0);
    host_event_init(&other, b.host, fds[1]);
    assert_int_equal(host_event_ready(&two, HOST_WRITE), HOST_WRITE);
    assert_int_equal(host_event_ready(&other, HOST_WRITE), HOST_WRITE);
    assert_non_null(one.reactor);
    assert_ptr_equal(one.reactor, two.reactor);
    assert_ptr_not_equal(one.reactor, other.reactor);
    host_event_done(&two);
    host_free(second);
    /* it does not hold its loop while nobody waits, and is gone with the last host */
    loop_run(a.loop);
    assert_ptr_equal(host_reactor_find(a.loop), one.reactor);
    host_event_done(&other);
    rig_done(&b);
    host_event_done(&one);
    fd_close(fds[0]);
    fd_close(fds[1]);
    rig_done(&a);
}

/* --- ending, interrupting, failing --- */

static void test_stop(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    int fd;
    make_pair(&rig, &fd);
    struct host_event event;
    host_event_init(&event, rig.host, fd);
    rig_later(&rig, 5, rig_stop);
    assert_host(host_wait_event(&event, HOST_READ), HOST_STOP);
    assert_host(host_wait_event(&event, HOST_READ), HOST_STOP);
    rig.stop = false;
    /* and it can go on */
    rig_later(&rig, 5, later_write);
    assert_host(host_wait_event(&event, HOST_READ), 0);
    host_event_done(&event);
    fd_close(fd);
    rig_done(&rig);
}

/*
 * While a run waits, its guest may be called like a signal handler and wait for something of its own; the
 * wait that was interrupted must not miss what came meanwhile.
 */
static struct host_event *interrupted;
static bool nested;

static int wait_with_interruption(void *user) {
    struct rig *rig = user;
    if (!nested) {
        nested = true;
        /* the guest asks, without parking, so marks of the outer wait are void; and takes what is there */
        host_wait_begin(rig->host);
        later_write(rig);
        loop_run_ready(rig->loop);
        return 0;
    }
    return rig_wait(user);
}

static void test_interruption(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    int fd;
    make_pair(&rig, &fd);
    struct host_event event;
    host_event_init(&event, rig.host, fd);
    interrupted = &event;
    nested = false;
    host_set_run(rig.host, wait_with_interruption, rig_wake, &rig);
    assert_host(host_wait_event(interrupted, HOST_READ), 0);
    assert_true(nested);
    host_event_done(&event);
    fd_close(fd);
    rig_done(&rig);
}

#ifdef ARCELLA_FAULTS
static void test_no_memory(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    int fd;
    make_pair(&rig, &fd);
    struct host_event event;
    /* epoll_create1, epoll_ctl, poll; and the allocations */
    for (enum fault_kind kind = FAULT_ALLOC; kind <= FAULT_SYS; kind++) {
        for (uint64_t nth = 1; nth <= 3; nth++) {
            struct host_config config = {
                .loop = rig.loop, .hooks = {.wait = rig_wait, .wake = rig_wake, .run = &rig, .user = &rig}};
            struct host *host = NULL;
            assert_int_equal(host_new(&config, &host, NULL), 0);
            host_event_init(&event, host, fd);
            host_wait_begin(host);
            fault_set(kind, nth, ENOMEM);
            (void)host_event_ready(&event, HOST_READ);
            fault_set(kind, 0, 0);
            if (!event.reactor) {
                assert_host(host_wait(host, HOST_NO_DEADLINE), HOST_E_NOMEM);
                /* and asking again is enough */
                host_wait_begin(host);
                assert_int_equal(host_event_ready(&event, HOST_READ | HOST_WRITE), HOST_WRITE);
                assert_non_null(event.reactor);
            }
            rig_later(&rig, 2, later_write);
            assert_host(host_wait_event(&event, HOST_READ), 0);
            char text[8];
            assert_int_equal(read(fd, text, 8), 4);
            host_event_done(&event);
            host_free(host);
        }
    }
    fd_close(fd);
    rig_done(&rig);
}
#endif

/* --- ten thousand --- */

#define MANY 10000

static int *many_fds;
static unsigned lit_count;
static unsigned lit[16];

static void later_light(struct rig *rig) {
    (void)rig;
    uint64_t one = 1;
    for (unsigned i = 0; i < lit_count; i++)
        assert_int_equal(write(many_fds[lit[i]], &one, 8), 8);
}

static bool is_lit(unsigned i) {
    for (unsigned k = 0; k < lit_count; k++)
        if (lit[k] == i)
            return true;
    return false;
}

/* The descriptors this process may have. @return false: fewer than the test needs */
static bool raise_limit(void) {
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur >= MANY + 100;
}

static void test_ten_thousand(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    if (!raise_limit()) {
        rig_done(&rig);
        print_message("needs %d descriptors\n", MANY + 100);
        skip();
    }
    unsigned seed = 4711;
    many_fds = mem_array(MANY, sizeof(int));
    struct host_event *events = mem_array(MANY, sizeof(*events));
    assert_true(many_fds && events);
    for (unsigned i = 0; i < MANY; i++) {
        many_fds[i] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
        assert_true(many_fds[i] >= 0);
        host_event_init(&events[i], rig.host, many_fds[i]);
    }
    host_wait_begin(rig.host);
    for (unsigned i = 0; i < MANY; i++)
        assert_int_equal(host_event_ready(&events[i], HOST_READ), 0);
    /* let the edges of the beginning pass: all can be written */
    for (unsigned i = 0; i < MANY; i++)
        while (events[i].edges == 0)
            let_pass(&rig);
    for (unsigned round = 0; round < 50; round++) {
        lit_count = 1 + media_dice(&seed, ARRAY_LENGTH(lit));
        for (unsigned i = 0; i < lit_count; i++)
            lit[i] = media_dice(&seed, MANY);
        rig_later(&rig, 0, later_light);
        uint64_t waits = host_figures(rig.host).waits;
        (void)media_calls();
        host_wait_begin(rig.host);
        for (unsigned i = 0; i < MANY; i++)
            assert_int_equal(host_event_ready(&events[i], HOST_READ), 0);
        assert_host(host_wait(rig.host, HOST_NO_DEADLINE), 0);
        assert_int_equal(host_figures(rig.host).waits, waits + 1);
        for (unsigned i = 0; i < MANY; i++)
            assert_int_equal(host_event_ready(&events[i], HOST_READ) != 0, is_lit(i));
        /* the idle ones cost no system call: one to fetch the edges of all that are ready, maybe two */
        assert_true(media_calls() <= 2);
        for (unsigned i = 0; i < lit_count; i++) {
            uint64_t value;
            (void)!read(many_fds[lit[i]], &value, 8);
            host_event_drained(&events[lit[i]], HOST_READ);
        }
    }
    for (unsigned i = 0; i < MANY; i++) {
        host_event_done(&events[i]);
        fd_close(many_fds[i]);
    }
    mem_free(events);
    mem_free(many_fds);
    rig_done(&rig);
}

/* --- listeners, datagrams --- */

static void test_accept_and_datagrams(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un {
        sa_family_t family;
        char path[100];
    } address = {AF_UNIX, "listener"};
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(fd, 8), 0);
    struct host_file *listener = NULL, *file = NULL;
    assert_host(host_listener_new(rig.host, fd, &listener), 0);
    int clients[3];
    host_wait_begin(rig.host);
    assert_int_equal(host_event_ready(&listener->event, HOST_READ), 0);
    for (int i = 0; i < 3; i++) {
        clients[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_int_equal(connect(clients[i], (struct sockaddr *)&address, sizeof(address)), 0);
    }
    /* one edge for the three, and one is taken at a time */
    for (int i = 0; i < 3; i++) {
        assert_host(host_wait_event(&listener->event, HOST_READ), 0);
        assert_host(host_socket_accept(listener, HOST_NONBLOCK, &file), 0);
        host_file_unref(file);
        fd_close(clients[i]);
    }
    host_wait_begin(rig.host);
    assert_int_equal(host_event_ready(&listener->event, HOST_READ), 0);
    host_file_unref(listener);
    /* datagrams, the same */
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), 0);
    assert_host(host_stream_new(rig.host, fds[0], HOST_READ, &file), 0);
    host_wait_begin(rig.host);
    assert_int_equal(host_event_ready(&file->event, HOST_READ), 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(send(fds[1], "abc", 3, 0), 3);
    for (int i = 0; i < 3; i++) {
        assert_host(host_wait_event(&file->event, HOST_READ), 0);
        char text[100];
        struct iovec iov = {text, sizeof(text)};
        size_t n;
        assert_host(host_socket_receive(file, &iov, 1, 0, &n, NULL), 0);
        assert_int_equal(n, 3);
    }
    host_wait_begin(rig.host);
    assert_int_equal(host_event_ready(&file->event, HOST_READ), 0);
    host_file_unref(file);
    fd_close(fds[1]);
    rig_done(&rig);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bits),
        cmocka_unit_test(test_shared),
        cmocka_unit_test(test_always_and_never),
        cmocka_unit_test(test_unasked),
        cmocka_unit_test(test_gone_in_a_batch),
        cmocka_unit_test(test_reactors),
        cmocka_unit_test(test_stop),
        cmocka_unit_test(test_interruption),
#ifdef ARCELLA_FAULTS
        cmocka_unit_test(test_no_memory),
#endif
        cmocka_unit_test(test_ten_thousand),
        cmocka_unit_test(test_accept_and_datagrams),
    };
    return cmocka_run_group_tests(tests, rig_enter, rig_leave);
}
