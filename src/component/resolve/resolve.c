/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Resolving: a component is walked as it would be instantiated, nested ones as often as they are, and what
 * comes of it is written down flat (resolve.h).  A frame for each component instance holds its index spaces;
 * they are complete lists of things that run, so an alias is a copy.
 *
 * Nothing is believed: what component_check() should have refused is answered INTERNAL.  Work is counted, as
 * a few hundred bytes can ask for 2^100 instances.
 *
 * Source: component-model, design/mvp/Explainer.md (Instance Definitions, Alias Definitions, Type
 * Definitions).
 */
#include "base/mem.h"
#include "component/decode/types_build.h"
#include "component/resolve/internal.h"

int resolve_wrong(struct resolve *r, uint32_t offset, const char *what) {
    return error_set(r->reterr, ARCELLA_E_INTERNAL, "a component was found valid that is not: %s at byte %u",
                     what, offset);
}

int resolve_nomem(struct resolve *r) {
    const struct arena *full =
        r->scratch.total_bytes > r->program->arena.total_bytes ? &r->scratch : &r->program->arena;
    if (full->limit_bytes && full->total_bytes > full->limit_bytes / 2)
        return error_set(r->reterr, ARCELLA_E_LIMIT,
                         "instantiating the component needs more than %llu MiB to be worked out",
                         (unsigned long long)(full->limit_bytes / MIB));
    return error_nomem(r->reterr);
}

int resolve_step(struct resolve *r, uint64_t count) {
    r->steps += count;
    if (r->steps <= r->most_steps)
        return 0;
    return error_set(
        r->reterr, ARCELLA_E_LIMIT,
        "instantiating the component takes more than %llu definitions, nested ones counted each time",
        (unsigned long long)r->most_steps);
}

int resolve_grow(struct resolve *r, void *list, uint32_t count, uint32_t *capacity, size_t size) {
    if (count < *capacity)
        return 0;
    uint32_t room = *capacity ? *capacity * 2 : 8;
    void *old = NULL, *larger = room > UINT32_MAX / 4 ? NULL : arena_array(&r->program->arena, room, size);
    if (!larger)
        return resolve_nomem(r);
    memcpy(&old, list, sizeof(old));
    if (count)
        memcpy(larger, old, count * size);
    memcpy(list, &larger, sizeof(larger));
    *capacity = room;
    return 0;
}

/* --- frames and index spaces --- */

/* Which index space a definition adds to; SORTS: none. */
static enum component_sort adds_to(const struct ast_def *def) {
    switch (def->kind) {
    case AST_CORE_MODULE: return SORT_CORE_MODULE;
    case AST_CORE_INSTANCE: return SORT_CORE_INSTANCE;
    case AST_CORE_TYPE: return SORT_CORE_TYPE;
    case AST_COMPONENT: return SORT_COMPONENT;
    case AST_INSTANCE: return SORT_INSTANCE;
    case AST_ALIAS: return def->alias.sort;
    case AST_TYPE: return SORT_TYPE;
    case AST_CANON: return def->canon.kind == CANON_LIFT ? SORT_FUNC : SORT_CORE_FUNC;
    case AST_IMPORT: return def->import.type.sort;
    case AST_EXPORT: return def->export.has_type ? def->export.type.sort : def->export.ref.sort;
    default: return SORTS;
    }
}

int resolve_frame(struct resolve *r, const struct ast_scope *scope, struct frame *outer, struct frame **ret) {
    struct frame *frame = arena_new(&r->scratch, struct frame);
    if (!frame)
        return resolve_nomem(r);
    frame->outer = outer;
    frame->instance = RESOLVE_NONE;
    for (uint32_t i = 0; i < scope->count; i++) {
        enum component_sort sort = adds_to(&scope->defs[i]);
        if (sort < SORTS)
            frame->spaces[sort].capacity++;
    }
    for (int sort = 0; sort < SORTS; sort++) {
        struct space *space = &frame->spaces[sort];
        if (space->capacity &&
            !(space->items = arena_array(&r->scratch, space->capacity, sizeof(*space->items))))
            return resolve_nomem(r);
    }
    frame->exports = resolve_instance_new(r);
    if (!frame->exports)
        return resolve_nomem(r);
    *ret = frame;
    return 0;
}

const struct thing *resolve_at(const struct frame *frame, enum component_sort sort, uint32_t index) {
    if (sort >= SORTS || index >= frame->spaces[sort].count)
        return NULL;
    return &frame->spaces[sort].items[index];
}

