/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Handle tables: an array with a free list through it, the one given back last first: guests may rely on the
 * order (component-model, design/mvp/CanonicalABI.md, Table State).
 */
#include "component/abi/handle.h"

#include <assert.h>

#include "base/limits.h"
#include "base/mem.h"
#include "component/abi/abi.h"

#define FIRST_ENTRIES 16
#define FIRST_LENDS   16

void handle_table_init(struct handle_table *table, const void *instance,
                       const struct handle_resource *resources, uint32_t resource_count) {
    *table =
        (struct handle_table){.instance = instance, .resources = resources, .resource_count = resource_count};
}

void handle_table_done(struct handle_table *table) {
    mem_free(table->entries);
    *table = (struct handle_table){.entries = NULL};
}

const struct handle_entry *handle_table_next(const struct handle_table *table, uint32_t *index) {
    while (++*index < table->length)
        if (table->entries[*index].kind != HANDLE_FREE)
            return &table->entries[*index];
    return NULL;
}

/* --- what sentences need --- */

static struct text name_of(const struct handle_table *table, uint32_t resource) {
    if (resource < table->resource_count && table->resources[resource].name.length)
        return table->resources[resource].name;
    return TEXT("resource");
}

static int width_of(struct text name) {
    return name.length > 60 ? 60 : (int)name.length;
}

static int fault_full(struct abi_call *call) {
    return abi_fault(call, ABI_FAULT_HANDLES_FULL, "the handle table is full: %u handles are the most",
                     LIMIT_HANDLES - 1);
}

static int fault_type(const struct handle_table *table, struct abi_call *call, uint32_t index,
                      uint32_t expected) {
    struct text is = name_of(table, table->entries[index].resource);
    struct text should = name_of(table, expected);
    return abi_fault(call, ABI_FAULT_HANDLE_TYPE,
                     "handle %u is of another type: it is a '%.*s', expected a '%.*s'", index, width_of(is),
                     is.data, width_of(should), should.data);
}

static int fault_lent(const struct handle_table *table, struct abi_call *call, uint32_t index,
                      const char *what) {
    struct text name = name_of(table, table->entries[index].resource);
    return abi_fault(call, ABI_FAULT_HANDLE_LENT,
                     "handle %u of '%.*s' cannot be %s while it is lent to a call", index, width_of(name),
                     name.data, what);
}

/* --- entries --- */

/* The 0th counts. */
static bool is_full(const struct handle_table *table) {
    return table->length >= LIMIT_HANDLES || (table->room && table->room->entries >= LIMIT_HANDLES - 1);
}

static bool grow(struct handle_table *table) {
    uint32_t capacity = table->capacity ? table->capacity * 2 : FIRST_ENTRIES;
    struct handle_entry *entries = mem_resize(table->entries, capacity * sizeof(*entries));
    if (!entries)
        return false;
    table->entries = entries;
    table->capacity = capacity;
    if (!table->length) { /* index 0 is no handle */
        entries[0] = (struct handle_entry){.kind = HANDLE_FREE};
        table->length = 1;
    }
    return true;
}

static int add(struct handle_table *table, struct abi_call *call, struct handle_entry entry,
               uint32_t *ret_index) {
    uint32_t index = table->free;
    if (index) {
        table->free = table->entries[index].rep;
    } else {
        if (UNLIKELY(is_full(table)))
            return fault_full(call);
        if (UNLIKELY(table->length >= table->capacity) && !grow(table))
            return abi_fault(call, ABI_FAULT_NOMEM, NULL);
        index = table->length++;
        if (table->room)
            table->room->entries++;
    }
    table->entries[index] = entry;
    table->count++;
    *ret_index = index;
    return 0;
}

static void give_back(struct handle_table *table, uint32_t index) {
    table->entries[index] = (struct handle_entry){.kind = HANDLE_FREE, .rep = table->free};
    table->free = index;
    table->count--;
}

/* Look a guest's index up: it exists and is of this resource. */
static struct handle_entry *get(struct handle_table *table, struct abi_call *call, uint32_t resource,
                                uint32_t index) {
    if (UNLIKELY(index >= table->length || table->entries[index].kind == HANDLE_FREE)) {
        struct text name = name_of(table, resource);
        (void)!abi_fault(call, ABI_FAULT_HANDLE, "unknown handle index %u, expected a '%.*s'", index,
                         width_of(name), name.data);
        return NULL;
    }
    struct handle_entry *entry = &table->entries[index];
    if (UNLIKELY(entry->resource != resource)) {
        (void)!fault_type(table, call, index, resource);
        return NULL;
    }
    return entry;
}

/* --- scopes --- */

