/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A frame: the envelope of one IPC message on a stream socket.
 *
 *     byte  0     FRAME_MAGIC
 *           1     encoding: 1 MessagePack, 2 JSON
 *           2-3   type
 *           4-7   length of the payload
 *           8-11  call id; 0 none
 *          12-15  deadline in milliseconds from sending; 0 none
 *          16     descriptors that came with the first byte
 *          17-19  zero
 *          20-    payload
 *
 * Numbers are little-endian.  A received frame is borrowed from its channel during the callback.
 */
#ifndef WIRE_FRAME_H
#define WIRE_FRAME_H

#include <stdint.h>

#include "base/error.h"
#include "base/limits.h"
#include "wire/ipc.h"

#define FRAME_MAGIC        0xA7
#define FRAME_HEADER_BYTES 20

struct frame_header {
    uint8_t encoding;     /* enum ipc_encoding */
    uint16_t type;        /* enum ipc_type */
    uint32_t length;      /* of the payload, at most LIMIT_FRAME_BYTES */
    uint32_t call;        /* which request this belongs to; 0 none */
    uint32_t deadline_ms; /* 0 none */
    uint8_t fd_count;     /* at most LIMIT_FRAME_FDS */
};

/** Write a header. */
void frame_header_write(const struct frame_header *header, uint8_t to[FRAME_HEADER_BYTES]);
/** Read a header. @return 0, PROTOCOL (not a frame of this protocol, unknown encoding, too long, too many
 * descriptors) */
int frame_header_read(const uint8_t from[FRAME_HEADER_BYTES], struct frame_header *ret,
                      arcella_error **reterr) MUST_CHECK;

/* A received frame: envelope, message, descriptors. */
struct frame {
    struct frame_header header;
    struct ipc_message message;
    int fds[LIMIT_FRAME_FDS]; /* owned by the frame, closed with it; taken with frame_take_fd() */
    unsigned fd_count;
};

/** Move descriptor number index out of the frame. @return -1 where there is none (left) */
int frame_take_fd(struct frame *frame, unsigned index);
/** Close what was not taken and free the message's lists. */
void frame_done(struct frame *frame);

#endif
