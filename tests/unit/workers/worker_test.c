/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Worker processes from start to end, with a program that misbehaves on command. */
#include "workers/harness.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>

#include "base/fault.h"

static unsigned count_fds(void) {
    unsigned count = 0;
    for (int fd = 0; fd < 1024; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

/* --- a good life --- */

static void test_life(void **state) {
    (void)state;
    struct harness h;
    harness_start(&h, &(struct workers_config){.levels = "info,guest=debug"});
    struct notes notes;
    struct worker *worker = start_worker(&h, "web", false, &notes);
    assert_int_equal(worker_get_state(worker), WORKER_SPAWNING);
    assert_int_equal(workers_count(h.workers), 1);
    assert_string_equal(worker_group(worker), "web");
    assert_int_equal(worker_role(worker), IPC_ROLE_GUEST);
    command(worker, 7, "hello", -1); /* right behind setup, before ready */
    RUN_UNTIL(&h, notes.frames);
    assert_int_equal(notes.ready, 1);
    assert_int_equal(notes.instance, 7);
    assert_string_equal(notes.message, "hello");
    const char *const *missing;
    assert_int_equal(worker_missing(worker, &missing), 2);
    assert_string_equal(missing[1], "landlock-net");
    assert_int_equal(worker_landlock_abi(worker), 3);
    worker_drain(worker, 5000);
    assert_int_equal(worker_get_state(worker), WORKER_DRAINING);
    RUN_UNTIL(&h, notes.ends);
    assert_int_equal(notes.end.state, WORKER_EXITED);
    assert_true(notes.end.was_ready && notes.end.wanted);
    assert_int_equal(notes.code, 0);
    assert_int_equal(workers_count(h.workers), 0);
    const enum worker_state states[] = {WORKER_READY, WORKER_DRAINING, WORKER_ENDING, WORKER_EXITED};
    assert_int_equal(notes.states_count, 4);
    assert_memory_equal(notes.states, states, sizeof(states));
    harness_stop(&h);
}

/* What the process is given: nothing of ours. */
static void test_world(void **state) {
    (void)state;
    struct harness h;
    harness_start(&h, &(struct workers_config){.levels = "warn"});
    int secret = open("/etc/passwd", O_RDONLY); /* not even close-on-exec */
    setenv("RUST_BACKTRACE", "1", 1);
    signal(SIGPIPE, SIG_IGN);
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    struct notes notes;
    struct worker *worker = start_worker(&h, "web", true, &notes);
    sigprocmask(SIG_UNBLOCK, &blocked, NULL);
    command(worker, 1, "world", -1);
    RUN_UNTIL(&h, notes.frames);
    char wanted[512];
    snprintf(wanted, sizeof(wanted),
             "0=/dev/null 1=/dev/null 2=pipe 3=socket env=%d leader=1 blocked=0 pipe=1 cwd=/worker-1/code "
             "args=arcella-worker --role guest --group web levels=warn stack=524288 files=65536 cpu=0",
             BUILT_WITH_ASAN && getenv("ASAN_OPTIONS"));
    assert_string_equal(notes.message, wanted);
    close(secret);
    worker_kill(worker);
    RUN_UNTIL(&h, notes.ends);
    harness_stop(&h);
}

/* Who may make sockets, and at which ports, is said with setup; nobody may by default. */
static void test_network(void **state) {
    (void)state;
    struct harness h;
    harness_start(&h, NULL);
    static const struct ipc_port ports[] = {{.low = 0, .high = 0, .bind = true},
                                            {.low = 443, .high = 443, .connect = true},
                                            {.low = 1, .high = 65535, .bind = true, .connect = true}};
    struct worker_settings settings = {
        .role = IPC_ROLE_GUEST, .group = "web", .net = true, .ports = ports, .ports_count = 3};
    struct notes none, some = {.kept_fd = -1};
    struct worker *without = start_worker(&h, "web", false, &none), *with = NULL;
    assert_int_equal(worker_start(h.workers, &settings, &note_hooks, &some, &with, NULL), 0);
    command(without, 1, "network", -1);
    command(with, 1, "network", -1);
    RUN_UNTIL(&h, none.frames && some.frames);
    assert_string_equal(none.message, "net=0");
    assert_string_equal(some.message, "net=1 0-0b 443-443c 1-65535bc");
    harness_stop(&h);
}

static void test_descriptors_travel(void **state) {
    (void)state;
    struct harness h;
    harness_start(&h, NULL);
    struct notes notes;
    struct worker *worker = start_worker(&h, "", false, &notes);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "through the pipe", 16), 16);
    command(worker, 1, "read fd", ends[0]);
    close(ends[0]);
    close(ends[1]);
    RUN_UNTIL(&h, notes.frames);
    assert_string_equal(notes.message, "through the pipe");
    harness_stop(&h); /* frees a worker that runs */
    assert_int_equal(notes.ends, 0);
}

