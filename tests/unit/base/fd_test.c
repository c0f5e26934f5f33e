/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Descriptors and files: whole reads and writes, atomic replacement, memory files, directories. */
#include "torture.h"

#include <pty.h>
#include <signal.h>
#include <sys/socket.h>

#include "base/limits.h"
#include "base/mem.h"
#include "folder.h"

static void put(const char *path, const char *content) {
    assert_int_equal(file_write_atomic(AT_FDCWD, path, 0644, content, strlen(content), NULL), 0);
}

static void descriptors_are_closed_and_moved(void **state) {
    (void)state;
    int before = folder_descriptors();
    {
        FD_AUTO fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        assert_true(fd >= 0);
        FD_AUTO moved = TAKE_FD(fd);
        assert_int_equal(fd, -1);
        assert_true(moved >= 0);
        errno = 77;
        assert_int_equal(fd_close(-1), -1);
        assert_int_equal(errno, 77);
    }
    assert_int_equal(folder_descriptors(), before);
}

static void reading_stops_at_the_limit(void **state) {
    (void)state;
    static const size_t sizes[] = {0, 1, 100, 65535, 65536, 65537, 200000};
    for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++) {
        MEM_AUTO char *bytes = mem_alloc(sizes[i] + 1);
        memset(bytes, 'x', sizes[i]);
        FD_AUTO fd = -1;
        assert_int_equal(memfd_make("t", bytes, sizes[i], false, &fd, NULL), 0);
        BUFFER_AUTO b = BUFFER_INIT(sizes[i] + 3);
        assert_int_equal(buffer_text(&b, "abc", NULL), 0);
        assert_int_equal(fd_read_all(fd, sizes[i], &b, NULL), 0);
        assert_int_equal(b.length, sizes[i] + 3);
        assert_memory_equal(b.data + 3, bytes, sizes[i]);
        assert_int_equal(b.data[b.length], '\0');
        if (!sizes[i])
            continue;
        /* One more than the caller's limit, and one more than the buffer's. */
        BUFFER_AUTO c = BUFFER_INIT(SIZE_MAX);
        assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
        assert_int_equal(fd_read_all(fd, sizes[i] - 1, &c, NULL), ARCELLA_E_TOO_LARGE);
        BUFFER_AUTO d = BUFFER_INIT(sizes[i] - 1);
        assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
        assert_int_equal(fd_read_all(fd, SIZE_MAX, &d, NULL), ARCELLA_E_TOO_LARGE);
    }
}

static void copying_counts_and_stops(void **state) {
    (void)state;
    FD_AUTO from = -1;
    FD_AUTO to = -1;
    MEM_AUTO char *bytes = mem_alloc(150000);
    memset(bytes, 'y', 150000);
    assert_int_equal(memfd_make("from", bytes, 150000, true, &from, NULL), 0);
    assert_int_equal(memfd_make("to", NULL, 0, false, &to, NULL), 0);
    uint64_t copied = 0;
    assert_int_equal(fd_copy_all(from, to, 150000, &copied, NULL), 0);
    assert_int_equal(copied, 150000);
    assert_int_equal(lseek(to, 0, SEEK_END), 150000);
    assert_int_equal(lseek(from, 0, SEEK_SET), 0);
    assert_int_equal(fd_copy_all(from, to, 149999, NULL, NULL), ARCELLA_E_TOO_LARGE);
    assert_int_equal(fd_copy_all(-1, to, 1, NULL, NULL), ARCELLA_E_SYSTEM);
}

static void files_are_read_with_care(void **state) {
    (void)state;
    put("plain", "content");
    assert_int_equal(symlink("plain", "link"), 0);
    assert_int_equal(mkfifo("fifo", 0600), 0);
    assert_int_equal(mkdir("directory", 0700), 0);
    static const struct {
        const char *path;
        size_t limit;
        int code;
    } cases[] = {
        {"plain", 7, 0},
        {"plain", 6, ARCELLA_E_TOO_LARGE},
        {"link", 100, ARCELLA_E_SYSTEM},
        {"fifo", 100, ARCELLA_E_INVALID}, /* and does not wait for a writer */
        {"directory", 100, ARCELLA_E_INVALID},
        {"missing", 100, ARCELLA_E_NOT_FOUND},
        {"plain/x", 100, ARCELLA_E_SYSTEM},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        BUFFER_AUTO b = BUFFER_INIT(1000);
        ERROR_AUTO *e = NULL;
        int r = file_read(AT_FDCWD, cases[i].path, cases[i].limit, &b, &e);
        assert_int_equal(r, cases[i].code);
        assert_int_equal(arcella_error_code(e), r);
        if (r == 0)
            assert_string_equal(b.data, "content");
        else
            assert_non_null(strstr(arcella_error_message(e), cases[i].path));
    }
    /* A file whose size the system does not say (as in /proc). */
    BUFFER_AUTO b = BUFFER_INIT(64 * KIB);
    assert_int_equal(file_read(AT_FDCWD, "/proc/self/status", 64 * KIB, &b, NULL), 0);
    assert_true(b.length > 100);
}

