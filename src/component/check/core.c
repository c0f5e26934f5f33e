/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Core types as components see them: function types interned by their bytes, what fits where (core
 * specification, matching of external types), module types, core instances and their arguments.
 */
#include <stdio.h>

#include "component/check/internal.h"

int check_core_func_type(struct check *c, struct text params, struct text results, uint32_t *ret) {
    uint32_t there;
    *ret = entity_names_find(&c->core_types, params, results);
    if (*ret != ENTITY_NONE)
        return 0;
    const char *kept = arena_text(&c->scratch, params.data, params.length);
    const char *kept_results = arena_text(&c->scratch, results.data, results.length);
    if (!kept || !kept_results)
        return check_nomem(c);
    *ret = entity_names_add(&c->core_types, &c->scratch, (struct text){kept, params.length},
                            (struct text){kept_results, results.length}, &there);
    return *ret == ENTITY_NONE ? check_nomem(c) : 0;
}

static const char *letter_words(char letter) {
    switch (letter) {
    case 'i': return "i32";
    case 'I': return "i64";
    case 'f': return "f32";
    case 'F': return "f64";
    case 'V': return "v128";
    default: return "ref";
    }
}

char check_core_letter(core_value code) {
    switch (code) {
    case 0x7f: return 'i';
    case 0x7e: return 'I';
    case 0x7d: return 'f';
    case 0x7c: return 'F';
    case 0x7b: return 'V';
    default: return '?';
    }
}

static const char *value_words(core_value code) {
    switch (code) {
    case 0x70: return "funcref";
    case 0x6f: return "externref";
    default: return letter_words(check_core_letter(code));
    }
}

static size_t add_values(struct text letters, char *to, size_t size) {
    size_t used = 0;
    for (size_t i = 0; i < letters.length; i++) {
        const char *word = letter_words(letters.data[i]);
        if (used + 12 > size) {
            used += (size_t)snprintf(to + used, size - used, "…");
            break;
        }
        used += (size_t)snprintf(to + used, size - used, "%s%s", i ? ", " : "", word);
    }
    return used;
}

const char *check_core_words(const struct check *c, uint32_t type, char *to, size_t size) {
    const struct entity_name *t = &c->core_types.names[type];
    size_t half = size / 2 - 16, used = 0;
    used += (size_t)snprintf(to, size, "(");
    used += add_values(t->first, to + used, half);
    used += (size_t)snprintf(to + used, size - used, ") -> (");
    used += add_values(t->second, to + used, half);
    snprintf(to + used, size - used, ")");
    return to;
}

/* Limits of a fit those wanted in b: no less at the beginning, no more at the end. */
static bool limits_match(const struct core_entity *a, const struct core_entity *b) {
    return a->is_64 == b->is_64 && a->min >= b->min && (!b->has_max || (a->has_max && a->max <= b->max));
}

int check_core_match(struct check *c, const struct core_entity *a, const struct core_entity *b,
                     uint32_t offset) {
    if (a->sort != b->sort)
        return check_bad(c, offset, "expected a %s, found a %s", component_sort_words(b->sort),
                         component_sort_words(a->sort));
    switch (a->sort) {
    case SORT_CORE_FUNC:
    case SORT_CORE_TAG: {
        char found[256], wanted[256];
        if (a->type != b->type)
            return check_bad(c, offset, "expected type %s, found %s",
                             check_core_words(c, b->type, wanted, sizeof(wanted)),
                             check_core_words(c, a->type, found, sizeof(found)));
        return 0;
    }
    case SORT_CORE_GLOBAL:
        if (a->mutable_global != b->mutable_global)
            return check_bad(c, offset, "expected a%s global, found a%s one: mismatch in mutability",
                             b->mutable_global ? " mutable" : "n immutable",
                             a->mutable_global ? " mutable" : "n immutable");
        if (a->value != b->value)
            return check_bad(c, offset, "expected a global of type %s, found %s", value_words(b->value),
                             value_words(a->value));
        return 0;
    default:
        if (a->value != b->value)
            return check_bad(c, offset, "expected table elements of type %s, found %s", value_words(b->value),
                             value_words(a->value));
        if (a->shared != b->shared)
            return check_bad(c, offset, "expected a %s%s, found a %s one: mismatch in the shared flag",
                             b->shared ? "shared " : "", component_sort_words(b->sort),
                             a->shared ? "shared" : "private");
        if (a->is_64 != b->is_64)
            return check_bad(c, offset, "expected a %s of %d bits, found one of %d: mismatch in index type",
                             component_sort_words(b->sort), b->is_64 ? 64 : 32, a->is_64 ? 64 : 32);
        if (!limits_match(a, b))
            return check_bad(c, offset, "mismatch in %s limits",
                             component_sort_words(b->sort) + strlen("core "));
        return 0;
    }
}

