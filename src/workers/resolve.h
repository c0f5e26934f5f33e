/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Names to addresses, for the guests of workers: a parent resolves what they ask for.
 *
 * getaddrinfo() blocks, and may do so for half a minute where a name server is silent.  So each lookup in
 * progress has a thread of its own, LIMIT_RESOLVER_RUNNING of them at most and LIMIT_RESOLVER_GROUP of one
 * group; others wait in a queue that is bounded too.  After LIMIT_LOOKUP_MS whoever asked is told that time
 * is over; the thread goes on, counts as long as it does, and its answer is nobody's.  Equal names that are
 * asked for at the same time are looked up once, by a group; a lookup that runs already answers all groups.
 * So no group waits for the queue of another.  The end of the process does not wait for such threads, nor
 * does resolver_free().
 *
 * It checks no grant: who asks, has.  The loop's thread, but for the lookups themselves.
 */
#ifndef WORKERS_RESOLVE_H
#define WORKERS_RESOLVE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/loop.h"
#include "base/text.h"
#include "wire/ipc.h"

struct resolver;
struct addrinfo;

/* As getaddrinfo() and freeaddrinfo(); tests have others. */
struct resolver_calls {
    int (*look_up)(const char *name, const char *service, const struct addrinfo *hints,
                   struct addrinfo **ret);
    void (*free)(struct addrinfo *list);
    uint64_t deadline_ms; /* 0: LIMIT_LOOKUP_MS */
};

/** Make a resolver. @param calls  NULL: the system's; copied @return 0, NOMEM, SYSTEM */
int resolver_new(struct loop *loop, const struct resolver_calls *calls, struct resolver **ret,
                 arcella_error **reterr) MUST_CHECK;
/** Forget all questions, free.  Lookups in progress end by themselves. @return NULL */
struct resolver *resolver_free(struct resolver *resolver);

/* What became of a lookup; borrowed. */
struct resolver_answer {
    enum ipc_lookup_result result;  /* never DENIED */
    const uint8_t (*addresses)[16]; /* IPv4 as ::ffff:a.b.c.d; in getaddrinfo()'s order, each once */
    size_t count;                   /* 1 … IPC_LOOKUP_ADDRESSES where OK, else 0 */
};

/** Done; once, from the loop, never from inside resolver_ask(). */
typedef void resolver_done_fn(const struct resolver_answer *answer, void *user);

/**
 * Ask for the addresses of a name.
 *
 * @param group  who shares a part of the threads and of the queue; copied
 * @param owner  for resolver_forget()
 * @param name   checked by whoever asks; at most LIMIT_HOSTNAME_BYTES; copied
 * @return 0; BUSY (the queue is full, or the group's part of it); INVALID (no name); NOMEM; on failure
 * on_done does not run
 */
int resolver_ask(struct resolver *resolver, const char *group, const void *owner, struct text name,
                 resolver_done_fn *on_done, void *user, arcella_error **reterr) MUST_CHECK;

/**
 * Forget what an owner has asked for, on_done does not run.
 *
 * @param owner      NULL: whoever
 * @param free_user  called for each that is forgotten; may be NULL
 */
void resolver_forget(struct resolver *resolver, const void *owner, void (*free_user)(void *user));

/* What is going on. */
struct resolver_figures {
    size_t waiting;  /* who asked and was not told yet */
    size_t running;  /* threads */
    uint64_t asked;  /* so far */
    uint64_t looked; /* lookups made for them */
    uint64_t late;   /* told that time was over */
    uint64_t full;   /* refused: too many */
};
/** Its figures now. */
struct resolver_figures resolver_figures(const struct resolver *resolver);

#endif
