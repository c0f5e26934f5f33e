/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Component: tills, resources of its own that hold carts, resources of another component.
 */
#include <stdlib.h>

#include "cashier.h"

#define CARTS(name) test_shop_carts_##name
#define TILLS(name) exports_test_shop_tills_##name
#define CARTS_MAX   4

struct exports_test_shop_tills_till_t {
    uint64_t limit, sum;
    CARTS(own_cart_t) held[CARTS_MAX];
    size_t n;
};

TILLS(own_till_t) TILLS(constructor_till)(uint64_t limit) {
    TILLS(till_t) *till = calloc(1, sizeof *till);
    if (!till)
        abort();
    till->limit = limit;
    return TILLS(till_new)(till);
}

/* A destructor that calls out: the carts go with the till. */
void TILLS(till_destructor)(TILLS(till_t) * till) {
    while (till->n)
        CARTS(cart_drop_own)(till->held[--till->n]);
    free(till);
}

bool TILLS(method_till_take)(TILLS(borrow_till_t) till, TILLS(own_cart_t) cart, uint64_t *ret,
                             TILLS(own_cart_t) * err) {
    uint64_t total = CARTS(method_cart_total)(CARTS(borrow_cart)(cart));
    if (till->sum + total > till->limit || till->n == CARTS_MAX) {
        *err = cart;
        return false;
    }
    till->held[till->n++] = cart;
    *ret = till->sum += total;
    return true;
}

uint64_t TILLS(method_till_sum)(TILLS(borrow_till_t) till) {
    return till->sum;
}

void TILLS(fill)(uint64_t limit, cashier_list_u32_t *apples, cashier_tuple3_u64_u32_u32_t *ret) {
    TILLS(till_t) till = {.limit = limit};
    *ret = (cashier_tuple3_u64_u32_u32_t){0, 0, 0};
    for (size_t i = 0; i < apples->len; i++) {
        cashier_string_t owner, item;
        CARTS(problem_t) problem;
        CARTS(own_cart_t) back;
        uint64_t total;
        cashier_string_set(&owner, "till");
        cashier_string_set(&item, "apple");
        CARTS(own_cart_t) cart = CARTS(constructor_cart)(&owner);
        if (!CARTS(method_cart_add)(CARTS(borrow_cart)(cart), &item, apples->ptr[i], &total, &problem)) {
            CARTS(problem_free)(&problem);
            CARTS(cart_drop_own)(cart);
        } else if (!TILLS(method_till_take)(&till, cart, &ret->f0, &back)) {
            CARTS(cart_drop_own)(back);
            ret->f1++;
        }
    }
    ret->f2 = CARTS(live)();
    while (till.n)
        CARTS(cart_drop_own)(till.held[--till.n]);
    cashier_list_u32_free(apples);
}
