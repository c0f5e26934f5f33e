/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Decoding components: a good one in all parts, bad forms with their places, limits, damage. */
#include "torture.h"

#include <string.h>
#include <time.h>

#include "base/limits.h"
#include "base/mem.h"
#include "component/decode/ast.h"
#include "component/decode/types_build.h"
#include "decode_sample.h"

static const struct ast_def *nth(const struct ast_scope *scope, enum ast_def_kind kind, unsigned n) {
    for (uint32_t i = 0; i < scope->count; i++)
        if (scope->defs[i].kind == kind && n-- == 0)
            return &scope->defs[i];
    fail_msg("too few definitions of kind %d", kind);
    return NULL;
}

static struct ast *must_decode(const void *bytes, size_t length) {
    struct ast *ast = NULL;
    arcella_error *error = NULL;
    if (ast_decode(bytes, length, &ast, &error))
        fail_msg("%s", arcella_error_message(error));
    return ast;
}

#define assert_text(text, literal) assert_true(text_equal((text), TEXT(literal)))

/* --- the sample --- */

static void the_whole_is_there(void **state) {
    (void)state;
    struct ast *ast = must_decode(decode_sample, sizeof(decode_sample));
    assert_int_equal(ast->modules, 1);
    assert_int_equal(ast->components, 2);
    assert_text(ast->root->name, "Sample");
    assert_null(ast->root->outer);
    const struct ast_def *module = nth(&ast->root->scope, AST_CORE_MODULE, 0);
    assert_memory_equal(module->module.data, "\0asm\1\0\0\0", 8);
    assert_ptr_equal(module->module.data, (const char *)decode_sample + module->offset);
    const struct ast_component *inner = nth(&ast->root->scope, AST_COMPONENT, 0)->component;
    assert_ptr_equal(inner->outer, ast->root);
    assert_ptr_equal(inner->bytes.data, (const char *)decode_sample + inner->offset);
    assert_text(inner->name, "inner");
    assert_text(nth(&inner->scope, AST_EXPORT, 0)->export.name.name, "run2");
    ast_free(ast);
}

static void types_are_read(void **state) {
    (void)state;
    static const enum ast_defined order[] = {AST_RECORD, AST_VARIANT,    AST_LIST,   AST_TUPLE,
                                             AST_FLAGS,  AST_ENUM,       AST_OPTION, AST_RESULT,
                                             AST_MAP,    AST_FIXED_LIST, AST_STREAM, AST_FUTURE};
    static const uint32_t counts[] = {2, 2, 1, 2, 2, 2, 1, 2, 2, 1, 1, 1};
    struct ast *ast = must_decode(decode_sample, sizeof(decode_sample));
    const struct ast_scope *root = &ast->root->scope;
    for (unsigned i = 0; i < ARRAY_LENGTH(order); i++) {
        const struct ast_type *type = nth(root, AST_TYPE, i)->type;
        assert_int_equal(type->kind, AST_TYPE_DEFINED);
        assert_int_equal(type->defined.what, order[i]);
        assert_int_equal(type->defined.count, counts[i]);
    }
    const struct ast_field *cases = nth(root, AST_TYPE, 1)->type->defined.fields;
    assert_text(cases[1].name, "some");
    assert_false(cases[0].has_type);
    assert_true(cases[1].type.is_index);
    assert_int_equal(nth(root, AST_TYPE, 7)->type->defined.fields[1].type.primitive, 0x73);
    assert_int_equal(nth(root, AST_TYPE, 9)->type->defined.length, 4);
    assert_false(nth(root, AST_TYPE, 11)->type->defined.fields[0].has_type);
    assert_int_equal(nth(root, AST_TYPE, 12)->type->primitive, 0x64);
    const struct ast_type *interface = nth(root, AST_TYPE, 13)->type;
    assert_int_equal(interface->kind, AST_TYPE_INSTANCE);
    assert_int_equal(nth(interface->scope, AST_EXPORT, 0)->export.type.bound, AST_BOUND_SUB_RESOURCE);
    assert_int_equal(nth(interface->scope, AST_TYPE, 0)->type->defined.what, AST_BORROW);
    const struct ast_type *get = nth(interface->scope, AST_TYPE, 1)->type;
    assert_int_equal(get->kind, AST_TYPE_FUNC);
    assert_text(get->func.params[0].name, "self");
    assert_true(get->func.has_result);
    assert_int_equal(nth(interface->scope, AST_ALIAS, 0)->alias.kind, AST_ALIAS_OUTER);
    ast_free(ast);
}

