/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Sockets by path: modes, stale and living ones, what is no socket, paths that are too long. */
#include "rig.h"

#include <sys/wait.h>

#include "wire/socket.h"

struct place {
    char folder[64];
    char path[128];
};

static int setup(void **state) {
    struct place *p = test_calloc(1, sizeof(*p));
    snprintf(p->folder, sizeof(p->folder), "/tmp/socket-XXXXXX");
    assert_non_null(mkdtemp(p->folder));
    snprintf(p->path, sizeof(p->path), "%s/alme", p->folder);
    *state = p;
    return 0;
}

static int teardown(void **state) {
    struct place *p = *state;
    unlink(p->path);
    int r = rmdir(p->folder);
    test_free(p);
    return r;
}

static void one_listens_one_connects(void **state) {
    struct place *p = *state;
    size_t before = count_open_fds();
    mode_t old = umask(0);
    int listening;
    assert_int_equal(socket_listen(p->path, &listening, NULL), 0);
    umask(old);
    struct stat seen;
    assert_int_equal(stat(p->path, &seen), 0);
    assert_int_equal(seen.st_mode & 0777, 0600);
    int accepted;
    assert_int_equal(socket_accept(listening, &accepted, NULL), ARCELLA_E_BUSY);
    int client;
    assert_int_equal(socket_connect(p->path, &client, NULL), 0);
    assert_int_equal(socket_accept(listening, &accepted, NULL), 0);
    assert_true(fcntl(accepted, F_GETFL) & O_NONBLOCK);
    assert_true(fcntl(accepted, F_GETFD) & FD_CLOEXEC);
    struct socket_peer peer;
    assert_int_equal(socket_peer_of(accepted, &peer, NULL), 0);
    assert_int_equal(peer.pid, getpid());
    assert_int_equal(peer.uid, getuid());
    fd_close(client);
    fd_close(accepted);
    fd_close(listening);
    assert_int_equal(count_open_fds(), before);
}

static void a_strange_umask_leaves_the_mode(void **state) {
    struct place *p = *state;
    mode_t old = umask(0777);
    int listening;
    assert_int_equal(socket_listen(p->path, &listening, NULL), 0);
    umask(old);
    struct stat seen;
    assert_int_equal(stat(p->path, &seen), 0);
    assert_int_equal(seen.st_mode & 0777, 0600);
    fd_close(listening);
}

static void a_stale_socket_is_replaced(void **state) {
    struct place *p = *state;
    int first;
    assert_int_equal(socket_listen(p->path, &first, NULL), 0);
    fd_close(first);
    ERROR_AUTO *error = NULL;
    int client;
    assert_int_equal(socket_connect(p->path, &client, &error), ARCELLA_E_NO_DAEMON);
    assert_non_null(strstr(arcella_error_hint(error), "arcella daemon"));
    int second;
    assert_int_equal(socket_listen(p->path, &second, NULL), 0);
    assert_int_equal(socket_connect(p->path, &client, NULL), 0);
    fd_close(client);
    fd_close(second);
}

static void a_living_one_is_left_alone(void **state) {
    struct place *p = *state;
    int first;
    assert_int_equal(socket_listen(p->path, &first, NULL), 0);
    /* From another process, so that the pid told is the owner's and not the asker's. */
    pid_t owner = getpid();
    pid_t child = fork();
    if (child == 0) {
        ERROR_AUTO *error = NULL;
        int second;
        char pid[32];
        snprintf(pid, sizeof(pid), "pid %d ", (int)owner);
        int r = socket_listen(p->path, &second, &error);
        _exit(r == ARCELLA_E_RUNNING && strstr(arcella_error_message(error), pid) ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    int client;
    assert_int_equal(socket_connect(p->path, &client, NULL), 0);
    fd_close(client);
    fd_close(first);
}

static void what_is_no_socket_stays(void **state) {
    struct place *p = *state;
    int fd = open(p->path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_int_equal(write(fd, "keep", 4), 4);
    fd_close(fd);
    int listening;
    assert_int_equal(socket_listen(p->path, &listening, NULL), ARCELLA_E_EXISTS);
    struct stat seen;
    assert_int_equal(stat(p->path, &seen), 0);
    assert_int_equal(seen.st_size, 4);
    unlink(p->path);
    /* A symbolic link is not followed. */
    assert_int_equal(symlink("/nowhere", p->path), 0);
    assert_int_equal(socket_listen(p->path, &listening, NULL), ARCELLA_E_EXISTS);
}

static void paths_have_bounds(void **state) {
    struct place *p = *state;
    char long_path[200];
    memset(long_path, 'x', sizeof(long_path));
    memcpy(long_path, "/tmp/", 5);
    long_path[108] = '\0';
    int fd;
    ERROR_AUTO *error = NULL;
    assert_int_equal(socket_listen(long_path, &fd, &error), ARCELLA_E_TOO_LARGE);
    assert_non_null(strstr(arcella_error_message(error), "107"));
    assert_int_equal(socket_connect(long_path, &fd, NULL), ARCELLA_E_TOO_LARGE);
    assert_int_equal(socket_connect("", &fd, NULL), ARCELLA_E_INVALID);
    /* One byte less goes. */
    size_t length = strlen(p->folder);
    char longest[108];
    memset(longest, 'y', sizeof(longest));
    memcpy(longest, p->folder, length);
    longest[length] = '/';
    longest[107] = '\0';
    assert_int_equal(socket_listen(longest, &fd, NULL), 0);
    fd_close(fd);
    unlink(longest);
    assert_int_equal(socket_connect("/nonexistent/folder/alme", &fd, NULL), ARCELLA_E_NO_DAEMON);
    ERROR_AUTO *folder = NULL;
    assert_int_equal(socket_listen("/nonexistent/folder/alme", &fd, &folder), ARCELLA_E_NOT_FOUND);
}

static int listen_and_connect(void *user, arcella_error **reterr) {
    const struct place *p = user;
    FD_AUTO listening = -1;
    FD_AUTO client = -1;
    FD_AUTO accepted = -1;
    struct socket_peer peer;
    int r = socket_listen(p->path, &listening, reterr);
    if (r == 0)
        r = socket_connect(p->path, &client, reterr);
    if (r == 0)
        r = socket_accept(listening, &accepted, reterr);
    if (r == 0)
        r = socket_peer_of(accepted, &peer, reterr);
    unlink(p->path);
    return r;
}

static void faults_are_answers(void **state) {
    size_t before = count_open_fds();
    torture_sys(listen_and_connect, *state, EIO, 0);
    torture_sys(listen_and_connect, *state, EMFILE, 0);
    assert_int_equal(count_open_fds(), before);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_listens_one_connects, setup, teardown),
        cmocka_unit_test_setup_teardown(a_strange_umask_leaves_the_mode, setup, teardown),
        cmocka_unit_test_setup_teardown(a_stale_socket_is_replaced, setup, teardown),
        cmocka_unit_test_setup_teardown(a_living_one_is_left_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_no_socket_stays, setup, teardown),
        cmocka_unit_test_setup_teardown(paths_have_bounds, setup, teardown),
        cmocka_unit_test_setup_teardown(faults_are_answers, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
