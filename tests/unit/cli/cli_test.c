/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The whole client against a pretended daemon: what is sent, what is printed where, exit codes.  Each case is
 * a command line, the lines the daemon answers with, and what must come out.
 */
#include "torture.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "cli/cli_internal.h"
#include "wire/socket.h"

struct place {
    char folder[64];
    char path[96];
};

static int setup(void **state) {
    static struct place place;
    snprintf(place.folder, sizeof(place.folder), "/tmp/cli-XXXXXX");
    assert_non_null(mkdtemp(place.folder));
    snprintf(place.path, sizeof(place.path), "%s/alme", place.folder);
    *state = &place;
    return 0;
}

static int teardown(void **state) {
    struct place *place = *state;
    unlink(place->path);
    return rmdir(place->folder);
}

/* What a run left behind. */
struct result {
    int code;
    char out[16384];
    char err[4096];
    char request[4096];
};

static void read_pipe(int fd, char *to, size_t size) {
    size_t at = 0;
    ssize_t n;
    while (at < size - 1 && (n = read(fd, to + at, size - 1 - at)) > 0)
        at += (size_t)n;
    to[at] = '\0';
    close(fd);
}

static pid_t start_client(const char *const *words, int out, int err) {
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    char *argv[17] = {(char *)(uintptr_t) "arcella-cli"};
    int argc = 1;
    for (; words[argc - 1]; argc++)
        argv[argc] = (char *)(uintptr_t)words[argc - 1];
    dup2(out, 1);
    dup2(err, 2);
    int code = cli_main(argc, argv, NULL);
    fflush(NULL);
    _exit(code);
}

/* The daemon's part: one request, then the answer (NULL: none), then the end of the connection. */
static void pretend(int listening, const char *answer, struct result *result, pid_t client,
                    int signal_after) {
    int fd = accept(listening, NULL, NULL);
    assert_true(fd >= 0);
    size_t at = 0;
    ssize_t n;
    while (!memchr(result->request, '\n', at) &&
           (n = read(fd, result->request + at, sizeof(result->request) - 1 - at)) > 0)
        at += (size_t)n;
    result->request[at] = '\0';
    /* In pieces, as a socket may. */
    for (size_t sent = 0; answer && sent < strlen(answer); sent += 7) {
        size_t piece = strlen(answer) - sent < 7 ? strlen(answer) - sent : 7;
        assert_int_equal(write(fd, answer + sent, piece), piece);
    }
    if (signal_after) {
        /* It has read everything when it sleeps for more. */
        struct timespec pause = {.tv_nsec = 300000000};
        nanosleep(&pause, NULL);
        kill(client, signal_after);
        char byte;
        (void)!read(fd, &byte, 1);
    }
    close(fd);
}

static void run_client(struct place *place, const char *const *words, const char *answer, int signal_after,
                       struct result *result) {
    *result = (struct result){.code = -1};
    int out[2];
    int err[2];
    assert_int_equal(pipe(out), 0);
    assert_int_equal(pipe(err), 0);
    int listening = -1;
    if (place) {
        assert_int_equal(socket_listen(place->path, &listening, NULL), 0);
        /* accept() is to wait. */
        assert_int_equal(fcntl(listening, F_SETFL, 0), 0);
    }
    pid_t client = start_client(words, out[1], err[1]);
    close(out[1]);
    close(err[1]);
    if (place)
        pretend(listening, answer, result, client, signal_after);
    read_pipe(out[0], result->out, sizeof(result->out));
    read_pipe(err[0], result->err, sizeof(result->err));
    int status;
    assert_int_equal(waitpid(client, &status, 0), client);
    result->code = WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
    fd_close(listening);
}

