/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Landlock: which paths, ports, signals are left.  One step of sandbox.h, for a process with one thread.
 *
 * Numbers and structures are those of the kernel's userspace-api/landlock page up to ABI 7, written down here
 * because the headers of a distribution are older than the kernels it runs on.  A right is used only where
 * the running kernel's ABI knows it.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>

#include "base/fd.h"
#include "base/limits.h"
#include "base/sys.h"
#include "sandbox/steps.h"

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule       445
#define SYS_landlock_restrict_self  446
#endif

#define CREATE_RULESET_VERSION 1u
#define RULE_PATH_BENEATH      1
#define RULE_NET_PORT          2

/* Rights to paths: name, bit, the first ABI that knows it. */
#define FS_MAP(XX)                                                                                           \
    XX(EXECUTE, 0, 1)                                                                                        \
    XX(WRITE_FILE, 1, 1)                                                                                     \
    XX(READ_FILE, 2, 1)                                                                                      \
    XX(READ_DIR, 3, 1)                                                                                       \
    XX(REMOVE_DIR, 4, 1)                                                                                     \
    XX(REMOVE_FILE, 5, 1)                                                                                    \
    XX(MAKE_CHAR, 6, 1)                                                                                      \
    XX(MAKE_DIR, 7, 1)                                                                                       \
    XX(MAKE_REG, 8, 1)                                                                                       \
    XX(MAKE_SOCK, 9, 1)                                                                                      \
    XX(MAKE_FIFO, 10, 1)                                                                                     \
    XX(MAKE_BLOCK, 11, 1)                                                                                    \
    XX(MAKE_SYM, 12, 1)                                                                                      \
    XX(REFER, 13, 2)                                                                                         \
    XX(TRUNCATE, 14, 3)                                                                                      \
    XX(IOCTL_DEV, 15, 5)

enum {
#define XX(name, bit, abi) FS_##name = 1 << (bit),
    FS_MAP(XX)
#undef XX
};

#define NET_BIND_TCP               (1u << 0) /* ABI 4 */
#define NET_CONNECT_TCP            (1u << 1)
#define SCOPE_ABSTRACT_UNIX_SOCKET (1u << 0) /* ABI 6 */
#define SCOPE_SIGNAL               (1u << 1)

#define READ_RIGHTS (FS_READ_FILE | FS_READ_DIR)
#define WRITE_RIGHTS                                                                                         \
    (READ_RIGHTS | FS_WRITE_FILE | FS_REMOVE_DIR | FS_REMOVE_FILE | FS_MAKE_DIR | FS_MAKE_REG |              \
     FS_MAKE_SYM | FS_REFER | FS_TRUNCATE)

struct ruleset_attr {
    uint64_t handled_access_fs;
    uint64_t handled_access_net; /* ABI 4 */
    uint64_t scoped;             /* ABI 6 */
};

struct path_beneath_attr {
    uint64_t allowed_access;
    int32_t parent_fd;
} __attribute__((packed));

struct net_port_attr {
    uint64_t allowed_access;
    uint64_t port;
};

static uint64_t rights_of(int abi) {
    uint64_t rights = 0;
#define XX(name, bit, since)                                                                                 \
    if (abi >= (since))                                                                                      \
        rights |= FS_##name;
    FS_MAP(XX)
#undef XX
    return rights;
}

int sandbox_landlock_abi(void) {
    /* ENOSYS: built without; EOPNOTSUPP: not switched on at boot; EPERM: a container's own filter. */
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_RULESET_VERSION);
    return abi > 0 ? (int)abi : 0;
}

void sandbox_note_landlock(struct sandbox_report *report, int abi) {
    report->landlock_abi = abi;
    report->missing[SANDBOX_FEATURE_LANDLOCK] = abi < 1;
    report->missing[SANDBOX_FEATURE_LANDLOCK_REFER] = abi < 2;
    report->missing[SANDBOX_FEATURE_LANDLOCK_TRUNCATE] = abi < 3;
    report->missing[SANDBOX_FEATURE_LANDLOCK_NET] = abi < 4;
    report->missing[SANDBOX_FEATURE_LANDLOCK_IOCTL] = abi < 5;
    report->missing[SANDBOX_FEATURE_LANDLOCK_SCOPE] = abi < 6;
}

bool sandbox_has_openat2(void) {
    struct open_how how = {.flags = O_PATH | O_CLOEXEC | O_DIRECTORY, .resolve = RESOLVE_BENEATH};
    FD_AUTO fd = (int)syscall(SYS_openat2, AT_FDCWD, ".", &how, sizeof(how));
    /* A working directory that cannot be opened says nothing about the call. */
    return fd >= 0 || (errno != ENOSYS && errno != EPERM);
}

