/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Guest: copies stdin to stdout until its end, byte for byte, then says how much on stderr.
 *
 *   cat_stdin
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(void) {
    static char buf[65536];
    unsigned long long total = 0;
    for (;;) {
        ssize_t n = read(0, buf, sizeof buf);
        if (n < 0) {
            fprintf(stderr, "cat_stdin: read: %s (errno %d)\n", strerror(errno), errno);
            return 1;
        }
        if (n == 0)
            break;
        for (ssize_t done = 0; done < n;) {
            ssize_t w = write(1, buf + done, (size_t)(n - done));
            if (w < 0) {
                fprintf(stderr, "cat_stdin: write: %s (errno %d)\n", strerror(errno), errno);
                return 1;
            }
            done += w;
        }
        total += (unsigned long long)n;
    }
    fprintf(stderr, "%llu bytes\n", total);
    return 0;
}
