/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Landlock: what can be opened, bound, signalled after sandbox_paths(), each in a child of its own. */
#include "sandbox/child.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "sandbox/sandbox.h"

static struct sandbox_report kernel; /* what the probe found */
static char root[64];
static int code_fd, read_fd, write_fd, other_fd;

static int make_dir(const char *name) {
    assert_int_equal(mkdirat(AT_FDCWD, name, 0700), 0);
    int dir = open(name, O_PATH | O_DIRECTORY | O_CLOEXEC);
    assert_true(dir >= 0);
    int file = openat(dir, "file", O_WRONLY | O_CREAT, 0644);
    assert_int_equal(write(file, "hello", 5), 5);
    close(file);
    return dir;
}

static int set_up(void **state) {
    (void)state;
    if (sandbox_probe(&kernel, NULL) < 0)
        return -1;
    snprintf(root, sizeof(root), "/tmp/arcella-landlock-XXXXXX");
    if (!mkdtemp(root) || chdir(root) < 0)
        return -1;
    code_fd = make_dir("code");
    read_fd = make_dir("read");
    write_fd = make_dir("write");
    other_fd = make_dir("other");
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    close(code_fd);
    close(read_fd);
    close(write_fd);
    close(other_fd);
    return chdir("/") < 0 || dir_remove_tree(AT_FDCWD, root, NULL) < 0 ? -1 : 0;
}

static void lock_paths(void) {
    struct sandbox_report report = {0};
    struct sandbox_dir dirs[] = {{.fd = read_fd}, {.fd = write_fd, .writable = true}};
    STEP(sandbox_lock(-1, reterr));
    STEP(sandbox_paths(code_fd, dirs, 2, NULL, &report, reterr));
    CHECK(report.landlock_abi == kernel.landlock_abi);
}

static bool lists(int dir) {
    int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY);
    if (fd < 0)
        return false;
    DIR *list = fdopendir(fd);
    bool any = list && readdir(list) != NULL;
    if (list)
        closedir(list);
    return any;
}

static void nothing_outside(void *argument) {
    (void)argument;
    int before = openat(other_fd, "file", O_RDONLY);
    lock_paths();
    char bytes[5];
    CHECK(read(before, bytes, 5) == 5); /* what was open stays open */
    CHECK_FAILS(open("/etc/passwd", O_RDONLY), EACCES);
    CHECK_FAILS(open("/proc/self/maps", O_RDONLY), EACCES);
    CHECK_FAILS(open("/", O_RDONLY | O_DIRECTORY), EACCES);
    CHECK_FAILS(openat(other_fd, "file", O_RDONLY), EACCES);
    CHECK_FAILS(openat(read_fd, "../other/file", O_RDONLY), EACCES);
    CHECK_FAILS(mkdirat(other_fd, "new", 0700), EACCES);
    CHECK_FAILS(unlinkat(other_fd, "file", 0), EACCES);
    CHECK_FAILS(open("/tmp/arcella-sandbox-new", O_WRONLY | O_CREAT, 0600), EACCES);
}

static void code_read_only(void *argument) {
    (void)argument;
    lock_paths();
    int fd = openat(code_fd, "file", O_RDONLY);
    char bytes[5];
    CHECK(fd >= 0 && read(fd, bytes, 5) == 5);
    CHECK(!lists(code_fd));
    CHECK_FAILS(openat(code_fd, "file", O_RDWR), EACCES);
    CHECK_FAILS(openat(code_fd, "new", O_WRONLY | O_CREAT, 0600), EACCES);
    CHECK_FAILS(unlinkat(code_fd, "file", 0), EACCES);
}

