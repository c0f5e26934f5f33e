/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Waiting for files and a deadline.  One instance waits for one thing at a time, so what is waited for is
 * written into the files themselves; the watches of the loop stay with their files, asleep, until the next
 * wait.
 */
#include "host/poll.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>

#include "base/clock.h"
#include "base/fd.h"
#include "host/inside.h"

/* Longest single timer: a longer wait looks at the clock in between. */
#define TIMER_MS_MAX (3600ull * 1000)
/* How long to pause before trying again what the system says is ready and then is not. */
#define PAUSE_MS 5

static bool pollable(const struct host_file *file) {
    return file->kind == HOST_STREAM || file->kind == HOST_LISTENER || file->kind == HOST_SOCKET;
}

/* --- watches --- */

static void on_watch(struct loop_watch *watch, unsigned events, void *user) {
    (void)events;
    struct host_file *file = user;
    /* Level-triggered: asleep until somebody waits again. */
    loop_watch_set(watch, 0);
    host_fire(file->host);
}

static uint32_t epoll_events(unsigned rights) {
    return (rights & HOST_READ ? EPOLLIN | EPOLLRDHUP : 0u) | (rights & HOST_WRITE ? (uint32_t)EPOLLOUT : 0u);
}

/*
 * The loop puts what it watches into non-blocking mode, and the mode belongs to the description, which an
 * inherited terminal shares with the shell.  So the loop watches an epoll instance that watches the terminal.
 */
static int make_epoll(struct host_file *file) {
    FD_AUTO fd = epoll_create1(EPOLL_CLOEXEC);
    if (fd < 0)
        return host_errno();
    struct epoll_event event = {.events = 0};
    if (epoll_ctl(fd, EPOLL_CTL_ADD, file->fd, &event) < 0)
        return host_errno();
    file->epoll = TAKE_FD(fd);
    return 0;
}

bool host_can_watch(struct host_file *file) {
    return file->epoll >= 0 || make_epoll(file) != HOST_E_PERM;
}

static int watch(struct host_file *file, unsigned rights) {
    if (!file->watch) {
        int r = file->nonblocking || file->epoll >= 0 ? 0 : make_epoll(file);
        if (r)
            return r;
        int fd = file->epoll >= 0 ? file->epoll : file->fd;
        r = loop_watch_new(file->host->loop, fd, on_watch, file, &file->watch, NULL);
        if (r < 0)
            return r == ARCELLA_E_NOMEM ? HOST_E_NOMEM : HOST_E_PERM;
    }
    file->wanted |= rights;
    unsigned events = 0;
    if (file->epoll >= 0) {
        struct epoll_event event = {.events = epoll_events(file->wanted)};
        if (epoll_ctl(file->epoll, EPOLL_CTL_MOD, file->fd, &event) < 0)
            return host_errno();
        events = LOOP_READ;
    } else {
        events = (file->wanted & HOST_READ ? LOOP_READ | LOOP_HANGUP : 0u) |
                 (file->wanted & HOST_WRITE ? (unsigned)LOOP_WRITE : 0u);
    }
    loop_watch_set(file->watch, events);
    return 0;
}

static void unwatch(struct host_file *file) {
    file->wanted = 0;
    if (file->watch)
        loop_watch_set(file->watch, 0);
}

int host_wait_file(struct host_file *file, unsigned rights) {
    if (file->flags & HOST_NONBLOCK)
        return HOST_E_AGAIN;
    HOST_FILE_AUTO *held = host_file_ref(file);
    int r = watch(file, rights);
    if (r == 0)
        r = host_park(file->host, UINT64_MAX);
    else if (r == HOST_E_PERM) /* the system cannot say when it is ready: ask again after a pause */
        r = host_park(file->host, PAUSE_MS);
    unwatch(file);
    (void)held;
    return r;
}

/* --- many --- */

