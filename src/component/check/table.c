/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What all files of check stand on: errors with their place, the budgets of work and memory, lists and hash
 * tables in arenas, weights of types.
 */
#include <stdarg.h>
#include <stdio.h>

#include "base/limits.h"
#include "component/check/internal.h"

int check_fail(struct check *c, int code, uint32_t offset, const char *format, ...) {
    char sentence[LIMIT_ERROR_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof(sentence), format, arguments);
    va_end(arguments);
    return error_set(c->reterr, code, "%s, at byte %u", sentence, offset);
}

int check_unrun(struct check *c, enum check_unrun what, const char *detail, uint32_t offset) {
    static const char *const words[] = {
#define XX(name, text) [UNRUN_##name] = text,
        CHECK_UNRUN_MAP(XX)
#undef XX
    };
    return check_fail(c, ARCELLA_E_UNSUPPORTED, offset,
                      detail ? "%s %s: not supported" : "%s%s: not supported", words[what],
                      detail ? detail : "");
}

int check_nomem(struct check *c) {
    uint64_t limit = c->keep->limit_bytes;
    if (c->keep->total_bytes > limit / 2 || c->scratch.total_bytes > limit / 2)
        return error_set(c->reterr, ARCELLA_E_LIMIT, "the types of this component take more than %llu MiB",
                         (unsigned long long)(2 * limit >> 20));
    return error_nomem(c->reterr);
}

int check_work(struct check *c, uint64_t steps) {
    c->work += steps;
    if (c->work <= c->work_max)
        return 0;
    return error_set(c->reterr, ARCELLA_E_LIMIT,
                     "the types of this component take more than %llu steps to compare",
                     (unsigned long long)c->work_max);
}

int check_grow(struct check *c, void *items, uint32_t count, uint32_t *capacity, size_t size) {
    if (count < *capacity)
        return 0;
    if (count >= (1u << 28))
        return check_nomem(c);
    uint32_t wanted = *capacity ? *capacity * 2 : 8;
    void *more = arena_array(&c->scratch, wanted, size);
    if (!more)
        return check_nomem(c);
    void *old;
    memcpy(&old, items, sizeof(old));
    if (count)
        memcpy(more, old, count * size);
    memcpy(items, &more, sizeof(more));
    *capacity = wanted;
    return 0;
}

/* --- tables --- */

static struct check_entry *find_entry(const struct check_table *table, struct check_key key) {
    uint32_t mask = table->capacity - 1;
    for (uint32_t i = map_hash(&key, sizeof(key)) & mask;; i = (i + 1) & mask) {
        struct check_entry *e = &table->entries[i];
        if (!e->used || (e->key.a == key.a && e->key.b == key.b))
            return e;
    }
}

struct check_entry *check_table_find(const struct check_table *table, struct check_key key) {
    if (!table->count)
        return NULL;
    struct check_entry *e = find_entry(table, key);
    return e->used ? e : NULL;
}

static int table_grow(struct check *c, struct check_table *table) {
    struct check_table bigger = {.capacity = table->capacity ? table->capacity * 2 : 8,
                                 .count = table->count};
    if (bigger.capacity > (1u << 28))
        return check_nomem(c);
    bigger.entries = arena_array(&c->scratch, bigger.capacity, sizeof(*bigger.entries));
    if (!bigger.entries)
        return check_nomem(c);
    for (uint32_t i = 0; i < table->capacity; i++)
        if (table->entries[i].used)
            *find_entry(&bigger, table->entries[i].key) = table->entries[i];
    *table = bigger;
    return 0;
}

int check_table_put(struct check *c, struct check_table *table, struct check_key key,
                    struct check_entry **ret) {
    if (2 * (uint64_t)table->count >= table->capacity)
        TRY(table_grow(c, table));
    struct check_entry *e = find_entry(table, key);
    if (!e->used) {
        e->used = true;
        e->key = key;
        table->count++;
    }
    *ret = e;
    return 0;
}

struct check_key check_type_key(const struct entity_type *type) {
    uint64_t kind = (uint64_t)type->kind + 1;
    switch (type->kind) {
    case ENTITY_TYPE_RESOURCE:
        return (struct check_key){(uint64_t)type->resource.resource << 32 | type->resource.alias, kind};
    case ENTITY_TYPE_VALUE: return (struct check_key){(uintptr_t)type->value, kind};
    case ENTITY_TYPE_FUNC: return (struct check_key){(uintptr_t)type->func, kind};
    case ENTITY_TYPE_INSTANCE: return (struct check_key){(uintptr_t)type->instance, kind};
    case ENTITY_TYPE_COMPONENT: return (struct check_key){(uintptr_t)type->component, kind};
    }
    return (struct check_key){0, 0};
}

/* --- resources and paths --- */

int check_resource_add(struct check *c, struct entity_resources *list, uint32_t resource,
                       const struct entity_path *path) {
    if (list->count == list->capacity) {
        uint32_t capacity = list->capacity ? list->capacity * 2 : 4;
        struct entity_resource *more =
            capacity > (1u << 28) ? NULL : arena_array(c->keep, capacity, sizeof(*more));
        if (!more)
            return check_nomem(c);
        if (list->count)
            memcpy(more, list->list, list->count * sizeof(*more));
        list->list = more;
        list->capacity = capacity;
    }
    list->list[list->count++] = (struct entity_resource){resource, path};
    return 0;
}

const struct entity_path *check_path(struct check *c, uint32_t index, const struct entity_path *next) {
    struct entity_path *path = arena_new(c->keep, struct entity_path);
    if (path)
        *path = (struct entity_path){index, next};
    return path;
}

/* --- weights --- */

int check_info_add(struct check *c, struct entity_info *whole, struct entity_info part, uint32_t offset) {
    uint64_t size = (uint64_t)whole->size + part.size;
    if (size >= ENTITY_SIZE_MAX)
        return check_fail(c, ARCELLA_E_LIMIT, offset, "effective type size exceeds the limit of %u",
                          ENTITY_SIZE_MAX);
    if (part.depth >= ENTITY_DEPTH_MAX)
        return check_fail(c, ARCELLA_E_LIMIT, offset, "type nesting is too deep: the limit is %u",
                          ENTITY_DEPTH_MAX);
    whole->size = (uint32_t)size;
    if (whole->depth < part.depth + 1)
        whole->depth = (uint8_t)(part.depth + 1);
    whole->resources |= part.resources;
    return 0;
}

struct entity_info check_type_info(const struct entity_type *type) {
    struct entity_info info = entity_info_leaf();
    switch (type->kind) {
    case ENTITY_TYPE_RESOURCE: info.resources = true; return info;
    case ENTITY_TYPE_VALUE: return type->value->info;
    case ENTITY_TYPE_FUNC: return type->func->info;
    case ENTITY_TYPE_INSTANCE: return type->instance->info;
    case ENTITY_TYPE_COMPONENT: return type->component->info;
    }
    return info;
}

struct entity_info check_entity_info(const struct entity *entity) {
    switch (entity->sort) {
    case SORT_CORE_MODULE: return entity->module->info;
    case SORT_FUNC: return entity->func->info;
    case SORT_INSTANCE: return entity->instance->info;
    case SORT_COMPONENT: return entity->component->info;
    default: return check_type_info(&entity->type.created);
    }
}
