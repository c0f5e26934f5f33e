/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Names of types: which definition has which, and which name it goes by in a scope.  A function may mention a
 * type of another interface that its own interface gave no name (only tools that start from WIT name each);
 * then a `use` is added.  What cannot be used from where it is (the world, an interface without a name) is
 * spelled out again.
 */
#include <stdarg.h>
#include <string.h>

#include "component/wit/internal.h"

int wit_unsaid(struct wit *wit, arcella_error **reterr, const char *format, ...) {
    char text[4 * NAME_SHOWN_BYTES];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    struct wit_note *note = arena_new(&wit->arena, struct wit_note);
    if (!note || length < 0)
        return error_nomem(reterr);
    note->text = arena_text(&wit->arena, text, strlen(text));
    if (!note->text)
        return error_nomem(reterr);
    *wit->notes_end = note;
    wit->notes_end = &note->next;
    return 0;
}

/* --- definitions and their names --- */

struct wit_type *wit_recall(const struct wit *wit, struct wit_key key) {
    struct wit_entry *entry;
    HASH_FIND(hh, wit->entries, &key, sizeof(key), entry);
    return entry ? entry->type : NULL;
}

int wit_remember(struct wit *wit, struct wit_key key, struct wit_type *type, arcella_error **reterr) {
    if (wit_recall(wit, key))
        return 0;
    struct wit_entry *entry = arena_new(&wit->arena, struct wit_entry);
    if (!entry)
        return error_nomem(reterr);
    entry->key = key;
    entry->type = type;
    bool ok;
    MAP_ADD(hh, wit->entries, key, entry, &ok);
    return ok ? 0 : error_nomem(reterr);
}

static struct wit_key resource_key(struct resource_name resource) {
    return (struct wit_key){ENTITY_TYPE_RESOURCE, resource.resource, (uint64_t)resource.alias + 1};
}

struct wit_key wit_key_of(const struct entity_type *type) {
    if (type->kind == ENTITY_TYPE_RESOURCE)
        return resource_key(type->resource);
    return (struct wit_key){ENTITY_TYPE_VALUE, type->value->id, 0};
}

struct wit_type *wit_named_resource(const struct wit *wit, struct resource_name resource) {
    struct wit_type *type = wit_recall(wit, resource_key(resource));
    /* An alias that no import or export named: the resource itself has a name. */
    return type ? type : wit_recall(wit, (struct wit_key){ENTITY_TYPE_RESOURCE, resource.resource, 0});
}

struct wit_type *wit_named(const struct wit *wit, const struct entity_type *type) {
    if (type->kind == ENTITY_TYPE_RESOURCE)
        return wit_named_resource(wit, type->resource);
    if (type->kind != ENTITY_TYPE_VALUE)
        return NULL;
    for (const struct entity_value *value = type->value; value; value = value->alias_of) {
        struct wit_type *named = wit_recall(wit, (struct wit_key){ENTITY_TYPE_VALUE, value->id, 0});
        if (named)
            return named;
    }
    return NULL;
}

static bool wants_name(enum type_kind kind) {
    return kind == TYPE_RECORD || kind == TYPE_VARIANT || kind == TYPE_ENUM || kind == TYPE_FLAGS;
}

struct wit_type *wit_named_value(const struct wit *wit, const struct entity_value *value) {
    struct entity_type type = {.kind = ENTITY_TYPE_VALUE, .value = value};
    struct wit_type *named = value ? wit_named(wit, &type) : NULL;
    if (named || !value || !wants_name(value->type->kind))
        return named;
    return wit_recall(wit, (struct wit_key){WIT_KEY_SHAPE, value->type->id, 0});
}

struct wit_type *wit_local(const struct wit *wit, const struct wit_scope *scope,
                           const struct wit_type *type) {
    if (type->owner == scope)
        return (struct wit_type *)type;
    return wit_recall(wit, (struct wit_key){WIT_KEY_LOCAL, (uintptr_t)scope, (uintptr_t)type->origin});
}

int wit_type_add(struct wit *wit, struct wit_scope *scope, struct text name, struct wit_type **ret,
                 arcella_error **reterr) {
    struct wit_type *type = arena_new(&wit->arena, struct wit_type);
    if (!type)
        return error_nomem(reterr);
    type->name = name;
    type->owner = scope;
    type->origin = type;
    type->methods.end = &type->methods.first;
    *scope->types_end = type;
    scope->types_end = &type->next;
    bool ok;
    MAP_ADD_TEXT(hh, scope->types_by_name, type->name.data, type->name.length, type, &ok);
    *ret = type;
    return ok ? 0 : error_nomem(reterr);
}

/* --- giving names --- */

struct namer {
    struct wit *wit;
    struct wit_scope *scope;
    arcella_error **reterr;
};

/* A name that is free in a scope: NAME, NAME-2, NAME-3 … */
static int free_name(struct namer *n, struct text wanted, struct text *ret) {
    *ret = wanted;
    for (unsigned i = 2;; i++) {
        struct wit_type *type;
        struct wit_func *func;
        HASH_FIND(hh, n->scope->types_by_name, ret->data, ret->length, type);
        HASH_FIND(hh, n->scope->funcs_by_name, ret->data, ret->length, func);
        if (!type && !func)
            return 0;
        char text[256];
        int length = snprintf(text, sizeof(text), "%.*s-n%u", wanted.length > 200 ? 200 : (int)wanted.length,
                              wanted.data, i);
        ret->data = arena_text(&n->wit->arena, text, (size_t)length);
        ret->length = (size_t)length;
        if (!ret->data)
            return error_nomem(n->reterr);
    }
}

