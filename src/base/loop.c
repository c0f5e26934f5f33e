/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The loop and its handles: timers, descriptors, signals, idle work, waking.  Children, pool and deferred
 * functions are in loop_child.c, loop_work.c, loop_defer.c.
 *
 * Each handle is one allocation that begins with libuv's own struct.  Its _free starts libuv's closing, which
 * stops its callbacks at once; the memory goes when libuv says so, later in the same turn.  A handle owned by
 * nobody any more is closed by loop_free().  One thread; loop_wake() alone is for any.
 *
 * libuv keeps its own allocator: it aborts when it cannot grow its tables, so making these allocations fail
 * on purpose would show nothing, and an embedder may use libuv in the same process.
 */
#include "base/loop.h"

#include "base/clock.h"
#include "base/loop_internal.h"
#include "base/mem.h"

static void free_closed(uv_handle_t *handle) {
    mem_free(handle);
}

void loop_handle_close(uv_handle_t *handle) {
    if (!uv_is_closing(handle))
        uv_close(handle, free_closed);
}

static int set_uv_error(arcella_error **reterr, int status, const char *what) {
    return status == UV_ENOMEM
               ? error_nomem(reterr)
               : error_set(reterr, ARCELLA_E_SYSTEM, "cannot %s: %s", what, error_errno_text(-status));
}

/* --- the loop --- */

int loop_new(struct loop **ret, arcella_error **reterr) {
    struct loop *loop = mem_new(struct loop);
    if (!loop)
        return error_nomem(reterr);
    int status = uv_loop_init(&loop->uv);
    if (status < 0) {
        mem_free(loop);
        return set_uv_error(reterr, status, "make an event loop");
    }
    *ret = loop;
    return 0;
}

static void close_one(uv_handle_t *handle, void *user) {
    (void)user;
    loop_handle_close(handle);
}

struct loop *loop_free(struct loop *loop) {
    if (!loop)
        return NULL;
    while (loop->parts) {
        struct loop_part *part = loop->parts;
        loop_part_remove(loop, part);
        part->end(part);
    }
    loop->closing = true;
    loop->turn = NULL;
    loop->sigchld = NULL;
    /* Jobs on the pool use memory of their users, so they are waited for and their done runs; it may make new
     * handles, hence the repetition. */
    while (uv_loop_close(&loop->uv) == UV_EBUSY) {
        uv_walk(&loop->uv, close_one, NULL);
        uv_run(&loop->uv, UV_RUN_ONCE);
    }
    loop_deferred_done(loop);
    loop_children_done(loop);
    mem_free(loop);
    return NULL;
}

void loop_run(struct loop *loop) {
    uv_run(&loop->uv, UV_RUN_DEFAULT);
}

bool loop_run_ready(struct loop *loop) {
    return uv_run(&loop->uv, UV_RUN_NOWAIT) != 0;
}

bool loop_run_once(struct loop *loop) {
    loop->once = true;
    bool more = uv_run(&loop->uv, UV_RUN_ONCE) != 0;
    loop->once = false;
    return more;
}

void loop_stop(struct loop *loop) {
    uv_stop(&loop->uv);
}

uint64_t loop_now_ms(const struct loop *loop) {
    return uv_now(&loop->uv);
}

/* --- timers --- */

struct loop_timer {
    uv_timer_t uv;
    loop_timer_fn *fn;
    void *user;
};

static void on_timer(uv_timer_t *handle) {
    struct loop_timer *timer = CONTAINER_OF(handle, struct loop_timer, uv);
    struct loop *loop = CONTAINER_OF(handle->loop, struct loop, uv);
    /* Before version 1.45 libuv runs what is due first and then waits all the same, for ever where nothing
     * else comes. */
    if (loop->once)
        uv_stop(&loop->uv);
    timer->fn(timer, timer->user);
}

int loop_timer_new(struct loop *loop, loop_timer_fn *fn, void *user, struct loop_timer **ret,
                   arcella_error **reterr) {
    struct loop_timer *timer = mem_new(struct loop_timer);
    if (!timer)
        return error_nomem(reterr);
    timer->fn = fn;
    timer->user = user;
    uv_timer_init(&loop->uv, &timer->uv); /* cannot fail */
    *ret = timer;
    return 0;
}

