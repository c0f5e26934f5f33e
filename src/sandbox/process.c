/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What a process gives up by itself before any landlock: descriptors it was not given, resources, new
 * privileges, being looked into, outliving its parent.  Each function is one step of sandbox.h and works on
 * the whole process.
 */
#include <dirent.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include "base/sys.h"
#include "base/text.h"
#include "sandbox/steps.h"

/* ThreadSanitizer keeps a thread of its own. */
#define OWN_THREADS (BUILT_WITH_TSAN ? 2 : 1)

#define FIRST_FD 4 /* 0 and 1 /dev/null, 2 the last words, 3 the channel */

int sandbox_threads(void) {
    /* A directory has two links and one for each directory in it. */
    struct stat found;
    if (stat("/proc/self/task", &found) == 0 && found.st_nlink > 2)
        return (int)(found.st_nlink - 2);
    /* Without /proc: this does nothing for a process of one thread and fails with EINVAL for others. */
    if (unshare(CLONE_THREAD | CLONE_SIGHAND | CLONE_VM) == 0)
        return 1;
    return -1;
}

int sandbox_require_one_thread(const char *step, arcella_error **reterr) {
    int threads = sandbox_threads();
    if (threads > OWN_THREADS)
        return error_set(reterr, ARCELLA_E_STATE, "sandbox: %s comes before threads, and there are %d", step,
                         threads);
    return 0;
}

/* --- descriptors --- */

/* Kernels before 5.9, and containers that refuse what they do not know: ask /proc, or try each number. */
static void close_one_by_one(void) {
    DIR *dir = opendir("/proc/self/fd");
    if (!dir) {
        struct rlimit limit = {.rlim_cur = 1024};
        getrlimit(RLIMIT_NOFILE, &limit);
        for (rlim_t fd = FIRST_FD; fd < limit.rlim_cur && fd < 65536; fd++)
            close((int)fd);
        return;
    }
    const struct dirent *entry;
    while ((entry = readdir(dir))) {
        uint64_t fd;
        if (text_parse_u64(entry->d_name, INT32_MAX, &fd, NULL) == 0 && fd >= FIRST_FD &&
            (int)fd != dirfd(dir))
            close((int)fd);
    }
    closedir(dir);
}

static int refuse_descriptor(int fd, const char *wanted, arcella_error **reterr) {
    return error_set(reterr, ARCELLA_E_INVALID,
                     "descriptor %d is not %s: this program is started by arcella only", fd, wanted);
}

int sandbox_descriptors(struct sandbox_report *report, arcella_error **reterr) {
    int r = sandbox_require_one_thread("closing descriptors", reterr);
    if (r < 0)
        return r;
    struct stat found;
    for (int fd = 0; fd < 2; fd++)
        if (sys_fstat(fd, &found) < 0 || !S_ISCHR(found.st_mode) || found.st_rdev != makedev(1, 3))
            return refuse_descriptor(fd, "/dev/null", reterr);
    if (sys_fstat(2, &found) < 0 || !S_ISFIFO(found.st_mode))
        return refuse_descriptor(2, "a pipe", reterr);
    int type = 0;
    int domain = 0;
    socklen_t size = sizeof(int);
    if (getsockopt(3, SOL_SOCKET, SO_TYPE, &type, &size) < 0 || type != SOCK_STREAM ||
        getsockopt(3, SOL_SOCKET, SO_DOMAIN, &domain, &size) < 0 || domain != AF_UNIX)
        return refuse_descriptor(3, "a stream socket", reterr);
    if (syscall(SYS_close_range, FIRST_FD, ~0u, 0) < 0) {
        report->missing[SANDBOX_FEATURE_CLOSE_RANGE] = true;
        close_one_by_one();
    }
    return 0;
}

/* --- resources --- */

static int limit_to(int resource, const char *name, uint64_t soft, uint64_t hard, arcella_error **reterr) {
    struct rlimit now;
    if (getrlimit((__rlimit_resource_t)resource, &now) < 0)
        return error_set_errno(reterr, errno, "sandbox: cannot read the limit on %s", name);
    /* Never more than we have: raising it takes a capability that is gone. */
    if (now.rlim_max != RLIM_INFINITY && hard > now.rlim_max)
        hard = now.rlim_max;
    if (soft > hard)
        soft = hard;
    struct rlimit wanted = {.rlim_cur = soft, .rlim_max = hard};
    if (setrlimit((__rlimit_resource_t)resource, &wanted) < 0)
        return error_set_errno(reterr, errno, "sandbox: cannot limit %s", name);
    return 0;
}

int sandbox_limits(const struct sandbox_limits *limits, uint64_t *ret_open_files, arcella_error **reterr) {
    int r = sandbox_require_one_thread("limits", reterr);
    if (r == 0)
        r = limit_to(RLIMIT_CORE, "core files", 0, 0, reterr);
    if (r == 0 && limits->open_files)
        r = limit_to(RLIMIT_NOFILE, "descriptors", limits->open_files, limits->open_files, reterr);
    if (r == 0 && limits->cpu_seconds)
        r = limit_to(RLIMIT_CPU, "CPU time", limits->cpu_seconds, limits->cpu_seconds + 1, reterr);
    const bool has_shadow = BUILT_WITH_ASAN || BUILT_WITH_TSAN; // NOLINT(misc-redundant-expression)
    if (r == 0 && limits->data_bytes && !has_shadow)
        r = limit_to(RLIMIT_DATA, "data", limits->data_bytes, limits->data_bytes, reterr);
    if (r == 0 && limits->file_bytes)
        r = limit_to(RLIMIT_FSIZE, "the size of files", limits->file_bytes, limits->file_bytes, reterr);
    if (r < 0)
        return r;
    struct rlimit now;
    if (getrlimit(RLIMIT_NOFILE, &now) < 0)
        return error_set_errno(reterr, errno, "sandbox: cannot read the limit on descriptors");
    if (ret_open_files)
        *ret_open_files = now.rlim_cur;
    return 0;
}

/* --- no way up, no way in, no way to be left over --- */

static bool locked; /* sandbox_lock() has run */

#if BUILT_WITH_ASAN
/*
 * The leak checker asks this before it begins, at exit.  It would stop the process from a thread of its own,
 * by ptrace; a process that has given both up cannot be checked.
 */
int __lsan_is_turned_off(void) __attribute__((visibility("default"), used));
int __lsan_is_turned_off(void) {
    return locked;
}
#endif

static int die_with_parent(int channel, arcella_error **reterr) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
        return error_set_errno(reterr, errno, "sandbox: cannot ask for a signal at the parent's end");
    /* It may have ended before this: then who made the socket is not our parent any more.  (0: made in a
       process namespace that we do not see; then the end of the channel alone tells.) */
    struct ucred made;
    socklen_t size = sizeof(made);
    if (getsockopt(channel, SOL_SOCKET, SO_PEERCRED, &made, &size) < 0)
        return error_set_errno(reterr, errno, "sandbox: cannot tell who made the channel");
    if (made.pid != 0 && made.pid != getppid())
        return error_set(reterr, ARCELLA_E_CLOSED, "the parent process %d is gone", (int)made.pid);
    return 0;
}

int sandbox_lock(int channel, arcella_error **reterr) {
    int r = sandbox_require_one_thread("giving up privileges", reterr);
    if (r < 0)
        return r;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return error_set_errno(reterr, errno, "sandbox: cannot give up new privileges");
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
        return error_set_errno(reterr, errno, "sandbox: cannot forbid looking into the process");
    locked = true;
    return channel >= 0 ? die_with_parent(channel, reterr) : 0;
}
