/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The catalogue: its parts opened in order, and made to agree after whatever happened: a crash between two
 * steps, a damaged or lost database, files that were touched.  Owned by the daemon; its loop's thread.
 */
#include "catalog/catalog.h"

#include "base/mem.h"

/* What one recovery knows while it walks. */
struct recovery {
    struct catalog *catalog;
    struct text_list found; /* ids with a readable record */
    int result;             /* of the database; told by the walk's return */
    arcella_error **reterr;
};

static bool is_known(const char *id, void *user) {
    struct recovery *r = user;
    CLEANUP(component_record_free_ptr) struct component_record *record = NULL;
    /* Where the database cannot say, nothing is deleted. */
    return state_component_get(r->catalog->state, id, &record, NULL) != ARCELLA_E_NOT_FOUND;
}

/* Record a whole package that the database does not know: an install that was cut off, or a lost database. */
static int adopt(struct recovery *r, const struct store_record *stored, arcella_error **reterr) {
    char subject[LIMIT_ID_BYTES + 16];
    snprintf(subject, sizeof(subject), "modules/%s", stored->id.text);
    ERROR_AUTO *error = NULL;
    int result = store_verify(r->catalog->store, stored->id.text, &error);
    if (result == ARCELLA_E_CORRUPT) {
        problem_add(&r->catalog->problems, result, subject, "%s; it is not used",
                    arcella_error_message(error));
        return 0;
    }
    if (result < 0)
        return error_move(reterr, TAKE(error));
    const struct component_record record = {
        .id = stored->id,
        .kind = stored->description->kind,
        .digest = stored->files[0].digest,
        .size = stored->files[0].size,
        .installed_ms = stored->installed_ms,
        .source = stored->source,
        .description = stored->description,
    };
    return state_component_add(r->catalog->state, &record, reterr);
}

/* Is the record in the store the one the database knows? */
static int compare(struct recovery *r, const struct store_record *stored,
                   const struct component_record *known, arcella_error **reterr) {
    const char *id = stored->id.text;
    bool same = digest_equal(&stored->files[0].digest, &known->digest);
    if (same && !known->quarantine)
        return 0;
    if (!same)
        return state_component_quarantine(r->catalog->state, id, "its stored files have another digest",
                                          reterr);
    /* In quarantine, and the files may be good again (a restored backup, a disk that is back). */
    ERROR_AUTO *error = NULL;
    int result = store_verify(r->catalog->store, id, &error);
    if (result == 0)
        return state_component_quarantine(r->catalog->state, id, NULL, reterr);
    return result == ARCELLA_E_NOMEM ? error_move(reterr, TAKE(error)) : 0;
}

static int on_found(const struct store_record *stored, void *user, arcella_error **reterr) {
    struct recovery *r = user;
    CLEANUP(component_record_free_ptr) struct component_record *known = NULL;
    ERROR_AUTO *error = NULL;
    int result = text_list_add(&r->found, SIZE_MAX, stored->id.text, reterr);
    if (result < 0)
        return result;
    result = state_component_get(r->catalog->state, stored->id.text, &known, &error);
    if (result == ARCELLA_E_NOT_FOUND)
        return adopt(r, stored, reterr);
    return result < 0 ? error_move(reterr, TAKE(error)) : compare(r, stored, known, reterr);
}

/* Components whose files are gone or unreadable cannot be started: said, and kept for the day they come back.
 */
static int on_component(const struct component_record *record, void *user) {
    struct recovery *r = user;
    struct problems *problems = &r->catalog->problems;
    char subject[LIMIT_ID_BYTES + 16];
    snprintf(subject, sizeof(subject), "modules/%s", record->id.text);
    const char *reason = record->quarantine;
    if (!text_list_has(&r->found, record->id.text)) {
        reason = "its stored files are gone or damaged";
        if (!record->quarantine) {
            int result = state_component_quarantine(r->catalog->state, record->id.text, reason, r->reterr);
            if (result < 0)
                return result;
        }
    }
    if (reason)
        problem_add(problems, ARCELLA_E_CORRUPT, subject,
                    "component '%s' is in quarantine: %s; install the same bytes again to mend it",
                    record->id.text, reason);
    return 0;
}

