/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Components: decoded, checked, resolved once, and shared by all instances.  Counted; the loop's thread.
 */
#include "base/mem.h"
#include "component/check.h"
#include "component/names/name.h"
#include "component/run/instance.h"

/* --- loading --- */

static void release_bytes(component_release_fn *release, void *user, const void *bytes, size_t length) {
    if (release)
        release(user, bytes, length);
}

static void free_component(struct component *component) {
    const struct program *program = component->program;
    for (uint32_t i = 0; component->parts && i < program->module_count; i++)
        engine_part_unref(component->parts[i]);
    for (uint32_t i = 0; i < component->host_type_count; i++)
        engine_type_free(component->host_types[i]);
    linked_unref(component->linked);
    mem_free(component->parts);
    mem_free(component->rows);
    mem_free(component->row_types);
    mem_free(component->host_types);
    program_free(component->program);
    component_root_free(component->root);
    types_free(component->types);
    ast_free(component->ast);
    release_bytes(component->release, component->release_user, component->bytes, component->length);
    mem_free(component);
}

static int read_all(struct component *component, arcella_error **reterr) {
    int r = ast_decode(component->bytes, component->length, &component->ast, reterr);
    if (r)
        return r;
    component->types = types_new();
    if (!component->types)
        return error_nomem(reterr);
    r = component_check(component->ast, component->types, &component->root, reterr);
    if (!r)
        r = component_resolve(component->ast, component->types, &component->program, reterr);
    if (r)
        return r;
    uint32_t count = component->program->module_count;
    for (uint32_t i = 0; i < count; i++)
        if (component->program->modules[i].import_count > component->most_imports)
            component->most_imports = component->program->modules[i].import_count;
    component->parts = mem_array(count ? count : 1, sizeof(*component->parts));
    return component->parts ? 0 : error_nomem(reterr);
}

int component_read(const void *bytes, size_t length, component_release_fn *release, void *user,
                   struct component **ret, arcella_error **reterr) {
    struct component *component = mem_new(struct component);
    if (!component) {
        release_bytes(release, user, bytes, length);
        return error_nomem(reterr);
    }
    component->references = 1;
    component->bytes = bytes;
    component->length = length;
    component->release = release;
    component->release_user = user;
    int r = read_all(component, reterr);
    if (r) {
        free_component(component);
        return r;
    }
    *ret = component;
    return 0;
}

struct component *component_ref(struct component *component) {
    component->references++;
    return component;
}

struct component *component_unref(struct component *component) {
    if (component && !--component->references)
        free_component(component);
    return NULL;
}

/* --- modules --- */

uint32_t component_module_count(const struct component *component) {
    return component->program->module_count;
}

struct text component_module_bytes(const struct component *component, uint32_t index) {
    return component->program->modules[index].bytes;
}

uint32_t component_module_same(const struct component *component, uint32_t index) {
    return component->program->modules[index].same;
}

int component_module_give(struct component *component, uint32_t index, struct engine_module *module,
                          arcella_error **reterr) {
    if (index >= component->program->module_count)
        return error_set(reterr, ARCELLA_E_INVALID, "there is no core module %u: the component has %u", index,
                         component->program->module_count);
    if (component->parts[index])
        return error_set(reterr, ARCELLA_E_EXISTS, "core module %u was given already", index);
    const struct resolved_module *of = &component->program->modules[index];
    CLEANUP(module_info_done) struct module_info info = {0};
    struct engine_part *part = NULL;
    int r = module_info_read(of->bytes.data, of->bytes.length, &info, reterr);
    if (!r)
        r = engine_part_new(module, &info, &part, reterr);
    if (r)
        return error_wrap(reterr, r, "core module %u", index);
    component->parts[index] = part;
    if (engine_part_imports(part) == of->import_count)
        return 0;
    component->parts[index] = engine_part_unref(part);
    return error_set(reterr, ARCELLA_E_CORRUPT, "core module %u has other imports than its bytes say", index);
}

/* One engine type for each signature that functions of ours have. */
static int make_rows(struct component *component, arcella_error **reterr) {
    struct program *program = component->program;
    uint32_t count = program->host_count;
    struct names *signatures = names_new(&program->arena);
    component->rows = mem_array(count ? count : 1, sizeof(*component->rows));
    component->row_types = mem_array(count ? count : 1, sizeof(struct engine_type *));
    component->host_types = mem_array(count ? count : 1, sizeof(struct engine_type *));
    if (!signatures || !component->rows || !component->row_types || !component->host_types)
        return error_nomem(reterr);
    for (uint32_t i = 0; i < count; i++) {
        const struct resolved_host *host = &program->hosts[i];
        bool is_new;
        uint32_t number = names_add(signatures, text_of(host->signature), &is_new);
        if (number == RESOLVE_NONE)
            return error_nomem(reterr);
        if (is_new) {
            int r = engine_type_new(host->signature, &component->host_types[number], reterr);
            if (r)
                return r;
            component->host_type_count = number + 1;
        }
        component->row_types[i] = component->host_types[number];
        component->rows[i] = (struct engine_import){.module = "component",
                                                    .name = "lowered",
                                                    .signature = host->signature,
                                                    .fn = call_host_fn(host->kind),
                                                    .row = host};
    }
    return 0;
}

