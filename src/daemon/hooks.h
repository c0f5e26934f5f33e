/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What workers say, turned into log lines and ends of instances.  The loop's thread. */
#ifndef DAEMON_HOOKS_H
#define DAEMON_HOOKS_H

#include "daemon/daemon.h"

/** Start a group's worker; a failure is a back-off, then given up. */
void hooks_spawn(struct group *group);

/**
 * An instance has ended; its deployment's outcome says how.
 *
 * @param counted   it counts against its restarts
 * @param for_good  it would end so every time: do not start it again
 */
void supervise_ended(struct instance *instance, bool counted, bool for_good);

/** It could not be started; nothing ran. error is copied. for_good and counted as in supervise_ended(). */
void supervise_start_failed(struct instance *instance, const arcella_error *error, bool for_good,
                            bool counted);

#endif
