/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Components: handles with a name, and the code behind them.  Code is counted by the handle and by each
 * instance, so a handle may be freed, unloaded or given other code while instances live.
 */
#include "api/api.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/fd.h"
#include "base/limits.h"
#include "engine/core.h"
#include "engine/module_info.h"

DEFINE_CLEANUP(component_free_ptr, arcella_component *, arcella_component_free)

/* --- code --- */

struct api_code *api_code_unref(struct api_code *code) {
    if (!code || --code->references)
        return NULL;
    component_unref(code->component);
    if (code->module)
        engine_program_unref(code->module);
    if (code->types)
        types_free(code->types);
    arena_done(&code->arena);
    mem_free(code);
    return NULL;
}

static void unref_ptr(struct api_code **code) {
    api_code_unref(*code);
}

/* Machine code is mapped from a file, so that a module's memory image is copied on write; here the file is
 * anonymous.
 */
static int load_module(arcella_runtime *runtime, struct api_code *code, const void *bytes, size_t length,
                       arcella_error **reterr) {
    BUFFER_AUTO machine = BUFFER_INIT(LIMIT_CODE_BYTES);
    FD_AUTO fd = -1;
    int r = engine_compile(runtime->engine, bytes, length, &machine, reterr);
    if (!r)
        r = memfd_make("arcella-code", machine.data, machine.length, true, &fd, reterr);
    if (r)
        return r;
    char path[64];
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    struct engine_module *module = NULL;
    r = engine_module_load(runtime->engine, path, &module, reterr);
    if (!r)
        r = engine_program_new(module, NULL, 0, &code->module, reterr);
    if (module)
        engine_module_unref(module);
    return r ? r : api_list_module(code, bytes, length, reterr);
}

static int load_component(arcella_runtime *runtime, struct api_code *code, const void *bytes, size_t length,
                          arcella_error **reterr) {
    int r = component_load(runtime->engine, bytes, length, &code->component, reterr);
    if (r)
        return r;
    for (uint32_t i = 0; i < component_import_count(code->component); i++) {
        struct text interface = component_import_at(code->component, i)->interface;
        code->wants_wasi |= interface.length > 5 && memcmp(interface.data, "wasi:", 5) == 0;
    }
    return api_list_component(code, reterr);
}

static int load_code(arcella_runtime *runtime, const void *bytes, size_t length, struct api_code **ret,
                     arcella_error **reterr) {
    if (!bytes)
        return error_set(reterr, ARCELLA_E_INVALID, "bytes must not be NULL");
    if (length > LIMIT_WASM_BYTES)
        return error_set(reterr, ARCELLA_E_TOO_LARGE, "%zu bytes; at most %llu", length, LIMIT_WASM_BYTES);
    struct module_info info;
    int r = module_info_read(bytes, length, &info, reterr);
    if (r)
        return r;
    enum module_kind kind = info.kind;
    module_info_done(&info);
    if (kind == MODULE_WASI_P1)
        return error_set(reterr, ARCELLA_E_KIND,
                         "the library runs components, and core modules without imports; "
                         "this is a core module of WASI preview 1");
    CLEANUP(unref_ptr) struct api_code *code = mem_new(struct api_code);
    if (!code)
        return error_nomem(reterr);
    code->references = 1;
    if (kind == MODULE_COMPONENT)
        r = load_component(runtime, code, bytes, length, reterr);
    else
        r = load_module(runtime, code, bytes, length, reterr);
    if (r)
        return r;
    *ret = TAKE(code);
    return 0;
}

/* --- handles --- */

static int name_it(arcella_component *component, const char *name, const char *version,
                   arcella_error **reterr) {
    struct text own = {"", 0};
    if (component->code->component)
        own = component_name(component->code->component);
    component->name = name ? mem_text(name) : mem_text_n(own.length ? own.data : "", own.length);
    component->version = mem_text(version ? version : "");
    return component->name && component->version ? 0 : error_nomem(reterr);
}

