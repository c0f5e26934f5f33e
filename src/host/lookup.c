/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Lookups of one instance: asked of the parent by number, answered from the loop. */
#include "host/lookup.h"

#include "base/limits.h"
#include "host/answered.h"
#include "host/hostname.h"
#include "host/inside.h"

#define LOOKUP_BYTES sizeof(struct host_lookup)

static void settle(struct host_lookup *lookup, int error) {
    lookup->done = true;
    lookup->error = error;
    host_event_fire(&lookup->event, HOST_READ);
}

/* Take one off the list of those that wait. */
static void unlist(struct host_lookup *lookup) {
    struct host_net *net = &lookup->event.host->net;
    struct host_lookup **at = &net->lookups;
    while (*at && *at != lookup)
        at = &(*at)->next;
    if (*at) {
        *at = lookup->next;
        net->lookups_count--;
    }
}

static int make(struct host *host, struct host_lookup **ret) {
    if (!host_take(host, LOOKUP_BYTES))
        return HOST_E_NOMEM;
    struct host_lookup *lookup = mem_new(struct host_lookup);
    if (!lookup) {
        host_give(host, LOOKUP_BYTES);
        return HOST_E_NOMEM;
    }
    host_event_init(&lookup->event, host, -1);
    *ret = lookup;
    return 0;
}

static int check(struct host *host, struct text name) {
    const struct grant *row = NULL;
    if (!host->grants || !grant_check_name(host->grants, name, &row))
        return host_deny_by(host, GRANT_NET, GRANT_RESOLVE, name, name, row);
    if (row->effect == GRANT_AUDIT)
        host_told(host, GRANT_NET, GRANT_RESOLVE, name, name);
    return 0;
}

static int check_room(struct host *host) {
    struct host_net *net = &host->net;
    if (net->lookups_count < LIMIT_LOOKUPS)
        return 0;
    net->lookups_refused++;
    if (!net->told_lookups)
        host_notice(host, "it waits for %d names and could not ask for a further one", LIMIT_LOOKUPS);
    net->told_lookups = true;
    return HOST_E_MFILE;
}

static void ask(struct host_lookup *lookup) {
    struct host *host = lookup->event.host;
    struct host_net *net = &host->net;
    if (!host->hooks.lookup) {
        settle(lookup, HOST_LOOKUP_PERMANENT);
        return;
    }
    lookup->number = ++net->lookup_number;
    lookup->next = net->lookups;
    net->lookups = lookup;
    net->lookups_count++;
    net->lookups_begun++;
    if (host->hooks.lookup(host->hooks.user, lookup->number, text_of(lookup->name)) == 0)
        return;
    unlist(lookup);
    settle(lookup, HOST_LOOKUP_TEMPORARY);
}

int host_lookup_new(struct host *host, struct text name, struct host_lookup **ret) {
    struct in6_addr address;
    bool literal = host_name_is_address(name, &address);
    char ascii[LIMIT_HOSTNAME_BYTES + 1] = "";
    if (!literal && !host_name_to_ascii(name, ascii))
        return HOST_E_INVAL;
    int r = literal ? 0 : check(host, text_of(ascii));
    if (r == 0 && !literal)
        r = check_room(host);
    struct host_lookup *lookup = NULL;
    if (r == 0)
        r = make(host, &lookup);
    if (r)
        return r;
    if (literal) {
        lookup->addresses[lookup->count++] = address;
        settle(lookup, 0);
    } else {
        memcpy(lookup->name, ascii, sizeof(ascii));
        ask(lookup);
    }
    *ret = lookup;
    return 0;
}

struct host_lookup *host_lookup_free(struct host_lookup *lookup) {
    if (lookup) {
        struct host *host = lookup->event.host;
        if (!lookup->done)
            unlist(lookup);
        host_event_done(&lookup->event);
        mem_free(lookup);
        host_give(host, LOOKUP_BYTES);
    }
    return NULL;
}

int host_lookup_next(struct host_lookup *lookup, union host_address *ret) {
    if (!lookup->done)
        return HOST_E_INPROGRESS;
    if (lookup->error)
        return lookup->error;
    union host_address address = {.any.sa_family = AF_UNSPEC};
    if (lookup->taken < lookup->count) {
        const struct in6_addr *next = &lookup->addresses[lookup->taken++];
        if (IN6_IS_ADDR_V4MAPPED(next)) {
            address.v4 = (struct sockaddr_in){.sin_family = AF_INET};
            memcpy(&address.v4.sin_addr, next->s6_addr + 12, 4);
        } else
            address.v6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_addr = *next};
    }
    *ret = address;
    return 0;
}

void host_lookup_answer(struct host *host, uint64_t number, int error, const struct in6_addr *addresses,
                        size_t count) {
    struct host_lookup *lookup = host->net.lookups;
    while (lookup && lookup->number != number)
        lookup = lookup->next;
    if (!lookup)
        return;
    unlist(lookup);
    if (!error && count > 0) {
        lookup->count = (uint32_t)(count < HOST_LOOKUP_ADDRESSES ? count : HOST_LOOKUP_ADDRESSES);
        memcpy(lookup->addresses, addresses, lookup->count * sizeof(*addresses));
        host_answered_add(host, text_of(lookup->name), lookup->addresses, lookup->count);
    }
    settle(lookup, (error || count > 0) ? error : HOST_LOOKUP_NO_NAME);
}
