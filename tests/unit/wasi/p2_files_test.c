/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* wasi:filesystem: opening, reading, writing, attributes, names, listings, and what a read-only directory and
 * one that was not granted answer. */
#include "wasi/p2/rig.h"

#include "base/fault.h"

#include <sys/stat.h>

/* open-flags and descriptor-flags, by the WIT */
enum { CREATE = 1, DIRECTORY = 2, EXCLUSIVE = 4, TRUNCATE = 8 };
enum { READ = 1, WRITE = 2, FILE_SYNC = 4, DATA_SYNC = 8, MUTATE = 32 };
enum { TYPE_OF_DIRECTORY = 3, TYPE_OF_LINK = 5, TYPE_OF_FILE = 6 };
enum { KEEP, NOW, SET };
#define FOLLOW 1

static struct rig rig;
static uint32_t root;

static uint32_t first_directory(void) {
    call(&rig, "get-directories", RET);
    assert_int_equal(u32_at(&rig, RET + 4), 1);
    uint32_t pair = u32_at(&rig, RET);
    assert_bytes_at(&rig, pair + 4, "/");
    return u32_at(&rig, pair);
}

static int open_writable(void **state) {
    (void)state;
    rig_start(&rig, NULL, RIG_WRITABLE);
    root = first_directory();
    return 0;
}

static int open_read_only(void **state) {
    (void)state;
    rig_start(&rig, NULL, RIG_READ_ONLY);
    root = first_directory();
    return 0;
}

static int open_nothing(void **state) {
    (void)state;
    rig_start(&rig, NULL, RIG_NO_DIR);
    root = first_directory();
    return 0;
}

static int close_rig(void **state) {
    (void)state;
    rig_stop(&rig);
    return 0;
}

/* --- the outside --- */

/* Good until the next but one. */
static const char *path_of(const char *name) {
    static char paths[2][2 * PATH_MAX];
    static unsigned turn;
    char *path = paths[turn++ % 2];
    snprintf(path, sizeof paths[0], "%s/%s", rig.path, name);
    return path;
}

static void put_file(const char *name, const char *text) {
    assert_int_equal(file_write_atomic(AT_FDCWD, path_of(name), 0600, text, strlen(text), NULL), 0);
}

static void expect_file(const char *name, const char *text, size_t length) {
    char bytes[256];
    FD_AUTO fd = open(path_of(name), O_RDONLY | O_CLOEXEC);
    assert_int_equal(read(fd, bytes, sizeof bytes), length);
    assert_memory_equal(bytes, text, length);
}

/* --- calls with a path --- */

static void open_at(const char *name, unsigned path_flags, unsigned open_flags, unsigned flags) {
    call(&rig, "descriptor.open-at", root, path_flags, TEXT_AT, put(&rig, TEXT_AT, name), open_flags, flags,
         RET);
}
static uint32_t opened(const char *name, unsigned open_flags, unsigned flags) {
    open_at(name, FOLLOW, open_flags, flags);
    assert_ok(&rig);
    return u32_at(&rig, RET + 4);
}
static void refused(const char *name, unsigned path_flags, unsigned open_flags, unsigned flags,
                    const char *why) {
    open_at(name, path_flags, open_flags, flags);
    assert_file_error(&rig, 4, why);
}
static void with_path(const char *what, const char *name) {
    call(&rig, what, root, TEXT_AT, put(&rig, TEXT_AT, name), RET);
}
static void rename_at(const char *from, const char *to) {
    call(&rig, "descriptor.rename-at", root, TEXT_AT, put(&rig, TEXT_AT, from), root, MORE_AT,
         put(&rig, MORE_AT, to), RET);
}
static void link_at(unsigned flags, const char *from, const char *to) {
    call(&rig, "descriptor.link-at", root, flags, TEXT_AT, put(&rig, TEXT_AT, from), root, MORE_AT,
         put(&rig, MORE_AT, to), RET);
}
static void symlink_at(const char *target, const char *name) {
    call(&rig, "descriptor.symlink-at", root, TEXT_AT, put(&rig, TEXT_AT, target), MORE_AT,
         put(&rig, MORE_AT, name), RET);
}
static void stat_at(unsigned flags, const char *name) {
    call(&rig, "descriptor.stat-at", root, flags, TEXT_AT, put(&rig, TEXT_AT, name), RET);
}
#define assert_code(wanted) assert_file_error(&rig, 1, (wanted))

