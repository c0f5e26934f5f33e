/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Calls: values of every shape in and out, host functions, component to component, resources, and what a
 * guest may not do.
 */
#include "component/hosts.h"

struct fixture {
    struct rig rig;
    struct host host;
};

static void open_bytes(struct fixture *f, const uint8_t *bytes, size_t size) {
    *f = (struct fixture){.host = {.next = 0}};
    rig_open(&f->rig);
    hosts_bind(&f->rig, &f->host);
    rig_load_bytes(&f->rig, bytes, size);
    rig_make(&f->rig);
}
#define open_guest(f, guest) open_bytes((f), guest_##guest, sizeof(guest_##guest))

static void test_scalars(void **state) {
    (void)state;
    struct fixture f;
    open_guest(&f, add);
    rig_call(&f.rig, "add", u32(UINT32_MAX), u32(3));
    assert_u64(&f.rig, 2);
    rig_call(&f.rig, "mix", value_signed(TYPE_S64, -3), value_f32(0.5f));
    assert_returned(&f.rig);
    assert_true(f.rig.result.f64 == -2.5);
    rig_close(&f.rig);
}

static void test_refusals(void **state) {
    (void)state;
    struct fixture f;
    open_guest(&f, add);
    const struct component_func *add = rig_func(&f.rig, "", "add");
    const struct value one = u32(1), wrong[] = {u32(1), text("2")};
    assert_refused(component_call(f.rig.instance, add, &one, 1, NULL, rig_on_done, &f.rig, reterr),
                   ARCELLA_E_INVALID, "'add' takes 2 arguments, 1 given");
    assert_refused(component_call(f.rig.instance, add, wrong, 2, NULL, rig_on_done, &f.rig, reterr),
                   ARCELLA_E_INVALID, "argument 'b': ");
    const struct value right[] = {u32(1), u32(2)};
    assert_ok(component_call(f.rig.instance, add, right, 2, NULL, rig_on_done, &f.rig, reterr));
    assert_refused(component_call(f.rig.instance, add, right, 2, NULL, rig_on_done, &f.rig, reterr),
                   ARCELLA_E_BUSY, "a call is in progress");
    rig_until(&f.rig, &f.rig.done, 1);
    assert_u64(&f.rig, 3);
    rig_close(&f.rig);
}

static void test_trap_poisons(void **state) {
    (void)state;
    struct fixture f;
    open_guest(&f, add);
    rig_call(&f.rig, "trap");
    assert_trapped(&f.rig, "unreachable", "");
    assert_true(component_poisoned(f.rig.instance));
    const struct value args[] = {u32(1), u32(2)};
    assert_refused(component_call(f.rig.instance, rig_func(&f.rig, "", "add"), args, 2, NULL, rig_on_done,
                                  &f.rig, reterr),
                   ARCELLA_E_STATE, "failed before");
    rig_close(&f.rig);
}

static void test_budget(void **state) {
    (void)state;
    struct fixture f;
    open_guest(&f, add);
    const struct engine_budget budget = {.cpu_ms = 50};
    assert_ok(component_call(f.rig.instance, rig_func(&f.rig, "", "spin"), NULL, 0, &budget, rig_on_done,
                             &f.rig, reterr));
    rig_until(&f.rig, &f.rig.done, 1);
    assert_end(&f.rig, ENGINE_END_CPU_TIME);
    rig_close(&f.rig);
}

/* --- values --- */

static void test_strings(void **state) {
    (void)state;
    struct fixture f;
    open_guest(&f, values);
    rig_call(&f.rig, "echo", text("Grüße, 世界"));
    assert_returned(&f.rig);
    assert_string_equal(f.rig.text, "Grüße, 世界");
    rig_call(&f.rig, "used");
    assert_u64(&f.rig, 0); /* post-return ran */
    rig_call(&f.rig, "ask-shout", text("hush"));
    assert_returned(&f.rig);
    assert_string_equal(f.rig.text, "HUSH");
    rig_call(&f.rig, "ask-next");
    assert_u64(&f.rig, 3);
    rig_call(&f.rig, "bad-string");
    assert_trapped(&f.rig, "string-out-of-bounds", "");
    rig_close(&f.rig);
}

static void test_host_traps(void **state) {
    (void)state;
    struct fixture f;
    open_guest(&f, values);
    char loud[400];
    memset(loud, 'a', sizeof(loud));
    rig_call(&f.rig, "ask-shout", value_text(loud, sizeof(loud)));
    assert_trapped(&f.rig, "too-loud", "400 bytes are too loud");
    rig_close(&f.rig);
}

