/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Guest: a long-lived program with an exported function `shutdown`.
 *
 *   shutdown_hook [linger]
 *
 * Prints `up`, then waits in short sleeps.  `shutdown` prints `shutting down` and raises a flag, and
 * the program ends with `down` and code 0 at its next wake-up; with `linger` it takes no notice, so
 * it has to be ended by force.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

static volatile int stopping;

__attribute__((export_name("shutdown"))) void shutdown_hook(void) {
    puts("shutting down");
    fflush(stdout);
    stopping = 1;
}

int main(int argc, char **argv) {
    int linger = argc > 1 && strcmp(argv[1], "linger") == 0;
    puts("up");
    fflush(stdout);
    while (!stopping || linger)
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    puts("down");
    return 0;
}
