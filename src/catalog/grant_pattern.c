/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Patterns of grants: paths, addresses, variables.  They are read once, when a row is added; what is compared
 * at a check is normalised.  No state; any thread.
 */
#include "catalog/grant_pattern.h"

#include <arpa/inet.h>

#include "base/buffer.h"
#include "base/mem.h"

/* --- paths --- */

ssize_t grant_path_normalise(struct text path, char *to, size_t size) {
    if (path.length == 0 || size < 2 || memchr(path.data, '\0', path.length))
        return -1;
    size_t out = 0, floor = 0;
    if (path.data[0] == '/') {
        to[out++] = '/';
        floor = 1;
    }
    for (size_t at = 0; at < path.length;) {
        if (path.data[at] == '/') {
            at++;
            continue;
        }
        const char *segment = path.data + at;
        const char *slash = memchr(segment, '/', path.length - at);
        size_t length = slash ? (size_t)(slash - segment) : path.length - at;
        at += length;
        if (length == 1 && segment[0] == '.')
            continue;
        if (length == 2 && segment[0] == '.' && segment[1] == '.') {
            if (out == floor)
                return -1; /* leaves what it starts in */
            while (out > floor && to[out - 1] != '/')
                out--;
            if (out > floor)
                out--; /* the slash in front of what was dropped */
            continue;
        }
        bool separator = out > floor;
        if (length + separator >= size - out)
            return -1;
        if (separator)
            to[out++] = '/';
        memcpy(to + out, segment, length);
        out += length;
    }
    if (out == 0)
        to[out++] = '.';
    to[out] = '\0';
    return (ssize_t)out;
}

bool grant_path_beneath(struct text directory, struct text path) {
    if (directory.length == 1 && directory.data[0] == '.')
        return path.length > 0 && path.data[0] != '/';
    if (directory.length == 1 && directory.data[0] == '/')
        return path.length > 0 && path.data[0] == '/';
    if (path.length < directory.length || memcmp(path.data, directory.data, directory.length) != 0)
        return false;
    return path.length == directory.length || path.data[directory.length] == '/';
}

/* The last "::" of a text, or NULL. */
static const char *last_double_colon(const char *text) {
    const char *found = NULL;
    for (const char *at = strstr(text, "::"); at; at = strstr(at + 1, "::"))
        found = at;
    return found;
}

static int read_fs(struct grant *row, const char *pattern, arcella_error **reterr) {
    char host[LIMIT_PATH_BYTES], guest[LIMIT_PATH_BYTES];
    const char *colons = last_double_colon(pattern);
    if (!colons)
        return error_set(reterr, ARCELLA_E_INVALID, "'%.200s' is not of the form HOST::GUEST", pattern);
    struct text host_part = {pattern, (size_t)(colons - pattern)};
    struct text guest_part = text_of(colons + 2);
    if (host_part.length == 0 || host_part.data[0] != '/')
        return error_set(reterr, ARCELLA_E_INVALID, "the host path of '%.200s' is not absolute", pattern);
    ssize_t host_length = grant_path_normalise(host_part, host, sizeof(host));
    if (host_length < 0)
        return error_set(reterr, ARCELLA_E_INVALID,
                         "the host path of '%.200s' is too long or leads above '/'", pattern);
    if (guest_part.length == 0)
        return error_set(reterr, ARCELLA_E_INVALID, "'%.200s' has no guest path behind '::'", pattern);
    ssize_t guest_length = grant_path_normalise(guest_part, guest, sizeof(guest));
    if (guest_length < 0)
        return error_set(reterr, ARCELLA_E_INVALID,
                         "the guest path of '%.200s' is too long or leads above where it starts", pattern);
    /* Behind "::" a ':' would be read as part of the separator. */
    if (guest[0] == ':')
        return error_set(reterr, ARCELLA_E_INVALID, "the guest path of '%.200s' begins with ':'", pattern);
    row->pattern = mem_format("%s::%s", host, guest);
    if (!row->pattern)
        return error_nomem(reterr);
    row->value = (struct text){row->pattern, (size_t)host_length};
    row->key = (struct text){row->pattern + host_length + 2, (size_t)guest_length};
    return 0;
}

