/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The reconciler's decisions, as a table: a picture in a few words, the actions it must lead to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/attr.h"
#include "daemon/reconcile.h"

#include <stdio.h>
#include <string.h>

/*
 * One deployment in one group.  Replicas as letters: n none, p none and waiting, s starting, r running, o
 * stopping, w failed and waiting, f failed and due, g failed and given up, e ended well for good, a ended
 * well and due again (permanent), x ended well too often, t stopped.
 */
struct scene {
    const char *sentence;
    bool wanted;
    enum deployment_state state;
    enum picture_code code;
    const char *replicas;
    enum picture_worker worker;
    bool idle;
    bool fits;
    const char *actions; /* names, separated by spaces; replicas behind a colon */
};

enum { YES = true, NO = false };

static const struct scene scenes[] = {
    /* code comes first */
    {"no code: it is made, once for all replicas", YES, DEPLOYMENT_STARTING, CODE_MISSING, "nn",
     WORKER_PICTURE_NONE, NO, YES, "make code:0"},
    {"code is being made: wait", YES, DEPLOYMENT_STARTING, CODE_MAKING, "n", WORKER_PICTURE_NONE, NO, YES,
     ""},
    {"code was refused: nothing is tried", YES, DEPLOYMENT_STARTING, CODE_REFUSED, "n", WORKER_PICTURE_UP,
     YES, YES, ""},
    /* then a worker */
    {"no worker: one is started", YES, DEPLOYMENT_STARTING, CODE_READY, "n", WORKER_PICTURE_NONE, NO, YES,
     "spawn"},
    {"its back-off runs: wait", YES, DEPLOYMENT_STARTING, CODE_READY, "n", WORKER_PICTURE_WAITING, NO, YES,
     ""},
    {"it leaves: wait until it is gone", YES, DEPLOYMENT_STARTING, CODE_READY, "n", WORKER_PICTURE_LEAVING,
     NO, YES, ""},
    {"no worker can be had: the deployment is told, once", YES, DEPLOYMENT_STARTING, CODE_READY, "nn",
     WORKER_PICTURE_REFUSED, NO, YES, "refuse:0"},
    /* then instances, behind the worker's setup without waiting for it */
    {"worker up: all replicas are created", YES, DEPLOYMENT_STARTING, CODE_READY, "nn", WORKER_PICTURE_UP, NO,
     YES, "create:0 create:1"},
    {"an idle worker is kept", YES, DEPLOYMENT_STARTING, CODE_READY, "n", WORKER_PICTURE_UP, YES, YES,
     "busy create:0"},
    {"what runs is left alone", YES, DEPLOYMENT_RUNNING, CODE_READY, "rs", WORKER_PICTURE_UP, NO, YES, ""},
    /* restarts */
    {"failed and due: started again", YES, DEPLOYMENT_STARTING, CODE_READY, "f", WORKER_PICTURE_UP, NO, YES,
     "restart:0"},
    {"failed and waiting: the worker is kept for it", YES, DEPLOYMENT_STARTING, CODE_READY, "w",
     WORKER_PICTURE_UP, NO, YES, ""},
    {"none and waiting, for a policy that can be read: no code, no worker, no instance", YES,
     DEPLOYMENT_STARTING, CODE_MISSING, "p", WORKER_PICTURE_NONE, NO, YES, ""},
    {"none and waiting: the worker is kept for it", YES, DEPLOYMENT_STARTING, CODE_READY, "p",
     WORKER_PICTURE_UP, NO, YES, ""},
    {"given up: nothing, and the worker may go", YES, DEPLOYMENT_FAILED, CODE_READY, "g", WORKER_PICTURE_UP,
     NO, YES, "idle"},
    {"permanent: what ended well runs again", YES, DEPLOYMENT_RUNNING, CODE_READY, "a", WORKER_PICTURE_UP, NO,
     YES, "restart:0"},
    {"finished for good: the worker may go", NO, DEPLOYMENT_FINISHED, CODE_READY, "e", WORKER_PICTURE_UP, NO,
     YES, "idle"},
    {"one runs, one is due", YES, DEPLOYMENT_STARTING, CODE_READY, "rf", WORKER_PICTURE_UP, NO, YES,
     "restart:1"},
    /* the worker holds less than is needed */
    {"an idle worker that holds less is replaced", YES, DEPLOYMENT_STARTING, CODE_READY, "n",
     WORKER_PICTURE_UP, YES, NO, "replace"},
    {"one with instances is not", YES, DEPLOYMENT_STARTING, CODE_READY, "rn", WORKER_PICTURE_UP, NO, NO, ""},
    /* stopping */
    {"stop what runs, put ended ones away", NO, DEPLOYMENT_STOPPING, CODE_READY, "srgewt", WORKER_PICTURE_UP,
     NO, YES, "stop:0 stop:1 forget:2 forget:3 forget:4 forget:5"},
    {"what is being stopped is left alone", NO, DEPLOYMENT_STOPPING, CODE_READY, "o", WORKER_PICTURE_UP, NO,
     YES, ""},
    {"stopped: the worker may go", NO, DEPLOYMENT_STOPPED, CODE_READY, "n", WORKER_PICTURE_UP, NO, YES,
     "idle"},
    {"… and is told so once", NO, DEPLOYMENT_STOPPED, CODE_READY, "n", WORKER_PICTURE_UP, YES, YES, ""},
    {"not wanted and no worker: nothing", NO, DEPLOYMENT_STOPPED, CODE_MISSING, "n", WORKER_PICTURE_NONE, NO,
     YES, ""},
};

