/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The validation of record, and the stripping before it: what is left says the same of types and nothing of
 * bodies.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/attr.h"
#include "base/fault.h"
#include "base/limits.h"
#include "base/mem.h"
#include "engine/core.h"
#include "engine/parts.h"
#include "engine/strip.h"

#define SLICE(name) ((struct text){(const char *)part_##name, sizeof(part_##name)})

static int validate(struct text bytes, char *message, size_t size) {
    arcella_error *error = NULL;
    int r = engine_component_validate(bytes.data, bytes.length, &error);
    snprintf(message, size, "%s", error ? arcella_error_message(error) : "");
    assert_int_equal(r != 0, error != NULL);
    arcella_error_free(error);
    return r;
}

static void test_verdicts(void **state) {
    (void)state;
    char message[512];
    assert_int_equal(validate(SLICE(component), message, sizeof(message)), 0);
    assert_int_equal(validate(SLICE(bad_component), message, sizeof(message)), ARCELLA_E_WASM);
    assert_non_null(strstr(message, "lowered"));
    /* The offset is one of the bytes that were given. */
    const char *at = strstr(message, "offset 0x");
    assert_non_null(at);
    assert_true(strtoul(at + strlen("offset 0x"), NULL, 16) < sizeof(part_bad_component));
    /* Not a component at all. */
    assert_int_equal(validate(SLICE(lib), message, sizeof(message)), ARCELLA_E_WASM);
    assert_int_equal(validate(TEXT("(component)"), message, sizeof(message)), ARCELLA_E_WASM);
    assert_int_equal(validate((struct text){NULL, 0}, message, sizeof(message)), ARCELLA_E_WASM);
    assert_int_equal(validate((struct text){(const char *)part_component, 8}, message, sizeof(message)), 0);
}

/* Bodies are not judged here: a module whose body is nonsense passes, and one whose section is cut does not.
 */
static void test_bodies(void **state) {
    (void)state;
    char message[512];
    MEM_AUTO uint8_t *copy = mem_copy(part_component, sizeof(part_component));
    static const uint8_t add[] = {0x20, 0x00, 0x20, 0x01, 0x6a};
    uint8_t *body = memmem(copy, sizeof(part_component), add, sizeof(add));
    assert_non_null(body);
    body[4] = 0xff;
    assert_int_equal(validate((struct text){(char *)copy, sizeof(part_component)}, message, sizeof(message)),
                     0);
    body[-2] = 0x7f; /* its size */
    assert_int_equal(validate((struct text){(char *)copy, sizeof(part_component)}, message, sizeof(message)),
                     ARCELLA_E_WASM);
}

static void test_strip(void **state) {
    (void)state;
    BUFFER_AUTO once = BUFFER_INIT(MIB), twice = BUFFER_INIT(MIB);
    assert_int_equal(strip_component(SLICE(component), &once, NULL), 0);
    assert_null(memmem(once.data, once.length, "some bytes", 10));
    assert_null(memmem(once.data, once.length, "passive ones", 12));
    assert_non_null(memmem(once.data, once.length, "realloc", 7));
    assert_int_equal(strip_component((struct text){once.data, once.length}, &twice, NULL), 0);
    assert_int_equal(once.length, twice.length);
    assert_memory_equal(once.data, twice.data, once.length);
    /* Into too little room. */
    BUFFER_AUTO small = BUFFER_INIT(64);
    assert_int_equal(strip_component(SLICE(component), &small, NULL), ARCELLA_E_TOO_LARGE);
}

/* Every way to cut it, and every byte changed: refused or stripped, never more than three times as long. */
static void test_hostile(void **state) {
    (void)state;
    for (size_t cut = 0; cut < sizeof(part_component); cut++) {
        BUFFER_AUTO to = BUFFER_INIT(3 * sizeof(part_component) + KIB);
        MEM_AUTO uint8_t *copy = mem_copy(part_component, cut ? cut : 1);
        int r = strip_component((struct text){(char *)copy, cut}, &to, NULL);
        assert_true(r == 0 || r == ARCELLA_E_WASM);
    }
    for (size_t i = 0; i < sizeof(part_component); i++)
        for (unsigned value = 0; value < 256; value += 5) {
            BUFFER_AUTO to = BUFFER_INIT(3 * sizeof(part_component) + KIB);
            MEM_AUTO uint8_t *copy = mem_copy(part_component, sizeof(part_component));
            copy[i] = (uint8_t)value;
            int r = strip_component((struct text){(char *)copy, sizeof(part_component)}, &to, NULL);
            assert_true(r == 0 || r == ARCELLA_E_WASM);
        }
}

