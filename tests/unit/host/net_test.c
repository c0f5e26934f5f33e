/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What sockets share: kinds of addresses, who may use which, how many sockets and connections, options. */
#include "net_rig.h"

#include "base/limits.h"
#include "host/answered.h"
#include "host/inside.h"

/* --- addresses --- */

static void test_kinds(void **state) {
    (void)state;
    static const struct {
        const char *address;
        bool any, unicast, mapped, special;
    } rows[] = {
        {"0.0.0.0:0", true, true, false, true},        {"127.0.0.1:80", false, true, false, true},
        {"10.1.2.3:80", false, true, false, true},     {"172.31.255.255:1", false, true, false, true},
        {"172.32.0.0:1", false, true, false, false},   {"192.168.0.1:1", false, true, false, true},
        {"169.254.1.1:1", false, true, false, true},   {"100.64.0.1:1", false, true, false, true},
        {"8.8.8.8:53", false, true, false, false},     {"223.255.255.255:1", false, true, false, false},
        {"224.0.0.0:1", false, false, false, true},    {"239.255.255.255:1", false, false, false, true},
        {"240.0.0.1:1", false, true, false, true},     {"255.255.255.255:1", false, false, false, true},
        {"[::]:0", true, true, false, true},           {"[::1]:0", false, true, false, true},
        {"[fe80::1]:1", false, true, false, true},     {"[fd00::1]:1", false, true, false, true},
        {"[2001:db8::1]:1", false, true, false, true}, {"[2606:4700::1]:1", false, true, false, false},
        {"[ff02::1]:1", false, false, false, true},    {"[::ffff:8.8.8.8]:1", false, true, true, true},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        union host_address address = at(rows[i].address);
        bool good = host_address_is_any(&address) == rows[i].any &&
                    host_address_is_unicast(&address) == rows[i].unicast &&
                    host_address_is_mapped(&address) == rows[i].mapped &&
                    host_address_is_special(&address) == rows[i].special;
        if (!good)
            fail_msg("%s is taken for something else", rows[i].address);
        char text[64];
        host_address_text(&address, text, sizeof(text));
        assert_string_equal(text, rows[i].address);
    }
    union host_address v4 = at("127.0.0.1:80"), v6 = at("[::1]:80"), other = at("127.0.0.1:81");
    assert_int_equal(host_address_size(&v4), sizeof(struct sockaddr_in));
    assert_int_equal(host_address_size(&v6), sizeof(struct sockaddr_in6));
    assert_true(host_address_equal(&v4, &v4) && host_address_equal(&v6, &v6));
    assert_false(host_address_equal(&v4, &v6) || host_address_equal(&v4, &other));
    union host_address scoped = v6;
    scoped.v6.sin6_scope_id = 1;
    assert_false(host_address_equal(&v6, &scoped));
}

/* --- grants --- */

static int check(struct rig *rig, enum grant_action action, const char *address) {
    union host_address to = at(address);
    return host_net_check(rig->host, action, &to);
}

static void test_nothing_granted(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    assert_host(check(&rig, GRANT_CONNECT, "8.8.8.8:53"), HOST_E_NOTCAPABLE);
    assert_int_equal(rig.audits, 1);
    assert_string_equal(rig.resource, "8.8.8.8:53");
    assert_int_equal(rig.audit.class, GRANT_NET);
    assert_int_equal(rig.audit.action, GRANT_CONNECT);
    assert_non_null(strstr(rig.needed, "8.8.8.8:53"));
    assert_host(check(&rig, GRANT_LISTEN, "[::1]:80"), HOST_E_NOTCAPABLE);
    assert_string_equal(rig.resource, "[::1]:80");
    assert_int_equal(rig.audit.action, GRANT_LISTEN);
    assert_host(check(&rig, GRANT_UDP, "127.0.0.1:80"), HOST_E_NOTCAPABLE);
    assert_int_equal(host_figures(rig.host).denied, 3);
    rig_done(&rig);
}

