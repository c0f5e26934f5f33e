/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What a binary says of itself, put into a description: a core module by our own reader, a component by room
 * component and then by the engine's validator, whose verdict is the one of record.
 */
#include "worker/describe.h"
#include "base/mem.h"
#include "component/check.h"
#include "component/component.h"
#include "component/nearest.h"
#include "component/value_text.h"
#include "component/wit.h"
#include "engine/core.h"
#include "engine/module_info.h"
#include "runtime/provided.h"
#include "wasi/wasi.h"

/* --- core modules --- */

static void type_of(const struct module_item *item, char *to, size_t size) {
    static const char *const kinds[] = {
        [MODULE_FUNCTION] = "func", [MODULE_TABLE] = "table", [MODULE_MEMORY] = "memory",
        [MODULE_GLOBAL] = "global", [MODULE_TAG] = "tag",
    };
    if (item->kind == MODULE_FUNCTION) {
        char spelt[ENGINE_SPELT_BYTES];
        engine_signature_spell(item->signature, spelt, sizeof(spelt));
        snprintf(to, size, "func %s", spelt);
    } else
        text_copy(to, size, kinds[item->kind]);
}

/* Does WASI preview 1 have this import, and if not, what is nearest to it? */
static enum description_provided match_core(const struct module_item *item, char *nearest, size_t size) {
    size_t count;
    const struct engine_import *rows = wasi_preview1_imports(&count);
    struct nearest search = {.wanted = item->name};
    enum description_provided best = PROVIDED_NO_INTERFACE;
    *nearest = '\0';
    for (size_t i = 0; i < count; i++) {
        if (!text_equal(text_of(rows[i].module), item->module))
            continue;
        best = PROVIDED_NO_NAME;
        if (text_equal(text_of(rows[i].name), item->name) && item->kind == MODULE_FUNCTION) {
            if (strcmp(rows[i].signature, item->signature) == 0)
                return PROVIDED_YES;
            engine_signature_spell(rows[i].signature, nearest, size);
            return PROVIDED_OTHER_TYPE;
        }
        nearest_consider(&search, text_of(rows[i].name));
    }
    snprintf(nearest, size, "%.*s", (int)search.best.length, search.best.data ? search.best.data : "");
    return best;
}

static int describe_core(const struct module_info *info, struct package_description *d,
                         arcella_error **reterr) {
    d->has_start = info->has_start;
    d->functions = info->function_count;
    d->code_bytes = info->code_bytes;
    d->data_bytes = info->data_bytes;
    int r = 0;
    char type[ENGINE_SPELT_BYTES + 8];
    for (uint32_t i = 0; r == 0 && i < info->import_count; i++) {
        char nearest[ENGINE_SPELT_BYTES];
        type_of(&info->imports[i], type, sizeof type);
        r = description_add_import(d, info->imports[i].module, info->imports[i].name, type, reterr);
        if (r == 0)
            r = description_import_provided(d, match_core(&info->imports[i], nearest, sizeof(nearest)),
                                            nearest, reterr);
    }
    for (uint32_t i = 0; r == 0 && i < info->export_count; i++) {
        type_of(&info->exports[i], type, sizeof type);
        r = description_add_export(d, info->exports[i].name, type, reterr);
    }
    for (uint32_t i = 0; i < info->memory_count; i++)
        if (d->memory_bytes < info->memories[i].minimum * 64 * KIB)
            d->memory_bytes = info->memories[i].minimum * 64 * KIB;
    for (uint32_t i = 0; i < info->table_count; i++)
        if (d->table_elements < info->tables[i].minimum)
            d->table_elements = info->tables[i].minimum;
    return r;
}

/* --- components --- */

static const enum description_provided provided_of[] = {
    [COMPONENT_PROVIDED] = PROVIDED_YES,          [COMPONENT_NO_INTERFACE] = PROVIDED_NO_INTERFACE,
    [COMPONENT_NO_VERSION] = PROVIDED_NO_VERSION, [COMPONENT_NO_NAME] = PROVIDED_NO_NAME,
    [COMPONENT_OTHER_TYPE] = PROVIDED_OTHER_TYPE,
};

