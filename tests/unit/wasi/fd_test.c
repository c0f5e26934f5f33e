/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Descriptors: standard streams, files, flags, rights, renumbering, directories' entries. */
#include "rig.h"

#define AT     1024u /* texts */
#define IOVS   2048u
#define DATA   4096u
#define RESULT 16384u

static struct rig rig;

static int open_rig(void **state) {
    (void)state;
    rig_start(&rig, rig_program, NULL, RIG_WRITABLE);
    return 0;
}

static int close_rig(void **state) {
    (void)state;
    rig_stop(&rig);
    return 0;
}

/* Open beneath the root. @return the number; fails the test where it cannot */
static uint32_t open_file(const char *path, uint32_t oflags, uint64_t rights, uint32_t fdflags) {
    uint32_t length = rig_put(&rig, AT, path);
    assert_errno(rig_call(&rig, "path_open", 3, 0, AT, length, oflags, rights, UINT64_MAX, fdflags, RESULT),
                 "success");
    return rig_u32(&rig, RESULT);
}

static uint32_t open_rw(const char *path) {
    return open_file(path, WASI_O_CREAT, WASI_RIGHT_FD_READ | WASI_RIGHT_FD_WRITE, 0);
}

static int write_text(uint32_t fd, const char *text) {
    rig_iovec(&rig, IOVS, DATA, rig_put(&rig, DATA, text));
    return rig_call(&rig, "fd_write", fd, IOVS, 1, RESULT);
}

/* Read up to 64 bytes. @return the errno; the text is in to */
static int read_text(uint32_t fd, char to[65]) {
    rig_iovec(&rig, IOVS, DATA, 64);
    int answer = rig_call(&rig, "fd_read", fd, IOVS, 1, RESULT);
    uint32_t count = answer ? 0 : rig_u32(&rig, RESULT);
    memcpy(to, rig_at(&rig, DATA), count);
    to[count] = '\0';
    return answer;
}

static void output_becomes_lines(void **state) {
    (void)state;
    assert_errno(write_text(1, "one\ntw"), "success");
    assert_int_equal(rig_u32(&rig, RESULT), 6);
    assert_errno(write_text(2, "error\n"), "success");
    assert_errno(write_text(1, "o\nrest"), "success");
    assert_string_equal(rig.lines, "1:one\n2:error\n1:two\n");
    wasi_preview1_flush(rig.wasi);
    assert_string_equal(rig.lines, "1:one\n2:error\n1:two\n1:rest\n");
}

static void streams_are_one_way(void **state) {
    (void)state;
    char text[65];
    assert_errno(read_text(0, text), "success");
    assert_string_equal(text, "");
    assert_errno(write_text(0, "x"), "badf");
    assert_errno(read_text(1, text), "badf");
    assert_errno(rig_call(&rig, "fd_seek", 1, 0, WASI_WHENCE_CUR, RESULT), "spipe");
    assert_errno(rig_call(&rig, "fd_tell", 1, RESULT), "spipe");
    assert_errno(rig_call(&rig, "fd_pread", 0, IOVS, 1, 0, RESULT), "spipe");
    assert_errno(rig_call(&rig, "fd_sync", 1), "inval");
    assert_errno(rig_call(&rig, "fd_readdir", 1, DATA, 64, 0, RESULT), "notdir");
}

static void a_log_is_no_terminal(void **state) {
    (void)state;
    assert_errno(rig_call(&rig, "fd_fdstat_get", 1, RESULT), "success");
    struct wasi_fdstat stat;
    memcpy(&stat, rig_at(&rig, RESULT), sizeof stat);
    assert_int_equal(stat.filetype, WASI_FILETYPE_UNKNOWN);
    assert_true(stat.rights_base & WASI_RIGHT_FD_WRITE);
    assert_false(stat.rights_base & (WASI_RIGHT_FD_READ | WASI_RIGHT_FD_SEEK | WASI_RIGHT_FD_TELL));
}

