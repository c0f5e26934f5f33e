/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * TCP sockets of guests over the loopback: each call in each state, each error of each call.  Connections
 * that carry bytes: tcp_connection_test.c.
 */
#include "net_rig.h"

#include <linux/if.h>
#include <sys/ioctl.h>

#define INVALID HOST_TCP_INVALID_STATE
#define NOTHING HOST_TCP_NOT_IN_PROGRESS
#define ALREADY HOST_E_ALREADY
#define AGAIN   HOST_E_AGAIN

/* --- each call in each state --- */

#define STATES (HOST_TCP_CLOSED + 1)

static struct deaf deaf;

/* A socket in a state; another one that helps may be made. */
static struct host_tcp *in_state(struct rig *rig, int family, enum host_tcp_state state,
                                 struct host_tcp **ret_helper) {
    struct host_tcp *tcp = new_tcp(rig, family);
    union host_address local = loopback(family, 0), remote;
    *ret_helper = NULL;
    switch (state) {
    case HOST_TCP_UNBOUND: break;
    case HOST_TCP_BINDING: assert_host(host_tcp_start_bind(tcp, &local), 0); break;
    case HOST_TCP_BOUND: bind_tcp(tcp, local); break;
    case HOST_TCP_STARTING_LISTEN:
        bind_tcp(tcp, local);
        assert_host(host_tcp_start_listen(tcp), 0);
        break;
    case HOST_TCP_LISTENING: listen_tcp(tcp, local); break;
    case HOST_TCP_CONNECTING: assert_host(host_tcp_start_connect(tcp, &deaf.address), 0); break;
    case HOST_TCP_CONNECTED:
        *ret_helper = new_tcp(rig, family);
        remote = listen_tcp(*ret_helper, local);
        assert_host(connect_tcp(tcp, remote), 0);
        break;
    case HOST_TCP_CLOSED: assert_host(connect_tcp(tcp, nobody(family)), HOST_E_CONNREFUSED); break;
    }
    assert_int_equal(tcp->state, state);
    return tcp;
}

static int call_start_bind(struct host_tcp *tcp) {
    union host_address local = loopback(tcp->family, 0);
    return host_tcp_start_bind(tcp, &local);
}
static int call_start_connect(struct host_tcp *tcp) {
    return host_tcp_start_connect(tcp, &deaf.address);
}
static int call_accept(struct host_tcp *tcp) {
    struct host_tcp *other = NULL;
    return host_tcp_accept(tcp, &other);
}
static int call_local(struct host_tcp *tcp) {
    union host_address address;
    int r = host_tcp_local(tcp, &address);
    if (r == 0)
        assert_true(port_of(&address) != 0 && address.any.sa_family == tcp->family);
    return r;
}
static int call_remote(struct host_tcp *tcp) {
    union host_address address;
    int r = host_tcp_remote(tcp, &address);
    if (r == 0)
        assert_true(port_of(&address) != 0 && address.any.sa_family == tcp->family);
    return r;
}
static int call_set_backlog(struct host_tcp *tcp) {
    return host_tcp_set_backlog(tcp, 32);
}
static int call_option_set(struct host_tcp *tcp) {
    return host_tcp_option_set(tcp, HOST_OPTION_HOP_LIMIT, 42);
}
static int call_option_get(struct host_tcp *tcp) {
    uint64_t value;
    return host_tcp_option_get(tcp, HOST_OPTION_RECEIVE_BYTES, &value);
}
static int call_shutdown(struct host_tcp *tcp) {
    return host_tcp_shutdown(tcp, BOTH);
}

