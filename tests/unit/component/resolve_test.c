/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Resolving: what a component comes to, which imports are used, resources that versions share, and what asks
 * for more than there is.
 */
#include "component/resolve/resolve.h"
#include "component/rig.h"
#include "component/value_text.h"

static struct component *read_bytes(const uint8_t *bytes, size_t size) {
    struct component *component = NULL;
    assert_ok(component_read(bytes, size, NULL, NULL, &component, reterr));
    return component;
}
#define read_guest(guest) read_bytes(guest_##guest, sizeof(guest_##guest))

static void test_figures(void **state) {
    (void)state;
    struct component *component = read_guest(nested);
    struct component_figures figures;
    component_figures(component, &figures);
    assert_int_equal(figures.modules, 3);
    assert_int_equal(figures.core_instances, 3);
    assert_int_equal(figures.instances, 3);
    assert_int_equal(figures.steps, 6);
    assert_int_equal(component_module_count(component), 3);
    for (uint32_t i = 0; i < 3; i++) {
        struct text bytes = component_module_bytes(component, i);
        assert_memory_equal(bytes.data, "\0asm\1\0\0\0", 8);
        assert_int_equal(component_module_same(component, i), i);
    }
    component_unref(component);
}

/* Core modules that have nothing but a name: equal, as long as another, and neither. */
static void test_equal_modules(void **state) {
    (void)state;
    static const char *const names[] = {"a", "b", "a", "", "b", "abc", "a"};
    static const uint32_t same[] = {0, 1, 0, 3, 1, 5, 0};
    uint8_t bytes[200] = "\0asm\x0d\0\1";
    size_t size = 8;
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        uint8_t length = (uint8_t)strlen(names[i]);
        const uint8_t head[] = {1, 11 + length, 0, 'a', 's', 'm', 1, 0, 0, 0, 0, length + 1, length};
        memcpy(bytes + size, head, sizeof(head));
        memcpy(bytes + size + sizeof(head), names[i], length);
        size += sizeof(head) + length;
    }
    struct component *component = read_bytes(bytes, size);
    assert_int_equal(component_module_count(component), ARRAY_LENGTH(same));
    for (uint32_t i = 0; i < ARRAY_LENGTH(same); i++)
        assert_int_equal(component_module_same(component, i), same[i]);
    component_unref(component);
}

static void test_exports(void **state) {
    (void)state;
    struct component *component = read_guest(nested);
    assert_int_equal(component_func_count(component), 7);
    const struct component_func *func = component_func_find(component, "test:nested/app@1.2.3", "twice");
    assert_non_null(func);
    assert_ptr_equal(component_func_find(component, "test:nested/app", "twice"), func);
    assert_ptr_equal(component_func_find(component, "test:nested/app@1.9.0", "twice"), func);
    assert_null(component_func_find(component, "test:nested/app@2.0.0", "twice"));
    assert_null(component_func_find(component, "", "thrice"));
    const struct func_type *type = component_func_type(func);
    assert_int_equal(type->param_count, 1);
    assert_int_equal(type->result->kind, TYPE_STRING);
    component_unref(component);
}

static const struct component_import *import_named(const struct component *component, const char *interface,
                                                   const char *name) {
    for (uint32_t i = 0; i < component_import_count(component); i++) {
        const struct component_import *import = component_import_at(component, i);
        if (text_equal(import->interface, text_of(interface)) && text_equal(import->name, text_of(name)))
            return import;
    }
    fail_msg("no import %s %s", interface, name);
    return NULL;
}

static void assert_signature(const struct component *component, const char *interface, const char *name,
                             const char *signature) {
    const struct component_func *func = component_func_find(component, interface, name);
    assert_non_null(func);
    BUFFER_AUTO text = BUFFER_INIT(1024);
    assert_ok(value_add_signature(&text, text_of(name), component_func_type(func), reterr));
    assert_string_equal(text.data, signature);
}

