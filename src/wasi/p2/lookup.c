/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* wasi:sockets/ip-name-lookup: a lookup begins at once and is answered by the parent process. */
#include "wasi/p2/address.h"
#include "wasi/p2/rows.h"

int p2_resolve_addresses(struct call *call, void *user) {
    struct wasi_p2 *wasi = p2_of(call);
    struct p2_entry *network;
    struct host_lookup *lookup = NULL;
    struct text name;
    struct slot own;
    (void)user;
    int r = p2_arg(call, wasi, 0, P2_NETWORK, &network, NULL);
    r = r ? r : view_string(call_arg(call, 1), &name);
    if (r)
        return r;
    int error = host_lookup_new(wasi->host, name, &lookup);
    if (error)
        return error == HOST_STOP ? ABI_STOP : p2_give_code(call, p2_lookup_error(error));
    r = p2_case(call, P2_OK, &own);
    if (r) {
        host_lookup_free(lookup);
        return r;
    }
    return p2_give(
        call, wasi,
        (struct p2_entry){.kind = P2_RESOLVE_ADDRESS_STREAM, .parent = P2_NO_PARENT, .lookup = lookup}, own);
}

int p2_resolve_next_address(struct call *call, void *user) {
    struct wasi_p2 *wasi = p2_of(call);
    struct p2_entry *stream;
    union host_address address = {.any = {.sa_family = AF_UNSPEC}};
    struct slot option, payload;
    (void)user;
    int r = p2_arg(call, wasi, 0, P2_RESOLVE_ADDRESS_STREAM, &stream, NULL);
    if (r)
        return r;
    int error = host_lookup_next(stream->lookup, &address);
    if (error == HOST_STOP)
        return ABI_STOP;
    if (error)
        return p2_give_code(call, p2_lookup_error(error));
    r = p2_case(call, P2_OK, &option);
    if (r)
        return r;
    if (address.any.sa_family == AF_UNSPEC)
        return slot_case(option, P2_NONE, NULL);
    r = slot_case(option, P2_SOME, &payload);
    return r ? r : p2_write_ip(payload, &address);
}

int p2_resolve_subscribe(struct call *call, void *user) {
    struct wasi_p2 *wasi = p2_of(call);
    struct p2_entry *entry;
    uint32_t rep;
    (void)user;
    int r = p2_arg(call, wasi, 0, P2_RESOLVE_ADDRESS_STREAM, &entry, &rep);
    return r ? r : p2_give_pollable(call, wasi, P2_WAIT_LOOKUP, rep);
}
