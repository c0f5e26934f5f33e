/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Runtimes, loading and unloading, core modules, limits; built against the installed library by
 * tests/system/test_library.py.
 *
 *     calls PLAIN_MEMORY.WASM START_TRAP.WASM SPIN_START.WASM EMBEDDED.WASM ADDER.WASM
 */
#include "check.h"

static const char *memory, *start_trap, *spin, *embedded, *adder;

static char *read_file(const char *path, size_t *length) {
    FILE *file = fopen(path, "rb");
    char *bytes = (char *)malloc(1 << 20);
    CHECK(file && bytes);
    *length = fread(bytes, 1, 1 << 20, file);
    fclose(file);
    return bytes;
}

static arcella_component *load(arcella_runtime *runtime, const char *path) {
    arcella_component *component = NULL;
    OK(arcella_component_load_file(runtime, NULL, NULL, path, &component, reterr));
    return component;
}

/* Numbers in and out of a core module, and what is refused. */
static void check_module(arcella_runtime *runtime) {
    arcella_component *component = load(runtime, memory);
    arcella_instance *instance = NULL;
    arcella_func *func = NULL;
    struct arcella_item item = ARCELLA_ITEM_INIT;
    struct arcella_value args[2], result;
    union arcella_flat flat[16];
    int32_t number;
    double real;
    const char *wit;

    OK(arcella_component_export(component, 0, &item, reterr));
    CHECK(strchr(item.signature, '(') && item.kind == ARCELLA_ITEM_FUNC);
    REFUSED(arcella_component_import(component, 0, &item, reterr), ARCELLA_E_NOT_FOUND, "0");
    REFUSED(arcella_component_wit(component, &wit, reterr), ARCELLA_E_KIND, "core module");
    OK(arcella_instance_new(component, NULL, &instance, reterr));
    arcella_component_free(component); /* instances live on */
    args[0] = arcella_value_s32(20);
    args[1] = arcella_value_s32(-62);
    OK(arcella_instance_call(instance, "add", args, 2, &result, reterr));
    CHECK(arcella_value_get_s32(&result, &number) == 0 && number == -42);
    args[0] = arcella_value_s32(65532);
    OK(arcella_instance_call(instance, "poke", args, 2, &result, reterr));
    CHECK(result.kind == ARCELLA_NONE);
    OK(arcella_instance_func(instance, "peek", &func, reterr));
    CHECK(arcella_func_param_count(func) == 1 && !arcella_func_param(func, 1));
    CHECK(arcella_type_kind(arcella_func_param(func, 0)) == ARCELLA_S32);
    CHECK(arcella_type_kind(arcella_func_result(func)) == ARCELLA_S32);
    OK(arcella_func_call(func, args, 1, &result, reterr));
    CHECK(arcella_value_get_s32(&result, &number) == 0 && number == -62);
    REFUSED(arcella_func_call_flat(func, flat, reterr), ARCELLA_E_UNSUPPORTED, "core module");
    args[0] = arcella_value_f64(5.0);
    OK(arcella_instance_call(instance, "halve", args, 1, &result, reterr));
    CHECK(arcella_value_get_f64(&result, &real) == 0 && real > 2.49 && real < 2.51);

    REFUSED(arcella_instance_call(instance, "no such function", NULL, 0, NULL, reterr), ARCELLA_E_NOT_FOUND,
            "no such function");
    CHECK(strcmp(arcella_error_name(ARCELLA_E_NOT_FOUND), "not-found") == 0);
    REFUSED(arcella_instance_call(instance, "peek", args, 1, &result, reterr), ARCELLA_E_INVALID, "peek");
    REFUSED(arcella_instance_call(instance, "halve", args, 2, &result, reterr), ARCELLA_E_INVALID,
            "call 'halve(f64) -> f64': it takes 1 argument, 2 given");
    REFUSED(arcella_instance_call(instance, "halve", NULL, 1, &result, reterr), ARCELLA_E_INVALID, "NULL");
    CHECK(arcella_instance_call(NULL, "halve", args, 1, &result, NULL) == ARCELLA_E_INVALID);

    /* One page more than there is traps; the instance takes no call after that. */
    CHECK(arcella_instance_memory_bytes(instance) == 65536);
    CHECK(!*arcella_instance_trap(instance));
    args[0] = arcella_value_s32(65536);
    REFUSED(arcella_instance_call(instance, "peek", args, 1, &result, reterr), ARCELLA_E_TRAP, "trap");
    CHECK(strcmp(arcella_instance_trap(instance), "out-of-bounds-memory-access") == 0);
    args[0] = arcella_value_s32(0);
    REFUSED(arcella_instance_call(instance, "peek", args, 1, &result, reterr), ARCELLA_E_STATE, "peek");
    arcella_instance_free(instance);
}

