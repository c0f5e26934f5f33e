/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A program: a module whose imports have been checked against what the host provides, once, and whose exports
 * are known by name.  Instances are made of it without further checks, and since calls into guests do not
 * check signatures either, what is noted here is what keeps them right.  Counted, immutable after it is made.
 */
#include <assert.h>

#include "base/mem.h"
#include "base/text.h"
#include "engine/inner.h"

/* What one message about imports may name; there can be thousands. */
#define NAMED_MAX 32

/* Imports that cannot be served, as they are found. */
struct complaint {
    struct buffer text;
    size_t count;
    int code;
};

/* Append a guest's name in a form fit for a message. */
static int add_name(struct buffer *to, const wasm_name_t *name) {
    size_t length = name->size > LIMIT_INTERFACE_BYTES ? LIMIT_INTERFACE_BYTES : name->size;
    return text_add_visible(to, length ? name->data : "", length, false, NULL);
}

/* A full buffer only means a shorter list; the count goes on. */
static void complain(struct complaint *c, const wasm_name_t *module, const wasm_name_t *name,
                     const char *why) {
    if (c->count++ >= NAMED_MAX)
        return;
    size_t before = c->text.length;
    if (buffer_text(&c->text, before ? ", '" : "'", NULL) || add_name(&c->text, module) ||
        buffer_text(&c->text, ".", NULL) || add_name(&c->text, name) || buffer_text(&c->text, "'", NULL) ||
        buffer_text(&c->text, why, NULL)) {
        c->text.length = before;
        if (c->text.data)
            c->text.data[before] = '\0';
    }
}

static bool name_is(const wasm_name_t *name, const char *text) {
    return name->size == strlen(text) && memcmp(name->data, text, name->size) == 0;
}

static const struct engine_import *find_import(const struct engine_import *imports, size_t count,
                                               const wasm_name_t *module, const wasm_name_t *name) {
    for (size_t i = 0; i < count; i++)
        if (name_is(name, imports[i].name) && name_is(module, imports[i].module))
            return &imports[i];
    return NULL;
}

/* Does the host provide anything under this module name? */
static bool knows_module(const struct engine_import *imports, size_t count, const wasm_name_t *module) {
    for (size_t i = 0; i < count; i++)
        if (name_is(module, imports[i].module))
            return true;
    return false;
}

static const char *kind_words(wasm_externkind_t kind) {
    switch (kind) {
    case WASM_EXTERN_FUNC: return "";
    case WASM_EXTERN_GLOBAL: return " (a global)";
    case WASM_EXTERN_TABLE: return " (a table)";
    case WASM_EXTERN_MEMORY: return " (a memory)";
    default: return " (a tag)";
    }
}

/* Check one import and define it in the linker. @return 0, or what the linker said */
static int link_import(wasmtime_linker_t *linker, const wasm_importtype_t *import,
                       const struct engine_import *imports, size_t count, struct complaint *complaint,
                       arcella_error **reterr) {
    const wasm_name_t *module = wasm_importtype_module(import);
    const wasm_name_t *name = wasm_importtype_name(import);
    const wasm_externtype_t *type = wasm_importtype_type(import);
    wasm_externkind_t kind = wasm_externtype_kind(type);
    if (kind == WASM_EXTERN_MEMORY &&
        wasmtime_memorytype_isshared(wasm_externtype_as_memorytype_const(type))) {
        complaint->code = ARCELLA_E_UNSUPPORTED;
        complain(complaint, module, name, " (a shared memory)");
        return 0;
    }
    const struct engine_import *row =
        kind == WASM_EXTERN_FUNC ? find_import(imports, count, module, name) : NULL;
    if (!row) {
        if (name_is(module, "wasi_unstable") && !knows_module(imports, count, module)) {
            complaint->code = ARCELLA_E_UNSUPPORTED;
            complain(complaint, module, name, " (the WASI draft before preview 1)");
        } else
            complain(complaint, module, name, kind_words(kind));
        return 0;
    }
    char wanted[ENGINE_SIGNATURE_BYTES];
    engine_signature_of(wasm_externtype_as_functype_const(type), wanted, sizeof(wanted));
    if (strcmp(wanted, row->signature) != 0) {
        char why[2 * ENGINE_SPELT_BYTES + 32], is[ENGINE_SPELT_BYTES], not [ENGINE_SPELT_BYTES];
        engine_signature_spell(row->signature, is, sizeof(is));
        engine_signature_spell(wanted, not, sizeof(not ));
        snprintf(why, sizeof(why), " (it is %s, not %s)", is, not );
        complain(complaint, module, name, why);
        return 0;
    }
    wasm_functype_t *functype = engine_signature_type(row->signature);
    if (!functype)
        return error_set(reterr, ARCELLA_E_INVALID, "'%s' of host function '%s' is no signature",
                         row->signature, row->name);
    wasmtime_error_t *e =
        wasmtime_linker_define_func_unchecked(linker, module->data, module->size, name->data, name->size,
                                              functype, engine_fiber_import, (void *)(uintptr_t)row, NULL);
    wasm_functype_delete(functype);
    return e ? engine_error_take(e, ARCELLA_E_LINK, reterr, "") : 0;
}

