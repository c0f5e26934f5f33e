/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A poll of ten thousand pollables of every kind: listeners, connections, datagram sockets, files, standard
 * input, lookups, timers, several of each.  Exactly what has come is told, and by every pollable of it.
 */
#include "wasi/p2/rig.h"

#include <arpa/inet.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "host/lookup.h"

#define MS 1000000ull
enum { IPV4 };
enum { COUNT = 10000 };
#define LOOPBACK(port) IPV4, (port), 127, 0, 0, 1, 0, 0, 0, 0, 0, 0

/* How many there are of each, and how many pollables each has; timers make it ten thousand. */
enum kind { LISTENER, CONNECTION, DATAGRAMS, INPUT, LOOKUP, SOON, LATE, A_FILE, KINDS };
static const struct {
    unsigned sources, pollables;
} numbers[KINDS] = {
    [LISTENER] = {100, 10}, [CONNECTION] = {400, 5}, [DATAGRAMS] = {250, 8}, [INPUT] = {1, 400},
    [LOOKUP] = {50, 10},    [SOON] = {1, 1},         [LATE] = {3099, 1},     [A_FILE] = {100, 10},
};

static struct rig rig;
static uint64_t network;
static int input;
static struct {
    enum kind kind;
    unsigned source;
} all[COUNT]; /* what is at each place of the list */
static uint32_t count;
static uint16_t ports[400]; /* of the listeners, then of the datagram sockets */

static int open_rig(void **state) {
    (void)state;
    static const char *const grants[] = {"connect=127.0.0.0/8:*", "listen=127.0.0.0/8:*", "udp=127.0.0.0/8:*",
                                         "resolve=*"};
    struct rlimit files;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
    files.rlim_cur = files.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &files), 0);
    for (size_t i = 0; i < ARRAY_LENGTH(grants); i++)
        assert_done(grant_add_net(&rig.grants, grants[i], GRANT_BY_OPTION, reterr));
    int pipe_fds[2];
    assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
    input = pipe_fds[1];
    struct wasi_options options = WASI_OPTIONS_INIT;
    options.stdio[0] = pipe_fds[0];
    rig_looks_up = true;
    rig_start(&rig, &options, RIG_WRITABLE);
    network = call(&rig, "instance-network");
    return 0;
}

static int close_rig(void **state) {
    (void)state;
    rig_stop(&rig);
    close(input);
    return 0;
}

/* --- sources --- */

static uint64_t given(uint32_t offset) {
    assert_ok(&rig);
    return u32_at(&rig, RET + offset);
}

static uint16_t local_port(const char *what, uint64_t socket) {
    uint16_t port;
    call(&rig, what, socket, RET);
    assert_ok(&rig);
    memcpy(&port, at(&rig, RET + 8), sizeof port);
    return port;
}

/* The pollables of one source, to the end of the list. */
static void add(enum kind kind, unsigned source, const char *subscribe, uint64_t of) {
    for (unsigned i = 0; i < numbers[kind].pollables; i++) {
        assert_true(count < COUNT);
        put_u32(&rig, DATA + 4 * count, (uint32_t)call(&rig, subscribe, of));
        all[count].kind = kind;
        all[count++].source = source;
    }
}

static uint64_t add_listener(unsigned i) {
    call(&rig, "create-tcp-socket", IPV4, RET);
    uint64_t socket = given(4);
    call(&rig, "tcp-socket.start-bind", socket, network, LOOPBACK(0), RET);
    call(&rig, "tcp-socket.finish-bind", socket, RET);
    call(&rig, "tcp-socket.start-listen", socket, RET);
    call(&rig, "tcp-socket.finish-listen", socket, RET);
    assert_ok(&rig);
    ports[i] = local_port("tcp-socket.local-address", socket);
    add(LISTENER, i, "tcp-socket.subscribe", socket);
    return socket;
}

static void until_ready(uint64_t socket) {
    uint64_t some = call(&rig, "tcp-socket.subscribe", socket);
    call(&rig, "pollable.block", some);
    call(&rig, "drop pollable", some);
}

/* Both sides are the guest's. @return the output of the first */
static uint64_t add_connections(unsigned first, uint64_t listener) {
    call(&rig, "create-tcp-socket", IPV4, RET);
    uint64_t socket = given(4);
    call(&rig, "tcp-socket.start-connect", socket, network, LOOPBACK(ports[0]), RET);
    assert_ok(&rig);
    until_ready(socket);
    call(&rig, "tcp-socket.finish-connect", socket, RET);
    uint64_t in = given(4), out = given(8);
    add(CONNECTION, first, "input-stream.subscribe", in);
    until_ready(listener);
    call(&rig, "tcp-socket.accept", listener, RET);
    add(CONNECTION, first + 1, "input-stream.subscribe", given(8));
    return out;
}

static void add_datagrams(unsigned i) {
    call(&rig, "create-udp-socket", IPV4, RET);
    uint64_t socket = given(4);
    call(&rig, "udp-socket.start-bind", socket, network, LOOPBACK(0), RET);
    call(&rig, "udp-socket.finish-bind", socket, RET);
    assert_ok(&rig);
    ports[100 + i] = local_port("udp-socket.local-address", socket);
    call(&rig, "udp-socket.stream", socket, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, RET);
    add(DATAGRAMS, i, "incoming-datagram-stream.subscribe", given(4));
}

