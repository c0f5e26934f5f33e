/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The bounded reader under module_info.c.  Everything it reads is hostile.
 */
#include "engine/reader.h"

static size_t offset_of(const struct reader *r) {
    return (size_t)(r->at - r->start);
}

int reader_fail(struct reader *r, const char *what) {
    return error_set(r->reterr, ARCELLA_E_WASM, "expected %s at byte %zu", what, offset_of(r));
}

int reader_refuse(struct reader *r, const char *format, ...) {
    char sentence[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof(sentence), format, arguments);
    va_end(arguments);
    return error_set(r->reterr, ARCELLA_E_WASM, "%s at byte %zu", sentence, offset_of(r));
}

int reader_unsupported(struct reader *r, const char *what) {
    return error_set(r->reterr, ARCELLA_E_UNSUPPORTED, "%s at byte %zu is not supported", what, offset_of(r));
}

int reader_byte(struct reader *r, uint8_t *ret, const char *what) {
    if (r->at >= r->end)
        return reader_fail(r, what);
    *ret = *r->at++;
    return 0;
}

static int read_unsigned(struct reader *r, unsigned bits, uint64_t *ret, const char *what) {
    const uint8_t *at = r->at;
    uint64_t value = 0;
    for (unsigned shift = 0; shift < bits; shift += 7) {
        if (at >= r->end)
            return reader_fail(r, what);
        uint8_t byte = *at++;
        /* The last byte may only hold the bits that are left, and must be the last. */
        unsigned left = bits - shift;
        if (left < 7 && byte >> left)
            break;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) {
            r->at = at;
            *ret = value;
            return 0;
        }
    }
    return reader_refuse(r, "%s does not fit %u bits", what, bits);
}

int reader_u32(struct reader *r, uint32_t *ret, const char *what) {
    uint64_t value = 0;
    int status = read_unsigned(r, 32, &value, what);
    if (!status)
        *ret = (uint32_t)value;
    return status;
}

int reader_u64(struct reader *r, uint64_t *ret, const char *what) {
    return read_unsigned(r, 64, ret, what);
}

int reader_signed(struct reader *r, unsigned bits, int64_t *ret, const char *what) {
    const uint8_t *at = r->at;
    uint64_t value = 0;
    for (unsigned shift = 0; shift < bits; shift += 7) {
        if (at >= r->end)
            return reader_fail(r, what);
        uint8_t byte = *at++;
        unsigned left = bits - shift;
        if (left < 7) {
            /* Sign bits only behind the last bit of the number. */
            uint8_t rest = (uint8_t)(byte >> (left - 1)), ones = (uint8_t)(0x7f >> (left - 1));
            if (rest != 0 && rest != ones)
                break;
        }
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) {
            if (byte & 0x40 && shift + 7 < 64)
                value |= UINT64_MAX << (shift + 7);
            r->at = at;
            *ret = (int64_t)value;
            return 0;
        }
    }
    return reader_refuse(r, "%s does not fit %u bits", what, bits);
}

int reader_skip(struct reader *r, uint64_t count, const char *what) {
    if (count > reader_left(r))
        return reader_fail(r, what);
    r->at += count;
    return 0;
}

int reader_name(struct reader *r, struct text *ret, const char *what) {
    uint32_t length;
    int status = reader_u32(r, &length, what);
    if (status)
        return status;
    const uint8_t *bytes = r->at;
    status = reader_skip(r, length, what);
    if (status)
        return status;
    if (!text_is_utf8((const char *)bytes, length)) {
        r->at = bytes;
        return reader_refuse(r, "%s is not UTF-8", what);
    }
    *ret = (struct text){(const char *)bytes, length};
    return 0;
}

int reader_count(struct reader *r, uint32_t *ret, uint32_t most, uint32_t bytes_each, const char *what) {
    uint32_t count;
    int status = reader_u32(r, &count, what);
    if (status)
        return status;
    if (count > most)
        return error_set(r->reterr, ARCELLA_E_LIMIT, "%u %s are more than the %u that are allowed", count,
                         what, most);
    if ((uint64_t)count * bytes_each > reader_left(r))
        return reader_refuse(r, "%u %s do not fit the file", count, what);
    *ret = count;
    return 0;
}
