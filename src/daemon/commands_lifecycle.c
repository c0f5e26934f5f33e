/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * start, stop, restart, undeploy: each changes what is wanted, in one transaction, and lets the reconciler do
 * the rest; the call waits until the deployment has settled.
 */
#include "base/json.h"
#include "daemon/commands.h"
#include "daemon/grants_apply.h"
#include "daemon/launch.h"
#include "daemon/supervise.h"

/* Record what is wanted. */
static int want(struct deployment *deployment, enum wanted_state wanted, arcella_error **reterr) {
    struct daemon *daemon = deployment->daemon;
    struct deployment_record *record = deployment->record;
    ERROR_AUTO *error = NULL;
    int r = state_deployment_want(daemon->catalog->state, record->id, wanted, &error);
    if (r < 0 && daemon_mend(daemon, r)) {
        arcella_error_free(TAKE(error));
        r = state_deployment_want(daemon->catalog->state, record->id, wanted, &error);
    }
    if (r < 0)
        return error_move(reterr, TAKE(error));
    record->wanted = wanted;
    return 0;
}

/* --- start --- */

/* The options of `start` that are policy: argument, key. */
static const struct {
    const char *argument;
    enum policy_key key;
} policy_options[] = {
    {"memory", POLICY_MEMORY_KEY},   {"stack", POLICY_STACK_KEY},       {"table-elements", POLICY_TABLE_KEY},
    {"timeout", POLICY_TIMEOUT_KEY}, {"cpu-time", POLICY_CPU_TIME_KEY}, {"fuel", POLICY_FUEL_KEY},
};

static int read_policy(const struct alme_request *request, struct policy *policy, arcella_error **reterr) {
    int r = 0;
    for (size_t i = 0; r == 0 && i < ARRAY_LENGTH(policy_options); i++) {
        enum policy_key key = policy_options[i].key;
        if (!alme_has(request, policy_options[i].argument))
            continue;
        uint64_t number = alme_number(request, policy_options[i].argument, 0);
        /* "0s" is no bound, which is the largest there is. */
        if (number == 0 && (key == POLICY_TIMEOUT_KEY || key == POLICY_CPU_TIME_KEY))
            number = LIMIT_DURATION_MS;
        r = policy_set_number(policy, key, number, ORIGIN_OPTION, reterr);
    }
    if (r == 0 && alme_has(request, "group"))
        r = policy_set_text(policy, POLICY_GROUP_KEY, alme_text(request, "group"), ORIGIN_OPTION, reterr);
    if (r == 0 && alme_has(request, "restart"))
        r = policy_set_text(policy, POLICY_RESTART_KEY, alme_text(request, "restart"), ORIGIN_OPTION, reterr);
    return r;
}

/* What may run at all, and where. */
static int check_component(const struct component_record *component, const struct policy *policy,
                           arcella_error **reterr) {
    if (component->quarantine)
        return error_set(reterr, ARCELLA_E_CORRUPT, "'%s' is in quarantine: %s", component->id.text,
                         component->quarantine);
    bool in_main = false;
    int r = policy_placement((enum policy_isolation)policy_number(policy, POLICY_ISOLATION_KEY),
                             policy_number(policy, POLICY_TRUSTED_KEY),
                             policy_number(policy, POLICY_ASYNC_KEY), &in_main, reterr);
    if (r < 0)
        return error_wrap(reterr, r, "'%s'", component->id.text);
    if (in_main)
        return error_set(
            reterr, ARCELLA_E_PLACEMENT,
            "'%s' asks for isolation \"main\", and this release places nothing in the daemon's process",
            component->id.text);
    return 0;
}

/* Another deployment that is in the group, or NULL. */
static const struct deployment *other_in(struct daemon *daemon, const char *group, const char *id) {
    struct deployment *deployment, *next;
    HASH_ITER(hh, daemon->model.deployments, deployment, next) {
        const struct deployment_record *record = deployment->record;
        if (strcmp(record->id, id) != 0 && strcmp(policy_text(&record->policy, POLICY_GROUP_KEY), group) == 0)
            return deployment;
    }
    return NULL;
}

/*
 * Settle the group.  A package chooses no neighbours: a group that it suggests and that is a deployment's own
 * is not followed, and what is to be alone in the group of its name is refused where somebody is there
 * already.
 */
