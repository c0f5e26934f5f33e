/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Views and slots: everything written by slots is read back by views, flat and in memory. */
#include "component/abi/view.h"
#include "component/fake_guest.h"

struct fixture {
    struct fake_types types;
    struct fake_guest guest;
    struct arena arena;
    struct abi_call call;
};

static void fixture_init(struct fixture *f, enum ast_encoding encoding) {
    fake_types_init(&f->types);
    fake_init(&f->guest, encoding, FAKE_BYTES);
    f->arena = (struct arena){.limit_bytes = 1 * MIB};
    abi_call_init(&f->call, 1 * MIB, &f->arena, NULL);
}

static void fixture_done(struct fixture *f) {
    abi_call_done(&f->call);
    arena_done(&f->arena);
    fake_done(&f->guest);
    fake_types_done(&f->types);
}

/* Write arguments, read them back; the same parameters flat and, with more of them, spilled. */
static void numbers_go_there_and_back(const char *params, bool spilled) {
    struct fixture f;
    fixture_init(&f, ENCODING_UTF8);
    const struct plan *plan = fake_plan(&f.types, params, "");
    assert_int_equal(plan->params_spilled, spilled);
    union engine_value core[TYPES_FLAT_PARAMS];
    struct slot_args out;
    struct view_args in;
    assert_int_equal(slot_args_init(&out, plan, &f.call, &f.guest.guest, core), 0);
    slot_bool(slot_arg(&out, 0), true);
    slot_s8(slot_arg(&out, 1), -5);
    slot_u8(slot_arg(&out, 2), 250);
    slot_s16(slot_arg(&out, 3), -500);
    slot_u16(slot_arg(&out, 4), 65000);
    slot_s32(slot_arg(&out, 5), -70000);
    slot_u32(slot_arg(&out, 6), 4000000000u);
    slot_s64(slot_arg(&out, 7), INT64_MIN);
    slot_u64(slot_arg(&out, 8), UINT64_MAX);
    slot_f32(slot_arg(&out, 9), 1.5f);
    slot_f64(slot_arg(&out, 10), -2.25);
    assert_int_equal(slot_char(slot_arg(&out, 11), 0x1f600), 0);
    slot_flags(slot_arg(&out, 12), UINT32_MAX);
    assert_int_equal(slot_case(slot_arg(&out, 13), 299, NULL), 0);
    assert_int_equal(slot_string(slot_arg(&out, 14), TEXT("d\xc3\xa9j\xc3\xa0")), 0);
    assert_int_equal(view_args_init(&in, plan, &f.call, &f.guest.guest, core), 0);
    uint32_t c;
    struct text text;
    assert_true(view_bool(view_arg(&in, 0)));
    assert_int_equal(view_s8(view_arg(&in, 1)), -5);
    assert_int_equal(view_u8(view_arg(&in, 2)), 250);
    assert_int_equal(view_s16(view_arg(&in, 3)), -500);
    assert_int_equal(view_u16(view_arg(&in, 4)), 65000);
    assert_int_equal(view_s32(view_arg(&in, 5)), -70000);
    assert_true(view_u32(view_arg(&in, 6)) == 4000000000u);
    assert_true(view_s64(view_arg(&in, 7)) == INT64_MIN);
    assert_true(view_u64(view_arg(&in, 8)) == UINT64_MAX);
    assert_true(view_f32(view_arg(&in, 9)) == 1.5f);
    assert_true(view_f64(view_arg(&in, 10)) == -2.25);
    assert_int_equal(view_char(view_arg(&in, 11), &c), 0);
    assert_int_equal(c, 0x1f600);
    assert_int_equal(view_flags(view_arg(&in, 12)), 0x1ff);
    assert_int_equal(view_case(view_arg(&in, 13), &c, NULL), 0);
    assert_int_equal(c, 299);
    assert_int_equal(view_string(view_arg(&in, 14), &text), 0);
    assert_true(text_equal(text, TEXT("d\xc3\xa9j\xc3\xa0")));
    assert_ptr_equal(text.data, f.guest.bytes + (f.guest.bump - text.length)); /* where it stands */
    fixture_done(&f);
}

static void numbers_are_written_and_read(void **state) {
    (void)state;
    numbers_go_there_and_back("baAhHwWlLfdCF9;e300;s", false);
    numbers_go_there_and_back("baAhHwWlLfdCF9;e300;ss", true);
}

