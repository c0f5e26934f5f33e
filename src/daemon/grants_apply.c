/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* From a change of grants that is recorded to what runs under it; see the header. */
#include "daemon/grants_apply.h"

#include "base/fd.h"
#include "base/json.h"
#include "daemon/commands.h"
#include "daemon/launch.h"
#include "daemon/supervise.h"

/* --- what a change asks for --- */

static bool is_in(const struct grant_set *set, const struct grant *row) {
    for (size_t i = 0; i < set->count; i++) {
        const struct grant *other = &set->rows[i];
        if (other->class == row->class && other->effect == row->effect &&
            (other->actions & row->actions) == row->actions && strcmp(other->pattern, row->pattern) == 0 &&
            text_equal(other->module, row->module) && text_equal(other->functions, row->functions))
            return true;
    }
    return false;
}

/* Is it given at a start, and at no other time? */
static bool is_given_at_start(const struct deployment *deployment, const struct grant *row) {
    bool socket = row->class == GRANT_NET && (row->actions & GRANT_LISTEN) && !deployment->is_component &&
                  !deployment->parts;
    return row->class == GRANT_FS || row->class == GRANT_ENV || row->class == GRANT_ARGS || socket;
}

/*
 * Does the second set allow something that the first does not, or deny less?
 *
 * @param starting  only what is given at this deployment's start counts; NULL: all of it
 */
static bool allows_more(const struct grant_set *before, const struct grant_set *after,
                        const struct deployment *starting) {
    for (size_t i = 0; i < after->count; i++) {
        const struct grant *row = &after->rows[i];
        if (row->effect != GRANT_DENY && (!starting || is_given_at_start(starting, row)) &&
            !is_in(before, row))
            return true;
    }
    for (size_t i = 0; i < before->count; i++) {
        const struct grant *row = &before->rows[i];
        if (row->effect == GRANT_DENY && (!starting || is_given_at_start(starting, row)) &&
            !is_in(after, row))
            return true;
    }
    return false;
}

/* --- before it is recorded --- */

bool grants_widen(const struct grant_set *before, const struct grant_set *after) {
    return allows_more(before, after, NULL);
}

/* One row that is new. */
static int check_row(const struct deployment *deployment, const struct grant_set *after, size_t index,
                     arcella_error **reterr) {
    const struct grant *row = &after->rows[index];
    FD_AUTO fd = -1;
    if (row->class == GRANT_FS)
        return launch_check_dir(row, reterr);
    if (row->class == GRANT_ENV && (row->actions & GRANT_SECRET))
        return launch_check_secret(row, reterr);
    return is_given_at_start(deployment, row) ? launch_listen_row(after, index, &fd, reterr) : 0;
}

int grants_check_added(const struct deployment *deployment, const struct grant_set *before,
                       const struct grant_set *after, arcella_error **reterr) {
    size_t sockets = 0;
    int r = 0;
    for (size_t i = 0; r == 0 && i < after->count; i++) {
        const struct grant *row = &after->rows[i];
        if (row->effect == GRANT_DENY)
            continue;
        sockets += row->class == GRANT_NET && is_given_at_start(deployment, row);
        if (!is_in(before, row))
            r = check_row(deployment, after, i, reterr);
    }
    if (r == 0 && sockets > LIMIT_FRAME_FDS)
        r = error_set(reterr, ARCELLA_E_LIMIT, "more than %d listening sockets", LIMIT_FRAME_FDS);
    return r;
}

/* --- into force --- */

/* Remember how often it had come up: whether it did again is answered by that. */
static void note_restart(struct call *call, const struct deployment *deployment) {
    json_t *starts = json_integer((json_int_t)deployment->starts);
    if (!call->restarted || json_object_set_new(call->restarted, deployment->record->id, starts) < 0)
        DAEMON_LOG(LOG_WARN, LOG_DAEMON, "no memory to remember what starts again", "deployment=%s",
                   deployment->record->id);
}

/* Say it before anything stops: what happens, and to whom. */
static void announce(struct call *call, const char *stage, const char *sentence) {
    JSON_AUTO *names = json_array();
    const char *id;
    json_t *starts;
    json_object_foreach(call->restarted, id, starts) {
        json_array_append_new(names, json_string(id));
    }
    call_announce(call, stage, sentence, TAKE(names));
}

