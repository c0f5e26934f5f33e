/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Components in a runtime: loaded once per digest and shared, instantiated, entered.
 *
 *     bytes ── component_read ──▶ component ── code of each core module given ──▶ finished, shared
 *                                     └── instance: STARTING ── steps ──▶ RUNNING ── entry or calls ──▶ end
 *
 * The entry is what the template names, else the `run` of wasi:cli/run; without either the instance waits for
 * calls.  A component lives as long as an instance of it.  The loop's thread.
 */
#include "base/fd.h"
#include "base/limits.h"
#include "component/value_text.h"
#include "engine/core.h"
#include "runtime/instance.h"
#include "runtime/provided.h"

#define RUN_INTERFACE "wasi:cli/run"
#define RUN_FUNCTION  "run"

/* --- loading --- */

static void free_bytes(void *user, const void *bytes, size_t length) {
    (void)bytes;
    (void)length;
    mem_free(user);
}

/* Read the file from its beginning, wherever its descriptor stands: it is shared with who sent it. */
static int read_bytes(int fd, char **ret, size_t *ret_length, arcella_error **reterr) {
    if (lseek(fd, 0, SEEK_SET) < 0)
        return error_set_errno(reterr, errno, "the component's bytes");
    BUFFER_AUTO bytes = BUFFER_INIT(LIMIT_WASM_BYTES);
    int r = fd_read_all(fd, LIMIT_WASM_BYTES, &bytes, reterr);
    if (r < 0)
        return r;
    *ret_length = bytes.length;
    *ret = buffer_take(&bytes);
    return *ret ? 0 : error_nomem(reterr);
}

/* Hand in the code of each core module; equal ones share it. */
static int give_modules(struct runtime *runtime, struct component *component, const struct runtime_spec *spec,
                        arcella_error **reterr) {
    uint32_t count = component_module_count(component);
    if (count != spec->modules_count)
        return error_set(reterr, ARCELLA_E_PROTOCOL, "code of %u core modules came, the component has %u",
                         spec->modules_count, count);
    MEM_AUTO struct engine_module **modules = mem_array(count + 1, sizeof(struct engine_module *));
    if (!modules)
        return error_nomem(reterr);
    int r = 0;
    for (uint32_t n = 0; r == 0 && n < count; n++) {
        uint32_t same = component_module_same(component, n);
        if (same == n)
            r = engine_module_load(runtime->engine, spec->modules[n], &modules[n], reterr);
        if (r == 0)
            r = component_module_give(component, n, modules[same], reterr);
    }
    for (uint32_t n = 0; n < count; n++)
        engine_module_unref(modules[n]);
    return r;
}

static int load(struct runtime *runtime, const struct runtime_spec *spec, struct component **ret,
                arcella_error **reterr) {
    char *bytes = NULL;
    size_t length = 0;
    int r = read_bytes(spec->component_fd, &bytes, &length, reterr);
    if (r < 0)
        return r;
    struct component *component = NULL;
    r = component_read(bytes, length, free_bytes, bytes, &component, reterr);
    if (r < 0)
        return r;
    r = give_modules(runtime, component, spec, reterr);
    if (r == 0)
        r = component_finish(component, runtime->engine, reterr);
    if (r < 0)
        component_unref(component);
    else
        *ret = component;
    return r;
}

int runtime_component_use(struct runtime *runtime, const struct runtime_spec *spec,
                          struct runtime_component **ret, arcella_error **reterr) {
    for (struct runtime_component *c = runtime->components; c; c = c->next) {
        if (*spec->digest && strcmp(c->digest, spec->digest) == 0) {
            c->users++;
            *ret = c;
            return 0;
        }
    }
    struct runtime_component *c = mem_new(struct runtime_component);
    if (!c)
        return error_nomem(reterr);
    c->digest = mem_text(spec->digest);
    int r = c->digest ? load(runtime, spec, &c->component, reterr) : error_nomem(reterr);
    if (r < 0) {
        mem_free(c->digest);
        mem_free(c);
        return r;
    }
    c->users = 1;
    c->next = runtime->components;
    runtime->components = c;
    *ret = c;
    return 0;
}

void runtime_component_unuse(struct runtime *runtime, struct runtime_component *component) {
    if (!component || --component->users > 0)
        return;
    struct runtime_component **at = &runtime->components;
    while (*at != component)
        at = &(*at)->next;
    *at = component->next;
    component_unref(component->component);
    mem_free(component->digest);
    mem_free(component);
}