static const struct {
    const char *words[12];
    const char *request;
    const char *answer;
    int code;
    const char *out;
    const char *err;
} cases[] = {
    {{"ping"},
     "{\"cmd\":\"ping\",\"id\":1}\n",
     "{\"id\":1,\"success\":true,\"message\":\"arcella 0.1.0 is here\",\"data\":{\"pid\":5}}\n",
     0,
     "arcella 0.1.0 is here\n",
     ""},
    {{"ping", "--json"},
     "{\"cmd\":\"ping\",\"id\":1}\n",
     "{\"id\":1,\"success\":true,\"message\":\"x\",\"data\":{\"pid\":5}}\n",
     0,
     "{\"id\":1,\"success\":true,\"message\":\"x\",\"data\":{\"pid\":5}}\n",
     ""},
    {{"start", "helo", "--memory", "32m"},
     "{\"cmd\":\"start\",\"args\":{\"target\":\"helo\",\"memory\":\"32m\"},\"id\":1}\n",
     "{\"id\":1,\"success\":false,\"message\":\"no component "
     "'helo'\",\"error\":{\"code\":\"not-found\",\"message\":\"x\","
     "\"hint\":\"look\"}}\n",
     1,
     "",
     "error: no component 'helo' [not-found]\nhint: look\n"},
    {{"start", "helo", "--json"},
     NULL,
     "{\"id\":1,\"success\":false,\"message\":\"no\",\"error\":{\"code\":\"not-found\"}}\n",
     1,
     "{\"id\":1,\"success\":false,\"message\":\"no\",\"error\":{\"code\":\"not-found\"}}\n",
     ""},
    /* Progress is for terminals; warnings are not output. */
    {{"install", "/x"},
     "{\"cmd\":\"install\",\"args\":{\"path\":\"/x\"},\"id\":1}\n",
     "{\"id\":1,\"progress\":{\"stage\":\"compile\",\"message\":\"compiling\"}}\n"
     "{\"id\":1,\"success\":true,\"message\":\"installed x@1.0.0\",\"data\":{\"warnings\":[\"odd\"]}}\n",
     0,
     "installed x@1.0.0\n",
     "warning: odd\n"},
    {{"install", "/x", "--json"},
     NULL,
     "{\"id\":1,\"progress\":{\"stage\":\"compile\",\"message\":\"compiling\"}}\n"
     "{\"id\":1,\"success\":true,\"message\":\"m\"}\n",
     0,
     "{\"id\":1,\"success\":true,\"message\":\"m\"}\n",
     ""},
    {{"list", "deployments"},
     "{\"cmd\":\"list\",\"args\":{\"what\":\"deployments\"},\"id\":1}\n",
     "{\"id\":1,\"success\":true,\"message\":\"\",\"data\":{\"deployments\":["
     "{\"id\":\"web\",\"component\":\"web@1.0.0\",\"group\":\"default\",\"state\":\"running\",\"wanted\":"
     "\"running\","
     "\"replicas\":1,\"running\":1,\"restarts\":0},"
     "{\"id\":\"batch\",\"component\":\"batch@2.0.0\",\"group\":\"b\",\"state\":\"failed\",\"wanted\":"
     "\"running\",\"replicas\":1,"
     "\"running\":0,\"restarts\":3,\"exit_code\":7,\"outcome\":\"exited\"},"
     "{\"id\":\"job\",\"component\":\"job@1.0.0\",\"group\":\"b\",\"state\":\"failed\",\"wanted\":"
     "\"running\","
     "\"replicas\":1,"
     "\"running\":0,\"restarts\":3,\"exit_code\":7,\"outcome\":\"exited with code 7\"}]}}\n",
     0,
     "ID     COMPONENT    GROUP    STATE    WANTED   RUNNING  RESTARTS  LAST OUTCOME\n"
     "web    web@1.0.0    default  running  running      1/1         0  -\n"
     "batch  batch@2.0.0  b        failed   running      0/1         3  exited, exit code 7\n"
     "job    job@1.0.0    b        failed   running      0/1         3  exited with code 7\n",
     ""},
    {{"list", "instances"},
     NULL,
     "{\"id\":1,\"success\":true,\"message\":\"\",\"data\":{\"instances\":["
     "{\"address\":\"web/"
     "0\",\"component\":\"web@1.0.0\",\"state\":\"running\",\"worker_pid\":12,\"uptime_ms\":61000,"
     "\"restarts\":0,\"memory_bytes\":1048576,\"cpu_ms\":1500},"
     "{\"address\":\"web/"
     "1\",\"component\":\"web@1.0.0\",\"state\":\"failed\",\"worker_pid\":0,\"uptime_ms\":0,"
     "\"restarts\":1,\"memory_bytes\":1048576,\"cpu_ms\":3}]}}\n",
     0,
     "ADDRESS  COMPONENT  STATE    WORKER   UPTIME  RESTARTS  MEMORY    CPU\n"
     "web/0    web@1.0.0  running      12  1 m 1 s         0   1 MiB  1.5 s\n"
     "web/1    web@1.0.0  failed        -        -         1   1 MiB   3 ms\n",
     ""},
    {{"list"},
     NULL,
     "{\"id\":1,\"success\":true,\"message\":\"\",\"data\":{\"components\":[]}}\n",
     0,
     "no component is installed; `arcella install PATH` installs one\n",
     ""},
    /* What a guest wrote cannot steer the terminal. */
    {{"logs", "-n", "2"},
     "{\"cmd\":\"logs\",\"args\":{\"count\":\"2\"},\"id\":1}\n",
     "{\"id\":1,\"success\":true,\"message\":\"\",\"data\":{\"lines\":["
     "{\"time\":\"2026-01-02T03:04:05.678Z\",\"level\":\"info\",\"unit\":\"guest\",\"instance\":\"web/"
     "0\",\"stream\":\"stdout\","
     "\"message\":\"\\u001b]0;owned\\u0007 \\u001b[31mred\"},"
     "{\"time\":\"2026-01-02T03:04:06.000Z\",\"level\":\"warn\",\"unit\":\"workers\",\"group\":\"g\","
     "\"message\":\"gone\",\"fields\":"
     "\"pid=5\",\"code\":\"worker-failed\",\"error\":\"it died\"}]}}\n",
     0,
     "2026-01-02T03:04:05.678Z info  guest web/0 stdout: \\x1b]0;owned\\x07 \\x1b[31mred\n"
     "2026-01-02T03:04:06.000Z warn  workers g: gone pid=5: it died [worker-failed]\n",
     ""},
    {{"events"},
     "{\"cmd\":\"events\",\"id\":1}\n",
     "{\"id\":1,\"item\":{\"time\":\"T\",\"kind\":\"deployment\",\"id\":\"web\",\"from\":\"starting\",\"to\":"
     "\"running\"}}\n"
     "{\"id\":1,\"item\":{\"time\":\"T\",\"kind\":\"worker\",\"id\":\"g\",\"from\":\"ready\",\"to\":"
     "\"exited\",\"reason\":\"idle\"}}\n"
     "{\"id\":1,\"success\":true,\"message\":\"the daemon ends\"}\n",
     0,
     "T deployment web starting -> running\nT worker g ready -> exited (idle)\nthe daemon ends\n",
     ""},
    {{"status"},
     NULL,
     "{\"id\":1,\"success\":true,\"message\":\"\",\"data\":{\"version\":\"0.1.0\",\"pid\":5,\"uptime_ms\":"
     "65000,"
     "\"counts\":{\"components\":{},\"instances\":{\"running\":2,\"failed\":1}},\"workers\":[],\"checks\":[{"
     "\"group\":\"g\",\"pid\":7,\"more\":{\"a\":1}}],"
     "\"problems\":[]}}"
     "\n",
     0,
     "version   0.1.0\n"
     "pid       5\n"
     "uptime    1 m 5 s\n"
     "problems  none\n"
     "\ncounts:\n"
     "  instances  2 running, 1 failed\n"
     "\nchecks:\n"
     "  GROUP  PID\n"
     "  g        7\n",
     ""},
    {{"status", "web"},
     NULL,
     "{\"id\":1,\"success\":true,\"message\":\"\",\"data\":{\"deployment\":{\"id\":\"web\",\"policy\":{"
     "\"memory\":{\"value\":"
     "33554432,\"text\":\"32m\",\"origin\":\"flag\"}}}}}\n",
     0,
     "deployment:\n  id  web\n  policy:\n    memory  32m  (flag)\n",
     ""},
    /* `status` has what differs from the defaults, in the order a person asks; `inspect` has all. */
    {{"status", "web"},
     NULL,
     "{\"id\":1,\"success\":true,\"message\":\"\",\"data\":{\"instances\":[],\"outcome\":{\"end\":"
     "\"returned\","
     "\"frames\":[]},"
     "\"deployment\":{\"id\":\"web\",\"outcome\":\"returned\",\"grants\":[],\"policy\":{"
     "\"fuel\":{\"value\":0,\"text\":\"0\",\"origin\":\"default\"},"
     "\"memory\":{\"value\":33554432,\"text\":\"32m\",\"origin\":\"option\"}}}}}\n",
     0,
     "deployment:\n  id      web\n  grants  none\n  policy:\n    memory  32m  (option)\n"
     "\nlast outcome:\n  end  returned\n"
     "\nThe rest of its policy is default; `arcella inspect web` shows it.\n",
     ""},
    {{"inspect", "web"},
     NULL,
     "{\"id\":1,\"success\":true,\"message\":\"\",\"data\":{\"deployment\":{\"id\":\"web\",\"policy\":{"
     "\"fuel\":{\"value\":0,\"text\":\"0\",\"origin\":\"default\"}}}}}\n",
     0,
     "deployment:\n  id  web\n  policy:\n    fuel  0  (default)\n",
     ""},
    /* What of a component's imports is there, and what is nearest to those that are not; the first row does
     * not say which columns there are. */
    {{"inspect", "shop"},
     NULL,
     "{\"id\":1,\"success\":true,\"message\":\"\",\"data\":{\"component\":{\"id\":\"shop\",\"imports\":["
     "{\"name\":\"open\",\"type\":\"func(n: u32)\",\"host\":\"no such name\"},"
     "{\"module\":\"a:io/poll@0.2.0\",\"name\":\"pollable\",\"type\":\"resource\",\"host\":\"provided\"},"
     "{\"module\":\"a:io/poll@0.2.0\",\"name\":\"wait\",\"type\":\"func(p: borrow<pollable>)\","
     "\"host\":\"other type\",\"nearest\":\"(u32)\"},"
     "{\"module\":\"a:io/strems@0.2.0\",\"name\":\"read\",\"type\":\"func()\",\"host\":\"no interface\","
     "\"nearest\":\"a:io/streams@0.2.0\"}"
     "]}}}\n",
     0,
     "component:\n  id  shop\n  imports:\n"
     "    MODULE             NAME      TYPE                       HOST          NEAREST\n"
     "    -                  open      func(n: u32)               no such name  -\n"
     "    a:io/poll@0.2.0    pollable  resource                   provided      -\n"
     "    a:io/poll@0.2.0    wait      func(p: borrow<pollable>)  other type    (u32)\n"
     "    a:io/strems@0.2.0  read      func()                     no interface  a:io/streams@0.2.0\n",
     ""},
    /* Silence would look as if all were well. */
    {{"logs", "nobody"},
     NULL,
     "{\"id\":1,\"success\":true,\"message\":\"0 lines\",\"data\":{\"lines\":[]}}\n",
     0,
     "",
     "no line of the log matches\n"},
    /* Daemons that break off or talk nonsense. */
    {{"events"},
     NULL,
     "{\"id\":1,\"item\":{\"time\":\"T\",\"kind\":\"worker\",\"id\":\"g\",\"from\":\"ready\",\"to\":\"lost\"}"
     "}\n",
     4,
     "T worker g ready -> lost\n",
     "error: the daemon is gone, and what was to come with it [closed]\n"},
    {{"ping"}, NULL, NULL, 4, "", "error: the daemon has closed the connection without an answer [closed]\n"},
    {{"ping"},
     NULL,
     "{\"id\":1,\"success\":true",
     4,
     "",
     "error: the daemon has closed the connection without an answer [closed]\n"},
    {{"ping"},
     NULL,
     "hello\n",
     4,
     "",
     "error: the daemon's reply is not JSON: line 1, column 5: invalid token near 'hello' [bad-message]\n"
     "hint: send one JSON object per line, as docs/reference/commands.md shows\n"},
};

