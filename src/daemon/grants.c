/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What deployments may do in sum, and rows from flags; see the header. */
#include "daemon/grants.h"

#include <limits.h>

#include "base/clock.h"
#include "base/json.h"
#include "daemon/commands.h"

int grants_effective(const struct daemon *daemon, const struct deployment_record *record,
                     struct grant_set *ret, arcella_error **reterr) {
    int r = grant_set_copy(ret, &record->grants, reterr);
    grant_drop_expired(ret);
    return r < 0 ? r : rules_apply(&daemon->rules, record->id, ret, reterr);
}

/* --- rows from flags --- */

/* Is path the directory or beneath it? */
static bool is_beneath(const char *path, struct text directory) {
    if (directory.length == 1 && *directory.data == '/')
        return true;
    return strncmp(path, directory.data, directory.length) == 0 &&
           (path[directory.length] == '/' || path[directory.length] == '\0');
}

/*
 * Refuse a way that passes through at, which a deployment may write, and ends at real, which it may not.
 * Rows that only --audit-only let pass are rows here, too; since they are of "/", nothing leads out of them.
 */
static int check_owner(const struct deployment *deployment, const struct grant_set *grants, const char *at,
                       const char *path, const char *real, arcella_error **reterr) {
    for (size_t i = 0; i < grants->count; i++) {
        const struct grant *row = &grants->rows[i];
        if (row->class != GRANT_FS || row->effect == GRANT_DENY || !(row->actions & GRANT_WRITE) ||
            !is_beneath(at, row->value) || is_beneath(real, row->value))
            continue;
        return error_set(reterr, ARCELLA_E_DENIED, "'%s' leads out of '%.*s', which '%s' may write, to '%s'",
                         path, (int)row->value.length, row->value.data, deployment->record->id, real);
    }
    return 0;
}

/* The whole of a way by what one deployment may write, by the policy as well. */
static int check_way(const struct deployment *deployment, char *way, const char *path, const char *real,
                     arcella_error **reterr) {
    CLEANUP(grant_set_done) struct grant_set grants = {0};
    /* Rows of the policy that are too many for it are its own start's trouble; those before them count. */
    int r = grants_effective(deployment->daemon, deployment->record, &grants, NULL);
    if (r == ARCELLA_E_NOMEM)
        return error_nomem(reterr);
    r = 0;
    for (char *slash = strchr(way + (*way == '/'), '/'); r == 0 && slash; slash = strchr(slash + 1, '/')) {
        char at[PATH_MAX];
        *slash = '\0';
        bool there = realpath(way, at);
        *slash = '/';
        if (there) /* the whole was, so else this was taken away in between; launch_check_dirs() looks again
                    */
            r = check_owner(deployment, &grants, at, path, real, reterr);
    }
    return r;
}

/*
 * A path that passes through what a deployment may write must stay there: a link on the way could be its
 * guest's.  Each directory on the way is looked at by where it is, however it was typed (`//`, `/./`, `..`,
 * by way of other links).
 *
 * @return 0, DENIED, NOMEM
 */
static int check_owners(struct daemon *daemon, const char *path, const char *real, arcella_error **reterr) {
    MEM_AUTO char *way = mem_text(path);
    if (!way)
        return error_nomem(reterr);
    int r = 0;
    struct deployment *deployment, *next;
    HASH_ITER(hh, daemon->model.deployments, deployment, next)
    r = r == 0 ? check_way(deployment, way, path, real, reterr) : r;
    return r;
}

/*
 * A directory is granted by where it is, not by a path that could lead elsewhere tomorrow: links in the host
 * part are resolved now, and launch_check_dirs() looks that there are none later.  What is not there is told
 * there, too.
 */
static int add_dir(struct daemon *daemon, struct grant_set *grants, const char *option,
                   enum grant_source source, arcella_error **reterr) {
    const char *colons = strstr(option, "::");
    MEM_AUTO char *host = colons ? mem_text_n(option, (size_t)(colons - option)) : mem_text(option);
    if (!host)
        return error_nomem(reterr);
    char real[PATH_MAX];
    if (!realpath(host, real) || strstr(real, "::"))
        return grant_add_dir(grants, option, source, reterr);
    int r = check_owners(daemon, host, real, reterr);
    if (r < 0)
        return r;
    MEM_AUTO char *resolved = mem_format("%s%s%s", real, colons ? "" : "::", colons ? colons : option);
    return resolved ? grant_add_dir(grants, resolved, source, reterr) : error_nomem(reterr);
}

