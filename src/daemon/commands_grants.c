/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * grant, revoke, explain.
 *
 * The new set is recorded first.  What instances that run may do by it at once is sent to their worker, which
 * checks against it from its next check on.  What cannot be had that way, since it is given at a start
 * (directories, variables, arguments, sockets of core modules) or since the worker itself may not do it,
 * makes instances stop and start again: those of the deployment where its worker can do it, all of the group
 * in a new worker where it cannot, and the deployment alone where it gets a group of its own.  None of that
 * counts as a failure.
 */
#include "base/clock.h"
#include "base/json.h"
#include "daemon/commands.h"
#include "daemon/figures.h"
#include "daemon/grants.h"
#include "daemon/launch.h"
#include "daemon/supervise.h"

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
    if (target.deployment->removing)
        return error_set(reterr, ARCELLA_E_BUSY, "'%s' is being undeployed", target.deployment->record->id);
    *ret = target.deployment;
    return 0;
}

/* The client's number of its request, as a field; "" where it has none. */
static void request_id(const struct call *call, char *to, size_t size) {
    BUFFER_AUTO id = BUFFER_INIT(256), quoted = BUFFER_INIT(512);
    to[0] = '\0';
    if (call->request.id && json_add(&id, call->request.id, NULL) == 0 &&
        text_add_logfmt(&quoted, id.data, id.length, 200, NULL) == 0)
        snprintf(to, size, " request=%s", quoted.data);
}

/* A line of the audit for each row that came or went. */
static void audit(const struct call *call, const struct deployment *deployment, const struct grant_set *rows,
                  const char *what) {
    struct log_about about = {.unit = LOG_AUDIT, .deployment = deployment->record->id};
    char id[520];
    request_id(call, id, sizeof(id));
    for (size_t i = 0; i < rows->count; i++) {
        const struct grant *row = &rows->rows[i];
        char flag[2048];
        BUFFER_AUTO quoted = BUFFER_INIT(4096);
        grant_flag(row, flag, sizeof(flag));
        if (text_add_logfmt(&quoted, flag, strlen(flag), 2048, NULL) < 0)
            buffer_clear(&quoted);
        log_event(LOG_INFO, &about, what, "command=%s grant=%s effect=%s source=%s expires_ms=%llu%s",
                  call->request.command->name, quoted.data ? quoted.data : "\"\"",
                  grant_effect_name(row->effect), grant_source_name(row->source),
                  (unsigned long long)row->expires_ms, id);
    }
}

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

/* Does the new set allow something that is only given at a start? */
static bool needs_start(const struct deployment *deployment, const struct grant_set *before,
                        const struct grant_set *after) {
    for (size_t i = 0; i < after->count; i++) {
        const struct grant *row = &after->rows[i];
        if (row->effect != GRANT_DENY && is_given_at_start(deployment, row) && !is_in(before, row))
            return true;
    }
    for (size_t i = 0; i < before->count; i++) {
        const struct grant *row = &before->rows[i];
        if (row->effect == GRANT_DENY && is_given_at_start(deployment, row) && !is_in(after, row))
            return true;
    }
    return false;
}

static bool is_live(const struct deployment *deployment) {
    for (size_t i = 0; i < deployment->count; i++)
        if (deployment->instances[i].group)
            return true;
    return false;
}

/* The worker of its group; NULL: no instance of it is in one. */
static struct group *live_group(const struct deployment *deployment) {
    for (size_t i = 0; i < deployment->count; i++)
        if (deployment->instances[i].group)
            return deployment->instances[i].group;
    return NULL;
}

static void begin_again(struct call *call, struct deployment *deployment) {
    uint64_t timeout_ms = alme_number(&call->request, "timeout",
                                      policy_number(&deployment->record->policy, POLICY_STOP_TIMEOUT_KEY));
    deployment->restarting = true;
    supervise_stop(deployment, timeout_ms);
    if (call->restarted)
        json_array_append_new(call->restarted, json_string(deployment->record->id));
}