static void core_parts_are_read(void **state) {
    (void)state;
    struct ast *ast = must_decode(decode_sample, sizeof(decode_sample));
    const struct ast_scope *root = &ast->root->scope;
    const struct ast_core_type *type = nth(root, AST_CORE_TYPE, 0)->core_type;
    assert_int_equal(type->kind, AST_CORE_MODULE_TYPE);
    assert_int_equal(type->decl_count, 4);
    assert_int_equal(type->decls[0].type->params[0], 0x7f);
    assert_text(type->decls[1].module, "a");
    assert_text(type->decls[1].name, "b");
    assert_int_equal(type->decls[2].what.sort, SORT_CORE_MEMORY);
    assert_int_equal(type->decls[2].what.max, 2);
    assert_true(type->decls[3].what.mutable_global);
    assert_int_equal(type->decls[3].what.value_type, 0x7e);
    const struct ast_def *instance = nth(root, AST_CORE_INSTANCE, 1);
    assert_true(instance->instance.is_inline);
    assert_text(instance->instance.args[0].name.name, "drop");
    assert_int_equal(instance->instance.args[0].ref.sort, SORT_CORE_FUNC);
    const struct ast_alias *alias = &nth(root, AST_ALIAS, 0)->alias;
    assert_int_equal(alias->kind, AST_ALIAS_CORE_EXPORT);
    assert_text(alias->name, "realloc");
    ast_free(ast);
}

static void functions_and_names_are_read(void **state) {
    (void)state;
    struct ast *ast = must_decode(decode_sample, sizeof(decode_sample));
    const struct ast_scope *root = &ast->root->scope;
    assert_int_equal(nth(root, AST_CANON, 0)->canon.kind, CANON_RESOURCE_DROP);
    const struct ast_canon *lift = &nth(root, AST_CANON, 1)->canon;
    assert_int_equal(lift->kind, CANON_LIFT);
    assert_int_equal(lift->options.encoding, ENCODING_UTF16);
    assert_true(lift->options.has_memory && lift->options.has_realloc && lift->options.has_post_return);
    assert_false(lift->options.async || lift->options.has_callback);
    const struct ast_name *store = &nth(root, AST_IMPORT, 1)->import.name;
    assert_text(store->name, "store");
    assert_true(store->has_implements);
    assert_text(store->implements, "wasi:keyvalue/store");
    assert_text(store->external_id, "main");
    assert_false(nth(root, AST_IMPORT, 0)->import.name.has_implements);
    assert_int_equal(nth(root, AST_IMPORT, 0)->import.type.sort, SORT_INSTANCE);
    const struct ast_def *export = nth(root, AST_EXPORT, 0);
    assert_int_equal(export->export.ref.sort, SORT_FUNC);
    assert_true(export->export.has_type);
    const struct ast_def *instance = nth(root, AST_INSTANCE, 0);
    assert_text(instance->instance.args[0].name.name, "run");
    assert_string_equal(component_sort_words(SORT_CORE_MODULE), "core module");
    assert_string_equal(ast_canon_words(CANON_LIFT), "lift");
    assert_true(ast_canon_runs(CANON_LIFT));
    assert_false(ast_canon_runs(CANON_TASK_RETURN));
    ast_free(ast);
}

/* --- types of the ast made into types --- */

struct space {
    const struct type *types[64];
    uint32_t count;
};

static int find_value(void *user, uint32_t index, const struct type **ret, arcella_error **reterr) {
    const struct space *space = user;
    if (index >= space->count || !space->types[index])
        return error_set(reterr, ARCELLA_E_WASM, "type %u is no value type", index);
    *ret = space->types[index];
    return 0;
}

static int find_resource(void *user, uint32_t index, uint32_t *ret, arcella_error **reterr) {
    (void)user;
    (void)reterr;
    *ret = index + 100;
    return 0;
}

