/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The state database: rows there and back, refusals, versions, damage, short of everything. */
#include "fixture.h"

#include <sqlite3.h>

#include "catalog/state_internal.h"
#include "sqlite_faults.h"

#define STATE_AUTO CLEANUP(state_free_ptr) struct state

static struct state *open_state(const char *name, bool *ret_rebuilt, struct problems *problems) {
    struct state *state = NULL;
    bool rebuilt;
    if (!exists(name))
        assert_int_equal(mkdir(name, 0700), 0);
    MUST(state_open(name, &state, &rebuilt, problems, &why));
    if (ret_rebuilt)
        *ret_rebuilt = rebuilt;
    return state;
}

static int add_component(struct state *state, const char *id, arcella_error **reterr) {
    DESCRIPTION_AUTO *d = describe(id);
    if (!d)
        return error_nomem(reterr);
    const struct component_record record = {
        .id = d->id,
        .kind = KIND_WASI_P1,
        .digest = digest_of(id, strlen(id)),
        .size = 77,
        .installed_ms = 1234,
        .source = (char[]){"/from"},
        .description = d,
    };
    return state_component_add(state, &record, reterr);
}

static int add_deployment(struct state *state, const char *id, const char *component,
                          arcella_error **reterr) {
    DEPLOYMENT_AUTO *record = deployment_record_new();
    if (!record)
        return error_nomem(reterr);
    snprintf(record->id, sizeof(record->id), "%s", id);
    int r = name_id_parse(component, &record->component, reterr);
    if (r < 0)
        return r;
    record->wanted = WANTED_RUNNING;
    record->replicas = 1;
    policy_defaults(&record->policy);
    r = policy_set_text(&record->policy, POLICY_MEMORY_KEY, "128m", ORIGIN_OPTION, reterr);
    if (r == 0)
        r = grant_add_dir(&record->grants, "/srv::/data:rw", GRANT_BY_OPTION, reterr);
    if (r == 0)
        r = grant_add_arg(&record->grants, "second", GRANT_BY_OPTION, reterr);
    if (r == 0)
        r = grant_add_arg(&record->grants, "first", GRANT_BY_OPTION, reterr);
    if (r == 0)
        r = policy_settle_group(&record->policy, &record->grants, id, NULL, reterr);
    return r < 0 ? r : state_deployment_add(state, record, reterr);
}

static int collect_component(const struct component_record *record, void *user) {
    char *text = user;
    snprintf(text + strlen(text), 200 - strlen(text), "%s ", record->id.text);
    return 0;
}

static int collect_deployment(struct deployment_record *record, void *user) {
    char *text = user;
    snprintf(text + strlen(text), 200 - strlen(text), "%s ", record->id);
    deployment_record_free(record);
    return 0;
}

static void components_are_kept(void **test) {
    (void)test;
    STATE_AUTO *state = open_state("components", NULL, NULL);
    ERROR_AUTO *error = NULL;
    char all[200] = "";
    MUST(add_component(state, "web@1.10.0", &why));
    MUST(add_component(state, "web@1.9.0", &why));
    MUST(add_component(state, "app@2.0.0", &why));
    assert_int_equal(add_component(state, "web@1.9.0", &error), ARCELLA_E_EXISTS);
    state = state_free(state);
    state = open_state("components", NULL, NULL);
    MUST(state_component_each(state, collect_component, all, &why));
    assert_string_equal(all, "app@2.0.0 web@1.9.0 web@1.10.0 ");
    COMPONENT_AUTO *record = NULL;
    MUST(state_component_find(state, "web", NAME_LATEST, &record, &why));
    assert_string_equal(record->id.text, "web@1.10.0");
    assert_int_equal(record->kind, KIND_WASI_P1);
    assert_int_equal(record->size, 77);
    assert_int_equal(record->installed_ms, 1234);
    assert_string_equal(record->source, "/from");
    assert_null(record->quarantine);
    struct digest digest = digest_of("web@1.10.0", 10);
    assert_true(digest_equal(&record->digest, &digest));
    uint64_t count = 9;
    MUST(state_component_count_digest(state, &digest, &count, &why));
    assert_int_equal(count, 1);
    record = component_record_free(record);
    arcella_error_free(TAKE(error));
    assert_int_equal(state_component_find(state, "web", NAME_ONLY, &record, &error), ARCELLA_E_AMBIGUOUS);
    arcella_error_free(TAKE(error));
    assert_int_equal(state_component_get(state, "no@1.0.0", &record, &error), ARCELLA_E_NOT_FOUND);
    MUST(state_component_quarantine(state, "app@2.0.0", "its bytes changed", &why));
    MUST(state_component_get(state, "app@2.0.0", &record, &why));
    assert_string_equal(record->quarantine, "its bytes changed");
    JSON_AUTO *json = component_record_json(record, true);
    assert_string_equal(json_string_value(json_object_get(json, "state")), "quarantined");
    assert_string_equal(json_string_value(json_object_get(json, "version")), "2.0.0");
    MUST(state_component_quarantine(state, "app@2.0.0", NULL, &why));
    assert_int_equal(state_component_quarantine(state, "no@1.0.0", NULL, NULL), ARCELLA_E_NOT_FOUND);
    MUST(state_component_remove(state, "app@2.0.0", &why));
    assert_int_equal(state_component_remove(state, "app@2.0.0", NULL), ARCELLA_E_NOT_FOUND);
}

