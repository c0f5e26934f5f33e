/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* `arcella inspect FILE`: an intake process reads the package, and what it found is shown; nothing is
 * installed. */
#include <unistd.h>

#include "base/digest.h"
#include "base/fd.h"
#include "base/json.h"
#include "base/loop.h"
#include "base/mem.h"
#include "daemon/local.h"
#include "daemon/package.h"
#include "workers/jobs.h"

struct inspection {
    struct loop *loop;
    struct package_description *description;
    arcella_error *error;
    bool wit;
};

static void on_taken(const void *bytes, size_t length, const arcella_error *error, void *user) {
    struct inspection *inspection = user;
    if (error)
        inspection->error = error_copy(error);
    else if (description_decode(bytes, length, &inspection->description, &inspection->error) < 0)
        inspection->description = NULL;
    loop_stop(inspection->loop);
}

/* The package's files, all open. */
struct files {
    int dir;
    int binary;
    int manifests[MANIFEST_FILES];
    char name[256];
};

static void files_done(struct files *files) {
    fd_close(files->dir);
    fd_close(files->binary);
    for (int i = 0; i < MANIFEST_FILES; i++)
        fd_close(files->manifests[i]);
}

static int files_open(struct files *files, const char *path, arcella_error **reterr) {
    int r = package_open(path, &files->dir, &files->binary, files->name, sizeof(files->name), reterr);
    for (int i = 0; r == 0 && i < MANIFEST_FILES; i++) {
        ERROR_AUTO *absent = NULL;
        r = package_open_regular(files->dir, manifest_file_name((enum manifest_file)i), &files->manifests[i],
                                 &absent);
        if (r == ARCELLA_E_NOT_FOUND)
            r = 0;
        else if (r < 0)
            error_move(reterr, TAKE(absent));
    }
    return r;
}

static int take_in(struct inspection *inspection, const struct files *files, struct workers **ret,
                   arcella_error **reterr) {
    int r = loop_new(&inspection->loop, reterr);
    struct workers_config config = {.loop = inspection->loop, .levels = "warn", .jobs_max = 1};
    if (r == 0)
        r = worker_ids_find(NULL, true, &config.ids, reterr);
    if (r == 0)
        r = workers_new(&config, ret, reterr);
    if (r < 0)
        return r;
    struct workers_intake_request request = {
        .name = files->name,
        .wasm_fd = files->binary,
        .component_fd = files->manifests[MANIFEST_COMPONENT],
        .template_fd = files->manifests[MANIFEST_TEMPLATE],
        .legacy_fd = files->manifests[MANIFEST_LEGACY],
        .wit = inspection->wit,
    };
    r = workers_intake(*ret, &request, on_taken, inspection, NULL, reterr);
    if (r < 0)
        return r;
    loop_run(inspection->loop);
    if (inspection->error)
        return error_move(reterr, TAKE(inspection->error));
    return inspection->description ? 0 : error_set(reterr, ARCELLA_E_CANCELLED, "interrupted");
}

static int show(const struct cli_call *call, const struct files *files, struct package_description *d,
                arcella_error **reterr) {
    struct digest digest;
    struct stat st;
    char hex[DIGEST_TEXT];
    int r = digest_of_fd(files->binary, LIMIT_WASM_BYTES, &digest, reterr);
    if (r < 0)
        return r;
    digest_text(&digest, hex);
    r = description_settle_modules(d, files->binary, reterr);
    if (r < 0)
        return r;
    if (fstat(files->binary, &st) < 0)
        return error_set_errno(reterr, errno, "'%s'", files->name);
    JSON_AUTO *data = json_object();
    JSON_AUTO *one = json_object();
    bool ok = data && one;
    if (json_is_true(json_object_get(call->args, "permissions"))) {
        json_put_text(one, "component", d->has_id ? d->id.text : files->name, &ok);
        json_put(one, "requested", request_list_json(&d->requests, NULL), &ok);
        json_put(data, "permissions", TAKE(one), &ok);
        return ok ? cli_print(call, files->name, data) : error_nomem(reterr);
    }
    json_put_text(one, "file", files->name, &ok);
    json_put_text(one, "digest", hex, &ok);
    json_put(one, "size", json_integer(st.st_size), &ok);
    if (!package_put(one, d, false))
        ok = false;
    json_put(data, "component", TAKE(one), &ok);
    if (!ok)
        return error_nomem(reterr);
    return cli_print(call, files->name, data);
}

int local_inspect(const struct cli_call *call) {
    CLEANUP(files_done) struct files files = {.dir = -1, .binary = -1, .manifests = {-1, -1, -1}};
    struct inspection inspection = {.wit = json_is_true(json_object_get(call->args, "wit"))};
    struct workers *workers = NULL;
    ERROR_AUTO *error = NULL;
    const char *path = json_string_value(json_object_get(call->args, "file"));
    int r = path ? files_open(&files, path, &error)
                 : error_set(&error, ARCELLA_E_INVALID, "'inspect' needs a FILE");
    if (r == 0)
        r = take_in(&inspection, &files, &workers, &error);
    if (r == 0 && inspection.wit && inspection.description->kind != KIND_COMPONENT)
        r = error_set(&error, ARCELLA_E_KIND, "'%s' is no component, so it has no WIT", path);
    if (r == 0)
        r = show(call, &files, inspection.description, &error);
    workers_free(workers);
    loop_free(inspection.loop);
    description_free(inspection.description);
    arcella_error_free(inspection.error);
    if (r < 0) {
        cli_print_error(call, error);
        return CLI_EXIT_FAILED;
    }
    return r;
}
