/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Reading what is more than one value: vectors of buffers. */
#include "wasi/preview1/abi.h"

int preview1_map_iovs(const struct engine_memory *memory, uint32_t address, uint32_t count,
                      struct preview1_iovs *ret) {
    uint8_t *at;
    int r = preview1_map(memory, address, (uint64_t)count * sizeof(struct wasi_iovec),
                         _Alignof(struct wasi_iovec), &at);
    if (r)
        return r;
    ret->count = 0;
    ret->bytes = 0;
    for (uint32_t i = 0; i < count && ret->count < PREVIEW1_IOVS_MAX; i++) {
        struct wasi_iovec iovec;
        memcpy(&iovec, at + (size_t)i * sizeof iovec, sizeof iovec);
        uint8_t *data;
        r = preview1_map(memory, iovec.buf, iovec.buf_len, 1, &data);
        if (r)
            return r;
        if (iovec.buf_len == 0)
            continue;
        size_t left = PREVIEW1_IO_BYTES_MAX - ret->bytes;
        size_t length = iovec.buf_len < left ? iovec.buf_len : left;
        ret->v[ret->count++] = (struct iovec){data, length};
        ret->bytes += length;
        if (length < iovec.buf_len)
            break;
    }
    return 0;
}
