/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* TOML: kinds, places, the order of the document, and each way of being refused. */
#include "torture.h"

#include <math.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/toml.h"

static void free_tree(struct toml_node **root) {
    *root = toml_free(*root);
}
#define TOML_AUTO CLEANUP(free_tree) struct toml_node

static struct toml_node *parse(const char *text) {
    struct toml_node *root = NULL;
    ERROR_AUTO *e = NULL;
    if (toml_parse(text, strlen(text), "t.toml", &root, &e) < 0)
        fail_msg("%s", arcella_error_message(e));
    return root;
}

static void every_kind_is_read(void **state) {
    (void)state;
    TOML_AUTO *root = parse("text = \"grün\\n\"\n"
                            "number = -42\n"
                            "hex = 0xff\n"
                            "large = 9223372036854775807\n"
                            "fraction = 1.5\n"
                            "endless = -inf\n"
                            "odd = nan\n"
                            "yes = true\n"
                            "date = 1979-05-27\n"
                            "time = 07:32:00.5\n"
                            "local = 1979-05-27T07:32:00.000001\n"
                            "utc = 1979-05-27T07:32:00Z\n"
                            "offset = 1979-05-27 07:32:00.25-07:30\n"
                            "list = [1, \"two\", [3]]\n"
                            "inline = { a = 1, b = 2 }\n"
                            "[table]\n"
                            "below = 'literal \\n'\n"
                            "[[rows]]\n"
                            "n = 1\n"
                            "[[rows]]\n"
                            "n = 2\n");
    assert_int_equal(root->kind, TOML_TABLE);
    assert_null(root->key);
    assert_string_equal(toml_get(root, "text")->text, "grün\n");
    assert_true(toml_get(root, "number")->integer == -42);
    assert_true(toml_get(root, "hex")->integer == 255);
    assert_true(toml_get(root, "large")->integer == INT64_MAX);
    assert_true(toml_get(root, "fraction")->number == 1.5);
    assert_true(isinf(toml_get(root, "endless")->number) && toml_get(root, "endless")->number < 0);
    assert_true(isnan(toml_get(root, "odd")->number));
    assert_true(toml_get(root, "yes")->boolean);
    static const struct {
        const char *key;
        const char *text;
    } times[] = {
        {"date", "1979-05-27"},
        {"time", "07:32:00.5"},
        {"local", "1979-05-27T07:32:00.000001"},
        {"utc", "1979-05-27T07:32:00Z"},
        {"offset", "1979-05-27T07:32:00.25-07:30"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(times); i++) {
        assert_int_equal(toml_get(root, times[i].key)->kind, TOML_TIME);
        assert_string_equal(toml_get(root, times[i].key)->text, times[i].text);
    }
    struct toml_node *list = toml_get(root, "list");
    assert_int_equal(list->kind, TOML_ARRAY);
    assert_int_equal(list->children_count, 3);
    assert_null(list->children[0].key);
    assert_true(list->children[0].integer == 1);
    assert_string_equal(list->children[1].text, "two");
    assert_true(list->children[2].children[0].integer == 3);
    assert_null(toml_get(list, "a")); /* no table */
    assert_true(toml_get(toml_get(root, "inline"), "b")->integer == 2);
    assert_string_equal(toml_get(toml_get(root, "table"), "below")->text, "literal \\n");
    assert_int_equal(toml_get(root, "rows")->children_count, 2);
    assert_true(toml_get(&toml_get(root, "rows")->children[1], "n")->integer == 2);
    assert_null(toml_get(root, "missing"));
    assert_null(toml_get(NULL, "a"));
    assert_null(toml_get(toml_get(root, "missing"), "a"));
}

static void places_and_order_are_those_of_the_document(void **state) {
    (void)state;
    TOML_AUTO *root = parse("z = 1\n"
                            "  b   =   'x'\n"
                            "a = { y = 1, x = 2 }\n"
                            "[c]\n"
                            "q.r = 1\n"
                            "p = 2\n");
    static const struct {
        const char *key;
        unsigned key_line, key_column, line, column;
    } expected[] = {{"z", 1, 1, 1, 5}, {"b", 2, 3, 2, 11}, {"a", 3, 1, 3, 5}, {"c", 4, 2, 4, 1}};
    assert_int_equal(root->children_count, ARRAY_LENGTH(expected));
    for (size_t i = 0; i < ARRAY_LENGTH(expected); i++) {
        const struct toml_node *child = &root->children[i];
        assert_string_equal(child->key, expected[i].key);
        assert_int_equal(child->key_line, expected[i].key_line);
        assert_int_equal(child->key_column, expected[i].key_column);
        assert_int_equal(child->line, expected[i].line);
        assert_int_equal(child->column, expected[i].column);
        assert_false(child->used);
    }
    assert_string_equal(root->children[2].children[0].key, "y");
    assert_string_equal(root->children[2].children[1].key, "x");
    assert_string_equal(root->children[3].children[0].key, "q");
    assert_string_equal(root->children[3].children[1].key, "p");
    assert_true(toml_get(root, "b")->used);
    assert_false(root->children[0].used);
}

static void what_is_wrong_is_refused_with_its_place(void **state) {
    (void)state;
    static const struct {
        const char *text;
        const char *place;
    } cases[] = {
        {"a = 1\na = 2\n", "t.toml:2:5: cannot redefine existing integer 'a'"},
        {"a = \n", "t.toml:1:5: "},
        {"a = 'x\n", "t.toml:1:7: "},
        {"[a\n", "t.toml:1:3: "},
        {"a = 99999999999999999999\n", "t.toml:1:"},
        {"a = 01\n", "t.toml:1:"},
        {"a = 1 b = 2\n", "t.toml:1:7: "},
        {"a = {b = 1}\n[a]\n", "t.toml:2:1: cannot redefine existing table 'a'"},
        {"a = \"\\x\"\n", "t.toml:1:"},
        {"a = '\xff'\n", "t.toml:1:5: "},
        {"a = 1979-13-01\n", "t.toml:1:"},
        {"a = \"x\\u0000y\"\n", "t.toml:1:5: text must not contain NUL"},
        {"\"k\\u0000\" = 1\n", "t.toml:1:1: text must not contain NUL"},
        {"a = 1\n[{a=1}.b = 2\n", "t.toml:2:2: expected bare key"}, /* toml++ asserts this one */
        {"é = 1\n", "t.toml:1:1: "},                                /* and these it calls unreachable */
        {"a = 1\n Ω = 1\n", "t.toml:2:2: "},
        {"〆 = 1\n", "t.toml:1:1: "},
        {"a = é\n", "t.toml:1:5: "},
        {"just words\n", "t.toml:1:6: "},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct toml_node *root = NULL;
        ERROR_AUTO *e = NULL;
        int r = toml_parse(cases[i].text, strlen(cases[i].text), "t.toml", &root, &e);
        assert_int_equal(r, ARCELLA_E_MANIFEST);
        assert_null(root);
        if (strncmp(arcella_error_message(e), cases[i].place, strlen(cases[i].place)) != 0)
            fail_msg("case %zu: %s", i, arcella_error_message(e));
    }
    struct toml_node *root = NULL;
    assert_int_equal(toml_parse("a = 1\0", 6, "t.toml", &root, NULL), ARCELLA_E_MANIFEST);
}

/* A text of a piece repeated between two others. */
static char *repeat(const char *before, const char *piece, unsigned count, const char *after) {
    BUFFER_AUTO b = BUFFER_INIT(SIZE_MAX);
    assert_int_equal(buffer_text(&b, before, NULL), 0);
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(buffer_text(&b, piece, NULL), 0);
    assert_int_equal(buffer_text(&b, after, NULL), 0);
    char *text = buffer_take(&b);
    assert_non_null(text);
    return text;
}

static void depth_and_size_are_bounded(void **state) {
    (void)state;
    static const struct {
        const char *before;
        const char *piece;
        unsigned count;
        const char *after;
        bool good;
    } cases[] = {
        {"a", ".a", LIMIT_TOML_DOTS - 1, " = 1\n", true},
        {"a", ".a", LIMIT_TOML_DOTS, " = 1\n", false},
        {"a", ".a", 200000, " = 1\n", false},
        {"a", " . 'a'", 1000, " = 1\n", false},
        {"[a", ".a", 1000, "]\n", false},
        {"x = { s = '''a'''', b", ".b", 1000, " = 1 }\n", false},
        {"x = { s = \"\"\"\\\"\"\"\", b", ".b", 1000, " = 1 }\n", false},
        {"x = 'a", ".b", 1000, "'\n", true},
        {"x = \"a\\\"", ".b", 1000, "\"\n", true},
        {"x = '''a\n'", ".b\n", 1000, "'''\n", true},
        {"# a", ".b", 1000, "\n", true},
        {"x = [", "1.5, ", 1000, "]\n", true},
        {"a = ", "[", 1000, "\n", false},
        {"a = ", "{a=", 100000, "\n", false},
        {"a = ", "{a.a.a.a.a.a.a.a=", 60, "\n", false},
        {"", "[a.b]\n", 1000, "", false}, /* twice the same table */
        {"", "[[a]]\n", 1000, "", true},
        {"# ", "x", LIMIT_TOML_BYTES, "\n", false},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        MEM_AUTO char *text = repeat(cases[i].before, cases[i].piece, cases[i].count, cases[i].after);
        TOML_AUTO *root = NULL;
        ERROR_AUTO *e = NULL;
        int r = toml_parse(text, strlen(text), "t.toml", &root, &e);
        if (r != (cases[i].good ? 0 : ARCELLA_E_MANIFEST))
            fail_msg("case %zu: %d %s", i, r, arcella_error_message(e));
    }
    /* Deep without being wrong: dotted keys inside inline tables. */
    BUFFER_AUTO b = BUFFER_INIT(10000);
    assert_int_equal(buffer_text(&b, "a = ", NULL), 0);
    for (int i = 0; i < 20; i++)
        assert_int_equal(buffer_text(&b, "{a.b.c.d.e = ", NULL), 0);
    assert_int_equal(buffer_text(&b, "1", NULL), 0);
    for (int i = 0; i < 20; i++)
        assert_int_equal(buffer_text(&b, "}", NULL), 0);
    struct toml_node *root = NULL;
    ERROR_AUTO *e = NULL;
    assert_int_equal(toml_parse(b.data, b.length, "t.toml", &root, &e), ARCELLA_E_MANIFEST);
    assert_non_null(strstr(arcella_error_message(e), "too many arrays and tables inside each other"));
}

static void kinds_have_names(void **state) {
    (void)state;
    for (int kind = TOML_TABLE; kind <= TOML_TIME; kind++)
        assert_true(strlen(toml_kind_name((enum toml_kind)kind)) > 3);
}

static int parse_all(void *user, arcella_error **reterr) {
    (void)user;
    static const char text[] = "a = 'x'\nb = [1, 'y', {c = 1979-05-27}]\n[d.e]\nf = 1.5\n";
    TOML_AUTO *root = NULL;
    return toml_parse(text, sizeof(text) - 1, "t.toml", &root, reterr);
}

static void no_memory_for_the_tree_is_an_answer(void **state) {
    (void)state;
    torture_alloc(parse_all, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_is_read),
        cmocka_unit_test(places_and_order_are_those_of_the_document),
        cmocka_unit_test(what_is_wrong_is_refused_with_its_place),
        cmocka_unit_test(depth_and_size_are_bounded),
        cmocka_unit_test(kinds_have_names),
        cmocka_unit_test(no_memory_for_the_tree_is_an_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
