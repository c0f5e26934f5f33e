/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Addresses of the network: a value, its text, and whether it belongs to the public network.
 */
#ifndef CATALOG_ADDRESS_H
#define CATALOG_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/text.h"

struct net_address {
    uint8_t bytes[16]; /* IPv4 as ::ffff:a.b.c.d */
    bool v6;
    uint16_t port;
};

/** Read "192.0.2.1:80" or "[2001:db8::1]:80". @return false: it is none */
bool net_address_read(struct text text, struct net_address *ret) MUST_CHECK;
/** Write it so. @param size 64 is enough */
void net_address_write(const struct net_address *address, char *to, size_t size);
/** Read the host part alone, "192.0.2.1" or "[2001:db8::1]"; the port is 0. @return false: it is none */
bool net_address_read_host(struct text text, struct net_address *ret) MUST_CHECK;
/** Write the host part alone. @param size 64 is enough */
void net_address_write_host(const struct net_address *address, char *to, size_t size);
/** Read a port, digits only. @return false: it is none */
bool net_address_read_port(struct text text, uint16_t *ret) MUST_CHECK;
/**
 * The block of special addresses it is in (loopback, private, link-local, shared, documentation, multicast …:
 * the registries of RFC 6890), smallest first.  What a translator makes of an IPv4 address (64:ff9b::/96) is
 * as special as that.
 *
 * @param ret_prefix  leading bits of the block, of 128; may be NULL
 * @return its name ("loopback"), static; NULL: an address of the public network
 */
const char *net_address_special(const struct net_address *address, uint8_t *ret_prefix);

#endif
