/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Core modules in the order of the file, core instances, and the items that are taken from them.
 */
#include "component/resolve/internal.h"
#include "engine/module_info.h"

/* --- modules --- */

static enum component_sort sort_of(enum module_extern kind) {
    switch (kind) {
    case MODULE_FUNCTION: return SORT_CORE_FUNC;
    case MODULE_TABLE: return SORT_CORE_TABLE;
    case MODULE_MEMORY: return SORT_CORE_MEMORY;
    case MODULE_GLOBAL: return SORT_CORE_GLOBAL;
    case MODULE_TAG: return SORT_CORE_TAG;
    }
    return SORTS;
}

static int note_module(struct resolve *r, const struct module_info *info, struct resolved_module *module) {
    struct arena *arena = &r->program->arena;
    module->imports = arena_array(arena, info->import_count, sizeof(*module->imports));
    module->exports = names_new(arena);
    if (!module->imports || !module->exports)
        return resolve_nomem(r);
    for (uint32_t i = 0; i < info->import_count; i++)
        module->imports[i] = (struct resolved_want){.module = info->imports[i].module,
                                                    .name = info->imports[i].name,
                                                    .sort = sort_of(info->imports[i].kind)};
    module->import_count = info->import_count;
    for (uint32_t i = 0; i < info->export_count; i++) {
        bool is_new;
        uint32_t number = names_add(module->exports, info->exports[i].name, &is_new);
        if (number == RESOLVE_NONE)
            return resolve_nomem(r);
        names_set(module->exports, number, sort_of(info->exports[i].kind));
    }
    return 0;
}

/* Those of equal bytes have the first of them in common. @param ret  it, or `index` */
static int first_of(struct resolve *r, struct names *names, struct text key, uint32_t index, uint32_t *ret) {
    bool is_new;
    uint32_t number = names_add(names, key, &is_new);
    if (number == RESOLVE_NONE)
        return resolve_nomem(r);
    if (is_new)
        names_set(names, number, index);
    *ret = names_value(names, number);
    return 0;
}

/* Equal bytes: composed components carry the same adapter many times, which then is compiled once.  The bytes
 * are hashed only where another module is as long: nearly all of a component is its modules. */
static int find_same(struct resolve *r, struct resolved_module *module, uint32_t index) {
    const struct text length = {(const char *)&module->bytes.length, sizeof(module->bytes.length)};
    uint32_t first = index;
    TRY(first_of(r, r->module_lengths, length, index, &first));
    module->same = index;
    if (first == index)
        return 0;
    TRY(first_of(r, r->modules, r->program->modules[first].bytes, first, &module->same));
    return first_of(r, r->modules, module->bytes, index, &module->same);
}

static int read_module(struct resolve *r, struct text bytes) {
    CLEANUP(module_info_done) struct module_info info = {0};
    int code = module_info_read(bytes.data, bytes.length, &info, r->reterr);
    if (code)
        return error_wrap(r->reterr, code, "core module %u", r->program->module_count);
    if (info.kind == MODULE_COMPONENT)
        return resolve_wrong(r, 0, "a core module that is a component");
    struct resolved_module *module = &r->program->modules[r->program->module_count];
    module->bytes = bytes;
    TRY(note_module(r, &info, module));
    TRY(find_same(r, module, r->program->module_count));
    r->program->module_count++;
    return 0;
}

static int list_modules(struct resolve *r, const struct ast *ast, const struct ast_component *component) {
    for (uint32_t i = 0; i < component->scope.count; i++) {
        const struct ast_def *def = &component->scope.defs[i];
        if (def->kind == AST_COMPONENT)
            TRY(list_modules(r, ast, def->component));
        if (def->kind != AST_CORE_MODULE)
            continue;
        if (r->program->module_count >= ast->modules)
            return resolve_wrong(r, def->offset, "more modules than were counted");
        TRY(read_module(r, def->module));
    }
    return 0;
}

/* They stand in the order of the file, so that one is found by its place. */
int resolve_modules(struct resolve *r, const struct ast *ast) {
    r->program->modules = arena_array(&r->program->arena, ast->modules, sizeof(*r->program->modules));
    r->modules = names_new(&r->scratch);
    r->module_lengths = names_new(&r->scratch);
    if (!r->program->modules || !r->modules || !r->module_lengths)
        return resolve_nomem(r);
    return list_modules(r, ast, ast->root);
}

uint32_t resolve_module_index(const struct resolve *r, struct text bytes) {
    uint32_t low = 0, high = r->program->module_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const char *at = r->program->modules[middle].bytes.data;
        if (at == bytes.data)
            return middle;
        if (at < bytes.data)
            low = middle + 1;
        else
            high = middle;
    }
    return RESOLVE_NONE;
}

/* --- items --- */

int resolve_item_add(struct resolve *r, const struct resolved_item *item, uint32_t *ret) {
    TRY(resolve_step(r, 1));
    TRY(GROW(r, items, item_count, items));
    *ret = r->program->item_count++;
    r->program->items[*ret] = *item;
    return 0;
}

/* What is taken from a core is taken once, right after it is made, whoever asks for it later. */
static int take(struct resolve *r, uint32_t core_index, struct text name, enum component_sort sort,
                uint32_t offset, uint32_t *ret) {
    if (core_index >= r->program->core_count)
        return resolve_wrong(r, offset, "an export of no core instance");
    const struct names *exports = r->program->modules[r->program->cores[core_index].module].exports;
    uint32_t export = names_find(exports, name);
    if (export == RESOLVE_NONE || names_value(exports, export) != (uint32_t)sort)
        return resolve_wrong(r, offset, "an export that its core module has not");
    bool is_new;
    uint32_t number = names_add(r->program->cores[core_index].taken, name, &is_new);
    if (number == RESOLVE_NONE)
        return resolve_nomem(r);
    if (is_new) {
        struct resolved_core *core = &r->program->cores[core_index];
        struct resolved_item item = {
            .sort = sort, .host = RESOLVE_NONE, .core = core_index, .name = name, .next = core->first_item};
        TRY(resolve_item_add(r, &item, &core->first_item));
        names_set(core->taken, number, core->first_item);
    }
    *ret = names_value(r->program->cores[core_index].taken, number);
    return 0;
}

