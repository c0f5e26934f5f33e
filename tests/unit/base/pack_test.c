/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* MessagePack: what is written is read again; each form of the specification; each truncation is refused. */
#include "torture.h"

#include "base/mem.h"
#include "base/pack.h"

/* A message with one of everything. */
static int write_message(struct buffer *b, arcella_error **reterr) {
    struct pack_writer w;
    pack_begin(&w, b);
    pack_array(&w, 9);
    pack_u64(&w, UINT64_MAX);
    pack_i64(&w, INT64_MIN);
    pack_bool(&w, true);
    pack_bool(&w, false);
    pack_text(&w, "grün");
    pack_text(&w, NULL);
    pack_bytes(&w, "\0\xff", 2);
    pack_map(&w, 1);
    pack_text_n(&w, TEXT("key"));
    pack_u64(&w, 7);
    pack_bytes(&w, NULL, 0);
    return pack_end(&w, reterr);
}

static int read_message(const void *bytes, size_t count, arcella_error **reterr) {
    struct pack_reader r;
    pack_open(&r, bytes, count);
    uint32_t elements = pack_get_array(&r, 9);
    uint64_t large = pack_get_u64(&r, UINT64_MAX);
    int64_t small = pack_get_i64(&r);
    bool yes = pack_get_bool(&r);
    bool no = pack_get_bool(&r);
    struct text text = pack_get_text(&r, 5, false);
    struct text none = pack_get_text(&r, 5, true);
    struct text two = pack_get_bytes(&r, 2);
    uint32_t pairs = pack_get_map(&r, 1);
    struct text key = pack_get_text(&r, 3, false);
    uint64_t seven = pack_get_u64(&r, 7);
    struct text empty = pack_get_bytes(&r, 0);
    int result = pack_close(&r, reterr);
    if (result < 0) {
        /* Zeros from the mistake on. */
        assert_int_equal(empty.length, 0);
        assert_int_equal(pack_get_u64(&r, 9), 0);
        return result;
    }
    assert_int_equal(elements, 9);
    assert_true(large == UINT64_MAX);
    assert_true(small == INT64_MIN);
    assert_true(yes);
    assert_false(no);
    assert_true(text_equal(text, TEXT("grün")));
    assert_null(none.data);
    assert_true(text_equal(two, TEXT("\0\xff")));
    assert_int_equal(pairs, 1);
    assert_true(text_equal(key, TEXT("key")));
    assert_int_equal(seven, 7);
    assert_int_equal(empty.length, 0);
    assert_non_null(empty.data);
    return 0;
}

static void what_is_written_is_read(void **state) {
    (void)state;
    BUFFER_AUTO b = BUFFER_INIT(1000);
    assert_int_equal(write_message(&b, NULL), 0);
    ERROR_AUTO *e = NULL;
    if (read_message(b.data, b.length, &e) < 0)
        fail_msg("%s", arcella_error_message(e));
    struct pack_reader r;
    pack_open(&r, b.data, b.length);
    pack_skip(&r);
    assert_int_equal(pack_close(&r, NULL), 0);
}

static void every_truncation_is_refused(void **state) {
    (void)state;
    BUFFER_AUTO b = BUFFER_INIT(1000);
    assert_int_equal(write_message(&b, NULL), 0);
    for (size_t count = 0; count < b.length; count++) {
        /* Of exactly that size, so that the sanitizer sees a read past the end. */
        MEM_AUTO char *part = mem_copy(b.data, count);
        ERROR_AUTO *e = NULL;
        assert_int_equal(read_message(part, count, &e), ARCELLA_E_PROTOCOL);
        assert_true(strncmp(arcella_error_message(e), "expected ", 9) == 0);
        struct pack_reader r;
        pack_open(&r, part, count);
        pack_skip(&r);
        assert_int_equal(pack_close(&r, NULL), ARCELLA_E_PROTOCOL);
    }
}