static void one_code_file(void *argument) {
    (void)argument;
    int other = openat(code_fd, "other", O_WRONLY | O_CREAT, 0600);
    int file = openat(code_fd, "file", O_PATH | O_NOFOLLOW);
    CHECK(other >= 0 && file >= 0 && fchdir(code_fd) == 0);
    struct sandbox_report report = {0};
    STEP(sandbox_lock(-1, reterr));
    STEP(sandbox_paths(file, NULL, 0, NULL, &report, reterr));
    CHECK(open("file", O_RDONLY) >= 0);
    CHECK_FAILS(open("file", O_RDWR), EACCES);
    CHECK_FAILS(open("other", O_RDONLY), EACCES);
    CHECK(!lists(code_fd));
}

static void read_only_grant(void *argument) {
    (void)argument;
    lock_paths();
    CHECK(lists(read_fd));
    int fd = openat(read_fd, "file", O_RDONLY);
    CHECK(fd >= 0);
    CHECK_FAILS(openat(read_fd, "file", O_WRONLY), EACCES);
    CHECK_FAILS(openat(read_fd, "new", O_WRONLY | O_CREAT, 0600), EACCES);
    CHECK_FAILS(mkdirat(read_fd, "new", 0700), EACCES);
    CHECK_FAILS(symlinkat("file", read_fd, "new"), EACCES);
    CHECK_FAILS(unlinkat(read_fd, "file", 0), EACCES);
    CHECK(renameat(read_fd, "file", write_fd, "taken") < 0);
    if (!kernel.missing[SANDBOX_FEATURE_LANDLOCK_TRUNCATE]) {
        CHECK_FAILS(openat(read_fd, "file", O_RDONLY | O_TRUNC), EACCES);
        CHECK_FAILS(truncate("read/file", 0), EACCES);
    }
}

static void writable_grant(void *argument) {
    (void)argument;
    lock_paths();
    int fd = openat(write_fd, "new", O_RDWR | O_CREAT | O_TRUNC, 0600);
    CHECK(fd >= 0 && write(fd, "x", 1) == 1 && ftruncate(fd, 0) == 0);
    CHECK(mkdirat(write_fd, "sub", 0700) == 0);
    CHECK(symlinkat("new", write_fd, "link") == 0 && unlinkat(write_fd, "link", 0) == 0);
    if (!kernel.missing[SANDBOX_FEATURE_LANDLOCK_REFER])
        CHECK(renameat(write_fd, "new", write_fd, "sub/new") == 0 && unlinkat(write_fd, "sub/new", 0) == 0);
    CHECK(unlinkat(write_fd, "sub", AT_REMOVEDIR) == 0);
    CHECK(mknodat(write_fd, "fifo", S_IFIFO | 0600, 0) < 0 && errno == EACCES);
    /* A link that leads out opens nothing. */
    CHECK(symlinkat("/etc/passwd", write_fd, "out") == 0);
    CHECK_FAILS(openat(write_fd, "out", O_RDONLY), EACCES);
    CHECK(unlinkat(write_fd, "out", 0) == 0);
}

static void no_ports(void *argument) {
    (void)argument;
    lock_paths();
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(9)};
    CHECK_FAILS(connect(fd, (struct sockaddr *)&to, sizeof(to)), EACCES);
    to.sin_port = 0;
    CHECK_FAILS(bind(fd, (struct sockaddr *)&to, sizeof(to)), EACCES);
}

static int try_bind(uint16_t port) {
    struct sockaddr_in at = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port)};
    FD_AUTO fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 ? errno : 0;
}

static int try_connect(uint16_t port) {
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port)};
    FD_AUTO fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0 ? errno : 0;
}

static void lock_ports(const struct sandbox_port *ports, size_t count) {
    struct sandbox_report report = {0};
    struct sandbox_net net = {ports, count};
    STEP(sandbox_lock(-1, reterr));
    STEP(sandbox_paths(-1, NULL, 0, &net, &report, reterr));
}

