/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Judging ends, starting and stopping: see the header.  Frames of workers come in by hooks.c, actions go out
 * by act.c. */
#include "daemon/supervise.h"

#include "base/clock.h"
#include "daemon/calls.h"
#include "daemon/code.h"
#include "daemon/grants.h"
#include "daemon/hooks.h"
#include "daemon/launch.h"

bool supervise_wanted(const struct deployment *deployment) {
    return deployment->record->wanted == WANTED_RUNNING && !deployment->removing && !deployment->restarting &&
           deployment->daemon->phase < DAEMON_STOPPING;
}

/* --- what holds before anything is started --- */

/* How long what is due waits for a policy that can be read: a person is at it, so not long. */
enum { POLICY_WAIT_MIN_MS = 250, POLICY_WAIT_MAX_MS = 5000 };

/* Is a replica of it to be started now? */
static bool is_due(const struct deployment *deployment) {
    if (!supervise_wanted(deployment) || deployment->state == DEPLOYMENT_STOPPING || deployment->error)
        return false;
    for (size_t i = 0; i < deployment->count; i++) {
        const struct instance *instance = &deployment->instances[i];
        if (!instance->group && !instance->given_up && !instance->waiting)
            return true;
    }
    return false;
}

/* Nothing starts under half a policy, and nothing is given up for a mistake in it: it is looked at again. */
static void wait_for_policy(struct deployment *deployment, const arcella_error *error) {
    outcome_from_error(&deployment->outcome, arcella_error_name(arcella_error_code(error)), error);
    for (size_t i = 0; i < deployment->count; i++) {
        struct instance *instance = &deployment->instances[i];
        if (!instance->group && !instance->given_up && !instance->waiting)
            instance->waiting = supervise_arm(instance, deployment->daemon->policy_wait_ms);
    }
}

/* Once for each time that it was damaged, not once for each try. */
static void policy_is_damaged(struct daemon *daemon, const arcella_error *error) {
    bool first = daemon->policy_wait_ms == 0;
    daemon->policy_wait_ms = first ? POLICY_WAIT_MIN_MS : 2 * daemon->policy_wait_ms;
    if (daemon->policy_wait_ms > POLICY_WAIT_MAX_MS)
        daemon->policy_wait_ms = POLICY_WAIT_MAX_MS;
    struct log_about about = {.unit = LOG_DAEMON, .error = error};
    if (first)
        log_event(LOG_WARN, &about, "what is to be started waits until the policy is mended", "%s", "");
}

bool supervise_prepare(struct daemon *daemon) {
    struct deployment *deployment, *next;
    bool any = false;
    HASH_ITER(hh, daemon->model.deployments, deployment, next)
    any = any || is_due(deployment);
    if (!any)
        return true;
    ERROR_AUTO *damaged = NULL;
    int r = grants_refresh(daemon, &damaged);
    if (r == ARCELLA_E_NOMEM)
        return false;
    if (r < 0)
        policy_is_damaged(daemon, damaged);
    else
        daemon->policy_wait_ms = 0;
    HASH_ITER(hh, daemon->model.deployments, deployment, next) {
        ERROR_AUTO *error = NULL;
        if (!is_due(deployment))
            continue;
        int settled = r < 0 ? 0 : grants_settle(deployment, &error);
        if (settled == ARCELLA_E_NOMEM)
            return false;
        if (settled < 0)
            supervise_refuse(deployment, error);
        if (r < 0)
            wait_for_policy(deployment, damaged);
        if (r < 0 && is_due(deployment))
            return false; /* no timer could be had for the wait */
    }
    return true;
}

/* --- ends --- */

static struct backoff_policy backoff_of(const struct policy *policy) {
    uint64_t intensity = policy_number(policy, POLICY_RESTART_INTENSITY_KEY);
    struct backoff_policy b = {
        .min_ms = policy_number(policy, POLICY_BACKOFF_MIN_KEY),
        .max_ms = policy_number(policy, POLICY_BACKOFF_MAX_KEY),
        .window_ms = policy_number(policy, POLICY_RESTART_WINDOW_KEY),
        .intensity = intensity < BACKOFF_INTENSITY_MAX ? (unsigned)intensity : BACKOFF_INTENSITY_MAX,
    };
    if (b.max_ms < b.min_ms)
        b.max_ms = b.min_ms;
    return b;
}

/* Are all replicas at their end for good? */
static bool all_over(const struct deployment *deployment) {
    for (size_t i = 0; i < deployment->count; i++) {
        const struct instance *instance = &deployment->instances[i];
        if (!(instance->given_up &&
              (instance->state == INSTANCE_FINISHED || instance->state == INSTANCE_FAILED)))
            return false;
    }
    return true;
}

