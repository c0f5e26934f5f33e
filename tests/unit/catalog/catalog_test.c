/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The catalogue after whatever happened: crashes between two steps, lost databases, touched files. */
#include "fixture.h"

/* Install two components and deploy one. */
static void fill(struct catalog *catalog) {
    MUST(install_bytes(catalog, "a@1.0.0", "aaa", &why));
    MUST(install_bytes(catalog, "b@1.0.0", "bbb", &why));
    DEPLOYMENT_AUTO *deployment = deployment_record_new();
    snprintf(deployment->id, sizeof(deployment->id), "web");
    MUST(name_id_parse("a@1.0.0", &deployment->component, &why));
    policy_defaults(&deployment->policy);
    MUST(state_deployment_add(catalog->state, deployment, &why));
}

static bool has_component(struct catalog *catalog, const char *id) {
    COMPONENT_AUTO *record = NULL;
    int r = state_component_get(catalog->state, id, &record, NULL);
    return r == 0 && !record->quarantine;
}

static bool has_deployment(struct catalog *catalog, const char *id) {
    DEPLOYMENT_AUTO *record = NULL;
    return state_deployment_get(catalog->state, id, &record, NULL) == 0;
}

static void a_quiet_restart_changes_nothing(void **state) {
    (void)state;
    HOME_AUTO *home = NULL;
    CATALOG_AUTO *catalog = open_catalog("quiet", &home);
    fill(catalog);
    catalog = catalog_free(catalog);
    home = home_free(home);
    catalog = open_catalog("quiet", &home);
    assert_false(catalog->rebuilt);
    assert_int_equal(catalog->problems.count, 0);
    assert_true(has_component(catalog, "a@1.0.0") && has_component(catalog, "b@1.0.0"));
    assert_true(has_deployment(catalog, "web"));
}

static void a_damaged_database_is_made_from_the_modules(void **state) {
    (void)state;
    HOME_AUTO *home = NULL;
    CATALOG_AUTO *catalog = open_catalog("rebuilt", &home);
    fill(catalog);
    catalog = catalog_free(catalog);
    home = home_free(home);
    write_file("rebuilt/state/arcella.db", "this is no database, whatever its name says");
    catalog = open_catalog("rebuilt", &home);
    assert_true(catalog->rebuilt);
    assert_non_null(find_problem(&catalog->problems, "state/arcella.db"));
    assert_true(has_component(catalog, "a@1.0.0") && has_component(catalog, "b@1.0.0"));
    assert_false(has_deployment(catalog, "web"));
    COMPONENT_AUTO *record = NULL;
    MUST(state_component_get(catalog->state, "a@1.0.0", &record, &why));
    assert_string_equal(record->source, "/from/here");
    assert_true(record->installed_ms > 1600000000000ull);
    FD_AUTO fd = -1;
    MUST(catalog_open_binary(catalog, record, &fd, &why));
    /* JSON for `status`. */
    JSON_AUTO *json = problems_json(&catalog->problems);
    assert_int_equal(json_array_size(json), 1);
    assert_string_equal(json_string_value(json_object_get(json_array_get(json, 0), "code")), "damaged");
}

static void damage_while_running_is_mended(void **state) {
    (void)state;
    HOME_AUTO *home = NULL;
    CATALOG_AUTO *catalog = open_catalog("running", &home);
    fill(catalog);
    /* A false alarm first. */
    MUST(catalog_recover(catalog, &why));
    assert_false(catalog->rebuilt);
    assert_true(has_deployment(catalog, "web"));
    /* Then the file is overwritten under our hands. */
    FD_AUTO fd = open("running/state/arcella.db", O_RDWR | O_CLOEXEC);
    FD_AUTO wal = open("running/state/arcella.db-wal", O_RDWR | O_CLOEXEC);
    char junk[4096];
    memset(junk, 0x5a, sizeof(junk));
    for (off_t at = 0; at < 65536; at += 4096)
        assert_int_equal(pwrite(fd, junk, sizeof(junk), at), sizeof(junk));
    assert_int_equal(ftruncate(wal, 0), 0);
    MUST(catalog_recover(catalog, &why));
    assert_true(catalog->rebuilt);
    assert_true(has_component(catalog, "a@1.0.0") && has_component(catalog, "b@1.0.0"));
    assert_false(has_deployment(catalog, "web"));
}

