/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * System calls that fail in interesting ways, behind one shim: with ARCELLA_FAULTS the Nth fails
 * (base/fault.h), otherwise these are the calls themselves.  Same arguments, results and errno; EINTR is
 * retried where POSIX lets the call be repeated.
 */
#ifndef BASE_SYS_H
#define BASE_SYS_H

#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/fault.h"

#define SYS_CALL_(call) (fault_hit(FAULT_SYS) ? -1 : (call))
#define SYS_RETRY_(type, call)                                                                               \
    __extension__({                                                                                          \
        type sys_r_;                                                                                         \
        do                                                                                                   \
            sys_r_ = SYS_CALL_(call);                                                                        \
        while (sys_r_ < 0 && errno == EINTR);                                                                \
        sys_r_;                                                                                              \
    })

#include <errno.h>

static inline int sys_openat(int dirfd, const char *path, int flags, mode_t mode) {
    return SYS_RETRY_(int, openat(dirfd, path, flags | O_CLOEXEC, mode));
}
static inline ssize_t sys_read(int fd, void *to, size_t count) {
    return SYS_RETRY_(ssize_t, read(fd, to, count));
}
static inline ssize_t sys_pread(int fd, void *to, size_t count, off_t offset) {
    return SYS_RETRY_(ssize_t, pread(fd, to, count, offset));
}
static inline ssize_t sys_write(int fd, const void *from, size_t count) {
    return SYS_RETRY_(ssize_t, write(fd, from, count));
}
static inline int sys_fsync(int fd) {
    return SYS_RETRY_(int, fsync(fd));
}
static inline int sys_ftruncate(int fd, off_t size) {
    return SYS_RETRY_(int, ftruncate(fd, size));
}
static inline int sys_renameat(int fromdir, const char *from, int todir, const char *to) {
    return SYS_CALL_(renameat(fromdir, from, todir, to));
}
static inline int sys_linkat(int fromdir, const char *from, int todir, const char *to, int flags) {
    return SYS_CALL_(linkat(fromdir, from, todir, to, flags));
}
static inline int sys_unlinkat(int dirfd, const char *path, int flags) {
    return SYS_CALL_(unlinkat(dirfd, path, flags));
}
static inline int sys_mkdirat(int dirfd, const char *path, mode_t mode) {
    return SYS_CALL_(mkdirat(dirfd, path, mode));
}
static inline int sys_fstat(int fd, struct stat *to) {
    return SYS_CALL_(fstat(fd, to));
}
static inline int sys_socketpair(int domain, int type, int protocol, int fds[2]) {
    return SYS_CALL_(socketpair(domain, type, protocol, fds));
}
static inline ssize_t sys_sendmsg(int fd, const struct msghdr *message, int flags) {
    return SYS_RETRY_(ssize_t, sendmsg(fd, message, flags));
}
static inline ssize_t sys_recvmsg(int fd, struct msghdr *message, int flags) {
    return SYS_RETRY_(ssize_t, recvmsg(fd, message, flags));
}

#endif
