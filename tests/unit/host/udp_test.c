/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* UDP sockets of guests over the loopback: states, errors, one peer and many, batches, what is dropped. */
#include "net_rig.h"

#include "base/limits.h"

#define INVALID HOST_UDP_INVALID_STATE
#define NOTHING HOST_UDP_NOT_IN_PROGRESS

/* --- datagrams --- */

#define SLOT_BYTES 2048
static char slots[HOST_UDP_BATCH][SLOT_BYTES];

static size_t receive(struct host_udp *udp, struct host_datagram *got, size_t count) {
    size_t n = 99;
    for (size_t i = 0; i < count; i++) {
        memset(slots[i], '#', SLOT_BYTES);
        got[i] = (struct host_datagram){.bytes = {slots[i], SLOT_BYTES}};
    }
    assert_host(host_udp_receive(udp, got, count, &n), 0);
    assert_true(n <= count);
    return n;
}

static struct host_datagram datagram(const char *text, const union host_address *to) {
    struct host_datagram d = {.bytes = {(void *)(uintptr_t)text, strlen(text)}};
    if (to)
        d.address = *to;
    return d;
}

static int send_one(struct host_udp *udp, const char *text, const union host_address *to) {
    struct host_datagram one = datagram(text, to);
    size_t n = 99;
    int r = host_udp_send(udp, &one, 1, &n);
    assert_int_equal(n, r == 0);
    return r;
}

/* A datagram of a plain socket. */
static void plain_send(int fd, const char *text, const union host_address *to) {
    assert_int_equal(sendto(fd, text, strlen(text), 0, &to->any, host_address_size(to)), strlen(text));
}

static void assert_datagram(const struct host_datagram *d, const char *text, const union host_address *from) {
    if (d->bytes.iov_len != strlen(text) || memcmp(d->bytes.iov_base, text, strlen(text)) != 0)
        fail_msg("'%.*s', not '%s'", (int)d->bytes.iov_len, (const char *)d->bytes.iov_base, text);
    assert_true(host_address_equal(&d->address, from));
}

/* --- each call in each state --- */

enum { UNBOUND, BINDING, BOUND, STREAMING, CONNECTED, STATES };

static union host_address other;

static struct host_udp *in_state(struct rig *rig, int family, int state) {
    struct host_udp *udp = new_udp(rig, family);
    union host_address local = loopback(family, 0);
    if (state == BINDING)
        assert_host(host_udp_start_bind(udp, &local), 0);
    if (state >= BOUND)
        bind_udp(udp, local);
    if (state >= STREAMING)
        assert_host(host_udp_connect(udp, state == CONNECTED ? &other : NULL), 0);
    return udp;
}

static int call_start_bind(struct host_udp *udp) {
    union host_address local = loopback(udp->family, 0);
    return host_udp_start_bind(udp, &local);
}
static int call_stream(struct host_udp *udp) {
    return host_udp_connect(udp, NULL);
}
static int call_stream_with(struct host_udp *udp) {
    return host_udp_connect(udp, &other);
}
static int call_local(struct host_udp *udp) {
    union host_address address;
    int r = host_udp_local(udp, &address);
    if (r == 0)
        assert_int_not_equal(port_of(&address), 0);
    return r;
}
static int call_remote(struct host_udp *udp) {
    union host_address address;
    int r = host_udp_remote(udp, &address);
    if (r == 0)
        assert_true(host_address_equal(&address, &other));
    return r;
}
static int call_set(struct host_udp *udp) {
    return host_udp_option_set(udp, HOST_OPTION_HOP_LIMIT, 9);
}
static int call_get(struct host_udp *udp) {
    uint64_t value;
    return host_udp_option_get(udp, HOST_OPTION_SEND_BYTES, &value);
}
static int call_size(struct host_udp *udp) {
    size_t size;
    return host_udp_next_size(udp, &size);
}
static int call_receive(struct host_udp *udp) {
    struct host_datagram d = {.bytes = {slots[0], SLOT_BYTES}};
    size_t n = 0;
    int r = host_udp_receive(udp, &d, 1, &n);
    assert_int_equal(n, 0);
    return r;
}
static int call_send(struct host_udp *udp) {
    struct host_datagram d = datagram("x", &other);
    size_t n = 0;
    return host_udp_send(udp, &d, 1, &n);
}