/* --- addresses --- */

/* A port number of digits only. @return false where it is none */
static bool read_port(const char *s, size_t length, uint16_t *ret) {
    if (length == 0 || length > 5)
        return false;
    unsigned value = 0;
    for (size_t i = 0; i < length; i++) {
        if (s[i] < '0' || s[i] > '9')
            return false;
        value = value * 10 + (unsigned)(s[i] - '0');
    }
    *ret = (uint16_t)value;
    return value <= UINT16_MAX;
}

static bool read_ports(struct text text, struct grant_address *ret) {
    if (text.length == 1 && text.data[0] == '*') {
        ret->port_low = 0;
        ret->port_high = UINT16_MAX;
        return true;
    }
    const char *dash = memchr(text.data, '-', text.length);
    size_t low = dash ? (size_t)(dash - text.data) : text.length;
    if (!read_port(text.data, low, &ret->port_low))
        return false;
    ret->port_high = ret->port_low;
    if (!dash)
        return true;
    return read_port(dash + 1, text.length - low - 1, &ret->port_high) && ret->port_low <= ret->port_high;
}

/* ADDRESS or ADDRESS/BITS; brackets around IPv6. */
static bool read_host(struct text text, struct grant_address *ret) {
    char host[INET6_ADDRSTRLEN + 1];
    uint16_t bits = UINT16_MAX;
    const char *slash = memchr(text.data, '/', text.length);
    if (slash) {
        size_t behind = text.length - (size_t)(slash - text.data) - 1;
        if (!read_port(slash + 1, behind, &bits) || bits > 128)
            return false;
        text.length = (size_t)(slash - text.data);
    }
    ret->v6 = text.length >= 2 && text.data[0] == '[';
    if (ret->v6) {
        if (text.data[text.length - 1] != ']')
            return false;
        text.data++;
        text.length -= 2;
    }
    if (text.length == 0 || text.length >= sizeof(host))
        return false;
    memcpy(host, text.data, text.length);
    host[text.length] = '\0';
    unsigned width = ret->v6 ? 128 : 32;
    if (bits == UINT16_MAX)
        bits = (uint16_t)width;
    if (bits > width)
        return false;
    ret->prefix = (uint8_t)(bits + 128 - width);
    memset(ret->bytes, 0, sizeof(ret->bytes));
    if (ret->v6)
        return inet_pton(AF_INET6, host, ret->bytes) == 1;
    ret->bytes[10] = ret->bytes[11] = 0xff;
    return inet_pton(AF_INET, host, ret->bytes + 12) == 1;
}

static bool read_address(struct text text, struct grant_address *ret) {
    const char *colon = text.length ? memrchr(text.data, ':', text.length) : NULL;
    if (!colon)
        return false;
    size_t host = (size_t)(colon - text.data);
    return read_host((struct text){text.data, host}, ret) &&
           read_ports((struct text){colon + 1, text.length - host - 1}, ret);
}

bool grant_address_read(struct text text, struct grant_address *ret) {
    struct grant_address address = {0};
    if (!read_address(text, &address) || address.prefix != 128 || address.port_low != address.port_high)
        return false;
    *ret = address;
    return true;
}

bool grant_address_matches(const struct grant_address *pattern, const struct grant_address *one) {
    if (pattern->v6 != one->v6 || one->port_low < pattern->port_low || one->port_high > pattern->port_high)
        return false;
    size_t whole = pattern->prefix / 8, rest = pattern->prefix % 8;
    if (memcmp(pattern->bytes, one->bytes, whole) != 0)
        return false;
    return rest == 0 || ((pattern->bytes[whole] ^ one->bytes[whole]) >> (8 - rest)) == 0;
}

