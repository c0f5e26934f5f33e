/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Deployments, their instances, and groups with their workers, as the daemon knows them now.  What is wanted
 * comes from the database (record); the rest is derived and dies with the daemon.
 *
 *   model ── deployments (by id) ── instances (one per replica, by handle while in a worker)
 *         └─ groups (by name) ── worker
 *
 * Owned by the daemon; the loop's thread.  State changes go through deployment_step() and instance_step()
 * only.
 */
#ifndef DAEMON_MODEL_H
#define DAEMON_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/map.h"
#include "catalog/state.h"
#include "daemon/reconcile.h"
#include "daemon/refusals.h"
#include "daemon/states.h"
#include "workers/backoff.h"
#include "workers/workers.h"

struct daemon;
struct call;
struct deployment;
struct group;
struct parts;
struct ports;

#define OUTCOME_FRAMES_MAX 64

struct outcome_frame {
    uint64_t function;
    uint64_t offset; /* UINT64_MAX unknown */
    char name[129];
    char module[65];
};

/* How a run ended, for people: deployment_outcome of the database and more. */
struct outcome {
    bool known;
    char end[64]; /* engine end ("exited", "trap", …) or an error's name where nothing ran */
    int64_t exit_code;
    char trap[65];
    char message[1024];
    struct outcome_frame *frames; /* owned */
    size_t frames_count;
    uint64_t cpu_ns;
    uint64_t fuel_used;
    uint64_t memory_bytes;
    bool memory_limit_hit;
    bool table_limit_hit;
    char limit[128];  /* the limit that was hit, as a clause, or "" */
    uint64_t wall_ms; /* when, since 1970 */
};
void outcome_done(struct outcome *outcome);
/** Keep what a worker says; unknown memory is left out. */
void outcome_from_frame(struct outcome *outcome, const struct ipc_ended *ended);
/** Name the limits it stood at, where it ended badly. */
void outcome_name_limits(struct outcome *outcome, const struct policy *policy);
/** An outcome of an error: nothing ran, or its worker died. */
void outcome_from_error(struct outcome *outcome, const char *end, const arcella_error *error);
/** "exited", code 3. @return did it end well? */
bool outcome_is_good(const struct outcome *outcome);
/** One sentence: "exited with code 3", "trapped: unreachable". */
void outcome_sentence(const struct outcome *outcome, char *to, size_t size);
/** As `status` shows it. @return new, NULL on no memory or where it is not known */
json_t *outcome_json(const struct outcome *outcome);

enum { COUNTERS_MAX = 24 };
/* What a worker counts for an instance, and its limit. */
struct counter {
    char name[33];
    uint64_t used;
    uint64_t most; /* 0: none */
};

/* One replica. */
struct instance {
    struct deployment *deployment;
    unsigned number;
    char address[LIMIT_NAME_BYTES + 16]; /* deployment/number */
    unsigned state;                      /* enum instance_state or INSTANCE_NONE */
    uint64_t handle;                     /* of this run; 0: in no worker */
    struct group *group;                 /* whose worker has it; NULL none */
    uint64_t started_ms;                 /* monotonic, of this run */
    uint64_t started_wall_ns;
    uint64_t heard_ms; /* when the worker last spoke of it */
    uint64_t heard_number;
    uint64_t restarts;     /* since it was started by a person */
    uint64_t memory_bytes; /* as last reported */
    uint64_t cpu_ns;
    uint64_t open_files;
    struct counter counters[COUNTERS_MAX]; /* likewise: what its worker counts besides */
    size_t counters_count;
    struct backoff backoff;
    struct loop_timer *timer; /* back-off, then the deadline of a stop */
    bool waiting;             /* its back-off runs */
    bool given_up;
    bool spent; /* given up because it ended too often */
    uint64_t stop_sent_ms;
    uint64_t stop_timeout_ms;
    UT_hash_handle hh; /* model.live, by handle */
};

