/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Entries of a directory one after the other: all of them, once, with their types; several at the same time.
 */
#include "rig.h"

#include <dirent.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/fault.h"
#include "host/listing.h"

/* Read all. @return how many; each is told to fn */
static size_t list(struct host_file *dir, void (*fn)(const struct host_entry *entry, void *user),
                   void *user) {
    struct host_listing *listing = NULL;
    struct host_entry entry;
    size_t count = 0;
    assert_host(host_listing_new(dir, &listing), 0);
    for (;; count++) {
        assert_host(host_listing_next(listing, &entry), 0);
        if (!entry.name)
            break;
        assert_int_equal(entry.name_length, strlen(entry.name));
        assert_string_not_equal(entry.name, ".");
        assert_string_not_equal(entry.name, "..");
        if (fn)
            fn(&entry, user);
    }
    /* the end stays the end */
    assert_host(host_listing_next(listing, &entry), 0);
    assert_null(entry.name);
    assert_null(host_listing_free(listing));
    return count;
}

static void check_type(const struct host_entry *entry, void *user) {
    static const struct {
        const char *name;
        enum host_type type;
    } types[] = {
        {"file", HOST_TYPE_REGULAR}, {"dir", HOST_TYPE_DIRECTORY},        {"link", HOST_TYPE_SYMLINK},
        {"fifo", HOST_TYPE_FIFO},    {"socket", HOST_TYPE_SOCKET_STREAM},
    };
    unsigned *seen = user;
    for (size_t i = 0; i < ARRAY_LENGTH(types); i++) {
        if (strcmp(entry->name, types[i].name) != 0)
            continue;
        assert_int_equal(entry->type, types[i].type);
        struct stat st;
        char path[300];
        snprintf(path, sizeof(path), "t/%s", entry->name);
        assert_int_equal(lstat(path, &st), 0);
        assert_int_equal(entry->inode, st.st_ino);
        assert_false(*seen & 1u << i);
        *seen |= 1u << i;
        return;
    }
    fail_msg("%s: nobody made that", entry->name);
}

static void test_types(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    assert_int_equal(mkdir("t", 0755), 0);
    struct host_file *dir = rig_grant(&rig, "t", "/t", false);
    assert_int_equal(list(dir, NULL, NULL), 0);
    rig_write("t/file", "x");
    assert_int_equal(mkdir("t/dir", 0755), 0);
    assert_int_equal(symlink("/etc/passwd", "t/link"), 0);
    assert_int_equal(mkfifo("t/fifo", 0644), 0);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "t/socket"};
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    fd_close(fd);
    unsigned seen = 0;
    assert_int_equal(list(dir, check_type, &seen), 5);
    assert_int_equal(seen, 31);
    host_file_unref(dir);
    rig_done(&rig);
}

#define MANY 5000

static void mark(const struct host_entry *entry, void *user) {
    unsigned char *seen = user;
    unsigned i = 0;
    /* long names, so that it takes many reads */
    assert_int_equal(sscanf(entry->name, "%u-", &i), 1);
    assert_true(i < MANY && entry->name_length > 100);
    seen[i]++;
}

static void test_many(void **state) {
    (void)state;
    struct rig rig;
    static unsigned char seen[MANY];
    char path[300], tail[120];
    rig_init(&rig, 0);
    memset(tail, 'n', sizeof(tail));
    tail[sizeof(tail) - 1] = '\0';
    assert_int_equal(mkdir("m", 0755), 0);
    for (unsigned i = 0; i < MANY; i++) {
        snprintf(path, sizeof(path), "m/%u-%s", i, tail);
        fd_close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
    }
    struct host_file *dir = rig_grant(&rig, "m", "/m", true);
    assert_int_equal(list(dir, mark, seen), MANY);
    for (unsigned i = 0; i < MANY; i++)
        assert_int_equal(seen[i], 1);
    /* two at once, taking turns, and somebody who moves the granted directory's own position */
    struct host_listing *a = NULL, *b = NULL;
    struct host_entry entry;
    size_t counts[2] = {0};
    bool more[2] = {true, true};
    assert_host(host_listing_new(dir, &a), 0);
    assert_host(host_listing_new(dir, &b), 0);
    assert_int_equal(host_figures(rig.host).files_open, 3);
    for (size_t turn = 0; more[0] || more[1]; turn++) {
        size_t who = turn % 3 == 2;
        assert_host(host_listing_next(who ? b : a, &entry), 0);
        more[who] = entry.name;
        counts[who] += entry.name != NULL;
        if (turn % 100 == 0)
            assert_int_equal(lseek(dir->fd, 0, SEEK_SET), 0);
    }
    assert_int_equal(counts[0], MANY);
    assert_int_equal(counts[1], MANY);
    host_listing_free(a);
    host_listing_free(b);
    /* revoked on the way: the entries that were read come, no more; and the directory is let go of before */
    assert_host(host_listing_new(dir, &a), 0);
    host_file_unref(dir);
    assert_host(host_listing_next(a, &entry), 0);
    assert_int_equal(
        grant_add(&rig.grants, GRANT_FS, GRANT_READ, "/host/m::/m", GRANT_DENY, GRANT_BY_POLICY, NULL), 0);
    size_t count = 1;
    int r;
    while ((r = host_listing_next(a, &entry)) == 0 && entry.name)
        count++;
    assert_host(r, HOST_E_NOTCAPABLE);
    assert_true(count < 400);
    host_listing_free(a);
    rig_done(&rig);
}

