/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The resolver of a parent, with a name service that answers what, and when, the test wants. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <assert.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/mem.h"
#include "workers/resolve.h"

#define PATIENCE_MS 20000

/* --- the name service --- */

/* "hang-…" answers when it is let go; "eai-N" is the error N; "many", "mixed", "mapped" are addresses. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool let_go;
    unsigned inside; /* threads that hang */
    unsigned most;   /* at once */
    unsigned calls;
    unsigned made; /* lists */
    unsigned freed;
    int flags, family, type;
    char last[256];
} service = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static struct addrinfo *address(const char *text, struct addrinfo *next) {
    struct addrinfo *one = mem_alloc(sizeof(*one));
    one->ai_next = next;
    if (strchr(text, ':')) {
        struct sockaddr_in6 *v6 = mem_alloc(sizeof(*v6));
        v6->sin6_family = AF_INET6;
        assert(inet_pton(AF_INET6, text, &v6->sin6_addr) == 1);
        one->ai_addr = (struct sockaddr *)(void *)v6;
    } else {
        struct sockaddr_in *v4 = mem_alloc(sizeof(*v4));
        v4->sin_family = *text ? AF_INET : AF_UNIX;
        (void)inet_pton(AF_INET, text, &v4->sin_addr);
        one->ai_addr = (struct sockaddr *)(void *)v4;
    }
    return one;
}

static void hang(void) {
    service.inside++;
    if (service.inside > service.most)
        service.most = service.inside;
    pthread_cond_broadcast(&service.changed);
    while (!service.let_go)
        pthread_cond_wait(&service.changed, &service.lock);
    service.inside--;
    pthread_cond_broadcast(&service.changed);
}

static int fake_look_up(const char *name, const char *port, const struct addrinfo *hints,
                        struct addrinfo **ret) {
    assert(!port);
    pthread_mutex_lock(&service.lock);
    service.calls++;
    service.flags = hints->ai_flags;
    service.family = hints->ai_family;
    service.type = hints->ai_socktype;
    snprintf(service.last, sizeof(service.last), "%s", name);
    if (strncmp(name, "hang-", 5) == 0)
        hang();
    bool fails = strncmp(name, "eai-", 4) == 0, none = strcmp(name, "none") == 0;
    service.made += !fails && !none;
    pthread_mutex_unlock(&service.lock);
    if (fails)
        return (int)-strtol(name + 4, NULL, 10);
    *ret = NULL;
    if (none)
        return 0;
    if (strcmp(name, "many") == 0) {
        for (int i = 50; i > 0; i--) {
            char text[32];
            snprintf(text, sizeof(text), "192.0.2.%d", i);
            *ret = address(text, *ret);
        }
        return 0;
    }
    if (strcmp(name, "mixed") == 0)
        *ret = address("2001:db8::1",
                       address("192.0.2.7", address("", address("::ffff:192.0.2.7", address("::1", NULL)))));
    else
        *ret = address("192.0.2.1", NULL);
    return 0;
}

static void fake_free(struct addrinfo *list) {
    while (list) {
        struct addrinfo *next = list->ai_next;
        mem_free(list->ai_addr);
        mem_free(list);
        list = next;
    }
    pthread_mutex_lock(&service.lock);
    service.freed++;
    pthread_cond_broadcast(&service.changed);
    pthread_mutex_unlock(&service.lock);
}

static void let_go(void) {
    pthread_mutex_lock(&service.lock);
    service.let_go = true;
    pthread_cond_broadcast(&service.changed);
    while (service.inside > 0)
        pthread_cond_wait(&service.changed, &service.lock);
    pthread_mutex_unlock(&service.lock);
}

static void wait_inside(unsigned count) {
    pthread_mutex_lock(&service.lock);
    while (service.inside < count)
        pthread_cond_wait(&service.changed, &service.lock);
    pthread_mutex_unlock(&service.lock);
}

/* --- the parent --- */

struct rig {
    struct loop *loop;
    struct resolver *resolver;
};

/* One who asks. */
struct asker {
    unsigned told;
    enum ipc_lookup_result result;
    size_t count;
    uint8_t addresses[IPC_LOOKUP_ADDRESSES][16];
    void (*then)(struct asker *asker);
    struct rig *rig;
};

