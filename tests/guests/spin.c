/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Guest: an endless loop in its _start.  Calls nothing and says nothing.
 *
 *   spin
 *
 * guest-flags: keep-names
 */

static volatile unsigned long counter;

__attribute__((noinline)) static void spin_forever(void) {
    for (;;)
        counter++;
}

int main(void) {
    spin_forever();
    return 0;
}
