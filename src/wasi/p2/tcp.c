/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * wasi:sockets/tcp and tcp-create-socket.  The state machine is room host's; here are handles and forms.  A
 * connection's streams live on when their socket is dropped.
 */
#include "host/tcp.h"

#include "wasi/p2/address.h"
#include "wasi/p2/option.h"
#include "wasi/p2/rows.h"

/* --- making them --- */

static int give_socket(struct call *call, struct wasi_p2 *wasi, struct host_tcp *tcp, struct slot to) {
    return p2_give(call, wasi, (struct p2_entry){.kind = P2_TCP_SOCKET, .parent = P2_NO_PARENT, .tcp = tcp},
                   to);
}

int p2_create_tcp_socket(struct call *call, void *user) {
    struct wasi_p2 *wasi = p2_of(call);
    struct host_tcp *tcp = NULL;
    struct slot own;
    int family;
    (void)user;
    int r = p2_read_family(call_arg(call, 0), &family);
    if (r)
        return r;
    int error = host_tcp_new(wasi->host, family, &tcp);
    if (error)
        return p2_give_socket_error(call, error);
    r = p2_case(call, P2_OK, &own);
    if (r) {
        host_tcp_free(tcp);
        return r;
    }
    return give_socket(call, wasi, tcp, own);
}

/* The two streams of a connection, into two fields of a tuple. */
static int give_streams(struct call *call, struct wasi_p2 *wasi, struct host_file *file, struct slot tuple,
                        uint32_t field) {
    struct p2_input *input = p2_input_new(wasi, file, 0);
    struct p2_output *output = p2_output_new(wasi, file, HOST_OUTPUT_STREAM, 0);
    if (!input || !output) {
        p2_input_unref(wasi, input);
        p2_output_unref(wasi, output);
        return p2_limit(call, "its resources of WASI take more memory than it may make the host hold");
    }
    int r = p2_give(call, wasi,
                    (struct p2_entry){.kind = P2_INPUT_STREAM, .parent = P2_NO_PARENT, .input = input},
                    slot_field(tuple, field));
    if (r) {
        p2_output_unref(wasi, output);
        return r;
    }
    return p2_give(call, wasi,
                   (struct p2_entry){.kind = P2_OUTPUT_STREAM, .parent = P2_NO_PARENT, .output = output},
                   slot_field(tuple, field + 1));
}

/* --- bind, connect, listen, accept --- */

static int socket_arg(struct call *call, struct wasi_p2 *wasi, struct host_tcp **ret) {
    struct p2_entry *entry;
    int r = p2_arg(call, wasi, 0, P2_TCP_SOCKET, &entry, NULL);
    if (!r)
        *ret = entry->tcp;
    return r;
}

/* socket, network, address */
static int start(struct call *call, int (*fn)(struct host_tcp *tcp, const union host_address *address)) {
    struct wasi_p2 *wasi = p2_of(call);
    struct host_tcp *tcp;
    struct p2_entry *network;
    union host_address address;
    int r = socket_arg(call, wasi, &tcp);
    r = r ? r : p2_arg(call, wasi, 1, P2_NETWORK, &network, NULL);
    r = r ? r : p2_read_address(call_arg(call, 2), &address);
    return r ? r : p2_give_socket_done(call, fn(tcp, &address));
}

/* One step without more arguments. */
static int step(struct call *call, int (*fn)(struct host_tcp *tcp)) {
    struct host_tcp *tcp;
    int r = socket_arg(call, p2_of(call), &tcp);
    return r ? r : p2_give_socket_done(call, fn(tcp));
}

int p2_tcp_start_bind(struct call *call, void *user) {
    (void)user;
    return start(call, host_tcp_start_bind);
}

int p2_tcp_finish_bind(struct call *call, void *user) {
    (void)user;
    return step(call, host_tcp_finish_bind);
}

int p2_tcp_start_connect(struct call *call, void *user) {
    (void)user;
    return start(call, host_tcp_start_connect);
}

int p2_tcp_finish_connect(struct call *call, void *user) {
    struct wasi_p2 *wasi = p2_of(call);
    struct host_tcp *tcp;
    struct slot tuple;
    (void)user;
    int r = socket_arg(call, wasi, &tcp);
    if (r)
        return r;
    int error = host_tcp_finish_connect(tcp);
    if (error)
        return p2_give_socket_error(call, error);
    r = p2_case(call, P2_OK, &tuple);
    return r ? r : give_streams(call, wasi, tcp->file, tuple, 0);
}

int p2_tcp_start_listen(struct call *call, void *user) {
    (void)user;
    return step(call, host_tcp_start_listen);
}

