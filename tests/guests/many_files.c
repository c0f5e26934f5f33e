/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Guest: opens one file again and again without closing it.
 *
 *   many_files PATH [COUNT]
 *
 * Output: `opened N of COUNT` (COUNT is 10000 by default) and, when it was refused, the error text
 * and number; exit 1 then.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv) {
    if (argc < 2) {
        fprintf(stderr, "usage: many_files PATH [COUNT]\n");
        return 2;
    }
    unsigned long count = argc > 2 ? strtoul(argv[2], NULL, 10) : 10000, n = 0;
    while (n < count && open(argv[1], O_RDONLY) >= 0)
        n++;
    if (n == count) {
        printf("opened %lu of %lu\n", n, count);
        return 0;
    }
    printf("opened %lu of %lu: %s (errno %d)\n", n, count, strerror(errno), errno);
    return 1;
}