static int settle_group(struct daemon *daemon, struct deployment_record *record,
                        const struct grant_set *grants, const char *suggested, arcella_error **reterr) {
    bool chosen = policy_text(&record->policy, POLICY_GROUP_KEY)[0] != '\0';
    if (suggested && strcmp(suggested, record->id) != 0 && model_deployment(daemon, suggested)) {
        log_event(LOG_INFO, &(struct log_about){.unit = LOG_DAEMON, .deployment = record->id},
                  "the package suggests the group of another deployment, which is not followed", "%s", "");
        suggested = NULL;
    }
    int r = policy_settle_group(&record->policy, grants, record->id, suggested, reterr);
    if (r < 0 || chosen)
        return r;
    const char *group = policy_text(&record->policy, POLICY_GROUP_KEY);
    const struct deployment *other =
        strcmp(group, record->id) == 0 ? other_in(daemon, group, record->id) : NULL;
    return other
               ? error_set(reterr, ARCELLA_E_GROUP, "the group '%s' would be its own and already holds '%s'",
                           group, other->record->id)
               : 0;
}

static bool lets_all_pass(const struct deployment_record *record) {
    for (size_t i = 0; i < record->grants.count; i++)
        if (record->grants.rows[i].effect == GRANT_AUDIT)
            return true;
    return false;
}

/* One that lets everything pass and is in the group, or NULL. */
static const struct deployment *open_one_in(struct daemon *daemon, const char *group) {
    struct deployment *deployment, *next;
    HASH_ITER(hh, daemon->model.deployments, deployment, next)
    if (lets_all_pass(deployment->record) &&
        strcmp(policy_text(&deployment->record->policy, POLICY_GROUP_KEY), group) == 0)
        return deployment;
    return NULL;
}

/* What lets everything pass shares its worker with nobody, whoever came first: it would let its neighbours'
 * native code pass, too. */
static int check_alone(struct daemon *daemon, const struct deployment_record *record,
                       arcella_error **reterr) {
    const char *group = policy_text(&record->policy, POLICY_GROUP_KEY);
    bool shared = other_in(daemon, group, record->id) || strcmp(group, NAME_GROUP_DEFAULT) == 0;
    if (lets_all_pass(record) && shared) {
        error_set(reterr, ARCELLA_E_GROUP, "--audit-only needs a group of its own, and '%s' is shared",
                  group);
        return error_hint(reterr, ARCELLA_E_GROUP, "leave --group out");
    }
    const struct deployment *other = open_one_in(daemon, group);
    if (!other)
        return 0;
    error_set(reterr, ARCELLA_E_GROUP, "the group '%s' is for '%s' alone, which runs with --audit-only",
              group, other->record->id);
    return error_hint(reterr, ARCELLA_E_GROUP, "start '%s' in another group", record->id);
}

/* The implicit deployment of a component: defaults, template, options. */
static int make_record(struct call *call, const struct component_record *component,
                       struct deployment_record **ret, arcella_error **reterr) {
    CLEANUP(deployment_record_free_ptr) struct deployment_record *record = deployment_record_new();
    if (!record)
        return error_nomem(reterr);
    text_copy(record->id, sizeof(record->id), component->id.name);
    record->component = component->id;
    record->wanted = WANTED_RUNNING;
    record->replicas = 1;
    policy_defaults(&record->policy);
    const struct package_description *d = component->description;
    int r = config_policy(call->daemon->config, &record->policy, reterr);
    if (r == 0 && d && d->has_template)
        r = policy_overlay(&record->policy, &d->template, reterr);
    if (r == 0)
        r = read_policy(&call->request, &record->policy, reterr);
    if (r == 0)
        r = grants_refresh(call->daemon, reterr);
    if (r == 0)
        r = grants_from_request(call, GRANT_BY_OPTION, 0, &record->grants, reterr);
    if (r == 0 && d && alme_bool(&call->request, "allow-requested"))
        r = grants_add_requested(d, &record->grants, 0, reterr);
    CLEANUP(grant_set_done) struct grant_set grants = {0};
    if (r == 0)
        r = grants_effective(call->daemon, record, &grants, reterr);
    if (r == 0)
        r = check_component(component, &record->policy, reterr);
    if (r == 0)
        r = settle_group(call->daemon, record, &grants, d ? d->suggested_group : NULL, reterr);
    if (r == 0)
        r = check_alone(call->daemon, record, reterr);
    if (r == 0)
        r = launch_check_dirs(call->daemon, record, reterr);
    if (r < 0)
        return r;
    *ret = TAKE(record);
    return 0;
}

