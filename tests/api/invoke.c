/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Calls functions of one instance and prints what they return, as `arcella run --invoke` does in a worker:
 *
 *     invoke COMPONENT.WASM 'longest(["sun", "moon"])' …
 */
#include "wave.h"

/* The library wants the interface of a function; people may leave it out. */
static arcella_func *find(arcella_component *component, arcella_instance *instance, const char *name) {
    struct arcella_item item = ARCELLA_ITEM_INIT;
    arcella_func *func = NULL;
    char whole[300];
    if (arcella_instance_func(instance, name, &func, NULL) == 0)
        return func;
    for (size_t i = 0; strcmp(item.name, name) != 0; i++)
        OK(arcella_component_export(component, i, &item, reterr));
    snprintf(whole, sizeof whole, "%s.%s", item.interface, name);
    OK(arcella_instance_func(instance, whole, &func, reterr));
    return func;
}

static void call(arcella_component *component, arcella_instance *instance, const char *text) {
    struct arcella_value args[32], result;
    char name[200];
    size_t length = strcspn(text, "("), count = 0;
    arcella_func *func;
    CHECK(length < sizeof name);
    memcpy(name, text, length);
    name[length] = '\0';
    func = find(component, instance, name);
    at = text + length;
    used = texts_used = 0;
    CHECK(arcella_func_param_count(func) <= COUNT(args));
    need('(');
    while (!take(')')) {
        CHECK(count < arcella_func_param_count(func));
        args[count] = read_value(arcella_func_param(func, count));
        count++;
        (void)take(',');
    }
    OK(arcella_func_call(func, args, count, &result, reterr));
    write_value(&result, arcella_func_result(func));
    putchar('\n');
}

int main(int argc, char **argv) {
    arcella_runtime *runtime = NULL;
    arcella_component *component = NULL;
    arcella_instance *instance = NULL;
    struct arcella_limits limits = ARCELLA_LIMITS_INIT;
    if (argc < 3)
        return 2;
    limits.call_wall_ms = limits.call_cpu_ms = 60000;
    OK(arcella_runtime_new(NULL, &runtime, reterr));
    OK(arcella_component_load_file(runtime, NULL, NULL, argv[1], &component, reterr));
    OK(arcella_instance_new(component, &limits, &instance, reterr));
    for (int i = 2; i < argc; i++)
        call(component, instance, argv[i]);
    arcella_runtime_free(runtime);
    return 0;
}
