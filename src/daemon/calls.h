/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Calls that wait for a worker's answer; see commands_call.c.  The loop's thread. */
#ifndef DAEMON_CALLS_H
#define DAEMON_CALLS_H

#include "daemon/daemon.h"

/** What a worker says of a call. */
void calls_answer(struct group *group, const struct ipc_called *called);
/** An instance has left its worker: what was not answered never will be. */
void calls_lost(struct daemon *daemon, uint64_t handle);
/** Open a file with arguments. @return 0, INVALID (no regular file), TOO_LARGE, by errno */
int calls_open_input(const char *path, int *ret_fd, arcella_error **reterr) MUST_CHECK;
/** Forget all: the daemon ends. */
void calls_done(struct daemon *daemon);

#endif
