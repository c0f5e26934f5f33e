/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A mock of a host that runs models: it loads them by name and answers the same for the same.  A model has
 * weights 1, r, r², …; what it infers are the running sums of input times weight.
 */
#include <stdio.h>
#include <string.h>

#include "hosts.h"

#define INFERENCE "example:hosts/inference@0.1.0"

enum { OK, ERR }; /* cases of a result */

static const struct {
    const char *name;
    float ratio;
} known[] = {{"flat", 1}, {"falling", 0.5f}};

/* Choose the case of the result. */
static int answer(arcella_call *call, uint32_t which, struct arcella_slot *ret_payload) {
    struct arcella_slot result;
    int r = arcella_call_result(call, &result);
    return r ? r : arcella_slot_case(result, which, ret_payload);
}

static int fail(arcella_call *call, const char *why) {
    struct arcella_slot text;
    int r = answer(call, ERR, &text);
    return r ? r : arcella_slot_string(text, why, strlen(why));
}

static int load(arcella_call *call, void *user) {
    struct models *models = user;
    struct arcella_slot own;
    const char *name;
    size_t length, which = 0;
    uint32_t number = 0;
    int r = arcella_view_string(arcella_call_arg(call, 0), &name, &length);
    if (r)
        return r;
    while (which < sizeof(known) / sizeof(known[0]) &&
           (strlen(known[which].name) != length || memcmp(known[which].name, name, length) != 0))
        which++;
    if (which == sizeof(known) / sizeof(known[0]))
        return fail(call, "there is no model of this name");
    while (number < MODELS && models->loaded[number].loaded)
        number++;
    if (number == MODELS)
        return fail(call, "too many models are loaded");
    r = answer(call, OK, &own);
    r = r ? r : arcella_slot_own(own, number);
    if (!r)
        models->loaded[number] = (struct model){true, known[which].ratio};
    return r;
}

/* The input is read where it lies in the guest's memory; it is used up before the result is written, which
 * may move it. */
static int infer(arcella_call *call, void *user) {
    const struct models *models = user;
    struct arcella_slot list;
    const float *input;
    float sums[MODEL_INPUTS], sum = 0, weight = 1;
    uint32_t number;
    size_t count;
    int r = arcella_view_borrow(arcella_call_arg(call, 0), &number);
    r = r ? r : arcella_view_list_f32(arcella_call_arg(call, 1), &input, &count);
    if (r)
        return r;
    if (count > MODEL_INPUTS)
        return fail(call, "too many numbers");
    for (size_t i = 0; i < count; i++, weight *= models->loaded[number].ratio)
        sums[i] = sum += input[i] * weight;
    r = answer(call, OK, &list);
    return r ? r : arcella_slot_list_f32(list, sums, count);
}

static void dropped(uint32_t number, void *user) {
    ((struct models *)user)->loaded[number].loaded = false;
}

int models_offer(struct models *models, arcella_runtime *runtime, arcella_error **reterr) {
    int r = arcella_host_resource(runtime, INFERENCE, "model", dropped, models, reterr);
    r = r ? r
          : arcella_host_func(runtime, INFERENCE, "[static]model.load",
                              "(string) -> result<own<model>, string>", load, models, reterr);
    return r ? r
             : arcella_host_func(runtime, INFERENCE, "infer",
                                 "(borrow<model>, list<f32>) -> result<list<f32>, string>", infer, models,
                                 reterr);
}
