/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Guest: traps by a load beyond the end of its memory, three named functions deep.
 *
 *   trap_oob
 *
 * Prints `about to trap` first, so a test sees that output before a trap is not lost.  Built with
 * its names kept: the backtrace must show trap_inner, trap_middle, trap_outer.
 *
 * guest-flags: keep-names
 */
#include <stdio.h>

static volatile int zero;

__attribute__((noinline)) static int trap_inner(void) {
    return *(volatile int *)(0xfffffff0u + (unsigned)zero);
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
