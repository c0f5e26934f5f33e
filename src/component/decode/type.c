/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Types.  Source: Binary.md (Type Definitions). */
#include "component/decode/internal.h"
#include "component/types/types.h"
#include "engine/module_type.h"

/* The reference reads more flags than a type may have, and refuses them later. */
#define FLAGS_READ 1000

static bool is_primitive(uint8_t code) {
    return (code >= 0x73 && code <= 0x7f) || code == 0x64;
}

int decode_valtype(struct decoder *d, struct ast_valtype *ret) {
    int64_t index;
    *ret = (struct ast_valtype){.offset = decoder_offset(d)};
    if (reader_left(&d->in) > 0 && is_primitive(*d->in.at)) {
        ret->primitive = *d->in.at++;
        return 0;
    }
    struct reader before = d->in;
    TRY(reader_signed(&d->in, 33, &index, "a value type"));
    if (index < 0) {
        d->in = before;
        return reader_fail(&d->in, "a value type");
    }
    ret->is_index = true;
    ret->index = (uint32_t)index; /* 33 bits with sign */
    return 0;
}

/* valtype? */
static int decode_optional(struct decoder *d, struct ast_field *field) {
    TRY(decode_flag(d, &field->has_type, "whether there is a type (0 or 1)"));
    return field->has_type ? decode_valtype(d, &field->type) : 0;
}

int decode_result(struct decoder *d, bool *ret_has, struct ast_valtype *ret) {
    uint8_t form;
    *ret_has = false;
    TRY(reader_byte(&d->in, &form, "results"));
    if (form > 1)
        return decoder_fail_back(d, "results (0 or 1)");
    if (form == 0) {
        *ret_has = true;
        return decode_valtype(d, ret);
    }
    TRY(reader_byte(&d->in, &form, "no named results (0)"));
    return form == 0 ? 0 : decoder_fail_back(d, "no named results (0)");
}

/* --- fields --- */

enum field_form { FIELD_TYPE, FIELD_NAMED, FIELD_CASE, FIELD_LABEL, FIELD_OPTIONAL };

static int decode_field(struct decoder *d, enum field_form form, struct ast_field *field) {
    uint8_t zero;
    field->name = TEXT("");
    if (form == FIELD_NAMED || form == FIELD_CASE || form == FIELD_LABEL)
        TRY(decode_name(d, &field->name, "a label"));
    switch (form) {
    case FIELD_LABEL: return 0;
    case FIELD_OPTIONAL: return decode_optional(d, field);
    case FIELD_TYPE:
    case FIELD_NAMED: field->has_type = true; return decode_valtype(d, &field->type);
    case FIELD_CASE: break;
    }
    TRY(decode_optional(d, field));
    TRY(reader_byte(&d->in, &zero, "the end of a case (0)"));
    return zero == 0 ? 0 : decoder_fail_back(d, "the end of a case (0)");
}

static int decode_fields(struct decoder *d, enum field_form form, uint32_t count, struct ast_field **ret) {
    struct ast_field *fields;
    TRY(decoder_array(d, count, &fields));
    for (uint32_t i = 0; i < count; i++)
        TRY(decode_field(d, form, &fields[i]));
    *ret = fields;
    return 0;
}

static int decode_field_list(struct decoder *d, enum field_form form, uint32_t most, uint32_t bytes,
                             const char *what, struct ast_field **ret, uint32_t *ret_count) {
    TRY(reader_count(&d->in, ret_count, most, bytes, what));
    return decode_fields(d, form, *ret_count, ret);
}

/* --- defined types --- */

/* How each is written: a list of `most` things, or `count` of them; what follows. */
static const struct defined_rule {
    enum ast_defined what;
    enum field_form form;
    uint32_t count; /* 0: a list */
    uint32_t most, bytes;
    const char *words;
} defined_rules[] = {
    {AST_RECORD, FIELD_NAMED, 0, TYPES_FIELDS, 2, "fields of a record"},
    {AST_VARIANT, FIELD_CASE, 0, TYPES_FIELDS, 3, "cases of a variant"},
    {AST_TUPLE, FIELD_TYPE, 0, TYPES_FIELDS, 1, "elements of a tuple"},
    {AST_FLAGS, FIELD_LABEL, 0, FLAGS_READ, 1, "flags"},
    {AST_ENUM, FIELD_LABEL, 0, TYPES_FIELDS, 1, "cases of an enum"},
    {AST_LIST, FIELD_TYPE, 1, 0, 0, NULL},
    {AST_FIXED_LIST, FIELD_TYPE, 1, 0, 0, NULL},
    {AST_OPTION, FIELD_TYPE, 1, 0, 0, NULL},
    {AST_RESULT, FIELD_OPTIONAL, 2, 0, 0, NULL},
    {AST_STREAM, FIELD_OPTIONAL, 1, 0, 0, NULL},
    {AST_FUTURE, FIELD_OPTIONAL, 1, 0, 0, NULL},
    {AST_MAP, FIELD_TYPE, 2, 0, 0, NULL},
};

