/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The daemon: one object that holds what its parts share.  Made and run by daemon_run(), on the loop's
 * thread.
 *
 * Parts: model (what is), reconcile (what to do), act (does it), supervise (judges ends), hooks (what workers
 * say), code and installer (jobs), server and commands (ALME), events (streams).
 */
#ifndef DAEMON_DAEMON_H
#define DAEMON_DAEMON_H

#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "catalog/catalog.h"
#include "catalog/rules.h"
#include "daemon/config.h"
#include "daemon/lookups.h"
#include "daemon/model.h"
#include "workers/jobs.h"

struct server;
struct code_job;
struct install_job;
struct event_stream;
struct figures_question;

enum daemon_phase { DAEMON_STARTING, DAEMON_SERVING, DAEMON_STOPPING, DAEMON_LEAVING };

struct daemon {
    struct loop *loop;
    const struct config *config; /* borrowed */
    struct home *home;
    struct catalog *catalog;
    struct workers *workers;
    struct server *server;
    struct log_ring *ring;
    struct log_file *log_file;
    struct rules rules;       /* cfg/policy.toml, as it was last read */
    struct problems problems; /* the daemon's own; the catalogue has more */
    char *socket_path;        /* owned */
    bool socket_given;        /* by the service manager: not ours to remove */
    enum daemon_phase phase;
    int exit_code;
    uint64_t started_ms;
    uint64_t started_wall_ns;
    struct model model;
    bool turn_asked;                /* a reconcile is on its way */
    struct loop_timer *retry_timer; /* a reconcile after memory was short */
    bool sweep_groups;              /* there may be groups nobody uses any more */
    struct code_job *code_jobs;
    struct install_job *install_jobs;
    uint64_t compiles; /* since it started */
    struct event_stream *streams;
    uint64_t events;
    struct loop_signal *signals[3];
    struct loop_timer *stop_timer;
    struct call *stop_calls; /* who asked for the end */
    char code_key[2][512];   /* by fuel: what compiled code depends on */
    struct figures_question *questions;
    struct inspect_job *inspect_jobs;
    struct lookups lookups;
    uint64_t policy_wait_ms;    /* cfg/policy.toml is damaged: how long what is due waits; 0: it is not */
    struct pending_call *calls; /* that wait for a worker's answer */
    uint64_t calls_number;      /* of the last one */
};

struct daemon_options {
    const char *home;  /* `--home`; NULL not given */
    const char **sets; /* `--set`; may be NULL */
    size_t sets_count;
};

/** Read the configuration of a home with environment and options over it. @return 0, CONFIG… */
int daemon_config(const struct daemon_options *options, struct config *ret, char **ret_home,
                  const char **ret_source, arcella_error **reterr) MUST_CHECK;
/** Run the daemon until it is told to end. @return the exit code of the program */
int daemon_run(const struct daemon_options *options);
/**
 * Begin to end: take no new work, stop all instances, drain workers, leave.
 *
 * @param timeout_ms  after which it is by force; a second call can only make it sooner
 */
void daemon_stop(struct daemon *daemon, uint64_t timeout_ms, const char *reason);
/** Is anything left that must end first?  Called when something ended. */
void daemon_leave_if_done(struct daemon *daemon);

/** Ask for a reconcile in the loop's next turn. */
void daemon_turn(struct daemon *daemon);
/** There was no memory to go on, and no event may come that would try again: reconcile in a while. */
void daemon_turn_later(struct daemon *daemon);

/**
 * A database call returned r: where it is CORRUPT, put the database aside and fill a new one from what is
 * known.
 * @return true: mended, try again
 */
bool daemon_mend(struct daemon *daemon, int r);

/* Log lines of the daemon. */
#define DAEMON_LOG(level, unit_, ...) log_event((level), &(struct log_about){.unit = (unit_)}, __VA_ARGS__)

#endif
