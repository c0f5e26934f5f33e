/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Which user and which program worker processes are. */
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/mem.h"
#include "workers/workers.h"

static void expect_config_error(const char *user, const char *piece) {
    struct worker_ids ids = {.uid = 77};
    arcella_error *error = NULL;
    assert_int_equal(worker_ids_find(user, false, &ids, &error), ARCELLA_E_CONFIG);
    assert_non_null(strstr(arcella_error_message(error), "workers.user"));
    if (!strstr(arcella_error_message(error), piece))
        fail_msg("%s", arcella_error_message(error));
    arcella_error_free(error);
    assert_int_equal(ids.uid, 77);
}

static void test_root(void **state) {
    (void)state;
    if (geteuid() != 0) {
        print_message("weaker: the choice of user is tried as root only\n");
        return;
    }
    struct worker_ids ids;
    assert_int_equal(worker_ids_find("", false, &ids, NULL), 0);
    const char *name = getpwnam("arcella") ? "arcella" : "nobody";
    assert_true(ids.change && ids.uid != 0 && ids.gid != 0);
    assert_int_equal(ids.uid, getpwnam(name)->pw_uid);
    assert_string_equal(ids.name, name);
    assert_int_equal(worker_ids_find("nobody", false, &ids, NULL), 0);
    assert_string_equal(ids.name, "nobody");
    expect_config_error("nobody-of-this-name", "there is no user 'nobody-of-this-name'");
    expect_config_error("root", "never run as root");
    /* `arcella run` keeps the user and gives up the rest. */
    assert_int_equal(worker_ids_find("whoever", true, &ids, NULL), 0);
    assert_true(!ids.change && ids.drop_capabilities && ids.uid == 0);
}

static void test_ordinary(void **state) {
    (void)state;
    pid_t pid = 0;
    /* As root, become somebody in a child; a failing assertion there is its exit code. */
    if (geteuid() == 0 && (pid = fork()) != 0) {
        int status = 0;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
        return;
    }
    if (geteuid() == 0 && setuid(65534) < 0)
        _exit(1);
    struct worker_ids ids;
    bool good = worker_ids_find(NULL, false, &ids, NULL) == 0 && !ids.change && !ids.drop_capabilities &&
                ids.uid == geteuid();
    arcella_error *error = NULL;
    good = good && worker_ids_find("root", false, &ids, &error) == ARCELLA_E_CONFIG &&
           strstr(arcella_error_message(error), "only root can run workers as 'root'") != NULL;
    arcella_error_free(error);
    const struct passwd *self = getpwuid(geteuid());
    if (self)
        good = good && worker_ids_find(self->pw_name, false, &ids, NULL) == 0 && !ids.change;
    good = good && worker_ids_find(NULL, true, &ids, NULL) == 0 && !ids.change && !ids.drop_capabilities;
    if (pid == 0 && getppid() != 1 && geteuid() == 65534)
        _exit(good ? 0 : 1);
    assert_true(good);
}

static void test_program(void **state) {
    (void)state;
    char *path = NULL;
    unsetenv("ARCELLA_LIBEXEC");
    assert_int_equal(worker_program_find(FAKE_WORKER, &path, NULL), 0);
    assert_string_equal(path, FAKE_WORKER);
    mem_free(path);
    /* By the variable. */
    char root[] = "/tmp/arcella-libexec-XXXXXX";
    assert_non_null(mkdtemp(root));
    char wanted[128];
    snprintf(wanted, sizeof(wanted), "%s/arcella-worker", root);
    setenv("ARCELLA_LIBEXEC", root, 1);
    arcella_error *error = NULL;
    assert_int_equal(worker_program_find(NULL, &path, &error), ARCELLA_E_NOT_FOUND);
    assert_non_null(strstr(arcella_error_message(error), wanted));
    arcella_error_free(error);
    assert_int_equal(symlink(FAKE_WORKER, wanted), 0);
    assert_int_equal(worker_program_find("", &path, NULL), 0);
    assert_string_equal(path, wanted);
    mem_free(path);
    /* A directory of that name is no program. */
    assert_int_equal(unlink(wanted), 0);
    assert_int_equal(mkdir(wanted, 0700), 0);
    assert_int_equal(worker_program_find(NULL, &path, NULL), ARCELLA_E_NOT_FOUND);
    rmdir(wanted);
    rmdir(root);
    unsetenv("ARCELLA_LIBEXEC");
    /* Beside this test there is none: the places are named. */
    error = NULL;
    if (worker_program_find(NULL, &path, &error) == 0) {
        mem_free(path);
    } else {
        assert_non_null(strstr(arcella_error_message(error), "libexec/arcella"));
        assert_non_null(strstr(arcella_error_hint(error), "ARCELLA_LIBEXEC"));
    }
    arcella_error_free(error);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_root),
        cmocka_unit_test(test_ordinary),
        cmocka_unit_test(test_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
