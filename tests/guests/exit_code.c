/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Guest: ends with the exit code given, by proc_exit from a nested call, not by returning.
 *
 *   exit_code CODE [TEXT]
 *
 * TEXT goes to stderr first.  With no CODE it ends with 2.
 */
#include <stdio.h>
#include <stdlib.h>

__attribute__((noinline)) static void leave(int code) {
    exit(code);
}

int main(int argc, char **argv) {
    if (argc > 2)
        fprintf(stderr, "%s\n", argv[2]);
    leave(argc > 1 ? atoi(argv[1]) : 2);
    puts("not reached");
    return 99;
}
