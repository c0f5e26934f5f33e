/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Text: UTF-8, numbers with units, and escaping what strangers wrote. */
#include "torture.h"

#include "base/limits.h"
#include "base/text.h"

static void slices_compare(void **state) {
    (void)state;
    assert_true(text_equal(TEXT("abc"), text_of("abc")));
    assert_false(text_equal(TEXT("abc"), TEXT("abd")));
    assert_false(text_equal(TEXT("abc"), TEXT("ab")));
    assert_true(text_equal((struct text){NULL, 0}, TEXT("")));
    assert_true(text_starts("arcella-worker", "arcella"));
    assert_false(text_starts("arc", "arcella"));
    assert_true(text_ends("a.wasm", ".wasm"));
    assert_false(text_ends("wasm", ".wasm"));
}

static void copies_are_cut(void **state) {
    (void)state;
    char to[4];
    assert_true(text_copy(to, sizeof(to), "abc"));
    assert_string_equal(to, "abc");
    assert_false(text_copy(to, sizeof(to), "abcd"));
    assert_string_equal(to, "abc");
    assert_false(text_copy(to, 0, "a"));
}

static void utf8_is_told_from_bytes(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool valid;
        const char *why;
    } cases[] = {
        {"", true, "empty"},
        {"plain", true, "ASCII"},
        {"\x7f", true, "DEL"},
        {"é€😀", true, "two, three, four bytes"},
        {"\xf4\x8f\xbf\xbf", true, "U+10FFFF"},
        {"\xed\x9f\xbf\xee\x80\x80", true, "around the surrogates"},
        {"\x80", false, "continuation alone"},
        {"\xc3", false, "cut after one"},
        {"\xe2\x82", false, "cut after two"},
        {"\xf0\x9f\x98", false, "cut after three"},
        {"\xc3(", false, "no continuation"},
        {"\xc0\xaf", false, "overlong /"},
        {"\xc1\xbf", false, "overlong"},
        {"\xe0\x80\xaf", false, "overlong in three"},
        {"\xf0\x80\x80\xaf", false, "overlong in four"},
        {"\xed\xa0\x80", false, "surrogate"},
        {"\xf4\x90\x80\x80", false, "past U+10FFFF"},
        {"\xf8\x88\x80\x80\x80", false, "five bytes"},
        {"\xff", false, "no first byte"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
        if (text_is_utf8(cases[i].text, strlen(cases[i].text)) != cases[i].valid)
            fail_msg("%s", cases[i].why);
}

static void numbers_are_parsed(void **state) {
    (void)state;
    static const struct {
        const char *text;
        uint64_t max;
        bool good;
        uint64_t value;
    } cases[] = {
        {"0", 10, true, 0},
        {"10", 10, true, 10},
        {"007", 10, true, 7},
        {"18446744073709551615", UINT64_MAX, true, UINT64_MAX},
        {"11", 10, false, 0},
        {"18446744073709551616", UINT64_MAX, false, 0},
        {"99999999999999999999999", UINT64_MAX, false, 0},
        {"", 10, false, 0},
        {"-1", 10, false, 0},
        {"+1", 10, false, 0},
        {" 1", 10, false, 0},
        {"1 ", 10, false, 0},
        {"0x1", 10, false, 0},
        {"1.0", 10, false, 0},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        uint64_t value = 12345;
        ERROR_AUTO *e = NULL;
        int r = text_parse_u64(cases[i].text, cases[i].max, &value, &e);
        assert_int_equal(r, cases[i].good ? 0 : ARCELLA_E_INVALID);
        assert_int_equal(value, cases[i].good ? cases[i].value : 12345);
        assert_int_equal(arcella_error_code(e), r);
    }
}

static void sizes_are_parsed(void **state) {
    (void)state;
    static const struct {
        const char *text;
        uint64_t max;
        uint64_t value; /* UINT64_MAX: refused */
    } cases[] = {
        {"4096", GIB, 4096},
        {"4096b", GIB, 4096},
        {"64k", GIB, 64 * KIB},
        {"64K", GIB, 64 * KIB},
        {"64m", GIB, 64 * MIB},
        {"64 MiB", GIB, 64 * MIB},
        {"4g", 4 * GIB, 4 * GIB},
        {"4GiB", 4 * GIB, 4 * GIB},
        {"1Ki", GIB, KIB},
        {"1t", UINT64_MAX, 1024 * GIB},
        {"4g", 4 * GIB - 1, UINT64_MAX},
        {"17179869184g", UINT64_MAX - 1, UINT64_MAX}, /* overflows */
        {"1.5g", GIB * 4, UINT64_MAX},
        {"64kb", GIB, UINT64_MAX},
        {"k", GIB, UINT64_MAX},
        {"64 k b", GIB, UINT64_MAX},
        {"-1k", GIB, UINT64_MAX},
        {"", GIB, UINT64_MAX},
        {"64kk", GIB, UINT64_MAX},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        uint64_t value = UINT64_MAX;
        ERROR_AUTO *e = NULL;
        int r = text_parse_size(cases[i].text, cases[i].max, &value, &e);
        if (r != (cases[i].value == UINT64_MAX ? ARCELLA_E_INVALID : 0) || value != cases[i].value)
            fail_msg("'%s' gave %d, %ju", cases[i].text, r, (uintmax_t)value);
        assert_int_equal(arcella_error_code(e), r);
    }
    ERROR_AUTO *e = NULL;
    uint64_t value;
    assert_int_equal(text_parse_size("5g", 4 * GIB, &value, &e), ARCELLA_E_INVALID);
    assert_string_equal(arcella_error_message(e), "size '5g' is more than 4 GiB");
}

static void durations_are_parsed(void **state) {
    (void)state;
    static const struct {
        const char *text;
        uint64_t value; /* UINT64_MAX: refused */
    } cases[] = {
        {"500ms", 500},
        {"30s", 30000},
        {"5m", 300000},
        {"2h", 7200000},
        {"0s", 0},
        {"30 s", 30000},
        {"30", UINT64_MAX},
        {"0", UINT64_MAX},
        {"s", UINT64_MAX},
        {"1.5s", UINT64_MAX},
        {"5M", UINT64_MAX},
        {"25h", UINT64_MAX},
        {"1d", 86400000},
        {"5d", UINT64_MAX},
        {"1w", UINT64_MAX},
        {"5m30s", UINT64_MAX},
        {"18446744073709551615h", UINT64_MAX},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        uint64_t value = UINT64_MAX;
        ERROR_AUTO *e = NULL;
        int r = text_parse_duration(cases[i].text, 24 * 3600 * 1000, &value, &e);
        if (r != (cases[i].value == UINT64_MAX ? ARCELLA_E_INVALID : 0) || value != cases[i].value)
            fail_msg("'%s' gave %d, %ju", cases[i].text, r, (uintmax_t)value);
    }
}

static void sizes_are_written(void **state) {
    (void)state;
    static const struct {
        uint64_t bytes;
        const char *text;
    } cases[] = {
        {0, "0 bytes"},     {1, "1 byte"},      {512, "512 bytes"},     {1023, "1023 bytes"},
        {1024, "1 KiB"},    {1536, "1.5 KiB"},  {64 * MIB, "64 MiB"},   {3 * GIB / 2, "1.5 GiB"},
        {MIB - 1, "1 MiB"}, {4 * GIB, "4 GiB"}, {UINT64_MAX, "16 EiB"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        char text[32];
        text_format_size(cases[i].bytes, text, sizeof(text));
        assert_string_equal(text, cases[i].text);
    }
}

static void durations_are_written(void **state) {
    (void)state;
    static const struct {
        uint64_t ms;
        const char *text;
    } cases[] = {
        {0, "0 ms"},       {350, "350 ms"},      {999, "999 ms"},   {1000, "1 s"},
        {12345, "12.3 s"}, {59999, "59.9 s"},    {60000, "1 m"},    {250000, "4 m 10 s"},
        {3600000, "1 h"},  {7500000, "2 h 5 m"}, {86400000, "1 d"}, {183600000, "2 d 3 h"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        char text[32];
        text_format_duration(cases[i].ms, text, sizeof(text));
        assert_string_equal(text, cases[i].text);
    }
}

static void logfmt_values_are_quoted_where_needed(void **state) {
    (void)state;
    static const struct {
        const char *in;
        size_t max;
        const char *out;
    } cases[] = {
        {"plain", 100, "plain"},
        {"a/b:c,d-e_f@1.0", 100, "a/b:c,d-e_f@1.0"},
        {"", 100, "\"\""},
        {"two words", 100, "\"two words\""},
        {"a=b", 100, "\"a=b\""},
        {"say \"hi\"", 100, "\"say \\\"hi\\\"\""},
        {"back\\slash", 100, "\"back\\\\slash\""},
        {"a\nb\tc", 100, "\"a\\nb\\tc\""},
        {"\x1b[31mred\r", 100, "\"\\x1b[31mred\\x0d\""},
        {"grün", 100, "\"grün\""},
        {"bad\xff", 100, "\"bad\\xff\""},
        {"\xc2\x9b", 100, "\"\\xc2\\x9b\""},          /* CSI as one character */
        {"\xe2\x80\xae", 100, "\"\\xe2\\x80\\xae\""}, /* right-to-left override */
        {"abcdef", 3, "\"abc…\""},
        {"ab€", 4, "\"ab…\""}, /* not inside a character */
        {"ab€", 5, "\"ab€\""},
        {"\x80\x80\x80\x80\x80", 3, "\"\\x80\\x80\\x80…\""}, /* nothing but continuation bytes */
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        BUFFER_AUTO b = BUFFER_INIT(1000);
        assert_int_equal(text_add_logfmt(&b, cases[i].in, strlen(cases[i].in), cases[i].max, NULL), 0);
        assert_string_equal(b.data, cases[i].out);
    }
}

static void terminals_get_nothing_to_act_on(void **state) {
    (void)state;
    static const struct {
        const char *in;
        bool keep_lines;
        const char *out;
    } cases[] = {
        {"plain \"text\" = \\", false, "plain \"text\" = \\"},
        {"grün 😀", false, "grün 😀"},
        {"a\nb\tc", true, "a\nb\tc"},
        {"a\nb\tc", false, "a\\x0ab\\x09c"},
        {"\x1b]0;title\x07", true, "\\x1b]0;title\\x07"},
        {"over\rwritten", true, "over\\x0dwritten"},
        {"\x7f\xfe", true, "\\x7f\\xfe"},
        {"\xe2\x81\xa6x", true, "\\xe2\\x81\\xa6x"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        BUFFER_AUTO b = BUFFER_INIT(1000);
        assert_int_equal(text_add_visible(&b, cases[i].in, strlen(cases[i].in), cases[i].keep_lines, NULL),
                         0);
        assert_string_equal(b.data, cases[i].out);
    }
}

static void json_strings_are_escaped(void **state) {
    (void)state;
    static const struct {
        const char *in;
        size_t length;
        size_t max;
        const char *out;
    } cases[] = {
        {"", 0, 10, "\"\""},
        {"a\"b\\c", 5, 10, "\"a\\\"b\\\\c\""},
        {"\n\t\r\x01\x7f", 5, 10, "\"\\n\\t\\r\\u0001\\u007f\""},
        {"grün", 5, 10, "\"grün\""},
        {"a\0b", 3, 10,
         "\"a\xef\xbf\xbd"
         "b\""},
        {"a\xff", 2, 10, "\"a\xef\xbf\xbd\""},
        {"abcdef", 6, 3, "\"abc…\""},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        BUFFER_AUTO b = BUFFER_INIT(1000);
        assert_int_equal(text_add_json(&b, cases[i].in, cases[i].length, cases[i].max, NULL), 0);
        assert_string_equal(b.data, cases[i].out);
    }
}

static void bytes_are_written_in_hex(void **state) {
    (void)state;
    BUFFER_AUTO b = BUFFER_INIT(8);
    assert_int_equal(text_add_hex(&b, "\x00\xff\x1a", 3, NULL), 0);
    assert_string_equal(b.data, "00ff1a");
    assert_int_equal(text_add_hex(&b, "ab", 2, NULL), ARCELLA_E_TOO_LARGE);
    assert_string_equal(b.data, "00ff1a");
}

static void a_failed_append_leaves_nothing(void **state) {
    (void)state;
    for (size_t limit = 3; limit < 30; limit++) {
        BUFFER_AUTO b = BUFFER_INIT(limit);
        assert_int_equal(buffer_text(&b, "abc", NULL), 0);
        const char *in = "x \x1b \"y\" z € and more to be sure";
        assert_int_equal(text_add_logfmt(&b, in, strlen(in), 100, NULL), ARCELLA_E_TOO_LARGE);
        assert_string_equal(b.data, "abc");
        assert_int_equal(text_add_visible(&b, in, strlen(in), false, NULL), ARCELLA_E_TOO_LARGE);
        assert_string_equal(b.data, "abc");
        assert_int_equal(text_add_json(&b, in, strlen(in), 100, NULL), ARCELLA_E_TOO_LARGE);
        assert_string_equal(b.data, "abc");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slices_compare),
        cmocka_unit_test(copies_are_cut),
        cmocka_unit_test(utf8_is_told_from_bytes),
        cmocka_unit_test(numbers_are_parsed),
        cmocka_unit_test(sizes_are_parsed),
        cmocka_unit_test(durations_are_parsed),
        cmocka_unit_test(sizes_are_written),
        cmocka_unit_test(durations_are_written),
        cmocka_unit_test(logfmt_values_are_quoted_where_needed),
        cmocka_unit_test(terminals_get_nothing_to_act_on),
        cmocka_unit_test(json_strings_are_escaped),
        cmocka_unit_test(bytes_are_written_in_hex),
        cmocka_unit_test(a_failed_append_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
