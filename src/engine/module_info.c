/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The decoder of what a core module says of itself, section by section in the order of the core specification
 * (binary format, 5.5).  Strict where it looks; function bodies, elements and data are passed
 * over, since the engine validates them when it compiles.  Whatever a count says is compared with the
 * bytes that are there before anything is allocated for it.
 */
#include "engine/module_info.h"

#include "base/limits.h"
#include "base/mem.h"
#include "engine/module_type.h"
#include "engine/section.h"

/* What the engine itself allows at most (the limits of the JavaScript interface of WebAssembly). */
#define TYPES_MAX     1000000u
#define FUNCTIONS_MAX 1000000u
#define GLOBALS_MAX   1000000u
#define TAGS_MAX      1000000u
#define TABLES_MAX    100u
#define MEMORIES_MAX  100u

/* Sections come in this order, each at most once. */
static const uint8_t section_order[SECTIONS] = {
    [SECTION_TYPE] = 1,   [SECTION_IMPORT] = 2,   [SECTION_FUNCTION] = 3,    [SECTION_TABLE] = 4,
    [SECTION_MEMORY] = 5, [SECTION_TAG] = 6,      [SECTION_GLOBAL] = 7,      [SECTION_EXPORT] = 8,
    [SECTION_START] = 9,  [SECTION_ELEMENT] = 10, [SECTION_DATA_COUNT] = 11, [SECTION_CODE] = 12,
    [SECTION_DATA] = 13,
};

/* What is known while reading. */
struct decoder {
    struct module_info *info;
    struct reader in;        /* the section being read */
    const uint8_t **types;   /* owned; where each function type begins, behind its 0x60 */
    const char **signatures; /* owned; of each type, once it was asked for; in the info's arena */
    uint32_t type_count;
    uint32_t *functions;     /* owned; type of each function, imported ones first */
    uint32_t function_count; /* all of them */
    uint32_t imported_functions;
    struct module_global *globals; /* owned; imported ones first */
    uint32_t global_count;
    uint32_t *tags; /* owned; type of each tag, imported ones first */
    uint32_t tag_count;
    uint32_t body_count;
};

#define TRY(call)                                                                                            \
    do {                                                                                                     \
        int try_ = (call);                                                                                   \
        if (try_)                                                                                            \
            return try_;                                                                                     \
    } while (0)

/* --- types --- */

static int read_types(struct decoder *d) {
    struct reader *in = &d->in;
    uint32_t count;
    TRY(reader_count(in, &count, TYPES_MAX, 3, "types"));
    if (!count)
        return 0;
    d->types = mem_array(count, sizeof(*d->types));
    d->signatures = mem_array(count, sizeof(*d->signatures));
    if (!d->types || !d->signatures)
        return error_nomem(in->reterr);
    for (uint32_t i = 0; i < count; i++) {
        uint8_t form;
        TRY(reader_byte(in, &form, "a function type"));
        if (form != 0x60) {
            const char *other = module_type_other(form);
            in->at--;
            return other ? reader_unsupported(in, other)
                         : reader_refuse(
                               in, "a type of form 0x%02x, where function types (0x60) are supported", form);
        }
        d->types[d->type_count++] = in->at;
        uint32_t params, results;
        TRY(module_type_skip_values(in, &params, &d->info->has_typed, "parameters"));
        TRY(module_type_skip_values(in, &results, &d->info->has_typed, "results"));
    }
    return 0;
}

/* The letters of one vector of value types, which was read before without error. */
static int write_letters(struct reader *in, char **to) {
    uint32_t count;
    struct module_value value;
    TRY(reader_count(in, &count, MODULE_VALUES_MAX, 1, "values"));
    for (uint32_t i = 0; i < count; i++) {
        TRY(module_type_value(in, &value));
        *(*to)++ = value.letter;
    }
    return 0;
}

/* The signature of a type, written when it is first asked for: so all of them together are not longer than
 * the type section. */
static int signature_of(struct decoder *d, uint32_t type, const char **ret) {
    if (!d->signatures[type]) {
        struct reader in = d->in;
        uint32_t params, results;
        in.at = d->types[type]; /* the type section lies before the one being read */
        TRY(module_type_skip_values(&in, &params, &d->info->has_typed, "parameters"));
        TRY(module_type_skip_values(&in, &results, &d->info->has_typed, "results"));
        char *text = arena_alloc(&d->info->arena, (size_t)params + results + 2), *to = text;
        if (!text)
            return error_nomem(d->in.reterr);
        in.at = d->types[type];
        TRY(write_letters(&in, &to));
        *to++ = ':';
        TRY(write_letters(&in, &to));
        d->signatures[type] = text;
    }
    *ret = d->signatures[type];
    return 0;
}

