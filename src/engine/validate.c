/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Validation of record: the engine's own component validator.  Its C interface only judges what it then
 * compiles, and of a large component that takes seconds.  So bodies are taken out before (strip.c) and there
 * is, in place of each, what cannot be compiled: everything else has been judged when the engine gets to the
 * first of them and stops.  That error, at that place, is the verdict "valid".  What is judged stands inside
 * a component that ends with such a body, so there always is one: code is never made, which the sandbox of
 * intake forbids.  Nor is anything instantiated, so what the engine can validate and not run passes.  An
 * engine of its own, gone when this returns: no thread, no signal handler, nothing kept.  Bytes are hostile
 * here.
 */
#include <wasmtime/component.h>

#include "engine/inner.h"
#include "engine/section.h"
#include "engine/strip.h"

DEFINE_CLEANUP(engine_delete_ptr, wasm_engine_t *, wasm_engine_delete)

/* What guests may use is set as for compiling them; what code looks like matters to nobody. */
static wasm_engine_t *make_engine(void) {
    wasm_config_t *c = engine_config_make(&(struct engine_config)ENGINE_CONFIG_INIT);
    wasmtime_config_wasm_component_model_set(c, true);
    wasmtime_config_wasm_component_model_map_set(c, true);
    wasmtime_config_cranelift_opt_level_set(c, WASMTIME_OPT_LEVEL_NONE);
    wasmtime_config_cranelift_regalloc_algorithm_set(c, WASMTIME_REGALLOC_SINGLE_PASS);
    wasmtime_config_epoch_interruption_set(c, false);
    wasmtime_config_signals_based_traps_set(c, false);
    wasmtime_config_memory_init_cow_set(c, false);
    return wasm_engine_new_with_config(c);
}

static wasmtime_error_t *judge(wasm_engine_t *engine, const char *bytes, size_t length) {
    wasmtime_component_t *component = NULL;
    wasmtime_error_t *e = wasmtime_component_new(engine, (const uint8_t *)bytes, length, &component);
    if (!e)
        wasmtime_component_delete(component);
    return e;
}

/* Did it get as far as the bodies?  Both must fit: how the sentence begins, and the place it names. */
static bool is_verdict(const wasmtime_error_t *error, const struct buffer *stripped) {
    static const char begins[] = "failed to compile: wasm[", place[] = " at offset ";
    char text[512];
    engine_error_text(error, text, sizeof(text));
    const char *at = strstr(text, place);
    return text_starts(text, begins) && at && strip_is_body(stripped, strtoull(at + strlen(place), NULL, 10));
}

/* Features that our reader may let pass and the validator cannot be made to know: its sentence, our name. */
static const char *const features[][2] = {
    {"`cm-implements` feature", "an interface under a label of its own ('implements')"},
};

/* Does it say that it does not know or run something?  Then it has not judged, and nobody built it badly. */
static bool is_gap(const char *sentence) {
    static const char *const words[] = {"feature is not active", "must be enabled", "not enabled",
                                        "not implemented", "not supported"};
    for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
        if (strstr(sentence, words[i]))
            return true;
    return false;
}

static int refuse(wasmtime_error_t *owned, arcella_error **reterr) {
    char text[LIMIT_ERROR_BYTES / 4];
    engine_error_text(owned, text, sizeof(text));
    if (!is_gap(text))
        return engine_error_take(owned, ARCELLA_E_WASM, reterr, "");
    const char *name = "what the component uses";
    for (size_t i = 0; i < ARRAY_LENGTH(features); i++)
        if (strstr(text, features[i][0]))
            name = features[i][1];
    engine_error_drop(&owned);
    return error_set(reterr, ARCELLA_E_UNSUPPORTED, "%s is not supported: %s", name, text);
}

int engine_component_validate(const void *bytes, size_t length, arcella_error **reterr) {
    if (length < sizeof(wasm_magic_component) ||
        memcmp(bytes, wasm_magic_component, sizeof(wasm_magic_component)) != 0)
        return error_set(reterr, ARCELLA_E_WASM,
                         "not a component: it does not begin with \\0asm, version 13");
    /* No part of it can become more than three times as long: a section of two bytes takes six. */
    BUFFER_AUTO stripped = BUFFER_INIT(3 * length + KIB);
    int r = strip_enclosed((struct text){bytes, length}, &stripped, reterr);
    if (r)
        return r;
    CLEANUP(engine_delete_ptr) wasm_engine_t *engine = make_engine();
    if (!engine)
        return error_set(reterr, ARCELLA_E_INTERNAL, "the engine refused its configuration");
    wasmtime_error_t *e = judge(engine, stripped.data, stripped.length);
    bool valid = e && is_verdict(e, &stripped);
    engine_error_drop(&e);
    if (valid)
        return 0;
    /* Once more as it is, for the offset in its own bytes: what is refused is refused before it is compiled.
     */
    e = judge(engine, bytes, length);
    return e ? refuse(e, reterr) : 0;
}
