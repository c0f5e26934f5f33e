/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Policy: how a deployment is to be run.  One table of keys; a set of values, each with where it came from;
 * the effective policy = defaults, then template, then options.  Grants (what it may reach: directories,
 * addresses, environment, arguments) are not policy: see catalog/grant.h.
 *
 * A struct policy is owned by whoever embeds it; policy_done() frees its texts.  One thread.
 */
#ifndef CATALOG_POLICY_H
#define CATALOG_POLICY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/toml.h"

struct grant_set;

#define POLICY_ISOLATION_MAP(XX)                                                                             \
    XX(WORKER, "worker")                                                                                     \
    XX(MAIN, "main")
enum policy_isolation {
#define XX(name, text) ISOLATION_##name,
    POLICY_ISOLATION_MAP(XX)
#undef XX
};

#define POLICY_RESTART_MAP(XX)                                                                               \
    XX(PERMANENT, "permanent") /* always: a program that ended well is run again */                          \
    XX(TRANSIENT, "transient") /* after a failure */                                                         \
    XX(TEMPORARY, "temporary") /* never */
enum policy_restart {
#define XX(name, text) RESTART_##name,
    POLICY_RESTART_MAP(XX)
#undef XX
};

/* Engine stack classes; an engine has one, so a worker has one. */
#define POLICY_STACK_CLASSES                                                                                 \
    { 512 * KIB, 2 * MIB, 8 * MIB }

enum policy_type {
    POLICY_BOOL,
    POLICY_CHOICE,   /* a word of a list */
    POLICY_NAME,     /* a group name; "" = none given */
    POLICY_TEXT,     /* an export's name; "" = none given */
    POLICY_SIZE,     /* bytes: 64k, 64m, 4g */
    POLICY_STACK,    /* bytes, one of POLICY_STACK_CLASSES */
    POLICY_DURATION, /* milliseconds: 500ms, 30s, 5m */
    POLICY_COUNT,
};

/* May the template of a package set it (the rest is for the one who starts it)? */
enum { POLICY_BY_OPTION = 0, POLICY_BY_TEMPLATE = 1 };

/*
 * The keys: name, key as in files, options and JSON, type, by whom, default, least, most, help.
 * Least and most are bytes, milliseconds or a count; of a text the bytes.
 */
