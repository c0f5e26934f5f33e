/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A stream of bytes to write, with permits: whoever asks first how much there is room for may write as much,
 * and it is taken whole.  Bytes go straight from guest memory to the descriptor; only what the system, against
 * its word, does not take is kept here (charged to the instance) and written by the loop as soon as it can be.
 *
 * What is kept when the stream is dropped, or its instance ends, is still written: the file lives until then,
 * LIMIT_LINGER_MS at most (host_linger_count()).
 */
#ifndef HOST_OUTPUT_H
#define HOST_OUTPUT_H

#include "host/event.h"
#include "host/file.h"
#include "host/input.h"

enum host_output_how { HOST_OUTPUT_STREAM, HOST_OUTPUT_AT, HOST_OUTPUT_APPEND };

struct host_output {
    struct host_file *file; /* owned reference */
    enum host_output_how how;
    uint64_t offset;     /* AT: where it writes next */
    uint64_t permit;     /* bytes the next write may have; set by host_output_room() */
    bool flushing;       /* a flush was asked for and is not done */
    bool ended;          /* closed from now on */
    int error;           /* it failed: told once, then closed */
    struct host_kept *kept; /* what could not be written yet; owned; NULL: nothing */
};

void host_output_init(struct host_output *output, struct host_file *file, enum host_output_how how, uint64_t offset);
void host_output_done(struct host_output *output);

/** How much may be written now?  Becomes the permit. @return 0 (0 bytes: ask again when ready), HOST_E_PIPE
 * (closed), by errno */
int host_output_room(struct host_output *output, uint64_t *ret) MUST_CHECK;
/**
 * Write all of it.
 *
 * @param length  at most the permit, which is used up by it (the caller has checked: more is a trap)
 * @return 0, HOST_STOP (files yield between pieces), HOST_E_PIPE, by errno
 */
int host_output_write(struct host_output *output, const void *from, size_t length) MUST_CHECK;
/** Ask for a flush, and whether it is done. @return 0 (done), HOST_E_AGAIN, HOST_E_PIPE, by errno, HOST_STOP */
int host_output_flush(struct host_output *output) MUST_CHECK;
/** Is it ready: room, or an error to be told?  Else it is marked for the wait (host/event.h). */
bool host_output_ready(struct host_output *output);
/**
 * Move bytes from an input without the guest's memory: copy_file_range, sendfile or splice where the kernel can, else
 * through a buffer of ours.
 *
 * @param length  at most this
 * @param ret     bytes moved; 0: nothing now
 * @return 0, HOST_STOP, HOST_E_PIPE (either is closed; *ret_input tells which), by errno
 */
int host_output_splice(struct host_output *output, struct host_input *input, uint64_t length, uint64_t *ret,
                       bool *ret_input) MUST_CHECK;

/** Streams whose bytes are still being written although nobody holds them. */
size_t host_linger_count(const struct loop *loop);

#endif
