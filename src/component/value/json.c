/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Values as JSON: writing.  Reading is in json_parse.c. */
#include "component/value_json.h"

#include <math.h>

#include "component/value/json_internal.h"

struct json_writer {
    struct value_writer w;
    unsigned flags;
};

static int print(struct json_writer *j, const struct type *type, const struct value *value);

static int add(struct json_writer *j, const char *text) {
    return buffer_text(j->w.to, text, j->w.reterr);
}

static int misfit(struct json_writer *j, const struct type *type, const struct value *value) {
    return value_writer_misfit(&j->w, type, value);
}

/* Labels are ASCII without anything that wants an escape. */
static int add_label(struct json_writer *j, struct text label, const char *end) {
    TRY(add(j, "\""));
    TRY(buffer_add(j->w.to, label.data, label.length, j->w.reterr));
    TRY(add(j, "\""));
    return add(j, end);
}

/* --- texts --- */

static int add_character(struct json_writer *j, const char *bytes, size_t length, uint32_t c) {
    switch (c) {
    case '"': return add(j, "\\\"");
    case '\\': return add(j, "\\\\");
    case '\n': return add(j, "\\n");
    case '\r': return add(j, "\\r");
    case '\t': return add(j, "\\t");
    default: break;
    }
    if (c < 0x20 || c == 0x7f)
        return buffer_format(j->w.to, j->w.reterr, "\\u%04x", c);
    return buffer_add(j->w.to, bytes, length, j->w.reterr);
}

static int print_string(struct json_writer *j, const struct type *type, const struct value *value) {
    TRY(add(j, "\""));
    for (size_t at = 0; at < value->count;) {
        uint32_t c;
        size_t step = text_utf8_next(value->text + at, value->count - at, &c);
        if (!step)
            return misfit(j, type, value);
        TRY(add_character(j, value->text + at, step, c));
        at += step;
    }
    return add(j, "\"");
}

static int print_char(struct json_writer *j, const struct type *type, const struct value *value) {
    uint64_t c;
    if (!value_to_bits(type, value, &c))
        return misfit(j, type, value);
    char bytes[4];
    size_t length = value_put_character((uint32_t)c, bytes);
    TRY(add(j, "\""));
    TRY(add_character(j, bytes, length, (uint32_t)c));
    return add(j, "\"");
}

/* --- numbers --- */

/* Readers keep numbers as doubles: beyond this one they would lose digits. */
#define SAFE_INTEGER ((1ll << 53))

static int print_integer(struct json_writer *j, const struct type *type, const struct value *value) {
    uint64_t bits;
    if (!value_to_bits(type, value, &bits))
        return misfit(j, type, value);
    bool is_signed =
        type->kind == TYPE_S8 || type->kind == TYPE_S16 || type->kind == TYPE_S32 || type->kind == TYPE_S64;
    bool safe = is_signed ? value->s64 <= SAFE_INTEGER && value->s64 >= -SAFE_INTEGER : bits <= SAFE_INTEGER;
    const char *quote = safe ? "" : "\"";
    return is_signed
               ? buffer_format(j->w.to, j->w.reterr, "%s%lld%s", quote, (long long)value->s64, quote)
               : buffer_format(j->w.to, j->w.reterr, "%s%llu%s", quote, (unsigned long long)bits, quote);
}

static int print_float(struct json_writer *j, const struct type *type, const struct value *value) {
    double number = type->kind == TYPE_F32 ? (double)value->f32 : value->f64;
    if (isnan(number))
        return add(j, "\"nan\"");
    if (isinf(number))
        return add(j, number < 0 ? "\"-inf\"" : "\"inf\"");
    if (number == 0 && signbit(number))
        return add(j, "-0.0"); /* "-0" is an integer to many readers, which has no sign then */
    return value_add_float(j->w.to, type->kind, value, j->w.reterr);
}

/* --- what has parts --- */

static int print_record(struct json_writer *j, const struct type *type, const struct value *value) {
    if (value->count != type->count)
        return misfit(j, type, value);
    TRY(add(j, "{"));
    for (uint32_t i = 0; i < type->count; i++) {
        if (i)
            TRY(add(j, ","));
        TRY(add_label(j, type->fields[i].name, ":"));
        TRY(print(j, type->fields[i].type, &value->items[i]));
    }
    return add(j, "}");
}

static int print_tuple(struct json_writer *j, const struct type *type, const struct value *value) {
    if (value->count != type->count)
        return misfit(j, type, value);
    for (uint32_t i = 0; i < type->count; i++) {
        TRY(add(j, i ? "," : "["));
        TRY(print(j, type->fields[i].type, &value->items[i]));
    }
    return add(j, "]");
}

static int print_base64(struct json_writer *j, const struct value *value) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    TRY(add(j, "{\"base64\":\""));
    for (uint32_t i = 0; i < value->count; i += 3) {
        uint32_t left = value->count - i;
        uint32_t three = (uint32_t)value->bytes[i] << 16 |
                         (left > 1 ? (uint32_t)value->bytes[i + 1] << 8 : 0) |
                         (left > 2 ? value->bytes[i + 2] : 0);
        char four[4] = {digits[three >> 18], digits[three >> 12 & 63],
                        left > 1 ? digits[three >> 6 & 63] : '=', left > 2 ? digits[three & 63] : '='};
        TRY(buffer_add(j->w.to, four, sizeof(four), j->w.reterr));
    }
    return add(j, "\"}");
}

