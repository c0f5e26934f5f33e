/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A description as MessagePack: an array whose first element is the version of this form.  It is written in
 * the intake process and read in the daemon, which takes nothing on trust: names, interfaces and policy
 * values pass the same checks as in a manifest, texts and counts are bounded.  It is also what the store and
 * the database keep.
 */
#include "base/mem.h"
#include "base/pack.h"
#include "catalog/manifest.h"

#define FORM          3
#define FORM_ELEMENTS 27
/* That of the release that knew no requests: without the last one. */
#define FORM_NO_REQUESTS          2
#define FORM_NO_REQUESTS_ELEMENTS 26
/* That of the releases that knew no components: without the last four, items of three. */
#define FORM_OLD          1
#define FORM_OLD_ELEMENTS 22
#define ITEM_TEXTS        5
#define ITEM_TEXTS_OLD    3
#define REQUEST_TEXTS     4

static void pack_items(const struct description_items *items, struct pack_writer *w) {
    pack_array(w, 2);
    pack_u64(w, items->total);
    pack_array(w, (uint32_t)items->count * ITEM_TEXTS);
    for (size_t i = 0; i < items->count; i++) {
        pack_text(w, items->items[i].module);
        pack_text(w, items->items[i].name);
        pack_text(w, items->items[i].type);
        pack_u64(w, items->items[i].provided);
        pack_text(w, items->items[i].nearest ? items->items[i].nearest : "");
    }
}

/* Three elements each; one in place of all says that they are not known. */
static void pack_modules(const struct package_description *d, struct pack_writer *w) {
    if (d->modules_unknown) {
        pack_array(w, 1);
        pack_bool(w, true);
        return;
    }
    pack_array(w, (uint32_t)d->modules_count * 3);
    for (size_t i = 0; i < d->modules_count; i++) {
        pack_u64(w, d->modules[i].offset);
        pack_u64(w, d->modules[i].length);
        pack_bytes(w, d->modules[i].digest.bytes, d->modules[i].has_digest ? DIGEST_BYTES : 0);
    }
}

static void pack_requests(const struct request_list *requests, struct pack_writer *w) {
    pack_array(w, (uint32_t)requests->count * REQUEST_TEXTS);
    for (size_t i = 0; i < requests->count; i++) {
        pack_text(w, requests->items[i].class);
        pack_text(w, requests->items[i].actions);
        pack_text(w, requests->items[i].pattern);
        pack_text(w, requests->items[i].reason);
    }
}

/* Only what a template may set, as key and text: read back by the parser of manifests' values. */
static void pack_template(const struct policy *template, struct pack_writer *w) {
    uint32_t count = 0;
    for (unsigned key = 0; key < POLICY_KEYS; key++)
        count += template->values[key].set;
    pack_map(w, count);
    for (unsigned key = 0; key < POLICY_KEYS; key++) {
        char text[512];
        if (!template->values[key].set)
            continue;
        policy_format(template, (enum policy_key)key, text, sizeof(text));
        pack_text(w, policy_row((enum policy_key)key)->key);
        pack_text(w, text);
    }
}