/* Without a grant: a socket that is none to the system, and each refusal with the address that was wanted. */
static void test_sockets_without_a_grant(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    struct host_tcp *tcp = new_tcp(&rig, AF_INET);
    struct host_udp *udp = new_udp(&rig, AF_INET);
    union host_address free_port = at("0.0.0.0:0"), local = at("127.0.0.1:8080"), remote = at("9.9.9.9:443");
    union host_address address;
    uint64_t value = 0;
    assert_int_equal(tcp->file->fd, -1);
    assert_int_equal(udp->file->fd, -1);
    assert_int_equal(rig.audits, 0);
    /* options are kept */
    assert_host(host_tcp_option_get(tcp, HOST_OPTION_HOP_LIMIT, &value), 0);
    assert_int_equal(value, 64);
    assert_host(host_tcp_option_set(tcp, HOST_OPTION_HOP_LIMIT, 0), HOST_E_INVAL);
    assert_host(host_tcp_option_set(tcp, HOST_OPTION_HOP_LIMIT, 7), 0);
    assert_host(host_tcp_option_get(tcp, HOST_OPTION_HOP_LIMIT, &value), 0);
    assert_int_equal(value, 7);
    assert_host(host_tcp_option_set(tcp, HOST_OPTION_RECEIVE_BYTES, 0x10000), 0);
    assert_host(host_tcp_option_get(tcp, HOST_OPTION_RECEIVE_BYTES, &value), 0);
    assert_int_equal(value, 0x10000);
    assert_host(host_udp_option_set(udp, HOST_OPTION_HOP_LIMIT, 9), 0);
    assert_host(host_udp_option_get(udp, HOST_OPTION_HOP_LIMIT, &value), 0);
    assert_int_equal(value, 9);
    /* a place of one's own */
    assert_host(host_tcp_start_bind(tcp, &local), HOST_E_NOTCAPABLE);
    assert_string_equal(rig.needed, "--listen 127.0.0.1:8080");
    assert_host(host_udp_start_bind(udp, &local), HOST_E_NOTCAPABLE);
    assert_int_equal(rig.audit.action, GRANT_LISTEN);
    /* any place is none, and nothing is bound */
    assert_host(host_tcp_start_bind(tcp, &free_port), 0);
    assert_host(host_tcp_finish_bind(tcp), 0);
    assert_host(host_tcp_local(tcp, &address), 0);
    assert_true(host_address_equal(&address, &free_port));
    assert_host(host_udp_start_bind(udp, &free_port), 0);
    assert_host(host_udp_finish_bind(udp), 0);
    assert_host(host_udp_local(udp, &address), 0);
    assert_true(host_address_equal(&address, &free_port));
    /* what leads outside */
    assert_host(host_tcp_start_connect(tcp, &remote), HOST_E_NOTCAPABLE);
    assert_string_equal(rig.needed, "--net connect=9.9.9.9:443");
    assert_host(host_tcp_start_listen(tcp), HOST_E_NOTCAPABLE);
    assert_string_equal(rig.needed, "--listen 0.0.0.0:0");
    assert_host(host_udp_connect(udp, &remote), HOST_E_NOTCAPABLE);
    assert_string_equal(rig.needed, "--net udp=9.9.9.9:443");
    assert_host(host_udp_connect(udp, NULL), 0);
    struct host_datagram one = {.bytes = {(char[]){"x"}, 1}, .address = at("9.9.9.10:53")};
    size_t n = 7;
    /* who waits for room, or for what comes, is told at once that there is none for it */
    assert_int_equal(host_event_ready(&udp->file->event, HOST_WRITE), HOST_WRITE);
    assert_int_equal(host_event_ready(&udp->file->event, HOST_READ), HOST_READ);
    assert_host(host_udp_send(udp, &one, 1, &n), HOST_E_NOTCAPABLE);
    assert_string_equal(rig.needed, "--net udp=9.9.9.10:53");
    assert_int_equal(n, 0);
    assert_host(host_udp_receive(udp, &one, 1, &n), HOST_E_NOTCAPABLE);
    assert_host(host_udp_next_size(udp, &n), HOST_E_NOTCAPABLE);
    assert_int_equal(tcp->file->fd, -1);
    assert_int_equal(udp->file->fd, -1);
    assert_int_equal(host_figures(rig.host).sockets, 2);
    host_tcp_free(tcp);
    host_udp_free(udp);
    assert_int_equal(host_figures(rig.host).sockets, 0);
    rig_done(&rig);
}

