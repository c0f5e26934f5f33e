/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What packages ask for; see the header.  Read in the intake process and, checked again, in the daemon. */
#include "catalog/request.h"

#include "base/json.h"
#include "base/mem.h"
#include "catalog/grant_pattern.h"

static void request_done(struct request *request) {
    mem_free(request->class);
    mem_free(request->actions);
    mem_free(request->pattern);
    mem_free(request->reason);
}

void request_list_done(struct request_list *list) {
    for (size_t i = 0; i < list->count; i++)
        request_done(&list->items[i]);
    mem_free(list->items);
    *list = (struct request_list){0};
}

/* The row a request is read as: what denies names the guest's side only, as requests do. */
static int read_row(struct grant_set *set, const char *class, const char *actions, const char *pattern,
                    arcella_error **reterr) {
    bool guest_side = strcmp(class, "fs") == 0 || strcmp(class, "env") == 0;
    if (strcmp(class, "args") == 0 || strcmp(class, "stdio") == 0)
        return error_set(reterr, ARCELLA_E_INVALID,
                         "class %s is for whoever starts it; allowed: fs, net, env, store, host:NAME", class);
    if (guest_side && (strchr(pattern, '*') || strstr(pattern, "::")))
        return error_set(reterr, ARCELLA_E_INVALID, "'%.200s' is not %s", pattern,
                         *class == 'f' ? "the path of a directory as the guest sees it"
                                       : "a variable's name");
    return grant_add_text(set, class, actions, pattern, guest_side ? "deny" : "allow", "template", reterr);
}

int request_add(struct request_list *list, const char *class, const char *actions, const char *pattern,
                const char *reason, arcella_error **reterr) {
    CLEANUP(grant_set_done) struct grant_set set = {0};
    if (list->count >= LIMIT_REQUESTS)
        return error_set(reterr, ARCELLA_E_LIMIT, "more than %d requests for grants", LIMIT_REQUESTS);
    size_t length = strlen(reason);
    if (length == 0 || length > REQUEST_REASON_BYTES || !text_is_utf8(reason, length))
        return error_set(reterr, ARCELLA_E_INVALID, "a request needs a reason of at most %d bytes",
                         REQUEST_REASON_BYTES);
    int r = read_row(&set, class, actions, pattern, reterr);
    if (r < 0)
        return r;
    struct grant_words words;
    grant_row_words(&set.rows[0], &words);
    struct request *items = mem_resize(list->items, (list->count + 1) * sizeof(*items));
    if (!items)
        return error_nomem(reterr);
    list->items = items;
    struct request *request = &items[list->count];
    *request = (struct request){mem_text(words.class), mem_text(words.actions), mem_text(set.rows[0].pattern),
                                mem_text(reason)};
    if (!request->class || !request->actions || !request->pattern || !request->reason) {
        request_done(request);
        return error_nomem(reterr);
    }
    list->count++;
    return 0;
}

static bool is_class(const struct request *request, enum grant_class class) {
    return strcmp(request->class, grant_class_name(class)) == 0;
}

bool request_is_whole(const struct request *request) {
    return !is_class(request, GRANT_FS) && !is_class(request, GRANT_ENV);
}

/* Is all that a net row of a request may reach in what another one allows? */
static bool net_covers(const struct grant_address *held, const struct grant_address *wanted) {
    return held->kind == GRANT_ANY_HOST && wanted->kind != GRANT_RANGE &&
           held->port_low <= wanted->port_low && held->port_high >= wanted->port_high;
}

static bool covers(const struct grant *held, const struct grant *wanted) {
    switch (wanted->class) {
    case GRANT_FS: return grant_path_beneath(held->key, wanted->key);
    case GRANT_ENV: return text_equal(held->key, wanted->key);
    case GRANT_NET:
        return strcmp(held->pattern, wanted->pattern) == 0 || net_covers(&held->address, &wanted->address);
    default:
        return strcmp(held->pattern, wanted->pattern) == 0 && text_equal(held->module, wanted->module) &&
               (!held->functions.length || text_equal(held->functions, wanted->functions));
    }
}

