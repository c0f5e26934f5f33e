/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Component: a shop whose carts are resources.  What stands in a handle is the address of a struct.
 */
#include <stdlib.h>
#include <string.h>

#include "provider.h"

#define CARTS(name) exports_test_shop_carts_##name

static const struct {
    const char *name;
    uint32_t cents, stock;
} shop[] = {{"apple", 45, 10}, {"bread", 320, 3}, {"tea", 599, 5}};
#define ITEMS (sizeof shop / sizeof *shop)

struct exports_test_shop_carts_cart_t {
    provider_string_t owner;
    uint32_t quantity[ITEMS];
};

static uint32_t alive;

static void *need(size_t bytes) {
    void *made = calloc(1, bytes ? bytes : 1);
    if (!made)
        abort();
    return made;
}

CARTS(own_cart_t) CARTS(constructor_cart)(provider_string_t *owner) {
    CARTS(cart_t) *cart = need(sizeof *cart);
    cart->owner = *owner;
    alive++;
    return CARTS(cart_new)(cart);
}

void CARTS(cart_destructor)(CARTS(cart_t) * cart) {
    provider_string_free(&cart->owner);
    free(cart);
    alive--;
}

/* How many of an item may be added; false: none, and the reason. */
static bool check(CARTS(cart_t) * cart, size_t item, uint32_t quantity, CARTS(problem_t) * err) {
    uint32_t left = shop[item].stock - cart->quantity[item];
    if (quantity == 0) {
        err->tag = EXPORTS_TEST_SHOP_CARTS_PROBLEM_NOTHING;
        return false;
    }
    if (quantity > left) {
        err->tag = EXPORTS_TEST_SHOP_CARTS_PROBLEM_OUT_OF_STOCK;
        provider_string_dup(&err->val.out_of_stock.f0, shop[item].name);
        err->val.out_of_stock.f1 = left;
        return false;
    }
    return true;
}

bool CARTS(method_cart_add)(CARTS(borrow_cart_t) cart, provider_string_t *item, uint32_t quantity,
                            uint64_t *ret, CARTS(problem_t) * err) {
    size_t i = 0;
    while (i < ITEMS &&
           (strlen(shop[i].name) != item->len || memcmp(shop[i].name, item->ptr, item->len) != 0))
        i++;
    if (i == ITEMS) {
        err->tag = EXPORTS_TEST_SHOP_CARTS_PROBLEM_UNKNOWN_ITEM;
        err->val.unknown_item = *item;
        return false;
    }
    provider_string_free(item);
    if (!check(cart, i, quantity, err))
        return false;
    cart->quantity[i] += quantity;
    *ret = CARTS(method_cart_total)(cart);
    return true;
}

void CARTS(method_cart_rows)(CARTS(borrow_cart_t) cart, CARTS(list_row_t) * ret) {
    *ret = (CARTS(list_row_t)){need(ITEMS * sizeof *ret->ptr), 0};
    for (size_t i = 0; i < ITEMS; i++) {
        if (!cart->quantity[i])
            continue;
        CARTS(row_t) *row = &ret->ptr[ret->len++];
        provider_string_dup(&row->item, shop[i].name);
        row->quantity = cart->quantity[i];
        row->cents = (uint64_t)shop[i].cents * cart->quantity[i];
    }
}

uint64_t CARTS(method_cart_total)(CARTS(borrow_cart_t) cart) {
    uint64_t sum = 0;
    for (size_t i = 0; i < ITEMS; i++)
        sum += (uint64_t)shop[i].cents * cart->quantity[i];
    return sum;
}

void CARTS(method_cart_owner)(CARTS(borrow_cart_t) cart, provider_string_t *ret) {
    provider_string_dup_n(ret, (const char *)cart->owner.ptr, cart->owner.len);
}

bool CARTS(static_cart_merge)(CARTS(own_cart_t) into, CARTS(borrow_cart_t) other, CARTS(own_cart_t) * ret,
                              CARTS(problem_t) * err) {
    CARTS(cart_t) *cart = CARTS(cart_rep)(into);
    for (size_t i = 0; i < ITEMS; i++) {
        if (other->quantity[i] && !check(cart, i, other->quantity[i], err)) {
            CARTS(cart_drop_own)(into);
            return false;
        }
        cart->quantity[i] += other->quantity[i];
    }
    *ret = into;
    return true;
}

uint32_t CARTS(live)(void) {
    return alive;
}

void CARTS(dearer)(CARTS(borrow_cart_t) a, CARTS(borrow_cart_t) b, provider_string_t *ret) {
    CARTS(method_cart_owner)(CARTS(method_cart_total)(b) > CARTS(method_cart_total)(a) ? b : a, ret);
}
