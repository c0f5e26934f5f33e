/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Strings between guests and the host, in three encodings and nine directions.
 *
 * How often realloc is called and with what is part of the ABI and seen by the guest: allocate for the best
 * case, grow to the worst when it does not hold, shrink to what was used (component-model,
 * design/mvp/CanonicalABI.md, store_string_into_range and what it calls).  All of a source is checked before
 * the first allocation, as lifting comes before lowering there.
 */
#include "component/abi/abi.h"
#include "component/value/utf.h"

#define UTF16_TAG 0x80000000u

/* A string in a memory, its bounds and characters checked. */
struct source {
    const uint8_t *bytes;
    uint32_t length; /* bytes */
    enum utf encoding;
    bool tagged; /* of a guest of latin1+utf16 */
};
/* Room in a guest's memory. */
struct target {
    struct abi_call *call;
    struct abi_guest *guest;
    uint32_t pointer;
    uint32_t bytes; /* allocated */
};

static int fault_text(struct abi_call *call, enum utf encoding) {
    return abi_fault(call, ABI_FAULT_TEXT, "a string is not valid %s",
                     encoding == UTF_8 ? "utf-8" : "utf-16");
}

static int check_content(struct abi_call *call, const struct source *source) {
    if (source->encoding == UTF_8
            ? utf8_valid(source->bytes, source->length)
            : source->encoding == UTF_LATIN1 || utf16_valid(source->bytes, source->length / 2))
        return 0;
    return fault_text(call, source->encoding);
}

/* What is transcoded goes by characters, some ten times as slow as what is copied; the budget is one of time
 * as well. */
static int charge_transcoding(struct abi_call *call, const struct source *source) {
    return abi_charge(call, 3 * (uint64_t)source->length);
}

/* Find a string that a guest named (load_string_from_range). */
static int open_source(struct abi_call *call, struct abi_guest *from, uint32_t pointer, uint32_t tagged,
                       struct source *ret) {
    uint64_t bytes = tagged;
    uint32_t align = 2;
    ret->encoding = UTF_LATIN1;
    ret->tagged = from->encoding == ENCODING_LATIN1_UTF16;
    if (LIKELY(from->encoding == ENCODING_UTF8)) {
        align = 1;
        ret->encoding = UTF_8;
    } else if (from->encoding == ENCODING_UTF16 || tagged & UTF16_TAG) {
        if (ret->tagged)
            bytes ^= UTF16_TAG;
        bytes *= 2;
        ret->encoding = UTF_16;
    }
    if (UNLIKELY(bytes > LIMIT_STRING_BYTES))
        return abi_fault(call, ABI_FAULT_LENGTH, "a string takes %llu bytes, at most %u are allowed",
                         (unsigned long long)bytes, LIMIT_STRING_BYTES);
    if (UNLIKELY(pointer & (align - 1)))
        return abi_fault(call, ABI_FAULT_UNALIGNED, "unaligned pointer %#x to a string", pointer);
    if (UNLIKELY(!abi_inside(from, pointer, bytes)))
        return abi_fault(call, ABI_FAULT_STRING_BOUNDS,
                         "string content out of bounds: %llu bytes at %#x, the memory has %llu",
                         (unsigned long long)bytes, pointer, (unsigned long long)from->memory.size);
    ret->length = (uint32_t)bytes;
    int r = abi_charge(call, bytes);
    /* A memory may be absent where nothing is in it: only the length 0 comes this far then. */
    ret->bytes = from->memory.base ? from->memory.base + pointer : (const uint8_t *)"";
    return r ? r : check_content(call, ret);
}

static int resize(struct target *to, uint32_t align, uint32_t bytes) {
    int r = abi_realloc(to->call, to->guest, to->pointer, to->bytes, align, bytes, &to->pointer);
    to->bytes = bytes;
    return r;
}

static uint8_t *at(const struct target *to) {
    return to->guest->memory.base + to->pointer;
}

/* The source's bytes as they are. */
static int copy(struct target *to, const struct source *source, uint32_t align) {
    int r = resize(to, align, source->length);
    if (!r && source->length) /* one guest's memory may be both, so the two may overlap */
        memmove(at(to), source->bytes, source->length);
    return r;
}

