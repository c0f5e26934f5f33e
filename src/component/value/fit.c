/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Checking a value against a type, and copying it into the shape of that type: one walk does both, since what
 * embedders hand in is not ours to change.
 */
#include <string.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "component/value.h"
#include "component/value/utf.h"

struct fitter {
    struct arena *arena;
    arcella_error **reterr;
};

static int fit(struct fitter *f, const struct type *type, const struct value *value, struct value *ret);

static int wrong(struct fitter *f, const struct type *type, const struct value *value) {
    if (value->kind >= TYPE_KINDS)
        return error_set(f->reterr, ARCELLA_E_INVALID, "expected %s, got no value",
                         type_kind_words(type->kind));
    if (value->kind != type->kind)
        return error_set(f->reterr, ARCELLA_E_INVALID, "expected %s, got %s", type_kind_words(type->kind),
                         type_kind_words(value->kind));
    return error_set(f->reterr, ARCELLA_E_INVALID, "not in the range of %s", type_kind_words(type->kind));
}

static void *take(struct fitter *f, uint64_t count, size_t size, int *ret_error) {
    void *p = arena_array(f->arena, count, size);
    if (p)
        return p;
    const struct arena *a = f->arena;
    *ret_error = a->limit_bytes && count * size > a->limit_bytes - a->total_bytes
                     ? error_set(f->reterr, ARCELLA_E_LIMIT, "a value takes more than the %llu bytes allowed",
                                 (unsigned long long)a->limit_bytes)
                     : error_nomem(f->reterr);
    return NULL;
}

static int fit_text(struct fitter *f, const struct value *value, struct value *ret) {
    if (value->count > LIMIT_STRING_BYTES)
        return error_set(f->reterr, ARCELLA_E_LIMIT, "a string takes %u bytes, at most %u are allowed",
                         value->count, LIMIT_STRING_BYTES);
    if (!utf8_valid((const uint8_t *)value->text, value->count))
        return error_set(f->reterr, ARCELLA_E_INVALID, "a string is not valid utf-8");
    int r = 0;
    char *text = take(f, (uint64_t)value->count + 1, 1, &r);
    if (!text)
        return r;
    if (value->count)
        memcpy(text, value->text, value->count);
    *ret = value_text(text, value->count);
    return 0;
}

/* A place in an error's sentence: "field 'x': …". */
static int in_part(struct fitter *f, const struct type *type, uint32_t index, int r) {
    struct text name = type->fields[index].name;
    if (!name.length)
        return error_wrap(f->reterr, r, "field %u", index);
    return error_wrap(f->reterr, r, "%s '%.*s'", type->kind == TYPE_RECORD ? "field" : "case",
                      name.length > LIMIT_NAME_BYTES ? LIMIT_NAME_BYTES : (int)name.length, name.data);
}

static int fit_fields(struct fitter *f, const struct type *type, const struct value *value,
                      struct value *ret) {
    if (value->count != type->count)
        return error_set(f->reterr, ARCELLA_E_INVALID, "expected %s of %u fields, got %u",
                         type_kind_words(type->kind), type->count, value->count);
    int r = 0;
    struct value *items = take(f, type->count, sizeof(*items), &r);
    if (!items)
        return r;
    for (uint32_t i = 0; i < type->count; i++) {
        r = fit(f, type->fields[i].type, &value->items[i], &items[i]);
        if (r)
            return in_part(f, type, i, r);
    }
    *ret = value_items(type->kind, items, type->count);
    return 0;
}