/* --- opening --- */

static void files_are_opened(void **state) {
    (void)state;
    refused("new", 0, 0, READ, "no-entry");
    uint32_t file = opened("new", CREATE, READ | WRITE);
    refused("new", 0, CREATE | EXCLUSIVE, WRITE, "exist");
    call(&rig, "descriptor.get-type", file, RET);
    assert_int_equal(u8_at(&rig, RET + 1), TYPE_OF_FILE);
    call(&rig, "descriptor.get-flags", file, RET);
    assert_int_equal(u8_at(&rig, RET + 1), READ | WRITE);
    put_file("new", "content");
    call(&rig, "drop descriptor", opened("new", TRUNCATE, WRITE));
    expect_file("new", "", 0);
    put_file("new", "content");
    /* Truncating is no permission to write afterwards. */
    file = opened("new", TRUNCATE, READ);
    expect_file("new", "", 0);
    call(&rig, "descriptor.write", file, DATA, 1, 0, RET);
    assert_file_error(&rig, 8, "bad-descriptor");
    call(&rig, "descriptor.get-flags", file, RET);
    assert_int_equal(u8_at(&rig, RET + 1), READ);
    file = opened("new", 0, WRITE | FILE_SYNC | DATA_SYNC);
    call(&rig, "descriptor.get-flags", file, RET);
    assert_int_equal(u8_at(&rig, RET + 1) & (READ | WRITE | FILE_SYNC), WRITE | FILE_SYNC);
    call(&rig, "descriptor.read", file, 10, 0, RET);
    assert_file_error(&rig, 4, "bad-descriptor");
}

static void directories_are_opened(void **state) {
    (void)state;
    with_path("descriptor.create-directory-at", "dir");
    assert_ok(&rig);
    with_path("descriptor.create-directory-at", "dir");
    assert_code("exist");
    put_file("file", "");
    uint32_t dir = opened("dir", DIRECTORY, READ);
    call(&rig, "descriptor.get-type", dir, RET);
    assert_int_equal(u8_at(&rig, RET + 1), TYPE_OF_DIRECTORY);
    call(&rig, "descriptor.get-flags", dir, RET);
    assert_int_equal(u8_at(&rig, RET + 1), READ | MUTATE);
    call(&rig, "drop descriptor", opened("dir", 0, READ | MUTATE));
    call(&rig, "drop descriptor", opened("dir/", 0, READ));
    refused("file", 0, DIRECTORY, READ, "not-directory");
    refused("file/", 0, 0, READ, "not-directory");
    refused("dir", 0, 0, WRITE, "is-directory");
    refused("dir", 0, DIRECTORY, WRITE, "is-directory");
    refused("dir2", 0, DIRECTORY | CREATE, READ, "invalid");
    refused("dir", 0, DIRECTORY | TRUNCATE, READ, "invalid");
    refused("dir", 0, DIRECTORY | EXCLUSIVE, READ, "invalid");
    /* What is no directory has nothing beneath it. */
    uint32_t file = opened("file", 0, READ);
    call(&rig, "descriptor.open-at", file, 0, TEXT_AT, put(&rig, TEXT_AT, "x"), 0, READ, RET);
    assert_file_error(&rig, 4, "not-directory");
    call(&rig, "descriptor.read-directory", file, RET);
    assert_file_error(&rig, 4, "not-directory");
    /* And a directory no bytes. */
    call(&rig, "descriptor.read", dir, 10, 0, RET);
    assert_file_error(&rig, 4, "is-directory");
    call(&rig, "descriptor.read-via-stream", dir, 0, RET);
    assert_file_error(&rig, 4, "is-directory");
    call(&rig, "descriptor.write-via-stream", dir, 0, RET);
    assert_file_error(&rig, 4, "is-directory");
    call(&rig, "descriptor.append-via-stream", dir, RET);
    assert_file_error(&rig, 4, "is-directory");
    call(&rig, "descriptor.set-size", dir, 0, RET);
    assert_code("is-directory");
}

