/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The picture of what is, and the one place where states change. */
#include "daemon/model.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/json.h"
#include "daemon/daemon.h"
#include "daemon/events.h"
#include "daemon/parts.h"

/* --- deployments --- */

static bool exports(const struct package_description *description, const char *name) {
    for (size_t i = 0; description && i < description->binary_exports.count; i++)
        if (strcmp(description->binary_exports.items[i].name, name) == 0)
            return true;
    return false;
}

/* A program runs and ends; a reactor waits for calls.  Also: is it a component? */
static enum kind_of_start kind_of(struct daemon *daemon, const struct deployment_record *record,
                                  bool *ret_component) {
    CLEANUP(component_record_free_ptr) struct component_record *component = NULL;
    int r = state_component_get(daemon->catalog->state, record->component.text, &component, NULL);
    *ret_component = r == 0 && component->kind == KIND_COMPONENT;
    if (r < 0 || *policy_text(&record->policy, POLICY_ENTRYPOINT_KEY))
        return START_PROGRAM;
    if (*ret_component)
        return component->description && component->description->run ? START_PROGRAM : START_REACTOR;
    return exports(component->description, "_start") ? START_PROGRAM : START_REACTOR;
}

static void free_instances(struct deployment *deployment) {
    for (size_t i = 0; deployment->instances && i < deployment->count; i++)
        loop_timer_free(deployment->instances[i].timer);
    mem_free(deployment->instances);
}

static void deployment_free(struct deployment *deployment) {
    free_instances(deployment);
    for (size_t i = 0; i < deployment->sockets_count; i++)
        fd_close(deployment->sockets[i]);
    mem_free(deployment->sockets);
    mem_free(deployment->code_path);
    if (deployment->parts)
        parts_done(deployment->parts);
    mem_free(deployment->parts);
    arcella_error_free(deployment->error);
    outcome_done(&deployment->outcome);
    refusals_done(&deployment->refusals);
    deployment_record_free(deployment->record);
    mem_free(deployment);
}
DEFINE_CLEANUP(deployment_free_ptr, struct deployment *, deployment_free)

/* What the database remembers of the last run. */
static void remember_outcome(struct deployment *deployment) {
    const struct deployment_outcome *kept = &deployment->record->outcome;
    if (!kept->known)
        return;
    struct outcome *outcome = &deployment->outcome;
    outcome->known = true;
    text_copy(outcome->end, sizeof(outcome->end), kept->end);
    text_copy(outcome->message, sizeof(outcome->message), kept->message);
    outcome->exit_code = kept->exit_code;
    outcome->wall_ms = kept->wall_ms;
}

int model_add_deployment(struct daemon *daemon, struct deployment_record *record, struct deployment **ret,
                         arcella_error **reterr) {
    CLEANUP(deployment_record_free_ptr) struct deployment_record *owned = record;
    CLEANUP(deployment_free_ptr) struct deployment *deployment = mem_new(struct deployment);
    if (!deployment)
        return error_nomem(reterr);
    deployment->daemon = daemon;
    deployment->count = record->replicas ? (size_t)record->replicas : 1;
    deployment->instances = mem_array(deployment->count, sizeof(*deployment->instances));
    if (!deployment->instances)
        return error_nomem(reterr);
    for (size_t i = 0; i < deployment->count; i++) {
        struct instance *instance = &deployment->instances[i];
        instance->deployment = deployment;
        instance->number = (unsigned)i;
        instance->state = INSTANCE_NONE;
        snprintf(instance->address, sizeof(instance->address), "%s/%u", record->id, instance->number);
    }
    deployment->kind = kind_of(daemon, record, &deployment->is_component);
    deployment->state = DEPLOYMENT_NEW;
    deployment->record = TAKE(owned);
    remember_outcome(deployment);
    bool ok = false;
    MAP_ADD_TEXT(hh, daemon->model.deployments, record->id, strlen(record->id), deployment, &ok);
    if (!ok)
        return error_nomem(reterr);
    *ret = TAKE(deployment);
    return 0;
}

void model_remove_deployment(struct daemon *daemon, struct deployment *deployment) {
    HASH_DELETE(hh, daemon->model.deployments, deployment);
    deployment_free(deployment);
}

static int by_id(const struct deployment *a, const struct deployment *b) {
    return strcmp(a->record->id, b->record->id);
}

void model_sort_deployments(struct daemon *daemon) {
    HASH_SRT(hh, daemon->model.deployments, by_id);
}

