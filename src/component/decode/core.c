/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Core types and core instances of a component.  Source: Binary.md (core:type, core:instance). */
#include "component/decode/internal.h"
#include "engine/module_type.h"

/* --- function types --- */

static int decode_values(struct decoder *d, const char *what, uint8_t **ret, uint32_t *ret_count,
                         struct ast_core_type *type) {
    TRY(reader_count(&d->in, ret_count, MODULE_VALUES_MAX, 1, what));
    uint8_t *codes;
    TRY(decoder_array(d, *ret_count, &codes));
    for (uint32_t i = 0; i < *ret_count; i++) {
        struct module_value value;
        TRY(module_type_value(&d->in, &value));
        codes[i] = value.code;
        if (!value.code) {
            type->kind = AST_CORE_OTHER;
            type->what = "a core function type with typed references";
        }
    }
    *ret = codes;
    return 0;
}

static int decode_core_func(struct decoder *d, struct ast_core_type *type) {
    type->kind = AST_CORE_FUNC;
    TRY(decode_values(d, "parameters of a core function", &type->params, &type->param_count, type));
    return decode_values(d, "results of a core function", &type->results, &type->result_count, type);
}

/* The byte of a core type was read and is not that of a function or module. */
static int refuse_other(struct decoder *d, uint8_t code) {
    const char *other = module_type_other(code);
    return other ? decoder_unsupported(d, decoder_offset(d) - 1, other) : decoder_fail_back(d, "a core type");
}

/* Behind the byte of a subtype: supertypes, and what it is; kept by name alone. */
static int decode_subtype(struct decoder *d, struct ast_core_type *type) {
    uint32_t count, index;
    uint8_t code;
    TRY(reader_count(&d->in, &count, 1, 1, "supertypes"));
    for (uint32_t i = 0; i < count; i++)
        TRY(reader_u32(&d->in, &index, "the index of a core type"));
    TRY(reader_byte(&d->in, &code, "a core type"));
    if (code != 0x60)
        return refuse_other(d, code);
    TRY(decode_core_func(d, type));
    type->kind = AST_CORE_OTHER;
    type->what = "a core function type with supertypes";
    return 0;
}

/* --- module types --- */

static void take_size(const struct module_size *size, struct ast_core_extern *ret) {
    ret->value_type = size->element;
    ret->is_64 = size->is_64;
    ret->shared = size->shared;
    ret->has_max = size->maximum != UINT64_MAX;
    ret->min = size->minimum;
    ret->max = size->maximum;
}

static int decode_core_global(struct decoder *d, struct ast_core_extern *ret) {
    struct module_global global;
    TRY(module_type_global(&d->in, &global));
    ret->value_type = global.value_type;
    ret->mutable_global = global.is_mutable;
    return 0;
}

static int decode_core_extern(struct decoder *d, struct ast_core_extern *ret) {
    struct module_size size;
    uint8_t zero;
    uint32_t offset = decoder_offset(d);
    TRY(decode_core_sort(d, SORTS_CORE_EXPORT, &ret->sort, "a core import or export (0 to 4)"));
    switch (ret->sort) {
    case SORT_CORE_TABLE:
        TRY(module_type_table(&d->in, &size));
        take_size(&size, ret);
        break;
    case SORT_CORE_MEMORY:
        TRY(module_type_limits(&d->in, true, &size));
        take_size(&size, ret);
        return 0;
    case SORT_CORE_GLOBAL: TRY(decode_core_global(d, ret)); break;
    case SORT_CORE_TAG:
        TRY(reader_byte(&d->in, &zero, "a tag (0)"));
        if (zero)
            return decoder_fail_back(d, "a tag (0)");
        return reader_u32(&d->in, &ret->index, "the index of a core type");
    default: return reader_u32(&d->in, &ret->index, "the index of a core type");
    }
    return ret->value_type ? 0
                           : decoder_unsupported(d, offset, "a core import or export of typed references");
}

static int decode_module_alias(struct decoder *d, struct ast_module_decl *decl) {
    enum component_sort sort;
    uint8_t form;
    TRY(decode_core_sort(d, SORT_BIT(CORE_TYPE), &sort, "an alias of a core type (0x10)"));
    TRY(reader_byte(&d->in, &form, "an outer alias (1)"));
    if (form != 1)
        return decoder_fail_back(d, "an outer alias (1)");
    TRY(reader_u32(&d->in, &decl->outer, "how far out an alias goes"));
    return reader_u32(&d->in, &decl->index, "the index of a core type");
}