static void test_each_call_in_each_state(void **state) {
    (void)state;
    static const struct {
        const char *name;
        int (*call)(struct host_udp *udp);
        int answers[STATES];
    } calls[] = {
        {"start-bind", call_start_bind, {0, HOST_E_ALREADY, INVALID, INVALID, INVALID}},
        {"finish-bind", host_udp_finish_bind, {NOTHING, 0, NOTHING, NOTHING, NOTHING}},
        {"stream", call_stream, {INVALID, INVALID, 0, 0, 0}},
        {"stream with a peer", call_stream_with, {INVALID, INVALID, 0, 0, 0}},
        {"local-address", call_local, {INVALID, INVALID, 0, 0, 0}},
        {"remote-address", call_remote, {INVALID, INVALID, INVALID, INVALID, 0}},
        {"set-unicast-hop-limit", call_set, {0, 0, 0, 0, 0}},
        {"send-buffer-size", call_get, {0, 0, 0, 0, 0}},
        {"next size", call_size, {INVALID, INVALID, HOST_E_AGAIN, HOST_E_AGAIN, HOST_E_AGAIN}},
        {"receive", call_receive, {INVALID, INVALID, 0, 0, 0}},
        {"send", call_send, {INVALID, INVALID, 0, 0, 0}},
    };
    struct rig rig;
    rig_init(&rig, 0);
    allow_loopback(&rig);
    EACH_FAMILY(family) {
        union host_address local = loopback(family, 0);
        rig.fds[0] = plain_socket(SOCK_DGRAM, &local, &other);
        for (size_t c = 0; c < ARRAY_LENGTH(calls); c++)
            for (int s = 0; s < STATES; s++) {
                struct host_udp *udp = in_state(&rig, family, s);
                int r = calls[c].call(udp);
                if (r != calls[c].answers[s])
                    fail_msg("%s in state %d: %s, not %s", calls[c].name, s, host_error_words(r),
                             host_error_words(calls[c].answers[s]));
                host_udp_free(udp);
            }
        rig.fds[0] = fd_close(rig.fds[0]);
    }
    rig_done(&rig);
}

/* --- errors --- */

static int bind_of(struct rig *rig, int family, union host_address local) {
    struct host_udp *udp = new_udp(rig, family);
    int r = host_udp_start_bind(udp, &local);
    if (r == 0)
        r = host_udp_finish_bind(udp);
    assert_int_equal(udp->state, r ? HOST_UDP_UNBOUND : HOST_UDP_BOUND);
    host_udp_free(udp);
    return r;
}

static void test_bind_errors(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    allow_loopback(&rig);
    allow(&rig, GRANT_LISTEN, "203.0.113.7:9");
    allow(&rig, GRANT_LISTEN, "0.0.0.0:*");
    assert_host(bind_of(&rig, AF_INET, at("[::1]:0")), HOST_E_INVAL);
    assert_host(bind_of(&rig, AF_INET, at("203.0.113.7:9")), HOST_E_ADDRNOTAVAIL);
    assert_host(bind_of(&rig, AF_INET, at("224.0.0.1:9")), HOST_E_NOTCAPABLE);
    assert_host(bind_of(&rig, AF_INET, at("0.0.0.0:0")), 0);
    assert_host(bind_of(&rig, AF_INET, at("8.8.8.8:53")), HOST_E_NOTCAPABLE);
    assert_int_equal(rig.audit.action, GRANT_LISTEN);
    EACH_FAMILY(family) {
        struct host_udp *one = new_udp(&rig, family), *two = new_udp(&rig, family);
        union host_address local = bind_udp(one, loopback(family, 0));
        assert_host(host_udp_start_bind(two, &local), 0);
        assert_host(host_udp_finish_bind(two), HOST_E_ADDRINUSE);
        bind_udp(two, loopback(family, 0)); /* and again, elsewhere */
        host_udp_free(one);
        host_udp_free(two);
        if (family == AF_INET6)
            assert_host(bind_of(&rig, family, at("[::ffff:127.0.0.1]:0")), HOST_E_INVAL);
    }
    rig_done(&rig);
}