static void answers_are_shown(void **state) {
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        const char *words[16] = {"--socket", ((struct place *)*state)->path};
        for (size_t j = 0; cases[i].words[j]; j++)
            words[2 + j] = cases[i].words[j];
        struct result result;
        run_client(*state, words, cases[i].answer, 0, &result);
        if (cases[i].request)
            assert_string_equal(result.request, cases[i].request);
        if (result.code != cases[i].code)
            fail_msg("case %zu: exit code %d: %s%s", i, result.code, result.out, result.err);
        assert_string_equal(result.out, cases[i].out);
        assert_string_equal(result.err, cases[i].err);
    }
}

static void streams_end_by_interrupt(void **state) {
    static const char item[] =
        "{\"id\":1,\"item\":{\"time\":\"T\",\"level\":\"info\",\"unit\":\"guest\",\"message\":\"hi\"}}\n";
    struct place *place = *state;
    const char *const words[] = {"--socket", place->path, "logs", "-f", NULL};
    struct result result;
    run_client(place, words, item, SIGINT, &result);
    assert_int_equal(result.code, 0);
    assert_string_equal(result.out, "T info  guest: hi\n");
    assert_string_equal(result.request, "{\"cmd\":\"logs\",\"args\":{\"follow\":\"true\"},\"id\":1}\n");
    /* What is no stream dies of it, as any program. */
    const char *const start[] = {"--socket", place->path, "start", "x", NULL};
    run_client(place, start, NULL, SIGINT, &result);
    assert_int_equal(result.code, 1000 + SIGINT);
    assert_string_equal(result.err, "the daemon goes on with it\n");
    /* An install is given up when its client leaves. */
    const char *const install[] = {"--socket", place->path, "install", "/x", NULL};
    run_client(place, install, NULL, SIGINT, &result);
    assert_int_equal(result.code, 1000 + SIGINT);
    assert_string_equal(result.err, "");
}

