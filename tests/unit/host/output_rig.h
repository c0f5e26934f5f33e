/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Outputs, far ends that hold what they read against a pattern, and descriptors that are full. */
#ifndef TESTS_UNIT_HOST_OUTPUT_RIG_H
#define TESTS_UNIT_HOST_OUTPUT_RIG_H

#include "media.h"

#include "host/output.h"

static uint8_t bytes[1 << 20];

static inline int output_enter(void **state) {
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = media_byte(i);
    return rig_enter(state);
}

static inline struct host_file *stream(struct rig *rig, int fd) {
    struct host_file *file = NULL;
    assert_host(host_stream_new(rig->host, fd, HOST_WRITE, &file), 0);
    return file;
}

/* An output over a descriptor, which goes with it. */
static inline void open_output(struct rig *rig, int fd, struct host_output *ret) {
    struct host_file *file = stream(rig, fd);
    host_output_init(ret, file, HOST_OUTPUT_STREAM, 0);
    host_file_unref(file);
}

/* The far end is rig->fds[0], read without blocking. */
static inline int make_output(struct rig *rig, enum medium medium) {
    int near;
    media_make(medium, true, &near, &rig->fds[0]);
    fcntl(rig->fds[0], F_SETFL, O_NONBLOCK);
    return near;
}

/* What the far end has read so far, held against the pattern. */
static size_t taken;

static inline bool take_some(int fd, size_t most) {
    static uint8_t got[1 << 16];
    ssize_t n = read(fd, got, most < sizeof(got) ? most : sizeof(got));
    if (n <= 0)
        return false;
    for (size_t i = 0; i < (size_t)n; i++)
        if (got[i] != media_byte((taken + i) % sizeof(bytes)))
            fail_msg("byte %zu is wrong", taken + i);
    taken += (size_t)n;
    return true;
}

static inline void later_take_all(struct rig *rig) {
    while (take_some(rig->fds[0], SIZE_MAX))
        ;
    rig_later(rig, 2, later_take_all);
}
static inline void later_close(struct rig *rig) {
    rig->fds[0] = fd_close(rig->fds[0]);
}

static inline int wait_until_ready(struct host_output *output) {
    for (;;) {
        host_wait_begin(output->file->host);
        if (host_output_ready(output))
            return 0;
        int r = host_wait(output->file->host, HOST_NO_DEADLINE);
        if (r)
            return r;
    }
}

/*
 * Get a permit, then stuff the descriptor behind the stream's back, so that the system keeps its word to
 * nobody; and write the permit.  Something of it is kept then, or it waited for.
 */
static inline int stuff_and_write(struct host_output *output, size_t *at, size_t length) {
    uint64_t room = 0;
    int fd = output->file->fd, flags = fcntl(fd, F_GETFL);
    bool socket = output->file->type == HOST_TYPE_SOCKET_STREAM;
    int r = host_output_room(output, &room);
    assert_host(r, 0);
    assert_true(room > 0);
    fcntl(fd, F_SETFL, flags | O_NONBLOCK);
    for (;;) {
        size_t from = *at % sizeof(bytes), most = socket ? 30000 : 1000;
        ssize_t n = write(fd, bytes + from, most < sizeof(bytes) - from ? most : sizeof(bytes) - from);
        if (n <= 0)
            break;
        *at += (size_t)n;
    }
    fcntl(fd, F_SETFL, flags);
    size_t from = *at % sizeof(bytes), most = length < room ? length : (size_t)room;
    most = most < sizeof(bytes) - from ? most : sizeof(bytes) - from;
    r = host_output_write(output, bytes + from, most);
    if (r == 0)
        *at += most;
    return r;
}

#endif
