/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The core modules of a component, and the code of each: found by content, made some at a time.  Equal
 * modules are one.  Owned by who wants them (a deployment, an install); loop's thread.
 */
#ifndef DAEMON_PARTS_H
#define DAEMON_PARTS_H

#include "catalog/manifest.h"
#include "daemon/code.h"

struct part {
    struct description_module module;
    size_t same;                 /* the first with equal bytes; its own index where that is itself */
    char name[CACHE_NAME_BYTES]; /* of its code in code directories; "": none found */
};
struct parts {
    struct part *list; /* owned; in the order of the file */
    size_t count;
    size_t missing;   /* different modules without code, as last looked */
    unsigned waiting; /* compiles asked for and not over */
};
/** Free; a caller that waits has called code_forget(). */
void parts_done(struct parts *parts);
/** Take the modules of a description; a component may have none. @return 0, STATE (recorded by a release that
 * knew none), NOMEM */
int parts_init(struct parts *parts, const struct package_description *d, arcella_error **reterr) MUST_CHECK;
/** Look for all code; count what is missing. @return 0, as code_find() but NOT_FOUND */
int parts_find(struct daemon *daemon, struct parts *parts, bool fuel, arcella_error **reterr) MUST_CHECK;
/**
 * Have some of what is missing compiled; on_done runs once for each, and the last of them looks again.
 *
 * @param wasm_fd  the component's file
 * @return 0 (parts->waiting is not 0), as code_make() and code_slice()
 */
int parts_make(struct daemon *daemon, struct parts *parts, bool fuel, int wasm_fd, const char *name,
               code_done_fn *on_done, void *user, arcella_error **reterr) MUST_CHECK;
/** Give a worker the code of all. @return as code_link() */
int parts_link(struct daemon *daemon, const struct parts *parts, bool fuel, struct worker *worker,
               arcella_error **reterr) MUST_CHECK;
/** Throw the code of all away: some of it turned out to be no good. @param worker  NULL: none has it */
void parts_discard(struct daemon *daemon, const struct parts *parts, struct worker *worker);

#endif