static void test_lists(void **state) {
    (void)state;
    struct fixture f;
    open_guest(&f, values);
    static uint32_t numbers[50000];
    for (uint32_t i = 0; i < ARRAY_LENGTH(numbers); i++)
        numbers[i] = i;
    rig_call(&f.rig, "ask-sum", value_packed(numbers, ARRAY_LENGTH(numbers)));
    assert_u64(&f.rig, 49999ull * 25000);
    const struct component_host_func row = {"test:host/env@0.2.0", "sum", NULL, host_sum_values, NULL};
    assert_ok(component_bind_func(f.rig.bindings, &row, reterr));
    f.rig.instance = component_instance_free(f.rig.instance);
    rig_make(&f.rig);
    rig_call(&f.rig, "ask-sum", value_packed(numbers, 4));
    assert_u64(&f.rig, 1006);
    rig_close(&f.rig);
}

/* What comes back is compared inside the callback, where it lives. */
struct expected {
    struct rig *rig;
    const struct type *type;
    struct value value;
    bool equal;
};
static void on_compared(struct component_instance *instance, const struct engine_outcome *outcome,
                        const struct value *result, void *user) {
    struct expected *expected = user;
    (void)instance;
    expected->rig->outcome = *outcome;
    expected->equal = result && value_equal(expected->type, result, &expected->value);
    expected->rig->done++;
}

static void expect_echo(struct fixture *f, const char *name, struct value in, struct value out) {
    const struct component_func *func = rig_func(&f->rig, "", name);
    struct arena arena = {.block = NULL};
    struct expected expected = {.rig = &f->rig, .type = component_func_type(func)->result};
    assert_ok(value_fit(expected.type, &out, &arena, &expected.value, reterr));
    f->rig.done = 0;
    assert_ok(component_call(f->rig.instance, func, &in, 1, &rig_budget, on_compared, &expected, reterr));
    rig_until(&f->rig, &f->rig.done, 1);
    assert_returned(&f->rig);
    assert_true(expected.equal);
    arena_done(&arena);
}

static void test_compounds(void **state) {
    (void)state;
    struct fixture f;
    open_guest(&f, values);
    const struct value in[] = {value_signed(TYPE_S32, 41), value_f64(2.5), text("here")};
    const struct value out[] = {value_signed(TYPE_S32, 42), value_f64(-2.5), text("here")};
    expect_echo(&f, "echo-point", value_items(TYPE_RECORD, in, 3), value_items(TYPE_RECORD, out, 3));

    const struct value dot = value_unsigned(TYPE_U8, 200), word = text("word");
    const struct value two[] = {value_unsigned(TYPE_U64, UINT64_MAX), value_f32(1.5f)};
    const struct value pair = value_items(TYPE_TUPLE, two, 2);
    const struct value shapes[] = {value_case(TYPE_VARIANT, 0, NULL), value_case(TYPE_VARIANT, 1, &dot),
                                   value_case(TYPE_VARIANT, 2, &word), value_case(TYPE_VARIANT, 3, &pair)};
    for (size_t i = 0; i < ARRAY_LENGTH(shapes); i++)
        expect_echo(&f, "echo-shape", shapes[i], shapes[i]);

    const struct value a[] = {value_unsigned(TYPE_U8, 1), u32(70000)},
                       b[] = {value_unsigned(TYPE_U8, 2), u32(5)};
    const struct value tuples[] = {value_items(TYPE_TUPLE, a, 2), value_items(TYPE_TUPLE, b, 2)};
    expect_echo(&f, "echo-list", value_items(TYPE_LIST, tuples, 2), value_items(TYPE_LIST, tuples, 2));
    const struct value words[] = {text("one"), text(""), text("drei")};
    expect_echo(&f, "echo-strings", value_items(TYPE_LIST, words, 3), value_items(TYPE_LIST, words, 3));
    expect_echo(&f, "is-odd", value_bool(true), value_bool(true)); /* 3 is true too */
    expect_echo(&f, "is-odd", value_bool(false), value_bool(false));
    rig_close(&f.rig);
}

static void test_spilled(void **state) {
    (void)state;
    struct fixture f;
    open_guest(&f, values);
    struct value args[17];
    for (uint32_t i = 0; i < 17; i++)
        args[i] = u32(i + 1);
    rig_start(&f.rig, "spilled", args, 17);
    rig_until(&f.rig, &f.rig.done, 1);
    assert_u64(&f.rig, 18);
    rig_close(&f.rig);
}