/* --- code directories --- */

static void test_code_directory(void **state) {
    (void)state;
    struct harness h;
    harness_start(&h, NULL);
    struct notes notes;
    struct worker *worker = start_worker(&h, "", true, &notes);
    char path[128];
    snprintf(path, sizeof(path), "%s/cache.bin", h.run);
    assert_int_equal(file_write_atomic(AT_FDCWD, path, 0444, "machine code", 12, NULL), 0);
    arcella_error *error = NULL;
    assert_int_equal(worker_add_code(worker, -1, path, "code.bin", &error), 0);
    assert_int_equal(worker_add_code(worker, -1, path, "code.bin", &error), 0); /* there already */
    const char *const bad[] = {"", ".", "..", "a/b", "/x"};
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
        assert_int_equal(worker_add_code(worker, -1, path, bad[i], NULL), ARCELLA_E_INVALID);
    assert_int_equal(worker_add_code(worker, -1, "/nowhere/at/all", "x", NULL), ARCELLA_E_NOT_FOUND);
    /* Another file system: copied. */
    struct stat here, there;
    int memory = open("/dev/shm", O_RDONLY | O_DIRECTORY);
    if (memory >= 0 && fstat(memory, &there) == 0 && stat(h.run, &here) == 0 && here.st_dev != there.st_dev) {
        assert_int_equal(file_write_atomic(memory, "arcella-code-test", 0400, "copied", 6, NULL), 0);
        assert_int_equal(worker_add_code(worker, memory, "arcella-code-test", "copied.bin", &error), 0);
        unlinkat(memory, "arcella-code-test", 0);
        snprintf(path, sizeof(path), "%s/worker-1/code/copied.bin", h.run);
        assert_int_equal(stat(path, &there), 0);
        assert_int_equal(there.st_mode & 07777, 0444);
    } else {
        print_message("weaker: no second file system to copy code from\n");
    }
    close(memory);
    command(worker, 1, "code", -1);
    RUN_UNTIL(&h, notes.frames);
    assert_string_equal(notes.message, "machine code");
    snprintf(path, sizeof(path), "%s/worker-1/code", h.run);
    assert_int_equal(stat(path, &here), 0);
    assert_int_equal(here.st_mode & 07777, 0711);
    worker_remove_code(worker, "code.bin");
    worker_remove_code(worker, "code.bin");
    snprintf(path, sizeof(path), "%s/worker-1/code/code.bin", h.run);
    assert_true(access(path, F_OK) < 0 && errno == ENOENT);
    worker_kill(worker);
    RUN_UNTIL(&h, notes.ends);
    snprintf(path, sizeof(path), "%s/worker-1", h.run);
    assert_true(access(path, F_OK) < 0 && errno == ENOENT); /* gone when on_end runs */
    snprintf(path, sizeof(path), "%s/cache.bin", h.run);
    assert_int_equal(unlink(path), 0);
    harness_stop(&h);
}

static void test_no_code_directory(void **state) {
    (void)state;
    struct harness h;
    harness_start(&h, NULL);
    struct notes notes;
    struct worker *worker = start_worker(&h, "", false, &notes);
    assert_int_equal(worker_add_code(worker, -1, "/etc/passwd", "x", NULL), ARCELLA_E_STATE);
    struct workers_config config = {.loop = h.loop, .program = FAKE_WORKER};
    struct workers *without = NULL;
    assert_int_equal(workers_new(&config, &without, NULL), 0);
    struct worker_settings settings = {.role = IPC_ROLE_GUEST, .code_directory = true};
    struct worker *none = NULL;
    assert_int_equal(worker_start(without, &settings, &note_hooks, &notes, &none, NULL),
                     ARCELLA_E_UNSUPPORTED);
    assert_null(none);
    workers_free(without);
    harness_stop(&h);
}

