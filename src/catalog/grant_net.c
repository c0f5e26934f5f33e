/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Patterns of class net: address ranges, names with label-exact wildcards, ports.  No state; any thread.
 */
#include "base/mem.h"
#include "catalog/grant_pattern.h"

enum { NAME_BYTES = 253, LABEL_BYTES = 63 };

/* --- names --- */

static bool is_label_byte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/*
 * Resolvers take "127.1", "0x7f000001" and "2130706433" for addresses.  A name that ends in such a label is
 * none, so that no grant by name lets an address through.
 */
static bool is_number(struct text label) {
    if (label.length >= 2 && label.data[0] == '0' && label.data[1] == 'x')
        return true;
    for (size_t i = 0; i < label.length; i++)
        if (label.data[i] < '0' || label.data[i] > '9')
            return false;
    return true;
}

size_t grant_name_normalise(struct text name, char *to, size_t size) {
    if (name.length && name.data[name.length - 1] == '.')
        name.length--;
    if (name.length == 0 || name.length > NAME_BYTES || name.length >= size)
        return 0;
    size_t label = 0;
    for (size_t i = 0; i < name.length; i++) {
        char c = name.data[i] >= 'A' && name.data[i] <= 'Z' ? (char)(name.data[i] | 0x20) : name.data[i];
        to[i] = c;
        if (c == '.' ? i == label : (!is_label_byte(c) || i - label >= LABEL_BYTES))
            return 0;
        if (c == '.')
            label = i + 1;
    }
    to[name.length] = '\0';
    if (label == name.length || is_number((struct text){to + label, name.length - label}))
        return 0;
    return name.length;
}

/* Both are normalised. */
static bool name_matches(struct text pattern, struct text name) {
    if (pattern.length < 2 || pattern.data[0] != '*')
        return text_equal(pattern, name);
    size_t tail = pattern.length - 1; /* with its dot, so at least a label is in front */
    return name.length > tail && memcmp(name.data + name.length - tail, pattern.data + 1, tail) == 0;
}

/* --- patterns --- */

/* Each answers what is wrong with its part, or NULL. */

static const char *read_port(struct text text, uint16_t *ret) {
    for (size_t i = 0; i < text.length; i++)
        if (text.data[i] < '0' || text.data[i] > '9')
            return "its port is no number, no range LOW-HIGH and no *";
    if (text.length == 0)
        return "its port is missing: a number, LOW-HIGH or *";
    return net_address_read_port(text, ret) ? NULL : "its port is larger than 65535";
}

static const char *read_ports(struct text text, struct grant_address *ret) {
    if (text.length == 1 && text.data[0] == '*') {
        ret->port_low = 0;
        ret->port_high = UINT16_MAX;
        return NULL;
    }
    const char *dash = text.length ? memchr(text.data, '-', text.length) : NULL;
    size_t low = dash ? (size_t)(dash - text.data) : text.length;
    const char *wrong = read_port((struct text){text.data, low}, &ret->port_low);
    ret->port_high = ret->port_low;
    if (wrong || !dash)
        return wrong;
    wrong = read_port((struct text){dash + 1, text.length - low - 1}, &ret->port_high);
    if (!wrong && ret->port_low > ret->port_high)
        wrong = "its range of ports ends before it begins";
    return wrong;
}

/* An IPv4 address in IPv6's writing is that address: no guest can name it otherwise. */
static void unmap(struct grant_address *range) {
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    if (range->low.v6 && range->prefix >= 96 && memcmp(range->low.bytes, mapped, sizeof(mapped)) == 0)
        range->low.v6 = false;
}

/* ADDRESS or ADDRESS/BITS; brackets around IPv6. Bits that do not count become 0. */
static const char *read_range(struct text text, struct grant_address *ret) {
    uint16_t bits = UINT16_MAX;
    const char *slash = text.length ? memchr(text.data, '/', text.length) : NULL;
    size_t length = slash ? (size_t)(slash - text.data) : text.length;
    if (!net_address_read_host((struct text){text.data, length}, &ret->low))
        return slash ? "what is in front of the / is no whole address" : "it is no address";
    if (slash && !net_address_read_port((struct text){slash + 1, text.length - length - 1}, &bits))
        return "what is behind the / is no number of bits";
    unsigned width = ret->low.v6 ? 128 : 32;
    if (!slash)
        bits = (uint16_t)width;
    if (bits > width)
        return ret->low.v6 ? "an IPv6 address has 128 bits" : "an IPv4 address has 32 bits";
    ret->prefix = (uint8_t)(bits + 128 - width);
    for (unsigned bit = ret->prefix; bit < 128; bit++)
        ret->low.bytes[bit / 8] &= (uint8_t) ~(0x80u >> (bit % 8));
    ret->kind = GRANT_RANGE;
    unmap(ret);
    return NULL;
}

/* "*", "name", "*.name", written into to; an address that was meant to be one is no name. */
static const char *read_name(struct text text, struct grant_address *ret, char *to, size_t size) {
    if (text.length == 1 && text.data[0] == '*') {
        ret->kind = GRANT_ANY_HOST;
        snprintf(to, size, "*");
        return NULL;
    }
    if (text.length == 0)
        return "its host is missing: an address, a range, a name or *";
    size_t stars = text.length > 2 && text.data[0] == '*' && text.data[1] == '.' ? 2 : 0;
    ret->kind = GRANT_NAME;
    memcpy(to, "*.", stars);
    struct text name = {text.data + stars, text.length - stars};
    if (grant_name_normalise(name, to + stars, size - stars))
        return NULL;
    if (memchr(name.data, ':', name.length))
        return "an IPv6 address stands whole, in brackets: [2001:db8::1]:443";
    if (memchr(name.data, '*', name.length))
        return "a * stands alone, or for the labels in front of a name: *.example.com";
    const char *last = memrchr(name.data, '.', name.length);
    struct text label = last ? (struct text){last + 1, name.length - (size_t)(last + 1 - name.data)} : name;
    if (label.length && label.data[0] >= '0' && label.data[0] <= '9')
        return "its host ends as a number does, and is no whole address: 192.0.2.7";
    return "its host is no name: labels of letters, digits, - and _, between single dots";
}