/* All that runs in the group's worker, which is replaced when it is empty. */
static void replace_worker(struct call *call, struct group *group) {
    struct deployment *deployment, *next;
    group->outgrown = true;
    call_progress(call, "replace",
                  "the worker of group '%s' may not do that: what runs in it starts again in a new one",
                  group->name);
    HASH_ITER(hh, call->daemon->model.deployments, deployment, next)
    if (live_group(deployment) == group && deployment->state != DEPLOYMENT_STOPPING)
        begin_again(call, deployment);
}

/*
 * Bring a change of grants into force.
 *
 * @param before  what was in force
 * @param own     it gets a group of its own
 */
static void bring_into_force(struct call *call, struct deployment *deployment, const struct grant_set *before,
                             const struct grant_set *after, bool own) {
    struct group *group = live_group(deployment);
    bool stopping = deployment->state == DEPLOYMENT_STOPPING;
    if (!is_live(deployment) || (stopping && !deployment->restarting)) {
        call->in_force = "at its next start";
        if (own && !is_live(deployment))
            grants_move(deployment);
        else
            deployment->moving = own;
        return;
    }
    /* What was taken away is gone from the next check on, whatever else happens. */
    grants_send(deployment, after);
    if (stopping) { /* it starts again anyway, with what is recorded by then */
        call->in_force = "restarted";
        deployment->moving |= own;
        json_array_append_new(call->restarted, json_string(deployment->record->id));
        if (!own && launch_fits(group, deployment->record, NULL) < 0)
            replace_worker(call, group);
    } else if (own) {
        call->in_force = "replaced";
        deployment->moving = true;
        call_progress(call, "replace",
                      "'%s' shares the worker of group '%s' with others: it starts again in one of its own",
                      deployment->record->id, group->name);
        begin_again(call, deployment);
    } else if (launch_fits(group, deployment->record, NULL) < 0) {
        call->in_force = "replaced";
        replace_worker(call, group);
    } else if (needs_start(deployment, before, after)) {
        call->in_force = "restarted";
        call_progress(call, "restart", "'%s' gets that when it starts: it starts again",
                      deployment->record->id);
        begin_again(call, deployment);
    } else
        call->in_force = "now";
}

/* --- changing --- */

/* What has to hold for a new set before it is recorded. */
static int check(const struct deployment *deployment, const struct grant_set *rows, arcella_error **reterr) {
    struct deployment_record probe = *deployment->record;
    probe.grants = *rows;
    return launch_check_dirs(deployment->daemon, &probe, reterr);
}

static bool has_effect(const struct grant_set *set, enum grant_effect effect) {
    for (size_t i = 0; i < set->count; i++)
        if (set->rows[i].effect == effect)
            return true;
    return false;
}

/* Put one row in: a directory that is there with less is widened, never another one replaced. */
static int put(struct grant_set *set, const struct grant *row, arcella_error **reterr) {
    struct grant wider = *row;
    for (size_t i = 0; row->class == GRANT_FS && row->effect == GRANT_ALLOW && i < set->count; i++) {
        struct grant *there = &set->rows[i];
        if (there->class != GRANT_FS || there->effect != GRANT_ALLOW || !text_equal(there->key, row->key) ||
            !text_equal(there->value, row->value))
            continue;
        wider.actions |= there->actions;
        grant_remove(set, i);
        break;
    }
    struct grant_set one = {.rows = &wider, .count = 1};
    return grant_add_set(set, &one, reterr);
}

/*
 * Record a new set in place of the old one, and bring it into force.
 *
 * @param after  own rows; taken
 */