int check_module_match(struct check *c, const struct core_module_type *a, const struct core_module_type *b,
                       uint32_t offset) {
    TRY(check_work(c, (uint64_t)a->imports.count + b->exports.count));
    /* What a wants must be among what b says it wants … */
    for (uint32_t i = 0; i < a->imports.count; i++) {
        const struct entity_name *name = &a->imports.names->names[i];
        const struct core_entity *given = core_find(&b->imports, name->first, name->second);
        if (!given)
            return check_bad(c, offset, "missing expected import '%s' '%s'", NAME_SHOWN(name->first),
                             NAME_SHOWN(name->second));
        int r = check_core_match(c, given, &a->imports.entities[i], offset);
        if (r)
            return error_wrap(c->reterr, r, "type mismatch in import '%s' '%s'", NAME_SHOWN(name->first),
                              NAME_SHOWN(name->second));
    }
    /* … and what b exports among what a exports. */
    for (uint32_t i = 0; i < b->exports.count; i++) {
        struct text name = b->exports.names->names[i].first;
        const struct core_entity *given = core_find(&a->exports, name, (struct text){0});
        if (!given)
            return check_bad(c, offset, "missing expected export '%s'", NAME_SHOWN(name));
        int r = check_core_match(c, given, &b->exports.entities[i], offset);
        if (r)
            return error_wrap(c->reterr, r, "type mismatch in export '%s'", NAME_SHOWN(name));
    }
    return 0;
}

/* --- building module types --- */

int check_module_begin(struct check *c, struct module_builder *b) {
    *b = (struct module_builder){.info = entity_info_leaf(),
                                 .import_names = arena_new(c->keep, struct entity_names),
                                 .export_names = arena_new(c->keep, struct entity_names)};
    return b->import_names && b->export_names ? 0 : check_nomem(c);
}

static struct entity_info core_info(const struct check *c, const struct core_entity *what) {
    struct entity_info info = entity_info_leaf();
    if (what->sort == SORT_CORE_FUNC || what->sort == SORT_CORE_TAG) {
        const struct entity_name *t = &c->core_types.names[what->type];
        info.size += (uint32_t)(t->first.length + t->second.length);
    }
    return info;
}

int check_module_import(struct check *c, struct module_builder *b, struct text module, struct text name,
                        const struct core_entity *what, uint32_t offset) {
    uint32_t there;
    if (entity_names_add(b->import_names, c->keep, module, name, &there) == ENTITY_NONE)
        return there == ENTITY_NONE
                   ? check_nomem(c)
                   : check_bad(c, offset,
                               "module has a duplicate import name '%s' '%s', not allowed in components",
                               NAME_SHOWN(module), NAME_SHOWN(name));
    TRY(check_info_add(c, &b->info, core_info(c, what), offset));
    return PUSH(c, &b->imports, *what);
}

int check_module_export(struct check *c, struct module_builder *b, struct text name,
                        const struct core_entity *what, uint32_t offset) {
    uint32_t there;
    if (entity_names_add(b->export_names, c->keep, name, (struct text){0}, &there) == ENTITY_NONE)
        return there == ENTITY_NONE
                   ? check_nomem(c)
                   : check_bad(c, offset, "duplicate export name '%s': already defined", NAME_SHOWN(name));
    TRY(check_info_add(c, &b->info, core_info(c, what), offset));
    return PUSH(c, &b->exports, *what);
}

