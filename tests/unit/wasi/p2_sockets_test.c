/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* wasi:sockets over loopback: the guest is both sides, or speaks with sockets of the test. */
#include "wasi/p2/rig.h"

#include <arpa/inet.h>
#include <sys/socket.h>

enum { IPV4, IPV6 };
enum { RECEIVE, SEND, BOTH };

static struct rig rig;
static uint64_t network;

static int open_rig(void **state) {
    (void)state;
    static const char *const grants[] = {"connect=127.0.0.0/8:*", "listen=127.0.0.0/8:*", "udp=127.0.0.0/8:*",
                                         "connect=[::1]:*",       "listen=[::1]:*",       "resolve=*"};
    for (size_t i = 0; i < ARRAY_LENGTH(grants); i++)
        assert_done(grant_add_net(&rig.grants, grants[i], GRANT_BY_OPTION, reterr));
    rig_start(&rig, NULL, RIG_NO_DIR);
    network = call(&rig, "instance-network");
    return 0;
}

static int open_without_grants(void **state) {
    (void)state;
    rig_start(&rig, NULL, RIG_NO_DIR);
    network = call(&rig, "instance-network");
    return 0;
}

static int close_rig(void **state) {
    (void)state;
    rig_stop(&rig);
    return 0;
}

/* --- addresses --- */

#define LOOPBACK(port)  IPV4, (port), 127, 0, 0, 1, 0, 0, 0, 0, 0, 0
#define LOOPBACK6(port) IPV6, (port), 0, 0, 0, 0, 0, 0, 0, 0, 1, 0

/* An address that was given: 127.0.0.1. @return its port */
static uint16_t loopback_port(uint32_t where) {
    uint16_t port;
    assert_int_equal(u8_at(&rig, where), IPV4);
    memcpy(&port, at(&rig, where + 4), sizeof port);
    assert_memory_equal(at(&rig, where + 6), "\x7f\0\0\1", 4);
    return port;
}

static uint16_t local_port(const char *what, uint64_t socket) {
    call(&rig, what, socket, RET);
    assert_ok(&rig);
    return loopback_port(RET + 4);
}

/* --- TCP --- */

static uint64_t tcp_socket(unsigned family) {
    call(&rig, "create-tcp-socket", family, RET);
    assert_ok(&rig);
    return u32_at(&rig, RET + 4);
}

static void until_ready(const char *subscribe, uint64_t socket) {
    uint64_t some = call(&rig, subscribe, socket);
    call(&rig, "pollable.block", some);
    call(&rig, "drop pollable", some);
}

/* A listener of the guest's. @return its port */
static uint64_t listener(uint16_t *ret_port) {
    uint64_t socket = tcp_socket(IPV4);
    call(&rig, "tcp-socket.start-bind", socket, network, LOOPBACK(0), RET);
    assert_ok(&rig);
    call(&rig, "tcp-socket.finish-bind", socket, RET);
    assert_ok(&rig);
    call(&rig, "tcp-socket.start-listen", socket, RET);
    assert_ok(&rig);
    call(&rig, "tcp-socket.finish-listen", socket, RET);
    assert_ok(&rig);
    *ret_port = local_port("tcp-socket.local-address", socket);
    return socket;
}

struct connection {
    uint64_t socket, in, out;
};

static struct connection connected(uint16_t port) {
    struct connection c = {.socket = tcp_socket(IPV4)};
    call(&rig, "tcp-socket.start-connect", c.socket, network, LOOPBACK(port), RET);
    assert_ok(&rig);
    until_ready("tcp-socket.subscribe", c.socket);
    call(&rig, "tcp-socket.finish-connect", c.socket, RET);
    assert_ok(&rig);
    c.in = u32_at(&rig, RET + 4);
    c.out = u32_at(&rig, RET + 8);
    return c;
}

