/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Values and types as the embedder has them.  What comes from a caller is looked at by its type before it is
 * read (spans say what they are of); what goes to one says what it is, so that it can be read, copied and
 * given back without its type.
 */
#include "api/api.h"

#include <string.h>

/* Types are at most so deep; a value that is deeper fits none. */
#define DEPTH_MAX (TYPES_DEPTH + 1)

#define SAME(field, other)                                                                                   \
    STATIC_ASSERT(offsetof(struct arcella_value, field) == offsetof(struct value, other), "one layout")
SAME(kind, kind);
SAME(packed, packed);
SAME(count, count);
SAME(of, u64);
SAME(of.items, items);
#define XX(name, number, words) STATIC_ASSERT((number) == (int)TYPE_##name, "one numbering");
ARCELLA_KIND_MAP(XX)
#undef XX

/* --- what came in --- */

static int check_items(const struct type *type, const struct arcella_value *value, arcella_error **reterr) {
    bool map = type->kind == TYPE_MAP, list = type->kind == TYPE_LIST;
    uint64_t count = map ? 2 * (uint64_t)value->count : value->count;
    if (!list && !map && count != type->count)
        return 0; /* value_fit() says so */
    if (count && !value->of.items)
        return error_set(reterr, ARCELLA_E_INVALID, "%u items at NULL", value->count);
    for (uint64_t i = 0; i < count; i++) {
        const struct type *of = type->fields[list ? 0 : map ? i & 1 : i].type;
        int r = api_value_check(of, &value->of.items[i], reterr);
        if (r)
            return error_wrap(reterr, r, "%s %llu",
                              list  ? "element"
                              : map ? "item"
                                    : "field",
                              (unsigned long long)i);
    }
    return 0;
}

static int check_span(const struct type *type, const struct arcella_value *value, arcella_error **reterr) {
    const struct type *element = type->fields[0].type;
    if (element->kind != value->element || element->kind > TYPE_CHAR)
        return error_set(reterr, ARCELLA_E_INVALID, "expected a list of %s, got a span of %s",
                         type_kind_words(element->kind),
                         value->element <= ARCELLA_CHAR ? type_kind_words(value->element) : "nothing");
    if (value->count && !value->of.bytes)
        return error_set(reterr, ARCELLA_E_INVALID, "a span of %u elements at NULL", value->count);
    return 0;
}

int api_value_check(const struct type *type, const struct arcella_value *value, arcella_error **reterr) {
    if (value->kind != type->kind)
        return 0;
    switch (type->kind) {
    case TYPE_STRING:
        if (value->count && !value->of.text)
            return error_set(reterr, ARCELLA_E_INVALID, "a string of %u bytes at NULL", value->count);
        return 0;
    case TYPE_LIST:
        if (value->packed)
            return check_span(type, value, reterr);
        return check_items(type, value, reterr);
    case TYPE_MAP:
        if (value->packed)
            return error_set(reterr, ARCELLA_E_INVALID, "a map is given as values");
        return check_items(type, value, reterr);
    case TYPE_RECORD:
    case TYPE_TUPLE: return check_items(type, value, reterr);
    case TYPE_VARIANT:
    case TYPE_OPTION:
    case TYPE_RESULT:
        if (value->count >= type->count || !value->of.items || !type->fields[value->count].type)
            return 0;
        return api_value_check(type->fields[value->count].type, value->of.items, reterr);
    default: return 0;
    }
}

/* --- what goes out --- */

/* Spans are of numbers only: of anything else an array of values. */
static int publish_packed(const struct type *type, struct value *value, struct arena *arena,
                          arcella_error **reterr) {
    const struct type *element = type->fields[0].type;
    if (element->kind <= TYPE_CHAR) {
        struct arcella_value public = api_value(*value);
        public.element = (uint8_t)element->kind;
        memcpy(value, &public, sizeof(*value));
        return 0;
    }
    struct value *items = arena_array(arena, value->count, sizeof(*items));
    if (!items)
        return error_nomem(reterr);
    for (uint32_t i = 0; i < value->count; i++) {
        int r = value_item(type, value, i, arena, &items[i], reterr);
        if (r)
            return r;
    }
    *value = value_items(TYPE_LIST, items, value->count);
    return 0;
}

