/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * wasi:io/poll: one pass over memory for each look, timers folded into one deadline, one wait for all.  What
 * is not ready costs a look at its bit (host/event.h).
 */
#include "wasi/p2/poll.h"

#include "base/clock.h"
#include "host/tcp.h"
#include "wasi/p2/rows.h"
#include "wasi/p2/stream.h"

/* More than these take memory of the call. */
#define FEW 32

static bool time_has_come(struct p2_look *look, uint64_t at_ns) {
    if (!look->now_ns)
        look->now_ns = clock_monotonic_ns();
    if (at_ns <= look->now_ns)
        return true;
    if (at_ns < look->deadline_ns)
        look->deadline_ns = at_ns;
    return false;
}

/* What waits for a socket waits for what its state asks for now. */
static bool tcp_ready(struct host_tcp *tcp) {
    unsigned wanted = host_tcp_wanted(tcp);
    return !wanted || host_event_ready(&tcp->file->event, wanted);
}

static bool datagrams_ready(const struct p2_datagrams *datagrams, unsigned direction) {
    struct host_udp *socket = datagrams->udp->socket;
    return datagrams->generation != socket->generation || datagrams->pending ||
           host_event_ready(&socket->file->event, direction);
}

static bool lookup_ready(struct host_lookup *lookup) {
    return lookup->done || host_event_ready(&lookup->event, HOST_READ);
}

bool p2_look(struct p2_look *look, const struct p2_entry *pollable) {
    switch ((enum p2_wait)pollable->how) {
    case P2_WAIT_NOTHING: return true;
    case P2_WAIT_TIME: return time_has_come(look, pollable->ns);
    case P2_WAIT_INPUT: return p2_input_ready(pollable->input);
    case P2_WAIT_OUTPUT: return p2_output_ready(pollable->output);
    case P2_WAIT_TCP: return tcp_ready(pollable->tcp);
    case P2_WAIT_RECEIVE: return datagrams_ready(pollable->datagrams, HOST_READ);
    case P2_WAIT_SEND: return datagrams_ready(pollable->datagrams, HOST_WRITE);
    case P2_WAIT_LOOKUP: return lookup_ready(pollable->lookup);
    }
    return true;
}

int p2_pollable_ready(struct call *call, void *user) {
    struct wasi_p2 *wasi = p2_of(call);
    struct p2_entry *pollable;
    (void)user;
    int r = p2_arg(call, wasi, 0, P2_POLLABLE, &pollable, NULL);
    if (r)
        return r;
    struct p2_look look = {.deadline_ns = HOST_NO_DEADLINE};
    host_wait_begin(wasi->host);
    return p2_give_bool(call, p2_look(&look, pollable));
}

/* What a wait that cannot be begun says: it is no answer that these functions could give. */
static int cannot_wait(struct call *call, int error) {
    if (error == HOST_STOP)
        return ABI_STOP;
    return p2_limit(call, "it cannot wait: %s", host_error_words(error));
}

int p2_pollable_block(struct call *call, void *user) {
    struct wasi_p2 *wasi = p2_of(call);
    struct p2_entry *pollable;
    (void)user;
    int r = p2_arg(call, wasi, 0, P2_POLLABLE, &pollable, NULL);
    if (r)
        return r;
    for (;;) {
        struct p2_look look = {.deadline_ns = HOST_NO_DEADLINE};
        host_wait_begin(wasi->host);
        if (p2_look(&look, pollable))
            return 0;
        int error = host_wait(wasi->host, look.deadline_ns);
        if (error)
            return cannot_wait(call, error);
    }
}

/* What is polled; once some are ready, the indices of those. */
union polled {
    const struct p2_entry *entry;
    uint32_t index;
};

/* Look at all until some are ready. */
static int wait_for_some(struct call *call, struct wasi_p2 *wasi, union polled *polled, uint32_t count,
                         uint32_t *ret_ready) {
    for (;;) {
        struct p2_look look = {.deadline_ns = HOST_NO_DEADLINE};
        uint32_t ready = 0;
        host_wait_begin(wasi->host);
        /* Once one is ready nobody waits, so what stood in the first places is not looked at again. */
        for (uint32_t i = 0; i < count; i++)
            if (p2_look(&look, polled[i].entry))
                polled[ready++].index = i;
        *ret_ready = ready;
        if (ready)
            return 0;
        int error = host_wait(wasi->host, look.deadline_ns);
        if (error)
            return cannot_wait(call, error);
    }
}

/* The entries stay as long as they are lent. */
static int borrow_all(struct call *call, struct wasi_p2 *wasi, const struct view_list *list,
                      union polled *polled) {
    for (uint32_t i = 0; i < list->count; i++) {
        uint32_t rep;
        int r = view_borrow(view_item(list, i), &rep);
        if (UNLIKELY(r))
            return r;
        polled[i].entry = p2_find(wasi, rep, P2_POLLABLE);
        if (UNLIKELY(!polled[i].entry))
            return p2_trap(call, "wrong-resource", "the pollable is none of the host's");
    }
    return 0;
}

static int give_indices(struct call *call, const union polled *polled, uint32_t ready) {
    struct slot result;
    uint8_t *to = NULL;
    int r = call_result(call, &result);
    r = r ? r : slot_span_begin(result, ready, &to);
    for (uint32_t i = 0; !r && i < ready; i++)
        abi_store32(to + (size_t)i * sizeof(uint32_t), polled[i].index);
    return r;
}

int p2_poll(struct call *call, void *user) {
    struct wasi_p2 *wasi = p2_of(call);
    struct view_list list;
    (void)user;
    int r = view_list(call_arg(call, 0), &list);
    if (r)
        return r;
    if (!list.count)
        return p2_trap(call, "poll-empty", "poll of an empty list, which would wait for ever");
    if (list.count > LIMIT_P2_POLLABLES)
        return p2_limit(call, "poll of %u pollables, at most %u are allowed", list.count, LIMIT_P2_POLLABLES);
    union polled few[FEW];
    union polled *polled = list.count <= FEW ? few : arena_array(&call->arena, list.count, sizeof(*polled));
    if (!polled)
        return abi_fault(&call->abi, ABI_FAULT_NOMEM, NULL);
    uint32_t ready = 0;
    r = borrow_all(call, wasi, &list, polled);
    r = r ? r : wait_for_some(call, wasi, polled, list.count, &ready);
    return r ? r : give_indices(call, polled, ready);
}