void loop_timer_start(struct loop_timer *timer, uint64_t delay_ms, uint64_t repeat_ms) {
    /* libuv counts from its cached now; a callback that computed for long would shorten the delay. */
    uv_update_time(timer->uv.loop);
    uv_timer_start(&timer->uv, on_timer, delay_ms, repeat_ms);
}

void loop_timer_stop(struct loop_timer *timer) {
    uv_timer_stop(&timer->uv);
}

bool loop_timer_active(const struct loop_timer *timer) {
    return uv_is_active((const uv_handle_t *)&timer->uv) != 0;
}

struct loop_timer *loop_timer_free(struct loop_timer *timer) {
    if (timer)
        loop_handle_close((uv_handle_t *)&timer->uv);
    return NULL;
}

void loop_timer_unref(struct loop_timer *timer) {
    uv_unref((uv_handle_t *)&timer->uv);
}

/* --- descriptors --- */

struct loop_watch {
    uv_poll_t uv;
    loop_watch_fn *fn;
    void *user;
    unsigned wanted; /* enum loop_events */
};

static void on_poll(uv_poll_t *handle, int status, int events);

static void arm(struct loop_watch *watch) {
    int events = 0;
    if (watch->wanted & LOOP_READ)
        events |= UV_READABLE;
    if (watch->wanted & LOOP_WRITE)
        events |= UV_WRITABLE;
    if (watch->wanted & LOOP_HANGUP)
        events |= UV_DISCONNECT;
    /* Neither fails on an open handle with known events. */
    if (events)
        uv_poll_start(&watch->uv, events, on_poll);
    else
        uv_poll_stop(&watch->uv);
}

static void on_poll(uv_poll_t *handle, int status, int events) {
    struct loop_watch *watch = CONTAINER_OF(handle, struct loop_watch, uv);
    unsigned seen = 0;
    if (status < 0) {
        /* EPOLLERR: libuv stops watching, but ours is level-triggered until its owner says otherwise. The
         * owner meets the error itself in its next read or write. */
        arm(watch);
        seen = watch->wanted | LOOP_HANGUP;
    } else {
        if (events & UV_READABLE)
            seen |= LOOP_READ;
        if (events & UV_WRITABLE)
            seen |= LOOP_WRITE;
        if (events & UV_DISCONNECT)
            seen |= LOOP_HANGUP;
    }
    watch->fn(watch, seen, watch->user);
}

int loop_watch_new(struct loop *loop, int fd, loop_watch_fn *fn, void *user, struct loop_watch **ret,
                   arcella_error **reterr) {
    struct loop_watch *watch = mem_new(struct loop_watch);
    if (!watch)
        return error_nomem(reterr);
    watch->fn = fn;
    watch->user = user;
    int status = uv_poll_init(&loop->uv, &watch->uv, fd);
    if (status < 0) {
        /* A handle that was not made is not libuv's. */
        mem_free(watch);
        return set_uv_error(reterr, status, "watch a descriptor");
    }
    *ret = watch;
    return 0;
}

void loop_watch_set(struct loop_watch *watch, unsigned events) {
    if (events == watch->wanted)
        return;
    watch->wanted = events;
    arm(watch);
}

void loop_watch_ref(struct loop_watch *watch, bool hold) {
    if (hold)
        uv_ref((uv_handle_t *)&watch->uv);
    else
        uv_unref((uv_handle_t *)&watch->uv);
}

struct loop_watch *loop_watch_free(struct loop_watch *watch) {
    /* Closing takes the descriptor out of the poll set at once. */
    if (watch)
        loop_handle_close((uv_handle_t *)&watch->uv);
    return NULL;
}

/* --- signals --- */

struct loop_signal {
    uv_signal_t uv;
    loop_signal_fn *fn;
    void *user;
};

static void on_signal(uv_signal_t *handle, int number) {
    struct loop_signal *signal = CONTAINER_OF(handle, struct loop_signal, uv);
    signal->fn(signal, number, signal->user);
}