/*
 * Does the group's running worker hold what is needed?  One that is idle is replaced without anybody
 * noticing, so only a worker with instances refuses.
 */
static int check_group(struct daemon *daemon, const struct deployment_record *record,
                       arcella_error **reterr) {
    const struct group *group = model_group(daemon, policy_text(&record->policy, POLICY_GROUP_KEY));
    if (!group)
        return error_nomem(reterr);
    return group->worker && group->live ? launch_fits(group, record, reterr) : 0;
}

static int deploy(struct call *call, const struct component_record *component, struct deployment **ret,
                  arcella_error **reterr) {
    struct daemon *daemon = call->daemon;
    CLEANUP(deployment_record_free_ptr) struct deployment_record *record = NULL;
    int r = make_record(call, component, &record, reterr);
    if (r == 0)
        r = check_group(daemon, record, reterr);
    if (r < 0)
        return r;
    ERROR_AUTO *error = NULL;
    grants_audit(call, record->id, &record->grants, GRANTS_GIVEN);
    r = state_deployment_add(daemon->catalog->state, record, &error);
    if (r < 0 && daemon_mend(daemon, r)) {
        arcella_error_free(TAKE(error));
        r = state_deployment_add(daemon->catalog->state, record, &error);
    }
    if (r < 0) {
        grants_audit(call, record->id, &record->grants, GRANTS_NOT_RECORDED);
        return error_move(reterr, TAKE(error));
    }
    struct deployment *deployment = NULL;
    const char *id = component->id.name;
    r = model_add_deployment(daemon, TAKE(record), &deployment, reterr);
    if (r == 0) {
        deployment->is_component = component->kind == KIND_COMPONENT;
        r = launch_sockets(deployment, reterr);
        if (r < 0) {
            grants_audit(call, id, &deployment->record->grants, GRANTS_NOT_RECORDED);
            model_remove_deployment(daemon, deployment);
        }
    }
    if (r < 0) {
        /* Nothing of it is to stay. */
        if (state_deployment_remove(daemon->catalog->state, id, NULL) < 0)
            DAEMON_LOG(LOG_WARN, LOG_CATALOG, "a deployment that could not be made is still recorded",
                       "deployment=%s", id);
        return r;
    }
    deployment_step(deployment, DEPLOYMENT_ON_DEPLOY, NULL);
    *ret = deployment;
    return 0;
}

static int start_existing(struct call *call, struct deployment *deployment, arcella_error **reterr) {
    const char *id = deployment->record->id;
    if (alme_has_flags(&call->request)) {
        error_set(reterr, ARCELLA_E_STATE, "'%s' is deployed already, so options cannot be given", id);
        return error_hint(
            reterr, ARCELLA_E_STATE,
            "`arcella grant %s` changes what it may reach; for the rest `arcella undeploy %s` first, "
            "or start it without options",
            id, id);
    }
    if (deployment->removing)
        return error_set(reterr, ARCELLA_E_BUSY, "'%s' is being undeployed", id);
    switch (deployment->state) {
    case DEPLOYMENT_STARTING:
    case DEPLOYMENT_RUNNING:
    case DEPLOYMENT_DEGRADED: call->already = true; return 0;
    case DEPLOYMENT_STOPPING: {
        int r = want(deployment, WANTED_RUNNING, reterr); /* it starts when it is gone */
        deployment->restarting = r == 0;
        return r;
    }
    default: break;
    }
    int r = grants_refresh(call->daemon, reterr);
    if (r == 0)
        r = grants_settle(deployment, reterr);
    if (r == 0)
        r = check_group(call->daemon, deployment->record, reterr);
    if (r == 0)
        r = want(deployment, WANTED_RUNNING, reterr);
    if (r == 0)
        supervise_begin(deployment);
    return r;
}

