/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The state database: opening, damage, transactions.  Its tables are in state_schema.c, its rows in
 * state_component.c and state_deployment.c.  Owned by the daemon; its loop's thread; blocking file work,
 * small.
 */
#include "base/clock.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/sys.h"
#include "catalog/state_internal.h"

#define BUSY_MS 2000 /* how long another process (doctor, a backup) may hold the file */

static const char *const statement_sql[STATE_STATEMENTS] = {
#define XX(name, sql) [STATE_##name] = sql,
    STATE_STATEMENT_MAP(XX)
#undef XX
};

/* --- errors --- */

static int code_of(int rc) {
    switch (rc) {
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_UNIQUE: return ARCELLA_E_EXISTS;
    case SQLITE_CONSTRAINT_FOREIGNKEY: return ARCELLA_E_NOT_FOUND;
    }
    switch (rc & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT: return ARCELLA_E_CORRUPT;
    case SQLITE_FULL: return ARCELLA_E_SPACE;
    case SQLITE_NOMEM: return ARCELLA_E_NOMEM;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return ARCELLA_E_BUSY;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH: return ARCELLA_E_DENIED;
    case SQLITE_MISUSE:
    case SQLITE_CONSTRAINT: return ARCELLA_E_INTERNAL;
    default: return ARCELLA_E_SYSTEM;
    }
}

int state_fail(struct state *state, int rc, const char *doing, arcella_error **reterr) {
    int code = code_of(rc);
    if (code == ARCELLA_E_NOMEM)
        return error_nomem(reterr);
    /* A write that failed for want of space is an I/O error to SQLite where it is not ENOSPC from write(). */
    int errnum = state->db ? sqlite3_system_errno(state->db) : 0;
    if (code == ARCELLA_E_SYSTEM && (errnum == ENOSPC || errnum == EDQUOT))
        code = ARCELLA_E_SPACE;
    return error_set(reterr, code, "the state database: %s: %s", doing,
                     state->db ? sqlite3_errmsg(state->db) : sqlite3_errstr(rc));
}

/* --- statements and transactions --- */

int state_prepare(struct state *state, enum state_statement which, sqlite3_stmt **ret,
                  arcella_error **reterr) {
    sqlite3_stmt **slot = &state->statements[which];
    if (!*slot) {
        int rc =
            sqlite3_prepare_v3(state->db, statement_sql[which], -1, SQLITE_PREPARE_PERSISTENT, slot, NULL);
        if (rc != SQLITE_OK)
            return state_fail(state, rc, "prepare", reterr);
    }
    sqlite3_reset(*slot);
    sqlite3_clear_bindings(*slot);
    *ret = *slot;
    return 0;
}

static void bound(struct state *state, int rc) {
    if (rc != SQLITE_OK && state->bind_rc == SQLITE_OK)
        state->bind_rc = rc;
}

void state_bind_text(struct state *state, sqlite3_stmt *statement, int column, const char *text) {
    bound(state, sqlite3_bind_text(statement, column, text, -1, SQLITE_TRANSIENT));
}

void state_bind_number(struct state *state, sqlite3_stmt *statement, int column, int64_t number) {
    bound(state, sqlite3_bind_int64(statement, column, number));
}

void state_bind_bytes(struct state *state, sqlite3_stmt *statement, int column, const void *bytes,
                      size_t count) {
    bound(state, sqlite3_bind_blob64(statement, column, bytes, count, SQLITE_TRANSIENT));
}

int state_step(struct state *state, sqlite3_stmt *statement, const char *doing, arcella_error **reterr) {
    int rc = state->bind_rc;
    state->bind_rc = SQLITE_OK;
    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    if (rc == SQLITE_ROW)
        return 1;
    int r = rc == SQLITE_DONE ? 0 : state_fail(state, rc, doing, reterr);
    sqlite3_reset(statement);
    return r;
}

int state_run(struct state *state, sqlite3_stmt *statement, const char *doing, arcella_error **reterr) {
    int r = state_step(state, statement, doing, reterr);
    sqlite3_reset(statement);
    return r < 0 ? r : 0;
}

static void roll_back(struct state *state) {
    /* Some failures have rolled back already; one that fails itself is made good by the next state_begin().
     */
    if (!sqlite3_get_autocommit(state->db))
        sqlite3_exec(state->db, "ROLLBACK", NULL, NULL, NULL);
}

int state_begin(struct state *state, arcella_error **reterr) {
    sqlite3_stmt *statement = NULL;
    if (state->db)
        roll_back(state);
    int r = state_prepare(state, STATE_BEGIN, &statement, reterr);
    return r < 0 ? r : state_run(state, statement, "begin", reterr);
}

int state_end(struct state *state, int r, arcella_error **reterr) {
    sqlite3_stmt *statement = NULL;
    if (r == 0)
        r = state_prepare(state, STATE_COMMIT, &statement, reterr);
    if (r == 0)
        r = state_run(state, statement, "commit", reterr);
    if (r < 0)
        roll_back(state);
    return r;
}

/* --- opening --- */

static void close_db(struct state *state) {
    for (size_t i = 0; i < STATE_STATEMENTS; i++) {
        sqlite3_finalize(state->statements[i]);
        state->statements[i] = NULL;
    }
    sqlite3_close(state->db);
    state->db = NULL;
}

