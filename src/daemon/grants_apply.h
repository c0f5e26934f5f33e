/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A change of grants on its way: what has to hold before it is recorded, how it comes into force in what
 * runs, what is said of it before, after and in the audit.  The loop's thread.
 */
#ifndef DAEMON_GRANTS_APPLY_H
#define DAEMON_GRANTS_APPLY_H

#include "daemon/grants.h"

/* From when on, where it does not run: `in_force` of the answer. */
#define GRANTS_AT_NEXT_START "at its next start"
#define GRANTS_AS_IT_STARTS  "as it starts"

/* The shortest that a grant is given for. */
enum { GRANT_FOR_MIN_MS = 1000 };

enum grants_audit { GRANTS_GIVEN, GRANTS_REVOKED, GRANTS_NOT_RECORDED };
/**
 * A line of the audit for each row, with the command and its caller's user.  It is written before the row is
 * recorded, so that a daemon that ends between leaves a line too many, never a row without one; where the
 * record fails a second line says so.
 */
void grants_audit(const struct call *call, const char *deployment, const struct grant_set *rows,
                  enum grants_audit what);

/** Does the second set allow something that the first does not, or deny less? */
bool grants_widen(const struct grant_set *before, const struct grant_set *after);
/**
 * Can all be given that the second set allows and the first does not?  Directories are there, secrets can be
 * read, listening sockets of a core module can be opened (and are closed again), so that nothing is stopped
 * for what could not be started then.
 *
 * @return 0; NOT_FOUND, INVALID, DENIED, EXISTS, LIMIT … by name
 */
int grants_check_added(const struct deployment *deployment, const struct grant_set *before,
                       const struct grant_set *after, arcella_error **reterr) MUST_CHECK;
/**
 * Bring a change that is recorded into force: tell workers, announce and begin what has to start again.
 *
 * @param before  what was in force
 * @param own     it gets a group of its own
 */
void grants_bring_into_force(struct call *call, struct deployment *deployment, const struct grant_set *before,
                             const struct grant_set *after, bool own);
/** Answer `grant` or `revoke` by what became of it. */
void grants_answer(struct call *call, const struct deployment *deployment);

#endif
