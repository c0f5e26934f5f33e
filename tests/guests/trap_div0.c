/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Guest: traps by a division by zero, three named functions deep.
 *
 *   trap_div0
 *
 * Prints `about to trap` first, so a test sees that output before a trap is not lost.  Built with
 * its names kept: the backtrace must show trap_inner, trap_middle, trap_outer.
 *
 * guest-flags: keep-names
 */
#include <stdio.h>

static volatile int zero;

__attribute__((noinline)) static int trap_inner(void) {
    return 7 / zero;
}

__attribute__((noinline)) static int trap_middle(void) {
    return trap_inner() + zero + 1;
}

__attribute__((noinline)) static int trap_outer(void) {
    return trap_middle() + zero + 2;
}

int main(void) {
    puts("about to trap");
    fflush(stdout);
    printf("not reached: %d\n", trap_outer());
    return 0;
}
