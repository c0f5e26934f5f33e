/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Code of a component's core modules: see the header. */
#include "daemon/parts.h"

#include "base/fd.h"

/* Compiles that one component has under way: the others may want some, too, and the queue is bounded. */
enum { PARTS_AT_ONCE = 8 };

void parts_done(struct parts *parts) {
    mem_free(parts->list);
    *parts = (struct parts){.list = NULL};
}

int parts_init(struct parts *parts, const struct package_description *d, arcella_error **reterr) {
    parts_done(parts);
    if (d->modules_unknown) {
        error_set(reterr, ARCELLA_E_STATE, "which core modules it has is not recorded");
        return error_hint(reterr, ARCELLA_E_STATE,
                          "remove it and install it again: an earlier release did not look into components");
    }
    parts->list = mem_array(d->modules_count + 1, sizeof(*parts->list));
    if (!parts->list)
        return error_nomem(reterr);
    for (size_t i = 0; i < d->modules_count; i++) {
        if (!d->modules[i].has_digest)
            return error_set(reterr, ARCELLA_E_STATE, "it is not known which bytes core module %zu has", i);
        size_t same = 0;
        while (same < i && !digest_equal(&d->modules[same].digest, &d->modules[i].digest))
            same++;
        parts->list[i] = (struct part){.module = d->modules[i], .same = same};
    }
    parts->count = d->modules_count;
    return 0;
}

int parts_find(struct daemon *daemon, struct parts *parts, bool fuel, arcella_error **reterr) {
    parts->missing = 0;
    for (size_t i = 0; i < parts->count; i++) {
        struct part *part = &parts->list[i];
        if (part->same != i) {
            text_copy(part->name, sizeof(part->name), parts->list[part->same].name);
            continue;
        }
        CLEANUP(code_file_done) struct code_file file = {.path = NULL};
        ERROR_AUTO *miss = NULL;
        int r = code_find(daemon, &part->module.digest, fuel, &file, &miss);
        if (r < 0 && r != ARCELLA_E_NOT_FOUND)
            return error_move(reterr, TAKE(miss));
        text_copy(part->name, sizeof(part->name), r == 0 ? file.name : "");
        parts->missing += r < 0;
    }
    return 0;
}

int parts_make(struct daemon *daemon, struct parts *parts, bool fuel, int wasm_fd, const char *name,
               code_done_fn *on_done, void *user, arcella_error **reterr) {
    for (size_t i = 0; i < parts->count && parts->waiting < PARTS_AT_ONCE; i++) {
        const struct part *part = &parts->list[i];
        if (part->same != i || *part->name)
            continue;
        FD_AUTO fd = -1;
        int r = code_slice(wasm_fd, &part->module, &fd, reterr);
        struct code_request request = {
            .module = part->module.digest, .fuel = fuel, .wasm_fd = fd, .name = name};
        if (r == 0)
            r = code_make(daemon, &request, on_done, user, reterr);
        if (r < 0) {
            code_forget(daemon, user);
            parts->waiting = 0;
            return r;
        }
        parts->waiting++;
    }
    return 0;
}

int parts_link(struct daemon *daemon, const struct parts *parts, bool fuel, struct worker *worker,
               arcella_error **reterr) {
    int r = 0;
    for (size_t i = 0; r == 0 && i < parts->count; i++)
        if (parts->list[i].same == i)
            r = code_link(daemon, &parts->list[i].module.digest, fuel, worker, reterr);
    return r;
}

void parts_discard(struct daemon *daemon, const struct parts *parts, struct worker *worker) {
    for (size_t i = 0; i < parts->count; i++) {
        if (parts->list[i].same != i)
            continue;
        code_discard(daemon, &parts->list[i].module.digest);
        if (worker && *parts->list[i].name)
            worker_remove_code(worker, parts->list[i].name);
    }
}