static struct picture_instance instance_of(char letter) {
    switch (letter) {
    case 's': return (struct picture_instance){.state = INSTANCE_STARTING};
    case 'r': return (struct picture_instance){.state = INSTANCE_RUNNING};
    case 'o': return (struct picture_instance){.state = INSTANCE_STOPPING};
    case 'w': return (struct picture_instance){.state = INSTANCE_FAILED, .waiting = true};
    case 'p': return (struct picture_instance){.state = INSTANCE_NONE, .waiting = true};
    case 'f': return (struct picture_instance){.state = INSTANCE_FAILED};
    case 'g': return (struct picture_instance){.state = INSTANCE_FAILED, .given_up = true};
    case 'e': return (struct picture_instance){.state = INSTANCE_FINISHED, .given_up = true};
    case 'a': return (struct picture_instance){.state = INSTANCE_FINISHED};
    case 'x': return (struct picture_instance){.state = INSTANCE_FINISHED, .given_up = true, .spent = true};
    case 't': return (struct picture_instance){.state = INSTANCE_STOPPED};
    default: return (struct picture_instance){.state = INSTANCE_NONE};
    }
}

static bool is_of_group(enum action_kind kind) {
    return kind == ACTION_SPAWN || kind == ACTION_IDLE || kind == ACTION_BUSY || kind == ACTION_REPLACE;
}

static void write_actions(const struct action *actions, size_t count, char *to, size_t size) {
    size_t used = 0;
    to[0] = '\0';
    for (size_t i = 0; i < count && used < size; i++) {
        used += (size_t)snprintf(to + used, size - used, "%s%s", i ? " " : "", action_name(actions[i].kind));
        if (!is_of_group(actions[i].kind) && used < size)
            used += (size_t)snprintf(to + used, size - used, ":%zu", actions[i].instance);
    }
}

static void test_scenes(void **state) {
    (void)state;
    for (size_t n = 0; n < ARRAY_LENGTH(scenes); n++) {
        const struct scene *scene = &scenes[n];
        struct picture_instance instances[16];
        size_t count = strlen(scene->replicas);
        for (size_t i = 0; i < count; i++)
            instances[i] = instance_of(scene->replicas[i]);
        struct picture_deployment deployment = {.wanted = scene->wanted,
                                                .code = scene->code,
                                                .state = scene->state,
                                                .instances = instances,
                                                .count = count};
        struct picture_group group = {.worker = scene->worker, .idle = scene->idle, .fits = scene->fits};
        struct picture picture = {&deployment, 1, &group, 1};
        struct action actions[16];
        char words[512];
        size_t made = reconcile(&picture, actions, ARRAY_LENGTH(actions));
        assert_in_range(made, 0, ARRAY_LENGTH(actions));
        write_actions(actions, made, words, sizeof(words));
        if (strcmp(words, scene->actions) != 0)
            fail_msg("%s: '%s', not '%s'", scene->sentence, words, scene->actions);
    }
}

static void test_two_deployments_share_a_worker(void **state) {
    (void)state;
    struct picture_instance first = instance_of('n'), second = instance_of('n');
    struct picture_deployment deployments[] = {
        {.wanted = true,
         .code = CODE_READY,
         .state = DEPLOYMENT_STARTING,
         .group = 1,
         .instances = &first,
         .count = 1},
        {.wanted = true,
         .code = CODE_READY,
         .state = DEPLOYMENT_STARTING,
         .group = 1,
         .instances = &second,
         .count = 1},
    };
    struct picture_group groups[] = {{.worker = WORKER_PICTURE_UP, .idle = true, .fits = true},
                                     {.worker = WORKER_PICTURE_NONE, .fits = true}};
    struct picture picture = {deployments, 2, groups, 2};
    struct action actions[8];
    assert_int_equal(reconcile(&picture, actions, 8), 1);
    assert_int_equal(actions[0].kind, ACTION_SPAWN);
    assert_int_equal(actions[0].group, 1);
    groups[1].worker = WORKER_PICTURE_UP;
    assert_int_equal(reconcile(&picture, actions, 8), 2);
    assert_int_equal(actions[0].kind, ACTION_CREATE);
    assert_int_equal(actions[0].deployment, 0);
    assert_int_equal(actions[1].deployment, 1);
    assert_int_equal(actions[1].group, 1);
}

static void test_more_actions_than_room(void **state) {
    (void)state;
    struct picture_instance instances[20];
    for (size_t i = 0; i < 20; i++)
        instances[i] = instance_of('n');
    struct picture_deployment deployment = {.wanted = true,
                                            .code = CODE_READY,
                                            .state = DEPLOYMENT_STARTING,
                                            .instances = instances,
                                            .count = 20};
    struct picture_group group = {.worker = WORKER_PICTURE_UP, .fits = true};
    struct picture picture = {&deployment, 1, &group, 1};
    struct action actions[4] = {{.kind = ACTIONS}};
    assert_int_equal(reconcile(&picture, actions, 4), 20);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(actions[i].instance, i);
}

