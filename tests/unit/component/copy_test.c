/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Guest to guest, against the executable specification: each row is a call that it carried out.  The same
 * rows go through values as well: what is lifted from the caller and lowered again must lie in the callee as
 * what was copied.
 */
#include "component/fake_guest.h"

#define RESULT_AT 0x800u /* where the caller of a row for a result wants it */

/* clang-format off */
struct row {
    const char *kind;     /* P parameters, R a result; m: bytes of the source were spoilt */
    const char *types;
    int from, to;         /* encodings */
    const char *memory;   /* of the source, from 16 */
    const char *handles;  /* of the source: index=rep */
    const char *in;       /* flat values */
    const char *out;      /* "trap", or flat values */
    const char *written;  /* in the target: address:bytes */
    uint32_t calls, hash; /* of realloc */
    const char *handles_out;
};
static const struct row rows[] = {
#include "component/abi_cases.inc"
};
/* clang-format on */

static uint32_t read_flat(const char *text, union engine_value *flat) {
    uint32_t count = 0;
    while (*text) {
        char *end;
        flat[count++].u64 = strtoull(text, &end, 16);
        text = *end ? end + 1 : end;
    }
    return count;
}

static uint8_t byte_of(const char *hex) {
    const char two[] = {hex[0], hex[1], '\0'};
    return (uint8_t)strtoul(two, NULL, 16);
}

static void load(struct fake_guest *fake, const struct row *row) {
    for (uint32_t i = 0; row->memory[2 * i]; i++)
        fake->bytes[16 + i] = byte_of(row->memory + 2 * i);
    struct abi_call call;
    abi_call_init(&call, 0, NULL, NULL);
    for (const char *text = row->handles; *text;) {
        char *end;
        uint32_t index = (uint32_t)strtoul(text, &end, 16), is;
        uint32_t rep = (uint32_t)strtoul(end + 1, &end, 16);
        assert_int_equal(handle_add_own(&fake->table, &call, 0, rep, &is), 0);
        assert_int_equal(is, index);
        text = *end ? end + 1 : end;
    }
}

static void compare_memory(const struct fake_guest *fake, const struct row *row) {
    for (const char *text = row->written; *text;) {
        char *end;
        uint32_t at = (uint32_t)strtoul(text, &end, 16);
        for (text = end + 1; *text && *text != ' '; text += 2, at++)
            if (fake->bytes[at] != byte_of(text))
                fail_msg("%s %s: byte %#x is %02x, expected %02x", row->kind, row->types, at, fake->bytes[at],
                         byte_of(text));
        if (*text)
            text++;
    }
}

static void compare_handles(const struct fake_guest *fake, const struct row *row) {
    uint32_t index = 0;
    const char *text = row->handles_out;
    const struct handle_entry *entry;
    while ((entry = handle_table_next(&fake->table, &index))) {
        char *end;
        assert_int_equal(strtoul(text, &end, 16), index);
        assert_int_equal(strtoul(end + 1, &end, 16), entry->rep);
        text = *end ? end + 1 : end;
    }
    assert_int_equal(*text, 0);
}

static void compare(const struct row *row, const struct abi_call *call, int r, const struct fake_guest *to,
                    const union engine_value *out) {
    bool trap = !strcmp(row->out, "trap");
    if (trap != (r == ABI_FAULT))
        fail_msg("%s %s: returned %d (%s), expected %s", row->kind, row->types, r,
                 r == ABI_FAULT ? call->fault.message : "", row->out);
    if (trap) {
        assert_int_equal(abi_fault_end(call->fault.kind), ENGINE_END_TRAPPED);
        return;
    }
    union engine_value expected[TYPES_FLAT_PARAMS];
    uint32_t count = read_flat(row->out, expected);
    for (uint32_t i = 0; i < count; i++)
        if (out[i].u64 != expected[i].u64)
            fail_msg("%s %s: flat %u is %llx, expected %llx", row->kind, row->types, i,
                     (unsigned long long)out[i].u64, (unsigned long long)expected[i].u64);
    compare_memory(to, row);
    compare_handles(to, row);
    if (to->calls != row->calls || to->hash != row->hash)
        fail_msg("%s %s: %u calls of realloc or other arguments, expected %u", row->kind, row->types,
                 to->calls, row->calls);
}

