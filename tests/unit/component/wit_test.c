/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* WIT of components: golden texts (the reference's tools read them back as the same worlds), JSON, no memory;
 * and the nearest of several names. */
#include "torture.h"

#include "base/json.h"
#include "base/limits.h"
#include "component/decode/ast.h"
#include "component/nearest.h"
#include "component/wit.h"
#include "component/wit_sample.h"

struct world {
    struct ast *ast;
    struct types *types;
    struct component_root *root;
    struct wit *wit;
};

static void world_free(struct world *w) {
    wit_free(w->wit);
    component_root_free(w->root);
    types_free(w->types);
    ast_free(w->ast);
}

static void world_of(const void *bytes, size_t size, struct world *w) {
    ERROR_AUTO *error = NULL;
    *w = (struct world){.types = types_new()};
    if (ast_decode(bytes, size, &w->ast, &error) || component_check(w->ast, w->types, &w->root, &error) ||
        wit_make(w->root, &w->wit, &error))
        fail_msg("%s", arcella_error_message(error));
}

static const char sample_text[] = "package root:component;\n"
                                  "\n"
                                  "world root {\n"
                                  "  import acme:log/log@0.2.0;\n"
                                  "  import acme:log/log@0.3.0;\n"
                                  "  import acme:shop/types@1.2.0;\n"
                                  "  import acme:shop/store@1.2.0;\n"
                                  "  import notify: interface {\n"
                                  "    use acme:shop/types@1.2.0.{size};\n"
                                  "\n"
                                  "    ping: func(s: size) -> bool;\n"
                                  "  }\n"
                                  "  use acme:shop/types@1.2.0.{items};\n"
                                  "\n"
                                  "  record local {\n"
                                  "    a: s8,\n"
                                  "    b: items,\n"
                                  "  }\n"
                                  "\n"
                                  "  resource token {\n"
                                  "    constructor(l: local) -> result<token>;\n"
                                  "  }\n"
                                  "  import now: func() -> u64;\n"
                                  "\n"
                                  "  export run: func(l: local) -> items;\n"
                                  "  export acme:shop/store@1.2.0;\n"
                                  "  export extra: interface {\n"
                                  "    record p {\n"
                                  "      x: f64,\n"
                                  "    }\n"
                                  "\n"
                                  "    dot: func(a: p, b: p) -> f64;\n"
                                  "  }\n"
                                  "}\n"
                                  "\n"
                                  "package acme:log@0.2.0 {\n"
                                  "  interface log {\n"
                                  "    write: func(line: string);\n"
                                  "  }\n"
                                  "}\n"
                                  "\n"
                                  "package acme:log@0.3.0 {\n"
                                  "  interface log {\n"
                                  "    resource sink {\n"
                                  "      flush: func();\n"
                                  "    }\n"
                                  "\n"
                                  "    write: func(to: borrow<sink>, line: string);\n"
                                  "  }\n"
                                  "}\n"
                                  "\n"
                                  "package acme:shop@1.2.0 {\n"
                                  "  interface types {\n"
                                  "    enum size {\n"
                                  "      small,\n"
                                  "      %list,\n"
                                  "      HTTP2,\n"
                                  "    }\n"
                                  "\n"
                                  "    record item {\n"
                                  "      id: u32,\n"
                                  "      size: size,\n"
                                  "      tags: list<string>,\n"
                                  "      extra: option<tuple<f32, char>>,\n"
                                  "    }\n"
                                  "\n"
                                  "    type items = list<item>;\n"
                                  "\n"
                                  "    resource cart {\n"
                                  "      constructor(limit: u32);\n"
                                  "      add: func(item: item) -> result<_, reason>;\n"
                                  "      merge: static func(a: cart, b: borrow<cart>) -> cart;\n"
                                  "      %use: func() -> map<string, u8>;\n"
                                  "    }\n"
                                  "\n"
                                  "    flags perms {\n"
                                  "      read,\n"
                                  "      %type,\n"
                                  "    }\n"
                                  "\n"
                                  "    variant reason {\n"
                                  "      none,\n"
                                  "      other(string),\n"
                                  "      nested(result<item, perms>),\n"
                                  "    }\n"
                                  "  }\n"
                                  "  interface store {\n"
                                  "    use types.{cart, reason, item as line};\n"
                                  "\n"
                                  "    type owned = own<cart>;\n"
                                  "\n"
                                  "    open: func(name: string) -> result<cart, reason>;\n"
                                  "\n"
                                  "    %import: func(lines: list<line>);\n"
                                  "  }\n"
                                  "}\n";

static const char odd_text[] = "package root:component;\n"
                               "\n"
                               "world root {\n"
                               "  // import 'm' is a core module\n"
                               "  // type 'r2' is exported by the world itself\n"
                               "  // type 'r2' of 'root' is the same as 'r' of 'i'\n"
                               "  // type 't' of 'j' is the same as 't' of 'i'\n"
                               "  // type 'r' of 'j' is the same as 'r' of 'i'\n"
                               "  import i: interface {\n"
                               "    resource t;\n"
                               "\n"
                               "    record r {\n"
                               "      x: u8,\n"
                               "    }\n"
                               "\n"
                               "    f: func(x: r);\n"
                               "  }\n"
                               "\n"
                               "  // the same as one of another scope of this world\n"
                               "  record r2 {\n"
                               "    x: u8,\n"
                               "  }\n"
                               "\n"
                               "  export f: func(x: r2);\n"
                               "  export j: interface {\n"
                               "    // the same as one of another scope of this world\n"
                               "    resource t;\n"
                               "\n"
                               "    // the same as one of another scope of this world\n"
                               "    record r {\n"
                               "      x: u8,\n"
                               "    }\n"
                               "\n"
                               "    f: func(x: r);\n"
                               "  }\n"
                               "}\n";

static void prints(const void *bytes, size_t size, const char *text) {
    CLEANUP(world_free) struct world w;
    BUFFER_AUTO out = BUFFER_INIT(1 * MIB);
    world_of(bytes, size, &w);
    assert_int_equal(wit_print(w.wit, &out, NULL), 0);
    assert_string_equal(out.data, text);
}

static void a_world_is_written_as_wit(void **state) {
    (void)state;
    prints(wit_sample, sizeof(wit_sample), sample_text);
}

static void what_wit_cannot_say_is_a_comment(void **state) {
    (void)state;
    prints(wit_odd, sizeof(wit_odd), odd_text);
}

static void the_same_as_json(void **state) {
    (void)state;
    CLEANUP(world_free) struct world w;
    BUFFER_AUTO out = BUFFER_INIT(1 * MIB);
    JSON_AUTO *json = NULL;
    ERROR_AUTO *error = NULL;
    const char *kind, *from, *type, *package;
    world_of(wit_sample, sizeof(wit_sample), &w);
    assert_int_equal(wit_print_json(w.wit, &out, NULL), 0);
    if (json_parse(out.data, out.length, &json, &error))
        fail_msg("%s", arcella_error_message(error));
    assert_int_equal(json_unpack(json, "{s:s}", "package", &package), 0);
    assert_string_equal(package, "root:component");
    assert_int_equal(json_array_size(json_object_get(json, "imports")), 6);
    assert_int_equal(json_array_size(json_object_get(json, "exports")), 3);
    assert_int_equal(json_array_size(json_object_get(json, "interfaces")), 4);
    assert_int_equal(json_array_size(json_object_get(json, "unsaid")), 0);
    json_t *used = json_array_get(json_object_get(json, "types"), 0);
    assert_int_equal(json_unpack(used, "{s:s, s:s, s:s}", "kind", &kind, "from", &from, "type", &type), 0);
    assert_string_equal(kind, "use");
    assert_string_equal(from, "acme:shop/types@1.2.0");
    assert_string_equal(type, "items");
    buffer_clear(&out);
    struct world odd;
    world_of(wit_odd, sizeof(wit_odd), &odd);
    assert_int_equal(wit_print_json(odd.wit, &out, NULL), 0);
    json_decrefp(&json);
    assert_int_equal(json_parse(out.data, out.length, &json, NULL), 0);
    assert_int_equal(json_array_size(json_object_get(json, "unsaid")), 5);
    world_free(&odd);
}

static void a_full_buffer_is_an_answer(void **state) {
    (void)state;
    CLEANUP(world_free) struct world w;
    world_of(wit_sample, sizeof(wit_sample), &w);
    for (size_t limit = 0; limit < sizeof(sample_text) - 1; limit += 7) {
        BUFFER_AUTO out = BUFFER_INIT(limit);
        ERROR_AUTO *error = NULL;
        assert_int_equal(wit_print(w.wit, &out, &error), ARCELLA_E_TOO_LARGE);
    }
}

static int make(void *user, arcella_error **reterr) {
    const struct world *w = user;
    struct wit *wit = NULL;
    BUFFER_AUTO out = BUFFER_INIT(1 * MIB);
    int r = wit_make(w->root, &wit, reterr);
    if (r)
        return r;
    r = wit_print(wit, &out, reterr);
    r = r ? r : wit_print_json(wit, &out, reterr);
    wit_free(wit);
    return r;
}

static void no_memory_is_an_answer(void **state) {
    (void)state;
    CLEANUP(world_free) struct world w;
    world_of(wit_sample, sizeof(wit_sample), &w);
    torture_alloc(make, &w);
}

static void near(const char *wanted, const char *const *candidates, const char *expected) {
    struct nearest search = {.wanted = text_of(wanted)};
    for (; *candidates; candidates++)
        nearest_consider(&search, text_of(*candidates));
    if (!text_equal(search.best, text_of(expected)))
        fail_msg("'%s': '%.*s', not '%s'", wanted, (int)search.best.length, search.best.data, expected);
}

static void the_nearest_name(void **state) {
    (void)state;
    const char *const interfaces[] = {"wasi:io/streams@0.2.0", "wasi:io/poll@0.2.0", "wasi:http/types@0.3.0",
                                      "wasi:http/types@0.2.0", NULL};
    const char *const functions[] = {"add", "remove", "get-environment", "[method]cart.add", NULL};
    near("wasi:io/pol@0.2.3", interfaces, "wasi:io/poll@0.2.0");
    near("wasi:http/types@0.2.9", interfaces, "wasi:http/types@0.2.0");
    near("wasi:http/types@0.3.1", interfaces, "wasi:http/types@0.3.0");
    near("acme:calc/math", interfaces, "");
    near("ad", functions, "add");
    near("dad", functions, "add");
    near("get-enviroment", functions, "get-environment");
    near("quite-another", functions, "");
    assert_int_equal(nearest_distance(TEXT("abcd"), TEXT("acbd")), 1);
    assert_int_equal(nearest_distance(TEXT("kitten"), TEXT("sitting")), 3);
    assert_int_equal(nearest_distance(TEXT(""), TEXT("abc")), 3);
}

int main(void) {
    json_setup();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_world_is_written_as_wit), cmocka_unit_test(what_wit_cannot_say_is_a_comment),
        cmocka_unit_test(the_same_as_json),          cmocka_unit_test(a_full_buffer_is_an_answer),
        cmocka_unit_test(no_memory_is_an_answer),    cmocka_unit_test(the_nearest_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
