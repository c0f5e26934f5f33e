/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The code cache: hits, misses, damage, hand-out, eviction, two users at once. */
#include "fixture.h"

#include <sys/wait.h>

#include "base/clock.h"

#define CACHE_AUTO CLEANUP(cache_free_ptr) struct cache
#define ENTRY_AUTO CLEANUP(cache_entry_done) struct cache_entry

static const char key[] = "engine 48.0.8; stack 512k; cpu avx2; rewrite 1";

static struct digest module(const char *bytes) {
    return digest_of(bytes, strlen(bytes));
}

static struct cache *open_cache(const char *name) {
    struct cache *cache = NULL;
    MUST(cache_open(name, 0, 0, &cache, &why));
    return cache;
}

static void put(struct cache *cache, const char *module_bytes, const char *code) {
    struct digest m = module(module_bytes);
    FD_AUTO fd = text_fd(code);
    MUST(cache_put(cache, &m, key, fd, NULL, &why));
}

static int look(struct cache *cache, const char *module_bytes, struct cache_entry *entry) {
    struct digest m = module(module_bytes);
    return cache_lookup(cache, &m, key, entry, NULL);
}

/* Path of the one file in a cache with this ending. */
static void find_file(const char *dir, const char *ending, char *to, size_t size) {
    DIR *d = opendir(dir);
    assert_non_null(d);
    to[0] = '\0';
    for (struct dirent *e = readdir(d); e; e = readdir(d))
        if (strlen(e->d_name) > strlen(ending) &&
            strcmp(e->d_name + strlen(e->d_name) - strlen(ending), ending) == 0)
            snprintf(to, size, "%s/%s", dir, e->d_name);
    closedir(d);
    assert_true(to[0] != '\0');
}

static void what_was_put_is_found(void **state) {
    (void)state;
    CACHE_AUTO *cache = open_cache("found/deep");
    ENTRY_AUTO entry = CACHE_ENTRY_INIT;
    ENTRY_AUTO again = CACHE_ENTRY_INIT;
    struct digest m = module("m");
    assert_int_equal(look(cache, "m", &entry), ARCELLA_E_NOT_FOUND);
    FD_AUTO code = text_fd("machine code");
    assert_int_equal(lseek(code, 5, SEEK_SET), 5);
    MUST(cache_put(cache, &m, key, code, &entry, &why));
    assert_int_equal(entry.size, 12);
    MUST(cache_lookup(cache, &m, key, &again, &why));
    char bytes[20] = "";
    assert_int_equal(pread(again.fd, bytes, sizeof(bytes), 0), 12);
    assert_string_equal(bytes, "machine code");
    assert_int_equal(fcntl(again.fd, F_GETFL) & O_ACCMODE, O_RDONLY);
    assert_int_equal(fcntl(entry.fd, F_GETFL) & O_ACCMODE, O_RDONLY);
    assert_true(again.inode == entry.inode && strcmp(again.name, entry.name) == 0);
    struct stat st;
    MEM_AUTO char *path = cache_entry_path(cache, &again);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0444);
    /* Another module, another key: other code. */
    ENTRY_AUTO other = CACHE_ENTRY_INIT;
    assert_int_equal(look(cache, "n", &other), ARCELLA_E_NOT_FOUND);
    assert_int_equal(cache_lookup(cache, &m, "engine 49", &other, NULL), ARCELLA_E_NOT_FOUND);
    struct cache_figures figures;
    cache_figures(cache, &figures);
    assert_int_equal(figures.entries, 1);
    assert_int_equal(figures.bytes, 12);
    assert_int_equal(figures.hits, 1);
    assert_int_equal(figures.misses, 3);
    assert_int_equal(figures.damaged, 0);
    /* It outlives the one who made it. */
    CACHE_AUTO *next = open_cache("found/deep");
    assert_int_equal(look(next, "m", &other), 0);
    assert_int_equal(folder_count("found/deep"), 2);
}

