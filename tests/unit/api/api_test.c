/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The library where there is no memory: a whole life (runtime, functions of the embedder, component,
 * instance, calls with texts, records and lists, reload, unload) with each allocation failing in turn.
 * Nothing leaks, nothing crashes, and the error says so.  What works is tested by the programs of tests/api.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "arcella/arcella.h"
#include "base/fault.h"
#include "component/guests.h"

static int host_shout(arcella_call *call, void *user) {
    (void)user;
    const char *text;
    size_t length;
    struct arcella_slot result;
    char copy[64];
    int r = arcella_view_string(arcella_call_arg(call, 0), &text, &length);
    if (r)
        return r;
    assert_true(length < sizeof(copy));
    memcpy(copy, text, length);
    r = arcella_call_result(call, &result);
    return r ? r : arcella_slot_string(result, copy, length);
}

/* By values, which takes memory. */
static int host_sum(arcella_call *call, void *user) {
    (void)user;
    const struct arcella_value *args;
    const uint32_t *numbers;
    size_t count;
    uint64_t sum = 0;
    int r = arcella_call_args(call, &args, &count);
    if (r)
        return r;
    assert_int_equal(arcella_value_get_list_u32(&args[0], &numbers, &count), 0);
    for (size_t i = 0; i < count; i++)
        sum += numbers[i];
    struct arcella_value result = arcella_value_u64(sum);
    return arcella_call_return(call, &result);
}

static int host_next(arcella_call *call, void *user) {
    (void)user;
    struct arcella_slot result;
    int r = arcella_call_result(call, &result);
    if (!r)
        arcella_slot_u32(result, 21);
    return r;
}

static int offer(arcella_runtime *runtime, arcella_error **reterr) {
    static const char *const env = "test:host/env@0.2.0";
    int r = arcella_host_func(runtime, env, "shout", "(string) -> string", host_shout, NULL, reterr);
    r = r ? r : arcella_host_func(runtime, env, "sum", "(list<u32>) -> u64", host_sum, NULL, reterr);
    return r ? r : arcella_host_func(runtime, env, "next", "() -> u32", host_next, NULL, reterr);
}

static int calls(arcella_instance *instance, arcella_error **reterr) {
    static const uint32_t numbers[] = {1, 2, 3};
    struct arcella_value words[2] = {arcella_value_string("one", 3), arcella_value_string("two", 3)};
    struct arcella_value point[3] = {arcella_value_s32(1), arcella_value_f64(2),
                                     arcella_value_string("p", 1)};
    struct arcella_value v = arcella_value_list(words, 2), result, copy;
    uint64_t sum;
    int r = arcella_instance_call(instance, "echo-strings", &v, 1, &result, reterr);
    r = r ? r : arcella_value_copy(&result, &copy, reterr);
    if (r)
        return r;
    assert_int_equal(arcella_value_count(&copy), 2);
    arcella_value_free(&copy);
    v = arcella_value_record(point, 3);
    r = arcella_instance_call(instance, "echo-point", &v, 1, &result, reterr);
    v = arcella_value_list_u32(numbers, 3);
    r = r ? r : arcella_instance_call(instance, "ask-sum", &v, 1, &result, reterr);
    if (r)
        return r;
    assert_int_equal(arcella_value_get_u64(&result, &sum), 0);
    assert_int_equal(sum, 6);
    v = arcella_value_string("hello", 5);
    r = arcella_instance_call(instance, "ask-shout", &v, 1, &result, reterr);
    return r ? r : arcella_instance_call(instance, "ask-next", NULL, 0, &result, reterr);
}

static int life(arcella_runtime *runtime, arcella_error **reterr) {
    arcella_component *component = NULL;
    arcella_instance *instance = NULL;
    struct arcella_item item = ARCELLA_ITEM_INIT;
    const char *wit;
    int r = offer(runtime, reterr);
    r = r ? r
          : arcella_component_load(runtime, "values", "1", guest_values, sizeof(guest_values), &component,
                                   reterr);
    r = r ? r : arcella_component_export(component, 0, &item, reterr);
    r = r ? r : arcella_component_import(component, 0, &item, reterr);
    r = r ? r : arcella_component_wit(component, &wit, reterr);
    r = r ? r : arcella_instance_new(component, NULL, &instance, reterr);
    r = r ? r : calls(instance, reterr);
    r = r ? r : arcella_component_reload(component, guest_values, sizeof(guest_values), reterr);
    return r ? r : arcella_component_unload(component, reterr);
}

static int whole(arcella_error **reterr) {
    arcella_runtime *runtime = NULL;
    int r = arcella_runtime_new(NULL, &runtime, reterr);
    r = r ? r : life(runtime, reterr);
    arcella_runtime_free(runtime);
    return r;
}

static void works(void **state) {
    (void)state;
    arcella_error *error = NULL;
    int r = whole(&error);
    if (r)
        fail_msg("%d %s", r, arcella_error_message(error));
}

/* All of them is too many under a sanitizer: each of the first hundred, then ever larger steps. */
static void no_memory(void **state) {
    (void)state;
#ifdef ARCELLA_FAULTS
    fault_set(FAULT_ALLOC, 0, 0);
    assert_int_equal(whole(NULL), 0);
    uint64_t count = fault_count(FAULT_ALLOC);
    assert_in_range(count, 100, 1000000);
    for (uint64_t nth = 1; nth <= count; nth += nth < 100 ? 1 : 7) {
        arcella_error *error = NULL;
        fault_set(FAULT_ALLOC, nth, 12 /* ENOMEM */);
        int r = whole(&error);
        fault_set(FAULT_ALLOC, 0, 0);
        /* In the middle of a run it is the end of that; where nothing depended on it, nothing happened. */
        if (r != 0 && r != ARCELLA_E_NOMEM && r != ARCELLA_E_CANCELLED && r != ARCELLA_E_LIMIT)
            fail_msg("allocation %d of %d: %d %s", (int)nth, (int)count, r, arcella_error_message(error));
        assert_int_equal(arcella_error_code(error), r);
        arcella_error_free(error);
    }
#else
    skip(); /* allocations fail on purpose in the test presets only (ARCELLA_FAULTS) */
#endif
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(works), cmocka_unit_test(no_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
