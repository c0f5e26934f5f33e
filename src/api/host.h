/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* A call of a host function of the embedder, as host.c, view.c and slot.c see it. */
#ifndef API_HOST_H
#define API_HOST_H

#include "api/api.h"
#include "component/call.h"

struct arcella_call {
    struct call *call;        /* borrowed */
    union engine_value *core; /* the arguments, as they came */
    bool has_result;          /* the place of the result was asked for */
    const struct value *args; /* as values; NULL: nobody asked yet */
};

/** Tell that a view or slot was used wrongly; the call ends with a trap. @return ABI_FAULT */
int api_misuse(struct abi_call *call, const struct type *type, const char *wanted);

#endif