static int fit_case(struct fitter *f, const struct type *type, const struct value *value, struct value *ret) {
    if (value->count >= type->count)
        return error_set(f->reterr, ARCELLA_E_INVALID, "case %u of %s, which has %u", value->count,
                         type_kind_words(type->kind), type->count);
    const struct type *payload = type->fields[value->count].type;
    if (!payload != !value->items) {
        int r =
            error_set(f->reterr, ARCELLA_E_INVALID, payload ? "expected a payload" : "expected no payload");
        return in_part(f, type, value->count, r);
    }
    *ret = value_case(type->kind, value->count, NULL);
    if (!payload)
        return 0;
    int r = 0;
    struct value *item = take(f, 1, sizeof(*item), &r);
    if (!item)
        return r;
    ret->items = item;
    r = fit(f, payload, value->items, item);
    return r ? in_part(f, type, value->count, r) : 0;
}

static int fit_packed(struct fitter *f, const struct type *list, const struct value *value,
                      struct value *ret) {
    const struct type *element = list->fields[0].type;
    int r = 0;
    uint8_t *bytes = take(f, value->count, list->entry_size, &r);
    if (!bytes)
        return r;
    *ret = value_packed(bytes, value->count);
    if (value->packed) {
        uint32_t at;
        if (value->count)
            memcpy(bytes, value->bytes, (size_t)value->count * list->entry_size);
        if (value_normalise(element, bytes, value->count, &at))
            return 0;
        return error_set(f->reterr, ARCELLA_E_INVALID, "element %u: not in the range of %s", at,
                         type_kind_words(element->kind));
    }
    for (uint32_t i = 0; i < value->count; i++) {
        if (value_pack(element, &value->items[i], bytes + (size_t)i * list->entry_size))
            continue;
        struct value unused; /* the slow walk knows the sentence */
        r = fit(f, element, &value->items[i], &unused);
        return error_wrap(f->reterr, r ? r : ARCELLA_E_INTERNAL, "element %u", i);
    }
    return 0;
}

static int fit_list(struct fitter *f, const struct type *type, const struct value *value, struct value *ret) {
    uint64_t bytes = (uint64_t)value->count * type->entry_size;
    if (bytes > LIMIT_STRING_BYTES)
        return error_set(f->reterr, ARCELLA_E_LIMIT, "%u elements take %llu bytes, at most %u are allowed",
                         value->count, (unsigned long long)bytes, LIMIT_STRING_BYTES);
    bool map = type->kind == TYPE_MAP;
    if (!map && value_packs(type->fields[0].type))
        return fit_packed(f, type, value, ret);
    if (value->packed)
        return error_set(f->reterr, ARCELLA_E_INVALID, "a list of this type cannot be given as bytes");
    uint64_t count = map ? 2 * (uint64_t)value->count : value->count;
    int r = 0;
    struct value *items = take(f, count, sizeof(*items), &r);
    if (!items)
        return r;
    for (uint64_t i = 0; i < count; i++) {
        r = fit(f, type->fields[map ? i & 1 : 0].type, &value->items[i], &items[i]);
        if (r && map)
            return error_wrap(f->reterr, r, "%s of entry %llu", i & 1 ? "value" : "key",
                              (unsigned long long)i / 2);
        if (r)
            return error_wrap(f->reterr, r, "element %llu", (unsigned long long)i);
    }
    *ret = value_items(type->kind, items, value->count);
    return 0;
}

static int fit_handle(struct fitter *f, const struct type *type, const struct value *value,
                      struct value *ret) {
    if (value->count != type->resource)
        return error_set(f->reterr, ARCELLA_E_INVALID, "a handle of another resource");
    if (value->u64 > UINT32_MAX)
        return wrong(f, type, value);
    *ret = *value;
    return 0;
}

static int fit(struct fitter *f, const struct type *type, const struct value *value, struct value *ret) {
    if (value->kind != type->kind)
        return wrong(f, type, value);
    if (value_has_bits(type)) {
        uint64_t bits;
        if (!value_to_bits(type, value, &bits) || !value_from_bits(type, bits, ret))
            return wrong(f, type, value);
        return 0;
    }
    switch (type->kind) {
    case TYPE_STRING: return fit_text(f, value, ret);
    case TYPE_RECORD:
    case TYPE_TUPLE: return fit_fields(f, type, value, ret);
    case TYPE_LIST:
    case TYPE_MAP: return fit_list(f, type, value, ret);
    case TYPE_VARIANT:
    case TYPE_OPTION:
    case TYPE_RESULT: return fit_case(f, type, value, ret);
    case TYPE_OWN:
    case TYPE_BORROW: return fit_handle(f, type, value, ret);
    default:
        return error_set(f->reterr, ARCELLA_E_UNSUPPORTED, "values of type %s are not supported",
                         type_kind_words(type->kind));
    }
}

