/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Components in the state database.  One transaction per function; the daemon's loop thread. */
#include "base/json.h"
#include "base/mem.h"
#include "catalog/state_internal.h"

struct component_record *component_record_free(struct component_record *record) {
    if (!record)
        return NULL;
    mem_free(record->source);
    mem_free(record->quarantine);
    description_free(record->description);
    mem_free(record);
    return NULL;
}

json_t *component_record_json(const struct component_record *record, bool brief) {
    char hex[DIGEST_TEXT];
    digest_text(&record->digest, hex);
    json_t *object = json_object();
    bool ok = object != NULL;
    json_put_text(object, "id", record->id.text, &ok);
    json_put_text(object, "state", record->quarantine ? "quarantined" : "installed", &ok);
    if (record->quarantine)
        json_put_text(object, "reason", record->quarantine, &ok);
    json_put_text(object, "digest", hex, &ok);
    json_put(object, "size", json_integer((json_int_t)record->size), &ok);
    json_put(object, "installed_ms", json_integer((json_int_t)record->installed_ms), &ok);
    json_put_text(object, "source", record->source, &ok);
    json_t *description = description_json(record->description, brief);
    if (!description || json_object_update_missing(object, description) < 0)
        ok = false;
    json_decref(description);
    if (!ok) {
        json_decref(object);
        return NULL;
    }
    return object;
}

int state_component_add(struct state *state, const struct component_record *record, arcella_error **reterr) {
    BUFFER_AUTO description = BUFFER_INIT(LIMIT_DESCRIPTION_BYTES);
    int r = description_encode(record->description, &description, reterr);
    sqlite3_stmt *s = NULL;
    if (r == 0)
        r = state_prepare(state, STATE_COMPONENT_ADD, &s, reterr);
    if (r < 0)
        return r;
    state_bind_text(state, s, 1, record->id.text);
    state_bind_text(state, s, 2, record->id.name);
    state_bind_text(state, s, 3, record->id.version.text);
    state_bind_text(state, s, 4, component_kind_name(record->kind));
    state_bind_bytes(state, s, 5, record->digest.bytes, DIGEST_BYTES);
    state_bind_number(state, s, 6, (int64_t)record->size);
    state_bind_number(state, s, 7, (int64_t)record->installed_ms);
    state_bind_text(state, s, 8, record->source ? record->source : "");
    state_bind_text(state, s, 9, record->quarantine);
    state_bind_bytes(state, s, 10, description.data, description.length);
    ERROR_AUTO *error = NULL;
    r = state_run(state, s, "record a component", &error);
    sqlite3_clear_bindings(s);
    if (r == ARCELLA_E_EXISTS)
        return error_set(reterr, r, "component '%s' is installed already", record->id.text);
    return r < 0 ? error_move(reterr, TAKE(error)) : 0;
}

/* A row whose content is not what this program wrote. */
static int strange(const char *id, const char *what, arcella_error **reterr) {
    return error_set(reterr, ARCELLA_E_CORRUPT,
                     "the state database: component '%.100s' has %s that cannot be read", id, what);
}

static int read_row(sqlite3_stmt *s, struct component_record *record, arcella_error **reterr) {
    const char *id = state_column_text(s, 0);
    if (name_id_parse(id, &record->id, NULL) < 0)
        return strange(id, "an id", reterr);
    if (!component_kind_find(state_column_text(s, 1), &record->kind))
        return strange(id, "a kind", reterr);
    if (sqlite3_column_bytes(s, 2) != DIGEST_BYTES)
        return strange(id, "a digest", reterr);
    memcpy(record->digest.bytes, sqlite3_column_blob(s, 2), DIGEST_BYTES);
    record->size = (uint64_t)sqlite3_column_int64(s, 3);
    record->installed_ms = (uint64_t)sqlite3_column_int64(s, 4);
    record->source = mem_text(state_column_text(s, 5));
    bool quarantined = sqlite3_column_type(s, 6) != SQLITE_NULL;
    record->quarantine = quarantined ? mem_text(state_column_text(s, 6)) : NULL;
    if (!record->source || (quarantined && !record->quarantine))
        return error_nomem(reterr);
    const void *bytes = sqlite3_column_blob(s, 7);
    int length = sqlite3_column_bytes(s, 7);
    int r = description_decode(bytes ? bytes : "", (size_t)length, &record->description, reterr);
    return r == ARCELLA_E_PROTOCOL ? strange(id, "a description", reterr) : r;
}

int state_component_get(struct state *state, const char *id, struct component_record **ret,
                        arcella_error **reterr) {
    CLEANUP(component_record_free_ptr) struct component_record *record = mem_new(struct component_record);
    if (!record)
        return error_nomem(reterr);
    sqlite3_stmt *s;
    int r = state_prepare(state, STATE_COMPONENT_GET, &s, reterr);
    if (r < 0)
        return r;
    state_bind_text(state, s, 1, id);
    r = state_step(state, s, "read a component", reterr);
    if (r == 0)
        return error_set(reterr, ARCELLA_E_NOT_FOUND, "no component '%s'", id);
    if (r > 0)
        r = read_row(s, record, reterr);
    sqlite3_reset(s);
    if (r < 0)
        return r;
    *ret = TAKE(record);
    return 0;
}

