/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Faults from the environment, as system tests set them; and system calls that fail by number. */
#include "torture.h"

#include <sys/wait.h>

#include "base/fd.h"
#include "base/mem.h"
#include "base/sys.h"

#ifdef ARCELLA_FAULTS

/* Run in a child with ARCELLA_FAULT set; the child's exit code tells. */
static int run_with(const char *setting, int (*check)(void)) {
    pid_t pid = fork();
    if (pid == 0) {
        setenv("ARCELLA_FAULT", setting, 1);
        fault_from_environment();
        _exit(check());
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* 10 * (number of the allocation that fails, 0 none) + number of the read that fails with the errno wanted.
 */
static int which(int errnum) {
    int alloc = 0;
    int sys = 0;
    for (int i = 1; i < 10; i++) {
        void *p = mem_alloc(1);
        if (!p && errno == ENOMEM)
            alloc = i;
        mem_free(p);
        struct stat st;
        if (sys_fstat(0, &st) < 0 && errno == errnum)
            sys = i;
    }
    return alloc * 10 + sys;
}

static int which_eio(void) {
    return which(EIO);
}

static int which_enospc(void) {
    return which(ENOSPC);
}

static void the_environment_sets_faults(void **state) {
    (void)state;
    assert_int_equal(run_with("", which_eio), 0);
    assert_int_equal(run_with("alloc=2", which_eio), 20);
    assert_int_equal(run_with("sys=3", which_eio), 3);
    assert_int_equal(run_with("sys=5:ENOSPC", which_enospc), 5);
    assert_int_equal(run_with("alloc=1,sys=4:ENOSPC", which_enospc), 14);
}

static void a_misspelt_fault_ends_the_program(void **state) {
    (void)state;
    static const char *const wrong[] = {"aloc=1", "sys=", "sys=1:EWHAT", "alloc=x", "sys=1:"};
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++)
        assert_int_equal(run_with(wrong[i], which_eio), 2);
}

static void interrupted_calls_are_repeated(void **state) {
    (void)state;
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    fault_set(FAULT_SYS, 1, EINTR);
    assert_int_equal(sys_write(fds[1], "x", 1), 1);
    assert_int_equal(fault_count(FAULT_SYS), 2);
    fault_set(FAULT_SYS, 1, EPIPE);
    assert_int_equal(sys_write(fds[1], "x", 1), -1);
    assert_int_equal(errno, EPIPE);
    fault_set(FAULT_SYS, 0, 0);
    fd_close(fds[0]);
    fd_close(fds[1]);
}

#else

static void the_environment_sets_faults(void **state) {
    (void)state;
    fault_from_environment(); /* is there, does nothing */
    assert_false(fault_hit(FAULT_ALLOC));
}

#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_environment_sets_faults),
#ifdef ARCELLA_FAULTS
        cmocka_unit_test(a_misspelt_fault_ends_the_program),
        cmocka_unit_test(interrupted_calls_are_repeated),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
