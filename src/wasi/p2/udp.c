/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* wasi:sockets/udp and udp-create-socket: the sockets; their streams are in datagrams.c. */
#include "host/udp.h"

#include "wasi/p2/address.h"
#include "wasi/p2/option.h"
#include "wasi/p2/rows.h"

static int socket_arg(struct call *call, struct wasi_p2 *wasi, struct p2_udp **ret) {
    struct p2_entry *entry;
    int r = p2_arg(call, wasi, 0, P2_UDP_SOCKET, &entry, NULL);
    if (!r)
        *ret = entry->udp;
    return r;
}

/* --- making it --- */

static int new_socket(struct wasi_p2 *wasi, int family, struct p2_udp **ret) {
    union p2_object *object = p2_object_new(wasi);
    if (!object)
        return HOST_E_NOMEM;
    int error = host_udp_new(wasi->host, family, &object->udp.socket);
    if (error) {
        p2_object_free(wasi, object);
        return error;
    }
    object->udp.refs = 1;
    *ret = &object->udp;
    return 0;
}

int p2_create_udp_socket(struct call *call, void *user) {
    struct wasi_p2 *wasi = p2_of(call);
    struct p2_udp *udp = NULL;
    struct slot own;
    int family;
    (void)user;
    int r = p2_read_family(call_arg(call, 0), &family);
    if (r)
        return r;
    int error = new_socket(wasi, family, &udp);
    if (error)
        return p2_give_socket_error(call, error);
    r = p2_case(call, P2_OK, &own);
    if (r) {
        p2_udp_unref(wasi, udp);
        return r;
    }
    return p2_give(call, wasi, (struct p2_entry){.kind = P2_UDP_SOCKET, .parent = P2_NO_PARENT, .udp = udp},
                   own);
}

int p2_udp_start_bind(struct call *call, void *user) {
    struct wasi_p2 *wasi = p2_of(call);
    struct p2_udp *udp;
    struct p2_entry *network;
    union host_address address;
    (void)user;
    int r = socket_arg(call, wasi, &udp);
    r = r ? r : p2_arg(call, wasi, 1, P2_NETWORK, &network, NULL);
    r = r ? r : p2_read_address(call_arg(call, 2), &address);
    return r ? r : p2_give_socket_done(call, host_udp_start_bind(udp->socket, &address));
}

int p2_udp_finish_bind(struct call *call, void *user) {
    struct p2_udp *udp;
    (void)user;
    int r = socket_arg(call, p2_of(call), &udp);
    return r ? r : p2_give_socket_done(call, host_udp_finish_bind(udp->socket));
}

/* A bind is over when it has begun, so there is nothing to wait for. */
int p2_udp_subscribe(struct call *call, void *user) {
    struct wasi_p2 *wasi = p2_of(call);
    struct p2_entry *entry;
    uint32_t rep;
    (void)user;
    int r = p2_arg(call, wasi, 0, P2_UDP_SOCKET, &entry, &rep);
    return r ? r : p2_give_pollable(call, wasi, P2_WAIT_NOTHING, rep);
}

/* --- streams --- */

static int give_stream(struct call *call, struct wasi_p2 *wasi, struct p2_udp *udp, enum p2_kind kind,
                       struct slot to) {
    union p2_object *object = p2_object_new(wasi);
    if (!object)
        return p2_limit(call, "its resources of WASI take more memory than it may make the host hold");
    udp->refs++;
    object->datagrams = (struct p2_datagrams){.udp = udp, .generation = udp->socket->generation};
    struct p2_entry made = {.kind = (uint8_t)kind, .parent = P2_NO_PARENT, .datagrams = &object->datagrams};
    return p2_give(call, wasi, made, to);
}

int p2_udp_stream(struct call *call, void *user) {
    struct wasi_p2 *wasi = p2_of(call);
    struct p2_udp *udp;
    struct view remote;
    struct slot tuple;
    union host_address address;
    uint32_t which;
    (void)user;
    int r = socket_arg(call, wasi, &udp);
    r = r ? r : view_case(call_arg(call, 1), &which, &remote);
    if (!r && which == P2_SOME)
        r = p2_read_address(remote, &address);
    if (r)
        return r;
    int error = host_udp_connect(udp->socket, which == P2_SOME ? &address : NULL);
    if (error)
        return p2_give_socket_error(call, error);
    r = p2_case(call, P2_OK, &tuple);
    r = r ? r : give_stream(call, wasi, udp, P2_INCOMING_DATAGRAM_STREAM, slot_field(tuple, 0));
    return r ? r : give_stream(call, wasi, udp, P2_OUTGOING_DATAGRAM_STREAM, slot_field(tuple, 1));
}

/* --- what it is --- */

static int address_of(struct call *call, int (*fn)(const struct host_udp *udp, union host_address *ret)) {
    struct p2_udp *udp;
    union host_address address = {.any = {.sa_family = AF_UNSPEC}};
    int r = socket_arg(call, p2_of(call), &udp);
    return r ? r : p2_give_address(call, fn(udp->socket, &address), &address);
}

int p2_udp_local_address(struct call *call, void *user) {
    (void)user;
    return address_of(call, host_udp_local);
}

int p2_udp_remote_address(struct call *call, void *user) {
    (void)user;
    return address_of(call, host_udp_remote);
}

int p2_udp_address_family(struct call *call, void *user) {
    struct p2_udp *udp;
    (void)user;
    int r = socket_arg(call, p2_of(call), &udp);
    return r ? r : p2_give_family(call, udp->socket->family);
}

static int tell_option(struct call *call, enum host_option option) {
    struct p2_udp *udp;
    uint64_t value = 0;
    int r = socket_arg(call, p2_of(call), &udp);
    if (r)
        return r;
    int error = host_udp_option_get(udp->socket, option, &value);
    return p2_give_option(call, error, value);
}

static int set_option(struct call *call, enum host_option option) {
    struct p2_udp *udp;
    int r = socket_arg(call, p2_of(call), &udp);
    return r ? r : p2_give_socket_done(call, host_udp_option_set(udp->socket, option, p2_option_arg(call)));
}

P2_OPTION(udp, unicast_hop_limit, HOST_OPTION_HOP_LIMIT)
P2_OPTION(udp, receive_buffer_size, HOST_OPTION_RECEIVE_BYTES)
P2_OPTION(udp, send_buffer_size, HOST_OPTION_SEND_BYTES)
