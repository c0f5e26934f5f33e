/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The world of a component: its imports and exports sorted into packages, interfaces, types and functions. */
#include "component/wit.h"

#include <string.h>

#include "base/mem.h"
#include "component/wit/internal.h"

/* --- packages and interfaces --- */

static void scope_init(struct wit_scope *scope) {
    scope->types_end = &scope->types;
    scope->funcs.end = &scope->funcs.first;
}

static int join(struct wit *wit, struct text *ret, arcella_error **reterr, const char *format, ...)
    PRINTF_LIKE(4, 5);
static int join(struct wit *wit, struct text *ret, arcella_error **reterr, const char *format, ...) {
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *made = length < 0 ? NULL : arena_alloc(&wit->arena, (size_t)length + 1);
    if (made)
        vsnprintf(made, (size_t)length + 1, format, again);
    va_end(again);
    *ret = (struct text){made, made ? (size_t)length : 0};
    return made ? 0 : error_nomem(reterr);
}

#define SLICE(text) (int)(text).length, (text).data

static int find_package(struct wit *wit, const struct extern_name *name, struct text version,
                        struct wit_package **ret, arcella_error **reterr) {
    struct text id;
    TRY(join(wit, &id, reterr, "%.*s:%.*s%s%.*s", SLICE(name->space), SLICE(name->package),
             version.length ? "@" : "", SLICE(version)));
    *ret = &wit->main;
    if (text_equal(id, wit->main.id))
        return 0;
    HASH_FIND(hh, wit->packages_by_id, id.data, id.length, *ret);
    if (*ret)
        return 0;
    struct wit_package *package = arena_new(&wit->arena, struct wit_package);
    if (!package)
        return error_nomem(reterr);
    *package =
        (struct wit_package){.id = id, .space = name->space, .name = name->package, .version = version};
    package->end = &package->scopes;
    *wit->packages_end = package;
    wit->packages_end = &package->next;
    bool ok;
    MAP_ADD_TEXT(hh, wit->packages_by_id, id.data, id.length, package, &ok);
    *ret = package;
    return ok ? 0 : error_nomem(reterr);
}

/* The interface of a name; made where it is not there yet. */
static int find_scope(struct wit *wit, const struct extern_name *name, struct wit_scope **ret,
                      arcella_error **reterr) {
    struct text version = name->version, id;
    if (name->suffix.length)
        TRY(join(wit, &version, reterr, "%.*s%.*s", SLICE(name->version), SLICE(name->suffix)));
    TRY(join(wit, &id, reterr, "%.*s:%.*s/%.*s%s%.*s", SLICE(name->space), SLICE(name->package),
             SLICE(name->interface), version.length ? "@" : "", SLICE(version)));
    HASH_FIND(hh, wit->scopes_by_id, id.data, id.length, *ret);
    if (*ret)
        return 0;
    struct wit_package *package;
    TRY(find_package(wit, name, version, &package, reterr));
    struct wit_scope *scope = arena_new(&wit->arena, struct wit_scope);
    if (!scope)
        return error_nomem(reterr);
    scope_init(scope);
    scope->id = id;
    scope->name = name->interface;
    scope->package = package;
    *package->end = scope;
    package->end = &scope->next;
    bool ok;
    MAP_ADD_TEXT(hh, wit->scopes_by_id, id.data, id.length, scope, &ok);
    *ret = scope;
    return ok ? 0 : error_nomem(reterr);
}

/* --- what stands in an interface --- */

static struct wit_type *find_type(const struct wit_scope *scope, struct text name) {
    struct wit_type *type;
    HASH_FIND(hh, scope->types_by_name, name.data, name.length, type);
    return type;
}

/* Also the resource itself, whatever its alias. */
static int remember(struct wit *wit, const struct entity_type *created, struct wit_type *type,
                    arcella_error **reterr) {
    TRY(wit_remember(wit, wit_key_of(created), type, reterr));
    if (created->kind != ENTITY_TYPE_RESOURCE)
        return 0;
    return wit_remember(wit, (struct wit_key){ENTITY_TYPE_RESOURCE, created->resource.resource, 0}, type,
                        reterr);
}

/*
 * A type under a name: a new one, or, where it or what it was made from has a name already, another name of
 * that. *ret_known: there was a type of this name in the scope, of the other half of an interface that is
 * both imported and exported.
 */