static int print_list(struct json_writer *j, const struct type *type, const struct value *value) {
    const struct type *element = type->fields[0].type;
    if ((j->flags & VALUE_JSON_BASE64) && element->kind == TYPE_U8 && value->packed)
        return print_base64(j, value);
    TRY(add(j, "["));
    for (uint32_t i = 0; i < value->count; i++) {
        struct value item;
        TRY(value_item(type, value, i, &j->w.scratch, &item, j->w.reterr));
        if (i)
            TRY(add(j, ","));
        TRY(print(j, element, &item));
        if (value->packed && j->w.scratch.block)
            arena_done(&j->w.scratch); /* fields of a packed record, just printed */
    }
    return add(j, "]");
}

static int print_map(struct json_writer *j, const struct type *type, const struct value *value) {
    TRY(add(j, "["));
    for (uint32_t i = 0; i < value->count; i++) {
        TRY(add(j, i ? ",[" : "["));
        TRY(print(j, type->fields[0].type, &value->items[2 * (size_t)i]));
        TRY(add(j, ","));
        TRY(print(j, type->fields[1].type, &value->items[2 * (size_t)i + 1]));
        TRY(add(j, "]"));
    }
    return add(j, "]");
}

static int print_case(struct json_writer *j, const struct type *type, const struct value *value) {
    if (!value_case_fits(type, value))
        return misfit(j, type, value);
    const struct type_field *field = &type->fields[value->count];
    bool result = type->kind == TYPE_RESULT;
    struct text name = !result ? field->name : value->count ? TEXT("err") : TEXT("ok");
    if (!field->type && !result)
        return add_label(j, name, "");
    TRY(add(j, "{"));
    TRY(add_label(j, name, ":"));
    TRY(field->type ? print(j, field->type, value->items) : add(j, "null"));
    return add(j, "}");
}

bool value_json_option_is_wrapped(const struct type *option) {
    return option->fields[1].type->kind == TYPE_OPTION;
}

static int print_option(struct json_writer *j, const struct type *type, const struct value *value) {
    if (!value_case_fits(type, value))
        return misfit(j, type, value);
    if (!value->count)
        return add(j, "null");
    if (!value_json_option_is_wrapped(type))
        return print(j, type->fields[1].type, value->items);
    TRY(add(j, "{\"some\":"));
    TRY(print(j, type->fields[1].type, value->items));
    return add(j, "}");
}

static int print_flags(struct json_writer *j, const struct type *type, const struct value *value) {
    uint64_t bits;
    if (!value_to_bits(type, value, &bits))
        return misfit(j, type, value);
    bool any = false;
    TRY(add(j, "["));
    for (uint32_t i = 0; i < type->count; i++) {
        if (!(bits >> i & 1))
            continue;
        if (any)
            TRY(add(j, ","));
        any = true;
        TRY(add_label(j, type->fields[i].name, ""));
    }
    return add(j, "]");
}

static int print_handle(struct json_writer *j, const struct type *type, const struct value *value) {
    uint64_t number;
    TRY(value_writer_handle(&j->w, type, value, &number));
    return buffer_format(j->w.to, j->w.reterr, "{\"handle\":%llu}", (unsigned long long)number);
}

static int print(struct json_writer *j, const struct type *type, const struct value *value) {
    if (value->kind != type->kind)
        return misfit(j, type, value);
    switch (type->kind) {
    case TYPE_BOOL: return add(j, value->boolean ? "true" : "false");
    case TYPE_F32:
    case TYPE_F64: return print_float(j, type, value);
    case TYPE_CHAR: return print_char(j, type, value);
    case TYPE_STRING: return print_string(j, type, value);
    case TYPE_RECORD: return print_record(j, type, value);
    case TYPE_TUPLE: return print_tuple(j, type, value);
    case TYPE_LIST: return print_list(j, type, value);
    case TYPE_MAP: return print_map(j, type, value);
    case TYPE_VARIANT:
    case TYPE_RESULT: return print_case(j, type, value);
    case TYPE_OPTION: return print_option(j, type, value);
    case TYPE_ENUM:
        return value->count < type->count ? add_label(j, type->fields[value->count].name, "")
                                          : misfit(j, type, value);
    case TYPE_FLAGS: return print_flags(j, type, value);
    case TYPE_OWN:
    case TYPE_BORROW: return print_handle(j, type, value);
    default: break;
    }
    if (type->kind < TYPE_CHAR)
        return print_integer(j, type, value);
    return error_set(j->w.reterr, ARCELLA_E_UNSUPPORTED, "a %s has no text", type_kind_words(type->kind));
}

int value_json_print(struct buffer *to, const struct type *type, const struct value *value,
                     const struct value_handles *handles, unsigned flags, arcella_error **reterr) {
    struct json_writer j = {.w = {.to = to, .handles = handles, .reterr = reterr}, .flags = flags};
    int r = print(&j, type, value);
    arena_done(&j.w.scratch);
    return r;
}
