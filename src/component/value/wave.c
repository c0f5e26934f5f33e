/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Values as WAVE: writing.  Reading is in wave_parse.c. */
#include <math.h>

#include "component/value/wave_internal.h"

static int print(struct value_writer *w, const struct type *type, const struct value *value);

static int add(struct value_writer *w, const char *text) {
    return buffer_text(w->to, text, w->reterr);
}

static int add_slice(struct value_writer *w, struct text text) {
    return buffer_add(w->to, text.data, text.length, w->reterr);
}

/* --- texts --- */

/* What has no shape of its own: controls, and the marks that change how the text around them looks. */
static bool is_invisible(uint32_t c) {
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x200b && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff;
}

static int add_character(struct value_writer *w, const char *bytes, size_t length, uint32_t c, char quote) {
    switch (c) {
    case '\\': return add(w, "\\\\");
    case '\t': return add(w, "\\t");
    case '\n': return add(w, "\\n");
    case '\r': return add(w, "\\r");
    default: break;
    }
    if (c == (uint32_t)quote)
        return buffer_format(w->to, w->reterr, "\\%c", quote);
    if (is_invisible(c))
        return buffer_format(w->to, w->reterr, "\\u{%x}", c);
    return buffer_add(w->to, bytes, length, w->reterr);
}

static int print_string(struct value_writer *w, const struct type *type, const struct value *value) {
    TRY(add(w, "\""));
    size_t at = 0;
    while (at < value->count) {
        uint32_t c;
        size_t step = text_utf8_next(value->text + at, value->count - at, &c);
        if (!step)
            return value_writer_misfit(w, type, value);
        TRY(add_character(w, value->text + at, step, c, '"'));
        at += step;
    }
    return add(w, "\"");
}

static int print_char(struct value_writer *w, const struct type *type, const struct value *value) {
    uint64_t bits;
    if (!value_to_bits(type, value, &bits))
        return value_writer_misfit(w, type, value);
    uint32_t c = (uint32_t)bits;
    char bytes[4];
    size_t length = value_put_character(c, bytes);
    TRY(add(w, "'"));
    TRY(add_character(w, bytes, length, c, '\''));
    return add(w, "'");
}

/* --- numbers --- */

static int print_float(struct value_writer *w, const struct type *type, const struct value *value) {
    double number = type->kind == TYPE_F32 ? (double)value->f32 : value->f64;
    if (isnan(number))
        return add(w, "nan");
    if (isinf(number))
        return add(w, number < 0 ? "-inf" : "inf");
    return value_add_float(w->to, type->kind, value, w->reterr);
}

static int print_number(struct value_writer *w, const struct type *type, const struct value *value) {
    uint64_t bits;
    if (!value_to_bits(type, value, &bits))
        return value_writer_misfit(w, type, value);
    switch (type->kind) {
    case TYPE_BOOL: return add(w, bits ? "true" : "false");
    case TYPE_S8:
    case TYPE_S16:
    case TYPE_S32:
    case TYPE_S64: return buffer_format(w->to, w->reterr, "%lld", (long long)value->s64);
    default: return buffer_format(w->to, w->reterr, "%llu", (unsigned long long)bits);
    }
}

/* --- what has parts --- */

static int print_record(struct value_writer *w, const struct type *type, const struct value *value) {
    if (value->count != type->count)
        return value_writer_misfit(w, type, value);
    bool any = false;
    for (uint32_t i = 0; i < type->count; i++) {
        const struct type_field *field = &type->fields[i];
        if (field->type->kind == TYPE_OPTION && value->items[i].kind == TYPE_OPTION && !value->items[i].count)
            continue;
        TRY(add(w, any ? ", " : "{"));
        any = true;
        TRY(add_slice(w, field->name));
        TRY(add(w, ": "));
        TRY(print(w, field->type, &value->items[i]));
    }
    return add(w, any ? "}" : "{:}");
}

static int print_tuple(struct value_writer *w, const struct type *type, const struct value *value) {
    if (value->count != type->count)
        return value_writer_misfit(w, type, value);
    for (uint32_t i = 0; i < type->count; i++) {
        TRY(add(w, i ? ", " : "("));
        TRY(print(w, type->fields[i].type, &value->items[i]));
    }
    return add(w, ")");
}

