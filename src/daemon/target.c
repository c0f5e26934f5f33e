/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Whom a person means: a deployment's id, a component as name@version or name, an instance as
 * deployment/number. */
#include "daemon/commands.h"

void target_done(struct target *target) {
    component_record_free(target->component);
    memset(target, 0, sizeof(*target));
}

/* Deployments of a component id, or of any version of a name. */
static int find_deployment_of(struct daemon *daemon, const char *text, struct deployment **ret,
                              arcella_error **reterr) {
    BUFFER_AUTO candidates = BUFFER_INIT(2048);
    struct deployment *deployment, *next, *found = NULL;
    size_t count = 0;
    HASH_ITER(hh, daemon->model.deployments, deployment, next) {
        const struct name_id *component = &deployment->record->component;
        if (strcmp(component->text, text) != 0 && strcmp(component->name, text) != 0)
            continue;
        found = deployment;
        if (buffer_format(&candidates, NULL, "%s'%s' (of %s)", count ? ", " : "", deployment->record->id,
                          component->text) < 0)
            break;
        count++;
    }
    if (count > 1)
        return error_set(reterr, ARCELLA_E_AMBIGUOUS, "'%s' has several deployments: %s", text,
                         candidates.data);
    *ret = found;
    return 0;
}

/* Is it written as an instance is, "deployment/number"? */
static bool is_address(const char *text) {
    const char *slash = strrchr(text, '/');
    return slash && slash > text && slash[1] && strspn(slash + 1, "0123456789") == strlen(slash + 1);
}

int target_find(struct daemon *daemon, const char *text, struct target *ret, arcella_error **reterr) {
    memset(ret, 0, sizeof(*ret));
    ret->deployment = model_deployment(daemon, text);
    if (ret->deployment)
        return 0;
    ret->instance = model_address(daemon, text);
    if (ret->instance) {
        ret->deployment = ret->instance->deployment;
        return 0;
    }
    if (is_address(text))
        return error_set(reterr, ARCELLA_E_NOT_FOUND, "no instance '%s'", text);
    int r = find_deployment_of(daemon, text, &ret->deployment, reterr);
    if (r < 0)
        return r;
    r = state_component_find(daemon->catalog->state, text, NAME_LATEST, &ret->component, reterr);
    if (r == ARCELLA_E_NOT_FOUND && ret->deployment) {
        r = 0; /* its component is lost, it is not */
        if (reterr) {
            arcella_error_free(*reterr);
            *reterr = NULL;
        }
    }
    return r;
}
