# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Component: orders, made with the carts of another component."""
from wit_world.imports import carts


def filled(cart, items):
    for item, quantity in items:
        cart.add(item, quantity)
    return cart


def money(cents):
    return f"{cents // 100}.{cents % 100:02}"


def text(cart):
    rows = [f"{row.quantity} x {row.item} {money(row.cents)}" for row in cart.rows()]
    return "\n".join([f"{cart.owner()}:", *rows, f"= {money(cart.total())}"])


class Orders:
    def receipt(self, owner, items):
        with carts.Cart(owner) as cart:
            return text(filled(cart, items))

    def together(self, a, b):
        before = carts.live()
        with carts.Cart("second") as second:
            first = carts.Cart("first")
            try:
                filled(first, a)
                filled(second, b)
                name, within = carts.dearer(first, second), carts.live()
            except BaseException:
                first.__exit__(None, None, None)
                raise
            with carts.Cart.merge(first, second) as merged:
                total = merged.total()
        return name, total, before, within, carts.live()

    def open(self, owner, items):
        return filled(carts.Cart(owner), items)

    def describe(self, it):
        return text(it)

    def pay(self, it):
        with it:
            return it.total()
