/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Fuzz target: the bytes are an IPC stream, read as either side reads it.  What decodes must encode again, in
 * both encodings, and decode to the same.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "base/mem.h"
#include "wire/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds) {
    if (!holds)
        __builtin_trap();
}

/* Encode and decode what was decoded; the second encoding must be the first, byte for byte. */
static void again(const struct ipc_message *message, enum ipc_side sender, enum ipc_encoding encoding) {
    BUFFER_AUTO first = BUFFER_INIT(16 * LIMIT_FRAME_BYTES);
    BUFFER_AUTO second = BUFFER_INIT(16 * LIMIT_FRAME_BYTES);
    check(ipc_encode(message->type, &message->setup, encoding, &first, NULL) == 0);
    char *payload = mem_alloc(first.length + 1);
    check(payload != NULL);
    memcpy(payload, first.data, first.length);
    struct ipc_message back;
    check(ipc_decode(message->type, sender, encoding, payload, first.length, &back, NULL) == 0);
    check(ipc_encode(back.type, &back.setup, encoding, &second, NULL) == 0);
    check(first.length == second.length && memcmp(first.data, second.data, first.length) == 0);
    ipc_message_done(&back);
    mem_free(payload);
}

static void take_stream(const uint8_t *data, size_t size, enum ipc_side sender) {
    while (size >= FRAME_HEADER_BYTES) {
        struct frame_header header;
        ERROR_AUTO *error = NULL;
        if (frame_header_read(data, &header, &error) < 0) {
            check(arcella_error_code(error) == ARCELLA_E_PROTOCOL);
            return;
        }
        uint8_t head[FRAME_HEADER_BYTES];
        frame_header_write(&header, head);
        check(memcmp(head, data, sizeof(head)) == 0);
        data += FRAME_HEADER_BYTES;
        size -= FRAME_HEADER_BYTES;
        if (header.length > size)
            return;
        char *payload = mem_alloc(header.length + 1);
        check(payload != NULL);
        if (header.length)
            memcpy(payload, data, header.length);
        struct ipc_message message;
        int r = ipc_decode(header.type, sender, (enum ipc_encoding)header.encoding, payload, header.length,
                           &message, &error);
        if (r == 0) {
            again(&message, sender, IPC_PACK);
            again(&message, sender, IPC_JSON);
            ipc_message_done(&message);
        } else {
            check(arcella_error_code(error) == r);
        }
        mem_free(payload);
        data += header.length;
        size -= header.length;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    take_stream(data, size, IPC_PARENT);
    take_stream(data, size, IPC_CHILD);
    return 0;
}
