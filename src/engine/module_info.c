/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The decoder of what a core module says of itself, section by section in the order of the core specification
 * (binary format, 5.5).  Strict where it looks; function bodies, globals' values, elements and data are
 * passed over, since the engine validates them when it compiles.  Whatever a count says is compared with the
 * bytes that are there before anything is allocated for it.
 */
#include "engine/module_info.h"

#include "base/limits.h"
#include "base/mem.h"
#include "engine/reader.h"

/* What the engine itself allows at most (the limits of the JavaScript interface of WebAssembly). */
#define TYPES_MAX     1000000u
#define FUNCTIONS_MAX 1000000u
#define GLOBALS_MAX   1000000u
#define TAGS_MAX      1000000u
#define TABLES_MAX    100u
#define MEMORIES_MAX  100u
#define VALUES_MAX    1000u /* parameters, results */

enum section {
    SECTION_CUSTOM,
    SECTION_TYPE,
    SECTION_IMPORT,
    SECTION_FUNCTION,
    SECTION_TABLE,
    SECTION_MEMORY,
    SECTION_GLOBAL,
    SECTION_EXPORT,
    SECTION_START,
    SECTION_ELEMENT,
    SECTION_CODE,
    SECTION_DATA,
    SECTION_DATA_COUNT,
    SECTION_TAG,
    SECTIONS
};

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
    struct reader in;      /* the section being read */
    const uint8_t **types; /* owned; where each function type begins, behind its 0x60 */
    uint32_t type_count;
    uint32_t *functions;     /* owned; type of each function, imported ones first */
    uint32_t function_count; /* all of them */
    uint32_t imported_functions;
    uint32_t global_count;
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

/* A value type: its letter. Reference types have no letter. */
static int read_value_type(struct reader *in, char *ret) {
    uint8_t byte;
    int64_t heap = 0;
    TRY(reader_byte(in, &byte, "a value type"));
    switch (byte) {
    case 0x7f: *ret = 'i'; return 0;
    case 0x7e: *ret = 'I'; return 0;
    case 0x7d: *ret = 'f'; return 0;
    case 0x7c: *ret = 'F'; return 0;
    case 0x7b: *ret = 'V'; return 0;
    case 0x63: /* (ref null ht) */
    case 0x64: /* (ref ht) */ *ret = '?'; return reader_signed(in, 33, &heap, "a heap type");
    default:
        /* The abstract heap types, as short forms. */
        if (byte < 0x68 || byte > 0x74) {
            in->at--;
            return reader_fail(in, "a value type");
        }
        *ret = '?';
        return 0;
    }
}

static int skip_value_types(struct reader *in, const char *what) {
    uint32_t count;
    char letter = '?';
    TRY(reader_count(in, &count, VALUES_MAX, 1, what));
    for (uint32_t i = 0; i < count; i++)
        TRY(read_value_type(in, &letter));
    return 0;
}

static int read_types(struct decoder *d) {
    struct reader *in = &d->in;
    uint32_t count;
    TRY(reader_count(in, &count, TYPES_MAX, 3, "types"));
    if (!count)
        return 0;
    d->types = mem_array(count, sizeof(*d->types));
    if (!d->types)
        return error_nomem(in->reterr);
    for (uint32_t i = 0; i < count; i++) {
        uint8_t form;
        TRY(reader_byte(in, &form, "a function type"));
        if (form != 0x60) {
            in->at--;
            return reader_refuse(in, "a type of form 0x%02x, where function types (0x60) are supported",
                                 form);
        }
        d->types[d->type_count++] = in->at;
        TRY(skip_value_types(in, "parameters"));
        TRY(skip_value_types(in, "results"));
    }
    return 0;
}

/* Append letters to a signature, as many as fit; the rest is told by "…". */
static int write_letters(struct reader *in, char *to, size_t size, size_t *used, bool *cut) {
    static const char more[] = "…";
    uint32_t count;
    char letter = '?';
    TRY(reader_count(in, &count, VALUES_MAX, 1, "values"));
    for (uint32_t i = 0; i < count; i++) {
        TRY(read_value_type(in, &letter));
        if (*used + sizeof(more) < size)
            to[(*used)++] = letter;
        else
            *cut = true;
    }
    return 0;
}

static int write_signature(struct decoder *d, uint32_t type, char *to, size_t size) {
    struct reader in = d->in;
    size_t used = 0;
    bool cut = false;
    /* Read once before without error, and the type section lies before the one being read. */
    in.at = d->types[type];
    TRY(write_letters(&in, to, size, &used, &cut));
    if (!cut)
        to[used++] = ':';
    TRY(write_letters(&in, to, size, &used, &cut));
    if (cut) {
        memcpy(to + used, "…", strlen("…"));
        used += strlen("…");
    }
    to[used] = '\0';
    return 0;
}

