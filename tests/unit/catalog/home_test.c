/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The home: where it is, what is made, who is kept out. */
#include "fixture.h"

#include <signal.h>
#include <sys/wait.h>

static void the_home_is_found(void **state) {
    (void)state;
    static const struct {
        const char *option, *environment, *home;
        const char *path, *source; /* a path that begins with '+' is beneath the working directory */
    } rows[] = {
        {"/a/b", "/env", "/somebody", "/a/b", "--home"},
        {"/a//b/./c/", NULL, NULL, "/a/b/c", "--home"},
        {"rel/x", "/env", "/somebody", "+/rel/x", "--home"},
        {".", NULL, NULL, "+", "--home"},
        {"/", NULL, NULL, "/", "--home"},
        {NULL, "/env/", "/somebody", "/env", "ARCELLA_HOME"},
        {"", "/env", "/somebody", "/env", "ARCELLA_HOME"},
        {NULL, "", "/somebody", "/somebody/.arcella", "default"},
        {NULL, NULL, "/somebody/", "/somebody/.arcella", "default"},
    };
    char here[PATH_MAX], full[2 * PATH_MAX];
    assert_non_null(getcwd(here, sizeof(here)));
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        MEM_AUTO char *path = NULL;
        const char *source = NULL;
        unsetenv("ARCELLA_HOME");
        unsetenv("HOME");
        if (rows[i].environment)
            setenv("ARCELLA_HOME", rows[i].environment, 1);
        if (rows[i].home)
            setenv("HOME", rows[i].home, 1);
        MUST(home_find(rows[i].option, &path, &source, &why));
        bool beneath = rows[i].path[0] == '+';
        snprintf(full, sizeof(full), "%s%s", beneath ? here : "", rows[i].path + beneath);
        assert_string_equal(path, full);
        assert_string_equal(source, rows[i].source);
    }
    unsetenv("ARCELLA_HOME");
    MEM_AUTO char *path = NULL;
    MEM_AUTO char *long_one = mem_alloc(5000);
    memset(long_one, 'x', 4999);
    assert_int_equal(home_find(long_one, &path, NULL, NULL), ARCELLA_E_INVALID);
}

