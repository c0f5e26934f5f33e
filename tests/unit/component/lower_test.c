/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Lowering of values: those that do not fit their type, places that are none, allocation, budgets. */
#include "component/fake_guest.h"

struct fixture {
    struct fake_types types;
    struct fake_guest guest;
    struct abi_call call;
};

static void fixture_init(struct fixture *f) {
    fake_types_init(&f->types);
    fake_init(&f->guest, ENCODING_UTF8, FAKE_BYTES);
    abi_call_init(&f->call, 16 * MIB, NULL, NULL);
}

static void fixture_done(struct fixture *f) {
    abi_call_done(&f->call);
    fake_done(&f->guest);
    fake_types_done(&f->types);
}

static int lower(struct fixture *f, const char *type, struct value value, union engine_value *out) {
    f->call.fault.kind = ABI_FAULT_NONE;
    return abi_lower_params(fake_plan(&f->types, type, ""), &f->call, &f->guest.guest, &value, out);
}

static void values_that_do_not_fit_are_refused(void **state) {
    (void)state;
    struct value text = value_text("x", 1), number = value_unsigned(TYPE_U8, 3);
    struct value two[] = {number, text};
    const struct {
        const char *type;
        struct value value;
        enum abi_fault_kind fault;
    } cases[] = {
        {"A", text, ABI_FAULT_VALUE},
        {"A", value_unsigned(TYPE_U8, 256), ABI_FAULT_VALUE},
        {"a", value_signed(TYPE_S8, -129), ABI_FAULT_VALUE},
        {"C", value_unsigned(TYPE_CHAR, 0x110000), ABI_FAULT_VALUE},
        {"F3;", value_unsigned(TYPE_FLAGS, 8), ABI_FAULT_VALUE},
        {"e2;", value_case(TYPE_ENUM, 2, NULL), ABI_FAULT_VALUE},
        {"(A)", value_items(TYPE_TUPLE, two, 2), ABI_FAULT_VALUE},
        {"(AA)", value_items(TYPE_TUPLE, two, 2), ABI_FAULT_VALUE},
        {"(As)", value_items(TYPE_TUPLE, two, 2), ABI_FAULT_NONE},
        {"[s]", value_items(TYPE_LIST, two, 2), ABI_FAULT_VALUE},
        {"[s]", value_packed("xxxxxxxx", 1), ABI_FAULT_VALUE},
        {"[C]", value_packed("\xff\xff\xff\xff", 1), ABI_FAULT_VALUE},
        {"[A]", value_items(TYPE_LIST, two, 1), ABI_FAULT_NONE},
        {"{As}", value_packed("xxxxxxxxxxxx", 1), ABI_FAULT_VALUE},
        {"{As}", value_items(TYPE_MAP, two, 1), ABI_FAULT_NONE},
        {"os", value_case(TYPE_OPTION, 1, NULL), ABI_FAULT_VALUE},
        {"os", value_case(TYPE_OPTION, 0, &text), ABI_FAULT_VALUE},
        {"os", value_case(TYPE_OPTION, 2, &text), ABI_FAULT_VALUE},
        {"os", value_case(TYPE_OPTION, 1, &number), ABI_FAULT_VALUE},
        {"[os]", value_items(TYPE_LIST, two, 1), ABI_FAULT_VALUE},
        {"s", value_text("\xc3", 1), ABI_FAULT_TEXT},
        {"s", (struct value){.kind = 255}, ABI_FAULT_VALUE},
        {"[L]", value_packed("", 1u << 26), ABI_FAULT_LENGTH},
        {"!", value_handle(TYPE_OWN, 1, 1), ABI_FAULT_VALUE},
        {"!", (struct value){.kind = TYPE_OWN, .u64 = 1ull << 32}, ABI_FAULT_VALUE},
        {"!", value_handle(TYPE_OWN, 0, 1), ABI_FAULT_VALUE}, /* the host holds none here */
    };
    struct fixture f;
    fixture_init(&f);
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        union engine_value out[TYPES_FLAT_PARAMS];
        int r = lower(&f, cases[i].type, cases[i].value, out);
        if (f.call.fault.kind != cases[i].fault || r != (cases[i].fault ? ABI_FAULT : 0))
            fail_msg("%zu %s: %d %s", i, cases[i].type, r, r ? f.call.fault.message : "");
    }
    fixture_done(&f);
}

