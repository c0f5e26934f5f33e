/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * install: from a path to a component in the catalogue, by way of an intake and a compile process.
 *
 *   open ─▶ stage ─▶ intake ─▶ described ─▶ compile ─▶ commit
 *
 * The daemon copies bytes and takes their digest; it parses none of them.  A job belongs to its call; if the
 * client leaves altogether (Ctrl-C) nothing is installed, if it only has nothing more to send (a request by
 * pipe) the install goes on.  Loop's thread.
 */
#include "base/fd.h"
#include "base/json.h"
#include "daemon/code.h"
#include "daemon/commands.h"
#include "daemon/events.h"
#include "daemon/package.h"
#include "daemon/parts.h"

struct install_job {
    struct install_job *next;
    struct daemon *daemon;
    struct call *call;
    struct install *install;
    struct worker_job *intake;
    char *path;         /* as the client gave it */
    char *name;         /* of the binary's file */
    bool gone;          /* nobody wants it any more */
    struct parts parts; /* of a component */
};

static void job_free(struct install_job *job) {
    struct install_job **at = &job->daemon->install_jobs;
    while (*at && *at != job)
        at = &(*at)->next;
    if (*at)
        *at = job->next;
    if (job->intake)
        worker_job_cancel(job->intake);
    code_forget(job->daemon, job);
    parts_done(&job->parts);
    install_free(job->install);
    mem_free(job->path);
    mem_free(job->name);
    mem_free(job);
}

static void job_fail(struct install_job *job, arcella_error *error) {
    struct call *call = job->call;
    struct log_about about = {.unit = LOG_INTAKE, .error = error};
    BUFFER_AUTO path = BUFFER_INIT(4 * LIMIT_PATH_BYTES);
    int r = text_add_logfmt(&path, job->path, strlen(job->path), LIMIT_PATH_BYTES, NULL);
    log_event(LOG_INFO, &about, "install failed", "path=%s", r == 0 ? path.data : "\"\"");
    daemon_mend(job->daemon, arcella_error_code(error));
    job_free(job);
    call_fail(call, error, NULL);
}

/* Give up what nobody wants: from the loop, as a client may be lost while one of these is at work. */
static void sweep(void *user) {
    struct daemon *daemon = user;
    for (struct install_job *job = daemon->install_jobs, *next; job; job = next) {
        next = job->next;
        if (!job->gone)
            continue;
        arcella_error *error = NULL;
        error_set(&error, ARCELLA_E_CANCELLED, "its client has left");
        job_fail(job, error);
    }
}

static void on_gone(struct call *call) {
    struct daemon *daemon = call->daemon;
    for (struct install_job *job = daemon->install_jobs; job; job = job->next)
        if (job->call == call) {
            /* Without memory to say so it is installed, which is no harm. */
            job->gone = loop_defer(daemon->loop, sweep, daemon, NULL) == 0;
            return;
        }
}

/* --- what is installed --- */

/* What its maker should know, and its user. */
static json_t *warnings_of(const struct package_description *d) {
    char missing[1024];
    JSON_AUTO *list = text_list_json(&d->warnings);
    if (d->kind != KIND_COMPONENT || !list)
        return TAKE(list);
    package_missing(d, missing, sizeof(missing));
    if (*missing &&
        json_array_append_new(list, json_sprintf("of what it imports nobody provides %s", missing)) < 0)
        return NULL;
    return TAKE(list);
}

static json_t *reply_data(struct install_job *job, bool already) {
    const struct package_description *d = install_description(job->install);
    char hex[DIGEST_TEXT];
    digest_text(install_digest(job->install), hex);
    struct stat st;
    JSON_AUTO *data = json_object();
    bool ok = data != NULL;
    json_put_text(data, "id", install_id(job->install)->text, &ok);
    json_put_text(data, "kind", component_kind_name(d->kind), &ok);
    json_put_text(data, "digest", hex, &ok);
    CLEANUP(component_record_free_ptr) struct component_record *record = NULL;
    uint64_t size = 0;
    if (state_component_get(job->daemon->catalog->state, install_id(job->install)->text, &record, NULL) == 0)
        size = record->size;
    else if (install_binary_fd(job->install) >= 0 && fstat(install_binary_fd(job->install), &st) == 0)
        size = (uint64_t)st.st_size;
    json_put(data, "size", json_integer((json_int_t)size), &ok);
    json_put(data, "already", json_boolean(already), &ok);
    json_put(data, "requests", request_list_json(&d->requests, NULL), &ok);
    json_put(data, "warnings", warnings_of(d), &ok);
    return ok ? TAKE(data) : NULL;
}

