/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Example guest: prints a file.
 *
 *   read_file PATH…
 *
 * What it may read is what it was granted: with no `--dir` there is no file at all for it.  On failure one
 * line on stderr with path, error text and number, and exit code 1.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int fail(const char *what, const char *path) {
    fprintf(stderr, "read_file: cannot %s %s: %s (errno %d)\n", what, path, strerror(errno), errno);
    return 1;
}

static int print_file(const char *path) {
    static char buf[65536];
    int fd = open(path, O_RDONLY);
    if (fd < 0)
        return fail("open", path);
    for (;;) {
        ssize_t n = read(fd, buf, sizeof buf);
        if (n < 0)
            return fail("read", path);
        if (n == 0)
            break;
        if (fwrite(buf, 1, (size_t)n, stdout) != (size_t)n)
            return fail("print", path);
    }
    close(fd);
    return 0;
}

int main(int argc, char **argv) {
    if (argc < 2) {
        fprintf(stderr, "usage: read_file PATH...\n");
        return 2;
    }
    for (int i = 1; i < argc; i++)
        if (print_file(argv[i]))
            return 1;
    return fflush(stdout) ? 1 : 0;
}