int loop_signal_new(struct loop *loop, int number, loop_signal_fn *fn, void *user, struct loop_signal **ret,
                    arcella_error **reterr) {
    struct loop_signal *signal = mem_new(struct loop_signal);
    if (!signal)
        return error_nomem(reterr);
    signal->fn = fn;
    signal->user = user;
    int status = uv_signal_init(&loop->uv, &signal->uv);
    if (status < 0) {
        mem_free(signal);
        return set_uv_error(reterr, status, "prepare for signals");
    }
    status = uv_signal_start(&signal->uv, on_signal, number);
    if (status < 0) {
        loop_handle_close((uv_handle_t *)&signal->uv);
        return set_uv_error(reterr, status, "catch a signal");
    }
    *ret = signal;
    return 0;
}

struct loop_signal *loop_signal_free(struct loop_signal *signal) {
    if (signal)
        loop_handle_close((uv_handle_t *)&signal->uv);
    return NULL;
}

void loop_signal_ref(struct loop_signal *signal, bool hold) {
    if (hold)
        uv_ref((uv_handle_t *)&signal->uv);
    else
        uv_unref((uv_handle_t *)&signal->uv);
}

/* --- idle work --- */

struct loop_idle {
    uv_idle_t uv;
    loop_idle_fn *fn;
    void *user;
};

static void on_idle(uv_idle_t *handle) {
    struct loop_idle *idle = CONTAINER_OF(handle, struct loop_idle, uv);
    idle->fn(idle, idle->user);
}

int loop_idle_new(struct loop *loop, loop_idle_fn *fn, void *user, struct loop_idle **ret,
                  arcella_error **reterr) {
    struct loop_idle *idle = mem_new(struct loop_idle);
    if (!idle)
        return error_nomem(reterr);
    idle->fn = fn;
    idle->user = user;
    uv_idle_init(&loop->uv, &idle->uv); /* cannot fail */
    *ret = idle;
    return 0;
}

void loop_idle_set(struct loop_idle *idle, bool active) {
    if (active)
        uv_idle_start(&idle->uv, on_idle);
    else
        uv_idle_stop(&idle->uv);
}

struct loop_idle *loop_idle_free(struct loop_idle *idle) {
    if (idle)
        loop_handle_close((uv_handle_t *)&idle->uv);
    return NULL;
}

/* --- waking --- */

struct loop_wake {
    uv_async_t uv;
    loop_wake_fn *fn;
    void *user;
};

static void on_wake(uv_async_t *handle) {
    struct loop_wake *wake = CONTAINER_OF(handle, struct loop_wake, uv);
    wake->fn(wake, wake->user);
}

int loop_wake_new(struct loop *loop, loop_wake_fn *fn, void *user, struct loop_wake **ret,
                  arcella_error **reterr) {
    struct loop_wake *wake = mem_new(struct loop_wake);
    if (!wake)
        return error_nomem(reterr);
    wake->fn = fn;
    wake->user = user;
    int status = uv_async_init(&loop->uv, &wake->uv, on_wake);
    if (status < 0) {
        mem_free(wake);
        return set_uv_error(reterr, status, "prepare for waking the loop");
    }
    *ret = wake;
    return 0;
}

void loop_wake(struct loop_wake *wake) {
    /* uv_async_send() writes to a descriptor and keeps errno: fit for a signal handler. */
    uv_async_send(&wake->uv);
}

struct loop_wake *loop_wake_free(struct loop_wake *wake) {
    if (wake)
        loop_handle_close((uv_handle_t *)&wake->uv);
    return NULL;
}

/* --- parts --- */

void loop_part_add(struct loop *loop, struct loop_part *part) {
    part->next = loop->parts;
    loop->parts = part;
}

struct loop_part *loop_part_find(const struct loop *loop, const void *key) {
    struct loop_part *part = loop->parts;
    while (part && part->key != key)
        part = part->next;
    return part;
}

void loop_part_remove(struct loop *loop, struct loop_part *part) {
    struct loop_part **at = &loop->parts;
    while (*at && *at != part)
        at = &(*at)->next;
    if (*at)
        *at = part->next;
}
