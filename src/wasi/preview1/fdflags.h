/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Descriptor flags between the host's bits and preview 1's. */
#ifndef WASI_PREVIEW1_FDFLAGS_H
#define WASI_PREVIEW1_FDFLAGS_H

#include "host/file.h"
#include "wasi/preview1/types.h"

#define PREVIEW1_FDFLAG_MAP(XX)                                                                              \
    XX(APPEND)                                                                                               \
    XX(NONBLOCK)                                                                                             \
    XX(DSYNC)                                                                                                \
    XX(RSYNC)                                                                                                \
    XX(SYNC)

/** enum host_flags as enum wasi_fdflags. */
static inline uint16_t preview1_fdflags_of(unsigned flags) {
    uint16_t to = 0;
#define XX(name) to |= flags & HOST_##name ? WASI_FDFLAG_##name : 0;
    PREVIEW1_FDFLAG_MAP(XX)
#undef XX
    return to;
}

/** enum wasi_fdflags as enum host_flags. */
static inline unsigned preview1_fdflags_to(uint32_t flags) {
    unsigned to = 0;
#define XX(name) to |= flags & WASI_FDFLAG_##name ? HOST_##name : 0;
    PREVIEW1_FDFLAG_MAP(XX)
#undef XX
    return to;
}

#endif
