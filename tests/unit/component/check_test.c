/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Validity: components of our own, each with its verdict (check_cases.inc); the type of a root; every byte of
 * each changed; memory running out; and types that grow out of nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/attr.h"
#include "base/limits.h"
#include "base/mem.h"
#include "component/check.h"
#include "torture.h"

static const struct check_case {
    const char *name, *text, *bytes;
    int code;
    const char *words;
} cases[] = {
#define XX(name, text, bytes, code, words) {name, text, bytes, code, words},
#include "component/check_cases.inc"
#undef XX
};

/* --- reading and checking --- */

struct checked {
    struct ast *ast;
    struct types *types;
    struct component_root *root;
};

static void checked_free(struct checked *c) {
    component_root_free(c->root);
    types_free(c->types);
    ast_free(c->ast);
    *c = (struct checked){0};
}

static int check_bytes(const void *bytes, size_t size, struct checked *ret, arcella_error **reterr) {
    *ret = (struct checked){0};
    int r = ast_decode(bytes, size, &ret->ast, reterr);
    if (r)
        return r;
    ret->types = types_new();
    r = ret->types ? component_check(ret->ast, ret->types, &ret->root, reterr) : error_nomem(reterr);
    if (r)
        checked_free(ret);
    return r;
}

static uint8_t nibble(char c) {
    return (uint8_t)(c >= 'a' ? c - 'a' + 10 : c - '0');
}

/* The bytes of a case in memory of their exact size, so that one byte too many is seen. */
static uint8_t *case_bytes(const struct check_case *from, size_t *ret_size) {
    *ret_size = strlen(from->bytes) / 2;
    uint8_t *bytes = mem_alloc(*ret_size);
    assert_non_null(bytes);
    for (size_t i = 0; i < *ret_size; i++)
        bytes[i] = (uint8_t)(nibble(from->bytes[2 * i]) << 4 | nibble(from->bytes[2 * i + 1]));
    return bytes;
}

static const struct check_case *find_case(const char *name) {
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
        if (strcmp(cases[i].name, name) == 0)
            return &cases[i];
    fail_msg("no case %s", name);
    return NULL;
}

/* --- verdicts --- */

static void test_cases(void **state) {
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct checked c;
        size_t size;
        arcella_error *error = NULL;
        uint8_t *bytes = case_bytes(&cases[i], &size);
        int r = check_bytes(bytes, size, &c, &error);
        if (r != cases[i].code)
            fail_msg("%s: %d (%s)\n%s", cases[i].name, r, error ? arcella_error_message(error) : "",
                     cases[i].text);
        if (r && !strstr(arcella_error_message(error), cases[i].words))
            fail_msg("%s: says '%s', not '%s'", cases[i].name, arcella_error_message(error), cases[i].words);
        /* Whatever is not valid is not valid somewhere. */
        if (r == ARCELLA_E_WASM)
            assert_non_null(strstr(arcella_error_message(error), "byte"));
        arcella_error_free(error);
        checked_free(&c);
        mem_free(bytes);
    }
}

/* --- the type of the root --- */

static const struct entity *need(const struct entity_list *list, const char *name, enum component_sort sort) {
    const struct entity *entity = entity_find(list, text_of(name));
    assert_non_null(entity);
    assert_int_equal(entity->sort, sort);
    return entity;
}

static void test_root(void **state) {
    (void)state;
    struct checked c;
    size_t size;
    uint8_t *bytes = case_bytes(find_case("root"), &size);
    assert_int_equal(check_bytes(bytes, size, &c, NULL), 0);
    const struct component_type *root = &c.root->type;
    assert_int_equal(root->imports.count, 1);
    assert_int_equal(root->exports.count, 2);
    assert_true(text_equal(root->imports.names->names[0].first, TEXT("a:b/c@0.2.1")));
    assert_true(text_equal(root->imports.attributes[0].name, TEXT("a:b/c@0.2.1")));
    assert_in_range(root->imports.attributes[0].offset, 8, size);
    const struct instance_type *instance = need(&root->imports, "a:b/c@0.2.1", SORT_INSTANCE)->instance;
    assert_int_equal(instance->exports.count, 3);
    assert_int_equal(instance->defined.count, 0); /* they are the component's now */
    const struct entity *point = need(&instance->exports, "point", SORT_TYPE);
    const struct entity *res = need(&instance->exports, "res", SORT_TYPE);
    const struct entity *f = need(&instance->exports, "f", SORT_FUNC);
    /* The function names the type by its export, which is another name of the first definition. */
    assert_ptr_equal(f->func->params[0], point->type.created.value);
    assert_ptr_equal(point->type.created.value->alias_of, point->type.referenced.value);
    assert_ptr_equal(point->type.created.value->type, point->type.referenced.value->type);
    assert_null(f->func->params[1]);
    assert_int_equal(f->func->type->params[1].type->kind, TYPE_U8);
    /* The resource is one, imported at a place, exported under a new name. */
    assert_int_equal(res->type.created.kind, ENTITY_TYPE_RESOURCE);
    uint32_t resource = res->type.created.resource.resource;
    assert_int_equal(f->func->type->result->resource, resource);
    assert_int_equal(f->func->result->handle.alias, res->type.created.resource.alias);
    assert_int_equal(root->imported.count, 1);
    assert_int_equal(root->imported.list[0].resource, resource);
    assert_int_equal(root->imported.list[0].path->index, 0);
    assert_int_equal(root->imported.list[0].path->next->index, 1);
    const struct entity *thing = need(&root->exports, "thing", SORT_TYPE);
    assert_int_equal(thing->type.created.resource.resource, resource);
    assert_int_not_equal(thing->type.created.resource.alias, res->type.created.resource.alias);
    assert_ptr_equal(need(&root->exports, "g", SORT_FUNC)->func, f->func);
    assert_true(resource < c.root->resources);
    assert_null(entity_find(&root->exports, TEXT("f")));
    checked_free(&c);
    mem_free(bytes);
}