int api_value_publish(const struct type *type, struct value *value, struct arena *arena,
                      arcella_error **reterr) {
    if (!type->has_pointer)
        return 0;
    /* What was lifted lies in the arena, which is ours to write. */
    struct value *items = (struct value *)value->items;
    uint64_t count = 0;
    switch (type->kind) {
    case TYPE_LIST:
        if (value->packed)
            return publish_packed(type, value, arena, reterr);
        count = value->count;
        break;
    case TYPE_MAP: count = 2 * (uint64_t)value->count; break;
    case TYPE_RECORD:
    case TYPE_TUPLE: count = type->count; break;
    case TYPE_VARIANT:
    case TYPE_OPTION:
    case TYPE_RESULT: {
        const struct type *payload = type->fields[value->count].type;
        return payload && items ? api_value_publish(payload, items, arena, reterr) : 0;
    }
    default: return 0;
    }
    int r = 0;
    for (uint64_t i = 0; !r && i < count; i++) {
        uint64_t field = type->kind == TYPE_LIST ? 0 : type->kind == TYPE_MAP ? i & 1 : i;
        r = api_value_publish(type->fields[field].type, &items[i], arena, reterr);
    }
    return r;
}

/* --- reading --- */

/* Bytes of a number in a span. */
static size_t number_bytes(uint8_t kind) {
    switch (kind) {
#define XX(name, KIND, type, member)                                                                         \
    case ARCELLA_##KIND: return sizeof(type);
        ARCELLA_NUMBER_MAP(XX)
#undef XX
    default: return 0;
    }
}

/* An element of a span: aligned or not, as the caller has it. */
static struct arcella_value number_at(const struct arcella_value *span, size_t index) {
    const char *at = (const char *)span->of.bytes + index * number_bytes(span->element);
    switch (span->element) {
#define XX(name, KIND, type, member)                                                                         \
    case ARCELLA_##KIND: {                                                                                   \
        type number;                                                                                         \
        memcpy(&number, at, sizeof(number));                                                                 \
        return arcella_value_##name(number);                                                                 \
    }
        ARCELLA_NUMBER_MAP(XX)
#undef XX
    default: return (struct arcella_value){.kind = ARCELLA_NONE};
    }
}

int arcella_value_item(const struct arcella_value *value, size_t index, struct arcella_value *ret) {
    if (!value || !ret || value->kind < ARCELLA_RECORD || value->kind > ARCELLA_LIST)
        return ARCELLA_E_KIND;
    if (index >= value->count)
        return ARCELLA_E_NOT_FOUND;
    *ret = value->packed ? number_at(value, index) : value->of.items[index];
    return 0;
}

int arcella_value_entry(const struct arcella_value *value, size_t index, struct arcella_value *ret_key,
                        struct arcella_value *ret_value) {
    if (!value || value->kind != ARCELLA_MAP)
        return ARCELLA_E_KIND;
    if (index >= value->count)
        return ARCELLA_E_NOT_FOUND;
    *ret_key = value->of.items[2 * index];
    *ret_value = value->of.items[2 * index + 1];
    return 0;
}

/* --- copying: an allocation for each thing that is pointed to; nothing for nothing --- */

/* How many values it points to. */
static uint64_t item_count(const struct arcella_value *value) {
    switch (value->kind) {
    case ARCELLA_LIST: return value->packed ? 0 : value->count;
    case ARCELLA_RECORD:
    case ARCELLA_TUPLE: return value->count;
    case ARCELLA_MAP: return 2 * (uint64_t)value->count;
    case ARCELLA_VARIANT:
    case ARCELLA_OPTION:
    case ARCELLA_RESULT: return value->of.items ? 1 : 0;
    default: return 0;
    }
}

