/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What is, as JSON: the rows of `list` and `status`. */
#include <fcntl.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/json.h"
#include "base/sys.h"
#include "daemon/code.h"
#include "daemon/commands.h"
#include "daemon/grants.h"
#include "daemon/package.h"

json_t *json_time(uint64_t wall_ns) {
    char text[32];
    clock_format(wall_ns, text, sizeof(text));
    return json_string(text);
}

/* Is this a bound that does not bind?  A whole program has none of the defaults of a call. */
static bool is_unbounded(const struct policy *policy, enum policy_key key, bool program) {
    uint64_t most;
    switch (key) {
    case POLICY_TIMEOUT_KEY: most = policy_wall_ms(policy, program); break;
    case POLICY_CPU_TIME_KEY: most = policy_cpu_ms(policy, program); break;
    case POLICY_FUEL_KEY: return policy_number(policy, key) == 0;
    default: return false;
    }
    return most == 0 || most == LIMIT_DURATION_MS;
}

/* With values and origins. */
static json_t *policy_in_full(const struct policy *policy, bool program) {
    json_t *all = policy_json(policy);
    bool ok = all != NULL;
    for (int i = 0; ok && i < POLICY_KEYS; i++) {
        json_t *one = json_object_get(all, policy_row((enum policy_key)i)->key);
        if (!one || !is_unbounded(policy, (enum policy_key)i, program))
            continue;
        json_put(one, "value", json_integer(0), &ok);
        json_put_text(one, "text", "none", &ok);
    }
    if (!ok)
        json_decref(all);
    return ok ? all : NULL;
}

/* {"memory": "64MiB", …}: what is in force, alone or with its origins. */
static json_t *policy_shown(const struct policy *policy, bool program, bool origins) {
    if (origins)
        return policy_in_full(policy, program);
    JSON_AUTO *all = json_object();
    bool ok = all != NULL;
    for (int i = 0; ok && i < POLICY_KEYS; i++) {
        char text[LIMIT_INTERFACE_BYTES + 1];
        policy_format(policy, (enum policy_key)i, text, sizeof(text));
        json_put_text(all, policy_row((enum policy_key)i)->key,
                      is_unbounded(policy, (enum policy_key)i, program) ? "none" : text, &ok);
    }
    return ok ? TAKE(all) : NULL;
}

static json_t *grants_shown(const struct grant_set *set) {
    JSON_AUTO *list = json_array();
    for (size_t i = 0; list && i < set->count; i++)
        if (json_array_append_new(list, grant_shown(&set->rows[i])) < 0)
            return NULL;
    return TAKE(list);
}

json_t *show_deployment(const struct deployment *deployment, bool in_full) {
    const struct deployment_record *record = deployment->record;
    const struct outcome *outcome = &deployment->outcome;
    JSON_AUTO *one = json_object();
    bool ok = one != NULL;
    json_put_text(one, "id", record->id, &ok);
    json_put_text(one, "component", record->component.text, &ok);
    json_put_text(one, "group", policy_text(&record->policy, POLICY_GROUP_KEY), &ok);
    json_put_text(one, "state", deployment_state_name(deployment->state), &ok);
    json_put_text(one, "wanted", wanted_state_name(record->wanted), &ok);
    json_put(one, "replicas", json_integer((json_int_t)deployment->count), &ok);
    json_put(one, "running", json_integer((json_int_t)deployment->running), &ok);
    json_put(one, "restarts", json_integer((json_int_t)record->restarts), &ok);
    if (outcome->known) {
        char sentence[1200];
        outcome_sentence(outcome, sentence, sizeof(sentence));
        if (strcmp(outcome->end, "exited") == 0 || strcmp(outcome->end, "returned") == 0)
            json_put(one, "exit_code", json_integer(outcome->exit_code), &ok);
        json_put_text(one, "outcome", sentence, &ok);
    }
    json_put(one, "revision", json_integer((json_int_t)record->revision), &ok);
    json_put(one, "created", json_time(record->created_ms * 1000000), &ok);
    json_put(one, "changed", json_time(record->changed_ms * 1000000), &ok);
    json_put(one, "policy", policy_shown(&record->policy, deployment->kind == START_PROGRAM, in_full), &ok);
    if (in_full)
        json_put(one, "grants", grants_shown(&record->grants), &ok);
    if (in_full && deployment->error) {
        JSON_AUTO *error = json_object();
        json_put_text(error, "code", arcella_error_name(arcella_error_code(deployment->error)), &ok);
        json_put_text(error, "message", arcella_error_message(deployment->error), &ok);
        json_put_text(error, "hint", arcella_error_hint(deployment->error), &ok);
        json_put(one, "error", TAKE(error), &ok);
    }
    return ok ? TAKE(one) : NULL;
}

