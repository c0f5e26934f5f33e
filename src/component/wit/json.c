/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* A world as JSON; the shape is in wit.h. */
#include "component/wit/internal.h"

struct writer {
    const struct wit *wit;
    const struct wit_scope *scope;
    struct buffer *to;
    arcella_error **reterr;
};

static int add(struct writer *w, const char *text) {
    return buffer_text(w->to, text, w->reterr);
}

static int add_text(struct writer *w, struct text text) {
    return text_add_json(w->to, text.data, text.length, SIZE_MAX, w->reterr);
}

/* "key":"value", behind what is given */
static int add_member(struct writer *w, const char *before, const char *key, struct text value) {
    TRY(buffer_format(w->to, w->reterr, "%s\"%s\":", before, key));
    return add_text(w, value);
}

/* --- types --- */

static int add_value(struct writer *w, const struct type *type, const struct entity_value *value);

static int add_part(struct writer *w, const struct type *type, const struct entity_value *value, uint32_t i) {
    return add_value(w, type->fields[i].type, value ? wit_part(value, i) : NULL);
}

static int add_handle(struct writer *w, const struct entity_value *value) {
    const struct wit_type *resource = wit_named_resource(w->wit, value->handle);
    const struct wit_type *local = resource ? wit_local(w->wit, w->scope, resource) : NULL;
    if (!local)
        return error_set(w->reterr, ARCELLA_E_INTERNAL, "a handle of a resource without a name");
    TRY(add_member(w, "{", type_kind_words(value->type->kind), local->name));
    return add(w, "}");
}

static int add_parts(struct writer *w, const struct type *type, const struct entity_value *value) {
    switch (type->kind) {
    case TYPE_TUPLE:
        TRY(add(w, "["));
        for (uint32_t i = 0; i < type->count; i++) {
            TRY(add(w, i ? "," : ""));
            TRY(add_part(w, type, value, i));
        }
        return add(w, "]");
    case TYPE_RESULT:
        TRY(add(w, "{"));
        for (uint32_t i = 0; i < 2; i++) {
            if (!type->fields[i].type)
                continue;
            TRY(add(w, i && type->fields[0].type ? "," : ""));
            TRY(add(w, i ? "\"err\":" : "\"ok\":"));
            TRY(add_part(w, type, value, i));
        }
        return add(w, "}");
    case TYPE_MAP:
        TRY(add(w, "{\"key\":"));
        TRY(add_part(w, type, value, 0));
        TRY(add(w, ",\"value\":"));
        TRY(add_part(w, type, value, 1));
        return add(w, "}");
    default: {
        uint32_t i = type->kind == TYPE_OPTION;
        return type->fields[i].type ? add_part(w, type, value, i) : add(w, "null");
    }
    }
}

static int add_structure(struct writer *w, const struct type *type, const struct entity_value *value) {
    switch (type->kind) {
    case TYPE_OWN:
    case TYPE_BORROW:
        if (value)
            return add_handle(w, value);
        break;
    case TYPE_TUPLE:
    case TYPE_LIST:
    case TYPE_MAP:
    case TYPE_OPTION:
    case TYPE_RESULT:
    case TYPE_STREAM:
    case TYPE_FUTURE:
    case TYPE_FIXED_LIST:
        TRY(buffer_format(w->to, w->reterr,
                          "{\"%s\":", type->kind == TYPE_FIXED_LIST ? "list" : type_kind_words(type->kind)));
        TRY(add_parts(w, type, value));
        if (type->kind == TYPE_FIXED_LIST)
            TRY(buffer_format(w->to, w->reterr, ",\"length\":%u", type->length));
        return add(w, "}");
    default:
        if (type->kind <= TYPE_STRING || type->kind == TYPE_ERROR_CONTEXT)
            return add_text(w, text_of(type_kind_words(type->kind)));
    }
    return error_set(w->reterr, ARCELLA_E_INTERNAL, "a %s without a name", type_kind_words(type->kind));
}

static int add_value(struct writer *w, const struct type *type, const struct entity_value *value) {
    const struct wit_type *named = wit_named_value(w->wit, value);
    const struct wit_type *local = named ? wit_local(w->wit, w->scope, named) : NULL;
    return local ? add_text(w, local->name) : add_structure(w, type, value);
}

static int add_func(struct writer *w, const struct wit_func *func) {
    const struct func_type *type = func->func->type;
    const char *kind = func->kind == EXTERN_NAME_CONSTRUCTOR ? "constructor"
                       : func->kind == EXTERN_NAME_METHOD    ? "method"
                       : func->kind == EXTERN_NAME_STATIC    ? "static"
                                                             : "function";
    TRY(add_member(w, "{", "name",
                   func->kind == EXTERN_NAME_CONSTRUCTOR ? TEXT("constructor") : func->label));
    TRY(add_member(w, ",", "kind", text_of(kind)));
    if (type->async)
        TRY(add(w, ",\"async\":true"));
    TRY(add(w, ",\"params\":["));
    uint32_t first = wit_first_param(func);
    for (uint32_t i = first; i < type->param_count; i++) {
        TRY(add_member(w, i > first ? ",{" : "{", "name", type->params[i].name));
        TRY(add(w, ",\"type\":"));
        TRY(add_value(w, type->params[i].type, func->func->params ? func->func->params[i] : NULL));
        TRY(add(w, "}"));
    }
    TRY(add(w, "]"));
    if (type->result && !wit_is_plain_constructor(func)) {
        TRY(add(w, ",\"result\":"));
        TRY(add_value(w, type->result, func->func->result));
    }
    return add(w, "}");
}