static void nothing_leads_out(void **state) {
    (void)state;
    assert_int_equal(symlink("/etc/passwd", path_of("absolute")), 0);
    assert_int_equal(symlink("../../../etc/passwd", path_of("up")), 0);
    refused("/etc/passwd", FOLLOW, 0, READ, "not-permitted");
    refused("../x", FOLLOW, 0, READ, "not-permitted");
    refused("absolute", FOLLOW, 0, READ, "not-permitted");
    refused("up", FOLLOW, 0, READ, "not-permitted");
    refused("absolute", 0, 0, READ, "loop");
    refused("", FOLLOW, 0, READ, "no-entry");
    with_path("descriptor.readlink-at", "absolute");
    assert_file_error(&rig, 4, "not-permitted");
    symlink_at("/etc", "link");
    assert_code("not-permitted");
    rename_at("up", "../up");
    assert_code("not-permitted");
    call(&rig, "descriptor.open-at", root, 0, TEXT_AT, 5, 0, READ, RET); /* NULs */
}

static void files_are_bounded(void **state) {
    (void)state;
    put_file("file", "");
    unsigned made = 0;
    for (;; made++) {
        open_at("file", 0, 0, READ);
        if (u8_at(&rig, RET))
            break;
    }
    assert_file_error(&rig, 4, "insufficient-memory");
    assert_in_range(made, LIMIT_OPEN_FILES - 10, LIMIT_OPEN_FILES);
}

/* --- reading and writing --- */

static void bytes_are_read(void **state) {
    (void)state;
    put_file("file", "0123456789");
    uint32_t file = opened("file", 0, READ);
    call(&rig, "descriptor.read", file, 4, 3, RET);
    assert_ok(&rig);
    assert_bytes_at(&rig, RET + 4, "3456");
    assert_int_equal(u8_at(&rig, RET + 12), 0);
    call(&rig, "descriptor.read", file, 100, 3, RET);
    assert_bytes_at(&rig, RET + 4, "3456789");
    assert_int_equal(u8_at(&rig, RET + 12), 1);
    call(&rig, "descriptor.read", file, 100, 10, RET);
    assert_ok(&rig);
    assert_int_equal(u32_at(&rig, RET + 8), 0);
    assert_int_equal(u8_at(&rig, RET + 12), 1);
    call(&rig, "descriptor.read", file, 0, 0, RET);
    assert_int_equal(u32_at(&rig, RET + 8), 0);
    assert_int_equal(u8_at(&rig, RET + 12), 0);
    call(&rig, "descriptor.read", file, UINT64_MAX, 0, RET);
    assert_bytes_at(&rig, RET + 4, "0123456789");
    call(&rig, "descriptor.read", file, 1, UINT64_MAX, RET);
    assert_file_error(&rig, 4, "invalid");
    call(&rig, "descriptor.read-via-stream", file, UINT64_MAX, RET);
    assert_file_error(&rig, 4, "invalid");
    call(&rig, "descriptor.advise", file, 0, 100, 3, RET);
    assert_ok(&rig);
}

#ifdef ARCELLA_FAULTS
/* What could be read before a failure is told without a lie about the end; what failed is told behind it. */
static void a_failure_is_no_end(void **state) {
    (void)state;
    enum { SIZE = 1 << 20, PIECE = 256 * 1024 };
    put_file("file", "");
    assert_int_equal(truncate(path_of("file"), SIZE), 0);
    uint32_t file = opened("file", 0, READ);
    struct p2_entry *entry = NULL;
    for (uint32_t i = 0; !entry || entry->file->kind != HOST_REGULAR; i++)
        entry = p2_find(rig.wasi, i, P2_DESCRIPTOR);
    entry->file->no_nowait = true; /* a piece after the other comes from a disk */
    for (uint32_t piece = 1; piece <= 5; piece++) {
        /* asking for the size, then the pieces */
        fault_set(FAULT_SYS, 1 + piece, EIO);
        call(&rig, "descriptor.read", file, SIZE, 0, RET);
        fault_set(FAULT_SYS, 0, 0);
        if (piece == 1) {
            assert_file_error(&rig, 4, "io");
            continue;
        }
        assert_ok(&rig);
        assert_int_equal(u32_at(&rig, RET + 8), (piece - 1) * PIECE);
        assert_int_equal(u8_at(&rig, RET + 12), 0);
    }
    call(&rig, "descriptor.read", file, SIZE, 100, RET);
    assert_int_equal(u32_at(&rig, RET + 8), SIZE - 100);
    assert_int_equal(u8_at(&rig, RET + 12), 1);
}
#endif