static void replacing_is_whole_and_leaves_no_rest(void **state) {
    (void)state;
    assert_int_equal(mkdir("d", 0700), 0);
    mode_t mask = umask(077);
    assert_int_equal(file_write_atomic(AT_FDCWD, "d/f", 0644, "one", 3, NULL), 0);
    umask(mask);
    assert_int_equal(file_write_atomic(AT_FDCWD, "d/f", 0640, "second", 6, NULL), 0);
    BUFFER_AUTO b = BUFFER_INIT(100);
    assert_int_equal(file_read(AT_FDCWD, "d/f", 100, &b, NULL), 0);
    assert_string_equal(b.data, "second");
    struct stat st;
    assert_int_equal(stat("d/f", &st), 0);
    assert_int_equal(st.st_mode & 07777, 0640);
    assert_int_equal(folder_count("d"), 1);
    ERROR_AUTO *e = NULL;
    assert_int_equal(file_write_atomic(AT_FDCWD, "none/f", 0644, "x", 1, &e), ARCELLA_E_NOT_FOUND);
    assert_int_equal(file_write_atomic(AT_FDCWD, "d", 0644, "x", 1, &e), ARCELLA_E_SYSTEM); /* a directory */
    char name[256];
    memset(name, 'n', 255);
    name[255] = '\0';
    assert_int_equal(file_write_atomic(AT_FDCWD, name, 0644, "x", 1, NULL), 0); /* the longest there can be */
    FD_AUTO dir = open("d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(file_write_atomic(dir, "g", 0600, NULL, 0, NULL), 0);
    assert_int_equal(stat("d/g", &st), 0);
    assert_int_equal(st.st_size, 0);
    assert_int_equal(dir_sync(dir, NULL), 0);
}

static int replace(void *user, arcella_error **reterr) {
    (void)user;
    int before = folder_descriptors();
    int r = file_write_atomic(AT_FDCWD, "t/file", 0600, "new content", 11, reterr);
    assert_int_equal(folder_descriptors(), before);
    FD_AUTO fd = open("t/file", O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    char content[32] = "";
    assert_true(read(fd, content, sizeof(content) - 1) > 0);
    /* Old or new, and where it says new, new. */
    assert_true(strcmp(content, "new content") == 0 || (r < 0 && strcmp(content, "old") == 0));
    assert_int_equal(folder_count("t"), 1);
    return r;
}

static void a_failing_call_leaves_the_old_or_the_new(void **state) {
    (void)state;
    assert_int_equal(mkdir("t", 0700), 0);
    put("t/file", "old");
    torture_sys(replace, NULL, ENOSPC, ARCELLA_E_SPACE);
    put("t/file", "old");
    torture_sys(replace, NULL, EIO, ARCELLA_E_SYSTEM);
    put("t/file", "old");
    torture_alloc(replace, NULL);
}

static void directories_are_made_with_their_parents(void **state) {
    (void)state;
    assert_int_equal(dir_make("p/q/r", 0750, NULL), 0);
    assert_int_equal(dir_make("p/q/r", 0750, NULL), 0);
    assert_int_equal(dir_make("p//q///s/", 0700, NULL), 0);
    struct stat st;
    assert_int_equal(stat("p/q/r", &st), 0);
    assert_int_equal(st.st_mode & 0777, 0750);
    assert_int_equal(stat("p/q/s", &st), 0);
    put("p/file", "x");
    ERROR_AUTO *e = NULL;
    assert_int_equal(dir_make("p/file", 0700, &e), ARCELLA_E_SYSTEM);
    assert_non_null(strstr(arcella_error_message(e), "Not a directory"));
    assert_int_equal(dir_make("p/file/below", 0700, &e), ARCELLA_E_SYSTEM);
    assert_int_equal(dir_make("", 0700, &e), ARCELLA_E_INVALID);
    MEM_AUTO char *endless = mem_alloc(LIMIT_PATH_BYTES + 1);
    memset(endless, 'x', LIMIT_PATH_BYTES);
    assert_int_equal(dir_make(endless, 0700, &e), ARCELLA_E_INVALID);
    assert_int_equal(dir_make("/", 0700, NULL), 0);
}

static void sealed_memory_does_not_change(void **state) {
    (void)state;
    FD_AUTO fd = -1;
    assert_int_equal(memfd_make("sealed", "bytes", 5, true, &fd, NULL), 0);
    assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    assert_int_equal(lseek(fd, 0, SEEK_CUR), 0);
    assert_int_equal(write(fd, "x", 1), -1);
    assert_int_equal(errno, EPERM);
    assert_int_equal(ftruncate(fd, 0), -1);
    assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), -1);
    FD_AUTO zeroes = -1;
    assert_int_equal(memfd_make("zeroes", NULL, 100, false, &zeroes, NULL), 0);
    assert_int_equal(lseek(zeroes, 0, SEEK_END), 100);
    assert_int_equal(write(zeroes, "x", 1), 1);
}