static void no_daemon_is_said(void **state) {
    struct place *place = *state;
    const char *const words[] = {"--home", place->folder, "ping", NULL};
    struct result result;
    run_client(NULL, words, NULL, 0, &result);
    assert_int_equal(result.code, CLI_EXIT_NO_DAEMON);
    assert_string_equal(result.out, "");
    assert_non_null(strstr(result.err, "[no-daemon]\n"));
    assert_non_null(strstr(result.err, "hint: start one with `arcella daemon --home /tmp/"));
    const char *const json[] = {"--home", place->folder, "ping", "--json", NULL};
    run_client(NULL, json, NULL, 0, &result);
    assert_int_equal(result.code, CLI_EXIT_NO_DAEMON);
    assert_string_equal(result.err, "");
    JSON_AUTO *reply = NULL;
    assert_int_equal(json_parse(result.out, strlen(result.out), &reply, NULL), 0);
    assert_string_equal(json_string_value(json_object_get(json_object_get(reply, "error"), "code")),
                        "no-daemon");
}

/* A daemon that turns a client away says why and closes, mostly before it was asked. */
static void who_is_turned_away_is_told_why(void **state) {
    struct place *place = *state;
    static const char why[] =
        "{\"success\":false,\"message\":\"too many connections\",\"error\":{\"code\":\"busy\"}}\n";
    int listening;
    assert_int_equal(socket_listen(place->path, &listening, NULL), 0);
    assert_int_equal(fcntl(listening, F_SETFL, 0), 0);
    pid_t daemon = fork();
    if (daemon == 0) {
        for (int i = 0; i < 10; i++) {
            int fd = accept(listening, NULL, NULL);
            if (fd < 0 || write(fd, why, sizeof(why) - 1) < 0)
                _exit(1);
            close(fd);
        }
        _exit(0);
    }
    const char *const words[] = {"--socket", place->path, "ping", NULL};
    for (int i = 0; i < 10; i++) {
        struct result result;
        run_client(NULL, words, NULL, 0, &result);
        assert_int_equal(result.code, CLI_EXIT_FAILED);
        assert_string_equal(result.err, "error: too many connections [busy]\n");
    }
    int status;
    assert_int_equal(waitpid(daemon, &status, 0), daemon);
    assert_int_equal(status, 0);
    fd_close(listening);
}

