/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Log lines made from frames of a worker.  A worker may have been taken over, so whatever it sends, a line is
 * one line, says of itself only what is so (unit, group, instance), and nothing that an operator or a program
 * reads there can be passed off as another's.  No state; the loop's thread.
 */
#ifndef DAEMON_SAID_H
#define DAEMON_SAID_H

#include "base/log.h"
#include "wire/ipc.h"

/** Log a line of the worker process itself, or of it about an instance. @param whose  of the group, or of the
 * instance; its unit is the line's */
void said_line(const struct log_about *whose, const struct ipc_log *log);
/** Log what a guest was allowed or denied. @param about of the instance, its unit is AUDIT */
void said_audit(const struct log_about *about, const struct ipc_audit *audit);
/** Log the sentence a run ended with; end and trap are the worker's words. */
void said_end(const struct log_about *about, const char *sentence, const char *end, const char *trap);

#endif