static void descriptors_become_non_blocking(void **state) {
    (void)state;
    int fds[2];
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    assert_int_equal(fd_nonblocking(fds[0], NULL), 0);
    assert_int_equal(fd_nonblocking(fds[0], NULL), 0);
    char c;
    assert_int_equal(read(fds[0], &c, 1), -1);
    assert_int_equal(errno, EAGAIN);
    fd_close(fds[0]);
    fd_close(fds[1]);
    assert_int_equal(fd_nonblocking(-1, NULL), ARCELLA_E_SYSTEM);
}

static int status_flags(int fd) {
    int flags = fcntl(fd, F_GETFL);
    assert_true(flags >= 0);
    return flags;
}

static void a_private_description_changes_no_other(void **state) {
    (void)state;
    int fds[2], master, terminal;
    char c;
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    for (int i = 0; i < 2; i++) {
        FD_AUTO again = fd_reopen(fds[i]);
        assert_true(again >= 0);
        assert_int_equal(status_flags(again) & O_ACCMODE, i ? O_WRONLY : O_RDONLY);
        assert_true(status_flags(again) & O_NONBLOCK);
        assert_false(status_flags(fds[i]) & O_NONBLOCK);
        if (i)
            assert_int_equal(write(again, "x", 1), 1);
    }
    assert_int_equal(read(fds[0], &c, 1), 1);
    /* The ends are counted as before: no writer is the end, no reader is EPIPE. */
    FD_AUTO reading = fd_reopen(fds[0]);
    fds[1] = fd_close(fds[1]);
    assert_int_equal(read(reading, &c, 1), 0);
    reading = fd_close(reading);
    fd_close(fds[0]);
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    fd_close(fds[0]);
    FD_AUTO writing = fd_reopen(fds[1]);
    assert_true(writing >= 0);
    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(write(writing, "x", 1), -1);
    assert_int_equal(errno, EPIPE);
    signal(SIGPIPE, SIG_DFL);
    fd_close(fds[1]);
    assert_int_equal(openpty(&master, &terminal, NULL, NULL, NULL), 0);
    int again = fd_reopen(terminal);
    if (again >= 0) { /* not where /dev/pts is another one, as in some containers */
        assert_true(isatty(again));
        assert_true(status_flags(again) & O_NONBLOCK);
        assert_false(status_flags(terminal) & O_NONBLOCK);
        fd_close(again);
    }
    fd_close(master);
    fd_close(terminal);
    /* What has no second description, or one with another position or other ends. */
    put("plain", "plain");
    FD_AUTO plain = open("plain", O_RDONLY | O_CLOEXEC);
    assert_int_equal(fd_reopen(plain), -1);
    FD_AUTO null = open("/dev/null", O_RDWR | O_CLOEXEC);
    assert_int_equal(fd_reopen(null), -1);
    assert_int_equal(mkfifo("named pipe", 0600), 0);
    FD_AUTO named = open("named pipe", O_RDWR | O_CLOEXEC);
    assert_int_equal(fd_reopen(named), -1);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    assert_int_equal(fd_reopen(fds[0]), -1);
    fd_close(fds[0]);
    fd_close(fds[1]);
    assert_int_equal(fd_reopen(-1), -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(descriptors_are_closed_and_moved),
        cmocka_unit_test(reading_stops_at_the_limit),
        cmocka_unit_test(copying_counts_and_stops),
        cmocka_unit_test(files_are_read_with_care),
        cmocka_unit_test(replacing_is_whole_and_leaves_no_rest),
        cmocka_unit_test(a_failing_call_leaves_the_old_or_the_new),
        cmocka_unit_test(directories_are_made_with_their_parents),
        cmocka_unit_test(sealed_memory_does_not_change),
        cmocka_unit_test(descriptors_become_non_blocking),
        cmocka_unit_test(a_private_description_changes_no_other),
    };
    return cmocka_run_group_tests(tests, folder_enter, folder_leave);
}