static int read_type_index(struct decoder *d, uint32_t *ret) {
    TRY(reader_u32(&d->in, ret, "a type index"));
    if (*ret >= d->type_count)
        return reader_refuse(&d->in, "type %u of %u", *ret, d->type_count);
    return 0;
}

/* --- limits --- */

static int read_limits(struct reader *in, bool memory, struct module_size *ret) {
    uint8_t flags;
    TRY(reader_byte(in, &flags, "limits"));
    if (flags & ~7u) {
        in->at--;
        return reader_refuse(in, "limits of form 0x%02x", flags);
    }
    *ret = (struct module_size){.maximum = UINT64_MAX, .shared = flags & 2, .is_64 = flags & 4};
    TRY(reader_u64(in, &ret->minimum, "a minimum"));
    if (flags & 1)
        TRY(reader_u64(in, &ret->maximum, "a maximum"));
    uint64_t most = ret->is_64 ? (memory ? 1ull << 48 : UINT64_MAX) : memory ? 65536 : UINT32_MAX;
    if (ret->minimum > most || (ret->maximum != UINT64_MAX && ret->maximum > most) ||
        ret->minimum > ret->maximum)
        return reader_refuse(in, "limits that cannot be");
    return 0;
}

/* A constant expression, passed over. */
static int skip_constant(struct reader *in) {
    uint8_t op;
    uint32_t index;
    int64_t number;
    for (;;) {
        TRY(reader_byte(in, &op, "a constant expression"));
        switch (op) {
        case 0x0b: return 0;                                                  /* end */
        case 0x23:                                                            /* global.get */
        case 0xd2: TRY(reader_u32(in, &index, "an index")); break;            /* ref.func */
        case 0x41: TRY(reader_signed(in, 32, &number, "a constant")); break;  /* i32.const */
        case 0x42: TRY(reader_signed(in, 64, &number, "a constant")); break;  /* i64.const */
        case 0x43: TRY(reader_skip(in, 4, "a constant")); break;              /* f32.const */
        case 0x44: TRY(reader_skip(in, 8, "a constant")); break;              /* f64.const */
        case 0xd0: TRY(reader_signed(in, 33, &number, "a heap type")); break; /* ref.null */
        case 0x6a:
        case 0x6b:
        case 0x6c: /* i32 add, sub, mul */
        case 0x7c:
        case 0x7d:
        case 0x7e: break; /* i64 add, sub, mul */
        default: in->at--; return reader_refuse(in, "instruction 0x%02x in a constant expression", op);
        }
    }
}

static int read_table_type(struct reader *in, struct module_size *ret) {
    char letter = '?';
    TRY(read_value_type(in, &letter));
    if (letter != '?') {
        in->at--;
        return reader_fail(in, "a reference type");
    }
    return read_limits(in, false, ret);
}

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
    return add_size(d, &d->info->tables, &d->info->table_count, TABLES_MAX, size, "tables");
}

static int add_memory(struct decoder *d, struct module_size size) {
    return add_size(d, &d->info->memories, &d->info->memory_count, MEMORIES_MAX, size, "memories");
}

/* --- imports, functions, exports --- */

static int read_global_type(struct reader *in) {
    char letter = '?';
    uint8_t mutable;
    TRY(read_value_type(in, &letter));
    TRY(reader_byte(in, &mutable, "a global's kind"));
    if (mutable > 1) {
        in->at--;
        return reader_fail(in, "a global's kind (0 or 1)");
    }
    return 0;
}

static int read_tag_type(struct decoder *d) {
    uint8_t attribute;
    uint32_t type;
    TRY(reader_byte(&d->in, &attribute, "a tag"));
    if (attribute != 0) {
        d->in.at--;
        return reader_fail(&d->in, "a tag (0)");
    }
    return read_type_index(d, &type);
}

static int read_import(struct decoder *d, struct module_item *item) {
    struct reader *in = &d->in;
    uint8_t kind;
    uint32_t type;
    struct module_size size;
    TRY(reader_name(in, &item->module, "an import's module name"));
    TRY(reader_name(in, &item->name, "an import's name"));
    TRY(reader_byte(in, &kind, "an import's kind"));
    switch (kind) {
    case MODULE_FUNCTION:
        TRY(read_type_index(d, &type));
        d->functions[d->function_count++] = type;
        TRY(write_signature(d, type, item->signature, sizeof(item->signature)));
        break;
    case MODULE_TABLE:
        TRY(read_table_type(in, &size));
        size.imported = true;
        TRY(add_table(d, size));
        break;
    case MODULE_MEMORY:
        TRY(read_limits(in, true, &size));
        size.imported = true;
        TRY(add_memory(d, size));
        break;
    case MODULE_GLOBAL:
        TRY(read_global_type(in));
        d->global_count++;
        break;
    case MODULE_TAG:
        TRY(read_tag_type(d));
        d->tag_count++;
        break;
    default: in->at--; return reader_fail(in, "an import's kind");
    }
    item->kind = (enum module_extern)kind;
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
    if (!d->info->imports || !d->functions)
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
        TRY(read_table_type(in, &size));
        if (initialised)
            TRY(skip_constant(in));
        TRY(add_table(d, size));
    }
    return 0;
}