static void add_file(uint64_t root, unsigned i) {
    call(&rig, "descriptor.open-at", root, 0, TEXT_AT, put(&rig, TEXT_AT, "file"), 1, 3, RET);
    uint64_t file = given(4);
    call(&rig, "descriptor.read-via-stream", file, 0, RET);
    add(A_FILE, i, "input-stream.subscribe", given(4));
}

/* The list, files last. @return the output of connection 0, whose other side is connection 1 */
static uint64_t add_all(uint64_t *ret_listener) {
    uint64_t outputs[200];
    for (unsigned i = 0; i < numbers[LISTENER].sources; i++) {
        uint64_t listener = add_listener(i);
        if (i == 0)
            *ret_listener = listener;
    }
    for (unsigned i = 0; i < numbers[CONNECTION].sources; i += 2)
        outputs[i / 2] = add_connections(i, *ret_listener);
    for (unsigned i = 0; i < numbers[DATAGRAMS].sources; i++)
        add_datagrams(i);
    add(INPUT, 0, "input-stream.subscribe", call(&rig, "get-stdin"));
    for (unsigned i = 0; i < numbers[LOOKUP].sources; i++) {
        char name[32];
        snprintf(name, sizeof name, "name%u.example", i);
        call(&rig, "resolve-addresses", network, TEXT_AT, put(&rig, TEXT_AT, name), RET);
        add(LOOKUP, i, "resolve-address-stream.subscribe", given(4));
    }
    for (unsigned i = 0; i < numbers[LATE].sources; i++)
        add(LATE, i, "subscribe-duration", 3600000 * MS + i);
    return outputs[0];
}

/* --- what has come --- */

static bool expected[KINDS][4000];

static void poll_expecting(const char *what, uint32_t length) {
    call(&rig, "poll", DATA, length, RET);
    uint32_t ready = u32_at(&rig, RET + 4), next = 0;
    for (uint32_t i = 0; i < length; i++) {
        bool told = next < ready && u32_at(&rig, u32_at(&rig, RET) + 4 * next) == i;
        next += told;
        if (told != expected[all[i].kind][all[i].source])
            fail_msg("%s: pollable %u, kind %d, source %u: %s", what, i, all[i].kind, all[i].source,
                     told ? "told" : "not told");
    }
    assert_int_equal(next, ready);
}

static void send_datagram(uint16_t port) {
    FD_AUTO fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(sendto(fd, "x", 1, 0, (const struct sockaddr *)&to, sizeof to), 1);
}

static void connect_to(uint16_t port, int *ret) {
    *ret = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(connect(*ret, (const struct sockaddr *)&to, sizeof to), 0);
}

static void what_comes_ends_the_wait(void) {
    uint64_t listener;
    uint64_t out = add_all(&listener);
    uint32_t waiting = count;
    /* A timer ends the wait of all that nothing has come for. */
    add(SOON, 0, "subscribe-duration", 20 * MS);
    expected[SOON][0] = true;
    poll_expecting("a timer", waiting + 1);
    /* Each of these ends it, from outside. */
    begin(&rig, "poll", DATA, waiting, RET);
    rig_turn(5);
    assert_false(rig.done);
    send_datagram(ports[100 + 77]);
    rig_finish(&rig);
    assert_int_equal(u32_at(&rig, RET + 4), numbers[DATAGRAMS].pollables);
    expected[DATAGRAMS][77] = true;
    poll_expecting("a datagram", waiting);
    int peer;
    connect_to(ports[42], &peer);
    expected[LISTENER][42] = true;
    rig_turn(5);
    poll_expecting("a connection", waiting);
    call(&rig, "output-stream.blocking-write-and-flush", out, MORE_AT, 1, RET);
    expected[CONNECTION][1] = true;
    rig_turn(5);
    poll_expecting("bytes", waiting);
    assert_int_equal(write(input, "x", 1), 1);
    expected[INPUT][0] = true;
    rig_turn(5);
    poll_expecting("input", waiting);
    const struct in6_addr address = {.s6_addr = {[10] = 0xff, [11] = 0xff, 192, 0, 2, 7}};
    host_lookup_answer(wasi_p2_host(rig.wasi), 5, 0, &address, 1);
    expected[LOOKUP][4] = true;
    poll_expecting("a name", waiting);
    close(peer);
}

/* Files are always ready; with them it is ten thousand. */
static void files_are_told_with_the_rest(void) {
    call(&rig, "get-directories", RET);
    uint64_t root = u32_at(&rig, u32_at(&rig, RET));
    for (unsigned i = 0; i < numbers[A_FILE].sources; i++) {
        add_file(root, i);
        expected[A_FILE][i] = true;
    }
    assert_int_equal(count, COUNT);
    poll_expecting("files", count);
}

static void ten_thousand_of_every_kind(void **state) {
    (void)state;
    what_comes_ends_the_wait();
    files_are_told_with_the_rest();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(ten_thousand_of_every_kind, open_rig, close_rig),
    };
    return cmocka_run_group_tests(tests, rig_open, rig_close);
}