struct deployment *model_deployment(struct daemon *daemon, const char *id) {
    struct deployment *found = NULL;
    HASH_FIND(hh, daemon->model.deployments, id, strlen(id), found);
    return found;
}

/* --- groups --- */

static void group_free(struct group *group) {
    for (size_t i = 0; i < group->dirs_count; i++)
        mem_free(group->dirs[i].path);
    mem_free(group->dirs);
    mem_free(group->ports);
    loop_timer_free(group->idle);
    loop_timer_free(group->retry);
    arcella_error_free(group->error);
    mem_free(group);
}

struct group *model_group(struct daemon *daemon, const char *name) {
    struct group *group = NULL;
    HASH_FIND(hh, daemon->model.groups, name, strlen(name), group);
    if (group)
        return group;
    group = mem_new(struct group);
    if (!group)
        return NULL;
    group->daemon = daemon;
    text_copy(group->name, sizeof(group->name), name);
    bool ok = false;
    MAP_ADD_TEXT(hh, daemon->model.groups, group->name, strlen(group->name), group, &ok);
    if (!ok) {
        group_free(group);
        return NULL;
    }
    return group;
}

static bool group_is_used(struct daemon *daemon, const struct group *group) {
    struct deployment *deployment, *next;
    HASH_ITER(hh, daemon->model.deployments, deployment, next)
    if (strcmp(policy_text(&deployment->record->policy, POLICY_GROUP_KEY), group->name) == 0)
        return true;
    return group->worker != NULL;
}

void model_sweep_groups(struct daemon *daemon) {
    struct group *group, *next;
    HASH_ITER(hh, daemon->model.groups, group, next) {
        if (group_is_used(daemon, group))
            continue;
        HASH_DELETE(hh, daemon->model.groups, group);
        group_free(group);
    }
}

/* --- instances --- */

struct instance *model_instance(struct daemon *daemon, uint64_t handle) {
    struct instance *found = NULL;
    HASH_FIND(hh, daemon->model.live, &handle, sizeof(handle), found);
    return found;
}

struct instance *model_address(struct daemon *daemon, const char *address) {
    char id[LIMIT_NAME_BYTES + 1];
    const char *slash = strrchr(address, '/');
    uint64_t number;
    if (!slash || (size_t)(slash - address) >= sizeof(id) ||
        text_parse_u64(slash + 1, UINT32_MAX, &number, NULL) < 0)
        return NULL;
    memcpy(id, address, (size_t)(slash - address));
    id[slash - address] = '\0';
    struct deployment *deployment = model_deployment(daemon, id);
    return deployment && number < deployment->count ? &deployment->instances[number] : NULL;
}

bool instance_enter(struct instance *instance, struct group *group) {
    struct daemon *daemon = group->daemon;
    instance->handle = ++daemon->model.next_handle;
    bool ok = false;
    MAP_ADD(hh, daemon->model.live, handle, instance, &ok);
    if (!ok) {
        instance->handle = 0;
        return false;
    }
    instance->group = group;
    instance->started_ms = clock_monotonic_ms();
    instance->started_wall_ns = clock_wall_ns();
    instance->heard_ms = instance->started_ms;
    instance->heard_number = ++daemon->model.heard;
    instance->memory_bytes = instance->cpu_ns = instance->open_files = 0;
    instance->counters_count = 0;
    instance->waiting = false;
    instance->given_up = instance->spent = false;
    group->live++;
    return true;
}

void instance_leave(struct instance *instance) {
    if (!instance->group)
        return;
    struct daemon *daemon = instance->group->daemon;
    HASH_DELETE(hh, daemon->model.live, instance);
    instance->group->live--;
    instance->group = NULL;
    instance->handle = 0;
    if (instance->timer)
        loop_timer_stop(instance->timer);
}

void model_done(struct daemon *daemon) {
    struct deployment *deployment, *next;
    struct group *group, *next_group;
    HASH_CLEAR(hh, daemon->model.live);
    HASH_ITER(hh, daemon->model.deployments, deployment, next) {
        HASH_DELETE(hh, daemon->model.deployments, deployment);
        deployment_free(deployment);
    }
    HASH_ITER(hh, daemon->model.groups, group, next_group) {
        HASH_DELETE(hh, daemon->model.groups, group);
        group_free(group);
    }
}

/* --- states --- */