/* What realloc finds behind the end of the memory as it was known is looked at once more, and no sooner. */
static unsigned looks;
static void look(struct abi_guest *guest) {
    looks++;
    guest->memory.size = FAKE_BYTES;
}

static void a_memory_that_grew_is_looked_at_again(void **state) {
    (void)state;
    struct fixture f;
    fixture_init(&f);
    struct value texts[4];
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
        texts[i] = value_text("a text of 20 letters", 20);
    union engine_value out[2];
    f.guest.guest.look = look;
    f.guest.guest.memory.size = 0;
    looks = 0;
    assert_int_equal(lower(&f, "[s]", value_items(TYPE_LIST, texts, 4), out), 0);
    assert_int_equal(looks, 1);
    f.guest.guest.memory.size = 48;
    f.guest.grow_to = 64; /* 16 + 32 bytes for the list, then a text that is beyond */
    looks = 0;
    f.guest.bump = 16;
    assert_int_equal(lower(&f, "[s]", value_items(TYPE_LIST, texts, 1), out), 0);
    assert_int_equal(looks, 0);
    static const uint32_t far = FAKE_BYTES - 32, too_far = FAKE_BYTES - 16;
    f.guest.guest.memory.size = 64;
    f.guest.say = &far;
    assert_int_equal(lower(&f, "s", texts[0], out), 0);
    assert_int_equal(looks, 1);
    assert_memory_equal(f.guest.bytes + far, texts[0].text, 20);
    assert_int_equal(lower(&f, "s", texts[0], out), 0);
    assert_int_equal(looks, 1);
    f.guest.say = &too_far;
    assert_int_equal(lower(&f, "s", texts[0], out), ABI_FAULT);
    assert_int_equal(f.call.fault.kind, ABI_FAULT_REALLOC_BOUNDS);
    fixture_done(&f);
}

/* Texts of all lengths around those that are moved at once, and beside each other in one memory. */
static void texts_of_each_length_are_moved_whole(void **state) {
    (void)state;
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    struct fixture f;
    fixture_init(&f);
    for (uint32_t length = 0; length < sizeof(letters); length++) {
        MEM_AUTO char *exact = mem_copy(letters, length ? length : 1);
        union engine_value out[2];
        assert_int_equal(lower(&f, "s", value_text(exact, length), out), 0);
        assert_int_equal(out[1].u64, length);
        assert_memory_equal(f.guest.bytes + out[0].u32, letters, length);
        /* where the text lies in the guest itself, four bytes below */
        uint32_t to = out[0].u32 + 4;
        memcpy(f.guest.bytes + to - 4, letters, length);
        f.guest.say = &to;
        assert_int_equal(lower(&f, "s", value_text((const char *)f.guest.bytes + to - 4, length), out), 0);
        assert_memory_equal(f.guest.bytes + to, letters, length);
        f.guest.say = NULL;
        f.guest.bump = to + length;
    }
    fixture_done(&f);
}

static void numbers_fill_their_slot(void **state) {
    (void)state;
    struct fixture f;
    fixture_init(&f);
    union engine_value out[4];
    assert_int_equal(lower(&f, "a", value_signed(TYPE_S8, -1), out), 0);
    assert_int_equal(out[0].u64, 0xffffffff);
    assert_int_equal(lower(&f, "l", value_signed(TYPE_S64, -1), out), 0);
    assert_true(out[0].u64 == UINT64_MAX);
    /* A variant's slots are the widest of its cases; what a case does not use is zero. */
    struct value f32 = value_f32(1.5f);
    memset(out, 0xee, sizeof(out));
    assert_int_equal(lower(&f, "<f(LL)>", value_case(TYPE_VARIANT, 0, &f32), out), 0);
    assert_int_equal(out[0].u64, 0);
    assert_int_equal(out[1].u64, 0x3fc00000);
    assert_int_equal(out[2].u64, 0);
    fixture_done(&f);
}