int component_finish(struct component *component, struct engine *engine, arcella_error **reterr) {
    if (component->engine)
        return 0;
    for (uint32_t i = 0; i < component->program->module_count; i++)
        if (!component->parts[i])
            return error_set(reterr, ARCELLA_E_STATE, "core module %u is not compiled yet", i);
    if (!component->rows) {
        int r = make_rows(component, reterr);
        if (r)
            return r;
    }
    component->engine = engine;
    return 0;
}

static int compile_modules(struct component *component, struct engine *engine, arcella_error **reterr) {
    const struct program *program = component->program;
    for (uint32_t i = 0; i < program->module_count; i++) {
        const struct resolved_module *of = &program->modules[i];
        if (of->same < i) {
            component->parts[i] = engine_part_ref(component->parts[of->same]);
            continue;
        }
        struct engine_module *module = NULL;
        int r = engine_module_compile(engine, of->bytes.data, of->bytes.length, &module, reterr);
        if (r)
            return error_wrap(reterr, r, "core module %u", i);
        r = component_module_give(component, i, module, reterr);
        engine_module_unref(module);
        if (r)
            return r;
    }
    return component_finish(component, engine, reterr);
}

static void free_copy(void *user, const void *bytes, size_t length) {
    (void)bytes;
    (void)length;
    mem_free(user);
}

int component_load(struct engine *engine, const void *bytes, size_t length, struct component **ret,
                   arcella_error **reterr) {
    void *copy = mem_copy(bytes, length ? length : 1);
    if (!copy)
        return error_nomem(reterr);
    struct component *component = NULL;
    int r = component_read(copy, length, free_copy, copy, &component, reterr);
    if (r)
        return r;
    r = compile_modules(component, engine, reterr);
    if (r) {
        component_unref(component);
        return r;
    }
    *ret = component;
    return 0;
}

/* --- what is asked of it --- */

const struct component_root *component_type(const struct component *component) {
    return component->root;
}

struct text component_name(const struct component *component) {
    return component->ast->root->name;
}

void component_figures(const struct component *component, struct component_figures *ret) {
    const struct program *program = component->program;
    *ret = (struct component_figures){
        .modules = program->module_count,
        .core_instances = program->core_count,
        .instances = program->instance_count,
        .steps = program->step_count,
        .resources = program->resource_count,
        .memory_bytes =
            program->arena.total_bytes + component->ast->arena.total_bytes + types_bytes(component->types),
    };
}

uint32_t component_import_count(const struct component *component) {
    return component->program->import_count;
}

const struct component_import *component_import_at(const struct component *component, uint32_t index) {
    return index < component->program->import_count ? &component->program->imports[index] : NULL;
}

uint32_t component_func_count(const struct component *component) {
    return component->program->func_count;
}

const struct component_func *component_func_at(const struct component *component, uint32_t index) {
    return index < component->program->func_count ? &component->program->funcs[index] : NULL;
}

/* Does an exported interface answer to what was asked for: the same track, or the same but for its version?
 */
static bool answers(struct text exported, struct text asked) {
    return extern_text_serves(asked, exported) || text_equal(extern_text_unversioned(exported), asked);
}

static const struct component_func *find_func(const struct component *component, struct text interface,
                                              struct text name, bool exactly) {
    const struct component_func *found = NULL;
    const struct program *program = component->program;
    for (uint32_t i = 0; i < program->func_count; i++) {
        const struct component_func *func = &program->funcs[i];
        if (!text_equal(func->name, name))
            continue;
        if (exactly ? !text_equal(func->interface, interface) : !answers(func->interface, interface))
            continue;
        if (found)
            return NULL;
        found = func;
    }
    return found;
}

const struct component_func *component_func_find(const struct component *component, const char *interface,
                                                 const char *name) {
    const struct component_func *found = find_func(component, text_of(interface), text_of(name), true);
    if (found || !*interface)
        return found;
    return find_func(component, text_of(interface), text_of(name), false);
}

struct text component_func_interface(const struct component_func *func) {
    return func->interface;
}

struct text component_func_name(const struct component_func *func) {
    return func->name;
}

const struct func_type *component_func_type(const struct component_func *func) {
    return func->type;
}

bool component_resource_find(const struct component *component, const char *interface, const char *name,
                             uint32_t *ret) {
    const struct program *program = component->program;
    for (uint32_t i = 0; i < program->resource_export_count; i++) {
        const struct resolved_resource_export *export = &program->resource_exports[i];
        if (text_equal(export->name, text_of(name)) && text_equal(export->interface, text_of(interface))) {
            *ret = export->resource;
            return true;
        }
    }
    return false;
}

struct text component_resource_name(const struct component *component, uint32_t resource) {
    const struct program *program = component->program;
    return resource < program->resource_count ? program->resources[resource].name : (struct text){"", 0};
}

bool component_interface_serves(struct text asked, struct text exported) {
    return extern_text_serves(asked, exported);
}

void component_resource_full_name(const struct component *component, uint32_t resource, char *to,
                                  size_t size) {
    const struct program *program = component->program;
    struct text interface = {"", 0}, name = component_resource_name(component, resource);
    if (name.length)
        interface = program->resources[resource].interface;
    for (uint32_t i = 0; !interface.length && i < program->resource_export_count; i++) {
        if (program->resource_exports[i].resource != resource)
            continue;
        interface = program->resource_exports[i].interface;
        name = program->resource_exports[i].name;
        break;
    }
    snprintf(to, size, "%s%s%s", interface.length ? NAME_SHOWN(interface) : "", interface.length ? "." : "",
             name.length ? NAME_SHOWN(name) : "resource");
}
