/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Names of roles and features, and the report of what a kernel lacks.  Static tables; any thread.
 */
#include "sandbox/sandbox.h"

static const char *const role_names[] = {
#define XX(id, name) [SANDBOX_##id] = name,
    SANDBOX_ROLE_MAP(XX)
#undef XX
};

static const struct {
    const char *name;
    const char *use;
} features[] = {
#define XX(id, name, use) [SANDBOX_FEATURE_##id] = {name, use},
    SANDBOX_FEATURE_MAP(XX)
#undef XX
};

bool sandbox_role_find(const char *name, enum sandbox_role_id *ret) {
    for (unsigned i = 0; i < SANDBOX_ROLES; i++)
        if (!strcmp(role_names[i], name)) {
            *ret = (enum sandbox_role_id)i;
            return true;
        }
    return false;
}

const char *sandbox_role_name(enum sandbox_role_id id) {
    return (unsigned)id < SANDBOX_ROLES ? role_names[id] : "?";
}

const char *sandbox_feature_name(enum sandbox_feature feature) {
    return (unsigned)feature < SANDBOX_FEATURES ? features[feature].name : "?";
}

const char *sandbox_feature_use(enum sandbox_feature feature) {
    return (unsigned)feature < SANDBOX_FEATURES ? features[feature].use : "?";
}

size_t sandbox_missing_names(const struct sandbox_report *report, const char *names[SANDBOX_FEATURES]) {
    size_t count = 0;
    for (unsigned i = 0; i < SANDBOX_FEATURES; i++)
        if (report->missing[i])
            names[count++] = features[i].name;
    return count;
}
