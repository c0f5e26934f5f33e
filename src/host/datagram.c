/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Datagrams of UDP sockets, in batches straight between kernel and guest memory (host/udp.h).
 *
 * Who may be heard: with one peer only it; else, where it is bound under a grant to listen, everybody; else
 * those that it may send to.  Who may be spoken to: what a grant of class udp holds, asked for each datagram.
 */
#include "host/inside.h"
#include "host/udp.h"

/* Unwanted datagrams taken off a queue in one call: then others get a turn. */
#define DROPS_MAX 64

/* --- receiving --- */

/* Whom a socket listens to, found out once a call. */
struct ear {
    struct host_udp *udp;
    bool all;
};

static int open_ear(struct host_udp *udp, struct ear *ret) {
    struct host *host = udp->file->host;
    *ret = (struct ear){.udp = udp};
    if (udp->state != HOST_UDP_BOUND)
        return HOST_UDP_INVALID_STATE;
    if (udp->connected)
        return host_net_check(host, GRANT_UDP, &udp->remote);
    if (udp->file->fd < 0) { /* nothing arrives: said, since it would be waited for */
        ret->all = true;
        int r = host_net_check(host, GRANT_LISTEN, &udp->asked);
        return r ? r : host_udp_make_real(udp);
    }
    ret->all = host_net_may(host, GRANT_LISTEN, &udp->asked);
    return 0;
}

static bool is_heard(const struct ear *ear, const union host_address *from) {
    if (ear->udp->connected)
        return host_address_equal(from, &ear->udp->remote);
    return ear->all || host_net_may(ear->udp->file->host, GRANT_UDP, from);
}

static void count_dropped(const struct ear *ear) {
    if (ear->udp->connected)
        return; /* from before: nobody's fault */
    struct host *host = ear->udp->file->host;
    host->net.datagrams_dropped++;
    if (!host->net.told_dropped)
        host_notice(host, "datagrams of peers it may not speak to were dropped");
    host->net.told_dropped = true;
}

static int receive_error(struct host_udp *udp) {
    if (errno != EAGAIN)
        return host_udp_error(errno);
    host_event_drained(&udp->file->event, HOST_READ);
    return HOST_E_AGAIN;
}

int host_udp_next_size(struct host_udp *udp, size_t *ret) {
    struct ear ear;
    int r = open_ear(udp, &ear);
    for (int drops = 0; r == 0; drops++) {
        union host_address from = {.any.sa_family = AF_UNSPEC};
        struct msghdr message = {.msg_name = &from, .msg_namelen = sizeof(from)};
        ssize_t n = sys_recvmsg(udp->file->fd, &message, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT);
        if (n < 0)
            return receive_error(udp);
        if (is_heard(&ear, &from)) {
            *ret = (size_t)n;
            return 0;
        }
        if (drops == DROPS_MAX)
            return HOST_E_AGAIN;
        message = (struct msghdr){.msg_name = NULL};
        if (sys_recvmsg(udp->file->fd, &message, MSG_DONTWAIT) >= 0)
            count_dropped(&ear);
    }
    return r;
}

/* What must not be heard must not be read in the memory it was received into, either. */
static void forget(struct host_datagram *datagram, size_t length) {
    if (length > 0)
        memset(datagram->bytes.iov_base, 0, length);
}

/* Bring those that are heard to the front, each with bytes of its own. @return how many */
static size_t keep_heard(const struct ear *ear, struct host_datagram *datagrams, const struct mmsghdr *got,
                         size_t count) {
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        struct host_datagram one = datagrams[i];
        if (!is_heard(ear, &one.address)) {
            forget(&one, got[i].msg_len);
            count_dropped(ear);
            continue;
        }
        one.bytes.iov_len = got[i].msg_len;
        datagrams[i] = datagrams[kept];
        datagrams[kept++] = one;
    }
    return kept;
}

