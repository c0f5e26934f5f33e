/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Values as JSON: what is read and written, what is refused and in which words, arguments. */
#include "component/value_texts.h"

#include "base/json.h"
#include "component/value_json.h"

/* What is written is JSON. */
static void look(const struct buffer *text) {
    ERROR_AUTO *error = NULL;
    JSON_AUTO *tree = NULL;
    if (!strstr(text->data, "\\u0000") && json_parse(text->data, text->length, &tree, &error))
        fail_msg("%s: %s", arcella_error_message(error), text->data);
}

static int setup(void **state) {
    static const struct text_form form = {
        .print = value_json_print,
        .parse = value_json_parse,
        .look = look,
        .sample = "{\"a\": [\"x\\n\"], \"b\": [\"x\"], \"c\": \"q\", \"d\": [[1, {\"ok\": 2}]]}",
        .seed = 0xdeadbeefcafef00dull,
    };
    return texts_setup(state, &form);
}

static void numbers(void **state) {
    struct fixture *f = *state;
    goes(f, "bool", " true ", "true");
    goes(f, "s32", "-5", "-5");
    goes(f, "u64", "9007199254740992", "9007199254740992");
    goes(f, "u64", "9007199254740993", "\"9007199254740993\"");
    goes(f, "u64", "\"18446744073709551615\"", "\"18446744073709551615\"");
    goes(f, "u64", "\"5\"", "5");
    goes(f, "s64", "-9007199254740993", "\"-9007199254740993\"");
    goes(f, "s64", "\"-9223372036854775808\"", "\"-9223372036854775808\"");
    goes(f, "f64", "0.1", "0.1");
    goes(f, "f32", "0.1", "0.1");
    goes(f, "f64", "-0", "-0.0");
    goes(f, "f32", "-0.0", "-0.0");
    goes(f, "f64", "0", "0");
    goes(f, "f64", "5e-324", "5e-324");
    goes(f, "f64", "2.2250738585072014e-308", "2.2250738585072014e-308");
    goes(f, "f32", "1e-45", "1e-45");
    goes(f, "f64", "\"nan\"", "\"nan\"");
    goes(f, "list<f32>", "[\"inf\", \"-inf\", 1e3]", "[\"inf\",\"-inf\",1000]");
    refused(f, "u32", "\"5\"", "column 1: expected a number (u32), found \"5\"");
    refused(f, "u64", "\"5x\"", "column 1: expected a number (u64), found \"5x\"");
    refused(f, "u64", "\"\"", "column 1: expected a number (u64), found \"\"");
    refused(f, "u64", "\"18446744073709551616\"",
            "column 1: 18446744073709551616 is not in the range of u64");
    refused(f, "u8", "1.0", "column 1: expected a number (u8), found '1.0'");
    refused(f, "u8", "01", "column 2: expected the end, found '1'");
    refused(f, "f64", "NaN", "column 1: expected a number (f64), found 'NaN'");
    refused(f, "f64", "\"Infinity\"", "column 1: expected a number (f64), found \"Infinity\"");
}

static void texts(void **state) {
    struct fixture *f = *state;
    goes(f, "string", "\"a\\u0000b\\n\\ud83c\\udf0a\\u00e9\\/\"", "\"a\\u0000b\\n🌊é/\"");
    goes(f, "char", "\"☃\"", "\"☃\"");
    goes(f, "char", "\"\\u0000\"", "\"\\u0000\"");
    goes(f, "list<u8>", "{\"base64\": \"AQID/w==\"}", "[1,2,3,255]");
    goes(f, "list<u8>", "{\"base64\": \"\"}", "[]");
    goes_with(f, "list<u8>", "[1, 2, 3, 255]", "{\"base64\":\"AQID/w==\"}", VALUE_JSON_BASE64);
    goes_with(f, "list<u8>", "[1, 2, 3]", "{\"base64\":\"AQID\"}", VALUE_JSON_BASE64);
    goes_with(f, "list<list<u8>>", "[[], [9, 8]]", "[{\"base64\":\"\"},{\"base64\":\"CQg=\"}]",
              VALUE_JSON_BASE64);
    refused(f, "list<u8>", "{\"base64\": \"AQI\"}", "column 12: not base64: its length is no multiple of 4");
    refused(f, "list<u8>", "{\"base64\": \"A*ID\"}", "column 12: not base64: character 2 of it is none");
    refused(f, "list<u8>", "{\"base64\": \"AR==\"}", "column 12: not base64: bits behind its end");
    refused(f, "list<u8>", "{\"hex\": \"AR==\"}", "column 1: expected [ or {\"base64\": \"…\"} (list<u8>)");
    refused(f, "string", "\"\\ud800\"",
            "column 2: \\ud800 is half of a character: the other half is missing");
    refused(f, "string", "\"\\x\"", "column 2: no such escape in JSON");
    refused(f, "string", "\"a\nb\"", "column 3: a control character in a text: expected \\u000a");
    refused(f, "string", "\"a", "column 1: a text that does not end: expected '\"'");
    refused(f, "char", "\"ab\"", "column 1: expected a text of one character (char)");
}

