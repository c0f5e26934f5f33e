/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Guest: calls itself without end, using the engine's stack only (no stack of its own in memory).
 *
 *   recurse
 *
 * guest-flags: keep-names
 */
#include <stdio.h>

static volatile int never;

/* The division keeps the compiler from turning the recursion into a loop. */
__attribute__((noinline, disable_tail_calls)) static int recurse_down(int n) {
    if (n == never)
        return 1;
    return 1000000 / (recurse_down(n + 1) | 1) + n;
}

int main(void) {
    never = -1;
    puts("going down");
    fflush(stdout);
    printf("not reached: %d\n", recurse_down(1));
    return 0;
}