/* --- entries --- */

static int refuse_entry(const char *what, const char *name, const char *why, arcella_error **reterr) {
    error_set(reterr, ARCELLA_E_KIND, "its %s '%s': %s", what, name, why);
    return error_hint(reterr, ARCELLA_E_KIND, "`arcella inspect --wit` shows what it exports");
}

int runtime_find_entry(const struct component *component, const char *name, const char *what,
                       const struct component_func **ret, arcella_error **reterr) {
    /* Core modules made of WIT call their exports INTERFACE#FUNC, and so may a template. */
    MEM_AUTO char *dotted = mem_text(name);
    if (!dotted)
        return error_nomem(reterr);
    char *hash = strchr(dotted, '#');
    if (hash)
        *hash = '.';
    const struct component_func *func = NULL;
    ERROR_AUTO *error = NULL;
    int r = instance_find_function(component, text_of(dotted), &func, &error);
    if (r == ARCELLA_E_NOMEM)
        return error_move(reterr, TAKE(error));
    if (r < 0)
        return refuse_entry(what, name, arcella_error_message(error), reterr);
    const struct func_type *type = component_func_type(func);
    if (type->param_count == 0 && (!type->result || type->result->kind == TYPE_RESULT)) {
        *ret = func;
        return 0;
    }
    BUFFER_AUTO words = BUFFER_INIT(LIMIT_ERROR_BYTES);
    r = buffer_text(&words, "it takes arguments or returns more than a result: ", reterr);
    if (r == 0 && value_add_signature(&words, component_func_name(func), type, NULL) == ARCELLA_E_NOMEM)
        r = error_nomem(reterr);
    return r < 0 ? r : refuse_entry(what, name, words.data, reterr);
}

int instance_choose_component(struct instance *i, const struct runtime_spec *spec, arcella_error **reterr) {
    const struct component *component = i->component->component;
    int r = 0;
    if (spec->shutdown && *spec->shutdown)
        r = runtime_find_entry(component, spec->shutdown, "shutdown entry", &i->at_stop, reterr);
    if (r < 0 || spec->waits)
        return r;
    if (spec->entrypoint && *spec->entrypoint)
        return runtime_find_entry(component, spec->entrypoint, "entry point", &i->entry, reterr);
    i->entry = component_func_find(component, RUN_INTERFACE, RUN_FUNCTION);
    return 0;
}

/* --- life --- */

static void on_made(struct component_instance *parts, const struct engine_outcome *outcome, void *user) {
    struct instance *i = user;
    (void)parts;
    i->cpu_ns += outcome->cpu_ns;
    instance_flush(i);
    if (outcome->end != ENGINE_END_RETURNED)
        instance_end(i, outcome);
    else
        instance_enter(i);
}

int instance_begin_component(struct instance *i, const struct engine_limits *limits, arcella_error **reterr) {
    struct component_limits all = {.engine = *limits};
    struct runtime *runtime = i->runtime;
    int r = 0;
    if (!runtime->bindings)
        r = runtime_provided(&runtime->bindings, reterr);
    if (r == 0)
        r = component_instance_new(i->component->component, runtime->bindings, &all, &i->startup, i, on_made,
                                   &i->parts, reterr);
    if (r == ARCELLA_E_LINK)
        error_hint(reterr, r, "`arcella inspect` shows what it imports and what of it the host provides");
    if (r < 0)
        return r;
    i->engine = component_engine(i->parts);
    wasi_p2_bind(i->p2, i->parts); /* nothing of the guest's has run */
    return 0;
}

static void on_shutdown_done(struct component_instance *parts, const struct engine_outcome *outcome,
                             const struct value *result, void *user) {
    struct instance *i = user;
    (void)parts;
    (void)result;
    i->cpu_ns += outcome->cpu_ns;
    instance_flush(i);
    if (outcome->end != ENGINE_END_RETURNED)
        instance_end(i, outcome);
    else
        instance_end_with(i, ENGINE_END_STOPPED, "stopped");
}

int instance_shutdown_component(struct instance *i, arcella_error **reterr) {
    struct engine_budget none = {0}; /* the stop's own deadline bounds it */
    return component_call(i->parts, i->at_stop, NULL, 0, &none, on_shutdown_done, i, reterr);
}
