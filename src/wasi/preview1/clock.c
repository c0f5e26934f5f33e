/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Clocks.  The precision asked for is a leave to lag, which we do not use. */
#include "wasi/preview1/clock.h"
#include "wasi/preview1/abi.h"

int preview1_clock_res_get(struct wasi_preview1 *wasi, uint32_t id, uint64_t *ret_resolution) {
    return host_clock_resolution(wasi->host, preview1_clock(id), ret_resolution);
}

int preview1_clock_time_get(struct wasi_preview1 *wasi, uint32_t id, uint64_t precision, uint64_t *ret_time) {
    (void)precision;
    return host_clock_now(wasi->host, preview1_clock(id), ret_time);
}
