/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A part: a module as one of several in an instance.  What its compiled code does not tell (start section,
 * which memories and tables are its own) comes from our decoder; what both tell is compared, once.  Counted,
 * immutable after it is made.
 */
#include <assert.h>

#include "base/mem.h"
#include "engine/inner.h"

/* --- the code is of these bytes --- */

static bool same_name(const wasm_name_t *name, struct text text) {
    return name->size == text.length && (!text.length || memcmp(name->data, text.data, text.length) == 0);
}

static bool same_kind(const wasm_externtype_t *type, enum module_extern kind) {
    switch (wasm_externtype_kind(type)) {
    case WASM_EXTERN_FUNC: return kind == MODULE_FUNCTION;
    case WASM_EXTERN_GLOBAL: return kind == MODULE_GLOBAL;
    case WASM_EXTERN_TABLE: return kind == MODULE_TABLE;
    case WASM_EXTERN_MEMORY: return kind == MODULE_MEMORY;
    default: return kind == MODULE_TAG;
    }
}

static bool same_imports(const wasmtime_module_t *module, const struct module_info *info) {
    wasm_importtype_vec_t imports;
    wasmtime_module_imports(module, &imports);
    bool same = imports.size == info->import_count;
    for (size_t i = 0; same && i < imports.size; i++)
        same = same_name(wasm_importtype_module(imports.data[i]), info->imports[i].module) &&
               same_name(wasm_importtype_name(imports.data[i]), info->imports[i].name) &&
               same_kind(wasm_importtype_type(imports.data[i]), info->imports[i].kind);
    wasm_importtype_vec_delete(&imports);
    return same;
}

static bool is_start(const wasm_exporttype_t *export) {
    const wasm_name_t *name = wasm_exporttype_name(export);
    return wasm_externtype_kind(wasm_exporttype_type(export)) == WASM_EXTERN_FUNC &&
           engine_rewrite_marks(name->data, name->size);
}

/* One more than the file has may be there: what the rewrite step put behind them. */
static bool same_exports(const wasm_exporttype_vec_t *exports, const struct module_info *info) {
    size_t count = info->export_count;
    bool same = exports->size == count + info->has_start ||
                (exports->size == count + 1 && !is_start(exports->data[count]));
    if (same && info->has_start)
        same = is_start(exports->data[count]);
    for (size_t i = 0; same && i < count; i++)
        same = same_name(wasm_exporttype_name(exports->data[i]), info->exports[i].name) &&
               same_kind(wasm_exporttype_type(exports->data[i]), info->exports[i].kind);
    return same;
}

/* The exports are those of the file; note the start function. @return 0, CORRUPT, NOMEM */
static int note_exports(struct engine_part *part, const struct module_info *info, arcella_error **reterr) {
    wasm_exporttype_vec_t exports;
    wasmtime_module_exports(part->module->module, &exports);
    int r = 0;
    if (!same_exports(&exports, info)) {
        r = error_set(reterr, ARCELLA_E_CORRUPT,
                      "compiled code is not of this module: its exports are others");
    } else if (info->has_start) {
        const wasm_name_t *name = wasm_exporttype_name(exports.data[info->export_count]);
        part->start_length = name->size;
        part->start = mem_text_n(name->size ? name->data : "", name->size);
        if (!part->start)
            r = error_nomem(reterr);
    }
    wasm_exporttype_vec_delete(&exports);
    return r;
}

/* --- memories and tables of its own --- */

static const struct module_item *find_export(const struct module_info *info, enum module_extern kind,
                                             uint32_t index) {
    for (uint32_t i = 0; i < info->export_count; i++)
        if (info->exports[i].kind == kind && info->exports[i].index == index)
            return &info->exports[i];
    return NULL;
}

static int note_area(struct engine_part *part, const struct module_info *info, bool is_table, uint32_t index,
                     arcella_error **reterr) {
    const struct module_size *size = is_table ? &info->tables[index] : &info->memories[index];
    if (size->is_64 || size->shared)
        return error_set(reterr, ARCELLA_E_UNSUPPORTED, "a %s %s", size->shared ? "shared" : "64-bit",
                         is_table ? "table" : "memory");
    if (size->imported)
        return 0;
    uint64_t unit = is_table ? 1 : 64 * KIB; /* minimum and maximum have at most 32 bits */
    struct part_area *area = &part->areas[part->area_count];
    *area = (struct part_area){
        .is_table = is_table,
        .minimum = size->minimum * unit,
        .maximum = size->maximum == UINT64_MAX ? UINT64_MAX : size->maximum * unit,
    };
    const struct module_item *export = find_export(info, is_table ? MODULE_TABLE : MODULE_MEMORY, index);
    if (export) {
        area->name = mem_text_n(export->name.length ? export->name.data : "", export->name.length);
        if (!area->name)
            return error_nomem(reterr);
        area->length = export->name.length;
    }
    part->area_count++;
    return 0;
}

static int note_areas(struct engine_part *part, const struct module_info *info, arcella_error **reterr) {
    part->areas = mem_array((size_t)info->memory_count + info->table_count + 1, sizeof(*part->areas));
    if (!part->areas)
        return error_nomem(reterr);
    int r = 0;
    for (uint32_t i = 0; !r && i < info->memory_count; i++)
        r = note_area(part, info, false, i, reterr);
    for (uint32_t i = 0; !r && i < info->table_count; i++)
        r = note_area(part, info, true, i, reterr);
    return r;
}

/* --- lifetime --- */

int engine_part_new(struct engine_module *module, const struct module_info *info, struct engine_part **ret,
                    arcella_error **reterr) {
    if (info->kind == MODULE_COMPONENT || !same_imports(module->module, info))
        return error_set(reterr, ARCELLA_E_CORRUPT,
                         "compiled code is not of this module: its imports are others");
    struct engine_part *part = mem_new(struct engine_part);
    if (!part)
        return error_nomem(reterr);
    part->references = 1;
    part->module = engine_module_ref(module);
    part->import_count = info->import_count;
    int r = note_exports(part, info, reterr);
    if (!r)
        r = note_areas(part, info, reterr);
    if (r) {
        engine_part_unref(part);
        return r;
    }
    *ret = part;
    return 0;
}

struct engine_part *engine_part_ref(struct engine_part *part) {
    part->references++;
    return part;
}

struct engine_part *engine_part_unref(struct engine_part *part) {
    if (!part)
        return NULL;
    assert(part->references > 0);
    if (--part->references > 0)
        return NULL;
    for (uint32_t i = 0; i < part->area_count; i++)
        mem_free(part->areas[i].name);
    mem_free(part->areas);
    mem_free(part->start);
    engine_module_unref(part->module);
    mem_free(part);
    return NULL;
}

uint32_t engine_part_imports(const struct engine_part *part) {
    return part->import_count;
}

bool engine_part_has_start(const struct engine_part *part) {
    return part->start != NULL;
}