/* --- what happened to a deployment as a whole --- */

struct verdict {
    enum deployment_state state;
    enum picture_code code;
    const char *replicas;
    int event; /* -1: none */
};

static const struct verdict verdicts[] = {
    {DEPLOYMENT_STARTING, CODE_READY, "n", -1},
    {DEPLOYMENT_STARTING, CODE_READY, "s", -1},
    {DEPLOYMENT_STARTING, CODE_READY, "rs", -1},
    {DEPLOYMENT_STARTING, CODE_READY, "rr", DEPLOYMENT_ON_ALL_RUN},
    {DEPLOYMENT_STARTING, CODE_READY, "re", DEPLOYMENT_ON_ALL_RUN},
    {DEPLOYMENT_STARTING, CODE_READY, "e", DEPLOYMENT_ON_ALL_FINISHED},
    {DEPLOYMENT_STARTING, CODE_READY, "g", DEPLOYMENT_ON_ALL_FAILED},
    {DEPLOYMENT_STARTING, CODE_READY, "x", DEPLOYMENT_ON_ALL_FAILED},
    {DEPLOYMENT_STARTING, CODE_READY, "eg", DEPLOYMENT_ON_ALL_FAILED},
    {DEPLOYMENT_STARTING, CODE_READY, "rg", DEPLOYMENT_ON_SOME_FAILED},
    {DEPLOYMENT_STARTING, CODE_READY, "gw", -1},
    {DEPLOYMENT_STARTING, CODE_REFUSED, "n", DEPLOYMENT_ON_ALL_FAILED},
    {DEPLOYMENT_STARTING, CODE_MISSING, "n", -1},
    {DEPLOYMENT_RUNNING, CODE_READY, "rr", -1},
    {DEPLOYMENT_RUNNING, CODE_READY, "w", DEPLOYMENT_ON_RETRY},
    {DEPLOYMENT_RUNNING, CODE_READY, "rf", DEPLOYMENT_ON_RETRY},
    {DEPLOYMENT_RUNNING, CODE_READY, "a", DEPLOYMENT_ON_RETRY},
    {DEPLOYMENT_RUNNING, CODE_READY, "e", DEPLOYMENT_ON_ALL_FINISHED},
    {DEPLOYMENT_RUNNING, CODE_READY, "rg", DEPLOYMENT_ON_SOME_FAILED},
    {DEPLOYMENT_RUNNING, CODE_READY, "gg", DEPLOYMENT_ON_ALL_FAILED},
    {DEPLOYMENT_DEGRADED, CODE_READY, "rg", -1},
    {DEPLOYMENT_DEGRADED, CODE_READY, "wg", DEPLOYMENT_ON_RETRY},
    {DEPLOYMENT_DEGRADED, CODE_READY, "gg", DEPLOYMENT_ON_ALL_FAILED},
    {DEPLOYMENT_STOPPING, CODE_READY, "o", -1},
    {DEPLOYMENT_STOPPING, CODE_READY, "nt", -1},
    {DEPLOYMENT_STOPPING, CODE_READY, "nn", DEPLOYMENT_ON_ALL_GONE},
    {DEPLOYMENT_STOPPING, CODE_REFUSED, "n", DEPLOYMENT_ON_ALL_GONE},
    {DEPLOYMENT_STOPPED, CODE_READY, "n", -1},
    {DEPLOYMENT_FINISHED, CODE_READY, "e", -1},
    {DEPLOYMENT_FAILED, CODE_READY, "g", -1},
};

static void test_verdicts(void **state) {
    (void)state;
    for (size_t n = 0; n < ARRAY_LENGTH(verdicts); n++) {
        const struct verdict *verdict = &verdicts[n];
        struct picture_instance instances[16];
        size_t count = strlen(verdict->replicas);
        for (size_t i = 0; i < count; i++)
            instances[i] = instance_of(verdict->replicas[i]);
        struct picture_deployment deployment = {.wanted = true,
                                                .code = verdict->code,
                                                .state = verdict->state,
                                                .instances = instances,
                                                .count = count};
        enum deployment_event event = DEPLOYMENT_EVENTS;
        int told = reconcile_judge(&deployment, &event) ? (int)event : -1;
        enum deployment_state next;
        if (told != verdict->event)
            fail_msg("%s with '%s': %s", deployment_state_name(verdict->state), verdict->replicas,
                     told < 0 ? "nothing" : deployment_event_name(event));
        if (told >= 0 && !deployment_next(verdict->state, event, &next))
            fail_msg("'%s' is not possible in %s", deployment_event_name(event),
                     deployment_state_name(verdict->state));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scenes),
        cmocka_unit_test(test_two_deployments_share_a_worker),
        cmocka_unit_test(test_more_actions_than_room),
        cmocka_unit_test(test_verdicts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
