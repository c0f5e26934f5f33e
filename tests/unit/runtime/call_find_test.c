/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Which function a person means by a name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "runtime/instance.h"
#include "runtime/named.h"

static int setup(void **state) {
    struct component *component = NULL;
    assert_int_equal(component_read(named_component, sizeof named_component, NULL, NULL, &component, NULL),
                     0);
    *state = component;
    return 0;
}

static int teardown(void **state) {
    component_unref(*state);
    return 0;
}

static int look(const struct component *component, const char *text, char *to, size_t size,
                arcella_error **reterr) {
    struct wave_call call;
    const struct component_func *func = NULL;
    int r = wave_call_name(text_of(text), true, &call, reterr);
    if (r == 0)
        r = runtime_function_find(component, &call, &func, reterr);
    if (r < 0)
        return r;
    struct text interface = component_func_interface(func), name = component_func_name(func);
    snprintf(to, size, "%.*s|%.*s", (int)interface.length, interface.data, (int)name.length, name.data);
    return 0;
}

static void what_is_meant_is_found(void **state) {
    static const struct {
        const char *text, *means;
    } cases[] = {
        {"turn", "|turn"},
        {"acme:a/x@1.0.0.f", "acme:a/x@1.0.0|f"},
        {"acme:a/x@2.0.0.f", "acme:a/x@2.0.0|f"},
        {"acme:a/x@1.2.0.f", "acme:a/x@1.0.0|f"}, /* served by 1.0.0 */
        {"acme:a/x.f@2.0.0", "acme:a/x@2.0.0|f"},
        {"acme:a/x.g", "acme:a/x@1.0.0|g"}, /* in one of its versions only */
        {"acme:b/x.f", "acme:b/x|f"},
        {"x@1.0.0.f", "acme:a/x@1.0.0|f"},
        {"x@2.1.0.f", "acme:a/x@2.0.0|f"},
        {"x.g", "acme:a/x@1.0.0|g"},
        {"g", "acme:a/x@1.0.0|g"},
        {"[method]cart.rows", "acme:shop/carts@1.0.0|[method]cart.rows"},
        {"carts.[method]cart.rows", "acme:shop/carts@1.0.0|[method]cart.rows"},
        {"cart.rows", "acme:shop/carts@1.0.0|[method]cart.rows"},
        {"carts.cart.rows", "acme:shop/carts@1.0.0|[method]cart.rows"},
        {"carts@1.0.0.cart.rows", "acme:shop/carts@1.0.0|[method]cart.rows"},
        {"acme:shop/carts.cart.rows", "acme:shop/carts@1.0.0|[method]cart.rows"},
        {"acme:shop/carts@1.0.0.cart.rows", "acme:shop/carts@1.0.0|[method]cart.rows"},
        {"acme:shop/carts.cart.rows@1.0.0", "acme:shop/carts@1.0.0|[method]cart.rows"},
        {"cart.most", "acme:shop/carts@1.0.0|[static]cart.most"},
        {"cart", "acme:shop/carts@1.0.0|[constructor]cart"},
        {"cart.new", "acme:shop/carts@1.0.0|[constructor]cart"},
        {"carts.cart", "acme:shop/carts@1.0.0|[constructor]cart"},
        {"acme:shop/carts@1.0.0.cart", "acme:shop/carts@1.0.0|[constructor]cart"},
        {"acme:shop/carts@1.0.0.cart.new", "acme:shop/carts@1.0.0|[constructor]cart"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        char found[512] = "";
        ERROR_AUTO *error = NULL;
        if (look(*state, cases[i].text, found, sizeof found, &error) < 0)
            fail_msg("%s: %s", cases[i].text, arcella_error_message(error));
        assert_string_equal(found, cases[i].means);
    }
}

static void what_may_be_several_is_asked_back(void **state) {
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"f", "several functions are called 'f': 'acme:a/x@1.0.0.f', 'acme:a/x@2.0.0.f', 'acme:b/x.f'"},
        {"x.f", "several functions are called 'x.f': 'acme:a/x@1.0.0.f', 'acme:a/x@2.0.0.f', 'acme:b/x.f'"},
        {"acme:a/x.f", "several functions are called 'acme:a/x.f': 'acme:a/x@1.0.0.f', 'acme:a/x@2.0.0.f'"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        char found[512];
        ERROR_AUTO *error = NULL;
        assert_int_equal(look(*state, cases[i].text, found, sizeof found, &error), ARCELLA_E_AMBIGUOUS);
        assert_string_equal(arcella_error_message(error), cases[i].says);
        assert_string_equal(arcella_error_hint(error), "write one of these names in full, with its version");
    }
}

static void what_is_not_there_has_a_nearest(void **state) {
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"turm", "it exports no function 'turm'; there is 'turn'"},
        {"cart.row", "it exports no function 'cart.row'; there is 'acme:shop/carts@1.0.0.[method]cart.rows'"},
        {"xx.g", "it exports no function 'xx.g'; there is 'acme:a/x@1.0.0.g'"},
        {"x@3.0.0.g", "it exports no function 'x@3.0.0.g'; there is 'acme:a/x@1.0.0.g'"},
        {"cart..rows", NULL},
        {"something-else-altogether", "it exports no function 'something-else-altogether'"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        char found[512];
        ERROR_AUTO *error = NULL;
        assert_int_equal(look(*state, cases[i].text, found, sizeof found, &error),
                         cases[i].says ? ARCELLA_E_NOT_FOUND : ARCELLA_E_INVALID);
        if (cases[i].says)
            assert_string_equal(arcella_error_message(error), cases[i].says);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_meant_is_found),
        cmocka_unit_test(what_may_be_several_is_asked_back),
        cmocka_unit_test(what_is_not_there_has_a_nearest),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