static int decode_defined(struct decoder *d, uint8_t code, struct ast_type *type) {
    type->kind = AST_TYPE_DEFINED;
    type->defined.what = (enum ast_defined)code;
    if (code == AST_OWN || code == AST_BORROW)
        return reader_u32(&d->in, &type->defined.index, "the index of a resource");
    const struct defined_rule *rule = defined_rules;
    while (rule < defined_rules + ARRAY_LENGTH(defined_rules) && (uint8_t)rule->what != code)
        rule++;
    if (rule == defined_rules + ARRAY_LENGTH(defined_rules))
        return decoder_fail_back(d, "a type");
    type->defined.count = rule->count;
    if (rule->count)
        TRY(decode_fields(d, rule->form, rule->count, &type->defined.fields));
    else
        TRY(decode_field_list(d, rule->form, rule->most, rule->bytes, rule->words, &type->defined.fields,
                              &type->defined.count));
    if (code == AST_FIXED_LIST)
        TRY(reader_u32(&d->in, &type->defined.length, "the length of a list"));
    return 0;
}

/* --- other types --- */

static int decode_func(struct decoder *d, struct ast_type *type, bool async) {
    type->kind = AST_TYPE_FUNC;
    type->func.async = async;
    TRY(decode_field_list(d, FIELD_NAMED, TYPES_PARAMS, 2, "parameters of a function", &type->func.params,
                          &type->func.count));
    return decode_result(d, &type->func.has_result, &type->func.result);
}

static int decode_resource(struct decoder *d, struct ast_type *type) {
    struct module_value rep;
    type->kind = AST_TYPE_RESOURCE;
    TRY(module_type_value(&d->in, &rep));
    type->resource.rep = rep.code;
    TRY(decode_flag(d, &type->resource.has_dtor, "whether there is a destructor (0 or 1)"));
    return type->resource.has_dtor ? reader_u32(&d->in, &type->resource.dtor, "the index of a destructor")
                                   : 0;
}

enum { DECL_CORE_TYPE, DECL_TYPE, DECL_ALIAS, DECL_IMPORT, DECL_EXPORT };

static int decode_decl_export(struct decoder *d, struct ast_def *def) {
    def->kind = AST_EXPORT;
    def->export.has_type = true;
    TRY(decode_extern_name(d, &def->export.name));
    return decode_extern_type(d, &def->export.type);
}

static int decode_decl(struct decoder *d, bool component, struct ast_def *def) {
    uint8_t form;
    def->offset = decoder_offset(d);
    TRY(reader_byte(&d->in, &form, "a declaration"));
    switch (form) {
    case DECL_CORE_TYPE: def->kind = AST_CORE_TYPE; return decode_core_type(d, &def->core_type);
    case DECL_TYPE: def->kind = AST_TYPE; return decode_type(d, &def->type);
    case DECL_ALIAS: def->kind = AST_ALIAS; return decode_alias(d, &def->alias);
    case DECL_EXPORT: return decode_decl_export(d, def);
    case DECL_IMPORT:
        if (component)
            return decode_import(d, def);
        return decoder_fail_back(d, "a declaration of an instance type (an import is none)");
    default: return decoder_fail_back(d, "a declaration (0 to 4)");
    }
}

/* The declarations of a component or instance type. */
static int decode_scope(struct decoder *d, struct ast_type *type, bool component) {
    uint32_t count;
    type->kind = component ? AST_TYPE_COMPONENT : AST_TYPE_INSTANCE;
    TRY(decoder_enter(d));
    TRY(reader_count(&d->in, &count, LIMIT_COMPONENT_DECLS, 2, "declarations"));
    struct ast_scope *scope;
    TRY(decoder_array(d, 1, &scope));
    TRY(decoder_array(d, count, &scope->defs));
    for (uint32_t i = 0; i < count; i++, scope->count++)
        TRY(decode_decl(d, component, &scope->defs[i]));
    type->scope = scope;
    d->depth--;
    return 0;
}

int decode_type(struct decoder *d, struct ast_type **ret) {
    uint8_t code;
    struct ast_type *type;
    TRY(decoder_array(d, 1, &type));
    *ret = type;
    type->offset = decoder_offset(d);
    TRY(reader_byte(&d->in, &code, "a type"));
    switch (code) {
    case 0x3f: return decode_resource(d, type);
    case 0x40: return decode_func(d, type, false);
    case 0x43: return decode_func(d, type, true);
    case 0x41: return decode_scope(d, type, true);
    case 0x42: return decode_scope(d, type, false);
    default: break;
    }
    if (!is_primitive(code))
        return decode_defined(d, code, type);
    type->kind = AST_TYPE_PRIMITIVE;
    type->primitive = code;
    return 0;
}

/* --- types of imports and exports --- */

static int decode_bound(struct decoder *d, struct ast_extern *ret) {
    uint8_t form;
    TRY(reader_byte(&d->in, &form, "the bound of a type"));
    if (form > 1)
        return decoder_fail_back(d, "the bound of a type (0 or 1)");
    ret->bound = form == 0 ? AST_BOUND_EQ : AST_BOUND_SUB_RESOURCE;
    return form == 0 ? reader_u32(&d->in, &ret->index, "the index of a type") : 0;
}

int decode_extern_type(struct decoder *d, struct ast_extern *ret) {
    *ret = (struct ast_extern){.offset = decoder_offset(d)};
    TRY(decode_sort(d, SORTS_EXTERN, &ret->sort, "the type of an import or export"));
    /* Producers and Binary.md disagree on how it is written; nobody runs it. */
    if (ret->sort == SORT_VALUE)
        return decoder_unsupported(d, ret->offset, "the import or export of a value");
    if (ret->sort == SORT_TYPE)
        return decode_bound(d, ret);
    return reader_u32(&d->in, &ret->index, "the index of a type");
}