/* Keep the outcome and what is wanted from now on, in one transaction. */
static void record_end(struct deployment *deployment, enum wanted_state wanted) {
    struct daemon *daemon = deployment->daemon;
    struct deployment_record *record = deployment->record;
    struct deployment_outcome *kept = &record->outcome;
    kept->known = true;
    text_copy(kept->end, sizeof(kept->end), deployment->outcome.end);
    text_copy(kept->message, sizeof(kept->message), deployment->outcome.message);
    kept->exit_code = (int32_t)deployment->outcome.exit_code;
    kept->wall_ms = deployment->outcome.wall_ms;
    record->wanted = wanted;
    ERROR_AUTO *error = NULL;
    int r =
        state_deployment_ended(daemon->catalog->state, record->id, kept, wanted, record->restarts, &error);
    if (r < 0 && daemon_mend(daemon, r)) {
        arcella_error_free(TAKE(error));
        r = state_deployment_ended(daemon->catalog->state, record->id, kept, wanted, record->restarts,
                                   &error);
    }
    struct log_about about = {.unit = LOG_CATALOG, .deployment = record->id, .error = error};
    if (r < 0) {
        problem_add(&daemon->problems, r, "state/arcella.db", "the end of '%s' could not be recorded: %s",
                    record->id, arcella_error_message(error));
        log_event(LOG_ERROR, &about, "the end of a run could not be recorded", "wanted=%s",
                  wanted_state_name(wanted));
    }
}

static void on_backoff(struct loop_timer *timer, void *user) {
    struct instance *instance = user;
    (void)timer;
    if (instance->state == INSTANCE_STOPPING) {
        struct log_about about = {.unit = LOG_WORKERS,
                                  .instance = instance->address,
                                  .deployment = instance->deployment->record->id};
        log_event(LOG_WARN, &about, "the worker does not end an instance, so it is killed", "%s", "");
        if (instance->group && instance->group->worker)
            worker_kill(instance->group->worker);
        return;
    }
    instance->waiting = false;
    daemon_turn(instance->deployment->daemon);
}

bool supervise_arm(struct instance *instance, uint64_t delay_ms) {
    struct daemon *daemon = instance->deployment->daemon;
    if (!instance->timer && loop_timer_new(daemon->loop, on_backoff, instance, &instance->timer, NULL) < 0)
        return false;
    loop_timer_start(instance->timer, delay_ms, 0);
    return true;
}

/* Start it again after a while, or give it up. counted: it was its own fault. */
static void plan_restart(struct instance *instance, bool counted) {
    struct deployment *deployment = instance->deployment;
    const struct policy *policy = &deployment->record->policy;
    uint64_t delay_ms = 0;
    if (counted) {
        struct backoff_policy b = backoff_of(policy);
        if (!backoff_failed(&instance->backoff, &b, clock_monotonic_ms(), &delay_ms)) {
            struct log_about about = {
                .unit = LOG_DAEMON, .instance = instance->address, .deployment = deployment->record->id};
            log_event(LOG_WARN, &about, "given up: it ended too often", "intensity=%u window_ms=%llu",
                      b.intensity, (unsigned long long)b.window_ms);
            instance->given_up = instance->spent = true;
            return;
        }
    }
    instance->restarts++;
    deployment->record->restarts++;
    if (delay_ms > 0)
        instance->waiting = supervise_arm(instance, delay_ms);
}

static void judge(struct instance *instance, bool counted, bool for_good) {
    struct deployment *deployment = instance->deployment;
    enum policy_restart kind =
        (enum policy_restart)policy_number(&deployment->record->policy, POLICY_RESTART_KEY);
    bool well = instance->state == INSTANCE_FINISHED;
    if (for_good || kind == RESTART_TEMPORARY || (well && kind == RESTART_TRANSIENT))
        instance->given_up = true;
    else
        plan_restart(instance, counted);
    /* What failed for good although it was to be kept up is tried again by the next daemon; the rest is over.
     */
    bool over = all_over(deployment) && (kind == RESTART_TEMPORARY || (well && kind == RESTART_TRANSIENT));
    record_end(deployment, over ? WANTED_FINISHED : deployment->record->wanted);
}