/* "func(sku: string) -> bool"; a long one is cut. */
static int spell_func(const struct func_type *type, struct buffer *to, arcella_error **reterr) {
    buffer_clear(to);
    return value_add_signature(to, TEXT("func"), type, reterr);
}

/* Interfaces with nothing to call: only their types count. */
static int add_empty_interfaces(const struct entity_list *list, bool imports, struct package_description *d,
                                arcella_error **reterr) {
    int r = 0;
    for (uint32_t i = 0; r == 0 && i < list->count; i++) {
        const struct entity *entity = &list->entities[i];
        if (entity->sort != SORT_INSTANCE)
            continue;
        bool has = false;
        const struct entity_list *inside = &entity->instance->exports;
        for (uint32_t n = 0; n < inside->count && !has; n++)
            has = inside->entities[n].sort == SORT_FUNC ||
                  (imports && inside->entities[n].sort == SORT_TYPE &&
                   inside->entities[n].type.created.kind == ENTITY_TYPE_RESOURCE);
        if (has)
            continue;
        struct text name = list->names->names[i].first;
        r = imports ? description_add_import(d, (struct text){NULL, 0}, name, "instance", reterr)
                    : description_add_component_export(d, (struct text){NULL, 0}, name, "instance", reterr);
    }
    return r;
}

static int describe_imports(const struct component *component, struct package_description *d,
                            arcella_error **reterr) {
    struct component_bindings *bindings = NULL;
    BUFFER_AUTO type = BUFFER_INIT(64 * KIB);
    int r = runtime_provided(&bindings, reterr);
    uint32_t count = component_import_count(component);
    for (uint32_t i = 0; r == 0 && i < count; i++) {
        const struct component_import *import = component_import_at(component, i);
        char nearest[LIMIT_INTERFACE_BYTES];
        const char *words =
            import->kind == COMPONENT_IMPORT_RESOURCE ? "resource" : "core module or component";
        if (import->kind == COMPONENT_IMPORT_FUNC) {
            r = spell_func(import->type, &type, reterr);
            words = type.data;
        }
        struct text interface = import->interface.length ? import->interface : (struct text) {
            NULL, 0
        };
        if (r == 0)
            r = description_add_import(d, interface, import->name, words, reterr);
        if (r == 0) {
            enum component_match match =
                component_import_match(component, bindings, import, nearest, sizeof(nearest));
            r = description_import_provided(d, provided_of[match], nearest, reterr);
        }
    }
    component_bindings_unref(bindings);
    return r;
}

static int describe_exports(const struct component *component, struct package_description *d,
                            arcella_error **reterr) {
    BUFFER_AUTO type = BUFFER_INIT(64 * KIB);
    int r = 0;
    uint32_t count = component_func_count(component);
    for (uint32_t i = 0; r == 0 && i < count; i++) {
        const struct component_func *func = component_func_at(component, i);
        r = spell_func(component_func_type(func), &type, reterr);
        if (r == 0)
            r = description_add_component_export(d, component_func_interface(func), component_func_name(func),
                                                 type.data, reterr);
    }
    const struct component_func *run = component_func_find(component, "wasi:cli/run", "run");
    if (r < 0 || !run)
        return r;
    struct text interface = component_func_interface(run);
    d->run = mem_text_n(interface.data, interface.length);
    return d->run ? 0 : error_nomem(reterr);
}

/* What the template would have called must be there: said now, not at each start. */
static int check_template(const struct component *component, const struct package_description *d,
                          arcella_error **reterr) {
    static const struct {
        enum policy_key key;
        const char *what;
    } entries[] = {{POLICY_ENTRYPOINT_KEY, "entry point"}, {POLICY_SHUTDOWN_KEY, "shutdown entry"}};
    for (size_t i = 0; i < ARRAY_LENGTH(entries); i++) {
        const char *name = policy_text(&d->template, entries[i].key);
        const struct component_func *func;
        ERROR_AUTO *error = NULL;
        if (!*name)
            continue;
        int r = runtime_find_entry(component, name, entries[i].what, &func, &error);
        if (r == ARCELLA_E_NOMEM)
            return error_move(reterr, TAKE(error));
        if (r == 0)
            continue;
        error_set(reterr, ARCELLA_E_MANIFEST, "%s", arcella_error_message(error));
        return error_hint(
            reterr, ARCELLA_E_MANIFEST,
            "mend '%s' in the template; `arcella inspect --wit` of the .wasm file shows what it "
            "exports",
            policy_row(entries[i].key)->key);
    }
    return 0;
}

