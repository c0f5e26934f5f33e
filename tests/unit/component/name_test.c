/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Names: the grammar of the Explainer, strong uniqueness, tracks of versions. */
#include "torture.h"

#include <stdio.h>
#include <string.h>

#include "component/names/name.h"
#include "component/names/semver.h"

static void labels(void **state) {
    (void)state;
    static const char *const good[] = {
        "a",         "a-b-c",        "a1-2-3",         "A",      "A-B-C",           "A1",
        "a11-w0rds", "A11-4CR0NYMS", "m1x3d-4CR0NYMS", "is-XML", "a0-000-3d4a-54FF"};
    static const char *const bad[] = {"",    "1",   "1-2-3", "a-",  "-a",  "a--b", "aB",     "Ab",
                                      "a_b", "a b", "-",     "0-a", "a.b", "ä",    "a-3d4A", "a\n"};
    for (size_t i = 0; i < ARRAY_LENGTH(good); i++)
        if (!label_is(text_of(good[i])))
            fail_msg("'%s' is a label", good[i]);
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
        if (label_is(text_of(bad[i])))
            fail_msg("'%s' is no label", bad[i]);
    arcella_error *error = NULL;
    assert_int_equal(label_check(TEXT("aB"), "record field", &error), ARCELLA_E_WASM);
    assert_non_null(strstr(arcella_error_message(error), "record field 'aB' is not in kebab case"));
    arcella_error_free(error);
}

/* The parts of a name in a line: kind resource label space package interface version. */
static const char *parts(const char *name, const char *suffix) {
    static char line[400];
    static const char *const kinds[] = {
#define XX(upper, words) #upper,
        EXTERN_NAME_KIND_MAP(XX)
#undef XX
    };
    struct extern_name n;
    ERROR_AUTO *error = NULL;
    if (extern_name_parse(text_of(name), text_of(suffix), &n, &error))
        return "bad";
    assert_true(text_equal(n.text, text_of(name)));
    const struct text texts[] = {n.resource, n.label, n.space, n.package, n.interface, n.version};
    int length = snprintf(line, sizeof(line), "%s", kinds[n.kind]);
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
        if (texts[i].length)
            length += snprintf(line + length, sizeof(line) - (size_t)length, " %.*s", (int)texts[i].length,
                               texts[i].data);
    return line;
}