static int keep_list(struct check *c, const struct entity_names *names, const struct core_entity *items,
                     uint32_t count, struct core_list *ret) {
    struct core_entity *kept = arena_array(c->keep, count, sizeof(*kept));
    if (!kept)
        return check_nomem(c);
    if (count)
        memcpy(kept, items, count * sizeof(*kept));
    *ret = (struct core_list){.names = names, .entities = kept, .count = count};
    return 0;
}

int check_module_end(struct check *c, const struct module_builder *b, const struct core_module_type **ret) {
    struct core_module_type *type = arena_new(c->keep, struct core_module_type);
    if (!type)
        return check_nomem(c);
    type->info = b->info;
    TRY(keep_list(c, b->import_names, b->imports.items, b->imports.count, &type->imports));
    TRY(keep_list(c, b->export_names, b->exports.items, b->exports.count, &type->exports));
    *ret = type;
    return 0;
}

/* --- core instances --- */

static int inline_instance(struct check *c, struct scope *s, const struct ast_def *def) {
    struct module_builder b;
    TRY(check_module_begin(c, &b));
    for (uint32_t i = 0; i < def->instance.count; i++) {
        const struct ast_arg *arg = &def->instance.args[i];
        struct core_entity what;
        TRY(check_core_item_at(c, s, arg->ref, def->offset, &what));
        TRY(check_module_export(c, &b, arg->name.name, &what, def->offset));
    }
    const struct core_module_type *type = NULL;
    TRY(check_module_end(c, &b, &type));
    return PUSH(c, &s->core_instances, &type->exports);
}

/* An argument is an instance; each import of the module is looked up in the one of its module name. */
static int instantiate(struct check *c, struct scope *s, const struct ast_def *def) {
    struct entity module;
    struct ast_ref ref = {SORT_CORE_MODULE, def->instance.index};
    TRY(check_item_at(c, s, ref, def->offset, &module));
    struct entity_names names = {0};
    SPACE(const struct core_list *) given = {0};
    for (uint32_t i = 0; i < def->instance.count; i++) {
        const struct ast_arg *arg = &def->instance.args[i];
        const struct core_list *list;
        uint32_t there;
        if (arg->ref.sort != SORT_CORE_INSTANCE)
            return check_bad(c, def->offset, "argument '%s' is a %s, expected a core instance",
                             NAME_SHOWN(arg->name.name), component_sort_words(arg->ref.sort));
        TRY(check_core_instance_at(c, s, arg->ref.index, def->offset, &list));
        if (entity_names_add(&names, &c->scratch, arg->name.name, (struct text){0}, &there) == ENTITY_NONE)
            return there == ENTITY_NONE
                       ? check_nomem(c)
                       : check_bad(c, def->offset, "duplicate module instantiation argument named '%s'",
                                   NAME_SHOWN(arg->name.name));
        TRY(PUSH(c, &given, list));
    }
    const struct core_list *imports = &module.module->imports;
    TRY(check_work(c, imports->count));
    for (uint32_t i = 0; i < imports->count; i++) {
        const struct entity_name *name = &imports->names->names[i];
        uint32_t at = entity_names_find(&names, name->first, (struct text){0});
        if (at == ENTITY_NONE || !given.items)
            return check_bad(c, def->offset, "missing module instantiation argument named '%s'",
                             NAME_SHOWN(name->first));
        const struct core_entity *item = core_find(given.items[at], name->second, (struct text){0});
        if (!item)
            return check_bad(c, def->offset,
                             "module instantiation argument '%s' does not export an item named '%s'",
                             NAME_SHOWN(name->first), NAME_SHOWN(name->second));
        int r = check_core_match(c, item, &imports->entities[i], def->offset);
        if (r)
            return error_wrap(c->reterr, r,
                              "type mismatch for export '%s' of module instantiation argument '%s'",
                              NAME_SHOWN(name->second), NAME_SHOWN(name->first));
    }
    return PUSH(c, &s->core_instances, &module.module->exports);
}

int check_core_instance_def(struct check *c, struct scope *s, const struct ast_def *def) {
    TRY(check_room(c, s, SORT_CORE_INSTANCE, def->offset));
    return def->instance.is_inline ? inline_instance(c, s, def) : instantiate(c, s, def);
}