static const struct {
    const char *name;
    int (*call)(struct host_tcp *tcp);
    /* unbound, binding, bound, starting to listen, listening, connecting, connected, closed */
    int answers[STATES];
    bool moves[STATES]; /* the state changes by it */
} calls[] = {
    {"start-bind",
     call_start_bind,
     {0, ALREADY, INVALID, ALREADY, INVALID, ALREADY, INVALID, INVALID},
     {true}},
    {"finish-bind",
     host_tcp_finish_bind,
     {NOTHING, 0, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING},
     {false, true}},
    {"start-connect",
     call_start_connect,
     {0, ALREADY, 0, ALREADY, INVALID, ALREADY, INVALID, INVALID},
     {true, false, true}},
    {"finish-connect",
     host_tcp_finish_connect,
     {NOTHING, NOTHING, NOTHING, NOTHING, NOTHING, AGAIN, NOTHING, NOTHING},
     {false}},
    {"start-listen",
     host_tcp_start_listen,
     {INVALID, ALREADY, 0, ALREADY, INVALID, ALREADY, INVALID, INVALID},
     {false, false, true}},
    {"finish-listen",
     host_tcp_finish_listen,
     {NOTHING, NOTHING, NOTHING, 0, NOTHING, NOTHING, NOTHING, NOTHING},
     {false, false, false, true}},
    {"accept", call_accept, {INVALID, INVALID, INVALID, INVALID, AGAIN, INVALID, INVALID, INVALID}, {false}},
    {"local-address", call_local, {INVALID, INVALID, 0, 0, 0, 0, 0, INVALID}, {false}},
    {"remote-address",
     call_remote,
     {INVALID, INVALID, INVALID, INVALID, INVALID, INVALID, 0, INVALID},
     {false}},
    {"set-listen-backlog-size", call_set_backlog, {0, 0, 0, 0, 0, INVALID, INVALID, INVALID}, {false}},
    {"set-hop-limit", call_option_set, {0, 0, 0, 0, 0, 0, 0, INVALID}, {false}},
    {"receive-buffer-size", call_option_get, {0, 0, 0, 0, 0, 0, 0, INVALID}, {false}},
    {"shutdown", call_shutdown, {INVALID, INVALID, INVALID, INVALID, INVALID, INVALID, 0, INVALID}, {false}},
};

static void test_each_call_in_each_state(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    allow_loopback(&rig);
    EACH_FAMILY(family) {
        deaf_init(&deaf, family);
        for (size_t c = 0; c < ARRAY_LENGTH(calls); c++)
            for (enum host_tcp_state s = 0; s < STATES; s++) {
                struct host_tcp *helper = NULL;
                struct host_tcp *tcp = in_state(&rig, family, s, &helper);
                int r = calls[c].call(tcp);
                if (r != calls[c].answers[s])
                    fail_msg("%s in state %d: %s, not %s", calls[c].name, s, host_error_words(r),
                             host_error_words(calls[c].answers[s]));
                if ((tcp->state != s) != calls[c].moves[s])
                    fail_msg("%s in state %d leads to %d", calls[c].name, s, tcp->state);
                host_tcp_free(tcp);
                host_tcp_free(helper);
            }
        deaf_done(&deaf);
    }
    rig_done(&rig);
}

/* When the pollable of a socket is ready by itself, and when it asks the system. */
static void test_wanted(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    allow_loopback(&rig);
    deaf_init(&deaf, AF_INET);
    static const unsigned wanted[STATES] = {
        [HOST_TCP_LISTENING] = HOST_READ, [HOST_TCP_CONNECTING] = HOST_WRITE};
    for (enum host_tcp_state s = 0; s < STATES; s++) {
        struct host_tcp *helper = NULL;
        struct host_tcp *tcp = in_state(&rig, AF_INET, s, &helper);
        assert_int_equal(host_tcp_wanted(tcp), wanted[s]);
        host_tcp_free(tcp);
        host_tcp_free(helper);
    }
    deaf_done(&deaf);
    rig_done(&rig);
}

/* --- bind --- */

static int bind_of(struct rig *rig, int family, union host_address local) {
    struct host_tcp *tcp = new_tcp(rig, family);
    int r = host_tcp_start_bind(tcp, &local);
    if (r)
        assert_int_equal(tcp->state, HOST_TCP_UNBOUND);
    else
        r = host_tcp_finish_bind(tcp);
    host_tcp_free(tcp);
    return r;
}