/* UTF-16 and Latin-1 to UTF-8: as long as it is ASCII, a byte a unit is enough. */
static int to_utf8(struct target *to, const struct source *source, uint32_t *ret_tagged) {
    bool wide = source->encoding == UTF_16;
    uint32_t units = wide ? source->length / 2 : source->length;
    int r = resize(to, 1, units);
    if (r)
        return r;
    size_t ascii;
    if (wide) {
        ascii = utf16_take_ascii(source->bytes, units, at(to));
    } else {
        ascii = utf_ascii(source->bytes, units);
        if (ascii && source->bytes)
            memmove(at(to), source->bytes, ascii);
    }
    *ret_tagged = units;
    if (ascii == units)
        return 0;
    uint32_t worst = units * (wide ? 3 : 2); /* below 2^29 */
    r = resize(to, 1, worst);
    if (r)
        return r;
    size_t rest = wide ? utf16_to_utf8(source->bytes + 2 * ascii, units - ascii, at(to) + ascii)
                       : latin1_to_utf8(source->bytes + ascii, units - ascii, at(to) + ascii);
    if (UNLIKELY(rest == SIZE_MAX))
        return fault_text(to->call, source->encoding);
    *ret_tagged = (uint32_t)(ascii + rest);
    return *ret_tagged < worst ? resize(to, 1, *ret_tagged) : 0;
}

static int to_utf16(struct target *to, const struct source *source, uint32_t *ret_tagged) {
    uint32_t worst = source->length * 2; /* below 2^29 */
    int r = resize(to, 2, worst);
    if (r)
        return r;
    size_t bytes = source->encoding == UTF_8 ? utf8_to_utf16(source->bytes, source->length, at(to))
                                             : latin1_to_utf16(source->bytes, source->length, at(to));
    if (UNLIKELY(bytes == SIZE_MAX))
        return fault_text(to->call, source->encoding);
    *ret_tagged = (uint32_t)(bytes / 2);
    return bytes < worst ? resize(to, 2, (uint32_t)bytes) : 0;
}

/* A character above U+00FF was met: what is there as Latin-1 becomes UTF-16, then the rest follows. */
static int widen(struct target *to, const struct source *source, uint32_t units, uint32_t narrow,
                 size_t taken, uint32_t *ret_tagged) {
    uint32_t worst = units * 2;
    int r = resize(to, 2, worst);
    if (r)
        return r;
    uint8_t *p = at(to);
    for (uint32_t i = narrow; i-- > 0;)
        abi_store16(p + 2 * i, p[i]);
    size_t rest = source->length - taken;
    if (source->encoding == UTF_16)
        memmove(p + 2 * narrow, source->bytes + taken, rest);
    else
        rest = utf8_to_utf16(source->bytes + taken, rest, p + 2 * narrow);
    if (UNLIKELY(rest == SIZE_MAX))
        return fault_text(to->call, source->encoding);
    uint32_t bytes = 2 * narrow + (uint32_t)rest;
    *ret_tagged = (bytes / 2) | UTF16_TAG;
    return bytes < worst ? resize(to, 2, bytes) : 0;
}

/* UTF-8 and UTF-16 to latin1+utf16. */
static int to_latin1_or_utf16(struct target *to, const struct source *source, uint32_t *ret_tagged) {
    bool wide = source->encoding == UTF_16;
    uint32_t units = wide ? source->length / 2 : source->length;
    int r = resize(to, 2, units);
    if (r)
        return r;
    size_t taken = 0;
    size_t narrow = wide ? utf16_to_latin1(source->bytes, units, at(to), &taken)
                         : utf8_to_latin1(source->bytes, units, at(to), &taken);
    if (UNLIKELY(narrow == SIZE_MAX))
        return fault_text(to->call, source->encoding);
    if (taken < source->length)
        return widen(to, source, units, (uint32_t)narrow, taken, ret_tagged);
    *ret_tagged = (uint32_t)narrow;
    return narrow < units ? resize(to, 2, (uint32_t)narrow) : 0;
}

