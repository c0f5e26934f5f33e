/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Policy sets: defaults, layers, JSON, and the two rules worked out from them: placement and group.
 * A set is owned by whoever embeds it; one thread.
 */
#include "catalog/policy.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "catalog/grant.h"
#include "catalog/name.h"

static const struct policy_row rows[POLICY_KEYS] = {
#define XX(name_, key_, type_, by_, value_, least_, most_, help_)                                            \
    [POLICY_##name_##_KEY] = {                                                                               \
        .key = (key_),                                                                                       \
        .type = POLICY_##type_,                                                                              \
        .by_template = POLICY_##by_,                                                                         \
        .value = (value_),                                                                                   \
        .least = (least_),                                                                                   \
        .most = (most_),                                                                                     \
        .help = (help_),                                                                                     \
    },
    POLICY_MAP(XX)
#undef XX
};

static const char *const origin_names[] = {
#define XX(name, text) [ORIGIN_##name] = text,
    POLICY_ORIGIN_MAP(XX)
#undef XX
};

const struct policy_row *policy_row(enum policy_key key) {
    return &rows[key];
}

bool policy_find(const char *name, enum policy_key *ret) {
    for (unsigned key = 0; key < POLICY_KEYS; key++)
        if (strcmp(rows[key].key, name) == 0) {
            *ret = (enum policy_key)key;
            return true;
        }
    return false;
}

const char *policy_origin_name(enum policy_origin origin) {
    return origin_names[origin];
}

static bool is_text(enum policy_key key) {
    return rows[key].type == POLICY_NAME || rows[key].type == POLICY_TEXT;
}

void policy_done(struct policy *policy) {
    for (unsigned key = 0; key < POLICY_KEYS; key++)
        mem_free(policy->values[key].text);
    *policy = (struct policy){0};
}

void policy_defaults(struct policy *policy) {
    for (unsigned key = 0; key < POLICY_KEYS; key++) {
        struct policy_value *value = &policy->values[key];
        mem_free(value->text);
        *value = (struct policy_value){.set = true, .origin = ORIGIN_DEFAULT, .number = rows[key].value};
    }
}

int policy_overlay(struct policy *policy, const struct policy *over, arcella_error **reterr) {
    for (unsigned key = 0; key < POLICY_KEYS; key++) {
        const struct policy_value *from = &over->values[key];
        if (!from->set)
            continue;
        char *text = from->text ? mem_text(from->text) : NULL;
        if (from->text && !text)
            return error_nomem(reterr);
        mem_free(policy->values[key].text);
        policy->values[key] = *from;
        policy->values[key].text = text;
    }
    return 0;
}

int policy_copy(struct policy *to, const struct policy *from, arcella_error **reterr) {
    return policy_overlay(to, from, reterr);
}

static uint64_t program_budget(const struct policy *policy, enum policy_key key, bool program) {
    const struct policy_value *value = &policy->values[key];
    if (!value->set || (program && value->origin == ORIGIN_DEFAULT))
        return 0;
    return value->number;
}

uint64_t policy_wall_ms(const struct policy *policy, bool program) {
    return program_budget(policy, POLICY_TIMEOUT_KEY, program);
}

uint64_t policy_cpu_ms(const struct policy *policy, bool program) {
    return program_budget(policy, POLICY_CPU_TIME_KEY, program);
}

/* --- JSON --- */

static json_t *value_json(const struct policy *policy, enum policy_key key) {
    char text[512];
    policy_format(policy, key, text, sizeof(text));
    json_t *object = json_object();
    bool ok = object != NULL;
    const struct policy_value *value = &policy->values[key];
    switch (rows[key].type) {
    case POLICY_BOOL: json_put(object, "value", json_boolean(value->number), &ok); break;
    case POLICY_CHOICE:
    case POLICY_NAME:
    case POLICY_TEXT: json_put_text(object, "value", text, &ok); break;
    case POLICY_SIZE:
    case POLICY_STACK:
    case POLICY_DURATION:
    case POLICY_COUNT: json_put(object, "value", json_integer((json_int_t)value->number), &ok); break;
    }
    json_put_text(object, "text", text, &ok);
    json_put_text(object, "origin", origin_names[value->origin], &ok);
    if (!ok) {
        json_decref(object);
        return NULL;
    }
    return object;
}

json_t *policy_json(const struct policy *policy) {
    json_t *object = json_object();
    bool ok = object != NULL;
    for (unsigned key = 0; key < POLICY_KEYS; key++)
        if (policy->values[key].set)
            json_put(object, rows[key].key, value_json(policy, (enum policy_key)key), &ok);
    if (!ok) {
        json_decref(object);
        return NULL;
    }
    return object;
}