static void bad_code_is_not_taken(void **state) {
    (void)state;
    CACHE_AUTO *cache = NULL;
    struct digest m = module("m");
    MUST(cache_open("small", 10, 100, &cache, &why));
    FD_AUTO empty = text_fd("");
    assert_int_equal(cache_put(cache, &m, key, empty, NULL, NULL), ARCELLA_E_INVALID);
    FD_AUTO large = text_fd("0123456789012345678901234567890123456789012345678901234567890123456789"
                            "0123456789012345678901234567890");
    assert_int_equal(cache_put(cache, &m, key, large, NULL, NULL), ARCELLA_E_TOO_LARGE);
    FD_AUTO dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(cache_put(cache, &m, key, dir, NULL, NULL), ARCELLA_E_INVALID);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(cache_put(cache, &m, key, ends[0], NULL, NULL), ARCELLA_E_INVALID);
    close(ends[0]);
    close(ends[1]);
    MEM_AUTO char *long_key = mem_alloc(3000);
    memset(long_key, 'k', 2999);
    assert_int_equal(cache_put(cache, &m, long_key, large, NULL, NULL), ARCELLA_E_INVALID);
    assert_int_equal(cache_put(cache, &m, "two\nlines", large, NULL, NULL), ARCELLA_E_INVALID);
    assert_int_equal(folder_count("small"), 0);
}

/* In steps, as the daemon does it: what is not committed leaves nothing behind. */
static void code_is_put_in_steps(void **state) {
    (void)state;
    CACHE_AUTO *cache = open_cache("steps");
    struct digest m = module("m");
    ENTRY_AUTO entry = CACHE_ENTRY_INIT;
    struct cache_stage *stage = NULL;
    FD_AUTO code = text_fd("machine code");
    MUST(cache_stage_new(cache, &m, key, code, &stage, &why));
    assert_int_equal(cache_stage_commit(cache, stage, NULL, NULL), ARCELLA_E_STATE);
    MUST(cache_stage_fill(stage, &why));
    assert_int_equal(folder_count("steps"), 1);
    assert_int_equal(look(cache, "m", &entry), ARCELLA_E_NOT_FOUND);
    MUST(cache_stage_commit(cache, stage, NULL, &why));
    assert_int_equal(cache_stage_commit(cache, stage, NULL, NULL), ARCELLA_E_STATE);
    stage = cache_stage_free(stage);
    assert_int_equal(look(cache, "m", &entry), 0);
    assert_int_equal(folder_count("steps"), 2);
    /* Filled and then not wanted, by a cache that is gone already. */
    MUST(cache_stage_new(cache, &m, "other", code, &stage, &why));
    cache = cache_free(cache);
    MUST(cache_stage_fill(stage, &why));
    assert_int_equal(folder_count("steps"), 3);
    stage = cache_stage_free(stage);
    assert_int_equal(folder_count("steps"), 2);
    /* Stopped on the way. */
    cache = open_cache("steps");
    MUST(cache_stage_new(cache, &m, "other", code, &stage, &why));
    cache_stage_stop(stage);
    assert_int_equal(cache_stage_fill(stage, NULL), ARCELLA_E_CANCELLED);
    cache_stage_free(stage);
    assert_int_equal(folder_count("steps"), 2);
}

