/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The state machine of a TCP socket over a non-blocking descriptor.  Operations of the system are made by the
 * start; bind and listen are done at once, so that only a connect is ever waited for.
 */
#include "host/tcp.h"

#include <limits.h>
#include <poll.h>

#include "base/fd.h"
#include "base/limits.h"
#include "host/inside.h"
#include "host/output.h"
#include "host/socket.h"

#define BACKLOG 128
/* Connections that went away passed over in one accept. */
#define ACCEPT_TRIES 64
#define BOTH         (HOST_READ | HOST_WRITE)

/* What an object costs the instance, besides its file. */
#define TCP_BYTES sizeof(struct host_tcp)

static int new_over(struct host_file *file, int family, struct host_tcp **ret) {
    if (!host_take(file->host, TCP_BYTES))
        return HOST_E_NOMEM;
    struct host_tcp *tcp = mem_new(struct host_tcp);
    if (!tcp) {
        host_give(file->host, TCP_BYTES);
        return HOST_E_NOMEM;
    }
    tcp->file = file;
    tcp->family = family;
    tcp->backlog = BACKLOG;
    *ret = tcp;
    return 0;
}

int host_tcp_new(struct host *host, int family, struct host_tcp **ret) {
    HOST_FILE_AUTO *file = NULL;
    int r = host_net_socket(host, family, SOCK_STREAM, &file);
    if (r == 0)
        r = new_over(file, family, ret);
    if (r == 0)
        (void)TAKE(file);
    return r;
}

struct host_tcp *host_tcp_free(struct host_tcp *tcp) {
    if (tcp) {
        host_give(tcp->file->host, TCP_BYTES);
        host_file_unref(tcp->file);
        mem_free(tcp);
    }
    return NULL;
}

/* --- states --- */

/* What a start answers in a state it cannot begin in. */
static int refuse_start(const struct host_tcp *tcp) {
    switch (tcp->state) {
    case HOST_TCP_BINDING:
    case HOST_TCP_STARTING_LISTEN:
    case HOST_TCP_CONNECTING: return HOST_E_ALREADY;
    default: return HOST_TCP_INVALID_STATE;
    }
}

static int take_pending(struct host_tcp *tcp) {
    int r = tcp->pending;
    tcp->pending = 0;
    return r;
}

/* What was known of its readiness is of another life. */
static void begin_anew(struct host_tcp *tcp) {
    host_event_unsure(&tcp->file->event, BOTH);
}

static int check_address(const struct host_tcp *tcp, const union host_address *address) {
    bool good = address->any.sa_family == tcp->family && host_address_is_unicast(address) &&
                !host_address_is_mapped(address);
    return good ? 0 : HOST_E_INVAL;
}

static bool has_port(const union host_address *address) {
    return (address->any.sa_family == AF_INET6 ? address->v6.sin6_port : address->v4.sin_port) != 0;
}

/* --- bind --- */

static int bind_error(int errnum) {
    switch (errnum) {
    case EAFNOSUPPORT: return HOST_E_INVAL;
    case ENODEV: return HOST_E_ADDRNOTAVAIL; /* a link-local address of no interface */
    default: return host_net_error(errnum);
    }
}

static int bind_now(const struct host_tcp *tcp, const union host_address *local) {
    /* A connection that was closed lately must not keep a server from its port.  Linux looks at what both
     * sockets have set: so it is set for ports of the system's choice, too, which may be listened at again.
     */
    int yes = 1;
    bool failed = setsockopt(tcp->file->fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) < 0 ||
                  bind(tcp->file->fd, &local->any, host_address_size(local)) < 0;
    return failed ? bind_error(errno) : 0;
}

/* What may be done now could not when it was made: then it gets its descriptor, and its place. */
static int make_real(struct host_tcp *tcp) {
    if (tcp->file->fd >= 0)
        return 0;
    int r = host_net_open(tcp->file, tcp->family, &tcp->options);
    if (r || tcp->state != HOST_TCP_BOUND)
        return r;
    r = bind_now(tcp, &tcp->asked);
    if (r)
        tcp->state = HOST_TCP_UNBOUND;
    return r;
}

int host_tcp_start_bind(struct host_tcp *tcp, const union host_address *local) {
    if (tcp->state != HOST_TCP_UNBOUND)
        return refuse_start(tcp);
    int r = check_address(tcp, local);
    if (r == 0)
        r = host_net_check_bind(tcp->file, GRANT_CONNECT, local);
    if (r == 0 && host_net_of_use(tcp->file->host, GRANT_CONNECT))
        r = make_real(tcp);
    if (r)
        return r;
    tcp->pending = tcp->file->fd < 0 ? 0 : bind_now(tcp, local);
    tcp->asked = *local;
    tcp->state = HOST_TCP_BINDING;
    return 0;
}