static int copy(const struct row *row, const struct plan *plan, struct abi_call *call,
                struct fake_guest *from, struct fake_guest *to, const union engine_value *in,
                union engine_value *out) {
    if (row->kind[0] == 'P')
        return abi_copy_params(plan, call, &from->guest, in, &to->guest, out);
    const union engine_value args[] = {{.u64 = RESULT_AT}};
    return abi_copy_result(plan, call, &from->guest, in, &to->guest, args, out);
}

static int by_values(const struct row *row, const struct plan *plan, struct abi_call *call,
                     struct fake_guest *from, struct fake_guest *to, const union engine_value *in,
                     union engine_value *out) {
    struct value values[TYPES_FLAT_PARAMS];
    const union engine_value args[] = {{.u64 = RESULT_AT}};
    bool params = row->kind[0] == 'P';
    int r = params ? abi_lift_params(plan, call, &from->guest, in, values)
                   : abi_lift_result(plan, call, &from->guest, in, values);
    if (r)
        return r;
    uint32_t count = params ? plan->type->param_count : 1;
    for (uint32_t i = 0; i < count; i++) { /* a value that was lifted fits and equals its copy */
        const struct type *type = params ? plan->type->params[i].type : plan->type->result;
        struct value copied;
        ERROR_AUTO *error = NULL;
        if (value_copy(type, &values[i], call->arena, &copied, &error))
            fail_msg("%s %s: %s", row->kind, row->types, arcella_error_message(error));
        assert_true(value_equal(type, &values[i], &copied));
    }
    return params ? abi_lower_params(plan, call, &to->guest, values, out)
                  : abi_lower_result(plan, call, &to->guest, values, args, out);
}

static void run_row(const struct row *row, bool values) {
    struct fake_types types;
    fake_types_init(&types);
    bool params = row->kind[0] == 'P';
    const struct plan *plan = fake_plan(&types, params ? row->types : "", params ? "" : row->types);
    struct fake_guest from, to;
    fake_init(&from, (enum ast_encoding)row->from, FAKE_BYTES);
    fake_init(&to, (enum ast_encoding)row->to, FAKE_BYTES);
    if (!params)
        to.bump = 0x1000;
    load(&from, row);
    struct arena arena = {.limit_bytes = 16 * MIB};
    struct handle_table host;
    handle_table_init(&host, NULL, fake_resources, ARRAY_LENGTH(fake_resources));
    struct abi_call call;
    abi_call_init(&call, 16 * MIB, &arena, &host);
    union engine_value in[TYPES_FLAT_PARAMS], out[TYPES_FLAT_PARAMS];
    read_flat(row->in, in);
    int r = (values ? by_values : copy)(row, plan, &call, &from, &to, in, out);
    compare(row, &call, r, &to, out);
    abi_call_done(&call);
    handle_table_done(&host);
    arena_done(&arena);
    fake_done(&from);
    fake_done(&to);
    fake_types_done(&types);
}

static void rows_are_copied_as_specified(void **state) {
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        run_row(&rows[i], false);
}

static void rows_go_through_values(void **state) {
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) /* strings of the host are UTF-8 */
        if (rows[i].from == ENCODING_UTF8 || !strchr(rows[i].types, 's'))
            run_row(&rows[i], true);
}

/* --- what no row has --- */

struct pair {
    struct fake_types types;
    struct fake_guest from, to;
    struct abi_call call;
};

static void pair_init(struct pair *p) {
    fake_types_init(&p->types);
    fake_init(&p->from, ENCODING_UTF8, FAKE_BYTES);
    fake_init(&p->to, ENCODING_UTF8, FAKE_BYTES);
    abi_call_init(&p->call, 16 * MIB, NULL, NULL);
}

static void pair_done(struct pair *p) {
    abi_call_done(&p->call);
    fake_done(&p->from);
    fake_done(&p->to);
    fake_types_done(&p->types);
}

static int copy_one(struct pair *p, const char *type, uint32_t pointer, uint32_t count) {
    union engine_value in[] = {{.u64 = pointer}, {.u64 = count}}, out[2];
    p->call.fault.kind = ABI_FAULT_NONE;
    return abi_copy_params(fake_plan(&p->types, type, ""), &p->call, &p->from.guest, in, &p->to.guest, out);
}

