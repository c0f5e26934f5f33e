/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * poll_oneoff: several clocks and descriptors, one suspension.
 *
 * Two passes over the subscriptions.  The first reads each once and makes of it a deadline, something for
 * room host to wait for, or an error of its own, which counts as an event.  The second writes the events of
 * those that are due. The guest's arrays may overlap; it harms itself only, since what decides was read in
 * the first pass.
 */
#include "host/poll.h"

#include "base/clock.h"
#include "wasi/preview1/abi.h"
#include "wasi/preview1/clock.h"
#include "wasi/preview1/errno.h"

/* Subscriptions that need no allocation; programs that sleep or wait for a few descriptors have one to three.
 */
#define ON_STACK 16
/* Most subscriptions of one call; the descriptors a guest can hold are fewer. */
#define SUBSCRIPTIONS_MAX HOST_POLL_MAX

struct subscription {
    uint64_t userdata;
    uint64_t deadline_ns; /* CLOCK: of the monotonic clock */
    uint32_t item;        /* FD_READ, FD_WRITE: index of what is waited for */
    uint8_t tag;
    uint16_t error; /* not 0: it is due, with this */
};

struct poll {
    struct subscription *subscriptions;
    struct host_poll *items;
    uint32_t count;
    uint32_t items_count;
    uint64_t deadline_ns; /* the earliest */
};

static int add_clock(struct wasi_preview1 *wasi, struct poll *poll, const struct wasi_subscription *from,
                     struct subscription *to) {
    bool absolute = from->clock.flags & WASI_SUB_CLOCK_ABSTIME;
    if (from->clock.flags & ~WASI_SUB_CLOCK_ABSTIME)
        return HOST_E_INVAL;
    int r = host_clock_deadline(wasi->host, preview1_clock(from->clock.id), from->clock.timeout, absolute,
                                &to->deadline_ns);
    if (!r && to->deadline_ns < poll->deadline_ns)
        poll->deadline_ns = to->deadline_ns;
    return r;
}

static int add_file(struct wasi_preview1 *wasi, struct poll *poll, const struct wasi_subscription *from,
                    struct subscription *to) {
    struct host_slot *slot = host_table_get(wasi->table, from->fd);
    if (!slot)
        return HOST_E_BADF;
    if (!(slot->words[PREVIEW1_BASE] & WASI_RIGHT_POLL_FD_READWRITE))
        return slot->file->kind == HOST_DIRECTORY ? HOST_E_BADF : HOST_E_NOTCAPABLE;
    to->item = poll->items_count++;
    poll->items[to->item] = (struct host_poll){
        .file = slot->file,
        .events = from->tag == WASI_EVENT_FD_READ ? HOST_READ : HOST_WRITE,
    };
    return 0;
}

/* The first pass. @return 0, HOST_E_INVAL (no such kind of event) */
static int read_all(struct wasi_preview1 *wasi, struct poll *poll, const uint8_t *from) {
    poll->deadline_ns = HOST_NO_DEADLINE;
    for (uint32_t i = 0; i < poll->count; i++) {
        struct wasi_subscription subscription;
        memcpy(&subscription, from + (size_t)i * sizeof subscription, sizeof subscription);
        struct subscription *to = &poll->subscriptions[i];
        *to = (struct subscription){.userdata = subscription.userdata, .tag = subscription.tag};
        int r;
        switch (subscription.tag) {
        case WASI_EVENT_CLOCK: r = add_clock(wasi, poll, &subscription, to); break;
        case WASI_EVENT_FD_READ:
        case WASI_EVENT_FD_WRITE: r = add_file(wasi, poll, &subscription, to); break;
        default: return HOST_E_INVAL;
        }
        to->error = preview1_errno(r);
        if (r)
            poll->deadline_ns = 0; /* there is an event already: look, do not wait */
    }
    return 0;
}

