/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Granted directories: what may be done beneath them and what not, with the audit line of each refusal; names
 * with every kind of last component; listing.  Everything runs with openat2 and with the walk.
 */
#include "rig.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "host/path.h"

/*
 * rw/ and ro/ are granted, each with file dir/ dir/file full/x link -> file dirlink -> dir out -> ../secret
 * away -> .. dangling -> nowhere; rw/ro_hard is a second name of ro/file that somebody outside made.
 */
static void make_tree(const char *root) {
    char path[64];
#define AT(name) (snprintf(path, sizeof(path), "%s/%s", root, name), path)
    assert_int_equal(mkdir(root, 0755), 0);
    assert_int_equal(mkdir(AT("dir"), 0755), 0);
    assert_int_equal(mkdir(AT("full"), 0755), 0);
    rig_write(AT("file"), "file");
    rig_write(AT("dir/file"), "dir/file");
    rig_write(AT("full/x"), "x");
    assert_int_equal(symlink("file", AT("link")), 0);
    assert_int_equal(symlink("dir", AT("dirlink")), 0);
    assert_int_equal(symlink("../secret", AT("out")), 0);
    assert_int_equal(symlink("..", AT("away")), 0);
    assert_int_equal(symlink("nowhere", AT("dangling")), 0);
#undef AT
}

static int enter(void **state) {
    if (rig_enter(state))
        return -1;
    rig_write("secret", "secret");
    make_tree("rw");
    make_tree("ro");
    return 0;
}

static int open_simple(struct host_file *dir, const char *path, const char *how, struct host_file **ret) {
    struct host_open o = {.follow = true};
    for (; *how; how++) {
        switch (*how) {
        case 'r': o.read = true; break;
        case 'w': o.write = true; break;
        case 'c': o.create = true; break;
        case 'x': o.exclusive = true; break;
        case 't': o.truncate = true; break;
        case 'd': o.directory = true; break;
        case 'n': o.follow = false; break;
        default: fail_msg("no such letter"); break;
        }
    }
    return host_dir_open(dir, path, strlen(path), &o, ret);
}

static void check_open(struct host_file *dir, const char *path, const char *how, int expected) {
    HOST_FILE_AUTO *file = NULL;
    int r = open_simple(dir, path, how, &file);
    if (r != expected)
        fail_msg("open '%s' as %s in %s: %s, not %s", path, how, dir->path, host_error_words(r),
                 host_error_words(expected));
    assert_true((r == 0) == (file != NULL));
}

static void test_open(void) {
    struct rig rig;
    rig_init(&rig, 0);
    struct host_file *rw = rig_grant(&rig, "rw", "/rw", true);
    struct host_file *ro = rig_grant(&rig, "ro", "/ro", false);
    static const struct {
        const char *path;
        const char *how;
        int rw;
        int ro;
    } cases[] = {
        {"file", "r", 0, 0},
        {"file", "", 0, 0},
        {"file", "rw", 0, HOST_E_NOTCAPABLE},
        {"file", "w", 0, HOST_E_NOTCAPABLE},
        {"file", "rt", 0, HOST_E_NOTCAPABLE},
        {"file", "t", 0, HOST_E_NOTCAPABLE},
        {"file", "rc", 0, HOST_E_NOTCAPABLE},
        {"missing", "r", HOST_E_NOENT, HOST_E_NOENT},
        {"file", "rwcx", HOST_E_EXIST, HOST_E_NOTCAPABLE},
        {"dir", "r", 0, 0},
        {"dir", "rd", 0, 0},
        {"dir", "rwd", 0, 0},
        {"dir", "rw", HOST_E_ISDIR, HOST_E_NOTCAPABLE},
        {"file", "rd", HOST_E_NOTDIR, HOST_E_NOTDIR},
        {"dir", "rdc", HOST_E_INVAL, HOST_E_NOTCAPABLE},
        {"link", "r", 0, 0},
        {"link", "rn", HOST_E_LOOP, HOST_E_LOOP},
        {"file/", "r", HOST_E_NOTDIR, HOST_E_NOTDIR},
        {"dirlink/file", "rn", 0, 0},
        {"out", "r", HOST_E_PERM, HOST_E_PERM},
        {"out", "w", HOST_E_PERM, HOST_E_NOTCAPABLE},
        {"away/secret", "r", HOST_E_PERM, HOST_E_PERM},
        {"../secret", "r", HOST_E_PERM, HOST_E_PERM},
        {"/etc/passwd", "r", HOST_E_PERM, HOST_E_PERM},
        {"", "r", HOST_E_NOENT, HOST_E_NOENT},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        check_open(rw, cases[i].path, cases[i].how, cases[i].rw);
        check_open(ro, cases[i].path, cases[i].how, cases[i].ro);
    }
    HOST_FILE_AUTO *file = NULL;
    struct host_open how = {.read = true};
    assert_host(host_dir_open(rw, "file\0", 5, &how, &file), HOST_E_INVAL);
    /* not a directory */
    assert_host(open_simple(rw, "file", "r", &file), 0);
    check_open(file, "file", "r", HOST_E_NOTDIR);
    file = host_file_unref(file);
    /* a directory beneath carries the rights on */
    assert_host(open_simple(ro, "dir", "rd", &file), 0);
    assert_int_equal(file->kind, HOST_DIRECTORY);
    assert_string_equal(file->path, "/ro/dir");
    check_open(file, "file", "r", 0);
    rig.audits = 0;
    check_open(file, "file", "w", HOST_E_NOTCAPABLE);
    assert_int_equal(rig.audits, 1);
    assert_string_equal(rig.resource, "/ro/dir/file");
    assert_string_equal(rig.needed, "--dir /host/ro::/ro:rw");
    assert_int_equal(rig.audit.class, GRANT_FS);
    assert_int_equal(rig.audit.action, GRANT_WRITE);
    check_open(file, "../file", "r", HOST_E_PERM);
    host_file_unref(rw);
    host_file_unref(ro);
    file = host_file_unref(file);
    rig_done(&rig);
}