static void bytes_are_written(void **state) {
    (void)state;
    uint32_t file = opened("file", CREATE, WRITE);
    call(&rig, "descriptor.write", file, DATA, put(&rig, DATA, "hello"), 2, RET);
    assert_int_equal(u64_at(&rig, RET + 8), 5);
    expect_file("file", "\0\0hello", 7);
    call(&rig, "descriptor.set-size", file, 4, RET);
    assert_ok(&rig);
    expect_file("file", "\0\0he", 4);
    call(&rig, "descriptor.set-size", file, UINT64_MAX, RET);
    assert_int_equal(u8_at(&rig, RET), 1);
    call(&rig, "descriptor.sync", file, RET);
    assert_ok(&rig);
    call(&rig, "descriptor.sync-data", file, RET);
    assert_ok(&rig);
    call(&rig, "descriptor.sync", root, RET);
    assert_ok(&rig);
    call(&rig, "descriptor.write", file, DATA, 1, UINT64_MAX, RET);
    assert_file_error(&rig, 8, "invalid");
}

static void streams_do_not_disturb_each_other(void **state) {
    (void)state;
    put_file("file", "0123456789");
    uint32_t file = opened("file", 0, READ | WRITE);
    call(&rig, "descriptor.read-via-stream", file, 2, RET);
    uint64_t from = u32_at(&rig, RET + 4);
    call(&rig, "descriptor.read-via-stream", file, 5, RET);
    uint64_t other = u32_at(&rig, RET + 4);
    call(&rig, "descriptor.write-via-stream", file, 4, RET);
    uint64_t to = u32_at(&rig, RET + 4);
    call(&rig, "descriptor.append-via-stream", file, RET);
    uint64_t end = u32_at(&rig, RET + 4);
    /* They outlive what they were made of. */
    call(&rig, "drop descriptor", file);
    call(&rig, "input-stream.read", from, 2, RET);
    assert_bytes_at(&rig, RET + 4, "23");
    call(&rig, "input-stream.skip", other, 2, RET);
    call(&rig, "output-stream.blocking-write-and-flush", to, DATA, put(&rig, DATA, "ab"), RET);
    assert_ok(&rig);
    call(&rig, "output-stream.blocking-write-and-flush", end, DATA, put(&rig, DATA, "end"), RET);
    assert_ok(&rig);
    call(&rig, "output-stream.blocking-write-and-flush", to, DATA, put(&rig, DATA, "c"), RET);
    call(&rig, "input-stream.blocking-read", from, 100, RET);
    assert_bytes_at(&rig, RET + 4, "abc789"); /* as long as the file was when it was read before … */
    call(&rig, "input-stream.blocking-read", from, 100, RET);
    assert_bytes_at(&rig, RET + 4, "end"); /* … and what has come since */
    call(&rig, "input-stream.read", other, 100, RET);
    assert_bytes_at(&rig, RET + 4, "789");
    expect_file("file", "0123abc789end", 13);
    call(&rig, "output-stream.check-write", to, RET);
    call(&rig, "output-stream.write-zeroes", to, 2, RET);
    assert_ok(&rig);
    expect_file("file",
                "0123abc\0\0"
                "9end",
                13);
    uint32_t some = (uint32_t)call(&rig, "input-stream.subscribe", from);
    assert_int_equal(call(&rig, "pollable.ready", some), 1);
}

