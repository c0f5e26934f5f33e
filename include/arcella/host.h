/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The embedder's own functions and resources, which guests import under a WIT name.
 *
 *     static int host_total(arcella_call *call, void *user) {     // total: func(l: list<u32>) -> u64
 *         const uint32_t *prices;
 *         size_t count;
 *         struct arcella_slot result;
 *         uint64_t sum = 0;
 *         int r = arcella_view_list_u32(arcella_call_arg(call, 0), &prices, &count);
 *         if (r)
 *             return r;
 *         for (size_t i = 0; i < count; i++)
 *             sum += prices[i];
 *         r = arcella_call_result(call, &result);
 *         if (r)
 *             return r;
 *         arcella_slot_u64(result, sum);
 *         return 0;
 *     }
 *     arcella_host_func(runtime, "acme:shop/till", "total", "(list<u32>) -> u64", host_total, NULL, NULL);
 *
 * Arguments are read through views and the result is written through slots: places with a type, in the
 * guest's memory or in registers; nothing is allocated or copied on the host's side.  Both are passed by
 * value and live as long as the call.  What a view hands out of a guest's memory (texts, spans) is valid
 * until guest code runs: until the host function returns, calls, or writes a text, list or handle through a
 * slot.
 *
 * Numbers cannot fail.  What can returns 0, or else something that the host function returns at once: the
 * guest is being ended.  A view or slot of another kind than what it is asked for, or an index that is too
 * large, never does harm: numbers read as 0, nothing is written, and the call ends with a trap that says so.
 *
 * A host function runs on the runtime's thread.  It may call other instances, not the one that called it, and
 * may not jump out (longjmp, exceptions of C++).
 */
#ifndef ARCELLA_HOST_H
#define ARCELLA_HOST_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "instance.h"
#include "runtime.h"
#include "value.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A call of a host function by a guest.  Opaque; lives until the function returns. */
typedef struct arcella_call arcella_call;

/** A host function. @return 0, or what a function of this header returned */
typedef int arcella_host_fn(arcella_call *call, void *user);
/** Destroys a resource of the embedder's when its own handle is dropped, or its instance freed.  Calls
 * nothing here. */
typedef void arcella_host_drop_fn(uint32_t number, void *user);

/** A place to read from.  What is in it is the library's. */
struct arcella_view {
    uintptr_t own[5];
};
/** A place to be written.  What is in it is the library's. */
struct arcella_slot {
    uintptr_t own[5];
};
/** A list or map to read from: count elements or entries. */
struct arcella_view_list {
    struct arcella_view own;
    uint32_t own_address;
    uint32_t count;
};
/** A list or map to be written: count elements or entries, in their order. */
struct arcella_slot_list {
    struct arcella_slot own;
    uint32_t own_address;
    uint32_t count;
};

/* --- offering --- */

/**
 * Offer a function to guests.  Where there is one of the same name in a version that matches, this one takes
 * its place for instances made from now on.
 *
 * @param runtime    borrowed
 * @param interface  "acme:shop/till@0.2.0" serves every 0.2.x; "acme:shop/till"; "" for a function that is
 * imported by itself; copied.  Need not be known to anybody before
 * @param name       "total", "[method]cart.add", "[constructor]cart"; copied
 * @param type       what it reads and writes, copied: types as in WIT, parameters without names: "(u32,
 * list<u8>) -> result<string, enum{a, b}>"; "record{a: u8}", "variant{a, b(u8)}", "flags{a, b}"; "own<cart>",
 *                   "borrow<cart>" of a resource of the same interface, else "borrow<acme:shop/carts/cart>".
 * An import of another type is refused.  NULL: any type; then only arcella_call_args() and
 *                   arcella_call_return() know what to do
 * @param fn         called on the runtime's thread, as long as an instance made with it lives
 * @param user       handed to fn; outlives the runtime
 * @param reterr     out on failure; may be NULL
 * @return 0; ARCELLA_E_INVALID (a text that is no name), ARCELLA_E_NOMEM
 * Threads: the runtime's thread.  Since: 0.1.  Example: examples/plugin/main.c
 */
ARCELLA_API int arcella_host_func(arcella_runtime *runtime, const char *interface, const char *name,
                                  const char *type, arcella_host_fn *fn, void *user, arcella_error **reterr);

/**
 * Offer a resource type to guests; its functions are offered by arcella_host_func(), "[constructor]cart" and
 * so on.
 *
 * @param runtime    borrowed
 * @param interface  as for arcella_host_func()
 * @param name       "cart"; copied
 * @param drop       called when an own handle is dropped, or its instance freed; NULL: nothing to do
 * @param user       handed to drop; outlives the runtime
 * @param reterr     out on failure; may be NULL
 * @return 0; ARCELLA_E_INVALID, ARCELLA_E_NOMEM
 * Threads: the runtime's thread.  Since: 0.1.
 */
