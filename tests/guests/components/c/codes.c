/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Component: hashes and codes.
 */
#include <stdlib.h>
#include <string.h>

#include "encodes.h"

#define CODES(name) exports_test_codes_codes_##name

static void *need(size_t bytes) {
    void *made = malloc(bytes ? bytes : 1);
    if (!made)
        abort();
    return made;
}

static uint32_t crc32(const uint8_t *data, size_t size) {
    uint32_t crc = ~0u;
    for (size_t i = 0; i < size; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320 : 0);
    }
    return ~crc;
}

static uint64_t fnv64(const uint8_t *data, size_t size) {
    uint64_t h = 0xCBF29CE484222325;
    for (size_t i = 0; i < size; i++)
        h = (h ^ data[i]) * 0x100000001B3;
    return h;
}

/* ---- SHA-256, FIPS 180-4; its constants are roots of the first primes, computed when first used ---- */

static uint32_t sha_start[8], sha_round[64];

/* The first 32 bits of the fraction of p^(1/degree): the largest x with x^degree <= p * 2^(32 * degree). */
static uint32_t root_fraction(unsigned p, int degree) {
    uint64_t x = 0;
    for (int bit = 36; bit >= 0; bit--) {
        uint64_t y = x | 1ull << bit;
        unsigned __int128 power = (unsigned __int128)y * y;
        unsigned __int128 bound = (unsigned __int128)p << 32 * degree;
        if (degree == 3 && (power >> 80 || power * y > bound))
            continue;
        if (degree == 2 && power > bound)
            continue;
        x = y;
    }
    return (uint32_t)x;
}

static void sha_constants(void) {
    unsigned p = 2;
    for (int n = 0; n < 64 && !sha_round[63]; p++) {
        bool prime = true;
        for (unsigned d = 2; d * d <= p; d++)
            prime = prime && p % d;
        if (!prime)
            continue;
        if (n < 8)
            sha_start[n] = root_fraction(p, 2);
        sha_round[n++] = root_fraction(p, 3);
    }
}

static uint32_t turn(uint32_t x, int by) {
    return x >> by | x << (32 - by);
}

static void sha_block(uint32_t h[8], const uint8_t *at) {
    uint32_t w[64], v[8];
    for (int i = 0; i < 16; i++)
        w[i] = (uint32_t)at[4 * i] << 24 | at[4 * i + 1] << 16 | at[4 * i + 2] << 8 | at[4 * i + 3];
    for (int i = 16; i < 64; i++) {
        uint32_t a = w[i - 15], b = w[i - 2];
        w[i] = w[i - 16] + (turn(a, 7) ^ turn(a, 18) ^ a >> 3) + w[i - 7] +
               (turn(b, 17) ^ turn(b, 19) ^ b >> 10);
    }
    memcpy(v, h, sizeof v);
    for (int i = 0; i < 64; i++) {
        uint32_t s1 = turn(v[4], 6) ^ turn(v[4], 11) ^ turn(v[4], 25),
                 choice = (v[4] & v[5]) ^ (~v[4] & v[6]);
        uint32_t t1 = v[7] + s1 + choice + sha_round[i] + w[i];
        uint32_t s0 = turn(v[0], 2) ^ turn(v[0], 13) ^ turn(v[0], 22);
        uint32_t most = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
        memmove(v + 1, v, 7 * sizeof *v);
        v[4] += t1;
        v[0] = t1 + s0 + most;
    }
    for (int i = 0; i < 8; i++)
        h[i] += v[i];
}

static void sha256(const uint8_t *data, size_t size, uint8_t out[32]) {
    uint32_t h[8];
    uint8_t last[128] = {0};
    size_t whole = size / 64 * 64, rest = size - whole, padded = rest < 56 ? 64 : 128;
    sha_constants();
    memcpy(h, sha_start, sizeof h);
    for (size_t i = 0; i < whole; i += 64)
        sha_block(h, data + i);
    memcpy(last, data + whole, rest);
    last[rest] = 0x80;
    for (int i = 0; i < 8; i++)
        last[padded - 1 - i] = (uint8_t)((uint64_t)size * 8 >> 8 * i);
    for (size_t i = 0; i < padded; i += 64)
        sha_block(h, last + i);
    for (int i = 0; i < 32; i++)
        out[i] = (uint8_t)(h[i / 4] >> (24 - 8 * (i % 4)));
}

