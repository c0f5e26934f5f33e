/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What a component imports and exports, one by one with signatures, and as WIT. */
#include "api/api.h"

#include <string.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "component/value_text.h"
#include "component/wit.h"
#include "engine/module_info.h"

static const char *keep(struct api_code *code, struct text text) {
    return arena_text(&code->arena, text.data, text.length);
}

static const char *keep_signature(struct api_code *code, struct text name, const struct func_type *type) {
    BUFFER_AUTO text = BUFFER_INIT(16 * KIB);
    if (value_add_signature(&text, name, type, NULL))
        return NULL;
    return arena_text(&code->arena, text.data, text.length);
}

static int make_room(struct api_code *code, uint32_t count, arcella_error **reterr) {
    code->exports = arena_array(&code->arena, count, sizeof(*code->exports));
    return code->exports ? 0 : error_nomem(reterr);
}

/* --- a component's --- */

static bool is_number(const struct type *type) {
    return type->kind >= TYPE_S32 && type->kind <= TYPE_F64;
}

static bool only_numbers(const struct func_type *type) {
    for (uint32_t i = 0; i < type->param_count; i++)
        if (!is_number(type->params[i].type))
            return false;
    return type->param_count <= TYPES_FLAT_PARAMS && (!type->result || is_number(type->result));
}

static int list_exports(struct api_code *code, arcella_error **reterr) {
    uint32_t count = component_func_count(code->component);
    int r = make_room(code, count, reterr);
    if (r)
        return r;
    for (uint32_t i = 0; i < count; i++) {
        const struct component_func *func = component_func_at(code->component, i);
        struct api_export *export = &code->exports[i];
        export->type = component_func_type(func);
        export->numbers = only_numbers(export->type);
        export->item = (struct arcella_item){
            .size = sizeof(export->item),
            .kind = ARCELLA_ITEM_FUNC,
            .interface = keep(code, component_func_interface(func)),
            .name = keep(code, component_func_name(func)),
            .signature = keep_signature(code, component_func_name(func), export->type),
        };
        if (!export->item.interface || !export->item.name || !export->item.signature)
            return error_nomem(reterr);
    }
    code->export_count = count;
    return 0;
}

int api_list_component(struct api_code *code, arcella_error **reterr) {
    static const int kinds[] = {[COMPONENT_IMPORT_FUNC] = ARCELLA_ITEM_FUNC,
                                [COMPONENT_IMPORT_RESOURCE] = ARCELLA_ITEM_RESOURCE,
                                [COMPONENT_IMPORT_OTHER] = ARCELLA_ITEM_OTHER};
    int r = list_exports(code, reterr);
    if (r)
        return r;
    uint32_t count = component_import_count(code->component);
    code->imports = arena_array(&code->arena, count, sizeof(*code->imports));
    if (!code->imports)
        return error_nomem(reterr);
    for (uint32_t i = 0; i < count; i++) {
        const struct component_import *import = component_import_at(code->component, i);
        bool func = import->kind == COMPONENT_IMPORT_FUNC;
        struct arcella_item *item = &code->imports[i];
        *item = (struct arcella_item){
            .size = sizeof(*item),
            .kind = kinds[import->kind],
            .interface = keep(code, import->interface),
            .name = keep(code, import->name),
            .signature = func ? keep_signature(code, import->name, import->type) : "",
        };
        if (!item->interface || !item->name || !item->signature)
            return error_nomem(reterr);
    }
    return 0;
}

/* --- a core module's --- */

static const struct type *type_of_letter(const struct types *types, char letter) {
    switch (letter) {
    case 'i': return types_primitive(types, TYPE_S32);
    case 'I': return types_primitive(types, TYPE_S64);
    case 'f': return types_primitive(types, TYPE_F32);
    case 'F': return types_primitive(types, TYPE_F64);
    default: return NULL;
    }
}

/* @return 0; *ret NULL: it has types that no value has. */
static int module_func_type(struct api_code *code, const char *signature, const struct func_type **ret,
                            arcella_error **reterr) {
    struct type_field params[64] = {{.offset = 0}};
    const char *colon = strchr(signature, ':');
    *ret = NULL;
    if (!colon || (size_t)(colon - signature) > ARRAY_LENGTH(params) || strlen(colon + 1) > 1)
        return 0;
    uint32_t count = (uint32_t)(colon - signature);
    for (uint32_t i = 0; i < count; i++)
        if (!(params[i].type = type_of_letter(code->types, signature[i])))
            return 0;
    const struct type *result = colon[1] ? type_of_letter(code->types, colon[1]) : NULL;
    if (colon[1] && !result)
        return 0;
    return types_func(code->types, params, count, result, false, ret, reterr);
}

