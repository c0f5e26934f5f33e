/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Decisions; see the header.  No state, no clock, no system. */
#include "daemon/reconcile.h"

#include "base/attr.h"

static const char *const names[ACTIONS] = {
#define XX(name, text) [ACTION_##name] = (text),
    ACTION_MAP(XX)
#undef XX
};

const char *action_name(enum action_kind kind) {
    return (unsigned)kind < ACTIONS ? names[kind] : "unknown";
}

struct list {
    struct action *to;
    size_t max;
    size_t count;
};

static void add(struct list *list, struct action action) {
    if (list->count < list->max)
        list->to[list->count] = action;
    list->count++;
}

/* Does this replica want a start frame now? */
static bool is_due(const struct picture_instance *instance) {
    bool ended = instance->state == INSTANCE_FAILED || instance->state == INSTANCE_FINISHED;
    return !instance->waiting && (instance->state == INSTANCE_NONE || (ended && !instance->given_up));
}

static void stop_replica(struct list *list, const struct picture_deployment *deployment, size_t index,
                         size_t i) {
    switch (deployment->instances[i].state) {
    case INSTANCE_STARTING:
    case INSTANCE_RUNNING: add(list, (struct action){ACTION_STOP, index, i, deployment->group}); break;
    case INSTANCE_FINISHED:
    case INSTANCE_FAILED:
    case INSTANCE_STOPPED: add(list, (struct action){ACTION_FORGET, index, i, deployment->group}); break;
    default: break;
    }
}

/* Bring one replica that is due closer to running: what comes first is what is missing. */
static void start_replica(struct list *list, const struct picture *picture, size_t index, size_t i,
                          bool *asked) {
    const struct picture_deployment *deployment = &picture->deployments[index];
    const struct picture_group *group = &picture->groups[deployment->group];
    size_t g = deployment->group;
    if (deployment->code == CODE_MISSING) {
        if (!*asked)
            add(list, (struct action){ACTION_MAKE_CODE, index, i, g});
        *asked = true;
        return;
    }
    if (deployment->code != CODE_READY || (group->worker == WORKER_PICTURE_UP && !group->fits))
        return;
    switch (group->worker) {
    case WORKER_PICTURE_UP: {
        bool again = deployment->instances[i].state != INSTANCE_NONE;
        add(list, (struct action){again ? ACTION_RESTART : ACTION_CREATE, index, i, g});
        break;
    }
    case WORKER_PICTURE_REFUSED:
        if (!*asked)
            add(list, (struct action){ACTION_REFUSE, index, i, g});
        *asked = true;
        break;
    default: break; /* the group's own step asks for it */
    }
}

/* What a group's deployments make of it. */
struct need {
    bool live;   /* an instance is in its worker */
    bool wanted; /* one is due, and its code is there */
    bool coming; /* one waits for code or back-off: the worker is worth keeping */
};

static struct need need_of(const struct picture *picture, size_t group) {
    struct need need = {0};
    for (size_t d = 0; d < picture->deployments_count; d++) {
        const struct picture_deployment *deployment = &picture->deployments[d];
        if (deployment->group != group)
            continue;
        for (size_t i = 0; i < deployment->count; i++) {
            const struct picture_instance *instance = &deployment->instances[i];
            need.live |= instance->state == INSTANCE_STARTING || instance->state == INSTANCE_RUNNING ||
                         instance->state == INSTANCE_STOPPING;
            if (!deployment->wanted)
                continue;
            bool due = is_due(instance);
            need.wanted |= due && deployment->code == CODE_READY;
            need.coming |= instance->waiting || (due && deployment->code == CODE_MAKING);
        }
    }
    return need;
}

static void judge_group(struct list *list, const struct picture *picture, size_t g) {
    const struct picture_group *group = &picture->groups[g];
    struct need need = need_of(picture, g);
    struct action action = {.group = g};
    if (group->worker == WORKER_PICTURE_NONE) {
        if (need.wanted) {
            action.kind = ACTION_SPAWN;
            add(list, action);
        }
        return;
    }
    if (group->worker != WORKER_PICTURE_UP)
        return;
    if (need.wanted && !group->fits && !need.live) {
        action.kind = ACTION_REPLACE;
        add(list, action);
        return;
    }
    bool busy = need.live || need.wanted || need.coming;
    if (busy == group->idle) {
        action.kind = busy ? ACTION_BUSY : ACTION_IDLE;
        add(list, action);
    }
}

size_t reconcile(const struct picture *picture, struct action *to, size_t max) {
    struct list list = {to, max, 0};
    for (size_t g = 0; g < picture->groups_count; g++)
        judge_group(&list, picture, g);
    for (size_t d = 0; d < picture->deployments_count; d++) {
        const struct picture_deployment *deployment = &picture->deployments[d];
        bool asked = false;
        for (size_t i = 0; i < deployment->count; i++) {
            if (!deployment->wanted && deployment->state == DEPLOYMENT_STOPPING)
                stop_replica(&list, deployment, d, i);
            else if (deployment->wanted && is_due(&deployment->instances[i]))
                start_replica(&list, picture, d, i, &asked);
        }
    }
    return list.count;
}

/* How many replicas are how. */
struct tally {
    size_t running, finished, failed, pending, gone;
};

static struct tally tally_of(const struct picture_deployment *deployment) {
    struct tally t = {0};
    for (size_t i = 0; i < deployment->count; i++) {
        const struct picture_instance *instance = &deployment->instances[i];
        switch (instance->state) {
        case INSTANCE_RUNNING: t.running++; break;
        case INSTANCE_FINISHED:
            *(!instance->given_up ? &t.pending : instance->spent ? &t.failed : &t.finished) += 1;
            break;
        case INSTANCE_FAILED: *(instance->given_up ? &t.failed : &t.pending) += 1; break;
        case INSTANCE_NONE:
            t.gone++;
            *(deployment->code == CODE_REFUSED ? &t.failed : &t.pending) += 1;
            break;
        default: t.pending++; break;
        }
    }
    return t;
}

bool reconcile_judge(const struct picture_deployment *deployment, enum deployment_event *ret) {
    struct tally t = tally_of(deployment);
    size_t ended = t.finished + t.failed;
    switch (deployment->state) {
    case DEPLOYMENT_STARTING:
    case DEPLOYMENT_RUNNING:
    case DEPLOYMENT_DEGRADED:
        if (ended == deployment->count)
            *ret = t.failed ? DEPLOYMENT_ON_ALL_FAILED : DEPLOYMENT_ON_ALL_FINISHED;
        else if (t.pending) {
            if (deployment->state == DEPLOYMENT_STARTING)
                return false;
            *ret = DEPLOYMENT_ON_RETRY;
        } else if (t.failed) {
            if (deployment->state == DEPLOYMENT_DEGRADED)
                return false;
            *ret = DEPLOYMENT_ON_SOME_FAILED;
        } else {
            if (deployment->state != DEPLOYMENT_STARTING)
                return false;
            *ret = DEPLOYMENT_ON_ALL_RUN;
        }
        return true;
    case DEPLOYMENT_STOPPING: *ret = DEPLOYMENT_ON_ALL_GONE; return t.gone == deployment->count;
    default: return false;
    }
}