static void test_sweep(void **state) {
    (void)state;
    char root[] = "/tmp/arcella-sweep-XXXXXX";
    assert_non_null(mkdtemp(root));
    const char *const names[] = {"worker-3/code", "worker-18446744073709551615/code", "worker-x", "other"};
    char path[128];
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        snprintf(path, sizeof(path), "%s/%s", root, names[i]);
        assert_int_equal(dir_make(path, 0700, NULL), 0);
    }
    snprintf(path, sizeof(path), "%s/worker-3/code/file", root);
    assert_int_equal(file_write_atomic(AT_FDCWD, path, 0400, "x", 1, NULL), 0);
    assert_int_equal(workers_sweep(root, NULL), 0);
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        snprintf(path, sizeof(path), "%s/%s", root, names[i]);
        assert_int_equal(access(path, F_OK) == 0, i >= 2);
    }
    assert_int_equal(dir_remove_tree(AT_FDCWD, root, NULL), 0);
    assert_int_equal(workers_sweep("/nowhere/at/all", NULL), 0);
}

/* --- ends of every kind --- */

struct end_case {
    const char *group;   /* misbehaves in the handshake */
    const char *command; /* misbehaves when told; NULL: nothing is told */
    enum worker_state state;
    bool was_ready;
    int code;   /* exit code, or -1 not to be compared */
    int signal; /* -1 not to be compared */
    int error;
    const char *sentence; /* a piece of the error's */
};

#define TEXT_OF(number)  TEXT_OF_(number)
#define TEXT_OF_(number) #number
static const struct end_case end_cases[] = {
    /* a crash is told with its signal and the last line said */
    {"", "abort", WORKER_LOST, true, 0, SIGABRT, ARCELLA_E_WORKER,
     "signal 6 (Aborted), its last words: the engine is on fire"},
    {"", "segv", WORKER_LOST, true, 0, SIGSEGV, ARCELLA_E_WORKER, "signal 11 (Segmentation fault)"},
    /* an exit nobody asked for is one too, whatever its code */
    {"", "exit 3", WORKER_LOST, true, 3, 0, ARCELLA_E_WORKER, "exit code 3"},
    {"", "exit 0", WORKER_LOST, true, 0, 0, ARCELLA_E_WORKER, "exit code 0"},
    /* the protocol is kept or the process killed */
    {"", "garbage", WORKER_LOST, true, 0, SIGKILL, ARCELLA_E_PROTOCOL, "frame"},
    {"", "ready again", WORKER_LOST, true, 0, SIGKILL, ARCELLA_E_PROTOCOL, "ready twice"},
    {"", "close and live", WORKER_LOST, true, 0, SIGKILL, ARCELLA_E_WORKER,
     "closed its channel and did not end"},
    {"early", NULL, WORKER_LOST, false, 0, SIGKILL, ARCELLA_E_PROTOCOL, "'ended' before it said ready"},
    {"garbage", NULL, WORKER_LOST, false, 0, SIGKILL, ARCELLA_E_PROTOCOL, "frame"},
    /* versions */
    {"other version", NULL, WORKER_LOST, false, 0, SIGKILL, ARCELLA_E_VERSION, "is version 9.9.9"},
    {"other protocol", NULL, WORKER_LOST, false, 0, SIGKILL, ARCELLA_E_VERSION,
     "this one " TEXT_OF(IPC_PROTOCOL)},
    /* a refusal keeps its code and sentence */
    {"refuse", NULL, WORKER_LOST, false, 1, 0, ARCELLA_E_DENIED, "not allowed to become user 7"},
    {"refuse and stay", NULL, WORKER_LOST, false, 0, SIGKILL, ARCELLA_E_WORKER, "never mind"},
    {"crash", NULL, WORKER_LOST, false, 0, SIGKILL, ARCELLA_E_WORKER, "its last words: cannot go on"},
    {"silent", NULL, WORKER_LOST, false, 0, SIGKILL, ARCELLA_E_TIMEOUT, "did not say ready within 1500 ms"},
};