static void test_copy_budget(void **state) {
    (void)state;
    struct fixture f;
    open_guest(&f, values);
    f.rig.instance = component_instance_free(f.rig.instance);
    struct component_limits limits = rig_limits;
    limits.copy_bytes = 100;
    f.rig.made = 0;
    assert_ok(component_instance_new(f.rig.component, f.rig.bindings, &limits, NULL, &f.rig, rig_on_made,
                                     &f.rig.instance, reterr));
    rig_until(&f.rig, &f.rig.made, 1);
    rig_call(&f.rig, "echo", text("short"));
    assert_returned(&f.rig);
    char bytes[80];
    memset(bytes, 'x', sizeof(bytes));
    rig_call(&f.rig, "echo", value_text(bytes, sizeof(bytes)));
    assert_end(&f.rig, ENGINE_END_LIMIT);
    rig_close(&f.rig);
}

/* --- at once --- */

static void test_direct(void **state) {
    (void)state;
    struct fixture f;
    open_guest(&f, values);
    struct arena arena = {.block = NULL};
    struct value result = {.kind = 0}, arg = text("at once");
    struct engine_outcome outcome;
    assert_ok(component_call_direct(f.rig.instance, rig_func(&f.rig, "", "ask-shout"), &arg, 1, &rig_budget,
                                    &arena, &result, &outcome, reterr));
    assert_int_equal(result.count, 7);
    assert_memory_equal(result.text, "AT ONCE", 7);
    f.host.closed = true;
    assert_int_equal(component_call_direct(f.rig.instance, rig_func(&f.rig, "", "ask-next"), NULL, 0,
                                           &rig_budget, &arena, &result, &outcome, NULL),
                     ENGINE_STOP);
    assert_int_equal(outcome.end, ENGINE_END_FAILED);
    assert_non_null(strstr(outcome.message, "wait"));
    assert_true(component_poisoned(f.rig.instance));
    arena_done(&arena);
    rig_close(&f.rig);
}

static void test_flat(void **state) {
    (void)state;
    struct fixture f;
    open_guest(&f, add);
    const struct component_func *add = rig_func(&f.rig, "", "add");
    for (uint32_t i = 0; i < 1000; i++) {
        union engine_value v[16] = {{.u64 = i}, {.u64 = 5}};
        assert_ok(component_call_flat(f.rig.instance, add, v, NULL, NULL, reterr));
        assert_int_equal(v[0].u32, i + 5);
    }
    struct engine_outcome outcome;
    union engine_value v[16];
    assert_int_equal(
        component_call_flat(f.rig.instance, rig_func(&f.rig, "", "trap"), v, NULL, &outcome, NULL),
        ENGINE_STOP);
    assert_string_equal(outcome.trap, "unreachable");
    assert_refused(component_call_flat(f.rig.instance, add, v, NULL, NULL, reterr), ARCELLA_E_STATE, "");
    rig_close(&f.rig);
    open_guest(&f, values);
    assert_refused(component_call_flat(f.rig.instance, rig_func(&f.rig, "", "echo"), v, NULL, NULL, reterr),
                   ARCELLA_E_UNSUPPORTED, "'echo' takes or gives more than numbers");
    rig_close(&f.rig);
}

/* --- component to component --- */

static void test_nested(void **state) {
    (void)state;
    struct fixture f;
    open_guest(&f, nested);
    rig_call(&f.rig, "twice", text("HAL"));
    assert_returned(&f.rig);
    assert_string_equal(f.rig.text, "JCN");
    /* up, post-return with its result (16), up, post-return */
    rig_call(&f.rig, "log");
    assert_u64(&f.rig, ((1 * 10 + 16) * 10 + 1) * 10 + 16);
    rig_call(&f.rig, "wait");
    assert_u64(&f.rig, 1001);
    rig_call(&f.rig, "trap");
    assert_trapped(&f.rig, "unreachable", "");
    rig_close(&f.rig);
}

