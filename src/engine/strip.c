/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Bodies out of core modules, section by section.  Sizes of what is enclosed are written last, into five
 * bytes that were kept for them: a number may be written longer than it needs (core specification, 5.2.2).
 */
#include "engine/strip.h"

#include "base/limits.h"
#include "engine/module_type.h"
#include "engine/section.h"

#define TRY(call)                                                                                            \
    do {                                                                                                     \
        int try_ = (call);                                                                                   \
        if (try_)                                                                                            \
            return try_;                                                                                     \
    } while (0)

#define SIZE_BYTES 5 /* the longest form of 32 bits */

struct stripper {
    struct buffer *to;
    arcella_error **reterr;
};

static int put(struct stripper *s, const void *bytes, size_t count) {
    return count ? buffer_add(s->to, bytes, count, s->reterr) : 0;
}

static int put_byte(struct stripper *s, uint8_t byte) {
    return put(s, &byte, 1);
}

/* Keep room for a size. */
static int open_size(struct stripper *s, size_t *ret_at) {
    static const uint8_t zeros[SIZE_BYTES];
    *ret_at = s->to->length;
    return put(s, zeros, sizeof(zeros));
}

/* Say how much was written behind it. */
static void close_size(struct stripper *s, size_t at) {
    uint32_t size = (uint32_t)(s->to->length - at - SIZE_BYTES); /* the whole has fewer than 32 bits */
    for (int i = 0; i < SIZE_BYTES; i++) {
        s->to->data[at + (size_t)i] = (char)((size & 0x7f) | (i + 1 < SIZE_BYTES ? 0x80 : 0));
        size >>= 7;
    }
}

/* What a body becomes: its size, no locals, and a byte that is no instruction in any version of the language.
 */
static const uint8_t body[] = {2, 0x00, 0xff};

bool strip_is_body(const struct buffer *stripped, uint64_t offset) {
    return offset >= sizeof(body) - 1 && offset < stripped->length &&
           memcmp(stripped->data + offset - (sizeof(body) - 1), body, sizeof(body)) == 0;
}

/* The code section: as many bodies, all the same. */
static int strip_code(struct stripper *s, struct reader *in) {
    uint32_t count, size;
    TRY(reader_count(in, &count, UINT32_MAX, 2, "function bodies"));
    TRY(section_write_u32(s->to, count, s->reterr));
    for (uint32_t i = 0; i < count; i++) {
        TRY(reader_u32(in, &size, "a body's size"));
        TRY(reader_skip(in, size, "a function body"));
        TRY(put(s, body, sizeof(body)));
    }
    return reader_left(in) ? reader_fail(in, "the end of the section") : 0;
}

/* One data segment, without its bytes. */
static int strip_segment(struct stripper *s, struct reader *in) {
    const uint8_t *start = in->at;
    uint32_t flags, index, size;
    TRY(reader_u32(in, &flags, "a data segment"));
    if (flags == 2)
        TRY(reader_u32(in, &index, "a memory"));
    if (flags == 0 || flags == 2)
        TRY(module_type_skip_constant(in));
    else if (flags != 1)
        return reader_refuse(in, "a data segment of form %u", flags);
    TRY(put(s, start, (size_t)(in->at - start)));
    TRY(reader_u32(in, &size, "a data segment's size"));
    TRY(reader_skip(in, size, "a data segment"));
    return put_byte(s, 0);
}

static int strip_segments(struct stripper *s, struct reader *in) {
    uint32_t count;
    TRY(reader_count(in, &count, UINT32_MAX, 2, "data segments"));
    TRY(section_write_u32(s->to, count, s->reterr));
    for (uint32_t i = 0; i < count; i++)
        TRY(strip_segment(s, in));
    return reader_left(in) ? reader_fail(in, "the end of the section") : 0;
}

