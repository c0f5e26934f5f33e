/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Ends that are told when the last bytes of a guest's output are out: see the header. */
#include "worker/late.h"

#include "base/mem.h"
#include "host/output.h"

/* How often it is looked whether they are: who reads so slowly does not notice. */
#define LOOK_MS 5

struct late_end {
    struct late_end *next;
    uint64_t handle;
    struct engine_outcome outcome;
};

static void on_look(struct loop_timer *timer, void *user) {
    struct late_ends *late = user;
    for (struct late_end **at = &late->first; *at;) {
        struct late_end *end = *at;
        if (host_linger_count_of(late->loop, end->handle) > 0) {
            at = &end->next;
            continue;
        }
        *at = end->next;
        late->tell(end->handle, &end->outcome, late->user);
        mem_free(end);
    }
    if (host_linger_count(late->loop) > 0)
        return;
    loop_timer_stop(timer);
    late->out(late->user);
}

bool late_ends_wait(struct late_ends *late) {
    if (host_linger_count(late->loop) == 0)
        return false;
    if (!late->timer && loop_timer_new(late->loop, on_look, late, &late->timer, NULL) < 0)
        return false;
    loop_timer_start(late->timer, LOOK_MS, LOOK_MS);
    return true;
}

bool late_ends_take(struct late_ends *late, uint64_t handle, const struct engine_outcome *outcome) {
    if ((outcome->end != ENGINE_END_RETURNED && outcome->end != ENGINE_END_EXITED) ||
        host_linger_count_of(late->loop, handle) == 0 || !late_ends_wait(late))
        return false;
    struct late_end *end = mem_new(struct late_end);
    if (!end)
        return false;
    end->handle = handle;
    end->outcome = *outcome;
    struct late_end **last = &late->first;
    while (*last)
        last = &(*last)->next;
    *last = end;
    return true;
}

void late_ends_done(struct late_ends *late) {
    if (late->timer)
        loop_timer_free(late->timer);
    while (late->first) {
        struct late_end *end = late->first;
        late->first = end->next;
        mem_free(end);
    }
}
