/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Names of hosts as guests write them: checked, and written in ASCII.  Inside the room only. */
#ifndef HOST_HOSTNAME_H
#define HOST_HOSTNAME_H

#include <netinet/in.h>
#include <stdbool.h>

#include "base/attr.h"
#include "base/text.h"

/**
 * Is it an address in numbers, "192.0.2.1", "2001:db8::1" or "[2001:db8::1]"?
 *
 * @param ret  IPv4 as ::ffff:a.b.c.d
 */
bool host_name_is_address(struct text name, struct in6_addr *ret);

/**
 * Write a name in ASCII: lower case, without the last dot, other labels in punycode.
 *
 * @param to  LIMIT_HOSTNAME_BYTES + 1 bytes; NUL-terminated
 * @return false: it is no name
 */
bool host_name_to_ascii(struct text name, char *to) MUST_CHECK;

#endif