int resolve_core_export(struct resolve *r, const struct core_instance_thing *of, struct text name,
                        enum component_sort sort, uint32_t offset, uint32_t *ret) {
    if (!of->items)
        return take(r, of->core, name, sort, offset, ret);
    uint32_t number = names_find(of->items, name);
    if (number == RESOLVE_NONE)
        return resolve_wrong(r, offset, "an export that its core instance has not");
    *ret = names_value(of->items, number);
    if (*ret >= r->program->item_count || r->program->items[*ret].sort != sort)
        return resolve_wrong(r, offset, "an export of another kind");
    return 0;
}

/* --- core instances --- */

static int inline_instance(struct resolve *r, struct frame *frame, const struct ast_def *def) {
    struct thing thing = {.core_instance = {.items = names_new(&r->scratch)}};
    if (!thing.core_instance.items)
        return resolve_nomem(r);
    for (uint32_t i = 0; i < def->instance.count; i++) {
        const struct ast_arg *arg = &def->instance.args[i];
        const struct thing *what =
            arg->ref.sort <= SORT_CORE_TAG ? resolve_at(frame, arg->ref.sort, arg->ref.index) : NULL;
        bool is_new;
        if (!what)
            return resolve_wrong(r, def->offset, "a core item that is not there");
        uint32_t number = names_add(thing.core_instance.items, arg->name.name, &is_new);
        if (number == RESOLVE_NONE)
            return resolve_nomem(r);
        names_set(thing.core_instance.items, number, what->item);
    }
    return resolve_push(r, frame, SORT_CORE_INSTANCE, &thing);
}

/* Core instances by the module name they are given for. */
static int core_args(struct resolve *r, const struct frame *frame, const struct ast_def *def,
                     struct names **ret) {
    *ret = names_new(&r->scratch);
    if (!*ret)
        return resolve_nomem(r);
    for (uint32_t i = 0; i < def->instance.count; i++) {
        const struct ast_arg *arg = &def->instance.args[i];
        bool is_new;
        uint32_t number = names_add(*ret, arg->name.name, &is_new);
        if (number == RESOLVE_NONE)
            return resolve_nomem(r);
        if (arg->ref.sort != SORT_CORE_INSTANCE || !resolve_at(frame, SORT_CORE_INSTANCE, arg->ref.index))
            return resolve_wrong(r, def->offset, "an argument that is no core instance");
        names_set(*ret, number, arg->ref.index);
    }
    return 0;
}

static int core_imports(struct resolve *r, const struct frame *frame, const struct ast_def *def,
                        const struct resolved_module *module, uint32_t *to) {
    struct names *args;
    TRY(core_args(r, frame, def, &args));
    for (uint32_t i = 0; i < module->import_count; i++) {
        const struct resolved_want *want = &module->imports[i];
        uint32_t arg = names_find(args, want->module);
        if (arg == RESOLVE_NONE)
            return resolve_wrong(r, def->offset, "an import without argument");
        const struct thing *from = resolve_at(frame, SORT_CORE_INSTANCE, names_value(args, arg));
        TRY(resolve_core_export(r, &from->core_instance, want->name, want->sort, def->offset, &to[i]));
    }
    return 0;
}

static int add_core(struct resolve *r, struct frame *frame, const struct ast_def *def,
                    uint32_t module_index) {
    struct program *p = r->program;
    const struct resolved_module *module = &p->modules[module_index];
    if (p->core_count >= LIMIT_CORE_INSTANCES)
        return error_set(r->reterr, ARCELLA_E_LIMIT,
                         "instantiating the component makes more than %u core instances",
                         LIMIT_CORE_INSTANCES);
    TRY(resolve_step(r, (uint64_t)module->import_count + def->instance.count + 1));
    struct resolved_core core = {
        .module = module_index,
        .instance = frame->instance,
        .imports = arena_array(&p->arena, module->import_count, sizeof(*core.imports)),
        .import_count = module->import_count,
        .first_item = RESOLVE_NONE,
        .taken = names_new(&p->arena),
    };
    if (!core.imports || !core.taken)
        return resolve_nomem(r);
    TRY(core_imports(r, frame, def, module, core.imports));
    TRY(GROW(r, cores, core_count, cores));
    TRY(GROW(r, steps, step_count, steps_room));
    p->steps[p->step_count++] = (struct resolved_step){.kind = STEP_CORE, .index = p->core_count};
    p->cores[p->core_count++] = core;
    return 0;
}

int resolve_core_instance_def(struct resolve *r, struct frame *frame, const struct ast_def *def) {
    if (def->instance.is_inline)
        return inline_instance(r, frame, def);
    const struct thing *module = resolve_at(frame, SORT_CORE_MODULE, def->instance.index);
    if (!module)
        return resolve_wrong(r, def->offset, "an instantiation of no module");
    if (module->module == RESOLVE_NONE) {
        r->program->unprovided = TEXT("it instantiates a core module that it imports");
        r->stopped = true;
        return 0;
    }
    struct thing thing = {.core_instance = {.core = r->program->core_count}};
    TRY(add_core(r, frame, def, module->module));
    return resolve_push(r, frame, SORT_CORE_INSTANCE, &thing);
}