int host_udp_receive(struct host_udp *udp, struct host_datagram *datagrams, size_t count, size_t *ret) {
    struct ear ear;
    int r = open_ear(udp, &ear);
    if (r)
        return r;
    if (count > HOST_UDP_BATCH)
        count = HOST_UDP_BATCH;
    struct mmsghdr messages[HOST_UDP_BATCH];
    *ret = 0;
    for (int tries = 0; *ret == 0 && tries < DROPS_MAX / HOST_UDP_BATCH; tries++) {
        for (size_t i = 0; i < count; i++) {
            datagrams[i].address = (union host_address){.any.sa_family = AF_UNSPEC};
            messages[i] = (struct mmsghdr){.msg_hdr = {.msg_name = &datagrams[i].address,
                                                       .msg_namelen = sizeof(datagrams[i].address),
                                                       .msg_iov = &datagrams[i].bytes,
                                                       .msg_iovlen = 1}};
        }
        int n = SYS_RETRY_(int, recvmmsg(udp->file->fd, messages, (unsigned)count, MSG_DONTWAIT, NULL));
        if (n < 0) {
            r = receive_error(udp);
            return r == HOST_E_AGAIN ? 0 : r;
        }
        host_event_unsure(&udp->file->event, HOST_READ);
        *ret = keep_heard(&ear, datagrams, messages, (size_t)n);
        if ((size_t)n < count)
            break;
    }
    return 0;
}

/* --- sending --- */

/* May it go there?  Of a batch to one peer the grants are asked once. */
static int check_one(struct host_udp *udp, const struct host_datagram *datagram,
                     const union host_address *last) {
    if (datagram->bytes.iov_len > HOST_UDP_BYTES)
        return HOST_E_MSGSIZE;
    const union host_address *to = &datagram->address;
    if (to->any.sa_family == AF_UNSPEC) {
        if (!udp->connected)
            return HOST_E_INVAL;
        to = &udp->remote;
    } else {
        int r = host_udp_check_remote(udp, to);
        if (r || (udp->connected && !host_address_equal(to, &udp->remote)))
            return HOST_E_INVAL;
    }
    if (last && (udp->connected || host_address_equal(to, last)))
        return 0;
    return host_net_check(udp->file->host, GRANT_UDP, to);
}

int host_udp_send(struct host_udp *udp, const struct host_datagram *datagrams, size_t count, size_t *ret) {
    *ret = 0;
    if (udp->state != HOST_UDP_BOUND)
        return HOST_UDP_INVALID_STATE;
    if (count > HOST_UDP_BATCH)
        count = HOST_UDP_BATCH;
    struct mmsghdr messages[HOST_UDP_BATCH];
    size_t good = 0;
    int r = 0;
    for (; good < count && r == 0; good += r == 0) {
        const struct host_datagram *d = &datagrams[good];
        r = check_one(udp, d, good ? &d[-1].address : NULL);
        /* The system's structs know nothing of const; it writes into none of these. */
        messages[good] =
            (struct mmsghdr){.msg_hdr = {.msg_name = udp->connected ? NULL : (void *)(uintptr_t)&d->address,
                                         .msg_namelen = udp->connected ? 0 : host_address_size(&d->address),
                                         .msg_iov = (struct iovec *)(uintptr_t)&d->bytes,
                                         .msg_iovlen = 1}};
    }
    if (good == 0)
        return r;
    r = host_udp_make_real(udp);
    if (r)
        return r;
    int n = SYS_RETRY_(int, sendmmsg(udp->file->fd, messages, (unsigned)good, MSG_DONTWAIT | MSG_NOSIGNAL));
    if (n < 0 && errno != EAGAIN)
        return host_udp_error(errno);
    if (n < 0)
        host_event_drained(&udp->file->event, HOST_WRITE);
    else
        host_event_unsure(&udp->file->event, HOST_WRITE);
    *ret = n < 0 ? 0 : (size_t)n;
    return 0;
}
