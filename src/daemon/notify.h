/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Talking to a service manager: sd_notify(3) and sd_listen_fds(3), in as many lines as they need.  Any
 * thread. */
#ifndef DAEMON_NOTIFY_H
#define DAEMON_NOTIFY_H

#include "base/error.h"

/** Tell the service manager, if there is one ("READY=1", "STOPPING=1", "STATUS=…"); what it cannot be told is
 * lost. */
void notify_tell(const char *state);
/**
 * Take the listening socket the service manager opened for us.
 *
 * @param ret_fd  out: -1 where there is none; else close-on-exec, owned by the caller
 * @return 0; INVALID (more than one, or no listening Unix stream socket)
 */
int notify_take_socket(int *ret_fd, arcella_error **reterr) MUST_CHECK;

#endif