static void types_are_built(void **state) {
    (void)state;
    struct ast *ast = must_decode(decode_sample, sizeof(decode_sample));
    struct types *types = types_new();
    struct space space = {.count = 0};
    const struct types_lookup lookup = {find_value, find_resource, &space};
    for (unsigned i = 0; i < 13; i++) {
        const struct ast_type *from = nth(&ast->root->scope, AST_TYPE, i)->type;
        assert_int_equal(types_build_defined(types, &lookup, from, &space.types[space.count], NULL), 0);
        space.count++;
    }
    static const enum type_kind kinds[] = {
        TYPE_RECORD, TYPE_VARIANT, TYPE_LIST,       TYPE_TUPLE,  TYPE_FLAGS,  TYPE_ENUM,         TYPE_OPTION,
        TYPE_RESULT, TYPE_MAP,     TYPE_FIXED_LIST, TYPE_STREAM, TYPE_FUTURE, TYPE_ERROR_CONTEXT};
    for (unsigned i = 0; i < 13; i++)
        assert_int_equal(space.types[i]->kind, kinds[i]);
    assert_ptr_equal(space.types[1]->fields[1].type, space.types[0]);
    assert_int_equal(space.types[6]->count, 2);
    const struct ast_scope *interface = nth(&ast->root->scope, AST_TYPE, 13)->type->scope;
    const struct type *borrow = NULL;
    assert_int_equal(types_build_defined(types, &lookup, nth(interface, AST_TYPE, 0)->type, &borrow, NULL),
                     0);
    assert_int_equal(borrow->kind, TYPE_BORROW);
    assert_int_equal(borrow->resource, 100);
    const struct func_type *func = NULL;
    space.types[1] = borrow; /* in the instance type, the handle is type 1 */
    assert_int_equal(types_build_func(types, &lookup, nth(interface, AST_TYPE, 1)->type, &func, NULL), 0);
    assert_int_equal(func->param_count, 1);
    assert_ptr_equal(func->result, types_primitive(types, TYPE_U32));
    types_free(types);
    ast_free(ast);
}

static void build_refused(const char *bytes, size_t length, const char *why) {
    struct ast *ast = must_decode(bytes, length);
    struct types *types = types_new();
    struct space space = {.count = 0};
    const struct types_lookup lookup = {find_value, find_resource, &space};
    const struct ast_type *from = ast->root->scope.defs[0].type;
    const struct type *type = NULL;
    const struct func_type *func = NULL;
    arcella_error *error = NULL;
    int r = from->kind == AST_TYPE_FUNC ? types_build_func(types, &lookup, from, &func, &error)
                                        : types_build_defined(types, &lookup, from, &type, &error);
    assert_int_equal(r, ARCELLA_E_WASM);
    if (!strstr(arcella_error_message(error), why))
        fail_msg("'%s' does not say '%s'", arcella_error_message(error), why);
    arcella_error_free(error);
    types_free(types);
    ast_free(ast);
}

#define HEAD        "\0asm\x0d\0\1\0"
#define BYTES(text) (text), sizeof(text) - 1

static void bad_types_are_not_built(void **state) {
    (void)state;
    build_refused(BYTES(HEAD "\7\7\1\x72\1\2aB\x7f"), "type at byte 11: record field 'aB' is not in kebab");
    build_refused(BYTES(HEAD "\7\x09\1\x72\2\1a\x7f\1A\x7f"), "conflicts with previous name 'a'");
    build_refused(BYTES(HEAD "\7\3\1\x70\5"), "type at byte 11: type at byte 12: type 5 is no value type");
    build_refused(BYTES(HEAD "\7\3\1\x72\0"), "no fields");
    build_refused(BYTES(HEAD "\7\4\1\x63\x76\x7d"), "cannot be the key");
    build_refused(BYTES(HEAD "\7\x0b\1\x40\2\1a\x7f\1A\x7f\1\0"), "function parameter 'A' conflicts");
}

/* --- refusals --- */

