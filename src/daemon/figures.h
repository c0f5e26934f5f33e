/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What instances use now, asked of all workers at once when somebody looks.  The loop's thread. */
#ifndef DAEMON_FIGURES_H
#define DAEMON_FIGURES_H

#include "daemon/daemon.h"

struct call;

/** Runs once, from the loop, when all workers have answered or a second has passed; instances then hold their
 * figures. */
typedef void figures_done_fn(struct call *call);
/** Ask, then run on_done for a call. Where nobody needs to be asked it runs at once. */
void figures_ask(struct call *call, figures_done_fn *on_done);
/** A worker answered. */
void figures_are(struct group *group, const struct ipc_figures_are *are, uint32_t number);
/** A worker that may have been asked is gone. */
void figures_lost(struct group *group);
/** Drop all questions. */
void figures_done(struct daemon *daemon);

#endif
