/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Lookups of names that workers ask for, of the daemon and of `arcella run`: checked against the grants of
 * the instance, resolved (workers/resolve.h), answered.  A worker's word is believed for nothing but the
 * name.
 */
#ifndef DAEMON_LOOKUPS_H
#define DAEMON_LOOKUPS_H

#include "catalog/grant.h"
#include "workers/workers.h"

struct resolver;

/* Embedded in its owner; zeroed but for the loop. */
struct lookups {
    struct loop *loop;         /* borrowed */
    struct resolver *resolver; /* owned; made for the first lookup */
};

/**
 * Take a lookup frame of a worker; lookup_answer follows, now or later.
 *
 * @param group   of the worker, for its share of the threads
 * @param grants  of the instance it speaks of; borrowed during the call
 * @return false: the grants refuse it, which nobody has told of yet (lookups_audit())
 */
bool lookups_take(struct lookups *lookups, struct worker *worker, const char *group,
                  const struct ipc_lookup *lookup, const struct grant_set *grants) MUST_CHECK;
/**
 * That refusal as a worker would tell of its own, which let it through.
 *
 * @param flag  room for what the refusal borrows; 1 KiB holds any
 * @param ret   borrows name and flag
 */
void lookups_audit(struct text name, const struct grant_set *grants, char *flag, size_t size,
                   struct ipc_audit *ret);
/** A worker is gone: nobody waits for what it asked. */
void lookups_forget(struct lookups *lookups, const struct worker *worker);
/** Forget everything. */
void lookups_done(struct lookups *lookups);

#endif