int description_encode(const struct package_description *d, struct buffer *to, arcella_error **reterr) {
    struct pack_writer w;
    size_t before = to->length;
    pack_begin(&w, to);
    pack_array(&w, FORM_ELEMENTS);
    pack_u64(&w, FORM);
    pack_text(&w, d->has_id ? d->id.text : NULL);
    pack_bool(&w, d->has_manifest);
    pack_text(&w, d->description);
    pack_text(&w, d->licence);
    pack_text(&w, d->language);
    text_list_pack(&d->authors, &w);
    text_list_pack(&d->exports, &w);
    text_list_pack(&d->imports, &w);
    pack_bool(&w, d->has_template);
    pack_template(&d->template, &w);
    pack_text(&w, d->suggested_group);
    pack_text(&w, component_kind_name(d->kind));
    pack_items(&d->binary_imports, &w);
    pack_items(&d->binary_exports, &w);
    pack_bool(&w, d->has_start);
    pack_u64(&w, d->functions);
    pack_u64(&w, d->code_bytes);
    pack_u64(&w, d->data_bytes);
    pack_u64(&w, d->memory_bytes);
    pack_u64(&w, d->table_elements);
    text_list_pack(&d->warnings, &w);
    pack_modules(d, &w);
    pack_text(&w, d->run);
    pack_text(&w, d->wit);
    pack_text(&w, d->wit_json);
    pack_requests(&d->requests, &w);
    int r = pack_end(&w, reterr);
    if (r == 0 && to->length - before > LIMIT_DESCRIPTION_BYTES)
        r = error_set(reterr, ARCELLA_E_TOO_LARGE, "the description of the package has more than %llu bytes",
                      LIMIT_DESCRIPTION_BYTES);
    if (r < 0)
        to->length = before;
    return r;
}

/* --- reading --- */

struct unpacking {
    struct pack_reader r;
    struct package_description *d;
    arcella_error **reterr;
    int result; /* the first failure that is not the reader's */
    bool old;   /* FORM_OLD */
};

/* Refuse a value that was read well and is not allowed. */
static void refuse(struct unpacking *u, const char *what) {
    if (u->result == 0)
        u->result = error_set(u->reterr, ARCELLA_E_PROTOCOL,
                              "a description of a package has %s that is not allowed", what);
}

static void no_memory(struct unpacking *u) {
    if (u->result == 0)
        u->result = error_nomem(u->reterr);
}

/* A text of its own; NULL for nil. */
static char *get_text(struct unpacking *u, size_t max, bool nil_ok) {
    struct text t = pack_get_text(&u->r, max, nil_ok);
    if (u->r.failed || !t.data)
        return NULL;
    char *copy = pack_copy_text(&u->r, t);
    if (!copy && !u->r.failed)
        no_memory(u);
    return copy;
}

static void get_list(struct unpacking *u, struct text_list *to, uint32_t max, size_t bytes) {
    if (u->result == 0)
        u->result = text_list_unpack(to, &u->r, max, bytes, u->reterr);
}

static void get_interfaces(struct unpacking *u, struct text_list *to) {
    get_list(u, to, LIMIT_MANIFEST_LIST, LIMIT_INTERFACE_BYTES);
    for (size_t i = 0; i < to->count; i++) {
        struct interface_name name;
        char full[LIMIT_INTERFACE_BYTES + 1];
        if (interface_parse(to->items[i], &name, NULL) < 0) {
            refuse(u, "an interface name");
            return;
        }
        interface_format(&name, full);
        if (strcmp(full, to->items[i]) != 0) {
            refuse(u, "an interface name that is not in its full form");
            return;
        }
    }
}

static void get_template(struct unpacking *u) {
    uint32_t count = pack_get_map(&u->r, POLICY_KEYS);
    for (uint32_t i = 0; i < count && !u->r.failed && u->result == 0; i++) {
        MEM_AUTO char *key_text = get_text(u, 64, false);
        MEM_AUTO char *value = get_text(u, 512, false);
        enum policy_key key;
        if (!key_text || !value)
            return;
        if (!policy_find(key_text, &key) || !policy_row(key)->by_template || u->d->template.values[key].set) {
            refuse(u, "a key in its template");
            return;
        }
        int r = policy_set_text(&u->d->template, key, value, ORIGIN_TEMPLATE, NULL);
        if (r == ARCELLA_E_NOMEM)
            no_memory(u);
        else if (r < 0)
            refuse(u, "a value in its template");
    }
}

