/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Resolving beneath a directory: one table of traps for both ways, and a race with somebody who swaps a
 * directory for a link out of the tree.
 */
#include "rig.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

#include "host/path.h"

/*
 * in/               what is granted
 *   file dir/ dir/file dir/sub/deep
 *   out -> ..        abs -> /etc   passwd -> /etc/passwd   up -> ../secret   inside -> dir/file   todir ->
 * dir loop -> loop     ping -> pong  pong -> ping            dangling -> nowhere   dangling_out -> ../born
 *   slashed -> dir/  fslash -> file/  dotted -> ./dir/../file  dotdir -> dir/sub/..   chain40, chain41
 * secret             what is not
 */
static void make_tree(void) {
    assert_int_equal(mkdir("in", 0755), 0);
    assert_int_equal(mkdir("in/dir", 0755), 0);
    assert_int_equal(mkdir("in/dir/sub", 0755), 0);
    rig_write("secret", "secret");
    rig_write("in/file", "file");
    rig_write("in/dir/file", "dir/file");
    rig_write("in/dir/sub/deep", "deep");
    static const char *const links[][2] = {
        {"..", "in/out"},
        {"/etc", "in/abs"},
        {"/etc/passwd", "in/passwd"},
        {"../secret", "in/up"},
        {"dir/file", "in/inside"},
        {"dir", "in/todir"},
        {"loop", "in/loop"},
        {"pong", "in/ping"},
        {"ping", "in/pong"},
        {"nowhere", "in/dangling"},
        {"../born", "in/dangling_out"},
        {"dir/", "in/slashed"},
        {"file/", "in/fslash"},
        {"./dir/../file", "in/dotted"},
        {"dir/sub/..", "in/dotdir"},
        {"../../../secret", "in/dir/sub/far"},
        {"../../file", "in/dir/sub/near"},
        {"../in/file", "in/around"},
        {"file", "in/chain0"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(links); i++)
        assert_int_equal(symlink(links[i][0], links[i][1]), 0);
    for (int i = 1; i <= 40; i++) {
        char from[32], to[32];
        snprintf(from, sizeof(from), "chain%d", i - 1);
        snprintf(to, sizeof(to), "in/chain%d", i);
        assert_int_equal(symlink(from, to), 0);
    }
    assert_int_equal(mkfifo("in/fifo", 0644), 0);
}

struct row {
    const char *path;
    int flags;
    int expected;        /* error, or 0 */
    const char *content; /* of what was opened; "/" for a directory, NULL for anything */
};

#define R    O_RDONLY
#define RN   (O_RDONLY | O_NOFOLLOW)
#define RD   (O_RDONLY | O_DIRECTORY)
#define P    O_PATH
#define PN   (O_PATH | O_NOFOLLOW)
#define PD   (O_PATH | O_DIRECTORY)
#define W    (O_WRONLY | O_NONBLOCK)
#define C    (O_WRONLY | O_CREAT)
#define CX   (O_WRONLY | O_CREAT | O_EXCL)
#define XDEV HOST_E_XDEV

static const struct row rows[] = {
    /* plain */
    {"file", R, 0, "file"},
    {"dir/file", R, 0, "dir/file"},
    {"dir//file", R, 0, "dir/file"},
    {"./file", R, 0, "file"},
    {"././dir/./sub/./deep", R, 0, "deep"},
    {"dir", R, 0, "/"},
    {"dir", RD, 0, "/"},
    {"dir/", R, 0, "/"},
    {"dir///", RD, 0, "/"},
    {".", R, 0, "/"},
    {"./", RD, 0, "/"},
    {"dir/.", PD, 0, "/"},
    {"dir/..", PD, 0, "/"},
    {"dir/../file", R, 0, "file"},
    {"dir/sub/../../dir/file", R, 0, "dir/file"},
    {"missing", R, HOST_E_NOENT, NULL},
    {"missing/file", R, HOST_E_NOENT, NULL},
    {"missing/../file", R, HOST_E_NOENT, NULL},
    {"missing/", R, HOST_E_NOENT, NULL},
    {"file/", R, HOST_E_NOTDIR, NULL},
    {"file/.", R, HOST_E_NOTDIR, NULL},
    {"file/..", R, HOST_E_NOTDIR, NULL},
    {"file/x", R, HOST_E_NOTDIR, NULL},
    {"file", RD, HOST_E_NOTDIR, NULL},
    {"dir", W, HOST_E_ISDIR, NULL},
    {"dir/", W, HOST_E_ISDIR, NULL},
    {".", W, HOST_E_ISDIR, NULL},
    /* ways out */
    {"..", R, XDEV, NULL},
    {"../", PD, XDEV, NULL},
    {"../secret", R, XDEV, NULL},
    {"../in/file", R, XDEV, NULL},
    {"dir/../../secret", R, XDEV, NULL},
    {"dir/../..", PD, XDEV, NULL},
    {"./..", PD, XDEV, NULL},
    {"out", R, XDEV, NULL},
    {"out", PN, 0, NULL},
    {"out/", PN, XDEV, NULL},
    {"out/secret", R, XDEV, NULL},
    {"out/in/file", R, XDEV, NULL},
    {"abs", R, XDEV, NULL},
    {"abs/passwd", R, XDEV, NULL},
    {"abs/", PN, XDEV, NULL},
    {"passwd", R, XDEV, NULL},
    {"passwd", P, XDEV, NULL},
    {"up", R, XDEV, NULL},
    {"up", C, XDEV, NULL},
    {"around", R, XDEV, NULL},
    {"dir/sub/far", R, XDEV, NULL},
    {"dangling_out", C, XDEV, NULL},
    {"todir/../../secret", R, XDEV, NULL},
    /* links within */
    {"inside", R, 0, "dir/file"},
    {"inside", RN, HOST_E_LOOP, NULL},
    {"inside", PN, 0, NULL},
    {"inside/", R, HOST_E_NOTDIR, NULL},
    {"todir", R, 0, "/"},
    {"todir", RD, 0, "/"},
    {"todir", RN, HOST_E_LOOP, NULL},
    {"todir/", RN, 0, "/"},
    {"todir/file", R, 0, "dir/file"},
    {"todir/file", RN, 0, "dir/file"},
    {"todir/../file", R, 0, "file"},
    {"todir/sub/near", R, 0, "file"},
    {"slashed", R, 0, "/"},
    {"slashed/file", R, 0, "dir/file"},
    {"fslash", R, HOST_E_NOTDIR, NULL},
    {"dotted", R, 0, "file"},
    {"dotdir", RD, 0, "/"},
    {"dotdir/file", R, 0, "dir/file"},
    {"dangling", R, HOST_E_NOENT, NULL},
    {"dangling/", R, HOST_E_NOENT, NULL},
    {"loop", R, HOST_E_LOOP, NULL},
    {"loop", PN, 0, NULL},
    {"loop/x", R, HOST_E_LOOP, NULL},
    {"ping", R, HOST_E_LOOP, NULL},
    {"chain39", R, 0, "file"},
    {"chain40", R, HOST_E_LOOP, NULL},
    /* creating */
    {"file", C, 0, NULL},
    {"file", CX, HOST_E_EXIST, NULL},
    {"dir", C, HOST_E_ISDIR, NULL},
    {"dir", CX, HOST_E_EXIST, NULL},
    {"dir/", C, HOST_E_ISDIR, NULL},
    {"new/", C, HOST_E_ISDIR, NULL},
    {"file/", C, HOST_E_ISDIR, NULL},
    {".", C, HOST_E_ISDIR, NULL},
    {"dir/..", C, HOST_E_ISDIR, NULL},
    {"missing/new", C, HOST_E_NOENT, NULL},
    {"inside", CX, HOST_E_EXIST, NULL},
    {"inside", C, 0, NULL},
    {"dangling", CX, HOST_E_EXIST, NULL},
    {"dangling", C | O_NOFOLLOW, HOST_E_LOOP, NULL},
    {"new", C, 0, NULL},
    {"dir/new", CX, 0, NULL},
    {"dangling", C, 0, NULL}, /* makes in/nowhere */
    /* a named pipe nobody reads: at once */
    {"fifo", W, HOST_E_NXIO, NULL},
};

static void check_content(const char *path, int fd, const char *content) {
    char text[64] = {0};
    struct stat st;
    assert_int_equal(fstat(fd, &st), 0);
    if (strcmp(content, "/") == 0) {
        assert_true(S_ISDIR(st.st_mode));
        return;
    }
    assert_true(read(fd, text, sizeof(text) - 1) >= 0);
    if (strcmp(text, content) != 0)
        fail_msg("'%s' holds '%s', not '%s'", path, text, content);
}

static void forget_new(void) {
    unlink("in/new");
    unlink("in/dir/new");
    unlink("in/nowhere");
}

static void check_rows(void) {
    FD_AUTO in = open("in", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct host_path path;
        FD_AUTO fd = -1;
        assert_int_equal(host_path_init(&path, rows[i].path, strlen(rows[i].path)), 0);
        int r = host_path_open(in, &path, rows[i].flags, 0644, &fd);
        if (r != rows[i].expected)
            fail_msg("row %zu, '%s' with %#o: %s, not %s", i, rows[i].path, (unsigned)rows[i].flags,
                     host_error_words(r), host_error_words(rows[i].expected));
        if (r == 0 && rows[i].content)
            check_content(rows[i].path, fd, rows[i].content);
        if (r == 0)
            assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    }
    forget_new();
    assert_int_equal(access("born", F_OK), -1);
}

static void test_openat2(void **state) {
    (void)state;
    host_path_set_mode(HOST_PATH_AUTO);
    if (!host_path_has_openat2()) {
        print_message("this kernel or container has no openat2\n");
        skip();
    }
    check_rows();
}

static void test_walk(void **state) {
    (void)state;
    int before = rig_descriptors();
    host_path_set_mode(HOST_PATH_WALK);
    assert_false(host_path_has_openat2());
    check_rows();
    assert_int_equal(rig_descriptors(), before);
    host_path_set_mode(HOST_PATH_AUTO);
}

static void test_long_paths(void **state) {
    (void)state;
    static char text[LIMIT_PATH_BYTES + 8];
    FD_AUTO in = open("in", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int mode = HOST_PATH_AUTO; mode <= HOST_PATH_WALK; mode++) {
        host_path_set_mode(mode);
        struct host_path path;
        int fd = -1;
        memset(text, 'x', sizeof(text));
        assert_host(host_path_init(&path, text, LIMIT_PATH_BYTES), HOST_E_NAMETOOLONG);
        assert_host(host_path_init(&path, text, LIMIT_PATH_BYTES - 1), 0);
        assert_host(host_path_open(in, &path, O_RDONLY, 0, &fd), HOST_E_NAMETOOLONG);
        assert_host(host_path_init(&path, text, 256), 0);
        assert_host(host_path_open(in, &path, O_RDONLY, 0, &fd), HOST_E_NAMETOOLONG);
        assert_host(host_path_init(&path, text, 255), 0);
        assert_host(host_path_open(in, &path, O_RDONLY, 0, &fd), HOST_E_NOENT);
        /* as many components as a path can have, down and up again */
        for (size_t i = 0; i + 8 < LIMIT_PATH_BYTES; i += 7)
            memcpy(text + i, "dir/../", 7);
        size_t length = (LIMIT_PATH_BYTES - 8) / 7 * 7;
        memcpy(text + length, "file", 4);
        assert_host(host_path_init(&path, text, length + 4), 0);
        assert_host(host_path_open(in, &path, O_RDONLY, 0, &fd), 0);
        fd_close(fd);
    }
    host_path_set_mode(HOST_PATH_AUTO);
}

static void test_init(void **state) {
    (void)state;
    struct host_path path;
    assert_host(host_path_init(&path, "", 0), HOST_E_NOENT);
    assert_host(host_path_init(&path, "a\0b", 3), HOST_E_INVAL);
    assert_host(host_path_init(&path, "file\0", 5), HOST_E_INVAL);
    assert_host(host_path_init(&path, "/", 1), HOST_E_XDEV);
    assert_host(host_path_init(&path, "/etc/passwd", 11), HOST_E_XDEV);
    assert_host(host_path_init(&path, "file-not-ended", 4), 0);
    assert_string_equal(path.text, "file");
    assert_int_equal(path.length, 4);
}

static void test_parent(void **state) {
    (void)state;
    static const struct {
        const char *path;
        int expected;
        enum host_last last;
        bool slash;
        const char *name;
        const char *parent; /* beneath in/; NULL: in/ itself, nothing opened */
    } cases[] = {
        {"file", 0, HOST_LAST_NAME, false, "file", NULL},
        {"new/", 0, HOST_LAST_NAME, true, "new", NULL},
        {"dir/file", 0, HOST_LAST_NAME, false, "file", "in/dir"},
        {"dir//sub///", 0, HOST_LAST_NAME, true, "sub", "in/dir"},
        {"todir/file", 0, HOST_LAST_NAME, false, "file", "in/dir"},
        {"./file", 0, HOST_LAST_NAME, false, "file", "in"},
        {"dir/../file", 0, HOST_LAST_NAME, false, "file", "in"},
        {".", 0, HOST_LAST_DOT, false, ".", NULL},
        {"dir/.", 0, HOST_LAST_DOT, false, ".", NULL},
        {"dir/./", 0, HOST_LAST_DOT, true, ".", NULL},
        {"dir/..", 0, HOST_LAST_DOTDOT, false, "..", NULL},
        {"..", HOST_E_XDEV, 0, false, NULL, NULL},
        {"dir/../..", HOST_E_XDEV, 0, false, NULL, NULL},
        {"../secret", HOST_E_XDEV, 0, false, NULL, NULL},
        {"out/secret", HOST_E_XDEV, 0, false, NULL, NULL},
        {"abs/passwd", HOST_E_XDEV, 0, false, NULL, NULL},
        {"missing/x", HOST_E_NOENT, 0, false, NULL, NULL},
        {"missing/..", HOST_E_NOENT, 0, false, NULL, NULL},
        {"file/x", HOST_E_NOTDIR, 0, false, NULL, NULL},
        {"loop/x", HOST_E_LOOP, 0, false, NULL, NULL},
    };
    FD_AUTO in = open("in", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int mode = HOST_PATH_AUTO; mode <= HOST_PATH_WALK; mode++) {
        host_path_set_mode(mode);
        for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
            struct host_path path;
            HOST_PLACE_AUTO place = {.owned = -1};
            assert_host(host_path_init(&path, cases[i].path, strlen(cases[i].path)), 0);
            int r = host_path_parent(in, &path, &place);
            if (r != cases[i].expected)
                fail_msg("'%s': %s", cases[i].path, host_error_words(r));
            if (r)
                continue;
            assert_int_equal(place.last, cases[i].last);
            assert_int_equal(place.slash, cases[i].slash);
            if (place.last != HOST_LAST_NAME)
                continue;
            assert_string_equal(place.name, cases[i].name);
            struct stat here, there;
            assert_int_equal(fstat(place.dirfd, &here), 0);
            assert_int_equal(stat(cases[i].parent ? cases[i].parent : "in", &there), 0);
            assert_int_equal(here.st_ino, there.st_ino);
            assert_int_equal(place.owned, cases[i].parent ? place.dirfd : -1);
        }
    }
    host_path_set_mode(HOST_PATH_AUTO);
}

