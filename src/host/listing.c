/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Reading directories: from a cookie on to a callback, or one entry after the other.  Both take the kernel's
 * own buffer apart.  The loop's thread.
 */
#include "host/listing.h"

#include <dirent.h>

#include "base/fd.h"
#include "host/inside.h"

/* One read of the kernel's: on a fiber's stack, and in memory of a listing's. */
#define STACK_BYTES   8192
#define LISTING_BYTES ((size_t)32 * 1024)
/* Reads before others get a turn. */
#define READS_PER_TURN 32

/* What one read brought. */
struct entries {
    int fd;
    uint64_t own_inode;
    bool dots;
    const char *bytes;
    size_t at;
    size_t length;
};

static enum host_type type_of_entry(int fd, const struct dirent64 *entry) {
    static const unsigned char map[] = {
        [DT_FIFO] = HOST_TYPE_FIFO,         [DT_CHR] = HOST_TYPE_CHARACTER, [DT_DIR] = HOST_TYPE_DIRECTORY,
        [DT_BLK] = HOST_TYPE_BLOCK,         [DT_REG] = HOST_TYPE_REGULAR,   [DT_LNK] = HOST_TYPE_SYMLINK,
        [DT_SOCK] = HOST_TYPE_SOCKET_STREAM};
    if (entry->d_type != DT_UNKNOWN && entry->d_type < sizeof(map))
        return map[entry->d_type];
    struct stat st;
    if (fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return HOST_TYPE_UNKNOWN;
    return host_type_of_mode(st.st_mode);
}

/* The next entry of one read. @return false: none is left */
static bool next_entry(struct entries *entries, struct host_entry *ret) {
    while (entries->at < entries->length) {
        const struct dirent64 *entry = (const struct dirent64 *)(const void *)(entries->bytes + entries->at);
        entries->at += entry->d_reclen;
        bool dot = strcmp(entry->d_name, ".") == 0;
        bool dotdot = strcmp(entry->d_name, "..") == 0;
        if ((dot || dotdot) && !entries->dots)
            continue;
        *ret = (struct host_entry){
            .next = (uint64_t)entry->d_off,
            /* What is above is none of the guest's business. */
            .inode = dotdot ? entries->own_inode : entry->d_ino,
            .type = dot || dotdot ? HOST_TYPE_DIRECTORY : type_of_entry(entries->fd, entry),
            .name = entry->d_name,
            .name_length = strlen(entry->d_name),
        };
        return true;
    }
    return false;
}

/* --- from a cookie on --- */

int host_dir_list(struct host_file *dir, uint64_t cookie, bool dots, host_entry_fn *fn, void *user) {
    int r = host_dir_need(dir, HOST_READ, "", 0);
    if (r)
        return r;
    struct stat st;
    if (cookie > INT64_MAX)
        return HOST_E_INVAL;
    if (sys_fstat(dir->fd, &st) < 0 || lseek(dir->fd, (off_t)cookie, SEEK_SET) < 0)
        return host_errno();
    for (unsigned reads = 1;; reads++) {
        _Alignas(struct dirent64) char bytes[STACK_BYTES];
        ssize_t n = SYS_RETRY_(ssize_t, getdents64(dir->fd, bytes, sizeof(bytes)));
        if (n < 0)
            return host_errno();
        if (n == 0)
            return 0;
        struct entries entries = {dir->fd, st.st_ino, dots, bytes, 0, (size_t)n};
        struct host_entry entry;
        while (next_entry(&entries, &entry))
            if (!fn(&entry, user))
                return 0;
        if (reads % READS_PER_TURN == 0) {
            r = host_yield(dir->host);
            if (r)
                return r;
        }
    }
}

/* --- one after the other --- */

struct host_listing {
    struct host_file *dir; /* owned reference: its rights are asked for with each read */
    int fd;                /* owned */
    bool shared;           /* its description is the directory's, whose position others move */
    uint64_t next;         /* shared: where to read on */
    struct entries entries;
    _Alignas(struct dirent64) char bytes[LISTING_BYTES];
};

/* A description of our own; where the directory's mode forbids that to this user, the granted one. */
static int open_own(struct host_file *dir, bool *ret_shared) {
    int fd = sys_openat(dir->fd, ".", O_RDONLY | O_DIRECTORY, 0);
    *ret_shared = fd < 0;
    return fd < 0 && errno == EACCES ? SYS_CALL_(fcntl(dir->fd, F_DUPFD_CLOEXEC, 0)) : fd;
}

int host_listing_new(struct host_file *dir, struct host_listing **ret) {
    int r = host_dir_need(dir, HOST_READ, "", 0);
    r = r ? r : host_file_room(dir->host);
    if (r)
        return r;
    bool shared;
    FD_AUTO fd = open_own(dir, &shared);
    if (fd < 0)
        return host_errno();
    if (!host_take(dir->host, sizeof(struct host_listing)))
        return HOST_E_NOMEM;
    struct host_listing *listing = mem_new(struct host_listing);
    if (!listing) {
        host_give(dir->host, sizeof(struct host_listing));
        return HOST_E_NOMEM;
    }
    listing->dir = host_file_ref(dir);
    listing->shared = shared;
    listing->fd = TAKE_FD(fd);
    listing->entries = (struct entries){.fd = listing->fd, .bytes = listing->bytes};
    dir->host->files_open++;
    *ret = listing;
    return 0;
}

struct host_listing *host_listing_free(struct host_listing *listing) {
    if (!listing)
        return NULL;
    struct host *host = listing->dir->host;
    fd_close(listing->fd);
    host_file_unref(listing->dir);
    mem_free(listing);
    host_give(host, sizeof(struct host_listing));
    host->files_open--;
    return NULL;
}

int host_listing_next(struct host_listing *listing, struct host_entry *ret) {
    struct entries *entries = &listing->entries;
    *ret = (struct host_entry){0};
    while (!next_entry(entries, ret)) {
        int r = host_dir_need(listing->dir, HOST_READ, "", 0);
        if (r)
            return r;
        if (listing->shared && lseek(listing->fd, (off_t)listing->next, SEEK_SET) < 0)
            return host_errno();
        ssize_t n = SYS_RETRY_(ssize_t, getdents64(listing->fd, listing->bytes, sizeof(listing->bytes)));
        entries->at = 0;
        entries->length = n < 0 ? 0 : (size_t)n;
        /* A directory that was removed meanwhile has no more entries. */
        if (n == 0 || (n < 0 && errno == ENOENT))
            return 0;
        if (n < 0)
            return host_errno();
        if (listing->shared)
            listing->next = (uint64_t)lseek(listing->fd, 0, SEEK_CUR);
    }
    return 0;
}
