/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Machine code for core modules: looked up in the cache, else made by a compile process and put there.  A
 * module that several ask for at once is compiled once.
 *
 * Where the cache cannot be used the code lies in run/ until its component is removed or the daemon ends.
 * Owned by the daemon; loop's thread, but for copying and hashing, which a thread of the pool does.
 */
#ifndef DAEMON_CODE_H
#define DAEMON_CODE_H

#include "base/digest.h"
#include "daemon/daemon.h"

/* Verified code, ready to be linked into a code directory. */
struct code_file {
    char name[CACHE_NAME_BYTES];
    char *path; /* absolute; owned */
};
void code_file_done(struct code_file *file);

/** Fill in what compiled code depends on, for both engines. @return 0, SYSTEM */
int code_keys(struct daemon *daemon, arcella_error **reterr) MUST_CHECK;
/** Look for a module's code. @return 0, NOT_FOUND, SYSTEM, NOMEM */
int code_find(struct daemon *daemon, const struct digest *module, bool fuel, struct code_file *ret,
              arcella_error **reterr) MUST_CHECK;
/**
 * Give a module's code to a worker, verified now: what was found when the deployment began may have been
 * replaced since.  The name in its code directory is the one that code_find() gives.
 *
 * @return 0, NOT_FOUND (to be compiled anew), CORRUPT, STATE, SPACE, SYSTEM, NOMEM
 */
int code_link(struct daemon *daemon, const struct digest *module, bool fuel, struct worker *worker,
              arcella_error **reterr) MUST_CHECK;
/**
 * How much code a compile process may hand back for a module.  Honest code is up to some ten times its
 * module; what a process that was taken over sends is copied and kept only up to here.
 */
uint64_t code_max_of(int wasm_fd);
/**
 * A part of a file as a file of its own, in memory: a component's core module for its compile process.
 *
 * @param module  with its digest settled
 * @return 0, CORRUPT (other bytes than its digest says), SYSTEM, NOMEM
 */
int code_slice(int wasm_fd, const struct description_module *module, int *ret_fd, arcella_error **reterr)
    MUST_CHECK;
/** Throw away what is there of a module: it turned out to be no good. */
void code_discard(struct daemon *daemon, const struct digest *module);

/** Runs once, from the loop; error is NULL on success and borrowed. */
typedef void code_done_fn(void *user, const arcella_error *error);

struct code_request {
    struct digest module;
    bool fuel;
    int wasm_fd;      /* borrowed */
    const char *name; /* for messages; copied */
};
/** Have it compiled. @return 0: on_done will run; BUSY, NOMEM, SYSTEM … : it will not */
int code_make(struct daemon *daemon, const struct code_request *request, code_done_fn *on_done, void *user,
              arcella_error **reterr) MUST_CHECK;
/** A component with this module was removed: its code goes, unless another one has the same. */
void code_removed(struct daemon *daemon, const struct digest *module);
/** Nobody of this name waits any more. */
void code_forget(struct daemon *daemon, const void *user);
/** Cancel all; what a thread of the pool has at hand is dropped when it comes back to the loop. */
void code_done(struct daemon *daemon);

#endif
