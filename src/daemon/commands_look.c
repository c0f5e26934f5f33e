/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* ping, status, list, inspect: what is, and nothing changes by looking. */
#include <sys/statvfs.h>

#include "base/clock.h"
#include "base/json.h"
#include "daemon/commands.h"
#include "daemon/figures.h"
#include "engine/engine.h"

void command_ping(struct call *call) {
    JSON_AUTO *data = json_object();
    bool ok = data != NULL;
    json_put_text(data, "version", ARCELLA_VERSION, &ok);
    json_put(data, "pid", json_integer(getpid()), &ok);
    if (ok)
        call_reply(call, TAKE(data), "pong");
    else
        call_fail(call, NULL, NULL);
}

/* --- lists --- */

struct component_list {
    struct daemon *daemon;
    json_t *list;
};

static int add_component(const struct component_record *record, void *user) {
    struct component_list *list = user;
    json_t *one = show_component(list->daemon, record, true);
    return one && json_array_append_new(list->list, one) == 0 ? 0 : ARCELLA_E_NOMEM;
}

static int list_components(struct daemon *daemon, json_t **ret, arcella_error **reterr) {
    JSON_AUTO *list = json_array();
    struct component_list to = {daemon, list};
    if (!list)
        return error_nomem(reterr);
    int r = state_component_each(daemon->catalog->state, add_component, &to, reterr);
    if (r == 0)
        *ret = TAKE(list);
    else if (reterr && !*reterr)
        error_nomem(reterr);
    return r;
}

static json_t *list_deployments(struct daemon *daemon) {
    JSON_AUTO *list = json_array();
    struct deployment *deployment, *next;
    model_sort_deployments(daemon);
    HASH_ITER(hh, daemon->model.deployments, deployment, next) {
        json_t *one = show_deployment(deployment, false);
        if (!list || !one || json_array_append_new(list, one) < 0)
            return NULL;
    }
    return TAKE(list);
}

static json_t *list_workers(struct daemon *daemon) {
    JSON_AUTO *list = json_array();
    struct group *group, *next;
    HASH_ITER(hh, daemon->model.groups, group, next) {
        if (!group->worker)
            continue;
        json_t *one = show_worker(group);
        if (!list || !one || json_array_append_new(list, one) < 0)
            return NULL;
    }
    return TAKE(list);
}

static void reply_list(struct call *call, const char *what, json_t *list, arcella_error *error) {
    JSON_AUTO *data = list ? json_object() : NULL;
    if (json_object_set_new(data, what, list) < 0) { /* takes the list, whatever data is */
        call_fail(call, error, NULL);
        return;
    }
    size_t count = json_array_size(json_object_get(data, what));
    call_reply(call, TAKE(data), "%zu %s", count, what);
}

static void list_with_figures(struct call *call) {
    const char *what = alme_text(&call->request, "what");
    bool workers = strcmp(what, "workers") == 0;
    reply_list(call, what, workers ? list_workers(call->daemon) : show_instances(call->daemon, NULL), NULL);
}

void command_list(struct call *call) {
    const char *what = alme_text(&call->request, "what");
    if (strcmp(what, "components") == 0) {
        json_t *list = NULL;
        arcella_error *error = NULL;
        int r = list_components(call->daemon, &list, &error);
        if (r < 0)
            daemon_mend(call->daemon, r);
        reply_list(call, what, list, error);
    } else if (strcmp(what, "deployments") == 0)
        reply_list(call, what, list_deployments(call->daemon), NULL);
    else
        figures_ask(call, list_with_figures);
}

/* --- status --- */

static void count_one(json_t *counts, const char *state, bool *ok) {
    json_int_t so_far = json_integer_value(json_object_get(counts, state));
    json_put(counts, state, json_integer(so_far + 1), ok);
}

static int count_component(const struct component_record *record, void *user) {
    bool ok = true;
    count_one(user, record->quarantine ? "quarantined" : "installed", &ok);
    return ok ? 0 : ARCELLA_E_NOMEM;
}

static json_t *counts(struct daemon *daemon) {
    JSON_AUTO *all = json_object();
    JSON_AUTO *components = json_object();
    JSON_AUTO *deployments = json_object();
    JSON_AUTO *instances = json_object();
    bool ok = all && components && deployments && instances;
    struct deployment *deployment, *next;
    HASH_ITER(hh, daemon->model.deployments, deployment, next) {
        count_one(deployments, deployment_state_name(deployment->state), &ok);
        for (size_t i = 0; i < deployment->count; i++) {
            const struct instance *instance = &deployment->instances[i];
            if (instance->group || (instance->state != INSTANCE_NONE && !instance->given_up))
                count_one(instances, replica_state_name(instance->state), &ok);
        }
    }
    ERROR_AUTO *error = NULL;
    int r = ok ? state_component_each(daemon->catalog->state, count_component, components, &error) : 0;
    if (r < 0 && daemon_mend(daemon, r)) {
        json_object_clear(components);
        r = state_component_each(daemon->catalog->state, count_component, components, NULL);
    }
    if (r < 0)
        problem_add(&daemon->problems, r, "state/arcella.db", "components cannot be listed: %s",
                    arcella_error_message(error));
    json_put(all, "components", TAKE(components), &ok);
    json_put(all, "deployments", TAKE(deployments), &ok);
    json_put(all, "instances", TAKE(instances), &ok);
    return ok ? TAKE(all) : NULL;
}