/* The type of a function or tag, whole and as people read it. */
static int note_signature(struct decoder *d, uint32_t type, struct module_item *item) {
    static const char more[] = "…";
    TRY(signature_of(d, type, &item->type.signature));
    if (item->kind == MODULE_FUNCTION &&
        !text_copy(item->signature, sizeof(item->signature), item->type.signature))
        memcpy(item->signature + sizeof(item->signature) - sizeof(more), more, sizeof(more));
    return 0;
}

static void note_size(const struct module_size *size, struct module_item *item) {
    item->type.value_type = size->element;
    item->type.is_64 = size->is_64;
    item->type.shared = size->shared;
    item->type.minimum = size->minimum;
    item->type.maximum = size->maximum;
}

static void note_global(const struct module_global *global, struct module_item *item) {
    item->type.value_type = global->value_type;
    item->type.mutable_global = global->is_mutable;
}

static int read_type_index(struct decoder *d, uint32_t *ret) {
    TRY(reader_u32(&d->in, ret, "a type index"));
    if (*ret >= d->type_count)
        return reader_refuse(&d->in, "type %u of %u", *ret, d->type_count);
    return 0;
}

/* --- tables and memories --- */

static int add_size(struct decoder *d, struct module_size **sizes, uint32_t *count, uint32_t most,
                    struct module_size size, const char *what) {
    if (*count >= most)
        return error_set(d->in.reterr, ARCELLA_E_LIMIT, "more than %u %s", most, what);
    struct module_size *more = mem_resize(*sizes, (*count + 1) * sizeof(size));
    if (!more)
        return error_nomem(d->in.reterr);
    *sizes = more;
    more[(*count)++] = size;
    return 0;
}

static int add_table(struct decoder *d, struct module_size size) {
    d->info->has_typed |= size.typed;
    return add_size(d, &d->info->tables, &d->info->table_count, TABLES_MAX, size, "tables");
}

static int add_memory(struct decoder *d, struct module_size size) {
    return add_size(d, &d->info->memories, &d->info->memory_count, MEMORIES_MAX, size, "memories");
}

/* --- imports, functions, exports --- */

static int read_tag_type(struct decoder *d) {
    uint8_t attribute;
    TRY(reader_byte(&d->in, &attribute, "a tag"));
    if (attribute != 0) {
        d->in.at--;
        return reader_fail(&d->in, "a tag (0)");
    }
    return read_type_index(d, &d->tags[d->tag_count]);
}

static int read_global_type(struct decoder *d) {
    struct module_global *global = &d->globals[d->global_count];
    TRY(module_type_global(&d->in, global));
    d->info->has_typed |= global->typed;
    return 0;
}

static int read_import(struct decoder *d, struct module_item *item) {
    struct reader *in = &d->in;
    uint8_t kind;
    uint32_t type;
    struct module_size size;
    TRY(reader_name(in, &item->module, "an import's module name"));
    TRY(reader_name(in, &item->name, "an import's name"));
    TRY(reader_byte(in, &kind, "an import's kind"));
    item->kind = (enum module_extern)kind;
    switch (kind) {
    case MODULE_FUNCTION:
        TRY(read_type_index(d, &type));
        item->index = d->function_count;
        d->functions[d->function_count++] = type;
        TRY(note_signature(d, type, item));
        break;
    case MODULE_TABLE:
        TRY(module_type_table(in, &size));
        size.imported = true;
        item->index = d->info->table_count;
        note_size(&size, item);
        TRY(add_table(d, size));
        break;
    case MODULE_MEMORY:
        TRY(module_type_limits(in, true, &size));
        size.imported = true;
        item->index = d->info->memory_count;
        note_size(&size, item);
        TRY(add_memory(d, size));
        break;
    case MODULE_GLOBAL:
        TRY(read_global_type(d));
        note_global(&d->globals[d->global_count], item);
        item->index = d->global_count++;
        break;
    case MODULE_TAG:
        TRY(read_tag_type(d));
        TRY(note_signature(d, d->tags[d->tag_count], item));
        item->index = d->tag_count++;
        break;
    default: in->at--; return reader_fail(in, "an import's kind");
    }
    if (text_equal(item->module, TEXT("wasi_snapshot_preview1")) ||
        text_equal(item->module, TEXT("wasi_unstable")))
        d->info->kind = MODULE_WASI_P1;
    return 0;
}