static void test_peer_errors(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    allow_loopback(&rig);
    allow(&rig, GRANT_UDP, "0.0.0.0:*");
    allow(&rig, GRANT_UDP, "255.255.255.255:*");
    struct host_udp *udp = new_udp(&rig, AF_INET);
    bind_udp(udp, loopback(AF_INET, 0));
    static const struct {
        const char *to;
        int r;
    } rows[] = {
        {"0.0.0.0:80", HOST_E_INVAL},         {"127.0.0.1:0", HOST_E_INVAL},
        {"[::1]:80", HOST_E_INVAL},           {"8.8.8.8:53", HOST_E_NOTCAPABLE},
        {"255.255.255.255:80", HOST_E_ACCES}, {"127.0.0.1:9", 0},
        {"169.254.1.1:5", HOST_E_NOTCAPABLE},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        union host_address to = at(rows[i].to);
        int r = send_one(udp, "x", &to);
        /* bound to the loopback, there may be no way to send a broadcast at all */
        if (r != rows[i].r && !(rows[i].r == HOST_E_ACCES && r != 0))
            fail_msg("sending to %s: %s", rows[i].to, host_error_words(r));
        uint32_t generation = udp->generation;
        r = host_udp_connect(udp, &to);
        if (r != rows[i].r && !(rows[i].r == HOST_E_ACCES && r != 0))
            fail_msg("a stream with %s: %s", rows[i].to, host_error_words(r));
        if (r == 0 || r == HOST_E_ACCES)
            assert_int_not_equal(udp->generation, generation);
        assert_host(host_udp_connect(udp, NULL), 0);
    }
    assert_host(send_one(udp, "x", NULL), HOST_E_INVAL); /* to whom? */
    host_udp_free(udp);
    if (has_ipv6()) {
        udp = new_udp(&rig, AF_INET6);
        bind_udp(udp, loopback(AF_INET6, 0));
        union host_address mapped = at("[::ffff:127.0.0.1]:80"), any = at("[::]:80"),
                           four = at("127.0.0.1:80");
        assert_host(host_udp_connect(udp, &mapped), HOST_E_INVAL);
        assert_host(host_udp_connect(udp, &any), HOST_E_INVAL);
        assert_host(host_udp_connect(udp, &four), HOST_E_INVAL);
        assert_host(send_one(udp, "x", &mapped), HOST_E_INVAL);
        host_udp_free(udp);
    }
    rig_done(&rig);
}

/* --- many peers --- */

static void test_many_peers(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    allow_loopback(&rig);
    EACH_FAMILY(family) {
        struct host_udp *udp = new_udp(&rig, family);
        union host_address here = bind_udp(udp, loopback(family, 0)), one, two, local = loopback(family, 0);
        assert_host(host_udp_connect(udp, NULL), 0);
        rig.fds[0] = plain_socket(SOCK_DGRAM, &local, &one);
        rig.fds[1] = plain_socket(SOCK_DGRAM, &local, &two);
        /* out: to two peers in one batch */
        struct host_datagram batch[4] = {datagram("first", &one), datagram("second", &two),
                                         datagram("", &one), datagram("third", &one)};
        size_t n = 0;
        assert_host(host_udp_send(udp, batch, 4, &n), 0);
        assert_int_equal(n, 4);
        char text[16];
        assert_int_equal(recv(rig.fds[0], text, 16, 0), 5);
        assert_memory_equal(text, "first", 5);
        assert_int_equal(recv(rig.fds[0], text, 16, 0), 0);
        assert_int_equal(recv(rig.fds[0], text, 16, 0), 5);
        assert_int_equal(recv(rig.fds[1], text, 16, 0), 6);
        /* in: nothing, then in order, with their senders */
        struct host_datagram got[4];
        assert_int_equal(receive(udp, got, 4), 0);
        plain_send(rig.fds[0], "ping", &here);
        plain_send(rig.fds[1], "pong", &here);
        plain_send(rig.fds[0], "", &here);
        size_t size = 99;
        assert_host(host_udp_next_size(udp, &size), 0);
        assert_int_equal(size, 4);
        assert_host(host_udp_next_size(udp, &size), 0); /* it is still there */
        assert_int_equal(receive(udp, got, 4), 3);
        assert_datagram(&got[0], "ping", &one);
        assert_datagram(&got[1], "pong", &two);
        assert_datagram(&got[2], "", &one);
        assert_host(host_udp_next_size(udp, &size), HOST_E_AGAIN);
        /* no more than asked for */
        plain_send(rig.fds[0], "a", &here);
        plain_send(rig.fds[0], "b", &here);
        assert_int_equal(receive(udp, got, 1), 1);
        assert_datagram(&got[0], "a", &one);
        /* into less than it is long: cut */
        got[0] = (struct host_datagram){.bytes = {slots[0], 2}};
        plain_send(rig.fds[0], "longer", &here);
        assert_int_equal(receive(udp, got, 1), 1);
        got[0] = (struct host_datagram){.bytes = {slots[0], 2}};
        assert_host(host_udp_receive(udp, got, 1, &n), 0);
        assert_int_equal(n, 1);
        assert_datagram(&got[0], "lo", &one);
        host_udp_free(udp);
        rig.fds[0] = fd_close(rig.fds[0]);
        rig.fds[1] = fd_close(rig.fds[1]);
    }
    rig_done(&rig);
}

