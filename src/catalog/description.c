/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The description of a package: what its manifests declare and its binary says.  A heap object with one
 * owner; made in the intake process or decoded in the daemon; one thread.
 */
#include <stdarg.h>

#include "base/json.h"
#include "base/mem.h"
#include "catalog/manifest.h"

static const char *const kind_names[COMPONENT_KINDS] = {
#define XX(name, text) [KIND_##name] = text,
    COMPONENT_KIND_MAP(XX)
#undef XX
};

const char *component_kind_name(enum component_kind kind) {
    return kind_names[kind];
}

bool component_kind_find(const char *name, enum component_kind *ret) {
    for (unsigned i = 0; i < COMPONENT_KINDS; i++)
        if (strcmp(kind_names[i], name) == 0) {
            *ret = (enum component_kind)i;
            return true;
        }
    return false;
}

struct package_description *description_new(void) {
    return mem_new(struct package_description);
}

static void items_done(struct description_items *items) {
    for (size_t i = 0; i < items->count; i++) {
        mem_free(items->items[i].module);
        mem_free(items->items[i].name);
        mem_free(items->items[i].type);
        mem_free(items->items[i].nearest);
    }
    mem_free(items->items);
}

struct package_description *description_free(struct package_description *d) {
    if (!d)
        return NULL;
    mem_free(d->description);
    mem_free(d->licence);
    mem_free(d->language);
    text_list_done(&d->authors);
    text_list_done(&d->exports);
    text_list_done(&d->imports);
    request_list_done(&d->requests);
    policy_done(&d->template);
    mem_free(d->suggested_group);
    items_done(&d->binary_imports);
    items_done(&d->binary_exports);
    text_list_done(&d->warnings);
    mem_free(d->modules);
    mem_free(d->run);
    mem_free(d->wit);
    mem_free(d->wit_json);
    mem_free(d);
    return NULL;
}

/* --- items of the binary --- */

/* Copy a name fit to be shown and stored: control characters as \xNN, long ones cut. */
static int copy_name(struct text name, char **ret, arcella_error **reterr) {
    static const char cut[] = "…";
    BUFFER_AUTO b = BUFFER_INIT(4 * DESCRIPTION_NAME_BYTES + sizeof(cut));
    size_t length = name.length < DESCRIPTION_NAME_BYTES ? name.length : DESCRIPTION_NAME_BYTES;
    /* Not in the middle of a character. */
    while (length < name.length && length > 0 && ((unsigned char)name.data[length] & 0xc0) == 0x80)
        length--;
    int r = text_add_visible(&b, name.data, length, false, reterr);
    if (r == 0 && length < name.length)
        r = buffer_text(&b, cut, reterr);
    if (r < 0)
        return r;
    *ret = buffer_take(&b);
    return *ret ? 0 : error_nomem(reterr);
}

static int add_item(struct description_items *items, const struct text *module, struct text name,
                    const char *type, arcella_error **reterr) {
    struct description_item item = {0};
    items->total++;
    if (items->count >= DESCRIPTION_ITEMS_MAX || items->bytes >= DESCRIPTION_ITEMS_BYTES)
        return 0;
    if ((items->count & (items->count - 1)) == 0) {
        size_t capacity = items->count ? items->count * 2 : 1;
        void *grown = mem_resize(items->items, capacity * sizeof(item));
        if (!grown)
            return error_nomem(reterr);
        items->items = grown;
    }
    int r = module ? copy_name(*module, &item.module, reterr) : 0;
    if (r == 0)
        r = copy_name(name, &item.name, reterr);
    if (r == 0)
        r = copy_name(text_of(type ? type : ""), &item.type, reterr);
    if (r < 0) {
        mem_free(item.module);
        mem_free(item.name);
        return r;
    }
    items->bytes += (item.module ? strlen(item.module) : 0) + strlen(item.name) + strlen(item.type);
    items->items[items->count++] = item;
    return 0;
}

int description_add_import(struct package_description *d, struct text module, struct text name,
                           const char *type, arcella_error **reterr) {
    return add_item(&d->binary_imports, module.data ? &module : NULL, name, type, reterr);
}

int description_add_export(struct package_description *d, struct text name, const char *type,
                           arcella_error **reterr) {
    return add_item(&d->binary_exports, NULL, name, type, reterr);
}

int description_add_component_export(struct package_description *d, struct text interface, struct text name,
                                     const char *type, arcella_error **reterr) {
    return add_item(&d->binary_exports, interface.length ? &interface : NULL, name, type, reterr);
}

int description_import_provided(struct package_description *d, enum description_provided provided,
                                const char *nearest, arcella_error **reterr) {
    struct description_items *items = &d->binary_imports;
    if (items->count == 0 || items->total > items->count)
        return 0; /* it was left out */
    struct description_item *item = &items->items[items->count - 1];
    item->provided = provided;
    if (!nearest || !*nearest)
        return 0;
    mem_free(item->nearest);
    item->nearest = NULL;
    int r = copy_name(text_of(nearest), &item->nearest, reterr);
    items->bytes += r == 0 ? strlen(item->nearest) : 0;
    return r;
}