/* A grant that comes later makes them real, with what they were set to. */
static void test_a_grant_comes_later(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    union host_address peer, local, free_port = at("127.0.0.1:0");

    rig.fds[0] = plain_listener(AF_INET, 4, &peer);
    struct host_tcp *tcp = new_tcp(&rig, AF_INET), *bound = new_tcp(&rig, AF_INET),
                    *server = new_tcp(&rig, AF_INET);
    struct host_udp *udp = new_udp(&rig, AF_INET);
    assert_host(host_tcp_option_set(tcp, HOST_OPTION_HOP_LIMIT, 7), 0);
    assert_host(host_tcp_start_bind(bound, &free_port), 0);
    assert_host(host_tcp_finish_bind(bound), 0);
    assert_host(host_tcp_start_bind(server, &free_port), 0);
    assert_host(host_tcp_finish_bind(server), 0);
    assert_host(host_udp_start_bind(udp, &free_port), 0);
    assert_host(host_udp_finish_bind(udp), 0);
    assert_host(host_udp_connect(udp, NULL), 0);
    assert_host(host_tcp_start_connect(tcp, &peer), HOST_E_NOTCAPABLE);
    allow_loopback(&rig);
    struct host_tcp *both[] = {tcp, bound};
    for (size_t i = 0; i < ARRAY_LENGTH(both); i++) {
        assert_host(host_tcp_start_connect(both[i], &peer), 0);
        assert_true(both[i]->file->fd >= 0 && wait_ready(both[i]->file->fd, POLLOUT));
        assert_host(host_tcp_finish_connect(both[i]), 0);
        assert_host(host_tcp_local(both[i], &local), 0);
        assert_true(port_of(&local) != 0);
    }
    uint64_t value = 0;
    assert_host(host_net_option_get(tcp->file->fd, AF_INET, HOST_OPTION_HOP_LIMIT, &value), 0);
    assert_int_equal(value, 7);
    assert_host(host_tcp_start_listen(server), 0);
    assert_host(host_tcp_finish_listen(server), 0);
    assert_host(host_tcp_local(server, &local), 0);
    rig.fds[1] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(rig.fds[1], &local.any, sizeof(local.v4)), 0);
    assert_true(wait_ready(server->file->fd, POLLIN));
    struct host_tcp *accepted = NULL;
    assert_host(host_tcp_accept(server, &accepted), 0);
    int datagrams = plain_socket(SOCK_DGRAM, &free_port, &peer);
    struct host_datagram one = {.bytes = {(char[]){"hello"}, 5}, .address = peer};
    size_t n = 0;
    assert_host(host_udp_send(udp, &one, 1, &n), 0);
    assert_int_equal(n, 1);
    char got[8];
    assert_true(wait_ready(datagrams, POLLIN));
    assert_int_equal(recv(datagrams, got, sizeof(got), 0), 5);
    assert_host(host_udp_local(udp, &local), 0);
    assert_true(port_of(&local) != 0);
    fd_close(datagrams);
    host_tcp_free(accepted);
    host_tcp_free(tcp);
    host_tcp_free(bound);
    host_tcp_free(server);
    host_udp_free(udp);
    rig_done(&rig);
}

/* The system hears of a socket only where there is something it could be used for. */
static void test_of_use(void **state) {
    (void)state;
    static const struct {
        unsigned actions;
        const char *pattern;
        bool tcp, udp;
    } rows[] = {
        {GRANT_CONNECT, "9.9.9.9:443", true, false},
        {GRANT_UDP, "9.9.9.9:53", false, true},
        {GRANT_LISTEN, "127.0.0.1:80", true, true},
        {GRANT_RESOLVE, "example.com", false, false},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct rig rig;
        rig_init(&rig, 0);
        allow(&rig, rows[i].actions, rows[i].pattern);
        struct host_tcp *tcp = NULL;
        struct host_udp *udp = NULL;
        assert_host(host_tcp_new(rig.host, AF_INET, &tcp), 0);
        assert_host(host_udp_new(rig.host, AF_INET, &udp), 0);
        assert_int_equal(tcp->file->fd >= 0, rows[i].tcp);
        assert_int_equal(udp->file->fd >= 0, rows[i].udp);
        host_tcp_free(tcp);
        host_udp_free(udp);
        rig_done(&rig);
    }
}

