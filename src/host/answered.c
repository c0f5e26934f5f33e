/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* A short list, latest first: it is looked at only where a name can change the answer of a check. */
#include "host/answered.h"

#include "host/inside.h"

static size_t size_of(size_t length) {
    return sizeof(struct host_answered) + length;
}

static void drop(struct host *host, struct host_answered **at) {
    struct host_answered *answered = *at;
    *at = answered->next;
    host_give(host, size_of(answered->length));
    host->net.answered_count--;
    mem_free(answered);
}

void host_answered_free(struct host *host) {
    while (host->net.answered)
        drop(host, &host->net.answered);
}

static void drop_oldest(struct host *host) {
    struct host_answered **at = &host->net.answered;
    while (*at && (*at)->next)
        at = &(*at)->next;
    if (*at)
        drop(host, at);
}

/* Take the entry of a name out of its place, or make one. */
static struct host_answered *entry_of(struct host *host, struct text name) {
    for (struct host_answered **at = &host->net.answered; *at; at = &(*at)->next) {
        struct host_answered *answered = *at;
        if (text_equal(host_answered_name(answered), name)) {
            *at = answered->next;
            return answered;
        }
    }
    if (host->net.answered_count >= LIMIT_LOOKUP_NAMES)
        drop_oldest(host);
    if (!host_take(host, size_of(name.length)))
        return NULL;
    struct host_answered *answered = mem_alloc(size_of(name.length));
    if (!answered) {
        host_give(host, size_of(name.length));
        return NULL;
    }
    memcpy(answered->name, name.data, name.length);
    answered->length = (uint32_t)name.length;
    host->net.answered_count++;
    return answered;
}

bool host_answered_has(const struct host_answered *answered, const uint8_t *bytes) {
    for (uint32_t i = 0; i < answered->count; i++)
        if (memcmp(&answered->addresses[i], bytes, 16) == 0)
            return true;
    return false;
}

void host_answered_add(struct host *host, struct text name, const struct in6_addr *addresses, size_t count) {
    struct host_answered *answered = entry_of(host, name);
    if (!answered)
        return;
    answered->next = host->net.answered;
    host->net.answered = answered;
    struct in6_addr before[LIMIT_LOOKUP_KEPT];
    uint32_t before_count = answered->count;
    memcpy(before, answered->addresses, sizeof(before));
    answered->count = 0;
    for (size_t i = 0; i < count && answered->count < LIMIT_LOOKUP_KEPT; i++)
        if (!host_answered_has(answered, addresses[i].s6_addr))
            answered->addresses[answered->count++] = addresses[i];
    for (uint32_t i = 0; i < before_count && answered->count < LIMIT_LOOKUP_KEPT; i++)
        if (!host_answered_has(answered, before[i].s6_addr))
            answered->addresses[answered->count++] = before[i];
}
