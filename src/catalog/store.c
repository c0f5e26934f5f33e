/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The module store: staging, reading, removing.  What a crash leaves is seen to by store_sweep.c.
 * Owned by the catalogue; one thread; blocking file work.
 */
#include "catalog/store.h"

#include <sys/random.h>

#include "base/fd.h"
#include "base/mem.h"
#include "base/sys.h"
#include "catalog/store_internal.h"

#define COPY_BYTES (64 * KIB)

int store_open(int modules_fd, struct store **ret, arcella_error **reterr) {
    struct store *store = mem_new(struct store);
    if (!store)
        return error_nomem(reterr);
    store->fd = modules_fd;
    *ret = store;
    return 0;
}

struct store *store_free(struct store *store) {
    mem_free(store);
    return NULL;
}

/* --- staging --- */

struct store_stage {
    struct store *store; /* borrowed */
    char name[40];       /* of the directory in modules/ */
    int fd;
    struct store_file files[STORE_FILES_MAX];
    int file_fds[STORE_FILES_MAX];
    size_t count;
    bool published;
};

int store_stage_new(struct store *store, struct store_stage **ret, arcella_error **reterr) {
    CLEANUP(store_stage_free_ptr) struct store_stage *stage = mem_new(struct store_stage);
    if (!stage)
        return error_nomem(reterr);
    stage->fd = -1;
    stage->published = true; /* nothing to remove yet */
    stage->store = store;
    uint64_t random;
    if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
        return error_set_errno(reterr, errno, "no random number");
    snprintf(stage->name, sizeof(stage->name), STAGE_PREFIX "%016" PRIx64, random);
    if (sys_mkdirat(store->fd, stage->name, 0700) < 0)
        return error_set_errno(reterr, errno, "cannot make a staging directory in modules/");
    stage->published = false;
    stage->fd = sys_openat(store->fd, stage->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
    if (stage->fd < 0)
        return error_set_errno(reterr, errno, "cannot open the staging directory");
    *ret = TAKE(stage);
    return 0;
}

struct store_stage *store_stage_free(struct store_stage *stage) {
    if (!stage)
        return NULL;
    for (size_t i = 0; i < stage->count; i++)
        fd_close(stage->file_fds[i]);
    fd_close(stage->fd);
    /* What cannot be removed now is removed by the sweep at the next start. */
    if (!stage->published && dir_remove_tree(stage->store->fd, stage->name, NULL) < 0)
        stage->published = true;
    mem_free(stage);
    return NULL;
}

int store_stage_fd(const struct store_stage *stage, size_t n) {
    return n < stage->count ? stage->file_fds[n] : -1;
}

const struct store_file *store_stage_file(const struct store_stage *stage, size_t n) {
    return n < stage->count ? &stage->files[n] : NULL;
}

static int too_large(uint64_t limit, arcella_error **reterr) {
    char text[32];
    text_format_size(limit, text, sizeof(text));
    return error_set(reterr, ARCELLA_E_TOO_LARGE, "it has more than %s", text);
}

/* Copy from offset 0 of a descriptor whose own offset stays: it may be shared with whoever sent it. */
static int copy_from_start(int from, int to, uint64_t limit, uint64_t *ret_bytes, arcella_error **reterr) {
    MEM_AUTO char *block = mem_alloc(COPY_BYTES);
    if (!block)
        return error_nomem(reterr);
    uint64_t total = 0;
    struct stat st;
    if (sys_fstat(from, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 && (uint64_t)st.st_size > limit)
        return too_large(limit, reterr);
    for (;;) {
        ssize_t got = sys_pread(from, block, COPY_BYTES, (off_t)total);
        if (got < 0)
            return error_set_errno(reterr, errno, "cannot read");
        if (got == 0)
            break;
        if ((uint64_t)got > limit - total)
            return too_large(limit, reterr);
        int r = fd_write_all(to, block, (size_t)got, reterr);
        if (r < 0)
            return r;
        total += (uint64_t)got;
    }
    *ret_bytes = total;
    return 0;
}

static bool is_staged(const struct store_stage *stage, const char *name) {
    for (size_t i = 0; i < stage->count; i++)
        if (strcmp(stage->files[i].name, name) == 0)
            return true;
    return false;
}

/* Copy into a new file of the stage and flush it. */
static int stage_copy(struct store_stage *stage, struct store_file *file, int fd, uint64_t limit,
                      arcella_error **reterr) {
    FD_AUTO to = sys_openat(stage->fd, file->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
    if (to < 0)
        return error_set_errno(reterr, errno, "cannot make the staged file");
    int r = copy_from_start(fd, to, limit, &file->size, reterr);
    if (r < 0)
        return r;
    if (fchmod(to, 0444) < 0)
        return error_set_errno(reterr, errno, "cannot set its mode");
    return sys_fsync(to) < 0 ? error_set_errno(reterr, errno, "cannot flush it") : 0;
}

int store_stage_add(struct store_stage *stage, const char *name, int fd, uint64_t limit,
                    arcella_error **reterr) {
    struct store_file file = {0};
    struct stat st;
    if (!store_file_name_ok(name) || stage->count >= STORE_FILES_MAX)
        return error_set(
            reterr, ARCELLA_E_INVALID,
            "a file cannot be stored under its name: it is longer than 255 bytes, begins with '.', or "
            "has control characters or bytes that are no UTF-8");
    if (is_staged(stage, name))
        return error_set(reterr, ARCELLA_E_INVALID, "two files of the package are called '%s'", name);
    if (sys_fstat(fd, &st) < 0)
        return error_set_errno(reterr, errno, "cannot look at '%s'", name);
    if (!S_ISREG(st.st_mode))
        return error_set(reterr, ARCELLA_E_INVALID, "'%s' is not a regular file", name);
    snprintf(file.name, sizeof(file.name), "%s", name);
    int r = stage_copy(stage, &file, fd, limit, reterr);
    if (r < 0)
        return error_wrap(reterr, r, "copy '%s'", name);
    /* Opened anew, read-only: this descriptor goes to the intake process. */
    FD_AUTO staged = sys_openat(stage->fd, name, O_RDONLY | O_NOFOLLOW, 0);
    if (staged < 0)
        return error_set_errno(reterr, errno, "cannot open the copy of '%s'", name);
    r = digest_of_fd(staged, limit, &file.digest, reterr);
    if (r < 0)
        return error_wrap(reterr, r, "copy of '%s'", name);
    stage->files[stage->count] = file;
    stage->file_fds[stage->count++] = TAKE_FD(staged);
    return 0;
}

/* The record, flushed, as the last file of the stage. */
static int write_record(struct store_stage *stage, const struct package_description *d, const char *source,
                        uint64_t wall_ms, arcella_error **reterr) {
    BUFFER_AUTO bytes = BUFFER_INIT(STORE_RECORD_BYTES + 256);
    int r = store_record_write(&d->id, stage->files, stage->count, source, wall_ms, d, &bytes, reterr);
    if (r < 0)
        return r;
    FD_AUTO fd = sys_openat(stage->fd, STORE_RECORD_FILE, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0400);
    if (fd < 0)
        return error_set_errno(reterr, errno, "cannot make it");
    r = fd_write_all(fd, bytes.data, bytes.length, reterr);
    if (r < 0)
        return r;
    return sys_fsync(fd) < 0 ? error_set_errno(reterr, errno, "cannot flush it") : 0;
}

int store_stage_publish(struct store_stage *stage, const struct package_description *d, const char *source,
                        uint64_t wall_ms, arcella_error **reterr) {
    int r = write_record(stage, d, source, wall_ms, reterr);
    if (r < 0)
        return error_wrap(reterr, r, "record of '%s'", d->id.text);
    r = dir_sync(stage->fd, reterr);
    if (r < 0)
        return r;
    /* A directory is never put in the place of one that holds something. */
    if (sys_renameat(stage->store->fd, stage->name, stage->store->fd, d->id.text) < 0) {
        if (errno == EEXIST || errno == ENOTEMPTY || errno == ENOTDIR)
            return error_set(reterr, ARCELLA_E_EXISTS, "'modules/%s' is there already", d->id.text);
        return error_set_errno(reterr, errno, "cannot put '%s' in its place", d->id.text);
    }
    r = dir_sync(stage->store->fd, reterr);
    if (r < 0) {
        /* Not known to be on disk, so it must not be seen: back, and away with the stage. */
        if (sys_renameat(stage->store->fd, d->id.text, stage->store->fd, stage->name) < 0)
            stage->published = true;
        return r;
    }
    stage->published = true;
    return 0;
}

/* --- reading --- */

bool store_has(struct store *store, const char *id) {
    struct stat st;
    return fstatat(store->fd, id, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

int store_open_dir(struct store *store, const char *name, int *ret_fd, arcella_error **reterr) {
    int fd = sys_openat(store->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
    if (fd < 0 && (errno == ENOTDIR || errno == ELOOP))
        return error_set(reterr, ARCELLA_E_CORRUPT, "'modules/%s' is no directory", name);
    if (fd < 0)
        return error_set_errno(reterr, errno, "cannot open 'modules/%s'", name);
    *ret_fd = fd;
    return 0;
}

int store_read(struct store *store, const char *id, struct store_record **ret, arcella_error **reterr) {
    FD_AUTO dir = -1;
    int r = store_open_dir(store, id, &dir, reterr);
    if (r < 0)
        return r;
    BUFFER_AUTO bytes = BUFFER_INIT(STORE_RECORD_BYTES + 256);
    r = file_read(dir, STORE_RECORD_FILE, STORE_RECORD_BYTES + 256, &bytes, reterr);
    /* A package without a record, or with something else in its place, is damaged; only that is not an I/O
     * error. */
    if (r == ARCELLA_E_NOT_FOUND || r == ARCELLA_E_INVALID || r == ARCELLA_E_TOO_LARGE)
        return error_set(reterr, ARCELLA_E_CORRUPT, "'modules/%s' has no record", id);
    if (r < 0)
        return error_wrap(reterr, r, "'modules/%s'", id);
    CLEANUP(store_record_free_ptr) struct store_record *record = NULL;
    r = store_record_read(bytes.data ? bytes.data : "", bytes.length, &record, reterr);
    if (r < 0)
        return error_wrap(reterr, r, "'modules/%s'", id);
    if (strcmp(record->id.text, id) != 0)
        return error_set(reterr, ARCELLA_E_CORRUPT, "'modules/%s' holds the record of '%s'", id,
                         record->id.text);
    *ret = TAKE(record);
    return 0;
}

int store_open_file(int dirfd, const char *id, const struct store_file *file, int *ret_fd,
                    arcella_error **reterr) {
    FD_AUTO fd = sys_openat(dirfd, file->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0);
    struct stat st;
    if (fd < 0 && (errno == ENOENT || errno == ELOOP))
        return error_set(reterr, ARCELLA_E_CORRUPT, "'modules/%s/%s' is gone", id, file->name);
    if (fd < 0 || sys_fstat(fd, &st) < 0)
        return error_set_errno(reterr, errno, "cannot open 'modules/%s/%s'", id, file->name);
    if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & (S_IWGRP | S_IWOTH)))
        return error_set(reterr, ARCELLA_E_CORRUPT,
                         "'modules/%s/%s' belongs to another or others may write to it", id, file->name);
    if ((uint64_t)st.st_size != file->size)
        return error_set(reterr, ARCELLA_E_CORRUPT, "'modules/%s/%s' has %jd bytes, not %" PRIu64, id,
                         file->name, (intmax_t)st.st_size, file->size);
    *ret_fd = TAKE_FD(fd);
    return 0;
}

/* Open a file and compare its digest. */
static int open_verified(int dirfd, const char *id, const struct store_file *file,
                         const struct digest *wanted, int *ret_fd, arcella_error **reterr) {
    FD_AUTO fd = -1;
    struct digest found;
    int r = store_open_file(dirfd, id, file, &fd, reterr);
    if (r == 0)
        r = digest_of_fd(fd, LIMIT_WASM_BYTES, &found, reterr);
    if (r < 0)
        return r;
    if (!digest_equal(&found, wanted) || !digest_equal(&file->digest, wanted)) {
        char is[DIGEST_TEXT], should[DIGEST_TEXT];
        digest_text(&found, is);
        digest_text(wanted, should);
        return error_set(reterr, ARCELLA_E_CORRUPT, "'modules/%s/%s' has the digest %s, not %s", id,
                         file->name, is, should);
    }
    *ret_fd = TAKE_FD(fd);
    return 0;
}

int store_open_binary(struct store *store, const char *id, const struct digest *digest, int *ret_fd,
                      arcella_error **reterr) {
    CLEANUP(store_record_free_ptr) struct store_record *record = NULL;
    FD_AUTO dir = -1;
    int r = store_read(store, id, &record, reterr);
    if (r == 0)
        r = store_open_dir(store, id, &dir, reterr);
    return r < 0 ? r : open_verified(dir, id, &record->files[0], digest, ret_fd, reterr);
}

int store_verify(struct store *store, const char *id, arcella_error **reterr) {
    CLEANUP(store_record_free_ptr) struct store_record *record = NULL;
    FD_AUTO dir = -1;
    int r = store_read(store, id, &record, reterr);
    if (r == 0)
        r = store_open_dir(store, id, &dir, reterr);
    for (size_t i = 0; r == 0 && i < record->file_count; i++) {
        FD_AUTO fd = -1;
        r = open_verified(dir, id, &record->files[i], &record->files[i].digest, &fd, reterr);
    }
    return r;
}

/* --- removing --- */

/* The name a package has while it is out of sight. */
static void gone_name(const char *id, char to[LIMIT_ID_BYTES + sizeof(GONE_PREFIX)]) {
    snprintf(to, LIMIT_ID_BYTES + sizeof(GONE_PREFIX), GONE_PREFIX "%s", id);
}

int store_hide(struct store *store, const char *id, arcella_error **reterr) {
    char gone[LIMIT_ID_BYTES + sizeof(GONE_PREFIX)];
    gone_name(id, gone);
    /* One left by an earlier removal stands in the way. */
    int r = dir_remove_tree(store->fd, gone, reterr);
    if (r < 0)
        return r;
    if (sys_renameat(store->fd, id, store->fd, gone) < 0)
        return error_set_errno(reterr, errno, "cannot take 'modules/%s' away", id);
    r = dir_sync(store->fd, reterr);
    /* Not known to be on disk, so it goes back; where that fails too, the sweep does it. */
    if (r < 0)
        (void)sys_renameat(store->fd, gone, store->fd, id);
    return r;
}

int store_unhide(struct store *store, const char *id, arcella_error **reterr) {
    char gone[LIMIT_ID_BYTES + sizeof(GONE_PREFIX)];
    gone_name(id, gone);
    if (sys_renameat(store->fd, gone, store->fd, id) < 0) {
        if (errno == EEXIST || errno == ENOTEMPTY)
            return error_set(reterr, ARCELLA_E_EXISTS, "'modules/%s' is there already", id);
        return error_set_errno(reterr, errno, "cannot put 'modules/%s' back", id);
    }
    return dir_sync(store->fd, reterr);
}

int store_delete_hidden(struct store *store, const char *id, arcella_error **reterr) {
    char gone[LIMIT_ID_BYTES + sizeof(GONE_PREFIX)];
    gone_name(id, gone);
    return dir_remove_tree(store->fd, gone, reterr);
}
