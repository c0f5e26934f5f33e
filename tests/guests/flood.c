/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Guest: writes a great deal, in ways that logs and terminals must bear.
 *
 *   flood lines COUNT      numbered lines, as fast as it can (0 = for ever)
 *   flood stderr COUNT     the same on stderr
 *   flood long BYTES       one line of that many bytes, then `end`
 *   flood open BYTES       that many bytes with no newline at all
 *   flood escapes COUNT    lines with terminal escapes: clear the screen, set the title, a colour
 *                          left on, a carriage return that hides the start, BEL, C1, bad UTF-8, NUL
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char escapes[] = "\x1b[2J\x1b[H"
                              "\x1b]0;owned\x07"
                              "\x1b[31mred\x1b]8;;http://example.invalid\x1b\\link"
                              "\rhidden\b\b\x9b"
                              "2J\xc2\x9b"
                              "5m\xff\xfe\xc3(\x00nul\x7f\n";

static void repeat(FILE *to, unsigned long bytes) {
    static char block[65536];
    memset(block, 'x', sizeof block);
    while (bytes) {
        size_t n = bytes < sizeof block ? bytes : sizeof block;
        if (fwrite(block, 1, n, to) != n)
            exit(1);
        bytes -= n;
    }
}

int main(int argc, char **argv) {
    const char *mode = argc > 1 ? argv[1] : "lines";
    unsigned long count = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;

    if (strcmp(mode, "lines") == 0 || strcmp(mode, "stderr") == 0) {
        FILE *to = *mode == 's' ? stderr : stdout;
        for (unsigned long n = 1; !count || n <= count; n++)
            if (fprintf(to, "flood line %lu\n", n) < 0)
                return 1;
    } else if (strcmp(mode, "long") == 0) {
        repeat(stdout, count);
        printf("\nend\n");
    } else if (strcmp(mode, "open") == 0) {
        repeat(stdout, count);
    } else if (strcmp(mode, "escapes") == 0) {
        for (unsigned long n = 1; !count || n <= count; n++)
            fwrite(escapes, 1, sizeof escapes - 1, stdout);
    } else {
        fprintf(stderr, "usage: flood lines|stderr|long|open|escapes COUNT\n");
        return 2;
    }
    return fflush(stdout) ? 1 : 0;
}
