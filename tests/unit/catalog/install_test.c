/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Install and remove: their states, refusals, repair, and all or nothing whatever fails. */
#include "fixture.h"

#include "sqlite_faults.h"

/* What lies in modules/ of a home in the test's folder. */
static int count_modules(const char *home) {
    char path[64];
    snprintf(path, sizeof(path), "%s/modules", home);
    return folder_count(path);
}

static void the_states_are_walked(void **state) {
    (void)state;
    HOME_AUTO *home = NULL;
    CATALOG_AUTO *catalog = open_catalog("walk", &home);
    INSTALL_AUTO *install = NULL;
    FD_AUTO wasm = text_fd("\0asm...");
    FD_AUTO manifest = text_fd("[component]\n");
    MUST(install_new(catalog->store, catalog->state, "/src", &install, &why));
    assert_int_equal(install_state(install), INSTALL_EMPTY);
    assert_null(install_digest(install));
    assert_null(install_id(install));
    assert_int_equal(install_binary_fd(install), -1);
    assert_int_equal(install_commit(install, NULL), ARCELLA_E_STATE);
    assert_int_equal(install_describe(install, describe("a@1.0.0"), NULL, NULL), ARCELLA_E_STATE);
    assert_int_equal(install_add_manifest(install, MANIFEST_COMPONENT, manifest, NULL), ARCELLA_E_STATE);
    assert_int_equal(install_add_binary(install, "component.toml", wasm, NULL), ARCELLA_E_INVALID);
    MUST(install_add_binary(install, "a.wasm", wasm, &why));
    assert_int_equal(install_state(install), INSTALL_STAGED);
    assert_int_equal(install_add_binary(install, "b.wasm", wasm, NULL), ARCELLA_E_STATE);
    assert_int_equal(install_manifest_fd(install, MANIFEST_COMPONENT), -1);
    MUST(install_add_manifest(install, MANIFEST_TEMPLATE, manifest, &why));
    MUST(install_add_manifest(install, MANIFEST_COMPONENT, manifest, &why));
    assert_int_equal(install_add_manifest(install, MANIFEST_COMPONENT, manifest, NULL), ARCELLA_E_STATE);
    assert_true(install_manifest_fd(install, MANIFEST_COMPONENT) >= 0);
    assert_int_equal(install_manifest_fd(install, MANIFEST_LEGACY), -1);
    MUST(install_describe(install, describe(NULL), "a@1.0.0", &why));
    assert_int_equal(install_state(install), INSTALL_DESCRIBED);
    assert_string_equal(install_id(install)->text, "a@1.0.0");
    MUST(install_commit(install, &why));
    assert_int_equal(install_state(install), INSTALL_COMMITTED);
    assert_int_equal(install_commit(install, NULL), ARCELLA_E_STATE);
    install = install_free(install);
    assert_int_equal(count_modules("walk"), 1);
    assert_int_equal(folder_count("walk/modules/a@1.0.0"), 4);
    COMPONENT_AUTO *record = NULL;
    MUST(state_component_get(catalog->state, "a@1.0.0", &record, &why));
    assert_string_equal(record->source, "/src");
    FD_AUTO fd = -1;
    MUST(catalog_open_binary(catalog, record, &fd, &why));
}

static void an_install_given_up_leaves_nothing(void **state) {
    (void)state;
    HOME_AUTO *home = NULL;
    CATALOG_AUTO *catalog = open_catalog("given-up", &home);
    FD_AUTO wasm = text_fd("bytes");
    for (int step = 0; step < 4; step++) {
        INSTALL_AUTO *install = NULL;
        MUST(install_new(catalog->store, catalog->state, "/src", &install, &why));
        if (step > 0)
            MUST(install_add_binary(install, "a.wasm", wasm, &why));
        if (step == 2)
            MUST(install_describe(install, describe("a@1.0.0"), NULL, &why));
        if (step == 3)
            assert_int_equal(install_describe(install, describe(NULL), NULL, NULL), ARCELLA_E_NO_MANIFEST);
        if (step == 3)
            assert_int_equal(install_commit(install, NULL), ARCELLA_E_STATE);
        install = install_free(install);
        assert_int_equal(count_modules("given-up"), 0);
    }
}

