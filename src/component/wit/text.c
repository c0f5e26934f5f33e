/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* A world as WIT text. */
#include <string.h>

#include "component/wit/internal.h"

struct writer {
    const struct wit *wit;
    const struct wit_scope *scope;
    struct buffer *to;
    arcella_error **reterr;
    unsigned indent;
    bool any; /* something stands in this block */
};

static int add(struct writer *w, const char *text) {
    return buffer_text(w->to, text, w->reterr);
}

static int add_slice(struct writer *w, struct text text) {
    return buffer_add(w->to, text.data, text.length, w->reterr);
}

static int line(struct writer *w) {
    for (unsigned i = 0; i < w->indent; i++)
        TRY(add(w, "  "));
    return 0;
}

/* A new thing in a block: behind an empty line, unless it is the first. */
static int item(struct writer *w) {
    if (w->any)
        TRY(add(w, "\n"));
    w->any = true;
    return line(w);
}

static int open_block(struct writer *w) {
    w->indent++;
    w->any = false;
    return add(w, " {\n");
}

static int close_block(struct writer *w) {
    w->indent--;
    w->any = true;
    TRY(line(w));
    return add(w, "}\n");
}

/* --- names --- */

static bool is_keyword(struct text name) {
    static const char *const words[] = {
        "use",      "type",        "func",          "u8",      "u16",    "u32",     "u64",     "s8",
        "s16",      "s32",         "s64",           "f32",     "f64",    "float32", "float64", "char",
        "resource", "record",      "flags",         "variant", "enum",   "bool",    "string",  "option",
        "result",   "future",      "stream",        "list",    "own",    "borrow",  "as",      "from",
        "static",   "interface",   "tuple",         "world",   "import", "export",  "package", "with",
        "include",  "constructor", "error-context", "async",   "map",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
        if (text_equal(name, text_of(words[i])))
            return true;
    return false;
}

static int add_name(struct writer *w, struct text name) {
    if (is_keyword(name))
        TRY(add(w, "%"));
    return add_slice(w, name);
}

/* ns:name, with its version */
static int add_package(struct writer *w, const struct wit_package *package, struct text interface) {
    TRY(add_name(w, package->space));
    TRY(add(w, ":"));
    TRY(add_name(w, package->name));
    if (interface.length) {
        TRY(add(w, "/"));
        TRY(add_name(w, interface));
    }
    if (!package->version.length)
        return 0;
    TRY(add(w, "@"));
    return add_slice(w, package->version);
}

static int add_path(struct writer *w, const struct wit_scope *scope) {
    if (scope->package == w->scope->package)
        return add_name(w, scope->name);
    return add_package(w, scope->package, scope->name);
}

/* --- types --- */

static int add_value(struct writer *w, const struct type *type, const struct entity_value *value);

static int add_handle(struct writer *w, const struct entity_value *value, bool in_full) {
    const struct wit_type *resource = wit_named_resource(w->wit, value->handle);
    const struct wit_type *local = resource ? wit_local(w->wit, w->scope, resource) : NULL;
    if (!local)
        return error_set(w->reterr, ARCELLA_E_INTERNAL, "a handle of a resource without a name");
    bool bare = value->type->kind == TYPE_OWN && !in_full;
    if (!bare) {
        TRY(add(w, type_kind_words(value->type->kind)));
        TRY(add(w, "<"));
    }
    TRY(add_name(w, local->name));
    return bare ? 0 : add(w, ">");
}

/* option<…>, tuple<…, …>, result<_, …> */
static int add_generic(struct writer *w, const struct type *type, const struct entity_value *value) {
    uint32_t first = type->kind == TYPE_OPTION;
    uint32_t end = type->count;
    if (type->kind == TYPE_RESULT)
        end = type->fields[1].type ? 2 : type->fields[0].type ? 1 : 0;
    if (first < end && !type->fields[first].type && type->kind != TYPE_RESULT)
        end = first; /* a stream of nothing */
    TRY(add(w, type->kind == TYPE_FIXED_LIST ? "list" : type_kind_words(type->kind)));
    for (uint32_t i = first; i < end; i++) {
        TRY(add(w, i == first ? "<" : ", "));
        if (type->fields[i].type)
            TRY(add_value(w, type->fields[i].type, value ? wit_part(value, i) : NULL));
        else
            TRY(add(w, "_"));
    }
    if (type->kind == TYPE_FIXED_LIST)
        TRY(buffer_format(w->to, w->reterr, ", %u", type->length));
    return first < end ? add(w, ">") : 0;
}

/* A type spelled out: what needs no name. */
static int add_structure(struct writer *w, const struct type *type, const struct entity_value *value,
                         bool in_full) {
    switch (type->kind) {
    case TYPE_TUPLE:
    case TYPE_LIST:
    case TYPE_MAP:
    case TYPE_OPTION:
    case TYPE_RESULT:
    case TYPE_STREAM:
    case TYPE_FUTURE:
    case TYPE_FIXED_LIST: return add_generic(w, type, value);
    case TYPE_OWN:
    case TYPE_BORROW:
        if (value)
            return add_handle(w, value, in_full);
        break;
    default:
        if (type->kind <= TYPE_STRING || type->kind == TYPE_ERROR_CONTEXT)
            return add(w, type_kind_words(type->kind));
    }
    return error_set(w->reterr, ARCELLA_E_INTERNAL, "a %s without a name", type_kind_words(type->kind));
}

static int add_value(struct writer *w, const struct type *type, const struct entity_value *value) {
    const struct wit_type *named = wit_named_value(w->wit, value);
    const struct wit_type *local = named ? wit_local(w->wit, w->scope, named) : NULL;
    return local ? add_name(w, local->name) : add_structure(w, type, value, false);
}

static int add_func(struct writer *w, const struct wit_func *func) {
    const struct func_type *type = func->func->type;
    bool constructor = func->kind == EXTERN_NAME_CONSTRUCTOR;
    if (type->async)
        TRY(add(w, "async "));
    TRY(add(w, constructor ? "constructor(" : "func("));
    uint32_t first = wit_first_param(func);
    for (uint32_t i = first; i < type->param_count; i++) {
        if (i > first)
            TRY(add(w, ", "));
        TRY(add_name(w, type->params[i].name));
        TRY(add(w, ": "));
        TRY(add_value(w, type->params[i].type, func->func->params ? func->func->params[i] : NULL));
    }
    TRY(add(w, ")"));
    if (type->result && !wit_is_plain_constructor(func)) {
        TRY(add(w, " -> "));
        TRY(add_value(w, type->result, func->func->result));
    }
    return add(w, ";\n");
}

/* --- declarations --- */

/* record, variant, enum, flags: a line each. */
static int add_lines(struct writer *w, const struct wit_type *declared) {
    const struct entity_value *value = declared->value;
    const struct type *type = value->type;
    TRY(add(w, type_kind_words(type->kind)));
    TRY(add(w, " "));
    TRY(add_name(w, declared->name));
    TRY(open_block(w));
    for (uint32_t i = 0; i < type->count; i++) {
        const struct type_field *field = &type->fields[i];
        TRY(line(w));
        TRY(add_name(w, field->name));
        if (field->type) {
            TRY(add(w, type->kind == TYPE_RECORD ? ": " : "("));
            TRY(add_value(w, field->type, wit_part(value, i)));
            TRY(add(w, type->kind == TYPE_RECORD ? "" : ")"));
        }
        TRY(add(w, ",\n"));
    }
    return close_block(w);
}

static int add_resource(struct writer *w, const struct wit_type *type) {
    TRY(add(w, "resource "));
    TRY(add_name(w, type->name));
    if (!type->methods.first)
        return add(w, ";\n");
    TRY(open_block(w));
    for (const struct wit_func *func = type->methods.first; func; func = func->next) {
        TRY(line(w));
        if (func->kind != EXTERN_NAME_CONSTRUCTOR) {
            TRY(add_name(w, func->label));
            TRY(add(w, func->kind == EXTERN_NAME_STATIC ? ": static " : ": "));
        }
        TRY(add_func(w, func));
    }
    return close_block(w);
}

static int add_declaration(struct writer *w, const struct wit_type *type) {
    TRY(item(w));
    if (type->note) {
        TRY(buffer_format(w->to, w->reterr, "// %s\n", type->note));
        TRY(line(w));
    }
    if (type->form == WIT_RESOURCE)
        return add_resource(w, type);
    if (type->form == WIT_DEFINED) {
        enum type_kind kind = type->value->type->kind;
        if (kind == TYPE_RECORD || kind == TYPE_VARIANT || kind == TYPE_ENUM || kind == TYPE_FLAGS)
            return add_lines(w, type);
    }
    TRY(add(w, "type "));
    TRY(add_name(w, type->name));
    TRY(add(w, " = "));
    /* An owned handle in full: `type a = b` of a resource b is another name of b. */
    TRY(type->form == WIT_ALIAS ? add_name(w, type->target->name)
                                : add_structure(w, type->value->type, type->value, true));
    return add(w, ";\n");
}

/* One line for uses of one interface that stand beside each other. */
static int add_uses(struct writer *w) {
    const struct wit_scope *of = NULL;
    for (const struct wit_type *type = w->scope->types; type; type = type->next) {
        if (type->form != WIT_USE)
            continue;
        if (type->target->owner != of) {
            if (of)
                TRY(add(w, "};\n"));
            of = type->target->owner;
            w->any = true;
            TRY(line(w));
            TRY(add(w, "use "));
            TRY(add_path(w, of));
            TRY(add(w, ".{"));
        } else {
            TRY(add(w, ", "));
        }
        TRY(add_name(w, type->target->name));
        if (!text_equal(type->target->name, type->name)) {
            TRY(add(w, " as "));
            TRY(add_name(w, type->name));
        }
    }
    return of ? add(w, "};\n") : 0;
}

static int add_types(struct writer *w) {
    TRY(add_uses(w));
    for (const struct wit_type *type = w->scope->types; type; type = type->next)
        if (type->form != WIT_USE)
            TRY(add_declaration(w, type));
    return 0;
}

/* What stands between the braces of an interface. */
static int add_scope(struct writer *w, const struct wit_scope *scope) {
    const struct wit_scope *outer = w->scope;
    w->scope = scope;
    TRY(add_types(w));
    for (const struct wit_func *func = scope->funcs.first; func; func = func->next) {
        TRY(item(w));
        TRY(add_name(w, func->label));
        TRY(add(w, ": "));
        TRY(add_func(w, func));
    }
    w->scope = outer;
    return 0;
}

/* --- the world --- */

static int add_item(struct writer *w, const struct wit_item *one, const char *word) {
    TRY(line(w));
    TRY(add(w, word));
    w->any = true;
    if (one->kind == WIT_ITEM_FUNC) {
        TRY(add_name(w, one->func->label));
        TRY(add(w, ": "));
        return add_func(w, one->func);
    }
    if (one->label.length) {
        TRY(add_name(w, one->label));
        TRY(add(w, ": "));
    }
    if (one->kind == WIT_ITEM_INTERFACE) {
        TRY(add_path(w, one->scope));
        return add(w, ";\n");
    }
    TRY(add(w, "interface"));
    TRY(open_block(w));
    TRY(add_scope(w, one->scope));
    return close_block(w);
}

/* Interfaces first, then types, then functions: so the reference's tools write it, and read it back the same.
 */
static int add_world(struct writer *w) {
    TRY(add(w, "world root"));
    TRY(open_block(w));
    for (const struct wit_note *note = w->wit->notes; note; note = note->next) {
        TRY(line(w));
        TRY(buffer_format(w->to, w->reterr, "// %s\n", note->text));
    }
    for (const struct wit_item *one = w->wit->imports.first; one; one = one->next)
        if (one->kind != WIT_ITEM_FUNC)
            TRY(add_item(w, one, "import "));
    TRY(add_types(w));
    for (const struct wit_item *one = w->wit->imports.first; one; one = one->next)
        if (one->kind == WIT_ITEM_FUNC)
            TRY(add_item(w, one, "import "));
    if (w->wit->exports.first && w->any)
        TRY(add(w, "\n"));
    for (const struct wit_item *one = w->wit->exports.first; one; one = one->next)
        TRY(add_item(w, one, "export "));
    return close_block(w);
}

static int add_interface(struct writer *w, const struct wit_scope *scope) {
    TRY(line(w));
    TRY(add(w, "interface "));
    TRY(add_name(w, scope->name));
    TRY(open_block(w));
    TRY(add_scope(w, scope));
    return close_block(w);
}

int wit_print(const struct wit *wit, struct buffer *to, arcella_error **reterr) {
    struct writer w = {.wit = wit, .scope = &wit->world, .to = to, .reterr = reterr};
    TRY(add(&w, "package root:component;\n\n"));
    for (const struct wit_scope *scope = wit->main.scopes; scope; scope = scope->next) {
        TRY(add_interface(&w, scope));
        TRY(add(&w, "\n"));
    }
    TRY(add_world(&w));
    for (const struct wit_package *package = wit->packages; package; package = package->next) {
        TRY(add(&w, "\npackage "));
        TRY(add_package(&w, package, (struct text){0}));
        TRY(open_block(&w));
        for (const struct wit_scope *scope = package->scopes; scope; scope = scope->next)
            TRY(add_interface(&w, scope));
        TRY(close_block(&w));
    }
    return 0;
}
