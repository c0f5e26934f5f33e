/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Guest: takes memory in blocks of 1 MiB and touches each until there is no more.
 *
 *   grow_memory [MIB]
 *
 * Output: `got N MiB`; exit 1 when it was refused, 0 when it had MIB blocks (default: no bound).
 */
#include <stdio.h>
#include <stdlib.h>

/* With its header a block is 1 MiB, so an allocator that rounds to powers of two wastes nothing. */
#define BLOCK ((1 << 20) - 256)

int main(int argc, char **argv) {
    unsigned long want = argc > 1 ? strtoul(argv[1], NULL, 10) : 0, got = 0;
    while (!want || got < want) {
        volatile char *block = malloc(BLOCK);
        if (!block)
            break;
        for (size_t i = 0; i < BLOCK; i += 4096)
            block[i] = 1;
        got++;
    }
    printf("got %lu MiB\n", got);
    return want && got == want ? 0 : 1;
}
