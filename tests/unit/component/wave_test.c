/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Values as WAVE: what is read and how it is written again, what is refused and in which words, calls. */
#include "component/value_texts.h"

#include "component/wave.h"

static int print(struct buffer *to, const struct type *type, const struct value *value,
                 const struct value_handles *handles, unsigned flags, arcella_error **reterr) {
    (void)flags;
    return wave_print(to, type, value, handles, reterr);
}

static int setup(void **state) {
    static const struct text_form form = {
        .print = print,
        .parse = wave_parse,
        .sample = "{a: [\"x\", \"y\"], b: {x}, c: q, d: [(1, ok(2)), (3, err('x'))]}",
        .seed = 0x9e3779b97f4a7c15ull,
    };
    return texts_setup(state, &form);
}

static void numbers(void **state) {
    struct fixture *f = *state;
    goes(f, "bool", " true ", "true");
    goes(f, "u8", "255", "255");
    goes(f, "s8", "-128", "-128");
    goes(f, "s16", "-0", "0");
    goes(f, "s64", "-9223372036854775808", "-9223372036854775808");
    goes(f, "u64", "18446744073709551615", "18446744073709551615");
    goes(f, "f32", "3.4028234664e38", "3.4028235e+38");
    goes(f, "list<f32>", "[0, 0.0, 0e0, 0.0e0, 0e-1, 0e+1, 0.000e100]", "[0, 0, 0, 0, 0, 0, 0]");
    goes(f, "list<f32>", "[-3.1415, -100000, -0.0e-0, 0.1]", "[-3.1415, -100000, -0, 0.1]");
    goes(f, "list<f64>", "[nan, inf, -inf, 0.1, 5e-324]", "[nan, inf, -inf, 0.1, 5e-324]");
    goes(f, "f32", "3.4028234664e39", "inf");
    goes(f, "f32", "1.4012984643e-46", "0");
    refused(f, "u8", "256", "column 1: 256 is not in the range of u8");
    refused(f, "u8", "-1", "column 1: -1 is not in the range of u8");
    refused(f, "u64", "18446744073709551616", "column 1: 18446744073709551616 is not in the range of u64");
    refused(f, "s8", "128", "column 1: 128 is not in the range of s8");
    refused(f, "u32", "1.5", "column 1: expected a number (u32), found '1.5'");
    refused(f, "u32", "012", "column 2: expected the end, found '12'");
    refused(f, "u32", "", "column 1: expected a number (u32), found the end");
    refused(f, "f64", "-", "column 1: expected a number (f64), found '-'");
    refused(f, "f64", "Infinity", "column 1: expected a number (f64), found 'Infinity'");
    refused(f, "f64", "%inf", "column 1: expected a number (f64), found '%inf'");
    refused(f, "bool", "yes", "column 1: expected true or false (bool), found 'yes'");
    refused(f, "u32", "1 2", "column 3: expected the end, found '2'");
    refused(f, "u32", "\xff", "column 1: not UTF-8");
}

static void texts(void **state) {
    struct fixture *f = *state;
    goes(f, "list<char>", "['W', '🌊', '\"']", "['W', '🌊', '\"']");
    goes(f, "list<char>", "['\\\\', '\\'', '\\\"', '\\t', '\\n', '\\r', '\\u{0}', '\\u{000078}']",
         "['\\\\', '\\'', '\"', '\\t', '\\n', '\\r', '\\u{0}', 'x']");
    goes(f, "string", "\"\"", "\"\"");
    goes(f, "string", "\"WAVE🌊 \\\\\\'\\\"\\t\\n\\r☃\\u{2603}\"", "\"WAVE🌊 \\\\'\\\"\\t\\n\\r☃☃\"");
    goes(f, "string", "\"\\u{202e}\"", "\"\\u{202e}\"");
    goes(f, "string", "\"\"\"\n\"\"\"", "\"\"");
    goes(f, "string", "\"\"\"\r\nA line\r\n\"\"\"", "\"A line\"");
    goes(f, "string", "\"\"\"\n    Indent\n  goes\n      off: \"\"\\\"\"\n  \"\"\"",
         "\"  Indent\\ngoes\\n    off: \\\"\\\"\\\"\\\"\"");
    goes(f, "string", "\"\"\"\n\nends kept\n\n\"\"\"", "\"\\nends kept\\n\"");
    refused(f, "string", "\"\\u{d800}\"", "column 2: \\u{d800} is no character");
    refused(f, "string", "\"\\u{110000}\"", "column 2: \\u{110000} is no character");
    refused(f, "string", "\"ab\\u{0000000}\"",
            "column 4: expected \\u{…} with one to six hexadecimal digits");
    refused(f, "string", "\"\\u{}\"", "column 2: expected \\u{…} with one to six hexadecimal digits");
    refused(f, "string", "\"\\j\"",
            "column 2: no such escape: one of \\\\ \\' \\\" \\t \\n \\r \\u{…} was expected");
    refused(f, "string", "\"a\nb\"", "column 1: a text that does not end on its line: expected '\"'");
    refused(f, "string", "\"\\", "column 1: a text that does not end on its line: expected '\"'");
    refused(f, "string", "\"\"\"\"\"\"", "column 4: expected a new line behind the opening \"\"\"");
    refused(f, "string", "\"\"\"\na", "column 1: a text that does not end: expected \"\"\"");
    refused(f, "string", "\"\"\"\na\"\"\"",
            "line 2, column 2: expected the closing \"\"\" on a line of its own, behind spaces only");
    refused(f, "string", "\"\"\"\n a\n  b\n  \"\"\"",
            "line 2, column 1: expected 2 spaces, as in front of the closing \"\"\"");
    refused(f, "char", "'ab'", "column 1: expected one character in quotes (char), found more");
    refused(f, "char", "''", "column 1: expected a character in quotes");
    refused(f, "char", "\"a\"", "column 1: expected a character in quotes (char), found \"a\"");
}

