/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The state tables.  A cell holds the next state plus one, so that an empty cell is 0: not possible here. */
#include "daemon/states.h"

static const char *const deployment_names[DEPLOYMENT_STATES] = {
#define XX(name, text) [DEPLOYMENT_##name] = (text),
    DEPLOYMENT_STATE_MAP(XX)
#undef XX
};
static const char *const deployment_event_names[DEPLOYMENT_EVENTS] = {
#define XX(name, text) [DEPLOYMENT_ON_##name] = (text),
    DEPLOYMENT_EVENT_MAP(XX)
#undef XX
};
static const char *const instance_names[INSTANCE_STATES + 1] = {
#define XX(name, text) [INSTANCE_##name] = (text),
    INSTANCE_STATE_MAP(XX)
#undef XX
        [INSTANCE_NONE] = "none",
};
static const char *const instance_event_names[INSTANCE_EVENTS] = {
#define XX(name, text) [INSTANCE_ON_##name] = (text),
    INSTANCE_EVENT_MAP(XX)
#undef XX
};

#define ON(event, next) [DEPLOYMENT_ON_##event] = DEPLOYMENT_##next + 1

static const unsigned char deployment_table[DEPLOYMENT_STATES][DEPLOYMENT_EVENTS] = {
    [DEPLOYMENT_NEW] = {ON(DEPLOY, DEPLOYED), ON(LOAD, STOPPED), ON(LOAD_FINISHED, FINISHED),
                        ON(LOAD_FAILED, FAILED)},
    [DEPLOYMENT_DEPLOYED] = {ON(START, STARTING), ON(UNDEPLOY, GONE)},
    [DEPLOYMENT_STARTING] = {ON(ALL_RUN, RUNNING), ON(SOME_FAILED, DEGRADED), ON(ALL_FAILED, FAILED),
                             ON(ALL_FINISHED, FINISHED), ON(STOP, STOPPING)},
    [DEPLOYMENT_RUNNING] = {ON(RETRY, STARTING), ON(SOME_FAILED, DEGRADED), ON(ALL_FAILED, FAILED),
                            ON(ALL_FINISHED, FINISHED), ON(STOP, STOPPING)},
    [DEPLOYMENT_DEGRADED] = {ON(RETRY, STARTING), ON(ALL_FAILED, FAILED), ON(ALL_FINISHED, FINISHED),
                             ON(STOP, STOPPING)},
    [DEPLOYMENT_STOPPING] = {ON(ALL_GONE, STOPPED)},
    [DEPLOYMENT_STOPPED] = {ON(START, STARTING), ON(UNDEPLOY, GONE)},
    [DEPLOYMENT_FINISHED] = {ON(START, STARTING), ON(STOP, STOPPING), ON(UNDEPLOY, GONE)},
    [DEPLOYMENT_FAILED] = {ON(START, STARTING), ON(STOP, STOPPING), ON(UNDEPLOY, GONE)},
};
#undef ON

#define ON(event, next) [INSTANCE_ON_##event] = INSTANCE_##next + 1

static const unsigned char instance_table[INSTANCE_STATES + 1][INSTANCE_EVENTS] = {
    [INSTANCE_NONE] = {ON(CREATE, STARTING)},
    [INSTANCE_STARTING] = {ON(INIT_OK, RUNNING), ON(FAIL, FAILED), ON(FINISH, FINISHED), ON(STOP, STOPPING),
                           ON(STOPPED, STOPPED)},
    [INSTANCE_RUNNING] = {ON(FAIL, FAILED), ON(FINISH, FINISHED), ON(STOP, STOPPING)},
    /* What ends while it is being stopped is stopped, however it ended. */
    [INSTANCE_STOPPING] = {ON(STOPPED, STOPPED), ON(FAIL, STOPPED), ON(FINISH, STOPPED)},
    /* Restart kind permanent runs again what ended well. */
    [INSTANCE_FINISHED] = {ON(RESTART, STARTING), ON(FORGET, NONE)},
    [INSTANCE_FAILED] = {ON(RESTART, STARTING), ON(STOPPED, STOPPED), ON(FORGET, NONE)},
    [INSTANCE_STOPPED] = {ON(FORGET, NONE)},
};
#undef ON

const char *deployment_state_name(enum deployment_state state) {
    return (unsigned)state < DEPLOYMENT_STATES ? deployment_names[state] : "unknown";
}

const char *deployment_event_name(enum deployment_event event) {
    return (unsigned)event < DEPLOYMENT_EVENTS ? deployment_event_names[event] : "unknown";
}

bool deployment_next(enum deployment_state state, enum deployment_event event, enum deployment_state *ret) {
    unsigned cell = deployment_table[state][event];
    if (cell)
        *ret = (enum deployment_state)(cell - 1);
    return cell != 0;
}

const char *replica_state_name(unsigned state) {
    return state <= INSTANCE_STATES ? instance_names[state] : "unknown";
}

const char *instance_event_name(enum instance_event event) {
    return (unsigned)event < INSTANCE_EVENTS ? instance_event_names[event] : "unknown";
}

bool instance_next(unsigned state, enum instance_event event, unsigned *ret) {
    unsigned cell = instance_table[state][event];
    if (cell)
        *ret = cell - 1;
    return cell != 0;
}