int description_add_module(struct package_description *d, uint64_t offset, uint64_t length,
                           arcella_error **reterr) {
    if (d->modules_count >= LIMIT_COMPONENT_NESTED)
        return error_set(reterr, ARCELLA_E_LIMIT, "more than %d core modules", LIMIT_COMPONENT_NESTED);
    if ((d->modules_count & (d->modules_count - 1)) == 0) {
        size_t capacity = d->modules_count ? d->modules_count * 2 : 1;
        void *grown = mem_resize(d->modules, capacity * sizeof(*d->modules));
        if (!grown)
            return error_nomem(reterr);
        d->modules = grown;
    }
    d->modules[d->modules_count++] = (struct description_module){.offset = offset, .length = length};
    return 0;
}

int description_settle_modules(struct package_description *d, int fd, arcella_error **reterr) {
    for (size_t i = 0; i < d->modules_count; i++) {
        struct description_module *module = &d->modules[i];
        int r = digest_of_range(fd, module->offset, module->length, &module->digest, reterr);
        if (r < 0)
            return error_wrap(reterr, r, "core module %zu", i);
        module->has_digest = true;
    }
    return 0;
}

int description_warn(struct package_description *d, arcella_error **reterr, const char *format, ...) {
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    /* Texts of a manifest are UTF-8, but a cut may have split a character. */
    BUFFER_AUTO clean = BUFFER_INIT(4 * sizeof(text));
    int r = text_add_visible(&clean, text, strlen(text), false, reterr);
    if (r < 0)
        return r;
    r = text_list_add(&d->warnings, DESCRIPTION_WARNINGS_MAX, clean.data ? clean.data : "", reterr);
    if (r == ARCELLA_E_TOO_LARGE) {
        if (reterr) {
            arcella_error_free(*reterr);
            *reterr = NULL;
        }
        return 0;
    }
    return r;
}

/* --- declared against found --- */

/*
 * The interface an item of the binary belongs to.  Components name it plainly; core modules as an import's
 * module, or in front of '#' in an export ("logger:log/api@1.0.0#write").
 */
static bool item_interface(const struct description_item *item, struct interface_name *ret) {
    char text[LIMIT_INTERFACE_BYTES + 1];
    const char *name = item->module ? item->module : item->name;
    size_t length = strcspn(name, "#");
    if (length > LIMIT_INTERFACE_BYTES)
        return false;
    memcpy(text, name, length);
    text[length] = '\0';
    return interface_parse(text, ret, NULL) == 0;
}

static bool has_interface(const struct description_items *items, const char *declared) {
    struct interface_name wanted, found;
    if (interface_parse(declared, &wanted, NULL) < 0)
        return false;
    for (size_t i = 0; i < items->count; i++)
        if (item_interface(&items->items[i], &found) && interface_matches(&wanted, &found))
            return true;
    return false;
}

int description_compare(struct package_description *d, arcella_error **reterr) {
    const struct {
        const struct text_list *declared;
        const struct description_items *items;
        const char *verb;
    } sides[] = {{&d->exports, &d->binary_exports, "export"}, {&d->imports, &d->binary_imports, "import"}};
    for (size_t side = 0; side < ARRAY_LENGTH(sides); side++) {
        /* What was left out cannot be missed. */
        if (sides[side].items->total > sides[side].items->count)
            continue;
        for (size_t i = 0; i < sides[side].declared->count; i++) {
            const char *name = sides[side].declared->items[i];
            if (has_interface(sides[side].items, name))
                continue;
            int r = description_warn(d, reterr,
                                     "the manifest declares the %s '%s', which the binary does not have",
                                     sides[side].verb, name);
            if (r < 0)
                return r;
        }
    }
    return 0;
}

int description_set_id(struct package_description *d, const char *wanted, const char *file_name,
                       arcella_error **reterr) {
    struct name_id id;
    if (wanted) {
        int r = name_id_parse(wanted, &id, reterr);
        if (r < 0)
            return r;
        if (d->has_id && strcmp(d->id.text, id.text) != 0)
            return error_set(reterr, ARCELLA_E_INVALID, "the manifest says '%s', not '%s'", d->id.text,
                             id.text);
        d->id = id;
        d->has_id = true;
        return 0;
    }
    if (d->has_id)
        return 0;
    if (d->kind == KIND_COMPONENT && file_name && name_id_from_file(file_name, &id)) {
        d->id = id;
        d->has_id = true;
        return 0;
    }
    /* The hint of the code says what to do about it. */
    if (d->kind != KIND_COMPONENT)
        return error_set(reterr, ARCELLA_E_NO_MANIFEST,
                         "nothing says what this module is called: a core module does not name itself");
    int r = error_set(reterr, ARCELLA_E_NO_MANIFEST, "nothing says what this component is called");
    return error_hint(reterr, r,
                      "put a %s beside it, give `--id NAME@VERSION`, or call the file NAME@VERSION.wasm",
                      MANIFEST_COMPONENT_FILE);
}

