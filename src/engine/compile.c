/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Bytes of one core module to machine code.  Runs in compile processes and in the library; guests' bytes are
 * hostile here, which is why the daemon never calls it.
 */

#include "base/mem.h"
#include "base/text.h"
#include "engine/inner.h"

/* Tell the wrong kinds of file apart before the engine does it in its own words. */
static int check_preamble(const uint8_t *wasm, size_t length, arcella_error **reterr) {
    static const uint8_t magic[4] = {0, 'a', 's', 'm'};
    if (length < 8)
        return error_set(reterr, ARCELLA_E_WASM, "%zu bytes are too few for a WebAssembly binary", length);
    if (memcmp(wasm, magic, sizeof(magic)) != 0)
        return error_set(reterr, ARCELLA_E_WASM, "not a WebAssembly binary: it does not begin with \\0asm");
    if (wasm[6] == 1)
        return error_set(reterr, ARCELLA_E_WASM, "a component, where a core module is wanted");
    return 0;
}

/* Let the validator judge the bytes as they are: its offsets are theirs. @return 0, WASM */
static int validate(struct engine *engine, const void *wasm, size_t length, arcella_error **reterr) {
    wasmtime_error_t *e = wasmtime_module_validate(engine->wasm, wasm, length);
    return e ? engine_error_take(e, ARCELLA_E_WASM, reterr, "") : 0;
}

/* What is rewritten is valid before: what the step takes out is looked at by nobody afterwards. */
static int rewrite(struct engine *engine, const void *wasm, size_t length, struct buffer *to_own,
                   struct text *ret, arcella_error **reterr) {
    ERROR_AUTO *error = NULL;
    int r = engine_rewrite(wasm, length, to_own, ret, &error);
    if (!r && !to_own->length)
        return 0;
    if (!r || r == ARCELLA_E_WASM) {
        int refused = validate(engine, wasm, length, reterr);
        if (refused)
            return refused;
    }
    return r ? error_set(reterr, r, "%s", arcella_error_message(error)) : 0;
}

/* Check, rewrite, validate and compile. */
static int compile(struct engine *engine, const void *wasm, size_t length, wasmtime_module_t **ret,
                   arcella_error **reterr) {
    int r = check_preamble(wasm, length, reterr);
    if (r)
        return r;
    BUFFER_AUTO rewritten = BUFFER_INIT(LIMIT_WASM_BYTES + MIB);
    struct text bytes;
    r = rewrite(engine, wasm, length, &rewritten, &bytes, reterr);
    if (r)
        return r;
    wasmtime_error_t *e = wasmtime_module_new(engine->wasm, (const uint8_t *)bytes.data, bytes.length, ret);
    if (e)
        return engine_error_take(e, ARCELLA_E_WASM, reterr, "");
    engine->stats.compiles++;
    return 0;
}

int engine_compile(struct engine *engine, const void *wasm, size_t length, struct buffer *to_code,
                   arcella_error **reterr) {
    wasmtime_module_t *module = NULL;
    int r = compile(engine, wasm, length, &module, reterr);
    if (r)
        return r;
    wasm_byte_vec_t code;
    wasmtime_error_t *e = wasmtime_module_serialize(module, &code);
    wasmtime_module_delete(module);
    if (e)
        return engine_error_take(e, ARCELLA_E_INTERNAL, reterr, "cannot store compiled code: ");
    r = buffer_add(to_code, code.data, code.size, reterr);
    wasm_byte_vec_delete(&code);
    return r;
}

int engine_module_compile(struct engine *engine, const void *wasm, size_t length, struct engine_module **ret,
                          arcella_error **reterr) {
    struct engine_module *module = mem_new(struct engine_module);
    if (!module)
        return error_nomem(reterr);
    int r = compile(engine, wasm, length, &module->module, reterr);
    if (r) {
        mem_free(module);
        return r;
    }
    module->engine = engine;
    module->references = 1;
    engine->stats.modules++;
    *ret = module;
    return 0;
}