static int describe_modules(const struct component *component, const char *bytes,
                            struct package_description *d, arcella_error **reterr) {
    int r = 0;
    uint32_t count = component_module_count(component);
    for (uint32_t i = 0; r == 0 && i < count; i++) {
        struct text module = component_module_bytes(component, i);
        struct module_info info = {0};
        r = module_info_read(module.data, module.length, &info, reterr);
        if (r == 0) {
            d->functions += info.function_count;
            d->code_bytes += info.code_bytes;
            d->data_bytes += info.data_bytes;
            d->has_start |= info.has_start;
            for (uint32_t n = 0; n < info.memory_count; n++)
                if (!info.memories[n].imported)
                    d->memory_bytes += info.memories[n].minimum * 64 * KIB;
            for (uint32_t n = 0; n < info.table_count; n++)
                if (!info.tables[n].imported)
                    d->table_elements += info.tables[n].minimum;
            r = description_add_module(d, (uint64_t)(module.data - bytes), module.length, reterr);
        }
        module_info_done(&info);
    }
    return r;
}

/* Its WIT as text and JSON. */
static int describe_wit(const struct component *component, struct package_description *d,
                        arcella_error **reterr) {
    struct wit *wit = NULL;
    BUFFER_AUTO text = BUFFER_INIT(LIMIT_WIT_BYTES);
    BUFFER_AUTO json = BUFFER_INIT(LIMIT_WIT_JSON_BYTES);
    ERROR_AUTO *error = NULL;
    int r = wit_make(component_type(component), &wit, &error);
    if (r == 0)
        r = wit_print(wit, &text, &error);
    if (r == 0)
        r = wit_print_json(wit, &json, &error);
    wit_free(wit);
    if (r == ARCELLA_E_TOO_LARGE || r == ARCELLA_E_LIMIT) {
        error_set(reterr, ARCELLA_E_TOO_LARGE,
                  "its WIT has more than %llu KiB of text or %llu KiB of JSON, too much to be shown",
                  LIMIT_WIT_BYTES / KIB, LIMIT_WIT_JSON_BYTES / KIB);
        return error_hint(reterr, ARCELLA_E_TOO_LARGE, "`arcella inspect` without --wit shows the rest");
    }
    if (r < 0)
        return error_move(reterr, TAKE(error));
    d->wit = buffer_take(&text);
    d->wit_json = buffer_take(&json);
    return d->wit && d->wit_json ? 0 : error_nomem(reterr);
}

static int describe_component(const char *bytes, size_t length, bool wit, struct package_description *d,
                              arcella_error **reterr) {
    struct component *component = NULL;
    int r = component_read(bytes, length, NULL, NULL, &component, reterr);
    if (r < 0)
        return r;
    r = engine_component_validate(bytes, length, reterr);
    if (r == 0)
        r = describe_imports(component, d, reterr);
    if (r == 0)
        r = add_empty_interfaces(&component_type(component)->type.imports, true, d, reterr);
    if (r == 0)
        r = describe_exports(component, d, reterr);
    if (r == 0)
        r = add_empty_interfaces(&component_type(component)->type.exports, false, d, reterr);
    if (r == 0)
        r = check_template(component, d, reterr);
    if (r == 0)
        r = describe_modules(component, bytes, d, reterr);
    if (r == 0 && wit)
        r = describe_wit(component, d, reterr);
    component_unref(component);
    return r;
}

int describe_binary(const char *bytes, size_t length, bool wit, struct package_description *d,
                    arcella_error **reterr) {
    static const enum component_kind kinds[] = {
        [MODULE_CORE] = KIND_CORE,
        [MODULE_WASI_P1] = KIND_WASI_P1,
        [MODULE_COMPONENT] = KIND_COMPONENT,
    };
    struct module_info info = {0};
    int r = module_info_read(bytes, length, &info, reterr);
    if (r == 0) {
        d->kind = kinds[info.kind];
        r = d->kind == KIND_COMPONENT ? describe_component(bytes, length, wit, d, reterr)
                                      : describe_core(&info, d, reterr);
    }
    module_info_done(&info);
    return r;
}