static void get_items(struct unpacking *u, struct description_items *to, bool imports) {
    uint32_t parts = pack_get_array(&u->r, 2);
    uint64_t total = pack_get_u64(&u->r, UINT32_MAX);
    uint32_t each = u->old ? ITEM_TEXTS_OLD : ITEM_TEXTS;
    uint32_t texts = pack_get_array(&u->r, DESCRIPTION_ITEMS_MAX * each);
    if (!u->r.failed && (parts != 2 || texts % each || texts / each > total))
        refuse(u, "a list");
    /* A name may have grown by the escapes of control characters. */
    size_t max = 4 * DESCRIPTION_NAME_BYTES + 8;
    for (uint32_t i = 0; i < texts / each && !u->r.failed && u->result == 0; i++) {
        struct text module = pack_get_text(&u->r, max, true);
        struct text name = pack_get_text(&u->r, max, false);
        MEM_AUTO char *type = get_text(u, max, false);
        uint64_t provided = u->old ? PROVIDED_UNKNOWN : pack_get_u64(&u->r, PROVIDED_KINDS - 1);
        MEM_AUTO char *nearest = u->old ? NULL : get_text(u, max, false);
        if (u->r.failed || u->result)
            return;
        if (module.data && !imports && u->d->kind != KIND_COMPONENT) {
            refuse(u, "an export of another module");
            return;
        }
        if (to->bytes >= DESCRIPTION_ITEMS_BYTES) {
            refuse(u, "more text");
            return;
        }
        u->result = imports ? description_add_import(u->d, module, name, type, u->reterr)
                            : description_add_component_export(u->d, module, name, type, u->reterr);
        if (u->result == 0 && imports)
            u->result =
                description_import_provided(u->d, (enum description_provided)provided, nearest, u->reterr);
    }
    to->total = total;
}

static void get_identity(struct unpacking *u) {
    MEM_AUTO char *id = get_text(u, LIMIT_ID_BYTES, true);
    if (!id)
        return;
    if (name_id_parse(id, &u->d->id, NULL) < 0) {
        refuse(u, "an id");
        return;
    }
    u->d->has_id = true;
}

static void get_group(struct unpacking *u) {
    u->d->suggested_group = get_text(u, LIMIT_NAME_BYTES, true);
    if (u->d->suggested_group && name_check(NAME_GROUP, u->d->suggested_group, NULL) < 0)
        refuse(u, "a group");
}

static void get_kind(struct unpacking *u) {
    MEM_AUTO char *kind = get_text(u, 32, false);
    if (kind && !component_kind_find(kind, &u->d->kind))
        refuse(u, "a kind");
}

static void get_modules(struct unpacking *u) {
    uint32_t parts = pack_get_array(&u->r, LIMIT_COMPONENT_NESTED * 3);
    if (parts == 1) {
        u->d->modules_unknown = pack_get_bool(&u->r);
        return;
    }
    if (!u->r.failed && parts % 3)
        refuse(u, "a list of modules");
    for (uint32_t i = 0; i < parts / 3 && !u->r.failed && u->result == 0; i++) {
        uint64_t offset = pack_get_u64(&u->r, LIMIT_WASM_BYTES);
        uint64_t length = pack_get_u64(&u->r, LIMIT_WASM_BYTES);
        struct text digest = pack_get_bytes(&u->r, DIGEST_BYTES);
        if (u->r.failed)
            return;
        if (digest.length && digest.length != DIGEST_BYTES) {
            refuse(u, "a digest");
            return;
        }
        u->result = description_add_module(u->d, offset, length, u->reterr);
        if (u->result == 0 && digest.length) {
            struct description_module *module = &u->d->modules[u->d->modules_count - 1];
            memcpy(module->digest.bytes, digest.data, DIGEST_BYTES);
            module->has_digest = true;
        }
    }
}

/* What only components have. */
static void get_component(struct unpacking *u) {
    get_modules(u);
    u->d->run = get_text(u, LIMIT_INTERFACE_BYTES, true);
    u->d->wit = get_text(u, LIMIT_WIT_BYTES, true);
    u->d->wit_json = get_text(u, LIMIT_WIT_JSON_BYTES, true);
    if (u->d->kind != KIND_COMPONENT &&
        (u->d->modules_count || u->d->modules_unknown || u->d->run || u->d->wit || u->d->wit_json))
        refuse(u, "parts of a component");
}

