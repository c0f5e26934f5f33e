/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * `arcella run`: what one invocation is asked to do, and what its exit codes mean.  The program's own code is
 * passed on; the rest are RUN_EXIT_MAP in cli/cli.h, where the client's help has them too.
 */
#ifndef DAEMON_RUN_H
#define DAEMON_RUN_H

#include "catalog/grant.h"
#include "catalog/policy.h"
#include "cli/cli.h"

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
    const json_t *invokes; /* borrowed: calls instead of the program; NULL: none */
    size_t invokes_count;
    bool json;         /* their arguments and results are JSON */
    bool base64;       /* … and bytes in results base64 */
    const char *input; /* borrowed: file with the arguments of the call that is a name only; NULL: none */
};

/** Read a call's arguments. @return 0, INVALID, NOT_FOUND (a directory), NOMEM; run_options_done() it in any
 * case */
int run_options_read(const struct cli_call *call, struct run_options *ret, arcella_error **reterr) MUST_CHECK;
void run_options_done(struct run_options *options);
/** Is an --invoke the name of a function only? */
bool run_is_name(const char *invoke);
/** "error: sentence [code]", "hint: …" on standard error, as the client writes it. */
void run_say_error(const arcella_error *error);

#endif