/* Stop what was noted, to start again. */
static void begin_again(struct call *call) {
    const char *id;
    json_t *starts;
    json_object_foreach(call->restarted, id, starts) {
        struct deployment *deployment = model_deployment(call->daemon, id);
        if (!deployment || deployment->state == DEPLOYMENT_STOPPING)
            continue;
        uint64_t own_ms = policy_number(&deployment->record->policy, POLICY_STOP_TIMEOUT_KEY);
        deployment->restarting = true;
        supervise_stop(deployment, alme_number(&call->request, "timeout", own_ms));
    }
}

/* All that runs in the group's worker, which is replaced when it is empty. */
static void replace_worker(struct call *call, struct group *group) {
    struct deployment *deployment, *next;
    char sentence[LIMIT_NAME_BYTES + 128];
    group->outgrown = true;
    HASH_ITER(hh, call->daemon->model.deployments, deployment, next)
    if (grants_live_group(deployment) == group && deployment->state != DEPLOYMENT_STOPPING)
        note_restart(call, deployment);
    snprintf(sentence, sizeof(sentence),
             "the worker of group '%s' may not do that: what runs in it starts again in a new one",
             group->name);
    announce(call, "replace", sentence);
    begin_again(call);
}

static void replace_by_own(struct call *call, struct deployment *deployment, const struct group *group) {
    char sentence[2 * LIMIT_NAME_BYTES + 128];
    snprintf(sentence, sizeof(sentence),
             "'%s' shares the worker of group '%s' with others: it starts again in one of its own",
             deployment->record->id, group->name);
    note_restart(call, deployment);
    announce(call, "replace", sentence);
    begin_again(call);
}

static void restart_alone(struct call *call, struct deployment *deployment) {
    char sentence[LIMIT_NAME_BYTES + 128];
    snprintf(sentence, sizeof(sentence), "'%s' gets that when it starts: it starts again",
             deployment->record->id);
    note_restart(call, deployment);
    announce(call, "restart", sentence);
    begin_again(call);
}

static bool is_starting(const struct deployment *deployment) {
    return supervise_wanted(deployment) && !deployment->error &&
           (deployment->state == DEPLOYMENT_STARTING || deployment->state == DEPLOYMENT_DEGRADED ||
            deployment->state == DEPLOYMENT_RUNNING);
}

/* Nothing of it is in a worker: it will start with what is recorded. */
static void before_its_start(struct call *call, struct deployment *deployment) {
    ERROR_AUTO *error = NULL;
    struct log_about about = {.unit = LOG_DAEMON, .deployment = deployment->record->id};
    call->in_force = is_starting(deployment) ? GRANTS_AS_IT_STARTS : GRANTS_AT_NEXT_START;
    launch_close_sockets(deployment);            /* opened for what was granted before */
    if (grants_settle(deployment, &error) < 0) { /* its start says so, too */
        about.error = error;
        log_event(LOG_INFO, &about, "it could not be given a group of its own", "%s", "");
    }
}

void grants_bring_into_force(struct call *call, struct deployment *deployment, const struct grant_set *before,
                             const struct grant_set *after, bool own) {
    struct group *group = grants_live_group(deployment);
    bool stopping = deployment->state == DEPLOYMENT_STOPPING;
    if (!group) {
        before_its_start(call, deployment);
        return;
    }
    if (stopping && !deployment->restarting) {
        call->in_force = GRANTS_AT_NEXT_START;
        return;
    }
    /* What was taken away is gone from the next check on, whatever else happens. */
    grants_send(deployment, after);
    if (!stopping && !grants_widen(before, after)) {
        call->in_force = "now"; /* nothing stops for less, even where the policy gives more by now */
        return;
    }
    bool fits = launch_fits(group, deployment->record, NULL) == 0;
    call->in_force = own || !fits ? "replaced" : "restarted";
    if (stopping) { /* it starts again anyway, with what is recorded by then */
        note_restart(call, deployment);
        if (!own && !fits)
            replace_worker(call, group);
    } else if (own)
        replace_by_own(call, deployment, group);
    else if (!fits)
        replace_worker(call, group);
    else if (allows_more(before, after, deployment))
        restart_alone(call, deployment);
    else
        call->in_force = "now";
}

