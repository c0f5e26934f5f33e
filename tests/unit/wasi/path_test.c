/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Names beneath directories as the guest's calls see them; how names are resolved is tested in room host. */
#include "rig.h"

#define AT     1024u
#define TO     1536u
#define DATA   4096u
#define RESULT 16384u

static struct rig rig;

static int open_writable(void **state) {
    (void)state;
    rig_start(&rig, rig_program, NULL, RIG_WRITABLE);
    return 0;
}

static int open_read_only(void **state) {
    (void)state;
    rig_start(&rig, rig_program, NULL, RIG_READ_ONLY);
    return 0;
}

static int open_without(void **state) {
    (void)state;
    rig_start(&rig, rig_program, NULL, RIG_NO_DIR);
    return 0;
}

static int close_rig(void **state) {
    (void)state;
    rig_stop(&rig);
    return 0;
}

static int path_open(const char *path, uint32_t lookup, uint32_t oflags, uint64_t rights) {
    uint32_t length = rig_put(&rig, AT, path);
    return rig_call(&rig, "path_open", 3, lookup, AT, length, oflags, rights, 0, 0, RESULT);
}

static int one_path(const char *function, const char *path) {
    uint32_t length = rig_put(&rig, AT, path);
    return rig_call(&rig, function, 3, AT, length);
}

static int two_paths(const char *function, const char *from, const char *to) {
    uint32_t from_length = rig_put(&rig, AT, from), to_length = rig_put(&rig, TO, to);
    if (strcmp(function, "path_symlink") == 0)
        return rig_call(&rig, function, AT, from_length, 3, TO, to_length);
    if (strcmp(function, "path_link") == 0)
        return rig_call(&rig, function, 3, 0, AT, from_length, 3, TO, to_length);
    return rig_call(&rig, function, 3, AT, from_length, 3, TO, to_length);
}

static int stat_of(const char *path, uint32_t lookup, struct wasi_filestat *to) {
    uint32_t length = rig_put(&rig, AT, path);
    int answer = rig_call(&rig, "path_filestat_get", 3, lookup, AT, length, RESULT);
    memcpy(to, rig_at(&rig, RESULT), sizeof *to);
    return answer;
}

#define RW (WASI_RIGHT_FD_READ | WASI_RIGHT_FD_WRITE)

static void opening_and_its_flags(void **state) {
    (void)state;
    static const struct {
        const char *path;
        uint32_t oflags;
        uint64_t rights;
        const char *answer, *what;
    } cases[] = {
        {"new", 0, RW, "noent", "is not there"},
        {"new", WASI_O_CREAT, RW, "success", "is made"},
        {"new", WASI_O_CREAT, RW, "success", "is there"},
        {"new", WASI_O_CREAT | WASI_O_EXCL, RW, "exist", "is there and may not be"},
        {"new", WASI_O_DIRECTORY, 0, "notdir", "a file is no directory"},
        {"new", WASI_O_TRUNC, 0, "success", "truncated without a right to write it afterwards"},
        {"new/", 0, WASI_RIGHT_FD_READ, "notdir", "a slash asks for a directory"},
        {"dir", 0, WASI_RIGHT_FD_READ, "success", "a directory without asking for one"},
        {"dir", 0, RW, "isdir", "a directory to be written"},
        {"dir", WASI_O_DIRECTORY, RW, "isdir", "the same, asked for"},
        {"dir/", WASI_O_DIRECTORY, 0, "success", "with a slash"},
        {"made", WASI_O_DIRECTORY | WASI_O_CREAT, 0, "inval", "directories are not made by opening"},
        {"/new", 0, 0, "perm", "absolute"},
        {"../new", 0, 0, "perm", "above"},
        {"dir/../../new", 0, 0, "perm", "above, by and by"},
        {"dir/../new", 0, WASI_RIGHT_FD_READ, "success", "up and down beneath"},
        {"", 0, 0, "noent", "nothing"},
    };
    assert_errno(one_path("path_create_directory", "dir"), "success");
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        int answer = path_open(cases[i].path, 0, cases[i].oflags, cases[i].rights);
        if (strcmp(preview1_errno_name((unsigned)answer), cases[i].answer) != 0)
            fail_msg("'%s', %s: %s", cases[i].path, cases[i].what, preview1_errno_name((unsigned)answer));
    }
}