static void on_done(const struct resolver_answer *answer, void *user) {
    struct asker *asker = user;
    asker->told++;
    asker->result = answer->result;
    asker->count = answer->count;
    assert_true(answer->count <= IPC_LOOKUP_ADDRESSES);
    assert_int_equal(answer->count > 0, answer->result == IPC_LOOKUP_OK);
    if (answer->count)
        memcpy(asker->addresses, answer->addresses, answer->count * 16);
    if (asker->then)
        asker->then(asker);
}

static void begin(struct rig *rig, uint64_t deadline_ms) {
    pthread_mutex_lock(&service.lock);
    service.let_go = false;
    service.calls = service.made = service.freed = service.most = 0;
    pthread_mutex_unlock(&service.lock);
    const struct resolver_calls calls = {fake_look_up, fake_free, deadline_ms};
    assert_int_equal(loop_new(&rig->loop, NULL), 0);
    assert_int_equal(resolver_new(rig->loop, &calls, &rig->resolver, NULL), 0);
}

/* Threads outlive their resolver: those of this test are over before the next one begins. */
static void end(struct rig *rig) {
    rig->resolver = resolver_free(rig->resolver);
    rig->loop = loop_free(rig->loop);
    let_go();
    pthread_mutex_lock(&service.lock);
    while (service.freed < service.made)
        pthread_cond_wait(&service.changed, &service.lock);
    pthread_mutex_unlock(&service.lock);
}

static int ask_as(struct rig *rig, const char *group, const void *owner, const char *name,
                  struct asker *asker) {
    asker->rig = rig;
    return resolver_ask(rig->resolver, group, owner, text_of(name), on_done, asker, NULL);
}

static void ask(struct rig *rig, const char *name, struct asker *asker) {
    assert_int_equal(ask_as(rig, "web", rig, name, asker), 0);
    assert_int_equal(asker->told, 0); /* never from inside */
}

static void on_tick(struct loop_timer *timer, void *user) {
    (void)timer;
    (void)user;
}

#define RUN_UNTIL(rig, condition)                                                                            \
    do {                                                                                                     \
        uint64_t until_ = clock_monotonic_ms() + PATIENCE_MS;                                                \
        struct loop_timer *tick_ = NULL;                                                                     \
        assert_int_equal(loop_timer_new((rig)->loop, on_tick, NULL, &tick_, NULL), 0);                       \
        loop_timer_start(tick_, 10, 10);                                                                     \
        while (!(condition) && clock_monotonic_ms() < until_)                                                \
            loop_run_once((rig)->loop);                                                                      \
        loop_timer_free(tick_);                                                                              \
        assert_true(condition);                                                                              \
    } while (0)

static void assert_address(const struct asker *asker, size_t index, const char *text) {
    uint8_t wanted[16];
    assert_int_equal(inet_pton(AF_INET6, text, wanted), 1);
    assert_true(index < asker->count);
    assert_memory_equal(asker->addresses[index], wanted, 16);
}

/* --- answers --- */

static void test_answers(void **state) {
    (void)state;
    struct rig rig;
    begin(&rig, 0);
    struct asker one = {0}, many = {0}, mixed = {0}, none = {0};
    ask(&rig, "one.example", &one);
    RUN_UNTIL(&rig, one.told);
    assert_int_equal(one.result, IPC_LOOKUP_OK);
    assert_int_equal(one.count, 1);
    assert_address(&one, 0, "::ffff:192.0.2.1");
    assert_string_equal(service.last, "one.example");
    assert_int_equal(service.family, AF_UNSPEC);
    assert_int_equal(service.type, SOCK_STREAM);
    assert_true(service.flags & AI_ADDRCONFIG);
    ask(&rig, "many", &many);
    ask(&rig, "mixed", &mixed);
    ask(&rig, "none", &none);
    RUN_UNTIL(&rig, many.told && mixed.told && none.told);
    assert_int_equal(many.count, IPC_LOOKUP_ADDRESSES); /* the first ones, in order */
    assert_address(&many, 0, "::ffff:192.0.2.1");
    assert_address(&many, 31, "::ffff:192.0.2.32");
    assert_int_equal(mixed.count, 3); /* each once, whatever it is written as; nothing that is no address */
    assert_address(&mixed, 0, "2001:db8::1");
    assert_address(&mixed, 1, "::ffff:192.0.2.7");
    assert_address(&mixed, 2, "::1");
    assert_int_equal(none.result, IPC_LOOKUP_NO_NAME);
    assert_int_equal(service.freed, 3);
    struct resolver_figures figures = resolver_figures(rig.resolver);
    assert_int_equal(figures.asked, 4);
    assert_int_equal(figures.looked, 4);
    assert_int_equal(figures.waiting, 0);
    assert_int_equal(figures.running, 0);
    end(&rig);
}

