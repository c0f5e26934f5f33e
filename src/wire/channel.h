/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A channel: IPC frames over one end of a stream socketpair, on the loop, never blocking.
 *
 * Owned by who made it.  Sending tries the socket at once and queues what does not go; a full queue is an
 * answer (BUSY).  Receiving reads until the socket has nothing more before the loop sleeps again.  Frames are
 * decoded and checked before the owner sees them; the first bad one ends the channel, and the owner decides
 * what that means. Callbacks may send, pause, and free the channel.
 *
 * Thread: the loop's.
 */
#ifndef WIRE_CHANNEL_H
#define WIRE_CHANNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/loop.h"
#include "wire/frame.h"
#include "wire/ipc.h"

struct channel;

/** A frame came; borrowed: take descriptors out with frame_take_fd(), the rest is closed and freed on return.
 */
typedef void channel_frame_fn(struct channel *channel, struct frame *frame, void *user);
/**
 * The other side is gone (error NULL), or broke the protocol or the socket (error says how; borrowed).  Runs
 * once, from the loop, after all that was received before; nothing is sent or received any more; free the
 * channel.
 */
typedef void channel_closed_fn(struct channel *channel, const arcella_error *error, void *user);

/**
 * Make a channel and start to receive.
 *
 * @param loop  borrowed, outlives the channel
 * @param fd    owned from here on, on failure too (it is closed); made non-blocking
 * @param peer  which side the other end is; what that side may not send is refused
 * @return 0, NOMEM, SYSTEM
 */
int channel_new(struct loop *loop, int fd, enum ipc_side peer, channel_frame_fn *on_frame,
                channel_closed_fn *on_closed, void *user, struct channel **ret, arcella_error **reterr)
    MUST_CHECK;
/** Close and free; what is still queued is dropped; no callback runs after it. @return NULL */
struct channel *channel_free(struct channel *channel);

/* What goes with a message besides its fields. */
struct channel_extra {
    uint32_t call;        /* call id; 0 none */
    uint32_t deadline_ms; /* 0 none */
    const int *fds;       /* borrowed; the caller closes its own when channel_send() has returned */
    unsigned fd_count;    /* at most LIMIT_FRAME_FDS */
    bool secret;          /* no copy of the message stays in the channel's memory once it is sent */
};

/**
 * Send a message, or queue it.
 *
 * @param type    IPC_…
 * @param record  the struct of that type; borrowed
 * @return 0, BUSY (the queue is full; nothing of it was sent), CLOSED (the other side is gone), INVALID and
 *         TOO_LARGE as ipc_encode(), NOMEM, SYSTEM.  on_closed never runs from inside this call.
 */
int channel_send(struct channel *channel, enum ipc_type type, const void *record, arcella_error **reterr)
    MUST_CHECK;
/** As channel_send(), with call id, deadline, descriptors. */
int channel_send_extra(struct channel *channel, enum ipc_type type, const void *record,
                       const struct channel_extra *extra, arcella_error **reterr) MUST_CHECK;

/** A number for a request, never 0. */
uint32_t channel_next_call(struct channel *channel);
/** Once it is known: refuse messages that are none of this role's. */
void channel_set_role(struct channel *channel, enum ipc_role role);
/** Hold back further frames (also those received already), or go on; they come from the loop, never from this
 * call. */
void channel_pause(struct channel *channel, bool paused);
/** Bytes waiting to be sent. */
uint64_t channel_queued_bytes(const struct channel *channel);
/**
 * Send what is queued, blocking, for at most timeout_ms; for last words before an exit.
 * @return 0, TIMEOUT, CLOSED
 */
int channel_flush(struct channel *channel, unsigned timeout_ms, arcella_error **reterr) MUST_CHECK;
/** Write payloads as JSON from now on (ARCELLA_IPC=json does so from the start). */
void channel_set_encoding(struct channel *channel, enum ipc_encoding encoding);
/** The descriptor, borrowed. */
int channel_fd(const struct channel *channel);

static inline void channel_free_ptr(struct channel **channel) {
    *channel = channel_free(*channel);
}

#endif
