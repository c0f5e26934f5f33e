/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Signatures as text, "iiI:i": read off the engine's function types and made into them.  The types are of
 * guests, so they are asked only by the functions that do not abort on what a guest may write.
 */
#include "engine/inner.h"

static char letter_of(const wasm_valtype_t *type) {
    /* wasm_valtype_kind() aborts on vectors and most references; this one does not. */
    wasmtime_valtype_t known;
    wasmtime_valtype_new(type, &known);
    char letter = '?';
    switch (known.kind) {
    case WASMTIME_VALTYPE_KIND_I32: letter = 'i'; break;
    case WASMTIME_VALTYPE_KIND_I64: letter = 'I'; break;
    case WASMTIME_VALTYPE_KIND_F32: letter = 'f'; break;
    case WASMTIME_VALTYPE_KIND_F64: letter = 'F'; break;
    case WASMTIME_VALTYPE_KIND_V128: letter = 'V'; break;
    default: break;
    }
    wasmtime_valtype_delete(&known);
    return letter;
}

bool engine_signature_of(const wasm_functype_t *type, char *to, size_t size) {
    static const char more[] = "…";
    const wasm_valtype_vec_t *params = wasm_functype_params(type);
    const wasm_valtype_vec_t *results = wasm_functype_results(type);
    bool whole = params->size + results->size + 2 <= size;
    size_t room = whole ? size - 1 : size - sizeof(more);
    size_t used = 0;
    for (size_t i = 0; i < params->size && used < room; i++)
        to[used++] = letter_of(params->data[i]);
    if (used < room)
        to[used++] = ':';
    for (size_t i = 0; i < results->size && used < room; i++)
        to[used++] = letter_of(results->data[i]);
    if (whole)
        to[used] = '\0';
    else
        memcpy(to + used, more, sizeof(more));
    return whole;
}

static const char *word_of(char letter) {
    switch (letter) {
    case 'i': return "i32";
    case 'I': return "i64";
    case 'f': return "f32";
    case 'F': return "f64";
    case 'V': return "v128";
    default: return "ref";
    }
}

static void append(char *to, size_t size, const char *text) {
    size_t used = strlen(to);
    snprintf(to + used, size - used, "%s", text);
}

/* "(i32, i64)"; a lone result stands bare. */
static void spell_list(const char *letters, size_t count, bool more, bool bare, char *to, size_t size) {
    bare = bare && count == 1 && !more;
    append(to, size, bare ? "" : "(");
    for (size_t i = 0; i < count; i++) {
        append(to, size, i ? ", " : "");
        append(to, size, word_of(letters[i]));
    }
    append(to, size, !more ? "" : count ? ", …" : "…");
    append(to, size, bare ? "" : ")");
}

void engine_signature_spell(const char *signature, char *to, size_t size) {
    size_t params = strcspn(signature, ":…");
    bool cut = signature[params] != ':';
    to[0] = '\0';
    spell_list(signature, params, cut, false, to, size);
    append(to, size, " -> ");
    if (cut) {
        append(to, size, "…");
        return;
    }
    const char *results = signature + params + 1;
    size_t count = strcspn(results, "…");
    spell_list(results, count, results[count] != '\0', true, to, size);
}

static wasm_valtype_t *type_of(char letter) {
    switch (letter) {
    case 'i': return wasm_valtype_new(WASM_I32);
    case 'I': return wasm_valtype_new(WASM_I64);
    case 'f': return wasm_valtype_new(WASM_F32);
    case 'F': return wasm_valtype_new(WASM_F64);
    case 'V': return wasmtime_wasm_valtype_v128();
    default: return NULL;
    }
}

bool engine_signature_count(const char *signature, uint32_t *ret_params, uint32_t *ret_results) {
    const char *colon = strchr(signature, ':');
    if (!colon || strspn(signature, "iIfFV") != (size_t)(colon - signature))
        return false;
    size_t results = strlen(colon + 1);
    size_t params = (size_t)(colon - signature);
    if (strspn(colon + 1, "iIfFV") != results || results > UINT32_MAX || params > UINT32_MAX)
        return false;
    *ret_params = (uint32_t)params;
    *ret_results = (uint32_t)results;
    return true;
}

static void fill(wasm_valtype_vec_t *types, const char *letters, size_t count) {
    wasm_valtype_vec_new_uninitialized(types, count);
    for (size_t i = 0; i < count; i++)
        types->data[i] = type_of(letters[i]);
}

wasm_functype_t *engine_signature_type(const char *signature) {
    uint32_t param_count, result_count;
    if (!engine_signature_count(signature, &param_count, &result_count))
        return NULL;
    wasm_valtype_vec_t params, results;
    fill(&params, signature, param_count);
    fill(&results, signature + param_count + 1, result_count);
    return wasm_functype_new(&params, &results); /* takes what the vectors hold */
}
