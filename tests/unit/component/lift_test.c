/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Lifting into values: what a guest may get wrong, what it costs.  What is right, copy_test.c has in rows. */
#include "component/fake_guest.h"

struct fixture {
    struct fake_types types;
    struct fake_guest guest;
    struct arena arena;
    struct abi_call call;
    const struct plan *plan; /* of the torture */
};

static void fixture_init(struct fixture *f) {
    fake_types_init(&f->types);
    fake_init(&f->guest, ENCODING_UTF8, FAKE_BYTES);
    f->arena = (struct arena){.limit_bytes = 16 * MIB};
    abi_call_init(&f->call, 16 * MIB, &f->arena, NULL);
}

static void fixture_done(struct fixture *f) {
    abi_call_done(&f->call);
    arena_done(&f->arena);
    fake_done(&f->guest);
    fake_types_done(&f->types);
}

static int lift(struct fixture *f, const char *type, uint64_t first, uint64_t second, struct value *ret) {
    union engine_value in[TYPES_FLAT_PARAMS] = {{.u64 = first}, {.u64 = second}};
    f->call.fault.kind = ABI_FAULT_NONE;
    return abi_lift_params(fake_plan(&f->types, type, ""), &f->call, &f->guest.guest, in, ret);
}

static void numbers_are_cut_to_their_type(void **state) {
    (void)state;
    static const struct {
        const char *type;
        uint64_t in;
        int64_t out;
    } cases[] = {
        {"b", 0x100, 1},
        {"b", 1ull << 32, 0}, /* a slot of 64 bits that a variant joined */
        {"A", 0x1ff, 0xff},
        {"a", 0x1ff, -1},
        {"H", 0x12345, 0x2345},
        {"h", 0x18000, -32768},
        {"w", 0xffffffff, -1},
        {"W", 0xffffffffffffffff, 0xffffffff},
        {"l", 0xffffffffffffffff, -1},
        {"C", 0x10ffff, 0x10ffff},
        {"F3;", 0xff, 7},
        {"F32;", UINT64_MAX, 0xffffffff},
    };
    struct fixture f;
    fixture_init(&f);
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct value v = {.u64 = 0};
        assert_int_equal(lift(&f, cases[i].type, cases[i].in, 0, &v), 0);
        if (v.s64 != cases[i].out)
            fail_msg("%s %llx: %lld", cases[i].type, (unsigned long long)cases[i].in, (long long)v.s64);
    }
    fixture_done(&f);
}

static void what_is_no_value_is_a_fault(void **state) {
    (void)state;
    static const struct {
        const char *type;
        uint64_t first, second;
        enum abi_fault_kind fault;
    } cases[] = {
        {"C", 0x110000, 0, ABI_FAULT_CHAR},
        {"C", 0xd800, 0, ABI_FAULT_CHAR},
        {"C", 0xdfff, 0, ABI_FAULT_CHAR},
        {"e3;", 3, 0, ABI_FAULT_DISCRIMINANT},
        {"e3;", UINT32_MAX, 0, ABI_FAULT_DISCRIMINANT},
        {"<-->", 2, 0, ABI_FAULT_DISCRIMINANT},
        {"oW", 2, 0, ABI_FAULT_DISCRIMINANT},
        {"r--", 256, 0, ABI_FAULT_DISCRIMINANT},
        {"[W]", FAKE_BYTES - 4, 2, ABI_FAULT_LIST_BOUNDS},
        {"[C]", 64, 1, ABI_FAULT_CHAR},
        {"[e2;]", 64, 1, ABI_FAULT_DISCRIMINANT},
        {"[oA]", 64, 1, ABI_FAULT_DISCRIMINANT},
        {"s", FAKE_BYTES, 1, ABI_FAULT_STRING_BOUNDS},
        {"s", 64, 1, ABI_FAULT_TEXT},
        {"!", 0, 0, ABI_FAULT_HANDLE},
        {"&", 1, 0, ABI_FAULT_HANDLE},
        {"WWWWWWWWWWWWWWWWW", 2, 0, ABI_FAULT_UNALIGNED},
        {"WWWWWWWWWWWWWWWWW", FAKE_BYTES - 64, 0, ABI_FAULT_POINTER},
        {"WWWWWWWWWWWWWWWWW", UINT32_MAX - 3, 0, ABI_FAULT_POINTER},
        {"WWWWWWWWWWWWWWWWW", FAKE_BYTES - 68, 0, ABI_FAULT_NONE},
    };
    struct fixture f;
    fixture_init(&f);
    memset(f.guest.bytes + 64, 0xff, 4);
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct value values[17];
        int r = lift(&f, cases[i].type, cases[i].first, cases[i].second, values);
        if (f.call.fault.kind != cases[i].fault || r != (cases[i].fault ? ABI_FAULT : 0))
            fail_msg("%s: %d %s", cases[i].type, r, r ? f.call.fault.message : "");
    }
    fixture_done(&f);
}

/* Lists of options cost 16 bytes of ours for one of theirs: the budget counts ours. */
static void values_are_charged(void **state) {
    (void)state;
    struct fixture f;
    fixture_init(&f);
    struct value v;
    f.call.copy_bytes_left = f.call.copy_bytes_max = 1000;
    assert_int_equal(lift(&f, "[o(A)]", 16, 100, &v), ABI_FAULT);
    assert_int_equal(f.call.fault.kind, ABI_FAULT_COPY_BUDGET);
    assert_true(f.arena.total_bytes < 4096);
    f.call.copy_bytes_left = 1 * GIB;
    f.arena.limit_bytes = 5000;
    assert_int_equal(lift(&f, "[A]", 16, 20000, &v), ABI_FAULT);
    assert_int_equal(f.call.fault.kind, ABI_FAULT_NOMEM);
    f.call.arena = NULL;
    assert_int_equal(lift(&f, "s", 16, 1, &v), ABI_FAULT);
    fixture_done(&f);
}

