/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The canonical ABI of the synchronous model: what a call carries, how a guest is reached, and the executors
 * that move parameters and results: guest to value (lift), value to guest (lower), guest to guest (copy).
 * Host functions read and write through view.h.
 *
 * Nothing here knows an engine: a guest is a memory, a realloc function, a string encoding and a table of
 * handles.  All of it runs on the thread (and fiber) of the call; realloc may run guest code and suspend.
 *
 * Everything a guest says (pointer, length, index, discriminant, character) is checked in 64 bits against its
 * memory as it is at that moment; a length is read once.  What is wrong is a fault of the call, told in
 * struct abi_fault; it ends the run of the guest and is no error of ours.
 *
 * Source: component-model, design/mvp/CanonicalABI.md (Loading, Storing, Flattening, Flat Lifting, Flat
 * Lowering, Lifting and Lowering Values).
 */
#ifndef COMPONENT_ABI_ABI_H
#define COMPONENT_ABI_ABI_H

#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "component/abi/handle.h"
#include "component/abi/plan.h"
#include "component/decode/ast.h"
#include "component/types/types.h"
#include "component/value.h"
#include "component/value/utf.h"
#include "engine/engine.h"

/* What executors return besides 0. */
enum {
    ABI_STOP = ENGINE_STOP, /* guest code that was called inside ended: unwind, there is nothing to tell */
    ABI_FAULT = 2           /* abi_call.fault tells */
};

/* Kinds of faults: how the run ends, a stable text, what people read where there is nothing to add. */
#define ABI_FAULT_MAP(XX)                                                                                    \
    XX(UNALIGNED, TRAPPED, "unaligned-pointer", "unaligned pointer")                                         \
    XX(POINTER, TRAPPED, "pointer-out-of-bounds", "pointer out of bounds of memory")                         \
    XX(STRING_BOUNDS, TRAPPED, "string-out-of-bounds", "string content out of bounds of memory")             \
    XX(LIST_BOUNDS, TRAPPED, "list-out-of-bounds", "list content out of bounds of memory")                   \
    XX(LENGTH, TRAPPED, "too-long", "string or list is too long")                                            \
    XX(TEXT, TRAPPED, "invalid-text", "invalid text")                                                        \
    XX(CHAR, TRAPPED, "invalid-char", "invalid char")                                                        \
    XX(DISCRIMINANT, TRAPPED, "invalid-discriminant", "invalid variant discriminant")                        \
    XX(REALLOC_UNALIGNED, TRAPPED, "realloc-unaligned", "realloc returned an unaligned pointer")             \
    XX(REALLOC_BOUNDS, TRAPPED, "realloc-out-of-bounds", "realloc returned a pointer beyond the memory")     \
    XX(HANDLE, TRAPPED, "unknown-handle", "unknown handle")                                                  \
    XX(HANDLE_TYPE, TRAPPED, "wrong-handle", "handle of another resource")                                   \
    XX(HANDLE_LENT, TRAPPED, "handle-lent", "handle is lent to a call")                                      \
    XX(HANDLE_BORROWED, TRAPPED, "handle-borrowed", "a borrowed handle is not owned")                        \
    XX(BORROWS_LEFT, TRAPPED, "borrows-left", "borrowed handles are left at the end of the call")            \
    XX(CANNOT_ENTER, TRAPPED, "cannot-enter", "cannot enter component instance")                             \
    XX(CANNOT_LEAVE, TRAPPED, "cannot-leave", "cannot leave component instance")                             \
    XX(HANDLES_FULL, LIMIT, "handles-full", "the handle table is full")                                      \
    XX(COPY_BUDGET, LIMIT, "copy-budget", "the call copies more than its budget")                            \
    XX(NOMEM, FAILED, "no-memory", "no memory")                                                              \
    XX(VALUE, FAILED, "wrong-value", "a value does not fit its type")                                        \
    XX(NO_REALLOC, FAILED, "no-realloc", "the function has no memory or realloc")
