/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A runtime owns its loop and engine.  Calls run on the caller's stack; what must be sliced runs the loop
 * until it has ended.
 */
#include "api/api.h"

#include <string.h>

DEFINE_CLEANUP(runtime_free_ptr, arcella_runtime *, arcella_runtime_free)

/* A struct grows at its end: what an older caller does not know is 0. */
int api_sized(const char *what, const void *from, void *to, size_t size, size_t least,
              arcella_error **reterr) {
    size_t known;
    if (!from)
        return 0;
    memcpy(&known, from, sizeof(known));
    if (known < least || known > size)
        return api_error(reterr, ARCELLA_E_INVALID, "%s.size is %zu, this library knows %zu", what, known,
                         size);
    memcpy(to, from, known);
    return 0;
}

int arcella_runtime_new(const struct arcella_options *options, arcella_runtime **ret,
                        arcella_error **reterr) {
    struct engine_config config = ENGINE_CONFIG_INIT;
    struct arcella_options o = ARCELLA_OPTIONS_INIT;
    config.parallel_compile = true;
    if (!ret)
        return api_error(reterr, ARCELLA_E_INVALID, "ret is NULL");
    int r = api_sized("options", options, &o, sizeof(o), sizeof(o), reterr);
    if (r)
        return r;
    if (o.stack_bytes)
        config.stack_bytes = o.stack_bytes;
    config.fuel = o.fuel != 0;
    CLEANUP(runtime_free_ptr) arcella_runtime *runtime = mem_new(arcella_runtime);
    if (!runtime)
        return error_nomem(reterr);
    runtime->fuel = config.fuel;
    runtime->bindings = component_bindings_new();
    if (!runtime->bindings)
        return error_nomem(reterr);
    r = loop_new(&runtime->loop, reterr);
    if (!r)
        r = engine_new(&config, runtime->loop, &runtime->engine, reterr);
    if (r)
        return api_hint(reterr, r);
    *ret = TAKE(runtime);
    return 0;
}

void arcella_runtime_free(arcella_runtime *runtime) {
    if (!runtime || runtime->depth || runtime->turning)
        return;
    struct api_signals signals;
    api_signals_hold(&signals, runtime);
    while (runtime->instances)
        arcella_instance_free(runtime->instances);
    while (runtime->components)
        arcella_component_free(runtime->components);
    component_bindings_unref(runtime->bindings);
    api_host_free(runtime);
    if (runtime->engine)
        engine_free(runtime->engine);
    if (runtime->loop)
        loop_free(runtime->loop);
    api_signals_release(&signals);
    mem_free(runtime);
}

int api_turn(arcella_instance *instance, arcella_error **reterr) {
    arcella_runtime *runtime = instance->runtime;
    if (runtime->turning)
        return error_set(reterr, ARCELLA_E_BUSY,
                         "a host function was called in the middle of a run that is sliced: "
                         "nothing more can be run from there");
    struct api_signals signals;
    api_signals_hold(&signals, runtime);
    runtime->turning = true;
    while (!instance->done)
        loop_run_once(runtime->loop);
    if (instance->given && instance->wasi)
        wasi_p2_flush(instance->wasi);
    runtime->turning = false;
    api_signals_release(&signals);
    return 0;
}