static void lists_and_records(void **state) {
    struct fixture *f = *state;
    goes(f, "list<u8>", "[ ]", "[]");
    goes(f, "list<u8>", "[1, 2, // two\n 3,]", "[1, 2, 3]");
    goes(f, "list<list<string>>", "[[\"a\"], []]", "[[\"a\"], []]");
    goes(f, "list<tuple<u8, f32>>", "[(1, 2), (3, 4.5)]", "[(1, 2), (3, 4.5)]");
    goes(f, "tuple<u8, string>", "(1, \"a\",)", "(1, \"a\")");
    goes(f, "map<string, u8>", "[(\"a\", 1), (\"b\", 2,),]", "[(\"a\", 1), (\"b\", 2)]");
    goes(f, "record {required: u8, optional: option<u8>}", "{optional: 2, required: 1}",
         "{required: 1, optional: some(2)}");
    goes(f, "record {required: u8, optional: option<u8>}", "{ required: 1, optional: none, }",
         "{required: 1}");
    goes(f, "record {a: option<u8>, b: option<u8>}", "{ : }", "{:}");
    goes(f, "record {true: bool, ok: result, nan: f32}", "{%true: true, ok: ok, nan: nan}",
         "{true: true, ok: ok, nan: nan}");
    goes(f, "flags {read, write, exec}", "{write, %read,}", "{read, write}");
    goes(f, "flags {read, write, exec}", "{}", "{}");
    refused(f, "list<u8>", "[1,,2]", "element 2, column 4: expected a number (u8), found ','");
    refused(f, "list<u8>", "[1 2]", "column 4: expected ',' or ']', found '2'");
    refused(f, "tuple<u8, u8>", "(1)", "column 3: expected ',' and element 2 of 2, found ')'");
    refused(f, "tuple<u8, u8>", "(1,)", "column 4: expected ',' and element 2 of 2, found ')'");
    refused(f, "tuple<u8, u8>", "(1, 2, 3)", "column 8: expected ')', found '3'");
    refused(f, "record {a: u8, b: option<u8>}", "{b: 1}", "column 1: field 'a' is missing");
    refused(f, "record {a: u8}", "{a: 1, a: 1}", "column 8: field 'a' stands here twice");
    refused(f, "record {a: u8}", "{a: 1, c: 1}", "column 8: there is no field 'c' in record {a: u8}");
    refused(f, "record {a: option<u8>}", "{}", "column 1: a record without fields is written {:}");
    refused(f, "record {a: list<record {b: u8}>}", "{a: [{b: 1}, {b: x}]}",
            "field 'a', element 2, field 'b', column 18: expected a number (u8), found 'x'");
    refused(f, "flags {a}", "{a, a}", "column 5: flag 'a' stands here twice");
    refused(f, "flags {a}", "{b}", "column 2: there is no flag 'b' in flags {a}");
    refused(f, "map<string, u8>", "[(\"a\", 1), (\"b\", x)]",
            "value of pair 2, column 18: expected a number (u8), found 'x'");
}

