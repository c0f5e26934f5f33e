/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Exchange the resources in types.  A type that shares its parts is a graph: each part is walked once, its
 * answer kept in a memo by its id.
 */
#include "component/types/internal.h"

struct memo_entry {
    uint32_t id;             /* key */
    const struct type *made; /* the answer */
    UT_hash_handle hh;
};
struct type_memo {
    struct memo_entry *by_id;
    struct arena arena;
};

struct type_memo *type_memo_new(void) {
    return mem_new(struct type_memo);
}

struct type_memo *type_memo_free(struct type_memo *memo) {
    if (!memo)
        return NULL;
    HASH_CLEAR(hh, memo->by_id);
    arena_done(&memo->arena);
    mem_free(memo);
    return NULL;
}

/* Everything a walk carries. */
struct walk {
    struct types *types;
    const struct type_substitution *by;
    struct type_memo *memo;
    arcella_error **reterr;
};

static uint32_t exchanged(const struct type_substitution *by, uint32_t resource) {
    uint32_t low = 0, high = by->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (by->pairs[middle].from < resource)
            low = middle + 1;
        else
            high = middle;
    }
    return low < by->count && by->pairs[low].from == resource ? by->pairs[low].to : resource;
}

static int remember(struct walk *walk, uint32_t id, const struct type *made) {
    struct memo_entry *entry = arena_new(&walk->memo->arena, struct memo_entry);
    if (!entry)
        return error_nomem(walk->reterr);
    entry->id = id;
    entry->made = made;
    bool added;
    MAP_ADD(hh, walk->memo->by_id, id, entry, &added);
    return added ? 0 : error_nomem(walk->reterr);
}

static int exchange(struct walk *walk, const struct type *type, const struct type **ret);

/* Exchange in a list of fields. *ret: NULL where all stay, else an array to free. */
static int exchange_fields(struct walk *walk, const struct type_field *fields, uint32_t count,
                           struct type_field **ret) {
    MEM_AUTO struct type_field *copies = mem_array(count ? count : 1, sizeof(*copies));
    if (!copies)
        return error_nomem(walk->reterr);
    bool changed = false;
    for (uint32_t i = 0; i < count; i++) {
        copies[i] = fields[i];
        if (!fields[i].type)
            continue;
        int status = exchange(walk, fields[i].type, &copies[i].type);
        if (status)
            return status;
        changed |= copies[i].type != fields[i].type;
    }
    *ret = changed ? TAKE(copies) : NULL;
    return 0;
}

/* Recursion is bounded by TYPES_DEPTH. */
static int exchange(struct walk *walk, const struct type *type, const struct type **ret) {
    if (!type->has_handle) {
        *ret = type;
        return 0;
    }
    if (type->kind == TYPE_OWN || type->kind == TYPE_BORROW)
        return types_handle(walk->types, type->kind, exchanged(walk->by, type->resource), ret, walk->reterr);
    struct memo_entry *known = NULL;
    HASH_FIND(hh, walk->memo->by_id, &type->id, sizeof(type->id), known);
    if (known) {
        *ret = known->made;
        return 0;
    }
    MEM_AUTO struct type_field *fields = NULL;
    const struct type *made = type;
    int status = exchange_fields(walk, type->fields, type->count, &fields);
    if (!status && fields)
        status = types_make(walk->types, type->kind, fields, type->count, type->length, &made, walk->reterr);
    if (!status)
        status = remember(walk, type->id, made);
    if (!status)
        *ret = made;
    return status;
}

static void memo_done(struct type_memo *memo) {
    HASH_CLEAR(hh, memo->by_id);
    arena_done(&memo->arena);
}

int types_substitute(struct types *types, const struct type *type, const struct type_substitution *by,
                     const struct type **ret, arcella_error **reterr) {
    CLEANUP(memo_done) struct type_memo own = {0};
    struct walk walk = {types, by, by->memo ? by->memo : &own, reterr};
    return exchange(&walk, type, ret);
}

int types_substitute_func(struct types *types, const struct func_type *type,
                          const struct type_substitution *by, const struct func_type **ret,
                          arcella_error **reterr) {
    CLEANUP(memo_done) struct type_memo own = {0};
    struct walk walk = {types, by, by->memo ? by->memo : &own, reterr};
    MEM_AUTO struct type_field *params = NULL;
    const struct type *result = type->result;
    int status = exchange_fields(&walk, type->params, type->param_count, &params);
    if (!status && result)
        status = exchange(&walk, type->result, &result);
    if (status)
        return status;
    if (!params && result == type->result) {
        *ret = type;
        return 0;
    }
    return types_func(types, params ? params : type->params, type->param_count, result, type->async, ret,
                      reterr);
}