static void test_bind_errors(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    allow_loopback(&rig);
    allow(&rig, ANY_NET, "0.0.0.0/0:*");
    allow(&rig, ANY_NET, "0.0.0.0/8:*");
    allow(&rig, ANY_NET, "203.0.113.0/24:*");
    allow(&rig, ANY_NET, "224.0.0.0/4:*");
    allow(&rig, ANY_NET, "255.255.255.255:*");
    allow(&rig, ANY_NET, "[::]:*");
    assert_host(bind_of(&rig, AF_INET, at("127.0.0.1:0")), 0);
    assert_host(bind_of(&rig, AF_INET, at("0.0.0.0:0")), 0);
    assert_host(bind_of(&rig, AF_INET, at("[::1]:0")), HOST_E_INVAL);
    assert_host(bind_of(&rig, AF_INET, at("224.0.0.1:0")), HOST_E_INVAL);
    assert_host(bind_of(&rig, AF_INET, at("255.255.255.255:0")), HOST_E_INVAL);
    assert_host(bind_of(&rig, AF_INET, at("203.0.113.7:0")), HOST_E_ADDRNOTAVAIL);
    union host_address none = {.any.sa_family = AF_UNSPEC};
    assert_host(bind_of(&rig, AF_INET, none), HOST_E_INVAL);
    EACH_FAMILY(family) {
        struct host_tcp *one = new_tcp(&rig, family), *two = new_tcp(&rig, family);
        union host_address local = listen_tcp(one, loopback(family, 0));
        assert_host(host_tcp_start_bind(two, &local), 0);
        assert_host(host_tcp_finish_bind(two), HOST_E_ADDRINUSE);
        /* a bind that failed can be tried again, elsewhere */
        bind_tcp(two, loopback(family, 0));
        host_tcp_free(two);
        host_tcp_free(one);
        if (family != AF_INET6)
            continue;
        assert_host(bind_of(&rig, family, at("[::]:0")), 0);
        assert_host(bind_of(&rig, family, at("127.0.0.1:0")), HOST_E_INVAL);
        assert_host(bind_of(&rig, family, at("[::ffff:127.0.0.1]:0")), HOST_E_INVAL);
        assert_host(bind_of(&rig, family, at("[ff02::1]:0")), HOST_E_INVAL);
        /* a link-local address belongs to an interface */
        int r = bind_of(&rig, family, at("[fe80::1]:0"));
        assert_true(r == HOST_E_INVAL || r == HOST_E_ADDRNOTAVAIL || r == HOST_E_NOTCAPABLE);
    }
    rig_done(&rig);
}

/* Two sockets may be bound to one port until one listens; then the other cannot, and is over. */
static void test_listen_in_use(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    allow_loopback(&rig);
    struct host_tcp *one = new_tcp(&rig, AF_INET), *two = new_tcp(&rig, AF_INET);
    union host_address local = nobody(AF_INET);
    bind_tcp(one, local);
    bind_tcp(two, local);
    assert_host(host_tcp_start_listen(one), 0);
    assert_host(host_tcp_finish_listen(one), 0);
    assert_host(host_tcp_start_listen(two), 0);
    assert_int_equal(host_tcp_wanted(two), 0);
    assert_host(host_tcp_finish_listen(two), HOST_E_ADDRINUSE);
    assert_int_equal(two->state, HOST_TCP_CLOSED);
    host_tcp_free(one);
    host_tcp_free(two);
    rig_done(&rig);
}

/* Has somebody the port for IPv4?  Asked of the system, by a socket that is none of the host's. */
static bool is_taken(uint16_t port) {
    union host_address local = with_port(at("0.0.0.0:0"), port);
    FD_AUTO fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return bind(fd, &local.any, sizeof(local.v4)) < 0 && errno == EADDRINUSE;
}

/* Listens at a port for IPv6, then for IPv4. @return false: somebody else on this machine has it for IPv4 */
static bool listen_at_both(struct rig *rig) {
    struct host_tcp *v6 = new_tcp(rig, AF_INET6), *v4 = new_tcp(rig, AF_INET),
                    *client = new_tcp(rig, AF_INET);
    union host_address any6 = listen_tcp(v6, at("[::]:0"));
    union host_address any4 = with_port(at("0.0.0.0:0"), port_of(&any6));
    assert_host(host_tcp_start_bind(v4, &any4), 0);
    int r = host_tcp_finish_bind(v4);
    if (r == 0) {
        assert_host(connect_tcp(client, loopback(AF_INET, port_of(&any6))), HOST_E_CONNREFUSED);
        assert_host(host_tcp_start_listen(v4), 0);
        assert_host(host_tcp_finish_listen(v4), 0);
    }
    host_tcp_free(v6);
    host_tcp_free(v4);
    host_tcp_free(client);
    if (r == 0)
        return true;
    assert_host(r, HOST_E_ADDRINUSE);
    assert_true(is_taken(port_of(&any6))); /* without ours, too: it was not the listener for IPv6 */
    return false;
}

/* IPv6 is never both: the same port is free for IPv4, and IPv4 does not reach it. */
static void test_never_dual(void **state) {
    enum { TRIES = 10 };
    (void)state;
    if (!has_ipv6())
        return;
    struct rig rig;
    rig_init(&rig, 0);
    allow_loopback(&rig);
    allow(&rig, ANY_NET, "0.0.0.0/8:*");
    allow(&rig, ANY_NET, "[::]:*");
    int tries = 0;
    while (!listen_at_both(&rig))
        assert_true(++tries < TRIES);
    rig_done(&rig);
}

