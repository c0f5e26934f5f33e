/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Arenas: alignment, zeroes, what is large, the limit. */
#include "torture.h"

#include <stdalign.h>

#include "base/arena.h"

static void things_do_not_overlap(void **state) {
    (void)state;
    struct arena arena = {0};
    unsigned char *things[2000];
    for (size_t i = 0; i < 2000; i++) {
        size_t size = i % 97 == 0 ? 5000 : i % 40;
        things[i] = arena_alloc(&arena, size);
        assert_non_null(things[i]);
        assert_int_equal((uintptr_t)things[i] % alignof(max_align_t), 0);
        for (size_t k = 0; k < size; k++)
            assert_int_equal(things[i][k], 0);
        memset(things[i], (int)(i % 251), size);
    }
    for (size_t i = 0; i < 2000; i++)
        for (size_t k = 0; k < (i % 97 == 0 ? 5000 : i % 40); k++)
            assert_int_equal(things[i][k], i % 251);
    arena_done(&arena);
    assert_null(arena.block);
    assert_string_equal(arena_text(&arena, "abc", 2), "ab");
    arena_done(&arena);
}

static void the_limit_holds(void **state) {
    (void)state;
    struct arena arena = {.limit_bytes = 10000};
    assert_null(arena_alloc(&arena, 20000));
    size_t count = 0;
    while (arena_alloc(&arena, 100))
        count++;
    assert_in_range(count, 50, 100);
    assert_true(arena.total_bytes <= 10000);
    arena_done(&arena);
    assert_non_null(arena_alloc(&arena, 100));
    arena_done(&arena);
}

static void overflow_is_no_memory(void **state) {
    (void)state;
    struct arena arena = {0};
    assert_null(arena_alloc(&arena, SIZE_MAX));
    assert_null(arena_alloc(&arena, SIZE_MAX - 20));
    assert_null(arena_array(&arena, SIZE_MAX / 2, 3));
    assert_null(arena_text(&arena, "", SIZE_MAX));
    assert_non_null(arena_array(&arena, 0, 8));
    arena_done(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(things_do_not_overlap),
        cmocka_unit_test(the_limit_holds),
        cmocka_unit_test(overflow_is_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