bool deployment_step(struct deployment *deployment, enum deployment_event event, const char *reason) {
    const char *id = deployment->record->id;
    struct log_about about = {
        .unit = LOG_DAEMON, .deployment = id, .component = deployment->record->component.text};
    enum deployment_state next;
    if (!deployment_next(deployment->state, event, &next)) {
        log_event(LOG_ERROR, &about, "a deployment's event is not possible in its state",
                  "state=%s event=\"%s\"", deployment_state_name(deployment->state),
                  deployment_event_name(event));
        return false;
    }
    const char *from = deployment_state_name(deployment->state);
    const char *to = deployment_state_name(next);
    deployment->state = next;
    BUFFER_AUTO quoted = BUFFER_INIT(4096);
    reason = reason ? reason : deployment_event_name(event);
    if (text_add_logfmt(&quoted, reason, strlen(reason), 2048, NULL) < 0)
        buffer_clear(&quoted);
    /* A program that ends with a code of its own is no affair of ours; whatever else ends one is worth a
     * warning. */
    bool loud = next == DEPLOYMENT_FAILED && event != DEPLOYMENT_ON_LOAD_FAILED &&
                strcmp(deployment->outcome.end, "exited") != 0;
    /* What the database held, and that a start goes by way of `deployed`, tells nobody anything. */
    bool quiet = next == DEPLOYMENT_DEPLOYED || event == DEPLOYMENT_ON_LOAD ||
                 event == DEPLOYMENT_ON_LOAD_FINISHED || event == DEPLOYMENT_ON_LOAD_FAILED;
    log_event(loud    ? LOG_WARN
              : quiet ? LOG_DEBUG
                      : LOG_INFO,
              &about, to, "kind=deployment from=%s reason=%s", from, quoted.data ? quoted.data : "\"\"");
    JSON_AUTO *outcome = NULL;
    if (next == DEPLOYMENT_FINISHED || next == DEPLOYMENT_FAILED)
        outcome = outcome_json(&deployment->outcome);
    events_tell(deployment->daemon,
                &(struct event){.kind = "deployment",
                                .id = id,
                                .from = from,
                                .to = to,
                                .reason = reason,
                                .component = about.component,
                                .group = policy_text(&deployment->record->policy, POLICY_GROUP_KEY),
                                .outcome = outcome});
    return true;
}

bool instance_step(struct instance *instance, enum instance_event event, const char *reason) {
    struct deployment *deployment = instance->deployment;
    struct log_about about = {.unit = LOG_DAEMON,
                              .deployment = deployment->record->id,
                              .component = deployment->record->component.text,
                              .instance = instance->address};
    unsigned next;
    if (!instance_next(instance->state, event, &next)) {
        log_event(LOG_ERROR, &about, "an instance's event is not possible in its state",
                  "state=%s event=\"%s\"", replica_state_name(instance->state), instance_event_name(event));
        return false;
    }
    const char *from = replica_state_name(instance->state);
    const char *to = replica_state_name(next);
    if (instance->state == INSTANCE_RUNNING)
        deployment->running--;
    instance->state = next;
    if (instance->state == INSTANCE_RUNNING)
        deployment->running++;
    if (next == INSTANCE_NONE) {
        instance->waiting = instance->given_up = instance->spent = false;
        return true; /* put away: nothing anybody watches for */
    }
    BUFFER_AUTO quoted = BUFFER_INIT(4096);
    reason = reason ? reason : instance_event_name(event);
    if (text_add_logfmt(&quoted, reason, strlen(reason), 2048, NULL) < 0)
        buffer_clear(&quoted);
    /* Its deployment tells the rest; a failure may be one of many replicas, or be followed by a restart. */
    log_event(next == INSTANCE_FAILED ? LOG_INFO : LOG_DEBUG, &about, to, "kind=instance from=%s reason=%s",
              from, quoted.data ? quoted.data : "\"\"");
    JSON_AUTO *outcome = NULL;
    if (next == INSTANCE_FINISHED || next == INSTANCE_FAILED)
        outcome = outcome_json(&deployment->outcome);
    events_tell(deployment->daemon,
                &(struct event){.kind = "instance",
                                .id = instance->address,
                                .from = from,
                                .to = to,
                                .reason = reason,
                                .component = about.component,
                                .deployment = about.deployment,
                                .group = policy_text(&deployment->record->policy, POLICY_GROUP_KEY),
                                .outcome = outcome});
    return true;
}
