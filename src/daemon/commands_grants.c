/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * grant, revoke, explain.
 *
 * A change is checked, audited, recorded and brought into force, in this order: what cannot be given is
 * refused while all still runs, and what runs is told or started again by grants_apply.c.
 */
#include "base/clock.h"
#include "base/json.h"
#include "daemon/commands.h"
#include "daemon/figures.h"
#include "daemon/grants_apply.h"

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

/* --- changing --- */

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

/* What would be in force with other rows of its own. */
static int effective_with(const struct deployment *deployment, const struct grant_set *own,
                          struct grant_set *ret, arcella_error **reterr) {
    struct deployment_record probe = *deployment->record;
    probe.grants = *own;
    return grants_effective(deployment->daemon, &probe, ret, reterr);
}

/*
 * Check a new set, record it in place of the old one, and bring it into force.  What only takes away is
 * recorded whatever has become of the rest.
 *
 * @param after  own rows; taken
 * @param rows   what came or went, for the audit
 */
static int change(struct call *call, struct deployment *deployment, struct grant_set *after,
                  const struct grant_set *rows, arcella_error **reterr) {
    CLEANUP(grant_set_done) struct grant_set before_all = {0};
    CLEANUP(grant_set_done) struct grant_set after_all = {0};
    const char *id = deployment->record->id;
    bool own = false;
    int r = grants_effective(call->daemon, deployment->record, &before_all, reterr);
    if (r == 0)
        r = effective_with(deployment, after, &after_all, reterr);
    bool widens = r == 0 && grants_widen(&before_all, &after_all);
    if (widens)
        r = grants_check_added(deployment, &before_all, &after_all, reterr);
    if (r == 0 && widens)
        r = grants_need_own_group(deployment, &after_all, &own, reterr);
    if (r < 0)
        return r;
    grants_audit(call, id, rows, call->request.command->id == ALME_GRANT ? GRANTS_GIVEN : GRANTS_REVOKED);
    struct grant_set old = deployment->record->grants;
    deployment->record->grants = *after;
    r = grants_record(deployment, reterr);
    if (r < 0) {
        deployment->record->grants = old;
        grants_audit(call, id, rows, GRANTS_NOT_RECORDED);
        return r;
    }
    *after = (struct grant_set){0};
    grant_set_done(&old);
    grants_bring_into_force(call, deployment, &before_all, &after_all, own);
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

/* When what is granted now ends, ms since 1970; 0: never. */
static int read_end(const struct call *call, uint64_t *ret, arcella_error **reterr) {
    uint64_t for_ms = alme_number(&call->request, "for", 0);
    *ret = for_ms ? clock_wall_ns() / 1000000 + for_ms : 0;
    if (!alme_has(&call->request, "for") || for_ms >= GRANT_FOR_MIN_MS)
        return 0;
    int r = error_set(reterr, ARCELLA_E_INVALID, "--for: a grant is for a second or more");
    return error_hint(reterr, r, "without --for it is for good");
}

static int read_added(struct call *call, const struct deployment *deployment, struct grant_set *added,
                      arcella_error **reterr) {
    uint64_t expires_ms = 0;
    int r = read_end(call, &expires_ms, reterr);
    if (r == 0)
        r = grants_from_request(call, GRANT_BY_ADMIN, expires_ms, added, reterr);
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

static bool allows(const struct grant_set *rows) {
    for (size_t i = 0; i < rows->count; i++)
        if (rows->rows[i].effect != GRANT_DENY)
            return true;
    return false;
}

/* Rows that were for good, and end now with what takes their place. */
static json_t *list_shortened(const struct grant_set *before, const struct grant_set *after) {
    JSON_AUTO *list = json_array();
    for (size_t i = 0; list && i < after->count; i++) {
        const struct grant *row = &after->rows[i];
        for (size_t n = 0; row->expires_ms && n < before->count; n++) {
            const struct grant *was = &before->rows[n];
            bool same = was->class == row->class && was->effect == row->effect && !was->expires_ms &&
                        text_equal(was->module, row->module) && text_equal(was->functions, row->functions) &&
                        strcmp(was->pattern, row->pattern) == 0 && (was->actions & row->actions);
            if (same && json_array_append_new(list, grant_shown(row)) < 0)
                return NULL;
        }
    }
    return TAKE(list);
}

/* The new set of its own rows. */
static int make_after(struct call *call, const struct deployment *deployment, const struct grant_set *added,
                      struct grant_set *after, arcella_error **reterr) {
    int r = grant_set_copy(after, &deployment->record->grants, reterr);
    grant_drop_expired(after);
    for (size_t i = 0; r == 0 && i < added->count; i++)
        r = put(after, &added->rows[i], reterr);
    if (r == 0 && !(call->shortened = list_shortened(&deployment->record->grants, after)))
        r = error_nomem(reterr);
    return r;
}

void command_grant(struct call *call) {
    struct deployment *deployment = NULL;
    CLEANUP(grant_set_done) struct grant_set added = {0};
    CLEANUP(grant_set_done) struct grant_set after = {0};
    ERROR_AUTO *damaged = NULL;
    arcella_error *error = NULL;
    int r = find_deployment(call, &deployment, &error);
    int policy = r == 0 ? grants_refresh(call->daemon, &damaged) : 0;
    if (r == 0)
        r = read_added(call, deployment, &added, &error);
    /* Under a damaged policy nothing more is allowed; to deny works. */
    if (r == 0 && policy < 0 && allows(&added))
        r = error_move(&error, TAKE(damaged));
    if (r == 0)
        r = make_after(call, deployment, &added, &after, &error);
    call->restarted = json_object();
    call->in_force = "now";
    if (r == 0 && added.count)
        r = change(call, deployment, &after, &added, &error);
    if (r < 0)
        call_fail(call, error, NULL);
    else
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

/* Does something else allow it, so that only to deny it would help?  Of a folder and a variable that is known
 * exactly. */
static bool is_allowed_otherwise(const struct deployment *deployment, const struct grant *wanted) {
    CLEANUP(grant_set_done) struct grant_set all = {0};
    if (wanted->class != GRANT_FS && wanted->class != GRANT_ENV)
        return true;
    if (grants_effective(deployment->daemon, deployment->record, &all, NULL) < 0)
        return false;
    return grant_check(&all, wanted->class, GRANT_READ, wanted->key, NULL) ||
           (wanted->class == GRANT_ENV && grant_check(&all, GRANT_ENV, GRANT_SECRET, wanted->key, NULL));
}

static int revoke_row(struct grant_set *set, const struct grant *wanted, struct grant_set *removed,
                      const char *shown_as, const struct deployment *deployment, arcella_error **reterr) {
    bool any = false;
    const char *id = deployment->record->id;
    int r = take_out(set, wanted, removed, &any, reterr);
    if (r < 0 || any)
        return r;
    r = error_set(reterr, ARCELLA_E_NOT_FOUND, "'%s' holds no grant '%s'", id, shown_as);
    if (wanted->effect == GRANT_DENY)
        return error_hint(reterr, r, "`arcella inspect %s --permissions` shows what is denied, and by whom",
                          id);
    if (!is_allowed_otherwise(deployment, wanted))
        return error_hint(reterr, r, "`arcella inspect %s --permissions` shows what it holds", id);
    char flag[1024];
    struct grant deny = *wanted;
    deny.effect = GRANT_DENY;
    grant_flag(&deny, flag, sizeof(flag));
    return error_hint(reterr, r,
                      "`arcella inspect %s --permissions` shows what it holds; where a wider one allows it: "
                      "`arcella grant %s %s`",
                      id, id, flag);
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
    call->restarted = json_object();
    call->in_force = "now";
    if (r == 0 && removed.count)
        r = change(call, deployment, &after, &removed, &error);
    if (r < 0)
        call_fail(call, error, NULL);
    else
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