static struct connection accepted(uint64_t socket) {
    until_ready("tcp-socket.subscribe", socket);
    call(&rig, "tcp-socket.accept", socket, RET);
    assert_ok(&rig);
    return (struct connection){u32_at(&rig, RET + 4), u32_at(&rig, RET + 8), u32_at(&rig, RET + 12)};
}

static void send_text(const struct connection *c, const char *text) {
    call(&rig, "output-stream.blocking-write-and-flush", c->out, DATA, put(&rig, DATA, text), RET);
    assert_ok(&rig);
}

static void connections_are_made(void **state) {
    (void)state;
    uint16_t port;
    uint64_t socket = listener(&port);
    assert_int_equal(call(&rig, "tcp-socket.is-listening", socket), 1);
    call(&rig, "tcp-socket.accept", socket, RET);
    assert_socket_error(&rig, 4, "would-block");
    struct connection client = connected(port), server = accepted(socket);
    assert_int_equal(call(&rig, "tcp-socket.is-listening", client.socket), 0);
    assert_int_equal(call(&rig, "tcp-socket.address-family", server.socket), IPV4);
    call(&rig, "tcp-socket.remote-address", client.socket, RET);
    assert_int_equal(loopback_port(RET + 4), port);
    uint16_t from = local_port("tcp-socket.local-address", client.socket);
    call(&rig, "tcp-socket.remote-address", server.socket, RET);
    assert_int_equal(loopback_port(RET + 4), from);
    send_text(&client, "ping");
    call(&rig, "input-stream.blocking-read", server.in, 100, RET);
    assert_bytes_at(&rig, RET + 4, "ping");
    /* Streams outlive their socket. */
    call(&rig, "drop tcp-socket", server.socket);
    send_text(&server, "pong");
    call(&rig, "input-stream.blocking-read", client.in, 100, RET);
    assert_bytes_at(&rig, RET + 4, "pong");
    /* The other side ends: what it sent comes first. */
    send_text(&server, "bye");
    call(&rig, "drop output-stream", server.out);
    call(&rig, "drop input-stream", server.in);
    call(&rig, "input-stream.blocking-read", client.in, 100, RET);
    assert_bytes_at(&rig, RET + 4, "bye");
    call(&rig, "input-stream.blocking-read", client.in, 100, RET);
    assert_int_equal(u8_at(&rig, RET), 1);
    assert_int_equal(u8_at(&rig, RET + 4), 1);
}

static void connections_are_of_ipv6_too(void **state) {
    (void)state;
    uint64_t socket = tcp_socket(IPV6);
    assert_int_equal(call(&rig, "tcp-socket.address-family", socket), IPV6);
    call(&rig, "tcp-socket.start-bind", socket, network, LOOPBACK6(0), RET);
    if (u8_at(&rig, RET) == 0)
        call(&rig, "tcp-socket.finish-bind", socket, RET);
    if (u8_at(&rig, RET)) {
        print_message("no IPv6 here\n");
        return;
    }
    call(&rig, "tcp-socket.local-address", socket, RET);
    assert_ok(&rig);
    assert_int_equal(u8_at(&rig, RET + 4), IPV6);
    assert_memory_equal(at(&rig, RET + 16), "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0", 16);
}