static void the_tree_is_made(void **state) {
    (void)state;
    static const char *const parts[] = {"cfg", "modules", "state", "cache", "run", "log"};
    HOME_AUTO *home = NULL;
    HOME_AUTO *again = NULL;
    char path[PATH_MAX + 32];
    struct stat st;
    snprintf(path, sizeof(path), "%s/deep/er/home", folder_path);
    MUST(home_open(path, &home, &why));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    for (size_t i = 0; i < ARRAY_LENGTH(parts); i++) {
        MEM_AUTO char *part = home_path(path, parts[i]);
        assert_int_equal(stat(part, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0700);
    }
    MUST(home_open(path, &again, &why));
    assert_string_equal(home_config_dir(home), "cfg");
}

/* The older name of the configuration's directory is used where only that is there. */
static void older_configuration_is_found(void **state) {
    (void)state;
    HOME_AUTO *home = NULL;
    assert_int_equal(mkdir("old", 0700), 0);
    assert_int_equal(mkdir("old/config", 0700), 0);
    MUST(home_open("old", &home, &why));
    assert_string_equal(home_config_dir(home), "config");
    assert_false(exists("old/cfg"));
    assert_int_equal(mkdir("old/cfg", 0700), 0);
    assert_string_equal(home_config_dir(home), "cfg");
}

static void a_home_of_others_is_refused(void **state) {
    (void)state;
    HOME_AUTO *home = NULL;
    ERROR_AUTO *error = NULL;
    assert_int_equal(mkdir("shared", 0700), 0);
    assert_int_equal(chmod("shared", 0770), 0);
    assert_int_equal(home_open("shared", &home, &error), ARCELLA_E_DENIED);
    assert_non_null(strstr(arcella_error_message(error), "chmod go-w"));
    assert_int_equal(chmod("shared", 0755), 0);
    MUST(home_open("shared", &home, &why));
    home = home_free(home);
    assert_int_equal(chmod("shared/modules", 0777), 0);
    assert_int_equal(home_open("shared", &home, NULL), ARCELLA_E_DENIED);
    write_file("file", "");
    assert_true(home_open("file", &home, NULL) < 0);
    assert_true(home_open("file/below", &home, NULL) < 0);
    if (geteuid() != 0) {
        print_message("a home of another user: needs root\n");
        assert_int_equal(mkdir("closed", 0500), 0);
        assert_int_equal(home_open("closed", &home, NULL), ARCELLA_E_DENIED);
        return;
    }
    assert_int_equal(mkdir("foreign", 0700), 0);
    assert_int_equal(chown("foreign", 65534, 65534), 0);
    arcella_error_free(TAKE(error));
    assert_int_equal(home_open("foreign", &home, &error), ARCELLA_E_DENIED);
    assert_non_null(strstr(arcella_error_message(error), "belongs to user 65534"));
}

static void a_second_daemon_is_kept_out(void **state) {
    (void)state;
    HOME_AUTO *first = NULL;
    HOME_AUTO *second = NULL;
    ERROR_AUTO *error = NULL;
    char pid[32];
    MUST(home_open("locked", &first, &why));
    MUST(home_open("locked", &second, &why));
    assert_int_equal(home_lock_holder("locked"), 0);
    assert_int_equal(home_lock_holder("nowhere"), 0);
    MUST(home_lock(first, &why));
    assert_int_equal(home_lock(second, &error), ARCELLA_E_RUNNING);
    snprintf(pid, sizeof(pid), "pid %d ", (int)getpid());
    assert_non_null(strstr(arcella_error_message(error), pid));
    assert_int_equal(home_lock_holder("locked"), getpid());
    first = home_free(first);
    assert_int_equal(home_lock_holder("locked"), 0);
    MUST(home_lock(second, &why));
}

/* However the first one died, its lock is gone with it. */
static void a_killed_daemon_leaves_no_lock(void **state) {
    (void)state;
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        struct home *home = NULL;
        if (home_open("killed", &home, NULL) < 0 || home_lock(home, NULL) < 0 || write(ready[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    char c;
    assert_int_equal(read(ready[0], &c, 1), 1);
    assert_int_equal(home_lock_holder("killed"), child);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
    close(ready[0]);
    close(ready[1]);
    HOME_AUTO *home = NULL;
    assert_int_equal(home_lock_holder("killed"), 0);
    MUST(home_open("killed", &home, &why));
    MUST(home_lock(home, &why));
}

/* Killed between fork and exec of a child, a daemon leaves that child with the lock for a moment. */
static void a_child_of_a_killed_daemon_is_waited_for(void **state) {
    (void)state;
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    pid_t daemon = fork();
    assert_true(daemon >= 0);
    if (daemon == 0) {
        struct home *home = NULL;
        if (home_open("orphan", &home, NULL) < 0 || home_lock(home, NULL) < 0)
            _exit(1);
        pid_t child = fork(); /* inherits the lock, as a process about to exec does */
        if (child == 0) {
            close(ready[0]);
            nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL);
            _exit(0);
        }
        if (write(ready[1], "x", 1) != 1)
            _exit(1);
        raise(SIGKILL);
    }
    char byte;
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(waitpid(daemon, NULL, 0), daemon);
    struct home *home = NULL;
    MUST(home_open("orphan", &home, &why));
    MUST(home_lock(home, &why));
    home_free(home);
    close(ready[0]);
    close(ready[1]);
}

static int open_and_lock(void *user, arcella_error **reterr) {
    (void)user;
    HOME_AUTO *home = NULL;
    int r = home_open("tortured", &home, reterr);
    return r < 0 ? r : home_lock(home, reterr);
}

static void whatever_fails(void **state) {
    (void)state;
    torture_alloc(open_and_lock, NULL);
    torture_sys(open_and_lock, NULL, EIO, 0);
    torture_sys(open_and_lock, NULL, ENOSPC, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_home_is_found),
        cmocka_unit_test(the_tree_is_made),
        cmocka_unit_test(older_configuration_is_found),
        cmocka_unit_test(a_home_of_others_is_refused),
        cmocka_unit_test(a_second_daemon_is_kept_out),
        cmocka_unit_test(a_killed_daemon_leaves_no_lock),
        cmocka_unit_test(a_child_of_a_killed_daemon_is_waited_for),
        cmocka_unit_test(whatever_fails),
    };
    return cmocka_run_group_tests(tests, enter, folder_leave);
}
