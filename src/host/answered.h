/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Which addresses were answered for which name: what a grant by name allows is these, and no others.  Per
 * host, bounded, the oldest forgotten first; inside the room only.
 */
#ifndef HOST_ANSWERED_H
#define HOST_ANSWERED_H

#include <netinet/in.h>

#include "host/host.h"

struct host_answered {
    struct host_answered *next;
    uint32_t count;
    uint32_t length;
    struct in6_addr addresses[LIMIT_LOOKUP_KEPT]; /* latest answer first */
    char name[];                                  /* lower case, without the last dot */
};

/**
 * Keep an answer.  Addresses of earlier answers for the name stay, behind it: a program may still be about to
 * connect to one.  Where there is no memory nothing is kept, and a grant by name will not match.
 *
 * @param name       lower case, without the last dot
 * @param addresses  at most LIMIT_LOOKUP_KEPT
 */
void host_answered_add(struct host *host, struct text name, const struct in6_addr *addresses, size_t count);
/** Was this address (16 bytes, IPv4 mapped) among them? */
bool host_answered_has(const struct host_answered *answered, const uint8_t *bytes);

static inline struct text host_answered_name(const struct host_answered *answered) {
    return (struct text){answered->name, answered->length};
}

#endif
