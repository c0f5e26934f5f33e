/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* JSON: what is refused and how, order and bytes of what is written. */
#include "torture.h"

#include "base/json.h"
#include "base/limits.h"
#include "base/mem.h"

static int set_up(void **state) {
    (void)state;
    json_setup();
    return 0;
}

static void what_is_read_is_written(void **state) {
    (void)state;
    static const char *const texts[] = {
        "{}",           "[]",
        "null",         "true",
        "12",           "-1.5",
        "\"\"",         "\"a\\\"\\\\\\n\\u0001\"",
        "0.1",          "-0.0",
        "5e-324",       "2.2250738585072014e-308",
        "1.0",          "1e+300",
        "\"\\\"1.50\"", "{\"0.10000000000000001\":[0.25,\"0.10000000000000001\"]}",
        "\"grün 😀\"",   "{\"z\":1,\"a\":[1,2,{\"x\":null}],\"m\":\"\"}",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
        JSON_AUTO *value = NULL;
        ERROR_AUTO *e = NULL;
        assert_int_equal(json_parse(texts[i], strlen(texts[i]), &value, &e), 0);
        BUFFER_AUTO b = BUFFER_INIT(1000);
        assert_int_equal(json_add(&b, value, NULL), 0);
        assert_string_equal(b.data, texts[i]);
    }
}

static void what_is_wrong_is_refused_with_its_place(void **state) {
    (void)state;
    static const struct {
        const char *text;
        const char *message; /* how it begins */
    } cases[] = {
        {"", "line 1, column 0: "},
        {"{\"a\":1,\"a\":2}", "line 1, column 10: duplicate object key near '\"a\"'"},
        {"{\n \"a\": x}", "line 2, column 7: invalid token near 'x'"},
        {"{} {}", "line 1, column 4: end of file expected near '{'"},
        {"[1,]", "line 1, column 4: unexpected token near ']'"},
        {"{\"a\":", "line 1, column 5: "},
        {"\"\\u0000\"", "line 1, column 8: a NUL character in a text"},
        {"\"\xff\"", "line 1, column 1: unable to decode byte 0xff"},
        {"\"\\ud800\"", "line 1, column 8: invalid Unicode"},
        {"1e999", "line 1, column 5: real number overflow"},
        {"99999999999999999999", "line 1, column 20: too big integer"},
        {"'a'", "line 1, column 1: invalid token"},
        {"nul", "line 1, column 3: invalid token"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        json_t *value = NULL;
        ERROR_AUTO *e = NULL;
        assert_int_equal(json_parse(cases[i].text, strlen(cases[i].text), &value, &e), ARCELLA_E_PROTOCOL);
        assert_null(value);
        if (strncmp(arcella_error_message(e), cases[i].message, strlen(cases[i].message)) != 0)
            fail_msg("'%s': %s", cases[i].text, arcella_error_message(e));
    }
    static const char nul[][4] = {"1\0", "\0", "\"\0\"", "[\0]", "\"\\\0"};
    for (size_t i = 0; i < ARRAY_LENGTH(nul); i++) {
        json_t *value = NULL;
        ERROR_AUTO *e = NULL;
        assert_int_equal(json_parse(nul[i], 3, &value, &e), ARCELLA_E_PROTOCOL);
        assert_non_null(strstr(arcella_error_message(e), "a NUL byte"));
    }
}

static void nesting_is_bounded(void **state) {
    (void)state;
    for (unsigned depth = LIMIT_JSON_DEPTH - 1; depth <= LIMIT_JSON_DEPTH + 1; depth++) {
        BUFFER_AUTO b = BUFFER_INIT(1000);
        assert_int_equal(buffer_text(&b, "\n", NULL), 0);
        for (unsigned i = 0; i < depth; i++)
            assert_int_equal(buffer_text(&b, "[", NULL), 0);
        /* Brackets in a text do not count, even behind escaped quotes. */
        assert_int_equal(buffer_text(&b, "\"\\\"[[[[\\\\\"", NULL), 0);
        for (unsigned i = 0; i < depth; i++)
            assert_int_equal(buffer_text(&b, "]", NULL), 0);
        JSON_AUTO *value = NULL;
        ERROR_AUTO *e = NULL;
        int r = json_parse(b.data, b.length, &value, &e);
        if (depth <= LIMIT_JSON_DEPTH) {
            assert_int_equal(r, 0);
            continue;
        }
        assert_int_equal(r, ARCELLA_E_PROTOCOL);
        assert_string_equal(arcella_error_message(e),
                            "line 2, column 65: too many arrays and objects inside each other");
    }
    /* A peer that sends nothing but brackets. */
    MEM_AUTO char *brackets = mem_alloc(LIMIT_ALME_LINE_BYTES);
    memset(brackets, '{', LIMIT_ALME_LINE_BYTES);
    json_t *value = NULL;
    assert_int_equal(json_parse(brackets, LIMIT_ALME_LINE_BYTES, &value, NULL), ARCELLA_E_PROTOCOL);
}

static void any_bytes_make_a_text(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t length;
        const char *out;
    } cases[] = {
        {"", 0, "\"\""},
        {NULL, 0, "\"\""},
        {"plain", 5, "\"plain\""},
        {"a\xff\xfe"
         "b",
         4,
         "\"a\xef\xbf\xbd\xef\xbf\xbd"
         "b\""},
        {"a\0b", 3,
         "\"a\xef\xbf\xbd"
         "b\""},
        {"\xe2\x82", 2, "\"\xef\xbf\xbd\xef\xbf\xbd\""},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        JSON_AUTO *value = json_bytes(cases[i].bytes, cases[i].length);
        BUFFER_AUTO b = BUFFER_INIT(100);
        assert_int_equal(json_add(&b, value, NULL), 0);
        assert_string_equal(b.data, cases[i].out);
        JSON_AUTO *back = NULL; /* and is read again */
        assert_int_equal(json_parse(b.data, b.length, &back, NULL), 0);
    }
}

