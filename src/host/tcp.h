/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * TCP sockets that a guest makes: bound, connected or listening, by the state machine of WASI 0.2
 * (WASI proposals/sockets, TcpSocketOperationalSemantics.md).  Nothing here waits; readiness is the event's.
 *
 *     UNBOUND -- start-bind --> BINDING -- finish --> BOUND -- start-listen --> STARTING_LISTEN
 *        |                                              |                       -- finish --> LISTENING
 *        +--------------- start-connect ----------------+--> CONNECTING
 *                                                            -- finish --> CONNECTED, or CLOSED
 *
 * One that no grant would be of use for has no descriptor (host_net_socket()): it can be bound to any free
 * port, which binds nothing, and everything else that leads outside is refused.
 *
 * A start refuses what is wrong with its arguments and what is not granted, and leaves the state as it was;
 * what the system says to it is told by its finish.  A bind that failed so can be tried again, a connect or a
 * listen not.  The other calls in a wrong state are HOST_TCP_INVALID_STATE; a start while another operation
 * is in progress is HOST_E_ALREADY.
 */
#ifndef HOST_TCP_H
#define HOST_TCP_H

#include "host/file.h"
#include "host/net.h"

enum host_tcp_state {
    HOST_TCP_UNBOUND,
    HOST_TCP_BINDING,
    HOST_TCP_BOUND,
    HOST_TCP_STARTING_LISTEN,
    HOST_TCP_LISTENING,
    HOST_TCP_CONNECTING,
    HOST_TCP_CONNECTED,
    HOST_TCP_CLOSED,
};

/* Errors that only the state machine has: HOST_E_INVAL is a bad argument, HOST_E_ALREADY another operation in
 * progress; these are apart so that an ABI can tell them. */
#define HOST_TCP_NOT_IN_PROGRESS HOST_E_SRCH   /* finish without start */
#define HOST_TCP_INVALID_STATE   HOST_E_ISCONN /* not in this state */

struct host_tcp {
    struct host_file *file; /* owned reference; kind SOCKET, or LISTENER from listening on */
    enum host_tcp_state state;
    int family;
    uint32_t backlog;
    int pending; /* error of a bind, listen or connect that its finish reports; 0 */
    /* the address it was asked to be bound to, port 0 as such: what a grant to listen is checked for */
    union host_address asked;
    unsigned shut; /* HOST_READ, HOST_WRITE: shut down */
    /* options set before it has a descriptor; or once it listens, since connections that were complete by
     * then do not have them from the system */
    struct host_options options;
};

/** Make a socket. @return 0, as host_net_socket(), HOST_E_NOMEM */
int host_tcp_new(struct host *host, int family, struct host_tcp **ret) MUST_CHECK;
/** Free it; streams over its file live on. @return NULL */
struct host_tcp *host_tcp_free(struct host_tcp *tcp);

/**
 * @return 0, HOST_E_INVAL (wrong family, mapped, not unicast), HOST_E_NOTCAPABLE, HOST_E_ALREADY,
 * HOST_TCP_INVALID_STATE
 */
int host_tcp_start_bind(struct host_tcp *tcp, const union host_address *local) MUST_CHECK;
/** @return 0 (BOUND), HOST_TCP_NOT_IN_PROGRESS, HOST_E_ADDRINUSE, HOST_E_ADDRNOTAVAIL, by errno (UNBOUND) */
int host_tcp_finish_bind(struct host_tcp *tcp) MUST_CHECK;
/**
 * @return 0, HOST_E_INVAL (also any address, port 0), HOST_E_NOTCAPABLE, HOST_E_MFILE (LIMIT_CONNECT_RATE),
 * HOST_E_ALREADY, HOST_TCP_INVALID_STATE
 */
int host_tcp_start_connect(struct host_tcp *tcp, const union host_address *remote) MUST_CHECK;
/** @return 0 (CONNECTED: streams may be made over its file), HOST_E_AGAIN, HOST_TCP_NOT_IN_PROGRESS, by errno
 * (CLOSED) */
int host_tcp_finish_connect(struct host_tcp *tcp) MUST_CHECK;
/** @return 0, HOST_E_NOTCAPABLE, HOST_E_ALREADY, HOST_TCP_INVALID_STATE */
int host_tcp_start_listen(struct host_tcp *tcp) MUST_CHECK;
/** @return 0 (LISTENING), HOST_TCP_NOT_IN_PROGRESS, HOST_E_ADDRINUSE, by errno (CLOSED) */
int host_tcp_finish_listen(struct host_tcp *tcp) MUST_CHECK;
/**
 * Take a connection.  Those that went away before, or that a packet filter refused, are passed over.
 *
 * @param ret  CONNECTED; what it was set to is as its listener's
 * @return 0, HOST_E_AGAIN, HOST_TCP_INVALID_STATE, HOST_E_MFILE (LIMIT_SOCKETS, or the system's: it stays in
 * the queue), HOST_E_NOTCAPABLE (listening was revoked), HOST_E_NOMEM, by errno
 */
int host_tcp_accept(struct host_tcp *listener, struct host_tcp **ret) MUST_CHECK;
/** @return 0, HOST_TCP_INVALID_STATE (not bound; not connected) */
int host_tcp_local(const struct host_tcp *tcp, union host_address *ret) MUST_CHECK;
int host_tcp_remote(const struct host_tcp *tcp, union host_address *ret) MUST_CHECK;
/** 0 is HOST_E_INVAL; more than the system takes is cut. @return 0, HOST_E_INVAL, HOST_TCP_INVALID_STATE */
int host_tcp_set_backlog(struct host_tcp *tcp, uint64_t backlog) MUST_CHECK;
/** @return as host_net_option_set(), HOST_TCP_INVALID_STATE (CLOSED) */
int host_tcp_option_set(struct host_tcp *tcp, enum host_option option, uint64_t value) MUST_CHECK;
int host_tcp_option_get(const struct host_tcp *tcp, enum host_option option, uint64_t *ret) MUST_CHECK;
/**
 * Shut down receiving (HOST_READ: what has come and was not read is discarded), sending (HOST_WRITE; after
 * what is buffered) or both.  The file loses the right, so a stream over it is closed.  A second time does
 * nothing.
 *
 * @return 0, HOST_TCP_INVALID_STATE, HOST_E_INVAL (neither)
 */
int host_tcp_shutdown(struct host_tcp *tcp, unsigned how) MUST_CHECK;
/** What its pollable waits for now: an accept, a connect's end, or nothing at all (ready). */
unsigned host_tcp_wanted(const struct host_tcp *tcp);

#endif