static void test_ends(void **state) {
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(end_cases); i++) {
        const struct end_case *c = &end_cases[i];
        struct harness h;
        harness_start(&h, &(struct workers_config){.handshake_ms = strcmp(c->group, "silent") ? 0 : 1500});
        unsigned before = count_fds();
        struct notes notes;
        struct worker *worker = start_worker(&h, c->group, true, &notes);
        if (c->command)
            command(worker, 1, c->command, -1);
        RUN_UNTIL(&h, notes.ends);
        if (notes.end.state != c->state || notes.end.was_ready != c->was_ready || notes.end.wanted ||
            notes.end.code != c->code || notes.end.signal != c->signal || notes.code != c->error ||
            !strstr(notes.error, c->sentence))
            fail_msg("case %zu (%s %s): state %s, code %d, signal %d, error %d: %s", i, c->group,
                     c->command ? c->command : "", worker_state_name(notes.end.state), notes.end.code,
                     notes.end.signal, notes.code, notes.error);
        /* Once, and nothing afterwards. */
        for (int turn = 0; turn < 5; turn++)
            loop_run_ready(h.loop);
        assert_int_equal(notes.ends, 1);
        assert_in_range(count_fds(), before, before + 3); /* what the loop itself keeps for signals */
        harness_stop(&h);
    }
}

/* Killed without a word, and yet it is known who had the processor; what stands there may be anything. */
static void test_who_ran(void **state) {
    (void)state;
    struct harness h;
    harness_start(&h, NULL);
    unsigned before = count_fds();
    static const uint64_t handles[] = {7, 0, UINT64_MAX};
    for (size_t i = 0; i < ARRAY_LENGTH(handles); i++) {
        struct notes notes;
        struct worker *worker = start_worker(&h, "web", false, &notes);
        RUN_UNTIL(&h, notes.ready);
        assert_in_range(count_fds(), before, before + 6); /* its channel and its words; no page */
        command(worker, handles[i], "run and be killed", -1);
        RUN_UNTIL(&h, notes.ends);
        assert_int_equal(notes.end.signal, SIGKILL);
        assert_string_equal(notes.last_words, "");
        assert_true(notes.end.running == handles[i]);
    }
    /* Where there is no question, there is no page: the fake worker takes it ill to be given one. */
    struct worker_settings run = {.role = IPC_ROLE_GUEST, .group = "no page", .code_path = "/tmp/code.bin"};
    struct notes notes = {.kept_fd = -1};
    struct worker *worker = NULL;
    assert_int_equal(worker_start(h.workers, &run, &note_hooks, &notes, &worker, NULL), 0);
    RUN_UNTIL(&h, notes.ready);
    worker_kill(worker);
    RUN_UNTIL(&h, notes.ends);
    assert_true(notes.end.running == 0);
    harness_stop(&h);
}

/* Every frame that was sent before the end comes before the report of the end. */
static void test_last_frames(void **state) {
    (void)state;
    struct harness h;
    harness_start(&h, NULL);
    struct notes notes;
    struct worker *worker = start_worker(&h, "", false, &notes);
    command(worker, 1, "last", -1);
    RUN_UNTIL(&h, notes.ends);
    assert_int_equal(notes.frames, 100);
    assert_int_equal(notes.instance, 100);
    assert_int_equal(notes.end.code, 5);
    harness_stop(&h);
}

/* A process that gave its end of the channel away, to us even, keeps nobody waiting. */
static void test_channel_given_away(void **state) {
    (void)state;
    struct harness h;
    harness_start(&h, NULL);
    struct notes notes;
    struct worker *worker = start_worker(&h, "", false, &notes);
    command(worker, 1, "give away channel", -1);
    RUN_UNTIL(&h, notes.ends);
    assert_true(notes.kept_fd >= 0);
    assert_int_equal(notes.end.signal, SIGKILL);
    close(notes.kept_fd);
    harness_stop(&h);
}

