/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Sockets over the loopback: accepting, sending, receiving, shutting down, waiting for each. */
#include "rig.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#define IOVS   2048u
#define DATA   4096u
#define RESULT 16384u

enum { LISTENER_FD = 3 };

static struct rig rig;
static struct sockaddr_in address;

static int open_rig(void **state) {
    (void)state;
    int listeners[] = {socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    assert_int_equal(bind(listeners[0], (struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(listeners[0], (struct sockaddr *)&address, &size), 0);
    assert_int_equal(listen(listeners[0], 4), 0);
    struct wasi_options options = WASI_OPTIONS_INIT;
    options.listeners = listeners;
    options.listeners_count = 1;
    rig_start(&rig, rig_program, &options, RIG_NO_DIR);
    return 0;
}

static int close_rig(void **state) {
    (void)state;
    rig_stop(&rig);
    return 0;
}

static int connect_to_it(void) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static uint32_t accept_one(void) {
    assert_errno(rig_call(&rig, "sock_accept", LISTENER_FD, 0, RESULT), "success");
    return rig_u32(&rig, RESULT);
}

static int receive(uint32_t fd, uint32_t length, uint32_t flags) {
    rig_iovec(&rig, IOVS, DATA, length);
    return rig_call(&rig, "sock_recv", fd, IOVS, 1, flags, RESULT, RESULT + 4);
}

/* Begin a call that must wait, and see that it does. */
static void begin_waiting(const char *name, const uint64_t *values, size_t count) {
    rig_begin(&rig, name, values, count);
    for (unsigned i = 0; i < 10; i++)
        loop_run_ready(rig_loop);
    assert_false(rig.done);
}

static void a_listener_is_what_it_is(void **state) {
    (void)state;
    assert_errno(rig_call(&rig, "fd_fdstat_get", LISTENER_FD, RESULT), "success");
    struct wasi_fdstat stat;
    memcpy(&stat, rig_at(&rig, RESULT), sizeof stat);
    assert_int_equal(stat.filetype, WASI_FILETYPE_SOCKET_STREAM);
    assert_true(stat.rights_base & WASI_RIGHT_SOCK_ACCEPT);
    assert_errno(receive(LISTENER_FD, 8, 0), "notconn");
    rig_iovec(&rig, IOVS, DATA, 8);
    assert_errno(rig_call(&rig, "fd_write", LISTENER_FD, IOVS, 1, RESULT), "badf");
    assert_errno(rig_call(&rig, "sock_shutdown", LISTENER_FD, WASI_SD_RD), "inval");
    assert_errno(rig_call(&rig, "sock_accept", 1, 0, RESULT), "notsock");
    assert_errno(rig_call(&rig, "sock_accept", LISTENER_FD, WASI_FDFLAG_APPEND, RESULT), "inval");
    assert_errno(receive(1, 8, 0), "notsock");
    assert_errno(rig_call(&rig, "sock_shutdown", 1, WASI_SD_RD), "notsock");
    /* Directories and sockets do not mix: with a socket no directory is made up. */
    assert_errno(rig_call(&rig, "fd_prestat_get", LISTENER_FD, RESULT), "badf");
    assert_int_equal(wasi_preview1_figures(rig.wasi).open_files, 4);
}

static void accepting_waits(void **state) {
    (void)state;
    begin_waiting("sock_accept", (const uint64_t[]){LISTENER_FD, 0, RESULT}, 3);
    int peer = connect_to_it();
    rig_finish(&rig);
    assert_int_equal(rig.result.u32, 0);
    assert_int_equal(rig_u32(&rig, RESULT), 4);
    assert_errno(rig_call(&rig, "fd_fdstat_set_flags", LISTENER_FD, WASI_FDFLAG_NONBLOCK), "success");
    assert_errno(rig_call(&rig, "sock_accept", LISTENER_FD, 0, RESULT), "again");
    fd_close(peer);
}

static void bytes_go_both_ways(void **state) {
    (void)state;
    FD_AUTO peer = connect_to_it();
    uint32_t fd = accept_one();
    assert_int_equal(send(peer, "hello", 5, 0), 5);
    assert_errno(receive(fd, 3, WASI_RECV_PEEK), "success");
    assert_int_equal(rig_u32(&rig, RESULT), 3);
    assert_errno(receive(fd, 100, 0), "success");
    assert_int_equal(rig_u32(&rig, RESULT), 5);
    assert_memory_equal(rig_at(&rig, DATA), "hello", 5);
    assert_int_equal(rig_u32(&rig, RESULT + 4) & 0xffff, 0);
    rig_put(&rig, DATA, "answer");
    rig_iovec(&rig, IOVS, DATA, 2);
    rig_iovec(&rig, IOVS + 8, DATA + 2, 4);
    assert_errno(rig_call(&rig, "sock_send", fd, IOVS, 2, 0, RESULT), "success");
    assert_int_equal(rig_u32(&rig, RESULT), 6);
    char text[16] = {0};
    assert_int_equal(recv(peer, text, sizeof text, 0), 6);
    assert_string_equal(text, "answer");
    /* and as a file */
    rig_iovec(&rig, IOVS, DATA, 6);
    assert_errno(rig_call(&rig, "fd_write", fd, IOVS, 1, RESULT), "success");
    assert_int_equal(recv(peer, text, sizeof text, 0), 6);
    assert_errno(rig_call(&rig, "fd_seek", fd, 0, WASI_WHENCE_CUR, RESULT), "spipe");
}

static void receiving_waits(void **state) {
    (void)state;
    FD_AUTO peer = connect_to_it();
    uint32_t fd = accept_one();
    rig_iovec(&rig, IOVS, DATA, 6);
    begin_waiting("sock_recv", (const uint64_t[]){fd, IOVS, 1, WASI_RECV_WAITALL, RESULT, RESULT + 4}, 6);
    assert_int_equal(send(peer, "abc", 3, 0), 3);
    for (unsigned i = 0; i < 10; i++)
        loop_run_ready(rig_loop);
    assert_false(rig.done);
    assert_int_equal(send(peer, "def", 3, 0), 3);
    rig_finish(&rig);
    assert_int_equal(rig_u32(&rig, RESULT), 6);
    assert_memory_equal(rig_at(&rig, DATA), "abcdef", 6);
    begin_waiting("fd_read", (const uint64_t[]){fd, IOVS, 1, RESULT}, 4);
    peer = fd_close(peer);
    rig_finish(&rig);
    assert_int_equal(rig.result.u32, 0);
    assert_int_equal(rig_u32(&rig, RESULT), 0);
}

static void shutting_down_ends_one_way(void **state) {
    (void)state;
    FD_AUTO peer = connect_to_it();
    uint32_t fd = accept_one();
    assert_errno(rig_call(&rig, "sock_shutdown", fd, 0), "inval");
    assert_errno(rig_call(&rig, "sock_shutdown", fd, WASI_SD_WR), "success");
    char text[4];
    assert_int_equal(recv(peer, text, sizeof text, 0), 0);
    rig_iovec(&rig, IOVS, DATA, 1);
    assert_errno(rig_call(&rig, "sock_send", fd, IOVS, 1, 0, RESULT), "pipe");
    assert_int_equal(send(peer, "x", 1, 0), 1);
    assert_errno(receive(fd, 8, 0), "success");
    assert_int_equal(rig_u32(&rig, RESULT), 1);
}

static void waiting_for_a_connection_can_be_ended(void **state) {
    (void)state;
    begin_waiting("sock_accept", (const uint64_t[]){LISTENER_FD, 0, RESULT}, 3);
    engine_cancel(rig.instance, ENGINE_END_WALL_TIME, NULL);
    rig_finish(&rig);
    assert_int_equal(rig.outcome.end, ENGINE_END_WALL_TIME);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_listener_is_what_it_is, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(accepting_waits, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(bytes_go_both_ways, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(receiving_waits, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(shutting_down_ends_one_way, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(waiting_for_a_connection_can_be_ended, open_rig, close_rig),
    };
    return cmocka_run_group_tests_name("wasi sockets", tests, rig_open, rig_close);
}