/* A resource is called what its own component exports it as, else what one inside that does. */
static void test_resources_are_named(void **state) {
    (void)state;
    struct component *component = read_guest(named);
    assert_signature(component, "test:names/shop", "[constructor]cart",
                     "[constructor]cart(n: u32) -> own<cart>");
    assert_signature(component, "test:names/shop", "[method]till.best",
                     "[method]till.best(self: borrow<register>) -> own<cart>");
    uint32_t till;
    assert_true(component_resource_find(component, "test:names/shop", "till", &till));
    assert_true(text_equal(component_resource_name(component, till), TEXT("register")));
    char full[64];
    component_resource_full_name(component, till, full, sizeof(full));
    assert_string_equal(full, "test:names/shop.till");
    component_resource_full_name(component, 2, full, sizeof(full)); /* it is exported nowhere */
    assert_string_equal(full, "resource");
    component_unref(component);
    component = read_guest(resources);
    assert_signature(component, "test:things/use", "peek", "peek(t: borrow<thing>) -> u32");
    component_unref(component);
    /* imported ones too */
    component = read_guest(versions);
    const struct component_import *close = import_named(component, "test:io/streams@0.2.12", "close");
    BUFFER_AUTO text = BUFFER_INIT(1024);
    assert_ok(value_add_type(&text, close->type->params[0].type, reterr));
    assert_string_equal(text.data, "own<error>");
    component_unref(component);
}

static void test_versions_share(void **state) {
    (void)state;
    struct component *component = read_guest(versions);
    uint32_t old = import_named(component, "test:io/error@0.2.0", "error")->resource;
    assert_int_equal(import_named(component, "test:io/error@0.2.12", "error")->resource, old);
    assert_int_not_equal(import_named(component, "test:io/error@0.3.0", "error")->resource, old);
    const struct component_import *close = import_named(component, "test:io/streams@0.2.12", "close");
    assert_int_equal(close->type->params[0].type->resource, old);
    assert_true(close->used);
    assert_false(import_named(component, "test:io/streams@0.2.12", "unused")->used);
    component_unref(component);
}

static void test_matches(void **state) {
    (void)state;
    struct component *component = read_guest(versions);
    struct component_bindings *bindings = component_bindings_new();
    const struct component_import *close = import_named(component, "test:io/streams@0.2.12", "close");
    const struct component_import *error = import_named(component, "test:io/error@0.2.0", "error");
    char near[128];
    assert_int_equal(component_import_match(component, NULL, close, near, sizeof(near)),
                     COMPONENT_NO_INTERFACE);
    assert_string_equal(near, "");
    const struct component_host_func row = {.interface = "test:io/streams@0.3.1", .name = "close"};
    assert_ok(component_bind_func(bindings, &row, reterr));
    assert_int_equal(component_import_match(component, bindings, close, near, sizeof(near)),
                     COMPONENT_NO_VERSION);
    assert_string_equal(near, "test:io/streams@0.3.1");
    const struct component_host_func typo = {.interface = "test:io/streams@0.2.1", .name = "closed"};
    assert_ok(component_bind_func(bindings, &typo, reterr));
    assert_int_equal(component_import_match(component, bindings, close, near, sizeof(near)),
                     COMPONENT_NO_NAME);
    assert_string_equal(near, "closed");
    struct component_host_func typed = {
        .interface = "test:io/streams@0.2.0", .name = "close", .type = "(own<stream>)"};
    assert_ok(component_bind_func(bindings, &typed, reterr));
    assert_int_equal(component_import_match(component, bindings, close, near, sizeof(near)),
                     COMPONENT_OTHER_TYPE);
    assert_string_equal(near, "(own<stream>)");
    typed.type = "( own<error> )"; /* not the error of this interface */
    assert_ok(component_bind_func(bindings, &typed, reterr));
    assert_int_equal(component_import_match(component, bindings, close, near, sizeof(near)),
                     COMPONENT_OTHER_TYPE);
    typed.type = "( own< test:io/error@0.2/error > )";
    assert_ok(component_bind_func(bindings, &typed, reterr));
    assert_int_equal(component_import_match(component, bindings, close, near, sizeof(near)),
                     COMPONENT_PROVIDED);
    const struct component_host_resource resource = {.interface = "test:io/error@0.2.5", .name = "error"};
    assert_ok(component_bind_resource(bindings, &resource, reterr));
    assert_int_equal(component_import_match(component, bindings, error, NULL, 0), COMPONENT_PROVIDED);
    assert_refused(
        component_bind_func(bindings, &(struct component_host_func){.interface = "::", .name = "x"}, reterr),
        ARCELLA_E_INVALID, "'::' is no name of an interface");
    component_bindings_unref(bindings);
    component_unref(component);
}

