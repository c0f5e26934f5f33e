/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The module store: staged or not there, verified when opened, mended after a crash. */
#include "fixture.h"

#define STAGE_AUTO CLEANUP(store_stage_free_ptr) struct store_stage

/* A store in a folder of the test's own. */
struct world {
    int fd;
    struct store *store;
    struct problems problems;
    const char *known; /* the one id the "database" knows */
    char found[1000];
};

static void close_world(struct world *w) {
    fd_close(w->fd);
    store_free(w->store);
    problems_done(&w->problems);
}
#define WORLD_AUTO CLEANUP(close_world) struct world

static void open_world(struct world *w, const char *name) {
    assert_int_equal(mkdir(name, 0700), 0);
    assert_int_equal(chdir(name), 0);
    w->fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    MUST(store_open(w->fd, &w->store, &why));
}

static void leave_world(void) {
    assert_int_equal(chdir(folder_path), 0);
}

static int put(struct world *w, const char *id, const char *bytes, arcella_error **reterr) {
    FD_AUTO wasm = text_fd(bytes);
    FD_AUTO manifest = text_fd("[component]\n");
    DESCRIPTION_AUTO *d = describe(id);
    STAGE_AUTO *stage = NULL;
    if (!d)
        return error_nomem(reterr);
    int r = store_stage_new(w->store, &stage, reterr);
    if (r == 0)
        r = store_stage_add(stage, "my app.wasm", wasm, LIMIT_WASM_BYTES, reterr);
    if (r == 0)
        r = store_stage_add(stage, MANIFEST_COMPONENT_FILE, manifest, LIMIT_MANIFEST_BYTES, reterr);
    return r < 0 ? r : store_stage_publish(stage, d, "/src/app", 123456, reterr);
}

static bool known(const char *id, void *user) {
    const struct world *w = user;
    return w->known && strcmp(w->known, id) == 0;
}

static int found(const struct store_record *record, void *user, arcella_error **reterr) {
    struct world *w = user;
    (void)reterr;
    size_t at = strlen(w->found);
    snprintf(w->found + at, sizeof(w->found) - at, "%s ", record->id.text);
    return 0;
}

static void sweep(struct world *w) {
    w->found[0] = '\0';
    MUST(store_sweep(w->store, known, found, w, &w->problems, &why));
}

static void packages_are_stored_as_they_came(void **state) {
    (void)state;
    WORLD_AUTO w = {0};
    open_world(&w, "stored");
    MUST(put(&w, "app@1.0.0+b", "the bytes", &why));
    assert_int_equal(folder_count("."), 1);
    assert_int_equal(folder_count("app@1.0.0+b"), 3);
    BUFFER_AUTO bytes = BUFFER_INIT(100);
    MUST(file_read(AT_FDCWD, "app@1.0.0+b/my app.wasm", 100, &bytes, &why));
    assert_string_equal(bytes.data, "the bytes");
    struct stat st;
    assert_int_equal(stat("app@1.0.0+b/my app.wasm", &st), 0);
    assert_int_equal(st.st_mode & 07777, 0444);
    CLEANUP(store_record_free_ptr) struct store_record *record = NULL;
    MUST(store_read(w.store, "app@1.0.0+b", &record, &why));
    assert_string_equal(record->id.text, "app@1.0.0+b");
    assert_string_equal(record->source, "/src/app");
    assert_int_equal(record->installed_ms, 123456);
    assert_int_equal(record->file_count, 2);
    assert_string_equal(record->files[1].name, "component.toml");
    struct digest digest = digest_of("the bytes", 9);
    assert_true(digest_equal(&record->files[0].digest, &digest));
    FD_AUTO fd = -1;
    MUST(store_open_binary(w.store, "app@1.0.0+b", &digest, &fd, &why));
    MUST(store_verify(w.store, "app@1.0.0+b", &why));
    assert_true(store_has(w.store, "app@1.0.0+b"));
    ERROR_AUTO *error = NULL;
    assert_int_equal(put(&w, "app@1.0.0+b", "others", &error), ARCELLA_E_EXISTS);
    assert_int_equal(folder_count("."), 1);
    leave_world();
}

static void odd_files_are_refused(void **state) {
    (void)state;
    static const char *const names[] = {"", ".", "..", ".record", "a/b", "a\nb", "\xff", "../x"};
    WORLD_AUTO w = {0};
    open_world(&w, "odd");
    STAGE_AUTO *stage = NULL;
    MUST(store_stage_new(w.store, &stage, &why));
    FD_AUTO fd = text_fd("12345");
    FD_AUTO dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
        assert_int_equal(store_stage_add(stage, names[i], fd, 100, NULL), ARCELLA_E_INVALID);
    assert_int_equal(store_stage_add(stage, "a.wasm", dir, 100, NULL), ARCELLA_E_INVALID);
    assert_int_equal(store_stage_add(stage, "a.wasm", fd, 4, NULL), ARCELLA_E_TOO_LARGE);
    assert_int_equal(store_stage_fd(stage, 0), -1);
    assert_null(store_stage_file(stage, 0));
    stage = store_stage_free(stage);
    assert_int_equal(folder_count("."), 0);
    /* The sender's offset is neither used nor moved. */
    MUST(store_stage_new(w.store, &stage, &why));
    assert_int_equal(lseek(fd, 3, SEEK_SET), 3);
    MUST(store_stage_add(stage, "a.wasm", fd, 5, &why));
    assert_int_equal(lseek(fd, 0, SEEK_CUR), 3);
    assert_int_equal(store_stage_file(stage, 0)->size, 5);
    assert_int_equal(store_stage_add(stage, "a.wasm", fd, 5, NULL), ARCELLA_E_INVALID);
    assert_int_equal(fcntl(store_stage_fd(stage, 0), F_GETFL) & O_ACCMODE, O_RDONLY);
    leave_world();
}