static void links_are_followed_when_asked(void **state) {
    (void)state;
    struct wasi_filestat stat;
    assert_errno(path_open("file", 0, WASI_O_CREAT, RW), "success");
    assert_errno(two_paths("path_symlink", "file", "link"), "success");
    assert_errno(two_paths("path_symlink", "loop", "loop"), "success");
    assert_errno(two_paths("path_symlink", "/etc/passwd", "out"), "perm");
    assert_errno(path_open("link", 0, 0, WASI_RIGHT_FD_READ), "loop");
    assert_errno(path_open("link", WASI_LOOKUP_SYMLINK_FOLLOW, 0, WASI_RIGHT_FD_READ), "success");
    assert_errno(path_open("loop", WASI_LOOKUP_SYMLINK_FOLLOW, 0, WASI_RIGHT_FD_READ), "loop");
    assert_errno(stat_of("link", 0, &stat), "success");
    assert_int_equal(stat.filetype, WASI_FILETYPE_SYMBOLIC_LINK);
    assert_errno(stat_of("link", WASI_LOOKUP_SYMLINK_FOLLOW, &stat), "success");
    assert_int_equal(stat.filetype, WASI_FILETYPE_REGULAR_FILE);
    /* a link made from outside, out of the grant */
    char path[PATH_MAX + 32];
    snprintf(path, sizeof path, "%s/escape", rig.path);
    assert_int_equal(symlink("/etc", path), 0);
    assert_errno(path_open("escape/passwd", WASI_LOOKUP_SYMLINK_FOLLOW, 0, WASI_RIGHT_FD_READ), "perm");
    uint32_t length = rig_put(&rig, AT, "link");
    assert_errno(rig_call(&rig, "path_readlink", 3, AT, length, DATA, 100, RESULT), "success");
    assert_int_equal(rig_u32(&rig, RESULT), 4);
    assert_memory_equal(rig_at(&rig, DATA), "file", 4);
    assert_errno(rig_call(&rig, "path_readlink", 3, AT, length, DATA, 2, RESULT), "success");
    assert_int_equal(rig_u32(&rig, RESULT), 2);
    assert_errno(rig_call(&rig, "path_readlink", 3, AT, length, DATA, 0, RESULT), "success");
    assert_int_equal(rig_u32(&rig, RESULT), 0);
}

static void names_move_and_go(void **state) {
    (void)state;
    struct wasi_filestat a, b;
    assert_errno(path_open("file", 0, WASI_O_CREAT, RW), "success");
    assert_errno(two_paths("path_link", "file", "second"), "success");
    assert_errno(stat_of("file", 0, &a), "success");
    assert_errno(stat_of("second", 0, &b), "success");
    assert_int_equal(a.ino, b.ino);
    assert_int_equal(a.nlink, 2);
    uint32_t length = rig_put(&rig, AT, "file");
    assert_errno(rig_call(&rig, "path_link", 3, WASI_LOOKUP_SYMLINK_FOLLOW, AT, length, 3, TO, 4), "inval");
    assert_errno(two_paths("path_rename", "file", "third"), "success");
    assert_errno(stat_of("file", 0, &a), "noent");
    assert_errno(one_path("path_unlink_file", "third"), "success");
    assert_errno(one_path("path_unlink_file", "third"), "noent");
    assert_errno(one_path("path_create_directory", "dir"), "success");
    assert_errno(one_path("path_create_directory", "dir"), "exist");
    assert_errno(one_path("path_unlink_file", "dir"), "isdir");
    assert_errno(one_path("path_remove_directory", "second"), "notdir");
    assert_errno(two_paths("path_rename", "second", "dir/inside"), "success");
    assert_errno(one_path("path_remove_directory", "dir"), "notempty");
    assert_errno(one_path("path_unlink_file", "dir/inside"), "success");
    assert_errno(one_path("path_remove_directory", "dir"), "success");
}