static void test_audit(void) {
    struct rig rig;
    rig_init(&rig, 0);
    struct host_file *ro = rig_grant(&rig, "ro", "/data", false);
    check_open(ro, "file", "w", HOST_E_NOTCAPABLE);
    assert_int_equal(rig.audits, 1);
    assert_string_equal(rig.resource, "/data/file");
    assert_string_equal(rig.needed, "--dir /host/data::/data:rw");
    check_open(ro, "dir/../../../etc/passwd", "r", HOST_E_PERM);
    assert_int_equal(rig.audits, 2);
    assert_int_equal(rig.audit.action, GRANT_READ);
    assert_non_null(strstr(rig.needed, "--dir "));
    check_open(ro, "/etc/passwd", "r", HOST_E_PERM);
    assert_string_equal(rig.resource, "/etc/passwd");
    assert_string_equal(rig.needed, "--dir HOSTDIR::/etc");
    assert_int_equal(host_figures(rig.host).denied, 3);
    /* a flood of the same leaves one line and a count */
    assert_int_equal(rig.audit.count, 1);
    for (int i = 0; i < 1000; i++)
        check_open(ro, "file", "w", HOST_E_NOTCAPABLE);
    assert_int_equal(host_figures(rig.host).denied, 1003);
    assert_int_equal(rig.audits, 3);
    host_audit_flush(rig.host);
    assert_int_equal(rig.audits, 4);
    assert_int_equal(rig.audit.count, 1000);
    assert_string_equal(rig.resource, "/data/file");
    assert_string_equal(rig.needed, "--dir /host/data::/data:rw");
    host_file_unref(ro);
    rig_done(&rig);
}

static void test_denied_root(void) {
    struct rig rig;
    rig_init(&rig, 0);
    struct host_file *root = NULL;
    assert_host(host_dir_denied(rig.host, &root), 0);
    struct host_stat st;
    size_t n;
    char text[8];
    static const struct {
        const char *path;
        const char *needed;
    } cases[] = {
        {"data/notes.txt", "--dir HOSTDIR::/data"},
        {"data/deep/er/notes.txt", "--dir HOSTDIR::/data/deep/er"},
        {"data", "--dir HOSTDIR::/data"},
        {"notes.txt", "--dir HOSTDIR::/"},
        {"a/../data/x", "--dir HOSTDIR::/data"},
        {"../../../data/x", "--dir HOSTDIR::/"}, /* above the root there is nothing to grant */
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        check_open(root, cases[i].path, "r", HOST_E_NOTCAPABLE);
        assert_string_equal(rig.needed, cases[i].needed);
        assert_int_equal(rig.resource[0], '/');
    }
    check_open(root, "data/x", "rwc", HOST_E_NOTCAPABLE);
    assert_string_equal(rig.needed, "--dir HOSTDIR::/data:rw");
    assert_host(host_dir_stat(root, "x", 1, true, &st), HOST_E_NOTCAPABLE);
    assert_host(host_dir_make(root, "x", 1), HOST_E_NOTCAPABLE);
    assert_host(host_dir_remove(root, "x", 1), HOST_E_NOTCAPABLE);
    assert_host(host_dir_unlink(root, "x", 1), HOST_E_NOTCAPABLE);
    assert_host(host_dir_readlink(root, "x", 1, text, 8, &n), HOST_E_NOTCAPABLE);
    assert_host(host_dir_symlink(root, "x", 1, "y", 1), HOST_E_NOTCAPABLE);
    assert_host(host_dir_rename(root, "x", 1, root, "y", 1), HOST_E_NOTCAPABLE);
    assert_host(host_dir_link(root, "x", 1, root, "y", 1), HOST_E_NOTCAPABLE);
    assert_host(host_dir_list(root, 0, true, NULL, NULL), HOST_E_NOTCAPABLE);
    struct host_time keep = {.how = HOST_TIME_KEEP};
    assert_host(host_dir_set_times(root, "x", 1, true, keep, keep), HOST_E_NOTCAPABLE);
    assert_host(host_file_stat(root, &st), 0);
    assert_int_equal(st.type, HOST_TYPE_DIRECTORY);
    assert_host(host_file_sync(root, false), HOST_E_BADF);
    host_file_unref(root);
    rig_done(&rig);
}