static void link_borrow(struct handle_scope *scope, struct handle_table *table, uint32_t index) {
    struct handle_entry *entries = table->entries;
    assert((!scope->first || scope->table == table) && "the borrows of a call are in the callee's table");
    entries[index].next = scope->first;
    if (scope->first)
        entries[scope->first].before = index;
    scope->first = index;
    scope->table = table;
    scope->borrows++;
}

static void unlink_borrow(struct handle_table *table, const struct handle_entry *entry) {
    struct handle_scope *scope = entry->scope;
    if (entry->next)
        table->entries[entry->next].before = entry->before;
    if (entry->before)
        table->entries[entry->before].next = entry->next;
    else
        scope->first = entry->next;
    scope->borrows--;
}

/* As many steps as there are borrows left, however large the table is. */
static void end_borrows(struct handle_scope *scope) {
    struct handle_table *table = scope->table;
    for (uint32_t i = scope->first, next; i && i < table->length; i = next) { /* unless it was emptied */
        next = table->entries[i].next;
        if (table->instance) /* the call failed; nothing may point to its scope any more */
            table->entries[i].scope = NULL;
        else /* the host does not drop what it borrows: it ends by itself */
            give_back(table, i);
    }
}

void handle_scope_release(struct handle_scope *scope) {
    struct handle_lend *lends = scope->capacity ? scope->more : scope->few;
    for (uint32_t i = 0; i < scope->lends; i++) {
        struct handle_lend *lend = &lends[i];
        /* What is lent cannot be taken out, so the index still means it, unless the table is gone with its
         * instance and was emptied. */
        if (lend->index < lend->table->length && lend->table->entries[lend->index].lends)
            lend->table->entries[lend->index].lends--;
        if (lend->table->room)
            lend->table->room->lends--;
    }
    end_borrows(scope);
    if (scope->capacity)
        mem_free(scope->more);
    handle_scope_init(scope);
}

int handle_scope_check(struct abi_call *call) {
    if (LIKELY(!call->scope.borrows) || !call->scope.table->instance)
        return 0;
    return abi_fault(call, ABI_FAULT_BORROWS_LEFT, "%u borrowed handles are left at the end of the call",
                     call->scope.borrows);
}

static int fault_lends(struct abi_call *call) {
    return abi_fault(call, ABI_FAULT_HANDLES_FULL, "more than %u handles are lent to calls",
                     LIMIT_HANDLE_LENDS);
}

static void note_lend(struct handle_lend *lend, struct handle_table *table, uint32_t index) {
    *lend = (struct handle_lend){table, index};
    table->entries[index].lends++;
    if (table->room)
        table->room->lends++;
}

static int lend(struct abi_call *call, struct handle_table *table, uint32_t index) {
    struct handle_scope *scope = &call->scope;
    if (UNLIKELY(table->room && table->room->lends >= LIMIT_HANDLE_LENDS))
        return fault_lends(call);
    if (!scope->capacity && scope->lends < HANDLE_LENDS_INLINE) {
        note_lend(&scope->few[scope->lends++], table, index);
        return 0;
    }
    if (scope->lends >= LIMIT_HANDLE_LENDS)
        return fault_lends(call);
    if (scope->lends >= scope->capacity) {
        uint32_t capacity = scope->capacity ? scope->capacity * 2 : FIRST_LENDS;
        struct handle_lend *more = mem_resize(scope->more, capacity * sizeof(*more));
        if (!more)
            return abi_fault(call, ABI_FAULT_NOMEM, NULL);
        if (!scope->capacity)
            memcpy(more, scope->few, scope->lends * sizeof(*more));
        scope->more = more;
        scope->capacity = capacity;
    }
    note_lend(&scope->more[scope->lends++], table, index);
    return 0;
}

/* --- what the specification names --- */

int handle_add_own(struct handle_table *table, struct abi_call *call, uint32_t resource, uint32_t rep,
                   uint32_t *ret_index) {
    return add(table, call, (struct handle_entry){.kind = HANDLE_OWN, .resource = resource, .rep = rep},
               ret_index);
}

static bool defines(const struct handle_table *table, uint32_t resource) {
    return resource < table->resource_count && table->resources[resource].defined_by == table->instance;
}

int handle_lower_borrow(struct handle_table *table, struct abi_call *call, uint32_t resource, uint32_t rep,
                        uint32_t *ret_index) {
    if (defines(table, resource)) {
        *ret_index = rep;
        return 0;
    }
    struct handle_scope *scope = &call->scope;
    int r =
        add(table, call,
            (struct handle_entry){.kind = HANDLE_BORROW, .resource = resource, .rep = rep, .scope = scope},
            ret_index);
    if (r)
        return r;
    link_borrow(scope, table, *ret_index);
    return 0;
}