/* Make store and database agree. */
static int reconcile(struct catalog *catalog, arcella_error **reterr) {
    struct recovery r = {.catalog = catalog, .reterr = reterr};
    int result = store_sweep(catalog->store, is_known, on_found, &r, &catalog->problems, reterr);
    if (result == 0)
        result = state_component_each(catalog->state, on_component, &r, reterr);
    text_list_done(&r.found);
    return result;
}

/* Reconcile; where the database turns out damaged only now, begin it anew and do it once more. */
static int settle(struct catalog *catalog, arcella_error **reterr) {
    ERROR_AUTO *error = NULL;
    int r = reconcile(catalog, &error);
    if (r != ARCELLA_E_CORRUPT)
        return r < 0 ? error_move(reterr, TAKE(error)) : 0;
    return catalog_recover(catalog, reterr);
}

static void open_cache(struct catalog *catalog, uint64_t entries_max, uint64_t bytes_max) {
    ERROR_AUTO *error = NULL;
    MEM_AUTO char *path = home_path(catalog->home->path, "cache");
    int r = path ? cache_open(path, entries_max, bytes_max, &catalog->cache, &error) : error_nomem(&error);
    if (r < 0)
        problem_add(&catalog->problems, r, "cache", "%s; programs are compiled at each start",
                    arcella_error_message(error));
    else
        cache_sweep(catalog->cache, &catalog->problems);
}

int catalog_open(struct home *home, uint64_t entries_max, uint64_t bytes_max, struct catalog **ret,
                 arcella_error **reterr) {
    CLEANUP(catalog_free_ptr) struct catalog *catalog = mem_new(struct catalog);
    if (!catalog)
        return error_nomem(reterr);
    catalog->home = home;
    MEM_AUTO char *state_dir = home_path(home->path, "state");
    if (!state_dir)
        return error_nomem(reterr);
    int r = state_open(state_dir, &catalog->state, &catalog->rebuilt, &catalog->problems, reterr);
    if (r == 0)
        r = store_open(home->dirs[HOME_MODULES], &catalog->store, reterr);
    if (r == 0)
        r = settle(catalog, reterr);
    if (r < 0)
        return r;
    open_cache(catalog, entries_max, bytes_max);
    *ret = TAKE(catalog);
    return 0;
}

struct catalog *catalog_free(struct catalog *catalog) {
    if (!catalog)
        return NULL;
    state_free(catalog->state);
    store_free(catalog->store);
    cache_free(catalog->cache);
    problems_done(&catalog->problems);
    mem_free(catalog);
    return NULL;
}

int catalog_recover(struct catalog *catalog, arcella_error **reterr) {
    bool rebuilt = false;
    int r = state_recover(catalog->state, &rebuilt, &catalog->problems, reterr);
    if (r < 0)
        return r;
    catalog->rebuilt |= rebuilt;
    return reconcile(catalog, reterr);
}

int catalog_open_binary(struct catalog *catalog, const struct component_record *record, int *ret_fd,
                        arcella_error **reterr) {
    const char *id = record->id.text;
    if (record->quarantine)
        return error_set(reterr, ARCELLA_E_CORRUPT, "component '%s' is in quarantine: %s", id,
                         record->quarantine);
    ERROR_AUTO *error = NULL;
    int r = store_open_binary(catalog->store, id, &record->digest, ret_fd, &error);
    if (r == 0)
        return 0;
    if (r != ARCELLA_E_CORRUPT && r != ARCELLA_E_NOT_FOUND)
        return error_move(reterr, TAKE(error));
    const char *reason = arcella_error_message(error);
    char subject[LIMIT_ID_BYTES + 16];
    snprintf(subject, sizeof(subject), "modules/%s", id);
    problem_add(&catalog->problems, ARCELLA_E_CORRUPT, subject,
                "component '%s' is in quarantine: %s; install the same bytes again to mend it", id, reason);
    r = state_component_quarantine(catalog->state, id, reason, NULL);
    if (r < 0)
        return error_set(reterr, ARCELLA_E_CORRUPT, "component '%s': %s", id, reason);
    return error_set(reterr, ARCELLA_E_CORRUPT, "component '%s' was put in quarantine: %s", id, reason);
}
