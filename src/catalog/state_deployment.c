/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Deployments and their grants in the state database.  One transaction per function; the daemon's loop
 * thread. */
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "catalog/list.h"
#include "catalog/state_internal.h"

#define DEPLOYMENTS_MAX 100000

static const char *const wanted_names[WANTED_STATES] = {
#define XX(name, text) [WANTED_##name] = text,
    WANTED_MAP(XX)
#undef XX
};

const char *wanted_state_name(enum wanted_state wanted) {
    return wanted_names[wanted];
}

struct deployment_record *deployment_record_new(void) {
    return mem_new(struct deployment_record);
}

struct deployment_record *deployment_record_free(struct deployment_record *record) {
    if (!record)
        return NULL;
    policy_done(&record->policy);
    grant_set_done(&record->grants);
    mem_free(record);
    return NULL;
}

/* --- writing --- */

static int add_grants(struct state *state, const struct deployment_record *record, arcella_error **reterr) {
    for (size_t i = 0; i < record->grants.count; i++) {
        const struct grant *row = &record->grants.rows[i];
        struct grant_words words;
        sqlite3_stmt *s;
        int r = state_prepare(state, STATE_GRANT_ADD, &s, reterr);
        if (r < 0)
            return r;
        grant_row_words(row, &words);
        state_bind_text(state, s, 1, record->id);
        state_bind_number(state, s, 2, (int64_t)i);
        state_bind_text(state, s, 3, words.class);
        state_bind_text(state, s, 4, words.actions);
        state_bind_text(state, s, 5, row->pattern);
        state_bind_text(state, s, 6, grant_effect_name(row->effect));
        state_bind_text(state, s, 7, grant_source_name(row->source));
        state_bind_number(state, s, 8, (int64_t)row->expires_ms);
        r = state_run(state, s, "record a grant", reterr);
        if (r < 0)
            return r;
    }
    return 0;
}

static int add_row(struct state *state, const struct deployment_record *record, const char *policy,
                   arcella_error **reterr) {
    sqlite3_stmt *s;
    int r = state_prepare(state, STATE_DEPLOYMENT_ADD, &s, reterr);
    if (r < 0)
        return r;
    state_bind_text(state, s, 1, record->id);
    state_bind_text(state, s, 2, record->component.text);
    state_bind_text(state, s, 3, wanted_names[record->wanted]);
    state_bind_number(state, s, 4, (int64_t)record->replicas);
    state_bind_text(state, s, 5, policy);
    state_bind_number(state, s, 6, (int64_t)record->revision);
    state_bind_number(state, s, 7, (int64_t)record->created_ms);
    state_bind_number(state, s, 8, (int64_t)record->changed_ms);
    state_bind_number(state, s, 9, (int64_t)record->restarts);
    ERROR_AUTO *error = NULL;
    r = state_run(state, s, "record a deployment", &error);
    if (r == ARCELLA_E_NOT_FOUND)
        return error_set(reterr, r, "no component '%s'", record->component.text);
    if (r == ARCELLA_E_EXISTS)
        return error_set(reterr, r, "deployment '%s' is there already", record->id);
    return r < 0 ? error_move(reterr, TAKE(error)) : 0;
}

int state_deployment_add(struct state *state, struct deployment_record *record, arcella_error **reterr) {
    BUFFER_AUTO policy = BUFFER_INIT(STATE_POLICY_BYTES);
    JSON_AUTO *json = policy_json(&record->policy);
    if (!json)
        return error_nomem(reterr);
    int r = name_check(NAME_DEPLOYMENT, record->id, reterr);
    if (r == 0)
        r = json_add(&policy, json, reterr);
    if (r < 0)
        return r;
    record->created_ms = record->changed_ms = clock_wall_ns() / 1000000;
    record->revision = 1;
    r = state_begin(state, reterr);
    if (r < 0)
        return r;
    r = add_row(state, record, policy.data, reterr);
    if (r == 0)
        r = add_grants(state, record, reterr);
    return state_end(state, r, reterr);
}

/* Run an UPDATE or DELETE that must have met one row. */
static int run_on_one(struct state *state, sqlite3_stmt *s, const char *id, const char *doing,
                      arcella_error **reterr) {
    int r = state_run(state, s, doing, reterr);
    if (r == 0 && sqlite3_changes(state->db) == 0)
        return error_set(reterr, ARCELLA_E_NOT_FOUND, "no deployment '%s'", id);
    return r;
}

