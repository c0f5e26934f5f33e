/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The management socket: connections, who may connect, requests turned into calls, replies.
 *
 * One connection may carry many requests; each is answered when it is done, in whatever order (replies have
 * the request's id).  Owned by the daemon; the loop's thread.
 */
#ifndef DAEMON_SERVER_H
#define DAEMON_SERVER_H

#include "daemon/daemon.h"

struct server;

/**
 * Serve on a listening socket.
 *
 * @param fd  owned from here on, on failure too
 * @return 0, NOMEM, SYSTEM
 */
int server_new(struct daemon *daemon, int fd, struct server **ret, arcella_error **reterr) MUST_CHECK;
/** Take no further connections; those there are go on. */
void server_close(struct server *server);
/** Close all connections, sending what is queued for at most a moment; free. Calls in progress are dropped.
 * @return NULL */
struct server *server_free(struct server *server);
/** How many connections there are. */
size_t server_clients(const struct server *server);

#endif
