/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Numbers as text and back: integers of each width, floats rounded once and written shortest; characters. */
#include "component/value/number.h"

#include <float.h>
#include <math.h>

static size_t digits_length(struct text text, size_t at) {
    size_t end = at;
    while (end < text.length && text.data[end] >= '0' && text.data[end] <= '9')
        end++;
    return end - at;
}

size_t value_number_length(struct text text, bool *ret_integer) {
    size_t at = text.length && text.data[0] == '-';
    size_t digits = digits_length(text, at);
    *ret_integer = true;
    if (!digits)
        return 0;
    at += text.data[at] == '0' ? 1 : digits;
    if (at + 1 < text.length && text.data[at] == '.') {
        size_t fraction = digits_length(text, at + 1);
        if (!fraction)
            return at;
        at += 1 + fraction;
        *ret_integer = false;
    }
    if (at < text.length && (text.data[at] == 'e' || text.data[at] == 'E')) {
        size_t sign = at + 1 < text.length && (text.data[at + 1] == '+' || text.data[at + 1] == '-');
        size_t exponent = digits_length(text, at + 1 + sign);
        if (!exponent)
            return at;
        at += 1 + sign + exponent;
        *ret_integer = false;
    }
    return at;
}

bool value_integer_of(enum type_kind kind, struct text digits, struct value *ret) {
    bool negative = digits.length && digits.data[0] == '-';
    uint64_t sum = 0;
    for (size_t i = negative; i < digits.length; i++)
        if (__builtin_mul_overflow(sum, 10, &sum) ||
            __builtin_add_overflow(sum, (uint64_t)(digits.data[i] - '0'), &sum))
            return false;
    bool is_signed = kind == TYPE_S8 || kind == TYPE_S16 || kind == TYPE_S32 || kind == TYPE_S64;
    unsigned bits = kind == TYPE_S8 || kind == TYPE_U8     ? 8
                    : kind == TYPE_S16 || kind == TYPE_U16 ? 16
                    : kind == TYPE_S32 || kind == TYPE_U32 ? 32
                                                           : 64;
    uint64_t most = UINT64_MAX >> (64 - bits);
    if (is_signed)
        most >>= 1;
    if (negative && !is_signed)
        return false;
    if (sum > most + negative)
        return false;
    *ret = is_signed ? value_signed(kind, negative ? (int64_t)(0 - sum) : (int64_t)sum)
                     : value_unsigned(kind, sum);
    return true;
}

/* The longest decimal that decides the rounding of a double has 767 digits; further ones are let be. */
#define FLOAT_BYTES 1100

bool value_float_of(enum type_kind kind, struct text digits, struct value *ret) {
    char text[FLOAT_BYTES];
    if (digits.length >= sizeof(text))
        return false;
    memcpy(text, digits.data, digits.length);
    text[digits.length] = '\0';
    /* From the text to each width at once: by way of a double, a float would be rounded twice. */
    *ret = kind == TYPE_F32 ? value_f32(strtof(text, NULL)) : value_f64(strtod(text, NULL));
    return true;
}

int value_add_float(struct buffer *to, enum type_kind kind, const struct value *value,
                    arcella_error **reterr) {
    char text[40];
    bool single = kind == TYPE_F32;
    double number = single ? (double)value->f32 : value->f64;
    /* So many digits always come back, without zeros behind them; a subnormal number has fewer of its own. */
    bool subnormal = fabs(number) < (single ? (double)FLT_MIN : DBL_MIN);
    for (int precision = subnormal ? 1 : single ? FLT_DIG : DBL_DIG;; precision++) {
        snprintf(text, sizeof(text), "%.*g", precision, number);
        bool same = single ? strtof(text, NULL) == value->f32 : strtod(text, NULL) == number;
        if (same || precision >= 17)
            break;
    }
    return buffer_text(to, text, reterr);
}

size_t value_put_character(uint32_t c, char *to) {
    if (c < 0x80) {
        to[0] = (char)c;
        return 1;
    }
    size_t length = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = length - 1; i > 0; i--, c >>= 6)
        to[i] = (char)(0x80 | (c & 0x3f));
    to[0] = (char)(((0xf00u >> length) & 0xff) | c);
    return length;
}
