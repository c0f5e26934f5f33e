/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* A loop and a socketpair for tests of connections, and a count of open descriptors. */
#ifndef TESTS_UNIT_WIRE_RIG_H
#define TESTS_UNIT_WIRE_RIG_H

#include <dirent.h>

#include "torture.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/sys.h"

/* Descriptors this process has open. */
static inline size_t count_open_fds(void) {
    DIR *dir = opendir("/proc/self/fd");
    assert_non_null(dir);
    size_t count = 0;
    while (readdir(dir))
        count++;
    closedir(dir);
    return count - 3; /* ".", ".." and the folder itself */
}

struct rig {
    struct loop *loop;
    int fds[2];
    size_t open_before;
};

static inline void rig_start(struct rig *rig) {
    /* libuv keeps a pipe for signals from the first loop of a process on. */
    struct loop *first;
    assert_int_equal(loop_new(&first, NULL), 0);
    loop_free(first);
    rig->open_before = count_open_fds();
    assert_int_equal(loop_new(&rig->loop, NULL), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, rig->fds), 0);
}

/* Close what is left and see that no descriptor is. */
static inline void rig_end(struct rig *rig) {
    for (unsigned i = 0; i < 2; i++)
        rig->fds[i] = fd_close(rig->fds[i]);
    rig->loop = loop_free(rig->loop);
    assert_int_equal(count_open_fds(), rig->open_before);
}

/* Run the loop until *done, for ten seconds at most. */
static inline void rig_run_until(struct rig *rig, const bool *done) {
    uint64_t end = clock_monotonic_ms() + 10000;
    while (!*done) {
        if (clock_monotonic_ms() > end)
            fail_msg("what was awaited did not come");
        if (!loop_run_ready(rig->loop) && !*done)
            fail_msg("the loop has nothing to wait for");
    }
}

/* Let the loop do what it can without waiting. */
static inline void rig_settle(struct rig *rig) {
    for (unsigned i = 0; i < 20; i++)
        loop_run_ready(rig->loop);
}

#endif
