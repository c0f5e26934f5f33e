/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Results that many functions have: a result's case, an error-code, done or not. */
#ifndef WASI_P2_GIVE_H
#define WASI_P2_GIVE_H

#include "wasi/p2/state.h"

/* Cases of a result, an option. */
enum { P2_OK, P2_ERR };
enum { P2_NONE, P2_SOME };

/** Begin the result of a call that is a result, option or enum: choose its case. @param ret_payload  may be
 * NULL */
static inline int p2_case(struct call *call, uint32_t which, struct slot *ret_payload) {
    struct slot result;
    int r = call_result(call, &result);
    return r ? r : slot_case(result, which, ret_payload);
}
/** The result is the error-code with this number. */
static inline int p2_give_code(struct call *call, unsigned code) {
    struct slot error;
    int r = p2_case(call, P2_ERR, &error);
    return r ? r : slot_case(error, code, NULL);
}
/** An error of room host as the error-code of wasi:filesystem; HOST_STOP ends the call. */
static inline int p2_give_file_error(struct call *call, int error) {
    return error == HOST_STOP ? ABI_STOP : p2_give_code(call, p2_file_error(error));
}
/** The same of wasi:sockets. */
static inline int p2_give_socket_error(struct call *call, int error) {
    return error == HOST_STOP ? ABI_STOP : p2_give_code(call, p2_socket_error(error));
}
/** Done, or not: result<_, error-code>. @param error  0: done */
static inline int p2_give_file_done(struct call *call, int error) {
    return error ? p2_give_file_error(call, error) : p2_case(call, P2_OK, NULL);
}
static inline int p2_give_socket_done(struct call *call, int error) {
    return error ? p2_give_socket_error(call, error) : p2_case(call, P2_OK, NULL);
}
/** The result is a number. */
static inline int p2_give_u64(struct call *call, uint64_t number) {
    struct slot result;
    int r = call_result(call, &result);
    if (!r)
        slot_u64(result, number);
    return r;
}
/** The result is a bool. */
static inline int p2_give_bool(struct call *call, bool is) {
    struct slot result;
    int r = call_result(call, &result);
    if (!r)
        slot_bool(result, is);
    return r;
}

#endif