static void test_errors(void **state) {
    (void)state;
    static const struct {
        int error;
        enum ipc_lookup_result result;
    } rows[] = {
        {EAI_NONAME, IPC_LOOKUP_NO_NAME},     {EAI_NODATA, IPC_LOOKUP_NO_NAME},
        {EAI_ADDRFAMILY, IPC_LOOKUP_NO_NAME}, {EAI_AGAIN, IPC_LOOKUP_TEMPORARY},
        {EAI_MEMORY, IPC_LOOKUP_TEMPORARY},   {EAI_SYSTEM, IPC_LOOKUP_TEMPORARY},
        {EAI_FAIL, IPC_LOOKUP_PERMANENT},     {EAI_FAMILY, IPC_LOOKUP_PERMANENT},
    };
    struct rig rig;
    begin(&rig, 0);
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        char name[32];
        struct asker asker = {0};
        snprintf(name, sizeof(name), "eai-%d", -rows[i].error);
        ask(&rig, name, &asker);
        RUN_UNTIL(&rig, asker.told);
        assert_int_equal(asker.result, rows[i].result);
    }
    static char large[LIMIT_HOSTNAME_BYTES + 2];
    memset(large, 'a', sizeof(large) - 1);
    struct asker none = {0};
    assert_int_equal(ask_as(&rig, "web", NULL, "", &none), ARCELLA_E_INVALID);
    assert_int_equal(ask_as(&rig, "web", NULL, large, &none), ARCELLA_E_INVALID);
    large[LIMIT_HOSTNAME_BYTES] = '\0';
    ask(&rig, large, &none);
    RUN_UNTIL(&rig, none.told);
    assert_int_equal(strlen(service.last), LIMIT_HOSTNAME_BYTES);
    end(&rig);
}

/* --- at the same time --- */

static void test_equal_names_once(void **state) {
    (void)state;
    struct rig rig;
    begin(&rig, 0);
    struct asker askers[8] = {0}, other = {0};
    for (size_t i = 0; i < ARRAY_LENGTH(askers); i++)
        assert_int_equal(ask_as(&rig, i % 2 ? "web" : "mail", &askers[i], "hang-x", &askers[i]), 0);
    ask(&rig, "hang-y", &other);
    wait_inside(2);
    assert_int_equal(resolver_figures(rig.resolver).waiting, 9);
    assert_int_equal(resolver_figures(rig.resolver).looked, 2);
    /* one of them is forgotten meanwhile */
    resolver_forget(rig.resolver, &askers[3], NULL);
    let_go();
    RUN_UNTIL(&rig, askers[0].told && askers[7].told && other.told);
    for (size_t i = 0; i < ARRAY_LENGTH(askers); i++)
        assert_int_equal(askers[i].told, i != 3);
    assert_int_equal(service.calls, 2);
    /* later it is looked up anew: nothing is kept here */
    struct asker again = {0};
    ask(&rig, "hang-x", &again);
    RUN_UNTIL(&rig, again.told);
    assert_int_equal(service.calls, 3);
    end(&rig);
}

