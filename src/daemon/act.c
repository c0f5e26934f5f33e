/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A turn of the reconciler: draw the picture, decide, act, until nothing is left to do; then look at each
 * deployment as a whole and end the calls that waited for it.  The loop's thread.
 */
#include "base/clock.h"
#include "base/fd.h"
#include "daemon/call.h"
#include "daemon/code.h"
#include "daemon/events.h"
#include "daemon/hooks.h"
#include "daemon/launch.h"
#include "daemon/parts.h"
#include "daemon/supervise.h"

/* --- code --- */

static void on_code(void *user, const arcella_error *error) {
    struct deployment *deployment = user;
    if (deployment->parts && !error && --deployment->parts->waiting > 0)
        return; /* others of its modules are under way */
    if (error)
        code_forget(deployment->daemon, deployment);
    deployment->code = CODE_MISSING; /* looked up by the next turn */
    if (error) {
        deployment->code = CODE_REFUSED;
        supervise_refuse(deployment, error);
    }
    daemon_turn(deployment->daemon);
}

static int open_binary(struct daemon *daemon, const struct component_record *component, int *ret_fd,
                       arcella_error **reterr) {
    int r = catalog_open_binary(daemon->catalog, component, ret_fd, reterr);
    if (r == ARCELLA_E_CORRUPT)
        events_tell(daemon, &(struct event){.kind = "component",
                                            .id = component->id.text,
                                            .from = "installed",
                                            .to = "quarantined",
                                            .reason = "its bytes do not fit its digest"});
    return r;
}

/* The code of all modules of a component: found, or some of it made, and looked for again then. */
static int make_parts(struct deployment *deployment, const struct component_record *component, bool fuel,
                      arcella_error **reterr) {
    struct daemon *daemon = deployment->daemon;
    if (!deployment->parts && !(deployment->parts = mem_new(struct parts)))
        return error_nomem(reterr);
    struct parts *parts = deployment->parts;
    size_t before = parts->count ? parts->missing : SIZE_MAX;
    int r = component->description ? parts_init(parts, component->description, reterr)
                                   : error_set(reterr, ARCELLA_E_STATE, "nothing is recorded of it");
    if (r == 0)
        r = parts_find(daemon, parts, fuel, reterr);
    if (r < 0)
        return error_wrap(reterr, r, "'%s'", component->id.text);
    deployment->digest = component->digest;
    if (parts->missing == 0) {
        deployment->code_fuel = fuel;
        deployment->code = CODE_READY;
        daemon_turn(daemon);
        return 0;
    }
    if (parts->missing >= before && deployment->code_tries++ > 2)
        return error_set(reterr, ARCELLA_E_CORRUPT, "compiled code of '%s' does not stay in the cache",
                         component->id.text);
    FD_AUTO fd = -1;
    r = open_binary(daemon, component, &fd, reterr);
    if (r == 0)
        r = parts_make(daemon, parts, fuel, fd, component->id.text, on_code, deployment, reterr);
    if (r == 0)
        deployment->code = CODE_MAKING;
    return r;
}

static int make_code(struct deployment *deployment, arcella_error **reterr) {
    struct daemon *daemon = deployment->daemon;
    CLEANUP(component_record_free_ptr) struct component_record *component = NULL;
    int r =
        state_component_get(daemon->catalog->state, deployment->record->component.text, &component, reterr);
    if (r < 0)
        return r;
    if (component->quarantine)
        return error_set(reterr, ARCELLA_E_CORRUPT, "'%s' is in quarantine: %s", component->id.text,
                         component->quarantine);
    deployment->is_component = component->kind == KIND_COMPONENT;
    bool fuel = launch_fuel(daemon, policy_text(&deployment->record->policy, POLICY_GROUP_KEY));
    if (component->kind == KIND_COMPONENT)
        return make_parts(deployment, component, fuel, reterr);
    struct code_file file = {0};
    ERROR_AUTO *miss = NULL;
    r = code_find(daemon, &component->digest, fuel, &file, &miss);
    if (r == 0) {
        mem_free(deployment->code_path);
        deployment->code_path = file.path;
        text_copy(deployment->code_name, sizeof(deployment->code_name), file.name);
        deployment->digest = component->digest;
        deployment->code_fuel = fuel;
        deployment->code = CODE_READY;
        daemon_turn(daemon);
        return 0;
    }
    if (r != ARCELLA_E_NOT_FOUND)
        return error_move(reterr, TAKE(miss));
    FD_AUTO fd = -1;
    r = open_binary(daemon, component, &fd, reterr);
    if (r < 0)
        return r;
    if (deployment->code_tries++ > 2)
        return error_set(reterr, ARCELLA_E_CORRUPT, "compiled code of '%s' does not stay in the cache",
                         component->id.text);
    struct code_request request = {
        .module = component->digest, .fuel = fuel, .wasm_fd = fd, .name = component->id.text};
    r = code_make(daemon, &request, on_code, deployment, reterr);
    if (r == 0)
        deployment->code = CODE_MAKING;
    return r;
}

