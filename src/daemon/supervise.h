/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Supervision: carries out what the reconciler decided, takes what workers say, and judges what ended:
 * finished, failed and started again after a while, given up.  The loop's thread.
 */
#ifndef DAEMON_SUPERVISE_H
#define DAEMON_SUPERVISE_H

#include "daemon/daemon.h"

/* A worker that was told to stop an instance has this much longer before it is killed itself. */
enum { STOP_GRACE_MS = 3000 };

/** Bring what is closer to what is wanted; called once a turn by daemon_turn() (act.c). */
void supervise_turn(struct daemon *daemon);
/** What is due is given the group that its grants ask for, or waits where the policy cannot be read; before
 * each look at what is to be done. @return false: no memory now, so nothing may be started */
bool supervise_prepare(struct daemon *daemon);
/** A person starts a deployment: forget earlier failures and runs. Its wanted state is recorded already. */
void supervise_begin(struct deployment *deployment);
/** Stop a deployment (wanted state recorded already) or make a stop in progress sooner. */
void supervise_stop(struct deployment *deployment, uint64_t timeout_ms);
/** It cannot be started, and why: all replicas that are not there count as failed for good. error is copied.
 */
void supervise_refuse(struct deployment *deployment, const arcella_error *error);
/** Run an instance's timer: the end of its back-off, or the moment its worker is killed. @return false: no
 * memory */
bool supervise_arm(struct instance *instance, uint64_t delay_ms);
/** Is this deployment to run now? */
bool supervise_wanted(const struct deployment *deployment);

#endif
