/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The state tables, cell by cell: what is listed here is possible, and nothing else is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/attr.h"
#include "daemon/states.h"

#include <string.h>

struct deployment_row {
    enum deployment_state from;
    enum deployment_event event;
    enum deployment_state to;
};

#define D(from, event, to)                                                                                   \
    { DEPLOYMENT_##from, DEPLOYMENT_ON_##event, DEPLOYMENT_##to }

static const struct deployment_row deployment_rows[] = {
    D(NEW, DEPLOY, DEPLOYED),
    D(NEW, LOAD, STOPPED),
    D(NEW, LOAD_FINISHED, FINISHED),
    D(NEW, LOAD_FAILED, FAILED),
    /* start: from everything that rests */
    D(DEPLOYED, START, STARTING),
    D(STOPPED, START, STARTING),
    D(FINISHED, START, STARTING),
    D(FAILED, START, STARTING),
    /* replicas */
    D(STARTING, ALL_RUN, RUNNING),
    D(STARTING, SOME_FAILED, DEGRADED),
    D(STARTING, ALL_FAILED, FAILED),
    D(STARTING, ALL_FINISHED, FINISHED),
    D(RUNNING, RETRY, STARTING),
    D(RUNNING, SOME_FAILED, DEGRADED),
    D(RUNNING, ALL_FAILED, FAILED),
    D(RUNNING, ALL_FINISHED, FINISHED),
    D(DEGRADED, RETRY, STARTING),
    D(DEGRADED, ALL_FAILED, FAILED),
    D(DEGRADED, ALL_FINISHED, FINISHED),
    /* stop: from everything but what is stopped; ended replicas are put away by it */
    D(STARTING, STOP, STOPPING),
    D(RUNNING, STOP, STOPPING),
    D(DEGRADED, STOP, STOPPING),
    D(FINISHED, STOP, STOPPING),
    D(FAILED, STOP, STOPPING),
    D(STOPPING, ALL_GONE, STOPPED),
    /* undeploy: from everything that rests */
    D(DEPLOYED, UNDEPLOY, GONE),
    D(STOPPED, UNDEPLOY, GONE),
    D(FINISHED, UNDEPLOY, GONE),
    D(FAILED, UNDEPLOY, GONE),
};

static void test_deployments(void **state) {
    (void)state;
    for (int from = 0; from < DEPLOYMENT_STATES; from++) {
        for (int event = 0; event < DEPLOYMENT_EVENTS; event++) {
            const struct deployment_row *row = NULL;
            for (size_t i = 0; i < ARRAY_LENGTH(deployment_rows); i++)
                if ((int)deployment_rows[i].from == from && (int)deployment_rows[i].event == event)
                    row = &deployment_rows[i];
            enum deployment_state to = DEPLOYMENT_STATES;
            bool possible = deployment_next((enum deployment_state)from, (enum deployment_event)event, &to);
            if (possible != (row != NULL) || (row && row->to != to))
                fail_msg("%s on '%s' leads to %s", deployment_state_name((enum deployment_state)from),
                         deployment_event_name((enum deployment_event)event),
                         possible ? deployment_state_name(to) : "nothing");
        }
    }
}

struct instance_row {
    unsigned from;
    enum instance_event event;
    unsigned to;
};

#define I(from, event, to)                                                                                   \
    { INSTANCE_##from, INSTANCE_ON_##event, INSTANCE_##to }

static const struct instance_row instance_rows[] = {
    I(NONE, CREATE, STARTING),      I(STARTING, INIT_OK, RUNNING), I(STARTING, FAIL, FAILED),
    I(STARTING, FINISH, FINISHED),  I(STARTING, STOP, STOPPING),   I(STARTING, STOPPED, STOPPED),
    I(RUNNING, FAIL, FAILED),       I(RUNNING, FINISH, FINISHED),  I(RUNNING, STOP, STOPPING),
    I(STOPPING, STOPPED, STOPPED),  I(STOPPING, FAIL, STOPPED),    I(STOPPING, FINISH, STOPPED),
    I(FINISHED, RESTART, STARTING), I(FINISHED, FORGET, NONE),     I(FAILED, RESTART, STARTING),
    I(FAILED, STOPPED, STOPPED),    I(FAILED, FORGET, NONE),       I(STOPPED, FORGET, NONE),
};

static void test_instances(void **state) {
    (void)state;
    for (unsigned from = 0; from <= INSTANCE_NONE; from++) {
        for (int event = 0; event < INSTANCE_EVENTS; event++) {
            const struct instance_row *row = NULL;
            for (size_t i = 0; i < ARRAY_LENGTH(instance_rows); i++)
                if (instance_rows[i].from == from && (int)instance_rows[i].event == event)
                    row = &instance_rows[i];
            unsigned to = 1000;
            bool possible = instance_next(from, (enum instance_event)event, &to);
            if (possible != (row != NULL) || (row && row->to != to))
                fail_msg("%s on '%s' leads to %s", replica_state_name(from),
                         instance_event_name((enum instance_event)event),
                         possible ? replica_state_name(to) : "nothing");
        }
    }
}

static void test_names(void **state) {
    (void)state;
    for (int s = 0; s < DEPLOYMENT_STATES; s++)
        assert_true(strlen(deployment_state_name((enum deployment_state)s)) > 0);
    for (unsigned s = 0; s <= INSTANCE_NONE; s++)
        assert_true(strlen(replica_state_name(s)) > 0);
    assert_string_equal(replica_state_name(INSTANCE_NONE), "none");
    assert_string_equal(replica_state_name(1000), "unknown");
    assert_string_equal(deployment_state_name(DEPLOYMENT_STATES), "unknown");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_deployments),
        cmocka_unit_test(test_instances),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
