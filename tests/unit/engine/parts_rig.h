/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What the tests of instances made of parts share, over rig.h: parts from bytes, instances made bare, one
 * core with host functions ("down", "wait", "twice") of the test.
 */
#ifndef TESTS_ENGINE_PARTS_RIG_H
#define TESTS_ENGINE_PARTS_RIG_H

#include "engine/core.h"
#include "engine/parts.h"
#include "engine/rig.h"

__attribute__((unused)) static struct engine_part *rig_part(struct rig *rig, const uint8_t *wasm,
                                                            size_t size) {
    struct engine_module *module = NULL;
    struct engine_part *part = NULL;
    struct module_info info;
    assert_ok(engine_module_compile(rig->engine, wasm, size, &module, reterr));
    assert_ok(module_info_read(wasm, size, &info, reterr));
    assert_ok(engine_part_new(module, &info, &part, reterr));
    module_info_done(&info);
    engine_module_unref(module);
    return part;
}
#define RIG_PART(rig, name) rig_part((rig), part_##name, sizeof(part_##name))

/* Make an instance with nothing in it. */
__attribute__((unused)) static void rig_bare_with(struct subject *s, struct rig *rig,
                                                  const struct engine_limits *limits) {
    s->rig = rig;
    rig_keep_signals();
    assert_ok(engine_instance_new_bare(rig->engine, limits, s, &s->instance, reterr));
}

__attribute__((unused)) static void rig_bare(struct subject *s, struct rig *rig) {
    rig_bare_with(s, rig, &rig_limits);
}

/* Add a core that is there at once. */
__attribute__((unused)) static struct engine_core rig_add(struct subject *s, struct engine_part *part,
                                                          const struct engine_item *items, size_t count) {
    struct engine_core core;
    assert_ok(engine_core_add(s->instance, part, items, count, &rig_budget, &core, &s->outcome, reterr));
    return core;
}

__attribute__((unused)) static struct engine_item rig_item(struct subject *s, const struct engine_core *core,
                                                           const char *name, enum engine_kind kind) {
    struct engine_item item;
    assert_true(engine_core_export(s->instance, core, text_of(name), kind, &item));
    assert_int_equal(item.kind, kind);
    return item;
}

__attribute__((unused)) static struct engine_func rig_func(struct subject *s, const struct engine_core *core,
                                                           const char *name) {
    return rig_item(s, core, name, ENGINE_FUNC).func;
}

/* A host function as an item. */
__attribute__((unused)) static struct engine_item rig_host(struct subject *s,
                                                           const struct engine_import *row) {
    struct engine_type *type = NULL;
    struct engine_item item = {.kind = ENGINE_FUNC};
    assert_ok(engine_type_new(row->signature, &type, reterr));
    engine_func_new(s->instance, type, row, &item.func);
    engine_type_free(type);
    return item;
}

/* One call of a function of at most one parameter and one result, as a body. */
struct one_call {
    struct engine_func func;
    int32_t value; /* in, out */
    int returned;
};
__attribute__((unused)) static int one_call_body(struct engine_instance *instance, void *arg) {
    struct one_call *call = arg;
    union engine_value v = {.i32 = call->value};
    call->returned = engine_func_call(instance, &call->func, &v, 1);
    call->value = v.i32;
    return call->returned;
}

__attribute__((unused)) static void rig_body(struct subject *s, engine_body_fn *body, void *arg,
                                             const struct engine_budget *budget) {
    s->done = 0;
    rig_keep_signals();
    assert_ok(engine_run_body(s->instance, body, arg, budget, rig_on_done, reterr));
    assert_int_equal(s->done, 0);
    assert_true(engine_running(s->instance));
}

/* Call on the fiber and wait for the end. */
__attribute__((unused)) static int32_t rig_one(struct subject *s, struct engine_func func, int32_t value) {
    struct one_call call = {.func = func, .value = value};
    rig_body(s, one_call_body, &call, &rig_budget);
    rig_settle(s);
    return call.value;
}

/* Call directly. */
__attribute__((unused)) static int32_t rig_direct(struct subject *s, struct engine_func func, int32_t value) {
    struct one_call call = {.func = func, .value = value};
    rig_keep_signals();
    assert_ok(engine_call_direct(s->instance, one_call_body, &call, &rig_budget, &s->outcome, reterr));
    return call.value;
}

#endif
