/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What a process gives up before it does its work.  One call per step, in this order, by the process itself:
 *
 *     sandbox_descriptors()   nothing open but 0, 1 (/dev/null), 2 (pipe), 3 (channel)      before anything
 * else … read setup, enter the code directory, open granted directories (O_PATH) … sandbox_ids() another
 * user, or the same one without any capability sandbox_limits()        rlimits sandbox_lock()          no new
 * privileges, not dumpable, dies with its parent sandbox_paths()         landlock: the only paths that can be
 * opened from here on … start every thread the process will ever have … sandbox_seal()          seccomp for
 * all threads: the only system calls, and no further threads
 *
 * Everything up to sandbox_paths() refuses (ARCELLA_E_STATE) to work in a process that has more than one
 * thread, because ids and landlock hold per thread.  A step that the kernel cannot do is no error: it is
 * noted in the report as missing, and `status` and `doctor` say so.  A step that the kernel can do and that
 * fails is an error, and the process must end.  No step can be undone.
 *
 * What a role may call is one table for all roles (calls.def), from which the filters are made while
 * building.
 */
#ifndef SANDBOX_SANDBOX_H
#define SANDBOX_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

/* Roles: identifier, name.  A gateway role comes with the gateway. */
#define SANDBOX_ROLE_MAP(XX)                                                                                 \
    XX(GUEST, "guest")                                                                                       \
    XX(GUEST_NET, "guest-net") /* a guest's that may make sockets */                                         \
    XX(INTAKE, "intake")                                                                                     \
    XX(COMPILE, "compile")

enum sandbox_role_id {
#define XX(id, name) SANDBOX_##id,
    SANDBOX_ROLE_MAP(XX)
#undef XX
        SANDBOX_ROLES
};

/** Find a role by name ("guest"). @return false where there is none */
bool sandbox_role_find(const char *name, enum sandbox_role_id *ret);
/** Its name; static. */
const char *sandbox_role_name(enum sandbox_role_id id);

/* What a kernel may lack: identifier, name (as in `ready`, status and doctor), what it would be good for. */
#define SANDBOX_FEATURE_MAP(XX)                                                                              \
    XX(LANDLOCK, "landlock", "paths outside the grants cannot be opened")                                    \
    XX(LANDLOCK_REFER, "landlock-refer", "files move and link between granted directories")                  \
    XX(LANDLOCK_TRUNCATE, "landlock-truncate", "files of read-only grants cannot be cut")                    \
    XX(LANDLOCK_NET, "landlock-net", "no TCP port but the granted ones can be bound or connected")           \
    XX(LANDLOCK_IOCTL, "landlock-ioctl", "no control calls on device files")                                 \
    XX(LANDLOCK_SCOPE, "landlock-scope", "no signals and no abstract sockets to other processes")            \
    XX(SECCOMP, "seccomp", "no system calls but the role's own")                                             \
    XX(OPENAT2, "openat2", "paths of guests are resolved beneath their grant in one step")                   \
    XX(CLOSE_RANGE, "close_range", "descriptors are closed in one step")

enum sandbox_feature {
#define XX(id, name, use) SANDBOX_FEATURE_##id,
    SANDBOX_FEATURE_MAP(XX)
#undef XX
        SANDBOX_FEATURES
};

/* What was found missing while the steps ran, or by sandbox_probe(). Zeroed by the owner at first. */
struct sandbox_report {
    bool missing[SANDBOX_FEATURES];
    int landlock_abi; /* 0: no landlock */
};

/** Name of a feature; static. */
const char *sandbox_feature_name(enum sandbox_feature feature);
/** What a feature is good for, as a clause for people; static. */
const char *sandbox_feature_use(enum sandbox_feature feature);
/** Collect the names of what is missing. @return how many were written (≤ SANDBOX_FEATURES) */
size_t sandbox_missing_names(const struct sandbox_report *report, const char *names[SANDBOX_FEATURES]);

/**
 * Find out what this kernel, and the container around us, can do, without changing this process: a child
 * tries.
 *
 * @param ret  out: what is missing
 * @return 0; SYSTEM where the child could not be made or its answer was lost
 * Threads: any thread that may fork.  Blocks: a millisecond.
 */
int sandbox_probe(struct sandbox_report *ret, arcella_error **reterr) MUST_CHECK;

/* --- the steps --- */

/**
 * Step 1: close every descriptor from 4 on, and verify the first four: 0 and 1 are /dev/null, 2 is a pipe
 * (for the last words), 3 is a Unix stream socket.
 *
 * @return 0; INVALID (started by hand or by something else than Arcella: the sentence says which descriptor);
 *         STATE (more than one thread); SYSTEM
 */
int sandbox_descriptors(struct sandbox_report *report, arcella_error **reterr) MUST_CHECK;

