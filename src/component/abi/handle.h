/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Handles: the table of one component instance (or of the host, for one store), and the scope of one call.
 *
 * A table belongs to its instance and lives as long.  A scope lives in a call: it counts the borrow handles
 * that the call gave to the callee, and remembers the handles that the caller lent to it.  A guest sees
 * indices only; it can name any number, so each use is checked: does it exist, is it of that resource, is it
 * an own one, is it lent.
 *
 * What goes wrong is a fault of the call (abi.h): functions here return 0 or ABI_FAULT, and tell it there.
 *
 * Source: component-model, design/mvp/CanonicalABI.md (Table State, Resource State, lift_own, lift_borrow,
 * lower_own, lower_borrow, canon resource.new / drop / rep).
 */
#ifndef COMPONENT_ABI_HANDLE_H
#define COMPONENT_ABI_HANDLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/text.h"

struct abi_call;

/* A resource as it runs.  A store has an array of them, indexed by the number in struct type. */
struct handle_resource {
    struct text name;       /* "input-stream", for sentences; empty where unknown */
    const void *defined_by; /* the component instance whose it is; NULL: the host */
    void *user;             /* of whoever made the array: destructor … */
};

struct handle_scope;
enum handle_kind { HANDLE_FREE, HANDLE_OWN, HANDLE_BORROW };
struct handle_entry {
    uint32_t kind;
    uint32_t resource;
    uint32_t rep; /* of a free entry: the next free one, 0: none */
    uint32_t lends;
    struct handle_scope *scope; /* of a borrow: the call it ends with */
    uint32_t before, next;      /* borrows of the same scope, 0: none */
};
/* What the tables of one store may take together: a guest makes as many tables as it has component instances,
 * and lends one handle as often as it likes, so neither is bounded by bounding one table or one call. */
struct handle_room {
    uint32_t entries; /* ever used, of all tables: they are kept */
    uint32_t lends;   /* to all calls in progress */
};
struct handle_table {
    struct handle_entry *entries; /* owned */
    uint32_t length;              /* entries that were ever used; the 0th never is */
    uint32_t capacity;
    uint32_t free;                           /* the one given back last, 0: none */
    uint32_t count;                          /* in use now */
    const void *instance;                    /* whose table; NULL: the host's */
    const struct handle_resource *resources; /* borrowed, of the store */
    uint32_t resource_count;
    struct handle_room *room; /* borrowed, shared by the tables of a store; NULL: it is alone */
};

/* A handle that is lent to a call. */
struct handle_lend {
    struct handle_table *table;
    uint32_t index;
};
#define HANDLE_LENDS_INLINE 4
struct handle_scope {
    uint32_t borrows; /* handles given to the callee that it still has */
    uint32_t lends;
    uint32_t capacity;          /* of more; 0: none */
    struct handle_lend *more;   /* owned; all lends once there are more than the few */
    struct handle_table *table; /* where the borrows are */
    uint32_t first;             /* of them, the one given last; 0: none */
    struct handle_lend few[HANDLE_LENDS_INLINE];
};

/** Make an empty table, alone (set room where it is not); no memory is taken before the first handle. */
void handle_table_init(struct handle_table *table, const void *instance,
                       const struct handle_resource *resources, uint32_t resource_count);
/** Free its memory; what its handles own is the caller's affair (walk it with handle_table_next first). */
void handle_table_done(struct handle_table *table);
/**
 * Walk what is in use: begin with *index 0.
 *
 * @return the next entry, its index in *index; NULL at the end
 */
const struct handle_entry *handle_table_next(const struct handle_table *table, uint32_t *index);

/** Begin the scope of a call (inline: it is on the path of every call). */
static inline void handle_scope_init(struct handle_scope *scope) {
    scope->borrows = 0;
    scope->lends = 0;
    scope->capacity = 0;
    scope->more = NULL;
    scope->table = NULL;
    scope->first = 0;
}
/* Free what a scope holds besides itself. */
void handle_scope_release(struct handle_scope *scope);
/**
 * End a scope, while the tables it concerns still are: what was lent is no longer; borrow handles left in a
 * guest's table (the call failed) belong to no call any more, those in the host's are gone.
 */