/* Between the rename and the database: the package is whole, so it is recorded. */
static void a_cut_off_install_is_completed(void **state) {
    (void)state;
    HOME_AUTO *home = NULL;
    CATALOG_AUTO *catalog = open_catalog("cut-off", &home);
    CLEANUP(store_stage_free_ptr) struct store_stage *stage = NULL;
    DESCRIPTION_AUTO *d = describe("late@1.0.0");
    FD_AUTO wasm = text_fd("late");
    MUST(store_stage_new(catalog->store, &stage, &why));
    MUST(store_stage_add(stage, "late.wasm", wasm, 100, &why));
    MUST(store_stage_publish(stage, d, "/src", 5, &why));
    catalog = catalog_free(catalog);
    home = home_free(home);
    catalog = open_catalog("cut-off", &home);
    assert_true(has_component(catalog, "late@1.0.0"));
    assert_int_equal(catalog->problems.count, 0);
}

/* Between hiding and the database: nothing was answered, so it is as it was. */
static void a_cut_off_removal_is_undone(void **state) {
    (void)state;
    HOME_AUTO *home = NULL;
    CATALOG_AUTO *catalog = open_catalog("undone", &home);
    fill(catalog);
    MUST(store_hide(catalog->store, "a@1.0.0", &why));
    /* And one that got past the database. */
    MUST(store_hide(catalog->store, "b@1.0.0", &why));
    MUST(state_component_remove(catalog->state, "b@1.0.0", &why));
    catalog = catalog_free(catalog);
    home = home_free(home);
    catalog = open_catalog("undone", &home);
    assert_true(has_component(catalog, "a@1.0.0"));
    assert_true(has_deployment(catalog, "web"));
    assert_false(has_component(catalog, "b@1.0.0"));
    assert_int_equal(folder_count("undone/modules"), 1);
    assert_int_equal(catalog->problems.count, 0);
}

static void missing_files_are_told_until_they_are_back(void **state) {
    (void)state;
    HOME_AUTO *home = NULL;
    CATALOG_AUTO *catalog = open_catalog("missing", &home);
    fill(catalog);
    catalog = catalog_free(catalog);
    home = home_free(home);
    assert_int_equal(rename("missing/modules/a@1.0.0", "kept"), 0);
    damage_file("missing/modules/b@1.0.0/.record", 90);
    assert_int_equal(mkdir("missing/modules/strange thing", 0700), 0);
    catalog = open_catalog("missing", &home);
    assert_false(has_component(catalog, "a@1.0.0") || has_component(catalog, "b@1.0.0"));
    assert_true(has_deployment(catalog, "web")); /* wanted state is not lost with the files */
    assert_non_null(find_problem(&catalog->problems, "modules/a@1.0.0"));
    assert_non_null(find_problem(&catalog->problems, "modules/b@1.0.0"));
    assert_non_null(find_problem(&catalog->problems, "modules/strange thing"));
    catalog = catalog_free(catalog);
    home = home_free(home);
    assert_int_equal(rename("kept", "missing/modules/a@1.0.0"), 0);
    catalog = open_catalog("missing", &home);
    assert_true(has_component(catalog, "a@1.0.0"));
    assert_null(find_problem(&catalog->problems, "modules/a@1.0.0"));
    assert_false(has_component(catalog, "b@1.0.0"));
    MUST(install_bytes(catalog, "b@1.0.0", "bbb", &why));
    assert_true(has_component(catalog, "b@1.0.0"));
}