static int change(struct call *call, struct deployment *deployment, struct grant_set *after,
                  arcella_error **reterr) {
    struct daemon *daemon = call->daemon;
    CLEANUP(grant_set_done) struct grant_set before_all = {0};
    CLEANUP(grant_set_done) struct grant_set after_all = {0};
    bool own = false;
    int r = grants_effective(daemon, deployment->record, &before_all, reterr);
    /* To take something away works whatever has become of the rest. */
    if (r == 0 && call->request.command->id == ALME_GRANT)
        r = check(deployment, after, reterr);
    if (r == 0)
        r = grants_need_own_group(deployment, after, &own, reterr);
    if (r < 0)
        return r;
    struct grant_set old = deployment->record->grants;
    deployment->record->grants = *after;
    r = grants_effective(daemon, deployment->record, &after_all, reterr);
    if (r == 0)
        r = grants_record(deployment, reterr);
    if (r < 0) {
        deployment->record->grants = old;
        return r;
    }
    *after = (struct grant_set){0};
    grant_set_done(&old);
    bring_into_force(call, deployment, &before_all, &after_all, own);
    return 0;
}

static json_t *shown(const struct grant_set *rows) {
    JSON_AUTO *list = json_array();
    for (size_t i = 0; list && i < rows->count; i++)
        if (json_array_append_new(list, grant_shown(&rows->rows[i])) < 0)
            return NULL;
    return TAKE(list);
}

/* Remember what to answer, and wait until all that starts again has. */
static void wait_or_answer(struct call *call, struct deployment *deployment, const struct grant_set *rows) {
    call->changed = shown(rows);
    call_wait_for(call, deployment, CALL_WAITS_FOR_GRANTS);
}

static int read_added(struct call *call, const struct deployment *deployment, struct grant_set *added,
                      arcella_error **reterr) {
    uint64_t for_ms = alme_number(&call->request, "for", 0);
    uint64_t expires_ms = for_ms ? clock_wall_ns() / 1000000 + for_ms : 0;
    int r = grants_from_request(call, GRANT_BY_ADMIN, expires_ms, added, reterr);
    CLEANUP(component_record_free_ptr) struct component_record *component = NULL;
    if (r == 0 && alme_bool(&call->request, "allow-requested"))
        r = state_component_get(call->daemon->catalog->state, deployment->record->component.text, &component,
                                reterr);
    if (r == 0 && component && component->description)
        r = grants_add_requested(component->description, added, expires_ms, reterr);
    if (r == 0 && added->count == 0 && !component) {
        error_set(reterr, ARCELLA_E_INVALID, "nothing is said to be granted");
        r = error_hint(reterr, ARCELLA_E_INVALID, "`arcella help grant` shows the options; for example: %s",
                       call->request.command->example);
    }
    return r;
}

void command_grant(struct call *call) {
    struct deployment *deployment = NULL;
    CLEANUP(grant_set_done) struct grant_set added = {0};
    CLEANUP(grant_set_done) struct grant_set after = {0};
    arcella_error *error = NULL;
    int r = find_deployment(call, &deployment, &error);
    if (r == 0)
        r = grants_refresh(call->daemon, &error);
    if (r == 0)
        r = read_added(call, deployment, &added, &error);
    if (r == 0)
        r = grant_set_copy(&after, &deployment->record->grants, &error);
    grant_drop_expired(&after);
    for (size_t i = 0; r == 0 && i < added.count; i++)
        r = put(&after, &added.rows[i], &error);
    call->restarted = json_array();
    if (r == 0)
        r = change(call, deployment, &after, &error);
    if (r < 0) {
        call_fail(call, error, NULL);
        return;
    }
    audit(call, deployment, &added,
          has_effect(&added, GRANT_DENY) && !grant_set_beyond_default(&added) ? "denied by command"
                                                                              : "granted");
    wait_or_answer(call, deployment, &added);
}

/* --- revoke --- */