/* Memory that may not grow, a start section that does not end. */
static void check_limits(arcella_runtime *runtime) {
    struct arcella_limits limits = ARCELLA_LIMITS_INIT;
    arcella_component *component = load(runtime, memory);
    arcella_instance *instance = NULL;
    struct arcella_value arg = arcella_value_s32(1), result;
    int32_t number;

    limits.memory_bytes = 65536;
    OK(arcella_instance_new(component, &limits, &instance, reterr));
    OK(arcella_instance_call(instance, "grow", &arg, 1, &result, reterr));
    CHECK(arcella_value_get_s32(&result, &number) == 0 && number == -1);
    arcella_instance_free(instance);
    instance = NULL;
    limits.memory_bytes = 1;
    REFUSED(arcella_instance_new(component, &limits, &instance, reterr), ARCELLA_E_LIMIT, "memory");
    limits.memory_bytes = 0;
    limits.fuel = 1000;
    REFUSED(arcella_instance_new(component, &limits, &instance, reterr), ARCELLA_E_INVALID, "fuel");
    limits.fuel = 0;
    limits.size = 3;
    REFUSED(arcella_instance_new(component, &limits, &instance, reterr), ARCELLA_E_INVALID, "limits.size");
    /* A caller that knows less than this library. */
    limits.size = offsetof(struct arcella_limits, copy_bytes);
    OK(arcella_instance_new(component, &limits, &instance, reterr));
    arcella_instance_free(instance);
    instance = NULL;
    arcella_component_free(component);

    limits.size = sizeof limits;
    component = load(runtime, spin);
    limits.call_wall_ms = 300;
    REFUSED(arcella_instance_new(component, &limits, &instance, reterr), ARCELLA_E_TIMEOUT, "instantiate");
    limits.call_wall_ms = 0;
    limits.call_cpu_ms = 100;
    REFUSED(arcella_instance_new(component, &limits, &instance, reterr), ARCELLA_E_LIMIT, "cpu-time");
    /* the component is left to arcella_runtime_free() */
}

static void check_fuel(void) {
    struct arcella_options options = ARCELLA_OPTIONS_INIT;
    struct arcella_limits limits = ARCELLA_LIMITS_INIT;
    arcella_runtime *runtime = NULL;
    arcella_instance *instance = NULL;
    options.fuel = 1;
    OK(arcella_runtime_new(&options, &runtime, reterr));
    limits.fuel = 10000;
    REFUSED(arcella_instance_new(load(runtime, spin), &limits, &instance, reterr), ARCELLA_E_LIMIT, "fuel");
    arcella_runtime_free(runtime);
    options.stack_bytes = 12345;
    runtime = NULL;
    REFUSED(arcella_runtime_new(&options, &runtime, reterr), ARCELLA_E_INVALID, "stack");
    options.size = 1;
    REFUSED(arcella_runtime_new(&options, &runtime, reterr), ARCELLA_E_INVALID, "options.size");
}