/* How many bytes it points to. */
static uint64_t byte_count(const struct arcella_value *value) {
    if (value->kind == ARCELLA_STRING)
        return value->count;
    return value->kind == ARCELLA_LIST && value->packed ? value->count * number_bytes(value->element) : 0;
}

static int copy(const struct arcella_value *value, unsigned depth, struct arcella_value *ret,
                arcella_error **reterr) {
    uint64_t items = item_count(value), bytes = byte_count(value);
    if (depth > DEPTH_MAX)
        return error_set(reterr, ARCELLA_E_INVALID, "a value is nested more than %d deep", DEPTH_MAX);
    if (value->kind > ARCELLA_BORROW || ((items || bytes) && !value->of.items))
        return error_set(reterr, ARCELLA_E_INVALID, "there is no value to copy");
    struct arcella_value to = *value;
    if (bytes) {
        to.of.bytes = mem_copy(value->of.bytes, bytes);
        if (!to.of.bytes)
            return error_nomem(reterr);
    } else if (value->kind == ARCELLA_STRING || to.packed) {
        to.of.text = "";
    }
    struct arcella_value *made = NULL;
    if (items) {
        to.of.items = made = mem_array(items, sizeof(*made));
        if (!made)
            return error_nomem(reterr);
        for (uint64_t i = 0; i < items; i++)
            made[i].kind = ARCELLA_NONE;
    }
    *ret = to;
    int r = 0;
    for (uint64_t i = 0; !r && i < items; i++)
        r = copy(&value->of.items[i], depth + 1, &made[i], reterr);
    return r;
}

int arcella_value_copy(const struct arcella_value *value, struct arcella_value *ret, arcella_error **reterr) {
    if (!value || !ret)
        return api_error(reterr, ARCELLA_E_INVALID, "value and ret must not be NULL");
    struct arcella_value to = {.kind = ARCELLA_NONE};
    int r = copy(value, 0, &to, reterr);
    if (r)
        arcella_value_free(&to);
    else
        *ret = to;
    return api_hint(reterr, r);
}

void arcella_value_free(struct arcella_value *value) {
    if (!value || value->kind > ARCELLA_BORROW)
        return;
    uint64_t items = item_count(value);
    for (uint64_t i = 0; i < items; i++)
        arcella_value_free((struct arcella_value *)&value->of.items[i]);
    if (items || byte_count(value))
        mem_free((void *)value->of.items);
    *value = (struct arcella_value){.kind = ARCELLA_NONE};
}

/* --- types --- */

static const struct type *inner(const arcella_type *type) {
    return (const struct type *)type;
}

enum arcella_kind arcella_type_kind(const arcella_type *type) {
    return type && inner(type)->kind <= TYPE_BORROW ? (enum arcella_kind)inner(type)->kind : ARCELLA_NONE;
}

size_t arcella_type_count(const arcella_type *type) {
    return type ? inner(type)->count : 0;
}

const arcella_type *arcella_type_part(const arcella_type *type, size_t index) {
    return index < arcella_type_count(type) ? (const arcella_type *)inner(type)->fields[index].type : NULL;
}

const char *arcella_type_label(const arcella_type *type, size_t index, size_t *ret_length) {
    struct text label = {"", 0};
    if (index < arcella_type_count(type) && inner(type)->fields[index].name.length)
        label = inner(type)->fields[index].name;
    if (ret_length)
        *ret_length = label.length;
    return label.data;
}

int arcella_type_find(const arcella_type *type, const char *label) {
    struct text wanted = text_of(label ? label : "");
    for (size_t i = 0; wanted.length && i < arcella_type_count(type); i++)
        if (text_equal(inner(type)->fields[i].name, wanted))
            return (int)i;
    return ARCELLA_E_NOT_FOUND;
}

struct arcella_value arcella_value_own(const arcella_type *type, uint32_t number) {
    if (arcella_type_kind(type) != ARCELLA_OWN)
        return (struct arcella_value){.kind = ARCELLA_NONE};
    return api_value(value_handle(TYPE_OWN, inner(type)->resource, number));
}