static void usage_is_said(void **state) {
    (void)state;
    struct result result;
    const char *const none[] = {NULL};
    run_client(NULL, none, NULL, 0, &result);
    assert_int_equal(result.code, CLI_EXIT_USAGE);
    assert_string_equal(result.out, "");
    assert_non_null(strstr(result.err, "Usage: arcella-cli"));
    const char *const wrong[] = {"sttart", NULL};
    run_client(NULL, wrong, NULL, 0, &result);
    assert_int_equal(result.code, CLI_EXIT_USAGE);
    assert_string_equal(result.err, "error: there is no verb 'sttart' [unknown-command]\n"
                                    "hint: did you mean 'start'? `arcella help` lists the verbs\n");
    assert_string_equal(result.out, "");
    /* Who reads JSON is told in JSON. */
    const char *const json[] = {"sttart", "--json", NULL};
    run_client(NULL, json, NULL, 0, &result);
    assert_int_equal(result.code, CLI_EXIT_USAGE);
    assert_string_equal(result.err, "");
    assert_non_null(strstr(result.out, "\"code\":\"unknown-command\""));
    const char *const help[] = {"help", "start", NULL};
    run_client(NULL, help, NULL, 0, &result);
    assert_int_equal(result.code, CLI_EXIT_OK);
    assert_non_null(strstr(result.out, "Usage: arcella-cli start TARGET [OPTIONS]\n"));
    const char *const version[] = {"--version", NULL};
    run_client(NULL, version, NULL, 0, &result);
    assert_string_equal(result.out, "arcella-cli " ARCELLA_VERSION "\n");
}

