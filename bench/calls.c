/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What a call from a guest costs: bench_calls BENCH_CALLS.WASM
 *
 *   clock_time_get against a bare unchecked callback of the engine that does the same system work
 *   fd_write and fd_read of 64 KiB against the system call on the same file
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <wasmtime.h>

#include "base/buffer.h"
#include "base/fd.h"
#include "base/limits.h"
#include "bench.h"
#include "engine/engine.h"
#include "wasi/wasi.h"

enum { PAIRS = 31, CLOCK_CALLS = 200000, IO_CALLS = 512, IO_BYTES = 65536 };

static void check(int r, const arcella_error *error) {
    if (r < 0) {
        fprintf(stderr, "bench_calls: %s\n", arcella_error_message(error));
        exit(1);
    }
}

/* --- ours: engine, host and WASI as a worker has them --- */

struct ours {
    struct wasi_preview1 *wasi; /* first: where WASI functions look for it */
    struct loop *loop;
    struct engine_instance *instance;
    bool done;
};

static void on_done(struct engine_instance *instance, const struct engine_outcome *outcome, void *user) {
    struct ours *ours = user;
    (void)instance;
    ours->done = true;
    if (outcome->end != ENGINE_END_RETURNED) {
        fprintf(stderr, "bench_calls: %s\n", outcome->message);
        exit(1);
    }
}

static double ours_ns(struct ours *ours, const char *function, int32_t calls) {
    arcella_error *error = NULL;
    union engine_value argument = {.u64 = (uint32_t)calls};
    ours->done = false;
    uint64_t began = bench_ns();
    check(engine_call(ours->instance, function, "i:i", &argument, NULL, on_done, &error), error);
    while (!ours->done)
        loop_run_once(ours->loop);
    return (double)(bench_ns() - began) / calls;
}

static struct engine_program *ours_load(struct engine *engine, const struct buffer *wasm) {
    arcella_error *error = NULL;
    struct buffer code = BUFFER_INIT(LIMIT_CODE_BYTES);
    check(engine_compile(engine, wasm->data, wasm->length, &code, &error), error);
    int fd;
    check(memfd_make("bench", code.data, code.length, true, &fd, &error), error);
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    struct engine_module *module;
    check(engine_module_load(engine, path, &module, &error), error);
    struct engine_program *program;
    size_t count;
    const struct engine_import *imports = wasi_preview1_imports(&count);
    check(engine_program_new(module, imports, count, &program, &error), error);
    buffer_done(&code);
    close(fd);
    return program;
}

/* --- the reference: the bare engine --- */

static wasmtime_memory_t bare_memory;

