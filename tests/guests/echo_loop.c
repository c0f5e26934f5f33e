/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Guest: answers each line of stdin with a line, at once; ends at `quit` or at the end of input.
 *
 *   echo_loop
 *
 * Output: `ready`, then `echo: LINE` for each line, then `bye N` with the number of lines.
 */
#include <stdio.h>
#include <string.h>

int main(void) {
    static char line[4096];
    unsigned long n = 0;
    puts("ready");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = 0;
        if (strcmp(line, "quit") == 0)
            break;
        n++;
        printf("echo: %s\n", line);
        fflush(stdout);
    }
    printf("bye %lu\n", n);
    return 0;
}
