/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What was refused lately; see the header. */
#include "daemon/refusals.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/mem.h"

enum { RESOURCE_BYTES = 512, FLAG_BYTES = 1024 };
#define COUNT_MAX ((uint64_t)INT64_MAX)

static void refusal_done(struct refusal *refusal) {
    mem_free(refusal->class);
    mem_free(refusal->action);
    mem_free(refusal->resource);
    mem_free(refusal->grant);
    mem_free(refusal->instance);
}

void refusals_done(struct refusals *refusals) {
    for (size_t i = 0; i < refusals->count; i++)
        refusal_done(&refusals->items[i]);
    mem_free(refusals->items);
    *refusals = (struct refusals){0};
}

static char *keep(struct text text, size_t max) {
    return mem_text_n(text.length ? text.data : "", text.length < max ? text.length : max);
}

static bool is_same(const struct refusal *refusal, const struct ipc_audit *audit) {
    size_t length = audit->resource.length < RESOURCE_BYTES ? audit->resource.length : RESOURCE_BYTES;
    return (refusal->reason == IPC_AUDIT_ONLY_TOLD) == (audit->reason == IPC_AUDIT_ONLY_TOLD) &&
           strlen(refusal->resource) == length &&
           (!length || memcmp(refusal->resource, audit->resource.data, length) == 0) &&
           strcmp(refusal->class, audit->class_name.data) == 0 &&
           strcmp(refusal->action, audit->action.data) == 0;
}

/* Counts are a worker's word; they stop where a number of JSON does. */
static void add_others(struct refusals *refusals, uint64_t count) {
    refusals->others += count < COUNT_MAX - refusals->others ? count : COUNT_MAX - refusals->others;
}

/* A place for a new one. @return NULL on no memory */
static struct refusal *make_room(struct refusals *refusals) {
    if (!refusals->items && !(refusals->items = mem_array(LIMIT_REFUSALS, sizeof(*refusals->items))))
        return NULL;
    if (refusals->count < LIMIT_REFUSALS)
        return &refusals->items[refusals->count];
    size_t oldest = 0;
    for (size_t i = 1; i < refusals->count; i++)
        if (refusals->items[i].last_ns < refusals->items[oldest].last_ns)
            oldest = i;
    add_others(refusals, refusals->items[oldest].count);
    refusal_done(&refusals->items[oldest]);
    refusals->count--;
    memmove(&refusals->items[oldest], &refusals->items[oldest + 1],
            (refusals->count - oldest) * sizeof(*refusals->items));
    return &refusals->items[refusals->count];
}

static struct refusal *find_or_make(struct refusals *refusals, const struct ipc_audit *audit) {
    for (size_t i = 0; i < refusals->count; i++)
        if (is_same(&refusals->items[i], audit))
            return &refusals->items[i];
    struct refusal *refusal = make_room(refusals);
    if (!refusal)
        return NULL;
    *refusal = (struct refusal){.class = keep(audit->class_name, 128),
                                .action = keep(audit->action, 128),
                                .resource = keep(audit->resource, RESOURCE_BYTES),
                                .first_ns = clock_wall_ns()};
    if (!refusal->class || !refusal->action || !refusal->resource) {
        refusal_done(refusal);
        return NULL;
    }
    refusals->count++;
    return refusal;
}

/* What may have changed since the last time takes the place of what was kept. */
static void renew(char **kept, struct text text) {
    char *copy = keep(text, FLAG_BYTES);
    if (!copy)
        return;
    mem_free(*kept);
    *kept = copy;
}

void refusals_add(struct refusals *refusals, const struct ipc_audit *audit, const char *instance) {
    struct refusal *refusal = find_or_make(refusals, audit);
    add_others(refusals, audit->lost);
    if (!refusal) {
        add_others(refusals, audit->count);
        return;
    }
    refusal->count += audit->count < COUNT_MAX - refusal->count ? audit->count : COUNT_MAX - refusal->count;
    refusal->last_ns = clock_wall_ns();
    refusal->reason = (enum ipc_audit_reason)audit->reason;
    /* People paste it, and a worker that was taken over may have written it. */
    bool whole = audit->grant.length <= FLAG_BYTES && grant_is_flag(audit->grant);
    renew(&refusal->grant, whole ? audit->grant : TEXT(""));
    renew(&refusal->instance, text_of(instance ? instance : ""));
}

