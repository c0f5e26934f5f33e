/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Guests that loop where one does not expect it, called through the library on the caller's own stack: each
 * is ended by wall time and by CPU time.
 *
 *     loops CALLS.WASM
 */
#include "check.h"

/* @param function  of the guest, or "drop": its handle is dropped by the embedder */
static void end_loop(arcella_component *component, const char *function, bool by_cpu) {
    struct arcella_limits limits = ARCELLA_LIMITS_INIT;
    struct arcella_value text = arcella_value_string("x", 1), one = arcella_value_u32(1), made, result;
    const struct arcella_value *arg = &text;
    arcella_instance *instance = NULL;
    bool in_destructor = strstr(function, "destructor") != NULL, dropped = !strcmp(function, "drop");
    size_t count = !strcmp(function, "spin-in-post-return") ? 0 : 1;
    int code = by_cpu ? ARCELLA_E_LIMIT : ARCELLA_E_TIMEOUT;
    limits.call_wall_ms = by_cpu ? ARCELLA_UNLIMITED : 200;
    limits.call_cpu_ms = by_cpu ? 100 : ARCELLA_UNLIMITED;
    OK(arcella_instance_new(component, &limits, &instance, reterr));
    if (in_destructor || dropped) {
        OK(arcella_instance_call(instance, "make", &one, 1, &made, reterr));
        arg = &made;
    }
    if (dropped)
        REFUSED(arcella_instance_drop(instance, arg, reterr), code, by_cpu ? "cpu-time" : "wall-time");
    else
        REFUSED(arcella_instance_call(instance, function, arg, count, &result, reterr), code,
                by_cpu ? "cpu-time" : "wall-time");
    REFUSED(arcella_instance_call(instance, "count", NULL, 0, &result, reterr), ARCELLA_E_STATE, "count");
    arcella_instance_free(instance);
}

int main(int argc, char **argv) {
    static const char *const functions[] = {"spin-in-realloc", "spin-in-post-return", "spin-in-destructor",
                                            "drop"};
    arcella_runtime *runtime = NULL;
    arcella_component *component = NULL;
    arcella_instance *instance = NULL;
    struct arcella_value result;
    if (argc != 2)
        return 2;
    OK(arcella_runtime_new(NULL, &runtime, reterr));
    OK(arcella_component_load_file(runtime, "loops", NULL, argv[1], &component, reterr));
    for (size_t i = 0; i < COUNT(functions); i++) {
        end_loop(component, functions[i], false);
        end_loop(component, functions[i], true);
    }
    OK(arcella_instance_new(component, NULL, &instance, reterr)); /* others are none the worse */
    OK(arcella_instance_call(instance, "count", NULL, 0, &result, reterr));
    CHECK(result.of.u64 == 1);
    arcella_runtime_free(runtime);
    puts("ok");
    return 0;
}
