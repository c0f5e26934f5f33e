/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the files of the state database share; inside the room only. */
#ifndef CATALOG_STATE_INTERNAL_H
#define CATALOG_STATE_INTERNAL_H

#include <sqlite3.h>

#include "base/text.h"
#include "catalog/state.h"

#define STATE_APPLICATION  0x41524341 /* "ARCA", in the database's head */
#define STATE_POLICY_BYTES (16 * KIB)

/* Every statement: name, SQL.  Prepared at first use, kept. */
#define STATE_STATEMENT_MAP(XX)                                                                              \
    XX(BEGIN, "BEGIN IMMEDIATE")                                                                             \
    XX(COMMIT, "COMMIT")                                                                                     \
    XX(COMPONENT_ADD,                                                                                        \
       "INSERT INTO component(id, name, version, kind, digest, size, installed_ms, source, quarantine, "     \
       "description) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)")                                      \
    XX(COMPONENT_GET,                                                                                        \
       "SELECT id, kind, digest, size, installed_ms, source, quarantine, description FROM component "        \
       "WHERE id = ?1")                                                                                      \
    XX(COMPONENT_IDS, "SELECT id FROM component")                                                            \
    XX(COMPONENT_COUNT_DIGEST, "SELECT count(*) FROM component WHERE digest = ?1")                           \
    XX(COMPONENT_QUARANTINE, "UPDATE component SET quarantine = ?2 WHERE id = ?1")                           \
    XX(COMPONENT_REMOVE, "DELETE FROM component WHERE id = ?1")                                              \
    XX(COMPONENT_USERS, "SELECT id FROM deployment WHERE component = ?1 ORDER BY id")                        \
    XX(DEPLOYMENT_ADD,                                                                                       \
       "INSERT INTO deployment(id, component, wanted, replicas, policy, revision, created_ms, changed_ms, "  \
       "restarts) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")                                              \
    XX(DEPLOYMENT_GET,                                                                                       \
       "SELECT id, component, wanted, replicas, policy, revision, created_ms, changed_ms, restarts, "        \
       "outcome_end, outcome_code, outcome_message, outcome_ms FROM deployment WHERE id = ?1")               \
    XX(DEPLOYMENT_IDS, "SELECT id FROM deployment ORDER BY id")                                              \
    XX(DEPLOYMENT_WANT, "UPDATE deployment SET wanted = ?2, changed_ms = ?3, "                               \
                        "restarts = CASE WHEN ?2 = 'running' THEN 0 ELSE restarts END WHERE id = ?1")        \
    XX(DEPLOYMENT_ENDED,                                                                                     \
       "UPDATE deployment SET wanted = ?2, changed_ms = ?3, restarts = ?4, outcome_end = ?5, "               \
       "outcome_code = ?6, outcome_message = ?7, outcome_ms = ?8 WHERE id = ?1")                             \
    XX(DEPLOYMENT_REMOVE, "DELETE FROM deployment WHERE id = ?1")                                            \
    XX(DEPLOYMENT_REVISE, "UPDATE deployment SET revision = ?2, changed_ms = ?3, policy = ?4 WHERE id = ?1") \
    XX(GRANT_ADD, "INSERT INTO grant_row(deployment, number, class, actions, pattern, effect, source, "      \
                  "expires_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")                                     \
    XX(GRANT_CLEAR, "DELETE FROM grant_row WHERE deployment = ?1")                                           \
    XX(GRANT_LIST, "SELECT class, actions, pattern, effect, source, expires_ms FROM grant_row "              \
                   "WHERE deployment = ?1 ORDER BY number")

enum state_statement {
#define XX(name, sql) STATE_##name,
    STATE_STATEMENT_MAP(XX)
#undef XX
        STATE_STATEMENTS
};

struct state {
    sqlite3 *db;
    char *dir;  /* owned; of state/ */
    char *path; /* owned; of the database */
    sqlite3_stmt *statements[STATE_STATEMENTS];
    int bind_rc; /* the first failure of a row of binds; told, and forgotten, by the next step */
};

/** Turn an SQLite result into an error. @return a negative code, never 0 */
int state_fail(struct state *state, int rc, const char *doing, arcella_error **reterr);
/** A statement, reset and without bindings. @return 0 or as state_fail() */
int state_prepare(struct state *state, enum state_statement which, sqlite3_stmt **ret, arcella_error **reterr)
    MUST_CHECK;
/* Bind a parameter, copied.  A failure is told by the next state_step() or state_run(): a value that could
   not be bound would be a NULL. */
void state_bind_text(struct state *state, sqlite3_stmt *statement, int column, const char *text);
void state_bind_number(struct state *state, sqlite3_stmt *statement, int column, int64_t number);
void state_bind_bytes(struct state *state, sqlite3_stmt *statement, int column, const void *bytes,
                      size_t count);
/** Run a statement that gives no rows; it is reset. @return 0 or as state_fail() */
int state_run(struct state *state, sqlite3_stmt *statement, const char *doing, arcella_error **reterr)
    MUST_CHECK;
/** Step to a row. @return 1: a row; 0: none left (the statement is reset); negative: failure (likewise) */
int state_step(struct state *state, sqlite3_stmt *statement, const char *doing, arcella_error **reterr)
    MUST_CHECK;
/** Begin a transaction. */
int state_begin(struct state *state, arcella_error **reterr) MUST_CHECK;
/** End it: commit if r is 0, else roll back. @return r, or why the commit failed (rolled back) */
int state_end(struct state *state, int r, arcella_error **reterr) MUST_CHECK;

/** Set up or migrate the tables of an open database. @return 0, CORRUPT (not ours), VERSION, … */
int state_schema_settle(struct state *state, arcella_error **reterr) MUST_CHECK;

/* One step of the schema: the SQL that makes version `to` from the one before. */
struct state_migration {
    int to;
    const char *sql;
};
/** Apply the steps that are missing, all in one transaction. */
int state_schema_migrate(struct state *state, int from, const struct state_migration *steps, size_t count,
                         arcella_error **reterr) MUST_CHECK;

/** A text column, "" for NULL; borrowed until the next step. */
static inline const char *state_column_text(sqlite3_stmt *statement, int column) {
    const unsigned char *text = sqlite3_column_text(statement, column);
    return text ? (const char *)text : "";
}

#endif