int state_deployment_want(struct state *state, const char *id, enum wanted_state wanted,
                          arcella_error **reterr) {
    sqlite3_stmt *s;
    int r = state_prepare(state, STATE_DEPLOYMENT_WANT, &s, reterr);
    if (r < 0)
        return r;
    state_bind_text(state, s, 1, id);
    state_bind_text(state, s, 2, wanted_names[wanted]);
    state_bind_number(state, s, 3, (int64_t)(clock_wall_ns() / 1000000));
    return run_on_one(state, s, id, "change what is wanted", reterr);
}

int state_deployment_ended(struct state *state, const char *id, const struct deployment_outcome *outcome,
                           enum wanted_state wanted, uint64_t restarts, arcella_error **reterr) {
    sqlite3_stmt *s;
    int r = state_prepare(state, STATE_DEPLOYMENT_ENDED, &s, reterr);
    if (r < 0)
        return r;
    state_bind_text(state, s, 1, id);
    state_bind_text(state, s, 2, wanted_names[wanted]);
    state_bind_number(state, s, 3, (int64_t)(clock_wall_ns() / 1000000));
    state_bind_number(state, s, 4, (int64_t)restarts);
    state_bind_text(state, s, 5, outcome->end);
    state_bind_number(state, s, 6, outcome->exit_code);
    state_bind_text(state, s, 7, outcome->message);
    state_bind_number(state, s, 8, (int64_t)outcome->wall_ms);
    return run_on_one(state, s, id, "record how a run ended", reterr);
}

int state_deployment_revise(struct state *state, struct deployment_record *record, arcella_error **reterr) {
    uint64_t now_ms = clock_wall_ns() / 1000000;
    BUFFER_AUTO policy = BUFFER_INIT(STATE_POLICY_BYTES);
    JSON_AUTO *json = policy_json(&record->policy);
    if (!json)
        return error_nomem(reterr);
    int r = json_add(&policy, json, reterr);
    if (r == 0)
        r = state_begin(state, reterr);
    if (r < 0)
        return r;
    sqlite3_stmt *s;
    r = state_prepare(state, STATE_DEPLOYMENT_REVISE, &s, reterr);
    if (r == 0) {
        state_bind_text(state, s, 1, record->id);
        state_bind_number(state, s, 2, (int64_t)record->revision + 1);
        state_bind_number(state, s, 3, (int64_t)now_ms);
        state_bind_text(state, s, 4, policy.data);
        r = run_on_one(state, s, record->id, "revise a deployment", reterr);
    }
    if (r == 0)
        r = state_prepare(state, STATE_GRANT_CLEAR, &s, reterr);
    if (r == 0) {
        state_bind_text(state, s, 1, record->id);
        r = state_run(state, s, "take grants out", reterr);
    }
    if (r == 0)
        r = add_grants(state, record, reterr);
    r = state_end(state, r, reterr);
    if (r == 0) {
        record->revision++;
        record->changed_ms = now_ms;
    }
    return r;
}

int state_deployment_remove(struct state *state, const char *id, arcella_error **reterr) {
    sqlite3_stmt *s;
    int r = state_prepare(state, STATE_DEPLOYMENT_REMOVE, &s, reterr);
    if (r < 0)
        return r;
    state_bind_text(state, s, 1, id);
    return run_on_one(state, s, id, "forget a deployment", reterr);
}

/* --- reading --- */

static int strange(const char *id, const char *what, arcella_error **reterr) {
    return error_set(reterr, ARCELLA_E_CORRUPT,
                     "the state database: deployment '%.100s' has %s that cannot be read", id, what);
}

static int read_policy(const char *id, const char *text, struct policy *to, arcella_error **reterr) {
    JSON_AUTO *json = NULL;
    int r = json_parse(text, strlen(text), &json, reterr);
    if (r == 0)
        r = policy_from_json(json, to, reterr);
    return r < 0 && r != ARCELLA_E_NOMEM ? strange(id, "a policy", reterr) : r;
}

static void read_outcome(sqlite3_stmt *s, struct deployment_outcome *to) {
    to->known = sqlite3_column_type(s, 9) != SQLITE_NULL;
    if (!to->known)
        return;
    text_copy(to->end, sizeof(to->end), state_column_text(s, 9));
    to->exit_code = (int32_t)sqlite3_column_int64(s, 10);
    text_copy(to->message, sizeof(to->message), state_column_text(s, 11));
    to->wall_ms = (uint64_t)sqlite3_column_int64(s, 12);
}