/* Nobody listens at these: what landlock lets through is refused by the other side. */
static void some_ports(void *argument) {
    (void)argument;
    static const struct sandbox_port ports[] = {
        {.low = 0, .high = 0, .bind = true},
        {.low = 40, .high = 43, .connect = true},
        {.low = 50, .high = 50, .bind = true},
        {.low = 52, .high = 52, .bind = true, .connect = true},
        {.low = 65535, .high = 65535, .connect = true},
    };
    lock_ports(ports, ARRAY_LENGTH(ports));
    for (uint16_t port = 38; port < 55; port++) {
        int bound = try_bind(port), connected = try_connect(port);
        bool may_bind = port == 50 || port == 52, may_connect = (port >= 40 && port <= 43) || port == 52;
        /* without privilege such a port is refused all the same, so only what is let through can be told */
        CHECK(!may_bind ? bound == EACCES : bound != EACCES || geteuid() != 0);
        CHECK(connected == (may_connect ? ECONNREFUSED : EACCES));
    }
    CHECK(try_bind(0) == 0);
    CHECK(try_connect(65535) == ECONNREFUSED);
    CHECK(try_connect(65534) == EACCES);
    /* datagrams have no ports here: with whom is for the grants */
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    CHECK(bind(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), (struct sockaddr *)&at, sizeof(at)) == 0);
}

/* All ports of one kind leave the other as it is. */
static void all_ports(void *argument) {
    (void)argument;
    static const struct sandbox_port ports[] = {{.low = 0, .high = 65535, .connect = true},
                                                {.low = 0, .high = 0, .bind = true}};
    lock_ports(ports, ARRAY_LENGTH(ports));
    CHECK(try_connect(41) == ECONNREFUSED && try_connect(60001) == ECONNREFUSED);
    CHECK(try_bind(0) == 0 && try_bind(60001) == EACCES);
    CHECK_FAILS(open("/etc/passwd", O_RDONLY), EACCES); /* and paths anyway */
}

static void only_datagrams(void *argument) {
    (void)argument;
    lock_ports(NULL, 0);
    CHECK(try_connect(41) == EACCES && try_bind(0) == EACCES);
}

static void too_many_ports(void *argument) {
    (void)argument;
    static const struct sandbox_port ports[] = {{.low = 1, .high = 10000, .connect = true}};
    struct sandbox_net net = {ports, 1};
    struct sandbox_report report = {0};
    STEP(sandbox_lock(-1, reterr));
    CHECK(sandbox_paths(-1, NULL, 0, &net, &report, NULL) == ARCELLA_E_INVALID);
}

static void no_signals(void *argument) {
    (void)argument;
    lock_paths();
    CHECK_FAILS(kill(getppid(), 0), EPERM);
    CHECK(kill(getpid(), 0) == 0);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un_like {
        sa_family_t family;
        char path[16];
    } to = {AF_UNIX, "\0arcella-sandbox"};
    CHECK_FAILS(connect(fd, (struct sockaddr *)&to, sizeof(to)), *(int *)argument);
}

static void not_a_directory(void *argument) {
    (void)argument;
    int fd = openat(read_fd, "file", O_RDONLY);
    struct sandbox_report report = {0};
    struct sandbox_dir dir = {.fd = fd};
    STEP(sandbox_lock(-1, reterr));
    CHECK(sandbox_paths(-1, &dir, 1, NULL, &report, NULL) == ARCELLA_E_INVALID);
}

static bool lacks(enum sandbox_feature feature) {
    if (kernel.missing[feature])
        print_message("weaker: this kernel has no %s\n", sandbox_feature_name(feature));
    return kernel.missing[feature];
}

#define PATH_TEST(name)                                                                                      \
    static void test_##name(void **state) {                                                                  \
        (void)state;                                                                                         \
        if (!lacks(SANDBOX_FEATURE_LANDLOCK))                                                                \
            expect_child(name, NULL, "");                                                                    \
    }
PATH_TEST(nothing_outside)
PATH_TEST(code_read_only)
PATH_TEST(one_code_file)
PATH_TEST(read_only_grant)
PATH_TEST(writable_grant)
PATH_TEST(not_a_directory)