/* Each way an entry can be wrong: a miss, the entry gone, and a new one can be put. */
static void damage_is_a_miss(void **state) {
    (void)state;
    enum {
        FLIP,
        CUT,
        GROWN,
        EMPTY,
        MODE,
        OWNER,
        LINK,
        GONE,
        RECORD_FLIP,
        RECORD_CUT,
        RECORD_OWNER,
        SWAPPED,
        KINDS
    };
    for (int kind = 0; kind < KINDS; kind++) {
        char dir[32], code[PATH_MAX], record[PATH_MAX];
        snprintf(dir, sizeof(dir), "damage-%d", kind);
        CACHE_AUTO *cache = open_cache(dir);
        put(cache, "m", "machine code");
        find_file(dir, ".code", code, sizeof(code));
        find_file(dir, ".record", record, sizeof(record));
        switch (kind) {
        case FLIP:
            damage_file(code, 3);
            assert_int_equal(chmod(code, 0444), 0);
            break;
        case CUT:
            assert_int_equal(chmod(code, 0600), 0);
            assert_int_equal(truncate(code, 6), 0);
            assert_int_equal(chmod(code, 0444), 0);
            break;
        case GROWN:
            assert_int_equal(chmod(code, 0600), 0);
            assert_int_equal(truncate(code, 4096), 0);
            assert_int_equal(chmod(code, 0444), 0);
            break;
        case EMPTY:
            assert_int_equal(chmod(code, 0600), 0);
            assert_int_equal(truncate(code, 0), 0);
            assert_int_equal(chmod(code, 0444), 0);
            break;
        case MODE: assert_int_equal(chmod(code, 0644), 0); break;
        case OWNER:
        case RECORD_OWNER:
            if (geteuid() != 0) {
                print_message("a file of another user: needs root\n");
                continue;
            }
            assert_int_equal(chown(kind == OWNER ? code : record, 65534, 65534), 0);
            break;
        case LINK:
            assert_int_equal(rename(code, "elsewhere"), 0);
            assert_int_equal(symlink("../elsewhere", code), 0);
            break;
        case GONE: assert_int_equal(unlink(code), 0); break;
        case RECORD_FLIP:
            damage_file(record, 40);
            assert_int_equal(chmod(record, 0400), 0);
            break;
        case RECORD_CUT:
            assert_int_equal(chmod(record, 0600), 0);
            assert_int_equal(truncate(record, 100), 0);
            assert_int_equal(chmod(record, 0400), 0);
            break;
        case SWAPPED: {
            /* The record and code of another module under this one's name. */
            char other[PATH_MAX];
            snprintf(other, sizeof(other), "damage-%d-other", kind);
            CACHE_AUTO *source = open_cache(other);
            put(source, "n", "other code!!");
            char from[PATH_MAX];
            find_file(other, ".code", from, sizeof(from));
            assert_int_equal(rename(from, code), 0);
            find_file(other, ".record", from, sizeof(from));
            assert_int_equal(rename(from, record), 0);
            break;
        }
        default: break;
        }
        ENTRY_AUTO entry = CACHE_ENTRY_INIT;
        if (look(cache, "m", &entry) != ARCELLA_E_NOT_FOUND)
            fail_msg("damage %d was not seen", kind);
        struct cache_figures figures;
        cache_figures(cache, &figures);
        assert_int_equal(figures.damaged, 1);
        assert_int_equal(folder_count(dir), 0);
        put(cache, "m", "machine code");
        assert_int_equal(look(cache, "m", &entry), 0);
    }
}

/* The same bytes in another file (a restored backup) are verified once, then known. */
static void moved_files_are_hashed_once(void **state) {
    (void)state;
    char code[PATH_MAX];
    CACHE_AUTO *cache = open_cache("moved");
    put(cache, "m", "machine code");
    find_file("moved", ".code", code, sizeof(code));
    write_file("copy", "machine code");
    assert_int_equal(chmod("copy", 0444), 0);
    assert_int_equal(rename("copy", code), 0);
    ENTRY_AUTO entry = CACHE_ENTRY_INIT;
    assert_int_equal(look(cache, "m", &entry), 0);
    struct stat st;
    assert_int_equal(fstat(entry.fd, &st), 0);
    assert_true(st.st_ino == entry.inode);
    cache_entry_done(&entry);
#ifdef ARCELLA_FAULTS
    /* The second look reads the record and nothing of the code. */
    fault_set(FAULT_SYS, 0, 0);
    assert_int_equal(look(cache, "m", &entry), 0);
    assert_true(fault_count(FAULT_SYS) <= 5);
#endif
}

