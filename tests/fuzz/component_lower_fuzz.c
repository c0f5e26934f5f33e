/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Fuzz target: values are written into a guest that does not want to be written to: little memory, a realloc
 * that lies or ends the call, any encoding; and values that do not fit their type.  Nothing but the guest's
 * memory may be touched, and what was written without a fault and without lies reads back the same.
 */
#include "component_side.h"

#include "component/abi/abi.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BUDGET_BYTES (1u << 16)

struct target {
    struct side side;
    struct abi_call call;
};

static void target_open(struct target *t, const uint8_t *data, size_t room, uint32_t lies) {
    side_init(&t->side, (enum ast_encoding)(data[5] % 3), NULL, room, 8);
    t->side.lies = lies;
}

/* Of one parameter the type is another than the value's. */
static void lower_wrong(const struct plan *plan, struct target *t, struct value *values,
                        struct arena *arena) {
    union engine_value flat[SIDE_FLAT];
    struct value kept = values[0];
    values[0] = values[plan->type->param_count - 1];
    abi_call_init(&t->call, BUDGET_BYTES, arena, NULL);
    (void)!abi_lower_params(plan, &t->call, &t->side.guest, values, flat);
    abi_call_done(&t->call);
    values[0] = kept;
}

static void lower_params(const struct plan *plan, struct target *t, const struct value *values, bool honest,
                         struct arena *arena) {
    union engine_value flat[SIDE_FLAT];
    struct value again[3];
    abi_call_init(&t->call, UINT64_MAX, arena, NULL);
    int r = abi_lower_params(plan, &t->call, &t->side.guest, values, flat);
    check(r == 0 || r == ABI_STOP || (r == ABI_FAULT && t->call.fault.kind != ABI_FAULT_NONE));
    if (!r && honest) {
        check(abi_lift_params(plan, &t->call, &t->side.guest, flat, again) == 0);
        for (uint32_t i = 0; i < plan->type->param_count; i++)
            check(value_equal(plan->type->params[i].type, &values[i], &again[i]));
    }
    abi_call_done(&t->call);
}

/* The result goes to a place that the guest chose. */
static void lower_result(const struct plan *plan, struct target *t, const struct value *value,
                         const union engine_value *args, struct arena *arena) {
    union engine_value out = {.u64 = 0};
    if (!plan->type->result)
        return;
    abi_call_init(&t->call, BUDGET_BYTES, arena, NULL);
    int r = abi_lower_result(plan, &t->call, &t->side.guest, value, args, &out);
    check(r == 0 || r == ABI_STOP || (r == ABI_FAULT && t->call.fault.kind != ABI_FAULT_NONE));
    abi_call_done(&t->call);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 12)
        return 0;
    side_setup();
    const struct plan *plan = side_plan(data);
    uint32_t room, lies;
    memcpy(&room, data + 6, sizeof(room));
    memcpy(&lies, data + 8, sizeof(lies));
    union engine_value flat[SIDE_FLAT];
    size_t used = 12 + side_flat(data + 12, size - 12, flat);
    struct side from;
    side_init(&from, (enum ast_encoding)(data[4] % 3), data + used, size - used, 0);
    struct arena arena = {.limit_bytes = 64u << 20};
    struct abi_call call;
    abi_call_init(&call, BUDGET_BYTES, &arena, NULL);
    struct value values[3];
    int r = side_has_handle(plan) ? ABI_FAULT : abi_lift_params(plan, &call, &from.guest, flat, values);
    abi_call_done(&call);
    if (!r) {
        struct target t;
        target_open(&t, data, room % 4096, lies);
        lower_params(plan, &t, values, lies == 0, &arena);
        lower_result(plan, &t, &values[0], flat, &arena);
        if (plan->type->param_count > 1)
            lower_wrong(plan, &t, values, &arena);
        side_done(&t.side);
    }
    arena_done(&arena);
    side_done(&from);
    return 0;
}
