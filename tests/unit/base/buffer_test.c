/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Buffers: growth, limits, what a failed append leaves. */
#include "torture.h"

#include "base/buffer.h"
#include "base/mem.h"

static void appends_add_up(void **state) {
    (void)state;
    BUFFER_AUTO b = BUFFER_INIT(1000);
    assert_null(b.data);
    assert_int_equal(buffer_text(&b, "", NULL), 0);
    assert_string_equal(b.data, "");
    assert_int_equal(buffer_add(&b, "ab", 2, NULL), 0);
    assert_int_equal(buffer_add(&b, NULL, 0, NULL), 0);
    assert_int_equal(buffer_format(&b, NULL, "%d%s", 12, "c"), 0);
    assert_int_equal(buffer_text(&b, "!", NULL), 0);
    assert_string_equal(b.data, "ab12c!");
    assert_int_equal(b.length, 6);
    buffer_drop(&b, 2);
    assert_string_equal(b.data, "12c!");
    buffer_drop(&b, 0);
    assert_int_equal(b.length, 4);
    buffer_drop(&b, 4);
    assert_int_equal(b.length, 0);
    assert_string_equal(b.data, "");
    buffer_clear(&b);
    assert_int_equal(b.length, 0);
    buffer_done(&b);
    buffer_done(&b);
    buffer_clear(&b);
    buffer_drop(&b, 0);
    assert_int_equal(buffer_text(&b, "again", NULL), 0);
    assert_string_equal(b.data, "again");
}

static void the_limit_is_exact(void **state) {
    (void)state;
    static const size_t limits[] = {0, 1, 63, 64, 65, 100, 127, 128, 129, 5000};
    for (size_t i = 0; i < ARRAY_LENGTH(limits); i++) {
        BUFFER_AUTO b = BUFFER_INIT(limits[i]);
        for (size_t n = 0; n < limits[i]; n++)
            assert_int_equal(buffer_add(&b, "x", 1, NULL), 0);
        assert_true(b.capacity <= limits[i] + 1);
        ERROR_AUTO *e = NULL;
        assert_int_equal(buffer_add(&b, "y", 1, &e), ARCELLA_E_TOO_LARGE);
        assert_int_equal(arcella_error_code(e), ARCELLA_E_TOO_LARGE);
        assert_int_equal(buffer_format(&b, NULL, "%s", "y"), ARCELLA_E_TOO_LARGE);
        assert_int_equal(b.length, limits[i]);
        if (b.data) {
            assert_int_equal(b.data[limits[i]], '\0');
            assert_null(memchr(b.data, 'y', limits[i]));
        }
        assert_int_equal(buffer_reserve(&b, SIZE_MAX, NULL), ARCELLA_E_TOO_LARGE);
    }
    BUFFER_AUTO endless = BUFFER_INIT(SIZE_MAX);
    assert_int_equal(buffer_text(&endless, "x", NULL), 0);
    assert_int_equal(buffer_reserve(&endless, SIZE_MAX, NULL), ARCELLA_E_TOO_LARGE);
    assert_int_equal(buffer_reserve(&endless, SIZE_MAX - 1, NULL), ARCELLA_E_NOMEM);
    assert_string_equal(endless.data, "x");
}

static void taking_empties(void **state) {
    (void)state;
    BUFFER_AUTO b = BUFFER_INIT(10);
    MEM_AUTO char *empty = buffer_take(&b);
    assert_string_equal(empty, "");
    assert_int_equal(buffer_text(&b, "abc", NULL), 0);
    MEM_AUTO char *text = buffer_take(&b);
    assert_string_equal(text, "abc");
    assert_null(b.data);
    assert_int_equal(b.length, 0);
    assert_int_equal(buffer_text(&b, "0123456789", NULL), 0);
}

static int fill(void *user, arcella_error **reterr) {
    (void)user;
    BUFFER_AUTO b = BUFFER_INIT(100000);
    for (int i = 0; i < 500; i++) {
        size_t before = b.length;
        int r = i % 2 ? buffer_format(&b, reterr, "%d,", i) : buffer_text(&b, "some text,", reterr);
        if (r < 0) {
            assert_int_equal(b.length, before);
            assert_true(!b.data || b.data[before] == '\0');
            return r;
        }
    }
    return 0;
}

static void no_memory_leaves_it_as_it_was(void **state) {
    (void)state;
    torture_alloc(fill, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appends_add_up),
        cmocka_unit_test(the_limit_is_exact),
        cmocka_unit_test(taking_empties),
        cmocka_unit_test(no_memory_leaves_it_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