static void a_file_is_written_and_read_back(void **state) {
    (void)state;
    uint32_t fd = open_rw("file");
    assert_int_equal(fd, 4);
    assert_errno(write_text(fd, "hello world"), "success");
    assert_errno(rig_call(&rig, "fd_tell", fd, RESULT), "success");
    assert_int_equal(rig_u64(&rig, RESULT), 11);
    assert_errno(rig_call(&rig, "fd_seek", fd, (uint64_t)-5, WASI_WHENCE_CUR, RESULT), "success");
    assert_int_equal(rig_u64(&rig, RESULT), 6);
    char text[65];
    assert_errno(read_text(fd, text), "success");
    assert_string_equal(text, "world");
    assert_errno(rig_call(&rig, "fd_seek", fd, (uint64_t)-100, WASI_WHENCE_END, RESULT), "inval");
    /* scattered, at a place, without moving */
    rig_iovec(&rig, IOVS, DATA, 2);
    rig_iovec(&rig, IOVS + 8, DATA + 100, 3);
    assert_errno(rig_call(&rig, "fd_pread", fd, IOVS, 2, 1, RESULT), "success");
    assert_int_equal(rig_u32(&rig, RESULT), 5);
    assert_memory_equal(rig_at(&rig, DATA), "el", 2);
    assert_memory_equal(rig_at(&rig, DATA + 100), "lo ", 3);
    assert_errno(rig_call(&rig, "fd_tell", fd, RESULT), "success");
    assert_int_equal(rig_u64(&rig, RESULT), 11);
    assert_errno(rig_call(&rig, "fd_filestat_set_size", fd, 4), "success");
    assert_errno(rig_call(&rig, "fd_filestat_get", fd, RESULT), "success");
    struct wasi_filestat stat;
    memcpy(&stat, rig_at(&rig, RESULT), sizeof stat);
    assert_int_equal(stat.size, 4);
    assert_int_equal(stat.filetype, WASI_FILETYPE_REGULAR_FILE);
    assert_int_equal(stat.nlink, 1);
    assert_errno(rig_call(&rig, "fd_sync", fd), "success");
    assert_errno(rig_call(&rig, "fd_datasync", fd), "success");
    assert_errno(rig_call(&rig, "fd_close", fd), "success");
    assert_errno(rig_call(&rig, "fd_close", fd), "badf");
}

static void a_file_is_used_as_it_was_opened(void **state) {
    (void)state;
    char text[65];
    rig_call(&rig, "fd_close", open_rw("file"));
    uint32_t reading = open_file("file", 0, WASI_RIGHT_FD_READ, 0);
    assert_errno(write_text(reading, "x"), "badf");
    assert_errno(rig_call(&rig, "fd_filestat_set_size", reading, 9), "badf");
    uint32_t writing = open_file("file", 0, WASI_RIGHT_FD_WRITE, 0);
    assert_errno(read_text(writing, text), "badf");
    uint32_t neither = open_file("file", 0, 0, 0);
    assert_errno(read_text(neither, text), "notcapable");
    assert_errno(write_text(neither, "x"), "badf");
    assert_errno(rig_call(&rig, "fd_filestat_get", neither, RESULT), "success");
}

static void appending_is_a_flag(void **state) {
    (void)state;
    uint32_t fd =
        open_file("file", WASI_O_CREAT, WASI_RIGHT_FD_READ | WASI_RIGHT_FD_WRITE, WASI_FDFLAG_APPEND);
    assert_errno(write_text(fd, "abc"), "success");
    assert_errno(rig_call(&rig, "fd_seek", fd, 0, WASI_WHENCE_SET, RESULT), "success");
    assert_errno(write_text(fd, "def"), "success");
    assert_errno(rig_call(&rig, "fd_fdstat_get", fd, RESULT), "success");
    struct wasi_fdstat stat;
    memcpy(&stat, rig_at(&rig, RESULT), sizeof stat);
    assert_int_equal(stat.flags, WASI_FDFLAG_APPEND);
    assert_errno(rig_call(&rig, "fd_fdstat_set_flags", fd, 0), "success");
    assert_errno(rig_call(&rig, "fd_seek", fd, 0, WASI_WHENCE_SET, RESULT), "success");
    assert_errno(write_text(fd, "X"), "success");
    rig_call(&rig, "fd_seek", fd, 0, WASI_WHENCE_SET, RESULT);
    char text[65];
    assert_errno(read_text(fd, text), "success");
    assert_string_equal(text, "Xbcdef");
    assert_errno(rig_call(&rig, "fd_fdstat_set_flags", fd, WASI_FDFLAG_SYNC), "notsup");
}

static void synchronous_is_asked_for_at_open(void **state) {
    (void)state;
    static const uint32_t flags[] = {WASI_FDFLAG_SYNC, WASI_FDFLAG_DSYNC,
                                     WASI_FDFLAG_RSYNC | WASI_FDFLAG_SYNC};
    for (size_t i = 0; i < ARRAY_LENGTH(flags); i++) {
        uint32_t fd = open_file("file", WASI_O_CREAT, WASI_RIGHT_FD_WRITE, flags[i]);
        assert_errno(rig_call(&rig, "fd_fdstat_get", fd, RESULT), "success");
        struct wasi_fdstat stat;
        memcpy(&stat, rig_at(&rig, RESULT), sizeof stat);
        assert_int_equal(stat.flags, flags[i]);
        assert_errno(write_text(fd, "x"), "success");
    }
}