static json_t *counters_shown(const struct instance *instance) {
    JSON_AUTO *list = json_array();
    for (size_t i = 0; list && i < instance->counters_count; i++) {
        const struct counter *counter = &instance->counters[i];
        json_t *one = json_object();
        bool ok = one != NULL;
        json_put_text(one, "name", counter->name, &ok);
        json_put(one, "used", json_integer((json_int_t)(counter->used & INT64_MAX)), &ok);
        if (counter->most)
            json_put(one, "limit", json_integer((json_int_t)(counter->most & INT64_MAX)), &ok);
        if (json_array_append_new(list, one) < 0 || !ok)
            return NULL;
    }
    return TAKE(list);
}

json_t *show_instance(const struct instance *instance) {
    const struct deployment *deployment = instance->deployment;
    const struct policy *policy = &deployment->record->policy;
    JSON_AUTO *one = json_object();
    JSON_AUTO *limits = json_object();
    bool ok = one && limits;
    json_put_text(one, "id", instance->address, &ok);
    json_put_text(one, "address", instance->address, &ok);
    json_put_text(one, "deployment", deployment->record->id, &ok);
    json_put_text(one, "component", deployment->record->component.text, &ok);
    json_put(one, "replica", json_integer(instance->number), &ok);
    json_put_text(one, "placement", "worker", &ok);
    json_put_text(one, "group", policy_text(policy, POLICY_GROUP_KEY), &ok);
    json_put_text(one, "state", replica_state_name(instance->state), &ok);
    json_put(
        one, "worker_pid",
        json_integer(instance->group && instance->group->worker ? worker_pid(instance->group->worker) : 0),
        &ok);
    json_put(one, "started", json_time(instance->started_wall_ns), &ok);
    json_put(one, "uptime_ms",
             json_integer(instance->group ? (json_int_t)(clock_monotonic_ms() - instance->started_ms) : 0),
             &ok);
    json_put(one, "restarts", json_integer((json_int_t)instance->restarts), &ok);
    json_put(one, "memory_bytes", json_integer((json_int_t)instance->memory_bytes), &ok);
    json_put(one, "cpu_ms", json_integer((json_int_t)(instance->cpu_ns / 1000000)), &ok);
    json_put(one, "open_files", json_integer((json_int_t)instance->open_files), &ok);
    if (instance->counters_count)
        json_put(one, "counters", counters_shown(instance), &ok);
    bool program = deployment->kind == START_PROGRAM;
    json_put(limits, "memory", json_integer((json_int_t)policy_number(policy, POLICY_MEMORY_KEY)), &ok);
    json_put(limits, "stack", json_integer((json_int_t)policy_number(policy, POLICY_STACK_KEY)), &ok);
    json_put(limits, "table-elements", json_integer((json_int_t)policy_number(policy, POLICY_TABLE_KEY)),
             &ok);
    json_put(limits, "timeout", json_integer((json_int_t)policy_wall_ms(policy, program)), &ok);
    json_put(limits, "cpu-time", json_integer((json_int_t)policy_cpu_ms(policy, program)), &ok);
    json_put(limits, "fuel", json_integer((json_int_t)policy_number(policy, POLICY_FUEL_KEY)), &ok);
    json_put(one, "limits", TAKE(limits), &ok);
    return ok ? TAKE(one) : NULL;
}

json_t *show_instances(struct daemon *daemon, const struct deployment *of) {
    JSON_AUTO *list = json_array();
    bool ok = list != NULL;
    struct deployment *deployment, *next;
    if (!of)
        model_sort_deployments(daemon);
    HASH_ITER(hh, daemon->model.deployments, deployment, next) {
        for (size_t i = 0; ok && i < deployment->count && (!of || of == deployment); i++) {
            const struct instance *instance = &deployment->instances[i];
            /* What has ended for good is told by its deployment. */
            if (instance->state == INSTANCE_NONE || (!instance->group && instance->given_up))
                continue;
            json_t *one = show_instance(instance);
            ok = one && json_array_append_new(list, one) == 0;
        }
    }
    return ok ? TAKE(list) : NULL;
}