enum abi_fault_kind {
    ABI_FAULT_NONE,
#define XX(name, end, text, words) ABI_FAULT_##name,
    ABI_FAULT_MAP(XX)
#undef XX
        ABI_FAULTS
};
struct abi_fault {
    enum abi_fault_kind kind;
    char message[200]; /* a sentence; valid where kind is not NONE */
};
/** How a run ends by this fault: TRAPPED, LIMIT or FAILED. */
enum engine_end abi_fault_end(enum abi_fault_kind kind);
/** "unaligned-pointer": the stable text, for the outcome's trap; static. */
const char *abi_fault_name(enum abi_fault_kind kind);
/** The ARCELLA_E_… for the side that called, where the fault is told as an error. */
int abi_fault_error(enum abi_fault_kind kind);

/* An own handle of a resource of the host's that became a value: nobody has it until the value is told. */
struct abi_taken {
    struct abi_taken *before;
    struct handle_table *table; /* that it came out of */
    uint32_t resource, rep;
};

/* One call: lives on the stack or in what carries the call. */
struct abi_call {
    uint64_t copy_bytes_left;
    uint64_t copy_bytes_max; /* the budget, for the sentence */
    struct arena *arena;     /* values that are lifted, strings that are transcoded for the host; may be NULL
                                where neither occurs */
    struct handle_table *host; /* handles of guests' resources that the host holds; may be NULL */
    struct abi_taken *taken;   /* in the arena; of values that are being lifted */
    struct handle_scope scope;
    struct abi_fault fault;
};
/** Begin a call. */
static inline void abi_call_init(struct abi_call *call, uint64_t copy_bytes, struct arena *arena,
                                 struct handle_table *host) {
    call->copy_bytes_left = copy_bytes;
    call->copy_bytes_max = copy_bytes;
    call->arena = arena;
    call->host = host;
    call->taken = NULL;
    handle_scope_init(&call->scope);
    call->fault.kind = ABI_FAULT_NONE;
}
/** End a call, however it went: lends and borrows end. */
static inline void abi_call_done(struct abi_call *call) {
    handle_scope_done(&call->scope);
}
/**
 * Tell a fault; the first one stays.
 *
 * @param format  a sentence; NULL: the words of the kind
 * @return ABI_FAULT, so `return abi_fault(…)`
 */
int abi_fault(struct abi_call *call, enum abi_fault_kind kind, const char *format, ...) PRINTF_LIKE(3, 4)
    __attribute__((cold, noinline));
/** Tell that the copy budget is used up. @return ABI_FAULT */
int abi_fault_budget(struct abi_call *call, uint64_t bytes) __attribute__((cold, noinline));
/** Take bytes from the copy budget. @return 0, ABI_FAULT */
static inline int abi_charge(struct abi_call *call, uint64_t bytes) {
    if (UNLIKELY(bytes > call->copy_bytes_left))
        return abi_fault_budget(call, bytes);
    call->copy_bytes_left -= bytes;
    return 0;
}

/* What an operation on one element of a list costs of the budget besides its bytes: the budget bounds time as
 * well, which is not sliced, and a list<bool> takes 30 times as long for a byte as a list<u8>. */
#define ABI_OP_BYTES 8

struct abi_guest;
/**
 * Call the guest's realloc with may_leave off.
 *
 * @param ret  what it returned, unchecked
 * @return 0, ABI_STOP
 */
typedef int abi_realloc_fn(struct abi_guest *guest, uint32_t old, uint32_t old_bytes, uint32_t align,
                           uint32_t bytes, uint32_t *ret);
/** Set guest->memory.size to what it is now. */
typedef void abi_look_fn(struct abi_guest *guest);