/* --- the race --- */

#define RACES 20000

static atomic_bool race_over;

/* Swap in/swap between a directory and a link out of the tree, and move a deep directory to and fro. */
static void *swap(void *user) {
    (void)user;
    while (!atomic_load(&race_over)) {
        /* RENAME_EXCHANGE: there is no moment without the name. */
        if (renameat2(AT_FDCWD, "in/swap", AT_FDCWD, "in/evil", RENAME_EXCHANGE) < 0)
            break;
        if (rename("in/deep/er", "in/moved") == 0)
            (void)!rename("in/moved", "in/deep/er");
    }
    return NULL;
}

static void race(int in, ino_t outside, unsigned seen[2]) {
    static const char *const paths[] = {"swap/x", "swap/../swap/x", "deep/er/../../swap/x", "swap/new"};
    for (int i = 0; i < RACES; i++) {
        struct host_path path;
        int fd = -1;
        const char *text = paths[i % (int)ARRAY_LENGTH(paths)];
        bool create = strstr(text, "new");
        assert_int_equal(host_path_init(&path, text, strlen(text)), 0);
        int r = host_path_open(in, &path, create ? O_WRONLY | O_CREAT : O_RDONLY, 0644, &fd);
        if (r == 0) {
            struct stat st;
            assert_int_equal(fstat(fd, &st), 0);
            assert_true(st.st_ino != outside);
            seen[0]++;
            fd_close(fd);
        } else {
            assert_true(r == HOST_E_XDEV || r == HOST_E_NOENT || r == HOST_E_LOOP || r == HOST_E_NOTDIR);
            seen[1]++;
        }
        /* the same by name, as mkdir, unlink and rename do it */
        HOST_PLACE_AUTO place = {.owned = -1};
        assert_int_equal(host_path_init(&path, "swap/y", 6), 0);
        if (host_path_parent(in, &path, &place) == 0)
            (void)!mkdirat(place.dirfd, place.name, 0755);
    }
}