static int report(struct complaint *c, arcella_error **reterr) {
    const char *what =
        c->code == ARCELLA_E_UNSUPPORTED ? "imports what is not supported" : "imports what nobody provides";
    if (c->count > NAMED_MAX)
        return error_set(reterr, c->code, "%s: %s and %zu more", what, c->text.data ? c->text.data : "",
                         c->count - NAMED_MAX);
    return error_set(reterr, c->code, "%s: %s", what, c->text.data ? c->text.data : "");
}

static int link_all(struct engine_program *program, const struct engine_import *imports, size_t count,
                    arcella_error **reterr) {
    struct engine_module *module = program->module;
    wasm_importtype_vec_t wanted;
    wasmtime_module_imports(module->module, &wanted);
    wasmtime_linker_t *linker = wasmtime_linker_new(module->engine->wasm);
    /* A module may import the same thing twice. */
    wasmtime_linker_allow_shadowing(linker, true);
    struct complaint complaint = {.text = BUFFER_INIT(LIMIT_ERROR_BYTES - 256), .code = ARCELLA_E_LINK};
    int r = 0;
    for (size_t i = 0; i < wanted.size && !r; i++)
        r = link_import(linker, wanted.data[i], imports, count, &complaint, reterr);
    if (!r && complaint.count)
        r = report(&complaint, reterr);
    if (!r) {
        wasmtime_error_t *e = wasmtime_linker_instantiate_pre(linker, module->module, &program->pre);
        if (e)
            r = engine_error_take(e, ARCELLA_E_LINK, reterr, "");
    }
    buffer_done(&complaint.text);
    wasmtime_linker_delete(linker);
    wasm_importtype_vec_delete(&wanted);
    return r;
}

/* --- exports --- */

static int by_name(const char *a, size_t a_length, const char *b, size_t b_length) {
    size_t shorter = a_length < b_length ? a_length : b_length;
    int r = memcmp(a, b, shorter);
    return r ? r : (a_length > b_length) - (a_length < b_length);
}

static int compare_exports(const void *a, const void *b) {
    const struct program_export *x = a, *y = b;
    return by_name(x->name, x->length, y->name, y->length);
}

/* @param ret  the name is owned */
static int note_function(struct program_export *ret, const wasm_name_t *name, const wasm_functype_t *type,
                         arcella_error **reterr) {
    const wasm_valtype_vec_t *params = wasm_functype_params(type);
    const wasm_valtype_vec_t *results = wasm_functype_results(type);
    size_t signature_size = params->size + results->size + 2;
    char *memory = mem_alloc(name->size + 1 + signature_size);
    if (!memory)
        return error_nomem(reterr);
    if (name->size)
        memcpy(memory, name->data, name->size);
    engine_signature_of(type, memory + name->size + 1, signature_size);
    *ret = (struct program_export){
        .name = memory,
        .length = name->size,
        .signature = memory + name->size + 1,
        .params = (uint32_t)params->size,
        .results = (uint32_t)results->size,
    };
    return 0;
}

static int note_area(struct program_area *areas, size_t *count, const wasm_name_t *name, uint64_t minimum,
                     arcella_error **reterr) {
    char *copy = mem_alloc(name->size + 1);
    if (!copy)
        return error_nomem(reterr);
    if (name->size)
        memcpy(copy, name->data, name->size);
    areas[(*count)++] = (struct program_area){.name = copy, .length = name->size, .minimum = minimum};
    return 0;
}

static uint64_t memory_minimum(const wasm_memorytype_t *type) {
    uint64_t bytes;
    if (__builtin_mul_overflow(wasmtime_memorytype_minimum(type), wasmtime_memorytype_page_size(type),
                               &bytes))
        return UINT64_MAX;
    return bytes;
}