static inline void handle_scope_done(struct handle_scope *scope) {
    if (UNLIKELY(scope->lends | scope->borrows))
        handle_scope_release(scope);
}
/**
 * Did the callee drop all borrow handles it was given?  To be asked before a result is passed on.
 *
 * @return 0, ABI_FAULT
 */
int handle_scope_check(struct abi_call *call) MUST_CHECK;

/** Put an own handle in (resource.new, lower_own). @return 0, ABI_FAULT (the table is full, no memory) */
int handle_add_own(struct handle_table *table, struct abi_call *call, uint32_t resource, uint32_t rep,
                   uint32_t *ret_index) MUST_CHECK;
/**
 * Lower a borrow for the length of this call: the rep itself where the table's instance defines the resource,
 * else a handle of the call's scope.
 *
 * @return 0, ABI_FAULT (the table is full, no memory)
 */
int handle_lower_borrow(struct handle_table *table, struct abi_call *call, uint32_t resource, uint32_t rep,
                        uint32_t *ret_index) MUST_CHECK;
/** Take an own handle out (lift_own). @return 0, ABI_FAULT (unknown, of another resource, lent, a borrow) */
int handle_lift_own(struct handle_table *table, struct abi_call *call, uint32_t resource, uint32_t index,
                    uint32_t *ret_rep) MUST_CHECK;
/** Move an own handle to another table (lift_own, lower_own); a fault leaves it where it was. @return 0,
 * ABI_FAULT */
int handle_move_own(struct handle_table *from, struct handle_table *to, struct abi_call *call,
                    uint32_t resource, uint32_t index, uint32_t *ret_index) MUST_CHECK;
/** Lend a handle, own or borrow, to this call. @return 0, ABI_FAULT (unknown, of another resource) */
int handle_lift_borrow(struct handle_table *table, struct abi_call *call, uint32_t resource, uint32_t index,
                       uint32_t *ret_rep) MUST_CHECK;
/** resource.rep. @return 0, ABI_FAULT (unknown, of another resource) */
int handle_rep(struct handle_table *table, struct abi_call *call, uint32_t resource, uint32_t index,
               uint32_t *ret_rep) MUST_CHECK;
/**
 * resource.drop: take a handle out.
 *
 * @param ret_own  true: the caller calls the destructor with the rep
 * @return 0, ABI_FAULT (unknown, of another resource, lent)
 */
int handle_drop(struct handle_table *table, struct abi_call *call, uint32_t resource, uint32_t index,
                bool *ret_own, uint32_t *ret_rep) MUST_CHECK;

/*
 * What the host holds of a guest's handle: of a resource that the host defines, the rep; of another one, an
 * index in the host's table (abi_call.host), where it is an own or borrow handle like in any table.
 */
/** Is it a resource that the host defines? */
bool handle_is_hosts(const struct handle_table *table, uint32_t resource);
/** Move an own handle from a guest to the host. @return 0, ABI_FAULT */
int handle_own_to_host(struct handle_table *table, struct abi_call *call, uint32_t resource, uint32_t index,
                       uint32_t *ret_held) MUST_CHECK;
/** Lend a guest's handle to the host for this call. @return 0, ABI_FAULT */
int handle_borrow_to_host(struct handle_table *table, struct abi_call *call, uint32_t resource,
                          uint32_t index, uint32_t *ret_held) MUST_CHECK;
/** Move what the host holds to a guest. @return 0, ABI_FAULT */
int handle_own_from_host(struct handle_table *table, struct abi_call *call, uint32_t resource, uint32_t held,
                         uint32_t *ret_index) MUST_CHECK;
/** Lend what the host holds to a guest for this call. @return 0, ABI_FAULT */
int handle_borrow_from_host(struct handle_table *table, struct abi_call *call, uint32_t resource,
                            uint32_t held, uint32_t *ret_index) MUST_CHECK;

#endif