/* Loading: names, versions, what is no component, one cut short: where. */
static void check_load(arcella_runtime *runtime) {
    arcella_component *component = NULL, *other = NULL;
    size_t length, seen = 0;
    char *bytes = read_file(adder, &length);
    arcella_error *error = NULL;

    OK(arcella_component_load(runtime, "adder", "1.0.0", bytes, length, &component, reterr));
    CHECK(strcmp(arcella_component_name(component), "adder") == 0);
    CHECK(strcmp(arcella_component_version(component), "1.0.0") == 0);
    REFUSED(arcella_component_load(runtime, "adder", "1.0.0", bytes, length, &other, reterr),
            ARCELLA_E_EXISTS, "adder@1.0.0");
    OK(arcella_component_load(runtime, "adder", "1.0.1", bytes, length, &other, reterr));
    CHECK(arcella_component_find(runtime, "adder", "1.0.0") == component);
    CHECK(arcella_component_find(runtime, "adder", NULL) == other);
    CHECK(!arcella_component_find(runtime, "adder", "2"));
    for (arcella_component *c = NULL; (c = arcella_component_next(runtime, c));)
        seen += c == component || c == other;
    CHECK(seen == 2);
    arcella_component_free(other);
    arcella_component_free(component);
    CHECK(!arcella_component_find(runtime, "adder", NULL));

    REFUSED(arcella_component_load(runtime, NULL, NULL, "nonsense", 8, &component, reterr), ARCELLA_E_WASM,
            "");
    CHECK(arcella_component_load(runtime, NULL, NULL, NULL, 8, &component, NULL) == ARCELLA_E_INVALID);
    REFUSED(arcella_component_load_file(runtime, NULL, NULL, "/nowhere/at-all.wasm", &component, reterr),
            ARCELLA_E_NOT_FOUND, "/nowhere/at-all.wasm");
    for (size_t cut = 8; cut < length;
         cut++) { /* each with the offset, or still a component without the rest */
        int r = arcella_component_load(runtime, "cut", "1", bytes, cut, &component, &error);
        CHECK(r == 0 || r == ARCELLA_E_WASM);
        CHECK(r == 0 || strpbrk(arcella_error_message(error), "0123456789"));
        arcella_error_free(error);
        error = NULL;
        if (!r)
            arcella_component_free(component);
    }
    free(bytes);
}

/* Load, call, unload, reload. */
static void check_unload(arcella_runtime *runtime) {
    arcella_component *component = NULL;
    arcella_instance *instance = NULL, *later = NULL;
    arcella_func *func = NULL;
    struct arcella_item item = ARCELLA_ITEM_INIT;
    struct arcella_value args[2] = {arcella_value_u32(2), arcella_value_u32(3)}, sum;
    union arcella_flat flat[16];
    size_t length;
    char *bytes = read_file(adder, &length);
    uint32_t number = 0;
    const char *wit;

    OK(arcella_component_load(runtime, "adder", NULL, bytes, length, &component, reterr));
    OK(arcella_component_export(component, 0, &item, reterr));
    CHECK(strcmp(item.name, "add") == 0 && strcmp(item.signature, "add(a: u32, b: u32) -> u32") == 0);
    OK(arcella_component_wit(component, &wit, reterr));
    CHECK(strstr(wit, "export add: func(a: u32, b: u32) -> u32;"));
    OK(arcella_instance_new(component, NULL, &instance, reterr));
    OK(arcella_instance_func(instance, "add", &func, reterr));
    OK(arcella_func_call(func, args, 2, &sum, reterr));
    CHECK(arcella_value_get_u32(&sum, &number) == 0 && number == 5);
    /* Instances keep the code they were made from. */
    OK(arcella_component_reload(component, bytes, length, reterr));
    REFUSED(arcella_component_reload(component, "nonsense", 8, reterr), ARCELLA_E_WASM, "reload 'adder'");
    OK(arcella_func_call(func, args, 2, &sum, reterr));
    OK(arcella_instance_new(component, NULL, &later, reterr));
    OK(arcella_component_unload(component, reterr));
    OK(arcella_component_unload(component, reterr));
    REFUSED(arcella_func_call(func, args, 2, &sum, reterr), ARCELLA_E_CLOSED, "unloaded");
    REFUSED(arcella_func_call_flat(func, flat, reterr), ARCELLA_E_CLOSED, "unloaded");
    REFUSED(arcella_instance_call(later, "add", args, 2, &sum, reterr), ARCELLA_E_CLOSED, "unloaded");
    REFUSED(arcella_component_export(component, 0, &item, reterr), ARCELLA_E_CLOSED, "unloaded");
    CHECK(arcella_func_param_count(func) == 0 && arcella_instance_memory_bytes(instance) == 0);
    arcella_instance_free(instance);
    instance = NULL;
    REFUSED(arcella_instance_new(component, NULL, &instance, reterr), ARCELLA_E_CLOSED, "unloaded");
    OK(arcella_component_reload(component, bytes, length, reterr));
    OK(arcella_instance_new(component, NULL, &instance, reterr));
    OK(arcella_instance_call(instance, "add", args, 2, &sum, reterr));
    arcella_component_free(component);
    OK(arcella_instance_call(instance, "add", args, 2, &sum, reterr));
    arcella_instance_free(later);
    free(bytes);
    /* the instance is left to arcella_runtime_free() */
}

