/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The home directory: where everything of one daemon is, and the lock that keeps a second daemon out.
 *
 *   cfg/ modules/ state/ cache/ run/ log/   alme (the socket)   lock (pid of the daemon)
 *
 * Owned by the program that opened it; one thread.
 */
#ifndef CATALOG_HOME_H
#define CATALOG_HOME_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

#define HOME_DIR_MAP(XX)                                                                                     \
    XX(CFG, "cfg")                                                                                           \
    XX(MODULES, "modules")                                                                                   \
    XX(STATE, "state")                                                                                       \
    XX(CACHE, "cache")                                                                                       \
    XX(RUN, "run")                                                                                           \
    XX(LOG, "log")
enum home_dir {
#define XX(name, text) HOME_##name,
    HOME_DIR_MAP(XX)
#undef XX
        HOME_DIRS
};

struct home {
    char *path;          /* absolute, no trailing slash; owned */
    int fd;              /* of path */
    int dirs[HOME_DIRS]; /* descriptors of the parts; CFG is of home_config_dir() */
    int lock_fd;         /* -1 until home_lock() */
};

/**
 * Find where home is: option, else ARCELLA_HOME, else ~/.arcella (HOME, else the user database).
 *
 * @param option      `--home`; NULL or "" where not given; made absolute against the working directory
 * @param ret_path    owned by the caller
 * @param ret_source  out, may be NULL; "--home", "ARCELLA_HOME" or "default"; static
 * @return 0, INVALID (too long, no home directory known), NOMEM
 */
int home_find(const char *option, char **ret_path, const char **ret_source, arcella_error **reterr)
    MUST_CHECK;
/** The path of a name in home ("alme"), in fresh memory. @return NULL on no memory */
char *home_path(const char *home, const char *name);
/**
 * Open home and make what is missing of it, 0700 each.
 *
 * @return 0, DENIED (not ours, or not writable: says which and for whom), SPACE, SYSTEM, NOMEM; refuses a
 * home that others may write to
 */
int home_open(const char *path, struct home **ret, arcella_error **reterr) MUST_CHECK;
/** Close; gives the lock up. @return NULL */
struct home *home_free(struct home *home);
DEFINE_CLEANUP(home_free_ptr, struct home *, home_free)
/**
 * Take the lock against a second daemon and write our pid into it.
 *
 * @return 0, RUNNING (with the first one's pid), SYSTEM…
 */
int home_lock(struct home *home, arcella_error **reterr) MUST_CHECK;
/** Pid of the daemon that holds the lock of a home, 0 if none does; needs no open home. */
pid_t home_lock_holder(const char *path);
/** "cfg", or "config" (the older name) where there is no cfg/; relative to home; static. */
const char *home_config_dir(const struct home *home);

#endif
