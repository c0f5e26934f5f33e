/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What both kinds of streams share: how an error is told, waiting.  Room host tells an error once; from then
 * on the stream is closed. */
#ifndef WASI_P2_STREAM_H
#define WASI_P2_STREAM_H

#include "wasi/p2/give.h"

/** Where errors of a file's streams come from. */
enum p2_origin p2_origin_of(const struct host_file *file);
/**
 * The result is a stream-error: `closed` for HOST_E_PIPE, else `last-operation-failed` with a new error.
 * HOST_STOP ends the call.
 */
int p2_give_stream_error(struct call *call, struct wasi_p2 *wasi, const struct host_file *file, int error);
/** Is the direction shut down (a connection's, host/tcp.h)? */
static inline bool p2_is_shut(const struct host_file *file, unsigned direction) {
    return file->kind == HOST_SOCKET && !(file->rights & direction);
}
/**
 * Wait until an input has something, its end or an error.
 *
 * @return 0, HOST_STOP, HOST_E_NOMEM
 */
int p2_input_wait(struct wasi_p2 *wasi, struct p2_input *input) MUST_CHECK;
/** The same for room in an output. */
int p2_output_wait(struct wasi_p2 *wasi, struct p2_output *output) MUST_CHECK;
/** What a pollable of them asks; what is not ready is marked for the wait (host/event.h). */
bool p2_input_ready(struct p2_input *input);
bool p2_output_ready(struct p2_output *output);

#endif