static void test_outside_kill(void **state) {
    (void)state;
    struct harness h;
    harness_start(&h, NULL);
    struct notes notes;
    struct worker *worker = start_worker(&h, "", true, &notes);
    kill(worker_pid(worker), SIGKILL); /* before it is ready */
    RUN_UNTIL(&h, notes.ends);
    assert_int_equal(notes.end.state, WORKER_LOST);
    assert_int_equal(notes.end.signal, SIGKILL);
    worker = start_worker(&h, "", true, &notes);
    RUN_UNTIL(&h, notes.ready);
    kill(worker_pid(worker), SIGKILL);
    RUN_UNTIL(&h, notes.ends);
    assert_int_equal(notes.end.state, WORKER_LOST);
    assert_true(notes.end.was_ready);
    harness_stop(&h);
}

/* --- draining and killing --- */

static void test_stubborn(void **state) {
    (void)state;
    struct harness h;
    harness_start(&h, NULL);
    struct notes notes;
    struct worker *worker = start_worker(&h, "stubborn", false, &notes);
    RUN_UNTIL(&h, notes.ready);
    worker_drain(worker, 200);
    worker_drain(worker, 100000); /* an earlier deadline stays */
    RUN_UNTIL(&h, notes.ends);
    assert_int_equal(notes.end.state, WORKER_EXITED);
    assert_int_equal(notes.end.signal, SIGKILL);
    assert_true(notes.end.wanted);
    assert_int_equal(notes.code, 0);
    harness_stop(&h);
}

static void test_drain_early_and_sour(void **state) {
    (void)state;
    struct harness h;
    harness_start(&h, NULL);
    struct notes notes;
    struct worker *worker = start_worker(&h, "web", false, &notes);
    worker_drain(worker, 10000); /* while it is spawning */
    assert_int_equal(worker_get_state(worker), WORKER_DRAINING);
    RUN_UNTIL(&h, notes.ends);
    assert_int_equal(notes.end.state, WORKER_EXITED);
    /* Told to finish, it ends with a code of its own: that is not as it should be. */
    worker = start_worker(&h, "sour", false, &notes);
    RUN_UNTIL(&h, notes.ready);
    worker_drain(worker, 10000);
    RUN_UNTIL(&h, notes.ends);
    assert_int_equal(notes.end.state, WORKER_LOST);
    assert_int_equal(notes.end.code, 9);
    assert_true(notes.end.wanted);
    harness_stop(&h);
}

static void kill_it(struct worker *worker, struct notes *notes) {
    worker_kill(worker);
    worker_kill(worker);
    assert_int_equal(notes->ends, 0); /* never from inside */
    assert_int_equal(worker_send(worker, IPC_DRAIN, &(struct ipc_drain){}, NULL, NULL), ARCELLA_E_CLOSED);
}

static void test_kill_from_callback(void **state) {
    (void)state;
    struct harness h;
    harness_start(&h, NULL);
    struct notes notes;
    struct worker *worker = start_worker(&h, "", true, &notes);
    notes.at_frame = kill_it;
    command(worker, 1, "hello", -1);
    RUN_UNTIL(&h, notes.ends);
    assert_int_equal(notes.end.state, WORKER_EXITED);
    worker = start_worker(&h, "", true, &notes);
    worker_kill(worker); /* before anything */
    RUN_UNTIL(&h, notes.ends);
    assert_int_equal(notes.end.state, WORKER_EXITED);
    assert_false(notes.end.was_ready);
    assert_int_equal(notes.ready, 0);
    harness_stop(&h);
}

/* --- stderr --- */

static void test_flood(void **state) {
    (void)state;
    struct harness h;
    harness_start(&h, NULL);
    struct notes notes;
    struct worker *worker = start_worker(&h, "", false, &notes);
    command(worker, 1, "flood", -1);
    RUN_UNTIL(&h, notes.frames);
    worker_kill(worker);
    RUN_UNTIL(&h, notes.ends);
    assert_string_equal(notes.first_line, "line 0 of a flood");
    assert_true(notes.lines >= LIMIT_LOG_BURST_LINES && notes.lines <= 20001);
    assert_true(strlen(notes.last_words) <= LIMIT_LAST_WORDS_BYTES);
    assert_non_null(strstr(notes.last_words, "line 19999 of a flood\nno newline at the end"));
    harness_stop(&h);
}

