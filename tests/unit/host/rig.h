/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A host without an engine: the "run" is the test itself, and waiting turns the loop until somebody wakes it
 * or until stop_after_ms of the rig ends the run.  Every rig checks at its end that no descriptor, budget or
 * object is left.
 */
#ifndef TESTS_UNIT_HOST_RIG_H
#define TESTS_UNIT_HOST_RIG_H

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>

#include "base/fd.h"
#include "host/dir.h"
#include "host/host.h"
#include "host/poll.h"
#include "host/stream.h"

struct rig {
    struct loop *loop;
    struct grant_set grants;
    struct memory_budget budget;
    struct host *host;
    struct loop_timer *timer; /* something a test wants to happen while it waits */
    void (*later)(struct rig *rig);
    bool woken;
    bool stop;
    int descriptors; /* before */
    /* what the hooks saw */
    unsigned audits;
    uint64_t told, lost; /* sums of their counts */
    struct host_audit audit;
    char resource[LIMIT_PATH_BYTES];
    char needed[LIMIT_PATH_BYTES];
    unsigned notices;
    char notice[512];
    unsigned lines;
    unsigned stream;
    char line[LIMIT_LOG_LINE_BYTES + 1];
    size_t line_length;
    bool line_cut;
    uint64_t dropped;
    int fds[2];                                                   /* a test's own */
    int (*lookup)(void *user, uint64_t number, struct text name); /* NULL: nobody can be asked */
};

static inline int rig_descriptors(void) {
    DIR *dir = opendir("/proc/self/fd");
    int count = 0;
    while (dir && readdir(dir))
        count++;
    closedir(dir);
    return count;
}

static int rig_wait(void *user) {
    struct rig *rig = user;
    while (!rig->woken && !rig->stop)
        loop_run_once(rig->loop);
    rig->woken = false;
    return rig->stop;
}

static void rig_wake(void *user) {
    ((struct rig *)user)->woken = true;
}

static void rig_on_output(void *user, unsigned stream, const char *bytes, size_t length, bool cut,
                          uint64_t dropped) {
    struct rig *rig = user;
    assert_true(length <= LIMIT_LOG_LINE_BYTES);
    rig->stream = stream;
    rig->dropped += dropped;
    if (!bytes)
        return;
    rig->lines++;
    memcpy(rig->line, bytes, length);
    rig->line[length] = '\0';
    rig->line_length = length;
    rig->line_cut = cut;
}

static void rig_on_audit(void *user, const struct host_audit *line) {
    struct rig *rig = user;
    rig->audits++;
    rig->told += line->count;
    rig->lost += line->suppressed;
    rig->audit = *line;
    snprintf(rig->resource, sizeof(rig->resource), "%s", line->resource);
    snprintf(rig->needed, sizeof(rig->needed), "%s", line->grant);
}

static void rig_on_notice(void *user, const char *sentence) {
    struct rig *rig = user;
    rig->notices++;
    snprintf(rig->notice, sizeof(rig->notice), "%s", sentence);
}

static int rig_on_lookup(void *user, uint64_t number, struct text name) {
    struct rig *rig = user;
    return rig->lookup ? rig->lookup(user, number, name) : HOST_E_AGAIN;
}

static uint64_t rig_cpu_ns(void *user) {
    (void)user;
    return 4711;
}

static void rig_on_timer(struct loop_timer *timer, void *user) {
    struct rig *rig = user;
    (void)timer;
    rig->later(rig);
}

/* Let something happen while the test waits. */
static inline void rig_later(struct rig *rig, uint64_t delay_ms, void (*fn)(struct rig *rig)) {
    rig->later = fn;
    loop_timer_start(rig->timer, delay_ms, 0);
}

static inline void rig_stop(struct rig *rig) {
    rig->stop = true;
}