/* --- JSON --- */

static const char *const provided_names[PROVIDED_KINDS] = {
#define XX(name, text) [PROVIDED_##name] = text,
    DESCRIPTION_PROVIDED_MAP(XX)
#undef XX
};

static json_t *items_json(const struct description_items *items, bool with_module) {
    JSON_AUTO *array = json_array();
    for (size_t i = 0; array && i < items->count; i++) {
        const struct description_item *item = &items->items[i];
        json_t *object = json_object();
        bool ok = object != NULL;
        if (with_module && item->module)
            json_put_text(object, "module", item->module, &ok);
        json_put_text(object, "name", item->name, &ok);
        json_put_text(object, "type", item->type, &ok);
        if (item->provided != PROVIDED_UNKNOWN)
            json_put_text(object, "host", provided_names[item->provided], &ok);
        if (item->nearest)
            json_put_text(object, "nearest", item->nearest, &ok);
        if (json_array_append_new(array, object) < 0 || !ok)
            return NULL;
    }
    return TAKE(array);
}

static json_t *modules_json(const struct package_description *d) {
    JSON_AUTO *array = json_array();
    for (size_t i = 0; array && i < d->modules_count; i++) {
        const struct description_module *module = &d->modules[i];
        json_t *object = json_object();
        bool ok = object != NULL;
        json_put(object, "offset", json_integer((json_int_t)module->offset), &ok);
        json_put(object, "length", json_integer((json_int_t)module->length), &ok);
        if (module->has_digest) {
            char hex[DIGEST_TEXT];
            digest_text(&module->digest, hex);
            json_put_text(object, "digest", hex, &ok);
        }
        if (json_array_append_new(array, object) < 0 || !ok)
            return NULL;
    }
    return TAKE(array);
}

static json_t *binary_json(const struct package_description *d, bool brief) {
    json_t *object = json_object();
    bool ok = object != NULL;
    json_put(object, "start_section", json_boolean(d->has_start), &ok);
    json_put(object, "functions", json_integer((json_int_t)d->functions), &ok);
    json_put(object, "code_bytes", json_integer((json_int_t)d->code_bytes), &ok);
    json_put(object, "data_bytes", json_integer((json_int_t)d->data_bytes), &ok);
    json_put(object, "memory_bytes", json_integer((json_int_t)d->memory_bytes), &ok);
    json_put(object, "table_elements", json_integer((json_int_t)d->table_elements), &ok);
    json_put(object, "import_count", json_integer((json_int_t)d->binary_imports.total), &ok);
    json_put(object, "export_count", json_integer((json_int_t)d->binary_exports.total), &ok);
    if (!brief) {
        if (d->kind == KIND_COMPONENT)
            json_put(object, "modules", modules_json(d), &ok);
        json_put(object, "imports", items_json(&d->binary_imports, true), &ok);
        json_put(object, "exports", items_json(&d->binary_exports, true), &ok);
    }
    if (!ok) {
        json_decref(object);
        return NULL;
    }
    return object;
}

json_t *description_json(const struct package_description *d, bool brief) {
    json_t *object = json_object();
    bool ok = object != NULL;
    json_put_text(object, "id", d->has_id ? d->id.text : NULL, &ok);
    json_put_text(object, "name", d->has_id ? d->id.name : NULL, &ok);
    json_put_text(object, "version", d->has_id ? d->id.version.text : NULL, &ok);
    json_put_text(object, "kind", kind_names[d->kind], &ok);
    json_put(object, "manifest", json_boolean(d->has_manifest), &ok);
    json_put_text(object, "description", d->description, &ok);
    json_put(object, "authors", text_list_json(&d->authors), &ok);
    json_put_text(object, "licence", d->licence, &ok);
    json_put_text(object, "language", d->language, &ok);
    json_put(object, "exports", text_list_json(&d->exports), &ok);
    json_put(object, "imports", text_list_json(&d->imports), &ok);
    json_put(object, "requests", request_list_json(&d->requests, NULL), &ok);
    json_put(object, "template", d->has_template ? policy_json(&d->template) : json_null(), &ok);
    json_put_text(object, "suggested_group", d->suggested_group, &ok);
    json_put(object, "binary", binary_json(d, brief), &ok);
    if (d->wit && !brief)
        json_put_text(object, "wit", d->wit, &ok);
    if (d->wit_json && !brief) {
        json_t *world = json_loads(d->wit_json, 0, NULL);
        json_put(object, "world", world ? world : json_null(), &ok);
    }
    json_put(object, "warnings", text_list_json(&d->warnings), &ok);
    if (!ok) {
        json_decref(object);
        return NULL;
    }
    return object;
}
