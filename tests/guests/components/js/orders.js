// SPDX-License-Identifier: Apache-2.0 OR MIT
// Component: orders, made with the carts of another component.
import { Cart, dearer, live } from 'test:shop/carts';

// Imported resources are given back at once, not when they are collected.
function close(cart) {
  cart[Symbol.dispose]();
}

// The problem of a failed call, not the error that carries it.
function problem(error) {
  return error.payload ?? error;
}

function filled(owner, items) {
  const cart = new Cart(owner);
  try {
    for (const [item, quantity] of items) cart.add(item, quantity);
  } catch (error) {
    close(cart);
    throw problem(error);
  }
  return cart;
}

function money(cents) {
  return `${cents / 100n}.${String(cents % 100n).padStart(2, '0')}`;
}

function text(cart) {
  const rows = cart.rows().map((r) => `${r.quantity} x ${r.item} ${money(r.cents)}`);
  return [`${cart.owner()}:`, ...rows, `= ${money(cart.total())}`].join('\n');
}

export const orders = {
  receipt(owner, items) {
    const cart = filled(owner, items);
    const made = text(cart);
    close(cart);
    return made;
  },

  together(a, b) {
    const before = live();
    const first = filled('first', a);
    let second;
    try {
      second = filled('second', b);
    } catch (error) {
      close(first);
      throw error;
    }
    const name = dearer(first, second);
    const within = live();
    let sum;
    try {
      const merged = Cart.merge(first, second);
      sum = merged.total();
      close(merged);
    } catch (error) {
      throw problem(error);
    } finally {
      close(second);
    }
    return [name, sum, before, within, live()];
  },

  open(owner, items) {
    return filled(owner, items);
  },

  describe(it) {
    return text(it);
  },

  pay(it) {
    const sum = it.total();
    close(it);
    return sum;
  },
};
