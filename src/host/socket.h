/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Sockets that were granted: listeners handed over at the start, connections accepted from them.
 * Every call is non-blocking; what would block waits as a suspension.
 */
#ifndef HOST_SOCKET_H
#define HOST_SOCKET_H

#include "host/file.h"

/**
 * Grant a listening socket.  It is put into non-blocking mode, since others may accept from it too.
 *
 * @param fd  taken on success
 * @return 0, HOST_E_NOTSOCK, HOST_E_INVAL (not listening), HOST_E_NOMEM
 */
int host_listener_new(struct host *host, int fd, struct host_file **ret) MUST_CHECK;

/**
 * Accept a connection.  May wait, unless HOST_NONBLOCK.
 *
 * @param flags  HOST_NONBLOCK for the new one, or 0
 * @return 0, HOST_STOP, HOST_E_NOTSOCK, HOST_E_INVAL (a connection), HOST_E_AGAIN, HOST_E_NOMEM, by errno
 */
int host_socket_accept(struct host_file *listener, unsigned flags, struct host_file **ret) MUST_CHECK;

enum host_receive { HOST_RECEIVE_PEEK = 1, HOST_RECEIVE_WAITALL = 2 };
/**
 * Receive.  May wait.
 *
 * @param flags          enum host_receive
 * @param ret_truncated  a datagram was longer; may be NULL
 */
int host_socket_receive(struct host_file *socket, struct iovec *iov, size_t count, unsigned flags,
                        size_t *ret, bool *ret_truncated) MUST_CHECK;
/** Send what fits now.  May wait until something does. */
int host_socket_send(struct host_file *socket, struct iovec *iov, size_t count, size_t *ret) MUST_CHECK;
/** Shut down receiving (HOST_READ), sending (HOST_WRITE) or both. @return 0, HOST_E_NOTSOCK, HOST_E_INVAL,
 * HOST_E_NOTCONN */
int host_socket_shutdown(struct host_file *socket, unsigned how) MUST_CHECK;

#endif
