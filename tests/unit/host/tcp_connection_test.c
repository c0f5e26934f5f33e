/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * TCP connections of guests: bytes both ways, shutdown, reset, readiness; what accepted sockets have of their
 * listener; backlog, grants, the rate of connections.
 */
#include "net_rig.h"

#include "base/limits.h"

#define INVALID HOST_TCP_INVALID_STATE
#define AGAIN   HOST_E_AGAIN

static struct deaf deaf;

/* --- connections --- */

static size_t move(struct host_file *from, struct host_file *to, size_t length) {
    static char bytes[1 << 16];
    size_t n = 0;
    struct iovec iov = {bytes, length};
    assert_host(host_file_write(to, &iov, 1, &n), 0);
    assert_int_equal(n, length);
    assert_true(wait_ready(from->fd, POLLIN));
    iov = (struct iovec){bytes, sizeof(bytes)};
    assert_host(host_file_read(from, &iov, 1, &n), 0);
    return n;
}

static void test_connection(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    allow_loopback(&rig);
    EACH_FAMILY(family) {
        struct host_tcp *listener = new_tcp(&rig, family), *client = new_tcp(&rig, family);
        union host_address there = listen_tcp(listener, loopback(family, 0)), address;
        assert_int_equal(listener->file->kind, HOST_LISTENER);
        bind_tcp(client, loopback(family, 0)); /* bound first, then connected */
        assert_host(connect_tcp(client, there), 0);
        struct host_tcp *server = accept_tcp(listener);
        assert_int_equal(server->state, HOST_TCP_CONNECTED);
        assert_int_equal(server->family, family);
        assert_int_equal(server->file->kind, HOST_SOCKET);
        assert_host(host_tcp_remote(client, &address), 0);
        assert_true(host_address_equal(&address, &there));
        union host_address of_client;
        assert_host(host_tcp_local(client, &of_client), 0);
        assert_host(host_tcp_remote(server, &address), 0);
        assert_true(host_address_equal(&address, &of_client));
        assert_int_equal(move(server->file, client->file, 1000), 1000);
        assert_int_equal(move(client->file, server->file, 10), 10);
        /* the streams live on without their sockets */
        struct host_file *stream = host_file_ref(client->file);
        host_tcp_free(client);
        assert_int_equal(move(server->file, stream, 10), 10);
        host_file_unref(stream);
        char byte;
        size_t n = 1;
        struct iovec iov = {&byte, 1};
        assert_true(wait_ready(server->file->fd, POLLIN));
        assert_host(host_file_read(server->file, &iov, 1, &n), 0);
        assert_int_equal(n, 0);
        host_tcp_free(server);
        host_tcp_free(listener);
    }
    assert_int_equal(host_figures(rig.host).connections, 2 - !has_ipv6());
    rig_done(&rig);
}

static void test_shutdown(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    allow_loopback(&rig);
    for (unsigned how = HOST_READ; how <= BOTH; how++) {
        struct host_tcp *listener = new_tcp(&rig, AF_INET), *client = new_tcp(&rig, AF_INET);
        assert_host(connect_tcp(client, listen_tcp(listener, loopback(AF_INET, 0))), 0);
        struct host_tcp *server = accept_tcp(listener);
        assert_host(host_tcp_shutdown(client, 0), HOST_E_INVAL);
        assert_host(host_tcp_shutdown(client, 4), HOST_E_INVAL);
        assert_host(host_tcp_shutdown(client, how), 0);
        assert_host(host_tcp_shutdown(client, how), 0); /* again: nothing */
        assert_int_equal(client->file->rights, BOTH & ~how);
        assert_int_equal(client->state, HOST_TCP_CONNECTED);
        char byte = 'x';
        size_t n = 1;
        struct iovec iov = {&byte, 1};
        if (how & HOST_WRITE) {
            assert_host(host_file_write(client->file, &iov, 1, &n), HOST_E_BADF);
            assert_true(wait_ready(server->file->fd, POLLIN));
            assert_host(host_file_read(server->file, &iov, 1, &n), 0);
            assert_int_equal(n, 0);
        } else
            assert_int_equal(move(server->file, client->file, 3), 3);
        if (how & HOST_READ)
            assert_host(host_file_read(client->file, &iov, 1, &n), HOST_E_BADF);
        else
            assert_int_equal(move(client->file, server->file, 3), 3);
        /* the other direction still can be, and what both sides have shut is no error to shut again */
        assert_host(host_tcp_shutdown(server, BOTH), 0);
        assert_host(host_tcp_shutdown(client, BOTH), 0);
        assert_host(host_tcp_shutdown(client, HOST_READ), 0);
        host_tcp_free(client);
        host_tcp_free(server);
        host_tcp_free(listener);
    }
    rig_done(&rig);
}

