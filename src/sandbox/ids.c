/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Giving up the user, the groups and every capability, and making sure that they are gone.
 * One step of sandbox.h, for a process with one thread: the system calls hold for the calling thread, and the
 * C library's way of telling other threads is not used.
 */
#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/steps.h"

#define CAPABILITIES_MAX 64 /* numbers a capability set has room for */

typedef struct __user_cap_data_struct capability_sets[_LINUX_CAPABILITY_U32S_3];

static int capabilities(long call, capability_sets sets) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    return (int)syscall(call, &header, sets);
}

static bool any_capability(const capability_sets sets) {
    for (unsigned i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
        if (sets[i].effective || sets[i].permitted || sets[i].inheritable)
            return true;
    return false;
}

/* The system calls themselves, for the one thread there is: the C library would interrupt every thread it
   knows of, and a sanitizer's own thread does not survive that. */
static long set_groups(size_t count, const gid_t *groups) {
    return syscall(SYS_setgroups, count, groups);
}

static long set_user(uid_t real, uid_t effective, uid_t saved) {
    return syscall(SYS_setresuid, real, effective, saved);
}

static long set_group(gid_t real, gid_t effective, gid_t saved) {
    return syscall(SYS_setresgid, real, effective, saved);
}

/* What could come back by exec.  Needs CAP_SETPCAP; without it no-new-privs, which follows, says the same. */
static void empty_bounding_set(void) {
    for (unsigned long capability = 0; capability < CAPABILITIES_MAX; capability++)
        if (prctl(PR_CAPBSET_READ, capability, 0, 0, 0) < 0 ||
            prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0)
            break;
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
}

static int empty_sets(arcella_error **reterr) {
    capability_sets sets = {0};
    if (capabilities(SYS_capset, sets) < 0)
        return error_set_errno(reterr, errno, "sandbox: cannot give up capabilities");
    capability_sets left = {0};
    if (capabilities(SYS_capget, left) < 0)
        return error_set_errno(reterr, errno, "sandbox: cannot read capabilities");
    if (any_capability(left))
        return error_set(reterr, ARCELLA_E_SYSTEM,
                         "sandbox: capabilities are still there after giving them up");
    return 0;
}

static int change_user(const struct sandbox_ids *ids, arcella_error **reterr) {
    if (ids->uid == 0 || ids->gid == 0)
        return error_set(reterr, ARCELLA_E_INVALID, "sandbox: a worker does not become root");
    /* In a user namespace without setgroups there may be no groups to give up. */
    if (set_groups(0, NULL) < 0 && getgroups(0, NULL) != 0)
        return error_set_errno(reterr, errno, "sandbox: cannot give up supplementary groups");
    if (set_group(ids->gid, ids->gid, ids->gid) < 0)
        return error_set_errno(reterr, errno, "sandbox: cannot become group %u", (unsigned)ids->gid);
    if (set_user(ids->uid, ids->uid, ids->uid) < 0)
        return error_set_errno(reterr, errno, "sandbox: cannot become user %u", (unsigned)ids->uid);
    return 0;
}

static int verify_user(const struct sandbox_ids *ids, arcella_error **reterr) {
    uid_t u[3];
    gid_t g[3];
    if (getresuid(&u[0], &u[1], &u[2]) < 0 || getresgid(&g[0], &g[1], &g[2]) < 0)
        return error_set_errno(reterr, errno, "sandbox: cannot read user and group");
    for (unsigned i = 0; i < 3; i++)
        if (u[i] != ids->uid || g[i] != ids->gid)
            return error_set(reterr, ARCELLA_E_SYSTEM, "sandbox: user or group did not change");
    if (set_user((uid_t)-1, 0, (uid_t)-1) == 0 || set_group((gid_t)-1, 0, (gid_t)-1) == 0)
        return error_set(reterr, ARCELLA_E_SYSTEM, "sandbox: the way back to root is open");
    return 0;
}

int sandbox_ids(const struct sandbox_ids *ids, arcella_error **reterr) {
    int r = sandbox_require_one_thread("changing user", reterr);
    if (r < 0 || (!ids->change && !ids->drop_capabilities))
        return r;
    empty_bounding_set();
    if (ids->change)
        r = change_user(ids, reterr);
    if (r == 0)
        r = empty_sets(reterr);
    if (r == 0 && ids->change)
        r = verify_user(ids, reterr);
    return r;
}