static bool can_be_used(const struct wit_type *type) {
    return type->owner->id.length > 0;
}

/* A use of what cannot be used: by way of an interface that has it, or spelled out again. */
static int settle(struct namer *n, struct wit_type *type) {
    while (type->form == WIT_USE && !can_be_used(type->target) && type->target->target)
        type->target = type->target->target;
    if (type->form != WIT_USE || can_be_used(type->target))
        return 0;
    const struct wit_type *target = type->target;
    type->form = target->form;
    type->value = target->value;
    type->target = NULL;
    type->note = "the same as one of another scope of this world";
    return wit_unsaid(n->wit, n->reterr, "type '%s' of '%s' is the same as '%s' of '%s'",
                      NAME_SHOWN(type->name), NAME_SHOWN(n->scope->name), NAME_SHOWN(target->name),
                      NAME_SHOWN(target->owner->name));
}

static int name_parts(struct namer *n, const struct entity_value *value);

/* Give a type of elsewhere a name in the scope, unless it has one. */
static int mention(struct namer *n, struct wit_type *type) {
    if (wit_local(n->wit, n->scope, type))
        return 0;
    struct text name;
    struct wit_type *local;
    TRY(free_name(n, type->name, &name));
    TRY(wit_type_add(n->wit, n->scope, name, &local, n->reterr));
    local->form = WIT_USE;
    local->target = type;
    local->origin = type->origin;
    TRY(wit_remember(n->wit, (struct wit_key){WIT_KEY_LOCAL, (uintptr_t)n->scope, (uintptr_t)type->origin},
                     local, n->reterr));
    TRY(settle(n, local));
    return local->form == WIT_DEFINED ? name_parts(n, local->value) : 0;
}

static int name_value(struct namer *n, const struct entity_value *value) {
    if (!value)
        return 0;
    struct wit_type *named = wit_named_value(n->wit, value);
    return named ? mention(n, named) : name_parts(n, value);
}

static int name_parts(struct namer *n, const struct entity_value *value) {
    if (value->type->kind == TYPE_OWN || value->type->kind == TYPE_BORROW) {
        struct wit_type *resource = wit_named_resource(n->wit, value->handle);
        return resource ? mention(n, resource) : 0;
    }
    for (uint32_t i = 0; value->parts && i < value->type->count; i++)
        TRY(name_value(n, value->parts[i]));
    return 0;
}

static int name_func(struct namer *n, const struct wit_func *func) {
    for (uint32_t i = wit_first_param(func); func->func->params && i < func->func->type->param_count; i++)
        TRY(name_value(n, func->func->params[i]));
    return wit_is_plain_constructor(func) ? 0 : name_value(n, func->func->result);
}

static int name_scope(struct wit *wit, struct wit_scope *scope, arcella_error **reterr) {
    struct namer n = {wit, scope, reterr};
    /* Types that are added on the way come last, and mention nothing themselves. */
    for (struct wit_type *type = scope->types; type; type = type->next) {
        if (type->form == WIT_USE)
            TRY(settle(&n, type));
        if (type->form == WIT_DEFINED)
            TRY(name_parts(&n, type->value));
        for (const struct wit_func *func = type->methods.first; func; func = func->next)
            TRY(name_func(&n, func));
    }
    for (const struct wit_func *func = scope->funcs.first; func; func = func->next)
        TRY(name_func(&n, func));
    if (scope != &wit->world)
        return 0;
    for (const struct wit_item *item = wit->imports.first; item; item = item->next)
        if (item->func)
            TRY(name_func(&n, item->func));
    for (const struct wit_item *item = wit->exports.first; item; item = item->next)
        if (item->func)
            TRY(name_func(&n, item->func));
    return 0;
}

/* By resource and by structure: the first of each name. */
static int index_scope(struct wit *wit, struct wit_scope *scope, arcella_error **reterr) {
    (void)reterr;
    for (struct wit_type *type = scope->types; type; type = type->next)
        if (type->form == WIT_DEFINED && wants_name(type->value->type->kind))
            TRY(wit_remember(wit, (struct wit_key){WIT_KEY_SHAPE, type->value->type->id, 0}, type, reterr));
    return 0;
}

int wit_each_scope(struct wit *wit, wit_scope_fn *fn, arcella_error **reterr) {
    TRY(fn(wit, &wit->world, reterr));
    for (struct wit_item *item = wit->imports.first; item; item = item->next)
        if (item->kind == WIT_ITEM_INLINE)
            TRY(fn(wit, item->scope, reterr));
    for (struct wit_item *item = wit->exports.first; item; item = item->next)
        if (item->kind == WIT_ITEM_INLINE)
            TRY(fn(wit, item->scope, reterr));
    for (struct wit_scope *scope = wit->main.scopes; scope; scope = scope->next)
        TRY(fn(wit, scope, reterr));
    for (struct wit_package *package = wit->packages; package; package = package->next)
        for (struct wit_scope *scope = package->scopes; scope; scope = scope->next)
            TRY(fn(wit, scope, reterr));
    return 0;
}

int wit_name_all(struct wit *wit, arcella_error **reterr) {
    TRY(wit_each_scope(wit, index_scope, reterr));
    return wit_each_scope(wit, name_scope, reterr);
}

bool wit_is_plain_constructor(const struct wit_func *func) {
    const struct entity_value *result = func->func->result;
    return func->kind == EXTERN_NAME_CONSTRUCTOR && result && result->type->kind == TYPE_OWN;
}