static void test_nested_waits(void **state) {
    (void)state;
    struct fixture f;
    open_guest(&f, nested);
    f.host.closed = true;
    rig_start(&f.rig, "wait", NULL, 0);
    rig_until(&f.rig, &f.host.waits, 1);
    assert_int_equal(f.rig.done, 0);
    f.host.closed = false;
    engine_wake(component_engine(f.rig.instance));
    rig_until(&f.rig, &f.rig.done, 1);
    assert_u64(&f.rig, 1001);

    f.host.closed = true;
    rig_start(&f.rig, "wait", NULL, 0);
    rig_until(&f.rig, &f.host.waits, 2);
    component_cancel(f.rig.instance, ENGINE_END_STOPPED, "enough");
    rig_until(&f.rig, &f.rig.done, 1);
    assert_end(&f.rig, ENGINE_END_STOPPED);
    assert_int_equal(f.host.stops, 1);
    rig_close(&f.rig);
}

static void test_dropped_waiting(void **state) {
    (void)state;
    struct fixture f;
    open_guest(&f, nested);
    f.host.closed = true;
    rig_start(&f.rig, "wait", NULL, 0);
    rig_until(&f.rig, &f.host.waits, 1);
    f.rig.instance = component_instance_free(f.rig.instance);
    assert_int_equal(f.host.stops, 1);
    assert_int_equal(f.rig.done, 0);
    rig_close(&f.rig);
}

static void test_freed_inside(void **state) {
    (void)state;
    struct fixture f;
    open_guest(&f, nested);
    f.rig.free_when_told = true;
    rig_call(&f.rig, "twice", text("abc"));
    assert_returned(&f.rig);
    assert_string_equal(f.rig.text, "cde");
    assert_null(f.rig.instance);
    rig_close(&f.rig);
}

/* --- rules --- */

static void expect_trap(const char *name, const struct value *arg, const char *kind, const char *words) {
    struct fixture f;
    open_guest(&f, rules);
    rig_start(&f.rig, name, arg, arg ? 1 : 0);
    rig_until(&f.rig, &f.rig.done, 1);
    assert_trapped(&f.rig, kind, words);
    rig_close(&f.rig);
}

static void test_rules(void **state) {
    (void)state;
    const uint32_t numbers[] = {1, 2};
    const struct value s = text("x"), list = value_packed(numbers, 2);
    struct fixture f;
    open_guest(&f, rules);
    rig_call(&f.rig, "call-child"); /* parent, child, parent, host */
    assert_u64(&f.rig, 111);
    rig_call(&f.rig, "call-child");
    assert_u64(&f.rig, 112);
    rig_close(&f.rig);
    expect_trap("realloc-leaves", &s, "cannot-leave", "cannot leave component instance");
    expect_trap("realloc-odd", &list, "realloc-unaligned", "");
    expect_trap("realloc-far", &s, "realloc-out-of-bounds", "");
    expect_trap("post-leaves", NULL, "cannot-leave", "cannot leave component instance");
    expect_trap("call-again", NULL, "cannot-enter", "cannot enter component instance");
}

/* --- resources --- */

static void test_resources(void **state) {
    (void)state;
    struct fixture f;
    open_guest(&f, resources);
    rig_call(&f.rig, "round");
    assert_u64(&f.rig, 707);
    rig_call(&f.rig, "gone");
    assert_u64(&f.rig, 7);
    rig_call(&f.rig, "drop-one", u32(30));
    assert_returned(&f.rig);
    rig_call(&f.rig, "gone");
    assert_u64(&f.rig, 37);
    rig_call(&f.rig, "twice");
    assert_trapped(&f.rig, "unknown-handle", "");
    rig_close(&f.rig);
}

static void call_in(struct fixture *f, const char *interface, const char *name, struct value arg) {
    f->rig.done = 0;
    assert_ok(component_call(f->rig.instance, rig_func(&f->rig, interface, name), &arg, 1, &rig_budget,
                             rig_on_done, &f->rig, reterr));
    rig_until(&f->rig, &f->rig.done, 1);
}