static void damage_is_found(void **state) {
    (void)state;
    static const char id[] = "a@1.0.0";
    const struct digest digest = digest_of("the bytes", 9);
    enum {
        FLIP,
        CUT,
        GONE,
        LINK,
        WRITABLE,
        OWNER,
        RECORD_FLIP,
        RECORD_CUT,
        RECORD_GONE,
        OTHER_DIGEST,
        KINDS
    };
    for (int kind = 0; kind < KINDS; kind++) {
        WORLD_AUTO w = {0};
        char name[32];
        snprintf(name, sizeof(name), "damage-%d", kind);
        open_world(&w, name);
        MUST(put(&w, id, "the bytes", &why));
        static const char binary[] = "a@1.0.0/my app.wasm", record[] = "a@1.0.0/.record";
        struct digest wanted = digest;
        FD_AUTO fd = -1;
        ERROR_AUTO *error = NULL;
        switch (kind) {
        case FLIP: damage_file(binary, 4); break;
        case CUT:
            assert_int_equal(chmod(binary, 0600), 0);
            assert_int_equal(truncate(binary, 8), 0);
            break;
        case GONE: assert_int_equal(unlink(binary), 0); break;
        case LINK:
            assert_int_equal(rename(binary, "elsewhere"), 0);
            assert_int_equal(symlink("../elsewhere", binary), 0);
            break;
        case WRITABLE: assert_int_equal(chmod(binary, 0666), 0); break;
        case OWNER:
            if (geteuid() != 0) {
                print_message("a file of another user: needs root\n");
                leave_world();
                continue;
            }
            assert_int_equal(chown(binary, 65534, 65534), 0);
            break;
        case RECORD_FLIP: damage_file(record, 120); break;
        case RECORD_CUT:
            assert_int_equal(chmod(record, 0600), 0);
            assert_int_equal(truncate(record, 60), 0);
            break;
        case RECORD_GONE: assert_int_equal(unlink(record), 0); break;
        case OTHER_DIGEST: wanted = digest_of("else", 4); break;
        default: break;
        }
        int r = store_open_binary(w.store, id, &wanted, &fd, &error);
        if (r != ARCELLA_E_CORRUPT)
            fail_msg("damage %d: %s %s", kind, arcella_error_name(r), arcella_error_message(error));
        assert_int_equal(fd, -1);
        if (kind != OTHER_DIGEST)
            assert_int_equal(store_verify(w.store, id, NULL), ARCELLA_E_CORRUPT);
        sweep(&w);
        if (kind >= RECORD_FLIP && kind <= RECORD_GONE) {
            assert_non_null(find_problem(&w.problems, "modules/a@1.0.0"));
            assert_string_equal(w.found, "");
        }
        leave_world();
    }
    WORLD_AUTO w = {0};
    open_world(&w, "damage-none");
    FD_AUTO fd = -1;
    assert_int_equal(store_open_binary(w.store, id, &digest, &fd, NULL), ARCELLA_E_NOT_FOUND);
    leave_world();
}

/* A manifest that was touched is damage as well. */
static void manifests_are_verified(void **state) {
    (void)state;
    WORLD_AUTO w = {0};
    open_world(&w, "manifests");
    MUST(put(&w, "a@1.0.0", "x", &why));
    damage_file("a@1.0.0/component.toml", 3);
    assert_int_equal(store_verify(w.store, "a@1.0.0", NULL), ARCELLA_E_CORRUPT);
    leave_world();
}

static void a_record_of_another_is_refused(void **state) {
    (void)state;
    WORLD_AUTO w = {0};
    open_world(&w, "moved");
    MUST(put(&w, "a@1.0.0", "x", &why));
    assert_int_equal(rename("a@1.0.0", "b@1.0.0"), 0);
    CLEANUP(store_record_free_ptr) struct store_record *record = NULL;
    assert_int_equal(store_read(w.store, "b@1.0.0", &record, NULL), ARCELLA_E_CORRUPT);
    leave_world();
}