static int read_imports(struct decoder *d) {
    uint32_t count;
    TRY(reader_count(&d->in, &count, LIMIT_MODULE_IMPORTS, 4, "imports"));
    if (!count)
        return 0;
    d->info->imports = mem_array(count, sizeof(*d->info->imports));
    d->functions = mem_array(count, sizeof(*d->functions));
    d->globals = mem_array(count, sizeof(*d->globals));
    d->tags = mem_array(count, sizeof(*d->tags));
    if (!d->info->imports || !d->functions || !d->globals || !d->tags)
        return error_nomem(d->in.reterr);
    for (uint32_t i = 0; i < count; i++) {
        TRY(read_import(d, &d->info->imports[i]));
        d->info->import_count++;
    }
    d->imported_functions = d->function_count;
    return 0;
}

static int read_functions(struct decoder *d) {
    uint32_t count;
    TRY(reader_count(&d->in, &count, FUNCTIONS_MAX - d->function_count, 1, "functions"));
    if (!count)
        return 0;
    uint32_t *more = mem_resize(d->functions, ((size_t)d->function_count + count) * sizeof(*more));
    if (!more)
        return error_nomem(d->in.reterr);
    d->functions = more;
    for (uint32_t i = 0; i < count; i++)
        TRY(read_type_index(d, &d->functions[d->function_count++]));
    d->info->function_count = count;
    return 0;
}

static int read_tables(struct decoder *d) {
    struct reader *in = &d->in;
    uint32_t count;
    TRY(reader_count(in, &count, TABLES_MAX, 3, "tables"));
    for (uint32_t i = 0; i < count; i++) {
        struct module_size size;
        bool initialised = reader_left(in) >= 2 && in->at[0] == 0x40 && in->at[1] == 0x00;
        if (initialised)
            in->at += 2;
        TRY(module_type_table(in, &size));
        if (initialised)
            TRY(module_type_skip_constant(in));
        TRY(add_table(d, size));
    }
    return 0;
}

static int read_memories(struct decoder *d) {
    uint32_t count;
    TRY(reader_count(&d->in, &count, MEMORIES_MAX, 2, "memories"));
    for (uint32_t i = 0; i < count; i++) {
        struct module_size size;
        TRY(module_type_limits(&d->in, true, &size));
        TRY(add_memory(d, size));
    }
    return 0;
}

static int read_tags(struct decoder *d) {
    uint32_t count;
    TRY(reader_count(&d->in, &count, TAGS_MAX - d->tag_count, 2, "tags"));
    if (!count)
        return 0;
    uint32_t *more = mem_resize(d->tags, ((size_t)d->tag_count + count) * sizeof(*more));
    if (!more)
        return error_nomem(d->in.reterr);
    d->tags = more;
    for (uint32_t i = 0; i < count; i++, d->tag_count++)
        TRY(read_tag_type(d));
    return 0;
}

static int read_globals(struct decoder *d) {
    uint32_t count;
    TRY(reader_count(&d->in, &count, GLOBALS_MAX - d->global_count, 3, "globals"));
    if (!count)
        return 0;
    struct module_global *more = mem_resize(d->globals, ((size_t)d->global_count + count) * sizeof(*more));
    if (!more)
        return error_nomem(d->in.reterr);
    d->globals = more;
    for (uint32_t i = 0; i < count; i++, d->global_count++) {
        TRY(read_global_type(d));
        TRY(module_type_skip_constant(&d->in));
    }
    return 0;
}

/* The type of what an export names; its index was checked. */
static int note_export(struct decoder *d, struct module_item *item) {
    switch (item->kind) {
    case MODULE_FUNCTION: return note_signature(d, d->functions[item->index], item);
    case MODULE_TAG: return note_signature(d, d->tags[item->index], item);
    case MODULE_TABLE: note_size(&d->info->tables[item->index], item); break;
    case MODULE_MEMORY: note_size(&d->info->memories[item->index], item); break;
    case MODULE_GLOBAL: note_global(&d->globals[item->index], item); break;
    }
    return 0;
}

static int read_export(struct decoder *d, struct module_item *item) {
    struct reader *in = &d->in;
    uint8_t kind;
    uint32_t index;
    TRY(reader_name(in, &item->name, "an export's name"));
    TRY(reader_byte(in, &kind, "an export's kind"));
    const uint32_t counts[] = {
        [MODULE_FUNCTION] = d->function_count,
        [MODULE_TABLE] = d->info->table_count,
        [MODULE_MEMORY] = d->info->memory_count,
        [MODULE_GLOBAL] = d->global_count,
        [MODULE_TAG] = d->tag_count,
    };
    if (kind >= ARRAY_LENGTH(counts)) {
        in->at--;
        return reader_fail(in, "an export's kind");
    }
    TRY(reader_u32(in, &index, "an export's index"));
    if (index >= counts[kind])
        return reader_refuse(in, "an export of item %u of %u", index, counts[kind]);
    item->kind = (enum module_extern)kind;
    item->index = index;
    return note_export(d, item);
}

