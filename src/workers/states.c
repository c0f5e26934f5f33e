/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The life of a worker process as a table: which event does what in which state.  An empty cell cannot
 * happen, and is an error that names both.  Static tables and one function that changes the state; the loop's
 * thread.
 *
 *     spawning ──ready──▶ ready ──drain──▶ draining
 *         │                 │                 │
 *         └────── killed, broken, closed, ended, out of time ──▶ ending ──▶ exited | lost
 */
#include "workers/inner.h"

static const char *const state_names[] = {
#define XX(id, name) [WORKER_##id] = name,
    WORKER_STATE_MAP(XX)
#undef XX
};

static const char *const event_names[] = {
#define XX(id, name) [EV_##id] = name,
    WORKER_EVENT_MAP(XX)
#undef XX
};

const char *worker_state_name(enum worker_state state) {
    return (unsigned)state < WORKER_STATES ? state_names[state] : "?";
}

const char *worker_event_name(enum worker_event event) {
    return (unsigned)event < WORKER_EVENTS ? event_names[event] : "?";
}

#define TO(action, state)                                                                                    \
    { action, WORKER_##state, true }

static const struct worker_transition table[WORKER_STATES][WORKER_EVENTS] =
    {
        [WORKER_SPAWNING] =
            {
                [EV_READY] = TO(worker_do_ready, READY),
                [EV_REFUSED] = TO(worker_do_refused, ENDING),
                [EV_DRAIN] = TO(worker_do_drain, DRAINING),
                [EV_KILL] = TO(worker_do_end, ENDING),
                [EV_TIMEOUT] = TO(worker_do_handshake_timeout, ENDING),
                [EV_BROKEN] = TO(worker_do_end, ENDING),
                [EV_CLOSED] = TO(worker_do_await_process, ENDING),
                [EV_ENDED] = TO(worker_do_await_channel, ENDING),
            },
        [WORKER_READY] =
            {
                [EV_DRAIN] = TO(worker_do_drain, DRAINING),
                [EV_KILL] = TO(worker_do_end, ENDING),
                [EV_BROKEN] = TO(worker_do_end, ENDING),
                [EV_CLOSED] = TO(worker_do_await_process, ENDING),
                [EV_ENDED] = TO(worker_do_await_channel, ENDING),
            },
        [WORKER_DRAINING] =
            {
                /* Told to drain before it was ready: it says ready all the same, and then finishes. */
                [EV_READY] = TO(NULL, DRAINING),
                [EV_REFUSED] = TO(worker_do_refused, ENDING),
                [EV_DRAIN] = TO(NULL, DRAINING),
                [EV_KILL] = TO(worker_do_end, ENDING),
                [EV_TIMEOUT] = TO(worker_do_end, ENDING),
                [EV_BROKEN] = TO(worker_do_end, ENDING),
                [EV_CLOSED] = TO(worker_do_await_process, ENDING),
                [EV_ENDED] = TO(worker_do_await_channel, ENDING),
            },
        [WORKER_ENDING] =
            {
                /* Said before it was killed, read after it. */
                [EV_READY] = TO(NULL, ENDING),
                [EV_REFUSED] = TO(NULL, ENDING),
                [EV_DRAIN] = TO(NULL, ENDING),
                [EV_KILL] = TO(worker_do_end, ENDING),
                [EV_TIMEOUT] = TO(worker_do_grace_over, ENDING),
                [EV_BROKEN] = TO(worker_do_end, ENDING),
                [EV_CLOSED] = TO(worker_do_await_process, ENDING),
                [EV_ENDED] = TO(worker_do_await_channel, ENDING),
                [EV_OVER_WELL] = TO(NULL, EXITED),
                [EV_OVER_BADLY] = TO(NULL, LOST),
            },
        [WORKER_EXITED] = {[EV_DRAIN] = TO(NULL, EXITED), [EV_KILL] = TO(NULL, EXITED)},
        [WORKER_LOST] = {[EV_DRAIN] = TO(NULL, LOST), [EV_KILL] = TO(NULL, LOST)},
};

const struct worker_transition *worker_transition(enum worker_state state, enum worker_event event) {
    return &table[state][event];
}

int worker_step(struct worker *worker, enum worker_event event, arcella_error **reterr) {
    enum worker_state from = worker->state;
    const struct worker_transition *transition = worker_transition(from, event);
    if (!transition->possible)
        return error_set(reterr, ARCELLA_E_STATE, "worker %" PRIu64 ": '%s' cannot come while it is %s",
                         worker->id, worker_event_name(event), worker_state_name(from));
    worker->state = transition->to;
    if (transition->action)
        transition->action(worker);
    if (from != transition->to && worker->hooks.on_state)
        worker->hooks.on_state(worker, from, transition->to, worker->user);
    return 0;
}