static void test_reset(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    allow_loopback(&rig);
    union host_address there, address;
    rig.fds[0] = plain_listener(AF_INET, 8, &there);
    struct host_tcp *client = new_tcp(&rig, AF_INET);
    assert_host(connect_tcp(client, there), 0);
    rig.fds[1] = accept(rig.fds[0], NULL, NULL);
    struct linger now = {.l_onoff = 1};
    assert_int_equal(setsockopt(rig.fds[1], SOL_SOCKET, SO_LINGER, &now, sizeof(now)), 0);
    rig.fds[1] = fd_close(rig.fds[1]);
    assert_true(wait_ready(client->file->fd, POLLIN));
    char byte;
    size_t n;
    struct iovec iov = {&byte, 1};
    assert_host(host_file_read(client->file, &iov, 1, &n), HOST_E_CONNRESET);
    /* the connection is over: nothing at the other end, nothing to shut */
    assert_host(host_tcp_remote(client, &address), INVALID);
    assert_host(host_tcp_shutdown(client, BOTH), 0);
    host_tcp_free(client);
    rig_done(&rig);
}

/* A client that is gone before it is accepted is no error of the listener's. */
static void test_gone_before_accept(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    allow_loopback(&rig);
    struct host_tcp *listener = new_tcp(&rig, AF_INET), *accepted = NULL;
    union host_address there = listen_tcp(listener, loopback(AF_INET, 0));
    assert_host(host_tcp_accept(listener, &accepted), AGAIN);
    struct linger now = {.l_onoff = 1};
    rig.fds[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(rig.fds[0], &there.any, sizeof(there.v4)), 0);
    assert_int_equal(setsockopt(rig.fds[0], SOL_SOCKET, SO_LINGER, &now, sizeof(now)), 0);
    rig.fds[0] = fd_close(rig.fds[0]);
    rig.fds[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(rig.fds[0], &there.any, sizeof(there.v4)), 0);
    /* Linux hands a reset connection out all the same; the next is the good one. */
    unsigned got = 0;
    while (host_tcp_accept(listener, &accepted) == 0) {
        host_tcp_free(accepted);
        got++;
    }
    assert_true(got == 1 || got == 2);
    assert_int_equal(listener->state, HOST_TCP_LISTENING);
    host_tcp_free(listener);
    rig_done(&rig);
}

/* --- readiness --- */

static union host_address later_to;

static void later_connect(struct rig *rig) {
    fd_close(rig->fds[0]);
    rig->fds[0] = socket(later_to.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(rig->fds[0], &later_to.any, host_address_size(&later_to)), 0);
}

/* As a guest waits: for what its pollable stands for, from before anything began. */
static void test_waits(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    allow_loopback(&rig);
    struct host_tcp *listener = new_tcp(&rig, AF_INET), *accepted = NULL;
    (void)host_event_ready(&listener->file->event, BOTH); /* registered as what it is now */
    later_to = listen_tcp(listener, loopback(AF_INET, 0));
    for (int i = 0; i < 3; i++) {
        assert_host(host_tcp_accept(listener, &accepted), AGAIN);
        assert_int_equal(host_event_ready(&listener->file->event, host_tcp_wanted(listener)), 0);
        rig_later(&rig, 10, later_connect);
        assert_host(host_wait_event(&listener->file->event, host_tcp_wanted(listener)), 0);
        assert_host(host_tcp_accept(listener, &accepted), 0);
        host_tcp_free(accepted);
    }
    /* two at once are two edges or one: both are found */
    later_connect(&rig);
    int first = TAKE_FD(rig.fds[0]);
    later_connect(&rig);
    for (int i = 0; i < 2; i++) {
        assert_host(host_wait_event(&listener->file->event, HOST_READ), 0);
        assert_host(host_tcp_accept(listener, &accepted), 0);
        host_tcp_free(accepted);
    }
    fd_close(first);
    struct host_tcp *client = new_tcp(&rig, AF_INET);
    (void)host_event_ready(&client->file->event, BOTH); /* an unconnected socket says it has hung up */
    assert_host(host_tcp_start_connect(client, &later_to), 0);
    assert_host(host_wait_event(&client->file->event, host_tcp_wanted(client)), 0);
    assert_host(host_tcp_finish_connect(client), 0);
    assert_int_equal(host_event_ready(&client->file->event, HOST_READ), 0);
    host_tcp_free(client);
    /* one that gets no answer is not ready, and one that is refused is */
    deaf_init(&deaf, AF_INET);
    client = new_tcp(&rig, AF_INET);
    (void)host_event_ready(&client->file->event, BOTH);
    assert_host(host_tcp_start_connect(client, &deaf.address), 0);
    assert_host(host_tcp_finish_connect(client), AGAIN);
    assert_int_equal(host_event_ready(&client->file->event, host_tcp_wanted(client)), 0);
    rig_later(&rig, 20, rig_stop);
    assert_host(host_wait_event(&client->file->event, host_tcp_wanted(client)), HOST_STOP);
    rig.stop = false;
    host_tcp_free(client);
    deaf_done(&deaf);
    client = new_tcp(&rig, AF_INET);
    union host_address gone = nobody(AF_INET);
    assert_host(host_tcp_start_connect(client, &gone), 0);
    assert_host(host_wait_event(&client->file->event, host_tcp_wanted(client)), 0);
    assert_host(host_tcp_finish_connect(client), HOST_E_CONNREFUSED);
    host_tcp_free(client);
    host_tcp_free(listener);
    rig_done(&rig);
}