/* What nobody provides: all of it, by name. */
/* What is granted is read and checked whoever asks; a component without WASI has no use for it. */
static void check_grants(arcella_runtime *runtime) {
    static const char *const good[] = {"--env A=1", "--net connect=192.0.2.7:443", "--deny fs:write:**"};
    static const char *const bad[] = {"--env A=1", "A=1"};
    struct arcella_value args[2] = {arcella_value_u32(20), arcella_value_u32(22)}, sum;
    struct arcella_wasi wasi = ARCELLA_WASI_INIT;
    arcella_component *component = load(runtime, adder);
    arcella_instance *instance = NULL;
    uint32_t number = 0;
    wasi.grants = good;
    wasi.grants_count = COUNT(good);
    OK(arcella_instance_new_wasi(component, NULL, &wasi, &instance, reterr));
    OK(arcella_instance_call(instance, "add", args, 2, &sum, reterr));
    CHECK(!arcella_value_get_u32(&sum, &number) && number == 42);
    arcella_instance_free(instance);
    OK(arcella_instance_new_wasi(component, NULL, NULL, &instance, reterr));
    wasi.grants = bad;
    wasi.grants_count = COUNT(bad);
    REFUSED(arcella_instance_new_wasi(component, NULL, &wasi, &instance, reterr), ARCELLA_E_INVALID, "'A=1'");
    wasi.size = 1;
    REFUSED(arcella_instance_new_wasi(component, NULL, &wasi, &instance, reterr), ARCELLA_E_INVALID,
            "wasi.size");
    arcella_component_free(component);
}

static void check_missing(arcella_runtime *runtime) {
    arcella_component *component = load(runtime, embedded);
    arcella_instance *instance = NULL;
    struct arcella_item item = ARCELLA_ITEM_INIT;
    size_t count = 0, resources = 0;
    while (!arcella_component_import(component, count, &item, NULL)) {
        CHECK(!item.provided && strncmp(item.interface, "acme:shop/", 10) == 0);
        resources += item.kind == ARCELLA_ITEM_RESOURCE;
        count++;
    }
    CHECK(count == 10 && resources == 1);
    REFUSED(arcella_instance_new(component, NULL, &instance, reterr), ARCELLA_E_LINK, "acme:shop/till@1.0.0");
    arcella_component_free(component);
}

int main(int argc, char **argv) {
    arcella_runtime *runtime = NULL, *second = NULL;
    arcella_instance *instance = NULL;
    if (argc != 6)
        return 2;
    memory = argv[1], start_trap = argv[2], spin = argv[3], embedded = argv[4], adder = argv[5];
    OK(arcella_runtime_new(NULL, &runtime, reterr));
    OK(arcella_runtime_new(NULL, &second, reterr)); /* two at once */
    check_module(runtime);
    check_module(second);
    check_limits(runtime);
    check_fuel();
    check_load(runtime);
    check_unload(second);
    check_unload(runtime);
    check_grants(runtime);
    check_missing(runtime);
    /* A guest that traps while it starts, so that the engine's signal handlers are seen to work. */
    REFUSED(arcella_instance_new(load(runtime, start_trap), NULL, &instance, reterr), ARCELLA_E_TRAP, "trap");
    arcella_runtime_free(second);
    arcella_runtime_free(runtime);
    arcella_runtime_free(NULL);
    puts("ok");
    return 0;
}
