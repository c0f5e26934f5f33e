/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Guest: puts a symbolic link in the place of an empty directory, as somebody would who wants the next
 * process to follow it.
 *
 *   swap_link TARGET PATH
 *
 * Output: `linked PATH`, exit 0; on failure one line on stderr with path, error text and number, exit 1.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: swap_link TARGET PATH\n");
        return 2;
    }
    if ((rmdir(argv[2]) < 0 && errno != ENOENT) || symlink(argv[1], argv[2]) < 0) {
        fprintf(stderr, "swap_link: %s: %s (errno %d)\n", argv[2], strerror(errno), errno);
        return 1;
    }
    printf("linked %s\n", argv[2]);
    return 0;
}
