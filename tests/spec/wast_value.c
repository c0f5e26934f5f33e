/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Values of scripts, { "type": …, "value": … }, to values of the room, by the type that the function has:
 * integers are decimal texts, floats the decimal texts of their bits (or nan:…), records lists of pairs.
 */
#include "wast.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* Any NaN does: the canonical ABI knows only one. */
static bool is_nan(const char *text) {
    return strncmp(text, "nan", 3) == 0;
}

static int read_number(const json_t *json, const struct type *type, struct value *ret,
                       arcella_error **reterr) {
    const char *text = json_string_value(json);
    char *end = NULL;
    if (!text || !*text)
        return error_set(reterr, ARCELLA_E_INVALID, "a %s is no text", type_kind_words(type->kind));
    errno = 0;
    ret->kind = (uint8_t)type->kind;
    switch (type->kind) {
    case TYPE_S8:
    case TYPE_S16:
    case TYPE_S32:
    case TYPE_S64: ret->s64 = strtoll(text, &end, 10); break;
    case TYPE_F32:
    case TYPE_F64:
        if (is_nan(text)) {
            *ret = type->kind == TYPE_F32 ? value_f32(__builtin_nanf("")) : value_f64(__builtin_nan(""));
            return 0;
        }
        const uint64_t bits = strtoull(text, &end, 10);
        if (type->kind == TYPE_F32)
            memcpy(&ret->f32, &(uint32_t){(uint32_t)bits}, sizeof(ret->f32));
        else
            memcpy(&ret->f64, &bits, sizeof(ret->f64));
        break;
    default: ret->u64 = strtoull(text, &end, 10);
    }
    if (errno || !end || *end)
        return error_set(reterr, ARCELLA_E_INVALID, "'%s' is no %s", text, type_kind_words(type->kind));
    return 0;
}

static int read_text(const json_t *json, const struct type *type, struct value *ret, arcella_error **reterr) {
    if (!json_is_string(json))
        return error_set(reterr, ARCELLA_E_INVALID, "a %s is no text", type_kind_words(type->kind));
    const char *text = json_string_value(json);
    const size_t length = json_string_length(json);
    uint32_t c = 0;
    if (type->kind == TYPE_STRING)
        *ret = value_text(text, (uint32_t)length);
    else if (text_utf8_next(text, length, &c) != length)
        return error_set(reterr, ARCELLA_E_INVALID, "'%s' is not one character", text);
    else
        *ret = value_unsigned(TYPE_CHAR, c);
    return 0;
}

/* The case, field or flag with this name. */
static int find_field(const struct type *type, const json_t *name, uint32_t *ret, arcella_error **reterr) {
    const char *text = json_string_value(name);
    for (uint32_t i = 0; text && i < type->count; i++)
        if (text_equal(type->fields[i].name, text_of(text))) {
            *ret = i;
            return 0;
        }
    return error_set(reterr, ARCELLA_E_INVALID, "the %s has no '%s'", type_kind_words(type->kind),
                     text ? text : "(no name)");
}

/* A payload, or none. */
static int read_case(const json_t *json, const struct type *type, uint32_t index, struct arena *arena,
                     struct value *ret, arcella_error **reterr) {
    const struct type *payload = type->fields[index].type;
    *ret = value_case(type->kind, index, NULL);
    if (!payload || !json || json_is_null(json)) {
        if (payload || (json && !json_is_null(json)))
            return error_set(reterr, ARCELLA_E_INVALID,
                             "case %u of the %s: payload where there is none, or none", index,
                             type_kind_words(type->kind));
        return 0;
    }
    struct value *item = arena_new(arena, struct value);
    if (!item)
        return error_nomem(reterr);
    ret->items = item;
    return wast_value(json, payload, arena, item, reterr);
}

static int read_items(const json_t *json, const struct type *type, struct arena *arena, struct value *ret,
                      arcella_error **reterr) {
    const bool fixed = type->kind != TYPE_LIST && type->kind != TYPE_MAP;
    const uint32_t each = type->kind == TYPE_MAP ? 2 : 1;
    const size_t count = json_array_size(json);
    if (!json_is_array(json) || count > UINT32_MAX / 2 || (fixed && count != type->count))
        return error_set(reterr, ARCELLA_E_INVALID, "no array that fits a %s", type_kind_words(type->kind));
    struct value *items = arena_array(arena, count * each, sizeof(*items));
    if (!items)
        return error_nomem(reterr);
    *ret = value_items(type->kind, items, (uint32_t)count);
    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_array_get(json, i);
        int r = 0;
        if (type->kind == TYPE_MAP) {
            r = wast_value(json_array_get(item, 0), type->fields[0].type, arena, &items[2 * i], reterr);
            if (!r)
                r = wast_value(json_array_get(item, 1), type->fields[1].type, arena, &items[2 * i + 1],
                               reterr);
        } else if (type->kind == TYPE_RECORD) {
            uint32_t at;
            r = find_field(type, json_array_get(item, 0), &at, reterr);
            if (!r && at != i)
                r = error_set(reterr, ARCELLA_E_INVALID, "field %zu stands at %u", i, at);
            if (!r)
                r = wast_value(json_array_get(item, 1), type->fields[i].type, arena, &items[i], reterr);
        } else
            r = wast_value(item, type->fields[fixed ? i : 0].type, arena, &items[i], reterr);
        if (r)
            return error_wrap(reterr, r, "%s, %zu", type_kind_words(type->kind), i);
    }
    return 0;
}

static int read_flags(const json_t *json, const struct type *type, struct value *ret,
                      arcella_error **reterr) {
    size_t i;
    json_t *name;
    uint64_t bits = 0;
    json_array_foreach(json, i, name) {
        uint32_t at;
        const int r = find_field(type, name, &at, reterr);
        if (r)
            return r;
        bits |= UINT64_C(1) << at;
    }
    *ret = value_unsigned(TYPE_FLAGS, bits);
    return 0;
}