/* The first that fails ends a batch; its error is told only where nothing went before. */
static void test_batches(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    allow_loopback(&rig);
    union host_address local = loopback(AF_INET, 0), to, bad = at("127.0.0.1:0"), far = at("8.8.8.8:53");
    rig.fds[0] = plain_socket(SOCK_DGRAM, &local, &to);
    struct host_udp *udp = new_udp(&rig, AF_INET);
    bind_udp(udp, loopback(AF_INET, 0));
    struct host_datagram batch[HOST_UDP_BATCH + 4];
    for (size_t i = 0; i < ARRAY_LENGTH(batch); i++)
        batch[i] = datagram("x", &to);
    size_t n = 0;
    assert_host(host_udp_send(udp, batch, 0, &n), 0);
    assert_int_equal(n, 0);
    assert_host(host_udp_send(udp, batch, ARRAY_LENGTH(batch), &n), 0);
    assert_int_equal(n, HOST_UDP_BATCH); /* more than a batch is for the next call */
    batch[3] = datagram("x", &bad);
    assert_host(host_udp_send(udp, batch, 8, &n), 0);
    assert_int_equal(n, 3);
    assert_host(host_udp_send(udp, batch + 3, 8, &n), HOST_E_INVAL);
    assert_int_equal(n, 0);
    batch[3] = datagram("x", &far);
    assert_host(host_udp_send(udp, batch, 8, &n), 0);
    assert_int_equal(n, 3);
    assert_int_equal(rig.audits, 1);
    assert_host(host_udp_send(udp, batch + 3, 8, &n), HOST_E_NOTCAPABLE);
    /* too long for the protocol, and for anybody */
    static char large[HOST_UDP_BYTES + 1];
    struct host_datagram long_one = {.bytes = {large, 65508}, .address = to};
    assert_host(host_udp_send(udp, &long_one, 1, &n), HOST_E_MSGSIZE);
    long_one.bytes.iov_len = sizeof(large);
    assert_host(host_udp_send(udp, &long_one, 1, &n), HOST_E_MSGSIZE);
    long_one.bytes.iov_len = 65507;
    assert_host(host_udp_option_set(udp, HOST_OPTION_SEND_BYTES, 200000), 0);
    assert_host(host_udp_send(udp, &long_one, 1, &n), 0);
    assert_int_equal(n, 1);
    host_udp_free(udp);
    rig_done(&rig);
}

/* A queue that is full is no error: nothing went, ask again. */
static void test_no_room(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    allow_loopback(&rig);
    /* a pair of sockets of the system stands for a slow network: loopback never is one */
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
    struct host_udp *udp = new_udp(&rig, AF_INET);
    bind_udp(udp, loopback(AF_INET, 0));
    union host_address to = at("127.0.0.1:9");
    assert_host(host_udp_connect(udp, &to), 0);
    assert_int_equal(dup2(pair[0], udp->file->fd), udp->file->fd);
    close(pair[0]);
    size_t n = 1;
    unsigned sent = 0;
    udp->file->event.ready = BOTH;
    for (; n > 0 && sent < 100000; sent += (unsigned)n) {
        struct host_datagram one = datagram("x", NULL);
        assert_host(host_udp_send(udp, &one, 1, &n), 0);
    }
    assert_int_equal(n, 0);
    assert_int_equal(udp->file->event.ready, HOST_READ); /* it is waited for */
    host_udp_free(udp);
    close(pair[1]);
    rig_done(&rig);
}

/* --- one peer --- */