static void every_changed_byte_is_read_without_harm(void **state) {
    (void)state;
    BUFFER_AUTO b = BUFFER_INIT(1000);
    assert_int_equal(write_message(&b, NULL), 0);
    for (size_t i = 0; i < b.length; i++)
        for (unsigned value = 0; value < 256; value++) {
            MEM_AUTO char *changed = mem_copy(b.data, b.length);
            changed[i] = (char)value;
            struct pack_reader r;
            pack_open(&r, changed, b.length);
            uint32_t count = pack_get_array(&r, 100);
            for (uint32_t n = 0; n < count && !r.failed; n++)
                pack_skip(&r);
            assert_true(r.at >= r.begin && r.at <= r.end);
            int code = pack_close(&r, NULL);
            assert_true(code == 0 || code == ARCELLA_E_PROTOCOL);
        }
}

#define BYTES(literal) (literal), sizeof(literal) - 1

static void every_form_of_a_number_is_read(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t count;
        bool unsigned_ok;
        int64_t value; /* what pack_get_i64() gives */
    } cases[] = {
        {BYTES("\x00"), true, 0},
        {BYTES("\x7f"), true, 127},
        {BYTES("\xff"), false, -1},
        {BYTES("\xe0"), false, -32},
        {BYTES("\xcc\xff"), true, 255},
        {BYTES("\xcc\x01"), true, 1}, /* longer than need be */
        {BYTES("\xcd\x01\x00"), true, 256},
        {BYTES("\xce\x00\x01\x00\x00"), true, 65536},
        {BYTES("\xcf\x00\x00\x00\x01\x00\x00\x00\x00"), true, 1ll << 32},
        {BYTES("\xd0\x80"), false, -128},
        {BYTES("\xd0\x05"), true, 5}, /* signed and not negative */
        {BYTES("\xd1\x80\x00"), false, -32768},
        {BYTES("\xd2\x80\x00\x00\x00"), false, INT32_MIN},
        {BYTES("\xd3\x80\x00\x00\x00\x00\x00\x00\x00"), false, INT64_MIN},
        {BYTES("\xd3\x7f\xff\xff\xff\xff\xff\xff\xff"), true, INT64_MAX},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct pack_reader r;
        pack_open(&r, cases[i].bytes, cases[i].count);
        assert_true(pack_get_i64(&r) == cases[i].value);
        assert_int_equal(pack_close(&r, NULL), 0);
        pack_open(&r, cases[i].bytes, cases[i].count);
        uint64_t value = pack_get_u64(&r, UINT64_MAX);
        assert_int_equal(pack_close(&r, NULL), cases[i].unsigned_ok ? 0 : ARCELLA_E_PROTOCOL);
        assert_true(value == (cases[i].unsigned_ok ? (uint64_t)cases[i].value : 0));
        if (cases[i].unsigned_ok && cases[i].value) {
            pack_open(&r, cases[i].bytes, cases[i].count);
            assert_int_equal(pack_get_u64(&r, (uint64_t)cases[i].value - 1), 0); /* its bound */
            assert_true(r.failed);
        }
    }
    struct pack_reader r;
    pack_open(&r, BYTES("\xcf\x80\x00\x00\x00\x00\x00\x00\x00")); /* more than a signed one holds */
    assert_int_equal(pack_get_i64(&r), 0);
    assert_true(r.failed);
}

static void wrong_kinds_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t count;
        const char *name;
    } values[] = {
        {BYTES("\x05"), "number"},
        {BYTES("\xc0"), "nil"},
        {BYTES("\xc1"), "never used"},
        {BYTES("\xc3"), "true"},
        {BYTES("\xa1"
               "a"),
         "text"},
        {BYTES("\xc4\x01"
               "a"),
         "bytes"},
        {BYTES("\x91\x01"), "array"},
        {BYTES("\x81\x01\x01"), "map"},
        {BYTES("\xca\x00\x00\x00\x00"), "float"},
        {BYTES("\xd4\x01\x02"), "extension"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(values); i++) {
        const char *name = values[i].name;
        for (int getter = 0; getter < 7; getter++) {
            struct pack_reader r;
            pack_open(&r, values[i].bytes, values[i].count);
            static const char *const wanted[] = {"number", "number", "true", "text", "bytes", "array", "map"};
            switch (getter) {
            case 0: (void)pack_get_u64(&r, 100); break;
            case 1: (void)pack_get_i64(&r); break;
            case 2: (void)pack_get_bool(&r); break;
            case 3: (void)pack_get_text(&r, 100, false); break;
            case 4: (void)pack_get_bytes(&r, 100); break;
            case 5: (void)pack_get_array(&r, 100); break;
            case 6: (void)pack_get_map(&r, 100); break;
            }
            bool right = strcmp(wanted[getter], name) == 0;
            if (r.failed == right)
                fail_msg("getter %d, %s", getter, name);
            if (!right) {
                assert_non_null(r.expected);
                assert_ptr_equal(r.at, r.begin);
            }
        }
        struct pack_reader r;
        pack_open(&r, values[i].bytes, values[i].count);
        pack_skip(&r);
        assert_int_equal(pack_close(&r, NULL), strcmp(name, "never used") ? 0 : ARCELLA_E_PROTOCOL);
    }
}