static void cases(void **state) {
    struct fixture *f = *state;
    const char *response = "variant {empty, body(list<u8>), err(string)}";
    goes(f, response, "empty", "empty");
    goes(f, response, "body([79, 75])", "body([79, 75])");
    goes(f, response, "%err( \"oops\" )", "%err(\"oops\")");
    goes(f, "enum {ok, not-found}", "%ok", "%ok");
    goes(f, "enum {ok, not-found}", "%not-found", "not-found");
    goes(f, "option<u8>", "1", "some(1)");
    goes(f, "option<u8>", "some(1)", "some(1)");
    goes(f, "option<option<u8>>", "some(none)", "some(none)");
    goes(f, "option<option<u8>>", "none", "none");
    goes(f, "option<option<u8>>", "some(3)", "some(some(3))");
    goes(f, "option<record {a: u8}>", "{a: 1}", "some({a: 1})");
    goes(f, "option<enum {none, x}>", "%none", "some(%none)");
    goes(f, "result<u8, string>", "5", "ok(5)");
    goes(f, "result<u8, string>", "err(\"x\")", "err(\"x\")");
    goes(f, "result", "ok", "ok");
    goes(f, "result<_, string>", "ok", "ok");
    goes(f, "result<tuple<u8>>", "(1)", "ok((1))");
    refused(f, "enum {ok, x}", "ok", "column 1: case 'ok' is named like a keyword: write %ok");
    refused(f, "enum {a, b}", "c", "column 1: expected a case (enum {a, b}), found 'c'");
    refused(f, response, "body", "column 5: case 'body' has a payload: expected '(', found the end");
    refused(f, response, "empty(1)", "column 6: case 'empty' has no payload");
    refused(f, response, "body([1, x])",
            "case 'body', element 2, column 10: expected a number (u8), found 'x'");
    refused(f, "option<option<u8>>", "3", "column 1: expected an option (option<option<u8>>), found '3'");
    refused(f, "option<result>", "ok", "column 1: expected an option (option<result>), found 'ok'");
    refused(f, "option<u8>", "none(1)", "column 5: case 'none' has no payload");
    refused(f, "option<u8>", "some()", "case 'some', column 6: expected a number (u8), found ')'");
    refused(f, "result<u8>", "err(0)", "column 4: case 'err' has no payload");
    refused(f, "result", "1", "column 1: expected a result (result), found '1'");
}

static void handles_go_by_number(void **state) {
    struct fixture *f = *state;
    struct value kept = {0}, handle = value_handle(TYPE_OWN, 1, 99), ret = {0};
    struct value_handles handles = {test_keep, test_find, &kept};
    const struct type *own = type_of_words(f->types, "own");
    ERROR_AUTO *error = NULL;
    BUFFER_AUTO out = BUFFER_INIT(1 * KIB);
    assert_int_equal(wave_print(&out, own, &handle, NULL, &error), ARCELLA_E_UNSUPPORTED);
    error_free_ptr(&error);
    assert_int_equal(wave_print(&out, own, &handle, &handles, NULL), 0);
    assert_string_equal(out.data, "handle(7)");
    assert_int_equal(wave_parse(TEXT("handle( 7 )"), own, &handles, &f->arena, &ret, NULL), 0);
    assert_int_equal(ret.u64, 99);
    assert_int_equal(wave_parse(TEXT("handle(8)"), own, &handles, &f->arena, &ret, &error),
                     ARCELLA_E_NOT_FOUND);
    assert_string_equal(arcella_error_message(error), "column 1: there is no handle 8");
    error_free_ptr(&error);
    assert_int_equal(wave_parse(TEXT("handle(7)"), own, NULL, &f->arena, &ret, &error),
                     ARCELLA_E_UNSUPPORTED);
}

/* --- calls --- */

static void named(const char *text, const char *interface, const char *version, const char *name) {
    struct wave_call call;
    ERROR_AUTO *error = NULL;
    if (wave_call_name(text_of(text), false, &call, &error))
        fail_msg("%s: %s", text, arcella_error_message(error));
    assert_true(text_equal(call.interface, text_of(interface)));
    assert_true(text_equal(call.version, text_of(version)));
    assert_true(text_equal(call.name, text_of(name)));
    assert_int_equal(text[call.arguments], '(');
}

static void names_of_calls(void **state) {
    (void)state;
    named("add(1)", "", "", "add");
    named(" add (1)", "", "", "add");
    named("math.add()", "math", "", "add");
    named("acme:calc/math.add()", "acme:calc/math", "", "add");
    named("acme:calc/math@1.0.0.add()", "acme:calc/math@1.0.0", "", "add");
    named("acme:calc/math@1.0.0-rc.1.add()", "acme:calc/math@1.0.0-rc.1", "", "add");
    named("acme:calc/math.add@1.0.0()", "acme:calc/math", "1.0.0", "add");
    named("[method]cart.add()", "", "", "[method]cart.add");
    named("acme:shop/carts@1.0.0.[method]cart.add()", "acme:shop/carts@1.0.0", "", "[method]cart.add");
    named("carts.[constructor]cart()", "carts", "", "[constructor]cart");
    struct wave_call call;
    ERROR_AUTO *error = NULL;
    assert_int_equal(wave_call_name(TEXT("math.add"), true, &call, NULL), 0);
    assert_int_equal(wave_call_name(TEXT("math.add"), false, &call, &error), ARCELLA_E_INVALID);
    error_free_ptr(&error);
    assert_int_equal(wave_call_name(TEXT("a b(1)"), false, &call, &error), ARCELLA_E_INVALID);
    assert_string_equal(arcella_error_message(error), "column 1: expected FUNC or INTERFACE.FUNC, as in "
                                                      "acme:shop/carts@1.0.0.add, found 'a b'");
}