/* --- the answer --- */

/* Who started again as announced, and who did not. */
static void sort_restarted(const struct call *call, json_t *again, json_t *not_again) {
    const char *id;
    json_t *starts;
    json_object_foreach(call->restarted, id, starts) {
        const struct deployment *deployment = model_deployment(call->daemon, id);
        bool started = deployment && deployment->starts > (uint64_t)json_integer_value(starts);
        json_array_append_new(started ? again : not_again, json_string(id));
    }
}

/* Since when is it in force, by what is and not by what was planned? */
static const char *in_force_now(const struct call *call, const struct deployment *deployment) {
    const json_t *starts = json_object_get(call->restarted, deployment->record->id);
    if (!starts || deployment->starts > (uint64_t)json_integer_value(starts))
        return call->in_force;
    /* Somebody stopped it, the daemon ends, or it waits to be started again. */
    return is_starting(deployment) ? GRANTS_AS_IT_STARTS : GRANTS_AT_NEXT_START;
}

/* Did what was to start again for this fail to?  An older failure is not this command's. */
static bool has_failed(const struct call *call, const struct deployment *deployment) {
    const json_t *starts = json_object_get(call->restarted, deployment->record->id);
    return starts && deployment->error && deployment->state == DEPLOYMENT_FAILED &&
           deployment->starts == (uint64_t)json_integer_value(starts);
}

static void reply(struct call *call, const struct deployment *deployment, json_t *data, size_t count) {
    const char *id = deployment->record->id, *word = count == 1 ? "grant" : "grants";
    const char *done = call->request.command->id == ALME_GRANT ? "recorded" : "revoked";
    const char *in_force = in_force_now(call, deployment);
    bool waits = deployment->state == DEPLOYMENT_FAILED && deployment->record->wanted == WANTED_RUNNING;
    if (count == 0 && call->request.command->id == ALME_GRANT)
        call_reply(
            call, data,
            "the package of %s asks for nothing that could be granted without more: nothing is changed", id);
    else if (count == 0)
        call_reply(call, data, "%s holds nothing of it: nothing is changed", id);
    else if (waits && strcmp(in_force, GRANTS_AT_NEXT_START) == 0)
        call_reply(call, data, "%zu %s of %s %s, in force: %s; it has failed: `arcella start %s` starts it",
                   count, word, id, done, in_force, id);
    else
        call_reply(call, data, "%zu %s of %s %s, in force: %s", count, word, id, done, in_force);
}

void grants_answer(struct call *call, const struct deployment *deployment) {
    const char *id = deployment->record->id;
    JSON_AUTO *data = json_object();
    JSON_AUTO *again = json_array();
    JSON_AUTO *not_again = json_array();
    bool ok = data && again && not_again;
    size_t count = json_array_size(call->changed);
    if (ok)
        sort_restarted(call, again, not_again);
    json_put_text(data, "deployment", id, &ok);
    json_put_text(data, "state", deployment_state_name(deployment->state), &ok);
    json_put(data, "changed", TAKE(call->changed), &ok);
    json_put_text(data, "in_force", in_force_now(call, deployment), &ok);
    json_put(data, "restarted", TAKE(again), &ok);
    if (json_array_size(not_again))
        json_put(data, "not_restarted", TAKE(not_again), &ok);
    if (json_array_size(call->shortened))
        json_put(data, "shortened", TAKE(call->shortened), &ok);
    json_put(data, "instances", show_instances(call->daemon, deployment), &ok);
    if (!ok)
        call_fail(call, NULL, NULL);
    else if (deployment->removing || deployment->state == DEPLOYMENT_GONE) {
        arcella_error *error = NULL;
        error_set(&error, ARCELLA_E_STATE, "'%s' is undeployed, and its grants with it", id);
        call_fail(call, error, TAKE(data));
    } else if (has_failed(call, deployment)) {
        arcella_error *error = error_copy(deployment->error);
        error_wrap(&error, arcella_error_code(error), "'%s' could not be started again", id);
        call_fail(call, error, TAKE(data));
    } else
        reply(call, deployment, TAKE(data), count);
}