static int read_result(const json_t *json, const struct type *type, struct arena *arena, struct value *ret,
                       arcella_error **reterr) {
    const json_t *ok = json_object_get(json, "Ok");
    const json_t *bad = json_object_get(json, "Err");
    if (!ok == !bad)
        return error_set(reterr, ARCELLA_E_INVALID, "a result is neither Ok nor Err");
    return read_case(ok ? ok : bad, type, ok ? 0 : 1, arena, ret, reterr);
}

int wast_value(const json_t *json, const struct type *type, struct arena *arena, struct value *ret,
               arcella_error **reterr) {
    const char *kind = json_string_value(json_object_get(json, "type"));
    const json_t *v = json_object_get(json, "value");
    uint32_t index;
    int r;
    if (!kind || strcmp(kind, type_kind_words(type->kind)) != 0)
        return error_set(reterr, ARCELLA_E_INVALID, "the script has a %s, the function a %s",
                         kind ? kind : "(nothing)", type_kind_words(type->kind));
    switch (type->kind) {
    case TYPE_BOOL:
        *ret = value_bool(json_is_true(v));
        return json_is_boolean(v) ? 0 : error_set(reterr, ARCELLA_E_INVALID, "a bool is none");
    case TYPE_CHAR:
    case TYPE_STRING: return read_text(v, type, ret, reterr);
    case TYPE_RECORD:
    case TYPE_TUPLE:
    case TYPE_LIST:
    case TYPE_MAP: return read_items(v, type, arena, ret, reterr);
    case TYPE_VARIANT:
        r = find_field(type, json_object_get(v, "case"), &index, reterr);
        return r ? r : read_case(json_object_get(v, "payload"), type, index, arena, ret, reterr);
    case TYPE_ENUM:
        r = find_field(type, v, &index, reterr);
        return r ? r : read_case(NULL, type, index, arena, ret, reterr);
    case TYPE_OPTION: return read_case(v, type, json_is_null(v) ? 0 : 1, arena, ret, reterr);
    case TYPE_RESULT: return read_result(v, type, arena, ret, reterr);
    case TYPE_FLAGS: return read_flags(v, type, ret, reterr);
    default:
        if (type->kind < TYPE_CHAR)
            return read_number(v, type, ret, reterr);
        return error_set(reterr, ARCELLA_E_UNSUPPORTED, "the runner makes no %s", kind);
    }
}

/* --- printing --- */

static void add(struct buffer *to, const char *text) {
    const int r = buffer_text(to, text, NULL); /* full: cut */
    (void)r;
}

static void print_scalar(const struct type *type, const struct value *v, struct buffer *to) {
    char text[64];
    switch (type->kind) {
    case TYPE_BOOL: snprintf(text, sizeof(text), "%s", v->boolean ? "true" : "false"); break;
    case TYPE_S8:
    case TYPE_S16:
    case TYPE_S32:
    case TYPE_S64: snprintf(text, sizeof(text), "%lld", (long long)v->s64); break;
    case TYPE_F32: snprintf(text, sizeof(text), "%.9g", (double)v->f32); break;
    case TYPE_F64: snprintf(text, sizeof(text), "%.17g", v->f64); break;
    case TYPE_CHAR:
    case TYPE_FLAGS:
        snprintf(text, sizeof(text), "%s %#llx", type_kind_words(type->kind), (unsigned long long)v->u64);
        break;
    case TYPE_OWN:
    case TYPE_BORROW:
        snprintf(text, sizeof(text), "%s %u: %llu", type_kind_words(type->kind), v->count,
                 (unsigned long long)v->u64);
        break;
    default: snprintf(text, sizeof(text), "%llu", (unsigned long long)v->u64);
    }
    add(to, text);
}

static void print_items(const struct type *type, const struct value *v, struct arena *arena,
                        struct buffer *to) {
    add(to, "(");
    for (uint32_t i = 0; i < v->count; i++) {
        if (i)
            add(to, ", ");
        if (type->kind == TYPE_MAP) {
            wast_value_print(type->fields[0].type, &v->items[2 * i], arena, to);
            add(to, ": ");
            wast_value_print(type->fields[1].type, &v->items[2 * i + 1], arena, to);
        } else if (type->kind == TYPE_LIST) {
            struct value item;
            if (value_item(type, v, i, arena, &item, NULL) == 0)
                wast_value_print(type->fields[0].type, &item, arena, to);
        } else
            wast_value_print(type->fields[i].type, &v->items[i], arena, to);
    }
    add(to, ")");
}

void wast_value_print(const struct type *type, const struct value *value, struct arena *arena,
                      struct buffer *to) {
    if (value->kind != type->kind) {
        add(to, "(a value of another type)");
        return;
    }
    switch (type->kind) {
    case TYPE_STRING:
        if (text_add_json(to, value->text, value->count, 200, NULL) < 0)
            add(to, "…");
        return;
    case TYPE_RECORD:
    case TYPE_TUPLE:
    case TYPE_LIST:
    case TYPE_MAP: print_items(type, value, arena, to); return;
    case TYPE_VARIANT:
    case TYPE_ENUM:
    case TYPE_OPTION:
    case TYPE_RESULT: {
        const struct type_field *of = value->count < type->count ? &type->fields[value->count] : NULL;
        const int r = of ? buffer_format(to, NULL, "%.*s", (int)of->name.length, of->name.data) : -1;
        if (r || !of->type || !value->items)
            return;
        add(to, "(");
        wast_value_print(of->type, value->items, arena, to);
        add(to, ")");
        return;
    }
    default: print_scalar(type, value, to);
    }
}
