/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What a WebAssembly binary is and says of itself, read by our own bounded decoder: kind, imports, exports,
 * memories, tables.  No engine needed; used by intake processes, `inspect` and the checks before instances.
 * Function bodies are passed over: the engine validates them when it compiles.
 */
#ifndef ENGINE_MODULE_INFO_H
#define ENGINE_MODULE_INFO_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"

enum module_kind { MODULE_CORE, MODULE_WASI_P1, MODULE_COMPONENT };

enum module_extern { MODULE_FUNCTION, MODULE_TABLE, MODULE_MEMORY, MODULE_GLOBAL, MODULE_TAG };

/* The whole type of an import or export. */
struct module_type {
    const char
        *signature; /* functions and tags: as in engine.h, '?' for references, whole; owned by the info */
    uint8_t
        value_type; /* globals, and tables' elements: its code in the binary; 0: one of more than a byte */
    bool mutable_global;
    bool is_64; /* tables and memories */
    bool shared;
    uint64_t minimum; /* pages of 64 KiB, or elements */
    uint64_t maximum; /* UINT64_MAX: none */
};

struct module_item {
    struct text module; /* imports; borrowed from the bytes */
    struct text name;
    enum module_extern kind;
    uint32_t index;     /* in the index space of its kind */
    char signature[72]; /* functions: for people; longer ones end in "…" */
    struct module_type type;
};

struct module_size {
    uint64_t minimum; /* pages of 64 KiB, or elements */
    uint64_t maximum; /* UINT64_MAX: none */
    bool is_64;
    bool shared;
    bool imported;
    uint8_t element; /* tables: code of the element type, or 0 */
    bool typed;      /* tables: of references that guests may not use */
};

struct module_info {
    struct arena arena; /* owned; signatures */
    enum module_kind kind;
    struct module_item *imports; /* owned */
    uint32_t import_count;
    struct module_item *exports;
    uint32_t export_count;
    struct module_size *memories;
    uint32_t memory_count;
    struct module_size *tables;
    uint32_t table_count;
    bool has_start;
    bool has_typed; /* a type in it needs typed references or collected objects, which guests may not use */
    uint32_t function_count; /* defined, not imported */
    uint64_t code_bytes;
    uint64_t data_bytes;
};

/**
 * Read a binary.  A component is told by kind only, after a look whether its sections, and those of what is
 * in it, are whole.
 *
 * @param bytes  borrowed as long as info is used
 * @return 0, WASM (with the byte offset and what was expected), UNSUPPORTED (a custom page size, a type of
 * garbage collection), LIMIT (too many of something, components nested too deep), NOMEM
 */
int module_info_read(const void *bytes, size_t length, struct module_info *ret, arcella_error **reterr)
    MUST_CHECK;
/** Free what a reading holds; fine twice. */
void module_info_done(struct module_info *info);
/** "component", "wasi-p1" or "core"; static. */
const char *module_kind_name(enum module_kind kind);

#endif