/* What step 2 does.  All false: the process keeps its user; a user that has no capabilities loses nothing. */
struct sandbox_ids {
    bool change; /* become uid and gid, without supplementary groups; the process must be privileged */
    uid_t uid;   /* not 0 where change */
    gid_t gid;   /* not 0 where change */
    bool drop_capabilities; /* empty every capability set, bounding set included; implied by change */
};

/**
 * Step 2: user, groups, capabilities.  Afterwards it is verified that there is no way back.
 *
 * @return 0; INVALID (change to root); STATE (threads); DENIED, SYSTEM (not allowed to, or could be undone)
 */
int sandbox_ids(const struct sandbox_ids *ids, arcella_error **reterr) MUST_CHECK;

/* Resource limits, soft and hard.  What is 0 stays as it is; core dumps are always off. */
struct sandbox_limits {
    uint64_t open_files;  /* descriptors; cut to the hard limit in force */
    uint64_t cpu_seconds; /* CPU time of the whole process; then SIGXCPU, a second later SIGKILL */
    uint64_t data_bytes;  /* private writable memory (not address space: a guest memory reserves 4 GiB of it).
                             Not set in sanitizer builds, whose shadow memory counts. */
    uint64_t file_bytes;  /* of any one file that is written, in memory too */
};

/** Step 3: rlimits. @param ret_open_files  out: the limit on descriptors now in force; may be NULL. @return
 * 0; STATE; SYSTEM */
int sandbox_limits(const struct sandbox_limits *limits, uint64_t *ret_open_files, arcella_error **reterr)
    MUST_CHECK;

/**
 * Step 4: no new privileges, not dumpable (no other process of the user may attach), SIGKILL when the parent
 * ends. Comes after the ids, because changing ids clears the last two.
 *
 * @param channel  the socket to the parent: whose process made it must still be our parent.  -1: not asked
 *                 (then no SIGKILL at the parent's end is arranged either)
 * @return 0; CLOSED (the parent is gone already); STATE; SYSTEM
 */
int sandbox_lock(int channel, arcella_error **reterr) MUST_CHECK;

/* A directory that stays reachable. */
struct sandbox_dir {
    int fd;        /* open, O_PATH is enough; borrowed */
    bool writable; /* else files and directories beneath can be read and listed only */
    bool file;     /* it is one file, which may be read */
};

/* TCP ports that stay usable. */
struct sandbox_port {
    uint16_t low; /* 0: to be bound to a free one */
    uint16_t high;
    bool bind;
    bool connect;
};

/* What stays of the network; not of what seccomp refuses (sandbox_seal()). */
struct sandbox_net {
    /* Rows of 0 to 65535 leave what they speak of free; of other ports at most LIMIT_SANDBOX_PORTS of each
     * kind. */
    const struct sandbox_port *ports;
    size_t count;
};

/**
 * Step 5: landlock over everything this kernel's version of it knows: from here on no path can be opened but
 * beneath dirs, and for reading files in the code directory; no TCP socket bound or connected but at the
 * ports of net; no signal to and no abstract socket of a process outside.  Descriptors open already keep
 * their rights.
 *
 * @param code_fd  directory whose files may be read (not listed, not written), or one such file; -1: none
 * @param dirs     granted directories; may be NULL where count is 0
 * @param net      NULL: no TCP at all
 * @param report   out: what the kernel lacks; landlock_abi
 * @return 0, also without landlock; INVALID (a descriptor is no directory, too many ports); STATE (threads);
 *         SYSTEM
 */
int sandbox_paths(int code_fd, const struct sandbox_dir *dirs, size_t count, const struct sandbox_net *net,
                  struct sandbox_report *report, arcella_error **reterr) MUST_CHECK;

/**
 * Step 6, when all threads exist: the seccomp allow list of the role, for all threads at once.
 *
 * A call that is not on the list does nothing and fails with EPERM (ENOSYS where its number has no name
 * here), and, the first time for each number, one line goes to descriptor 2: `sandbox: system call NAME
 * refused`.  Refused without a line are new threads and processes (clone, fork), and calls that libraries try
 * and can do without. SIGSYS is taken for this; nobody else may handle it, and a thread that blocks it is
 * killed by a refusal.  Exec, ptrace, signals to others are on no list; new sockets on that of guest-net
 * only, TCP and UDP over IPv4 and IPv6.  Guests and compilers may map code (PROT_EXEC, never together with
 * PROT_WRITE), intake may not.
 *
 * @return 0, also where the kernel has no seccomp (report says so); SYSTEM
 * Cost: 0.1 ms (the filter is built at build time).
 */
int sandbox_seal(enum sandbox_role_id role, struct sandbox_report *report, arcella_error **reterr) MUST_CHECK;

/** How many system calls have been refused with a line or would have been, since sandbox_seal(). Any thread.
 */
uint64_t sandbox_refused(void);

/** How many threads this process has. @return ≥ 1, or -1 where /proc does not say */
int sandbox_threads(void);

#endif
