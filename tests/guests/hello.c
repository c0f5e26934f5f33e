/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Guest: says hello and returns its first argument as exit code.
 *
 *   hello [CODE]
 *
 * The smallest complete program of the tests: one line on stdout, exit code CODE or 0.
 *
 * guest-flags: component
 */
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
    puts("hello from a guest");
    return argc > 1 ? atoi(argv[1]) : 0;
}