int resolve_push(struct resolve *r, struct frame *frame, enum component_sort sort,
                 const struct thing *thing) {
    struct space *space = sort < SORTS ? &frame->spaces[sort] : NULL;
    if (!space || space->count >= space->capacity)
        return resolve_wrong(r, 0, "an index space overflows");
    space->items[space->count++] = *thing;
    return 0;
}

struct instance_thing *resolve_instance_new(struct resolve *r) {
    struct instance_thing *instance = arena_new(&r->scratch, struct instance_thing);
    if (instance && !(instance->names = names_new(&r->scratch)))
        return NULL;
    return instance;
}

int resolve_instance_add(struct resolve *r, struct instance_thing *to, struct text name,
                         enum component_sort sort, const struct thing *thing) {
    if (to->count == to->capacity) {
        uint32_t room = to->capacity ? to->capacity * 2 : 4;
        struct named_thing *larger = arena_array(&r->scratch, room, sizeof(*larger));
        if (!larger)
            return resolve_nomem(r);
        if (to->count)
            memcpy(larger, to->things, to->count * sizeof(*larger));
        to->things = larger;
        to->capacity = room;
    }
    bool is_new;
    if (names_add(to->names, name, &is_new) == RESOLVE_NONE)
        return resolve_nomem(r);
    if (!is_new)
        return resolve_wrong(r, 0, "a name stands there twice");
    to->things[to->count++] = (struct named_thing){.sort = sort, .thing = *thing};
    return 0;
}

const struct thing *resolve_instance_find(const struct instance_thing *in, struct text name,
                                          enum component_sort sort) {
    uint32_t number = names_find(in->names, name);
    if (number == RESOLVE_NONE || in->things[number].sort != sort)
        return NULL;
    return &in->things[number].thing;
}

/* --- types --- */

static int lookup_value(void *user, uint32_t index, const struct type **ret, arcella_error **reterr) {
    const struct thing *thing = resolve_at(user, SORT_TYPE, index);
    if (!thing || thing->type.kind != THING_VALUE)
        return error_set(reterr, ARCELLA_E_WASM, "type %u is no value type", index);
    *ret = thing->type.value;
    return 0;
}

static int lookup_resource(void *user, uint32_t index, uint32_t *ret, arcella_error **reterr) {
    const struct thing *thing = resolve_at(user, SORT_TYPE, index);
    if (!thing || thing->type.kind != THING_RESOURCE)
        return error_set(reterr, ARCELLA_E_WASM, "type %u is no resource", index);
    *ret = thing->type.resource;
    return 0;
}

static int define_resource(struct resolve *r, struct frame *frame, const struct ast_type *type,
                           uint32_t *ret) {
    if (frame->instance == RESOLVE_NONE)
        return resolve_wrong(r, type->offset, "a resource defined in a type");
    struct resolved_resource resource = {.instance = frame->instance, .dtor = RESOLVE_NONE};
    if (type->resource.has_dtor) {
        const struct thing *dtor = resolve_at(frame, SORT_CORE_FUNC, type->resource.dtor);
        if (!dtor)
            return resolve_wrong(r, type->offset, "a destructor that is not there");
        resource.dtor = dtor->item;
    }
    if (r->program->resource_count >= LIMIT_RESOLVE_RESOURCES)
        return error_set(r->reterr, ARCELLA_E_LIMIT,
                         "a component may define %u resource types, this one has more",
                         LIMIT_RESOLVE_RESOURCES);
    TRY(GROW(r, resources, resource_count, resources));
    *ret = r->program->resource_count++;
    r->program->resources[*ret] = resource;
    return 0;
}

int resolve_type_def(struct resolve *r, struct frame *frame, const struct ast_def *def) {
    const struct ast_type *type = def->type;
    const struct types_lookup lookup = {.value = lookup_value, .resource = lookup_resource, .user = frame};
    struct thing thing = {0};
    switch (type->kind) {
    case AST_TYPE_PRIMITIVE:
    case AST_TYPE_DEFINED:
        thing.type.kind = THING_VALUE;
        TRY(resolve_step(r, type->kind == AST_TYPE_DEFINED ? type->defined.count : 0));
        TRY(types_build_defined(r->program->types, &lookup, type, &thing.type.value, r->reterr));
        break;
    case AST_TYPE_FUNC:
        thing.type.kind = THING_FUNC;
        TRY(resolve_step(r, type->func.count));
        TRY(types_build_func(r->program->types, &lookup, type, &thing.type.func, r->reterr));
        break;
    case AST_TYPE_RESOURCE:
        thing.type.kind = THING_RESOURCE;
        TRY(define_resource(r, frame, type, &thing.type.resource));
        break;
    case AST_TYPE_COMPONENT:
    case AST_TYPE_INSTANCE:
        thing.type.kind = THING_SCOPE;
        thing.type.scope.type = type;
        thing.type.scope.frame = frame;
        break;
    default: return resolve_wrong(r, def->offset, "a type of no kind");
    }
    return resolve_push(r, frame, SORT_TYPE, &thing);
}

