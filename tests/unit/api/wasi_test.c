/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Components that use WASI 0.2 in the library: what is free works, what is not is refused, and a function of
 * the embedder's takes the place of ours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "arcella/arcella.h"
#include "base/attr.h"
#include "wasi/p2/guest.h"

static arcella_runtime *runtime;
static arcella_component *component;
static arcella_instance *instance;
static arcella_error *error;

static int open_library(void **state) {
    (void)state;
    return arcella_runtime_new(NULL, &runtime, NULL) ||
           arcella_component_load(runtime, "guest", "1", guest_bytes, sizeof guest_bytes, &component, NULL);
}

static int close_library(void **state) {
    (void)state;
    arcella_runtime_free(runtime);
    arcella_error_free(error);
    error = NULL;
    runtime = NULL;
    instance = NULL;
    return 0;
}

static void make(void) {
    if (arcella_instance_new(component, NULL, &instance, &error))
        fail_msg("%s", arcella_error_message(error));
}

/* Call one import. @return what arcella_instance_call() does */
static int ask(const char *name, uint64_t a, uint64_t b, uint64_t *ret) {
    struct arcella_value args[16], result;
    uint32_t number = 0;
    while (number < ARRAY_LENGTH(guest_imports) && strcmp(guest_imports[number].name, name) != 0)
        number++;
    assert_true(number < ARRAY_LENGTH(guest_imports));
    args[0] = arcella_value_u32(number);
    for (size_t i = 1; i < 16; i++)
        args[i] = arcella_value_u64(i == 1 ? a : i == 2 ? b : 0);
    arcella_error_free(error);
    error = NULL;
    int r = arcella_instance_call(instance, "call", args, 16, &result, &error);
    if (!r)
        *ret = result.of.u64;
    return r;
}

static uint64_t asked(const char *name, uint64_t a, uint64_t b) {
    uint64_t result = 0;
    if (ask(name, a, b, &result))
        fail_msg("%s: %s", name, arcella_error_message(error));
    return result;
}

static void what_is_free_works(void **state) {
    (void)state;
    make();
    assert_int_not_equal(asked("get-random-u64", 0, 0), asked("get-random-u64", 0, 0));
    uint64_t soon = asked("subscribe-duration", 0, 0);
    assert_int_equal(asked("[method]pollable.ready", soon, 0), 1);
    asked("[method]pollable.block", soon, 0);
    asked("[resource-drop]pollable", soon, 0);
    asked("get-random-bytes", 1000000, 0x1000); /* more than is made at once: nobody can wait here */
    uint64_t out = asked("get-stdout", 0, 0);
    asked("[method]output-stream.check-write", out, 0x1000);
    asked("get-directories", 0x1000, 0);
    asked("create-tcp-socket", 0, 0x1000); /* refused, which is an answer */
}

static void ends_are_told(void **state) {
    (void)state;
    uint64_t result;
    make();
    assert_int_equal(ask("poll", 0, 0, &result), ARCELLA_E_TRAP);
    assert_string_equal(arcella_instance_trap(instance), "poll-empty");
    make();
    assert_int_equal(ask("exit-with-code", 3, 0, &result), ARCELLA_E_CANCELLED);
    make();
    /* A call of the library cannot wait. */
    uint64_t never = asked("subscribe-duration", UINT64_MAX, 0);
    assert_int_not_equal(ask("[method]pollable.block", never, 0, &result), 0);
    assert_non_null(strstr(arcella_error_message(error), "wait"));
}

static int host_random(arcella_call *call, void *user) {
    struct arcella_slot result;
    int r = arcella_call_result(call, &result);
    (void)user;
    if (!r)
        arcella_slot_u64(result, 4);
    return r;
}

static void the_embedders_function_comes_first(void **state) {
    (void)state;
    assert_int_equal(arcella_host_func(runtime, "wasi:random/random@0.2.0", "get-random-u64", "() -> u64",
                                       host_random, NULL, NULL),
                     0);
    make();
    assert_int_equal(asked("get-random-u64", 0, 0), 4);
    assert_int_not_equal(asked("get-insecure-random-u64", 0, 0), 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_free_works, open_library, close_library),
        cmocka_unit_test_setup_teardown(ends_are_told, open_library, close_library),
        cmocka_unit_test_setup_teardown(the_embedders_function_comes_first, open_library, close_library),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