/* --allow of class fs: as --dir. */
static int add_dir_rule(struct daemon *daemon, struct grant_set *grants, const char *option,
                        enum grant_source source, arcella_error **reterr) {
    CLEANUP(grant_set_done) struct grant_set read = {0};
    int r = grant_add_rule(&read, option, GRANT_ALLOW, source, reterr);
    if (r < 0)
        return r;
    const char *pattern = strchr(strchr(option, ':') + 1, ':') + 1;
    MEM_AUTO char *dir = mem_format("%s%s", pattern, read.rows[0].actions & GRANT_WRITE ? ":rw" : ":ro");
    return dir ? add_dir(daemon, grants, dir, source, reterr) : error_nomem(reterr);
}

static int add_allow(struct daemon *daemon, struct grant_set *grants, const char *option,
                     enum grant_source source, arcella_error **reterr) {
    return text_starts(option, "fs:") ? add_dir_rule(daemon, grants, option, source, reterr)
                                      : grant_add_rule(grants, option, GRANT_ALLOW, source, reterr);
}

static int add_deny(struct daemon *daemon, struct grant_set *grants, const char *option,
                    enum grant_source source, arcella_error **reterr) {
    (void)daemon;
    return grant_add_rule(grants, option, GRANT_DENY, source, reterr);
}

#define PLAIN(name)                                                                                          \
    static int plain_##name(struct daemon *daemon, struct grant_set *grants, const char *option,             \
                            enum grant_source source, arcella_error **reterr) {                              \
        (void)daemon;                                                                                        \
        return grant_add_##name(grants, option, source, reterr);                                             \
    }
PLAIN(env)
PLAIN(arg)
PLAIN(listen)
PLAIN(net)
PLAIN(secret)
#undef PLAIN

int grants_from_request(struct call *call, enum grant_source source, uint64_t expires_ms,
                        struct grant_set *to, arcella_error **reterr) {
    static const struct {
        const char *argument;
        int (*add)(struct daemon *daemon, struct grant_set *grants, const char *option,
                   enum grant_source source, arcella_error **reterr);
    } options[] = {{"dir", add_dir},         {"env", plain_env}, {"arg", plain_arg},
                   {"listen", plain_listen}, {"net", plain_net}, {"secret", plain_secret},
                   {"allow", add_allow},     {"deny", add_deny}};
    const struct alme_request *request = &call->request;
    int r = 0;
    for (size_t i = 0; i < ARRAY_LENGTH(options); i++) {
        if (!alme_argument_find(request->command, options[i].argument))
            continue; /* a verb has not all of them */
        for (size_t n = 0; r == 0 && n < alme_count(request, options[i].argument); n++)
            r = options[i].add(call->daemon, to, alme_item(request, options[i].argument, n), source, reterr);
    }
    if (r == 0 && alme_argument_find(request->command, "audit-only") && alme_bool(request, "audit-only"))
        r = grant_add_audit(to, source, reterr);
    for (size_t i = 0; r == 0 && i < to->count; i++)
        to->rows[i].expires_ms = expires_ms;
    return r;
}

int grants_add_requested(const struct package_description *d, struct grant_set *to, uint64_t expires_ms,
                         arcella_error **reterr) {
    CLEANUP(grant_set_done) struct grant_set asked = {0};
    for (size_t i = 0; i < d->requests.count; i++) {
        int r = request_is_whole(&d->requests.items[i])
                    ? request_grant(&d->requests.items[i], &asked, GRANT_BY_TEMPLATE, reterr)
                    : 0;
        if (r < 0)
            return r;
    }
    for (size_t i = 0; i < asked.count; i++)
        asked.rows[i].expires_ms = expires_ms;
    return grant_add_set(to, &asked, reterr);
}

/* --- recording --- */

