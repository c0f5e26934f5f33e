/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What waits to be sent on a stream socket: bytes in order, descriptors with the first byte of what they
 * belong to.
 *
 * Embedded in a channel or a line connection, which watches the socket for LOOP_WRITE while something waits.
 */
#ifndef WIRE_OUTBOX_H
#define WIRE_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct outbox_chunk;

struct outbox {
    int fd;         /* borrowed, non-blocking */
    uint64_t limit; /* most bytes that wait */
    uint64_t bytes; /* that wait now */
    struct outbox_chunk *first;
    struct outbox_chunk *last;
    bool broken; /* the socket takes nothing any more, or its stream was cut in the middle */
    bool secret; /* what is sent now is wiped from what waits once it has gone */
};

/** An empty one for a socket. */
void outbox_init(struct outbox *outbox, int fd, uint64_t limit);
/** Drop what waits. */
void outbox_done(struct outbox *outbox);
/**
 * Send bytes now as far as the socket takes them, queue the rest.
 *
 * @param fds  borrowed; copies wait where they must
 * @return 0, BUSY (too much waits; nothing of it was sent), CLOSED, NOMEM, SYSTEM
 */
int outbox_send(struct outbox *outbox, const void *bytes, size_t count, const int *fds, unsigned fd_count,
                arcella_error **reterr) MUST_CHECK;
/** Send what waits, as far as the socket takes it. @return 0, CLOSED, SYSTEM */
int outbox_flush(struct outbox *outbox, arcella_error **reterr);
/** Send what waits, blocking for at most timeout_ms. @return 0, TIMEOUT, CLOSED, SYSTEM */
int outbox_drain(struct outbox *outbox, unsigned timeout_ms, arcella_error **reterr) MUST_CHECK;

#endif
