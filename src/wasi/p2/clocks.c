/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* wasi:clocks.  A timer is a pollable that holds its time; the time zone is UTC (docs/wasi-p2.md). */
#include "host/clock.h"

#include "wasi/p2/give.h"
#include "wasi/p2/rows.h"

#define SECOND_NS 1000000000u

/* Neither clock can fail. */
static uint64_t now(struct wasi_p2 *wasi, enum host_clock clock) {
    uint64_t ns = 0;
    (void)!host_clock_now(wasi->host, clock, &ns);
    return ns;
}
static uint64_t resolution(struct wasi_p2 *wasi, enum host_clock clock) {
    uint64_t ns = 1;
    (void)!host_clock_resolution(wasi->host, clock, &ns);
    return ns;
}

static int give_datetime(struct call *call, uint64_t ns) {
    struct slot result;
    int r = call_result(call, &result);
    if (r)
        return r;
    slot_u64(slot_field(result, 0), ns / SECOND_NS);
    slot_u32(slot_field(result, 1), (uint32_t)(ns % SECOND_NS));
    return 0;
}

int p2_monotonic_now(struct call *call, void *user) {
    (void)user;
    return p2_give_u64(call, now(p2_of(call), HOST_CLOCK_MONOTONIC));
}

int p2_monotonic_resolution(struct call *call, void *user) {
    (void)user;
    return p2_give_u64(call, resolution(p2_of(call), HOST_CLOCK_MONOTONIC));
}

int p2_wall_now(struct call *call, void *user) {
    (void)user;
    return give_datetime(call, now(p2_of(call), HOST_CLOCK_WALL));
}

int p2_wall_resolution(struct call *call, void *user) {
    (void)user;
    return give_datetime(call, resolution(p2_of(call), HOST_CLOCK_WALL));
}

/* --- timers --- */

static int subscribe(struct call *call, bool absolute) {
    struct wasi_p2 *wasi = p2_of(call);
    struct slot result;
    uint64_t deadline_ns = HOST_NO_DEADLINE;
    (void)!host_clock_deadline(wasi->host, HOST_CLOCK_MONOTONIC, view_u64(call_arg(call, 0)), absolute,
                               &deadline_ns);
    int r = call_result(call, &result);
    struct p2_entry made = {
        .kind = P2_POLLABLE, .how = P2_WAIT_TIME, .parent = P2_NO_PARENT, .ns = deadline_ns};
    return r ? r : p2_give(call, wasi, made, result);
}

int p2_subscribe_instant(struct call *call, void *user) {
    (void)user;
    return subscribe(call, true);
}

int p2_subscribe_duration(struct call *call, void *user) {
    (void)user;
    return subscribe(call, false);
}

/* --- time zone --- */

int p2_timezone_display(struct call *call, void *user) {
    struct slot result;
    (void)p2_of(call);
    (void)user;
    int r = call_result(call, &result);
    if (r)
        return r;
    slot_s32(slot_field(result, 0), 0);
    r = slot_string(slot_field(result, 1), TEXT("UTC"));
    if (!r)
        slot_bool(slot_field(result, 2), false);
    return r;
}

int p2_timezone_utc_offset(struct call *call, void *user) {
    struct slot result;
    (void)p2_of(call);
    (void)user;
    int r = call_result(call, &result);
    if (!r)
        slot_s32(result, 0);
    return r;
}