/* --- aliases and instances --- */

int resolve_alias_def(struct resolve *r, struct frame *frame, const struct ast_def *def) {
    const struct ast_alias *alias = &def->alias;
    const struct thing *found = NULL;
    struct thing item = {0};
    if (alias->kind == AST_ALIAS_OUTER) {
        const struct frame *at = frame;
        for (uint32_t i = 0; at && i < alias->outer; i++)
            at = at->outer;
        found = at ? resolve_at(at, alias->sort, alias->index) : NULL;
    } else if (alias->kind == AST_ALIAS_EXPORT) {
        const struct thing *of = resolve_at(frame, SORT_INSTANCE, alias->instance);
        found = of ? resolve_instance_find(of->instance, alias->name, alias->sort) : NULL;
    } else {
        const struct thing *of = resolve_at(frame, SORT_CORE_INSTANCE, alias->instance);
        if (!of)
            return resolve_wrong(r, def->offset, "an alias to no core instance");
        TRY(resolve_core_export(r, &of->core_instance, alias->name, alias->sort, def->offset, &item.item));
        found = &item;
    }
    if (!found)
        return resolve_wrong(r, def->offset, "an alias to what is not there");
    return resolve_push(r, frame, alias->sort, found);
}

/* The arguments of an instantiation, or the exports of an inline instance. */
static int gather(struct resolve *r, const struct frame *frame, const struct ast_def *def,
                  struct instance_thing **ret) {
    struct instance_thing *all = resolve_instance_new(r);
    if (!all)
        return resolve_nomem(r);
    TRY(resolve_step(r, def->instance.count));
    for (uint32_t i = 0; i < def->instance.count; i++) {
        const struct ast_arg *arg = &def->instance.args[i];
        const struct thing *thing = resolve_at(frame, arg->ref.sort, arg->ref.index);
        if (!thing)
            return resolve_wrong(r, def->offset, "an argument that is not there");
        TRY(resolve_instance_add(r, all, arg->name.name, arg->ref.sort, thing));
    }
    *ret = all;
    return 0;
}

static int instance_def(struct resolve *r, struct frame *frame, const struct ast_def *def) {
    struct instance_thing *all = NULL;
    TRY(gather(r, frame, def, &all));
    struct thing thing = {.instance = all};
    if (!def->instance.is_inline) {
        const struct thing *what = resolve_at(frame, SORT_COMPONENT, def->instance.index);
        if (!what)
            return resolve_wrong(r, def->offset, "an instantiation of no component");
        if (!what->component.component) {
            r->program->unprovided = TEXT("it instantiates a component that it imports");
            r->stopped = true;
            return 0;
        }
        struct frame *made;
        TRY(resolve_component(r, what->component.component, what->component.frame, frame->instance, all,
                              &made));
        thing.instance = made->exports;
    }
    return r->stopped ? 0 : resolve_push(r, frame, SORT_INSTANCE, &thing);
}

/* --- definitions in their order --- */

static int definition(struct resolve *r, struct frame *frame, const struct ast_def *def,
                      const struct instance_thing *args) {
    struct thing thing = {0};
    switch (def->kind) {
    case AST_CORE_MODULE:
        thing.module = resolve_module_index(r, def->module);
        if (thing.module == RESOLVE_NONE)
            return resolve_wrong(r, def->offset, "a module that was not listed");
        return resolve_push(r, frame, SORT_CORE_MODULE, &thing);
    case AST_CORE_TYPE: return resolve_push(r, frame, SORT_CORE_TYPE, &thing);
    case AST_COMPONENT:
        thing.component.component = def->component;
        thing.component.frame = frame;
        return resolve_push(r, frame, SORT_COMPONENT, &thing);
    case AST_CORE_INSTANCE: return resolve_core_instance_def(r, frame, def);
    case AST_INSTANCE: return instance_def(r, frame, def);
    case AST_ALIAS: return resolve_alias_def(r, frame, def);
    case AST_TYPE: return resolve_type_def(r, frame, def);
    case AST_CANON: return resolve_canon_def(r, frame, def);
    case AST_IMPORT: return resolve_import_def(r, frame, def, args);
    case AST_EXPORT: return resolve_export_def(r, frame, def);
    default: return resolve_wrong(r, def->offset, "a start function or a value");
    }
}