static void deployments_are_kept(void **test) {
    (void)test;
    STATE_AUTO *state = open_state("deployments", NULL, NULL);
    ERROR_AUTO *error = NULL;
    char all[200] = "";
    MUST(add_component(state, "web@1.0.0", &why));
    assert_int_equal(add_deployment(state, "web", "no@1.0.0", &error), ARCELLA_E_NOT_FOUND);
    arcella_error_free(TAKE(error));
    MUST(add_deployment(state, "web", "web@1.0.0", &why));
    MUST(add_deployment(state, "batch", "web@1.0.0", &why));
    assert_int_equal(add_deployment(state, "web", "web@1.0.0", &error), ARCELLA_E_EXISTS);
    arcella_error_free(TAKE(error));
    assert_int_equal(add_deployment(state, "main", "web@1.0.0", &error), ARCELLA_E_INVALID);
    arcella_error_free(TAKE(error));
    assert_int_equal(state_component_remove(state, "web@1.0.0", &error), ARCELLA_E_DEPLOYED);
    assert_non_null(strstr(arcella_error_message(error), "'batch', 'web'"));
    state = state_free(state);
    state = open_state("deployments", NULL, NULL);
    MUST(state_deployment_each(state, collect_deployment, all, &why));
    assert_string_equal(all, "batch web ");
    DEPLOYMENT_AUTO *record = NULL;
    MUST(state_deployment_get(state, "web", &record, &why));
    assert_string_equal(record->component.text, "web@1.0.0");
    assert_int_equal(record->wanted, WANTED_RUNNING);
    assert_int_equal(record->replicas, 1);
    assert_int_equal(record->revision, 1);
    assert_true(record->created_ms > 1600000000000ull);
    assert_int_equal(policy_number(&record->policy, POLICY_MEMORY_KEY), 128 << 20);
    assert_int_equal(record->policy.values[POLICY_MEMORY_KEY].origin, ORIGIN_OPTION);
    assert_string_equal(policy_text(&record->policy, POLICY_GROUP_KEY), "web");
    assert_int_equal(record->policy.values[POLICY_GROUP_KEY].origin, ORIGIN_RULE);
    assert_int_equal(record->grants.count, 3);
    assert_string_equal(record->grants.rows[1].pattern, "second"); /* in the order given */
    assert_string_equal(record->grants.rows[2].pattern, "first");
    assert_true(grant_check(&record->grants, GRANT_FS, GRANT_WRITE, TEXT("/data/x"), NULL));
    assert_false(record->outcome.known);
    record = deployment_record_free(record);
    /* How it ended and that it is not to run again are one step. */
    struct deployment_outcome outcome = {
        .end = "exited", .exit_code = 3, .message = "ended by itself", .wall_ms = 9};
    MUST(state_deployment_ended(state, "web", &outcome, WANTED_FINISHED, 4, &why));
    MUST(state_deployment_get(state, "web", &record, &why));
    assert_int_equal(record->wanted, WANTED_FINISHED);
    assert_true(record->outcome.known);
    assert_string_equal(record->outcome.end, "exited");
    assert_int_equal(record->outcome.exit_code, 3);
    assert_int_equal(record->outcome.wall_ms, 9);
    assert_int_equal(record->restarts, 4);
    record = deployment_record_free(record);
    MUST(state_deployment_want(state, "web", WANTED_STOPPED, &why));
    MUST(state_deployment_get(state, "web", &record, &why));
    assert_int_equal(record->restarts, 4);
    assert_int_equal(record->outcome.exit_code, 3);
    record = deployment_record_free(record);
    MUST(state_deployment_want(state, "web", WANTED_RUNNING, &why));
    MUST(state_deployment_get(state, "web", &record, &why));
    assert_int_equal(record->restarts, 0);
    record = deployment_record_free(record);
    assert_int_equal(state_deployment_want(state, "no", WANTED_RUNNING, NULL), ARCELLA_E_NOT_FOUND);
    assert_int_equal(state_deployment_ended(state, "no", &outcome, WANTED_RUNNING, 0, NULL),
                     ARCELLA_E_NOT_FOUND);
    MUST(state_deployment_remove(state, "web", &why));
    assert_int_equal(state_deployment_remove(state, "web", NULL), ARCELLA_E_NOT_FOUND);
    assert_int_equal(state_deployment_get(state, "web", &record, NULL), ARCELLA_E_NOT_FOUND);
    /* Its grants went with it: the name is free and begins with none. */
    MUST(add_deployment(state, "web", "web@1.0.0", &why));
    MUST(state_deployment_get(state, "web", &record, &why));
    assert_int_equal(record->grants.count, 3);
}

