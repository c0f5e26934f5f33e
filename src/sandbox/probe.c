/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What this kernel, and the container around us, can do: a child takes the steps and says what was missing.
 *
 * Asking the kernel for its version is not enough, because a container's filter may refuse the calls.  The
 * child of a process that may have threads uses nothing but system calls, and writes one struct into a pipe.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "base/sys.h"
#include "sandbox/steps.h"

static bool try_seccomp(void) {
    struct sock_filter allow_all = {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW};
    struct sock_fprog program = {.len = 1, .filter = &allow_all};
    uint32_t action = SECCOMP_RET_TRAP;
    return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0 &&
           syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) == 0;
}

static NORETURN void try_in_child(int answer) {
    struct sandbox_report report = {0};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    report.missing[SANDBOX_FEATURE_CLOSE_RANGE] = syscall(SYS_close_range, ~0u, ~0u, 0) < 0;
    if (sandbox_paths(-1, NULL, 0, NULL, &report, NULL) < 0)
        sandbox_note_landlock(&report, 0);
    report.missing[SANDBOX_FEATURE_SECCOMP] = !try_seccomp();
    ssize_t put = write(answer, &report, sizeof(report));
    _exit(put == (ssize_t)sizeof(report) ? 0 : 1);
}

static int read_answer(int from, struct sandbox_report *ret, arcella_error **reterr) {
    struct sandbox_report report = {0};
    size_t have = 0;
    while (have < sizeof(report)) {
        ssize_t got = sys_read(from, (char *)&report + have, sizeof(report) - have);
        if (got < 0)
            return error_set_errno(reterr, errno, "cannot read what the sandbox can do");
        if (got == 0)
            return error_set(reterr, ARCELLA_E_SYSTEM, "the process that tried the sandbox died");
        have += (size_t)got;
    }
    *ret = report;
    return 0;
}

int sandbox_probe(struct sandbox_report *ret, arcella_error **reterr) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return error_set_errno(reterr, errno, "cannot make a pipe");
    FD_AUTO from = ends[0];
    FD_AUTO to = ends[1];
    pid_t pid = fork();
    if (pid < 0)
        return error_set_errno(reterr, errno, "cannot fork to try the sandbox");
    if (pid == 0)
        try_in_child(to);
    fd_close(TAKE_FD(to));
    int r = read_answer(from, ret, reterr);
    /* Somebody who reaps every child may have been quicker; the answer is what counts. */
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    return r;
}