/* A component in a component in …: refused before the engine sees it. */
static void test_nesting(void **state) {
    (void)state;
    static const uint8_t head[] = {0, 'a', 's', 'm', 0x0d, 0, 1, 0};
    char message[512];
    for (int depth = LIMIT_COMPONENT_DEPTH; depth <= LIMIT_COMPONENT_DEPTH + 1; depth++) {
        BUFFER_AUTO from = BUFFER_INIT(MIB);
        for (int i = 0; i <= depth; i++) {
            assert_int_equal(buffer_add(&from, head, sizeof(head), NULL), 0);
            if (i == depth)
                break;
            /* Section 4 with a size of five bytes. */
            uint32_t size = (uint32_t)(depth - i) * (uint32_t)sizeof(head) + (uint32_t)(depth - i - 1) * 6;
            uint8_t section[6] = {4};
            for (int k = 1; k < 6; k++) {
                section[k] = (uint8_t)((size & 0x7f) | (k < 5 ? 0x80 : 0));
                size >>= 7;
            }
            assert_int_equal(buffer_add(&from, section, sizeof(section), NULL), 0);
        }
        int r = validate((struct text){from.data, from.length}, message, sizeof(message));
        assert_int_equal(r, depth > LIMIT_COMPONENT_DEPTH ? ARCELLA_E_LIMIT : 0);
    }
}

/* Adds a section with a size of five bytes. */
static void add_section(struct buffer *to, uint8_t id, const void *bytes, uint32_t size) {
    uint8_t head[6] = {id};
    uint32_t rest = size;
    for (int k = 1; k < 6; k++) {
        head[k] = (uint8_t)((rest & 0x7f) | (k < 5 ? 0x80 : 0));
        rest >>= 7;
    }
    assert_int_equal(buffer_add(to, head, sizeof(head), NULL), 0);
    assert_int_equal(buffer_add(to, bytes, size, NULL), 0);
}

/* No function has a body, and there are as many modules and components as may be: what is put behind it for
   the engine to stop at counts among neither. */
static void test_no_bodies(void **state) {
    (void)state;
    static const uint8_t core[] = {0, 'a', 's', 'm', 1, 0, 0, 0};
    static const uint8_t component[] = {0, 'a', 's', 'm', 0x0d, 0, 1, 0};
    char message[512];
    for (int count = 0; count <= 1001; count += count ? 1 : 1000) {
        BUFFER_AUTO from = BUFFER_INIT(MIB), to = BUFFER_INIT(MIB);
        assert_int_equal(buffer_add(&from, component, sizeof(component), NULL), 0);
        for (int i = 0; i < count; i++) {
            add_section(&from, 1, core, sizeof(core));
            add_section(&from, 4, component, sizeof(component));
        }
        struct text bytes = {from.data, from.length};
        assert_int_equal(validate(bytes, message, sizeof(message)), count > 1000 ? ARCELLA_E_WASM : 0);
        assert_int_equal(strip_enclosed(bytes, &to, NULL), 0);
        assert_true(strip_is_body(&to, to.length - 1));
        assert_false(strip_is_body(&to, to.length - 2));
        assert_false(strip_is_body(&to, to.length));
    }
}

/* What the validator has no switch for is not called badly built; what it can judge and not run is valid. */
static void test_features(void **state) {
    (void)state;
    char message[512];
    /* (component (import "a" (implements "a:b/c") (instance))) */
    static const uint8_t implements[] = {
        0,    'a', 's', 'm',  0x0d, 0,   1, 0,                                         /* head */
        0x07, 3,   1,   0x42, 0,                                                       /* an instance type */
        0x0a, 14,  1,   0x02, 1,    'a', 1, 0, 5, 'a', ':', 'b', '/', 'c', 0x05, 0x00, /* import */
    };
    assert_int_equal(
        validate((struct text){(const char *)implements, sizeof(implements)}, message, sizeof(message)),
        ARCELLA_E_UNSUPPORTED);
    assert_non_null(strstr(message, "'implements'"));
    assert_non_null(strstr(message, "offset 0x"));
    /* (component (import "a" (func $f)) (export "b" (func $f))) */
    static const uint8_t again[] = {
        0,    'a', 's', 'm',  0x0d, 0,   1, 0,    /* head */
        0x07, 5,   1,   0x40, 0,    1,   0,       /* a function type */
        0x0a, 6,   1,   0,    1,    'a', 1, 0,    /* import */
        0x0b, 7,   1,   0,    1,    'b', 1, 0, 0, /* export */
    };
    assert_int_equal(validate((struct text){(const char *)again, sizeof(again)}, message, sizeof(message)),
                     0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verdicts), cmocka_unit_test(test_bodies),  cmocka_unit_test(test_strip),
        cmocka_unit_test(test_hostile),  cmocka_unit_test(test_nesting), cmocka_unit_test(test_no_bodies),
        cmocka_unit_test(test_features),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
