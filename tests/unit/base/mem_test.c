/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The allocator, budgets that nest, failing on purpose. */
#include "torture.h"

#include "base/mem.h"

static void fresh_memory_is_zero(void **state) {
    (void)state;
    MEM_AUTO char *p = mem_alloc(1000);
    MEM_AUTO uint32_t *row = mem_array(250, sizeof(*row));
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(p[i], 0);
    for (size_t i = 0; i < 250; i++)
        assert_int_equal(row[i], 0);
}

static void products_that_overflow_are_no_memory(void **state) {
    (void)state;
    volatile size_t half = SIZE_MAX / 2;
    assert_null(mem_array(half, 3));
    assert_null(mem_text_n("x", SIZE_MAX));
}

static void copies_are_copies(void **state) {
    (void)state;
    MEM_AUTO char *text = mem_text("hello");
    assert_string_equal(text, "hello");
    MEM_AUTO char *part = mem_text_n("hello", 3);
    assert_string_equal(part, "hel");
    MEM_AUTO char *none = mem_text_n(NULL, 0);
    assert_string_equal(none, "");
    MEM_AUTO char *formatted = mem_format("%s-%d", "a", 5);
    assert_string_equal(formatted, "a-5");
    MEM_AUTO char *bytes = mem_copy("a\0b", 3);
    assert_memory_equal(bytes, "a\0b", 3);
    MEM_AUTO void *empty = mem_copy(NULL, 0);
    assert_non_null(empty);
    char *larger = mem_resize(TAKE(text), 4096);
    assert_non_null(larger);
    assert_null(text);
    assert_string_equal(larger, "hello");
    mem_free(larger);
    mem_free(NULL);
}

static void budgets_nest(void **state) {
    (void)state;
    struct memory_budget group = {.limit_bytes = 100};
    struct memory_budget a = {.limit_bytes = 80, .parent = &group};
    struct memory_budget b = {.limit_bytes = 80, .parent = &group};
    assert_true(memory_budget_take(&a, 80));
    assert_false(memory_budget_take(&a, 1));  /* its own limit */
    assert_false(memory_budget_take(&b, 21)); /* the limit above */
    assert_int_equal(b.used_bytes, 0);
    assert_int_equal(group.used_bytes, 80);
    assert_true(memory_budget_take(&b, 20));
    memory_budget_give(&a, 50);
    assert_int_equal(a.used_bytes, 30);
    assert_int_equal(group.used_bytes, 50);
    assert_int_equal(group.peak_bytes, 100);
    assert_false(memory_budget_take(&b, UINT64_MAX)); /* no overflow */
    memory_budget_give(&b, 1000);                     /* more than taken: down to nothing, not around */
    assert_int_equal(b.used_bytes, 0);
    struct memory_budget shrunk = {.limit_bytes = 10, .used_bytes = 20};
    assert_false(memory_budget_take(&shrunk, 0));
}

static void the_nth_allocation_fails(void **state) {
    (void)state;
#ifdef ARCELLA_FAULTS
    fault_set(FAULT_ALLOC, 3, ENOMEM);
    MEM_AUTO void *one = mem_alloc(1);
    MEM_AUTO char *two = mem_text("x");
    assert_non_null(one);
    assert_non_null(two);
    errno = 0;
    assert_null(mem_format("%d", 1));
    assert_int_equal(errno, ENOMEM);
    MEM_AUTO void *four = mem_array(1, 1);
    assert_non_null(four);
    assert_int_equal(fault_count(FAULT_ALLOC), 4);
    fault_set(FAULT_ALLOC, 1, ENOMEM);
    assert_null(mem_resize(two, 100));
    assert_string_equal(two, "x");
    fault_set(FAULT_ALLOC, 0, 0);
#else
    skip();
#endif
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fresh_memory_is_zero),     cmocka_unit_test(products_that_overflow_are_no_memory),
        cmocka_unit_test(copies_are_copies),        cmocka_unit_test(budgets_nest),
        cmocka_unit_test(the_nth_allocation_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
