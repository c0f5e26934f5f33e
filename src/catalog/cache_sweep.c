/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Walks over the whole cache: eviction, removal by module, leftovers, verification, figures.  Others may
 * change the directory meanwhile; whatever vanishes under a walk is passed over.  One thread.
 */
#include <dirent.h>
#include <signal.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/sys.h"
#include "base/text.h"
#include "catalog/cache_internal.h"

#define YOUNG_S 60   /* a writer may be between two of its steps for this long */
#define OLD_S   3600 /* nobody writes one entry for longer than this */

struct found {
    char stem[CACHE_STEM_BYTES + 1];
    uint64_t bytes;
    int64_t used_s;
};

/* Call fn for each name; it may remove files. Names are read as they come: removal does not move the others.
 */
static void each_name(struct cache *cache, void (*fn)(struct cache *cache, const char *name, void *user),
                      void *user) {
    FD_AUTO fd = sys_openat(cache->fd, ".", O_RDONLY | O_DIRECTORY, 0);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir)
        return;
    (void)TAKE_FD(fd); /* the stream's now */
    for (const struct dirent *entry = readdir(dir); entry; entry = readdir(dir))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            fn(cache, entry->d_name, user);
    closedir(dir);
}

/* Take the stem from a name with this suffix. @return false where it is no such name */
static bool take_stem(const char *name, const char *suffix, char to[CACHE_STEM_BYTES + 1]) {
    if (strlen(name) != CACHE_STEM_BYTES + strlen(suffix) || !text_ends(name, suffix))
        return false;
    memcpy(to, name, CACHE_STEM_BYTES);
    to[CACHE_STEM_BYTES] = '\0';
    for (size_t i = 0; i < CACHE_STEM_BYTES; i++) {
        bool digit = (to[i] >= '0' && to[i] <= '9') || (to[i] >= 'a' && to[i] <= 'f');
        if (i == CACHE_PREFIX_DIGITS ? to[i] != '-' : !digit)
            return false;
    }
    return true;
}

static bool stat_of(struct cache *cache, const char *stem, const char *suffix, struct stat *ret) {
    char name[CACHE_NAME_BYTES];
    snprintf(name, sizeof(name), "%s%s", stem, suffix);
    return fstatat(cache->fd, name, ret, AT_SYMLINK_NOFOLLOW) == 0;
}

/* --- eviction and figures --- */

struct listing {
    struct found *list; /* owned */
    size_t count;
    size_t capacity;
    uint64_t entries;
    uint64_t bytes;
};

static void list_one(struct cache *cache, const char *name, void *user) {
    struct listing *l = user;
    struct found f;
    struct stat code, record;
    if (!take_stem(name, CACHE_CODE_SUFFIX, f.stem) || !stat_of(cache, f.stem, CACHE_CODE_SUFFIX, &code))
        return;
    f.bytes = (uint64_t)code.st_size;
    /* Code without a record counts as never used: it goes first. */
    f.used_s = stat_of(cache, f.stem, CACHE_RECORD_SUFFIX, &record) ? (int64_t)record.st_mtim.tv_sec : 0;
    l->entries++;
    l->bytes += f.bytes;
    if (l->count == l->capacity) {
        size_t capacity = l->capacity ? l->capacity * 2 : 64;
        struct found *list = mem_resize(l->list, capacity * sizeof(*list));
        if (!list)
            return; /* counted, but not to be evicted this time */
        l->list = list;
        l->capacity = capacity;
    }
    l->list[l->count++] = f;
}

static int by_use(const void *a, const void *b) {
    int64_t x = ((const struct found *)a)->used_s, y = ((const struct found *)b)->used_s;
    return (x > y) - (x < y);
}

void cache_evict(struct cache *cache, const char *keep) {
    struct listing l = {0};
    each_name(cache, list_one, &l);
    if (l.count && (l.entries > cache->entries_max || l.bytes > cache->bytes_max))
        qsort(l.list, l.count, sizeof(*l.list), by_use);
    for (size_t i = 0; i < l.count && (l.entries > cache->entries_max || l.bytes > cache->bytes_max); i++) {
        if (strcmp(l.list[i].stem, keep) == 0)
            continue;
        cache_drop(cache, l.list[i].stem);
        cache->evictions++;
        l.entries--;
        l.bytes -= l.list[i].bytes;
    }
    mem_free(l.list);
}

void cache_figures(struct cache *cache, struct cache_figures *ret) {
    struct listing l = {0};
    each_name(cache, list_one, &l);
    *ret = (struct cache_figures){
        .entries = l.entries,
        .bytes = l.bytes,
        .hits = cache->hits,
        .misses = cache->misses,
        .evictions = cache->evictions,
        .damaged = cache->damaged,
    };
    mem_free(l.list);
}

/* --- removal by module --- */

struct removal {
    const struct digest *module;
    char prefix[CACHE_PREFIX_DIGITS + 1];
    unsigned removed;
};