static void run_sql(const char *path, const char *sql) {
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    char *message = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s: %s", sql, message);
    sqlite3_close(db);
}

static void a_newer_database_is_refused(void **test) {
    (void)test;
    STATE_AUTO *state = open_state("newer", NULL, NULL);
    ERROR_AUTO *error = NULL;
    bool rebuilt;
    state = state_free(state);
    run_sql("newer/arcella.db", "PRAGMA user_version=99");
    assert_int_equal(state_open("newer", &state, &rebuilt, NULL, &error), ARCELLA_E_VERSION);
    assert_non_null(strstr(arcella_error_message(error), "schema 99"));
    assert_int_equal(folder_count("newer"), 1); /* not put aside */
}

/* An older schema is taken forward step by step, all or nothing. */
static void an_older_database_is_migrated(void **test) {
    (void)test;
    static const struct state_migration steps[] = {
        {1, "never run again"},
        {2, "ALTER TABLE component ADD COLUMN colour TEXT NOT NULL DEFAULT 'red'"},
        {3, "UPDATE component SET colour = 'blue'"},
    };
    static const struct state_migration broken[] = {
        {4, "UPDATE component SET colour = 'green'"},
        {5, "this is no SQL"},
    };
    STATE_AUTO *state = open_state("older", NULL, NULL);
    MUST(add_component(state, "web@1.0.0", &why));
    MUST(state_schema_migrate(state, 1, steps, ARRAY_LENGTH(steps), &why));
    ERROR_AUTO *error = NULL;
    assert_true(state_schema_migrate(state, 3, broken, ARRAY_LENGTH(broken), &error) < 0);
    sqlite3_stmt *s = NULL;
    assert_int_equal(
        sqlite3_prepare_v2(state->db,
                           "SELECT colour, (SELECT user_version FROM pragma_user_version) FROM component", -1,
                           &s, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(s, 0), "blue");
    assert_int_equal(sqlite3_column_int(s, 1), 3);
    sqlite3_finalize(s);
}

/* Each kind of damage: kept aside, said, begun anew. */
static void damage_is_put_aside(void **test) {
    (void)test;
    enum { GARBAGE, HEAD, PAGES, CUT, FOREIGN, UNNAMED, KINDS };
    for (int kind = 0; kind < KINDS; kind++) {
        char dir[32], path[64];
        CLEANUP(problems_done) struct problems problems = {0};
        snprintf(dir, sizeof(dir), "damaged-%d", kind);
        snprintf(path, sizeof(path), "%s/arcella.db", dir);
        STATE_AUTO *state = open_state(dir, NULL, &problems);
        for (int i = 0; i < 30; i++) {
            char id[32];
            snprintf(id, sizeof(id), "web@1.%d.0", i);
            MUST(add_component(state, id, &why));
        }
        state = state_free(state);
        FD_AUTO fd = open(path, O_RDWR | O_CLOEXEC);
        struct stat st;
        assert_int_equal(fstat(fd, &st), 0);
        char junk[256];
        memset(junk, 0xa5, sizeof(junk));
        switch (kind) {
        case GARBAGE:
            assert_int_equal(ftruncate(fd, 0), 0);
            for (int i = 0; i < 100; i++)
                assert_int_equal(pwrite(fd, junk, sizeof(junk), i * 256), 256);
            break;
        case HEAD: assert_int_equal(pwrite(fd, junk, 16, 0), 16); break;
        case PAGES:
            for (off_t at = 4096; at < st.st_size; at += 1024)
                assert_int_equal(pwrite(fd, junk, 64, at), 64);
            break;
        case CUT: assert_int_equal(ftruncate(fd, st.st_size / 2), 0); break;
        case FOREIGN: run_sql(path, "PRAGMA application_id=7"); break;
        case UNNAMED: run_sql(path, "PRAGMA application_id=0; PRAGMA user_version=0"); break;
        default: break;
        }
        bool rebuilt = false;
        state = open_state(dir, &rebuilt, &problems);
        if (!rebuilt)
            fail_msg("damage %d was not seen", kind);
        const struct problem *p = find_problem(&problems, "state/arcella.db");
        assert_non_null(p);
        assert_int_equal(p->code, ARCELLA_E_CORRUPT);
        const char *kept = strstr(p->text, "arcella.db.damaged-");
        assert_non_null(kept);
        char aside[128];
        snprintf(aside, sizeof(aside), "%s/%.*s", dir, (int)strcspn(kept, ","), kept);
        assert_true(exists(aside));
        char all[200] = "";
        MUST(state_component_each(state, collect_component, all, &why));
        assert_string_equal(all, "");
        MUST(add_component(state, "web@1.0.0", &why));
        /* And nothing is damaged at the next start. */
        state = state_free(state);
        state = open_state(dir, &rebuilt, &problems);
        assert_false(rebuilt);
    }
}

/* Damage that quick_check at open did not see, or that came later. */
static void damage_while_running_is_an_error(void **test) {
    (void)test;
    CLEANUP(problems_done) struct problems problems = {0};
    STATE_AUTO *state = open_state("running", NULL, &problems);
    ERROR_AUTO *error = NULL;
    MUST(add_component(state, "web@1.0.0", &why));
    MUST(add_deployment(state, "web", "web@1.0.0", &why));
    run_sql("running/arcella.db", "UPDATE deployment SET policy = '{\"memory\": 5}'");
    DEPLOYMENT_AUTO *record = NULL;
    assert_int_equal(state_deployment_get(state, "web", &record, &error), ARCELLA_E_CORRUPT);
    arcella_error_free(TAKE(error));
    run_sql("running/arcella.db", "UPDATE grant_row SET pattern = 'relative::/x'");
    run_sql("running/arcella.db", "UPDATE component SET description = x'00'");
    COMPONENT_AUTO *component = NULL;
    assert_int_equal(state_component_get(state, "web@1.0.0", &component, &error), ARCELLA_E_CORRUPT);
    arcella_error_free(TAKE(error));
    run_sql("running/arcella.db", "UPDATE component SET id = 'not an id', description = x'00'; ");
    assert_int_equal(state_component_find(state, "web", NAME_LATEST, &component, &error), ARCELLA_E_CORRUPT);
    bool rebuilt = false;
    MUST(state_recover(state, &rebuilt, &problems, &why));
    assert_true(rebuilt);
    assert_non_null(find_problem(&problems, "state/arcella.db"));
    MUST(add_component(state, "web@1.0.0", &why));
    MUST(state_verify(state, &why));
    /* A false alarm costs nothing. */
    MUST(state_recover(state, &rebuilt, &problems, &why));
    assert_false(rebuilt);
    assert_int_equal(add_component(state, "web@1.0.0", NULL), ARCELLA_E_EXISTS);
}

static void unwritable_is_said(void **test) {
    (void)test;
    struct state *state = NULL;
    bool rebuilt;
    ERROR_AUTO *error = NULL;
    assert_true(state_open("does/not/exist", &state, &rebuilt, NULL, &error) < 0);
    assert_null(state);
    if (geteuid() == 0) {
        print_message("a folder without rights: needs a user that is not root\n");
        return;
    }
    assert_int_equal(mkdir("closed", 0500), 0);
    arcella_error_free(TAKE(error));
    assert_true(state_open("closed", &state, &rebuilt, NULL, &error) < 0);
}

static int work(void *user, arcella_error **reterr) {
    (void)user;
    STATE_AUTO *state = NULL;
    DEPLOYMENT_AUTO *deployment = NULL;
    COMPONENT_AUTO *component = NULL;
    bool rebuilt;
    int r = dir_remove_tree(AT_FDCWD, "tortured", reterr);
    if (r < 0)
        return r;
    if (mkdir("tortured", 0700) < 0)
        return error_set_errno(reterr, errno, "mkdir");
    r = state_open("tortured", &state, &rebuilt, NULL, reterr);
    if (r == 0)
        r = add_component(state, "web@1.0.0", reterr);
    if (r == 0)
        r = add_deployment(state, "web", "web@1.0.0", reterr);
    if (r == 0)
        r = state_deployment_get(state, "web", &deployment, reterr);
    if (r == 0)
        r = state_component_find(state, "web", NAME_LATEST, &component, reterr);
    if (r == 0)
        r = state_deployment_remove(state, "web", reterr);
    if (r == 0)
        r = state_component_remove(state, "web@1.0.0", reterr);
    return r;
}

static void whatever_fails(void **test) {
    (void)test;
    torture_alloc(work, NULL);
    torture_sys(work, NULL, EIO, 0);
    torture_sys(work, NULL, ENOSPC, 0);
}

/* A disk or an allocator that fails for a moment must not cost a good database. */
static int open_again(void *user, arcella_error **reterr) {
    STATE_AUTO *state = NULL;
    COMPONENT_AUTO *component = NULL;
    bool rebuilt = false;
    (void)user;
    int r = state_open("flaky", &state, &rebuilt, NULL, reterr);
    if (r == 0)
        r = state_component_get(state, "web@1.29.0", &component, reterr);
    assert_false(rebuilt);
    assert_true(r != ARCELLA_E_CORRUPT && r != ARCELLA_E_NOT_FOUND);
    return r;
}

static void a_failing_disk_is_no_damage(void **test) {
    (void)test;
    STATE_AUTO *state = open_state("flaky", NULL, NULL);
    for (int i = 0; i < 30; i++) {
        char id[32];
        snprintf(id, sizeof(id), "web@1.%d.0", i);
        MUST(add_component(state, id, &why));
    }
    state = state_free(state);
    torture_alloc(open_again, NULL);
    torture_sys(open_again, NULL, EIO, 0);
    torture_sys(open_again, NULL, ENOSPC, 0);
    torture_sys(open_again, NULL, EMFILE, 0);
    assert_int_equal(folder_count("flaky"), 1);
}

static int set_up(void **test) {
#ifdef ARCELLA_FAULTS
    sqlite_faults();
#endif
    return enter(test);
}

/* The tables of schema 1, as the release that had them made them. */
static const char schema_1[] =
    "CREATE TABLE component(id TEXT PRIMARY KEY NOT NULL, name TEXT NOT NULL, version TEXT NOT NULL,"
    " kind TEXT NOT NULL, digest BLOB NOT NULL, size INTEGER NOT NULL, installed_ms INTEGER NOT NULL,"
    " source TEXT NOT NULL, quarantine TEXT, description BLOB NOT NULL) STRICT;"
    "CREATE INDEX component_digest ON component(digest);"
    "CREATE TABLE deployment(id TEXT PRIMARY KEY NOT NULL,"
    " component TEXT NOT NULL REFERENCES component(id) ON DELETE RESTRICT, wanted TEXT NOT NULL,"
    " replicas INTEGER NOT NULL, policy TEXT NOT NULL, revision INTEGER NOT NULL, created_ms INTEGER NOT "
    "NULL,"
    " changed_ms INTEGER NOT NULL, restarts INTEGER NOT NULL, outcome_end TEXT, outcome_code INTEGER,"
    " outcome_message TEXT, outcome_ms INTEGER) STRICT;"
    "CREATE INDEX deployment_component ON deployment(component);"
    "CREATE TABLE grant_row(deployment TEXT NOT NULL REFERENCES deployment(id) ON DELETE CASCADE,"
    " number INTEGER NOT NULL, class TEXT NOT NULL, actions TEXT NOT NULL, pattern TEXT NOT NULL,"
    " effect TEXT NOT NULL, source TEXT NOT NULL, PRIMARY KEY (deployment, number)) STRICT, WITHOUT ROWID;"
    "INSERT INTO component VALUES('web@1.0.0', 'web', '1.0.0', 'wasi-p1', zeroblob(32), 7, 1, '/from', NULL, "
    "x'c0');"
    "INSERT INTO deployment VALUES('web', 'web@1.0.0', 'running', 1, '{}', 3, 5, 6, 0, NULL, NULL, NULL, "
    "NULL);"
    "INSERT INTO grant_row VALUES('web', 0, 'fs', 'read+write', '/srv::/data', 'allow', 'option');"
    "INSERT INTO grant_row VALUES('web', 1, 'net', 'listen', '127.0.0.1:80', 'allow', 'option');"
    "INSERT INTO grant_row VALUES('web', 2, 'env', 'read', 'A=b', 'allow', 'option');"
    "INSERT INTO grant_row VALUES('web', 3, 'args', 'read', 'one', 'allow', 'option');"
    "PRAGMA user_version=1; PRAGMA application_id=1095910209;";

static void the_release_before_is_migrated(void **test) {
    (void)test;
    bool rebuilt = true;
    STATE_AUTO *state = NULL;
    assert_int_equal(mkdir("release1", 0700), 0);
    run_sql("release1/arcella.db", schema_1);
    MEM_AUTO char *path = realpath("release1", NULL);
    MUST(state_open(path, &state, &rebuilt, NULL, &why));
    assert_false(rebuilt);
    DEPLOYMENT_AUTO *record = NULL;
    MUST(state_deployment_get(state, "web", &record, &why));
    assert_int_equal(record->revision, 3);
    assert_int_equal(record->grants.count, 4);
    assert_int_equal(record->grants.rows[0].actions, GRANT_READ | GRANT_WRITE);
    assert_int_equal(record->grants.rows[0].expires_ms, 0);
    assert_int_equal(record->grants.rows[1].actions, GRANT_LISTEN);
    /* What only the new schema can hold. */
    MUST(grant_add_until(&record->grants, GRANT_NET, GRANT_CONNECT, "*.example.com:443", GRANT_ALLOW,
                         GRANT_BY_ADMIN, 4102444800000u, &why));
    MUST(grant_add_rule(&record->grants, "host:kv:get+put:users/*", GRANT_DENY, GRANT_BY_ADMIN, &why));
    MUST(grant_add_secret(&record->grants, "PW=/run/pw", GRANT_BY_ADMIN, &why));
    grant_remove(&record->grants, 3);
    MUST(policy_set_text(&record->policy, POLICY_GROUP_KEY, "own", ORIGIN_RULE, &why));
    MUST(state_deployment_revise(state, record, &why));
    assert_int_equal(record->revision, 4);
    state = state_free(state);
    record = deployment_record_free(record);
    MUST(state_open(path, &state, &rebuilt, NULL, &why));
    MUST(state_deployment_get(state, "web", &record, &why));
    assert_int_equal(record->revision, 4);
    assert_int_equal(record->grants.count, 6);
    assert_int_equal(record->grants.rows[3].expires_ms, 4102444800000u);
    assert_int_equal(record->grants.rows[3].source, GRANT_BY_ADMIN);
    assert_int_equal(record->grants.rows[4].effect, GRANT_DENY);
    assert_true(text_equal(record->grants.rows[4].functions, TEXT("get+put")));
    assert_string_equal(record->grants.rows[5].pattern, "PW=/run/pw");
    assert_string_equal(policy_text(&record->policy, POLICY_GROUP_KEY), "own");
    text_copy(record->id, sizeof(record->id), "nobody");
    assert_int_equal(state_deployment_revise(state, record, NULL), ARCELLA_E_NOT_FOUND);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(components_are_kept),
        cmocka_unit_test(deployments_are_kept),
        cmocka_unit_test(a_newer_database_is_refused),
        cmocka_unit_test(an_older_database_is_migrated),
        cmocka_unit_test(the_release_before_is_migrated),
        cmocka_unit_test(damage_is_put_aside),
        cmocka_unit_test(damage_while_running_is_an_error),
        cmocka_unit_test(unwritable_is_said),
        cmocka_unit_test(whatever_fails),
        cmocka_unit_test(a_failing_disk_is_no_damage),
    };
    return cmocka_run_group_tests(tests, set_up, folder_leave);
}
