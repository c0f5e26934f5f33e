/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Instances: made step by step, freed at any of them, what they import found or told missing, out of memory
 * at every allocation.
 */
#include "base/fault.h"
#include "component/hosts.h"
#include "engine/core.h"

static void test_thin(void **state) {
    (void)state;
    struct rig rig;
    rig_open(&rig);
    rig_load(&rig, add);
    assert_int_equal(component_module_count(rig.component), 1);
    rig_make(&rig);
    assert_ptr_equal(component_user(rig.instance), &rig);
    assert_ptr_equal(component_instance_component(rig.instance), rig.component);
    assert_ptr_equal(component_of_engine(component_engine(rig.instance)), rig.instance);
    rig_call(&rig, "add", u32(40), u32(2));
    assert_u64(&rig, 42);
    rig_close(&rig);
}

static void test_not_made_yet(void **state) {
    (void)state;
    struct rig rig;
    rig_open(&rig);
    rig_load(&rig, add);
    rig_begin(&rig);
    const struct value args[] = {u32(1), u32(2)};
    assert_refused(
        component_call(rig.instance, rig_func(&rig, "", "add"), args, 2, NULL, rig_on_done, &rig, reterr),
        ARCELLA_E_STATE, "not made yet");
    rig.instance = component_instance_free(rig.instance);
    loop_run_ready(rig.loop);
    assert_int_equal(rig.made, 0);
    rig_close(&rig);
}

static void test_modules_given(void **state) {
    (void)state;
    struct rig rig;
    rig_open(&rig);
    assert_ok(component_read(guest_nested, sizeof(guest_nested), NULL, NULL, &rig.component, reterr));
    struct component_instance *instance = NULL;
    assert_refused(
        component_instance_new(rig.component, NULL, &rig_limits, NULL, NULL, rig_on_made, &instance, reterr),
        ARCELLA_E_STATE, "not compiled");
    assert_refused(component_finish(rig.component, rig.engine, reterr), ARCELLA_E_STATE, "core module 0");
    struct engine_module *modules[3];
    for (uint32_t i = 0; i < 3; i++) {
        struct text bytes = component_module_bytes(rig.component, i);
        assert_ok(engine_module_compile(rig.engine, bytes.data, bytes.length, &modules[i], reterr));
    }
    assert_refused(component_module_give(rig.component, 0, modules[1], reterr), ARCELLA_E_CORRUPT, "");
    assert_refused(component_module_give(rig.component, 3, modules[1], reterr), ARCELLA_E_INVALID,
                   "no core module 3");
    for (uint32_t i = 0; i < 3; i++) {
        assert_ok(component_module_give(rig.component, i, modules[i], reterr));
        engine_module_unref(modules[i]);
    }
    assert_ok(component_finish(rig.component, rig.engine, reterr));
    struct host host = {.next = 0};
    hosts_bind(&rig, &host);
    rig_make(&rig);
    rig_call(&rig, "twice", text("HAL"));
    assert_string_equal(rig.text, "JCN");
    rig_close(&rig);
}

/* Code of other bytes, by the same names: a start section must not get to call it with the wrong signature.
 */
static void test_code_of_another_type(void **state) {
    (void)state;
    struct rig rig;
    struct component *other = NULL;
    struct engine_module *modules[2];
    rig_open(&rig);
    assert_ok(
        component_read(guest_start_calls, sizeof(guest_start_calls), NULL, NULL, &rig.component, reterr));
    assert_ok(component_read(guest_start_other, sizeof(guest_start_other), NULL, NULL, &other, reterr));
    const struct text inner = component_module_bytes(other, 0),
                      outer = component_module_bytes(rig.component, 1);
    assert_ok(engine_module_compile(rig.engine, inner.data, inner.length, &modules[0], reterr));
    assert_ok(engine_module_compile(rig.engine, outer.data, outer.length, &modules[1], reterr));
    for (uint32_t i = 0; i < 2; i++) {
        assert_ok(component_module_give(rig.component, i, modules[i], reterr));
        engine_module_unref(modules[i]);
    }
    assert_ok(component_finish(rig.component, rig.engine, reterr));
    assert_refused(component_instance_new(rig.component, NULL, &rig_limits, &rig_budget, &rig, rig_on_made,
                                          &rig.instance, reterr),
                   ARCELLA_E_INTERNAL, "a core function is 'FFIII:I' where 'ii:i' was found valid");
    assert_null(rig.instance);
    component_unref(other);
    rig.component = component_unref(rig.component);
    rig_load(&rig, start_calls);
    rig_make(&rig);
    rig_call(&rig, "sum");
    assert_u64(&rig, 7);
    rig_close(&rig);
}

