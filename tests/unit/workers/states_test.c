/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The whole table of a worker's states and events, without a process. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "workers/inner.h"

/* What may happen, written down once more and by hand: a cell that changes must change here too. */
static const char *const wanted[WORKER_STATES][WORKER_EVENTS] = {
    [WORKER_SPAWNING] = {[EV_READY] = "ready",
                         [EV_REFUSED] = "ending",
                         [EV_DRAIN] = "draining",
                         [EV_KILL] = "ending",
                         [EV_TIMEOUT] = "ending",
                         [EV_BROKEN] = "ending",
                         [EV_CLOSED] = "ending",
                         [EV_ENDED] = "ending"},
    [WORKER_READY] = {[EV_DRAIN] = "draining",
                      [EV_KILL] = "ending",
                      [EV_BROKEN] = "ending",
                      [EV_CLOSED] = "ending",
                      [EV_ENDED] = "ending"},
    [WORKER_DRAINING] = {[EV_READY] = "draining",
                         [EV_REFUSED] = "ending",
                         [EV_DRAIN] = "draining",
                         [EV_KILL] = "ending",
                         [EV_TIMEOUT] = "ending",
                         [EV_BROKEN] = "ending",
                         [EV_CLOSED] = "ending",
                         [EV_ENDED] = "ending"},
    [WORKER_ENDING] = {[EV_READY] = "ending",
                       [EV_REFUSED] = "ending",
                       [EV_DRAIN] = "ending",
                       [EV_KILL] = "ending",
                       [EV_TIMEOUT] = "ending",
                       [EV_BROKEN] = "ending",
                       [EV_CLOSED] = "ending",
                       [EV_ENDED] = "ending",
                       [EV_OVER_WELL] = "exited",
                       [EV_OVER_BADLY] = "lost"},
    [WORKER_EXITED] = {[EV_DRAIN] = "exited", [EV_KILL] = "exited"},
    [WORKER_LOST] = {[EV_DRAIN] = "lost", [EV_KILL] = "lost"},
};

static void test_table(void **state) {
    (void)state;
    for (unsigned s = 0; s < WORKER_STATES; s++)
        for (unsigned e = 0; e < WORKER_EVENTS; e++) {
            const struct worker_transition *t = worker_transition((enum worker_state)s, (enum worker_event)e);
            if (!wanted[s][e])
                assert_false(t->possible);
            else if (!t->possible || strcmp(worker_state_name(t->to), wanted[s][e]) != 0)
                fail_msg("%s, %s", worker_state_name((enum worker_state)s),
                         worker_event_name((enum worker_event)e));
        }
}

static void test_impossible(void **state) {
    (void)state;
    struct worker worker = {.id = 7, .state = WORKER_READY};
    arcella_error *error = NULL;
    assert_int_equal(worker_step(&worker, EV_OVER_WELL, &error), ARCELLA_E_STATE);
    assert_string_equal(arcella_error_message(error), "worker 7: 'exited' cannot come while it is ready");
    arcella_error_free(error);
    assert_int_equal(worker.state, WORKER_READY);
}

/* No state is a trap: from each the end can be reached. */
static void test_ends_everywhere(void **state) {
    (void)state;
    bool reaches[WORKER_STATES] = {[WORKER_EXITED] = true, [WORKER_LOST] = true};
    for (unsigned round = 0; round < WORKER_STATES; round++)
        for (unsigned s = 0; s < WORKER_STATES; s++)
            for (unsigned e = 0; e < WORKER_EVENTS; e++) {
                const struct worker_transition *t =
                    worker_transition((enum worker_state)s, (enum worker_event)e);
                reaches[s] |= t->possible && reaches[t->to];
            }
    for (unsigned s = 0; s < WORKER_STATES; s++)
        assert_true(reaches[s]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_impossible),
        cmocka_unit_test(test_ends_everywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
