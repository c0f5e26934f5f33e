/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The type of a core module by its own bytes, which the engine room reads.  What it does not look at (bodies,
 * elements, data) the engine validates when it compiles the module.
 */
#include "component/check/internal.h"
#include "engine/module_info.h"

static int item_type(struct check *c, const struct module_item *item, uint32_t offset,
                     struct core_entity *ret) {
    static const enum component_sort sorts[] = {[MODULE_FUNCTION] = SORT_CORE_FUNC,
                                                [MODULE_TABLE] = SORT_CORE_TABLE,
                                                [MODULE_MEMORY] = SORT_CORE_MEMORY,
                                                [MODULE_GLOBAL] = SORT_CORE_GLOBAL,
                                                [MODULE_TAG] = SORT_CORE_TAG};
    *ret = (struct core_entity){.sort = sorts[item->kind]};
    if (item->kind == MODULE_FUNCTION || item->kind == MODULE_TAG) {
        size_t length = strlen(item->type.signature);
        const char *middle = memchr(item->type.signature, ':', length);
        if (!middle)
            return check_fail(c, ARCELLA_E_INTERNAL, offset, "a core signature without middle");
        size_t before = (size_t)(middle - item->type.signature);
        struct text params = {item->type.signature, before};
        struct text results = {middle + 1, length - before - 1};
        return check_core_func_type(c, params, results, &ret->type);
    }
    if (item->kind != MODULE_MEMORY && !item->type.value_type)
        return check_unrun(c, UNRUN_CORE_TYPE, NULL, offset);
    ret->value = item->kind == MODULE_MEMORY ? 0 : item->type.value_type;
    ret->mutable_global = item->kind == MODULE_GLOBAL && item->type.mutable_global;
    ret->is_64 = item->type.is_64;
    ret->shared = item->type.shared;
    ret->min = item->type.minimum;
    ret->max = item->type.maximum;
    ret->has_max = ret->sort != SORT_CORE_GLOBAL && item->type.maximum != UINT64_MAX;
    return 0;
}

int check_core_size(struct check *c, const struct core_entity *what, uint32_t offset) {
    if (what->is_64)
        return check_unrun(c, what->sort == SORT_CORE_MEMORY ? UNRUN_MEMORY_64 : UNRUN_TABLE_64, NULL,
                           offset);
    return what->shared ? check_unrun(c, UNRUN_SHARED, NULL, offset) : 0;
}

static int check_sizes(struct check *c, enum component_sort sort, const struct module_size *sizes,
                       uint32_t count, uint32_t offset) {
    for (uint32_t i = 0; i < count; i++) {
        struct core_entity what = {.sort = sort, .is_64 = sizes[i].is_64, .shared = sizes[i].shared};
        TRY(check_core_size(c, &what, offset));
    }
    return 0;
}

/* What the engine would refuse when it compiles the module, as far as it is told here already. */
static int check_runs(struct check *c, const struct module_info *info, uint32_t offset) {
    TRY(check_sizes(c, SORT_CORE_MEMORY, info->memories, info->memory_count, offset));
    TRY(check_sizes(c, SORT_CORE_TABLE, info->tables, info->table_count, offset));
    return info->has_typed ? check_unrun(c, UNRUN_CORE_TYPE, NULL, offset) : 0;
}

static int build(struct check *c, const struct module_info *info, uint32_t offset,
                 const struct core_module_type **ret) {
    struct module_builder b;
    struct core_entity what;
    TRY(check_runs(c, info, offset));
    TRY(check_module_begin(c, &b));
    for (uint32_t i = 0; i < info->import_count; i++) {
        TRY(item_type(c, &info->imports[i], offset, &what));
        TRY(check_module_import(c, &b, info->imports[i].module, info->imports[i].name, &what, offset));
    }
    for (uint32_t i = 0; i < info->export_count; i++) {
        TRY(item_type(c, &info->exports[i], offset, &what));
        TRY(check_module_export(c, &b, info->exports[i].name, &what, offset));
    }
    return check_module_end(c, &b, ret);
}

int check_module_read(struct check *c, struct text bytes, uint32_t offset,
                      const struct core_module_type **ret) {
    struct module_info info;
    int r = module_info_read(bytes.data, bytes.length, &info, c->reterr);
    if (r)
        return error_wrap(c->reterr, r, "core module at byte %u of the component", offset);
    r = info.kind == MODULE_COMPONENT ? check_bad(c, offset, "a component, where a core module was expected")
                                      : build(c, &info, offset, ret);
    module_info_done(&info);
    return r;
}
