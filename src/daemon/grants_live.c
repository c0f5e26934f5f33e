/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Grants of what runs: sent to the workers, which check by them from their next check on. */
#include "daemon/grants.h"
#include "daemon/launch.h"

void grants_send(const struct deployment *deployment, const struct grant_set *set) {
    for (size_t i = 0; i < deployment->count; i++) {
        const struct instance *instance = &deployment->instances[i];
        if (!instance->group || !instance->group->worker)
            continue;
        ERROR_AUTO *error = NULL;
        int r = launch_grants(instance->group->worker, instance->handle, set, &error);
        struct log_about about = {.unit = LOG_WORKERS, .instance = instance->address, .error = error};
        if (r < 0 && r != ARCELLA_E_CLOSED) {
            /* It would go on with what was taken away. */
            log_event(LOG_ERROR, &about, "a worker cannot be told of other grants, so it is killed", "%s",
                      "");
            worker_kill(instance->group->worker);
        }
    }
}

/* Rows of the policy by what they do. */
static size_t count_rows(const struct rules *rules, bool denying) {
    size_t count = 0;
    for (size_t i = 0; i < rules->count; i++)
        for (size_t n = 0; n < rules->items[i].grants.count; n++)
            count += (rules->items[i].grants.rows[n].effect == GRANT_DENY) == denying;
    return count;
}

/* With other rules for all: what they deny is denied everywhere, not only for what starts next. */
static void tell_all(struct daemon *daemon) {
    struct deployment *deployment, *next;
    size_t told = 0;
    HASH_ITER(hh, daemon->model.deployments, deployment, next) {
        CLEANUP(grant_set_done) struct grant_set set = {0};
        ERROR_AUTO *error = NULL;
        if (!grants_live_group(deployment))
            continue;
        int r = grants_effective(daemon, deployment->record, &set, &error);
        struct log_about about = {.unit = LOG_AUDIT, .deployment = deployment->record->id, .error = error};
        if (r < 0) {
            /* A set that is not whole could lack what denies. */
            log_event(LOG_ERROR, &about, "the rules for all cannot be put in force, so nothing is allowed",
                      "%s", "");
            grant_set_done(&set);
        }
        grants_send(deployment, &set);
        told++;
    }
    log_event(LOG_INFO, &(struct log_about){.unit = LOG_AUDIT}, "policy read",
              "file=cfg/" RULES_FILE " rules=%zu allow=%zu deny=%zu deployments=%zu", daemon->rules.count,
              count_rows(&daemon->rules, false), count_rows(&daemon->rules, true), told);
}

int grants_refresh(struct daemon *daemon, arcella_error **reterr) {
    uint64_t before = daemon->rules.revision;
    int r = rules_refresh(&daemon->rules, daemon->home->dirs[HOME_CFG], reterr);
    if (r < 0) {
        error_wrap(reterr, r, "nothing is started or granted under a policy that cannot be read");
        return error_hint(reterr, r, "`arcella doctor` shows all that is wrong with it");
    }
    if (daemon->rules.revision != before)
        tell_all(daemon);
    return 0;
}
