/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What worker processes cost: bench_workers CODE_FOLDER HELLO_CODE TICKER_CODE
 *
 *   a round trip daemon-worker against a bare socketpair ping-pong of the same bytes between two processes
 *   start of a cached program in a warm worker
 *   resident memory of an idle worker, and of one more small instance
 *
 * Code files are cache entries, which bench/run finds in the home of the daemon it started.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/loop.h"
#include "bench.h"
#include "wire/frame.h"
#include "workers/workers.h"

enum { PAIRS = 31, ROUNDS = 2000, STARTS = 61, CROWD = 200 };

static void check(int r, const arcella_error *error) {
    if (r < 0) {
        fprintf(stderr, "bench_workers: %s\n", arcella_error_message(error));
        exit(1);
    }
}

struct bench {
    struct loop *loop;
    struct workers *workers;
    struct worker *worker;
    bool ready;
    unsigned answers;
    unsigned started;
    unsigned ended;
    size_t answer_bytes;
};

static void on_ready(struct worker *worker, const struct ipc_ready *ready, void *user) {
    (void)worker;
    (void)ready;
    ((struct bench *)user)->ready = true;
}

static void on_frame(struct worker *worker, struct frame *frame, void *user) {
    struct bench *bench = user;
    (void)worker;
    const struct ipc_message *message = &frame->message;
    switch (message->type) {
    case IPC_FIGURES_ARE: bench->answers++; break;
    case IPC_STARTED: bench->started++; break;
    case IPC_ENDED: bench->ended++; break;
    case IPC_START_FAILED:
        fprintf(stderr, "bench_workers: %s\n", message->start_failed.message.data);
        exit(1);
    default: break;
    }
}

static void on_end(struct worker *worker, const struct worker_end *end, void *user) {
    (void)worker;
    (void)user;
    if (end->state == WORKER_LOST) {
        fprintf(stderr, "bench_workers: worker lost: %s\n", arcella_error_message(end->error));
        exit(1);
    }
}

/* --- the round trip --- */

static double ours_us(struct bench *bench) {
    arcella_error *error = NULL;
    uint64_t began = bench_ns();
    for (unsigned i = 0; i < ROUNDS; i++) {
        unsigned before = bench->answers;
        struct channel_extra extra = {.call = i + 1};
        check(worker_send(bench->worker, IPC_FIGURES, &(struct ipc_figures){}, &extra, &error), error);
        while (bench->answers == before)
            loop_run_once(bench->loop);
    }
    return (double)(bench_ns() - began) / ROUNDS / 1000;
}

static void bare_peer(int fd, size_t request, size_t answer) {
    char block[4096];
    for (;;) {
        size_t got = 0;
        while (got < request) {
            ssize_t n = read(fd, block, request - got);
            if (n <= 0)
                _exit(0);
            got += (size_t)n;
        }
        if (write(fd, block, answer) != (ssize_t)answer)
            _exit(1);
    }
}

static double bare_us(int fd, size_t request, size_t answer) {
    char block[4096] = {0};
    uint64_t began = bench_ns();
    for (unsigned i = 0; i < ROUNDS; i++) {
        if (write(fd, block, request) != (ssize_t)request)
            exit(1);
        for (size_t got = 0; got < answer;) {
            ssize_t n = read(fd, block, answer - got);
            if (n <= 0)
                exit(1);
            got += (size_t)n;
        }
    }
    return (double)(bench_ns() - began) / ROUNDS / 1000;
}

/* The same bytes: what the two frames weigh. */
static void weigh(size_t *ret_request, size_t *ret_answer) {
    arcella_error *error = NULL;
    struct buffer sizes = BUFFER_INIT(LIMIT_FRAME_BYTES);
    check(ipc_encode(IPC_FIGURES, &(struct ipc_figures){}, IPC_PACK, &sizes, &error), error);
    *ret_request = FRAME_HEADER_BYTES + sizes.length;
    buffer_clear(&sizes);
    check(ipc_encode(IPC_FIGURES_ARE, &(struct ipc_figures_are){0}, IPC_PACK, &sizes, &error), error);
    *ret_answer = FRAME_HEADER_BYTES + sizes.length;
    buffer_done(&sizes);
}

static void round_trips(struct bench *bench, const char *name) {
    size_t request, answer;
    int pair[2];
    weigh(&request, &answer);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        exit(1);
    pid_t pid = fork();
    if (pid == 0) {
        close(pair[0]);
        bare_peer(pair[1], request, answer);
    }
    close(pair[1]);
    static double a[PAIRS], b[PAIRS];
    for (int i = -2; i < PAIRS; i++) {
        double x = ours_us(bench), y = bare_us(pair[0], request, answer);
        if (i >= 0)
            a[i] = x, b[i] = y;
    }
    close(pair[0]);
    kill(pid, SIGKILL);
    bench_report(name, "us", a, b, PAIRS);
}

/* --- starts --- */