static bool is_allowed(const struct refusal *refusal, const struct grant_set *set) {
    enum grant_class class;
    enum grant_action action;
    const struct grant *row = NULL;
    return grant_class_find(refusal->class, &class) && grant_action_find(refusal->action, &action) &&
           grant_check(set, class, action, text_of(refusal->resource), &row) && row->effect == GRANT_ALLOW;
}

/* Is there a row of this effect, written so?  flag NULL: however it is written. */
static bool has_row(const struct grant_set *set, enum grant_effect effect, const char *flag) {
    for (size_t i = 0; i < set->count; i++) {
        char own[FLAG_BYTES + 1];
        if (set->rows[i].effect != effect || grant_is_over(&set->rows[i]))
            continue;
        if (!flag)
            return true;
        grant_flag(&set->rows[i], own, sizeof(own));
        if (strcmp(own, flag) == 0)
            return true;
    }
    return false;
}

/*
 * Would it not be said any more?  An address that is denied by a name is allowed by itself: so what was
 * denied stays as long as the row that did it is there.
 */
static bool is_over(const struct refusal *refusal, const struct grant_set *set) {
    switch (refusal->reason) {
    case IPC_AUDIT_ONLY_TOLD: return !has_row(set, GRANT_AUDIT, NULL) || is_allowed(refusal, set);
    case IPC_AUDIT_DENIED_BY_ROW:
    case IPC_AUDIT_DENIED_BY_POLICY:
        if (refusal->grant && *refusal->grant)
            return !has_row(set, GRANT_DENY, refusal->grant);
        break;
    default: break;
    }
    return is_allowed(refusal, set);
}

void refusals_forget_allowed(struct refusals *refusals, const struct grant_set *set) {
    size_t kept = 0;
    for (size_t i = 0; i < refusals->count; i++) {
        if (is_over(&refusals->items[i], set))
            refusal_done(&refusals->items[i]);
        else
            refusals->items[kept++] = refusals->items[i];
    }
    refusals->count = kept;
}

const char *refusal_reason(enum ipc_audit_reason reason) {
    switch (reason) {
    case IPC_AUDIT_NO_GRANT: return "nothing allows it";
    case IPC_AUDIT_DENIED_BY_ROW: return "a grant denies it";
    case IPC_AUDIT_DENIED_BY_POLICY: return "cfg/policy.toml denies it";
    case IPC_AUDIT_ONLY_TOLD: return "only --audit-only let it pass";
    case IPC_AUDIT_REASONS: break;
    }
    return "?";
}

void refusal_command(const struct refusal *refusal, const char *deployment, char *to, size_t size) {
    to[0] = '\0';
    if (refusal->grant && *refusal->grant && refusal->reason != IPC_AUDIT_DENIED_BY_POLICY)
        snprintf(to, size, "arcella-cli %s %s %s",
                 refusal->reason == IPC_AUDIT_DENIED_BY_ROW ? "revoke" : "grant", deployment, refusal->grant);
}

/* --- the flags of a tight policy --- */

/* "--dir /a::/a:rw": its path, and whether it is written. @return false: it is no such flag */
static bool read_dir(const char *flag, struct text *path, bool *writes) {
    static const char head[] = "--dir ";
    if (!flag || strncmp(flag, head, sizeof(head) - 1) != 0)
        return false;
    const char *colons = strstr(flag, "::");
    if (!colons)
        return false;
    *writes = text_ends(flag, ":rw");
    *path = (struct text){flag + sizeof(head) - 1, (size_t)(colons - flag) - (sizeof(head) - 1)};
    return true;
}

/* Does one flag allow all that another one does? */
static bool contains(const char *flag, const char *other) {
    struct text path, inner;
    bool writes, inner_writes;
    if (!read_dir(flag, &path, &writes) || !read_dir(other, &inner, &inner_writes))
        return strcmp(flag, other) == 0;
    if ((inner_writes && !writes) || inner.length < path.length ||
        memcmp(inner.data, path.data, path.length) != 0)
        return false;
    return inner.length == path.length || inner.data[path.length] == '/' ||
           (path.length && path.data[path.length - 1] == '/');
}