static void test_race(void **state) {
    (void)state;
    assert_int_equal(mkdir("outside", 0755), 0);
    rig_write("outside/x", "outside");
    assert_int_equal(mkdir("in/swap", 0755), 0);
    rig_write("in/swap/x", "inside");
    assert_int_equal(symlink("../outside", "in/evil"), 0);
    assert_int_equal(mkdir("in/deep", 0755), 0);
    assert_int_equal(mkdir("in/deep/er", 0755), 0);
    struct stat st;
    assert_int_equal(stat("outside/x", &st), 0);
    FD_AUTO in = open("in", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int mode = HOST_PATH_AUTO; mode <= HOST_PATH_WALK; mode++) {
        unsigned seen[2] = {0, 0};
        pthread_t thread;
        host_path_set_mode(mode);
        atomic_store(&race_over, false);
        assert_int_equal(pthread_create(&thread, NULL, swap, NULL), 0);
        race(in, st.st_ino, seen);
        atomic_store(&race_over, true);
        pthread_join(thread, NULL);
        print_message("%s: %u opened, %u refused\n", mode == HOST_PATH_WALK ? "walk" : "openat2", seen[0],
                      seen[1]);
        assert_true(seen[0] > 0 && seen[1] > 0);
    }
    host_path_set_mode(HOST_PATH_AUTO);
    DIR *outside = opendir("outside");
    unsigned entries = 0;
    while (readdir(outside))
        entries++;
    closedir(outside);
    assert_int_equal(entries, 3); /* ".", "..", x: nothing was made there */
}

static int enter(void **state) {
    if (rig_enter(state))
        return -1;
    make_tree();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_init),       cmocka_unit_test(test_openat2), cmocka_unit_test(test_walk),
        cmocka_unit_test(test_long_paths), cmocka_unit_test(test_parent),  cmocka_unit_test(test_race),
    };
    return cmocka_run_group_tests(tests, enter, rig_leave);
}
