/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What an instance of a command component costs: bench_wasi_instance COMPONENT.  State, instance with all it
 * imports, and both freed again; nothing of it is run.
 */
#include "base/loop.h"
#include "base/mem.h"
#include "bench.h"
#include "component/component.h"
#include "wasi/wasi.h"

enum { ROUNDS = 15, EACH = 200 };

struct made {
    struct wasi_p2 *wasi; /* first: component_user() points here */
    bool done, good;
};

static void on_made(struct component_instance *instance, const struct engine_outcome *outcome, void *user) {
    (void)instance;
    struct made *made = user;
    made->done = true;
    made->good = outcome->end == ENGINE_END_RETURNED;
}

static void *file_read(const char *path, size_t *ret_length) {
    FILE *file = fopen(path, "rbe");
    if (!file || fseek(file, 0, SEEK_END))
        return NULL;
    long length = ftell(file);
    rewind(file);
    void *bytes = length > 0 ? mem_alloc((size_t)length) : NULL;
    *ret_length = bytes ? fread(bytes, 1, (size_t)length, file) : 0;
    fclose(file);
    return bytes;
}

struct setting {
    struct loop *loop;
    struct engine *engine;
    struct component *component;
    struct component_bindings *bindings;
    struct grant_set grants;
    struct memory_budget budget;
};

static bool make_one(struct setting *s) {
    struct made made = {.wasi = NULL};
    struct wasi_options options = WASI_OPTIONS_INIT;
    options.host = (struct host_config){.loop = s->loop, .grants = &s->grants, .budget = &s->budget};
    struct component_limits limits = {.engine = {.memory_bytes = 64 * MIB, .table_elements = 10000}};
    struct engine_budget budget = {.wall_ms = 10000};
    struct component_instance *instance = NULL;
    if (wasi_p2_new(&options, &made.wasi, NULL) ||
        component_instance_new(s->component, s->bindings, &limits, &budget, &made, on_made, &instance, NULL))
        return false;
    wasi_p2_bind(made.wasi, instance);
    while (!made.done)
        loop_run_once(s->loop);
    component_instance_free(instance);
    wasi_p2_free(made.wasi);
    return made.good;
}

int main(int argc, char **argv) {
    struct setting s = {.budget = {.limit_bytes = LIMIT_HOST_BYTES}};
    struct engine_config config = ENGINE_CONFIG_INIT;
    size_t length = 0;
    void *bytes = argc > 1 ? file_read(argv[1], &length) : NULL;
    s.bindings = component_bindings_new();
    if (!bytes || !s.bindings || loop_new(&s.loop, NULL) || engine_new(&config, s.loop, &s.engine, NULL) ||
        wasi_p2_offer(s.bindings, NULL) || component_load(s.engine, bytes, length, &s.component, NULL)) {
        fprintf(stderr, "bench_wasi_instance: no such component\n");
        return 1;
    }
    double us[ROUNDS];
    for (size_t round = 0; round < ROUNDS; round++) {
        uint64_t began = bench_ns();
        for (unsigned n = 0; n < EACH; n++)
            if (!make_one(&s))
                return 1;
        us[round] = (double)(bench_ns() - began) / 1000 / EACH;
    }
    bench_value("WASI 0.2: instantiate a command component", "us", us, ROUNDS);
    component_unref(s.component);
    component_bindings_unref(s.bindings);
    engine_free(s.engine);
    loop_free(s.loop);
    grant_set_done(&s.grants);
    mem_free(bytes);
    return 0;
}
