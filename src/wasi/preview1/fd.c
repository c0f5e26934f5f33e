/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Descriptors as such: closing, renumbering, flags, rights, attributes. */
#include "wasi/preview1/abi.h"
#include "wasi/preview1/fdflags.h"
#include "wasi/preview1/stat.h"

int preview1_fd_close(struct wasi_preview1 *wasi, uint32_t fd) {
    return host_table_close(wasi->table, fd);
}

int preview1_fd_renumber(struct wasi_preview1 *wasi, uint32_t fd, uint32_t to) {
    return host_table_renumber(wasi->table, fd, to);
}

/* The type a descriptor shows.  A stream is a character device only where it is a terminal, which is what C
 * libraries take it for. */
static uint8_t filetype_of(const struct host_file *file) {
    if (file->type == HOST_TYPE_CHARACTER && !file->terminal && file->kind != HOST_REGULAR)
        return WASI_FILETYPE_UNKNOWN;
    return preview1_filetype(file->type);
}

int preview1_fd_fdstat_get(struct wasi_preview1 *wasi, struct host_slot *fd, struct wasi_fdstat *ret_stat) {
    (void)wasi;
    *ret_stat = (struct wasi_fdstat){
        .filetype = filetype_of(fd->file),
        .flags = preview1_fdflags_of(fd->file->flags),
        .rights_base = fd->words[PREVIEW1_BASE],
        .rights_inheriting = fd->words[PREVIEW1_INHERITING],
    };
    return 0;
}

int preview1_fd_fdstat_set_flags(struct wasi_preview1 *wasi, struct host_slot *fd, uint32_t flags) {
    (void)wasi;
    return host_file_set_flags(fd->file, preview1_fdflags_to(flags));
}

int preview1_fd_fdstat_set_rights(struct wasi_preview1 *wasi, struct host_slot *fd, uint64_t rights_base,
                                  uint64_t rights_inheriting) {
    (void)wasi;
    if (rights_base & ~fd->words[PREVIEW1_BASE] || rights_inheriting & ~fd->words[PREVIEW1_INHERITING])
        return HOST_E_NOTCAPABLE;
    fd->words[PREVIEW1_BASE] = rights_base;
    fd->words[PREVIEW1_INHERITING] = rights_inheriting;
    return 0;
}

int preview1_fd_filestat_get(struct wasi_preview1 *wasi, struct host_slot *fd,
                             struct wasi_filestat *ret_stat) {
    (void)wasi;
    struct host_stat stat;
    int r = host_file_stat(fd->file, &stat);
    if (r)
        return r;
    preview1_filestat(&stat, ret_stat);
    ret_stat->filetype = filetype_of(fd->file);
    return 0;
}

int preview1_fd_filestat_set_size(struct wasi_preview1 *wasi, struct host_slot *fd, uint64_t size) {
    (void)wasi;
    return host_file_set_size(fd->file, size);
}

int preview1_fd_filestat_set_times(struct wasi_preview1 *wasi, struct host_slot *fd, uint64_t atim,
                                   uint64_t mtim, uint32_t fst_flags) {
    (void)wasi;
    struct host_time times[2];
    int r = preview1_times(fst_flags, atim, mtim, times);
    return r ? r : host_file_set_times(fd->file, times[0], times[1]);
}