static void swapped_files_are_not_believed(void **state) {
    (void)state;
    HOME_AUTO *home = NULL;
    CATALOG_AUTO *catalog = open_catalog("swapped", &home);
    fill(catalog);
    catalog = catalog_free(catalog);
    home = home_free(home);
    /* A whole package of the same id and other bytes, from another home. */
    CATALOG_AUTO *other = open_catalog("swapped-source", &home);
    MUST(install_bytes(other, "a@1.0.0", "evil", &why));
    other = catalog_free(other);
    home = home_free(home);
    MUST(dir_remove_tree(AT_FDCWD, "swapped/modules/a@1.0.0", &why));
    assert_int_equal(rename("swapped-source/modules/a@1.0.0", "swapped/modules/a@1.0.0"), 0);
    catalog = open_catalog("swapped", &home);
    assert_false(has_component(catalog, "a@1.0.0"));
    assert_non_null(find_problem(&catalog->problems, "modules/a@1.0.0"));
    /* A damaged one that nobody knows is not taken in. */
    catalog = catalog_free(catalog);
    home = home_free(home);
    assert_int_equal(rename("swapped/modules/b@1.0.0", "kept-b"), 0);
    catalog = open_catalog("swapped", &home);
    MUST(state_component_remove(catalog->state, "b@1.0.0", &why));
    catalog = catalog_free(catalog);
    home = home_free(home);
    assert_int_equal(rename("kept-b", "swapped/modules/b@1.0.0"), 0);
    damage_file("swapped/modules/b@1.0.0/x.wasm", 0);
    assert_int_equal(chmod("swapped/modules/b@1.0.0/x.wasm", 0444), 0);
    catalog = open_catalog("swapped", &home);
    assert_false(has_component(catalog, "b@1.0.0"));
    assert_non_null(find_problem(&catalog->problems, "modules/b@1.0.0"));
}

static void a_bad_cache_is_done_without(void **state) {
    (void)state;
    HOME_AUTO *home = NULL;
    struct catalog *catalog = NULL;
    MUST(home_open("bad-cache", &home, &why));
    assert_int_equal(rmdir("bad-cache/cache"), 0);
    write_file("bad-cache/cache", "a file");
    MUST(catalog_open(home, 0, 0, &catalog, &why));
    assert_null(catalog->cache);
    assert_non_null(find_problem(&catalog->problems, "cache"));
    MUST(install_bytes(catalog, "a@1.0.0", "aaa", &why));
    MUST(install_remove(catalog->store, catalog->state, catalog->cache, "a@1.0.0", &why));
    catalog_free(catalog);
}

static void problems_are_bounded(void **state) {
    (void)state;
    CLEANUP(problems_done) struct problems p = {0};
    for (int i = 0; i < PROBLEMS_MAX + 10; i++) {
        char subject[32];
        snprintf(subject, sizeof(subject), "s%d", i);
        problem_add(&p, ARCELLA_E_CORRUPT, subject, "text %d", i);
    }
    assert_int_equal(p.count, PROBLEMS_MAX);
    assert_int_equal(p.dropped, 10);
    problem_add(&p, ARCELLA_E_SPACE, "s5", "again");
    assert_int_equal(p.count, PROBLEMS_MAX);
    assert_string_equal(find_problem(&p, "s5")->text, "again");
    problem_clear(&p, "s5");
    problem_clear(&p, "nothing");
    assert_int_equal(p.count, PROBLEMS_MAX - 1);
    assert_null(find_problem(&p, "s5"));
    assert_non_null(find_problem(&p, "s6"));
    problem_add(NULL, ARCELLA_E_SPACE, "x", "y");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_quiet_restart_changes_nothing),
        cmocka_unit_test(a_damaged_database_is_made_from_the_modules),
        cmocka_unit_test(damage_while_running_is_mended),
        cmocka_unit_test(a_cut_off_install_is_completed),
        cmocka_unit_test(a_cut_off_removal_is_undone),
        cmocka_unit_test(missing_files_are_told_until_they_are_back),
        cmocka_unit_test(swapped_files_are_not_believed),
        cmocka_unit_test(a_bad_cache_is_done_without),
        cmocka_unit_test(problems_are_bounded),
    };
    return cmocka_run_group_tests(tests, enter, folder_leave);
}