static void test_one_peer(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    allow_loopback(&rig);
    EACH_FAMILY(family) {
        struct host_udp *udp = new_udp(&rig, family);
        union host_address here = bind_udp(udp, loopback(family, 0)), one, two, local = loopback(family, 0);
        rig.fds[0] = plain_socket(SOCK_DGRAM, &local, &one);
        rig.fds[1] = plain_socket(SOCK_DGRAM, &local, &two);
        struct host_datagram got[4];
        char text[16];
        /* what came before from others is not the peer's */
        plain_send(rig.fds[1], "before", &here);
        plain_send(rig.fds[0], "early", &here);
        assert_host(host_udp_connect(udp, &one), 0);
        size_t size = 0;
        assert_host(host_udp_next_size(udp, &size), 0);
        assert_int_equal(size, 5);
        assert_int_equal(receive(udp, got, 4), 1);
        assert_datagram(&got[0], "early", &one);
        plain_send(rig.fds[1], "stranger", &here);
        plain_send(rig.fds[0], "peer", &here);
        assert_int_equal(receive(udp, got, 4), 1);
        assert_datagram(&got[0], "peer", &one);
        assert_int_equal(host_figures(rig.host).datagrams_dropped, 0); /* nobody's fault */
        assert_host(send_one(udp, "to it", NULL), 0);
        assert_host(send_one(udp, "to it", &one), 0);
        assert_host(send_one(udp, "to it", &two), HOST_E_INVAL);
        assert_int_equal(recv(rig.fds[0], text, 16, 0), 5);
        assert_int_equal(recv(rig.fds[0], text, 16, 0), 5);
        assert_true(recv(rig.fds[1], text, 16, MSG_DONTWAIT) < 0);
        /* another peer, then anybody: the same port, another generation */
        uint32_t generation = udp->generation;
        union host_address now;
        assert_host(host_udp_connect(udp, &two), 0);
        assert_int_not_equal(udp->generation, generation);
        assert_host(host_udp_remote(udp, &now), 0);
        assert_true(host_address_equal(&now, &two));
        assert_host(host_udp_local(udp, &now), 0);
        assert_true(host_address_equal(&now, &here));
        plain_send(rig.fds[1], "second", &here);
        assert_int_equal(receive(udp, got, 4), 1);
        assert_datagram(&got[0], "second", &two);
        generation = udp->generation;
        assert_host(host_udp_connect(udp, NULL), 0);
        assert_int_not_equal(udp->generation, generation);
        assert_host(host_udp_remote(udp, &now), INVALID);
        assert_host(host_udp_local(udp, &now), 0);
        assert_true(host_address_equal(&now, &here));
        plain_send(rig.fds[0], "anybody", &here);
        assert_int_equal(receive(udp, got, 4), 1);
        assert_datagram(&got[0], "anybody", &one);
        host_udp_free(udp);
        rig.fds[0] = fd_close(rig.fds[0]);
        rig.fds[1] = fd_close(rig.fds[1]);
    }
    rig_done(&rig);
}

/* Bound to any address and a free port: Linux forgets both with the peer, the socket does not. */
static void test_port_stays(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    allow_loopback(&rig);
    allow(&rig, ANY_NET, "0.0.0.0:*");
    union host_address local = loopback(AF_INET, 0), peer, now;
    rig.fds[0] = plain_socket(SOCK_DGRAM, &local, &peer);
    struct host_udp *udp = new_udp(&rig, AF_INET);
    union host_address here = bind_udp(udp, at("0.0.0.0:0"));
    assert_true(host_address_is_any(&here));
    for (int i = 0; i < 3; i++) {
        assert_host(host_udp_connect(udp, &peer), 0);
        assert_host(host_udp_local(udp, &now), 0);
        assert_int_equal(port_of(&now), port_of(&here));
        assert_false(host_address_is_any(&now)); /* it may be updated by the way to the peer */
        assert_host(host_udp_connect(udp, NULL), 0);
        assert_host(host_udp_local(udp, &now), 0);
        assert_true(host_address_equal(&now, &here));
    }
    struct host_datagram got[1];
    union host_address to = with_port(loopback(AF_INET, 0), port_of(&here));
    plain_send(rig.fds[0], "still", &to);
    assert_int_equal(receive(udp, got, 1), 1);
    assert_datagram(&got[0], "still", &peer);
    host_udp_free(udp);
    rig_done(&rig);
}