struct deployment {
    struct daemon *daemon;
    struct deployment_record *record; /* owned */
    enum deployment_state state;
    enum kind_of_start { START_PROGRAM, START_REACTOR } kind;
    struct instance *instances; /* owned array */
    size_t count;
    size_t running;
    struct digest digest; /* of its component's bytes, once code is READY */
    bool code_fuel;       /* which engine the code is for */
    enum picture_code code;
    char code_name[96];     /* in code directories; of a core module */
    char *code_path;        /* owned; of the verified file; likewise */
    struct parts *parts;    /* owned; of a component its core modules; NULL: a core module */
    unsigned code_tries;    /* times code was made anew because it was damaged */
    arcella_error *error;   /* owned; why it cannot be started; NULL */
    struct outcome outcome; /* of the last run */
    int *sockets;           /* owned; listening sockets, opened once; -1 */
    size_t sockets_count;
    bool is_component;        /* it makes its own sockets */
    struct refusals refusals; /* what was refused lately */
    uint64_t starts;          /* instances of it that came up since the daemon did */
    bool removing;            /* undeploy: forget it when it is gone */
    bool restarting;          /* restart: start it when it is gone */
    uint64_t stop_timeout_ms; /* of the stop in progress */
    uint64_t forced;          /* instances the stop in progress ended by force */
    struct call *waiters;     /* calls that wait for it to settle */
    UT_hash_handle hh;        /* model.deployments */
};

/* A directory a worker holds. */
struct held_dir {
    char *path; /* owned */
    bool writable;
};

struct group {
    struct daemon *daemon;
    char name[LIMIT_NAME_BYTES + 1];
    struct worker *worker; /* NULL none */
    pid_t pid;             /* of the last one */
    bool ready;
    uint64_t started_wall_ns;
    struct held_dir *dirs; /* owned; what the worker's sandbox lets through */
    size_t dirs_count;
    uint64_t stack_bytes;
    bool fuel;
    bool net;               /* guests in its worker may make sockets */
    struct ports *ports;    /* owned; which TCP ports its sandbox lets through, where net; else NULL */
    bool outgrown;          /* a grant asks for what its worker cannot do: replace it when it is empty */
    size_t live;            /* instances in its worker */
    bool waiting;           /* back-off after a worker that died */
    bool given_up;          /* workers of this group do not come up */
    arcella_error *error;   /* owned; why */
    struct backoff backoff; /* workers that did not come up */
    struct backoff deaths;  /* workers that died and nobody is to blame */
    double lines_left;      /* that its worker may still have logged now; refills with time */
    uint64_t lines_ms;      /* when it was last refilled */
    uint64_t lines_dropped; /* since the last one that was logged */
    struct loop_timer *idle;
    struct loop_timer *retry;
    uint64_t created; /* engine instances so far, as last reported */
    uint64_t loaded;
    UT_hash_handle hh; /* model.groups */
};

struct model {
    struct deployment *deployments;
    struct group *groups;
    struct instance *live;
    uint64_t next_handle;
    uint64_t heard; /* counts what workers said of instances */
};

/** Add a deployment; takes record (also on failure). @return 0, NOMEM */
int model_add_deployment(struct daemon *daemon, struct deployment_record *record, struct deployment **ret,
                         arcella_error **reterr) MUST_CHECK;
/** Take it out and free it; no instance of it is live. */
void model_remove_deployment(struct daemon *daemon, struct deployment *deployment);
struct deployment *model_deployment(struct daemon *daemon, const char *id);
/** Put them in the order of their ids, for who lists them; not while one walks over them. */
void model_sort_deployments(struct daemon *daemon);
/** Find or make the group of a name. @return NULL on no memory */
struct group *model_group(struct daemon *daemon, const char *name);
struct instance *model_instance(struct daemon *daemon, uint64_t handle);
/** Find by address (deployment/number). */
struct instance *model_address(struct daemon *daemon, const char *address);
/** Free groups nobody uses: without worker and without deployment. */
void model_sweep_groups(struct daemon *daemon);
/** Free everything. */
void model_done(struct daemon *daemon);

/**
 * Change a state by an event: the only place where it changes; logs it and tells `events`.
 *
 * @return false: the event is not possible in this state (logged as our mistake)
 */
bool deployment_step(struct deployment *deployment, enum deployment_event event, const char *reason);
bool instance_step(struct instance *instance, enum instance_event event, const char *reason);

/** Put an instance into a worker's care under a new handle. @return false: no memory */
bool instance_enter(struct instance *instance, struct group *group);
/** It has left its worker. */
void instance_leave(struct instance *instance);

#endif
