/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What a binary says of itself: whole modules, every way to cut them, every byte changed, and the small lies.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/attr.h"
#include "base/fault.h"
#include "base/limits.h"
#include "base/mem.h"
#include "engine/guests.h"
#include "engine/module_info.h"
#include "engine/parts.h"

#define GUEST(name)                                                                                          \
    { guest_##name, sizeof(guest_##name) }
static const struct {
    const uint8_t *bytes;
    size_t size;
} guests[] = {
    GUEST(basic),         GUEST(traps),        GUEST(waits),
    GUEST(start_wait),    GUEST(start_spin),   GUEST(start_trap),
    GUEST(start_deep),    GUEST(big_memory),   GUEST(imports),
    GUEST(unstable),      GUEST(wasi),         GUEST(vectors),
    GUEST(hidden_memory), GUEST(hidden_table), GUEST(big_table),
    GUEST(grow_table),    GUEST(twice),        GUEST(out_of_bounds_data),
    GUEST(dig),           GUEST(fuelled),      {part_typed, sizeof(part_typed)},
};

static void test_wasi(void **state) {
    (void)state;
    struct module_info info;
    assert_int_equal(module_info_read(guest_wasi, sizeof(guest_wasi), &info, NULL), 0);
    assert_int_equal(info.kind, MODULE_WASI_P1);
    assert_int_equal(info.import_count, 2);
    assert_true(text_equal(info.imports[0].module, TEXT("wasi_snapshot_preview1")));
    assert_true(text_equal(info.imports[0].name, TEXT("proc_exit")));
    assert_string_equal(info.imports[0].signature, "i:");
    assert_string_equal(info.imports[1].signature, "iiii:i");
    assert_int_equal(info.export_count, 3);
    assert_int_equal(info.exports[0].kind, MODULE_MEMORY);
    assert_string_equal(info.exports[0].signature, "");
    assert_true(text_equal(info.exports[1].name, TEXT("_start")));
    assert_string_equal(info.exports[1].signature, ":");
    assert_string_equal(info.exports[2].signature, "iIfFV??:ii");
    assert_int_equal(info.memory_count, 1);
    assert_int_equal(info.memories[0].minimum, 2);
    assert_int_equal(info.memories[0].maximum, 10);
    assert_false(info.memories[0].imported || info.memories[0].shared || info.memories[0].is_64);
    assert_int_equal(info.table_count, 1);
    assert_int_equal(info.tables[0].minimum, 3);
    assert_int_equal(info.tables[0].maximum, 7);
    assert_true(info.has_start);
    assert_int_equal(info.function_count, 2);
    assert_true(info.code_bytes > 0 && info.data_bytes > 3);
    module_info_done(&info);
    assert_null(info.imports);
    assert_string_equal(module_kind_name(info.kind), "wasi-p1");
}

static void test_kinds(void **state) {
    (void)state;
    struct module_info info;
    assert_int_equal(module_info_read("\0asm\x0d\0\1\0", 8, &info, NULL), 0);
    assert_string_equal(module_kind_name(info.kind), "component");
    module_info_done(&info);
    assert_int_equal(module_info_read("\0asm\1\0\0\0", 8, &info, NULL), 0);
    assert_string_equal(module_kind_name(info.kind), "core");
    module_info_done(&info);
    assert_int_equal(module_info_read(guest_unstable, sizeof(guest_unstable), &info, NULL), 0);
    assert_int_equal(info.kind, MODULE_WASI_P1);
    module_info_done(&info);
    assert_int_equal(module_info_read(guest_imports, sizeof(guest_imports), &info, NULL), 0);
    assert_int_equal(info.kind, MODULE_WASI_P1);
    assert_int_equal(info.imports[2].kind, MODULE_GLOBAL);
    module_info_done(&info);
    assert_int_equal(module_info_read(guest_vectors, sizeof(guest_vectors), &info, NULL), 0);
    assert_string_equal(info.exports[0].signature, "V:V");
    assert_int_equal(strlen(info.exports[1].signature), sizeof(info.exports[1].signature) - 1);
    assert_string_equal(info.exports[1].signature + 68, "…");
    module_info_done(&info);
}

/* `inner` in a section of `id` of a component, `depth` times; components know the sizes up to 127 bytes here.
 */
static size_t in_component(uint8_t *to, const char *inner, size_t length, uint8_t id) {
    memcpy(to, "\0asm\x0d\0\1\0", 8);
    to[8] = id;
    to[9] = (uint8_t)length;
    memcpy(to + 10, inner, length);
    return 10 + length;
}

static void test_components_are_whole(void **state) {
    (void)state;
    enum { MODULE = 1, COMPONENT = 4, TYPE = 7 };
    static const char core[] = "\0asm\1\0\0\0\0\5\4note";
    static const char broken[] = "\0asm\1\0\0\0\0\6\4note";
    static const char nested[] = "\0asm\x0d\0\1\0\7\2xx";
    static const struct {
        const char *inner;
        size_t length;
        uint8_t id;
        int result;
    } rows[] = {
        {core, sizeof(core) - 1, MODULE, 0},
        {core, sizeof(core) - 1, COMPONENT, ARCELLA_E_WASM}, /* no component */
        {nested, sizeof(nested) - 1, COMPONENT, 0},
        {nested, sizeof(nested) - 1, MODULE, ARCELLA_E_WASM},
        {nested, sizeof(nested) - 2, COMPONENT, ARCELLA_E_WASM}, /* its section is cut */
        {broken, sizeof(broken) - 1, MODULE, ARCELLA_E_WASM},
        {core, 7, MODULE, ARCELLA_E_WASM},
        {broken, sizeof(broken) - 1, TYPE, 0}, /* not looked into */
        {core, 4, 13, ARCELLA_E_WASM},         /* no such section */
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct module_info info;
        uint8_t file[128];
        size_t length = in_component(file, rows[i].inner, rows[i].length, rows[i].id);
        for (size_t cut = 0; cut <= length; cut++) {
            uint8_t *copy = mem_copy(file, cut ? cut : 1);
            int r = module_info_read(copy, cut, &info, NULL);
            /* Cut behind the header it is a smaller component, cut elsewhere it is none. */
            assert_int_equal(r, cut == length ? rows[i].result : cut == 8 ? 0 : ARCELLA_E_WASM);
            mem_free(copy);
        }
    }
}

static void test_components_are_nested_so_deep(void **state) {
    (void)state;
    for (unsigned depth = LIMIT_COMPONENT_DEPTH - 1; depth <= LIMIT_COMPONENT_DEPTH + 1; depth++) {
        /* From the inside out; each layer is 8 bytes of header, one of id, three of size. */
        size_t length = 8 + 12 * (size_t)depth;
        uint8_t *file = mem_alloc(length);
        for (unsigned i = 0; i <= depth; i++) {
            size_t left = length - 12 * (size_t)(i + 1);
            memcpy(file + 12 * (size_t)i, "\0asm\x0d\0\1\0", 8);
            if (i < depth) {
                uint8_t head[4] = {4, (uint8_t)(0x80 | (left & 0x7f)), (uint8_t)(0x80 | (left >> 7 & 0x7f)),
                                   (uint8_t)(left >> 14)};
                memcpy(file + 12 * (size_t)i + 8, head, sizeof(head));
            }
        }
        struct module_info info;
        ERROR_AUTO *error = NULL;
        assert_int_equal(module_info_read(file, length, &info, &error),
                         depth > LIMIT_COMPONENT_DEPTH ? ARCELLA_E_LIMIT : 0);
        mem_free(file);
    }
}

static void test_guests(void **state) {
    (void)state;
    for (size_t g = 0; g < ARRAY_LENGTH(guests); g++) {
        struct module_info info;
        arcella_error *error = NULL;
        if (module_info_read(guests[g].bytes, guests[g].size, &info, &error))
            fail_msg("guest %zu: %s", g, arcella_error_message(error));
        module_info_done(&info);
        /* Cut anywhere: an error with a place, or a shorter module where a section ends. */
        for (size_t cut = 0; cut < guests[g].size; cut++) {
            uint8_t *copy = mem_copy(guests[g].bytes, cut ? cut : 1); /* exact, for the address sanitizer */
            error = NULL;
            int r = module_info_read(copy, cut, &info, &error);
            assert_true(r == 0 || r == ARCELLA_E_WASM);
            if (r)
                assert_non_null(strstr(arcella_error_message(error), "at byte "));
            else
                module_info_done(&info);
            arcella_error_free(error);
            mem_free(copy);
        }
        /* Any byte changed to anything. */
        uint8_t *copy = mem_copy(guests[g].bytes, guests[g].size);
        for (size_t i = 0; i < guests[g].size; i++) {
            for (int value = 0; value < 256; value++) {
                copy[i] = (uint8_t)value;
                int r = module_info_read(copy, guests[g].size, &info, NULL);
                assert_true(r == 0 || r == ARCELLA_E_WASM || r == ARCELLA_E_LIMIT ||
                            r == ARCELLA_E_UNSUPPORTED);
                if (!r)
                    module_info_done(&info);
            }
            copy[i] = guests[g].bytes[i];
        }
        mem_free(copy);
    }
}

/* Modules that are wrong in one place; the preamble is put in front. */
static const struct {
    const char *why;
    int code;
    const char *says;
    uint8_t bytes[24];
    size_t size;
} lies[] = {
    {"section number", ARCELLA_E_WASM, "section 14", {14, 0}, 2},
    {"section size", ARCELLA_E_WASM, "the whole section", {1, 5, 0}, 3},
    {"section left over", ARCELLA_E_WASM, "the end of the section", {1, 2, 0, 0}, 4},
    {"twice", ARCELLA_E_WASM, "out of order", {1, 1, 0, 1, 1, 0}, 6},
    {"order", ARCELLA_E_WASM, "out of order", {3, 1, 0, 1, 1, 0}, 6},
    {"type count", ARCELLA_E_WASM, "do not fit", {1, 3, 0x80, 0x80, 0x01}, 5},
    {"too many types", ARCELLA_E_LIMIT, "more than the 1000000", {1, 5, 0xff, 0xff, 0xff, 0xff, 0x0f}, 7},
    {"structure", ARCELLA_E_UNSUPPORTED, "a core struct type at byte 11", {1, 4, 1, 0x5f, 0, 0}, 6},
    {"form", ARCELLA_E_WASM, "form 0x44", {1, 4, 1, 0x44, 0, 0}, 6},
    {"value type", ARCELLA_E_WASM, "a value type", {1, 5, 1, 0x60, 1, 0x05, 0}, 7},
    {"type of a function", ARCELLA_E_WASM, "type 3 of 0", {3, 2, 1, 3}, 4},
    {"no bodies", ARCELLA_E_WASM, "0 function bodies for 1", {1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0}, 10},
    {"bodies without functions", ARCELLA_E_WASM, "1 function bodies for 0", {10, 4, 1, 2, 0, 0x0b}, 6},
    {"a body's size", ARCELLA_E_WASM, "a function body", {10, 4, 1, 9, 0, 0x0b}, 6},
    {"memory upside down", ARCELLA_E_WASM, "limits that cannot be", {5, 4, 1, 1, 5, 4}, 6},
    {"too many pages", ARCELLA_E_WASM, "limits that cannot be", {5, 5, 1, 0, 0x81, 0x80, 0x04}, 7},
    {"page size", ARCELLA_E_UNSUPPORTED, "custom page size", {5, 4, 1, 8, 1, 0}, 6},
    {"limits", ARCELLA_E_WASM, "limits of form 0x10", {5, 4, 1, 16, 1, 0}, 6},
    {"page size of a table", ARCELLA_E_WASM, "limits of form 0x08", {4, 5, 1, 0x70, 8, 1, 0}, 7},
    {"table of numbers", ARCELLA_E_WASM, "a reference type", {4, 4, 1, 0x7f, 0, 1}, 6},
    {"export of nothing", ARCELLA_E_WASM, "item 0 of 0", {7, 5, 1, 1, 'f', 0, 0}, 7},
    {"export kind", ARCELLA_E_WASM, "an export's kind", {7, 5, 1, 1, 'f', 5, 0}, 7},
    {"start of nothing", ARCELLA_E_WASM, "start function 0 of 0", {8, 1, 0}, 3},
    {"import kind", ARCELLA_E_WASM, "an import's kind", {2, 7, 1, 1, 'a', 1, 'b', 9, 0}, 9},
    {"import name", ARCELLA_E_WASM, "is not UTF-8", {2, 7, 1, 1, 0xff, 1, 'b', 0, 0}, 9},
    {"too many imports", ARCELLA_E_LIMIT, "more than the 4096", {2, 2, 0x81, 0x20}, 4},
    {"custom name", ARCELLA_E_WASM, "a custom section's name", {0, 1, 4}, 3},
    {"instruction in a table",
     ARCELLA_E_WASM,
     "instruction 0x01",
     {4, 8, 1, 0x40, 0, 0x70, 0, 1, 0x01, 0x0b},
     10},
};

static void test_lies(void **state) {
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(lies); i++) {
        uint8_t bytes[40] = {0, 'a', 's', 'm', 1};
        memcpy(bytes + 8, lies[i].bytes, lies[i].size);
        struct module_info info;
        arcella_error *error = NULL;
        int r = module_info_read(bytes, 8 + lies[i].size, &info, &error);
        if (r != lies[i].code || !strstr(arcella_error_message(error), lies[i].says))
            fail_msg("%s: %d, %s", lies[i].why, r, arcella_error_message(error));
        arcella_error_free(error);
    }
    struct module_info info;
    assert_int_equal(module_info_read("\0asm\2\0\0\0", 8, &info, NULL), ARCELLA_E_WASM);
    assert_int_equal(module_info_read("\0asm\x0d\0\0\0", 8, &info, NULL), ARCELLA_E_WASM);
    assert_int_equal(module_info_read("#!/bin/sh", 9, &info, NULL), ARCELLA_E_WASM);
    assert_int_equal(module_info_read(NULL, 0, &info, NULL), ARCELLA_E_WASM);
}

