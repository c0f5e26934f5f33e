/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Unix stream sockets by path: listening without ever stealing a living one's place, connecting, who is
 * there.
 */
#ifndef WIRE_SOCKET_H
#define WIRE_SOCKET_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

/* Who is at the other end, as the kernel says (SO_PEERCRED). */
struct socket_peer {
    pid_t pid;
    uid_t uid;
    gid_t gid;
};

/**
 * Listen on a path with mode 0600 from the first moment.
 *
 * A socket file that nobody answers is replaced; one that somebody answers is left alone; anything that is
 * not a socket is left alone.
 *
 * @param ret_fd  non-blocking, close-on-exec
 * @return 0, TOO_LARGE (path over LIMIT_SOCKET_PATH_BYTES), RUNNING (names the pid that holds it), EXISTS
 * (not a socket), DENIED, NOT_FOUND (no such folder), SYSTEM
 */
int socket_listen(const char *path, int *ret_fd, arcella_error **reterr) MUST_CHECK;
/** Accept one connection. @return 0, BUSY (none waits), LIMIT (out of descriptors), SYSTEM; *ret_fd is
 * non-blocking */
int socket_accept(int listening, int *ret_fd, arcella_error **reterr) MUST_CHECK;
/**
 * Connect, blocking.
 *
 * @return 0, TOO_LARGE (path), NO_DAEMON (nothing there, or nobody answers), DENIED, SYSTEM
 */
int socket_connect(const char *path, int *ret_fd, arcella_error **reterr) MUST_CHECK;
/** Ask who is at the other end. @return 0, SYSTEM */
int socket_peer_of(int fd, struct socket_peer *ret, arcella_error **reterr) MUST_CHECK;

#endif