static void every_form_is_skipped(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t count;
    } values[] = {
        {BYTES("\xd9\x02"
               "ab")},
        {BYTES("\xda\x00\x02"
               "ab")},
        {BYTES("\xdb\x00\x00\x00\x02"
               "ab")},
        {BYTES("\xc5\x00\x01"
               "a")},
        {BYTES("\xc6\x00\x00\x00\x01"
               "a")},
        {BYTES("\xdc\x00\x02\x01\x02")},
        {BYTES("\xdd\x00\x00\x00\x02\x01\x02")},
        {BYTES("\xde\x00\x01\x01\x02")},
        {BYTES("\xdf\x00\x00\x00\x01\x01\x02")},
        {BYTES("\xcb\x00\x00\x00\x00\x00\x00\x00\x00")},
        {BYTES("\xc7\x02\x05"
               "ab")},
        {BYTES("\xc8\x00\x02\x05"
               "ab")},
        {BYTES("\xc9\x00\x00\x00\x02\x05"
               "ab")},
        {BYTES("\xd5\x05"
               "ab")},
        {BYTES("\xd6\x05"
               "abcd")},
        {BYTES("\xd7\x05"
               "abcdefgh")},
        {BYTES("\xd8\x05"
               "abcdefghabcdefgh")},
        {BYTES("\x92\x91\xc0\x81\xa0\xc2")},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(values); i++) {
        for (size_t count = 0; count <= values[i].count; count++) {
            MEM_AUTO char *bytes = mem_copy(values[i].bytes, count);
            struct pack_reader r;
            pack_open(&r, bytes, count);
            pack_skip(&r);
            assert_int_equal(pack_close(&r, NULL), count == values[i].count ? 0 : ARCELLA_E_PROTOCOL);
        }
    }
}

static void promises_are_checked_before_they_are_believed(void **state) {
    (void)state;
    struct pack_reader r;
    pack_open(&r, BYTES("\xdd\xff\xff\xff\xff\x01\x02\x03")); /* four billion elements in three bytes */
    assert_int_equal(pack_get_array(&r, UINT32_MAX), 0);
    assert_true(r.failed);
    pack_open(&r, BYTES("\xdf\x00\x00\x00\x02\x01\x02\x03")); /* two pairs in three bytes */
    assert_int_equal(pack_get_map(&r, 10), 0);
    assert_true(r.failed);
    pack_open(&r, BYTES("\x93\x01\x02\x03"));
    assert_int_equal(pack_get_array(&r, 2), 0);
    assert_true(r.failed);
    /* Arrays of arrays, a megabyte of them: no stack, no time to speak of. */
    size_t count = 1 << 20;
    MEM_AUTO char *nested = mem_alloc(count);
    memset(nested, '\x91', count);
    nested[count - 1] = 1;
    pack_open(&r, nested, count);
    pack_skip(&r);
    assert_int_equal(pack_close(&r, NULL), 0);
    memset(nested, '\x9f', count);
    pack_open(&r, nested, count);
    pack_skip(&r);
    assert_int_equal(pack_close(&r, NULL), ARCELLA_E_PROTOCOL);
}