void command_start(struct call *call) {
    CLEANUP(target_done) struct target target;
    arcella_error *error = NULL;
    struct deployment *deployment = NULL;
    int r = target_find(call->daemon, alme_text(&call->request, "target"), &target, &error);
    if (r == 0 && target.deployment) {
        deployment = target.deployment;
        r = start_existing(call, deployment, &error);
    } else if (r == 0 && (deployment = model_deployment(call->daemon, target.component->id.name))) {
        r = error_set(&error, ARCELLA_E_STATE, "deployment '%s' is of %s; undeploy it first",
                      deployment->record->id, deployment->record->component.text);
    } else if (r == 0) {
        r = deploy(call, target.component, &deployment, &error);
        call->created = r == 0;
        if (r == 0)
            supervise_begin(deployment);
    }
    if (r < 0)
        call_fail(call, error, NULL);
    else
        call_wait_for(call, deployment, CALL_WAITS_FOR_START);
}

/* --- stop, restart, undeploy --- */

static int find_deployment(struct call *call, struct deployment **ret, arcella_error **reterr) {
    CLEANUP(target_done) struct target target;
    const char *text = alme_text(&call->request, "target");
    int r = target_find(call->daemon, text, &target, reterr);
    if (r < 0)
        return r;
    if (!target.deployment) {
        error_set(reterr, ARCELLA_E_NOT_FOUND, "'%s' has no deployment", text);
        return error_hint(reterr, ARCELLA_E_NOT_FOUND, "`arcella start %s` makes one", text);
    }
    *ret = target.deployment;
    return 0;
}

static uint64_t stop_timeout(const struct call *call, const struct deployment *deployment) {
    return alme_number(&call->request, "timeout",
                       policy_number(&deployment->record->policy, POLICY_STOP_TIMEOUT_KEY));
}

static bool is_resting(const struct deployment *deployment) {
    return deployment->state == DEPLOYMENT_STOPPED || deployment->state == DEPLOYMENT_FINISHED ||
           deployment->state == DEPLOYMENT_DEPLOYED;
}

void command_stop(struct call *call) {
    struct deployment *deployment = NULL;
    arcella_error *error = NULL;
    int r = find_deployment(call, &deployment, &error);
    /* A program that has finished stays finished: it runs no more, and its outcome is worth more than
     * "stopped". */
    call->already = r == 0 && is_resting(deployment);
    if (r == 0 && !call->already) {
        r = want(deployment, WANTED_STOPPED, &error);
        if (r == 0) {
            deployment->restarting = false;
            supervise_stop(deployment, stop_timeout(call, deployment));
        }
    }
    if (r < 0)
        call_fail(call, error, NULL);
    else
        call_wait_for(call, deployment, CALL_WAITS_FOR_STOP);
}

/* What the policy would keep from starting again is not stopped for it. */
static int check_restart(const struct deployment *deployment, arcella_error **reterr) {
    CLEANUP(grant_set_done) struct grant_set grants = {0};
    bool own = false;
    int r = grants_refresh(deployment->daemon, reterr);
    if (r == 0)
        r = grants_effective(deployment->daemon, deployment->record, &grants, reterr);
    return r < 0 ? r : grants_need_own_group(deployment, &grants, &own, reterr);
}

void command_restart(struct call *call) {
    struct deployment *deployment = NULL;
    arcella_error *error = NULL;
    int r = find_deployment(call, &deployment, &error);
    if (r == 0 && deployment->removing)
        r = error_set(&error, ARCELLA_E_BUSY, "'%s' is being undeployed", deployment->record->id);
    if (r == 0)
        r = check_restart(deployment, &error);
    if (r == 0)
        r = want(deployment, WANTED_RUNNING, &error);
    if (r < 0) {
        call_fail(call, error, NULL);
        return;
    }
    if (is_resting(deployment) || deployment->state == DEPLOYMENT_FAILED)
        supervise_begin(deployment);
    else {
        deployment->restarting = true;
        supervise_stop(deployment, stop_timeout(call, deployment));
    }
    call_wait_for(call, deployment, CALL_WAITS_FOR_RESTART);
}

void command_undeploy(struct call *call) {
    struct deployment *deployment = NULL;
    arcella_error *error = NULL;
    int r = find_deployment(call, &deployment, &error);
    if (r == 0)
        r = want(deployment, WANTED_STOPPED, &error);
    if (r < 0) {
        call_fail(call, error, NULL);
        return;
    }
    deployment->removing = true;
    deployment->restarting = false;
    if (is_resting(deployment) || deployment->state == DEPLOYMENT_FAILED)
        deployment->forced = 0;
    else
        supervise_stop(deployment, stop_timeout(call, deployment));
    call_wait_for(call, deployment, CALL_WAITS_FOR_UNDEPLOY);
}