static void commit(struct install_job *job) {
    struct daemon *daemon = job->daemon;
    arcella_error *error = NULL;
    int r = install_commit(job->install, &error);
    if (r < 0) {
        job_fail(job, error);
        return;
    }
    bool already = install_state(job->install) == INSTALL_ALREADY;
    const char *id = install_id(job->install)->text;
    const struct package_description *d = install_description(job->install);
    struct log_about about = {.unit = LOG_CATALOG, .component = id};
    for (size_t i = 0; i < d->warnings.count; i++)
        log_text(LOG_INFO, &about, d->warnings.items[i], strlen(d->warnings.items[i]));
    log_event(LOG_INFO, &about, already ? "installed already" : "installed", "kind=%s",
              component_kind_name(d->kind));
    if (!already)
        events_tell(
            daemon,
            &(struct event){
                .kind = "component", .id = id, .from = "none", .to = "installed", .reason = "install"});
    json_t *data = reply_data(job, already);
    struct call *call = job->call;
    char name[LIMIT_ID_BYTES + 1];
    text_copy(name, sizeof(name), id);
    job_free(job);
    if (data)
        call_reply(call, data, already ? "%s was installed already" : "%s is installed", name);
    else
        call_fail(call, NULL, NULL);
}

/* --- compile --- */

static void compile_parts(struct install_job *job);

static void on_code(void *user, const arcella_error *error) {
    struct install_job *job = user;
    int code = arcella_error_code(error);
    if (error && code != ARCELLA_E_DENIED) {
        job_fail(job, error_copy(error));
        return;
    }
    if (job->parts.waiting && --job->parts.waiting == 0 && error)
        job->parts.missing = 0; /* the cache may not be written: no use to go on */
    if (job->parts.waiting)
        return;
    if (job->parts.missing)
        compile_parts(job);
    else
        commit(job); /* where the cache may not be written, code is made again at each start */
}

/* The code of each core module of a component. */
static void compile_parts(struct install_job *job) {
    struct daemon *daemon = job->daemon;
    arcella_error *error = NULL;
    size_t before = job->parts.count ? job->parts.missing : SIZE_MAX;
    int r = 0;
    if (!job->parts.count)
        r = parts_init(&job->parts, install_description(job->install), &error);
    if (r == 0)
        r = parts_find(daemon, &job->parts, false, &error);
    if (r == 0 && (job->parts.missing == 0 || job->parts.missing >= before)) {
        commit(job); /* what does not stay in the cache is made again at each start */
        return;
    }
    if (r == 0) {
        call_progress(job->call, "compile", "compiling %s: %zu core modules", job->name, job->parts.missing);
        r = parts_make(daemon, &job->parts, false, install_binary_fd(job->install),
                       install_id(job->install)->text, on_code, job, &error);
    }
    if (r < 0)
        job_fail(job, error);
}

static void compile(struct install_job *job) {
    struct daemon *daemon = job->daemon;
    const struct package_description *d = install_description(job->install);
    const struct digest *digest = install_digest(job->install);
    struct code_file file = {0};
    if (install_state(job->install) == INSTALL_ALREADY || (d->kind == KIND_COMPONENT && !d->modules_count)) {
        commit(job);
        return;
    }
    if (d->kind == KIND_COMPONENT) {
        compile_parts(job);
        return;
    }
    int found = code_find(daemon, digest, false, &file, NULL);
    code_file_done(&file);
    if (found == 0) {
        commit(job);
        return;
    }
    call_progress(job->call, "compile", "compiling %s", job->name);
    struct code_request request = {.module = *digest,
                                   .fuel = false,
                                   .wasm_fd = install_binary_fd(job->install),
                                   .name = install_id(job->install)->text};
    arcella_error *error = NULL;
    if (code_make(daemon, &request, on_code, job, &error) < 0)
        job_fail(job, error);
}

/* --- intake --- */

static void on_taken(const void *bytes, size_t length, const arcella_error *error, void *user) {
    struct install_job *job = user;
    job->intake = NULL;
    if (error) {
        job_fail(job, error_copy(error));
        return;
    }
    struct package_description *description = NULL;
    arcella_error *failed = NULL;
    int r = description_decode(bytes, length, &description, &failed);
    if (r == 0)
        r = description_settle_modules(description, install_binary_fd(job->install), &failed);
    if (r < 0)
        error_wrap(&failed, r, "what the intake process says of '%s'", job->name);
    if (r < 0)
        description_free(description);
    else
        r = install_describe(job->install, description, alme_text(&job->call->request, "id"), &failed);
    if (r < 0)
        job_fail(job, failed);
    else
        compile(job);
}