/* A directory that this user may search and not read, which was opened by somebody who may. */
static void test_unreadable(void **state) {
    (void)state;
    if (geteuid() != 0) {
        print_message("needs root\n");
        skip();
    }
    struct rig rig;
    rig_init(&rig, 0);
    assert_int_equal(mkdir("u", 0711), 0);
    rig_write("u/one", "1");
    rig_write("u/two", "2");
    assert_int_equal(chmod(".", 0755), 0);
    struct host_file *dir = rig_grant(&rig, "u", "/u", false);
    assert_int_equal(seteuid(65534), 0);
    struct host_listing *a = NULL, *b = NULL;
    struct host_entry entry;
    int r = host_listing_new(dir, &a);
    int r2 = host_listing_new(dir, &b);
    size_t count = 0;
    while (r == 0 && host_listing_next(a, &entry) == 0 && entry.name) {
        count++;
        if (host_listing_next(b, &entry) != 0 || !entry.name)
            break;
        count++;
    }
    assert_int_equal(seteuid(0), 0);
    assert_host(r, 0);
    assert_host(r2, 0);
    assert_int_equal(count, 4);
    host_listing_free(a);
    host_listing_free(b);
    host_file_unref(dir);
    rig_done(&rig);
}

static void test_refused(void **state) {
    (void)state;
    struct rig rig;
    struct host_listing *listing = NULL;
    struct host_entry entry;
    rig_init(&rig, 0);
    (void)!mkdir("r", 0755);
    rig_write("r/f", "x");
    struct host_file *dir = rig_grant(&rig, "r", "/r", true), *file = NULL, *root = NULL;
    struct host_open how = {.read = true};
    assert_host(host_dir_open(dir, "f", 1, &how, &file), 0);
    assert_host(host_listing_new(file, &listing), HOST_E_NOTDIR);
    assert_host(host_dir_denied(rig.host, &root), 0);
    assert_host(host_listing_new(root, &listing), HOST_E_NOTCAPABLE);
    assert_int_equal(rig.audits, 1);
    rig.budget.limit_bytes = rig.budget.used_bytes + 1000;
    assert_host(host_listing_new(dir, &listing), HOST_E_NOMEM);
    rig.budget.limit_bytes = LIMIT_HOST_BYTES;
#ifdef ARCELLA_FAULTS
    fault_set(FAULT_ALLOC, 1, ENOMEM);
    assert_host(host_listing_new(dir, &listing), HOST_E_NOMEM);
    fault_set(FAULT_ALLOC, 0, 0);
    fault_set(FAULT_SYS, 1, EMFILE);
    assert_host(host_listing_new(dir, &listing), HOST_E_MFILE);
    fault_set(FAULT_SYS, 0, 0);
    assert_host(host_listing_new(dir, &listing), 0);
    fault_set(FAULT_SYS, 1, EIO);
    assert_host(host_listing_next(listing, &entry), HOST_E_IO);
    fault_set(FAULT_SYS, 0, 0);
    listing = host_listing_free(listing);
#endif
    /* a directory that goes while it is read ends */
    assert_int_equal(mkdir("r/gone", 0755), 0);
    struct host_file *gone = NULL;
    how.directory = true;
    assert_host(host_dir_open(dir, "gone", 4, &how, &gone), 0);
    assert_host(host_listing_new(gone, &listing), 0);
    assert_int_equal(rmdir("r/gone"), 0);
    assert_host(host_listing_next(listing, &entry), 0);
    assert_null(entry.name);
    listing = host_listing_free(listing);
    host_file_unref(gone);
    host_file_unref(file);
    host_file_unref(root);
    host_file_unref(dir);
    rig_done(&rig);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_unreadable),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, rig_enter, rig_leave);
}