static void test_ranges(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    allow(&rig, GRANT_CONNECT, "8.8.0.0/16:53");
    allow(&rig, GRANT_CONNECT, "0.0.0.0/0:443");
    allow(&rig, GRANT_UDP, "10.0.0.0/8:1000-2000");
    assert_host(check(&rig, GRANT_CONNECT, "8.8.4.4:53"), 0);
    assert_host(check(&rig, GRANT_CONNECT, "8.9.4.4:53"), HOST_E_NOTCAPABLE);
    assert_host(check(&rig, GRANT_UDP, "8.8.4.4:53"), HOST_E_NOTCAPABLE);
    assert_host(check(&rig, GRANT_CONNECT, "1.1.1.1:443"), 0);
    /* a range that merely contains special addresses grants none of them */
    assert_host(check(&rig, GRANT_CONNECT, "127.0.0.1:443"), HOST_E_NOTCAPABLE);
    assert_host(check(&rig, GRANT_CONNECT, "10.0.0.1:443"), HOST_E_NOTCAPABLE);
    assert_host(check(&rig, GRANT_CONNECT, "169.254.169.254:443"), HOST_E_NOTCAPABLE);
    assert_host(check(&rig, GRANT_UDP, "10.9.8.7:1500"), 0);
    assert_host(check(&rig, GRANT_UDP, "10.9.8.7:2001"), HOST_E_NOTCAPABLE);
    deny(&rig, GRANT_CONNECT, "1.1.1.0/24:*");
    assert_host(check(&rig, GRANT_CONNECT, "1.1.1.1:443"), HOST_E_NOTCAPABLE);
    assert_host(check(&rig, GRANT_CONNECT, "1.1.2.1:443"), 0);
    rig_done(&rig);
}

static void answer(struct rig *rig, const char *name, const char *const *addresses) {
    struct in6_addr list[LIMIT_LOOKUP_KEPT];
    size_t count = 0;
    for (; addresses[count]; count++)
        assert_int_equal(inet_pton(AF_INET6, addresses[count], &list[count]), 1);
    host_answered_add(rig->host, text_of(name), list, count);
}
#define ANSWER(rig, name, ...) answer(rig, name, (const char *const[]){__VA_ARGS__, NULL})

static void test_names(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    allow(&rig, GRANT_CONNECT, "api.example.com:443");
    allow(&rig, GRANT_CONNECT, "*.example.net:80");
    /* nothing was answered yet */
    assert_host(check(&rig, GRANT_CONNECT, "9.9.9.1:443"), HOST_E_NOTCAPABLE);
    ANSWER(&rig, "api.example.com", "::ffff:9.9.9.1", "2606:4700::1");
    assert_host(check(&rig, GRANT_CONNECT, "9.9.9.1:443"), 0);
    assert_host(check(&rig, GRANT_CONNECT, "[2606:4700::1]:443"), 0);
    assert_host(check(&rig, GRANT_CONNECT, "9.9.9.1:80"), HOST_E_NOTCAPABLE);
    assert_host(check(&rig, GRANT_CONNECT, "9.9.9.2:443"), HOST_E_NOTCAPABLE);
    assert_host(check(&rig, GRANT_UDP, "9.9.9.1:443"), HOST_E_NOTCAPABLE);
    ANSWER(&rig, "www.example.net", "::ffff:9.9.9.3");
    assert_host(check(&rig, GRANT_CONNECT, "9.9.9.3:80"), 0);
    assert_host(check(&rig, GRANT_CONNECT, "9.9.9.3:443"), HOST_E_NOTCAPABLE);
    /* a name that no grant names lends nothing, even with addresses of one that is granted */
    ANSWER(&rig, "evil.example.org", "::ffff:9.9.9.4");
    assert_host(check(&rig, GRANT_CONNECT, "9.9.9.4:443"), HOST_E_NOTCAPABLE);
    /* the same address for two names counts for either */
    ANSWER(&rig, "www.example.net", "::ffff:9.9.9.1");
    assert_host(check(&rig, GRANT_CONNECT, "9.9.9.1:80"), 0);
    assert_host(check(&rig, GRANT_CONNECT, "9.9.9.1:443"), 0);
    /* denied by any of its names is denied */
    deny(&rig, GRANT_CONNECT, "evil.example.org:*");
    ANSWER(&rig, "evil.example.org", "::ffff:9.9.9.1");
    assert_host(check(&rig, GRANT_CONNECT, "9.9.9.1:443"), HOST_E_NOTCAPABLE);
    rig_done(&rig);
}