static void remove_one(struct cache *cache, const char *name, void *user) {
    struct removal *removal = user;
    char stem[CACHE_STEM_BYTES + 1];
    struct cache_record record;
    struct stat st;
    if (!text_starts(name, removal->prefix) || !take_stem(name, CACHE_CODE_SUFFIX, stem))
        return;
    /* The prefix is part of a digest only: another module's entry stays, one without a readable record goes.
     */
    int r = cache_record_load(cache, stem, &record, &st, NULL, NULL);
    if (r == 0 && !digest_equal(&record.module, removal->module))
        return;
    cache_drop(cache, stem);
    removal->removed++;
}

unsigned cache_remove(struct cache *cache, const struct digest *module) {
    struct removal removal = {.module = module};
    char hex[DIGEST_TEXT];
    digest_text(module, hex);
    memcpy(removal.prefix, hex, CACHE_PREFIX_DIGITS);
    each_name(cache, remove_one, &removal);
    return removal.removed;
}

/* --- sweeping and verifying --- */

struct sweep {
    struct problems *problems;
    int64_t now_s;
    unsigned bad;
};

static void note(struct sweep *s, const char *name, const char *text) {
    char subject[300];
    snprintf(subject, sizeof(subject), "cache/%.255s", name);
    problem_add(s->problems, ARCELLA_E_CORRUPT, subject, "%s", text);
}

/* A temporary file whose writer died. */
static bool is_abandoned(const char *name, const struct stat *st, int64_t now_s) {
    int64_t age = now_s - (int64_t)st->st_mtim.tv_sec;
    int pid = 0;
    const char *at = name + strlen(CACHE_TEMP_PREFIX);
    for (; *at >= '0' && *at <= '9' && pid < 100000000; at++)
        pid = pid * 10 + (*at - '0');
    if (age > OLD_S || pid == 0)
        return true;
    /* A pid of another container may look dead here, so it is given time. */
    return age > YOUNG_S && kill(pid, 0) < 0 && errno == ESRCH;
}

static void sweep_one(struct cache *cache, const char *name, void *user) {
    struct sweep *s = user;
    char stem[CACHE_STEM_BYTES + 1];
    struct stat st, other;
    if (fstatat(cache->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return;
    bool young = s->now_s - (int64_t)st.st_mtim.tv_sec <= YOUNG_S;
    if (text_starts(name, CACHE_TEMP_PREFIX)) {
        if (is_abandoned(name, &st, s->now_s))
            sys_unlinkat(cache->fd, name, 0);
    } else if (take_stem(name, CACHE_CODE_SUFFIX, stem)) {
        if (!cache_file_ok(&st, 0444)) {
            note(s, name, "belonged to another or had another mode; it was removed");
            cache_drop(cache, stem);
            cache->damaged++;
        } else if (!young && !stat_of(cache, stem, CACHE_RECORD_SUFFIX, &other)) {
            cache_drop(cache, stem);
        }
    } else if (take_stem(name, CACHE_RECORD_SUFFIX, stem)) {
        if (!stat_of(cache, stem, CACHE_CODE_SUFFIX, &other))
            cache_drop(cache, stem);
    } else {
        note(s, name, "is no file of the code cache; it is left as it is");
    }
}

void cache_sweep(struct cache *cache, struct problems *problems) {
    struct sweep s = {.problems = problems, .now_s = (int64_t)(clock_wall_ns() / 1000000000u)};
    each_name(cache, sweep_one, &s);
}

/* Hash one entry's code and compare. @return NULL, or what is wrong */
static const char *verify(struct cache *cache, const char *name, const char *stem) {
    struct cache_record record;
    struct stat st;
    struct digest found;
    int r = cache_record_load(cache, stem, &record, &st, NULL, NULL);
    if (r == ARCELLA_E_NOT_FOUND)
        return NULL; /* being written, or swept later */
    if (r < 0)
        return "has a damaged record";
    FD_AUTO fd = sys_openat(cache->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0);
    if (fd < 0)
        return errno == ENOENT ? NULL : "cannot be opened";
    if (sys_fstat(fd, &st) < 0 || !cache_file_ok(&st, 0444))
        return "belongs to another or has another mode";
    if (digest_of_fd(fd, LIMIT_CODE_BYTES, &found, NULL) < 0)
        return "cannot be read";
    return digest_equal(&found, &record.code) ? NULL : "does not have the digest of its record";
}

static void verify_one(struct cache *cache, const char *name, void *user) {
    struct sweep *s = user;
    char stem[CACHE_STEM_BYTES + 1], text[200];
    if (!take_stem(name, CACHE_CODE_SUFFIX, stem))
        return;
    const char *wrong = verify(cache, name, stem);
    if (!wrong)
        return;
    snprintf(text, sizeof(text), "%s; it was removed and is made anew when it is needed", wrong);
    note(s, name, text);
    cache_drop(cache, stem);
    cache->damaged++;
    s->bad++;
}

unsigned cache_verify(struct cache *cache, struct problems *problems) {
    struct sweep s = {.problems = problems};
    each_name(cache, verify_one, &s);
    return s.bad;
}