static void members_are_set_in_order(void **state) {
    (void)state;
    JSON_AUTO *object = json_object();
    bool ok = true;
    json_put_text(object, "z", "last", &ok);
    json_put(object, "a", json_integer(1), &ok);
    json_put_text(object, "none", NULL, &ok);
    json_put_text(object, "bad", "\xff", &ok);
    assert_true(ok);
    BUFFER_AUTO b = BUFFER_INIT(100);
    assert_int_equal(buffer_text(&b, "> ", NULL), 0);
    assert_int_equal(json_add(&b, object, NULL), 0);
    assert_string_equal(b.data, "> {\"z\":\"last\",\"a\":1,\"none\":null,\"bad\":\"\xef\xbf\xbd\"}");
    json_put(object, "a", NULL, &ok); /* a value there was no memory for */
    assert_false(ok);
    ok = true;
    json_put(NULL, "a", json_integer(1), &ok); /* an object there was no memory for */
    assert_false(ok);
    ERROR_AUTO *e = NULL;
    assert_int_equal(json_add(&b, NULL, &e), ARCELLA_E_NOMEM);
}

static void what_does_not_fit_leaves_nothing(void **state) {
    (void)state;
    JSON_AUTO *value = NULL;
    const char *text = "{\"key\":[1,2,3,\"text\"]}";
    assert_int_equal(json_parse(text, strlen(text), &value, NULL), 0);
    for (size_t limit = 2; limit < strlen(text) + 2; limit++) {
        BUFFER_AUTO b = BUFFER_INIT(limit);
        assert_int_equal(buffer_text(&b, "ab", NULL), 0);
        ERROR_AUTO *e = NULL;
        assert_int_equal(json_add(&b, value, &e), ARCELLA_E_TOO_LARGE);
        assert_string_equal(b.data, "ab");
    }
}

static int read_and_write(void *user, arcella_error **reterr) {
    (void)user;
    static const char text[] = "{\"a\":[1,2.5,\"x\\n\"],\"b\":{\"c\":null,\"d\":true},\"e\":\"\"}";
    JSON_AUTO *value = NULL;
    int r = json_parse(text, sizeof(text) - 1, &value, reterr);
    if (r < 0)
        return r;
    bool ok = true;
    json_put_text(value, "f", "more \xff", &ok);
    json_put(value, "g", json_pack("[i]", 5), &ok);
    if (!ok)
        return error_nomem(reterr);
    BUFFER_AUTO b = BUFFER_INIT(1000);
    return json_add(&b, value, reterr);
}

static void no_memory_is_told_from_bad_text(void **state) {
    (void)state;
    torture_alloc(read_and_write, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_read_is_written),
        cmocka_unit_test(what_is_wrong_is_refused_with_its_place),
        cmocka_unit_test(nesting_is_bounded),
        cmocka_unit_test(any_bytes_make_a_text),
        cmocka_unit_test(members_are_set_in_order),
        cmocka_unit_test(what_does_not_fit_leaves_nothing),
        cmocka_unit_test(no_memory_is_told_from_bad_text),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