/* A port whose last connection was closed by the server a moment ago can be listened at again. */
static void test_time_wait(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    allow_loopback(&rig);
    struct host_tcp *listener = new_tcp(&rig, AF_INET), *again = new_tcp(&rig, AF_INET);
    union host_address local = listen_tcp(listener, nobody(AF_INET));
    rig.fds[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(rig.fds[0], &local.any, sizeof(local.v4)), 0);
    struct host_tcp *accepted = accept_tcp(listener);
    host_tcp_free(accepted); /* first to close: it waits */
    char byte;
    assert_int_equal(recv(rig.fds[0], &byte, 1, 0), 0);
    rig.fds[0] = fd_close(rig.fds[0]);
    host_tcp_free(listener);
    /* without SO_REUSEADDR it is in use, which shows that there is something to see */
    rig.fds[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(bind(rig.fds[0], &local.any, sizeof(local.v4)) < 0 && errno == EADDRINUSE);
    listen_tcp(again, local);
    host_tcp_free(again);
    /* also where the port was the system's choice, and no two get the same */
    listener = new_tcp(&rig, AF_INET);
    again = new_tcp(&rig, AF_INET);
    local = listen_tcp(listener, loopback(AF_INET, 0));
    rig.fds[0] = fd_close(rig.fds[0]);
    rig.fds[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(rig.fds[0], &local.any, sizeof(local.v4)), 0);
    host_tcp_free(accept_tcp(listener));
    assert_int_equal(recv(rig.fds[0], &byte, 1, 0), 0);
    rig.fds[0] = fd_close(rig.fds[0]);
    host_tcp_free(listener);
    listen_tcp(again, local);
    host_tcp_free(again);
    static struct host_tcp *many[500];
    static uint8_t seen[65536];
    for (size_t i = 0; i < ARRAY_LENGTH(many); i++) {
        many[i] = new_tcp(&rig, AF_INET);
        local = bind_tcp(many[i], loopback(AF_INET, 0));
        assert_int_equal(seen[port_of(&local)]++, 0);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(many); i++)
        host_tcp_free(many[i]);
    rig_done(&rig);
}

/* --- connect --- */

static int connect_of(struct rig *rig, int family, union host_address remote) {
    struct host_tcp *tcp = new_tcp(rig, family);
    int r = host_tcp_start_connect(tcp, &remote);
    assert_int_equal(tcp->state, r ? HOST_TCP_UNBOUND : HOST_TCP_CONNECTING);
    host_tcp_free(tcp);
    return r;
}

static void test_connect_errors(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    allow_loopback(&rig);
    allow(&rig, ANY_NET, "0.0.0.0/8:*");
    allow(&rig, ANY_NET, "224.0.0.0/4:*");
    allow(&rig, ANY_NET, "[::]:*");
    assert_host(connect_of(&rig, AF_INET, at("0.0.0.0:80")), HOST_E_INVAL);
    assert_host(connect_of(&rig, AF_INET, at("127.0.0.1:0")), HOST_E_INVAL);
    assert_host(connect_of(&rig, AF_INET, at("[::1]:80")), HOST_E_INVAL);
    assert_host(connect_of(&rig, AF_INET, at("224.0.0.1:80")), HOST_E_INVAL);
    assert_host(connect_of(&rig, AF_INET, at("255.255.255.255:80")), HOST_E_INVAL);
    assert_host(connect_of(&rig, AF_INET, at("8.8.8.8:80")), HOST_E_NOTCAPABLE);
    assert_int_equal(rig.audit.action, GRANT_CONNECT);
    assert_string_equal(rig.resource, "8.8.8.8:80");
    if (has_ipv6()) {
        assert_host(connect_of(&rig, AF_INET6, at("[::]:80")), HOST_E_INVAL);
        assert_host(connect_of(&rig, AF_INET6, at("[::1]:0")), HOST_E_INVAL);
        assert_host(connect_of(&rig, AF_INET6, at("127.0.0.1:80")), HOST_E_INVAL);
        assert_host(connect_of(&rig, AF_INET6, at("[::ffff:127.0.0.1]:80")), HOST_E_INVAL);
        assert_host(connect_of(&rig, AF_INET6, at("[ff02::1]:80")), HOST_E_INVAL);
        assert_host(connect_of(&rig, AF_INET6, at("[2606:4700::1]:80")), HOST_E_NOTCAPABLE);
    }
    EACH_FAMILY(family) {
        struct host_tcp *tcp = new_tcp(&rig, family);
        assert_host(connect_tcp(tcp, nobody(family)), HOST_E_CONNREFUSED);
        assert_int_equal(tcp->state, HOST_TCP_CLOSED);
        assert_host(host_tcp_finish_connect(tcp), NOTHING);
        host_tcp_free(tcp);
    }
    rig_done(&rig);
}

/* Nobody answers: in progress, then timed out.  Dropped in the middle it leaves nothing. */
static void test_connect_timeout(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    allow_loopback(&rig);
    deaf_init(&deaf, AF_INET);
    struct host_tcp *tcp = new_tcp(&rig, AF_INET);
    unsigned patience_ms = 100;
    assert_int_equal(
        setsockopt(tcp->file->fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &patience_ms, sizeof(patience_ms)), 0);
    assert_host(host_tcp_start_connect(tcp, &deaf.address), 0);
    assert_host(host_tcp_finish_connect(tcp), AGAIN);
    assert_host(host_tcp_finish_connect(tcp), AGAIN);
    assert_int_equal(tcp->state, HOST_TCP_CONNECTING);
    union host_address local;
    assert_host(host_tcp_local(tcp, &local), 0);
    assert_true(wait_ready(tcp->file->fd, POLLOUT));
    assert_host(host_tcp_finish_connect(tcp), HOST_E_TIMEDOUT);
    assert_int_equal(tcp->state, HOST_TCP_CLOSED);
    host_tcp_free(tcp);
    deaf_done(&deaf);
    rig_done(&rig);
}

static void up(void) {
    FD_AUTO fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq lo = {.ifr_name = "lo"};
    assert_int_equal(ioctl(fd, SIOCGIFFLAGS, &lo), 0);
    lo.ifr_flags = (short)(lo.ifr_flags | IFF_UP);
    assert_int_equal(ioctl(fd, SIOCSIFFLAGS, &lo), 0);
}

/* No interface: no way there.  Two ports to come from: no third. */
static void unreachable(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    allow_loopback(&rig);
    struct host_tcp *tcp = new_tcp(&rig, AF_INET);
    union host_address to = at("127.0.0.1:80"), any = at("127.0.0.1:0");
    assert_host(host_tcp_start_connect(tcp, &to), 0);
    assert_int_equal(host_tcp_wanted(tcp), 0); /* the end is known already */
    union host_address local;
    assert_host(host_tcp_local(tcp, &local), INVALID); /* and it was bound to nothing */
    assert_host(host_tcp_finish_connect(tcp), HOST_E_NETUNREACH);
    assert_int_equal(tcp->state, HOST_TCP_CLOSED);
    host_tcp_free(tcp);
    up();
    rig.fds[0] = open("/proc/sys/net/ipv4/ip_local_port_range", O_WRONLY | O_CLOEXEC);
    if (rig.fds[0] >= 0 && write(rig.fds[0], "40000 40001", 11) == 11) {
        struct host_tcp *list[3];
        for (size_t i = 0; i < ARRAY_LENGTH(list); i++) {
            list[i] = new_tcp(&rig, AF_INET);
            assert_host(host_tcp_start_bind(list[i], &any), 0);
            assert_host(host_tcp_finish_bind(list[i]), i < 2 ? 0 : HOST_E_ADDRINUSE);
        }
        assert_host(host_tcp_start_connect(list[2], &to), 0);
        assert_host(host_tcp_finish_connect(list[2]), HOST_E_ADDRINUSE);
        for (size_t i = 0; i < ARRAY_LENGTH(list); i++)
            host_tcp_free(list[i]);
    } else
        print_message("weaker: the range of ports cannot be set here\n");
    rig_done(&rig);
}

static void test_unreachable(void **state) {
    (void)state;
    in_empty_network(unreachable);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_call_in_each_state),
        cmocka_unit_test(test_wanted),
        cmocka_unit_test(test_bind_errors),
        cmocka_unit_test(test_listen_in_use),
        cmocka_unit_test(test_never_dual),
        cmocka_unit_test(test_time_wait),
        cmocka_unit_test(test_connect_errors),
        cmocka_unit_test(test_connect_timeout),
        cmocka_unit_test(test_unreachable),
    };
    return cmocka_run_group_tests(tests, rig_enter, rig_leave);
}