static void bad_forms_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t length;
        int code;
        const char *why;
    } rows[] = {
        {BYTES(""), ARCELLA_E_WASM, "expected a component at byte 0"},
        {BYTES("\0asm\1\0\0\0"), ARCELLA_E_WASM, "expected a component at byte 0"},
        {BYTES("\0asm\x0c\0\1\0"), ARCELLA_E_WASM, "expected a component at byte 0"},
        {BYTES(HEAD "\x0d\0"), ARCELLA_E_WASM, "section 13 at byte 8"},
        {BYTES(HEAD "\7"), ARCELLA_E_WASM, "expected a section's size at byte 9"},
        {BYTES(HEAD "\7\5\1"), ARCELLA_E_WASM, "expected the whole section at byte 10"},
        {BYTES(HEAD "\7\x80\x80\x80\x80\x10"), ARCELLA_E_WASM, "does not fit 32 bits at byte 9"},
        {BYTES(HEAD "\7\3\1\x7f\0"), ARCELLA_E_WASM,
         "1 bytes are left over in a section of types at byte 12"},
        {BYTES(HEAD "\7\2\2\x7f"), ARCELLA_E_WASM, "2 types do not fit the file"},
        {BYTES(HEAD "\7\2\1\x6c"), ARCELLA_E_WASM, "expected a type at byte 11"},
        {BYTES(HEAD "\7\3\1\x70\x72"), ARCELLA_E_WASM, "expected a value type at byte 12"},
        {BYTES(HEAD "\7\7\1\x71\1\1a\0\1"), ARCELLA_E_WASM, "expected the end of a case (0) at byte 16"},
        {BYTES(HEAD "\7\6\1\x72\1\1\xff\x7f"), ARCELLA_E_WASM, "a label is not UTF-8 at byte 14"},
        {BYTES(HEAD "\7\5\1\x6a\2\0\0"), ARCELLA_E_WASM, "whether there is a type (0 or 1) at byte 12"},
        {BYTES(HEAD "\7\5\1\x40\0\2\0"), ARCELLA_E_WASM, "results (0 or 1) at byte 13"},
        {BYTES(HEAD "\7\5\1\x40\0\1\1"), ARCELLA_E_WASM, "no named results (0) at byte 14"},
        {BYTES(HEAD "\7\4\1\x3f\x55\0"), ARCELLA_E_WASM, "expected a value type at byte 12"},
        {BYTES(HEAD "\7\4\1\x3f\x7f\2"), ARCELLA_E_WASM, "whether there is a destructor (0 or 1)"},
        {BYTES(HEAD "\7\5\1\x42\1\3\0"), ARCELLA_E_WASM, "an import is none"},
        {BYTES(HEAD "\7\5\1\x41\1\5\0"), ARCELLA_E_WASM, "expected a declaration (0 to 4) at byte 13"},
        {BYTES(HEAD "\1\4abcd"), ARCELLA_E_WASM, "expected a core module at byte 10"},
        {BYTES(HEAD "\4\4abcd"), ARCELLA_E_WASM, "expected a component at byte 10"},
        {BYTES(HEAD "\3\3\1\x51\0"), ARCELLA_E_WASM, "expected a core type at byte 11"},
        {BYTES(HEAD "\3\6\1\x50\1\5\0\0"), ARCELLA_E_WASM, "declaration of a module type (0 to 3)"},
        {BYTES(HEAD "\2\4\1\2\0\0"), ARCELLA_E_WASM, "expected a core instance (0 or 1) at byte 11"},
        {BYTES(HEAD "\2\7\1\0\0\1\0\0\0"), ARCELLA_E_WASM, "expected a core instance (0x12) at byte 15"},
        {BYTES(HEAD "\5\7\1\0\0\1\0\6\0"), ARCELLA_E_WASM, "expected what is given"},
        {BYTES(HEAD "\5\x08\1\0\0\1\0\0\1\0"), ARCELLA_E_WASM, "a core table cannot stand here"},
        {BYTES(HEAD "\6\5\1\1\3\0\0"), ARCELLA_E_WASM, "expected the form of an alias (0 to 2) at byte 12"},
        {BYTES(HEAD "\6\5\1\1\2\0\0"), ARCELLA_E_WASM, "an outer alias cannot name a function at byte 11"},
        {BYTES(HEAD "\6\5\1\1\1\0\0"), ARCELLA_E_WASM, "an alias of a core export cannot name a function"},
        {BYTES(HEAD "\x08\2\1\x08"), ARCELLA_E_WASM, "expected a canonical function at byte 11"},
        {BYTES(HEAD "\x08\6\1\0\1\0\0\0"), ARCELLA_E_WASM, "the sort of a function (0) at byte 12"},
        {BYTES(HEAD "\x08\x08\1\0\0\0\2\0\1\0"), ARCELLA_E_WASM, "a string encoding twice"},
        {BYTES(HEAD "\x08\x0a\1\0\0\0\2\3\0\3\0\0"), ARCELLA_E_WASM, "a memory twice"},
        {BYTES(HEAD "\x08\7\1\0\0\0\1\x0a\0"), ARCELLA_E_WASM, "an option of a canonical function (0 to 7)"},
        {BYTES(HEAD "\x08\7\1\0\0\0\1\x09\0"), ARCELLA_E_UNSUPPORTED, "garbage-collected"},
        {BYTES(HEAD "\x08\3\1\x40\0"), ARCELLA_E_UNSUPPORTED, "thread.spawn-ref at byte 11"},
        {BYTES(HEAD "\x0a\6\1\3\1a\1\0"), ARCELLA_E_WASM, "expected a name (0x00, 0x01 or 0x02) at byte 11"},
        {BYTES(HEAD "\x0a\x0c\1\2\1a\2\2\1x\2\1y\0"), ARCELLA_E_WASM,
         "each attribute of a name once at byte 18"},
        {BYTES(HEAD "\x0a\7\1\2\1a\1\3\0"), ARCELLA_E_WASM, "an attribute of a name (0 to 2) at byte 15"},
        {BYTES(HEAD "\x0a\6\1\0\1a\6\0"), ARCELLA_E_WASM, "expected the type of an import or export"},
        {BYTES(HEAD "\x0a\6\1\0\1a\3\2"), ARCELLA_E_WASM, "the bound of a type (0 or 1)"},
        {BYTES(HEAD "\x0a\7\1\0\1a\2\1\x7f"), ARCELLA_E_UNSUPPORTED, "the import or export of a value"},
        {BYTES(HEAD "\x0b\7\1\0\1a\1\0\2"), ARCELLA_E_WASM, "whether an export has a type (0 or 1)"},
        {BYTES(HEAD "\x0c\1\0"), ARCELLA_E_UNSUPPORTED, "a section of values at byte 10"},
        {BYTES(HEAD "\x09\4\0\0\0\0"), ARCELLA_E_WASM, "left over in a section of start definitions"},
        {BYTES(HEAD "\0\2\1\xff"), ARCELLA_E_WASM, "a custom section's name is not UTF-8"},
        {BYTES(HEAD "\3\3\1\x4e\0"), ARCELLA_E_UNSUPPORTED, "a recursion group of core types at byte 11"},
        {BYTES(HEAD "\3\3\1\x5f\0"), ARCELLA_E_UNSUPPORTED, "a core struct type"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct ast *ast = NULL;
        arcella_error *error = NULL;
        int r = ast_decode(rows[i].bytes, rows[i].length, &ast, &error);
        if (r != rows[i].code || !strstr(arcella_error_message(error), rows[i].why))
            fail_msg("row %zu: %s (%s), expected '%s'", i, arcella_error_name(r),
                     r ? arcella_error_message(error) : "accepted", rows[i].why);
        assert_null(ast);
        arcella_error_free(error);
    }
}