/* --- what fits as it stands --- */

static bool deep_fits(const struct type *type, const struct value *value);

/* Numbers and texts, of which most values are made, are looked at in place.  What value_to_bits() takes is in
 * its one form already. */
static ALWAYS_INLINE bool fits(const struct type *type, const struct value *value) {
    uint64_t bits;
    if (type->kind <= TYPE_F64)
        return value_number_bits(type, value, &bits);
    if (type->kind == TYPE_STRING)
        return value->kind == TYPE_STRING && value->count <= LIMIT_STRING_BYTES &&
               utf8_valid((const uint8_t *)value->text, value->count);
    return deep_fits(type, value);
}

static bool is_fields(const struct type *type) {
    return type->kind == TYPE_RECORD || type->kind == TYPE_TUPLE;
}

static bool fields_fit(const struct type *type, const struct value *value) {
    if (value->kind != type->kind || value->count != type->count)
        return false;
    for (uint32_t i = 0; i < type->count; i++)
        if (!fits(type->fields[i].type, &value->items[i]))
            return false;
    return true;
}

static bool list_fits(const struct type *type, const struct value *value) {
    if ((uint64_t)value->count * type->entry_size > LIMIT_STRING_BYTES)
        return false;
    bool map = type->kind == TYPE_MAP;
    if (!map && value_packs(type->fields[0].type)) /* what is not plain might have to be brought into form */
        return value->packed && type->fields[0].type->plain;
    if (value->packed)
        return false;
    const struct type *element = type->fields[0].type;
    if (!map && is_fields(element)) {
        for (uint32_t i = 0; i < value->count; i++)
            if (!fields_fit(element, &value->items[i]))
                return false;
        return true;
    }
    uint64_t count = map ? 2 * (uint64_t)value->count : value->count;
    for (uint64_t i = 0; i < count; i++)
        if (!fits(type->fields[map ? i & 1 : 0].type, &value->items[i]))
            return false;
    return true;
}

static bool case_fits(const struct type *type, const struct value *value) {
    if (value->count >= type->count)
        return false;
    const struct type *payload = type->fields[value->count].type;
    if (!payload != !value->items)
        return false;
    return !payload || fits(payload, value->items);
}

/* What may be deep inside, and what few values are. */
static bool deep_fits(const struct type *type, const struct value *value) {
    uint64_t bits;
    if (value_has_bits(type))
        return value_to_bits(type, value, &bits);
    if (UNLIKELY(value->kind != type->kind))
        return false;
    switch (type->kind) {
    case TYPE_RECORD:
    case TYPE_TUPLE: return fields_fit(type, value);
    case TYPE_LIST:
    case TYPE_MAP: return list_fits(type, value);
    case TYPE_VARIANT:
    case TYPE_OPTION:
    case TYPE_RESULT: return case_fits(type, value);
    case TYPE_OWN:
    case TYPE_BORROW: return value->count == type->resource && value->u64 <= UINT32_MAX;
    default: return false;
    }
}

bool value_fits(const struct type *type, const struct value *value) {
    return fits(type, value);
}

int value_fit(const struct type *type, const struct value *value, struct arena *arena, struct value *ret,
              arcella_error **reterr) {
    struct fitter f = {arena, reterr};
    struct value fitted = {.kind = type->kind};
    int r = fit(&f, type, value, &fitted);
    if (!r)
        *ret = fitted;
    return r;
}