/* --- ports --- */

static uint64_t net_rights(const struct sandbox_port *port) {
    return (port->bind ? NET_BIND_TCP : 0u) | (port->connect ? NET_CONNECT_TCP : 0u);
}

/* What is restricted: all but what a row leaves free. */
static uint64_t restricted(int abi, const struct sandbox_net *net) {
    uint64_t rights = abi >= 4 ? NET_BIND_TCP | NET_CONNECT_TCP : 0;
    for (size_t i = 0; net && i < net->count; i++)
        if (net->ports[i].low == 0 && net->ports[i].high == UINT16_MAX)
            rights &= ~net_rights(&net->ports[i]);
    return rights;
}

static int add_ports(int rules, const struct sandbox_net *net, uint64_t rights, arcella_error **reterr) {
    size_t count = 0;
    for (size_t i = 0; i < net->count; i++) {
        const struct sandbox_port *row = &net->ports[i];
        struct net_port_attr rule = {.allowed_access = net_rights(row) & rights};
        for (uint32_t port = row->low; rule.allowed_access && port <= row->high; port++) {
            if (count++ == 2 * LIMIT_SANDBOX_PORTS)
                return error_set(reterr, ARCELLA_E_INVALID, "sandbox: more than %d ports",
                                 2 * LIMIT_SANDBOX_PORTS);
            rule.port = port;
            if (syscall(SYS_landlock_add_rule, rules, RULE_NET_PORT, &rule, 0) < 0)
                return error_set_errno(reterr, errno, "sandbox: cannot let port %u through landlock", port);
        }
    }
    return 0;
}

static int make_ruleset(int abi, uint64_t net, int *ret, arcella_error **reterr) {
    struct ruleset_attr attr = {
        .handled_access_fs = rights_of(abi),
        .handled_access_net = net,
        .scoped = abi >= 6 ? SCOPE_ABSTRACT_UNIX_SOCKET | SCOPE_SIGNAL : 0,
    };
    /* Older kernels take no more than they know. */
    size_t size = abi >= 6   ? sizeof(attr)
                  : abi >= 4 ? offsetof(struct ruleset_attr, scoped)
                             : offsetof(struct ruleset_attr, handled_access_net);
    int fd = (int)syscall(SYS_landlock_create_ruleset, &attr, size, 0);
    if (fd < 0)
        return error_set_errno(reterr, errno, "sandbox: cannot make landlock rules");
    *ret = fd;
    return 0;
}

static int add_rule(int rules, int dir, uint64_t rights, bool or_file, arcella_error **reterr) {
    struct stat found;
    if (sys_fstat(dir, &found) < 0)
        return error_set_errno(reterr, errno, "sandbox: cannot look at descriptor %d", dir);
    if (!S_ISDIR(found.st_mode) && !(or_file && S_ISREG(found.st_mode)))
        return error_set(reterr, ARCELLA_E_INVALID, "sandbox: descriptor %d is no directory", dir);
    struct path_beneath_attr rule = {.allowed_access = rights, .parent_fd = dir};
    if (syscall(SYS_landlock_add_rule, rules, RULE_PATH_BENEATH, &rule, 0) < 0)
        return error_set_errno(reterr, errno, "sandbox: cannot let a directory through landlock");
    return 0;
}

int sandbox_paths(int code_fd, const struct sandbox_dir *dirs, size_t count, const struct sandbox_net *net,
                  struct sandbox_report *report, arcella_error **reterr) {
    int r = sandbox_require_one_thread("landlock", reterr);
    if (r < 0)
        return r;
    report->missing[SANDBOX_FEATURE_OPENAT2] = !sandbox_has_openat2();
    int abi = sandbox_landlock_abi();
    sandbox_note_landlock(report, abi);
    if (abi < 1)
        return 0;
    FD_AUTO rules = -1;
    uint64_t known = rights_of(abi), ports = restricted(abi, net);
    r = make_ruleset(abi, ports, &rules, reterr);
    if (r == 0 && net)
        r = add_ports(rules, net, ports, reterr);
    if (r == 0 && code_fd >= 0)
        r = add_rule(rules, code_fd, FS_READ_FILE, true, reterr);
    for (size_t i = 0; r == 0 && i < count; i++)
        r = dirs[i].file ? add_rule(rules, dirs[i].fd, FS_READ_FILE, true, reterr)
                         : add_rule(rules, dirs[i].fd,
                                    known & (dirs[i].writable ? WRITE_RIGHTS : READ_RIGHTS), false, reterr);
    if (r < 0)
        return r;
    if (syscall(SYS_landlock_restrict_self, rules, 0) < 0)
        return error_set_errno(reterr, errno, "sandbox: cannot put landlock rules into force");
    return 0;
}
