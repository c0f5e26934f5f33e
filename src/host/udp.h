/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * UDP sockets that a guest makes.  Datagrams move in batches (recvmmsg, sendmmsg), straight between kernel
 * and guest memory; each address is checked against the grants, incoming ones too.  Nothing here waits.
 *
 * One that no grant would be of use for has no descriptor (host_net_socket()): it can be bound to any free
 * port, which binds nothing, and have streams; each datagram is refused, there as here.
 */
#ifndef HOST_UDP_H
#define HOST_UDP_H

#include "host/file.h"
#include "host/net.h"

/* Finish without start, and not in this state: as of TCP sockets (host/tcp.h). */
#define HOST_UDP_NOT_IN_PROGRESS HOST_E_SRCH
#define HOST_UDP_INVALID_STATE   HOST_E_ISCONN

/* Most datagrams of one call, and bytes of one. */
#define HOST_UDP_BATCH 16
#define HOST_UDP_BYTES 65535

enum host_udp_state { HOST_UDP_UNBOUND, HOST_UDP_BINDING, HOST_UDP_BOUND };

struct host_udp {
    struct host_file *file; /* owned reference */
    enum host_udp_state state;
    int family;
    int pending; /* error of a bind that its finish reports */
    bool connected;
    union host_address remote;
    union host_address asked;    /* the address it was asked to be bound to, port 0 as such */
    uint32_t generation;         /* of its streams: those of an earlier one are dead */
    struct host_options options; /* set before it has a descriptor */
};

/** Make a socket. @return 0, as host_net_socket(), HOST_E_NOMEM */
int host_udp_new(struct host *host, int family, struct host_udp **ret) MUST_CHECK;
/** Free it; the file lives as long as somebody holds it. @return NULL */
struct host_udp *host_udp_free(struct host_udp *udp);
/** @return 0, HOST_E_INVAL (wrong family, mapped), HOST_E_NOTCAPABLE, HOST_E_ALREADY, HOST_UDP_INVALID_STATE
 */
int host_udp_start_bind(struct host_udp *udp, const union host_address *local) MUST_CHECK;
/** @return 0 (BOUND), HOST_UDP_NOT_IN_PROGRESS, HOST_E_ADDRINUSE, HOST_E_ADDRNOTAVAIL, by errno (UNBOUND) */
int host_udp_finish_bind(struct host_udp *udp) MUST_CHECK;
/**
 * Begin streams: with one peer, or (NULL) with any; the local port stays, the address may change where it was
 * left to the system.
 *
 * @return 0 (generation is new), HOST_UDP_INVALID_STATE (not bound), HOST_E_INVAL (wrong family, mapped, any
 * address, port 0), HOST_E_NOTCAPABLE, HOST_E_HOSTUNREACH, HOST_E_ADDRINUSE (somebody took its port between
 * two peers: it is unbound again), by errno
 */
int host_udp_connect(struct host_udp *udp, const union host_address *remote) MUST_CHECK;
/** @return 0, HOST_UDP_INVALID_STATE (not bound; not with one peer) */
int host_udp_local(const struct host_udp *udp, union host_address *ret) MUST_CHECK;
int host_udp_remote(const struct host_udp *udp, union host_address *ret) MUST_CHECK;
/** HOP_LIMIT, RECEIVE_BYTES, SEND_BYTES. @return as host_net_option_set(), HOST_E_NOTSUP (another) */
int host_udp_option_set(struct host_udp *udp, enum host_option option, uint64_t value) MUST_CHECK;
int host_udp_option_get(const struct host_udp *udp, enum host_option option, uint64_t *ret) MUST_CHECK;

/* A datagram: bytes borrowed from whoever calls. */
struct host_datagram {
    struct iovec bytes;
    union host_address address; /* family AF_UNSPEC: none given */
};
/**
 * How many bytes has the next datagram, without taking it?  Those that will not be handed on (see
 * host_udp_receive()) are dropped here already.
 *
 * @return 0, HOST_E_AGAIN, HOST_E_NOTCAPABLE (its peer is granted no more), by errno
 */
int host_udp_next_size(struct host_udp *udp, size_t *ret) MUST_CHECK;
/**
 * Receive what is there.  Dropped and counted are those from peers that no grant allows (under a grant to
 * listen where it is bound all are) and, with one peer, those that came before from others.
 *
 * @param datagrams  in: bytes to receive into; out: the first *ret have address and length, the rest of a
 * longer datagram is lost; they may have changed places
 * @param count      1 … HOST_UDP_BATCH
 * @param ret        how many came, 0: none are there
 * @return 0, HOST_E_NOTCAPABLE (its peer is granted no more), HOST_E_CONNREFUSED, HOST_E_HOSTUNREACH, by
 * errno
 */
int host_udp_receive(struct host_udp *udp, struct host_datagram *datagrams, size_t count, size_t *ret)
    MUST_CHECK;
/**
 * Send in order, to the first that fails.
 *
 * @param datagrams  address: AF_UNSPEC with one peer, or that peer's; else where to
 * @param count      at most HOST_UDP_BATCH
 * @param ret        how many went; 0: no room now
 * @return 0, or the error of the first: HOST_E_INVAL (an address as host_udp_connect(), none, not the
 * peer's), HOST_E_NOTCAPABLE, HOST_E_MSGSIZE, HOST_E_CONNREFUSED, HOST_E_HOSTUNREACH, by errno
 */
int host_udp_send(struct host_udp *udp, const struct host_datagram *datagrams, size_t count, size_t *ret)
    MUST_CHECK;

/* --- for this room --- */

/** Give it its descriptor and its place where it has none, now that a grant allows it something. @return as
 * host_net_open(), as host_udp_finish_bind() */
int host_udp_make_real(struct host_udp *udp) MUST_CHECK;
/** Is this an address one can speak to? @return 0, HOST_E_INVAL */
int host_udp_check_remote(const struct host_udp *udp, const union host_address *remote) MUST_CHECK;
/** What the system's errors mean on a UDP socket. */
int host_udp_error(int errnum);

#endif