/* All ids, in fresh memory. */
static int read_ids(struct state *state, struct name_id **ret, size_t *ret_count, arcella_error **reterr) {
    MEM_AUTO struct name_id *ids = NULL;
    size_t count = 0;
    sqlite3_stmt *s;
    int r = state_prepare(state, STATE_COMPONENT_IDS, &s, reterr);
    if (r < 0)
        return r;
    while ((r = state_step(state, s, "read the components", reterr)) > 0) {
        if ((count & (count - 1)) == 0) {
            struct name_id *grown = mem_resize(ids, (count ? count * 2 : 1) * sizeof(*ids));
            if (!grown) {
                r = error_nomem(reterr);
                break;
            }
            ids = grown;
        }
        if (name_id_parse(state_column_text(s, 0), &ids[count], NULL) < 0) {
            r = strange(state_column_text(s, 0), "an id", reterr);
            break;
        }
        count++;
    }
    sqlite3_reset(s);
    if (r < 0)
        return r;
    *ret = TAKE(ids);
    *ret_count = count;
    return 0;
}

static int by_id(const void *a, const void *b) {
    return name_id_compare(a, b);
}

int state_component_each(struct state *state, int (*fn)(const struct component_record *record, void *user),
                         void *user, arcella_error **reterr) {
    MEM_AUTO struct name_id *ids = NULL;
    size_t count;
    int r = read_ids(state, &ids, &count, reterr);
    if (r < 0)
        return r;
    if (count)
        qsort(ids, count, sizeof(*ids), by_id);
    for (size_t i = 0; i < count; i++) {
        CLEANUP(component_record_free_ptr) struct component_record *record = NULL;
        ERROR_AUTO *error = NULL;
        r = state_component_get(state, ids[i].text, &record, &error);
        if (r == ARCELLA_E_NOT_FOUND)
            continue; /* fn removed it */
        if (r < 0)
            return error_move(reterr, TAKE(error));
        r = fn(record, user);
        if (r)
            return r;
    }
    return 0;
}

int state_component_find(struct state *state, const char *text, enum name_choice choice,
                         struct component_record **ret, arcella_error **reterr) {
    MEM_AUTO struct name_id *ids = NULL;
    size_t count = 0, at = 0;
    int r = read_ids(state, &ids, &count, reterr);
    if (r == 0)
        r = name_resolve(ids, count, text, choice, &at, reterr);
    return r < 0 ? r : state_component_get(state, ids[at].text, ret, reterr);
}

int state_component_count_digest(struct state *state, const struct digest *digest, uint64_t *ret,
                                 arcella_error **reterr) {
    sqlite3_stmt *s;
    int r = state_prepare(state, STATE_COMPONENT_COUNT_DIGEST, &s, reterr);
    if (r < 0)
        return r;
    state_bind_bytes(state, s, 1, digest->bytes, DIGEST_BYTES);
    r = state_step(state, s, "count components", reterr);
    if (r > 0)
        *ret = (uint64_t)sqlite3_column_int64(s, 0);
    sqlite3_reset(s);
    return r < 0 ? r : 0;
}

int state_component_quarantine(struct state *state, const char *id, const char *reason,
                               arcella_error **reterr) {
    sqlite3_stmt *s;
    int r = state_prepare(state, STATE_COMPONENT_QUARANTINE, &s, reterr);
    if (r < 0)
        return r;
    state_bind_text(state, s, 1, id);
    state_bind_text(state, s, 2, reason);
    r = state_run(state, s, "quarantine a component", reterr);
    if (r == 0 && sqlite3_changes(state->db) == 0)
        return error_set(reterr, ARCELLA_E_NOT_FOUND, "no component '%s'", id);
    return r;
}

int state_component_unused(struct state *state, const char *id, arcella_error **reterr) {
    BUFFER_AUTO users = BUFFER_INIT(2048);
    char first[LIMIT_NAME_BYTES + 1] = "";
    size_t count = 0;
    sqlite3_stmt *s;
    int r = state_prepare(state, STATE_COMPONENT_USERS, &s, reterr);
    if (r < 0)
        return r;
    state_bind_text(state, s, 1, id);
    while ((r = state_step(state, s, "read who uses a component", reterr)) > 0) {
        if (count++ == 0)
            text_copy(first, sizeof(first), state_column_text(s, 0));
        if (users.length > 1000) {
            r = buffer_text(&users, ", …", reterr);
            break;
        }
        r = buffer_format(&users, reterr, "%s'%s'", users.length ? ", " : "", state_column_text(s, 0));
        if (r < 0)
            break;
    }
    sqlite3_reset(s);
    if (r < 0)
        return r;
    if (users.length == 0)
        return 0;
    r = error_set(reterr, ARCELLA_E_DEPLOYED, "component '%s' is deployed as %s", id, users.data);
    return count == 1 ? error_hint(reterr, r, "`arcella undeploy %s` first", first) : r;
}

static int remove_component(struct state *state, const char *id, arcella_error **reterr) {
    sqlite3_stmt *s = NULL;
    int r = state_component_unused(state, id, reterr);
    if (r == 0)
        r = state_prepare(state, STATE_COMPONENT_REMOVE, &s, reterr);
    if (r < 0)
        return r;
    state_bind_text(state, s, 1, id);
    r = state_run(state, s, "forget a component", reterr);
    if (r == 0 && sqlite3_changes(state->db) == 0)
        return error_set(reterr, ARCELLA_E_NOT_FOUND, "no component '%s'", id);
    return r;
}

int state_component_remove(struct state *state, const char *id, arcella_error **reterr) {
    int r = state_begin(state, reterr);
    return r < 0 ? r : state_end(state, remove_component(state, id, reterr), reterr);
}
