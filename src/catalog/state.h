/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The state database: components, deployments with their wanted state, grants.  SQLite, WAL,
 * synchronous=FULL; each function below is one transaction, on disk when it returns.  Instances, workers and
 * counters are derived and never here.
 *
 * Damage is found at open (quick_check) or at any call (ARCELLA_E_CORRUPT): state_recover() puts the file
 * aside and begins a new one, which the catalogue fills again from modules/.  Owned by the daemon; its loop's
 * thread.
 */
#ifndef CATALOG_STATE_H
#define CATALOG_STATE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/error.h"
#include "catalog/grant.h"
#include "catalog/manifest.h"
#include "catalog/name.h"
#include "catalog/policy.h"
#include "catalog/problem.h"

#define STATE_FILE   "arcella.db"
#define STATE_SCHEMA 2 /* grows with every released change of the tables */

struct state;

/* A component as recorded. */
struct component_record {
    struct name_id id;
    enum component_kind kind;
    struct digest digest; /* of the binary */
    uint64_t size;
    uint64_t installed_ms;
    char *source;                            /* owned; "" if unknown */
    char *quarantine;                        /* owned; NULL: fine, else why it must not be started */
    struct package_description *description; /* owned */
};
struct component_record *component_record_free(struct component_record *record);
DEFINE_CLEANUP(component_record_free_ptr, struct component_record *, component_record_free)
/** For `list` and `inspect`: id, kind, digest, size, source, installed, state, and the description's members.
 * @return new, NULL on no memory */
json_t *component_record_json(const struct component_record *record, bool brief);

/* What a deployment is meant to do. */
#define WANTED_MAP(XX)                                                                                       \
    XX(STOPPED, "stopped")                                                                                   \
    XX(RUNNING, "running")                                                                                   \
    XX(FINISHED, "finished") /* its program ended by itself and is not to run again */
enum wanted_state {
#define XX(name, text) WANTED_##name,
    WANTED_MAP(XX)
#undef XX
        WANTED_STATES
};
const char *wanted_state_name(enum wanted_state wanted);

/* How its last run ended; kept for people. */
struct deployment_outcome {
    bool known;
    char end[32];       /* stable text of the end: "exited", "trap", … */
    int32_t exit_code;  /* where it ended by itself */
    char message[1024]; /* a sentence */
    uint64_t wall_ms;   /* when */
};

struct deployment_record {
    char id[LIMIT_NAME_BYTES + 1];
    struct name_id component;
    enum wanted_state wanted;
    uint64_t replicas;
    struct policy policy; /* effective, with origins */
    struct grant_set grants;
    uint64_t revision; /* grows with every change of component, policy or grants */
    uint64_t created_ms;
    uint64_t changed_ms;
    uint64_t restarts; /* since it was last started by a person */
    struct deployment_outcome outcome;
};
/** An empty record, and the end of one. @return NULL on no memory; NULL */
struct deployment_record *deployment_record_new(void);
struct deployment_record *deployment_record_free(struct deployment_record *record);
DEFINE_CLEANUP(deployment_record_free_ptr, struct deployment_record *, deployment_record_free)

/**
 * Open or make the database in the directory given.
 *
 * A database of an older release is migrated; a damaged one is put aside (state/arcella.db.damaged-TIME) and
 * a new one begun, which problems then says, and ret_rebuilt is true: fill it from the store.
 *
 * @param dir_path  absolute path of state/
 * @return 0, VERSION (made by a newer Arcella: names both schema versions), DENIED, SPACE, SYSTEM, NOMEM
 */
int state_open(const char *dir_path, struct state **ret, bool *ret_rebuilt, struct problems *problems,
               arcella_error **reterr) MUST_CHECK;
/** Close. @return NULL */
struct state *state_free(struct state *state);
DEFINE_CLEANUP(state_free_ptr, struct state *, state_free)
/**
 * Mend after CORRUPT: look once more, and where it is damaged indeed put it aside and begin a new, empty one.
 *
 * @param ret_rebuilt  out; false where the second look found nothing wrong, and nothing was lost
 * @return as state_open(); all functions may be used again after 0
 */