static int add_type(struct wit *wit, struct wit_scope *scope, struct text name, const struct entity *entity,
                    arcella_error **reterr) {
    const struct entity_type *created = &entity->type.created;
    struct wit_type *type = find_type(scope, name);
    if (created->kind != ENTITY_TYPE_RESOURCE && created->kind != ENTITY_TYPE_VALUE)
        return wit_unsaid(wit, reterr, "'%s' of %s is %s", NAME_SHOWN(name),
                          scope->id.length ? NAME_SHOWN(scope->id) : "the world",
                          entity_type_words(created->kind));
    if (type)
        return remember(wit, created, type, reterr);
    /* What it was made from, rather than the first name of the same resource. */
    struct wit_type *target = wit_recall(wit, wit_key_of(created));
    if (!target)
        target = wit_named(wit, &entity->type.referenced);
    if (!target)
        target = wit_named(wit, created);
    TRY(wit_type_add(wit, scope, name, &type, reterr));
    type->form = created->kind == ENTITY_TYPE_RESOURCE ? WIT_RESOURCE : WIT_DEFINED;
    if (created->kind == ENTITY_TYPE_VALUE)
        type->value = created->value;
    if (target) {
        type->form = target->owner == scope ? WIT_ALIAS : WIT_USE;
        type->target = target;
        type->origin = target->origin;
    }
    TRY(wit_remember(wit, (struct wit_key){WIT_KEY_LOCAL, (uintptr_t)scope, (uintptr_t)type->origin}, type,
                     reterr));
    return remember(wit, created, type, reterr);
}

static int add_func(struct wit *wit, struct wit_scope *scope, struct text name,
                    const struct entity_func *func, struct wit_func **ret, arcella_error **reterr) {
    struct extern_name parsed;
    struct wit_func *added;
    *ret = NULL;
    TRY(extern_name_parse(name, (struct text){0}, &parsed, reterr));
    HASH_FIND(hh, scope->funcs_by_name, name.data, name.length, added);
    if (added && scope != &wit->world)
        return 0; /* of the other half of an interface that is both imported and exported */
    struct wit_funcs *list = &scope->funcs;
    if (parsed.kind != EXTERN_NAME_LABEL) {
        struct wit_type *resource = find_type(scope, parsed.resource);
        if (!resource || resource->form != WIT_RESOURCE)
            return wit_unsaid(wit, reterr, "function '%s' of %s belongs to no resource there",
                              NAME_SHOWN(name), scope->id.length ? NAME_SHOWN(scope->id) : "the world");
        list = &resource->methods;
    }
    struct wit_func *new = arena_new(&wit->arena, struct wit_func);
    if (!new)
        return error_nomem(reterr);
    *new = (struct wit_func){.kind = parsed.kind, .name = name, .label = parsed.label, .func = func};
    *ret = new;
    /* Functions of the world itself stand among its imports and exports. */
    if (scope != &wit->world || parsed.kind != EXTERN_NAME_LABEL) {
        *list->end = new;
        list->end = &new->next;
    }
    bool ok = true;
    if (!added)
        MAP_ADD_TEXT(hh, scope->funcs_by_name, new->name.data, new->name.length, new, &ok);
    return ok ? 0 : error_nomem(reterr);
}

static int add_instance(struct wit *wit, struct wit_scope *scope, const struct instance_type *instance,
                        arcella_error **reterr) {
    const struct entity_list *list = &instance->exports;
    for (uint32_t i = 0; i < list->count; i++) {
        struct text name = list->names->names[i].first;
        const struct entity *entity = &list->entities[i];
        struct wit_func *func;
        if (entity->sort == SORT_TYPE)
            TRY(add_type(wit, scope, name, entity, reterr));
        else if (entity->sort == SORT_FUNC)
            TRY(add_func(wit, scope, name, entity->func, &func, reterr));
        else
            TRY(wit_unsaid(wit, reterr, "'%s' of %s is %s %s", NAME_SHOWN(name),
                           scope->id.length ? NAME_SHOWN(scope->id) : "an interface of the world",
                           entity->sort == SORT_INSTANCE ? "an" : "a", component_sort_words(entity->sort)));
    }
    return 0;
}

/* --- the world --- */

static int add_item(struct wit *wit, struct wit_items *items, struct wit_item item, arcella_error **reterr) {
    struct wit_item *new = arena_new(&wit->arena, struct wit_item);
    if (!new)
        return error_nomem(reterr);
    *new = item;
    *items->end = new;
    items->end = &new->next;
    return 0;
}