/* One MiB from a file into another, without the guest's memory. */
static void files_are_spliced(void **state) {
    (void)state;
    uint32_t file = opened("from", CREATE, READ | WRITE);
    memset(at(&rig, DATA), 'x', 600000);
    call(&rig, "descriptor.write", file, DATA, 600000, 0, RET);
    call(&rig, "descriptor.read-via-stream", file, 100, RET);
    uint64_t from = u32_at(&rig, RET + 4), moved = 0;
    call(&rig, "descriptor.write-via-stream", opened("to", CREATE, WRITE), 0, RET);
    uint64_t to = u32_at(&rig, RET + 4);
    for (;;) {
        call(&rig, "output-stream.blocking-splice", to, from, UINT64_MAX, RET);
        if (u8_at(&rig, RET))
            break;
        moved += u64_at(&rig, RET + 8);
    }
    assert_int_equal(moved, 599900);
    struct stat st;
    assert_int_equal(stat(path_of("to"), &st), 0);
    assert_int_equal(st.st_size, 599900);
}

/* What the pool does for it goes on without it. */
static void freed_while_a_disk_works(void **state) {
    (void)state;
    for (unsigned i = 0; i < 20; i++) {
        rig_start(&rig, NULL, RIG_WRITABLE);
        root = first_directory();
        uint32_t file = opened("file", CREATE, READ | WRITE);
        call(&rig, "descriptor.write", file, DATA, 900000, 0, RET);
        begin(&rig, "descriptor.sync", file, RET);
        rig_turn(i % 4);
        rig_stop(&rig);
    }
}

/* --- attributes --- */

static void attributes_are_told(void **state) {
    (void)state;
    put_file("file", "12345");
    assert_int_equal(link(path_of("file"), path_of("second")), 0);
    assert_int_equal(symlink("file", path_of("link")), 0);
    const struct timespec times[2] = {{1000, 5}, {2000000000, 999999999}};
    assert_int_equal(utimensat(AT_FDCWD, path_of("file"), times, 0), 0);
    call(&rig, "descriptor.stat", opened("file", 0, READ), RET);
    for (unsigned way = 0; way < 3; way++) {
        assert_ok(&rig);
        assert_int_equal(u8_at(&rig, RET + 8), TYPE_OF_FILE);
        assert_int_equal(u64_at(&rig, RET + 16), 2);
        assert_int_equal(u64_at(&rig, RET + 24), 5);
        assert_int_equal(u8_at(&rig, RET + 32), 1);
        assert_int_equal(u64_at(&rig, RET + 40), 1000);
        assert_int_equal(u32_at(&rig, RET + 48), 5);
        assert_int_equal(u64_at(&rig, RET + 64), 2000000000);
        assert_int_equal(u32_at(&rig, RET + 72), 999999999);
        assert_int_equal(u8_at(&rig, RET + 80), 1);
        stat_at(way ? FOLLOW : 0, way ? "link" : "file");
    }
    stat_at(0, "link");
    assert_int_equal(u8_at(&rig, RET + 8), TYPE_OF_LINK);
    assert_int_equal(u64_at(&rig, RET + 24), 4);
    stat_at(0, "none");
    assert_file_error(&rig, 8, "no-entry");
    call(&rig, "descriptor.stat", root, RET);
    assert_int_equal(u8_at(&rig, RET + 8), TYPE_OF_DIRECTORY);
}

static void set_times(uint32_t file, unsigned how, uint64_t seconds, uint32_t nanoseconds) {
    call(&rig, "descriptor.set-times", file, KEEP, 0, 0, how, seconds, nanoseconds, RET);
}

