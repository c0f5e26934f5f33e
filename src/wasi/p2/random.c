/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* wasi:random.  There is one source, the kernel's; the insecure interfaces get the same. */
#include "host/random.h"

#include "engine/core.h"
#include "wasi/p2/give.h"
#include "wasi/p2/rows.h"

/* What the kernel cannot give is nothing that these functions could answer. */
static int no_random(struct call *call, int error) {
    if (error == HOST_STOP)
        return ABI_STOP;
    (void)engine_stop(call->engine, ENGINE_END_FAILED, 0, "the system gives no random numbers");
    return ABI_STOP;
}

/* What others are given turns between; where nobody can wait (a direct call) they get none. */
#define PIECE_BYTES ((size_t)256 * 1024)

static int fill(const struct call *call, struct host *host, uint8_t *to, size_t length) {
    if (engine_can_wait(call->engine))
        return host_random(host, to, length);
    int error = 0;
    while (!error && length) {
        size_t piece = length < PIECE_BYTES ? length : PIECE_BYTES;
        error = host_random(host, to, piece);
        to += piece;
        length -= piece;
    }
    return error;
}

static int give_bytes(struct call *call) {
    struct wasi_p2 *wasi = p2_of(call);
    struct slot result;
    uint8_t *to = NULL;
    uint64_t length = view_u64(call_arg(call, 0));
    if (length > LIMIT_RANDOM_BYTES)
        return p2_limit(call, "%llu random bytes in one call, at most %llu are allowed",
                        (unsigned long long)length, LIMIT_RANDOM_BYTES);
    int r = call_result(call, &result);
    r = r ? r : slot_span_begin(result, (uint32_t)length, &to);
    if (r || !length)
        return r;
    int error = fill(call, wasi->host, to, length);
    return error ? no_random(call, error) : 0;
}

static int give_number(struct call *call) {
    struct wasi_p2 *wasi = p2_of(call);
    uint64_t number = 0;
    int error = host_random(wasi->host, &number, sizeof(number));
    return error ? no_random(call, error) : p2_give_u64(call, number);
}

int p2_get_random_bytes(struct call *call, void *user) {
    (void)user;
    return give_bytes(call);
}

int p2_get_random_u64(struct call *call, void *user) {
    (void)user;
    return give_number(call);
}

int p2_get_insecure_random_bytes(struct call *call, void *user) {
    (void)user;
    return give_bytes(call);
}

int p2_get_insecure_random_u64(struct call *call, void *user) {
    (void)user;
    return give_number(call);
}

int p2_insecure_seed(struct call *call, void *user) {
    struct wasi_p2 *wasi = p2_of(call);
    struct slot result;
    uint64_t seed[2] = {0, 0};
    (void)user;
    int error = host_random(wasi->host, seed, sizeof(seed));
    if (error)
        return no_random(call, error);
    int r = call_result(call, &result);
    for (uint32_t i = 0; !r && i < 2; i++)
        slot_u64(slot_field(result, i), seed[i]);
    return r;
}