static void what_has_parts(void **state) {
    struct fixture *f = *state;
    goes(f, "record {a: u8, b: option<string>}", "{\"b\": null, \"a\": 1}", "{\"a\":1,\"b\":null}");
    goes(f, "record {a: u8, b: option<string>}", "{\"\\u0061\": 1}", "{\"a\":1,\"b\":null}");
    goes(f, "tuple<u8, string>", "[1, \"x\"]", "[1,\"x\"]");
    goes(f, "map<string, u8>", "[[\"a\", 1], [\"b\", 2]]", "[[\"a\",1],[\"b\",2]]");
    goes(f, "list<tuple<u8, u16>>", "[[1, 2], [3, 4]]", "[[1,2],[3,4]]");
    goes(f, "flags {a, b, c}", "[\"c\", \"a\"]", "[\"a\",\"c\"]");
    goes(f, "enum {none, b}", "\"none\"", "\"none\"");
    goes(f, "variant {a(u8), b}", "{\"a\": 1}", "{\"a\":1}");
    goes(f, "variant {a(u8), b}", "\"b\"", "\"b\"");
    goes(f, "variant {a(u8), b}", "{\"b\": null}", "\"b\"");
    goes(f, "option<u8>", "null", "null");
    goes(f, "option<u8>", "3", "3");
    goes(f, "option<option<u8>>", "null", "null");
    goes(f, "option<option<u8>>", "{\"some\": null}", "{\"some\":null}");
    goes(f, "option<option<option<u8>>>", "{\"some\": {\"some\": 3}}", "{\"some\":{\"some\":3}}");
    goes(f, "option<result>", "{\"ok\": null}", "{\"ok\":null}");
    goes(f, "result<u8, string>", "{\"err\": \"x\"}", "{\"err\":\"x\"}");
    goes(f, "result", "{\"ok\": null}", "{\"ok\":null}");
    refused(f, "record {a: u8}", "{}", "column 1: field 'a' is missing");
    refused(f, "record {a: u8}", "{\"a\":1,\"a\":2}", "column 8: field 'a' stands here twice");
    refused(f, "record {a: u8}", "{\"a\":1,\"b\":2}", "column 8: there is no field 'b' in record {a: u8}");
    refused(f, "record {a: u8}", "{\"a\":1,}", "column 8: expected a key in quotes, found '}'");
    refused(f, "list<u16>", "[1,]", "element 2, column 4: expected a number (u16), found ']'");
    refused(f, "tuple<u8, u8>", "[1]", "column 3: expected ',' and element 2 of 2, found ']'");
    refused(f, "flags {a}", "[\"a\", \"a\"]", "column 7: flag 'a' stands here twice");
    refused(f, "variant {a(u8), b}", "\"a\"", "column 1: case 'a' has a payload: expected {\"a\": …}");
    refused(f, "variant {a(u8), b}", "{\"b\": 1}",
            "column 7: case 'b' has no payload: expected null, found '1'");
    refused(f, "variant {a(u8), b}", "{\"a\": 1, \"b\": null}", "column 8: expected '}', found ','");
    refused(f, "enum {a}", "\"b\"", "column 1: there is no case 'b' in enum {a}");
    refused(f, "option<option<u8>>", "3", "column 1: expected null or {\"some\": …}, found '3'");
    refused(f, "result<u8>", "{\"error\": 3}", "column 2: there is no case 'error' in result<u8>");
    refused(f, "list<record {a: list<u8>}>", "[{\"a\": [1, \"x\"]}]",
            "element 1, field 'a', element 2, column 12: expected a number (u8), found \"x\"");
    refused(f, "u8", "1 1", "column 3: expected the end, found '1'");
    refused(f, "u8", "nul", "column 1: expected a number (u8), found 'nul'");
}

