/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Waiting for files and a deadline, by their events.  No state. */
#include "host/poll.h"

#include <sys/ioctl.h>

#include "base/clock.h"
#include "host/inside.h"

/* How long to pause before trying again what the system says is ready and then is not. */
#define PAUSE_MS 5

int host_wait_file_anyway(struct host_file *file, unsigned rights) {
    /* A guest's shutdown entry may run while we wait, and close it. */
    HOST_FILE_AUTO *held = host_file_ref(file);
    /* Nobody can say when: ask again after a pause. */
    int r = file->event.always ? host_park(file->host, PAUSE_MS) : host_wait_event(&file->event, rights);
    (void)held;
    return r;
}

int host_wait_file(struct host_file *file, unsigned rights) {
    return file->flags & HOST_NONBLOCK ? HOST_E_AGAIN : host_wait_file_anyway(file, rights);
}

/* --- many --- */

static bool pollable(const struct host_file *file) {
    return file->kind == HOST_STREAM || file->kind == HOST_LISTENER || file->kind == HOST_SOCKET;
}

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

/* Ask for all without waiting. @return is any ready? */
static bool look(struct host_poll *items, size_t count) {
    bool any = false;
    for (size_t i = 0; i < count; i++) {
        struct host_poll *item = &items[i];
        struct host_event *event = &item->file->event;
        item->ready = host_event_ready(event, item->events);
        item->hangup = event->hangup & item->events;
        item->bytes = item->ready & HOST_READ ? readable_bytes(item->file) : 0;
        any = any || item->ready;
    }
    return any;
}

static int wait_for_any(struct host *host, struct host_poll *items, size_t count, uint64_t deadline_ns) {
    for (;;) {
        host_wait_begin(host);
        if (look(items, count))
            return 0;
        if (deadline_ns != HOST_NO_DEADLINE && deadline_ns <= clock_monotonic_ns())
            return 0;
        int r = host_wait(host, deadline_ns);
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
