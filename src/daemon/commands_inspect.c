/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * inspect: what status shows and all that is known of the component.  A component's file is read anew by an
 * intake process: what of its imports the host provides depends on this release, and WIT is not kept.
 */
#include "base/fd.h"
#include "base/json.h"
#include "daemon/commands.h"
#include "daemon/figures.h"
#include "daemon/grants.h"
#include "workers/jobs.h"

struct inspect_job {
    struct inspect_job *next;
    struct daemon *daemon;
    struct call *call;
    struct worker_job *job;
};

static struct call *take(struct inspect_job *job) {
    struct inspect_job **at = &job->daemon->inspect_jobs;
    while (*at != job)
        at = &(*at)->next;
    *at = job->next;
    struct call *call = job->call;
    mem_free(job);
    return call;
}

void inspect_done(struct daemon *daemon) {
    while (daemon->inspect_jobs) {
        if (daemon->inspect_jobs->job)
            worker_job_cancel(daemon->inspect_jobs->job);
        take(daemon->inspect_jobs);
    }
}

static void on_taken(const void *bytes, size_t length, const arcella_error *error, void *user) {
    struct call *call = take(user);
    CLEANUP(description_free_ptr) struct package_description *description = NULL;
    arcella_error *failed = error ? error_copy(error) : NULL;
    int r = error ? arcella_error_code(error) : description_decode(bytes, length, &description, &failed);
    if (r < 0)
        call_fail(call, failed, NULL);
    else
        show_target(call, true, &description);
}

static int take_in(struct call *call, const struct component_record *component, arcella_error **reterr) {
    struct daemon *daemon = call->daemon;
    FD_AUTO fd = -1;
    int r = catalog_open_binary(daemon->catalog, component, &fd, reterr);
    if (r < 0)
        return r;
    struct inspect_job *job = mem_new(struct inspect_job);
    if (!job)
        return error_nomem(reterr);
    *job = (struct inspect_job){.next = daemon->inspect_jobs, .daemon = daemon, .call = call};
    daemon->inspect_jobs = job;
    struct workers_intake_request request = {
        .name = component->id.text,
        .wasm_fd = fd,
        .component_fd = -1,
        .template_fd = -1,
        .legacy_fd = -1,
        .timeout_ms = config_number(daemon->config, CONFIG_INTAKE_TIMEOUT),
        .wit = alme_bool(&call->request, "wit"),
    };
    r = workers_intake(daemon->workers, &request, on_taken, job, &job->job, reterr);
    if (r < 0)
        take(job);
    return r;
}

static void show_permissions(struct call *call, const struct target *target) {
    JSON_AUTO *data = json_object();
    bool ok = data != NULL;
    json_put(data, "permissions", grants_permissions(call->daemon, target->component, target->deployment),
             &ok);
    if (ok)
        call_reply(call, TAKE(data), "permissions of %s", alme_text(&call->request, "target"));
    else
        call_fail(call, NULL, NULL);
}

static void inspect_one(struct call *call) {
    CLEANUP(target_done) struct target target;
    arcella_error *error = NULL;
    int r = target_find(call->daemon, alme_text(&call->request, "target"), &target, &error);
    if (r == 0 && alme_bool(&call->request, "permissions")) {
        show_permissions(call, &target);
        return;
    }
    bool wit = alme_bool(&call->request, "wit");
    if (r == 0 && wit && !target.component)
        r = state_component_get(call->daemon->catalog->state, target.deployment->record->component.text,
                                &target.component, &error);
    const struct component_record *component = r == 0 ? target.component : NULL;
    if (component && component->kind == KIND_COMPONENT && !component->quarantine)
        r = take_in(call, component, &error);
    else if (r == 0 && wit)
        r = error_set(&error, ARCELLA_E_KIND, "'%s' is no component, so it has no WIT",
                      alme_text(&call->request, "target"));
    else if (r == 0) {
        show_target(call, true, NULL);
        return;
    }
    if (r < 0) {
        daemon_mend(call->daemon, r);
        call_fail(call, error, NULL);
    }
}

void command_inspect(struct call *call) {
    figures_ask(call, inspect_one);
}