/* --- options of listeners, backlog --- */

#define S 1000000000ull

static const struct {
    enum host_option option;
    uint64_t first, second;
} options[] = {
    {HOST_OPTION_KEEP_ALIVE, 1, 0},
    {HOST_OPTION_KEEP_IDLE_NS, 42 * S, 43 * S},
    {HOST_OPTION_KEEP_INTERVAL_NS, 44 * S, 45 * S},
    {HOST_OPTION_KEEP_COUNT, 46, 47},
    {HOST_OPTION_HOP_LIMIT, 48, 49},
    {HOST_OPTION_RECEIVE_BYTES, 0x10000, 0x18000},
    {HOST_OPTION_SEND_BYTES, 0x10000, 0x18000},
};

static void set_all(struct host_tcp *tcp, bool second) {
    for (size_t i = 0; i < ARRAY_LENGTH(options); i++)
        assert_host(
            host_tcp_option_set(tcp, options[i].option, second ? options[i].second : options[i].first), 0);
}

static void has_all(const struct host_tcp *tcp, bool second) {
    for (size_t i = 0; i < ARRAY_LENGTH(options); i++) {
        uint64_t value = 0, wanted = second ? options[i].second : options[i].first;
        assert_host(host_tcp_option_get(tcp, options[i].option, &value), 0);
        if (value != wanted)
            fail_msg("option %d is %llu, not %llu", options[i].option, (unsigned long long)value,
                     (unsigned long long)wanted);
    }
}

static void test_accepted_inherit(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    allow_loopback(&rig);
    EACH_FAMILY(family) {
        struct host_tcp *listener = new_tcp(&rig, family), *clients[3];
        for (size_t i = 0; i < ARRAY_LENGTH(clients); i++)
            clients[i] = new_tcp(&rig, family);
        set_all(listener, false); /* before it listens */
        union host_address there = listen_tcp(listener, loopback(family, 0));
        assert_host(connect_tcp(clients[0], there), 0);
        struct host_tcp *first = accept_tcp(listener);
        has_all(first, false);
        /* set while a connection waits to be accepted */
        assert_host(connect_tcp(clients[1], there), 0);
        assert_true(wait_ready(listener->file->fd, POLLIN));
        set_all(listener, true);
        struct host_tcp *second = accept_tcp(listener);
        has_all(second, true);
        has_all(first, false); /* those before are not touched */
        assert_host(connect_tcp(clients[2], there), 0);
        struct host_tcp *third = accept_tcp(listener);
        has_all(third, true);
        host_tcp_free(first);
        host_tcp_free(second);
        host_tcp_free(third);
        for (size_t i = 0; i < ARRAY_LENGTH(clients); i++)
            host_tcp_free(clients[i]);
        host_tcp_free(listener);
    }
    rig_done(&rig);
}