/* --- many at once, and kill -9 at any moment --- */

static void test_many(void **state) {
    (void)state;
    struct harness h;
    harness_start(&h, NULL);
    unsigned before = count_fds();
    enum { MANY = 12 };
    struct notes notes[MANY];
    unsigned seed = (unsigned)time(NULL);
    print_message("seed %u\n", seed);
    for (int round = 0; round < 4; round++) {
        struct worker *workers[MANY];
        for (int i = 0; i < MANY; i++) {
            workers[i] = start_worker(&h, "", true, &notes[i]);
            command(workers[i], 1, "hello", -1);
        }
        for (int i = 0; i < MANY; i++) {
            for (int turns = rand_r(&seed) % 4; turns > 0; turns--)
                loop_run_ready(h.loop);
            if (!notes[i].ends)
                kill(worker_pid(workers[i]), SIGKILL);
        }
        for (int i = 0; i < MANY; i++)
            RUN_UNTIL(&h, notes[i].ends);
        for (int i = 0; i < MANY; i++)
            assert_int_equal(notes[i].end.state, WORKER_LOST);
        assert_int_equal(workers_count(h.workers), 0);
        assert_true(is_empty(h.run));
    }
    assert_in_range(count_fds(), before, before + 3);
    harness_stop(&h);
}

/* --- the parent's own end --- */

/* A parent that starts workers until somebody kills it. */
static NORETURN void be_parent(const char *run, int told) {
    struct harness h = {0};
    struct workers_config config = {.program = FAKE_WORKER, .run_directory = run};
    struct notes notes[3];
    if (loop_new(&h.loop, NULL) < 0)
        _exit(1);
    config.loop = h.loop;
    if (workers_new(&config, &h.workers, NULL) < 0)
        _exit(1);
    for (int i = 0; i < 3; i++)
        start_worker(&h, "", true, &notes[i]);
    if (write(told, "x", 1) != 1)
        _exit(1);
    for (;;)
        loop_run_once(h.loop);
}

static void test_parent_killed(void **state) {
    (void)state;
    char run[] = "/tmp/arcella-workers-XXXXXX";
    assert_non_null(mkdtemp(run));
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
    for (int round = 0; round < 5; round++) {
        int told[2];
        assert_int_equal(pipe(told), 0);
        pid_t parent = fork();
        if (parent == 0)
            be_parent(run, told[1]);
        char byte;
        assert_int_equal(read(told[0], &byte, 1), 1);
        close(told[0]);
        close(told[1]);
        usleep((useconds_t)round * 1000);
        assert_int_equal(kill(parent, SIGKILL), 0);
        /* It, and its three workers, which are ours now. A worker that lived on would be waited for in vain.
         */
        for (int i = 0; i < 4; i++)
            assert_true(waitpid(-1, NULL, 0) > 0);
        assert_true(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
        assert_false(is_empty(run));
        assert_int_equal(workers_sweep(run, NULL), 0);
        assert_true(is_empty(run));
    }
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0), 0);
    assert_int_equal(rmdir(run), 0);
}

/* --- what fails at the start leaves nothing --- */

static void test_no_program(void **state) {
    (void)state;
    struct harness h;
    harness_start(&h, NULL);
    struct workers_config config = {.loop = h.loop, .program = "/nowhere/arcella-worker"};
    struct workers *none = NULL;
    arcella_error *error = NULL;
    assert_int_equal(workers_new(&config, &none, &error), ARCELLA_E_NOT_FOUND);
    assert_non_null(strstr(arcella_error_message(error), "/nowhere/arcella-worker"));
    arcella_error_free(error);
    /* A program that is there and then is not. */
    char copy[] = "/tmp/arcella-program-XXXXXX";
    int fd = mkstemp(copy);
    assert_int_equal(fchmod(fd, 0700), 0);
    close(fd);
    config.program = copy;
    assert_int_equal(workers_new(&config, &none, NULL), 0);
    unlink(copy);
    struct worker_settings settings = {.role = IPC_ROLE_GUEST};
    struct worker *worker = NULL;
    struct notes notes;
    assert_int_equal(worker_start(none, &settings, &note_hooks, &notes, &worker, NULL), ARCELLA_E_NOT_FOUND);
    assert_int_equal(workers_count(none), 0);
    workers_free(none);
    harness_stop(&h);
}