/* --- actions --- */

static void start_instance(struct instance *instance, struct group *group, enum instance_event event) {
    struct deployment *deployment = instance->deployment;
    if (!instance_enter(instance, group))
        return daemon_turn_later(deployment->daemon); /* no memory now */
    instance_step(instance, event, NULL);
    ERROR_AUTO *error = NULL;
    int r = launch_instance(instance, &error);
    if (r == 0)
        return;
    bool swept = deployment->parts || access(deployment->code_path, F_OK) < 0;
    if (r == ARCELLA_E_NOT_FOUND && swept && deployment->code_tries < 3) {
        /* The cache was swept behind our back: look it up anew, at no charge. */
        deployment->code = CODE_MISSING;
        deployment->code_tries += deployment->parts != NULL;
        outcome_from_error(&deployment->outcome, "failed", error);
        supervise_ended(instance, false, false);
        return;
    }
    bool again = r == ARCELLA_E_NOMEM || r == ARCELLA_E_BUSY || r == ARCELLA_E_CLOSED;
    supervise_start_failed(instance, error, !again, r != ARCELLA_E_CLOSED);
}

static void stop_instance(struct instance *instance) {
    struct deployment *deployment = instance->deployment;
    instance_step(instance, INSTANCE_ON_STOP, NULL);
    instance->stop_sent_ms = clock_monotonic_ms();
    instance->stop_timeout_ms = deployment->stop_timeout_ms;
    struct ipc_stop stop = {.instance = instance->handle, .timeout_ms = deployment->stop_timeout_ms};
    ERROR_AUTO *error = NULL;
    struct worker *worker = instance->group->worker;
    int r = worker_send(worker, IPC_STOP, &stop, NULL, &error);
    if (r == 0)
        r = supervise_arm(instance, deployment->stop_timeout_ms + STOP_GRACE_MS) ? 0 : ARCELLA_E_NOMEM;
    if (r < 0 && r != ARCELLA_E_CLOSED)
        worker_kill(worker); /* it cannot be told, and may not go on */
}

static void on_idle(struct loop_timer *timer, void *user) {
    struct group *group = user;
    (void)timer;
    if (group->worker && group->live == 0)
        worker_drain(group->worker, DEFAULT_STOP_MS);
}

static void set_idle(struct group *group, bool idle) {
    struct daemon *daemon = group->daemon;
    if (!idle) {
        loop_timer_stop(group->idle);
        return;
    }
    if (!group->idle && loop_timer_new(daemon->loop, on_idle, group, &group->idle, NULL) < 0) {
        worker_drain(group->worker, DEFAULT_STOP_MS);
        return;
    }
    loop_timer_start(group->idle, config_number(daemon->config, CONFIG_WORKERS_IDLE), 0);
}

/* The arrays a picture borrows, and what its indices mean. */
struct view {
    struct picture picture;
    struct deployment **deployments;
    struct group **groups;
    struct picture_instance *instances;
    size_t instances_count;
};

static void view_done(struct view *view) {
    mem_free(view->picture.deployments);
    mem_free(view->picture.groups);
    mem_free(view->deployments);
    mem_free(view->groups);
    mem_free(view->instances);
}

static enum picture_worker picture_of(const struct group *group) {
    if (!group->worker)
        return group->given_up  ? WORKER_PICTURE_REFUSED
               : group->waiting ? WORKER_PICTURE_WAITING
                                : WORKER_PICTURE_NONE;
    enum worker_state state = worker_get_state(group->worker);
    return state == WORKER_SPAWNING || state == WORKER_READY ? WORKER_PICTURE_UP : WORKER_PICTURE_LEAVING;
}

static struct picture_instance picture_of_instance(const struct instance *instance) {
    return (struct picture_instance){.state = instance->state,
                                     .waiting = instance->waiting,
                                     .given_up = instance->given_up,
                                     .spent = instance->spent};
}