static void texts_are_utf8_and_bounded(void **state) {
    (void)state;
    struct pack_reader r;
    pack_open(&r, BYTES("\xa2\xc3\x28"));
    assert_null(pack_get_text(&r, 10, true).data);
    ERROR_AUTO *e = NULL;
    assert_int_equal(pack_close(&r, &e), ARCELLA_E_PROTOCOL);
    assert_string_equal(arcella_error_message(e), "expected a text in UTF-8 of allowed length at byte 0");
    pack_open(&r, BYTES("\xa3"
                        "abc"));
    assert_null(pack_get_text(&r, 2, false).data);
    assert_true(r.failed);
    pack_open(&r, BYTES("\xc4\x03"
                        "abc"));
    assert_null(pack_get_bytes(&r, 2).data);
    assert_true(r.failed);
    pack_open(&r, BYTES("\xc0"));
    assert_null(pack_get_text(&r, 2, false).data);
    assert_true(r.failed);
    pack_open(&r, BYTES("\x01\x02"));
    assert_int_equal(pack_get_u64(&r, 10), 1);
    ERROR_AUTO *left = NULL;
    assert_int_equal(pack_close(&r, &left), ARCELLA_E_PROTOCOL);
    assert_string_equal(arcella_error_message(left), "expected the end of the message at byte 1");
}

static void copies_end_in_nul_and_have_none_inside(void **state) {
    (void)state;
    struct pack_reader r;
    pack_open(&r, BYTES("\xa3"
                        "abc"));
    MEM_AUTO char *copy = pack_copy_text(&r, pack_get_text(&r, 3, false));
    assert_string_equal(copy, "abc");
    assert_int_equal(pack_close(&r, NULL), 0);
    pack_open(&r, BYTES("\xa3"
                        "a\0c"));
    assert_null(pack_copy_text(&r, pack_get_text(&r, 3, false)));
    assert_int_equal(pack_close(&r, NULL), ARCELLA_E_PROTOCOL);
    pack_open(&r, BYTES("\xc0"));
    assert_null(pack_copy_text(&r, pack_get_text(&r, 3, true)));
    assert_int_equal(pack_close(&r, NULL), ARCELLA_E_PROTOCOL);
}

static void what_does_not_fit_is_told_at_the_end(void **state) {
    (void)state;
    BUFFER_AUTO whole = BUFFER_INIT(1000);
    assert_int_equal(write_message(&whole, NULL), 0);
    for (size_t limit = 0; limit < whole.length; limit++) {
        BUFFER_AUTO b = BUFFER_INIT(limit);
        ERROR_AUTO *e = NULL;
        assert_int_equal(write_message(&b, &e), ARCELLA_E_TOO_LARGE);
        assert_true(b.length <= limit);
    }
}

static int write_and_copy(void *user, arcella_error **reterr) {
    (void)user;
    BUFFER_AUTO b = BUFFER_INIT(4000);
    struct pack_writer w;
    pack_begin(&w, &b);
    pack_array(&w, 200);
    for (int i = 0; i < 200; i++)
        pack_text(&w, "some text");
    int result = pack_end(&w, reterr);
    if (result < 0)
        return result;
    struct pack_reader r;
    pack_open(&r, b.data, b.length);
    for (uint32_t i = 0, count = pack_get_array(&r, 200); i < count; i++) {
        MEM_AUTO char *copy = pack_copy_text(&r, pack_get_text(&r, 100, false));
        assert_true(r.failed || copy);
    }
    return pack_close(&r, reterr);
}

static void no_memory_is_told_from_a_bad_message(void **state) {
    (void)state;
    torture_alloc(write_and_copy, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(every_changed_byte_is_read_without_harm),
        cmocka_unit_test(every_form_of_a_number_is_read),
        cmocka_unit_test(wrong_kinds_are_refused),
        cmocka_unit_test(every_form_is_skipped),
        cmocka_unit_test(promises_are_checked_before_they_are_believed),
        cmocka_unit_test(texts_are_utf8_and_bounded),
        cmocka_unit_test(copies_end_in_nul_and_have_none_inside),
        cmocka_unit_test(what_does_not_fit_is_told_at_the_end),
        cmocka_unit_test(no_memory_is_told_from_a_bad_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
