/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Requests: the grants that a package says it needs, each with its reason ([[grants]] of component.toml).
 * A request grants nothing; whoever starts the component decides.  Of directories and variables a package
 * names its own side only (a guest path, a variable's name): the host's side is for who grants.
 *
 * A list is owned by whoever embeds it; one thread.
 */
#ifndef CATALOG_REQUEST_H
#define CATALOG_REQUEST_H

#include <jansson.h>

#include "base/error.h"
#include "catalog/grant.h"

#define REQUEST_REASON_BYTES 512

struct request {
    char *class; /* all owned, as grant_add_text() takes them; pattern: of fs GUEST, of env NAME */
    char *actions;
    char *pattern;
    char *reason;
};
struct request_list {
    struct request *items; /* owned */
    size_t count;
};

void request_list_done(struct request_list *list);
/**
 * Add one, with its pattern normalised.
 *
 * @return 0, INVALID (what is wrong with it), LIMIT (more than LIMIT_REQUESTS), NOMEM
 */
int request_add(struct request_list *list, const char *class, const char *actions, const char *pattern,
                const char *reason, arcella_error **reterr) MUST_CHECK;
/** Does the set allow all of it? */
bool request_is_granted(const struct request *request, const struct grant_set *set);
/** Does it say all that is needed to grant it?  Not of directories and variables. */
bool request_is_whole(const struct request *request);
/** Grant it, where it is whole. @return 0, INVALID (it is not), as grant_add() */
int request_grant(const struct request *request, struct grant_set *set, enum grant_source source,
                  arcella_error **reterr) MUST_CHECK;
/** The flag that grants it, quoted for a shell: "--net connect=api.example.com:443", "--dir HOSTDIR::/data".
 */
void request_flag(const struct request *request, char *to, size_t size);
/**
 * As JSON: [{"class", "action", "pattern", "reason", "allow": the flag, "granted"?: bool}].
 *
 * @param set  what is granted; NULL: "granted" is left out
 * @return new, NULL on no memory
 */
json_t *request_list_json(const struct request_list *list, const struct grant_set *set);

#endif
