/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Workers of groups and instances in them: what a group's worker must hold, starting it, sending start and
 * stop. The loop's thread.
 */
#ifndef DAEMON_LAUNCH_H
#define DAEMON_LAUNCH_H

#include "daemon/daemon.h"

/** Group of a deployment; made where there is none. @return NULL on no memory */
struct group *launch_group(struct deployment *deployment);
/** Does a group's worker hold what a deployment needs? @return 0; GROUP (says what is missing) */
int launch_fits(const struct group *group, const struct deployment_record *record, arcella_error **reterr)
    MUST_CHECK;
/** Does this group's engine meter fuel, now or when it is started next? */
bool launch_fuel(struct daemon *daemon, const char *group);
/** With these grants, do guests of a deployment make sockets? */
bool launch_needs_net(const struct daemon *daemon, const struct deployment_record *record,
                      const struct grant_set *grants);
/** Are the directories a deployment is granted there? @return 0, NOT_FOUND, INVALID (no directory), DENIED */
int launch_check_dirs(const struct daemon *daemon, const struct deployment_record *record,
                      arcella_error **reterr) MUST_CHECK;
/** The same of one row. */
int launch_check_dir(const struct grant *row, arcella_error **reterr) MUST_CHECK;
/** Can the file of a secret be read?  Its value is wiped again. @return 0, NOT_FOUND, INVALID, LIMIT, SYSTEM
 */
int launch_check_secret(const struct grant *row, arcella_error **reterr) MUST_CHECK;
/** Open the listening sockets of a core module's deployment, unless they are open. @return 0, EXISTS (address
 * in use), DENIED … */
int launch_sockets(struct deployment *deployment, arcella_error **reterr) MUST_CHECK;
void launch_close_sockets(struct deployment *deployment);
/** Start a group's worker. @return as worker_start() */
int launch_worker(struct group *group, const struct worker_hooks *hooks, arcella_error **reterr) MUST_CHECK;

/* What a start frame is made from; everything is borrowed. */
struct launch {
    uint64_t handle;
    const char *address;
    const char *component;
    const char *digest;
    const char *code;           /* file in the code directory; of a component "" */
    int component_fd;           /* a component's bytes; -1: it is a core module */
    const struct text *modules; /* a component's: code of each core module, files in the code directory */
    uint32_t modules_count;
    const char *entrypoint; /* NULL: what policy says */
    bool waits;             /* a component: start it for calls only */
    const char *program;    /* argv[0] */
    const struct policy *policy;
    const struct grant_set *grants;
    bool is_program;  /* it has no time limit of its own unless one is set */
    const int *stdio; /* three descriptors; NULL: output goes to the log */
    const int *sockets;
    unsigned sockets_count;
};
/** Send a start frame. @return as worker_send(); LIMIT (descriptors); what a secret's file cannot give */
int launch_start(struct worker *worker, const struct launch *launch, arcella_error **reterr) MUST_CHECK;
/** Open one listening socket ("127.0.0.1:80", "[::1]:0"). @return 0, INVALID, EXISTS (in use), DENIED, SYSTEM
 */
int launch_listen(const char *pattern, int *ret_fd, arcella_error **reterr) MUST_CHECK;
/** Open the listening socket of one row, if it is such a row. @param ret_fd -1: it is none @return as
 * launch_listen(); INVALID (a range), DENIED (a row denies it) */
int launch_listen_row(const struct grant_set *grants, size_t index, int *ret_fd, arcella_error **reterr)
    MUST_CHECK;
/** Replace the grants of an instance that runs. @return as worker_send() */
int launch_grants(struct worker *worker, uint64_t handle, const struct grant_set *grants,
                  arcella_error **reterr) MUST_CHECK;
/** Send start for an instance that has entered the group. @return 0, or why it cannot be started */
int launch_instance(struct instance *instance, arcella_error **reterr) MUST_CHECK;

#endif
