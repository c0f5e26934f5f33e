/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The host of one instance: the grant check with its audit line, parking, the budget.
 * Owned by whoever owns the instance; the loop's thread.
 */
#include "host/host.h"

#include <stdarg.h>

#include "base/clock.h"
#include "base/limits.h"
#include "host/inside.h"

/* A guest that tries the same forbidden thing in a loop leaves a few lines a second and a count, not a full
 * disk. */
#define AUDIT_LINES_RATE  5
#define AUDIT_LINES_BURST 50
#define NS                1000000000ull

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
        if (host->timer)
            loop_timer_free(host->timer);
        host_answered_free(host);
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

/* --- grants --- */

int host_deny(struct host *host, enum grant_class class, enum grant_action action, struct text resource,
              struct text grantable) {
    host->denied++;
    if (!host->hooks.audit)
        return HOST_E_NOTCAPABLE;
    uint64_t suppressed = host->audit.refused;
    if (!host_bucket_take(&host->audit, AUDIT_LINES_RATE, AUDIT_LINES_BURST, clock_monotonic_ns()))
        return HOST_E_NOTCAPABLE;
    host->audit.refused = 0;
    char named[LIMIT_PATH_BYTES];
    char needed[LIMIT_PATH_BYTES + 64];
    size_t length = resource.length < sizeof(named) - 1 ? resource.length : sizeof(named) - 1;
    memcpy(named, resource.data, length);
    named[length] = '\0';
    grant_needed(host->grants, class, action, grantable, needed, sizeof(needed));
    struct host_audit line = {.class = class,
                              .action = action,
                              .resource = named,
                              .allowed = false,
                              .grant = needed,
                              .suppressed = suppressed};
    host->hooks.audit(host->hooks.user, &line);
    return HOST_E_NOTCAPABLE;
}

int host_check(struct host *host, enum grant_class class, enum grant_action action, struct text resource) {
    if (host->grants && grant_check(host->grants, class, action, resource, NULL))
        return 0;
    return host_deny(host, class, action, resource, resource);
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
    host->parked = true;
    host->fired = false;
    host->waits++;
    int r = 0;
    /* A wake that came for an earlier wait may be remembered, so look again. */
    while (!host->fired && r == 0)
        r = host->hooks.wait(host->hooks.run);
    host->parked = false;
    if (delay_ms != UINT64_MAX)
        loop_timer_stop(host->timer);
    return r == 0 ? 0 : HOST_STOP;
}

int host_yield(struct host *host) {
    return host->hooks.wait ? host_park(host, 0) : 0;
}
