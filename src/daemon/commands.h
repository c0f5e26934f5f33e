/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Handlers of commands, by topic; each ends its call, at once or later.  The loop's thread. */
#ifndef DAEMON_COMMANDS_H
#define DAEMON_COMMANDS_H

#include "daemon/call.h"

/* commands_look.c */
void command_ping(struct call *call);
void command_status(struct call *call);
void command_list(struct call *call);
/* installer.c, commands_packages.c */
void command_install(struct call *call);
void command_remove(struct call *call);
/* commands_lifecycle.c */
void command_start(struct call *call);
void command_stop(struct call *call);
void command_restart(struct call *call);
void command_undeploy(struct call *call);
/* commands_grants.c */
void command_grant(struct call *call);
void command_revoke(struct call *call);
void command_explain(struct call *call);
/* commands_inspect.c */
void command_inspect(struct call *call);
/** Give up all inspections in progress. */
void inspect_done(struct daemon *daemon);
/**
 * End a call with what is known of its target.
 *
 * @param fresh  what was just read of a component's file, taken apart; NULL: what is recorded
 */
void show_target(struct call *call, bool in_full, struct package_description **fresh);
/* commands_call.c */
void command_call(struct call *call);
/* commands_logs.c */
void command_logs(struct call *call);
void command_events(struct call *call);
void command_set_log_level(struct call *call);
void command_shutdown(struct call *call);

/** Give up all installs in progress. */
void installer_done(struct daemon *daemon);

/** An ISO time as JSON. @return new, NULL on no memory */
json_t *json_time(uint64_t wall_ns);

/* What `status`, `list` and replies show (show.c). @return new, NULL on no memory */
json_t *show_deployment(const struct deployment *deployment, bool in_full);
json_t *show_instance(const struct instance *instance);
json_t *show_worker(const struct group *group);
json_t *show_component(struct daemon *daemon, const struct component_record *record, bool brief);
/** Instances that are there, of a deployment or of all (NULL). */
json_t *show_instances(struct daemon *daemon, const struct deployment *deployment);

/* Whom a person means by a target. */
struct target {
    struct deployment *deployment;      /* borrowed; NULL: there is none */
    struct instance *instance;          /* "deployment/number"; borrowed */
    struct component_record *component; /* owned; NULL where a deployment was named */
};
void target_done(struct target *target);
/**
 * Find a target.
 *
 * @return 0; NOT_FOUND; AMBIGUOUS (several deployments of it: lists them); INVALID; as the database
 */
int target_find(struct daemon *daemon, const char *text, struct target *ret, arcella_error **reterr)
    MUST_CHECK;

#endif
