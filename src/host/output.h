/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A stream of bytes to write, with permits: whoever asks first how much there is room for may write as much,
 * and it is taken whole.  Bytes go straight from guest memory to the descriptor; only what the system,
 * against its word, does not take is kept with the file (charged to the instance) and written by the loop as
 * soon as it can be.
 *
 * What is kept when the stream is dropped, or its instance ends, is still written: the file lives until then,
 * LIMIT_LINGER_MS at most (host_linger_count()).
 */
#ifndef HOST_OUTPUT_H
#define HOST_OUTPUT_H

#include "host/event.h"
#include "host/file.h"
#include "host/input.h"

/* STREAM: what is no file, or a file at its own position, which moves (an inherited standard output). */
enum host_output_how { HOST_OUTPUT_STREAM, HOST_OUTPUT_AT, HOST_OUTPUT_APPEND };

/* Permits: what one write may have. */
#define HOST_OUTPUT_FILE_BYTES                                                                               \
    ((uint64_t)1024 * 1024)                            /* files and logs take it at once; keeps turns short  \
                                                        */
#define HOST_OUTPUT_SOCKET_BYTES ((uint64_t)64 * 1024) /* a connection that is writable */
#define HOST_OUTPUT_PIPE_BYTES   ((uint64_t)4096) /* PIPE_BUF: a writable pipe takes it whole; terminals */

/* Read by everyone, changed only by this room. */
struct host_output {
    struct host_file *file; /* owned reference */
    enum host_output_how how;
    uint64_t offset; /* AT: where it writes next */
    uint64_t permit; /* bytes the next write may have; set by host_output_room() */
    size_t trusted;  /* bytes written since the system said that there is room */
    bool unsynced;   /* a file with sync flags: something is not on the disk yet */
    bool ended;      /* closed from now on */
    int error;       /* it failed: told once, then closed */
};

/** Begin to write a file. @param file a reference of our own is taken @param offset AT: where; else ignored
 */
void host_output_init(struct host_output *output, struct host_file *file, enum host_output_how how,
                      uint64_t offset);
void host_output_done(struct host_output *output);

/**
 * How much may be written now?  Becomes the permit.
 *
 * @param ret  0: nothing yet (a flush, or no room), ask again when host_output_ready()
 * @return 0, HOST_E_PIPE (closed), by errno (once)
 */
int host_output_room(struct host_output *output, uint64_t *ret) MUST_CHECK;
/**
 * Write all of it.  A failure that shows only when kept bytes are written is told by the next call.
 *
 * @param length  at most the permit, which is used up by it (the caller has checked: more is a trap)
 * @return 0, HOST_STOP (files yield between pieces; and where there is no memory to keep what does not fit,
 *         this waits), HOST_E_PIPE, by errno
 */
int host_output_write(struct host_output *output, const void *from, size_t length) MUST_CHECK;
/** Ask for a flush, and whether it is done; a file with sync flags is synced, which waits. @return 0 (done),
 * HOST_E_AGAIN (when host_output_ready()), HOST_E_PIPE, by errno, HOST_STOP */
int host_output_flush(struct host_output *output) MUST_CHECK;
/** Is it ready: room, or an error to be told?  Else it is marked for the wait (host/event.h). */
bool host_output_ready(struct host_output *output);
/**
 * Move bytes from an input without the guest's memory: copy_file_range, sendfile or splice where the kernel
 * can, else through a buffer of ours.  Uses up the permit.  Files may wait.
 *
 * @param length    at most this
 * @param ret       bytes moved; 0: nothing now, one of the two is not ready, or an error.  What was read for
 * a write that failed is lost with it
 * @param ret_input of an error: it is the input's
 * @return 0, HOST_STOP, HOST_E_PIPE (it is closed), by errno
 */
int host_output_splice(struct host_output *output, struct host_input *input, uint64_t length, uint64_t *ret,
                       bool *ret_input) MUST_CHECK;

/** Shut down sending on a connection, after what is kept. @return as host_socket_shutdown() */
int host_output_finish(struct host_file *socket) MUST_CHECK;
/** Streams whose bytes are still being written although nobody holds them. */
size_t host_linger_count(const struct loop *loop);
/** Of these, those of one instance: host_config's owner. */
size_t host_linger_count_of(const struct loop *loop, uint64_t owner);
/** Who was to be told of losses (host_hooks' loss_user) is going: nobody is told from here on. */
void host_linger_untold(const struct loop *loop, const void *user);

/* --- for this room --- */

/** The stream failed. @return r */
int host_output_fail(struct host_output *output, int r);

#endif
