/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What deployments may do in sum: their own rows and those of cfg/policy.toml; and rows from the flags of
 * `start`, `grant` and `revoke`.  The loop's thread.
 */
#ifndef DAEMON_GRANTS_H
#define DAEMON_GRANTS_H

#include "daemon/call.h"

/**
 * Read cfg/policy.toml where it has changed; then it is in force for all that runs, from the next check on,
 * and for what is given at a start from the next start.
 *
 * @return 0, CONFIG (with the place), SYSTEM, NOMEM: the rules are those of before, and nothing is to be
 * started
 */
int grants_refresh(struct daemon *daemon, arcella_error **reterr) MUST_CHECK;
/**
 * The rows of a deployment with those of the policy as it was last read, without those whose time is over.
 *
 * @param ret  empty; grant_set_done() in any case
 * @return 0, LIMIT, NOMEM
 */
int grants_effective(const struct daemon *daemon, const struct deployment_record *record,
                     struct grant_set *ret, arcella_error **reterr) MUST_CHECK;
/** Send grants to the workers of what runs of a deployment, in place of what they had; one that cannot be
 * told is killed. */
void grants_send(const struct deployment *deployment, const struct grant_set *set);
/**
 * Rows from the flags that `start` and `grant` share.  Links in the host's part of directories are resolved:
 * what is granted is where it leads now.
 *
 * @param expires_ms  of each row; 0: never
 * @return 0, INVALID, DENIED (a way out of what another deployment may write), EXISTS, LIMIT, NOMEM
 */
int grants_from_request(struct call *call, enum grant_source source, uint64_t expires_ms,
                        struct grant_set *to, arcella_error **reterr) MUST_CHECK;
/** Grant what the package asks for and what needs nothing of the host's. @return 0, LIMIT, NOMEM */
int grants_add_requested(const struct package_description *d, struct grant_set *to, uint64_t expires_ms,
                         arcella_error **reterr) MUST_CHECK;
/** Record policy and grants of a deployment as they are in its record. @return as state_deployment_revise()
 */
int grants_record(struct deployment *deployment, arcella_error **reterr) MUST_CHECK;
/**
 * Would these rows, all that are in force for it, give a deployment that chose no group a group of its own?
 * What holds more than nothing shares its worker with nobody who did not ask for it.
 *
 * @return 0, GROUP (that group is somebody else's already), NOMEM
 */
int grants_need_own_group(const struct deployment *deployment, const struct grant_set *grants, bool *ret,
                          arcella_error **reterr) MUST_CHECK;
/** The same of a record, whoever holds that group; true also where there is no memory to tell. */
bool grants_ask_for_own_group(const struct deployment_record *record, const struct grant_set *grants);
/**
 * Give a deployment that group and record it, if its grants and those of the policy ask for it; before
 * anything of it is started.  So what was recorded comes out right after a crash at any moment, too.
 *
 * @return 0 (also where it stays), GROUP, BUSY (an instance of it is live), as grants_record(): it is not to
 * be started in the group that it has
 */
int grants_settle(struct deployment *deployment, arcella_error **reterr) MUST_CHECK;
/** The group whose worker has an instance of it; NULL: none is in one. */
struct group *grants_live_group(const struct deployment *deployment);
/** Requests of the package of a deployment, with whether each is granted. @return new; NULL: none can be
 * shown
 */
json_t *grants_requests(struct daemon *daemon, const struct deployment_record *record);
/** What `inspect --permissions` shows; one of both may be NULL. @return new, NULL on no memory */
json_t *grants_permissions(struct daemon *daemon, const struct component_record *component,
                           const struct deployment *deployment);

/** A row as `status` shows it, with its expiry as a time. @return new, NULL on no memory */
json_t *grant_shown(const struct grant *row);

#endif
