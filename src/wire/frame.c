/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The envelope: writing and checking it, and what a received frame owns.  Any thread. */
#include "wire/frame.h"

#include "base/fd.h"

static void write_u32(uint8_t *to, uint32_t value) {
    for (unsigned i = 0; i < 4; i++)
        to[i] = (uint8_t)(value >> (8 * i));
}

static uint32_t read_u32(const uint8_t *from) {
    return from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
}

void frame_header_write(const struct frame_header *header, uint8_t to[FRAME_HEADER_BYTES]) {
    to[0] = FRAME_MAGIC;
    to[1] = header->encoding;
    to[2] = (uint8_t)header->type;
    to[3] = (uint8_t)(header->type >> 8);
    write_u32(to + 4, header->length);
    write_u32(to + 8, header->call);
    write_u32(to + 12, header->deadline_ms);
    write_u32(to + 16, header->fd_count);
}

int frame_header_read(const uint8_t from[FRAME_HEADER_BYTES], struct frame_header *ret,
                      arcella_error **reterr) {
    if (from[0] != FRAME_MAGIC)
        return error_set(reterr, ARCELLA_E_PROTOCOL, "a frame begins with byte 0x%02x instead of 0x%02x",
                         from[0], FRAME_MAGIC);
    if (from[1] != IPC_PACK && from[1] != IPC_JSON)
        return error_set(reterr, ARCELLA_E_PROTOCOL, "a frame has the unknown encoding %u", from[1]);
    struct frame_header header = {
        .encoding = from[1],
        .type = (uint16_t)(from[2] | from[3] << 8),
        .length = read_u32(from + 4),
        .call = read_u32(from + 8),
        .deadline_ms = read_u32(from + 12),
        .fd_count = from[16],
    };
    if (header.length > LIMIT_FRAME_BYTES)
        return error_set(reterr, ARCELLA_E_PROTOCOL, "a frame of %" PRIu32 " bytes is over the limit of %llu",
                         header.length, LIMIT_FRAME_BYTES);
    if (header.fd_count > LIMIT_FRAME_FDS)
        return error_set(reterr, ARCELLA_E_PROTOCOL, "a frame with %u descriptors is over the limit of %d",
                         header.fd_count, LIMIT_FRAME_FDS);
    if (from[17] || from[18] || from[19])
        return error_set(reterr, ARCELLA_E_PROTOCOL, "a frame's spare bytes are not zero");
    *ret = header;
    return 0;
}

int frame_take_fd(struct frame *frame, unsigned index) {
    if (index >= frame->fd_count)
        return -1;
    return TAKE_FD(frame->fds[index]);
}

void frame_done(struct frame *frame) {
    for (unsigned i = 0; i < frame->fd_count; i++)
        frame->fds[i] = fd_close(frame->fds[i]);
    frame->fd_count = 0;
    ipc_message_done(&frame->message);
}