int host_tcp_finish_bind(struct host_tcp *tcp) {
    if (tcp->state != HOST_TCP_BINDING)
        return HOST_TCP_NOT_IN_PROGRESS;
    int r = take_pending(tcp);
    tcp->state = r ? HOST_TCP_UNBOUND : HOST_TCP_BOUND;
    return r;
}

/* --- connect --- */

static int connect_error(int errnum) {
    switch (errnum) {
    case EAFNOSUPPORT: return HOST_E_INVAL;
    case EADDRNOTAVAIL: /* no free port to come from */
    case EAGAIN: return HOST_E_ADDRINUSE;
    default: return host_net_error(errnum);
    }
}

int host_tcp_start_connect(struct host_tcp *tcp, const union host_address *remote) {
    if (tcp->state != HOST_TCP_UNBOUND && tcp->state != HOST_TCP_BOUND)
        return refuse_start(tcp);
    int r = check_address(tcp, remote);
    if (r || host_address_is_any(remote) || !has_port(remote))
        return HOST_E_INVAL;
    r = host_net_check(tcp->file->host, GRANT_CONNECT, remote);
    if (r == 0)
        r = host_net_connect_take(tcp->file->host);
    if (r == 0)
        r = make_real(tcp);
    if (r)
        return r;
    begin_anew(tcp);
    r = connect(tcp->file->fd, &remote->any, host_address_size(remote));
    bool failed = r < 0 && errno != EINPROGRESS && errno != EINTR;
    tcp->pending = failed ? connect_error(errno) : 0;
    tcp->state = HOST_TCP_CONNECTING;
    return 0;
}

