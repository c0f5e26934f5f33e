/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What may follow what: the states of deployments and instances as the daemon sees them, and the events that
 * lead from one to the next.  Two tables, walked by tests; an empty cell is "not possible here".
 *
 * An instance's states are those of runtime/states.h; INSTANCE_NONE is a replica that is not there.  Pure;
 * any thread.
 */
#ifndef DAEMON_STATES_H
#define DAEMON_STATES_H

#include <stdbool.h>

#include "runtime/states.h"

#define INSTANCE_NONE INSTANCE_STATES

/* --- deployments --- */

#define DEPLOYMENT_STATE_MAP(XX)                                                                             \
    XX(NEW, "new")           /* not recorded yet */                                                          \
    XX(DEPLOYED, "deployed") /* recorded, never started */                                                   \
    XX(STARTING, "starting")                                                                                 \
    XX(RUNNING, "running")                                                                                   \
    XX(DEGRADED, "degraded") /* some replicas failed for good, at least one runs */                          \
    XX(STOPPING, "stopping")                                                                                 \
    XX(STOPPED, "stopped")                                                                                   \
    XX(FINISHED, "finished") /* its program ended by itself and is not run again */                          \
    XX(FAILED, "failed")     /* all replicas failed for good */                                              \
    XX(GONE, "gone")         /* undeployed */

enum deployment_state {
#define XX(name, text) DEPLOYMENT_##name,
    DEPLOYMENT_STATE_MAP(XX)
#undef XX
        DEPLOYMENT_STATES
};

#define DEPLOYMENT_EVENT_MAP(XX)                                                                             \
    XX(DEPLOY, "deploy")                                                                                     \
    XX(LOAD, "load")          /* read from the database, wanted stopped */                                   \
    XX(LOAD_FINISHED, "load") /* … wanted finished, ended well */                                          \
    XX(LOAD_FAILED, "load")   /* … wanted finished, ended badly */                                         \
    XX(START, "start")                                                                                       \
    XX(ALL_RUN, "all replicas run")                                                                          \
    XX(RETRY, "a replica is started again")                                                                  \
    XX(SOME_FAILED, "some replicas failed for good")                                                         \
    XX(ALL_FAILED, "all replicas failed for good")                                                           \
    XX(ALL_FINISHED, "all replicas finished")                                                                \
    XX(STOP, "stop")                                                                                         \
    XX(ALL_GONE, "all replicas are gone")                                                                    \
    XX(UNDEPLOY, "undeploy")

enum deployment_event {
#define XX(name, text) DEPLOYMENT_ON_##name,
    DEPLOYMENT_EVENT_MAP(XX)
#undef XX
        DEPLOYMENT_EVENTS
};

const char *deployment_state_name(enum deployment_state state);
const char *deployment_event_name(enum deployment_event event);
/** Where an event leads. @return false: not possible here */
bool deployment_next(enum deployment_state state, enum deployment_event event, enum deployment_state *ret);

/* --- instances --- */

#define INSTANCE_EVENT_MAP(XX)                                                                               \
    XX(CREATE, "create")                                                                                     \
    XX(INIT_OK, "start-up done")                                                                             \
    XX(FAIL, "failed") /* trap, limit, other exit code, worker death, could not start */                     \
    XX(FINISH, "ended by itself")                                                                            \
    XX(STOP, "stop")                                                                                         \
    XX(STOPPED, "stopped")                                                                                   \
    XX(RESTART, "restart")                                                                                   \
    XX(FORGET, "forget") /* an ended one is put away */

enum instance_event {
#define XX(name, text) INSTANCE_ON_##name,
    INSTANCE_EVENT_MAP(XX)
#undef XX
        INSTANCE_EVENTS
};

/** Name of a state, "none" for INSTANCE_NONE; static. */
const char *replica_state_name(unsigned state);
const char *instance_event_name(enum instance_event event);
/** Where an event leads (a state or INSTANCE_NONE). @return false: not possible here */
bool instance_next(unsigned state, enum instance_event event, unsigned *ret);

#endif