ARCELLA_API int arcella_host_resource(arcella_runtime *runtime, const char *interface, const char *name,
                                      arcella_host_drop_fn *drop, void *user, arcella_error **reterr);

/* --- a call --- */

/**
 * Tell which instance calls.
 *
 * @param call  borrowed
 * @return borrowed
 * Threads: the runtime's thread.  Since: 0.1.
 */
ARCELLA_API arcella_instance *arcella_call_instance(const arcella_call *call);

/**
 * Tell where an argument is.
 *
 * @param call   borrowed
 * @param index  from 0
 * @return its view
 * Threads: the runtime's thread.  Since: 0.1.
 */
ARCELLA_API struct arcella_view arcella_call_arg(arcella_call *call, size_t index);

/**
 * Tell where the result goes.  A function that has one must ask for it and write it.
 *
 * @param call  borrowed
 * @param ret   out
 * @return 0; else the host function returns it at once (a bad pointer of the guest's, no result)
 * Threads: the runtime's thread.  Since: 0.1.
 */
ARCELLA_API int arcella_call_result(arcella_call *call, struct arcella_slot *ret);

/**
 * Read all arguments as values: for functions of any type.  Costs memory of the call.
 *
 * @param call       borrowed
 * @param ret        out: borrowed until the host function returns
 * @param ret_count  out: how many
 * @return 0; else the host function returns it at once
 * Threads: the runtime's thread.  Since: 0.1.
 */
ARCELLA_API int arcella_call_args(arcella_call *call, const struct arcella_value **ret, size_t *ret_count);

/**
 * Return a value: for functions of any type.
 *
 * @param call   borrowed
 * @param value  borrowed during this; NULL for a function without result.  One that does not fit is a trap
 * @return 0; else the host function returns it at once
 * Threads: the runtime's thread.  Since: 0.1.
 */
ARCELLA_API int arcella_call_return(arcella_call *call, const struct arcella_value *value);

/**
 * End the guest with a trap, of kind "host-error".
 *
 * @param call     borrowed
 * @param message  a sentence, UTF-8, NUL-terminated; copied, at most 199 bytes of it
 * @return not 0: the host function returns it at once
 * Threads: the runtime's thread.  Since: 0.1.
 */
ARCELLA_API int arcella_call_trap(arcella_call *call, const char *message);

/* --- reading --- */

/**
 * Tell the type of what is there.
 *
 * @param view  by value
 * @return borrowed until the host function returns; NULL: there is nothing (an index was too large)
 * Threads: the runtime's thread.  Since: 0.1.
 */
ARCELLA_API const arcella_type *arcella_view_type(struct arcella_view view);

/**
 * Read a number: bool, integers, floats, char.  See also arcella_view_u32() and so on.
 *
 * @param view  by value
 * @param kind  which
 * @return the value of that kind; 0, and the guest will be ended, where it is of another kind or no character
 * Threads: the runtime's thread.  Since: 0.1.
 */
ARCELLA_API struct arcella_value arcella_view_number(struct arcella_view view, enum arcella_kind kind);

/**
 * Read a list of numbers where it lies.  See also arcella_view_list_u32() and so on; bool and char are no
 * plain data in a guest's memory, and are read by arcella_view_list().
 *
 * @param view       by value
 * @param kind       of the elements: S8 … F64
 * @param ret        out: aligned for the elements; borrowed until guest code runs
 * @param ret_count  out: elements
 * @return 0; else the host function returns it at once
 * Threads: the runtime's thread.  Since: 0.1.
 */
ARCELLA_API int arcella_view_numbers(struct arcella_view view, enum arcella_kind kind, const void **ret,
                                     size_t *ret_count);

#define ARCELLA_NUMBER_VIEWS(name, KIND, type, member)                                                       \
    static inline type arcella_view_##name(struct arcella_view view) {                                       \
        return (type)arcella_view_number(view, ARCELLA_##KIND).of.member;                                    \
    }
