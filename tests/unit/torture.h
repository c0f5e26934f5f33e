/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Torture: run something once and count its allocations (or system calls), then run it again with each of
 * them failing in turn.  It must answer with the right code and an error object, or succeed without; that it
 * leaks or touches freed memory is for the sanitizer to see.
 *
 *     static int build(void *user, arcella_error **reterr) { … return 0 or a negative code … }
 *     torture_alloc(build, user);
 *
 * Only in builds with ARCELLA_FAULTS; elsewhere the test is skipped and says so.
 */
#ifndef TESTS_UNIT_TORTURE_H
#define TESTS_UNIT_TORTURE_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/fault.h"

typedef int torture_fn(void *user, arcella_error **reterr);

/**
 * Fail each allocation or system call of run.
 *
 * @param run     cleans up after itself; returns 0 or a negative code with an error stored
 * @param kind    what fails
 * @param errnum  how
 * @param code    what a failing run returns; 0 for any negative code
 * @return how many there were
 */
static inline uint64_t torture_kind(torture_fn *run, void *user, enum fault_kind kind, int errnum, int code) {
#ifdef ARCELLA_FAULTS
    arcella_error *error = NULL;
    fault_set(kind, 0, 0);
    int r = run(user, &error);
    uint64_t count = fault_count(kind);
    if (r != 0)
        fail_msg("without any fault: %s: %s", arcella_error_name(r), arcella_error_message(error));
    assert_null(error);
    for (uint64_t i = 1; i <= count; i++) {
        fault_set(kind, i, errnum);
        r = run(user, &error);
        fault_set(kind, 0, 0);
        if (r == 0 && error)
            fail_msg("fault %ju of %ju: success with an error", (uintmax_t)i, (uintmax_t)count);
        if (r < 0 && arcella_error_code(error) != r)
            fail_msg("fault %ju of %ju: returned %s, stored '%s'", (uintmax_t)i, (uintmax_t)count,
                     arcella_error_name(r), arcella_error_message(error));
        if (r < 0 && code && r != code)
            fail_msg("fault %ju of %ju: %s (%s), not %s", (uintmax_t)i, (uintmax_t)count,
                     arcella_error_name(r), arcella_error_message(error), arcella_error_name(code));
        arcella_error_free(error);
        error = NULL;
    }
    return count;
#else
    (void)run;
    (void)user;
    (void)kind;
    (void)errnum;
    (void)code;
    print_message("needs ARCELLA_FAULTS\n");
    skip();
    return 0;
#endif
}

/** Fail each allocation of run; it must answer NOMEM or succeed without. */
static inline void torture_alloc(torture_fn *run, void *user) {
    uint64_t count = torture_kind(run, user, FAULT_ALLOC, ENOMEM, ARCELLA_E_NOMEM);
    assert_true(count > 0); /* else it tests nothing */
}

/** Fail each system call of run that passes base/sys.h, with errnum; code as in torture_kind(). */
static inline void torture_sys(torture_fn *run, void *user, int errnum, int code) {
    uint64_t count = torture_kind(run, user, FAULT_SYS, errnum, code);
    assert_true(count > 0);
}

#endif