static int list_function(struct api_code *code, const struct module_item *item, arcella_error **reterr) {
    char spelt[ENGINE_SPELT_BYTES];
    struct api_export *export = &code->exports[code->export_count];
    struct text flat = text_of(item->type.signature);
    engine_signature_spell(item->type.signature, spelt, sizeof(spelt));
    export->flat = keep(code, flat);
    export->item = (struct arcella_item){
        .size = sizeof(export->item),
        .kind = ARCELLA_ITEM_FUNC,
        .interface = "",
        .name = keep(code, item->name),
        .signature = keep(code, text_of(spelt)),
    };
    if (!export->flat || !export->item.name || !export->item.signature)
        return error_nomem(reterr);
    code->export_count++;
    return module_func_type(code, export->flat, &export->type, reterr);
}

int api_list_module(struct api_code *code, const void *bytes, size_t length, arcella_error **reterr) {
    CLEANUP(module_info_done) struct module_info info = {.export_count = 0};
    int r = module_info_read(bytes, length, &info, reterr);
    if (!r)
        r = make_room(code, info.export_count, reterr);
    if (r)
        return r;
    code->types = types_new();
    if (!code->types)
        return error_nomem(reterr);
    for (uint32_t i = 0; !r && i < info.export_count; i++)
        if (info.exports[i].kind == MODULE_FUNCTION)
            r = list_function(code, &info.exports[i], reterr);
    return r;
}

/* --- asked for --- */

static int check(const arcella_component *component, const struct arcella_item *ret, arcella_error **reterr) {
    if (!component || !ret)
        return api_error(reterr, ARCELLA_E_INVALID, "component and ret must not be NULL");
    if (ret->size != sizeof(*ret))
        return api_error(reterr, ARCELLA_E_INVALID, "item.size is %zu, this library knows %zu", ret->size,
                         sizeof(*ret));
    if (!component->code)
        return api_error(reterr, ARCELLA_E_CLOSED, "component '%s' was unloaded", component->name);
    return 0;
}

static int no_such(const char *what, size_t index, arcella_error **reterr) {
    return api_error(reterr, ARCELLA_E_NOT_FOUND, "there is no %s %zu", what, index);
}

int arcella_component_export(arcella_component *component, size_t index, struct arcella_item *ret,
                             arcella_error **reterr) {
    int r = check(component, ret, reterr);
    if (r)
        return r;
    if (index >= component->code->export_count)
        return no_such("export", index, reterr);
    *ret = component->code->exports[index].item;
    return 0;
}

int arcella_component_import(arcella_component *component, size_t index, struct arcella_item *ret,
                             arcella_error **reterr) {
    int r = check(component, ret, reterr);
    if (r)
        return r;
    const struct api_code *code = component->code;
    if (!code->component || index >= component_import_count(code->component))
        return no_such("import", index, reterr);
    const struct component_import *import = component_import_at(code->component, (uint32_t)index);
    enum component_match match =
        component_import_match(code->component, component->runtime->bindings, import, NULL, 0);
    *ret = code->imports[index];
    ret->provided = match == COMPONENT_PROVIDED || (import->kind == COMPONENT_IMPORT_FUNC && !import->used);
    return 0;
}

int arcella_component_wit(arcella_component *component, const char **ret, arcella_error **reterr) {
    struct arcella_item item = ARCELLA_ITEM_INIT;
    int r = check(component, &item, reterr);
    if (r)
        return r;
    struct api_code *code = component->code;
    if (!ret)
        return api_error(reterr, ARCELLA_E_INVALID, "ret must not be NULL");
    if (!code->component)
        return api_error(reterr, ARCELLA_E_KIND, "'%s' is a core module, which has no WIT", component->name);
    if (!code->wit) {
        BUFFER_AUTO text = BUFFER_INIT(LIMIT_WIT_BYTES);
        struct wit *wit = NULL;
        r = wit_make(component_type(code->component), &wit, reterr);
        if (!r)
            r = wit_print(wit, &text, reterr);
        wit_free(wit);
        if (r)
            return api_hint(reterr, r);
        code->wit = arena_text(&code->arena, text.data, text.length);
    }
    if (!code->wit)
        return error_nomem(reterr);
    *ret = code->wit;
    return 0;
}
