/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* From a lookup frame to its answer.  Who asked is kept as worker, instance and number, in one allocation. */
#include "daemon/lookups.h"

#include "base/mem.h"
#include "workers/resolve.h"

struct asker {
    struct worker *worker; /* forgotten before it is gone */
    uint64_t instance;
    uint64_t number;
};

static void answer(struct worker *worker, uint64_t instance, uint64_t number,
                   const struct resolver_answer *from) {
    struct ipc_lookup_answer frame = {
        .instance = instance,
        .number = number,
        .result = from->result,
        .addresses = {(const char *)from->addresses, 16 * from->count},
    };
    /* A worker that does not read is ended by others; one that ends needs no answer. */
    (void)!worker_send(worker, IPC_LOOKUP_ANSWER, &frame, NULL, NULL);
}

static void on_done(const struct resolver_answer *from, void *user) {
    struct asker *asker = user;
    answer(asker->worker, asker->instance, asker->number, from);
    mem_free(asker);
}

static int ask(struct lookups *lookups, struct worker *worker, const char *group,
               const struct ipc_lookup *lookup, arcella_error **reterr) {
    int r = lookups->resolver ? 0 : resolver_new(lookups->loop, NULL, &lookups->resolver, reterr);
    if (r < 0)
        return r;
    MEM_AUTO struct asker *asker = mem_new(struct asker);
    if (!asker)
        return error_nomem(reterr);
    *asker = (struct asker){worker, lookup->instance, lookup->number};
    r = resolver_ask(lookups->resolver, group, worker, lookup->name, on_done, asker, reterr);
    if (r == 0)
        asker = NULL; /* on_done's */
    return r;
}

bool lookups_take(struct lookups *lookups, struct worker *worker, const char *group,
                  const struct ipc_lookup *lookup, const struct grant_set *grants) {
    ERROR_AUTO *error = NULL;
    struct resolver_answer refused = {.result = IPC_LOOKUP_TEMPORARY};
    /* The worker has asked the same grants: they have changed meanwhile, or it is not itself any more. */
    bool allowed = grant_check_name(grants, lookup->name, NULL);
    if (!allowed)
        refused.result = IPC_LOOKUP_DENIED;
    else if (ask(lookups, worker, group, lookup, &error) == 0)
        return true;
    answer(worker, lookup->instance, lookup->number, &refused);
    return allowed;
}

void lookups_audit(struct text name, const struct grant_set *grants, char *flag, size_t size,
                   struct ipc_audit *ret) {
    const struct grant *row = grant_denied(grants, GRANT_NET, GRANT_RESOLVE, name);
    if (row)
        grant_flag(row, flag, size);
    else
        grant_needed(grants, GRANT_NET, GRANT_RESOLVE, name, flag, size);
    *ret = (struct ipc_audit){
        .class_name = text_of(grant_class_name(GRANT_NET)),
        .action = text_of(grant_action_name(GRANT_RESOLVE)),
        .resource = name,
        .grant = text_of(flag),
        .reason = !row                             ? IPC_AUDIT_NO_GRANT
                  : row->source == GRANT_BY_POLICY ? IPC_AUDIT_DENIED_BY_POLICY
                                                   : IPC_AUDIT_DENIED_BY_ROW,
        .count = 1,
    };
}

void lookups_forget(struct lookups *lookups, const struct worker *worker) {
    if (lookups->resolver)
        resolver_forget(lookups->resolver, worker, mem_free);
}

void lookups_done(struct lookups *lookups) {
    if (lookups->resolver)
        resolver_forget(lookups->resolver, NULL, mem_free);
    lookups->resolver = resolver_free(lookups->resolver);
}