static void spilled_arguments_are_allocated_once(void **state) {
    (void)state;
    struct fixture f;
    fixture_init(&f);
    const struct plan *plan = fake_plan(&f.types, "AWWWWWWWWWWWWWWWWs", "");
    struct value values[18];
    for (uint32_t i = 0; i < 17; i++)
        values[i] = value_unsigned(i ? TYPE_U32 : TYPE_U8, 100 + i);
    values[17] = value_text("text", 4);
    union engine_value out;
    assert_int_equal(abi_lower_params(plan, &f.call, &f.guest.guest, values, &out), 0);
    assert_int_equal(out.u64, 16);
    assert_int_equal(f.guest.calls, 2);
    assert_int_equal(f.guest.bytes[16], 100);
    assert_int_equal(abi_load32(f.guest.bytes + 16 + 64), 116);
    assert_int_equal(abi_load32(f.guest.bytes + 16 + 68), 16 + 76); /* behind the tuple */
    assert_memory_equal(f.guest.bytes + 16 + 76, "text", 4);
    f.guest.stop_at = f.guest.calls + 2; /* the guest is ended in the middle */
    assert_int_equal(abi_lower_params(plan, &f.call, &f.guest.guest, values, &out), ABI_STOP);
    static const uint32_t end = FAKE_BYTES - 4;
    f.guest.stop_at = 0;
    f.guest.say = &end;
    assert_int_equal(abi_lower_params(plan, &f.call, &f.guest.guest, values, &out), ABI_FAULT);
    assert_int_equal(f.call.fault.kind, ABI_FAULT_REALLOC_BOUNDS);
    fixture_done(&f);
}

static void results_go_where_the_caller_wants_them(void **state) {
    (void)state;
    static const struct {
        uint32_t at;
        enum abi_fault_kind fault;
    } cases[] = {{64, ABI_FAULT_NONE},
                 {FAKE_BYTES - 8, ABI_FAULT_NONE},
                 {FAKE_BYTES - 4, ABI_FAULT_POINTER},
                 {FAKE_BYTES, ABI_FAULT_POINTER},
                 {0xfffffff8, ABI_FAULT_POINTER},
                 {66, ABI_FAULT_UNALIGNED}};
    struct fixture f;
    fixture_init(&f);
    const struct plan *plan = fake_plan(&f.types, "W", "(AW)");
    struct value fields[] = {value_unsigned(TYPE_U8, 1), value_unsigned(TYPE_U32, 2)};
    struct value value = value_items(TYPE_TUPLE, fields, 2);
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        union engine_value args[] = {{.u64 = 5}, {.u64 = cases[i].at}}, out;
        f.call.fault.kind = ABI_FAULT_NONE;
        int r = abi_lower_result(plan, &f.call, &f.guest.guest, &value, args, &out);
        assert_int_equal(f.call.fault.kind, cases[i].fault);
        assert_int_equal(r, cases[i].fault ? ABI_FAULT : 0);
        if (!r)
            assert_int_equal(f.guest.bytes[cases[i].at + 4], 2);
    }
    fixture_done(&f);
}

static void the_budget_bounds_what_is_lowered(void **state) {
    (void)state;
    struct fixture f;
    fixture_init(&f);
    union engine_value out[2];
    uint8_t bytes[100] = {0};
    f.call.copy_bytes_left = f.call.copy_bytes_max = 150;
    assert_int_equal(lower(&f, "[A]", value_packed(bytes, 100), out), 0);
    assert_int_equal(lower(&f, "[A]", value_packed(bytes, 100), out), ABI_FAULT);
    assert_int_equal(f.call.fault.kind, ABI_FAULT_COPY_BUDGET);
    assert_int_equal(f.guest.calls, 1);
    fixture_done(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_that_do_not_fit_are_refused),
        cmocka_unit_test(a_memory_that_grew_is_looked_at_again),
        cmocka_unit_test(texts_of_each_length_are_moved_whole),
        cmocka_unit_test(numbers_fill_their_slot),
        cmocka_unit_test(spilled_arguments_are_allocated_once),
        cmocka_unit_test(results_go_where_the_caller_wants_them),
        cmocka_unit_test(the_budget_bounds_what_is_lowered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
