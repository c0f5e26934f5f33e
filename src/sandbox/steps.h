/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What the files of this room share: the check for a single thread, and what ids.c leaves for process.c.
 */
#ifndef SANDBOX_STEPS_H
#define SANDBOX_STEPS_H

#include "base/error.h"
#include "sandbox/sandbox.h"

/** Refuse to go on in a process with several threads, for whom ids and landlock would not hold. @return 0,
 * STATE */
int sandbox_require_one_thread(const char *step, arcella_error **reterr) MUST_CHECK;

/** Ask for the kernel's version of landlock. @return 0 where there is none */
int sandbox_landlock_abi(void);
/** Note what a kernel with this version of landlock lacks. */
void sandbox_note_landlock(struct sandbox_report *report, int abi);
/** Does openat2() work here? */
bool sandbox_has_openat2(void);

#endif