static int read_exports(struct decoder *d) {
    uint32_t count;
    TRY(reader_count(&d->in, &count, LIMIT_MODULE_EXPORTS, 3, "exports"));
    if (!count)
        return 0;
    d->info->exports = mem_array(count, sizeof(*d->info->exports));
    if (!d->info->exports)
        return error_nomem(d->in.reterr);
    for (uint32_t i = 0; i < count; i++) {
        TRY(read_export(d, &d->info->exports[i]));
        d->info->export_count++;
    }
    return 0;
}

static int read_start(struct decoder *d) {
    uint32_t index;
    TRY(reader_u32(&d->in, &index, "the start function"));
    if (index >= d->function_count)
        return reader_refuse(&d->in, "start function %u of %u", index, d->function_count);
    d->info->has_start = true;
    return 0;
}

static int read_code(struct decoder *d) {
    struct reader *in = &d->in;
    uint32_t count, size;
    d->info->code_bytes = reader_left(in);
    TRY(reader_count(in, &count, FUNCTIONS_MAX, 2, "function bodies"));
    for (uint32_t i = 0; i < count; i++) {
        TRY(reader_u32(in, &size, "a body's size"));
        TRY(reader_skip(in, size, "a function body"));
    }
    d->body_count = count;
    return 0;
}

/* --- sections --- */

static int read_section(struct decoder *d, uint8_t id) {
    struct text name;
    switch ((enum section)id) {
    case SECTION_CUSTOM: TRY(reader_name(&d->in, &name, "a custom section's name")); break;
    case SECTION_TYPE: return read_types(d);
    case SECTION_IMPORT: return read_imports(d);
    case SECTION_FUNCTION: return read_functions(d);
    case SECTION_TABLE: return read_tables(d);
    case SECTION_MEMORY: return read_memories(d);
    case SECTION_TAG: return read_tags(d);
    case SECTION_GLOBAL: return read_globals(d);
    case SECTION_EXPORT: return read_exports(d);
    case SECTION_START: return read_start(d);
    case SECTION_CODE: return read_code(d);
    case SECTION_DATA: d->info->data_bytes = reader_left(&d->in); break;
    case SECTION_ELEMENT:
    case SECTION_DATA_COUNT:
    case SECTIONS: break;
    }
    d->in.at = d->in.end;
    return 0;
}

static int read_sections(struct decoder *d, struct reader *file) {
    uint8_t last = 0;
    while (reader_left(file) > 0) {
        uint8_t id;
        TRY(section_next(file, false, &id, &d->in));
        if (id != SECTION_CUSTOM && section_order[id] <= last)
            return reader_refuse(&d->in, "section %u out of order", id);
        if (id != SECTION_CUSTOM)
            last = section_order[id];
        TRY(read_section(d, id));
        if (d->in.at != d->in.end)
            return reader_fail(&d->in, "the end of the section");
    }
    if (d->body_count != d->info->function_count)
        return reader_refuse(file, "%u function bodies for %u functions", d->body_count,
                             d->info->function_count);
    return 0;
}

int module_info_read(const void *bytes, size_t length, struct module_info *ret, arcella_error **reterr) {
    struct module_info info = {.kind = MODULE_CORE};
    struct decoder d = {.info = &info};
    struct reader file = {
        .start = bytes, .at = bytes, .end = (const uint8_t *)bytes + length, .reterr = reterr};
    if (length < 8 || memcmp(bytes, wasm_magic_core, 4) != 0)
        return reader_fail(&file, "a WebAssembly binary (\\0asm and a version)");
    if (memcmp(bytes, wasm_magic_component, sizeof(wasm_magic_component)) == 0) {
        TRY(sections_whole(&file, true, 0));
        info.kind = MODULE_COMPONENT;
        *ret = info;
        return 0;
    }
    file.at += 4;
    if (memcmp(bytes, wasm_magic_core, sizeof(wasm_magic_core)) != 0)
        return reader_fail(&file, "version 1 of a core module or version 13 of a component");
    file.at += 4;
    int r = read_sections(&d, &file);
    mem_free(d.types);
    mem_free(d.signatures);
    mem_free(d.functions);
    mem_free(d.globals);
    mem_free(d.tags);
    if (r) {
        module_info_done(&info);
        return r;
    }
    *ret = info;
    return 0;
}

void module_info_done(struct module_info *info) {
    mem_free(info->imports);
    mem_free(info->exports);
    mem_free(info->memories);
    mem_free(info->tables);
    arena_done(&info->arena);
    *info = (struct module_info){.kind = info->kind};
}

const char *module_kind_name(enum module_kind kind) {
    switch (kind) {
    case MODULE_COMPONENT: return "component";
    case MODULE_WASI_P1: return "wasi-p1";
    case MODULE_CORE: break;
    }
    return "core";
}