static void results_are_built_in_place(void **state) {
    (void)state;
    struct fixture f;
    fixture_init(&f, ENCODING_UTF16);
    /* result<record { list<u8>, list<record { u8, string }>, map<u32, string> }, enum> */
    const struct plan *plan = fake_plan(&f.types, "W", "r([A][(As)]{Ws})e3;");
    union engine_value args[] = {{.u64 = 7}, {.u64 = 0x4000}}, none;
    struct slot result, record, key, value;
    struct slot_list list;
    assert_int_equal(slot_result(plan, &f.call, &f.guest.guest, args, &none, &result), 0);
    assert_int_equal(slot_case(result, 0, &record), 0);
    assert_int_equal(slot_span(slot_field(record, 0), "bytes", 5), 0);
    assert_int_equal(slot_list(slot_field(record, 1), 2, &list), 0);
    for (uint32_t i = 0; i < 2; i++) {
        slot_u8(slot_field(slot_item(&list, i), 0), (uint8_t)(40 + i));
        assert_int_equal(
            slot_string(slot_field(slot_item(&list, i), 1), i ? TEXT("") : TEXT("\xe2\x82\xac!")), 0);
    }
    assert_int_equal(slot_list(slot_field(record, 2), 1, &list), 0);
    slot_entry(&list, 0, &key, &value);
    slot_u32(key, 77);
    assert_int_equal(slot_string(value, TEXT("v")), 0);

    union engine_value core = {.u64 = 0x4000};
    struct view back, in, view_key, view_value;
    struct view_list items;
    struct text text;
    uint32_t is, count;
    const uint8_t *bytes;
    assert_int_equal(view_result(plan, &f.call, &f.guest.guest, &core, &back), 0);
    assert_int_equal(view_case(back, &is, &in), 0);
    assert_int_equal(is, 0);
    assert_int_equal(view_span(view_field(in, 0), &bytes, &count), 0);
    assert_int_equal(count, 5);
    assert_memory_equal(bytes, "bytes", 5);
    assert_int_equal(view_list(view_field(in, 1), &items), 0);
    assert_int_equal(items.count, 2);
    assert_int_equal(view_u8(view_field(view_item(&items, 1), 0)), 41);
    assert_int_equal(view_string(view_field(view_item(&items, 0), 1), &text), 0);
    assert_true(text_equal(text, TEXT("\xe2\x82\xac!")));
    assert_int_equal(view_list(view_field(in, 2), &items), 0);
    view_entry(&items, 0, &view_key, &view_value);
    assert_int_equal(view_u32(view_key), 77);
    assert_int_equal(view_string(view_value, &text), 0);
    assert_true(text_equal(text, TEXT("v")));

    assert_int_equal(slot_case(result, 1, &record), 0);
    assert_int_equal(slot_case(record, 2, NULL), 0);
    assert_int_equal(view_case(back, &is, &in), 0);
    assert_int_equal(is, 1);
    assert_int_equal(view_case(in, &is, NULL), 0);
    assert_int_equal(is, 2);
    fixture_done(&f);
}

static void flat_variants_are_read_in_their_slots(void **state) {
    (void)state;
    struct fixture f;
    fixture_init(&f, ENCODING_UTF8);
    const struct plan *plan = fake_plan(&f.types, "<f(Ls)>(A<-d>)", "");
    union engine_value core[TYPES_FLAT_PARAMS];
    memset(core, 0xee, sizeof(core));
    struct slot_args out;
    struct slot payload;
    struct view_args in;
    struct view view;
    uint32_t is;
    assert_int_equal(slot_args_init(&out, plan, &f.call, &f.guest.guest, core), 0);
    assert_int_equal(slot_case(slot_arg(&out, 0), 0, &payload), 0);
    slot_f32(payload, 0.5f);
    slot_u8(slot_field(slot_arg(&out, 1), 0), 9);
    assert_int_equal(slot_case(slot_field(slot_arg(&out, 1), 1), 1, &payload), 0);
    slot_f64(payload, 8.0);
    static const uint64_t expected[] = {0, 0x3f000000, 0, 0, 9, 1, 0x4020000000000000};
    for (size_t i = 0; i < ARRAY_LENGTH(expected); i++)
        assert_true(core[i].u64 == expected[i]);
    core[1].u64 |= 0xabcull << 32; /* the upper half of a joined slot says nothing */
    assert_int_equal(view_args_init(&in, plan, &f.call, &f.guest.guest, core), 0);
    assert_int_equal(view_case(view_arg(&in, 0), &is, &view), 0);
    assert_true(view_f32(view) == 0.5f);
    assert_int_equal(view_case(view_field(view_arg(&in, 1), 1), &is, &view), 0);
    assert_true(view_f64(view) == 8.0);
    core[5].u64 = 2;
    assert_int_equal(view_case(view_field(view_arg(&in, 1), 1), &is, &view), ABI_FAULT);
    assert_int_equal(f.call.fault.kind, ABI_FAULT_DISCRIMINANT);
    fixture_done(&f);
}

static void handles_pass_through_views(void **state) {
    (void)state;
    struct fixture f;
    fixture_init(&f, ENCODING_UTF8);
    struct handle_table host;
    handle_table_init(&host, NULL, fake_resources, ARRAY_LENGTH(fake_resources));
    f.call.host = &host;
    const struct plan *plan = fake_plan(&f.types, "!&", "!");
    union engine_value core[2], result;
    uint32_t first, second, held, lent;
    assert_int_equal(handle_add_own(&f.guest.table, &f.call, 0, 500, &first), 0);
    assert_int_equal(handle_add_own(&f.guest.table, &f.call, 0, 501, &second), 0);
    core[0].u64 = first;
    core[1].u64 = second;
    struct view_args in;
    struct slot out;
    assert_int_equal(view_args_init(&in, plan, &f.call, &f.guest.guest, core), 0);
    assert_int_equal(view_own(view_arg(&in, 0), &held), 0);
    assert_int_equal(view_borrow(view_arg(&in, 1), &lent), 0);
    assert_int_equal(host.count, 2);
    assert_int_equal(slot_result(plan, &f.call, &f.guest.guest, core, &result, &out), 0);
    assert_int_equal(slot_own(out, held), 0);
    assert_int_equal(result.u64, first);
    assert_int_equal(f.guest.table.entries[first].rep, 500);
    assert_int_equal(view_own(view_arg(&in, 1), &held), ABI_FAULT);
    abi_call_done(&f.call);
    assert_int_equal(host.count, 0);
    handle_table_done(&host);
    f.call.host = NULL;
    fixture_done(&f);
}

