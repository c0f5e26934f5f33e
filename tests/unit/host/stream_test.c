/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Inherited descriptors: waiting for pipes, terminals and sockets without blocking the loop and without
 * touching the mode that others share; ending a wait at any time.
 */
#include "rig.h"

#include <poll.h>
#include <pty.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>

static int read_some(struct host_file *file, char *to, size_t size, size_t *n) {
    struct iovec iov = {to, size};
    return host_file_read(file, &iov, 1, n);
}

static int write_some(struct host_file *file, const char *text, size_t length, size_t *n) {
    struct iovec iov = {(void *)(uintptr_t)text, length};
    return host_file_write(file, &iov, 1, n);
}

static int status_flags(int fd) {
    return fcntl(fd, F_GETFL);
}

/* rig->fds[1] is the far end. */
static void later_write(struct rig *rig) {
    assert_int_equal(write(rig->fds[1], "late", 4), 4);
}
static void later_close(struct rig *rig) {
    rig->fds[1] = fd_close(rig->fds[1]);
}
/* Read as a terminal's window does: whatever comes, again and again, as long as somebody waits for room. */
static void later_drain(struct rig *rig) {
    static char bytes[1 << 20];
    struct pollfd fd = {.fd = rig->fds[1], .events = POLLIN};
    while (poll(&fd, 1, 0) > 0 && read(rig->fds[1], bytes, sizeof(bytes)) > 0)
        ;
    rig_later(rig, 5, later_drain);
}

/* Two ends of something, [0] for the guest; blocking, as a shell hands them over. */
enum medium { PIPE, NONBLOCKING_PIPE, SOCKET, TERMINAL };

static void make_input(struct rig *rig, enum medium medium, int *ret) {
    int fds[2];
    switch (medium) {
    case PIPE: assert_int_equal(pipe2(fds, O_CLOEXEC), 0); break;
    case NONBLOCKING_PIPE: assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0); break;
    case SOCKET: assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0); break;
    case TERMINAL: {
        struct termios raw;
        assert_int_equal(openpty(&fds[1], &fds[0], NULL, NULL, NULL), 0);
        assert_int_equal(tcgetattr(fds[0], &raw), 0);
        cfmakeraw(&raw);
        assert_int_equal(tcsetattr(fds[0], TCSANOW, &raw), 0);
        break;
    }
    }
    *ret = fds[0];
    rig->fds[1] = fds[1];
}

static void test_input(void **state) {
    (void)state;
    for (enum medium medium = PIPE; medium <= TERMINAL; medium++) {
        struct rig rig;
        rig_init(&rig, 0);
        int fd;
        make_input(&rig, medium, &fd);
        int flags = status_flags(fd);
        struct host_file *file = NULL;
        assert_host(host_stream_new(rig.host, fd, HOST_READ, &file), 0);
        assert_int_equal(file->kind, HOST_STREAM);
        assert_int_equal(file->terminal, medium == TERMINAL);
        char text[16] = {0};
        size_t n = 0;
        /* there at once: no wait */
        assert_int_equal(write(rig.fds[1], "now", 3), 3);
        if (medium == TERMINAL)
            usleep(20000); /* the line discipline hands it over from a work queue */
        assert_host(read_some(file, text, sizeof(text), &n), 0);
        assert_int_equal(n, 3);
        assert_int_equal(host_figures(rig.host).waits, 0);
        /* not yet */
        rig_later(&rig, 20, later_write);
        assert_host(read_some(file, text, 2, &n), 0);
        assert_int_equal(n, 2);
        assert_memory_equal(text, "la", 2);
        assert_true(host_figures(rig.host).waits >= 1);
        assert_host(read_some(file, text, sizeof(text), &n), 0);
        assert_memory_equal(text, "te", 2);
        assert_int_equal(n, 2);
        /* again, by the same watch */
        rig_later(&rig, 20, later_write);
        assert_host(read_some(file, text, sizeof(text), &n), 0);
        assert_int_equal(n, 4);
        /* a guest that asked not to wait */
        assert_host(host_file_set_flags(file, HOST_NONBLOCK), 0);
        assert_host(read_some(file, text, sizeof(text), &n), HOST_E_AGAIN);
        assert_host(host_file_set_flags(file, 0), 0);
        assert_int_equal(status_flags(fd), flags);
        /* the run is ended while it waits */
        rig_later(&rig, 20, rig_stop);
        assert_host(read_some(file, text, sizeof(text), &n), HOST_STOP);
        rig.stop = false;
        /* the far end goes away while it waits */
        rig_later(&rig, 20, later_close);
        int r = read_some(file, text, sizeof(text), &n);
        if (medium == TERMINAL) {
            assert_true(r == 0 || r == HOST_E_IO);
        } else {
            assert_host(r, 0);
            assert_int_equal(n, 0);
        }
        assert_host(write_some(file, "x", 1, &n), HOST_E_BADF);
        host_file_unref(file);
        rig_done(&rig);
    }
}