static void times_are_set(void **state) {
    (void)state;
    put_file("file", "");
    const struct timespec times[2] = {{1000, 5}, {2000, 6}};
    assert_int_equal(utimensat(AT_FDCWD, path_of("file"), times, 0), 0);
    uint32_t file = opened("file", 0, WRITE);
    struct stat st;
    set_times(file, SET, 123456789, 987654321);
    assert_ok(&rig);
    assert_int_equal(stat(path_of("file"), &st), 0);
    assert_int_equal(st.st_atim.tv_sec, 1000);
    assert_int_equal(st.st_mtim.tv_sec, 123456789);
    assert_int_equal(st.st_mtim.tv_nsec, 987654321);
    set_times(file, NOW, 0, 0);
    assert_int_equal(stat(path_of("file"), &st), 0);
    assert_true(st.st_mtim.tv_sec > 1700000000);
    set_times(file, SET, 1, 1000000000);
    assert_code("invalid");
    set_times(file, SET, UINT64_MAX / 1000000000, 0);
    assert_code("overflow");
    set_times(file, SET, UINT64_MAX, 999999999);
    assert_code("overflow");
    call(&rig, "descriptor.set-times-at", root, 0, TEXT_AT, put(&rig, TEXT_AT, "file"), SET, 7, 0, KEEP, 0, 0,
         RET);
    assert_ok(&rig);
    assert_int_equal(stat(path_of("file"), &st), 0);
    assert_int_equal(st.st_atim.tv_sec, 7);
    call(&rig, "descriptor.set-times-at", root, 0, TEXT_AT, put(&rig, TEXT_AT, "none"), NOW, 0, 0, KEEP, 0, 0,
         RET);
    assert_code("no-entry");
    rig_call_values(&rig, "descriptor.set-times", (const uint64_t[]){file, 3, 0, 0, KEEP, 0, 0, RET}, 8);
    assert_string_equal(rig.outcome.trap, "invalid-discriminant");
}

static void the_same_file_is_known(void **state) {
    (void)state;
    put_file("file", "one");
    put_file("other", "one");
    assert_int_equal(link(path_of("file"), path_of("second")), 0);
    uint32_t file = opened("file", 0, READ), second = opened("second", 0, READ),
             other = opened("other", 0, READ);
    assert_int_equal(call(&rig, "descriptor.is-same-object", file, second), 1);
    assert_int_equal(call(&rig, "descriptor.is-same-object", file, file), 1);
    assert_int_equal(call(&rig, "descriptor.is-same-object", file, other), 0);
    assert_int_equal(call(&rig, "descriptor.is-same-object", file, root), 0);
    call(&rig, "descriptor.metadata-hash", file, RET);
    assert_ok(&rig);
    uint64_t hash[2] = {u64_at(&rig, RET + 8), u64_at(&rig, RET + 16)};
    call(&rig, "descriptor.metadata-hash-at", root, 0, TEXT_AT, put(&rig, TEXT_AT, "second"), RET);
    assert_memory_equal(at(&rig, RET + 8), hash, 16);
    call(&rig, "descriptor.metadata-hash", other, RET);
    assert_memory_not_equal(at(&rig, RET + 8), hash, 16);
    call(&rig, "descriptor.write", opened("file", 0, WRITE), DATA, 1, 0, RET);
    const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {12345, 0}};
    assert_int_equal(utimensat(AT_FDCWD, path_of("file"), times, 0), 0);
    call(&rig, "descriptor.metadata-hash", file, RET);
    assert_memory_not_equal(at(&rig, RET + 8), hash, 16);
    call(&rig, "descriptor.metadata-hash-at", root, 0, TEXT_AT, put(&rig, TEXT_AT, "none"), RET);
    assert_file_error(&rig, 8, "no-entry");
}

/* --- names --- */

static void names_are_changed(void **state) {
    (void)state;
    put_file("file", "one");
    rename_at("file", "moved");
    assert_ok(&rig);
    expect_file("moved", "one", 3);
    rename_at("file", "again");
    assert_code("no-entry");
    link_at(0, "moved", "second");
    assert_ok(&rig);
    link_at(0, "moved", "second");
    assert_code("exist");
    link_at(FOLLOW, "moved", "third");
    assert_code("invalid");
    link_at(0, "none", "third");
    assert_code("no-entry");
    with_path("descriptor.create-directory-at", "dir");
    link_at(0, "dir", "dir2");
    assert_code("not-permitted");
    symlink_at("moved", "link");
    assert_ok(&rig);
    with_path("descriptor.readlink-at", "link");
    assert_bytes_at(&rig, RET + 4, "moved");
    with_path("descriptor.readlink-at", "moved");
    assert_file_error(&rig, 4, "invalid");
    with_path("descriptor.unlink-file-at", "dir");
    assert_code("is-directory");
    with_path("descriptor.remove-directory-at", "moved");
    assert_code("not-directory");
    put_file("dir/inside", "");
    with_path("descriptor.remove-directory-at", "dir");
    assert_code("not-empty");
    with_path("descriptor.unlink-file-at", "dir/inside");
    assert_ok(&rig);
    with_path("descriptor.remove-directory-at", "dir");
    assert_ok(&rig);
    with_path("descriptor.unlink-file-at", "link");
    assert_ok(&rig);
    expect_file("moved", "one", 3);
}