/* A table with an initial value, shared and 64-bit limits, imports of every kind. */
static void test_rare(void **state) {
    (void)state;
    static const uint8_t bytes[] = {
        0, 'a', 's', 'm',  1,   0,    0,   0,                   /* */
        1, 4,   1,   0x60, 0,   0,                              /* one type */
        2, 29,  4,   1,    'm', 1,    't', 1, 0x70, 0,    1,    /* a table */
        1, 'm', 1,   'm',  2,   7,    1,   2,                   /* a shared 64-bit memory */
        1, 'm', 1,   'e',  4,   0,    0,                        /* a tag */
        0, 0,   3,   0x7f, 1,                                   /* a global, without a name */
        4, 9,   1,   0x40, 0,   0x70, 0,   1, 0xd0, 0x70, 0x0b, /* a table of nulls */
        7, 9,   2,   1,    'e', 4,    0,   1, 'g',  3,    0};
    struct module_info info;
    arcella_error *error = NULL;
    if (module_info_read(bytes, sizeof(bytes), &info, &error))
        fail_msg("%s", arcella_error_message(error));
    assert_int_equal(info.import_count, 4);
    assert_int_equal(info.imports[2].kind, MODULE_TAG);
    assert_int_equal(info.imports[3].name.length, 0);
    assert_int_equal(info.memory_count, 1);
    assert_true(info.memories[0].shared && info.memories[0].is_64 && info.memories[0].imported);
    assert_int_equal(info.table_count, 2);
    assert_true(info.tables[0].imported && !info.tables[1].imported);
    assert_true(info.tables[1].maximum == UINT64_MAX);
    module_info_done(&info);
}

