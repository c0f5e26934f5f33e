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

/* Entries of a long directory that are read before others get a turn. */
#define ENTRIES_A_TURN 1024

/* A buffer of the guest that entries are put into. */
struct listing {
    struct preview1_span buffer;
    uint32_t used;
    unsigned entries; /* in this turn */
    uint64_t cookie;  /* of what comes after the last whole entry */
};

/* Put what fits. @return false: it is full */
static bool put(struct listing *listing, const void *bytes, size_t count) {
    size_t left = listing->buffer.size - listing->used;
    size_t fits = count < left ? count : left;
    memcpy(listing->buffer.data + listing->used, bytes, fits);
    listing->used += (uint32_t)fits;
    return fits == count;
}

static bool is_full(const struct listing *listing) {
    return listing->used == listing->buffer.size;
}

static bool put_entry(const struct host_entry *entry, void *user) {
    struct listing *listing = user;
    struct wasi_dirent head = {
        .next = entry->next,
        .ino = entry->inode,
        .namlen = (uint32_t)entry->name_length,
        .type = preview1_filetype(entry->type),
    };
    if (!put(listing, &head, sizeof head) || !put(listing, entry->name, entry->name_length))
        return false;
    listing->cookie = entry->next;
    return !is_full(listing) && ++listing->entries < ENTRIES_A_TURN;
}

/*
 * A buffer filled to its end means that there may be more, and the guest asks again from the last cookie it
 * has whole; one that is not means the end.  So a call goes on until one of both, however long the directory.
 */
int preview1_fd_readdir(struct wasi_preview1 *wasi, struct host_slot *fd, struct preview1_span buffer,
                        uint64_t cookie, uint32_t *ret_used) {
    struct listing listing = {.buffer = buffer, .cookie = cookie};
    while (!is_full(&listing)) {
        listing.entries = 0;
        int r = host_dir_list(fd->file, listing.cookie, true, put_entry, &listing);
        if (r)
            return r;
        if (listing.entries < ENTRIES_A_TURN)
            break;
        r = host_yield(wasi->host);
        if (r)
            return r;
    }
    *ret_used = listing.used;
    return 0;
}
