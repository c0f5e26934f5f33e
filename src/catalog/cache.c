/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The code cache: looking up, handing to workers; putting in is cache_put.c.  Nothing here waits for another
 * user of the cache: files appear by rename, and whoever finds something that does not fit removes it. Owned
 * by the program that opened it; one thread; blocking file work.
 */
#include "catalog/cache.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/sys.h"
#include "base/text.h"
#include "catalog/cache_internal.h"

#define USED_INTERVAL_S 60 /* last use is kept no finer than this: most lookups then write nothing */

/* --- names and files --- */

void cache_stem(const struct digest *module, const char *key, char to[CACHE_STEM_BYTES + 1]) {
    uint8_t bytes[DIGEST_BYTES + CACHE_KEY_BYTES];
    char hex[DIGEST_TEXT];
    size_t length = strnlen(key, CACHE_KEY_BYTES);
    memcpy(bytes, module->bytes, DIGEST_BYTES);
    memcpy(bytes + DIGEST_BYTES, key, length);
    struct digest digest = digest_of(bytes, DIGEST_BYTES + length);
    digest_text(module, hex);
    memcpy(to, hex, CACHE_PREFIX_DIGITS);
    to[CACHE_PREFIX_DIGITS] = '-';
    digest_text(&digest, to + CACHE_PREFIX_DIGITS + 1);
}

bool cache_file_ok(const struct stat *st, mode_t mode) {
    return S_ISREG(st->st_mode) && st->st_uid == geteuid() && (st->st_mode & 07777) == mode;
}

void cache_drop(struct cache *cache, const char *stem) {
    char name[CACHE_NAME_BYTES];
    /* The record first: code without a record is nothing. */
    snprintf(name, sizeof(name), "%s" CACHE_RECORD_SUFFIX, stem);
    sys_unlinkat(cache->fd, name, 0);
    snprintf(name, sizeof(name), "%s" CACHE_CODE_SUFFIX, stem);
    sys_unlinkat(cache->fd, name, 0);
}

int cache_open(const char *path, uint64_t entries_max, uint64_t bytes_max, struct cache **ret,
               arcella_error **reterr) {
    CLEANUP(cache_free_ptr) struct cache *cache = mem_new(struct cache);
    if (!cache)
        return error_nomem(reterr);
    cache->entries_max = entries_max ? entries_max : CACHE_ENTRIES_MAX;
    cache->bytes_max = bytes_max ? bytes_max : CACHE_BYTES_MAX;
    cache->fd = sys_openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0);
    if (cache->fd < 0 && errno == ENOENT) {
        int r = dir_make(path, 0700, reterr);
        if (r < 0)
            return error_wrap(reterr, r, "cache '%s'", path);
        cache->fd = sys_openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0);
    }
    struct stat st;
    if (cache->fd < 0 || sys_fstat(cache->fd, &st) < 0)
        return error_set_errno(reterr, errno, "cannot open the cache '%s'", path);
    if (st.st_uid != geteuid() || (st.st_mode & (S_IWGRP | S_IWOTH)))
        return error_set(
            reterr, ARCELLA_E_DENIED,
            "the cache '%s' belongs to another, or others may write to it: code from it is not used", path);
    cache->path = mem_text(path);
    if (!cache->path)
        return error_nomem(reterr);
    *ret = TAKE(cache);
    return 0;
}

struct cache *cache_free(struct cache *cache) {
    if (!cache)
        return NULL;
    fd_close(cache->fd);
    mem_free(cache->path);
    mem_free(cache);
    return NULL;
}

void cache_entry_done(struct cache_entry *entry) {
    entry->fd = fd_close(entry->fd);
}

char *cache_entry_path(const struct cache *cache, const struct cache_entry *entry) {
    return mem_format("%s/%s", cache->path, entry->name);
}

/* --- looking up --- */

void cache_set_entry(struct cache_entry *entry, const char *stem, const struct cache_record *record,
                     const struct stat *st, int fd) {
    snprintf(entry->name, sizeof(entry->name), "%s" CACHE_CODE_SUFFIX, stem);
    entry->fd = fd;
    entry->size = record->size;
    entry->code = record->code;
    entry->device = st->st_dev;
    entry->inode = st->st_ino;
}

/* Mark as used, for the choice of what to evict. */
static void touch(int record_fd, const struct stat *record_stat) {
    int64_t now = (int64_t)(clock_wall_ns() / 1000000000u);
    int64_t age = now - (int64_t)record_stat->st_mtim.tv_sec;
    if (age > USED_INTERVAL_S || age < 0)
        (void)futimens(record_fd, NULL);
}