static void code_is_handed_out(void **state) {
    (void)state;
    CACHE_AUTO *cache = open_cache("handed");
    ENTRY_AUTO entry = CACHE_ENTRY_INIT;
    put(cache, "m", "machine code");
    assert_int_equal(look(cache, "m", &entry), 0);
    assert_int_equal(mkdir("code", 0700), 0);
    FD_AUTO dir = open("code", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    MUST(cache_link(cache, &entry, dir, "1.code", &why));
    MUST(cache_link(cache, &entry, dir, "1.code", &why)); /* there already */
    struct stat st;
    assert_int_equal(stat("code/1.code", &st), 0);
    assert_true(st.st_ino == entry.inode && st.st_nlink == 2);
    /* Linking changes the file's ctime, which must not make it another. */
    cache_entry_done(&entry);
    struct cache_figures figures;
    assert_int_equal(look(cache, "m", &entry), 0);
    /* Evicted while a worker has it: the worker keeps its link. */
    struct digest m = module("m");
    assert_int_equal(cache_remove(cache, &m), 1);
    assert_true(exists("code/1.code"));
    ERROR_AUTO *error = NULL;
    assert_int_equal(cache_link(cache, &entry, dir, "2.code", &error), ARCELLA_E_CORRUPT);
    /* Replaced between lookup and link. */
    put(cache, "m", "machine code 2");
    arcella_error_free(TAKE(error));
    assert_int_equal(cache_link(cache, &entry, dir, "2.code", &error), ARCELLA_E_CORRUPT);
    assert_false(exists("code/2.code"));
    cache_figures(cache, &figures);
    assert_int_equal(figures.entries, 1);
#ifdef ARCELLA_FAULTS
    /* A file system that makes no links gets a copy. */
    cache_entry_done(&entry);
    assert_int_equal(look(cache, "m", &entry), 0);
    fault_set(FAULT_SYS, 1, EXDEV);
    MUST(cache_link(cache, &entry, dir, "3.code", &why));
    fault_set(FAULT_SYS, 0, 0);
    assert_int_equal(stat("code/3.code", &st), 0);
    assert_true(st.st_ino != entry.inode && (st.st_mode & 07777) == 0444 && st.st_size == 14);
    /* The copy stays for the next one who asks, unless it has become something else. */
    ino_t copy = st.st_ino;
    MUST(cache_link(cache, &entry, dir, "3.code", &why));
    assert_int_equal(stat("code/3.code", &st), 0);
    assert_true(st.st_ino == copy);
    assert_int_equal(chmod("code/3.code", 0644), 0);
    assert_int_equal(cache_link(cache, &entry, dir, "3.code", NULL), ARCELLA_E_CORRUPT);
    assert_false(exists("code/3.code"));
#endif
}

static void the_least_used_goes_first(void **state) {
    (void)state;
    CACHE_AUTO *cache = NULL;
    MUST(cache_open("bounded", 3, 100, &cache, &why));
    static const char *const names[] = {"a", "b", "c"};
    for (size_t i = 0; i < 3; i++) {
        char record[PATH_MAX];
        struct digest m = module(names[i]);
        put(cache, names[i], "0123456789");
        (void)m;
        DIR *d = opendir("bounded");
        /* The one that is new gets an old time: a is the oldest. */
        for (struct dirent *e = readdir(d); e; e = readdir(d)) {
            struct stat st;
            snprintf(record, sizeof(record), "bounded/%s", e->d_name);
            assert_int_equal(stat(record, &st), 0);
            if (strstr(e->d_name, ".record") && st.st_mtim.tv_sec > 1000000) {
                struct timespec times[2] = {{.tv_sec = 1000 + (time_t)i}, {.tv_sec = 1000 + (time_t)i}};
                assert_int_equal(utimensat(AT_FDCWD, record, times, 0), 0);
            }
        }
        closedir(d);
    }
    ENTRY_AUTO entry = CACHE_ENTRY_INIT;
    assert_int_equal(look(cache, "a", &entry), 0); /* used just now, so b is the oldest */
    cache_entry_done(&entry);
    put(cache, "d", "0123456789");
    assert_int_equal(look(cache, "b", &entry), ARCELLA_E_NOT_FOUND);
    assert_int_equal(look(cache, "a", &entry), 0);
    cache_entry_done(&entry);
    assert_int_equal(look(cache, "c", &entry), 0);
    cache_entry_done(&entry);
    struct cache_figures figures;
    cache_figures(cache, &figures);
    assert_int_equal(figures.entries, 3);
    assert_int_equal(figures.evictions, 1);
    /* By size: one that needs nearly all the room. */
    put(cache, "e", "01234567890123456789012345678901234567890123456789012345678901234567890123456789012345");
    cache_figures(cache, &figures);
    assert_true(figures.bytes <= 100);
    assert_int_equal(look(cache, "e", &entry), 0);
}

static void removal_is_by_module(void **state) {
    (void)state;
    CACHE_AUTO *cache = open_cache("removal");
    struct digest m = module("m");
    FD_AUTO fd = text_fd("code");
    MUST(cache_put(cache, &m, "key 1", fd, NULL, &why));
    MUST(cache_put(cache, &m, "key 2", fd, NULL, &why));
    put(cache, "n", "code");
    assert_int_equal(cache_remove(cache, &m), 2);
    assert_int_equal(cache_remove(cache, &m), 0);
    ENTRY_AUTO entry = CACHE_ENTRY_INIT;
    assert_int_equal(look(cache, "n", &entry), 0);
}

static void age(const char *path) {
    struct timespec times[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
    assert_int_equal(utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW), 0);
}

static void a_sweep_clears_leftovers(void **state) {
    (void)state;
    CACHE_AUTO *cache = open_cache("swept");
    CLEANUP(problems_done) struct problems problems = {0};
    char code[PATH_MAX], record[PATH_MAX], mine[64];
    put(cache, "m", "code");
    put(cache, "n", "orphan");
    /* n loses its record long ago. */
    struct digest n = module("n");
    char hex[DIGEST_TEXT];
    digest_text(&n, hex);
    DIR *d = opendir("swept");
    for (struct dirent *e = readdir(d); e; e = readdir(d)) {
        snprintf(record, sizeof(record), "swept/%s", e->d_name);
        if (strncmp(e->d_name, hex, 16) == 0 && strstr(e->d_name, ".record"))
            assert_int_equal(unlink(record), 0);
        else if (strncmp(e->d_name, hex, 16) == 0)
            age(record);
    }
    closedir(d);
    write_file("swept/.tmp-999999999-0000000000000000", "of a dead writer");
    age("swept/.tmp-999999999-0000000000000000");
    snprintf(mine, sizeof(mine), "swept/.tmp-%d-0000000000000000", (int)getpid());
    write_file(mine, "of a living writer");
    write_file("swept/notes.txt", "somebody's");
    cache_sweep(cache, &problems);
    assert_false(exists("swept/.tmp-999999999-0000000000000000"));
    assert_true(exists(mine) && exists("swept/notes.txt"));
    assert_non_null(find_problem(&problems, "cache/notes.txt"));
    assert_int_equal(problems.count, 1);
    find_file("swept", ".code", code, sizeof(code));
    assert_int_equal(folder_count("swept"), 4); /* m's two, mine, notes */
    assert_int_equal(cache_verify(cache, &problems), 0);
    /* Damage that a lookup would not see: bytes and times as they were. */
    struct stat st;
    assert_int_equal(stat(code, &st), 0);
    damage_file(code, 1);
    assert_int_equal(chmod(code, 0444), 0);
    struct timespec times[2] = {st.st_atim, st.st_mtim};
    assert_int_equal(utimensat(AT_FDCWD, code, times, 0), 0);
    assert_int_equal(cache_verify(cache, &problems), 1);
    assert_int_equal(problems.count, 2);
    ENTRY_AUTO entry = CACHE_ENTRY_INIT;
    assert_int_equal(look(cache, "m", &entry), ARCELLA_E_NOT_FOUND);
}

static void a_cache_of_others_is_refused(void **state) {
    (void)state;
    CACHE_AUTO *cache = NULL;
    assert_int_equal(mkdir("open-to-all", 0700), 0);
    assert_int_equal(chmod("open-to-all", 0777), 0);
    assert_int_equal(cache_open("open-to-all", 0, 0, &cache, NULL), ARCELLA_E_DENIED);
    write_file("a-file", "");
    assert_true(cache_open("a-file", 0, 0, &cache, NULL) < 0);
    if (geteuid() != 0) {
        print_message("a cache of another user: needs root\n");
        return;
    }
    assert_int_equal(mkdir("foreign", 0700), 0);
    assert_int_equal(chown("foreign", 65534, 65534), 0);
    assert_int_equal(cache_open("foreign", 0, 0, &cache, NULL), ARCELLA_E_DENIED);
}

/* Several processes put, look up and remove the same few entries; whatever a lookup gives has its digest. */
static void many_may_use_it_at_once(void **state) {
    (void)state;
    enum { PROCESSES = 4, ROUNDS = 150 };
    pid_t children[PROCESSES];
    for (int i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] > 0)
            continue;
        struct cache *cache = NULL;
        unsigned seed = (unsigned)i + 1;
        if (cache_open("shared", 3, 0, &cache, NULL) < 0)
            _exit(1);
        for (int round = 0; round < ROUNDS; round++) {
            char name[8], code[64];
            snprintf(name, sizeof(name), "m%d", rand_r(&seed) % 5);
            /* Compilers need not agree on the bytes. */
            snprintf(code, sizeof(code), "code of %s by %d", name, i);
            struct digest m = module(name), found;
            struct cache_entry entry = CACHE_ENTRY_INIT;
            int fd = text_fd(code);
            int r = cache_lookup(cache, &m, key, &entry, NULL);
            if (r == ARCELLA_E_NOT_FOUND)
                r = cache_put(cache, &m, key, fd, &entry, NULL);
            if (r < 0 || digest_of_fd(entry.fd, 1000, &found, NULL) < 0 || !digest_equal(&found, &entry.code))
                _exit(2);
            cache_entry_done(&entry);
            close(fd);
            if (rand_r(&seed) % 10 == 0)
                cache_remove(cache, &m);
        }
        _exit(0);
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    CACHE_AUTO *cache = open_cache("shared");
    /* Two writers of one entry may have left code of one and record of the other: found, removed, gone. */
    assert_true(cache_verify(cache, NULL) <= 5);
    assert_int_equal(cache_verify(cache, NULL), 0);
}

