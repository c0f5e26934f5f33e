/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A stream of bytes to read: from a place in a file on, or what a pipe, terminal or connection brings.  Bytes
 * go straight to guest memory: first it is asked how many there are, then as many are read.
 */
#ifndef HOST_INPUT_H
#define HOST_INPUT_H

#include "host/event.h"
#include "host/file.h"

/* Read by everyone, changed only by this room. */
struct host_input {
    struct host_file *file; /* owned reference */
    uint64_t offset;        /* REGULAR: where it reads next; or HOST_INPUT_AT_POSITION */
    uint64_t size;          /* REGULAR: of the file, when it was last asked */
    size_t counted;         /* streams: bytes that are there still, of those last counted … */
    uint32_t edges;         /* … and how many edges had come by then */
    bool ended;             /* end of file, shut down, or it failed: closed from now on */
    int error;              /* it failed after some bytes: told once by the next call, then closed */
};

/* Read where the file's own position is, and move it: an inherited standard input, which others share. */
#define HOST_INPUT_AT_POSITION UINT64_MAX

/** Begin to read a file. @param file a reference of our own is taken @param offset REGULAR: where; else
 * ignored */
void host_input_init(struct host_input *input, struct host_file *file, uint64_t offset);
void host_input_done(struct host_input *input);

/** How many bytes one read may bring: bounds what a guest makes its own memory hold, and keeps turns short.
 */
#define HOST_INPUT_BYTES ((size_t)1024 * 1024)

/**
 * How many bytes can be read now?  A file that says it is empty is tried, which may wait.
 *
 * @param most  0 … ; what the guest asked for, cut to HOST_INPUT_BYTES
 * @param ret   1 … most, or 0 where most is 0; of a terminal or device it may be more than there are
 * @return 0, HOST_STOP, HOST_E_AGAIN (nothing yet), HOST_E_PIPE (the end), by errno (it is closed from then
 *         on)
 */
int host_input_available(struct host_input *input, uint64_t most, size_t *ret) MUST_CHECK;
/**
 * Read, after host_input_available().  A file that is not in memory is read on the pool, and this waits.
 *
 * @param ret  bytes; fewer than asked, or 0, where somebody else took them or the file was cut meanwhile
 * @return 0, HOST_STOP, HOST_E_PIPE (the end after all), by errno
 */
int host_input_read(struct host_input *input, void *to, size_t length, size_t *ret) MUST_CHECK;
/**
 * Pass over bytes, at most length; of a file without reading them.
 *
 * @param ret  bytes; 0: nothing now, or length is 0
 * @return 0, HOST_STOP, HOST_E_AGAIN, HOST_E_PIPE, by errno
 */
int host_input_skip(struct host_input *input, uint64_t length, uint64_t *ret) MUST_CHECK;
/** What its pollable waits for. */
static inline struct host_event *host_input_event(struct host_input *input) {
    return &input->file->event;
}
/** Can something be read, or its end be told?  Else it is marked for the wait (host/event.h). */
bool host_input_ready(struct host_input *input);

#endif
