/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Install and remove as transactions over store and database.  The order of the steps is what makes them
 * whole after a crash (docs/catalog.md); the next start completes or undoes what was begun. Lives from the
 * verb's start to its end; the daemon's loop thread.
 */
#include "catalog/install.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/mem.h"

static const char *const state_names[INSTALL_STATES] = {
#define XX(name, text) [INSTALL_##name] = text,
    INSTALL_STATE_MAP(XX)
#undef XX
};

struct install {
    struct store *store; /* borrowed */
    struct state *db;    /* borrowed */
    enum install_state state;
    char *source;
    struct store_stage *stage;
    size_t manifests[MANIFEST_FILES]; /* index in the stage; 0 = none, as 0 is the binary */
    struct package_description *description;
    bool repair; /* the component is recorded, and its stored files are bad */
};

const char *install_state_name(enum install_state s) {
    return state_names[s];
}

enum install_state install_state(const struct install *install) {
    return install->state;
}

static int wrong_state(const struct install *install, const char *what, arcella_error **reterr) {
    return error_set(reterr, ARCELLA_E_STATE, "an install that is %s cannot %s", state_names[install->state],
                     what);
}

int install_new(struct store *store, struct state *state, const char *source, struct install **ret,
                arcella_error **reterr) {
    CLEANUP(install_free_ptr) struct install *install = mem_new(struct install);
    if (!install)
        return error_nomem(reterr);
    install->store = store;
    install->db = state;
    install->source = mem_text(source);
    if (!install->source)
        return error_nomem(reterr);
    int r = store_stage_new(store, &install->stage, reterr);
    if (r < 0)
        return r;
    *ret = TAKE(install);
    return 0;
}

struct install *install_free(struct install *install) {
    if (!install)
        return NULL;
    store_stage_free(install->stage);
    description_free(install->description);
    mem_free(install->source);
    mem_free(install);
    return NULL;
}

int install_add_binary(struct install *install, const char *name, int fd, arcella_error **reterr) {
    if (install->state != INSTALL_EMPTY)
        return wrong_state(install, "take a binary", reterr);
    /* The manifests keep their names, so the binary must have another. */
    for (unsigned file = 0; file < MANIFEST_FILES; file++)
        if (strcmp(name, manifest_file_name((enum manifest_file)file)) == 0)
            return error_set(reterr, ARCELLA_E_INVALID, "a binary cannot be called '%s'", name);
    int r = store_stage_add(install->stage, name, fd, LIMIT_WASM_BYTES, reterr);
    install->state = r < 0 ? INSTALL_FAILED : INSTALL_STAGED;
    return r;
}

int install_add_manifest(struct install *install, enum manifest_file file, int fd, arcella_error **reterr) {
    if (install->state != INSTALL_STAGED || install->manifests[file])
        return wrong_state(install, "take a manifest", reterr);
    int r = store_stage_add(install->stage, manifest_file_name(file), fd, LIMIT_MANIFEST_BYTES, reterr);
    if (r < 0) {
        install->state = INSTALL_FAILED;
        return r;
    }
    size_t at = 1;
    while (store_stage_file(install->stage, at + 1))
        at++;
    install->manifests[file] = at;
    return 0;
}

int install_binary_fd(const struct install *install) {
    return store_stage_fd(install->stage, 0);
}

int install_manifest_fd(const struct install *install, enum manifest_file file) {
    return install->manifests[file] ? store_stage_fd(install->stage, install->manifests[file]) : -1;
}

const struct digest *install_digest(const struct install *install) {
    const struct store_file *file = store_stage_file(install->stage, 0);
    return file ? &file->digest : NULL;
}

const struct package_description *install_description(const struct install *install) {
    return install->description;
}

const struct name_id *install_id(const struct install *install) {
    return install->description && install->description->has_id ? &install->description->id : NULL;
}

/* --- describing --- */

static int other_bytes(const struct install *install, const struct component_record *there,
                       arcella_error **reterr) {
    char old[DIGEST_TEXT], new[DIGEST_TEXT];
    digest_text(&there->digest, old);
    digest_text(install_digest(install), new);
    return error_set(reterr, ARCELLA_E_DIGEST,
                     "component '%s' is installed with other bytes: sha256 %s is there, %s is given",
                     there->id.text, old, new);
}

/* Equal bytes with another manifest: the one that is there stays, and that is said. */
static int compare_manifests(struct install *install, const struct store_record *there,
                             arcella_error **reterr) {
    for (unsigned file = 0; file < MANIFEST_FILES; file++) {
        const char *name = manifest_file_name((enum manifest_file)file);
        const struct store_file *mine =
            install->manifests[file] ? store_stage_file(install->stage, install->manifests[file]) : NULL;
        const struct store_file *theirs = NULL;
        for (size_t i = 1; i < there->file_count; i++)
            if (strcmp(there->files[i].name, name) == 0)
                theirs = &there->files[i];
        if (!mine && !theirs)
            continue;
        if (mine && theirs && digest_equal(&mine->digest, &theirs->digest))
            continue;
        int r = description_warn(
            install->description, reterr,
            "'%s' is installed already with another %s, which stays as it is; a change needs "
            "a new version",
            there->id.text, name);
        if (r < 0)
            return r;
    }
    return 0;
}

