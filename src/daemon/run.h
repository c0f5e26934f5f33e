/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * `arcella run`: what one invocation is asked to do, and what its exit codes mean.  The program's own code is
 * passed on; the rest are those a shell user knows from timeout(1), env(1) and signals.
 */
#ifndef DAEMON_RUN_H
#define DAEMON_RUN_H

#include "catalog/grant.h"
#include "catalog/policy.h"
#include "cli/cli.h"

#define RUN_EXIT_MAP(XX)                                                                                     \
    XX(WALL_TIME, 124, "it took longer than --timeout")                                                      \
    XX(CANNOT, 125, "arcella could not run it: the message has a code and a hint")                           \
    XX(NO_PROGRAM, 126, "the file is no program that can be run here")                                       \
    XX(NOT_FOUND, 127, "there is no such file")                                                              \
    XX(TRAP, 134, "it trapped, or used up its stack")                                                        \
    XX(LIMIT, 135, "it went over a limit")                                                                   \
    XX(WORKER, 139, "its worker process died")                                                               \
    XX(BUDGET, 152, "it used up its CPU time or fuel")
enum run_exit {
#define XX(name, number, words) RUN_EXIT_##name = (number),
    RUN_EXIT_MAP(XX)
#undef XX
};

/* What was asked for. */
struct run_options {
    const char *file; /* as given; borrowed */
    struct policy policy;
    struct grant_set grants;
};

/** Read a call's arguments. @return 0, INVALID, NOT_FOUND (a directory), NOMEM; run_options_done() it in any
 * case */
int run_options_read(const struct cli_call *call, struct run_options *ret, arcella_error **reterr) MUST_CHECK;
void run_options_done(struct run_options *options);
/** "error: sentence [code]", "hint: …" on standard error, as the client writes it. */
void run_say_error(const arcella_error *error);

#endif
