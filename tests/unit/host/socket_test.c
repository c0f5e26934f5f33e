/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Granted listening sockets and what is accepted from them. */
#include "rig.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "host/socket.h"

static struct sockaddr_in address;

static int make_listener(void) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    return fd;
}

/* rig->fds[0] is the client. */
static void later_connect(struct rig *rig) {
    rig->fds[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(rig->fds[0], (struct sockaddr *)&address, sizeof(address)), 0);
}
static void later_send(struct rig *rig) {
    assert_int_equal(send(rig->fds[0], "late", 4, 0), 4);
}
static void later_close(struct rig *rig) {
    rig->fds[0] = fd_close(rig->fds[0]);
}

static int receive(struct host_file *file, char *to, size_t size, unsigned flags, size_t *n) {
    struct iovec iov[2] = {{to, size / 2}, {to + size / 2, size - size / 2}};
    bool truncated = true;
    int r = host_socket_receive(file, iov, 2, flags, n, &truncated);
    if (r == 0)
        assert_false(truncated);
    return r;
}

static void test_connection(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    struct host_file *listener = NULL, *file = NULL;
    assert_host(host_listener_new(rig.host, make_listener(), &listener), 0);
    assert_int_equal(listener->kind, HOST_LISTENER);
    rig_later(&rig, 20, later_connect);
    assert_host(host_socket_accept(listener, 0, &file), 0);
    assert_int_equal(host_figures(rig.host).waits, 1);
    assert_int_equal(file->type, HOST_TYPE_SOCKET_STREAM);
    struct host_stat st;
    assert_host(host_file_stat(file, &st), 0);
    assert_int_equal(st.type, HOST_TYPE_SOCKET_STREAM);
    char text[16] = {0};
    size_t n;
    rig_later(&rig, 20, later_send);
    assert_host(receive(file, text, 8, HOST_RECEIVE_PEEK, &n), 0);
    assert_int_equal(n, 4);
    assert_host(receive(file, text, 2, 0, &n), 0);
    assert_memory_equal(text, "la", 2);
    /* all of it, in two goes */
    rig_later(&rig, 20, later_send);
    assert_host(receive(file, text, 6, HOST_RECEIVE_WAITALL, &n), 0);
    assert_int_equal(n, 6);
    assert_string_equal(text, "telate");
    /* read and write are the same thing */
    struct iovec iov = {text, 6};
    assert_host(host_file_write(file, &iov, 1, &n), 0);
    assert_int_equal(n, 6);
    assert_int_equal(recv(rig.fds[0], text, 16, 0), 6);
    /* full, waiting, ended */
    static char large[1 << 20];
    for (;;) {
        assert_host(host_file_set_flags(file, HOST_NONBLOCK), 0);
        iov = (struct iovec){large, sizeof(large)};
        int r = host_socket_send(file, &iov, 1, &n);
        if (r == HOST_E_AGAIN)
            break;
        assert_host(r, 0);
    }
    assert_host(receive(file, text, 4, 0, &n), HOST_E_AGAIN);
    assert_host(host_file_set_flags(file, 0), 0);
    rig_later(&rig, 20, rig_stop);
    assert_host(host_socket_send(file, &iov, 1, &n), HOST_STOP);
    rig.stop = false;
    rig_later(&rig, 20, rig_stop);
    assert_host(receive(file, text, 4, 0, &n), HOST_STOP);
    rig.stop = false;
    assert_host(host_socket_shutdown(file, 0), HOST_E_INVAL);
    assert_host(host_socket_shutdown(file, 4), HOST_E_INVAL);
    assert_host(host_socket_shutdown(file, HOST_WRITE), 0);
    assert_host(host_socket_send(file, &iov, 1, &n), HOST_E_PIPE);
    rig_later(&rig, 20, later_close);
    int r = receive(file, text, 4, 0, &n);
    assert_true((r == 0 && n == 0) || r == HOST_E_CONNRESET);
    host_file_unref(file);
    /* cancelled accept */
    rig_later(&rig, 20, rig_stop);
    assert_host(host_socket_accept(listener, 0, &file), HOST_STOP);
    rig.stop = false;
    assert_host(host_file_set_flags(listener, HOST_NONBLOCK), 0);
    assert_host(host_socket_accept(listener, 0, &file), HOST_E_AGAIN);
    later_connect(&rig);
    assert_host(host_socket_accept(listener, HOST_NONBLOCK, &file), 0);
    assert_int_equal(file->flags, HOST_NONBLOCK);
    host_file_unref(file);
    /* no memory for it: the connection is closed and nothing leaks */
    rig.fds[0] = fd_close(rig.fds[0]);
    later_connect(&rig);
    rig.budget.limit_bytes = rig.budget.used_bytes;
    assert_host(host_socket_accept(listener, 0, &file), HOST_E_NOMEM);
    host_file_unref(listener);
    rig_done(&rig);
}

static void test_wrong_things(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    struct host_file *file = NULL, *listener = NULL, *other = NULL;
    rig_write("plain", "plain");
    FD_AUTO plain = open("plain", O_RDONLY | O_CLOEXEC);
    assert_host(host_listener_new(rig.host, plain, &file), HOST_E_NOTSOCK);
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    assert_host(host_listener_new(rig.host, pair[0], &file), HOST_E_INVAL);
    char text[4];
    size_t n;
    struct iovec iov = {text, 4};
    assert_host(host_stream_new(rig.host, plain, HOST_READ, &file), 0);
    plain = -1;
    assert_host(host_socket_accept(file, 0, &other), HOST_E_NOTSOCK);
    assert_host(host_socket_receive(file, &iov, 1, 0, &n, NULL), HOST_E_NOTSOCK);
    assert_host(host_socket_send(file, &iov, 1, &n), HOST_E_NOTSOCK);
    assert_host(host_socket_shutdown(file, HOST_READ), HOST_E_NOTSOCK);
    host_file_unref(file);
    /* an inherited socket is a connection */
    assert_host(host_stream_new(rig.host, pair[0], HOST_READ | HOST_WRITE, &file), 0);
    assert_host(host_socket_accept(file, 0, &other), HOST_E_INVAL);
    assert_host(host_socket_send(file, &iov, 1, &n), 0);
    host_file_unref(file);
    fd_close(pair[1]);
    assert_host(host_listener_new(rig.host, make_listener(), &listener), 0);
    assert_host(host_file_read(listener, &iov, 1, &n), HOST_E_NOTCONN);
    assert_host(host_file_write(listener, &iov, 1, &n), HOST_E_NOTCONN);
    assert_host(host_socket_shutdown(listener, HOST_READ), HOST_E_NOTCONN);
    host_file_unref(listener);
    /* a datagram that does not fit */
    assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair), 0);
    assert_host(host_stream_new(rig.host, pair[0], HOST_READ, &file), 0);
    assert_int_equal(file->type, HOST_TYPE_SOCKET_DATAGRAM);
    assert_int_equal(send(pair[1], "abcdefgh", 8, 0), 8);
    bool truncated = false;
    assert_host(host_socket_receive(file, &iov, 1, 0, &n, &truncated), 0);
    assert_int_equal(n, 4);
    assert_true(truncated);
    host_file_unref(file);
    fd_close(pair[1]);
    rig_done(&rig);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_connection),
                                       cmocka_unit_test(test_wrong_things)};
    return cmocka_run_group_tests(tests, rig_enter, rig_leave);
}
