/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A child per case: what is given up cannot be had back, so each case runs in a process of its own, which
 * says by its exit code which check failed (the line number modulo 200, plus 1) and whose descriptor 2 is
 * read back.
 */
#ifndef TESTS_SANDBOX_CHILD_H
#define TESTS_SANDBOX_CHILD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"

struct child_result {
    int code; /* exit code, -1 where a signal ended it */
    int signal;
    char said[8192]; /* what it wrote to descriptor 2 */
};

/* In the child: leave with the line that failed. */
#define CHECK(condition)                                                                                     \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            dprintf(2, "%s:%d: not true: %s (errno %d)\n", __FILE__, __LINE__, #condition, errno);           \
            _exit(__LINE__ % 200 + 1);                                                                       \
        }                                                                                                    \
    } while (0)
#define CHECK_FAILS(call, errnum) CHECK((call) < 0 && errno == (errnum))
/* In the child: a step must succeed. */
#define STEP(call)                                                                                           \
    do {                                                                                                     \
        arcella_error *error_ = NULL;                                                                        \
        arcella_error **reterr = &error_;                                                                    \
        if ((call) < 0) {                                                                                    \
            dprintf(2, "%s:%d: %s\n", __FILE__, __LINE__, arcella_error_message(error_));                    \
            _exit(__LINE__ % 200 + 1);                                                                       \
        }                                                                                                    \
    } while (0)

/* Run fn in a child and wait for it. */
static inline struct child_result run_child(void (*fn)(void *), void *argument) {
    struct child_result result = {.code = -1};
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        dup2(ends[1], 2);
        close(ends[0]);
        close(ends[1]);
        fn(argument);
        _exit(0);
    }
    close(ends[1]);
    size_t have = 0;
    ssize_t got;
    while (have < sizeof(result.said) - 1 &&
           (got = read(ends[0], result.said + have, sizeof(result.said) - 1 - have)) > 0)
        have += (size_t)got;
    close(ends[0]);
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFEXITED(status))
        result.code = WEXITSTATUS(status);
    else
        result.signal = WTERMSIG(status);
    return result;
}

/* The child must have ended with 0, having said exactly this ("" for nothing). */
static inline void expect_child(void (*fn)(void *), void *argument, const char *said) {
    struct child_result result = run_child(fn, argument);
    if (result.code != 0 || strcmp(result.said, said) != 0)
        fail_msg("code %d, signal %d, said:\n%s---- wanted:\n%s", result.code, result.signal, result.said,
                 said);
}

static inline int count_lines(const char *text, const char *line) {
    int count = 0;
    for (const char *at = text; (at = strstr(at, line)); at += strlen(line))
        count++;
    return count;
}

#endif