/* The data section; as it stands where we cannot read it: it is not for us to judge. */
static int strip_data(struct stripper *s, struct reader *in) {
    struct reader whole = *in;
    size_t before = s->to->length;
    in->reterr = NULL;
    int r = strip_segments(s, in);
    if (r != ARCELLA_E_WASM && r != ARCELLA_E_LIMIT)
        return r;
    s->to->length = before;
    return put(s, whole.at, reader_left(&whole));
}

/* A custom section: its name, which is judged, and nothing of what it holds. */
static int strip_custom(struct stripper *s, struct reader *in) {
    const uint8_t *start = in->at;
    struct text name;
    TRY(reader_name(in, &name, "a custom section's name"));
    return put(s, start, (size_t)(in->at - start));
}

static int strip_module(struct stripper *s, struct reader *file) {
    TRY(section_magic(file, false));
    TRY(put(s, wasm_magic_core, sizeof(wasm_magic_core)));
    while (reader_left(file) > 0) {
        uint8_t id;
        struct reader in;
        size_t at;
        TRY(section_next(file, false, &id, &in));
        TRY(put_byte(s, id));
        TRY(open_size(s, &at));
        if (id == SECTION_CODE)
            TRY(strip_code(s, &in));
        else if (id == SECTION_DATA)
            TRY(strip_data(s, &in));
        else if (id == SECTION_CUSTOM)
            TRY(strip_custom(s, &in));
        else
            TRY(put(s, in.at, reader_left(&in)));
        close_size(s, at);
    }
    return 0;
}

static int strip(struct stripper *s, struct reader *file, unsigned depth) {
    if (depth > LIMIT_COMPONENT_DEPTH)
        return error_set(s->reterr, ARCELLA_E_LIMIT, "components are nested more than %d deep",
                         LIMIT_COMPONENT_DEPTH);
    TRY(section_magic(file, true));
    TRY(put(s, wasm_magic_component, sizeof(wasm_magic_component)));
    while (reader_left(file) > 0) {
        uint8_t id;
        struct reader in;
        size_t at;
        TRY(section_next(file, true, &id, &in));
        TRY(put_byte(s, id));
        TRY(open_size(s, &at));
        if (id == COMPONENT_SECTION_MODULE)
            TRY(strip_module(s, &in));
        else if (id == COMPONENT_SECTION_COMPONENT)
            TRY(strip(s, &in, depth + 1));
        else
            TRY(put(s, in.at, reader_left(&in)));
        close_size(s, at);
    }
    return 0;
}

static struct reader read_whole(struct text bytes, arcella_error **reterr) {
    const uint8_t *start = (const uint8_t *)bytes.data;
    return (struct reader){.start = start, .at = start, .end = start + bytes.length, .reterr = reterr};
}

int strip_component(struct text bytes, struct buffer *to, arcella_error **reterr) {
    struct stripper s = {.to = to, .reterr = reterr};
    struct reader file = read_whole(bytes, reterr);
    return strip(&s, &file, 0);
}

/* (module (func)), whose body is none. */
static const uint8_t last_module[] = {
    0,    'a', 's', 'm',  1, 0,    0, 0, /* core, version 1 */
    0x01, 4,   1,   0x60, 0, 0,          /* types: one function of nothing */
    0x03, 2,   1,   0,                   /* functions: one of that type */
    0x0a, 4,   1,   2,    0, 0xff,       /* code: `body` */
};

int strip_enclosed(struct text bytes, struct buffer *to, arcella_error **reterr) {
    struct stripper s = {.to = to, .reterr = reterr};
    struct reader file = read_whole(bytes, reterr);
    size_t at;
    TRY(put(&s, wasm_magic_component, sizeof(wasm_magic_component)));
    TRY(put_byte(&s, COMPONENT_SECTION_COMPONENT));
    TRY(open_size(&s, &at));
    TRY(strip(&s, &file, 0));
    close_size(&s, at);
    TRY(put_byte(&s, COMPONENT_SECTION_MODULE));
    TRY(put_byte(&s, sizeof(last_module)));
    return put(&s, last_module, sizeof(last_module));
}
