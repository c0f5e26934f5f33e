/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The event loop of a process: descriptors, timers, signals, children, idle work, a small thread pool.
 *
 * One loop and one thread per process.  Nothing here is thread-safe but loop_wake().  A handle is owned by
 * who made it and freed with its _free; its callback does not run after that.  A callback may free its own
 * handle. This is the only header that stands for libuv; no other names it.
 */
#ifndef BASE_LOOP_H
#define BASE_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

struct loop;
struct loop_timer;
struct loop_watch;
struct loop_signal;
struct loop_child;
struct loop_idle;
struct loop_wake;

/** Make a loop. @return 0, NOMEM, SYSTEM */
int loop_new(struct loop **ret, arcella_error **reterr) MUST_CHECK;
/**
 * Close what is left and free.  Jobs on the pool are waited for and their done runs; deferred functions that
 * wait are forgotten; handles that their owners did not free are freed.
 *
 * @return NULL
 */
struct loop *loop_free(struct loop *loop);
/** Run until loop_stop() or until nothing is left to wait for. */
void loop_run(struct loop *loop);
/** Run what is ready, without waiting. @return true if there is more to wait for */
bool loop_run_ready(struct loop *loop);
/** Run what is ready, waiting for one event at most. */
bool loop_run_once(struct loop *loop);
/** Make loop_run() return soon. */
void loop_stop(struct loop *loop);
/** The loop's idea of now in milliseconds, monotonic, cached once a turn. */
uint64_t loop_now_ms(const struct loop *loop);

/* --- timers --- */
typedef void loop_timer_fn(struct loop_timer *timer, void *user);
/** Make a timer that does not run yet. */
int loop_timer_new(struct loop *loop, loop_timer_fn *fn, void *user, struct loop_timer **ret,
                   arcella_error **reterr) MUST_CHECK;
/** Fire once in delay_ms (0: in this turn or the next), and every repeat_ms after that unless it is 0. */
void loop_timer_start(struct loop_timer *timer, uint64_t delay_ms, uint64_t repeat_ms);
void loop_timer_stop(struct loop_timer *timer);
bool loop_timer_active(const struct loop_timer *timer);
struct loop_timer *loop_timer_free(struct loop_timer *timer);
/* Let the loop end although this timer runs. */
void loop_timer_unref(struct loop_timer *timer);

/* --- descriptors (level-triggered) --- */
enum loop_events { LOOP_READ = 1, LOOP_WRITE = 2, LOOP_HANGUP = 4 };
typedef void loop_watch_fn(struct loop_watch *watch, unsigned events, void *user);
/**
 * Watch a descriptor (borrowed; not a regular file; it becomes non-blocking) for nothing yet. One watch per
 * descriptor.
 *
 * @return 0, NOMEM, SYSTEM (EPERM: not pollable)
 */
int loop_watch_new(struct loop *loop, int fd, loop_watch_fn *fn, void *user, struct loop_watch **ret,
                   arcella_error **reterr) MUST_CHECK;
/** Wait for events (0: for none). */
void loop_watch_set(struct loop_watch *watch, unsigned events);
/** Say whether the loop goes on for this watch alone while it waits for events (a new one: yes). */
void loop_watch_ref(struct loop_watch *watch, bool hold);
/** Stop watching at once (the descriptor may be closed right after) and free. @return NULL */
struct loop_watch *loop_watch_free(struct loop_watch *watch);

/* --- signals --- */
typedef void loop_signal_fn(struct loop_signal *signal, int number, void *user);
/** Report a signal from the loop. @return 0, NOMEM, SYSTEM */
int loop_signal_new(struct loop *loop, int number, loop_signal_fn *fn, void *user, struct loop_signal **ret,
                    arcella_error **reterr) MUST_CHECK;
struct loop_signal *loop_signal_free(struct loop_signal *signal);
/** Say whether the loop goes on for this signal alone (a new one: yes). */
void loop_signal_ref(struct loop_signal *signal, bool hold);

/* --- children --- */
/* How a process ended: exit code, or the signal that ended it (0: none). */
struct child_status {
    int code;
    int signal;
};
typedef void loop_child_fn(struct loop_child *child, struct child_status status, void *user);
/**
 * Report the end of a child process, once, from the loop.  The first call makes the loop reap every child of
 * the process, orphans it inherited as PID 1 included.  A child that ended before this call is reported too.
 *
 * @return 0, NOMEM, SYSTEM, NOT_FOUND (no child of ours), EXISTS (watched already), CLOSED (in loop_free())
 */
int loop_child_watch(struct loop *loop, pid_t pid, loop_child_fn *fn, void *user, struct loop_child **ret,
                     arcella_error **reterr) MUST_CHECK;
pid_t loop_child_pid(const struct loop_child *child);
/** Stop reporting (the process is still reaped) and free. */
struct loop_child *loop_child_free(struct loop_child *child);
/** Reap orphans from now on although no child is watched (PID 1). */
int loop_reap_orphans(struct loop *loop, arcella_error **reterr) MUST_CHECK;

/* --- idle work: runs every turn while active, and the loop does not sleep --- */
typedef void loop_idle_fn(struct loop_idle *idle, void *user);
/** Make idle work, not active. @return 0, NOMEM */
int loop_idle_new(struct loop *loop, loop_idle_fn *fn, void *user, struct loop_idle **ret,
                  arcella_error **reterr) MUST_CHECK;
/** Let it run each turn, or no more. */
void loop_idle_set(struct loop_idle *idle, bool active);
struct loop_idle *loop_idle_free(struct loop_idle *idle);

/* --- waking the loop from another thread or a signal handler --- */
typedef void loop_wake_fn(struct loop_wake *wake, void *user);
/** Make a wake; fn runs on the loop. @return 0, NOMEM, SYSTEM */
int loop_wake_new(struct loop *loop, loop_wake_fn *fn, void *user, struct loop_wake **ret,
                  arcella_error **reterr) MUST_CHECK;
/** Run the callback soon, at least once.  Any thread, signal handlers too. */
void loop_wake(struct loop_wake *wake);
struct loop_wake *loop_wake_free(struct loop_wake *wake);

/* --- the pool --- */
typedef void loop_work_fn(void *user);
/**
 * Run work on a pool thread, then done on the loop. user must live until done has run.
 *
 * @return 0, NOMEM, BUSY
 */
int loop_work(struct loop *loop, loop_work_fn *work, loop_work_fn *done, void *user, arcella_error **reterr)
    MUST_CHECK;
/** Start all pool threads now (count of them), before a sandbox forbids it. */
int loop_pool_warm(struct loop *loop, unsigned count, arcella_error **reterr) MUST_CHECK;

/**
 * Run fn once from the loop, in its next turn; never from inside this call.
 *
 * @return 0, NOMEM, CLOSED (in loop_free())
 */
int loop_defer(struct loop *loop, loop_work_fn *fn, void *user, arcella_error **reterr) MUST_CHECK;

/* --- what a room has once for each loop --- */
struct loop_part {
    const void *key;        /* whose: the address of something of the room */
    struct loop_part *next; /* the loop's */
    /* Called by loop_free() where it was not taken off before: let go of everything; it is off the loop. */
    void (*end)(struct loop_part *part);
};
/** Join a part to a loop; embedded in something of its owner's, who fills in key and end. */
void loop_part_add(struct loop *loop, struct loop_part *part);
/** @return NULL where no part of that key was added */
struct loop_part *loop_part_find(const struct loop *loop, const void *key);
/** Take one off; one that is not there is fine. */
void loop_part_remove(struct loop *loop, struct loop_part *part);

#endif