int handle_lift_own(struct handle_table *table, struct abi_call *call, uint32_t resource, uint32_t index,
                    uint32_t *ret_rep) {
    struct handle_entry *entry = get(table, call, resource, index);
    if (UNLIKELY(!entry))
        return ABI_FAULT;
    if (UNLIKELY(entry->lends))
        return fault_lent(table, call, index, "passed on");
    if (UNLIKELY(entry->kind != HANDLE_OWN)) {
        struct text name = name_of(table, resource);
        return abi_fault(call, ABI_FAULT_HANDLE_BORROWED,
                         "handle %u of '%.*s' is borrowed, expected an own one", index, width_of(name),
                         name.data);
    }
    *ret_rep = entry->rep;
    give_back(table, index);
    return 0;
}

int handle_lift_borrow(struct handle_table *table, struct abi_call *call, uint32_t resource, uint32_t index,
                       uint32_t *ret_rep) {
    struct handle_entry *entry = get(table, call, resource, index);
    if (UNLIKELY(!entry))
        return ABI_FAULT;
    *ret_rep = entry->rep;
    return lend(call, table, index);
}

int handle_rep(struct handle_table *table, struct abi_call *call, uint32_t resource, uint32_t index,
               uint32_t *ret_rep) {
    struct handle_entry *entry = get(table, call, resource, index);
    if (UNLIKELY(!entry))
        return ABI_FAULT;
    *ret_rep = entry->rep;
    return 0;
}

int handle_drop(struct handle_table *table, struct abi_call *call, uint32_t resource, uint32_t index,
                bool *ret_own, uint32_t *ret_rep) {
    struct handle_entry *entry = get(table, call, resource, index);
    if (UNLIKELY(!entry))
        return ABI_FAULT;
    if (UNLIKELY(entry->lends))
        return fault_lent(table, call, index, "dropped");
    *ret_own = entry->kind == HANDLE_OWN;
    *ret_rep = entry->rep;
    if (entry->scope)
        unlink_borrow(table, entry);
    give_back(table, index);
    return 0;
}

int handle_move_own(struct handle_table *from, struct handle_table *to, struct abi_call *call,
                    uint32_t resource, uint32_t index, uint32_t *ret_index) {
    uint32_t rep = 0, same;
    int r = handle_lift_own(from, call, resource, index, &rep);
    if (UNLIKELY(r))
        return r;
    r = handle_add_own(to, call, resource, rep, ret_index);
    if (UNLIKELY(r)) /* back into the entry that it had: what it owns is closed with its table */
        (void)!handle_add_own(from, call, resource, rep, &same);
    return r;
}

/* --- the host's side --- */

bool handle_is_hosts(const struct handle_table *table, uint32_t resource) {
    return resource < table->resource_count && !table->resources[resource].defined_by;
}

static int need_host(struct abi_call *call) {
    return call->host ? 0 : abi_fault(call, ABI_FAULT_VALUE, "the host keeps no handles here");
}

int handle_own_to_host(struct handle_table *table, struct abi_call *call, uint32_t resource, uint32_t index,
                       uint32_t *ret_held) {
    if (handle_is_hosts(table, resource))
        return handle_lift_own(table, call, resource, index, ret_held);
    int r = get(table, call, resource, index) ? need_host(call) : ABI_FAULT;
    return r ? r : handle_move_own(table, call->host, call, resource, index, ret_held);
}

int handle_borrow_to_host(struct handle_table *table, struct abi_call *call, uint32_t resource,
                          uint32_t index, uint32_t *ret_held) {
    uint32_t rep;
    int r = handle_lift_borrow(table, call, resource, index, &rep);
    if (r)
        return r;
    if (handle_is_hosts(table, resource)) {
        *ret_held = rep;
        return 0;
    }
    r = need_host(call);
    return r ? r : handle_lower_borrow(call->host, call, resource, rep, ret_held);
}

int handle_own_from_host(struct handle_table *table, struct abi_call *call, uint32_t resource, uint32_t held,
                         uint32_t *ret_index) {
    if (handle_is_hosts(table, resource))
        return handle_add_own(table, call, resource, held, ret_index);
    int r = need_host(call);
    return r ? r : handle_move_own(call->host, table, call, resource, held, ret_index);
}

int handle_borrow_from_host(struct handle_table *table, struct abi_call *call, uint32_t resource,
                            uint32_t held, uint32_t *ret_index) {
    uint32_t rep = held;
    if (!handle_is_hosts(table, resource)) {
        int r = need_host(call);
        if (!r)
            r = handle_lift_borrow(call->host, call, resource, held, &rep);
        if (r)
            return r;
    }
    return handle_lower_borrow(table, call, resource, rep, ret_index);
}