static void handles_go_by_number(void **state) {
    struct fixture *f = *state;
    struct value kept = {0}, handle = value_handle(TYPE_BORROW, 1, 99), ret = {0};
    struct value_handles handles = {test_keep, test_find, &kept};
    const struct type *type = type_of_words(f->types, "borrow");
    ERROR_AUTO *error = NULL;
    BUFFER_AUTO out = BUFFER_INIT(1 * KIB);
    assert_int_equal(value_json_print(&out, type, &handle, NULL, 0, &error), ARCELLA_E_UNSUPPORTED);
    assert_string_equal(arcella_error_message(error),
                        "borrow handles of resources cannot be written as text here");
    error_free_ptr(&error);
    assert_int_equal(value_json_print(&out, type, &handle, &handles, 0, NULL), 0);
    assert_string_equal(out.data, "{\"handle\":7}");
    assert_int_equal(value_json_parse(TEXT("{\"handle\": 7}"), type, &handles, &f->arena, &ret, NULL), 0);
    assert_int_equal(ret.u64, 99);
    assert_int_equal(value_json_parse(TEXT("{\"handle\": 7}"), type, NULL, &f->arena, &ret, &error),
                     ARCELLA_E_UNSUPPORTED);
    error_free_ptr(&error);
    assert_int_equal(value_json_parse(TEXT("7"), type, &handles, &f->arena, &ret, &error), ARCELLA_E_INVALID);
}

static void arguments(void **state) {
    struct fixture *f = *state;
    const struct func_type *type =
        func_of_words(f->types, "sku: string, qty: u32, note: option<string> -> bool");
    struct value *values = NULL;
    ERROR_AUTO *error = NULL;
    assert_int_equal(
        value_json_arguments(TEXT("[\"x\", 3]"), TEXT("add"), type, NULL, &f->arena, &values, NULL), 0);
    assert_int_equal(values[1].u64, 3);
    assert_int_equal(values[2].count, 0);
    assert_int_equal(value_json_arguments(TEXT("{\"qty\": 4, \"note\": \"n\", \"sku\": \"\"}"), TEXT("add"),
                                          type, NULL, &f->arena, &values, NULL),
                     0);
    assert_int_equal(values[1].u64, 4);
    assert_int_equal(values[2].count, 1);
    assert_int_equal(
        value_json_arguments(TEXT("[\"x\", \"y\"]"), TEXT("add"), type, NULL, &f->arena, &values, &error),
        ARCELLA_E_INVALID);
    assert_string_equal(
        arcella_error_message(error),
        "argument 2 'qty' of add(sku: string, qty: u32, note: option<string>) -> bool, column 7: "
        "expected a number (u32), found \"y\"");
    error_free_ptr(&error);
    assert_int_equal(
        value_json_arguments(TEXT("{\"sku\": \"\"}"), TEXT("add"), type, NULL, &f->arena, &values, &error),
        ARCELLA_E_INVALID);
    assert_string_equal(arcella_error_message(error),
                        "add(sku: string, qty: u32, note: option<string>) -> bool, "
                        "column 1: parameter 'qty' is missing");
    error_free_ptr(&error);
    assert_int_equal(
        value_json_arguments(TEXT("[\"x\"]"), TEXT("add"), type, NULL, &f->arena, &values, &error),
        ARCELLA_E_INVALID);
    error_free_ptr(&error);
    assert_int_equal(
        value_json_arguments(TEXT("[\"x\",1,null,4]"), TEXT("add"), type, NULL, &f->arena, &values, &error),
        ARCELLA_E_INVALID);
    struct value value;
    assert_int_equal(value_json_argument(TEXT("9"), TEXT("add"), type, 1, NULL, &f->arena, &value, NULL), 0);
    assert_int_equal(value.u64, 9);
}

int main(void) {
    json_setup();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(numbers, setup, teardown),
        cmocka_unit_test_setup_teardown(texts, setup, teardown),
        cmocka_unit_test_setup_teardown(what_has_parts, setup, teardown),
        cmocka_unit_test_setup_teardown(handles_go_by_number, setup, teardown),
        cmocka_unit_test_setup_teardown(arguments, setup, teardown),
        cmocka_unit_test_setup_teardown(random_values_come_back, setup, teardown),
        cmocka_unit_test_setup_teardown(no_memory_is_an_answer, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