static int work(void *user, arcella_error **reterr) {
    CACHE_AUTO *cache = NULL;
    ENTRY_AUTO entry = CACHE_ENTRY_INIT;
    ENTRY_AUTO found = CACHE_ENTRY_INIT;
    struct digest m = module("m"), digest;
    int code = *(int *)user;
    int r = cache_open("tortured", 0, 0, &cache, reterr);
    if (r == 0)
        r = cache_put(cache, &m, key, code, &entry, reterr);
    if (r == 0)
        r = cache_lookup(cache, &m, key, &found, reterr);
    if (r < 0)
        return r;
    if (digest_of_fd(found.fd, 1000, &digest, NULL) == 0)
        assert_true(digest_equal(&digest, &found.code));
    return 0;
}

static void whatever_fails(void **state) {
    (void)state;
    FD_AUTO code = text_fd("machine code");
    torture_alloc(work, &code);
    torture_sys(work, &code, EIO, 0);
    torture_sys(work, &code, ENOSPC, 0);
    CACHE_AUTO *cache = open_cache("tortured");
    assert_int_equal(cache_verify(cache, NULL), 0);
    assert_int_equal(folder_count("tortured"), 2);
}

/* Not a bound of its own: twenty times what a hit usually takes. */
static void a_hit_is_cheap(void **state) {
    (void)state;
    CACHE_AUTO *warm = open_cache("cheap");
    put(warm, "m", "machine code");
    uint64_t best = UINT64_MAX;
    for (int i = 0; i < 50; i++) {
        uint64_t begin = clock_monotonic_ns();
        CACHE_AUTO *cache = open_cache("cheap");
        ENTRY_AUTO entry = CACHE_ENTRY_INIT;
        assert_int_equal(look(cache, "m", &entry), 0);
        uint64_t took = clock_monotonic_ns() - begin;
        best = took < best ? took : best;
    }
    print_message("open and hit: %ju us\n", (uintmax_t)(best / 1000));
    assert_true(best < 4000000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_put_is_found),
        cmocka_unit_test(bad_code_is_not_taken),
        cmocka_unit_test(code_is_put_in_steps),
        cmocka_unit_test(damage_is_a_miss),
        cmocka_unit_test(moved_files_are_hashed_once),
        cmocka_unit_test(code_is_handed_out),
        cmocka_unit_test(the_least_used_goes_first),
        cmocka_unit_test(removal_is_by_module),
        cmocka_unit_test(a_sweep_clears_leftovers),
        cmocka_unit_test(a_cache_of_others_is_refused),
        cmocka_unit_test(many_may_use_it_at_once),
        cmocka_unit_test(whatever_fails),
        cmocka_unit_test(a_hit_is_cheap),
    };
    return cmocka_run_group_tests(tests, enter, folder_leave);
}