/* Take what fits a row out of a set, and keep it among removed. @return did any fit? */
static int take_out(struct grant_set *set, const struct grant *wanted, struct grant_set *removed,
                    bool *ret_any, arcella_error **reterr) {
    bool by_key = wanted->class == GRANT_FS || wanted->class == GRANT_ENV;
    for (size_t i = 0; i < set->count;) {
        const struct grant *row = &set->rows[i];
        bool same = row->class == wanted->class &&
                    (row->effect == GRANT_DENY) == (wanted->effect == GRANT_DENY) &&
                    row->effect != GRANT_AUDIT && text_equal(row->module, wanted->module) &&
                    text_equal(row->functions, wanted->functions) && (row->actions & wanted->actions) &&
                    (by_key ? text_equal(row->key, wanted->key) : strcmp(row->pattern, wanted->pattern) == 0);
        if (!same) {
            i++;
            continue;
        }
        struct grant gone = *row;
        gone.actions &= wanted->actions;
        struct grant_set one = {.rows = &gone, .count = 1};
        int r = grant_add_set(removed, &one, reterr);
        if (r < 0)
            return r;
        *ret_any = true;
        if (!grant_narrow(set, i, wanted->actions))
            i++;
    }
    return 0;
}

static int revoke_row(struct grant_set *set, const struct grant *wanted, struct grant_set *removed,
                      const char *shown_as, const struct deployment *deployment, arcella_error **reterr) {
    bool any = false;
    int r = take_out(set, wanted, removed, &any, reterr);
    if (r < 0 || any)
        return r;
    r = error_set(reterr, ARCELLA_E_NOT_FOUND, "'%s' holds no grant '%s'", deployment->record->id, shown_as);
    if (wanted->effect == GRANT_DENY)
        return error_hint(reterr, r, "`arcella inspect %s --permissions` shows what is denied, and by whom",
                          deployment->record->id);
    char flag[1024];
    struct grant deny = *wanted;
    deny.effect = GRANT_DENY;
    grant_flag(&deny, flag, sizeof(flag));
    return error_hint(reterr, r,
                      "`arcella inspect %s --permissions` shows what it holds; where a wider one allows it: "
                      "`arcella grant %s %s`",
                      deployment->record->id, deployment->record->id, flag);
}

/* A flag of revoke as the row that it means. */
static int read_revoked(const char *argument, const char *text, struct grant_set *to,
                        arcella_error **reterr) {
    const unsigned both = GRANT_READ | GRANT_WRITE;
    const char *colons = strstr(text, "::");
    if (strcmp(argument, "dir") == 0)
        return grant_add(to, GRANT_FS, both, colons ? colons + 2 : text, GRANT_DENY, GRANT_BY_ADMIN, reterr);
    if (strcmp(argument, "env") == 0 || strcmp(argument, "secret") == 0) {
        MEM_AUTO char *name = mem_text_n(text, strcspn(text, "="));
        return name ? grant_add(to, GRANT_ENV, GRANT_READ | GRANT_SECRET, name, GRANT_DENY, GRANT_BY_ADMIN,
                                reterr)
                    : error_nomem(reterr);
    }
    if (strcmp(argument, "listen") == 0)
        return grant_add_listen(to, text, GRANT_BY_ADMIN, reterr);
    if (strcmp(argument, "net") == 0)
        return grant_add_net(to, text, GRANT_BY_ADMIN, reterr);
    bool deny = strcmp(argument, "deny") == 0;
    return grant_add_rule(to, text, deny ? GRANT_DENY : GRANT_ALLOW, GRANT_BY_ADMIN, reterr);
}

static int revoke_flags(struct call *call, const struct deployment *deployment, struct grant_set *set,
                        struct grant_set *removed, arcella_error **reterr) {
    static const char *const arguments[] = {"dir", "env", "secret", "listen", "net", "allow", "deny"};
    const struct alme_request *request = &call->request;
    for (size_t a = 0; a < ARRAY_LENGTH(arguments); a++) {
        for (size_t n = 0; n < alme_count(request, arguments[a]); n++) {
            CLEANUP(grant_set_done) struct grant_set wanted = {0};
            const char *text = alme_item(request, arguments[a], n);
            int r = read_revoked(arguments[a], text, &wanted, reterr);
            if (r < 0)
                return r;
            wanted.rows[0].effect = strcmp(arguments[a], "deny") == 0 ? GRANT_DENY : GRANT_ALLOW;
            r = revoke_row(set, &wanted.rows[0], removed, text, deployment, reterr);
            if (r < 0)
                return r;
        }
    }
    return 0;
}

