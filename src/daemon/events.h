/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Streams: who watches changes of state (`events`) and who follows the log (`logs --follow`).  A stream
 * belongs to a call; it ends with the client.  The loop's thread.
 */
#ifndef DAEMON_EVENTS_H
#define DAEMON_EVENTS_H

#include "base/log.h"
#include "daemon/daemon.h"

/* What a change is about; texts are borrowed, all but kind, id, from, to may be NULL. */
struct event {
    const char *kind; /* component, deployment, instance, worker */
    const char *id;
    const char *from;
    const char *to;
    const char *reason;
    const char *component;
    const char *deployment;
    const char *group;
    json_t *outcome; /* borrowed; NULL none */
};

/** Tell all who watch. */
void events_tell(struct daemon *daemon, const struct event *event);
/** Make a call a stream of changes; target NULL: of all. @return 0, NOMEM */
int events_watch(struct daemon *daemon, struct call *call, const char *target, arcella_error **reterr)
    MUST_CHECK;

/* Which lines of the log. */
struct log_choice {
    const char *target;   /* component, deployment, instance or group; NULL: all */
    enum log_level level; /* and above */
    enum log_unit unit;   /* LOG_UNITS: all */
};

/** Make a call a stream of log lines. choice: its texts are copied. @return 0, NOMEM */
int events_follow(struct daemon *daemon, struct call *call, const struct log_choice *choice,
                  arcella_error **reterr) MUST_CHECK;
/** Is a log line among those? */
bool log_line_is_chosen(const struct log_line *line, const struct log_choice *choice);
/** End all streams well: their clients are told that no more comes, and why. */
void events_end(struct daemon *daemon, const char *reason);
/** The client of a stream is gone. */
void events_drop(struct daemon *daemon, struct call *call);
/** A log line as `logs` shows it. @return new, NULL on no memory */
json_t *log_line_json(const struct log_line *line);

#endif
