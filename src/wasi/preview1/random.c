/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Random numbers. */
#include "host/random.h"
#include "wasi/preview1/abi.h"

int preview1_random_get(struct wasi_preview1 *wasi, struct preview1_span buffer) {
    return host_random(wasi->host, buffer.data, buffer.size);
}
