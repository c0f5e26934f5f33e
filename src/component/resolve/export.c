/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Exports: each adds to its index space and to the exports of its instance; those of the root become the
 * table of what can be called and of resource types by name.
 */
#include "component/resolve/internal.h"

/* A resource is called in messages what its own component exports it as; where that exports it through
 * components inside it, as toolchains do for an interface, what the first of them calls it. */
static void name_resource(struct resolve *r, uint32_t resource, const struct frame *frame, struct text name) {
    struct resolved_resource *of = &r->program->resources[resource];
    bool own = of->instance == frame->instance;
    if (of->imported || (of->name.length && (of->named_by_own || !own)))
        return;
    of->name = name;
    of->named_by_own = own;
}

int resolve_export_def(struct resolve *r, struct frame *frame, const struct ast_def *def) {
    struct ast_ref ref = def->export.ref;
    const struct thing *found = resolve_at(frame, ref.sort, ref.index);
    if (!found || ref.sort <= SORT_CORE_TAG)
        return resolve_wrong(r, def->offset, "an export of what is not there");
    struct thing thing = *found;
    if (ref.sort == SORT_TYPE && thing.type.kind == THING_RESOURCE)
        name_resource(r, thing.type.resource, frame, def->export.name.name);
    TRY(resolve_instance_add(r, frame->exports, def->export.name.name, ref.sort, &thing));
    return resolve_push(r, frame, ref.sort, &thing);
}

/* Flat values are the values themselves, of any bits. */
static bool is_number(const struct type *type) {
    switch (type->kind) {
    case TYPE_S32:
    case TYPE_U32:
    case TYPE_S64:
    case TYPE_U64:
    case TYPE_F32:
    case TYPE_F64: return true;
    default: return false;
    }
}

static bool only_numbers(const struct func_type *type) {
    for (uint32_t i = 0; i < type->param_count; i++)
        if (!is_number(type->params[i].type))
            return false;
    return type->flat_params <= TYPES_FLAT_PARAMS && (!type->result || is_number(type->result));
}

static int export_func(struct resolve *r, struct text interface, struct text name,
                       const struct func_thing *from) {
    struct component_func func = {
        .interface = interface,
        .name = name,
        .type = from->type,
        .numbers = only_numbers(from->type),
        .lift = from->imported ? RESOLVE_NONE : from->index,
        .import = from->imported ? from->index : RESOLVE_NONE,
    };
    resolve_used(r, from);
    TRY(resolve_step(r, 1));
    TRY(GROW(r, funcs, func_count, funcs));
    r->program->funcs[r->program->func_count++] = func;
    return 0;
}

static int export_resource(struct resolve *r, struct text interface, struct text name, uint32_t resource) {
    struct program *p = r->program;
    TRY(resolve_step(r, 1));
    TRY(GROW(r, resource_exports, resource_export_count, resource_exports));
    p->resource_exports[p->resource_export_count++] =
        (struct resolved_resource_export){.interface = interface, .name = name, .resource = resource};
    return 0;
}

/* What stands in an instance inside an exported instance has no name that a caller could say: it is left out.
 */
static int export_instance(struct resolve *r, const struct instance_thing *of, struct text interface) {
    for (uint32_t i = 0; i < of->count; i++) {
        const struct named_thing *named = &of->things[i];
        struct text name = names_text(of->names, i);
        if (named->sort == SORT_FUNC)
            TRY(export_func(r, interface, name, &named->thing.func));
        else if (named->sort == SORT_TYPE && named->thing.type.kind == THING_RESOURCE)
            TRY(export_resource(r, interface, name, named->thing.type.resource));
        else if (named->sort == SORT_INSTANCE && !interface.length)
            TRY(export_instance(r, named->thing.instance, name));
    }
    return 0;
}

int resolve_exports(struct resolve *r, const struct instance_thing *root) {
    return export_instance(r, root, (struct text){"", 0});
}
