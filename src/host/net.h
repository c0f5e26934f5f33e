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
#include "host/file.h"

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
 * Make a socket: non-blocking, v6only where it is IPv6, charged to the instance's number of sockets.  Where
 * no grant would be of use for it (to listen; of streams to connect, of datagrams udp) it has no descriptor,
 * and the system hears nothing of it: it can be asked for whatever it likes, so that the refusal names the
 * address it wanted.  host_net_open() gives it one when a grant has come meanwhile.
 *
 * @param family  AF_INET, AF_INET6
 * @param type    SOCK_STREAM, SOCK_DGRAM
 * @param ret     a file of kind SOCKET, owned by the caller; fd -1: none, and always ready
 * @return 0, HOST_E_AFNOSUPPORT, HOST_E_MFILE (LIMIT_SOCKETS, open files, or the system's), HOST_E_NOMEM, by
 * errno
 */
int host_net_socket(struct host *host, int family, int type, struct host_file **ret) MUST_CHECK;

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
/** Set one; what is too large is cut to what the system takes. @return 0, HOST_E_INVAL (0, a hop limit over
 * 255), by errno */
int host_net_option_set(int fd, int family, enum host_option option, uint64_t value) MUST_CHECK;
int host_net_option_get(int fd, int family, enum host_option option, uint64_t *ret) MUST_CHECK;

/* What was set where the system cannot keep it: of a socket without descriptor, or for connections to come.
 */
struct host_options {
    uint64_t values[HOST_OPTIONS];
    unsigned set; /* bit per option */
};
/** Keep one. @return 0, HOST_E_INVAL as host_net_option_set() */
int host_net_option_keep(struct host_options *options, enum host_option option, uint64_t value) MUST_CHECK;
/** What was kept, rounded as the system does; else what a socket begins with. @return 0, HOST_E_INVAL */
int host_net_option_kept(const struct host_options *options, enum host_option option, uint64_t *ret)
    MUST_CHECK;

/* --- for this room --- */

/** As host_net_check(), without a word where the answer is no. */
bool host_net_may(const struct host *host, enum grant_action action, const union host_address *address);
/**
 * May a socket be bound to this?  A grant to listen there covers it; any free port also whoever may begin to
 * speak at all, since the system would choose one all the same, and one without descriptor, for which nothing
 * is bound.
 *
 * @param file    of the socket
 * @param client  GRANT_CONNECT, GRANT_UDP: what the socket can do without listening
 * @return 0, HOST_E_NOTCAPABLE
 */
int host_net_check_bind(struct host_file *file, enum grant_action client, const union host_address *local)
    MUST_CHECK;
/** Could a socket be of use to the instance? @param client  as host_net_check_bind() */
bool host_net_of_use(const struct host *host, enum grant_action client);
/**
 * Give a socket its descriptor, with what was kept for it; what has one stays as it is.
 *
 * @return 0, HOST_E_MFILE, by errno
 */
int host_net_open(struct host_file *file, int family, struct host_options *options) MUST_CHECK;
/** Set on a descriptor what was kept. Where the system refuses one it is as good without. */
void host_net_options_apply(int fd, int family, const struct host_options *options);
/** Is there room for one more socket? @return 0, HOST_E_MFILE (counted, and said the first time) */
int host_net_room(struct host *host) MUST_CHECK;
/** Make the charged file of a socket. @param fd non-blocking; taken on success @return 0, HOST_E_NOMEM */
int host_net_file(struct host *host, int fd, int type, struct host_file **ret) MUST_CHECK;
/** Count one more connection that begins. @return 0, HOST_E_MFILE: too many in this time */
int host_net_connect_take(struct host *host) MUST_CHECK;
/** What the errors of the system's socket calls mean to a guest. */
int host_net_error(int errnum);
/** The same address, port and scope? */
bool host_address_equal(const union host_address *a, const union host_address *b);
/** Ask a socket's own address. @return 0, by errno */
int host_net_local(int fd, union host_address *ret) MUST_CHECK;

#endif
