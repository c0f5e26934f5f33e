/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Standard input, output and error of an instance: descriptors inherited from whoever ran the program, or a
 * log stream that makes lines of what the guest writes.
 *
 * An inherited description is shared with others (a terminal with the shell), so its mode is never changed:
 * calls that could block are made with RWF_NOWAIT or MSG_DONTWAIT, or after poll(2) and in small pieces.  Who
 * sends the descriptors does better to give private ones, fd_reopen().
 */
#ifndef HOST_STREAM_H
#define HOST_STREAM_H

#include "host/file.h"

/**
 * Take an inherited descriptor as a stream (or, a regular file, as a file with its shared position).
 *
 * @param fd      taken on success
 * @param rights  enum host_rights, cut to what the descriptor was opened for
 * @return 0, HOST_E_NOMEM, HOST_E_BADF
 */
int host_stream_new(struct host *host, int fd, unsigned rights, struct host_file **ret) MUST_CHECK;

/**
 * Make a log stream: lines go to the output hook with this number.
 *
 * Lines longer than LIMIT_LOG_LINE_BYTES are cut, the rest up to the newline is lost; more than
 * LIMIT_LOG_RATE_LINES a second (LIMIT_LOG_BURST_LINES at once) are dropped and counted.
 *
 * @param stream  1 or 2
 */
int host_log_new(struct host *host, unsigned stream, struct host_file **ret) MUST_CHECK;
/** Hand on what stands without a newline, and the count of dropped lines.  The last unref does it too. */
void host_log_flush(struct host_file *file);

/** A stream that is at its end and swallows what is written. */
int host_null_new(struct host *host, unsigned rights, struct host_file **ret) MUST_CHECK;

/* --- for this room --- */

/**
 * One try to move bytes of a STREAM or SOCKET without waiting, whatever the mode of its description; its
 * event is told how it went.
 *
 * @return bytes (0: the end, or nothing asked), or -1 and errno (EAGAIN: not now)
 */
ssize_t host_stream_try(struct host_file *file, struct iovec *iov, size_t count, bool writing) MUST_CHECK;

/** Take bytes of a log stream, and end one. */
void host_log_write(struct host_file *file, const void *bytes, size_t length);
void host_log_free(struct host_file *file);

#endif