static const char *read_host(struct text text, struct grant_address *ret, char *to, size_t size) {
    bool is_range = text.length && (text.data[0] == '[' || memchr(text.data, '/', text.length));
    const char *wrong = read_range(text, ret);
    return !wrong || is_range ? wrong : read_name(text, ret, to, size);
}

static int refuse(const char *pattern, const char *wrong, arcella_error **reterr) {
    return error_set(reterr, ARCELLA_E_INVALID, "'%.200s': %s", pattern, wrong);
}

/* Written anew, so that equal patterns are equal texts. */
static int write_pattern(struct grant *row, const char *name, bool has_port, arcella_error **reterr) {
    const struct grant_address *a = &row->address;
    char host[64], bits[8] = "", port[16] = "";
    net_address_write_host(&a->low, host, sizeof(host));
    if (a->kind == GRANT_RANGE && a->prefix != 128)
        snprintf(bits, sizeof(bits), "/%u", a->low.v6 ? a->prefix : a->prefix - 96u);
    if (has_port && a->port_low == a->port_high)
        snprintf(port, sizeof(port), ":%u", a->port_low);
    else if (has_port && (a->port_low != 0 || a->port_high != UINT16_MAX))
        snprintf(port, sizeof(port), ":%u-%u", a->port_low, a->port_high);
    else if (has_port)
        snprintf(port, sizeof(port), ":*");
    const char *first = a->kind == GRANT_RANGE ? host : name;
    row->pattern = mem_format("%s%s%s", first, bits, port);
    if (!row->pattern)
        return error_nomem(reterr);
    row->key = (struct text){row->pattern, strlen(first) + strlen(bits)};
    return 0;
}

int grant_net_read(struct grant *row, const char *pattern, arcella_error **reterr) {
    struct grant_address *a = &row->address;
    char name[NAME_BYTES + 4] = "";
    size_t length = strlen(pattern);
    /* The colons in brackets are the address's. */
    const char *bracket = memrchr(pattern, ']', length);
    const char *from = bracket ? bracket : pattern;
    const char *colon = memrchr(from, ':', length - (size_t)(from - pattern));
    bool only_name = row->actions == GRANT_RESOLVE;
    size_t host = colon ? (size_t)(colon - pattern) : length;
    *a = (struct grant_address){.port_high = UINT16_MAX};
    const char *wrong = read_host((struct text){pattern, only_name ? length : host}, a, name, sizeof(name));
    if (only_name && wrong && colon && !read_host((struct text){pattern, host}, a, name, sizeof(name)) &&
        a->kind != GRANT_RANGE)
        return refuse(pattern, "a name is looked up, which has no port", reterr);
    if (wrong && !only_name && !colon)
        return refuse(pattern, "write HOST:PORT, such as api.example.com:443 or 192.0.2.7:443", reterr);
    if (wrong)
        return refuse(pattern, wrong, reterr);
    if (a->kind == GRANT_RANGE && (row->actions & GRANT_RESOLVE))
        return refuse(pattern, "only names are looked up, addresses are not", reterr);
    if (a->kind == GRANT_NAME && (row->actions & GRANT_LISTEN))
        return refuse(pattern, "to listen at needs an address in numbers, a range or *", reterr);
    if (only_name)
        return write_pattern(row, name, false, reterr);
    wrong = colon ? read_ports((struct text){colon + 1, length - host - 1}, a)
                  : "its port is missing: :443 behind it, :LOW-HIGH, or :* for any";
    return wrong ? refuse(pattern, wrong, reterr) : write_pattern(row, name, true, reterr);
}

/* --- matching --- */

static bool in_range(const struct grant_address *range, const struct net_address *address) {
    if (range->low.v6 != address->v6)
        return false; /* an IPv6 pattern never matches an IPv4 address, nor the other way round */
    size_t whole = range->prefix / 8, rest = range->prefix % 8;
    if (memcmp(range->low.bytes, address->bytes, whole) != 0)
        return false;
    return rest == 0 || ((range->low.bytes[whole] ^ address->bytes[whole]) >> (8 - rest)) == 0;
}

void grant_net_probe(struct grant_net_probe *probe, const struct net_address *address, struct text name) {
    probe->address = address;
    probe->special = net_address_special(address, &probe->block) != NULL;
    size_t length = name.length ? grant_name_normalise(name, probe->normal, sizeof(probe->normal)) : 0;
    probe->name = (struct text){probe->normal, length};
}

bool grant_net_matches(const struct grant *row, const struct grant_net_probe *probe) {
    const struct grant_address *a = &row->address;
    if (probe->address->port < a->port_low || probe->address->port > a->port_high)
        return false;
    /* Addresses that are not the public network's need a range that means them. */
    bool meant = row->effect != GRANT_ALLOW || !probe->special;
    switch (a->kind) {
    case GRANT_ANY_HOST: return meant;
    case GRANT_RANGE: return (meant || a->prefix >= probe->block) && in_range(a, probe->address);
    case GRANT_NAME: return meant && probe->name.length && name_matches(row->key, probe->name);
    }
    return false;
}

bool grant_net_matches_name(const struct grant *row, struct text name) {
    switch (row->address.kind) {
    case GRANT_ANY_HOST: return true;
    case GRANT_NAME: return name_matches(row->key, name);
    case GRANT_RANGE: break;
    }
    return false;
}
