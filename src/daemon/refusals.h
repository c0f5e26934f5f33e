/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What was refused lately: distinct denials with how often and when, and what --audit-only let pass.  A
 * bounded table; where it is full the one that is longest ago makes room and is counted among the others.
 * Owned by a deployment, or by `arcella run`; the loop's thread.
 */
#ifndef DAEMON_REFUSALS_H
#define DAEMON_REFUSALS_H

#include <jansson.h>

#include "base/buffer.h"
#include "catalog/grant.h"
#include "wire/ipc.h"

struct refusal {
    char *class; /* all owned */
    char *action;
    char *resource; /* cut */
    char *grant;    /* the flag that would allow it, or that wrote the row which denies it; "" none */
    char *instance; /* address of the last one; "" where there is one only */
    enum ipc_audit_reason reason;
    uint64_t count;
    uint64_t first_ns; /* wall */
    uint64_t last_ns;
};
struct refusals {
    struct refusal *items; /* owned; LIMIT_REFUSALS places, made at the first */
    size_t count;
    uint64_t others;
};

void refusals_done(struct refusals *refusals);
/** Count one. Where memory is short it is counted among the others. @param instance  may be NULL */
void refusals_add(struct refusals *refusals, const struct ipc_audit *audit, const char *instance);
/** Forget what is allowed by now, what was denied by a row that is gone, and what only --audit-only let pass
 * where that is over, or a row allows it. @param set  in force */
void refusals_forget_allowed(struct refusals *refusals, const struct grant_set *set);
/** Why, as a sentence's part; static. */
const char *refusal_reason(enum ipc_audit_reason reason);
/**
 * Write the command that would allow it ("arcella-cli grant hello --net connect=192.0.2.7:443"); "" where no
 * command does: a row of the policy, or what nobody can grant.
 */
void refusal_command(const struct refusal *refusal, const char *deployment, char *to, size_t size);
/**
 * Append the flags that allow all that was only let pass, each once, what lies in a directory that is named
 * too left out.
 *
 * @param absent  receives flags of directories that are not there, which nobody can give; may be NULL
 * @return 0, TOO_LARGE, NOMEM
 */
int refusals_flags(const struct refusals *refusals, struct buffer *to, struct buffer *absent,
                   arcella_error **reterr) MUST_CHECK;
/** As `explain` shows them, of those that passed or of those that did not. @return new, NULL on no memory */
json_t *refusals_json(const struct refusals *refusals, bool passed, const char *deployment);

#endif