static int add_funcs(struct writer *w, const struct wit_func *first) {
    TRY(add(w, "\"functions\":["));
    for (const struct wit_func *func = first; func; func = func->next) {
        TRY(add(w, func == first ? "" : ","));
        TRY(add_func(w, func));
    }
    return add(w, "]");
}

static int add_labels(struct writer *w, const struct entity_value *value) {
    const struct type *type = value->type;
    bool bare = type->kind == TYPE_ENUM || type->kind == TYPE_FLAGS;
    TRY(add(w, bare ? ",\"names\":[" : type->kind == TYPE_RECORD ? ",\"fields\":[" : ",\"cases\":["));
    for (uint32_t i = 0; i < type->count; i++) {
        TRY(add(w, i ? "," : ""));
        if (bare) {
            TRY(add_text(w, type->fields[i].name));
            continue;
        }
        TRY(add_member(w, "{", "name", type->fields[i].name));
        if (type->fields[i].type) {
            TRY(add(w, ",\"type\":"));
            TRY(add_part(w, type, value, i));
        }
        TRY(add(w, "}"));
    }
    return add(w, "]");
}

static int add_type(struct writer *w, const struct wit_type *type) {
    TRY(add_member(w, "{", "name", type->name));
    if (type->form == WIT_USE) {
        TRY(add_member(w, ",\"kind\":\"use\",", "from", type->target->owner->id));
        TRY(add_member(w, ",", "type", type->target->name));
    } else if (type->form == WIT_ALIAS) {
        TRY(add_member(w, ",\"kind\":\"alias\",", "type", type->target->name));
    } else if (type->form == WIT_RESOURCE) {
        TRY(add(w, ",\"kind\":\"resource\","));
        TRY(add_funcs(w, type->methods.first));
    } else {
        enum type_kind kind = type->value->type->kind;
        bool labels = kind == TYPE_RECORD || kind == TYPE_VARIANT || kind == TYPE_ENUM || kind == TYPE_FLAGS;
        TRY(add_member(w, ",", "kind", labels ? text_of(type_kind_words(kind)) : TEXT("alias")));
        TRY(labels ? 0 : add(w, ",\"type\":"));
        TRY(labels ? add_labels(w, type->value) : add_structure(w, type->value->type, type->value));
    }
    if (type->note)
        TRY(add_member(w, ",", "note", text_of(type->note)));
    return add(w, "}");
}

static int add_types(struct writer *w, const struct wit_scope *scope) {
    TRY(add(w, "\"types\":["));
    for (const struct wit_type *type = scope->types; type; type = type->next) {
        TRY(add(w, type == scope->types ? "" : ","));
        TRY(add_type(w, type));
    }
    return add(w, "]");
}

static int add_scope(struct writer *w, const struct wit_scope *scope) {
    const struct wit_scope *outer = w->scope;
    w->scope = scope;
    TRY(add_types(w, scope));
    TRY(add(w, ","));
    TRY(add_funcs(w, scope->funcs.first));
    w->scope = outer;
    return add(w, "}");
}

/* --- the world --- */

static int add_item(struct writer *w, const struct wit_item *item) {
    if (item->kind == WIT_ITEM_FUNC)
        return add_func(w, item->func);
    bool named = item->kind == WIT_ITEM_INTERFACE;
    TRY(add_member(w, "{", "kind", named ? TEXT("interface") : TEXT("inline")));
    TRY(add_member(w, ",", "name", item->label.length ? item->label : item->scope->id));
    if (!named) {
        TRY(add(w, ","));
        return add_scope(w, item->scope);
    }
    if (item->label.length)
        TRY(add_member(w, ",", "of", item->scope->id));
    return add(w, "}");
}

static int add_items(struct writer *w, const char *key, const struct wit_items *items) {
    TRY(buffer_format(w->to, w->reterr, ",\"%s\":[", key));
    for (const struct wit_item *item = items->first; item; item = item->next) {
        TRY(add(w, item == items->first ? "" : ","));
        TRY(add_item(w, item));
    }
    return add(w, "]");
}

static int add_interfaces(struct writer *w, const struct wit_scope *scopes, bool *any) {
    for (const struct wit_scope *scope = scopes; scope; scope = scope->next) {
        TRY(add_member(w, *any ? ",{" : "{", "name", scope->id));
        *any = true;
        TRY(add(w, ","));
        TRY(add_scope(w, scope));
    }
    return 0;
}

int wit_print_json(const struct wit *wit, struct buffer *to, arcella_error **reterr) {
    struct writer writer = {.wit = wit, .scope = &wit->world, .to = to, .reterr = reterr}, *w = &writer;
    bool any = false;
    TRY(add(w, "{\"package\":\"root:component\",\"world\":\"root\""));
    TRY(add_items(w, "imports", &wit->imports));
    TRY(add_items(w, "exports", &wit->exports));
    TRY(add(w, ","));
    TRY(add_types(w, &wit->world));
    TRY(add(w, ",\"interfaces\":["));
    TRY(add_interfaces(w, wit->main.scopes, &any));
    for (const struct wit_package *package = wit->packages; package; package = package->next)
        TRY(add_interfaces(w, package->scopes, &any));
    TRY(add(w, "],\"unsaid\":["));
    for (const struct wit_note *note = wit->notes; note; note = note->next) {
        TRY(add(w, note == wit->notes ? "" : ","));
        TRY(add_text(w, text_of(note->text)));
    }
    return add(w, "]}");
}
