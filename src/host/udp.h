/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * UDP sockets that a guest makes.  Datagrams move in batches (recvmmsg, sendmmsg), straight between kernel
 * and guest memory; each address is checked against the grants, incoming ones too.  Nothing here waits.
 */
#ifndef HOST_UDP_H
#define HOST_UDP_H

#include "host/file.h"
#include "host/net.h"

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
    uint32_t generation; /* of its streams: those of an earlier one are dead */
};

int host_udp_new(struct host *host, int family, struct host_udp **ret) MUST_CHECK;
struct host_udp *host_udp_free(struct host_udp *udp);
int host_udp_start_bind(struct host_udp *udp, const union host_address *local) MUST_CHECK;
int host_udp_finish_bind(struct host_udp *udp) MUST_CHECK;
/** Begin streams: with one peer, or (NULL) with any. @return 0 (generation is new), by errno */
int host_udp_connect(struct host_udp *udp, const union host_address *remote) MUST_CHECK;
int host_udp_local(const struct host_udp *udp, union host_address *ret) MUST_CHECK;
int host_udp_remote(const struct host_udp *udp, union host_address *ret) MUST_CHECK;
int host_udp_option_set(struct host_udp *udp, enum host_option option, uint64_t value) MUST_CHECK;
int host_udp_option_get(const struct host_udp *udp, enum host_option option, uint64_t *ret) MUST_CHECK;

/* A datagram: bytes borrowed from whoever calls. */
struct host_datagram {
    struct iovec bytes;
    union host_address address; /* family AF_UNSPEC: none given */
};
/** How many bytes has the next datagram, without taking it? @return 0, HOST_E_AGAIN, by errno */
int host_udp_next_size(struct host_udp *udp, size_t *ret) MUST_CHECK;
/**
 * Receive what is there, into the bytes given; those from peers that no grant allows are dropped and counted.
 *
 * @param count  1 … HOST_UDP_BATCH
 * @param ret    how many came, 0: none are there
 */
int host_udp_receive(struct host_udp *udp, struct host_datagram *datagrams, size_t count, size_t *ret)
    MUST_CHECK;
/** Send in order, to the first that fails. @param ret how many went @return 0, or the error of the first */
int host_udp_send(struct host_udp *udp, const struct host_datagram *datagrams, size_t count, size_t *ret)
    MUST_CHECK;

#endif
