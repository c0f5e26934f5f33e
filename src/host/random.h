/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Random bytes from the kernel, free for every guest. */
#ifndef HOST_RANDOM_H
#define HOST_RANDOM_H

#include "host/host.h"

/**
 * Fill guest memory with random bytes.
 *
 * Long requests are filled in pieces with a turn for others between them.
 *
 * @return 0, HOST_STOP, by errno
 */
int host_random(struct host *host, void *to, size_t length) MUST_CHECK;

#endif