int state_recover(struct state *state, bool *ret_rebuilt, struct problems *problems, arcella_error **reterr)
    MUST_CHECK;
/** Check the whole file now. @return 0, CORRUPT (what SQLite says) */
int state_verify(struct state *state, arcella_error **reterr) MUST_CHECK;

/*
 * All below may also fail with CORRUPT (see state_recover()), SPACE (nothing was changed), BUSY, SYSTEM,
 * NOMEM.
 */

/* --- components --- */
/** Record a component. @return 0, EXISTS */
int state_component_add(struct state *state, const struct component_record *record, arcella_error **reterr)
    MUST_CHECK;
/** @return 0, NOT_FOUND */
int state_component_get(struct state *state, const char *id, struct component_record **ret,
                        arcella_error **reterr) MUST_CHECK;
/** Walk all, ordered by name and version; the record is borrowed. fn returns 0 to go on. @return 0, what fn
 * returned */
int state_component_each(struct state *state, int (*fn)(const struct component_record *record, void *user),
                         void *user, arcella_error **reterr) MUST_CHECK;
/** Find by id or bare name, see name_resolve(). @return 0, INVALID, NOT_FOUND, AMBIGUOUS */
int state_component_find(struct state *state, const char *text, enum name_choice choice,
                         struct component_record **ret, arcella_error **reterr) MUST_CHECK;
/** How many components have these bytes? */
int state_component_count_digest(struct state *state, const struct digest *digest, uint64_t *ret,
                                 arcella_error **reterr) MUST_CHECK;
/** Put into quarantine with a reason, or take out of it (NULL). @return 0, NOT_FOUND */
int state_component_quarantine(struct state *state, const char *id, const char *reason,
                               arcella_error **reterr) MUST_CHECK;
/** Is it free to be removed? @return 0, DEPLOYED (names its deployments) */
int state_component_unused(struct state *state, const char *id, arcella_error **reterr) MUST_CHECK;
/** Forget. @return 0, NOT_FOUND, DEPLOYED (names its deployments) */
int state_component_remove(struct state *state, const char *id, arcella_error **reterr) MUST_CHECK;

/* --- deployments --- */
/** Record a deployment with its policy and grants; created, changed and revision are set here and in record.
 * @return 0, EXISTS, NOT_FOUND (its component) */
int state_deployment_add(struct state *state, struct deployment_record *record, arcella_error **reterr)
    MUST_CHECK;
/** @return 0, NOT_FOUND */
int state_deployment_get(struct state *state, const char *id, struct deployment_record **ret,
                         arcella_error **reterr) MUST_CHECK;
/** Walk all, ordered by id; the record is handed over: fn owns it. fn returns 0 to go on. */
int state_deployment_each(struct state *state, int (*fn)(struct deployment_record *record, void *user),
                          void *user, arcella_error **reterr) MUST_CHECK;
/** Change what is wanted; going to RUNNING sets restarts to 0. @return 0, NOT_FOUND */
int state_deployment_want(struct state *state, const char *id, enum wanted_state wanted,
                          arcella_error **reterr) MUST_CHECK;
/**
 * Record how a run ended, together with what is wanted from now on, in one transaction.
 *
 * @param wanted    FINISHED where it is not to run again
 * @param restarts  count to keep
 * @return 0, NOT_FOUND
 */
int state_deployment_ended(struct state *state, const char *id, const struct deployment_outcome *outcome,
                           enum wanted_state wanted, uint64_t restarts, arcella_error **reterr) MUST_CHECK;
/**
 * Record another policy and other grants than before; revision grows and changed is now, here and in record.
 *
 * @param record  policy and grants are what is recorded
 * @return 0, NOT_FOUND
 */
int state_deployment_revise(struct state *state, struct deployment_record *record, arcella_error **reterr)
    MUST_CHECK;
/** Forget, with its grants. @return 0, NOT_FOUND */
int state_deployment_remove(struct state *state, const char *id, arcella_error **reterr) MUST_CHECK;

#endif