void supervise_ended(struct instance *instance, bool counted, bool for_good) {
    struct deployment *deployment = instance->deployment;
    char reason[1200];
    outcome_sentence(&deployment->outcome, reason, sizeof(reason));
    bool stopping = instance->state == INSTANCE_STOPPING;
    if (stopping && strcmp(deployment->outcome.end, "stopped") == 0 &&
        clock_monotonic_ms() - instance->stop_sent_ms >= instance->stop_timeout_ms) {
        struct log_about about = {
            .unit = LOG_DAEMON, .instance = instance->address, .deployment = deployment->record->id};
        log_event(LOG_INFO, &about, "stopped by force: it did not end in time", "timeout_ms=%llu",
                  (unsigned long long)instance->stop_timeout_ms);
        deployment->forced++;
    }
    calls_lost(deployment->daemon, instance->handle);
    instance_leave(instance);
    if (stopping) {
        instance_step(instance, INSTANCE_ON_STOPPED, reason);
        /* What it did last is kept for people; what is wanted was recorded when the stop was asked for. */
        record_end(deployment, deployment->record->wanted);
    } else {
        instance_step(instance, outcome_is_good(&deployment->outcome) ? INSTANCE_ON_FINISH : INSTANCE_ON_FAIL,
                      reason);
        judge(instance, counted, for_good);
    }
    daemon_turn(deployment->daemon);
}

void supervise_start_failed(struct instance *instance, const arcella_error *error, bool for_good,
                            bool counted) {
    struct deployment *deployment = instance->deployment;
    outcome_from_error(&deployment->outcome, arcella_error_name(arcella_error_code(error)), error);
    if (for_good && instance->state != INSTANCE_STOPPING) {
        arcella_error_free(deployment->error);
        deployment->error = error_copy(error);
    }
    supervise_ended(instance, counted, for_good);
}

void supervise_refuse(struct deployment *deployment, const arcella_error *error) {
    arcella_error_free(deployment->error);
    deployment->error = error_copy(error);
    outcome_from_error(&deployment->outcome, arcella_error_name(arcella_error_code(error)), error);
    for (size_t i = 0; i < deployment->count; i++) {
        struct instance *instance = &deployment->instances[i];
        if (instance->state == INSTANCE_FAILED || instance->state == INSTANCE_FINISHED) {
            instance->given_up = true;
            instance->waiting = false;
        }
    }
    struct log_about about = {.unit = LOG_DAEMON,
                              .deployment = deployment->record->id,
                              .component = deployment->record->component.text,
                              .error = error};
    log_event(LOG_WARN, &about, "cannot be started", "%s", "");
    record_end(deployment, deployment->record->wanted);
    daemon_turn(deployment->daemon);
}
static void forget_runs(struct deployment *deployment) {
    for (size_t i = 0; i < deployment->count; i++) {
        struct instance *instance = &deployment->instances[i];
        if (instance->timer && instance->state != INSTANCE_STOPPING)
            loop_timer_stop(instance->timer);
        instance->waiting = instance->given_up = instance->spent = false;
        instance->restarts = 0;
        backoff_reset(&instance->backoff);
        if (instance->state == INSTANCE_FINISHED || instance->state == INSTANCE_FAILED ||
            instance->state == INSTANCE_STOPPED)
            instance_step(instance, INSTANCE_ON_FORGET, NULL);
    }
    arcella_error_free(TAKE(deployment->error));
    if (deployment->code == CODE_REFUSED)
        deployment->code = CODE_MISSING;
    deployment->code_tries = 0;
    struct group *group = launch_group(deployment);
    if (group && group->given_up) {
        group->given_up = false;
        backoff_reset(&group->backoff);
    }
}

void supervise_begin(struct deployment *deployment) {
    forget_runs(deployment);
    deployment->record->restarts = 0;
    deployment_step(deployment, DEPLOYMENT_ON_START, NULL);
    daemon_turn(deployment->daemon);
}

void supervise_stop(struct deployment *deployment, uint64_t timeout_ms) {
    if (deployment->state == DEPLOYMENT_STOPPING) {
        /* Sooner, never later: a second stop frame says so to the worker. */
        if (timeout_ms < deployment->stop_timeout_ms) {
            deployment->stop_timeout_ms = timeout_ms;
            for (size_t i = 0; i < deployment->count; i++) {
                struct instance *instance = &deployment->instances[i];
                if (instance->state != INSTANCE_STOPPING)
                    continue;
                struct ipc_stop stop = {.instance = instance->handle, .timeout_ms = timeout_ms};
                if (worker_send(instance->group->worker, IPC_STOP, &stop, NULL, NULL) == 0)
                    supervise_arm(instance, timeout_ms + STOP_GRACE_MS);
            }
        }
        return;
    }
    deployment->stop_timeout_ms = timeout_ms;
    deployment->forced = 0;
    code_forget(deployment->daemon, deployment);
    if (deployment->code == CODE_MAKING)
        deployment->code = CODE_MISSING;
    deployment_step(deployment, DEPLOYMENT_ON_STOP, NULL);
    daemon_turn(deployment->daemon);
}
