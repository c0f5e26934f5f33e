/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Host functions of the tests: a counter that may wait for a gate, strings, lists, a resource.
 */
#ifndef TESTS_COMPONENT_HOSTS_H
#define TESTS_COMPONENT_HOSTS_H

#include "component/rig.h"

/* What the host functions of a test share; their user pointer. */
struct host {
    unsigned next;            /* what is handed out */
    bool closed;              /* next() waits */
    unsigned waits;           /* times it began to wait */
    unsigned stops;           /* times a wait was dropped */
    unsigned opened, dropped; /* resources; dropped adds up their reps */
};

static int host_next(struct call *call, void *user) {
    struct host *host = user;
    while (host->closed) {
        host->waits++;
        if (engine_wait(call->engine)) {
            host->stops++;
            return ABI_STOP;
        }
    }
    struct slot result;
    int r = call_result(call, &result);
    if (r)
        return r;
    slot_u32(result, ++host->next);
    return 0;
}

static int host_shout(struct call *call, void *user) {
    (void)user;
    struct text text;
    int r = view_string(call_arg(call, 0), &text);
    if (r)
        return r;
    char loud[256];
    if (text.length >= sizeof(loud))
        return call_trap(call, "too-loud", "%zu bytes are too loud", text.length);
    for (size_t i = 0; i < text.length; i++)
        loud[i] = text.data[i] >= 'a' && text.data[i] <= 'z' ? (char)(text.data[i] - 32) : text.data[i];
    struct slot result;
    r = call_result(call, &result);
    return r ? r : slot_string(result, (struct text){loud, text.length});
}

static int host_sum(struct call *call, void *user) {
    (void)user;
    const uint8_t *bytes;
    uint32_t count;
    int r = view_span(call_arg(call, 0), &bytes, &count);
    if (r)
        return r;
    uint64_t sum = 0;
    for (uint32_t i = 0; i < count; i++)
        sum += abi_load32(bytes + 4 * (size_t)i);
    struct slot result;
    r = call_result(call, &result);
    if (!r)
        slot_u64(result, sum);
    return r;
}

/* The same by values. */
static int host_sum_values(struct call *call, void *user) {
    (void)user;
    const struct value *args;
    int r = call_values(call, &args);
    if (r)
        return r;
    uint64_t sum = 1000;
    for (uint32_t i = 0; i < args[0].count; i++)
        sum += abi_load32(args[0].bytes + 4 * (size_t)i);
    struct value result = value_unsigned(TYPE_U64, sum);
    return call_return(call, &result);
}

static int host_open(struct call *call, void *user) {
    struct host *host = user;
    host->opened++;
    uint32_t rep = view_u32(call_arg(call, 0));
    struct slot result;
    int r = call_result(call, &result);
    return r ? r : slot_own(result, rep);
}

static int host_size(struct call *call, void *user) {
    (void)user;
    uint32_t rep;
    int r = view_borrow(call_arg(call, 0), &rep);
    struct slot result;
    if (!r)
        r = call_result(call, &result);
    if (!r)
        slot_u32(result, rep * 2);
    return r;
}

static int host_drop(struct component_instance *instance, uint32_t rep, void *user) {
    (void)instance;
    struct host *host = user;
    host->dropped += rep;
    return 0;
}

__attribute__((unused)) static void hosts_bind(struct rig *rig, struct host *host) {
    const struct component_host_func funcs[] = {
        {"", "next", "() -> u32", host_next, host},
        {"test:host/env@0.2.0", "next", "() -> u32", host_next, host},
        {"test:host/env@0.2.0", "shout", "(string) -> string", host_shout, host},
        {"test:host/env@0.2.0", "sum", "(list<u32>) -> u64", host_sum, host},
        {"test:host/files@0.2.7", "[constructor]file", "(u32) -> own<file>", host_open, host},
        {"test:host/files@0.2.7", "[method]file.size", "(borrow<file>) -> u32", host_size, host},
    };
    const struct component_host_resource resources[] = {{"test:host/files@0.2.7", "file", host_drop, host}};
    assert_ok(component_bind(rig->bindings, funcs, ARRAY_LENGTH(funcs), resources, ARRAY_LENGTH(resources),
                             reterr));
    (void)host_sum_values;
}

#endif