static void shutdowns_close_streams(void **state) {
    (void)state;
    uint16_t port;
    uint64_t socket = listener(&port);
    struct connection client = connected(port), server = accepted(socket);
    send_text(&client, "last");
    call(&rig, "tcp-socket.shutdown", client.socket, SEND, RET);
    assert_ok(&rig);
    call(&rig, "output-stream.check-write", client.out, RET);
    assert_int_equal(u8_at(&rig, RET), 1);
    assert_int_equal(u8_at(&rig, RET + 8), 1);
    call(&rig, "output-stream.write", client.out, DATA, 1, RET);
    assert_int_equal(u8_at(&rig, RET), 1);
    assert_int_equal(call(&rig, "pollable.ready", call(&rig, "output-stream.subscribe", client.out)), 1);
    call(&rig, "input-stream.blocking-read", server.in, 100, RET);
    assert_bytes_at(&rig, RET + 4, "last");
    call(&rig, "input-stream.blocking-read", server.in, 100, RET);
    assert_int_equal(u8_at(&rig, RET), 1);
    send_text(&server, "still");
    call(&rig, "input-stream.blocking-read", client.in, 100, RET);
    assert_bytes_at(&rig, RET + 4, "still");
    send_text(&server, "discarded");
    call(&rig, "tcp-socket.shutdown", client.socket, BOTH, RET);
    assert_ok(&rig);
    call(&rig, "input-stream.read", client.in, 100, RET);
    assert_int_equal(u8_at(&rig, RET), 1);
    assert_int_equal(u8_at(&rig, RET + 4), 1);
    call(&rig, "tcp-socket.shutdown", client.socket, RECEIVE, RET);
    assert_ok(&rig); /* once more does nothing */
    call(&rig, "tcp-socket.shutdown", socket, RECEIVE, RET);
    assert_socket_error(&rig, 1, "invalid-state");
}

static void states_are_kept(void **state) {
    (void)state;
    uint64_t socket = tcp_socket(IPV4);
    call(&rig, "tcp-socket.finish-bind", socket, RET);
    assert_socket_error(&rig, 1, "not-in-progress");
    call(&rig, "tcp-socket.finish-connect", socket, RET);
    assert_socket_error(&rig, 4, "not-in-progress");
    call(&rig, "tcp-socket.finish-listen", socket, RET);
    assert_socket_error(&rig, 1, "not-in-progress");
    call(&rig, "tcp-socket.start-listen", socket, RET);
    assert_socket_error(&rig, 1, "invalid-state");
    call(&rig, "tcp-socket.accept", socket, RET);
    assert_socket_error(&rig, 4, "invalid-state");
    call(&rig, "tcp-socket.local-address", socket, RET);
    assert_socket_error(&rig, 4, "invalid-state");
    call(&rig, "tcp-socket.remote-address", socket, RET);
    assert_socket_error(&rig, 4, "invalid-state");
    call(&rig, "tcp-socket.start-bind", socket, network, LOOPBACK6(0), RET);
    assert_socket_error(&rig, 1, "invalid-argument");
    call(&rig, "tcp-socket.start-connect", socket, network, LOOPBACK(0), RET);
    assert_socket_error(&rig, 1, "invalid-argument");
    assert_int_equal(call(&rig, "pollable.ready", call(&rig, "tcp-socket.subscribe", socket)), 1);
}

static void a_refused_connection_says_so(void **state) {
    (void)state;
    uint16_t port;
    uint64_t gone = listener(&port), socket = tcp_socket(IPV4);
    call(&rig, "drop tcp-socket", gone);
    call(&rig, "tcp-socket.start-connect", socket, network, LOOPBACK(port), RET);
    assert_ok(&rig);
    until_ready("tcp-socket.subscribe", socket);
    call(&rig, "tcp-socket.finish-connect", socket, RET);
    assert_socket_error(&rig, 4, "connection-refused");
    call(&rig, "tcp-socket.finish-connect", socket, RET);
    assert_int_equal(u8_at(&rig, RET), 1);
}

static void an_address_is_taken_once(void **state) {
    (void)state;
    uint16_t port;
    listener(&port);
    uint64_t socket = tcp_socket(IPV4);
    call(&rig, "tcp-socket.start-bind", socket, network, LOOPBACK(port), RET);
    if (u8_at(&rig, RET) == 0)
        call(&rig, "tcp-socket.finish-bind", socket, RET);
    assert_socket_error(&rig, 1, "address-in-use");
}