/* What is denied by name is denied also where a range would allow it. */
static void test_deny_by_name_over_range(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    allow(&rig, GRANT_CONNECT, "9.9.9.0/24:*");
    deny(&rig, GRANT_CONNECT, "evil.example.org:*");
    assert_host(check(&rig, GRANT_CONNECT, "9.9.9.1:443"), 0);
    ANSWER(&rig, "evil.example.org", "::ffff:9.9.9.1");
    assert_host(check(&rig, GRANT_CONNECT, "9.9.9.1:443"), HOST_E_NOTCAPABLE);
    /* and it is told that it was this row, which the address alone would not say */
    assert_int_equal(rig.audit.reason, HOST_DENIED_BY_ROW);
    assert_string_equal(rig.needed, "--deny 'net:connect:evil.example.org:*'");
    assert_host(check(&rig, GRANT_CONNECT, "9.9.9.2:443"), 0);
    /* also where it was refused for another reason before */
    assert_host(check(&rig, GRANT_CONNECT, "9.9.8.1:443"), HOST_E_NOTCAPABLE);
    assert_int_equal(rig.audit.reason, HOST_NO_GRANT);
    ANSWER(&rig, "evil.example.org", "::ffff:9.9.8.1");
    assert_host(check(&rig, GRANT_CONNECT, "9.9.8.1:443"), HOST_E_NOTCAPABLE);
    assert_int_equal(rig.audit.reason, HOST_DENIED_BY_ROW);
    /* what is denied is told so, where nothing at all is allowed, too */
    deny(&rig, GRANT_UDP, "9.0.0.0/8:53");
    assert_host(check(&rig, GRANT_UDP, "9.9.9.9:53"), HOST_E_NOTCAPABLE);
    assert_int_equal(rig.audit.reason, HOST_DENIED_BY_ROW);
    rig_done(&rig);
}

/* The second answer leads inside: it is answered, and leads nowhere. */
static void test_rebinding(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    allow(&rig, GRANT_CONNECT, "api.example.com:*");
    ANSWER(&rig, "api.example.com", "::ffff:9.9.9.1");
    assert_host(check(&rig, GRANT_CONNECT, "9.9.9.1:80"), 0);
    ANSWER(&rig, "api.example.com", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::1", "fe80::1",
           "::ffff:169.254.169.254", "fd00::1", "::ffff:9.9.9.2");
    static const char *const inside[] = {"127.0.0.1:80", "10.0.0.1:80",        "[::1]:80",
                                         "[fe80::1]:80", "169.254.169.254:80", "[fd00::1]:80"};
    for (size_t i = 0; i < ARRAY_LENGTH(inside); i++)
        assert_host(check(&rig, GRANT_CONNECT, inside[i]), HOST_E_NOTCAPABLE);
    /* both public ones are: a program may hold the first still */
    assert_host(check(&rig, GRANT_CONNECT, "9.9.9.1:80"), 0);
    assert_host(check(&rig, GRANT_CONNECT, "9.9.9.2:80"), 0);
    assert_host(check(&rig, GRANT_CONNECT, "9.9.9.3:80"), HOST_E_NOTCAPABLE);
    rig_done(&rig);
}

static void test_answers_are_bounded(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    allow(&rig, GRANT_CONNECT, "*.example.com:*");
    assert_host(check(&rig, GRANT_CONNECT, "9.8.0.0:80"), HOST_E_NOTCAPABLE);
    uint64_t before = rig.budget.used_bytes; /* what is told of refusals is charged as well */
    assert_true(before > 0);
    for (unsigned i = 0; i < LIMIT_LOOKUP_NAMES + 1; i++) {
        char name[64], address[64];
        snprintf(name, sizeof(name), "n%u.example.com", i);
        snprintf(address, sizeof(address), "::ffff:9.8.%u.%u", i / 256, i % 256);
        ANSWER(&rig, name, address);
    }
    assert_int_equal(rig.host->net.answered_count, LIMIT_LOOKUP_NAMES);
    assert_host(check(&rig, GRANT_CONNECT, "9.8.0.0:80"), HOST_E_NOTCAPABLE); /* the oldest is forgotten */
    assert_host(check(&rig, GRANT_CONNECT, "9.8.0.1:80"), 0);
    assert_host(check(&rig, GRANT_CONNECT, "9.8.1.0:80"), 0);
    /* of one name, too: the latest answers stay */
    for (unsigned i = 0; i < 2 * LIMIT_LOOKUP_KEPT; i++) {
        char address[64];
        snprintf(address, sizeof(address), "::ffff:9.7.0.%u", i);
        ANSWER(&rig, "www.example.com", address);
    }
    assert_host(check(&rig, GRANT_CONNECT, "9.7.0.0:80"), HOST_E_NOTCAPABLE);
    assert_host(check(&rig, GRANT_CONNECT, "9.7.0.63:80"), HOST_E_NOTCAPABLE);
    assert_host(check(&rig, GRANT_CONNECT, "9.7.0.64:80"), 0);
    assert_host(check(&rig, GRANT_CONNECT, "9.7.0.127:80"), 0);
    /* charged; where there is no room nothing is kept */
    rig.budget.limit_bytes = rig.budget.used_bytes;
    uint64_t used = rig.budget.used_bytes;
    host_answered_free(rig.host);
    assert_int_equal(rig.budget.used_bytes, before);
    assert_true(used - before > 256ull * 64 * 16);
    rig.budget.limit_bytes = 16;
    ANSWER(&rig, "www.example.com", "::ffff:9.6.0.1");
    assert_host(check(&rig, GRANT_CONNECT, "9.6.0.1:80"), HOST_E_NOTCAPABLE);
    rig_done(&rig);
}

