// SPDX-License-Identifier: Apache-2.0 OR MIT
// Component: a shop whose carts are resources.

const SHOP = new Map([['apple', [45n, 10]], ['bread', [320n, 3]], ['tea', [599n, 5]]]);
let live = 0;

class Cart {
  constructor(owner) {
    this.name = owner;
    this.held = new Map();
    live++;
  }

  add(item, quantity) {
    if (!SHOP.has(item)) throw { tag: 'unknown-item', val: item };
    if (quantity === 0) throw { tag: 'nothing' };
    const have = this.held.get(item) ?? 0, left = SHOP.get(item)[1] - have;
    if (quantity > left) throw { tag: 'out-of-stock', val: [item, left] };
    this.held.set(item, have + quantity);
    return this.total();
  }

  rows() {
    return Array.from(SHOP.keys()).filter((item) => this.held.has(item)).map((item) => {
      const quantity = this.held.get(item);
      return { item, quantity, cents: SHOP.get(item)[0] * BigInt(quantity) };
    });
  }

  total() {
    return this.rows().reduce((sum, row) => sum + row.cents, 0n);
  }

  owner() {
    return this.name;
  }

  static merge(into, other) {
    for (const { item, quantity } of other.rows()) into.add(item, quantity);
    return into;
  }

  [Symbol.dispose]() {
    live--;
  }
}

export const carts = {
  Cart,
  live: () => live,
  dearer: (a, b) => (b.total() > a.total() ? b : a).owner(),
};
