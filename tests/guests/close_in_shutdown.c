/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Guest: waits for a connection on the listening socket it was given (descriptor 3); its exported function
 * `shutdown`, which runs inside that wait, closes every descriptor it has.
 *
 * Prints `up`, and nothing afterwards.
 */
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#define WASI(name) __attribute__((import_module("wasi_snapshot_preview1"), import_name(name)))
WASI("sock_accept") uint16_t sock_accept(uint32_t fd, uint32_t flags, uint32_t *connection);

__attribute__((export_name("shutdown"))) void shutdown_hook(void) {
    for (int fd = 0; fd < 8; fd++)
        close(fd);
}

int main(void) {
    puts("up");
    fflush(stdout);
    uint32_t connection = 0;
    return sock_accept(3, 0, &connection) == 0 ? 0 : 1;
}