static int add_step(struct resolve *r, enum resolved_step_kind kind, uint32_t index) {
    TRY(GROW(r, steps, step_count, steps_room));
    r->program->steps[r->program->step_count++] = (struct resolved_step){.kind = kind, .index = index};
    return 0;
}

int resolve_component(struct resolve *r, const struct ast_component *component, struct frame *outer,
                      uint32_t parent, const struct instance_thing *args, struct frame **ret) {
    struct program *p = r->program;
    if (r->nesting >= LIMIT_COMPONENT_DEPTH)
        return error_set(r->reterr, ARCELLA_E_LIMIT,
                         "components are instantiated in each other more than %u deep",
                         LIMIT_COMPONENT_DEPTH);
    if (p->instance_count >= LIMIT_RESOLVE_INSTANCES)
        return error_set(
            r->reterr, ARCELLA_E_LIMIT,
            "instantiating the component makes more than %u component instances, nested ones counted",
            LIMIT_RESOLVE_INSTANCES);
    TRY(resolve_step(r, (uint64_t)component->scope.count + 1));
    TRY(GROW(r, instances, instance_count, instances));
    struct frame *frame;
    TRY(resolve_frame(r, &component->scope, outer, &frame));
    frame->instance = p->instance_count++;
    p->instances[frame->instance] = (struct resolved_instance){
        .parent = parent,
        .depth = parent == RESOLVE_NONE ? 0 : p->instances[parent].depth + 1,
        .offset = component->offset,
    };
    r->nesting++;
    for (uint32_t i = 0; i < component->scope.count && !r->stopped; i++)
        TRY(definition(r, frame, &component->scope.defs[i], args));
    r->nesting--;
    *ret = frame;
    return r->stopped ? 0 : add_step(r, STEP_READY, frame->instance);
}

uint32_t resolve_meeting(const struct program *program, uint32_t a, uint32_t b) {
    const struct resolved_instance *all = program->instances;
    while (a != b && a != RESOLVE_NONE && b != RESOLVE_NONE) {
        if (all[a].depth >= all[b].depth)
            a = all[a].parent;
        else
            b = all[b].parent;
    }
    return a == b ? a : RESOLVE_NONE;
}

/* --- the whole --- */

static int resolve_all(struct resolve *r, const struct ast *ast) {
    TRY(resolve_modules(r, ast));
    r->resource_keys = names_new(&r->scratch);
    if (!r->resource_keys)
        return resolve_nomem(r);
    struct frame *root;
    TRY(resolve_component(r, ast->root, NULL, RESOLVE_NONE, NULL, &root));
    TRY(r->stopped ? 0 : resolve_exports(r, root->exports));
    struct program *p = r->program;
    for (uint32_t i = 0; i < p->resource_count; i++)
        if (p->resources[i].name.length && types_name_resource(p->types, i, p->resources[i].name, r->reterr))
            return ARCELLA_E_NOMEM;
    return 0;
}

int component_resolve(const struct ast *ast, struct types *types, struct program **ret,
                      arcella_error **reterr) {
    struct program *program = mem_new(struct program);
    if (!program)
        return error_nomem(reterr);
    program->types = types;
    program->plans = plans_new();
    if (!program->plans) {
        program_free(program);
        return error_nomem(reterr);
    }
    program->arena.limit_bytes = LIMIT_RESOLVE_MEMORY_BYTES(ast->arena.total_bytes);
    struct resolve r = {
        .program = program, .reterr = reterr, .most_steps = LIMIT_RESOLVE_STEPS(ast->arena.total_bytes)};
    r.scratch.limit_bytes = program->arena.limit_bytes;
    int code = resolve_all(&r, ast);
    arena_done(&r.scratch);
    if (code) {
        program_free(program);
        return code;
    }
    *ret = program;
    return 0;
}

struct program *program_free(struct program *program) {
    if (program) {
        plans_free(program->plans);
        arena_done(&program->arena);
        mem_free(program);
    }
    return NULL;
}
