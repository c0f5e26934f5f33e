/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Names of hosts: labels, and punycode (RFC 3492) for those that are not ASCII.  It is done here and not by
 * the resolver, so that a grant for "*.example.com" is compared with the name that is looked up.
 */
#include "host/hostname.h"

#include <arpa/inet.h>

#include "base/limits.h"

bool host_name_is_address(struct text name, struct in6_addr *ret) {
    char text[INET6_ADDRSTRLEN + 2];
    if (name.length >= 2 && name.data[0] == '[' && name.data[name.length - 1] == ']') {
        name.data++;
        name.length -= 2;
        if (!memchr(name.data, ':', name.length))
            return false;
    }
    if (name.length == 0 || name.length >= sizeof(text) || memchr(name.data, '\0', name.length))
        return false;
    memcpy(text, name.data, name.length);
    text[name.length] = '\0';
    struct in6_addr address = {.s6_addr = {[10] = 0xff, [11] = 0xff}};
    if (inet_pton(AF_INET, text, address.s6_addr + 12) != 1 && inet_pton(AF_INET6, text, &address) != 1)
        return false;
    *ret = address;
    return true;
}

/* --- punycode --- */

enum { BASE = 36, T_MIN = 1, T_MAX = 26, SKEW = 38, DAMP = 700, BIAS = 72, FIRST = 128 };

/* What is written, and how much of it fits. */
struct out {
    char *to;
    size_t length;
    size_t most;
};

static bool put(struct out *out, char c) {
    if (out->length == out->most)
        return false;
    out->to[out->length++] = c;
    return true;
}

static char digit(uint32_t value) {
    return (char)(value < 26 ? 'a' + value : '0' + (value - 26));
}

static uint32_t adapt(uint32_t delta, uint32_t count, bool first) {
    uint32_t k = 0;
    delta = first ? delta / DAMP : delta / 2;
    for (delta += delta / count; delta > (BASE - T_MIN) * T_MAX / 2; k += BASE)
        delta /= BASE - T_MIN;
    return k + (BASE - T_MIN + 1) * delta / (delta + SKEW);
}

/* One number of variable length. */
static bool put_number(struct out *out, uint32_t number, uint32_t bias) {
    for (uint32_t k = BASE;; k += BASE) {
        uint32_t t = k <= bias ? T_MIN : k >= bias + T_MAX ? T_MAX : k - bias;
        if (number < t)
            return put(out, digit(number));
        if (!put(out, digit(t + (number - t) % (BASE - t))))
            return false;
        number = (number - t) / (BASE - t);
    }
}

/* count is at most LIMIT_LABEL_BYTES and a character at most 0x10ffff, so that nothing here overflows. */
static bool put_punycode(struct out *out, const uint32_t *characters, uint32_t count) {
    uint32_t basic = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (characters[i] >= FIRST)
            continue;
        if (!put(out, (char)characters[i]))
            return false;
        basic++;
    }
    if (basic > 0 && !put(out, '-'))
        return false;
    uint32_t at = FIRST, delta = 0, bias = BIAS;
    for (uint32_t done = basic; done < count;) {
        uint32_t next = UINT32_MAX;
        for (uint32_t i = 0; i < count; i++)
            if (characters[i] >= at && characters[i] < next)
                next = characters[i];
        delta += (next - at) * (done + 1);
        at = next;
        for (uint32_t i = 0; i < count; i++) {
            delta += characters[i] < at;
            if (characters[i] != at)
                continue;
            if (!put_number(out, delta, bias))
                return false;
            bias = adapt(delta, done + 1, done == basic);
            delta = 0;
            done++;
        }
        delta++;
        at++;
    }
    return true;
}

/* --- labels --- */

static bool is_label_character(uint32_t c) {
    if (c < FIRST)
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    /* No controls and spaces of Latin-1, and nothing that people see as a dot between labels. */
    return c > 0xa0 && c != 0x3002 && c != 0xff0e && c != 0xff61;
}

/* Read a label into characters, ASCII in lower case. @return how many; 0: it is none */
static uint32_t read_label(struct text label, uint32_t *characters, bool *ret_ascii) {
    uint32_t count = 0;
    *ret_ascii = true;
    while (label.length > 0) {
        uint32_t c = 0;
        size_t bytes = text_utf8_next(label.data, label.length, &c);
        if (c >= 'A' && c <= 'Z')
            c |= 0x20;
        if (bytes == 0 || count == LIMIT_LABEL_BYTES || !is_label_character(c))
            return 0;
        *ret_ascii &= c < FIRST;
        characters[count++] = c;
        label.data += bytes;
        label.length -= bytes;
    }
    return count;
}

static bool put_label(struct out *out, struct text label) {
    uint32_t characters[LIMIT_LABEL_BYTES];
    bool ascii = true;
    uint32_t count = read_label(label, characters, &ascii);
    if (count == 0)
        return false;
    char bytes[LIMIT_LABEL_BYTES] = "xn--";
    struct out one = {.to = bytes, .length = ascii ? 0 : 4, .most = sizeof(bytes)};
    if (ascii)
        for (uint32_t i = 0; i < count; i++)
            bytes[one.length++] = (char)characters[i];
    else if (!put_punycode(&one, characters, count))
        return false;
    for (size_t i = 0; i < one.length; i++)
        if (!put(out, bytes[i]))
            return false;
    return true;
}

/* Would a resolver take a name that ends in this for an address? */
static bool is_number(const char *label) {
    return (label[0] == '0' && label[1] == 'x') || label[strspn(label, "0123456789")] == '\0';
}

bool host_name_to_ascii(struct text name, char *to) {
    struct out out = {.to = to, .most = LIMIT_HOSTNAME_BYTES};
    /* In UTF-8 no name can be longer than four bytes for each of the result. */
    if (name.length > 4 * LIMIT_HOSTNAME_BYTES)
        return false;
    if (name.length > 0 && name.data[name.length - 1] == '.')
        name.length--;
    size_t last = 0;
    for (;;) {
        const char *dot = name.length ? memchr(name.data, '.', name.length) : NULL;
        size_t length = dot ? (size_t)(dot - name.data) : name.length;
        last = out.length;
        if (!put_label(&out, (struct text){name.data, length}))
            return false;
        if (!dot)
            break;
        if (!put(&out, '.'))
            return false;
        name.data += length + 1;
        name.length -= length + 1;
    }
    to[out.length] = '\0';
    return !is_number(to + last);
}
