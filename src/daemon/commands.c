/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Which function carries out which command, and what waits for a deployment to settle. */
#include "daemon/commands.h"

#include "base/json.h"
#include "daemon/grants_apply.h"

typedef void command_fn(struct call *call);

static command_fn *const handlers[ALME_COMMANDS] = {
    [ALME_PING] = command_ping,         [ALME_STATUS] = command_status,
    [ALME_LIST] = command_list,         [ALME_INSPECT] = command_inspect,
    [ALME_INSTALL] = command_install,   [ALME_START] = command_start,
    [ALME_STOP] = command_stop,         [ALME_RESTART] = command_restart,
    [ALME_UNDEPLOY] = command_undeploy, [ALME_REMOVE] = command_remove,
    [ALME_CALL] = command_call,         [ALME_LOGS] = command_logs,
    [ALME_EVENTS] = command_events,     [ALME_SET_LOG_LEVEL] = command_set_log_level,
    [ALME_SHUTDOWN] = command_shutdown, [ALME_GRANT] = command_grant,
    [ALME_REVOKE] = command_revoke,     [ALME_EXPLAIN] = command_explain,
};

/* Commands that only look may be asked while the daemon ends. */
static bool only_looks(enum alme_id id) {
    return id == ALME_PING || id == ALME_STATUS || id == ALME_LIST || id == ALME_INSPECT ||
           id == ALME_EXPLAIN || id == ALME_LOGS || id == ALME_EVENTS || id == ALME_SET_LOG_LEVEL ||
           id == ALME_SHUTDOWN;
}

void command_dispatch(struct call *call) {
    const struct alme_command *command = call->request.command;
    command_fn *handler = handlers[command->id];
    DAEMON_LOG(LOG_DEBUG, LOG_ALME, "command", "command=%s", command->name);
    arcella_error *error = NULL;
    if (!handler) {
        error_set(&error, ARCELLA_E_UNSUPPORTED, "the daemon does not know '%s'", command->name);
        call_fail(call, error, NULL);
    } else if (call->daemon->phase >= DAEMON_STOPPING && !only_looks(command->id)) {
        error_set(&error, ARCELLA_E_BUSY, "the daemon is ending");
        call_fail(call, error, NULL);
    } else
        handler(call);
}

/* --- waiting for a deployment --- */

static void put_outcome(json_t *data, const struct deployment *deployment, bool *ok) {
    const struct outcome *outcome = &deployment->outcome;
    if (!outcome->known)
        return;
    char sentence[1200];
    outcome_sentence(outcome, sentence, sizeof(sentence));
    if (strcmp(outcome->end, "exited") == 0 || strcmp(outcome->end, "returned") == 0)
        json_put(data, "exit_code", json_integer(outcome->exit_code), ok);
    json_put_text(data, "outcome", sentence, ok);
}

static void end_start(struct call *call, const struct deployment *deployment) {
    const char *id = deployment->record->id;
    const char *state = deployment_state_name(deployment->state);
    JSON_AUTO *data = json_object();
    bool ok = data != NULL;
    json_put_text(data, "deployment", id, &ok);
    json_put_text(data, "state", state, &ok);
    json_put(data, "created", json_boolean(call->created), &ok);
    json_put(data, "already", json_boolean(call->already), &ok);
    json_put(data, "instances", show_instances(call->daemon, deployment), &ok);
    if (deployment->state != DEPLOYMENT_RUNNING)
        put_outcome(data, deployment, &ok);
    json_t *requests = call->created ? grants_requests(call->daemon, deployment->record) : NULL;
    if (requests)
        json_put(data, "requests", requests, &ok);
    if (!ok) {
        call_fail(call, NULL, NULL);
        return;
    }
    if (deployment->error) { /* nothing ran */
        arcella_error *error = error_copy(deployment->error);
        error_wrap(&error, arcella_error_code(error), "'%s' could not be started", id);
        call_fail(call, error, TAKE(data));
        return;
    }
    char sentence[1200] = "";
    outcome_sentence(&deployment->outcome, sentence, sizeof(sentence));
    switch (deployment->state) {
    case DEPLOYMENT_RUNNING:
        /* A program may have ended by the time this is read. */
        call_reply(call, TAKE(data), call->already ? "%s is running already" : "%s has started", id);
        break;
    case DEPLOYMENT_STARTING:
        call_reply(call, TAKE(data), "%s failed and is started again: %s", id, sentence);
        break;
    default: call_reply(call, TAKE(data), "%s %s: %s", id, state, sentence); break;
    }
}

