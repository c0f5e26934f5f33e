/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A call that crosses the border of a component instance, as a host function sees it.  Everything that
 * belongs to the call is in it: borrow scope, lends, copy budget, fault, values that were lifted; it lives on
 * the fiber's stack, and is undone on every way out, a dropped wait included.
 *
 *     static int now(struct call *call, void *user) {
 *         struct slot result;
 *         int r = call_result(call, &result);
 *         if (r)
 *             return r;
 *         slot_u64(result, clock_monotonic_ns());
 *         return 0;
 *     }
 */
#ifndef COMPONENT_CALL_H
#define COMPONENT_CALL_H

#include "base/arena.h"
#include "component/abi/view.h"
#include "component/component.h"

struct call {
    struct abi_call abi;
    struct component_instance *instance;
    struct engine_instance *engine; /* for engine_wait(), engine_wake() */
    const struct component_import *import;
    const struct plan *plan;
    struct view_args args;
    union engine_value *core; /* arguments in, result out */
    struct arena arena;       /* of what is lifted; goes with the call */
};

/** An argument, to be read through its view. @param index less than the number of parameters */
static inline struct view call_arg(const struct call *call, uint32_t index) {
    return view_arg(&call->args, index);
}
/** The place of the result, after all arguments were read that are flat. @return 0, ABI_FAULT */
static inline int call_result(struct call *call, struct slot *ret) {
    return slot_result(call->plan, &call->abi, call->args.guest, call->core, call->core, ret);
}
/** The function's type. */
static inline const struct func_type *call_type(const struct call *call) {
    return call->plan->type;
}
/**
 * All arguments as dynamic values, for functions that are not written for one type.
 *
 * @param ret  as many as there are parameters; they live as long as the call
 * @return 0, ABI_STOP, ABI_FAULT
 */
int call_values(struct call *call, const struct value **ret) MUST_CHECK;
/** Return a dynamic value; it is checked against the type. @return 0, ABI_STOP, ABI_FAULT */
int call_return(struct call *call, const struct value *value) MUST_CHECK;
/**
 * End the run with a trap.
 *
 * @param kind    stable ("invalid-argument"), static
 * @param format  a sentence
 * @return ABI_STOP
 */
int call_trap(struct call *call, const char *kind, const char *format, ...) PRINTF_LIKE(3, 4);

#endif