/* Is the id free, taken by equal bytes, or taken by others? */
static int compare_installed(struct install *install, arcella_error **reterr) {
    CLEANUP(component_record_free_ptr) struct component_record *there = NULL;
    CLEANUP(store_record_free_ptr) struct store_record *stored = NULL;
    ERROR_AUTO *error = NULL;
    const char *id = install->description->id.text;
    int r = state_component_get(install->db, id, &there, &error);
    if (r == ARCELLA_E_NOT_FOUND) {
        install->state = INSTALL_DESCRIBED;
        return 0;
    }
    if (r < 0)
        return error_move(reterr, TAKE(error));
    if (!digest_equal(&there->digest, install_digest(install)))
        return other_bytes(install, there, reterr);
    r = there->quarantine ? ARCELLA_E_CORRUPT : store_read(install->store, id, &stored, &error);
    if (r == ARCELLA_E_CORRUPT || r == ARCELLA_E_NOT_FOUND) {
        install->repair = true;
        install->state = INSTALL_DESCRIBED;
        return 0;
    }
    if (r < 0)
        return error_move(reterr, TAKE(error));
    r = compare_manifests(install, stored, reterr);
    if (r == 0)
        install->state = INSTALL_ALREADY;
    return r;
}

int install_describe(struct install *install, struct package_description *d, const char *wanted_id,
                     arcella_error **reterr) {
    if (install->state != INSTALL_STAGED) {
        description_free(d);
        return wrong_state(install, "be described", reterr);
    }
    description_free(install->description);
    install->description = d;
    int r = description_set_id(d, wanted_id, store_stage_file(install->stage, 0)->name, reterr);
    if (r == 0)
        r = compare_installed(install, reterr);
    if (r < 0)
        install->state = INSTALL_FAILED;
    return r;
}

/* --- committing --- */

static int record_component(struct install *install, uint64_t wall_ms, arcella_error **reterr) {
    const struct package_description *d = install->description;
    if (install->repair)
        return state_component_quarantine(install->db, d->id.text, NULL, reterr);
    const struct component_record record = {
        .id = d->id,
        .kind = d->kind,
        .digest = *install_digest(install),
        .size = store_stage_file(install->stage, 0)->size,
        .installed_ms = wall_ms,
        .source = install->source,
        .description = install->description,
    };
    return state_component_add(install->db, &record, reterr);
}

/* Take back what was published and could not be recorded; what cannot be taken back now is recorded at next
 * start. */
static void withdraw(struct install *install) {
    const char *id = install->description->id.text;
    if (store_hide(install->store, id, NULL) == 0)
        store_delete_hidden(install->store, id, NULL);
}

static int commit(struct install *install, arcella_error **reterr) {
    const char *id = install->description->id.text;
    uint64_t wall_ms = clock_wall_ns() / 1000000;
    /* What stands there and was not recorded as good goes first. A crash from here on leaves a component in
       quarantine as it was. */
    bool replace = install->repair || store_has(install->store, id);
    if (replace) {
        ERROR_AUTO *error = NULL;
        int r = store_hide(install->store, id, &error);
        if (r < 0 && r != ARCELLA_E_NOT_FOUND)
            return error_move(reterr, TAKE(error));
    }
    int r = store_stage_publish(install->stage, install->description, install->source, wall_ms, reterr);
    if (r < 0) {
        if (replace)
            store_unhide(install->store, id, NULL);
        return r;
    }
    r = record_component(install, wall_ms, reterr);
    if (r < 0) {
        if (!install->repair)
            withdraw(install);
        return r;
    }
    if (replace)
        store_delete_hidden(install->store, id, NULL);
    return 0;
}

int install_commit(struct install *install, arcella_error **reterr) {
    if (install->state == INSTALL_ALREADY)
        return 0;
    if (install->state != INSTALL_DESCRIBED)
        return wrong_state(install, "be committed", reterr);
    int r = commit(install, reterr);
    install->state = r < 0 ? INSTALL_FAILED : INSTALL_COMMITTED;
    return r < 0 ? error_wrap(reterr, r, "install '%s'", install->description->id.text) : 0;
}

/* --- removing --- */

int install_remove(struct store *store, struct state *state, struct cache *cache, const char *id,
                   arcella_error **reterr) {
    CLEANUP(component_record_free_ptr) struct component_record *record = NULL;
    ERROR_AUTO *error = NULL;
    int r = state_component_get(state, id, &record, reterr);
    if (r == 0)
        r = state_component_unused(state, id, reterr);
    if (r < 0)
        return r;
    /* Out of sight, then out of the database, then off the disk: until the second step all can be put back.
     */
    r = store_hide(store, id, &error);
    bool hidden = r == 0;
    if (r < 0 && r != ARCELLA_E_NOT_FOUND)
        return error_move(reterr, TAKE(error));
    r = state_component_remove(state, id, reterr);
    if (r < 0) {
        if (hidden)
            store_unhide(store, id, NULL);
        return r;
    }
    /* From here on it is removed; files that resist are removed at the next start. */
    if (hidden)
        store_delete_hidden(store, id, NULL);
    uint64_t others = 1;
    if (cache && state_component_count_digest(state, &record->digest, &others, NULL) == 0 && others == 0)
        cache_remove(cache, &record->digest);
    return 0;
}
