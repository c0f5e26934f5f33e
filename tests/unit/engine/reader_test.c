/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The bounded reader: numbers of every length, too long ones, ends in every place.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "engine/reader.h"

struct number {
    uint8_t bytes[11];
    size_t size;
    bool good;
    int64_t value;
    size_t used;
};

static struct reader over(const uint8_t *bytes, size_t size) {
    return (struct reader){.start = bytes, .at = bytes, .end = bytes + size};
}

static void test_u32(void **state) {
    (void)state;
    static const struct number numbers[] = {
        {{0x00}, 1, true, 0, 1},
        {{0x7f}, 1, true, 127, 1},
        {{0x80, 0x01}, 2, true, 128, 2},
        {{0x80, 0x00, 0x55}, 3, true, 0, 2}, /* longer than needed is allowed, within the width */
        {{0xff, 0xff, 0xff, 0xff, 0x0f}, 5, true, UINT32_MAX, 5},
        {{0x80, 0x80, 0x80, 0x80, 0x00}, 5, true, 0, 5},
        {{0xff, 0xff, 0xff, 0xff, 0x1f}, 5, false, 0, 0}, /* bit 33 */
        {{0x80, 0x80, 0x80, 0x80, 0x80, 0x00}, 6, false, 0, 0},
        {{0x80}, 1, false, 0, 0},
        {{0}, 0, false, 0, 0},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(numbers); i++) {
        struct reader r = over(numbers[i].bytes, numbers[i].size);
        uint32_t value = 0;
        int status = reader_u32(&r, &value, "a number");
        assert_int_equal(status, numbers[i].good ? 0 : ARCELLA_E_WASM);
        assert_int_equal(value, numbers[i].value);
        assert_int_equal(r.at - r.start, numbers[i].used);
    }
}

static void test_u64(void **state) {
    (void)state;
    uint8_t most[10] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01};
    struct reader r = over(most, 10);
    uint64_t value;
    assert_int_equal(reader_u64(&r, &value, "a number"), 0);
    assert_true(value == UINT64_MAX);
    most[9] = 2;
    r = over(most, 10);
    assert_int_equal(reader_u64(&r, &value, "a number"), ARCELLA_E_WASM);
    r = over(most, 9);
    assert_int_equal(reader_u64(&r, &value, "a number"), ARCELLA_E_WASM);
}

static void test_signed(void **state) {
    (void)state;
    static const struct number numbers[] = {
        {{0x7f}, 1, true, -1, 1},
        {{0x3f}, 1, true, 63, 1},
        {{0x40}, 1, true, -64, 1},
        {{0xff, 0x00}, 2, true, 127, 2},
        {{0xff, 0xff, 0xff, 0xff, 0x0f}, 5, true, UINT32_MAX, 5},
        {{0x80, 0x80, 0x80, 0x80, 0x70}, 5, true, -4294967296, 5},
        {{0xff, 0xff, 0xff, 0xff, 0x1f}, 5, false, 0, 0},
        {{0xff, 0xff, 0xff, 0xff, 0xff}, 5, false, 0, 0},
        {{0x80}, 1, false, 0, 0},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(numbers); i++) {
        struct reader r = over(numbers[i].bytes, numbers[i].size);
        int64_t value = 0;
        int status = reader_signed(&r, 33, &value, "a number");
        assert_int_equal(status, numbers[i].good ? 0 : ARCELLA_E_WASM);
        assert_true(value == numbers[i].value);
        assert_int_equal(r.at - r.start, numbers[i].used);
    }
    const uint8_t least[10] = {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f};
    struct reader r = over(least, 10);
    int64_t value;
    assert_int_equal(reader_signed(&r, 64, &value, "a number"), 0);
    assert_true(value == INT64_MIN);
    const uint8_t word[5] = {0x80, 0x80, 0x80, 0x80, 0x78};
    r = over(word, 5);
    assert_int_equal(reader_signed(&r, 32, &value, "a number"), 0);
    assert_true(value == INT32_MIN);
    const uint8_t wide[5] = {0x80, 0x80, 0x80, 0x80, 0x68};
    r = over(wide, 5);
    assert_int_equal(reader_signed(&r, 32, &value, "a number"), ARCELLA_E_WASM);
}

static void test_names_and_counts(void **state) {
    (void)state;
    const uint8_t name[] = {3, 'a', 0xc3, 0xa9, 4, 'x', 'y', 'z', 1, 0xff};
    struct reader r = over(name, sizeof(name));
    struct text text;
    assert_int_equal(reader_name(&r, &text, "a name"), 0);
    assert_int_equal(text.length, 3);
    assert_memory_equal(text.data, "aé", 3);
    r.end = r.at + 4;
    arcella_error *error = NULL;
    r.reterr = &error;
    assert_int_equal(reader_name(&r, &text, "a name"), ARCELLA_E_WASM);
    assert_string_equal(arcella_error_message(error), "expected a name at byte 5");
    arcella_error_free(error);
    r = over(name + 8, 2);
    assert_int_equal(reader_name(&r, &text, "a name"), ARCELLA_E_WASM);

    const uint8_t counts[] = {4, 0, 0, 0, 0, 0, 0, 0, 0};
    uint32_t count;
    r = over(counts, sizeof(counts));
    assert_int_equal(reader_count(&r, &count, 10, 2, "things"), 0);
    assert_int_equal(count, 4);
    r = over(counts, sizeof(counts));
    assert_int_equal(reader_count(&r, &count, 10, 3, "things"), ARCELLA_E_WASM);
    r = over(counts, sizeof(counts));
    assert_int_equal(reader_count(&r, &count, 3, 1, "things"), ARCELLA_E_LIMIT);
    const uint8_t huge[] = {0xff, 0xff, 0xff, 0xff, 0x0f};
    r = over(huge, sizeof(huge));
    assert_int_equal(reader_count(&r, &count, UINT32_MAX, UINT32_MAX, "things"), ARCELLA_E_WASM);

    uint8_t byte;
    r = over(counts, 1);
    assert_int_equal(reader_byte(&r, &byte, "a byte"), 0);
    assert_int_equal(reader_byte(&r, &byte, "a byte"), ARCELLA_E_WASM);
    assert_int_equal(reader_skip(&r, UINT64_MAX, "bytes"), ARCELLA_E_WASM);
    assert_int_equal(reader_skip(&r, 0, "nothing"), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_u32),
        cmocka_unit_test(test_u64),
        cmocka_unit_test(test_signed),
        cmocka_unit_test(test_names_and_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