/* A name is text: what is none ends the guest, as the interface types it. */
static void names_are_text(void **state) {
    (void)state;
    memcpy(at(&rig, TEXT_AT), "a\xff", 2);
    rig_call_values(&rig, "descriptor.create-directory-at", (const uint64_t[]){root, TEXT_AT, 2, RET}, 4);
    assert_int_equal(rig.outcome.end, ENGINE_END_TRAPPED);
    assert_string_equal(rig.outcome.trap, "invalid-text");
}

/* --- listing --- */

static void directories_are_listed(void **state) {
    (void)state;
    with_path("descriptor.create-directory-at", "dir");
    char name[32];
    for (unsigned i = 0; i < 500; i++) {
        snprintf(name, sizeof name, "file-%u", i);
        put_file(name, "");
    }
    call(&rig, "descriptor.read-directory", root, RET);
    assert_ok(&rig);
    uint64_t listing = u32_at(&rig, RET + 4);
    unsigned files = 0, directories = 0;
    for (;;) {
        call(&rig, "directory-entry-stream.read-directory-entry", listing, RET);
        assert_ok(&rig);
        if (!u8_at(&rig, RET + 4))
            break;
        uint8_t type = u8_at(&rig, RET + 8);
        files += type == TYPE_OF_FILE;
        directories += type == TYPE_OF_DIRECTORY;
        assert_true(u32_at(&rig, RET + 16) >= 3); /* neither "." nor ".." */
    }
    assert_int_equal(files, 500);
    assert_int_equal(directories, 1);
    call(&rig, "directory-entry-stream.read-directory-entry", listing, RET);
    assert_int_equal(u8_at(&rig, RET + 4), 0);
    call(&rig, "drop directory-entry-stream", listing);
}

static void names_that_are_no_text_are_told(void **state) {
    (void)state;
    put_file("bad\xff", "");
    put_file("good", "");
    call(&rig, "descriptor.read-directory", root, RET);
    uint64_t listing = u32_at(&rig, RET + 4);
    unsigned good = 0, bad = 0;
    for (unsigned i = 0; i < 2; i++) {
        call(&rig, "directory-entry-stream.read-directory-entry", listing, RET);
        if (u8_at(&rig, RET)) {
            assert_file_error(&rig, 4, "illegal-byte-sequence");
            bad++;
        } else {
            good += u8_at(&rig, RET + 4);
        }
    }
    assert_int_equal(good, 1);
    assert_int_equal(bad, 1);
}

/* --- read-only --- */

