/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The tables and how they came to be: one step per released version of the schema, never changed once
 * released. PRAGMA user_version holds the version, application_id says whose file it is.
 */
#include "catalog/state_internal.h"

static const struct state_migration migrations[] = {
    {1, "CREATE TABLE component("
        "  id TEXT PRIMARY KEY NOT NULL,"
        "  name TEXT NOT NULL,"
        "  version TEXT NOT NULL,"
        "  kind TEXT NOT NULL,"
        "  digest BLOB NOT NULL,"
        "  size INTEGER NOT NULL,"
        "  installed_ms INTEGER NOT NULL,"
        "  source TEXT NOT NULL,"
        "  quarantine TEXT,"          /* why it must not be started; NULL: it may */
        "  description BLOB NOT NULL" /* MessagePack, as intake made it and we checked it */
        ") STRICT;"
        "CREATE INDEX component_digest ON component(digest);"
        "CREATE TABLE deployment("
        "  id TEXT PRIMARY KEY NOT NULL,"
        "  component TEXT NOT NULL REFERENCES component(id) ON DELETE RESTRICT,"
        "  wanted TEXT NOT NULL,"
        "  replicas INTEGER NOT NULL,"
        "  policy TEXT NOT NULL," /* JSON, each value with its origin */
        "  revision INTEGER NOT NULL,"
        "  created_ms INTEGER NOT NULL,"
        "  changed_ms INTEGER NOT NULL,"
        "  restarts INTEGER NOT NULL,"
        "  outcome_end TEXT," /* NULL: it has not ended yet */
        "  outcome_code INTEGER,"
        "  outcome_message TEXT,"
        "  outcome_ms INTEGER"
        ") STRICT;"
        "CREATE INDEX deployment_component ON deployment(component);"
        "CREATE TABLE grant_row("
        "  deployment TEXT NOT NULL REFERENCES deployment(id) ON DELETE CASCADE,"
        "  number INTEGER NOT NULL,"
        "  class TEXT NOT NULL,"
        "  actions TEXT NOT NULL,"
        "  pattern TEXT NOT NULL,"
        "  effect TEXT NOT NULL,"
        "  source TEXT NOT NULL,"
        "  PRIMARY KEY (deployment, number)"
        ") STRICT, WITHOUT ROWID;"},
    /* Grants that end by themselves; source "admin" and effect "audit" need no other columns. */
    {2, "ALTER TABLE grant_row ADD COLUMN expires_ms INTEGER NOT NULL DEFAULT 0;"}, /* since 1970; 0: never */
};
STATIC_ASSERT(STATE_SCHEMA == ARRAY_LENGTH(migrations), "one step per version of the schema");

static int read_number(struct state *state, const char *sql, int64_t *ret, arcella_error **reterr) {
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(state->db, sql, -1, &statement, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    int r = 0;
    if (rc == SQLITE_ROW)
        *ret = sqlite3_column_int64(statement, 0);
    else
        r = state_fail(state, rc, "read the version", reterr);
    sqlite3_finalize(statement);
    return r;
}

static int run(struct state *state, const char *sql, arcella_error **reterr) {
    int rc = sqlite3_exec(state->db, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? 0 : state_fail(state, rc, "set up the tables", reterr);
}

int state_schema_migrate(struct state *state, int from, const struct state_migration *steps, size_t count,
                         arcella_error **reterr) {
    int r = state_begin(state, reterr);
    if (r < 0)
        return r;
    int version = from;
    for (size_t i = 0; r == 0 && i < count; i++) {
        if (steps[i].to <= from)
            continue;
        r = run(state, steps[i].sql, reterr);
        version = steps[i].to;
    }
    char sql[100];
    snprintf(sql, sizeof(sql), "PRAGMA user_version=%d; PRAGMA application_id=%d", version,
             STATE_APPLICATION);
    if (r == 0)
        r = run(state, sql, reterr);
    return state_end(state, r, reterr);
}

int state_schema_settle(struct state *state, arcella_error **reterr) {
    int64_t version = 0, application = 0, tables = 0;
    int r = read_number(state, "PRAGMA user_version", &version, reterr);
    if (r == 0)
        r = read_number(state, "PRAGMA application_id", &application, reterr);
    if (r == 0)
        r = read_number(state, "SELECT count(*) FROM sqlite_schema", &tables, reterr);
    if (r < 0)
        return r;
    bool is_new = version == 0 && application == 0 && tables == 0;
    if (!is_new && application != STATE_APPLICATION)
        return error_set(reterr, ARCELLA_E_CORRUPT, "the state database: it is some other program's");
    if (version > STATE_SCHEMA)
        return error_set(reterr, ARCELLA_E_VERSION,
                         "the state database has schema %" PRId64
                         ", made by a newer Arcella; this one knows schemas up to %d",
                         version, STATE_SCHEMA);
    if (version == STATE_SCHEMA)
        return 0;
    return state_schema_migrate(state, (int)version, migrations, ARRAY_LENGTH(migrations), reterr);
}
