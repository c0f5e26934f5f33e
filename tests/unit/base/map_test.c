/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Hash maps: adding, finding, order, and no memory as an answer. */
#include "torture.h"

#include "base/map.h"

struct item {
    int number;
    char name[16];
    UT_hash_handle hh;
};

static void free_items(struct item **items) {
    struct item *item;
    struct item *next;
    HASH_ITER(hh, *items, item, next) {
        HASH_DELETE(hh, *items, item);
        mem_free(item);
    }
}

static int add_items(void *user, arcella_error **reterr) {
    CLEANUP(free_items) struct item *items = NULL;
    int count = *(int *)user;
    for (int i = 0; i < count; i++) {
        MEM_AUTO struct item *item = mem_new(struct item);
        if (!item)
            return error_nomem(reterr);
        item->number = i;
        snprintf(item->name, sizeof(item->name), "n%d", i);
        bool ok;
        MAP_ADD_TEXT(hh, items, item->name, strlen(item->name), item, &ok);
        if (!ok) {
            assert_int_equal(HASH_COUNT(items), i); /* it is not in */
            return error_nomem(reterr);
        }
        (void)TAKE(item);
    }
    int seen = 0;
    for (struct item *item = items; item; item = item->hh.next)
        assert_int_equal(item->number, seen++);
    assert_int_equal(seen, count);
    struct item *found = NULL;
    HASH_FIND(hh, items, "n7", 2, found);
    assert_non_null(found);
    assert_int_equal(found->number, 7);
    HASH_FIND(hh, items, "x7", 2, found);
    assert_null(found);
    return 0;
}

static void a_thousand_are_found_again(void **state) {
    (void)state;
    int count = 1000;
    assert_int_equal(add_items(&count, NULL), 0);
}

static void no_memory_is_an_answer(void **state) {
    (void)state;
    int count = 400; /* makes the table grow a few times */
    torture_alloc(add_items, &count);
}

static void numbers_are_keys_too(void **state) {
    (void)state;
    CLEANUP(free_items) struct item *items = NULL;
    for (int i = 0; i < 100; i++) {
        struct item *item = mem_new(struct item);
        item->number = i * 1000;
        bool ok;
        MAP_ADD(hh, items, number, item, &ok);
        assert_true(ok);
    }
    int key = 55000;
    struct item *found = NULL;
    HASH_FIND(hh, items, &key, sizeof(key), found);
    assert_non_null(found);
    assert_int_equal(found->number, key);
}

static void the_hash_is_the_same_within_a_process(void **state) {
    (void)state;
    assert_int_equal(map_hash("abc", 3), map_hash("abc", 3));
    assert_int_not_equal(map_hash("abc", 3), map_hash("abd", 3)); /* once in 2^32 runs */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thousand_are_found_again),
        cmocka_unit_test(no_memory_is_an_answer),
        cmocka_unit_test(numbers_are_keys_too),
        cmocka_unit_test(the_hash_is_the_same_within_a_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
