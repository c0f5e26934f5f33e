/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The host of one instance: parking, the budget, sentences for people (the grant check is in audit.c).
 * Owned by whoever owns the instance; the loop's thread.
 */
#include "host/host.h"

#include <stdarg.h>

#include "host/inside.h"
#include "host/kept.h"
#include "host/reactor.h"

#define NS 1000000000ull

bool host_bucket_take(struct host_bucket *bucket, uint64_t rate, uint64_t burst, uint64_t now_ns) {
    uint64_t cost = NS / rate;
    uint64_t full = cost * burst;
    uint64_t passed = bucket->last_ns ? now_ns - bucket->last_ns : full;
    if (passed > full)
        passed = full;
    bucket->credit_ns = bucket->credit_ns + passed > full ? full : bucket->credit_ns + passed;
    bucket->last_ns = now_ns;
    if (bucket->credit_ns < cost) {
        bucket->refused++;
        return false;
    }
    bucket->credit_ns -= cost;
    return true;
}

int host_new(const struct host_config *config, struct host **ret, arcella_error **reterr) {
    if (config->open_files > LIMIT_OPEN_FILES)
        return error_set(reterr, ARCELLA_E_INVALID, "open files: %u is over %d", config->open_files,
                         LIMIT_OPEN_FILES);
    struct host *host = mem_new(struct host);
    if (!host)
        return error_nomem(reterr);
    host->loop = config->loop;
    host->hooks = config->hooks;
    host->grants = config->grants;
    host->budget = config->budget;
    host->owner = config->owner;
    host->open_files = config->open_files ? config->open_files : LIMIT_OPEN_FILES;
    *ret = host;
    return 0;
}

void host_set_run(struct host *host, int (*wait)(void *user), void (*wake)(void *user), void *run) {
    host->hooks.wait = wait;
    host->hooks.wake = wake;
    host->hooks.run = run;
}

struct host *host_free(struct host *host) {
    if (host) {
        host_kept_forget(host);
        host_reactor_put(host->reactor);
        if (host->timer)
            loop_timer_free(host->timer);
        host_answered_free(host);
        host_audits_free(host);
        mem_free(host);
    }
    return NULL;
}

struct loop *host_loop(const struct host *host) {
    return host->loop;
}

struct host_figures host_figures(const struct host *host) {
    const struct host_net *net = &host->net;
    return (struct host_figures){
        .denied = host->denied,
        .passed = host->passed,
        .waits = host->waits,
        .files_open = host->files_open,
        .sockets = net->sockets,
        .sockets_refused = net->sockets_refused,
        .connections = net->connections,
        .connects_refused = net->connects_refused,
        .lookups = net->lookups_begun,
        .lookups_refused = net->lookups_refused,
        .datagrams_dropped = net->datagrams_dropped,
    };
}

bool host_take(struct host *host, uint64_t bytes) {
    return !host->budget || memory_budget_take(host->budget, bytes);
}

void host_give(struct host *host, uint64_t bytes) {
    if (host->budget)
        memory_budget_give(host->budget, bytes);
}

void host_notice(struct host *host, const char *format, ...) {
    if (!host->hooks.notice)
        return;
    char sentence[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof(sentence), format, arguments);
    va_end(arguments);
    host->hooks.notice(host->hooks.user, sentence);
}

/* --- waiting --- */

void host_fire(struct host *host) {
    if (!host->parked || host->fired)
        return;
    host->fired = true;
    host->hooks.wake(host->hooks.run);
}

static void on_timer(struct loop_timer *timer, void *user) {
    (void)timer;
    host_fire(user);
}

int host_park(struct host *host, uint64_t delay_ms) {
    if (!host->hooks.wait)
        return HOST_E_NOTSUP;
    if (delay_ms != UINT64_MAX) {
        if (!host->timer && loop_timer_new(host->loop, on_timer, host, &host->timer, NULL) < 0)
            return HOST_E_NOMEM;
        loop_timer_start(host->timer, delay_ms, 0);
    }
    uint32_t wait = host->wait;
    host->parked = true;
    host->fired = false;
    host->waits++;
    int r = 0;
    /* A wake that came for an earlier wait may be remembered, so look again.  But where the guest was called
     * meanwhile and has begun a wait of its own, the marks of ours are gone: let the caller ask again. */
    while (!host->fired && host->wait == wait && r == 0)
        r = host->hooks.wait(host->hooks.run);
    host->parked = false;
    if (delay_ms != UINT64_MAX)
        loop_timer_stop(host->timer);
    return r == 0 ? 0 : HOST_STOP;
}

int host_yield(struct host *host) {
    return host->hooks.wait ? host_park(host, 0) : 0;
}
