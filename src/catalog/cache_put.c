/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Putting code into the cache, in two steps: a stage copies, hashes and flushes to a temporary file, which
 * takes as long as the code is large and may run on a thread of the pool; committing it is a rename, a small
 * record and a look at the bounds, by the one thread that has the cache.
 *
 * A stage owns descriptors of its own, so it may outlive the cache it was made for; what was not committed is
 * removed with it.
 */
#include <fcntl.h>
#include <stdatomic.h>

#include "base/fd.h"
#include "base/mem.h"
#include "base/sys.h"
#include "base/text.h"
#include "catalog/cache_internal.h"

#define COPY_BYTES (256 * KIB)

struct cache_stage {
    int dir;  /* of the cache; owned */
    int from; /* the sender's code; owned */
    int fd;   /* of our copy, read-only; owned; -1: not filled */
    uint64_t limit;
    atomic_bool stop; /* the fill is to end */
    bool made;        /* the temporary is there */
    struct cache_record record;
    char stem[CACHE_STEM_BYTES + 1];
    char temporary[CACHE_NAME_BYTES];
};

int cache_copy_code(int from, int to, uint64_t limit, const atomic_bool *stop, struct cache_record *record,
                    arcella_error **reterr) {
    MEM_AUTO char *block = mem_alloc(COPY_BYTES);
    if (!block)
        return error_nomem(reterr);
    uint64_t total = 0;
    for (;;) {
        if (stop && atomic_load(stop))
            return error_set(reterr, ARCELLA_E_CANCELLED, "the code is not wanted any more");
        ssize_t got = sys_pread(from, block, COPY_BYTES, (off_t)total);
        if (got < 0)
            return error_set_errno(reterr, errno, "cannot read the code");
        if (got == 0)
            break;
        if ((uint64_t)got > limit - total)
            return error_set(reterr, ARCELLA_E_TOO_LARGE, "the code has more than %" PRIu64 " bytes", limit);
        int r = fd_write_all(to, block, (size_t)got, reterr);
        if (r < 0)
            return r;
        total += (uint64_t)got;
    }
    if (total == 0)
        return error_set(reterr, ARCELLA_E_INVALID, "the code is empty");
    /* Our copy is hashed, not the sender's, which might change under our hands. */
    int r = digest_of_fd(to, limit, &record->code, reterr);
    if (r < 0)
        return r;
    if (fchmod(to, 0444) < 0)
        return error_set_errno(reterr, errno, "cannot set the mode of the code");
    /* A record is believed without hashing again, so the bytes must be on disk before it. */
    struct stat st;
    if (sys_fsync(to) < 0 || sys_fstat(to, &st) < 0)
        return error_set_errno(reterr, errno, "cannot flush the code");
    cache_record_identify(record, &st);
    return 0;
}

struct cache_stage *cache_stage_free(struct cache_stage *stage) {
    if (!stage)
        return NULL;
    if (stage->made)
        unlinkat(stage->dir, stage->temporary, 0);
    fd_close(stage->fd);
    fd_close(stage->from);
    fd_close(stage->dir);
    mem_free(stage);
    return NULL;
}

static int duplicate(int fd, int *ret, arcella_error **reterr) {
    *ret = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    return *ret < 0 ? error_set_errno(reterr, errno, "cannot duplicate a descriptor") : 0;
}

int cache_stage_new(struct cache *cache, const struct digest *module, const char *key, int code_fd,
                    struct cache_stage **ret, arcella_error **reterr) {
    struct stat st;
    int r = cache_check_key(key, reterr);
    if (r < 0)
        return r;
    if (sys_fstat(code_fd, &st) < 0)
        return error_set_errno(reterr, errno, "cannot look at the code");
    if (!S_ISREG(st.st_mode))
        return error_set(reterr, ARCELLA_E_INVALID, "the code is no regular file");
    CLEANUP(cache_stage_free_ptr) struct cache_stage *stage = mem_new(struct cache_stage);
    if (!stage)
        return error_nomem(reterr);
    stage->dir = stage->from = stage->fd = -1;
    stage->limit = cache->bytes_max < LIMIT_CODE_BYTES ? cache->bytes_max : LIMIT_CODE_BYTES;
    stage->record.module = *module;
    text_copy(stage->record.key, sizeof(stage->record.key), key);
    cache_stem(module, key, stage->stem);
    if (!cache_temp_name(stage->temporary))
        return error_set_errno(reterr, errno, "no random number");
    r = duplicate(cache->fd, &stage->dir, reterr);
    if (r == 0)
        r = duplicate(code_fd, &stage->from, reterr);
    if (r == 0)
        *ret = TAKE(stage);
    return r;
}

int cache_stage_fill(struct cache_stage *stage, arcella_error **reterr) {
    FD_AUTO fd = sys_openat(stage->dir, stage->temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
    if (fd < 0)
        return error_set_errno(reterr, errno, "cannot make a file in the cache");
    stage->made = true;
    int r = cache_copy_code(stage->from, fd, stage->limit, &stage->stop, &stage->record, reterr);
    if (r < 0)
        return r;
    /* The descriptor that goes out must not be one for writing; opened before the name may be replaced. */
    stage->fd = sys_openat(stage->dir, stage->temporary, O_RDONLY | O_NOFOLLOW, 0);
    return stage->fd < 0 ? error_set_errno(reterr, errno, "cannot open the code") : 0;
}

void cache_stage_stop(struct cache_stage *stage) {
    atomic_store(&stage->stop, true);
}

int cache_stage_commit(struct cache *cache, struct cache_stage *stage, struct cache_entry *ret,
                       arcella_error **reterr) {
    if (stage->fd < 0 || !stage->made)
        return error_set(reterr, ARCELLA_E_STATE, "code that was not copied cannot be put into the cache");
    char name[CACHE_NAME_BYTES];
    snprintf(name, sizeof(name), "%s" CACHE_CODE_SUFFIX, stage->stem);
    if (sys_renameat(stage->dir, stage->temporary, cache->fd, name) < 0)
        return error_set_errno(reterr, errno, "cannot put the code in its place");
    stage->made = false;
    int r = cache_record_store(cache, stage->stem, &stage->record, reterr);
    if (r < 0)
        return r;
    cache_evict(cache, stage->stem);
    struct stat st;
    if (ret && sys_fstat(stage->fd, &st) < 0)
        return error_set_errno(reterr, errno, "cannot look at the code");
    if (ret)
        cache_set_entry(ret, stage->stem, &stage->record, &st, TAKE_FD(stage->fd));
    return 0;
}

int cache_put(struct cache *cache, const struct digest *module, const char *key, int code_fd,
              struct cache_entry *ret, arcella_error **reterr) {
    CLEANUP(cache_stage_free_ptr) struct cache_stage *stage = NULL;
    int r = cache_stage_new(cache, module, key, code_fd, &stage, reterr);
    if (r == 0)
        r = cache_stage_fill(stage, reterr);
    return r < 0 ? r : cache_stage_commit(cache, stage, ret, reterr);
}
