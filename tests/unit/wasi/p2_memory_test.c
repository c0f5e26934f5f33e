/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * WASI 0.2 where there is no memory: a life with every kind of resource in it, with each allocation failing
 * in turn.  A call then answers an error or ends the run; nothing crashes, and not a byte is left.
 */
#include "wasi/p2/rig.h"

#include "base/fault.h"

#ifdef ARCELLA_FAULTS
#define HAS_FAULTS true
#else
#define HAS_FAULTS                   false
#define fault_set(kind, nth, errnum) ((void)(nth))
#define fault_count(kind)            ((uint64_t)0)
#endif

static struct rig rig;
static bool over; /* a call did not return: no more are made */

static uint64_t call_on(const char *what, const uint64_t *values, size_t count) {
    if (over)
        return 0;
    uint64_t result = rig_call_values(&rig, what, values, count);
    over = rig.outcome.end != ENGINE_END_RETURNED;
    return result;
}
#define go(what, ...) call_on((what), RIG_VALUES_(__VA_ARGS__), RIG_COUNT_(__VA_ARGS__))

/* What the last call gave at RET + 4; 0 where it gave an error. */
static uint64_t given(void) {
    return over || u8_at(&rig, RET) ? 0 : u32_at(&rig, RET + 4);
}

static void use_files(void) {
    go("get-directories", RET);
    uint64_t root = over ? 0 : u32_at(&rig, u32_at(&rig, RET));
    go("descriptor.open-at", root, 0, TEXT_AT, put(&rig, TEXT_AT, "file"), 1, 3, RET);
    uint64_t file = given();
    if (!file)
        return;
    go("descriptor.write", file, DATA, 1000, 0, RET);
    go("descriptor.read-via-stream", file, 0, RET);
    uint64_t from = given();
    go("descriptor.append-via-stream", file, RET);
    uint64_t to = given();
    if (from && to) {
        go("output-stream.subscribe", to);
        go("output-stream.blocking-splice", to, from, 100, RET);
        go("input-stream.blocking-read", from, 100, RET);
    }
    go("descriptor.read-directory", root, RET);
    uint64_t listing = given();
    if (listing)
        go("directory-entry-stream.read-directory-entry", listing, RET);
    go("descriptor.write-via-stream", file, INT64_MAX - 1, RET);
    to = given();
    if (to) {
        go("output-stream.check-write", to, RET);
        go("output-stream.write", to, DATA, 100, RET);
        if (!over && u8_at(&rig, RET) && !u8_at(&rig, RET + 4))
            go("error.to-debug-string", u32_at(&rig, RET + 8), RET);
    }
}

static void use_sockets(void) {
    uint64_t network = go("instance-network");
    go("create-tcp-socket", 0, RET);
    uint64_t tcp = given();
    if (tcp) {
        go("tcp-socket.start-bind", tcp, network, 0, 0, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, RET);
        go("tcp-socket.finish-bind", tcp, RET);
        go("tcp-socket.start-listen", tcp, RET);
        go("tcp-socket.finish-listen", tcp, RET);
        go("tcp-socket.subscribe", tcp);
        go("tcp-socket.accept", tcp, RET);
    }
    go("create-udp-socket", 0, RET);
    uint64_t udp = given();
    if (udp) {
        go("udp-socket.start-bind", udp, network, 0, 0, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, RET);
        go("udp-socket.finish-bind", udp, RET);
        go("udp-socket.stream", udp, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, RET);
        uint64_t in = given();
        if (in)
            go("incoming-datagram-stream.receive", in, 10, RET);
    }
    go("resolve-addresses", network, TEXT_AT, put(&rig, TEXT_AT, "192.0.2.1"), RET);
    uint64_t names = given();
    if (names) {
        go("resolve-address-stream.subscribe", names);
        go("resolve-address-stream.resolve-next-address", names, RET);
    }
}

/* More than a chunk of the table, and a poll that takes memory of the call. */
static void use_pollables(void) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < 150; i++) {
        put_u32(&rig, DATA + 4 * i, (uint32_t)go("subscribe-duration", i ? UINT64_MAX : 1000000));
        count += !over;
    }
    go("poll", DATA, count, RET);
    go("get-environment", RET);
}

static void live(void) {
    static const char *const grants[] = {"listen=127.0.0.0/8:*", "udp=127.0.0.0/8:*"};
    for (size_t i = 0; i < ARRAY_LENGTH(grants); i++)
        assert_done(grant_add_net(&rig.grants, grants[i], GRANT_BY_OPTION, reterr));
    over = false;
    rig_start(&rig, NULL, RIG_WRITABLE);
}

static void each_allocation_fails(void **state) {
    (void)state;
    if (!HAS_FAULTS)
        skip();
    uint64_t count = 1;
    unsigned ended = 0;
    for (uint64_t n = 0; n <= count; n++) {
        live();
        fault_set(FAULT_ALLOC, n, ENOMEM);
        use_files();
        use_sockets();
        use_pollables();
        if (n == 0) { /* none fails: how many are there? */
            count = fault_count(FAULT_ALLOC);
            assert_false(over);
        }
        fault_set(FAULT_ALLOC, 0, 0);
        ended += over;
        rig_stop(&rig);
    }
    print_message("%llu allocations, %u of them end the run\n", (unsigned long long)count, ended);
    assert_true(count > 10 && ended < count);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_allocation_fails),
    };
    return cmocka_run_group_tests(tests, rig_open, rig_close);
}