static void renumbering_moves_everything(void **state) {
    (void)state;
    uint32_t a = open_rw("a"), b = open_rw("b");
    assert_errno(write_text(a, "in a"), "success");
    assert_errno(rig_call(&rig, "fd_fdstat_set_rights", a, WASI_RIGHT_FD_WRITE, 0), "success");
    assert_errno(rig_call(&rig, "fd_renumber", a, b), "success");
    assert_errno(rig_call(&rig, "fd_tell", a, RESULT), "badf");
    assert_errno(rig_call(&rig, "fd_tell", b, RESULT), "notcapable");
    assert_errno(write_text(b, "!"), "success");
    assert_errno(rig_call(&rig, "fd_renumber", b, b), "success");
    assert_errno(rig_call(&rig, "fd_renumber", b, a), "badf");
    /* Output into a file: what shells do. */
    assert_errno(rig_call(&rig, "fd_renumber", b, 1), "success");
    assert_errno(write_text(1, "?"), "success");
    assert_string_equal(rig.lines, "");
    char path[PATH_MAX + 32];
    snprintf(path, sizeof path, "%s/a", rig.path);
    BUFFER_AUTO bytes = BUFFER_INIT(100);
    assert_int_equal(file_read(AT_FDCWD, path, 100, &bytes, NULL), 0);
    assert_string_equal(bytes.data, "in a!?");
}

static void numbers_are_given_lowest_first_and_run_out(void **state) {
    (void)state;
    uint32_t fd = open_rw("file"), opened = 0;
    for (;; opened++) {
        uint32_t length = rig_put(&rig, AT, "file");
        int answer = rig_call(&rig, "path_open", 3, 0, AT, length, 0, 0, 0, 0, RESULT);
        if (answer) {
            assert_errno(answer, "mfile");
            break;
        }
    }
    assert_int_equal(opened, LIMIT_OPEN_FILES - 5);
    assert_int_equal(wasi_preview1_figures(rig.wasi).open_files, LIMIT_OPEN_FILES);
    assert_errno(rig_call(&rig, "fd_close", fd + 7), "success");
    assert_errno(rig_call(&rig, "fd_close", fd + 3), "success");
    assert_int_equal(open_file("file", 0, 0, 0), fd + 3);
    assert_int_equal(open_file("file", 0, 0, 0), fd + 7);
}

/* --- directories --- */

static void granted_directories_have_names(void **state) {
    (void)state;
    assert_errno(rig_call(&rig, "fd_prestat_get", 3, RESULT), "success");
    struct wasi_prestat stat;
    memcpy(&stat, rig_at(&rig, RESULT), sizeof stat);
    assert_int_equal(stat.tag, WASI_PREOPEN_DIR);
    assert_int_equal(stat.name_len, 1);
    memset(rig_at(&rig, DATA), '#', 4);
    assert_errno(rig_call(&rig, "fd_prestat_dir_name", 3, DATA, 4), "success");
    assert_memory_equal(rig_at(&rig, DATA), "/###", 4);
    assert_errno(rig_call(&rig, "fd_prestat_dir_name", 3, DATA, 0), "nametoolong");
    assert_errno(rig_call(&rig, "fd_prestat_get", 4, RESULT), "badf");
    assert_errno(rig_call(&rig, "fd_prestat_get", 0, RESULT), "badf");
    assert_errno(rig_call(&rig, "fd_prestat_dir_name", 0, DATA, 4), "notdir");
    /* Opened by the guest, the same directory is not granted. */
    uint32_t fd = open_file(".", WASI_O_DIRECTORY, 0, 0);
    assert_errno(rig_call(&rig, "fd_prestat_get", fd, RESULT), "badf");
    assert_errno(rig_call(&rig, "fd_prestat_dir_name", fd, DATA, 4), "badf");
}

/* Read all names with a buffer of a size, as C libraries do: whole entries only, again from the last cookie.
 */
static unsigned list(uint32_t size, char *names, size_t names_size) {
    unsigned count = 0;
    uint64_t cookie = 0;
    names[0] = '\0';
    for (unsigned calls = 0; calls < 1000; calls++) {
        assert_errno(rig_call(&rig, "fd_readdir", 3, DATA, size, cookie, RESULT), "success");
        uint32_t used = rig_u32(&rig, RESULT), at = 0;
        assert_true(used <= size);
        unsigned before = count;
        while (at + sizeof(struct wasi_dirent) <= used) {
            struct wasi_dirent entry;
            memcpy(&entry, rig_at(&rig, DATA + at), sizeof entry);
            if (at + sizeof entry + entry.namlen > used)
                break;
            size_t length = strlen(names);
            snprintf(names + length, names_size - length, "%.*s ", (int)entry.namlen,
                     (const char *)rig_at(&rig, DATA + at + (uint32_t)sizeof entry));
            at += (uint32_t)sizeof entry + entry.namlen;
            cookie = entry.next;
            count++;
        }
        if (used < size)
            return count;
        if (count == before)
            fail_msg("a buffer of %u holds no entry", size);
    }
    fail_msg("no end");
    return 0;
}