/* @param is_last  what the rewrite step may have put there */
static int note_export(struct engine_program *program, const wasm_exporttype_t *export, bool is_last,
                       arcella_error **reterr) {
    const wasm_name_t *name = wasm_exporttype_name(export);
    const wasm_externtype_t *type = wasm_exporttype_type(export);
    switch (wasm_externtype_kind(type)) {
    case WASM_EXTERN_FUNC:
        return note_function(is_last && engine_rewrite_marks(name->data, name->size)
                                 ? &program->start
                                 : &program->exports[program->export_count++],
                             name, wasm_externtype_as_functype_const(type), reterr);
    case WASM_EXTERN_MEMORY:
        return note_area(program->memories, &program->memory_count, name,
                         memory_minimum(wasm_externtype_as_memorytype_const(type)), reterr);
    case WASM_EXTERN_TABLE:
        /* Aborts on limits over 32 bits, which need 64-bit tables, which the configuration refuses. */
        return note_area(program->tables, &program->table_count, name,
                         wasm_tabletype_limits(wasm_externtype_as_tabletype_const(type))->min, reterr);
    default: return 0;
    }
}

static int note_exports(struct engine_program *program, arcella_error **reterr) {
    wasm_exporttype_vec_t exports;
    wasmtime_module_exports(program->module->module, &exports);
    int r = 0;
    size_t counts[3] = {0};
    for (size_t i = 0; i < exports.size; i++) {
        wasm_externkind_t kind = wasm_externtype_kind(wasm_exporttype_type(exports.data[i]));
        counts[0] += kind == WASM_EXTERN_FUNC;
        counts[1] += kind == WASM_EXTERN_MEMORY;
        counts[2] += kind == WASM_EXTERN_TABLE;
    }
    /* One more than there are, so that none is NULL. */
    program->exports = mem_array(counts[0] + 1, sizeof(*program->exports));
    program->memories = mem_array(counts[1] + 1, sizeof(*program->memories));
    program->tables = mem_array(counts[2] + 1, sizeof(*program->tables));
    if (!program->exports || !program->memories || !program->tables) {
        wasm_exporttype_vec_delete(&exports);
        return error_nomem(reterr);
    }
    for (size_t i = 0; i < exports.size && !r; i++)
        r = note_export(program, exports.data[i], i + 1 == exports.size, reterr);
    wasm_exporttype_vec_delete(&exports);
    if (r)
        return r;
    qsort(program->exports, program->export_count, sizeof(*program->exports), compare_exports);
    for (size_t i = 0; i < program->memory_count; i++)
        if (strcmp(program->memories[i].name, "memory") == 0 &&
            program->memories[i].length == strlen("memory"))
            program->memory = &program->memories[i];
    if (!program->memory && program->memory_count) /* one memory, whatever and however often it is called */
        program->memory = &program->memories[0];
    return 0;
}

const struct program_export *engine_program_find(const struct engine_program *program, const char *name) {
    size_t low = 0, high = program->export_count, length = strlen(name);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct program_export *e = &program->exports[middle];
        int r = by_name(name, length, e->name, e->length);
        if (r == 0)
            return e;
        if (r < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

bool engine_program_export(const struct engine_program *program, const char *name, char *to, size_t size) {
    const struct program_export *e = engine_program_find(program, name);
    if (!e)
        return false;
    text_copy(to, size, e->signature);
    return true;
}

/* --- lifetime --- */

static void free_areas(struct program_area *areas, size_t count) {
    for (size_t i = 0; i < count; i++)
        mem_free(areas[i].name);
    mem_free(areas);
}

int engine_program_new(struct engine_module *module, const struct engine_import *imports, size_t count,
                       struct engine_program **ret, arcella_error **reterr) {
    struct engine_program *program = mem_new(struct engine_program);
    if (!program)
        return error_nomem(reterr);
    program->references = 1;
    program->module = engine_module_ref(module);
    int r = link_all(program, imports, count, reterr);
    if (!r)
        r = note_exports(program, reterr);
    if (r) {
        engine_program_unref(program);
        return r;
    }
    *ret = program;
    return 0;
}

struct engine_program *engine_program_ref(struct engine_program *program) {
    program->references++;
    return program;
}

struct engine_program *engine_program_unref(struct engine_program *program) {
    if (!program)
        return NULL;
    assert(program->references > 0);
    if (--program->references > 0)
        return NULL;
    if (program->pre)
        wasmtime_instance_pre_delete(program->pre);
    for (size_t i = 0; i < program->export_count; i++)
        mem_free(program->exports[i].name);
    mem_free(program->exports);
    mem_free(program->start.name);
    free_areas(program->memories, program->memory_count);
    free_areas(program->tables, program->table_count);
    engine_module_unref(program->module);
    mem_free(program);
    return NULL;
}
