/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What is done with names beneath a directory.  Where a name may lead is room host's business. */
#include "host/dir.h"
#include "wasi/preview1/abi.h"
#include "wasi/preview1/fdflags.h"
#include "wasi/preview1/stat.h"

/* Rights that need the file open for writing. */
#define RIGHTS_OF_WRITING (WASI_RIGHT_FD_WRITE | WASI_RIGHT_FD_ALLOCATE | WASI_RIGHT_FD_FILESTAT_SET_SIZE)

static bool follows(uint32_t lookupflags) {
    return lookupflags & WASI_LOOKUP_SYMLINK_FOLLOW;
}

int preview1_path_create_directory(struct wasi_preview1 *wasi, struct host_slot *fd, struct text path) {
    (void)wasi;
    return host_dir_make(fd->file, path.data, path.length);
}

int preview1_path_filestat_get(struct wasi_preview1 *wasi, struct host_slot *fd, uint32_t flags,
                               struct text path, struct wasi_filestat *ret_stat) {
    (void)wasi;
    struct host_stat stat;
    int r = host_dir_stat(fd->file, path.data, path.length, follows(flags), &stat);
    if (!r)
        preview1_filestat(&stat, ret_stat);
    return r;
}

int preview1_path_filestat_set_times(struct wasi_preview1 *wasi, struct host_slot *fd, uint32_t flags,
                                     struct text path, uint64_t atim, uint64_t mtim, uint32_t fst_flags) {
    (void)wasi;
    struct host_time times[2];
    int r = preview1_times(fst_flags, atim, mtim, times);
    return r ? r : host_dir_set_times(fd->file, path.data, path.length, follows(flags), times[0], times[1]);
}

int preview1_path_link(struct wasi_preview1 *wasi, struct host_slot *old_fd, uint32_t old_flags,
                       struct text old_path, struct host_slot *new_fd, struct text new_path) {
    (void)wasi;
    /* A second name for what a link points to: no current runtime does that. */
    if (follows(old_flags))
        return HOST_E_INVAL;
    return host_dir_link(old_fd->file, old_path.data, old_path.length, new_fd->file, new_path.data,
                         new_path.length);
}

/* May this directory's descriptor be used to open like that? */
static int check_open(const struct host_slot *fd, uint32_t oflags, uint64_t rights, uint32_t fdflags) {
    uint64_t base = 0;
    uint64_t inheriting = rights & (WASI_RIGHT_FD_READ | WASI_RIGHT_FD_WRITE);
    if (oflags & WASI_O_CREAT)
        base |= WASI_RIGHT_PATH_CREATE_FILE;
    if (oflags & WASI_O_TRUNC)
        base |= WASI_RIGHT_PATH_FILESTAT_SET_SIZE;
    if (fdflags & WASI_FDFLAG_DSYNC)
        inheriting |= WASI_RIGHT_FD_DATASYNC;
    if (fdflags & (WASI_FDFLAG_SYNC | WASI_FDFLAG_RSYNC))
        inheriting |= WASI_RIGHT_FD_SYNC;
    if (fd->file->kind != HOST_DIRECTORY)
        return HOST_E_NOTDIR;
    if ((fd->words[PREVIEW1_BASE] & base) != base ||
        (fd->words[PREVIEW1_INHERITING] & inheriting) != inheriting)
        return HOST_E_NOTCAPABLE;
    return oflags & WASI_O_CREAT && oflags & WASI_O_DIRECTORY ? HOST_E_INVAL : 0;
}

int preview1_path_open(struct wasi_preview1 *wasi, struct host_slot *fd, uint32_t dirflags, struct text path,
                       uint32_t oflags, uint64_t rights_base, uint64_t rights_inheriting, uint32_t fdflags,
                       uint32_t *ret_opened) {
    (void)rights_inheriting; /* see rights.h */
    int r = check_open(fd, oflags, rights_base, fdflags);
    r = r ? r : host_table_room(wasi->table);
    if (r)
        return r;
    /* Only FD_WRITE says that it will be written: libraries ask for setting sizes on what they only read
     * (Go). */
    bool writes = rights_base & WASI_RIGHT_FD_WRITE && !(oflags & WASI_O_DIRECTORY);
    struct host_open how = {
        /* Truncating is writing, whatever is done with the descriptor afterwards. */
        .write = writes || oflags & WASI_O_TRUNC, .create = oflags & WASI_O_CREAT,
        .exclusive = oflags & WASI_O_EXCL,        .truncate = oflags & WASI_O_TRUNC,
        .directory = oflags & WASI_O_DIRECTORY,   .follow = follows(dirflags),
        .flags = preview1_fdflags_to(fdflags),
    };
    how.read = rights_base & WASI_RIGHT_FD_READ || !how.write;
    HOST_FILE_AUTO *file = NULL;
    r = host_dir_open(fd->file, path.data, path.length, &how, &file);
    if (r)
        return r;
    if (file->kind == HOST_DIRECTORY && rights_base & WASI_RIGHT_FD_WRITE)
        return HOST_E_ISDIR;
    uint64_t words[2];
    preview1_rights_of(file, words);
    if (file->kind != HOST_DIRECTORY) {
        if (!(rights_base & WASI_RIGHT_FD_READ))
            words[PREVIEW1_BASE] &= ~(uint64_t)WASI_RIGHT_FD_READ;
        if (!writes)
            words[PREVIEW1_BASE] &= ~(uint64_t)RIGHTS_OF_WRITING;
    }
    words[PREVIEW1_BASE] &= fd->words[PREVIEW1_INHERITING];
    words[PREVIEW1_INHERITING] &= fd->words[PREVIEW1_INHERITING];
    r = host_table_add(wasi->table, file, words, ret_opened);
    if (!r)
        TAKE(file);
    return r;
}

int preview1_path_readlink(struct wasi_preview1 *wasi, struct host_slot *fd, struct text path,
                           struct preview1_span buffer, uint32_t *ret_used) {
    (void)wasi;
    size_t used = 0;
    int r = host_dir_readlink(fd->file, path.data, path.length, (char *)buffer.data, buffer.size, &used);
    *ret_used = (uint32_t)used;
    return r;
}

int preview1_path_remove_directory(struct wasi_preview1 *wasi, struct host_slot *fd, struct text path) {
    (void)wasi;
    return host_dir_remove(fd->file, path.data, path.length);
}

int preview1_path_rename(struct wasi_preview1 *wasi, struct host_slot *fd, struct text old_path,
                         struct host_slot *new_fd, struct text new_path) {
    (void)wasi;
    return host_dir_rename(fd->file, old_path.data, old_path.length, new_fd->file, new_path.data,
                           new_path.length);
}

int preview1_path_symlink(struct wasi_preview1 *wasi, struct text old_path, struct host_slot *fd,
                          struct text new_path) {
    (void)wasi;
    return host_dir_symlink(fd->file, old_path.data, old_path.length, new_path.data, new_path.length);
}

int preview1_path_unlink_file(struct wasi_preview1 *wasi, struct host_slot *fd, struct text path) {
    (void)wasi;
    return host_dir_unlink(fd->file, path.data, path.length);
}
