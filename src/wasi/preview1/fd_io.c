/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Reading, writing and moving about in open files. */
#include "wasi/preview1/abi.h"

/* What was moved fits: a call moves PREVIEW1_IO_BYTES_MAX at most. */
static int moved(int r, size_t count, uint32_t *ret) {
    *ret = (uint32_t)count;
    return r;
}

int preview1_fd_read(struct wasi_preview1 *wasi, struct host_slot *fd, struct preview1_iovs *data,
                     uint32_t *ret_count) {
    (void)wasi;
    size_t count = 0;
    int r = host_file_read(fd->file, data->v, data->count, &count);
    return moved(r, count, ret_count);
}

int preview1_fd_write(struct wasi_preview1 *wasi, struct host_slot *fd, struct preview1_iovs *data,
                      uint32_t *ret_count) {
    (void)wasi;
    size_t count = 0;
    int r = host_file_write(fd->file, data->v, data->count, &count);
    return moved(r, count, ret_count);
}

/* A place in a file is for files that have places: the right to seek says so. */
static int check_place(const struct host_slot *fd) {
    if (fd->words[PREVIEW1_BASE] & WASI_RIGHT_FD_SEEK)
        return 0;
    return preview1_rights_refusal(fd, WASI_RIGHT_FD_SEEK);
}

int preview1_fd_pread(struct wasi_preview1 *wasi, struct host_slot *fd, struct preview1_iovs *data,
                      uint64_t offset, uint32_t *ret_count) {
    (void)wasi;
    size_t count = 0;
    int r = check_place(fd);
    r = r ? r : host_file_pread(fd->file, data->v, data->count, offset, &count);
    return moved(r, count, ret_count);
}

int preview1_fd_pwrite(struct wasi_preview1 *wasi, struct host_slot *fd, struct preview1_iovs *data,
                       uint64_t offset, uint32_t *ret_count) {
    (void)wasi;
    size_t count = 0;
    int r = check_place(fd);
    r = r ? r : host_file_pwrite(fd->file, data->v, data->count, offset, &count);
    return moved(r, count, ret_count);
}

int preview1_fd_seek(struct wasi_preview1 *wasi, struct host_slot *fd, int64_t offset, uint32_t whence,
                     uint64_t *ret_position) {
    (void)wasi;
    static const enum host_whence from[] = {
        [WASI_WHENCE_SET] = HOST_SEEK_SET,
        [WASI_WHENCE_CUR] = HOST_SEEK_CURRENT,
        [WASI_WHENCE_END] = HOST_SEEK_END,
    };
    /* Asking where we are needs less than moving. */
    bool tells = whence == WASI_WHENCE_CUR && offset == 0;
    uint64_t held = fd->words[PREVIEW1_BASE];
    if (!(held & WASI_RIGHT_FD_SEEK) && !(tells && held & WASI_RIGHT_FD_TELL))
        return preview1_rights_refusal(fd, WASI_RIGHT_FD_SEEK);
    return host_file_seek(fd->file, offset, from[whence], ret_position);
}

int preview1_fd_tell(struct wasi_preview1 *wasi, struct host_slot *fd, uint64_t *ret_position) {
    (void)wasi;
    return host_file_seek(fd->file, 0, HOST_SEEK_CURRENT, ret_position);
}

int preview1_fd_sync(struct wasi_preview1 *wasi, struct host_slot *fd) {
    (void)wasi;
    return host_file_sync(fd->file, false);
}

int preview1_fd_datasync(struct wasi_preview1 *wasi, struct host_slot *fd) {
    (void)wasi;
    return host_file_sync(fd->file, true);
}

int preview1_fd_allocate(struct wasi_preview1 *wasi, struct host_slot *fd, uint64_t offset, uint64_t length) {
    (void)wasi;
    return host_file_allocate(fd->file, offset, length);
}

int preview1_fd_advise(struct wasi_preview1 *wasi, struct host_slot *fd, uint64_t offset, uint64_t length,
                       uint32_t advice) {
    (void)wasi;
    static const enum host_advice advices[] = {
        [WASI_ADVICE_NORMAL] = HOST_ADVICE_NORMAL,     [WASI_ADVICE_SEQUENTIAL] = HOST_ADVICE_SEQUENTIAL,
        [WASI_ADVICE_RANDOM] = HOST_ADVICE_RANDOM,     [WASI_ADVICE_WILLNEED] = HOST_ADVICE_WILLNEED,
        [WASI_ADVICE_DONTNEED] = HOST_ADVICE_DONTNEED, [WASI_ADVICE_NOREUSE] = HOST_ADVICE_NOREUSE,
    };
    return host_file_advise(fd->file, offset, length, advices[advice]);
}
