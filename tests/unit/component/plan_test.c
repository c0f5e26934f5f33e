/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Plans: what functions look like to core modules, runs of plain data, sharing, size. */
#include "component/fake_guest.h"

static void signatures_follow_the_flat_shape(void **state) {
    (void)state;
    static const struct {
        const char *params, *result, *lifted, *lowered, *post_return;
        bool lift_realloc, lower_realloc, memory;
    } cases[] = {
        {"", "", ":", ":", ":", false, false, false},
        {"WW", "W", "ii:i", "ii:i", "i:", false, false, false},
        {"baLfd", "L", "iiIfF:I", "iiIfF:I", "I:", false, false, false},
        {"s", "", "ii:", "ii:", ":", true, false, true},
        {"", "s", ":i", "i:", "i:", false, true, true},
        {"s", "[A]", "ii:i", "iii:", "i:", true, true, true},
        {"rfL", "rfL", "iI:i", "iIi:", "i:", false, false, true},
        {"<fW>", "", "ii:", "ii:", ":", false, false, false},
        {"<fd>", "", "iI:", "iI:", ":", false, false, false},
        {"!&", "!", "ii:i", "ii:i", "i:", false, false, false},
        {"e300;F9;", "(W)", "ii:i", "ii:i", "i:", false, false, false},
        {"WWWWWWWWWWWWWWWW", "", "iiiiiiiiiiiiiiii:", "iiiiiiiiiiiiiiii:", ":", false, false, false},
        {"WWWWWWWWWWWWWWWWW", "", "i:", "i:", ":", true, false, true},
        {"WWWWWWWWWWWWWWWWW", "(WW)", "i:i", "ii:", "i:", true, false, true},
        {"WWWWWWWWWWWWWWWW", "(WW)", "iiiiiiiiiiiiiiii:i", "iiiiiiiiiiiiiiiii:", "i:", false, false, true},
    };
    struct fake_types types;
    fake_types_init(&types);
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        const struct plan *plan = fake_plan(&types, cases[i].params, cases[i].result);
        char text[PLAN_SIGNATURE_BYTES];
        plan_signature(plan->type, false, text);
        assert_string_equal(text, cases[i].lifted);
        assert_int_equal(strchr(text, ':') - text, plan->lifted_params);
        plan_signature(plan->type, true, text);
        assert_string_equal(text, cases[i].lowered);
        assert_int_equal(strchr(text, ':') - text, plan->lowered_params);
        assert_int_equal(strlen(strchr(text, ':') + 1), plan->result_flat);
        plan_post_return_signature(plan->type, text);
        assert_string_equal(text, cases[i].post_return);
        assert_int_equal(plan->lift_needs_realloc, cases[i].lift_realloc);
        assert_int_equal(plan->lower_needs_realloc, cases[i].lower_realloc);
        assert_int_equal(plan->lift_needs_memory, cases[i].memory);
        assert_int_equal(plan->lower_needs_memory, cases[i].memory);
        assert_ptr_equal(fake_plan(&types, cases[i].params, cases[i].result), plan);
    }
    fake_types_done(&types);
}

static void plain_neighbours_are_one_run(void **state) {
    (void)state;
    struct fake_types types;
    fake_types_init(&types);
    /* u8, u32, (u16, f64) behind each other, then a bool, then plain again */
    const struct plan *plan = fake_plan(&types, "", "(AW(Hd)bLf)");
    const struct plan_op *ops = plan->result->ops;
    assert_int_equal(plan->result->count, 3);
    assert_int_equal(ops[0].kind, PLAN_BYTES);
    assert_int_equal(ops[0].n, 24);
    assert_int_equal(ops[1].kind, PLAN_BOOL);
    assert_int_equal(ops[1].at, 24);
    assert_int_equal(ops[2].kind, PLAN_BYTES);
    assert_int_equal(ops[2].at, 32);
    assert_int_equal(ops[2].n, 12);
    plan = fake_plan(&types, "[(Wd)][s]{WL}{Ws}", "");
    ops = plan->params->ops;
    assert_int_equal(ops[0].kind, PLAN_LIST_BYTES);
    assert_int_equal(ops[1].kind, PLAN_LIST);
    assert_int_equal(ops[2].kind, PLAN_LIST_BYTES);
    assert_int_equal(ops[3].kind, PLAN_LIST);
    assert_int_equal(ops[3].at, 6);
    fake_types_done(&types);
}

