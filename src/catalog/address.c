/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Addresses of the network and the blocks of them that are not the public network's, after the IANA
 * registries of special-purpose addresses (RFC 6890 and its updates).  No state; any thread.
 */
#include "catalog/address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

/* A block: its name, its first bytes, how many bits of them count. */
struct block {
    const char *name;
    uint8_t bytes[16];
    uint8_t prefix; /* of 32, of IPv6 of 128 */
};

/* Smaller blocks stand before those they lie in.  What the registry calls globally reachable is not here. */
static const struct block v4_blocks[] = {
    {"broadcast", {255, 255, 255, 255}, 32},
    {"protocol-assignments", {192, 0, 0}, 24},
    {"documentation", {192, 0, 2}, 24},
    {"6to4-relay", {192, 88, 99}, 24},
    {"documentation", {198, 51, 100}, 24},
    {"documentation", {203, 0, 113}, 24},
    {"private", {192, 168}, 16},
    {"link-local", {169, 254}, 16},
    {"benchmarking", {198, 18}, 15},
    {"private", {172, 16}, 12},
    {"shared", {100, 64}, 10},
    {"this-network", {0}, 8},
    {"private", {10}, 8},
    {"loopback", {127}, 8},
    {"multicast", {224}, 4},
    {"reserved", {240}, 4},
};

static const struct block v6_blocks[] = {
    {"loopback", {[15] = 1}, 128},
    {"unspecified", {0}, 128},
    {"mapped", {[10] = 0xff, [11] = 0xff}, 96},
    {"ipv4-compatible", {0}, 96},
    {"translation", {0x00, 0x64, 0xff, 0x9b, 0x00, 0x01}, 48},
    {"discard", {0x01}, 64},
    {"documentation", {0x20, 0x01, 0x0d, 0xb8}, 32},
    {"teredo", {0x20, 0x01}, 32},
    {"protocol-assignments", {0x20, 0x01}, 23},
    {"documentation", {0x3f, 0xff}, 20},
    {"6to4", {0x20, 0x02}, 16},
    {"segment-routing", {0x5f}, 16},
    {"link-local", {0xfe, 0x80}, 10},
    {"site-local", {0xfe, 0xc0}, 10},
    {"multicast", {0xff}, 8},
    {"unique-local", {0xfc}, 7},
};

/* 64:ff9b::/96, behind which a translator reaches the IPv4 address of the last four bytes. */
static const uint8_t translated[12] = {0x00, 0x64, 0xff, 0x9b};

static bool in_block(const uint8_t *bytes, const struct block *block) {
    size_t whole = block->prefix / 8, rest = block->prefix % 8;
    if (memcmp(bytes, block->bytes, whole) != 0)
        return false;
    return rest == 0 || ((bytes[whole] ^ block->bytes[whole]) >> (8 - rest)) == 0;
}

static const struct block *find_block(const struct block *blocks, size_t count, const uint8_t *bytes) {
    for (size_t i = 0; i < count; i++)
        if (in_block(bytes, &blocks[i]))
            return &blocks[i];
    return NULL;
}

const char *net_address_special(const struct net_address *address, uint8_t *ret_prefix) {
    bool embeds = !address->v6 || memcmp(address->bytes, translated, sizeof(translated)) == 0;
    const struct block *block = embeds ? find_block(v4_blocks, ARRAY_LENGTH(v4_blocks), address->bytes + 12)
                                       : find_block(v6_blocks, ARRAY_LENGTH(v6_blocks), address->bytes);
    if (block && ret_prefix)
        *ret_prefix = (uint8_t)(block->prefix + (embeds ? 96 : 0));
    return block ? block->name : NULL;
}

/* --- text --- */

bool net_address_read_port(struct text text, uint16_t *ret) {
    if (text.length == 0 || text.length > 5)
        return false;
    unsigned value = 0;
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        value = value * 10 + (unsigned)(text.data[i] - '0');
    }
    if (value > UINT16_MAX)
        return false;
    *ret = (uint16_t)value;
    return true;
}

bool net_address_read_host(struct text text, struct net_address *ret) {
    char host[INET6_ADDRSTRLEN + 1];
    struct net_address address = {.v6 = text.length >= 2 && text.data[0] == '['};
    if (address.v6) {
        if (text.data[text.length - 1] != ']')
            return false;
        text.data++;
        text.length -= 2;
    }
    if (text.length == 0 || text.length >= sizeof(host) || memchr(text.data, '\0', text.length))
        return false;
    memcpy(host, text.data, text.length);
    host[text.length] = '\0';
    address.bytes[10] = address.bytes[11] = address.v6 ? 0 : 0xff;
    if (inet_pton(address.v6 ? AF_INET6 : AF_INET, host, address.bytes + (address.v6 ? 0 : 12)) != 1)
        return false;
    *ret = address;
    return true;
}

bool net_address_read(struct text text, struct net_address *ret) {
    const char *colon = text.length ? memrchr(text.data, ':', text.length) : NULL;
    if (!colon)
        return false;
    size_t host = (size_t)(colon - text.data);
    struct net_address address;
    uint16_t port;
    if (!net_address_read_host((struct text){text.data, host}, &address) ||
        !net_address_read_port((struct text){colon + 1, text.length - host - 1}, &port))
        return false;
    *ret = address;
    ret->port = port;
    return true;
}

void net_address_write_host(const struct net_address *address, char *to, size_t size) {
    char host[INET6_ADDRSTRLEN] = "?";
    (void)!inet_ntop(address->v6 ? AF_INET6 : AF_INET, address->bytes + (address->v6 ? 0 : 12), host,
                     sizeof(host));
    snprintf(to, size, address->v6 ? "[%s]" : "%s", host);
}

void net_address_write(const struct net_address *address, char *to, size_t size) {
    char host[INET6_ADDRSTRLEN + 2];
    net_address_write_host(address, host, sizeof(host));
    snprintf(to, size, "%s:%u", host, address->port);
}
