/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The rewrite step: what changes in which module, that code stays where it was, and that what comes out is
 * the module that went in.
 */
#include "base/buffer.h"
#include "engine/inner.h"
#include "engine/parts_rig.h"
#include "engine/section.h"

static struct rig rig;

/* One function type, functions of it that are unreachable, exports and a start function. */
struct sketch {
    unsigned functions;
    const char *exports[4]; /* names, all of function 0 */
    unsigned fill;          /* more of them, with names of their own */
    bool empty_section;     /* a section of exports even where there are none */
    int start;              /* -1: none */
    uint8_t type[2];        /* parameters and results of all functions, as vectors of one byte or {0} */
};

static void add(struct buffer *to, const void *bytes, size_t count) {
    assert_ok(buffer_add(to, bytes, count, reterr));
}

static void add_section(struct buffer *to, uint8_t id, const struct buffer *content) {
    add(to, &id, 1);
    assert_ok(section_write_u32(to, (uint32_t)content->length, reterr));
    add(to, content->data, content->length);
}

static void add_export(struct buffer *to, const char *name) {
    assert_ok(section_write_u32(to, (uint32_t)strlen(name), reterr));
    add(to, name, strlen(name));
    add(to, "\0\0", 2);
}

/* @return the offset of the first body */
static size_t draw(const struct sketch *sketch, struct buffer *to) {
    BUFFER_AUTO section = BUFFER_INIT(MIB);
    uint32_t count = sketch->fill;
    add(to, wasm_magic_core, sizeof(wasm_magic_core));
    add(&section, "\1\x60", 2);
    for (int i = 0; i < 2; i++)
        add(&section, sketch->type[i] ? (uint8_t[]){1, sketch->type[i]} : (uint8_t[]){0},
            sketch->type[i] ? 2 : 1);
    add_section(to, SECTION_TYPE, &section);
    buffer_clear(&section);
    assert_ok(section_write_u32(&section, sketch->functions, reterr));
    for (unsigned i = 0; i < sketch->functions; i++)
        add(&section, "\0", 1);
    add_section(to, SECTION_FUNCTION, &section);
    buffer_clear(&section);
    for (size_t i = 0; i < ARRAY_LENGTH(sketch->exports) && sketch->exports[i]; i++)
        count++;
    assert_ok(section_write_u32(&section, count, reterr));
    for (unsigned i = 0; i < sketch->fill; i++) {
        char name[16];
        snprintf(name, sizeof(name), "f%u", i);
        add_export(&section, name);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(sketch->exports) && sketch->exports[i]; i++)
        add_export(&section, sketch->exports[i]);
    if (count || sketch->empty_section)
        add_section(to, SECTION_EXPORT, &section);
    buffer_clear(&section);
    if (sketch->start >= 0) {
        assert_ok(section_write_u32(&section, (uint32_t)sketch->start, reterr));
        add_section(to, SECTION_START, &section);
        buffer_clear(&section);
    }
    assert_ok(section_write_u32(&section, sketch->functions, reterr));
    for (unsigned i = 0; i < sketch->functions; i++)
        add(&section, "\3\0\0\x0b", 4);
    add_section(to, SECTION_CODE, &section);
    return to->length - 4 * (size_t)sketch->functions;
}

/* How many bytes code moved by, and the names of the exports after. */
static ptrdiff_t rewritten(const struct sketch *sketch, char *ret_names, size_t size) {
    BUFFER_AUTO wasm = BUFFER_INIT(MIB), own = BUFFER_INIT(MIB);
    struct text bytes;
    struct module_info info;
    size_t code = draw(sketch, &wasm);
    assert_ok(engine_rewrite(wasm.data, wasm.length, &own, &bytes, reterr));
    assert_ok(module_info_read(bytes.data, bytes.length, &info, reterr));
    assert_false(info.has_start);
    *ret_names = '\0';
    for (uint32_t i = sketch->fill; i < info.export_count; i++) {
        size_t used = strlen(ret_names);
        snprintf(ret_names + used, size - used, "%.*s,", (int)info.exports[i].name.length,
                 info.exports[i].name.data);
    }
    module_info_done(&info);
    size_t tail = wasm.length - code;
    assert_memory_equal(bytes.data + bytes.length - tail, wasm.data + code, tail);
    if (!own.length)
        assert_ptr_equal(bytes.data, wasm.data);
    return (ptrdiff_t)(bytes.length - wasm.length);
}

static void test_shapes(void **state) {
    (void)state;
    static const struct {
        struct sketch sketch;
        const char *names;
        ptrdiff_t moved;
    } all[] = {
        {{.functions = 1, .exports = {"a"}, .start = -1}, "a,", 0},
        {{.functions = 1, .exports = {"a"}, .start = 0}, "a,,", 0},
        {{.functions = 300, .exports = {"a", "b"}, .start = 299}, "a,b,,", 0},
        {{.functions = 1, .exports = {"", "a"}, .start = 0}, ",a,!,", 1},
        {{.functions = 1, .exports = {"!!", ""}, .start = 0}, "!!,,!!!,", 3},
        {{.functions = 1, .start = 0}, ",", 3},
        {{.functions = 1, .empty_section = true, .start = 0}, ",", 0},
        {{.functions = 1, .exports = {"", "a"}, .start = -1}, ",a,", 0},
        {{.functions = 1, .exports = {"a", ""}, .start = -1}, "a,,-,", 4},
        {{.functions = 1, .exports = {"-", "!"}, .start = -1}, "-,!,--,", 5},
        {{.functions = 1, .exports = {"a"}, .fill = 126, .start = 0}, "a,,", 1},
        {{.functions = 1, .exports = {"a"}, .fill = 127, .start = 0}, "a,,", 0},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(all); i++) {
        char names[64];
        ptrdiff_t moved = rewritten(&all[i].sketch, names, sizeof(names));
        assert_string_equal(names, all[i].names);
        assert_int_equal(moved, all[i].moved);
    }
}

