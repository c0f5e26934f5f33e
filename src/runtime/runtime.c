/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The runtime of a process: loaded programs, the list of instances, the way from a description to a running
 * one.
 */
#include "runtime/runtime.h"

#include "base/fd.h"
#include "base/limits.h"
#include "engine/core.h"
#include "host/lookup.h"
#include "host/output.h"
#include "runtime/instance.h"

DEFINE_CLEANUP(instance_free_ptr, struct instance *, instance_free)

static void on_processor(const struct engine_instance *now, void *user) {
    const struct runtime *runtime = user;
    const struct instance *i = NULL;
    if (now)
        i = engine_is_bare(now) ? component_user(component_of_engine(now)) : engine_user(now);
    runtime->hooks.processor(i ? i->handle : 0, runtime->hooks.user);
}

int runtime_new(struct loop *loop, const struct engine_config *config, const struct runtime_hooks *hooks,
                struct runtime **ret, arcella_error **reterr) {
    struct runtime *runtime = mem_new(struct runtime);
    if (!runtime)
        return error_nomem(reterr);
    runtime->loop = loop;
    runtime->hooks = *hooks;
    int r = engine_new(config, loop, &runtime->engine, reterr);
    if (r < 0) {
        mem_free(runtime);
        return r;
    }
    if (hooks->processor)
        engine_watch_processor(runtime->engine, on_processor, runtime);
    *ret = runtime;
    return 0;
}

struct runtime *runtime_free(struct runtime *runtime) {
    if (!runtime)
        return NULL;
    while (runtime->instances)
        instance_free(runtime->instances);
    host_linger_untold(runtime->loop, runtime);
    component_bindings_unref(runtime->bindings);
    engine_free(runtime->engine);
    mem_free(runtime);
    return NULL;
}

struct engine *runtime_engine(struct runtime *runtime) {
    return runtime->engine;
}

uint32_t runtime_count(const struct runtime *runtime) {
    return runtime->count;
}

/* Find the program of a path among those in use, or load it. */
static int program_use(struct runtime *runtime, const char *path, struct runtime_program **ret,
                       arcella_error **reterr) {
    for (struct runtime_program *p = runtime->programs; p; p = p->next) {
        if (strcmp(p->path, path) == 0) {
            p->users++;
            *ret = p;
            return 0;
        }
    }
    struct runtime_program *p = mem_new(struct runtime_program);
    if (!p)
        return error_nomem(reterr);
    size_t count;
    const struct engine_import *imports = wasi_preview1_imports(&count);
    int r = 0;
    p->path = mem_text(path);
    if (!p->path)
        r = error_nomem(reterr);
    if (r == 0)
        r = engine_module_load(runtime->engine, path, &p->module, reterr);
    if (r == 0)
        r = engine_program_new(p->module, imports, count, &p->program, reterr);
    if (r < 0) {
        engine_module_unref(p->module);
        mem_free(p->path);
        mem_free(p);
        return r;
    }
    p->users = 1;
    p->next = runtime->programs;
    runtime->programs = p;
    *ret = p;
    return 0;
}

static bool exports(const struct instance *i, const char *function) {
    char signature[ENGINE_SIGNATURE_BYTES];
    return engine_program_export(i->program->program, function, signature, sizeof signature);
}

/* Decide what is called: what the template names, else what commands and reactors export. */
static int choose_entries(struct instance *i, const struct runtime_spec *spec, arcella_error **reterr) {
    const char *entry = spec->entrypoint && *spec->entrypoint ? spec->entrypoint : NULL;
    if (entry && !exports(i, entry))
        return error_set(reterr, ARCELLA_E_KIND, "its entry point '%s' is no exported function", entry);
    i->initialize = exports(i, "_initialize") && (!entry || strcmp(entry, "_initialize") != 0);
    if (!entry && !i->initialize && exports(i, "_start"))
        entry = "_start";
    if (entry && !(i->entrypoint = mem_text(entry)))
        return error_nomem(reterr);
    if (!spec->shutdown || !*spec->shutdown)
        return 0;
    if (!exports(i, spec->shutdown))
        return error_set(reterr, ARCELLA_E_KIND, "its shutdown entry '%s' is no exported function",
                         spec->shutdown);
    i->shutdown = mem_text(spec->shutdown);
    return i->shutdown ? 0 : error_nomem(reterr);
}