/* A disk without room is a problem as long as it is so. */
static void look_at_disk(struct daemon *daemon) {
    enum { LEAST_BYTES = 1 << 20 };
    static const char subject[] = "disk";
    struct statvfs fs;
    char text[32];
    if (fstatvfs(daemon->home->fd, &fs) < 0)
        return;
    uint64_t left = (uint64_t)fs.f_bavail * fs.f_frsize;
    text_format_size(left, text, sizeof(text));
    if (left < LEAST_BYTES)
        problem_add(&daemon->problems, ARCELLA_E_SPACE, subject, "the disk that holds '%s' has %s left",
                    daemon->home->path, text);
    else if (fs.f_files && fs.f_favail == 0)
        problem_add(&daemon->problems, ARCELLA_E_SPACE, subject,
                    "the file system of '%s' takes no further file", daemon->home->path);
    else
        problem_clear(&daemon->problems, subject);
}

/* Problems of the catalogue and of the daemon, with the hint of their code. */
static json_t *problems(struct daemon *daemon) {
    JSON_AUTO *all = json_array();
    const struct problems *of[] = {&daemon->catalog->problems, &daemon->problems};
    look_at_disk(daemon);
    bool ok = all != NULL;
    for (size_t n = 0; n < ARRAY_LENGTH(of); n++) {
        for (size_t i = 0; ok && i < of[n]->count; i++) {
            const struct problem *problem = &of[n]->list[i];
            ERROR_AUTO *error = NULL;
            error_set(&error, problem->code, "%s", problem->text);
            JSON_AUTO *one = json_object();
            ok = one != NULL;
            json_put_text(one, "what", problem->subject, &ok);
            json_put_text(one, "code", arcella_error_name(problem->code), &ok);
            json_put_text(one, "message", problem->text, &ok);
            json_put_text(one, "hint", arcella_error_hint(error), &ok);
            json_put(one, "time", json_time(problem->wall_ms * 1000000), &ok);
            ok = ok && json_array_append(all, one) == 0;
        }
    }
    return ok ? TAKE(all) : NULL;
}

static json_t *engine_shown(void) {
    JSON_AUTO *one = json_object();
    JSON_AUTO *features = json_pack("[s,s,s,s,s,s,s]", "reference-types", "bulk-memory", "multi-value",
                                    "simd", "relaxed-simd", "tail-call", "fuel");
    bool ok = one && features;
    const char *name = engine_name(); /* "wasmtime 48.0.8" */
    const char *space = strchr(name, ' ');
    json_put(one, "name", json_stringn(name, space ? (size_t)(space - name) : strlen(name)), &ok);
    json_put_text(one, "version", space ? space + 1 : "", &ok);
    json_put(one, "features", TAKE(features), &ok);
    return ok ? TAKE(one) : NULL;
}

static json_t *cache_shown(struct daemon *daemon) {
    struct cache_figures figures = {0};
    if (daemon->catalog->cache)
        cache_figures(daemon->catalog->cache, &figures);
    JSON_AUTO *one = json_object();
    bool ok = one != NULL;
    json_put(one, "usable", json_boolean(daemon->catalog->cache != NULL), &ok);
    json_put(one, "entries", json_integer((json_int_t)figures.entries), &ok);
    json_put(one, "bytes", json_integer((json_int_t)figures.bytes), &ok);
    json_put(one, "hits", json_integer((json_int_t)figures.hits), &ok);
    json_put(one, "misses", json_integer((json_int_t)figures.misses), &ok);
    json_put(one, "evictions", json_integer((json_int_t)figures.evictions), &ok);
    json_put(one, "damaged", json_integer((json_int_t)figures.damaged), &ok);
    return ok ? TAKE(one) : NULL;
}

static json_t *pool_shown(struct daemon *daemon) {
    uint64_t created = 0, in_use = 0;
    struct group *group, *next;
    HASH_ITER(hh, daemon->model.groups, group, next) {
        created += group->created;
        in_use += group->live;
    }
    JSON_AUTO *one = json_object();
    bool ok = one != NULL;
    json_put(one, "ready", json_integer(0), &ok); /* instances are made on demand */
    json_put(one, "in_use", json_integer((json_int_t)in_use), &ok);
    json_put(one, "created", json_integer((json_int_t)created), &ok);
    return ok ? TAKE(one) : NULL;
}

