/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Addresses of the network, and whether an instance may use them.
 *
 * A grant names an address range and ports, or a name and ports.  By range: what is in it, and nothing else
 * matters.  By name: the addresses that the parent answered for the name in this instance's lookups, public
 * ones only.  Loopback, private, link-local and other special addresses (RFC 6890) are reached by a range
 * that lies within their block, never by a name, "*" or a range that merely contains them.
 */
#ifndef HOST_NET_H
#define HOST_NET_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "base/attr.h"
#include "host/host.h"

/* An address as the system takes it. */
union host_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

/** Bytes of it that the system reads. */
socklen_t host_address_size(const union host_address *address);
/** "192.0.2.1:80", "[2001:db8::1]:80"; as grant patterns have it. @param size 64 is enough */
void host_address_text(const union host_address *address, char *to, size_t size);
/** 0.0.0.0 or ::. */
bool host_address_is_any(const union host_address *address);
/** Neither multicast nor broadcast. */
bool host_address_is_unicast(const union host_address *address);
/** ::ffff:a.b.c.d, which no guest may name. */
bool host_address_is_mapped(const union host_address *address);
/** Loopback, private, link-local, shared, reserved, documentation, …: not of the public network. */
bool host_address_is_special(const union host_address *address);

/**
 * May it connect to, listen at, or exchange datagrams with this address?  A refusal is audited.
 *
 * @param action  GRANT_CONNECT, GRANT_LISTEN, GRANT_UDP
 * @return 0, HOST_E_NOTCAPABLE
 */
int host_net_check(struct host *host, enum grant_action action, const union host_address *address) MUST_CHECK;

/**
 * Make a socket: non-blocking, v6only where it is IPv6, charged to the instance's number of sockets.
 *
 * @param family  AF_INET, AF_INET6
 * @param type    SOCK_STREAM, SOCK_DGRAM
 * @return 0, HOST_E_AFNOSUPPORT, HOST_E_MFILE, HOST_E_NOTCAPABLE (no grant of class net at all), by errno
 */
int host_net_socket(struct host *host, int family, int type, int *ret_fd) MUST_CHECK;

/* Options of sockets that numbers are read and written of; bounds and rounding as WASI 0.2 asks. */
enum host_option {
    HOST_OPTION_KEEP_ALIVE,   /* 0 or 1 */
    HOST_OPTION_KEEP_IDLE_NS, /* cut to whole seconds, at least one */
    HOST_OPTION_KEEP_INTERVAL_NS,
    HOST_OPTION_KEEP_COUNT,
    HOST_OPTION_HOP_LIMIT,     /* 1 … 255 */
    HOST_OPTION_RECEIVE_BYTES, /* the buffer as the program sees it: half of what Linux says */
    HOST_OPTION_SEND_BYTES,
    HOST_OPTIONS
};
/** @return 0, HOST_E_INVAL (0 or too large), by errno */
int host_net_option_set(int fd, int family, enum host_option option, uint64_t value) MUST_CHECK;
int host_net_option_get(int fd, int family, enum host_option option, uint64_t *ret) MUST_CHECK;

#endif