/* --- what the host has to say about an instance --- */

static void on_output(void *user, unsigned stream, const char *bytes, size_t length, bool cut,
                      uint64_t dropped) {
    struct instance *i = user;
    i->runtime->hooks.output(i->handle, (int)stream, bytes ? bytes : "", length, cut, dropped,
                             i->runtime->hooks.user);
}

static void on_audit(void *user, const struct host_audit *line) {
    struct instance *i = user;
    struct host_audit copy = *line;
    copy.call = i->calling && i->calls ? i->calls->number : 0;
    i->runtime->hooks.audit(i->handle, &copy, i->runtime->hooks.user);
}

static void on_notice(void *user, const char *sentence) {
    struct instance *i = user;
    i->runtime->hooks.note(i->handle, sentence, i->runtime->hooks.user);
}

/* The instance is gone. */
static void on_loss(void *user, uint64_t owner, const char *sentence) {
    struct runtime *runtime = user;
    runtime->hooks.note(owner, sentence, runtime->hooks.user);
}

static int on_lookup(void *user, uint64_t number, struct text name) {
    struct instance *i = user;
    const struct runtime_hooks *hooks = &i->runtime->hooks;
    return hooks->lookup(i->handle, number, name, hooks->user) ? 0 : HOST_LOOKUP_TEMPORARY;
}

static uint64_t on_cpu_ns(void *user) {
    struct instance *i = user;
    struct engine_usage usage;
    engine_usage(i->engine, &usage);
    return i->cpu_ns + usage.cpu_ns;
}

/* The descriptors of spec are the WASI state's from here on, also where this fails. */
static int make_wasi(struct instance *i, const struct runtime_spec *spec, arcella_error **reterr) {
    struct wasi_dir dirs[LIMIT_DIRS];
    struct wasi_options options = {
        .host =
            {
                .loop = i->runtime->loop,
                .hooks = {.output = on_output,
                          .audit = on_audit,
                          .notice = on_notice,
                          .cpu_ns = on_cpu_ns,
                          .lookup = i->runtime->hooks.lookup ? on_lookup : NULL,
                          .user = i,
                          .loss = on_loss,
                          .loss_user = i->runtime},
                .grants = spec->grants,
                .budget = &i->budget,
                .owner = i->handle,
            },
        .args = spec->args,
        .args_count = spec->args_count,
        .env = spec->env,
        .env_count = spec->env_count,
        .dirs = dirs,
        .dirs_count = spec->dirs_count <= LIMIT_DIRS ? spec->dirs_count : LIMIT_DIRS,
        .stdio = {spec->stdio[0], spec->stdio[1], spec->stdio[2]},
        .listeners = spec->sockets,
        .listeners_count = spec->sockets_count,
    };
    for (size_t n = 0; n < options.dirs_count; n++)
        dirs[n] = (struct wasi_dir){.fd = spec->dirs[n].fd,
                                    .guest_path = spec->dirs[n].guest_path,
                                    .writable = spec->dirs[n].writable};
    return i->is_component ? wasi_p2_new(&options, &i->p2, reterr)
                           : wasi_preview1_new(&options, &i->preview1, reterr);
}

static void close_descriptors(const struct runtime_spec *spec) {
    for (int n = 0; n < 3; n++)
        fd_close(spec->stdio[n]);
    for (uint32_t n = 0; n < spec->sockets_count; n++)
        fd_close(spec->sockets[n]);
}