/* One side of a call: a component instance with the canonical options of the function. */
struct abi_guest {
    struct engine_memory memory; /* its base never moves and it only grows: the size may be one of before, and
                                    abi_inside() looks again where that is too small */
    enum ast_encoding encoding;
    struct handle_table *handles;
    abi_realloc_fn *reallocate; /* NULL: the function has none */
    abi_look_fn *look;          /* NULL: the size is always that of now */
    void *user;                 /* of whoever made it: instance, options */
};

/* --- executors: each returns 0, ABI_STOP or ABI_FAULT --- */

/*
 * Guest to guest.  The flat values of parameters are those the core signature of a lowered function has
 * (struct plan), so with the pointer for the result last, where there is one; those made are for a lifted
 * function.  The two guests may be of different stores.  in and out may not overlap.
 */
int abi_copy_params_by_plan(const struct plan *plan, struct abi_call *call, struct abi_guest *caller,
                            const union engine_value *in, struct abi_guest *callee, union engine_value *out)
    MUST_CHECK;
int abi_copy_result_by_plan(const struct plan *plan, struct abi_call *call, struct abi_guest *callee,
                            const union engine_value *in, struct abi_guest *caller,
                            const union engine_value *args, union engine_value *out) MUST_CHECK;
/** Parameters from the caller's core arguments to the callee's (plan->lifted_params of them). */
MUST_CHECK static inline int abi_copy_params(const struct plan *plan, struct abi_call *call,
                                             struct abi_guest *caller, const union engine_value *in,
                                             struct abi_guest *callee, union engine_value *out) {
    if (UNLIKELY(!plan->param_masks))
        return abi_copy_params_by_plan(plan, call, caller, in, callee, out);
    for (unsigned i = 0; i < plan->lifted_params; i++)
        out[i].u64 = in[i].u64 & plan->param_masks[i];
    return 0;
}
/**
 * The result, from the callee's core result to the caller: to *out, or through the pointer at the end of the
 * caller's core arguments.
 *
 * @param in   the callee's core result
 * @param args the caller's core arguments, as they were given to abi_copy_params()
 * @param out  the caller's core result (plan->result_flat of them)
 */
MUST_CHECK static inline int abi_copy_result(const struct plan *plan, struct abi_call *call,
                                             struct abi_guest *callee, const union engine_value *in,
                                             struct abi_guest *caller, const union engine_value *args,
                                             union engine_value *out) {
    if (UNLIKELY(!plan->result_mask))
        return abi_copy_result_by_plan(plan, call, callee, in, caller, args, out);
    out->u64 = in->u64 & plan->result_mask;
    return 0;
}

/**
 * Put own handles that were lifted back into the table they came from: the value they are in will not be
 * told, so what they own is closed with the table.  abi_lift_params() does so where it fails; after
 * abi_lift_result(), failed or not, whoever called it does where the call does not return.
 */
void abi_give_back(struct abi_call *call);
/** Parameters of a lowered function as values, in the call's arena. @param ret type->param_count values */
int abi_lift_params(const struct plan *plan, struct abi_call *call, struct abi_guest *caller,
                    const union engine_value *in, struct value *ret) MUST_CHECK;
/** The result of a lifted function as a value, in the call's arena. */
int abi_lift_result(const struct plan *plan, struct abi_call *call, struct abi_guest *callee,
                    const union engine_value *in, struct value *ret) MUST_CHECK;
/** Values to the core arguments of a lifted function (plan->lifted_params of them). */
int abi_lower_params(const struct plan *plan, struct abi_call *call, struct abi_guest *callee,
                     const struct value *values, union engine_value *out) MUST_CHECK;
/** A value to the result of a lowered function. @param args its core arguments; @param out core result */
int abi_lower_result(const struct plan *plan, struct abi_call *call, struct abi_guest *caller,
                     const struct value *value, const union engine_value *args, union engine_value *out)
    MUST_CHECK;

/* --- memory, for the executors and views --- */