#define ARCELLA_LIST_VIEWS(name, KIND, type, member)                                                         \
    static inline int arcella_view_list_##name(struct arcella_view view, const type **ret,                   \
                                               size_t *ret_count) {                                          \
        const void *data = NULL;                                                                             \
        int r = arcella_view_numbers(view, ARCELLA_##KIND, &data, ret_count);                                \
        *ret = (const type *)data;                                                                           \
        return r;                                                                                            \
    }
ARCELLA_NUMBER_MAP(ARCELLA_NUMBER_VIEWS)
ARCELLA_PLAIN_MAP(ARCELLA_LIST_VIEWS)
#undef ARCELLA_NUMBER_VIEWS
#undef ARCELLA_LIST_VIEWS

/**
 * Read flags, a bit for each label.
 *
 * @param view  by value
 * @return the bits; 0, and the guest will be ended, where they are none
 * Threads: the runtime's thread.  Since: 0.1.
 */
ARCELLA_API uint32_t arcella_view_flags(struct arcella_view view);

/**
 * Read a text, as UTF-8 whatever the guest's encoding.
 *
 * @param view        by value
 * @param ret         out: not NUL-terminated; borrowed until guest code runs
 * @param ret_length  out: bytes
 * @return 0; else the host function returns it at once
 * Threads: the runtime's thread.  Since: 0.1.
 */
ARCELLA_API int arcella_view_string(struct arcella_view view, const char **ret, size_t *ret_length);

/**
 * Begin to read a list or map of anything.
 *
 * @param view  by value
 * @param ret   out
 * @return 0; else the host function returns it at once
 * Threads: the runtime's thread.  Since: 0.1.
 */
ARCELLA_API int arcella_view_list(struct arcella_view view, struct arcella_view_list *ret);

/**
 * Tell where an element of a list is.
 *
 * @param list   borrowed
 * @param index  less than list->count
 * @return its view
 * Threads: the runtime's thread.  Since: 0.1.
 */
ARCELLA_API struct arcella_view arcella_view_item(const struct arcella_view_list *list, size_t index);

/**
 * Tell where key and value of a map's entry are.
 *
 * @param map        borrowed
 * @param index      less than map->count
 * @param ret_key    out
 * @param ret_value  out
 * Threads: the runtime's thread.  Since: 0.1.
 */
ARCELLA_API void arcella_view_entry(const struct arcella_view_list *map, size_t index,
                                    struct arcella_view *ret_key, struct arcella_view *ret_value);

/**
 * Tell where a field of a record or tuple is.
 *
 * @param view   by value
 * @param index  from 0
 * @return its view
 * Threads: the runtime's thread.  Since: 0.1.
 */
ARCELLA_API struct arcella_view arcella_view_field(struct arcella_view view, size_t index);

/**
 * Read which case a variant, enum, option (1: some) or result (0: ok, 1: err) has.
 *
 * @param view         by value
 * @param ret_case     out
 * @param ret_payload  out: where its payload is (its type is NULL where it has none); may be NULL
 * @return 0; else the host function returns it at once
 * Threads: the runtime's thread.  Since: 0.1.
 */
ARCELLA_API int arcella_view_case(struct arcella_view view, uint32_t *ret_case,
                                  struct arcella_view *ret_payload);

/**
 * Take an own handle: of a resource of the embedder's its number, which is the embedder's again; else a
 * number that arcella_slot_own() of this instance knows.
 *
 * @param view        by value
 * @param ret_number  out
 * @return 0; else the host function returns it at once
 * Threads: the runtime's thread.  Since: 0.1.
 */
ARCELLA_API int arcella_view_own(struct arcella_view view, uint32_t *ret_number);

/**
 * Read a borrow handle, valid during the call.
 *
 * @param view        by value
 * @param ret_number  out, as arcella_view_own()
 * @return 0; else the host function returns it at once
 * Threads: the runtime's thread.  Since: 0.1.
 */
ARCELLA_API int arcella_view_borrow(struct arcella_view view, uint32_t *ret_number);

/* --- writing: everything once, in its order --- */

/**
 * Tell the type of what is to be written.
 *
 * @param slot  by value
 * @return borrowed until the host function returns; NULL: there is nothing
 * Threads: the runtime's thread.  Since: 0.1.
 */
ARCELLA_API const arcella_type *arcella_slot_type(struct arcella_slot slot);

/**
 * Write a number: bool, integers, floats, char.  See also arcella_slot_u32() and so on.
 *
 * @param slot   by value
 * @param value  of the kind of the slot; else nothing is written, and the guest will be ended
 * Threads: the runtime's thread.  Since: 0.1.
 */
ARCELLA_API void arcella_slot_number(struct arcella_slot slot, struct arcella_value value);

/**
 * Write a list of numbers.  See also arcella_slot_list_u32() and so on.  May run guest code.
 *
 * @param slot   by value
 * @param kind   of the elements: S8 … F64
 * @param data   count elements; copied; may lie in the guest's memory
 * @param count  elements
 * @return 0; else the host function returns it at once
 * Threads: the runtime's thread.  Since: 0.1.
 */
ARCELLA_API int arcella_slot_numbers(struct arcella_slot slot, enum arcella_kind kind, const void *data,
                                     size_t count);

#define ARCELLA_NUMBER_SLOTS(name, KIND, type, member)                                                       \
    static inline void arcella_slot_##name(struct arcella_slot slot, type number) {                          \
        arcella_slot_number(slot, arcella_value_##name(number));                                             \
    }
#define ARCELLA_LIST_SLOTS(name, KIND, type, member)                                                         \
    static inline int arcella_slot_list_##name(struct arcella_slot slot, const type *data, size_t count) {   \
        return arcella_slot_numbers(slot, ARCELLA_##KIND, data, count);                                      \
    }
ARCELLA_NUMBER_MAP(ARCELLA_NUMBER_SLOTS)
ARCELLA_PLAIN_MAP(ARCELLA_LIST_SLOTS)
#undef ARCELLA_NUMBER_SLOTS
#undef ARCELLA_LIST_SLOTS

/**
 * Make room for a list of numbers in the guest's memory, to be filled by the embedder (as by a read()).  Runs
 * guest code.
 *
 * @param slot   by value
 * @param kind   of the elements: S8 … F64
 * @param count  elements
 * @param ret    out: room for count elements, valid until guest code runs
 * @return 0; else the host function returns it at once
 * Threads: the runtime's thread.  Since: 0.1.
 */
ARCELLA_API int arcella_slot_room(struct arcella_slot slot, enum arcella_kind kind, size_t count, void **ret);

/**
 * Write flags, a bit for each label.
 *
 * @param slot  by value
 * @param bits  those without a label are dropped
 * Threads: the runtime's thread.  Since: 0.1.
 */
ARCELLA_API void arcella_slot_flags(struct arcella_slot slot, uint32_t bits);

/**
 * Write a text, in the guest's encoding.  May run guest code.
 *
 * @param slot    by value
 * @param text    UTF-8; copied
 * @param length  bytes
 * @return 0; else the host function returns it at once
 * Threads: the runtime's thread.  Since: 0.1.
 */
ARCELLA_API int arcella_slot_string(struct arcella_slot slot, const char *text, size_t length);

/**
 * Make room for a list or map of anything; its elements are to be written next.  May run guest code.
 *
 * @param slot   by value
 * @param count  elements or entries
 * @param ret    out
 * @return 0; else the host function returns it at once
 * Threads: the runtime's thread.  Since: 0.1.
 */
ARCELLA_API int arcella_slot_list(struct arcella_slot slot, size_t count, struct arcella_slot_list *ret);

/**
 * Tell where an element of a list goes.
 *
 * @param list   borrowed
 * @param index  less than list->count
 * @return its slot
 * Threads: the runtime's thread.  Since: 0.1.
 */
ARCELLA_API struct arcella_slot arcella_slot_item(const struct arcella_slot_list *list, size_t index);

/**
 * Tell where key and value of a map's entry go.
 *
 * @param map        borrowed
 * @param index      less than map->count
 * @param ret_key    out
 * @param ret_value  out
 * Threads: the runtime's thread.  Since: 0.1.
 */
ARCELLA_API void arcella_slot_entry(const struct arcella_slot_list *map, size_t index,
                                    struct arcella_slot *ret_key, struct arcella_slot *ret_value);

/**
 * Tell where a field of a record or tuple goes.
 *
 * @param slot   by value
 * @param index  from 0
 * @return its slot
 * Threads: the runtime's thread.  Since: 0.1.
 */
ARCELLA_API struct arcella_slot arcella_slot_field(struct arcella_slot slot, size_t index);

/**
 * Choose the case of a variant, enum, option (1: some) or result (0: ok, 1: err).
 *
 * @param slot         by value
 * @param number       of the case
 * @param ret_payload  out: where its payload goes, to be written next (its type is NULL where it has none);
 * may be NULL where the case has none
 * @return 0; else the host function returns it at once
 * Threads: the runtime's thread.  Since: 0.1.
 */
ARCELLA_API int arcella_slot_case(struct arcella_slot slot, uint32_t number,
                                  struct arcella_slot *ret_payload);

/**
 * Give an own handle.
 *
 * @param slot    by value
 * @param number  of a resource of the embedder's: any number it knows it by; else as arcella_view_own() told
 * @return 0; else the host function returns it at once
 * Threads: the runtime's thread.  Since: 0.1.
 */
ARCELLA_API int arcella_slot_own(struct arcella_slot slot, uint32_t number);

#ifdef __cplusplus
}
#endif
#endif
