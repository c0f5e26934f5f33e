/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A resolver: queries (names that are looked up) with the questions of those who ask for them.
 *
 *     asked --> a query of that name, or a new one --> a thread, when there is room --> the mailbox -->
 * told
 *       +------------------ deadline ------------------> told that it is late
 *
 * All that threads share with the loop is the mailbox, under its lock: finished queries go in, the loop takes
 * them out.  It is counted, so that a thread that is late finds it although the resolver is gone.
 */
#include "workers/resolve.h"

#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>

#include "base/limits.h"
#include "base/mem.h"

/* Name services are libraries that are loaded then; they expect a usual stack. */
#define STACK_BYTES (1 * MIB)

/* Who asks. */
struct question {
    struct question *next;  /* of its query */
    struct question *newer; /* in the order of asking, which is that of deadlines */
    struct query *query;
    const void *owner;
    resolver_done_fn *on_done;
    void *user;
    uint64_t deadline_ms;
    char group[LIMIT_NAME_BYTES + 1];
};

/* A name that is looked up, or will be. */
struct query {
    struct query *next;               /* in the order of asking */
    struct question *questions;       /* none: nobody waits for it any more */
    bool running;                     /* a thread has it, or it is in the mailbox */
    char group[LIMIT_NAME_BYTES + 1]; /* for which its thread counts; others join once it runs */
    char name[LIMIT_HOSTNAME_BYTES + 1];
    /* from here on the thread's, while it has it */
    struct mailbox *mailbox; /* counted */
    struct query *mail;      /* the next in the mailbox */
    enum ipc_lookup_result result;
    size_t count;
    uint8_t addresses[IPC_LOOKUP_ADDRESSES][16];
};

struct mailbox {
    pthread_mutex_t lock;
    unsigned users;         /* the resolver, and each thread */
    struct loop_wake *wake; /* NULL: the resolver is gone */
    struct query *finished;
    struct resolver_calls calls;
};

struct resolver {
    struct loop *loop;
    struct mailbox *mailbox;
    struct loop_wake *wake;
    struct loop_timer *timer; /* for the deadline of the oldest question */
    uint64_t deadline_ms;
    struct query *queries;   /* owned but for those that run; oldest first */
    struct question *oldest; /* owned */
    struct resolver_figures figures;
};

/* --- the mailbox --- */

static void mailbox_ref(struct mailbox *mailbox) {
    pthread_mutex_lock(&mailbox->lock);
    mailbox->users++;
    pthread_mutex_unlock(&mailbox->lock);
}

static void mailbox_unref(struct mailbox *mailbox) {
    pthread_mutex_lock(&mailbox->lock);
    bool last = --mailbox->users == 0;
    pthread_mutex_unlock(&mailbox->lock);
    if (!last)
        return;
    pthread_mutex_destroy(&mailbox->lock);
    mem_free(mailbox);
}

/* A query is finished; who has it gives it away, and its share of the mailbox. */
static void mailbox_put(struct mailbox *mailbox, struct query *query) {
    pthread_mutex_lock(&mailbox->lock);
    bool wanted = mailbox->wake != NULL;
    if (wanted) {
        query->mail = mailbox->finished;
        mailbox->finished = query;
        loop_wake(mailbox->wake);
    }
    pthread_mutex_unlock(&mailbox->lock);
    if (!wanted)
        mem_free(query);
    mailbox_unref(mailbox);
}

static struct query *mailbox_take(struct mailbox *mailbox) {
    pthread_mutex_lock(&mailbox->lock);
    struct query *list = TAKE(mailbox->finished);
    pthread_mutex_unlock(&mailbox->lock);
    return list;
}

/* --- a thread --- */

static enum ipc_lookup_result result_of(int error) {
    switch (error) {
    case 0: return IPC_LOOKUP_OK;
    case EAI_NONAME:
    case EAI_NODATA:
    case EAI_ADDRFAMILY: return IPC_LOOKUP_NO_NAME;
    case EAI_AGAIN:
    case EAI_MEMORY:
    case EAI_SYSTEM: return IPC_LOOKUP_TEMPORARY;
    default: return IPC_LOOKUP_PERMANENT;
    }
}

static void add_address(struct query *query, const struct sockaddr *from) {
    uint8_t address[16] = {[10] = 0xff, [11] = 0xff};
    if (from->sa_family == AF_INET)
        memcpy(address + 12, &((const struct sockaddr_in *)(const void *)from)->sin_addr, 4);
    else if (from->sa_family == AF_INET6)
        memcpy(address, &((const struct sockaddr_in6 *)(const void *)from)->sin6_addr, 16);
    else
        return;
    for (size_t i = 0; i < query->count; i++)
        if (memcmp(query->addresses[i], address, 16) == 0)
            return;
    if (query->count < IPC_LOOKUP_ADDRESSES)
        memcpy(query->addresses[query->count++], address, 16);
}