/* @return 0, HOST_E_AGAIN, or why it failed */
static int connect_result(struct host_tcp *tcp) {
    struct pollfd look = {.fd = tcp->file->fd, .events = POLLOUT};
    int r = SYS_RETRY_(int, poll(&look, 1, 0));
    if (r < 0)
        return host_errno();
    if (r == 0) {
        host_event_drained(&tcp->file->event, HOST_WRITE);
        return HOST_E_AGAIN;
    }
    int error = 0;
    socklen_t size = sizeof(error);
    if (getsockopt(tcp->file->fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
        error = errno;
    return error ? connect_error(error) : 0;
}

int host_tcp_finish_connect(struct host_tcp *tcp) {
    if (tcp->state != HOST_TCP_CONNECTING)
        return HOST_TCP_NOT_IN_PROGRESS;
    int r = take_pending(tcp);
    if (r == 0)
        r = connect_result(tcp);
    if (r != HOST_E_AGAIN)
        tcp->state = r ? HOST_TCP_CLOSED : HOST_TCP_CONNECTED;
    return r;
}

/* --- listen, accept --- */

int host_tcp_start_listen(struct host_tcp *tcp) {
    if (tcp->state != HOST_TCP_BOUND)
        return refuse_start(tcp);
    int r = host_net_check(tcp->file->host, GRANT_LISTEN, &tcp->asked);
    if (r == 0)
        r = make_real(tcp);
    if (r)
        return r;
    begin_anew(tcp);
    tcp->pending = listen(tcp->file->fd, (int)tcp->backlog) < 0 ? bind_error(errno) : 0;
    tcp->state = HOST_TCP_STARTING_LISTEN;
    return 0;
}

int host_tcp_finish_listen(struct host_tcp *tcp) {
    if (tcp->state != HOST_TCP_STARTING_LISTEN)
        return HOST_TCP_NOT_IN_PROGRESS;
    int r = take_pending(tcp);
    tcp->state = r ? HOST_TCP_CLOSED : HOST_TCP_LISTENING;
    if (r == 0)
        tcp->file->kind = HOST_LISTENER;
    return r;
}

/* Linux hands errors of the new connection to accept(2); they are those of a connection that is not there. */
static bool is_of_connection(int errnum) {
    switch (errnum) {
    case EINTR:
    case ECONNABORTED:
    case ENETDOWN:
    case EPROTO:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
    case EPERM: return true;
    default: return false;
    }
}

static int accept_fd(struct host_tcp *listener, int *ret_fd) {
    for (int tries = 0; tries < ACCEPT_TRIES; tries++) {
        int fd = accept4(listener->file->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd >= 0) {
            host_event_unsure(&listener->file->event, HOST_READ);
            *ret_fd = fd;
            return 0;
        }
        if (errno == EAGAIN) {
            host_event_drained(&listener->file->event, HOST_READ);
            return HOST_E_AGAIN;
        }
        if (!is_of_connection(errno))
            return host_net_error(errno);
    }
    return HOST_E_AGAIN; /* and ready still, so it is asked again, in another turn */
}

int host_tcp_accept(struct host_tcp *listener, struct host_tcp **ret) {
    if (listener->state != HOST_TCP_LISTENING)
        return HOST_TCP_INVALID_STATE;
    struct host *host = listener->file->host;
    int r = host_net_check(host, GRANT_LISTEN, &listener->asked);
    if (r == 0)
        r = host_net_room(host);
    FD_AUTO fd = -1;
    if (r == 0)
        r = accept_fd(listener, &fd);
    HOST_FILE_AUTO *file = NULL;
    if (r == 0)
        r = host_net_file(host, fd, SOCK_STREAM, &file);
    if (r)
        return r;
    (void)TAKE_FD(fd);
    struct host_tcp *tcp = NULL;
    r = new_over(file, listener->family, &tcp);
    if (r)
        return r;
    (void)TAKE(file);
    tcp->state = HOST_TCP_CONNECTED;
    /* What the system could not hand on. */
    host_net_options_apply(tcp->file->fd, tcp->family, &listener->options);
    *ret = tcp;
    return 0;
}

/* --- what is asked of it --- */

int host_tcp_local(const struct host_tcp *tcp, union host_address *ret) {
    switch (tcp->state) {
    case HOST_TCP_UNBOUND:
    case HOST_TCP_BINDING:
    case HOST_TCP_CLOSED: return HOST_TCP_INVALID_STATE;
    default: break;
    }
    if (tcp->file->fd < 0) {
        *ret = tcp->asked;
        return 0;
    }
    union host_address local;
    int r = host_net_local(tcp->file->fd, &local);
    if (r)
        return r;
    /* A connect that failed at once has left an unbound socket unbound. */
    if (!has_port(&local))
        return HOST_TCP_INVALID_STATE;
    *ret = local;
    return 0;
}

int host_tcp_remote(const struct host_tcp *tcp, union host_address *ret) {
    if (tcp->state != HOST_TCP_CONNECTED)
        return HOST_TCP_INVALID_STATE;
    union host_address remote;
    socklen_t size = sizeof(remote);
    if (getpeername(tcp->file->fd, &remote.any, &size) < 0)
        return errno == ENOTCONN ? HOST_TCP_INVALID_STATE : host_net_error(errno);
    *ret = remote;
    return 0;
}

int host_tcp_set_backlog(struct host_tcp *tcp, uint64_t backlog) {
    if (backlog == 0)
        return HOST_E_INVAL;
    switch (tcp->state) {
    case HOST_TCP_CONNECTING:
    case HOST_TCP_CONNECTED:
    case HOST_TCP_CLOSED: return HOST_TCP_INVALID_STATE;
    default: break;
    }
    tcp->backlog = backlog < INT_MAX ? (uint32_t)backlog : INT_MAX; /* the system cuts it further */
    bool listens =
        tcp->state == HOST_TCP_LISTENING || (tcp->state == HOST_TCP_STARTING_LISTEN && !tcp->pending);
    if (listens && listen(tcp->file->fd, (int)tcp->backlog) < 0)
        return HOST_E_NOTSUP;
    return 0;
}

int host_tcp_option_set(struct host_tcp *tcp, enum host_option option, uint64_t value) {
    if (tcp->state == HOST_TCP_CLOSED)
        return HOST_TCP_INVALID_STATE;
    bool none = tcp->file->fd < 0;
    int r = none ? 0 : host_net_option_set(tcp->file->fd, tcp->family, option, value);
    if (r == 0 && (none || tcp->state == HOST_TCP_LISTENING || tcp->state == HOST_TCP_STARTING_LISTEN))
        r = host_net_option_keep(&tcp->options, option, value);
    return r;
}

int host_tcp_option_get(const struct host_tcp *tcp, enum host_option option, uint64_t *ret) {
    if (tcp->state == HOST_TCP_CLOSED)
        return HOST_TCP_INVALID_STATE;
    if (tcp->file->fd < 0)
        return host_net_option_kept(&tcp->options, option, ret);
    return host_net_option_get(tcp->file->fd, tcp->family, option, ret);
}

int host_tcp_shutdown(struct host_tcp *tcp, unsigned how) {
    if (tcp->state != HOST_TCP_CONNECTED)
        return HOST_TCP_INVALID_STATE;
    if (how == 0 || how > BOTH)
        return HOST_E_INVAL;
    how &= ~tcp->shut;
    int r = how & HOST_WRITE ? host_output_finish(tcp->file) : 0;
    if ((r == 0 || r == HOST_E_NOTCONN) && how & HOST_READ)
        r = host_socket_shutdown(tcp->file, HOST_READ);
    /* Not connected any more: the other side has reset it, and there is nothing left to be shut. */
    if (r && r != HOST_E_NOTCONN)
        return r;
    tcp->shut |= how;
    tcp->file->rights &= ~how;
    begin_anew(tcp);
    return 0;
}

unsigned host_tcp_wanted(const struct host_tcp *tcp) {
    if (tcp->state == HOST_TCP_LISTENING)
        return HOST_READ;
    return tcp->state == HOST_TCP_CONNECTING && !tcp->pending ? HOST_WRITE : 0;
}