static void hidden_comes_back_or_goes(void **state) {
    (void)state;
    WORLD_AUTO w = {0};
    open_world(&w, "hidden");
    MUST(put(&w, "a@1.0.0", "x", &why));
    MUST(store_hide(w.store, "a@1.0.0", &why));
    assert_false(store_has(w.store, "a@1.0.0"));
    MUST(store_unhide(w.store, "a@1.0.0", &why));
    MUST(store_verify(w.store, "a@1.0.0", &why));
    MUST(store_hide(w.store, "a@1.0.0", &why));
    MUST(store_delete_hidden(w.store, "a@1.0.0", &why));
    assert_int_equal(folder_count("."), 0);
    assert_int_equal(store_hide(w.store, "a@1.0.0", NULL), ARCELLA_E_NOT_FOUND);
    MUST(store_delete_hidden(w.store, "a@1.0.0", &why));
    leave_world();
}

static void a_sweep_mends_what_a_crash_left(void **state) {
    (void)state;
    WORLD_AUTO w = {0};
    open_world(&w, "sweep");
    MUST(put(&w, "back@1.0.0", "x", &why));
    MUST(put(&w, "gone@1.0.0", "x", &why));
    MUST(put(&w, "whole@1.0.0", "x", &why));
    MUST(store_hide(w.store, "back@1.0.0", &why));
    MUST(store_hide(w.store, "gone@1.0.0", &why));
    /* One that was replaced: in place, and the bad one still about. */
    assert_int_equal(mkdir(".gone-whole@1.0.0", 0700), 0);
    write_file(".gone-whole@1.0.0/junk", "x");
    assert_int_equal(mkdir(".stage-0123456789abcdef", 0700), 0);
    write_file(".stage-0123456789abcdef/half.wasm", "ha");
    assert_int_equal(mkdir("not ours", 0700), 0);
    write_file("a-file", "x");
    assert_int_equal(mkdir("empty@1.0.0", 0700), 0);
    w.known = "back@1.0.0";
    sweep(&w);
    assert_non_null(strstr(w.found, "back@1.0.0 "));
    assert_non_null(strstr(w.found, "whole@1.0.0 "));
    assert_null(strstr(w.found, "gone@1.0.0"));
    assert_false(exists(".gone-gone@1.0.0"));
    assert_false(exists(".gone-whole@1.0.0"));
    assert_false(exists(".stage-0123456789abcdef"));
    /* What is not ours is told and left. */
    assert_true(exists("not ours") && exists("a-file") && exists("empty@1.0.0"));
    assert_non_null(find_problem(&w.problems, "modules/not ours"));
    assert_non_null(find_problem(&w.problems, "modules/a-file"));
    assert_non_null(find_problem(&w.problems, "modules/empty@1.0.0"));
    assert_int_equal(w.problems.count, 3);
    leave_world();
}

#ifdef ARCELLA_FAULTS
static int round_of_work(struct world *w, arcella_error **reterr) {
    int r = put(w, "t@1.0.0", "bytes", reterr);
    if (r == 0)
        r = store_verify(w->store, "t@1.0.0", reterr);
    fault_set(FAULT_SYS, 0, 0);
    fault_set(FAULT_ALLOC, 0, 0);
    if (store_has(w->store, "t@1.0.0")) {
        /* Visible means whole. */
        assert_int_equal(store_verify(w->store, "t@1.0.0", NULL), 0);
        assert_int_equal(store_hide(w->store, "t@1.0.0", NULL), 0);
        assert_int_equal(store_delete_hidden(w->store, "t@1.0.0", NULL), 0);
    }
    /* One fault leaves no rubbish. */
    assert_int_equal(folder_count("."), 0);
    return r;
}
#endif

static void whatever_fails(void **state) {
    (void)state;
#ifdef ARCELLA_FAULTS
    WORLD_AUTO w = {0};
    open_world(&w, "tortured");
    for (int kind = 0; kind < 3; kind++) {
        /* As torture_kind(), which cannot be used since the work ends its own fault to look around. */
        enum fault_kind fault = kind == 0 ? FAULT_ALLOC : FAULT_SYS;
        int errnum = kind == 0 ? ENOMEM : kind == 1 ? EIO : ENOSPC;
        for (uint64_t i = 1;; i++) {
            ERROR_AUTO *error = NULL;
            fault_set(fault, i, errnum);
            int r = round_of_work(&w, &error);
            assert_int_equal(arcella_error_code(error), r);
            if (kind == 0 && r != 0 && r != ARCELLA_E_NOMEM)
                fail_msg("allocation %ju: %s", (uintmax_t)i, arcella_error_message(error));
            if (kind == 0)
                assert_true(r == 0 || r == ARCELLA_E_NOMEM);
            if (kind == 2)
                assert_true(r == 0 || r == ARCELLA_E_SPACE);
            if (r == 0 && i > 60)
                break;
        }
    }
    leave_world();
#else
    skip();
#endif
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packages_are_stored_as_they_came),
        cmocka_unit_test(odd_files_are_refused),
        cmocka_unit_test(damage_is_found),
        cmocka_unit_test(manifests_are_verified),
        cmocka_unit_test(a_record_of_another_is_refused),
        cmocka_unit_test(hidden_comes_back_or_goes),
        cmocka_unit_test(a_sweep_mends_what_a_crash_left),
        cmocka_unit_test(whatever_fails),
    };
    return cmocka_run_group_tests(tests, enter, folder_leave);
}