static void entries_come_whole_or_again(void **state) {
    (void)state;
    for (unsigned i = 0; i < 40; i++) {
        char name[16];
        snprintf(name, sizeof name, "f%02u", i);
        assert_errno(rig_call(&rig, "fd_close", open_rw(name)), "success");
    }
    static const uint32_t sizes[] = {27, 28, 53, 54, 55, 100, 256, 1000, 8192};
    for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++) {
        char names[1024];
        assert_int_equal(list(sizes[i], names, sizeof names), 42);
        assert_non_null(strstr(names, "f00 "));
        assert_non_null(strstr(names, "f39 "));
        assert_non_null(strstr(names, ".. "));
    }
    assert_errno(rig_call(&rig, "fd_readdir", 3, DATA, 0, 0, RESULT), "success");
    assert_int_equal(rig_u32(&rig, RESULT), 0);
}

/* More entries than one turn reads; others run in between. */
static void long_directories_are_read_in_turns(void **state) {
    (void)state;
    char path[PATH_MAX + 32];
    for (unsigned i = 0; i < 2500; i++) {
        snprintf(path, sizeof path, "%s/entry-%04u", rig.path, i);
        FD_AUTO fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
        assert_true(fd >= 0);
    }
    assert_errno(rig_call(&rig, "fd_readdir", 3, DATA, 60000, 0, RESULT - 16384), "success");
    assert_int_equal(rig_u32(&rig, RESULT - 16384), 60000);
    struct engine_stats before, after;
    engine_stats(rig_engine, &before);
    assert_errno(rig_call(&rig, "fd_readdir", 3, DATA, 60000, 0, RESULT - 16384), "success");
    engine_stats(rig_engine, &after);
    assert_true(after.slices - before.slices >= 2);
}

static void rights_are_handed_down(void **state) {
    (void)state;
    rig_call(&rig, "fd_close", open_rw("file"));
    uint32_t dir = open_file(".", WASI_O_DIRECTORY, 0, 0);
    assert_errno(rig_call(&rig, "fd_fdstat_get", dir, RESULT), "success");
    struct wasi_fdstat stat;
    memcpy(&stat, rig_at(&rig, RESULT), sizeof stat);
    uint64_t less = stat.rights_inheriting & ~(uint64_t)(WASI_RIGHT_FD_WRITE | WASI_RIGHT_FD_FILESTAT_GET);
    assert_errno(rig_call(&rig, "fd_fdstat_set_rights", dir, stat.rights_base, less), "success");
    uint32_t length = rig_put(&rig, AT, "file");
    assert_errno(rig_call(&rig, "path_open", dir, 0, AT, length, 0, WASI_RIGHT_FD_WRITE, 0, 0, RESULT),
                 "notcapable");
    assert_errno(rig_call(&rig, "path_open", dir, 0, AT, length, 0, WASI_RIGHT_FD_READ, 0, 0, RESULT),
                 "success");
    uint32_t fd = rig_u32(&rig, RESULT);
    assert_errno(rig_call(&rig, "fd_filestat_get", fd, RESULT), "notcapable");
    /* and through a directory beneath it */
    length = rig_put(&rig, AT, ".");
    assert_errno(rig_call(&rig, "path_open", dir, 0, AT, length, 0, 0, UINT64_MAX, 0, RESULT), "success");
    assert_errno(rig_call(&rig, "fd_fdstat_get", rig_u32(&rig, RESULT), RESULT), "success");
    memcpy(&stat, rig_at(&rig, RESULT), sizeof stat);
    assert_int_equal(stat.rights_inheriting & WASI_RIGHT_FD_WRITE, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(output_becomes_lines, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(streams_are_one_way, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(a_log_is_no_terminal, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(a_file_is_written_and_read_back, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(a_file_is_used_as_it_was_opened, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(appending_is_a_flag, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(synchronous_is_asked_for_at_open, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(renumbering_moves_everything, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(numbers_are_given_lowest_first_and_run_out, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(granted_directories_have_names, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(entries_come_whole_or_again, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(long_directories_are_read_in_turns, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(rights_are_handed_down, open_rig, close_rig),
    };
    return cmocka_run_group_tests_name("wasi descriptors", tests, rig_open, rig_close);
}
