/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Descriptors, limits, privileges, the parent's end: each in a child of its own. */
#include "sandbox/child.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "sandbox/sandbox.h"

/* --- descriptors --- */

/* Make 0, 1 and 3 as a parent makes them; 2 is run_child()'s pipe. */
static void arrange_descriptors(void) {
    int null = open("/dev/null", O_RDWR);
    int pair[2];
    CHECK(null >= 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    CHECK(fcntl(pair[0], F_DUPFD, 20) == 20);
    CHECK(dup2(null, 0) == 0 && dup2(null, 1) == 1 && dup2(20, 3) == 3);
}

static void keeps_the_four(void *argument) {
    (void)argument;
    arrange_descriptors();
    CHECK(fcntl(20, F_GETFD) >= 0);
    struct sandbox_report report = {0};
    STEP(sandbox_descriptors(&report, reterr));
    for (int fd = 0; fd < 64; fd++)
        CHECK((fcntl(fd, F_GETFD) >= 0) == (fd < 4));
}

struct wrong {
    int fd;
    const char *path; /* opened in its place; NULL: closed */
};

static void refuses(void *argument) {
    const struct wrong *wrong = argument;
    arrange_descriptors();
    close(wrong->fd);
    if (wrong->path)
        CHECK(open(wrong->path, O_RDWR) == wrong->fd);
    struct sandbox_report report = {0};
    arcella_error *error = NULL;
    int r = sandbox_descriptors(&report, &error);
    char number[2] = {(char)('0' + wrong->fd), '\0'};
    if (r != ARCELLA_E_INVALID || !strstr(arcella_error_message(error), number))
        _exit(1);
    _exit(0);
}

static void test_descriptors(void **state) {
    (void)state;
    expect_child(keeps_the_four, NULL, "");
    struct wrong cases[] = {
        {0, NULL}, {0, "/dev/zero"}, {1, NULL}, {2, "/dev/null"}, {2, NULL}, {3, NULL}, {3, "/dev/null"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(run_child(refuses, &cases[i]).code, 0);
}

/* --- one thread --- */

static void *wait_forever(void *argument) {
    for (;;)
        pause();
    return argument;
}

static void second_thread(void *argument) {
    (void)argument;
    pthread_t thread;
    CHECK(sandbox_threads() >= 1);
    int before = sandbox_threads();
    CHECK(pthread_create(&thread, NULL, wait_forever, NULL) == 0);
    CHECK(sandbox_threads() == before + 1 || (BUILT_WITH_TSAN && sandbox_threads() > before));
    struct sandbox_report report = {0};
    CHECK(sandbox_ids(&(struct sandbox_ids){.drop_capabilities = true}, NULL) == ARCELLA_E_STATE);
    CHECK(sandbox_limits(&(struct sandbox_limits){.open_files = 64}, NULL, NULL) == ARCELLA_E_STATE);
    CHECK(sandbox_lock(-1, NULL) == ARCELLA_E_STATE);
    CHECK(sandbox_paths(-1, NULL, 0, NULL, &report, NULL) == ARCELLA_E_STATE);
    CHECK(open("/dev/null", O_RDONLY) >= 0);
}

static void test_refuses_threads(void **state) {
    (void)state;
    expect_child(second_thread, NULL, "");
}

/* --- limits --- */

static void limits_hold(void *argument) {
    (void)argument;
    uint64_t open_files = 0;
    STEP(sandbox_limits(&(struct sandbox_limits){.open_files = 32, .cpu_seconds = 7, .data_bytes = 1 << 30},
                        &open_files, reterr));
    CHECK(open_files == 32);
    struct rlimit limit;
    CHECK(getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_cur == 0 && limit.rlim_max == 0);
    CHECK(getrlimit(RLIMIT_CPU, &limit) == 0 && limit.rlim_cur == 7 && limit.rlim_max == 8);
    CHECK(getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY);
    int fd = -1;
    for (int i = 0; i < 40; i++)
        if ((fd = open("/dev/null", O_RDONLY)) < 0)
            break;
    CHECK(fd < 0 && errno == EMFILE);
    /* More than there is, is cut and not an error. */
    uint64_t reached = 0;
    STEP(sandbox_limits(&(struct sandbox_limits){.open_files = 1000000}, &reached, reterr));
    CHECK(reached == 32);
}

static void burns_cpu(void *argument) {
    (void)argument;
    STEP(sandbox_limits(&(struct sandbox_limits){.cpu_seconds = 1}, NULL, reterr));
    for (volatile uint64_t i = 0;; i++)
        continue;
}

static void test_limits(void **state) {
    (void)state;
    expect_child(limits_hold, NULL, "");
    assert_int_equal(run_child(burns_cpu, NULL).signal, SIGXCPU);
}

/* --- privileges, parent --- */

static void locked(void *argument) {
    (void)argument;
    int pair[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    /* Made by ourselves, so its maker is not our parent: as after the parent's end. */
    CHECK(sandbox_lock(pair[0], NULL) == ARCELLA_E_CLOSED);
    STEP(sandbox_lock(-1, reterr));
    CHECK(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
    CHECK(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
}

/* A locked and sealed process ends by exit() without a word, in sanitizer builds too. */
static void exits_quietly(void *argument) {
    (void)argument;
    struct sandbox_report report = {0};
    STEP(sandbox_lock(-1, reterr));
    STEP(sandbox_seal(SANDBOX_GUEST, &report, reterr));
    exit(0);
}

/* A child that locks itself to its parent, which then ends without a word: the pipe must reach its end. */
static void orphan_maker(void *argument) {
    int *ends = argument;
    int pair[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        STEP(sandbox_lock(pair[0], reterr));
        int signal_number = 0;
        CHECK(prctl(PR_GET_PDEATHSIG, &signal_number, 0, 0, 0) == 0 && signal_number == SIGKILL);
        CHECK(write(ends[1], "x", 1) == 1);
        close(2);
        for (;;)
            pause();
    }
    char byte;
    CHECK(read(ends[0], &byte, 1) == 1);
}

static void test_lock(void **state) {
    (void)state;
    expect_child(locked, NULL, "");
    expect_child(exits_quietly, NULL, "");
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    expect_child(orphan_maker, ends, "");
    close(ends[1]);
    char byte;
    assert_int_equal(read(ends[0], &byte, 1), 0); /* would hang if the orphan lived */
    close(ends[0]);
}

/* --- ids (as root) --- */

static void becomes_nobody(void *argument) {
    (void)argument;
    int root_only = open("/etc/shadow", O_RDONLY | O_CLOEXEC);
    CHECK(root_only >= 0);
    STEP(sandbox_ids(&(struct sandbox_ids){.change = true, .uid = 65534, .gid = 65534}, reterr));
    CHECK(getuid() == 65534 && geteuid() == 65534 && getgid() == 65534 && getegid() == 65534);
    CHECK(getgroups(0, NULL) == 0);
    CHECK_FAILS(syscall(SYS_setuid, 0), EPERM);
    CHECK_FAILS(open("/etc/shadow", O_RDONLY), EACCES);
    char byte;
    CHECK(read(root_only, &byte, 1) == 1); /* what was opened before stays */
}

static void loses_capabilities(void *argument) {
    (void)argument;
    STEP(sandbox_ids(&(struct sandbox_ids){.drop_capabilities = true}, reterr));
    CHECK(getuid() == 0);
    CHECK_FAILS(chown("/etc/passwd", 1, 1), EPERM);
    CHECK_FAILS(syscall(SYS_setuid, 65534), EPERM);
    CHECK_FAILS(sethostname("x", 1), EPERM);
    CHECK(prctl(PR_CAPBSET_READ, 0, 0, 0, 0) == 0);
}

static void never_root(void *argument) {
    (void)argument;
    CHECK(sandbox_ids(&(struct sandbox_ids){.change = true, .uid = 0, .gid = 65534}, NULL) ==
          ARCELLA_E_INVALID);
    CHECK(sandbox_ids(&(struct sandbox_ids){.change = true, .uid = 65534, .gid = 0}, NULL) ==
          ARCELLA_E_INVALID);
}

static void not_allowed(void *argument) {
    (void)argument;
    STEP(sandbox_ids(&(struct sandbox_ids){.change = true, .uid = 65534, .gid = 65534}, reterr));
    CHECK(sandbox_ids(&(struct sandbox_ids){.change = true, .uid = 1, .gid = 1}, NULL) == ARCELLA_E_DENIED);
}

static void test_ids(void **state) {
    (void)state;
    expect_child(never_root, NULL, "");
    if (getuid() != 0) {
        print_message("weaker: changing user is tried as root only\n");
        return;
    }
    expect_child(becomes_nobody, NULL, "");
    expect_child(loses_capabilities, NULL, "");
    expect_child(not_allowed, NULL, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_descriptors), cmocka_unit_test(test_refuses_threads),
        cmocka_unit_test(test_limits),      cmocka_unit_test(test_lock),
        cmocka_unit_test(test_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
