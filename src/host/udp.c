/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * UDP sockets: a bind of two halves, and an association with one peer that can be made anew.
 */
#include "host/udp.h"

#include "host/inside.h"

#define UDP_BYTES sizeof(struct host_udp)

int host_udp_new(struct host *host, int family, struct host_udp **ret) {
    HOST_FILE_AUTO *file = NULL;
    int r = host_net_socket(host, family, SOCK_DGRAM, &file);
    if (r)
        return r;
    if (!host_take(host, UDP_BYTES))
        return HOST_E_NOMEM;
    struct host_udp *udp = mem_new(struct host_udp);
    if (!udp) {
        host_give(host, UDP_BYTES);
        return HOST_E_NOMEM;
    }
    udp->file = TAKE(file);
    udp->family = family;
    *ret = udp;
    return 0;
}

struct host_udp *host_udp_free(struct host_udp *udp) {
    if (udp) {
        host_give(udp->file->host, UDP_BYTES);
        host_file_unref(udp->file);
        mem_free(udp);
    }
    return NULL;
}

int host_udp_error(int errnum) {
    switch (errnum) {
    case ECONNRESET:
    case ENETRESET: return HOST_E_HOSTUNREACH;
    case EAFNOSUPPORT:
    case EDESTADDRREQ:
    case EISCONN: return HOST_E_INVAL;
    default: return host_net_error(errnum);
    }
}

static uint16_t port_of(const union host_address *address) {
    return ntohs(address->any.sa_family == AF_INET6 ? address->v6.sin6_port : address->v4.sin_port);
}

static void set_port(union host_address *address, uint16_t port) {
    if (address->any.sa_family == AF_INET6)
        address->v6.sin6_port = htons(port);
    else
        address->v4.sin_port = htons(port);
}

int host_udp_check_remote(const struct host_udp *udp, const union host_address *remote) {
    bool good = remote->any.sa_family == udp->family && !host_address_is_mapped(remote) &&
                !host_address_is_any(remote) && port_of(remote) != 0;
    return good ? 0 : HOST_E_INVAL;
}

/* --- bind --- */

static int bind_error(int errnum) {
    return errnum == ENODEV ? HOST_E_ADDRNOTAVAIL : host_udp_error(errnum);
}

static int bind_now(const struct host_udp *udp, const union host_address *local) {
    return bind(udp->file->fd, &local->any, host_address_size(local)) < 0 ? bind_error(errno) : 0;
}

int host_udp_make_real(struct host_udp *udp) {
    if (udp->file->fd >= 0)
        return 0;
    int r = host_net_open(udp->file, udp->family, &udp->options);
    if (r || udp->state != HOST_UDP_BOUND)
        return r;
    r = bind_now(udp, &udp->asked);
    if (r)
        udp->state = HOST_UDP_UNBOUND;
    return r;
}

int host_udp_start_bind(struct host_udp *udp, const union host_address *local) {
    if (udp->state != HOST_UDP_UNBOUND)
        return udp->state == HOST_UDP_BINDING ? HOST_E_ALREADY : HOST_UDP_INVALID_STATE;
    if (local->any.sa_family != udp->family || host_address_is_mapped(local))
        return HOST_E_INVAL;
    int r = host_net_check_bind(udp->file, GRANT_UDP, local);
    if (r == 0 && host_net_of_use(udp->file->host, GRANT_UDP))
        r = host_udp_make_real(udp);
    if (r)
        return r;
    udp->pending = udp->file->fd < 0 ? 0 : bind_now(udp, local);
    udp->asked = *local;
    udp->state = HOST_UDP_BINDING;
    return 0;
}

int host_udp_finish_bind(struct host_udp *udp) {
    if (udp->state != HOST_UDP_BINDING)
        return HOST_UDP_NOT_IN_PROGRESS;
    int r = udp->pending;
    udp->pending = 0;
    udp->state = r ? HOST_UDP_UNBOUND : HOST_UDP_BOUND;
    return r;
}

/* --- one peer, or any --- */

/*
 * Dissolve the association.  Linux then forgets an address and a port that the system had chosen; the port is
 * the socket's name to everybody who was told, so it is taken again.
 */
static int disconnect(struct host_udp *udp) {
    int fd = udp->file->fd;
    union host_address before, now;
    int r = host_net_local(fd, &before);
    if (r)
        return r;
    const struct sockaddr none = {.sa_family = AF_UNSPEC};
    if (connect(fd, &none, sizeof(none)) < 0)
        return host_udp_error(errno);
    udp->connected = false;
    r = host_net_local(fd, &now);
    if (r || port_of(&now) != 0)
        return r;
    union host_address again = udp->asked;
    set_port(&again, port_of(&before));
    if (bind(fd, &again.any, host_address_size(&again)) == 0)
        return 0;
    r = bind_error(errno);
    udp->state = HOST_UDP_UNBOUND;
    return r;
}

int host_udp_connect(struct host_udp *udp, const union host_address *remote) {
    if (udp->state != HOST_UDP_BOUND)
        return HOST_UDP_INVALID_STATE;
    int r = remote ? host_udp_check_remote(udp, remote) : 0;
    if (r == 0 && remote)
        r = host_net_check(udp->file->host, GRANT_UDP, remote);
    if (r == 0 && remote)
        r = host_udp_make_real(udp);
    if (r == 0 && udp->connected)
        r = disconnect(udp);
    if (r)
        return r;
    if (remote && connect(udp->file->fd, &remote->any, host_address_size(remote)) < 0) {
        udp->generation++; /* those of the earlier peer, if there was one, have none any more */
        return errno == EADDRNOTAVAIL || errno == EAGAIN ? HOST_E_ADDRINUSE : host_udp_error(errno);
    }
    udp->connected = remote != NULL;
    if (remote)
        udp->remote = *remote;
    udp->generation++;
    return 0;
}

/* --- what is asked of it --- */

int host_udp_local(const struct host_udp *udp, union host_address *ret) {
    if (udp->state != HOST_UDP_BOUND)
        return HOST_UDP_INVALID_STATE;
    if (udp->file->fd >= 0)
        return host_net_local(udp->file->fd, ret);
    *ret = udp->asked;
    return 0;
}

int host_udp_remote(const struct host_udp *udp, union host_address *ret) {
    if (!udp->connected)
        return HOST_UDP_INVALID_STATE;
    *ret = udp->remote;
    return 0;
}

static bool has_option(enum host_option option) {
    return option == HOST_OPTION_HOP_LIMIT || option == HOST_OPTION_RECEIVE_BYTES ||
           option == HOST_OPTION_SEND_BYTES;
}

int host_udp_option_set(struct host_udp *udp, enum host_option option, uint64_t value) {
    if (!has_option(option))
        return HOST_E_NOTSUP;
    return udp->file->fd < 0 ? host_net_option_keep(&udp->options, option, value)
                             : host_net_option_set(udp->file->fd, udp->family, option, value);
}

int host_udp_option_get(const struct host_udp *udp, enum host_option option, uint64_t *ret) {
    if (!has_option(option))
        return HOST_E_NOTSUP;
    return udp->file->fd < 0 ? host_net_option_kept(&udp->options, option, ret)
                             : host_net_option_get(udp->file->fd, udp->family, option, ret);
}