static void test_missing(void **state) {
    (void)state;
    struct rig rig;
    rig_open(&rig);
    rig_load(&rig, values);
    struct component_instance *instance = NULL;
    const struct component_host_func rows[] = {
        {"test:host/env@0.2.5", "nexts", NULL, host_next, NULL},
        {"test:host/env@0.2.5", "shout", "(string)", host_shout, NULL},
    };
    assert_refused(
        component_instance_new(rig.component, NULL, &rig_limits, NULL, NULL, rig_on_made, &instance, reterr),
        ARCELLA_E_LINK, "3 imports are missing: 'test:host/env@0.2.1.shout' (nobody provides the interface)");
    assert_ok(component_bind(rig.bindings, rows, 2, NULL, 0, reterr));
    assert_refused(component_instance_new(rig.component, rig.bindings, &rig_limits, NULL, NULL, rig_on_made,
                                          &instance, reterr),
                   ARCELLA_E_LINK,
                   "'test:host/env@0.2.1.shout' (provided with another type: '(string)' is there, "
                   "wanted is '(s: string) -> string')");
    assert_refused(component_instance_new(rig.component, rig.bindings, &rig_limits, NULL, NULL, rig_on_made,
                                          &instance, reterr),
                   ARCELLA_E_LINK, "next' (the interface is provided without it: nexts is there)");
    assert_null(instance);
    rig_close(&rig);
}

/* What the world itself imports is of no interface that could be missing, but of a name. */
static void test_missing_of_world(void **state) {
    (void)state;
    struct rig rig;
    rig_open(&rig);
    rig_load(&rig, named);
    struct component_instance *instance = NULL;
    struct component_host_func row = {"", "opens", "(u32)", host_next, NULL};
    assert_refused(component_instance_new(rig.component, rig.bindings, &rig_limits, NULL, NULL, rig_on_made,
                                          &instance, reterr),
                   ARCELLA_E_LINK, "1 import is missing: 'open' (nobody provides it)");
    assert_ok(component_bind(rig.bindings, &row, 1, NULL, 0, reterr));
    assert_refused(component_instance_new(rig.component, rig.bindings, &rig_limits, NULL, NULL, rig_on_made,
                                          &instance, reterr),
                   ARCELLA_E_LINK, "'open' (nobody provides it: opens is there)");
    row.name = "open";
    row.type = "(u64)";
    assert_ok(component_bind(rig.bindings, &row, 1, NULL, 0, reterr));
    assert_refused(component_instance_new(rig.component, rig.bindings, &rig_limits, NULL, NULL, rig_on_made,
                                          &instance, reterr),
                   ARCELLA_E_LINK,
                   "'open' (provided with another type: '(u64)' is there, wanted is '(n: u32)')");
    assert_null(instance);
    rig_close(&rig);
}

static void test_start_sections(void **state) {
    (void)state;
    struct rig rig;
    struct host host = {.next = 0};
    rig_open(&rig);
    hosts_bind(&rig, &host);
    rig_load(&rig, start);
    rig_make(&rig);
    rig_call(&rig, "a");
    assert_u64(&rig, 1);
    rig_call(&rig, "i");
    assert_u64(&rig, 5);
    rig_call(&rig, "b");
    assert_u64(&rig, 4);
    rig_close(&rig);
}

/* The host lets a number of calls through and then waits: the instance is freed there. */
static struct host *letting;
static unsigned let;
static int host_next_some(struct call *call, void *user) {
    letting->closed = letting->next >= let;
    return host_next(call, user);
}

static void test_freed_at_each_step(void **state) {
    (void)state;
    struct rig rig;
    struct host host = {.next = 0};
    rig_open(&rig);
    hosts_bind(&rig, &host);
    const struct component_host_func row = {"", "next", NULL, host_next_some, &host};
    assert_ok(component_bind_func(rig.bindings, &row, reterr));
    rig_load(&rig, start);
    letting = &host;
    for (let = 0; let < 4; let++) {
        host = (struct host){.next = 0};
        rig.made = 0;
        rig_begin(&rig);
        rig_until(&rig, &host.waits, 1);
        assert_int_equal(host.next, let);
        if (let & 1) {
            component_cancel(rig.instance, ENGINE_END_STOPPED, NULL);
            rig_until(&rig, &rig.made, 1);
            assert_end(&rig, ENGINE_END_STOPPED);
        }
        rig.instance = component_instance_free(rig.instance);
        assert_int_equal(host.stops, 1);
    }
    rig.free_when_told = true;
    let = 10;
    rig.made = 0;
    host = (struct host){.next = 0};
    rig_begin(&rig);
    rig_until(&rig, &rig.made, 1);
    assert_returned(&rig);
    assert_null(rig.instance);
    rig_close(&rig);
}