/* Likewise, with a look at how large the memory is now. */
bool abi_inside_now(struct abi_guest *guest, uint32_t pointer, uint64_t bytes) __attribute__((cold));
/** Is [pointer, pointer + bytes) inside the memory as it is now? */
static inline bool abi_inside(struct abi_guest *guest, uint32_t pointer, uint64_t bytes) {
    if (LIKELY(bytes <= guest->memory.size && pointer <= guest->memory.size - bytes))
        return true;
    return abi_inside_now(guest, pointer, bytes);
}
/** Check a pointer to a tuple or a result. @return 0, ABI_FAULT */
static inline int abi_check_pointer(struct abi_call *call, struct abi_guest *guest, uint32_t pointer,
                                    uint32_t bytes, uint32_t align) {
    if (UNLIKELY(pointer & (align - 1)))
        return abi_fault(call, ABI_FAULT_UNALIGNED, "unaligned pointer %#x, expected a multiple of %u",
                         pointer, align);
    if (UNLIKELY(!abi_inside(guest, pointer, bytes)))
        return abi_fault(call, ABI_FAULT_POINTER,
                         "pointer %#x to %u bytes out of bounds of memory (%llu bytes)", pointer, bytes,
                         (unsigned long long)guest->memory.size);
    return 0;
}
/**
 * Check where a list's content is, and charge for it.
 *
 * @return 0, ABI_FAULT (too long, unaligned, out of bounds, budget)
 */
int abi_check_list(struct abi_call *call, struct abi_guest *guest, const struct type *list, uint32_t pointer,
                   uint32_t count) MUST_CHECK;
/** Tell what is wrong with a pointer that realloc returned. @return ABI_FAULT */
int abi_fault_realloc(struct abi_call *call, const struct abi_guest *guest, uint32_t align, uint32_t bytes,
                      uint32_t pointer) __attribute__((cold, noinline));
/** Call realloc and check what it returns. @return 0, ABI_STOP, ABI_FAULT */
MUST_CHECK static ALWAYS_INLINE int abi_realloc(struct abi_call *call, struct abi_guest *guest, uint32_t old,
                                                uint32_t old_bytes, uint32_t align, uint32_t bytes,
                                                uint32_t *ret) {
    if (UNLIKELY(!guest->reallocate))
        return abi_fault(call, ABI_FAULT_NO_REALLOC, NULL);
    uint32_t pointer = 0;
    int r = guest->reallocate(guest, old, old_bytes, align, bytes, &pointer);
    if (UNLIKELY(r))
        return r;
    if (UNLIKELY(pointer & (align - 1)) || UNLIKELY(!abi_inside(guest, pointer, bytes)))
        return abi_fault_realloc(call, guest, align, bytes, pointer);
    *ret = pointer;
    return 0;
}

static inline uint16_t abi_load16(const uint8_t *p) {
    uint16_t v;
    memcpy(&v, p, sizeof(v));
    return v;
}
static inline uint32_t abi_load32(const uint8_t *p) {
    uint32_t v;
    memcpy(&v, p, sizeof(v));
    return v;
}
static inline uint64_t abi_load64(const uint8_t *p) {
    uint64_t v;
    memcpy(&v, p, sizeof(v));
    return v;
}
static inline void abi_store16(uint8_t *p, uint16_t v) {
    memcpy(p, &v, sizeof(v));
}
static inline void abi_store32(uint8_t *p, uint32_t v) {
    memcpy(p, &v, sizeof(v));
}
static inline void abi_store64(uint8_t *p, uint64_t v) {
    memcpy(p, &v, sizeof(v));
}
STATIC_ASSERT(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "memory of guests is little-endian");

