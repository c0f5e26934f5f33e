/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Descriptors: closing at the end of a scope, whole reads and writes, atomic files.
 * Everything opened here is close-on-exec from birth.
 */
#ifndef BASE_FD_H
#define BASE_FD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

/** Close; -1 is fine. @return -1, so that `fd = fd_close(fd)` */
int fd_close(int fd);

static inline void fd_close_ptr(int *fd) {
    *fd = fd_close(*fd);
}

#define FD_AUTO CLEANUP(fd_close_ptr) int
/* Move a descriptor out of its variable. */
#define TAKE_FD(fd)                                                                                          \
    __extension__({                                                                                          \
        int take_fd_ = (fd);                                                                                 \
        (fd) = -1;                                                                                           \
        take_fd_;                                                                                            \
    })

/** Read until the end of file, at most limit bytes. @return 0, TOO_LARGE, NOMEM, SYSTEM… */
int fd_read_all(int fd, size_t limit, struct buffer *to, arcella_error **reterr) MUST_CHECK;
/** Write all bytes (blocking descriptors). @return 0 or by errno */
int fd_write_all(int fd, const void *bytes, size_t count, arcella_error **reterr) MUST_CHECK;
/** Copy a whole descriptor to another from its current offset, at most limit bytes. */
int fd_copy_all(int from, int to, uint64_t limit, uint64_t *ret_bytes, arcella_error **reterr) MUST_CHECK;
/** Read a whole regular file (O_NOFOLLOW), at most limit bytes. dirfd may be AT_FDCWD. */
int file_read(int dirfd, const char *path, size_t limit, struct buffer *to, arcella_error **reterr)
    MUST_CHECK;
/**
 * Write a file so that after a crash it is the old one or the new one, whole: temporary beside it, fsync,
 * rename, fsync of the directory.
 */
int file_write_atomic(int dirfd, const char *path, unsigned mode, const void *bytes, size_t count,
                      arcella_error **reterr) MUST_CHECK;
/** fsync a directory given by descriptor. */
int dir_sync(int dirfd, arcella_error **reterr) MUST_CHECK;
/** Make a directory (mode) unless it is there already and is a directory; parents are made too. */
int dir_make(const char *path, unsigned mode, arcella_error **reterr) MUST_CHECK;
/** Remove a tree beneath dirfd without following symbolic links; a name that is not there is fine. */
int dir_remove_tree(int dirfd, const char *name, arcella_error **reterr) MUST_CHECK;
/**
 * Make an anonymous file in memory holding the bytes (NULL: count zeroes), sealed against every change if
 * sealed.
 */
int memfd_make(const char *name, const void *bytes, size_t count, bool sealed, int *ret_fd,
               arcella_error **reterr) MUST_CHECK;
/**
 * Open a private, non-blocking description of the terminal or pipe behind a descriptor, so that who gets it
 * cannot change the mode of the one that others share.  Needs /dev or /proc.
 *
 * @param fd  borrowed
 * @return a new descriptor (close-on-exec), or -1: there is no such thing (a file, a socket, a named pipe,
 * whose ends would be counted anew; a terminal or pipe of another user), use fd itself
 */
int fd_reopen(int fd);
/** Put a descriptor into non-blocking mode. */
int fd_nonblocking(int fd, arcella_error **reterr) MUST_CHECK;

#endif
