/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Finding a file beneath a directory, whatever names and links say, and never outside of it.
 *
 * openat2(RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS) where the kernel has it and a container lets us; else one
 * component at a time, O_PATH | O_NOFOLLOW, with our own stack of directories (".." goes back on it and never
 * asks the system) and our own count of symbolic links.  Both give the same answers, which one table of tests
 * shows.
 *
 * Rules, for both: an absolute path, an absolute link, and anything that would leave the directory is
 * HOST_E_PERM; "" is HOST_E_NOENT; a NUL byte is HOST_E_INVAL; a name over NAME_MAX or a path over
 * LIMIT_PATH_BYTES - 1 is HOST_E_NAMETOOLONG; a trailing slash asks for a directory and follows a link there.
 */
#ifndef HOST_PATH_H
#define HOST_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/attr.h"
#include "base/limits.h"
#include "host/error.h"

/* A guest's path, copied out of its memory and found free of what is never allowed. */
struct host_path {
    size_t length;
    char text[LIMIT_PATH_BYTES]; /* NUL-terminated */
};

/** Copy and check a path. @return 0, HOST_E_NOENT, HOST_E_INVAL, HOST_E_NAMETOOLONG, HOST_E_XDEV (absolute)
 */
int host_path_init(struct host_path *path, const char *bytes, size_t length) MUST_CHECK;

/* The last component of a path, apart from what is before it. */
enum host_last { HOST_LAST_NAME, HOST_LAST_DOT, HOST_LAST_DOTDOT };
struct host_place {
    int dirfd; /* the directory it is in */
    int owned; /* dirfd where we opened it; -1: it is the one we began with */
    enum host_last last;
    bool slash;       /* slashes follow it, so it must be a directory */
    const char *name; /* borrowed from path, NUL-terminated, without slashes */
};

/**
 * Open beneath a directory.
 *
 * @param dirfd  borrowed
 * @param flags  of open(2); O_CLOEXEC is added.  Without O_NOFOLLOW a last link is followed, beneath
 * @param mode   for O_CREAT
 * @return 0 or an error as above or by errno; never HOST_STOP
 */
int host_path_open(int dirfd, const struct host_path *path, int flags, mode_t mode, int *ret_fd) MUST_CHECK;

/**
 * Find the directory that holds the last component, for the calls that act on a name.
 *
 * @param path   cut into pieces by this
 * @param place  host_place_done() when it returned 0
 */
int host_path_parent(int dirfd, struct host_path *path, struct host_place *place) MUST_CHECK;
void host_place_done(struct host_place *place);

/* How paths are resolved in this process. */
enum host_path_mode { HOST_PATH_AUTO, HOST_PATH_WALK };
/** Force the walk, for tests; AUTO asks the kernel again. */
void host_path_set_mode(enum host_path_mode mode);
/** Does openat2 work here?  For what `status` and `doctor` say of the kernel. */
bool host_path_has_openat2(void);

#define HOST_PLACE_AUTO CLEANUP(host_place_done) struct host_place

#endif
