/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The check of grants.  On the path of host calls: no allocation, nothing where the class's mask says no; the
 * clock is read only for rows that end.  The thread that owns the set.
 */
#include "base/clock.h"
#include "catalog/grant_pattern.h"

/* What decided so far. */
struct verdict {
    const struct grant *best;
    bool denied;
};

bool grant_is_over(const struct grant *row) {
    return row->expires_ms && clock_wall_ns() / 1000000 >= row->expires_ms;
}

uint64_t grant_next_end(const struct grant_set *set, enum grant_class class) {
    uint64_t next = 0;
    for (size_t i = 0; i < set->count; i++) {
        const struct grant *row = &set->rows[i];
        if (row->class == class && row->expires_ms && !grant_is_over(row) &&
            (!next || row->expires_ms < next))
            next = row->expires_ms;
    }
    return next;
}

/* A row matches. @return false: nothing can change the verdict any more */
static bool weigh(struct verdict *verdict, const struct grant *row) {
    if (grant_is_over(row))
        return true;
    if (row->effect == GRANT_DENY) {
        verdict->best = row;
        verdict->denied = true;
        return false;
    }
    const struct grant *best = verdict->best;
    bool told = row->effect == GRANT_AUDIT;
    /* A plain row before one that tells; of directories inside each other the innermost is meant. */
    if (!best || (told == (best->effect == GRANT_AUDIT) ? row->key.length > best->key.length : !told))
        verdict->best = row;
    return true;
}

static bool tell(const struct verdict *verdict, const struct grant **ret_row) {
    if (ret_row)
        *ret_row = verdict->best;
    return verdict->best && !verdict->denied;
}

/* --- addresses and names --- */

bool grant_check_address(const struct grant_set *set, enum grant_action action,
                         const struct net_address *address, struct text name, const struct grant **ret_row) {
    struct verdict verdict = {0};
    if (!(set->allowed[GRANT_NET] & (unsigned)action))
        return tell(&verdict, ret_row);
    struct grant_net_probe probe;
    grant_net_probe(&probe, address, name);
    for (size_t i = 0; i < set->count; i++) {
        const struct grant *row = &set->rows[i];
        if (row->class == GRANT_NET && (row->actions & (unsigned)action) && grant_net_matches(row, &probe) &&
            !weigh(&verdict, row))
            break;
    }
    return tell(&verdict, ret_row);
}

bool grant_check_name(const struct grant_set *set, struct text name, const struct grant **ret_row) {
    static const unsigned by_name = GRANT_RESOLVE | GRANT_CONNECT | GRANT_UDP;
    struct verdict verdict = {0};
    char normal[256];
    size_t length =
        set->allowed[GRANT_NET] & by_name ? grant_name_normalise(name, normal, sizeof(normal)) : 0;
    for (size_t i = 0; length && i < set->count; i++) {
        const struct grant *row = &set->rows[i];
        /* That connecting is denied, to some ports even, is no reason not to look it up. */
        unsigned actions = row->effect == GRANT_DENY ? (unsigned)GRANT_RESOLVE : by_name;
        if (row->class == GRANT_NET && (row->actions & actions) &&
            grant_net_matches_name(row, (struct text){normal, length}) && !weigh(&verdict, row))
            break;
    }
    return tell(&verdict, ret_row);
}

static bool check_net(const struct grant_set *set, enum grant_action action, struct text resource,
                      const struct grant **ret_row) {
    struct net_address address;
    if (action == GRANT_RESOLVE)
        return grant_check_name(set, resource, ret_row);
    return (set->allowed[GRANT_NET] & (unsigned)action) && net_address_read(resource, &address) &&
           grant_check_address(set, action, &address, (struct text){0}, ret_row);
}

/* --- the others --- */

/* A resource made ready to be compared: normalised, taken apart. */
struct probe {
    struct text text;
    struct text module;
    struct text function;
    char path[LIMIT_PATH_BYTES];
};

/* Take what is in front of a colon off a text. @return false: there is none */
static bool take_word(struct text *rest, struct text *word) {
    const char *colon = rest->length ? memchr(rest->data, ':', rest->length) : NULL;
    if (!colon)
        return false;
    *word = (struct text){rest->data, (size_t)(colon - rest->data)};
    *rest = (struct text){colon + 1, rest->length - word->length - 1};
    return true;
}

/* @return false where it is no resource of that class: nothing can match it */
static bool make_probe(enum grant_class class, struct text resource, struct probe *probe) {
    probe->text = resource;
    switch (class) {
    case GRANT_FS: {
        ssize_t length = grant_path_normalise(resource, probe->path, sizeof(probe->path));
        probe->text = (struct text){probe->path, length < 0 ? 0 : (size_t)length};
        return length >= 0;
    }
    case GRANT_STORE: return resource.length > 0 && grant_is_normal(resource);
    case GRANT_HOST:
        return take_word(&probe->text, &probe->module) && take_word(&probe->text, &probe->function) &&
               grant_is_normal(probe->text);
    default: return true;
    }
}

