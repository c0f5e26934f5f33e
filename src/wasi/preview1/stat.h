/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Attributes and time stamps between the host's form and preview 1's. */
#ifndef WASI_PREVIEW1_STAT_H
#define WASI_PREVIEW1_STAT_H

#include "host/file.h"
#include "wasi/preview1/types.h"

/** The preview 1 type of a type; preview 1 has none for pipes. */
static inline uint8_t preview1_filetype(enum host_type type) {
    static const uint8_t types[] = {
        [HOST_TYPE_UNKNOWN] = WASI_FILETYPE_UNKNOWN,
        [HOST_TYPE_BLOCK] = WASI_FILETYPE_BLOCK_DEVICE,
        [HOST_TYPE_CHARACTER] = WASI_FILETYPE_CHARACTER_DEVICE,
        [HOST_TYPE_DIRECTORY] = WASI_FILETYPE_DIRECTORY,
        [HOST_TYPE_FIFO] = WASI_FILETYPE_UNKNOWN,
        [HOST_TYPE_SYMLINK] = WASI_FILETYPE_SYMBOLIC_LINK,
        [HOST_TYPE_REGULAR] = WASI_FILETYPE_REGULAR_FILE,
        [HOST_TYPE_SOCKET_STREAM] = WASI_FILETYPE_SOCKET_STREAM,
        [HOST_TYPE_SOCKET_DATAGRAM] = WASI_FILETYPE_SOCKET_DGRAM,
    };
    return (size_t)type < ARRAY_LENGTH(types) ? types[type] : (uint8_t)WASI_FILETYPE_UNKNOWN;
}

static inline void preview1_filestat(const struct host_stat *from, struct wasi_filestat *to) {
    *to = (struct wasi_filestat){
        .dev = from->device,
        .ino = from->inode,
        .filetype = preview1_filetype(from->type),
        .nlink = from->links,
        .size = from->size_bytes,
        .atim = from->accessed_ns,
        .mtim = from->modified_ns,
        .ctim = from->changed_ns,
    };
}

/** How to set one stamp. @return 0, HOST_E_INVAL (a time, and the time now, at once) */
static inline int preview1_time(bool set, bool now, uint64_t ns, struct host_time *ret) {
    if (set && now)
        return HOST_E_INVAL;
    *ret = (struct host_time){now ? HOST_TIME_NOW : set ? HOST_TIME_SET : HOST_TIME_KEEP, set ? ns : 0};
    return 0;
}

/** How to set both. @return 0, HOST_E_INVAL */
static inline int preview1_times(uint32_t flags, uint64_t atim, uint64_t mtim, struct host_time ret[2]) {
    int r = preview1_time(flags & WASI_FST_ATIM, flags & WASI_FST_ATIM_NOW, atim, &ret[0]);
    return r ? r : preview1_time(flags & WASI_FST_MTIM, flags & WASI_FST_MTIM_NOW, mtim, &ret[1]);
}

#endif