/* All rows that allow, or those that only tell. */
static int revoke_effect(struct grant_set *set, bool all, struct grant_set *removed, arcella_error **reterr) {
    for (size_t i = 0; i < set->count;) {
        if (set->rows[i].effect == GRANT_DENY || (!all && set->rows[i].effect != GRANT_AUDIT)) {
            i++;
            continue;
        }
        struct grant_set one = {.rows = &set->rows[i], .count = 1};
        int r = grant_add_set(removed, &one, reterr);
        if (r < 0)
            return r;
        grant_remove(set, i);
    }
    return 0;
}

void command_revoke(struct call *call) {
    struct deployment *deployment = NULL;
    CLEANUP(grant_set_done) struct grant_set removed = {0};
    CLEANUP(grant_set_done) struct grant_set after = {0};
    arcella_error *error = NULL;
    bool all = alme_bool(&call->request, "all"), audited = alme_bool(&call->request, "audit-only");
    int r = find_deployment(call, &deployment, &error);
    if (r == 0 && !alme_has_flags(&call->request)) {
        r = error_set(&error, ARCELLA_E_INVALID, "nothing is said to be revoked");
        error_hint(&error, r, "`arcella help revoke` shows the options; for example: %s",
                   call->request.command->example);
    }
    if (r == 0)
        r = grant_set_copy(&after, &deployment->record->grants, &error);
    if (r == 0)
        r = revoke_flags(call, deployment, &after, &removed, &error);
    if (r == 0 && (all || audited))
        r = revoke_effect(&after, all, &removed, &error);
    call->restarted = json_array();
    if (r == 0)
        r = change(call, deployment, &after, &error);
    if (r < 0) {
        call_fail(call, error, NULL);
        return;
    }
    audit(call, deployment, &removed, "revoked");
    wait_or_answer(call, deployment, &removed);
}

/* --- explain --- */

static void explain(struct call *call) {
    struct deployment *deployment = NULL;
    arcella_error *error = NULL;
    if (find_deployment(call, &deployment, &error) < 0) {
        call_fail(call, error, NULL);
        return;
    }
    CLEANUP(grant_set_done) struct grant_set set = {0};
    struct refusals *refusals = &deployment->refusals;
    if (grants_effective(call->daemon, deployment->record, &set, NULL) == 0)
        refusals_forget_allowed(refusals, &set);
    const char *id = deployment->record->id;
    BUFFER_AUTO flags = BUFFER_INIT(LIMIT_REFUSALS * 1100);
    BUFFER_AUTO absent = BUFFER_INIT(LIMIT_REFUSALS * 1100);
    JSON_AUTO *data = json_object();
    bool ok = data && refusals_flags(refusals, &flags, &absent, NULL) == 0;
    json_put_text(data, "deployment", id, &ok);
    json_put(data, "refused", refusals_json(refusals, false, id), &ok);
    json_put(data, "passed", refusals_json(refusals, true, id), &ok);
    if (ok && flags.length)
        json_put(data, "flags", json_bytes(flags.data, flags.length), &ok);
    if (ok && absent.length)
        json_put(data, "absent", json_bytes(absent.data, absent.length), &ok);
    json_put(data, "others", json_integer((json_int_t)refusals->others), &ok);
    size_t count = json_array_size(json_object_get(data, "refused"));
    if (!ok)
        call_fail(call, NULL, NULL);
    else if (count == 1)
        call_reply(call, TAKE(data), "%s was refused one thing", id);
    else if (count)
        call_reply(call, TAKE(data), "%s was refused %zu different things", id, count);
    else
        call_reply(call, TAKE(data), "%s was refused nothing", id);
}

void command_explain(struct call *call) {
    figures_ask(call, explain); /* workers hand on what they have counted */
}