/* Is the function one of "get+put"? */
static bool has_function(struct text list, struct text function) {
    while (list.length) {
        const char *plus = memchr(list.data, '+', list.length);
        size_t length = plus ? (size_t)(plus - list.data) : list.length;
        if (text_equal((struct text){list.data, length}, function))
            return true;
        list = plus ? (struct text){plus + 1, list.length - length - 1} : (struct text){NULL, 0};
    }
    return false;
}

/* An empty resource is none at all: only `**` means that, too. */
static struct text or_none(struct text text) {
    return text.length ? text : TEXT(".");
}

static bool row_matches(const struct grant *row, const struct probe *probe) {
    switch (row->class) {
    case GRANT_FS:
        return row->effect == GRANT_DENY ? grant_segments_match(row->key, probe->text, true)
                                         : grant_path_beneath(row->key, probe->text);
    case GRANT_ENV:
        return row->effect == GRANT_DENY ? grant_prefix_match(row->key, probe->text)
                                         : text_equal(row->key, probe->text);
    case GRANT_STDIO: return grant_prefix_match(row->key, probe->text);
    case GRANT_ARGS:
        return row->effect != GRANT_DENY || text_equal(row->value, TEXT("*")) ||
               text_equal(row->value, probe->text);
    case GRANT_STORE: return grant_segments_match(row->key, probe->text, false);
    case GRANT_HOST:
        return text_equal(row->module, probe->module) &&
               (!row->functions.length || has_function(row->functions, probe->function)) &&
               grant_segments_match(row->key, or_none(probe->text), false);
    case GRANT_NET:
    case GRANT_CLASSES: break;
    }
    return false;
}

bool grant_check(const struct grant_set *set, enum grant_class class, enum grant_action action,
                 struct text resource, const struct grant **ret_row) {
    unsigned bit = (unsigned)action;
    struct verdict verdict = {0};
    struct probe probe;
    if (ret_row)
        *ret_row = NULL;
    if (class == GRANT_NET) /* a name is looked up by rows of other actions, too */
        return check_net(set, action, resource, ret_row);
    if (!(set->allowed[class] & bit))
        return false;
    if (!make_probe(class, resource, &probe))
        return false;
    for (size_t i = 0; i < set->count; i++) {
        const struct grant *row = &set->rows[i];
        if (row->class == class && (row->actions & bit) && row_matches(row, &probe) && !weigh(&verdict, row))
            break;
    }
    return tell(&verdict, ret_row);
}

/* Does a row that denies match an address of the network, or a name? */
static bool net_denies(const struct grant *row, struct text resource) {
    char normal[256];
    struct net_address address;
    struct grant_net_probe probe;
    if (row->actions & GRANT_RESOLVE) {
        size_t length = grant_name_normalise(resource, normal, sizeof(normal));
        if (length && grant_net_matches_name(row, (struct text){normal, length}))
            return true;
    }
    if (!net_address_read(resource, &address))
        return false;
    grant_net_probe(&probe, &address, (struct text){0});
    return grant_net_matches(row, &probe);
}

const struct grant *grant_denied(const struct grant_set *set, enum grant_class class, unsigned actions,
                                 struct text resource) {
    struct probe probe;
    if (!(set->denied[class] & actions) || (class != GRANT_NET && !make_probe(class, resource, &probe)))
        return NULL;
    for (size_t i = 0; i < set->count; i++) {
        const struct grant *row = &set->rows[i];
        if (row->class == class && row->effect == GRANT_DENY && (row->actions & actions) &&
            !grant_is_over(row) &&
            (class == GRANT_NET ? net_denies(row, resource) : row_matches(row, &probe)))
            return row;
    }
    return NULL;
}

const struct grant *grant_denied_beneath(const struct grant_set *set, enum grant_action action,
                                         struct text path) {
    if (!(set->denied[GRANT_FS] & (unsigned)action))
        return NULL;
    for (size_t i = 0; i < set->count; i++) {
        const struct grant *row = &set->rows[i];
        if (row->class == GRANT_FS && row->effect == GRANT_DENY && (row->actions & (unsigned)action) &&
            !grant_is_over(row) && grant_segments_meet(row->key, path))
            return row;
    }
    return NULL;
}

bool grant_set_beyond_default(const struct grant_set *set) {
    for (size_t i = 0; i < GRANT_CLASSES; i++)
        if (set->allowed[i])
            return true;
    return false;
}

bool grant_covered(const struct grant_set *holder, const struct grant *row) {
    for (size_t i = 0; i < holder->count; i++) {
        const struct grant *held = &holder->rows[i];
        if (held->class != row->class || held->effect != GRANT_ALLOW || (row->actions & ~held->actions))
            continue;
        if (row->class == GRANT_FS
                ? grant_path_beneath(held->value, row->value)
                : strcmp(held->pattern, row->pattern) == 0 && text_equal(held->module, row->module) &&
                      text_equal(held->functions, row->functions))
            return true;
    }
    return false;
}
