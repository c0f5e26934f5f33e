/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Guest: writes text to a file, or adds to one.
 *
 *   write_file PATH TEXT [append]
 *
 * Output: `wrote N bytes to PATH`, exit 0; on failure one line on stderr with path, error text and
 * number, exit 1.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int fail(const char *what, const char *path) {
    fprintf(stderr, "write_file: %s %s: %s (errno %d)\n", what, path, strerror(errno), errno);
    return 1;
}

int main(int argc, char **argv) {
    if (argc < 3) {
        fprintf(stderr, "usage: write_file PATH TEXT [append]\n");
        return 2;
    }
    int append = argc > 3 && strcmp(argv[3], "append") == 0;
    int fd = open(argv[1], O_WRONLY | O_CREAT | (append ? O_APPEND : O_TRUNC), 0644);
    if (fd < 0)
        return fail("open", argv[1]);

    size_t len = strlen(argv[2]);
    for (size_t done = 0; done < len;) {
        ssize_t n = write(fd, argv[2] + done, len - done);
        if (n < 0)
            return fail("write", argv[1]);
        done += (size_t)n;
    }
    if (close(fd) < 0)
        return fail("close", argv[1]);
    printf("wrote %zu bytes to %s\n", len, argv[1]);
    return 0;
}
