/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A connection of text lines on the loop, never blocking: the server's side of ALME.
 *
 * Lines end in LF or CR LF; empty ones are skipped.  A line over the limit is reported once and skipped to
 * its end; the connection lives on.  What is sent is queued where the socket does not take it; a full queue
 * is an answer (BUSY: a reader too slow for what it asked).  Callbacks may send, pause, and free the
 * connection.
 *
 * Thread: the loop's.
 */
#ifndef WIRE_LINES_H
#define WIRE_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/loop.h"

struct lines;

/**
 * A line came, without its end; text has a NUL behind it (and may hold others), borrowed until the callback
 * returns. too_long: there was more than the limit; text is its beginning.
 */
typedef void lines_line_fn(struct lines *lines, const char *text, size_t length, bool too_long, void *user);
/**
 * The other side has closed its sending half (gone false): no more lines, but replies still arrive; or it has
 * closed altogether or the socket broke (gone true): nothing arrives any more.  Each runs at most once, from
 * the loop, after all lines; gone comes by itself or after the first.  Free it, at once or with
 * lines_finish().
 */
typedef void lines_closed_fn(struct lines *lines, bool gone, void *user);

/**
 * Make a connection and start to receive.
 *
 * @param fd           owned from here on, on failure too
 * @param line_limit   most bytes of a line
 * @param queue_limit  most bytes waiting to be sent
 * @return 0, NOMEM, SYSTEM
 */
int lines_new(struct loop *loop, int fd, size_t line_limit, uint64_t queue_limit, lines_line_fn *on_line,
              lines_closed_fn *on_closed, void *user, struct lines **ret, arcella_error **reterr) MUST_CHECK;
/** Close and free; what is queued is dropped; no callback runs after it. @return NULL */
struct lines *lines_free(struct lines *lines);
/**
 * Send what is queued, then close and free by itself; the owner forgets the pointer.  At most timeout_ms
 * later it is closed whatever is left.  No callback runs after this. @return NULL
 */
struct lines *lines_finish(struct lines *lines, uint64_t timeout_ms);
/** Send bytes (whole lines with their LF). @return 0, BUSY (nothing was sent), CLOSED, NOMEM */
int lines_send(struct lines *lines, const char *bytes, size_t count, arcella_error **reterr) MUST_CHECK;
/** Hold back further lines, or go on; they come from the loop, never from this call. */
void lines_pause(struct lines *lines, bool paused);
/** Has the other side closed its sending half? */
bool lines_ended(const struct lines *lines);
/** Bytes waiting to be sent. */
uint64_t lines_queued_bytes(const struct lines *lines);
int lines_fd(const struct lines *lines);

#endif
