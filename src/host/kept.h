/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What a stream was permitted to write and the system did not take: kept with its file and written by the
 * loop as soon as there is room.  When the last reference to the file is dropped the file lingers until all
 * is written, LIMIT_LINGER_MS at most, LIMIT_LINGERS of a loop at once, also after its host is gone.  Where
 * there are too many, the instance that has most of them loses its oldest, and is told.
 *
 * The bytes are charged to the instance as long as it lives, and the file counts as one of its open ones.
 * For this room only; the loop's thread.
 */
#ifndef HOST_KEPT_H
#define HOST_KEPT_H

#include "host/file.h"

struct host_output;
struct host_reactor;

/* Most that is kept for one file: what one permit allows. */
#define HOST_KEPT_BYTES ((size_t)64 * 1024)

/**
 * Keep bytes behind those that are kept already.
 *
 * @param writer  whom a failure is told; borrowed until host_kept_disown()
 * @return 0, HOST_E_NOMEM (nothing is kept of it: no memory, over the budget or the bound, or nobody can tell
 *         when there is room)
 */
int host_kept_add(struct host_file *file, struct host_output *writer, const void *bytes, size_t length)
    MUST_CHECK;
/** Write what is kept, where there is room already. */
void host_kept_push(struct host_file *file);
/** Nobody is to be told any more. */
void host_kept_disown(struct host_file *file, const struct host_output *writer);
/** Shut down sending when all is written. */
void host_kept_finish(struct host_file *file);
/** The last reference is gone. @return false: nothing lives on, close it */
bool host_kept_linger(struct host_file *file) MUST_CHECK;
/** The host is gone: what lingers is nobody's budget. */
void host_kept_forget(struct host *host);
/** Close everything that lingers. */
void host_kept_give_up(struct host_reactor *reactor);

#endif
