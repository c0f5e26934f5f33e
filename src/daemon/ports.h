/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * TCP ports that the grants of a worker's deployments speak of in sum: what its sandbox lets through.  UDP
 * has no ports here, since landlock knows none.
 */
#ifndef DAEMON_PORTS_H
#define DAEMON_PORTS_H

#include "catalog/grant.h"
#include "wire/ipc.h"

/* A bit for each port. */
struct ports {
    uint64_t bind[65536 / 64];
    uint64_t connect[65536 / 64];
};

/**
 * Do these grants ask for sockets that a guest makes?
 *
 * @param component  it is one, as opposed to a core module, which is handed its listening sockets
 */
bool ports_wanted(const struct grant_set *grants, bool component);
/** Add what a set of grants allows. Whoever may connect or listen may be bound to a free port. */
void ports_add(struct ports *ports, const struct grant_set *grants);
/** Is all in there that a set of grants allows? */
bool ports_hold(const struct ports *ports, const struct grant_set *grants);
/**
 * Too many ports of a kind for a rule each (LIMIT_SANDBOX_PORTS) become all ports, which needs no rule: from
 * then on all of them are held.
 */
void ports_settle(struct ports *ports);
/** Write them as ranges. @param to  room for PORTS_ROWS @return how many */
size_t ports_list(const struct ports *ports, struct ipc_port *to);
#define PORTS_ROWS (2 * LIMIT_SANDBOX_PORTS)

#endif