static int take_in(struct install_job *job, arcella_error **reterr) {
    struct workers_intake_request request = {
        .name = job->name,
        .wasm_fd = install_binary_fd(job->install),
        .component_fd = install_manifest_fd(job->install, MANIFEST_COMPONENT),
        .template_fd = install_manifest_fd(job->install, MANIFEST_TEMPLATE),
        .legacy_fd = install_manifest_fd(job->install, MANIFEST_LEGACY),
        .timeout_ms = config_number(job->daemon->config, CONFIG_INTAKE_TIMEOUT),
    };
    return workers_intake(job->daemon->workers, &request, on_taken, job, &job->intake, reterr);
}

/* --- files --- */

static int stage(struct install_job *job, arcella_error **reterr) {
    FD_AUTO dir = -1;
    FD_AUTO binary = -1;
    char name[256];
    int r = package_open(job->path, &dir, &binary, name, sizeof(name), reterr);
    if (r < 0)
        return r;
    job->name = mem_text(name);
    if (!job->name)
        return error_nomem(reterr);
    r = install_new(job->daemon->catalog->store, job->daemon->catalog->state, job->path, &job->install,
                    reterr);
    if (r == 0)
        r = install_add_binary(job->install, name, binary, reterr);
    if (r == ARCELLA_E_TOO_LARGE)
        error_hint(reterr, r, "a binary may have at most %llu MiB", LIMIT_WASM_BYTES / MIB);
    for (int i = 0; r == 0 && i < MANIFEST_FILES; i++) {
        FD_AUTO fd = -1;
        ERROR_AUTO *absent = NULL;
        r = package_open_regular(dir, manifest_file_name((enum manifest_file)i), &fd, &absent);
        if (r == ARCELLA_E_NOT_FOUND) {
            r = 0;
            continue;
        }
        r = r < 0 ? error_move(reterr, TAKE(absent))
                  : install_add_manifest(job->install, (enum manifest_file)i, fd, reterr);
    }
    return r;
}

void command_install(struct call *call) {
    struct daemon *daemon = call->daemon;
    const char *path = alme_text(&call->request, "path");
    struct install_job *job = mem_new(struct install_job);
    if (!job) {
        call_fail(call, NULL, NULL);
        return;
    }
    job->daemon = daemon;
    job->call = call;
    call->on_gone = on_gone;
    job->next = daemon->install_jobs;
    daemon->install_jobs = job;
    job->path = mem_text(path);
    arcella_error *error = NULL;
    int r = !job->path     ? error_nomem(&error)
            : *path != '/' ? error_set(&error, ARCELLA_E_INVALID, "'%s' is not an absolute path", path)
                           : stage(job, &error);
    if (r == 0) {
        call_progress(call, "intake", "reading %s", job->name);
        r = take_in(job, &error);
    }
    if (r < 0) {
        if (job->path)
            job_fail(job, error);
        else {
            job_free(job);
            call_fail(call, error, NULL);
        }
    }
}

void installer_done(struct daemon *daemon) {
    while (daemon->install_jobs)
        job_free(daemon->install_jobs);
}

/* --- remove --- */

void command_remove(struct call *call) {
    struct daemon *daemon = call->daemon;
    CLEANUP(component_record_free_ptr) struct component_record *record = NULL;
    arcella_error *error = NULL;
    int r = state_component_find(daemon->catalog->state, alme_text(&call->request, "target"), NAME_ONLY,
                                 &record, &error);
    if (r == 0)
        r = install_remove(daemon->catalog->store, daemon->catalog->state, daemon->catalog->cache,
                           record->id.text, &error);
    if (r < 0) {
        daemon_mend(daemon, r);
        call_fail(call, error, NULL);
        return;
    }
    code_removed(daemon, &record->digest);
    char hex[DIGEST_TEXT];
    digest_text(&record->digest, hex);
    struct log_about about = {.unit = LOG_CATALOG, .component = record->id.text};
    log_event(LOG_INFO, &about, "removed", "digest=%s", hex);
    events_tell(daemon, &(struct event){.kind = "component",
                                        .id = record->id.text,
                                        .from = "installed",
                                        .to = "none",
                                        .reason = "remove"});
    JSON_AUTO *data = json_object();
    bool ok = data != NULL;
    json_put_text(data, "id", record->id.text, &ok);
    json_put_text(data, "digest", hex, &ok);
    json_put(data, "freed_bytes", json_integer((json_int_t)record->size), &ok);
    if (ok)
        call_reply(call, TAKE(data), "%s is removed", record->id.text);
    else
        call_fail(call, NULL, NULL);
}