int p2_tcp_finish_listen(struct call *call, void *user) {
    (void)user;
    return step(call, host_tcp_finish_listen);
}

int p2_tcp_accept(struct call *call, void *user) {
    struct wasi_p2 *wasi = p2_of(call);
    struct host_tcp *listener, *tcp = NULL;
    struct slot tuple;
    (void)user;
    int r = socket_arg(call, wasi, &listener);
    if (r)
        return r;
    int error = host_tcp_accept(listener, &tcp);
    if (error)
        return p2_give_socket_error(call, error);
    struct host_file *file = tcp->file;
    r = p2_case(call, P2_OK, &tuple);
    if (r) {
        host_tcp_free(tcp);
        return r;
    }
    r = give_socket(call, wasi, tcp, slot_field(tuple, 0));
    return r ? r : give_streams(call, wasi, file, tuple, 1);
}

int p2_tcp_shutdown(struct call *call, void *user) {
    static const unsigned how[] = {HOST_READ, HOST_WRITE, HOST_READ | HOST_WRITE};
    struct host_tcp *tcp;
    uint32_t which;
    (void)user;
    int r = socket_arg(call, p2_of(call), &tcp);
    r = r ? r : view_case(call_arg(call, 1), &which, NULL);
    return r ? r : p2_give_socket_done(call, host_tcp_shutdown(tcp, how[which]));
}

int p2_tcp_subscribe(struct call *call, void *user) {
    struct wasi_p2 *wasi = p2_of(call);
    struct p2_entry *entry;
    uint32_t rep;
    (void)user;
    int r = p2_arg(call, wasi, 0, P2_TCP_SOCKET, &entry, &rep);
    return r ? r : p2_give_pollable(call, wasi, P2_WAIT_TCP, rep);
}

/* --- what it is --- */

static int address_of(struct call *call, int (*fn)(const struct host_tcp *tcp, union host_address *ret)) {
    struct host_tcp *tcp;
    union host_address address = {.any = {.sa_family = AF_UNSPEC}};
    int r = socket_arg(call, p2_of(call), &tcp);
    return r ? r : p2_give_address(call, fn(tcp, &address), &address);
}

int p2_tcp_local_address(struct call *call, void *user) {
    (void)user;
    return address_of(call, host_tcp_local);
}

int p2_tcp_remote_address(struct call *call, void *user) {
    (void)user;
    return address_of(call, host_tcp_remote);
}

int p2_tcp_is_listening(struct call *call, void *user) {
    struct host_tcp *tcp;
    (void)user;
    int r = socket_arg(call, p2_of(call), &tcp);
    return r ? r : p2_give_bool(call, tcp->state == HOST_TCP_LISTENING);
}

int p2_tcp_address_family(struct call *call, void *user) {
    struct host_tcp *tcp;
    (void)user;
    int r = socket_arg(call, p2_of(call), &tcp);
    return r ? r : p2_give_family(call, tcp->family);
}

/* --- options --- */

int p2_tcp_set_listen_backlog_size(struct call *call, void *user) {
    struct host_tcp *tcp;
    (void)user;
    int r = socket_arg(call, p2_of(call), &tcp);
    return r ? r : p2_give_socket_done(call, host_tcp_set_backlog(tcp, view_u64(call_arg(call, 1))));
}

static int tell_option(struct call *call, enum host_option option) {
    struct host_tcp *tcp;
    uint64_t value = 0;
    int r = socket_arg(call, p2_of(call), &tcp);
    if (r)
        return r;
    int error = host_tcp_option_get(tcp, option, &value);
    return p2_give_option(call, error, value);
}

static int set_option(struct call *call, enum host_option option) {
    struct host_tcp *tcp;
    int r = socket_arg(call, p2_of(call), &tcp);
    return r ? r : p2_give_socket_done(call, host_tcp_option_set(tcp, option, p2_option_arg(call)));
}

P2_OPTION(tcp, keep_alive_enabled, HOST_OPTION_KEEP_ALIVE)
P2_OPTION(tcp, keep_alive_idle_time, HOST_OPTION_KEEP_IDLE_NS)
P2_OPTION(tcp, keep_alive_interval, HOST_OPTION_KEEP_INTERVAL_NS)
P2_OPTION(tcp, keep_alive_count, HOST_OPTION_KEEP_COUNT)
P2_OPTION(tcp, hop_limit, HOST_OPTION_HOP_LIMIT)
P2_OPTION(tcp, receive_buffer_size, HOST_OPTION_RECEIVE_BYTES)
P2_OPTION(tcp, send_buffer_size, HOST_OPTION_SEND_BYTES)