static void lists_end_where_the_memory_does(void **state) {
    (void)state;
    static const struct {
        const char *type;
        uint32_t pointer, count;
        enum abi_fault_kind fault;
    } cases[] = {
        {"[A]", FAKE_BYTES - 4, 4, ABI_FAULT_NONE},
        {"[A]", FAKE_BYTES - 4, 5, ABI_FAULT_LIST_BOUNDS},
        {"[A]", FAKE_BYTES, 0, ABI_FAULT_NONE},
        {"[A]", FAKE_BYTES + 1, 0, ABI_FAULT_LIST_BOUNDS},
        {"[A]", UINT32_MAX, 1, ABI_FAULT_LIST_BOUNDS},
        {"[A]", 0, 1u << 28, ABI_FAULT_LENGTH},
        {"[A]", 0, UINT32_MAX, ABI_FAULT_LENGTH},
        {"[L]", 0, 1u << 29, ABI_FAULT_LENGTH},
        {"[L]", 8, UINT32_MAX, ABI_FAULT_LENGTH},
        {"[L]", 4, 1, ABI_FAULT_UNALIGNED},
        {"[L]", 4, 0, ABI_FAULT_UNALIGNED},
        {"[L]", FAKE_BYTES - 8, 1, ABI_FAULT_NONE},
        {"[L]", FAKE_BYTES - 8, 2, ABI_FAULT_LIST_BOUNDS},
        {"[(sA)]", FAKE_BYTES - 12, 1, ABI_FAULT_NONE},
        {"[(sA)]", FAKE_BYTES - 8, 1, ABI_FAULT_LIST_BOUNDS},
        {"{As}", FAKE_BYTES - 12, 1, ABI_FAULT_NONE},
        {"{As}", FAKE_BYTES - 12, 2, ABI_FAULT_LIST_BOUNDS},
        {"s", FAKE_BYTES - 3, 3, ABI_FAULT_NONE},
        {"s", FAKE_BYTES - 3, 4, ABI_FAULT_STRING_BOUNDS},
        {"s", 1, UINT32_MAX, ABI_FAULT_LENGTH},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct pair p;
        pair_init(&p);
        int r = copy_one(&p, cases[i].type, cases[i].pointer, cases[i].count);
        if (p.call.fault.kind != cases[i].fault || r != (cases[i].fault ? ABI_FAULT : 0))
            fail_msg("%s %u %u: %d %s", cases[i].type, cases[i].pointer, cases[i].count, r,
                     r ? p.call.fault.message : "");
        pair_done(&p);
    }
}

static void realloc_is_not_believed(void **state) {
    (void)state;
    static const struct {
        const char *type;
        uint32_t says;
        enum abi_fault_kind fault;
    } cases[] = {
        {"[W]", 2, ABI_FAULT_REALLOC_UNALIGNED},       {"[W]", FAKE_BYTES - 4, ABI_FAULT_REALLOC_BOUNDS},
        {"[W]", 0xfffffffc, ABI_FAULT_REALLOC_BOUNDS}, {"[W]", FAKE_BYTES - 8, ABI_FAULT_NONE},
        {"s", UINT32_MAX, ABI_FAULT_REALLOC_BOUNDS},   {"[s]", 6, ABI_FAULT_REALLOC_UNALIGNED},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct pair p;
        pair_init(&p);
        p.to.say = &cases[i].says;
        copy_one(&p, cases[i].type, 16, 2);
        assert_int_equal(p.call.fault.kind, cases[i].fault);
        pair_done(&p);
    }
}

static void nothing_is_still_allocated(void **state) {
    (void)state;
    struct pair p;
    pair_init(&p);
    assert_int_equal(copy_one(&p, "s", 16, 0), 0);
    assert_int_equal(copy_one(&p, "[L]", 16, 0), 0);
    assert_int_equal(p.to.calls, 2);
    p.to.stop_at = 3;
    assert_int_equal(copy_one(&p, "s", 16, 0), ABI_STOP);
    p.to.guest.reallocate = NULL;
    assert_int_equal(copy_one(&p, "s", 16, 0), ABI_FAULT);
    assert_int_equal(p.call.fault.kind, ABI_FAULT_NO_REALLOC);
    pair_done(&p);
}

static void memory_may_grow_inside_realloc(void **state) {
    (void)state;
    struct pair p;
    pair_init(&p);
    /* All of it is there, but the guest says so only once realloc has grown it. */
    p.to.guest.memory.size = 64;
    p.to.grow_to = FAKE_BYTES;
    memcpy(p.from.bytes + 32, "grown", 5);
    assert_int_equal(copy_one(&p, "[A]", 32, 4096), 0);
    assert_memory_equal(p.to.bytes + 16, "grown", 5);
    pair_done(&p);
}

