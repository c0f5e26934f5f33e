/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What scripts may import of the host: the functions and resources that Wasmtime's own component scripts use,
 * as far as they are synchronous.  A resource here is the number it was made with; what was dropped is
 * counted.
 */
#include "component/call.h"
#include "wast.h"

static struct { uint32_t drops, last_drop; } things; /* of the one script that this process runs */

static int drop_thing(struct component_instance *instance, uint32_t rep, void *user) {
    (void)instance;
    (void)user;
    things.drops++;
    things.last_drop = rep;
    return 0;
}

static int return_number(struct call *call, uint32_t number) {
    struct slot result;
    const int r = call_result(call, &result);
    if (r)
        return r;
    slot_u32(result, number);
    return 0;
}
static int number(struct call *call, void *user) {
    return return_number(call, *(const uint32_t *)user);
}
static int echo(struct call *call, void *user) {
    (void)user;
    return return_number(call, view_u32(call_arg(call, 0)));
}
static int hi(struct call *call, void *user) {
    (void)user;
    struct slot result;
    const int r = call_result(call, &result);
    return r ? r : slot_string(result, TEXT("hi"));
}

static int thing_new(struct call *call, void *user) {
    (void)user;
    const uint32_t rep = view_u32(call_arg(call, 0));
    struct slot result;
    const int r = call_result(call, &result);
    return r ? r : slot_own(result, rep);
}
static int expect(struct call *call, uint32_t rep) {
    const uint32_t wanted = view_u32(call_arg(call, 1));
    return rep == wanted ? 0 : call_trap(call, "wrong-resource", "resource %u, expected %u", rep, wanted);
}
static int thing_assert(struct call *call, void *user) {
    (void)user;
    uint32_t rep;
    const int r = view_own(call_arg(call, 0), &rep);
    if (r)
        return r;
    /* The host owns it now, and it ends here: nothing counts that. */
    return expect(call, rep);
}
static int thing_simple(struct call *call, void *user) {
    (void)user;
    uint32_t rep;
    const int r = view_borrow(call_arg(call, 0), &rep);
    return r ? r : expect(call, rep);
}
static int thing_take(struct call *call, void *user) {
    uint32_t a, b;
    const int r = view_borrow(call_arg(call, 0), &a);
    if (r)
        return r;
    return *(const bool *)user ? view_own(call_arg(call, 1), &b) : view_borrow(call_arg(call, 1), &b);
}

int wast_bind(struct component_bindings *bindings, arcella_error **reterr) {
    static uint32_t two = 2, three = 3, four = 4;
    static bool own = true, borrow = false;
    static const char two_handles[] = "(borrow<resource1>, borrow<resource1>)";
    const struct component_host_func funcs[] = {
        {"", "host-return-two", "() -> u32", number, &two},
        {"", "host-echo-u32", "(u32) -> u32", echo, NULL},
        {"host", "return-three", "() -> u32", number, &three},
        {"nested", "return-four", "() -> u32", number, &four},
        {"host", "return-hi", "() -> string", hi, NULL},
        {"host", "[constructor]resource1", "(u32) -> own<resource1>", thing_new, NULL},
        {"host", "[static]resource1.assert", "(own<resource1>, u32)", thing_assert, NULL},
        {"host", "[static]resource1.last-drop", "() -> u32", number, &things.last_drop},
        {"host", "[static]resource1.drops", "() -> u32", number, &things.drops},
        {"host", "[method]resource1.simple", "(borrow<resource1>, u32)", thing_simple, NULL},
        {"host", "[method]resource1.take-borrow", two_handles, thing_take, &borrow},
        {"host", "[method]resource1.take-own", "(borrow<resource1>, own<resource1>)", thing_take, &own},
    };
    const struct component_host_resource resources[] = {
        {"host", "resource1", drop_thing, NULL},
        {"host", "resource2", NULL, NULL},
        {"host", "resource1-again", drop_thing, NULL},
    };
    return component_bind(bindings, funcs, ARRAY_LENGTH(funcs), resources, ARRAY_LENGTH(resources), reterr);
}