/* How many connections the queue takes (Linux: one more than asked for). */
static unsigned queue_takes(const union host_address *there) {
    enum { MOST = 16 };
    int fds[MOST];
    unsigned taken = 0;
    for (unsigned i = 0; i < MOST; i++) {
        fds[i] = socket(there->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        (void)!connect(fds[i], &there->any, host_address_size(there));
        struct pollfd look = {.fd = fds[i], .events = POLLOUT};
        taken += poll(&look, 1, 20) == 1;
    }
    for (unsigned i = 0; i < MOST; i++)
        fd_close(fds[i]);
    return taken;
}

static void test_backlog(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    allow_loopback(&rig);
    struct host_tcp *listener = new_tcp(&rig, AF_INET);
    assert_host(host_tcp_set_backlog(listener, 0), HOST_E_INVAL);
    assert_host(host_tcp_set_backlog(listener, UINT64_MAX), 0);
    assert_host(host_tcp_set_backlog(listener, 3), 0);
    union host_address there = listen_tcp(listener, loopback(AF_INET, 0));
    unsigned few = queue_takes(&there);
    assert_true(few >= 3 && few <= 5);
    struct host_tcp *accepted = NULL;
    while (host_tcp_accept(listener, &accepted) == 0)
        host_tcp_free(accepted);
    assert_host(host_tcp_set_backlog(listener, 64), 0); /* also while it listens */
    assert_int_equal(queue_takes(&there), 16);
    host_tcp_free(listener);
    rig_done(&rig);
}

/* --- grants --- */

static void test_grants_of_bind(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    allow(&rig, GRANT_CONNECT, "127.0.0.1:1-65535");
    union host_address there;
    rig.fds[0] = plain_listener(AF_INET, 8, &there);
    /* who may connect may come from any port the system chooses, not from one of its own choice */
    struct host_tcp *tcp = new_tcp(&rig, AF_INET);
    union host_address fixed = nobody(AF_INET);
    assert_host(host_tcp_start_bind(tcp, &fixed), HOST_E_NOTCAPABLE);
    assert_int_equal(rig.audit.action, GRANT_LISTEN);
    assert_int_equal(tcp->state, HOST_TCP_UNBOUND);
    bind_tcp(tcp, loopback(AF_INET, 0));
    /* nor listen there */
    assert_host(host_tcp_start_listen(tcp), HOST_E_NOTCAPABLE);
    assert_string_equal(rig.resource, "127.0.0.1:0");
    assert_int_equal(tcp->state, HOST_TCP_BOUND);
    assert_host(connect_tcp(tcp, there), 0);
    host_tcp_free(tcp);
    /* a grant to listen at a port is one to be bound to it, and no other */
    allow(&rig, GRANT_LISTEN, "127.0.0.1:0");
    char pattern[64];
    host_address_text(&fixed, pattern, sizeof(pattern));
    allow(&rig, GRANT_LISTEN, pattern);
    tcp = new_tcp(&rig, AF_INET);
    listen_tcp(tcp, fixed);
    host_tcp_free(tcp);
    tcp = new_tcp(&rig, AF_INET);
    listen_tcp(tcp, loopback(AF_INET, 0)); /* any free one */
    /* a grant that is revoked holds no longer: the connection stays in the queue */
    union host_address local;
    assert_host(host_tcp_local(tcp, &local), 0);
    rig.fds[1] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(rig.fds[1], &local.any, sizeof(local.v4)), 0);
    assert_true(wait_ready(tcp->file->fd, POLLIN));
    deny(&rig, GRANT_LISTEN, "127.0.0.1:*");
    struct host_tcp *accepted = NULL;
    assert_host(host_tcp_accept(tcp, &accepted), HOST_E_NOTCAPABLE);
    host_tcp_free(tcp);
    tcp = new_tcp(&rig, AF_INET);
    assert_host(host_tcp_start_bind(tcp, &fixed), HOST_E_NOTCAPABLE);
    host_tcp_free(tcp);
    rig_done(&rig);
}

/* Listening alone is no grant to connect, not even to be bound as who connects. */
static void test_listen_only(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    allow(&rig, GRANT_LISTEN, "127.0.0.1:8080");
    struct host_tcp *tcp = new_tcp(&rig, AF_INET);
    union host_address free_port = loopback(AF_INET, 0), there = loopback(AF_INET, 8080);
    assert_host(host_tcp_start_bind(tcp, &free_port), HOST_E_NOTCAPABLE);
    assert_host(host_tcp_start_connect(tcp, &there), HOST_E_NOTCAPABLE);
    host_tcp_free(tcp);
    rig_done(&rig);
}

/* Too many connections in a moment: refused, the socket stays as it was. */
static void test_rate(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    allow_loopback(&rig);
    union host_address there = nobody(AF_INET);
    unsigned refused = 0;
    for (int i = 0; i < LIMIT_CONNECT_BURST + 2000 && !refused; i++) {
        struct host_tcp *tcp = new_tcp(&rig, AF_INET);
        int r = host_tcp_start_connect(tcp, &there);
        if (r == HOST_E_MFILE) {
            refused++;
            assert_int_equal(tcp->state, HOST_TCP_UNBOUND);
        } else
            assert_host(r, 0);
        host_tcp_free(tcp);
    }
    assert_int_equal(refused, 1);
    assert_int_equal(rig.notices, 1);
    assert_int_equal(host_figures(rig.host).connects_refused, 1);
    rig_done(&rig);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_connection),  cmocka_unit_test(test_shutdown),
        cmocka_unit_test(test_reset),       cmocka_unit_test(test_gone_before_accept),
        cmocka_unit_test(test_waits),       cmocka_unit_test(test_accepted_inherit),
        cmocka_unit_test(test_backlog),     cmocka_unit_test(test_grants_of_bind),
        cmocka_unit_test(test_listen_only), cmocka_unit_test(test_rate),
    };
    return cmocka_run_group_tests(tests, rig_enter, rig_leave);
}