/* What the step takes out is judged all the same, and what it cannot read is not passed on. */
static void test_refused(void **state) {
    (void)state;
    static const struct {
        struct sketch sketch;
        const char *says;
    } all[] = {
        {{.functions = 1, .exports = {"a"}, .start = 1}, "unknown function"},
        {{.functions = 1, .exports = {"a"}, .start = 0, .type = {0x7f, 0}}, "start function type"},
        {{.functions = 1, .exports = {"a"}, .start = 0, .type = {0, 0x7f}}, "start function type"},
        {{.functions = 1, .exports = {"a", "a"}, .start = 0}, "duplicate export"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(all); i++) {
        BUFFER_AUTO wasm = BUFFER_INIT(MIB);
        struct engine_module *module = NULL;
        draw(&all[i].sketch, &wasm);
        assert_refused(engine_module_compile(rig.engine, wasm.data, wasm.length, &module, reterr),
                       ARCELLA_E_WASM, all[i].says);
    }
    /* A start section before the exports. */
    static const uint8_t order[] = {0, 'a', 's', 'm', 1, 0, 0, 0, 1,   4, 1, 0x60, 0, 0, 3, 2, 1,
                                    0, 8,   1,   0,   7, 5, 1, 1, 'a', 0, 0, 10,   4, 1, 2, 0, 0x0b};
    struct engine_module *module = NULL;
    assert_refused(engine_module_compile(rig.engine, order, sizeof(order), &module, reterr), ARCELLA_E_WASM,
                   "out of order");
}

/* Only what the file says starts is called; a function by such a name is one like others. */
static void test_programs(void **state) {
    (void)state;
    static const struct {
        struct sketch sketch;
        enum engine_end end;
        ptrdiff_t moved;
    } all[] = {
        {{.functions = 1, .exports = {"a"}, .start = 0}, ENGINE_END_TRAPPED, 0},
        {{.functions = 1, .start = 0}, ENGINE_END_TRAPPED, 3},
        {{.functions = 1, .exports = {"a", ""}, .start = -1}, ENGINE_END_RETURNED, 4},
        {{.functions = 1, .exports = {"", "a"}, .start = -1}, ENGINE_END_RETURNED, 0},
        {{.functions = 1, .exports = {"", "!"}, .start = 0}, ENGINE_END_TRAPPED, 2},
    };
    uint64_t place = 0;
    for (size_t i = 0; i < ARRAY_LENGTH(all); i++) {
        BUFFER_AUTO wasm = BUFFER_INIT(MIB);
        struct subject s = {0};
        uint64_t body = draw(&all[i].sketch, &wasm);
        struct engine_program *program = rig_program(&rig, (const uint8_t *)wasm.data, wasm.length, NULL, 0);
        char signature[8];
        assert_false(engine_program_export(program, "!!", signature, sizeof(signature)));
        assert_int_equal(
            engine_program_export(program, "", signature, sizeof(signature)),
            all[i].sketch.exports[0] &&
                (!*all[i].sketch.exports[0] || (all[i].sketch.exports[1] && !*all[i].sketch.exports[1])));
        rig_begin_with(&s, &rig, program, &rig_limits, NULL);
        rig_settle(&s);
        assert_end(&s, all[i].end);
        if (all[i].end == ENGINE_END_RETURNED) {
            rig_call(&s, "a", ":", 0);
            assert_end(&s, ENGINE_END_TRAPPED);
        }
        /* Always the same place of the body, as it lies in the file. */
        ptrdiff_t moved = all[i].moved;
        uint64_t inside = s.outcome.frames[0].offset - body - (uint64_t)moved;
        if (!i)
            place = inside;
        assert_int_equal(inside, place);
        engine_instance_free(s.instance);
        engine_program_unref(program);
    }
}

static void test_parts(void **state) {
    (void)state;
    static const struct sketch sketches[] = {
        {.functions = 1, .exports = {"a"}, .start = 0},
        {.functions = 1, .exports = {"a", ""}, .start = -1},
        {.functions = 1, .exports = {"a", ""}, .start = 0},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(sketches); i++) {
        BUFFER_AUTO wasm = BUFFER_INIT(MIB);
        draw(&sketches[i], &wasm);
        struct engine_part *part = rig_part(&rig, (const uint8_t *)wasm.data, wasm.length);
        assert_int_equal(engine_part_has_start(part), sketches[i].start == 0);
        engine_part_unref(part);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_programs),
        cmocka_unit_test(test_parts),
    };
    rig_open(&rig);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    rig_close(&rig);
    return failed;
}