/* --- how many --- */

static void test_sockets_are_bounded(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    allow_loopback(&rig);
    rig.budget.limit_bytes = UINT64_MAX;
    static struct host_tcp *all[LIMIT_SOCKETS];
    for (size_t i = 0; i < ARRAY_LENGTH(all); i++)
        all[i] = new_tcp(&rig, AF_INET);
    assert_int_equal(host_figures(rig.host).sockets, LIMIT_SOCKETS);
    struct host_tcp *tcp = NULL;
    struct host_udp *udp = NULL;
    assert_host(host_tcp_new(rig.host, AF_INET, &tcp), HOST_E_MFILE);
    assert_host(host_udp_new(rig.host, AF_INET, &udp), HOST_E_MFILE);
    assert_int_equal(host_figures(rig.host).sockets_refused, 2);
    assert_int_equal(rig.notices, 1); /* said once */
    assert_non_null(strstr(rig.notice, "1000"));
    /* an accepted connection counts as well, and waits in the queue meanwhile */
    union host_address local = listen_tcp(all[0], loopback(AF_INET, 0));
    rig.fds[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(rig.fds[0], &local.any, sizeof(local.v4)), 0);
    assert_true(wait_ready(all[0]->file->fd, POLLIN));
    assert_host(host_tcp_accept(all[0], &tcp), HOST_E_MFILE);
    all[1] = host_tcp_free(all[1]);
    assert_host(host_tcp_accept(all[0], &tcp), 0);
    host_tcp_free(tcp);
    /* a stream over the file keeps it charged */
    struct host_file *kept = host_file_ref(all[2]->file);
    all[2] = host_tcp_free(all[2]);
    assert_int_equal(host_figures(rig.host).sockets, LIMIT_SOCKETS - 1);
    host_file_unref(kept);
    assert_int_equal(host_figures(rig.host).sockets, LIMIT_SOCKETS - 2);
    for (size_t i = 0; i < ARRAY_LENGTH(all); i++)
        host_tcp_free(all[i]);
    assert_int_equal(host_figures(rig.host).sockets, 0);
    rig_done(&rig);
}

/* A socket is an open file, whatever the others are. */
static void test_open_files_are_bounded(void **state) {
    (void)state;
    struct rig rig;
    struct host_tcp *tcp[3] = {NULL};
    struct host_udp *udp = NULL;
    struct host_file *log = NULL;
    rig_init(&rig, 4);
    allow_loopback(&rig);
    assert_host(host_log_new(rig.host, 1, &log), 0);
    for (size_t i = 0; i < 3; i++)
        tcp[i] = new_tcp(&rig, AF_INET);
    assert_host(host_udp_new(rig.host, AF_INET, &udp), HOST_E_MFILE);
    assert_int_equal(host_figures(rig.host).sockets_refused, 1);
    assert_int_equal(rig.notices, 1);
    assert_non_null(strstr(rig.notice, "4 open files"));
    tcp[0] = host_tcp_free(tcp[0]);
    assert_host(host_udp_new(rig.host, AF_INET, &udp), 0);
    host_udp_free(udp);
    for (size_t i = 1; i < 3; i++)
        host_tcp_free(tcp[i]);
    host_file_unref(log);
    rig_done(&rig);
}