static void equal_bytes_are_there_already(void **state) {
    (void)state;
    HOME_AUTO *home = NULL;
    CATALOG_AUTO *catalog = open_catalog("already", &home);
    INSTALL_AUTO *install = NULL;
    FD_AUTO same = text_fd("bytes");
    FD_AUTO manifest = text_fd("[component]\n");
    MUST(install_bytes(catalog, "a@1.0.0", "bytes", &why));
    MUST(install_new(catalog->store, catalog->state, "/src", &install, &why));
    MUST(install_add_binary(install, "other-name.wasm", same, &why));
    MUST(install_describe(install, describe("a@1.0.0"), NULL, &why));
    assert_int_equal(install_state(install), INSTALL_ALREADY);
    MUST(install_commit(install, &why));
    assert_int_equal(install_state(install), INSTALL_ALREADY);
    assert_int_equal(install_description(install)->warnings.count, 0);
    install = install_free(install);
    /* Equal bytes with another manifest: already, and the difference is said. */
    MUST(install_new(catalog->store, catalog->state, "/src", &install, &why));
    MUST(install_add_binary(install, "a.wasm", same, &why));
    MUST(install_add_manifest(install, MANIFEST_COMPONENT, manifest, &why));
    MUST(install_describe(install, describe("a@1.0.0"), NULL, &why));
    assert_int_equal(install_state(install), INSTALL_ALREADY);
    assert_int_equal(install_description(install)->warnings.count, 1);
    install = install_free(install);
    /* Other bytes are refused, both digests named. */
    ERROR_AUTO *error = NULL;
    assert_int_equal(install_bytes(catalog, "a@1.0.0", "others", &error), ARCELLA_E_DIGEST);
    char old[DIGEST_TEXT], new[DIGEST_TEXT];
    struct digest d = digest_of("bytes", 5);
    digest_text(&d, old);
    d = digest_of("others", 6);
    digest_text(&d, new);
    assert_non_null(strstr(arcella_error_message(error), old));
    assert_non_null(strstr(arcella_error_message(error), new));
    /* Two versions live side by side. */
    MUST(install_bytes(catalog, "a@1.0.1", "others", &why));
    assert_int_equal(count_modules("already"), 2);
}

static void removal_is_guarded(void **state) {
    (void)state;
    HOME_AUTO *home = NULL;
    CATALOG_AUTO *catalog = open_catalog("removal", &home);
    ERROR_AUTO *error = NULL;
    MUST(install_bytes(catalog, "a@1.0.0", "bytes", &why));
    MUST(install_bytes(catalog, "b@1.0.0", "bytes", &why));
    const struct digest digest = digest_of("bytes", 5);
    FD_AUTO code = text_fd("code");
    MUST(cache_put(catalog->cache, &digest, "key", code, NULL, &why));
    DEPLOYMENT_AUTO *deployment = deployment_record_new();
    snprintf(deployment->id, sizeof(deployment->id), "web");
    MUST(name_id_parse("a@1.0.0", &deployment->component, &why));
    policy_defaults(&deployment->policy);
    MUST(state_deployment_add(catalog->state, deployment, &why));
    int r = install_remove(catalog->store, catalog->state, catalog->cache, "a@1.0.0", &error);
    assert_int_equal(r, ARCELLA_E_DEPLOYED);
    assert_non_null(strstr(arcella_error_message(error), "'web'"));
    MUST(store_verify(catalog->store, "a@1.0.0", &why));
    MUST(state_deployment_remove(catalog->state, "web", &why));
    MUST(install_remove(catalog->store, catalog->state, catalog->cache, "a@1.0.0", &why));
    assert_int_equal(count_modules("removal"), 1);
    struct cache_figures figures;
    cache_figures(catalog->cache, &figures);
    assert_int_equal(figures.entries, 1); /* b has the same bytes */
    MUST(install_remove(catalog->store, catalog->state, catalog->cache, "b@1.0.0", &why));
    cache_figures(catalog->cache, &figures);
    assert_int_equal(figures.entries, 0);
    assert_int_equal(count_modules("removal"), 0);
    arcella_error_free(TAKE(error));
    r = install_remove(catalog->store, catalog->state, catalog->cache, "b@1.0.0", &error);
    assert_int_equal(r, ARCELLA_E_NOT_FOUND);
    /* Files that are gone do not hold a record. */
    MUST(install_bytes(catalog, "c@1.0.0", "bytes", &why));
    MUST(dir_remove_tree(AT_FDCWD, "removal/modules/c@1.0.0", &why));
    MUST(install_remove(catalog->store, catalog->state, catalog->cache, "c@1.0.0", &why));
}