static void what_is_good_is_taken(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t length;
        uint32_t count;
    } rows[] = {
        {BYTES(HEAD), 0},
        {BYTES(HEAD "\0\1\0"), 0},
        /* A number in more bytes than it needs, as core modules may have them. */
        {BYTES(HEAD "\7\x82\x80\0\1\x7f"), 1},
        /* The old mark of an interface name. */
        {BYTES(HEAD "\x0a\6\1\1\1a\1\0"), 1},
        /* A broken name section: ignored. */
        {BYTES(HEAD "\0\x12\x0e"
                    "component-name\0\5\xff"),
         0},
        {BYTES(HEAD "\0\x13\x0e"
                    "component-name\0\2\1\xff"),
         0},
        /* A core subtype: kept, to be refused by name; a start; async functions. */
        {BYTES(HEAD "\3\7\1\0\x50\0\x60\0\0"), 1},
        {BYTES(HEAD "\x09\3\0\0\0"), 1},
        {BYTES(HEAD "\x08\3\2\x05\x24"), 2},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct ast *ast = must_decode(rows[i].bytes, rows[i].length);
        assert_int_equal(ast->root->scope.count, rows[i].count);
        assert_int_equal(ast->root->name.length, 0);
        ast_free(ast);
    }
}

/* --- limits --- */