static void *look_up(void *user) {
    struct query *query = user;
    struct mailbox *mailbox = query->mailbox;
    /* Of families that this machine has an address of; one type of socket, so that each comes once. */
    const struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    struct addrinfo *list = NULL;
    query->result = result_of(mailbox->calls.look_up(query->name, NULL, &hints, &list));
    if (query->result == IPC_LOOKUP_OK) {
        for (const struct addrinfo *one = list; one; one = one->ai_next)
            add_address(query, one->ai_addr);
        if (list)
            mailbox->calls.free(list);
        if (query->count == 0)
            query->result = IPC_LOOKUP_NO_NAME;
    }
    mailbox_put(mailbox, query);
    return NULL;
}

static bool start_thread(struct query *query) {
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0)
        return false;
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    /* Signals are for the thread of the loop. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_t thread;
    int error = pthread_create(&thread, &attributes, look_up, query);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return error == 0;
}

static void begin(struct resolver *resolver, struct query *query) {
    query->running = true;
    resolver->figures.running++;
    resolver->figures.looked++;
    mailbox_ref(resolver->mailbox);
    query->mailbox = resolver->mailbox;
    if (start_thread(query))
        return;
    query->result = IPC_LOOKUP_TEMPORARY; /* too many threads: who asked may ask again */
    mailbox_put(resolver->mailbox, query);
}

/* --- questions --- */

static void unlink_question(struct resolver *resolver, struct question *question) {
    struct question **at = &resolver->oldest;
    while (*at != question)
        at = &(*at)->newer;
    *at = question->newer;
    for (at = &question->query->questions; *at != question;)
        at = &(*at)->next;
    *at = question->next;
    resolver->figures.waiting--;
}

static void tell(struct resolver *resolver, struct question *question, const struct resolver_answer *answer) {
    unlink_question(resolver, question);
    question->on_done(answer, question->user);
    mem_free(question);
}

static void arm(struct resolver *resolver) {
    uint64_t now = loop_now_ms(resolver->loop);
    if (!resolver->oldest)
        loop_timer_stop(resolver->timer);
    else
        loop_timer_start(resolver->timer,
                         resolver->oldest->deadline_ms > now ? resolver->oldest->deadline_ms - now : 0, 0);
}

/* --- queries --- */

static void drop_query(struct resolver *resolver, struct query *query) {
    struct query **at = &resolver->queries;
    while (*at != query)
        at = &(*at)->next;
    *at = query->next;
}

static size_t running_of(const struct resolver *resolver, const char *group) {
    size_t count = 0;
    for (const struct query *query = resolver->queries; query; query = query->next)
        count += query->running && strcmp(query->group, group) == 0;
    return count;
}

/* Begin what there is room for, oldest first; what nobody waits for any more is dropped before it begins. */
static void pump(struct resolver *resolver) {
    for (struct query *query = resolver->queries, *next; query; query = next) {
        next = query->next;
        if (query->running)
            continue;
        if (!query->questions) {
            drop_query(resolver, query);
            mem_free(query);
        } else if (resolver->figures.running < LIMIT_RESOLVER_RUNNING &&
                   running_of(resolver, query->group) < LIMIT_RESOLVER_GROUP)
            begin(resolver, query);
    }
}

static void on_finished(struct loop_wake *wake, void *user) {
    struct resolver *resolver = user;
    (void)wake;
    for (struct query *query = mailbox_take(resolver->mailbox), *mail; query; query = mail) {
        mail = query->mail;
        resolver->figures.running--;
        drop_query(resolver, query);
        struct resolver_answer answer = {
            .result = query->result,
            .addresses = (const uint8_t(*)[16])query->addresses,
            .count = query->result == IPC_LOOKUP_OK ? query->count : 0,
        };
        while (query->questions)
            tell(resolver, query->questions, &answer);
        mem_free(query);
    }
    pump(resolver);
    arm(resolver);
}

static void on_deadline(struct loop_timer *timer, void *user) {
    struct resolver *resolver = user;
    (void)timer;
    static const struct resolver_answer late = {.result = IPC_LOOKUP_TIMED_OUT};
    uint64_t now = loop_now_ms(resolver->loop);
    while (resolver->oldest && resolver->oldest->deadline_ms <= now) {
        resolver->figures.late++;
        tell(resolver, resolver->oldest, &late);
    }
    pump(resolver);
    arm(resolver);
}

/* From here on threads free what they have: that leaves the list. */
static void close_mailbox(struct resolver *resolver) {
    struct mailbox *mailbox = TAKE(resolver->mailbox);
    pthread_mutex_lock(&mailbox->lock);
    mailbox->wake = NULL;
    for (struct query *query = mailbox->finished; query; query = query->mail)
        query->running = false;
    for (struct query **at = &resolver->queries; *at;)
        if ((*at)->running)
            *at = (*at)->next;
        else
            at = &(*at)->next;
    pthread_mutex_unlock(&mailbox->lock);
    mailbox_unref(mailbox);
}