static void get_requests(struct unpacking *u) {
    uint32_t texts = pack_get_array(&u->r, LIMIT_REQUESTS * REQUEST_TEXTS);
    if (!u->r.failed && texts % REQUEST_TEXTS)
        refuse(u, "a list of requests");
    for (uint32_t i = 0; i < texts / REQUEST_TEXTS && !u->r.failed && u->result == 0; i++) {
        MEM_AUTO char *class = get_text(u, 128, false);
        MEM_AUTO char *actions = get_text(u, LIMIT_GRANT_ACTIONS_BYTES, false);
        MEM_AUTO char *pattern = get_text(u, LIMIT_PATH_BYTES, false);
        MEM_AUTO char *reason = get_text(u, REQUEST_REASON_BYTES, false);
        if (!class || !actions || !pattern || !reason)
            return;
        int r = request_add(&u->d->requests, class, actions, pattern, reason, NULL);
        if (r == ARCELLA_E_NOMEM)
            no_memory(u);
        else if (r < 0)
            refuse(u, "a request");
    }
}

int description_decode(const void *bytes, size_t length, struct package_description **ret,
                       arcella_error **reterr) {
    if (length > LIMIT_DESCRIPTION_BYTES)
        return error_set(reterr, ARCELLA_E_PROTOCOL, "the description of a package has more than %llu bytes",
                         LIMIT_DESCRIPTION_BYTES);
    CLEANUP(description_free_ptr) struct package_description *d = description_new();
    if (!d)
        return error_nomem(reterr);
    struct unpacking u = {.d = d, .reterr = reterr};
    pack_open(&u.r, bytes, length);
    uint32_t elements = pack_get_array(&u.r, FORM_ELEMENTS);
    uint64_t form = pack_get_u64(&u.r, UINT32_MAX);
    u.old = form == FORM_OLD;
    if (!u.r.failed && (form != FORM || elements != FORM_ELEMENTS) &&
        (form != FORM_NO_REQUESTS || elements != FORM_NO_REQUESTS_ELEMENTS) &&
        (form != FORM_OLD || elements != FORM_OLD_ELEMENTS))
        return error_set(reterr, ARCELLA_E_PROTOCOL,
                         "a description of a package in another form (%" PRIu64 ")", form);
    get_identity(&u);
    d->has_manifest = pack_get_bool(&u.r);
    d->description = get_text(&u, DESCRIPTION_TEXT_BYTES, true);
    d->licence = get_text(&u, DESCRIPTION_TEXT_BYTES, true);
    d->language = get_text(&u, DESCRIPTION_TEXT_BYTES, true);
    get_list(&u, &d->authors, LIMIT_MANIFEST_LIST, 256);
    get_interfaces(&u, &d->exports);
    get_interfaces(&u, &d->imports);
    d->has_template = pack_get_bool(&u.r);
    get_template(&u);
    get_group(&u);
    get_kind(&u);
    get_items(&u, &d->binary_imports, true);
    get_items(&u, &d->binary_exports, false);
    d->has_start = pack_get_bool(&u.r);
    d->functions = pack_get_u64(&u.r, INT64_MAX);
    d->code_bytes = pack_get_u64(&u.r, INT64_MAX);
    d->data_bytes = pack_get_u64(&u.r, INT64_MAX);
    d->memory_bytes = pack_get_u64(&u.r, INT64_MAX);
    d->table_elements = pack_get_u64(&u.r, INT64_MAX);
    get_list(&u, &d->warnings, DESCRIPTION_WARNINGS_MAX, 4096);
    if (!u.old)
        get_component(&u);
    else
        d->modules_unknown = d->kind == KIND_COMPONENT;
    if (form == FORM)
        get_requests(&u);
    if (u.result < 0)
        return u.result;
    int r = pack_close(&u.r, reterr);
    if (r < 0)
        return error_wrap(reterr, r, "the description of a package");
    *ret = TAKE(d);
    return 0;
}