static void borrows_are_lent_to_the_host(void **state) {
    (void)state;
    struct fixture f;
    fixture_init(&f);
    struct handle_table host;
    handle_table_init(&host, NULL, fake_resources, ARRAY_LENGTH(fake_resources));
    f.call.host = &host;
    uint32_t index, rep;
    struct value v;
    assert_int_equal(handle_add_own(&f.guest.table, &f.call, 0, 99, &index), 0);
    assert_int_equal(lift(&f, "&", index, 0, &v), 0);
    assert_int_equal(v.kind, TYPE_BORROW);
    assert_int_equal(handle_rep(&host, &f.call, 0, (uint32_t)v.u64, &rep), 0);
    assert_int_equal(rep, 99);
    assert_int_equal(lift(&f, "!", index, 0, &v), ABI_FAULT);
    assert_int_equal(f.call.fault.kind, ABI_FAULT_HANDLE_LENT);
    abi_call_done(&f.call);
    assert_int_equal(host.count, 0);
    assert_int_equal(lift(&f, "!", index, 0, &v), 0);
    assert_int_equal(host.count, 1);
    assert_int_equal(f.guest.table.count, 0);
    handle_table_done(&host);
    f.call.host = NULL;
    fixture_done(&f);
}

static int build(void *user, arcella_error **reterr) {
    struct fixture *f = user;
    f->call.fault.kind = ABI_FAULT_NONE;
    arena_done(&f->arena);
    struct value v;
    union engine_value in[] = {{.u64 = 4096}, {.u64 = 300}};
    int r = abi_lift_params(f->plan, &f->call, &f->guest.guest, in, &v);
    if (!r)
        return 0;
    assert_int_equal(f->call.fault.kind, ABI_FAULT_NOMEM);
    return error_set(reterr, abi_fault_error(f->call.fault.kind), "%s", f->call.fault.message);
}

/* What a value owned that is never told stays in the guest's table, which closes it at the end. */
static void owns_of_a_value_that_fails_stay(void **state) {
    (void)state;
    struct fixture f;
    fixture_init(&f);
    const struct type *own = NULL;
    const struct func_type *type = NULL;
    uint32_t index, rep;
    assert_int_equal(types_handle(f.types.types, TYPE_OWN, 1, &own, NULL), 0);
    const struct type_field params[] = {
        {.name = TEXT("a"), .type = own},
        {.name = TEXT("b"), .type = own},
        {.name = TEXT("c"), .type = types_primitive(f.types.types, TYPE_CHAR)},
    };
    assert_int_equal(types_func(f.types.types, params, 3, NULL, false, &type, NULL), 0);
    assert_int_equal(plans_get(f.types.plans, type, &f.plan, NULL), 0);
    for (uint32_t i = 1; i <= 2; i++) {
        assert_int_equal(handle_add_own(&f.guest.table, &f.call, 1, 70 + i, &index), 0);
        assert_int_equal(index, i);
    }
    struct value values[3];
    union engine_value core[3] = {{.u64 = 1}, {.u64 = 2}, {.u64 = 0xd800}};
    assert_int_equal(abi_lift_params(f.plan, &f.call, &f.guest.guest, core, values), ABI_FAULT);
    assert_int_equal(f.call.fault.kind, ABI_FAULT_CHAR);
    assert_int_equal(f.guest.table.count, 2);
    f.call.fault.kind = ABI_FAULT_NONE;
    for (uint32_t i = 1; i <= 2; i++) {
        assert_int_equal(handle_rep(&f.guest.table, &f.call, 1, i, &rep), 0);
        assert_int_equal(rep, 70 + i);
    }
    /* the same one twice: taken out once */
    core[1].u64 = 1;
    assert_int_equal(abi_lift_params(f.plan, &f.call, &f.guest.guest, core, values), ABI_FAULT);
    assert_int_equal(f.call.fault.kind, ABI_FAULT_HANDLE);
    assert_int_equal(f.guest.table.count, 2);
    f.call.fault.kind = ABI_FAULT_NONE;
    core[1].u64 = 2;
    core[2].u64 = 'x';
    assert_int_equal(abi_lift_params(f.plan, &f.call, &f.guest.guest, core, values), 0);
    assert_int_equal(f.guest.table.count, 0);
    abi_give_back(&f.call); /* they are the host's now */
    assert_int_equal(f.guest.table.count, 0);
    fixture_done(&f);
}

static void no_memory_is_told(void **state) {
    (void)state;
    struct fixture f;
    fixture_init(&f);
    f.plan = fake_plan(&f.types, "[(s[W])]", "");
    f.call.copy_bytes_left = UINT64_MAX;
    torture_alloc(build, &f);
    fixture_done(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_cut_to_their_type),
        cmocka_unit_test(what_is_no_value_is_a_fault),
        cmocka_unit_test(values_are_charged),
        cmocka_unit_test(borrows_are_lent_to_the_host),
        cmocka_unit_test(owns_of_a_value_that_fails_stay),
        cmocka_unit_test(no_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