static void damaged_files_are_quarantined_and_mended(void **state) {
    (void)state;
    HOME_AUTO *home = NULL;
    CATALOG_AUTO *catalog = open_catalog("mended", &home);
    COMPONENT_AUTO *record = NULL;
    ERROR_AUTO *error = NULL;
    FD_AUTO fd = -1;
    MUST(install_bytes(catalog, "a@1.0.0", "bytes", &why));
    MUST(state_component_get(catalog->state, "a@1.0.0", &record, &why));
    damage_file("mended/modules/a@1.0.0/x.wasm", 2);
    assert_int_equal(chmod("mended/modules/a@1.0.0/x.wasm", 0444), 0);
    assert_int_equal(catalog_open_binary(catalog, record, &fd, &error), ARCELLA_E_CORRUPT);
    assert_non_null(find_problem(&catalog->problems, "modules/a@1.0.0"));
    record = component_record_free(record);
    MUST(state_component_get(catalog->state, "a@1.0.0", &record, &why));
    assert_non_null(record->quarantine);
    assert_int_equal(catalog_open_binary(catalog, record, &fd, NULL), ARCELLA_E_CORRUPT);
    /* Other bytes do not mend it, the same do. */
    assert_int_equal(install_bytes(catalog, "a@1.0.0", "bytez", NULL), ARCELLA_E_DIGEST);
    MUST(install_bytes(catalog, "a@1.0.0", "bytes", &why));
    record = component_record_free(record);
    MUST(state_component_get(catalog->state, "a@1.0.0", &record, &why));
    assert_null(record->quarantine);
    MUST(catalog_open_binary(catalog, record, &fd, &why));
    assert_int_equal(count_modules("mended"), 1);
    /* A record file that is damaged is found by the install itself. */
    damage_file("mended/modules/a@1.0.0/.record", 100);
    MUST(install_bytes(catalog, "a@1.0.0", "bytes", &why));
    MUST(store_verify(catalog->store, "a@1.0.0", &why));
    /* Something else under the name makes way. */
    assert_int_equal(mkdir("mended/modules/z@1.0.0", 0700), 0);
    write_file("mended/modules/z@1.0.0/junk", "x");
    MUST(install_bytes(catalog, "z@1.0.0", "zzz", &why));
    MUST(store_verify(catalog->store, "z@1.0.0", &why));
    assert_int_equal(count_modules("mended"), 2);
}

#ifdef ARCELLA_FAULTS
/* Is the component wholly there (1), wholly not (0)? Anything between fails the test. */
static int look(struct catalog *catalog, const char *home, const char *id) {
    COMPONENT_AUTO *record = NULL;
    char path[128];
    int r = state_component_get(catalog->state, id, &record, NULL);
    snprintf(path, sizeof(path), "%s/modules/%s", home, id);
    if (r == ARCELLA_E_NOT_FOUND) {
        if (exists(path))
            fail_msg("'%s' is there without a record", path);
        return 0;
    }
    assert_int_equal(r, 0);
    assert_null(record->quarantine);
    MUST(store_verify(catalog->store, id, &why));
    return 1;
}

enum operation { INSTALL, REINSTALL, REMOVE };