static size_t put_size(unsigned char *to, size_t size) {
    size_t length = 0;
    do {
        to[length++] = (unsigned char)((size & 0x7f) | (size > 0x7f ? 0x80 : 0));
        size >>= 7;
    } while (size);
    return length;
}

/* Components in components: built from the inside, at the end of the memory. */
static unsigned char *nested(unsigned depth, size_t *ret_length) {
    size_t room = 8 + (size_t)depth * 16;
    unsigned char *bytes = mem_alloc(room);
    size_t at = room - 8;
    memcpy(bytes + at, HEAD, 8);
    for (unsigned i = 0; i < depth; i++) {
        unsigned char head[16] = {4};
        size_t length = 1 + put_size(head + 1, room - at);
        at -= length;
        memcpy(bytes + at, head, length);
        at -= 8;
        memcpy(bytes + at, HEAD, 8);
    }
    memmove(bytes, bytes + at, room - at);
    *ret_length = room - at;
    return bytes;
}

static int decode_nested(unsigned depth) {
    size_t length;
    MEM_AUTO unsigned char *bytes = nested(depth, &length);
    struct ast *ast = NULL;
    int r = ast_decode(bytes, length, &ast, NULL);
    ast_free(ast);
    return r;
}

static void nesting_is_bounded(void **state) {
    (void)state;
    assert_int_equal(decode_nested(LIMIT_COMPONENT_DEPTH), 0);
    assert_int_equal(decode_nested(LIMIT_COMPONENT_DEPTH + 1), ARCELLA_E_LIMIT);
    /* 190 KB of nothing but nesting cost what a hundred levels cost. */
    size_t length;
    MEM_AUTO unsigned char *bytes = nested(16000, &length);
    assert_true(length > 188000);
    struct ast *ast = NULL;
    clock_t before = clock();
    for (unsigned i = 0; i < 100; i++)
        assert_int_equal(ast_decode(bytes, length, &ast, NULL), ARCELLA_E_LIMIT);
    assert_true((clock() - before) * 10 / CLOCKS_PER_SEC < 2); /* 100 of them in 200 ms, with sanitizers */
    /* Types in types likewise. */
    unsigned char types[600] = HEAD "\7";
    size_t depth = 101, at = 8 + 1;
    at += put_size(types + at, 1 + depth * 3 + 2);
    types[at++] = 1;
    for (size_t i = 0; i < depth; i++) {
        memcpy(types + at, "\x42\1\1", 3);
        at += 3;
    }
    memcpy(types + at, "\x42\0", 2);
    assert_int_equal(ast_decode(types, at + 2, &ast, NULL), ARCELLA_E_LIMIT);
}

static void counts_are_bounded(void **state) {
    (void)state;
    static const struct {
        const char *item;
        size_t length;
        unsigned most;
    } rows[] = {
        {BYTES("\1\x08\0asm\1\0\0\0"), LIMIT_COMPONENT_NESTED - 1}, /* the outermost counts */
        {BYTES("\4\x08" HEAD), LIMIT_COMPONENT_NESTED - 1},
        {BYTES("\5\3\1\1\0"), LIMIT_COMPONENT_INSTANCES},
        {BYTES("\2\3\1\1\0"), LIMIT_COMPONENT_INSTANCES},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        size_t length = 8 + (rows[i].most + 1) * rows[i].length;
        MEM_AUTO unsigned char *bytes = mem_alloc(length);
        memcpy(bytes, HEAD, 8);
        for (unsigned k = 0; k <= rows[i].most; k++)
            memcpy(bytes + 8 + k * rows[i].length, rows[i].item, rows[i].length);
        struct ast *ast = must_decode(bytes, length - rows[i].length);
        ast_free(ast);
        assert_int_equal(ast_decode(bytes, length, &ast, NULL), ARCELLA_E_LIMIT);
    }
    static const char too_many_types[] = HEAD "\7\4\xc1\x84\x3d\x7f",
                      eleven_options[] = HEAD "\x08\5\1\1\0\0\x0b";
    struct ast *ast = NULL;
    assert_int_equal(ast_decode(BYTES(too_many_types), &ast, NULL), ARCELLA_E_LIMIT);
    assert_int_equal(ast_decode(BYTES(eleven_options), &ast, NULL), ARCELLA_E_LIMIT);
}