static void budgets_end_a_call(void **state) {
    (void)state;
    struct pair p;
    pair_init(&p);
    /* A thousand lists that all are the same 8,000 bytes: less than 8 KiB of source, 8 MB of copies. */
    for (uint32_t i = 0; i < 1000; i++) {
        abi_store32(p.from.bytes + 16 + 8 * i, 16);
        abi_store32(p.from.bytes + 20 + 8 * i, 8000);
    }
    p.call.copy_bytes_left = p.call.copy_bytes_max = 28000;
    assert_int_equal(copy_one(&p, "[[A]]", 16, 1000), ABI_FAULT);
    assert_int_equal(p.call.fault.kind, ABI_FAULT_COPY_BUDGET);
    assert_int_equal(abi_fault_end(p.call.fault.kind), ENGINE_END_LIMIT);
    assert_int_equal(abi_fault_error(p.call.fault.kind), ARCELLA_E_LIMIT);
    assert_non_null(strstr(p.call.fault.message, "4000 of 28000 are left"));
    assert_int_equal(p.to.calls, 2);
    pair_done(&p);
}

/* Time is bounded with the bytes: what goes one by one costs more. */
static void elements_cost_more_than_their_bytes(void **state) {
    (void)state;
    static const struct {
        const char *type;
        uint64_t cost;
    } cases[] = {{"[A]", 100}, {"[b]", 100 + 800}, {"[(bb)]", 200 + 1600}, {"[<-b>]", 200 + 1600}};
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct pair p;
        pair_init(&p);
        assert_int_equal(copy_one(&p, cases[i].type, 1024, 100), 0);
        assert_int_equal(p.call.copy_bytes_max - p.call.copy_bytes_left, cases[i].cost);
        pair_done(&p);
    }
}

static void one_memory_may_be_both(void **state) {
    (void)state;
    struct pair p;
    pair_init(&p);
    for (uint32_t i = 0; i < 64; i++)
        p.from.bytes[100 + i] = (uint8_t)i;
    const uint32_t overlapping = 110;
    p.from.say = &overlapping;
    union engine_value in[] = {{.u64 = 100}, {.u64 = 64}}, out[2];
    const struct plan *plan = fake_plan(&p.types, "[A]", "");
    assert_int_equal(abi_copy_params(plan, &p.call, &p.from.guest, in, &p.from.guest, out), 0);
    for (uint32_t i = 0; i < 64; i++)
        assert_int_equal(p.from.bytes[110 + i], i);
    pair_done(&p);
}

static void borrows_end_with_the_call(void **state) {
    (void)state;
    struct pair p;
    pair_init(&p);
    uint32_t index, rep;
    bool own;
    assert_int_equal(handle_add_own(&p.from.table, &p.call, 0, 77, &index), 0);
    assert_int_equal(copy_one(&p, "&", index, 0), 0);
    assert_int_equal(handle_rep(&p.to.table, &p.call, 0, 1, &rep), 0);
    assert_int_equal(rep, 77);
    assert_int_equal(handle_scope_check(&p.call), ABI_FAULT);
    p.call.fault.kind = ABI_FAULT_NONE;
    assert_int_equal(copy_one(&p, "!", index, 0), ABI_FAULT);
    assert_int_equal(p.call.fault.kind, ABI_FAULT_HANDLE_LENT);
    p.call.fault.kind = ABI_FAULT_NONE;
    assert_int_equal(handle_drop(&p.to.table, &p.call, 0, 1, &own, &rep), 0);
    assert_false(own);
    assert_int_equal(handle_scope_check(&p.call), 0);
    abi_call_done(&p.call);
    assert_int_equal(copy_one(&p, "!", index, 0), 0);
    pair_done(&p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_copied_as_specified),
        cmocka_unit_test(rows_go_through_values),
        cmocka_unit_test(lists_end_where_the_memory_does),
        cmocka_unit_test(realloc_is_not_believed),
        cmocka_unit_test(nothing_is_still_allocated),
        cmocka_unit_test(memory_may_grow_inside_realloc),
        cmocka_unit_test(budgets_end_a_call),
        cmocka_unit_test(elements_cost_more_than_their_bytes),
        cmocka_unit_test(one_memory_may_be_both),
        cmocka_unit_test(borrows_end_with_the_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