/* A group whose names hang holds its own threads only; all together no more than there are. */
static void test_threads_are_bounded(void **state) {
    (void)state;
    struct rig rig;
    begin(&rig, 0);
    enum { GROUPS = 6, EACH = 10 };
    static struct asker askers[GROUPS][EACH], quick;
    memset(askers, 0, sizeof(askers));
    memset(&quick, 0, sizeof(quick));
    for (int i = 0; i < EACH; i++) {
        char name[32];
        snprintf(name, sizeof(name), "hang-%d", i);
        assert_int_equal(ask_as(&rig, "slow", &rig, name, &askers[0][i]), 0);
    }
    wait_inside(LIMIT_RESOLVER_GROUP);
    assert_int_equal(resolver_figures(rig.resolver).running, LIMIT_RESOLVER_GROUP);
    assert_int_equal(ask_as(&rig, "other", &rig, "quick", &quick), 0);
    RUN_UNTIL(&rig, quick.told);
    for (int g = 1; g < GROUPS; g++)
        for (int i = 0; i < EACH; i++) {
            char name[32], group[32];
            snprintf(name, sizeof(name), "hang-%d-%d", g, i);
            snprintf(group, sizeof(group), "g%d", g);
            assert_int_equal(ask_as(&rig, group, &rig, name, &askers[g][i]), 0);
        }
    wait_inside(LIMIT_RESOLVER_RUNNING);
    assert_int_equal(resolver_figures(rig.resolver).running, LIMIT_RESOLVER_RUNNING);
    let_go();
    RUN_UNTIL(&rig, resolver_figures(rig.resolver).waiting == 0);
    for (int g = 0; g < GROUPS; g++)
        for (int i = 0; i < EACH; i++)
            assert_int_equal(askers[g][i].told, 1);
    assert_int_equal(service.most, LIMIT_RESOLVER_RUNNING);
    end(&rig);
}

/* A name that another group waits for is not waited for in its queue. */
static void test_no_queue_of_another(void **state) {
    (void)state;
    struct rig rig;
    begin(&rig, 0);
    struct asker hangs[LIMIT_RESOLVER_GROUP] = {0}, waits = {0}, again = {0}, good = {0}, joins = {0};
    for (size_t i = 0; i < ARRAY_LENGTH(hangs); i++) {
        char name[32];
        snprintf(name, sizeof(name), "hang-%zu", i);
        assert_int_equal(ask_as(&rig, "bad", &rig, name, &hangs[i]), 0);
    }
    wait_inside(LIMIT_RESOLVER_GROUP);
    assert_int_equal(ask_as(&rig, "bad", &rig, "api.example", &waits), 0);
    assert_int_equal(ask_as(&rig, "bad", &rig, "api.example", &again), 0);
    assert_int_equal(ask_as(&rig, "good", &rig, "api.example", &good), 0);
    RUN_UNTIL(&rig, good.told);
    assert_int_equal(good.result, IPC_LOOKUP_OK);
    assert_int_equal(waits.told + again.told, 0);
    /* what runs answers all */
    assert_int_equal(ask_as(&rig, "good", &rig, "hang-0", &joins), 0);
    assert_int_equal(resolver_figures(rig.resolver).running, LIMIT_RESOLVER_GROUP);
    let_go();
    RUN_UNTIL(&rig, joins.told && waits.told && again.told);
    assert_int_equal(waits.result, IPC_LOOKUP_OK);
    assert_int_equal(again.result, IPC_LOOKUP_OK);
    assert_int_equal(service.calls, LIMIT_RESOLVER_GROUP + 2); /* once for each group */
    end(&rig);
}

static void test_queue_is_bounded(void **state) {
    (void)state;
    struct rig rig;
    begin(&rig, 0);
    static struct asker askers[LIMIT_RESOLVER_QUEUED + 1];
    memset(askers, 0, sizeof(askers));
    unsigned asked = 0;
    for (int g = 0; g < 4; g++) {
        char group[8], name[32];
        snprintf(group, sizeof(group), "g%d", g);
        for (int i = 0; i < LIMIT_RESOLVER_GROUP_QUEUED; i++) {
            snprintf(name, sizeof(name), "hang-%d-%d", g, i);
            assert_int_equal(ask_as(&rig, group, &rig, name, &askers[asked++]), 0);
        }
        arcella_error *error = NULL;
        assert_int_equal(
            resolver_ask(rig.resolver, group, &rig, TEXT("more"), on_done, &askers[asked], &error),
            ARCELLA_E_BUSY);
        assert_non_null(strstr(arcella_error_message(error), group));
        arcella_error_free(error);
    }
    assert_int_equal(asked, LIMIT_RESOLVER_QUEUED);
    assert_int_equal(ask_as(&rig, "new", &rig, "more", &askers[asked]), ARCELLA_E_BUSY);
    assert_int_equal(resolver_figures(rig.resolver).full, 5);
    /* the worker is gone: what had not begun is never looked up */
    resolver_forget(rig.resolver, &rig, NULL);
    assert_int_equal(resolver_figures(rig.resolver).waiting, 0);
    let_go();
    RUN_UNTIL(&rig, resolver_figures(rig.resolver).running == 0);
    assert_true(service.calls <= LIMIT_RESOLVER_RUNNING);
    for (unsigned i = 0; i <= asked; i++)
        assert_int_equal(askers[i].told, 0);
    end(&rig);
}