static void test_no_ports(void **state) {
    (void)state;
    if (lacks(SANDBOX_FEATURE_LANDLOCK_NET))
        return;
    expect_child(no_ports, NULL, "");
    expect_child(some_ports, NULL, "");
    expect_child(all_ports, NULL, "");
    expect_child(only_datagrams, NULL, "");
    expect_child(too_many_ports, NULL, "");
}

static void test_no_signals(void **state) {
    (void)state;
    if (lacks(SANDBOX_FEATURE_LANDLOCK_SCOPE))
        return;
    /* A listener of the same abstract name outside: refused inside; without it there is nothing to refuse. */
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    struct {
        sa_family_t family;
        char path[16];
    } at = {AF_UNIX, "\0arcella-sandbox"};
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(fd, 1), 0);
    int wanted = EPERM;
    expect_child(no_signals, &wanted, "");
    close(fd);
}

/* The probe changes nothing here, and agrees with what the steps find. */
static void test_probe(void **state) {
    (void)state;
    int fd = open("/etc/passwd", O_RDONLY);
    assert_true(fd >= 0);
    close(fd);
    char status[4096] = "";
    fd = open("/proc/self/status", O_RDONLY);
    assert_true(read(fd, status, sizeof(status) - 1) > 0);
    close(fd);
    assert_non_null(strstr(status, "NoNewPrivs:\t0"));
    assert_true(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
    const char *names[SANDBOX_FEATURES];
    size_t count = sandbox_missing_names(&kernel, names);
    for (size_t i = 0; i < count; i++)
        print_message("this kernel has no %s\n", names[i]);
    assert_int_equal(kernel.missing[SANDBOX_FEATURE_LANDLOCK], kernel.landlock_abi == 0);
}

/* --- a kernel, or a container, that knows none of it --- */

/* As such kernels answer: ENOSYS for these calls, whatever else is asked is let through. */
static void become_old(void) {
    static struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 444, 4, 0), /* landlock_create_ruleset */
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_close_range, 3, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_seccomp, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
    };
    struct sock_fprog program = {.len = sizeof(code) / sizeof(code[0]), .filter = code};
    CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0);
}

static void old_kernel(void *argument) {
    (void)argument;
    int null = open("/dev/null", O_RDWR);
    int pair[2];
    CHECK(null >= 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0 && fcntl(pair[0], F_DUPFD, 20) == 20);
    become_old();
    struct sandbox_report probed = {0};
    STEP(sandbox_probe(&probed, reterr));
    CHECK(dup2(null, 0) == 0 && dup2(null, 1) == 1 && dup2(20, 3) == 3);
    struct sandbox_report report = {0};
    STEP(sandbox_descriptors(&report, reterr));
    for (int fd = 0; fd < 64; fd++)
        CHECK((fcntl(fd, F_GETFD) >= 0) == (fd < 4));
    STEP(sandbox_lock(-1, reterr));
    STEP(sandbox_paths(-1, NULL, 0, NULL, &report, reterr));
    STEP(sandbox_seal(SANDBOX_GUEST, &report, reterr));
    CHECK(open("/etc/passwd", O_RDONLY) >= 0); /* nothing stops it, and that is said: */
    const char *names[SANDBOX_FEATURES];
    CHECK(sandbox_missing_names(&report, names) == SANDBOX_FEATURES);
    CHECK(memcmp(&report, &probed, sizeof(report)) == 0);
}

static void test_old_kernel(void **state) {
    (void)state;
    if (!lacks(SANDBOX_FEATURE_SECCOMP))
        expect_child(old_kernel, NULL, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_probe),           cmocka_unit_test(test_nothing_outside),
        cmocka_unit_test(test_code_read_only),  cmocka_unit_test(test_read_only_grant),
        cmocka_unit_test(test_one_code_file),   cmocka_unit_test(test_writable_grant),
        cmocka_unit_test(test_not_a_directory), cmocka_unit_test(test_no_ports),
        cmocka_unit_test(test_no_signals),      cmocka_unit_test(test_old_kernel),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