int grants_record(struct deployment *deployment, arcella_error **reterr) {
    struct daemon *daemon = deployment->daemon;
    ERROR_AUTO *error = NULL;
    int r = state_deployment_revise(daemon->catalog->state, deployment->record, &error);
    if (r < 0 && daemon_mend(daemon, r)) {
        arcella_error_free(TAKE(error));
        r = state_deployment_revise(daemon->catalog->state, deployment->record, &error);
    }
    return r < 0 ? error_move(reterr, TAKE(error)) : 0;
}

/*
 * The group that the rule gives, in a policy of its own.  What somebody chose stays; what the package
 * suggests holds for what shares its worker anyway, as at the first start.
 */
static int settle(const struct deployment_record *record, const struct grant_set *grants, struct policy *to,
                  arcella_error **reterr) {
    int r = policy_copy(to, &record->policy, reterr);
    struct policy_value *group = &to->values[POLICY_GROUP_KEY];
    if (r < 0 || (group->origin != ORIGIN_RULE && group->origin != ORIGIN_TEMPLATE))
        return r;
    mem_free(group->text);
    *group = (struct policy_value){.set = false};
    return policy_settle_group(to, grants, record->id, NULL, reterr);
}

/* Does it leave the group that is recorded for the one of its own name? @return < 0: NOMEM */
static int leaves(const struct deployment_record *record, const struct grant_set *grants, struct policy *to,
                  arcella_error **reterr) {
    int r = settle(record, grants, to, reterr);
    if (r < 0)
        return r;
    return strcmp(policy_text(to, POLICY_GROUP_KEY), record->id) == 0 &&
           strcmp(policy_text(&record->policy, POLICY_GROUP_KEY), record->id) != 0;
}

bool grants_ask_for_own_group(const struct deployment_record *record, const struct grant_set *grants) {
    CLEANUP(policy_done) struct policy policy = {0};
    return leaves(record, grants, &policy, NULL) != 0;
}

/* Is the group of its name somebody else's already? */
static int check_free(const struct deployment *deployment, arcella_error **reterr) {
    const char *id = deployment->record->id;
    struct deployment *other, *next;
    HASH_ITER(hh, deployment->daemon->model.deployments, other, next) {
        const struct deployment_record *record = other->record;
        if (other == deployment || strcmp(policy_text(&record->policy, POLICY_GROUP_KEY), id) != 0)
            continue;
        error_set(reterr, ARCELLA_E_GROUP, "the group '%s' would be its own and already holds '%s'", id,
                  record->id);
        return error_hint(reterr, ARCELLA_E_GROUP,
                          "what holds grants does not share a worker unasked: `arcella undeploy` one of the "
                          "two, and start it with `--group` and another name");
    }
    return 0;
}

int grants_need_own_group(const struct deployment *deployment, const struct grant_set *grants, bool *ret,
                          arcella_error **reterr) {
    CLEANUP(policy_done) struct policy policy = {0};
    int r = leaves(deployment->record, grants, &policy, reterr);
    if (r < 0)
        return r;
    *ret = r > 0;
    return *ret ? check_free(deployment, reterr) : 0;
}

struct group *grants_live_group(const struct deployment *deployment) {
    for (size_t i = 0; i < deployment->count; i++)
        if (deployment->instances[i].group)
            return deployment->instances[i].group;
    return NULL;
}

int grants_settle(struct deployment *deployment, arcella_error **reterr) {
    CLEANUP(grant_set_done) struct grant_set grants = {0};
    CLEANUP(policy_done) struct policy policy = {0};
    struct deployment_record *record = deployment->record;
    int r = grants_effective(deployment->daemon, record, &grants, reterr);
    if (r == 0)
        r = leaves(record, &grants, &policy, reterr);
    if (r <= 0)
        return r;
    if (grants_live_group(deployment))
        return error_set(reterr, ARCELLA_E_BUSY, "'%s' gets a group of its own when nothing of it runs",
                         record->id);
    r = check_free(deployment, reterr);
    if (r < 0)
        return r;
    struct policy before = record->policy;
    record->policy = policy;
    r = grants_record(deployment, reterr);
    policy = before;
    if (r < 0) {
        policy = record->policy;
        record->policy = before;
        return error_wrap(reterr, r, "its own group could not be recorded");
    }
    deployment->daemon->sweep_groups = true;
    log_event(LOG_INFO,
              &(struct log_about){.unit = LOG_DAEMON, .deployment = record->id, .group = record->id},
              "it holds grants, so it has a group of its own from now on", "%s", "");
    return 0;
}

