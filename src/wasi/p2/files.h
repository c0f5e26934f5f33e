/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the functions of wasi:filesystem/types share. */
#ifndef WASI_P2_FILES_H
#define WASI_P2_FILES_H

#include "host/dir.h"
#include "wasi/p2/give.h"

/* Flags, as bits in the order of the WIT. */
enum {
    P2_FLAG_READ = 1,
    P2_FLAG_WRITE = 2,
    P2_FLAG_FILE_SYNC = 4,
    P2_FLAG_DATA_SYNC = 8,
    P2_FLAG_READ_SYNC = 16,
    P2_FLAG_MUTATE_DIRECTORY = 32,
};
enum { P2_PATH_FOLLOW = 1 };
enum { P2_OPEN_CREATE = 1, P2_OPEN_DIRECTORY = 2, P2_OPEN_EXCLUSIVE = 4, P2_OPEN_TRUNCATE = 8 };

/** The type of a file as descriptor-type has it. */
uint32_t p2_descriptor_type(enum host_type type);

/** The file of a descriptor argument. @param ret_rights  what it was opened for; may be NULL */
static inline int p2_file(struct call *call, struct wasi_p2 *wasi, uint32_t index, struct host_file **ret,
                          unsigned *ret_rights) {
    struct p2_entry *entry;
    int r = p2_arg(call, wasi, index, P2_DESCRIPTOR, &entry, NULL);
    if (r)
        return r;
    *ret = entry->file;
    if (ret_rights)
        *ret_rights = entry->how;
    return 0;
}
/** A directory and a path beneath it: arguments index and path_index. */
static inline int p2_path(struct call *call, struct wasi_p2 *wasi, uint32_t index, uint32_t path_index,
                          struct host_file **ret, struct text *ret_path) {
    int r = p2_file(call, wasi, index, ret, NULL);
    return r ? r : view_string(call_arg(call, path_index), ret_path);
}
/** What must be there to write through a file. @return 0, HOST_E_BADF */
static inline int p2_need(const struct host_file *file, unsigned rights, unsigned wanted) {
    return file->kind == HOST_DIRECTORY || (rights & wanted) == wanted ? 0 : HOST_E_BADF;
}
/**
 * The answer for what beneath a directory was not granted: `read-only`, where the directory may be read and
 * that is all, else `not-permitted`.
 */
static inline int p2_dir_error(const struct host_file *dir, int error) {
    if (error != HOST_E_NOTCAPABLE || dir->kind != HOST_DIRECTORY)
        return error;
    return (dir->rights & (HOST_READ | HOST_WRITE)) == HOST_READ ? HOST_E_ROFS : error;
}
/** Done, or not, beneath a directory. */
static inline int p2_give_dir_done(struct call *call, const struct host_file *dir, int error) {
    return p2_give_file_done(call, p2_dir_error(dir, error));
}

#endif
