/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Fuzz target: parameters and a result are copied from a guest whose memory and core values are the input to
 * one whose realloc may lie; or within one guest.  Where all goes well, both sides hold the same values.
 */
#include "component_side.h"

#include "component/abi/abi.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BUDGET_BYTES (1u << 15)
#define OTHER_BYTES  (1u << 18)

static void same_values(const struct plan *plan, struct side *from, const union engine_value *in,
                        struct side *to, const union engine_value *out) {
    struct arena arena = {.limit_bytes = 64u << 20};
    struct abi_call call;
    abi_call_init(&call, UINT64_MAX, &arena, NULL);
    struct value a[3], b[3];
    check(abi_lift_params(plan, &call, &from->guest, in, a) == 0);
    check(abi_lift_params(plan, &call, &to->guest, out, b) == 0);
    for (uint32_t i = 0; i < plan->type->param_count; i++)
        check(value_equal(plan->type->params[i].type, &a[i], &b[i]));
    abi_call_done(&call);
    arena_done(&arena);
}

static void copy_params(const struct plan *plan, struct side *from, struct side *to,
                        const union engine_value *in) {
    struct abi_call call;
    abi_call_init(&call, BUDGET_BYTES, NULL, NULL);
    union engine_value out[SIDE_FLAT];
    bool truthful = !to->lies && from != to;
    int r = abi_copy_params(plan, &call, &from->guest, in, &to->guest, out);
    check(r == 0 || r == ABI_STOP || (r == ABI_FAULT && call.fault.kind != ABI_FAULT_VALUE));
    abi_call_done(&call);
    if (!r && truthful && !side_has_handle(plan))
        same_values(plan, from, in, to, out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 11)
        return 0;
    side_setup();
    const struct plan *plan = side_plan(data);
    union engine_value flat[SIDE_FLAT], out = {.u64 = 0};
    size_t used = 11 + side_flat(data + 11, size - 11, flat);
    struct side from, to;
    side_init(&from, (enum ast_encoding)(data[4] % 3), data + used, size - used, 0);
    side_init(&to, (enum ast_encoding)(data[5] % 3), NULL, OTHER_BYTES, 4096);
    to.lies = from.lies = abi_load32(data + 6);
    copy_params(plan, &from, &to, flat);
    struct abi_call call;
    abi_call_init(&call, BUDGET_BYTES, NULL, NULL);
    int r = abi_copy_result(plan, &call, &from.guest, flat, &to.guest, flat, &out);
    check(r == 0 || r == ABI_STOP || r == ABI_FAULT);
    abi_call_done(&call);
    if (data[10] & 1) /* a component that calls itself through an inner one has one memory on both sides */
        copy_params(plan, &from, &from, flat);
    side_done(&from);
    side_done(&to);
    return 0;
}
