/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Names with their attributes, and sorts.  Source: Binary.md (nameattributes, sort, core:sort). */
#include "component/decode/internal.h"

int decode_name(struct decoder *d, struct text *ret, const char *what) {
    struct reader before = d->in;
    TRY(reader_name(&d->in, ret, what));
    if (ret->length <= LIMIT_COMPONENT_NAME_BYTES)
        return 0;
    return error_set(d->in.reterr, ARCELLA_E_LIMIT, "%s at byte %zu has %zu bytes, %d are allowed", what,
                     (size_t)(before.at - before.start), ret->length, LIMIT_COMPONENT_NAME_BYTES);
}

static int decode_attribute(struct decoder *d, struct ast_name *name, unsigned *seen) {
    uint8_t kind;
    struct text *const places[] = {&name->implements, &name->version_suffix, &name->external_id};
    TRY(reader_byte(&d->in, &kind, "an attribute of a name"));
    if (kind >= ARRAY_LENGTH(places))
        return decoder_fail_back(d, "an attribute of a name (0 to 2)");
    if (*seen & 1u << kind)
        return decoder_fail_back(d, "each attribute of a name once");
    *seen |= 1u << kind;
    return decode_name(d, places[kind], "an attribute of a name");
}

int decode_extern_name(struct decoder *d, struct ast_name *ret) {
    uint8_t form;
    uint32_t count = 0;
    unsigned seen = 0;
    *ret = (struct ast_name){.name = TEXT(""),
                             .implements = TEXT(""),
                             .version_suffix = TEXT(""),
                             .external_id = TEXT(""),
                             .offset = decoder_offset(d)};
    TRY(reader_byte(&d->in, &form, "a name"));
    if (form > 2)
        return decoder_fail_back(d, "a name (0x00, 0x01 or 0x02)");
    TRY(decode_name(d, &ret->name, "a name"));
    if (form == 2)
        TRY(reader_u32(&d->in, &count, "the number of attributes"));
    for (uint32_t i = 0; i < count; i++) /* ends at the fourth: each may be there once */
        TRY(decode_attribute(d, ret, &seen));
    ret->has_implements = seen & 1;
    return 0;
}

/* Find a sort by its code. */
static bool sort_of(uint8_t code, bool core, enum component_sort *ret) {
    static const struct {
        uint8_t code;
        bool core;
    } codes[] = {
#define XX(name, number, is_core, words) {number, is_core},
        COMPONENT_SORT_MAP(XX)
#undef XX
    };
    for (unsigned i = 0; i < ARRAY_LENGTH(codes); i++)
        if (codes[i].code == code && codes[i].core == core) {
            *ret = (enum component_sort)i;
            return true;
        }
    return false;
}

/* The byte just read is the code of a sort. */
static int take_sort(struct decoder *d, uint8_t code, bool core, uint32_t allowed, enum component_sort *ret,
                     const char *what) {
    if (!sort_of(code, core, ret))
        return decoder_fail_back(d, what);
    if (allowed & 1u << *ret)
        return 0;
    d->in.at--;
    return reader_refuse(&d->in, "a %s cannot stand here, expected %s", component_sort_words(*ret), what);
}

int decode_sort(struct decoder *d, uint32_t allowed, enum component_sort *ret, const char *what) {
    uint8_t code;
    TRY(reader_byte(&d->in, &code, what));
    if (code != 0)
        return take_sort(d, code, false, allowed, ret, what);
    return decode_core_sort(d, allowed, ret, what);
}

int decode_core_sort(struct decoder *d, uint32_t allowed, enum component_sort *ret, const char *what) {
    uint8_t code;
    TRY(reader_byte(&d->in, &code, what));
    return take_sort(d, code, true, allowed, ret, what);
}