/* --- the door --- */

DEFINE_CLEANUP(resolver_free_ptr, struct resolver *, resolver_free)

int resolver_new(struct loop *loop, const struct resolver_calls *calls, struct resolver **ret,
                 arcella_error **reterr) {
    CLEANUP(resolver_free_ptr) struct resolver *resolver = mem_new(struct resolver);
    if (!resolver || !(resolver->mailbox = mem_new(struct mailbox)))
        return error_nomem(reterr);
    resolver->loop = loop;
    struct mailbox *mailbox = resolver->mailbox;
    mailbox->users = 1;
    mailbox->calls = calls ? *calls : (struct resolver_calls){getaddrinfo, freeaddrinfo, 0};
    pthread_mutex_init(&mailbox->lock, NULL);
    resolver->deadline_ms = mailbox->calls.deadline_ms ? mailbox->calls.deadline_ms : LIMIT_LOOKUP_MS;
    int r = loop_timer_new(loop, on_deadline, resolver, &resolver->timer, reterr);
    if (r == 0)
        r = loop_wake_new(loop, on_finished, resolver, &resolver->wake, reterr);
    if (r < 0)
        return r;
    mailbox->wake = resolver->wake;
    *ret = TAKE(resolver);
    return 0;
}

struct resolver *resolver_free(struct resolver *resolver) {
    if (!resolver)
        return NULL;
    if (resolver->mailbox)
        close_mailbox(resolver);
    while (resolver->oldest) {
        struct question *question = resolver->oldest;
        resolver->oldest = question->newer;
        mem_free(question);
    }
    while (resolver->queries) {
        struct query *query = resolver->queries;
        resolver->queries = query->next;
        mem_free(query);
    }
    loop_wake_free(resolver->wake);
    loop_timer_free(resolver->timer);
    mem_free(resolver);
    return NULL;
}

struct resolver_figures resolver_figures(const struct resolver *resolver) {
    return resolver->figures;
}

static int check_room(struct resolver *resolver, const char *group, arcella_error **reterr) {
    size_t count = 0;
    for (const struct question *question = resolver->oldest; question; question = question->newer)
        count += strcmp(question->group, group) == 0;
    if (resolver->figures.waiting < LIMIT_RESOLVER_QUEUED && count < LIMIT_RESOLVER_GROUP_QUEUED)
        return 0;
    resolver->figures.full++;
    return error_set(reterr, ARCELLA_E_BUSY, "%zu lookups wait, %zu of them of group '%s'",
                     resolver->figures.waiting, count, group);
}

/*
 * The query of a name, or a new one at the end.  One that waits for a thread of another group is not joined:
 * it may wait for as long as that group's own queries hang.  @return NULL: no memory
 */
static struct query *query_of(struct resolver *resolver, const char *group, struct text name) {
    struct query **at = &resolver->queries;
    for (; *at; at = &(*at)->next)
        if (text_equal(text_of((*at)->name), name) && ((*at)->running || strcmp((*at)->group, group) == 0))
            return *at;
    struct query *query = mem_new(struct query);
    if (!query)
        return NULL;
    memcpy(query->name, name.data, name.length);
    text_copy(query->group, sizeof(query->group), group);
    return *at = query;
}

int resolver_ask(struct resolver *resolver, const char *group, const void *owner, struct text name,
                 resolver_done_fn *on_done, void *user, arcella_error **reterr) {
    if (name.length == 0 || name.length > LIMIT_HOSTNAME_BYTES || memchr(name.data, '\0', name.length))
        return error_set(reterr, ARCELLA_E_INVALID, "no name of a host");
    int r = check_room(resolver, group, reterr);
    if (r < 0)
        return r;
    struct question *question = mem_new(struct question);
    struct query *query = question ? query_of(resolver, group, name) : NULL;
    if (!query) {
        mem_free(question);
        return error_nomem(reterr);
    }
    *question = (struct question){
        .next = query->questions,
        .query = query,
        .owner = owner,
        .on_done = on_done,
        .user = user,
        .deadline_ms = loop_now_ms(resolver->loop) + resolver->deadline_ms,
    };
    text_copy(question->group, sizeof(question->group), group);
    query->questions = question;
    struct question **last = &resolver->oldest;
    while (*last)
        last = &(*last)->newer;
    *last = question;
    resolver->figures.waiting++;
    resolver->figures.asked++;
    pump(resolver);
    arm(resolver);
    return 0;
}

void resolver_forget(struct resolver *resolver, const void *owner, void (*free_user)(void *user)) {
    for (struct question *question = resolver->oldest, *newer; question; question = newer) {
        newer = question->newer;
        if (owner && question->owner != owner)
            continue;
        unlink_question(resolver, question);
        if (free_user)
            free_user(question->user);
        mem_free(question);
    }
    pump(resolver);
    arm(resolver);
}