static int decode_module_type(struct decoder *d, struct ast_module_decl *decl) {
    uint8_t code;
    TRY(decoder_array(d, 1, &decl->type));
    decl->type->offset = decoder_offset(d);
    TRY(reader_byte(&d->in, &code, "a core type"));
    switch (code) {
    case 0x60: return decode_core_func(d, decl->type);
    case 0x4f:
    case 0x50: return decode_subtype(d, decl->type);
    default: return refuse_other(d, code);
    }
}

static int decode_module_decl(struct decoder *d, struct ast_module_decl *decl) {
    uint8_t form;
    decl->offset = decoder_offset(d);
    decl->module = decl->name = TEXT("");
    TRY(reader_byte(&d->in, &form, "a declaration of a module type"));
    switch (form) {
    case 0:
        decl->kind = AST_MODULE_IMPORT;
        TRY(decode_name(d, &decl->module, "a core import's module name"));
        break;
    case 1: decl->kind = AST_MODULE_TYPE; return decode_module_type(d, decl);
    case 2: decl->kind = AST_MODULE_ALIAS; return decode_module_alias(d, decl);
    case 3: decl->kind = AST_MODULE_EXPORT; break;
    default: return decoder_fail_back(d, "a declaration of a module type (0 to 3)");
    }
    TRY(decode_name(d, &decl->name, "a core import's or export's name"));
    return decode_core_extern(d, &decl->what);
}

static int decode_module_decls(struct decoder *d, struct ast_core_type *type) {
    type->kind = AST_CORE_MODULE_TYPE;
    uint32_t count;
    TRY(reader_count(&d->in, &count, LIMIT_MODULE_DECLS, 3, "declarations of a module type"));
    TRY(decoder_array(d, count, &type->decls));
    for (; type->decl_count < count; type->decl_count++)
        TRY(decode_module_decl(d, &type->decls[type->decl_count]));
    return 0;
}

int decode_core_type(struct decoder *d, struct ast_core_type **ret) {
    uint8_t code;
    struct ast_core_type *type;
    TRY(decoder_array(d, 1, &type));
    *ret = type;
    type->offset = decoder_offset(d);
    TRY(reader_byte(&d->in, &code, "a core type"));
    switch (code) {
    case 0x00: /* so that 0x50, which begins a module type here, can begin a subtype too */
        TRY(reader_byte(&d->in, &code, "a core subtype (0x50)"));
        return code == 0x50 ? decode_subtype(d, type) : decoder_fail_back(d, "a core subtype (0x50)");
    case 0x4f: return decode_subtype(d, type);
    case 0x50: return decode_module_decls(d, type);
    case 0x60: return decode_core_func(d, type);
    default: return refuse_other(d, code);
    }
}

/* --- core instances --- */

int decode_core_instance(struct decoder *d, struct ast_def *ret) {
    TRY(decode_flag(d, &ret->instance.is_inline, "a core instance (0 or 1)"));
    if (!ret->instance.is_inline)
        TRY(reader_u32(&d->in, &ret->instance.index, "the index of a core module"));
    uint32_t count;
    TRY(reader_count(&d->in, &count, LIMIT_COMPONENT_ARGS, 3, "arguments or exports"));
    struct ast_arg *args;
    TRY(decoder_array(d, count, &args));
    for (uint32_t i = 0; i < count; i++) {
        struct ast_arg *arg = &args[i];
        arg->name = (struct ast_name){.implements = TEXT(""),
                                      .version_suffix = TEXT(""),
                                      .external_id = TEXT(""),
                                      .offset = decoder_offset(d)};
        TRY(decode_name(d, &arg->name.name, "the name of an argument or export"));
        if (ret->instance.is_inline)
            TRY(decode_core_sort(d, SORTS_CORE_EXPORT, &arg->ref.sort,
                                 "what a core instance exports (0 to 4)"));
        else
            TRY(decode_core_sort(d, SORT_BIT(CORE_INSTANCE), &arg->ref.sort, "a core instance (0x12)"));
        TRY(reader_u32(&d->in, &arg->ref.index, "an index"));
    }
    ret->instance.args = args;
    ret->instance.count = count;
    return 0;
}
