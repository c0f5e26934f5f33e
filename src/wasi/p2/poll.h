/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* One look at a pollable. */
#ifndef WASI_P2_POLL_H
#define WASI_P2_POLL_H

#include "wasi/p2/resource.h"

/* A look at several: when they have to be looked at again. */
struct p2_look {
    uint64_t now_ns;      /* 0: not asked yet */
    uint64_t deadline_ns; /* of the first timer that is not ready; HOST_NO_DEADLINE */
};
/** Is it ready?  What is not is marked for the wait that host_wait_begin() began, or moves the deadline. */
bool p2_look(struct p2_look *look, const struct p2_entry *pollable);

#endif