/* Resident bytes of a process, as the kernel counts them. */
static uint64_t resident_bytes(pid_t pid) {
    char path[64], text[128];
    snprintf(path, sizeof(path), "/proc/%d/statm", (int)pid);
    FD_AUTO fd = sys_openat(AT_FDCWD, path, O_RDONLY, 0);
    ssize_t length = fd < 0 ? -1 : sys_read(fd, text, sizeof(text) - 1);
    if (length <= 0)
        return 0;
    text[length] = '\0';
    const char *second = strchr(text, ' ');
    return second ? strtoull(second, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

static json_t *sandbox_shown(const struct group *group) {
    const char *const *missing = NULL;
    size_t count = worker_missing(group->worker, &missing);
    JSON_AUTO *sandbox = json_object();
    JSON_AUTO *names = json_array();
    JSON_AUTO *dirs = json_array();
    bool ok = sandbox && names && dirs;
    for (size_t i = 0; ok && i < count; i++)
        ok = json_array_append_new(names, json_string(missing[i])) == 0;
    for (size_t i = 0; ok && i < group->dirs_count; i++) {
        JSON_AUTO *dir = json_object();
        ok = dir != NULL;
        json_put_text(dir, "path", group->dirs[i].path, &ok);
        json_put(dir, "writable", json_boolean(group->dirs[i].writable), &ok);
        ok = ok && json_array_append(dirs, dir) == 0;
    }
    json_put_text(sandbox, "user", workers_ids(group->daemon->workers)->name, &ok);
    json_put(sandbox, "landlock_abi", json_integer(worker_landlock_abi(group->worker)), &ok);
    json_put(sandbox, "missing", TAKE(names), &ok);
    json_put(sandbox, "dirs", TAKE(dirs), &ok);
    return ok ? TAKE(sandbox) : NULL;
}

json_t *show_worker(const struct group *group) {
    JSON_AUTO *one = json_object();
    bool ok = one != NULL;
    json_put_text(one, "group", group->name, &ok);
    json_put(one, "pid", json_integer(worker_pid(group->worker)), &ok);
    json_put_text(one, "state", worker_state_name(worker_get_state(group->worker)), &ok);
    json_put(one, "instances", json_integer((json_int_t)group->live), &ok);
    json_put(one, "started", json_time(group->started_wall_ns), &ok);
    json_put(one, "memory_bytes", json_integer((json_int_t)resident_bytes(worker_pid(group->worker))), &ok);
    json_put(one, "modules", json_integer((json_int_t)group->loaded), &ok);
    json_put(one, "instances_created", json_integer((json_int_t)group->created), &ok);
    json_put(one, "stack_bytes", json_integer((json_int_t)group->stack_bytes), &ok);
    json_put(one, "fuel", json_boolean(group->fuel), &ok);
    json_put(one, "sandbox", sandbox_shown(group), &ok);
    return ok ? TAKE(one) : NULL;
}

json_t *show_component(struct daemon *daemon, const struct component_record *record, bool brief) {
    char hex[DIGEST_TEXT];
    digest_text(&record->digest, hex);
    JSON_AUTO *one = json_object();
    bool ok = one != NULL;
    json_put_text(one, "id", record->id.text, &ok);
    json_put_text(one, "name", record->id.name, &ok);
    json_put_text(one, "version", record->id.version.text, &ok);
    json_put_text(one, "kind", component_kind_name(record->kind), &ok);
    json_put_text(one, "state", record->quarantine ? "quarantined" : "installed", &ok);
    if (record->quarantine)
        json_put_text(one, "reason", record->quarantine, &ok);
    json_put_text(one, "digest", hex, &ok);
    json_put(one, "size", json_integer((json_int_t)record->size), &ok);
    json_put_text(one, "source", record->source, &ok);
    json_put(one, "installed", json_time(record->installed_ms * 1000000), &ok);
    if (record->description && !package_put(one, record->description, brief))
        ok = false;
    if (!brief) {
        CLEANUP(code_file_done) struct code_file file = {.path = NULL};
        struct stat st;
        JSON_AUTO *code = json_object();
        bool cached = code_find(daemon, &record->digest, false, &file, NULL) == 0;
        json_put(code, "cached", json_boolean(cached), &ok);
        if (cached && stat(file.path, &st) == 0)
            json_put(code, "size", json_integer(st.st_size), &ok);
        json_put(one, "code", TAKE(code), &ok);
    }
    return ok ? TAKE(one) : NULL;
}