static void reads_are_shortened(void **state) {
    (void)state;
    struct fixture f;
    fixture_init(&f, ENCODING_UTF8);
    const struct plan *plan = fake_plan(&f.types, "", "[A]");
    union engine_value args = {.u64 = 64}, none;
    struct slot out;
    uint8_t *to;
    assert_int_equal(slot_result(plan, &f.call, &f.guest.guest, &args, &none, &out), 0);
    assert_int_equal(slot_span_begin(out, 100, &to), 0);
    memcpy(to, "few", 3);
    slot_span_shorten(out, 3);
    assert_int_equal(abi_load32(f.guest.bytes + 68), 3);
    assert_memory_equal(f.guest.bytes + abi_load32(f.guest.bytes + 64), "few", 3);
    fixture_done(&f);
}

static void mistakes_of_ours_are_faults(void **state) {
    (void)state;
    struct fixture f;
    fixture_init(&f, ENCODING_UTF8);
    const struct plan *plan = fake_plan(&f.types, "W[s]", "W");
    union engine_value core[3] = {{.u64 = 1}, {.u64 = 16}, {.u64 = 1}}, result;
    struct view_args in;
    struct view payload;
    struct view_list list;
    struct slot out;
    struct text text;
    const uint8_t *bytes;
    uint32_t n;
    assert_int_equal(view_args_init(&in, plan, &f.call, &f.guest.guest, core), 0);
    assert_int_equal(slot_result(plan, &f.call, &f.guest.guest, core, &result, &out), 0);
    assert_int_equal(view_string(view_arg(&in, 0), &text), ABI_FAULT);
    assert_int_equal(f.call.fault.kind, ABI_FAULT_VALUE);
    assert_string_equal(f.call.fault.message, "a view of type u32 was taken for a string");
    assert_int_equal(view_list(view_arg(&in, 0), &list), ABI_FAULT);
    assert_int_equal(view_span(view_arg(&in, 1), &bytes, &n), ABI_FAULT);
    assert_int_equal(view_case(view_arg(&in, 0), &n, &payload), ABI_FAULT);
    assert_int_equal(view_own(view_arg(&in, 0), &n), ABI_FAULT);
    assert_int_equal(view_borrow(view_arg(&in, 0), &n), ABI_FAULT);
    assert_int_equal(slot_string(out, TEXT("x")), ABI_FAULT);
    assert_int_equal(slot_span(out, "x", 1), ABI_FAULT);
    assert_int_equal(slot_case(out, 0, NULL), ABI_FAULT);
    assert_int_equal(slot_own(out, 1), ABI_FAULT);
    assert_int_equal(slot_char(out, 0xd800), ABI_FAULT);
    fixture_done(&f);
}

static void pointers_are_checked_before_anything(void **state) {
    (void)state;
    struct fixture f;
    fixture_init(&f, ENCODING_UTF8);
    const struct plan *plan = fake_plan(&f.types, "WWWWWWWWWWWWWWWWL", "(WW)");
    union engine_value core[] = {{.u64 = FAKE_BYTES - 64}, {.u64 = FAKE_BYTES - 4}}, result;
    struct view_args in;
    struct view view;
    struct slot out;
    assert_int_equal(view_args_init(&in, plan, &f.call, &f.guest.guest, core), ABI_FAULT);
    assert_int_equal(f.call.fault.kind, ABI_FAULT_POINTER);
    assert_int_equal(slot_result(plan, &f.call, &f.guest.guest, core, &result, &out), ABI_FAULT);
    assert_int_equal(view_result(plan, &f.call, &f.guest.guest, core + 1, &view), ABI_FAULT);
    f.call.fault.kind = ABI_FAULT_NONE;
    core[0].u64 = 68;
    assert_int_equal(view_args_init(&in, plan, &f.call, &f.guest.guest, core), ABI_FAULT);
    assert_int_equal(f.call.fault.kind, ABI_FAULT_UNALIGNED);
    fixture_done(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_written_and_read),
        cmocka_unit_test(results_are_built_in_place),
        cmocka_unit_test(flat_variants_are_read_in_their_slots),
        cmocka_unit_test(handles_pass_through_views),
        cmocka_unit_test(reads_are_shortened),
        cmocka_unit_test(mistakes_of_ours_are_faults),
        cmocka_unit_test(pointers_are_checked_before_anything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