#ifdef ARCELLA_FAULTS
static void test_faults(void **state) {
    (void)state;
    struct harness h;
    harness_start(&h, NULL);
    struct notes notes;
    struct worker_settings settings = {.role = IPC_ROLE_GUEST, .code_directory = true, .group = "g"};
    /* Once without a fault, for what the loop makes once. */
    struct worker *worker = start_worker(&h, "", true, &notes);
    worker_kill(worker);
    RUN_UNTIL(&h, notes.ends);
    unsigned before = count_fds();
    for (int kind = FAULT_ALLOC; kind <= FAULT_SYS; kind++)
        for (uint64_t nth = 1;; nth++) {
            arcella_error *error = NULL;
            worker = NULL;
            fault_set((enum fault_kind)kind, nth, kind == FAULT_ALLOC ? ENOMEM : EIO);
            int r = worker_start(h.workers, &settings, &note_hooks, &notes, &worker, &error);
            bool reached = fault_count((enum fault_kind)kind) >= nth;
            fault_set((enum fault_kind)kind, 0, 0);
            arcella_error_free(error);
            if (r == 0) {
                notes = (struct notes){.kept_fd = -1};
                worker_kill(worker);
                RUN_UNTIL(&h, notes.ends);
            }
            assert_int_equal(workers_count(h.workers), 0);
            assert_int_equal(count_fds(), before);
            assert_true(is_empty(h.run));
            if (!reached) {
                assert_int_equal(r, 0);
                print_message("kind %d: %llu places\n", kind, (unsigned long long)nth - 1);
                break;
            }
        }
    harness_stop(&h);
}
#endif

static int by_value(const void *a, const void *b) {
    const uint64_t *x = a;
    const uint64_t *y = b;
    return (*x > *y) - (*x < *y);
}

/* No assertion: a figure to look at when start-up gets slow. */
static void test_cost(void **state) {
    (void)state;
    struct harness h;
    harness_start(&h, NULL);
    enum { ROUNDS = 21 };
    uint64_t spawn[ROUNDS], ready[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        struct notes notes;
        uint64_t begin = clock_monotonic_ns();
        struct worker *worker = start_worker(&h, "", false, &notes);
        spawn[i] = clock_monotonic_ns() - begin;
        RUN_UNTIL(&h, notes.ready);
        ready[i] = clock_monotonic_ns() - begin;
        worker_kill(worker);
        RUN_UNTIL(&h, notes.ends);
    }
    qsort(spawn, ROUNDS, sizeof(spawn[0]), by_value);
    qsort(ready, ROUNDS, sizeof(ready[0]), by_value);
    print_message("median: worker_start %llu us, to ready %llu us\n",
                  (unsigned long long)spawn[ROUNDS / 2] / 1000, (unsigned long long)ready[ROUNDS / 2] / 1000);
    harness_stop(&h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_life),
        cmocka_unit_test(test_world),
        cmocka_unit_test(test_network),
        cmocka_unit_test(test_descriptors_travel),
        cmocka_unit_test(test_code_directory),
        cmocka_unit_test(test_no_code_directory),
        cmocka_unit_test(test_sweep),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_last_frames),
        cmocka_unit_test(test_who_ran),
        cmocka_unit_test(test_channel_given_away),
        cmocka_unit_test(test_outside_kill),
        cmocka_unit_test(test_stubborn),
        cmocka_unit_test(test_drain_early_and_sour),
        cmocka_unit_test(test_kill_from_callback),
        cmocka_unit_test(test_flood),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_parent_killed),
        cmocka_unit_test(test_no_program),
#ifdef ARCELLA_FAULTS
        cmocka_unit_test(test_faults),
#endif
        cmocka_unit_test(test_cost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
