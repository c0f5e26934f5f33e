/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Children of the process: reaped at SIGCHLD by asking for any child until there is none, so that a signal
 * that stood for several ends loses none, and orphans inherited as PID 1 do not stay zombies.
 *
 * A process may end, and be reaped, before anybody watches it; the last such ends are remembered.  A number
 * may come again for a new process, so a remembered end counts only while the system knows no child of that
 * number. Reports come from the loop, never from inside loop_child_watch().
 */
#include <sys/wait.h>

#include "base/loop_internal.h"
#include "base/map.h"

struct loop_child {
    struct loop *loop;
    pid_t pid;
    loop_child_fn *fn;
    void *user;
    struct child_status status;
    enum { CHILD_RUNNING, CHILD_ENDED, CHILD_REPORTED } state; /* in the map, in the list, in neither */
    struct loop_child *next;                                   /* in the list */
    UT_hash_handle hh;
};

static struct child_status status_of(int waited) {
    struct child_status status = {0};
    if (WIFEXITED(waited))
        status.code = WEXITSTATUS(waited);
    else if (WIFSIGNALED(waited))
        status.signal = WTERMSIG(waited);
    return status;
}

/* Running children keep the loop going; the signal handle alone does not. */
static void hold_loop(struct loop *loop) {
    if (loop->sigchld)
        loop_signal_ref(loop->sigchld, HASH_COUNT(loop->children) > 0);
}

static void report(struct loop_child *child) {
    child->state = CHILD_REPORTED;
    child->fn(child, child->status, child->user);
}

static void on_ended(struct loop *loop, pid_t pid, struct child_status status) {
    struct loop_child *child = NULL;
    HASH_FIND(hh, loop->children, &pid, sizeof(pid), child);
    if (!child) {
        loop->unclaimed[loop->unclaimed_next] = (struct loop_unclaimed){pid, status};
        loop->unclaimed_next = (loop->unclaimed_next + 1) % LIMIT_CHILD_STATUSES;
        return;
    }
    HASH_DELETE(hh, loop->children, child);
    child->status = status;
    report(child);
}

static void on_sigchld(struct loop_signal *signal, int number, void *user) {
    (void)signal;
    (void)number;
    struct loop *loop = user;
    int waited;
    pid_t pid;
    while ((pid = waitpid(-1, &waited, WNOHANG)) > 0 || (pid < 0 && errno == EINTR))
        if (pid > 0)
            on_ended(loop, pid, status_of(waited));
    hold_loop(loop);
}

int loop_reap_orphans(struct loop *loop, arcella_error **reterr) {
    if (loop->sigchld)
        return 0;
    if (loop->closing)
        return error_set(reterr, ARCELLA_E_CLOSED, "the loop is being closed");
    int r = loop_signal_new(loop, SIGCHLD, on_sigchld, loop, &loop->sigchld, reterr);
    if (r < 0)
        return r;
    loop_signal_ref(loop->sigchld, false);
    /* Some may have ended before the handler was there. */
    raise(SIGCHLD);
    return 0;
}

/* Report, one after the other, what was found ended when it was asked for. A report may free any child. */
static void report_ended(void *user) {
    struct loop *loop = user;
    loop->report_deferred = false;
    while (loop->ended) {
        struct loop_child *child = loop->ended;
        loop->ended = child->next;
        report(child);
    }
}

static struct loop_unclaimed *find_unclaimed(struct loop *loop, pid_t pid) {
    /* Newest first: a number may be there twice. */
    for (size_t i = 1; i <= LIMIT_CHILD_STATUSES; i++) {
        size_t at = (loop->unclaimed_next + LIMIT_CHILD_STATUSES - i) % LIMIT_CHILD_STATUSES;
        if (loop->unclaimed[at].pid == pid)
            return &loop->unclaimed[at];
    }
    return NULL;
}

static bool is_our_child(pid_t pid) {
    siginfo_t info;
    int r;
    do
        r = waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT);
    while (r < 0 && errno == EINTR);
    return r == 0;
}

static int watch_running(struct loop *loop, struct loop_child *child, arcella_error **reterr) {
    struct loop_child *known = NULL;
    HASH_FIND(hh, loop->children, &child->pid, sizeof(child->pid), known);
    if (known)
        return error_set(reterr, ARCELLA_E_EXISTS, "process %d is watched already", (int)child->pid);
    bool ok;
    MAP_ADD(hh, loop->children, pid, child, &ok);
    if (!ok)
        return error_nomem(reterr);
    hold_loop(loop);
    return 0;
}

static int watch_ended(struct loop *loop, struct loop_child *child, arcella_error **reterr) {
    struct loop_unclaimed *found = find_unclaimed(loop, child->pid);
    if (!found)
        return error_set(reterr, ARCELLA_E_NOT_FOUND, "process %d is no child of this one", (int)child->pid);
    if (!loop->report_deferred) {
        int r = loop_defer(loop, report_ended, loop, reterr);
        if (r < 0)
            return r;
        loop->report_deferred = true;
    }
    child->status = found->status;
    found->pid = 0;
    child->state = CHILD_ENDED;
    struct loop_child **last = &loop->ended;
    while (*last)
        last = &(*last)->next;
    *last = child;
    return 0;
}

int loop_child_watch(struct loop *loop, pid_t pid, loop_child_fn *fn, void *user, struct loop_child **ret,
                     arcella_error **reterr) {
    if (pid <= 0)
        return error_set(reterr, ARCELLA_E_INVALID, "%d is no process number", (int)pid);
    int r = loop_reap_orphans(loop, reterr);
    if (r < 0)
        return r;
    struct loop_child *child = mem_new(struct loop_child);
    if (!child)
        return error_nomem(reterr);
    child->loop = loop;
    child->pid = pid;
    child->fn = fn;
    child->user = user;
    r = is_our_child(pid) ? watch_running(loop, child, reterr) : watch_ended(loop, child, reterr);
    if (r < 0) {
        mem_free(child);
        return r;
    }
    *ret = child;
    return 0;
}

pid_t loop_child_pid(const struct loop_child *child) {
    return child->pid;
}

struct loop_child *loop_child_free(struct loop_child *child) {
    if (!child)
        return NULL;
    struct loop *loop = child->loop;
    if (child->state == CHILD_RUNNING) {
        HASH_DELETE(hh, loop->children, child);
        hold_loop(loop);
    } else if (child->state == CHILD_ENDED) {
        for (struct loop_child **at = &loop->ended; *at; at = &(*at)->next)
            if (*at == child) {
                *at = child->next;
                break;
            }
    }
    mem_free(child);
    return NULL;
}

void loop_children_done(struct loop *loop) {
    struct loop_child *child;
    struct loop_child *next;
    HASH_ITER(hh, loop->children, child, next) {
        HASH_DELETE(hh, loop->children, child);
        mem_free(child);
    }
    while (loop->ended) {
        child = loop->ended;
        loop->ended = child->next;
        mem_free(child);
    }
}