static void test_bomb(void **state) {
    (void)state;
    struct component *component = NULL;
    uint64_t before = clock_thread_cpu_ns();
    assert_refused(component_read(guest_bomb, sizeof(guest_bomb), NULL, NULL, &component, reterr),
                   ARCELLA_E_LIMIT, "more than 4096 component instances");
    uint64_t ms = (clock_thread_cpu_ns() - before) / 1000000;
    assert_null(component);
    assert_true(ms < 500);
}

static void test_unprovided(void **state) {
    (void)state;
    struct rig rig;
    rig_open(&rig);
    rig_load(&rig, imports_component);
    assert_int_equal(component_import_at(rig.component, 0)->kind, COMPONENT_IMPORT_OTHER);
    assert_refused(component_instance_new(rig.component, NULL, &rig_limits, NULL, NULL, rig_on_made,
                                          &rig.instance, reterr),
                   ARCELLA_E_UNSUPPORTED, "it instantiates a component that it imports");
    rig_close(&rig);
}

static unsigned released;
static void on_release(void *user, const void *bytes, size_t length) {
    assert_ptr_equal(user, &released);
    assert_true(bytes != NULL || length == 0);
    released++;
}

static void test_release(void **state) {
    (void)state;
    released = 0;
    struct component *component = NULL;
    assert_ok(component_read(guest_add, sizeof(guest_add), on_release, &released, &component, reterr));
    assert_int_equal(released, 0);
    component_ref(component);
    component_unref(component);
    assert_int_equal(released, 0);
    component_unref(component);
    assert_int_equal(released, 1);
    assert_refused(component_read(guest_add, 20, on_release, &released, &component, reterr), ARCELLA_E_WASM,
                   "");
    assert_int_equal(released, 2);
}

/* Every prefix, and every byte changed: an answer, never a crash; what is found valid also resolves. */
static void mangle(const uint8_t *bytes, size_t size) {
    uint8_t *copy = mem_copy(bytes, size);
    assert_non_null(copy);
    for (size_t at = 8; at < size; at++)
        for (unsigned change = 0; change < 3; change++) {
            struct component *component = NULL;
            arcella_error *error = NULL;
            copy[at] = (uint8_t)(change == 0 ? bytes[at] + 1 : change == 1 ? bytes[at] ^ 0x80 : 0);
            int r = component_read(copy, size, NULL, NULL, &component, &error);
            if (r == ARCELLA_E_INTERNAL)
                fail_msg("byte %zu: %s", at, arcella_error_message(error));
            arcella_error_free(error);
            component_unref(component);
            copy[at] = bytes[at];
        }
    mem_free(copy);
}

static void test_mangled(void **state) {
    (void)state;
    mangle(guest_nested, sizeof(guest_nested));
    mangle(guest_resources, sizeof(guest_resources));
    mangle(guest_versions, sizeof(guest_versions));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal_modules),  cmocka_unit_test(test_figures),
        cmocka_unit_test(test_exports),        cmocka_unit_test(test_resources_are_named),
        cmocka_unit_test(test_versions_share), cmocka_unit_test(test_matches),
        cmocka_unit_test(test_bomb),           cmocka_unit_test(test_release),
        cmocka_unit_test(test_unprovided),     cmocka_unit_test(test_mangled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
