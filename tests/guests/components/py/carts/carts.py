# SPDX-License-Identifier: Apache-2.0 OR MIT
"""The class of the resource: it must be found in a module named like its interface."""
from componentize_py_types import Err
from wit_world.exports.carts import Problem_Nothing, Problem_OutOfStock, Problem_UnknownItem, Row

SHOP = {"apple": (45, 10), "bread": (320, 3), "tea": (599, 5)}


class Cart:
    live = 0

    def __init__(self, owner):
        self.name, self.held = owner, {}
        Cart.live += 1

    # Whoever owned the handle gave it back.
    def __del__(self):
        Cart.live -= 1

    def add(self, item, quantity):
        if item not in SHOP:
            raise Err(Problem_UnknownItem(item))
        if quantity == 0:
            raise Err(Problem_Nothing())
        left = SHOP[item][1] - self.held.get(item, 0)
        if quantity > left:
            raise Err(Problem_OutOfStock((item, left)))
        self.held[item] = self.held.get(item, 0) + quantity
        return self.total()

    def rows(self):
        return [Row(item, self.held[item], cents * self.held[item])
                for item, (cents, _) in SHOP.items() if item in self.held]

    def total(self):
        return sum(row.cents for row in self.rows())

    def owner(self):
        return self.name

    @classmethod
    def merge(cls, into, other):
        for row in other.rows():
            into.add(row.item, row.quantity)
        return into
