/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Starting a process: by posix_spawn, which neither copies our page tables nor runs code of ours between fork
 * and exec.  The process leads a session of its own, so that keys typed at a terminal reach only the parent,
 * and a terminal handed over as a guest's stdin can be read without job control stopping it.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "base/mem.h"
#include "base/sys.h"
#include "workers/inner.h"

#define CHILD_WORDS   2
#define CHILD_CHANNEL 3
#define CHILD_FREE    4 /* the first descriptor that the child does not get */

static int spawn_failed(int errnum, const char *what, arcella_error **reterr) {
    if (errnum == EAGAIN || errnum == EMFILE || errnum == ENFILE)
        return error_set(reterr, ARCELLA_E_LIMIT, "cannot %s: %s", what, error_errno_text(errnum));
    return error_set_errno(reterr, errnum, "cannot %s", what);
}

/* Where our own 0 to 2 are closed, new descriptors land among the numbers that the child's will have. */
static int move_up(int *fd, arcella_error **reterr) {
    if (*fd >= CHILD_FREE)
        return 0;
    int up = fcntl(*fd, F_DUPFD_CLOEXEC, CHILD_FREE);
    if (up < 0)
        return spawn_failed(errno, "make room for descriptors", reterr);
    fd_close(*fd);
    *fd = up;
    return 0;
}

static int make_ends(int words[2], int channel[2], arcella_error **reterr) {
    int pair[2];
    if (fault_hit(FAULT_SYS) || pipe2(pair, O_CLOEXEC) < 0)
        return spawn_failed(errno, "make a pipe", reterr);
    words[0] = pair[0];
    words[1] = pair[1];
    if (sys_socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return spawn_failed(errno, "make a channel", reterr);
    channel[0] = pair[0];
    channel[1] = pair[1];
    int r = fd_nonblocking(words[0], reterr);
    if (r == 0)
        r = move_up(&words[1], reterr);
    if (r == 0)
        r = move_up(&channel[1], reterr);
    return r;
}

static int set_actions(posix_spawn_file_actions_t *actions, const char *directory, int words, int channel) {
    int r = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);
    if (!r)
        r = posix_spawn_file_actions_addopen(actions, 1, "/dev/null", O_WRONLY, 0);
    if (!r)
        r = posix_spawn_file_actions_adddup2(actions, words, CHILD_WORDS);
    if (!r)
        r = posix_spawn_file_actions_adddup2(actions, channel, CHILD_CHANNEL);
    if (!r)
        r = posix_spawn_file_actions_addclosefrom_np(actions, CHILD_FREE);
    if (!r)
        r = posix_spawn_file_actions_addchdir_np(actions, directory);
    return r;
}

static int set_attributes(posix_spawnattr_t *attributes) {
    sigset_t all;
    sigset_t none;
    sigfillset(&all);
    sigemptyset(&none);
    int r = posix_spawnattr_setsigdefault(attributes, &all);
    if (!r)
        r = posix_spawnattr_setsigmask(attributes, &none);
    if (!r)
        r = posix_spawnattr_setflags(attributes,
                                     POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID);
    return r;
}

/* The environment: nothing of ours (it may hold secrets, and switches of the C library), except in test
 * builds. */
struct environment {
    char *entries[4]; /* owned; NULL at the end */
    size_t count;
};

static void add_entry(struct environment *environment, char *entry) {
    if (entry && environment->count < ARRAY_LENGTH(environment->entries) - 1)
        environment->entries[environment->count++] = entry;
}

static void make_environment(struct environment *environment) {
    const char *sanitizer = BUILT_WITH_ASAN ? getenv("ASAN_OPTIONS") : NULL;
    if (sanitizer)
        add_entry(environment, mem_format("ASAN_OPTIONS=%s", sanitizer));
#ifdef ARCELLA_FAULTS
    const char *fault = getenv("ARCELLA_WORKER_FAULT");
    if (fault)
        add_entry(environment, mem_format("ARCELLA_FAULT=%s", fault));
#endif
    const char *encoding = getenv("ARCELLA_IPC");
    if (encoding)
        add_entry(environment, mem_format("ARCELLA_IPC=%s", encoding));
}

static void environment_done(struct environment *environment) {
    for (size_t i = 0; i < environment->count; i++)
        mem_free(environment->entries[i]);
}

static int run(const struct spawn_request *request, const posix_spawn_file_actions_t *actions,
               const posix_spawnattr_t *attributes, pid_t *ret_pid) {
    char *arguments[] = {(char *)"arcella-worker", (char *)"--role",       (char *)request->role,
                         (char *)"--group",        (char *)request->group, NULL};
    if (!*request->group)
        arguments[3] = NULL;
    CLEANUP(environment_done) struct environment environment = {.count = 0};
    make_environment(&environment);
    if (fault_hit(FAULT_SYS))
        return errno;
    return posix_spawn(ret_pid, request->program, actions, attributes, arguments, environment.entries);
}

int spawn_process(const struct spawn_request *request, struct spawned *ret, arcella_error **reterr) {
    FD_AUTO words_read = -1;
    FD_AUTO words_write = -1;
    FD_AUTO channel_ours = -1;
    FD_AUTO channel_theirs = -1;
    int words[2] = {-1, -1};
    int channel[2] = {-1, -1};
    int r = make_ends(words, channel, reterr);
    words_read = words[0];
    words_write = words[1];
    channel_ours = channel[0];
    channel_theirs = channel[1];
    if (r < 0)
        return r;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    if (posix_spawn_file_actions_init(&actions))
        return error_nomem(reterr);
    int errnum = posix_spawnattr_init(&attributes);
    pid_t pid = 0;
    if (!errnum) {
        errnum = set_actions(&actions, request->directory, words_write, channel_theirs);
        if (!errnum)
            errnum = set_attributes(&attributes);
        if (!errnum)
            errnum = run(request, &actions, &attributes, &pid);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    if (errnum)
        return error_wrap(reterr, spawn_failed(errnum, "start a process", reterr), "'%s'", request->program);
    *ret = (struct spawned){pid, TAKE_FD(channel_ours), TAKE_FD(words_read)};
    return 0;
}