static void test_grant(void) {
    struct rig rig;
    FD_AUTO fd = open("rw", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    FD_AUTO file = open("rw/file", O_RDONLY | O_CLOEXEC);
    rig_init(&rig, 0);
    struct host_file *dir = NULL;
    /* nothing allows it */
    assert_host(host_dir_grant(rig.host, fd, "/data", true, &dir), HOST_E_NOTCAPABLE);
    assert_string_equal(rig.needed, "--dir HOSTDIR::/data");
    rig_allow(&rig, "/data", false);
    assert_host(host_dir_grant(rig.host, file, "/data", true, &dir), HOST_E_NOTDIR);
    assert_host(host_dir_grant(rig.host, fd, "", true, &dir), HOST_E_INVAL);
    /* the granter says writable, the grants do not */
    assert_host(host_dir_grant(rig.host, fd, "/data", true, &dir), 0);
    assert_int_equal(host_dir_make(dir, "new", 3), HOST_E_NOTCAPABLE);
    dir = host_file_unref(dir);
    /* the grants allow writing, the granter does not */
    rig_allow(&rig, "/more", true);
    assert_host(host_dir_grant(rig.host, fd, "/more", false, &dir), 0);
    assert_int_equal(host_dir_make(dir, "new", 3), HOST_E_NOTCAPABLE);
    dir = host_file_unref(dir);
    /* a denied part of it */
    assert_int_equal(grant_add(&rig.grants, GRANT_FS, GRANT_READ, "/host/more/secret::/more/secret",
                               GRANT_DENY, GRANT_BY_POLICY, NULL),
                     0);
    assert_host(host_dir_grant(rig.host, fd, "/more", true, &dir), HOST_E_NOTCAPABLE);
    assert_int_equal(rig.notices, 1);
    assert_host(host_dir_grant(rig.host, fd, "/data", true, &dir), 0);
    /* grants that change while a directory is held */
    struct host_stat st;
    assert_host(host_dir_stat(dir, "file", 4, true, &st), 0);
    assert_int_equal(grant_add(&rig.grants, GRANT_FS, GRANT_READ | GRANT_WRITE, "/host/data::/data",
                               GRANT_DENY, GRANT_BY_POLICY, NULL),
                     0);
    assert_host(host_dir_stat(dir, "file", 4, true, &st), HOST_E_NOTCAPABLE);
    host_file_unref(dir);
    rig_done(&rig);
}

/* --- names --- */

static int name_stat(struct host_file *dir, const char *path) {
    struct host_stat st;
    return host_dir_stat(dir, path, strlen(path), true, &st);
}
static int name_lstat(struct host_file *dir, const char *path) {
    struct host_stat st;
    return host_dir_stat(dir, path, strlen(path), false, &st);
}
static int name_make(struct host_file *dir, const char *path) {
    return host_dir_make(dir, path, strlen(path));
}
static int name_remove(struct host_file *dir, const char *path) {
    return host_dir_remove(dir, path, strlen(path));
}
static int name_unlink(struct host_file *dir, const char *path) {
    return host_dir_unlink(dir, path, strlen(path));
}
static int name_readlink(struct host_file *dir, const char *path) {
    char text[16];
    size_t n;
    return host_dir_readlink(dir, path, strlen(path), text, sizeof(text), &n);
}
static int name_symlink(struct host_file *dir, const char *path) {
    return host_dir_symlink(dir, "target", 6, path, strlen(path));
}
static int name_times(struct host_file *dir, const char *path) {
    struct host_time t = {.how = HOST_TIME_SET, .ns = 1234567890123456789u};
    return host_dir_set_times(dir, path, strlen(path), true, t, t);
}
static int name_rename_from(struct host_file *dir, const char *path) {
    return host_dir_rename(dir, path, strlen(path), dir, "renamed", 7);
}
static int name_rename_to(struct host_file *dir, const char *path) {
    return host_dir_rename(dir, "dir", 3, dir, path, strlen(path));
}
static int name_rename_file_to(struct host_file *dir, const char *path) {
    return host_dir_rename(dir, "file", 4, dir, path, strlen(path));
}
static int name_link_from(struct host_file *dir, const char *path) {
    return host_dir_link(dir, path, strlen(path), dir, "linked", 6);
}
static int name_link_to(struct host_file *dir, const char *path) {
    return host_dir_link(dir, "file", 4, dir, path, strlen(path));
}

struct name_case {
    int (*fn)(struct host_file *dir, const char *path);
    const char *what;
    const char *path;
    int expected;
    bool changes; /* needs writing */
};

#define OUT HOST_E_PERM
static const struct name_case name_cases[] = {
    {name_stat, "stat", "file", 0, false},
    {name_stat, "stat", "link", 0, false},
    {name_stat, "stat", "dir/", 0, false},
    {name_stat, "stat", "dirlink/", 0, false},
    {name_stat, "stat", ".", 0, false},
    {name_stat, "stat", "dir/..", 0, false},
    {name_stat, "stat", "file/", HOST_E_NOTDIR, false},
    {name_stat, "stat", "dangling", HOST_E_NOENT, false},
    {name_stat, "stat", "out", OUT, false},
    {name_stat, "stat", "..", OUT, false},
    {name_stat, "stat", "away/secret", OUT, false},
    {name_stat, "stat", "", HOST_E_NOENT, false},
    {name_lstat, "lstat", "out", 0, false},
    {name_lstat, "lstat", "dangling", 0, false},
    {name_lstat, "lstat", "out/", OUT, false},
    {name_lstat, "lstat", "away/", OUT, false},
    {name_lstat, "lstat", "link/", HOST_E_NOTDIR, false},
    {name_lstat, "lstat", "..", OUT, false},
    {name_readlink, "readlink", "link", 0, false},
    {name_readlink, "readlink", "out", 0, false},
    {name_readlink, "readlink", "file", HOST_E_INVAL, false},
    {name_readlink, "readlink", "dir", HOST_E_INVAL, false},
    {name_readlink, "readlink", ".", HOST_E_INVAL, false},
    {name_readlink, "readlink", "dirlink/", HOST_E_INVAL, false},
    {name_readlink, "readlink", "away/", HOST_E_INVAL, false},
    {name_readlink, "readlink", "file/", HOST_E_NOTDIR, false},
    {name_readlink, "readlink", "away/rw/link", OUT, false},
    {name_readlink, "readlink", "missing", HOST_E_NOENT, false},
    {name_make, "mkdir", "file", HOST_E_EXIST, true},
    {name_make, "mkdir", "dir/", HOST_E_EXIST, true},
    {name_make, "mkdir", ".", HOST_E_EXIST, true},
    {name_make, "mkdir", "dir/..", HOST_E_EXIST, true},
    {name_make, "mkdir", "..", OUT, true},
    {name_make, "mkdir", "dangling", HOST_E_EXIST, true},
    {name_make, "mkdir", "dangling/", HOST_E_EXIST, true},
    {name_make, "mkdir", "missing/x", HOST_E_NOENT, true},
    {name_make, "mkdir", "file/x", HOST_E_NOTDIR, true},
    {name_make, "mkdir", "away/born", OUT, true},
    {name_make, "mkdir", "../born", OUT, true},
    {name_make, "mkdir", "/born", OUT, true},
    {name_make, "mkdir", "", HOST_E_NOENT, true},
    {name_remove, "rmdir", "full", HOST_E_NOTEMPTY, true},
    {name_remove, "rmdir", "file", HOST_E_NOTDIR, true},
    {name_remove, "rmdir", "file/", HOST_E_NOTDIR, true},
    {name_remove, "rmdir", "dirlink", HOST_E_NOTDIR, true},
    {name_remove, "rmdir", "dirlink/", HOST_E_NOTDIR, true},
    {name_remove, "rmdir", ".", HOST_E_INVAL, true},
    {name_remove, "rmdir", "dir/..", HOST_E_NOTEMPTY, true},
    {name_remove, "rmdir", "..", OUT, true},
    {name_remove, "rmdir", "missing", HOST_E_NOENT, true},
    {name_unlink, "unlink", "dir", HOST_E_ISDIR, true},
    {name_unlink, "unlink", "dir/", HOST_E_ISDIR, true},
    {name_unlink, "unlink", ".", HOST_E_ISDIR, true},
    {name_unlink, "unlink", "file/", HOST_E_NOTDIR, true},
    {name_unlink, "unlink", "dirlink/", HOST_E_NOTDIR, true},
    {name_unlink, "unlink", "away/secret", OUT, true},
    {name_unlink, "unlink", "../secret", OUT, true},
    {name_unlink, "unlink", "missing", HOST_E_NOENT, true},
    {name_symlink, "symlink", "file", HOST_E_EXIST, true},
    {name_symlink, "symlink", "dir/", HOST_E_EXIST, true},
    {name_symlink, "symlink", "new/", HOST_E_NOENT, true},
    {name_symlink, "symlink", ".", HOST_E_EXIST, true},
    {name_symlink, "symlink", "away/born", OUT, true},
    {name_times, "times", "out", OUT, true},
    {name_times, "times", "away", OUT, true},
    {name_times, "times", "missing", HOST_E_NOENT, true},
    {name_times, "times", "file/", HOST_E_NOTDIR, true},
    {name_times, "times", "link", 0, true},
    {name_times, "times", "dir", 0, true},
    {name_rename_from, "rename from", "missing", HOST_E_NOENT, true},
    {name_rename_from, "rename from", "file/", HOST_E_NOTDIR, true},
    {name_rename_from, "rename from", "dirlink/", HOST_E_NOTDIR, true},
    {name_rename_from, "rename from", ".", HOST_E_BUSY, true},
    {name_rename_from, "rename from", "dir/..", HOST_E_BUSY, true},
    {name_rename_from, "rename from", "..", OUT, true},
    {name_rename_from, "rename from", "away/secret", OUT, true},
    {name_rename_to, "rename dir to", "file", HOST_E_NOTDIR, true},
    {name_rename_to, "rename dir to", "full", HOST_E_NOTEMPTY, true},
    {name_rename_to, "rename dir to", "dir/inside", HOST_E_INVAL, true},
    {name_rename_to, "rename dir to", "away/born", OUT, true},
    {name_rename_to, "rename dir to", ".", HOST_E_BUSY, true},
    {name_rename_file_to, "rename file to", "dir", HOST_E_ISDIR, true},
    {name_rename_file_to, "rename file to", "new/", HOST_E_NOTDIR, true},
    {name_rename_file_to, "rename file to", "../born", OUT, true},
    {name_link_from, "link from", "dir", HOST_E_PERM, true},
    {name_link_from, "link from", "dir/", HOST_E_PERM, true},
    {name_link_from, "link from", "file/", HOST_E_NOTDIR, true},
    {name_link_from, "link from", ".", HOST_E_PERM, true},
    {name_link_from, "link from", "away/secret", OUT, true},
    {name_link_from, "link from", "missing", HOST_E_NOENT, true},
    {name_link_to, "link to", "dir", HOST_E_EXIST, true},
    {name_link_to, "link to", "dir/", HOST_E_EXIST, true},
    {name_link_to, "link to", "new/", HOST_E_NOENT, true},
    {name_link_to, "link to", "dangling", HOST_E_EXIST, true},
    {name_link_to, "link to", "../born", OUT, true},
};

static void test_names(void) {
    struct rig rig;
    rig_init(&rig, 0);
    struct host_file *rw = rig_grant(&rig, "rw", "/rw", true);
    struct host_file *ro = rig_grant(&rig, "ro", "/ro", false);
    for (size_t i = 0; i < ARRAY_LENGTH(name_cases); i++) {
        const struct name_case *c = &name_cases[i];
        int r = c->fn(rw, c->path);
        if (r != c->expected)
            fail_msg("%s '%s': %s, not %s", c->what, c->path, host_error_words(r),
                     host_error_words(c->expected));
        int expected = c->changes ? HOST_E_NOTCAPABLE : c->expected;
        r = c->fn(ro, c->path);
        if (r != expected)
            fail_msg("read-only: %s '%s': %s, not %s", c->what, c->path, host_error_words(r),
                     host_error_words(expected));
    }
    assert_int_equal(access("born", F_OK), -1);
    assert_int_equal(access("/born", F_OK), -1);
    host_file_unref(rw);
    host_file_unref(ro);
    rig_done(&rig);
}

static void test_changes(void) {
    struct rig rig;
    rig_init(&rig, 0);
    struct host_file *rw = rig_grant(&rig, "rw", "/rw", true);
    struct stat st;
    assert_host(name_make(rw, "d"), 0);
    assert_host(name_make(rw, "d/e/"), 0);
    assert_int_equal(stat("rw/d/e", &st), 0);
    assert_host(name_remove(rw, "d/e/"), 0);
    assert_host(name_remove(rw, "d"), 0);
    /* a link is removed, not what it names */
    assert_host(host_dir_symlink(rw, "../secret", 9, "s", 1), 0);
    char text[4];
    size_t n;
    assert_host(host_dir_readlink(rw, "s", 1, text, sizeof(text), &n), 0);
    assert_int_equal(n, 4);
    assert_memory_equal(text, "../s", 4);
    assert_host(host_dir_readlink(rw, "s", 1, text, 0, &n), 0);
    assert_int_equal(n, 0);
    check_open(rw, "s", "r", HOST_E_PERM);
    assert_host(name_unlink(rw, "s"), 0);
    assert_int_equal(access("secret", R_OK), 0);
    assert_host(host_dir_symlink(rw, "/etc/passwd", 11, "s", 1), HOST_E_PERM);
    assert_host(host_dir_symlink(rw, "", 0, "s", 1), HOST_E_NOENT);
    assert_host(host_dir_symlink(rw, "a\0b", 3, "s", 1), HOST_E_INVAL);
    /* a link is linked and renamed itself */
    assert_host(host_dir_link(rw, "out", 3, rw, "out2", 4), 0);
    assert_int_equal(lstat("rw/out2", &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_host(host_dir_rename(rw, "out2", 4, rw, "out3", 4), 0);
    assert_host(name_unlink(rw, "out3"), 0);
    assert_host(host_dir_rename(rw, "dir/", 4, rw, "moved/", 6), 0);
    assert_host(host_dir_rename(rw, "moved", 5, rw, "dir", 3), 0);
    /* times: by path, of a link and through it */
    struct host_time accessed = {.how = HOST_TIME_SET, .ns = 1000000007u};
    struct host_time modified = {.how = HOST_TIME_SET, .ns = 2000000009u};
    struct host_time keep = {.how = HOST_TIME_KEEP};
    struct host_time now = {.how = HOST_TIME_NOW};
    assert_host(host_dir_set_times(rw, "dir/file", 8, true, accessed, modified), 0);
    struct host_stat got;
    assert_host(host_dir_stat(rw, "dir/file", 8, true, &got), 0);
    assert_int_equal(got.accessed_ns, 1000000007u);
    assert_int_equal(got.modified_ns, 2000000009u);
    assert_int_equal(got.size_bytes, 8);
    assert_int_equal(got.type, HOST_TYPE_REGULAR);
    assert_host(host_dir_set_times(rw, "out", 3, false, keep, modified), 0);
    assert_host(host_dir_stat(rw, "out", 3, false, &got), 0);
    assert_int_equal(got.type, HOST_TYPE_SYMLINK);
    assert_int_equal(got.modified_ns, 2000000009u);
    assert_host(host_dir_set_times(rw, "link", 4, true, keep, modified), 0);
    assert_int_equal(stat("rw/file", &st), 0);
    assert_int_equal(st.st_mtim.tv_sec, 2);
    assert_host(host_dir_set_times(rw, "link", 4, true, keep, now), 0);
    assert_int_equal(stat("rw/file", &st), 0);
    assert_true(st.st_mtim.tv_sec > 1000000);
    host_file_unref(rw);
    rig_done(&rig);
}

static void test_across(void) {
    struct rig rig;
    rig_init(&rig, 0);
    struct host_file *rw = rig_grant(&rig, "rw", "/rw", true);
    struct host_file *ro = rig_grant(&rig, "ro", "/ro", false);
    assert_int_equal(mkdir("third", 0755), 0);
    struct host_file *third = rig_grant(&rig, "third", "/third", true);
    /* a second name in a writable place would make what is read-only writable */
    assert_host(host_dir_link(ro, "file", 4, rw, "stolen", 6), HOST_E_NOTCAPABLE);
    assert_string_equal(rig.resource, "/ro/file");
    assert_host(host_dir_link(rw, "file", 4, ro, "given", 5), HOST_E_NOTCAPABLE);
    assert_string_equal(rig.resource, "/ro/given");
    assert_host(host_dir_rename(ro, "file", 4, rw, "stolen", 6), HOST_E_NOTCAPABLE);
    assert_host(host_dir_rename(rw, "file", 4, ro, "given", 5), HOST_E_NOTCAPABLE);
    assert_int_equal(access("rw/stolen", F_OK), -1);
    assert_int_equal(access("ro/given", F_OK), -1);
    assert_int_equal(access("ro/file", F_OK), 0);
    /* between writable ones both work */
    assert_host(host_dir_link(rw, "file", 4, third, "file", 4), 0);
    assert_host(host_dir_rename(third, "file", 4, rw, "back", 4), 0);
    assert_host(host_dir_rename(rw, "back", 4, third, "../ro/file", 10), HOST_E_PERM);
    assert_host(host_dir_unlink(rw, "back", 4), 0);
    /* times of an open file of a read-only grant */
    HOST_FILE_AUTO *file = NULL;
    struct host_time now = {.how = HOST_TIME_NOW};
    assert_host(open_simple(ro, "file", "r", &file), 0);
    host_audit_flush(rig.host);
    assert_host(host_file_set_times(file, now, now), HOST_E_NOTCAPABLE);
    host_audit_flush(rig.host); /* told before, so counted only */
    assert_string_equal(rig.resource, "/ro/file");
    assert_string_equal(rig.needed, "--dir /host/ro::/ro:rw");
    assert_host(host_file_set_size(file, 0), HOST_E_BADF);
    assert_host(host_file_allocate(file, 0, 10), HOST_E_BADF);
    file = host_file_unref(file);
    assert_host(host_file_set_times(ro, now, now), HOST_E_NOTCAPABLE);
    assert_host(host_file_set_times(rw, now, now), 0);
    assert_host(open_simple(rw, "file", "r", &file), 0);
    assert_host(host_file_set_times(file, now, now), 0);
    file = host_file_unref(file);
    host_file_unref(rw);
    host_file_unref(ro);
    host_file_unref(third);
    rig_done(&rig);
}

/* --- listing --- */

#define FILES 700

struct listing {
    unsigned seen[FILES];
    unsigned others;
    unsigned dots;
    unsigned count;
    unsigned stop_after; /* 0: never */
    uint64_t next;
    uint64_t dotdot_inode;
};

static bool on_entry(const struct host_entry *entry, void *user) {
    struct listing *list = user;
    unsigned number;
    list->next = entry->next;
    assert_int_equal(entry->name_length, strlen(entry->name));
    if (sscanf(entry->name, "f%u", &number) == 1 && number < FILES) {
        list->seen[number]++;
        assert_int_equal(entry->type, HOST_TYPE_REGULAR);
    } else if (entry->name[0] == '.') {
        list->dots++;
        assert_int_equal(entry->type, HOST_TYPE_DIRECTORY);
        if (strcmp(entry->name, "..") == 0)
            list->dotdot_inode = entry->inode;
    } else {
        list->others++;
        assert_int_equal(entry->type, HOST_TYPE_SYMLINK);
    }
    return ++list->count != list->stop_after;
}

static void test_list(void) {
    struct rig rig;
    rig_init(&rig, 0);
    char name[32];
    assert_int_equal(mkdir("many", 0755), 0);
    for (unsigned i = 0; i < FILES; i++) {
        snprintf(name, sizeof(name), "many/f%u", i);
        rig_write(name, "");
    }
    assert_int_equal(symlink("x", "many/link"), 0);
    struct host_file *dir = rig_grant(&rig, "many", "/many", false);
    struct host_stat st;
    assert_host(host_file_stat(dir, &st), 0);
    struct listing list = {0};
    assert_host(host_dir_list(dir, 0, true, on_entry, &list), 0);
    assert_int_equal(list.count, FILES + 3);
    assert_int_equal(list.dots, 2);
    assert_int_equal(list.others, 1);
    assert_int_equal(list.dotdot_inode, st.inode);
    /* in pieces, by cookie, without the dots: each exactly once */
    list = (struct listing){.stop_after = 7};
    for (unsigned last = 1; last != list.count;) {
        last = list.count;
        list.stop_after = list.count + 7;
        assert_host(host_dir_list(dir, list.next, false, on_entry, &list), 0);
    }
    assert_int_equal(list.count, FILES + 1);
    assert_int_equal(list.dots, 0);
    for (unsigned i = 0; i < FILES; i++)
        assert_int_equal(list.seen[i], 1);
    assert_host(host_dir_list(dir, UINT64_MAX, true, on_entry, &list), HOST_E_INVAL);
    /* a cookie nobody gave must not do harm */
    (void)!host_dir_list(dir, 12345, true, on_entry, &list);
    HOST_FILE_AUTO *file = NULL;
    assert_host(open_simple(dir, "f1", "r", &file), 0);
    assert_host(host_dir_list(file, 0, true, on_entry, &list), HOST_E_NOTDIR);
    file = host_file_unref(file);
    host_file_unref(dir);
    rig_done(&rig);
}

#define BOTH_WAYS(test)                                                                                      \
    static void test##_openat2(void **state) {                                                               \
        (void)state;                                                                                         \
        host_path_set_mode(HOST_PATH_AUTO);                                                                  \
        test();                                                                                              \
    }                                                                                                        \
    static void test##_walk(void **state) {                                                                  \
        (void)state;                                                                                         \
        host_path_set_mode(HOST_PATH_WALK);                                                                  \
        test();                                                                                              \
        host_path_set_mode(HOST_PATH_AUTO);                                                                  \
    }
BOTH_WAYS(test_open)
BOTH_WAYS(test_names)
BOTH_WAYS(test_changes)
#define ONCE(test)                                                                                           \
    static void test##_once(void **state) {                                                                  \
        (void)state;                                                                                         \
        test();                                                                                              \
    }
