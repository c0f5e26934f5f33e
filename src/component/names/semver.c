/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Semantic versions: reading and ordering. */
#include "component/names/semver.h"

#include <string.h>

#include "component/names/name.h"

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* A number without leading zeros, at most 64 bits. */
static bool read_number(struct text text, size_t *at, uint64_t *ret) {
    size_t begin = *at;
    uint64_t value = 0;
    for (; *at < text.length && is_digit(text.data[*at]); (*at)++)
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(text.data[*at] - '0'), &value))
            return false;
    *ret = value;
    return *at > begin && (text.data[begin] != '0' || *at == begin + 1);
}

/* Identifiers with dots between, up to what is none; numbers of a pre-release have no leading zeros. */
static bool read_identifiers(struct text text, size_t *at, bool pre, struct text *ret) {
    size_t begin = *at, word = *at;
    bool numeric = true;
    for (;; (*at)++) {
        char c = *at < text.length ? text.data[*at] : '\0';
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
        if (letter || is_digit(c)) {
            numeric = numeric && !letter;
            continue;
        }
        if (*at == word || (pre && numeric && text.data[word] == '0' && *at > word + 1))
            return false;
        if (c != '.')
            break;
        word = *at + 1;
        numeric = true;
    }
    *ret = (struct text){text.data + begin, *at - begin};
    return true;
}

bool semver_parse(struct text text, struct semver *ret) {
    struct semver v = {.pre = TEXT(""), .build = TEXT("")};
    size_t at = 0;
    bool settled = false;
    for (size_t i = 0; i < ARRAY_LENGTH(v.numbers); i++) {
        if (i > 0 && (at >= text.length || text.data[at++] != '.'))
            return false;
        if (!read_number(text, &at, &v.numbers[i]))
            return false;
        /* The track ends with the first number that is not 0. */
        if (!settled)
            v.track = at;
        settled |= v.numbers[i] != 0;
    }
    if (at < text.length && text.data[at] == '-') {
        at++;
        if (!read_identifiers(text, &at, true, &v.pre))
            return false;
    }
    if (at < text.length && text.data[at] == '+') {
        at++;
        if (!read_identifiers(text, &at, false, &v.build))
            return false;
    }
    if (at != text.length)
        return false;
    *ret = v;
    return true;
}

bool semver_is(struct text text) {
    struct semver v;
    return semver_parse(text, &v);
}

/* The next identifier of a pre-release; *rest moves behind it and its dot. */
static struct text next_identifier(struct text *rest) {
    const char *dot = memchr(rest->data, '.', rest->length);
    struct text word = {rest->data, dot ? (size_t)(dot - rest->data) : rest->length};
    size_t used = word.length + (dot ? 1 : 0);
    *rest = (struct text){rest->data + used, rest->length - used};
    return word;
}

static bool is_numeric(struct text word) {
    for (size_t i = 0; i < word.length; i++)
        if (!is_digit(word.data[i]))
            return false;
    return true;
}

static int compare_identifiers(struct text a, struct text b) {
    bool na = is_numeric(a), nb = is_numeric(b);
    if (na != nb)
        return na ? -1 : 1;
    if (na && a.length != b.length)
        return a.length < b.length ? -1 : 1;
    int order = memcmp(a.data, b.data, a.length < b.length ? a.length : b.length);
    return order ? order : (a.length > b.length) - (a.length < b.length);
}

int semver_compare(const struct semver *a, const struct semver *b) {
    for (size_t i = 0; i < ARRAY_LENGTH(a->numbers); i++)
        if (a->numbers[i] != b->numbers[i])
            return a->numbers[i] < b->numbers[i] ? -1 : 1;
    struct text pa = a->pre, pb = b->pre;
    if (!pa.length || !pb.length)
        return (pb.length > 0) - (pa.length > 0);
    while (pa.length && pb.length) {
        int order = compare_identifiers(next_identifier(&pa), next_identifier(&pb));
        if (order)
            return order;
    }
    return (pa.length > 0) - (pb.length > 0);
}