static int pragma(struct state *state, const char *sql, arcella_error **reterr) {
    int rc = sqlite3_exec(state->db, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? 0 : state_fail(state, rc, sql, reterr);
}

/* "ok", or the first thing SQLite finds wrong. */
static int take_verdict(void *user, int columns, char **values, char **names) {
    (void)names;
    char *verdict = user;
    if (columns > 0 && !verdict[0])
        text_copy(verdict, 200, values[0] ? values[0] : "?");
    return 0;
}

static int check(struct state *state, const char *sql, arcella_error **reterr) {
    char verdict[200] = "";
    int rc = sqlite3_exec(state->db, sql, take_verdict, verdict, NULL);
    if (rc != SQLITE_OK)
        return state_fail(state, rc, "check", reterr);
    if (strcmp(verdict, "ok") != 0)
        return error_set(reterr, ARCELLA_E_CORRUPT, "the state database: %s", verdict);
    return 0;
}

static int open_db(struct state *state, arcella_error **reterr) {
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    int rc = sqlite3_open_v2(state->path, &state->db, flags, NULL);
    if (rc != SQLITE_OK)
        return state_fail(state, rc, "open", reterr);
    sqlite3_busy_timeout(state->db, BUSY_MS);
    sqlite3_db_config(state->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    static const char *const pragmas[] = {
        /* A few pages are enough for tables of this size; the default would keep 2 MB. */
        "PRAGMA cache_size=-256",  "PRAGMA trusted_schema=OFF", "PRAGMA foreign_keys=ON",
        "PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(pragmas); i++) {
        int r = pragma(state, pragmas[i], reterr);
        if (r < 0)
            return r;
    }
    int r = check(state, "PRAGMA quick_check(1)", reterr);
    return r < 0 ? r : state_schema_settle(state, reterr);
}

/* Move the database and its side files to names that say when. */
static int put_aside(struct state *state, const char *why, struct problems *problems,
                     arcella_error **reterr) {
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    char when[32];
    clock_format(clock_wall_ns(), when, sizeof(when));
    FD_AUTO dir = sys_openat(AT_FDCWD, state->dir, O_RDONLY | O_DIRECTORY, 0);
    if (dir < 0)
        return error_set_errno(reterr, errno, "cannot open '%s'", state->dir);
    for (size_t i = 0; i < ARRAY_LENGTH(suffixes); i++) {
        char from[64], to[128];
        snprintf(from, sizeof(from), STATE_FILE "%s", suffixes[i]);
        snprintf(to, sizeof(to), STATE_FILE ".damaged-%s%s", when, suffixes[i]);
        if (sys_renameat(dir, from, dir, to) < 0 && errno != ENOENT)
            return error_set_errno(reterr, errno, "cannot put the damaged state database aside");
    }
    problem_add(problems, ARCELLA_E_CORRUPT, "state/" STATE_FILE,
                "was damaged (%s); it is kept as state/" STATE_FILE
                ".damaged-%s, and a new one was made from "
                "modules/; what was deployed has to be started again",
                why, when);
    return dir_sync(dir, reterr);
}

/* Open and check; CORRUPT only where a second look agrees, since a disk or a file system may fail for a
 * moment. */
static int open_checked(struct state *state, arcella_error **reterr) {
    ERROR_AUTO *error = NULL;
    int r = open_db(state, &error);
    if (r != ARCELLA_E_CORRUPT)
        return r < 0 ? error_move(reterr, TAKE(error)) : 0;
    close_db(state);
    return open_db(state, reterr);
}

/* Open, and begin anew where what is there is damaged. */
static int open_or_renew(struct state *state, bool *ret_rebuilt, struct problems *problems,
                         arcella_error **reterr) {
    ERROR_AUTO *error = NULL;
    *ret_rebuilt = false;
    int r = open_checked(state, &error);
    if (r != ARCELLA_E_CORRUPT)
        return r < 0 ? error_move(reterr, TAKE(error)) : 0;
    close_db(state);
    r = put_aside(state, arcella_error_message(error), problems, reterr);
    if (r == 0)
        r = open_db(state, reterr);
    *ret_rebuilt = r == 0;
    return r;
}

static int skip_component(const struct component_record *record, void *user) {
    (void)record;
    (void)user;
    return 0;
}

static int skip_deployment(struct deployment_record *record, void *user) {
    (void)user;
    deployment_record_free(record);
    return 0;
}

int state_recover(struct state *state, bool *ret_rebuilt, struct problems *problems, arcella_error **reterr) {
    close_db(state);
    int r = open_or_renew(state, ret_rebuilt, problems, reterr);
    if (r < 0 || *ret_rebuilt)
        return r;
    /* Whole as a file; are its rows ours? */
    ERROR_AUTO *error = NULL;
    r = state_component_each(state, skip_component, NULL, &error);
    if (r == 0)
        r = state_deployment_each(state, skip_deployment, NULL, &error);
    if (r != ARCELLA_E_CORRUPT)
        return r < 0 ? error_move(reterr, TAKE(error)) : 0;
    close_db(state);
    r = put_aside(state, arcella_error_message(error), problems, reterr);
    if (r == 0)
        r = open_db(state, reterr);
    *ret_rebuilt = r == 0;
    return r;
}

int state_open(const char *dir_path, struct state **ret, bool *ret_rebuilt, struct problems *problems,
               arcella_error **reterr) {
    CLEANUP(state_free_ptr) struct state *state = mem_new(struct state);
    if (!state)
        return error_nomem(reterr);
    state->dir = mem_text(dir_path);
    state->path = mem_format("%s/%s", dir_path, STATE_FILE);
    if (!state->dir || !state->path)
        return error_nomem(reterr);
    int r = open_or_renew(state, ret_rebuilt, problems, reterr);
    if (r < 0)
        return r;
    *ret = TAKE(state);
    return 0;
}

struct state *state_free(struct state *state) {
    if (!state)
        return NULL;
    close_db(state);
    mem_free(state->dir);
    mem_free(state->path);
    mem_free(state);
    return NULL;
}

int state_verify(struct state *state, arcella_error **reterr) {
    return check(state, "PRAGMA integrity_check(1)", reterr);
}
