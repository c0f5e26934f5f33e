/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Fuzz target: a guest's memory and core values are the input, read under a fixed set of types as values and
 * by views.  What was lifted fits its type, is lowered into another guest, and lifted from there it is the
 * same.
 */
#include "component_side.h"

#include "component/value/utf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BUDGET_BYTES (1u << 16)
#define OTHER_BYTES  (1u << 20) /* what BUDGET_BYTES lead to at most, in the widest encoding */

static volatile uint64_t read_number;

/* Look at everything there is below a view; strings are UTF-8. */
static int walk(struct view v) {
    uint32_t n;
    struct text text;
    struct view part, value;
    struct view_list list;
    int r = 0;
    switch (v.type->kind) {
    case TYPE_CHAR: return view_char(v, &n);
    case TYPE_STRING:
        r = view_string(v, &text);
        check(r || utf8_valid((const uint8_t *)text.data, text.length));
        return r;
    case TYPE_RECORD:
    case TYPE_TUPLE:
        for (uint32_t i = 0; i < v.type->count && !r; i++)
            r = walk(view_field(v, i));
        return r;
    case TYPE_LIST:
        r = view_list(v, &list);
        for (uint32_t i = 0; !r && i < list.count; i++)
            r = walk(view_item(&list, i));
        return r;
    case TYPE_MAP:
        r = view_list(v, &list);
        for (uint32_t i = 0; !r && i < list.count; i++) {
            view_entry(&list, i, &part, &value);
            r = walk(part);
            r = r ? r : walk(value);
        }
        return r;
    case TYPE_ENUM:
    case TYPE_VARIANT:
    case TYPE_OPTION:
    case TYPE_RESULT: r = view_case(v, &n, &part); return r || !part.type ? r : walk(part);
    case TYPE_FLAGS: return view_flags(v) > 0x7ff;
    case TYPE_OWN: return view_own(v, &n);
    case TYPE_BORROW: return view_borrow(v, &n);
    case TYPE_BOOL: read_number += view_bool(v); return 0;
    case TYPE_S8:
    case TYPE_U8: read_number += view_u8(v); return 0;
    case TYPE_S16:
    case TYPE_U16: read_number += view_u16(v); return 0;
    case TYPE_S64:
    case TYPE_U64:
    case TYPE_F64: read_number += view_u64(v); return 0;
    default: read_number += view_u32(v); return 0;
    }
}

static int walk_params(const struct plan *plan, struct abi_call *call, struct side *from,
                       const union engine_value *flat) {
    struct view_args args;
    int r = view_args_init(&args, plan, call, &from->guest, flat);
    for (uint32_t i = 0; i < plan->type->param_count && !r; i++)
        r = walk(view_arg(&args, i));
    return r;
}

static void there_and_back(const struct plan *plan, const struct value *values, enum ast_encoding encoding,
                           struct arena *arena) {
    struct side to;
    side_init(&to, encoding, NULL, OTHER_BYTES, 16);
    struct abi_call call;
    abi_call_init(&call, UINT64_MAX, arena, NULL);
    union engine_value flat[SIDE_FLAT];
    struct value again[3];
    check(abi_lower_params(plan, &call, &to.guest, values, flat) == 0);
    check(abi_lift_params(plan, &call, &to.guest, flat, again) == 0);
    for (uint32_t i = 0; i < plan->type->param_count; i++) {
        struct value copy;
        check(value_fit(plan->type->params[i].type, &values[i], arena, &copy, NULL) == 0);
        check(value_equal(plan->type->params[i].type, &values[i], &again[i]));
        check(value_equal(plan->type->params[i].type, &again[i], &copy));
    }
    abi_call_done(&call);
    side_done(&to);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 6)
        return 0;
    side_setup();
    const struct plan *plan = side_plan(data);
    union engine_value flat[SIDE_FLAT];
    size_t used = 6 + side_flat(data + 6, size - 6, flat);
    struct side from;
    side_init(&from, (enum ast_encoding)(data[4] % 3), data + used, size - used, 0);
    struct arena arena = {.limit_bytes = 64u << 20};
    struct handle_table host;
    handle_table_init(&host, NULL, side_resources, 1);
    struct abi_call call;
    abi_call_init(&call, BUDGET_BYTES, &arena, &host);
    bool handles = side_has_handle(plan);
    int seen = handles ? 0 : walk_params(plan, &call, &from, flat);
    bool budget = call.fault.kind == ABI_FAULT_COPY_BUDGET;
    abi_call_done(&call);
    abi_call_init(&call, BUDGET_BYTES, &arena, &host);
    struct value values[3];
    int r = abi_lift_params(plan, &call, &from.guest, flat, values);
    check(r == 0 || (r == ABI_FAULT && call.fault.kind != ABI_FAULT_VALUE));
    budget |= call.fault.kind == ABI_FAULT_COPY_BUDGET;
    check(handles || budget || !r == !seen); /* views and values see the same mistakes */
    abi_call_done(&call);
    if (!r && !handles)
        there_and_back(plan, values, (enum ast_encoding)(data[5] % 3), &arena);
    handle_table_done(&host);
    arena_done(&arena);
    side_done(&from);
    return 0;
}
