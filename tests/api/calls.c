/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Uses every function of the library on one small module; built against the installed one by
 * tests/system/test_library.py. */
#include <arcella/arcella.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(what)                                                                                          \
    do {                                                                                                     \
        if (!(what)) {                                                                                       \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what);                                       \
            return 1;                                                                                        \
        }                                                                                                    \
    } while (0)

static char *read_file(const char *path, size_t *length) {
    FILE *file = fopen(path, "rb");
    char *bytes = (char *)malloc(1 << 20);
    if (!file || !bytes)
        exit(1);
    *length = fread(bytes, 1, 1 << 20, file);
    fclose(file);
    return bytes;
}

/* The module of a file; the runtime's thread is this one. */
static arcella_component *load(arcella *runtime, const char *path) {
    arcella_component *component = NULL;
    arcella_error *error = NULL;
    size_t length;
    char *bytes = read_file(path, &length);
    if (arcella_component_load(runtime, bytes, length, &component, &error) < 0) {
        fprintf(stderr, "%s: %s (%s)\n", path, arcella_error_message(error), arcella_error_hint(error));
        exit(1);
    }
    free(bytes);
    return component;
}

/* Values in and out, and what is refused. */
static int check_calls(arcella *runtime, const char *path) {
    arcella_component *component = load(runtime, path);
    arcella_instance *instance = NULL;
    arcella_error *error = NULL;
    struct arcella_value args[2], result;
    int r;

    CHECK(arcella_instance_new(component, NULL, &instance, &error) == 0);
    arcella_component_free(component); /* instances live on */
    args[0].type = args[1].type = ARCELLA_I32;
    args[0].of.i32 = 20;
    args[1].of.i32 = -62;
    CHECK(arcella_instance_call(instance, "add", args, 2, &result, 1, &error) == 0);
    CHECK(result.type == ARCELLA_I32 && result.of.i32 == -42);
    args[0].of.i32 = 65532;
    CHECK(arcella_instance_call(instance, "poke", args, 2, NULL, 0, &error) == 0);
    CHECK(arcella_instance_call(instance, "peek", args, 1, &result, 1, &error) == 0);
    CHECK(result.of.i32 == -62);
    args[0].type = ARCELLA_F64;
    args[0].of.f64 = 5.0;
    CHECK(arcella_instance_call(instance, "halve", args, 1, &result, 1, &error) == 0);
    CHECK(result.type == ARCELLA_F64 && result.of.f64 > 2.49 && result.of.f64 < 2.51);

    r = arcella_instance_call(instance, "no such function", NULL, 0, NULL, 0, &error);
    CHECK(r == ARCELLA_E_NOT_FOUND && arcella_error_code(error) == r);
    CHECK(strstr(arcella_error_message(error), "no such function") && *arcella_error_hint(error));
    CHECK(strcmp(arcella_error_name(r), "not-found") == 0);
    arcella_error_free(error);
    CHECK(arcella_instance_call(instance, "peek", args, 1, &result, 1, NULL) == ARCELLA_E_INVALID);
    CHECK(arcella_instance_call(instance, "halve", args, 1, &result, 0, NULL) == ARCELLA_E_INVALID);
    CHECK(arcella_instance_call(NULL, "halve", args, 1, &result, 1, NULL) == ARCELLA_E_INVALID);

    /* One page more than there is traps; the instance takes no call after that. */
    CHECK(arcella_instance_memory_bytes(instance) == 65536);
    args[0].type = ARCELLA_I32;
    args[0].of.i32 = 65536;
    CHECK(arcella_instance_call(instance, "peek", args, 1, &result, 1, NULL) == ARCELLA_E_CANCELLED);
    args[0].of.i32 = 0;
    CHECK(arcella_instance_call(instance, "peek", args, 1, &result, 1, NULL) == ARCELLA_E_STATE);
    arcella_instance_free(instance);
    return 0;
}

/* Limits of an instance: memory that may not grow, a start section that does not end. */
static int check_limits(arcella *runtime, const char *memory, const char *spin) {
    struct arcella_limits limits = ARCELLA_LIMITS_INIT;
    arcella_component *component = load(runtime, memory);
    arcella_instance *instance = NULL;
    struct arcella_value arg, result;

    limits.memory_bytes = 65536;
    CHECK(arcella_instance_new(component, &limits, &instance, NULL) == 0);
    arg.type = ARCELLA_I32;
    arg.of.i32 = 1;
    CHECK(arcella_instance_call(instance, "grow", &arg, 1, &result, 1, NULL) == 0 && result.of.i32 == -1);
    arcella_instance_free(instance);
    instance = NULL;
    limits.memory_bytes = 1;
    CHECK(arcella_instance_new(component, &limits, &instance, NULL) == ARCELLA_E_LIMIT);
    limits.memory_bytes = 0;
    limits.fuel = 1000; /* this runtime does not meter fuel */
    CHECK(arcella_instance_new(component, &limits, &instance, NULL) == ARCELLA_E_INVALID);
    limits.fuel = 0;
    limits.size = 3;
    CHECK(arcella_instance_new(component, &limits, &instance, NULL) == ARCELLA_E_INVALID);
    arcella_component_free(component);

    limits.size = sizeof limits;
    component = load(runtime, spin);
    limits.call_wall_ms = 300;
    CHECK(arcella_instance_new(component, &limits, &instance, NULL) == ARCELLA_E_TIMEOUT);
    limits.call_wall_ms = 0;
    limits.call_cpu_ms = 100;
    CHECK(arcella_instance_new(component, &limits, &instance, NULL) == ARCELLA_E_LIMIT);
    return 0; /* the component is left to arcella_free() */
}

static int check_fuel(const char *spin) {
    struct arcella_options options = ARCELLA_OPTIONS_INIT;
    struct arcella_limits limits = ARCELLA_LIMITS_INIT;
    arcella *runtime = NULL;
    arcella_instance *instance = NULL;
    options.fuel = 1;
    CHECK(arcella_new(&options, &runtime, NULL) == 0);
    limits.fuel = 10000;
    CHECK(arcella_instance_new(load(runtime, spin), &limits, &instance, NULL) == ARCELLA_E_LIMIT);
    arcella_free(runtime);
    return 0;
}

int main(int argc, char **argv) {
    arcella *runtime = NULL;
    arcella_component *component = NULL;
    arcella_instance *instance = NULL;
    arcella_error *error = NULL;
    int r;

    if (argc != 4)
        return 2;
    CHECK(arcella_new(NULL, &runtime, &error) == 0);
    if (check_calls(runtime, argv[1]) || check_limits(runtime, argv[1], argv[3]) || check_fuel(argv[3]))
        return 1;
    CHECK(arcella_component_load(runtime, "nonsense", 8, &component, NULL) == ARCELLA_E_WASM);
    CHECK(arcella_component_load(runtime, NULL, 8, &component, NULL) == ARCELLA_E_INVALID);

    /* A guest that traps while it starts, so that the engine's signal handlers are seen to work. */
    component = load(runtime, argv[2]);
    r = arcella_instance_new(component, NULL, &instance, &error);
    CHECK(r == ARCELLA_E_WASM && strstr(arcella_error_message(error), "trap"));
    arcella_error_free(error);
    arcella_component_free(component);
    arcella_free(runtime);
    puts("ok");
    return 0;
}
