/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * libarcella beside another copy of the engine in one process: this program has its own, linked statically,
 * and loads the library by dlopen.  Guests run and trap in both, in turn, also after the library was
 * "closed".
 *
 *     two_engines LIBARCELLA.SO ADD.WASM TRAP.WASM
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arcella/arcella.h>
#include <wasmtime.h>

#define CHECK(what)                                                                                          \
    do {                                                                                                     \
        if (!(what)) {                                                                                       \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what);                                       \
            exit(1);                                                                                         \
        }                                                                                                    \
    } while (0)

static char *read_file(const char *path, size_t *length) {
    FILE *file = fopen(path, "rb");
    char *bytes = malloc(1 << 20);
    CHECK(file && bytes);
    *length = fread(bytes, 1, 1 << 20, file);
    fclose(file);
    return bytes;
}

/* A guest in the program's own engine: add(20, 22), or a start section that traps. */
static void own_engine(wasm_engine_t *engine, const char *bytes, size_t length, int traps) {
    wasmtime_store_t *store = wasmtime_store_new(engine, NULL, NULL);
    wasmtime_context_t *context = wasmtime_store_context(store);
    wasmtime_module_t *module = NULL;
    wasmtime_instance_t instance;
    wasm_trap_t *trap = NULL;
    CHECK(!wasmtime_module_new(engine, (const uint8_t *)bytes, length, &module));
    CHECK(!wasmtime_instance_new(context, module, NULL, 0, &instance, &trap));
    CHECK(traps ? trap != NULL : trap == NULL);
    if (trap)
        wasm_trap_delete(trap);
    else {
        wasmtime_extern_t item;
        wasmtime_val_t args[2] = {{.kind = WASMTIME_I32, .of.i32 = 20}, {.kind = WASMTIME_I32, .of.i32 = 22}},
                       sum;
        CHECK(wasmtime_instance_export_get(context, &instance, "add", 3, &item));
        CHECK(!wasmtime_func_call(context, &item.of.func, args, 2, &sum, 1, &trap) && !trap &&
              sum.of.i32 == 42);
    }
    wasmtime_module_delete(module);
    wasmtime_store_delete(store);
}

#ifdef LINKED
#define LOAD(name) __typeof__(&name) p_##name = &name
#else
#define LOAD(name) __typeof__(&name) p_##name = (__typeof__(&name))(uintptr_t)dlsym(library, #name)
#endif

static void library_engine(void *library, const char *bytes, size_t length, int traps) {
    LOAD(arcella_runtime_new);
    LOAD(arcella_runtime_free);
    LOAD(arcella_component_load);
    LOAD(arcella_instance_new);
    LOAD(arcella_instance_call);
    CHECK(p_arcella_runtime_new && p_arcella_runtime_free && p_arcella_component_load &&
          p_arcella_instance_new && p_arcella_instance_call);
    arcella_runtime *runtime = NULL;
    arcella_component *component = NULL;
    arcella_instance *instance = NULL;
    CHECK(p_arcella_runtime_new(NULL, &runtime, NULL) == 0);
    CHECK(p_arcella_component_load(runtime, NULL, NULL, bytes, length, &component, NULL) == 0);
    int r = p_arcella_instance_new(component, NULL, &instance, NULL);
    CHECK(traps ? r < 0 : r == 0);
    if (!traps) {
        struct arcella_value args[2] = {arcella_value_s32(20), arcella_value_s32(22)}, sum;
        int32_t number = 0;
        CHECK(p_arcella_instance_call(instance, "add", args, 2, &sum, NULL) == 0);
        CHECK(arcella_value_get_s32(&sum, &number) == 0 && number == 42);
    }
    p_arcella_runtime_free(runtime);
}

int main(int argc, char **argv) {
    if (argc != 4)
        return 2;
    size_t add_length, trap_length;
    char *add = read_file(argv[2], &add_length), *trap = read_file(argv[3], &trap_length);
    wasm_engine_t *engine = wasm_engine_new();
    own_engine(engine, add, add_length, 0);
    void *library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    CHECK(library);
    for (int round = 0; round < 20; round++) {
        library_engine(library, add, add_length, 0);
        own_engine(engine, trap, trap_length, 1);
        library_engine(library, trap, trap_length, 1);
        own_engine(engine, add, add_length, 0);
    }
    dlclose(library); /* stays where it is */
    own_engine(engine, trap, trap_length, 1);
    wasm_engine_delete(engine);
    free(add);
    free(trap);
    puts("ok");
    return 0;
}