/** Load a discriminant, an enum or flags of 1, 2 or 4 bytes. */
static inline uint32_t abi_load_width(const uint8_t *p, unsigned width) {
    return width == 1 ? *p : width == 2 ? abi_load16(p) : abi_load32(p);
}
/** Store bits of 1, 2, 4 or 8 bytes. */
static inline void abi_store_bits(uint8_t *p, unsigned bytes, uint64_t v) {
    switch (bytes) {
    case 1: *p = (uint8_t)v; break;
    case 2: abi_store16(p, (uint16_t)v); break;
    case 4: abi_store32(p, (uint32_t)v); break;
    default: abi_store64(p, v); break;
    }
}
static inline void abi_store_width(uint8_t *p, unsigned width, uint32_t v) {
    if (width == 1)
        *p = (uint8_t)v;
    else if (width == 2)
        abi_store16(p, (uint16_t)v);
    else
        abi_store32(p, v);
}
/** Is this a Unicode scalar value? */
static inline bool abi_is_char(uint32_t c) {
    return value_is_char(c);
}
/** The bits that flags of count labels have. */
static inline uint32_t abi_flags_mask(uint32_t count) {
    return count >= 32 ? UINT32_MAX : (1u << count) - 1;
}

/* --- strings (string.c) --- */

/** Copy a string from one guest to another in the encodings of both. */
int abi_string_copy(struct abi_call *call, struct abi_guest *from, uint32_t pointer, uint32_t tagged,
                    struct abi_guest *to, uint32_t *ret_pointer, uint32_t *ret_tagged) MUST_CHECK;
/**
 * A string as UTF-8: where it stands in a guest that uses UTF-8 (valid until guest code runs), else
 * transcoded into the call's arena.
 */
int abi_string_lift(struct abi_call *call, struct abi_guest *from, uint32_t pointer, uint32_t tagged,
                    struct text *ret) MUST_CHECK;
/** Tell what is wrong with a text that is too long or not UTF-8. @return ABI_FAULT */
int abi_fault_string(struct abi_call *call, struct text text) __attribute__((cold, noinline));
/* abi_string_lower() to a guest of another encoding, once the text is checked and charged for. */
int abi_string_lower_other(struct abi_call *call, struct text text, struct abi_guest *to,
                           uint32_t *ret_pointer, uint32_t *ret_tagged) MUST_CHECK;
/* As memmove(), which takes longer than the bytes do where a text is short. */
static ALWAYS_INLINE void abi_move_text(uint8_t *to, const char *from, size_t length) {
    if (length >= 8 && length <= 16) {
        uint64_t first = abi_load64((const uint8_t *)from), last;
        last = abi_load64((const uint8_t *)from + length - 8);
        abi_store64(to, first);
        abi_store64(to + length - 8, last);
    } else {
        memmove(to, from, length);
    }
}
/**
 * UTF-8 to a guest (inline: most of what lists of records cost is their texts).
 *
 * @param text  may lie in the memory of that guest
 * @return 0, ABI_STOP, ABI_FAULT (it is not UTF-8, too long …)
 */
MUST_CHECK static ALWAYS_INLINE int abi_string_lower(struct abi_call *call, struct text text,
                                                     struct abi_guest *to, uint32_t *ret_pointer,
                                                     uint32_t *ret_tagged) {
    *ret_pointer = 0;
    if (UNLIKELY(text.length > LIMIT_STRING_BYTES))
        return abi_fault_string(call, text);
    int r = abi_charge(call, text.length);
    if (UNLIKELY(r))
        return r;
    if (UNLIKELY(!utf8_valid((const uint8_t *)text.data, text.length)))
        return abi_fault_string(call, text);
    if (UNLIKELY(to->encoding != ENCODING_UTF8))
        return abi_string_lower_other(call, text, to, ret_pointer, ret_tagged);
    *ret_tagged = (uint32_t)text.length;
    r = abi_realloc(call, to, 0, 0, 1, (uint32_t)text.length, ret_pointer);
    if (LIKELY(!r) && text.length)
        abi_move_text(to->memory.base + *ret_pointer, text.data, text.length);
    return r;
}

#endif