/* Is the flag of this one wanted, or is it in that of another? Of equal ones the first is. */
static bool is_needed(const struct refusals *refusals, size_t index) {
    const char *flag = refusals->items[index].grant;
    for (size_t i = 0; i < refusals->count; i++) {
        const struct refusal *other = &refusals->items[i];
        if (i == index || other->reason != IPC_AUDIT_ONLY_TOLD || !other->grant ||
            !contains(other->grant, flag))
            continue;
        if (i < index || !contains(flag, other->grant))
            return false;
    }
    return true;
}

/*
 * Is the directory of a flag there, so that it can be given?  Under --audit-only host and guest paths are the
 * same.  What is shown otherwise than it is called (\\xNN, cut) is believed.
 */
static bool is_there(const char *flag) {
    char path[FLAG_BYTES];
    size_t length = 0;
    struct text quoted;
    bool writes;
    struct stat st;
    if (!read_dir(flag, &quoted, &writes))
        return true;
    for (size_t i = 0; i < quoted.length && length < sizeof(path) - 1; i++) {
        char c = quoted.data[i];
        if (c == '\\' && i + 1 < quoted.length && quoted.data[i + 1] == '\'')
            c = quoted.data[++i]; /* '\'' between two quoted pieces */
        else if (c == '\'')
            continue;
        else if (c == '\\' || (unsigned char)c & 0x80)
            return true;
        path[length++] = c;
    }
    path[length] = '\0';
    return path[0] != '/' || (stat(path, &st) == 0 && S_ISDIR(st.st_mode));
}

int refusals_flags(const struct refusals *refusals, struct buffer *to, struct buffer *absent,
                   arcella_error **reterr) {
    int r = 0;
    for (size_t i = 0; r == 0 && i < refusals->count; i++) {
        const struct refusal *refusal = &refusals->items[i];
        if (refusal->reason != IPC_AUDIT_ONLY_TOLD || !refusal->grant || !*refusal->grant ||
            !is_needed(refusals, i))
            continue;
        struct buffer *into = is_there(refusal->grant) ? to : absent;
        if (into)
            r = buffer_format(into, reterr, "%s%s", into->length ? " " : "", refusal->grant);
    }
    return r;
}

/* --- JSON --- */

static json_t *one_json(const struct refusal *refusal, const char *deployment) {
    char command[FLAG_BYTES + 256], time[32];
    json_t *one = json_object();
    bool ok = one != NULL;
    json_put_text(one, "class", refusal->class, &ok);
    json_put_text(one, "action", refusal->action, &ok);
    json_put(one, "resource", json_bytes(refusal->resource, strlen(refusal->resource)), &ok);
    json_put_text(one, "reason", refusal_reason(refusal->reason), &ok);
    json_put(one, "count", json_integer((json_int_t)refusal->count), &ok);
    clock_format(refusal->first_ns, time, sizeof(time));
    json_put_text(one, "first", time, &ok);
    clock_format(refusal->last_ns, time, sizeof(time));
    json_put_text(one, "last", time, &ok);
    if (refusal->instance && *refusal->instance)
        json_put_text(one, "instance", refusal->instance, &ok);
    refusal_command(refusal, deployment, command, sizeof(command));
    if (*command)
        json_put(one, "command", json_bytes(command, strlen(command)), &ok);
    if (!ok) {
        json_decref(one);
        return NULL;
    }
    return one;
}

json_t *refusals_json(const struct refusals *refusals, bool passed, const char *deployment) {
    JSON_AUTO *list = json_array();
    bool ok = list != NULL;
    for (size_t i = 0; ok && i < refusals->count; i++) {
        const struct refusal *refusal = &refusals->items[i];
        if ((refusal->reason == IPC_AUDIT_ONLY_TOLD) == passed)
            ok = json_array_append_new(list, one_json(refusal, deployment)) == 0;
    }
    return ok ? TAKE(list) : NULL;
}
