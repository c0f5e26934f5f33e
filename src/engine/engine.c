/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The engine of a process: made once before anything runs, freed last.  It owns the ticker's thread, the
 * queues of ready runs and the two functions of ours that every store gets.  Loop's thread only.
 */
#include <assert.h>

#include "base/mem.h"
#include "engine/inner.h"

/*
 * The engine reads these when it is configured, and its library once, at the first error it makes: then each
 * error would carry a stack trace of our own code (slow), or code would be compiled differently (and refuse
 * to load elsewhere).  They are taken out of the environment for that moment.
 */
static const char *const variables[] = {"WASMTIME_BACKTRACE_DETAILS", "RUST_BACKTRACE", "RUST_LIB_BACKTRACE"};

struct kept_environment {
    char *values[ARRAY_LENGTH(variables)]; /* owned; NULL: not set */
};

static void environment_done(struct kept_environment *kept) {
    for (size_t i = 0; i < ARRAY_LENGTH(variables); i++) {
        if (kept->values[i])
            setenv(variables[i], kept->values[i], 1);
        mem_free(kept->values[i]);
        kept->values[i] = NULL;
    }
}

static int environment_clear(struct kept_environment *kept, arcella_error **reterr) {
    for (size_t i = 0; i < ARRAY_LENGTH(variables); i++) {
        const char *value = getenv(variables[i]);
        if (!value)
            continue;
        kept->values[i] = mem_text(value);
        if (!kept->values[i])
            return error_nomem(reterr);
        unsetenv(variables[i]);
    }
    return 0;
}

static int make_wasm_engine(struct engine *engine, arcella_error **reterr) {
    CLEANUP(environment_done) struct kept_environment kept = {{NULL}};
    int r = environment_clear(&kept, reterr);
    if (r)
        return r;
    wasm_config_t *config = engine_config_make(&engine->config);
    r = engine_stacks_set(config, reterr);
    if (r) {
        wasm_config_delete(config);
        return r;
    }
    engine->wasm = wasm_engine_new_with_config(config);
    if (!engine->wasm)
        return error_set(reterr, ARCELLA_E_INTERNAL, "the engine refused its configuration");
    /* The first error: from here on the library has made up its mind about stack traces. */
    wasmtime_error_delete(wasmtime_error_new("first"));
    return 0;
}

static void engine_tick(void *user) {
    wasmtime_engine_increment_epoch(user);
}

DEFINE_CLEANUP(engine_free_ptr, struct engine *, engine_free)

int engine_new(const struct engine_config *config, struct loop *loop, struct engine **ret,
               arcella_error **reterr) {
    if (config->stack_bytes != 512 * KIB && config->stack_bytes != 2 * MIB && config->stack_bytes != 8 * MIB)
        return error_set(reterr, ARCELLA_E_INVALID,
                         "%" PRIu64 " bytes is no stack class: 512 KiB, 2 MiB or 8 MiB", config->stack_bytes);
    CLEANUP(engine_free_ptr) struct engine *engine = mem_new(struct engine);
    if (!engine)
        return error_nomem(reterr);
    engine->config = *config;
    engine->loop = loop;
    int r = make_wasm_engine(engine, reterr);
    if (r)
        return r;
    r = engine_fiber_define(engine, reterr);
    if (r)
        return r;
    r = loop_idle_new(loop, engine_run_turn, engine, &engine->idle, reterr);
    if (r)
        return r;
    r = ticker_start(&engine->ticker, engine_tick, engine->wasm, reterr);
    if (r)
        return r;
    *ret = TAKE(engine);
    return 0;
}

struct engine *engine_free(struct engine *engine) {
    if (!engine)
        return NULL;
    assert(engine->stats.instances == 0 && "instances are freed before their engine");
    assert(engine->stats.modules == 0 && "programs and modules are freed before their engine");
    ticker_stop(&engine->ticker);
    loop_idle_free(engine->idle);
    if (engine->inside)
        wasmtime_linker_delete(engine->inside);
    if (engine->wasm)
        wasm_engine_delete(engine->wasm);
    mem_free(engine);
    return NULL;
}

void engine_stats(const struct engine *engine, struct engine_stats *ret) {
    *ret = engine->stats;
    ret->ticks = atomic_load_explicit(&engine->ticker.ticks, memory_order_relaxed);
}

/* The engine writes an error as a sentence, then "Caused by:" and numbered lines; people get it in one line.
 */
void engine_error_text(const wasmtime_error_t *error, char *to, size_t size) {
    wasm_name_t text;
    wasmtime_error_message(error, &text);
    size_t used = 0, i = 0;
    while (i < text.size && used + 1 < size) {
        if (text.data[i] != '\n') {
            to[used++] = text.data[i++];
            continue;
        }
        while (i < text.size && isspace((unsigned char)text.data[i]))
            i++;
        if (text.size - i >= 10 && memcmp(text.data + i, "Caused by:", 10) == 0)
            for (i += 10; i < text.size && isspace((unsigned char)text.data[i]);)
                i++;
        size_t digits = i;
        while (digits < text.size && isdigit((unsigned char)text.data[digits]))
            digits++;
        if (digits > i && text.size - digits >= 2 && text.data[digits] == ':')
            i = digits + 2;
        for (const char *c = ": "; i < text.size && *c && used + 1 < size; c++)
            to[used++] = *c;
    }
    if (i < text.size)
        while (used > 0 && ((unsigned char)to[used - 1] & 0x80))
            used--;
    to[used] = '\0';
    wasm_byte_vec_delete(&text);
}

int engine_error_take(wasmtime_error_t *owned, int code, arcella_error **reterr, const char *what) {
    char text[LIMIT_ERROR_BYTES / 4];
    engine_error_text(owned, text, sizeof(text));
    wasmtime_error_delete(owned);
    return error_set(reterr, code, "%s%s", what, text);
}

void engine_watch_processor(struct engine *engine, engine_processor_fn *fn, void *user) {
    engine->on_processor = fn;
    engine->on_processor_user = user;
}