static void test_connections_are_bounded(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    for (int i = 0; i < LIMIT_CONNECT_BURST; i++)
        assert_host(host_net_connect_take(rig.host), 0);
    unsigned refused = 0;
    for (int i = 0; i < 100; i++)
        refused += host_net_connect_take(rig.host) == HOST_E_MFILE;
    assert_true(refused > 0);
    assert_int_equal(host_figures(rig.host).connects_refused, refused);
    assert_int_equal(host_figures(rig.host).connections, LIMIT_CONNECT_BURST + 100 - refused);
    assert_int_equal(rig.notices, 1);
    rig_done(&rig);
}

static void test_no_memory(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    allow_loopback(&rig);
    struct host_tcp *tcp = NULL;
    struct host_udp *udp = NULL;
    for (uint64_t bytes = 0; bytes < 2048; bytes += 64) {
        rig.budget.limit_bytes = bytes;
        int r = host_tcp_new(rig.host, AF_INET, &tcp);
        assert_true(r == 0 || r == HOST_E_NOMEM);
        tcp = r == 0 ? host_tcp_free(tcp) : NULL;
        r = host_udp_new(rig.host, AF_INET, &udp);
        assert_true(r == 0 || r == HOST_E_NOMEM);
        udp = r == 0 ? host_udp_free(udp) : NULL;
        assert_int_equal(rig.budget.used_bytes, 0);
        assert_int_equal(host_figures(rig.host).sockets, 0);
    }
    rig.budget.limit_bytes = LIMIT_HOST_BYTES;
    assert_host(host_tcp_new(rig.host, AF_UNIX, &tcp), HOST_E_AFNOSUPPORT);
    assert_host(host_udp_new(rig.host, AF_NETLINK, &udp), HOST_E_AFNOSUPPORT);
    assert_null(host_tcp_free(NULL));
    assert_null(host_udp_free(NULL));
    rig_done(&rig);
}

/* --- options --- */

#define S 1000000000ull

