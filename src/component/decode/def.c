/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Aliases, instances, imports, exports, start.  Source: Binary.md (the sections of these names). */
#include "component/decode/internal.h"

enum { ALIAS_FORM_EXPORT, ALIAS_FORM_CORE_EXPORT, ALIAS_FORM_OUTER };

/* The sort stands before the form that says which sorts there may be. */
static int read_alias_head(struct decoder *d, enum component_sort *ret_sort, uint8_t *ret_form) {
    TRY(decode_sort(d, UINT32_MAX, ret_sort, "the sort of an alias"));
    return reader_byte(&d->in, ret_form, "the form of an alias");
}

static int check_alias_sort(struct decoder *d, uint32_t offset, enum component_sort sort, uint32_t allowed,
                            const char *what) {
    if (allowed & 1u << sort)
        return 0;
    d->in.at = d->in.start + offset;
    return reader_refuse(&d->in, "%s cannot name a %s", what, component_sort_words(sort));
}

int decode_alias(struct decoder *d, struct ast_alias *ret) {
    uint8_t form;
    uint32_t offset = decoder_offset(d);
    *ret = (struct ast_alias){.name = TEXT("")};
    TRY(read_alias_head(d, &ret->sort, &form));
    switch (form) {
    case ALIAS_FORM_EXPORT:
        ret->kind = AST_ALIAS_EXPORT;
        TRY(check_alias_sort(d, offset, ret->sort, SORTS_EXTERN, "an alias of an export"));
        break;
    case ALIAS_FORM_CORE_EXPORT:
        ret->kind = AST_ALIAS_CORE_EXPORT;
        TRY(check_alias_sort(d, offset, ret->sort, SORTS_CORE_EXPORT, "an alias of a core export"));
        break;
    case ALIAS_FORM_OUTER:
        ret->kind = AST_ALIAS_OUTER;
        TRY(check_alias_sort(d, offset, ret->sort, SORTS_OUTER, "an outer alias"));
        TRY(reader_u32(&d->in, &ret->outer, "how far out an alias goes"));
        return reader_u32(&d->in, &ret->index, "an index");
    default: return decoder_fail_back(d, "the form of an alias (0 to 2)");
    }
    TRY(reader_u32(&d->in, &ret->instance, "the index of an instance"));
    return decode_name(d, &ret->name, "the name of an export");
}

static int decode_arg(struct decoder *d, bool is_inline, struct ast_arg *arg) {
    arg->name = (struct ast_name){.implements = TEXT(""),
                                  .version_suffix = TEXT(""),
                                  .external_id = TEXT(""),
                                  .offset = decoder_offset(d)};
    if (is_inline)
        TRY(decode_extern_name(d, &arg->name));
    else
        TRY(decode_name(d, &arg->name.name, "the name of an argument"));
    TRY(decode_sort(d, SORTS_EXTERN, &arg->ref.sort, "what is given to or exported by an instance"));
    return reader_u32(&d->in, &arg->ref.index, "an index");
}

int decode_instance(struct decoder *d, struct ast_def *ret) {
    uint32_t count;
    TRY(decode_flag(d, &ret->instance.is_inline, "an instance (0 or 1)"));
    if (!ret->instance.is_inline)
        TRY(reader_u32(&d->in, &ret->instance.index, "the index of a component"));
    TRY(reader_count(&d->in, &count, LIMIT_COMPONENT_ARGS, 3, "arguments or exports"));
    TRY(decoder_array(d, count, &ret->instance.args));
    for (; ret->instance.count < count; ret->instance.count++)
        TRY(decode_arg(d, ret->instance.is_inline, &ret->instance.args[ret->instance.count]));
    return 0;
}

int decode_import(struct decoder *d, struct ast_def *ret) {
    ret->kind = AST_IMPORT;
    TRY(decode_extern_name(d, &ret->import.name));
    return decode_extern_type(d, &ret->import.type);
}

int decode_export(struct decoder *d, struct ast_def *ret) {
    TRY(decode_extern_name(d, &ret->export.name));
    TRY(decode_sort(d, SORTS_EXTERN, &ret->export.ref.sort, "what is exported"));
    TRY(reader_u32(&d->in, &ret->export.ref.index, "an index"));
    TRY(decode_flag(d, &ret->export.has_type, "whether an export has a type (0 or 1)"));
    return ret->export.has_type ? decode_extern_type(d, &ret->export.type) : 0;
}

/* Most arguments and most results of a start function, as the reference has it. */
#define START_VALUES 1000

/* Start functions take and make values, which this room does not run: they are kept by name alone. */
int decode_start(struct decoder *d) {
    uint32_t function, count, index, results;
    TRY(reader_u32(&d->in, &function, "the index of a start function"));
    TRY(reader_count(&d->in, &count, START_VALUES, 1, "arguments of a start function"));
    for (uint32_t i = 0; i < count; i++)
        TRY(reader_u32(&d->in, &index, "the index of a value"));
    TRY(reader_count(&d->in, &results, START_VALUES, 0, "results of a start function"));
    return 0;
}