static void times_are_set_once_each(void **state) {
    (void)state;
    struct wasi_filestat stat;
    assert_errno(path_open("file", 0, WASI_O_CREAT, RW), "success");
    uint32_t fd = rig_u32(&rig, RESULT), length = rig_put(&rig, AT, "file");
    assert_errno(rig_call(&rig, "path_filestat_set_times", 3, 0, AT, length, 1000000001, 2000000002,
                          WASI_FST_ATIM | WASI_FST_MTIM),
                 "success");
    assert_errno(stat_of("file", 0, &stat), "success");
    assert_int_equal(stat.atim, 1000000001);
    assert_int_equal(stat.mtim, 2000000002);
    assert_errno(rig_call(&rig, "fd_filestat_set_times", fd, 0, 7, WASI_FST_MTIM), "success");
    assert_errno(stat_of("file", 0, &stat), "success");
    assert_int_equal(stat.atim, 1000000001);
    assert_int_equal(stat.mtim, 7);
    assert_errno(rig_call(&rig, "fd_filestat_set_times", fd, 0, 0, WASI_FST_MTIM_NOW), "success");
    assert_errno(stat_of("file", 0, &stat), "success");
    assert_true(stat.mtim > 1600000000ull * 1000000000);
    assert_errno(rig_call(&rig, "fd_filestat_set_times", fd, 0, 0, WASI_FST_MTIM | WASI_FST_MTIM_NOW),
                 "inval");
    rig_put(&rig, AT, "file");
    assert_errno(
        rig_call(&rig, "path_filestat_set_times", 3, 0, AT, length, 0, 0, WASI_FST_ATIM | WASI_FST_ATIM_NOW),
        "inval");
}

static void reading_is_not_writing(void **state) {
    (void)state;
    char path[PATH_MAX + 32];
    snprintf(path, sizeof path, "%s/file", rig.path);
    assert_int_equal(file_write_atomic(AT_FDCWD, path, 0600, "text", 4, NULL), 0);
    assert_errno(path_open("file", 0, 0, WASI_RIGHT_FD_READ), "success");
    uint32_t fd = rig_u32(&rig, RESULT);
    assert_int_equal(rig.denied, 0);
    assert_errno(path_open("file", 0, 0, RW), "notcapable");
    assert_errno(path_open("new", 0, WASI_O_CREAT, WASI_RIGHT_FD_READ), "notcapable");
    assert_errno(path_open("file", 0, WASI_O_TRUNC, WASI_RIGHT_FD_READ), "notcapable");
    assert_errno(one_path("path_create_directory", "dir"), "notcapable");
    assert_errno(one_path("path_unlink_file", "file"), "notcapable");
    assert_errno(one_path("path_remove_directory", "dir"), "notcapable");
    assert_errno(two_paths("path_rename", "file", "moved"), "notcapable");
    assert_errno(two_paths("path_link", "file", "second"), "notcapable");
    assert_errno(two_paths("path_symlink", "file", "link"), "notcapable");
    uint32_t length = rig_put(&rig, AT, "file");
    assert_errno(rig_call(&rig, "path_filestat_set_times", 3, 0, AT, length, 0, 0, WASI_FST_ATIM),
                 "notcapable");
    host_audit_flush(wasi_preview1_host(rig.wasi)); /* what was told before is counted only */
    assert_int_equal(rig.denied, 10);
    assert_non_null(strstr(rig.needed, "--dir"));
    assert_non_null(strstr(rig.needed, ":rw"));
    assert_errno(rig_call(&rig, "fd_filestat_set_times", fd, 0, 0, WASI_FST_ATIM), "notcapable");
}

/* With no directory there is one where nothing may be done, so that somebody hears of it. */
static void nothing_granted_is_said(void **state) {
    (void)state;
    struct wasi_filestat stat;
    assert_errno(rig_call(&rig, "fd_prestat_get", 3, RESULT), "success");
    assert_errno(path_open("etc/passwd", 0, 0, WASI_RIGHT_FD_READ), "notcapable");
    assert_int_equal(rig.denied, 1);
    assert_non_null(strstr(rig.needed, "--dir"));
    assert_non_null(strstr(rig.needed, "/etc"));
    assert_errno(stat_of("etc", 0, &stat), "notcapable");
    assert_errno(one_path("path_create_directory", "dir"), "notcapable");
    assert_errno(rig_call(&rig, "fd_readdir", 3, DATA, 100, 0, RESULT), "notcapable");
    assert_errno(rig_call(&rig, "sock_shutdown", 3, WASI_SD_RD), "badf");
    assert_errno(rig_call(&rig, "fd_prestat_get", 4, RESULT), "badf");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(opening_and_its_flags, open_writable, close_rig),
        cmocka_unit_test_setup_teardown(links_are_followed_when_asked, open_writable, close_rig),
        cmocka_unit_test_setup_teardown(names_move_and_go, open_writable, close_rig),
        cmocka_unit_test_setup_teardown(times_are_set_once_each, open_writable, close_rig),
        cmocka_unit_test_setup_teardown(reading_is_not_writing, open_read_only, close_rig),
        cmocka_unit_test_setup_teardown(nothing_granted_is_said, open_without, close_rig),
    };
    return cmocka_run_group_tests_name("wasi paths", tests, rig_open, rig_close);
}