static void test_refused(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    allow_loopback(&rig);
    union host_address local = loopback(AF_INET, 0), gone;
    fd_close(plain_socket(SOCK_DGRAM, &local, &gone));
    struct host_udp *udp = new_udp(&rig, AF_INET);
    bind_udp(udp, loopback(AF_INET, 0));
    assert_host(host_udp_connect(udp, &gone), 0);
    size_t n;
    struct host_datagram d = {.bytes = {slots[0], SLOT_BYTES}};
    assert_host(send_one(udp, "x", NULL), 0);
    assert_host(host_udp_receive(udp, &d, 1, &n), HOST_E_CONNREFUSED);
    assert_host(host_udp_receive(udp, &d, 1, &n), 0); /* told once */
    assert_int_equal(n, 0);
    assert_host(send_one(udp, "x", NULL), 0);
    assert_host(send_one(udp, "x", NULL), HOST_E_CONNREFUSED);
    assert_host(send_one(udp, "x", NULL), 0);
    assert_host(host_udp_next_size(udp, &n), HOST_E_CONNREFUSED);
    /* to many peers nobody is refused */
    assert_host(host_udp_connect(udp, NULL), 0);
    assert_host(send_one(udp, "x", &gone), 0);
    assert_host(host_udp_receive(udp, &d, 1, &n), 0);
    host_udp_free(udp);
    rig_done(&rig);
}

static void unreachable(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    allow_loopback(&rig);
    allow(&rig, ANY_NET, "0.0.0.0:*");
    struct host_udp *udp = new_udp(&rig, AF_INET);
    bind_udp(udp, at("0.0.0.0:0"));
    union host_address to = at("127.0.0.1:9");
    assert_host(send_one(udp, "x", &to), HOST_E_NETUNREACH);
    assert_host(host_udp_connect(udp, &to), HOST_E_NETUNREACH);
    assert_false(udp->connected);
    host_udp_free(udp);
    rig_done(&rig);
}

static void test_unreachable(void **state) {
    (void)state;
    in_empty_network(unreachable);
}

/* --- readiness --- */

static union host_address later_to;

static void later_send(struct rig *rig) {
    plain_send(rig->fds[0], "late", &later_to);
}

static void test_waits(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    allow_loopback(&rig);
    union host_address local = loopback(AF_INET, 0), peer;
    rig.fds[0] = plain_socket(SOCK_DGRAM, &local, &peer);
    struct host_udp *udp = new_udp(&rig, AF_INET);
    struct host_event *event = &udp->file->event;
    assert_int_equal(host_event_ready(event, BOTH), HOST_WRITE);
    later_to = bind_udp(udp, loopback(AF_INET, 0));
    struct host_datagram got[4];
    for (int i = 0; i < 3; i++) {
        assert_int_equal(receive(udp, got, 4), 0);
        rig_later(&rig, 10, later_send);
        assert_host(host_wait_event(event, HOST_READ), 0);
        assert_int_equal(receive(udp, got, 1 + (size_t)i), 1);
        assert_datagram(&got[0], "late", &peer);
        assert_int_equal(host_event_ready(event, BOTH), HOST_WRITE);
    }
    /* what is left is still ready */
    later_send(&rig);
    later_send(&rig);
    for (int i = 0; i < 2; i++) {
        assert_host(host_wait_event(event, HOST_READ), 0);
        assert_int_equal(receive(udp, got, 1), 1);
    }
    rig_later(&rig, 10, rig_stop);
    assert_host(host_wait_event(event, HOST_READ), HOST_STOP);
    rig.stop = false;
    host_udp_free(udp);
    rig_done(&rig);
}

/* --- grants --- */