static inline void rig_init(struct rig *rig, uint32_t open_files) {
    memset(rig, 0, sizeof(*rig));
    signal(SIGPIPE, SIG_IGN);
    rig->descriptors = rig_descriptors();
    rig->fds[0] = rig->fds[1] = -1;
    rig->budget.limit_bytes = LIMIT_HOST_BYTES;
    assert_int_equal(loop_new(&rig->loop, NULL), 0);
    assert_int_equal(loop_timer_new(rig->loop, rig_on_timer, rig, &rig->timer, NULL), 0);
    struct host_config config = {.loop = rig->loop,
                                 .grants = &rig->grants,
                                 .budget = &rig->budget,
                                 .open_files = open_files,
                                 .hooks = {.wait = rig_wait,
                                           .wake = rig_wake,
                                           .run = rig,
                                           .output = rig_on_output,
                                           .audit = rig_on_audit,
                                           .notice = rig_on_notice,
                                           .cpu_ns = rig_cpu_ns,
                                           .lookup = rig_on_lookup,
                                           .user = rig}};
    assert_int_equal(host_new(&config, &rig->host, NULL), 0);
}

static inline void rig_done(struct rig *rig) {
    assert_int_equal(host_figures(rig->host).files_open, 0);
    rig->host = host_free(rig->host);
    assert_int_equal(rig->budget.used_bytes, 0);
    rig->timer = loop_timer_free(rig->timer);
    fd_close(rig->fds[0]);
    fd_close(rig->fds[1]);
    /* What a cancelled job of the pool still holds is let go of when it ends; give it its turns. */
    for (int i = 0; i < 200 && rig_descriptors() > rig->descriptors + 20; i++)
        loop_run_ready(rig->loop);
    while (loop_run_ready(rig->loop))
        ;
    rig->loop = loop_free(rig->loop);
    grant_set_done(&rig->grants);
    assert_int_equal(rig_descriptors(), rig->descriptors);
}

/* A row that lets a directory be granted; the host side of it is only a name here. */
static inline void rig_allow(struct rig *rig, const char *guest_path, bool writable) {
    char pattern[LIMIT_PATH_BYTES + 16];
    snprintf(pattern, sizeof(pattern), "/host%s::%s", guest_path, guest_path);
    assert_int_equal(grant_add(&rig->grants, GRANT_FS, GRANT_READ | (writable ? (unsigned)GRANT_WRITE : 0u),
                               pattern, GRANT_ALLOW, GRANT_BY_OPTION, NULL),
                     0);
}

/* Grant a directory of the working folder. */
static inline struct host_file *rig_grant(struct rig *rig, const char *name, const char *guest_path,
                                          bool writable) {
    rig_allow(rig, guest_path, writable);
    FD_AUTO fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(fd >= 0);
    struct host_file *dir = NULL;
    assert_int_equal(host_dir_grant(rig->host, fd, guest_path, writable, &dir), 0);
    return dir;
}

/* An answer of the host as text in failures. */
#define assert_host(expression, expected)                                                                    \
    do {                                                                                                     \
        int got_ = (expression);                                                                             \
        if (got_ != (expected))                                                                              \
            fail_msg("%s: %s, not %s", #expression, host_error_words(got_), host_error_words(expected));     \
    } while (0)

/* --- a folder of its own --- */

static char rig_folder[PATH_MAX];

static inline int rig_enter(void **state) {
    (void)state;
    const char *base = getenv("TMPDIR");
    umask(022);
    /* The first loop of a process opens what stays open for good. */
    struct loop *first = NULL;
    if (loop_new(&first, NULL) < 0)
        return -1;
    loop_free(first);
    snprintf(rig_folder, sizeof(rig_folder), "%s/arcella-host-XXXXXX", base ? base : "/tmp");
    return mkdtemp(rig_folder) && chdir(rig_folder) == 0 ? 0 : -1;
}

static inline int rig_leave(void **state) {
    (void)state;
    return chdir("/") == 0 ? dir_remove_tree(AT_FDCWD, rig_folder, NULL) : -1;
}

static inline void rig_write(const char *path, const char *text) {
    FD_AUTO fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

#endif