/* Set, told again, and 0 refused.  @param offset  of the value in the result */
static void option_of(uint64_t socket, const char *kind, const char *name, uint64_t value, uint32_t offset) {
    char get[96], set[96];
    snprintf(get, sizeof get, "%s.%s", kind, name);
    snprintf(set, sizeof set, "%s.set-%s", kind, name);
    call(&rig, set, socket, value, RET);
    if (u8_at(&rig, RET))
        fail_msg("%s: %s", set, p2_socket_error_name(u8_at(&rig, RET + 1)));
    call(&rig, get, socket, RET);
    assert_ok(&rig);
    uint64_t told = offset == 1   ? u8_at(&rig, RET + 1)
                    : offset == 4 ? u32_at(&rig, RET + 4)
                                  : u64_at(&rig, RET + 8);
    if (told != value)
        fail_msg("%s: %llu", get, (unsigned long long)told);
    if (strcmp(name, "keep-alive-enabled") == 0)
        return;
    call(&rig, set, socket, 0, RET);
    assert_socket_error(&rig, 1, "invalid-argument");
}

static void options_are_set(void **state) {
    (void)state;
    uint64_t tcp = tcp_socket(IPV4);
    option_of(tcp, "tcp-socket", "keep-alive-enabled", 1, 1);
    option_of(tcp, "tcp-socket", "keep-alive-idle-time", 7000000000, 8);
    option_of(tcp, "tcp-socket", "keep-alive-interval", 3000000000, 8);
    option_of(tcp, "tcp-socket", "keep-alive-count", 5, 4);
    option_of(tcp, "tcp-socket", "hop-limit", 33, 1);
    option_of(tcp, "tcp-socket", "receive-buffer-size", 65536, 8);
    option_of(tcp, "tcp-socket", "send-buffer-size", 65536, 8);
    call(&rig, "tcp-socket.set-listen-backlog-size", tcp, 10, RET);
    assert_ok(&rig);
    call(&rig, "tcp-socket.set-listen-backlog-size", tcp, 0, RET);
    assert_socket_error(&rig, 1, "invalid-argument");
    call(&rig, "create-udp-socket", IPV4, RET);
    uint64_t udp = u32_at(&rig, RET + 4);
    option_of(udp, "udp-socket", "unicast-hop-limit", 44, 1);
    option_of(udp, "udp-socket", "receive-buffer-size", 65536, 8);
    option_of(udp, "udp-socket", "send-buffer-size", 65536, 8);
}

/* --- UDP --- */

struct datagrams {
    uint64_t socket, in, out;
    uint16_t port;
};

static struct datagrams bound_udp(void) {
    struct datagrams d;
    call(&rig, "create-udp-socket", IPV4, RET);
    assert_ok(&rig);
    d.socket = u32_at(&rig, RET + 4);
    call(&rig, "udp-socket.start-bind", d.socket, network, LOOPBACK(0), RET);
    assert_ok(&rig);
    until_ready("udp-socket.subscribe", d.socket);
    call(&rig, "udp-socket.finish-bind", d.socket, RET);
    assert_ok(&rig);
    d.port = local_port("udp-socket.local-address", d.socket);
    return d;
}

static void stream_with(struct datagrams *d, uint16_t port) {
    if (port)
        call(&rig, "udp-socket.stream", d->socket, 1, LOOPBACK(port), RET);
    else
        call(&rig, "udp-socket.stream", d->socket, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, RET);
    assert_ok(&rig);
    d->in = u32_at(&rig, RET + 4);
    d->out = u32_at(&rig, RET + 8);
}

/* An outgoing-datagram as the index-th of the list at MORE_AT. @param port  0: no address */
static void put_datagram(uint32_t index, uint32_t length, uint16_t port) {
    uint8_t *record = at(&rig, MORE_AT + 44 * index);
    const uint32_t data[2] = {DATA, length};
    memset(record, 0, 44);
    memcpy(record, data, sizeof data);
    record[8] = port != 0;
    record[12] = IPV4;
    memcpy(record + 16, &port, sizeof port);
    memcpy(record + 18, (const uint8_t[]){127, 0, 0, 1}, 4);
}

