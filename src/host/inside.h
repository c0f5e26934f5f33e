/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the files of this room share and nobody else sees: the host itself, parking, budget, system calls. */
#ifndef HOST_INSIDE_H
#define HOST_INSIDE_H

#include <errno.h>

#include "base/sys.h"
#include "host/event.h"
#include "host/file.h"

/* A token bucket: so many events at once, so many a second. */
struct host_bucket {
    uint64_t credit_ns; /* time saved up; an event costs 1 s / rate */
    uint64_t last_ns;   /* monotonic; 0: never asked, so full */
    uint64_t refused;   /* since somebody last looked */
};

struct host_lookup;
struct host_answered;

/* What an instance has of the network. */
struct host_net {
    uint32_t sockets;       /* that it made or accepted, and are open */
    uint32_t lookups_count; /* without an answer */
    uint32_t answered_count;
    struct host_lookup *lookups;    /* borrowed: those without an answer */
    struct host_answered *answered; /* owned: what was answered for which name, latest first */
    uint64_t lookup_number;         /* of the last one */
    struct host_bucket connects;
    bool told_sockets, told_connects, told_lookups, told_dropped;
    /* figures */
    uint64_t connections; /* begun */
    uint64_t lookups_begun;
    uint64_t sockets_refused;   /* over LIMIT_SOCKETS or the open files */
    uint64_t connects_refused;  /* over the rate */
    uint64_t lookups_refused;   /* over LIMIT_LOOKUPS */
    uint64_t datagrams_dropped; /* from peers that no grant allows */
};

struct host {
    struct loop *loop;
    struct host_hooks hooks;
    const struct grant_set *grants;
    struct memory_budget *budget;
    uint64_t owner;
    uint32_t open_files;
    struct loop_timer *timer; /* of the wait in progress; made at the first that needs it */
    bool parked;              /* the run waits for fired */
    bool fired;
    struct host_reactor *reactor; /* of the loop, counted; NULL until something is to be waited for */
    uint32_t wait;                /* number of the wait being prepared or in progress */
    bool wait_fired;              /* something it asked about has come */
    bool wait_blind;              /* something it asked about cannot be watched for want of memory */
    bool told_open_files;         /* the line about the limit has been said */
    uint64_t denied;
    uint64_t passed;
    uint64_t waits;
    uint32_t files_open;
    struct host_audits *audits; /* owned; made at the first line */
    struct host_net net;
};

/** Take one event from a bucket. @return false: too many, and counted as refused */
bool host_bucket_take(struct host_bucket *bucket, uint64_t rate, uint64_t burst, uint64_t now_ns);

/** Take bytes of the instance's budget. @return false: over it */
bool host_take(struct host *host, uint64_t bytes) MUST_CHECK;
void host_give(struct host *host, uint64_t bytes);

/** What the loop's callbacks call when something the run waits for has come. */
void host_fire(struct host *host);
/**
 * Park until host_fire().  Everything that may fire is registered before, and released by the caller after,
 * whatever this returns.
 *
 * @param delay_ms  fire by itself after this; UINT64_MAX: never
 * @return 0, HOST_STOP, HOST_E_NOMEM, HOST_E_NOTSUP (nobody to wait: no hooks)
 */
int host_park(struct host *host, uint64_t delay_ms) MUST_CHECK;

/** Have an edge told from now on, also if nobody asks. @return 0 (or it is always ready), HOST_E_NOMEM */
int host_event_watch(struct host_event *event) MUST_CHECK;
/** An edge came, with this mask of epoll. */
void host_event_tell(struct host_event *event, unsigned mask);

/** Keep the guest's path of a file for its audit lines. @return 0, HOST_E_NOMEM */
int host_file_set_path(struct host_file *file, const char *path, size_t length) MUST_CHECK;
/** The rights of a directory now, found again where the grants have changed. */
unsigned host_dir_rights(struct host_file *dir);
/** May this be done to path beneath dir? @return 0, HOST_E_NOTDIR (dir is none), HOST_E_NOTCAPABLE (and
 * audited) */
int host_dir_need(struct host_file *dir, unsigned rights, const char *path, size_t length) MUST_CHECK;
/** Audit what the resolving of a path said where it would have left dir. @return r, HOST_E_PERM for
 * HOST_E_XDEV */
int host_dir_report(struct host_file *dir, int r, unsigned rights, const char *path, size_t length)
    MUST_CHECK;

/** Forget what was told of grant checks, and what was not. */
void host_audits_free(struct host *host);
/** Forget what was answered for names. */
void host_answered_free(struct host *host);

/* The error of the system call that just failed. */
static inline int host_errno(void) {
    return host_error_of(errno);
}

#endif