/* Is a subscription due? If so, its event. */
static bool event_of(const struct poll *poll, const struct subscription *subscription, uint64_t now_ns,
                     struct wasi_event *ret) {
    *ret = (struct wasi_event){
        .userdata = subscription->userdata,
        .error = subscription->error,
        .type = subscription->tag,
    };
    if (subscription->error)
        return true;
    if (subscription->tag == WASI_EVENT_CLOCK)
        return subscription->deadline_ns <= now_ns;
    const struct host_poll *item = &poll->items[subscription->item];
    ret->nbytes = item->bytes;
    ret->flags = item->hangup ? WASI_EVENT_HANGUP : 0;
    return item->ready;
}

/* The second pass. @return events written */
static uint32_t write_all(const struct poll *poll, uint8_t *to) {
    bool any = false;
    for (uint32_t i = 0; i < poll->items_count; i++)
        any = any || poll->items[i].ready;
    uint64_t now_ns = clock_monotonic_ns();
    /* The wait ended for the earliest deadline, though the loop's clock may be a hair behind ours. */
    if (!any && poll->deadline_ns != HOST_NO_DEADLINE && now_ns < poll->deadline_ns)
        now_ns = poll->deadline_ns;
    uint32_t written = 0;
    for (uint32_t i = 0; i < poll->count; i++) {
        struct wasi_event event;
        if (!event_of(poll, &poll->subscriptions[i], now_ns, &event))
            continue;
        memcpy(to + (size_t)written * sizeof event, &event, sizeof event);
        written++;
    }
    return written;
}

static int wait(struct wasi_preview1 *wasi, struct poll *poll, const uint8_t *in, uint8_t *out,
                uint32_t *ret_events) {
    int r = read_all(wasi, poll, in);
    r = r ? r : host_poll(wasi->host, poll->items, poll->items_count, poll->deadline_ns);
    if (!r)
        *ret_events = write_all(poll, out);
    return r;
}

/* Many at once: on memory of ours, charged to the instance, and given back when the call ends, however it
 * ends. */
static int wait_many(struct wasi_preview1 *wasi, struct poll *poll, const uint8_t *in, uint8_t *out,
                     uint32_t *ret_events) {
    uint64_t bytes = (uint64_t)poll->count * (sizeof *poll->items + sizeof *poll->subscriptions);
    if (wasi->budget && !memory_budget_take(wasi->budget, bytes))
        return HOST_E_NOMEM;
    poll->items = mem_array(poll->count, sizeof *poll->items);
    poll->subscriptions = mem_array(poll->count, sizeof *poll->subscriptions);
    int r = HOST_E_NOMEM;
    if (poll->items && poll->subscriptions)
        r = wait(wasi, poll, in, out, ret_events);
    mem_free(poll->items);
    mem_free(poll->subscriptions);
    if (wasi->budget)
        memory_budget_give(wasi->budget, bytes);
    return r;
}

int preview1_poll_oneoff(struct wasi_preview1 *wasi, uint32_t in, uint32_t out, uint32_t count,
                         uint32_t *ret_events) {
    uint8_t *in_at;
    uint8_t *out_at;
    if (!count)
        return HOST_E_INVAL;
    int r = preview1_at(wasi, in, (uint64_t)count * sizeof(struct wasi_subscription),
                        _Alignof(struct wasi_subscription), &in_at);
    r = r ? r
          : preview1_at(wasi, out, (uint64_t)count * sizeof(struct wasi_event), _Alignof(struct wasi_event),
                        &out_at);
    if (r)
        return r;
    if (count > SUBSCRIPTIONS_MAX)
        return HOST_E_INVAL;
    struct poll poll = {.count = count};
    if (count > ON_STACK)
        return wait_many(wasi, &poll, in_at, out_at, ret_events);
    struct host_poll items[ON_STACK];
    struct subscription subscriptions[ON_STACK];
    poll.items = items;
    poll.subscriptions = subscriptions;
    return wait(wasi, &poll, in_at, out_at, ret_events);
}