static uint64_t send_datagrams(const struct datagrams *d, uint32_t count) {
    call(&rig, "outgoing-datagram-stream.check-send", d->out, RET);
    assert_ok(&rig);
    assert_true(u64_at(&rig, RET + 8) >= count);
    call(&rig, "outgoing-datagram-stream.send", d->out, MORE_AT, count, RET);
    return u8_at(&rig, RET) ? 0 : u64_at(&rig, RET + 8);
}

static uint32_t receive_some(const struct datagrams *d, uint64_t most) {
    until_ready("incoming-datagram-stream.subscribe", d->in);
    call(&rig, "incoming-datagram-stream.receive", d->in, most, RET);
    assert_ok(&rig);
    return u32_at(&rig, RET + 8);
}

static void datagrams_are_exchanged(void **state) {
    (void)state;
    struct datagrams a = bound_udp(), b = bound_udp();
    stream_with(&a, 0);
    stream_with(&b, a.port);
    call(&rig, "udp-socket.remote-address", b.socket, RET);
    assert_int_equal(loopback_port(RET + 4), a.port);
    call(&rig, "udp-socket.remote-address", a.socket, RET);
    assert_socket_error(&rig, 4, "invalid-state");
    assert_int_equal(call(&rig, "udp-socket.address-family", a.socket), IPV4);
    call(&rig, "incoming-datagram-stream.receive", a.in, 10, RET);
    assert_ok(&rig);
    assert_int_equal(u32_at(&rig, RET + 8), 0);
    put(&rig, DATA, "datagram");
    put_datagram(0, 8, 0);
    put_datagram(1, 4, a.port);
    put_datagram(2, 0, 0);
    assert_int_equal(send_datagrams(&b, 3), 3);
    assert_int_equal(receive_some(&a, 0), 0);
    assert_int_equal(receive_some(&a, 2), 2);
    uint32_t list = u32_at(&rig, RET + 4);
    assert_bytes_at(&rig, list, "datagram");
    assert_int_equal(loopback_port(list + 8), b.port);
    assert_bytes_at(&rig, list + 40, "data");
    assert_int_equal(receive_some(&a, 100), 1);
    assert_int_equal(u32_at(&rig, u32_at(&rig, RET + 4) + 4), 0); /* an empty one is one */
    put_datagram(0, 3, b.port);
    assert_int_equal(send_datagrams(&a, 1), 1);
    assert_int_equal(receive_some(&b, UINT64_MAX), 1);
    assert_bytes_at(&rig, u32_at(&rig, RET + 4), "dat");
}

static void sends_are_permitted(void **state) {
    (void)state;
    struct datagrams a = bound_udp();
    stream_with(&a, a.port);
    put_datagram(0, 1, 0);
    assert_int_equal(send_datagrams(&a, 1), 1);
    call(&rig, "outgoing-datagram-stream.send", a.out, MORE_AT, 0, RET);
    assert_ok(&rig);
    traps(&rig, "send-beyond-permit", "outgoing-datagram-stream.send", a.out, MORE_AT, 1, RET);
}

static void sends_are_checked(void **state) {
    (void)state;
    struct datagrams a = bound_udp();
    stream_with(&a, 0);
    put_datagram(0, 1, 0); /* to nobody */
    assert_int_equal(send_datagrams(&a, 1), 0);
    assert_socket_error(&rig, 8, "invalid-argument");
    put_datagram(0, 65536, a.port);
    assert_int_equal(send_datagrams(&a, 1), 0);
    assert_socket_error(&rig, 8, "datagram-too-large");
    put_datagram(0, 1, a.port);
    put_datagram(1, 1, 0);
    assert_int_equal(send_datagrams(&a, 2), 1); /* to the first that fails */
    stream_with(&a, a.port);
    put_datagram(0, 1, (uint16_t)(a.port ^ 1));
    assert_int_equal(send_datagrams(&a, 1), 0);
    assert_socket_error(&rig, 8, "invalid-argument");
    traps(&rig, "list-out-of-bounds", "outgoing-datagram-stream.send", a.out, 0xfffffff0, 16, RET);
}

