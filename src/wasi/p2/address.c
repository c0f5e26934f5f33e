/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Addresses between the guest's form and the system's; the network, of which there is one. */
#include "wasi/p2/address.h"

#include <arpa/inet.h>

#include "wasi/p2/rows.h"

/* Cases of ip-address, ip-socket-address and ip-address-family. */
enum { IPV4, IPV6 };

static void read_v4(struct view record, struct sockaddr_in *to) {
    struct view address = view_field(record, 1);
    uint8_t bytes[4];
    for (uint32_t i = 0; i < 4; i++)
        bytes[i] = view_u8(view_field(address, i));
    to->sin_family = AF_INET;
    to->sin_port = htons(view_u16(view_field(record, 0)));
    memcpy(&to->sin_addr, bytes, sizeof(bytes));
}

static void read_v6(struct view record, struct sockaddr_in6 *to) {
    struct view address = view_field(record, 2);
    uint16_t words[8];
    for (uint32_t i = 0; i < 8; i++)
        words[i] = htons(view_u16(view_field(address, i)));
    to->sin6_family = AF_INET6;
    to->sin6_port = htons(view_u16(view_field(record, 0)));
    to->sin6_flowinfo = htonl(view_u32(view_field(record, 1)));
    memcpy(&to->sin6_addr, words, sizeof(words));
    to->sin6_scope_id = view_u32(view_field(record, 3));
}

/* The values that a flat IPv4 address shares with an IPv6 one are of the same kind, so nothing is to be cut.
 */
int p2_read_address(struct view v, union host_address *ret) {
    struct view record;
    uint32_t which;
    int r = view_case(v, &which, &record);
    if (r)
        return r;
    memset(ret, 0, sizeof(*ret));
    if (which == IPV4)
        read_v4(record, &ret->v4);
    else
        read_v6(record, &ret->v6);
    return 0;
}

static void write_v4(struct slot tuple, const struct in_addr *address) {
    uint8_t bytes[4];
    memcpy(bytes, address, sizeof(bytes));
    for (uint32_t i = 0; i < 4; i++)
        slot_u8(slot_field(tuple, i), bytes[i]);
}

static void write_v6(struct slot tuple, const struct in6_addr *address) {
    uint16_t words[8];
    memcpy(words, address, sizeof(words));
    for (uint32_t i = 0; i < 8; i++)
        slot_u16(slot_field(tuple, i), ntohs(words[i]));
}

int p2_write_address(struct slot to, const union host_address *address) {
    struct slot record;
    bool v6 = address->any.sa_family == AF_INET6;
    int r = slot_case(to, v6 ? IPV6 : IPV4, &record);
    if (r)
        return r;
    if (v6) {
        slot_u16(slot_field(record, 0), ntohs(address->v6.sin6_port));
        slot_u32(slot_field(record, 1), ntohl(address->v6.sin6_flowinfo));
        write_v6(slot_field(record, 2), &address->v6.sin6_addr);
        slot_u32(slot_field(record, 3), address->v6.sin6_scope_id);
    } else {
        slot_u16(slot_field(record, 0), ntohs(address->v4.sin_port));
        write_v4(slot_field(record, 1), &address->v4.sin_addr);
    }
    return 0;
}

int p2_write_ip(struct slot to, const union host_address *address) {
    struct slot tuple;
    bool v6 = address->any.sa_family == AF_INET6;
    int r = slot_case(to, v6 ? IPV6 : IPV4, &tuple);
    if (r)
        return r;
    if (v6)
        write_v6(tuple, &address->v6.sin6_addr);
    else
        write_v4(tuple, &address->v4.sin_addr);
    return 0;
}

int p2_give_address(struct call *call, int error, const union host_address *address) {
    struct slot payload;
    if (error)
        return p2_give_socket_error(call, error);
    int r = p2_case(call, P2_OK, &payload);
    return r ? r : p2_write_address(payload, address);
}

int p2_give_family(struct call *call, int family) {
    return p2_case(call, family == AF_INET6 ? IPV6 : IPV4, NULL);
}

int p2_read_family(struct view v, int *ret) {
    uint32_t which;
    int r = view_case(v, &which, NULL);
    if (!r)
        *ret = which == IPV6 ? AF_INET6 : AF_INET;
    return r;
}

/* What may be done in it is what the grants say, so it holds nothing. */
int p2_instance_network(struct call *call, void *user) {
    struct wasi_p2 *wasi = p2_of(call);
    struct slot result;
    (void)user;
    int r = call_result(call, &result);
    return r ? r : p2_give(call, wasi, (struct p2_entry){.kind = P2_NETWORK, .parent = P2_NO_PARENT}, result);
}