static void test_options(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    allow_loopback(&rig);
    static const struct {
        enum host_option option;
        uint64_t set;
        int r;
        uint64_t low, high; /* what it may be then */
    } rows[] = {
        {HOST_OPTION_KEEP_ALIVE, 1, 0, 1, 1},
        {HOST_OPTION_KEEP_ALIVE, 0, 0, 0, 0},
        {HOST_OPTION_KEEP_ALIVE, 2, HOST_E_INVAL, 0, 0},
        {HOST_OPTION_KEEP_IDLE_NS, 0, HOST_E_INVAL, 0, 0},
        {HOST_OPTION_KEEP_IDLE_NS, 1, 0, S, S},
        {HOST_OPTION_KEEP_IDLE_NS, 42 * S, 0, 42 * S, 42 * S},
        {HOST_OPTION_KEEP_IDLE_NS, 42 * S + S / 2, 0, 42 * S, 42 * S},
        {HOST_OPTION_KEEP_IDLE_NS, UINT64_MAX, 0, 32767 * S, 32767 * S},
        {HOST_OPTION_KEEP_INTERVAL_NS, 0, HOST_E_INVAL, 0, 0},
        {HOST_OPTION_KEEP_INTERVAL_NS, 1, 0, S, S},
        {HOST_OPTION_KEEP_INTERVAL_NS, 7 * S, 0, 7 * S, 7 * S},
        {HOST_OPTION_KEEP_INTERVAL_NS, UINT64_MAX, 0, 32767 * S, 32767 * S},
        {HOST_OPTION_KEEP_COUNT, 0, HOST_E_INVAL, 0, 0},
        {HOST_OPTION_KEEP_COUNT, 42, 0, 42, 42},
        {HOST_OPTION_KEEP_COUNT, UINT32_MAX, 0, 127, 127},
        {HOST_OPTION_HOP_LIMIT, 0, HOST_E_INVAL, 0, 0},
        {HOST_OPTION_HOP_LIMIT, 1, 0, 1, 1},
        {HOST_OPTION_HOP_LIMIT, 255, 0, 255, 255},
        {HOST_OPTION_HOP_LIMIT, 256, HOST_E_INVAL, 0, 0},
        {HOST_OPTION_RECEIVE_BYTES, 0, HOST_E_INVAL, 0, 0},
        {HOST_OPTION_RECEIVE_BYTES, 1, 0, 1, 16384},
        {HOST_OPTION_RECEIVE_BYTES, 0x10000, 0, 0x10000, 0x10000},
        {HOST_OPTION_RECEIVE_BYTES, UINT64_MAX, 0, 0x10000, INT32_MAX},
        {HOST_OPTION_SEND_BYTES, 0, HOST_E_INVAL, 0, 0},
        {HOST_OPTION_SEND_BYTES, 1, 0, 1, 16384},
        {HOST_OPTION_SEND_BYTES, 0x10000, 0, 0x10000, 0x10000},
        {HOST_OPTION_SEND_BYTES, UINT64_MAX, 0, 0x10000, INT32_MAX},
        {HOST_OPTIONS, 1, HOST_E_INVAL, 0, 0},
    };
    EACH_FAMILY(family) {
        struct host_tcp *tcp = new_tcp(&rig, family);
        struct host_udp *udp = new_udp(&rig, family);
        for (unsigned i = 0; i < HOST_OPTIONS; i++) { /* each has a value from the beginning */
            uint64_t value = UINT64_MAX;
            assert_host(host_tcp_option_get(tcp, (enum host_option)i, &value), 0);
            assert_true(value < UINT64_MAX && (value > 0 || i == HOST_OPTION_KEEP_ALIVE));
        }
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
            enum host_option option = rows[i].option;
            bool of_udp = option == HOST_OPTION_HOP_LIMIT || option == HOST_OPTION_RECEIVE_BYTES ||
                          option == HOST_OPTION_SEND_BYTES;
            uint64_t value = 0;
            assert_host(host_tcp_option_set(tcp, option, rows[i].set), rows[i].r);
            assert_host(host_udp_option_set(udp, option, rows[i].set), of_udp ? rows[i].r : HOST_E_NOTSUP);
            if (rows[i].r)
                continue;
            assert_host(host_tcp_option_get(tcp, option, &value), 0);
            if (value < rows[i].low || value > rows[i].high)
                fail_msg("option %d set to %llu is %llu", option, (unsigned long long)rows[i].set,
                         (unsigned long long)value);
            assert_host(host_udp_option_get(udp, option, &value), of_udp ? 0 : HOST_E_NOTSUP);
            if (of_udp && (value < rows[i].low || value > rows[i].high))
                fail_msg("option %d of UDP set to %llu is %llu", option, (unsigned long long)rows[i].set,
                         (unsigned long long)value);
        }
        uint64_t value;
        assert_host(host_tcp_option_get(tcp, HOST_OPTIONS, &value), HOST_E_INVAL);
        host_tcp_free(tcp);
        host_udp_free(udp);
    }
    rig_done(&rig);
}

static void test_errors(void **state) {
    (void)state;
    assert_int_equal(host_net_error(EHOSTDOWN), HOST_E_HOSTUNREACH);
    assert_int_equal(host_net_error(ENONET), HOST_E_HOSTUNREACH);
    assert_int_equal(host_net_error(ENETDOWN), HOST_E_NETDOWN);
    assert_int_equal(host_net_error(EPERM), HOST_E_ACCES);
    assert_int_equal(host_net_error(ETIMEDOUT), HOST_E_TIMEDOUT);
    assert_int_equal(host_udp_error(ECONNRESET), HOST_E_HOSTUNREACH);
    assert_int_equal(host_udp_error(ENETRESET), HOST_E_HOSTUNREACH);
    assert_int_equal(host_udp_error(EDESTADDRREQ), HOST_E_INVAL);
    assert_int_equal(host_udp_error(EISCONN), HOST_E_INVAL);
    assert_int_equal(host_udp_error(EMSGSIZE), HOST_E_MSGSIZE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_nothing_granted),
        cmocka_unit_test(test_sockets_without_a_grant),
        cmocka_unit_test(test_a_grant_comes_later),
        cmocka_unit_test(test_of_use),
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_deny_by_name_over_range),
        cmocka_unit_test(test_rebinding),
        cmocka_unit_test(test_answers_are_bounded),
        cmocka_unit_test(test_sockets_are_bounded),
        cmocka_unit_test(test_open_files_are_bounded),
        cmocka_unit_test(test_connections_are_bounded),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_errors),
    };
    return cmocka_run_group_tests(tests, rig_enter, rig_leave);
}