/* --- damage --- */

/* Every byte changed in several ways: any verdict will do, with an error where it is one. */
static void test_changed(void **state) {
    (void)state;
    static const uint8_t masks[] = {0x01, 0x02, 0x03, 0x40, 0x80, 0xff};
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        size_t size;
        uint8_t *bytes = case_bytes(&cases[i], &size);
        for (size_t at = 8; at < size; at++) {
            for (size_t m = 0; m < ARRAY_LENGTH(masks); m++) {
                struct checked c;
                arcella_error *error = NULL;
                bytes[at] ^= masks[m];
                int r = check_bytes(bytes, size, &c, &error);
                assert_int_equal(r < 0, error != NULL);
                assert_int_not_equal(r, ARCELLA_E_INTERNAL);
                arcella_error_free(error);
                checked_free(&c);
                bytes[at] ^= masks[m];
            }
        }
        mem_free(bytes);
    }
}

struct bytes {
    const uint8_t *data;
    size_t size;
};

static int check_once(void *user, arcella_error **reterr) {
    struct bytes *bytes = user;
    struct checked c;
    int r = check_bytes(bytes->data, bytes->size, &c, reterr);
    checked_free(&c);
    return r;
}

static void test_no_memory(void **state) {
    (void)state;
    static const char *const names[] = {"root",
                                        "a resource and its functions",
                                        "an instantiation",
                                        "a component for a smaller type",
                                        "a module given what it wants",
                                        "one resource for two"};
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        struct bytes b;
        uint8_t *bytes = case_bytes(find_case(names[i]), &b.size);
        b.data = bytes;
        torture_alloc(check_once, &b);
        mem_free(bytes);
    }
}

/* --- growth --- */

/* A component of `count` imports of a function each, put together here. */
static uint8_t *many_imports(uint32_t count, size_t *ret_size) {
    static const uint8_t head[] = {0, 'a',  's', 'm', 0x0d, 0,    1, 0,   7,   9,
                                   1, 0x40, 2,   1,   'a',  0x79, 1, 'b', 0x73};
    uint8_t *bytes = mem_alloc(sizeof(head) + 32 + (size_t)count * 16), *at = bytes;
    assert_non_null(bytes);
    memcpy(at, head, sizeof(head));
    at += sizeof(head);
    *at++ = 1;
    *at++ = 0; /* one type: (func (param "a" u32) (param "b" string)) without result */
    bytes[9] = (uint8_t)(at - bytes - 10);
    *at++ = 10; /* imports: each 0x00 name, func 0 */
    uint8_t *size_at = at;
    at += 5;
    for (unsigned i = 0; i < 5; i++)
        *at++ = (uint8_t)((count >> (7 * i) & 0x7f) | (i < 4 ? 0x80 : 0));
    for (uint32_t i = 0; i < count; i++) {
        *at++ = 0;
        *at++ = 9;
        at += snprintf((char *)at, 10, "f%08u", i);
        *at++ = 1;
        *at++ = 0;
    }
    uint64_t size = (uint64_t)(at - size_at - 5);
    for (unsigned i = 0; i < 5; i++)
        size_at[i] = (uint8_t)((size >> (7 * i) & 0x7f) | (i < 4 ? 0x80 : 0));
    *ret_size = (size_t)(at - bytes);
    return bytes;
}

static uint64_t memory_of_imports(uint32_t count) {
    struct checked c;
    size_t size;
    arcella_error *error = NULL;
    uint8_t *bytes = many_imports(count, &size);
    if (check_bytes(bytes, size, &c, &error))
        fail_msg("%u imports: %s", count, arcella_error_message(error));
    assert_int_equal(c.root->type.imports.count, count);
    assert_non_null(entity_find(&c.root->type.imports, TEXT("f00000099")));
    uint64_t used = c.root->arena.total_bytes;
    checked_free(&c);
    mem_free(bytes);
    return used;
}

/* Ten times as many take ten times as much, give or take the doubling of tables. */
static void test_growth(void **state) {
    (void)state;
    uint64_t few = memory_of_imports(1000), many = memory_of_imports(10000);
    assert_true(many < 25 * few);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),     cmocka_unit_test(test_root),   cmocka_unit_test(test_changed),
        cmocka_unit_test(test_no_memory), cmocka_unit_test(test_growth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