/* Find and verify. @return CORRUPT where an entry is there and must go, with the reason */
static int look(struct cache *cache, const char *stem, const struct digest *module, const char *key,
                struct cache_entry *ret, arcella_error **reterr) {
    struct cache_record record;
    struct stat record_stat, st;
    FD_AUTO record_fd = -1;
    int r = cache_record_load(cache, stem, &record, &record_stat, &record_fd, reterr);
    if (r < 0)
        return r;
    if (!digest_equal(&record.module, module) || strcmp(record.key, key) != 0)
        return error_set(reterr, ARCELLA_E_CORRUPT, "a record is of other code");
    char name[CACHE_NAME_BYTES];
    snprintf(name, sizeof(name), "%s" CACHE_CODE_SUFFIX, stem);
    FD_AUTO fd = sys_openat(cache->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0);
    if (fd < 0 && (errno == ENOENT || errno == ELOOP))
        return error_set(reterr, ARCELLA_E_CORRUPT, "a record has no code");
    if (fd < 0 || sys_fstat(fd, &st) < 0)
        return error_set_errno(reterr, errno, "cannot open code in the cache");
    if (!cache_file_ok(&st, 0444))
        return error_set(reterr, ARCELLA_E_CORRUPT, "code belongs to another or has another mode");
    if (!cache_record_is(&record, &st)) {
        struct digest found;
        if (record.size != (uint64_t)st.st_size)
            return error_set(reterr, ARCELLA_E_CORRUPT, "code has another size");
        r = digest_of_fd(fd, LIMIT_CODE_BYTES, &found, reterr);
        if (r < 0)
            return r;
        if (!digest_equal(&found, &record.code))
            return error_set(reterr, ARCELLA_E_CORRUPT, "code has another digest");
        /* The same bytes in another file (a restored backup, two writers at once): known from now on. */
        cache_record_identify(&record, &st);
        /* Where it cannot be written (a read-only cache) the bytes are hashed each time. */
        (void)cache_record_store(cache, stem, &record, NULL);
    }
    touch(record_fd, &record_stat);
    cache_set_entry(ret, stem, &record, &st, TAKE_FD(fd));
    return 0;
}

int cache_check_key(const char *key, arcella_error **reterr) {
    if (strlen(key) > CACHE_KEY_BYTES || strchr(key, '\n'))
        return error_set(reterr, ARCELLA_E_INVALID, "a code key is longer than %d bytes or has two lines",
                         CACHE_KEY_BYTES);
    return 0;
}

int cache_lookup(struct cache *cache, const struct digest *module, const char *key, struct cache_entry *ret,
                 arcella_error **reterr) {
    char stem[CACHE_STEM_BYTES + 1];
    int r = cache_check_key(key, reterr);
    if (r < 0)
        return r;
    cache_stem(module, key, stem);
    r = look(cache, stem, module, key, ret, reterr);
    if (r == 0) {
        cache->hits++;
        return 0;
    }
    cache->misses++;
    if (r != ARCELLA_E_CORRUPT)
        return r;
    cache->damaged++;
    cache_drop(cache, stem);
    return error_set(reterr, ARCELLA_E_NOT_FOUND, "the cached code did not fit its record and was removed");
}

/* --- handing out --- */

/* A copy, for file systems that make no link. */
static int copy_to(const struct cache_entry *entry, int dirfd, const char *name, arcella_error **reterr) {
    char temporary[CACHE_NAME_BYTES];
    struct cache_record ignored = {0};
    if (!cache_temp_name(temporary))
        return error_set_errno(reterr, errno, "no random number");
    FD_AUTO fd = sys_openat(dirfd, temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
    if (fd < 0)
        return error_set_errno(reterr, errno, "cannot make '%s'", name);
    int r = cache_copy_code(entry->fd, fd, LIMIT_CODE_BYTES, NULL, &ignored, reterr);
    if (r == 0 && !digest_equal(&ignored.code, &entry->code))
        r = error_set(reterr, ARCELLA_E_CORRUPT, "code changed while it was copied");
    if (r == 0 && sys_renameat(dirfd, temporary, dirfd, name) < 0)
        r = error_set_errno(reterr, errno, "cannot put '%s' in its place", name);
    if (r < 0)
        unlinkat(dirfd, temporary, 0);
    return r;
}

/* Is the file of this name a copy that was made of the entry before? */
static bool is_copy_of(const struct cache_entry *entry, int dirfd, const char *name) {
    struct stat st;
    struct digest found;
    FD_AUTO fd = sys_openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0);
    return fd >= 0 && sys_fstat(fd, &st) == 0 && cache_file_ok(&st, 0444) &&
           (uint64_t)st.st_size == entry->size && digest_of_fd(fd, LIMIT_CODE_BYTES, &found, NULL) == 0 &&
           digest_equal(&found, &entry->code);
}

int cache_link(struct cache *cache, const struct cache_entry *entry, int dirfd, const char *name,
               arcella_error **reterr) {
    struct stat st;
    if (sys_linkat(cache->fd, entry->name, dirfd, name, 0) < 0) {
        int errnum = errno;
        if (errnum == EXDEV || errnum == EPERM || errnum == EMLINK || errnum == EOPNOTSUPP)
            return copy_to(entry, dirfd, name, reterr);
        if (errnum == ENOENT)
            return error_set(reterr, ARCELLA_E_CORRUPT, "the code is not in the cache any more");
        if (errnum != EEXIST)
            return error_set_errno(reterr, errnum, "cannot link the code to '%s'", name);
    }
    /* The name was linked, the descriptor was verified: they must be one file. */
    if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return error_set_errno(reterr, errno, "cannot look at '%s'", name);
    if (st.st_dev == entry->device && st.st_ino == entry->inode)
        return 0;
    if (is_copy_of(entry, dirfd, name))
        return 0; /* the same bytes, then: a file system without links, or an entry that was made anew */
    /* An older one of that name, or the entry was replaced between lookup and link. */
    unlinkat(dirfd, name, 0);
    return error_set(reterr, ARCELLA_E_CORRUPT, "the code was replaced in the cache meanwhile");
}