/* --- for people --- */

json_t *grant_shown(const struct grant *row) {
    json_t *one = grant_row_json(row, true);
    bool ok = one != NULL;
    if (ok && row->expires_ms)
        json_put(one, "expires", json_time(row->expires_ms * 1000000), &ok);
    if (!ok) {
        json_decref(one);
        return NULL;
    }
    return one;
}

json_t *grants_requests(struct daemon *daemon, const struct deployment_record *record) {
    CLEANUP(component_record_free_ptr) struct component_record *component = NULL;
    CLEANUP(grant_set_done) struct grant_set set = {0};
    if (state_component_get(daemon->catalog->state, record->component.text, &component, NULL) < 0 ||
        !component->description || grants_effective(daemon, record, &set, NULL) < 0)
        return NULL;
    return request_list_json(&component->description->requests, &set);
}

/* The reason of a row: of the policy that of its rule, of what the package asked for its own. */
static const char *reason_of(struct daemon *daemon, const struct component_record *component, const char *id,
                             const struct grant *row) {
    if (row->source == GRANT_BY_POLICY)
        return rules_reason(&daemon->rules, id, row);
    struct grant_words words;
    grant_row_words(row, &words);
    for (size_t i = 0; component && component->description && i < component->description->requests.count;
         i++) {
        const struct request *request = &component->description->requests.items[i];
        size_t length = strlen(request->pattern);
        bool same = row->class == GRANT_FS || row->class == GRANT_ENV
                        ? length == row->key.length && memcmp(row->key.data, request->pattern, length) == 0
                        : strcmp(row->pattern, request->pattern) == 0;
        if (same && strcmp(words.class, request->class) == 0)
            return request->reason;
    }
    return NULL;
}

/* Rows of one effect, or of the two that let pass. */
static json_t *rows_json(struct daemon *daemon, const struct component_record *component, const char *id,
                         const struct grant_set *set, bool denied) {
    JSON_AUTO *list = json_array();
    bool ok = list != NULL;
    for (size_t i = 0; ok && i < set->count; i++) {
        const struct grant *row = &set->rows[i];
        if ((row->effect == GRANT_DENY) != denied)
            continue;
        json_t *one = grant_shown(row);
        const char *reason = reason_of(daemon, component, id, row);
        ok = one != NULL;
        if (reason)
            json_put_text(one, "reason", reason, &ok);
        ok = json_array_append_new(list, one) == 0 && ok;
    }
    return ok ? TAKE(list) : NULL;
}

json_t *grants_permissions(struct daemon *daemon, const struct component_record *component,
                           const struct deployment *deployment) {
    CLEANUP(component_record_free_ptr) struct component_record *own = NULL;
    CLEANUP(grant_set_done) struct grant_set set = {0};
    ERROR_AUTO *damaged = NULL;
    const struct deployment_record *record = deployment ? deployment->record : NULL;
    (void)!grants_refresh(daemon, &damaged);
    if (!component && record &&
        state_component_get(daemon->catalog->state, record->component.text, &own, NULL) == 0)
        component = own;
    JSON_AUTO *all = json_object();
    bool ok = all && (!record || grants_effective(daemon, record, &set, NULL) == 0);
    if (component || record)
        json_put_text(all, "component", component ? component->id.text : record->component.text, &ok);
    if (record)
        json_put_text(all, "deployment", record->id, &ok);
    const struct request_list none = {0};
    const struct request_list *requests =
        component && component->description ? &component->description->requests : &none;
    json_put(all, "requested", request_list_json(requests, record ? &set : NULL), &ok);
    if (record) {
        json_put(all, "granted", rows_json(daemon, component, record->id, &set, false), &ok);
        json_put(all, "denied", rows_json(daemon, component, record->id, &set, true), &ok);
    }
    if (damaged)
        json_put_text(all, "policy", arcella_error_message(damaged), &ok);
    return ok ? TAKE(all) : NULL;
}