static void make_output(struct rig *rig, enum medium medium, int *ret) {
    int fds[2];
    if (medium == PIPE || medium == NONBLOCKING_PIPE) {
        assert_int_equal(pipe2(fds, O_CLOEXEC | (medium == PIPE ? 0 : O_NONBLOCK)), 0);
        *ret = fds[1];
        rig->fds[1] = fds[0];
        return;
    }
    make_input(rig, medium, ret);
}

static void test_output(void **state) {
    (void)state;
    static char large[1 << 20];
    memset(large, 'x', sizeof(large));
    for (enum medium medium = PIPE; medium <= TERMINAL; medium++) {
        struct rig rig;
        rig_init(&rig, 0);
        int fd;
        make_output(&rig, medium, &fd);
        int flags = status_flags(fd);
        struct host_file *file = NULL;
        assert_host(host_stream_new(rig.host, fd, HOST_WRITE, &file), 0);
        size_t n = 0, total = 0;
        assert_host(write_some(file, "hello", 5, &n), 0);
        assert_int_equal(n, 5);
        /* fill it: writes are cut, then wait */
        assert_host(host_file_set_flags(file, HOST_NONBLOCK), 0);
        int r;
        while ((r = write_some(file, large, sizeof(large), &n)) == 0) {
            assert_true(n > 0 && n <= sizeof(large));
            total += n;
            assert_true(total < 64 * sizeof(large));
        }
        assert_host(r, HOST_E_AGAIN);
        assert_true(total > 1000);
        assert_host(host_file_set_flags(file, 0), 0);
        uint64_t waits = host_figures(rig.host).waits;
        rig_later(&rig, 20, later_drain);
        assert_host(write_some(file, large, sizeof(large), &n), 0);
        assert_true(n > 0);
        assert_true(host_figures(rig.host).waits > waits);
        /* cancelled while full */
        assert_host(host_file_set_flags(file, HOST_NONBLOCK), 0);
        while (write_some(file, large, sizeof(large), &n) == 0)
            ;
        assert_host(host_file_set_flags(file, 0), 0);
        rig_later(&rig, 20, rig_stop);
        while ((r = write_some(file, large, sizeof(large), &n)) == 0)
            ;
        assert_host(r, HOST_STOP);
        rig.stop = false;
        assert_int_equal(status_flags(fd), flags);
        /* nobody reads any more */
        rig_later(&rig, 20, later_close);
        while ((r = write_some(file, large, sizeof(large), &n)) == 0)
            ; /* a terminal may have made some room meanwhile */
        assert_true(r == HOST_E_PIPE || r == HOST_E_IO || r == HOST_E_CONNRESET);
        host_file_unref(file);
        rig_done(&rig);
    }
}

/* With the fast way shut (kernels that do not know RWF_NOWAIT here), poll(2) and small pieces do it. */
static void test_without_nowait(void **state) {
    (void)state;
    static char large[1 << 20];
    for (enum medium medium = PIPE; medium <= TERMINAL; medium += TERMINAL - PIPE) {
        struct rig rig;
        rig_init(&rig, 0);
        int fd;
        size_t n;
        make_output(&rig, medium, &fd);
        struct host_file *file = NULL;
        assert_host(host_stream_new(rig.host, fd, HOST_WRITE, &file), 0);
        file->no_nowait = true;
        assert_host(host_file_set_flags(file, HOST_NONBLOCK), 0);
        int r;
        while ((r = write_some(file, large, sizeof(large), &n)) == 0)
            assert_true(n > 0 && n <= 4096);
        assert_host(r, HOST_E_AGAIN);
        assert_host(host_file_set_flags(file, 0), 0);
        rig_later(&rig, 20, later_drain);
        assert_host(write_some(file, large, sizeof(large), &n), 0);
        host_file_unref(file);
        rig.fds[1] = fd_close(rig.fds[1]);
        make_input(&rig, medium, &fd);
        assert_host(host_stream_new(rig.host, fd, HOST_READ, &file), 0);
        file->no_nowait = true;
        rig_later(&rig, 20, later_write);
        assert_host(read_some(file, large, sizeof(large), &n), 0);
        assert_int_equal(n, 4);
        host_file_unref(file);
        rig_done(&rig);
    }
}

