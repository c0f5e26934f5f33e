/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Random bytes for a guest, in pieces so short that others hardly wait.  No state. */
#include "host/random.h"

#include <sys/random.h>

#include "host/inside.h"

/* About half a millisecond of the kernel's time. */
#define PIECE_BYTES ((size_t)256 * 1024)

int host_random(struct host *host, void *to, size_t length) {
    uint8_t *at = to;
    for (;;) {
        size_t piece = length < PIECE_BYTES ? length : PIECE_BYTES;
        while (piece > 0) {
            ssize_t n = SYS_RETRY_(ssize_t, getrandom(at, piece, 0));
            if (n < 0)
                return host_errno();
            at += n;
            piece -= (size_t)n;
            length -= (size_t)n;
        }
        if (length == 0)
            return 0;
        int r = host_yield(host);
        if (r)
            return r;
    }
}
