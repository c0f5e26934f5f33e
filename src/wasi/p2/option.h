/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Options of sockets: each has a function that tells it and one that sets it. */
#ifndef WASI_P2_OPTION_H
#define WASI_P2_OPTION_H

#include "wasi/p2/give.h"

/** The result is a number as wide as its type, or an error. */
static inline int p2_give_option(struct call *call, int error, uint64_t value) {
    struct slot payload;
    if (error)
        return p2_give_socket_error(call, error);
    int r = p2_case(call, P2_OK, &payload);
    if (r)
        return r;
    switch (payload.type->kind) {
    case TYPE_BOOL: slot_bool(payload, value != 0); break;
    case TYPE_U8: slot_u8(payload, value > UINT8_MAX ? UINT8_MAX : (uint8_t)value); break;
    case TYPE_U32: slot_u32(payload, value > UINT32_MAX ? UINT32_MAX : (uint32_t)value); break;
    default: slot_u64(payload, value); break;
    }
    return 0;
}
/** Argument 1, a number of any width. */
static inline uint64_t p2_option_arg(const struct call *call) {
    struct view value = call_arg(call, 1);
    switch (value.type->kind) {
    case TYPE_BOOL: return view_bool(value);
    case TYPE_U8: return view_u8(value);
    case TYPE_U32: return view_u32(value);
    default: return view_u64(value);
    }
}

/* Define both functions of an option: NAME and set_NAME of a kind of sockets. */
#define P2_OPTION(kind, name, option)                                                                        \
    int p2_##kind##_##name(struct call *call, void *user) {                                                  \
        (void)user;                                                                                          \
        return tell_option(call, option);                                                                    \
    }                                                                                                        \
    int p2_##kind##_set_##name(struct call *call, void *user) {                                              \
        (void)user;                                                                                          \
        return set_option(call, option);                                                                     \
    }

#endif