/* The actions of a request that one row of the set covers; a secret is a variable that is read. */
static unsigned covered_actions(const struct grant *held, const struct grant *wanted) {
    if (held->class != wanted->class || held->effect != GRANT_ALLOW || grant_is_over(held) ||
        !covers(held, wanted))
        return 0;
    return wanted->class == GRANT_ENV ? wanted->actions : held->actions;
}

/* A row that denies the same, or a part of it. */
static bool is_denied(const struct grant *held, const struct grant *wanted) {
    if (held->class != wanted->class || held->effect != GRANT_DENY || !(held->actions & wanted->actions) ||
        grant_is_over(held))
        return false;
    return wanted->class == GRANT_FS ? grant_segments_match(held->key, wanted->key, true)
           : wanted->class == GRANT_ENV
               ? grant_prefix_match(held->key, wanted->key)
               : strcmp(held->pattern, wanted->pattern) == 0 && text_equal(held->module, wanted->module);
}

bool request_is_granted(const struct request *request, const struct grant_set *set) {
    CLEANUP(grant_set_done) struct grant_set own = {0};
    if (read_row(&own, request->class, request->actions, request->pattern, NULL) < 0)
        return false;
    unsigned missing = own.rows[0].actions;
    for (size_t i = 0; i < set->count; i++) {
        if (is_denied(&set->rows[i], &own.rows[0]))
            return false;
        missing &= ~covered_actions(&set->rows[i], &own.rows[0]);
    }
    return missing == 0;
}

int request_grant(const struct request *request, struct grant_set *set, enum grant_source source,
                  arcella_error **reterr) {
    if (!request_is_whole(request))
        return error_set(reterr, ARCELLA_E_INVALID, "a request for '%s' does not say what of the host it is",
                         request->pattern);
    return grant_add_text(set, request->class, request->actions, request->pattern, "allow",
                          grant_source_name(source), reterr);
}

void request_flag(const struct request *request, char *to, size_t size) {
    struct text pattern = text_of(request->pattern);
    bool writes = strstr(request->actions, "write") != NULL;
    if (is_class(request, GRANT_FS)) {
        grant_needed(NULL, GRANT_FS, writes ? GRANT_WRITE : GRANT_READ, pattern, to, size);
    } else if (is_class(request, GRANT_ENV)) {
        if (strcmp(request->actions, "secret") == 0)
            snprintf(to, size, "--secret %s=FILE", request->pattern);
        else
            grant_needed(NULL, GRANT_ENV, GRANT_READ, pattern, to, size);
    } else {
        CLEANUP(grant_set_done) struct grant_set set = {0};
        to[0] = '\0';
        if (request_grant(request, &set, GRANT_BY_OPTION, NULL) == 0)
            grant_flag(&set.rows[0], to, size);
    }
}

json_t *request_list_json(const struct request_list *list, const struct grant_set *set) {
    JSON_AUTO *array = json_array();
    for (size_t i = 0; array && i < list->count; i++) {
        const struct request *request = &list->items[i];
        char flag[2 * LIMIT_PATH_BYTES];
        request_flag(request, flag, sizeof(flag));
        json_t *object = json_object();
        bool ok = object != NULL;
        json_put_text(object, "class", request->class, &ok);
        json_put_text(object, "action", request->actions, &ok);
        json_put_text(object, "pattern", request->pattern, &ok);
        json_put_text(object, "reason", request->reason, &ok);
        json_put_text(object, "allow", flag, &ok);
        if (set)
            json_put(object, "granted", json_boolean(request_is_granted(request, set)), &ok);
        if (json_array_append_new(array, object) < 0 || !ok)
            return NULL;
    }
    return TAKE(array);
}
