/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Arguments and environment: two lists of texts, copied in one piece each. */
#include "wasi/preview1/abi.h"

static int copy(struct wasi_preview1 *wasi, const struct wasi_texts *texts, uint32_t table, uint32_t bytes) {
    uint8_t *table_at;
    uint8_t *bytes_at;
    int r =
        preview1_at(wasi, table, (uint64_t)texts->count * sizeof(uint32_t), _Alignof(uint32_t), &table_at);
    r = r ? r : preview1_at(wasi, bytes, texts->length, 1, &bytes_at);
    if (r || !texts->count)
        return r;
    for (uint32_t i = 0; i < texts->count; i++) {
        /* No overflow: bytes + length lies in memory. */
        uint32_t pointer = bytes + texts->offsets[i];
        memcpy(table_at + (size_t)i * sizeof pointer, &pointer, sizeof pointer);
    }
    memcpy(bytes_at, texts->bytes, texts->length);
    return 0;
}

int preview1_args_get(struct wasi_preview1 *wasi, uint32_t table, uint32_t texts) {
    return copy(wasi, &wasi->args, table, texts);
}

int preview1_args_sizes_get(struct wasi_preview1 *wasi, uint32_t *ret_count, uint32_t *ret_bytes) {
    *ret_count = wasi->args.count;
    *ret_bytes = wasi->args.length;
    return 0;
}

int preview1_environ_get(struct wasi_preview1 *wasi, uint32_t table, uint32_t texts) {
    return copy(wasi, &wasi->env, table, texts);
}

int preview1_environ_sizes_get(struct wasi_preview1 *wasi, uint32_t *ret_count, uint32_t *ret_bytes) {
    *ret_count = wasi->env.count;
    *ret_bytes = wasi->env.length;
    return 0;
}