static void end_stop(struct call *call, const struct deployment *deployment) {
    const char *id = deployment->record->id;
    JSON_AUTO *data = json_object();
    bool ok = data != NULL;
    json_put_text(data, "deployment", id, &ok);
    json_put_text(data, "state", deployment_state_name(deployment->state), &ok);
    json_put(data, "already", json_boolean(call->already), &ok);
    json_put(data, "forced", json_integer((json_int_t)deployment->forced), &ok);
    if (!ok)
        call_fail(call, NULL, NULL);
    else if (call->already)
        call_reply(call, TAKE(data), "%s is %s already", id, deployment_state_name(deployment->state));
    else
        call_reply(call, TAKE(data), "%s is %s%s", id, deployment_state_name(deployment->state),
                   deployment->forced ? " (by force)" : "");
}

static void end_undeploy(struct call *call, const struct deployment *deployment) {
    if (deployment->state != DEPLOYMENT_GONE) {
        call_fail(call, error_copy(deployment->error), NULL);
        return;
    }
    JSON_AUTO *data = json_object();
    bool ok = data != NULL;
    json_put_text(data, "deployment", deployment->record->id, &ok);
    json_put(data, "forced", json_integer((json_int_t)deployment->forced), &ok);
    if (!ok)
        call_fail(call, NULL, NULL);
    else
        call_reply(call, TAKE(data), "%s is undeployed", deployment->record->id);
}

/* Has an instance of it failed at least once, and waits to be started again? */
static bool is_retrying(const struct deployment *deployment) {
    for (size_t i = 0; i < deployment->count; i++)
        if (deployment->instances[i].waiting)
            return true;
    return false;
}

/* Does anything of its group still stop or start for it? */
static bool is_group_busy(const struct deployment *deployment) {
    const char *group = policy_text(&deployment->record->policy, POLICY_GROUP_KEY);
    struct deployment *other, *next;
    HASH_ITER(hh, deployment->daemon->model.deployments, other, next) {
        if (strcmp(policy_text(&other->record->policy, POLICY_GROUP_KEY), group) == 0 &&
            (other->restarting ||
             (other->state == DEPLOYMENT_STARTING && !is_retrying(other) && !other->error)))
            return true;
    }
    return false;
}

static bool is_settled(const struct call *call, const struct deployment *deployment) {
    bool resting = deployment->state == DEPLOYMENT_STOPPED || deployment->state == DEPLOYMENT_FINISHED ||
                   deployment->state == DEPLOYMENT_FAILED || deployment->state == DEPLOYMENT_GONE;
    switch (call->wait) {
    case CALL_WAITS_FOR_RESTART:
    case CALL_WAITS_FOR_START:
        if (deployment->restarting)
            return false;
        return resting || deployment->state == DEPLOYMENT_RUNNING ||
               deployment->state == DEPLOYMENT_DEGRADED || is_retrying(deployment);
    case CALL_WAITS_FOR_STOP: /* somebody may have asked for a restart meanwhile */
        return deployment->state != DEPLOYMENT_STOPPING;
    case CALL_WAITS_FOR_GRANTS: /* only where something starts again for it */
        return json_object_size(call->restarted) == 0 || deployment->removing || !is_group_busy(deployment);
    case CALL_WAITS_FOR_UNDEPLOY:
        return deployment->state == DEPLOYMENT_GONE || (!deployment->removing && deployment->error);
    default: return true;
    }
}

/* How far it is, once a stage. */
static void tell_stage(struct call *call, const struct deployment *deployment) {
    const char *stage = "start", *words = "starting";
    if (deployment->state == DEPLOYMENT_STOPPING)
        stage = "stop", words = "stopping";
    else if (deployment->code == CODE_MAKING)
        stage = "compile", words = "compiling";
    if (strcmp(call->last_stage, stage) == 0)
        return;
    text_copy(call->last_stage, sizeof(call->last_stage), stage);
    call_progress(call, stage, "%s %s", words, deployment->record->id);
}

void call_settle(struct deployment *deployment) {
    for (struct call **at = &deployment->waiters; *at;) {
        struct call *call = *at;
        if (!is_settled(call, deployment)) {
            tell_stage(call, deployment);
            at = &call->next_waiter;
            continue;
        }
        *at = call->next_waiter;
        if (call->wait == CALL_WAITS_FOR_STOP)
            end_stop(call, deployment);
        else if (call->wait == CALL_WAITS_FOR_UNDEPLOY)
            end_undeploy(call, deployment);
        else if (call->wait == CALL_WAITS_FOR_GRANTS)
            grants_answer(call, deployment);
        else
            end_start(call, deployment);
    }
}
