/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Guest: tries again and again what it may do, and tells when the answer changes.
 *
 *   try_files PERIOD_MS PATH…
 *
 * PATH is read; +PATH is written.  A line `start`, then for each path whose answer is another than before
 * `PATH ok` or `PATH ERRNO`.  The first path, where it is
 * read, is also kept open: `held ok` as long as reading from it works.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PATHS_MAX 16

static int try_one(const char *path) {
    int fd = *path == '+' ? open(path + 1, O_WRONLY | O_CREAT, 0666) : open(path, O_RDONLY);
    if (fd < 0)
        return errno;
    char byte = 'x';
    int answer = (*path == '+' ? write(fd, &byte, 1) : read(fd, &byte, 1)) < 0 ? errno : 0;
    close(fd);
    return answer;
}

static void tell(const char *what, int answer, int *before) {
    if (answer == *before)
        return;
    *before = answer;
    printf("%s %s\n", what, answer ? strerror(answer) : "ok");
    fflush(stdout);
}

int main(int argc, char **argv) {
    int before[PATHS_MAX], held = -1, held_before = -1;
    int count = argc - 2 < PATHS_MAX ? argc - 2 : PATHS_MAX;
    long period = argc > 1 ? atol(argv[1]) : 50;
    memset(before, 0xff, sizeof before);
    printf("start %s\n", getenv("WORD") ? getenv("WORD") : "-");
    fflush(stdout);
    for (;;) {
        for (int i = 0; i < count; i++)
            tell(argv[2 + i], try_one(argv[2 + i]), &before[i]);
        if (held < 0 && count > 0 && argv[2][0] != '+')
            held = open(argv[2], O_RDONLY);
        char byte;
        if (held >= 0)
            tell("held", pread(held, &byte, 1, 0) < 0 ? errno : 0, &held_before);
        struct timespec t = {.tv_sec = period / 1000, .tv_nsec = (period % 1000) * 1000000};
        nanosleep(&t, NULL);
    }
}
