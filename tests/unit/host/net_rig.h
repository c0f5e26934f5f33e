/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Sockets of guests over the loopback: addresses, grants, plain sockets of the other side. */
#ifndef TESTS_UNIT_HOST_NET_RIG_H
#define TESTS_UNIT_HOST_NET_RIG_H

#include <sched.h>

#include "rig.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "host/net.h"
#include "host/tcp.h"
#include "host/udp.h"

#define BOTH (HOST_READ | HOST_WRITE)

/* "127.0.0.1:80", "[::1]:80". */
static inline union host_address at(const char *text) {
    char host[64];
    const char *colon = strrchr(text, ':');
    bool v6 = text[0] == '[';
    snprintf(host, sizeof(host), "%.*s", (int)(colon - text) - 2 * v6, text + v6);
    union host_address address = {.v4 = {.sin_family = AF_INET}};
    if (v6) {
        address = (union host_address){.v6 = {.sin6_family = AF_INET6}};
        assert_int_equal(inet_pton(AF_INET6, host, &address.v6.sin6_addr), 1);
        address.v6.sin6_port = htons((uint16_t)strtol(colon + 1, NULL, 10));
    } else {
        assert_int_equal(inet_pton(AF_INET, host, &address.v4.sin_addr), 1);
        address.v4.sin_port = htons((uint16_t)strtol(colon + 1, NULL, 10));
    }
    return address;
}

static inline uint16_t port_of(const union host_address *address) {
    return ntohs(address->any.sa_family == AF_INET6 ? address->v6.sin6_port : address->v4.sin_port);
}

static inline union host_address with_port(union host_address address, uint16_t port) {
    if (address.any.sa_family == AF_INET6)
        address.v6.sin6_port = htons(port);
    else
        address.v4.sin_port = htons(port);
    return address;
}

static inline union host_address loopback(int family, uint16_t port) {
    return with_port(at(family == AF_INET6 ? "[::1]:0" : "127.0.0.1:0"), port);
}

static inline void grant_net(struct rig *rig, unsigned actions, const char *pattern,
                             enum grant_effect effect) {
    arcella_error *error = NULL;
    if (grant_add(&rig->grants, GRANT_NET, actions, pattern, effect, GRANT_BY_OPTION, &error) < 0)
        fail_msg("%s: %s", pattern, arcella_error_message(error));
}
static inline void allow(struct rig *rig, unsigned actions, const char *pattern) {
    grant_net(rig, actions, pattern, GRANT_ALLOW);
}
static inline void deny(struct rig *rig, unsigned actions, const char *pattern) {
    grant_net(rig, actions, pattern, GRANT_DENY);
}

#define ANY_NET (GRANT_CONNECT | GRANT_LISTEN | GRANT_UDP)

/* Everything on the loopback, of both families. */
static inline void allow_loopback(struct rig *rig) {
    allow(rig, ANY_NET, "127.0.0.0/8:*");
    allow(rig, ANY_NET, "[::1]:*");
}

static inline bool has_ipv6(void) {
    FD_AUTO fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    union host_address one = loopback(AF_INET6, 0);
    bool has = fd >= 0 && bind(fd, &one.any, sizeof(one.v6)) == 0;
    if (!has)
        print_message("weaker: no IPv6 here\n");
    return has;
}