static int read_memories(struct decoder *d) {
    uint32_t count;
    TRY(reader_count(&d->in, &count, MEMORIES_MAX, 2, "memories"));
    for (uint32_t i = 0; i < count; i++) {
        struct module_size size;
        TRY(read_limits(&d->in, true, &size));
        TRY(add_memory(d, size));
    }
    return 0;
}

static int read_tags(struct decoder *d) {
    uint32_t count;
    TRY(reader_count(&d->in, &count, TAGS_MAX, 2, "tags"));
    for (uint32_t i = 0; i < count; i++)
        TRY(read_tag_type(d));
    d->tag_count += count;
    return 0;
}

static int read_globals(struct decoder *d) {
    uint32_t count;
    TRY(reader_count(&d->in, &count, GLOBALS_MAX, 3, "globals"));
    d->global_count += count;
    /* Their values are the engine's to validate. */
    d->in.at = d->in.end;
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
    if (kind == MODULE_FUNCTION)
        return write_signature(d, d->functions[index], item->signature, sizeof(item->signature));
    return 0;
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
        uint32_t size;
        TRY(reader_byte(file, &id, "a section"));
        if (id >= SECTIONS) {
            file->at--;
            return reader_refuse(file, "section %u", id);
        }
        TRY(reader_u32(file, &size, "a section's size"));
        d->in = *file;
        TRY(reader_skip(file, size, "the whole section"));
        d->in.end = file->at;
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

/* --- components: whether they are whole; what is in them is not looked at here --- */

enum { COMPONENT_SECTION_MODULE = 1, COMPONENT_SECTION_COMPONENT = 4, COMPONENT_SECTIONS = 13 };

static const uint8_t magic_core[8] = {0, 'a', 's', 'm', 1, 0, 0, 0};
static const uint8_t magic_component[8] = {0, 'a', 's', 'm', 0x0d, 0, 1, 0};

/* The sections of a component, or of a core module in one, each whole, and those in them. */
static int walk_sections(struct reader *file, bool component, unsigned depth) {
    const uint8_t *magic = component ? magic_component : magic_core;
    if (depth > LIMIT_COMPONENT_DEPTH)
        return error_set(file->reterr, ARCELLA_E_LIMIT, "components are nested more than %d deep",
                         LIMIT_COMPONENT_DEPTH);
    if (reader_left(file) < sizeof(magic_core) || memcmp(file->at, magic, sizeof(magic_core)) != 0)
        return reader_fail(file, component ? "a component" : "a core module");
    file->at += sizeof(magic_core);
    while (reader_left(file) > 0) {
        uint8_t id;
        uint32_t size;
        TRY(reader_byte(file, &id, "a section"));
        if (id >= (component ? COMPONENT_SECTIONS : SECTIONS)) {
            file->at--;
            return reader_refuse(file, "section %u", id);
        }
        TRY(reader_u32(file, &size, "a section's size"));
        struct reader in = *file;
        TRY(reader_skip(file, size, "the whole section"));
        in.end = file->at;
        if (component && (id == COMPONENT_SECTION_MODULE || id == COMPONENT_SECTION_COMPONENT))
            TRY(walk_sections(&in, id == COMPONENT_SECTION_COMPONENT, depth + 1));
    }
    return 0;
}

int module_info_read(const void *bytes, size_t length, struct module_info *ret, arcella_error **reterr) {
    struct module_info info = {.kind = MODULE_CORE};
    struct decoder d = {.info = &info};
    struct reader file = {
        .start = bytes, .at = bytes, .end = (const uint8_t *)bytes + length, .reterr = reterr};
    if (length < 8 || memcmp(bytes, magic_core, 4) != 0)
        return reader_fail(&file, "a WebAssembly binary (\\0asm and a version)");
    if (memcmp(bytes, magic_component, sizeof(magic_component)) == 0) {
        TRY(walk_sections(&file, true, 0));
        info.kind = MODULE_COMPONENT;
        *ret = info;
        return 0;
    }
    file.at += 4;
    if (memcmp(bytes, magic_core, sizeof(magic_core)) != 0)
        return reader_fail(&file, "version 1 of a core module or version 13 of a component");
    file.at += 4;
    int r = read_sections(&d, &file);
    mem_free(d.types);
    mem_free(d.functions);
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