static void a_read_only_directory_is_not_changed(void **state) {
    (void)state;
    put_file("file", "one");
    assert_int_equal(mkdir(path_of("dir"), 0700), 0);
    call(&rig, "descriptor.get-flags", root, RET);
    assert_int_equal(u8_at(&rig, RET + 1), READ);
    refused("new", 0, CREATE, WRITE, "read-only");
    refused("file", 0, 0, WRITE, "read-only");
    refused("file", 0, TRUNCATE, READ, "read-only");
    refused("dir", 0, DIRECTORY, READ | MUTATE, "read-only");
    static const char *const with_names[] = {"descriptor.create-directory-at",
                                             "descriptor.remove-directory-at", "descriptor.unlink-file-at"};
    for (size_t i = 0; i < ARRAY_LENGTH(with_names); i++) {
        with_path(with_names[i], i ? "file" : "new");
        assert_code("read-only");
    }
    rename_at("file", "moved");
    assert_code("read-only");
    link_at(0, "file", "second");
    assert_code("read-only");
    symlink_at("file", "link");
    assert_code("read-only");
    call(&rig, "descriptor.set-times-at", root, 0, TEXT_AT, put(&rig, TEXT_AT, "file"), NOW, 0, 0, KEEP, 0, 0,
         RET);
    assert_code("read-only");
    set_times(root, NOW, 0, 0);
    assert_code("read-only");
    assert_true(host_figures(wasi_p2_host(rig.wasi)).denied >= 8);
    assert_non_null(strstr(rig.needed, ":rw"));
    /* Reading goes on as ever. */
    uint32_t file = opened("file", 0, READ);
    call(&rig, "descriptor.read", file, 100, 0, RET);
    assert_bytes_at(&rig, RET + 4, "one");
    call(&rig, "descriptor.write-via-stream", file, 0, RET);
    assert_file_error(&rig, 4, "bad-descriptor");
    call(&rig, "descriptor.append-via-stream", file, RET);
    assert_file_error(&rig, 4, "bad-descriptor");
    call(&rig, "descriptor.set-size", file, 0, RET);
    assert_code("bad-descriptor");
    call(&rig, "descriptor.sync", file, RET);
    assert_ok(&rig);
    set_times(file, NOW, 0, 0);
    assert_int_equal(u8_at(&rig, RET), 1);
    expect_file("file", "one", 3);
}

/* --- not granted --- */

static void nothing_was_granted(void **state) {
    (void)state;
    refused("etc/passwd", FOLLOW, 0, READ, "not-permitted");
    refused("new", 0, CREATE, WRITE, "not-permitted");
    stat_at(FOLLOW, "etc");
    assert_file_error(&rig, 8, "not-permitted");
    call(&rig, "descriptor.stat", root, RET);
    assert_file_error(&rig, 8, "not-permitted");
    call(&rig, "descriptor.metadata-hash", root, RET);
    assert_file_error(&rig, 8, "not-permitted");
    call(&rig, "descriptor.read-directory", root, RET);
    assert_file_error(&rig, 4, "not-permitted");
    with_path("descriptor.create-directory-at", "new");
    assert_code("not-permitted");
    with_path("descriptor.readlink-at", "new");
    assert_file_error(&rig, 4, "not-permitted");
    rename_at("a", "b");
    assert_code("not-permitted");
    link_at(0, "a", "b");
    assert_code("not-permitted");
    set_times(root, NOW, 0, 0);
    assert_code("not-permitted");
    call(&rig, "descriptor.get-flags", root, RET);
    assert_int_equal(u8_at(&rig, RET + 1), 0);
    call(&rig, "descriptor.sync", root, RET);
    assert_ok(&rig);
    assert_true(host_figures(wasi_p2_host(rig.wasi)).denied >= 8);
    assert_non_null(strstr(rig.needed, "--dir"));
}

#define IN_WRITABLE(test) cmocka_unit_test_setup_teardown(test, open_writable, close_rig)
int main(void) {
    const struct CMUnitTest tests[] = {
        IN_WRITABLE(files_are_opened),
        IN_WRITABLE(directories_are_opened),
        IN_WRITABLE(nothing_leads_out),
        IN_WRITABLE(files_are_bounded),
        IN_WRITABLE(bytes_are_read),
#ifdef ARCELLA_FAULTS
        IN_WRITABLE(a_failure_is_no_end),
#endif
        IN_WRITABLE(bytes_are_written),
        IN_WRITABLE(streams_do_not_disturb_each_other),
        IN_WRITABLE(files_are_spliced),
        cmocka_unit_test(freed_while_a_disk_works),
        IN_WRITABLE(attributes_are_told),
        IN_WRITABLE(times_are_set),
        IN_WRITABLE(the_same_file_is_known),
        IN_WRITABLE(names_are_changed),
        IN_WRITABLE(names_are_text),
        IN_WRITABLE(directories_are_listed),
        IN_WRITABLE(names_that_are_no_text_are_told),
        cmocka_unit_test_setup_teardown(a_read_only_directory_is_not_changed, open_read_only, close_rig),
        cmocka_unit_test_setup_teardown(nothing_was_granted, open_nothing, close_rig),
    };
    return cmocka_run_group_tests(tests, rig_open, rig_close);
}