static void test_taking(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    struct host_file *file = NULL;
    assert_host(host_stream_new(rig.host, -1, HOST_READ, &file), HOST_E_BADF);
    /* rights are those of the descriptor, at most */
    rig_write("plain", "plain");
    int fd = open("plain", O_RDONLY | O_CLOEXEC);
    assert_host(host_stream_new(rig.host, fd, HOST_READ | HOST_WRITE, &file), 0);
    assert_int_equal(file->kind, HOST_REGULAR);
    assert_int_equal(file->rights, HOST_READ);
    char text[8] = {0};
    size_t n;
    assert_host(read_some(file, text, sizeof(text), &n), 0);
    assert_string_equal(text, "plain");
    host_file_unref(file);
    fd = open("plain", O_WRONLY | O_APPEND | O_CLOEXEC);
    assert_host(host_stream_new(rig.host, fd, HOST_READ | HOST_WRITE, &file), 0);
    assert_int_equal(file->flags, HOST_APPEND);
    assert_host(write_some(file, "+", 1, &n), 0);
    host_file_unref(file);
    struct stat st;
    assert_int_equal(stat("plain", &st), 0);
    assert_int_equal(st.st_size, 6);
    FD_AUTO path = open("plain", O_PATH | O_CLOEXEC);
    assert_host(host_stream_new(rig.host, path, HOST_READ, &file), HOST_E_BADF);
    path = fd_close(path);
    FD_AUTO dir = open(".", O_RDONLY | O_CLOEXEC);
    assert_host(host_stream_new(rig.host, dir, HOST_READ, &file), HOST_E_ISDIR);
    dir = fd_close(dir);
    /* a device that cannot be watched never waits */
    fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    assert_host(host_stream_new(rig.host, fd, HOST_READ | HOST_WRITE, &file), 0);
    assert_host(read_some(file, text, sizeof(text), &n), 0);
    assert_int_equal(n, 0);
    static char large[100000];
    assert_host(write_some(file, large, sizeof(large), &n), 0);
    assert_int_equal(n, sizeof(large));
    uint64_t at;
    assert_host(host_file_seek(file, 0, HOST_SEEK_SET, &at), HOST_E_SPIPE);
    assert_host(host_file_sync(file, false), HOST_E_INVAL);
    struct iovec iov = {text, 1};
    assert_host(host_file_pread(file, &iov, 1, 0, &n), HOST_E_SPIPE);
    host_file_unref(file);
    assert_host(host_null_new(rig.host, HOST_READ | HOST_WRITE, &file), 0);
    assert_host(read_some(file, text, sizeof(text), &n), 0);
    assert_int_equal(n, 0);
    assert_host(write_some(file, large, sizeof(large), &n), 0);
    assert_int_equal(n, sizeof(large));
    host_file_unref(file);
    rig_done(&rig);
}

/* A named pipe beneath a granted directory, which a guest may open as any file. */
static void later_open_fifo(struct rig *rig) {
    rig->fds[1] = open("g/fifo", O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    assert_true(rig->fds[1] >= 0);
    later_write(rig);
}

static void test_fifo(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    assert_int_equal(mkdir("g", 0755), 0);
    assert_int_equal(mkfifo("g/fifo", 0644), 0);
    struct host_file *dir = rig_grant(&rig, "g", "/g", true);
    struct host_file *file = NULL;
    struct host_open how = {.read = true, .write = true};
    assert_host(host_dir_open(dir, "fifo", 4, &how, &file), 0);
    assert_int_equal(file->kind, HOST_STREAM);
    char text[8];
    size_t n;
    rig_later(&rig, 20, later_open_fifo);
    assert_host(read_some(file, text, sizeof(text), &n), 0);
    assert_int_equal(n, 4);
    host_file_unref(file);
    how.read = false;
    assert_host(host_dir_open(dir, "fifo", 4, &how, &file), HOST_E_NXIO);
    host_file_unref(dir);
    rig_done(&rig);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_input),  cmocka_unit_test(test_output), cmocka_unit_test(test_without_nowait),
        cmocka_unit_test(test_taking), cmocka_unit_test(test_fifo),
    };
    return cmocka_run_group_tests(tests, rig_enter, rig_leave);
}