static void start(struct bench *bench, uint64_t handle, const char *code, const char *arg) {
    arcella_error *error = NULL;
    struct text args[2] = {TEXT("program"), text_of(arg)};
    struct ipc_start message = {
        .instance = handle,
        .address = TEXT("bench/0"),
        .component = TEXT("bench@1.0.0"),
        .digest = TEXT(""),
        .code = text_of(code),
        .args = args,
        .args_count = 2,
        .stdio = IPC_STDIO_LOG,
        .memory_bytes = DEFAULT_MEMORY_BYTES,
        .table_elements = DEFAULT_TABLE_ELEMENTS,
        .startup_ms = DEFAULT_START_UP_MS,
        .entrypoint = TEXT(""),
        .shutdown = TEXT(""),
    };
    check(worker_send(bench->worker, IPC_START, &message, NULL, &error), error);
}

static void wait_for(struct bench *bench, const unsigned *counter, unsigned wanted) {
    while (*counter < wanted)
        loop_run_once(bench->loop);
}

static void starts(struct bench *bench, const char *name) {
    static double us[STARTS];
    for (int i = -3; i < STARTS; i++) {
        unsigned ended = bench->ended;
        uint64_t began = bench_ns();
        start(bench, (uint64_t)(i + 10), "hello", "x");
        wait_for(bench, &bench->ended, ended + 1);
        if (i >= 0)
            us[i] = (double)(bench_ns() - began) / 1000;
    }
    bench_value(name, "us", us, STARTS);
}

/*
 * Once with both ends on one processor, which measures what is done, and once where the kernel puts them: on
 * a machine that is idle that mostly measures how long a processor takes to wake.
 */
static void bench_twice(struct bench *bench, void (*measure)(struct bench *, const char *), const char *name,
                        const char *name_apart) {
    cpu_set_t all, one;
    pid_t worker = worker_pid(bench->worker);
    if (sched_getaffinity(0, sizeof(all), &all))
        exit(1);
    CPU_ZERO(&one);
    for (int i = 0; i < CPU_SETSIZE && !CPU_COUNT(&one); i++)
        if (CPU_ISSET(i, &all))
            CPU_SET(i, &one);
    if (sched_setaffinity(0, sizeof(one), &one) || sched_setaffinity(worker, sizeof(one), &one))
        exit(1);
    measure(bench, name);
    if (sched_setaffinity(0, sizeof(all), &all) || sched_setaffinity(worker, sizeof(all), &all))
        exit(1);
    measure(bench, name_apart);
}

/* --- memory --- */

static double resident_kib(pid_t pid) {
    char path[64], text[128];
    snprintf(path, sizeof path, "/proc/%d/statm", (int)pid);
    FILE *file = fopen(path, "re");
    unsigned long size, resident;
    if (!file || !fgets(text, sizeof text, file) || sscanf(text, "%lu %lu", &size, &resident) != 2)
        exit(1);
    fclose(file);
    return (double)resident * (double)sysconf(_SC_PAGESIZE) / 1024;
}

static void settle(struct bench *bench) {
    for (int i = 0; i < 200; i++) {
        loop_run_ready(bench->loop);
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
}

static void bench_memory(struct bench *bench) {
    unsigned started = bench->started;
    start(bench, 1000, "ticker", "100000");
    wait_for(bench, &bench->started, started + 1);
    settle(bench);
    double one = resident_kib(worker_pid(bench->worker));
    for (uint64_t i = 1; i <= CROWD; i++)
        start(bench, 1000 + i, "ticker", "100000");
    wait_for(bench, &bench->started, started + 1 + CROWD);
    settle(bench);
    double each = (resident_kib(worker_pid(bench->worker)) - one) / CROWD;
    bench_value("resident memory, one more small instance", "KB", &each, 1);
}

int main(int argc, char **argv) {
    if (argc != 4)
        return 2;
    arcella_error *error = NULL;
    json_setup();
    signal(SIGPIPE, SIG_IGN);
    struct bench bench = {.ready = false};
    check(loop_new(&bench.loop, &error), error);
    struct workers_config config = {
        .loop = bench.loop, .run_directory = argv[1], .program = getenv("ARCELLA_WORKER")};
    check(worker_ids_find(NULL, false, &config.ids, &error), error);
    check(workers_new(&config, &bench.workers, &error), error);
    struct worker_settings settings = {.role = IPC_ROLE_GUEST,
                                       .group = "bench",
                                       .code_directory = true,
                                       .owner_uid = (uint64_t)getuid(),
                                       .open_files = 20000};
    struct worker_hooks hooks = {.on_ready = on_ready, .on_frame = on_frame, .on_end = on_end};
    check(worker_start(bench.workers, &settings, &hooks, &bench, &bench.worker, &error), error);
    check(worker_add_code(bench.worker, -1, argv[2], "hello", &error), error);
    check(worker_add_code(bench.worker, -1, argv[3], "ticker", &error), error);
    while (!bench.ready)
        loop_run_once(bench.loop);
    settle(&bench);
    double idle = resident_kib(worker_pid(bench.worker)) / 1024;
    bench_value("resident memory, idle worker", "MB", &idle, 1);
    bench_twice(&bench, round_trips, "IPC round trip daemon-worker",
                "IPC round trip daemon-worker, wherever the kernel puts them");
    bench_twice(&bench, starts, "start of a cached hello in a warm worker, to its end",
                "start of a cached hello, wherever the kernel puts them");
    bench_memory(&bench);
    workers_free(bench.workers);
    loop_free(bench.loop);
    return 0;
}
