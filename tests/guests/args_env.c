/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Guest: prints what it was started with, one item a line.
 *
 *   args_env [ARG…]
 *
 * Output: `args N`, then `arg I TEXT` for each argument, then `env NAME=VALUE` for each variable, in
 * the order in which the host gave them.
 */
#include <stdio.h>

extern char **environ;

int main(int argc, char **argv) {
    printf("args %d\n", argc);
    for (int i = 0; i < argc; i++)
        printf("arg %d %s\n", i, argv[i]);
    for (char **e = environ; e && *e; e++)
        printf("env %s\n", *e);
    return 0;
}