static void earlier_streams_are_dead(void **state) {
    (void)state;
    struct datagrams old = bound_udp();
    stream_with(&old, 0);
    struct datagrams new = old;
    uint64_t some = call(&rig, "incoming-datagram-stream.subscribe", old.in);
    assert_int_equal(call(&rig, "pollable.ready", some), 0);
    stream_with(&new, new.port);
    assert_int_equal(call(&rig, "pollable.ready", some), 1);
    call(&rig, "incoming-datagram-stream.receive", old.in, 1, RET);
    assert_socket_error(&rig, 4, "invalid-state");
    call(&rig, "outgoing-datagram-stream.check-send", old.out, RET);
    assert_socket_error(&rig, 8, "invalid-state");
    /* And the socket may go before its streams. */
    call(&rig, "drop udp-socket", new.socket);
    put_datagram(0, 1, 0);
    assert_int_equal(send_datagrams(&new, 1), 1);
    assert_int_equal(receive_some(&new, 1), 1);
    assert_int_equal(call(&rig, "pollable.ready", call(&rig, "outgoing-datagram-stream.subscribe", new.out)),
                     1);
}

static void udp_states_are_kept(void **state) {
    (void)state;
    call(&rig, "create-udp-socket", IPV4, RET);
    uint64_t socket = u32_at(&rig, RET + 4);
    call(&rig, "udp-socket.finish-bind", socket, RET);
    assert_socket_error(&rig, 1, "not-in-progress");
    call(&rig, "udp-socket.local-address", socket, RET);
    assert_socket_error(&rig, 4, "invalid-state");
    call(&rig, "udp-socket.stream", socket, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, RET);
    assert_socket_error(&rig, 4, "invalid-state");
}

/* --- names --- */

static void addresses_are_names_of_themselves(void **state) {
    (void)state;
    call(&rig, "resolve-addresses", network, TEXT_AT, put(&rig, TEXT_AT, "192.0.2.33"), RET);
    assert_ok(&rig);
    uint64_t stream = u32_at(&rig, RET + 4);
    call(&rig, "pollable.block", call(&rig, "resolve-address-stream.subscribe", stream));
    call(&rig, "resolve-address-stream.resolve-next-address", stream, RET);
    assert_ok(&rig);
    assert_int_equal(u8_at(&rig, RET + 2), 1);
    assert_int_equal(u8_at(&rig, RET + 4), IPV4);
    assert_memory_equal(at(&rig, RET + 6), "\300\0\2\41", 4);
    call(&rig, "resolve-address-stream.resolve-next-address", stream, RET);
    assert_ok(&rig);
    assert_int_equal(u8_at(&rig, RET + 2), 0);
    call(&rig, "resolve-addresses", network, TEXT_AT, put(&rig, TEXT_AT, "2001:db8::7"), RET);
    stream = u32_at(&rig, RET + 4);
    call(&rig, "resolve-address-stream.resolve-next-address", stream, RET);
    assert_int_equal(u8_at(&rig, RET + 4), IPV6);
    assert_memory_equal(at(&rig, RET + 6), "\1\x20\xb8\x0d\0\0\0\0\0\0\0\0\0\0\7\0", 16);
    call(&rig, "resolve-addresses", network, TEXT_AT, put(&rig, TEXT_AT, "no name"), RET);
    assert_socket_error(&rig, 4, "invalid-argument");
    call(&rig, "resolve-addresses", network, TEXT_AT, 0, RET);
    assert_socket_error(&rig, 4, "invalid-argument");
}

