/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Removing trees: of any depth and mode, without following links. */
#include "torture.h"

#include "base/mem.h"
#include "folder.h"

static void make_file(const char *path) {
    FD_AUTO fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
}

static void make_dir(const char *path) {
    assert_int_equal(mkdir(path, 0700), 0);
}

static void gone(const char *path) {
    struct stat st;
    assert_int_equal(lstat(path, &st), -1);
    assert_int_equal(errno, ENOENT);
}

static void files_links_and_nothing(void **state) {
    (void)state;
    make_file("file");
    assert_int_equal(symlink("elsewhere", "link"), 0);
    assert_int_equal(dir_remove_tree(AT_FDCWD, "file", NULL), 0);
    assert_int_equal(dir_remove_tree(AT_FDCWD, "link", NULL), 0);
    assert_int_equal(dir_remove_tree(AT_FDCWD, "never there", NULL), 0);
    assert_int_equal(folder_count("."), 0);
}

static void links_are_not_followed(void **state) {
    (void)state;
    make_dir("keep");
    make_file("keep/precious");
    make_dir("tree");
    assert_int_equal(symlink("../keep", "tree/link"), 0);
    assert_int_equal(symlink("..", "tree/up"), 0);
    assert_int_equal(symlink("keep", "top"), 0);
    assert_int_equal(dir_remove_tree(AT_FDCWD, "tree", NULL), 0);
    assert_int_equal(dir_remove_tree(AT_FDCWD, "top", NULL), 0);
    gone("tree");
    gone("top");
    assert_int_equal(access("keep/precious", F_OK), 0);
    assert_int_equal(dir_remove_tree(AT_FDCWD, "keep", NULL), 0);
}

/* Make a tree of a given width and depth. */
static void grow(int dir, unsigned width, unsigned depth) {
    for (unsigned i = 0; i < width; i++) {
        char name[16];
        snprintf(name, sizeof(name), "f%u", i);
        FD_AUTO file = openat(dir, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0400);
        assert_true(file >= 0);
        if (!depth)
            continue;
        snprintf(name, sizeof(name), "d%u", i);
        assert_int_equal(mkdirat(dir, name, 0700), 0);
        FD_AUTO below = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        assert_true(below >= 0);
        grow(below, width, depth - 1);
    }
}

static void wide_trees_go(void **state) {
    (void)state;
    make_dir("wide");
    /* Names that the removal itself would choose must not disturb it. */
    make_dir("wide/.removed-1");
    make_file("wide/.removed-1/x");
    make_dir("wide/.removed-1/y");
    make_file("wide/.removed-1/y/z");
    make_file("wide/.removed-2");
    FD_AUTO dir = open("wide", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    grow(dir, 5, 4);
    int before = folder_descriptors();
    assert_int_equal(dir_remove_tree(AT_FDCWD, "wide", NULL), 0);
    assert_int_equal(folder_descriptors(), before);
    gone("wide");
}

static void deep_trees_go(void **state) {
    (void)state;
    /* 2,200 levels: deeper than a path can name or a process may have descriptors. */
    make_dir("deep");
    int fd = open("deep", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int i = 0; i < 2200; i++) {
        assert_int_equal(mkdirat(fd, "d", 0700), 0);
        int below = openat(fd, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        assert_true(below >= 0);
        fd_close(fd);
        fd = below;
    }
    fd_close(fd);
    assert_int_equal(dir_remove_tree(AT_FDCWD, "deep", NULL), 0);
    gone("deep");
}

static void modes_that_shut_us_out_do_not_keep_us(void **state) {
    (void)state;
    make_dir("shut");
    make_dir("shut/none");
    make_dir("shut/none/below");
    make_file("shut/none/below/f");
    make_dir("shut/read");
    make_dir("shut/read/below");
    make_file("shut/read/below/f");
    assert_int_equal(chmod("shut/none/below", 0500), 0);
    assert_int_equal(chmod("shut/none", 0), 0);
    assert_int_equal(chmod("shut/read/below", 0), 0);
    assert_int_equal(chmod("shut/read", 0500), 0);
    assert_int_equal(chmod("shut", 0500), 0);
    /* Root passes modes; only another user shows that they are opened up. */
    if (geteuid() == 0) {
        assert_int_equal(chmod(".", 0777), 0);
        const char *const all[] = {"shut",      "shut/none",       "shut/none/below",  "shut/none/below/f",
                                   "shut/read", "shut/read/below", "shut/read/below/f"};
        for (size_t i = 0; i < ARRAY_LENGTH(all); i++)
            assert_int_equal(chown(all[i], 65534, 65534), 0);
        assert_int_equal(seteuid(65534), 0);
    }
    ERROR_AUTO *e = NULL;
    int r = dir_remove_tree(AT_FDCWD, "shut", &e);
    if (getuid() == 0)
        assert_int_equal(seteuid(0), 0);
    if (r < 0)
        fail_msg("%s", arcella_error_message(e));
    gone("shut");
}

#ifdef ARCELLA_FAULTS
static int remove_grown(arcella_error **reterr) {
    int before = folder_descriptors();
    int r = dir_remove_tree(AT_FDCWD, "grown", reterr);
    assert_int_equal(folder_descriptors(), before);
    if (r == 0)
        gone("grown");
    return r;
}
#endif

static void a_failing_call_is_an_error_and_a_second_try_works(void **state) {
    (void)state;
#ifdef ARCELLA_FAULTS
    /* As long as there are calls to fail: grow, fail the nth, remove what is left. */
    bool failed = true;
    for (uint64_t nth = 1; failed; nth++) {
        make_dir("grown");
        FD_AUTO dir = open("grown", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        grow(dir, 2, 2);
        ERROR_AUTO *e = NULL;
        fault_set(FAULT_SYS, nth, EIO);
        int r = remove_grown(&e);
        failed = fault_count(FAULT_SYS) >= nth;
        fault_set(FAULT_SYS, 0, 0);
        assert_int_equal(arcella_error_code(e), r);
        if (r < 0)
            assert_int_equal(remove_grown(NULL), 0);
        assert_true(nth < 1000);
    }
#else
    skip();
#endif
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_links_and_nothing),
        cmocka_unit_test(links_are_not_followed),
        cmocka_unit_test(wide_trees_go),
        cmocka_unit_test(deep_trees_go),
        cmocka_unit_test(modes_that_shut_us_out_do_not_keep_us),
        cmocka_unit_test(a_failing_call_is_an_error_and_a_second_try_works),
    };
    return cmocka_run_group_tests(tests, folder_enter, folder_leave);
}