static int print_list(struct value_writer *w, const struct type *type, const struct value *value) {
    TRY(add(w, "["));
    for (uint32_t i = 0; i < value->count; i++) {
        struct value item;
        TRY(value_item(type, value, i, &w->scratch, &item, w->reterr));
        if (i)
            TRY(add(w, ", "));
        TRY(print(w, type->fields[0].type, &item));
        if (value->packed && w->scratch.block)
            arena_done(&w->scratch); /* fields of a packed record, just printed */
    }
    return add(w, "]");
}

static int print_map(struct value_writer *w, const struct type *type, const struct value *value) {
    TRY(add(w, "["));
    for (uint32_t i = 0; i < value->count; i++) {
        TRY(add(w, i ? ", (" : "("));
        TRY(print(w, type->fields[0].type, &value->items[2 * (size_t)i]));
        TRY(add(w, ", "));
        TRY(print(w, type->fields[1].type, &value->items[2 * (size_t)i + 1]));
        TRY(add(w, ")"));
    }
    return add(w, "]");
}

/* Words that mean something by themselves; a case of that name has a % in front. */
bool wave_is_keyword(struct text label) {
    static const char *const words[] = {"true", "false", "inf", "nan", "some", "none", "ok", "err"};
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
        if (text_equal(label, text_of(words[i])))
            return true;
    return false;
}

static int print_case(struct value_writer *w, const struct type *type, const struct value *value) {
    if (!value_case_fits(type, value))
        return value_writer_misfit(w, type, value);
    const struct type_field *field = &type->fields[value->count];
    bool named = type->kind == TYPE_VARIANT || type->kind == TYPE_ENUM;
    if (named && wave_is_keyword(field->name))
        TRY(add(w, "%"));
    if (type->kind == TYPE_RESULT)
        TRY(add(w, value->count ? "err" : "ok"));
    else if (type->kind == TYPE_OPTION)
        TRY(add(w, value->count ? "some" : "none"));
    else
        TRY(add_slice(w, field->name));
    if (!field->type)
        return 0;
    TRY(add(w, "("));
    TRY(print(w, field->type, value->items));
    return add(w, ")");
}

static int print_flags(struct value_writer *w, const struct type *type, const struct value *value) {
    uint64_t bits;
    if (!value_to_bits(type, value, &bits))
        return value_writer_misfit(w, type, value);
    bool any = false;
    TRY(add(w, "{"));
    for (uint32_t i = 0; i < type->count; i++) {
        if (!(bits >> i & 1))
            continue;
        if (any)
            TRY(add(w, ", "));
        any = true;
        TRY(add_slice(w, type->fields[i].name));
    }
    return add(w, "}");
}

static int print(struct value_writer *w, const struct type *type, const struct value *value) {
    if (value->kind != type->kind)
        return value_writer_misfit(w, type, value);
    switch (type->kind) {
    case TYPE_F32:
    case TYPE_F64: return print_float(w, type, value);
    case TYPE_CHAR: return print_char(w, type, value);
    case TYPE_STRING: return print_string(w, type, value);
    case TYPE_RECORD: return print_record(w, type, value);
    case TYPE_TUPLE: return print_tuple(w, type, value);
    case TYPE_LIST: return print_list(w, type, value);
    case TYPE_MAP: return print_map(w, type, value);
    case TYPE_VARIANT:
    case TYPE_OPTION:
    case TYPE_RESULT: return print_case(w, type, value);
    case TYPE_ENUM:
        if (value->count >= type->count)
            return value_writer_misfit(w, type, value);
        if (wave_is_keyword(type->fields[value->count].name))
            TRY(add(w, "%"));
        return add_slice(w, type->fields[value->count].name);
    case TYPE_FLAGS: return print_flags(w, type, value);
    case TYPE_OWN:
    case TYPE_BORROW: {
        uint64_t number;
        TRY(value_writer_handle(w, type, value, &number));
        return buffer_format(w->to, w->reterr, "handle(%llu)", (unsigned long long)number);
    }
    default:
        if (type->kind < TYPE_CHAR)
            return print_number(w, type, value);
        return error_set(w->reterr, ARCELLA_E_UNSUPPORTED, "a %s has no text", type_kind_words(type->kind));
    }
}

int wave_print(struct buffer *to, const struct type *type, const struct value *value,
               const struct value_handles *handles, arcella_error **reterr) {
    struct value_writer w = {.to = to, .handles = handles, .reterr = reterr};
    int r = print(&w, type, value);
    arena_done(&w.scratch);
    return r;
}