static void numbers_pass_by_a_mask(void **state) {
    (void)state;
    struct fake_types types;
    fake_types_init(&types);
    const struct plan *plan = fake_plan(&types, "AHWLfdwlF3;", "f");
    static const uint64_t masks[] = {0xff,       0xffff,     0xffffffff, UINT64_MAX, 0xffffffff,
                                     UINT64_MAX, 0xffffffff, UINT64_MAX, 7};
    assert_memory_equal(plan->param_masks, masks, sizeof(masks));
    assert_int_equal(plan->result_mask, 0xffffffff);
    assert_null(fake_plan(&types, "Wa", "a")->param_masks);
    assert_int_equal(fake_plan(&types, "Wa", "a")->result_mask, 0);
    fake_types_done(&types);
}

/* Each type is twice the one below: as a tree it has 2^18 leaves, as a plan a few operations a level. */
static void what_shares_parts_stays_short(void **state) {
    (void)state;
    struct fake_types types;
    fake_types_init(&types);
    const struct type *type = types_primitive(types.types, TYPE_BOOL);
    for (int i = 0; i < 18; i++) {
        struct type_field fields[2] = {{.type = type}, {.type = type}};
        type = fake_made(&types, TYPE_TUPLE, fields, 2);
    }
    const struct func_type *func;
    const struct plan *plan;
    assert_int_equal(types_func(types.types, NULL, 0, type, false, &func, NULL), 0);
    assert_int_equal(plans_get(types.plans, func, &plan, NULL), 0);
    assert_in_range(plan->result->count, 1, 4);
    assert_int_equal(plan->result->cost, 1 << 18);
    struct fake_guest from, to;
    fake_init(&from, ENCODING_UTF8, 1 << 19);
    fake_init(&to, ENCODING_UTF8, 1 << 19);
    memset(from.bytes, 2, 1 << 18);
    struct abi_call call;
    abi_call_init(&call, 1 << 18, NULL, NULL);
    union engine_value in = {.u64 = 0}, args = {.u64 = 8}, out;
    assert_int_equal(abi_copy_result(plan, &call, &from.guest, &in, &to.guest, &args, &out), 0);
    assert_int_equal(call.copy_bytes_left, 0);
    assert_int_equal(to.bytes[7], 0);
    assert_int_equal(to.bytes[8], 1);
    assert_int_equal(to.bytes[8 + (1 << 18) - 1], 1);
    assert_int_equal(to.bytes[8 + (1 << 18)], 0);
    fake_done(&from);
    fake_done(&to);
    fake_types_done(&types);
}

static void what_is_not_run_is_refused(void **state) {
    (void)state;
    struct fake_types types;
    fake_types_init(&types);
    const struct func_type *func;
    const struct plan *plan;
    ERROR_AUTO *error = NULL;
    assert_int_equal(types_func(types.types, NULL, 0, NULL, true, &func, NULL), 0);
    assert_int_equal(plans_get(types.plans, func, &plan, &error), ARCELLA_E_UNSUPPORTED);
    assert_non_null(strstr(arcella_error_message(error), "async"));
    fake_types_done(&types);
}

static int build(void *user, arcella_error **reterr) {
    (void)user;
    struct fake_types types = {.types = types_new()};
    types.plans = plans_new();
    int r = types.types && types.plans ? 0 : error_nomem(reterr);
    const struct type *part = r ? NULL : types_primitive(types.types, TYPE_STRING);
    struct type_field fields[2] = {{.name = text_of("a"), .type = part},
                                   {.name = text_of("b"), .type = part}};
    for (int i = 0; i < 6 && !r; i++) {
        const struct type *made;
        r = types_make(types.types, i % 2 ? TYPE_VARIANT : TYPE_RECORD, fields, 2, 0, &made, reterr);
        if (!r)
            fields[1].type = made;
    }
    const struct func_type *func;
    const struct plan *plan;
    if (!r)
        r = types_func(types.types, fields, 2, fields[1].type, false, &func, reterr);
    if (!r)
        r = plans_get(types.plans, func, &plan, reterr);
    fake_types_done(&types);
    return r;
}

static void no_memory_is_told(void **state) {
    (void)state;
    torture_alloc(build, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signatures_follow_the_flat_shape), cmocka_unit_test(plain_neighbours_are_one_run),
        cmocka_unit_test(numbers_pass_by_a_mask),           cmocka_unit_test(what_shares_parts_stays_short),
        cmocka_unit_test(what_is_not_run_is_refused),       cmocka_unit_test(no_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