static void test_start_budget(void **state) {
    (void)state;
    struct rig rig;
    struct host host = {.closed = true};
    rig_open(&rig);
    hosts_bind(&rig, &host);
    rig_load(&rig, start);
    const struct engine_budget budget = {.wall_ms = 30};
    assert_ok(component_instance_new(rig.component, rig.bindings, &rig_limits, &budget, &rig, rig_on_made,
                                     &rig.instance, reterr));
    rig_until(&rig, &rig.made, 1);
    assert_end(&rig, ENGINE_END_WALL_TIME);
    assert_refused(
        component_call(rig.instance, rig_func(&rig, "", "a"), NULL, 0, NULL, rig_on_done, &rig, reterr),
        ARCELLA_E_STATE, "could not be made");
    rig_close(&rig);
}

static void test_bad_segment(void **state) {
    (void)state;
    struct rig rig;
    rig_open(&rig);
    rig_load(&rig, start_bad);
    rig_begin(&rig);
    rig_until(&rig, &rig.made, 1);
    assert_end(&rig, ENGINE_END_TRAPPED);
    assert_true(component_poisoned(rig.instance));
    rig_close(&rig);
}

static void test_memory_limit(void **state) {
    (void)state;
    struct rig rig;
    struct host host = {.next = 0};
    rig_open(&rig);
    hosts_bind(&rig, &host);
    rig_load(&rig, nested);
    const struct component_limits limits = {.engine = {.memory_bytes = 64 * KIB, .table_elements = 10}};
    assert_refused(component_instance_new(rig.component, rig.bindings, &limits, NULL, &rig, rig_on_made,
                                          &rig.instance, reterr),
                   ARCELLA_E_LIMIT, "");
    assert_null(rig.instance);
    rig_close(&rig);
}

static void test_many(void **state) {
    (void)state;
    struct rig rig;
    struct host host = {.next = 0};
    rig_open(&rig);
    hosts_bind(&rig, &host);
    rig_load(&rig, resources);
    for (unsigned i = 0; i < 50; i++) {
        rig_make(&rig);
        rig_call(&rig, "round");
        assert_u64(&rig, 707);
        rig.instance = component_instance_free(rig.instance);
    }
    rig_close(&rig);
}

/* Each allocation fails once: an answer every time, and nothing is left behind. */
static void test_no_memory(void **state) {
    (void)state;
#ifdef ARCELLA_FAULTS
    struct rig rig;
    struct host host = {.next = 0};
    rig_open(&rig);
    hosts_bind(&rig, &host);
    rig_load(&rig, resources);
    uint64_t nth = 0;
    bool fine = false;
    while (!fine) {
        struct component *component = NULL;
        arcella_error *error = NULL;
        fault_set(FAULT_ALLOC, ++nth, 0);
        int r = component_read(guest_resources, sizeof(guest_resources), NULL, NULL, &component, &error);
        fault_set(FAULT_ALLOC, 0, 0);
        if (r && r != ARCELLA_E_NOMEM)
            fail_msg("allocation %u: %s", (unsigned)nth, arcella_error_message(error));
        arcella_error_free(error);
        fine = !r;
        component_unref(component);
    }
    assert_true(nth > 20);
    for (nth = 1, fine = false; !fine; nth++) {
        arcella_error *error = NULL;
        rig.made = 0;
        fault_set(FAULT_ALLOC, nth, 0);
        int r = component_instance_new(rig.component, rig.bindings, &rig_limits, NULL, &rig, rig_on_made,
                                       &rig.instance, &error);
        fault_set(FAULT_ALLOC, 0, 0);
        if (r && r != ARCELLA_E_NOMEM)
            fail_msg("allocation %u: %s", (unsigned)nth, arcella_error_message(error));
        arcella_error_free(error);
        fine = !r;
        rig.instance = component_instance_free(rig.instance);
    }
    assert_true(nth > 8);
    rig_close(&rig);
#endif
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_thin),
        cmocka_unit_test(test_not_made_yet),
        cmocka_unit_test(test_modules_given),
        cmocka_unit_test(test_missing),
        cmocka_unit_test(test_missing_of_world),
        cmocka_unit_test(test_start_sections),
        cmocka_unit_test(test_freed_at_each_step),
        cmocka_unit_test(test_start_budget),
        cmocka_unit_test(test_bad_segment),
        cmocka_unit_test(test_memory_limit),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_code_of_another_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