static int read_row(sqlite3_stmt *s, struct deployment_record *record, arcella_error **reterr) {
    const char *id = state_column_text(s, 0);
    if (name_check(NAME_DEPLOYMENT, id, NULL) < 0 || !text_copy(record->id, sizeof(record->id), id))
        return strange(id, "an id", reterr);
    if (name_id_parse(state_column_text(s, 1), &record->component, NULL) < 0)
        return strange(id, "a component", reterr);
    unsigned wanted = 0;
    while (wanted < WANTED_STATES && strcmp(wanted_names[wanted], state_column_text(s, 2)) != 0)
        wanted++;
    if (wanted == WANTED_STATES)
        return strange(id, "a wanted state", reterr);
    record->wanted = (enum wanted_state)wanted;
    record->replicas = (uint64_t)sqlite3_column_int64(s, 3);
    record->revision = (uint64_t)sqlite3_column_int64(s, 5);
    record->created_ms = (uint64_t)sqlite3_column_int64(s, 6);
    record->changed_ms = (uint64_t)sqlite3_column_int64(s, 7);
    record->restarts = (uint64_t)sqlite3_column_int64(s, 8);
    read_outcome(s, &record->outcome);
    policy_defaults(&record->policy); /* keys that the release which wrote it did not have */
    return read_policy(id, state_column_text(s, 4), &record->policy, reterr);
}

static int read_grants(struct state *state, struct deployment_record *record, arcella_error **reterr) {
    sqlite3_stmt *s;
    int r = state_prepare(state, STATE_GRANT_LIST, &s, reterr);
    if (r < 0)
        return r;
    state_bind_text(state, s, 1, record->id);
    while ((r = state_step(state, s, "read grants", reterr)) > 0) {
        int64_t expires_ms = sqlite3_column_int64(s, 5);
        r = grant_add_text_until(&record->grants, state_column_text(s, 0), state_column_text(s, 1),
                                 state_column_text(s, 2), state_column_text(s, 3), state_column_text(s, 4),
                                 expires_ms > 0 ? (uint64_t)expires_ms : 0, reterr);
        if (r < 0) {
            r = r == ARCELLA_E_NOMEM ? r : strange(record->id, "a grant", reterr);
            break;
        }
    }
    sqlite3_reset(s);
    return r;
}

int state_deployment_get(struct state *state, const char *id, struct deployment_record **ret,
                         arcella_error **reterr) {
    CLEANUP(deployment_record_free_ptr) struct deployment_record *record = deployment_record_new();
    if (!record)
        return error_nomem(reterr);
    sqlite3_stmt *s;
    int r = state_prepare(state, STATE_DEPLOYMENT_GET, &s, reterr);
    if (r < 0)
        return r;
    state_bind_text(state, s, 1, id);
    r = state_step(state, s, "read a deployment", reterr);
    if (r == 0)
        return error_set(reterr, ARCELLA_E_NOT_FOUND, "no deployment '%s'", id);
    if (r > 0)
        r = read_row(s, record, reterr);
    sqlite3_reset(s);
    if (r == 0)
        r = read_grants(state, record, reterr);
    if (r < 0)
        return r;
    *ret = TAKE(record);
    return 0;
}

static int read_ids(struct state *state, struct text_list *ids, arcella_error **reterr) {
    sqlite3_stmt *s;
    int r = state_prepare(state, STATE_DEPLOYMENT_IDS, &s, reterr);
    if (r < 0)
        return r;
    while ((r = state_step(state, s, "read the deployments", reterr)) > 0) {
        r = text_list_add(ids, DEPLOYMENTS_MAX, state_column_text(s, 0), reterr);
        if (r < 0)
            break;
    }
    sqlite3_reset(s);
    return r;
}

int state_deployment_each(struct state *state, int (*fn)(struct deployment_record *record, void *user),
                          void *user, arcella_error **reterr) {
    CLEANUP(text_list_done) struct text_list ids = {0};
    int r = read_ids(state, &ids, reterr);
    for (size_t i = 0; r == 0 && i < ids.count; i++) {
        struct deployment_record *record = NULL;
        r = state_deployment_get(state, ids.items[i], &record, reterr);
        if (r == 0)
            r = fn(record, user);
    }
    return r;
}
