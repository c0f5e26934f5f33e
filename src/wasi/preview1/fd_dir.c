/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Directories: the names granted ones have, and their entries. */
#include "host/dir.h"
#include "wasi/preview1/abi.h"
#include "wasi/preview1/stat.h"

/* The guest's name of a granted directory. @return NULL for what is none */
static const char *granted_name(const struct host_slot *fd) {
    return fd->file->preopened && fd->file->kind == HOST_DIRECTORY ? fd->file->path : NULL;
}

int preview1_fd_prestat_get(struct wasi_preview1 *wasi, struct host_slot *fd,
                            struct wasi_prestat *ret_prestat) {
    (void)wasi;
    const char *name = granted_name(fd);
    /* C libraries ask number after number and stop at this answer. */
    if (!name)
        return HOST_E_BADF;
    *ret_prestat = (struct wasi_prestat){.tag = WASI_PREOPEN_DIR, .name_len = (uint32_t)strlen(name)};
    return 0;
}

int preview1_fd_prestat_dir_name(struct wasi_preview1 *wasi, struct host_slot *fd,
                                 struct preview1_span path) {
    (void)wasi;
    const char *name = granted_name(fd);
    if (!name)
        return fd->file->kind == HOST_DIRECTORY ? HOST_E_BADF : HOST_E_NOTDIR;
    size_t length = strlen(name);
    if (length > path.size)
        return HOST_E_NAMETOOLONG;
    memcpy(path.data, name, length);
    return 0;
}

/* A buffer of the guest that entries are put into. */
struct listing {
    struct preview1_span buffer;
    uint32_t used;
};

/* Put what fits. @return false: it is full */
static bool put(struct listing *listing, const void *bytes, size_t count) {
    size_t left = listing->buffer.size - listing->used;
    size_t fits = count < left ? count : left;
    memcpy(listing->buffer.data + listing->used, bytes, fits);
    listing->used += (uint32_t)fits;
    return fits == count;
}

static bool put_entry(const struct host_entry *entry, void *user) {
    struct listing *listing = user;
    struct wasi_dirent head = {
        .next = entry->next,
        .ino = entry->inode,
        .namlen = (uint32_t)entry->name_length,
        .type = preview1_filetype(entry->type),
    };
    return put(listing, &head, sizeof head) && put(listing, entry->name, entry->name_length) &&
           listing->used < listing->buffer.size;
}

/* A buffer filled to its end means that there may be more: the guest asks again from the last cookie it has
 * whole. */
int preview1_fd_readdir(struct wasi_preview1 *wasi, struct host_slot *fd, struct preview1_span buffer,
                        uint64_t cookie, uint32_t *ret_used) {
    (void)wasi;
    struct listing listing = {.buffer = buffer};
    if (!buffer.size)
        return 0;
    /* One call's worth of entries, however large the buffer. */
    if (listing.buffer.size > PREVIEW1_IO_BYTES_MAX)
        listing.buffer.size = PREVIEW1_IO_BYTES_MAX;
    int r = host_dir_list(fd->file, cookie, true, put_entry, &listing);
    *ret_used = listing.used;
    return r;
}