#ifdef ARCELLA_FAULTS
static void test_no_memory(void **state) {
    (void)state;
    for (size_t g = 0; g < ARRAY_LENGTH(guests); g++)
        for (uint64_t nth = 1;; nth++) {
            struct module_info info;
            fault_set(FAULT_ALLOC, nth, 12);
            int r = module_info_read(guests[g].bytes, guests[g].size, &info, NULL);
            fault_set(FAULT_ALLOC, 0, 0);
            if (!r) {
                module_info_done(&info);
                break;
            }
            assert_int_equal(r, ARCELLA_E_NOMEM);
        }
}
#endif

/* The whole type of everything that comes in and goes out. */
static void test_types(void **state) {
    (void)state;
    struct module_info info;
    assert_int_equal(module_info_read(part_typed, sizeof(part_typed), &info, NULL), 0);
    const struct module_item *imports = info.imports, *exports = info.exports;
    assert_int_equal(info.import_count, 4);
    assert_string_equal(imports[0].type.signature, "iI:f");
    assert_int_equal(imports[1].type.value_type, 0x6f);
    assert_int_equal(imports[1].type.minimum, 1);
    assert_int_equal(imports[1].type.maximum, 2);
    assert_int_equal(imports[2].type.minimum, 1);
    assert_int_equal(imports[2].type.maximum, 2);
    assert_false(imports[2].type.shared || imports[2].type.is_64);
    assert_int_equal(imports[3].type.value_type, 0x7c);
    assert_true(imports[3].type.mutable_global);
    assert_int_equal(info.export_count, 5);
    assert_int_equal(exports[0].index, 0); /* the memory that came in */
    assert_int_equal(exports[0].type.maximum, 2);
    assert_int_equal(exports[1].index, 1);
    assert_int_equal(exports[1].type.value_type, 0x70);
    assert_int_equal(exports[1].type.minimum, 3);
    assert_true(exports[1].type.maximum == UINT64_MAX);
    assert_int_equal(exports[2].index, 1);
    assert_int_equal(exports[2].type.value_type, 0x7b);
    assert_false(exports[2].type.mutable_global);
    assert_int_equal(exports[3].type.value_type, 0x70);
    assert_int_equal(exports[4].kind, MODULE_FUNCTION);
    assert_string_equal(exports[4].type.signature, "VF:ii");
    module_info_done(&info);
    /* Long signatures are whole there. */
    assert_int_equal(module_info_read(guest_vectors, sizeof(guest_vectors), &info, NULL), 0);
    assert_int_equal(strlen(info.exports[1].type.signature), 80 + 1);
    module_info_done(&info);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wasi),
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_guests),
        cmocka_unit_test(test_components_are_whole),
        cmocka_unit_test(test_components_are_nested_so_deep),
        cmocka_unit_test(test_lies),
        cmocka_unit_test(test_rare),
#ifdef ARCELLA_FAULTS
        cmocka_unit_test(test_no_memory),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