/*
 * Each system call, or each allocation, of an operation fails in turn; SQLite's too.  Right after, and again
 * after a restart, the component is there or not, as the answer said.
 */
static void torture_operation(enum operation operation, enum fault_kind kind, int errnum, int code) {
    uint64_t last = 0;
    for (uint64_t nth = 1; last == 0; nth++) {
        HOME_AUTO *home = NULL;
        CATALOG_AUTO *catalog = open_catalog("tortured", &home);
        ERROR_AUTO *error = NULL;
        if (operation != INSTALL)
            MUST(install_bytes(catalog, "a@1.0.0", "bytes", &why));
        if (operation == REINSTALL)
            MUST(state_component_quarantine(catalog->state, "a@1.0.0", "a test", &why));
        fault_set(kind, nth, errnum);
        int r = operation == REMOVE
                    ? install_remove(catalog->store, catalog->state, catalog->cache, "a@1.0.0", &error)
                    : install_bytes(catalog, "a@1.0.0", "bytes", &error);
        bool met = fault_count(kind) >= nth;
        fault_set(kind, 0, 0);
        if (!met)
            last = nth;
        assert_int_equal(arcella_error_code(error), r);
        if (r < 0 && code && r != code)
            fail_msg("fault %ju: %s: %s", (uintmax_t)nth, arcella_error_name(r),
                     arcella_error_message(error));
        if (!met)
            assert_int_equal(r, 0);
        if (operation == REINSTALL && r < 0) {
            /* As before: in quarantine, its files as they were. */
            COMPONENT_AUTO *record = NULL;
            MUST(state_component_get(catalog->state, "a@1.0.0", &record, &why));
            assert_non_null(record->quarantine);
        } else {
            int there = look(catalog, "tortured", "a@1.0.0");
            if (there != ((r == 0) == (operation != REMOVE)))
                fail_msg("fault %ju: answered %s, and it is %s", (uintmax_t)nth, arcella_error_name(r),
                         there ? "there" : "not there");
        }
        catalog = catalog_free(catalog);
        home = home_free(home);
        catalog = open_catalog("tortured", &home);
        assert_false(catalog->rebuilt);
        assert_int_equal(catalog->problems.count, 0);
        int there = look(catalog, "tortured", "a@1.0.0");
        if (operation != REINSTALL && there != ((r == 0) == (operation != REMOVE)))
            fail_msg("fault %ju: another answer after a restart", (uintmax_t)nth);
        if (operation == REINSTALL)
            assert_int_equal(there, 1); /* its files are good, so it is out of quarantine by now */
        assert_int_equal(count_modules("tortured"), there);
        catalog = catalog_free(catalog);
        home = home_free(home);
        MUST(dir_remove_tree(AT_FDCWD, "tortured", &why));
    }
    print_message("operation %d, kind %d: %ju faults\n", (int)operation, (int)kind, (uintmax_t)last - 1);
    assert_true(last > 10);
}
#endif

static void all_or_nothing_whatever_fails(void **state) {
    (void)state;
#ifdef ARCELLA_FAULTS
    for (int operation = INSTALL; operation <= REMOVE; operation++) {
        torture_operation((enum operation)operation, FAULT_ALLOC, ENOMEM, ARCELLA_E_NOMEM);
        torture_operation((enum operation)operation, FAULT_SYS, EIO, 0);
        torture_operation((enum operation)operation, FAULT_SYS, ENOSPC, ARCELLA_E_SPACE);
    }
#else
    print_message("needs ARCELLA_FAULTS\n");
    skip();
#endif
}

static int set_up(void **state) {
#ifdef ARCELLA_FAULTS
    sqlite_faults();
#endif
    return enter(state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_states_are_walked),
        cmocka_unit_test(an_install_given_up_leaves_nothing),
        cmocka_unit_test(equal_bytes_are_there_already),
        cmocka_unit_test(removal_is_guarded),
        cmocka_unit_test(damaged_files_are_quarantined_and_mended),
        cmocka_unit_test(all_or_nothing_whatever_fails),
    };
    return cmocka_run_group_tests(tests, set_up, folder_leave);
}