/* --- time --- */

static void test_deadline(void **state) {
    (void)state;
    struct rig rig;
    begin(&rig, 60);
    struct asker late = {0}, waits = {0}, more[LIMIT_RESOLVER_GROUP] = {0};
    ask(&rig, "hang-x", &late);
    for (size_t i = 0; i < ARRAY_LENGTH(more); i++) {
        char name[32];
        snprintf(name, sizeof(name), "hang-%zu", i);
        ask(&rig, name, &more[i]);
    }
    ask(&rig, "hang-waits", &waits); /* never begins: its group's threads hang */
    uint64_t began = clock_monotonic_ms();
    RUN_UNTIL(&rig, late.told && waits.told);
    assert_true(clock_monotonic_ms() - began >= 50);
    assert_int_equal(late.result, IPC_LOOKUP_TIMED_OUT);
    assert_int_equal(waits.result, IPC_LOOKUP_TIMED_OUT);
    assert_int_equal(resolver_figures(rig.resolver).late, 2 + LIMIT_RESOLVER_GROUP);
    /* the threads still work, and still count */
    assert_int_equal(resolver_figures(rig.resolver).running, LIMIT_RESOLVER_GROUP);
    struct asker next = {0};
    ask(&rig, "next", &next);
    RUN_UNTIL(&rig, next.told);
    assert_int_equal(next.result, IPC_LOOKUP_TIMED_OUT);
    /* who asks for what is on its way already gets its answer */
    struct asker joins = {0};
    ask(&rig, "hang-x", &joins);
    let_go();
    RUN_UNTIL(&rig, joins.told && resolver_figures(rig.resolver).running == 0);
    assert_int_equal(joins.result, IPC_LOOKUP_OK);
    assert_int_equal(late.told, 1); /* an answer that is late is nobody's */
    struct asker after = {0};
    ask(&rig, "after", &after);
    RUN_UNTIL(&rig, after.told);
    assert_int_equal(after.result, IPC_LOOKUP_OK);
    end(&rig);
}

/* --- ends --- */

static unsigned freed;

static void count_freed(void *user) {
    (void)user;
    freed++;
}

static void test_worker_gone(void **state) {
    (void)state;
    struct rig rig;
    begin(&rig, 0);
    struct asker gone[2] = {0}, stays = {0};
    int worker, other;
    freed = 0;
    assert_int_equal(ask_as(&rig, "web", &worker, "hang-x", &gone[0]), 0);
    assert_int_equal(ask_as(&rig, "web", &worker, "hang-y", &gone[1]), 0);
    assert_int_equal(ask_as(&rig, "web", &other, "hang-x", &stays), 0);
    wait_inside(2);
    resolver_forget(rig.resolver, &worker, count_freed);
    assert_int_equal(freed, 2);
    resolver_forget(rig.resolver, &worker, count_freed);
    assert_int_equal(freed, 2);
    let_go();
    RUN_UNTIL(&rig, stays.told);
    assert_int_equal(gone[0].told + gone[1].told, 0);
    /* all at once */
    assert_int_equal(ask_as(&rig, "web", &worker, "a", &gone[0]), 0);
    assert_int_equal(ask_as(&rig, "mail", &other, "b", &gone[1]), 0);
    resolver_forget(rig.resolver, NULL, count_freed);
    assert_int_equal(freed, 4);
    RUN_UNTIL(&rig, resolver_figures(rig.resolver).running == 0);
    assert_int_equal(gone[0].told + gone[1].told, 0);
    end(&rig);
}

/* The resolver goes while threads hang, and while finished ones lie in its mailbox. */
static void test_freed_meanwhile(void **state) {
    (void)state;
    for (int turn = 0; turn < 50; turn++) {
        struct rig rig;
        begin(&rig, 0);
        struct asker askers[6] = {0};
        for (size_t i = 0; i < ARRAY_LENGTH(askers); i++) {
            char name[32];
            snprintf(name, sizeof(name), "%s-%zu", i % 2 ? "hang" : "quick", i);
            ask(&rig, name, &askers[i]);
        }
        if (turn % 2)
            wait_inside(2);
        end(&rig);
        for (size_t i = 0; i < ARRAY_LENGTH(askers); i++)
            assert_int_equal(askers[i].told, 0);
        let_go();
    }
    assert_null(resolver_free(NULL));
}

