/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Types of the ast made into interned ones: each definition costs as much as it has parts, since an index
 * stands for a type that is there.
 */
#include "component/decode/types_build.h"

#include <string.h>

#include "base/mem.h"
#include "component/names/name.h"

/* What all functions here carry. */
struct build {
    struct types *types;
    const struct types_lookup *lookup;
    arcella_error **reterr;
};

static int at_byte(const struct build *b, int status, const char *what, uint32_t offset) {
    return status ? error_wrap(b->reterr, status, "%s at byte %u", what, offset) : 0;
}

/* Codes from 0x7f down, as Binary.md has them (primvaltype). */
static int build_primitive(const struct build *b, uint8_t code, const struct type **ret) {
    static const enum type_kind kinds[] = {TYPE_BOOL, TYPE_S8,   TYPE_U8,    TYPE_S16, TYPE_U16,
                                           TYPE_S32,  TYPE_U32,  TYPE_S64,   TYPE_U64, TYPE_F32,
                                           TYPE_F64,  TYPE_CHAR, TYPE_STRING};
    unsigned down = 0x7fu - code;
    if (code == 0x64)
        *ret = types_primitive(b->types, TYPE_ERROR_CONTEXT);
    else if (code <= 0x7f && down < ARRAY_LENGTH(kinds))
        *ret = types_primitive(b->types, kinds[down]);
    else
        return error_set(b->reterr, ARCELLA_E_WASM, "type code 0x%02x is no primitive", code);
    return 0;
}

static int build_value(const struct build *b, const struct ast_valtype *from, const struct type **ret) {
    int status = from->is_index ? b->lookup->value(b->lookup->user, from->index, ret, b->reterr)
                                : build_primitive(b, from->primitive, ret);
    return at_byte(b, status, "type", from->offset);
}

/* --- fields --- */

static int check_name(const struct build *b, struct name_set *names, struct text name, const char *what) {
    int status = label_check(name, what, b->reterr);
    return status ? status : name_set_add_label(names, name, what, b->reterr);
}

/* Make the fields of a type: names checked where `what` says what they are. *ret is for mem_free. */
static int build_fields(const struct build *b, const struct ast_field *from, uint32_t count, const char *what,
                        struct type_field **ret) {
    CLEANUP(name_set_done) struct name_set names = {0};
    MEM_AUTO struct type_field *fields = mem_array(count ? count : 1, sizeof(*fields));
    if (!fields)
        return error_nomem(b->reterr);
    for (uint32_t i = 0; i < count; i++) {
        int status = what ? check_name(b, &names, from[i].name, what) : 0;
        if (!status && from[i].has_type)
            status = build_value(b, &from[i].type, &fields[i].type);
        if (status)
            return status;
        fields[i].name = what ? from[i].name : TEXT("");
    }
    *ret = TAKE(fields);
    return 0;
}

/* --- definitions --- */

struct form {
    enum type_kind kind;
    const char *names; /* what its labels are; NULL: it has none */
};
static bool form_of(enum ast_defined what, struct form *ret) {
    static const struct {
        enum ast_defined what;
        struct form form;
    } forms[] = {
        {AST_RECORD, {TYPE_RECORD, "record field"}},
        {AST_VARIANT, {TYPE_VARIANT, "variant case"}},
        {AST_LIST, {TYPE_LIST, NULL}},
        {AST_FIXED_LIST, {TYPE_FIXED_LIST, NULL}},
        {AST_TUPLE, {TYPE_TUPLE, NULL}},
        {AST_FLAGS, {TYPE_FLAGS, "flag"}},
        {AST_ENUM, {TYPE_ENUM, "enum case"}},
        {AST_OPTION, {TYPE_OPTION, NULL}},
        {AST_RESULT, {TYPE_RESULT, NULL}},
        {AST_STREAM, {TYPE_STREAM, NULL}},
        {AST_FUTURE, {TYPE_FUTURE, NULL}},
        {AST_MAP, {TYPE_MAP, NULL}},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(forms); i++)
        if (forms[i].what == what) {
            *ret = forms[i].form;
            return true;
        }
    return false;
}

static int build_handle(const struct build *b, const struct ast_type *from, const struct type **ret) {
    uint32_t resource;
    int status = b->lookup->resource(b->lookup->user, from->defined.index, &resource, b->reterr);
    return status ? status
                  : types_handle(b->types, from->defined.what == AST_OWN ? TYPE_OWN : TYPE_BORROW, resource,
                                 ret, b->reterr);
}

static int build_defined(const struct build *b, const struct ast_type *from, const struct type **ret) {
    if (from->kind == AST_TYPE_PRIMITIVE)
        return build_primitive(b, from->primitive, ret);
    if (from->kind != AST_TYPE_DEFINED)
        return error_set(b->reterr, ARCELLA_E_WASM, "expected a value type");
    if (from->defined.what == AST_OWN || from->defined.what == AST_BORROW)
        return build_handle(b, from, ret);
    struct form form;
    if (!form_of(from->defined.what, &form))
        return error_set(b->reterr, ARCELLA_E_WASM, "type code 0x%02x is none", from->defined.what);
    MEM_AUTO struct type_field *fields = NULL;
    int status = build_fields(b, from->defined.fields, from->defined.count, form.names, &fields);
    if (status)
        return status;
    if (form.kind == TYPE_OPTION) {
        struct type_field two[2] = {{.type = NULL}, {.type = fields[0].type}};
        return types_make(b->types, form.kind, two, 2, 0, ret, b->reterr);
    }
    return types_make(b->types, form.kind, fields, from->defined.count, from->defined.length, ret, b->reterr);
}

int types_build_defined(struct types *types, const struct types_lookup *lookup, const struct ast_type *from,
                        const struct type **ret, arcella_error **reterr) {
    struct build b = {types, lookup, reterr};
    return at_byte(&b, build_defined(&b, from, ret), "type", from->offset);
}

/* --- functions --- */

static int build_func(const struct build *b, const struct ast_type *from, const struct func_type **ret) {
    if (from->kind != AST_TYPE_FUNC)
        return error_set(b->reterr, ARCELLA_E_WASM, "expected a function type");
    MEM_AUTO struct type_field *params = NULL;
    const struct type *result = NULL;
    int status = build_fields(b, from->func.params, from->func.count, "function parameter", &params);
    if (!status && from->func.has_result)
        status = build_value(b, &from->func.result, &result);
    if (status)
        return status;
    return types_func(b->types, params, from->func.count, result, from->func.async, ret, b->reterr);
}

int types_build_func(struct types *types, const struct types_lookup *lookup, const struct ast_type *from,
                     const struct func_type **ret, arcella_error **reterr) {
    struct build b = {types, lookup, reterr};
    return at_byte(&b, build_func(&b, from, ret), "type", from->offset);
}