static uint64_t readable_bytes(const struct host_file *file) {
    if (file->kind == HOST_REGULAR) {
        struct stat st;
        off_t at = lseek(file->fd, 0, SEEK_CUR);
        if (at < 0 || sys_fstat(file->fd, &st) < 0 || st.st_size <= at)
            return 0;
        return (uint64_t)(st.st_size - at);
    }
    int count = 0;
    if (!pollable(file) || ioctl(file->fd, FIONREAD, &count) < 0 || count < 0)
        return 0;
    return (uint64_t)count;
}

/* Is it ready now?  revents as poll(2) gives them. */
static void note(struct host_poll *item, short revents) {
    if (revents & (POLLIN | POLLHUP | POLLERR | POLLNVAL | POLLRDHUP))
        item->ready |= item->events & HOST_READ;
    if (revents & (POLLOUT | POLLHUP | POLLERR | POLLNVAL))
        item->ready |= item->events & HOST_WRITE;
    item->hangup = revents & (POLLHUP | POLLRDHUP | POLLERR);
    if (item->ready & HOST_READ)
        item->bytes = readable_bytes(item->file);
}

/* Ask for all without waiting. @return how many are ready */
static size_t look(struct host_poll *items, size_t count) {
    size_t ready = 0;
    for (size_t from = 0; from < count;) {
        struct pollfd fds[64];
        size_t n = count - from < ARRAY_LENGTH(fds) ? count - from : ARRAY_LENGTH(fds);
        for (size_t i = 0; i < n; i++) {
            const struct host_poll *item = &items[from + i];
            fds[i].fd = pollable(item->file) ? item->file->fd : -1;
            fds[i].revents = 0;
            fds[i].events = (short)((item->events & HOST_READ ? POLLIN | POLLRDHUP : 0) |
                                    (item->events & HOST_WRITE ? POLLOUT : 0));
        }
        /* A failure (no memory in the kernel) leaves revents 0: not ready yet. */
        (void)SYS_RETRY_(int, poll(fds, n, 0));
        for (size_t i = 0; i < n; i++) {
            struct host_poll *item = &items[from + i];
            item->ready = 0;
            item->hangup = false;
            item->bytes = 0;
            note(item, pollable(item->file) ? fds[i].revents : POLLIN | POLLOUT);
            ready += item->ready != 0;
        }
        from += n;
    }
    return ready;
}

/* Register everything, park once, release everything. */
static int park_for(struct host *host, const struct host_poll *items, size_t count, uint64_t delay_ms) {
    int r = 0;
    size_t watched = 0;
    for (; watched < count && r == 0; watched++) {
        r = watch(items[watched].file, items[watched].events);
        if (r == HOST_E_PERM) { /* cannot be watched: look again soon */
            r = 0;
            delay_ms = delay_ms < PAUSE_MS ? delay_ms : PAUSE_MS;
        }
    }
    if (r == 0)
        r = host_park(host, delay_ms);
    for (size_t i = 0; i < watched; i++)
        unwatch(items[i].file);
    return r;
}

static int wait_for_any(struct host *host, struct host_poll *items, size_t count, uint64_t deadline_ns) {
    for (;;) {
        if (look(items, count))
            return 0;
        uint64_t delay_ms = UINT64_MAX;
        if (deadline_ns != HOST_NO_DEADLINE) {
            uint64_t now = clock_monotonic_ns();
            if (deadline_ns <= now)
                return 0;
            delay_ms = (deadline_ns - now - 1) / 1000000 + 1;
            delay_ms = delay_ms < TIMER_MS_MAX ? delay_ms : TIMER_MS_MAX;
        }
        int r = park_for(host, items, count, delay_ms);
        if (r)
            return r;
    }
}

int host_poll(struct host *host, struct host_poll *items, size_t count, uint64_t deadline_ns) {
    if (count > HOST_POLL_MAX)
        return HOST_E_INVAL;
    /* A guest's shutdown entry may run while we wait, and close them. */
    for (size_t i = 0; i < count; i++)
        host_file_ref(items[i].file);
    int r = wait_for_any(host, items, count, deadline_ns);
    for (size_t i = 0; i < count; i++)
        host_file_unref(items[i].file);
    return r;
}