static void ask_again(struct asker *asker) {
    static struct asker next;
    next = (struct asker){0};
    asker->then = NULL;
    assert_int_equal(ask_as(asker->rig, "web", asker, "again", &next), 0);
    resolver_forget(asker->rig->resolver, &next, NULL);
    resolver_forget(asker->rig->resolver, asker, NULL);
}

/* Whoever is told may ask and forget. */
static void test_from_inside(void **state) {
    (void)state;
    struct rig rig;
    begin(&rig, 0);
    struct asker askers[3] = {{.then = ask_again}, {.then = ask_again}, {.then = ask_again}};
    for (size_t i = 0; i < ARRAY_LENGTH(askers); i++)
        assert_int_equal(ask_as(&rig, "web", &rig, "same", &askers[i]), 0);
    RUN_UNTIL(&rig, askers[0].told && askers[1].told && askers[2].told);
    end(&rig);
    /* … also at its deadline */
    begin(&rig, 30);
    struct asker late[2] = {{.then = ask_again}, {.then = ask_again}};
    ask(&rig, "hang-1", &late[0]);
    ask(&rig, "hang-2", &late[1]);
    RUN_UNTIL(&rig, late[0].told && late[1].told);
    assert_int_equal(late[0].result, IPC_LOOKUP_TIMED_OUT);
    let_go();
    end(&rig);
}

/* --- no memory --- */

#ifdef ARCELLA_FAULTS
/* Ask with the nth allocation failing. @return how many there were */
static uint64_t ask_without_memory(uint64_t nth) {
    struct rig rig = {0};
    struct asker asker = {0};
    const struct resolver_calls calls = {fake_look_up, fake_free, 0};
    arcella_error *error = NULL;
    fault_set(FAULT_ALLOC, nth, ENOMEM);
    int r = loop_new(&rig.loop, &error);
    if (r == 0)
        r = resolver_new(rig.loop, &calls, &rig.resolver, &error);
    if (r == 0)
        r = resolver_ask(rig.resolver, "web", &rig, TEXT("none"), on_done, &asker, &error);
    uint64_t count = fault_count(FAULT_ALLOC);
    fault_set(FAULT_ALLOC, 0, 0);
    if (r == 0)
        RUN_UNTIL(&rig, asker.told);
    else
        assert_true(r == ARCELLA_E_NOMEM && arcella_error_code(error) == r);
    assert_int_equal(asker.told, r == 0);
    resolver_free(rig.resolver);
    loop_free(rig.loop);
    arcella_error_free(error);
    return count;
}
#endif

static void test_no_memory(void **state) {
    (void)state;
#ifdef ARCELLA_FAULTS
    uint64_t count = ask_without_memory(0);
    assert_true(count > 4);
    for (uint64_t nth = 1; nth <= count; nth++)
        ask_without_memory(nth);
#else
    print_message("needs ARCELLA_FAULTS\n");
    skip();
#endif
}

/* The system's own, on a name that every machine has. */
static void test_real(void **state) {
    (void)state;
    struct rig rig;
    assert_int_equal(loop_new(&rig.loop, NULL), 0);
    assert_int_equal(resolver_new(rig.loop, NULL, &rig.resolver, NULL), 0);
    struct asker asker = {0};
    ask(&rig, "localhost", &asker);
    RUN_UNTIL(&rig, asker.told);
    assert_int_equal(asker.result, IPC_LOOKUP_OK);
    for (size_t i = 0; i < asker.count; i++) {
        static const uint8_t v4[13] = {[10] = 0xff, [11] = 0xff, [12] = 127}, v6[16] = {[15] = 1};
        assert_true(memcmp(asker.addresses[i], v4, 13) == 0 || memcmp(asker.addresses[i], v6, 16) == 0);
    }
    end(&rig);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_equal_names_once),
        cmocka_unit_test(test_threads_are_bounded),
        cmocka_unit_test(test_no_queue_of_another),
        cmocka_unit_test(test_queue_is_bounded),
        cmocka_unit_test(test_deadline),
        cmocka_unit_test(test_worker_gone),
        cmocka_unit_test(test_freed_meanwhile),
        cmocka_unit_test(test_from_inside),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_real),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