int arcella_component_load(arcella_runtime *runtime, const char *name, const char *version, const void *bytes,
                           size_t length, arcella_component **ret, arcella_error **reterr) {
    if (!runtime || !ret)
        return api_error(reterr, ARCELLA_E_INVALID, "runtime and ret must not be NULL");
    if (name && arcella_component_find(runtime, name, version ? version : ""))
        return api_error(reterr, ARCELLA_E_EXISTS, "'%s%s%s' is loaded already", name, version ? "@" : "",
                         version ? version : "");
    CLEANUP(component_free_ptr) arcella_component *component = mem_new(arcella_component);
    if (!component)
        return error_nomem(reterr);
    component->runtime = runtime;
    int r = load_code(runtime, bytes, length, &component->code, reterr);
    if (r && name)
        error_wrap(reterr, r, "load '%s%s%s'", name, version ? "@" : "", version ? version : "");
    if (!r)
        r = name_it(component, name, version, reterr);
    if (r)
        return api_hint(reterr, r);
    component->next = runtime->components;
    component->self = &runtime->components;
    if (component->next)
        component->next->self = &component->next;
    runtime->components = component;
    *ret = TAKE(component);
    return 0;
}

int arcella_component_load_file(arcella_runtime *runtime, const char *name, const char *version,
                                const char *path, arcella_component **ret, arcella_error **reterr) {
    if (!path)
        return api_error(reterr, ARCELLA_E_INVALID, "path must not be NULL");
    BUFFER_AUTO bytes = BUFFER_INIT(LIMIT_WASM_BYTES);
    int r = file_read(AT_FDCWD, path, LIMIT_WASM_BYTES, &bytes, reterr);
    if (!r)
        r = arcella_component_load(runtime, name, version, bytes.data ? bytes.data : "", bytes.length, ret,
                                   reterr);
    return r ? error_wrap(reterr, r, "%s", path) : 0;
}

int arcella_component_reload(arcella_component *component, const void *bytes, size_t length,
                             arcella_error **reterr) {
    if (!component)
        return api_error(reterr, ARCELLA_E_INVALID, "component must not be NULL");
    struct api_code *code;
    int r = load_code(component->runtime, bytes, length, &code, reterr);
    if (r)
        return api_hint(reterr, error_wrap(reterr, r, "reload '%s'", component->name));
    api_code_unref(component->code);
    component->code = code;
    return 0;
}

int arcella_component_unload(arcella_component *component, arcella_error **reterr) {
    if (!component)
        return api_error(reterr, ARCELLA_E_INVALID, "component must not be NULL");
    for (arcella_instance *i = component->runtime->instances; i; i = i->next)
        if (i->of == component && i->depth)
            return api_error(reterr, ARCELLA_E_BUSY, "an instance of '%s' is in a call", component->name);
    for (arcella_instance *i = component->runtime->instances; i; i = i->next)
        if (i->of == component)
            api_instance_end(i);
    component->code = api_code_unref(component->code);
    return 0;
}

void arcella_component_free(arcella_component *component) {
    if (!component)
        return;
    if (component->self) {
        *component->self = component->next;
        if (component->next)
            component->next->self = component->self;
    }
    for (arcella_instance *i = component->runtime->instances; i; i = i->next)
        if (i->of == component)
            i->of = NULL;
    api_code_unref(component->code);
    mem_free(component->name);
    mem_free(component->version);
    mem_free(component);
}

const char *arcella_component_name(const arcella_component *component) {
    return component ? component->name : "";
}

const char *arcella_component_version(const arcella_component *component) {
    return component ? component->version : "";
}

arcella_component *arcella_component_next(const arcella_runtime *runtime, const arcella_component *after) {
    return after ? after->next : runtime ? runtime->components : NULL;
}

arcella_component *arcella_component_find(const arcella_runtime *runtime, const char *name,
                                          const char *version) {
    for (arcella_component *c = runtime && name ? runtime->components : NULL; c; c = c->next)
        if (!strcmp(c->name, name) && (!version || !strcmp(c->version, version)))
            return c;
    return NULL;
}