static void draw_deployment(struct view *view, struct deployment *deployment, size_t group) {
    struct picture *picture = &view->picture;
    struct picture_deployment *drawn = &picture->deployments[picture->deployments_count];
    view->deployments[picture->deployments_count++] = deployment;
    bool wanted = supervise_wanted(deployment);
    struct group *of = view->groups[group];
    if (deployment->code == CODE_READY && of->worker && of->fuel != deployment->code_fuel)
        deployment->code = CODE_MISSING; /* made for the other engine */
    *drawn = (struct picture_deployment){
        .wanted = wanted && deployment->state != DEPLOYMENT_STOPPING,
        .code = deployment->error ? CODE_REFUSED : deployment->code,
        .state = deployment->state,
        .group = group,
        .instances = view->instances + view->instances_count,
        .count = deployment->count,
    };
    bool due = false;
    for (size_t i = 0; i < deployment->count; i++) {
        const struct instance *instance = &deployment->instances[i];
        view->instances[view->instances_count++] = picture_of_instance(instance);
        due |= !instance->group && !instance->given_up;
    }
    /*
     * Another worker would hold no more of a directory that is gone: the start is refused then, by name.  So
     * it is where others run in this one: they are not stopped for a policy that has changed meanwhile.
     */
    if (drawn->wanted && due && !deployment->error && of->worker && of->live == 0 &&
        launch_fits(of, deployment->record, NULL) < 0 &&
        launch_check_dirs(deployment->daemon, deployment->record, NULL) == 0)
        picture->groups[group].fits = false;
}

static bool draw(struct daemon *daemon, struct view *view) {
    size_t deployments = HASH_COUNT(daemon->model.deployments), instances = 0;
    struct deployment *deployment, *next;
    HASH_ITER(hh, daemon->model.deployments, deployment, next) {
        instances += deployment->count;
        if (!launch_group(deployment))
            return false;
    }
    size_t groups = HASH_COUNT(daemon->model.groups);
    view->picture.deployments = mem_array(deployments + 1, sizeof(*view->picture.deployments));
    view->picture.groups = mem_array(groups + 1, sizeof(*view->picture.groups));
    view->deployments = mem_array(deployments + 1, sizeof(*view->deployments));
    view->groups = mem_array(groups + 1, sizeof(*view->groups));
    view->instances = mem_array(instances + 1, sizeof(*view->instances));
    if (!view->picture.deployments || !view->picture.groups || !view->deployments || !view->groups ||
        !view->instances)
        return false;
    struct group *group, *next_group;
    HASH_ITER(hh, daemon->model.groups, group, next_group) {
        size_t g = view->picture.groups_count++;
        view->groups[g] = group;
        view->picture.groups[g] =
            (struct picture_group){.worker = picture_of(group),
                                   .idle = group->idle && loop_timer_active(group->idle),
                                   .fits = !group->outgrown};
    }
    HASH_ITER(hh, daemon->model.deployments, deployment, next) {
        const struct group *of = launch_group(deployment);
        size_t g = 0;
        while (view->groups[g] != of)
            g++;
        draw_deployment(view, deployment, g);
    }
    return true;
}

static void refuse_for_worker(struct deployment *deployment, const struct group *group) {
    ERROR_AUTO *error = group->error ? error_copy(group->error) : NULL;
    if (!error)
        error_set(&error, ARCELLA_E_WORKER, "no worker of group '%s' comes up", group->name);
    supervise_refuse(deployment, error);
}

static void carry_out(struct view *view, const struct action *action) {
    struct group *group = view->groups[action->group];
    bool of_group = action->kind == ACTION_SPAWN || action->kind == ACTION_IDLE ||
                    action->kind == ACTION_BUSY || action->kind == ACTION_REPLACE;
    struct deployment *deployment = of_group ? NULL : view->deployments[action->deployment];
    struct instance *instance = of_group ? NULL : &deployment->instances[action->instance];
    ERROR_AUTO *error = NULL;
    switch (action->kind) {
    case ACTION_MAKE_CODE:
        if (make_code(deployment, &error) < 0) {
            deployment->code = CODE_REFUSED;
            supervise_refuse(deployment, error);
        }
        break;
    case ACTION_SPAWN: hooks_spawn(group); break;
    case ACTION_CREATE: start_instance(instance, group, INSTANCE_ON_CREATE); break;
    case ACTION_RESTART: start_instance(instance, group, INSTANCE_ON_RESTART); break;
    case ACTION_STOP: stop_instance(instance); break;
    case ACTION_FORGET: instance_step(instance, INSTANCE_ON_FORGET, NULL); break;
    case ACTION_REFUSE: refuse_for_worker(deployment, group); break;
    case ACTION_IDLE: set_idle(group, true); break;
    case ACTION_BUSY: set_idle(group, false); break;
    case ACTION_REPLACE: worker_drain(group->worker, DEFAULT_STOP_MS); break;
    case ACTIONS: break;
    }
}

