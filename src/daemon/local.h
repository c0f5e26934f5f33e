/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Verbs of `arcella` that need no daemon; each is a cli_local_fn (cli/cli.h). */
#ifndef DAEMON_LOCAL_H
#define DAEMON_LOCAL_H

#include "cli/cli.h"

/** Run one program in the foreground. @return its exit code, or enum run_exit */
cli_local_fn local_run;
/** Show what a file or package is. */
cli_local_fn local_inspect;
/** Check this machine and the home. @return 0: all is well */
cli_local_fn local_doctor;

#endif