static wasm_trap_t *bare_clock(void *env, wasmtime_caller_t *caller, wasmtime_val_raw_t *v, size_t n) {
    (void)env;
    (void)n;
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    uint64_t ns = (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
    memcpy(wasmtime_memory_data(wasmtime_caller_context(caller), &bare_memory) + (uint32_t)v[2].i32, &ns,
           sizeof ns);
    v[0].i64 = 0;
    return NULL;
}

static wasm_trap_t *bare_nothing(void *env, wasmtime_caller_t *caller, wasmtime_val_raw_t *v, size_t n) {
    (void)env;
    (void)caller;
    (void)n;
    v[0].i64 = 0;
    return NULL;
}

struct bare {
    wasm_engine_t *engine;
    wasmtime_store_t *store;
    wasmtime_context_t *context;
    wasmtime_func_t clock;
};

static void bare_check(wasmtime_error_t *error, wasm_trap_t *trap) {
    if (error || trap) {
        fprintf(stderr, "bench_calls: the bare engine failed\n");
        exit(1);
    }
}

static void bare_new(struct bare *bare, const struct buffer *wasm) {
    wasm_config_t *config = wasm_config_new();
    wasmtime_config_epoch_interruption_set(config, true);
    bare->engine = wasm_engine_new_with_config(config);
    bare->store = wasmtime_store_new(bare->engine, NULL, NULL);
    bare->context = wasmtime_store_context(bare->store);
    wasmtime_context_set_epoch_deadline(bare->context, UINT64_MAX / 2);
    wasmtime_module_t *module = NULL;
    bare_check(wasmtime_module_new(bare->engine, (const uint8_t *)wasm->data, wasm->length, &module), NULL);
    wasmtime_linker_t *linker = wasmtime_linker_new(bare->engine);
    wasm_importtype_vec_t imports;
    wasmtime_module_imports(module, &imports);
    for (size_t i = 0; i < imports.size; i++) {
        const wasm_name_t *from = wasm_importtype_module(imports.data[i]),
                          *name = wasm_importtype_name(imports.data[i]);
        const wasm_functype_t *type =
            wasm_externtype_as_functype_const(wasm_importtype_type(imports.data[i]));
        bool clock = name->size == 14 && memcmp(name->data, "clock_time_get", 14) == 0;
        bare_check(wasmtime_linker_define_func_unchecked(linker, from->data, from->size, name->data,
                                                         name->size, type, clock ? bare_clock : bare_nothing,
                                                         NULL, NULL),
                   NULL);
    }
    wasm_importtype_vec_delete(&imports);
    wasmtime_instance_t instance;
    wasm_trap_t *trap = NULL;
    wasmtime_error_t *error = wasmtime_linker_instantiate(linker, bare->context, module, &instance, &trap);
    bare_check(error, trap);
    wasmtime_extern_t item;
    if (!wasmtime_instance_export_get(bare->context, &instance, "memory", 6, &item))
        exit(1);
    bare_memory = item.of.memory;
    if (!wasmtime_instance_export_get(bare->context, &instance, "clock", 5, &item))
        exit(1);
    bare->clock = item.of.func;
    wasmtime_linker_delete(linker);
    wasmtime_module_delete(module);
}

static double bare_ns(struct bare *bare, int32_t calls) {
    wasmtime_val_raw_t v[1] = {{.i64 = (uint32_t)calls}};
    wasm_trap_t *trap = NULL;
    uint64_t began = bench_ns();
    wasmtime_error_t *error = wasmtime_func_call_unchecked(bare->context, &bare->clock, v, 1, &trap);
    bare_check(error, trap);
    return (double)(bench_ns() - began) / calls;
}

/* The same file, the same pattern, the system call itself. */
static double system_ns(int fd, bool write_it, char *block) {
    uint64_t began = bench_ns();
    for (int n = IO_CALLS; n > 0; n--) {
        if ((n & 63) == 0 && lseek(fd, 0, SEEK_SET) < 0)
            exit(1);
        ssize_t got = write_it ? write(fd, block, IO_BYTES) : read(fd, block, IO_BYTES);
        if (got != IO_BYTES)
            exit(1);
    }
    return (double)(bench_ns() - began) / IO_CALLS;
}

static int filled_file(void) {
    int fd = memfd_create("bench", MFD_CLOEXEC);
    static char block[IO_BYTES];
    for (int i = 0; i < 64; i++)
        if (write(fd, block, sizeof block) != sizeof block)
            exit(1);
    return fd;
}

int main(int argc, char **argv) {
    if (argc != 2)
        return 2;
    arcella_error *error = NULL;
    struct buffer wasm = BUFFER_INIT(LIMIT_WASM_BYTES);
    check(file_read(AT_FDCWD, argv[1], LIMIT_WASM_BYTES, &wasm, &error), error);
    struct ours ours = {.done = false};
    check(loop_new(&ours.loop, &error), error);
    struct engine_config config = ENGINE_CONFIG_INIT;
    struct engine *engine;
    check(engine_new(&config, ours.loop, &engine, &error), error);
    struct engine_program *program = ours_load(engine, &wasm);
    int in = filled_file(), out = filled_file();
    struct grant_set grants = {.rows = NULL};
    struct wasi_options options = {
        .host = {.loop = ours.loop, .grants = &grants},
        .stdio = {dup(in), dup(out), -1},
    };
    check(grant_add_stdio(&grants, GRANT_BY_OPTION, &error), error);
    check(wasi_preview1_new(&options, &ours.wasi, &error), error);
    struct engine_limits limits = {.memory_bytes = DEFAULT_MEMORY_BYTES,
                                   .table_elements = DEFAULT_TABLE_ELEMENTS};
    check(engine_instance_new(program, &limits, NULL, &ours, on_done, &ours.instance, &error), error);
    wasi_preview1_bind(ours.wasi, ours.instance);
    while (!ours.done)
        loop_run_once(ours.loop);
    struct bare bare;
    bare_new(&bare, &wasm);

    static double a[PAIRS], b[PAIRS];
    for (int i = -2; i < PAIRS; i++) {
        double x = ours_ns(&ours, "clock", CLOCK_CALLS), y = bare_ns(&bare, CLOCK_CALLS);
        if (i >= 0)
            a[i] = x, b[i] = y;
    }
    bench_report("guest to host call (clock_time_get)", "ns", a, b, PAIRS);
    char *block = aligned_alloc(4096, IO_BYTES);
    for (int way = 0; way < 2; way++) {
        for (int i = -2; i < PAIRS; i++) {
            double x = ours_ns(&ours, way ? "read" : "write", IO_CALLS),
                   y = system_ns(way ? in : out, !way, block);
            if (i >= 0)
                a[i] = x, b[i] = y;
        }
        bench_report(way ? "fd_read of 64 KiB" : "fd_write of 64 KiB", "ns", a, b, PAIRS);
    }
    free(block);
    return 0;
}