/* --- damage --- */

static int try_decode(const unsigned char *bytes, size_t length) {
    /* A copy of its own, so that reading past the end is seen. */
    MEM_AUTO unsigned char *copy = mem_copy(bytes, length ? length : 1);
    struct ast *ast = NULL;
    arcella_error *error = NULL;
    int r = ast_decode(copy, length, &ast, &error);
    assert_int_equal(r == 0, ast != NULL);
    assert_int_equal(r != 0, error != NULL);
    assert_true(r == 0 || r == ARCELLA_E_WASM || r == ARCELLA_E_LIMIT || r == ARCELLA_E_UNSUPPORTED);
    ast_free(ast);
    arcella_error_free(error);
    return r;
}

static void damage_is_survived(void **state) {
    (void)state;
    unsigned whole = 0;
    for (size_t length = 0; length < sizeof(decode_sample); length++)
        whole += try_decode(decode_sample, length) == 0;
    assert_in_range(whole, 5, 60); /* cut between two sections */
    unsigned char copy[sizeof(decode_sample)];
    static const unsigned char flips[] = {0x01, 0x80, 0xff, 0x40};
    for (size_t i = 0; i < sizeof(copy); i++)
        for (size_t k = 0; k < ARRAY_LENGTH(flips); k++) {
            memcpy(copy, decode_sample, sizeof(copy));
            copy[i] ^= flips[k];
            try_decode(copy, sizeof(copy));
        }
}

static int decode_once(void *user, arcella_error **reterr) {
    (void)user;
    struct ast *ast = NULL;
    int r = ast_decode(decode_sample, sizeof(decode_sample), &ast, reterr);
    ast_free(ast);
    return r;
}

static int build_once(void *user, arcella_error **reterr) {
    const struct ast *ast = user;
    struct types *types = types_new();
    if (!types)
        return error_nomem(reterr);
    struct space space = {.count = 0};
    const struct types_lookup lookup = {find_value, find_resource, &space};
    int r = 0;
    for (unsigned i = 0; r == 0 && i < 13; i++, space.count++)
        r = types_build_defined(types, &lookup, nth(&ast->root->scope, AST_TYPE, i)->type,
                                &space.types[space.count], reterr);
    const struct func_type *func = NULL;
    const struct ast_scope *interface = nth(&ast->root->scope, AST_TYPE, 13)->type->scope;
    if (r == 0)
        r = types_build_func(types, &lookup, nth(interface, AST_TYPE, 1)->type, &func, reterr);
    types_free(types);
    return r;
}

static void no_memory_is_told(void **state) {
    (void)state;
    torture_alloc(decode_once, NULL);
    struct ast *ast = must_decode(decode_sample, sizeof(decode_sample));
    torture_alloc(build_once, ast);
    ast_free(ast);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_whole_is_there),    cmocka_unit_test(types_are_read),
        cmocka_unit_test(core_parts_are_read),   cmocka_unit_test(functions_and_names_are_read),
        cmocka_unit_test(types_are_built),       cmocka_unit_test(bad_types_are_not_built),
        cmocka_unit_test(bad_forms_are_refused), cmocka_unit_test(what_is_good_is_taken),
        cmocka_unit_test(nesting_is_bounded),    cmocka_unit_test(counts_are_bounded),
        cmocka_unit_test(damage_is_survived),    cmocka_unit_test(no_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