static void a_full_disk_is_no_success(void **state) {
    (void)state;
    int full = open("/dev/full", O_WRONLY);
    int err[2];
    assert_int_equal(pipe(err), 0);
    const char *const words[] = {"help", NULL};
    pid_t client = start_client(words, full, err[1]);
    close(full);
    close(err[1]);
    char said[256];
    read_pipe(err[0], said, sizeof(said));
    int status;
    waitpid(client, &status, 0);
    assert_int_equal(WEXITSTATUS(status), CLI_EXIT_FAILED);
    assert_non_null(strstr(said, "cannot write"));
}

/* Where the daemon listens, by options, environment, configuration, home. */
static void sockets_are_found(void **state) {
    struct place *place = *state;
    struct cli_call call = {.home = "/h"};
    char *path = NULL;
    assert_int_equal(client_socket_path(&call, &path, NULL), 0);
    assert_string_equal(path, "/h/alme");
    mem_free(path);
    call.socket = "/s";
    assert_int_equal(client_socket_path(&call, &path, NULL), 0);
    assert_string_equal(path, "/s");
    mem_free(path);
    call = (struct cli_call){.json = false};
    setenv("ARCELLA_HOME", "/other", 1);
    assert_int_equal(client_socket_path(&call, &path, NULL), 0);
    assert_string_equal(path, "/other/alme");
    mem_free(path);
    setenv("ARCELLA_ALME_SOCKET", "/env", 1);
    assert_int_equal(client_socket_path(&call, &path, NULL), 0);
    assert_string_equal(path, "/env");
    mem_free(path);
    call.home = place->folder;
    char file[128];
    char folder[128];
    snprintf(folder, sizeof(folder), "%s/cfg", place->folder);
    snprintf(file, sizeof(file), "%s/cfg/arcella.toml", place->folder);
    assert_int_equal(mkdir(folder, 0700), 0);
    FILE *to = fopen(file, "w");
    fputs("[alme]\nsocket = \"/configured\"\n", to);
    fclose(to);
    assert_int_equal(client_socket_path(&call, &path, NULL), 0);
    assert_string_equal(path, "/configured");
    mem_free(path);
    to = fopen(file, "w");
    fputs("[alme\nbroken", to);
    fclose(to);
    assert_int_equal(client_socket_path(&call, &path, NULL), 0);
    assert_true(text_ends(path, "/alme"));
    mem_free(path);
    unlink(file);
    rmdir(folder);
    unsetenv("ARCELLA_HOME");
    unsetenv("ARCELLA_ALME_SOCKET");
}

int main(void) {
    json_setup();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(answers_are_shown, setup, teardown),
        cmocka_unit_test_setup_teardown(streams_end_by_interrupt, setup, teardown),
        cmocka_unit_test_setup_teardown(no_daemon_is_said, setup, teardown),
        cmocka_unit_test_setup_teardown(who_is_turned_away_is_told_why, setup, teardown),
        cmocka_unit_test(usage_is_said),
        cmocka_unit_test(a_full_disk_is_no_success),
        cmocka_unit_test_setup_teardown(sockets_are_found, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