int runtime_start(struct runtime *runtime, const struct runtime_spec *spec, arcella_error **reterr) {
    CLEANUP(instance_free_ptr) struct instance *i = mem_new(struct instance);
    if (!i) {
        close_descriptors(spec);
        return error_nomem(reterr);
    }
    i->runtime = runtime;
    i->is_component = spec->is_component;
    i->handle = spec->handle;
    i->budget.limit_bytes = LIMIT_HOST_BYTES;
    i->startup = (struct engine_budget){.wall_ms = spec->startup_ms, .cpu_ms = spec->cpu_ms};
    if (spec->wall_ms && (!i->startup.wall_ms || spec->wall_ms < i->startup.wall_ms))
        i->startup.wall_ms = spec->wall_ms; /* who bounds the whole program means its start section, too */
    i->run = (struct engine_budget){.wall_ms = spec->wall_ms, .cpu_ms = spec->cpu_ms};
    int r = make_wasi(i, spec, reterr);
    if (r == 0)
        r = loop_timer_new(runtime->loop, instance_on_timer, i, &i->timer, reterr);
    if (r == 0 && spec->is_component) {
        r = runtime_component_use(runtime, spec, &i->component, reterr);
        if (r == 0)
            r = instance_choose_component(i, spec, reterr);
        if (r == 0)
            r = instance_begin_component(i, &spec->limits, reterr);
    } else if (r == 0) {
        r = program_use(runtime, spec->code_path, &i->program, reterr);
        if (r == 0)
            r = choose_entries(i, spec, reterr);
        if (r == 0)
            r = instance_begin(i, &spec->limits, reterr);
    }
    if (r < 0)
        return r;
    i->next = runtime->instances;
    i->self = &runtime->instances;
    if (i->next)
        i->next->self = &i->next;
    runtime->instances = i;
    runtime->count++;
    i = NULL; /* the list's from here on */
    return 0;
}

int runtime_stop(struct runtime *runtime, uint64_t handle, uint64_t timeout_ms, arcella_error **reterr) {
    for (struct instance *i = runtime->instances; i; i = i->next) {
        if (i->handle == handle) {
            instance_stop(i, timeout_ms);
            return 0;
        }
    }
    return error_set(reterr, ARCELLA_E_NOT_FOUND, "no instance %llu", (unsigned long long)handle);
}

void runtime_lookup_answer(struct runtime *runtime, uint64_t handle, uint64_t number, int error,
                           const void *addresses, size_t count) {
    struct in6_addr list[HOST_LOOKUP_ADDRESSES];
    if (count > HOST_LOOKUP_ADDRESSES)
        count = HOST_LOOKUP_ADDRESSES;
    if (count > 0)
        memcpy(list, addresses, count * sizeof(list[0]));
    for (struct instance *i = runtime->instances; i; i = i->next)
        if (i->handle == handle)
            host_lookup_answer(instance_host(i), number, error, list, count);
}

void runtime_flush_audits(struct runtime *runtime, uint64_t handle) {
    for (struct instance *i = runtime->instances; i; i = i->next)
        if (!handle || i->handle == handle)
            host_audit_flush(instance_host(i));
}

void runtime_walk(struct runtime *runtime, void (*fn)(const struct runtime_figures *figures, void *user),
                  void *user) {
    for (struct instance *i = runtime->instances; i; i = i->next) {
        struct engine_usage usage;
        engine_usage(i->engine, &usage);
        struct wasi_figures wasi =
            i->is_component ? wasi_p2_figures(i->p2) : wasi_preview1_figures(i->preview1);
        struct host_figures host = host_figures(instance_host(i));
        struct runtime_figures figures = {
            .handle = i->handle,
            .state = i->state,
            .memory_bytes = usage.memory_bytes,
            .cpu_ns = i->cpu_ns + usage.cpu_ns,
            .open_files = wasi.open_files,
            .resources = wasi.resources,
            .pollables = wasi.pollables,
            .denied = host.denied,
            .waits = host.waits,
            .host_bytes = i->budget.used_bytes,
            .sockets = host.sockets,
            .sockets_refused = host.sockets_refused,
            .connections = host.connections,
            .connects_refused = host.connects_refused,
            .lookups = host.lookups,
            .lookups_refused = host.lookups_refused,
            .datagrams_dropped = host.datagrams_dropped,
        };
        fn(&figures, user);
    }
}
