/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Streams of datagrams in wasi:sockets/udp.  Those of an earlier call of `stream` are dead, and say
 * invalid-state.  A datagram is received into the guest's memory: its size is asked before, so that no more
 * is allocated than it has.
 */
#include "wasi/p2/address.h"
#include "wasi/p2/rows.h"

static int stream_arg(struct call *call, struct wasi_p2 *wasi, enum p2_kind kind, struct p2_datagrams **ret) {
    struct p2_entry *entry;
    int r = p2_arg(call, wasi, 0, kind, &entry, NULL);
    if (!r)
        *ret = entry->datagrams;
    return r;
}

/* @return 0, HOST_E_NOTCONN: invalid-state */
static int check_alive(const struct p2_datagrams *stream) {
    return stream->generation == stream->udp->socket->generation ? 0 : HOST_E_NOTCONN;
}

static int subscribe(struct call *call, enum p2_kind kind, enum p2_wait how) {
    struct wasi_p2 *wasi = p2_of(call);
    struct p2_entry *entry;
    uint32_t rep;
    int r = p2_arg(call, wasi, 0, kind, &entry, &rep);
    return r ? r : p2_give_pollable(call, wasi, how, rep);
}

/* --- receiving --- */

/* One datagram into an element of the list.  @param ret_error  AGAIN: there is none, the element is as it was
 */
static int receive_one(struct slot element, struct host_udp *socket, int *ret_error) {
    struct slot bytes = slot_field(element, 0);
    for (;;) {
        struct host_datagram datagram = {.address = {.any = {.sa_family = AF_UNSPEC}}};
        uint8_t *to = NULL;
        size_t size = 0, came = 0;
        *ret_error = host_udp_next_size(socket, &size);
        if (*ret_error)
            return 0;
        int r = slot_span_begin(bytes, (uint32_t)size, &to);
        if (r)
            return r;
        datagram.bytes = (struct iovec){.iov_base = to, .iov_len = size};
        *ret_error = host_udp_receive(socket, &datagram, 1, &came);
        if (*ret_error)
            return 0;
        if (!came) /* from where nothing may come: it was dropped, and there may be more */
            continue;
        slot_span_shorten(bytes, (uint32_t)datagram.bytes.iov_len);
        return p2_write_address(slot_field(element, 1), &datagram.address);
    }
}

/* An error behind datagrams is told the next time. */
static int receive_some(struct call *call, struct p2_datagrams *stream, uint32_t most) {
    struct host_udp *socket = stream->udp->socket;
    struct slot result, payload;
    struct slot_list list;
    size_t size;
    int error = most ? host_udp_next_size(socket, &size) : HOST_E_AGAIN;
    if (error && error != HOST_E_AGAIN)
        return p2_give_socket_error(call, error);
    if (error)
        most = 0;
    int r = call_result(call, &result);
    r = r ? r : slot_case(result, P2_OK, &payload);
    r = r ? r : slot_list(payload, most, &list);
    uint32_t count = 0;
    error = 0;
    while (!r && !error && count < most) {
        r = receive_one(slot_item(&list, count), socket, &error);
        count += !r && !error;
    }
    if (r)
        return r;
    if (error == HOST_STOP)
        return ABI_STOP;
    if (error && error != HOST_E_AGAIN) {
        if (!count)
            return p2_give_socket_error(call, error);
        stream->pending = error;
    }
    slot_span_shorten(payload, count);
    return 0;
}

int p2_datagrams_receive(struct call *call, void *user) {
    struct wasi_p2 *wasi = p2_of(call);
    struct p2_datagrams *stream;
    (void)user;
    int r = stream_arg(call, wasi, P2_INCOMING_DATAGRAM_STREAM, &stream);
    if (r)
        return r;
    int error = check_alive(stream);
    if (!error) {
        error = stream->pending;
        stream->pending = 0;
    }
    if (error)
        return p2_give_socket_error(call, error);
    uint64_t most = view_u64(call_arg(call, 1));
    return receive_some(call, stream, most < HOST_UDP_BATCH ? (uint32_t)most : HOST_UDP_BATCH);
}

int p2_incoming_subscribe(struct call *call, void *user) {
    (void)user;
    return subscribe(call, P2_INCOMING_DATAGRAM_STREAM, P2_WAIT_RECEIVE);
}

/* --- sending --- */

int p2_datagrams_check_send(struct call *call, void *user) {
    struct wasi_p2 *wasi = p2_of(call);
    struct p2_datagrams *stream;
    struct slot number;
    (void)user;
    int r = stream_arg(call, wasi, P2_OUTGOING_DATAGRAM_STREAM, &stream);
    if (r)
        return r;
    int error = check_alive(stream);
    if (error)
        return p2_give_socket_error(call, error);
    bool ready = host_event_ready(&stream->udp->socket->file->event, HOST_WRITE) != 0;
    stream->permit = ready ? HOST_UDP_BATCH : 0;
    r = p2_case(call, P2_OK, &number);
    if (!r)
        slot_u64(number, stream->permit);
    return r;
}

/* An outgoing-datagram: its bytes stay where they are. */
static int read_datagram(struct view record, struct host_datagram *ret) {
    const uint8_t *bytes;
    uint32_t length, which;
    struct view address;
    int r = view_span(view_field(record, 0), &bytes, &length);
    r = r ? r : view_case(view_field(record, 1), &which, &address);
    if (r)
        return r;
    ret->bytes = (struct iovec){.iov_base = (void *)(uintptr_t)bytes, .iov_len = length}; /* only read */
    ret->address.any.sa_family = AF_UNSPEC;
    return which == P2_SOME ? p2_read_address(address, &ret->address) : 0;
}

int p2_datagrams_send(struct call *call, void *user) {
    struct wasi_p2 *wasi = p2_of(call);
    struct p2_datagrams *stream;
    struct view_list list;
    struct host_datagram datagrams[HOST_UDP_BATCH];
    struct slot number;
    size_t sent = 0;
    (void)user;
    int r = stream_arg(call, wasi, P2_OUTGOING_DATAGRAM_STREAM, &stream);
    r = r ? r : view_list(call_arg(call, 1), &list);
    if (r)
        return r;
    int error = check_alive(stream);
    if (error)
        return p2_give_socket_error(call, error);
    if (list.count > stream->permit)
        return p2_trap(call, "send-beyond-permit", "a send of %u datagrams, check-send permitted %u",
                       list.count, stream->permit);
    stream->permit = 0;
    for (uint32_t i = 0; !r && i < list.count; i++)
        r = read_datagram(view_item(&list, i), &datagrams[i]);
    if (r)
        return r;
    if (list.count)
        error = host_udp_send(stream->udp->socket, datagrams, list.count, &sent);
    if (error && error != HOST_E_AGAIN && !sent)
        return p2_give_socket_error(call, error);
    r = p2_case(call, P2_OK, &number);
    if (!r)
        slot_u64(number, sent);
    return r;
}

int p2_outgoing_subscribe(struct call *call, void *user) {
    (void)user;
    return subscribe(call, P2_OUTGOING_DATAGRAM_STREAM, P2_WAIT_SEND);
}