/* Grants that are replaced, end, or tell: what was given obeys from the next check on. */
static void test_grants_change(void) {
    struct rig rig;
    rig_init(&rig, 0);
    struct host_file *rw = rig_grant(&rig, "rw", "/data", true);
    check_open(rw, "file", "r", 0);
    check_open(rw, "file", "w", 0);
    HOST_FILE_AUTO *held = NULL, *beneath = NULL;
    assert_host(open_simple(rw, "dir/file", "r", &held), 0);
    assert_host(open_simple(rw, "dir", "rd", &beneath), 0);
    /* writing is taken away, of what is beneath too; then all of it: what is open stays open */
    struct grant_set next = {0};
    assert_int_equal(grant_add_dir(&next, "/host/data::/data", GRANT_BY_OPTION, NULL), 0);
    grant_set_replace(&rig.grants, &next);
    check_open(rw, "file", "r", 0);
    check_open(rw, "file", "w", HOST_E_NOTCAPABLE);
    check_open(beneath, "file", "w", HOST_E_NOTCAPABLE);
    grant_set_replace(&rig.grants, &next);
    check_open(rw, "file", "r", HOST_E_NOTCAPABLE);
    check_open(beneath, "file", "r", HOST_E_NOTCAPABLE);
    char byte;
    struct iovec iov = {&byte, 1};
    size_t n = 0;
    assert_host(host_file_pread(held, &iov, 1, 0, &n), 0);
    assert_int_equal(n, 1);
    /* a part that is denied takes the whole, and says so */
    assert_int_equal(grant_add_dir(&next, "/host/data::/data:rw", GRANT_BY_OPTION, NULL), 0);
    grant_set_replace(&rig.grants, &next);
    check_open(rw, "file", "w", 0);
    assert_int_equal(
        grant_add_rule(&rig.grants, "fs:write:/data/**/secret", GRANT_DENY, GRANT_BY_ADMIN, NULL), 0);
    check_open(rw, "file", "r", 0);
    rig.audits = 0;
    check_open(rw, "dir/file", "w", HOST_E_NOTCAPABLE);
    assert_int_equal(rig.audit.reason, HOST_DENIED_BY_ROW);
    assert_string_equal(rig.needed, "--deny 'fs:write:/data/**/secret'");
    /* it ends by itself */
    uint64_t now_ms = clock_wall_ns() / 1000000;
    assert_int_equal(grant_add_until(&next, GRANT_FS, GRANT_READ, "/host/data::/data", GRANT_ALLOW,
                                     GRANT_BY_ADMIN, now_ms + 300, NULL),
                     0);
    grant_set_replace(&rig.grants, &next);
    check_open(rw, "file", "r", 0);
    while (clock_wall_ns() / 1000000 < now_ms + 300)
        usleep(20000);
    check_open(rw, "file", "r", HOST_E_NOTCAPABLE);
    check_open(beneath, "file", "r", HOST_E_NOTCAPABLE);
    /* a row that tells lets pass, and names the directory that a tight policy needs */
    assert_int_equal(grant_add_audit(&next, GRANT_BY_OPTION, NULL), 0);
    grant_set_replace(&rig.grants, &next);
    rig.audits = 0;
    check_open(rw, "dir/file", "w", 0);
    assert_int_equal(rig.audits, 1);
    assert_true(rig.audit.allowed);
    assert_string_equal(rig.resource, "/data/dir/file");
    assert_string_equal(rig.needed, "--dir /data/dir::/data/dir:rw");
    check_open(beneath, "file", "r", 0);
    assert_int_equal(rig.audits, 2);
    assert_string_equal(rig.needed, "--dir /data/dir::/data/dir");
    check_open(beneath, "file", "r", 0);
    assert_int_equal(rig.audits, 2);
    host_file_unref(rw);
    beneath = host_file_unref(beneath);
    held = host_file_unref(held);
    rig_done(&rig);
}

ONCE(test_audit)
ONCE(test_grants_change)
ONCE(test_denied_root)
ONCE(test_grant)
ONCE(test_across)
ONCE(test_list)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_open_openat2),     cmocka_unit_test(test_open_walk),
        cmocka_unit_test(test_names_openat2),    cmocka_unit_test(test_names_walk),
        cmocka_unit_test(test_changes_openat2),  cmocka_unit_test(test_changes_walk),
        cmocka_unit_test(test_audit_once),       cmocka_unit_test(test_grants_change_once),
        cmocka_unit_test(test_denied_root_once), cmocka_unit_test(test_grant_once),
        cmocka_unit_test(test_across_once),      cmocka_unit_test(test_list_once),
    };
    return cmocka_run_group_tests(tests, enter, rig_leave);
}