/* A client hears whom it may speak to; what strangers send is not even left in its memory. */
static void test_strangers_are_not_heard(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    union host_address local = loopback(AF_INET, 0), friend, stranger;
    rig.fds[0] = plain_socket(SOCK_DGRAM, &local, &friend);
    rig.fds[1] = plain_socket(SOCK_DGRAM, &local, &stranger);
    char pattern[64];
    host_address_text(&friend, pattern, sizeof(pattern));
    allow(&rig, GRANT_UDP, pattern);
    struct host_udp *udp = new_udp(&rig, AF_INET);
    union host_address here = bind_udp(udp, loopback(AF_INET, 0));
    static const char *const said[] = {"s:one", "f:one", "s:two", "s:three", "f:two", "s:four"};
    for (size_t i = 0; i < ARRAY_LENGTH(said); i++)
        plain_send(rig.fds[said[i][0] == 's'], said[i], &here);
    struct host_datagram got[8];
    assert_int_equal(receive(udp, got, 8), 2);
    assert_datagram(&got[0], "f:one", &friend);
    assert_datagram(&got[1], "f:two", &friend);
    assert_int_equal(host_figures(rig.host).datagrams_dropped, 4);
    assert_int_equal(rig.notices, 1);
    assert_int_equal(rig.audits, 0); /* it asked for nothing */
    for (size_t i = 0; i < 8; i++)
        assert_memory_not_equal(slots[i], "s:", 2);
    /* each has bytes of its own: two results never share a place */
    assert_ptr_not_equal(got[0].bytes.iov_base, got[1].bytes.iov_base);
    /* the size of the next is that of the next that is heard */
    plain_send(rig.fds[1], "stranger", &here);
    plain_send(rig.fds[0], "me", &here);
    size_t size = 0;
    assert_host(host_udp_next_size(udp, &size), 0);
    assert_int_equal(size, 2);
    assert_int_equal(receive(udp, got, 8), 1);
    /* only strangers: nothing is there */
    for (int i = 0; i < 40; i++)
        plain_send(rig.fds[1], "noise", &here);
    assert_int_equal(receive(udp, got, 8), 0);
    assert_host(host_udp_next_size(udp, &size), HOST_E_AGAIN);
    assert_int_equal(host_figures(rig.host).datagrams_dropped, 45);
    host_udp_free(udp);
    rig_done(&rig);
}

/* Who listens hears everybody, and answers whom it may. */
static void test_listening(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    union host_address local = loopback(AF_INET, 0), peer, fixed = loopback(AF_INET, 0);
    rig.fds[0] = plain_socket(SOCK_DGRAM, &local, &peer);
    fd_close(plain_socket(SOCK_DGRAM, &local, &fixed));
    char pattern[64];
    host_address_text(&fixed, pattern, sizeof(pattern));
    allow(&rig, GRANT_LISTEN, pattern);
    struct host_udp *udp = new_udp(&rig, AF_INET);
    /* no udp grant: no free port */
    union host_address free_port = loopback(AF_INET, 0);
    assert_host(host_udp_start_bind(udp, &free_port), HOST_E_NOTCAPABLE);
    bind_udp(udp, fixed);
    plain_send(rig.fds[0], "hello", &fixed);
    struct host_datagram got[1];
    assert_int_equal(receive(udp, got, 1), 1);
    assert_datagram(&got[0], "hello", &peer);
    assert_host(send_one(udp, "answer", &peer), HOST_E_NOTCAPABLE);
    assert_host(host_udp_connect(udp, &peer), HOST_E_NOTCAPABLE);
    allow(&rig, GRANT_UDP, "127.0.0.0/8:*");
    assert_host(send_one(udp, "answer", &peer), 0);
    assert_host(host_udp_connect(udp, &peer), 0);
    assert_host(send_one(udp, "answer", NULL), 0);
    /* revoked: neither out nor in */
    deny(&rig, GRANT_UDP, "127.0.0.0/8:*");
    size_t n;
    got[0] = (struct host_datagram){.bytes = {slots[0], SLOT_BYTES}};
    assert_host(send_one(udp, "answer", NULL), HOST_E_NOTCAPABLE);
    assert_host(host_udp_receive(udp, got, 1, &n), HOST_E_NOTCAPABLE);
    assert_host(host_udp_next_size(udp, &n), HOST_E_NOTCAPABLE);
    host_udp_free(udp);
    rig_done(&rig);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_call_in_each_state),
        cmocka_unit_test(test_bind_errors),
        cmocka_unit_test(test_peer_errors),
        cmocka_unit_test(test_many_peers),
        cmocka_unit_test(test_batches),
        cmocka_unit_test(test_no_room),
        cmocka_unit_test(test_one_peer),
        cmocka_unit_test(test_port_stays),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_unreachable),
        cmocka_unit_test(test_waits),
        cmocka_unit_test(test_strangers_are_not_heard),
        cmocka_unit_test(test_listening),
    };
    return cmocka_run_group_tests(tests, rig_enter, rig_leave);
}