#define POLICY_MAP(XX)                                                                                       \
    XX(ISOLATION, "isolation", CHOICE, BY_TEMPLATE, ISOLATION_WORKER, 0, 1, "where it runs")                 \
    XX(TRUSTED, "trusted", BOOL, BY_TEMPLATE, 0, 0, 1, "may it share the daemon's process")                  \
    XX(ASYNC, "async", BOOL, BY_TEMPLATE, 0, 0, 1, "does it never block")                                    \
    XX(ENTRYPOINT, "entrypoint", TEXT, BY_TEMPLATE, 0, 0, 256, "the export called at start")                 \
    XX(SHUTDOWN, "shutdown", TEXT, BY_TEMPLATE, 0, 0, 256, "the export called before it is stopped")         \
    XX(GROUP, "group", NAME, BY_OPTION, 0, 0, LIMIT_NAME_BYTES, "the worker group it shares")                \
    XX(MEMORY, "memory", SIZE, BY_OPTION, DEFAULT_MEMORY_BYTES, 64 * KIB, LIMIT_MEMORY_BYTES,                \
       "most bytes of each of its memories")                                                                 \
    XX(STACK, "stack", STACK, BY_OPTION, DEFAULT_STACK_BYTES, 512 * KIB, 8 * MIB,                            \
       "stack class of its group")                                                                           \
    XX(TABLE, "table-elements", COUNT, BY_OPTION, DEFAULT_TABLE_ELEMENTS, 0, LIMIT_TABLE_ELEMENTS,           \
       "most elements of each of its tables")                                                                \
    XX(FUEL, "fuel", COUNT, BY_OPTION, 0, 0, LIMIT_FUEL, "instructions of a call, 0 is no bound")            \
    XX(TIMEOUT, "timeout", DURATION, BY_OPTION, DEFAULT_CALL_MS, 1, LIMIT_DURATION_MS,                       \
       "wall time of a call; of the whole program only where it is set")                                     \
    XX(CPU_TIME, "cpu-time", DURATION, BY_OPTION, DEFAULT_CALL_CPU_MS, 1, LIMIT_DURATION_MS,                 \
       "CPU time of a call; of the whole program only where it is set")                                      \
    XX(START_UP, "start-up", DURATION, BY_OPTION, DEFAULT_START_UP_MS, 1, LIMIT_DURATION_MS,                 \
       "wall time of start sections and initialisers")                                                       \
    XX(STOP_TIMEOUT, "stop-timeout", DURATION, BY_OPTION, DEFAULT_STOP_MS, 0, LIMIT_DURATION_MS,             \
       "how long a stop waits before it is by force")                                                        \
    XX(RESTART, "restart", CHOICE, BY_OPTION, RESTART_TRANSIENT, 0, 2,                                       \
       "what happens when it ends by itself")                                                                \
    XX(RESTART_INTENSITY, "restart-intensity", COUNT, BY_OPTION, DEFAULT_RESTART_INTENSITY, 0, 1000000,      \
       "restarts within the window before it is given up")                                                   \
    XX(RESTART_WINDOW, "restart-window", DURATION, BY_OPTION, DEFAULT_RESTART_WINDOW_MS, 1,                  \
       LIMIT_DURATION_MS, "the time restarts are counted in")                                                \
    XX(BACKOFF_MIN, "backoff-min", DURATION, BY_OPTION, DEFAULT_BACKOFF_MIN_MS, 0, LIMIT_DURATION_MS,        \
       "the first wait before a restart; it doubles")                                                        \
    XX(BACKOFF_MAX, "backoff-max", DURATION, BY_OPTION, DEFAULT_BACKOFF_MAX_MS, 0, LIMIT_DURATION_MS,        \
       "the longest wait before a restart")

enum policy_key {
#define XX(name, key, type, by, value, least, most, help) POLICY_##name##_KEY,
    POLICY_MAP(XX)
#undef XX
        POLICY_KEYS
};

/* Where a value came from; a later one wins. */
#define POLICY_ORIGIN_MAP(XX)                                                                                \
    XX(DEFAULT, "default")                                                                                   \
    XX(RULE, "rule") /* worked out: the implicit group */                                                    \
    XX(TEMPLATE, "template")                                                                                 \
    XX(OPTION, "option")
enum policy_origin {
#define XX(name, text) ORIGIN_##name,
    POLICY_ORIGIN_MAP(XX)
#undef XX
        POLICY_ORIGINS
};

/* A key as the table has it, for help, completion, docs. */
struct policy_row {
    const char *key;
    enum policy_type type;
    bool by_template;
    uint64_t value; /* default; of a text always "" */
    uint64_t least;
    uint64_t most;
    const char *help;
};
/** The row of a key; static. */
const struct policy_row *policy_row(enum policy_key key);
/** Find a key by its name. @return false where there is none */
bool policy_find(const char *name, enum policy_key *ret);
/** The words a key takes ("main, worker"; "64k, 64m, 4g, at most 4 GiB"), for messages. */
void policy_allowed(enum policy_key key, char *to, size_t size);

struct policy_value {
    bool set;                  /* in an effective policy always */
    enum policy_origin origin; /* where set */
    uint64_t number;           /* all but texts */
    char *text;                /* NAME, TEXT: owned; NULL is "" */
};
/* Values by key: effective when it began with policy_defaults(), else a layer with holes. */
struct policy {
    struct policy_value values[POLICY_KEYS];
};

