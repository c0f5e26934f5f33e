/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Component: orders, made with the carts of another component.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "consumer.h"

#define CARTS(name)  test_shop_carts_##name
#define ORDERS(name) exports_test_shop_orders_##name

static CARTS(borrow_cart_t) lent(CARTS(own_cart_t) cart) {
    return CARTS(borrow_cart)(cart);
}

/* Consumes owner and items; false: err, and no cart. */
static bool fill(consumer_string_t *owner, ORDERS(list_item_t) * items, CARTS(own_cart_t) * ret,
                 CARTS(problem_t) * err) {
    bool good = true;
    uint64_t total;
    *ret = CARTS(constructor_cart)(owner);
    for (size_t i = 0; i < items->len && good; i++)
        good = CARTS(method_cart_add)(lent(*ret), &items->ptr[i].f0, items->ptr[i].f1, &total, err);
    if (!good)
        CARTS(cart_drop_own)(*ret);
    return good;
}

static void describe(CARTS(borrow_cart_t) cart, consumer_string_t *ret) {
    consumer_string_t owner;
    CARTS(list_row_t) rows;
    uint64_t total = CARTS(method_cart_total)(cart);
    char line[100], *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        abort();

    CARTS(method_cart_owner)(cart, &owner);
    fprintf(out, "%.*s:\n", (int)owner.len, (char *)owner.ptr);
    consumer_string_free(&owner);
    CARTS(method_cart_rows)(cart, &rows);
    for (size_t i = 0; i < rows.len; i++) {
        const CARTS(row_t) *row = &rows.ptr[i];
        snprintf(line, sizeof line, "%u x %.*s %llu.%02llu\n", (unsigned)row->quantity, (int)row->item.len,
                 (char *)row->item.ptr, (unsigned long long)row->cents / 100,
                 (unsigned long long)row->cents % 100);
        fputs(line, out);
    }
    CARTS(list_row_free)(&rows);
    fprintf(out, "= %llu.%02llu", (unsigned long long)total / 100, (unsigned long long)total % 100);
    fclose(out);
    consumer_string_dup_n(ret, text, size);
    free(text);
}

bool ORDERS(receipt)(consumer_string_t *owner, ORDERS(list_item_t) * items, consumer_string_t *ret,
                     ORDERS(problem_t) * err) {
    CARTS(own_cart_t) cart;
    if (!fill(owner, items, &cart, err))
        return false;
    describe(lent(cart), ret);
    CARTS(cart_drop_own)(cart);
    return true;
}

bool ORDERS(together)(ORDERS(list_item_t) * a, ORDERS(list_item_t) * b,
                      consumer_tuple5_string_u64_u32_u32_u32_t *ret, ORDERS(problem_t) * err) {
    CARTS(own_cart_t) first, second, merged;
    consumer_string_t names[2];
    bool good;
    consumer_string_set(&names[0], "first");
    consumer_string_set(&names[1], "second");

    ret->f2 = CARTS(live)();
    if (!fill(&names[0], a, &first, err))
        return false;
    if (!fill(&names[1], b, &second, err)) {
        CARTS(cart_drop_own)(first);
        return false;
    }
    CARTS(dearer)(lent(first), lent(second), &ret->f0);
    ret->f3 = CARTS(live)();
    good = CARTS(static_cart_merge)(first, lent(second), &merged, err);
    if (good) {
        ret->f1 = CARTS(method_cart_total)(lent(merged));
        CARTS(cart_drop_own)(merged);
    } else {
        consumer_string_free(&ret->f0);
    }
    CARTS(cart_drop_own)(second);
    ret->f4 = CARTS(live)();
    return good;
}

ORDERS(own_cart_t) ORDERS(open)(consumer_string_t *owner, ORDERS(list_item_t) * items) {
    CARTS(own_cart_t) cart;
    CARTS(problem_t) err;
    if (!fill(owner, items, &cart, &err))
        abort();
    return cart;
}

void ORDERS(describe)(ORDERS(borrow_cart_t) cart, consumer_string_t *ret) {
    describe(cart, ret);
    CARTS(cart_drop_borrow)(cart);
}

uint64_t ORDERS(pay)(ORDERS(own_cart_t) cart) {
    uint64_t total = CARTS(method_cart_total)(lent(cart));
    CARTS(cart_drop_own)(cart);
    return total;
}