static int value_from_json(struct policy *to, enum policy_key key, const json_t *member,
                           arcella_error **reterr) {
    const char *origin_text = json_string_value(json_object_get(member, "origin"));
    unsigned origin = 0;
    while (origin < POLICY_ORIGINS && strcmp(origin_text ? origin_text : "", origin_names[origin]) != 0)
        origin++;
    if (origin == POLICY_ORIGINS)
        return error_set(reterr, ARCELLA_E_CORRUPT, "%s has no origin", rows[key].key);
    const json_t *value = json_object_get(member, "value");
    struct policy_value *slot = &to->values[key];
    /* What no person set is not held to what a person may set: "" and the group `main`. */
    if (is_text(key) && (origin == ORIGIN_DEFAULT || origin == ORIGIN_RULE)) {
        const char *text = json_string_value(value);
        if (!text || strlen(text) > rows[key].most)
            return error_set(reterr, ARCELLA_E_CORRUPT, "%s is no text", rows[key].key);
        char *copy = *text ? mem_text(text) : NULL;
        if (*text && !copy)
            return error_nomem(reterr);
        mem_free(slot->text);
        *slot = (struct policy_value){.set = true, .origin = (enum policy_origin)origin, .text = copy};
        return 0;
    }
    int r = policy_set_json(to, key, value, (enum policy_origin)origin, reterr);
    if (r == ARCELLA_E_INVALID)
        return error_set(reterr, ARCELLA_E_CORRUPT, "%s has a value that is not allowed", rows[key].key);
    return r;
}

int policy_from_json(const json_t *value, struct policy *to, arcella_error **reterr) {
    if (!json_is_object(value))
        return error_set(reterr, ARCELLA_E_CORRUPT, "a policy is no object");
    for (unsigned key = 0; key < POLICY_KEYS; key++) {
        const json_t *member = json_object_get(value, rows[key].key);
        if (!member)
            continue;
        int r = value_from_json(to, (enum policy_key)key, member, reterr);
        if (r < 0)
            return r;
    }
    return 0;
}

/* --- rules --- */

int policy_placement(enum policy_isolation isolation, bool trusted, bool async, bool *ret_main,
                     arcella_error **reterr) {
    if (isolation == ISOLATION_WORKER) {
        *ret_main = false;
        return 0;
    }
    if (!trusted)
        return error_set(reterr, ARCELLA_E_PLACEMENT,
                         "isolation = \"main\" needs trusted = true: only trusted code runs in the daemon");
    if (!async)
        return error_set(reterr, ARCELLA_E_PLACEMENT,
                         "isolation = \"main\" needs async = true: what blocks would hold the daemon up");
    *ret_main = true;
    return 0;
}

/* Does it need more than a worker with the default settings shared with strangers? */
static bool beyond_default(const struct policy *policy, const struct grant_set *grants) {
    return policy_number(policy, POLICY_TRUSTED_KEY) || policy_number(policy, POLICY_FUEL_KEY) ||
           policy_number(policy, POLICY_STACK_KEY) != DEFAULT_STACK_BYTES || grant_set_beyond_default(grants);
}

int policy_settle_group(struct policy *policy, const struct grant_set *grants, const char *deployment,
                        const char *suggested, arcella_error **reterr) {
    struct policy_value *slot = &policy->values[POLICY_GROUP_KEY];
    if (slot->set && slot->text && slot->text[0])
        return name_check(NAME_GROUP, slot->text, reterr);
    bool in_main = false;
    int r = policy_placement((enum policy_isolation)policy_number(policy, POLICY_ISOLATION_KEY),
                             policy_number(policy, POLICY_TRUSTED_KEY),
                             policy_number(policy, POLICY_ASYNC_KEY), &in_main, NULL);
    const char *group = NAME_GROUP_DEFAULT;
    enum policy_origin origin = ORIGIN_RULE;
    if (r == 0 && in_main) {
        group = NAME_GROUP_MAIN;
    } else if (beyond_default(policy, grants)) {
        /* The group is the boundary against native code, so what holds more is alone in it, whatever the
           package suggests. */
        r = name_check(NAME_DEPLOYMENT, deployment, reterr);
        if (r < 0)
            return r;
        group = deployment;
    } else if (suggested && suggested[0]) {
        r = name_check(NAME_GROUP, suggested, reterr);
        if (r < 0)
            return r;
        group = suggested;
        origin = ORIGIN_TEMPLATE;
    }
    char *copy = mem_text(group);
    if (!copy)
        return error_nomem(reterr);
    mem_free(slot->text);
    *slot = (struct policy_value){.set = true, .origin = origin, .text = copy};
    return 0;
}