/* An instance: of an interface by its name, of one by "implements", or one with a label only. */
static int add_world_instance(struct wit *wit, struct wit_items *items, const struct extern_name *name,
                              struct text implements, const struct instance_type *instance,
                              arcella_error **reterr) {
    struct wit_item item = {.kind = WIT_ITEM_INTERFACE};
    struct extern_name interface = *name;
    if (name->kind == EXTERN_NAME_LABEL) {
        item.label = name->label;
        if (implements.length)
            TRY(extern_name_parse(implements, (struct text){0}, &interface, reterr));
    }
    if (interface.kind == EXTERN_NAME_INTERFACE) {
        TRY(find_scope(wit, &interface, &item.scope, reterr));
    } else {
        item.kind = WIT_ITEM_INLINE;
        item.scope = arena_new(&wit->arena, struct wit_scope);
        if (!item.scope)
            return error_nomem(reterr);
        scope_init(item.scope);
        item.scope->name = name->label;
        item.scope->package = &wit->main;
    }
    TRY(add_item(wit, items, item, reterr));
    return add_instance(wit, item.scope, instance, reterr);
}

static int add_world_type(struct wit *wit, bool import, struct text name, const struct entity *entity,
                          arcella_error **reterr) {
    struct wit_type *known = find_type(&wit->world, name);
    TRY(add_type(wit, &wit->world, name, entity, reterr));
    struct wit_type *type = find_type(&wit->world, name);
    if (import || known || !type)
        return 0;
    type->note = "exported: WIT has a world import it";
    return wit_unsaid(wit, reterr, "type '%s' is exported by the world itself", NAME_SHOWN(name));
}

static int add_world_func(struct wit *wit, struct wit_items *items, struct text name,
                          const struct entity_func *func, arcella_error **reterr) {
    struct wit_item item = {.kind = WIT_ITEM_FUNC};
    TRY(add_func(wit, &wit->world, name, func, &item.func, reterr));
    if (!item.func || item.func->kind != EXTERN_NAME_LABEL)
        return 0; /* stands in its resource, or nowhere */
    return add_item(wit, items, item, reterr);
}

static int add_list(struct wit *wit, bool import, const struct entity_list *list, arcella_error **reterr) {
    struct wit_items *items = import ? &wit->imports : &wit->exports;
    for (uint32_t i = 0; i < list->count; i++) {
        struct ast_name attributes = {.name = list->names->names[i].first};
        if (list->attributes)
            attributes = list->attributes[i];
        const struct entity *entity = &list->entities[i];
        struct extern_name name;
        TRY(extern_name_parse(attributes.name, attributes.version_suffix, &name, reterr));
        bool plain = name.kind <= EXTERN_NAME_STATIC;
        if (entity->sort == SORT_INSTANCE &&
            (name.kind == EXTERN_NAME_LABEL || name.kind == EXTERN_NAME_INTERFACE))
            TRY(add_world_instance(wit, items, &name, attributes.implements, entity->instance, reterr));
        else if (entity->sort == SORT_FUNC && plain)
            TRY(add_world_func(wit, items, attributes.name, entity->func, reterr));
        else if (entity->sort == SORT_TYPE && plain)
            TRY(add_world_type(wit, import, attributes.name, entity, reterr));
        else
            TRY(wit_unsaid(wit, reterr, "%s '%s' is %s %s", import ? "import" : "export",
                           NAME_SHOWN(attributes.name), entity->sort == SORT_INSTANCE ? "an" : "a",
                           component_sort_words(entity->sort)));
    }
    return 0;
}

int wit_make(const struct component_root *root, struct wit **ret, arcella_error **reterr) {
    struct wit *wit = mem_new(struct wit);
    if (!wit)
        return error_nomem(reterr);
    scope_init(&wit->world);
    wit->imports.end = &wit->imports.first;
    wit->exports.end = &wit->exports.first;
    wit->packages_end = &wit->packages;
    wit->notes_end = &wit->notes;
    wit->main =
        (struct wit_package){.id = TEXT("root:component"), .space = TEXT("root"), .name = TEXT("component")};
    wit->main.end = &wit->main.scopes;
    wit->world.name = TEXT("root");
    wit->world.package = &wit->main;
    int r = add_list(wit, true, &root->type.imports, reterr);
    r = r ? r : add_list(wit, false, &root->type.exports, reterr);
    r = r ? r : wit_name_all(wit, reterr);
    if (r) {
        wit_free(wit);
        return r;
    }
    *ret = wit;
    return 0;
}

static int scope_done(struct wit *wit, struct wit_scope *scope, arcella_error **reterr) {
    (void)wit;
    (void)reterr;
    HASH_CLEAR(hh, scope->types_by_name);
    HASH_CLEAR(hh, scope->funcs_by_name);
    return 0;
}

struct wit *wit_free(struct wit *wit) {
    if (!wit)
        return NULL;
    int r = wit_each_scope(wit, scope_done, NULL);
    (void)r;
    HASH_CLEAR(hh, wit->packages_by_id);
    HASH_CLEAR(hh, wit->scopes_by_id);
    HASH_CLEAR(hh, wit->entries);
    arena_done(&wit->arena);
    mem_free(wit);
    return NULL;
}