/* --- grants --- */

static void nothing_was_granted(void **state) {
    (void)state;
    /* A socket is given, so that what is refused is the address that it was for. */
    uint64_t tcp = tcp_socket(IPV4);
    call(&rig, "tcp-socket.start-connect", tcp, network, IPV4, 80, 9, 9, 9, 9, 0, 0, 0, 0, 0, 0, RET);
    assert_socket_error(&rig, 1, "access-denied");
    call(&rig, "tcp-socket.start-bind", tcp, network, IPV4, 80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, RET);
    assert_socket_error(&rig, 1, "access-denied");
    struct datagrams a = bound_udp();
    stream_with(&a, 0);
    put_datagram(0, 1, 9);
    assert_int_equal(send_datagrams(&a, 1), 0);
    assert_socket_error(&rig, 8, "access-denied");
    call(&rig, "resolve-addresses", network, TEXT_AT, put(&rig, TEXT_AT, "example.com"), RET);
    assert_socket_error(&rig, 4, "access-denied");
    assert_true(rig.denied > 0);
    assert_int_equal(host_figures(wasi_p2_host(rig.wasi)).files_open,
                     6); /* standard streams, the denied root, two sockets without descriptors */
}

static void addresses_are_granted(void **state) {
    (void)state;
    uint64_t socket = tcp_socket(IPV4);
    call(&rig, "tcp-socket.start-connect", socket, network, IPV4, 80, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, RET);
    assert_socket_error(&rig, 1, "access-denied");
    call(&rig, "tcp-socket.start-bind", socket, network, IPV4, 80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, RET);
    assert_socket_error(&rig, 1, "access-denied");
    assert_int_equal(rig.denied, 2);
    struct datagrams a = bound_udp();
    stream_with(&a, 0);
    put_datagram(0, 1, 9);
    memcpy(at(&rig, MORE_AT + 18), (const uint8_t[]){10, 0, 0, 1}, 4);
    assert_int_equal(send_datagrams(&a, 1), 0);
    assert_socket_error(&rig, 8, "access-denied");
}

/* --- freed in the middle --- */

static void freed_while_it_waits(void **state) {
    (void)state;
    uint16_t port;
    uint64_t socket = listener(&port);
    struct connection client = connected(port);
    (void)accepted(socket);
    struct datagrams a = bound_udp();
    stream_with(&a, 0);
    put_u32(&rig, DATA, (uint32_t)call(&rig, "tcp-socket.subscribe", socket));
    put_u32(&rig, DATA + 4, (uint32_t)call(&rig, "input-stream.subscribe", client.in));
    put_u32(&rig, DATA + 8, (uint32_t)call(&rig, "incoming-datagram-stream.subscribe", a.in));
    begin(&rig, "poll", DATA, 3, RET);
    rig_turn(10);
    assert_false(rig.done);
}

#define WITH_RIG(test) cmocka_unit_test_setup_teardown(test, open_rig, close_rig)
int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_RIG(connections_are_made),
        WITH_RIG(connections_are_of_ipv6_too),
        WITH_RIG(shutdowns_close_streams),
        WITH_RIG(states_are_kept),
        WITH_RIG(a_refused_connection_says_so),
        WITH_RIG(an_address_is_taken_once),
        WITH_RIG(options_are_set),
        WITH_RIG(datagrams_are_exchanged),
        WITH_RIG(sends_are_permitted),
        WITH_RIG(sends_are_checked),
        WITH_RIG(earlier_streams_are_dead),
        WITH_RIG(udp_states_are_kept),
        WITH_RIG(addresses_are_names_of_themselves),
        cmocka_unit_test_setup_teardown(nothing_was_granted, open_without_grants, close_rig),
        WITH_RIG(addresses_are_granted),
        WITH_RIG(freed_while_it_waits),
    };
    return cmocka_run_group_tests(tests, rig_open, rig_close);
}