/** Free the texts; all keys become unset. */
void policy_done(struct policy *policy);
/** Set every key to its default. */
void policy_defaults(struct policy *policy);
/** Copy into an empty policy. @return 0, NOMEM */
int policy_copy(struct policy *to, const struct policy *from, arcella_error **reterr) MUST_CHECK;
/** Lay one over another: each key that over has set replaces the value and origin in policy. @return 0, NOMEM
 * (policy then partly changed) */
int policy_overlay(struct policy *policy, const struct policy *over, arcella_error **reterr) MUST_CHECK;

/** Set a key from text as a person writes it ("64m", "30s", "true", "permanent"). @return 0, INVALID (key,
 * value, what is allowed), NOMEM */
int policy_set_text(struct policy *policy, enum policy_key key, const char *text, enum policy_origin origin,
                    arcella_error **reterr) MUST_CHECK;
/** Set a key to a number, bool or choice in its unit. @return 0, INVALID (out of bounds or a text key) */
int policy_set_number(struct policy *policy, enum policy_key key, uint64_t number, enum policy_origin origin,
                      arcella_error **reterr) MUST_CHECK;
/** Set a key from JSON: bool for bools, text for all, or a number in its unit. @return 0, INVALID, NOMEM */
int policy_set_json(struct policy *policy, enum policy_key key, const json_t *value,
                    enum policy_origin origin, arcella_error **reterr) MUST_CHECK;
/** Set a key from a TOML value. @return 0, INVALID (without place or key: the caller knows them), NOMEM */
int policy_set_toml(struct policy *policy, enum policy_key key, const struct toml_node *value,
                    enum policy_origin origin, arcella_error **reterr) MUST_CHECK;

static inline uint64_t policy_number(const struct policy *policy, enum policy_key key) {
    return policy->values[key].number;
}
/** A text value, never NULL; borrowed until the key is set again. */
static inline const char *policy_text(const struct policy *policy, enum policy_key key) {
    return policy->values[key].text ? policy->values[key].text : "";
}
/** Write a value as a person would write it ("64 MiB" is "64m", "30s", "worker"). */
void policy_format(const struct policy *policy, enum policy_key key, char *to, size_t size);
const char *policy_origin_name(enum policy_origin origin);

/** Wall budget in ms: of a call, or of a whole program (_start), which has one only where it was set. 0 =
 * none. */
uint64_t policy_wall_ms(const struct policy *policy, bool program);
/** CPU budget in ms, likewise. */
uint64_t policy_cpu_ms(const struct policy *policy, bool program);

/**
 * As JSON: {"memory": {"value": 67108864, "text": "64m", "origin": "default"}, …}, set keys only, in table
 * order.
 * @return a new object, NULL on no memory
 */
json_t *policy_json(const struct policy *policy);
/** Read what policy_json() wrote into an empty policy; unknown keys (of a later release) are passed over.
 * @return 0, CORRUPT, NOMEM */
int policy_from_json(const json_t *value, struct policy *to, arcella_error **reterr) MUST_CHECK;

/**
 * Work out where a deployment is placed: the truth table of isolation, trusted, async.
 *
 * isolation worker: in a worker, whatever the rest says.  isolation main: in the daemon's process if trusted
 * and async, otherwise refused.
 *
 * @return 0 and ret_main, or PLACEMENT with the rule that refuses
 */
int policy_placement(enum policy_isolation isolation, bool trusted, bool async, bool *ret_main,
                     arcella_error **reterr) MUST_CHECK;

/**
 * Work out the group of a deployment and set it in policy if none was given.
 *
 * Given by option: that.  Placed in main: `main`.  Trust or grants beyond the defaults, or engine settings
 * (stack class, fuel) that a shared worker does not have: the deployment's own id.  Suggested by the package:
 * that. Otherwise `default`.
 *
 * @param suggested  group the package suggests; NULL or "" for none
 * @return 0, INVALID (a group that is reserved), NOMEM
 */
int policy_settle_group(struct policy *policy, const struct grant_set *grants, const char *deployment,
                        const char *suggested, arcella_error **reterr) MUST_CHECK;

#endif