static int call(struct fixture *f, const char *words, const char *text, struct value **ret,
                arcella_error **error) {
    struct wave_call name;
    assert_int_equal(wave_call_name(text_of(text), false, &name, NULL), 0);
    return wave_call_arguments(text_of(text), &name, func_of_words(f->types, words), NULL, &f->arena, ret,
                               error);
}

static void call_refused(struct fixture *f, const char *words, const char *text, const char *sentence) {
    struct value *values;
    ERROR_AUTO *error = NULL;
    assert_int_equal(call(f, words, text, &values, &error), ARCELLA_E_INVALID);
    assert_string_equal(arcella_error_message(error), sentence);
}

static void a_wrong_argument_is_told_with_the_signature(void **state) {
    struct fixture *f = *state;
    const char *add = "sku: string, qty: u32, note: option<string> -> bool";
    struct value *values = NULL;
    assert_int_equal(call(f, add, "add(\"x\", 3)", &values, NULL), 0);
    assert_int_equal(values[1].u64, 3);
    assert_int_equal(values[2].kind, TYPE_OPTION);
    assert_int_equal(values[2].count, 0);
    assert_int_equal(call(f, "", "f()", &values, NULL), 0);
    call_refused(
        f, add, "add(\"x\", 'x')",
        "argument 2 'qty' of add(sku: string, qty: u32, note: option<string>) -> bool, column 10: expected a "
        "number (u32), found 'x'");
    call_refused(
        f, "a: list<record {b: u8, c: string}>", "f([{b: 1, c: 5}])",
        "argument 1 'a' of f(a: list<record {b: u8, c: string}>), element 1, field 'c', column 14: expected "
        "a text in quotes (string), found '5'");
    call_refused(
        f, add, "add(\"x\")",
        "argument 2 'qty' of add(sku: string, qty: u32, note: option<string>) -> bool is missing: 1 given");
    call_refused(f, "a: u8", "f(1, 2)", "f(a: u8), column 6: expected no argument behind 1, found '2'");
    call_refused(f, "a: u8", "f(1", "f(a: u8), column 4: expected ',' or ')', found the end");
    call_refused(f, "a: u8", "f(1) 2", "f(a: u8), column 6: expected the end, found '2'");
    struct value value;
    ERROR_AUTO *error = NULL;
    const struct func_type *type = func_of_words(f->types, add);
    assert_int_equal(wave_argument(TEXT("7"), TEXT("add"), type, 1, NULL, &f->arena, &value, NULL), 0);
    assert_int_equal(value.u64, 7);
    assert_int_equal(wave_argument(TEXT("7"), TEXT("add"), type, 3, NULL, &f->arena, &value, &error),
                     ARCELLA_E_INVALID);
}

static void memory_is_bounded(void **state) {
    struct fixture *f = *state;
    struct arena small = {.limit_bytes = 64 * KIB};
    struct value value;
    ERROR_AUTO *error = NULL;
    BUFFER_AUTO text = BUFFER_INIT(4 * MIB);
    assert_int_equal(buffer_text(&text, "[", NULL), 0);
    for (int i = 0; i < 100000; i++)
        assert_int_equal(buffer_text(&text, "{:},", NULL), 0);
    assert_int_equal(buffer_text(&text, "]", NULL), 0);
    const struct type *type = type_of_words(f->types, "list<record {a: option<u8>, b: option<u8>}>");
    assert_int_equal(wave_parse((struct text){text.data, text.length}, type, NULL, &small, &value, &error),
                     ARCELLA_E_LIMIT);
    arena_done(&small);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(numbers, setup, teardown),
        cmocka_unit_test_setup_teardown(texts, setup, teardown),
        cmocka_unit_test_setup_teardown(lists_and_records, setup, teardown),
        cmocka_unit_test_setup_teardown(cases, setup, teardown),
        cmocka_unit_test_setup_teardown(handles_go_by_number, setup, teardown),
        cmocka_unit_test_setup_teardown(names_of_calls, setup, teardown),
        cmocka_unit_test_setup_teardown(a_wrong_argument_is_told_with_the_signature, setup, teardown),
        cmocka_unit_test_setup_teardown(random_values_come_back, setup, teardown),
        cmocka_unit_test_setup_teardown(memory_is_bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(no_memory_is_an_answer, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
