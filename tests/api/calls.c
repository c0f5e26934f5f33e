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

int main(int argc, char **argv) {
    arcella *runtime = NULL;
    arcella_component *component = NULL;
    arcella_instance *instance = NULL;
    arcella_error *error = NULL;
    struct arcella_limits limits = ARCELLA_LIMITS_INIT;
    struct arcella_value args[2], sum;
    size_t length;
    char *bytes;
    int r;

    if (argc != 3)
        return 2;
    bytes = read_file(argv[1], &length);
    CHECK(arcella_new(NULL, &runtime, &error) == 0);
    CHECK(arcella_component_load(runtime, bytes, length, &component, &error) == 0);
    limits.call_wall_ms = 2000;
    CHECK(arcella_instance_new(component, &limits, &instance, &error) == 0);
    args[0].type = args[1].type = ARCELLA_I32;
    args[0].of.i32 = 20;
    args[1].of.i32 = 22;
    CHECK(arcella_instance_call(instance, "add", args, 2, &sum, 1, &error) == 0);
    CHECK(sum.type == ARCELLA_I32 && sum.of.i32 == 42);
    CHECK(arcella_instance_memory_bytes(instance) > 0);

    r = arcella_instance_call(instance, "no such function", NULL, 0, NULL, 0, &error);
    CHECK(r == ARCELLA_E_NOT_FOUND && arcella_error_code(error) == r);
    CHECK(strstr(arcella_error_message(error), "no such function") && *arcella_error_hint(error));
    CHECK(strcmp(arcella_error_name(r), "not-found") == 0);
    arcella_error_free(error);
    error = NULL;
    CHECK(arcella_instance_call(instance, "add", args, 1, &sum, 1, NULL) == ARCELLA_E_INVALID);
    CHECK(arcella_component_load(runtime, "nonsense", 8, &component, NULL) == ARCELLA_E_WASM);
    free(bytes);

    /* Guests that trap, so that the engine's signal handlers are seen to work. */
    bytes = read_file(argv[2], &length);
    arcella_component_free(component);
    component = NULL;
    CHECK(arcella_component_load(runtime, bytes, length, &component, &error) == 0);
    r = arcella_instance_new(component, NULL, &instance, &error);
    CHECK(r < 0 && strstr(arcella_error_message(error), "trap"));
    arcella_error_free(error);
    arcella_component_free(component);
    arcella_free(runtime);
    free(bytes);
    puts("ok");
    return 0;
}