/* UTF-16 of a guest of latin1+utf16 to another such: probably it stays what it is. */
static int probably_utf16(struct target *to, const struct source *source, uint32_t *ret_tagged) {
    int r = copy(to, source, 2);
    if (r)
        return r;
    uint32_t units = source->length / 2;
    uint8_t *p = at(to);
    if (!utf16_is_latin1(p, units)) {
        *ret_tagged = units | UTF16_TAG;
        return 0;
    }
    for (uint32_t i = 0; i < units; i++)
        p[i] = p[2 * i];
    *ret_tagged = units;
    return resize(to, 1, units);
}

static bool stays(const struct source *source, enum ast_encoding to) {
    switch (to) {
    case ENCODING_UTF8: return source->encoding == UTF_8;
    case ENCODING_UTF16: return source->encoding == UTF_16;
    default: return source->encoding == UTF_LATIN1;
    }
}

static int store_source(struct abi_call *call, const struct source *source, struct abi_guest *guest,
                        uint32_t *ret_pointer, uint32_t *ret_tagged) {
    struct target to = {.call = call, .guest = guest};
    int r = stays(source, guest->encoding) ? 0 : charge_transcoding(call, source);
    if (UNLIKELY(r))
        return r;
    *ret_tagged = source->encoding == UTF_16 ? source->length / 2 : source->length;
    if (LIKELY(guest->encoding == ENCODING_UTF8))
        r = source->encoding == UTF_8 ? copy(&to, source, 1) : to_utf8(&to, source, ret_tagged);
    else if (guest->encoding == ENCODING_UTF16)
        r = source->encoding == UTF_16 ? copy(&to, source, 2) : to_utf16(&to, source, ret_tagged);
    else if (source->encoding == UTF_LATIN1)
        r = copy(&to, source, 2);
    else if (source->tagged)
        r = probably_utf16(&to, source, ret_tagged);
    else
        r = to_latin1_or_utf16(&to, source, ret_tagged);
    *ret_pointer = to.pointer;
    return r;
}

int abi_string_copy(struct abi_call *call, struct abi_guest *from, uint32_t pointer, uint32_t tagged,
                    struct abi_guest *to, uint32_t *ret_pointer, uint32_t *ret_tagged) {
    struct source source = {0};
    int r = open_source(call, from, pointer, tagged, &source);
    return r ? r : store_source(call, &source, to, ret_pointer, ret_tagged);
}

int abi_string_lower_other(struct abi_call *call, struct text text, struct abi_guest *to,
                           uint32_t *ret_pointer, uint32_t *ret_tagged) {
    struct source source = {
        .bytes = (const uint8_t *)text.data, .length = (uint32_t)text.length, .encoding = UTF_8};
    return store_source(call, &source, to, ret_pointer, ret_tagged);
}

int abi_fault_string(struct abi_call *call, struct text text) {
    if (text.length > LIMIT_STRING_BYTES)
        return abi_fault(call, ABI_FAULT_LENGTH, "a string takes %zu bytes, at most %u are allowed",
                         text.length, LIMIT_STRING_BYTES);
    return fault_text(call, UTF_8);
}

int abi_string_lift(struct abi_call *call, struct abi_guest *from, uint32_t pointer, uint32_t tagged,
                    struct text *ret) {
    struct source source = {0};
    int r = open_source(call, from, pointer, tagged, &source);
    if (r)
        return r;
    if (LIKELY(source.encoding == UTF_8)) {
        *ret = (struct text){(const char *)source.bytes, source.length};
        return 0;
    }
    r = charge_transcoding(call, &source);
    if (r)
        return r;
    bool wide = source.encoding == UTF_16;
    size_t worst = wide ? (size_t)source.length / 2 * 3 : (size_t)source.length * 2;
    uint8_t *text = call->arena ? arena_alloc(call->arena, worst ? worst : 1) : NULL;
    if (!text)
        return abi_fault(call, ABI_FAULT_NOMEM, "no memory for a string of %zu bytes", worst);
    size_t length = wide ? utf16_to_utf8(source.bytes, source.length / 2, text)
                         : latin1_to_utf8(source.bytes, source.length, text);
    if (UNLIKELY(length == SIZE_MAX))
        return fault_text(call, UTF_16);
    *ret = (struct text){(const char *)text, length};
    return 0;
}
