/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The system as one instance may reach it: its grants, its audit line, its waits, its budget.
 *
 * One struct host per instance, made before the instance and freed after it; everything on the loop's thread.
 * It knows nothing of guest ABIs: wasi/preview1 and later interfaces are thin rows over the functions of this
 * room. All that a host needs from outside comes in by hooks, so tests run it without an engine; with one,
 * use host_bind() of host/bind.h.
 *
 * The process that holds hosts ignores SIGPIPE and SIGXFSZ.
 */
#ifndef HOST_HOST_H
#define HOST_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/text.h"
#include "catalog/grant.h"
#include "host/error.h"

struct host;
struct host_file;

/* Why a line is told. */
enum host_reason {
    HOST_NO_GRANT,         /* nothing allows it */
    HOST_DENIED_BY_ROW,    /* a row of its own denies it */
    HOST_DENIED_BY_POLICY, /* a row of cfg/policy.toml denies it */
    HOST_ONLY_TOLD,        /* it passed, by a row that tells (`--audit-only`) */
};

/* A denied call, or one that is only told, as the audit hook gets it; texts are borrowed until it returns and
 * may hold any bytes.  The same call again is told again after a while, or by host_audit_flush(). */
struct host_audit {
    enum grant_class class;
    enum grant_action action;
    const char *resource; /* as the guest named it, made absolute for files; cut at LIMIT_PATH_BYTES */
    bool allowed;         /* true: HOST_ONLY_TOLD */
    enum host_reason reason;
    const char *grant;   /* the flag that would allow it: "--dir HOSTDIR::/data:rw"; DENIED_BY: of that row */
    uint64_t count;      /* times since it was last told, this one included */
    uint64_t call;       /* whoever holds the host may say whose call it was; 0: none */
    uint64_t suppressed; /* others before this one that were too many to be told one by one */
};

/* What the host asks of whoever holds it.  user is handed to each. */
struct host_hooks {
    /* Park the run until wake; 0, or anything else: the run is being ended.  May return early. */
    int (*wait)(void *user);
    /* Resume the run from the loop. */
    void (*wake)(void *user);
    void *run; /* user of wait and wake: the engine instance */
    /* A finished line of a log stream.  NULL bytes: only dropped counts.  NULL hook: lost. */
    void (*output)(void *user, unsigned stream, const char *bytes, size_t length, bool cut, uint64_t dropped);
    /* A denied call, or one that is told; de-duplicated, rate limited.  NULL hook: only counted. */
    void (*audit)(void *user, const struct host_audit *line);
    /* A sentence for the instance's log, without full stop (a limit was reached, …).  NULL: lost. */
    void (*notice)(void *user, const char *sentence);
    /* CPU time of the instance so far, in nanoseconds.  NULL: guests cannot ask. */
    uint64_t (*cpu_ns)(void *user);
    /*
     * Ask the parent for the addresses of a name: host_lookup_answer() with this number follows, never from
     * inside.  0, or HOST_LOOKUP_TEMPORARY (it cannot be asked now).  NULL: names cannot be looked up.
     */
    int (*lookup)(void *user, uint64_t number, struct text name);
    void *user; /* of output, audit, notice, cpu_ns, lookup */
    /*
     * A sentence for the log of an instance whose host is gone: what it left behind could not be written
     * (host/output.h).  NULL: lost.  loss_user stays until host_linger_untold().
     */
    void (*loss)(void *loss_user, uint64_t owner, const char *sentence);
    void *loss_user;
};

struct host_config {
    struct loop *loop;              /* borrowed, outlives the host */
    struct host_hooks hooks;        /* copied */
    const struct grant_set *grants; /* borrowed, outlives the host; NULL: nothing is granted */
    struct memory_budget *budget;   /* borrowed, outlives the host; NULL: unbounded (tests) */
    uint64_t owner; /* a number for the instance, for what outlives its host: loss, host_linger_count_of() */
    uint32_t open_files; /* most descriptors of the guest, 1 … LIMIT_OPEN_FILES; 0: LIMIT_OPEN_FILES */
};

/**
 * Make the host of one instance.
 *
 * @param config  copied; what it points to is borrowed
 * @param ret     owned by the caller, host_free()
 * @return 0, ARCELLA_E_INVALID (open_files over its bound), ARCELLA_E_NOMEM
 */
int host_new(const struct host_config *config, struct host **ret, arcella_error **reterr) MUST_CHECK;

/** Set the hooks of waiting after the fact: the engine's instance is made after its host. */
void host_set_run(struct host *host, int (*wait)(void *user), void (*wake)(void *user), void *run);

/**
 * Free a host; its files must be gone (host_table_free() closes those of the table) and no wait in progress.
 * Work of the pool that nobody waits for any more ends by itself.
 *
 * @return NULL
 */
struct host *host_free(struct host *host);

/**
 * The one grant check: may this instance do this?  A denial is counted and handed to the audit hook.
 *
 * Files, streams and sockets that are open carry their rights, so reading and writing does not come by here;
 * opening them does.
 *
 * @param action    one action of the class
 * @param resource  as grant_check() takes it
 * @return 0 or HOST_E_NOTCAPABLE
 */
int host_check(struct host *host, enum grant_class class, enum grant_action action, struct text resource)
    MUST_CHECK;

/**
 * Report a denial that was decided elsewhere (by the rights of a directory): count it, hand it to the audit
 * hook.
 *
 * @param resource  what the guest asked for
 * @param grantable what a grant would have to name to allow it
 * @return HOST_E_NOTCAPABLE
 */
int host_deny(struct host *host, enum grant_class class, enum grant_action action, struct text resource,
              struct text grantable);
/** As host_deny(), where the row that denies is known. @param row  may be NULL: it is looked for */
int host_deny_by(struct host *host, enum grant_class class, enum grant_action action, struct text resource,
                 struct text grantable, const struct grant *row);

/**
 * Report what passed only by a row of effect GRANT_AUDIT: who asks grant_check() and the like by itself calls
 * this where the row that decided has it.
 *
 * @param grantable  as host_deny() takes it
 */
void host_told(struct host *host, enum grant_class class, enum grant_action action, struct text resource,
               struct text grantable);
/** Hand on all counts that were not told yet: the instance ends, or somebody looks. */
void host_audit_flush(struct host *host);

/**
 * Let others run: park once and go on in a later turn of the loop.  For functions whose work grows with a
 * number the guest gave.
 *
 * @return 0 or HOST_STOP
 */
int host_yield(struct host *host) MUST_CHECK;

/** Say one sentence in the instance's log by the notice hook. */
void host_notice(struct host *host, const char *format, ...) PRINTF_LIKE(2, 3);

/* What happened so far. */
struct host_figures {
    uint64_t denied;     /* calls */
    uint64_t passed;     /* calls that only a row that tells let pass */
    uint64_t waits;      /* suspensions */
    uint32_t files_open; /* objects: those of the table, others, and those whose output is still written */
    /* of the network */
    uint32_t sockets;           /* of the files: made or accepted */
    uint64_t sockets_refused;   /* over LIMIT_SOCKETS or the open files */
    uint64_t connections;       /* begun */
    uint64_t connects_refused;  /* over LIMIT_CONNECT_RATE */
    uint64_t lookups;           /* of names, begun */
    uint64_t lookups_refused;   /* over LIMIT_LOOKUPS */
    uint64_t datagrams_dropped; /* that came from peers no grant allows */
};
/** Figures of an instance's host calls. */
struct host_figures host_figures(const struct host *host);
/** The loop it lives on; borrowed. */
struct loop *host_loop(const struct host *host);

#endif
