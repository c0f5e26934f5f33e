/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The reconciler: from what is wanted and what is to what is to be done.  Pure: it reads a picture and writes
 * a list of actions, so that every decision of the daemon is a row of a table in a test.  Who calls it
 * carries the actions out, and calls again when something has changed.
 */
#ifndef DAEMON_RECONCILE_H
#define DAEMON_RECONCILE_H

#include <stdbool.h>
#include <stddef.h>

#include "daemon/states.h"

/* A replica as it is. */
struct picture_instance {
    unsigned state; /* enum instance_state or INSTANCE_NONE */
    bool waiting;   /* FAILED, FINISHED: its back-off runs */
    bool given_up;  /* FAILED: for good; FINISHED: not to run again */
    bool spent;     /* … because it ended too often: FINISHED counts as a failure then */
};

/* Machine code of a deployment's component. */
enum picture_code { CODE_MISSING, CODE_MAKING, CODE_READY, CODE_REFUSED };

struct picture_deployment {
    bool wanted; /* is it to run (wanted running, not being undeployed or restarted, the daemon not ending) */
    enum picture_code code;
    enum deployment_state state;
    size_t group; /* index */
    struct picture_instance *instances;
    size_t count;
};

/* A group's worker as it is. */
enum picture_worker {
    WORKER_PICTURE_NONE,
    WORKER_PICTURE_WAITING, /* none, and its back-off runs */
    WORKER_PICTURE_REFUSED, /* none, and given up */
    WORKER_PICTURE_UP,      /* takes frames */
    WORKER_PICTURE_LEAVING, /* drains or ends */
};

struct picture_group {
    enum picture_worker worker;
    bool idle; /* its idle timer runs */
    bool fits; /* it holds what the group's wanted deployments need */
};

struct picture {
    struct picture_deployment *deployments;
    size_t deployments_count;
    struct picture_group *groups;
    size_t groups_count;
};

#define ACTION_MAP(XX)                                                                                       \
    XX(MAKE_CODE, "make code") /* deployment */                                                              \
    XX(SPAWN, "spawn")         /* group: start its worker */                                                 \
    XX(CREATE, "create")       /* deployment, instance: start frame */                                       \
    XX(RESTART, "restart")     /* deployment, instance: start frame again */                                 \
    XX(STOP, "stop")           /* deployment, instance */                                                    \
    XX(FORGET, "forget")       /* deployment, instance: put an ended one away */                             \
    XX(REFUSE, "refuse")       /* deployment: no worker can be had for it */                                 \
    XX(IDLE, "idle")           /* group: no instance any more, start the idle timer */                       \
    XX(BUSY, "busy")           /* group: stop the idle timer */                                              \
    XX(REPLACE, "replace")     /* group: its idle worker holds less than is needed */

enum action_kind {
#define XX(name, text) ACTION_##name,
    ACTION_MAP(XX)
#undef XX
        ACTIONS
};
const char *action_name(enum action_kind kind);

struct action {
    enum action_kind kind;
    size_t deployment; /* index; of a group's action unset */
    size_t instance;   /* index among the deployment's */
    size_t group;      /* index */
};

/**
 * Decide.
 *
 * @param to   out: at most max actions, in the order they are to be carried out
 * @return how many there are; more than max: call again when those written are carried out
 */
size_t reconcile(const struct picture *picture, struct action *to, size_t max);

/**
 * What happened to a deployment as a whole, seen from its replicas.
 *
 * @return false: nothing that changes its state
 */
bool reconcile_judge(const struct picture_deployment *deployment, enum deployment_event *ret);

#endif