static void status_of_all(struct call *call) {
    struct daemon *daemon = call->daemon;
    uint64_t uptime = clock_monotonic_ms() - daemon->started_ms;
    char levels[1024], age[64];
    log_get_levels(levels, sizeof(levels));
    JSON_AUTO *data = json_object();
    bool ok = data != NULL;
    json_put_text(data, "version", ARCELLA_VERSION, &ok);
    json_put(data, "pid", json_integer(getpid()), &ok);
    json_put_text(data, "state", daemon->phase >= DAEMON_STOPPING ? "stopping" : "running", &ok);
    json_put(data, "started", json_time(daemon->started_wall_ns), &ok);
    json_put(data, "uptime_ms", json_integer((json_int_t)uptime), &ok);
    json_put_text(data, "socket", daemon->socket_path, &ok);
    json_put_text(data, "home", daemon->home->path, &ok);
    json_put_text(data, "log_levels", levels, &ok);
    json_put_text(data, "worker_user", workers_ids(daemon->workers)->name, &ok);
    json_put(data, "engine", engine_shown(), &ok);
    json_put(data, "counts", counts(daemon), &ok);
    json_put(data, "workers", list_workers(daemon), &ok);
    json_put(data, "cache", cache_shown(daemon), &ok);
    json_put(data, "pool", pool_shown(daemon), &ok);
    json_put(data, "compiles", json_integer((json_int_t)daemon->compiles), &ok);
    json_put(data, "problems", problems(daemon), &ok);
    text_format_duration(uptime, age, sizeof(age));
    if (ok)
        call_reply(call, TAKE(data), "arcella %s, pid %d, up %s", ARCELLA_VERSION, (int)getpid(), age);
    else
        call_fail(call, NULL, NULL);
}

/* Deployments of a component. */
static json_t *deployments_of(struct daemon *daemon, const struct component_record *component) {
    JSON_AUTO *list = json_array();
    struct deployment *deployment, *next;
    model_sort_deployments(daemon);
    HASH_ITER(hh, daemon->model.deployments, deployment, next) {
        if (strcmp(deployment->record->component.text, component->id.text) != 0)
            continue;
        json_t *one = show_deployment(deployment, false);
        if (!list || !one || json_array_append_new(list, one) < 0)
            return NULL;
    }
    return TAKE(list);
}

/* What was just read of a component's file takes the place of what was recorded; its manifest stays. */
static void use_fresh(struct component_record *component, struct package_description **fresh) {
    struct package_description *kept = component->description, *read = *fresh;
    if (!kept || !read)
        return;
    struct description_items imports = kept->binary_imports, exports = kept->binary_exports;
    kept->binary_imports = read->binary_imports;
    kept->binary_exports = read->binary_exports;
    read->binary_imports = imports;
    read->binary_exports = exports;
    mem_free(kept->wit);
    mem_free(kept->wit_json);
    kept->wit = TAKE(read->wit);
    kept->wit_json = TAKE(read->wit_json);
}

void show_target(struct call *call, bool in_full, struct package_description **fresh) {
    struct daemon *daemon = call->daemon;
    CLEANUP(target_done) struct target target;
    arcella_error *error = NULL;
    int r = target_find(daemon, alme_text(&call->request, "target"), &target, &error);
    if (r < 0) {
        daemon_mend(daemon, r);
        call_fail(call, error, NULL);
        return;
    }
    if (fresh && !target.component && target.deployment &&
        state_component_get(daemon->catalog->state, target.deployment->record->component.text,
                            &target.component, NULL) < 0)
        target.component = NULL; /* lost meanwhile */
    if (fresh && target.component)
        use_fresh(target.component, fresh);
    JSON_AUTO *data = json_object();
    bool ok = data != NULL;
    const struct deployment *deployment = target.deployment;
    if (!deployment || target.component) {
        json_put(data, "component", show_component(daemon, target.component, !in_full), &ok);
        json_put(data, "deployments", deployments_of(daemon, target.component), &ok);
    }
    if (deployment) {
        json_put(data, "deployment", show_deployment(deployment, true), &ok);
        json_put(data, "instances", show_instances(daemon, deployment), &ok);
        if (deployment->outcome.known)
            json_put(data, "outcome", outcome_json(&deployment->outcome), &ok);
    } else
        json_put(data, "instances", json_array(), &ok);
    if (!ok)
        call_fail(call, NULL, NULL);
    else if (deployment)
        call_reply(call, TAKE(data), "%s is %s", deployment->record->id,
                   deployment_state_name(deployment->state));
    else
        call_reply(call, TAKE(data), "%s is %s", target.component->id.text,
                   target.component->quarantine ? "in quarantine" : "installed");
}

static void status_of_one(struct call *call) {
    show_target(call, false, NULL);
}

void command_status(struct call *call) {
    figures_ask(call, alme_has(&call->request, "target") ? status_of_one : status_of_all);
}