/* --- a turn --- */

/* Draw, decide, act. @return was there anything to do? */
static bool act(struct daemon *daemon) {
    enum { ACTIONS_AT_ONCE = 256 };
    CLEANUP(view_done) struct view view = {0};
    struct action actions[ACTIONS_AT_ONCE];
    if (!supervise_prepare(daemon) || !draw(daemon, &view)) {
        daemon_turn_later(daemon);
        return false;
    }
    size_t count = reconcile(&view.picture, actions, ACTIONS_AT_ONCE);
    for (size_t i = 0; i < count && i < ACTIONS_AT_ONCE; i++) {
        DAEMON_LOG(LOG_TRACE, LOG_DAEMON, action_name(actions[i].kind),
                   "deployment=%zu instance=%zu group=%zu", actions[i].deployment, actions[i].instance,
                   actions[i].group);
        carry_out(&view, &actions[i]);
    }
    return count > 0;
}

/* Undeploy: forget it altogether. */
static void finish_removing(struct deployment *deployment) {
    struct daemon *daemon = deployment->daemon;
    ERROR_AUTO *error = NULL;
    const char *id = deployment->record->id;
    int r = state_deployment_remove(daemon->catalog->state, id, &error);
    if (r < 0 && daemon_mend(daemon, r)) {
        arcella_error_free(TAKE(error));
        r = state_deployment_remove(daemon->catalog->state, id, &error);
    }
    if (r < 0 && r != ARCELLA_E_NOT_FOUND) {
        deployment->removing = false;
        arcella_error_free(deployment->error);
        deployment->error = TAKE(error);
        call_settle(deployment);
        return;
    }
    deployment_step(deployment, DEPLOYMENT_ON_UNDEPLOY, NULL);
    call_settle(deployment);
    model_remove_deployment(daemon, deployment);
    daemon->sweep_groups = true;
}

/* One deployment's state as a whole, and what follows from it. */
static void look_at(struct deployment *deployment) {
    for (int i = 0; i < 4; i++) { /* starting, running, finished in one turn */
        struct picture_instance instances[64];
        MEM_AUTO struct picture_instance *many = NULL;
        struct picture_deployment drawn = {
            .wanted = supervise_wanted(deployment),
            .code = deployment->error ? CODE_REFUSED : deployment->code,
            .state = deployment->state,
            .instances = instances,
            .count = deployment->count,
        };
        if (deployment->count > ARRAY_LENGTH(instances)) {
            many = mem_array(deployment->count, sizeof(*many));
            if (!many)
                return daemon_turn_later(deployment->daemon);
            drawn.instances = many;
        }
        for (size_t n = 0; n < deployment->count; n++)
            drawn.instances[n] = picture_of_instance(&deployment->instances[n]);
        enum deployment_event event;
        if (!reconcile_judge(&drawn, &event))
            break;
        char reason[1200] = "";
        if (event == DEPLOYMENT_ON_ALL_FAILED || event == DEPLOYMENT_ON_ALL_FINISHED)
            outcome_sentence(&deployment->outcome, reason, sizeof(reason));
        if (!deployment_step(deployment, event, *reason ? reason : NULL))
            break;
    }
    if (deployment->state != DEPLOYMENT_STARTING && deployment->state != DEPLOYMENT_RUNNING &&
        deployment->state != DEPLOYMENT_DEGRADED && deployment->state != DEPLOYMENT_STOPPING)
        launch_close_sockets(deployment);
    if (deployment->restarting && deployment->state == DEPLOYMENT_STOPPED) {
        deployment->restarting = false;
        supervise_begin(deployment);
    }
}

void supervise_turn(struct daemon *daemon) {
    struct deployment *deployment, *next;
    enum { ROUNDS_MAX = 16 };
    for (int i = 0; act(daemon) && i < ROUNDS_MAX; i++)
        ;
    HASH_ITER(hh, daemon->model.deployments, deployment, next)
    look_at(deployment);
    /* Only now: some calls wait for all of a group. */
    HASH_ITER(hh, daemon->model.deployments, deployment, next) {
        if (deployment->removing && deployment->state != DEPLOYMENT_STOPPING)
            finish_removing(deployment);
        else
            call_settle(deployment);
    }
    if (daemon->sweep_groups)
        model_sweep_groups(daemon);
    daemon->sweep_groups = false;
    daemon_leave_if_done(daemon);
}