void CODES(hash)(CODES(algorithm_t) how, encodes_list_u8_t *data, CODES(digest_t) * ret) {
    ret->tag = how;
    if (how == EXPORTS_TEST_CODES_CODES_ALGORITHM_CRC32) {
        ret->val.crc32 = crc32(data->ptr, data->len);
    } else if (how == EXPORTS_TEST_CODES_CODES_ALGORITHM_FNV64) {
        ret->val.fnv64 = fnv64(data->ptr, data->len);
    } else {
        ret->val.sha256 = (encodes_list_u8_t){need(32), 32};
        sha256(data->ptr, data->len, ret->val.sha256.ptr);
    }
    encodes_list_u8_free(data);
}

void CODES(sha256_hex)(encodes_string_t *text, encodes_string_t *ret) {
    static const char digits[] = "0123456789abcdef";
    uint8_t sum[32];
    sha256(text->ptr, text->len, sum);
    encodes_string_free(text);
    *ret = (encodes_string_t){need(64), 64};
    for (int i = 0; i < 64; i++)
        ret->ptr[i] = (uint8_t)digits[sum[i / 2] >> (i % 2 ? 0 : 4) & 15];
}

/* ---- base64, RFC 4648 ---- */

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void CODES(base64)(encodes_list_u8_t *data, encodes_string_t *ret) {
    *ret = (encodes_string_t){need((data->len + 2) / 3 * 4), (data->len + 2) / 3 * 4};
    for (size_t i = 0, at = 0; i < data->len; i += 3, at += 4) {
        uint32_t bits = 0;
        for (size_t k = 0; k < 3; k++)
            bits = bits << 8 | (i + k < data->len ? data->ptr[i + k] : 0);
        for (size_t k = 0; k < 4; k++)
            ret->ptr[at + k] = i + k > data->len ? '=' : (uint8_t)letters[bits >> (18 - 6 * k) & 63];
    }
    encodes_list_u8_free(data);
}

bool CODES(base64_decode)(encodes_string_t *text, encodes_list_u8_t *ret, uint32_t *err) {
    size_t len = text->len, made = 0;
    uint32_t bits = 0;
    bool good = true;
    while (len && text->ptr[len - 1] == '=')
        len--;
    *ret = (encodes_list_u8_t){need(len), 0};
    for (size_t i = 0; i < len && good; i++) {
        const char *found = text->ptr[i] ? strchr(letters, text->ptr[i]) : NULL;
        if (!found) {
            *err = (uint32_t)i;
            good = false;
            break;
        }
        bits = bits << 6 | (uint32_t)(found - letters);
        if (i % 4)
            ret->ptr[made++] = (uint8_t)(bits >> (6 - 2 * (i % 4)));
    }
    if (good && (text->len % 4 || text->len - len > 2)) {
        *err = (uint32_t)text->len;
        good = false;
    }
    if (!good)
        free(ret->ptr);
    ret->len = made;
    encodes_string_free(text);
    return good;
}

/* ---- */

/* The mode's highest bit is the first flag. */
static uint16_t mirrored(uint16_t bits) {
    uint16_t out = 0;
    for (int i = 0; i < 9; i++)
        out |= (uint16_t)((bits >> i & 1) << (8 - i));
    return out;
}

bool CODES(from_mode)(uint16_t mode, CODES(access_t) * ret) {
    *ret = mirrored(mode);
    return mode <= 0777;
}

uint16_t CODES(to_mode)(CODES(access_t) granted) {
    return mirrored(granted);
}

uint32_t CODES(rotate)(uint32_t letter, int32_t by) {
    uint32_t first = letter >= 'a' ? 'a' : 'A';
    if (letter < first || letter > first + 25)
        return letter;
    return first + (letter - first + (uint32_t)(by % 26 + 26)) % 26;
}

void CODES(run_lengths)(encodes_list_u8_t *data, encodes_list_tuple2_u8_u32_t *ret) {
    *ret = (encodes_list_tuple2_u8_u32_t){need(data->len * sizeof *ret->ptr), 0};
    for (size_t i = 0; i < data->len; i++) {
        if (!i || data->ptr[i] != data->ptr[i - 1])
            ret->ptr[ret->len++] = (encodes_tuple2_u8_u32_t){data->ptr[i], 0};
        ret->ptr[ret->len - 1].f1++;
    }
    encodes_list_u8_free(data);
}

void CODES(invert)(encodes_list_u8_t *data, encodes_list_u8_t *ret) {
    for (size_t i = 0; i < data->len; i++)
        data->ptr[i] = (uint8_t)~data->ptr[i];
    *ret = *data;
}

uint32_t CODES(large)(uint32_t size) {
    encodes_list_u8_t data = {need(size), size};
    for (size_t i = 0; i < size; i++)
        data.ptr[i] = (uint8_t)i;
    CODES(invert)(&data, &data);
    uint32_t crc = crc32(data.ptr, size);
    free(data.ptr);
    return crc;
}