static void test_resource_held(void **state) {
    (void)state;
    struct fixture f;
    open_guest(&f, resources);
    uint32_t thing;
    assert_true(component_resource_find(f.rig.component, "test:things/def", "thing", &thing));
    assert_true(text_equal(component_resource_name(f.rig.component, thing), TEXT("thing")));
    call_in(&f, "test:things/def", "make", u32(5));
    assert_returned(&f.rig);
    assert_int_equal(f.rig.result.kind, TYPE_OWN);
    assert_int_equal(f.rig.result.count, thing);
    uint32_t held = (uint32_t)f.rig.result.u64;
    call_in(&f, "test:things/def", "get", value_handle(TYPE_BORROW, thing, held));
    assert_u64(&f.rig, 5);
    call_in(&f, "test:things/use", "peek", value_handle(TYPE_BORROW, thing, held));
    assert_u64(&f.rig, 5);
    f.rig.done = 0;
    assert_ok(component_resource_drop(f.rig.instance, thing, held, &rig_budget, rig_on_done, &f.rig, reterr));
    rig_until(&f.rig, &f.rig.done, 1);
    assert_returned(&f.rig);
    rig_call(&f.rig, "gone");
    assert_u64(&f.rig, 5);

    call_in(&f, "test:things/def", "make", u32(6));
    held = (uint32_t)f.rig.result.u64;
    call_in(&f, "test:things/def", "eat", value_handle(TYPE_OWN, thing, held));
    assert_u64(&f.rig, 6);
    call_in(&f, "test:things/def", "make", u32(8));
    held = (uint32_t)f.rig.result.u64;
    call_in(&f, "test:things/use", "hold", value_handle(TYPE_BORROW, thing, held));
    assert_trapped(&f.rig, "borrows-left", "");
    rig_close(&f.rig);
}

static void test_host_resource(void **state) {
    (void)state;
    struct fixture f;
    open_guest(&f, resources);
    rig_call(&f.rig, "size-of", u32(21));
    assert_u64(&f.rig, 42);
    assert_int_equal(f.host.opened, 1);
    assert_int_equal(f.host.dropped, 21);
    rig_call(&f.rig, "leak", u32(100));
    assert_returned(&f.rig);
    assert_int_equal(f.host.dropped, 21);
    f.rig.instance = component_instance_free(f.rig.instance);
    assert_int_equal(f.host.dropped, 121);
    rig_close(&f.rig);
}

/* Own handles in a result that is not told, as the run ended between lifting and telling, are closed once. */
static void open_files(const char *name, uint32_t pages, bool direct, enum engine_end end) {
    struct fixture f;
    open_guest(&f, owns);
    struct arena arena = {.block = NULL};
    if (direct) {
        const struct value args[] = {u32(100), u32(pages)};
        struct value result;
        int r = component_call_direct(f.rig.instance, rig_func(&f.rig, "", name), args, 2, &rig_budget,
                                      &arena, &result, &f.rig.outcome, NULL);
        assert_int_equal(r, end == ENGINE_END_RETURNED ? 0 : ENGINE_STOP);
        if (r == 0)
            f.rig.outcome.end = ENGINE_END_RETURNED;
    } else {
        rig_call(&f.rig, name, u32(100), u32(pages));
    }
    assert_end(&f.rig, end);
    assert_int_equal(f.host.opened, 2);
    f.rig.instance = component_instance_free(f.rig.instance);
    assert_int_equal(f.host.dropped, end == ENGINE_END_RETURNED ? 0 : 201); /* told: they are the host's */
    arena_done(&arena);
    rig_close(&f.rig);
}

static void test_result_not_told(void **state) {
    (void)state;
    for (int direct = 0; direct < 2; direct++) {
        open_files("open", 1, direct, ENGINE_END_RETURNED);
        open_files("open", 160, direct, ENGINE_END_LIMIT);
        open_files("bad", 1, direct, ENGINE_END_TRAPPED);
    }
}

/* Each level of a recursion lends the same handle 65536 times: what the host keeps of it has one bound. */
static void test_lends_of_all_calls(void **state) {
    (void)state;
    struct fixture f;
    open_guest(&f, lends);
    rig_call(&f.rig, "run");
    assert_int_equal(f.rig.outcome.end, ENGINE_END_LIMIT);
    assert_non_null(strstr(f.rig.outcome.message, "more than 524288 handles are lent"));
    assert_true(component_poisoned(f.rig.instance));
    rig_close(&f.rig);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scalars),         cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_trap_poisons),    cmocka_unit_test(test_budget),
        cmocka_unit_test(test_strings),         cmocka_unit_test(test_host_traps),
        cmocka_unit_test(test_lists),           cmocka_unit_test(test_compounds),
        cmocka_unit_test(test_spilled),         cmocka_unit_test(test_copy_budget),
        cmocka_unit_test(test_direct),          cmocka_unit_test(test_flat),
        cmocka_unit_test(test_nested),          cmocka_unit_test(test_nested_waits),
        cmocka_unit_test(test_dropped_waiting), cmocka_unit_test(test_freed_inside),
        cmocka_unit_test(test_rules),           cmocka_unit_test(test_resources),
        cmocka_unit_test(test_resource_held),   cmocka_unit_test(test_host_resource),
        cmocka_unit_test(test_result_not_told), cmocka_unit_test(test_lends_of_all_calls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