static void names_are_taken_apart(void **state) {
    (void)state;
    static const struct {
        const char *name, *parts;
    } rows[] = {
        {"a", "LABEL a"},
        {"get-JSON", "LABEL get-JSON"},
        {"[constructor]a-b", "CONSTRUCTOR a-b"},
        {"[method]a-0.b-1", "METHOD a-0 b-1"},
        {"[static]R.foo", "STATIC R foo"},
        {"wasi:http/types", "INTERFACE wasi http types"},
        {"wasi:io/poll@0.2.12", "INTERFACE wasi io poll 0.2.12"},
        {"ns-1-a:b-1-c/D-2", "INTERFACE ns-1-a b-1-c D-2"},
        {"a-b:c-d/e-f@123456.7890.488", "INTERFACE a-b c-d e-f 123456.7890.488"},
        {"a:b/c@0.0.0-abcd.1.2+efg.4.ee.5", "INTERFACE a b c 0.0.0-abcd.1.2+efg.4.ee.5"},
        {"unlocked-dep=<a:b>", "DEPENDENCY a b"},
        {"unlocked-dep=<a:b/c@*>", "DEPENDENCY a b c"},
        {"unlocked-dep=<a:b@{>=1.2.3}>", "DEPENDENCY a b"},
        {"unlocked-dep=<a:b@{>=1.2.3 <2.0.0-rc.1}>", "DEPENDENCY a b"},
        {"unlocked-dep=<a:b@{<1.2.3}>", "DEPENDENCY a b"},
        {"locked-dep=<a:b@1.2.3>,integrity=<sha256-abcd==>", "DEPENDENCY a b"},
        {"url=<https://example.com/a?b>", "URL"},
        {"url=<>,integrity=<sha512-AA?opt>", "URL"},
        {"integrity=<sha256-abc= sha384-x+/>", "HASH"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        assert_string_equal(parts(rows[i].name, ""), rows[i].parts);
}

static void bad_names_are_refused(void **state) {
    (void)state;
    static const char *const rows[] = {
        "",
        "[foo]a",
        "[constructor]",
        "[constructor]a.b",
        "[method]",
        "[method]a",
        "[method]a.",
        "[method].a",
        "[method]a.b.c",
        "[static]a",
        "[async]a",
        "wasi/http",
        "wasi:",
        "wasi:/",
        ":/",
        "wasi:http",
        "A:b/c",
        "1:b/c",
        "ns-A:b/c",
        "ns:A/b",
        "ns:pkg-A/b",
        "wasi:http/TyPeS",
        "a:b/c@",
        "a:b/c@.",
        "a:b/c@1",
        "a:b/c@1.",
        "a:b/c@1.2",
        "a:b/c@0.2",
        "a:b/c@a.2",
        "a:b/c@2.0x0",
        "a:b/c@2.0.0+",
        "a:b/c@2.0.0-",
        "a:b/c@2.0.0-01",
        "a:b/c@02.0.0",
        "a:b/c@2.0.0-a..b",
        "a:b/c@99999999999999999999.0.0",
        "a:b/c@1.2.3@1.2.3",
        "foo:bar:baz/qux",
        "foo:bar/baz/qux",
        "foo:bar/baz>",
        "url=https:x",
        "url=<a<b>",
        "url=<a",
        "url=<a>x",
        "url=<a>,sha256-a",
        "integrity=<>",
        "integrity=<md5-abc>",
        "integrity=<sha256-ab$c>",
        "integrity=<sha256-=>",
        "integrity=<sha256-a===>",
        "locked-dep=<a:b@1.2>",
        "locked-dep=<a>",
        "unlocked-dep=<a:b@{}>",
        "unlocked-dep=<a:b@{>=1.2.3 2.0.0}>",
        "unlocked-dep=<a:b@1.2.3>",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        if (strcmp(parts(rows[i], ""), "bad") != 0)
            fail_msg("'%s' is no name, but was read as %s", rows[i], parts(rows[i], ""));
    /* A zero byte is a character like another. */
    struct extern_name n;
    assert_int_equal(extern_name_parse((struct text){"a\0b", 3}, TEXT(""), &n, NULL), ARCELLA_E_WASM);
}

static void version_suffixes(void **state) {
    (void)state;
    assert_string_equal(parts("a:b/c@1", ".2.3"), "INTERFACE a b c 1");
    assert_string_equal(parts("a:b/c@0.2", ".6-rc.1"), "INTERFACE a b c 0.2");
    assert_string_equal(parts("a:b/c@0.0.1", "-alpha"), "INTERFACE a b c 0.0.1");
    assert_string_equal(parts("a:b/c@0.0.0", "-alpha"), "INTERFACE a b c 0.0.0");
    /* Not canonical, no version, no interface, no version together. */
    assert_string_equal(parts("a:b/c@1.2", ".3"), "bad");
    assert_string_equal(parts("a:b/c@0", ".2.3"), "bad");
    assert_string_equal(parts("a:b/c@0.0", ".3"), "bad");
    assert_string_equal(parts("a:b/c", ".3"), "bad");
    assert_string_equal(parts("abc", "1.2.3"), "bad");
    assert_string_equal(parts("a:b/c@1", ".2"), "bad");
    assert_string_equal(parts("a:b/c@1", "2.3.4"), "bad");
}

static void implements_names_an_interface(void **state) {
    (void)state;
    struct extern_name label, interface;
    assert_int_equal(extern_name_parse(TEXT("store"), TEXT(""), &label, NULL), 0);
    assert_int_equal(extern_name_parse(TEXT("a:b/c"), TEXT(""), &interface, NULL), 0);
    assert_int_equal(extern_name_check_implements(&label, TEXT("wasi:kv/store@1.0.0"), NULL), 0);
    assert_int_equal(extern_name_check_implements(&label, TEXT("store"), NULL), ARCELLA_E_WASM);
    assert_int_equal(extern_name_check_implements(&label, TEXT(""), NULL), ARCELLA_E_WASM);
    assert_int_equal(extern_name_check_implements(&interface, TEXT("a:b/c"), NULL), ARCELLA_E_WASM);
}

static void tracks(void **state) {
    (void)state;
    static const struct {
        const char *name, *track;
    } rows[] = {
        {"wasi:io/poll@0.2.12", "wasi:io/poll@0.2"},
        {"wasi:io/poll@0.2.0", "wasi:io/poll@0.2"},
        {"wasi:io/poll@0.3.0", "wasi:io/poll@0.3"},
        {"wasi:io/poll@1.4.2+b", "wasi:io/poll@1"},
        {"wasi:io/poll@0.0.3", "wasi:io/poll@0.0.3"},
        {"wasi:io/poll@0.3.0-rc.1", "wasi:io/poll@0.3.0-rc.1"},
        {"wasi:io/poll", "wasi:io/poll"},
        {"poll", "poll"},
        {"url=<a@1.2.3>", "url=<a@1.2.3>"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct extern_name n;
        assert_int_equal(extern_name_parse(text_of(rows[i].name), TEXT(""), &n, NULL), 0);
        assert_true(text_equal(extern_name_track(&n), text_of(rows[i].track)));
        assert_true(text_equal(extern_text_track(text_of(rows[i].name)), text_of(rows[i].track)));
    }
    assert_true(text_equal(extern_text_track(TEXT("No Name@1.2.3")), TEXT("No Name@1.2.3")));
    assert_true(text_equal(extern_text_track(TEXT("")), TEXT("")));
    static const struct {
        const char *wanted, *provided;
        bool serves;
    } pairs[] = {
        {"wasi:io/poll@0.2.0", "wasi:io/poll@0.2.12", true},
        {"wasi:io/poll@0.2.12", "wasi:io/poll@0.2.0", true},
        {"wasi:io/poll@0.2.12", "wasi:io/poll@0.3.0", false},
        {"wasi:io/poll@1.0.0", "wasi:io/poll@1.9.0", true},
        {"wasi:io/poll@1.0.0", "wasi:io/poll@10.0.0", false},
        {"wasi:io/poll@1.0.0", "wasi:io/pole@1.0.0", false},
        {"wasi:io/poll@0.0.1", "wasi:io/poll@0.0.2", false},
        {"wasi:io/poll@0.3.0-rc.1", "wasi:io/poll@0.3.0", false},
        {"wasi:io/poll@0.3.0-rc.1", "wasi:io/poll@0.3.0-rc.1", true},
        {"wasi:io/poll", "wasi:io/poll@0.2.0", false},
        {"wasi:io/poll", "wasi:io/poll", true},
        {"run", "run", true},
        {"No Name", "No Name", true},
        {"No Name", "no Name", false},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(pairs); i++)
        if (extern_text_serves(text_of(pairs[i].wanted), text_of(pairs[i].provided)) != pairs[i].serves)
            fail_msg("%s by %s", pairs[i].wanted, pairs[i].provided);
    /* A canonical name with its suffix stands for its track. */
    struct extern_name canonical, full;
    assert_int_equal(extern_name_parse(TEXT("a:b/c@0.2"), TEXT(".6"), &canonical, NULL), 0);
    assert_int_equal(extern_name_parse(TEXT("a:b/c@0.2.1"), TEXT(""), &full, NULL), 0);
    assert_true(extern_name_serves(&canonical, &full));
    assert_true(extern_name_serves(&full, &canonical));
}

static void versions_are_ordered(void **state) {
    (void)state;
    /* SemVer 11.4 has the first eight. */
    static const char *const order[] = {"1.0.0-alpha",  "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta",
                                        "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1",       "1.0.0",
                                        "1.0.1",        "1.2.0",         "1.10.0",           "2.0.0"};
    for (size_t i = 0; i < ARRAY_LENGTH(order); i++)
        for (size_t k = 0; k < ARRAY_LENGTH(order); k++) {
            struct semver a, b;
            assert_true(semver_parse(text_of(order[i]), &a));
            assert_true(semver_parse(text_of(order[k]), &b));
            int sign = semver_compare(&a, &b);
            assert_int_equal((sign > 0) - (sign < 0), (i > k) - (i < k));
        }
    struct extern_name a, b;
    assert_int_equal(extern_name_parse(TEXT("a:b/c@0.2.9"), TEXT(""), &a, NULL), 0);
    assert_int_equal(extern_name_parse(TEXT("a:b/c@0.2.12"), TEXT(""), &b, NULL), 0);
    assert_true(extern_name_compare_versions(&a, &b) < 0);
    assert_int_equal(extern_name_parse(TEXT("a:b/c"), TEXT(""), &b, NULL), 0);
    assert_true(extern_name_compare_versions(&a, &b) > 0);
}

static int add(struct name_set *set, const char *name) {
    struct extern_name n;
    assert_int_equal(extern_name_parse(text_of(name), TEXT(""), &n, NULL), 0);
    return name_set_add(set, &n, "import name", NULL);
}

static void names_are_strongly_unique(void **state) {
    (void)state;
    /* The example of the Explainer. */
    static const char *const first[] = {
        "foo", "foo-bar", "[constructor]foo", "[method]foo.bar", "[static]foo.baz", "foo:bar/baz"};
    static const char *const clashes[] = {"foo",
                                          "FOO",
                                          "foo-BAR",
                                          "[constructor]FOO",
                                          "[method]foo.BAR",
                                          "[static]foo.bar",
                                          "[method]foo.baz",
                                          "[method]foo.foo",
                                          "[static]foo-BAR.FOO-bar",
                                          "foo:bar/BAZ"};
    static const char *const more[] = {"foo:bar/baz@1.0.0",
                                       "foo:bar/baz@1.0.0-RC",
                                       "foo:bar/baz@1.0.0-rc",
                                       "[method]bar.foo",
                                       "url=<A>",
                                       "url=<a>"};
    struct name_set set = {0};
    for (size_t i = 0; i < ARRAY_LENGTH(first); i++)
        assert_int_equal(add(&set, first[i]), 0);
    for (size_t i = 0; i < ARRAY_LENGTH(clashes); i++)
        if (add(&set, clashes[i]) != ARCELLA_E_WASM)
            fail_msg("%s does not clash", clashes[i]);
    for (size_t i = 0; i < ARRAY_LENGTH(more); i++)
        assert_int_equal(add(&set, more[i]), 0);
    name_set_done(&set);
    arcella_error *error = NULL;
    assert_int_equal(name_set_add_label(&set, TEXT("a-B"), "flag", &error), 0);
    assert_int_equal(name_set_add_label(&set, TEXT("A-b"), "flag", &error), ARCELLA_E_WASM);
    assert_string_equal(arcella_error_message(error), "flag 'A-b' conflicts with previous name 'a-B'");
    arcella_error_free(error);
    name_set_done(&set);
}

static void names_are_shown_safely(void **state) {
    (void)state;
    char small[16];
    assert_string_equal(name_shown(TEXT("a\033b"), small, sizeof(small)), "a\\x1bb");
    assert_string_equal(name_shown(TEXT(""), small, sizeof(small)), "");
    assert_string_equal(name_shown(TEXT("0123456789abcdefgh"), small, sizeof(small)), "0123456789ab...");
    assert_true(strlen(name_shown(TEXT("\1\1\1\1\1\1\1\1\1\1"), small, sizeof(small))) < sizeof(small));
}

static int add_many(void *user, arcella_error **reterr) {
    (void)user;
    CLEANUP(name_set_done) struct name_set set = {0};
    for (unsigned i = 0; i < 60; i++) {
        char name[32];
        snprintf(name, sizeof(name), "[method]r.f%u", i);
        struct extern_name n;
        int r = extern_name_parse(text_of(name), TEXT(""), &n, reterr);
        if (r == 0)
            r = name_set_add(&set, &n, "export name", reterr);
        if (r)
            return r;
    }
    struct extern_name n;
    return extern_name_parse(TEXT("a:b/c@0.2"), TEXT(".6"), &n, reterr);
}

static void no_memory_is_told(void **state) {
    (void)state;
    torture_alloc(add_many, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels),
        cmocka_unit_test(names_are_taken_apart),
        cmocka_unit_test(bad_names_are_refused),
        cmocka_unit_test(version_suffixes),
        cmocka_unit_test(implements_names_an_interface),
        cmocka_unit_test(tracks),
        cmocka_unit_test(versions_are_ordered),
        cmocka_unit_test(names_are_strongly_unique),
        cmocka_unit_test(names_are_shown_safely),
        cmocka_unit_test(no_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
