/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Names to addresses.  A worker resolves nothing itself: a lookup is a request to its parent by the lookup
 * hook, which checks the grant, resolves, and answers addresses; host_lookup_answer() brings them back.  An
 * address in the form of a name is answered at once, without asking anybody.
 *
 * The answers are kept with the host: they, and no others, are what a grant by that name allows (host/net.h).
 *
 * A name is taken apart here: labels of at most 63 letters, digits, '-' and '_', 253 bytes in all.  A label
 * with other characters is written as IDNA does (RFC 5891, punycode); it is expected in the form that IDNA
 * asks for (lower case, normalised) and is looked up as it stands.  What a resolver would take for an address
 * in another writing ("127.1", "0x7f000001") is no name.
 */
#ifndef HOST_LOOKUP_H
#define HOST_LOOKUP_H

#include "host/event.h"
#include "host/net.h"

#define HOST_LOOKUP_ADDRESSES 32 /* of one answer; more are cut */

/* Errors only lookups have, apart from HOST_E_INVAL (no name), HOST_E_NOTCAPABLE, HOST_E_TIMEDOUT. */
#define HOST_LOOKUP_NO_NAME   HOST_E_NOENT /* it does not exist, or has no address */
#define HOST_LOOKUP_TEMPORARY HOST_E_AGAIN
#define HOST_LOOKUP_PERMANENT HOST_E_IO

struct host_lookup {
    struct host_event event; /* HOST_READ: there is an answer */
    struct host_lookup *next;
    uint64_t number; /* of the request; 0: answered without asking */
    bool done;
    int error; /* 0 or one of the above */
    uint32_t count;
    uint32_t taken;                                   /* how many host_lookup_next() has given */
    char name[LIMIT_HOSTNAME_BYTES + 1];              /* as it is looked up */
    struct in6_addr addresses[HOST_LOOKUP_ADDRESSES]; /* IPv4 as ::ffff:a.b.c.d; in connection order */
};

/**
 * Begin a lookup.
 *
 * @param name  of a guest: any bytes
 * @return 0, HOST_E_INVAL (no name: empty, over 253 bytes, NUL, a bad label), HOST_E_NOTCAPABLE (no grant of
 *         class net with resolve or connect by that name), HOST_E_MFILE (LIMIT_LOOKUPS wait), HOST_E_NOMEM
 */
int host_lookup_new(struct host *host, struct text name, struct host_lookup **ret) MUST_CHECK;
/** Give it up. @return NULL */
struct host_lookup *host_lookup_free(struct host_lookup *lookup);
/** The next address. @param ret port 0 @return 0 (one, or none: family AF_UNSPEC), HOST_E_INPROGRESS (no
 * answer yet), its error */
int host_lookup_next(struct host_lookup *lookup, union host_address *ret) MUST_CHECK;
/**
 * From the parent, by number; one that nobody waits for is forgotten.
 *
 * @param error      0, HOST_LOOKUP_…, HOST_E_NOTCAPABLE, HOST_E_TIMEDOUT
 * @param addresses  where there is no error; more than HOST_LOOKUP_ADDRESSES are cut
 */
void host_lookup_answer(struct host *host, uint64_t number, int error, const struct in6_addr *addresses,
                        size_t count);

#endif