static int read_net(struct grant *row, const char *pattern, arcella_error **reterr) {
    struct grant_address *a = &row->address;
    if (!read_address(text_of(pattern), a))
        return error_set(
            reterr, ARCELLA_E_INVALID,
            "'%.200s' is not an address in numbers and a port, such as 127.0.0.1:8080 or [::1]:80", pattern);
    /* Written anew, so that equal patterns are equal texts. */
    char host[INET6_ADDRSTRLEN], bits[8] = "", port[16] = "*";
    if (!inet_ntop(a->v6 ? AF_INET6 : AF_INET, a->v6 ? a->bytes : a->bytes + 12, host, sizeof(host)))
        return error_set(reterr, ARCELLA_E_INVALID, "'%.200s' is not an address", pattern);
    if (a->prefix != 128)
        snprintf(bits, sizeof(bits), "/%u", a->v6 ? a->prefix : a->prefix - 96u);
    if (a->port_low == a->port_high)
        snprintf(port, sizeof(port), "%u", a->port_low);
    else if (a->port_low != 0 || a->port_high != UINT16_MAX)
        snprintf(port, sizeof(port), "%u-%u", a->port_low, a->port_high);
    row->pattern = mem_format("%s%s%s%s:%s", a->v6 ? "[" : "", host, a->v6 ? "]" : "", bits, port);
    if (!row->pattern)
        return error_nomem(reterr);
    row->key = text_of(row->pattern);
    return 0;
}

/* --- the rest --- */

static int read_env(struct grant *row, const char *pattern, arcella_error **reterr) {
    const char *equals = strchr(pattern, '=');
    if (!equals || equals == pattern)
        return error_set(reterr, ARCELLA_E_INVALID, "'%.200s' is not of the form NAME=VALUE", pattern);
    row->pattern = mem_text(pattern);
    if (!row->pattern)
        return error_nomem(reterr);
    row->key = (struct text){row->pattern, (size_t)(equals - pattern)};
    row->value = text_of(row->pattern + (equals - pattern) + 1);
    return 0;
}

static int read_args(struct grant *row, const char *pattern, arcella_error **reterr) {
    row->pattern = mem_text(pattern);
    if (!row->pattern)
        return error_nomem(reterr);
    row->value = text_of(row->pattern);
    return 0;
}

static int read_stdio(struct grant *row, const char *pattern, arcella_error **reterr) {
    static const char *const names[] = {"stdin", "stdout", "stderr"};
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
        if (strcmp(names[i], pattern) == 0) {
            row->pattern = mem_text(pattern);
            if (!row->pattern)
                return error_nomem(reterr);
            row->key = text_of(row->pattern);
            return 0;
        }
    return error_set(reterr, ARCELLA_E_INVALID, "'%.200s' is none of stdin, stdout, stderr", pattern);
}

int grant_pattern_read(struct grant *row, const char *pattern, arcella_error **reterr) {
    static int (*const readers[GRANT_CLASSES])(struct grant *, const char *, arcella_error **) = {
        [GRANT_FS] = read_fs,     [GRANT_NET] = read_net,     [GRANT_ENV] = read_env,
        [GRANT_ARGS] = read_args, [GRANT_STDIO] = read_stdio,
    };
    /* Rows go through texts (wire, database, JSON), which hold UTF-8 only. */
    size_t length = strnlen(pattern, LIMIT_ARGS_BYTES + 1);
    if (length > LIMIT_ARGS_BYTES)
        return error_set(reterr, ARCELLA_E_INVALID, "a pattern is longer than %llu bytes", LIMIT_ARGS_BYTES);
    if (!text_is_utf8(pattern, length))
        return error_set(reterr, ARCELLA_E_INVALID, "a pattern is not UTF-8");
    return readers[row->class](row, pattern, reterr);
}
