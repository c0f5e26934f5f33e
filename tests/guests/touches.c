/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Touches what a program has of its surroundings and says what it found, in the same words as the programs of
 * the same name in other languages: arguments, environment, clocks, random numbers, standard input, files
 * below /data, the exit status ("fail" as the last argument: 1).
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int by_name(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void tell_sorted(const char *what, char **texts, size_t count) {
    qsort(texts, count, sizeof *texts, by_name);
    printf("%s:", what);
    for (size_t i = 0; i < count; i++)
        printf(" %s", texts[i]);
    printf("\n");
}

static void tell_environment(void) {
    extern char **environ;
    size_t count = 0;
    while (environ[count])
        count++;
    tell_sorted("env", environ, count);
}

static double now(clockid_t clock) {
    struct timespec t;
    return clock_gettime(clock, &t) ? -1 : (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void tell_clocks(void) {
    double before = now(CLOCK_MONOTONIC);
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    double slept = now(CLOCK_MONOTONIC) - before;
    printf("clocks: %s %s\n", now(CLOCK_REALTIME) > 1.7e9 ? "after 2023" : "long ago",
           slept >= 0.02 && slept < 20 ? "slept" : "did not sleep");
}

static void tell_random(void) {
    unsigned char a[16], b[16];
    int good = getentropy(a, sizeof a) == 0 && getentropy(b, sizeof b) == 0;
    printf("random: %s\n", good && memcmp(a, b, sizeof a) ? "two that differ" : "none");
}

static void tell_files(void) {
    char line[100] = "", *found[20];
    FILE *file = fopen("/data/in.txt", "r");
    printf("file: %s\n", file && fgets(line, sizeof line, file) ? line : strerror(errno));
    if (file)
        fclose(file);
    file = fopen("/data/out.txt", "w");
    if (file) {
        fputs("from the guest\n", file);
        fclose(file);
    }
    printf("mkdir: %s\n", mkdir("/data/made", 0777) == 0 ? "done" : strerror(errno));
    printf("rename: %s\n", rename("/data/out.txt", "/data/made/out.txt") == 0 ? "done" : strerror(errno));
    size_t count = 0;
    DIR *dir = opendir("/data");
    for (struct dirent *entry; dir && (entry = readdir(dir)) && count < 20;)
        if (entry->d_name[0] != '.')
            found[count++] = strdup(entry->d_name);
    if (dir)
        closedir(dir);
    tell_sorted("dir", found, count);
    struct stat told;
    printf("size: %d\n", stat("/data/made/out.txt", &told) == 0 ? (int)told.st_size : -1);
    printf("none: %s\n", fopen("/data/none", "r") ? "there" : errno == ENOENT ? "missing" : strerror(errno));
    printf("outside: %s\n", fopen("/data/../secret", "r") ? "there" : "refused");
}

int main(int argc, char **argv) {
    printf("args:");
    for (int i = 1; i < argc; i++)
        printf(" [%s]", argv[i]);
    printf("\n");
    tell_environment();
    char input[100] = "";
    size_t length = fread(input, 1, sizeof input - 1, stdin);
    printf("stdin: %d bytes\n", (int)length);
    tell_clocks();
    tell_random();
    tell_files();
    fprintf(stderr, "to the other stream\n");
    return argc > 1 && strcmp(argv[argc - 1], "fail") == 0;
}
