/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Whole commands, in pairs: bench_spawn NAME PAIRS OURS… -- REFERENCE…
 * Each pair runs ours and the reference once, output to /dev/null, and both must exit with 0.
 */
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

extern char **environ;

static double run_us(char **argv) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    uint64_t began = bench_ns();
    pid_t pid;
    int status = 1;
    if (posix_spawn(&pid, argv[0], &actions, NULL, argv, environ) != 0 || waitpid(pid, &status, 0) != pid ||
        status != 0) {
        fprintf(stderr, "bench_spawn: %s failed (%d)\n", argv[0], status);
        exit(1);
    }
    double us = (double)(bench_ns() - began) / 1000;
    posix_spawn_file_actions_destroy(&actions);
    return us;
}

int main(int argc, char **argv) {
    enum { PAIRS_MAX = 64 };
    int split = 3;
    while (split < argc && strcmp(argv[split], "--") != 0)
        split++;
    if (argc < 6 || split >= argc - 1)
        return 2;
    size_t pairs = strtoul(argv[2], NULL, 10);
    argv[split] = NULL;
    static double ours[PAIRS_MAX], reference[PAIRS_MAX];
    if (pairs < 1 || pairs > PAIRS_MAX)
        return 2;
    for (size_t i = 0; i < 3; i++) { /* warm */
        run_us(argv + 3);
        run_us(argv + split + 1);
    }
    for (size_t i = 0; i < pairs; i++) {
        ours[i] = run_us(argv + 3);
        reference[i] = run_us(argv + split + 1);
    }
    bench_report(argv[1], "us", ours, reference, pairs);
    return 0;
}