/* The families to try. */
static inline const int *families(void) {
    static int list[3];
    list[0] = AF_INET;
    list[1] = has_ipv6() ? AF_INET6 : 0;
    return list;
}
#define EACH_FAMILY(family)                                                                                  \
    for (const int *family##_ = families(), *once_ = family##_; *family##_; family##_++, (void)once_)        \
        for (int family = *family##_, go_ = 1; go_; go_ = 0)

/* --- plain sockets of the other side --- */

static inline int plain_socket(int type, const union host_address *local, union host_address *ret_local) {
    int fd = socket(local->any.sa_family, type | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, &local->any, host_address_size(local)), 0);
    socklen_t size = sizeof(*ret_local);
    assert_int_equal(getsockname(fd, &ret_local->any, &size), 0);
    return fd;
}

static inline int plain_listener(int family, int backlog, union host_address *ret) {
    union host_address local = loopback(family, 0);
    int fd = plain_socket(SOCK_STREAM, &local, ret);
    assert_int_equal(listen(fd, backlog), 0);
    return fd;
}

/* A port nobody listens at. */
static inline union host_address nobody(int family) {
    union host_address local = loopback(family, 0), address;
    fd_close(plain_socket(SOCK_STREAM, &local, &address));
    return address;
}

/* A listener whose queue is full, so that a connect to it does not get on. */
struct deaf {
    int listener;
    int clients[8];
    union host_address address;
};

static inline void deaf_init(struct deaf *deaf, int family) {
    deaf->listener = plain_listener(family, 0, &deaf->address);
    for (size_t i = 0; i < ARRAY_LENGTH(deaf->clients); i++) {
        deaf->clients[i] = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        (void)!connect(deaf->clients[i], &deaf->address.any, host_address_size(&deaf->address));
    }
}

static inline void deaf_done(struct deaf *deaf) {
    for (size_t i = 0; i < ARRAY_LENGTH(deaf->clients); i++)
        fd_close(deaf->clients[i]);
    fd_close(deaf->listener);
}

static inline bool wait_ready(int fd, short events) {
    struct pollfd look = {.fd = fd, .events = events};
    return poll(&look, 1, 10000) == 1;
}

/* --- sockets of the guest --- */

static inline struct host_tcp *new_tcp(struct rig *rig, int family) {
    struct host_tcp *tcp = NULL;
    assert_host(host_tcp_new(rig->host, family, &tcp), 0);
    return tcp;
}

static inline union host_address bind_tcp(struct host_tcp *tcp, union host_address local) {
    assert_host(host_tcp_start_bind(tcp, &local), 0);
    assert_host(host_tcp_finish_bind(tcp), 0);
    assert_host(host_tcp_local(tcp, &local), 0);
    return local;
}

static inline union host_address listen_tcp(struct host_tcp *tcp, union host_address local) {
    local = bind_tcp(tcp, local);
    assert_host(host_tcp_start_listen(tcp), 0);
    assert_host(host_tcp_finish_listen(tcp), 0);
    return local;
}

/* Connect, and wait for how it ends. */
static inline int connect_tcp(struct host_tcp *tcp, union host_address remote) {
    int r = host_tcp_start_connect(tcp, &remote);
    if (r)
        return r;
    if (host_tcp_wanted(tcp))
        assert_true(wait_ready(tcp->file->fd, POLLOUT));
    return host_tcp_finish_connect(tcp);
}

static inline struct host_tcp *accept_tcp(struct host_tcp *listener) {
    struct host_tcp *tcp = NULL;
    assert_true(wait_ready(listener->file->fd, POLLIN));
    assert_host(host_tcp_accept(listener, &tcp), 0);
    return tcp;
}

static inline struct host_udp *new_udp(struct rig *rig, int family) {
    struct host_udp *udp = NULL;
    assert_host(host_udp_new(rig->host, family, &udp), 0);
    return udp;
}

static inline union host_address bind_udp(struct host_udp *udp, union host_address local) {
    assert_host(host_udp_start_bind(udp, &local), 0);
    assert_host(host_udp_finish_bind(udp), 0);
    assert_host(host_udp_local(udp, &local), 0);
    return local;
}

/* Run checks in a network of their own without any interface up; 0: they passed, or it cannot be made. */
static inline void in_empty_network(void (*checks)(void **state)) {
    fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        if (unshare(CLONE_NEWNET) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
            _exit(77);
        /* Failures must not jump into the copy of what the parent runs. */
        const struct CMUnitTest one[] = {cmocka_unit_test(checks)};
        _exit(cmocka_run_group_tests_name("in an empty network", one, NULL, NULL) != 0);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
        print_message("weaker: no network of one's own can be made here\n");
    else
        assert_int_equal(status, 0);
}

#endif
